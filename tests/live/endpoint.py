"""A municipality's end of the line for safety tests: lean, in this process, and it forgets nothing.

It asks each thing again until it is answered, and knows at any moment what it is asking for. Whatever comes
twice, out of order or other than before is an assertion of its own, at once.
"""

from __future__ import annotations

import hashlib
import http.client
import itertools
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec
from cryptography import x509

from sim.base.journal import VERSION as JOURNAL
from sim.base.journal import Data, Line
from sim.base.node import Reply
from sim.drivers.live import wire
from sim.drivers.live.clock import WallClock
from sim.exchange import batch as batches
from sim.exchange import pki
from sim.exchange.batch import DOWN, UP, Batch, Header
from sim.exchange.envelope import Opened, open_sealed, seal
from sim.exchange.examples import RECORDS
from sim.exchange.pki import AUTHORITY_NAME, Identity
from sim.exchange.profile import open_profile, open_profiles
from sim.exchange.records import AgencyNotice, AnyRecord, MunicipalityNotice, Result, kind_of

PROFILE: Final = open_profile()
# As the certificate names the server.
SERVER: Final = "127.0.0.1"
# Real seconds: for one answer, for all attempts at one, between two of them.
_ONE_ANSWER: Final = 30.0
_PATIENCE: Final = 90.0
_PAUSE: Final = 0.005

Answer = tuple[int, Mapping[str, str], bytes]


@dataclass(frozen=True)
class Kit:
    """What a municipality was handed, read once: to check an RSA key takes as long as to make it."""

    code: str
    envelope: Identity
    agency: x509.Certificate
    trust: x509.Certificate
    tls: ssl.SSLContext

    @staticmethod
    def read(kit: Path) -> Kit:
        """The kit in that folder."""
        code, at = kit.name, kit / "tls"
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.load_verify_locations(at / f"{AUTHORITY_NAME}.cert.pem")
        tls.load_cert_chain(at / f"{code}.cert.pem", at / f"{code}.key.pem")
        envelope = kit / "envelope"
        return Kit(
            code,
            pki.load(envelope, code),
            pki.load_certificate(envelope, PROFILE.agency),
            pki.load_certificate(envelope, AUTHORITY_NAME),
            tls,
        )

    def open(self, sealed: bytes) -> bytes:
        """What the agency sealed for us."""
        opened = open_sealed(sealed, self.envelope, self.trust, date(2025, 4, 1))
        assert isinstance(opened, Opened), opened
        assert opened.sender == PROFILE.agency
        return opened.content


@dataclass
class Sent:
    """A batch that went up. `answered_at`: when it was known to be kept, in microseconds since 1970."""

    ref: str
    sealed: bytes
    records: tuple[AnyRecord, ...]
    answered_at: int = 0


@dataclass
class Endpoint:
    """One municipality.

    Args:
        port: where the server, or the network before it, listens; may wait until there is one.
        piece: bytes of a piece, for one that sends and fetches in pieces; 0 for whole batches.
        hears: while it is not set, the answers to what is `deaf_to` are lost.
    """

    kit: Kit
    port: Callable[[], int]
    host: str = "127.0.0.1"
    piece: int = 0
    hears: threading.Event = field(default_factory=threading.Event)
    deaf_to: str = ""
    doing: str = ""
    answers: int = 0
    cut: Counter[str] = field(default_factory=Counter)
    sent: list[Sent] = field(default_factory=list)
    received: dict[str, str] = field(default_factory=dict)
    told: dict[tuple[str, str], Result] = field(default_factory=dict)
    notices: list[AgencyNotice] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hears.set()
        self._connection: http.client.HTTPSConnection | None = None
        self._owed: list[Result] = []
        self._sequences: Counter[str] = Counter()
        self._down: Counter[str] = Counter()
        self._numbers = itertools.count(1)
        self._answers = itertools.count(1)
        self._written: Counter[str] = Counter()

    @property
    def code(self) -> str:
        return self.kit.code

    @property
    def owes(self) -> bool:
        """Whether a notice of the agency awaits our answer."""
        return any(result.scope == "record" for result in self._owed)

    # --- the exchange -----------------------------------------------------------------------------------
    def exchange(self, *records: AnyRecord, business: str = "resident_register") -> Sent:
        """One batch up with these records and what we owe, its decision, and all that waits down."""
        sent = self.make(*records, business=business)
        self.upload(sent)
        self.decided(sent)
        self.fetch(until=lambda: ("batch", sent.ref) in self.told)
        return sent

    def notice(self, **items: Any) -> MunicipalityNotice:
        """A good notice about a person of our own."""
        number = next(self._numbers)
        assert number < 1000
        found = msgspec.structs.replace(
            RECORDS["municipality_notice"][0],
            record_id=f"{self.code}-{number:08d}",
            person_ref=f"P{self.code}{number:06d}",
            card_number=f"AB{self.code[:5]}{number:03d}CD",
            became_resident_date=date(2020, 10, 3),
            event_date=date(2024, 4, 1),
            filed_date=date(2024, 4, 2),
            **items,
        )
        assert isinstance(found, MunicipalityNotice)
        return found

    def make(self, *records: AnyRecord, business: str = "resident_register") -> Sent:
        """The next batch, sealed."""
        of = PROFILE.businesses[business].code
        self._sequences[of] += 1
        owed, self._owed = self._owed, []
        held = (*records, *owed)
        header = Header(
            PROFILE.name,
            self.code,
            PROFILE.agency,
            of,
            UP,
            self._sequences[of],
            WallClock().now,
            len(held),
        )
        ref = header.batch_id
        content = batches.encode(header, held, PROFILE)
        for record in records:
            data: Data = {"record": record.record_id, "kind": kind_of(record), "business": business}
            self._write("registry", "record_raised", record.person_ref, data)  # type: ignore[union-attr]
        contains = [record.record_id for record in records]
        self._write(
            "terminal", "batch_made", ref, {"direction": UP, "business": business, "contains": contains}
        )
        sent = Sent(ref, seal(content, self.kit.envelope, self.kit.agency), held)
        self.sent.append(sent)
        return sent

    def upload(self, sent: Sent) -> wire.Receipt:
        """Hands it over until there is a receipt."""
        if self.piece:
            receipt = self._by_pieces(sent)
        else:
            headers = {wire.KEY: sent.ref, wire.REF: sent.ref, wire.DIGEST: wire.digest_of(sent.sealed)}
            status, _, content = self.ask("upload", "POST", "/v1/batches", headers, sent.sealed)
            assert status in (200, 202), content
            receipt = msgspec.json.decode(content, type=wire.Receipt)
        sent.answered_at = time.time_ns() // 1000
        assert (receipt.key, receipt.ref, receipt.size) == (sent.ref, sent.ref, len(sent.sealed))
        assert receipt.digest == hashlib.sha256(sent.sealed).hexdigest()
        return receipt

    def _by_pieces(self, sent: Sent) -> wire.Receipt:
        path, length = f"/v1/uploads/{sent.ref}", len(sent.sealed)
        begin = {wire.KEY: sent.ref, wire.REF: sent.ref, wire.UPLOAD_LENGTH: str(length)}
        status, _, content = self.ask("begin", "POST", "/v1/uploads", begin)
        while b'"kept_at"' not in content:
            assert status in (200, 201), content
            at = msgspec.json.decode(content, type=wire.Upload).offset
            part = sent.sealed[at : at + self.piece]
            told = {wire.UPLOAD_OFFSET: str(at), wire.DIGEST: wire.digest_of(part)}
            status, more, content = self.ask("piece", "PATCH", path, told, part)
            if status == 409:  # the answer to the same piece was lost
                assert int(more["upload-offset"]) == at + len(part), content
                status, _, content = self.ask("offset", "GET", path)
            elif status == 404:  # the answer to the last piece was lost
                assert at + len(part) == length, content
                status, _, content = self.ask("begin", "POST", "/v1/uploads", begin)
                assert b'"kept_at"' in content, content
        assert status in (200, 202), content
        return msgspec.json.decode(content, type=wire.Receipt)

    def decided(self, sent: Sent) -> None:
        """Waits until the office has decided. What was answered for is there, whatever happened since."""
        while True:
            path, wait = f"/v1/batches/{sent.ref}", {wire.PREFER: "wait=5"}
            status, _, content = self.ask("decision", "GET", path, wait)
            assert status == 200, f"{sent.ref} was answered for and is lost: {content!r}"
            receipt = msgspec.json.decode(content, type=wire.Receipt)
            if receipt.reply is not None:
                assert receipt.reply.ok, receipt
                return

    def fetch(self, until: Callable[[], bool]) -> None:
        """Takes what waits, batch by batch, and confirms it."""
        end = time.monotonic() + _PATIENCE
        while not until():
            assert time.monotonic() < end, f"{self.code}: nothing came down any more"
            status, _, content = self.ask("outbox", "GET", "/v1/outbox?wait=2")
            assert status == 200, content
            for waiting in msgspec.json.decode(content, type=list[wire.Waiting]):
                assert waiting.key not in self.received, f"{waiting.ref} was confirmed and waits again"
                sealed = self.download(waiting)
                self._take(waiting, self.kit.open(sealed))
                self._confirm(waiting)

    def download(self, waiting: wire.Waiting) -> bytes:
        """The sealed bytes: the same however often they are asked for."""
        path, held, tag = f"/v1/outbox/{quote(waiting.key, safe='')}", b"", ""
        while True:
            headers = {}
            if self.piece:
                headers["Range"] = f"bytes={len(held)}-{len(held) + self.piece - 1}"
                if tag:
                    headers["If-Range"] = tag
            status, told, content = self.ask("download", "GET", path, headers)
            assert status == (206 if self.piece else 200), f"{waiting.ref}: {status}, other bytes than before"
            held, tag = held + content, told["etag"]
            if not self.piece or len(held) == int(told["content-range"].rpartition("/")[2]):
                digest = hashlib.sha256(held)
                assert told[wire.WHOLE_DIGEST.lower()] == wire.content_digest(digest.digest())
                assert waiting.digest in (None, digest.hexdigest()), f"{waiting.ref} was sealed twice"
                return held

    def _confirm(self, waiting: wire.Waiting) -> None:
        path = f"/v1/outbox/{quote(waiting.key, safe='')}/receipt"
        before = sum(self.cut.values())
        status, _, content = self.ask("receipt", "POST", path)
        assert status == 200, content
        reply = msgspec.json.decode(content, type=Reply)
        again = sum(self.cut.values()) > before
        assert reply.ok or (again and reply.code == "NOTHING_WAITS"), reply
        self.received[waiting.key] = waiting.ref

    def _take(self, waiting: wire.Waiting, content: bytes) -> None:
        batch = read(content)
        header = batch.header
        assert header.batch_id == waiting.ref
        assert header.batch_id not in self.received.values(), f"{header.batch_id} came down twice"
        self._down[header.business] += 1
        assert header.sequence == self._down[header.business], f"{header.batch_id} is out of its order"
        business = PROFILE.business_of_code(header.business)
        assert business is not None
        data: Data = {"direction": DOWN, "business": business.name}
        self._write("terminal", "batch_received", header.batch_id, data)
        answers = [Result(record_id="", scope="batch", answers=header.batch_id, outcome="accepted")]
        for record in batch.records:
            if isinstance(record, Result):
                self._hear(record)
            else:
                assert isinstance(record, AgencyNotice)
                assert record.record_id not in {notice.record_id for notice in self.notices}
                self.notices.append(record)
                data = {"record": record.record_id, "kind": "agency_notice"}
                self._write("registry", "notice_confirmed", record.person_ref, data)
                answers.append(
                    Result(record_id="", scope="record", answers=record.record_id, outcome="accepted")
                )
        for answer in answers:
            number = f"{self.code}-T{next(self._answers):08d}"
            self._owed.append(msgspec.structs.replace(answer, record_id=number))

    def _hear(self, result: Result) -> None:
        name = (result.scope, result.answers)
        assert name not in self.told, f"{name} was answered twice"
        self.told[name] = result
        if result.scope == "record":
            (record,) = (one for sent in self.sent for one in sent.records if one.record_id == result.answers)
            data: Data = {"record": result.answers, "kind": kind_of(record), "outcome": result.outcome}
            self._write("registry", "result_applied", record.person_ref, data)  # type: ignore[union-attr]

    # --- requests ---------------------------------------------------------------------------------------
    def ask(
        self, doing: str, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Asks until there is an answer, which is never the server's failure."""
        end = time.monotonic() + _PATIENCE
        while True:
            assert time.monotonic() < end, f"{method} {path}: nobody answers"
            try:
                connection = self._connected()
            except OSError:
                self.close()
                time.sleep(_PAUSE)
                continue
            self.doing = doing
            try:
                connection.request(method, path, body or None, dict(headers or {}))
                if doing == self.deaf_to and not self.hears.is_set():
                    self.hears.wait(_ONE_ANSWER)
                    raise ConnectionResetError
                with connection.getresponse() as response:
                    content = response.read()
            except (OSError, http.client.HTTPException):
                self.cut[doing] += 1
                self.close()
                continue
            finally:
                self.doing = ""
            self.answers += 1
            if response.status == 429:
                time.sleep(_PAUSE)
                continue
            assert response.status < 500, f"{method} {path}: {response.status} {content!r}"
            return response.status, {name.lower(): value for name, value in response.headers.items()}, content

    def _connected(self) -> http.client.HTTPSConnection:
        if self._connection is None:
            self._connection = _Line(self.host, self.port(), self.kit.tls)
            self._connection.connect()
        return self._connection

    def close(self) -> None:
        """Hangs up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _write(self, side: str, kind: str, subject: str, data: Data) -> None:
        """A line as our terminal or register would have it in its journal."""
        node = f"{side}-{self.code}"
        self._written[node] += 1
        n = self._written[node]
        self.lines.append(Line(JOURNAL, node, n, WallClock().now, kind, "", "", subject, data))


class _Line(http.client.HTTPSConnection):
    """A connection to the server by its name, wherever the network's end of it is."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=_ONE_ANSWER, context=tls)
        self._tls = tls

    def connect(self) -> None:
        link = socket.create_connection((self.host, self.port), self.timeout)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._tls.wrap_socket(link, server_hostname=SERVER)


def read(content: bytes) -> Batch:
    """A batch in whichever version of the profile it was written."""
    found = (batches.decode(content, profile).batch for profile in open_profiles())
    return next(batch for batch in found if batch is not None)
