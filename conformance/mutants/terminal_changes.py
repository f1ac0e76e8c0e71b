"""What is done wrong in mutants of the exchange terminal: other settings, other steps, other answers."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import msgspec

from conformance.mutants.municipal import Wrapped, wrapped
from conformance.mutants.shape import Answers
from conformance.reference.municipal import Actors
from sim.base.instant import Instant, japan_date
from sim.base.node import Body, Event, Node, NodeId, Send, Step
from sim.drivers.edge import Edge, SealedEdge
from sim.drivers.topology import MINISTRY, Places
from sim.exchange.profile import Profile
from sim.exchange.records import AgencyNotice, AnyRecord, MunicipalityNotice, MunicipalityTransmission, Result
from sim.nodes.messages.network import Arrival, Carry, CloseSession, Relayed, Sequences
from sim.nodes.messages.registry import Inbound, Outbound
from sim.nodes.messages.terminal import ExchangeDue, IdleDue, LogOff, ResendDue

Apply = Callable[[Actors, Places], Actors]
AGENCY_DAY: Final = date(2019, 4, 1)


def settings(change: Callable[[Any], dict[str, Any]]) -> Apply:
    """The terminal with other settings."""
    return wrapped("terminal", lambda node: replace(node, **change(node)))  # type: ignore[type-var]


# --- before a step --------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Before:
    """A node that something befalls before it decides. `change` gives the event, and may touch the state."""

    node: Node[Any]
    change: Callable[[Any, Event, Instant], Event]

    def step(self, state: Any, event: Event, now: Instant) -> Step:
        return self.node.step(state, self.change(state, event, now), now)


def before(change: Callable[[Any, Event, Instant], Event]) -> Apply:
    """The terminal, with something done before each step."""
    return wrapped("terminal", lambda node: Before(node, change))


def handed(change: Callable[[AnyRecord, Instant], tuple[AnyRecord, ...]]) -> Apply:
    """The terminal takes other records from the register than it was handed."""

    def altered(state: Any, event: Event, now: Instant) -> Event:
        if not isinstance(event.body, Outbound):
            return event
        records = tuple(one for record in event.body.records for one in change(record, now))
        return msgspec.structs.replace(event, body=msgspec.structs.replace(event.body, records=records))

    return before(altered)


def without_transmissions(record: AnyRecord, now: Instant) -> tuple[AnyRecord, ...]:
    """Loses transmissions."""
    return () if isinstance(record, MunicipalityTransmission) else (record,)


def lost_at_the_end(record: AnyRecord, now: Instant) -> tuple[AnyRecord, ...]:
    """Loses what is handed over on the last day before the counterpart changes."""
    last = japan_date(now) == date(2019, 3, 31) and not isinstance(record, Result)
    return () if last else (record,)


def without_status(record: AnyRecord, now: Instant) -> tuple[AnyRecord, ...]:
    """Leaves out an item from the day on which the counterpart changed."""
    if isinstance(record, MunicipalityNotice) and japan_date(now) >= AGENCY_DAY:
        return (msgspec.structs.replace(record, status=""),)
    return (record,)


def other_name(record: AnyRecord, now: Instant) -> tuple[AnyRecord, ...]:
    """Writes names in another way."""
    if isinstance(record, MunicipalityNotice):
        return (msgspec.structs.replace(record, name=record.name.replace("TEST ", "")),)
    return (record,)


def reversing(state: Any, event: Event, now: Instant) -> Event:
    """Turns what waits round before an exchange."""
    if isinstance(event.body, ExchangeDue):
        for record in reversed(state.take_queue()):
            state.enqueue(record)
    return event


def skipping(state: Any, event: Event, now: Instant) -> Event:
    """Leaves a number out at each exchange."""
    if isinstance(event.body, ExchangeDue):
        state.next_sequence("01")
    return event


def silent(state: Any, event: Event, now: Instant) -> Event:
    """Forgets what it has to say of files."""
    return _unsaid(state, event, lambda result: result.scope == "batch")


def silent_of_records(state: Any, event: Event, now: Instant) -> Event:
    """Forgets what it has to say of records that were not in order."""
    return _unsaid(state, event, lambda result: result.scope == "record" and not result.accepted)


def _unsaid(state: Any, event: Event, forgotten: Callable[[Result], bool]) -> Event:
    if isinstance(event.body, ExchangeDue):
        for record in state.take_queue():
            if not isinstance(record, Result) or not forgotten(record):
                state.enqueue(record)
    return event


def from_the_start(state: Any, event: Event, now: Instant) -> Event:
    """Does not believe where the server says that the numbers stand."""
    body = event.body
    if isinstance(body, Relayed) and isinstance(body.body, Sequences):
        up = tuple((business, 1) for business, _ in body.body.up)
        told = msgspec.structs.replace(body.body, up=up)
        return msgspec.structs.replace(event, body=msgspec.structs.replace(body, body=told))
    return event


# --- after a step ---------------------------------------------------------------------------------------
def sending(change: Callable[[Event, Send], tuple[Send, ...]]) -> Apply:
    """The terminal, with other sends."""

    def altered(event: Event, step: Step) -> Step:
        sends = tuple(one for send in step.sends for one in change(event, send))
        return msgspec.structs.replace(step, sends=sends)

    return wrapped("terminal", lambda node: Wrapped(node, altered))


def never_again(event: Event, send: Send) -> tuple[Send, ...]:
    """Sends nothing again."""
    again = isinstance(send.body, Carry) and isinstance(event.body, Arrival | ResendDue)
    return () if again else (send,)


def never_disconnecting(event: Event, send: Send) -> tuple[Send, ...]:
    """Stays connected."""
    return () if isinstance(send.body, CloseSession) else (send,)


def inward(change: Callable[[Inbound], tuple[Inbound, ...]]) -> Apply:
    """The terminal hands other things to the register."""
    return sending(
        lambda event, send: (
            tuple(Send(send.to, one) for one in change(send.body))
            if isinstance(send.body, Inbound)
            else (send,)
        )
    )


def without_notices(inbound: Inbound) -> tuple[Inbound, ...]:
    """Keeps agency notices back."""
    kept = tuple(one for one in inbound.records if not isinstance(one, AgencyNotice))
    return (msgspec.structs.replace(inbound, records=kept),)


def doubled(inbound: Inbound) -> tuple[Inbound, ...]:
    """Hands everything over twice."""
    return (inbound, inbound)


def without_period(inbound: Inbound) -> tuple[Inbound, ...]:
    """Leaves an item of a notice out."""
    records = tuple(
        msgspec.structs.replace(one, period_until=None) if isinstance(one, AgencyNotice) else one
        for one in inbound.records
    )
    return (msgspec.structs.replace(inbound, records=records),)


@dataclass(frozen=True, slots=True)
class OnlyWithRecords:
    """Lets a day pass on which the register handed nothing over."""

    node: Any

    def step(self, state: Any, event: Event, now: Instant) -> Step:
        if isinstance(event.body, ExchangeDue):
            waiting = state.take_queue()
            for record in waiting:
                state.enqueue(record)
            if all(isinstance(record, Result) for record in waiting):
                return Step(wakes=(self.node._next_exchange(now),))
        step: Step = self.node.step(state, event, now)
        return step


@dataclass(frozen=True, slots=True)
class Tarrying:
    """Keeps what was handed over on a day back until the exchange of the next."""

    node: Node[Any]

    def step(self, state: Any, event: Event, now: Instant) -> Step:
        waiting = state.take_queue() if isinstance(event.body, ExchangeDue) else []
        today = japan_date(now)
        early = [one for one in waiting if getattr(one, "filed_date", None) == today]
        for record in waiting:
            if record not in early:
                state.enqueue(record)
        step = self.node.step(state, event, now)
        for record in early:
            state.enqueue(record)
        return step


@dataclass(frozen=True, slots=True)
class Repeating:
    """Puts back what it has sent, so that it goes with the next exchange again."""

    node: Node[Any]

    def step(self, state: Any, event: Event, now: Instant) -> Step:
        if not isinstance(event.body, ExchangeDue):
            return self.node.step(state, event, now)
        waiting = state.take_queue()
        for record in waiting:
            state.enqueue(record)
        step = self.node.step(state, event, now)
        for record in waiting:
            if not isinstance(record, Result):
                state.enqueue(record)
        return step


@dataclass(frozen=True, slots=True)
class Lingering:
    """Leaves the operator logged on after a job."""

    node: Node[Any]

    def step(self, state: Any, event: Event, now: Instant) -> Step:
        session = state.console.session()
        step = self.node.step(state, event, now)
        left = session is not None and state.console.session() is None
        if left and not isinstance(event.body, LogOff | IdleDue):
            state.console.open(session.operator, now)
        return step


# --- profiles, envelopes, answers -----------------------------------------------------------------------
def mixing(profile: Profile) -> Profile:
    """The profile, with certificates in the business of residence."""
    layouts = dict(profile.layouts)
    kind = "certificate_issuance_notice"
    layouts[kind] = replace(layouts[kind], business="residence")
    return replace(profile, layouts=layouts)


@dataclass(frozen=True, slots=True)
class Open:
    """An edge that seals nothing, or takes in what is not sealed."""

    inner: Edge
    seals: bool = True
    asks: bool = True

    def out(self, sender: NodeId, body: Body) -> Body:
        return self.inner.out(sender, body) if self.seals else body

    def into(self, to: NodeId, body: Body, now: Instant) -> Body:
        opened = self.inner.into(to, body, now)
        fault = isinstance(opened, Arrival) and opened.fault
        return body if fault and not self.asks else opened


def sealing_nothing(edge: Edge) -> Edge:
    """Files leave as they are."""
    return Open(edge, seals=False)


def opening_all(edge: Edge) -> Edge:
    """Files that are not sealed are taken in."""
    return Open(edge, asks=False)


def for_itself(edge: Edge) -> Edge:
    """Files are sealed with the terminal's own certificate."""
    if not isinstance(edge, SealedEdge):
        return edge
    own = next(iter(edge.own.values()))
    return replace(edge, certificates={MINISTRY: own.certificate})


def when(op: str, wrong: Callable[[dict[str, Any]], bool], **said: Any) -> Answers:
    """Says something else in answer to some requests of an operation."""
    return lambda asked, request, answer: answer | said if asked == op and wrong(request) else answer


def accepting(op: str, reason: str) -> Answers:
    """Says that it is done where it would refuse for that reason."""
    return lambda asked, request, answer: (
        answer | {"accepted": True, "reason": ""} if asked == op and answer["reason"] == reason else answer
    )


def without(what: str) -> Callable[[dict[str, Any]], dict[str, Any] | None]:
    """Leaves out the entries of the log that tell of this."""
    return lambda entry: None if entry["what"] == what else entry


def unlike(kind: str) -> Callable[[dict[str, Any]], dict[str, Any] | None]:
    """Leaves out the incidents of this kind."""
    return lambda incident: None if incident["kind"] == kind else incident


def cut_short(answer: dict[str, Any]) -> dict[str, Any]:
    """A medium that lacks an entry."""
    rows = base64.b64decode(answer["content"]).split(b"\n")
    return answer | {"content": base64.b64encode(b"\n".join(rows[:1] + rows[2:])).decode()}


def outdated(answer: dict[str, Any]) -> dict[str, Any]:
    """A medium with a log that is sound, and that ends before its last entry."""
    rows = base64.b64decode(answer["content"]).split(b"\n")
    if len(rows) < 5:
        return answer
    kept = rows[: len(rows) - 3]
    head = json.loads(kept[-1])["hash"]
    last = json.dumps({"entries": len(kept) - 1, "head": head}, separators=(",", ":")).encode()
    content = b"\n".join([*kept, last, b""])
    digest = hashlib.sha256(content).hexdigest()
    return answer | {"content": base64.b64encode(content).decode(), "digest": digest}
