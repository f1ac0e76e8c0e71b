"""One visit of one member of a household, and what it is for each member.

It can be a valid register filing for all and a residence notification only for some: those whom the visitor
may represent, and whose own card is in hand. Whether the stricter rule on who may notify binds a *deemed*
filing that another makes is a reading (UNCONFIRMED `deemed-filing-filer`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sim.base.errors import UsageError, nearest
from sim.law.deeming import SETTLING
from sim.law.filers import FILING_AGE, Answer, Filer, Living, Person, Reason, Tie, as_deemed, may_file
from sim.law.kinds import Filing, PersonClass

_INVERSE: Final = {Tie.CHILD: Tie.PARENT, Tie.PARENT: Tie.CHILD}
"""What the person is to the other; a tie that is absent is its own inverse."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a household that files together.

    `ties`: what other members are to this one, by their id; one side of each pair is enough.
    `legal_representatives`: ids of members who proved it. `mandate`: shows a written mandate for the
    filer. The rest is as in `Person`.
    """

    id: str
    age: int
    person_class: PersonClass | None
    head: bool = False
    unable: bool = False
    asked: bool = False
    mandate: bool = False
    card_in_hand: bool = True
    ties: Mapping[str, Tie] = field(default_factory=dict)
    legal_representatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MemberAnswer:
    """What the visit is for one member.

    `register`: the register filing, None when only the notification is made. `notification`: the residence
    notification, deemed or on its own, None when the filing settles no residence.
    """

    id: str
    register: Answer | None
    notification: Answer | None

    @property
    def notified(self) -> bool:
        """Whether the member's residence is notified by this visit."""
        filed = self.register is None or self.register.allowed
        return filed and self.notification is not None and self.notification.allowed

    @property
    def still_due(self) -> bool:
        """Whether the member owes a residence notification that this visit does not make."""
        if self.notification is None or Reason.NO_DUTY in self.notification.reasons:
            return False
        return not self.notified


def household(
    filing: Filing, members: tuple[Member, ...], filer: str, *, identity_shown: bool = True
) -> tuple[MemberAnswer, ...]:
    """What one visit of the member with the id `filer` is for each member, in the order given.

    Source: as `may_file`; each member's own card decides on that member's notification. That the rule on who
    may notify binds a deemed filing made by another is UNCONFIRMED (`deemed-filing-filer`).

    Raises:
        UsageError: ids are doubled or unknown, there is not exactly one head, or two members contradict each
            other about their tie.
    """
    by_id = _by_id(members, filer)
    at_counter = by_id[filer]
    return tuple(_member_answer(filing, member, at_counter, by_id, identity_shown) for member in members)


def _member_answer(
    filing: Filing, member: Member, at_counter: Member, by_id: Mapping[str, Member], identity_shown: bool
) -> MemberAnswer:
    relatives = (
        _tie(member, other) for other in by_id.values() if other.id != member.id and other.age >= FILING_AGE
    )
    person = Person(
        person_class=member.person_class,
        age=member.age,
        unable=member.unable,
        asked=member.asked,
        card_in_hand=member.card_in_hand,
        relatives=tuple(tie for tie in relatives if tie is not Tie.UNRELATED),
    )
    represents = at_counter.id in member.legal_representatives
    filer = Filer(
        tie=_tie(member, at_counter),
        age=at_counter.age,
        living=Living.SAME_HOUSEHOLD,
        head=at_counter.head,
        represents=represents,
        proof=represents,
        mandate=member.mandate,
        identity_shown=identity_shown,
    )
    if filing is Filing.RESIDENCE_NOTIFICATION:
        return MemberAnswer(member.id, None, may_file(filing, person, filer))
    register = may_file(filing, person, filer)
    if filing not in SETTLING:
        return MemberAnswer(member.id, register, None)
    notification = may_file(Filing.RESIDENCE_NOTIFICATION, person, filer)
    return MemberAnswer(member.id, register, as_deemed(notification, filer))


def _tie(member: Member, other: Member) -> Tie:
    if other.id == member.id:
        return Tie.SELF
    return member.ties.get(other.id, _inverse(other.ties.get(member.id, Tie.UNRELATED)))


def _inverse(tie: Tie) -> Tie:
    return _INVERSE.get(tie, tie)


def _by_id(members: tuple[Member, ...], filer: str) -> dict[str, Member]:
    by_id = {member.id: member for member in members}
    if len(by_id) != len(members):
        raise _fault(
            "two members of the household share an id",
            "an id for each",
            [one.id for one in members],
            "rename one of them",
        )
    heads = [member.id for member in members if member.head]
    if len(heads) != 1:
        raise _fault(
            "a household has one head", "one member who is the head", heads, "set `head` on one member only"
        )
    named = [filer, *(one for member in members for one in (*member.ties, *member.legal_representatives))]
    for one in named:
        if one not in by_id:
            near = nearest(one, by_id)
            raise UsageError(
                f"the household has no member {one!r}",
                expected=", ".join(by_id),
                received=one,
                where="sim.law.household",
                remedy=f"did you mean {near!r}?" if near else "use the id of a member",
            )
    for member in members:
        for other, tie in member.ties.items():
            _check_tie(member, by_id[other], tie)
    return by_id


def _check_tie(member: Member, other: Member, tie: Tie) -> None:
    if tie is Tie.SELF or other.id == member.id:
        raise _fault(
            "nobody but the member is the member",
            "a tie to another",
            [member.id, other.id, tie.value],
            "remove this tie, or say what the other is",
        )
    said = other.ties.get(member.id, _inverse(tie))
    if said is not _inverse(tie):
        raise _fault(
            f"{member.id!r} and {other.id!r} contradict each other about their tie",
            _inverse(tie).value,
            [said.value],
            "correct one side, or leave it out",
        )


def _fault(message: str, expected: str, received: list[str], remedy: str) -> UsageError:
    return UsageError(
        message,
        expected=expected,
        received=", ".join(received) or "none",
        where="sim.law.household",
        remedy=remedy,
    )
