"""When each municipality was done: the curve, the slowest, the sizes, and all of them in a table."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from load.results import Completion, Results
from reports import svg
from reports.blocks import Block, Column, Figure, Legend, Row, Section, Table, Text
from reports.language import NOTHING, Language
from reports.load.course import marks, outages, scale
from reports.load.plots import Curve, curves, glyph
from reports.load.words import class_name, clock, seconds, size, span
from reports.plots import Axes

SLOWEST: Final = 20
"""So many of the slowest are named."""
POINTS: Final = 300


def section(results: Results, say: Language) -> Section:
    """Completion by municipality, by size, and the slowest."""
    title = say("市区町村ごとの完了", "Completion by municipality")
    if not results.completion:
        empty = Text(say("始めた市区町村はない。", "No municipality ever began."), empty=True)
        return Section("municipalities", title, blocks=(empty,))
    blocks: list[Block] = [_curve(results, say), _sizes(results, say), _slowest(results, say)]
    last = len(results.window.nights) > 1
    return Section(
        "municipalities",
        title,
        say(
            "完了とは、全てのレコードの結果を端末が受け取り、確認したこと。"
            "かかった時間は、予定された開始から数える。" + ("時刻は最後の夜のもの。" if last else ""),
            "A municipality is done when its terminal has acknowledged the results of all its records. The"
            " time is counted from the intended start."
            + (" Times are those of the last night." if last else ""),
        ),
        tuple(blocks),
    )


def took(row: Completion) -> int | None:
    """From the intended start to the end; None if it never came."""
    return None if row.done is None else row.done - row.intended


def _curve(results: Results, say: Language) -> Figure:
    rows = results.completion
    begun = sorted(row.intended for row in rows)
    ended = sorted(row.done for row in rows if row.done is not None)
    axis = scale(results, say)
    places = [axis.ticks[-1][0] * i / POINTS for i in range(POINTS + 1)]

    def shares(moments: Sequence[int]) -> list[tuple[float, float]]:
        return [(at, 100 * bisect_right(moments, at) / len(rows)) for at in places]

    title = say("完了した市区町村の割合（%）", "Municipalities done, %")
    late = len(rows) - len(ended)
    note = say(f"{len(rows):,}のうち{len(ended):,}が完了。", f"{len(ended):,} of {len(rows):,} were done.")
    if late:
        note += say(f"{late:,}は最後まで完了しなかった。", f" {late:,} never were.")
    return Figure(
        "completion",
        title,
        (
            curves(
                svg.Caption(f"{say.code}-completion", title, note),
                Axes(axis.title, "%"),
                [Curve("g", shares(begun)), Curve("a", shares(ended))],
                across=axis.ticks,
                scale=[0, 25, 50, 75, 100],
                marks=marks(results, say),
                shaded=outages(results),
            ),
        ),
        shape="wide",
        legend=(
            Legend(glyph("g"), say("開始を予定されたもの", "intended to have begun")),
            Legend(glyph("a"), say("完了したもの", "done")),
        ),
        note=note,
        table=_table("completion", say("全ての市区町村", "All municipalities"), rows, results, say),
    )


def _sizes(results: Results, say: Language) -> Table:
    found = []
    for one in results.plan.classes:
        rows = [row for row in results.completion if row.size_class == one.id]
        if not rows:
            continue
        spans = sorted(length for row in rows if (length := took(row)) is not None)
        ended = [row.done for row in rows if row.done is not None]
        found.append(
            Row(
                (
                    class_name(results, one.id, say),
                    say.number(len(rows)),
                    say.number(len(ended)),
                    say.number(sum(row.planned for row in rows)),
                    span(spans[(len(spans) - 1) // 2] if spans else None, say),
                    span(spans[-1] if spans else None, say),
                    seconds(max(ended, default=None)),
                    size(sum(row.bytes_up + row.bytes_down for row in rows), say),
                    size(max(row.bytes_up + row.bytes_down for row in rows), say),
                ),
                key=one.id,
                warn=len(ended) < len(rows),
            )
        )
    return Table(
        "sizes",
        say("規模（外国人住民の数）ごと", "By size (foreign residents)"),
        (
            Column(say("規模", "Size"), "text"),
            Column(say("市区町村", "Municipalities")),
            Column(say("完了", "Done")),
            Column(say("レコード", "Records")),
            Column(say("中央値", "Median")),
            Column(say("最長", "Longest")),
            Column(say("最後の完了（秒）", "Last one done, s")),
            Column(say("データ量", "Data")),
            Column(say("一市区町村の最大", "Most of one")),
        ),
        tuple(found),
    )


def _slowest(results: Results, say: Language) -> Table:
    rows = sorted(
        results.completion,
        key=lambda row: (row.done is not None, -(took(row) or 0), row.code),
    )
    return _table(
        "slowest",
        say(f"最も遅かった{SLOWEST}市区町村", f"The {SLOWEST} slowest")
        if len(rows) > SLOWEST
        else say("遅かった順", "From the slowest on"),
        rows[:SLOWEST],
        results,
        say,
    )


def _table(key: str, caption: str, rows: Sequence[Completion], results: Results, say: Language) -> Table:
    ends = results.window.nights[-1].end if results.window.nights else 0
    return Table(
        key,
        caption,
        (
            Column(say("コード", "Code"), "code"),
            Column(say("市区町村", "Municipality"), "text"),
            Column(say("住民（仮定）", "Residents (assumed)")),
            Column(say("レコード", "Records")),
            Column(say("予定（秒）", "Intended, s")),
            Column(say("開始（秒）", "Begun, s")),
            Column(say("完了（秒）", "Done, s")),
            Column(say("夜の時計", "Night's clock"), "text"),
            Column(say("かかった時間", "Took")),
            Column(say("やり直し", "Retries")),
            Column(say("バイト", "Bytes")),
            Column(say("最後の誤り", "Last error"), "code"),
        ),
        tuple(
            Row(
                (
                    row.code,
                    f"{row.prefecture}{row.name}",
                    say.number(row.residents),
                    say.number(row.planned),
                    seconds(row.intended),
                    seconds(row.start),
                    seconds(row.done),
                    clock(row.done, results) if row.done is not None and row.done <= ends else NOTHING,
                    span(took(row), say),
                    say.number(row.retries),
                    say.number(row.bytes_up + row.bytes_down),
                    row.last_code or NOTHING,
                ),
                key=row.code,
                warn=row.done is None or row.done > ends,
            )
            for row in rows
        ),
    )
