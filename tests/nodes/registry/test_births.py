"""経過滞在: recorded after a birth or a loss of nationality, until a status is given or 60 days are over."""

from __future__ import annotations

from datetime import date
from typing import Any

from sim.base.instant import instant
from sim.base.node import Alarm
from sim.law.birth import transitional_stay
from sim.law.kinds import Filing, Governing, PersonClass
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import CancelRevision, ChangeRecord, ConfirmNotices, RemovalDue
from tests.nodes.registry.desk import (
    DAY,
    NOW,
    arrive,
    changed,
    checked,
    child,
    extension,
    filing,
    notices,
    on,
    person,
    register,
    results,
    sent,
    state,
)
from tests.nodes.rig import Rig

CHILD = child()
STATUS: dict[str, Any] = {
    "reason": "status_acquired",
    "card_number_before": "",
    "card_number": "CH00000001CH",
    "status": "家族滞在",
    "period": "1年",
    "period_until": date(2020, 5, 1),
}
LAST = transitional_stay(DAY).stay_until


def born() -> tuple[Rig, Alarm]:
    rig = register()
    committed = rig.give(ChangeRecord("C1", "birth", CHILD, DAY, date(2019, 4, 15)), on(date(2019, 4, 15)))
    (alarm,) = committed.wakes
    return rig, alarm


def holder(rig: Rig) -> Person:
    found = state(rig).resident(CHILD.ref)
    assert found is not None
    return found


def test_a_child_born_here_is_recorded_from_the_day_of_birth_and_the_agency_is_told() -> None:
    rig = register()
    committed = rig.give(ChangeRecord("C1", "birth", CHILD, DAY, date(2019, 4, 15)), on(date(2019, 4, 15)))
    (notice,) = notices(committed)
    assert (notice.action, notice.reason, notice.person_class) == ("made", "birth", "transitional_stay")
    assert (notice.became_resident_date, notice.card_number, notice.status) == (DAY, "", "")
    assert all(found.good for found in checked([*sent(committed)], on(date(2019, 4, 15))))
    assert state(rig).resident(CHILD.ref) == changed(CHILD, became_resident_date=DAY)
    assert rig.kinds()[1:] == ["record_made", "record_raised"]
    assert committed.wakes[0].at == instant(date(2019, 6, 10))


def test_without_a_status_the_record_is_removed_on_the_day_after_the_sixtieth() -> None:
    rig, alarm = born()
    assert date(2019, 6, 9) == LAST
    committed = rig.ring(alarm)
    (notice,) = notices(committed)
    assert (notice.action, notice.reason, notice.event_date) == ("removed", "ex_officio", date(2019, 6, 10))
    assert all(found.good for found in checked([*sent(committed)], alarm.at))
    assert state(rig).as_of(CHILD.ref, LAST) is not None
    assert state(rig).resident(CHILD.ref) is None
    assert rig.last("record_removed").data == {
        "filing": "transitional_stay_ended",
        "event_date": "2019-06-10",
    }


def test_a_status_by_notice_changes_the_class_and_the_record_stays() -> None:
    rig, alarm = born()
    arrive(rig, extension(CHILD, **STATUS))
    committed = rig.give(ConfirmNotices(), on(date(2019, 5, 2)))
    assert results(committed)[0].accepted
    found = holder(rig)
    assert (found.person_class, found.card_number) == (PersonClass.MID_LONG_TERM_RESIDENT, "CH00000001CH")
    assert state(rig).holder_of("CH00000001CH") == found
    assert rig.ring(alarm).sends == ()
    assert holder(rig) == found


def test_a_status_notice_without_the_items_of_the_new_class_is_refused() -> None:
    rig, _ = born()
    arrive(rig, extension(CHILD, **(STATUS | {"period_until": None})))
    (answer,) = results(rig.give(ConfirmNotices(), NOW))
    assert (answer.code, answer.field) == ("MISSING_ITEM", "period_until")
    assert holder(rig).person_class is PersonClass.TRANSITIONAL_STAY


def test_a_status_shown_by_the_card_at_a_filing_changes_the_class_ex_officio() -> None:
    rig, alarm = born()
    grown = person(5, card_number="CH00000001CH", status="家族滞在")
    body = filing(
        grown,
        Filing.RESIDENCE_NOTIFICATION,
        date(2019, 5, 7),
        address=CHILD.address,
        case="C2",
        governing=Governing.IMMIGRATION,
        transmit_article="immi.19-8-1",
    )
    committed = rig.give(body, on(date(2019, 5, 7)))
    notice, transmission = sent(committed)
    assert (notice.action, notice.reason) == ("corrected", "ex_officio")  # type: ignore[union-attr]
    assert notice.person_class == "mid_long_term_resident"  # type: ignore[union-attr]
    assert transmission.card_number == "CH00000001CH"  # type: ignore[union-attr]
    assert all(found.good for found in checked([*sent(committed)], on(date(2019, 5, 7))))
    # The agency's own notice finds the new card and nothing to change, and the sixtieth day is like others.
    arrive(rig, extension(CHILD, **(STATUS | {"period": "1年", "period_until": date(2020, 4, 1)})))
    assert results(rig.give(ConfirmNotices(), on(date(2019, 5, 8))))[0].accepted
    rig.ring(alarm)
    assert holder(rig).birth_date == DAY


def test_a_move_before_the_status_is_given_takes_the_class_along() -> None:
    rig, _ = born()
    grown = person(5, card_number="CH00000001CH", status="家族滞在")
    (notice,) = notices(rig.give(filing(grown, Filing.MOVING_WITHIN, address="新居", case="C2"), NOW))
    assert (notice.person_class, notice.address) == ("mid_long_term_resident", "新居")
    assert holder(rig).address == "新居"


def test_a_correction_or_a_leaving_takes_nothing_from_a_card_that_it_is_not_about() -> None:
    rig, _ = born()
    grown = person(5, name="TEST RENAMED", card_number="CH00000001CH", status="家族滞在")
    rig.give(ChangeRecord("C2", "corrected_ex_officio", grown, DAY, DAY, ("name",)), on(date(2019, 5, 1)))
    kept = changed(CHILD, became_resident_date=DAY, name="TEST RENAMED")
    assert holder(rig) == kept
    rig.give(filing(grown, Filing.MOVING_OUT, date(2019, 5, 2), case="C3"), on(date(2019, 5, 2)))
    assert state(rig).removed(CHILD.ref) == kept


def test_one_who_lost_japanese_nationality_is_recorded_the_same_way() -> None:
    rig = register()
    who = child(6, born=date(1980, 3, 3))
    committed = rig.give(ChangeRecord("C1", "nationality_lost", who, DAY, DAY), NOW)
    assert notices(committed)[0].reason == "nationality_lost"
    assert committed.wakes[0].at == instant(date(2019, 6, 10))


def test_one_in_transitional_stay_who_moves_in_is_looked_at_on_the_same_day() -> None:
    rig = register()
    comer = child(6, became_resident_date=date(2019, 4, 1))
    committed = rig.give(filing(comer, Filing.MOVING_IN, governing=Governing.REGISTER), NOW)
    assert committed.wakes[0].at == instant(date(2019, 6, 1))
    opened = register(comer)
    assert opened.store.alarms()[0].at == instant(date(2019, 6, 1))


def test_the_alarm_of_one_who_left_or_was_recorded_anew_does_nothing() -> None:
    rig, alarm = born()
    rig.give(filing(CHILD, Filing.MOVING_OUT, case="C2"), NOW)
    assert rig.ring(alarm).sends == ()
    assert rig.kinds().count("record_removed") == 1


def test_the_alarm_of_an_earlier_stay_does_not_end_a_later_one() -> None:
    rig, alarm = born()
    rig.give(filing(CHILD, Filing.MOVING_OUT, case="C2"), NOW)
    again = changed(CHILD, became_resident_date=date(2019, 6, 1))
    rig.give(
        filing(again, Filing.MOVING_IN, date(2019, 6, 1), case="C3", governing=Governing.REGISTER),
        on(date(2019, 6, 1)),
    )
    assert rig.ring(alarm).sends == ()
    assert holder(rig).became_resident_date == date(2019, 6, 1)


def test_a_birth_that_is_taken_back_and_a_restored_one_keep_their_sixtieth_day() -> None:
    rig, _ = born()
    rig.give(filing(CHILD, Filing.MOVING_OUT, DAY, case="C2"), NOW)
    committed = rig.give(CancelRevision("C3", CHILD.ref, "C2"), on(date(2019, 5, 1)))
    (again,) = committed.wakes
    assert again.at == instant(date(2019, 6, 10))
    assert [one.action for one in notices(rig.ring(again))] == ["removed"]
    # Taken back after its day, the removal is not repeated: somebody had a reason.
    restored = rig.give(CancelRevision("C4", CHILD.ref, "T-P0000005-20190410"), on(date(2019, 7, 1)))
    assert (restored.reply.ok, restored.wakes) == (True, ())
    assert holder(rig).person_class is PersonClass.TRANSITIONAL_STAY


def test_a_planned_day_that_nobody_planned_is_answered_and_changes_nothing() -> None:
    rig, _ = born()
    assert rig.give(RemovalDue("C9", CHILD.ref), NOW).reply.code == "no_plan"
