"""From a journal to measures: one walk through the merged lines.

Names of records and batches are kept rather than counts, because the lines of one instant may stand in
either order: a verdict may come before what it is on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final

import msgspec

from sim.base.instant import HOUR, Instant, instant, japan_date, japan_time
from sim.base.journal import Line
from sim.exchange.reconciliation import Walk
from sim.exchange.sequence import split_ref
from sim.studies.assumed import unconfirmed
from sim.studies.measures import VERSION, Balance, ExchangeDay, FilingCell, Measures, NetworkHour, Run, Volume

# So many are listed by name; the reconciliation command lists them all.
MOST_UNSETTLED: Final = 200


class _Raised(msgspec.Struct, frozen=True, gc=False):
    """A record that was raised: when, for an event of when, and which exchange it waits for.

    `begun` is None when it was filed before its event.
    """

    kind: str
    at: Instant
    begun: Instant | None
    way: tuple[str, str, str]


class Folding:
    """Walks through lines in merged order and keeps what is still under way."""

    def __init__(self, run: Run) -> None:
        self.m = Measures(VERSION, run)
        self.m.residents_end = run.residents
        self._raised: dict[str, _Raised] = {}
        self._decided: set[str] = set()
        self._batches: dict[str, str] = {}
        self._batch_verdicts: Counter[str] = Counter()
        self._resent: Counter[str] = Counter()
        self._repeated: Counter[str] = Counter()
        self._walk = Walk()
        self._refusals: list[tuple[str, str]] = []
        self._delayed: set[tuple[str, str]] = set()
        self._exchange_of: dict[str, tuple[str, Instant]] = {}
        self._first_in: dict[str, str] = {}
        self._batch_of: dict[str, str] = {}
        self._taken_in: set[str] = set()
        self._imported: set[str] = set()
        self._last_exchange: dict[tuple[str, str, str], Instant] = {}

    def take(self, line: Line) -> None:
        """Takes the next line in merged order."""
        self.m.journal_lines += 1
        self._walk.take(line)
        handler = _HANDLERS.get(line.kind)
        if handler is not None:
            handler(self, line, line.data)

    def watch(self, lines: Iterable[Line]) -> Iterator[Line]:
        """Passes lines on and takes each."""
        for line in lines:
            self.take(line)
            yield line

    def finish(self) -> Measures:
        """The measures; called once, after the last line."""
        for name, raised in self._raised.items():
            if name not in self._decided:
                balance = self._balance(raised.kind)
                balance.pending += 1
                balance.lost += self._is_lost(name, raised)
        for batch, repeats in self._repeated.items():
            # A sending that found its batch taken in already was none.
            needless = min(repeats, self._resent[batch])
            self._resent[batch] -= needless
            if needless:
                self.m.batches[self._batches[batch]].raised -= needless
        for batch, code in self._refusals:
            way = self._batches.get(batch)
            if way is not None:  # else it is none of ours, and only listed
                self._batch_verdicts[batch] += 1
                self.m.batches[way].rejected += 1
                _count(self.m.batches[way].codes, code)
        for batch, way in self._batches.items():
            if self._batch_verdicts[batch] < 1 + self._resent[batch]:
                self.m.batches[way].pending += 1
        self._count_exchanges()
        self._tell_unsettled()
        self.m.run = msgspec.structs.replace(self.m.run, unconfirmed=unconfirmed(self.m.rests_on))
        return self.m

    def _tell_unsettled(self) -> None:
        """How each person stands, and what is not settled: what does not add up first, then the oldest."""
        found = self._walk.finish(whole=True)
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
                "at": _minute(one.seen_at),
            }
            for one in rows[:MOST_UNSETTLED]
        ]

    def _count_exchanges(self) -> None:
        """Batches that a terminal made at one instant are one exchange, on the day its first one is in."""
        seen: set[tuple[str, Instant] | str] = set()
        for batch, day in self._first_in.items():
            exchange = self._exchange_of.get(batch, batch)
            if exchange not in seen:
                seen.add(exchange)
                self.m.exchange[day].exchanges += 1

    def _is_lost(self, name: str, raised: _Raised) -> bool:
        """Whether a record without a verdict should have one."""
        batch = self._batch_of.get(name)
        if batch is None:
            return raised.at < self._last_exchange.get(raised.way, Instant(0))
        # A notice that came down waits for a clerk; one that its batch brought and nobody has is lost.
        return batch in self._taken_in and name not in self._imported

    def _balance(self, kind: str) -> Balance:
        return self.m.balances.setdefault(kind, Balance())

    def _verdict(self, record: str, kind: str, accepted: bool, code: str = "") -> None:
        """The receiver decided on a record."""
        self._decided.add(record)
        balance = self._balance(kind)
        if accepted:
            balance.accepted += 1
        else:
            balance.rejected += 1
            _count(balance.codes, code)

    # --- the counter -------------------------------------------------------------------------------
    def _filing(self, line: Line, data: dict[str, Any]) -> None:
        kind = data["filing"]
        cell = self.m.filings.setdefault(kind, FilingCell())
        if data["in_time"]:
            cell.in_time += 1
        else:
            cell.late += 1
        _count(cell.card, data["card"])
        if data["deemed"]:
            _count(cell.deemed, data["deemed"])
        else:
            cell.not_deemed += 1
        if data["transmit_article"]:
            _count(cell.transmitted, data["transmit_article"])
        _count(self.m.filings_by_day.setdefault(data["filed_date"], {}), kind)
        for fact in data["rests_on"]:
            _count(self.m.rests_on, fact)
        begun = instant(date.fromisoformat(data["event_date"]))
        if line.at >= begun:  # a moving-out is filed before its day
            self.m.event_to_filing.add((line.at - begun) // HOUR)

    def _refused(self, line: Line, data: dict[str, Any]) -> None:
        self.m.filings.setdefault(data["filing"], FilingCell()).refused += 1

    def _duty_open(self, line: Line, data: dict[str, Any]) -> None:
        self.m.duties_open += 1

    def _duty_closed(self, line: Line, data: dict[str, Any]) -> None:
        self.m.duties_open -= 1
        self.m.duties_closed += 1

    def _revision_refused(self, line: Line, data: dict[str, Any]) -> None:
        _count(self.m.revisions_refused, data["reason"])

    # --- the register ------------------------------------------------------------------------------
    def _made(self, line: Line, data: dict[str, Any]) -> None:
        self.m.residents_end += 1

    def _removed(self, line: Line, data: dict[str, Any]) -> None:
        self.m.residents_end -= 1

    def _raised_up(self, line: Line, data: dict[str, Any]) -> None:
        self._balance(data["kind"]).raised += 1
        beforehand = data["filed_date"] < data["event_date"]  # a moving-out that waited for its day
        begun = None if beforehand else instant(date.fromisoformat(data["event_date"]))
        way = ("up", line.node.rpartition("-")[2], data["business"])
        self._raised[data["record"]] = _Raised(data["kind"], line.at, begun, way)

    def _notice_imported(self, line: Line, data: dict[str, Any]) -> None:
        self._imported.add(data["record"])

    def _confirmed(self, line: Line, data: dict[str, Any]) -> None:
        raised = self._raised.get(data["record"])
        if raised is not None and data["record"] not in self._decided:
            self.m.agency_to_register.add((line.at - raised.at) // HOUR)
        self._verdict(data["record"], "agency_notice", accepted=True)

    def _notice_refused(self, line: Line, data: dict[str, Any]) -> None:
        self._verdict(data["record"], "agency_notice", accepted=False, code=data["code"])

    def _result(self, line: Line, data: dict[str, Any]) -> None:
        self._answered(data["kind"], data)

    # --- the agency --------------------------------------------------------------------------------
    def _notice(self, line: Line, data: dict[str, Any]) -> None:
        self._balance("agency_notice").raised += 1
        way = ("down", data["holder"], data["business"])
        self._raised[data["record"]] = _Raised("agency_notice", line.at, line.at, way)

    def _notice_settled(self, line: Line, data: dict[str, Any]) -> None:
        self._answered("agency_notice", data)

    def _answered(self, kind: str, data: dict[str, Any]) -> None:
        """A result came back. A record of a batch that was rejected whole has its verdict only here."""
        if data["outcome"] == "rejected" and data["record"] not in self._decided:
            self._verdict(data["record"], kind, accepted=False, code=data["code"])
        self._balance(kind).answered += 1

    def _accepted(self, line: Line, data: dict[str, Any]) -> None:
        raised = self._raised.get(data["record"])
        if raised is not None and data["record"] not in self._decided:
            self.m.raised_to_agency.add((line.at - raised.at) // HOUR)
            if raised.begun is not None:
                self.m.event_to_agency.add(max(0, line.at - raised.begun) // HOUR)
        self._verdict(data["record"], data["kind"], accepted=True)

    def _rejected(self, line: Line, data: dict[str, Any]) -> None:
        if data.get("kind") == "result":
            return  # an answer that could not be read decides nothing: what it answers stays as it is
        raised = self._raised.get(data["record"])
        kind = data.get("kind") or (raised.kind if raised is not None else "unreadable")
        self._verdict(data["record"], kind, accepted=False, code=data["code"])

    # --- batches and the network -------------------------------------------------------------------
    def _batch_made(self, line: Line, data: dict[str, Any]) -> None:
        direction, business, day = data["direction"], data["business"], self._day(line)
        self._batches[line.subject] = direction
        for record in data["contains"]:
            self._batch_of[record] = line.subject
        sender, recipient = line.subject.split("-")[:2]
        self._last_exchange[direction, sender if direction == "up" else recipient, business] = line.at
        self.m.batches.setdefault(direction, Balance()).raised += 1
        volume = self.m.volumes.setdefault(f"{direction}/{business}", Volume())
        volume.batches += 1
        volume.records += data["records"]
        volume.plain_bytes += data["bytes"]
        if direction == "up":
            self._exchange_of[line.subject] = (line.node, line.at)
            day.batches_up += 1
            day.records_up += data["records"]
        else:
            day.batches_down += 1
            day.records_down += data["records"]

    def _batch_arrived(self, line: Line, data: dict[str, Any]) -> None:
        self._batch_verdicts[line.subject] += 1
        self._taken_in.add(line.subject)
        self.m.batches.setdefault(data["direction"], Balance()).accepted += 1
        if data["direction"] == "up":
            self._day(line)
            self._first_in.setdefault(line.subject, japan_date(line.at).isoformat())

    def _batch_delayed(self, line: Line, data: dict[str, Any]) -> None:
        key = (japan_date(line.at).isoformat(), line.subject)
        if key not in self._delayed:
            self._delayed.add(key)
            self._day(line).delayed += 1

    def _batch_resent(self, line: Line, data: dict[str, Any]) -> None:
        """A rejected batch goes again: raised once more, and without a verdict once more."""
        self._resent[line.subject] += 1
        self.m.batches.setdefault(data["direction"], Balance()).raised += 1

    def _batch_replaced(self, line: Line, data: dict[str, Any]) -> None:
        """Another edition goes under the number of a rejected batch."""
        self._batch_resent(line, data)

    def _batch_repeated(self, line: Line, data: dict[str, Any]) -> None:
        self._repeated[line.subject] += 1

    def _batch_rejected(self, line: Line, data: dict[str, Any]) -> None:
        self._day(line).rejected += 1
        self._refusals.append((split_ref(line.subject)[0], data["code"]))
        self.m.rejected_batches.append(
            {
                "at": _minute(line.at),
                "node": line.node,
                "from": data["from"],
                "ref": line.subject,
                "code": data["code"],
                "field": data["field"],
                "expected": data["expected"],
                "received": data["received"],
            }
        )

    def _transfer(self, line: Line, data: dict[str, Any]) -> None:
        hour = self._hour(line.at)
        hour.transfers += 1
        hour.bytes += data["bytes"]
        start, end = data["started"], line.at
        while start < end:
            edge = (start // HOUR + 1) * HOUR
            self._hour(Instant(start)).busy += min(edge, end) - start
            start = edge

    def _transfer_refused(self, line: Line, data: dict[str, Any]) -> None:
        self._hour(line.at).refused += 1

    def _day(self, line: Line) -> ExchangeDay:
        return self.m.exchange.setdefault(japan_date(line.at).isoformat(), ExchangeDay())

    def _hour(self, at: Instant) -> NetworkHour:
        key = f"{japan_date(at).isoformat()}T{japan_time(at).hour:02d}"
        return self.m.network.setdefault(key, NetworkHour())


_HANDLERS: Final = {
    "filing_accepted": Folding._filing,
    "filing_refused": Folding._refused,
    "residence_duty_open": Folding._duty_open,
    "residence_duty_closed": Folding._duty_closed,
    "revision_refused": Folding._revision_refused,
    "record_made": Folding._made,
    "record_removed": Folding._removed,
    "record_raised": Folding._raised_up,
    "notice_confirmed": Folding._confirmed,
    "notice_raised": Folding._notice,
    "notice_settled": Folding._notice_settled,
    "record_accepted": Folding._accepted,
    "record_rejected": Folding._rejected,
    "notice_refused": Folding._notice_refused,
    "notice_imported": Folding._notice_imported,
    "result_applied": Folding._result,
    "batch_made": Folding._batch_made,
    "batch_accepted": Folding._batch_arrived,
    "batch_received": Folding._batch_arrived,
    "batch_delayed": Folding._batch_delayed,
    "batch_resent": Folding._batch_resent,
    "batch_replaced": Folding._batch_replaced,
    "batch_repeated": Folding._batch_repeated,
    "batch_rejected": Folding._batch_rejected,
    "transfer_done": Folding._transfer,
    "transfer_broken": Folding._transfer,
    "transfer_refused": Folding._transfer_refused,
}


def _count(counts: dict[str, int], key: str) -> None:
    counts[key] = counts.get(key, 0) + 1


def _minute(at: Instant) -> str:
    return f"{japan_date(at).isoformat()} {japan_time(at):%H:%M}"


def fold(run: Run, lines: Iterable[Line]) -> Measures:
    """The measures of a run from its merged journal."""
    folding = Folding(run)
    for line in lines:
        folding.take(line)
    return folding.finish()
