"""How long exchanges took: percentiles with their counts, from the intended start and from the real one."""

from __future__ import annotations

from math import log10
from typing import Final

from load.results import PERCENTS, PHASES, Phase, Results, quantiles
from reports import svg
from reports.blocks import Block, Column, Figure, Legend, Row, Section, Table, Text
from reports.language import NOTHING, Language
from reports.load.plots import Curve, curves, glyph
from reports.load.words import SECOND, span
from reports.plots import Axes

MEANING: Final = (
    "予定の開始から数えると、遅いサーバのために始まりが遅れた待ちも入る。"
    "実際の開始から数えるだけでは、その待ちが隠れる（coordinated omission）。",
    "From the intended start, waiting to begin because the server was slow counts; from the real start alone"
    " it would stay hidden (coordinated omission).",
)


def section(results: Results, say: Language) -> Section:
    """The curve of the whole exchange, and a table for each phase."""
    title = say("所要時間", "How long it took")
    measured = [one for one in _ordered(results) if one.uncorrected.count or one.failed]
    if not measured:
        empty = Text(say("計測された情報連携はない。", "No exchange was measured."), empty=True)
        return Section("times", title, blocks=(empty,))
    blocks: list[Block] = []
    whole = next((one for one in measured if one.id == "exchange" and one.uncorrected.count), None)
    if whole is not None:
        blocks += [_curve(whole, say), _whole(whole, say)]
    blocks.append(_phases(measured, say))
    return Section("times", title, say.of(MEANING), tuple(blocks))


def _ordered(results: Results) -> list[Phase]:
    known = {one.id: one for one in results.phases}
    order = [*(name for name in PHASES if name in known), *sorted(set(known) - set(PHASES))]
    return [known[name] for name in order]


def _curve(phase: Phase, say: Language) -> Figure:
    """Percentiles on an axis on which each nine takes the same room."""
    title = say("情報連携の全体、百分位点", "The whole exchange, by percentile")
    known = [found for found in (phase.corrected, phase.uncorrected) if found is not None and found.count]
    deepest = max(log10(max(one.count, 10)) for one in known)
    last = next((nines for nines in (1, 2, 3, 4) if nines >= deepest - 1e-9), 4)
    ticks = [(0.0, "0"), (log10(2), "50")] + [
        (float(nines), f"{100 - 100 / 10**nines:g}") for nines in range(1, last + 1)
    ]
    lines = []
    for cls, found in (("g", phase.uncorrected), ("a", phase.corrected)):
        if found is None or not found.count:
            continue
        reach = min(float(last), log10(max(found.count, 2)))
        places = [reach * i / 120 for i in range(121)]
        values = quantiles(found, [100 - 100 / 10**place for place in places])
        lines.append(
            Curve(cls, [(place, one.value / SECOND) for place, one in zip(places, values, strict=True)])
        )
    most = max(value for curve in lines for _, value in curve.points)
    return Figure(
        "percentiles",
        title,
        (
            curves(
                svg.Caption(
                    f"{say.code}-percentiles",
                    title,
                    say(
                        f"最長 {span(most * SECOND, say)}。", f"The longest took {span(most * SECOND, say)}."
                    ),
                ),
                Axes(
                    say("百分位点（%、右ほど細かい）", "percentile, each nine as wide as the one before"),
                    say("秒", "seconds"),
                ),
                lines,
                across=ticks,
                scale=svg.ticks(max(most, 1e-3)),
            ),
        ),
        shape="wide",
        legend=(
            Legend(glyph("a"), say("予定の開始から（補正あり）", "from the intended start (corrected)")),
            Legend(glyph("g"), say("実際の開始から（補正なし）", "from the real start (uncorrected)")),
        ),
    )


def _whole(phase: Phase, say: Language) -> Table:
    """Percentile by percentile, corrected and uncorrected side by side."""
    corrected = {} if phase.corrected is None else {one.percent: one for one in quantiles(phase.corrected)}
    rows = []
    for one in quantiles(phase.uncorrected):
        beside = corrected.get(one.percent)
        rows.append(
            Row(
                (
                    f"{one.percent:g}%",
                    say.number(one.above),
                    NOTHING if beside is None else span(beside.value, say),
                    span(one.value, say),
                    NOTHING if beside is None else span(beside.value - one.value, say),
                ),
                key=f"{one.percent:g}",
            )
        )
    most = None if phase.corrected is None else phase.corrected.most
    rows.append(
        Row(
            (
                say("最長", "Longest"),
                "0",
                span(most, say),
                span(phase.uncorrected.most, say),
                NOTHING if most is None else span(most - phase.uncorrected.most, say),
            ),
            total=True,
            key="longest",
        )
    )
    return Table(
        "whole",
        say(
            f"情報連携の全体（{phase.uncorrected.count:,}件、ほかに失敗{phase.failed:,}件）",
            f"The whole exchange ({phase.uncorrected.count:,}, and {phase.failed:,} that failed)",
        ),
        (
            Column(say("百分位点", "Percentile"), "text"),
            Column(say("これより長かった件数", "Longer than this")),
            Column(say("予定の開始から（補正あり）", "From the intended start (corrected)")),
            Column(say("実際の開始から（補正なし）", "From the real start (uncorrected)")),
            Column(say("差", "Difference")),
        ),
        tuple(rows),
        note=say(
            "これより長かったものがない点は、件数が足りず、最長と等しい。失敗は含まない。",
            "Where none was longer, there are too few for the percentile, and it equals the longest."
            " Failures are not in it.",
        ),
    )


def _phases(phases: list[Phase], say: Language) -> Table:
    """Two rows for a phase that has an intended start, one for the others."""
    rows = []
    for phase in phases:
        name = say.of(PHASES.get(phase.id, (phase.id, phase.id)))
        for key, since, found in (
            ("corrected", say("（予定から）", ", from intended"), phase.corrected),
            ("uncorrected", say("（実際から）", ", from real") if phase.corrected else "", phase.uncorrected),
        ):
            if found is None:
                continue
            rows.append(
                Row(
                    (
                        name + since,
                        say.number(found.count),
                        *([span(one.value, say) for one in quantiles(found)] or [NOTHING] * len(PERCENTS)),
                        span(found.most, say) if found.count else NOTHING,
                        say.number(phase.failed),
                    ),
                    key=f"{phase.id}-{key}",
                )
            )
    return Table(
        "percentiles",
        say("段階ごとの百分位点", "Percentiles by phase"),
        (
            Column(say("段階", "Phase"), "text"),
            Column(say("件数", "Count")),
            *(Column(f"{percent:g}%") for percent in PERCENTS),
            Column(say("最長", "Longest")),
            Column(say("失敗", "Failed")),
        ),
        tuple(rows),
        note=say(
            "前の段階に続く段階には予定の開始がなく、実際の開始から数える。",
            "A phase that follows another has no intended start of its own: it counts from its real one.",
        ),
    )
