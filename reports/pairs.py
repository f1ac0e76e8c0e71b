"""Plots of paired replications as SVG text: two sides of one figure, and intervals of many differences.

As in `reports.plots`: data in, text out, colours are classes of the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from markupsafe import Markup

from reports import svg
from reports.plots import HALF, Axes

_ROW: Final = 34.0


class Interval(NamedTuple):
    """A mean with its interval on a common scale: a row of a forest plot. `shown`: zero lies outside."""

    label: str
    low: float
    mean: float
    high: float
    value: str
    shown: bool


def slopes(
    caption: svg.Caption, axes: Axes, sides: tuple[str, str], pairs: Sequence[tuple[float, float]]
) -> Markup:
    """A line for each replication from its value on the left side to that on the right, and the two means."""
    width, height = HALF
    left, right, top, bottom = 70.0, 90.0, 34.0, 40.0
    values = [value for pair in pairs for value in pair]
    scale = svg.ticks_between(min(values), max(values))
    base, x_a, x_b = height - bottom, left + 60, width - right - 40

    def y_of(value: float) -> float:
        return base - (base - top) * (value - scale[0]) / (scale[-1] - scale[0])

    body = [svg.text(0, 14, axes.y)]
    for value in scale:
        body.append(svg.line(left, y_of(value), width - right, y_of(value), "grid"))
        body.append(svg.text(left - 7, y_of(value) + 4, svg.plain(value), anchor="end"))
    for a, b in pairs:
        body.append(svg.line(x_a, y_of(a), x_b, y_of(b), "pair"))
        body += [_dot(x_a, y_of(a), "a"), _dot(x_b, y_of(b), "a")]
    means = [sum(side) / len(pairs) for side in zip(*pairs, strict=True)]
    body.append(svg.line(x_a, y_of(means[0]), x_b, y_of(means[1]), "curve"))
    for x, side in ((x_a, sides[0]), (x_b, sides[1])):
        body.append(svg.text(x, base + 22, side, "t strong", "middle"))
    return svg.picture(HALF, caption, body)


def forest(caption: svg.Caption, axes: Axes, rows: Sequence[Interval], limit: float) -> Markup:
    """Intervals below one another around the line of no difference.

    The axis reaches no further than `limit` to either side. What lies outside is marked by an arrowhead at
    the edge; a mean that lies outside has no dot.
    """
    width, left, right, top = 960.0, 420.0, 150.0, 26.0
    height = top + _ROW * len(rows) + 46
    base = top + _ROW * len(rows)
    scale = _bounded([value for row in rows for value in (row.low, row.high)], limit)

    def x_of(value: float) -> float:
        inside = min(max(value, scale[0]), scale[-1])
        return left + (width - left - right) * (inside - scale[0]) / (scale[-1] - scale[0])

    body = [svg.line(x_of(value), top, x_of(value), base, "grid") for value in scale]
    body.append(svg.line(x_of(0), top - 8, x_of(0), base, "axis"))
    for i, row in enumerate(rows):
        y = top + _ROW * (i + 0.5)
        cls = "range" if row.shown else "range dim"
        body.append(svg.text(left - 14, y + 4, row.label, anchor="end"))
        body.append(svg.line(x_of(row.low), y, x_of(row.high), y, cls))
        for end in (row.low, row.high):
            body.append(_end(x_of(end), y, _side(end, scale), cls))
        if not _side(row.mean, scale):
            body.append(_dot(x_of(row.mean), y, "a" if row.shown else "g"))
        body.append(svg.text(width, y + 4, row.value, "t strong" if row.shown else "t", "end"))
    for value in scale:
        body.append(svg.text(x_of(value), base + 17, svg.plain(value), anchor="middle"))
    body.append(svg.text(left + (width - left - right) / 2, height - 8, axes.x, anchor="middle"))
    return svg.picture((width, height), caption, body)


def reaches_out(rows: Sequence[Interval], limit: float) -> bool:
    """Whether any of them lies outside the axis of a forest plot."""
    scale = _bounded([value for row in rows for value in (row.low, row.high)], limit)
    return any(_side(value, scale) for row in rows for value in (row.low, row.mean, row.high))


def _bounded(values: Sequence[float], limit: float) -> list[float]:
    """Ticks from the lowest to the highest value and zero, no further than the limit on either side."""
    inside = [min(max(value, -limit), limit) for value in values]
    return svg.ticks_between(min([*inside, 0.0]), max([*inside, 0.0]))


def _side(value: float, scale: Sequence[float]) -> int:
    """Below the axis -1, above it 1, else 0."""
    return (value > scale[-1] + 1e-9) - (value < scale[0] - 1e-9)


def _end(x: float, y: float, side: int, cls: str) -> str:
    """An interval's end: a stroke, or an arrowhead where it goes on outside the axis."""
    if not side:
        return svg.line(x, y - 5, x, y + 5, cls)
    tail = x - 9 * side
    return svg.line(tail, y - 5, x, y, cls) + svg.line(tail, y + 5, x, y, cls)


def _dot(x: float, y: float, cls: str) -> str:
    return f'<circle cx="{svg.place(x)}" cy="{svg.place(y)}" r="4" class="{cls}"/>'
