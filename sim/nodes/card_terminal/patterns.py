"""Pattern files (パターンファイル): maintenance of a card terminal, by medium or by itself.

A terminal on LGWAN takes over what the agency releases without anybody's doing (seed 000, line 203). Every
other one is kept up by its own office, from a medium that the agency hands out (line 201). How old a file may
become is in no source: the limit is the run's.

The rule on a file that is too old (an assumption): the day on which it becomes so leaves a finding, once for
each file; reading goes on, since it needs no line and nothing in the source stops it; nothing is written with
such a terminal, because it would go onto the network unmaintained.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sim.base.instant import Instant, instant, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import Reply, Step, Wake
from sim.law.write_requirements import Connection
from sim.nodes.card_terminal.state import CardTerminalState, PatternInUse
from sim.nodes.messages.cards import BringPatternFile, PatternAges, PatternReleased

MEDIUM: Final = "medium"
AUTOMATIC: Final = "automatic"


@dataclass(frozen=True, slots=True)
class Pattern:
    """The pattern file that a terminal is delivered with. `limit`: days after which any file is too old;
    None: nobody counts."""

    version: str
    made_on: date
    limit: int | None = None


def manner_of(connection: Connection) -> str:
    """How a terminal with this connection is maintained: only on LGWAN does it take care of itself."""
    return AUTOMATIC if connection is Connection.LGWAN else MEDIUM


@dataclass(frozen=True, slots=True)
class Maintenance:
    """The pattern file of one terminal."""

    terminal: str
    connection: Connection
    pattern: Pattern | None

    def in_use(self, state: CardTerminalState) -> PatternInUse | None:
        """The pattern file in use; None where the run counts none."""
        kept = state.pattern()
        if kept is not None or self.pattern is None:
            return kept
        return PatternInUse(self.pattern.version, self.pattern.made_on)

    def outdated(self, state: CardTerminalState, today: date) -> bool:
        """Whether the file in use is too old."""
        used = self.in_use(state)
        limit = None if self.pattern is None else self.pattern.limit
        return used is not None and limit is not None and (today - used.made_on).days > limit

    def watch(self, state: CardTerminalState) -> tuple[Wake, ...]:
        """A wake for the day on which the file in use becomes too old: one for each file, none a day."""
        used = self.in_use(state)
        limit = None if self.pattern is None else self.pattern.limit
        if used is None or limit is None:
            return ()
        return (Wake(instant(used.made_on + timedelta(days=limit + 1)), PatternAges(used.version)),)

    def aged(self, state: CardTerminalState, ages: PatternAges, now: Instant) -> Step:
        """The day has come: a finding, unless a newer file is in use."""
        used = self.in_use(state)
        if used is None or used.version != ages.version:
            return Step()
        days = (japan_date(now) - used.made_on).days
        data: Data = {"terminal": self.terminal, "version": used.version, "age_days": days}
        return Step(entries=(Entry("pattern_outdated", data=data),))

    def take(self, state: CardTerminalState, file: BringPatternFile | PatternReleased, now: Instant) -> Step:
        """A pattern file comes, on a medium or over the line.

        Only the manner that belongs to the connection counts, and only a file newer than the one in use.
        """
        manner = AUTOMATIC if isinstance(file, PatternReleased) else MEDIUM
        today = japan_date(now)
        used = self.in_use(state)
        if manner != manner_of(self.connection):
            return Step(Reply(False, f"not_by_{manner}"))
        if file.made_on > today or (used is not None and file.made_on <= used.made_on):
            return Step(Reply(False, "pattern_not_newer"))
        state.keep_pattern(PatternInUse(file.version, file.made_on))
        data: Data = {
            "terminal": self.terminal,
            "version": file.version,
            "manner": manner,
            "age_days": (today - file.made_on).days,
        }
        return Step(wakes=self.watch(state), entries=(Entry("pattern_updated", data=data),))
