"""The judge: pure, never pleased with nothing, and never blaming others for our own faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
import pytest

from conformance.checks import BY_ROLE, CHECKS
from conformance.checks.declare import Check, check
from conformance.evidence import Case
from conformance.judge import COMPLETED, TESTABLE, judge, judge_case
from conformance.register import Register, Requirement, load
from conformance.register.rows import Document, Kind
from conformance.register.sets import RequirementSet
from conformance.runner import Run
from conformance.terms import Terms
from conformance.verdicts import CheckVerdict, Finding, Severity, Verdict, Verdicts, worst
from conformance.worker import Info
from sim.base import journal
from sim.base.errors import HarnessError, UsageError
from sim.base.instant import Instant
from sim.base.journal import Line

ROLE = "municipal-system"
EMPTY = Register({}, ())


def line(n: int, kind: str, node: str = "stage", **data: Any) -> Line:
    return Line(journal.VERSION, node, n, Instant(n), kind, "", "T-1", "", data)


def case_with(*middle: Line) -> list[Line]:
    return [line(1, "case_begun", tag="T-1", title="ケース"), *middle, line(99, "case_ended")]


def expecting(name: str, **params: Any) -> Line:
    return line(50, "expect", check=name, params=params)


def made(
    run: Callable[..., Iterator[Finding]],
    severity: Severity = Severity.MUST,
    standing: bool = False,
    requirements: tuple[str, ...] = (),
) -> Check:
    return check("own", severity, requirements, ("seen",), ja="試し", standing=standing)(run)


def only(check: Check, *lines: Line) -> CheckVerdict:
    """What the judge says of one check that is stated, or that is standing, in a case of these lines."""
    stated = [] if check.standing else [expecting("own")]
    verdict = judge_case(case_with(*lines, *stated), {"own": check})
    return next(result for result in verdict.checks if result.check == "own")


def judged(
    monkeypatch: pytest.MonkeyPatch,
    journals: dict[str, list[Line]],
    register: Register,
    own: Check,
    *owed: Info,
    **terms: Any,
) -> Verdicts:
    """A run of a role that has just this check."""
    monkeypatch.setitem(BY_ROLE, ROLE, {"own": own})
    return judge(journals, register, ROLE, owed, **terms)


def owed(id: str, *needs: str) -> Info:
    return Info(id=id, tag=id, title="", feature="", roles=(ROLE,), needs=needs)


def looks(case: Case) -> Iterator[Finding]:
    """It looks at what it reads and finds nothing wrong."""
    case.lines("seen")
    yield from ()


def complains(case: Case) -> Iterator[Finding]:
    """It finds fault with each line."""
    for one in case.lines("seen"):
        yield Finding(ja="違います。", en="Wrong.", expected="a", received="b", evidence=(one.id,))


def test_verdicts_from_the_written_journal_are_those_of_the_run_byte_for_byte(reference: Run) -> None:
    again = {
        name: [journal.decode(journal.encode(one)) for one in lines]
        for name, lines in reference.journals.items()
    }
    verdicts = judge(again, load(), ROLE)
    assert verdicts == reference.verdicts
    assert encoded(verdicts) == encoded(reference.verdicts)
    passed = [one for case in verdicts.cases for one in case.checks if one.verdict is Verdict.PASS]
    assert passed and all(one.evidence for one in passed)


def encoded(verdicts: Verdicts) -> bytes:
    return msgspec.json.encode(verdicts, order="deterministic")


def test_verdicts_do_not_depend_on_the_order_of_the_journals(reference: Run) -> None:
    turned = dict(reversed(reference.journals.items()))
    assert judge(turned, EMPTY, ROLE) == judge(reference.journals, EMPTY, ROLE)


def test_judging_does_not_change_the_journal(reference: Run) -> None:
    before = {name: [journal.encode(one) for one in lines] for name, lines in reference.journals.items()}
    judge(reference.journals, load(), ROLE)
    after = {name: [journal.encode(one) for one in lines] for name, lines in reference.journals.items()}
    assert after == before


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
    verdict = judge_case(case_with(*stated[:1]), {name: CHECKS[name]})
    found = {result.verdict for result in verdict.checks if result.check == name}
    assert Verdict.PASS not in found
    assert Verdict.INCONCLUSIVE not in found


@pytest.mark.parametrize(
    ("severity", "verdict"),
    [(Severity.MUST, Verdict.FAIL), (Severity.SHOULD, Verdict.WARN), (Severity.LOOK, Verdict.REVIEW)],
)
def test_a_finding_weighs_as_much_as_its_check_and_so_does_missing_evidence(
    severity: Severity, verdict: Verdict
) -> None:
    assert only(made(complains, severity), line(2, "seen")).verdict is verdict
    assert only(made(complains, severity)).verdict is verdict


def test_what_the_harness_says_of_the_case_itself_is_read_but_is_no_evidence() -> None:
    def looks_at_us(case: Case) -> Iterator[Finding]:
        """It looks at the harness's own lines."""
        assert [one.kind for one in case.lines("case_begun", "given", "seen")][:2] == ["case_begun", "given"]
        yield from ()

    reads = ("case_begun", "given", "seen")
    own = check("own", Severity.MUST, (), reads, ja="試し", standing=True)(looks_at_us)
    assert only(own, line(2, "given")).verdict is Verdict.NOT_APPLICABLE
    result = only(own, line(2, "given"), line(3, "seen"))
    assert (result.verdict, result.evidence) == (Verdict.PASS, ("stage#3",))


def test_all_findings_are_kept_in_their_order_and_each_once() -> None:
    def complains_twice(case: Case) -> Iterator[Finding]:
        """It says everything twice."""
        yield from complains(case)
        yield from complains(case)

    result = only(made(complains_twice), line(2, "seen"), line(3, "seen"))
    assert [found.evidence for found in result.findings] == [("stage#2",), ("stage#3",)]


def test_what_a_finding_expected_and_received_is_never_left_blank() -> None:
    def mumbles(case: Case) -> Iterator[Finding]:
        """It finds a blank."""
        case.lines("seen")
        yield Finding(ja="違います。", en="Wrong.", expected="a", received="")

    found = only(made(mumbles), line(2, "seen")).findings[0]
    assert (found.expected, found.received) == ("a", "(empty)")


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


def invents(case: Case) -> Iterator[Finding]:
    """It leans on a line that nobody wrote."""
    case.lines("seen")
    yield Finding(ja="違います。", en="Wrong.", expected="a", received="b", evidence=("stage#77",))


@pytest.mark.parametrize("run", [raises_ours, raises_any, reads_more, wants_more, invents])
def test_a_check_that_raises_or_invents_is_inconclusive_and_never_a_failure(
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
        judge_case([line(2, "seen")], {})


def row(id: str, kind: Kind, *cases: str, document: str = "d") -> Requirement:
    return Requirement(
        id=id,
        document=document,
        place="1",
        kind=kind,
        roles=(ROLE,),
        ja="文",
        en="words",
        checks=("own",),
        cases=cases,
        shown=cases,
    )


def register_of(*rows: Requirement) -> Register:
    documents = {
        "d": Document("文書", "document", "line"),
        "old": Document("旧版", "old edition", "line", superseded=date(2023, 3, 31)),
    }
    return Register(documents, rows)


BROKEN_CASE = {"T-1": case_with(line(2, "seen"), expecting("own"))}


def test_a_requirement_is_as_good_as_its_worst_case_and_what_was_owed_is_not_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register = register_of(row("R-1", Kind.DUTY, "T-1"), row("R-2", Kind.DUTY, "T-1", "T-2"))
    verdicts = judged(monkeypatch, BROKEN_CASE, register, made(looks), owed("T-1"), owed("T-2"))
    assert [(case.case, case.verdict) for case in verdicts.cases] == [
        ("T-1", Verdict.PASS),
        ("T-2", Verdict.NOT_RUN),
    ]
    assert [one.verdict for one in verdicts.requirements] == [Verdict.PASS, Verdict.NOT_RUN]
    assert verdicts.verdict is Verdict.NOT_RUN


def test_a_case_that_a_standing_check_merely_stands_over_says_nothing_of_its_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    standing = msgspec.structs.replace(row("R-1", Kind.DUTY, "T-1", "T-2"), shown=("T-1",))
    verdicts = judged(monkeypatch, BROKEN_CASE, register_of(standing), made(looks), owed("T-2"))
    assert verdicts.requirements[0].verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("shown", "needs", "verdict"),
    [((), (), Verdict.NOT_RUN), (("T-2",), ("link.paper",), Verdict.NOT_APPLICABLE)],
)
def test_a_requirement_passes_only_when_each_of_its_checks_had_something_to_look_at(
    monkeypatch: pytest.MonkeyPatch, shown: tuple[str, ...], needs: tuple[str, ...], verdict: Verdict
) -> None:
    """One check that many rows share would else let rows pass that nobody has tried."""
    two = msgspec.structs.replace(row("R-1", Kind.DUTY, "T-1"), checks=("own", "other"), shown=shown)
    own, other = made(looks), replace(made(looks), id="other")
    monkeypatch.setitem(BY_ROLE, ROLE, {"own": own, "other": other})
    verdicts = judge(BROKEN_CASE, register_of(two), ROLE, [owed("T-2", *needs)], declared=())
    assert verdicts.requirements[0].verdict is verdict


def test_a_requirement_whose_case_was_not_judged_is_inconclusive(monkeypatch: pytest.MonkeyPatch) -> None:
    journals = {"T-1": case_with(line(3, "fault", error="HarnessError: no disk"))}
    register = register_of(row("R-1", Kind.DUTY, "T-1"))
    assert judged(monkeypatch, journals, register, made(looks)).requirements[0].verdict is (
        Verdict.INCONCLUSIVE
    )


def test_a_check_outside_the_frozen_set_is_shown_and_weighs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    frozen = RequirementSet("2026-11", (), {ROLE: ("another",)})
    register = register_of(row("R-1", Kind.DUTY, "T-1"))
    verdicts = judged(monkeypatch, BROKEN_CASE, register, made(complains), frozen=frozen)
    case = verdicts.cases[0]
    assert (case.verdict, case.checks[0].verdict) == (Verdict.NOT_APPLICABLE, Verdict.FAIL)
    assert case.checks[0].scored is False
    assert (verdicts.not_scored, verdicts.set) == (("own",), "2026-11")
    assert verdicts.requirements[0].verdict is Verdict.NOT_RUN


def test_a_check_in_the_frozen_set_is_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    frozen = RequirementSet("2026-11", (), {ROLE: ("own",)})
    verdicts = judged(monkeypatch, BROKEN_CASE, EMPTY, made(complains), frozen=frozen)
    assert (verdicts.cases[0].verdict, verdicts.not_scored) == (Verdict.FAIL, ())


def test_what_breaks_off_weighs_whatever_the_set_scores() -> None:
    lines = case_with(line(3, "breach", error="Breach: it hung up"))
    terms = Terms({"own": made(looks)}, scored=frozenset())
    assert judge_case(lines, terms).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("needs", "declared", "verdict"),
    [
        (("register.copies",), ("clock.settable",), Verdict.NOT_APPLICABLE),
        (("clock.settable",), (), Verdict.FAIL),
        (("clock.settable", "register.copies"), (), Verdict.FAIL),
        (("register.copies",), ("register.copies",), Verdict.NOT_RUN),
        (("register.copies",), None, Verdict.NOT_RUN),
        ((), (), Verdict.NOT_RUN),
    ],
    ids=["optional", "mandatory", "one of each", "declared but not run", "never asked", "needs nothing"],
)
def test_a_case_without_a_journal_is_judged_by_what_it_needs(
    needs: tuple[str, ...],
    declared: tuple[str, ...] | None,
    verdict: Verdict,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verdicts = judged(monkeypatch, {}, EMPTY, made(looks), owed("T-1", *needs), declared=declared)
    assert verdicts.cases[0].verdict is verdict


def test_not_testable_names_the_capability_and_a_profile_may_ask_for_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verdicts = judged(
        monkeypatch,
        {},
        EMPTY,
        made(looks),
        owed("T-1", "register.copies"),
        declared=(),
        mandatory=("register.copies",),
    )
    found = verdicts.cases[0].checks[0]
    assert (found.check, found.verdict) == (TESTABLE, Verdict.FAIL)
    assert (found.findings[0].expected, found.findings[0].received) == ("register.copies", "not declared")
    assert "Not testable" in found.findings[0].en


def test_selecting_what_does_not_exist_is_wrong_use(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no such requirement"):
        judged(monkeypatch, {}, EMPTY, made(looks), selected=("S9-999",))


def test_what_does_not_apply_weighs_nothing() -> None:
    assert worst([Verdict.NOT_APPLICABLE, Verdict.PASS]) is Verdict.PASS
    assert worst([Verdict.PASS, Verdict.CONDITIONAL, Verdict.INCONCLUSIVE]) is Verdict.INCONCLUSIVE
    assert worst([]) is Verdict.NOT_RUN


def test_a_wish_behind_a_check_that_a_duty_is_behind_too_is_itself_only_warned_about(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register = register_of(row("R-1", Kind.DUTY, "T-1"), row("R-2", Kind.WISH, "T-1"))
    own = made(complains, requirements=("R-1", "R-2"))
    verdicts = judged(monkeypatch, BROKEN_CASE, register, own)
    assert verdicts.cases[0].verdict is Verdict.FAIL
    assert [one.verdict for one in verdicts.requirements] == [Verdict.FAIL, Verdict.WARN]
    chosen = judged(monkeypatch, BROKEN_CASE, register, own, selected=("R-2",))
    assert [one.verdict for one in chosen.requirements] == [Verdict.FAIL, Verdict.FAIL]
    assert chosen.selected == ("R-2",)


def test_a_row_that_only_other_roles_check_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    other = msgspec.structs.replace(row("R-2", Kind.DUTY, "T-1"), checks=("of_another_role",))
    register = register_of(row("R-1", Kind.DUTY, "T-1"), other)
    verdicts = judged(monkeypatch, BROKEN_CASE, register, made(looks))
    assert [one.requirement for one in verdicts.requirements] == ["R-1"]
