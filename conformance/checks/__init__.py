"""What the judge asks of a journal: one function a check, in modules by what they look at.

Stated checks are named by Then steps; standing ones run over every case. Imports `sim.base` and, of this
package, `evidence` and `verdicts`; never `sim.law`, so that reference and judge cannot share an error.
"""

from __future__ import annotations

from types import ModuleType
from typing import Final

from conformance.checks import counter, exchange, filings
from conformance.checks.declare import Check

MODULES: Final = (filings, counter, exchange)


def gather(*modules: ModuleType) -> dict[str, Check]:
    """All checks of some modules by their ids, in the order in which they are written."""
    found: dict[str, Check] = {}
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, Check):
                if value.id in found:
                    raise ValueError(f"two checks are called {value.id}")
                found[value.id] = value
    return found


CHECKS: Final = gather(*MODULES)
"""Every check that there is."""
