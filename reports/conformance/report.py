"""The report of a conformance run: one self-contained page, a pure function of results and journals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from conformance.results import CaseResult, CheckWords, Journals, Proof, Results
from conformance.verdicts import CheckVerdict, Verdict
from reports.blocks import Section
from reports.conformance import sections
from reports.conformance.lines import QUIET, Chosen, Shown, Told, anchor, choose, cut, slug
from reports.conformance.words import NOT, STOPPED, called
from reports.language import EN, JA, Language
from reports.rendering import inline, template
from reports.sections.overview import Fact, Header
from sim.base.instant import iso
from sim.base.journal import Line

DATA_AT_MOST: Final = 320
"""Characters of a line's data beside a finding; the embedded line has more of it."""

COURSE: Final[dict[str, tuple[str, str]]] = {
    "completed": ("ケースの進行", "course of the case"),
    "testable": ("試験できること", "can be tested"),
}
"""What stands among the checks of a case without being one."""


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the journal as evidence."""

    anchor: str
    id: str
    at: str
    kind: str
    data: str


@dataclass(frozen=True, slots=True)
class FindingShown:
    """A finding with its evidence. `more`: events that are left out."""

    text: str
    expected: str
    received: str
    events: tuple[Event, ...]
    more: int


@dataclass(frozen=True, slots=True)
class CheckShown:
    """A check that found something. `rows`: requirements with document and place."""

    id: str
    title: str
    verdict: str
    rows: tuple[str, ...]
    assumption: str
    scored: bool
    findings: tuple[FindingShown, ...]
    more: int


@dataclass(frozen=True, slots=True)
class CaseShown:
    """A case with what was found."""

    anchor: str
    id: str
    title: str
    verdict: str
    checks: tuple[CheckShown, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Step:
    """What a Then step stated, and what came of it."""

    verdict: str
    title: str
    params: str


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case in the list of its feature. `anchor`: where its findings are; empty if it has none."""

    id: str
    title: str
    verdict: str
    quiet: bool
    anchor: str
    steps: tuple[Step, ...]
    standing: str


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature with its cases. `open`: something in it is not as it must be."""

    file: str
    title: str
    counts: str
    open: bool
    cases: tuple[CaseRow, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """The page in one language."""

    say: Language
    header: Header
    kicker: str
    before: tuple[Section, ...]
    found: tuple[tuple[str, tuple[CaseShown, ...]], ...]
    rest: tuple[str, ...]
    features: tuple[Feature, ...]
    after: tuple[Section, ...]
    contents: tuple[tuple[str, str], ...]


def render(results: Results, journals: Journals, proof: Proof) -> str:
    """The whole page as HTML text. The same text for the same bundle."""
    chosen = choose(results, journals)
    editions = [_edition(results, chosen, proof, say) for say in (JA, EN)]
    return template("conformance.html.jinja").render(
        editions=editions,
        nots=NOT,
        judged=bool(journals),
        lines=[_lines(case, shown) for case, shown in chosen.lines.items()],
        style=inline("page.css", "conformance.css"),
        script=inline("page.js"),
    )


def _edition(results: Results, chosen: Chosen, proof: Proof, say: Language) -> Edition:
    before = (sections.outcome(results, say), sections.certificate(results, say))
    after = tuple(
        section
        for section in (
            sections.coverage(results, say),
            sections.not_applicable(results, say),
            sections.conditional(results, say),
            sections.unchecked(results, say),
            sections.proof(results, proof, say),
        )
        if section is not None
    )
    contents = [(one.key, one.title) for one in before]
    contents += [
        ("findings", say("見つかったこと", "Findings")),
        ("features", say("全てのケース", "All cases")),
    ]
    contents += [(one.key, one.title) for one in after]
    return Edition(
        say=say,
        header=_header(results, proof, say),
        kicker=say("renkei 準拠試験の結果", "renkei: result of a conformance run"),
        before=before,
        found=tuple(_found(results, chosen, say)),
        rest=tuple(f"{case.case} {case.verdict} {case.title}" for case in chosen.rest),
        features=tuple(_features(results, chosen, say)),
        after=after,
        contents=tuple(contents),
    )


def _partner(results: Results) -> str:
    """The product at the other end with the name by which it introduced itself; empty without one."""
    other = results.partner
    if other is None:
        return ""
    told = " ".join(str(results.partner_peer.get(key, "")) for key in ("vendor", "name", "version")).strip()
    return f"{other.vendor} {other.name} {other.version}".strip() + (f" ({told})" if told else "")


def _header(results: Results, proof: Proof, say: Language) -> Header:
    told = results.implementation
    peer = " ".join(str(results.peer.get(key, "")) for key in ("vendor", "name", "version")).strip()
    chosen = (
        say(f"{len(results.only)}件の指定だけ: ", "only what was chosen: ") + ", ".join(results.only)
        if results.only
        else say("全て", "all")
    )
    ended = (
        say(
            f"途中で終了（{STOPPED.get(results.stopped, results.stopped)}）。残りは NOT_RUN",
            f"ended early ({results.stopped}); the rest is NOT_RUN",
        )
        if results.partial
        else say("最後まで", "to its end")
    )
    facts = [
        Fact(say("試験の対象", "Tested"), called(results, say)),
        Fact(say("供給者", "Vendor"), told.vendor),
        Fact(
            say("納品物のSHA-256", "SHA-256 of the delivery"), told.digest.removeprefix("sha256:"), code=True
        ),
        Fact(say("相手方の製品（入管庁側）", "Product at the other end"), _partner(results)),
        Fact(say("役割", "Role"), f"{say(*results.role_words.both)} ({results.role})"),
        Fact(say("プロファイル", "Profile"), f"{say(*results.profile_words.both)} ({results.profile})"),
        Fact(say("要件集", "Requirement set"), _set(results, say)),
        Fact(say("接続", "Adapter"), results.adapter, code=True),
        Fact(say("実装の自己紹介", "It called itself"), peer),
        Fact(say("市区町村の指定文言", "Challenge"), results.challenge),
        Fact(say("ケース", "Cases"), chosen),
        Fact(say("実行", "Run"), ended),
        Fact(say("ハーネス", "Harness"), f"renkei {results.harness}"),
        Fact(
            say("署名の鍵（SHA-256）", "Signed with the key (SHA-256)"),
            proof.key or say("署名なし", "unsigned"),
            code=bool(proof.key),
        ),
    ]
    return Header(
        title=say(f"{called(results, say)} の準拠試験", f"Conformance of {called(results, say)}"),
        kicker="",
        facts=tuple(fact for fact in facts if fact.value),
        box_title=say("この結果が示さないこと", "What this is not"),
        box="",
    )


def _set(results: Results, say: Language) -> str:
    name = results.set
    if name == "current":
        name = say("current（固定されていない、その版の全て）", "current (all of that release, not frozen)")
    if results.selected:
        name += say(" + 選択した要望 ", " + selected wishes ") + ", ".join(results.selected)
    return name


# --- findings ---------------------------------------------------------------------------------------------
def _found(results: Results, chosen: Chosen, say: Language) -> Iterable[tuple[str, tuple[CaseShown, ...]]]:
    """Cases with findings, by feature."""
    groups: dict[str, list[CaseShown]] = {}
    words = {one.id: one for one in results.checks}
    rows = {
        row.requirement: f"{row.requirement} ({row.document} {row.place})" for row in results.requirements
    }
    for case in results.cases:
        if case.case not in chosen.told:
            continue
        told = chosen.told[case.case]
        total = sum(1 for one in case.checks if one.verdict not in QUIET and one.findings)
        shown = CaseShown(
            anchor=f"{say.code}-case-{slug(case.case)}",
            id=case.case,
            title=case.title,
            verdict=case.verdict,
            checks=tuple(_check(case.case, one, words, rows, say) for one in told),
            more=total - len(told),
        )
        groups.setdefault(_feature_title(case), []).append(shown)
    return ((title, tuple(cases)) for title, cases in groups.items())


def _check(
    case: str, told: Told, words: dict[str, CheckWords], rows: dict[str, str], say: Language
) -> CheckShown:
    one = told.check
    why = one.assumption
    return CheckShown(
        id=one.check,
        title=_title(one, words, say),
        verdict=one.verdict,
        rows=tuple(rows.get(row, row) for row in one.requirements),
        assumption=say(f"{why.ja}（{why.since}）", f"{why.en} ({why.since})") if why else "",
        scored=one.scored,
        findings=tuple(
            FindingShown(
                text=say(found.ja, found.en),
                expected=cut(found.expected, 600),
                received=cut(found.received, 600),
                events=tuple(_event(case, line) for line in events),
                more=more,
            )
            for found, events, more in told.findings
        ),
        more=told.more,
    )


def _event(case: str, line: Line) -> Event:
    data = "; ".join(f"{key}: {_value(value)}" for key, value in sorted(line.data.items()))
    return Event(
        anchor=anchor(case, line.id),
        id=line.id,
        at=iso(line.at).replace("T", " ").partition("+")[0],
        kind=line.kind,
        data=cut(data, DATA_AT_MOST),
    )


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_value(inner)}" for key, inner in sorted(value.items())) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(inner) for inner in value) + "]"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _title(one: CheckVerdict, words: dict[str, CheckWords], say: Language) -> str:
    if one.check in COURSE:
        return say.of(COURSE[one.check])
    known = words.get(one.check)
    return say(known.ja, known.en) if known else one.check


# --- all cases --------------------------------------------------------------------------------------------
def _features(results: Results, chosen: Chosen, say: Language) -> Iterable[Feature]:
    words = {one.id: one for one in results.checks}
    groups: dict[str, list[CaseResult]] = {}
    for case in results.cases:
        groups.setdefault(case.feature, []).append(case)
    for feature, cases in sorted(groups.items()):
        counts = Counter(case.verdict for case in cases)
        yield Feature(
            file=feature,
            title=cases[0].heading or feature,
            counts=", ".join(f"{verdict} {counts[verdict]}" for verdict in Verdict if counts[verdict]),
            open=any(case.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE) for case in cases),
            cases=tuple(_row(case, chosen, words, say) for case in cases),
        )


def _row(case: CaseResult, chosen: Chosen, words: dict[str, CheckWords], say: Language) -> CaseRow:
    standing = Counter(one.verdict for one in case.checks if not one.stated)
    told = ", ".join(f"{verdict} {standing[verdict]}" for verdict in Verdict if standing[verdict])
    return CaseRow(
        id=case.case,
        title=case.title,
        verdict=case.verdict,
        quiet=case.verdict in QUIET,
        anchor=f"{say.code}-case-{slug(case.case)}" if case.case in chosen.told else "",
        steps=tuple(
            Step(one.verdict, _title(one, words, say), _params(one)) for one in case.checks if one.stated
        ),
        standing=told,
    )


def _params(one: CheckVerdict) -> str:
    """What a step asked, without the visit, which is a name of ours."""
    return "; ".join(f"{key}: {_value(one.params[key])}" for key in sorted(one.params) if key != "visit")


def _feature_title(case: CaseResult) -> str:
    return f"{case.heading}（{case.feature}）" if case.heading else case.feature


# --- journal lines ----------------------------------------------------------------------------------------
def _lines(case: str, shown: tuple[Shown, ...]) -> dict[str, Any]:
    """The embedded lines of a case, for both languages."""
    return {
        "case": case,
        "slug": slug(case),
        "lines": [
            {
                "anchor": anchor(case, one.line.id),
                "text": one.text,
                "evidence": one.evidence,
                "gap": one.gap,
            }
            for one in shown
        ],
    }
