"""One endpoint's end of the exchange, over the wire `/v1`: connect, upload, wait, download, acknowledge.

    connect     a new connection with the endpoint's own certificate
    upload      each batch of the exchange                              until each has its receipt (202)
    decision    long poll of the outbox                                 until the answers wait there
    download    each answer, checked against its digest
    acknowledge the receipt of each                                     until the server has said that it
    knows

Whatever goes wrong on the way is counted by its code, and the exchange goes on where it was, with a new
connection, after a pause that grows. That is what the wire promises: every request may be repeated. Only what
no repetition helps against ends it: a certificate that is refused, a key that was used for something else.

Nothing is opened here: answers are handed on as they came, so that the generator does not measure itself.
The sockets are those of the standard library, which the engine's event loop takes over.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final
from urllib.parse import quote

import msgspec

from load.engine.rows import CUT, DONE, FAILED, Answer, Row
from load.keys import TLS, Keys
from load.payloads import Parcel, Scheduled
from sim.drivers.live.wire import BATCH, DIGEST, KEY, REF, Waiting, digest_of

# The name in the server's certificate. Through the network, an endpoint calls an address of its own.
SERVER_NAME: Final = "localhost"
# Seconds: for one request, for the server to hold back an answer, and between two attempts: from, to.
REQUEST: Final = 30.0
WAIT: Final = 20
PAUSES: Final = (0.25, 8.0)
# What no repetition helps against.
_FINAL: Final = frozenset({400, 403, 404, 405, 406, 411, 413, 415, 422})
_OK: Final = 200
_ACCEPTED: Final = 202

_waiting: Final = msgspec.json.Decoder(list[Waiting]).decode


class Broken(Exception):
    """A request was not served. `code`: why; `final`: asking again does not help; `after`: not before."""

    def __init__(self, code: str, *, final: bool = False, after: float = 0.0) -> None:
        super().__init__(code)
        self.code = code
        self.final = final
        self.after = after


@dataclass(frozen=True, slots=True)
class Door:
    """Where an endpoint finds the server."""

    host: str
    port: int


class Link(http.client.HTTPConnection):
    """A connection with the endpoint's certificate; the server proves itself by its own name."""

    def __init__(self, door: Door, tls: ssl.SSLContext, timeout: float) -> None:
        super().__init__(door.host, door.port, timeout=timeout)
        self._tls = tls

    def connect(self) -> None:
        raw = socket.create_connection((self.host, self.port), self.timeout)
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sock = self._tls.wrap_socket(raw, server_hostname=SERVER_NAME)
        except BaseException:
            raw.close()
            raise


def tls_of(keys: Keys, code: str) -> ssl.SSLContext:
    """TLS for an endpoint's end of a link."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(keys.root)
    context.load_cert_chain(*keys.pair(TLS, code))
    return context


@dataclass(slots=True)
class Standing:
    """What an endpoint remembers between its exchanges: batches that were kept, answers that are here."""

    kept: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)

    @property
    def awaited(self) -> int:
        """So many answers are still to come."""
        return max(len(self.kept) - len(self.answered), 0)


class Conduct:
    """One exchange from beginning to end.

    Args:
        planned: what is sent; `sealed` gives the bytes of a batch.
        tls: the endpoint's context, made when it is needed.
        now: microseconds from the beginning of the run.
        sleep: lets the others work meanwhile.
        until: when the exchange is given up, in microseconds from the beginning of the run.
    """

    def __init__(
        self,
        planned: Scheduled,
        sealed: Callable[[Parcel], bytes],
        door: Door,
        tls: Callable[[], ssl.SSLContext],
        standing: Standing,
        *,
        now: Callable[[], int],
        sleep: Callable[[float], object],
        until: int,
        worker: str,
        dispatched: int,
        wait: int = WAIT,
    ) -> None:
        self._planned = planned
        self._sealed = sealed
        self._door = door
        self._make_tls = tls
        self._tls: ssl.SSLContext | None = None
        self._standing = standing
        self._now = now
        self._sleep = sleep
        self._until = until
        self._worker = worker
        self._wait = wait
        self._luck = Random(planned.name)  # pauses differ from endpoint to endpoint, not from run to run
        self._connection: Link | None = None
        self._times: dict[str, int] = {"dispatched": dispatched}
        self._answers: dict[str, Answer] = {}
        self.contents: list[bytes] = []
        self._uploads: list[str] = []
        self._statuses: dict[str, int] = {}
        self._errors: dict[str, int] = {}
        self._outcome, self._failure = CUT, ""
        self._retries = self._up = self._down = 0

    def run(self) -> None:
        """The whole exchange. What comes of it is told by `row`, also when this was left by an exception."""
        self._times["begun"] = self._now()
        tries = 0
        try:
            while True:
                reached = len(self._times), len(self._uploads), len(self._answers)
                try:
                    self._go_on()
                    self._outcome = DONE
                    return
                except Broken as broken:
                    self._errors[broken.code] = self._errors.get(broken.code, 0) + 1
                    self._failure = broken.code
                    if broken.final:
                        self._outcome = FAILED
                        return
                    self._hang_up()
                    if reached != (len(self._times), len(self._uploads), len(self._answers)):
                        tries = 0
                    pause = max(self._pause(tries), broken.after)
                    tries += 1
                    if self._now() + pause * 1e6 >= self._until:
                        self._outcome = FAILED
                        return
                    self._retries += 1
                    self._sleep(pause)
        finally:
            self._hang_up()
            self._times["ended"] = self._now()

    def row(self) -> Row:
        """What came of it."""
        planned = self._planned
        return Row(
            code=planned.code,
            nth=planned.nth,
            night=planned.night,
            intended=planned.start,
            records=planned.records,
            worker=self._worker,
            outcome=self._outcome,
            failure="" if self._outcome == DONE else self._failure,
            retries=self._retries,
            uploads=tuple(self._uploads),
            answers=tuple(self._answers.values()),
            bytes_up=self._up,
            bytes_down=self._down,
            statuses=self._statuses,
            errors=self._errors,
            **self._times,
        )

    # --- steps ----------------------------------------------------------------------------------------------
    def _go_on(self) -> None:
        """Everything that is not done yet."""
        self._connect()
        for parcel in self._planned.parcels:
            if parcel.ref not in self._standing.kept:
                self._upload(parcel)
        self._reached("kept")
        for answer in [one for one in self._answers.values() if not one.acknowledged]:
            # It is here, but whether the server has heard so is not known: the connection broke.
            self._acknowledge(answer.key)
        while self._standing.awaited:
            left = (self._until - self._now()) // 1_000_000
            if left < 0:
                raise Broken("NO_ANSWER", final=True)
            self._take(self._outbox(min(self._wait, left)))
        # An exchange whose answers had come with another one's is over without any of its own.
        for step in ("decided", "down", "acknowledged"):
            self._reached(step)

    def _connect(self) -> None:
        if self._connection is not None:
            return
        if self._tls is None:
            self._tls = self._make_tls()
        connection = Link(self._door, self._tls, REQUEST)
        try:
            connection.connect()
        except (OSError, ssl.SSLError) as error:
            raise Broken(_named(error)) from error
        self._connection = connection
        self._reached("connected")

    def _upload(self, parcel: Parcel) -> None:
        content = self._sealed(parcel)
        headers = {KEY: parcel.key, REF: parcel.ref, "Content-Type": "application/cms"}
        self._ask("POST", "/v1/batches", headers, content)
        self._up += len(content)
        self._standing.kept.add(parcel.ref)
        self._uploads.append(parcel.ref)

    def _outbox(self, wait: int) -> list[Waiting]:
        """What waits, as soon as something does, or nothing after so many seconds."""
        content = self._ask("GET", f"/v1/outbox?wait={wait}")
        try:
            return _waiting(content)
        except msgspec.DecodeError as error:
            raise Broken("BAD_ANSWER") from error

    def _take(self, waiting: list[Waiting]) -> None:
        """Fetches and acknowledges what waits."""
        fresh = [one for one in waiting if one.kind == BATCH and one.key not in self._standing.answered]
        if fresh and len(fresh) >= self._standing.awaited:
            self._reached("decided")
        for one in fresh:
            self._download(one)
        if fresh and not self._standing.awaited:
            self._reached("down")
        for one in waiting:
            # Also what came before: the server had not heard that it is here.
            self._acknowledge(one.key)

    def _acknowledge(self, key: str) -> None:
        """The receipt of what is here; the server knows one that it has had before."""
        self._ask("POST", f"/v1/outbox/{quote(key, safe='')}/receipt")
        if key in self._answers:
            self._answers[key] = msgspec.structs.replace(self._answers[key], acknowledged=True)

    def _download(self, one: Waiting) -> None:
        content = self._ask("GET", f"/v1/outbox/{quote(one.key, safe='')}")
        self._down += len(content)
        self._standing.answered.add(one.key)
        self._answers[one.key] = Answer(one.key, one.ref, 0, len(content), False)
        self.contents.append(content)

    # --- requests -------------------------------------------------------------------------------------------
    def _ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None
    ) -> bytes:
        """The body of an answer of 200 or 202.

        Raises:
            Broken: any other, or none.
        """
        connection = self._connection
        assert connection is not None
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise Broken(_named(error)) from error
        status = response.status
        self._statuses[str(status)] = self._statuses.get(str(status), 0) + 1
        if status in (_OK, _ACCEPTED):
            told = response.getheader(DIGEST)
            if told is not None and told != digest_of(content):
                raise Broken("BAD_DIGEST")
            return content
        raise Broken(_code_of(status, content), final=status in _FINAL, after=_after(response))

    def _reached(self, step: str) -> None:
        """The first time counts: what comes after a broken connection is a repetition."""
        self._times.setdefault(step, self._now())

    def _pause(self, tries: int) -> float:
        first, longest = PAUSES
        pause: float = min(first * 2**tries, longest) * (0.5 + self._luck.random())
        return pause

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _named(error: Exception) -> str:
    """What went wrong on the way, as a short name."""
    match error:
        case ConnectionRefusedError():
            return "REFUSED"
        case TimeoutError():
            return "TIMEOUT"
        case ssl.SSLError():
            return "TLS"
        case ConnectionError() | http.client.HTTPException():
            return "BROKEN"
    return "UNREACHABLE"


def _code_of(status: int, content: bytes) -> str:
    """The status with the code of the problem that the answer tells."""
    try:
        problem = json.loads(content)
        code = str(problem["code"])[:40]
    except (ValueError, KeyError, TypeError):
        return str(status)
    return f"{status} {code}"


def _after(response: http.client.HTTPResponse) -> float:
    """Seconds that the server asks to wait; 0 when it does not."""
    text = response.getheader("Retry-After", "")
    return min(float(text), 3600.0) if text.isascii() and text.isdigit() else 0.0


class SealedFiles:
    """The sealed batches of a folder, read when they are sent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, int] = {}

    def of(self, planned: Scheduled) -> Callable[[Parcel], bytes]:
        """How the batches of an exchange are read."""
        descriptor = self._files.get(planned.file)
        if descriptor is None:
            descriptor = self._files[planned.file] = os.open(self._folder / planned.file, os.O_RDONLY)
        opened = descriptor
        return lambda parcel: os.pread(opened, parcel.size, parcel.offset)

    def close(self) -> None:
        for descriptor in self._files.values():
            os.close(descriptor)
        self._files.clear()
