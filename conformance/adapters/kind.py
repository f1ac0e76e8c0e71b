"""What a kind of adapter is: the settings of a plan, how a channel is made, what can be seen before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from conformance.inspecting import Point
from conformance.protocol.conversation import Channel
from conformance.protocol.roles import Role

Say = Callable[[str], None]
"""Is told, in a line, what people should know while it goes on."""

Seconds = Annotated[float, Field(gt=0, le=86_400, strict=True)]
"""A time that somebody waits at most, in seconds: up to a day."""


class PlanPart(BaseModel):
    """A part of a plan: unknown keys are refused, and nothing is changed once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Settings(PlanPart):
    """What every adapter is given. `timeouts`: seconds for the operations that take another time."""

    kind: str
    timeouts: dict[str, Seconds] = Field(default_factory=dict)

    def seconds_for(self, op: str, otherwise: float) -> float:
        """How long an operation may take."""
        return self.timeouts.get(op, otherwise)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of adapter.

    `open(settings, role, say)` makes a channel; it raises a UsageError or a HarnessError when it cannot.
    `inspect(settings)` sees what is wrong before anything is started. `ja`, `en`: what it is.
    """

    name: str
    ja: str
    en: str
    settings: type[Settings]
    open: Callable[[Any, Role, Say], Channel]
    inspect: Callable[[Any], list[Point]]
