"""Ways of getting it wrong in the municipal system: other rules; steps that drop, double, alter, delay.

The mutants here send the records of filings wrongly; those of the law and of the counters have modules of
their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from conformance.mutants.shape import Mutant
from conformance.reference.municipal import Actors
from sim.base.instant import DAY, Instant
from sim.base.journal import Entry
from sim.base.node import Body, Event, Node, NodeId, Send, Step, Wake
from sim.drivers.topology import Places, Topology
from sim.exchange.records import AnyRecord, MunicipalityTransmission
from sim.nodes.messages.registry import Outbound

Change = Callable[[Event, Step], Step]


# --- replaced rules ------------------------------------------------------------------------------------
def rules(**replaced: Any) -> Callable[[Topology], Topology]:
    """A topology whose nodes ask these rules instead of the law."""
    return lambda topology: replace(topology, rules=replace(topology.rules, **replaced))


# --- wrapped steps -------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Wrapped:
    """A node whose steps are changed after it has decided."""

    node: Node[Any]
    change: Change

    def step(self, state: Any, event: Event, now: Instant) -> Step:
        return self.change(event, self.node.step(state, event, now))


class Held(Body, frozen=True):
    """A send that a delaying node keeps back until it is woken."""

    to: NodeId
    body: Body


@dataclass(frozen=True, slots=True)
class Delayed:
    """A node whose sends leave late."""

    node: Node[Any]
    pause: int

    def step(self, state: Any, event: Event, now: Instant) -> Step:
        if isinstance(event.body, Held):
            return Step(sends=(Send(event.body.to, event.body.body),))
        step = self.node.step(state, event, now)
        held = tuple(Wake(Instant(now + self.pause), Held(send.to, send.body)) for send in step.sends)
        return msgspec.structs.replace(step, sends=(), wakes=(*step.wakes, *held))


def wrapped(place: str, wrap: Callable[[Node[Any]], Node[Any]]) -> Callable[[Actors, Places], Actors]:
    """Wraps the actor at a place: `counter`, `registry`, `link` or `terminal`."""

    def apply(actors: Actors, at: Places) -> Actors:
        name: NodeId = getattr(at, place)
        return actors | {name: replace(actors[name], node=wrap(actors[name].node))}

    return apply


def changed(place: str, change: Change) -> Callable[[Actors, Places], Actors]:
    """Changes every step of the actor at a place."""
    return wrapped(place, lambda node: Wrapped(node, change))


def with_entries(step: Step, entries: list[Entry]) -> Step:
    """The step with other entries; its sends keep the entry that caused them, if it is still there."""
    cause = step.entries[step.cause] if step.entries else None
    place = next((i for i, entry in enumerate(entries) if entry is cause), 0)
    return msgspec.structs.replace(step, entries=tuple(entries), cause=place)


def dropping(kind: str) -> Change:
    """Leaves out what the step wrote down under `kind`, as if it had not been done."""
    return lambda event, step: with_entries(step, [entry for entry in step.entries if entry.kind != kind])


def altering(kind: str, **data: object) -> Change:
    """Writes other data under `kind`."""

    def altered(entry: Entry) -> Entry:
        return msgspec.structs.replace(entry, data=entry.data | data) if entry.kind == kind else entry

    return lambda event, step: msgspec.structs.replace(
        step, entries=tuple(altered(entry) for entry in step.entries)
    )


def moving_first(kind: str) -> Change:
    """Does first what the node does under `kind`."""
    return lambda event, step: with_entries(step, sorted(step.entries, key=lambda entry: entry.kind != kind))


def doubling(event: Event, step: Step) -> Step:
    """Sends everything twice."""
    return msgspec.structs.replace(step, sends=step.sends + step.sends)


def without_transmission(event: Event, step: Step) -> Step:
    """Sends no transmission (市町村伝達), though the step says that it was raised."""

    def kept(body: Body) -> Body:
        if not isinstance(body, Outbound):
            return body
        records: tuple[AnyRecord, ...] = tuple(
            record for record in body.records if not isinstance(record, MunicipalityTransmission)
        )
        return Outbound(records)

    sends = tuple(Send(send.to, kept(send.body)) for send in step.sends)
    return msgspec.structs.replace(step, sends=sends)


def _raising_no_transmission(event: Event, step: Step) -> Step:
    entries = [entry for entry in step.entries if entry.data.get("kind") != "municipality_transmission"]
    return with_entries(without_transmission(event, step), entries)


def _reversing(event: Event, step: Step) -> Step:
    sends = tuple(
        Send(send.to, Outbound(send.body.records[::-1])) if isinstance(send.body, Outbound) else send
        for send in step.sends
    )
    return msgspec.structs.replace(step, sends=sends)


ALL: Final = (
    Mutant(
        "raise-no-transmission",
        "市町村伝達を作らない",
        "raises no transmission",
        "sent",
        actors=changed("registry", _raising_no_transmission),
    ),
    Mutant(
        "transmit-as-landing",
        "単独の住居地の届出を、すべて新規上陸後の届出として伝達する",
        "transmits every separate residence notification as one after landing",
        "transmission_article",
        topology=rules(residence_duty=lambda person, history: "immi.19-7-1"),
    ),
    Mutant(
        "send-a-day-late",
        "その日の情報連携に載せず、1日遅らせる",
        "keeps records back from the day's exchange for a day",
        "ministry_accepted",
        actors=wrapped("registry", lambda node: Delayed(node, DAY)),
    ),
    Mutant(
        "send-twice",
        "同じ記録を2回送る",
        "sends the same records twice",
        "sent_once",
        actors=changed("registry", doubling),
    ),
    Mutant(
        "send-in-reverse",
        "一人の記録を作った順と逆に送る",
        "sends the records of a person in reverse",
        "in_order",
        actors=changed("registry", _reversing),
    ),
    Mutant(
        "lose-transmission",
        "作った市町村伝達を送らずに失う",
        "loses a transmission that was raised",
        "nothing_lost",
        actors=changed("registry", without_transmission),
    ),
)
