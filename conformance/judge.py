"""The judge: a pure function from journals to verdicts.

Theory of operation. A case's journal holds the expectations that its Then steps stated (`expect`) beside
everything that was observed. The judge runs each stated check with its parameters, then every standing
check. A check that yields a finding is broken; one that was given no line has proved nothing: stated it
is FAIL, standing NOT_APPLICABLE. A check that raises is our fault, INCONCLUSIVE, never FAIL. So is a
whole case whose journal tells of a fault of the harness, or that breaks off.

No clock, no files, no state: an old journal gets the same verdicts again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from conformance.checks import CHECKS
from conformance.checks.declare import Check
from conformance.evidence import Case
from conformance.register import Register, Requirement
from conformance.verdicts import (
    BROKEN,
    CaseVerdict,
    CheckVerdict,
    Finding,
    RequirementVerdict,
    Verdict,
    Verdicts,
    worst,
)
from sim.base.errors import HarnessError
from sim.base.journal import Line

COMPLETED: Final = "completed"
"""Stands for the course of the case itself among its checks, when something went wrong with it."""


def judge(
    journals: Mapping[str, Iterable[Line]], register: Register, checks: Mapping[str, Check] = CHECKS
) -> Verdicts:
    """The verdicts on a run: its cases by their ids, and those that the register owes besides."""
    cases = [judge_case(lines, checks) for _, lines in sorted(journals.items())]
    run = {case.tag for case in cases}
    owed = sorted({tag for row in register.requirements for tag in row.cases} - run)
    cases += [CaseVerdict(case=tag, tag=tag, title="", verdict=Verdict.NOT_RUN) for tag in owed]
    rows = [RequirementVerdict(requirement=row.id, verdict=_row(row, cases)) for row in register.requirements]
    return Verdicts(cases=tuple(cases), requirements=tuple(rows))


def judge_case(journal: Iterable[Line], checks: Mapping[str, Check] = CHECKS) -> CaseVerdict:
    """The verdict on one case, from its journal alone."""
    lines = tuple(journal)
    begun = next((line for line in lines if line.kind == "case_begun"), None)
    if begun is None:
        raise HarnessError("a journal of a case must say which case it is", expected="a line `case_begun`")
    results = _course(lines)
    if not any(result.verdict is Verdict.INCONCLUSIVE for result in results):
        results += [_stated(line, lines, checks) for line in lines if line.kind == "expect"]
        results += [_standing(check, lines) for check in checks.values() if check.standing]
    if not any(result.stated for result in results):
        results.append(_not_known(COMPLETED, "Nothing was expected of this case.", (begun.id,)))
    return CaseVerdict(
        case=begun.case,
        tag=str(begun.data.get("tag")),
        title=str(begun.data.get("title")),
        verdict=worst(result.verdict for result in results),
        checks=tuple(results),
    )


def _course(lines: Sequence[Line]) -> list[CheckVerdict]:
    """What went wrong with the case as such: a fault of ours, a breach that stopped it, a broken-off end."""
    results = []
    for line in lines:
        if line.kind == "fault":
            results.append(_not_known(COMPLETED, str(line.data.get("error")), (line.id,)))
        elif line.kind == "breach":
            found = Finding(
                ja="テスト対象が規則に反したため、ケースを続けられません。",
                en="The implementation under test broke a rule, and the case could not go on.",
                expected="the case runs to its end",
                received=str(line.data.get("error")),
                evidence=(line.id,),
            )
            results.append(
                CheckVerdict(
                    check=COMPLETED, verdict=Verdict.FAIL, stated=True, findings=(found,), evidence=(line.id,)
                )
            )
    if not any(line.kind == "case_ended" for line in lines):
        results.append(_not_known(COMPLETED, "The journal breaks off before the case ended.", ()))
    return results


def _stated(line: Line, lines: Sequence[Line], checks: Mapping[str, Check]) -> CheckVerdict:
    name = str(line.data.get("check"))
    found = checks.get(name)
    if found is None:
        return _not_known(name, "There is no check of this name.", (line.id,))
    return _run(found, lines, line.data.get("params", {}), stated=True)


def _standing(check: Check, lines: Sequence[Line]) -> CheckVerdict:
    return _run(check, lines, {}, stated=False)


def _run(check: Check, lines: Sequence[Line], params: dict[str, object], *, stated: bool) -> CheckVerdict:
    case = Case(lines, check.reads)
    try:
        findings = tuple(check(case, **params))
    except Exception as error:  # whatever a check raises is our fault, not that of what it looks at
        why = f"{type(error).__name__}: {error}"
        return _not_known(check.id, why, case.seen, stated=stated, params=params)
    if findings:
        verdict = BROKEN[check.severity]
    elif case.seen:
        verdict = Verdict.PASS
    elif stated:
        verdict, findings = Verdict.FAIL, (_no_evidence(check),)
    else:
        verdict = Verdict.NOT_APPLICABLE
    return CheckVerdict(
        check=check.id,
        verdict=verdict,
        stated=stated,
        params=params,
        requirements=check.requirements,
        findings=findings,
        evidence=case.seen,
    )


def _no_evidence(check: Check) -> Finding:
    return Finding(
        ja="証拠となる記録が一つもありません。",
        en="No evidence: nothing in the journal shows it.",
        expected=f"a line of kind {' or '.join(check.reads)}",
        received="none",
    )


def _not_known(
    check: str,
    why: str,
    evidence: tuple[str, ...],
    *,
    stated: bool = True,
    params: dict[str, object] | None = None,
) -> CheckVerdict:
    found = Finding(
        ja="ハーネス側の不具合のため、判定できません。",
        en="A fault of the harness: nothing can be said.",
        expected="a judgement",
        received=why,
        evidence=evidence,
    )
    return CheckVerdict(
        check=check,
        verdict=Verdict.INCONCLUSIVE,
        stated=stated,
        params=params or {},
        findings=(found,),
        evidence=evidence,
    )


def _row(row: Requirement, cases: Sequence[CaseVerdict]) -> Verdict:
    """From the row's checks in the row's cases; a case that did not run, or was not judged, counts itself."""
    found = []
    for case in cases:
        if case.tag in row.cases:
            own = [result.verdict for result in case.checks if result.check in (*row.checks, COMPLETED)]
            found.append(worst(own) if own else Verdict.NOT_RUN)
    return worst(found)
