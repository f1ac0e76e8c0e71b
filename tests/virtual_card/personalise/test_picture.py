"""The picture of a card: front and back, marked, whatever the card file holds."""

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from virtual_card.errors import CardUsageError
from virtual_card.faces import Item, PrintedFace
from virtual_card.layouts import CardType
from virtual_card.personalise.fonts import WITHOUT_JAPANESE, find_font
from virtual_card.personalise.issue import issue_sample
from virtual_card.personalise.picture import draw_card

ISSUED = [kind for kind in CardType if kind is not CardType.PROPOSAL_2011]
EMPTY = PrintedFace(CardType.RESIDENCE_2, {}, {})


def opened(png: bytes) -> Image.Image:
    with Image.open(BytesIO(png), formats=["PNG"]) as image:
        image.load()
        return image.copy()


def photo_area(png: bytes) -> bytes:
    # The frame of the photo, scaled twice, below and right of the margin of 16.
    return opened(png).crop((2 * 530, 2 * 70, 2 * 670, 2 * 260)).tobytes()


def face_of(kind: CardType, age: int | None = None) -> PrintedFace:
    face = issue_sample(kind, seed=2, age=age).face
    assert face is not None
    return face


@settings(max_examples=15)
@given(
    st.dictionaries(st.sampled_from([item.value for item in Item]), st.text(max_size=60), max_size=4),
    st.binary(max_size=40),
    st.text(max_size=80),
)
def test_any_words_and_any_photo_bytes_give_a_picture(
    items: dict[str, str], photo: bytes, caption: str
) -> None:
    face = PrintedFace(CardType.RESIDENCE_1, items, {"photo": photo})
    assert opened(draw_card(face, WITHOUT_JAPANESE, caption)).width == 1412


def test_a_card_that_was_never_issued_has_no_picture() -> None:
    with pytest.raises(CardUsageError, match="never issued"):
        draw_card(PrintedFace(CardType.PROPOSAL_2011, {}, {}), WITHOUT_JAPANESE)


def test_a_face_of_enormous_words_is_cut_off() -> None:
    face = PrintedFace(CardType.RESIDENCE_1, dict.fromkeys(Item, "X " * 20000), {})
    assert opened(draw_card(face, WITHOUT_JAPANESE)).width == 1412


def test_a_photo_that_cannot_be_read_is_told_from_one_that_is_not_there() -> None:
    broken = PrintedFace(CardType.RESIDENCE_2, {}, {"photo": b"\0\0\0\x0cjP  no"})
    assert photo_area(draw_card(broken, WITHOUT_JAPANESE)) != photo_area(draw_card(EMPTY, WITHOUT_JAPANESE))


@pytest.mark.parametrize("kind", ISSUED)
@pytest.mark.parametrize("japanese", [True, False])
def test_every_type_is_drawn_front_above_back(kind: CardType, japanese: bool) -> None:
    font = find_font() if japanese else WITHOUT_JAPANESE
    face = face_of(kind)
    image = opened(draw_card(face, font))
    assert image.size == (1412, 1796)
    assert draw_card(face, font) == draw_card(face, font)
    assert photo_area(draw_card(face, font)) != photo_area(draw_card(face_of(kind, age=0), font))


@pytest.mark.parametrize("item", [Item.NAME, Item.NUMBER, Item.BACK_ADDRESS])
def test_each_printed_word_is_in_the_picture(item: Item) -> None:
    blank = draw_card(PrintedFace(CardType.RESIDENCE_2, {item: ""}, {}), WITHOUT_JAPANESE)
    filled = draw_card(PrintedFace(CardType.RESIDENCE_2, {item: "KIM"}, {}), WITHOUT_JAPANESE)
    assert blank != filled


def test_a_card_without_any_words_is_marked_as_a_test_on_both_sides() -> None:
    image = opened(draw_card(EMPTY, WITHOUT_JAPANESE))
    for top in (32, 914):
        side = image.crop((32, top, 1380, top + 850))
        # The mark's red over the pale ground, and the full red of the line at the foot.
        assert sum(red > green + 20 for red, green, _ in colours(side)) > 5000
        foot = side.crop((0, 780, 1348, 840))
        assert sum(red > 180 and green < 60 for red, green, _ in colours(foot)) > 500


def colours(image: Image.Image) -> list[tuple[int, int, int]]:
    raw = image.convert("RGB").tobytes()
    return [(raw[n], raw[n + 1], raw[n + 2]) for n in range(0, len(raw), 3)]


def test_a_caption_lengthens_the_picture() -> None:
    assert opened(draw_card(EMPTY, WITHOUT_JAPANESE, "seed 7")).height > 1796
