"""What the tests of the law share: answers that a rule keeps are forgotten before the first test.

Whoever forks out of a process that has answered already (a mutation run does) would else test kept answers.
"""

from __future__ import annotations

import pytest

from sim.law import calendar, citation, deeming


@pytest.fixture(autouse=True, scope="session")
def _forget() -> None:
    for kept in (calendar._reason, citation._citation, deeming._deem):
        kept.cache_clear()
