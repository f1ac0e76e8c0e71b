"""Breaches of the agency's server, from the rows of seeds 000, 001 and 003."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import msgspec

from conformance.mutants.otherwise import Decide, Otherwise
from conformance.mutants.strangers.shape import Stranger, right
from conformance.reference.municipal_register import Actors
from sim.base.instant import DAY, Instant, japan_date
from sim.base.node import Event, Step
from sim.drivers.topology import MINISTRY, Places
from sim.exchange import batch as batches
from sim.exchange.profile import open_profile
from sim.exchange.records import MunicipalityNotice, MunicipalityTransmission
from sim.nodes.messages.agency import Landed, PeriodOver, Permitted
from sim.nodes.messages.network import Arrival
from sim.nodes.ministry.state import Holder

Acting = Callable[[Actors, Places], Actors]


def server(decide: Decide) -> Acting:
    """The server decides otherwise."""

    def apply(actors: Actors, at: Places) -> Actors:
        actor = actors[MINISTRY]
        return actors | {MINISTRY: replace(actor, node=Otherwise(actor.node, decide))}

    return apply


class Instead:
    """A thing with some of its attributes replaced."""

    def __init__(self, real: Any, **others: Any) -> None:
        self._real = real
        self.__dict__ |= others

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def _from_today(node: Any, state: Any, event: Event, now: Instant) -> Step:
    body = event.body
    if isinstance(body, Landed | Permitted):
        event = msgspec.structs.replace(event, body=msgspec.structs.replace(body, on=japan_date(now)))
    return right(node, state, event, now)


def _day_later(node: Any, state: Any, event: Event, now: Instant) -> Step:
    step = right(node, state, event, now)
    wakes = tuple(
        msgspec.structs.replace(one, at=Instant(one.at + DAY)) if isinstance(one.body, PeriodOver) else one
        for one in step.wakes
    )
    return msgspec.structs.replace(step, wakes=wakes)


def _separate_only(node: Any, state: Any, event: Event, now: Instant) -> Step:
    def transmitted(record: MunicipalityTransmission, sender: str, at: Instant) -> Any:
        if record.manner == "deemed":
            return (), ()
        return state.periods.transmitted(record, sender, at)

    return right(node, Instead(state, periods=Instead(state.periods, transmitted=transmitted)), event, now)


def _every_time(node: Any, state: Any, event: Event, now: Instant) -> Step:
    def first_time(sender: str, record_id: str, batch_id: str) -> bool:
        state.intake.first_time(sender, record_id, batch_id)
        return True

    return right(node, Instead(state, intake=Instead(state.intake, first_time=first_time)), event, now)


def _holidays_unknown(actors: Actors, at: Places) -> Actors:
    actor = actors[MINISTRY]
    node: Any = actor.node
    rules = replace(node.rules, is_closed=lambda day: day.weekday() > 4)
    return actors | {MINISTRY: replace(actor, node=replace(node, rules=rules))}


def _last_word_counts(node: Any, state: Any, event: Event, now: Instant) -> Step:
    """Whoever moved out is nowhere, wherever the person was recorded meanwhile."""
    step = right(node, state, event, now)
    accepted = {one.data["record"] for one in step.entries if one.kind == "record_accepted"}
    if isinstance(event.body, Arrival) and accepted:
        batch = batches.decode(event.body.content, open_profile()).batch
        for record in () if batch is None else batch.records:
            if (
                isinstance(record, MunicipalityNotice)
                and record.action == "removed"
                and record.record_id in accepted
            ):
                state.hold(record.card_number, Holder(record.person_ref, ""))
    return step


ALL: Final = (
    Stranger(
        "stranger-ninety-days-from-the-news",
        "90日を上陸や許可の日でなく、知った日から数える",
        "The 90 days count from the day of the news, not of the landing or permission",
        breaches=("S0-012",),
        actors=server(_from_today),
    ),
    Stranger(
        "stranger-candidate-a-day-late",
        "取消しの対象となり得る者を1日遅れて挙げる",
        "A candidate is found on the second day after the 90 days",
        breaches=("S0-012",),
        actors=server(_day_later),
    ),
    Stranger(
        "stranger-deemed-filing-does-not-stop",
        "みなし届出による市町村伝達では90日が止まらない",
        "A deemed filing does not stop the 90 days",
        breaches=("S0-013", "S0-016"),
        actors=server(_separate_only),
    ),
    Stranger(
        "stranger-record-number-taken-twice",
        "別のファイルで同じ番号の記録が来ると、もう一度取り込む",
        "A record number that comes again in another batch is taken in again",
        breaches=("S3-003", "X-05"),
        actors=server(_every_time),
    ),
    Stranger(
        "stranger-holidays-unknown",
        "祝日に情報連携がないことを障害とする",
        "No exchange on a public holiday is a fault",
        breaches=("S1-022", "S1-026"),
        actors=_holidays_unknown,
    ),
    Stranger(
        "stranger-late-removal-counts",
        "転入後に届いた前住所地の消除の通知で、住民票のある市区町村を見失う",
        "A removal that the former municipality notifies late hides where the person is recorded now",
        breaches=("S1-007",),
        actors=server(_last_word_counts),
    ),
)
"""Periods, numbers, faults, holders."""
