"""The reference, run once for all tests of a worker."""

from __future__ import annotations

import pytest

from conformance.runner import Run, run


@pytest.fixture(scope="session")
def reference() -> Run:
    return run("municipal-system")
