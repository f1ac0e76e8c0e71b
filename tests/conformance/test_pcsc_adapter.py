"""The adapter `pcsc`: cards in readers, and everything that can be wrong on the way to them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.adapters import KINDS, channel_of, settings_of
from conformance.adapters.pcsc import PcscChannel, PcscSettings, look
from conformance.inspecting import State
from conformance.protocol.roles import CARD, CARD_APPLICATION
from sim.base.errors import HarnessError, UsageError
from tests.conformance.card_helpers import desk
from virtual_card.errors import CardRemoved, CardUsageError, TransportError
from virtual_card.transports import pcsc

HOME = Path(__file__).parents[2]
CARDS: list[dict[str, Any]] = [{"reader": "R", "card_type": "1", "number": "AA12345678BB"}]
Record = Callable[[str, object], None]


def settings(**changed: Any) -> PcscSettings:
    made = settings_of({"kind": "pcsc", "test_cards": True, "cards": CARDS} | changed)
    assert isinstance(made, PcscSettings)
    return made


class Reader:
    """A reader in the place of PC/SC. `fault`: what it raises from the command of that number on."""

    def __init__(self, fault: Exception | None = None, after: int = 0) -> None:
        self._fault = fault
        self._left = after
        self.held = False

    def __call__(self, name: str, *, wait: float = 0.0) -> Reader:
        return self

    def connect(self) -> bytes:
        self.held = True
        return self._said(bytes.fromhex("3B88800100000000338181003A"))

    def transmit(self, command: bytes) -> bytes:
        return self._said(b"\x6f\x00")

    def disconnect(self) -> None:
        self.held = False

    def _said(self, answer: bytes) -> bytes:
        if self._fault is not None and self._left <= 0:
            raise self._fault
        self._left -= 1
        return answer


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Callable[[Reader], Reader]:
    def put(reader: Reader) -> Reader:
        monkeypatch.setattr("conformance.adapters.pcsc.Pcsc", reader)
        monkeypatch.setattr("conformance.adapters.pcsc.readers", lambda: ("R",))
        return reader

    return put


# --- settings -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"cards": []}, "at least 1 item"),
        ({"cards": [*CARDS, *CARDS]}, "one card of each type"),
        ({"cards": [CARDS[0] | {"number": "AA1234"}]}, "cards.0.number"),
        ({"cards": [CARDS[0] | {"card_type": "3"}]}, "cards.0.card_type"),
        ({"cards": [CARDS[0] | {"reader": ""}]}, "cards.0.reader"),
        ({"test_cards": False}, "test_cards"),
        ({"wait": -1}, "wait"),
        ({"pin": "1234"}, "pin"),
    ],
)
def test_settings_that_cannot_be_are_refused_with_their_place(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as raised:
        settings(**changed)
    assert said in str(raised.value)


def test_nothing_but_test_cards_is_tried() -> None:
    without = {"kind": "pcsc", "cards": CARDS}
    with pytest.raises(UsageError, match="Field required"):
        settings_of(without)


def test_a_reader_holds_cards_and_no_other_role() -> None:
    with pytest.raises(UsageError, match="a reader holds cards"):
        channel_of(settings(), CARD_APPLICATION)
    assert isinstance(channel_of(settings(), CARD), PcscChannel)
    assert "pcsc" in KINDS


# --- hello and reset ------------------------------------------------------------------------------------
def hello(made: PcscSettings) -> list[str]:
    line = json.dumps({"id": 1, "op": "hello", "body": {"role": "card"}}).encode()
    told = json.loads(PcscChannel(made).talk(line))
    capabilities: list[str] = told["body"]["capabilities"]
    return capabilities


def test_it_declares_the_cards_that_lie_there_and_their_content_only_when_all_were_given() -> None:
    both = [CARDS[0], {**CARDS[0], "card_type": "05", "as_given": True}]
    assert hello(settings(cards=both)) == ["card.1", "card.05"]
    assert hello(settings(cards=both[1:])) == ["card.05", "card.given"]


def test_a_card_of_a_type_that_lies_nowhere_is_our_fault() -> None:
    with pytest.raises(HarnessError, match="no card of this type"):
        desk(PcscChannel(settings()), "05")


def test_a_command_before_reset_is_our_fault() -> None:
    with pytest.raises(HarnessError, match="no card was asked for"):
        PcscChannel(settings()).talk(b'{"id": 1, "op": "connect", "body": {}}')


# --- the way to the card --------------------------------------------------------------------------------
@pytest.mark.parametrize("after", [0, 1, 7])
def test_a_card_that_is_taken_away_is_no_fault_of_the_card(
    reader: Callable[[Reader], Reader], after: int
) -> None:
    there = reader(Reader(CardRemoved("there is no card in the reader", received="W_REMOVED_CARD"), after))
    channel = PcscChannel(settings())
    with pytest.raises(HarnessError) as raised:
        stage = desk(channel)
        for _ in range(20):
            stage.scene.probe("MFを選択する")
    assert "lay the card back" in str(raised.value)
    assert raised.value.where is not None
    assert raised.value.where.startswith("R")
    channel.close()
    assert not there.held


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (CardUsageError("no reader is called 'R'", expected="none is there"), "card readers"),
        (TransportError("the smart card daemon does not run", remedy="start pcscd"), "start pcscd"),
        (TransportError("pyscard is not installed", remedy="pip install 'renkei[reader]'"), "pip install"),
        (TransportError("another program holds the card"), "card doctor"),
    ],
)
def test_no_reader_no_daemon_and_a_reader_that_is_taken_say_what_to_do(
    reader: Callable[[Reader], Reader], fault: Exception, said: str
) -> None:
    reader(Reader(fault))
    with pytest.raises(HarnessError) as raised:
        desk(PcscChannel(settings()))
    assert said in str(raised.value)


def test_a_new_case_lets_go_of_the_card_of_the_last_one(reader: Callable[[Reader], Reader]) -> None:
    there = reader(Reader())
    channel = PcscChannel(settings())
    desk(channel)
    assert there.held
    channel.close()
    assert not there.held


# --- what doctor sees -----------------------------------------------------------------------------------
def test_the_doctor_sees_a_card(reader: Callable[[Reader], Reader]) -> None:
    there = reader(Reader())
    points = look(settings())
    assert [(point.id, point.state) for point in points] == [("daemon", State.PASS), ("card", State.PASS)]
    assert "3B88800100000000338181003A" in points[1].told
    assert not there.held


def test_the_doctor_sees_an_empty_reader_a_missing_one_and_a_missing_daemon(
    reader: Callable[[Reader], Reader], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader(Reader(CardRemoved("there is no card in the reader")))
    assert [(point.id, point.state) for point in look(settings())][1] == ("card", State.FAIL)
    reader(Reader(CardUsageError("no reader is called 'R'")))
    missing = look(settings())[1]
    assert (missing.id, missing.state) == ("reader", State.FAIL)
    assert "renkei card readers" in missing.mend

    def no_daemon() -> tuple[str, ...]:
        raise TransportError("the smart card daemon does not run", remedy="start pcscd")

    monkeypatch.setattr("conformance.adapters.pcsc.readers", no_daemon)
    (only,) = look(settings())
    assert (only.id, only.state, only.mend) == ("daemon", State.FAIL, "start pcscd")


def test_without_pyscard_the_doctor_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smartcard", None)
    (only,) = look(settings())
    assert only.state is State.FAIL
    assert "renkei[reader]" in only.mend
    assert pcsc.readers.__module__ == "virtual_card.transports.pcsc"


# --- real programs --------------------------------------------------------------------------------------
def played(name: str) -> dict[str, Any]:
    """What came of a play in a process of its own."""
    folder = Path(tempfile.mkdtemp(prefix="renkei-"))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tests.conformance.card_peers", name, str(folder)],
            cwd=HOME,
            env={**os.environ, "PYTHONPATH": str(HOME)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.real_peer
def test_cards_in_virtual_readers_are_tried_over_pcsc(record_property: Record) -> None:
    record_property("peer", "pcscd")
    told = played("cards")
    assert told["empty"] == ["PASS", "FAIL", "FAIL"]
    assert told["full"] == ["PASS", "PASS", "PASS"]
    for card_type in ("1", "05"):
        assert set(told[card_type].values()) == {"PASS"}, told[card_type]
    message, remedy = told["removed"]
    assert message == "there is no card in the reader"
    assert "lay the card back" in remedy


@pytest.mark.real_peer
def test_an_application_that_goes_over_pcsc_is_given_cards_in_a_virtual_reader(
    record_property: Record,
) -> None:
    record_property("peer", "pcscd")
    assert played("applications") == {
        "genuine": ["match", True],
        "first": ["match", True],
        "forged": ["mismatch", True],
        "dead": ["unreadable", True],
    }
