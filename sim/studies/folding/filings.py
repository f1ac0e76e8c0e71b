"""Filings, lateness and separate duties, from what the counters wrote."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import ClassVar

from sim.base.instant import HOUR, Instant, instant
from sim.base.journal import Line
from sim.exchange.reconciliation import Reconciliation, Walk
from sim.law.changes import SYSTEM_FIRST_DAY
from sim.law.revocation import last_day
from sim.studies.folding.area import Area, Data, code_of, day_of
from sim.studies.measures import Duty, FilingCell, Lateness, Measures
from sim.studies.measures.parts import count


class Filings(Area):
    """Accepted and refused filings; which duties they opened and closed."""

    HANDLES: ClassVar[Mapping[str, str]] = {
        "filing_accepted": "_filing",
        "filing_refused": "_refused",
        "residence_duty_open": "_duty_open",
        "residence_duty_closed": "_duty_closed",
    }

    def __init__(self, m: Measures) -> None:
        super().__init__(m)
        self._open: dict[str, tuple[str, str]] = {}
        self._at = Instant(0)

    def _filing(self, line: Line, data: Data) -> None:
        m, kind, filed = self.m, data["filing"], data["filed_date"]
        cell = m.filings.get(kind)
        if cell is None:
            cell = m.filings[kind] = FilingCell()
        site = self.site(code_of(line.node))
        site.filings += 1
        of_kind = m.lateness.get(kind)
        if of_kind is None:
            of_kind = m.lateness[kind] = Lateness()
        of_class = m.lateness_by_class.get(data["person_class"])
        if of_class is None:
            of_class = m.lateness_by_class[data["person_class"]] = Lateness()
        if data["in_time"]:
            cell.in_time += 1
            of_kind.in_time += 1
            of_class.in_time += 1
        else:
            days = _days(data["last_day"], filed)
            cell.late += 1
            site.late += 1
            over = _is_over(data["event_date"], filed)
            site.over_90 += over
            for one in (of_kind, of_class):
                one.late += 1
                one.over_90 += over
                one.days.add(days)
        count(cell.card, data["card"])
        if data["deemed"]:
            count(cell.deemed, data["deemed"])
        else:
            cell.not_deemed += 1
        if data["transmit_article"]:
            count(cell.transmitted, data["transmit_article"])
        count(m.filings_by_day.setdefault(filed, {}), kind)
        for fact in data["rests_on"]:
            count(m.rests_on, fact)
        begun = begin_of(data["event_date"])
        if line.at >= begun:  # a moving-out is filed before its day
            m.event_to_filing.add((line.at - begun) // HOUR)

    def _refused(self, line: Line, data: Data) -> None:
        self.m.filings.setdefault(data["filing"], FilingCell()).refused += 1

    def _duty_open(self, line: Line, data: Data) -> None:
        self._at = line.at
        self.m.duties_open += 1
        self.m.duties.setdefault(data["article"], Duty()).opened += 1
        self._open[line.case] = (data["article"], data["last_day"])

    def _duty_closed(self, line: Line, data: Data) -> None:
        self._at = line.at
        self.m.duties_open -= 1
        self.m.duties_closed += 1
        opened = self._open.pop(line.case, None)
        if opened is not None:
            count(self.m.duties[opened[0]].closed, data["by"])

    def finish(self, walk: Walk, found: Reconciliation) -> None:
        """What is still due, and how much of it is overdue on the last day of the run."""
        run = self.m.run
        ends = instant(date.fromisoformat(run.start)) + run.days * 24 * HOUR
        last = day_of(Instant(max(ends - 1, self._at)))
        for article, limit in self._open.values():
            duty = self.m.duties[article]
            duty.open += 1
            duty.overdue += limit < last


@cache
def begin_of(day: str) -> Instant:
    """Midnight in Japan at which a day began."""
    return instant(date.fromisoformat(day))


@cache
def _days(first: str, second: str) -> int:
    return (date.fromisoformat(second) - date.fromisoformat(first)).days


@cache
def _is_over(event: str, filed: str) -> bool:
    """Whether a filing came after the 90 days that run from its event (入管法22条の4)."""
    start = date.fromisoformat(event)
    return start >= SYSTEM_FIRST_DAY and date.fromisoformat(filed) > last_day(start)
