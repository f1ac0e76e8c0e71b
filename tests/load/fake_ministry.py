"""A small ministry server for the tests of the load engine: the real node behind a plain threaded server.

It speaks as much of the wire as the engine asks for. What a test wants to go wrong, it says in `Faults`.
"""

from __future__ import annotations

import http.server
import json
import socketserver
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import time as clock
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import unquote, urlsplit

import msgspec

from load.keys import TLS, Keys
from sim.base.instant import SECOND, Instant
from sim.base.journal import Line
from sim.base.node import Event, Key, Outgoing
from sim.drivers.edge import SealedEdge
from sim.drivers.live.wire import DIGEST, KEY, REF, digest_of
from sim.drivers.site import Site
from sim.drivers.topology import LGWAN, MINISTRY, Nation, Topology
from sim.exchange.profile import open_profile
from sim.nodes.messages.network import Arrival, Carried, Carry
from sim.stores.memory import MemoryStore


@dataclass
class Faults:
    """What goes wrong. `statuses`: given in turn to uploads instead of an answer. `hang_up`: so many requests
    are read and never answered; `hang_up_after_receipt`: so many receipts are acted on and not answered.
    `late`: seconds before an upload is answered, by municipality, or everybody's
    under the empty name. `lose`: names of batches that are answered with a receipt and forgotten. `double`:
    municipalities whose records stand in the journal as accepted twice.
    """

    statuses: list[int] = field(default_factory=list)
    hang_up: int = 0
    late: dict[str, float] = field(default_factory=dict)
    lose: set[str] = field(default_factory=set)
    hang_up_after_receipt: int = 0
    double: set[str] = field(default_factory=set)


class FakeMinistry:
    """The server, in a thread of its own. As a context manager it is stopped on the way out."""

    def __init__(self, keys: Keys, codes: Sequence[str], faults: Faults | None = None, port: int = 0) -> None:
        self.faults = faults or Faults()
        self._lock = threading.Lock()
        self._news = threading.Condition(self._lock)
        agency = open_profile().agency
        sites = tuple(Topology(code, clock(22)) for code in codes)
        self._terminals = {site.code: site.places.terminal for site in sites}
        own = {MINISTRY: keys.envelope(agency)}
        certificates = {node: keys.recipient(code) for code, node in self._terminals.items()}
        self._edge = SealedEdge(own, certificates, keys.trust())
        actors = Nation(sites).ministry(MemoryStore)
        self._site = Site(actors, self._edge, lambda alarm: None, lambda outgoing: None)
        self._store = actors[MINISTRY].store
        self._receipts: dict[tuple[str, str], bytes] = {}
        self._sealed: dict[str, bytes] = {}
        self._decided: set[tuple[str, str]] = set()
        self.uploads: list[str] = []
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.ministry = self
        self._server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._server.tls.verify_mode = ssl.CERT_REQUIRED
        self._server.tls.load_verify_locations(keys.root)
        self._server.tls.load_cert_chain(*keys.pair(TLS, agency))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def journal(self) -> list[Line]:
        """The node's journal."""
        with self._lock:
            lines = list(self._site.lines())
        last = max((line.n for line in lines), default=0)
        twice = [
            line
            for line in lines
            if line.kind == "record_accepted" and line.data["record"][:6] in self.faults.double
        ]
        numbered = enumerate(twice, start=last + 1)
        return [*lines, *(msgspec.structs.replace(line, n=number) for number, line in numbered)]

    def knows(self, code: str, key: str) -> bool:
        """Whether the batch is kept here."""
        with self._lock:
            return (code, key) in self._decided

    # --- what a request asks for ---------------------------------------------------------------------------
    def upload(self, code: str, key: str, ref: str, sealed: bytes) -> tuple[int, Any]:
        time.sleep(self.faults.late.get(code, self.faults.late.get("", 0.0)))
        with self._news:
            if self.faults.statuses:
                return self.faults.statuses.pop(0), {"ok": False, "code": "PLANNED", "detail": ""}
            if ref not in self.faults.lose and (code, key) not in self._receipts:
                self.uploads.append(ref)
                self._decided.add((code, key))
                self._give(f"up/{code}/{key}", Arrival(self._terminals[code], ref, sealed))
                self._news.notify_all()
            self._receipts[code, key] = b""
            return 202, {"key": key, "ref": ref, "state": "kept"}

    def waiting(self, code: str, wait: float) -> list[dict[str, Any]]:
        end = time.monotonic() + wait
        with self._news:
            while not (found := self._sends_to(code)) and (left := end - time.monotonic()) > 0:
                self._news.wait(left)
            return [
                {"key": one.key, "kind": "batch", "ref": one.body.ref, "cause": one.cause}
                for one in found
                if isinstance(one.body, Carry)
            ]

    def batch(self, code: str, key: str) -> bytes | None:
        with self._lock:
            for one in self._sends_to(code):
                if one.key == key:
                    if key not in self._sealed:
                        body = self._edge.out(one.sender, one.body)
                        assert isinstance(body, Carry)
                        self._sealed[key] = body.content
                    return self._sealed[key]
        return None

    def receipt(self, code: str, key: str) -> dict[str, Any]:
        with self._lock:
            for one in self._sends_to(code):
                if one.key == key and isinstance(one.body, Carry):
                    self._give(f"receipt/{code}/{key}", Carried(self._terminals[code], one.body.ref))
                    self._store.dispatched(one)
            return {"ok": True, "code": "", "detail": ""}

    def _sends_to(self, code: str) -> list[Outgoing]:
        peer = self._terminals[code]
        return [one for one in self._store.outbox() if isinstance(one.body, Carry) and one.body.peer == peer]

    def _give(self, key: str, body: Arrival | Carried) -> None:
        now = Instant(time.time_ns() // 1000 // SECOND * SECOND)
        self._site.deliver(MINISTRY, Event(Key(key), LGWAN, body, ""), now)


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 512
    ministry: FakeMinistry
    tls: ssl.SSLContext

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is no news."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    disable_nagle_algorithm: ClassVar[bool] = True

    def setup(self) -> None:
        self.request.settimeout(60)
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    @property
    def _code(self) -> str:
        subject = dict(pair for row in self.request.getpeercert()["subject"] for pair in row)
        return str(subject["commonName"])

    def do_POST(self) -> None:
        ministry, path = self.server.ministry, urlsplit(self.path).path
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if ministry.faults.hang_up:
            ministry.faults.hang_up -= 1
            self.close_connection = True
            return
        if path == "/v1/batches":
            self._tell(*ministry.upload(self._code, self.headers[KEY], self.headers[REF], body))
        else:
            told = ministry.receipt(self._code, unquote(path.split("/")[3]))
            if ministry.faults.hang_up_after_receipt:
                ministry.faults.hang_up_after_receipt -= 1
                self.close_connection = True
                return
            self._tell(200, told)

    def do_GET(self) -> None:
        ministry, parts = self.server.ministry, urlsplit(self.path)
        if parts.path == "/v1/outbox":
            wait = float(parts.query.partition("=")[2] or 0)
            self._tell(200, ministry.waiting(self._code, wait))
            return
        content = ministry.batch(self._code, unquote(parts.path.split("/")[3]))
        if content is None:
            self._tell(404, {"ok": False, "code": "NOT_FOUND", "detail": ""})
        else:
            self._answer(200, content, {DIGEST: digest_of(content)})

    def _tell(self, status: int, told: Any) -> None:
        headers = {"Retry-After": "1"} if status in (429, 503) else {}
        self._answer(status, json.dumps(told).encode(), headers)

    def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is told."""
