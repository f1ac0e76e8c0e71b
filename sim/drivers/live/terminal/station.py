"""The terminal at work: its node and the leg to the folders over one database, the line on the other side.

    outbox/ ─▶ leg ─▶ terminal ─▶ line ─▶ server            one thread decides; what another thread wants of
    inbox/, result/ ◀─ leg ◀─ terminal ◀─ line ◀─ server    a node is called here, answered when committed

Everything lasts beyond a kill at any point:

- a file leaves outbox/ after the commit that took its records in, and is known by name and digest before;
- what leaves for the server stays in the store until the server has said that it keeps it, under one key;
- what comes down is confirmed after the commit; the server gives it again otherwise, and the key is known;
- what is written for the municipality appears once (`exchange`).

A replaced machine begins with the files in sent/, asks the server for the numbers and takes nothing from
outbox/ until it has taken over.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Final, TypeVar

from sim.base.errors import RenkeiError
from sim.base.instant import SECOND, Instant, iso
from sim.base.node import OUTSIDE, Alarm, Body, Event, Key, NodeId, Outgoing, Reply, Store
from sim.base.version import VERSION
from sim.drivers.edge import Edge
from sim.drivers.live import wire
from sim.drivers.live.client import HttpServer
from sim.drivers.live.clock import Agenda, Clock, WallClock
from sim.drivers.live.terminal.calls import Calls
from sim.drivers.live.terminal.disk import Disk
from sim.drivers.live.terminal.exchange import OUTBOX, SENT, Exchange
from sim.drivers.live.terminal.leg import FolderLeg, KeepSealed, LegState, Settled
from sim.drivers.live.terminal.line import Line
from sim.drivers.live.terminal.logs import log
from sim.drivers.live.terminal.settings import DATABASE, Place
from sim.drivers.live.terminal.standing import Alone, Fault, Seen, Status, seen_of
from sim.drivers.live.wire import Waiting
from sim.drivers.site import Actor, Site
from sim.drivers.topology import LGWAN, MINISTRY, MakeStore
from sim.exchange.folders import Scanner, scan_for_test_file
from sim.nodes.messages.network import (
    LINE,
    Arrival,
    Carried,
    Carry,
    HandOver,
    NotRelayed,
    OpenSession,
    Relay,
    Relayed,
    SessionOpened,
    SessionRefused,
    Undelivered,
)
from sim.nodes.messages.terminal import LogOff, OpenTerminal, ReplaceTerminal
from sim.nodes.terminal import TerminalState
from sim.nodes.terminal.replacement import ASKING
from sim.stores.sql import SqlStore, open_database

T = TypeVar("T")

# Seconds for which the loop sleeps at most, so that a clock that is set forward is noticed.
_NAP: Final = 1.0


class Station:
    """A terminal's folder at work. As a context it holds the folder, its database and its five folders.

    Args:
        server: gives the connection; that of the settings when left out.
        make_store, edge, clock: others than the real ones, for tests.
    """

    def __init__(
        self,
        place: Place,
        *,
        server: Callable[[Place], HttpServer] | None = None,
        make_store: MakeStore | None = None,
        edge: Edge | None = None,
        clock: Clock | None = None,
        scan: Scanner = scan_for_test_file,
    ) -> None:
        self.place = place
        self._make_server = server or connect
        self._make_store = make_store
        self._given_edge = edge
        self._clock: Clock = clock or WallClock()
        self._scan = scan
        self._agenda = Agenda()
        self._calls = Calls()
        self._to_write: list[Outgoing] = []
        self._seen = Seen()
        self._withdrawn: set[int] = set()
        self._gone_up: set[str] = set()
        self._last_exchange = ""
        self._fault: Fault | None = None
        self._closing = ExitStack()
        self._code = place.code

    def __enter__(self) -> Station:
        with ExitStack() as stack:
            place = self.place
            stack.enter_context(Alone(place.folder))
            stack.enter_context(Alone(place.exchange))
            self.folders = stack.enter_context(
                Exchange(place.exchange, place.place_key(), self._scan, place.file.folders.largest)
            )
            make = self._make_store
            if make is None:
                database = open_database(place.folder / DATABASE, key=place.store_key(), alone=True)
                stack.callback(database.dispose)
                make = lambda node, state: SqlStore(database, node, state)  # noqa: E731
            node = place.node()
            leg = FolderLeg(place.link, self._code, place.name, node.profile.agency)
            self._store: Store[TerminalState] = make(place.name, TerminalState)
            self._leg: Store[LegState] = make(place.link, LegState)
            self._edge = self._given_edge or place.edge()
            actors: Mapping[NodeId, Actor] = {
                place.name: Actor(node, self._store),
                place.link: Actor(leg, self._leg),
            }
            self._profile = node.profile
            self._on_demand = node.on_demand is not None
            self._site = Site(actors, self._edge, self._schedule, self._leaves)
            self._disk = Disk(
                self.folders,
                self._leg,
                self._tell_leg,
                self._code,
                place.written_in(),
                place.profiles(),
                self._clock,
                self._note,
            )
            connection, settings = self._make_server(place), place.file.server
            self.line = Line(
                connection,
                self,
                place.name,
                place.machine(),
                settings.longest_pause,
                settings.wait,
                self._remembers_nothing(),
            )
            stack.callback(self.line.stop)
            self._closing = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def _remembers_nothing(self) -> bool:
        """Whether this terminal never exchanged, and takes nobody's place."""
        if self.place.file.machine.replaces:
            return False
        codes = [business.code for business in self._profile.businesses.values()]
        with self._store.transaction() as transaction:
            numbers = transaction.state.numbers
            return not any(numbers.last(f"sequence/{code}") for code in codes)

    # --- a life ----------------------------------------------------------------------------------------
    def begin(self) -> None:
        """Finishes what an earlier life left undone, and opens the terminal if it never was.

        Whom that life left logged on is logged off (seed 003, line 266).
        """
        self._calls.own()
        machine = self.place.machine()
        if self.place.file.machine.replaces:
            self._disk.take_over(machine)
        self._site.recover(self._clock.now)
        self._after()
        if self._seen.operator:
            self._tell(LogOff(), f"console/{_random()}")
        self._disk.publish_staged()
        if self.place.file.machine.replaces:
            self._tell(ReplaceTerminal(self.place.file.machine.serial), f"replace/{machine}")
        self._tell(OpenTerminal(), f"open/{machine}")
        self._after()

    def run(self) -> None:
        """Works until `stop`."""
        self.begin()
        self.line.start()
        try:
            next_scan = self._clock.now
            while not self._calls.stopped:
                self.ring()
                if self._clock.now >= next_scan:
                    self.scan()
                    next_scan = Instant(self._clock.now + round(self.place.file.folders.every * SECOND))
                due = min(next_scan, self._agenda.next or next_scan)
                self._calls.serve(min(max(due - self._clock.now, 0) / SECOND, _NAP))
        finally:
            self._calls.stop()
            self.line.stop()
            self._calls.refuse()

    def stop(self) -> None:
        """Asks it to stop; from any thread or signal handler."""
        self._calls.stop()

    def call(self, act: Callable[[], T]) -> T:
        """Acts in the station's own thread and gives what came of it, once that is committed.

        Raises:
            HarnessError: the terminal stops.
        """
        return self._calls.do(act)

    def ring(self) -> None:
        """Gives every wake that is due."""
        while (due := self._agenda.take(Instant(self._clock.now + 1))) is not None:
            try:
                due[1]()
            except RenkeiError as error:
                self._trouble("wake_failed", error)
        self._after()

    def _schedule(self, alarm: Alarm) -> None:
        self._agenda.add(
            alarm.at, lambda: void(self._site.deliver(alarm.node, alarm.event(), self._clock.now))
        )

    # --- what leaves -----------------------------------------------------------------------------------
    def _leaves(self, outgoing: Outgoing) -> None:
        """Something for elsewhere was committed: the disk, the line, or a messenger who comes for it."""
        if outgoing.to != LGWAN:
            self._to_write.append(outgoing)
        elif not (isinstance(outgoing.body, Carry) and outgoing.body.manner != LINE):
            self.line.put(outgoing)

    def _tell(self, body: Body, key: str, sender: NodeId = OUTSIDE, cause: str = "") -> Reply:
        """Gives the terminal an event and works off what comes of it, down to the disk."""
        return self._deliver(self.place.name, Event(Key(key), sender, body, cause))

    def _tell_leg(self, body: Body, key: str, cause: str = "") -> Reply:
        """Gives the leg an event. What it wants written is written before anything else is told."""
        return self._site.deliver(self.place.link, Event(Key(key), OUTSIDE, body, cause), self._clock.now)

    def _deliver(self, to: NodeId, event: Event) -> Reply:
        reply = self._site.deliver(to, event, self._clock.now)
        self._after()
        return reply

    def _after(self) -> None:
        """What follows from every step: files are written, and files whose answers are all in are done."""
        while True:
            self._write_all()
            self._look()
            if not self._seen.queue and not self._seen.phase:
                # Whatever was handed over until now is in a batch.
                with self._leg.transaction() as leg:
                    self._gone_up |= {filed.name for filed in leg.state.open_files() if filed.answers}
            if not self._gone_up or not self._seen.settled:
                return
            names = tuple(sorted(self._gone_up))
            self._gone_up.clear()
            self._tell_leg(Settled(names), f"settled/{_random()}")
            for name in names:
                self._disk.sync(name)

    def _write_all(self) -> None:
        """Writes what the leg has decided. What a full disk keeps back is tried again at each step."""
        try:
            while self._to_write:
                self._disk.write(self._to_write[0])
                self._to_write.pop(0)
        except OSError as error:
            self._trouble("folders_failed", error)

    def _look(self) -> None:
        with self._store.transaction() as transaction:
            self._seen = seen_of(transaction.state, self.place.file.machine.serial)

    # --- the folders -----------------------------------------------------------------------------------
    def scan(self) -> None:
        """Looks at outbox/. While this machine takes over, what it is handed stays where it is."""
        try:
            if not self._seen.phase:
                self._disk.take_files()
        except (RenkeiError, OSError) as error:
            self._trouble("folders_failed", error)
        self._after()

    # --- the desk of the line ----------------------------------------------------------------------------
    def sealed(self, outgoing: Outgoing) -> bytes:
        return self.call(lambda: self._sealed(outgoing))

    def _sealed(self, outgoing: Outgoing) -> bytes:
        with self._leg.transaction() as leg:
            kept = leg.state.sealed(outgoing.key)
        if kept is not None:
            return kept
        body = self._edge.out(outgoing.sender, outgoing.body)
        assert isinstance(body, Carry)
        self._tell_leg(KeepSealed(outgoing.key, body.content), f"seal/{outgoing.key}")
        return body.content

    def wanted(self, outgoing: Outgoing) -> bool:
        return outgoing.n not in self._withdrawn

    def through(self, outgoing: Outgoing) -> None:
        def act() -> None:
            body = outgoing.body
            if isinstance(body, Carry):
                self._from_network(Carried(body.peer, body.ref), f"{outgoing.key}/carried", outgoing.cause)
                if body.manner == LINE:  # what a messenger has, the server has not yet
                    self._last_exchange = iso(self._clock.now)
                    log("batch_sent", ref=body.ref, bytes=len(body.content))
            self._strike(outgoing)

        self.call(act)

    def failed(self, outgoing: Outgoing, reason: str) -> None:
        def act() -> None:
            body = outgoing.body
            told: Body | None = None
            if isinstance(body, Carry):
                told = Undelivered(body.peer, body.ref, reason)
            elif isinstance(body, Relay):
                told = NotRelayed(body.peer, body.ref, reason)
            elif isinstance(body, OpenSession):
                told = SessionRefused(reason)
            if told is not None:
                self._from_network(told, f"{outgoing.key}/failed", outgoing.cause)
            self._note(reason, f"{type(body).__name__} was refused by the server")
            self._strike(outgoing)

        self.call(act)

    def opened(self, outgoing: Outgoing, waiting: int) -> None:
        def act() -> None:
            name = f"{self.place.machine()}-{outgoing.n}"
            self._from_network(SessionOpened(name, waiting), f"{outgoing.key}/opened", outgoing.cause)
            self._strike(outgoing)

        self.call(act)

    def takes(self, waiting: Waiting) -> bool:
        # A batch before the numbers are known would be refused for good; the server keeps it.
        return waiting.kind != wire.BATCH or self._seen.phase != ASKING

    def take(self, waiting: Waiting, sealed: bytes) -> None:
        def act() -> None:
            if waiting.kind == wire.BATCH:
                body: Body = Arrival(MINISTRY, waiting.ref, sealed)
                log("batch_received", ref=waiting.ref, bytes=len(sealed))
                self._last_exchange = iso(self._clock.now)
            else:
                assert waiting.body is not None
                body = Relayed(MINISTRY, waiting.ref, waiting.body)
                log("message_received", ref=waiting.ref, kind=type(waiting.body).__name__)
            reply = self._from_network(body, waiting.key, waiting.cause)
            if not reply.ok:
                self._note(reply.code, f"{waiting.ref} was refused here")

        self.call(act)

    def listens(self) -> bool:
        return not self._on_demand or self._seen.session

    def changed(self) -> None:
        if (refused := self.line.closed_by) is not None:
            self._fault = Fault(
                iso(self._clock.now), refused.code, refused.received or "", refused.remedy or ""
            )
        elif self.line.trouble:
            self._note("NOT_CONNECTED", self.line.trouble)

    def _from_network(self, body: Body, key: str, cause: str) -> Reply:
        return self._tell(body, key, LGWAN, cause)

    def _strike(self, outgoing: Outgoing) -> None:
        self._store.dispatched(outgoing)
        if isinstance(outgoing.body, Carry):
            self._tell_leg(KeepSealed(outgoing.key, b""), f"unseal/{outgoing.key}")

    # --- the console -------------------------------------------------------------------------------------
    def told(self, body: Body) -> Reply:
        """An operator's input; in the station's own thread."""
        waiting = [one for one in self._store.outbox() if isinstance(one.body, Carry)]
        reply = self._tell(body, f"console/{_random()}")
        if isinstance(body, HandOver) and reply.ok:
            # The messenger has it: it must not go over the line as well.
            for outgoing in waiting:
                if isinstance(outgoing.body, Carry) and outgoing.body.manner == LINE:
                    self._withdrawn.add(outgoing.n)
                    self._strike(outgoing)
        return reply

    def log_on_medium(self, medium: str) -> bytes | None:
        """The audit log as it was exported onto that medium."""
        with self._store.transaction() as transaction:
            return transaction.state.on_medium(medium)

    @property
    def operator(self) -> str:
        """Who is logged on."""
        return self._seen.operator

    @property
    def phase(self) -> str:
        """How far a replaced machine has taken over."""
        return self._seen.phase

    @property
    def edge(self) -> Edge:
        return self._edge

    @property
    def leg(self) -> Store[LegState]:
        return self._leg

    def tell_leg(self, body: Body, key: str) -> Reply:
        """Something happened to a medium."""
        return self._tell_leg(body, key)

    def arrived(self, arrival: Arrival, key: str) -> Reply:
        """A batch that a messenger brought."""
        self._last_exchange = iso(self._clock.now)
        return self._from_network(arrival, key, "")

    def handed_over(self) -> list[Outgoing]:
        """Batches that wait for a messenger."""
        return [
            one for one in self._store.outbox() if isinstance(one.body, Carry) and one.body.manner != LINE
        ]

    # --- the status --------------------------------------------------------------------------------------
    def status(self) -> Status:
        """How it stands now; from any thread."""
        seen = self._seen
        return Status(
            now=iso(self._clock.now),
            code=self._code,
            version=VERSION,
            profile=self.line.chosen or self._profile.name,
            connected=self.line.connected,
            closed=self.line.closed_by is not None,
            trouble=self.line.trouble,
            last_exchange=self._last_exchange,
            queue=seen.queue,
            answers=seen.answers,
            waiting=seen.waiting,
            unanswered=seen.unanswered,
            outbox=self.folders.count(OUTBOX),
            sent=self.folders.count(SENT),
            quarantine=self.folders.findings(),
            stopped=seen.stopped,
            held_back=self._disk.held_back,
            operator=seen.operator,
            serial=seen.serial,
            phase=seen.phase,
            session=seen.session,
            last_fault=self._fault,
        )

    def _note(self, code: str, detail: str = "") -> None:
        self._fault = Fault(iso(self._clock.now), code, detail)

    def _trouble(self, what: str, error: Exception) -> None:
        told = str(error).splitlines()[0]
        log(what, level=logging.ERROR, error=type(error).__name__, detail=told)
        self._note(what.upper(), told)


def connect(place: Place) -> HttpServer:
    """The connection of the settings."""
    server = place.file.server
    spoken = [profile.name for profile in place.profiles()]
    return HttpServer(
        server.url,
        place.tls(),
        server.patience,
        name=server.name,
        caller=place.name,
        profiles=spoken,
        redials=False,  # the line has pauses of its own
    )


def void(_: object) -> None:
    """For an action whose reply nobody waits for."""


def _random() -> str:
    return secrets.token_hex(8)
