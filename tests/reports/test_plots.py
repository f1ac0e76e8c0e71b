"""Plots: round scales, and pictures that keep to their data."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import plots, svg
from reports.plots import Axes, Bar, Mark
from reports.svg import Caption

CAPTION = Caption("k", "title <1>", "desc & more")


@given(st.floats(1e-6, 1e9))
def test_ticks_begin_at_zero_and_end_at_the_first_round_value_that_covers_all(largest: float) -> None:
    found = svg.ticks(largest)
    assert found[0] == 0
    assert found[-1] >= largest * (1 - 1e-6)
    assert found[-2] < largest
    assert 2 <= len(found) <= 7


@given(st.integers(0, 10**9))
def test_ticks_of_counts_are_whole_numbers(largest: int) -> None:
    found = svg.whole_ticks(largest)
    assert found[-1] >= largest
    assert all(value == int(value) for value in found)
    assert len(found) >= 2


def test_a_plot_escapes_its_texts() -> None:
    svg = plots.bars(CAPTION, Axes("<x>", ""), [Bar("a & b", (1,), "<1>")], ("a",))
    assert "title &lt;1&gt;" in svg
    assert "desc &amp; more" in svg
    assert "a &amp; b" in svg
    assert "<x>" not in svg


def test_stacked_segments_follow_one_another_without_gap_or_overlap() -> None:
    svg = plots.bars(CAPTION, Axes("n", ""), [Bar("row", (30, 0, 20), "50")], ("a", "w", "g"))
    found = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="18" class="(\w)"', svg)
    assert [cls for _, _, cls in found] == ["a", "g"]
    (x1, wide1, _), (x2, wide2, _) = found
    assert float(x1) + float(wide1) == pytest.approx(float(x2), abs=0.2)
    assert float(wide1) / float(wide2) == pytest.approx(1.5, abs=0.01)


def test_the_cumulative_curve_ends_at_the_top() -> None:
    svg = plots.histogram(
        CAPTION,
        Axes("h", "n", "%"),
        [3, 0, 5],
        tail=2,
        tail_label="≥ 3",
        edges=[(0, "0")],
        marks=[Mark(1.5, "median"), Mark(3.5, "90%")],
        hints=["a", "b", "c", "d"],
    )
    points = re.search(r'points="([^"]+)"', svg)
    assert points is not None
    ys = [float(point.split(",")[1]) for point in points.group(1).split()]
    assert ys == sorted(ys, reverse=True)
    assert ys[-1] == 62
    assert len(ys) == 5


def test_shading_joins_neighbouring_days() -> None:
    shaded = [False, True, True, False, True]
    svg = plots.columns(
        CAPTION, Axes("d", "n"), [1, 0, 0, 4, 0], labels=[(0, "1")], hints=[""] * 5, shaded=shaded
    )
    assert len(re.findall(r'class="shade"', svg)) == 2
    assert len(re.findall(r'class="a"', svg)) == 2


def test_a_plot_of_nothing_but_zeros_still_has_a_scale() -> None:
    svg = plots.columns(CAPTION, Axes("d", "n"), [0, 0], labels=[], hints=["", ""])
    assert ">1</text>" in svg


def test_a_scatter_has_a_point_for_each_with_its_hint_inside_the_picture() -> None:
    points = [plots.Point(0, 0, "a", "none <1>"), plots.Point(250, 40, "w", "most", "Most")]
    drawn = plots.scatter(CAPTION, Axes("x", "y"), points)
    assert drawn.count("<circle") == 2
    assert "none &lt;1&gt;" in drawn
    assert ">Most</text>" in drawn
    width, height = plots.WIDE
    for x, y in re.findall(r'<circle cx="([0-9.]+)" cy="([0-9.]+)"', drawn):
        assert 0 < float(x) < width
        assert 0 < float(y) < height
