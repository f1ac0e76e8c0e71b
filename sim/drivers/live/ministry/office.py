"""The ministry's site: its node, its memory, its wakes. One call at a time.

Which terminal is calling was found out before (`access`). A batch down is not pushed: the node's undispatched
send is what waits; it is struck when its terminal has confirmed that it has it. What a messenger is to take
waits apart, and the line is told nothing of it. Nothing that a call did may be told to anybody before its
commit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sim.base.instant import SECOND, Instant
from sim.base.node import OUTSIDE, Alarm, Body, Event, Key, NodeId, Outgoing, Reply
from sim.drivers.edge import Edge
from sim.drivers.live.clock import Agenda, Clock
from sim.drivers.live.wire import Message, Waiting
from sim.drivers.site import Actor, Site
from sim.drivers.topology import LGWAN, MINISTRY
from sim.nodes.messages.network import (
    LINE,
    MEDIA,
    Arrival,
    Carried,
    Carry,
    HandOver,
    Relay,
    Relayed,
    Sequences,
    TakeVersion,
    Undelivered,
)

Tell = Callable[[NodeId], None]

NOTHING_WAITS: Final = "NOTHING_WAITS"


class Office:
    """The ministry's site. When a call returns, what it did is committed, or part of the caller's batch.

    `tell` is called with a terminal's name when something new waits for it. `sends_to`: the store's own way
    to what waits for one terminal; without it all that waits is looked through.
    """

    def __init__(
        self,
        actors: Mapping[NodeId, Actor],
        edge: Edge,
        clock: Clock,
        tell: Tell = lambda _: None,
        sends_to: Callable[[NodeId], list[Outgoing]] | None = None,
    ) -> None:
        self._edge = edge
        self._clock = clock
        self._tell = tell
        self._agenda = Agenda()
        self._site = Site(actors, edge, self._schedule, self._leave)
        self._store = actors[MINISTRY].store
        self._of_peer = sends_to or self._picked

    def recover(self) -> None:
        """After a start, or after a commit that failed: pending wakes are scheduled again."""
        self._agenda.clear()
        self._site.recover(self._clock.now)

    # --- up -------------------------------------------------------------------------------------------
    def take_in(
        self, peer: NodeId, key: str, ref: str, cause: str, sealed: bytes, manner: str = LINE
    ) -> Reply:
        """A batch came up from `peer`. `manner`: by line, or by a messenger."""
        arrival = Arrival(peer, ref, sealed, manner=manner)
        return self._give(_key(peer, "batch", key), arrival, LGWAN, cause)

    def message(self, peer: NodeId, key: str, ref: str, body: Message) -> Reply:
        """`peer` says something beside batches."""
        return self._give(_key(peer, "message", key), Relayed(peer, ref, body), LGWAN, "")

    # --- down -----------------------------------------------------------------------------------------
    def sends_to(self, peer: NodeId) -> list[Outgoing]:
        """Batches and control messages that wait for `peer` on its line, in order."""
        return [outgoing for outgoing in self._of_peer(peer) if _by_line(outgoing.body)]

    def _picked(self, peer: NodeId) -> list[Outgoing]:
        return [o for o in self._store.outbox() if isinstance(o.body, Carry | Relay) and o.body.peer == peer]

    def send_to(self, peer: NodeId, key: str) -> Outgoing | None:
        """What waits for `peer` under that key."""
        return next((outgoing for outgoing in self.sends_to(peer) if outgoing.key == key), None)

    def seal(self, outgoing: Outgoing) -> bytes:
        """A batch that waits, sealed for its terminal: other bytes each time."""
        sealed = self._edge.out(outgoing.sender, outgoing.body)
        assert isinstance(sealed, Carry)
        return sealed.content

    def receipt(self, peer: NodeId, key: str) -> Reply:
        """`peer` has what waited under `key`: the node is told first, then the send is struck."""
        outgoing = self.send_to(peer, key)
        if outgoing is None:  # it was struck before, or it never was this terminal's
            return Reply(False, NOTHING_WAITS, key)
        reply = Reply()
        if isinstance(outgoing.body, Carry):
            carried = Carried(peer, outgoing.body.ref)
            reply = self._give(_key(peer, "receipt", key), carried, LGWAN, outgoing.cause)
        self._store.dispatched(outgoing)
        return reply

    # --- down, by hand --------------------------------------------------------------------------------
    def hand_over(self, peer: NodeId, key: str) -> Reply:
        """All that waits for `peer` is for a messenger now, and the line is told nothing of it any more.

        Several commits: to be joined in one, so that nothing goes both ways.
        """
        on_line = [one for one in self.sends_to(peer) if isinstance(one.body, Carry)]
        reply = self._give(_key(OUTSIDE, "medium", key), HandOver(peer, MEDIA), OUTSIDE, "")
        if reply.ok:
            for outgoing in on_line:
                self._store.dispatched(outgoing)
        return reply

    def with_messenger(self, peer: NodeId) -> list[Outgoing]:
        """Batches that a messenger is to take to `peer`, in order."""
        return [
            outgoing
            for outgoing in self._of_peer(peer)
            if isinstance(outgoing.body, Carry) and not _by_line(outgoing.body)
        ]

    def gone_by_hand(self, outgoing: Outgoing) -> None:
        """A messenger has the batch. Two commits, as with `receipt`."""
        body = outgoing.body
        assert isinstance(body, Carry)
        news = Carried(body.peer, body.ref)
        self._give(_key(body.peer, "medium", outgoing.key), news, LGWAN, outgoing.cause)
        self._store.dispatched(outgoing)

    def back_on_the_line(self, outgoing: Outgoing, reason: str) -> None:
        """No messenger takes the batch after all: it waits for the line again, in its place."""
        body = outgoing.body
        assert isinstance(body, Carry)
        news = Undelivered(body.peer, body.ref, reason, body.manner)
        self._give(_key(body.peer, "medium", outgoing.key), news, LGWAN, outgoing.cause)
        self._store.dispatched(outgoing)

    # --- from outside ---------------------------------------------------------------------------------
    def command(self, key: str, body: Body) -> Reply:
        """An input from outside; the key is the giver's."""
        return self._give(_key(OUTSIDE, "command", key), body, OUTSIDE, "")

    def look(self, read: Callable[[Any], Any]) -> Any:
        """What `read` makes of the node's state, which it must not change."""
        with self._store.transaction() as transaction:
            return read(transaction.state)

    # --- time -----------------------------------------------------------------------------------------
    def reach(self, at: Instant) -> None:
        """It is `at` now: gives the node every wake that is due by then, each at its own instant."""
        while (due := self._agenda.take(Instant(at + 1))) is not None:
            self._clock.reach(due[0])
            due[1]()
        self._clock.reach(at)

    @property
    def pause(self) -> float | None:
        """Seconds until the next wake, None when there is none."""
        at = self._agenda.next
        return None if at is None else max(0, at - self._clock.now) / SECOND

    def _give(self, key: Key, body: Body, sender: NodeId, cause: str) -> Reply:
        return self._site.deliver(MINISTRY, Event(key, sender, body, cause), self._clock.now)

    def _schedule(self, alarm: Alarm) -> None:
        self._agenda.add(alarm.at, lambda: self._ring(alarm))

    def _ring(self, alarm: Alarm) -> None:
        self._site.deliver(alarm.node, alarm.event(), self._clock.now)

    def _leave(self, outgoing: Outgoing) -> None:
        """A send to a terminal stays in the outbox until the terminal, or a messenger, comes for it."""
        if isinstance(outgoing.body, Carry | Relay) and _by_line(outgoing.body):
            self._tell(outgoing.body.peer)


def waiting(outgoing: Outgoing, size: int | None = None, digest: str | None = None) -> Waiting:
    """How a send is told to its terminal."""
    if isinstance(outgoing.body, Relay):
        body = outgoing.body.body
        assert isinstance(body, Sequences | TakeVersion)
        return Waiting(outgoing.key, "message", outgoing.body.ref, outgoing.cause, body=body)
    assert isinstance(outgoing.body, Carry)
    return Waiting(outgoing.key, "batch", outgoing.body.ref, outgoing.cause, size, digest)


def _key(caller: NodeId, kind: str, key: str) -> Key:
    """A caller chooses keys of its own, never another's, nor one of the node's wakes."""
    return Key(f"{caller}:{kind}:{key}")


def _by_line(body: Body) -> bool:
    """Whether it is for a terminal, over its line."""
    return isinstance(body, Relay) or (isinstance(body, Carry) and body.manner == LINE)
