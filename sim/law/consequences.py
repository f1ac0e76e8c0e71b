"""What may follow when a filing is not made, made late, made falsely, or made without the card.

Two Acts, two kinds. A register filing (住民基本台帳法) is threatened with a non-penal fine (過料): a summary
court decides on the municipality's report. A residence notification (入管法, 入管特例法) is threatened with
criminal penalties, and a mid-long-term resident may become a candidate for revocation (`sim.law.revocation`).
A deemed filing has both sides at once.

Every answer is what the law threatens, with its ceiling: the municipality decides none of it. What an
*omitted* register filing would have done for the residence notification is asked separately, since the person
may have made that notification on its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sim.base.errors import UsageError
from sim.law.calendar import in_japanese
from sim.law.changes import PENAL_TERMS, PENALTIES_RENUMBERED, REVOCATION_RENUMBERED, SYSTEM_FIRST_DAY
from sim.law.deeming import SHOWS_DUTY, deem, residence_duty
from sim.law.kinds import CardState, Filing, History, PersonClass
from sim.law.revocation import CLAUSES as REVOCATION_CLAUSES
from sim.law.revocation import DECIDED_BY as REVOKED_BY
from sim.law.revocation import DISCRETION, RESTS_ON, Ground, clock_ground
from sim.law.worded import Worded

NON_PENAL_FINE_YEN: Final = 50_000
"""Ceiling of the non-penal fine (過料), in yen: 住民基本台帳法 art. 52."""

CRIMINAL_FINE_YEN: Final = 200_000
"""Ceiling of the criminal fine (罰金), in yen, for an omission and for a false notification alike: 入管法
arts. 71-2 and 71-3 as numbered until 2024-06-09; 入管特例法 arts. 31 and 32."""

FALSE_IMPRISONMENT_YEARS: Final = 1
"""Ceiling of the imprisonment for a false notification, in years: as `CRIMINAL_FINE_YEN`."""

SUMMARY_COURT: Final = ("簡易裁判所", "summary court")
"""Who decides on a non-penal fine, in Japanese and English (a city's guidance, Hiroshima)."""

CRIMINAL_COURT: Final = ("刑事裁判所", "criminal court")
"""Who decides on a criminal penalty, in Japanese and English: on a prosecutor's charge."""


class Conduct(Worded):
    """What the person did or left undone."""

    OMISSION = ("omission", "届出をしない", "not filed")
    """The period is over and nothing was filed."""
    LATE = ("late", "期間経過後の届出", "filed late")
    """Filed after the filing period, within the 90 days of revocation."""
    LATE_PAST_90_DAYS = ("late_past_90_days", "90日経過後の届出", "filed after the 90 days")
    """Filed after the 90 days of revocation."""
    FALSE = ("false", "虚偽の届出", "filed falsely")
    """Filed with false content."""
    CARD_NOT_PRESENTED = ("card_not_presented", "カードを提出しない届出", "filed without the card")
    """Filed in time, but the card or certificate was not handed in."""


class ConsequenceKind(Worded):
    """Of which kind a consequence is."""

    ADMINISTRATIVE = ("administrative", "行政罰（過料）", "administrative penalty")
    """A non-penal fine."""
    CRIMINAL = ("criminal", "刑事罰", "criminal penalty")
    """A fine or imprisonment."""
    REVOCATION = ("revocation", "在留資格の取消しの対象となり得る", "candidate for revocation")
    """A candidate for revocation: discretionary."""
    NONE = ("none", "該当なし", "none")
    """The sources name no consequence."""


class PenalTerm(Worded):
    """The name of imprisonment by the day of the act."""

    WORK_IMPRISONMENT = ("work_imprisonment", "懲役", "imprisonment with work")
    """懲役: for acts until 2025-05-31, whenever they are tried."""
    IMPRISONMENT = ("imprisonment", "拘禁刑", "imprisonment")
    """拘禁刑: for acts from 2025-06-01."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """One thing that may follow, with its ceiling.

    `clause`: citation id, or None. `max_fine_yen`, `max_imprisonment_years`: ceilings, None when the clause
    threatens none; either may be imposed, not both. `term`: the name of the imprisonment. `conditional`: it
    follows only if something else still happens, which the sentence names. `decided_by_*`: who decides,
    empty when nothing follows.
    """

    kind: ConsequenceKind
    clause: str | None
    max_fine_yen: int | None
    max_imprisonment_years: int | None
    term: PenalTerm | None
    conditional: bool
    decided_by_ja: str
    decided_by_en: str
    why_ja: str
    why_en: str
    unconfirmed: tuple[str, ...] = ()


_UNTRUE: Final = (
    "他の法令により刑を科すべき場合を除き、虚偽の届出をした者は5万円以下の過料に処せられることがあります。",
    "A false filing may cost up to 50,000 yen, unless another law punishes it.",
)
_LEFT_UNDONE: Final = (
    "正当な理由がなく届出をしない者は、5万円以下の過料に処せられることがあります。",
    "Not filing without a good reason may cost up to 50,000 yen.",
)
_AFTER_THE_LIMIT: Final = (
    "正当な理由がなく期間内に届出をしなかった者は、後に届け出ても5万円以下の過料に処せられることがあります。",
    "Not filing in time without a good reason may cost up to 50,000 yen, although it was filed later.",
)
_REPORTS: Final = (
    "過料は簡易裁判所が決定し、市区町村は通知をするのみです。",
    "The summary court decides; the municipality only reports.",
)
_SEPARATE: Final[dict[PersonClass, tuple[str, str]]] = {
    PersonClass.MID_LONG_TERM_RESIDENT: (
        "住居地の届出は別の義務で、しなければ刑事罰や在留資格の取消しの対象となり得ます。",
        " The residence notification is a duty of its own: not making it may lead to a criminal penalty, or"
        " to revocation.",
    ),
    PersonClass.SPECIAL_PERMANENT_RESIDENT: (
        "住居地の届出は別の義務で、しなければ刑事罰の対象となり得ます。",
        " The residence notification is a duty of its own: not making it may lead to a criminal penalty.",
    ),
}
"""Added where the same event calls for a residence notification too (seed 000, on warning at counters)."""

_REGISTER: Final[dict[Conduct, tuple[str, str, str]]] = {
    Conduct.OMISSION: ("juki.52-2", *_LEFT_UNDONE),
    Conduct.LATE: ("juki.52-2", *_AFTER_THE_LIMIT),
    Conduct.LATE_PAST_90_DAYS: ("juki.52-2", *_AFTER_THE_LIMIT),
    Conduct.FALSE: ("juki.52-1", *_UNTRUE),
}
"""Clause and sentences of the register side; a filing without the card is threatened with nothing there."""

_NOT_NOTIFIED: Final[dict[Conduct, tuple[str, str]]] = {
    Conduct.OMISSION: (
        "住居地の届出をしない者は、20万円以下の罰金に処せられることがあります。",
        "Not notifying the residence may be fined up to 200,000 yen.",
    ),
    Conduct.LATE: (
        "期間内に住居地の届出をしなかった者は、後に届け出ても20万円以下の罰金に処せられることがあります。",
        "Not notifying the residence in time may be fined up to 200,000 yen, although it was notified later.",
    ),
    Conduct.CARD_NOT_PRESENTED: (
        "カードの提出がないため住居地の届出は済んでおらず、期間内に別に届け出なければ20万円以下の罰金に"
        "処せられることがあります。",
        "Without the card the residence is not notified yet: unless that is done in time, it may be fined up"
        " to 200,000 yen.",
    ),
}
_GUIDANCE: Final = (
    "実務では、まず届出の指導が行われます。",
    "In practice, guidance to file comes first.",
)
_PENALTIES: Final[dict[PersonClass, tuple[str, str, tuple[str, ...]]]] = {
    PersonClass.MID_LONG_TERM_RESIDENT: (
        "immi.penalty-not-notified",
        "immi.penalty-false",
        ("penalty-articles",),
    ),
    PersonClass.SPECIAL_PERMANENT_RESIDENT: (
        "special.penalty-not-notified",
        "special.penalty-false",
        ("special-permanent-penalties",),
    ),
}
"""Clause for not notifying, clause for a false notification, and what both rest on."""

_CANDIDATE: Final[dict[Conduct, tuple[bool, str, str]]] = {
    Conduct.OMISSION: (
        True,
        "90日を過ぎても住居地の届出がなければ、在留資格の取消しの対象となり得ます。",
        "If the residence is still not notified after the 90 days: a candidate for revocation.",
    ),
    Conduct.LATE_PAST_90_DAYS: (
        False,
        "住居地の届出が90日を過ぎていたため、在留資格の取消しの対象となり得ます。",
        "The residence was notified after the 90 days: a candidate for revocation.",
    ),
    Conduct.FALSE: (
        False,
        "虚偽の住居地の届出は、在留資格の取消しの対象となり得ます。",
        "A false residence was notified: a candidate for revocation.",
    ),
    Conduct.CARD_NOT_PRESENTED: (
        True,
        "カードの提出がないため住居地の届出は済んでおらず、90日以内に別に届け出なければ在留資格の取消しの"
        "対象となり得ます。",
        "Without the card the residence is not notified yet: unless that is done within the 90 days, a"
        " candidate for revocation.",
    ),
}
"""Whether it is conditional, and the sentences; a notification between day 15 and day 90 stops the clock."""

_BEFORE: Final = (
    f"{in_japanese(PENAL_TERMS)}より前の行為であるため、後に裁判があっても懲役と読みます。",
    f"The act came before {PENAL_TERMS}, so the old term stays, whenever it is tried.",
)


def penal_term(act: date) -> PenalTerm:
    """The name of imprisonment for an act of the day `act`.

    Source: imprisonment is 拘禁刑 from 2025-06-01; an act before that day keeps 懲役, even if it is tried
    later (UNCONFIRMED `penal-terms`).
    """
    return PenalTerm.WORK_IMPRISONMENT if act < PENAL_TERMS else PenalTerm.IMPRISONMENT


def consequences(
    person_class: PersonClass,
    history: History,
    filing: Filing,
    conduct: Conduct,
    on: date,
    *,
    deemed: bool = False,
) -> tuple[Consequence, ...]:
    """What may follow from `conduct` in `filing`: at least one entry, of the kind NONE if nothing may.

    `on` is the day of the act: of the false or late filing, or the day after the period ended with nothing
    filed. `deemed`: the card was handed in, so that the filing is deemed the residence notification too and
    what may follow from that is told with it. Without a card, the notification that stays due is told.

    Source: 住民基本台帳法 art. 52 paras. 1 (false) and 2 (not filed), up to 50,000 yen, as numbered today
    (UNCONFIRMED `fine-article-number`); 入管法 arts. 71-2 (false: one year or 200,000 yen) and 71-3 (not
    notified: 200,000 yen) as numbered until 2024-06-09 (UNCONFIRMED `renumbered-penalties` from then);
    入管特例法 arts. 31 and 32 (UNCONFIRMED `special-permanent-penalties`); 入管法 art. 22-4
    para. 1 for mid-long-term residents only. From 2012-07-09. What 入管法 arts. 19-10 to 19-15
    threaten for cards is left out: no source has figures.

    Raises:
        UsageError: the day lies before 2012-07-09, or `deemed` is said of what cannot be a deemed filing.
    """
    _check(person_class, history, filing, conduct, on, deemed)
    found: tuple[Consequence, ...]
    if filing is Filing.RESIDENCE_NOTIFICATION:
        found = _immigration(person_class, history, conduct, on)
    else:
        due = filing in SHOWS_DUTY[history] and residence_duty(person_class, history) is not None
        found = _register(conduct, _SEPARATE[person_class] if due and not deemed else ("", ""))
        if deemed or _left_due(person_class, history, filing, conduct):
            found += _immigration(person_class, history, conduct, on)
    return found or (_nothing(person_class, filing),)


def _left_due(person_class: PersonClass, history: History, filing: Filing, conduct: Conduct) -> bool:
    if conduct is not Conduct.CARD_NOT_PRESENTED:
        return False
    return deem(person_class, history, filing, CardState.ABSENT).still_due is not None


def _register(conduct: Conduct, more: tuple[str, str]) -> tuple[Consequence, ...]:
    case = _REGISTER.get(conduct)
    if case is None:
        return ()
    clause, ja, en = case
    rests_on: tuple[str, ...] = ("report-to-summary-court", "fine-article-number")
    if conduct is Conduct.FALSE:
        rests_on = ("register-false-filing", *rests_on)
    return (
        Consequence(
            ConsequenceKind.ADMINISTRATIVE,
            clause,
            NON_PENAL_FINE_YEN,
            None,
            None,
            False,
            *SUMMARY_COURT,
            ja + _REPORTS[0] + more[0],
            f"{en} {_REPORTS[1]}{more[1]}",
            rests_on,
        ),
    )


def _immigration(
    person_class: PersonClass, history: History, conduct: Conduct, on: date
) -> tuple[Consequence, ...]:
    if residence_duty(person_class, history) is None:
        return ()
    criminal = _false(person_class, on) if conduct is Conduct.FALSE else _omitted(person_class, conduct, on)
    return (criminal, *_revocation(person_class, history, conduct, on))


def _false(person_class: PersonClass, on: date) -> Consequence:
    _, clause, rests_on = _PENALTIES[person_class]
    term = penal_term(on)
    ja = f"虚偽の住居地の届出をした者は、1年以下の{term.ja}又は20万円以下の罰金に処せられることがあります。"
    en = f"A false notification may be punished with up to one year of {term.en} or up to 200,000 yen."
    if term is PenalTerm.WORK_IMPRISONMENT:
        ja += _BEFORE[0]
        en += f" {_BEFORE[1]}"
    return Consequence(
        ConsequenceKind.CRIMINAL,
        clause,
        CRIMINAL_FINE_YEN,
        FALSE_IMPRISONMENT_YEARS,
        term,
        False,
        *CRIMINAL_COURT,
        ja,
        en,
        (*rests_on, *_renumbered(person_class, on), "penal-terms"),
    )


def _omitted(person_class: PersonClass, conduct: Conduct, on: date) -> Consequence:
    clause, _, rests_on = _PENALTIES[person_class]
    ja, en = _NOT_NOTIFIED[Conduct.LATE if conduct is Conduct.LATE_PAST_90_DAYS else conduct]
    return Consequence(
        ConsequenceKind.CRIMINAL,
        clause,
        CRIMINAL_FINE_YEN,
        None,
        None,
        conduct is Conduct.CARD_NOT_PRESENTED,
        *CRIMINAL_COURT,
        ja + _GUIDANCE[0],
        f"{en} {_GUIDANCE[1]}",
        (*rests_on, *_renumbered(person_class, on), "accusation-practice"),
    )


def _revocation(
    person_class: PersonClass, history: History, conduct: Conduct, on: date
) -> tuple[Consequence, ...]:
    clock, case = clock_ground(person_class, history), _CANDIDATE.get(conduct)
    if clock is None or case is None:
        return ()
    ground = Ground.FALSE if conduct is Conduct.FALSE else clock
    conditional, ja, en = case
    rests_on: tuple[str, ...] = (*RESTS_ON[ground], "revocation-hearing")
    if on >= REVOCATION_RENUMBERED:
        rests_on = (*rests_on, "renumbered-revocation")
    return (
        Consequence(
            ConsequenceKind.REVOCATION,
            REVOCATION_CLAUSES[ground],
            None,
            None,
            None,
            conditional,
            *REVOKED_BY,
            ja + DISCRETION[0],
            f"{en} {DISCRETION[1]}",
            rests_on,
        ),
    )


def _renumbered(person_class: PersonClass, on: date) -> tuple[str, ...]:
    moved = person_class is PersonClass.MID_LONG_TERM_RESIDENT and on >= PENALTIES_RENUMBERED
    return ("renumbered-penalties",) if moved else ()


def _nothing(person_class: PersonClass, filing: Filing) -> Consequence:
    if filing is Filing.RESIDENCE_NOTIFICATION:
        ja = f"{person_class.ja}には住居地の届出義務がないため、該当する罰則等はありません。"
        en = f"A {person_class.en} owes no residence notification, so nothing follows."
        rests_on: tuple[str, ...] = ("classes-without-duty",)
    else:
        ja = f"カードの提出のない{filing.ja}について、罰則等を定めた資料はありません。"
        en = f"No source names a consequence of a {filing.en} made without the card."
        rests_on = ("card-not-shown",)
    return Consequence(ConsequenceKind.NONE, None, None, None, None, False, "", "", ja, en, rests_on)


def _check(
    person_class: PersonClass,
    history: History,
    filing: Filing,
    conduct: Conduct,
    on: date,
    deemed: bool,
) -> None:
    if on < SYSTEM_FIRST_DAY:
        raise UsageError(
            "the penalties on foreign residents' filings were not in force yet",
            expected=f"an act from {SYSTEM_FIRST_DAY} on",
            received=on.isoformat(),
            where="sim.law.consequences",
            remedy="give the day of an act under the rules",
        )
    if not deemed:
        return
    if conduct in (Conduct.OMISSION, Conduct.CARD_NOT_PRESENTED):
        raise UsageError(
            "only a filing made with the card handed in can be deemed",
            expected="a late or a false filing",
            received=conduct.value,
            where="sim.law.consequences, deemed",
            remedy="leave deemed out; ask for the residence notification on its own",
        )
    if not deem(person_class, history, filing, CardState.PRESENTED).deemed:
        raise UsageError(
            "this filing is not deemed a residence notification",
            expected="a filing that the Acts deem for this person",
            received=f"{person_class.value}, {history.value}, {filing.value}",
            where="sim.law.consequences, deemed",
            remedy="leave deemed out",
        )
