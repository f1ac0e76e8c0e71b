"""The role `exchange-terminal`: the reference at its interface, and what the harness plays around it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from conformance.checks import BY_ROLE
from conformance.kits import kit_of
from conformance.protocol import terminal as wire
from conformance.protocol.base import Clock, ClockAnswer, Done, File, Hello, Request
from conformance.protocol.conversation import Conversation
from conformance.protocol.municipal import Collect, CollectAnswer, DeliverAnswer
from conformance.protocol.roles import TERMINAL
from conformance.reference.terminal import ReferenceTerminal
from conformance.runner import Run, run
from conformance.scenes.terminal import Bureau
from conformance.scenes.terminal_files import HOSTILE, as_xml, good, hostile, with_bad_record
from conformance.scenes.terminal_keys import keys_of
from conformance.scenes.terminal_sight import Sight
from conformance.stage import Stage
from conformance.terminal_items import items_of, kind_and_items, record_of
from conformance.verdicts import Verdict
from sim.base.errors import Breach, HarnessError, UsageError
from sim.base.instant import JAPAN, instant
from sim.exchange.batch import decode
from sim.exchange.birth import PartialDate
from sim.exchange.envelope import seal
from sim.exchange.profile import open_profile, open_profiles
from tests.exchange.samples import agency_notice, issuance, notice, result, transmission

MORNING = datetime(2026, 6, 3, 10, 0, tzinfo=JAPAN)
AT = instant(date(2026, 6, 3), 10)
PROFILE = open_profile()
ITO = wire.OperatorData(id="ito", pin="2468", trained=date(2026, 4, 1))


@pytest.fixture(scope="module")
def reference() -> Run:
    return run("exchange-terminal")


def talking(**settings: Any) -> Conversation:
    """A conversation with the reference, reset with these settings."""
    conversation = Conversation(ReferenceTerminal(), TERMINAL)
    conversation.hello(Hello(role=TERMINAL.id))
    conversation.ask(wire.Reset(case="T-1", at=MORNING, **settings), Done)
    return conversation


def stage_with(**settings: Any) -> tuple[Stage, Bureau]:
    """A stage with the reference on it, not begun yet."""
    conversation = Conversation(ReferenceTerminal(), TERMINAL)
    conversation.hello(Hello(role=TERMINAL.id))
    stage = Stage("T-1", lambda stage: Bureau(stage, conversation))
    bureau: Bureau = stage.scene
    bureau.settings |= settings
    return stage, bureau


def kinds(stage: Stage, kind: str) -> list[dict[str, Any]]:
    return [line.data for line in stage.end() if line.kind == kind]


# --- the whole role -------------------------------------------------------------------------------------
def test_the_reference_passes_every_case_and_none_does_not_apply(reference: Run) -> None:
    assert {
        case.case: case.verdict for case in reference.verdicts.cases if case.verdict != Verdict.PASS
    } == {}
    assert len(reference.journals) == len(reference.cases)


def test_every_check_is_exercised_and_has_a_mutant_made_for_it(reference: Run) -> None:
    seen = {
        one.check
        for case in reference.verdicts.cases
        for one in case.checks
        if one.verdict is not Verdict.NOT_APPLICABLE
    }
    assert set(BY_ROLE["exchange-terminal"]) - seen == set()
    assert set(BY_ROLE["exchange-terminal"]) - {one.catches for one in kit_of(TERMINAL.id).mutants} == set()


def test_no_journal_holds_a_key_a_pin_or_the_bytes_of_a_file(reference: Run) -> None:
    for lines in reference.journals.values():
        text = json.dumps([line.data for line in lines], ensure_ascii=False)
        assert "PRIVATE KEY" not in text and '"pin": "2468"' not in text and '"content"' not in text


def test_the_safeguards_of_the_seed_are_each_looked_at_by_a_check() -> None:
    rows = {row for check in BY_ROLE["exchange-terminal"].values() for row in check.requirements}
    assert {f"S3-{n:03d}" for n in range(26, 35)} <= rows
    assert {"X-02", "X-04", "X-05", "X-16"} <= rows


# --- the reference at its interface ---------------------------------------------------------------------
@pytest.mark.parametrize(
    ("request_", "answer", "what"),
    [
        (wire.Submit(records=(wire.RecordData(kind="letter", items={}),)), Done, "no such kind"),
        (
            wire.Submit(records=(wire.RecordData(kind="result", items={"colour": "red"}),)),
            Done,
            "no such item",
        ),
        (
            wire.Submit(records=(wire.RecordData(kind="result", items={"record_id": "1"}),)),
            Done,
            "no items of a record",
        ),
        (wire.Reset(case="T-2", at=MORNING, versions=("renkei-open/9",)), Done, "no such version"),
        (wire.Reset(case="T-2", at=MORNING, versions=()), Done, "no such version"),
    ],
)
def test_what_nobody_can_mean_is_a_fault_with_its_reason(
    request_: Request, answer: type[Done], what: str
) -> None:
    with pytest.raises(Breach, match="fault") as caught:
        talking().ask(request_, answer)
    assert what in str(caught.value)


def test_nothing_is_done_before_the_first_reset() -> None:
    conversation = Conversation(ReferenceTerminal(), TERMINAL)
    conversation.hello(Hello(role=TERMINAL.id))
    with pytest.raises(Breach, match="never reset"):
        conversation.ask(Collect(), CollectAnswer)


def test_a_reset_forgets_everything() -> None:
    conversation = talking(operators=(ITO,))
    kind, items = kind_and_items(notice())
    conversation.ask(wire.Submit(records=(wire.RecordData(kind=kind, items=items),)), Done)
    conversation.ask(wire.LogOn(operator="ito", pin="0000"), wire.ConsoleAnswer)
    conversation.ask(wire.Reset(case="T-2", at=MORNING), Done)
    assert conversation.ask(wire.Results(), wire.ResultsAnswer).results == ()
    assert conversation.ask(wire.AuditLog(), wire.AuditLogAnswer).entries == ()
    conversation.ask(Clock(until=MORNING.replace(hour=19)), ClockAnswer)
    files = conversation.ask(Collect(), CollectAnswer).files
    assert [file.name for file in files] == ["131041-ISA-01-00000001.csv"]


def test_an_unknown_id_a_wrong_pin_and_a_locked_operator_get_the_same_answer() -> None:
    conversation = talking(operators=(ITO,), attempts=1)
    told = [
        conversation.ask(wire.LogOn(operator=id, pin=pin), wire.ConsoleAnswer)
        for id, pin in (("nobody", "2468"), ("ito", "1111"), ("ito", "2468"))
    ]
    assert {(one.accepted, one.reason) for one in told} == {(False, "not_admitted")}


def test_files_that_come_again_or_from_a_stranger_have_no_effect() -> None:
    conversation = talking()
    file = good(1, AT, "131041", PROFILE)
    stranger = wire.Deliver(files=(file,), peer="terminal-131059")
    assert conversation.ask(stranger, DeliverAnswer).refused == {file.name: "WRONG_SENDER"}
    for _ in range(2):
        assert conversation.ask(wire.Deliver(files=(file,)), DeliverAnswer).refused == {}
    conversation.ask(Clock(until=MORNING.replace(hour=19)), ClockAnswer)
    (up,) = conversation.ask(Collect(), CollectAnswer).files
    batch = decode(up.content, PROFILE).batch
    assert batch is not None
    assert [items_of(one)["answers"] for one in batch.records] == ["ISA-131041-01-00000001"]


def test_a_medium_is_refused_until_an_outage_is_declared() -> None:
    conversation = talking()
    medium = wire.PutMedium(medium="M1", files=(good(1, AT, "131041", PROFILE),))
    (reason,) = conversation.ask(medium, DeliverAnswer).refused.values()
    assert reason == "no_declared_outage"
    conversation.ask(wire.Outage(declared=True), Done)
    assert conversation.ask(medium, DeliverAnswer).refused == {}


def test_files_given_to_a_messenger_do_not_go_over_the_line_as_well() -> None:
    conversation = talking(operators=(ITO,))
    conversation.ask(wire.Outage(declared=True), Done)
    conversation.ask(Clock(until=MORNING.replace(hour=19)), ClockAnswer)
    conversation.ask(wire.LogOn(operator="ito", pin="2468"), wire.ConsoleAnswer)
    given_ = conversation.ask(wire.HandOver(), wire.HandOverAnswer)
    assert [file.name for file in given_.files] == ["131041-ISA-01-00000001.csv"]
    conversation.ask(wire.Outage(declared=False), Done)
    assert conversation.ask(Collect(), CollectAnswer).files == ()


def test_a_messenger_who_is_sent_away_leaves_the_files_for_the_line() -> None:
    conversation = talking(operators=(ITO,))
    conversation.ask(Clock(until=MORNING.replace(hour=19)), ClockAnswer)
    conversation.ask(wire.LogOn(operator="ito", pin="2468"), wire.ConsoleAnswer)
    given_ = conversation.ask(wire.HandOver(), wire.HandOverAnswer)
    assert (given_.accepted, given_.reason, given_.files) == (False, "no_declared_outage", ())
    files = conversation.ask(Collect(), CollectAnswer).files
    assert [file.name for file in files] == ["131041-ISA-01-00000001.csv"]


# --- the scene ------------------------------------------------------------------------------------------
def test_there_is_nothing_to_do_before_a_case_says_when_it_is() -> None:
    _, bureau = stage_with()
    with pytest.raises(HarnessError, match="must begin"):
        bureau.known(("AB12345678CD", "KO"))


def test_a_file_that_never_came_cannot_come_again() -> None:
    stage, bureau = stage_with()
    stage.at(AT)
    with pytest.raises(HarnessError, match="no file has come down"):
        bureau.deliver_again()


@pytest.mark.parametrize("what", HOSTILE)
def test_every_hostile_file_is_refused_by_the_reference(what: str) -> None:
    stage, bureau = stage_with()
    stage.at(AT)
    bureau.deliver_hostile(what)
    (delivered,) = kinds(stage, "file_delivered")
    assert delivered["refused"] and delivered["spoilt"] == what


def test_a_hostile_file_that_there_is_not_is_our_own_fault() -> None:
    with pytest.raises(HarnessError, match="did you mean truncated"):
        hostile("trunkated", 1, AT, "131041", PROFILE)


def test_another_form_and_a_bad_record_need_a_file_that_can_be_read() -> None:
    with pytest.raises(HarnessError, match="no other form"):
        as_xml(File.of("x.csv", b"x"), PROFILE)
    file = good(1, AT, "131041", PROFILE)
    assert with_bad_record(file, "KO", PROFILE) == (file, "")


def test_while_the_server_cannot_be_reached_no_file_passes() -> None:
    stage, bureau = stage_with()
    stage.at(AT)
    bureau.reachable = False
    stage.at(instant(date(2026, 6, 5), 10))
    assert kinds(stage, "file_sent") == []


def test_a_terminal_whose_credential_is_wrong_is_not_let_in() -> None:
    stage, bureau = stage_with(credential="right")
    stage.at(AT)
    told = bureau._connect({"municipality": "131041", "credential": "wrong"})
    assert told == {"session": "", "reason": "wrong_credential"}
    assert kinds(stage, "session_asked") == [{"right": False, "admitted": False}]


# --- envelopes ------------------------------------------------------------------------------------------
def seen_of(content: bytes, *canaries: str) -> dict[str, Any]:
    """What is written down of a file with these bytes, where files must be sealed."""
    stage, _ = stage_with()
    stage.at(AT)
    sight = Sight(stage, open_profiles())
    sight.keys = keys_of("131041", "ISA")
    sight.canaries = set(canaries)
    sight.sent(File.of("131041-ISA-01-00000001.csv.p7m", content), AT, "line")
    sight.sent(File.of("131041-ISA-01-00000001.csv.p7m", content), AT, "line")
    first, again = kinds(stage, "sealed_seen")
    assert first == again  # the same file again is no other use of its key
    return first


def test_a_plain_file_shows_its_canaries_and_is_opened_by_nobody() -> None:
    told = seen_of("H,TEST KO,東京都".encode(), "TEST KO", "東京都", "not there")
    assert told["in_clear"] == ["TEST KO", "東京都"]
    assert (told["opened"], told["recipients"]) == (False, 0)


def test_a_sealed_file_shows_nothing_and_tells_who_can_open_it() -> None:
    keys = keys_of("131041", "ISA")
    content = good(1, AT, "131041", PROFILE).content
    told = seen_of(seal(content, keys.terminal, keys.ministry.certificate), "131041")
    assert (told["opened"], told["signer"], told["readable_by"]) == (True, "131041", [])
    assert told["in_clear"] == []
    told = seen_of(seal(content, keys.terminal, keys.elsewhere.certificate))
    assert (told["opened"], told["readable_by"]) == (False, ["elsewhere"])


@pytest.fixture
def openssl(tmp_path: Path, record_property: Callable[[str, object], None]) -> Callable[..., int]:
    """Runs `openssl` in the test's folder; gives its exit code."""
    record_property("peer", "openssl")
    program = shutil.which("openssl")
    if program is None:
        pytest.fail("openssl is not installed: install the package `openssl`")
    return lambda *args: (
        subprocess.run(
            [program, *args], cwd=tmp_path, capture_output=True, check=False, timeout=60
        ).returncode
    )


@pytest.mark.real_peer
def test_openssl_opens_what_the_reference_sends_with_the_ministry_key_only(
    tmp_path: Path, openssl: Callable[..., int]
) -> None:
    keys = keys_of("131041", "ISA")
    conversation = talking(keys=keys.handed_out())
    conversation.ask(Clock(until=MORNING.replace(hour=19)), ClockAnswer)
    (file,) = conversation.ask(Collect(), CollectAnswer).files
    (tmp_path / "sealed").write_bytes(file.content)
    for name, identity in (("ministry", keys.ministry), ("elsewhere", keys.elsewhere)):
        pem = identity.certificate.public_bytes(Encoding.PEM)
        (tmp_path / f"{name}.pem").write_bytes(pem)
        key = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (tmp_path / f"{name}.key").write_bytes(key)
    opening = ("cms", "-decrypt", "-binary", "-inform", "DER", "-in", "sealed")
    own = ("-recip", "ministry.pem", "-inkey", "ministry.key", "-out", "signed")
    other = ("-recip", "elsewhere.pem", "-inkey", "elsewhere.key", "-out", "not-theirs")
    assert openssl(*opening, *own) == 0
    assert openssl(*opening, *other) != 0
    signed = ("cms", "-verify", "-binary", "-inform", "DER", "-in", "signed", "-noverify", "-out", "plain")
    assert openssl(*signed) == 0
    assert (tmp_path / "plain").read_bytes().startswith(b"H,renkei-open/1,131041,ISA,01,")


# --- records as items -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "record",
    [
        notice(),
        notice(birth_date=PartialDate(1961, 5), period_until=date(2028, 3, 31)),
        notice(birth_date=PartialDate(1961)),
        transmission(),
        issuance(),
        agency_notice(),
        agency_notice(birth_date=date(1990, 1, 2)),
        result(),
        result(outcome="rejected", code="UNKNOWN_VALUE", field="sex", reason="性別"),
    ],
)
def test_a_record_survives_its_items(record: Any) -> None:
    kind, items = kind_and_items(record)
    assert record_of(kind, items) == record
    assert all(items.values())


@given(st.text(min_size=1), st.text(min_size=1))
def test_any_text_of_an_item_survives(name: str, address: str) -> None:
    record = notice(name=name, address=address)
    assert record_of("municipality_notice", items_of(record)) == record


def test_items_that_are_none_are_named() -> None:
    with pytest.raises(UsageError, match="colour"):
        record_of("result", {"colour": "red"})
    with pytest.raises(UsageError, match="no such kind"):
        record_of("letter", {})
