"""The card's side of the vpcd protocol, against a driver that is played by the test."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.virtual_card.client import chip
from virtual_card.chip.chip import Chip
from virtual_card.errors import CardRemoved, TransportError
from virtual_card.layouts import CardType
from virtual_card.transports.faults import Fault, Faulty, Kind
from virtual_card.transports.in_process import InProcess
from virtual_card.transports.vpcd import VirtualSlot

CARD = CardType.RESIDENCE_1


class Driver:
    """The driver's side: it listens, and the card comes."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(10)
        self.port: int = self.listener.getsockname()[1]
        self.line: socket.socket | None = None

    def accept(self) -> socket.socket:
        self.line, _ = self.listener.accept()
        self.line.settimeout(10)
        return self.line

    def close(self) -> None:
        if self.line is not None:
            self.line.close()
        self.listener.close()

    def ask(self, body: bytes) -> bytes:
        self.tell(body)
        return self.answer()

    def tell(self, body: bytes) -> None:
        assert self.line is not None
        self.line.sendall(len(body).to_bytes(2) + body)

    def answer(self) -> bytes:
        return self._exactly(int.from_bytes(self._exactly(2)))

    def _exactly(self, count: int) -> bytes:
        assert self.line is not None
        found = b""
        while len(found) < count:
            piece = self.line.recv(count - len(found))
            assert piece, "the card hung up"
            found += piece
        return found


@pytest.fixture
def driver() -> Iterator[Driver]:
    found = Driver()
    yield found
    found.close()


@pytest.fixture
def card() -> Chip:
    return chip(CARD)


def test_without_a_driver_the_card_says_so(driver: Driver, card: Chip) -> None:
    driver.close()
    slot = VirtualSlot(InProcess(card), driver.port, patience=0.1)
    with pytest.raises(TransportError, match="no virtual reader listens") as caught:
        slot.insert()
    assert caught.value.remedy == "run `renkei card doctor`"
    slot.take_out()


def test_a_card_cannot_be_inserted_twice(driver: Driver, card: Chip) -> None:
    with (
        VirtualSlot(InProcess(card), driver.port, farewell=0.02) as slot,
        pytest.raises(TransportError, match="in the slot already"),
    ):
        slot.insert()


def test_controls_and_commands_are_answered(driver: Driver, card: Chip) -> None:
    with VirtualSlot(InProcess(card), driver.port, farewell=0.02):
        driver.accept()
        assert driver.ask(b"\x04") == card.atr
        driver.tell(b"\x01")
        assert driver.ask(bytes.fromhex("0084000008"))[-2:].hex() == "9000"
        assert driver.ask(bytes.fromhex("00B08A0000")) == b"\xc1\x011\x90\x00"
        driver.tell(b"\x77")
        assert driver.ask(bytes.fromhex("00A404")).hex() == "6700"


@pytest.mark.parametrize("control", [b"\x00", b"\x01", b"\x02"])
def test_power_and_reset_make_the_card_forget(driver: Driver, card: Chip, control: bytes) -> None:
    with VirtualSlot(InProcess(card), driver.port, farewell=0.02):
        driver.accept()
        driver.ask(bytes.fromhex("00B08A0000"))
        assert driver.ask(bytes.fromhex("00B0000000"))[-2:].hex() == "9000"
        driver.tell(control)
        assert driver.ask(bytes.fromhex("00B0000000")).hex() == "6986"


def test_messages_in_fragments_and_in_one_piece_are_understood(driver: Driver, card: Chip) -> None:
    with VirtualSlot(InProcess(card), driver.port, farewell=0.02):
        line = driver.accept()
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in bytes.fromhex("000500B08A0000"):
            line.sendall(bytes([byte]))
        assert driver.answer() == b"\xc1\x011\x90\x00"
        line.sendall(bytes.fromhex("000104000500B08A00000002FFFF"))
        assert driver.answer() == card.atr
        assert driver.answer() == b"\xc1\x011\x90\x00"
        assert driver.answer().hex() == "6700"


def test_taking_the_card_out_hangs_up(driver: Driver, card: Chip) -> None:
    slot = VirtualSlot(InProcess(card), driver.port, farewell=0.02)
    slot.insert()
    line = driver.accept()
    states = [slot.inserted]
    slot.take_out()
    states.append(slot.inserted)
    assert states == [True, False]
    assert slot.failure is None
    assert line.recv(1) == b""
    slot.take_out()


def test_a_driver_that_goes_away_ends_the_service_without_a_failure(driver: Driver, card: Chip) -> None:
    slot = VirtualSlot(InProcess(card), driver.port, farewell=0.02)
    slot.insert()
    driver.accept().close()
    slot.take_out()
    assert not slot.inserted


def test_a_card_that_is_removed_leaves_the_slot_and_says_why(driver: Driver, card: Chip) -> None:
    faulty = Faulty(InProcess(card), Fault(Kind.REMOVAL, after=1), sleep=lambda seconds: None)
    with VirtualSlot(faulty, driver.port, farewell=0.02) as slot:
        line = driver.accept()
        driver.ask(bytes.fromhex("00B08A0000"))
        driver.tell(bytes.fromhex("00B08A0000"))
        assert line.recv(1) == b""
    failures = [slot.failure]
    line.close()
    slot.insert()
    driver.accept()
    failures.append(slot.failure)
    slot.take_out()
    assert isinstance(failures[0], CardRemoved)
    assert failures[1] is None


def test_an_answer_that_the_protocol_cannot_say_ends_the_service(driver: Driver) -> None:
    class Endless(InProcess):
        def transmit(self, command: bytes) -> bytes:
            return bytes(65536)

    with VirtualSlot(Endless(chip(CARD)), driver.port, farewell=0.02) as slot:
        line = driver.accept()
        driver.tell(b"\0\x84\0\0")
        assert line.recv(1) == b""
    assert slot.failure is not None
    assert "longer than" in slot.failure.message
