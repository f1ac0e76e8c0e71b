"""Registers: residents, provisional records, cancellations, copies, certificates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from sim.base.journal import Line
from sim.studies.folding.area import Area, Data, code_of
from sim.studies.measures import Copies, Register
from sim.studies.measures.parts import count


class Registers(Area):
    """What the registries wrote of their records."""

    HANDLES: ClassVar[Mapping[str, str]] = {
        "register_opened": "_opened",
        "record_made": "_made",
        "record_removed": "_removed",
        "revision_refused": "_refused",
        "record_provisional": "_provisional",
        "record_settled": "_settled",
        "provisional_dropped": "_dropped",
        "revision_cancelled": "_cancelled",
        "notice_imported": "_imported",
        "notice_backlog_listed": "_backlog",
        "certificate_handed_over": "_certificate",
        "abode_recorded": "_abode",
        "abode_removed": "_abode_removed",
        "copy_issued": "_issued",
        "copy_found_stale": "_found_stale",
        "copy_undecided": "_undecided",
        "copy_refused": "_copy_refused",
    }

    def _register(self, line: Line) -> Register:
        return self.m.registers.setdefault(code_of(line.node), Register())

    def _opened(self, line: Line, data: Data) -> None:
        site = self.site(code_of(line.node))
        site.residents_start += data["residents"]
        site.residents_end += data["residents"]

    def _made(self, line: Line, data: Data) -> None:
        self.m.residents_end += 1
        self.site(code_of(line.node)).residents_end += 1
        if data.get("filing") == "birth":
            self._register(line).births += 1

    def _removed(self, line: Line, data: Data) -> None:
        self.m.residents_end -= 1
        self.site(code_of(line.node)).residents_end -= 1

    def _refused(self, line: Line, data: Data) -> None:
        count(self.m.revisions_refused, data["reason"])
        count(self._register(line).refused, data["reason"])

    def _provisional(self, line: Line, data: Data) -> None:
        self._register(line).provisional += 1

    def _settled(self, line: Line, data: Data) -> None:
        self._register(line).settled += 1

    def _dropped(self, line: Line, data: Data) -> None:
        self._register(line).dropped += 1

    def _cancelled(self, line: Line, data: Data) -> None:
        self._register(line).cancelled += 1

    def _imported(self, line: Line, data: Data) -> None:
        if data.get("by_hand"):
            self._register(line).by_hand += 1

    def _backlog(self, line: Line, data: Data) -> None:
        register = self._register(line)
        register.backlog_lists += 1
        register.backlog.add(data["oldest_days"])

    def _certificate(self, line: Line, data: Data) -> None:
        count(self._register(line).certificates, data["ground"])

    def _abode(self, line: Line, data: Data) -> None:
        self._register(line).abodes += 1

    def _abode_removed(self, line: Line, data: Data) -> None:
        self._register(line).abodes_removed += 1

    # --- copies --------------------------------------------------------------------------------------
    def _copies(self, option: str) -> Copies:
        return self.m.copies.setdefault(option, Copies())

    def _issued(self, line: Line, data: Data) -> None:
        copies = self._copies(data["option"])
        copies.issued += 1
        if data["stale"]:
            copies.stale += 1
            for item in data["differs"]:
                count(copies.items, item)
            if data["days_behind"] is not None:
                copies.behind.add(data["days_behind"])

    def _found_stale(self, line: Line, data: Data) -> None:
        if data["known"]:
            return  # it was counted when it was issued
        copies = self._copies(data["option"])
        copies.found_later += 1
        copies.behind.add(data["days_behind"])
        for item in data["differs"]:
            count(copies.items, item)

    def _undecided(self, line: Line, data: Data) -> None:
        self._copies(data["option"]).undecided += 1

    def _copy_refused(self, line: Line, data: Data) -> None:
        count(self._copies(data.get("option", "")).refused, data["reason"])
