"""The server as a process: what stands in its folder, put together.

serve(DIR)       the ministry server
run(setup)       its counterpart in a rehearsal: the same desk over a recorded clock (`process.become`)
"""

from __future__ import annotations

import logging
import os
import resource
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Final

from sim.base.instant import DAY, SECOND, Instant
from sim.base.node import Body, NodeId
from sim.drivers.edge import Edge, SealedEdge
from sim.drivers.live import handshakes, keys
from sim.drivers.live.clock import Clock, RehearsalClock, WallClock
from sim.drivers.live.ministry import audit as auditing
from sim.drivers.live.ministry import folder as folders
from sim.drivers.live.ministry import logs
from sim.drivers.live.ministry.access import Access, Crl
from sim.drivers.live.ministry.admin import Admin
from sim.drivers.live.ministry.application import Application
from sim.drivers.live.ministry.audit import Audit
from sim.drivers.live.ministry.desk import Desk
from sim.drivers.live.ministry.folder import Place
from sim.drivers.live.ministry.intake import Clerk
from sim.drivers.live.ministry.limits import Rates
from sim.drivers.live.ministry.media import Media
from sim.drivers.live.ministry.metrics import Metrics
from sim.drivers.live.ministry.office import Office
from sim.drivers.live.ministry.openapi import describe
from sim.drivers.live.ministry.routes import Routes
from sim.drivers.live.ministry.settings import DATABASE, Limits
from sim.drivers.live.process import Setup
from sim.drivers.live.serving import Ports, Running
from sim.drivers.live.serving import serve as serve_http
from sim.drivers.site import Actor
from sim.drivers.topology import MINISTRY, Topology, places_of
from sim.nodes.ministry import Ministry, MinistryState
from sim.stores.arrivals import Arrivals
from sim.stores.database import Database, open_database
from sim.stores.sql import SqlStore

_log: Final = logging.getLogger("renkei.ministry")
# Seconds for which a thread keeps the interpreter while another one wants it. The office computes, and the
# event loop must not wait for it.
_SWITCH: Final = 0.0005


class LiveEdge:
    """The envelope keys, with the authority's list of what it took back as it is at any time."""

    def __init__(self, edge: SealedEdge, crl: Crl) -> None:
        self._edge = edge
        self._crl = crl

    def out(self, sender: NodeId, body: Body) -> Body:
        return self._current().out(sender, body)

    def into(self, to: NodeId, body: Body, now: Instant) -> Body:
        return self._current().into(to, body, now)

    def taken_back(self, peer: NodeId) -> bool:
        """Whether the authority took back the certificate to which we seal for `peer`."""
        edge = self._current()
        revoked = {} if edge.revocations is None else edge.revocations.revoked
        return edge.certificates[peer].serial_number in revoked

    def _current(self) -> SealedEdge:
        revocations = self._crl.current()
        if revocations is not self._edge.revocations:
            self._edge = SealedEdge(self._edge.own, self._edge.certificates, self._edge.trust, revocations)
        return self._edge


class Server:
    """One ministry server over an open database."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        edge: Edge,
        node: Ministry,
        allowed: Mapping[str, str],
        crl: Crl,
        limits: Limits,
        *,
        receipts_kept_days: int | None = None,
    ) -> None:
        self.database = database
        self.clock = clock
        self.limits = limits
        self.allowed = allowed
        self.crl = crl
        self.metrics = Metrics()
        self.running = Running()
        rehearsal = isinstance(clock, RehearsalClock)
        self.store = SqlStore(database, MINISTRY, MinistryState)
        self.office = Office({MINISTRY: Actor(node, self.store)}, edge, clock, self._fresh, self.store.outbox)
        self.clerk = Clerk(
            self.office,
            Arrivals(database),
            database,
            clock,
            self.metrics,
            receipts_kept=None if receipts_kept_days is None else receipts_kept_days * DAY // SECOND,
            by_itself=not rehearsal,
        )
        self.audit = Audit(database, clock)
        self.access = Access(allowed, crl)
        self.profiles = tuple(profile.name for profile in node.profiles)
        routes = Routes(rehearsal=rehearsal)
        description = describe(routes, limits)
        self.desk = Desk(self.clerk, clock, self.profiles, limits, self.metrics, lambda: description)
        self.application = Application(
            self.desk,
            self.access,
            limits,
            routes,
            None if rehearsal else Rates(limits.requests_per_minute),
            (lambda _who, _why: None) if rehearsal else self._stranger,
        )
        self.running.on_stop.append(self.clerk.release)
        self._gauges()

    def admin(self, token: str, key_of: Callable[[str], bytes], revoked: Callable[[NodeId], bool]) -> Admin:
        """The operators' side of it. `key_of`, `revoked`: as `Media` has them."""
        media = Media(
            self.clerk,
            self.database,
            self.clock,
            self.audit,
            self.allowed,
            key_of,
            revoked,
            lambda direction, outcome: self.metrics.media.labels(direction, outcome).inc(),
        )
        return Admin(
            self.clerk,
            self.clock,
            self.allowed,
            self.profiles,
            self.metrics,
            self.limits,
            token,
            self.audit,
            self.reasons,
            self.store.waiting,
            media,
        )

    def reasons(self) -> list[str]:
        """Why it is not ready; nothing when it is."""
        found = []
        if self.running.stopping:
            found.append("the server stops")
        if not self.clerk.alive:
            found.append("the office does not work")
        if self.clerk.fault:
            found.append(f"the office waits: {self.clerk.fault}")
        revocations = self.crl.current()
        if self.crl.fault:
            found.append(self.crl.fault)
        if not revocations.holds_on(_moment(self.clock.now)):
            found.append("the list of revoked certificates has run out")
        return found

    def turned_away(self, reason: str) -> None:
        """TLS let somebody not in."""
        self.metrics.turned_away.labels(reason).inc()
        _log.warning("connection_refused", extra={"code": reason})

    def _fresh(self, peer: NodeId) -> None:
        self.clerk.tell(peer)

    def _stranger(self, who: str, why: str) -> None:
        self.clerk.later(lambda: self.audit.stranger(who, why))

    def _gauges(self) -> None:
        gauge = self.metrics.gauge
        gauge("renkei_kept", "Batches kept and not decided.", lambda: self.clerk.backlog.kept)
        gauge("renkei_oldest_kept_seconds", "Since when the oldest of them waits.", self._oldest)
        gauge("renkei_connections", "Open connections of terminals.", lambda: self.running.connections)
        gauge("renkei_ready", "Whether the server is ready.", lambda: float(not self.reasons()))
        gauge("renkei_revocation_list", "Number of the list.", lambda: self.crl.current().number)

    def _oldest(self) -> float:
        backlog = self.clerk.backlog
        return max(0, self.clock.now - backlog.oldest) / SECOND if backlog.kept else 0.0


def serve(
    place: Place, *, port: int | None = None, admin_port: int | None = None, database: str | None = None
) -> None:
    """Serves what stands in a folder until SIGTERM or SIGINT.

    Raises:
        RenkeiError: a file is wrong, the database cannot be opened or another server holds it, a port is
        taken.
    """
    logs.begin()
    place.check_private()
    settings = place.settings
    sys.setswitchinterval(_SWITCH)
    _many_connections(settings.limits.connections)
    crl = Crl(place.revoked, place.trust())
    edge = LiveEdge(place.edge(crl.current()), crl)
    tls = place.tls()
    opened = open_database(database or place.database, key=place.store_key(), alone=True)
    try:
        clock = WallClock()
        node = ministry_of(place)
        server = Server(
            opened,
            clock,
            edge,
            node,
            place.allowed,
            crl,
            settings.limits,
            receipts_kept_days=settings.store.receipts_kept_days,
        )
        server.access.remember(place.known())
        audit = server.audit
        audit.write(auditing.STARTED, "server", f"{len(place.allowed)} municipalities")
        for name in ("envelope", "tls", "store"):
            audit.write(auditing.KEY_USED, "server", name)
        crl.changed.append(
            lambda found: server.clerk.later(
                lambda: audit.write(auditing.REVOCATIONS_READ, "server", f"number {found.number}")
            )
        )
        server.clerk.start()
        handshakes.watch(tls, server.turned_away)

        def listening(ports: Ports) -> None:
            folders.note_running(place.folder, folders.Running(ports.port, ports.admin, os.getpid()))
            _log.info(
                "listening",
                extra={
                    "port": ports.port,
                    "admin_port": ports.admin,
                    "municipalities": len(place.allowed),
                    "database": opened.place,
                    "profiles": list(server.profiles),
                },
            )

        try:
            serve_http(
                server.application,
                tls,
                settings.listening.port if port is None else port,
                running=server.running,
                host=settings.listening.host,
                times=settings.limits.times(),
                admin=(
                    server.admin(place.token(), place.media_key, edge.taken_back),
                    settings.listening.admin_port if admin_port is None else admin_port,
                ),
                listening=listening,
            )
        finally:
            (place.folder / folders.RUNNING).unlink(missing_ok=True)
            server.clerk.stop()
            audit.write(auditing.STOPPED, "server")
            _log.info("stopped", extra={"kept": server.clerk.backlog.kept})
    finally:
        opened.dispose()


def ministry_of(place: Place) -> Ministry:
    """The node as its settings have it."""
    agency = place.settings.agency
    newest, *older = agency.spoken()
    return Ministry(
        MINISTRY,
        {places_of(code).terminal: code for code in place.allowed},
        newest,
        older=tuple(older),
        immediate=agency.immediate,
        watches_periods=agency.watches_periods,
        looks_at=agency.looks_at,
    )


def run(setup: Setup) -> None:
    """In a rehearsal: serves until it is asked to stop. See `process.become`."""
    logging.basicConfig(level=logging.WARNING)
    folder = Path(setup.folder)
    topology = Topology(setup.code, time.fromisoformat(setup.exchange_at))
    crl = Crl(keys.revocations_file(folder), keys.trust(folder))
    edge = keys.ministry_edge(folder, topology)
    tls = keys.server_tls(folder, topology)
    # Only a killed process is rehearsed, not a power cut.
    database = open_database(folder / DATABASE, durable=not setup.rehearsal)
    try:
        clock: Clock = RehearsalClock(database) if setup.rehearsal else WallClock()
        actor = topology.ministry(lambda node, state: SqlStore(database, node, state))[MINISTRY]
        assert isinstance(actor.node, Ministry)
        limits = Limits(connections_per_municipality=1000, requests_per_minute=1_000_000)
        server = Server(database, clock, edge, actor.node, {topology.code: ""}, crl, limits)
        server.clerk.start()
        try:
            serve_http(server.application, tls, setup.port, running=server.running)
        finally:
            server.clerk.stop()
    finally:
        database.dispose()


def _moment(at: Instant) -> datetime:
    return datetime.fromtimestamp(at // SECOND, UTC)


def _many_connections(wanted: int) -> None:
    """As many open files as the connections need, if the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    need = wanted + 256
    if soft < need:
        most = need if hard == resource.RLIM_INFINITY else min(need, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
