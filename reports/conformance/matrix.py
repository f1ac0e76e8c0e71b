"""Several implementations side by side: a column each, a row for each requirement and each feature."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from conformance.results import Results
from conformance.verdicts import ORDER, Verdict
from reports.blocks import Block, Column, Row, Section, Table, Text
from reports.conformance.words import NOT, called, counted, stopped
from reports.language import EN, JA, NOTHING, Language
from reports.rendering import inline, template
from reports.sections.overview import Header


def render(several: Sequence[Results], doubted: Collection[int] = ()) -> str:
    """The whole page as HTML text, the columns in the order given. The same text for the same results.

    `doubted`: the places, from 0, of results whose bundles do not verify; their columns say so.
    """
    editions = [
        {
            "say": say,
            "header": _header(several, say),
            "kicker": "renkei",
            "sections": _sections(several, doubted, say),
        }
        for say in (JA, EN)
    ]
    return template("matrix.html.jinja").render(
        editions=editions,
        nots=NOT,
        style=inline("page.css", "conformance.css"),
        script=inline("page.js"),
    )


def _header(several: Sequence[Results], say: Language) -> Header:
    return Header(
        kicker="",
        title=say(f"{len(several)}つの実装の準拠試験", f"Conformance of {len(several)} implementations"),
        facts=(),
        box_title=say("この結果が示さないこと", "What this is not"),
        box="",
    )


def _sections(several: Sequence[Results], doubted: Collection[int], say: Language) -> list[Section]:
    names = [
        name + (say("（検証に合格しない）", " – not verified") if at in doubted else "")
        for at, name in enumerate(_names(several, say))
    ]
    return [
        Section("runs", say("実行", "Runs"), "", (_runs(several, names, say),)),
        Section("requirements", say("要件", "Requirements"), "", (_requirements(several, names, say),)),
        Section("features", say("フィーチャー", "Features"), "", (_features(several, names, say),)),
    ]


def _names(several: Sequence[Results], say: Language) -> list[str]:
    """A name for each column; the same product twice is numbered."""
    names = [called(one, say) for one in several]
    return [
        f"{name} ({names[: at + 1].count(name)})" if names.count(name) > 1 else name
        for at, name in enumerate(names)
    ]


def _runs(several: Sequence[Results], names: list[str], say: Language) -> Table:
    """What each run was, so that nobody compares what cannot be compared."""
    return Table(
        "runs",
        say("実行ごとの条件と結果", "What was run, and what came of it"),
        (
            Column(say("実装", "Implementation"), "text"),
            Column(say("役割", "Role"), "text"),
            Column(say("プロファイル、要件集", "Profile, requirement set"), "text"),
            Column(say("版", "Release"), "text"),
            Column(say("ケース", "Cases"), "text"),
            Column(say("証明書の条件", "Certificate"), "text"),
        ),
        tuple(
            Row(
                (
                    name,
                    one.role,
                    ", ".join((one.profile, one.set, *one.selected)),
                    f"renkei {one.harness}",
                    counted(one.counts)
                    + (
                        say(f"、途中で終了: {stopped(one, say)}", f"; ended early: {one.stopped}")
                        if one.partial
                        else ""
                    )
                    + (say("、一部のケースだけ", "; chosen cases only") if one.only else ""),
                    say("満たす", "granted") if one.granted else say("満たさない", "refused"),
                ),
                key=str(number),
                warn=one.partial,
            )
            for number, (name, one) in enumerate(zip(names, several, strict=True), start=1)
        ),
    )


def _requirements(several: Sequence[Results], names: list[str], say: Language) -> Block:
    rows = {row.requirement: row for one in several for row in one.requirements}
    if not rows:
        return Text(say("調べた要件がない。", "No requirement was looked at."), empty=True)
    verdicts = [{row.requirement: row.verdict for row in one.requirements} for one in several]
    return Table(
        "requirements",
        say("要件ごとの判定", "Verdicts by requirement"),
        (
            Column(say("要件", "Row"), "code"),
            Column(say("内容", "What is asked"), "prose"),
            *(Column(name, "badge") for name in names),
        ),
        tuple(
            Row(
                (id, say(rows[id].ja, rows[id].en), *(str(found.get(id, "")) for found in verdicts)),
                key=id,
            )
            for id in sorted(rows)
        ),
        note=say(
            "空欄は、その実行の役割にない要件である。",
            "An empty cell: not a requirement of that run's role.",
        ),
    )


def _features(several: Sequence[Results], names: list[str], say: Language) -> Block:
    headings = {case.feature: case.heading for one in several for case in one.cases}
    if not headings:
        return Text(say("ケースがない。", "There are no cases."), empty=True)
    counts = []
    for one in several:
        found: dict[str, Counter[Verdict]] = {}
        for case in one.cases:
            found.setdefault(case.feature, Counter())[case.verdict] += 1
        counts.append(found)
    return Table(
        "features",
        say("フィーチャーごとのケースの数", "Cases by feature"),
        (Column(say("フィーチャー", "Feature"), "prose"), *(Column(name, "text") for name in names)),
        tuple(
            Row(
                (
                    f"{headings[feature]} ({feature})",
                    *(
                        ", ".join(f"{v} {found[feature][v]}" for v in ORDER if found[feature][v])
                        if feature in found
                        else NOTHING
                        for found in counts
                    ),
                ),
                key=feature,
            )
            for feature in sorted(headings)
        ),
    )
