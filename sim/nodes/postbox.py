"""What goes out stays in order: a queue per peer, of which only the head is under way.

A batch is offered to the network until the network says that it was carried; then the next one goes.
So a re-send, an outage or a crash never lets a later batch overtake an earlier one.
"""

from __future__ import annotations

from typing import Final

import msgspec

from sim.base.instant import MINUTE, Instant
from sim.base.node import NodeId, Send, Table, Tables, Wake
from sim.nodes.messages import Carry, RetryDue

# A node that cannot reach its peer tries again after a quarter of an hour, then half an hour, then hourly.
RETRY_AFTER: Final = (15 * MINUTE, 30 * MINUTE, 60 * MINUTE)


class Parcel(msgspec.Struct, frozen=True):
    """A batch that waits to be carried. `content` is the plain batch."""

    ref: str
    content: bytes
    attempts: int = 0


_QUEUE = Table("postbox", Parcel)
_TAIL = Table("postbox_tail", int)


class Postbox:
    """The queues of one node, by peer."""

    def __init__(self, tables: Tables, network: NodeId) -> None:
        self._tables = tables
        self._network = network

    def head(self, peer: NodeId) -> Parcel | None:
        """The parcel under way to `peer`."""
        found = self._head(peer)
        return None if found is None else found[1]

    def waiting(self, peer: NodeId) -> int:
        """How many parcels are not carried yet, the one under way included."""
        return sum(1 for _ in self._tables.scan(_QUEUE, f"{peer}/"))

    def post(self, peer: NodeId, ref: str, content: bytes) -> tuple[Send, ...]:
        """Queues a batch; gives the send when nothing is before it."""
        busy = self._head(peer) is not None
        number = (self._tables.get(_TAIL, peer) or 0) + 1
        self._tables.put(_TAIL, peer, number)
        self._tables.put(_QUEUE, f"{peer}/{number:012d}", Parcel(ref, content))
        return () if busy else self.offer(peer)

    def offer(self, peer: NodeId) -> tuple[Send, ...]:
        """Sends the head, if there is one."""
        parcel = self.head(peer)
        if parcel is None:
            return ()
        return (Send(self._network, Carry(peer, parcel.ref, parcel.content)),)

    def carried(self, peer: NodeId, ref: str) -> tuple[bool, tuple[Send, ...]]:
        """The network carried `ref`: (it was the head, the next send). A late repetition changes nothing."""
        found = self._head(peer)
        if found is None or found[1].ref != ref:
            return False, ()
        self._tables.delete(_QUEUE, found[0])
        return True, self.offer(peer)

    def undelivered(self, peer: NodeId, ref: str, now: Instant) -> tuple[Wake, ...]:
        """The network failed: a wake for the next attempt, later each time."""
        found = self._head(peer)
        if found is None or found[1].ref != ref:
            return ()
        key, parcel = found
        self._tables.put(_QUEUE, key, msgspec.structs.replace(parcel, attempts=parcel.attempts + 1))
        pause = RETRY_AFTER[min(parcel.attempts, len(RETRY_AFTER) - 1)]
        return (Wake(Instant(now + pause), RetryDue(peer)),)

    def _head(self, peer: NodeId) -> tuple[str, Parcel] | None:
        return next(self._tables.scan(_QUEUE, f"{peer}/"), None)
