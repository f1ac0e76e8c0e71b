"""Who may file for whom: register filings and residence notifications follow two different rules.

A register filing may be made by the person, by the head of household, by anybody of the same household, or by
an agent who shows the mandate; whoever stands at the counter shows who that is. A residence notification
wants the person in person. For one under 16, or one who is ill or otherwise unable, the relatives of 16 or
over who live together file instead, in the order spouse, child, parents, other relatives; else such a
relative whom the person asked, a legal representative with proof, or an agent with a written mandate. And the
person's own card must be handed in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from sim.base.errors import UsageError
from sim.law.kinds import Filing, PersonClass
from sim.law.worded import Worded

FILING_AGE: Final = 16
"""Age in years from which a person notifies a residence, own or of a relative: 入管法 art. 61-9-3."""


class Tie(Worded):
    """What one person is to another."""

    SELF = ("self", "本人", "the person")
    """The same person."""
    SPOUSE = ("spouse", "配偶者", "spouse")
    """Spouse."""
    CHILD = ("child", "子", "child")
    """Child."""
    PARENT = ("parent", "父又は母", "parent")
    """Father or mother."""
    OTHER_RELATIVE = ("other_relative", "その他の親族", "other relative")
    """Any other relative."""
    UNRELATED = ("unrelated", "親族でない者", "not a relative")
    """Nobody's relative."""


ORDER: Final = (Tie.SPOUSE, Tie.CHILD, Tie.PARENT, Tie.OTHER_RELATIVE)
"""In which order relatives who live together file for one who cannot: 入管法 art. 61-9-3."""


class Living(Worded):
    """How the filer lives, as seen from the person."""

    SAME_HOUSEHOLD = ("same_household", "同一世帯", "in the same household")
    """In the same household (世帯) of the register."""
    SAME_ADDRESS = ("same_address", "同居・別世帯", "together, in another household")
    """At the same address, in a household of its own."""
    ELSEWHERE = ("elsewhere", "別居", "elsewhere")
    """At another address."""


class Capacity(Worded):
    """In which capacity a filer may file."""

    SELF = ("self", "本人", "the person")
    """The person."""
    HEAD_OF_HOUSEHOLD = ("head_of_household", "世帯主", "head of household")
    """世帯主, for a member of the household."""
    HOUSEHOLD_MEMBER = ("household_member", "同一世帯の者", "member of the same household")
    """Of the same household: no mandate is asked for."""
    RELATIVE_IN_ORDER = ("relative_in_order", "順位による同居の親族", "cohabiting relative, in the order")
    """The nearest relative living together, for one who cannot file."""
    RELATIVE_ASKED = ("relative_asked", "依頼を受けた同居の親族", "cohabiting relative, asked to")
    """A relative living together whom the person asked."""
    LEGAL_REPRESENTATIVE = ("legal_representative", "法定代理人", "legal representative")
    """法定代理人, with proof."""
    AGENT = ("agent", "任意代理人", "agent")
    """An agent with a written mandate (委任状)."""


class Reason(Worded):
    """Why a filer may not file, as a sentence."""

    NO_DUTY = (
        "no_duty",
        "この者には住居地の届出義務がありません。",
        "This person owes no residence notification.",
    )
    """Nothing is owed, so nothing is filed."""
    SELF_UNDER_16 = (
        "self_under_16",
        "16歳未満の者の届出は、代理人が行います。",
        "One under 16 is represented.",
    )
    """The person is too young to notify."""
    FILER_UNDER_16 = (
        "filer_under_16",
        "16歳未満の親族は、代わって届け出ることができません。",
        "A relative under 16 cannot file for another.",
    )
    """The relative is too young to notify for another."""
    NEARER_RELATIVE = (
        "nearer_relative",
        "先の順位の同居の親族がいます。",
        "A relative who comes first in the order lives there.",
    )
    """Another relative comes first."""
    NOT_ASKED = (
        "not_asked",
        "本人が自ら届け出ることができ、依頼もしていません。",
        "The person can file and did not ask for it.",
    )
    """An able person has not asked the relative."""
    PROOF_MISSING = (
        "proof_missing",
        "法定代理人であることを証する書類がありません。",
        "The legal representative shows no proof.",
    )
    """A legal representative proves it."""
    MANDATE_MISSING = (
        "mandate_missing",
        "委任状がありません。",
        "There is no written mandate.",
    )
    """Nothing else entitles the filer."""
    CARD_NOT_IN_HAND = (
        "card_not_in_hand",
        "この者自身の在留カード等が提出されていません。",
        "This person's own card was not handed in.",
    )
    """Each person's own card counts."""
    IDENTITY_NOT_SHOWN = (
        "identity_not_shown",
        "届出の任に当たる者の本人確認ができていません。",
        "The filer's identity was not shown.",
    )
    """Whoever stands at the counter is identified."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the filing concerns.

    `person_class`: None for a Japanese national. `unable`: ill, or otherwise unable to come. `asked`: the
    person asked the filer to file. `card_in_hand`: the person's own card or certificate is handed in.
    `relatives`: the ties of the relatives of 16 or over who live with the person; the filer may be among
    them.

    Raises:
        UsageError: the age is negative.
    """

    person_class: PersonClass | None
    age: int
    unable: bool = False
    asked: bool = False
    card_in_hand: bool = True
    relatives: tuple[Tie, ...] = ()

    def __post_init__(self) -> None:
        _check_age(self.age)


@dataclass(frozen=True, slots=True)
class Filer:
    """Who stands at the counter, as seen from the person: `tie` is what the filer is to the person.

    `represents`: a legal representative; `proof`: shows papers on that. `mandate`: shows a written mandate.

    Raises:
        UsageError: the age is negative, or a head of household lives outside the household.
    """

    tie: Tie
    age: int
    living: Living = Living.ELSEWHERE
    head: bool = False
    represents: bool = False
    proof: bool = False
    mandate: bool = False
    identity_shown: bool = True

    def __post_init__(self) -> None:
        _check_age(self.age)
        if self.head and self.living is not Living.SAME_HOUSEHOLD:
            raise UsageError(
                "the head of a household belongs to it",
                expected=Living.SAME_HOUSEHOLD.value,
                received=self.living.value,
                where="sim.law.filers.Filer",
                remedy="let the filer live in the household, or not be its head",
            )


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the filer may file for the person.

    `capacity`: in which capacity the filer may stand there, None if in none. `basis`: citation id of the
    rule, None when nothing is owed. `reasons`: everything that speaks against it, in a fixed order.
    """

    capacity: Capacity | None
    basis: str | None
    reasons: tuple[Reason, ...]
    unconfirmed: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.reasons


_BASES: Final[dict[PersonClass, tuple[str, tuple[str, ...]]]] = {
    PersonClass.MID_LONG_TERM_RESIDENT: ("immi.61-9-3", ("residence-notification-filers",)),
    PersonClass.SPECIAL_PERMANENT_RESIDENT: (
        "special.19",
        ("residence-notification-filers", "special-permanent-filers"),
    ),
}


def may_file(filing: Filing, person: Person, filer: Filer) -> Answer:
    """Whether `filer` may make `filing` for `person`, in which capacity, and everything that is missing.

    For a register filing the notification that it may be deemed to be is not asked: ask for
    `Filing.RESIDENCE_NOTIFICATION` too.

    Source: 住民基本台帳法 art. 26 (head of household; UNCONFIRMED `head-of-household`), art. 27 paras. 2
    (identity) and 3 (mandate, not asked of the same household); 入管法 art. 61-9-3 with its ordinance
    (UNCONFIRMED `residence-notification-filers`, `notification-by-request`), 入管特例法 art. 19 (UNCONFIRMED
    `special-permanent-filers`). From 2012-07-09.

    Raises:
        UsageError: the filer is the person, but of another age.
    """
    if filer.tie is Tie.SELF and filer.age != person.age:
        raise UsageError(
            "the person is as old as the person",
            expected=str(person.age),
            received=str(filer.age),
            where="sim.law.filers.may_file, age",
            remedy="give both the same age",
        )
    if filing is Filing.RESIDENCE_NOTIFICATION:
        return _notification(person, filer)
    capacity, against = _register_capacity(filer)
    rests_on = ("head-of-household",) if capacity is Capacity.HEAD_OF_HOUSEHOLD else ("register-filers",)
    basis = "juki.26" if capacity is Capacity.HEAD_OF_HOUSEHOLD else "juki.27"
    return Answer(capacity, basis, (*against, *_identity(filer)), rests_on)


def as_deemed(notification: Answer, filer: Filer) -> Answer:
    """The answer on a notification that is not made but deemed made by the filer's register filing.

    Source: 入管法 art. 19-7 para. 3 and the like; that the rule on who may notify binds such a filing by
    another is UNCONFIRMED (`deemed-filing-filer`).
    """
    if filer.tie is Tie.SELF or notification.basis is None:
        return notification
    return replace(notification, unconfirmed=(*notification.unconfirmed, "deemed-filing-filer"))


def _register_capacity(filer: Filer) -> tuple[Capacity | None, tuple[Reason, ...]]:
    if filer.tie is Tie.SELF:
        return Capacity.SELF, ()
    if filer.head:
        return Capacity.HEAD_OF_HOUSEHOLD, ()
    if filer.living is Living.SAME_HOUSEHOLD:
        return Capacity.HOUSEHOLD_MEMBER, ()
    return _by_papers(filer, ())


def _by_papers(filer: Filer, against: tuple[Reason, ...]) -> tuple[Capacity | None, tuple[Reason, ...]]:
    if filer.represents and filer.proof:
        return Capacity.LEGAL_REPRESENTATIVE, ()
    if filer.mandate:
        return Capacity.AGENT, ()
    if filer.represents:
        against = (*against, Reason.PROOF_MISSING)
    return None, (*against, Reason.MANDATE_MISSING)


def _notification(person: Person, filer: Filer) -> Answer:
    basis = None if person.person_class is None else _BASES.get(person.person_class)
    if basis is None:
        rests_on = () if person.person_class is None else ("classes-without-duty",)
        return Answer(None, None, (Reason.NO_DUTY,), rests_on)
    clause, unconfirmed = basis
    capacity, against = _notification_capacity(person, filer)
    if not person.card_in_hand:
        against = (*against, Reason.CARD_NOT_IN_HAND)
    if capacity is Capacity.RELATIVE_ASKED:
        unconfirmed = (*unconfirmed, "notification-by-request")
    return Answer(capacity, clause, (*against, *_identity(filer)), unconfirmed)


def _notification_capacity(person: Person, filer: Filer) -> tuple[Capacity | None, tuple[Reason, ...]]:
    if filer.tie is Tie.SELF:
        if person.age < FILING_AGE:
            return None, (Reason.SELF_UNDER_16,)
        return Capacity.SELF, ()
    if filer.tie is Tie.UNRELATED or filer.living is Living.ELSEWHERE:
        return _by_papers(filer, ())
    if filer.age < FILING_AGE:
        return _by_papers(filer, (Reason.FILER_UNDER_16,))
    represented = person.unable or person.age < FILING_AGE
    first = not any(ORDER.index(tie) < ORDER.index(filer.tie) for tie in person.relatives if tie in ORDER)
    if represented and first:
        return Capacity.RELATIVE_IN_ORDER, ()
    if person.asked and person.age >= FILING_AGE:
        return Capacity.RELATIVE_ASKED, ()
    return _by_papers(filer, (Reason.NEARER_RELATIVE if represented else Reason.NOT_ASKED,))


def _identity(filer: Filer) -> tuple[Reason, ...]:
    return () if filer.identity_shown else (Reason.IDENTITY_NOT_SHOWN,)


def _check_age(age: int) -> None:
    if age < 0:
        raise UsageError(
            "nobody has a negative age",
            expected="0 or more",
            received=str(age),
            where="sim.law.filers",
            remedy="give the age in completed years",
        )
