"""Large batches: up by pieces that go on after a cut, down in ranges of the same sealed bytes."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sim.base.errors import HarnessError
from sim.base.instant import SECOND, Instant, iso
from sim.base.node import Key, NodeId
from sim.drivers.live import wire
from sim.drivers.live.ministry import limits as limiting
from sim.drivers.live.ministry.desk import (
    Call,
    Desk,
    check_cause,
    check_digest,
    header,
    no_body,
    not_yours,
    quoted,
)
from sim.drivers.live.ministry.problems import Refused, as_json
from sim.drivers.live.wire import CAUSE, DIGEST, KEY, REF, UPLOAD_LENGTH, UPLOAD_OFFSET, WHOLE_DIGEST
from sim.drivers.topology import MINISTRY
from sim.nodes.messages.network import Carry
from sim.stores.arrivals import Arrivals, KeyReused, Misplaced, Partial, Receipt, Sealed

_RANGE: Final = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


class Transfer:
    """The handlers for batches by pieces and for sealed downloads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._clerk = desk.clerk
        self._limits = desk.limits

    # --- up, by pieces ----------------------------------------------------------------------------------
    async def begin_upload(self, call: Call) -> Response:
        request = call.request
        key, ref, cause = (header(request, name) for name in (KEY, REF, CAUSE))
        check_cause(cause, call.peer)
        length = int(header(request, UPLOAD_LENGTH))
        at = self._desk.now(request)
        await no_body(request, self._limits)
        if length < 1:
            raise Refused(wire.BAD_FORM, f"{UPLOAD_LENGTH}: expected at least 1, received {length}")
        if length > self._limits.largest_batch:
            raise Refused(
                wire.TOO_LARGE, f"expected at most {self._limits.largest_batch} bytes, received {length}"
            )

        def begin() -> Partial | Receipt | KeyReused:
            arrivals = self._clerk.arrivals
            begun = arrivals.partials(call.peer)
            if len(begun) >= self._limits.uploads_at_once and all(one.key != key for one in begun):
                raise Refused(
                    wire.TOO_MANY,
                    f"expected at most {self._limits.uploads_at_once} begun uploads: finish one first",
                    {"Retry-After": "60"},
                )
            return arrivals.begin(call.peer, key, ref, cause, length, self._expires())

        outcome = await self._desk.at(at, begin)
        if not isinstance(outcome, Partial):
            return self._desk.kept(outcome)
        return as_json(_upload(outcome), 201, {"Location": f"/v1/uploads/{quoted(key)}", **_offset(outcome)})

    async def upload(self, call: Call) -> Response:
        found = await self._clerk.do(lambda: self._clerk.arrivals.partial(call.peer, call.key))
        if found is None or found.expires_at <= self._desk.clock.now:
            not_yours("begun upload")
        return as_json(_upload(found), 200, _offset(found))

    async def piece(self, call: Call) -> Response:
        request = call.request
        offset = int(header(request, UPLOAD_OFFSET))
        at = self._desk.now(request)
        content = await limiting.body(request, self._limits.largest_piece, self._limits, counted=True)
        check_digest(request, hashlib.sha256(content).digest())
        self._desk.metrics.sealed.labels("up").inc(len(content))

        def append() -> Partial | Receipt | Misplaced | None:
            arrivals = self._clerk.arrivals
            now = self._desk.clock.now
            outcome = arrivals.append(call.peer, call.key, offset, content, self._expires(), now)
            if isinstance(outcome, Receipt):
                return self._complete(outcome)
            return outcome

        outcome = await self._desk.at(at, append)
        if outcome is None:
            not_yours("begun upload")
        if isinstance(outcome, Misplaced):
            raise Refused(
                wire.OFFSET_MISMATCH,
                f"expected the bytes from {outcome.partial.received} to at most {outcome.partial.length},"
                f" received {outcome.size} bytes from {outcome.offset}",
                _offset(outcome.partial),
            )
        if isinstance(outcome, Receipt):
            return self._desk.kept(outcome)
        return as_json(_upload(outcome), 200, _offset(outcome))

    def _complete(self, receipt: Receipt) -> Receipt:
        """The last piece is here: the office decides the batch later, in a rehearsal now."""
        if not self._desk.rehearsal:
            self._clerk.kept(receipt)
            return receipt
        for kept in self._clerk.arrivals.undecided(1, receipt.n - 1):
            self._clerk.decide(kept)
        return self._clerk.arrivals.receipt(receipt.peer, receipt.key) or receipt

    async def abandon(self, call: Call) -> Response:
        await no_body(call.request, self._limits)
        if not await self._clerk.do(lambda: self._clerk.arrivals.abandon(call.peer, call.key)):
            not_yours("begun upload")
        return Response(status_code=204)

    def _expires(self) -> Instant:
        return Instant(self._desk.clock.now + self._limits.uploads_expire_after * SECOND)

    # --- down, in ranges --------------------------------------------------------------------------------
    async def download(self, call: Call) -> Response:
        sealed = await self._clerk.do(lambda: self._sealed(call.peer, call.key))
        if sealed is None:
            not_yours("batch")
        tag = f'"{sealed.digest}"'
        headers = {
            "ETag": tag,
            WHOLE_DIGEST: wire.content_digest(bytes.fromhex(sealed.digest)),
            "Accept-Ranges": "bytes",
            "Content-Type": "application/cms",
            "Cache-Control": "no-store",
        }
        if tag in _tags(call.request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers={"ETag": tag})
        asked = _range(call.request, tag, sealed.size)
        if asked is None:  # of a part it would be that part's (RFC 9530)
            headers[DIGEST] = headers[WHOLE_DIGEST]
        start, end = asked or (0, sealed.size)
        if asked is not None:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{sealed.size}"
        headers["Content-Length"] = str(end - start)
        if call.request.method != "HEAD":
            self._desk.metrics.sealed.labels("down").inc(end - start)
        return _Sealed(
            200 if asked is None else 206,
            headers,
            self._clerk.arrivals.sealed_pieces(MINISTRY, sealed.n, start, end)
            if call.request.method != "HEAD"
            else iter(()),
            self._limits.piece_within,
        )

    def _sealed(self, peer: NodeId, key: str) -> Sealed | None:
        """The sealed bytes of what waits, made and kept when they are asked for first."""
        outgoing = self._clerk.office.send_to(peer, key)
        if outgoing is None or not isinstance(outgoing.body, Carry):
            return None
        arrivals: Arrivals = self._clerk.arrivals
        known = arrivals.sealed(MINISTRY, outgoing.n)
        return known or arrivals.keep_sealed(MINISTRY, outgoing.n, self._clerk.office.seal(outgoing))


@dataclass(frozen=True, slots=True)
class _Piece:
    """What there is of a download next; `content` is None at its end."""

    content: bytes | None


class _Sealed(Response):
    """Sealed bytes block by block. A caller who does not take them in time is hung up on."""

    def __init__(self, status: int, headers: dict[str, str], pieces: Iterator[bytes], within: float) -> None:
        super().__init__(None, status, headers)
        self._pieces = pieces
        self._within = within
        self._told = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = [(name.lower().encode(), value.encode()) for name, value in self._told.items()]
        await send({"type": "http.response.start", "status": self.status_code, "headers": raw})
        left = 0 if scope["method"] == "HEAD" else int(self._told["Content-Length"])
        while left > 0:
            piece = await run_in_threadpool(lambda: _Piece(next(self._pieces, None)))
            if piece.content is None:
                raise HarnessError("a batch was confirmed while it was being fetched")
            left -= len(piece.content)
            async with asyncio.timeout(self._within):
                await send({"type": "http.response.body", "body": piece.content, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _range(request: Request, tag: str, size: int) -> tuple[int, int] | None:
    """The one range that is asked for, as (start, end); None for the whole.

    What is no range of bytes, or more than one, is as if it were not there (RFC 9110, 14.2).

    Raises:
        Refused: there is no such range.
    """
    value = request.headers.get("range")
    condition = request.headers.get("if-range")
    if value is None or (condition is not None and condition != tag):
        return None
    match = _RANGE.fullmatch(value.replace(" ", ""))
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":
        start, end = max(size - int(match[2]), 0), size
    else:
        start, end = int(match[1]), min(int(match[2]) + 1, size) if match[2] else size
        if match[2] and int(match[2]) < start:
            return None
    if start >= end:
        raise Refused(
            wire.RANGE_REFUSED,
            f"expected a range within {size} bytes, received {value[:60]!r}",
            {"Content-Range": f"bytes */{size}"},
        )
    return start, end


def _tags(value: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in value.split(",")}


def _upload(partial: Partial) -> wire.Upload:
    return wire.Upload(Key(partial.key), partial.received, partial.length, iso(partial.expires_at))


def _offset(partial: Partial) -> dict[str, str]:
    return {UPLOAD_OFFSET: str(partial.received)}
