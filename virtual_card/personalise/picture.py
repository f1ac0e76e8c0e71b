"""A card's front and back as one picture that a person can read: what `card show` draws.

It shows the printed face, not the chip. Labels are Japanese, English where the machine has no Japanese font.
見本 TEST lies across both sides.
"""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

from virtual_card.faces import Item, PrintedFace, rows_of
from virtual_card.layouts import CardType, Generation, Kind, profile_of
from virtual_card.personalise import design
from virtual_card.personalise.fonts import Font
from virtual_card.personalise.writing import Box, set_words, write
from virtual_card.reader.images import Picture, decode

SCALE: Final = 2
MARGIN: Final = 16  # in pixels before scaling
CAPTION: Final = 30
RADIUS: Final = 20
LONGEST: Final = 300
"""Characters of an item that are drawn at most; a card file from outside may hold any number."""

INK: Final = (32, 36, 44)
LABEL: Final = (96, 108, 124)
MARK: Final = (200, 30, 40)
TABLE: Final = (236, 238, 241)

# Two colours per kind of card, top and bottom of a shade: they tell kinds apart, they copy no real card.
_SHADES: Final = {
    Generation.FIRST: ((232, 240, 248), (214, 232, 226)),
    Generation.SECOND: ((240, 236, 250), (218, 226, 246)),
    Generation.SPECIFIED: ((252, 238, 240), (246, 226, 218)),
}


def draw_card(face: PrintedFace, font: Font, caption: str = "") -> bytes:
    """Front above back, as PNG. `caption` is a line beneath: the seed, the forgery that the card is.

    Raises:
        CardUsageError: cards of this type were never issued, so nobody knows what they look like.
    """
    rows_of(face.card_type)
    width = (design.WIDTH + 2 * MARGIN) * SCALE
    height = (2 * design.HEIGHT + 3 * MARGIN + (CAPTION if caption else 0)) * SCALE
    sheet = Image.new("RGB", (width, height), TABLE)
    mask = _rounded()
    for number, side in enumerate((_front(face, font), _back(face, font))):
        place = (MARGIN * SCALE, (MARGIN + number * (design.HEIGHT + MARGIN)) * SCALE)
        sheet.paste(side, place, mask)
    if caption:
        top = 2 * design.HEIGHT + 3 * MARGIN - 8
        canvas = ImageDraw.Draw(sheet)
        _write(canvas, Box(MARGIN + 4, top, design.WIDTH - 8, CAPTION), caption, font, 15, INK)
    out = BytesIO()
    sheet.save(out, "PNG", optimize=False)
    return out.getvalue()


def _front(face: PrintedFace, font: Font) -> Image.Image:
    image, canvas = _blank(face.card_type)
    _photo(image, face.images.get("photo", b""), font)
    _write(canvas, design.TITLE_BOX, design.title_for(face.card_type, font), font, 28, INK)
    for place in design.front_places(face.items):
        _item(canvas, place, face, font)
    _foot(canvas, font)
    return _marked(image, font)


def _back(face: PrintedFace, font: Font) -> Image.Image:
    image, canvas = _blank(face.card_type)
    title = design.title_for(face.card_type, font)
    back = design.BACK_TITLE if font.japanese else "back"
    _write(canvas, design.TITLE_BOX, f"{title} {back}", font, 22, INK)
    for place in design.BACK:
        if place.item in face.items:
            box = place.box
            corners = (box.left - 4, box.top - 2, box.left + box.width + 4, box.top + box.height + 1)
            canvas.rectangle([c * SCALE for c in corners], outline=LABEL, width=SCALE // 2)
        _item(canvas, place, face, font)
    _foot(canvas, font)
    return _marked(image, font)


def _item(canvas: ImageDraw.ImageDraw, place: design.Place, face: PrintedFace, font: Font) -> None:
    if place.item not in face.items:
        return
    _write(canvas, place.label_box, place.label_for(font), font, 15, LABEL)
    ink = MARK if place.item is Item.NUMBER else INK
    _write(canvas, place.words_box, face.items[place.item], font, place.largest, ink)


def _write(
    canvas: ImageDraw.ImageDraw, box: Box, words: str, font: Font, largest: int, ink: tuple[int, int, int]
) -> None:
    setting = set_words(words[:LONGEST], box.width, box.height, font, largest=largest, smallest=8)
    if setting.clipped or len(words) > LONGEST:
        setting = replace(setting, lines=(*setting.lines[:-1], setting.lines[-1][:-2] + "…"))
    write(canvas, box, setting, font, ink, SCALE)


def _foot(canvas: ImageDraw.ImageDraw, font: Font) -> None:
    _write(canvas, design.WARNING_BOX, design.warning_for(font), font, 14, MARK)


def _photo(image: Image.Image, photo: bytes, font: Font) -> None:
    box = design.PHOTO_BOX
    frame = [c * SCALE for c in (box.left, box.top, box.left + box.width, box.top + box.height)]
    canvas = ImageDraw.Draw(image)
    found = decode(photo, Kind.JPEG2000)
    if isinstance(found, Picture):
        portrait = Image.frombytes(found.mode, (found.width, found.height), found.pixels)
        scaled = portrait.convert("RGB").resize((box.width * SCALE, box.height * SCALE))
        image.paste(scaled, (frame[0], frame[1]))
    else:
        japanese, english = ("写真なし", "NO PHOTO") if found is None else ("読取不可", "UNREADABLE")
        place = Box(box.left + 24, box.top, box.width - 30, box.height)
        _write(canvas, place, japanese if font.japanese else english, font, 24, LABEL)
    canvas.rectangle(frame, outline=LABEL, width=SCALE // 2)


def _blank(card_type: CardType) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    top, bottom = _SHADES[profile_of(card_type).generation]
    width, height = design.WIDTH * SCALE, design.HEIGHT * SCALE
    image = Image.composite(
        Image.new("RGB", (width, height), bottom),
        Image.new("RGB", (width, height), top),
        Image.linear_gradient("L").resize((width, height)),
    )
    return image, ImageDraw.Draw(image)


def _marked(image: Image.Image, font: Font) -> Image.Image:
    """The side with the mark across it, light enough to read through."""
    words = design.mark_for(font)
    size = 96 * SCALE
    layer = Image.new("L", image.size, 0)
    middle = (image.width // 2, image.height // 2)
    ImageDraw.Draw(layer).text(middle, words, font=font.at(size), fill=38, anchor="mm")
    turned = layer.rotate(24)
    return Image.composite(Image.new("RGB", image.size, MARK), image, turned)


def _rounded() -> Image.Image:
    size = (design.WIDTH * SCALE, design.HEIGHT * SCALE)
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), RADIUS * SCALE, fill=255)
    return mask
