"""The checks of the exchange on small journals: what they find, and what they let pass."""

from __future__ import annotations

from typing import Any

import pytest

from sim.base.instant import HOUR
from tests.conformance.register_helpers import (
    Row,
    accepted,
    batch,
    found,
    lines_of,
    notice,
    rejected,
    transmission,
)

RESULT = {"kind": "result", "scope": "batch", "person_ref": "", "subject": "", "answers": "D1"}
BOTH = ["municipality_notice", "municipality_transmission"]


# --- what goes up -----------------------------------------------------------------------------------------
def test_a_file_that_is_sent_again_unchanged_doubles_nothing() -> None:
    again = [batch(), notice(), batch(), notice(cause="stage#3")]
    for name, params in (
        ("sent", {"person": "KO", "kinds": ["municipality_notice"], "day": "2026-06-03"}),
        ("sent_once", {}),
        ("sequence", {}),
    ):
        assert found(name, *again, **params) == [], name


def test_the_same_change_under_two_numbers_is_found_and_told_with_both_lines() -> None:
    (finding,) = found("sent_once", batch(), notice(), notice("R9"))
    assert finding.evidence == ("stage#2", "stage#3")
    assert finding.received == "2"


@pytest.mark.parametrize(
    "rows",
    [
        [notice(), rejected("R1", "UNKNOWN_VALUE"), notice("R9")],
        [notice(), notice("R3", cancels="R1", action="removed", reason="cancellation"), notice("R9")],
    ],
    ids=["rejected before", "taken back before"],
)
def test_a_change_may_be_sent_again_in_the_place_of_one_that_does_not_count(rows: list[Row]) -> None:
    assert found("sent_once", batch(), *rows) == []


def test_a_record_that_the_agency_calls_a_double_is_found() -> None:
    arrivals = [batch(), notice(), accepted("R1"), rejected("R1", "DUPLICATE_RECORD")]
    assert [one.received for one in found("sent_once", *arrivals)] == ["2"]


@pytest.mark.parametrize("name", ["exempt_silent", "no_echo", "provisional_silent"])
def test_silence_needs_an_exchange_and_nothing_about_the_person_in_it(name: str) -> None:
    span = {"person": "KO", "since": "2026-06-03", "until": "2026-06-04"}
    other = ("record_sent", notice()[1] | {"subject": "OTSU"})
    assert found(name, batch(), other, **span) == []
    assert found(name, batch(), notice(cause="stage#1", day=3), **span) == []
    assert [one.received for one in found(name, batch(), notice(), **span)] == ["municipality_notice"]
    assert [one.received for one in found(name, batch(day=9), **span)] == ["no exchange"]


def test_the_class_of_a_change_is_what_was_sent_over_the_whole_case() -> None:
    both = [batch(), notice(), batch(2), transmission(cause="stage#3", day=1)]
    assert found("law_class", *both, person="KO", kinds=BOTH) == []
    assert len(found("law_class", *both, person="KO", kinds=["municipality_notice"])) == 1
    assert len(found("law_class", batch(), transmission(), person="KO", kinds=BOTH)) == 1


@pytest.mark.parametrize(
    ("days", "told"), [([7], []), ([0], ["2026-06-03"]), ([0, 7], ["2026-06-03, 2026-06-10"]), ([], ["none"])]
)
def test_a_moving_out_is_notified_once_on_its_day(days: list[int], told: list[str]) -> None:
    rows = [notice(f"R{day}", reason="moving_out", action="removed", day=day) for day in days]
    assert [
        one.received for one in found("planned_day", batch(), *rows, person="KO", day="2026-06-10")
    ] == told


def test_an_event_before_the_system_is_found_in_any_case() -> None:
    assert found("first_day", batch(), notice(event_date="2012-07-09")) == []
    (finding,) = found("first_day", batch(), notice(event_date="2012-07-08"))
    assert (finding.received, finding.evidence) == ("2012-07-08", ("stage#2",))


@pytest.mark.parametrize(
    ("name", "record", "params"),
    [
        ("notice_says", notice(), {}),
        ("transmission_says", transmission(), {}),
        ("certificate_says", notice(kind="certificate_issuance_notice"), {}),
        ("link_same", notice(), {"kind": "municipality_notice"}),
    ],
)
def test_what_a_record_says_is_held_against_the_literals(
    name: str, record: Row, params: dict[str, Any]
) -> None:
    right = {"filed_date": "2026-06-03", "cancels": ""}
    assert found(name, batch(), record, person="KO", items=right, **params) == []
    wrong = found(name, batch(), record, person="KO", items={"filed_date": "2026-06-01"}, **params)
    assert [(one.expected, one.received) for one in wrong] == [("2026-06-01", "2026-06-03")]
    (missing,) = found(name, batch(), person="KO", items=right, **params)
    assert missing.received == "0"


def test_a_character_that_was_replaced_is_found() -> None:
    assert found("standard_kanji", batch(), notice(name_kanji="𠮷野"), person="KO", name="𠮷野") == []
    assert len(found("standard_kanji", batch(), notice(name_kanji="吉野"), person="KO", name="𠮷野")) == 1


@pytest.mark.parametrize(
    "rows",
    [
        [notice()],
        [notice(), notice("R3", cancels="R9")],
        [notice(), notice("R3", cancels="R1"), notice("R4", cancels="R1")],
    ],
    ids=["none", "of another", "twice"],
)
def test_a_change_is_taken_back_by_one_record_that_names_it(rows: list[Row]) -> None:
    assert found("cancel_notice", batch(), notice(), notice("R3", cancels="R1"), person="KO") == []
    assert len(found("cancel_notice", batch(), *rows, person="KO")) == 1


# --- what must hold of all --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "rows",
    [
        [transmission(), notice()],
        [notice(filed_date="2026-06-04"), notice("R3", reason="moving_within")],
        [notice("R3", cancels="R1"), notice()],
    ],
    ids=["transmission before its notice", "later filing first", "taken back before it was made"],
)
def test_records_of_a_person_out_of_their_order_are_found(rows: list[Row]) -> None:
    assert len(found("in_order", batch(), *rows)) == 1


@pytest.mark.parametrize(
    "rows",
    [
        [notice(), transmission(), notice("R3", reason="moving_out", action="removed")],
        [
            notice("R5", reason="alias_changed", filed_date="2026-06-05"),
            notice("R4", reason="moving_out", action="removed", event_date="2026-06-10"),
        ],
        [notice(filed_date="2026-06-05"), notice("R3", cancels="R1", filed_date="2026-06-01")],
        [notice(subject="OTSU", filed_date="2026-06-05"), notice("R3")],
    ],
    ids=["in and out on a day", "planned day", "cancelled filing keeps its day", "another person between"],
)
def test_an_order_that_only_looks_wrong_is_let_pass(rows: list[Row]) -> None:
    assert found("in_order", batch(), *rows) == []


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([batch(1), batch(2), batch(1, business="02")], 0),
        ([batch(1), batch(3)], 1),
        ([batch(2)], 1),
        ([batch(1), batch(1, digest="other")], 1),
        ([batch(1), batch(1, digest="other", stem="131041-ISA-01-00000001.2")], 0),
    ],
    ids=["two businesses", "gap", "not from 1", "used again", "another edition"],
)
def test_numbers_run_without_a_gap_in_each_business(rows: list[Row], count: int) -> None:
    assert len(found("sequence", *rows)) == count


def test_a_record_in_another_business_s_file_is_found() -> None:
    assert (
        found("three_businesses", batch(), notice(), batch(1, business="02"), transmission(cause="stage#3"))
        == []
    )
    assert len(found("three_businesses", batch(business="02"), notice())) == 1
    assert len(found("three_businesses", batch(business="09"), notice(**RESULT))) == 1


def test_a_transmission_without_a_mandatory_item_is_found_readable_or_not() -> None:
    assert found("transmission_whole", batch(), transmission()) == []
    assert len(found("transmission_whole", batch(), transmission(card_number=""))) == 1
    fault = {"code": "MISSING_ITEM", "column": "card_number", "line": 2, "expected": "a card number"}
    assert len(found("transmission_whole", batch(findings=[fault]))) == 1
    assert found("transmission_whole", batch(findings=[fault | {"column": "alias"}])) == []


def test_a_file_bears_the_name_of_its_batch_or_of_an_edition_of_it() -> None:
    assert found("file_named", batch(), batch(stem="131041-ISA-01-00000001.2")) == []
    assert len(found("file_named", batch(stem="upload"))) == 1
    assert found("file_named", batch(stem="upload", batch=None)) == []


def test_a_file_that_was_made_later_than_it_was_sent_or_before_the_case_is_found() -> None:
    begun: Row = ("case_begun", {})
    noon = lines_of(begun)[0].at
    assert found("dated_when_made", begun, batch(created_at=noon)) == []
    for made in (noon + HOUR, noon - HOUR):
        assert len(found("dated_when_made", begun, batch(created_at=made))) == 1
    assert found("dated_when_made", begun, batch(header=None)) == []


def test_an_unanswered_file_is_found_once_there_was_a_later_exchange() -> None:
    came = ("batch_delivered", {"batch": "D1", "refused": ""})
    answer = ("record_sent", notice("T1")[1] | RESULT)
    assert found("acknowledged", came) == []
    assert len(found("acknowledged", came, batch(day=1))) == 1
    assert found("acknowledged", came, batch(day=1), answer) == []


def test_a_day_without_an_exchange_is_found() -> None:
    days = ["2026-06-03", "2026-06-04", "2026-06-05"]
    assert found("daily_exchange", batch(1), batch(2, day=1), batch(3, day=2), days=days) == []
    assert len(found("daily_exchange", batch(1), batch(3, day=2), days=days)) == 1


def test_records_that_wait_for_the_next_day_are_found() -> None:
    params = {"person": "KO", "times": ["2026-06-03 12"]}
    assert found("exchange_times", batch(), notice(), **params) == []
    assert len(found("exchange_times", batch(), notice(day=1), **params)) == 1


@pytest.mark.parametrize("name", ["arrived", "same_day_moves", "link_switch", "lost_medium"])
def test_what_arrives_is_compared_in_its_order(name: str) -> None:
    good = [accepted("R1"), accepted("R2", "municipality_transmission")]
    assert found(name, *good, person="KO", kinds=BOTH) == []
    for rows in (good[::-1], good[:1], [*good, accepted("R3")]):
        assert len(found(name, *rows, person="KO", kinds=BOTH)) == 1


def test_a_record_rejected_over_the_cut_over_is_found() -> None:
    assert found("cut_over", accepted("R1"), person="KO", kinds=["municipality_notice"]) == []
    refused = ("record_rejected", {"record": "R1", "kind": "municipality_notice", "subject": "KO"})
    assert len(found("cut_over", refused, person="KO", kinds=["municipality_notice"])) == 1


# --- results ----------------------------------------------------------------------------------------------
def result_seen(**data: Any) -> Row:
    told = {"look": 1, "record": "R1", "kind": "municipality_notice", "subject": "KO", "outcome": "rejected"}
    return "result_seen", told | {"code": "UNKNOWN_VALUE", "field": "sex"} | data


def test_an_error_that_is_not_shown_is_found() -> None:
    params = {
        "look": 1,
        "person": "KO",
        "kind": "municipality_notice",
        "outcome": "rejected",
        "code": "UNKNOWN_VALUE",
        "field": "sex",
    }
    assert found("result_shown", result_seen(), **params) == []
    assert len(found("result_shown", result_seen(code="", field=""), **params)) == 2
    assert [one.received for one in found("result_shown", result_seen(look=2), **params)] == ["none"]


@pytest.mark.parametrize(
    ("results", "count"),
    [
        ([{"record": "R1", "outcome": "accepted"}], 0),
        ([{"record": "R1", "outcome": "pending"}], 1),
        ([], 1),
    ],
    ids=["as it came", "not taken in", "left out"],
)
def test_results_are_shown_as_they_came(results: list[dict[str, str]], count: int) -> None:
    came = (
        "record_delivered",
        {"kind": "result", "scope": "record", "answers": "R1", "outcome": "accepted"},
    )
    look = ("results_answered", {"results": results})
    assert len(found("results_whole", batch(), notice(), came, look)) == count


def test_a_result_that_has_not_come_yet_is_pending() -> None:
    look = ("results_answered", {"results": [{"record": "R1", "outcome": "pending"}]})
    assert found("results_whole", batch(), notice(), look) == []


def test_a_rejected_record_must_come_again_corrected_under_another_number() -> None:
    params = {"person": "KO", "kind": "municipality_notice", "item": "sex", "value": "M"}
    wrong, right = notice(sex="F"), notice("R9", sex="M")
    refusal, taken = rejected("R1", "UNKNOWN_VALUE"), accepted("R9")
    assert found("corrected_sent", wrong, refusal, right, taken, **params) == []
    for rows in ([wrong, refusal], [wrong, right, taken], [wrong, refusal, notice("R9", sex="F"), taken]):
        assert len(found("corrected_sent", *rows, **params)) == 1


def test_sending_again_means_the_same_bytes_and_no_second_effect() -> None:
    name = "131041-ISA-01-00000001"
    asked = ("resend_asked", {"batch": name})
    assert found("resent_same", batch(), asked, batch()) == []
    assert len(found("resent_same", batch(), asked)) == 1
    assert len(found("resent_same", batch(), asked, batch(digest="other"))) == 1
    doubled = rejected("R1", "DUPLICATE_RECORD")
    assert len(found("resent_same", batch(), asked, batch(), doubled)) == 1


# --- files that must not be taken in ----------------------------------------------------------------------
def delivered(spoilt: str, refused: str) -> Row:
    return "batch_delivered", {"batch": "D1", "spoilt": spoilt, "refused": refused}


@pytest.mark.parametrize(("refused", "count"), [("TRUNCATED", 0), ("", 1), ("NOT_CSV", 1)])
def test_a_spoilt_file_is_refused_for_its_reason(refused: str, count: int) -> None:
    rows = delivered("truncated", refused)
    assert len(found("spoilt_refused", rows, trouble="truncated", codes=["TRUNCATED"])) == count


def test_a_trouble_that_never_came_proves_nothing() -> None:
    assert len(found("spoilt_refused", delivered("", ""), trouble="truncated", codes=["TRUNCATED"])) == 1


def test_a_version_and_a_form_are_told_apart() -> None:
    assert found("version_refused", delivered("other_version", "UNKNOWN_PROFILE")) == []
    assert len(found("version_refused", delivered("other_version", "NOT_CSV"))) == 1
    assert found("xml_taken", delivered("as_xml", "")) == []
    assert len(found("xml_taken", delivered("as_xml", "NOT_CSV"))) == 1


@pytest.mark.parametrize("answers", [0, 2])
def test_a_notice_is_answered_exactly_once(answers: int) -> None:
    came = ("record_delivered", {"kind": "agency_notice", "record_id": "ISA-1", "subject": "KO"})
    rows = [
        ("record_sent", {"kind": "result", "record_id": f"T{n}", "answers": "ISA-1", "outcome": "accepted"})
        for n in range(answers)
    ]
    assert found("recovered", came, ("record_sent", {**RESULT, "record_id": "T", "answers": "ISA-1",
                                                     "outcome": "accepted"}), person="KO") == []  # fmt: skip
    assert len(found("recovered", came, *rows, person="KO")) == 1
    assert len(found("recovered", person="KO")) == 1


def test_by_hand_goes_only_what_the_declared_outage_keeps_from_the_line() -> None:
    refused = ("messenger_decided", {"accepted": False, "declared": False})
    anytime = ("messenger_decided", {"accepted": True, "declared": False})
    assert found("messenger_only_in_outage", refused) == []
    assert len(found("messenger_only_in_outage", anytime)) == 1
    never = ("messenger_decided", {"accepted": False, "declared": True})
    assert found("messenger_only_in_outage", never) == []
    assert len(found("messenger_taken", never)) == 1


def test_a_feature_that_no_product_may_have_is_found() -> None:
    told = ("capabilities_told", {"capabilities": ["register.notices"]})
    assert found("not_offered", told) == []
    more = ("capabilities_told", {"capabilities": ["register.notices", "forbidden.consistency_check"]})
    assert [one.received for one in found("not_offered", more)] == ["forbidden.consistency_check"]
