"""How long things took: from the event in a person's life to the registers of both sides."""

from __future__ import annotations

from reports import bins as binning
from reports import labels, plots, svg
from reports.blocks import Block, Column, Figure, Legend, Pair, Row, Section, Table, Text
from reports.language import Language
from reports.sections.period import last_day
from sim.studies.measures import Distribution, Measures


def section(m: Measures, say: Language) -> Section:
    """Four distributions in two rows."""
    agency = labels.agency(last_day(m.run))[0]
    plan = (
        (
            "event-filing",
            m.event_to_filing,
            binning.DAY,
            say("異動から届出まで", "From event to filing"),
            say(
                "異動の日の0時から数える。異動の前にされた転出届は含まない。",
                "Counted from midnight at the start of the event's day; moving-out filings made"
                " beforehand are left out.",
            ),
        ),
        (
            "raised-agency",
            m.raised_to_agency,
            binning.HOUR,
            say(f"レコードの発生から{agency}の受理まで", "From the raised record to the agency"),
            say(
                "住基システムがレコードを作った時から数える。届出の時に作るが、予定日前の転出届は予定日の0時に"
                "除票とし、その夜の情報連携で送るため、右の方の柱に現れる。",
                "Counted from the moment at which the registry made the record: when the filing was made; for"
                " a moving-out filed beforehand, midnight of its planned day, so that it waits the whole day"
                " for that night's exchange and forms the columns far to the right.",
            ),
        ),
        (
            "event-agency",
            m.event_to_agency,
            binning.DAY,
            say(f"異動から{agency}の受理まで", "From event to the agency"),
            say(
                "市町村通知と市町村伝達を1件ずつ、異動の日の0時から数える。異動の前にされた転出届は含まない。",
                "Every municipality notice and transmission counts, from midnight at the start of the event's"
                " day; moving-out filings made beforehand are left out.",
            ),
        ),
        (
            "agency-register",
            m.agency_to_register,
            binning.DAY,
            say(f"{agency}の決定から住民票の修正まで", "From agency decision to the register"),
            say(
                f"住基法第30条の50による{agency}通知。職員が確認した時に修正とする。",
                "Agency notices under art. 30-50; the register follows when a clerk has confirmed the"
                " notice.",
            ),
        ),
    )
    found = [_figure(say, key, spans, unit, title, note) for key, spans, unit, title, note in plan]
    blocks: list[Block] = []
    for pair in (found[:2], found[2:]):
        drawn = tuple(block for block in pair if isinstance(block, Figure))
        blocks += [block for block in pair if isinstance(block, Text)]
        if drawn:
            blocks.append(Pair(drawn))
    return Section(
        "waiting",
        say("異動から反映までの時間", "Time from event to reflection"),
        say(
            "柱は件数、折れ線は累積の割合。破線は中央値と90パーセンタイル。"
            "時間は1時間未満を切り捨てて数える。"
            "期間中に終わったものだけを含むため、期間が短いほど長い時間は少なく出る。",
            "Columns are cases, the line is the cumulative share, dashed lines are the median and the 90th"
            " percentile. Times are whole hours, rounded down. Only what was completed within the"
            " period is counted: the shorter the period, the fewer long times appear.",
        ),
        tuple(blocks),
    )


def _figure(say: Language, key: str, spans: Distribution, unit: int, title: str, note: str) -> Figure | Text:
    found = binning.bins(spans, unit)
    if found is None:
        return Text(say(f"「{title}」に該当するものはない。", f"{title}: no cases."), empty=True)
    median, ninety = spans.quantile(0.5) or 0, spans.quantile(0.9) or 0
    marks = (
        plots.Mark(_place(found, median), say("中央値: ", "median: ") + _span(say, unit, median)),
        plots.Mark(_place(found, ninety), "90%: " + _span(say, unit, ninety)),
    )
    ranges = [_range(say, found, i) for i in range(len(found.counts))]
    counts = list(found.counts)
    tail_label = ""
    if found.tail is not None:
        tail_label = say(f"{_units(found, found.edge)}以上", f"≥ {_units(found, found.edge)}")
        ranges.append(say(f"{tail_label[:-2]}{_unit(say, unit)}以上", f"{tail_label} {_unit(say, unit)}"))
        counts.append(found.tail)
        note += say(
            f"右端の離れた柱は{_units(found, found.edge)}{_unit(say, unit)}以上の全て"
            f"（{say.cases(found.tail)}、{say.percent(found.tail, found.total)}）。",
            f" The column set apart holds everything of {_units(found, found.edge)} {_unit(say, unit)}"
            " or more:"
            f" {say.many(found.tail, 'case')}, {say.percent(found.tail, found.total)}.",
        )
    note += say(
        f"最長 {_span(say, unit, found.longest)}、全{say.cases(found.total)}。",
        f" Longest {_span(say, unit, found.longest)}; {say.many(found.total, 'case')} in all.",
    )
    width = found.width // found.unit
    per = say(
        f"件数（{width}{_unit(say, unit)}ごと）",
        f"cases per {width} {_unit(say, unit)}" if width > 1 else f"cases per {_unit(say, unit)[:-1]}",
    )
    plot = plots.histogram(
        svg.Caption(
            f"{say.code}-{key}",
            title,
            say(
                f"全{say.cases(found.total)}。{marks[0].label}、{marks[1].label}。",
                f"{say.many(found.total, 'case')}; {marks[0].label}, {marks[1].label}.",
            ),
        ),
        plots.Axes(_unit(say, unit), per, say("累積（%）", "cumulative, %")),
        found.counts,
        tail=found.tail,
        tail_label=tail_label,
        edges=_edges(found),
        marks=marks,
        hints=[f"{text}: {say.cases(count)}" for text, count in zip(ranges, counts, strict=True)],
    )
    seen = 0
    rows = []
    for text, count in zip(ranges, counts, strict=True):
        seen += count
        rows.append(Row((text, say.number(count), say.percent(seen, found.total)), total=False))
    return Figure(
        key,
        title,
        (plot,),
        legend=(
            Legend(plots.glyph("a"), say("件数", "cases")),
            Legend(plots.glyph("curve"), say("累積", "cumulative")),
        ),
        note=note,
        table=Table(
            key,
            title,
            (
                Column(say("時間", "Time"), "text"),
                Column(say("件数", "Cases")),
                Column(say("累積", "Cumulative")),
            ),
            tuple(rows),
        ),
    )


def _unit(say: Language, unit: int) -> str:
    return say("日", "days") if unit == binning.DAY else say("時間", "hours")


def _span(say: Language, unit: int, hours: int) -> str:
    return say.days_of(hours) if unit == binning.DAY else say.hours(hours)


def _units(found: binning.Bins, hours: int) -> str:
    return f"{hours // found.unit:,}"


def _range(say: Language, found: binning.Bins, column: int) -> str:
    low, high = column * found.width, (column + 1) * found.width
    return say(
        f"{_units(found, low)}以上{_units(found, high)}{_unit(say, found.unit)}未満",
        f"{_units(found, low)} to under {say.many(high // found.unit, _unit(say, found.unit)[:-1])}",
    )


def _edges(found: binning.Bins) -> list[tuple[float, str]]:
    """Labelled edges: round steps, and always where the tail begins is left to the tail's own label."""
    step = binning.step(found.edge // found.unit, found.unit, 8) * found.unit
    last = found.edge - (step // 2 if found.tail is not None else 0)
    return [(place / found.width, _units(found, place)) for place in range(0, last + 1, step)]


def _place(found: binning.Bins, hours: int) -> float:
    """Where a whole hour lies, in columns: its middle; inside the tail, the tail's middle."""
    if hours >= found.edge:
        return len(found.counts) + 0.5
    return (hours + 0.5) / found.width
