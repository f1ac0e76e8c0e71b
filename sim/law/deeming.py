"""Deemed filing (みなし届出): when a register filing is at the same time the residence notification.

Three tables, read in turn. `DUTIES`: which residence notification the person owes. `MATRIX`: which register
filing of that person counts as it, and by which paragraph. `CARDS`: in which histories a state of the card
counts as the card being handed in. A pair that the Acts do not name is simply absent from the matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from sim.law.kinds import CardState, Filing, History, PersonClass

_MLT: Final = PersonClass.MID_LONG_TERM_RESIDENT
_SPR: Final = PersonClass.SPECIAL_PERMANENT_RESIDENT


@dataclass(frozen=True, slots=True)
class Deeming:
    """Whether a filing is deemed a residence notification.

    `clause`: citation id of the notification it is deemed to be, or None. `basis`: id of the paragraph that
    deems it, or None. `still_due`: id of the notification that the person must still make, or None.
    `unconfirmed`: ids of what the answer rests on and nobody could confirm.
    """

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
    """In which histories a state of the card counts as handing it in, on what that rests, why not else."""

    counts_for: frozenset[History]
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
    (_SPR, History.RESIDENCE_ON_CARD, Filing.MOVING_IN): Cell("special.10-2", "special.10-5"),
    (_SPR, History.RESIDENCE_ON_CARD, Filing.MOVING_WITHIN): Cell("special.10-2", "special.10-5"),
    (_SPR, History.RESIDENCE_ON_CARD, Filing.ENTRY_FROM_ABROAD): Cell("special.10-2", "special.10-5"),
}
"""Every pair that the Acts deem, the card being handed in. 19-8 para. 4 (a residence proven when applying for
a status) needs no filing at a counter and is left to the issue on the whole law."""

DUTIES: Final[dict[tuple[PersonClass, History], str]] = {
    (_MLT, History.LANDED_NO_RESIDENCE): "immi.19-7-1",
    (_MLT, History.PERMITTED_NO_RESIDENCE): "immi.19-8-1",
    (_MLT, History.PERMITTED_LIVING_HERE): "immi.19-8-1",
    (_MLT, History.RESIDENCE_ON_CARD): "immi.19-9-1",
    (_SPR, History.LANDED_NO_RESIDENCE): "special.10-1",
    (_SPR, History.PERMITTED_NO_RESIDENCE): "special.10-1",
    (_SPR, History.PERMITTED_LIVING_HERE): "special.10-1",
    (_SPR, History.RESIDENCE_ON_CARD): "special.10-2",
}
"""The residence notification each person owes; a class that is absent owes none (UNCONFIRMED
`classes-without-duty`)."""

_SETTLING: Final = frozenset(
    {Filing.MOVING_IN, Filing.MOVING_WITHIN, Filing.ENTRY_FROM_ABROAD, Filing.BECAME_RESIDENT_STATUS}
)

SHOWS_DUTY: Final[dict[History, frozenset[Filing]]] = {
    History.LANDED_NO_RESIDENCE: _SETTLING,
    History.PERMITTED_NO_RESIDENCE: _SETTLING,
    History.PERMITTED_LIVING_HERE: _SETTLING,
    History.RESIDENCE_ON_CARD: _SETTLING - {Filing.BECAME_RESIDENT_STATUS},
}
"""Filings which show that the duty has arisen, so that it stays open unless the filing is deemed. Moving away
shows none; with a residence on the card, only a move does."""

CARDS: Final[dict[CardState, Effect]] = {
    CardState.PRESENTED: Effect(frozenset(History), (), "", ""),
    CardState.ABSENT: Effect(
        frozenset(),
        (),
        "在留カード等の提出がないため、みなし届出になりません。",
        "The card was not handed in, so the filing is not deemed a residence notification.",
    ),
    CardState.ISSUED_LATER: Effect(
        frozenset({History.LANDED_NO_RESIDENCE}),
        ("card-issued-later",),
        "在留カードの後日交付は新規上陸者に限られるため、この者についてはみなし届出になりません。",
        "Only a newly landed person's card is issued later, so this filing is not deemed.",
    ),
    CardState.EXPIRED: Effect(
        frozenset(),
        ("card-expired",),
        "提出されたカードの有効期間が満了しているため、みなし届出になりません。",
        "The card handed in has expired, so the filing is not deemed a residence notification.",
    ),
    CardState.EXPIRED_PENDING: Effect(
        frozenset(History),
        ("card-expired-pending",),
        "",
        "",
    ),
}
"""What each state of the card does. A passport marked for later issue stands in for it after landing."""

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
_CROSS_PAIRS: Final = frozenset(
    {
        (_MLT, History.PERMITTED_NO_RESIDENCE, Filing.BECAME_RESIDENT_STATUS),
        (_MLT, History.PERMITTED_LIVING_HERE, Filing.ENTRY_FROM_ABROAD),
    }
)


def residence_duty(person_class: PersonClass, history: History) -> str | None:
    """Citation id of the residence notification that the person owes, or None for a class without the duty.

    Source: 入管法 arts. 19-7, 19-8, 19-9, each para. 1; 入管特例法 art. 10 paras. 1 and 2; from 2012-07-09.
    """
    return DUTIES.get((person_class, history))


def handed_in(history: History, card: CardState) -> bool:
    """Whether the state of the card counts as handing it in, for a notification and for its endorsement.

    Source: as `deem`; what is inferred for expired cards and cards to be issued later is UNCONFIRMED
    (`card-expired`, `card-expired-pending`, `card-issued-later`).
    """
    return history in CARDS[card].counts_for


def deem(person_class: PersonClass, history: History, filing: Filing, card: CardState) -> Deeming:
    """Whether `filing` is deemed the person's residence notification.

    Source: 入管法 art. 19-7 para. 3, art. 19-8 para. 3, art. 19-9 para. 3; 入管特例法 art. 10 paras. 4 and 5;
    from 2012-07-09. Each speaks of a filing made on handing in the card or certificate: without it the filing
    stands, and the notification stays due on its own.
    """
    return _deem(person_class, history, filing, card)


@cache
def _deem(person_class: PersonClass, history: History, filing: Filing, card: CardState) -> Deeming:
    duty = residence_duty(person_class, history)
    if filing is Filing.RESIDENCE_NOTIFICATION:
        return _not_deemed(
            None,
            "住居地の届出そのものであり、みなしを要しません。",
            "It is the residence notification itself.",
        )
    if duty is None:
        return _not_deemed(
            None,
            f"{person_class.ja}には住居地の届出義務がありません。",
            f"A {person_class.en} owes no residence notification.",
            ("classes-without-duty",),
        )
    still_due = duty if filing in SHOWS_DUTY[history] else None
    cell = MATRIX.get((person_class, history, filing))
    if cell is None:
        return _not_deemed(
            still_due,
            f"{person_class.ja}（{history.ja}）の{filing.ja}を住居地の届出とみなす規定はありません。",
            f"No provision deems this filing a residence notification: {person_class.en} ({history.en}),"
            f" {filing.en}.",
            _gap(person_class, history, filing),
        )
    effect = CARDS[card]
    if not handed_in(history, card):
        return _not_deemed(still_due, effect.why_ja, effect.why_en, effect.unconfirmed)
    ja, en = _NOTIFICATIONS[cell.clause]
    return Deeming(
        clause=cell.clause,
        basis=cell.basis,
        still_due=None,
        why_ja=f"{filing.ja}は{ja}とみなされます（カードの状態：{card.ja}）。",
        why_en=f"The {filing.en} is deemed the {en} (card: {card.en}).",
        unconfirmed=effect.unconfirmed,
    )


def _not_deemed(still_due: str | None, ja: str, en: str, unconfirmed: tuple[str, ...] = ()) -> Deeming:
    return Deeming(None, None, still_due, ja, en, unconfirmed)


def _gap(person_class: PersonClass, history: History, filing: Filing) -> tuple[str, ...]:
    """What the absence of a pair from the matrix rests on, beyond the Acts' own words."""
    if (person_class, history, filing) in _CROSS_PAIRS:
        return ("deeming-pairs",)
    if (person_class, history) == (_SPR, History.PERMITTED_LIVING_HERE) and filing in _SETTLING:
        return ("special-permanent-living-here",)
    return ()
