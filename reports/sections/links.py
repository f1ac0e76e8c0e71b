"""The leg between the register and the exchange terminal: time, manual steps and slips by link pattern."""

from __future__ import annotations

import copy

from reports import city_labels, labels, plots, svg
from reports.blocks import Block, Column, Figure, Legend, Pair, Row, Section, Table, Text
from reports.language import Language
from reports.sections import names
from sim.studies.measures import LinkWork, Measures

TITLE = ("住基システムと情報連携端末の間", "Between register and exchange terminal")


def section(m: Measures, say: Language) -> Section | None:
    """The patterns of the run; nothing where every leg is a line that always works."""
    if not any(not key.endswith("/line") or work.begun or work.breaks for key, work in m.links.items()):
        return None
    sums = _sums(m)
    blocks: list[Block] = [Pair((_steps(say, sums), _hours(say, sums)))]
    if any(work.fields for work in sums.values()):
        blocks.append(_slips(say, sums))
    blocks.append(_table(m, say))
    if any(work.refused for work in m.links.values()):
        blocks.append(_refused(m, say))
    blocks += _media(m, say)
    return Section(
        "links",
        say.of(TITLE),
        say(
            "レコードは回線、媒体、紙のいずれかで住基システムから情報連携端末に渡る。手作業の工程は、"
            "人が行わなければならず、忘れることのある一つの動作を1とする。回線の工程は0である。",
            "Records pass from the register to the exchange terminal over a line, on media or on paper."
            " A manual"
            " step is one thing that a person must do and could forget; a line needs none.",
        ),
        tuple(blocks),
    )


def _sums(m: Measures) -> dict[str, LinkWork]:
    """All municipalities' work by pattern."""
    found: dict[str, LinkWork] = {}
    for pattern in city_labels.PATTERNS:
        works = [work for key, work in sorted(m.links.items()) if key.endswith(f"/{pattern}")]
        if works:
            found[pattern] = copy.deepcopy(works[0])
            for other in works[1:]:
                found[pattern].merge(other)
    return found


def _times(number: int, say: Language) -> str:
    return "once" if number == 1 else say.many(number, "time")


def _each(part: int, whole: int) -> str:
    return f"{part / whole:,.2f}" if whole else "–"


def _steps(say: Language, sums: dict[str, LinkWork]) -> Figure:
    title = say("上りのレコード100件当たりの手作業の工程", "Manual steps per 100 records on their way up")
    bars = [
        plots.Bar(
            say.of(city_labels.PATTERNS[pattern]),
            (round(100 * work.steps / work.records) if work.records else 0,),
            say(
                f"{say.number(work.steps)}工程、{say.number(work.records)}件",
                f"{say.many(work.steps, 'step')}, {say.many(work.records, 'record')}",
            ),
        )
        for pattern, work in sums.items()
    ]
    return Figure(
        "link-steps",
        title,
        (
            plots.bars(
                svg.Caption(f"{say.code}-link-steps", title, say("方式ごとの工程。", "Steps by pattern.")),
                plots.Axes(say("100件当たりの工程", "steps per 100 records"), ""),
                bars,
                ("a",),
            ),
        ),
        note=say(
            "下りの通知と結果に要した工程も、上りのレコードの数で割る。"
            "切替えを挟んだレコードは、渡された時の方式で数える。",
            "The steps for notices and results on their way down are included. A record that was under way at"
            " a switch counts under the pattern to which it was given.",
        ),
        table=Table(
            "link-steps",
            title,
            (
                Column(say("方式", "Pattern"), "text"),
                Column(say("工程", "Steps")),
                Column(say("上りのレコード", "Records up")),
                Column(say("1件当たり", "Per record")),
            ),
            tuple(
                Row(
                    (
                        say.of(city_labels.PATTERNS[pattern]),
                        say.number(work.steps),
                        say.number(work.records),
                        _each(work.steps, work.records),
                    ),
                    key=pattern,
                )
                for pattern, work in sums.items()
            ),
        ),
    )


def _hours(say: Language, sums: dict[str, LinkWork]) -> Figure:
    title = say("発生から端末到着までの時間", "From the register to the terminal")
    heads = (say("1時間未満", "Under 1 hour"), say("1日未満", "Under 1 day"), say("1日以上", "1 day or more"))
    bars, rows = [], []
    for pattern, work in sums.items():
        spans = work.hours.ordered()
        parts = (
            sum(times for hours, times in spans if hours < 1),
            sum(times for hours, times in spans if 1 <= hours < 24),
            sum(times for hours, times in spans if hours >= 24),
        )
        name = say.of(city_labels.PATTERNS[pattern])
        half, ninety, longest = work.hours.quantile(0.5), work.hours.quantile(0.9), work.hours.largest
        told = say("中央値 ", "median ") + say.hours(half)
        bars.append(plots.Bar(name, parts, told))
        rows.append(
            Row(
                (
                    name,
                    *(say.number(part) for part in parts),
                    *(say.hours(h) for h in (half, ninety, longest)),
                ),
                key=pattern,
            )
        )
    return Figure(
        "link-hours",
        title,
        (
            plots.bars(
                svg.Caption(f"{say.code}-link-hours", title, say("方式ごとの件数。", "Records by pattern.")),
                plots.Axes(say("レコード（件）", "records"), ""),
                bars,
                ("a", "c", "w"),
            ),
        ),
        legend=tuple(Legend(plots.glyph(c), head) for c, head in zip(("a", "c", "w"), heads, strict=True)),
        table=Table(
            "link-hours",
            title,
            (
                Column(say("方式", "Pattern"), "text"),
                *(Column(head) for head in heads),
                Column(say("中央値", "Median")),
                Column(say("90%", "90%")),
                Column(say("最長", "Longest")),
            ),
            tuple(rows),
        ),
    )


def _slips(say: Language, sums: dict[str, LinkWork]) -> Figure:
    title = say("手入力の誤り", "Keying errors")
    heads = (
        say("送る前に直した", "Caught before they left"),
        say("気付かれずに送られた", "Passed on unseen"),
    )
    keyed = {pattern: work for pattern, work in sums.items() if work.fields}
    bars = [
        plots.Bar(
            say.of(city_labels.PATTERNS[pattern]),
            (work.caught, work.passed_on),
            say(f"入力した{work.fields:,}項目のうち", f"of {work.fields:,} items keyed in"),
        )
        for pattern, work in keyed.items()
    ]
    return Figure(
        "link-slips",
        title,
        (
            plots.bars(
                svg.Caption(
                    f"{say.code}-link-slips", title, say("入力の誤りの件数。", "Slips of the keyboard.")
                ),
                plots.Axes(say("誤り（項目）", "items"), ""),
                bars,
                ("c", "w"),
            ),
        ),
        legend=tuple(Legend(plots.glyph(c), head) for c, head in zip(("c", "w"), heads, strict=True)),
        table=Table(
            "link-slips",
            title,
            (
                Column(say("方式", "Pattern"), "text"),
                Column(say("入力した項目", "Items keyed in")),
                Column(say("誤り", "Errors")),
                *(Column(head) for head in heads),
                Column(say("誤りのまま送られたレコード", "Records wrong at the end")),
            ),
            tuple(
                Row(
                    (
                        say.of(city_labels.PATTERNS[pattern]),
                        *(
                            say.number(n)
                            for n in (work.fields, work.errors, work.caught, work.passed_on, work.wrong)
                        ),
                    ),
                    key=pattern,
                    warn=bool(work.passed_on),
                )
                for pattern, work in keyed.items()
            ),
        ),
    )


def _table(m: Measures, say: Language) -> Table:
    by_hand = any(work.sheets or work.fields for work in m.links.values())
    media = any(work.written or work.lost for work in m.links.values())
    columns = [
        Column(say("市区町村", "Municipality"), "text"),
        Column(say("方式", "Pattern"), "time"),
        Column(say("上りのレコード", "Records up")),
        Column(say("手作業の工程", "Manual steps")),
    ]
    if media:
        columns += [
            Column(say("媒体 書込/読取", "Media written / read")),
            Column(say("紛失/再作成", "Lost / reissued")),
        ]
    if by_hand:
        columns += [
            Column(say("用紙", "Sheets")),
            Column(say("入力した項目", "Items keyed")),
            Column(say("誤り", "Errors")),
            Column(say("うち見逃し", "Passed on")),
        ]
    columns.append(Column(say("到着まで 中央値/90%（時間）", "To the terminal, median / 90% (hours)")))
    rows = []
    for key in names.ordered(m, m.links):
        code, _, pattern = key.partition("/")
        work = m.links[key]
        cells = [
            names.site(m, say, code),
            say.of(labels.named(city_labels.PATTERNS, pattern)),
            say.number(work.records),
            say.number(work.steps),
        ]
        if media:
            cells += [f"{work.written:,} / {work.read:,}", f"{work.lost:,} / {work.reissued:,}"]
        if by_hand:
            cells += [say.number(n) for n in (work.sheets, work.fields, work.errors, work.passed_on)]
        cells.append(names.quantiles(say, work.hours))
        rows.append(Row(tuple(cells), key=key, warn=bool(work.lost or work.passed_on)))
    return Table(
        "links", say("市区町村と方式ごと", "By municipality and pattern"), tuple(columns), tuple(rows)
    )


def _refused(m: Measures, say: Language) -> Table:
    """Media that a reader did not take in, and why."""
    rows = []
    for key in names.ordered(m, m.links):
        refused = m.links[key].refused
        place = names.site(m, say, key.partition("/")[0])
        for code in labels.in_order(city_labels.MEDIA_REFUSED, set(refused)):
            why = say.of(labels.named(city_labels.MEDIA_REFUSED, code))
            rows.append(Row((place, why, code, say.number(refused[code])), key=f"{key}/{code}"))
    return Table(
        "media-refused",
        say("読取りで拒否された媒体", "Media refused by a reader"),
        (
            Column(say("市区町村", "Municipality"), "text"),
            Column(say("理由", "Why"), "prose"),
            Column(say("理由コード", "Code"), "code"),
            Column(say("枚数", "Media")),
        ),
        tuple(rows),
        note=say(
            "拒否された媒体からは何も取り込まない。読み取るまでの手作業は工程に数える。",
            "Nothing is taken in from a refused medium; the steps up to the reader count all the same.",
        ),
    )


def _media(m: Measures, say: Language) -> list[Block]:
    """Lost media, switches and broken lines, with where the journal has them."""
    told: list[Block] = []
    lost = sum(work.lost for work in m.links.values())
    if lost:
        told.append(
            Text(
                say(
                    f"媒体の紛失は{say.number(lost)}回。いずれも報告の上、同じ一連番号で作り直した。",
                    f"Media lost: {say.number(lost)}. Each was reported and made again under the same"
                    f" number.",
                )
            )
        )
    for key in names.ordered(m, m.links):
        code, _, pattern = key.partition("/")
        work = m.links[key]
        place = names.site(m, say, code)
        if work.begun:
            name = say.of(labels.named(city_labels.PATTERNS, pattern))
            told.append(
                Text(
                    say(
                        f"{place}: 期間中に方式を{name}に切り替えた。",
                        f"{place} changed to another pattern in the period: {name[0].lower()}{name[1:]}.",
                    )
                )
            )
        if work.breaks:
            told.append(
                Text(
                    say(
                        f"{place}: 庁内の回線の停止{say.number(work.breaks)}回、"
                        f"計{say.number(work.down_minutes)}分。",
                        f"{place}: the line inside broke {_times(work.breaks, say)},"
                        f" {say.many(work.down_minutes, 'minute')} in all.",
                    )
                )
            )
    evidence = [line for key in names.ordered(m, m.links) for line in m.links[key].evidence][:8]
    if evidence:
        told.append(Text(say("記録: ", "Journal: ") + say("、", ", ").join(evidence)))
    return told
