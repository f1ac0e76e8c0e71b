"""Late filings, those after more than 90 days, and the candidates that delay makes."""

from __future__ import annotations

from reports import city_labels, labels, plots, svg
from reports.blocks import Block, Column, Figure, Legend, Row, Section, Table, Text, Verdict
from reports.labels import Pair as Names
from reports.language import Language
from sim.studies.measures import Lateness, Measures

TITLE = ("期限を過ぎた届出", "Late filings")


def section(m: Measures, say: Language) -> Section | None:
    """How late, by kind and class; who was found a candidate, and falsely so."""
    found = sum(m.candidates.found.values()) + sum(m.candidates.withdrawn.values())
    if not any(one.late for one in m.lateness.values()) and not found and not m.run.watches:
        return None
    blocks: list[Block] = []
    if any(one.late for one in m.lateness.values()):
        blocks += [_plot(m, say), _by_class(m, say)]
    if found or m.run.watches:
        blocks += [_verdict(m, say), _candidates(m, say)] if found else [_verdict(m, say)]
    else:
        blocks.append(
            Text(
                say(
                    "取消しの候補: 監視していない（このシナリオでは、国は90日の経過を追わない）。",
                    "Candidates for revocation: not watched (in this scenario the agency does not follow the"
                    " 90 days).",
                )
            )
        )
    return Section(
        "lateness",
        say.of(TITLE),
        say(
            "届出期間（原則14日）を過ぎた届出を、90日以内のものと90日を過ぎたものに分ける。90日は、住居地を届け出ない"
            "中長期在留者について在留資格の取消しを検討し得る期間（入管法第22条の4第1項）。",
            "Filings after the filing period (14 days as a rule), within 90 days and beyond. After 90"
            " days without"
            " a notified residence a mid-long-term resident's status may be considered for revocation"
            " (Immigration Act art. 22-4(1)).",
        ),
        tuple(blocks),
    )


def _plot(m: Measures, say: Language) -> Figure:
    title = say("届出の種別ごとの期限後の件数", "Late filings by kind")
    heads = (say("90日以内", "Within 90 days"), say("90日超", "After more than 90 days"))
    kinds = [kind for kind in labels.in_order(labels.FILINGS, set(m.lateness)) if m.lateness[kind].late]
    bars = []
    for kind in kinds:
        late = m.lateness[kind]
        bars.append(
            plots.Bar(
                say.of(labels.named(labels.FILINGS, kind)),
                (late.late - late.over_90, late.over_90),
                f"{say.cases(late.late)} ({say.percent(late.late, late.late + late.in_time)})",
            )
        )
    return Figure(
        "late-kinds",
        title,
        (
            plots.bars(
                svg.Caption(
                    f"{say.code}-late-kinds", title, say("種別ごとの件数。", "Late filings of each kind.")
                ),
                plots.Axes(say("件数", "filings"), ""),
                bars,
                ("c", "w"),
            ),
        ),
        legend=tuple(Legend(plots.glyph(cls), head) for cls, head in zip(("c", "w"), heads, strict=True)),
        note=say(
            "右端の割合は、その種別の受理した届出に占めるもの。",
            "At the right: the share of all filings of the kind.",
        ),
        table=_table(say, "late-kinds", title, labels.FILINGS, m.lateness, say("届出", "Filing")),
    )


def _by_class(m: Measures, say: Language) -> Table:
    title = say("対象者の区分ごと", "By class of person")
    return _table(say, "late-classes", title, city_labels.CLASSES, m.lateness_by_class, say("区分", "Class"))


def _table(
    say: Language, key: str, title: str, table: dict[str, Names], found: dict[str, Lateness], head: str
) -> Table:
    return Table(
        key,
        title,
        (
            Column(head, "text"),
            Column(say("期間内", "In time")),
            Column(say("90日以内", "Late, within 90 days")),
            Column(say("90日超", "Over 90 days")),
            Column(say("遅れの中央値（日）", "Median lateness, days")),
            Column(say("最長（日）", "Longest, days")),
        ),
        tuple(
            Row(
                (
                    say.of(labels.named(table, name)),
                    say.number(one.in_time),
                    say.number(one.late - one.over_90),
                    say.number(one.over_90),
                    _number(say, one.days.quantile(0.5)),
                    _number(say, one.days.largest),
                ),
                key=name,
            )
            for name in labels.in_order(table, set(found))
            for one in [found[name]]
        ),
        note=say(
            "遅れは届出期間の末日の翌日から数える。", "Lateness counts from the day after the last day."
        ),
    )


def _number(say: Language, value: int | None) -> str:
    return "–" if value is None else say.number(value)


def _verdict(m: Measures, say: Language) -> Verdict:
    false = m.candidates.false
    found = sum(m.candidates.found.values())
    if false:
        return Verdict(
            False,
            say(
                f"情報の遅れだけによる候補が{say.number(false)}人いた。",
                f"Delay alone made {say.many(false, 'candidate')}.",
            ),
            say(
                "期間内に届け出ていたが、その情報が届く前に、取消しの候補として数えられた。",
                "They had filed in time and were counted as candidates for revocation before the news"
                " arrived.",
            ),
        )
    return Verdict(
        True,
        say("情報の遅れによる見かけの候補はいない。", "Delay made no false candidate."),
        say(
            f"取消しの候補として{say.number(found)}人が数えられた。期間内に届け出ていた者は含まれない。"
            if found
            else "期間中に取消しの候補として数えられた者はいない。",
            f"{say.many(found, 'person')} counted as {_candidates_named(found)} for revocation; none of them"
            " had filed in time."
            if found
            else "Nobody counted as a candidate for revocation in the period.",
        ),
    )


def _candidates_named(number: int) -> str:
    return "a candidate" if number == 1 else "candidates"


def _candidates(m: Measures, say: Language) -> Table | Text:
    rows = [
        Row(
            (
                say("候補となった", "Found"),
                say.of(labels.named(city_labels.GROUNDS, ground)),
                say.number(times),
            ),
            key=f"found/{ground}",
        )
        for ground, times in sorted(m.candidates.found.items())
    ]
    rows += [
        Row(
            (
                say("候補から外れた", "Withdrawn"),
                say.of(labels.named(city_labels.WITHDRAWN, why)),
                say.number(m.candidates.withdrawn[why]),
            ),
            key=f"withdrawn/{why}",
            warn=why == "filed_in_time",
        )
        for why in labels.in_order(city_labels.WITHDRAWN, set(m.candidates.withdrawn))
    ]
    behind = m.candidates.behind
    note = say("記録: ", "Journal: ") + say("、", ", ").join(m.candidates.evidence)
    if behind.total:
        half, longest = behind.quantile(0.5) or 0, behind.largest or 0
        note = (
            say(
                f"届出から情報の到着まで、中央値{half:,}日、最長{longest:,}日。",
                f"From filing to arrival: median {say.many(half, 'day')}, longest {longest:,}. ",
            )
            + note
        )
    return Table(
        "candidates",
        say("取消しの候補", "Candidates for revocation"),
        (
            Column(say("区分", "What"), "text"),
            Column(say("理由", "Ground or reason"), "text"),
            Column(say("人数", "People")),
        ),
        tuple(rows),
        note=note,
    )
