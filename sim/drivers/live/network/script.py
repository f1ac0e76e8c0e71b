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

`after` counts from the start of the run. Steps of one moment are done in the order in which they stand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sim.base.errors import UsageError
from sim.base.instant import SECOND
from sim.base.outside import toml_of, validated
from sim.drivers.live.network.proxy import Network
from sim.drivers.live.network.settings import Change, Code, Duration, Name, Settings, unknown_line

REMEDY: Final = "see `renkei lgwan run --help` for the form of a step"


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
    """One thing that happens `after` the start."""

    after: Duration
    set: Set | None = None
    outage: Begin | None = None
    lift: Name | None = None

    @model_validator(mode="after")
    def _one(self) -> Step:
        if sum(what is not None for what in (self.set, self.outage, self.lift)) != 1:
            raise ValueError("a step is one of set, outage and lift")
        return self


class Script(_Part):
    """All steps of a run."""

    steps: tuple[Step, ...] = Field(min_length=1)

    @property
    def in_order(self) -> list[Step]:
        """The steps by their moment."""
        return sorted(self.steps, key=lambda step: step.after)


def load(path: Path, settings: Settings) -> Script:
    """The script in a file, for a network with these settings.

    Raises:
        UsageError: no such file, a wrong key or value, a line that is not listed, a lift of nothing.
    """
    _, raw = toml_of(path, "the script", REMEDY)
    script = validated(Script, raw, str(path), REMEDY)
    listed = settings.listed
    begun = {planned.name for planned in settings.outages}
    for number, step in enumerate(script.in_order, start=1):
        part = step.set or step.outage
        if part is not None and part.line is not None and part.line not in listed:
            raise unknown_line(part.line, listed)
        if step.outage is not None:
            begun.add(step.outage.name)
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
    """Does what the steps say, each at its moment from now on."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    for step in steps:
        await asyncio.sleep(start + step.after / SECOND - loop.time())
        perform(network, step)


def perform(network: Network, step: Step) -> None:
    """Does what a step says, now."""
    if step.set is not None:
        network.change(step.set.line, step.set)
    elif step.outage is not None:
        network.declare(step.outage.name, step.outage.line, lasting=step.outage.lasting)
    elif step.lift is not None:
        network.lift(step.lift)
