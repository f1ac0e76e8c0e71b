"""When nothing passes: outages planned by time, and those that somebody declares, each with its own name.

A name may stand for several lines, which are then lifted together; on one line, and for the whole network,
nobody declares it twice for the same time.

At the start of one everything that is under way on its lines is cut; until its end nobody is let through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from sim.base.errors import UsageError
from sim.base.instant import SECOND, Instant, iso
from sim.base.journal import Data
from sim.drivers.live.clock import Clock
from sim.drivers.live.network.journal import Journal
from sim.drivers.live.network.lines import Line
from sim.drivers.live.network.shaping import Timers
from sim.nodes.lgwan.lines import EVERYBODY

# An alarm that is set farther ahead than this is set again: clocks are corrected, and timers have a limit.
_FARTHEST = 3600 * SECOND


class OutageStatus(msgspec.Struct, frozen=True):
    """An outage as `GET /status` tells it. `line`: empty for the whole network. `end`: null until lifted."""

    id: str
    name: str
    line: str
    declared: bool
    running: bool
    start: str
    end: str | None


class DeclaredTwice(UsageError):
    """An outage of that name is on there at that time."""


@dataclass(eq=False, slots=True)
class _Outage:
    id: str
    name: str
    line: str
    declared: bool
    start: Instant
    end: Instant | None
    running: bool = False
    cause: str = ""
    alarm: asyncio.TimerHandle | None = None

    def status(self) -> OutageStatus:
        end = None if self.end is None else iso(self.end)
        return OutageStatus(self.id, self.name, self.line, self.declared, self.running, iso(self.start), end)


class Outages:
    """All outages that are to come or run. They begin and end by themselves, at the time of day."""

    def __init__(self, lines: Mapping[str, Line], journal: Journal, clock: Clock, timers: Timers) -> None:
        self._lines = lines
        self._journal = journal
        self._clock = clock
        self._timers = timers
        self._number = 0
        self._known: dict[str, _Outage] = {}
        # The outages in which a line lies now: asked for every connection.
        self._running: dict[str, list[_Outage]] = {}

    def enter(
        self, name: str, line: str, start: Instant, end: Instant | None, *, declared: bool
    ) -> OutageStatus:
        """An outage of a line, or of `EVERYBODY`'s, until `end` or until it is lifted."""
        self._number += 1
        outage = _Outage(f"{name}-{self._number}", name, line, declared, start, end)
        self._known[outage.id] = outage
        self._look(outage)
        return outage.status()

    def declare(self, name: str, line: str, start: Instant, end: Instant | None) -> OutageStatus:
        """An outage that somebody declares.

        Raises:
            DeclaredTwice: there is one of that name on that line, or of the whole network, at that time.
        """
        for known in self._known.values():
            apart = (known.end is not None and known.end <= start) or (end is not None and end <= known.start)
            if (known.name, known.line) == (name, line) and not apart:
                until = "it is lifted" if known.end is None else iso(known.end)
                raise DeclaredTwice(
                    f"there is an outage {name!r} already",
                    where="the whole network" if line == EVERYBODY else f"line {line}",
                    received=f"{known.id}, {'on' if known.running else 'planned'} from {iso(known.start)}"
                    f" until {until}",
                    remedy=f"lift it first (renkei lgwan set DIR --lift {known.id}), or give another name",
                )
        return self.enter(name, line, start, end, declared=True)

    def lift(self, name: str) -> list[OutageStatus]:
        """Ends the outages with this id or name, or keeps them from beginning; gives those."""
        found = [outage for outage in self._known.values() if name in (outage.id, outage.name)]
        for outage in found:
            self._end(outage)
        return [outage.status() for outage in found]

    def reason(self, code: str) -> tuple[str, str]:
        """The name of the outage in which the line lies, and the entry that began it; empty when it works."""
        for place in (EVERYBODY, code):
            if running := self._running.get(place):
                return running[0].name, running[0].cause
        return "", ""

    def status(self) -> list[OutageStatus]:
        return [outage.status() for outage in self._known.values()]

    def stop(self) -> None:
        """Nothing begins or ends any more."""
        for outage in self._known.values():
            if outage.alarm is not None:
                outage.alarm.cancel()

    def _look(self, outage: _Outage) -> None:
        """Does what is due, and comes back for what is not."""
        now = self._clock.now
        outage.alarm = None
        if not outage.running and outage.start <= now:
            self._begin(outage)
        if outage.running and outage.end is not None and outage.end <= now:
            self._end(outage)
            return
        due = outage.end if outage.running else outage.start
        if due is not None:
            wait = min(due - now, _FARTHEST) / SECOND
            outage.alarm = self._timers.call_at(self._timers.time() + wait, lambda: self._look(outage))

    def _begin(self, outage: _Outage) -> None:
        outage.running = True
        kind = "outage_declared" if outage.declared else "outage_began"
        outage.cause = self._journal.say(kind, data=self._data(outage))
        self._running.setdefault(outage.line, []).append(outage)
        for line in self._concerned(outage):
            for connection in list(line.open):
                connection.cut(outage.name, outage.cause)

    def _end(self, outage: _Outage) -> None:
        if outage.alarm is not None:
            outage.alarm.cancel()
            outage.alarm = None
        del self._known[outage.id]
        if outage.running:
            outage.running = False
            self._running[outage.line].remove(outage)
        kind = "outage_lifted" if outage.declared else "outage_ended"
        self._journal.say(kind, data=self._data(outage), cause=outage.cause)

    def _concerned(self, outage: _Outage) -> Iterable[Line]:
        if outage.line == EVERYBODY:
            return self._lines.values()
        return (self._lines[outage.line],)

    def _data(self, outage: _Outage) -> Data:
        whole = outage.line == EVERYBODY
        return {"terminal": EVERYBODY if whole else self._lines[outage.line].terminal, "name": outage.name}
