"""The allow-list: who may talk to whom, and for what.

    service            one end                        other end
    exchange           a listed exchange terminal     the ministry server
    session            a listed exchange terminal     the network itself
    write_authority    a listed card terminal         the write authority

Anything else is refused, whichever end begins. Nothing else inside a municipality has a way of its own: a
registry, a counter and a branch office reach the exchange through the terminal only. Sources: seed 003, lines
135, 251 and 261; seed 002, lines 36 to 53.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

from sim.base.node import NodeId
from sim.nodes.messages.network import EXCHANGE, WRITE_AUTHORITY

NOT_LISTED = "not_listed"


@dataclass(frozen=True, slots=True)
class Access:
    """Who is listed. `card_terminals`: each with the exchange terminal whose line it shares."""

    ministry: NodeId
    terminals: Container[NodeId]
    write_authority: NodeId
    card_terminals: Mapping[NodeId, NodeId]

    def line(self, service: str, sender: NodeId, peer: NodeId) -> NodeId | None:
        """The terminal over whose line the two are connected for the service; None when they may not be."""
        if service == EXCHANGE:
            if peer == self.ministry and sender in self.terminals:
                return sender
            if sender == self.ministry and peer in self.terminals:
                return peer
        elif service == WRITE_AUTHORITY:
            if peer == self.write_authority:
                return self.card_terminals.get(sender)
            if sender == self.write_authority:
                return self.card_terminals.get(peer)
        return None
