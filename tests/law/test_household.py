"""One visit of one member: a register filing for all, a residence notification for some."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import UsageError
from sim.law.filers import Answer, Capacity, Reason, Tie
from sim.law.household import Member, MemberAnswer, household
from sim.law.kinds import Filing, PersonClass

MLT = PersonClass.MID_LONG_TERM_RESIDENT
SPR = PersonClass.SPECIAL_PERMANENT_RESIDENT

FATHER = Member("father", 40, MLT, head=True)
MOTHER = Member("mother", 38, MLT, ties={"father": Tie.SPOUSE})
SON = Member("son", 10, MLT, ties={"father": Tie.PARENT, "mother": Tie.PARENT})
DAUGHTER = Member(
    "daughter", 17, MLT, ties={"father": Tie.PARENT, "mother": Tie.PARENT, "son": Tie.OTHER_RELATIVE}
)
GRANDMOTHER = Member(
    "grandmother",
    70,
    SPR,
    ties={"mother": Tie.CHILD, "son": Tie.OTHER_RELATIVE, "father": Tie.OTHER_RELATIVE},
)
LODGER = Member("lodger", 25, MLT)
JAPANESE = Member("japanese", 30, None)
FAMILY = (FATHER, MOTHER, SON, DAUGHTER, GRANDMOTHER, LODGER, JAPANESE)

SETTLING = [
    Filing.MOVING_IN,
    Filing.MOVING_WITHIN,
    Filing.ENTRY_FROM_ABROAD,
    Filing.BECAME_RESIDENT_STATUS,
]
OTHERS = [
    filing for filing in Filing if filing not in SETTLING and filing is not Filing.RESIDENCE_NOTIFICATION
]


def visit(
    filing: Filing = Filing.MOVING_IN,
    members: tuple[Member, ...] = FAMILY,
    filer: str = "father",
    identity_shown: bool = True,
) -> dict[str, MemberAnswer]:
    return {one.id: one for one in household(filing, members, filer, identity_shown=identity_shown)}


def notification(answer: MemberAnswer) -> Answer:
    assert answer.notification is not None
    return answer.notification


# Input that cannot be


def test_an_unknown_filer_is_a_usage_error_that_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="no member 'fathr'") as caught:
        visit(filer="fathr")
    assert caught.value.remedy == "did you mean 'father'?"
    assert caught.value.expected == "father, mother, son, daughter, grandmother, lodger, japanese"


@pytest.mark.parametrize(
    "member",
    [
        replace(SON, ties={"uncle": Tie.OTHER_RELATIVE}),
        replace(SON, legal_representatives=("uncle",)),
    ],
)
def test_a_tie_or_representative_outside_the_household_is_a_usage_error(member: Member) -> None:
    with pytest.raises(UsageError, match="no member 'uncle'"):
        visit(members=(FATHER, MOTHER, member))


def test_two_members_of_one_id_are_a_usage_error() -> None:
    with pytest.raises(UsageError, match="share an id") as caught:
        visit(members=(FATHER, replace(LODGER, id="father")))
    assert caught.value.received == "father, father"


@pytest.mark.parametrize(
    ("members", "received"),
    [
        ((MOTHER, FATHER, replace(SON, head=True)), "father, son"),
        ((replace(FATHER, head=False), MOTHER), "none"),
        ((), "none"),
    ],
)
def test_a_household_without_exactly_one_head_is_a_usage_error(
    members: tuple[Member, ...], received: str
) -> None:
    with pytest.raises(UsageError, match="one head") as caught:
        visit(members=members)
    assert caught.value.received == received


@pytest.mark.parametrize("ties", [{"mother": Tie.SELF}, {"father": Tie.SPOUSE}, {"father": Tie.SELF}])
def test_a_tie_to_oneself_is_a_usage_error(ties: dict[str, Tie]) -> None:
    with pytest.raises(UsageError, match="nobody but the member is the member"):
        visit(members=(replace(FATHER, ties=ties), replace(MOTHER, ties={})))


@pytest.mark.parametrize(
    ("his", "hers", "agree"),
    [
        (Tie.SPOUSE, Tie.SPOUSE, True),
        (Tie.CHILD, Tie.PARENT, True),
        (Tie.PARENT, Tie.CHILD, True),
        (Tie.OTHER_RELATIVE, Tie.OTHER_RELATIVE, True),
        (Tie.UNRELATED, Tie.UNRELATED, True),
        (Tie.CHILD, Tie.CHILD, False),
        (Tie.PARENT, Tie.PARENT, False),
        (Tie.SPOUSE, Tie.UNRELATED, False),
        (Tie.SPOUSE, Tie.OTHER_RELATIVE, False),
    ],
)
def test_two_members_must_agree_on_their_tie(his: Tie, hers: Tie, agree: bool) -> None:
    pair = (replace(FATHER, ties={"mother": his}), replace(MOTHER, ties={"father": hers}))
    if agree:
        assert len(visit(members=pair)) == 2
    else:
        with pytest.raises(UsageError, match="contradict each other"):
            visit(members=pair)


@pytest.mark.parametrize(
    ("members", "filer", "told"),
    [
        (
            (FATHER, MOTHER),
            "fathr",
            ("the household has no member 'fathr'", "father, mother", "fathr", "did you mean 'father'?"),
        ),
        (
            (FATHER, MOTHER),
            "zzz",
            ("the household has no member 'zzz'", "father, mother", "zzz", "use the id of a member"),
        ),
        (
            (FATHER, replace(LODGER, id="father")),
            "father",
            (
                "two members of the household share an id",
                "an id for each",
                "father, father",
                "rename one of them",
            ),
        ),
        (
            (FATHER, replace(LODGER, head=True)),
            "father",
            (
                "a household has one head",
                "one member who is the head",
                "father, lodger",
                "set `head` on one member only",
            ),
        ),
        (
            (FATHER, replace(MOTHER, ties={"father": Tie.SELF})),
            "father",
            (
                "nobody but the member is the member",
                "a tie to another",
                "mother, father, self",
                "remove this tie, or say what the other is",
            ),
        ),
        (
            (replace(FATHER, ties={"son": Tie.SPOUSE}), replace(SON, ties={"father": Tie.PARENT})),
            "father",
            (
                "'father' and 'son' contradict each other about their tie",
                "spouse",
                "parent",
                "correct one side, or leave it out",
            ),
        ),
    ],
)
def test_an_error_tells_what_was_expected_what_came_where_and_what_to_do(
    members: tuple[Member, ...], filer: str, told: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError) as caught:
        household(Filing.MOVING_IN, members, filer)
    error = caught.value
    assert (error.message, error.expected, error.received, error.remedy) == told
    assert error.where == "sim.law.household"


# One visit


@pytest.mark.parametrize("filing", SETTLING)
def test_the_heads_visit_files_for_all_and_notifies_for_himself_and_the_child(filing: Filing) -> None:
    found = visit(filing)
    assert list(found) == [member.id for member in FAMILY]
    assert all(one.register is not None and one.register.allowed for one in found.values())
    assert [one.id for one in found.values() if one.notified] == ["father", "son"]
    assert [one.id for one in found.values() if one.still_due] == [
        "mother",
        "daughter",
        "grandmother",
        "lodger",
    ]


def test_each_member_is_told_in_which_capacity_and_on_what_it_rests() -> None:
    found = visit()
    assert found["father"] == MemberAnswer(
        "father",
        Answer(Capacity.SELF, "juki.27", (), ("register-filers",)),
        Answer(Capacity.SELF, "immi.61-9-3", (), ("residence-notification-filers",)),
    )
    head = Answer(Capacity.HEAD_OF_HOUSEHOLD, "juki.26", (), ("head-of-household",))
    mlt = ("residence-notification-filers", "deemed-filing-filer")
    not_asked = (Reason.NOT_ASKED, Reason.MANDATE_MISSING)
    assert found["son"] == MemberAnswer(
        "son", head, Answer(Capacity.RELATIVE_IN_ORDER, "immi.61-9-3", (), mlt)
    )
    assert found["mother"] == MemberAnswer("mother", head, Answer(None, "immi.61-9-3", not_asked, mlt))
    assert found["grandmother"] == MemberAnswer(
        "grandmother",
        head,
        Answer(
            None,
            "special.19",
            not_asked,
            ("residence-notification-filers", "special-permanent-filers", "deemed-filing-filer"),
        ),
    )
    assert found["lodger"] == MemberAnswer(
        "lodger", head, Answer(None, "immi.61-9-3", (Reason.MANDATE_MISSING,), mlt)
    )
    assert found["japanese"] == MemberAnswer("japanese", head, Answer(None, None, (Reason.NO_DUTY,)))


def test_each_members_own_card_counts() -> None:
    members = (replace(FATHER, card_in_hand=False), MOTHER, SON, replace(DAUGHTER, card_in_hand=False))
    found = visit(members=members)
    assert [one.id for one in found.values() if one.notified] == ["son"]
    assert notification(found["father"]).reasons == (Reason.CARD_NOT_IN_HAND,)
    assert found["father"].register is not None and found["father"].register.allowed
    assert found["father"].still_due


def test_a_member_who_asked_is_ill_gave_a_mandate_or_is_represented_is_notified_too() -> None:
    members = (
        FATHER,
        replace(MOTHER, asked=True),
        replace(DAUGHTER, ties={"father": Tie.PARENT}, legal_representatives=("father",)),
        replace(GRANDMOTHER, ties={"father": Tie.CHILD}, unable=True),
        replace(LODGER, mandate=True),
    )
    found = visit(members=members)
    assert {one.id: notification(one).capacity for one in found.values()} == {
        "father": Capacity.SELF,
        "mother": Capacity.RELATIVE_ASKED,
        "daughter": Capacity.LEGAL_REPRESENTATIVE,
        "grandmother": Capacity.RELATIVE_IN_ORDER,
        "lodger": Capacity.AGENT,
    }
    assert all(one.notified and not one.still_due for one in found.values())


def test_a_legal_representative_who_stays_at_home_helps_nobody() -> None:
    daughter = replace(DAUGHTER, ties={}, legal_representatives=("mother",))
    members = (FATHER, MOTHER, daughter)
    assert not visit(members=members)["daughter"].notified
    assert visit(members=members, filer="mother")["daughter"].notified


def test_a_member_who_is_not_the_head_files_for_the_household_too() -> None:
    found = visit(filer="mother")
    registers = [one.register.capacity for one in found.values() if one.register is not None]
    assert registers == [
        Capacity.HOUSEHOLD_MEMBER,
        Capacity.SELF,
        *[Capacity.HOUSEHOLD_MEMBER] * 5,
    ]
    assert [one.id for one in found.values() if one.notified] == ["mother", "son"]


@pytest.mark.parametrize(("age", "notified"), [(15, ["son"]), (16, [])])
def test_a_relative_comes_first_only_from_sixteen_and_only_if_he_is_one(
    age: int, notified: list[str]
) -> None:
    # The grandmother is the boy's "other relative"; a parent of 16 or over comes first.
    members = (
        Member("grandmother", 70, None, head=True),
        Member("parent", age, None),
        Member("lodger", 30, MLT),
        Member("son", 1, MLT, ties={"grandmother": Tie.OTHER_RELATIVE, "parent": Tie.PARENT}),
    )
    found = visit(members=members, filer="grandmother")
    assert [one.id for one in found.values() if one.notified] == notified


def test_a_tie_told_by_the_other_side_is_turned_round() -> None:
    members = (
        replace(FATHER, ties={"son": Tie.CHILD, "grandmother": Tie.PARENT, "mother": Tie.SPOUSE}),
        replace(MOTHER, ties={}, unable=True),
        replace(SON, ties={}),
        replace(GRANDMOTHER, ties={}, unable=True),
    )
    found = visit(members=members)
    assert [one.id for one in found.values() if one.notified] == ["father", "mother", "son", "grandmother"]
    sons = visit(members=(FATHER, replace(MOTHER, ties={"son": Tie.CHILD}), replace(SON, ties={})))
    assert notification(sons["son"]).reasons == (Reason.MANDATE_MISSING,)


@pytest.mark.parametrize("filing", OTHERS)
def test_a_filing_that_settles_no_residence_asks_for_no_notification(filing: Filing) -> None:
    found = visit(filing)
    assert all(one.notification is None for one in found.values())
    assert all(one.register is not None and one.register.allowed for one in found.values())
    assert not any(one.notified or one.still_due for one in found.values())


def test_a_notification_on_its_own_has_no_register_side_and_is_not_deemed() -> None:
    found = visit(Filing.RESIDENCE_NOTIFICATION)
    assert all(one.register is None for one in found.values())
    assert [one.id for one in found.values() if one.notified] == ["father", "son"]
    assert notification(found["son"]).unconfirmed == ("residence-notification-filers",)
    assert not found["japanese"].still_due


@pytest.mark.parametrize("filing", [Filing.MOVING_IN, Filing.RESIDENCE_NOTIFICATION])
def test_without_the_filers_identity_nothing_is_filed_for_anybody(filing: Filing) -> None:
    found = visit(filing, identity_shown=False)
    assert not any(one.notified for one in found.values())
    assert [one.id for one in found.values() if one.still_due] == [
        "father",
        "mother",
        "son",
        "daughter",
        "grandmother",
        "lodger",
    ]
    if filing is Filing.MOVING_IN:
        assert all(
            one.register is not None and one.register.reasons == (Reason.IDENTITY_NOT_SHOWN,)
            for one in found.values()
        )


def test_a_notification_is_not_made_by_a_filing_that_is_not_accepted() -> None:
    refused = Answer(None, "juki.27", (Reason.MANDATE_MISSING,))
    made = Answer(Capacity.SELF, "immi.61-9-3", ())
    assert MemberAnswer("a", refused, made).notified is False
    assert MemberAnswer("a", refused, made).still_due is True
    assert MemberAnswer("a", None, made).notified is True
    assert MemberAnswer("a", made, None).notified is False


# A law


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, *PersonClass]),
            st.integers(0, 40),
            st.booleans(),
            st.booleans(),
            st.sampled_from(Tie).filter(lambda tie: tie is not Tie.SELF),
        ),
        max_size=4,
    ),
    st.sampled_from(Filing),
)
def test_an_owed_notification_is_made_or_still_due_and_never_without_the_own_card(
    drawn: list[tuple[PersonClass | None, int, bool, bool, Tie]], filing: Filing
) -> None:
    members = (
        FATHER,
        *(
            Member(str(n), age, who, asked=asked, card_in_hand=card, ties={"father": tie})
            for n, (who, age, asked, card, tie) in enumerate(drawn)
        ),
    )
    answers = household(filing, members, "father")
    assert answers == household(filing, members, "father", identity_shown=True)
    for member, answer in zip(members, answers, strict=True):
        assert answer.id == member.id
        owed = member.person_class in (MLT, SPR) and answer.notification is not None
        assert (answer.notified or answer.still_due) is owed
        assert not (answer.notified and answer.still_due)
        assert member.card_in_hand or not answer.notified


@pytest.mark.parametrize("value", [FATHER, visit()["father"]], ids=lambda value: type(value).__name__)
def test_a_value_never_changes_and_holds_nothing_but_its_fields(value: object) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, type(value).__slots__[0], None)  # type: ignore[attr-defined]
    assert not hasattr(value, "__dict__")
