"""The margin to the end of the window, night by night."""

from __future__ import annotations

from typing import Final

from load.results import Night, Results
from reports import plots, svg
from reports.blocks import Block, Column, Figure, Legend, Row, Section, Table, Text
from reports.language import NOTHING, Language
from reports.load.words import clock, seconds, share, span

FEW: Final = 7
"""More nights than these are a picture, and the tightest of them a table."""


def section(results: Results, say: Language) -> Section:
    """For each night: when the last record and the last acknowledgement came, and what was left."""
    title = say("時間帯と余裕", "The window and its margin")
    nights = list(enumerate(results.window.nights, 1))
    if not nights:
        empty = Text(say("時間帯は始まらなかった。", "No window was ever begun."), empty=True)
        return Section("window", title, blocks=(empty,))
    caption = say("時間帯の終わりまでの余裕", "Margin to the end of the window")
    if len(nights) <= FEW:
        return Section("window", title, blocks=(_table("window", caption, nights, results, say),))
    tight = sorted(nights, key=lambda one: -(2**62) if one[1].margin is None else one[1].margin)[:FEW]
    tightest = say(f"余裕の最も少ない{FEW}夜", f"The {FEW} tightest nights")
    blocks: tuple[Block, ...] = (
        _picture(caption, nights, results, say),
        _table("window", tightest, tight, results, say),
    )
    return Section("window", title, blocks=blocks)


def _left(night: Night) -> float | None:
    """The margin as a share of the window."""
    return None if night.margin is None else night.margin / max(night.end - night.start, 1)


def _picture(caption: str, nights: list[tuple[int, Night]], results: Results, say: Language) -> Figure:
    lefts = [_left(night) for _, night in nights]
    shares = [0.0 if left is None else max(0.0, 100 * left) for left in lefts]
    short = [night.finished < night.endpoints for _, night in nights]
    every = -(-len(nights) // 12)
    legend = [Legend(plots.glyph("a"), say("余裕", "margin"))]
    if any(short):
        told = say("終わらなかった市区町村のある夜", "nights in which somebody was not done")
        legend.append(Legend(plots.glyph("shade-w"), told))
    return Figure(
        "nights",
        caption,
        (
            plots.columns(
                svg.Caption(
                    f"{say.code}-nights",
                    caption,
                    say(
                        f"最少{min(shares):.1f}%、最多{max(shares):.1f}%。",
                        f"{min(shares):.1f}% at least, {max(shares):.1f}% at most.",
                    ),
                ),
                plots.Axes(say("夜", "night"), say("時間帯に対する割合（%）", "share of the window, %")),
                shares,
                labels=[(at, str(at + 1)) for at in range(0, len(nights), every)],
                hints=[
                    f"{number}: {NOTHING if left is None else share(left)}"
                    for (number, _), left in zip(nights, lefts, strict=True)
                ],
                shaded=short,
                shade="shade-w",
                scale=[0, 25, 50, 75, 100],
            ),
        ),
        shape="wide",
        legend=tuple(legend),
        table=_table("nights", caption, nights, results, say),
    )


def _table(key: str, caption: str, nights: list[tuple[int, Night]], results: Results, say: Language) -> Table:
    return Table(
        key,
        caption,
        (
            Column(say("夜", "Night"), "text"),
            Column(say("終わった市区町村", "Municipalities done")),
            Column(say("結果を受け取ったレコード", "Records answered")),
            Column(say("最後のレコード（秒）", "Last record, s")),
            Column(say("最後の受信確認（秒）", "Last acknowledgement, s")),
            Column(say("時間帯の終わり（秒）", "End of the window, s")),
            Column(say("余裕", "Margin")),
        ),
        tuple(
            Row(
                (
                    say(f"第{number}夜", f"Night {number}"),
                    f"{night.finished:,} / {night.endpoints:,}",
                    f"{night.answered:,} / {night.records:,}",
                    _moment(night.last_record, night, results),
                    _moment(night.last_acknowledgement, night, results),
                    _moment(night.end, night, results),
                    _margin(night, say),
                ),
                key=f"night-{number}",
                warn=night.margin is None or night.margin < 0 or night.finished < night.endpoints,
            )
            for number, night in nights
        ),
        note=say(
            "秒は夜の始まりから。かっこ内は夜の時計。最後のレコードはサーバがレコードを受領した時、"
            "最後の受信確認は端末が結果を受け取ったとサーバが知った時。",
            "Seconds from the night's begin; in brackets the night's clock. Last record: when the server had"
            " kept it; last acknowledgement: when the server knew that a terminal had its results.",
        ),
    )


def _margin(night: Night, say: Language) -> str:
    left = _left(night)
    return NOTHING if left is None else f"{span(night.margin, say)} ({share(left)})"


def _moment(at: int | None, night: Night, results: Results) -> str:
    """Seconds of the night, and its clock while it lasted."""
    if at is None:
        return NOTHING
    told = seconds(at - night.start)
    if at > night.end:
        return told
    return f"{told} ({results.window.opens if at == night.end else clock(at, results)})"
