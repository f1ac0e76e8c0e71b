"""What goes out stays in order: a queue per peer, of which only the head is under way.

A batch is offered to the network until the network says that it was carried; then the next one goes.
So an outage or a crash never lets a later batch overtake an earlier one. A batch that has to go again is
overtaken by those of other businesses only: within one, the peer takes nothing in before it.

A batch that was carried is kept until its peer has answered it. A peer that could not read it has not moved
its sequence on: the same bytes go again, after a pause that grows. A peer that misses an earlier batch gets
this one again as soon as the earlier one is in. Only when the peer refuses a batch for what it is, its
records are rejected with the peer's code.
"""

from __future__ import annotations

from typing import Final

import msgspec

from sim.base.instant import MINUTE, Instant
from sim.base.journal import Data, Entry
from sim.base.node import NodeId, Send, Step, Table, Tables, Wake
from sim.exchange.codes import Code
from sim.nodes.messages import Carried, Carry, ResendDue, RetryDue, Undelivered

# A node that cannot reach its peer tries again after a quarter of an hour, then half an hour, then hourly.
RETRY_AFTER: Final = (15 * MINUTE, 30 * MINUTE, 60 * MINUTE)
# Faults of the way, not of the batch: damage, and a gap that an earlier batch left.
WORTH_RESENDING: Final = frozenset(
    {
        Code.EMPTY,
        Code.NOT_UTF8,
        Code.NOT_CSV,
        Code.TRUNCATED,
        Code.BAD_HEADER,
        Code.BAD_TRAILER,
        Code.COUNT_MISMATCH,
        Code.DIGEST_MISMATCH,
        Code.NOT_OPENED,
        Code.SEQUENCE_GAP,
    }
)


News = Carried | Undelivered | RetryDue | ResendDue
"""What a node is told about batches on their way out."""


class Parcel(msgspec.Struct, frozen=True):
    """A batch that waits to be carried. `content` is the plain batch."""

    ref: str
    content: bytes
    attempts: int = 0


class Kept(msgspec.Struct, frozen=True):
    """A batch that its peer has not answered yet, with the records in it that await a result.

    `code` is the peer's latest reason; `waits`: it goes again when the batch before it is in.
    """

    content: bytes
    records: tuple[str, ...]
    resends: int = 0
    code: str = ""
    waits: bool = False


class Resent(msgspec.Struct, frozen=True):
    """A batch that goes again: which re-send it is, why, and the send, when nothing is before it."""

    ref: str
    attempt: int
    code: str
    sends: tuple[Send, ...]


_QUEUE = Table("postbox", Parcel)
_TAIL = Table("postbox_tail", int)
_KEPT = Table("postbox_kept", Kept)


class Postbox:
    """The queues of one node, by peer."""

    def __init__(self, tables: Tables, network: NodeId) -> None:
        self._tables = tables
        self._network = network

    def post(self, peer: NodeId, ref: str, content: bytes, records: tuple[str, ...]) -> tuple[Send, ...]:
        """Queues a batch and keeps it until it is answered; gives the send when nothing is before it."""
        self._tables.put(_KEPT, f"{peer}/{ref}", Kept(content, records))
        return self._queue(peer, ref, content)

    def step(self, news: News, direction: str, now: Instant) -> Step:
        """What the network or the clock says about a batch on its way."""
        match news:
            case Carried(peer=peer, ref=ref):
                head = self._head(peer)
                if head is None or head[1].ref != ref:
                    return Step()  # said before
                self._tables.delete(_QUEUE, head[0])
                return Step(sends=self._offer(peer), entries=(Entry("batch_sent", "", ref),))
            case Undelivered(peer=peer, ref=ref, reason=reason):
                wakes = self._try_later(peer, ref, now)
                return Step(wakes=wakes, entries=(Entry("batch_delayed", "", ref, {"reason": reason}),))
            case RetryDue(peer=peer):
                return Step(sends=self._offer(peer))
            case ResendDue(peer=peer, ref=ref):
                kept = self.kept(peer, ref)
                if kept is None:
                    return Step()  # answered since
                resent = self._again(peer, ref, kept)
                return Step(sends=resent.sends, entries=(resent_entry(resent, direction),))

    def kept(self, peer: NodeId, ref: str) -> Kept | None:
        """The batch, when it was sent to `peer` and not answered yet."""
        return self._tables.get(_KEPT, f"{peer}/{ref}")

    def answered(self, peer: NodeId, ref: str) -> Resent | None:
        """The peer has decided on the batch: forget it. Gives the batch that waited for it, if any."""
        self._tables.delete(_KEPT, f"{peer}/{ref}")
        for key, kept in self._tables.scan(_KEPT, f"{peer}/{_series(ref)}"):
            if kept.waits:
                return self._again(peer, key.removeprefix(f"{peer}/"), kept)
        return None

    def rejected(self, peer: NodeId, ref: str, code: str, now: Instant) -> tuple[Wake, ...] | None:
        """The peer could not take in a batch that is kept: the wake after which it goes again, if any.

        None when the peer refused the batch for what it is: it must not go again.
        """
        kept = self.kept(peer, ref)
        if kept is None or code not in WORTH_RESENDING:
            return None
        first = next(self._tables.scan(_KEPT, f"{peer}/{_series(ref)}"))[0]
        waits = code == Code.SEQUENCE_GAP and first != f"{peer}/{ref}"
        self._tables.put(_KEPT, f"{peer}/{ref}", msgspec.structs.replace(kept, code=code, waits=waits))
        if waits:
            return ()
        pause = RETRY_AFTER[min(kept.resends, len(RETRY_AFTER) - 1)]
        return (Wake(Instant(now + pause), ResendDue(peer, ref)),)

    def _again(self, peer: NodeId, ref: str, kept: Kept) -> Resent:
        kept = msgspec.structs.replace(kept, resends=kept.resends + 1, waits=False)
        self._tables.put(_KEPT, f"{peer}/{ref}", kept)
        return Resent(ref, kept.resends, kept.code, self._queue(peer, ref, kept.content))

    def _queue(self, peer: NodeId, ref: str, content: bytes) -> tuple[Send, ...]:
        busy = self._head(peer) is not None
        number = (self._tables.get(_TAIL, peer) or 0) + 1
        self._tables.put(_TAIL, peer, number)
        self._tables.put(_QUEUE, f"{peer}/{number:012d}", Parcel(ref, content))
        return () if busy else self._offer(peer)

    def _offer(self, peer: NodeId) -> tuple[Send, ...]:
        """Sends the head, if there is one."""
        found = self._head(peer)
        if found is None:
            return ()
        parcel = found[1]
        return (Send(self._network, Carry(peer, parcel.ref, parcel.content)),)

    def _try_later(self, peer: NodeId, ref: str, now: Instant) -> tuple[Wake, ...]:
        """A wake for the next attempt, later each time."""
        found = self._head(peer)
        if found is None or found[1].ref != ref:
            return ()
        key, parcel = found
        self._tables.put(_QUEUE, key, msgspec.structs.replace(parcel, attempts=parcel.attempts + 1))
        pause = RETRY_AFTER[min(parcel.attempts, len(RETRY_AFTER) - 1)]
        return (Wake(Instant(now + pause), RetryDue(peer)),)

    def _head(self, peer: NodeId) -> tuple[str, Parcel] | None:
        return next(self._tables.scan(_QUEUE, f"{peer}/"), None)


def _series(ref: str) -> str:
    """What the names of one sender's batches of one business begin with."""
    return ref.rpartition("-")[0] + "-"


def resent_entry(resent: Resent, direction: str) -> Entry:
    """A batch goes again, for the journal."""
    data: Data = {"direction": direction, "attempt": resent.attempt, "code": resent.code}
    return Entry("batch_resent", "", resent.ref, data)
