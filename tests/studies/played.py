"""Runs of the scenarios that come along, shortened where their promise still holds, for the tests of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sim.base.instant import japan_date
from sim.base.journal import Line
from sim.exchange.reconciliation import Reconciliation, reconcile
from sim.studies import simulate
from sim.studies.folding import fold
from sim.studies.measures import Measures
from sim.studies.scenario import Scenario, loading

SHORT: dict[str, tuple[int, float]] = {
    "branch-offices": (20, 1.0),
    "cutover-2019": (11, 0.5),
    "forty-cities": (12, 0.2),
    "media-city": (26, 1.0),
    "outage-day": (14, 0.6),
    "paper-village": (180, 1.0),
    "renewal-then-copy": (21, 0.7),
    "same-day-in-and-out": (30, 1.0),
    "shinjuku-2019": (15, 0.1),
    "standalone-terminals": (36, 0.7),
    "write-start": (42, 0.6),
}
"""Days, and the share of the residents."""


@dataclass(frozen=True)
class Played:
    """A run: its lines in merged order, what they amount to, and how they add up."""

    scenario: Scenario
    lines: tuple[Line, ...]
    measures: Measures
    found: Reconciliation

    def of(self, *kinds: str) -> list[Line]:
        """The lines of these kinds."""
        return [line for line in self.lines if line.kind in kinds]

    def count(self, kind: str, **data: Any) -> int:
        """How many lines of the kind there are whose data say this."""
        return sum(all(line.data.get(key) == value for key, value in data.items()) for line in self.of(kind))


def shortened(name: str, settings: Mapping[str, str] = MappingProxyType({})) -> Scenario:
    """The scenario with fewer days and people."""
    days, share = SHORT[name]
    scenario = loading.lasting(
        loading.changed(loading.load(name), [f"{k}={v}" for k, v in settings.items()]), days
    )
    if share == 1.0:
        return scenario
    places = tuple(
        place.model_copy(update={"residents": max(round(place.residents * share), min(place.residents, 300))})
        for place in scenario.places
    )
    one = scenario.municipality is not None
    return scenario.model_copy(update={"municipality": places[0]} if one else {"municipalities": places})


def played(scenario: Scenario, seed: int = 1) -> Played:
    """The run of a scenario."""
    lines = tuple(simulate.run(scenario, seed).site.lines())
    return Played(scenario, lines, fold(simulate.run_of(scenario, seed), lines), reconcile(lines))


@lru_cache(maxsize=1)
def run(name: str) -> Played:
    """The shared run of a scenario. The tests stand in the order of the scenarios, so one is kept."""
    return played(shortened(name))


def date_of(line: Line) -> date:
    """The day of a line in Japan."""
    return japan_date(line.at)


def sound(one: Played) -> None:
    """Every record and every batch adds up to zero with no fault (S3-003), each person's in their order."""
    assert one.found.sound, one.found.told()
    assert one.found.faulty == []
    for sums in (one.found.sums(), one.found.batch_sums()):
        assert sums
        assert all(row.rest == 0 for row in sums.values())
    for balance in (*one.measures.balances.values(), *one.measures.batches.values()):
        assert (balance.rest, balance.lost) == (0, 0)
    for raised, accepted in orders(one.lines).values():
        reached = set(accepted)
        assert [record for record in raised if record in reached] == accepted


def orders(lines: Iterable[Line]) -> dict[tuple[str, str], tuple[list[str], list[str]]]:
    """By municipality and person: the records in the order of being raised, and of being taken in."""
    found: dict[tuple[str, str], tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    home: dict[str, tuple[str, str]] = {}
    taken: list[str] = []
    for line in lines:
        if line.kind == "record_raised":
            record = line.data["record"]
            home[record] = (line.node, line.subject)
            found[home[record]][0].append(record)
        elif line.kind == "record_accepted" and line.data.get("kind") != "agency_notice":
            taken.append(line.data["record"])
    for record in taken:
        if record in home:
            found[home[record]][1].append(record)
    return found


def by_case(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """The lines by the case that they belong to."""
    found: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        found[line.case].append(line)
    return found
