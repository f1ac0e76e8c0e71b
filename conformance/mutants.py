"""Deliberately broken municipal systems: each must be caught by the check that it names.

A node has no switch for being wrong. A mutant comes from outside: it replaces a rule of the `Rules`
bundle, or wraps a node's step and changes what the step says (drops, doubles, reorders, alters, delays).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from sim.base.instant import DAY, Instant
from sim.base.journal import Entry
from sim.base.node import Body, Event, Node, NodeId, Reply, Send, Step, Wake
from sim.drivers.site import Actor
from sim.drivers.topology import Places, Topology
from sim.exchange.records import AnyRecord, MunicipalityTransmission
from sim.law.deeming import Deeming, deem
from sim.law.filing_period import Deadline, deadline
from sim.law.kinds import CardState, Filing, History, PersonClass
from sim.nodes.messages.counter import FileFiling
from sim.nodes.messages.registry import Outbound

Actors = dict[NodeId, Actor]
Change = Callable[[Event, Step], Step]


def _same_topology(topology: Topology) -> Topology:
    return topology


def _same_actors(actors: Actors, at: Places) -> Actors:
    return actors


@dataclass(frozen=True, slots=True)
class Mutant:
    """One thing done wrong. `catches`: id of the check that must fail on it."""

    id: str
    ja: str
    en: str
    catches: str
    topology: Callable[[Topology], Topology] = _same_topology
    actors: Callable[[Actors, Places], Actors] = _same_actors


# --- replaced rules ------------------------------------------------------------------------------------
def rules(**replaced: Any) -> Callable[[Topology], Topology]:
    """A topology whose nodes ask these rules instead of the law."""
    return lambda topology: replace(topology, rules=replace(topology.rules, **replaced))


def _deem_without_card(person: PersonClass, history: History, filing: Filing, card: CardState) -> Deeming:
    return deem(person, history, filing, CardState.PRESENTED)


def _closed_days_ignored(filing: Filing, event: Any) -> Deadline:
    right = deadline(filing, event)
    return replace(right, last_day=right.counted_last_day)


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


def _refusing_without_card(event: Event, step: Step) -> Step:
    form = event.body
    if not isinstance(form, FileFiling) or form.card is not CardState.ABSENT:
        return step
    entry = Entry("filing_refused", form.case, form.person.ref, {"reason": "card_not_presented"})
    return Step(Reply(False, "card_not_presented"), entries=(entry,))


def _reversing(event: Event, step: Step) -> Step:
    sends = tuple(
        Send(send.to, Outbound(send.body.records[::-1])) if isinstance(send.body, Outbound) else send
        for send in step.sends
    )
    return msgspec.structs.replace(step, sends=sends)


ALL: Final = (
    Mutant(
        "refuse-without-card",
        "カードがないと転入届を受理しない",
        "refuses a moving-in filing when the card is not brought",
        "filing_accepted",
        actors=changed("counter", _refusing_without_card),
    ),
    Mutant(
        "deem-without-card",
        "カードがなくても、みなし届出として扱う",
        "deems the filing a residence notification although the card is absent",
        "deemed",
        topology=rules(deem=_deem_without_card),
    ),
    Mutant(
        "ignore-closed-days",
        "最後の日が閉庁日でも期間を延ばさない",
        "does not carry a limit on a closed day over to the next open day",
        "last_day",
        topology=rules(deadline=_closed_days_ignored),
    ),
    Mutant(
        "late-counts-as-in-time",
        "期間を過ぎた届出を期間内とする",
        "takes a late filing for one in time",
        "in_time",
        topology=rules(in_time=lambda deadline, filed: True),
    ),
    Mutant(
        "forget-duty",
        "カードがないときに住居地の届出義務を残さない",
        "does not keep the residence notification open when the card is absent",
        "residence_duty",
        actors=changed("counter", dropping("residence_duty_open")),
    ),
    Mutant(
        "warn-nobody",
        "住居地の届出が別に必要なことを伝えない",
        "does not warn that a residence notification is still due",
        "warning",
        actors=changed("counter", altering("residence_duty_open", warned=False)),
    ),
    Mutant(
        "endorse-first",
        "本人確認より先に裏書きをする",
        "endorses the card before anything is confirmed",
        "counter_order",
        actors=changed("counter", moving_first("card_endorsed")),
    ),
    Mutant(
        "endorse-never",
        "カードに裏書きをしない",
        "does not endorse the card",
        "endorsement",
        actors=changed("counter", dropping("card_endorsed")),
    ),
    Mutant(
        "endorse-elsewhere",
        "受け付けた窓口と違う窓口で裏書きをする",
        "has the card endorsed at another office than the one that took the filing",
        "endorsement_office",
        actors=changed("counter", altering("card_endorsed", office="branch_office")),
    ),
    Mutant(
        "raise-no-transmission",
        "市町村伝達を作らない",
        "raises no transmission",
        "raised",
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
        "raised_once",
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

MUTANTS: Final = {mutant.id: mutant for mutant in ALL}
"""Every mutant by its id."""
