"""Images for the chip: in their coding, within their sizes, honest about what could not be drawn.

Every test runs without a Japanese font; what needs one says so by asking the fixture, which draws on the font
of the machine where there is one and on Pillow's own elsewhere.
"""

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from virtual_card.draws import Draws
from virtual_card.errors import CardUsageError
from virtual_card.faces import Item
from virtual_card.layouts import CardType
from virtual_card.personalise import images
from virtual_card.personalise.fonts import WITHOUT_JAPANESE, Font, find_font
from virtual_card.personalise.images import (
    address_image,
    font_notes,
    front_image,
    name_image,
    photo_image,
)

GROUP_4, COMPRESSION, STRIPS = 4, 259, 273
WORDS: dict[str, str] = {
    Item.NAME: "ZHANG WEI\n張偉",
    Item.NUMBER: "AA12345678BB",
    Item.ADDRESS: "東京都新宿区歌舞伎町1丁目",
}


@pytest.fixture(params=["the machine's font", "no Japanese font"])
def font(request: pytest.FixtureRequest) -> Font:
    return find_font() if request.param == "the machine's font" else WITHOUT_JAPANESE


def opened(data: bytes, kind: str) -> Image.Image:
    with Image.open(BytesIO(data), formats=[kind]) as image:
        image.load()
        return image.copy()


def black(image: Image.Image) -> int:
    return image.convert("L").histogram()[0]


def test_words_without_end_are_refused_with_their_field(font: Font) -> None:
    with pytest.raises(CardUsageError, match="name_image"):
        name_image("A VERY LONG NAME " * 60, font)
    with pytest.raises(CardUsageError, match=r"(?s)where: address\b"):
        front_image({**WORDS, Item.ADDRESS: "東京都" * 200}, CardType.RESIDENCE_1, font, photo=True)


def test_a_drawing_that_never_fits_its_field_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "NAME_LIMIT", 50)
    with pytest.raises(CardUsageError, match="at most 50 bytes"):
        name_image("KIM", WITHOUT_JAPANESE)


def test_a_photo_that_never_fits_is_refused() -> None:
    with pytest.raises(CardUsageError, match="at most 40 bytes"):
        photo_image(Draws(1, "photo"), limit=40)


def test_a_drawing_that_is_too_large_is_drawn_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    words = "WICKRAMASINGHE ARACHCHILAGE DON NUWAN CHATHURANGA"
    before = name_image(words, WITHOUT_JAPANESE).data
    monkeypatch.setattr(images, "NAME_LIMIT", len(before) - 1)
    after = name_image(words, WITHOUT_JAPANESE).data
    assert len(after) < len(before)
    assert black(opened(after, "TIFF")) < black(opened(before, "TIFF"))


def test_images_of_words_are_one_strip_of_mmr_in_black_and_white(font: Font) -> None:
    for data in (
        name_image("ZHANG WEI\n張偉", font).data,
        address_image(WORDS[Item.ADDRESS], font).data,
        front_image(WORDS, CardType.RESIDENCE_1, font, photo=True).data,
    ):
        with Image.open(BytesIO(data), formats=["TIFF"]) as image:
            tags = getattr(image, "tag_v2", {})
            assert tags[COMPRESSION] == GROUP_4
            assert len(tags[STRIPS]) == 1
            assert image.mode == "1"
            assert black(image) > 300


def test_every_image_of_words_is_marked_where_no_word_reaches(font: Font) -> None:
    names = [name_image(words, font).data for words in ("KIM", "WICKRAMASINGHE ARACHCHILAGE DON NUWAN " * 2)]
    addresses = [address_image(words, font).data for words in ("東京都", WORDS[Item.ADDRESS] * 4)]
    for pair in (names, addresses):
        marks = []
        for data in pair:
            image = opened(data, "TIFF")
            mark = image.crop((image.width - images.MARK_WIDTH, 0, image.width, image.height))
            assert black(mark) > 50
            marks.append(mark.tobytes())
        assert marks[0] == marks[1]


def test_the_front_has_the_size_of_the_public_sample(font: Font) -> None:
    assert opened(front_image(WORDS, CardType.RESIDENCE_1, font, photo=True).data, "TIFF").size == (674, 425)


def test_the_front_says_whether_there_is_a_photo(font: Font) -> None:
    fronts = {front_image(WORDS, CardType.RESIDENCE_1, font, photo=yes).data for yes in (True, False)}
    assert len(fronts) == 2


def test_without_a_japanese_font_the_note_says_so_and_what_to_install() -> None:
    drawn = name_image("ZHANG WEI\n張偉", WITHOUT_JAPANESE)
    assert len(drawn.notes) == 1
    assert "empty boxes" in drawn.notes[0] and "fonts-noto-cjk" in drawn.notes[0]
    assert "text fields are complete" in drawn.notes[0]


def test_without_a_japanese_font_latin_names_still_differ_and_kanji_of_one_length_look_alike() -> None:
    def drawn(words: str) -> bytes:
        return name_image(words, WITHOUT_JAPANESE).data

    assert drawn("ZHANG WEI") != drawn("CHANG WEI")
    assert drawn("張偉") == drawn("陳明") != drawn("陳美玲")


def test_a_character_that_the_font_lacks_is_named_in_a_note() -> None:
    class Partial(Font):
        @property
        def japanese(self) -> bool:
            return True

    notes = font_notes("KIM 金", Partial(None))
    assert notes == (
        "The font Pillow's own font lacks 金 U+91D1: drawn as its sign for a missing character.",
    )


@settings(max_examples=40)
@given(st.integers(min_value=0, max_value=10**9))
def test_every_photo_is_a_jpeg_2000_file_of_a_portrait_within_3000_bytes(seed: int) -> None:
    data = photo_image(Draws(seed, "photo"))
    assert len(data) <= 3000
    assert data.startswith(bytes.fromhex("0000000C6A5020200D0A870A"))
    image = opened(data, "JPEG2000")
    assert image.size == (240, 320) and image.mode == "RGB"


def test_photos_of_different_people_look_different() -> None:
    assert len({photo_image(Draws(seed, "photo")) for seed in range(30)}) == 30


def test_the_same_words_and_draws_give_the_same_bytes(font: Font) -> None:
    assert name_image("KIM 金", font).data == name_image("KIM 金", font).data
    assert photo_image(Draws(1, "photo")) == photo_image(Draws(1, "photo"))
