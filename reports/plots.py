"""Plots as SVG text: data in, text out. Nothing here knows measures, languages or pages.

Colours are classes of the page's style sheet (`a` accent, `w` warning, `g` grey, …), so a plot follows it on
screen and on paper. Every plot is one picture to assistive technology: `role="img"` with a title and a
description; the page puts the same numbers beside it as a table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, NamedTuple

from markupsafe import Markup

from reports import svg

HALF: Final = (480, 300)
WIDE: Final = (960, 250)


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


class Point(NamedTuple):
    """A point of a scatter plot: its colour class, a hint, and a label where there is room."""

    x: float
    y: float
    cls: str
    hint: str
    label: str = ""


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


# --- histogram with its cumulative curve -----------------------------------------------------------
def histogram(
    caption: svg.Caption,
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
    scale = svg.whole_ticks(max([*counts, tail or 0]))
    total = sum(counts) + (tail or 0)

    def x_of(column: float) -> float:
        """Columns to pixels; the tail stands six tenths of a column away from the rest."""
        return left + unit * (column + (0.6 if column > len(counts) else 0))

    def y_of(value: float) -> float:
        return base - (base - top) * value / scale[-1]

    body = [svg.text(0, 14, axes.y), svg.text(width, 14, axes.right, anchor="end")]
    for value in scale:
        body.append(svg.line(left, y_of(value), width - right, y_of(value), "grid"))
        body.append(svg.text(left - 7, y_of(value) + 4, svg.plain(value), anchor="end"))
    for share in (0, 50, 100):
        body.append(svg.text(width - right + 7, base - (base - top) * share / 100 + 4, str(share)))
    gap = 1.0 if unit > 6 else 0.4
    columns = [(float(i), count, "a") for i, count in enumerate(counts)]
    if tail is not None:
        columns.append((len(counts) + 1e-9, tail, "b"))
    curve = [(left, base)]
    seen = 0
    for (place, count, cls), hint in zip(columns, hints, strict=True):
        x = x_of(place)
        if count:
            body.append(svg.rect(x + gap / 2, y_of(count), unit - gap, base - y_of(count), cls, hint))
        seen += count
        curve.append((x + unit, base - (base - top) * seen / total))
    body.append(svg.line(left, base, width - right, base, "axis"))
    body.append(
        f'<polyline points="{" ".join(f"{svg.place(x)},{svg.place(y)}" for x, y in curve)}" class="curve"/>'
    )
    for place, label in edges:
        body.append(svg.line(x_of(place), base, x_of(place), base + 4, "axis"))
        body.append(svg.text(x_of(place), base + 18, label, anchor="middle"))
    if tail is not None:
        middle = x_of(len(counts) + 0.5)
        body.append(
            svg.text(min(middle, width - svg.width_of(tail_label) / 2), base + 18, tail_label, "t", "middle")
        )
    body.append(svg.text(left + inner / 2, height - 8, axes.x, anchor="middle"))
    limit = float(width)
    for level, mark in enumerate(reversed(marks)):
        x, y, wide = x_of(mark.x), 34 + 16 * level, svg.width_of(mark.label) + 8
        body.append(svg.line(x, y + 3, x, base, "mark"))
        # To the right of its line, unless that runs out of the picture or into the line of the next mark.
        fits = x + wide < limit or x - wide < 0
        body.append(svg.text(x + (5 if fits else -5), y, mark.label, "t strong halo", "" if fits else "end"))
        limit = x
    return svg.picture(HALF, caption, body)


# --- columns over days or hours --------------------------------------------------------------------
def columns(
    caption: svg.Caption,
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
    write: Callable[[float], str] = svg.plain,
) -> Markup:
    """A column per day or hour. `labels`: (index, text); `shaded`: where the ground is tinted.

    `dots` adds a second value per column as a short line above it. `scale` are the ticks of the value axis.
    """
    width, height = size
    left, right, top, bottom = 62.0, 8.0, 30.0, 46.0
    base = height - bottom
    unit = (width - left - right) / max(len(values), 1)
    scale = scale or svg.ticks(max([*values, *dots, 0]))
    roomy = unit >= 14  # else a label starts at its column, so that it does not run into its neighbours

    def y_of(value: float) -> float:
        return base - (base - top) * value / scale[-1]

    body = [svg.text(0, 14, axes.y)]
    for start, length in _runs(shaded):
        body.append(svg.rect(left + unit * start, top, unit * length, base - top, shade))
    for value in scale:
        body.append(svg.line(left, y_of(value), width - right, y_of(value), "grid"))
        body.append(svg.text(left - 7, y_of(value) + 4, write(value), anchor="end"))
    gap = min(unit * 0.2, 4)
    for i, (value, hint) in enumerate(zip(values, hints, strict=True)):
        if value:
            x, tall = left + unit * i + gap / 2, max(base - y_of(value), 0.8)
            body.append(svg.rect(x, base - tall, unit - gap, tall, "a", hint))
    for i, value in enumerate(dots):
        if value:
            body.append(
                svg.line(left + unit * i + 1, y_of(value), left + unit * (i + 1) - 1, y_of(value), "dot")
            )
    body.append(svg.line(left, base, width - right, base, "axis"))
    for index, label in labels:
        x = left + unit * (index + (0.5 if roomy else 0))
        body.append(svg.line(x, base, x, base + 5, "axis"))
        body.append(svg.text(x if roomy else x + 3, base + 18, label, anchor="middle" if roomy else ""))
    body.append(svg.text(left + (width - left - right) / 2, height - 7, axes.x, anchor="middle"))
    return svg.picture(size, caption, body)


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
def bars(caption: svg.Caption, axes: Axes, rows: Sequence[Bar], classes: Sequence[str]) -> Markup:
    """Stacked bars, each below its label; segments that have room carry their number."""
    width, right, row, top = HALF[0], 8.0, 46.0, 6.0
    height = top + row * len(rows) + 42
    base = top + row * len(rows)
    scale = svg.whole_ticks(max([sum(bar.segments) for bar in rows] + [0]))
    inner = width - right

    def x_of(value: float) -> float:
        return inner * value / scale[-1]

    body = [svg.line(x_of(value), top, x_of(value), base, "grid") for value in scale[1:]]
    for i, bar in enumerate(rows):
        y = top + row * i
        body.append(svg.text(0, y + 14, bar.label, "t halo"))
        body.append(svg.text(width - right, y + 14, bar.total, "t strong halo", "end"))
        x = 0.0
        for length, cls in zip(bar.segments, classes, strict=True):
            if not length:
                continue
            wide = x_of(length)
            body.append(svg.rect(x, y + 20, wide, 18, cls, f"{length:,}"))
            if wide > svg.width_of(f"{length:,}") + 8:
                body.append(svg.text(x + wide / 2, y + 34, f"{length:,}", f"t on-{cls}", "middle"))
            x += wide
    for value in scale:
        place = "middle" if 0 < value < scale[-1] else ("" if value == 0 else "end")
        body.append(svg.text(x_of(value), base + 15, svg.plain(value), anchor=place))
    body.append(svg.text(inner / 2, height - 8, axes.x, anchor="middle"))
    return svg.picture((width, height), caption, body)


# --- points -------------------------------------------------------------------------------------------
def scatter(
    caption: svg.Caption, axes: Axes, points: Sequence[Point], size: tuple[int, int] = WIDE
) -> Markup:
    """Points over two axes that begin at zero."""
    width, height = size
    left, right, top, bottom = 62.0, 40.0, 30.0, 46.0
    base, inner = height - bottom, width - left - right
    across = svg.ticks(max([point.x for point in points] + [1]))
    up = svg.ticks(max([point.y for point in points] + [1]))

    def x_of(value: float) -> float:
        return left + inner * value / across[-1]

    def y_of(value: float) -> float:
        return base - (base - top) * value / up[-1]

    body = [svg.text(0, 14, axes.y)]
    for value in up:
        body.append(svg.line(left, y_of(value), width - right, y_of(value), "grid"))
        body.append(svg.text(left - 7, y_of(value) + 4, svg.plain(value), anchor="end"))
    for value in across:
        body.append(svg.line(x_of(value), base, x_of(value), base + 5, "axis"))
        body.append(svg.text(x_of(value), base + 18, svg.plain(value), anchor="middle"))
    body.append(svg.line(left, base, width - right, base, "axis"))
    for point in points:
        x, y = x_of(point.x), y_of(point.y)
        body.append(
            f'<circle cx="{svg.place(x)}" cy="{svg.place(y)}" r="5" class="{point.cls}">'
            f"<title>{escape(point.hint)}</title></circle>"
        )
        if point.label:
            fits = x + 9 + svg.width_of(point.label) < width
            body.append(
                svg.text(x + (9 if fits else -9), y - 6, point.label, "t strong halo", "" if fits else "end")
            )
    body.append(svg.text(left + inner / 2, height - 7, axes.x, anchor="middle"))
    return svg.picture(size, caption, body)


# --- a month of a calendar -------------------------------------------------------------------------
def month(caption: svg.Caption, weekdays: Sequence[str], days: Sequence[Day]) -> Markup:
    """One month, Monday first. A missing day is struck through; corners tell of delays and rejections."""
    cell_w, cell_h, top = 48.0, 50.0, 46.0
    weeks = 1 + (days[0].weekday + len(days) - 1) // 7
    size = (cell_w * 7 + 2, top + cell_h * weeks + 2)
    body = [svg.text(1, 16, caption.title, "t strong")]
    body += [svg.text(cell_w * (i + 0.5), 38, name, anchor="middle") for i, name in enumerate(weekdays)]
    for i, day in enumerate(days):
        slot = days[0].weekday + i
        x, y = 1 + cell_w * (slot % 7), top + cell_h * (slot // 7)
        body.append(f"<g><title>{escape(day.hint)}</title>{_cell(day, x, y, cell_w - 2, cell_h - 2)}</g>")
    return svg.picture(size, caption, body)


def _cell(day: Day, x: float, y: float, wide: float, tall: float) -> str:
    ink = "t small on-a" if day.level == 4 else "t small"
    if day.missing:
        parts = [svg.rect(x + 1, y + 1, wide - 2, tall - 2, "missing")]
        parts.append(svg.line(x + wide - 2, y + 2, x + 2, y + tall - 2, "strike"))
        ink = "t small warn halo"
    else:
        parts = [svg.rect(x, y, wide, tall, f"lv{day.level}")]
    parts.append(svg.text(x + 5, y + 14, str(day.number), ink))
    for i, line in enumerate(day.lines):
        parts.append(svg.text(x + wide - 4, y + 28 + 14 * i, line, ink, "end"))
    if day.delayed:
        parts.append(_triangle(x + wide - 8, y + 8))
    if day.rejected:
        parts.append(_square(x + wide - (20 if day.delayed else 8), y + 8))
    return "".join(parts)


def _triangle(x: float, y: float) -> str:
    return f'<path d="M{svg.place(x)} {svg.place(y - 5)}l5.5 9.5h-11z" class="flag"/>'


def _square(x: float, y: float) -> str:
    return f'<path d="M{svg.place(x)} {svg.place(y - 5.5)}l5.5 5.5l-5.5 5.5l-5.5 -5.5z" class="flag"/>'


# --- glyphs of legends -----------------------------------------------------------------------------
def glyph(what: str) -> Markup:
    """The sign that a legend explains: a colour class, or `curve`, `mark`, `dot`, `missing`, a flag."""
    drawn = {
        "curve": svg.line(1, 8, 19, 8, "curve"),
        "mark": svg.line(10, 1, 10, 15, "mark"),
        "dot": svg.line(3, 8, 17, 8, "dot"),
        "missing": svg.rect(2, 1, 16, 14, "missing") + svg.line(17, 2, 3, 14, "strike"),
        "delayed": _triangle(10, 8),
        "rejected": _square(10, 8),
    }
    inner = drawn.get(what) or svg.rect(2, 2, 16, 12, what)
    return Markup(f'<svg viewBox="0 0 20 16" width="20" height="16" aria-hidden="true">{inner}</svg>')
