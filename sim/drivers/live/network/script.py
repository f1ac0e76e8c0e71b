"""What is to happen on the network at which moment of a run, from a file:

    [[steps]]
    after = "30s"
    set = { line = "131041", rate = "64k", latency = "40ms" }   # without `line`: all lines

    [[steps]]
    after = "5m"
    outage = { name = "cable", line = "131041", for = "2m" }     # without `for`: until it is lifted

    [[steps]]
    after = "10m"
    lift = "cable"

`after` counts from the start of the run. Instead of it all steps may have `at = 2026-04-01T22:00:00+09:00`, a
time of day: of what is past when the run starts, all is done at once that still holds, so a network that was
stopped meanwhile is as if it had not been. Steps of one moment are done in the order in which they stand.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from sim.base.errors import UsageError
from sim.base.instant import SECOND
from sim.base.outside import toml_of, validated
from sim.drivers.live.clock import WallClock
from sim.drivers.live.network.outages import DeclaredTwice
from sim.drivers.live.network.proxy import Network
from sim.drivers.live.network.settings import Change, Code, Duration, Name, Settings, unknown_line

REMEDY: Final = "see `renkei lgwan run --help` for the form of a step"

# Microseconds after which a clock is looked at again: it is corrected, and a machine sleeps.
_FARTHEST: Final = 3600 * SECOND


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Set(Change):
    """A change of one line, or of all."""

    line: Code | None = None


class Begin(_Part):
    """An outage of one line, or of all, for a while or until it is lifted."""

    name: Name
    line: Code | None = None
    lasting: Duration | None = Field(default=None, alias="for")


class Step(_Part):
    """One thing that happens `after` the start, or `at` a time of day."""

    after: Duration | None = None
    at: AwareDatetime | None = None
    set: Set | None = None
    outage: Begin | None = None
    lift: Name | None = None

    @model_validator(mode="after")
    def _one(self) -> Step:
        if sum(what is not None for what in (self.set, self.outage, self.lift)) != 1:
            raise ValueError("a step is one of set, outage and lift")
        if (self.after is None) == (self.at is None):
            raise ValueError("a step has one of after and at")
        return self

    @property
    def moment(self) -> int:
        """When it happens: microseconds after the start, or the instant of the day."""
        return (self.after or 0) if self.at is None else round(self.at.timestamp() * SECOND)


class Script(_Part):
    """All steps of a run."""

    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _alike(self) -> Script:
        if len({step.at is None for step in self.steps}) > 1:
            raise ValueError("either all steps have after, or all of them have at")
        return self

    @property
    def in_order(self) -> list[Step]:
        """The steps by their moment."""
        return sorted(self.steps, key=lambda step: step.moment)


def load(path: Path, settings: Settings) -> Script:
    """The script in a file, for a network with these settings.

    Raises:
        UsageError: no such file, a wrong key or value, a line that is not listed, a lift of nothing, an
            outage that the steps have begun already.
    """
    _, raw = toml_of(path, "the script", REMEDY)
    script = validated(Script, raw, str(path), REMEDY)
    listed = settings.listed
    begun = {planned.name for planned in settings.outages}
    # Until when the steps' outages last, by name and line; None: until they are lifted.
    lasts: dict[tuple[str, str | None], int | None] = {}
    for number, step in enumerate(script.in_order, start=1):
        part = step.set or step.outage
        if part is not None and part.line is not None and part.line not in listed:
            raise unknown_line(part.line, listed)
        if step.outage is not None:
            begun.add(step.outage.name)
            place = (step.outage.name, step.outage.line)
            if place in lasts and ((end := lasts[place]) is None or end >= step.moment):
                raise UsageError(
                    f"step {number} begins an outage that is on already",
                    where=str(path),
                    received=step.outage.name,
                    remedy="lift it in a step before, or give it another name",
                )
            lasting = step.outage.lasting
            lasts[place] = None if lasting is None else step.moment + lasting
        if step.lift is not None:
            lasts = {place: end for place, end in lasts.items() if place[0] != step.lift}
        if step.lift is not None and step.lift not in begun:
            raise UsageError(
                f"step {number} lifts what has not begun",
                where=str(path),
                expected=", ".join(sorted(begun)) or "an outage in an earlier step",
                received=step.lift,
                remedy="give the outage that name, or put the step after it",
            )
    return script


async def play(network: Network, steps: Iterable[Step]) -> None:
    """Does what the steps say, each at its moment from now on.

    An outage that somebody has declared by hand meanwhile is there: the step is left out, and said so.
    """
    loop, clock = asyncio.get_running_loop(), WallClock()
    start = loop.time()
    for step in steps:
        while True:
            now = clock.now if step.at is not None else round((loop.time() - start) * SECOND)
            if now >= step.moment:
                break
            await asyncio.sleep(min(step.moment - now, _FARTHEST) / SECOND)
        try:
            perform(network, step, 0 if step.at is None else now - step.moment)
        except DeclaredTwice as error:
            print(f"renkei: a step of the script is left out: {error}", file=sys.stderr, flush=True)


def perform(network: Network, step: Step, late: int = 0) -> None:
    """Does what a step says, now. `late`: microseconds by which an outage is shorter, that began earlier."""
    if step.set is not None:
        network.change(step.set.line, step.set)
    elif step.outage is not None:
        lasting = step.outage.lasting
        if lasting is None or not late:
            network.declare(step.outage.name, step.outage.line, lasting=lasting)
        elif lasting > late:
            network.declare(step.outage.name, step.outage.line, lasting=lasting - late)
    elif step.lift is not None:
        network.lift(step.lift)
