"""The leg between registry and terminal as journals show it: when what was given to it came out.

On a line everything comes out at once. Carried on a medium or keyed in from paper it comes out with the first
run that sets out after it, and not before that run has arrived; so a record that waits for a clerk's walk is
not one that an exchange left behind. Pure, from the entries of `link-CODE` alone; a municipality without any
has a line that always worked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sim.base.instant import Instant
from sim.base.journal import Line

LINE: Final = "line"
UP, DOWN = "up", "down"
_RISING: Final = frozenset(
    {"municipality_notice", "municipality_transmission", "certificate_issuance_notice"}
)
KINDS: Final = frozenset(
    {
        "medium_written",
        "medium_read",
        "sheet_printed",
        "record_rekeyed",
        "link_switched",
        "link_up",
        "link_down",
    }
)
"""The entries that say where things are on the leg."""


@dataclass(slots=True)
class _Run:
    """A medium or a sheet under way. `name`: the sequence or the sheet; `out`: when it had arrived."""

    name: str
    pattern: str
    records: int
    set_out: Instant
    out: Instant | None = None


@dataclass(slots=True)
class _Leg:
    """One municipality's leg. `switches`: (when, before, after); `breaks`: (when, whether it works again)."""

    runs: dict[str, list[_Run]] = field(default_factory=lambda: {UP: [], DOWN: []})
    switches: list[tuple[Instant, str, str]] = field(default_factory=list)
    breaks: list[tuple[Instant, bool]] = field(default_factory=list)

    def pattern_at(self, at: Instant) -> str:
        """The pattern in force at an instant."""
        for when, before, _ in self.switches:
            if at < when:
                return before
        if self.switches:
            return self.switches[-1][2]
        first = min(
            (run for runs in self.runs.values() for run in runs), key=lambda run: run.set_out, default=None
        )
        return LINE if first is None else first.pattern


class Legs:
    """All legs, from their entries in the order of time."""

    def __init__(self) -> None:
        self._legs: dict[str, _Leg] = {}
        self._keyed: tuple[str, Instant, str] = ("", Instant(0), "")
        self._typed: list[str] = []

    def take(self, line: Line) -> None:
        """Takes one entry of a link; of other entries nothing."""
        if line.kind not in KINDS:
            return
        leg = self._legs.setdefault(line.node.split("-")[1], _Leg())
        data = line.data
        match line.kind:
            case "medium_written":
                self._written(leg, data["direction"], f"{data['sequence']}", "media", data, line.at)
            case "sheet_printed":
                self._written(leg, data["direction"], data["sheet"], "paper", data, line.at)
            case "medium_read":
                self._out(leg, data["direction"], f"{data['sequence']}", line.at)
            case "record_rekeyed":
                self._rekeyed(leg, line, data["kind"])
            case "link_switched":
                leg.switches.append((line.at, data["from"], data["to"]))
            case "link_up" | "link_down":
                leg.breaks.append((line.at, line.kind == "link_up"))

    def _written(
        self, leg: _Leg, direction: str, name: str, pattern: str, data: dict[str, Any], at: Instant
    ) -> None:
        """A medium that takes a lost one's place holds what that one held, and no more."""
        runs = leg.runs[direction]
        if not runs or runs[-1].name != name or runs[-1].pattern != pattern:
            runs.append(_Run(name, pattern, data["records"], at))

    @staticmethod
    def _out(leg: _Leg, direction: str, name: str, at: Instant) -> None:
        for run in reversed(leg.runs[direction]):
            if run.name == name and run.out is None:
                run.out = at
                return

    def _rekeyed(self, leg: _Leg, line: Line, kind: str) -> None:
        """The records of one sheet are keyed in one step, which does not name the sheet.

        The number of records and their kinds tell which one it was.
        """
        key = (line.node, line.at, line.cause)
        if key != self._keyed:
            self._keyed, self._typed = key, []
        self._typed.append(kind)
        ways = [UP, DOWN]
        if not _RISING.isdisjoint(self._typed):
            ways = [UP]
        elif "agency_notice" in self._typed:
            ways = [DOWN]
        waiting = [
            run
            for way in ways
            for run in leg.runs[way]
            if run.pattern == "paper" and run.out is None and run.records == len(self._typed)
        ]
        if waiting:
            min(waiting, key=lambda run: run.set_out).out = line.at

    def by_hand(self) -> bool:
        """Whether anything was carried or keyed in anywhere."""
        return any(runs for leg in self._legs.values() for runs in leg.runs.values())

    def came_out(self, code: str, direction: str, given: Instant) -> tuple[Instant | None, str]:
        """When what was given to the leg came out, None while on its way; and the pattern that took it up.

        After a switch that may be another one than that by which it came out.
        """
        leg = self._legs.get(code)
        if leg is None:
            return given, LINE
        pattern = leg.pattern_at(given)
        if pattern == LINE:
            return self._over_line(leg, given), LINE
        run = next((run for run in leg.runs[direction] if run.set_out >= given), None)
        switched = next((at for at, _, to in leg.switches if at >= given and to == LINE), None)
        if switched is not None and (run is None or switched < run.set_out):
            before = [one.out for one in leg.runs[direction] if one.set_out < switched]
            if None in before:
                return None, pattern
            return max([switched, *(out for out in before if out is not None)]), pattern
        return (None if run is None else run.out), pattern

    @staticmethod
    def _over_line(leg: _Leg, given: Instant) -> Instant | None:
        up = True
        for at, works in leg.breaks:
            if at <= given:
                up = works
            elif not up and works:
                return at
        return given if up else None
