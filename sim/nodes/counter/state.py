"""What a counter remembers: open duties, who is at a window and who waits, cases without endorsement."""

from __future__ import annotations

from datetime import date

import msgspec

from sim.base.instant import Instant
from sim.base.node import Table, Tables
from sim.nodes.messages.counter import FileFiling, Visit
from sim.nodes.numbers import Numbers


class Served(msgspec.Struct, frozen=True):
    """How a visit came to be served: minutes of waiting and at the window, and by whom."""

    case: str
    waited: int
    minutes: int
    persons: int
    filings: int
    clerk: str


class Session(msgspec.Struct, frozen=True):
    """One turn at the counter: the filings that are still on their way, on the day on which people came.

    `visit`: None for a filing that was given without a visit.
    """

    id: str
    case: str
    filed: date
    filings: tuple[FileFiling, ...]
    visit: Served | None = None

    @property
    def clerk(self) -> str:
        """Who serves; empty where staff is no matter."""
        return "" if self.visit is None else self.visit.clerk


class Service(msgspec.Struct, frozen=True):
    """A visit at a window. `called`: whoever waits is called when it ends."""

    until: Instant
    clerk: str
    called: bool = False


class Windows(msgspec.Struct, frozen=True):
    """All visits at windows."""

    services: tuple[Service, ...]


class Waiting(msgspec.Struct, frozen=True):
    """A visit that waits since `arrived`."""

    visit: Visit
    arrived: Instant


class Unendorsed(msgspec.Struct, frozen=True):
    """A case that cannot close because a card that was handed in lacks its endorsement.

    `clerk`: who served; `after_closing`: the office has closed over it.
    """

    session: str
    ref: str
    filed: date
    address: str
    clerk: str = ""
    after_closing: bool = False


_DUTIES = Table("open_duty", str)
_PARKED = Table("session", Session)
_WINDOWS = Table("windows", Windows)
_WAITING = Table("waiting", Waiting)
_UNENDORSED = Table("unendorsed", Unendorsed)
_CLOSING = Table("closing", int)

_ONE = "here"


class CounterState:
    """The memory of one office's counter, in words of the counter."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._numbers = Numbers(tables)

    # --- the separate residence notification (住居地届出) ---------------------------------------------
    def open_duty(self, ref: str) -> str | None:
        """The case that left the duty open, if any."""
        return self._tables.get(_DUTIES, ref)

    def leave_open(self, ref: str, case: str) -> None:
        self._tables.put(_DUTIES, ref, case)

    def close(self, ref: str) -> None:
        self._tables.delete(_DUTIES, ref)

    # --- sessions -----------------------------------------------------------------------------------
    def next_session(self) -> int:
        """Numbers sessions from 1 without a gap."""
        return self._numbers.next("session")

    def park(self, session: Session) -> None:
        """The session waits for its cards to be read."""
        self._tables.put(_PARKED, session.id, session)

    def take_up(self, session: str) -> Session | None:
        """The parked session of this id, once."""
        parked = self._tables.get(_PARKED, session)
        if parked is not None:
            self._tables.delete(_PARKED, session)
        return parked

    # --- windows and those who wait -----------------------------------------------------------------
    def at_windows(self, now: Instant) -> tuple[Service, ...]:
        """The visits that are being served."""
        windows = self._tables.get(_WINDOWS, _ONE)
        return () if windows is None else tuple(one for one in windows.services if one.until > now)

    def set_windows(self, services: tuple[Service, ...]) -> None:
        self._tables.put(_WINDOWS, _ONE, Windows(services))

    def waiting(self) -> list[tuple[str, Waiting]]:
        """Who waits, in the order of arrival."""
        return list(self._tables.scan(_WAITING))

    def let_wait(self, waiting: Waiting) -> None:
        self._tables.put(_WAITING, f"{self._numbers.next('arrival'):012d}", waiting)

    def stop_waiting(self, key: str) -> None:
        self._tables.delete(_WAITING, key)

    # --- endorsements that could not be made -----------------------------------------------------------
    def unendorsed(self, case: str) -> Unendorsed | None:
        return self._tables.get(_UNENDORSED, case)

    def all_unendorsed(self) -> list[tuple[str, Unendorsed]]:
        """All cases that wait for their endorsement or never got it, by their ids."""
        return list(self._tables.scan(_UNENDORSED))

    def set_unendorsed(self, case: str, row: Unendorsed) -> None:
        self._tables.put(_UNENDORSED, case, row)

    def endorsed(self, case: str) -> None:
        """The case has its endorsement after all."""
        self._tables.delete(_UNENDORSED, case)

    def plan_closing(self, at: Instant) -> bool:
        """Whether the look at what is still open must still be planned for this moment; from now on it is."""
        if self._tables.get(_CLOSING, _ONE) == at:
            return False
        self._tables.put(_CLOSING, _ONE, at)
        return True
