"""Copies of resident records (住民票の写し) that no longer said what the agency had decided."""

from __future__ import annotations

from reports import city_labels, labels, plots, svg
from reports.blocks import Block, Column, Figure, Legend, Pair, Row, Section, Stack, Table
from reports.language import Language
from sim.studies.measures import Distribution, Measures

TITLE = ("更新前の内容の写し", "Stale copies")


def section(m: Measures, say: Language) -> Section | None:
    """Issued and stale, by option; how far behind, and in what."""
    if not m.copies:
        return None
    blocks: list[Block] = [_plot(m, say), _table(m, say)]
    if any(one.items for one in m.copies.values()):
        blocks.append(Pair((Stack((_items(m, say),)), Stack((_behind(m, say),)))))
    issued = sum(one.issued for one in m.copies.values())
    stale = sum(one.stale + one.found_later for one in m.copies.values())
    return Section(
        "copies",
        say.of(TITLE),
        say(
            f"在留期間の更新などの直後に交付した住民票の写しのうち、通知が届く前の内容であったもの: "
            f"{say.cases(issued)}のうち{say.cases(stale)}（{say.percent(stale, issued)}）。",
            f"Copies of resident records that still said what was so before the agency's decision:"
            f" {say.number(stale)} of {say.number(issued)} issued ({say.percent(stale, issued)}).",
        ),
        tuple(blocks),
    )


def _options(m: Measures) -> list[str]:
    return labels.in_order(city_labels.OPTIONS, set(m.copies))


def _heads(say: Language) -> tuple[str, ...]:
    return (
        say("最新の内容", "Up to date"),
        say("窓口で分かった不一致", "Known at the counter to differ"),
        say("後で分かった不一致", "Found out later"),
    )


def _plot(m: Measures, say: Language) -> Figure:
    title = say("交付した写しの内容", "What the copies said")
    bars = []
    for option in _options(m):
        one = m.copies[option]
        parts = (max(0, one.issued - one.stale - one.found_later), one.stale, one.found_later)
        bars.append(
            plots.Bar(say.of(labels.named(city_labels.OPTIONS, option)), parts, say.cases(one.issued))
        )
    heads = _heads(say)
    return Figure(
        "copies",
        title,
        (
            plots.bars(
                svg.Caption(f"{say.code}-copies", title, say("交付の方法ごと。", "By option.")),
                plots.Axes(say("交付（通）", "copies"), ""),
                bars,
                ("a", "w", "c"),
            ),
        ),
        legend=tuple(Legend(plots.glyph(c), head) for c, head in zip(("a", "w", "c"), heads, strict=True)),
        table=Table(
            "copies-plot",
            title,
            (Column(say("方法", "Option"), "text"), *(Column(head) for head in heads)),
            tuple(
                Row((bar.label, *(say.number(part) for part in bar.segments)), key=option)
                for bar, option in zip(bars, _options(m), strict=True)
            ),
        ),
    )


def _table(m: Measures, say: Language) -> Table:
    rows = []
    for option in _options(m):
        one = m.copies[option]
        stale = one.stale + one.found_later
        rows.append(
            Row(
                (
                    say.of(labels.named(city_labels.OPTIONS, option)),
                    say.number(one.issued),
                    say.number(one.stale),
                    say.number(one.found_later),
                    say.number(one.undecided),
                    say.percent(stale, one.issued),
                    say.number(sum(one.refused.values())),
                ),
                key=option,
                warn=bool(stale),
            )
        )
    return Table(
        "copies",
        say("方法ごとの件数", "By option"),
        (
            Column(say("方法", "Option"), "text"),
            Column(say("交付", "Issued")),
            Column(say("窓口で分かった不一致", "Stale, known at once")),
            Column(say("後で分かった不一致", "Stale, found later")),
            Column(say("判定できない", "Nobody can say")),
            Column(say("不一致の割合", "Share stale")),
            Column(say("交付せず", "Refused")),
        ),
        tuple(rows),
        note=say(
            "窓口で分かった不一致は、提示されたカード又は未確認の通知との比較による。",
            "Known at once: by the card that was shown, or by a notice that waited for a clerk.",
        ),
    )


def _items(m: Measures, say: Language) -> Table:
    counts: dict[str, int] = {}
    for one in m.copies.values():
        for item, times in one.items.items():
            counts[item] = counts.get(item, 0) + times
    return Table(
        "copy-items",
        say("異なっていた記載事項", "Items that differed"),
        (Column(say("記載事項", "Item"), "text"), Column(say("件数", "Copies"))),
        tuple(
            Row((say.of(labels.named(city_labels.ITEMS, item)), say.number(counts[item])), key=item)
            for item in labels.in_order(city_labels.ITEMS, set(counts))
        ),
    )


def _behind(m: Measures, say: Language) -> Table:
    whole = Distribution()
    for one in m.copies.values():
        for days, times in one.behind.ordered():
            whole.add(days, times)
    return Table(
        "copy-behind",
        say("決定から交付までの日数", "Days between decision and copy"),
        (Column(say("日数", "Days"), "number"), Column(say("件数", "Copies"))),
        tuple(Row((say.number(days), say.number(times)), key=str(days)) for days, times in whole.ordered()),
        note=say("不一致の写しのうち、決定の日が分かるもの。", "Stale copies of which the day is known."),
    )
