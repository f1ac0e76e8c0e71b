"""A trace says each step in words and keeps to itself what the card said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.virtual_card.client import Client, chip
from virtual_card.errors import CardRemoved
from virtual_card.layouts import CardType
from virtual_card.transports.faults import Fault, Faulty, Kind
from virtual_card.transports.in_process import InProcess
from virtual_card.transports.tracing import Tracing, answered, described

CARD = CardType.RESIDENCE_2


def test_a_trace_names_commands_and_status_words_and_no_data() -> None:
    lines: list[str] = []
    transport = Tracing(InProcess(chip(CARD)), lines.append)
    transport.connect()
    reader = Client(transport.transmit, CARD)
    reader.raw("00 B0 8A 00 04")
    reader.open_card()
    reader.select("DF1")
    reader.protected(0x84, 0, 0)
    reader.raw("00 B0 01 00 00")
    reader.raw("00 99 00 00")
    transport.reset()
    transport.disconnect()
    assert lines == [
        "connect     ATR 3B88800100000000338181003A",
        "> 00 B0 8A 00  READ BINARY  SFI 0A at 0  Le 4",
        "< [4 bytes]  9000 done",
        "> 00 84 00 00  GET CHALLENGE  Le 8",
        "< [8 bytes]  9000 done",
        "> 00 82 00 00  MUTUAL AUTHENTICATE  [40 bytes]  Le 256",
        "< [40 bytes]  9000 done",
        "> 08 20 00 86  VERIFY  protected  [19 bytes]",
        "< 9000 done",
        "> 00 A4 04 0C  SELECT  DF1",
        "< 9000 done",
        "> 08 B0 84 00  READ BINARY  SFI 04 at 0  protected  [4 bytes]  Le 65536",
        "< [5525 bytes]  9000 done",
        "> 00 B0 01 00  READ BINARY  current file at 256  Le 256",
        "< 6982 security status not satisfied",
        "> 00 99 00 00  unknown instruction",
        "< 6D00 instruction not supported",
        "reset       ATR 3B88800100000000338181003A",
        "disconnect",
    ]


def test_data_time_and_japanese_are_shown_when_asked_for() -> None:
    lines: list[str] = []
    ticks: Iterator[float] = iter([1.0, 1.0125])
    transport = Tracing(
        InProcess(chip(CARD)), lines.append, show_data=True, clock=lambda: next(ticks), language="ja"
    )
    transport.connect()
    Client(transport.transmit, CARD).raw("00 B0 8A 00 04")
    assert lines[-1] == "< C1023035  9000 正常終了  12.50 ms"


def test_a_removal_is_in_the_trace() -> None:
    lines: list[str] = []
    gone = Faulty(InProcess(chip(CARD)), Fault(Kind.REMOVAL), sleep=lambda seconds: None)
    transport = Tracing(gone, lines.append)
    transport.connect()
    with pytest.raises(CardRemoved):
        transport.transmit(b"\0\x84\0\0\x08")
    assert lines[-1] == "! the card left the reader"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("00", "[1 bytes]  no command"),
        ("00A40000", "00 A4 00 00  SELECT  MF"),
        ("00A40000023F00", "00 A4 00 00  SELECT  3F00"),
        ("FFCA000000", "FF CA 00 00  GET DATA  Le 256"),
    ],
)
def test_odd_commands_are_described_too(raw: str, words: str) -> None:
    assert described(bytes.fromhex(raw)) == words


def test_an_answer_without_status_word_is_described_too() -> None:
    assert answered(b"\x90") == "90  no status word"
