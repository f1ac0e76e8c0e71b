"""A font that can write Japanese: found on the machine, or done without.

Issuing a card needs no system package. Where no Japanese font is found, Latin letters and digits are drawn
with the font inside Pillow and every other character as an empty box, and whoever asked is told so in a note
that stays with the card. The chip's text fields do not depend on any font.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from PIL import ImageFont

from virtual_card.errors import CardUsageError

VARIABLE: Final = "RENKEI_CARD_FONT"
"""Environment variable that names a font file, or `none` to draw without a Japanese font."""
REMEDY: Final = f"apt install fonts-noto-cjk (or fonts-ipaexfont), or name a font file in {VARIABLE}"

FOLDERS: Final = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "C:/Windows/Fonts",
)
# In order of preference; a collection's first face is the Japanese one in all of these.
NAMES: Final = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKjp-Regular.otf",
    "NotoSansJP-Regular.ttf",
    "NotoSansJP-Regular.otf",
    "ipaexg.ttf",
    "ipag.ttf",
    "fonts-japanese-gothic.ttf",
    "TakaoGothic.ttf",
    "VL-Gothic-Regular.ttf",
    "DroidSansFallbackFull.ttf",
    "ヒラギノ角ゴシック W3.ttc",
    "Hiragino Sans GB.ttc",
    "YuGothM.ttc",
    "meiryo.ttc",
    "msgothic.ttc",
)

Loaded = ImageFont.FreeTypeFont


@dataclass(frozen=True, slots=True)
class Font:
    """A font to write with. `path` is None for the one inside Pillow, which knows no Japanese."""

    path: str | None

    @property
    def name(self) -> str:
        """For notes: the file's name, without the machine's folders."""
        return "Pillow's own font" if self.path is None else Path(self.path).name

    @property
    def japanese(self) -> bool:
        """Whether it was chosen for Japanese."""
        return self.path is not None

    def at(self, size: int) -> Loaded:
        """The font at `size` pixels."""
        return _loaded(self.path, size)

    def lacks(self, text: str) -> str:
        """The characters of `text` that it cannot draw, each once, in order of appearance."""
        return "".join(dict.fromkeys(c for c in text if not c.isspace() and _is_missing(self.path, c)))


WITHOUT_JAPANESE: Final = Font(None)


def find_font() -> Font:
    """The font named in `RENKEI_CARD_FONT`, else the first known Japanese font, else Pillow's own.

    Raises:
        CardUsageError: when the variable names a file that is no font.
    """
    named = os.environ.get(VARIABLE, "")
    if named == "none":
        return WITHOUT_JAPANESE
    if named:
        return font_at(named, where=VARIABLE)
    return _found() or WITHOUT_JAPANESE


def font_at(path: str, where: str = "font") -> Font:
    """The font in that file.

    Raises:
        CardUsageError: when the file cannot be read as a font.
    """
    try:
        _loaded(path, 16)
    except OSError as error:
        raise CardUsageError(
            "This file is no font that can be used.",
            expected="a TrueType or OpenType font (.ttf, .otf, .ttc)",
            received=f"{path}: {error}",
            where=where,
            remedy=REMEDY,
        ) from error
    return Font(path)


@cache
def _found() -> Font | None:
    present: dict[str, Path] = {}
    for folder in FOLDERS:
        root = Path(folder).expanduser()
        if root.is_dir():
            for path in sorted(root.rglob("*.[to]t[fc]")):
                present.setdefault(path.name, path)
    for name in NAMES:
        if name in present:
            return Font(str(present[name]))
    return None


@cache
def _loaded(path: str | None, size: int) -> Loaded:
    if path is not None:
        return ImageFont.truetype(path, size)
    own = ImageFont.load_default(size)
    if not isinstance(own, ImageFont.FreeTypeFont):
        raise CardUsageError(
            "This Pillow was built without FreeType and cannot write at all.",
            expected="Pillow with FreeType support",
            remedy="install Pillow from its wheel: pip install --force-reinstall pillow",
        )
    return own


@cache
def _is_missing(path: str | None, character: str) -> bool:
    # A font draws what it lacks as its glyph 0; a noncharacter is lacking everywhere.
    font = _loaded(path, 24)
    return _ink(font, character) == _ink(font, "\U0010fffe")


def _ink(font: Loaded, character: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(character)
    return mask.size, bytes(mask)
