"""Deemed filing (みなし届出): when a register filing is at the same time the residence notification.

Tables, read in turn. `DUTIES`: which residence notification the person owes. `OPEN_TO`: for whom the two
filings of foreign residents exist at all. `MATRIX`: which register filing of that person counts as the
notification, and by which paragraph; a pair that the Acts do not name is absent from it. `CARDS`: in which
histories a state of the card counts as the card being handed in.

Each member of a household is judged alone, by that person's own card. Who may appear for whom is another
question (`filers`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final, NamedTuple

from sim.law.kinds import CardState, Filing, History, PersonClass

_MLT: Final = PersonClass.MID_LONG_TERM_RESIDENT
_SPR: Final = PersonClass.SPECIAL_PERMANENT_RESIDENT


class Ground(StrEnum):
    """Why a filing is, or is not, deemed a residence notification; the first that applies, in this order."""

    NO_DUTY = "no_duty"
    """The class owes no residence notification."""
    ITSELF = "itself"
    """It is the residence notification, and no register filing."""
    NO_PROVISION = "no_provision"
    """No provision deems this kind of filing: moving out, household change, change of relationship."""
    ALREADY_DEEMED = "already_deemed"
    """The residence was deemed notified when permission was given (入管法 art. 19-8 para. 4)."""
    NOT_OPEN = "not_open"
    """The filing is not for this person at all."""
    PAIR_NOT_NAMED = "pair_not_named"
    """The Acts do not name this filing for the notification that the person owes."""
    CARD_ABSENT = "card_absent"
    CARD_EXPIRED = "card_expired"
    CARD_NOT_ISSUED = "card_not_issued"
    """The passport is marked for later issue of the card, which only a newly landed person's can be."""
    DEEMED = "deemed"


@dataclass(frozen=True, slots=True)
class Deeming:
    """Whether a filing is deemed a residence notification, and on which `ground`.

    `clause`: citation id of the notification it is deemed to be, or None. `basis`: id of the paragraph that
    deems it, or None. `still_due`: id of the notification that the person must still make, or None.
    `unconfirmed`: ids of what the answer rests on and nobody could confirm.
    """

    ground: Ground
    clause: str | None
    basis: str | None
    still_due: str | None
    why_ja: str
    why_en: str
    unconfirmed: tuple[str, ...] = ()

    @property
    def deemed(self) -> bool:
        """Whether the filing is deemed a residence notification."""
        return self.clause is not None


class Cell(NamedTuple):
    """A pair of the matrix: the notification it is deemed to be, and the paragraph that says so."""

    clause: str
    basis: str


class Effect(NamedTuple):
    """For whom a state of the card counts as handing it in, on what that rests, why not else."""

    counts_for: frozenset[tuple[PersonClass, History]]
    ground: Ground
    unconfirmed: tuple[str, ...]
    why_ja: str
    why_en: str


MATRIX: Final[dict[tuple[PersonClass, History, Filing], Cell]] = {
    (_MLT, History.LANDED_NO_RESIDENCE, Filing.ENTRY_FROM_ABROAD): Cell("immi.19-7-1", "immi.19-7-3"),
    (_MLT, History.PERMITTED_NO_RESIDENCE, Filing.ENTRY_FROM_ABROAD): Cell("immi.19-8-1", "immi.19-8-3"),
    (_MLT, History.PERMITTED_LIVING_HERE, Filing.BECAME_RESIDENT_STATUS): Cell("immi.19-8-1", "immi.19-8-3"),
    (_MLT, History.RESIDENCE_ON_CARD, Filing.MOVING_IN): Cell("immi.19-9-1", "immi.19-9-3"),
    (_MLT, History.RESIDENCE_ON_CARD, Filing.MOVING_WITHIN): Cell("immi.19-9-1", "immi.19-9-3"),
    (_MLT, History.RESIDENCE_ON_CARD, Filing.ENTRY_FROM_ABROAD): Cell("immi.19-9-1", "immi.19-9-3"),
    (_SPR, History.LANDED_NO_RESIDENCE, Filing.ENTRY_FROM_ABROAD): Cell("special.10-1", "special.10-4"),
    (_SPR, History.PERMITTED_NO_RESIDENCE, Filing.ENTRY_FROM_ABROAD): Cell("special.10-1", "special.10-4"),
    (_MLT, History.PERMITTED_LIVING_HERE, Filing.ENTRY_FROM_ABROAD): Cell("immi.19-8-1", "immi.19-8-3"),
    (_MLT, History.PERMITTED_ALREADY_REGISTERED, Filing.ENTRY_FROM_ABROAD): Cell(
        "immi.19-8-1", "immi.19-8-3"
    ),
    (_SPR, History.PERMITTED_LIVING_HERE, Filing.ENTRY_FROM_ABROAD): Cell("special.10-1", "special.10-4"),
    (_SPR, History.PERMITTED_ALREADY_REGISTERED, Filing.ENTRY_FROM_ABROAD): Cell(
        "special.10-1", "special.10-4"
    ),
    (_SPR, History.ACQUIRED_WITH_RECORD_COPY, Filing.MOVING_IN): Cell("special.10-2", "special.10-5"),
    (_SPR, History.ACQUIRED_WITH_RECORD_COPY, Filing.MOVING_WITHIN): Cell("special.10-2", "special.10-5"),
    (_SPR, History.ACQUIRED_WITH_RECORD_COPY, Filing.ENTRY_FROM_ABROAD): Cell("special.10-2", "special.10-5"),
    (_SPR, History.RESIDENCE_ON_CARD, Filing.MOVING_IN): Cell("special.10-2", "special.10-5"),
    (_SPR, History.RESIDENCE_ON_CARD, Filing.MOVING_WITHIN): Cell("special.10-2", "special.10-5"),
    (_SPR, History.RESIDENCE_ON_CARD, Filing.ENTRY_FROM_ABROAD): Cell("special.10-2", "special.10-5"),
    (_MLT, History.ACQUIRED_WITH_RECORD_COPY, Filing.MOVING_IN): Cell("immi.19-9-1", "immi.19-9-3"),
    (_MLT, History.ACQUIRED_WITH_RECORD_COPY, Filing.MOVING_WITHIN): Cell("immi.19-9-1", "immi.19-9-3"),
    (_MLT, History.ACQUIRED_WITH_RECORD_COPY, Filing.ENTRY_FROM_ABROAD): Cell("immi.19-9-1", "immi.19-9-3"),
}
"""Every pair that the Acts deem, the card being handed in. Who acquired a status with a record copy has
notified a residence when permission was given (`at_permission`), so that a later move is a change of it."""

DUTIES: Final[dict[tuple[PersonClass, History], str]] = {
    (_MLT, History.LANDED_NO_RESIDENCE): "immi.19-7-1",
    (_MLT, History.PERMITTED_NO_RESIDENCE): "immi.19-8-1",
    (_MLT, History.PERMITTED_LIVING_HERE): "immi.19-8-1",
    (_MLT, History.PERMITTED_ALREADY_REGISTERED): "immi.19-8-1",
    (_MLT, History.ACQUIRED_WITH_RECORD_COPY): "immi.19-9-1",
    (_MLT, History.RESIDENCE_ON_CARD): "immi.19-9-1",
    (_SPR, History.LANDED_NO_RESIDENCE): "special.10-1",
    (_SPR, History.PERMITTED_NO_RESIDENCE): "special.10-1",
    (_SPR, History.PERMITTED_LIVING_HERE): "special.10-1",
    (_SPR, History.PERMITTED_ALREADY_REGISTERED): "special.10-1",
    (_SPR, History.ACQUIRED_WITH_RECORD_COPY): "special.10-2",
    (_SPR, History.RESIDENCE_ON_CARD): "special.10-2",
}
"""The residence notification each person owes; a class that is absent owes none (UNCONFIRMED
`classes-without-duty`)."""

SETTLING: Final = frozenset(
    {Filing.MOVING_IN, Filing.MOVING_WITHIN, Filing.ENTRY_FROM_ABROAD, Filing.BECAME_RESIDENT_STATUS}
)
"""The filings that settle a residence, so that each of them asks for the notification too."""

LIVING_HERE: Final = frozenset({History.PERMITTED_LIVING_HERE, History.PERMITTED_ALREADY_REGISTERED})

OPEN_TO: Final[dict[Filing, frozenset[History]]] = {
    Filing.BECAME_RESIDENT_STATUS: frozenset({History.PERMITTED_LIVING_HERE}),
}
"""Filings that exist for some only: art. 30-47 speaks of one who has an address here and comes into a class
from outside all of them. (Art. 30-46 leaves out transitional residents, who owe no notification anyway.)"""

_NOTIFIED: Final = frozenset({History.ACQUIRED_WITH_RECORD_COPY, History.RESIDENCE_ON_CARD})

SHOWS_DUTY: Final[dict[History, frozenset[Filing]]] = {
    history: SETTLING if history not in _NOTIFIED else SETTLING - {Filing.BECAME_RESIDENT_STATUS}
    for history in History
}
"""Filings which show that the duty has arisen, so that it stays open unless the filing is deemed. Moving away
shows none; where a residence was notified before, only a move does."""

_EVERYBODY: Final = frozenset((person, history) for person in PersonClass for history in History)

CARDS: Final[dict[CardState, Effect]] = {
    CardState.PRESENTED: Effect(_EVERYBODY, Ground.DEEMED, (), "", ""),
    CardState.ABSENT: Effect(
        frozenset(),
        Ground.CARD_ABSENT,
        (),
        "在留カード等の提出がないため、みなし届出になりません。",
        "The card was not handed in, so the filing is not deemed a residence notification.",
    ),
    CardState.ISSUED_LATER: Effect(
        frozenset({(_MLT, History.LANDED_NO_RESIDENCE)}),
        Ground.CARD_NOT_ISSUED,
        ("card-issued-later",),
        "在留カードの後日交付は新規に上陸した中長期在留者に限られるため、みなし届出になりません。",
        "Only a newly landed mid-long-term resident's card is issued later, so this filing is not deemed.",
    ),
    CardState.EXPIRED: Effect(
        frozenset(),
        Ground.CARD_EXPIRED,
        ("card-expired",),
        "提出されたカードの有効期間が満了しているため、みなし届出になりません。",
        "The card handed in has expired, so the filing is not deemed a residence notification.",
    ),
    CardState.EXPIRED_PENDING: Effect(
        frozenset((_MLT, history) for history in History),
        Ground.CARD_EXPIRED,
        ("card-expired-pending",),
        "申請中の取扱いは在留期間のある中長期在留者に限られるため、みなし届出になりません。",
        "A pending application prolongs only a mid-long-term resident's card, so this filing is not deemed.",
    ),
}
"""What each state of the card does. A passport marked for later issue stands in for it after landing; a
special permanent resident has no period of stay whose renewal could be pending."""

_NOTIFICATIONS: Final[dict[str, tuple[str, str]]] = {
    "immi.19-7-1": ("新規上陸後の住居地届出", "residence notification after landing"),
    "immi.19-8-1": (
        "在留資格変更等に伴う住居地届出",
        "residence notification after a change of status or the like",
    ),
    "immi.19-9-1": ("住居地の変更届出", "notification of a changed residence"),
    "special.10-1": ("特別永住者の住居地届出", "residence notification of a special permanent resident"),
    "special.10-2": (
        "特別永住者の住居地の変更届出",
        "notification of a changed residence of a special permanent resident",
    ),
}


def residence_duty(person_class: PersonClass, history: History) -> str | None:
    """Citation id of the residence notification that the person owes, or None for a class without the duty.

    Source: 入管法 arts. 19-7, 19-8, 19-9, each para. 1; 入管特例法 art. 10 paras. 1 and 2; from 2012-07-09.
    """
    return DUTIES.get((person_class, history))


def handed_in(person_class: PersonClass, history: History, card: CardState) -> bool:
    """Whether the state of the card counts as handing it in, for a notification and for its endorsement.

    Source: as `deem`; what is inferred for expired cards and cards to be issued later is UNCONFIRMED
    (`card-expired`, `card-expired-pending`, `card-issued-later`).
    """
    return (person_class, history) in CARDS[card].counts_for


def deem(person_class: PersonClass, history: History, filing: Filing, card: CardState) -> Deeming:
    """Whether `filing` is deemed the person's residence notification.

    Source: 入管法 art. 19-7 para. 3, art. 19-8 para. 3, art. 19-9 para. 3; 入管特例法 art. 10 paras. 4 and 5;
    from 2012-07-09. Each speaks of a filing made on handing in the card or certificate: without it the filing
    stands, and the notification stays due on its own.
    """
    return _deem(person_class, history, filing, card)


def at_permission(person_class: PersonClass, history: History) -> Deeming | None:
    """What permission itself deems, with no filing at a counter; None for everybody else.

    Source: 入管法 art. 19-8 para. 4: one who submitted a record copy (住民票の写し or 住民票記載事項証明書)
    when applying to acquire a status has notified the residence when permission is given; from 2012-07-09.
    """
    if person_class is not _MLT or history is not History.ACQUIRED_WITH_RECORD_COPY:
        return None
    return Deeming(
        Ground.ALREADY_DEEMED,
        clause="immi.19-8-1",
        basis="immi.19-8-4",
        still_due=None,
        why_ja="在留資格取得の申請で住民票の写し等を提出しているため、許可の時に住居地の届出があったものと"
        "みなされます。",
        why_en="A record copy was submitted with the application to acquire a status, so the residence is"
        " deemed notified when permission is given.",
    )


@cache
def _deem(person_class: PersonClass, history: History, filing: Filing, card: CardState) -> Deeming:
    duty = residence_duty(person_class, history)
    if duty is None:
        return _not_deemed(
            Ground.NO_DUTY,
            None,
            f"{person_class.ja}には住居地の届出義務がありません。",
            f"A {person_class.en} owes no residence notification.",
            ("classes-without-duty",),
        )
    if filing is Filing.RESIDENCE_NOTIFICATION:
        return _itself(duty, CARDS[card], handed_in(person_class, history, card))
    if filing not in SETTLING:
        return _not_deemed(
            Ground.NO_PROVISION,
            None,
            f"{filing.ja}を住居地の届出とみなす規定はありません。",
            f"No provision deems a {filing.en} a residence notification.",
        )
    still_due = duty if filing in SHOWS_DUTY[history] else None
    if filing in OPEN_TO and history not in OPEN_TO[filing]:
        return _not_open(person_class, history, filing, still_due)
    cell = MATRIX.get((person_class, history, filing))
    if cell is None:
        return _not_deemed(
            Ground.PAIR_NOT_NAMED,
            still_due,
            f"{person_class.ja}（{history.ja}）の{filing.ja}を住居地の届出とみなす規定はありません。",
            f"No provision deems this filing a residence notification: {person_class.en} ({history.en}),"
            f" {filing.en}.",
            _gap(person_class, history),
        )
    effect = CARDS[card]
    if not handed_in(person_class, history, card):
        unconfirmed = (*_shown_not(filing, card), *effect.unconfirmed)
        return _not_deemed(effect.ground, still_due, effect.why_ja, effect.why_en, unconfirmed)
    ja, en = _NOTIFICATIONS[cell.clause]
    return Deeming(
        Ground.DEEMED,
        clause=cell.clause,
        basis=cell.basis,
        still_due=None,
        why_ja=f"{filing.ja}は{ja}とみなされます（カードの状態：{card.ja}）。",
        why_en=f"The {filing.en} is deemed the {en} (card: {card.en}).",
        unconfirmed=(*_reading(history, filing), *effect.unconfirmed),
    )


def _reading(history: History, filing: Filing) -> tuple[str, ...]:
    """What a pair rests on that the Acts name without saying for whom."""
    entered = filing is Filing.ENTRY_FROM_ABROAD and history in LIVING_HERE
    return ("deeming-pairs",) if entered else ()


def _itself(duty: str, effect: Effect, handed: bool) -> Deeming:
    """The residence notification made alone: it wants the card handed in, or it is none."""
    if handed:
        why = ("住居地の届出そのものであり、みなしを要しません。", "It is the residence notification itself.")
        return _not_deemed(Ground.ITSELF, None, *why, effect.unconfirmed)
    return _not_deemed(
        Ground.ITSELF,
        duty,
        "住居地の届出は有効なカードを提出して行うため、この状態では届出になりません。",
        "A residence notification is made on handing in a valid card, so in this state it is none.",
        effect.unconfirmed,
    )


def _shown_not(filing: Filing, card: CardState) -> tuple[str, ...]:
    """What the acceptance of a filing rests on that makes showing the card a duty of its own."""
    wants_card = filing in (Filing.ENTRY_FROM_ABROAD, Filing.BECAME_RESIDENT_STATUS)
    return ("entry-from-abroad-card",) if wants_card and card is CardState.ABSENT else ()


def _not_deemed(
    ground: Ground, still_due: str | None, ja: str, en: str, unconfirmed: tuple[str, ...] = ()
) -> Deeming:
    return Deeming(ground, None, None, still_due, ja, en, unconfirmed)


def _gap(person_class: PersonClass, history: History) -> tuple[str, ...]:
    """What the absence of a pair from the matrix rests on, beyond the Acts' own words."""
    if person_class is _MLT:
        return ("unnotified-move",)
    return ("special-permanent-living-here",) if history in LIVING_HERE else ()


def _not_open(person_class: PersonClass, history: History, filing: Filing, still_due: str | None) -> Deeming:
    if before := at_permission(person_class, history):
        return _not_deemed(Ground.ALREADY_DEEMED, None, before.why_ja, before.why_en)
    return _not_deemed(
        Ground.NOT_OPEN,
        still_due,
        f"{person_class.ja}（{history.ja}）は{filing.ja}の対象ではありません。",
        f"A {filing.en} is not for this person: {person_class.en} ({history.en}).",
        ("deeming-pairs",),
    )
