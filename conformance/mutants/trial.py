"""A mutant that is to be tried, and what came of it: what goes to a child process, and what comes back."""

from __future__ import annotations

import msgspec


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One mutant to be tried: the check that must catch it, and the ids of cases to play, in order."""

    mutant: str
    catches: str
    cases: tuple[str, ...]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a trial. `failed`: which checks found something, in which cases; `played`: how many."""

    mutant: str
    failed: dict[str, tuple[str, ...]] = {}
    inconclusive: tuple[str, ...] = ()
    played: int = 0
