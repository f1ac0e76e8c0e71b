"""The checks of the exchange terminal on small journals: what they find, and what they let pass."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.checks.terminal.audit import chained, origin
from tests.conformance.terminal_helpers import (
    NOON,
    Row,
    came,
    done,
    entry,
    fetched,
    found,
    incident,
    record,
    sent,
)

FIRST, SECOND = "131041-00000001", "131041-00000002"
NOTICE = "municipality_notice"


# --- what is sent ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([sent(1), sent(2)], 0),
        ([sent(1), sent(3)], 1),
        ([sent(2)], 1),
        ([sent(1), sent(1)], 0),
        ([sent(1), sent(1, digest="other")], 1),
        ([sent(1), sent(1, stem="131041-ISA-01-00000001.2")], 0),
        ([sent(1), sent(1, stem="131041-ISA-02-00000001", business="02")], 0),
    ],
)
def test_numbers_run_without_a_gap_in_each_business(rows: list[Row], count: int) -> None:
    assert len(found("terminal_sequence", *rows)) == count


def test_a_file_with_findings_or_another_name_is_found() -> None:
    assert found("terminal_form", sent()) == []
    (one,) = found("terminal_form", sent(findings=[{"code": "TRUNCATED"}]))
    assert one.received.startswith("TRUNCATED")
    (other,) = found("terminal_form", sent(stem="131041-ISA-01-00000009", batch="131041-ISA-01-00000001"))
    assert "131041-ISA-01-00000009" in other.received
    assert len(found("terminal_form", ("file_sent", {"stem": "x"}))) == 1


def test_an_item_that_was_changed_lost_or_added_is_found() -> None:
    given = record("record_submitted", items={"status": "留学"})
    assert found("terminal_unchanged", given, record(items={"status": "留学"})) == []
    for items in ({"status": ""}, {}, {"status": "留学", "alias": "X"}):
        assert len(found("terminal_unchanged", given, record(items=items))) == 1


def test_a_record_in_two_numbers_is_found_unless_a_machine_was_replaced() -> None:
    other = record(batch="131041-ISA-01-00000002")
    assert found("terminal_sent_once", record(), record()) == []
    assert len(found("terminal_sent_once", record(), other)) == 1
    assert found("terminal_sent_once", ("sequences_asked", {"told": True}), record(), other) == []


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([sent(), sent()], 0),
        ([sent()], 1),
        ([sent(), sent(digest="other")], 1),
    ],
)
def test_a_file_that_was_lost_goes_again_byte_for_byte(rows: list[Row], count: int) -> None:
    trouble: Row = ("trouble", {"direction": "up", "trouble": "lost", "file": "131041-ISA-01-00000001.csv"})
    assert len(found("terminal_resent", trouble, *rows)) == count


def decided(kind: str = "record_accepted", number: str = FIRST, **data: Any) -> Row:
    return kind, {"record": number, "kind": NOTICE, "person": "KO", **data}


def told(number: str = FIRST) -> Row:
    return fetched("ISA-R00000001", kind="result", answers=number, outcome="accepted", code="", field="")


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([decided(), told()], 0),
        ([decided("record_rejected"), told()], 0),
        ([told()], 1),
        ([decided()], 1),
        ([decided(), decided(), told()], 1),
        ([decided(), told(), told()], 1),
    ],
)
def test_a_record_lost_or_doubled_or_without_its_result_is_found(rows: list[Row], count: int) -> None:
    assert len(found("terminal_nothing_lost", record("record_submitted"), *rows)) == count


def test_records_in_another_order_or_rejected_are_found() -> None:
    rows = [decided(), decided(number=SECOND)]
    assert found("terminal_arrived", *rows, person="KO", kinds=[NOTICE, NOTICE]) == []
    assert len(found("terminal_arrived", *rows, person="KO", kinds=[NOTICE])) == 1
    assert found("terminal_cut_over", *rows, person="KO", kinds=[NOTICE, NOTICE]) == []
    refused = decided("record_rejected")
    assert len(found("terminal_cut_over", refused, person="KO", kinds=[NOTICE])) == 1


def test_days_and_times_of_the_exchange_are_those_of_the_headers() -> None:
    assert found("terminal_daily", sent(), days=["2026-06-03"]) == []
    assert len(found("terminal_daily", sent(), days=["2026-06-03", "2026-06-04"])) == 1
    assert found("terminal_times", sent(), day="2026-06-03", times=["18:00"]) == []
    assert len(found("terminal_times", sent(), day="2026-06-03", times=["09:00", "18:00"])) == 1


def test_a_record_that_stays_in_a_version_nobody_reads_is_found() -> None:
    rows = [sent(profile="renkei-open/1.1"), record(cause="stage#1")]
    assert found("terminal_versions", *rows, person="KO", versions=["renkei-open/1.1"]) == []
    wanted = ["renkei-open/1.1", "renkei-open/1"]
    assert len(found("terminal_versions", *rows, person="KO", versions=wanted)) == 1


def test_a_record_in_a_batch_of_another_business_is_found() -> None:
    assert found("terminal_business", record(), person="KO", kind=NOTICE, code="01") == []
    assert len(found("terminal_business", record(), person="KO", kind=NOTICE, code="02")) == 1


def test_items_that_appear_or_disappear_between_two_days_are_found() -> None:
    days = {"kind": NOTICE, "before": "2026-06-03", "after": "2026-06-04"}
    assert found("terminal_same_items", record(), record(hours=24), **days) == []
    assert len(found("terminal_same_items", record(), record(hours=24, items={"alias": "X"}), **days)) == 1
    assert len(found("terminal_same_items", **days)) == 1


# --- what comes down ------------------------------------------------------------------------------------
def test_a_file_refused_for_another_reason_or_taken_in_is_found() -> None:
    refused = came(spoilt="infected", refused="INFECTED")
    assert found("terminal_refused", refused, spoilt="infected", code="INFECTED") == []
    assert len(found("terminal_refused", refused, spoilt="infected", code="TRUNCATED")) == 1
    assert len(found("terminal_refused", came(spoilt="gap"), spoilt="gap", code="SEQUENCE_GAP")) == 1
    on_medium = came(spoilt="gap", manner="media", refused="SEQUENCE_GAP")
    assert found("terminal_medium", on_medium, spoilt="gap", code="SEQUENCE_GAP") == []
    assert len(found("terminal_medium", on_medium, spoilt="gap", code="")) == 1


def said(**items: str) -> Row:
    told = {"scope": "batch", "answers": "ISA-131041-01-00000001", "outcome": "accepted", **items}
    kind, data = record(items=told)
    return kind, data | {"kind": "result"}


@pytest.mark.parametrize(
    ("arrived", "answers", "count"),
    [
        (came(), [said()], 0),
        (came(), [], 1),
        (came(), [said(outcome="rejected", code="TRUNCATED")], 1),
        (came(refused="TRUNCATED"), [said(outcome="rejected", code="TRUNCATED")], 0),
        (came(refused="TRUNCATED"), [said()], 1),
        (came(spoilt="again"), [], 0),
        (came(peer="terminal-131059", refused="WRONG_SENDER"), [], 0),
        (came(hours=24), [], 0),
    ],
)
def test_a_file_that_is_not_answered_as_it_was_treated_is_found(
    arrived: Row, answers: list[Row], count: int
) -> None:
    assert len(found("terminal_answers", arrived, *answers, sent())) == count


def test_a_record_that_is_dropped_without_a_word_or_refused_with_the_others_is_found() -> None:
    spoilt: Row = ("record_spoilt", {"record": "ISA-00000001", "person": "KO"})
    refusal = said(scope="record", answers="ISA-00000001", outcome="rejected", code="UNKNOWN_VALUE")
    assert found("terminal_record_refused", spoilt, refusal, code="UNKNOWN_VALUE") == []
    assert len(found("terminal_record_refused", spoilt, code="UNKNOWN_VALUE")) == 1
    good = record("record_delivered", "ISA-00000002")
    good[1]["kind"] = "agency_notice"
    both = said(scope="record", answers="ISA-00000002", outcome="rejected", code="UNKNOWN_VALUE")
    assert len(found("terminal_record_refused", spoilt, refusal, good, both, code="UNKNOWN_VALUE")) == 1


def test_notices_that_are_missing_doubled_or_changed_are_found() -> None:
    assert found("terminal_fetched", fetched(), person="KO", reasons=["period_extended"]) == []
    assert len(found("terminal_fetched", fetched(), person="KO", reasons=[])) == 1
    assert found("terminal_fetched_once", fetched(), fetched("ISA-00000002")) == []
    assert len(found("terminal_fetched_once", fetched(), fetched())) == 1
    replaced: Row = ("sequences_asked", {"told": True})
    assert found("terminal_fetched_once", replaced, fetched(), fetched()) == []


def test_an_item_of_what_came_down_that_does_not_reach_the_register_is_found() -> None:
    down = record("record_delivered", "ISA-00000001", items={"reason": "period_extended", "status": "留学"})
    same = fetched(person_ref="KO", name="TEST KO", status="留学")
    assert found("terminal_handed_unchanged", down, same) == []
    (one,) = found("terminal_handed_unchanged", down, fetched(person_ref="KO", name="TEST KO"))
    assert (one.expected, one.received) == ("留学", "none")


@pytest.mark.parametrize(
    ("row", "count"),
    [
        (told(), 0),
        (told(SECOND), 1),
        (fetched("R1", kind="result", answers=FIRST, outcome="rejected", code="UNKNOWN_VALUE"), 1),
    ],
)
def test_a_result_that_does_not_come_or_is_another_is_found(row: Row, count: int) -> None:
    given = record("record_submitted")
    assert len(found("terminal_result", given, row, person="KO", kind=NOTICE, outcome="accepted")) == count


def test_a_result_that_an_operator_does_not_see_is_found() -> None:
    seen: Row = ("result_seen", {"look": 1, "record": FIRST, "outcome": "accepted", "code": ""})
    asked: dict[str, Any] = {"look": 1, "person": "KO", "kind": NOTICE}
    given = record("record_submitted")
    assert found("terminal_result_shown", given, seen, **asked, outcome="accepted") == []
    assert len(found("terminal_result_shown", given, seen, **asked, outcome="pending")) == 1
    assert len(found("terminal_result_shown", given, seen, **asked | {"look": 2}, outcome="accepted")) == 1


# --- media ----------------------------------------------------------------------------------------------
def outage(declared: bool) -> Row:
    return "outage_asked", {"declared": declared}


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([outage(True), sent(manner="media"), came(manner="media")], 0),
        ([sent(manner="media")], 1),
        ([came(manner="media")], 1),
        ([came(manner="media", refused="no_declared_outage")], 0),
        ([outage(True), outage(False), sent(manner="paper")], 1),
        ([sent(), came()], 0),
    ],
)
def test_media_while_no_outage_is_declared_are_found(rows: list[Row], count: int) -> None:
    assert len(found("terminal_only_in_outage", *rows)) == count


def test_a_messenger_who_is_given_files_or_sent_away_wrongly_is_found() -> None:
    away = done("hand_over", accepted=False, reason="no_declared_outage")
    assert found("terminal_by_hand", away, act=1, accepted=False, reason="no_declared_outage") == []
    assert len(found("terminal_by_hand", done("hand_over"), act=1, accepted=False, reason="no_session")) == 2


# --- peers ----------------------------------------------------------------------------------------------
def knocked(admitted: bool, peer: str = "x", service: str = "exchange", side: str = "network") -> Row:
    return "knocked", {"peer": peer, "service": service, "side": side, "admitted": admitted}


@pytest.mark.parametrize(
    ("row", "count"),
    [
        (knocked(False), 0),
        (knocked(True), 1),
        (came(peer="x", refused="WRONG_SENDER"), 0),
        (came(peer="x"), 1),
        (done("send", peer="x", accepted=False), 0),
        (done("send", peer="x"), 1),
        (done("send", peer=""), 0),
    ],
)
def test_whatever_passes_with_a_stranger_is_found(row: Row, count: int) -> None:
    assert len(found("terminal_listed", row, peer="x")) == count


def test_an_attempt_that_was_not_written_down_is_found() -> None:
    looked: Row = ("incidents_looked", {"look": 1, "incidents": 1})
    told = incident("peer_refused", "x")
    assert found("terminal_stranger_logged", looked, told, look=1, peer="x", count=1) == []
    assert len(found("terminal_stranger_logged", looked, told, look=1, peer="x", count=2)) == 1
    assert len(found("terminal_stranger_logged", looked, look=1, peer="x", count=1)) == 1
    assert len(found("terminal_stranger_logged", looked, told, look=1, peer="y", count=1)) == 1


@pytest.mark.parametrize(
    ("wrong", "value"),
    [
        ("opened", False),
        ("signer", "131059"),
        ("recipients", 2),
        ("cipher", "tripledes192"),
        ("fresh", False),
        ("readable_by", ["elsewhere"]),
        ("in_clear", ["TEST KO"]),
    ],
)
def test_a_file_that_others_can_read_or_that_nobody_signed_is_found(wrong: str, value: object) -> None:
    good = {
        "file": "131041-ISA-01-00000001.csv.p7m",
        "opened": True,
        "signer": "131041",
        "recipients": 1,
        "cipher": "aes256",
        "fresh": True,
        "readable_by": [],
        "in_clear": [],
    }
    assert found("terminal_sealed", ("sealed_seen", good)) == []
    assert len(found("terminal_sealed", ("sealed_seen", good | {wrong: value}))) == 1


def test_an_unsealed_file_that_is_taken_in_is_found() -> None:
    assert (
        found("terminal_opens", came(spoilt="a", refused="NOT_OPENED"), spoilt="a", code="NOT_OPENED") == []
    )
    assert len(found("terminal_opens", came(spoilt="a"), spoilt="a", code="NOT_OPENED")) == 1


def test_an_open_port_and_a_system_too_many_are_found() -> None:
    assert found("terminal_port", knocked(False), peer="x", service="exchange") == []
    assert len(found("terminal_port", knocked(True), peer="x", service="exchange")) == 1
    inside = {"peer": "x", "side": "inside"}
    assert found("terminal_system", knocked(True, side="inside"), **inside, admitted=True) == []
    assert len(found("terminal_system", knocked(True, side="inside"), **inside, admitted=False)) == 1
    assert len(found("terminal_system", knocked(False, side="inside"), **inside, admitted=True)) == 1


def test_an_infected_file_that_was_not_put_aside_or_went_on_is_found() -> None:
    infected = came(spoilt="infected", refused="INFECTED")
    aside = incident("batch_quarantined", "ISA-131041-01-00000001")
    assert found("terminal_quarantine", infected, aside, look=1) == []
    assert len(found("terminal_quarantine", infected, look=1)) == 1
    assert len(found("terminal_quarantine", came(spoilt="infected"), aside, look=1)) == 1
    handed = fetched(batch="ISA-131041-01-00000001")
    assert len(found("terminal_quarantine", infected, aside, handed, look=1)) == 1
    assert found("terminal_quarantine", infected, aside, came(), handed, look=1) == []


@pytest.mark.parametrize(
    ("asked", "ended", "count"),
    [
        ([(True, True), (True, False)], 1, 0),
        ([(True, True)], 1, 1),
        ([(True, True), (True, False)], 0, 1),
        ([(False, True), (True, False)], 1, 1),
    ],
)
def test_a_session_that_stays_open_or_is_asked_for_wrongly_is_found(
    asked: list[tuple[bool, bool]], ended: int, count: int
) -> None:
    rows: list[Row] = [("session_asked", {"right": one, "admitted": let_in}) for one, let_in in asked]
    rows += [("session_ended", {})] * ended
    assert len(found("terminal_connects", *rows, admitted=1, refused=1)) == count


# --- the console ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("check", ["terminal_identified", "terminal_logged_off"])
def test_a_job_without_a_session_is_found(check: str) -> None:
    assert found(check, done(accepted=False, reason="no_session"), act=1) == []
    assert len(found(check, done(), act=1)) == 2


@pytest.mark.parametrize("check", ["terminal_admitted", "terminal_rights", "terminal_instructed"])
def test_whatever_is_allowed_or_refused_wrongly_is_found(check: str) -> None:
    refused = done("log_on", accepted=False, reason="not_admitted")
    assert found(check, refused, act=1, accepted=False, reason="not_admitted") == []
    assert len(found(check, refused, act=1, accepted=False, reason="training_overdue")) == 1
    assert len(found(check, refused, act=1, accepted=True)) == 2


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([entry(1, "log_on"), entry(2, "log_off")], 0),
        ([entry(1, "log_on")], 0),
        ([entry(1, "log_on"), entry(2, "log_on", session=2)], 1),
        ([entry(1, "log_off")], 1),
        ([entry(1, "log_on"), entry(2, "log_off"), entry(3, "log_off")], 1),
        ([entry(1, "log_on"), entry(2, "log_on", look=2), entry(3, "log_off", look=2)], 0),
    ],
)
def test_a_session_without_an_end_is_found_unless_it_is_the_last(rows: list[Row], count: int) -> None:
    assert len(found("terminal_paired", *rows)) == count


def test_who_is_logged_on_and_what_the_screen_says_is_compared() -> None:
    screen: Row = ("status_seen", {"look": 1, "operator": "ito", "counterpart": "法務大臣"})
    assert found("terminal_idle", screen, look=1, operator="ito") == []
    assert len(found("terminal_idle", screen, look=1, operator="")) == 1
    assert found("terminal_counterpart", screen, look=1, name="法務大臣") == []
    assert len(found("terminal_counterpart", screen, look=1, name="出入国在留管理庁長官")) == 1


def test_a_finding_that_was_not_made_is_found() -> None:
    looked: Row = ("incidents_looked", {"look": 1, "incidents": 0})
    asked: dict[str, Any] = {"look": 1, "kind": "training_overdue", "subject": "ito"}
    assert found("terminal_finding", looked, **asked, count=0) == []
    assert len(found("terminal_finding", looked, **asked, count=1)) == 1


def test_a_machine_that_does_not_ask_or_goes_on_wrongly_is_found() -> None:
    asked: Row = ("sequences_asked", {"told": True})
    assert found("terminal_resumes", sent(1), asked, sent(2), business="01", sequence=2) == []
    assert len(found("terminal_resumes", sent(1), asked, sent(1), business="01", sequence=2)) == 1
    (one,) = found("terminal_resumes", sent(1), sent(2), business="01", sequence=2)
    assert one.received == "it never asked"


# --- the log --------------------------------------------------------------------------------------------
LOOKED: Row = ("audit_looked", {"look": 1, "terminal": "terminal-131041", "serial": "T1", "entries": 2})


def chain(*whats: str) -> list[dict[str, Any]]:
    """Entries that follow on one another, by the published rule."""
    before = origin("terminal-131041", "T1")
    entries = []
    for n, what in enumerate(whats, start=1):
        told = entry(n, what)[1]
        before = told["hash"] = chained(before, told)
        entries.append(told)
    return entries


def test_the_rule_of_the_chain_is_the_one_of_the_terminal_itself() -> None:
    from sim.nodes.terminal import audit

    assert origin("terminal-131041", "T1") == audit.origin("terminal-131041", "T1")
    ours = chained("0" * 64, entry(3, "view", subject="証跡")[1])
    assert ours == audit.hash_of("0" * 64, 3, NOON, "view", "ito", 1, "証跡")


@pytest.mark.parametrize(
    ("spoil", "count"),
    [
        (lambda entries: entries, 0),
        (lambda entries: entries[1:], 1),
        (lambda entries: [entries[0], entries[2]], 1),
        (lambda entries: [entries[1], entries[0], entries[2]], 1),
        (lambda entries: [entries[0] | {"operator": "ono"}, *entries[1:]], 1),
        (lambda entries: [*entries, entries[2]], 1),
        (lambda entries: [one | {"hash": ""} for one in entries], 0),
    ],
)
def test_whatever_is_done_to_a_log_breaks_its_chain(spoil: Any, count: int) -> None:
    rows: list[Row] = [("audit_seen", one) for one in spoil(chain("log_on", "view", "log_off"))]
    assert len(found("terminal_chain", LOOKED, *rows)) == count


def test_a_log_of_another_machine_is_found() -> None:
    screen: Row = ("status_seen", {"look": 2, "terminal": "terminal-131041"})
    assert found("terminal_own_log", screen, LOOKED, look=1, serial="T1") == []
    assert len(found("terminal_own_log", screen, LOOKED, look=1, serial="T2")) == 1
    assert len(found("terminal_own_log", LOOKED, look=1, serial="T1")) == 1


def test_entries_that_are_missing_or_too_many_are_found() -> None:
    rows = [LOOKED, entry(1, "log_on_failed", operator="", session=0), entry(2, "view", subject="queue")]
    viewed: dict[str, Any] = {"look": 1, "what": "view", "subject": "queue"}
    assert found("terminal_logged", *rows, **viewed, count=1, operator="ito") == []
    assert len(found("terminal_logged", *rows, **viewed, count=1, operator="ono")) == 1
    assert len(found("terminal_logged", *rows, **viewed, count=2)) == 1
    assert found("terminal_failures_logged", *rows, look=1, failed=1, locked=0) == []
    assert len(found("terminal_failures_logged", *rows, look=1, failed=1, locked=1)) == 1


@pytest.mark.parametrize(
    ("times", "count"),
    [([0, 0], 0), ([0, 1], 0), ([1, 0], 1), ([-1, 0], 1), ([0, 10**12], 1), ([0, None], 1)],
)
def test_a_log_whose_times_cannot_be_right_is_found(times: list[int | None], count: int) -> None:
    begun: Row = ("case_begun", {"tag": "T", "title": ""})
    rows = [
        entry(n, "view", at=None if time is None else NOON + 1 + time)
        for n, time in enumerate(times, start=1)
    ]
    settable: Row = ("capabilities_told", {"capabilities": ["clock.settable"]})
    assert len(found("terminal_log_in_time", begun, settable, *rows)) == count


def test_a_clock_of_its_own_may_run_ahead_of_ours_but_never_backwards() -> None:
    begun: Row = ("case_begun", {"tag": "T", "title": ""})
    ahead = [entry(1, "view", at=NOON + 10**12), entry(2, "view", at=NOON + 10**12)]
    assert found("terminal_log_in_time", begun, *ahead) == []
    assert len(found("terminal_log_in_time", begun, *ahead, entry(3, "view", at=NOON + 1))) == 1


def test_a_log_that_names_a_person_is_found() -> None:
    given = record("record_submitted")
    assert found("terminal_discreet", given, entry(1, "send", subject="131041-ISA-01-00000001")) == []
    assert len(found("terminal_discreet", given, entry(1, "send", subject="TEST KO"))) == 1
    on_medium: Row = ("export_line", {"act": 1, "row": 1, "fields": {"subject": "TEST KO"}})
    assert len(found("terminal_discreet", given, on_medium)) == 1


def exported(kept: list[dict[str, Any]], **last: Any) -> list[Row]:
    """What lies on a medium after entries were exported."""
    names = ("n", "at", "what", "operator", "session", "subject", "hash")
    fields: list[dict[str, Any]] = [
        {"form": "renkei-audit/1", "terminal": "terminal-131041", "serial": "T1"},
        *({name: one[name] for name in names} for one in kept),
        {"entries": len(kept), "head": kept[-1]["hash"], **last},
    ]
    lines: list[Row] = [
        ("export_line", {"act": 1, "row": row, "fields": one}) for row, one in enumerate(fields)
    ]
    seen: Row = ("export_seen", {"act": 1, "medium": "M1", "told": "d", "found": "d", "ends": True})
    return [done("export_log", medium="M1"), seen, *lines]


def test_a_medium_that_holds_the_log_verifies_without_the_terminal() -> None:
    entries = chain("log_on", "view")
    log: list[Row] = [("audit_seen", one) for one in (*entries, entry(3, "export", subject="M1")[1])]
    asked: dict[str, Any] = {"act": 1, "look": 1, "medium": "M1"}
    assert found("terminal_export", *exported(entries), *log, **asked) == []
    for spoilt in (
        exported(entries[:1], entries=2),
        exported(entries[:1]),
        exported(entries, head="x"),
        exported([entries[0] | {"what": "send"}, entries[1]]),
        exported(entries)[:2],
    ):
        assert len(found("terminal_export", *spoilt, *log, **asked)) == 1
    unlogged = found("terminal_export", *exported(entries), *log[:2], **asked)
    assert [one.expected for one in unlogged] == ["export M1: 1"]


def test_a_medium_that_was_written_over_is_found() -> None:
    refused = done("export_log", accepted=False, reason="medium_used")
    assert found("terminal_medium_once", refused, act=1, reason="medium_used") == []
    assert len(found("terminal_medium_once", done("export_log"), act=1, reason="medium_used")) == 2
