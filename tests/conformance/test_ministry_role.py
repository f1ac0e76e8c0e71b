"""The role ministry-server: what the reference does when something is odd, and what its checks see."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from conformance.checks import BY_ROLE
from conformance.evidence import Case
from conformance.kits import kit_of
from conformance.protocol import ministry as wire
from conformance.protocol.base import Clock, ClockAnswer, Done, File, Hello
from conformance.protocol.conversation import Conversation
from conformance.reference.candidates import candidates_of
from conformance.reference.versions import profiles_of
from conformance.scenes.ministry_batches import FILE_FAULTS, RECORD_FAULTS, XML_FAULTS, made, notice
from conformance.scenes.ministry_keys import keys_of
from conformance.stage import Stage
from features.steps.register_people import PEOPLE
from sim.base import journal
from sim.base.errors import Breach, HarnessError, UsageError
from sim.base.instant import JAPAN, Instant, instant
from sim.base.journal import Line
from sim.exchange.batch import UP, Header, decode
from sim.exchange.profile import open_profile

ROLE = "ministry-server"
MORNING = datetime(2026, 6, 3, 10, tzinfo=JAPAN)
TEN = instant(date(2026, 6, 3), 10)
SHINJUKU, YOKOHAMA = "131041", "141003"


def conversation() -> Conversation:
    kit = kit_of(ROLE)
    begun = Conversation(kit.reference(None), kit.role)
    begun.hello(Hello(role=ROLE))
    return begun


@pytest.fixture
def server() -> Conversation:
    begun = conversation()
    begun.ask(wire.Reset(case="T", at=MORNING), Done)
    return begun


@pytest.fixture
def stage() -> Stage:
    kit = kit_of(ROLE)
    return Stage("T-1", lambda stage: kit.scene(stage, conversation()), tag="T", title="題")


def a_notice(number: str = "131041-00000001", who: str = "甲") -> Any:
    day = date(2026, 6, 3)
    return notice(number, PEOPLE[who], "made", "moving_in", day, day)


def header(sequence: int, count: int, business: str = "01") -> Header:
    return Header("renkei-open/1", SHINJUKU, "ISA", business, UP, sequence, TEN, count)


# --- the reference --------------------------------------------------------------------------------------
def test_nothing_can_be_asked_before_the_reset() -> None:
    with pytest.raises(Breach, match="reset"):
        conversation().ask(wire.Collect(municipality=SHINJUKU), wire.CollectAnswer)


def test_a_version_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UsageError, match=r"renkei-open/9"):
        profiles_of(["renkei-open/1", "renkei-open/9"])
    with pytest.raises(UsageError, match="none"):
        profiles_of([])
    assert [one.name for one in profiles_of(["renkei-open/1", "renkei-open/1.1"])] == [
        "renkei-open/1",
        "renkei-open/1.1",
    ]


def test_usage_of_a_municipality_that_is_not_listed_is_not_made_up(server: Conversation) -> None:
    with pytest.raises(Breach, match="no such municipality"):
        server.ask(wire.Usage(municipality="132098"), wire.UsageAnswer)


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ({"no_such_item": "X"}, "no such item"),
        ({"case": "X"}, "no such item"),
        ({"decided_date": "2026-06-03"}, "no such item"),
        ({"period_until": "2026-02-30"}, "no day"),
        ({"birth_date": "yesterday"}, "no day"),
    ],
)
def test_a_decision_with_an_item_that_there_is_not_is_an_error_and_no_crash(
    server: Conversation, items: dict[str, str], why: str
) -> None:
    with pytest.raises(Breach, match=why):
        server.ask(wire.Decide(person="KO", reason="name_changed", items=items), wire.DecideAnswer)
    told = server.ask(wire.Collect(municipality=SHINJUKU), wire.CollectAnswer)
    assert told.files == ()


def test_what_comes_down_is_told_once(server: Conversation) -> None:
    file = File.of("131041-ISA-01-00000001.csv", made(header(1, 0), (), open_profile()))
    told = server.ask(wire.Deliver(municipality=SHINJUKU, files=(file,)), wire.DeliverAnswer)
    assert told.refused == {}
    first = server.ask(wire.Collect(municipality=SHINJUKU), wire.CollectAnswer)
    assert [(one.name, one.manner) for one in first.files] == [("ISA-131041-01-00000001.csv", "line")]
    assert server.ask(wire.Collect(municipality=SHINJUKU), wire.CollectAnswer).files == ()


def test_a_stranger_is_turned_away_with_a_reason(server: Conversation) -> None:
    file = File.of("132098-ISA-01-00000001.csv", made(header(1, 0), (), open_profile()))
    told = server.ask(wire.Deliver(municipality="132098", files=(file,)), wire.DeliverAnswer)
    assert told.refused == {file.name: "not_listed"}
    assert server.ask(wire.Collect(municipality="132098"), wire.CollectAnswer).files == ()


def test_a_messenger_brings_files_hours_later_and_only_in_an_outage(server: Conversation) -> None:
    hand_over = wire.HandOver(municipality=SHINJUKU)
    assert server.ask(hand_over, wire.ToldAnswer).reason == "nothing_waits"
    holder = wire.HolderData(person="KO", card_number="AB12345678CD", municipality=SHINJUKU)
    server.ask(wire.Seed(holders=(holder,)), Done)
    server.ask(
        wire.Decide(person="KO", reason="revoked", items={"card_number_before": "AB12345678CD"}),
        wire.DecideAnswer,
    )
    assert server.ask(hand_over, wire.ToldAnswer).reason == "no_declared_outage"
    server.ask(wire.Outage(municipality=SHINJUKU, declared=True), wire.ToldAnswer)
    assert server.ask(hand_over, wire.ToldAnswer).accepted
    assert server.ask(wire.Collect(municipality=SHINJUKU), wire.CollectAnswer).files == ()
    evening = MORNING.replace(hour=14)
    assert server.ask(Clock(until=evening), ClockAnswer).at == evening
    come = server.ask(wire.Collect(municipality=SHINJUKU), wire.CollectAnswer).files
    assert [one.manner for one in come] == ["media"]


def test_candidates_are_told_as_they_stand_now() -> None:
    def line(n: int, kind: str, **data: Any) -> Line:
        told = {"ground": "not_notified", "start": "2026-06-03", "last_day": "2026-09-01"} | data
        return Line(journal.VERSION, "ministry", n, Instant(n), kind, "", "", "KO", told)

    found = line(1, "candidate_found")
    day = date(2026, 9, 2)
    assert [one.state for one in candidates_of([found], {}, day)] == ["candidate"]
    assert [one.state for one in candidates_of([found], {"KO": "in_hospital"}, day)] == ["excuse_to_assess"]
    late = line(2, "candidate_withdrawn", why="filed_late", filed_date="2026-09-02")
    (told,) = candidates_of([found, late], {}, day)
    assert (told.state, told.filed_date) == ("notified_late", day)
    (told,) = candidates_of(
        [found, line(2, "candidate_withdrawn", why="leaving_cancelled", filed_date=None)], {}, day
    )
    assert (told.state, told.filed_date) == ("withdrawn", None)


# --- files with one fault -------------------------------------------------------------------------------
@pytest.mark.parametrize("fault", [*FILE_FAULTS, *XML_FAULTS])
def test_each_fault_of_a_file_makes_it_unreadable_or_for_somebody_else(fault: str) -> None:
    good = made(header(1, 1), (a_notice(),), open_profile())
    bad = made(header(1, 1), (a_notice(),), open_profile(), fault=fault)
    assert bad != good
    read = decode(bad, open_profile())
    assert read.batch is None or fault in ("wrong_recipient", "wrong_direction")


@pytest.mark.parametrize(
    "fault", [name for name in RECORD_FAULTS if name not in ("no_residence", "no_article")]
)
def test_each_fault_of_a_record_leaves_the_other_records_whole(fault: str) -> None:
    records = (a_notice(), a_notice("131041-00000002", "丙"))
    content = made(header(1, 2), records, open_profile(), spoilt={"131041-00000001": fault})
    read = decode(content, open_profile())
    assert read.batch is not None
    assert read.rows[1].record == records[1]
    # Days are the recipient's to judge; everything else can be seen in the file.
    of_days = fault in ("before_system", "in_future", "filed_in_future")
    assert (read.rows[0].record is not None) == of_days


def test_a_fault_that_there_is_not_is_our_own_error() -> None:
    with pytest.raises(HarnessError, match="no such fault of a file"):
        made(header(1, 1), (a_notice(),), open_profile(), fault="gremlins")
    with pytest.raises(HarnessError, match="no such fault of a record"):
        made(header(1, 1), (a_notice(),), open_profile(), spoilt={"131041-00000001": "gremlins"})


# --- the scene ------------------------------------------------------------------------------------------
def test_a_refused_number_is_used_again_and_a_spent_one_is_not(stage: Stage) -> None:
    stage.at(TEN)
    scene = stage.scene
    scene.send(SHINJUKU, "01", (a_notice(),), fault="truncated")
    assert scene.city(SHINJUKU).numbers["01"] == 1
    scene.send(SHINJUKU, "01", (a_notice(),))
    assert scene.city(SHINJUKU).last.name == "131041-ISA-01-00000001.2.csv"
    scene.send(SHINJUKU, "01", (a_notice("131041-00000009"),), number=1)
    assert scene.city(SHINJUKU).numbers["01"] == 2


def test_a_notice_is_answered_with_the_next_exchange_and_once(stage: Stage) -> None:
    stage.at(TEN)
    stage.scene.hold(SHINJUKU, ("KO", "AB12345678CD"))
    stage.scene.decide("KO", "revoked", {"card_number_before": "AB12345678CD"})
    for _ in range(3):
        stage.scene.exchange(SHINJUKU)
    lines = stage.end()
    (told,) = [line for line in lines if line.kind == "record_sent" and line.data["kind"] == "agency_notice"]
    answers = [
        line
        for line in lines
        if line.kind == "record_delivered" and line.data.get("answers") == told.data["record_id"]
    ]
    assert [line.data["outcome"] for line in answers] == ["accepted"]


def test_no_key_and_no_sealed_byte_comes_into_the_journal(stage: Stage) -> None:
    stage.scene.listed[YOKOHAMA] = ""
    stage.scene.sealed = True
    stage.at(TEN)
    stage.scene.exchange(SHINJUKU)
    lines = stage.end()
    assert "PRIVATE KEY" not in str(lines)
    (seen,) = [line for line in lines if line.kind == "sealed_seen"]
    assert (seen.data["opened"], seen.data["signer"], seen.data["readable_by"]) == (True, "ISA", [])


def test_an_envelope_for_somebody_else_is_told_from_one_that_opens() -> None:
    keys = keys_of((SHINJUKU, YOKOHAMA))
    sealed = keys.sealed(SHINJUKU, b"content", "not_for_us")
    plain, _, others = keys.opened(SHINJUKU, File.of("X.csv.p7m", sealed), TEN)
    assert (plain, others) == (None, [YOKOHAMA])
    plain, signer, others = keys.opened(YOKOHAMA, File.of("X.csv.p7m", sealed), TEN)
    assert plain is not None
    assert (plain.name, plain.content, signer, others) == ("X.csv", b"content", SHINJUKU, [])


class Garbled:
    """A server whose files come down otherwise than they were written."""

    def __init__(self, change: Callable[[bytes], bytes]) -> None:
        self._inner = kit_of(ROLE).reference(None)
        self._change = change

    def talk(self, line: bytes) -> bytes:
        told = json.loads(self._inner.talk(line))
        for file in told.get("body", {}).get("files", ()):
            file["content"] = b64encode(self._change(b64decode(file["content"]))).decode()
        return json.dumps(told).encode()

    def close(self) -> None:
        self._inner.close()


@pytest.mark.parametrize(
    "change",
    [
        lambda content: b"",
        lambda content: b"\x00\xff" * 40,
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b"131041", b"999999"),
        lambda content: content.replace(b"accepted", b"perhaps"),
        lambda content: b"<batch>" * 2000,
    ],
)
def test_whatever_comes_down_the_scene_goes_on_and_says_what_is_wrong(
    change: Callable[[bytes], bytes],
) -> None:
    begun = Conversation(Garbled(change), kit_of(ROLE).role)
    begun.hello(Hello(role=ROLE))
    stage = Stage("T-1", lambda stage: kit_of(ROLE).scene(stage, begun), tag="T", title="題")
    stage.at(TEN)
    stage.scene.send(SHINJUKU, "01", (a_notice(),))
    stage.scene.exchange(SHINJUKU)
    lines = stage.end()
    check = BY_ROLE[ROLE]["server_file_good"]
    assert list(check(Case(lines, check.reads))) != []


# --- the checks -----------------------------------------------------------------------------------------
def findings(name: str, *rows: tuple[str, dict[str, Any]], **params: Any) -> list[str]:
    """What the check has to say of a small journal, as `expected / received`."""
    lines = [
        Line(journal.VERSION, "stage", n, Instant(n), kind, "", "T", str(data.get("person_ref", "")), data)
        for n, (kind, data) in enumerate(rows, start=1)
    ]
    check = BY_ROLE[ROLE][name]
    found = list(check(Case(lines, check.reads), **params))
    ids = {line.id for line in lines}
    assert all(ids.issuperset(one.evidence) for one in found)
    return [f"{one.expected} / {one.received}" for one in found]


def given(n: int, batch: str = "B1", **more: Any) -> tuple[str, dict[str, Any]]:
    data = {
        "delivery": n,
        "municipality": SHINJUKU,
        "batch": batch,
        "stem": batch,
        "again": False,
        "refused": "",
    }
    return "batch_delivered", data | more


def record(n: int, number: str, batch: str = "B1", **more: Any) -> tuple[str, dict[str, Any]]:
    data = {"delivery": n, "municipality": SHINJUKU, "batch": batch, "record_id": number, "spoilt": ""}
    return "record_delivered", data | {"kind": "municipality_notice"} | more


def result(
    answers: str, outcome: str = "accepted", scope: str = "batch", **more: Any
) -> tuple[str, dict[str, Any]]:
    data = {
        "kind": "result",
        "municipality": SHINJUKU,
        "answers": answers,
        "outcome": outcome,
        "scope": scope,
    }
    return "record_sent", data | {"again": False} | more


def told(reason: str, number: str, city: str = SHINJUKU, **more: Any) -> tuple[str, dict[str, Any]]:
    data = {
        "kind": "agency_notice",
        "municipality": city,
        "person_ref": "KO",
        "reason": reason,
        "record_id": number,
    }
    return "record_sent", data | {"again": False, "effect": "correct"} | more


def test_a_file_s_answer_is_the_one_that_came_before_it_was_given_again() -> None:
    rows = (given(1), result("B1", "rejected", code="TRUNCATED"), given(2), result("B1"))
    assert findings("server_batch_result", *rows, delivery=1, outcome="rejected", codes=["TRUNCATED"]) == []
    assert findings("server_batch_result", *rows, delivery=2, outcome="accepted", codes=[]) == []
    assert findings("server_batch_result", *rows, delivery=2, outcome="rejected", codes=["NUL"]) == [
        "rejected NUL / accepted"
    ]
    assert findings("server_batch_result", *rows, delivery=3, outcome="accepted", codes=[]) == [
        "accepted / none"
    ]


def test_an_answer_that_is_missing_or_doubled_is_found() -> None:
    good = (given(1), record(1, "R1"), result("B1"), result("R1", scope="record"))
    assert findings("server_all_answered", *good) == []
    assert findings("server_all_answered", *good[:-1]) == ["R1: 1 / 0"]
    assert findings("server_all_answered", *good, good[-1]) == ["R1: 1 / 2"]
    refused = (given(1), record(1, "R1"), result("B1", "rejected"), result("R1", scope="record"))
    assert findings("server_all_answered", *refused) == ["R1: 0 / 1"]
    assert findings("server_files_answered", given(1)) == ["a result on B1 / none"]
    assert findings("server_files_answered", given(1, refused="not_listed")) == []


def test_a_notice_in_two_municipalities_or_twice_under_two_numbers_is_found() -> None:
    want = {"person": "KO", "reason": "revoked", "municipality": SHINJUKU, "items": {"effect": "remove"}}
    once = told("revoked", "N1", effect="remove")
    assert findings("server_notice", once, **want) == []
    again = told("revoked", "N1", effect="remove", again=True)
    assert findings("server_notice", once, again, **want) == []
    assert findings("server_notice", once, told("revoked", "N2", effect="remove"), **want) == [
        f"{SHINJUKU} / {SHINJUKU}, {SHINJUKU}"
    ]
    assert findings("server_notice", told("revoked", "N1", YOKOHAMA), **want) == [f"{SHINJUKU} / {YOKOHAMA}"]
    assert findings("server_notice", told("revoked", "N1"), **want) == ["remove / correct"]
    assert findings("server_notice", **want) == [f"{SHINJUKU} / none"]


def test_a_file_that_goes_on_coming_after_its_answer_is_found() -> None:
    file = ("batch_sent", {"municipality": SHINJUKU, "batch": "D1", "digest": "d"})
    answer = record(1, "R1", answers="D1", scope="batch", outcome="accepted", kind="result")
    assert findings("server_again", file, file, answer, municipality=SHINJUKU, times=2) == []
    assert len(findings("server_again", file, answer, municipality=SHINJUKU, times=2)) == 1
    assert len(findings("server_again", file, file, answer, file, municipality=SHINJUKU, times=2)) == 1
    other = ("batch_sent", file[1] | {"digest": "e"})
    assert len(findings("server_again", file, other, answer, municipality=SHINJUKU, times=2)) == 1
    assert len(findings("server_again", municipality=SHINJUKU, times=1)) == 1


def test_numbers_that_are_skipped_or_doubled_are_found_and_editions_are_none() -> None:
    def file(number: int, stem: str = "") -> tuple[str, dict[str, Any]]:
        head = {"business": "01", "sequence": number}
        return "batch_sent", {"municipality": SHINJUKU, "again": False, "stem": stem, "header": head}

    assert findings("server_numbers", file(1), file(2), file(2, "D2.2"), file(3)) == []
    assert findings("server_numbers", file(1), file(3)) == [f"{SHINJUKU} 01: 2 / 3"]
    assert findings("server_numbers", file(1), file(1)) == [f"{SHINJUKU} 01: 2 / 1"]
    assert findings("server_numbers", ("batch_sent", {"municipality": SHINJUKU, "again": False})) != []


def test_a_reason_that_repeats_a_name_is_found() -> None:
    sent = record(1, "R1", name="TEST KO")
    bad = result("R1", "rejected", "record", reason="3:sex UNKNOWN_VALUE: TEST KO")
    good = result("R1", "rejected", "record", reason="3:sex UNKNOWN_VALUE: one of F, M, X")
    assert len(findings("server_reason_clean", sent, bad)) == 1
    assert findings("server_reason_clean", sent, good) == []
    assert len(findings("server_reason_told", result("R1", "rejected", "record", reason=""))) == 1


def test_whoever_is_silent_is_seen_and_nobody_else() -> None:
    seen = ("fault_seen", {"look": 1, "municipality": YOKOHAMA, "fault": "no_exchange", "place": "t"})
    asked: tuple[str, dict[str, Any]] = ("faults_answered", {})
    assert findings("server_silence", asked, seen, look=1, silent=[YOKOHAMA]) == []
    assert findings("server_silence", asked, seen, look=1, silent=[]) == [f"none / {YOKOHAMA}"]
    assert findings("server_silence", asked, look=1, silent=[YOKOHAMA]) == [f"{YOKOHAMA} / none"]


@pytest.mark.parametrize(
    ("outage", "taken", "come", "wrong"),
    [
        (False, False, False, 0),
        (False, True, False, 1),
        (False, False, True, 1),
        (True, True, True, 0),
        (True, False, True, 1),
        (True, True, False, 1),
    ],
)
def test_media_pass_in_an_outage_and_at_no_other_time(
    outage: bool, taken: bool, come: bool, wrong: int
) -> None:
    rows = [given(1, manner="media", refused="" if taken else "no_declared_outage")]
    rows.append(("asked_for", {"op": "hand_over", "municipality": SHINJUKU, "accepted": come}))
    if come:
        rows.append(("batch_sent", {"municipality": SHINJUKU, "manner": "media"}))
    assert len(findings("server_by_hand", *rows, municipality=SHINJUKU, outage=outage)) == wrong


def test_each_check_has_a_mutant_and_no_two_mutants_share_a_name() -> None:
    mutants = kit_of(ROLE).mutants
    assert {one.catches for one in mutants} == set(BY_ROLE[ROLE])
    assert len({one.id for one in mutants}) == len(mutants)
