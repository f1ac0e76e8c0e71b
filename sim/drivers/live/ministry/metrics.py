"""What the server counts, for Prometheus. Labels: routes, statuses, municipality codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest

from sim.base.node import NodeId, Reply
from sim.base.version import VERSION
from sim.drivers.live import handshakes
from sim.exchange.batch import DOWN, UP
from sim.stores.arrivals import Receipt

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SIZES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500)


WRITTEN: Final = "written"
TAKEN: Final = "taken"
REFUSED: Final = "refused"
"""What becomes of a medium."""


class Metrics:
    """The figures of one server, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        Info("renkei_ministry", "The server.", registry=registry).info({"version": VERSION})
        self.requests = Counter(
            "renkei_requests", "Requests answered.", ("route", "status"), registry=registry
        )
        self.seconds = Histogram(
            "renkei_request_seconds",
            "From a request's head to its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.batches = Counter(
            "renkei_batches", "Batches decided.", ("municipality", "outcome"), registry=registry
        )
        self.sealed = Counter("renkei_sealed_bytes", "Sealed bytes.", ("direction",), registry=registry)
        self.group = Histogram(
            "renkei_kept_together",
            "Uploads that were kept in one commit.",
            buckets=_SIZES,
            registry=registry,
        )
        self.failed = Counter(
            "renkei_office_failures", "Batches at which the office failed; they stay kept.", registry=registry
        )
        self.refused = Counter("renkei_refused", "Requests refused, by code.", ("code",), registry=registry)
        self.turned_away = Counter(
            "renkei_connections_refused",
            "Callers turned away in TLS, by reason.",
            ("reason",),
            registry=registry,
        )
        for reason in handshakes.REASONS:
            self.turned_away.labels(reason)
        self.media = Counter(
            "renkei_media",
            "Media written, taken in and refused.",
            ("direction", "outcome"),
            registry=registry,
        )
        for direction, done in ((UP, TAKEN), (DOWN, WRITTEN)):
            for outcome in (done, REFUSED):
                self.media.labels(direction, outcome)

    def gauge(self, name: str, told: str, value: Callable[[], float]) -> None:
        """A figure that is asked for when it is read."""
        Gauge(name, told, registry=self.registry).set_function(value)

    def decided(self, receipt: Receipt, reply: Reply) -> None:
        """The office decided a batch."""
        outcome = "accepted" if reply.ok else "rejected"
        self.batches.labels(_code(receipt.peer), outcome).inc()

    def page(self) -> bytes:
        """All of it in the text form of Prometheus."""
        return generate_latest(self.registry)


def _code(peer: NodeId) -> str:
    return peer.removeprefix("terminal-")
