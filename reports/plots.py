"""Plots as SVG text: data in, text out. Nothing here knows measures, languages or pages.

Colours are classes of the page's style sheet (`a` accent, `w` warning, `g` grey, …), so a plot follows it on
screen and on paper. Every plot is one picture to assistive technology: `role="img"` with a title and a
description; the page puts the same numbers beside it as a table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10
from typing import Final, NamedTuple

from markupsafe import Markup

HALF: Final = (480, 300)
WIDE: Final = (960, 250)
FONT: Final = 13


@dataclass(frozen=True, slots=True)
class Caption:
    """What a picture is called and what it shows. `key` is unique in the page: it becomes an id."""

    key: str
    title: str
    desc: str


class Axes(NamedTuple):
    """Titles of the axes with their units; `right` only where there is a second scale."""

    x: str
    y: str
    right: str = ""


class Mark(NamedTuple):
    """A vertical line at `x` with its label."""

    x: float
    label: str


class Bar(NamedTuple):
    """A horizontal bar: its label, the lengths of its segments, and what is written at its right end."""

    label: str
    segments: tuple[int, ...]
    total: str


@dataclass(frozen=True, slots=True)
class Day:
    """A cell of a calendar. `level` 0 to 4 darkens it; `lines` are written below the day's number."""

    number: int
    weekday: int
    level: int
    lines: tuple[str, ...]
    hint: str
    missing: bool = False
    delayed: bool = False
    rejected: bool = False


# --- text and numbers ------------------------------------------------------------------------------
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


def _p(value: float) -> str:
    """A coordinate: at most one decimal."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def _plain(value: float) -> str:
    return f"{value:,.6f}".rstrip("0").rstrip(".")


def _text(x: float, y: float, text: str, cls: str = "t", anchor: str = "") -> str:
    anchored = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{_p(x)}" y="{_p(y)}" class="{cls}"{anchored}>{escape(text)}</text>'


def _rect(x: float, y: float, width: float, height: float, cls: str, hint: str = "") -> str:
    place = f'x="{_p(x)}" y="{_p(y)}" width="{_p(width)}" height="{_p(height)}" class="{cls}"'
    return f"<rect {place}><title>{escape(hint)}</title></rect>" if hint else f"<rect {place}/>"


def _line(x1: float, y1: float, x2: float, y2: float, cls: str) -> str:
    return f'<line x1="{_p(x1)}" y1="{_p(y1)}" x2="{_p(x2)}" y2="{_p(y2)}" class="{cls}"/>'


def _svg(size: tuple[float, float], caption: Caption, body: Sequence[str]) -> Markup:
    key = escape(caption.key)
    return Markup(
        f'<svg viewBox="0 0 {_p(size[0])} {_p(size[1])}" role="img" aria-labelledby="{key}-t {key}-d">'
        f'<title id="{key}-t">{escape(caption.title)}</title><desc id="{key}-d">{escape(caption.desc)}</desc>'
        + "".join(body)
        + "</svg>"
    )


# --- histogram with its cumulative curve -----------------------------------------------------------
def histogram(
    caption: Caption,
    axes: Axes,
    counts: Sequence[int],
    *,
    tail: int | None,
    tail_label: str,
    edges: Sequence[tuple[float, str]],
    marks: Sequence[Mark],
    hints: Sequence[str],
) -> Markup:
    """Columns side by side, the tail apart from them, and the share reached at each column's right edge.

    `edges` and `marks` (by place) are in columns from the left: 2.5 is the middle of the third; the tail is
    `len(counts)` to `len(counts) + 1`. `hints` has a text per column, the tail last.
    """
    width, height = HALF
    left, right, top, bottom = 50.0, 46.0, 62.0, 48.0
    base, inner = height - bottom, width - left - right
    pieces = len(counts) + (1.6 if tail is not None else 0)
    unit = inner / pieces
    scale = whole_ticks(max([*counts, tail or 0]))
    total = sum(counts) + (tail or 0)

    def x_of(column: float) -> float:
        """Columns to pixels; the tail stands six tenths of a column away from the rest."""
        return left + unit * (column + (0.6 if column > len(counts) else 0))

    def y_of(value: float) -> float:
        return base - (base - top) * value / scale[-1]

    body = [_text(0, 14, axes.y), _text(width, 14, axes.right, anchor="end")]
    for value in scale:
        body.append(_line(left, y_of(value), width - right, y_of(value), "grid"))
        body.append(_text(left - 7, y_of(value) + 4, _plain(value), anchor="end"))
    for share in (0, 50, 100):
        body.append(_text(width - right + 7, base - (base - top) * share / 100 + 4, str(share)))
    gap = 1.0 if unit > 6 else 0.4
    columns = [(float(i), count, "a") for i, count in enumerate(counts)]
    if tail is not None:
        columns.append((len(counts) + 1e-9, tail, "b"))
    curve = [(left, base)]
    seen = 0
    for (place, count, cls), hint in zip(columns, hints, strict=True):
        x = x_of(place)
        if count:
            body.append(_rect(x + gap / 2, y_of(count), unit - gap, base - y_of(count), cls, hint))
        seen += count
        curve.append((x + unit, base - (base - top) * seen / total))
    body.append(_line(left, base, width - right, base, "axis"))
    body.append(f'<polyline points="{" ".join(f"{_p(x)},{_p(y)}" for x, y in curve)}" class="curve"/>')
    for place, label in edges:
        body.append(_line(x_of(place), base, x_of(place), base + 4, "axis"))
        body.append(_text(x_of(place), base + 18, label, anchor="middle"))
    if tail is not None:
        middle = x_of(len(counts) + 0.5)
        body.append(_text(min(middle, width - _width(tail_label) / 2), base + 18, tail_label, "t", "middle"))
    body.append(_text(left + inner / 2, height - 8, axes.x, anchor="middle"))
    limit = float(width)
    for level, mark in enumerate(reversed(marks)):
        x, y, wide = x_of(mark.x), 34 + 16 * level, _width(mark.label) + 8
        body.append(_line(x, y + 3, x, base, "mark"))
        # To the right of its line, unless that runs out of the picture or into the line of the next mark.
        fits = x + wide < limit or x - wide < 0
        body.append(_text(x + (5 if fits else -5), y, mark.label, "t strong halo", "" if fits else "end"))
        limit = x
    return _svg(HALF, caption, body)


def _width(text: str) -> float:
    """About how wide a text is in pixels: full-width signs count as one em."""
    return sum(FONT if ord(sign) > 0x2E7F else FONT * 0.56 for sign in text)


# --- columns over days or hours --------------------------------------------------------------------
def columns(
    caption: Caption,
    axes: Axes,
    values: Sequence[float],
    *,
    labels: Sequence[tuple[int, str]],
    hints: Sequence[str],
    shaded: Sequence[bool] = (),
    shade: str = "shade",
    dots: Sequence[float] = (),
    size: tuple[int, int] = WIDE,
    scale: list[float] | None = None,
    write: Callable[[float], str] = _plain,
) -> Markup:
    """A column per day or hour. `labels`: (index, text); `shaded`: where the ground is tinted.

    `dots` adds a second value per column as a short line above it. `scale` are the ticks of the value axis.
    """
    width, height = size
    left, right, top, bottom = 62.0, 8.0, 30.0, 46.0
    base = height - bottom
    unit = (width - left - right) / max(len(values), 1)
    scale = scale or ticks(max([*values, *dots, 0]))
    roomy = unit >= 14  # else a label starts at its column, so that it does not run into its neighbours

    def y_of(value: float) -> float:
        return base - (base - top) * value / scale[-1]

    body = [_text(0, 14, axes.y)]
    for start, length in _runs(shaded):
        body.append(_rect(left + unit * start, top, unit * length, base - top, shade))
    for value in scale:
        body.append(_line(left, y_of(value), width - right, y_of(value), "grid"))
        body.append(_text(left - 7, y_of(value) + 4, write(value), anchor="end"))
    gap = min(unit * 0.2, 4)
    for i, (value, hint) in enumerate(zip(values, hints, strict=True)):
        if value:
            x, tall = left + unit * i + gap / 2, max(base - y_of(value), 0.8)
            body.append(_rect(x, base - tall, unit - gap, tall, "a", hint))
    for i, value in enumerate(dots):
        if value:
            body.append(
                _line(left + unit * i + 1, y_of(value), left + unit * (i + 1) - 1, y_of(value), "dot")
            )
    body.append(_line(left, base, width - right, base, "axis"))
    for index, label in labels:
        x = left + unit * (index + (0.5 if roomy else 0))
        body.append(_line(x, base, x, base + 5, "axis"))
        body.append(_text(x if roomy else x + 3, base + 18, label, anchor="middle" if roomy else ""))
    body.append(_text(left + (width - left - right) / 2, height - 7, axes.x, anchor="middle"))
    return _svg(size, caption, body)


def _runs(flags: Sequence[bool]) -> list[tuple[int, int]]:
    """(start, length) of each run of true flags."""
    runs: list[tuple[int, int]] = []
    for i, flag in enumerate(flags):
        if not flag:
            continue
        if runs and runs[-1][0] + runs[-1][1] == i:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((i, 1))
    return runs


# --- horizontal bars -------------------------------------------------------------------------------
def bars(caption: Caption, axes: Axes, rows: Sequence[Bar], classes: Sequence[str]) -> Markup:
    """Stacked bars, each below its label; segments that have room carry their number."""
    width, right, row, top = HALF[0], 8.0, 46.0, 6.0
    height = top + row * len(rows) + 42
    base = top + row * len(rows)
    scale = whole_ticks(max([sum(bar.segments) for bar in rows] + [0]))
    inner = width - right

    def x_of(value: float) -> float:
        return inner * value / scale[-1]

    body = [_line(x_of(value), top, x_of(value), base, "grid") for value in scale[1:]]
    for i, bar in enumerate(rows):
        y = top + row * i
        body.append(_text(0, y + 14, bar.label, "t halo"))
        body.append(_text(width - right, y + 14, bar.total, "t strong halo", "end"))
        x = 0.0
        for length, cls in zip(bar.segments, classes, strict=True):
            if not length:
                continue
            wide = x_of(length)
            body.append(_rect(x, y + 20, wide, 18, cls, f"{length:,}"))
            if wide > _width(f"{length:,}") + 8:
                body.append(_text(x + wide / 2, y + 34, f"{length:,}", f"t on-{cls}", "middle"))
            x += wide
    for value in scale:
        place = "middle" if 0 < value < scale[-1] else ("" if value == 0 else "end")
        body.append(_text(x_of(value), base + 15, _plain(value), anchor=place))
    body.append(_text(inner / 2, height - 8, axes.x, anchor="middle"))
    return _svg((width, height), caption, body)


# --- a month of a calendar -------------------------------------------------------------------------
def month(caption: Caption, weekdays: Sequence[str], days: Sequence[Day]) -> Markup:
    """One month, Monday first. A missing day is struck through; corners tell of delays and rejections."""
    cell_w, cell_h, top = 48.0, 50.0, 46.0
    weeks = 1 + (days[0].weekday + len(days) - 1) // 7
    size = (cell_w * 7 + 2, top + cell_h * weeks + 2)
    body = [_text(1, 16, caption.title, "t strong")]
    body += [_text(cell_w * (i + 0.5), 38, name, anchor="middle") for i, name in enumerate(weekdays)]
    for i, day in enumerate(days):
        slot = days[0].weekday + i
        x, y = 1 + cell_w * (slot % 7), top + cell_h * (slot // 7)
        body.append(f"<g><title>{escape(day.hint)}</title>{_cell(day, x, y, cell_w - 2, cell_h - 2)}</g>")
    return _svg(size, caption, body)


def _cell(day: Day, x: float, y: float, wide: float, tall: float) -> str:
    ink = "t small on-a" if day.level == 4 else "t small"
    if day.missing:
        parts = [_rect(x + 1, y + 1, wide - 2, tall - 2, "missing")]
        parts.append(_line(x + wide - 2, y + 2, x + 2, y + tall - 2, "strike"))
        ink = "t small warn halo"
    else:
        parts = [_rect(x, y, wide, tall, f"lv{day.level}")]
    parts.append(_text(x + 5, y + 14, str(day.number), ink))
    for i, line in enumerate(day.lines):
        parts.append(_text(x + wide - 4, y + 28 + 14 * i, line, ink, "end"))
    if day.delayed:
        parts.append(_triangle(x + wide - 8, y + 8))
    if day.rejected:
        parts.append(_square(x + wide - (20 if day.delayed else 8), y + 8))
    return "".join(parts)


def _triangle(x: float, y: float) -> str:
    return f'<path d="M{_p(x)} {_p(y - 5)}l5.5 9.5h-11z" class="flag"/>'


def _square(x: float, y: float) -> str:
    return f'<path d="M{_p(x)} {_p(y - 5.5)}l5.5 5.5l-5.5 5.5l-5.5 -5.5z" class="flag"/>'


# --- glyphs of legends -----------------------------------------------------------------------------
def glyph(what: str) -> Markup:
    """The sign that a legend explains: a colour class, or `curve`, `mark`, `dot`, `missing`, a flag."""
    drawn = {
        "curve": _line(1, 8, 19, 8, "curve"),
        "mark": _line(10, 1, 10, 15, "mark"),
        "dot": _line(3, 8, 17, 8, "dot"),
        "missing": _rect(2, 1, 16, 14, "missing") + _line(17, 2, 3, 14, "strike"),
        "delayed": _triangle(10, 8),
        "rejected": _square(10, 8),
    }
    inner = drawn.get(what) or _rect(2, 2, 16, 12, what)
    return Markup(f'<svg viewBox="0 0 20 16" width="20" height="16" aria-hidden="true">{inner}</svg>')
