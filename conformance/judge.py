"""The judge: a pure function from journals to verdicts.

Theory of operation. A case's journal holds the expectations that its Then steps stated (`expect`) beside
everything that was observed. The judge runs each stated check with its parameters, then every standing
check. A check that yields a finding is broken; one that was given no line has proved nothing: stated it
is broken too, standing NOT_APPLICABLE. A check that raises, or that leans on a line that is not there, is our
fault, INCONCLUSIVE, never FAIL. So is a whole case whose journal tells of a fault of the harness, or that
breaks off. How much a finding weighs, the terms say (`terms`).

A case that is owed and has no journal is NOT_RUN; if it needs a capability that was not declared, it is
NOT_APPLICABLE when the capability is optional, and FAIL, not testable, when it is mandatory.

No clock, no files, no state: an old journal gets the same verdicts again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from conformance.checks import BY_ROLE
from conformance.checks.declare import Check
from conformance.evidence import Case
from conformance.protocol.roles import role_of
from conformance.register import Register, Requirement
from conformance.register.sets import CURRENT, RequirementSet
from conformance.terms import Terms, terms_of
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
TESTABLE: Final = "testable"
"""Stands among the checks of a case that was not run, because a capability was not declared."""
OF_THE_CASE: Final = (COMPLETED, TESTABLE)

EMPTY: Final = "(empty)"


class Owed(Protocol):
    """A case that should have run, as the feature files describe it. `needs`: capabilities."""

    @property
    def id(self) -> str: ...
    @property
    def tag(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def needs(self) -> tuple[str, ...]: ...


def judge(
    journals: Mapping[str, Iterable[Line]],
    register: Register,
    role: str,
    owed: Iterable[Owed] = (),
    *,
    declared: Collection[str] | None = None,
    mandatory: Collection[str] | None = None,
    selected: Collection[str] = (),
    frozen: RequirementSet | None = None,
) -> Verdicts:
    """The verdicts on a run of a role: its cases by their ids, and those that are owed besides.

    `declared`: capabilities that the implementation says it has; None if it was never asked. `mandatory`:
    those that it must have; the role's own by default. `selected` and `frozen`: see `terms`.

    Raises:
        UsageError: something selected does not exist.
        HarnessError: a journal is of no case.
    """
    checks = BY_ROLE[role]
    terms = terms_of(role, checks, register, selected, frozen)
    cases = [judge_case(lines, terms) for _, lines in sorted(journals.items())]
    run = {case.case for case in cases}
    must = role_of(role).mandatory if mandatory is None else mandatory
    cases += [
        _absent(case, declared, must) for case in sorted(owed, key=lambda one: one.id) if case.id not in run
    ]
    rows = [
        RequirementVerdict(requirement=row.id, verdict=_row(row, cases, terms, register, selected))
        for row in register.requirements
        if any(check in checks for check in row.checks)
    ]
    return Verdicts(
        cases=tuple(cases),
        requirements=tuple(rows),
        role=role,
        set=frozen.name if frozen else CURRENT,
        selected=tuple(sorted(selected)),
    )


def judge_case(journal: Iterable[Line], terms: Terms | Mapping[str, Check]) -> CaseVerdict:
    """The verdict on one case, from its journal alone. A plain mapping: each check weighs what it says.

    Raises:
        HarnessError: the journal is of no case.
    """
    if not isinstance(terms, Terms):
        terms = Terms(terms)
    lines = tuple(journal)
    begun = next((line for line in lines if line.kind == "case_begun"), None)
    if begun is None:
        raise HarnessError("a journal of a case must say which case it is", expected="a line `case_begun`")
    results = _course(lines)
    if not any(result.verdict is Verdict.INCONCLUSIVE for result in results):
        results += [_stated(line, lines, terms) for line in lines if line.kind == "expect"]
        results += [
            _run(check, lines, {}, terms, stated=False) for check in terms.checks.values() if check.standing
        ]
    if not any(result.stated for result in results):
        results.append(_not_known(COMPLETED, "Nothing was expected of this case.", (begun.id,)))
    scored = [result.verdict for result in results if result.scored]
    return CaseVerdict(
        case=begun.case,
        tag=str(begun.data.get("tag")),
        title=str(begun.data.get("title")),
        verdict=worst(scored) if scored else Verdict.NOT_APPLICABLE,
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
            results.append(_of_the_case(COMPLETED, Verdict.FAIL, found))
    if not any(line.kind == "case_ended" for line in lines):
        results.append(_not_known(COMPLETED, "The journal breaks off before the case ended.", ()))
    return results


def _absent(case: Owed, declared: Collection[str] | None, mandatory: Collection[str]) -> CaseVerdict:
    """The verdict on a case that is owed and has no journal."""
    lacking = [] if declared is None else [name for name in case.needs if name not in declared]
    owing = [name for name in lacking if name in mandatory]
    if owing:
        verdict, named = Verdict.FAIL, owing
        ja, en = (
            "必須の機能が宣言されておらず、テストできません。",
            "Not testable: mandatory, and not declared.",
        )
    elif lacking:
        verdict, named = Verdict.NOT_APPLICABLE, lacking
        ja, en = "任意の機能が宣言されていません。", "An optional capability is not declared."
    else:
        return CaseVerdict(case=case.id, tag=case.tag, title=case.title, verdict=Verdict.NOT_RUN)
    found = Finding(ja=ja, en=en, expected=", ".join(named), received="not declared")
    result = _of_the_case(TESTABLE, verdict, found)
    return CaseVerdict(case=case.id, tag=case.tag, title=case.title, verdict=verdict, checks=(result,))


def _of_the_case(name: str, verdict: Verdict, found: Finding) -> CheckVerdict:
    return CheckVerdict(check=name, verdict=verdict, stated=True, findings=(found,), evidence=found.evidence)


def _stated(line: Line, lines: Sequence[Line], terms: Terms) -> CheckVerdict:
    name = str(line.data.get("check"))
    found = terms.checks.get(name)
    if found is None:
        return _not_known(name, "There is no check of this name.", (line.id,))
    return _run(found, lines, line.data.get("params", {}), terms, stated=True)


def _run(
    check: Check, lines: Sequence[Line], params: dict[str, object], terms: Terms, *, stated: bool
) -> CheckVerdict:
    case = Case(lines, check.reads)
    scored, assumption = terms.scores(check.id), terms.assumed.get(check.id)
    try:
        findings = tuple(dict.fromkeys(labelled(found) for found in check(case, **params)))
        _there(findings, lines)
    except Exception as error:  # whatever a check raises is our fault, not that of what it looks at
        why = f"{type(error).__name__}: {error}"
        return _not_known(check.id, why, case.seen, stated=stated, params=params, scored=scored)
    if findings:
        verdict = BROKEN[check.severity] if assumption is None else Verdict.CONDITIONAL
    elif case.seen:
        verdict = Verdict.PASS
    elif stated:
        findings = (_no_evidence(check),)
        verdict = BROKEN[check.severity] if assumption is None else Verdict.CONDITIONAL
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
        scored=scored,
        assumption=assumption,
    )


def labelled(found: Finding) -> Finding:
    """The finding with something to read beside `expected` and `received`, which may be empty text."""
    if found.expected and found.received:
        return found
    return msgspec.structs.replace(found, expected=found.expected or EMPTY, received=found.received or EMPTY)


def _there(findings: Sequence[Finding], lines: Sequence[Line]) -> None:
    """Raises a HarnessError if a finding leans on a line that the journal does not have."""
    ids = {line.id for line in lines} if findings else set()
    missing = sorted({id for found in findings for id in found.evidence if id not in ids})
    if missing:
        raise HarnessError(
            "a finding leans on lines that are not in the journal", received=", ".join(missing)
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
    scored: bool = True,
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
        scored=scored,
    )


def _row(
    row: Requirement,
    cases: Sequence[CaseVerdict],
    terms: Terms,
    register: Register,
    selected: Collection[str],
) -> Verdict:
    """From the row's checks wherever they ran, and from cases made for it that did not run or broke off.

    It passes only when each of its checks had something to look at: what one of them saw proves no more.
    """
    found = []
    owing = {check for check in row.checks if check in terms.checks and terms.scores(check)}
    for case in cases:
        of_row = case.tag in row.shown
        for one in case.checks:
            own = one.check in row.checks and one.check in terms.checks
            if one.scored and (own or (of_row and one.check in OF_THE_CASE)):
                found.append(one.verdict)
                if one.verdict is not Verdict.NOT_APPLICABLE:
                    owing.discard(one.check)
        if of_row and not case.checks:
            found.append(case.verdict)
    verdict = worst(found)
    if verdict is Verdict.PASS and owing:
        return Verdict.NOT_APPLICABLE if _spared(row, cases) else Verdict.NOT_RUN
    chosen = row.id in selected or row.document in selected
    return Verdict.WARN if verdict is Verdict.FAIL and register.optional(row) and not chosen else verdict


def _spared(row: Requirement, cases: Iterable[CaseVerdict]) -> bool:
    """Whether cases of the row did not apply for want of an optional capability, and none is owed."""
    verdicts = [case.verdict for case in cases if case.tag in row.shown]
    return Verdict.NOT_APPLICABLE in verdicts and Verdict.NOT_RUN not in verdicts
