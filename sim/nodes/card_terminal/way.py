"""The way between card terminal and write authority: over the network, or straight where none is modelled.

Over the network a message travels as the content of a `Carry` for the network's service of that name, so
outages, latency and the allow-list hold for it as for everything else. No batch ever goes this way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from sim.base.node import Body, Event, NodeId, Send
from sim.nodes.messages import decode_body, encode_body
from sim.nodes.messages.network import WRITE_AUTHORITY, Arrival, Carry


@dataclass(frozen=True, slots=True)
class Way:
    """How messages get to the other end. `network`: the node between; None where there is none."""

    network: NodeId | None = None

    def send(self, peer: NodeId, ref: str, body: Body) -> Send:
        """The body on its way to `peer`; `ref` is the name under which a failure comes back."""
        if self.network is None:
            return Send(peer, body)
        return Send(self.network, Carry(peer, ref, encode_body(body), service=WRITE_AUTHORITY))

    def said(self, event: Event) -> tuple[NodeId, Body]:
        """Who says what: what came over the network is unpacked, everything else stays as it is."""
        body = event.body
        if isinstance(body, Arrival) and event.sender == self.network:
            try:
                return body.sender, decode_body(body.content)
            except msgspec.DecodeError:
                return body.sender, body
        return event.sender, body


STRAIGHT: Final = Way()
"""Nothing is in between."""
