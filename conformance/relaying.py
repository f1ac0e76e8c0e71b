"""A border over which more than batches goes: questions to the other end, sessions, what is for the register.

Whatever is no batch is kept, in its order, for whoever stands at the border to see to.
"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.border import Border
from conformance.protocol.base import File
from sim.base.instant import Instant
from sim.base.node import Body, NodeId, Outgoing
from sim.drivers.site import Actor
from sim.drivers.topology import LGWAN
from sim.nodes.messages.network import LINE, Carried, Carry, Undelivered

NOT_DECLARED = "no_declared_outage"


class Relaying(Border):
    """A border that keeps what is no batch, and batches that a messenger is to take."""

    def __init__(self, actors: Mapping[NodeId, Actor], at: Instant) -> None:
        super().__init__(actors, at)
        self._others: list[tuple[NodeId, Body]] = []
        self._by_hand: list[tuple[NodeId, Carry]] = []

    def others(self) -> list[tuple[NodeId, Body]]:
        """(to whom, what) of all that is no batch and has left since this was last asked."""
        found, self._others = self._others, []
        return found

    def by_hand(self, allowed: bool) -> list[File]:
        """What a messenger was given since this was last asked: nothing leaves where it is not allowed.

        A batch that the line had not taken yet goes by hand instead of over it.
        """
        given, self._by_hand = self._by_hand, []
        files = []
        for sender, carry in given:
            if not allowed:
                back = Undelivered(carry.peer, carry.ref, NOT_DECLARED, carry.manner)
                self.tell(sender, back, sender=LGWAN)
                continue
            kept: list[Outgoing] = []
            for outgoing in self._waiting:
                same = isinstance(outgoing.body, Carry) and outgoing.body.ref == carry.ref
                if same:
                    self._done(outgoing)
                else:
                    kept.append(outgoing)
            self._waiting[:] = kept
            files.append(File.of(f"{carry.ref}.csv", carry.content))
            self.tell(sender, Carried(carry.peer, carry.ref), sender=LGWAN)
        return files

    def _leaves(self, outgoing: Outgoing) -> None:
        if isinstance(outgoing.body, Carry) and outgoing.body.manner == LINE:
            super()._leaves(outgoing)
            return
        if isinstance(outgoing.body, Carry):
            self._by_hand.append((outgoing.sender, outgoing.body))
        else:
            self._others.append((outgoing.to, outgoing.body))
        self._done(outgoing)

    def _done(self, outgoing: Outgoing) -> None:
        self.world.site.actors[outgoing.sender].store.dispatched(outgoing)
