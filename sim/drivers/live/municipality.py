"""The municipality as a process: counter, registry, link and terminal over one database and the real network.

It plays a recorded list of inputs in rehearsal time. One committed send after the other is uploaded:

    upload ── Carried to the terminal ── collect what waits (Arrival, receipt, each) ── strike the send

The send is struck last. So after a crash anywhere the upload is repeated under its key, and what came down
for it is collected before the next one goes: the order is the one in which the simulated network carries.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import time
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final

from sim.base.errors import HarnessError
from sim.base.instant import Instant
from sim.base.node import Alarm, Body, Event, Key, NodeId, Outgoing
from sim.drivers.edge import Edge
from sim.drivers.live import keys, wire
from sim.drivers.live.client import HttpServer, Server, Unanswered
from sim.drivers.live.clock import Agenda, Clock, RehearsalClock
from sim.drivers.live.process import Setup
from sim.drivers.live.recording import read_inputs
from sim.drivers.site import Actor, Site
from sim.drivers.topology import LGWAN, MINISTRY, Topology
from sim.drivers.world import Input
from sim.nodes.messages.network import Arrival, Carried, Carry, Undelivered
from sim.stores.sql import SqlStore, open_database

DATABASE: Final = "municipality.sqlite"
INPUTS: Final = "inputs.ndjson"


class Player:
    """Plays inputs and the site's own wakes in the order of their instants."""

    def __init__(
        self, actors: Mapping[NodeId, Actor], terminal: NodeId, edge: Edge, server: Server, clock: Clock
    ) -> None:
        self._terminal = terminal
        self._edge = edge
        self._server = server
        self._clock = clock
        self._agenda = Agenda()
        self._uploads: deque[Outgoing] = deque()
        self._site = Site(actors, edge, self._schedule, self._enqueue)

    def play(self, inputs: Iterable[Input], until: Instant) -> None:
        """Plays all that lies before `until`. What an earlier life has done is recognised by its key."""
        self._site.recover(self._clock.now)
        self._feed(iter(inputs))
        while (due := self._agenda.take(until)) is not None:
            at, action = due
            if at > self._clock.now:
                self._clock.reach(at)
                with suppress(Unanswered):  # then the next request that gets through says what is now
                    self._server.tell(at)
            action()

    # --- inputs and wakes ----------------------------------------------------------------------------
    def _feed(self, inputs: Iterator[Input]) -> None:
        """Gives the inputs of this instant and notes the next one."""
        for item in inputs:
            if item.at > self._clock.now:
                self._agenda.add(item.at, partial(self._feed, chain((item,), inputs)))
                return
            if item.to == MINISTRY:
                self._command(item)
            else:
                self._site.deliver(item.to, item.event(), self._clock.now)

    def _command(self, item: Input) -> None:
        try:
            self._server.command(item.key, item.body, self._clock.now)
        except Unanswered as error:
            raise HarnessError(
                "an input did not reach the ministry server", where=item.key, received=str(error)
            ) from error
        self._agenda.add(self._clock.now, self._collect)

    def _schedule(self, alarm: Alarm) -> None:
        self._agenda.add(max(alarm.at, self._clock.now), lambda: self._ring(alarm))

    def _ring(self, alarm: Alarm) -> None:
        self._site.deliver(alarm.node, alarm.event(), self._clock.now)

    # --- the exchange --------------------------------------------------------------------------------
    def _enqueue(self, outgoing: Outgoing) -> None:
        self._uploads.append(outgoing)
        if len(self._uploads) == 1:
            self._agenda.add(self._clock.now, self._exchange)

    def _exchange(self) -> None:
        outgoing = self._uploads[0]
        carry = self._edge.out(outgoing.sender, outgoing.body)
        if not isinstance(carry, Carry):
            raise HarnessError("only batches go over the network", where=outgoing.key)
        try:
            self._server.upload(outgoing.key, carry.ref, outgoing.cause, carry.content, self._clock.now)
        except Unanswered:
            self._tell(outgoing, "undelivered", Undelivered(carry.peer, carry.ref, "unreachable"))
        else:
            self._tell(outgoing, "carried", Carried(carry.peer, carry.ref))
            self._collect()
        self._site.actors[outgoing.sender].store.dispatched(outgoing)
        self._uploads.popleft()
        if self._uploads:
            self._agenda.add(self._clock.now, self._exchange)

    def _tell(self, outgoing: Outgoing, what: str, body: Body) -> None:
        """Tells the sender what the network did with its send."""
        event = Event(Key(f"{outgoing.key}/{what}"), LGWAN, body, outgoing.cause)
        self._site.deliver(outgoing.sender, event, self._clock.now)

    def _collect(self) -> None:
        """Takes what waits at the server, until nothing does. What cannot be taken now waits on."""
        taken: set[Key] = set()
        with suppress(Unanswered):
            while waiting := self._server.waiting(self._clock.now):
                for batch in waiting:
                    if batch.key in taken:
                        raise HarnessError("a batch waits again after its receipt", where=batch.key)
                    if batch.kind != wire.BATCH:
                        raise HarnessError("only batches go over the network", where=batch.key)
                    taken.add(batch.key)
                    arrival = Arrival(MINISTRY, batch.ref, self._server.download(batch, self._clock.now))
                    event = Event(batch.key, LGWAN, arrival, batch.cause)
                    self._site.deliver(self._terminal, event, self._clock.now)
                    self._server.receipt(batch.key, self._clock.now)


# --- the process --------------------------------------------------------------------------------------
def run(setup: Setup) -> None:
    """Plays the recording that lies in the folder. See `process.become`."""
    folder = Path(setup.folder)
    topology = Topology(setup.code, time.fromisoformat(setup.exchange_at))
    # Only a killed process is rehearsed, not a power cut.
    engine = open_database(folder / DATABASE, durable=False)
    server = HttpServer(setup.port, keys.client_tls(folder, topology))
    actors = topology.municipality(lambda node, state: SqlStore(engine, node, state))
    edge = keys.municipality_edge(folder, topology)
    player = Player(actors, topology.places.terminal, edge, server, RehearsalClock(engine))
    try:
        player.play(read_inputs(folder / INPUTS), setup.until)
    finally:
        server.close()
        engine.dispose()
