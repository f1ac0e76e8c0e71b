"""Ways in which a ministry server does something otherwise: what it is told, what it sends, what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec

from conformance.mutants.otherwise import Decide, Otherwise, Records, sends_through
from conformance.reference.municipal import Actors
from sim.base.instant import Instant
from sim.base.node import Body, Event, Node, NodeId, Send, Step
from sim.drivers.topology import LGWAN, MINISTRY, Places
from sim.exchange import batch as batches
from sim.exchange.batch import Header
from sim.exchange.profile import open_profiles
from sim.exchange.records import AnyRecord, Result
from sim.nodes.messages.network import Arrival, Carry

Change = Callable[[Actors, Places], Actors]


def at_node(name: NodeId, decide: Decide) -> Change:
    """The server or the network decides otherwise."""
    return lambda actors, at: (
        actors | {name: replace(actors[name], node=Otherwise(actors[name].node, decide))}
    )


def server(decide: Decide) -> Change:
    """The server decides otherwise."""
    return at_node(MINISTRY, decide)


def network(decide: Decide) -> Change:
    """The network decides otherwise."""
    return at_node(LGWAN, decide)


def made_with(name: NodeId = MINISTRY, **settings: Any) -> Change:
    """The server, or the network, is set up otherwise."""

    def apply(actors: Actors, at: Places) -> Actors:
        node: Any = actors[name].node
        given = {key: value(node) if callable(value) else value for key, value in settings.items()}
        return actors | {name: replace(actors[name], node=replace(node, **given))}

    return apply


def hearing(change: Callable[[Any, Body, Instant], Body], name: NodeId = MINISTRY) -> Change:
    """What it is told is something else by the time it hears it. `change`: of state, body and now."""

    def decide(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
        body = change(state, event.body, now)
        return node.step(state, msgspec.structs.replace(event, body=body), now)

    return at_node(name, decide)


def reading(change: Callable[[Any, Arrival, bytes], bytes]) -> Change:
    """A file holds something else by the time the server reads it."""

    def changed(state: Any, body: Body, now: Instant) -> Body:
        if not isinstance(body, Arrival):
            return body
        return msgspec.structs.replace(body, content=change(state, body, body.content))

    return hearing(changed)


def closed(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """A file in CSV with another body, and a trailer that fits it; anything else as it is."""
    body, found, _ = content.rpartition(b"T,")
    if not found or content.startswith(b"<"):
        return content
    body = change(body)
    return body + f"T,{body.count(b'D,')},{batches.digest_of(body)}\r\n".encode()


def read(content: bytes) -> batches.Batch | None:
    """The batch in a file, in whatever version it is written."""
    decoded = (batches.decode(content, profile).batch for profile in open_profiles())
    return next((batch for batch in decoded if batch is not None), None)


def down(change: Callable[[Header, Records], tuple[Header, Records]]) -> Change:
    """The server writes other files."""
    profiles = {profile.name: profile for profile in open_profiles()}

    def changed(send: Send) -> Send:
        if not isinstance(send.body, Carry):
            return send
        batch = read(send.body.content)
        assert batch is not None, "what the server writes is a batch"
        header, records = change(batch.header, batch.records)
        header = msgspec.structs.replace(header, count=len(records))
        content = batches.encode(header, records, profiles[header.profile])
        return Send(send.to, msgspec.structs.replace(send.body, content=content))

    return server(lambda node, state, event, now: sends_through(node.step(state, event, now), changed))


def each_record(change: Callable[[AnyRecord], AnyRecord | None]) -> Change:
    """Changes each record on its way down; None loses it."""

    def changed(header: Header, records: Records) -> tuple[Header, Records]:
        return header, tuple(one for record in records if (one := change(record)) is not None)

    return down(changed)


def each_result(change: Callable[[Result], Result | None]) -> Change:
    """Changes each result on its way down; None loses it."""
    return each_record(lambda record: change(record) if isinstance(record, Result) else record)


def backwards(kind: type[AnyRecord], scope: str = "") -> Any:
    """The records of a kind come in the reverse order."""

    def changed(header: Header, records: Records) -> tuple[Header, Records]:
        turned = iter([one for one in reversed(records) if _is(one, kind, scope)])
        return header, tuple(next(turned) if _is(one, kind, scope) else one for one in records)

    return down(changed)


def _is(record: AnyRecord, kind: type[AnyRecord], scope: str) -> bool:
    return isinstance(record, kind) and (not scope or getattr(record, "scope", "") == scope)
