"""Terminals that read cards and write to chips."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from sim.base.journal import Line
from sim.law.write_policy import State
from sim.studies.folding.area import Area, Data
from sim.studies.measures import CardTerminal, Measures
from sim.studies.measures.parts import count


class Cards(Area):
    """Reads, writes and pattern files of each card terminal."""

    HANDLES: ClassVar[Mapping[str, str]] = {
        "card_terminal_opened": "_opened",
        "card_read": "_read",
        "read_refused": "_read_refused",
        "address_written": "_written",
        "write_refused": "_write_refused",
        "write_not_authorised": "_not_authorised",
        "pattern_updated": "_updated",
        "pattern_outdated": "_outdated",
        "policy_moved": "_moved",
    }

    def __init__(self, m: Measures) -> None:
        super().__init__(m)
        self._allowed = False

    def _cards(self, name: str) -> CardTerminal:
        found = self.m.card_terminals.get(name)
        if found is None:
            found = self.m.card_terminals[name] = CardTerminal()
        return found

    def _opened(self, line: Line, data: Data) -> None:
        terminal = self._cards(line.node)
        terminal.office, terminal.connection = data["office"], data["connection"]

    def _read(self, line: Line, data: Data) -> None:
        terminal = self._cards(line.node)
        count(terminal.reads, data["outcome"])
        terminal.real += bool(data["real"])

    def _read_refused(self, line: Line, data: Data) -> None:
        count(self._cards(line.node).read_refused, data["reason"])

    def _written(self, line: Line, data: Data) -> None:
        self._cards(line.node).written += 1

    def _write_refused(self, line: Line, data: Data) -> None:
        terminal = self._cards(line.node)
        count(terminal.write_refused, data["reason"])
        terminal.refused_before += not self._allowed

    def _moved(self, line: Line, data: Data) -> None:
        self._allowed = data["state"] == State.ACTIVE

    def _not_authorised(self, line: Line, data: Data) -> None:
        terminal = data["terminal"]
        for reason in data["reasons"]:
            count(self._cards(terminal).not_authorised, reason)

    def _updated(self, line: Line, data: Data) -> None:
        terminal = self._cards(line.node)
        count(terminal.updated, data["manner"])
        terminal.ages.add(data["age_days"])

    def _outdated(self, line: Line, data: Data) -> None:
        terminal = self._cards(line.node)
        terminal.outdated += 1
        terminal.ages.add(data["age_days"])
