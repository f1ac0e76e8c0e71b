"""Who may file for whom: every capacity, every reason, and the order of the relatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import UsageError
from sim.law.filers import (
    FILING_AGE,
    ORDER,
    Answer,
    Capacity,
    Filer,
    Living,
    Person,
    Reason,
    Tie,
    as_deemed,
    may_file,
)
from sim.law.kinds import Filing, PersonClass

MLT = PersonClass.MID_LONG_TERM_RESIDENT
SPR = PersonClass.SPECIAL_PERMANENT_RESIDENT
NOTIFICATION = Filing.RESIDENCE_NOTIFICATION
REGISTER = [filing for filing in Filing if filing is not NOTIFICATION]
RELATIVES = [Tie.SPOUSE, Tie.CHILD, Tie.PARENT, Tie.OTHER_RELATIVE]
TOGETHER = [Living.SAME_HOUSEHOLD, Living.SAME_ADDRESS]

ADULT = Person(MLT, 40)
CHILD = Person(MLT, 15)
ILL = Person(MLT, 40, unable=True)
ASKING = Person(MLT, 40, asked=True)
SELF = Filer(Tie.SELF, 40)
WIFE = Filer(Tie.SPOUSE, 38, Living.SAME_HOUSEHOLD)
ROOMMATE = Filer(Tie.UNRELATED, 30, Living.SAME_HOUSEHOLD)
STRANGER = Filer(Tie.UNRELATED, 30)


# Input that cannot be


def test_a_negative_age_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="negative age") as caught:
        Person(MLT, -1)
    assert caught.value.received == "-1"
    with pytest.raises(UsageError, match="negative age"):
        Filer(Tie.SELF, -1)
    assert (Person(MLT, 0).age, Filer(Tie.CHILD, 0).age) == (0, 0)


@pytest.mark.parametrize("living", [Living.SAME_ADDRESS, Living.ELSEWHERE])
def test_a_head_outside_the_household_is_a_usage_error(living: Living) -> None:
    with pytest.raises(UsageError, match="belongs to it") as caught:
        Filer(Tie.PARENT, 40, living, head=True)
    assert (caught.value.expected, caught.value.received) == ("same_household", living.value)


@pytest.mark.parametrize("filing", Filing)
@pytest.mark.parametrize("age", [39, 41])
def test_a_person_of_two_ages_is_a_usage_error(filing: Filing, age: int) -> None:
    with pytest.raises(UsageError, match="as old as the person") as caught:
        may_file(filing, ADULT, replace(SELF, age=age))
    assert (caught.value.expected, caught.value.received) == ("40", str(age))
    assert may_file(filing, ADULT, replace(WIFE, age=age)).basis is not None


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (
            lambda: Person(MLT, -1),
            (
                "nobody has a negative age",
                "0 or more",
                "-1",
                "sim.law.filers",
                "give the age in completed years",
            ),
        ),
        (
            lambda: Filer(Tie.PARENT, 40, Living.ELSEWHERE, head=True),
            (
                "the head of a household belongs to it",
                "same_household",
                "elsewhere",
                "sim.law.filers.Filer",
                "let the filer live in the household, or not be its head",
            ),
        ),
        (
            lambda: may_file(NOTIFICATION, ADULT, replace(SELF, age=39)),
            (
                "the person is as old as the person",
                "40",
                "39",
                "sim.law.filers.may_file, age",
                "give both the same age",
            ),
        ),
    ],
)
def test_an_error_tells_what_was_expected_what_came_where_and_what_to_do(
    call: Callable[[], object], told: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError) as caught:
        call()
    error = caught.value
    assert (error.message, error.expected, error.received, error.where, error.remedy) == told


# Register filings


@pytest.mark.parametrize("filing", REGISTER)
@pytest.mark.parametrize("person_class", [None, *PersonClass])
@pytest.mark.parametrize(
    ("filer", "capacity", "basis", "unconfirmed"),
    [
        (SELF, Capacity.SELF, "juki.27", ("register-filers",)),
        (
            replace(SELF, living=Living.SAME_HOUSEHOLD, head=True),
            Capacity.SELF,
            "juki.27",
            ("register-filers",),
        ),
        (replace(WIFE, head=True), Capacity.HEAD_OF_HOUSEHOLD, "juki.26", ("head-of-household",)),
        (replace(ROOMMATE, head=True), Capacity.HEAD_OF_HOUSEHOLD, "juki.26", ("head-of-household",)),
        (WIFE, Capacity.HOUSEHOLD_MEMBER, "juki.27", ("register-filers",)),
        (ROOMMATE, Capacity.HOUSEHOLD_MEMBER, "juki.27", ("register-filers",)),
        (replace(STRANGER, mandate=True), Capacity.AGENT, "juki.27", ("register-filers",)),
        (
            replace(STRANGER, represents=True, proof=True),
            Capacity.LEGAL_REPRESENTATIVE,
            "juki.27",
            ("register-filers",),
        ),
        (replace(STRANGER, represents=True, mandate=True), Capacity.AGENT, "juki.27", ("register-filers",)),
    ],
)
def test_a_register_filing_may_be_made_by_the_household_or_with_papers(
    filing: Filing,
    person_class: PersonClass | None,
    filer: Filer,
    capacity: Capacity,
    basis: str,
    unconfirmed: tuple[str, ...],
) -> None:
    person = replace(ADULT, person_class=person_class, card_in_hand=False)
    answer = may_file(filing, person, filer)
    assert answer == Answer(capacity, basis, (), unconfirmed)
    assert answer.allowed is True
    unidentified = may_file(filing, person, replace(filer, identity_shown=False))
    assert unidentified == Answer(capacity, basis, (Reason.IDENTITY_NOT_SHOWN,), unconfirmed)
    assert unidentified.allowed is False


@pytest.mark.parametrize("filing", REGISTER)
@pytest.mark.parametrize(
    ("filer", "reasons"),
    [
        (STRANGER, (Reason.MANDATE_MISSING,)),
        (replace(STRANGER, proof=True), (Reason.MANDATE_MISSING,)),
        (replace(STRANGER, represents=True), (Reason.PROOF_MISSING, Reason.MANDATE_MISSING)),
        (replace(WIFE, living=Living.SAME_ADDRESS), (Reason.MANDATE_MISSING,)),
        (replace(WIFE, living=Living.ELSEWHERE), (Reason.MANDATE_MISSING,)),
        (replace(STRANGER, identity_shown=False), (Reason.MANDATE_MISSING, Reason.IDENTITY_NOT_SHOWN)),
    ],
)
def test_from_outside_the_household_a_register_filing_needs_papers(
    filing: Filing, filer: Filer, reasons: tuple[Reason, ...]
) -> None:
    assert may_file(filing, ADULT, filer) == Answer(None, "juki.27", reasons, ("register-filers",))


def test_a_child_may_be_moved_in_by_itself_but_does_not_notify() -> None:
    child = Filer(Tie.SELF, 15)
    assert may_file(Filing.MOVING_IN, CHILD, child).capacity is Capacity.SELF
    assert may_file(NOTIFICATION, CHILD, child) == Answer(
        None, "immi.61-9-3", (Reason.SELF_UNDER_16,), ("residence-notification-filers",)
    )


# Residence notifications


@pytest.mark.parametrize(
    ("person_class", "basis", "unconfirmed"),
    [
        (MLT, "immi.61-9-3", ("residence-notification-filers",)),
        (SPR, "special.19", ("residence-notification-filers", "special-permanent-filers")),
    ],
)
def test_the_person_notifies_in_person(
    person_class: PersonClass, basis: str, unconfirmed: tuple[str, ...]
) -> None:
    answer = may_file(NOTIFICATION, replace(ADULT, person_class=person_class), SELF)
    assert answer == Answer(Capacity.SELF, basis, (), unconfirmed)


@pytest.mark.parametrize(
    ("person_class", "unconfirmed"),
    [
        (None, ()),
        (PersonClass.TEMPORARY_REFUGE, ("classes-without-duty",)),
        (PersonClass.PROVISIONAL_STAY, ("classes-without-duty",)),
        (PersonClass.TRANSITIONAL_STAY, ("classes-without-duty",)),
    ],
)
def test_nothing_is_filed_where_nothing_is_owed(
    person_class: PersonClass | None, unconfirmed: tuple[str, ...]
) -> None:
    person = replace(ADULT, person_class=person_class, card_in_hand=False)
    filer = replace(SELF, identity_shown=False)
    assert may_file(NOTIFICATION, person, filer) == Answer(None, None, (Reason.NO_DUTY,), unconfirmed)


def test_the_age_of_filing_is_sixteen_for_the_person_and_for_a_relative() -> None:
    assert FILING_AGE == 16
    assert may_file(NOTIFICATION, Person(MLT, 16), Filer(Tie.SELF, 16)).allowed
    assert not may_file(NOTIFICATION, Person(MLT, 15), Filer(Tie.SELF, 15)).allowed
    sibling = Filer(Tie.OTHER_RELATIVE, 16, Living.SAME_HOUSEHOLD)
    assert may_file(NOTIFICATION, CHILD, sibling).capacity is Capacity.RELATIVE_IN_ORDER
    assert may_file(NOTIFICATION, CHILD, replace(sibling, age=15)).reasons == (
        Reason.FILER_UNDER_16,
        Reason.MANDATE_MISSING,
    )
    young = Person(MLT, 16, asked=False)
    assert may_file(NOTIFICATION, young, sibling).reasons == (Reason.NOT_ASKED, Reason.MANDATE_MISSING)


def test_the_order_of_the_relatives_is_spouse_child_parent_others() -> None:
    assert list(ORDER) == RELATIVES


@pytest.mark.parametrize("person", [CHILD, ILL, Person(MLT, 15, unable=True)])
@pytest.mark.parametrize("living", TOGETHER)
@pytest.mark.parametrize(("filer", "other"), list(product(RELATIVES, RELATIVES)))
def test_only_the_nearest_relative_files_for_one_who_cannot(
    person: Person, living: Living, filer: Tie, other: Tie
) -> None:
    answer = may_file(NOTIFICATION, replace(person, relatives=(filer, other)), Filer(filer, 40, living))
    if RELATIVES.index(other) < RELATIVES.index(filer):
        assert answer.capacity is None
        assert answer.reasons == (Reason.NEARER_RELATIVE, Reason.MANDATE_MISSING)
    else:
        assert answer == Answer(
            Capacity.RELATIVE_IN_ORDER, "immi.61-9-3", (), ("residence-notification-filers",)
        )


def test_who_is_not_a_relative_never_comes_first() -> None:
    person = replace(ILL, relatives=(Tie.UNRELATED, Tie.SELF))
    assert may_file(NOTIFICATION, person, WIFE).capacity is Capacity.RELATIVE_IN_ORDER


@pytest.mark.parametrize("tie", RELATIVES)
@pytest.mark.parametrize("living", TOGETHER)
def test_an_able_adult_must_have_asked_the_relative(tie: Tie, living: Living) -> None:
    filer = Filer(tie, 40, living)
    assert may_file(NOTIFICATION, ADULT, filer) == Answer(
        None,
        "immi.61-9-3",
        (Reason.NOT_ASKED, Reason.MANDATE_MISSING),
        ("residence-notification-filers",),
    )
    assert may_file(NOTIFICATION, ASKING, filer) == Answer(
        Capacity.RELATIVE_ASKED,
        "immi.61-9-3",
        (),
        ("residence-notification-filers", "notification-by-request"),
    )


def test_one_who_is_ill_may_ask_a_relative_out_of_order_and_a_child_may_not() -> None:
    brother = Filer(Tie.OTHER_RELATIVE, 40, Living.SAME_HOUSEHOLD)
    ill = replace(ILL, asked=True, relatives=(Tie.SPOUSE,))
    assert may_file(NOTIFICATION, ill, brother).capacity is Capacity.RELATIVE_ASKED
    for age, capacity in ((15, None), (16, Capacity.RELATIVE_ASKED)):
        young = replace(ill, age=age)
        assert may_file(NOTIFICATION, young, brother).capacity is capacity


@pytest.mark.parametrize("person", [ADULT, ASKING, CHILD, ILL])
@pytest.mark.parametrize(
    "filer",
    [
        ROOMMATE,
        STRANGER,
        replace(ROOMMATE, head=True),
        replace(WIFE, living=Living.ELSEWHERE),
    ],
)
def test_the_head_of_household_as_such_does_not_represent(person: Person, filer: Filer) -> None:
    assert may_file(NOTIFICATION, person, filer).reasons == (Reason.MANDATE_MISSING,)
    agent = may_file(NOTIFICATION, person, replace(filer, mandate=True))
    assert (agent.capacity, agent.reasons) == (Capacity.AGENT, ())
    legal = may_file(NOTIFICATION, person, replace(filer, represents=True, proof=True, mandate=True))
    assert (legal.capacity, legal.reasons) == (Capacity.LEGAL_REPRESENTATIVE, ())
    unproven = may_file(NOTIFICATION, person, replace(filer, represents=True))
    assert unproven.reasons == (Reason.PROOF_MISSING, Reason.MANDATE_MISSING)
    assert unproven.unconfirmed == ("residence-notification-filers",)


@pytest.mark.parametrize(
    ("person", "filer"),
    [
        (ADULT, WIFE),
        (replace(ILL, relatives=(Tie.SPOUSE,)), replace(WIFE, tie=Tie.PARENT)),
        (CHILD, replace(WIFE, tie=Tie.OTHER_RELATIVE, age=15)),
    ],
)
def test_papers_help_a_relative_who_could_not_file_as_such(person: Person, filer: Filer) -> None:
    assert may_file(NOTIFICATION, person, filer).capacity is None
    assert may_file(NOTIFICATION, person, replace(filer, mandate=True)).capacity is Capacity.AGENT


def test_the_persons_own_card_must_be_in_hand_and_all_reasons_come_at_once() -> None:
    person = replace(ADULT, card_in_hand=False)
    assert may_file(NOTIFICATION, person, SELF) == Answer(
        Capacity.SELF,
        "immi.61-9-3",
        (Reason.CARD_NOT_IN_HAND,),
        ("residence-notification-filers",),
    )
    assert may_file(NOTIFICATION, ADULT, replace(SELF, identity_shown=False)).reasons == (
        Reason.IDENTITY_NOT_SHOWN,
    )
    worst = replace(WIFE, represents=True, identity_shown=False)
    assert may_file(NOTIFICATION, person, worst).reasons == (
        Reason.NOT_ASKED,
        Reason.PROOF_MISSING,
        Reason.MANDATE_MISSING,
        Reason.CARD_NOT_IN_HAND,
        Reason.IDENTITY_NOT_SHOWN,
    )


# A notification that is deemed made by another's filing


@pytest.mark.parametrize(
    ("person", "filer", "unconfirmed"),
    [
        (ASKING, WIFE, ("residence-notification-filers", "notification-by-request", "deemed-filing-filer")),
        (ADULT, STRANGER, ("residence-notification-filers", "deemed-filing-filer")),
        (
            replace(ADULT, person_class=SPR),
            WIFE,
            ("residence-notification-filers", "special-permanent-filers", "deemed-filing-filer"),
        ),
    ],
)
def test_that_the_rule_binds_a_filing_by_another_which_is_deemed_is_a_reading(
    person: Person, filer: Filer, unconfirmed: tuple[str, ...]
) -> None:
    alone = may_file(NOTIFICATION, person, filer)
    assert as_deemed(alone, filer) == replace(alone, unconfirmed=unconfirmed)
    assert alone.unconfirmed == unconfirmed[:-1]


def test_of_the_persons_own_filing_or_where_nothing_is_owed_nothing_more_is_a_reading() -> None:
    own = may_file(NOTIFICATION, ADULT, SELF)
    assert as_deemed(own, SELF) == own
    none = may_file(NOTIFICATION, replace(ADULT, person_class=None), WIFE)
    assert as_deemed(none, WIFE) == none


def test_ties_livings_capacities_and_reasons_have_names_in_both_languages() -> None:
    assert [(one.value, one.ja, one.en) for one in Tie] == [
        ("self", "本人", "the person"),
        ("spouse", "配偶者", "spouse"),
        ("child", "子", "child"),
        ("parent", "父又は母", "parent"),
        ("other_relative", "その他の親族", "other relative"),
        ("unrelated", "親族でない者", "not a relative"),
    ]
    assert [(one.value, one.ja, one.en) for one in Living] == [
        ("same_household", "同一世帯", "in the same household"),
        ("same_address", "同居・別世帯", "together, in another household"),
        ("elsewhere", "別居", "elsewhere"),
    ]
    assert [(one.value, one.ja, one.en) for one in Capacity] == [
        ("self", "本人", "the person"),
        ("head_of_household", "世帯主", "head of household"),
        ("household_member", "同一世帯の者", "member of the same household"),
        ("relative_in_order", "順位による同居の親族", "cohabiting relative, in the order"),
        ("relative_asked", "依頼を受けた同居の親族", "cohabiting relative, asked to"),
        ("legal_representative", "法定代理人", "legal representative"),
        ("agent", "任意代理人", "agent"),
    ]
    assert [(one.value, one.ja, one.en) for one in Reason] == [
        (
            "no_duty",
            "この者には住居地の届出義務がありません。",
            "This person owes no residence notification.",
        ),
        ("self_under_16", "16歳未満の者の届出は、代理人が行います。", "One under 16 is represented."),
        (
            "filer_under_16",
            "16歳未満の親族は、代わって届け出ることができません。",
            "A relative under 16 cannot file for another.",
        ),
        (
            "nearer_relative",
            "先の順位の同居の親族がいます。",
            "A relative who comes first in the order lives there.",
        ),
        (
            "not_asked",
            "本人が自ら届け出ることができ、依頼もしていません。",
            "The person can file and did not ask for it.",
        ),
        (
            "proof_missing",
            "法定代理人であることを証する書類がありません。",
            "The legal representative shows no proof.",
        ),
        ("mandate_missing", "委任状がありません。", "There is no written mandate."),
        (
            "card_not_in_hand",
            "この者自身の在留カード等が提出されていません。",
            "This person's own card was not handed in.",
        ),
        (
            "identity_not_shown",
            "届出の任に当たる者の本人確認ができていません。",
            "The filer's identity was not shown.",
        ),
    ]


# Laws

persons = st.builds(
    Person,
    st.none() | st.sampled_from(PersonClass),
    st.integers(0, 30),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.lists(st.sampled_from(RELATIVES), max_size=3).map(tuple),
)
others = st.builds(
    Filer,
    st.sampled_from([tie for tie in Tie if tie is not Tie.SELF]),
    st.integers(0, 30),
    st.sampled_from(Living),
    represents=st.booleans(),
    proof=st.booleans(),
    mandate=st.booleans(),
    identity_shown=st.booleans(),
)


@given(st.sampled_from(Filing), persons, others)
def test_every_answer_has_a_capacity_or_says_why_not(filing: Filing, person: Person, filer: Filer) -> None:
    answer = may_file(filing, person, filer)
    assert answer.allowed is (answer.reasons == ())
    assert not answer.allowed or answer.capacity is not None
    order = list(Reason)
    assert [order.index(reason) for reason in answer.reasons] == sorted(map(order.index, answer.reasons))
    assert (answer.basis is None) == (Reason.NO_DUTY in answer.reasons)


@given(persons, others)
def test_papers_and_a_card_never_close_a_door(person: Person, filer: Filer) -> None:
    better = replace(filer, mandate=True, identity_shown=True)
    for filing in Filing:
        if may_file(filing, person, filer).allowed:
            assert may_file(filing, replace(person, card_in_hand=True), better).allowed
    if person.person_class in (MLT, SPR):
        assert may_file(NOTIFICATION, replace(person, card_in_hand=True), better).allowed


@pytest.mark.parametrize(
    "value", [ADULT, SELF, may_file(NOTIFICATION, ADULT, SELF)], ids=lambda value: type(value).__name__
)
def test_a_value_never_changes_and_holds_nothing_but_its_fields(value: object) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, type(value).__slots__[0], None)  # type: ignore[attr-defined]
    assert not hasattr(value, "__dict__")
