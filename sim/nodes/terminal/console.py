"""Sessions: each job begins with a log-on and ends with a log-off, whoever does it.

There is one console, so one person is logged on at a time. A session is for one job: when it is done, the
operator is logged off at once; who does nothing is logged off after a while. The unattended exchange does its
jobs under an operator of its own, who is logged on and off within the job itself; so the log shows nothing
that was done outside a session, and a full day still needs no person (seed 001, line 39).

Source: seed 003, lines 263 and 266; after how long somebody is idle is an assumption (`IDLE_AFTER`).
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from sim.base.instant import MINUTE, Instant
from sim.base.node import Table, Tables

IDLE_AFTER: Final = 10 * MINUTE
"""After so long without a key a session is closed, in microseconds. An assumption: no source says."""


class Session(msgspec.Struct, frozen=True):
    """Who is logged on. `used`: when the operator did something last."""

    number: int
    operator: str
    used: Instant


_SESSION = Table("session", Session)
_NUMBER = Table("session_number", int)
TABLES: Final[tuple[Table[Any], ...]] = (_SESSION, _NUMBER)
"""All that is kept here."""


class Console:
    """The console of one terminal."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def session(self) -> Session | None:
        """Who is logged on at the console."""
        return self._tables.get(_SESSION, "console")

    def next_number(self) -> int:
        """The number of the next session, of a person or of the terminal's own operator."""
        number = (self._tables.get(_NUMBER, "session") or 0) + 1
        self._tables.put(_NUMBER, "session", number)
        return number

    def open(self, operator: str, now: Instant) -> Session:
        """The operator is logged on from now."""
        session = Session(self.next_number(), operator, now)
        self._tables.put(_SESSION, "console", session)
        return session

    def touch(self, session: Session, now: Instant) -> None:
        """The operator did something that is no job of its own."""
        self._tables.put(_SESSION, "console", msgspec.structs.replace(session, used=now))

    def close(self) -> None:
        """Nobody is logged on any more."""
        self._tables.delete(_SESSION, "console")
