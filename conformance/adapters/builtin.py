"""The built-in reference municipal system (role `municipal-system`) in simulated time.

Counter, registry, link and exchange terminal are the implementation under test; network and ministry
server are the harness's own part. A mutant changes the former and never the latter.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Final

from conformance.mutants import Mutant
from conformance.stage import Command
from sim.base.errors import HarnessError
from sim.base.instant import Instant
from sim.base.journal import Line
from sim.base.node import OUTSIDE, Event, Key, NodeId
from sim.drivers.edge import PlainEdge
from sim.drivers.topology import MINISTRY, Topology
from sim.drivers.world import World
from sim.nodes.messages.agency import ExtendPeriod, OpenMinistry
from sim.nodes.messages.counter import FileFiling
from sim.nodes.messages.registry import ConfirmNotices, OpenRegister
from sim.nodes.messages.terminal import OpenTerminal
from sim.stores.memory import MemoryStore

TOPOLOGY: Final = Topology(code="131041", exchange_at=time(18, 0))
"""Shinjuku City, one exchange a day in the evening, a line without limits."""


class BuiltinMunicipality:
    """The reference, or the reference with one mutant in it."""

    def __init__(self, mutant: Mutant | None = None) -> None:
        self._mutant = mutant
        self._world: World | None = None
        at = TOPOLOGY.places
        self._routes: dict[type[Command], NodeId] = {
            FileFiling: at.counter,
            OpenRegister: at.registry,
            ConfirmNotices: at.registry,
            OpenMinistry: MINISTRY,
            ExtendPeriod: MINISTRY,
        }

    def reset(self, at: Instant) -> None:
        if self._mutant is None:
            under_test = TOPOLOGY.municipality(MemoryStore)
        else:
            changed = self._mutant.topology(TOPOLOGY)
            under_test = self._mutant.actors(changed.municipality(MemoryStore), changed.places)
        actors = under_test | TOPOLOGY.network(MemoryStore) | TOPOLOGY.ministry(MemoryStore)
        self._world = World(actors, PlainEdge(), at)
        opening = Event(Key("reset"), OUTSIDE, OpenTerminal())
        self._world.site.deliver(TOPOLOGY.places.terminal, opening, at)

    def clock(self) -> Instant:
        # Before the first reset there is no time yet; a fault at that point is still written down.
        return Instant(0) if self._world is None else self._world.now

    def advance(self, until: Instant) -> None:
        self._running().run((), until)

    def do(self, command: Command, id: str) -> None:
        world = self._running()
        event = Event(Key(id), OUTSIDE, command, cause=id)
        world.site.deliver(self._routes[type(command)], event, world.now)

    def lines(self) -> Iterator[Line]:
        return iter(()) if self._world is None else self._world.site.lines()

    def _running(self) -> World:
        if self._world is None:
            raise HarnessError("the implementation was never reset")
        return self._world
