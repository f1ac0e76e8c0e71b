"""The leg inside the municipality between registry and exchange terminal.

Pattern 1 of seed 002 (line 97): a line, allowed once the registry side is adapted. It hands records on
at once, in both directions, and keeps nothing. Media and paper are other patterns behind the same name.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.base.errors import HarnessError
from sim.base.instant import Instant
from sim.base.node import Event, NodeId, Send, Step, Tables
from sim.nodes.messages import Inbound, Outbound


class LinkState:
    """A line remembers nothing between records."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables


@dataclass(frozen=True, slots=True)
class LineLink:
    """回線: registry and terminal joined by a line."""

    name: NodeId
    registry: NodeId
    terminal: NodeId

    def step(self, state: LinkState, event: Event, now: Instant) -> Step:
        match event.body:
            case Outbound() as outbound:
                return Step(sends=(Send(self.terminal, outbound),))
            case Inbound() as inbound:
                return Step(sends=(Send(self.registry, inbound),))
        raise HarnessError(f"the link does not know {type(event.body).__name__}", where=event.key)
