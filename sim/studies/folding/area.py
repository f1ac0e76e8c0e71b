"""What all areas of the measures are folded with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar

from sim.base.instant import DAY, Instant, japan_date, japan_time
from sim.base.journal import Line
from sim.exchange.reconciliation import Reconciliation, Walk
from sim.studies.measures import Measures, Totals

Data = dict[str, Any]
Handler = Callable[[Line, Data], None]

_JAPAN = 9 * 3600 * 1_000_000


class Area:
    """Folds what concerns one area. `HANDLES`: kinds of entry, with the method that takes them."""

    HANDLES: ClassVar[Mapping[str, str]] = {}

    def __init__(self, m: Measures) -> None:
        self.m = m

    def handlers(self) -> dict[str, Handler]:
        """Who takes which kind of entry."""
        return {kind: getattr(self, name) for kind, name in self.HANDLES.items()}

    def finish(self, walk: Walk, found: Reconciliation) -> None:
        """After the last line; `found`: how every record and batch stands."""

    def site(self, code: str) -> Totals:
        """A municipality's totals."""
        found = self.m.sites.get(code)
        if found is None:
            found = self.m.sites[code] = Totals()
        return found


@cache
def code_of(node: str) -> str:
    """The municipality of a node: `counter-131041-02` is one of 131041; empty for those of the agency."""
    part = node.split("-")[1] if "-" in node else ""
    return part if part.isdecimal() else ""


@cache
def _iso(day: int) -> str:
    return japan_date(Instant(day * DAY)).isoformat()


def day_of(at: Instant) -> str:
    """The day in Japan as an ISO date."""
    return _iso((at + _JAPAN) // DAY)


def minute_of(at: Instant) -> str:
    """The minute in Japan: `2019-04-01 22:00`."""
    return f"{day_of(at)} {japan_time(at):%H:%M}"
