"""The desk: what a terminal may ask, one handler a route (`routes`).

All that touches the office goes by the clerk. Who is calling was found out before (`application`); a handler
is given it as `Call.caller`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn, TypeVar
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sim.base.instant import Instant, iso
from sim.base.node import Key, NodeId, Outgoing, Reply
from sim.base.version import VERSION
from sim.drivers.live import wire
from sim.drivers.live.clock import Clock, RehearsalClock
from sim.drivers.live.ministry import limits as limiting
from sim.drivers.live.ministry.access import Caller
from sim.drivers.live.ministry.intake import Clerk
from sim.drivers.live.ministry.metrics import Metrics
from sim.drivers.live.ministry.office import waiting
from sim.drivers.live.ministry.problems import Refused, as_json
from sim.drivers.live.ministry.settings import Limits
from sim.drivers.live.wire import CAUSE, CLOCK, DIGEST, FORMS, KEY, PREFER, REF
from sim.drivers.topology import MINISTRY
from sim.nodes.messages import decode_body
from sim.nodes.messages.network import Carry
from sim.nodes.ministry.centre import Usage
from sim.stores.arrivals import KeyReused, Receipt, Upload

T = TypeVar("T")

_message: Final = msgspec.json.Decoder(wire.Message)
_WAIT: Final = re.compile(r"[0-9]{1,4}")


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was let in."""

    request: Request
    caller: Caller
    key: str

    @property
    def peer(self) -> NodeId:
        """The caller's node."""
        return self.caller.node


class Desk:
    """The handlers that take and give what is small; `transfer` has those for large batches."""

    def __init__(
        self,
        clerk: Clerk,
        clock: Clock,
        profiles: tuple[str, ...],
        limits: Limits,
        metrics: Metrics,
        description: Callable[[], bytes] = lambda: b"{}",
    ) -> None:
        self.clerk = clerk
        self.clock = clock
        self.limits = limits
        self.metrics = metrics
        self._profiles = profiles
        self._description = description
        self._offer = wire.Offer(
            profiles, limits.largest_batch, limits.largest_piece, limits.uploads_expire_after, VERSION
        )

    @property
    def rehearsal(self) -> bool:
        """Whether the callers say what is now."""
        return isinstance(self.clock, RehearsalClock)

    # --- what the server is -----------------------------------------------------------------------------
    def choose(self, request: Request) -> str:
        """The newest version that both ends speak; the server's newest when the caller names none.

        Raises:
            Refused: there is none in common.
        """
        if wire.PROFILE not in request.headers:
            return self._profiles[0]
        spoken = header(request, wire.PROFILE)
        offered = {name.strip() for name in spoken.split(",")}
        chosen = next((name for name in self._profiles if name in offered), None)
        if chosen is None:
            raise Refused(
                wire.NO_COMMON_PROFILE,
                f"expected one of {', '.join(self._profiles)}, received {spoken[:200]}",
            )
        return chosen

    async def offer(self, call: Call) -> Response:
        return as_json(self._offer)

    async def openapi(self, call: Call) -> Response:
        return Response(self._description(), media_type="application/json")

    # --- up ---------------------------------------------------------------------------------------------
    async def take_in(self, call: Call) -> Response:
        request = call.request
        key, ref, cause = (header(request, name) for name in (KEY, REF, CAUSE))
        check_cause(cause, call.peer)
        wait = preferred_wait(request)
        at = self.now(request)
        sealed = await limiting.body(request, self.limits.largest_piece, self.limits)
        if not sealed:
            raise Refused(wire.BAD_FORM, "expected the sealed bytes of a batch, received an empty body")
        digest = hashlib.sha256(sealed).digest()
        check_digest(request, digest)
        upload = Upload(call.peer, key, ref, cause, sealed, digest.hex())
        self.metrics.sealed.labels("up").inc(len(sealed))
        if self.rehearsal:
            return self.kept(await self.clerk.do(lambda: self._at_once(upload, at)))
        outcome = await self.clerk.keep(upload)
        if wait and isinstance(outcome, Receipt) and outcome.reply is None:
            outcome = await self.clerk.decided(call.peer, key, wait) or outcome
        return self.kept(outcome)

    def _at_once(self, upload: Upload, at: Instant) -> Receipt | KeyReused:
        """In a rehearsal: the batch is kept and decided before it is answered."""
        clerk = self.clerk
        clerk.office.reach(at)
        (outcome,) = clerk.arrivals.keep([upload], self.clock.now)
        if isinstance(outcome, KeyReused) or outcome.reply is not None:
            return outcome
        reply = clerk.office.take_in(upload.peer, upload.key, upload.ref, upload.cause, upload.sealed)
        clerk.arrivals.decide(outcome.n, reply, self.clock.now)
        return msgspec.structs.replace(outcome, reply=reply)

    def kept(self, outcome: Receipt | KeyReused) -> Response:
        """The receipt as it goes out: 200 once it tells a decision.

        Raises:
            Refused: the key stood for other bytes.
        """
        if isinstance(outcome, KeyReused):
            raise Refused(
                wire.KEY_REUSED,
                f"expected under this key {outcome.expected}, received {outcome.received}",
            )
        status = 202 if outcome.reply is None else 200
        return as_json(receipt_of(outcome), status, {"Location": f"/v1/batches/{quoted(outcome.key)}"})

    async def receipt(self, call: Call) -> Response:
        self._no_clock(call.request)
        if wait := preferred_wait(call.request):
            found = await self.clerk.decided(call.peer, call.key, wait)
        else:
            found = await self.clerk.do(lambda: self.clerk.arrivals.receipt(call.peer, call.key))
        if found is None:
            raise Refused(wire.NOT_FOUND, "no batch of yours was kept under this key")
        return as_json(receipt_of(found))

    async def message(self, call: Call) -> Response:
        request = call.request
        key, ref = header(request, KEY), header(request, REF)
        at = self.now(request)
        raw = await limiting.body(request, wire.LARGEST_MESSAGE, self.limits)
        try:
            body = _message.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Refused(wire.BAD_FORM, f"not a message: {error}") from error
        except OverflowError as error:
            raise Refused(wire.BAD_FORM, "not a message: a number is too large") from error
        message = lambda: self.clerk.office.message(call.peer, key, ref, body)  # noqa: E731
        return as_json(await self.at(at, message, after=call.peer))

    # --- down -------------------------------------------------------------------------------------------
    async def waiting(self, call: Call) -> Response:
        wait = query(call.request, "wait", wire.LONGEST_WAIT)
        at = self.now(call.request)

        def look() -> list[wire.Waiting]:
            return [self._told(outgoing) for outgoing in self.clerk.office.sends_to(call.peer)]

        if self.rehearsal or not wait:
            return as_json(await self.at(at, look))
        return as_json(await self.clerk.watch(call.peer, look, wait))

    def _told(self, outgoing: Outgoing) -> wire.Waiting:
        if not isinstance(outgoing.body, Carry):
            return waiting(outgoing)
        sealed = self.clerk.arrivals.sealed(MINISTRY, outgoing.n)
        return waiting(outgoing) if sealed is None else waiting(outgoing, sealed.size, sealed.digest)

    async def confirm(self, call: Call) -> Response:
        at = self.now(call.request)
        await no_body(call.request, self.limits)
        return as_json(await self.at(at, lambda: self.clerk.office.receipt(call.peer, call.key)))

    # --- the centre's view ------------------------------------------------------------------------------
    async def usage(self, call: Call) -> Response:
        self._no_clock(call.request)
        code = call.caller.code
        used: Usage = await self.clerk.do(
            lambda: self.clerk.office.look(lambda state: state.centre.usage(code))
        )
        return as_json(used_of(code, used))

    async def faults(self, call: Call) -> Response:
        self._no_clock(call.request)
        code = call.caller.code
        rows = await self.clerk.do(
            lambda: self.clerk.office.look(lambda state: list(state.centre.faults(code)))
        )
        return as_json([fault_of(name, fault.since) for name, fault in rows])

    # --- a rehearsal ------------------------------------------------------------------------------------
    async def tell(self, call: Call) -> Response:
        at = self.now(call.request)
        return as_json(await self.at(at, Reply))

    async def command(self, call: Call) -> Response:
        key = header(call.request, KEY)
        at = self.now(call.request)
        raw = await limiting.body(call.request, wire.LARGEST_COMMAND, self.limits)
        try:
            body = decode_body(raw)
        except msgspec.DecodeError as error:
            raise Refused(wire.BAD_FORM, f"not a command: {error}") from error
        return as_json(await self.at(at, lambda: self.clerk.office.command(key, body)))

    # --- time -------------------------------------------------------------------------------------------
    def now(self, request: Request) -> Instant:
        """What is now: in a rehearsal the caller says so, and nobody does otherwise."""
        if self.rehearsal:
            return Instant(int(header(request, CLOCK)))
        self._no_clock(request)
        return self.clock.now

    def _no_clock(self, request: Request) -> None:
        if CLOCK in request.headers and not self.rehearsal:
            raise Refused(wire.BAD_FORM, f"{CLOCK}: this is no rehearsal, the server has a clock of its own")

    async def at(self, at: Instant, act: Callable[[], T], *, after: NodeId | None = None) -> T:
        """Acts by the clerk; in a rehearsal after all that was due until then."""

        def all_of_it() -> T:
            if self.rehearsal:
                self.clerk.office.reach(at)
            return act()

        return await self.clerk.do(all_of_it, after=after)


# --- forms ----------------------------------------------------------------------------------------------
_OPTIONAL: Final = (CAUSE, DIGEST, PREFER)


def header(request: Request, name: str) -> str:
    """A header in its form; empty when it may be left out and is.

    Raises:
        Refused: it is not in its form, is missing, or comes twice.
    """
    values = request.headers.getlist(name)
    value = values[0] if values else ""
    if len(values) > 1 or (FORMS[name].fullmatch(value) is None and (value or name not in _OPTIONAL)):
        received = f"{len(values)} of them" if len(values) > 1 else repr(value[:100])
        raise Refused(wire.BAD_FORM, f"{name}: expected {FORMS[name].pattern}, received {received}")
    return value


def check_cause(cause: str, peer: NodeId) -> None:
    """A cause is an entry of the caller's own journal."""
    if cause and not cause.startswith(f"{peer}#"):
        raise Refused(
            wire.BAD_FORM, f"{CAUSE}: expected an entry of {peer}'s journal, received {cause[:100]!r}"
        )


def check_digest(request: Request, digest: bytes) -> None:
    """The body is the one that Content-Digest names, if it is given."""
    named = header(request, DIGEST)
    if not named:
        return
    expected = wire.read_digest(named)
    if expected is None or not hmac.compare_digest(expected, digest):
        raise Refused(wire.BAD_DIGEST, f"expected {named}, received {wire.content_digest(digest)}")


def preferred_wait(request: Request) -> int:
    """Seconds for which the caller would wait for a decision. A preference that is none of ours is no
    fault.
    """
    value = request.headers.get(PREFER, "").replace(" ", "")
    found = FORMS[PREFER].fullmatch(value)
    return min(int(value.removeprefix("wait=")), wire.LONGEST_WAIT) if found else 0


def query(request: Request, name: str, most: int) -> int:
    """A whole number of the query string, 0 when it is not given."""
    values = request.query_params.getlist(name)
    value = values[0] if values else "0"
    if len(values) > 1 or _WAIT.fullmatch(value) is None or int(value) > most:
        raise Refused(
            wire.BAD_FORM, f"{name}: expected a whole number of 0 to {most}, received {value[:20]!r}"
        )
    return int(value)


async def no_body(request: Request, limits: Limits) -> None:
    """A route without a body lets a small one pass, unread: many clients send `{}`."""
    await limiting.body(request, wire.LARGEST_MESSAGE, limits)


def receipt_of(receipt: Receipt) -> wire.Receipt:
    """A receipt as it goes out."""
    return wire.Receipt(
        Key(receipt.key),
        receipt.ref,
        receipt.digest,
        receipt.size,
        iso(receipt.kept_at),
        "kept" if receipt.reply is None else "decided",
        receipt.reply,
    )


def used_of(code: str, used: Usage) -> wire.Used:
    """Usage as it goes out."""
    return wire.Used(
        code,
        used.batches_up,
        used.batches_down,
        used.records_up,
        used.records_down,
        used.bytes_up,
        used.bytes_down,
        used.refused,
        iso(used.last) if used.last else "",
    )


def fault_of(name: str, since: Instant) -> wire.Fault:
    """A fault as it goes out; the centre names it `code/place/fault`."""
    municipality, place, fault = name.split("/")
    return wire.Fault(municipality, place, fault, iso(since))


def quoted(key: str) -> str:
    """A key as a segment of a path."""
    return quote(key, safe="")


def not_yours(what: str) -> NoReturn:
    """There is no such thing of the caller's; whether there is one of another's is nobody's business."""
    raise Refused(wire.NOT_FOUND, f"no {what} of yours lies under this key")
