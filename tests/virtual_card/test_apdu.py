"""Commands and answers: seven shapes, nothing between them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virtual_card.apdu import MEANINGS, Command, Response, meaning
from virtual_card.errors import CardUsageError

BYTES = st.integers(0, 255)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "00",
        "00A404",
        "00B0850000 00",  # an extended length that is cut off
        "00A4040C02 3F",  # less data than announced
        "00A4040C01 3F0000",  # more than data and one byte of Le
        "00A4040C00 0000 3F",  # no data are announced, and one byte comes
        "00A4040C00 0002 3F",
        "00A4040C00 0001 3F00",  # half of an extended Le
        "0082000001 41 0000",  # short data and an extended Le
    ],
)
def test_bytes_of_no_shape_are_no_command(raw: str) -> None:
    assert Command.parse(bytes.fromhex(raw)) is None


@pytest.mark.parametrize(
    ("raw", "command"),
    [
        ("00A40000", Command(0, 0xA4, 0, 0)),
        ("0084000008", Command(0, 0x84, 0, 0, ne=8)),
        ("00B0850000", Command(0, 0xB0, 0x85, 0, ne=256)),
        ("00A40000023F00", Command(0, 0xA4, 0, 0, b"\x3f\0")),
        ("00A40000023F0000", Command(0, 0xA4, 0, 0, b"\x3f\0", 256)),
        ("00B08500000000", Command(0, 0xB0, 0x85, 0, ne=65536, extended=True)),
        ("00B0850000069E", Command(0, 0xB0, 0x85, 0, ne=0x69E, extended=True)),
        ("00A40000 000002 3F00", Command(0, 0xA4, 0, 0, b"\x3f\0", None, extended=True)),
        ("08B08500 000004 96020000 0000", Command(8, 0xB0, 0x85, 0, b"\x96\2\0\0", 65536, extended=True)),
    ],
)
def test_each_shape_is_read_and_written(raw: str, command: Command) -> None:
    assert Command.parse(bytes.fromhex(raw)) == command
    assert command.encode() == bytes.fromhex(raw)


@given(
    st.builds(
        Command,
        BYTES,
        BYTES,
        BYTES,
        BYTES,
        st.binary(max_size=600),
        st.none() | st.integers(1, 65536),
        st.booleans(),
    )
)
def test_what_is_written_is_read_again(command: Command) -> None:
    again = Command.parse(command.encode())
    assert again is not None
    assert again[:6] == command[:6]


@pytest.mark.parametrize(("data", "ne"), [(bytes(65536), None), (b"", 0), (b"", 65537)])
def test_lengths_that_no_command_can_say_are_refused(data: bytes, ne: int | None) -> None:
    with pytest.raises(CardUsageError, match="lengths"):
        Command(0, 0, 0, 0, data, ne).encode()


@pytest.mark.parametrize("raw", [b"", b"\x90"])
def test_an_answer_without_a_status_word_is_refused(raw: bytes) -> None:
    with pytest.raises(CardUsageError, match="status word"):
        Response.parse(raw)


def test_an_answer_is_data_and_status_word() -> None:
    answer = Response.parse(bytes.fromhex("C10131 6282"))
    assert answer == Response(b"\xc1\x011", 0x6282)
    assert not answer.ok
    assert answer.encode().hex() == "c101316282"


def test_status_words_have_a_meaning_in_both_languages() -> None:
    assert meaning(0x6300) == "authentication failed"
    assert meaning(0x6300, "ja") == "認証に失敗した"
    assert meaning(0x6C03) == "the right Le is 3"
    assert meaning(0x6C00, "ja") == "Leは256が正しい"
    assert meaning(0x1234) == "unknown status word"
    assert all(ja and en for ja, en in MEANINGS.values())
