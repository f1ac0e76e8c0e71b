"""The municipalities of a run side by side: who lives there, what is filed, and how the exchange keeps up."""

from __future__ import annotations

from reports import city_labels, labels, plots, svg
from reports.blocks import Column, Figure, Legend, Row, Section, Table
from reports.language import Language
from sim.studies.measures import Measures

TITLE = ("市区町村ごと", "By municipality")
_COLOURS = {"line": "a", "media": "c", "paper": "w"}


def section(m: Measures, say: Language) -> Section | None:
    """A small picture and a table; nothing where there is only one."""
    if len(m.run.sites) < 2:
        return None
    return Section(
        "municipalities",
        say.of(TITLE),
        say(
            f"{say.number(len(m.run.sites))}市区町村の件数。",
            f"{say.number(len(m.run.sites))} municipalities side by side.",
        ),
        (_plot(m, say), _table(m, say)),
    )


def _plot(m: Measures, say: Language) -> Figure:
    title = say("外国人住民の数と、出入国在留管理庁との間のレコード", "Residents and records exchanged")
    points, patterns = [], []
    for one in m.run.sites:
        found = m.sites.get(one.code)
        raised = found.raised if found is not None else 0
        if one.pattern not in patterns:
            patterns.append(one.pattern)
        points.append(
            plots.Point(
                one.residents,
                raised,
                _COLOURS.get(one.pattern, "g"),
                say(
                    f"{one.ja}: {one.residents:,}人、{raised:,}件",
                    f"{one.en}: {one.residents:,} residents, {raised:,} records",
                ),
                say(one.ja, one.en) if len(m.run.sites) <= 6 else "",
            )
        )
    return Figure(
        "municipalities",
        title,
        (
            plots.scatter(
                svg.Caption(
                    f"{say.code}-municipalities", title, say("点は市区町村。", "A point is a municipality.")
                ),
                plots.Axes(
                    say("開始時の外国人住民（人）", "foreign residents at the start"),
                    say("レコード（件）", "records"),
                ),
                points,
            ),
        ),
        shape="wide",
        legend=tuple(
            Legend(
                plots.glyph(_COLOURS.get(pattern, "g")),
                say("庁内の方式: ", "inside: ") + say.of(labels.named(city_labels.PATTERNS, pattern)),
            )
            for pattern in sorted(patterns)
        ),
        note=say("数値は下の表にある。", "The table below has the numbers."),
    )


def _table(m: Measures, say: Language) -> Table:
    rows = []
    for one in m.run.sites:
        found = m.sites.get(one.code)
        if found is None:
            continue
        rows.append(
            Row(
                (
                    say(one.ja, one.en),
                    say.of(labels.named(city_labels.PATTERNS, one.pattern)),
                    say.number(found.residents_start),
                    say.number(found.residents_end),
                    say.number(found.filings),
                    say.number(found.late),
                    say.number(found.over_90),
                    say.number(found.raised),
                    say.number(found.pending),
                    say.number(found.lost),
                    say.number(found.batches),
                    say.number(found.delayed),
                ),
                key=one.code,
                warn=bool(found.lost),
            )
        )
    totals = [sum(getattr(one, name) for one in m.sites.values()) for name in _NUMBERS]
    rows.append(Row((say("計", "Total"), "", *(say.number(n) for n in totals)), key="total", total=True))
    return Table(
        "municipalities",
        say("市区町村ごとの件数", "Counts by municipality"),
        (
            Column(say("市区町村", "Municipality"), "text"),
            Column(say("庁内の方式", "Pattern"), "time"),
            Column(say("住民 開始", "Residents, start")),
            Column(say("住民 終了", "Residents, end")),
            Column(say("届出", "Filings")),
            Column(say("期限後", "Late")),
            Column(say("90日超", "Over 90 days")),
            Column(say("レコード", "Records")),
            Column(say("処理待ち", "Pending")),
            Column(say("喪失", "Lost")),
            Column(say("バッチ", "Batches")),
            Column(say("遅延", "Delayed")),
        ),
        tuple(rows),
    )


_NUMBERS = (
    "residents_start",
    "residents_end",
    "filings",
    "late",
    "over_90",
    "raised",
    "pending",
    "lost",
    "batches",
    "delayed",
)
