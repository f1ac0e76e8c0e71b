"""A recorded conversation plays again to the byte, and nothing else passes for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.virtual_card.client import Client, chip
from virtual_card.errors import CardFileError, CardRemoved, TransportError
from virtual_card.layouts import CardType
from virtual_card.transports import recording
from virtual_card.transports.faults import Fault, Faulty, Kind
from virtual_card.transports.in_process import InProcess
from virtual_card.transports.recording import Recorder

HEAD = '{"format": "renkei-recording/1"}\n'


def recorded(card_type: CardType = CardType.RESIDENCE_1) -> Recorder:
    recorder = Recorder(InProcess(chip(card_type)))
    recorder.connect()
    Client(recorder.transmit, card_type).everything()
    recorder.reset()
    recorder.disconnect()
    return recorder


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("", 1, "not JSON"),
        ("[]", 1, "is no step"),
        ('{"format": "renkei-card/1"}', 1, "that this release plays"),
        (HEAD + "{", 2, "not JSON"),
        (HEAD + "[" * 100_000, 2, "not JSON"),
        (HEAD + "1", 2, "is no step"),
        (HEAD + "{}", 2, "received: nothing"),
        (HEAD + '{"command": "00A4"}', 2, "is no step"),
        (HEAD + '{"connect": "3B"}\n{"command": "00", "answer": "90"}', 3, "no status word"),
        (HEAD + '{"command": "0", "answer": "9000"}', 2, "command is not hexadecimal"),
        (HEAD + '{"command": "00", "answer": 9000}', 2, "answer is not hexadecimal"),
        (HEAD + '{"connect": null}', 2, "connect is not hexadecimal"),
        (HEAD + '{"disconnect": false}', 2, "is no step"),
        (HEAD + '{"removed": 1}', 2, "is no step"),
        (HEAD + '{"removed": "x", "after": "x"}', 2, "after is not hexadecimal"),
        (HEAD + '{"connect": "3B", "reset": "3B"}', 2, "received: connect, reset"),
    ],
)
def test_a_malformed_recording_is_refused_with_its_line(text: str, line: int, why: str) -> None:
    with pytest.raises(CardFileError) as caught:
        recording.load(text, "talk.ndjson")
    assert caught.value.where == f"talk.ndjson: line {line}"
    assert why in str(caught.value)


def test_a_recording_without_end_is_refused() -> None:
    with pytest.raises(CardFileError, match="too large"):
        recording.load(" " * (recording.LARGEST + 1), "talk.ndjson")


def test_another_command_than_the_recorded_one_is_refused_with_its_line() -> None:
    replay = recording.load(recorded().text(), "talk.ndjson")
    replay.connect()
    with pytest.raises(TransportError, match="goes on otherwise") as caught:
        replay.transmit(bytes.fromhex("00B08A0000"))
    assert caught.value.where == "talk.ndjson: line 3"
    assert caught.value.expected == "command 0084000008"
    with pytest.raises(TransportError, match="goes on otherwise"):
        replay.reset()


def test_behind_its_end_a_recording_answers_nothing() -> None:
    replay = recording.load(HEAD + '{"connect": "3B00"}\n', "talk.ndjson")
    replay.connect()
    with pytest.raises(TransportError, match="ends here"):
        replay.transmit(b"\0\0\0\0")


def test_a_recording_answers_nothing_before_it_is_connected() -> None:
    replay = recording.load(HEAD + '{"reset": "3B00"}\n', "talk.ndjson")
    with pytest.raises(TransportError, match="not connected"):
        replay.reset()
    with pytest.raises(TransportError, match="not connected"):
        replay.transmit(b"\0\0\0\0")
    replay.disconnect()
    assert not replay.finished


@pytest.mark.parametrize("card_type", [CardType.RESIDENCE_1, CardType.RESIDENCE_2])
def test_a_whole_conversation_plays_again_to_the_byte(card_type: CardType) -> None:
    original = recorded(card_type)
    replay = recording.load(original.text(), "talk.ndjson")
    again = Recorder(replay)
    assert again.connect() == chip(card_type).atr
    found = Client(again.transmit, card_type).everything()
    again.reset()
    again.disconnect()
    assert replay.finished
    assert again.text() == original.text()
    assert found == Client(chip(card_type).transmit, card_type).everything()


def test_a_removal_is_recorded_and_plays_again() -> None:
    faulty = Faulty(
        InProcess(chip(CardType.RESIDENCE_1)), Fault(Kind.REMOVAL, after=2), sleep=lambda seconds: None
    )
    recorder = Recorder(faulty)
    recorder.connect()
    with pytest.raises(CardRemoved):
        Client(recorder.transmit, CardType.RESIDENCE_1).everything()
    with pytest.raises(CardRemoved):
        recorder.reset()
    replay = recording.load(recorder.text(), "talk.ndjson")
    replay.connect()
    with pytest.raises(CardRemoved, match="left the reader"):
        Client(replay.transmit, CardType.RESIDENCE_1).everything()
    with pytest.raises(TransportError, match="not connected"):
        replay.reset()


@given(st.text(max_size=60))
def test_any_text_is_played_or_refused_with_a_line(text: str) -> None:
    try:
        recording.load(HEAD + text, "talk.ndjson")
    except CardFileError as error:
        assert error.where is not None
        assert error.where.startswith("talk.ndjson: line ")
