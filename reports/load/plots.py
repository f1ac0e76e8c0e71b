"""Curves over a common axis, as SVG text: several lines with marks and shaded spans. Knows no results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from markupsafe import Markup

from reports import svg
from reports.plots import Axes, Mark

SIZE: Final = (960, 270)
MOST_POINTS: Final = 720
"""More points than pixels say nothing: neighbours are taken together, the highest and the lowest kept."""


class Curve(NamedTuple):
    """A line: its colour class and its points, from left to right. `steps`: a value holds since the one
    before."""

    cls: str
    points: Sequence[tuple[float, float]]
    steps: bool = False


def curves(
    caption: svg.Caption,
    axes: Axes,
    lines: Sequence[Curve],
    *,
    across: Sequence[tuple[float, str]],
    scale: Sequence[float],
    marks: Sequence[Mark] = (),
    shaded: Sequence[tuple[float, float]] = (),
    write: Callable[[float], str] = svg.plain,
    size: tuple[int, int] = SIZE,
) -> Markup:
    """Lines over one axis. `across`: ticks of the x axis with their labels, the first and last its ends;
    `scale`: ticks of the y axis, from zero; `shaded`: spans of the x axis with a tinted ground."""
    width, height = size
    left, right, top, bottom = 66.0, 16.0, 40.0 + 16 * (len(marks) > 1), 46.0
    base, inner = height - bottom, width - left - right
    low, high = across[0][0], across[-1][0]

    def x_of(value: float) -> float:
        return left + inner * (min(max(value, low), high) - low) / ((high - low) or 1)

    def y_of(value: float) -> float:
        return base - (base - top) * min(value, scale[-1]) / (scale[-1] or 1)

    body = [svg.text(0, 14, axes.y)]
    for begin, end in shaded:
        body.append(svg.rect(x_of(begin), top, max(x_of(end) - x_of(begin), 1), base - top, "shade-w"))
    for value in scale:
        body.append(svg.line(left, y_of(value), width - right, y_of(value), "grid"))
        body.append(svg.text(left - 7, y_of(value) + 4, write(value), anchor="end"))
    for curve in lines:
        points = [(x_of(x), y_of(y)) for x, y in thinned(curve.points)]
        if curve.steps:
            begins = [x_of(low), *(x for x, _ in points)]
            points = [
                corner for x0, (x, y) in zip(begins, points, strict=False) for corner in ((x0, y), (x, y))
            ]
        if points:
            drawn = " ".join(f"{svg.place(x)},{svg.place(y)}" for x, y in points)
            body.append(f'<polyline points="{drawn}" class="run-{curve.cls}"/>')
    body.append(svg.line(left, base, width - right, base, "axis"))
    for value, label in across:
        anchor = "end" if x_of(value) > width - right - svg.width_of(label) / 2 else "middle"
        body.append(svg.line(x_of(value), base, x_of(value), base + 5, "axis"))
        body.append(svg.text(x_of(value), base + 19, label, anchor=anchor))
    for level, mark in enumerate(sorted(marks)):
        x, y = x_of(mark.x), 30.0 + 16 * level
        fits = x + svg.width_of(mark.label) + 8 < width
        body.append(svg.line(x, y + 3, x, base, "mark"))
        body.append(svg.text(x + (5 if fits else -5), y, mark.label, "t strong halo", "" if fits else "end"))
    body.append(svg.text(left + inner / 2, height - 7, axes.x, anchor="middle"))
    return svg.picture(size, caption, body)


def thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most `MOST_POINTS` points with the same highs and lows."""
    if len(points) <= MOST_POINTS:
        return list(points)
    step = -(-2 * len(points) // MOST_POINTS)
    kept = []
    for begin in range(0, len(points), step):
        few = points[begin : begin + step]
        kept += sorted({min(few, key=lambda point: point[1]), max(few, key=lambda point: point[1])})
    return kept


def glyph(cls: str) -> Markup:
    """The sign of a curve in a legend, by its colour class."""
    drawn = svg.line(1, 8, 19, 8, f"run-{cls}")
    return Markup(f'<svg viewBox="0 0 20 16" width="20" height="16" aria-hidden="true">{drawn}</svg>')
