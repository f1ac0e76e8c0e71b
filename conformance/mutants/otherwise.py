"""Ways of doing something otherwise: nodes that decide differently, records and files that are changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from conformance.mutants.shape import Answers, Body, answering
from conformance.reference.municipal_register import Actors
from sim.base.instant import Instant
from sim.base.node import Event, Node, NodeId, Send, Step
from sim.drivers.topology import Places
from sim.exchange import batch as batches
from sim.exchange.batch import Header
from sim.exchange.profile import open_profile
from sim.exchange.records import AnyRecord
from sim.nodes.messages.network import Carry
from sim.nodes.messages.registry import Outbound

Decide = Callable[[Node[Any], Any, Event, Instant], Step]
"""(the node as it should be, its state, what it is told, now) to the step as it is."""
Records = tuple[AnyRecord, ...]


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A node that does something else, or what it should and more."""

    node: Node[Any]
    decide: Decide

    def step(self, state: Any, event: Event, now: Instant) -> Step:
        return self.decide(self.node, state, event, now)


def otherwise(place: str, decide: Decide) -> Callable[[Actors, Places], Actors]:
    """The actor at a place (`registry`, `link` or `terminal`) decides otherwise."""

    def apply(actors: Actors, at: Places) -> Actors:
        name: NodeId = getattr(at, place)
        return actors | {name: replace(actors[name], node=Otherwise(actors[name].node, decide))}

    return apply


def sends_through(step: Step, change: Callable[[Send], Send | None]) -> Step:
    """The step with other sends; None leaves one out."""
    sends = tuple(sent for send in step.sends if (sent := change(send)) is not None)
    return msgspec.structs.replace(step, sends=sends)


# --- records --------------------------------------------------------------------------------------------
def records(
    change: Callable[[AnyRecord], AnyRecord | None], place: str = "registry"
) -> Callable[[Actors, Places], Actors]:
    """Changes each record on its way to the terminal; None loses it."""

    def changed(send: Send) -> Send | None:
        if not isinstance(send.body, Outbound):
            return send
        made = tuple(one for record in send.body.records if (one := change(record)) is not None)
        return Send(send.to, Outbound(made, send.body.again)) if made else None

    return otherwise(
        place,
        lambda node, state, event, now: sends_through(node.step(state, event, now), changed),
    )


def raising(make: Callable[[Any, Event, Step], Records]) -> Callable[[Actors, Places], Actors]:
    """The register sends more than it should: what `make` gives for its state, event and step."""

    def apply(actors: Actors, at: Places) -> Actors:
        def decide(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
            step = node.step(state, event, now)
            more = make(state, event, step) if step.reply.ok else ()
            sends = (Send(at.link, Outbound(more)),) if more else ()
            return msgspec.structs.replace(step, sends=(*step.sends, *sends))

        return otherwise("registry", decide)(actors, at)

    return apply


# --- files ----------------------------------------------------------------------------------------------
def files(
    change: Callable[[Header, Records], tuple[Header, Records] | None],
) -> Callable[[Actors, Places], Actors]:
    """The terminal writes other batches; None writes none."""
    profile = open_profile()

    def changed(send: Send) -> Send | None:
        if not isinstance(send.body, Carry):
            return send
        batch = batches.decode(send.body.content, profile).batch
        if batch is None:
            return send
        made = change(batch.header, batch.records)
        if made is None:
            return None
        header, held = made
        header = msgspec.structs.replace(header, count=len(held))
        content = batches.encode(header, held, profile)
        return Send(send.to, msgspec.structs.replace(send.body, content=content))

    return otherwise(
        "terminal",
        lambda node, state, event, now: sends_through(node.step(state, event, now), changed),
    )


# --- answers --------------------------------------------------------------------------------------------
def record_as(change: Callable[[Body], Body]) -> Answers:
    """What is said of a resident record, otherwise."""
    return answering("query", lambda answer: change(dict(answer)))


def item_as(item: str, change: Callable[[str], str]) -> Answers:
    """One item of a resident record is shown otherwise."""

    def shown(answer: Body) -> Body:
        items = dict(answer["items"])
        if item in items:
            items[item] = change(items[item])
        return answer | {"items": items}

    return record_as(shown)
