"""Offices, from what their counters wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from sim.base.journal import Line
from sim.studies.folding.area import Area, Data, code_of
from sim.studies.measures import Measures, Office
from sim.studies.measures.parts import count


class Offices(Area):
    """Visits, refusals, authenticity, endorsements and forms, office by office."""

    HANDLES: ClassVar[Mapping[str, str]] = {
        "office_opened": "_opened",
        "visit_served": "_served",
        "visit_turned_away": "_turned_away",
        "identity_confirmed": "_identity",
        "authenticity_confirmed": "_authenticity",
        "authenticity_failed": "_authenticity",
        "filing_accepted": "_filing",
        "filing_refused": "_refused",
        "items_taken": "_items",
        "card_endorsed": "_endorsed",
        "endorsement_withheld": "_withheld",
        "case_left_open": "_left_open",
        "case_closed": "_closed",
        "residence_duty_open": "_warned",
    }

    def __init__(self, m: Measures) -> None:
        super().__init__(m)
        self._by_node: dict[str, Office] = {}

    def _office(self, line: Line) -> Office:
        """The office of a counter; a counter that never names one is the only one of its municipality."""
        found = self._by_node.get(line.node)
        if found is None:
            office = line.data.get("office", "main_office")
            found = self.m.offices.setdefault(f"{code_of(line.node)}/{office}", Office())
            self._by_node[line.node] = found
        return found

    def _opened(self, line: Line, data: Data) -> None:
        office = self._office(line)
        office.closed_to_foreign += not data.get("accepts_foreign_filings", True)
        for lack in data.get("shortcomings", ()):
            count(office.short, lack)

    def _served(self, line: Line, data: Data) -> None:
        office = self._office(line)
        office.visits += 1
        office.persons += data["persons"]
        office.minutes += data["minutes"]
        office.waited.add(data["waited"])

    def _turned_away(self, line: Line, data: Data) -> None:
        office = self._office(line)
        count(office.turned_away, data["reason"])
        office.without_training += data["reason"] == "no_trained_clerk"

    def _identity(self, line: Line, data: Data) -> None:
        count(self._office(line).identity, data.get("manner", "photo"))

    def _authenticity(self, line: Line, data: Data) -> None:
        count(self._office(line).authenticity, data.get("outcome", "match"))

    def _filing(self, line: Line, data: Data) -> None:
        office = self._office(line)
        office.filings += 1
        office.late += not data["in_time"]

    def _refused(self, line: Line, data: Data) -> None:
        count(self._office(line).refused, data["reason"])

    def _items(self, line: Line, data: Data) -> None:
        office = self._office(line)
        office.asked += len(data["asked"])
        office.keyed += len(data["keyed"])
        office.prefilled += len(data["read"])

    def _endorsed(self, line: Line, data: Data) -> None:
        self._office(line).endorsed += 1

    def _withheld(self, line: Line, data: Data) -> None:
        count(self._office(line).withheld, data["reason"])

    def _left_open(self, line: Line, data: Data) -> None:
        self._office(line).left_open += data["reason"] != "closing_time"

    def _closed(self, line: Line, data: Data) -> None:
        self._office(line).made_up += 1

    def _warned(self, line: Line, data: Data) -> None:
        self._office(line).warned += bool(data["warned"])
