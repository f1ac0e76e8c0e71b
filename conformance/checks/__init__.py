"""What the judge asks of a journal: one function a check, in modules by role and by what they look at.

Stated checks are named by Then steps; standing ones run over every case of their role. Imports `sim.base`
and, of this package, `evidence` and `verdicts`; never `sim.law`, so that reference and judge cannot share an
error.
"""

from __future__ import annotations

from types import ModuleType
from typing import Final

from conformance.checks.cards import chip, content, extract, judging, specified
from conformance.checks.cards import writing as card_writing
from conformance.checks.declare import Check
from conformance.checks.ministry import centre, going_down, intake, periods
from conformance.checks.municipal import (
    arriving,
    counter,
    duties,
    filings,
    form,
    notices,
    readings,
    register,
    results,
    sending,
    standing,
    writing,
)
from conformance.checks.terminal import audit, console, peers, receiving
from conformance.checks.terminal import sending as terminal_sending

MODULES: Final[dict[str, tuple[ModuleType, ...]]] = {
    "municipal-system": (
        filings,
        duties,
        readings,
        counter,
        form,
        writing,
        sending,
        arriving,
        standing,
        results,
        register,
        notices,
    ),
    "exchange-terminal": (terminal_sending, receiving, peers, console, audit),
    "card": (chip, content, specified),
    "card-application": (judging, extract, card_writing),
    "ministry-server": (intake, going_down, periods, centre),
}
"""The modules of each role's checks."""


def gather(*modules: ModuleType) -> dict[str, Check]:
    """All checks of some modules by their ids, in the order in which they are written."""
    found: dict[str, Check] = {}
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, Check):
                if value.id in found and found[value.id] is not value:
                    raise ValueError(f"two checks are called {value.id}")
                found[value.id] = value
    return found


BY_ROLE: Final = {role: gather(*modules) for role, modules in MODULES.items()}
"""The checks of each role."""

CHECKS: Final = gather(*(module for modules in MODULES.values() for module in modules))
"""Every check that there is."""
