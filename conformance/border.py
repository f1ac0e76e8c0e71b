"""Nodes of the simulation whose network is somebody else: what they send over LGWAN is taken out here.

The reference municipality stands behind one such border and the ministry server that the harness plays
behind another; between the two lies whatever the adapter is.
"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.protocol.base import File
from sim.base.errors import HarnessError
from sim.base.instant import Instant
from sim.base.journal import Line
from sim.base.node import OUTSIDE, Body, Event, Key, NodeId, Outgoing, Reply
from sim.drivers.edge import PlainEdge
from sim.drivers.site import Actor
from sim.drivers.topology import LGWAN
from sim.drivers.world import World
from sim.nodes.messages.network import LINE, Arrival, Carried, Carry, Undelivered

ENDINGS = {b"<": "xml"}


def stem_of(name: str) -> str:
    """The batch's name, with the number of its edition if it has one, from the name of a file."""
    stem, _, ending = name.rpartition(".")
    return stem if ending in ("csv", "xml") else name


class Border:
    """Actors in one simulated time, from `at`; their batches come out as files and go in as files."""

    def __init__(self, actors: Mapping[NodeId, Actor], at: Instant) -> None:
        self.world = World(actors, PlainEdge(), at, self._leaves)
        self._waiting: list[Outgoing] = []
        self._given = 0
        self._told: dict[str, int] = {}

    @property
    def now(self) -> Instant:
        """What time it is here."""
        return self.world.now

    def advance(self, until: Instant) -> None:
        """Lets time pass: everything due before `until` happens."""
        if until > self.world.now:
            self.world.run((), until)

    def tell(self, to: NodeId, body: Body, *, sender: NodeId = OUTSIDE, cause: str = "") -> Reply:
        """Gives something to a node, and gives its reply; what it sends inside happens at once."""
        self._given += 1
        event = Event(Key(f"given-{self._given}"), sender, body, cause)
        return self.world.site.deliver(to, event, self.world.now)

    def arrives(self, to: NodeId, peer: NodeId, file: File, cause: str = "") -> None:
        """A file of `peer` arrives at a node, over the network."""
        ref = stem_of(file.name)
        self.tell(to, Arrival(peer, ref, file.content), sender=LGWAN, cause=cause)

    def leaving(self) -> list[tuple[NodeId, NodeId, File]]:
        """(sender, peer, file) of the batches that left since this was last asked; senders are told."""
        left = []
        while self._waiting:
            outgoing = self._waiting.pop(0)
            carry = outgoing.body
            assert isinstance(carry, Carry)
            ending = ENDINGS.get(carry.content.lstrip()[:1], "csv")
            left.append((outgoing.sender, carry.peer, File.of(f"{carry.ref}.{ending}", carry.content)))
            self.world.site.actors[outgoing.sender].store.dispatched(outgoing)
            self.tell(outgoing.sender, Carried(carry.peer, carry.ref), sender=LGWAN)
        return left

    def turn_back(self, reason: str) -> None:
        """What would leave over the line comes back to its sender, undelivered."""
        waiting, self._waiting = self._waiting, []
        for outgoing in waiting:
            carry = outgoing.body
            assert isinstance(carry, Carry)
            if carry.manner != LINE:
                self._waiting.append(outgoing)
                continue
            self.world.site.actors[outgoing.sender].store.dispatched(outgoing)
            self.tell(outgoing.sender, Undelivered(carry.peer, carry.ref, reason), sender=LGWAN)

    def lines(self) -> list[Line]:
        """The merged journal of all nodes here."""
        return list(self.world.site.lines())

    def news(self) -> list[Line]:
        """What the nodes wrote since this was last asked, in the order of (at, node, n)."""
        new = [line for line in self.world.site.lines() if line.n > self._told.get(line.node, 0)]
        for line in new:
            self._told[line.node] = line.n
        return new

    def _leaves(self, outgoing: Outgoing) -> None:
        if not isinstance(outgoing.body, Carry):
            raise HarnessError(f"only batches cross this border, not {type(outgoing.body).__name__}")
        self._waiting.append(outgoing)
