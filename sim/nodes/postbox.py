"""What goes out stays in order: a queue per peer, of which only the head is under way.

A batch is offered to the network until the network says that it was carried; then the next one goes.
So an outage or a crash never lets a later batch overtake an earlier one. A batch that has to go again is
overtaken by those of other businesses only: within one, the peer takes nothing in before it.

In a declared outage what waits can be given to a messenger (`HandOver`). It keeps its place meanwhile and is
not offered to the line, so nothing goes two ways and what comes behind it stays behind.

A batch that was carried is kept until its peer has answered it. What a refusal leads to is said in
`sim.exchange.sequence`: the same bytes go again after a pause that grows, or as soon as the batch before them
is in, or another edition goes under the same number, so that no refusal leaves the sequence open. A batch of
which nothing was heard for long, or behind which its peer has seen a gap, went astray and goes again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from sim.base.instant import MINUTE, Instant
from sim.base.journal import Data, Entry
from sim.base.node import NodeId, Reply, Send, Step, Table, Tables, Wake
from sim.exchange.batch import digest_of
from sim.exchange.codes import Code
from sim.exchange.profile import Profile
from sim.exchange.records import Result
from sim.exchange.sequence import ANSWER_WITHIN, Remedy, edition_ref, remedy, split_ref
from sim.exchange.versions import Edition, another_edition, next_older, read, renewed, to_write
from sim.nodes.messages.network import LINE, MEDIA, PAPER, Carried, Carry, HandOver, Undelivered
from sim.nodes.messages.terminal import ResendDue, RetryDue

# A node that cannot reach its peer tries again after a quarter of an hour, then half an hour, then hourly.
RETRY_AFTER: Final = (15 * MINUTE, 30 * MINUTE, 60 * MINUTE)


News = Carried | Undelivered | RetryDue | ResendDue | HandOver
"""What a node is told about batches on their way out."""


class Parcel(msgspec.Struct, frozen=True):
    """A batch that waits to be carried. `content` is the plain batch.

    `manner`: `LINE`, or how a messenger has it, who is not back yet.
    """

    ref: str
    content: bytes
    attempts: int = 0
    manner: str = LINE


class Kept(msgspec.Struct, frozen=True):
    """A batch that its peer has not answered yet, with the records in it that await a result.

    `code` is the peer's latest reason; `waits`: it goes again when the batch before it is in. `carried` is
    when it was last handed over, 0 while it is on its way out. `closing`: an edition that only closes its
    number, since the records were rejected with an earlier one.
    """

    content: bytes
    records: tuple[str, ...]
    resends: int = 0
    code: str = ""
    waits: bool = False
    edition: int = 1
    carried: Instant = Instant(0)
    closing: bool = False


class Follows(msgspec.Struct, frozen=True):
    """What a peer's verdict on a whole batch leads to.

    `rejected` are the records that the verdict rejects for good; `results` are answers of ours that the batch
    held and that have to go under another number.
    """

    sends: tuple[Send, ...] = ()
    wakes: tuple[Wake, ...] = ()
    entries: tuple[Entry, ...] = ()
    rejected: tuple[str, ...] = ()
    results: tuple[Result, ...] = ()


_QUEUE = Table("postbox", Parcel)
_TAIL = Table("postbox_tail", int)
_KEPT = Table("postbox_kept", Kept)
_UNREAD = Table("postbox_unread", bool)
TABLES: Final[tuple[Table[Any], ...]] = (_QUEUE, _TAIL, _KEPT, _UNREAD)
"""All that is kept here."""


class Postbox:
    """The queues of one node, by peer."""

    def __init__(self, tables: Tables, network: NodeId) -> None:
        self._tables = tables
        self._network = network

    def post(
        self, peer: NodeId, ref: str, content: bytes, records: tuple[str, ...], edition: int = 1
    ) -> tuple[Send, ...]:
        """Queues a batch and keeps it until it is answered; gives the send when nothing is before it."""
        self._keep(peer, ref, Kept(content, records, edition=edition))
        return self._queue(peer, edition_ref(ref, edition), content)

    def offer(self, peer: NodeId) -> tuple[Send, ...]:
        """Sends what is next, if anything waits: the way to the peer has just opened."""
        return self._offer(peer)

    def settled(self, peer: NodeId) -> bool:
        """Whether nothing waits for the peer and it has answered everything."""
        return self._head(peer) is None and next(self.all_kept(peer), None) is None

    def step(self, news: News, direction: str, profiles: Sequence[Profile], now: Instant) -> Step:
        """What network or clock say about a batch on its way. `profiles`: what we speak, newest first."""
        match news:
            case Carried(peer=peer, ref=ref):
                head = self._head(peer)
                is_head = head is not None and head[1].ref == ref
                found = head if is_head else self._in_hand(peer, ref)
                if found is None:
                    return Step()  # said before
                self._tables.delete(_QUEUE, found[0])
                self._was_carried(peer, ref, now)
                sends = self._offer(peer) if is_head else ()  # else the head is under way
                return Step(sends=sends, entries=(Entry("batch_sent", "", ref),))
            case Undelivered(peer=peer, ref=ref, reason=reason, manner=manner):
                data: Data = {"reason": reason}
                if manner != LINE:
                    data["manner"] = manner
                    self._brought_back(peer, ref)
                wakes = self._try_later(peer, ref, now)
                return Step(wakes=wakes, entries=(Entry("batch_delayed", "", ref, data),))
            case RetryDue(peer=peer):
                return Step(sends=self._offer(peer))
            case HandOver(peer=peer, manner=manner):
                return self._hand_over(peer, manner)
            case ResendDue(peer=peer, ref=ref):
                batch_id, edition = split_ref(ref)
                kept = self.kept(peer, batch_id)
                if kept is None or kept.edition != edition:
                    return Step()  # answered since, or another edition has taken its place
                if kept.code and remedy(kept.code) is Remedy.REPLACE:
                    # The same bytes stay refused: the number is closed by a batch that is made anew.
                    made = renewed(kept.content, profiles, now)
                    after = self._edition(peer, batch_id, kept, made, direction, whole=True, closing=True)
                    return Step(sends=after.sends, entries=after.entries)
                sends, entry = self._again(peer, batch_id, kept, direction)
                return Step(sends=sends, entries=(entry,))

    def kept(self, peer: NodeId, batch_id: str) -> Kept | None:
        """The batch, when it was sent to `peer` and not answered yet."""
        return self._tables.get(_KEPT, f"{peer}/{batch_id}")

    def all_kept(self, peer: NodeId) -> Iterator[tuple[str, Kept]]:
        """All batches that were sent to `peer` and not answered yet, by batch id."""
        for key, kept in self._tables.scan(_KEPT, f"{peer}/"):
            yield key.removeprefix(f"{peer}/"), kept

    # --- versions ----------------------------------------------------------------------------------
    def heard(self, peer: NodeId, version: str) -> None:
        """The peer wrote in `version`: it speaks that now, whatever it has refused."""
        if self._tables.get(_UNREAD, f"{peer}/{version}"):
            self._tables.delete(_UNREAD, f"{peer}/{version}")

    def profile_for(self, peer: NodeId, profiles: Sequence[Profile]) -> Profile:
        """The one of our versions, newest first, in which to write to the peer."""
        refused = [key.removeprefix(f"{peer}/") for key, _ in self._tables.scan(_UNREAD, f"{peer}/")]
        version = to_write([one.name for one in profiles], refused)
        return next(one for one in profiles if one.name == version)

    # --- verdicts ----------------------------------------------------------------------------------
    def accepted(self, peer: NodeId, batch_id: str, direction: str) -> Follows:
        """The peer has taken the batch in: forget it, and send what had waited for it, in order."""
        self._tables.delete(_KEPT, f"{peer}/{batch_id}")
        sends: tuple[Send, ...] = ()
        entries: tuple[Entry, ...] = ()
        for key, kept in list(self._tables.scan(_KEPT, f"{peer}/{_series(batch_id)}")):
            if not kept.waits:
                break  # it is on its way, and what comes after it waits for it
            more, entry = self._again(peer, key.removeprefix(f"{peer}/"), kept, direction)
            sends, entries = sends + more, (*entries, entry)
        return Follows(sends, entries=entries)

    def refused(
        self, peer: NodeId, ref: str, code: str, direction: str, profiles: Sequence[Profile], now: Instant
    ) -> Follows:
        """The peer has not taken the batch in; a verdict on an edition that was replaced says nothing."""
        batch_id, edition = split_ref(ref)
        kept = self.kept(peer, batch_id)
        if kept is None or kept.edition != edition:
            return Follows()
        what = remedy(code)
        if what is Remedy.AFTER:
            first_id, first = self._first(peer, batch_id)
            if first_id != batch_id:
                self._keep(peer, batch_id, msgspec.structs.replace(kept, code=code, waits=True))
                return self._missing(peer, first_id, first, direction)
        if what is Remedy.NEXT:
            batch, _ = read(kept.content, profiles)
            results = tuple(record for record in batch.records if isinstance(record, Result))
            follows = self.accepted(peer, batch_id, direction)
            entries = (_given_up(batch_id, direction, code, kept), *follows.entries)
            return msgspec.structs.replace(follows, entries=entries, rejected=kept.records, results=results)
        if code == Code.UNKNOWN_PROFILE:
            _, profile = read(kept.content, profiles)
            self._tables.put(_UNREAD, f"{peer}/{profile.name}", True)
        # An edition that only closes its number waits for one of the two sides to change.
        if what is Remedy.REPLACE and (not kept.closing or _goes_older(kept, code, profiles)):
            return self._replace(peer, batch_id, kept, code, direction, profiles)
        self._keep(peer, batch_id, msgspec.structs.replace(kept, code=code, waits=False))
        pause = RETRY_AFTER[min(kept.resends, len(RETRY_AFTER) - 1)]
        return Follows(wakes=(Wake(Instant(now + pause), ResendDue(peer, ref)),))

    def astray(self, peer: NodeId, direction: str, now: Instant, within: int = ANSWER_WITHIN) -> Follows:
        """What was handed over long ago (`within` microseconds) and never answered goes again, in its order.

        Not only the oldest: it may have been taken in, and its answer wait for one of the others.
        """
        sends: tuple[Send, ...] = ()
        entries: tuple[Entry, ...] = ()
        for batch_id, kept in list(self.all_kept(peer)):
            if kept.carried and not kept.waits and now - kept.carried >= within:
                more, entry = self._again(peer, batch_id, kept, direction)
                sends, entries = sends + more, (*entries, entry)
        return Follows(sends, entries=entries)

    def _replace(
        self,
        peer: NodeId,
        batch_id: str,
        kept: Kept,
        code: str,
        direction: str,
        profiles: Sequence[Profile],
    ) -> Follows:
        made = another_edition(kept.content, code, profiles)
        whole = made.whole or not kept.records
        kept = msgspec.structs.replace(kept, code=code)
        closing = not _goes_older(kept, code, profiles)
        follows = self._edition(peer, batch_id, kept, made, direction, whole=whole, closing=closing)
        if whole:
            return follows
        entries = (_given_up(batch_id, direction, code, kept), *follows.entries)
        return msgspec.structs.replace(follows, entries=entries, rejected=kept.records)

    def _edition(
        self,
        peer: NodeId,
        batch_id: str,
        kept: Kept,
        made: Edition,
        direction: str,
        *,
        whole: bool,
        closing: bool,
    ) -> Follows:
        """Another edition takes the place of the one that is kept, and goes out."""
        edition = kept.edition + 1
        records = kept.records if whole else ()
        data: Data = {
            "direction": direction,
            "edition": edition,
            "profile": made.version,
            "code": kept.code,
            "records": len(records),
            "bytes": len(made.content),
            "digest": digest_of(made.content),
        }
        resends = kept.resends + 1 if kept.closing else 0
        after = Kept(made.content, records, resends, edition=edition, closing=closing)
        self._keep(peer, batch_id, after)
        sends = self._queue(peer, edition_ref(batch_id, edition), made.content)
        return Follows(sends, entries=(Entry("batch_replaced", "", batch_id, data),))

    def _missing(self, peer: NodeId, batch_id: str, kept: Kept, direction: str) -> Follows:
        """The peer has seen a gap behind this batch: unless something was heard of it, it went astray."""
        if not kept.carried or kept.code:
            return Follows()
        sends, entry = self._again(peer, batch_id, kept, direction)
        return Follows(sends, entries=(entry,))

    def _first(self, peer: NodeId, batch_id: str) -> tuple[str, Kept]:
        """The earliest batch of the same sequence that is kept."""
        key, kept = next(self._tables.scan(_KEPT, f"{peer}/{_series(batch_id)}"))
        return key.removeprefix(f"{peer}/"), kept

    def _again(
        self, peer: NodeId, batch_id: str, kept: Kept, direction: str
    ) -> tuple[tuple[Send, ...], Entry]:
        """The same bytes go again: the send, when nothing is before it, and what the journal says."""
        data: Data = {"direction": direction, "attempt": kept.resends + 1, "code": kept.code}
        kept = msgspec.structs.replace(kept, resends=kept.resends + 1, waits=False, carried=Instant(0))
        self._keep(peer, batch_id, kept)
        sends = self._queue(peer, edition_ref(batch_id, kept.edition), kept.content)
        return sends, Entry("batch_resent", "", batch_id, data)

    def _keep(self, peer: NodeId, batch_id: str, kept: Kept) -> None:
        self._tables.put(_KEPT, f"{peer}/{batch_id}", kept)

    def _was_carried(self, peer: NodeId, ref: str, now: Instant) -> None:
        batch_id, edition = split_ref(ref)
        kept = self.kept(peer, batch_id)
        if kept is not None and kept.edition == edition:
            self._keep(peer, batch_id, msgspec.structs.replace(kept, carried=now))

    def _queue(self, peer: NodeId, ref: str, content: bytes) -> tuple[Send, ...]:
        busy = self._head(peer) is not None
        number = (self._tables.get(_TAIL, peer) or 0) + 1
        self._tables.put(_TAIL, peer, number)
        self._tables.put(_QUEUE, f"{peer}/{number:012d}", Parcel(ref, content))
        return () if busy else self._offer(peer)

    # --- by hand -----------------------------------------------------------------------------------
    def _hand_over(self, peer: NodeId, manner: str) -> Step:
        """A messenger takes all that waits, in its order."""
        if manner not in (MEDIA, PAPER):
            return Step(Reply(False, "unknown_manner"))
        sends: list[Send] = []
        entries: list[Entry] = []
        for key, parcel in list(self._tables.scan(_QUEUE, f"{peer}/")):
            if parcel.manner == LINE:
                self._tables.put(_QUEUE, key, msgspec.structs.replace(parcel, manner=manner))
                sends.append(Send(self._network, Carry(peer, parcel.ref, parcel.content, manner)))
                entries.append(Entry("batch_handed_over", "", parcel.ref, {"manner": manner}))
        reply = Reply() if sends else Reply(False, "nothing_waits")
        return Step(reply, tuple(sends), entries=tuple(entries))

    def _in_hand(self, peer: NodeId, ref: str) -> tuple[str, Parcel] | None:
        """The batch of that name that a messenger has."""
        rows = self._tables.scan(_QUEUE, f"{peer}/")
        return next((row for row in rows if row[1].ref == ref and row[1].manner != LINE), None)

    def _brought_back(self, peer: NodeId, ref: str) -> None:
        """The messenger was turned away: it goes over the line again, in its place."""
        if (found := self._in_hand(peer, ref)) is not None:
            self._tables.put(_QUEUE, found[0], msgspec.structs.replace(found[1], manner=LINE))

    def _offer(self, peer: NodeId) -> tuple[Send, ...]:
        """Sends the head, if there is one and no messenger has it."""
        found = self._head(peer)
        if found is None or found[1].manner != LINE:
            return ()
        parcel = found[1]
        return (Send(self._network, Carry(peer, parcel.ref, parcel.content)),)

    def _try_later(self, peer: NodeId, ref: str, now: Instant) -> tuple[Wake, ...]:
        """A wake for the next attempt, later each time."""
        found = self._head(peer)
        if found is None or found[1].ref != ref or found[1].manner != LINE:
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


def _given_up(batch_id: str, direction: str, code: str, kept: Kept) -> Entry:
    """Its records will not be taken in under this number: each is rejected, for the batch's reason."""
    data: Data = {"direction": direction, "code": code, "records": len(kept.records)}
    return Entry("batch_given_up", "", batch_id, data)


def _goes_older(kept: Kept, code: str, profiles: Sequence[Profile]) -> bool:
    """Whether there is an older version in which the batch could be written."""
    if code != Code.UNKNOWN_PROFILE:
        return False
    _, profile = read(kept.content, profiles)
    return next_older([one.name for one in profiles], profile.name) is not None
