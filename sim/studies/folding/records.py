"""Records between registers and agency: raised, decided, answered; how long each took; who stands how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

import msgspec

from sim.base.instant import HOUR, Instant
from sim.base.journal import Line
from sim.exchange.reconciliation import Fault, Reconciliation, Walk
from sim.studies.folding.area import Area, Data, code_of, minute_of
from sim.studies.folding.filings import begin_of
from sim.studies.measures import Balance, LinkWork, Measures
from sim.studies.measures.parts import count

# So many are listed by name; the reconciliation command lists them all.
MOST_UNSETTLED: Final = 200


class _Raised(msgspec.Struct, frozen=True, gc=False):
    """A record that was raised: when, for an event of when, and which way it goes.

    `begun` is None when it was filed before its event.
    """

    kind: str
    at: Instant
    begun: Instant | None
    way: str
    code: str


class Records(Area):
    """Every record by its name, because a verdict may stand before what it is on."""

    HANDLES: ClassVar[Mapping[str, str]] = {
        "record_raised": "_raised_up",
        "notice_raised": "_notice",
        "record_accepted": "_accepted",
        "record_rejected": "_rejected",
        "notice_confirmed": "_confirmed",
        "notice_refused": "_notice_refused",
        "result_applied": "_result",
        "notice_settled": "_notice_settled",
    }

    def __init__(self, m: Measures) -> None:
        super().__init__(m)
        self._raised: dict[str, _Raised] = {}
        self._decided: set[str] = set()

    def _balance(self, kind: str) -> Balance:
        found = self.m.balances.get(kind)
        if found is None:
            found = self.m.balances[kind] = Balance()
        return found

    def _verdict(self, record: str, kind: str, accepted: bool, code: str = "") -> None:
        """The receiver decided on a record."""
        self._decided.add(record)
        balance = self._balance(kind)
        if accepted:
            balance.accepted += 1
        else:
            balance.rejected += 1
            count(balance.codes, code)

    # --- the register ------------------------------------------------------------------------------
    def _raised_up(self, line: Line, data: Data) -> None:
        self._balance(data["kind"]).raised += 1
        beforehand = data["filed_date"] < data["event_date"]  # a moving-out that waited for its day
        begun = None if beforehand else begin_of(data["event_date"])
        self._raised[data["record"]] = _Raised(data["kind"], line.at, begun, "up", code_of(line.node))

    def _confirmed(self, line: Line, data: Data) -> None:
        raised = self._raised.get(data["record"])
        if raised is not None and data["record"] not in self._decided:
            self.m.agency_to_register.add((line.at - raised.at) // HOUR)
        self._verdict(data["record"], "agency_notice", accepted=True)

    def _notice_refused(self, line: Line, data: Data) -> None:
        self._verdict(data["record"], "agency_notice", accepted=False, code=data["code"])

    def _result(self, line: Line, data: Data) -> None:
        self._answered(data["kind"], data)

    # --- the agency --------------------------------------------------------------------------------
    def _notice(self, line: Line, data: Data) -> None:
        self._balance("agency_notice").raised += 1
        self._raised[data["record"]] = _Raised("agency_notice", line.at, line.at, "down", data["holder"])

    def _notice_settled(self, line: Line, data: Data) -> None:
        self._answered("agency_notice", data)

    def _answered(self, kind: str, data: Data) -> None:
        """A result came back. A record of a batch that was rejected whole has its verdict only here."""
        if data["outcome"] == "rejected" and data["record"] not in self._decided:
            self._verdict(data["record"], kind, accepted=False, code=data["code"])
        self._balance(kind).answered += 1

    def _accepted(self, line: Line, data: Data) -> None:
        raised = self._raised.get(data["record"])
        if raised is not None and data["record"] not in self._decided:
            self.m.raised_to_agency.add((line.at - raised.at) // HOUR)
            if raised.begun is not None:
                self.m.event_to_agency.add(max(0, line.at - raised.begun) // HOUR)
        self._verdict(data["record"], data["kind"], accepted=True)

    def _rejected(self, line: Line, data: Data) -> None:
        if data.get("kind") == "result":
            return  # an answer that could not be read decides nothing: what it answers stays as it is
        raised = self._raised.get(data["record"])
        kind = data.get("kind") or (raised.kind if raised is not None else "unreadable")
        self._verdict(data["record"], kind, accepted=False, code=data["code"])

    # --- the end -----------------------------------------------------------------------------------
    def finish(self, walk: Walk, found: Reconciliation) -> None:
        """What is pending or lost, by kind and by municipality; what the legs carried; who stands how."""
        for name, raised in self._raised.items():
            site = self.site(raised.code)
            site.raised += 1
            if name not in self._decided:
                balance = self._balance(raised.kind)
                lost = self._is_lost(found, name)
                balance.pending += 1
                balance.lost += lost
                site.pending += 1
                site.lost += lost
            if raised.way == "up":
                self._carried(walk, raised)
        self._tell_unsettled(found)

    @staticmethod
    def _is_lost(found: Reconciliation, name: str) -> bool:
        """Whether a record without a verdict should have one."""
        item = found.records.get(name)
        return item is not None and (Fault.LOST in item.faults or Fault.LEFT_BEHIND in item.faults)

    def _carried(self, walk: Walk, raised: _Raised) -> None:
        """By which pattern the record came to the terminal, and after how many hours."""
        out, pattern = walk.legs.came_out(raised.code, "up", raised.at)
        key = f"{raised.code}/{pattern}"
        work = self.m.links.get(key)
        if work is None:
            work = self.m.links[key] = LinkWork()
        if out is not None:
            work.records += 1
            work.hours.add((out - raised.at) // HOUR)

    def _tell_unsettled(self, found: Reconciliation) -> None:
        """How each person stands, and what is not settled: what does not add up first, then the oldest."""
        people = {ref: one for ref, one in found.persons().items() if ref}
        self.m.persons = {
            "all": len(people),
            "settled": sum(not one.pending and not one.faults for one in people.values()),
            "pending": sum(bool(one.pending) and not one.faults for one in people.values()),
            "unsound": sum(bool(one.faults) for one in people.values()),
        }
        pending = [one for one in (*found.batches.values(), *found.records.values()) if one.pending]
        pending.sort(key=lambda one: (one.sent_at or Instant(0), one.name))
        rows = [*found.faulty, *(one for one in pending if not one.faults)]
        self.m.unsettled_count = len(rows)
        self.m.unsettled = [
            {
                "name": one.name,
                "kind": one.kind,
                "person": one.person,
                "batch": one.batch,
                "state": str(one.state),
                "faults": " ".join(one.faults),
                "seen": one.seen,
                "at": minute_of(one.seen_at),
            }
            for one in rows[:MOST_UNSETTLED]
        ]
