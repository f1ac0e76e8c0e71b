"""A ministry server in this process that fails on demand, a kit, and a municipality's own system.

The server speaks the wire with the ministry's real node behind it, so a night against it can be reconciled;
`Failing` says what goes wrong on the way.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from datetime import time as clock_time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding

from sim.base.node import OUTSIDE, Body, Event, Key, NodeId, Outgoing, Reply, advance
from sim.drivers.edge import SealedEdge
from sim.drivers.folders import Folders, Payload, load_key
from sim.drivers.live import wire
from sim.drivers.live.clock import WallClock
from sim.drivers.live.terminal import settings
from sim.drivers.live.terminal.people import operator_of
from sim.drivers.live.terminal.settings import Place
from sim.drivers.live.terminal.tables import OperatorTable
from sim.drivers.live.wire import Offer, Receipt, Upload, Used, Waiting
from sim.drivers.topology import LGWAN, MINISTRY, Topology
from sim.exchange import batch as batches
from sim.exchange import pki
from sim.exchange.batch import UP, Header
from sim.exchange.examples import RECORDS
from sim.exchange.folders import file_name
from sim.exchange.pki import AUTHORITY_NAME, Usage
from sim.exchange.profile import open_profile
from sim.exchange.records import AnyRecord, Result
from sim.nodes.messages.network import Arrival, Carried, Carry, Relay, Relayed
from sim.stores.memory import MemoryStore

CODE = "131041"
OTHER = "131130"
TERMINAL = NodeId(f"terminal-{CODE}")
PROFILE = open_profile()
SINCE, UNTIL = date(2012, 1, 1), date(2049, 12, 31)
PIN = "24681357"


# --- keys -------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Kits:
    """An authority, the server's keys, and the kit of one municipality as the agency hands it out."""

    folder: Path
    authority: pki.Authority
    server: pki.Identity
    tls_server: pki.Identity
    client: pki.Identity
    envelope: pki.Identity

    @property
    def kit(self) -> Path:
        return self.folder / "kits" / CODE


def make_kits(folder: Path) -> Kits:
    """A fresh PKI and one kit."""
    authority = pki.make_authority(SINCE, UNTIL)

    def issue(name: str, usage: Usage) -> pki.Identity:
        return pki.issue(authority, name, pki.serial_of(name, usage), usage)

    agency = PROFILE.agency
    kits = Kits(
        folder,
        authority,
        issue(agency, Usage.ENVELOPE),
        issue(agency, Usage.TLS_SERVER),
        issue(CODE, Usage.TLS_CLIENT),
        issue(CODE, Usage.ENVELOPE),
    )
    pki.save(folder / "authority", authority)
    pki.save(folder / "server", kits.tls_server)
    for kind, own, peer in (
        ("envelope", kits.envelope, kits.server),
        ("tls", kits.client, kits.tls_server),
    ):
        pki.save(kits.kit / kind, own)
        for known in (peer, authority):
            pem = known.certificate.public_bytes(Encoding.PEM)
            (kits.kit / kind / f"{known.name}.cert.pem").write_bytes(pem)
    nothing = pki.revocation_list(authority, {}, 1, SINCE, UNTIL)
    (kits.kit / "envelope" / settings.REVOKED).write_bytes(nothing)
    (kits.kit / settings.SETTINGS).write_text(kit_settings("https://127.0.0.1:1"))
    return kits


def kit_settings(url: str, more: str = "") -> str:
    """The settings of a kit; impatient, since a test waits for it."""
    return (
        f'code = "{CODE}"\nprofile = "{PROFILE.name}"\n\n'
        f'[server]\nurl = "{url}"\npatience = 0.5\nwait = 1\nlongest_pause = 0.5\n'
        f"\n[schedule]\ntimes = [22:00:00]\nper_event = true\n{more}"
    )


def make_terminal(kits: Kits, folder: Path, url: str, more: str = "", **replacing: Any) -> Place:
    """A terminal's folder with an administrator and an operator."""
    (kits.kit / settings.SETTINGS).write_text(kit_settings(url, more))
    return settings.make(folder, kits.kit, people(), **replacing)


def people() -> list[OperatorTable]:
    today = date(2026, 1, 1)
    return [
        operator_of("chief", PIN, administrator=True, trained=today),
        operator_of("clerk", PIN, administrator=False, trained=today),
    ]


# --- the municipality's own system --------------------------------------------------------------------------
def notice(number: int, person: str = "") -> AnyRecord:
    """A good notice under this number."""
    (first, _) = RECORDS["municipality_notice"]
    return msgspec.structs.replace(
        first,
        record_id=f"{CODE}-{number:08d}",
        person_ref=person or f"P{number:07d}",
        card_number=f"AB{number:08d}CD",
    )


class System:
    """What a vendor's system does with the five folders; it takes files away as soon as it sees them."""

    def __init__(self, root: Path, key: Path, code: str = CODE) -> None:
        self._root = root
        self._code = code
        self._key = load_key(key)
        self.read: list[tuple[str, str, bytes]] = []
        self.results: list[Result] = []
        self.notices: list[AnyRecord] = []

    def drop(
        self,
        sequence: int,
        *records: AnyRecord,
        business: str = "01",
        sender: str = "",
        content: bytes | None = None,
    ) -> str:
        """Puts a batch into outbox/."""
        header = Header(
            PROFILE.name,
            sender or self._code,
            PROFILE.agency,
            business,
            UP,
            sequence,
            WallClock().now,
            len(records),
        )
        whole = batches.encode(header, records, PROFILE) if content is None else content
        name = file_name(f"{self._code}-{PROFILE.agency}-{business}-{sequence:08d}", "csv")
        with Folders(self._root, self._key) as folders:
            folders.put("outbox", name, whole)
        return name

    def collect(self) -> None:
        """Takes what lies in result/ and inbox/ and deletes it."""
        with Folders(self._root, self._key) as folders:
            for folder in ("result", "inbox"):
                for found in list(folders.take(folder)):
                    if not isinstance(found, Payload):
                        continue
                    batch = batches.decode(found.content, PROFILE).batch
                    assert batch is not None, found
                    self.read.append((folder, found.name, found.content))
                    folders.done(folder, found.name)
                    for record in batch.records:
                        if isinstance(record, Result):
                            self.results.append(record)
                        else:
                            self.notices.append(record)

    def told(self) -> int:
        """Of how many records the result has come."""
        self.collect()
        return len(self.outcomes())

    def names(self, folder: str) -> list[str]:
        return sorted(path.name for path in (self._root / folder).iterdir())

    def outcomes(self, scope: str = "record") -> dict[str, list[str]]:
        """What was said about each record or file, in order."""
        told: dict[str, list[str]] = {}
        for one in self.results:
            if one.scope == scope:
                told.setdefault(one.answers, []).append(one.code or one.outcome)
        return told


def wait_for(what: Callable[[], object], within: float = 20.0) -> None:
    """Waits until it holds."""
    end = time.monotonic() + within
    while not what():
        assert time.monotonic() < end, "it did not come to that in time"
        time.sleep(0.02)


# --- the ministry server ------------------------------------------------------------------------------------
@dataclass
class Failing:
    """What goes wrong. `statuses`: given to the next requests instead of an answer, with Retry-After.

    `cut_up`: the next upload's connection ends after so many bytes. `cut_down`: so does the next download.
    `spoil`: the next download's bytes are altered. `problem`: given to everybody until it is taken away.
    """

    statuses: list[tuple[int, str]] = field(default_factory=list)
    cut_up: list[int] = field(default_factory=list)
    cut_down: list[int] = field(default_factory=list)
    lose_answers: int = 0
    spoil: int = 0
    problem: tuple[int, str] | None = None


class Ministry:
    """The node with its memory, and what a server keeps besides. Outlives a server that goes down."""

    def __init__(self, kits: Kits, largest_piece: int = 1 << 20) -> None:
        self.failing = Failing()
        self.requests: list[str] = []
        self.largest_piece = largest_piece
        self.lock = threading.RLock()
        topology = Topology(CODE, clock_time(22))
        self.actor = topology.ministry(MemoryStore)[MINISTRY]
        self.store = self.actor.store
        self.edge = SealedEdge(
            {MINISTRY: kits.server}, {TERMINAL: kits.envelope.certificate}, kits.authority.certificate
        )
        self.receipts: dict[str, tuple[str, Receipt]] = {}
        self.uploads: dict[str, tuple[dict[str, str], bytearray]] = {}
        self.sealed: dict[str, bytes] = {}
        self.manners: list[str] = []
        self._clock = WallClock()
        self._commands = 0

    def give(self, body: Body, key: str, sender: NodeId = LGWAN, cause: str = "") -> Reply:
        now = self._clock.now
        opened = self.edge.into(MINISTRY, body, now)
        with self.lock:
            return advance(self.store, self.actor.node, Event(Key(key), sender, opened, cause), now).reply

    def command(self, body: Body) -> Reply:
        self._commands += 1
        return self.give(body, f"command/{self._commands}", OUTSIDE)

    def used(self) -> Used:
        """What the municipality has used."""
        with self.store.transaction() as transaction:
            usage = transaction.state.centre.usage(CODE)
        return Used(CODE, usage.batches_up, usage.batches_down, 0, 0, 0, 0, usage.refused, "")

    def take_in(self, key: str, ref: str, cause: str, sealed: bytes, manner: str = "line") -> Receipt:
        with self.lock:
            digest = hashlib.sha256(sealed).hexdigest()
            if key in self.receipts:
                before, receipt = self.receipts[key]
                assert before == digest, "the same key came with other bytes"
                return receipt
            reply = self.give(Arrival(TERMINAL, ref, sealed, manner=manner), f"up/{key}", LGWAN, cause)
            receipt = Receipt(
                Key(key), ref, digest, len(sealed), "2026-04-02T22:00:00+09:00", "decided", reply
            )
            self.receipts[key] = (digest, receipt)
            return receipt

    def waiting(self) -> list[Outgoing]:
        with self.lock:
            return [
                one
                for one in self.store.outbox()
                if isinstance(one.body, Carry | Relay) and one.body.peer == TERMINAL
            ]

    def rows(self) -> list[Waiting]:
        rows = []
        for one in self.waiting():
            if isinstance(one.body, Carry):
                rows.append(Waiting(one.key, "batch", one.body.ref, one.cause))
            elif isinstance(one.body, Relay):
                body: Any = one.body.body
                rows.append(Waiting(one.key, "message", one.body.ref, one.cause, body=body))
        return rows

    def bytes_of(self, key: str) -> bytes | None:
        with self.lock:
            for one in self.waiting():
                if one.key == key and isinstance(one.body, Carry):
                    if key not in self.sealed:
                        body = self.edge.out(MINISTRY, one.body)
                        assert isinstance(body, Carry)
                        self.sealed[key] = body.content
                    return self.sealed[key]
        return None

    def receipt(self, key: str) -> Reply:
        with self.lock:
            for one in self.waiting():
                if one.key == key:
                    if isinstance(one.body, Carry):
                        self.give(Carried(TERMINAL, one.body.ref), f"receipt/{key}")
                    self.store.dispatched(one)
                    return Reply()
        return Reply(False, "NOTHING_WAITS")

    def accepted(self) -> dict[str, int]:
        """How often each record was taken in."""
        told: dict[str, int] = {}
        for line in self.store.journal():
            if line.kind == "record_accepted":
                told[line.data["record"]] = told.get(line.data["record"], 0) + 1
        return told

    def kinds(self, kind: str) -> list[Any]:
        return [line for line in self.store.journal() if line.kind == kind]


class _Handler(BaseHTTPRequestHandler):
    ministry: Ministry
    protocol_version = "HTTP/1.1"
    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""

    def _answer(self, status: int, value: object, **headers: str) -> None:
        content = value if isinstance(value, bytes) else msgspec.json.encode(value)
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, told in headers.items():
            self.send_header(name.replace("_", "-"), told)
        self.send_header(wire.PROFILE, PROFILE.name)
        self.end_headers()
        self.wfile.write(content)

    def _problem(self, status: int, code: str, **headers: str) -> None:
        self.close_connection = True
        self._answer(status, wire.Problem(code, "on demand"), **headers)

    def _do(self) -> None:
        failing = self.ministry.failing
        url = urlsplit(self.path)
        path = url.path
        self.ministry.requests.append(f"{self.command} {path}")
        length = int(self.headers.get("Content-Length", "0"))
        if failing.cut_up and length > failing.cut_up[0] and self.command in ("POST", "PATCH"):
            part = self.rfile.read(failing.cut_up.pop(0))
            self._partly(path, part)
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        body = self.rfile.read(length)
        if failing.problem is not None:
            self._problem(*failing.problem)
            return
        if failing.statuses:
            status, after = failing.statuses.pop(0)
            code = {429: wire.TOO_MANY, 503: wire.NOT_READY}.get(status, wire.FAILED)
            self._problem(status, code, **({"Retry_After": after} if after else {}))
            return
        self._serve(path, body, url.query)

    do_GET = do_POST = do_PATCH = do_DELETE = do_HEAD = _do

    def _lost(self) -> bool:
        """Whether the answer to a request that was processed gets lost."""
        if self.ministry.failing.lose_answers:
            self.ministry.failing.lose_answers -= 1
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return True
        return False

    def _partly(self, path: str, part: bytes) -> None:
        """A piece that was cut: a server keeps what came of it."""
        key = unquote(path.rsplit("/", 1)[-1])
        if self.command == "PATCH" and key in self.ministry.uploads:
            self.ministry.uploads[key][1].extend(part)

    def _upload(self, key: str) -> Upload:
        told, held = self.ministry.uploads[key]
        return Upload(Key(key), len(held), int(told[wire.UPLOAD_LENGTH]), "2049-01-01T00:00:00+09:00")

    def _serve(self, path: str, body: bytes, query: str) -> None:
        ministry, headers = self.ministry, self.headers
        if path == "/v1/profile":
            self._answer(200, Offer((PROFILE.name,), 1 << 26, ministry.largest_piece, 3600, "test"))
        elif path == "/v1/batches":
            key, ref = headers[wire.KEY], headers[wire.REF]
            assert wire.FORMS[wire.KEY].fullmatch(key) and wire.FORMS[wire.REF].fullmatch(ref)
            assert headers[wire.DIGEST] == wire.digest_of(body)
            receipt = ministry.take_in(key, ref, headers.get(wire.CAUSE, ""), body)
            if not self._lost():
                self._answer(202, receipt)
        elif path.startswith("/v1/batches/"):
            self._answer(200, ministry.receipts[unquote(path.rsplit("/", 1)[-1])][1])
        elif path == "/v1/uploads":
            key = headers[wire.KEY]
            ministry.uploads.setdefault(key, (dict(headers.items()), bytearray()))
            self._answer(201, self._upload(key))
        elif path.startswith("/v1/uploads/"):
            self._piece(unquote(path.rsplit("/", 1)[-1]), body)
        elif path == "/v1/usage":
            self._answer(200, ministry.used())
        elif path == "/v1/outbox":
            wait = int(query.removeprefix("wait=") or 0) if query else 0
            end = time.monotonic() + wait
            while not ministry.waiting() and time.monotonic() < end:
                time.sleep(0.02)
            self._answer(200, ministry.rows())
        elif path.endswith("/receipt"):
            reply = ministry.receipt(unquote(path.split("/")[-2]))
            if not self._lost():
                self._answer(200, reply)
        elif path.startswith("/v1/outbox/"):
            self._down(unquote(path.rsplit("/", 1)[-1]))
        elif path == "/v1/messages":
            key = headers[wire.KEY]
            assert wire.FORMS[wire.REF].fullmatch(headers[wire.REF])
            message: Any = msgspec.json.decode(body, type=wire.Message)
            self._answer(200, ministry.give(Relayed(TERMINAL, headers[wire.REF], message), f"say/{key}"))
        else:
            self._problem(404, wire.NOT_FOUND)

    def _piece(self, key: str, body: bytes) -> None:
        ministry = self.ministry
        if key not in ministry.uploads:
            self._problem(404, wire.NOT_FOUND)
            return
        told, held = ministry.uploads[key]
        if self.command == "DELETE":
            del ministry.uploads[key]
            self._answer(204, b"")
        elif self.command == "GET":
            self._answer(200, self._upload(key))
        elif int(self.headers[wire.UPLOAD_OFFSET]) != len(held):
            self._problem(409, wire.OFFSET_MISMATCH, Upload_Offset=str(len(held)))
        else:
            held += body
            if len(held) < int(told[wire.UPLOAD_LENGTH]):
                self._answer(200, self._upload(key))
                return
            receipt = ministry.take_in(key, told[wire.REF], told.get(wire.CAUSE, ""), bytes(held))
            del ministry.uploads[key]
            self._answer(202, receipt)

    def _down(self, key: str) -> None:
        failing = self.ministry.failing
        content = self.ministry.bytes_of(key)
        if content is None:
            self._problem(404, wire.NOT_FOUND)
            return
        digest = wire.digest_of(content)
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        asked = re.fullmatch(r"bytes=([0-9]+)-", self.headers.get("Range", ""))
        start = int(asked[1]) if asked and self.headers.get("If-Range") == tag else 0
        part = content[start:]
        if failing.spoil:
            failing.spoil -= 1
            part = part[:-1] + bytes([part[-1] ^ 1])
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(part)))
        self.send_header("ETag", tag)
        self.send_header(wire.WHOLE_DIGEST, digest)
        self.end_headers()
        if failing.cut_down:
            self.wfile.write(part[: failing.cut_down.pop(0)])
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.wfile.write(part)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    tls: ssl.SSLContext
    links: set[ssl.SSLSocket]

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            link = self.tls.wrap_socket(request, server_side=True)
        except OSError:
            self.shutdown_request(request)
            return
        self.links.add(link)
        try:
            super().process_request_thread(link, client_address)
        finally:
            self.links.discard(link)
            link.close()

    def hang_up(self) -> None:
        """Cuts every connection, as a process that ends does."""
        for link in list(self.links):
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        end = time.monotonic() + 5
        while self.links and time.monotonic() < end:
            time.sleep(0.01)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hung up."""


def server_tls(folder: Path, name: str, root: Path, *, asks: bool = True) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED if asks else ssl.CERT_NONE
    context.load_verify_locations(root / f"{AUTHORITY_NAME}.cert.pem")
    context.load_cert_chain(folder / f"{name}.cert.pem", folder / f"{name}.key.pem")
    return context


@contextmanager
def serving(
    ministry: Ministry, kits: Kits, port: int = 0, tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """A server on 127.0.0.1; gives its address."""
    handler = type("Handler", (_Handler,), {"ministry": ministry})
    server = _Server(("127.0.0.1", port), handler)
    server.tls = tls or server_tls(kits.folder / "server", PROFILE.agency, kits.folder / "authority")
    server.links = set()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        server.hang_up()
        thread.join(5)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def finding_of(root: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / "quarantine" / f"{name}.1.finding.json").read_bytes())
    return found
