"""The history of a record only grows, and the record is what its history comes to."""

from __future__ import annotations

from datetime import date

from sim.base.instant import instant
from sim.law.kinds import Filing, Governing
from sim.nodes.messages.registry import ChangeRecord, ConfirmNotices
from sim.nodes.registry.history import fold
from tests.nodes.registry.desk import (
    DAY,
    NOW,
    arrive,
    changed,
    data,
    extension,
    filing,
    notices,
    on,
    person,
    register,
    sent,
    state,
)

HERE = person(1)
D11, D12, D13, D14 = (date(2019, 4, day) for day in (11, 12, 13, 14))


def test_who_never_changed_has_no_version_and_is_on_record_on_every_day() -> None:
    rig = register(HERE)
    assert state(rig).history(HERE.ref) == []
    assert state(rig).as_of(HERE.ref, date(2013, 1, 1)) == HERE


def test_every_change_says_what_when_and_why_and_the_record_is_read_as_of_a_day() -> None:
    rig = register(HERE)
    rig.give(filing(HERE, Filing.MOVING_WITHIN, DAY, "新住所"), NOW)
    arrive(rig, extension(HERE), now=on(D11))
    rig.give(ConfirmNotices(), on(D12))
    rig.give(filing(HERE, Filing.MOVING_OUT, D13, case="C2"), on(D13))
    found = state(rig)
    history = found.history(HERE.ref)
    assert [(v.action, v.ground, v.case, v.items) for v in history] == [
        ("opened", "opened", "", ()),
        ("corrected", "moving_within", "C1", ("address",)),
        (
            "corrected",
            "period_extended",
            "ISA-00000001",
            ("card_number", "period_until", "period"),
        ),
        ("removed", "moving_out", "C2", ()),
    ]
    assert [v.on for v in history[1:]] == [DAY, D12, D13]
    moved = changed(HERE, address="新住所")
    extended = changed(moved, card_number="ZZ00000001ZZ", period_until=date(2024, 4, 10), period="5年")
    assert found.as_of(HERE.ref, date(2019, 4, 9)) == HERE
    assert found.as_of(HERE.ref, DAY) == found.as_of(HERE.ref, D11) == moved
    assert found.as_of(HERE.ref, D12) == extended
    assert found.as_of(HERE.ref, D13) is None
    # The 除票 is kept with its history.
    assert found.removed(HERE.ref) == extended == history[-1].person
    assert fold(history) is None is found.resident(HERE.ref)


def test_a_second_stay_is_a_record_of_its_own_on_the_same_history() -> None:
    rig = register(HERE)
    rig.give(filing(HERE, Filing.MOVING_OUT, DAY), NOW)
    back = person(1, address="埼玉県川口市1番")
    rig.give(filing(back, Filing.MOVING_IN, D14, "新居", case="C2"), on(D14))
    found = state(rig)
    assert [v.action for v in found.history(HERE.ref)] == ["opened", "removed", "made"]
    assert found.as_of(HERE.ref, D13) is None
    assert found.as_of(HERE.ref, D14) == found.resident(HERE.ref) == changed(back, address="新居")


def test_moving_in_and_out_on_one_day_leaves_both_notices_in_order_and_nobody_recorded() -> None:
    """S1-007: the order is kept, both notices go up, and the net state is right."""
    rig = register()
    comer = person(2, address="埼玉県川口市1番")
    first = rig.give(filing(comer, Filing.MOVING_IN, DAY, "新宿区の家"), on(DAY, 9))
    second = rig.give(filing(comer, Filing.MOVING_OUT, DAY, case="C2"), on(DAY, 16))
    told = [*notices(first), *notices(second)]
    assert [(one.action, one.record_id) for one in told] == [
        ("made", "131041-00000001"),
        ("removed", "131041-00000003"),
    ]
    assert [record.record_id for record in sent(first)] == ["131041-00000001", "131041-00000002"]
    assert told[1].address == "新宿区の家"
    found = state(rig)
    assert found.resident(comer.ref) is None
    assert found.as_of(comer.ref, DAY) is None
    assert [v.action for v in found.history(comer.ref)] == ["made", "removed"]


def test_leaving_on_the_planned_day_and_coming_back_on_it_keeps_the_new_record() -> None:
    """S1-007, the other way round: out in the first minute of the day, in again on the same."""
    rig = register(HERE)
    (alarm,) = rig.give(filing(HERE, Filing.MOVING_OUT, D12), NOW).wakes
    assert [one.action for one in notices(rig.ring(alarm))] == ["removed"]
    rig.give(filing(HERE, Filing.MOVING_IN, D12, "新居", case="C2"), on(D12))
    assert state(rig).as_of(HERE.ref, D12) == changed(HERE, address="新居")


def test_a_plan_is_replaced_by_a_later_filing_and_dies_with_the_record() -> None:
    rig = register(HERE)
    (first,) = rig.give(filing(HERE, Filing.MOVING_OUT, D14, case="C1"), NOW).wakes
    (second,) = rig.give(filing(HERE, Filing.MOVING_OUT, D12, case="C2"), NOW).wakes
    assert notices(rig.ring(second))[0].event_date == D12
    rig.give(filing(HERE, Filing.MOVING_IN, D13, "新居", case="C3"), on(D13))
    assert rig.ring(first).reply.code == "no_plan"
    assert state(rig).resident(HERE.ref) is not None


def test_the_alarm_of_an_earlier_plan_does_nothing_while_a_later_one_stands() -> None:
    rig = register(HERE)
    (early,) = rig.give(filing(HERE, Filing.MOVING_OUT, D12, case="C1"), NOW).wakes
    rig.give(filing(HERE, Filing.MOVING_OUT, D14, case="C2"), NOW)
    assert rig.ring(early).reply.code == "no_plan"
    assert state(rig).resident(HERE.ref) == HERE


def test_a_plan_does_not_outlive_the_record_that_it_was_made_for() -> None:
    rig = register(HERE)
    (alarm,) = rig.give(filing(HERE, Filing.MOVING_OUT, D14, case="C1"), NOW).wakes
    rig.give(ChangeRecord("C2", "removed_ex_officio", HERE, D11, D11), on(D11))
    rig.give(filing(HERE, Filing.MOVING_IN, D12, "新居", case="C3"), on(D12))
    assert rig.ring(alarm).reply.code == "no_plan"
    assert state(rig).resident(HERE.ref) == changed(HERE, address="新居")


def test_a_moving_out_tells_where_to_and_leaves_the_address_on_the_removed_record() -> None:
    rig = register(HERE)
    there = "神奈川県川崎市川崎区1番"
    (notice,) = notices(rig.give(filing(HERE, Filing.MOVING_OUT, DAY, new_address=there), NOW))
    assert (notice.address, notice.next_address, notice.previous_address) == (HERE.address, there, "")
    assert state(rig).removed(HERE.ref) == HERE


def test_a_household_change_is_written_and_the_agency_is_not_told() -> None:
    """An exempt change raises nothing; of the form only the household counts."""
    rig = register(HERE)
    form = person(1, household="H1", head=True, card_number="XX00000000XX")
    committed = rig.give(filing(form, Filing.HOUSEHOLD_CHANGE), NOW)
    assert committed.sends == ()
    assert state(rig).resident(HERE.ref) == changed(HERE, household="H1", head=True)
    assert state(rig).history(HERE.ref)[-1].items == ("household", "head")
    mayor = ChangeRecord("C2", "corrected_ex_officio", person(1, household="H2"), DAY, DAY, ("household",))
    assert rig.give(mayor, NOW).sends == ()
    assert rig.kinds()[1:] == ["record_corrected", "record_corrected"]


def test_the_mayor_corrects_ex_officio_and_the_agency_is_told_why() -> None:
    rig = register(HERE)
    right = person(1, name="TEST PERSON AA", status="ignored")
    committed = rig.give(ChangeRecord("C2", "corrected_ex_officio", right, DAY, DAY, ("name",)), NOW)
    (notice,) = notices(committed)
    assert (notice.action, notice.reason, notice.name) == ("corrected", "ex_officio", "TEST PERSON AA")
    assert notice.previous_address == ""
    assert state(rig).resident(HERE.ref) == changed(HERE, name="TEST PERSON AA")
    (made,) = notices(
        rig.give(
            filing(person(2), Filing.MOVING_IN, case="C3", ex_officio=True, governing=Governing.REGISTER), NOW
        )
    )
    assert (made.action, made.reason) == ("made", "ex_officio")


def test_death_naturalization_and_alias_are_told_with_their_own_reason() -> None:
    two, three = person(2), person(3)
    rig = register(HERE, two, three)
    for ground, who in (("death", HERE), ("naturalized", two)):
        (notice,) = notices(rig.give(ChangeRecord(f"C-{ground}", ground, who, DAY, DAY), NOW))
        assert (notice.action, notice.reason) == ("removed", ground)
    alias = person(3, alias="大久保 花子", name="IGNORED")
    (notice,) = notices(rig.give(ChangeRecord("C3", "alias_changed", alias, DAY, DAY), NOW))
    assert (notice.reason, notice.alias, notice.name) == ("alias_changed", "大久保 花子", three.name)
    assert [person.ref for person in state(rig).residents()] == [three.ref]


def test_a_change_that_nobody_knows_or_that_lies_in_the_future_is_refused() -> None:
    rig = register(HERE)
    for change, reason in (
        (ChangeRecord("C1", "abducted", HERE, DAY, DAY), "unknown_ground"),
        (ChangeRecord("C1", "death", HERE, D11, DAY), "event_in_future"),
        (ChangeRecord("C1", "death", HERE, DAY, D11), "filed_in_future"),
        (ChangeRecord("C1", "corrected_ex_officio", HERE, DAY, DAY), "unknown_item"),
        (ChangeRecord("C1", "corrected_ex_officio", HERE, DAY, DAY, ("ref",)), "unknown_item"),
        (ChangeRecord("C1", "birth", person(8), DAY, DAY), "not_transitional"),
        (ChangeRecord("C1", "death", person(9), DAY, DAY), "not_registered"),
    ):
        assert rig.give(change, NOW).reply.code == reason
    assert [row["reason"] for row in data(rig, "revision_refused")][-1] == "not_registered"
    assert state(rig).history(HERE.ref) == []


def test_a_planned_removal_is_dated_the_day_on_which_it_is_written() -> None:
    rig = register(HERE)
    (alarm,) = rig.give(filing(HERE, Filing.MOVING_OUT, D12), NOW).wakes
    assert alarm.at == instant(D12)
    rig.ring(alarm)
    assert state(rig).as_of(HERE.ref, D11) == HERE
    assert state(rig).as_of(HERE.ref, D12) is None


def test_a_residence_filing_without_a_record_is_passed_on_and_makes_none() -> None:
    """入管法 only: a long stay where no 住民票 is made."""
    rig = register()
    guest = person(2)
    committed = rig.give(
        filing(guest, Filing.RESIDENCE_NOTIFICATION, governing=Governing.IMMIGRATION, no_record=True), NOW
    )
    assert [type(record).__name__ for record in sent(committed)] == ["MunicipalityTransmission"]
    assert state(rig).resident(guest.ref) is None
    assert state(rig).in_scope() == []
    assert rig.kinds() == ["register_opened", "record_raised"]
    assert [v.action for v in state(rig).history(guest.ref)] == ["notified"]
