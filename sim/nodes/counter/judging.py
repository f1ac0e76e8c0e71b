"""The legal questions of one filing, put to the `Rules` bundle: what the law decides, and nothing more.

Two rules on who may file stand side by side: a household member makes a register filing for everybody, but
notifies the residence only of those whom the stricter rule names (`sim.law.filers`). So a filing can be
accepted without being deemed the notification, which then stays due.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import msgspec

from sim.exchange.birth import latest_day
from sim.law.deeming import LIVING_HERE, SETTLING
from sim.law.filers import Answer, Filer, Reason, Tie, as_deemed
from sim.law.filers import Person as Concerned
from sim.law.filing_period import Deadline
from sim.law.household import MemberAnswer
from sim.law.kinds import Affair, CardState, Filing, Governing
from sim.law.revocation import Ground
from sim.law.rules import Rules
from sim.nodes.counter.desk import AT_THE_COUNTER
from sim.nodes.messages.counter import FileFiling


class Matter(msgspec.Struct, frozen=True):
    """A filing on the day it is made. `card`: its state in the eyes of the law; `handed_in`: it counts.

    `standing`: what whoever stands there may do for the person; None for the person.
    """

    form: FileFiling
    filed: date
    card: CardState
    handed_in: bool
    standing: MemberAnswer | None = None

    @property
    def direct(self) -> bool:
        """Whether it is the residence notification itself."""
        return self.form.filing is Filing.RESIDENCE_NOTIFICATION

    @property
    def on_the_counter(self) -> bool:
        """Whether a card lies there, whether or not it still counts."""
        return self.card in AT_THE_COUNTER


class Decision(msgspec.Struct, frozen=True):
    """What an accepted filing is. `deemed`, `still_due`, `article`: citation ids, or None.

    `barred`: it would be deemed the notification, had somebody made it who may notify. `affairs`: whose work
    it is for the municipality; two where one act has both effects (S0-001, S0-008).
    """

    deadline: Deadline
    in_time: bool
    deemed: str | None
    why_not_deemed: str
    still_due: str | None
    barred: bool
    article: str | None
    governing: Governing
    affairs: tuple[Affair, ...]
    rests_on: tuple[str, ...]


def matter(rules: Rules, form: FileFiling, filed: date) -> Matter:
    """The filing with what its decision turns on."""
    card = _card(rules, form, filed)
    handed_in = rules.handed_in(form.person.person_class, form.history, card)
    standing = None if form.by is None else _standing(rules, form, filed, handed_in)
    return Matter(form, filed, card, handed_in, standing)


def refusal(rules: Rules, it: Matter) -> str:
    """Why the counter does not accept the filing, or nothing."""
    form = it.form
    if min(form.event_date, _began(form)) < rules.first_day:
        return "before_system"
    if form.event_date > it.filed and form.filing is not Filing.MOVING_OUT:
        return "event_in_future"
    if form.no_record and not it.direct:
        return "no_record_here"  # where no 住民票 is made, there is no register filing either
    if it.direct:
        if rules.residence_duty(form.person.person_class, form.history) is None:
            return "no_duty"
        if not it.handed_in:
            # 入管法19条の7から19条の9: the card is handed in with the filing; without it there is none.
            return "card_not_presented"
    if it.standing is None:
        return ""
    asked = it.standing.notification if it.direct else it.standing.register
    return str(asked.reasons[0]) if asked is not None and asked.reasons else ""


def decide(rules: Rules, it: Matter) -> Decision:
    """What the filing is, once nothing speaks against accepting it."""
    form, who = it.form, it.form.person
    if it.direct:
        # The same 14 days for all articles, but not from the same day.
        start = residence_limit(rules, form).event
        deadline = rules.deadline(form.filing, start)
    else:
        deadline = rules.deadline(form.filing, form.event_date)
    deeming = rules.deem(who.person_class, form.history, form.filing, it.card)
    notification = None if it.standing is None else it.standing.notification
    barred = deeming.deemed and notification is not None and not notification.allowed
    deemed = None if barred else deeming.clause
    why = "" if deemed else deeming.why_ja
    if barred and notification is not None:
        why = "".join(reason.ja for reason in notification.reasons)
    return Decision(
        deadline=deadline,
        in_time=rules.in_time(deadline, it.filed),
        deemed=deemed,
        why_not_deemed=why,
        still_due=deeming.clause if barred else deeming.still_due,
        barred=barred,
        article=rules.residence_duty(who.person_class, form.history) if it.direct else deemed,
        governing=rules.governing(form.filing, deemed is not None),
        affairs=rules.affairs(form.filing, deemed is not None),
        rests_on=tuple(dict.fromkeys((*_assumed(deadline), *deeming.unconfirmed, *_leans_on(it.standing)))),
    )


def residence_limit(rules: Rules, form: FileFiling) -> Deadline:
    """Until when this person's residence is to be notified, under the article that applies to the person.

    The day of the event is that on which the person began to live at the place; for one who lived there
    already it is the day of the permission.
    """
    permitted = form.permitted or form.event_date
    return rules.residence_deadline(form.person.person_class, form.history, _began(form), permitted)


def revocation_limit(rules: Rules, form: FileFiling) -> date | None:
    """The last day on which a notification keeps the status from being revoked; None without one.

    The old residence is taken to be left on the day of the move.
    """
    ground = rules.revocation_ground(form.person.person_class, form.history)
    if ground is None:
        return None
    start = form.permitted if ground is Ground.NOT_NOTIFIED else None
    return rules.revocation_last_day(max(start or form.event_date, rules.first_day))


def _began(form: FileFiling) -> date:
    """The day on which the person has a residence to notify."""
    if form.history in LIVING_HERE and form.permitted is not None:
        return form.permitted
    return form.event_date


def _card(rules: Rules, form: FileFiling, filed: date) -> CardState:
    """The card's state by its own dates where they are known, else as declared."""
    until = form.person.card_until
    if until is None:
        return form.card
    return rules.card_state(
        filed,
        presented=form.card in AT_THE_COUNTER,
        issued_later=form.card is CardState.ISSUED_LATER,
        expiry=until,
        pending_mark=form.card is CardState.EXPIRED_PENDING,
        decided=form.decided,
    )


def _standing(rules: Rules, form: FileFiling, filed: date, handed_in: bool) -> MemberAnswer:
    """What the visitor's filing is for the person: the register filing, and the notification with it."""
    by, who = form.by, form.person
    assert by is not None
    born = latest_day(who.birth_date)
    age = filed.year - born.year - ((filed.month, filed.day) < (born.month, born.day))
    concerned = Concerned(who.person_class, age, by.unable, by.asked, handed_in, form.relatives)
    filer = Filer(
        tie=by.tie,
        age=age if by.tie is Tie.SELF else by.age,
        living=by.living,
        head=by.head,
        represents=by.represents,
        proof=by.proof,
        mandate=by.mandate,
        identity_shown=by.identity_shown,
    )
    notification: Answer | None = None
    if form.filing in SETTLING:
        notification = as_deemed(rules.may_file(Filing.RESIDENCE_NOTIFICATION, concerned, filer), filer)
    answer = rules.may_file(form.filing, concerned, filer)
    if form.filing is Filing.RESIDENCE_NOTIFICATION:
        return MemberAnswer(who.ref, None, answer)
    return MemberAnswer(who.ref, answer, notification)


@lru_cache(maxsize=4096)
def _assumed(deadline: Deadline) -> tuple[str, ...]:
    """On what the limit rests; worked out once, since a day's filings share their limits."""
    return deadline.unconfirmed


def _leans_on(standing: MemberAnswer | None) -> tuple[str, ...]:
    """Unconfirmed facts behind the right to file of whoever stands there."""
    if standing is None:
        return ()
    answers = (standing.register, standing.notification)
    return tuple(
        fact
        for answer in answers
        if answer is not None and Reason.NO_DUTY not in answer.reasons
        for fact in answer.unconfirmed
    )
