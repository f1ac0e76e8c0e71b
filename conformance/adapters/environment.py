"""The variables that a child process is given: the caller's, without those that change Python or pytest.

A run and `adapter-check` start an adapter with the same variables, so that what one shows holds in the other.
"""

from __future__ import annotations

import os
from typing import Final

DROPPED: Final = ("PYTHONPATH", "PYTHONWARNINGS", "PYTHONHASHSEED", "PY_COLORS", "FORCE_COLOR")
"""Variables that could change what a child imports or how it behaves; all of pytest's own go too."""


def inherited() -> dict[str, str]:
    """The caller's variables that a child may have."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in DROPPED and not name.startswith(("PYTEST_", "_PYTEST"))
    }
