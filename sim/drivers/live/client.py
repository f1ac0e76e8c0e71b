"""The ministry server as an exchange terminal sees it: every route of wire `/v1` over mutual TLS.

Every request may be repeated, because the server knows its key. What a caller has to tell apart:

    Unreachable     nobody answered: the line, the proxy or the server is down. Try again.
    TryLater        somebody answered 429 or 503: try again, not before `after` seconds.
    Faulty          the server failed over it (5xx): nothing was kept. Try again, and tell its operators.
    Refused         an answer that stays the same however often it is asked; `code` says why. Also a server
                    whose certificate is not the server's, and a server that does not take our certificate.

Within its patience the client repeats by itself, with pauses that grow from `FIRST_PAUSE` to `LONGEST_PAUSE`.
They differ from caller to caller, so that those whom one outage has cut off do not all come back at once; the
same caller always makes the same pauses. A large batch goes up in pieces and goes on at the server's offset
after a cut; a batch that comes down goes on at the byte where it was cut.

In a rehearsal time stands still meanwhile: a server that was killed and comes back within the patience leaves
no trace in the journals.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from sim.base.instant import Instant
from sim.base.node import Body, Key, Reply
from sim.drivers.live import wire
from sim.drivers.live.answers import (
    CERTIFICATE_REFUSED,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    NOT_UNDERSTOOD,
    REMEDIES,
    SERVER_NOT_TRUSTED,
    Faulty,
    Gone,
    Moved,
    Refused,
    TryLater,
    Unanswered,
    Unreachable,
    distrust,
    pauses,
    problem_of,
    seconds_of,
)
from sim.drivers.live.download import Held
from sim.drivers.live.wire import (
    CAUSE,
    CLOCK,
    KEY,
    REF,
    Fault,
    Message,
    Offer,
    Receipt,
    Upload,
    Used,
    Waiting,
)
from sim.nodes.messages import encode_body

# Real seconds: for one request, and for all attempts together.
ONE_REQUEST: Final = 30.0
PATIENCE: Final = 15.0
_HANG_UP_WITHIN: Final = 5.0

__all__ = [
    "CERTIFICATE_REFUSED",
    "LONGEST_PAUSE",
    "SERVER_NOT_TRUSTED",
    "Faulty",
    "HttpServer",
    "Refused",
    "Server",
    "TryLater",
    "Unanswered",
    "Unreachable",
    "pauses",
]

T = TypeVar("T")


class Server(Protocol):
    """What a rehearsed terminal may ask of the ministry server. Everything raises `Unanswered`."""

    def tell(self, at: Instant) -> None:
        """It is `at` now, in the rehearsal."""
        ...

    def upload(self, key: Key, ref: str, cause: str, sealed: bytes, at: Instant) -> Reply:
        """Hands a sealed batch over; gives what the server's office decided."""
        ...

    def waiting(self, at: Instant) -> list[Waiting]:
        """What waits for this terminal."""
        ...

    def download(self, waiting: Waiting, at: Instant) -> bytes:
        """The sealed bytes of a batch that waits."""
        ...

    def receipt(self, key: Key, at: Instant) -> Reply:
        """Confirms that what waited under `key` is kept here."""
        ...

    def command(self, key: Key, body: Body, at: Instant) -> Reply:
        """Gives the ministry an input of the rehearsal."""
        ...


class HttpServer:
    """The server at the other end of a mutually authenticated TLS connection.

    Args:
        at: a port of this machine, or a whole `https://…` address, which may be a proxy's of the network.
        tls: with the caller's certificate; it checks the server's.
        patience: real seconds for which a request is repeated.
        name: the name in the server's certificate; that of the address when it is empty.
        caller: draws the pauses.
        profiles: versions that the caller speaks, newest first; told with every request.
        redials: whether the patience is also for a connection that does not come about. Without it that is
            `Unreachable` at once, for a caller with pauses of its own.
    """

    def __init__(
        self,
        at: int | str,
        tls: ssl.SSLContext,
        patience: float = PATIENCE,
        *,
        name: str = "",
        caller: str = "",
        profiles: Sequence[str] = (),
        one_request: float = ONE_REQUEST,
        redials: bool = True,
    ) -> None:
        url = f"https://127.0.0.1:{at}" if isinstance(at, int) else at
        headers = {"Accept-Encoding": "identity"}
        if profiles:
            headers[wire.PROFILE] = ",".join(profiles)
        # No proxy of the environment may stand between the two.
        self._client = httpx.Client(
            base_url=url, verify=tls, timeout=one_request, trust_env=False, headers=headers
        )
        self._extensions: dict[str, Any] = {"trace": self._traced}
        if name:
            self._extensions["sni_hostname"] = name
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._idle = threading.Condition()
        self._busy = 0
        self._patience = patience
        self._caller = caller
        self._redials = redials
        self._one_request = one_request
        self._closed = threading.Event()
        self._offer: Offer | None = None
        self.chosen = ""
        """The version that the server chose from `profiles`, once it has answered."""

    def close(self) -> None:
        """Hangs up, from any thread: who waits for an answer or in a pause stops waiting."""
        self._closed.set()
        for link in list(self._sockets):
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        with self._idle:
            self._idle.wait_for(lambda: not self._busy, _HANG_UP_WITHIN)
        self._client.close()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """A request that is under way; none begins once we hang up.

        Raises:
            Unreachable: we have hung up.
        """
        with self._idle:
            if self._closed.is_set():
                raise Unreachable("this end has hung up")
            self._busy += 1
        try:
            yield
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def _traced(self, event: str, told: Mapping[str, Any]) -> None:
        """Notes each socket, so that `close` can end a request that waits for its answer."""
        if event == "connection.start_tls.complete":
            link = told["return_value"].get_extra_info("socket")
            if isinstance(link, socket.socket):
                self._sockets.add(link)

    # --- what the server is ------------------------------------------------------------------------------
    def offer(self) -> Offer:
        """What the server speaks and takes, asked anew.

        Raises:
            Refused: `NO_COMMON_PROFILE`, or the caller may not come in.
        """
        self._offer = self._ask(Offer, "GET", "/v1/profile")
        return self._offer

    def usage(self) -> Used:
        """What the caller's municipality has used."""
        return self._ask(Used, "GET", "/v1/usage")

    def faults(self) -> list[Fault]:
        """The faults of the caller's municipality that are open."""
        return self._ask(list[Fault], "GET", "/v1/faults")

    # --- up ------------------------------------------------------------------------------------------------
    def send(
        self, key: Key, ref: str, cause: str, sealed: bytes, at: Instant | None = None, wait: int = 0
    ) -> Receipt:
        """Hands a sealed batch over, whole or in pieces; gives the receipt, after which it is kept there.

        A key that this caller used before is its own earlier attempt: sealed anew the bytes differ, what they
        hold does not. `wait`: seconds that the server may take to decide, too.
        """
        offer = self._offer or self.offer()
        if len(sealed) > offer.largest_piece:
            return self._by_pieces(key, ref, cause, sealed, offer.largest_piece, at)
        headers = {KEY: key, REF: ref, CAUSE: cause, wire.DIGEST: wire.digest_of(sealed)}
        if wait:
            headers[wire.PREFER] = f"wait={wait}"
        try:
            return self._ask(Receipt, "POST", "/v1/batches", at, headers, sealed)
        except Refused as refused:
            if refused.code != wire.KEY_REUSED:
                raise
            return self.receipt_of(key, at)

    def receipt_of(self, key: Key, at: Instant | None = None) -> Receipt:
        """What became of a batch that was handed over."""
        return self._ask(Receipt, "GET", f"/v1/batches/{_quoted(key)}", at)

    def abandon(self, key: Key) -> None:
        """Gives a begun upload up; one that is not there is given up already."""
        with suppress(Gone):
            self._response("DELETE", f"/v1/uploads/{_quoted(key)}")

    def say(self, key: Key, ref: str, message: Message) -> Reply:
        """Tells the server something that is no batch."""
        # A name of ours may hold a slash, which the header's form does not; nobody reads it but in a log.
        headers = {KEY: key, REF: ref.replace("/", ".")}
        return self._ask(Reply, "POST", "/v1/messages", None, headers, msgspec.json.encode(message))

    def upload(self, key: Key, ref: str, cause: str, sealed: bytes, at: Instant) -> Reply:
        receipt = self.send(key, ref, cause, sealed, at, wire.LONGEST_WAIT)
        while receipt.reply is None:
            receipt = self.receipt_of(key, at)
            if receipt.reply is None:
                self._closed.wait(FIRST_PAUSE)
        return receipt.reply

    # --- down ----------------------------------------------------------------------------------------------
    def waiting(self, at: Instant | None = None, wait: int = 0) -> list[Waiting]:
        """What waits for this terminal, in the order in which it is to be taken.

        `wait`: seconds to wait for something when there is nothing.
        """
        path = f"/v1/outbox?wait={wait}" if wait else "/v1/outbox"
        return self._ask(list[Waiting], "GET", path, at, timeout=self._one_request + wait)

    def download(self, waiting: Waiting, at: Instant | None = None) -> bytes:
        """The sealed bytes of a batch that waits, whole and unaltered."""
        path = f"/v1/outbox/{_quoted(waiting.key)}"
        held = Held()
        for pause in self._attempts():
            try:
                with (
                    self._asking(),
                    self._client.stream(
                        "GET", path, headers=self._headers(at, held.onward()), extensions=self._extensions
                    ) as response,
                ):
                    if response.status_code not in (200, 206):
                        response.read()
                        self._judge(response, path, "GET", pause)
                        continue
                    held.begin(response)
                    for piece in response.iter_raw():
                        held.take(piece)
                if held.whole():
                    return bytes(held.content)
                held.drop()
                if pause < 0 or self._closed.wait(pause):
                    raise Unreachable(f"GET {path}: the bytes are not those that the server named")
            except httpx.TransportError as error:
                self._cut(error, path, "GET", pause)
        raise AssertionError("attempts end with an exception")

    def receipt(self, key: Key, at: Instant | None = None) -> Reply:
        return self._ask(Reply, "POST", f"/v1/outbox/{_quoted(key)}/receipt", at)

    # --- a rehearsal ---------------------------------------------------------------------------------------
    def tell(self, at: Instant) -> None:
        self._ask(Reply, "POST", "/v1/clock", at)

    def command(self, key: Key, body: Body, at: Instant) -> Reply:
        return self._ask(Reply, "POST", "/v1/commands", at, {KEY: key}, encode_body(body))

    # --- by pieces -----------------------------------------------------------------------------------------
    def _by_pieces(
        self, key: Key, ref: str, cause: str, sealed: bytes, piece: int, at: Instant | None
    ) -> Receipt:
        """Begins the upload, or goes on with it where the server says that it stands."""
        path = f"/v1/uploads/{_quoted(key)}"
        begin = {KEY: key, REF: ref, CAUSE: cause, wire.UPLOAD_LENGTH: str(len(sealed))}
        begin[wire.DIGEST] = wire.digest_of(sealed)
        found = self._begun(key, begin, at)
        waits = self._attempts()
        while isinstance(found, Upload):
            if found.length != len(sealed):
                self.abandon(key)  # of other bytes, sealed in an earlier life
                found = self._begun(key, begin, at)
                continue
            headers = {wire.UPLOAD_OFFSET: str(found.offset)}
            part = sealed[found.offset : found.offset + piece]
            try:
                response = self._response("PATCH", path, at, headers, part, repeat=False)
            except Moved:
                found = self._ask(Upload, "GET", path, at)
            except Gone:  # it has expired, or a lost answer had completed it
                found = self._begun(key, begin, at)
            except Unreachable:
                before, found = found.offset, self._standing(path, key, begin, at)
                if isinstance(found, Upload) and found.offset > before:
                    waits = self._attempts()  # something came through: the patience begins anew
                elif (pause := next(waits)) < 0 or self._closed.wait(pause):
                    raise
            else:
                found = _receipt_or_upload(response, "PATCH", path)
        return found

    def _standing(
        self, path: str, key: Key, begin: Mapping[str, str], at: Instant | None
    ) -> Receipt | Upload:
        try:
            return self._ask(Upload, "GET", path, at)
        except Gone:
            return self._begun(key, begin, at)

    def _begun(self, key: Key, headers: Mapping[str, str], at: Instant | None) -> Receipt | Upload:
        try:
            response = self._response("POST", "/v1/uploads", at, headers)
        except Refused as refused:
            if refused.code != wire.KEY_REUSED:
                raise
            with suppress(Gone):
                return self.receipt_of(key, at)
            self.abandon(key)
            response = self._response("POST", "/v1/uploads", at, headers)
        return _receipt_or_upload(response, "POST", "/v1/uploads")

    # --- requests ------------------------------------------------------------------------------------------
    def _ask(
        self,
        expected: type[T] | Any,
        method: str,
        path: str,
        at: Instant | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        timeout: float | None = None,
    ) -> T:
        response = self._response(method, path, at, headers, content, timeout=timeout)
        found: T = _read(response, expected, method, path)
        return found

    def _response(
        self,
        method: str,
        path: str,
        at: Instant | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        *,
        timeout: float | None = None,
        repeat: bool = True,
    ) -> httpx.Response:
        """A good answer, after as many attempts as patience allows. `repeat`: also when nobody answers."""
        for pause in self._attempts():
            try:
                with self._asking():
                    response = self._client.request(
                        method,
                        path,
                        headers=self._headers(at, headers or {}),
                        content=content,
                        timeout=timeout or self._one_request,
                        extensions=self._extensions,
                    )
            except httpx.TransportError as error:
                self._cut(error, path, method, pause if repeat else -1.0)
                continue
            if response.is_success:
                self.chosen = response.headers.get(wire.PROFILE, self.chosen)
                return response
            self._judge(response, path, method, pause)
        raise AssertionError("attempts end with an exception")

    def _headers(self, at: Instant | None, more: Mapping[str, str]) -> dict[str, str]:
        told = {name: value for name, value in more.items() if value}
        return told if at is None else {CLOCK: str(at), **told}

    def _attempts(self) -> Iterator[float]:
        """The pause that may follow each attempt; a negative one when it was the last."""
        end = time.monotonic() + self._patience
        for pause in pauses(self._caller):
            rest = end - time.monotonic()
            yield -1.0 if rest <= 0 else min(pause, rest)

    def _cut(self, error: httpx.TransportError, path: str, method: str, pause: float) -> None:
        """No answer: waits for the next attempt, if there is to be one.

        Raises:
            Refused: the two ends do not trust each other, which no patience mends.
            Unreachable: this was the last attempt.
        """
        told = f"{type(error).__name__}: {error}"
        if (code := distrust(error)) is not None:
            raise Refused(
                code,
                0,
                where=f"{method} {path} at {self._client.base_url}",
                received=told,
                remedy=REMEDIES[code],
            ) from error
        nobody = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
        if pause < 0 or (nobody and not self._redials) or self._closed.wait(pause):
            raise Unreachable(told) from error

    def _judge(self, response: httpx.Response, path: str, method: str, pause: float) -> None:
        """An answer that is not good: waits for the next attempt, or raises what it means."""
        status = response.status_code
        problem = problem_of(response)
        where = f"{method} {path}"
        if status in (408, 429, 503):
            after = seconds_of(response.headers.get("Retry-After", ""))
            wait = max(pause, after)
            # A server that wants to be left alone for longer than we have is not asked again.
            if pause < 0 or wait > self._patience or self._closed.wait(wait):
                raise TryLater(f"status {status} {problem.code}: {problem.detail}", after)
            return
        told = {"where": where, "received": f"status {status} {problem.code}: {problem.detail[:2000]}"}
        if status >= 500:
            raise Faulty("the ministry server failed over a request", **told)
        kind = {404: Gone, 409: Moved}.get(status, Refused)
        raise kind(problem.code, status, **told, remedy=REMEDIES.get(problem.code))


def _read(response: httpx.Response, expected: Any, method: str, path: str) -> Any:
    try:
        return msgspec.json.decode(response.content, type=expected)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(
            NOT_UNDERSTOOD,
            response.status_code,
            where=f"{method} {path}",
            expected=getattr(expected, "__name__", str(expected)),
            received=f"status {response.status_code}: {response.text[:500]} ({error})",
            remedy="the address may be that of another program: see server.url",
        ) from error


def _receipt_or_upload(response: httpx.Response, method: str, path: str) -> Receipt | Upload:
    """Which of the two it is the field tells that the other lacks."""
    is_receipt = b'"kept_at"' in response.content
    found: Receipt | Upload = _read(response, Receipt if is_receipt else Upload, method, path)
    return found


def _quoted(key: str) -> str:
    return quote(key, safe="")
