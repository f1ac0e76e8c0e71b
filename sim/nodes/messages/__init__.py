"""Everything that one actor can be told: commands from outside and messages between actors.

Values only: a module for each receiver, with the union `BODIES` of its own. A store writes them to disk
by their class name, so a renamed class is a new message.
"""

from __future__ import annotations

import msgspec

from sim.base.node import Body
from sim.nodes.messages import agency, cards, counter, link, network, registry, terminal

AnyBody = (
    counter.BODIES
    | cards.BODIES
    | registry.BODIES
    | link.BODIES
    | terminal.BODIES
    | network.BODIES
    | agency.BODIES
)


_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[AnyBody] = msgspec.msgpack.Decoder(AnyBody)


def encode_body(body: Body) -> bytes:
    """A body's bytes on disk and on the wire between our own processes."""
    return _encoder.encode(body)


def decode_body(data: bytes) -> AnyBody:
    """The body that `encode_body` wrote."""
    return _decoder.decode(data)
