"""Which line a municipality needs: the smallest rate at which a night's exchange is over before offices open.

A night is what a municipality's own access line carries between the time of the exchange and the opening of
the offices, one batch after the other in both directions, as on the simulated line (`sim.nodes.lgwan.lines`).
It is read from the measures of a run, whose bytes on the network are those of sealed batches, or made up of a
number of records at what a record cost in a run, with the envelope of each batch added (`ENVELOPE`).

Not in it: the leg inside the municipality, batches that go again, outages, and what other systems of the
municipality send over the same line. The agency's own access is not simulated; `Night.times` asks what it
would carry if all municipalities' nights were one after the other on one line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from fractions import Fraction
from math import ceil
from typing import Final

from sim.base.errors import UsageError
from sim.base.instant import at_time
from sim.nodes.lgwan.lines import Line
from sim.studies.measures import Measures

ENVELOPE: Final = 1_900
"""Bytes that sealing adds to a batch at most: signature, certificates, wrapped key; a test counts them."""

RECORDS_A_DAY: Final = 8_000
"""Records of all municipalities on one open day: the upper end of an estimate from yearly moves (assumed)."""
PEAK: Final = 10
"""So many times an average day is a day at the end of March: an assumption on the safe side."""
MUNICIPALITIES: Final = 1_892
"""Endpoints from 2024-01-01, the wards of designated cities one by one."""


@dataclass(frozen=True, slots=True)
class Night:
    """What one line carries in a night. `transfers`: batches, both ways; `size`: their sealed bytes."""

    transfers: int
    size: int

    def times(self, number: int) -> Night:
        """So many such nights on one line."""
        return Night(self.transfers * number, self.size * number)

    def duration(self, line: Line) -> int:
        """How long the line is busy, in microseconds."""
        return self.transfers * line.latency + Line(line.rate, 0).duration(self.size)


def window(day: date, begins: time, opens: time) -> int:
    """Microseconds from the exchange of a day to the next time at which the offices open."""
    start, end = at_time(day, begins), at_time(day, opens)
    return (end if end > start else at_time(day + timedelta(days=1), opens)) - start


def nights(measures: Measures, begins: time, opens: time) -> dict[str, Night]:
    """Each night of a run, by the day on which it began.

    Whole hours are counted: that of the exchange, that of the opening, and those between.

    Raises:
        UsageError: several municipalities were run; the hours of the network are those of all their lines.
    """
    if len(measures.run.sites) > 1:
        raise UsageError(
            "the hours of the network are those of all lines together",
            where="sim.studies.line_rates.nights",
            expected="a run of one municipality",
            received=f"{len(measures.run.sites)} municipalities",
            remedy="run each of them alone",
        )
    found: dict[str, Night] = {}
    for key, hour in measures.network.items():
        day, clock = date.fromisoformat(key[:10]), int(key[11:13])
        if clock < begins.hour:
            if clock > opens.hour or (clock == opens.hour and not opens.minute):
                continue  # while the offices are open
            day -= timedelta(days=1)
        night = found.get(day.isoformat(), Night(0, 0))
        found[day.isoformat()] = Night(night.transfers + hour.transfers, night.size + hour.bytes)
    return found


def heaviest(found: Iterable[Night]) -> Night:
    """A night that none of these is heavier than: the most batches, and the most bytes."""
    rows = [*found, Night(0, 0)]
    return Night(max(night.transfers for night in rows), max(night.size for night in rows))


def bytes_a_record(measures: Measures) -> Fraction:
    """Plain bytes for each record that somebody raised, its answer and its share of the batches included.

    Raises:
        UsageError: nothing was raised.
    """
    raised = sum(balance.raised for balance in measures.balances.values())
    if not raised:
        raise UsageError(
            "nobody raised a record",
            where="sim.studies.line_rates.bytes_a_record",
            expected="a run with filings",
            remedy="run a scenario with residents",
        )
    return Fraction(sum(volume.plain_bytes for volume in measures.volumes.values()), raised)


def night_of(records: int, cost: Fraction, transfers: int) -> Night:
    """A night in which so many records are raised at so many plain bytes each, in so many sealed batches."""
    return Night(transfers, ceil(records * cost) + transfers * ENVELOPE)


def share(records: int, residents: int, nation: int) -> int:
    """The records of a municipality with so many of the nation's foreign residents, rounded up."""
    return ceil(Fraction(records * residents, nation))


def smallest_rate(rates: Iterable[int], night: Night, latency: int, available: int) -> int | None:
    """The smallest of the rates (bits a second) at which the night is over in time; None when none is enough.

    `latency`: microseconds, one way. `available`: the window, microseconds.

    Source: asked in seed 001, line 26 (S1-004, S1-005).

    Raises:
        UsageError: a rate is not positive.
    """
    listed = sorted(rates)
    if listed and listed[0] < 1:
        raise UsageError(
            "a line without a rate has no limit, so there is nothing to find out",
            where="sim.studies.line_rates.smallest_rate",
            expected="rates of 1 bit a second or more",
            received=str(listed[0]),
            remedy="leave it out",
        )
    enough = (rate for rate in listed if night.duration(Line(rate, latency)) <= available)
    return next(enough, None)
