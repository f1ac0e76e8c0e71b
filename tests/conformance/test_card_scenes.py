"""What the harness plays around cards and their readers: what goes wrong, and on which side the fault is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.checks import BY_ROLE
from conformance.judge import judge_case
from conformance.kits import kit_of
from conformance.protocol.conversation import Channel
from conformance.reference.card import ReferenceCard
from conformance.reference.card_application import ReferenceReader
from conformance.register import load
from conformance.scenes import card_application as at_desk
from conformance.scenes.card_probes import ALL
from conformance.scenes.card_samples import card_of
from conformance.scenes.card_shown import GROUPS, forged, genuine, troubled
from conformance.scenes.card_trials import (
    NONSENSE,
    challenges,
    habits,
    locked,
    nonsense,
    pieces,
    sessions,
    specified,
    writing,
)
from conformance.terms import terms_of
from conformance.verdicts import Verdict
from sim.base.errors import Breach, HarnessError
from tests.conformance.card_helpers import (
    CARD,
    READER,
    counter,
    desk,
    journal_of,
    lines_of,
    reference,
    stage_of,
    verdict,
)
from virtual_card.forgeries import FORGERIES

FEATURES = Path(__file__).parents[2] / "features"
Body = dict[str, object]


class Saying:
    """The reference, whose answers to one operation are others."""

    def __init__(self, inner: Channel, op: str, change: Callable[[Body], Body]) -> None:
        self._inner = inner
        self._op = op
        self._change = change

    def talk(self, line: bytes) -> bytes:
        told = self._inner.talk(line)
        frame = json.loads(told)
        if json.loads(line).get("op") == self._op:
            frame = self._change(frame)
        return json.dumps(frame).encode()

    def close(self) -> None:
        self._inner.close()


def answering(op: str, **body: object) -> Channel:
    """The reference card, saying just this to an operation."""
    return Saying(reference(CARD), op, lambda frame: frame | {"body": body})


def calling(call: str, body: Body) -> Channel:
    """The reference application, whose first word on `read_card` is a call of its own."""
    return Saying(
        reference(READER), "read_card", lambda frame: {"id": frame["id"], "call": call, "body": body}
    )


# --- role card ------------------------------------------------------------------------------------------
def test_a_case_without_a_card_is_our_fault() -> None:
    stage = stage_of(CARD, reference(CARD))
    with pytest.raises(HarnessError, match="no step of the case says which card"):
        stage.at(at_desk.TODAY)


@pytest.mark.parametrize("response", ["9", "9G00", 36864, None])
def test_an_answer_that_is_no_bytes_is_a_breach(response: object) -> None:
    stage = desk(answering("transmit", response=response))
    with pytest.raises(Breach, match="does not keep to the protocol"):
        stage.scene.probe("MFを選択する")


@pytest.mark.parametrize("response", ["", "90"])
def test_an_answer_without_a_status_word_is_the_card_s_fault_and_not_a_crash(response: str) -> None:
    stage = desk(answering("transmit", response=response))
    stage.scene.probe("MFを選択する")
    assert stage.scene.read() is None
    stage.expect("card_selection", probe="select-mf", sw=["9000"])
    found = {one.check: one.verdict for one in verdict(stage, CARD).checks}
    assert found["card_selection"] is Verdict.FAIL
    assert found["card_status_words"] is Verdict.FAIL


def test_a_card_that_refuses_everything_fails_each_trial_and_never_crashes_one() -> None:
    stage = desk(answering("transmit", response="6F00"))
    for probe in ALL:
        stage.scene.probe(probe.ja)
    stage.scene.read_each_way()
    writing(stage.scene)
    stage.scene.free(0x0B)
    assert {line["sw"] for line in lines_of(stage, "answered")} == {"6F00"}
    assert not any(line["read"] for line in lines_of(stage, "card_read"))


class Babbling:
    """A card that answers each command with the next of some byte strings, whatever was asked."""

    def __init__(self, said: list[bytes]) -> None:
        self._inner = reference(CARD)
        self._said = said
        self._next = 0

    def talk(self, line: bytes) -> bytes:
        frame = json.loads(line)
        if frame["op"] != "transmit":
            return self._inner.talk(line)
        self._next += 1
        answer = self._said[self._next % len(self._said)]
        return json.dumps({"id": frame["id"], "ok": True, "body": {"response": answer.hex()}}).encode()

    def close(self) -> None:
        self._inner.close()


ANSWERS = st.one_of(
    st.binary(max_size=40),
    st.binary(max_size=60).map(lambda data: data + b"\x90\x00"),
    st.binary(min_size=16, max_size=32).map(lambda data: b"\x86" + bytes([len(data)]) + data + b"\x90\x00"),
    st.sampled_from([b"\xc1\x0205\x90\x00", b"\xc1\x011\x90\x00", bytes(8) + b"\x90\x00", b"\x6c\x03"]),
)


@given(st.lists(ANSWERS, min_size=1, max_size=6), st.sampled_from(["1", "06", "08"]))
def test_whatever_a_card_answers_no_trial_is_a_fault_of_ours(said: list[bytes], card_type: str) -> None:
    stage = desk(Babbling(said), card_type)
    stage.scene.read()
    stage.scene.free(stage.scene.profile.files[1].sfi) if card_type != "08" else specified(stage.scene)
    if card_type != "08":
        for trial in (challenges, sessions, pieces, locked, habits, nonsense):
            trial(stage.scene)
        for probe in ALL[:8]:
            stage.scene.probe(probe.ja)
    stage.expect("card_specified_reading" if card_type == "08" else "card_text", **FILES[card_type == "08"])
    found = verdict(stage, CARD)
    assert all(one.verdict is not Verdict.INCONCLUSIVE for one in found.checks)


FILES: dict[bool, dict[str, int]] = {True: {"files": 8}, False: {}}


def test_a_card_of_another_number_than_ours_is_opened_by_its_own() -> None:
    def renumbered(frame: Body) -> Body:
        return frame | {"body": {"number": "ZZ99999999ZZ", "as_given": False}}

    stage = desk(Saying(reference(CARD), "reset", renumbered))
    assert stage.scene.number == "ZZ99999999ZZ"
    assert stage.scene.read() is None
    (told,) = lines_of(stage, "card_there")
    assert told == {"as_given": False, "own_number": True}


def test_a_card_that_was_not_made_as_given_is_not_compared_byte_for_byte() -> None:
    def own(frame: Body) -> Body:
        return frame | {"body": {"number": "AA12345678BB", "as_given": False}}

    stage = desk(Saying(reference(CARD, "other-content"), "reset", own))
    assert stage.scene.read() is not None
    assert not any("given" in line for line in lines_of(stage, "file_read"))


def test_a_journal_has_heads_and_lengths_and_nothing_that_was_said() -> None:
    stage = desk(card_type="05")
    stage.scene.read()
    stage.scene.probe("券面の番号で相互認証し、番号を照合する")
    keys = {"number", "head", "data", "le", "protected", "answer", "sw"}
    assert all(set(line) == keys and len(line["head"]) == 8 for line in lines_of(stage, "apdu"))
    whole = "".join(json.dumps(line.data) for line in journal_of(stage))
    assert len(whole) < 30_000


def test_what_is_said_of_a_specified_card_has_kinds_of_its_own() -> None:
    stage = desk(card_type="07")
    specified(stage.scene)
    kinds = {line.kind for line in journal_of(stage)} - {"case_begun"}
    assert kinds
    assert all(kind.startswith("specified_") for kind in kinds)


def test_a_broken_specified_card_is_conditional_and_decides_nothing() -> None:
    stage = desk(reference(CARD, "specified-signature"), card_type="07")
    specified(stage.scene)
    stage.expect("card_specified_reading", files=10)
    found = judge_case(stage.end(), terms_of(CARD, BY_ROLE[CARD], load()))
    assert found.verdict is Verdict.CONDITIONAL


def test_the_reference_says_what_is_wrong_with_a_card_file() -> None:
    told = json.loads(
        ReferenceCard().talk(
            json.dumps(
                {
                    "id": 1,
                    "op": "reset",
                    "body": {
                        "case": "C",
                        "at": "2026-09-01T10:00:00+09:00",
                        "card_type": "1",
                        "number": "AA12345678BB",
                        "card_file": "{}",
                    },
                }
            ).encode()
        )
    )
    assert told["ok"] is False
    assert "not a card file" in told["message"]


@pytest.mark.parametrize("op", ["connect", "disconnect"])
def test_the_reference_has_no_card_before_reset(op: str) -> None:
    told = json.loads(ReferenceCard().talk(json.dumps({"id": 1, "op": op, "body": {}}).encode()))
    assert (told["ok"], told["code"]) == (False, "fault")


# --- role card-application ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("call", "body", "said"),
    [
        ("transmit", {}, "four bytes or more"),
        ("transmit", {"apdu": "zz"}, "four bytes or more"),
        ("transmit", {"apdu": "00B0"}, "four bytes or more"),
        ("transmit", {"apdu": 5}, "four bytes or more"),
        ("transmit", {"apdu": "00B08B0006"}, "`connect` before"),
        ("erase", {}, "a call of connect, transmit"),
    ],
)
def test_a_call_that_is_none_is_a_breach(call: str, body: Body, said: str) -> None:
    stage = counter(calling(call, body))
    stage.scene.show(genuine("1"))
    with pytest.raises(Breach) as raised:
        stage.scene.read()
    assert said in str(raised.value)


def test_a_reading_without_a_card_is_our_fault() -> None:
    with pytest.raises(HarnessError, match="which card is shown"):
        counter().scene.read()


def test_a_card_that_left_is_told_so_and_is_no_error_of_ours() -> None:
    stage = counter()
    stage.scene.show(troubled("1", "removal", always=True))
    stage.scene.read()
    (told,) = lines_of(stage, "card_read")
    assert told["outcome"] == "unreadable"


def test_an_application_without_a_settable_clock_is_played_at_its_own_time() -> None:
    def timeless(frame: Body) -> Body:
        body = {**frame["body"], "capabilities": [], "now": "2027-02-03T04:05:06+09:00"}  # type: ignore[dict-item]
        return frame | {"body": body}

    stage = stage_of(READER, Saying(reference(READER), "hello", timeless))
    stage.at(stage.scene.today)
    stage.scene.show(genuine("05"))
    stage.scene.read()
    (told,) = lines_of(stage, "card_read")
    assert told["outcome"] == "match"


def test_every_command_that_changes_a_card_is_seen() -> None:
    stage = counter(reference(READER, "write-while-reading"))
    stage.scene.show(genuine("05"))
    stage.scene.read()
    assert lines_of(stage, "write_seen") == [{"head": "00D68100", "data": 8, "sw": "6D00"}]
    assert lines_of(stage, "chip_talked")[0]["changed"] is False


def test_the_reference_trusts_the_given_authorities_and_no_others() -> None:
    def without(line: bytes) -> bytes:
        frame = json.loads(line)
        if frame.get("op") == "reset":
            pem = frame["body"]["test_ca"]
            parts = pem.split("-----END CERTIFICATE-----\n")
            frame["body"]["test_ca"] = parts[0] + "-----END CERTIFICATE-----\n"
        return json.dumps(frame).encode()

    class Distrusting(ReferenceReader):
        def talk(self, line: bytes) -> bytes:
            return super().talk(without(line))

    stage = counter(Distrusting())
    stage.scene.show(genuine("05"))
    stage.scene.read()
    (told,) = lines_of(stage, "card_read")
    assert (told["outcome"], told["certificate"]) == ("mismatch", "untrusted")


def test_an_application_says_nothing_of_a_case_before() -> None:
    channel = reference(READER)
    for _ in range(2):
        stage = counter(channel)
        stage.scene.show(genuine("1"))
        stage.scene.read()
        stage.scene.kept()
        assert len(lines_of(stage, "result_kept")) == 1


# --- what there is to show ------------------------------------------------------------------------------
def test_every_forgery_that_a_card_in_the_hand_shows_has_a_group_and_a_check() -> None:
    only_the_register_knows = {"altered_address_everywhere"}
    assert set(FORGERIES) == set(GROUPS) | only_the_register_knows
    checks = BY_ROLE[READER]
    assert all(f"reader_{group}" in checks for group in {*GROUPS.values(), "genuine", "fault", "broken"})


def test_a_forgery_or_a_card_that_there_is_not_is_our_fault() -> None:
    with pytest.raises(HarnessError):
        forged("1", "altered_address_everywhere")
    with pytest.raises(HarnessError):
        card_of("1", "golden")


def test_each_probe_has_words_of_its_own_a_check_and_a_case() -> None:
    assert len({probe.ja for probe in ALL}) == len({probe.id for probe in ALL}) == len(ALL)
    written = "".join(path.read_text(encoding="utf-8") for path in sorted(FEATURES.glob("card_*.feature")))
    for probe in ALL:
        assert probe.check in BY_ROLE[CARD], probe.id
        assert f"| {probe.ja} |" in written, probe.ja


def test_nonsense_is_made_of_whole_commands_that_any_reader_carries() -> None:
    from virtual_card.apdu import Command

    for name, sent in NONSENSE:
        assert Command.parse(bytes.fromhex(sent)) is not None, name


@pytest.mark.parametrize("role", [CARD, READER])
def test_a_role_has_japanese_and_english_for_each_capability(role: str) -> None:
    for ja, en in kit_of(role).role.capabilities.values():
        assert ja and en and ja != en


CODES = st.sampled_from(["nationality", "name", "birth", "period", "back_address", "photo", "x"])
ITEM = st.fixed_dictionaries(
    {
        "item": CODES,
        "origin": st.sampled_from(["chip", "image", "not_held"]),
        "value": st.text(alphabet="1\N{CJK UNIFIED IDEOGRAPH-6771}𠮷\n", max_size=4),
    }
)
IMAGE = st.fixed_dictionaries(
    {
        "image": CODES,
        "sha256": st.just("ab"),
        "bytes": st.integers(-1, 9),
        "width": st.integers(-1, 9),
        "height": st.just(0),
    }
)
SAID = st.fixed_dictionaries(
    {
        "outcome": st.sampled_from(["match", "mismatch", "review", "unreadable", "refused"]),
        "certificate": st.sampled_from(["valid", "expired", "untrusted", "absent", "unchecked"]),
        "differs": st.lists(CODES, max_size=3),
        "items": st.lists(ITEM, max_size=4),
        "images": st.lists(IMAGE, max_size=3),
        "written": st.booleans(),
    }
)


@given(SAID, st.sampled_from(["1", "05", "08"]))
def test_whatever_an_application_says_no_check_is_a_fault_of_ours(said: Body, card_type: str) -> None:
    channel = Saying(
        reference(READER), "read_card", lambda frame: {"id": frame["id"], "ok": True, "body": said}
    )
    stage = counter(channel)
    stage.scene.show(genuine(card_type))
    visit = stage.scene.read()
    for name, params in (
        ("reader_genuine", {"outcomes": ["match"]}),
        ("reader_specified", {"outcomes": ["match"]}),
        ("reader_seven", {"items": ["nationality"]}),
        ("reader_not_guessed", {"items": ["name"]}),
        ("reader_images_there", {"images": ["photo"]}),
        ("reader_differs", {"items": ["photo"]}),
    ):
        stage.expect(name, visit=visit, **params)
    found = verdict(stage, READER)
    assert all(one.verdict is not Verdict.INCONCLUSIVE for one in found.checks)
