"""What every plot is drawn with: ticks, words, lines and boxes as SVG text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Final

from markupsafe import Markup

FONT: Final = 13


@dataclass(frozen=True, slots=True)
class Caption:
    """What a picture is called and what it shows. `key` is unique in the page: it becomes an id."""

    key: str
    title: str
    desc: str


def ticks(largest: float, most: int = 5) -> list[float]:
    """Round values from 0 to the first that is not below `largest`; at least 0 and 1."""
    if largest <= 0:
        return [0.0, 1.0]
    rough = largest / most
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    count = 1
    while step * count < largest * (1 - 1e-9):
        count += 1
    return [step * i for i in range(count + 1)]


def whole_ticks(largest: int, most: int = 5) -> list[float]:
    """Ticks for counts: whole numbers only."""
    found = ticks(max(largest, 1), most)
    if found[1] >= 1 and all(value == int(value) for value in found):
        return found
    return [float(value) for value in range(max(largest, 1) + 1)] if largest <= most else ticks(largest, 4)


def ticks_between(low: float, high: float, most: int = 5) -> list[float]:
    """Round values around a range that need not contain zero; at least two."""
    if high <= low:
        low, high = low - 1, high + 1
    rough = (high - low) / most
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [step * i for i in range(first, last + 1)]


def place(value: float) -> str:
    """A coordinate: at most one decimal."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def plain(value: float) -> str:
    """A number with thousands separators and no needless zeros."""
    return f"{value:,.6f}".rstrip("0").rstrip(".")


def text(x: float, y: float, words: str, cls: str = "t", anchor: str = "") -> str:
    """Words at a point; `anchor` as SVG has it."""
    anchored = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{place(x)}" y="{place(y)}" class="{cls}"{anchored}>{escape(words)}</text>'


def rect(x: float, y: float, width: float, height: float, cls: str, hint: str = "") -> str:
    """A rectangle of a colour class, with a hint for who points at it."""
    at = f'x="{place(x)}" y="{place(y)}" width="{place(width)}" height="{place(height)}" class="{cls}"'
    return f"<rect {at}><title>{escape(hint)}</title></rect>" if hint else f"<rect {at}/>"


def line(x1: float, y1: float, x2: float, y2: float, cls: str) -> str:
    """A straight line."""
    return f'<line x1="{place(x1)}" y1="{place(y1)}" x2="{place(x2)}" y2="{place(y2)}" class="{cls}"/>'


def picture(size: tuple[float, float], caption: Caption, body: Sequence[str]) -> Markup:
    """The whole picture, with its title and description for assistive technology."""
    key = escape(caption.key)
    return Markup(
        f'<svg viewBox="0 0 {place(size[0])} {place(size[1])}" role="img" aria-labelledby="{key}-t {key}-d">'
        f'<title id="{key}-t">{escape(caption.title)}</title><desc id="{key}-d">{escape(caption.desc)}</desc>'
        + "".join(body)
        + "</svg>"
    )


def width_of(text: str) -> float:
    """About how wide a text is in pixels: full-width signs count as one em."""
    return sum(FONT if ord(sign) > 0x2E7F else FONT * 0.56 for sign in text)
