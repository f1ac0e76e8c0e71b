"""The centre's view (seed 001, line 68): who uses the exchange how much, what is out of order, who speaks
which version.

Usage is counted as it happens, by municipality, and read when somebody asks. A fault is open from its first
report until it is cleared; the server reports one itself when a municipality has not exchanged on a day on
which an exchange was due, and clears it with the next batch. That costs one look a day at the times of the
last exchanges, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, time, timedelta
from typing import Final

import msgspec

from sim.base.instant import MINUTE, Instant, at_time, instant, iso, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import NodeId, Reply, Step, Table, Tables, Wake
from sim.nodes.messages.agency import LookForSilence
from sim.nodes.messages.network import ClearFault, ReportFault
from sim.nodes.numbers import Numbers

NO_EXCHANGE: Final = "no_exchange"
"""The fault that the server reports itself."""

# Places and faults are names: other words do not go into the journal.
_NAME: Final = re.compile(r"[0-9a-z][0-9a-z_-]{0,39}")


class Usage(msgspec.Struct, frozen=True):
    """What a municipality has used since the server was opened. Bytes are those before the envelope.

    `first`, `last`: when a batch of it was taken in, 0 for never.
    """

    batches_up: int = 0
    batches_down: int = 0
    records_up: int = 0
    records_down: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    refused: int = 0
    sessions: int = 0
    first: Instant = Instant(0)
    last: Instant = Instant(0)


class Fault(msgspec.Struct, frozen=True):
    """A fault that is open since then."""

    since: Instant


class RolledOut(msgspec.Struct, frozen=True):
    """The newest version that a terminal was told to speak, and whether it does."""

    version: str
    taken: bool = False


_USAGE = Table("usage", Usage)
_FAULTS = Table("fault", Fault)
_ROLLED_OUT = Table("rolled_out", RolledOut)
_LOOKING = Table("looking", bool)


class Centre:
    """Usage, open faults and versions, by municipality or terminal."""

    def __init__(self, tables: Tables, numbers: Numbers) -> None:
        self._tables = tables
        self._numbers = numbers

    # --- usage --------------------------------------------------------------------------------------
    def usage(self, code: str) -> Usage:
        return self._tables.get(_USAGE, code) or Usage()

    def all_usage(self) -> dict[str, Usage]:
        """Of every municipality that used anything."""
        return dict(self._tables.scan(_USAGE))

    def took(self, code: str, records: int, size: int, now: Instant) -> None:
        """A batch came up and was taken in."""
        usage = self.usage(code)
        after = msgspec.structs.replace(
            usage,
            batches_up=usage.batches_up + 1,
            records_up=usage.records_up + records,
            bytes_up=usage.bytes_up + size,
            first=usage.first or now,
            last=now,
        )
        self._tables.put(_USAGE, code, after)

    def gave(self, code: str, records: int, size: int) -> None:
        """A batch goes down."""
        usage = self.usage(code)
        after = msgspec.structs.replace(
            usage,
            batches_down=usage.batches_down + 1,
            records_down=usage.records_down + records,
            bytes_down=usage.bytes_down + size,
        )
        self._tables.put(_USAGE, code, after)

    def refused(self, code: str) -> None:
        """A batch that came up was not taken in."""
        usage = self.usage(code)
        self._tables.put(_USAGE, code, msgspec.structs.replace(usage, refused=usage.refused + 1))

    def connected(self, code: str) -> None:
        """A session of a municipality on demand is over."""
        usage = self.usage(code)
        self._tables.put(_USAGE, code, msgspec.structs.replace(usage, sessions=usage.sessions + 1))

    # --- faults -------------------------------------------------------------------------------------
    def faults(self, code: str = "") -> Iterator[tuple[str, Fault]]:
        """Open faults as `code/place/fault`, of one municipality or of all."""
        return self._tables.scan(_FAULTS, f"{code}/" if code else "")

    def fault(self, name: str) -> Fault | None:
        return self._tables.get(_FAULTS, name)

    def open_fault(self, name: str, now: Instant) -> None:
        self._tables.put(_FAULTS, name, Fault(now))

    def close_fault(self, name: str) -> None:
        self._tables.delete(_FAULTS, name)

    def begin_to_look(self) -> bool:
        """Whether the daily look begins now: it does once."""
        if self._tables.get(_LOOKING, ""):
            return False
        self._tables.put(_LOOKING, "", True)
        return True

    # --- versions -----------------------------------------------------------------------------------
    def rolled_out(self, terminal: NodeId) -> RolledOut | None:
        return self._tables.get(_ROLLED_OUT, terminal)

    def roll_out(self, terminal: NodeId, version: str) -> None:
        self._tables.put(_ROLLED_OUT, terminal, RolledOut(version))

    def taken(self, terminal: NodeId, version: str) -> int:
        """The terminal speaks the version; how many do so by now."""
        self._tables.put(_ROLLED_OUT, terminal, RolledOut(version, taken=True))
        return self._numbers.next(f"taken/{version}")


# --- what is asked and reported ---------------------------------------------------------------------------
def usage_reported(centre: Centre, asked: str, codes: Collection[str]) -> Step:
    """Usage of one municipality, or of all that are listed, an entry each; of one in the reply as well."""
    if asked and asked not in codes:
        return Step(Reply(False, "unknown_municipality"))
    used = {asked: centre.usage(asked)} if asked else centre.all_usage()
    entries = []
    for code in [asked] if asked else sorted(codes):
        usage = msgspec.structs.asdict(used.get(code, Usage()))
        entries.append(Entry("usage_reported", data={"municipality": code, **usage}))
    detail = msgspec.json.encode(used[asked]).decode() if asked else ""
    return Step(Reply(True, "", detail), entries=tuple(entries))


def faults_listed(centre: Centre, asked: str, codes: Collection[str]) -> Step:
    """The faults that are open: in the reply with place, kind and time, their number in the journal."""
    if asked and asked not in codes:
        return Step(Reply(False, "unknown_municipality"))
    rows = [(*name.split("/"), iso(fault.since)) for name, fault in centre.faults(asked)]
    entry = Entry("faults_listed", data={"municipality": asked, "open": len(rows)})
    return Step(Reply(True, "", msgspec.json.encode(rows).decode()), entries=(entry,))


def fault_told(
    centre: Centre, report: ReportFault | ClearFault, codes: Collection[str], now: Instant
) -> Step:
    """A municipality, or somebody who was rung up, reports a fault or its end."""
    if report.municipality not in codes:
        return Step(Reply(False, "unknown_municipality"))
    if _NAME.fullmatch(report.place) is None or _NAME.fullmatch(report.fault) is None:
        return Step(Reply(False, "not_a_name", "place and fault: small letters, digits, _ and -, at most 40"))
    where = _where(report.municipality, report.place, report.fault)
    if isinstance(report, ClearFault):
        cleared = clear(centre, where, now)
        return Step(entries=cleared) if cleared else Step(Reply(False, "no_such_fault"))
    if centre.fault(_name(where)) is not None:
        return Step()  # known
    centre.open_fault(_name(where), now)
    return Step(entries=(Entry("fault_reported", data=where | {"seen_by": "municipality"}),))


def clear(centre: Centre, where: Data, now: Instant) -> tuple[Entry, ...]:
    """Closes a fault; nothing when it is not open."""
    fault = centre.fault(_name(where))
    if fault is None:
        return ()
    centre.close_fault(_name(where))
    data = where | {"since": fault.since, "minutes": (now - fault.since) // MINUTE}
    return (Entry("fault_cleared", data=data),)


# --- who is silent ----------------------------------------------------------------------------------------
def first_look(centre: Centre, looks_at: time | None, now: Instant) -> tuple[Wake, ...]:
    """The daily look begins on the first day that the server sees whole; it begins once."""
    if looks_at is None or not centre.begin_to_look():
        return ()
    today = japan_date(now)
    day = today if now == instant(today) else today + timedelta(days=1)
    return (Wake(at_time(day, looks_at), LookForSilence()),)


def look(
    centre: Centre,
    terminals: Mapping[NodeId, str],
    looks_at: time | None,
    is_closed: Callable[[date], bool],
    now: Instant,
) -> Step:
    """One exchange is due on each open day (seed 001, line 64): a finding for each listed terminal of which
    nothing was taken in today.
    """
    if looks_at is None:
        return Step()
    today = japan_date(now)
    again = (Wake(at_time(today + timedelta(days=1), looks_at), LookForSilence()),)
    if is_closed(today):
        return Step(wakes=again)
    used = centre.all_usage()
    entries = []
    for terminal, code in terminals.items():
        usage = used.get(code)
        if usage is None or not usage.last or japan_date(usage.last) < today:
            where = _where(code, terminal, NO_EXCHANGE)
            if centre.fault(_name(where)) is None:
                centre.open_fault(_name(where), now)
            data = where | {"seen_by": "server", "day": today.isoformat()}
            entries.append(Entry("fault_reported", data=data))
    return Step(wakes=again, entries=tuple(entries))


def silence_over(centre: Centre, code: str, terminal: NodeId, now: Instant) -> tuple[Entry, ...]:
    """A batch came: the entry that clears the fault, if there was one."""
    return clear(centre, _where(code, terminal, NO_EXCHANGE), now)


def _where(municipality: str, place: str, fault: str) -> Data:
    return {"municipality": municipality, "place": place, "fault": fault}


def _name(where: Data) -> str:
    return f"{where['municipality']}/{where['place']}/{where['fault']}"
