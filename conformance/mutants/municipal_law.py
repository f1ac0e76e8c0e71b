"""Mutants of the municipal system that read the law otherwise: another rule in place of the right one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from conformance.mutants.municipal import rules
from conformance.mutants.shape import Body, Mutant, each
from sim.law.calendar import next_open
from sim.law.card_validity import card_state
from sim.law.deeming import SETTLING, Deeming, Ground, deem
from sim.law.filers import Answer, Capacity, Filer
from sim.law.filers import Person as Concerned
from sim.law.filing_period import Deadline, deadline, residence_deadline
from sim.law.kinds import Affair, CardState, Filing, History, PersonClass
from sim.law.revocation import Ground as RevocationGround
from sim.law.revocation import last_day

_MLT: Final = PersonClass.MID_LONG_TERM_RESIDENT
_SPR: Final = PersonClass.SPECIAL_PERMANENT_RESIDENT


# --- deeming --------------------------------------------------------------------------------------------
def _deemed(article: str) -> Deeming:
    return Deeming(Ground.DEEMED, article, article, None, "", "")


def _without_card(person: PersonClass, history: History, filing: Filing, card: CardState) -> Deeming:
    return deem(person, history, filing, CardState.PRESENTED)


def _flat(person: PersonClass, history: History, filing: Filing, card: CardState) -> Deeming:
    """One set instead of a matrix: whatever settles a residence is a changed residence."""
    right = deem(person, history, filing, card)
    return (
        replace(right, clause="immi.19-9-1" if person is _MLT else "special.10-2") if right.deemed else right
    )


def _one_act(person: PersonClass, history: History, filing: Filing, card: CardState) -> Deeming:
    return deem(_MLT, history, filing, card) if person is _SPR else deem(person, history, filing, card)


def _never(person: PersonClass, history: History, filing: Filing, card: CardState) -> Deeming:
    right = deem(person, history, filing, card)
    if filing is Filing.MOVING_WITHIN and right.deemed:
        return replace(right, clause=None, still_due=right.clause)
    return right


def _for_anybody(person: PersonClass, history: History, filing: Filing, card: CardState) -> Deeming:
    right = deem(person, history, filing, card)
    if filing is Filing.BECAME_RESIDENT_STATUS and person in (_MLT, _SPR) and card is CardState.PRESENTED:
        return right if right.deemed else _deemed("immi.19-8-1" if person is _MLT else "special.10-1")
    return right


def _every_move(person: PersonClass, history: History, filing: Filing, card: CardState) -> Deeming:
    right = deem(person, history, filing, card)
    moved = filing in SETTLING and card is CardState.PRESENTED and right.still_due is not None
    return _deemed(right.still_due or "") if moved else right


def _expired_too(person: PersonClass, history: History, filing: Filing, card: CardState) -> Deeming:
    seen = CardState.PRESENTED if card is CardState.EXPIRED else card
    return deem(person, history, filing, seen)


def _due_otherwise(person: PersonClass, history: History, filing: Filing, card: CardState) -> Deeming:
    right = deem(person, history, filing, card)
    return replace(right, still_due="immi.19-9-1") if right.still_due else right


# --- days -----------------------------------------------------------------------------------------------
def _closed_days_ignored(filing: Filing, event: date) -> Deadline:
    right = deadline(filing, event)
    return replace(right, last_day=right.counted_last_day)


def _saturdays_open(filing: Filing, event: date) -> Deadline:
    right = deadline(filing, event)
    return replace(right, last_day=right.counted_last_day) if right.counted_last_day.weekday() == 5 else right


def _year_end_open(filing: Filing, event: date) -> Deadline:
    right = deadline(filing, event)
    counted = right.counted_last_day
    return replace(right, last_day=counted) if (counted.month, counted.day) >= (12, 29) else right


def _day_itself_counted(filing: Filing, event: date) -> Deadline:
    right = deadline(filing, event)
    if filing is Filing.MOVING_OUT:
        return right
    return replace(right, last_day=next_open(right.counted_last_day - timedelta(days=1)))


def _two_weeks_of_february(filing: Filing, event: date) -> Deadline:
    """February has 28 days in every year."""
    right = deadline(filing, event)
    leaps = event < date(event.year, 3, 1) <= event + timedelta(days=15) and event.year % 4 == 0
    return replace(right, last_day=next_open(right.counted_last_day + timedelta(days=1))) if leaps else right


def _from_permission(
    person: PersonClass, history: History, settled: date, permitted: date | None = None
) -> Deadline:
    return residence_deadline(person, history, permitted or settled, permitted)


# --- cards and people -----------------------------------------------------------------------------------
def _decision_ignored(on: date, **facts: Any) -> CardState:
    return card_state(on, **facts | {"decided": None})


def _sixty_days(on: date, **facts: Any) -> CardState:
    expiry = facts.get("expiry")
    if facts.get("pending_mark") and expiry is not None and on > expiry + timedelta(days=60):
        return CardState.EXPIRED
    return card_state(on, **facts)


def _last_day_is_over(on: date, **facts: Any) -> CardState:
    return card_state(on + timedelta(days=1), **facts)


def _anybody_files(filing: Filing, person: Concerned, filer: Filer) -> Answer:
    return Answer(Capacity.AGENT, "juki.27", ())


def _every_card_counts(person: PersonClass, history: History, card: CardState) -> bool:
    return card is not CardState.ABSENT


def _told_of_revocation(person: PersonClass, history: History) -> RevocationGround:
    return RevocationGround.NOT_RENEWED


# --- what is told ---------------------------------------------------------------------------------------
def _consequence(**items: Any) -> Callable[[Body], Body]:
    return lambda one: one | {key: value for key, value in items.items() if one.get(key)}


LAW: Final = (
    Mutant(
        "deem-without-card",
        "カードがなくても、みなし届出として扱う",
        "deems the filing a residence notification although the card is absent",
        "deemed",
        topology=rules(deem=_without_card),
    ),
    Mutant(
        "deem-as-one-set",
        "みなし届出を、経緯を見ずにすべて住居地の変更の届出とする",
        "takes every deemed filing for one of a changed residence",
        "deemed",
        topology=rules(deem=_flat),
    ),
    Mutant(
        "deem-under-one-act",
        "特別永住者にも入管法の条項を使う",
        "uses the Immigration Act for special permanent residents too",
        "deemed",
        topology=rules(deem=_one_act),
    ),
    Mutant(
        "deem-no-move-within",
        "転居届をみなし届出として扱わない",
        "deems a filing of a move within the municipality nothing",
        "deemed",
        topology=rules(deem=_never),
    ),
    Mutant(
        "deem-for-anybody",
        "第30条の47の届出を、立場にない人についてもみなし届出とする",
        "deems a filing under art. 30-47 a notification for people whom it does not concern",
        "never_deemed",
        topology=rules(deem=_for_anybody),
    ),
    Mutant(
        "deem-every-move",
        "住居地をまだ届け出ていない人の転入届もみなし届出とする",
        "deems a move of somebody who has notified no residence yet the first notification",
        "reading_pair",
        topology=rules(deem=_every_move),
    ),
    Mutant(
        "deem-with-expired-card",
        "満了したカードでもみなし届出とする",
        "deems a filing with an expired card a notification",
        "reading_card",
        topology=rules(deem=_expired_too),
    ),
    Mutant(
        "due-under-another-article",
        "残る住居地の届出を、すべて住居地の変更の届出とする",
        "keeps whatever is still due as a notification of a changed residence",
        "duty_article",
        topology=rules(deem=_due_otherwise),
    ),
    Mutant(
        "file-as-change",
        "単独の住居地の届出を、すべて住居地の変更の届出として記録する",
        "keeps every separate residence notification as one of a changed residence",
        "filed_article",
        topology=rules(residence_duty=lambda person, history: "immi.19-9-1"),
    ),
    Mutant(
        "ignore-closed-days",
        "最後の日が閉庁日でも期間を延ばさない",
        "does not carry a limit on a closed day over to the next open day",
        "last_day",
        topology=rules(deadline=_closed_days_ignored),
    ),
    Mutant(
        "open-on-saturdays",
        "土曜日を閉庁日としない",
        "takes Saturdays for open days",
        "last_day",
        topology=rules(deadline=_saturdays_open),
    ),
    Mutant(
        "open-at-year-end",
        "12月29日から31日までを閉庁日としない",
        "takes the last days of the year for open days",
        "last_day",
        topology=rules(deadline=_year_end_open),
    ),
    Mutant(
        "count-the-day-itself",
        "事由の生じた日を1日目と数える",
        "counts the day of the event as day 1",
        "last_day",
        topology=rules(deadline=_day_itself_counted),
    ),
    Mutant(
        "forget-leap-day",
        "うるう日を数えない",
        "does not count the leap day",
        "last_day",
        topology=rules(deadline=_two_weeks_of_february),
    ),
    Mutant(
        "count-from-permission",
        "住居地の届出の期間を、住み始めた日ではなく許可の日から数える",
        "counts the period of a residence notification from the permission, not from living there",
        "last_day",
        topology=rules(residence_deadline=_from_permission),
    ),
    Mutant(
        "late-counts-as-in-time",
        "期間を過ぎた届出を期間内とする",
        "takes a late filing for one in time",
        "in_time",
        topology=rules(in_time=lambda deadline, filed: True),
    ),
    Mutant(
        "last-day-counts-as-late",
        "最後の日の届出を期間後とする",
        "takes a filing on the last day for a late one",
        "in_time",
        topology=rules(in_time=lambda deadline, filed: filed < deadline.last_day),
    ),
    Mutant(
        "pending-for-sixty-days",
        "申請中のカードを、2か月ではなく60日までとする",
        "lets a card with a pending application count for 60 days instead of two months",
        "endorsements_made",
        topology=rules(card_state=_sixty_days),
    ),
    Mutant(
        "pending-after-decision",
        "申請が処分された後も、申請中のカードを有効とする",
        "lets a card with a pending application count after the decision",
        "endorsements_made",
        topology=rules(card_state=_decision_ignored),
    ),
    Mutant(
        "expired-on-the-last-day",
        "満了の当日のカードを満了したものとする",
        "takes a card for expired on its last day",
        "deemed",
        topology=rules(card_state=_last_day_is_over),
    ),
    Mutant(
        "endorse-expired-cards",
        "満了したカードにも裏書きをする",
        "endorses expired cards",
        "endorsements_made",
        topology=rules(handed_in=_every_card_counts),
    ),
    Mutant(
        "let-anybody-file",
        "委任状などがなくても、誰の届出でも受理する",
        "lets anybody file for anybody without papers",
        "filing_refused",
        topology=rules(may_file=_anybody_files),
    ),
    Mutant(
        "let-anybody-notify",
        "住居地の届出をする資格を確かめずに、みなし届出とする",
        "deems a filing a notification whoever makes it",
        "reading_filer",
        topology=rules(may_file=_anybody_files),
    ),
    Mutant(
        "extend-the-90-days",
        "90日の期限を、閉庁日の次の開庁日まで延ばす",
        "carries the end of the 90 days over to the next open day",
        "revocation_warning",
        topology=rules(revocation_last_day=lambda start: next_open(last_day(start))),
    ),
    Mutant(
        "warn-everybody-of-revocation",
        "特別永住者にも在留資格の取消しを伝える",
        "warns special permanent residents of revocation",
        "revocation_warning",
        topology=rules(revocation_ground=_told_of_revocation),
    ),
    Mutant(
        "own-business-only",
        "住居地の届出に係る事務も自治事務とする",
        "takes delegated work for the municipality's own",
        "affairs",
        topology=rules(affairs=lambda filing, deemed: (Affair.AUTONOMOUS,)),
    ),
    Mutant(
        "old-penal-term",
        "2025年6月1日以後の行為にも懲役と案内する",
        "tells the old name of imprisonment for new acts",
        "consequences",
        answers=each("consequences", "consequences", _consequence(term="work_imprisonment")),
    ),
    Mutant(
        "fine-by-the-city",
        "過料を市区町村が決めると案内する",
        "says that the municipality decides on the fine",
        "consequences",
        answers=each("consequences", "consequences", _consequence(decided_by="municipality")),
    ),
    Mutant(
        "revocation-follows",
        "在留資格が取り消されると言い切る",
        "says that the status is revoked, not that it may be",
        "consequences",
        answers=each("consequences", "consequences", lambda one: one | {"candidate_only": False}),
    ),
    Mutant(
        "dearer-fines",
        "罰金と過料の額を誤って案内する",
        "tells other ceilings of the fines",
        "consequences",
        answers=each("consequences", "consequences", _consequence(max_fine_yen=300_000)),
    ),
)
"""All of them."""
