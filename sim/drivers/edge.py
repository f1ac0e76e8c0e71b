"""Where sealed bytes begin and end.

Nodes know plain batches only. Sealing draws randomness, so it happens when a committed send is
dispatched; opening is a pure function of the bytes, done before the receiver's step. Both drivers pass
through here, so an envelope that cannot be opened is the same event on both clocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import msgspec

from sim.base.instant import Instant, japan_date
from sim.base.node import Body, NodeId
from sim.nodes.messages.network import Arrival, Carry

if TYPE_CHECKING:
    from cryptography import x509

    from sim.exchange.pki import Identity, Revocations


class Edge(Protocol):
    """The border between a node and the network."""

    def out(self, sender: NodeId, body: Body) -> Body:
        """A body as it leaves `sender`."""
        ...

    def into(self, to: NodeId, body: Body, now: Instant) -> Body:
        """A body as `to` is given it."""
        ...


class PlainEdge:
    """No envelope at all: for tests that concern something else."""

    def out(self, sender: NodeId, body: Body) -> Body:
        return body

    def into(self, to: NodeId, body: Body, now: Instant) -> Body:
        return body


@dataclass(frozen=True, slots=True)
class SealedEdge:
    """Seals what a node in `own` sends and opens what it is sent; `certificates` are those of all peers.

    `revocations`: what the authority took back; None where no list is kept.
    """

    own: dict[NodeId, Identity]
    certificates: dict[NodeId, x509.Certificate]
    trust: x509.Certificate
    revocations: Revocations | None = None

    def out(self, sender: NodeId, body: Body) -> Body:
        if not isinstance(body, Carry) or (identity := self.own.get(sender)) is None:
            return body
        from sim.exchange.envelope import seal

        sealed = seal(body.content, identity, self.certificates[body.peer])
        return msgspec.structs.replace(body, content=sealed)

    def into(self, to: NodeId, body: Body, now: Instant) -> Body:
        if not isinstance(body, Arrival) or (identity := self.own.get(to)) is None:
            return body
        from sim.exchange.envelope import TELLABLE, EnvelopeCode, Opened, open_sealed

        result = open_sealed(body.content, identity, self.trust, japan_date(now), self.revocations)
        if isinstance(result, Opened):
            return msgspec.structs.replace(body, content=result.content, signer=result.sender)
        # Which of the others an altered envelope gives depends on the keys, and a stranger must not learn it.
        code = result.code if result.code in TELLABLE else EnvelopeCode.DAMAGED
        return msgspec.structs.replace(body, content=b"", fault=code)
