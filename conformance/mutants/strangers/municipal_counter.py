"""Breaches at the counters of a municipal system: the law, the cards, who endorses, who writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from conformance.mutants.otherwise import otherwise
from conformance.mutants.shape import Body
from conformance.mutants.strangers.shape import Between, Stranger, right
from conformance.protocol import municipal as wire
from conformance.protocol.conversation import Channel
from conformance.reference import municipal_answers as answers
from conformance.reference.base import Calling
from conformance.reference.municipal import ReferenceMunicipality
from conformance.reference.municipal_register import Actors
from sim.base.instant import Instant, japan_date
from sim.base.node import Event, Node, Step
from sim.drivers.topology import Places, Topology
from sim.law import card_validity
from sim.law.calendar import YEAR_END, closed_reason, count_months
from sim.law.deeming import Deeming
from sim.law.filing_period import EX_OFFICIO_AFTER, Deadline
from sim.law.kinds import CardState, Filing
from sim.law.rules import Rules
from sim.nodes.messages.counter import FileFiling, Visit

Acting = Callable[[Actors, Places], Actors]


# --- the law --------------------------------------------------------------------------------------------
def law(change: Callable[[Rules], Rules]) -> Callable[[Topology], Topology]:
    """The municipality decides by other rules."""
    return lambda topology: replace(topology, rules=change(topology.rules))


def _open_at_year_end(counted: date) -> date:
    """The next open day where the municipality knows holidays and weekends, and not 12/29 to 12/31."""
    day = counted
    while (reason := closed_reason(day)) is not None and (reason != YEAR_END or day.weekday() > 4):
        day += timedelta(days=1)
    return day


def _ended(deadline: Deadline, end: Callable[[date], date]) -> Deadline:
    if deadline.filing is Filing.MOVING_OUT:
        return deadline
    return replace(deadline, last_day=end(deadline.counted_last_day))


def _year_end(rules: Rules) -> Rules:
    return replace(
        rules,
        deadline=lambda filing, event: _ended(rules.deadline(filing, event), _open_at_year_end),
        residence_deadline=lambda *asked: _ended(rules.residence_deadline(*asked), _open_at_year_end),
    )


def _never_extended(rules: Rules) -> Rules:
    return replace(
        rules, residence_deadline=lambda *asked: _ended(rules.residence_deadline(*asked), lambda day: day)
    )


def _three_months(rules: Rules) -> Rules:
    return replace(rules, revocation_last_day=lambda start: count_months(start, 3))


def _second_paragraph(rules: Rules) -> Rules:
    def deem(*asked: Any) -> Deeming:
        found = rules.deem(*asked)
        if found.clause != "special.10-1":
            return found
        return replace(found, clause="special.10-2", basis="special.10-5")

    return replace(rules, deem=deem)


def _one_day_longer(rules: Rules) -> Rules:
    def card_state(on: date, **card: Any) -> CardState:
        found = rules.card_state(on, **card)
        expiry = card.get("expiry")
        if found is CardState.EXPIRED and card.get("pending_mark") and expiry is not None:
            last = card_validity.pending_until(expiry, card.get("decided"))
            if on == last + timedelta(days=1):
                return CardState.EXPIRED_PENDING
        return found

    return replace(rules, card_state=card_state)


def _writes_early(topology: Topology) -> Topology:
    policy = topology.fittings.policy
    if policy.active_since is None or policy.decision is None:
        return topology
    day = timedelta(days=1)
    decision = replace(policy.decision, start=policy.decision.start - day)
    policy = replace(policy, decision=decision, active_since=policy.active_since - day)
    return replace(topology, fittings=replace(topology.fittings, policy=policy))


# --- the counter ----------------------------------------------------------------------------------------
def forms(change: Callable[[FileFiling, date], FileFiling]) -> Acting:
    """Each filing reaches the counter otherwise."""

    def decide(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
        body, today = event.body, japan_date(now)
        if isinstance(body, FileFiling):
            event = msgspec.structs.replace(event, body=change(body, today))
        elif isinstance(body, Visit):
            changed = tuple(change(one, today) for one in body.filings)
            event = msgspec.structs.replace(event, body=msgspec.structs.replace(body, filings=changed))
        return right(node, state, event, now)

    return otherwise("counter", decide)


def _period_overlooked(form: FileFiling, today: date) -> FileFiling:
    forged = tuple(item for item in form.forged if item != "period_until")
    return msgspec.structs.replace(form, forged=forged)


def _tomorrow_is_today(form: FileFiling, today: date) -> FileFiling:
    if form.filing is Filing.MOVING_OUT or form.event_date != today + timedelta(days=1):
        return form
    return msgspec.structs.replace(form, event_date=today)


class EagerMayor(ReferenceMunicipality):
    """A moving-out on the fourteenth day after the move is no filing any more."""

    def on_file(self, request: wire.FileFilings) -> Calling:
        filing, today = request.filings[0], japan_date(self.run.border.now)
        if filing.filing == Filing.MOVING_OUT and (today - filing.event_date).days == EX_OFFICIO_AFTER:
            self._filed[request.visit] = request.filings
            self._by_the_mayor(request)
            return answers.ex_officio(request, f"{self.run.counter_of(request.office)}/{request.visit}")
        return (yield from super().on_file(request))


class AnyOffice(Between):
    """What was left open is endorsed wherever the person comes next."""

    def __init__(self, inner: Channel) -> None:
        super().__init__(inner)
        self._offices: dict[str, str] = {}

    def asked(self, op: str, body: Body) -> Body:
        if op == "file":
            self._offices[body["visit"]] = body.get("office", "main_office")
        if op == "endorse":
            return body | {"office": self._offices.get(body["visit"], body.get("office", "main_office"))}
        return body

    def told(self, op: str, body: Body, answer: Body) -> Body:
        if op != "endorse":
            return answer
        office = body.get("office", "main_office")
        return answer | {"endorsements": [one | {"office": office} for one in answer["endorsements"]]}


def _old_term(op: str, request: Body, answer: Body) -> Body:
    if op != "consequences" or request["on"] != "2025-06-01":
        return answer
    old = [
        one | {"term": "work_imprisonment"} if one["term"] == "imprisonment" else one
        for one in answer["consequences"]
    ]
    return answer | {"consequences": old}


COUNTER: Final = (
    Stranger(
        "stranger-year-end-is-open",
        "年末（12月29日から31日）を開庁日として届出期間を数える",
        "29 to 31 December are open days when a filing period ends",
        breaches=("X-18",),
        topology=law(_year_end),
    ),
    Stranger(
        "stranger-residence-limit-not-extended",
        "注意喚起の住居地届出の期限だけ、閉庁日の翌開庁日に延ばさない",
        "The residence limit in the warning ends on a closed day, the register's does not",
        breaches=("S0-021", "X-18"),
        topology=law(_never_extended),
    ),
    Stranger(
        "stranger-three-months",
        "取消しの90日を3か月として数える",
        "The 90 days of revocation are counted as three months",
        breaches=("S0-012", "S0-021"),
        topology=law(_three_months),
    ),
    Stranger(
        "stranger-special-first-filing-second-paragraph",
        "特別永住者の初めての住居地を特例法10条2項とする",
        "A special permanent resident's first residence is filed under paragraph 2",
        breaches=("S0-004", "S0-010"),
        topology=law(_second_paragraph),
    ),
    Stranger(
        "stranger-pending-card-a-day-longer",
        "「申請中」のカードを満了日から2か月を1日過ぎても受け付ける",
        "An expired card with a pending application counts a day beyond the two months",
        breaches=("X-19",),
        topology=law(_one_day_longer),
    ),
    Stranger(
        "stranger-forged-period-overlooked",
        "在留期間の満了日の不一致を偽変造の疑いとしない",
        "A face that differs in the end of the period only is taken for genuine",
        breaches=("S0-031", "S0-054"),
        actors=forms(_period_overlooked),
    ),
    Stranger(
        "stranger-tomorrow-accepted",
        "異動日が翌日の転入届等を受け付ける",
        "A filing of an event of tomorrow is accepted",
        breaches=("X-11",),
        actors=forms(_tomorrow_is_today),
    ),
    Stranger(
        "stranger-mayor-a-day-early",
        "異動日から14日目の転出を職権で記載する",
        "A moving-out on day 14 is recorded by the mayor",
        breaches=("X-12",),
        wrap=lambda reference: EagerMayor(),
    ),
    Stranger(
        "stranger-endorsed-at-another-office",
        "受け付けた窓口と別の庁舎で裏書きする",
        "What was filed at one office is endorsed at another",
        breaches=("S0-018", "S0-019"),
        wrap=AnyOffice,
    ),
    Stranger(
        "stranger-old-term-on-the-first-day",
        "2025年6月1日当日の行為に懲役と表示する",
        "For an act on 1 June 2025 itself the term is the old one",
        breaches=("S0-011",),
        answers=_old_term,
    ),
    Stranger(
        "stranger-writes-a-day-early",
        "住居地のIC書込みを開始日の前日から行う",
        "Chips are written from the day before the decided day",
        breaches=("S0-043", "S0-045"),
        topology=_writes_early,
    ),
)
"""In the order of the law and of the procedure."""
