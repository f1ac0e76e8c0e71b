"""Batches, the days of the exchange, and the hours of the network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import ClassVar

from sim.base.instant import HOUR, Instant, japan_time
from sim.base.journal import Line
from sim.exchange.reconciliation import Reconciliation, Walk
from sim.exchange.sequence import split_ref
from sim.studies.folding.area import Area, Data, day_of, minute_of
from sim.studies.measures import Balance, ExchangeDay, Measures, NetworkHour, Volume
from sim.studies.measures.parts import count


class Batches(Area):
    """Every batch by its name."""

    HANDLES: ClassVar[Mapping[str, str]] = {
        "batch_made": "_made",
        "batch_accepted": "_arrived",
        "batch_received": "_arrived",
        "batch_delayed": "_delayed_batch",
        "batch_resent": "_again",
        "batch_replaced": "_again",
        "batch_repeated": "_came_twice",
        "batch_rejected": "_rejected",
        "transfer_done": "_transfer",
        "transfer_broken": "_transfer",
        "transfer_refused": "_transfer_refused",
    }

    def __init__(self, m: Measures) -> None:
        super().__init__(m)
        self._ways: dict[str, str] = {}
        self._verdicts: Counter[str] = Counter()
        self._resent: Counter[str] = Counter()
        self._repeated: Counter[str] = Counter()
        self._refusals: list[tuple[str, str]] = []
        self._delayed: set[tuple[str, str]] = set()
        self._exchange_of: dict[str, tuple[str, Instant]] = {}
        self._first_in: dict[str, str] = {}

    def _made(self, line: Line, data: Data) -> None:
        direction, business, day = data["direction"], data["business"], self._day(line)
        sender, recipient = line.subject.split("-")[:2]
        known = line.subject in self._ways
        self._ways[line.subject] = direction
        if not known:  # else a machine in another's place made it anew, under a number used in vain
            self.m.batches.setdefault(direction, Balance()).raised += 1
        volume = self.m.volumes.setdefault(f"{direction}/{business}", Volume())
        volume.batches += 1
        volume.records += data["records"]
        volume.plain_bytes += data["bytes"]
        if direction == "up":
            self.site(sender).batches += 1
            self._exchange_of[line.subject] = (line.node, line.at)
            day.batches_up += 1
            day.records_up += data["records"]
        else:
            self.site(recipient).batches += 1
            day.batches_down += 1
            day.records_down += data["records"]

    def _arrived(self, line: Line, data: Data) -> None:
        self._verdicts[line.subject] += 1
        self.m.batches.setdefault(data["direction"], Balance()).accepted += 1
        if data["direction"] == "up":
            self._day(line)
            self._first_in.setdefault(line.subject, day_of(line.at))

    def _delayed_batch(self, line: Line, data: Data) -> None:
        key = (day_of(line.at), line.subject)
        if key not in self._delayed:
            self._delayed.add(key)
            self._day(line).delayed += 1
            codes = [part for part in line.subject.split("-")[:2] if part.isdecimal()]
            for code in codes[:1]:
                self.site(code).delayed += 1

    def _again(self, line: Line, data: Data) -> None:
        """A rejected batch goes again, maybe in another edition: raised once more, and without a verdict."""
        self._resent[line.subject] += 1
        self.m.batches.setdefault(data["direction"], Balance()).raised += 1

    def _came_twice(self, line: Line, data: Data) -> None:
        self._repeated[line.subject] += 1

    def _rejected(self, line: Line, data: Data) -> None:
        self._day(line).rejected += 1
        self._refusals.append((split_ref(line.subject)[0], data["code"]))
        self.m.rejected_batches.append(
            {
                "at": minute_of(line.at),
                "node": line.node,
                "from": data["from"],
                "ref": line.subject,
                "code": data["code"],
                "field": data["field"],
                "expected": data["expected"],
                "received": data["received"],
            }
        )

    # --- the network -------------------------------------------------------------------------------
    def _transfer(self, line: Line, data: Data) -> None:
        hour = self._hour(line.at)
        hour.transfers += 1
        hour.bytes += data["bytes"]
        start, end = data["started"], line.at
        while start < end:
            edge = (start // HOUR + 1) * HOUR
            self._hour(Instant(start)).busy += min(edge, end) - start
            start = edge

    def _transfer_refused(self, line: Line, data: Data) -> None:
        self._hour(line.at).refused += 1

    def _day(self, line: Line) -> ExchangeDay:
        return self.m.exchange.setdefault(day_of(line.at), ExchangeDay())

    def _hour(self, at: Instant) -> NetworkHour:
        return self.m.network.setdefault(f"{day_of(at)}T{japan_time(at).hour:02d}", NetworkHour())

    # --- the end -----------------------------------------------------------------------------------
    def finish(self, walk: Walk, found: Reconciliation) -> None:
        """What is pending, and how many exchanges each day had."""
        balances = self.m.batches
        for batch, repeats in self._repeated.items():
            # A sending that found its batch taken in already was none.
            needless = min(repeats, self._resent[batch])
            self._resent[batch] -= needless
            if needless:
                balances[self._ways[batch]].raised -= needless
        for batch, code in self._refusals:
            way = self._ways.get(batch)
            if way is not None:  # else it is none of ours, and only listed
                self._verdicts[batch] += 1
                balances[way].rejected += 1
                count(balances[way].codes, code)
        for batch, way in self._ways.items():
            if self._verdicts[batch] < 1 + self._resent[batch]:
                balances[way].pending += 1
        self._count_exchanges()

    def _count_exchanges(self) -> None:
        """Batches that a terminal made at one instant are one exchange, on the day its first one is in."""
        seen: set[tuple[str, Instant] | str] = set()
        for batch, day in self._first_in.items():
            exchange = self._exchange_of.get(batch, batch)
            if exchange not in seen:
                seen.add(exchange)
                self.m.exchange[day].exchanges += 1
