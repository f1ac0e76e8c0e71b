"""The exchange day by day: a cell a day, and the days that stand out."""

from __future__ import annotations

from datetime import date
from typing import Final

from reports import plots, svg
from reports.blocks import Block, Column, Figure, Item, Items, Legend, Pair, Row, Section, Table, Text
from reports.language import Language
from reports.sections.period import covering, without_exchange
from sim.studies.measures import ExchangeDay, Measures

SHOWN_DAYS: Final = 20


def section(m: Measures, say: Language) -> Section:
    """A month each, a cell a day; days without exchange stand out."""
    title = say("情報連携の暦", "Calendar of the exchange")
    days = covering(m, m.exchange)
    if not m.exchange:
        empty = say("期間中に情報連携は1回もない。", "Not one exchange took place in the period.")
        return Section("calendar", title, blocks=(Text(empty, empty=True),))
    months, findings = _months(m, say, days), _findings(m, say)
    blocks: tuple[Block, ...] = (Pair((months, findings)),) if len(months.plots) == 1 else (months, findings)
    lead = say(
        "1日1回以上の情報連携があることを確かめる。バッチは空でも1回と数える。",
        "Shows whether there was an exchange every day. An empty batch is an exchange too.",
    )
    return Section("calendar", title, lead, blocks)


def _months(m: Measures, say: Language, days: list[date]) -> Figure:
    loads = [_load(m, day) for day in days]
    cuts = _cuts(loads)
    idle = set(without_exchange(m))
    plain = ExchangeDay()
    svgs = []
    for month in sorted({(day.year, day.month) for day in days}):
        cells = []
        for day in (day for day in days if (day.year, day.month) == month):
            found = m.exchange.get(day.isoformat(), plain)
            cells.append(
                plots.Day(
                    number=day.day,
                    weekday=day.weekday(),
                    level=_level(_load(m, day), cuts),
                    lines=_lines(found),
                    hint=_hint(say, day, found, day in idle),
                    missing=day in idle,
                    delayed=found.delayed > 0,
                    rejected=found.rejected > 0,
                )
            )
        first = date(*month, 1)
        caption = svg.Caption(
            f"{say.code}-calendar-{first:%Y-%m}",
            say.month(first),
            say("日ごとのレコード数と情報連携の有無。", "Records and exchanges by day."),
        )
        svgs.append(plots.month(caption, say.weekdays, cells))
    title = say("日ごとのレコード数", "Records by day")
    columns = (
        (say("上りバッチ", "Batches up"), "batches_up"),
        (say("下りバッチ", "Batches down"), "batches_down"),
        (say("上りレコード", "Records up"), "records_up"),
        (say("下りレコード", "Records down"), "records_down"),
        (say("情報連携", "Exchanges"), "exchanges"),
        (say("遅延したバッチ", "Batches delayed"), "delayed"),
        (say("拒否したバッチ", "Batches rejected"), "rejected"),
    )
    return Figure(
        "calendar",
        title,
        tuple(svgs),
        shape="months",
        legend=(
            Legend(plots.glyph("lv0"), say("レコードなし", "no records")),
            *(
                Legend(plots.glyph(f"lv{i + 1}"), _span(say, cuts[i] + 1, cuts[i + 1]))
                for i in range(len(cuts) - 1)
            ),
            Legend(plots.glyph("missing"), say("情報連携のない日", "day without exchange")),
            Legend(plots.glyph("delayed"), say("遅延したバッチあり", "with delayed batches")),
            Legend(plots.glyph("rejected"), say("拒否したバッチあり", "with rejected batches")),
        ),
        note=say(
            "↑は上り、↓は下りのバッチに入れたレコード（処理結果を含む）を、作成した日に数える。"
            "同時に作られた上りのバッチを1回の情報連携とし、最初のバッチが受理された日に数える。"
            "遅延は、何度送り直しても、バッチごとに1日1件と数える。",
            "↑ and ↓ count the records put into batches up and down (results included), on the day they"
            " were made."
            " Batches up that were made at one instant are one exchange, which counts on the day on which its"
            " first batch was taken in. A delayed batch counts once a day, however often it was tried.",
        ),
        table=Table(
            "calendar",
            title,
            (Column(say("日", "Day"), "text"), *(Column(label) for label, _ in columns)),
            tuple(
                Row(
                    (
                        say.day(day),
                        *(
                            say.number(getattr(m.exchange.get(day.isoformat(), plain), name))
                            for _, name in columns
                        ),
                    ),
                    key=day.isoformat(),
                    warn=day in idle,
                )
                for day in days
            ),
        ),
    )


def _findings(m: Measures, say: Language) -> Items:
    """The days that stand out, by what makes them."""
    idle = without_exchange(m)
    delayed = [date.fromisoformat(key) for key in sorted(m.exchange) if m.exchange[key].delayed]
    rejected = [date.fromisoformat(key) for key in sorted(m.exchange) if m.exchange[key].rejected]
    rejections = sum(day.rejected for day in m.exchange.values())
    found = []
    if idle:
        head = say(
            f"情報連携のない日 {say.number(len(idle))}日", f"Days without exchange: {say.number(len(idle))}"
        )
        found.append(Item(head, _listed(say, idle), warn=True))
    else:
        head = say("情報連携のない日はない", "No day without exchange")
        found.append(Item(head))
    if delayed:
        head = say(
            f"遅延したバッチのある日 {say.number(len(delayed))}日",
            f"Days with delayed batches: {say.number(len(delayed))}",
        )
        found.append(Item(head, _listed(say, delayed)))
    if rejected:
        head = say(
            f"拒否されたバッチ {say.cases(rejections)}、{say.number(len(rejected))}日",
            f"Rejected batches: {say.number(rejections)} on {say.many(len(rejected), 'day')}",
        )
        found.append(Item(head, _listed(say, rejected)))
    return Items(tuple(found))


def _listed(say: Language, days: list[date]) -> str:
    shown = say("、", ", ").join(say.day(day) for day in days[:SHOWN_DAYS])
    more = len(days) - SHOWN_DAYS
    return shown + (say(f"、ほか{say.number(more)}日", f", and {say.number(more)} more") if more > 0 else "")


def _load(m: Measures, day: date) -> int:
    found = m.exchange.get(day.isoformat())
    return 0 if found is None else found.records_up + found.records_down


def _cuts(loads: list[int]) -> list[int]:
    """Upper bounds of the levels, 0 first: quarters of a round maximum, fewer when there are few records."""
    top = int(svg.whole_ticks(max(loads), 8)[-1])
    quarters = [top * i // 4 for i in range(5)]
    return sorted(set(quarters)) if max(loads) else [0]


def _level(load: int, cuts: list[int]) -> int:
    return next(i for i, cut in enumerate(cuts) if load <= cut)


def _span(say: Language, low: int, high: int) -> str:
    numbers = say.number(low) if low == high else f"{say.number(low)}–{say.number(high)}"
    return say(f"{numbers}件", f"{numbers} record" + "s" * (numbers != "1"))


def _lines(found: ExchangeDay) -> tuple[str, ...]:
    """What is written into a cell: nothing when there were no records."""
    if not found.records_up and not found.records_down:
        return ()
    return (f"↑{_brief(found.records_up)}", f"↓{_brief(found.records_down)}")


def _brief(count: int) -> str:
    """A count that fits a cell: 9,876 and 12.3k."""
    return f"{count:,}" if count < 10_000 else f"{count / 1000:.1f}k"


def _hint(say: Language, day: date, found: ExchangeDay, missing: bool) -> str:
    text = say(
        f"{say.day(day)}: 上り {say.cases(found.records_up)}、下り {say.cases(found.records_down)}、"
        f"情報連携 {found.exchanges}回、バッチの遅延 {found.delayed}、拒否 {found.rejected}",
        f"{say.day(day)}: {say.number(found.records_up)} up, {say.number(found.records_down)} down,"
        f" {say.many(found.exchanges, 'exchange')}, {say.many(found.delayed, 'batch')} delayed,"
        f" {found.rejected} rejected",
    )
    return text + (say("、情報連携なし", ", no exchange") if missing else "")
