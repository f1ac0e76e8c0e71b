"""The course of the run: throughput, backlog, and the data on the lines, by second."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from load.results import Moment, Results
from reports import plots, svg
from reports.blocks import Block, Column, Figure, Legend, Row, Section, Table, Text
from reports.language import Language
from reports.load.plots import Curve, curves, glyph
from reports.load.words import SECOND, rate, size
from reports.plots import Axes, Mark

ROWS: Final = 240
"""A table has at most so many rows; several steps are taken together then."""


_UNITS: Final = ((3_600, "時間", "hours"), (60, "分", "minutes"), (1, "秒", "seconds"))


class Scale(NamedTuple):
    """The axis of time: its ticks in microseconds with labels, and its title."""

    ticks: list[tuple[float, str]]
    title: str


def scale(results: Results, say: Language) -> Scale:
    """Time in seconds, minutes or hours, from zero to the end of what happened."""
    last = max(
        [night.end for night in results.window.nights]
        + [moment.at for moment in results.series.moments]
        + [row.done or 0 for row in results.completion]
        + [SECOND]
    )
    unit, ja, en = next((row for row in _UNITS if last >= 8 * row[0] * SECOND), _UNITS[-1])
    values = svg.ticks(last / SECOND / unit, 10)
    values = [value for value in values if value * unit * SECOND <= last] or values[:1]
    ticks = [(value * unit * SECOND, svg.plain(value)) for value in values]
    if last - ticks[-1][0] > (ticks[1][0] - ticks[0][0]) / 3 if len(ticks) > 1 else True:
        ticks.append((float(last), svg.plain(round(last / SECOND / unit, 1))))
    elif ticks[-1][0] < last:
        ticks[-1] = (float(last), svg.plain(round(last / SECOND / unit, 1)))
    return Scale(ticks, say(f"始まりからの時間（{ja}）", f"{en} from the beginning"))


def marks(results: Results, say: Language) -> list[Mark]:
    """The end of the window, where there is one night."""
    nights = results.window.nights
    if len(nights) != 1:
        return []
    return [
        Mark(nights[0].end, say(f"時間帯の終わり {results.window.opens}", f"{results.window.opens}, end"))
    ]


def outages(results: Results) -> list[tuple[float, float]]:
    """The outages, for the shading of plots."""
    return [(one.start, one.end) for one in results.network.outages]


def section(results: Results, say: Language) -> Section:
    """Throughput, backlog, data; each as a curve with its table."""
    title = say("経過", "The course of the run")
    moments = results.series.moments
    if not moments:
        empty = Text(say("経過の記録はない。", "Nothing was recorded by second."), empty=True)
        return Section("course", title, blocks=(empty,))
    blocks: list[Block] = [_throughput(results, say), _backlog(results, say), _bytes(results, say)]
    if any(one.memory for one in moments):
        blocks.append(_memory(results, say))
    return Section(
        "course",
        title,
        say(
            "灰色の点線は、予定された開始。実線がこれに遅れれば、溜まったことを示す。",
            "The dashed grey line is what was intended; where the others lag behind it, a backlog grows.",
        )
        + _which(results, say),
        tuple(blocks),
    )


def _which(results: Results, say: Language) -> str:
    """Of which run the course is, where there was one at each of several rates."""
    if not results.trials:
        return ""
    told = rate(results.network.rate, say)
    return say(
        f"ここから所要時間までは、{told}での実行のもの。",
        f" From here to the times, it is the run at {told}.",
    )


def merged(results: Results) -> list[Moment]:
    """The series in at most `ROWS` steps: what happened is summed, what stood is taken at its highest."""
    moments = results.series.moments
    width = -(-len(moments) // ROWS)
    found = []
    for begin in range(0, len(moments), width):
        few = moments[begin : begin + width]
        found.append(
            Moment(
                at=few[-1].at,
                planned=sum(one.planned for one in few),
                started=sum(one.started for one in few),
                finished=sum(one.finished for one in few),
                failed=sum(one.failed for one in few),
                records=sum(one.records for one in few),
                answered=sum(one.answered for one in few),
                bytes_up=sum(one.bytes_up for one in few),
                bytes_down=sum(one.bytes_down for one in few),
                waiting=max(one.waiting for one in few),
                kept=max(one.kept for one in few),
                memory=max(one.memory for one in few),
            )
        )
    return found


def _per_second(values: Sequence[float], moments: Sequence[Moment]) -> list[tuple[float, float]]:
    found, before = [], 0
    for value, moment in zip(values, moments, strict=True):
        span = max(moment.at - before, 1)
        found.append((float(moment.at), value * SECOND / span))
        before = moment.at
    return found


def _throughput(results: Results, say: Language) -> Figure:
    moments = merged(results)
    lines = [
        Curve("g", _per_second([one.planned for one in moments], moments), steps=True),
        Curve("a", _per_second([one.finished for one in moments], moments), steps=True),
    ]
    failed = any(one.failed for one in moments)
    if failed:
        lines.append(Curve("w", _per_second([one.failed for one in moments], moments), steps=True))
    most = max(value for curve in lines for _, value in curve.points)
    title = say("処理の速さ（情報連携/秒）", "Throughput, exchanges a second")
    axis = scale(results, say)
    legend = [
        Legend(glyph("g"), say("予定された開始", "intended starts")),
        Legend(glyph("a"), say("終わった情報連携", "exchanges done")),
    ]
    if failed:
        legend.append(Legend(glyph("w"), say("失敗", "failed")))
    return Figure(
        "throughput",
        title,
        (
            curves(
                svg.Caption(
                    f"{say.code}-throughput",
                    title,
                    say(f"最も多い時で毎秒{most:,.1f}。", f"At most {most:,.1f} a second."),
                ),
                Axes(axis.title, say("毎秒", "a second")),
                lines,
                across=axis.ticks,
                scale=svg.ticks(max(most, 1)),
                marks=marks(results, say),
                shaded=outages(results),
            ),
        ),
        shape="wide",
        legend=(*legend, *_outage_legend(results, say)),
        table=_table(results, moments, say),
    )


def _outage_legend(results: Results, say: Language) -> list[Legend]:
    if not results.network.outages:
        return []
    return [Legend(plots.glyph("shade-w"), say("回線停止", "outage"))]


def _backlog(results: Results, say: Language) -> Figure:
    moments = merged(results)
    most = max(max(one.waiting, one.kept) for one in moments)
    title = say("溜まりと解消", "Backlog and how it drains")
    axis = scale(results, say)
    worst = max(moments, key=lambda one: one.waiting)
    drained = next((one for one in moments if one.at > worst.at and not one.waiting), None)
    note = say(
        f"最も多く溜まったのは{worst.at / SECOND:,.1f}秒の時点で{worst.waiting:,}件。",
        f"The largest backlog, {worst.waiting:,}, stood at {worst.at / SECOND:,.1f} s.",
    )
    if drained is not None:
        note += say(
            f"{drained.at / SECOND:,.1f}秒にはなくなった。",
            f" It was gone at {drained.at / SECOND:,.1f} s.",
        )
    elif moments[-1].waiting:
        note += say(
            f"終わりの時点で{moments[-1].waiting:,}件が残った。",
            f" {moments[-1].waiting:,} were left at the end.",
        )
    return Figure(
        "backlog",
        title,
        (
            curves(
                svg.Caption(f"{say.code}-backlog", title, note),
                Axes(axis.title, say("件", "exchanges or batches")),
                [
                    Curve("a", [(float(one.at), float(one.waiting)) for one in moments]),
                    Curve("b", [(float(one.at), float(one.kept)) for one in moments]),
                ],
                across=axis.ticks,
                scale=svg.whole_ticks(max(most, 1)),
                marks=marks(results, say),
                shaded=outages(results),
            ),
        ),
        shape="wide",
        legend=(
            Legend(glyph("a"), say("始まるべきで終わっていない情報連携", "exchanges due and not done")),
            Legend(glyph("b"), say("サーバが受領し未処理のバッチ", "batches kept and not worked off")),
            *_outage_legend(results, say),
        ),
        note=note,
    )


def _bytes(results: Results, say: Language) -> Figure:
    moments = merged(results)
    up = _per_second([one.bytes_up * 8 / 1_000 for one in moments], moments)
    down = _per_second([one.bytes_down * 8 / 1_000 for one in moments], moments)
    most = max(value for _, value in [*up, *down])
    title = say("全回線の通信量（kbit/秒）", "Data on all lines, kbit/s")
    axis = scale(results, say)
    total = sum(one.bytes_up + one.bytes_down for one in moments)
    return Figure(
        "bytes",
        title,
        (
            curves(
                svg.Caption(
                    f"{say.code}-bytes", title, say(f"計{size(total, say)}。", f"{size(total, say)} in all.")
                ),
                Axes(axis.title, "kbit/s"),
                [Curve("a", up, steps=True), Curve("b", down, steps=True)],
                across=axis.ticks,
                scale=svg.ticks(max(most, 1)),
                marks=marks(results, say),
                shaded=outages(results),
            ),
        ),
        shape="wide",
        legend=(
            Legend(glyph("a"), say("上り（市区町村から）", "up (from municipalities)")),
            Legend(glyph("b"), say("下り（市区町村へ）", "down (to municipalities)")),
            *_outage_legend(results, say),
        ),
    )


def _memory(results: Results, say: Language) -> Figure:
    moments = [one for one in merged(results) if one.memory]
    points = [(float(one.at), one.memory / 2**20) for one in moments]
    title = say("サーバのメモリ（MiB）", "Memory of the server, MiB")
    axis = scale(results, say)
    first, last = points[0][1], points[-1][1]
    return Figure(
        "memory",
        title,
        (
            curves(
                svg.Caption(
                    f"{say.code}-memory",
                    title,
                    say(
                        f"始め{first:,.0f}、終わり{last:,.0f}。",
                        f"{first:,.0f} at first, {last:,.0f} at the end.",
                    ),
                ),
                Axes(axis.title, "MiB"),
                [Curve("a", points)],
                across=axis.ticks,
                scale=svg.ticks(max(value for _, value in points)),
                marks=marks(results, say),
                shaded=outages(results),
            ),
        ),
        shape="wide",
    )


def _table(results: Results, moments: Sequence[Moment], say: Language) -> Table:
    return Table(
        "course",
        say("経過", "The course of the run"),
        (
            Column(say("秒まで", "Until, s")),
            Column(say("予定", "Intended")),
            Column(say("開始", "Begun")),
            Column(say("終了", "Done")),
            Column(say("失敗", "Failed")),
            Column(say("受領レコード", "Records kept")),
            Column(say("結果受領", "Answered")),
            Column(say("溜まり", "Backlog")),
            Column(say("未処理バッチ", "Batches waiting")),
            Column(say("上りバイト", "Bytes up")),
            Column(say("下りバイト", "Bytes down")),
        ),
        tuple(
            Row(
                (
                    f"{one.at / SECOND:,.1f}",
                    *(
                        say.number(value)
                        for value in (
                            *(one.planned, one.started, one.finished, one.failed, one.records, one.answered),
                            *(one.waiting, one.kept, one.bytes_up, one.bytes_down),
                        )
                    ),
                )
            )
            for one in moments
        ),
    )
