"""Words in a rectangle: broken into lines, as large as they fit, drawn with whatever font there is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from PIL import ImageDraw

from virtual_card.personalise.fonts import Font

LEADING: Final = 1.22
"""Distance of lines, in sizes of the font: Japanese fonts fill their square."""

RISE: Final = 0.37
"""How far the middle of a letter or a Japanese character lies above the line it stands on, in sizes."""

Ink = int | tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels: its upper left corner, width and height."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Setting:
    """Words set for a box: size of the font in pixels, and the lines. `clipped`: not all of them fit."""

    size: int
    lines: tuple[str, ...]
    clipped: bool = False


def set_words(words: str, width: int, height: int, font: Font, *, largest: int, smallest: int) -> Setting:
    """The largest setting of `words` that fits; where none does, the smallest, cut off and `clipped`."""
    for size in range(largest, smallest - 1, -1):
        lines = tuple(_broken(words, width, font, size))
        if len(lines) * size * LEADING <= height and all(_width(line, font, size) <= width for line in lines):
            return Setting(size, lines)
    room = max(1, int(height / (smallest * LEADING)))
    return Setting(smallest, tuple(_broken(words, width, font, smallest))[:room], clipped=True)


def write(
    draw: ImageDraw.ImageDraw, box: Box, setting: Setting, font: Font, ink: Ink, scale: int = 1
) -> None:
    """Draw the setting into the box, in its middle from top to bottom."""
    size = setting.size * scale
    step = setting.size * LEADING * scale
    middle = (box.top + box.height / 2) * scale - step * (len(setting.lines) - 1) / 2
    for number, line in enumerate(setting.lines):
        baseline = round(middle + number * step + size * RISE)
        _write_line(draw, box.left * scale, baseline, line, font, size, ink)


def _write_line(
    draw: ImageDraw.ImageDraw, left: float, baseline: int, line: str, font: Font, size: int, ink: Ink
) -> None:
    if font.japanese:
        draw.text((left, baseline), line, font=font.at(size), fill=ink, anchor="ls")
        return
    missing = font.lacks(line)
    for character in line:
        if character in missing:
            square = (left + 1, baseline - round(size * 0.84), left + size - 2, baseline + round(size * 0.1))
            draw.rectangle(square, outline=ink, width=max(1, size // 24))
        else:
            draw.text((left, baseline), character, font=font.at(size), fill=ink, anchor="ls")
        left += _advance(character, font, size, missing)


def _width(line: str, font: Font, size: int) -> float:
    if font.japanese:
        return font.at(size).getlength(line)
    missing = font.lacks(line)
    return sum(_advance(character, font, size, missing) for character in line)


def _advance(character: str, font: Font, size: int, missing: str) -> float:
    return float(size) if character in missing else font.at(size).getlength(character)


def _broken(words: str, width: int, font: Font, size: int) -> Iterator[str]:
    for paragraph in words.split("\n"):
        whole = paragraph.split(" ")
        # At spaces where that is enough: a building's name is not torn apart while it fits on a line.
        if all(_width(word, font, size) <= width for word in whole):
            yield from _filled([word + " " for word in whole], width, font, size)
        else:
            yield from _filled(list(_pieces(paragraph)), width, font, size)


def _filled(pieces: list[str], width: int, font: Font, size: int) -> Iterator[str]:
    line, long = "", 0.0
    for piece in pieces:
        # Width by pieces: what kerning between them would change is less than a pixel.
        if line and long + _width(piece.rstrip(), font, size) > width:
            yield line.rstrip()
            line, long = "", 0.0
        line += piece
        long += _width(piece, font, size)
    yield line.rstrip()


def _pieces(paragraph: str) -> Iterator[str]:
    """What must not be torn apart: a Latin word with the space behind it, a single Japanese character."""
    piece = ""
    for character in paragraph:
        if piece and (not character.isascii() or not piece[-1].isascii() or piece[-1] == " "):
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece
