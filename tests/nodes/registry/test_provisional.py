"""仮登録: recorded, seen, and without effect until it is settled."""

from __future__ import annotations

from datetime import date

import pytest

from sim.law.kinds import Filing
from sim.nodes.messages.registry import ChangeRecord, ConfirmNotices, Drop, IssueCopy, Settle
from tests.nodes.registry.desk import (
    DAY,
    NOW,
    arrive,
    changed,
    child,
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
LATER = date(2019, 4, 15)


def test_a_provisional_change_is_seen_and_raises_nothing() -> None:
    rig = register(HERE)
    committed = rig.give(filing(HERE, Filing.MOVING_WITHIN, provisional=True), NOW)
    assert (committed.sends, committed.wakes) == ((), ())
    assert state(rig).resident(HERE.ref) == HERE
    assert state(rig).history(HERE.ref) == []
    (held,) = state(rig).provisional(HERE.ref)
    assert (held.body.case, held.since) == ("C1", DAY)
    assert data(rig, "record_provisional") == [{"filing": "moving_within", "event_date": "2019-04-10"}]


def test_a_provisional_record_is_on_no_copy() -> None:
    rig = register()
    rig.give(filing(person(2), Filing.MOVING_IN, provisional=True), NOW)
    assert rig.give(IssueCopy("K1", person(2).ref), NOW).reply.code == "not_registered"


def test_settled_it_is_written_with_what_the_register_learnt_meanwhile() -> None:
    rig = register(HERE)
    rig.give(filing(HERE, Filing.MOVING_WITHIN, address="新住所", provisional=True), NOW)
    arrive(rig, extension(HERE))
    rig.give(ConfirmNotices(), NOW)
    committed = rig.give(Settle("C1"), on(LATER))
    assert [type(record).__name__ for record in sent(committed)] == [
        "MunicipalityNotice",
        "MunicipalityTransmission",
    ]
    (notice,) = notices(committed)
    assert (notice.card_number, notice.address, notice.filed_date) == ("ZZ00000001ZZ", "新住所", DAY)
    assert state(rig).provisional(HERE.ref) == []
    assert state(rig).as_of(HERE.ref, DAY) != state(rig).resident(HERE.ref)
    assert rig.kinds()[-4:] == ["record_settled", "record_corrected", "record_raised", "record_raised"]
    assert not rig.give(Settle("C1"), on(LATER)).reply.ok


def test_all_persons_of_a_case_are_settled_together_and_no_other_case() -> None:
    rig = register(HERE, person(2), person(3))
    for who, case in ((HERE, "C1"), (person(2), "C1"), (person(3), "C1/2")):
        rig.give(filing(who, Filing.MOVING_WITHIN, address="新住所", case=case, provisional=True), NOW)
    assert len(notices(rig.give(Settle("C1"), NOW))) == 2
    assert len(state(rig).provisional(person(3).ref)) == 1


def test_a_provisional_moving_out_is_planned_when_it_is_settled() -> None:
    rig = register(HERE)
    rig.give(filing(HERE, Filing.MOVING_OUT, LATER, provisional=True), NOW)
    (alarm,) = rig.give(Settle("C1"), NOW).wakes
    assert notices(rig.ring(alarm))[0].action == "removed"


def test_what_the_register_contradicts_meanwhile_stays_provisional() -> None:
    rig = register(HERE)
    rig.give(filing(HERE, Filing.MOVING_WITHIN, provisional=True), NOW)
    rig.give(ChangeRecord("C2", "death", HERE, DAY, DAY), NOW)
    assert rig.give(Settle("C1"), NOW).reply.code == "not_registered"
    assert len(state(rig).provisional(HERE.ref)) == 1
    assert "record_settled" not in rig.kinds()


def test_dropped_it_never_was() -> None:
    rig = register(HERE)
    rig.give(filing(HERE, Filing.MOVING_WITHIN, provisional=True), NOW)
    rig.give(Drop("C1"), NOW)
    assert state(rig).provisional(HERE.ref) == []
    assert rig.kinds()[-1] == "provisional_dropped"
    assert rig.give(Settle("C1"), NOW).reply.code == "nothing_provisional"
    assert rig.give(Drop("C1"), NOW).reply.code == "nothing_provisional"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (filing(HERE, Filing.MOVING_IN, provisional=True), "already_registered"),
        (filing(person(2), Filing.MOVING_OUT, provisional=True), "not_registered"),
        (filing(person(2, status=""), Filing.MOVING_IN, provisional=True), "item_missing"),
        (ChangeRecord("C1", "birth", person(2), DAY, DAY, provisional=True), "not_transitional"),
    ],
)
def test_what_the_register_contradicts_now_is_not_even_recorded_provisionally(
    change: ChangeRecord, reason: str
) -> None:
    rig = register(HERE)
    assert rig.give(change, NOW).reply.code == reason
    assert state(rig).provisional(change.person.ref) == []


def test_a_provisional_birth_is_settled_like_any_other() -> None:
    rig = register()
    rig.give(ChangeRecord("C1", "birth", child(), DAY, DAY, provisional=True), NOW)
    committed = rig.give(Settle("C1"), NOW)
    assert notices(committed)[0].reason == "birth"
    assert len(committed.wakes) == 1
    assert state(rig).resident(child().ref) == changed(child(), became_resident_date=DAY)
