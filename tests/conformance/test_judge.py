"""The judge: pure, never pleased with nothing, and never blaming others for our own faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conformance.checks import CHECKS
from conformance.checks.declare import Check, check
from conformance.evidence import Case
from conformance.judge import COMPLETED, judge, judge_case
from conformance.register import Register, Requirement
from conformance.runner import Run
from conformance.verdicts import CheckVerdict, Finding, Severity, Verdict, worst
from sim.base import journal
from sim.base.errors import HarnessError
from sim.base.instant import Instant
from sim.base.journal import Line

EMPTY = Register(version=1, document={}, requirement=())


def line(n: int, kind: str, node: str = "stage", **data: Any) -> Line:
    return Line(journal.VERSION, node, n, Instant(n), kind, "", "T-1", "", data)


def case_with(*middle: Line) -> list[Line]:
    return [line(1, "case_begun", tag="T-1", title="ケース"), *middle, line(99, "case_ended")]


def expecting(name: str, **params: Any) -> Line:
    return line(50, "expect", check=name, params=params)


def made(
    run: Callable[..., Iterator[Finding]], severity: Severity = Severity.MUST, standing: bool = False
) -> Check:
    return check("own", severity, (), ("seen",), ja="試し", standing=standing)(run)


def only(check: Check, *lines: Line) -> CheckVerdict:
    """What the judge says of one check that is stated, or that is standing, in a case of these lines."""
    stated = [] if check.standing else [expecting("own")]
    verdict = judge_case(case_with(*lines, *stated), {"own": check})
    return next(result for result in verdict.checks if result.check == "own")


def looks(case: Case) -> Iterator[Finding]:
    """It looks at what it reads and finds nothing wrong."""
    case.lines("seen")
    yield from ()


def complains(case: Case) -> Iterator[Finding]:
    """It finds fault with each line."""
    for one in case.lines("seen"):
        yield Finding(ja="違います。", en="Wrong.", expected="a", received="b", evidence=(one.id,))


def test_verdicts_from_the_written_journal_are_those_of_the_run(reference: Run) -> None:
    again = {
        name: [journal.decode(journal.encode(one)) for one in lines]
        for name, lines in reference.journals.items()
    }
    cases = judge(again, EMPTY).cases
    assert cases == reference.verdicts.cases
    assert all(result.evidence for case in cases for result in case.checks if result.verdict is Verdict.PASS)


def test_verdicts_do_not_depend_on_the_order_of_the_journals(reference: Run) -> None:
    turned = dict(reversed(reference.journals.items()))
    assert judge(turned, EMPTY) == judge(reference.journals, EMPTY)


def test_a_check_that_saw_evidence_and_finds_nothing_passes() -> None:
    result = only(made(looks), line(2, "seen"))
    assert (result.verdict, result.evidence) == (Verdict.PASS, ("stage#2",))


def test_a_stated_check_without_evidence_fails_and_says_so() -> None:
    result = only(made(looks))
    assert result.verdict is Verdict.FAIL
    assert "No evidence" in result.findings[0].en


def test_a_standing_check_without_evidence_does_not_apply() -> None:
    assert only(made(looks, standing=True)).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("name", CHECKS)
def test_no_check_passes_a_case_in_which_nothing_happened(name: str, reference: Run) -> None:
    stated = [
        one
        for lines in reference.journals.values()
        for one in lines
        if one.kind == "expect" and one.data["check"] == name
    ]
    verdict = judge_case(case_with(*stated[:1]), CHECKS)
    found = {result.verdict for result in verdict.checks if result.check == name}
    assert found <= {Verdict.FAIL, Verdict.NOT_APPLICABLE}
    assert found


@pytest.mark.parametrize(
    ("severity", "verdict"),
    [(Severity.MUST, Verdict.FAIL), (Severity.SHOULD, Verdict.WARN), (Severity.LOOK, Verdict.REVIEW)],
)
def test_a_finding_weighs_as_much_as_its_check(severity: Severity, verdict: Verdict) -> None:
    assert only(made(complains, severity), line(2, "seen")).verdict is verdict


def raises_ours(case: Case) -> Iterator[Finding]:
    """It breaks down."""
    raise HarnessError("the check broke down")


def raises_any(case: Case) -> Iterator[Finding]:
    """It has a bug."""
    case.lines("seen")
    yield from [1 / 0]  # type: ignore[misc]


def reads_more(case: Case) -> Iterator[Finding]:
    """It looks where it did not say that it would."""
    case.lines("unseen")
    yield from ()


def wants_more(case: Case, visit: str) -> Iterator[Finding]:
    """It needs a parameter that nobody gave."""
    yield from ()


@pytest.mark.parametrize("run", [raises_ours, raises_any, reads_more, wants_more])
def test_a_check_that_raises_is_inconclusive_and_never_a_failure(
    run: Callable[..., Iterator[Finding]],
) -> None:
    assert only(made(run), line(2, "seen")).verdict is Verdict.INCONCLUSIVE


def test_a_check_that_nobody_knows_is_inconclusive() -> None:
    assert judge_case(case_with(expecting("no_such_check")), {}).verdict is Verdict.INCONCLUSIVE


def test_a_failure_beside_a_broken_check_is_still_a_failure() -> None:
    checks = {"own": made(complains), "other": made(raises_ours)}
    lines = case_with(line(2, "seen"), expecting("own"), expecting("other"))
    assert judge_case(lines, checks).verdict is Verdict.FAIL


def test_after_a_fault_of_the_harness_nothing_is_held_against_anybody() -> None:
    lines = case_with(line(2, "seen"), line(3, "fault", error="HarnessError: no disk"), expecting("own"))
    verdict = judge_case(lines, {"own": made(complains)})
    assert verdict.verdict is Verdict.INCONCLUSIVE
    assert [result.check for result in verdict.checks] == [COMPLETED]


def test_a_breach_that_stops_a_case_is_a_failure() -> None:
    lines = case_with(line(2, "seen"), line(3, "breach", error="Breach: it hung up"), expecting("own"))
    assert judge_case(lines, {"own": made(looks)}).verdict is Verdict.FAIL


def test_a_journal_that_breaks_off_is_inconclusive() -> None:
    lines = case_with(line(2, "seen"), expecting("own"))[:-1]
    assert judge_case(lines, {"own": made(looks)}).verdict is Verdict.INCONCLUSIVE


def test_a_case_of_which_nothing_is_expected_is_inconclusive() -> None:
    lines = case_with(line(2, "seen"))
    assert judge_case(lines, {"own": made(looks, standing=True)}).verdict is Verdict.INCONCLUSIVE


def test_a_journal_without_a_case_is_our_fault() -> None:
    with pytest.raises(HarnessError, match="which case"):
        judge_case([line(2, "seen")])


def row(id: str, *cases: str) -> Requirement:
    return Requirement(
        id=id, document="d", place="1", kind="law", roles=("r",), ja="", en="", checks=("own",), cases=cases
    )


def test_a_requirement_is_as_good_as_its_worst_case_and_what_was_owed_is_not_run() -> None:
    register = Register(version=1, document={}, requirement=(row("R-1", "T-1"), row("R-2", "T-1", "T-2")))
    lines = case_with(line(2, "seen"), expecting("own"))
    verdicts = judge({"T-1": lines}, register, {"own": made(looks)})
    assert [(case.case, case.verdict) for case in verdicts.cases] == [
        ("T-1", Verdict.PASS),
        ("T-2", Verdict.NOT_RUN),
    ]
    assert [one.verdict for one in verdicts.requirements] == [Verdict.PASS, Verdict.NOT_RUN]
    assert verdicts.verdict is Verdict.NOT_RUN


def test_a_requirement_whose_case_was_not_judged_is_inconclusive() -> None:
    register = Register(version=1, document={}, requirement=(row("R-1", "T-1"),))
    lines = case_with(line(3, "fault", error="HarnessError: no disk"))
    verdicts = judge({"T-1": lines}, register, {"own": made(looks)})
    assert verdicts.requirements[0].verdict is Verdict.INCONCLUSIVE


def test_what_does_not_apply_weighs_nothing() -> None:
    assert worst([Verdict.NOT_APPLICABLE, Verdict.PASS]) is Verdict.PASS
    assert worst([Verdict.PASS, Verdict.CONDITIONAL, Verdict.INCONCLUSIVE]) is Verdict.INCONCLUSIVE
    assert worst([]) is Verdict.NOT_RUN
