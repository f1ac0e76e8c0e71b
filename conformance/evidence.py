"""A case as a check sees it: the lines of one journal, read only.

A check asks for lines by kind, visit and data. What it was given is noted, because a check that was given
nothing has proved nothing. It may ask only for the kinds that it declares to read, so that the register of
requirements, which lists them, tells the truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sim.base.errors import HarnessError
from sim.base.journal import Line

OURS: Final = frozenset({"case_begun", "given", "expect", "case_ended"})
"""Kinds of lines in which the harness tells of the case itself: to be read, but evidence of nothing."""


class Case:
    """One case's journal. Take a new one for each check: it remembers what was looked at."""

    def __init__(self, lines: Sequence[Line], reads: Iterable[str]) -> None:
        self._lines = lines
        self._reads = frozenset(reads)
        self._seen: set[int] = set()

    def lines(self, *kinds: str, visit: str | None = None, **data: object) -> list[Line]:
        """The lines of these kinds, in the order of the journal.

        `visit` keeps those of one visit to the counter; each further keyword, those whose data holds just
        that value. Filter here rather than in the check: a line that is given counts as evidence.

        Raises:
            HarnessError: the check does not declare that it reads such a kind.
        """
        undeclared = sorted(set(kinds) - self._reads)
        if undeclared:
            raise HarnessError(
                "a check asks for lines that it does not declare to read",
                expected=", ".join(sorted(self._reads)),
                received=", ".join(undeclared),
                remedy="add the kind to `reads` of the check",
            )
        found = [
            place
            for place, line in enumerate(self._lines)
            if line.kind in kinds
            and (visit is None or line.case == visit)
            and all(line.data.get(key) == value for key, value in data.items())
        ]
        self._seen.update(place for place in found if self._lines[place].kind not in OURS)
        return [self._lines[place] for place in found]

    @property
    def seen(self) -> tuple[str, ...]:
        """Ids of all lines that were given out so far, in the order of the journal."""
        return tuple(self._lines[place].id for place in sorted(self._seen))
