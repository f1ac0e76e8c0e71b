"""What several checks of a ministry server need: files, records and answers as municipalities saw them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from conformance.evidence import Case
from sim.base.journal import Line

DOWN: Final = ("batch_sent", "record_sent")
"""Kinds of lines that tell what came down."""
ANSWERED: Final = ("batch_delivered", "record_delivered", *DOWN)
"""Kinds of lines that tell what was answered to what."""
RESULT: Final = "result"
NOTICE: Final = "agency_notice"


def fresh(lines: Iterable[Line]) -> list[Line]:
    """Lines of what came for the first time: a file that comes again, unchanged, tells nothing new."""
    return [line for line in lines if line.data.get("again") is False]


class Answers:
    """What was answered to what: to a file or record belongs what came before it was given again."""

    def __init__(self, case: Case) -> None:
        self._results: dict[tuple[object, object, object], list[Line]] = {}
        for line in fresh(case.lines("record_sent", kind=RESULT)):
            key = (line.data.get("municipality"), line.data.get("scope"), line.data.get("answers"))
            self._results.setdefault(key, []).append(line)
        self._given: dict[object, list[tuple[int, object]]] = {}
        self.files = case.lines("batch_delivered", again=False)
        self.records: dict[object, list[Line]] = {}
        for line in self.files:
            self._note(line.data.get("batch"), line)
        for line in case.lines("record_delivered"):
            self._note(line.data.get("record_id"), line)
            self.records.setdefault(line.data.get("delivery"), []).append(line)

    def file(self, delivery: int) -> Line | None:
        """The line of a delivery by its number."""
        return next((line for line in self.files if line.data.get("delivery") == delivery), None)

    def on_file(self, given: Line) -> list[Line]:
        """The results on a file as a whole, under its name or that of its edition."""
        names = (given.data.get("batch"), given.data.get("stem"))
        return self._within(given, "batch", names, given.data.get("batch"))

    def on_record(self, given: Line, record: object, line: int = 0) -> list[Line]:
        """The results on a record of a file, under its number or, where that may be unreadable, its line."""
        names = (record, f"line-{line}") if line else (record,)
        until = self._until(given, given.data.get("batch"))
        return [one for one in self._within(given, "record", names, record) if one.n < until]

    def _note(self, name: object, line: Line) -> None:
        self._given.setdefault(name, []).append((line.n, line.data.get("delivery")))

    def _until(self, given: Line, name: object) -> float:
        later = (
            n
            for n, delivery in self._given.get(name, ())
            if n > given.n and delivery != given.data.get("delivery")
        )
        return min(later, default=float("inf"))

    def _within(self, given: Line, scope: str, names: Iterable[object], name: object) -> list[Line]:
        until = self._until(given, name)
        municipality = given.data.get("municipality")
        found = [
            one for key in dict.fromkeys(names) for one in self._results.get((municipality, scope, key), ())
        ]
        return [one for one in found if given.n < one.n < until]


def outcome(line: Line) -> str:
    """A result in short: outcome and code."""
    return f"{line.data.get('outcome')} {line.data.get('code', '')}".strip()


def notices(case: Case, person: str, **items: str) -> list[Line]:
    """The agency notices about a person that came down, each once for each municipality that it came to."""
    once: dict[tuple[object, object], Line] = {}
    for line in case.lines("record_sent", kind=NOTICE):
        if line.subject == person and all(line.data.get(key) == value for key, value in items.items()):
            once.setdefault((line.data.get("municipality"), line.data.get("record_id")), line)
    return list(once.values())


def ids(lines: Iterable[Line]) -> tuple[str, ...]:
    """The ids of lines, as evidence."""
    return tuple(line.id for line in lines)
