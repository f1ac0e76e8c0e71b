"""All key figures of a comparison: as a picture, in tables, and how their numbers are written."""

from __future__ import annotations

from statistics import fmean
from typing import Final

from reports import pairs, plots, svg
from reports.amounts import amount
from reports.blocks import Block, Column, Figure, Row, Section, Table, Text
from reports.language import NOTHING, Language
from reports.sections.promise import not_watched
from sim.studies.comparison import Compared, Comparison
from sim.studies.figures import figure_of

AXIS_LIMIT: Final = 100.0
"""Differences are drawn up to so many per cent of A's mean; beyond, the numbers say more than a picture."""


def all_figures(comparison: Comparison, say: Language) -> Section:
    """All key figures that occurred: as a picture, then in a table."""
    figures = [one for one in comparison.figures if one.occurred]
    left_out = len(comparison.figures) - len(figures)
    blocks: list[Block] = [*_pictured(figures, say), _table(figures, say)]
    if left_out:
        blocks.append(
            Text(
                say(
                    f"このほか{left_out}の数値は、AでもBでも全ての反復で0である。",
                    f"{say.many(left_out, 'more figure')}: zero on both sides in every replication.",
                )
            )
        )
    lead = say(
        "多くの数値を一度に見ると、偶然だけでも20個に1個は区間が0から外れる。問いは先に一つの数値に決めること"
        "（--figure）。",
        "Among many figures, one in twenty leaves zero out by chance alone: settle on one figure beforehand"
        " (--figure).",
    )
    return Section("figures", say("全ての数値", "All key figures"), lead, tuple(blocks))


def _pictured(figures: list[Compared], say: Language) -> list[Block]:
    """The intervals as a picture; where A's mean is zero there is no share of it, and rows of text stand."""
    known = [one for one in figures if one.low is not None]
    if not known:
        return [
            Text(say("区間を描くには2組以上の反復が要る。", "Intervals need at least two pairs."), empty=True)
        ]
    shares = [one for one in known if one.mean_a]
    blocks: list[Block] = [_forest(shares, say)] if shares else []
    absolute = [one for one in known if not one.mean_a]
    if absolute:
        blocks.append(_absolute(absolute, say))
    return blocks


def _forest(figures: list[Compared], say: Language) -> Figure:
    rows = [_interval(one, say) for one in figures]
    title = say("数値の差（Aの平均に対する割合）", "Differences, as a share of the mean of A")
    desc = say(
        "横線は95%信頼区間、点は差の平均。0の線に掛かるものは灰色。",
        "Bars are 95% confidence intervals, dots the mean; grey where the interval holds zero.",
    )
    if pairs.reaches_out(rows, AXIS_LIMIT):
        desc += say(
            f"軸は±{AXIS_LIMIT:g}%までとし、その外に続くものは端の矢で示す。右の数値は差そのもの。",
            f" The axis ends at ±{AXIS_LIMIT:g}%; an arrowhead marks what goes on outside. At the right: the"
            " difference itself.",
        )
    plot = pairs.forest(
        svg.Caption(f"{say.code}-forest", title, desc),
        plots.Axes(say("B − A（Aの平均に対する%）", "B less A, in % of the mean of A"), ""),
        rows,
        AXIS_LIMIT,
    )
    return Figure("forest", title, (plot,), "wide", note=desc)


def _absolute(figures: list[Compared], say: Language) -> Table:
    return Table(
        "absolute",
        say("Aの平均が0の数値の差（そのままの値）", "Differences of figures that are 0 in A, as they are"),
        (
            Column(say("数値", "Figure"), "prose"),
            Column(say("B − A", "B less A")),
            Column(say("95%信頼区間", "95% interval")),
            Column(say("0を含む", "Holds zero")),
        ),
        tuple(
            Row(
                (
                    say(one.ja, one.en),
                    NOTHING if one.difference is None else signed(one, one.difference, say, mean=True),
                    interval_of(one, say),
                    say("いいえ", "no") if one.shown else say("はい", "yes"),
                ),
                one.key,
            )
            for one in figures
        ),
    )


def _table(figures: list[Compared], say: Language) -> Table:
    return Table(
        "figures",
        say("全ての数値", "All key figures"),
        (
            Column(say("数値", "Figure"), "prose"),
            Column(say("Aの平均", "Mean of A")),
            Column(say("Bの平均", "Mean of B")),
            Column(say("B − A", "B less A")),
            Column(say("95%信頼区間", "95% interval")),
            Column(say("組", "Pairs")),
        ),
        tuple(
            Row(
                (
                    say(one.ja, one.en),
                    _side(one, one.a, one.mean_a, say),
                    _side(one, one.b, one.mean_b, say),
                    NOTHING if one.difference is None else signed(one, one.difference, say, mean=True),
                    interval_of(one, say),
                    str(one.pairs),
                ),
                one.key,
            )
            for one in figures
        ),
    )


def _side(one: Compared, values: tuple[float | None, ...], mean: float | None, say: Language) -> str:
    """One side's mean; of what the agency counts only where it watches, that it does not."""
    if figure_of(one.key).watched and all(value is None for value in values):
        return not_watched(say)
    known = [value for value in values if value is not None]
    if mean is None and known:  # without a pair there is no common mean, but the side has one of its own
        digits = max(one.digits, 1) if len(known) > 1 else one.digits
        return amount(fmean(known), digits, (one.unit_ja, one.unit_en), say)
    return mean_of(one, mean, say)


# --- numbers -------------------------------------------------------------------------------------------
def value_of(found: Compared, value: float | None, say: Language) -> str:
    """A single value with its unit."""
    return amount(value, found.digits, (found.unit_ja, found.unit_en), say)


def mean_of(found: Compared, value: float | None, say: Language) -> str:
    """A mean over several pairs: of whole numbers too it has a decimal."""
    return amount(value, found.mean_digits, (found.unit_ja, found.unit_en), say)


def signed(found: Compared, value: float, say: Language, *, mean: bool = False) -> str:
    """A difference with its sign. `mean`: of several pairs, so that it has a decimal."""
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    return f"{sign}{change(found, abs(value), say, mean=mean)}"


def change(found: Compared, value: float, say: Language, *, mean: bool = False) -> str:
    """A difference: of shares it is in points of a hundred."""
    if say(found.unit_ja, found.unit_en) != "%":
        return mean_of(found, value, say) if mean else value_of(found, value, say)
    return f"{value:,.{found.digits}f}{say('ポイント', ' points')}"


def difference(found: Compared, a: float | None, b: float | None, say: Language) -> str:
    """B less A in one replication."""
    return NOTHING if a is None or b is None else signed(found, b - a, say)


def interval_of(found: Compared, say: Language) -> str:
    """The 95 % interval from its lower to its upper end."""
    if found.low is None or found.high is None:
        return NOTHING
    ends = (found.low, found.high)
    low, high = (f"{value:,.{found.mean_digits}f}".replace("-", "−") for value in ends)
    return say(f"{low}から{high}まで", f"{low} to {high}")


def _interval(one: Compared, say: Language) -> pairs.Interval:
    assert one.mean_a and one.low is not None and one.high is not None and one.difference is not None
    scale = 100 / abs(one.mean_a)
    return pairs.Interval(
        say(one.ja, one.en),
        one.low * scale,
        one.difference * scale,
        one.high * scale,
        signed(one, one.difference, say, mean=True),
        one.shown,
    )
