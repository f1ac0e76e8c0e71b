"""BER-TLV: what the chips use comes through, and damage is told with its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virtual_card import tlv
from virtual_card.errors import TlvError
from virtual_card.tlv import LengthForm

TAGS = st.one_of(
    st.integers(1, 0xFE).filter(lambda tag: tag & 0x1F != 0x1F),
    st.builds(lambda lead, low: lead << 8 | low, st.sampled_from([0x1F, 0x5F, 0xDF]), st.integers(0, 255)),
)


@pytest.mark.parametrize(
    ("raw", "where", "why"),
    [
        ("C1", "offset 0", "length is missing"),
        ("C1 02 30", "offset 0", "ends behind the data"),
        ("C1 01 31 DF", "offset 3", "tag is cut off"),
        ("C1 01 31 00 D0 82 1B", "offset 4", "length is cut off"),
        ("C1 80 31 00 00", "offset 0", "form that the chips do not use"),
        ("C1 83 00 00 01 31", "offset 0", "form that the chips do not use"),
    ],
)
def test_damage_is_told_with_its_offset(raw: str, where: str, why: str) -> None:
    with pytest.raises(TlvError, match=why) as caught:
        tlv.parse(bytes.fromhex(raw))
    assert caught.value.where is not None
    assert caught.value.where.startswith(where)


@pytest.mark.parametrize("tag", [0, -1, 0x1F, 0xDF, 0x100, 0xC1C1, 0x1FFFF])
def test_what_is_no_tag_is_not_written(tag: int) -> None:
    with pytest.raises(TlvError, match="not a tag"):
        tlv.encode(tag, b"")


@pytest.mark.parametrize(
    ("size", "form"), [(128, LengthForm.ONE), (256, LengthForm.TWO), (65536, LengthForm.THREE), (65536, None)]
)
def test_a_value_that_its_length_field_cannot_tell_is_refused(size: int, form: LengthForm | None) -> None:
    with pytest.raises(TlvError, match="does not fit"):
        tlv.encode(0xC1, bytes(size), length_form=form)


def test_the_tag_of_the_address_image_has_two_bytes_although_strict_ber_reads_on() -> None:
    (only,) = tlv.parse(bytes.fromhex("DFD1 82 0003 414243 0000"))
    assert (only.tag, only.value) == (0xDFD1, b"ABC")


def test_the_reserved_text_has_the_longer_length_field_when_asked_for() -> None:
    assert tlv.encode(0xDE, bytes(200), length_form=LengthForm.THREE)[:4].hex() == "de8200c8"
    assert tlv.encode(0xDE, bytes(200))[:3].hex() == "de81c8"


def test_zeros_before_between_and_after_objects_mean_nothing() -> None:
    found = tlv.parse(bytes.fromhex("0000 C101 31 000000 C20100 00"))
    assert [(one.tag, one.value, one.offset, one.end) for one in found] == [
        (0xC1, b"1", 2, 5),
        (0xC2, b"\0", 8, 11),
    ]


@given(st.lists(st.tuples(TAGS, st.binary(max_size=300))), st.integers(0, 20))
def test_what_is_written_is_read_again(objects: list[tuple[int, bytes]], padding: int) -> None:
    raw = b"".join(tlv.encode(tag, value) for tag, value in objects) + bytes(padding)
    assert [(one.tag, one.value) for one in tlv.parse(raw)] == objects


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused_with_an_offset(raw: bytes) -> None:
    try:
        found = tlv.parse(raw)
    except TlvError as error:
        assert error.where is not None
        assert error.where.startswith("offset")
    else:
        assert all(raw[one.start : one.end] == one.value for one in found)
