"""Images from a card are strangers' files: whatever they are, they end as a picture or as a word."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.virtual_card.reader.shared import sample
from virtual_card.layouts import CardType, Kind
from virtual_card.reader.images import WIDEST, Picture, Undecodable, as_png, decode


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
    found = decode(tiff(WIDEST + 1, 8), Kind.TIFF)
    assert isinstance(found, Undecodable)
    assert str(WIDEST + 1) in found.why
    assert isinstance(decode(tiff(WIDEST, 8), Kind.TIFF), Picture)


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


def test_an_image_can_be_looked_at_as_png() -> None:
    made = as_png(tiff(), Kind.TIFF)
    assert made is not None
    with Image.open(BytesIO(made)) as image:
        assert image.size == (40, 20)
    assert as_png(b"II*\0", Kind.TIFF) is None


def test_a_field_that_holds_no_image_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="text"):
        decode(b"x", Kind.TEXT)


@given(st.binary(max_size=200), st.sampled_from([Kind.TIFF, Kind.JPEG2000]), st.booleans())
def test_no_bytes_make_the_decoder_raise(noise: bytes, kind: Kind, real: bool) -> None:
    whole = sample(CardType.RESIDENCE_2).content.values["photo" if kind is Kind.JPEG2000 else "name_image"]
    data = whole[: len(whole) // 3] + noise if real else noise
    assert decode(data, kind) is None or isinstance(decode(data, kind), (Picture, Undecodable))
