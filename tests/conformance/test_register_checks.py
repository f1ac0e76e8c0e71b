"""The checks of the register on small journals: what they find, and what they let pass."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.register_helpers import (
    Row,
    batch,
    found,
    notice,
    seen,
)


# --- the register -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("row", "count"),
    [
        (seen(), 0),
        (seen(items={"status": ""}), 1),
        (seen(items={"nationality": ""}), 1),
        (seen(items={"period_until": ""}), 1),
        (seen(items={"period_until": "", "status": "永住者"}), 0),
        (seen(items={"card_number": ""}, state="removed"), 0),
        (seen(items={"status": ""}, state="removed"), 1),
        (seen(items={"person_class": "transitional_stay", "card_number": "", "period_until": ""}), 0),
        (seen(items={"person_class": "provisional_stay", "card_number": "", "period_until": ""}), 1),
        (seen(items={"person_class": ""}), 1),
        (seen(state="none", items=dict.fromkeys(("name", "sex"), "")), 0),
    ],
)
def test_items_that_must_not_be_empty_hang_on_the_class(row: Row, count: int) -> None:
    assert len(found("not_null", row)) == count


@pytest.mark.parametrize(
    ("text", "count"), [("1990-01-02", 0), ("1990-01-00", 0), ("H02-01-02", 1), ("平成2年1月2日", 1)]
)
def test_a_day_of_birth_by_the_japanese_era_is_found(text: str, count: int) -> None:
    assert len(found("western_dates", seen(items={"birth_date": text}))) == count


@pytest.mark.parametrize(
    ("later", "count"),
    [
        (["made", "corrected", "cancelled"], 0),
        (["made", "corrected"], 0),
        (["made"], 1),
        (["made", "removed", "cancelled"], 1),
    ],
)
def test_a_history_that_forgets_is_found(later: list[str], count: int) -> None:
    rows = [seen(1, history=["made", "corrected"]), seen(2, history=later)]
    assert len(found("history_grows", *rows)) == count
    elsewhere = ("record_seen", rows[1][1] | {"subject": "OTSU"})
    assert found("history_grows", rows[0], elsewhere) == []


def test_each_expectation_speaks_of_its_own_look() -> None:
    rows = [seen(1), seen(2, items={"status": "永住者"})]
    for name in ("record_item", "after_confirmation", "follows_in_time", "either_mode"):
        assert found(name, *rows, look=1, item="status", value="留学") == [], name
        (finding,) = found(name, *rows, look=2, item="status", value="留学")
        assert finding.evidence == ("stage#2",)


def test_the_state_of_a_record_is_told_apart() -> None:
    assert found("record_state", seen(), look=1, state="present") == []
    assert len(found("record_state", seen(), look=1, state="removed")) == 1
    assert len(found("abode_only", seen(state="none"), look=1)) == 1
    assert len(found("removed_kept", seen(state="removed", items={"name": ""}), look=1, name="TEST KO")) == 1
    assert len(found("removed_kept", seen(), look=1, name="TEST KO")) == 1
    wanted = {"look": 1, "history": ["made", "cancelled"], "state": "removed"}
    assert len(found("cancelled_back", seen(history=["made"]), **wanted)) == 2
    assert len(found("kanji_kept", seen(items={"name_kanji": "吉"}), look=1, name="𠮷")) == 1


@pytest.mark.parametrize(
    ("name", "accepted", "params"),
    [
        ("refused_empty", True, {"visit": "C/1"}),
        ("refused_future", True, {"visit": "C/1"}),
        ("cancel_refused", True, {"visit": "C/1"}),
        ("change_taken", False, {"visit": "C/1"}),
        ("link_open", True, {"accepted": False}),
        ("medium_refused", True, {}),
    ],
)
def test_a_decision_that_went_the_wrong_way_is_found(
    name: str, accepted: bool, params: dict[str, Any]
) -> None:
    op = {"link_open": "switch_link", "medium_refused": "medium", "cancel_refused": "cancel"}.get(
        name, "change"
    )
    wrong = ("change_decided", {"op": op, "accepted": accepted, "reason": ""})
    assert len(found(name, wrong, **params)) == 1
    assert found(name, ("change_decided", wrong[1] | {"accepted": not accepted}), **params) == []


# --- notices and copies -----------------------------------------------------------------------------------
def notice_seen(**data: Any) -> Row:
    told = {"look": 1, "subject": "KO", "state": "imported", "called": "法務省通知（法務大臣）"}
    slip = {"before": {"status": "留学"}, "after": {"status": "永住者"}}
    return "notice_seen", told | slip | data


def test_what_a_slip_says_is_compared_on_both_sides() -> None:
    params = {"look": 1, "person": "KO", "item": "status", "before": "留学", "after": "永住者"}
    assert found("slip", notice_seen(), **params) == []
    turned = notice_seen(before={"status": "永住者"}, after={"status": "留学"})
    assert len(found("slip", turned, **params)) == 2
    assert len(found("slip", **params)) == 2


def test_the_state_the_number_and_the_name_of_notices_are_told_apart() -> None:
    who = {"look": 1, "person": "KO"}
    assert found("notice_imported", notice_seen(), **who, state="imported") == []
    assert [one.received for one in found("notice_imported", **who, state="imported")] == ["none"]
    assert len(found("notice_backlog", notice_seen(), **who, state="backlog")) == 1
    assert len(found("notice_count", notice_seen(), notice_seen(), **who, count=1)) == 1
    assert found("notice_called", notice_seen(), **who, name="法務大臣") == []
    assert len(found("notice_called", notice_seen(), **who, name="出入国在留管理庁通知")) == 1
    assert len(found("notice_imported", notice_seen(), **who, state="imported", nth=2)) == 1


def test_a_copy_that_says_something_else_or_was_not_issued_is_found() -> None:
    params = {"visit": "C/1", "item": "status", "value": "留学"}
    copy = {"issued": True, "items": {"status": "留学"}, "noted": True, "reason": ""}
    assert found("copy_option", ("copy_decided", copy), **params) == []
    assert len(found("copy_option", ("copy_decided", copy | {"items": {}}), **params)) == 1
    assert len(found("copy_option", ("copy_decided", copy | {"issued": False}), **params)) == 1
    assert len(found("copy_noted", ("copy_decided", copy), visit="C/1", noted=False)) == 1


def test_a_record_that_was_corrected_by_the_card_must_be_notified_on_the_day() -> None:
    params = {"look": 1, "person": "KO", "item": "status", "before": "留学", "day": "2026-06-03"}
    corrected = ("record_seen", {"look": 1, "items": {"status": "定住者"}, "day": 1})
    assert found("copy_correction_told", batch(), notice(action="corrected"), corrected, **params) == []
    assert len(found("copy_correction_told", batch(), corrected, **params)) == 1
    late = notice(action="corrected", day=1)
    assert len(found("copy_correction_told", batch(), late, corrected, **params)) == 1


def test_a_record_that_was_left_as_it_was_for_a_copy_need_not_be_notified() -> None:
    params = {"look": 1, "person": "KO", "item": "status", "before": "留学", "day": "2026-06-03"}
    left = ("record_seen", {"look": 1, "items": {"status": "留学"}, "day": 1})
    assert found("copy_correction_told", batch(), left, **params) == []


@pytest.mark.parametrize(
    ("steps", "keyed", "wrong", "count"), [(9, 0, 0, 0), (0, 0, 0, 1), (9, 4, 0, 1), (9, 0, 1, 1)]
)
def test_labour_is_counted_as_the_link_wants_it(steps: int, keyed: int, wrong: int, count: int) -> None:
    told = ("labour_answered", {"steps": steps, "keyed": keyed, "wrong": wrong})
    assert len(found("labour_counted", told, manual=True, keyed=False)) == count
