"""The published worked examples, replayed byte for byte through the reader (facts on the chip §1.5, §2).

The card's side is the example's own bytes, typed in here; no chip of ours answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from virtual_card.errors import ReaderError
from virtual_card.reader.errors import BrokenAnswer, WrongNumber
from virtual_card.reader.session import RawCard, read_card
from virtual_card.reader.talk import Talk
from virtual_card.suites import suite_of

NUMBER = "AA12345678BB"
RND_IFD = bytes.fromhex("1122334455667788")
K_IFD = bytes.fromhex("404142434445464748494A4B4C4D4E4F")


@dataclass(frozen=True)
class Example:
    """One appendix: what the card says, and what the reader has to say."""

    suite: str
    card_type: str
    rnd_icc: str
    mutual: str
    mutual_answer: str
    session_key: str
    verify: str


FIRST = Example(
    "tdes",
    "C10131",
    "5A6E7E385162B7A3",
    "0082000028937745C20883A1BAD1E04193722A1592378F81A8F1DC589157AEB0F7544FA1BA1AD7FB6A3389E01700",
    "5860775B4D032CC564BA204B8EA868F694A74E7475A8FEF240588BDA1AF496CE59388FD6CD45248B",
    "CE94938E19E3B97DF96EABCEDC1715CC",
    "08200086138611011AA82973DB959A811F9711D728F0EEF6",
)
SECOND = Example(
    "aes",
    "C1023035",
    "921CE277323DA057",
    "00820000284AD3C7B6BB484A52771977DED618B41DF841FA0476A05FBE041DEAD6109E773BAC854617634F539700",
    "289A96B1DA6AE3DA87770419BFD14F0BDAD15F36432B5A946C188C7221759A62FA942EC51E62FF5F",
    "C19CF13D3D7FBEE9EA293D834C88952F",
    "0820008613861101EE0B31EF877F68D071C56D58C72E6748",
)
BOTH = pytest.mark.parametrize("example", [FIRST, SECOND], ids=["Ver1.5", "second generation Ver1.1"])


def draws() -> Iterator[bytes]:
    yield RND_IFD
    yield K_IFD


def opened(example: Example, **changed: str) -> tuple[list[str], Talk[RawCard]]:
    """Lead the reader to the first file behind VERIFY; the commands that it sent, and the talk."""
    random = draws()
    talk = read_card(NUMBER, lambda size: next(random))
    size = len(example.card_type) // 2
    answers = {
        "card type": example.card_type[:4] + "9000",
        "whole": example.card_type + "9000",
        "challenge": example.rnd_icc + "9000",
        "mutual": example.mutual_answer + "9000",
        "verify": "9000",
    } | changed
    command, _ = next(talk)
    sent = [command.hex().upper()]
    for answer in answers.values():
        command, _ = talk.send(bytes.fromhex(answer))
        sent.append(command.hex().upper())
    assert sent[:3] == ["00B08A0002", f"00B08A00{size:02X}", "0084000008"]
    return sent, talk


@BOTH
def test_the_commands_are_those_of_the_example(example: Example) -> None:
    sent, _ = opened(example)
    assert sent[3] == example.mutual
    assert sent[4] == example.verify


@BOTH
def test_the_session_key_is_that_of_the_example(example: Example) -> None:
    from virtual_card.reader.messaging import Handshake

    suite = suite_of(example.suite)
    shake = Handshake(suite, suite.derive(NUMBER), bytes.fromhex(example.rnd_icc), RND_IFD, K_IFD)
    assert shake.command().encode().hex().upper() == example.mutual
    assert shake.session_key(bytes.fromhex(example.mutual_answer)).hex().upper() == example.session_key


@BOTH
def test_files_are_asked_for_and_opened_as_the_example_does(example: Example) -> None:
    """Second generation: DF1/EF03, `08B0840000000496 0200000000` and 5,508 bytes in 5,520 of ciphertext."""
    _, talk = opened(example)
    suite, key = suite_of(example.suite), bytes.fromhex(example.session_key)
    short_id, capacity = ("85", 7004) if example is FIRST else ("84", 5508)
    sent, _ = talk.send(bytes.fromhex("C004303030319000"))
    while not sent.hex().upper().startswith(f"08B0{short_id}"):
        sealed = suite.encrypt(key, suite.pad(b"\xc2\x01\x00"))
        protected = b"\x86" + bytes([len(sealed) + 1, 1]) + sealed if sent[0] == 8 else b""
        sent, _ = talk.send(protected + b"\x90\x00")
    assert sent.hex().upper() == f"08B0{short_id}00000004960200000000"
    plain = bytes(range(256)) * 28
    sealed = suite.encrypt(key, suite.pad(plain[:capacity]))
    if example is SECOND:
        assert len(sealed) == 5520
    answer = b"\x86\x82" + (len(sealed) + 1).to_bytes(2, "big") + b"\x01" + sealed + b"\x90\x00"
    following, _ = talk.send(answer)
    assert following[1] == 0xB0  # it was taken, and the next file is asked for


@BOTH
@pytest.mark.parametrize("position", [0, 31, 32, 39])
def test_one_wrong_bit_in_the_cards_cryptogram_or_mac_is_found(example: Example, position: int) -> None:
    spoilt = bytearray.fromhex(example.mutual_answer)
    spoilt[position] ^= 0x01
    with pytest.raises(BrokenAnswer, match="MAC is wrong"):
        opened(example, mutual=spoilt.hex() + "9000")


@BOTH
def test_an_answer_to_another_challenge_is_found(example: Example) -> None:
    from virtual_card.reader.messaging import Handshake

    suite = suite_of(example.suite)
    other = Handshake(suite, suite.derive(NUMBER), bytes(8), RND_IFD, K_IFD)
    with pytest.raises(BrokenAnswer, match="played again"):
        other.session_key(bytes.fromhex(example.mutual_answer))


@BOTH
def test_a_number_that_only_verify_refuses_is_called_wrong(example: Example) -> None:
    with pytest.raises(WrongNumber, match="VERIFY"):
        opened(example, verify="6300")


@BOTH
@pytest.mark.parametrize("answer", ["", "90", "9000", "FF" * 39 + "9000", "6D00", "6A86"])
def test_no_answer_to_mutual_authentication_makes_anything_but_a_reader_error(
    example: Example, answer: str
) -> None:
    with pytest.raises(ReaderError):
        opened(example, mutual=answer)
