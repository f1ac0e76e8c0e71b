"""Each fault strikes where it should, as often as it should, and nothing else changes."""

from __future__ import annotations

import pytest

from tests.virtual_card.client import NUMBER, Client, chip
from virtual_card.apdu import Response
from virtual_card.errors import CardRemoved, MessageError, TlvError, TransportError
from virtual_card.layouts import CardType
from virtual_card.transports.faults import MEANINGS, Fault, Faulty, Kind
from virtual_card.transports.in_process import InProcess

CARD = CardType.RESIDENCE_1


def faulty(fault: Fault, slept: list[float] | None = None) -> tuple[Faulty, Client]:
    waits = [] if slept is None else slept
    transport = Faulty(InProcess(chip(CARD)), fault, sleep=waits.append)
    transport.connect()
    return transport, Client(transport.transmit, CARD, NUMBER)


def test_every_fault_says_what_it_is_in_both_languages() -> None:
    assert set(MEANINGS) == set(Kind)


def test_a_wrong_check_value_reaches_the_reader() -> None:
    _, reader = faulty(Fault(Kind.WRONG_MAC))
    answer = reader.authenticate()
    assert answer.sw == 0x9000
    key = reader.suite.derive(NUMBER)
    assert reader.suite.mac(key, answer.data[:32]) != answer.data[32:]
    right = reader.authenticate()
    assert reader.suite.mac(key, right.data[:32]) == right.data[32:]


def test_a_stale_challenge_makes_the_card_refuse_until_a_fresh_one_is_asked_for() -> None:
    _, reader = faulty(Fault(Kind.STALE_CHALLENGE, after=1))
    reader.open_card()
    assert reader.authenticate().sw == 0x6300
    reader.open_card()


def test_the_first_challenge_can_be_stale_too() -> None:
    _, reader = faulty(Fault(Kind.STALE_CHALLENGE))
    assert reader.authenticate().sw == 0x6300
    reader.open_card()


def test_a_truncated_answer_cannot_be_opened() -> None:
    _, reader = faulty(Fault(Kind.TRUNCATED))
    reader.open_card()
    reader.select("DF1")
    with pytest.raises((TlvError, MessageError)):
        reader.opened(reader.protected(0x85, 0, 0))
    assert len(reader.opened(reader.protected(0x85, 0, 0))) == 7004


def test_end_of_file_comes_with_all_the_data() -> None:
    _, reader = faulty(Fault(Kind.END_OF_FILE, times=None))
    for _ in range(3):
        assert reader.raw("00 B0 8A 00 03") == Response(b"\xc1\x011", 0x6282)
    reader.open_card()


def test_a_read_of_another_length_is_refused_once_with_the_right_one() -> None:
    _, reader = faulty(Fault(Kind.CORRECT_LE))
    assert reader.raw("00 B0 8A 00 03").ok
    assert reader.raw("00 B0 8A 00 00") == Response(b"", 0x6C03)
    assert reader.raw("00 B0 8A 00 00").ok


def test_a_protected_read_is_refused_with_a_bare_status_word() -> None:
    _, reader = faulty(Fault(Kind.UNPROTECTED_STATUS, after=1, times=2))
    reader.open_card()
    reader.select("DF1")
    assert reader.protected(0x85, 0, 0).ok
    assert [reader.protected(0x85, 0, 0) for _ in range(2)] == [Response(b"", 0x6700)] * 2
    assert reader.protected(0x85, 0, 0).ok


def test_a_card_that_was_removed_stays_away_until_the_next_connect() -> None:
    transport, reader = faulty(Fault(Kind.REMOVAL, after=1))
    reader.raw("00 B0 8A 00 00")
    for _ in range(2):
        with pytest.raises(CardRemoved):
            reader.raw("00 B0 8A 00 00")
    with pytest.raises(CardRemoved):
        transport.reset()
    transport.connect()
    assert reader.raw("00 B0 8A 00 00").ok


def test_a_slow_card_answers_late_but_rightly() -> None:
    slept: list[float] = []
    _, reader = faulty(Fault(Kind.SLOW, after=2, times=3, seconds=2.5), slept)
    reader.everything()
    assert slept == [2.5] * 3


@pytest.mark.parametrize("kind", Kind)
def test_a_fault_that_is_not_due_changes_nothing(kind: Kind) -> None:
    transport, reader = faulty(Fault(kind, after=10_000))
    assert reader.everything() == Client(chip(CARD).transmit, CARD).everything()
    assert transport.reset() == chip(CARD).atr
    transport.disconnect()


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("command", ["", "00", "00B0", "00840000", "0082000000", "08B085000000049602000000"])
def test_a_fault_never_spoils_what_it_cannot_read(kind: Kind, command: str) -> None:
    _, reader = faulty(Fault(kind, times=None))
    try:
        assert len(reader.raw(command).encode()) >= 2
    except CardRemoved:
        assert kind is Kind.REMOVAL


def test_in_process_a_transport_must_be_connected() -> None:
    transport = InProcess(chip(CARD))
    with pytest.raises(TransportError, match="not connected"):
        transport.transmit(b"\0\0\0\0")
    with pytest.raises(TransportError, match="not connected"):
        transport.reset()
    transport.disconnect()
    transport.connect()
    transport.disconnect()
    with pytest.raises(TransportError, match="not connected"):
        transport.transmit(b"\0\0\0\0")
