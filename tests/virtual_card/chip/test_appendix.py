"""The worked examples of both specifications, replayed byte for byte through the chip.

Source: appendix of the first-generation specification, appendix 2 (pp. 36-38) of the second-generation one,
as the facts on the chip §1.5 and §2 give them. The chip draws RND.ICC and K.ICC from its random source; here
the source gives the published values, and everything that the chip then says is the published answer.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from virtual_card import tlv
from virtual_card.chip.chip import Chip
from virtual_card.content import CardContent
from virtual_card.layouts import CardType
from virtual_card.suites import AES_SUITE, TDES_SUITE

NUMBER = "AA12345678BB"
FIRST_SESSION = "CE94938E19E3B97DF96EABCEDC1715CC"
SECOND_SESSION = "C19CF13D3D7FBEE9EA293D834C88952F"


def feed(*drawn: str) -> Callable[[int], bytes]:
    """A random source that gives these values, and says so when another length is asked for."""
    values = [bytes.fromhex(one) for one in drawn]

    def give(count: int) -> bytes:
        value = values.pop(0)
        assert len(value) == count
        return value

    return give


def say(chip: Chip, command: str) -> str:
    return chip.transmit(bytes.fromhex(command.replace(" ", ""))).hex().upper()


@pytest.fixture
def first() -> Chip:
    content = CardContent(CardType.RESIDENCE_1, NUMBER, {"face_image": b"F" * 7000, "photo": b"P" * 3000})
    return Chip(content, feed("5A6E7E385162B7A3", "19D049490FFF52EEDBFCB930BC810ED0"))


@pytest.fixture
def second() -> Chip:
    values = {
        "name_image": b"N" * 2500,
        "photo": b"P" * 3000,
        "signature": b"s" * 96,
        "certificate": b"c" * 598,
    }
    content = CardContent(CardType.RESIDENCE_2, NUMBER, values)
    return Chip(content, feed("921CE277323DA057", "2CC6AF9B8B607C662FDCAD27B401D08B"))


def open_first(chip: Chip) -> None:
    assert say(chip, "00 84 00 00 08") == "5A6E7E385162B7A39000"
    answer = say(
        chip,
        "00 82 00 00 28937745C20883A1BAD1E04193722A1592378F81A8F1DC589157AEB0F7544FA1BA1AD7FB6A3389E01700",
    )
    assert answer[:64] == "5860775B4D032CC564BA204B8EA868F694A74E7475A8FEF240588BDA1AF496CE"
    assert answer[64:] == "59388FD6CD45248B9000"
    assert say(chip, "08 20 00 86 13 86 11 01 1AA82973DB959A811F9711D728F0EEF6") == "9000"


def open_second(chip: Chip) -> None:
    assert say(chip, "00 84 00 00 08") == "921CE277323DA0579000"
    answer = say(
        chip,
        "00 82 00 00 284AD3C7B6BB484A52771977DED618B41DF841FA0476A05FBE041DEAD6109E773BAC854617634F539700",
    )
    assert answer[:64] == "289A96B1DA6AE3DA87770419BFD14F0BDAD15F36432B5A946C188C7221759A62"
    assert answer[64:] == "FA942EC51E62FF5F9000"
    assert say(chip, "08 20 00 86 13 86 11 01 EE0B31EF877F68D071C56D58C72E6748") == "9000"


def test_the_first_generation_example_replays(first: Chip) -> None:
    assert say(first, "00 B0 8B 00 06") == "C004303030319000"
    assert say(first, "00 B0 8A 00 03") == "C101319000"
    open_first(first)
    assert say(first, "00 A4 04 0C 10 D392F0004F0200000000000000000000") == "9000"
    answer = bytes.fromhex(say(first, "08 B0 85 00 00 00 04 96 02 00 00 00 00"))
    assert answer[-2:].hex() == "9000"
    (sealed,) = tlv.parse(answer[:-2])
    assert (sealed.tag, sealed.value[0], len(sealed.value)) == (0x86, 1, 1 + 7008)
    plain = TDES_SUITE.unpad(TDES_SUITE.decrypt(bytes.fromhex(FIRST_SESSION), sealed.value[1:]))
    assert plain == bytes.fromhex("D0821B58") + b"F" * 7000


def test_the_second_generation_example_replays(second: Chip) -> None:
    assert say(second, "00 B0 8A 00 04") == "C10230359000"
    open_second(second)
    assert say(second, "00 A4 04 0C 10 D392F0004F0200000000000000000000") == "9000"
    answer = bytes.fromhex(say(second, "08 B0 84 00 00 00 04 96 02 00 00 00 00"))
    assert answer[:5].hex() == "8682159101"
    assert (len(answer) - 5 - 2, answer[-2:].hex()) == (5520, "9000")
    plain = AES_SUITE.unpad(AES_SUITE.decrypt(bytes.fromhex(SECOND_SESSION), answer[5:-2]))
    assert plain == bytes.fromhex("D08209C4") + b"N" * 2500 + bytes.fromhex("D1820BB8") + b"P" * 3000
    assert say(second, "00 A4 04 0C 10 D392F0004F0400000000000000000000") == "9000"
    answer = bytes.fromhex(say(second, "00 B0 82 00 00 00 00"))
    assert answer[:2].hex() == "dc60"
    assert answer[98:102].hex() == "dd820256"
    assert answer[700:] == bytes(4) + b"\x90\x00"


@pytest.mark.parametrize("le", ["00", "28"])
def test_mutual_authentication_takes_either_le(first: Chip, le: str) -> None:
    say(first, "00 84 00 00 08")
    message = "937745C20883A1BAD1E04193722A1592378F81A8F1DC589157AEB0F7544FA1BA1AD7FB6A3389E017"
    assert say(first, f"00 82 00 00 28 {message} {le}").endswith("59388FD6CD45248B9000")


@pytest.mark.parametrize("le", ["0000", "0028"])
def test_mutual_authentication_takes_extended_lengths(first: Chip, le: str) -> None:
    say(first, "00 84 00 00 08")
    message = "937745C20883A1BAD1E04193722A1592378F81A8F1DC589157AEB0F7544FA1BA1AD7FB6A3389E017"
    assert say(first, f"00 82 00 00 000028 {message} {le}").endswith("59388FD6CD45248B9000")
