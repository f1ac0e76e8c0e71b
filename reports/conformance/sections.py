"""Sections of the report that are tables and lists: outcome, certificate, coverage, what did not apply."""

from __future__ import annotations

from typing import Final

from conformance.results import Proof, Reason, Results
from conformance.verdicts import ORDER, Verdict
from reports.blocks import Block, Column, Heading, Item, Items, Row, Section, Table, Text
from reports.blocks import Verdict as Banner
from reports.conformance.words import KINDS, MEANING, SUMMARY, stopped
from reports.language import Language

NAMED: Final = 12
"""Cases that a cell names; a check that stands over every case would name hundreds."""

ASSUMED: Final = (Verdict.PASS, Verdict.CONDITIONAL)
"""Verdicts of a check on an assumption that had something to look at."""

GOOD: Final = frozenset({Verdict.PASS, Verdict.WARN, Verdict.CONDITIONAL})
"""Overall verdicts that break nothing."""


def outcome(results: Results, say: Language) -> Section:
    """What the run amounts to, and how many cases had which verdict."""
    total = len(results.cases)
    bad = results.verdict not in GOOD or results.partial
    text = say.of(SUMMARY[results.verdict])
    if not total:
        text = say("ケースが一つもない", "There is no case at all")
    detail = say(
        f"判定 {results.verdict}（{total:,}件のケース）。", f"{results.verdict}, of {total:,} cases."
    )
    if results.partial:
        detail += say(
            f"実行は途中で終了した（{stopped(results, say)}）。それまでの分だけの結果である。",
            f" The run ended early ({stopped(results, say)}): this is what there was by then.",
        )
    rows = tuple(
        Row(
            (str(verdict), say.number(results.counts.get(verdict, 0)), say.of(MEANING[verdict])),
            key=str(verdict),
            warn=bool(results.counts.get(verdict))
            and verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.NOT_RUN),
        )
        for verdict in ORDER
    )
    table = Table(
        "counts",
        say("判定ごとのケースの数", "Cases by verdict"),
        (
            Column(say("判定", "Verdict"), "badge"),
            Column(say("ケース", "Cases")),
            Column(say("意味", "Meaning"), "prose"),
        ),
        rows,
        note=say(
            "重いものから順に並べた。ケースの判定は、その検査の判定のうち最も重いものである。",
            "The heaviest comes first. A case has the heaviest verdict among its checks.",
        ),
    )
    return Section(
        "outcome", say("結果", "Outcome"), "", (Banner(not bad, text + say("。", "."), detail), table)
    )


def certificate(results: Results, say: Language) -> Section:
    """Whether there is a certificate, why not, and what would be printed on it."""
    found = results.certificate
    kind = say(found.kind.ja, f"Certificate of {found.kind.value}")
    if results.granted:
        banner = Banner(True, say(f"{kind}の条件を満たす。", f"{kind}: granted."), _whose(say))
    else:
        banner = Banner(False, say(f"{kind}の条件を満たさない。", f"{kind}: refused."), _whose(say))
    blocks: list[Block] = [banner]
    if found.reasons:
        blocks += [
            Heading(say("満たさない理由", "Why it is refused")),
            _reasons(found.reasons, say, warn=True),
        ]
    if found.remarks:
        blocks += [Heading(say("付記", "Remarks")), _reasons(found.remarks, say)]
    return Section("certificate", say("証明書", "Certificate"), "", tuple(blocks))


def _whose(say: Language) -> str:
    return say(
        "公的機関の認定ではない。certificate.html に印刷用の1枚がある。",
        "No authority stands behind it. certificate.html is a page to print.",
    )


def _reasons(reasons: tuple[Reason, ...], say: Language, *, warn: bool = False) -> Items:
    return Items(tuple(Item(say(one.ja, one.en), listed(one.about, say), warn=warn) for one in reasons))


def listed(names: tuple[str, ...], say: Language, most: int = 40) -> str:
    """Names, and how many more there are."""
    told = ", ".join(names[:most])
    if len(names) > most:
        told += say(f" ほか{len(names) - most:,}件", f" and {len(names) - most:,} more")
    return told


def coverage(results: Results, say: Language) -> Section:
    """Every requirement that a check of the role looks at, with document and line."""
    blocks: list[Block] = []
    if results.requirements:
        blocks.append(
            Table(
                "coverage",
                say("要件ごとの結果", "Requirements"),
                (
                    Column(say("要件", "Row"), "code"),
                    Column(say("内容", "What is asked"), "prose"),
                    Column(say("出典と箇所", "Document and line"), "text"),
                    Column(say("種類", "Kind"), "text"),
                    Column(say("判定", "Verdict"), "badge"),
                    Column(say("検査", "Checks"), "wrap"),
                ),
                tuple(
                    Row(
                        (
                            row.requirement,
                            say(row.ja, row.en),
                            f"{row.document} {row.place}",
                            say.of(KINDS.get(row.kind, (row.kind, row.kind)))
                            + (say("（任意）", " (optional)") if row.optional else ""),
                            str(row.verdict),
                            " ".join(row.checks),
                        ),
                        key=row.requirement,
                    )
                    for row in results.requirements
                ),
            )
        )
    else:
        blocks.append(Text(say("調べた要件がない。", "No requirement was looked at."), empty=True))
    cited = dict.fromkeys(
        [*(row.document for row in results.requirements), *(row.document for row in results.unchecked)]
    )
    blocks += [
        Heading(say("出典", "Documents")),
        Items(
            tuple(
                Item(
                    say(results.documents[name].ja, results.documents[name].en),
                    say("箇所の数え方: ", "the line is the: ")
                    + results.documents[name].line_of
                    + (
                        say(
                            f"。{results.documents[name].superseded} に新しい版がある",
                            f". Superseded on {results.documents[name].superseded}",
                        )
                        if results.documents[name].superseded
                        else ""
                    ),
                    name,
                )
                for name in cited
            )
        ),
    ]
    return Section(
        "coverage",
        say("要件の網羅", "Coverage of requirements"),
        say(
            "要件は出典を要約したもので、原文ではない。一つの要件の判定は、それを調べる検査の判定のうち"
            "最も重いものである。",
            "Rows are summaries in our own words. A row has the heaviest verdict of the checks that look at"
            " it.",
        ),
        tuple(blocks),
    )


def not_applicable(results: Results, say: Language) -> Section | None:
    """Capabilities that are not declared, and the cases that fell away for want of them."""
    lost: dict[str, list[str]] = {}
    for case in results.cases:
        if case.verdict is Verdict.NOT_APPLICABLE:
            names = {
                name for one in case.checks for found in one.findings for name in found.expected.split(", ")
            }
            for name in sorted(names) or ["–"]:
                lost.setdefault(name, []).append(case.case)
    undeclared = [one for one in results.capabilities if one.declared is False]
    if not lost and not undeclared:
        return None
    words = {one.id: one for one in results.capabilities}
    rows = []
    for name in dict.fromkeys((*(one.id for one in undeclared), *lost)):
        known = words.get(name)
        cases = tuple(lost.get(name, ()))
        rows.append(
            Row(
                (
                    name,
                    say(known.ja, known.en) if known else "",
                    say("必須", "mandatory") if known and known.mandatory else say("任意", "optional"),
                    say.number(len(cases)),
                    listed(cases, say, NAMED),
                ),
                key=name,
                warn=bool(known and known.mandatory),
            )
        )
    table = Table(
        "lacking",
        say("宣言されていない機能", "Capabilities that are not declared"),
        (
            Column(say("機能", "Capability"), "code"),
            Column(say("意味", "Meaning"), "prose"),
            Column(say("区分", "Kind"), "text"),
            Column(say("該当なしのケース", "Cases that did not apply")),
            Column("", "wrap"),
        ),
        tuple(rows),
    )
    return Section("lacking", say("該当なし（NOT_APPLICABLE）", "Not applicable"), "", (table,))


def conditional(results: Results, say: Language) -> Section | None:
    """Checks that rest on what nobody could confirm, and what came of them."""
    found: dict[tuple[str, Verdict], list[str]] = {}
    why = {}
    for case in results.cases:
        for one in case.checks:
            if one.assumption and one.verdict in ASSUMED:
                found.setdefault((one.check, one.verdict), []).append(case.case)
                why[one.check] = one.assumption
    if not found:
        return None
    words = {one.id: one for one in results.checks}
    table = Table(
        "conditional",
        say("条件付きの検査", "Conditional checks"),
        (
            Column(say("検査", "Check"), "text"),
            Column(say("判定", "Verdict"), "badge"),
            Column(say("確認できない理由", "Why it is not firm"), "prose"),
            Column(say("最後に調べた日", "Last looked for"), "time"),
            Column(say("ケース", "Cases"), "wrap"),
        ),
        tuple(
            Row(
                (
                    f"{say(words[check].ja, words[check].en)} ({check})" if check in words else check,
                    str(verdict),
                    say(why[check].ja, why[check].en),
                    say.day(why[check].since),
                    listed(tuple(dict.fromkeys(cases)), say, NAMED),
                ),
                key=f"{check}-{verdict}",
            )
            for (check, verdict), cases in sorted(found.items())
        ),
    )
    return Section(
        "conditional",
        say("条件付きの検査（CONDITIONAL）", "Conditional checks"),
        say(
            "確認できない出典による検査である。そのとおりなら PASS、異なれば CONDITIONAL とし、どちらも"
            "合否を決めない。",
            "Checks that rest on what nobody could confirm: PASS if it is as assumed, else CONDITIONAL."
            " Neither decides anything.",
        ),
        (table,),
    )


def unchecked(results: Results, say: Language) -> Section | None:
    """Rows for this role that no check looks at."""
    if not results.unchecked:
        return None
    table = Table(
        "unchecked",
        say("検査のない要件", "Rows without a check"),
        (
            Column(say("要件", "Row"), "code"),
            Column(say("内容", "What it says"), "prose"),
            Column(say("出典と箇所", "Document and line"), "text"),
            Column(say("調べない理由", "Why nothing looks at it"), "prose"),
        ),
        tuple(
            Row(
                (
                    row.requirement,
                    say(row.ja, row.en),
                    f"{row.document} {row.place}",
                    say(row.why.ja, row.why.en) if row.why else "–",
                ),
                key=row.requirement,
            )
            for row in results.unchecked
        ),
    )
    return Section("unchecked", say("調べていない要件", "Rows that nothing looks at"), "", (table,))


def proof(results: Results, proof: Proof, say: Language) -> Section:
    """What the page was made of, and how to make it again."""
    table = Table(
        "proof",
        say("この結果の元になったもの", "What this result was made of"),
        (Column(say("ファイル", "File"), "text"), Column("SHA-256", "wrap")),
        (
            Row(("plan.toml", proof.plan), key="plan"),
            Row(("verdicts.json", proof.verdicts), key="verdicts"),
            Row((say("journals/ の全体", "all of journals/"), proof.journals), key="journals"),
            Row(
                (say("署名の鍵", "signing key"), proof.key or say("署名なし", "unsigned")),
                key="key",
            ),
        ),
        note=say(
            "`renkei report verify 一式のフォルダ` が、記録から判定とこのページを作り直し、署名とともに"
            "確かめる（回線は要らない）。",
            "`renkei report verify BUNDLE` makes verdicts and this page again from the journals, and checks"
            " the signature, offline.",
        ),
    )
    return Section("proof", say("確かめる方法", "How to verify it"), "", (table,))
