"""Images from a card are strangers' files: whatever they are, they end as a picture or as a word."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.virtual_card.reader.shared import sample
from virtual_card.layouts import CardType, Kind
from virtual_card.reader.images import MOST_PIXELS, Picture, Undecodable, decode


def tiff(width: int = 40, height: int = 20, compression: str = "group4") -> bytes:
    out = BytesIO()
    Image.new("1", (width, height), 1).save(out, "TIFF", compression=compression)
    return out.getvalue()


@pytest.mark.parametrize("padding", [0, 1, 4000])
def test_padding_behind_an_image_means_nothing(padding: int) -> None:
    assert decode(tiff() + bytes(padding), Kind.TIFF) == decode(tiff(), Kind.TIFF)


def test_an_empty_field_holds_no_image() -> None:
    assert decode(b"", Kind.JPEG2000) is None
    assert decode(bytes(3000), Kind.JPEG2000) is None


def test_images_larger_than_any_card_are_refused_before_they_are_unpacked() -> None:
    assert MOST_PIXELS <= 2 * 10**6
    found = decode(tiff(2000, MOST_PIXELS // 2000 + 1), Kind.TIFF)
    assert isinstance(found, Undecodable)
    assert "2000 × 1001" in found.why
    assert isinstance(decode(tiff(2000, MOST_PIXELS // 2000), Kind.TIFF), Picture)
    assert isinstance(decode(tiff(674, 425), Kind.TIFF), Picture)
    photo = BytesIO()
    Image.new("L", (2000, MOST_PIXELS // 2000 + 1)).save(photo, "JPEG2000")
    found = decode(photo.getvalue(), Kind.JPEG2000)
    assert isinstance(found, Undecodable)
    assert "2000 × 1001" in found.why


@pytest.mark.parametrize("kind", [Kind.TIFF, Kind.JPEG2000])
def test_what_is_said_of_a_file_that_is_no_image_quotes_none_of_it(kind: Kind) -> None:
    starts = {Kind.TIFF: b"II*\0", Kind.JPEG2000: bytes.fromhex("0000000C6A5020200D0A870A")}
    for data in (b"19900401SECRET12", starts[kind] + b"19900401SECRET12", starts[kind] + b"other12345678901"):
        found = decode(data, kind)
        assert isinstance(found, Undecodable)
        assert data[-8:].decode() not in found.why
        assert data[:4].hex().upper() not in found.why
        # Of what a decoder says only its kind: the rest may quote the file, or an address in memory.
        assert "gave up: " not in found.why or found.why.rpartition(": ")[2].isidentifier()


@pytest.mark.parametrize(
    ("data", "kind", "why"),
    [
        (tiff(compression="raw"), Kind.TIFF, "compression 1"),
        (tiff(), Kind.JPEG2000, "no JPEG 2000"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), Kind.TIFF, "no TIFF"),
        (tiff()[:60], Kind.TIFF, "gave up"),
        (bytes.fromhex("0000000C6A5020200D0A870A") + b"\x01" * 40, Kind.JPEG2000, "gave up"),
    ],
)
def test_what_is_not_the_image_that_its_field_calls_for_says_why(data: bytes, kind: Kind, why: str) -> None:
    found = decode(data, kind)
    assert isinstance(found, Undecodable)
    assert why in found.why


def test_container_and_codestream_of_jpeg_2000_are_both_taken() -> None:
    boxed = sample(CardType.RESIDENCE_2).content.values["photo"]
    bare = boxed[boxed.index(bytes.fromhex("FF4FFF51")) :]
    one, other = decode(boxed, Kind.JPEG2000), decode(bare, Kind.JPEG2000)
    assert isinstance(one, Picture)
    assert isinstance(other, Picture)
    assert (one.container, other.container) == ("jp2", "j2k")
    assert one.pixels == other.pixels


def test_a_field_that_holds_no_image_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="text"):
        decode(b"x", Kind.TEXT)


@given(st.binary(max_size=200), st.sampled_from([Kind.TIFF, Kind.JPEG2000]), st.booleans())
def test_no_bytes_make_the_decoder_raise(noise: bytes, kind: Kind, real: bool) -> None:
    whole = sample(CardType.RESIDENCE_2).content.values["photo" if kind is Kind.JPEG2000 else "name_image"]
    data = whole[: len(whole) // 3] + noise if real else noise
    assert decode(data, kind) is None or isinstance(decode(data, kind), (Picture, Undecodable))
