"""What was filed at the counter: in time or late, deemed or on its own, with which card, on which day."""

from __future__ import annotations

from reports import labels, plots, svg
from reports.blocks import Block, Column, Figure, Legend, Pair, Row, Section, Table, Text
from reports.language import Language
from reports.sections.period import covering, day_labels
from sim.studies.measures import Measures


def section(m: Measures, say: Language) -> Section:
    """Four plots and the separate notifications still due."""
    title = say("届出", "Filings")
    if not m.filings:
        return Section(
            "filings", title, blocks=(Text(say("期間中に届出はない。", "Nothing was filed."), empty=True),)
        )
    blocks: list[Block] = [
        Pair((_by_kind(m, say), _by_clause(m, say))),
        _by_day(m, say),
        Pair((_deeming(m, say), _cards(m, say))),
    ]
    blocks.append(
        Text(
            say(
                "みなし届出とならなかったため別に必要となった住居地届出は、期間中に解消したもの"
                "（転出を含む）"
                f"{say.cases(m.duties_closed)}、期間の終わりに残るもの{say.cases(m.duties_open)}。",
                "Separate residence notifications left due by filings that were not deemed:"
                f" {say.number(m.duties_closed)}"
                f" settled in the period (by moving out, too), {say.number(m.duties_open)} still open"
                " when it ended.",
            )
        )
    )
    if m.revisions_refused:
        blocks.append(_contradicted(m, say))
    return Section("filings", title, blocks=tuple(blocks))


def _contradicted(m: Measures, say: Language) -> Text:
    reasons = labels.in_order(labels.REVISION_REASONS, set(m.revisions_refused))
    named = [(say.of(labels.named(labels.REVISION_REASONS, r)), m.revisions_refused[r]) for r in reasons]
    return Text(
        say(
            "窓口で受理されたが、住民票の記録と矛盾するため反映されなかった届出: "
            + "、".join(f"{reason} {say.cases(count)}" for reason, count in named)
            + "。",
            "Filings that the counter accepted and the register contradicted, so that nothing was written: "
            + ", ".join(f"{reason}: {say.number(count)}" for reason, count in named)
            + ".",
        )
    )


def _kinds(m: Measures) -> list[str]:
    return labels.in_order(labels.FILINGS, set(m.filings))


def _by_kind(m: Measures, say: Language) -> Figure:
    title = say("種別と届出期間", "By kind, in time and late")
    heads = (say("期間内", "In time"), say("期間経過", "Late"), say("不受理", "Refused"))
    rows, bars = [], []
    for kind in _kinds(m):
        cell = m.filings[kind]
        parts = (cell.in_time, cell.late, cell.refused)
        name = say.of(labels.named(labels.FILINGS, kind))
        bars.append(plots.Bar(name, parts, say.cases(sum(parts))))
        numbers = tuple(say.number(part) for part in parts)
        rows.append(Row((name, *numbers, say.percent(cell.in_time, cell.in_time + cell.late)), key=kind))
    return Figure(
        "kinds",
        title,
        (
            plots.bars(
                svg.Caption(
                    f"{say.code}-kinds", title, say("届出の種別ごとの件数。", "Filings of each kind.")
                ),
                plots.Axes(say("件数", "filings"), ""),
                bars,
                ("a", "w", "g"),
            ),
        ),
        legend=tuple(
            Legend(plots.glyph(cls), head) for cls, head in zip(("a", "w", "g"), heads, strict=True)
        ),
        note=say(
            "届出期間は原則として14日。不受理は、在留カードの提出のない住居地届出など。",
            "The filing period is 14 days as a rule. Refused are, for example, residence notifications"
            " without the card.",
        ),
        table=Table(
            "kinds",
            title,
            (
                Column(say("届出", "Filing"), "text"),
                *(Column(head) for head in heads),
                Column(say("期間内の割合", "Share in time")),
            ),
            tuple(rows),
        ),
    )


def _by_clause(m: Measures, say: Language) -> Figure | Text:
    deemed: dict[str, int] = {}
    separate: dict[str, int] = {}
    for kind, cell in m.filings.items():
        for clause, count in cell.deemed.items():
            deemed[clause] = deemed.get(clause, 0) + count
        if kind == "residence_notification":
            for clause, count in cell.transmitted.items():
                separate[clause] = separate.get(clause, 0) + count
    title = say("根拠条項ごとの住居地届出", "Residence notifications by clause")
    heads = (say("みなし届出", "Deemed"), say("単独の届出", "On its own"))
    rows, bars = [], []
    for clause in labels.in_order(labels.CLAUSES, set(deemed) | set(separate)):
        parts = (deemed.get(clause, 0), separate.get(clause, 0))
        name = say.of(labels.named(labels.CLAUSES, clause))
        bars.append(plots.Bar(name, parts, say.cases(sum(parts))))
        rows.append(Row((name, *(say.number(part) for part in parts)), key=clause))
    if not rows:
        return Text(say("住居地届出はない。", "No residence notifications."), empty=True)
    return Figure(
        "clauses",
        title,
        (
            plots.bars(
                svg.Caption(
                    f"{say.code}-clauses", title, say("条項ごとの件数。", "Notifications under each clause.")
                ),
                plots.Axes(say("件数", "notifications"), ""),
                bars,
                ("a", "c"),
            ),
        ),
        legend=tuple(Legend(plots.glyph(cls), head) for cls, head in zip(("a", "c"), heads, strict=True)),
        note=say(
            "みなし届出は、在留カード等を提出してした住民基本台帳の届出"
            "（入管法第19条の7から第19条の9まで、入管特例法第10条）。",
            "Deemed: a register filing made on handing in the card or certificate (Immigration Act"
            " arts. 19-7 to"
            " 19-9, Special Act art. 10).",
        ),
        table=Table(
            "clauses",
            title,
            (Column(say("根拠条項", "Clause"), "text"), *(Column(head) for head in heads)),
            tuple(rows),
        ),
    )


def _by_day(m: Measures, say: Language) -> Figure:
    days = covering(m, m.filings_by_day)
    counts = [sum(m.filings_by_day.get(day.isoformat(), {}).values()) for day in days]
    title = say("日ごとの届出", "Filings by day")
    busiest = max(range(len(days)), key=lambda i: counts[i])
    kinds = _kinds(m)
    return Figure(
        "days",
        title,
        (
            plots.columns(
                svg.Caption(
                    f"{say.code}-days",
                    title,
                    say(
                        f"最も多い日は{say.day(days[busiest])}の{say.cases(counts[busiest])}。",
                        f"Most on {say.day(days[busiest])}: {say.number(counts[busiest])}.",
                    ),
                ),
                plots.Axes(say("届出の日", "day of filing"), say("届出（件/日）", "filings a day")),
                counts,
                labels=day_labels(days, say),
                hints=[
                    f"{say.day(day)}: {say.cases(count)}" for day, count in zip(days, counts, strict=True)
                ],
                shaded=[count == 0 for count in counts],
                scale=svg.whole_ticks(max(counts)),
            ),
        ),
        shape="wide",
        legend=(
            Legend(plots.glyph("a"), say("受理した届出", "accepted filings")),
            Legend(
                plots.glyph("shade"),
                say("届出のない日（閉庁日など）", "days without filings (offices closed, or nobody came)"),
            ),
        ),
        table=Table(
            "days",
            title,
            (
                Column(say("日", "Day"), "text"),
                *(Column(say.of(labels.named(labels.FILINGS, kind))) for kind in kinds),
                Column(say("計", "Total")),
            ),
            tuple(
                Row(
                    (
                        say.day(day),
                        *(
                            say.number(m.filings_by_day.get(day.isoformat(), {}).get(kind, 0))
                            for kind in kinds
                        ),
                        say.number(count),
                    ),
                    key=day.isoformat(),
                )
                for day, count in zip(days, counts, strict=True)
                if count
            ),
        ),
    )


def _deeming(m: Measures, say: Language) -> Figure | Text:
    title = say("みなし届出となったもの、ならなかったもの", "Deemed and not deemed")
    heads = (say("みなし届出", "Deemed"), say("みなしとならない", "Not deemed"))
    rows, bars = [], []
    for kind in (kind for kind in labels.DEEMABLE if kind in m.filings):
        cell = m.filings[kind]
        parts = (sum(cell.deemed.values()), cell.not_deemed)
        name = say.of(labels.named(labels.FILINGS, kind))
        bars.append(plots.Bar(name, parts, say.percent(parts[0], sum(parts))))
        rows.append(
            Row((name, *(say.number(part) for part in parts), say.percent(parts[0], sum(parts))), key=kind)
        )
    if not rows:
        return Text(
            say("みなし届出となり得る届出はない。", "No filings of kinds that can be deemed."), empty=True
        )
    return Figure(
        "deeming",
        title,
        (
            plots.bars(
                svg.Caption(
                    f"{say.code}-deeming",
                    title,
                    say("届出の種別ごとの件数。", "Filings of each kind that can be deemed."),
                ),
                plots.Axes(say("件数", "filings"), ""),
                bars,
                ("a", "w"),
            ),
        ),
        legend=tuple(Legend(plots.glyph(cls), head) for cls, head in zip(("a", "w"), heads, strict=True)),
        note=say(
            "転出届と住居地届出はみなしの対象でないため含まない。右端はみなし届出の割合。",
            "Moving-out filings and residence notifications on their own cannot be deemed and are left"
            " out. At the"
            " right: the share deemed.",
        ),
        table=Table(
            "deeming",
            title,
            (
                Column(say("届出", "Filing"), "text"),
                *(Column(head) for head in heads),
                Column(say("みなし届出の割合", "Share deemed")),
            ),
            tuple(rows),
        ),
    )


def _cards(m: Measures, say: Language) -> Figure | Text:
    title = say("在留カード等の状態", "Card or certificate at the counter")
    # Nobody needs the card to move out: those filings would only thin the shares out.
    kinds = [kind for kind in _kinds(m) if kind != "moving_out"]
    states = labels.in_order(labels.CARDS, {state for kind in kinds for state in m.filings[kind].card})
    if not states:
        return Text(say("カードに関わる届出はない。", "No filings for which the card matters."), empty=True)
    totals = {state: sum(m.filings[kind].card.get(state, 0) for kind in kinds) for state in states}
    everything = sum(totals.values())
    return Figure(
        "cards",
        title,
        (
            plots.bars(
                svg.Caption(
                    f"{say.code}-cards",
                    title,
                    say("届出の際のカードの状態。", "State of the card when filing."),
                ),
                plots.Axes(say("届出（件）", "filings"), ""),
                [
                    plots.Bar(
                        say.of(labels.named(labels.CARDS, state)),
                        (count,),
                        f"{say.cases(count)} ({say.percent(count, everything)})",
                    )
                    for state, count in totals.items()
                ],
                ("a",),
            ),
        ),
        note=say(
            "転出届ではカードの有無を問わないため、件数にも割合にも含まない。",
            "Moving-out filings, for which the card does not matter, are in neither numbers nor shares.",
        ),
        table=Table(
            "cards",
            title,
            (
                Column(say("届出", "Filing"), "text"),
                *(Column(say.of(labels.named(labels.CARDS, state))) for state in states),
            ),
            tuple(
                Row(
                    (
                        say.of(labels.named(labels.FILINGS, kind)),
                        *(say.number(m.filings[kind].card.get(state, 0)) for state in states),
                    ),
                    key=kind,
                )
                for kind in kinds
            ),
        ),
    )
