"""Curves over time: points inside the picture, highs and lows kept, marks and spans at their place."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from reports import svg
from reports.load.plots import MOST_POINTS, SIZE, Curve, curves, glyph, thinned
from reports.plots import Axes, Mark

CAPTION = svg.Caption("it", "It", "It is.")
ACROSS = [(0.0, "0"), (50.0, "50"), (100.0, "100")]


def points(picture: str) -> list[tuple[float, float]]:
    found = re.findall(r'<polyline points="([^"]*)"', picture)
    return [tuple(map(float, pair.split(","))) for line in found for pair in line.split()]  # type: ignore[misc]


@given(
    st.lists(st.tuples(st.floats(-10, 200), st.floats(0, 500)), max_size=50),
    st.booleans(),
)
def test_whatever_the_points_the_curve_stays_inside_the_picture(
    data: list[tuple[float, float]], steps: bool
) -> None:
    drawn = curves(
        CAPTION, Axes("x", "y"), [Curve("a", sorted(data), steps)], across=ACROSS, scale=[0, 50, 100]
    )
    assert all(0 <= x <= SIZE[0] and 0 <= y <= SIZE[1] for x, y in points(drawn))


def test_steps_hold_a_value_since_the_point_before() -> None:
    drawn = curves(
        CAPTION,
        Axes("x", "y"),
        [Curve("a", [(50.0, 100.0), (100.0, 0.0)], steps=True)],
        across=ACROSS,
        scale=[0, 100],
    )
    corners = points(drawn)
    assert len(corners) == 4
    assert corners[0][1] == corners[1][1] < corners[2][1] == corners[3][1]
    assert corners[1][0] == corners[2][0]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=5_000))
def test_thinning_keeps_the_highest_and_the_lowest(values: list[float]) -> None:
    data = [(float(at), value) for at, value in enumerate(values)]
    few = thinned(data)
    assert len(few) <= MOST_POINTS
    assert few == sorted(few)
    assert set(few) <= set(data)
    assert max(y for _, y in few) == max(values)
    assert min(y for _, y in few) == min(values)


def test_marks_and_spans_stand_at_their_place_and_words_are_escaped() -> None:
    drawn = curves(
        CAPTION,
        Axes("<x>", "y"),
        [],
        across=ACROSS,
        scale=[0, 1],
        marks=[Mark(100.0, "end & over")],
        shaded=[(0.0, 50.0)],
    )
    assert "end &amp; over" in drawn
    assert "&lt;x&gt;" in drawn
    left, width = re.findall(r'<rect x="([0-9.]+)" y="[0-9.]+" width="([0-9.]+)"[^>]*class="shade-w"', drawn)[
        0
    ]
    right = max(float(x) for x in re.findall(r'<line x1="([0-9.]+)"[^>]*class="mark"', drawn))
    assert float(left) + 2 * float(width) == right


def test_a_single_point_in_time_is_drawn_without_an_error() -> None:
    drawn = curves(CAPTION, Axes("x", "y"), [Curve("a", [(0.0, 0.0)])], across=[(0.0, "0")], scale=[0.0])
    assert len(points(drawn)) == 1


def test_a_glyph_has_the_class_of_its_curve() -> None:
    assert 'class="run-g"' in glyph("g")
