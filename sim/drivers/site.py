"""A site: the nodes of one place with their stores, and what happens between commits.

Theory of operation. `deliver` gives an event to a node and then works off, in order, all that came of
it: each committed send is dispatched to its receiver and struck from the sender's outbox once the
receiver has answered. Sends to nodes elsewhere are handed to `remote`; wakes are handed to `schedule`.
After a crash nothing of this class is needed: `recover` finds the undispatched sends and the pending
wakes in the stores, and a receiver that had answered before recognises the key.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from sim.base import journal
from sim.base.errors import HarnessError
from sim.base.instant import Instant
from sim.base.journal import Line
from sim.base.node import Alarm, Committed, Event, Node, NodeId, Outgoing, Reply, Store, advance
from sim.drivers.edge import Edge


@dataclass(frozen=True, slots=True)
class Actor:
    """A node and its memory. The pair is only joined here, so the state's type no longer matters."""

    node: Node[Any]
    store: Store[Any]


def nowhere(outgoing: Outgoing) -> None:
    """The `remote` of a site that has no elsewhere.

    Raises:
        HarnessError: always.
    """
    raise HarnessError(
        f"{outgoing.sender} sends to {outgoing.to}, which is not at this site",
        remedy="add the node to the site, or give the site a `remote`",
    )


class Site:
    """Nodes, stores and the queue of dispatches between them."""

    def __init__(
        self,
        actors: Mapping[NodeId, Actor],
        edge: Edge,
        schedule: Callable[[Alarm], None],
        remote: Callable[[Outgoing], None] = nowhere,
    ) -> None:
        self.actors = dict(actors)
        self._edge = edge
        self._schedule = schedule
        self._remote = remote
        self._queue: deque[Outgoing] = deque()

    def deliver(self, to: NodeId, event: Event, now: Instant) -> Reply:
        """Gives an event from outside or a wake to a node, then works off what came of it."""
        committed = self._give(to, event, now)
        self._work_off(now)
        return committed.reply

    def recover(self, now: Instant) -> None:
        """After a crash: dispatches what was committed but not dispatched, and schedules pending wakes."""
        self._queue.clear()
        for actor in self.actors.values():
            for alarm in actor.store.alarms():
                self._schedule(alarm)
        for actor in self.actors.values():
            self._queue.extend(actor.store.outbox())
        self._work_off(now)

    def lines(self) -> Iterator[Line]:
        """The merged journal of all nodes here."""
        return journal.merge(actor.store.journal() for actor in self.actors.values())

    def _give(self, to: NodeId, event: Event, now: Instant) -> Committed:
        actor = self.actors[to]
        body = self._edge.into(to, event.body, now)
        if body is not event.body:
            event = msgspec.structs.replace(event, body=body)
        committed = self._advance(actor, event, now)
        for alarm in committed.wakes:
            self._schedule(alarm)
        self._queue.extend(committed.sends)
        return committed

    def _advance(self, actor: Actor, event: Event, now: Instant) -> Committed:
        return advance(actor.store, actor.node, event, now)

    def _work_off(self, now: Instant) -> None:
        queue = self._queue
        while queue:
            outgoing = queue.popleft()
            if outgoing.to not in self.actors:
                self._remote(outgoing)
                continue
            event = outgoing.event()
            body = self._edge.out(outgoing.sender, outgoing.body)
            if body is not outgoing.body:
                event = msgspec.structs.replace(event, body=body)
            self._give(outgoing.to, event, now)
            self._dispatched(outgoing)

    def _dispatched(self, outgoing: Outgoing) -> None:
        self.actors[outgoing.sender].store.dispatched(outgoing)
