"""The images on a chip: words as MMR (CCITT G4) TIFF, the photo as JPEG 2000, each within its field's size.

Sizes in bytes: front 7000, name 2500, place of residence 2500, photo 3000 (Ver1.5 and Ver1.1). A drawing that
comes out too large is drawn smaller until it fits. How large in pixels genuine images are is public for the
front only; the other sizes are this harness's choice, and so is the JP2 file form of the photo [?].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

from virtual_card.draws import Draws
from virtual_card.errors import CardUsageError
from virtual_card.layouts import CardType
from virtual_card.personalise import design
from virtual_card.personalise.fonts import REMEDY, WITHOUT_JAPANESE, Font
from virtual_card.personalise.writing import Box, set_words, write

FRONT_LIMIT: Final = 7000
NAME_LIMIT: Final = 2500
ADDRESS_LIMIT: Final = 2500
PHOTO_LIMIT: Final = 3000

MARK_WIDTH: Final = 64
"""Pixels at the right end of an image of words, where it says TEST: the words never reach them."""
NAME_SIZE: Final = (640 + MARK_WIDTH, 96)
ADDRESS_SIZE: Final = (640 + MARK_WIDTH, 120)
PHOTO_SIZE: Final = (240, 320)

SMALLEST: Final = 9
"""Pixels of the smallest letters."""
WHITE: Final = 255
BLACK: Final = 0
THRESHOLD: Final = 140
"""From this level on, a smoothed edge is white: thin strokes stay whole at 200 dots per inch."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """An image as the chip holds it, and what has to be said about it."""

    data: bytes
    notes: tuple[str, ...] = ()


def front_image(items: Mapping[str, str], card_type: CardType, font: Font, *, photo: bool) -> Drawn:
    """The whole front as the first generation's chip holds it, from the printed words.

    Raises:
        CardUsageError: when words do not fit their place, or the drawing its field, at any size.
    """

    def draw(scale: float) -> Image.Image:
        image = Image.new("L", (design.WIDTH, design.HEIGHT), WHITE)
        canvas = ImageDraw.Draw(image)
        canvas.rectangle((2, 2, design.WIDTH - 3, design.HEIGHT - 3), outline=BLACK, width=2)
        _line(canvas, design.TITLE_BOX, design.title_for(card_type, font), font, largest=28)
        frame = design.PHOTO_BOX
        canvas.rectangle(
            (frame.left, frame.top, frame.left + frame.width, frame.top + frame.height), outline=BLACK
        )
        with_photo, without = ("写真", "写真なし") if font.japanese else ("PHOTO", "NO PHOTO")
        _line(canvas, _inner(frame), with_photo if photo else without, font, largest=24)
        _line(canvas, design.MARK_BOX, design.mark_for(font), font, largest=26)
        _line(canvas, design.WARNING_BOX, design.warning_for(font), font, largest=14)
        for place in design.front_places(items):
            _line(canvas, place.label_box, place.label_for(font), font, largest=round(15 * scale))
            largest = max(SMALLEST, round(place.largest * scale))
            _line(canvas, place.words_box, items[place.item], font, largest=largest, where=place.item)
        return image

    data = _largest_that_fits(draw, FRONT_LIMIT, "face_image")
    words = "".join(items.values()) + design.TITLES[card_type] + design.MARK + design.WARNING
    return Drawn(data, font_notes(words, font))


def name_image(words: str, font: Font) -> Drawn:
    """The name as the second generation's chip holds it: Latin, kanji on a line of its own.

    Raises:
        CardUsageError: when words do not fit their place, or the drawing its field, at any size.
    """
    return _words_image(words, NAME_SIZE, NAME_LIMIT, "name_image", font)


def address_image(words: str, font: Font) -> Drawn:
    """The place of residence as the second generation's chip holds it.

    Raises:
        CardUsageError: when words do not fit their place, or the drawing its field, at any size.
    """
    return _words_image(words, ADDRESS_SIZE, ADDRESS_LIMIT, "address_image", font)


def photo_image(draws: Draws, *, limit: int = PHOTO_LIMIT) -> bytes:
    """An invented portrait as a JPEG 2000 file of at most `limit` bytes.

    Raises:
        CardUsageError: when even the coarsest coding is larger than that.
    """
    return _jpeg_2000(portrait(draws), limit)


def portrait(draws: Draws) -> Image.Image:
    """A drawn face that is nobody's, marked TEST: skin, hair, eyes and clothes from the draws."""
    width, height = PHOTO_SIZE
    background = draws.choice(((214, 226, 238), (226, 232, 222), (236, 228, 220)))
    skin = draws.choice(((241, 205, 178), (224, 180, 146), (188, 138, 104), (140, 96, 70)))
    hair = draws.choice(((30, 26, 24), (58, 40, 30), (96, 66, 40), (150, 150, 150)))
    clothes = draws.choice(((44, 62, 92), (120, 44, 52), (52, 92, 70), (84, 84, 90)))
    face_width = draws.between(92, 112)
    face_height = draws.between(128, 148)
    image = Image.new("RGB", PHOTO_SIZE, background)
    canvas = ImageDraw.Draw(image)
    middle, eyes = width // 2, 138
    top = eyes - face_height // 2
    bottom = top + face_height
    long_hair = draws.chance(50)
    cap = (middle - face_width // 2 - 12, top - 22, middle + face_width // 2 + 12)
    if long_hair:
        canvas.rounded_rectangle((*cap, bottom + 34), radius=54, fill=hair)
    else:
        canvas.ellipse((*cap, top + face_height // 2), fill=hair)
    canvas.rectangle((middle - 24, bottom - 26, middle + 24, bottom + 30), fill=_darker(skin))
    canvas.ellipse((middle - 106, bottom + 10, middle + 106, height + 120), fill=clothes)
    canvas.ellipse((middle - face_width // 2, top, middle + face_width // 2, bottom), fill=skin)
    fringe = draws.between(12, 34)
    canvas.chord(
        (middle - face_width // 2, top - 4, middle + face_width // 2, top + 2 * fringe + 30),
        180,
        360,
        fill=hair,
    )
    apart = draws.between(20, 25)
    for side in (-1, 1):
        x = middle + side * apart
        canvas.ellipse((x - 9, eyes - 5, x + 9, eyes + 6), fill=(248, 248, 246))
        canvas.ellipse((x - 5, eyes - 5, x + 5, eyes + 6), fill=(44, 30, 24))
        canvas.line((x - 12, eyes - 17, x + 12, eyes - 17 - side * draws.between(-2, 2)), fill=hair, width=4)
    canvas.line((middle, eyes + 8, middle - 5, eyes + 30, middle + 5, eyes + 31), fill=_darker(skin), width=3)
    mouth = draws.between(16, 24)
    canvas.arc((middle - mouth, eyes + 34, middle + mouth, eyes + 54), 15, 165, fill=(164, 74, 72), width=4)
    if draws.chance(35):
        for side in (-1, 1):
            x = middle + side * apart
            canvas.ellipse((x - 16, eyes - 14, x + 16, eyes + 15), outline=(40, 40, 44), width=3)
        canvas.line((middle - apart + 16, eyes, middle + apart - 16, eyes), fill=(40, 40, 44), width=3)
    canvas.rectangle((0, height - 40, width, height), fill=(250, 250, 250))
    canvas.text(
        (width // 2, height - 20), "TEST", font=WITHOUT_JAPANESE.at(30), fill=(180, 20, 30), anchor="mm"
    )
    return image


def font_notes(words: str, font: Font) -> tuple[str, ...]:
    """What a card's notes must say when its words could not all be drawn."""
    if not font.japanese:
        return (
            "No Japanese font was found: Japanese characters in images are drawn as empty boxes, "
            f"text fields are complete. To draw them: {REMEDY}.",
        )
    missing = font.lacks(words)
    if not missing:
        return ()
    points = ", ".join(f"{character} U+{ord(character):04X}" for character in missing)
    return (f"The font {font.name} lacks {points}: drawn as its sign for a missing character.",)


def _words_image(words: str, size: tuple[int, int], limit: int, field: str, font: Font) -> Drawn:
    def draw(scale: float) -> Image.Image:
        image = Image.new("L", size, WHITE)
        canvas = ImageDraw.Draw(image)
        room = size[0] - MARK_WIDTH
        box = Box(8, 2, room - 16, size[1] - 4)
        _line(canvas, box, words, font, largest=round(34 * scale), where=field)
        mark = Box(room, 2, MARK_WIDTH - 6, size[1] - 4)
        _line(canvas, mark, design.mark_for(font), font, largest=18)
        return image

    return Drawn(_largest_that_fits(draw, limit, field), font_notes(words + design.MARK, font))


def _inner(box: Box) -> Box:
    return Box(box.left + 30, box.top + 20, box.width - 50, box.height - 40)


def _line(
    canvas: ImageDraw.ImageDraw, box: Box, words: str, font: Font, *, largest: int, where: str = "design"
) -> None:
    setting = set_words(words, box.width, box.height, font, largest=largest, smallest=min(SMALLEST, largest))
    if setting.clipped:
        raise CardUsageError(
            "The words do not fit their place at any size that can be read.",
            expected=f"words for {box.width} × {box.height} pixels at {SMALLEST} pixels a line",
            received=f"{len(words)} characters",
            where=where,
            remedy="shorten the words",
        )
    write(canvas, box, setting, font, BLACK)


def _largest_that_fits(draw: Callable[[float], Image.Image], limit: int, field: str) -> bytes:
    data = b""
    for percent in (100, 90, 80, 70, 60, 50):
        data = group_4_tiff(draw(percent / 100))
        if len(data) <= limit:
            return data
    raise CardUsageError(
        "The drawing does not fit its field, however small it is drawn.",
        expected=f"at most {limit} bytes",
        received=f"{len(data)} bytes at half size",
        where=field,
        remedy="shorten the words",
    )


def group_4_tiff(image: Image.Image) -> bytes:
    """The drawing in black and white as a TIFF of one strip in MMR (CCITT G4) coding."""
    levels = [BLACK] * THRESHOLD + [WHITE] * (256 - THRESHOLD)
    black_and_white = image.point(levels).convert("1", dither=Image.Dither.NONE)
    out = BytesIO()
    black_and_white.save(out, "TIFF", compression="group4", dpi=(200, 200))
    return out.getvalue()


def _jpeg_2000(image: Image.Image, limit: int) -> bytes:
    for rate in (60, 70, 80, 90, 100, 120, 150, 200, 300, 500):
        out = BytesIO()
        image.save(out, "JPEG2000", quality_mode="rates", quality_layers=[rate], irreversible=True)
        data = out.getvalue()
        if len(data) <= limit:
            return data
    raise CardUsageError(
        "The photo does not fit its field, however coarsely it is coded.",
        expected=f"at most {limit} bytes",
        received=f"{len(data)} bytes at the coarsest",
        where="photo",
        remedy="raise the limit: the field takes 3000 bytes",
    )


def _darker(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    red, green, blue = colour
    return red * 7 // 8, green * 7 // 8, blue * 7 // 8
