"""How much a verdict weighs, and when a certificate is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from conformance import certificate
from conformance.certificate import certificate_of
from conformance.checks import BY_ROLE
from conformance.checks.declare import Check, check
from conformance.evidence import Case
from conformance.judge import judge_case
from conformance.register import Register, Requirement
from conformance.register.record import Exercised, Record
from conformance.register.rows import Document, Kind
from conformance.results import Certificate, CertificateKind
from conformance.terms import Terms, terms_of
from conformance.verdicts import Assumption, CaseVerdict, CheckVerdict, Finding, Severity, Verdict, Verdicts
from sim.base import journal
from sim.base.errors import HarnessError, UsageError
from sim.base.instant import Instant
from sim.base.journal import Line

ROLE = "municipal-system"
PROFILE = SimpleNamespace(role=ROLE, name="standard", mandatory=("clock.settable",))
ASSUMED = Assumption("確認できていない。", "Not confirmed.", date(2026, 11, 21))
DOCUMENTS = {
    "d": Document("文書", "document", "line"),
    "old": Document("旧版", "old edition", "line", superseded=date(2023, 3, 31)),
}


def row(
    id: str, kind: Kind = Kind.DUTY, document: str = "d", assumed: Assumption | None = None
) -> Requirement:
    return Requirement(
        id=id, document=document, place="1", kind=kind, roles=(ROLE,), ja="文", en="words", assumed=assumed
    )


REGISTER = Register(
    DOCUMENTS,
    (
        row("duty"),
        row("policy", Kind.POLICY),
        row("wish", Kind.WISH),
        row("older", document="old"),
        row("guess", assumed=ASSUMED),
    ),
)


def complains(case: Case) -> Iterator[Finding]:
    """It finds fault."""
    for one in case.lines("seen"):
        yield Finding(ja="違います。", en="Wrong.", expected="a", received="b", evidence=(one.id,))


def looks(case: Case) -> Iterator[Finding]:
    """It finds nothing."""
    case.lines("seen")
    yield from ()


def made(
    *rows: str, severity: Severity = Severity.MUST, run: Any = complains, assumed: Assumption | None = None
) -> Check:
    return check("own", severity, rows, ("seen",), ja="試し", assumed=assumed)(run)


def verdict_of(own: Check, *selected: str) -> CheckVerdict:
    """What comes of the check on a line, on the terms of the register."""
    terms = terms_of(ROLE, {"own": own}, REGISTER, selected)
    lines = [
        Line(journal.VERSION, "stage", n, Instant(n), kind, "", "T-1", "", data)
        for n, (kind, data) in enumerate(
            [
                ("case_begun", {}),
                ("seen", {}),
                ("expect", {"check": "own", "params": {}}),
                ("case_ended", {}),
            ],
            start=1,
        )
    ]
    return judge_case(lines, terms).checks[0]


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        (("duty",), Verdict.FAIL),
        (("policy",), Verdict.FAIL),
        (("wish",), Verdict.WARN),
        (("older",), Verdict.WARN),
        (("wish", "older"), Verdict.WARN),
        (("wish", "duty"), Verdict.FAIL),
        ((), Verdict.FAIL),
    ],
)
def test_a_wish_or_a_superseded_document_never_weighs_more_than_a_warning(
    rows: tuple[str, ...], verdict: Verdict
) -> None:
    assert verdict_of(made(*rows)).verdict is verdict


@pytest.mark.parametrize("severity", [Severity.MUST, Severity.SHOULD])
@pytest.mark.parametrize(
    ("rows", "selected"), [(("wish",), "wish"), (("older",), "older"), (("older",), "old")]
)
def test_a_plan_that_selects_a_row_or_its_document_takes_it_on_as_a_duty(
    rows: tuple[str, ...], selected: str, severity: Severity
) -> None:
    assert verdict_of(made(*rows, severity=severity), selected).verdict is Verdict.FAIL


def test_selecting_one_wish_leaves_the_others_alone() -> None:
    assert verdict_of(made("wish"), "older").verdict is Verdict.WARN


def test_what_a_person_must_look_at_stays_so_whatever_is_selected() -> None:
    assert verdict_of(made("wish", severity=Severity.LOOK), "wish").verdict is Verdict.REVIEW


def test_a_misspelt_selection_names_the_nearest_row() -> None:
    with pytest.raises(UsageError, match="did you mean wish"):
        verdict_of(made("wish"), "wihs")


def test_a_finding_that_rests_on_an_assumption_alone_is_conditional_and_says_why() -> None:
    result = verdict_of(made("guess"))
    assert (result.verdict, result.assumption) == (Verdict.CONDITIONAL, ASSUMED)


def test_a_finding_with_one_firm_ground_decides() -> None:
    assert verdict_of(made("guess", "duty")).verdict is Verdict.FAIL


def test_a_check_may_rest_on_an_assumption_of_its_own() -> None:
    assert verdict_of(made("duty", assumed=ASSUMED)).verdict is Verdict.CONDITIONAL


def test_what_is_as_assumed_passes_and_still_tells_the_assumption() -> None:
    result = verdict_of(made("guess", run=looks))
    assert (result.verdict, result.assumption) == (Verdict.PASS, ASSUMED)


# --- certificates --------------------------------------------------------------------------------------
OWN = {
    "must": check("must", Severity.MUST, ("duty",), ("seen",), ja="義務")(looks),
    "should": check("should", Severity.MUST, ("wish",), ("seen",), ja="要望")(looks),
    "guessed": check("guessed", Severity.MUST, ("guess",), ("seen",), ja="推定")(looks),
}
RECORD = Record(
    ROLE,
    (
        Exercised("C-1", "C-1", ("must",)),
        Exercised("C-2", "C-2", ("should",)),
        Exercised("C-3", "C-3", ("must",)),
    ),
)


@pytest.fixture(autouse=True)
def _checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BY_ROLE, ROLE, OWN)


def case(name: str, verdict: Verdict, *checks: CheckVerdict) -> CaseVerdict:
    return CaseVerdict(case=name, tag=name, title="", verdict=verdict, checks=checks)


def of(check: str, verdict: Verdict, *findings: Finding, scored: bool = True) -> CheckVerdict:
    return CheckVerdict(check=check, verdict=verdict, stated=True, findings=findings, scored=scored)


def run(*cases: CaseVerdict, **more: Any) -> Verdicts:
    return Verdicts(cases=cases, requirements=(), role=ROLE, **more)


GOOD = case("C-1", Verdict.PASS, of("must", Verdict.PASS))


def asked(verdicts: Verdicts, **more: Any) -> Certificate:
    return certificate_of(verdicts, REGISTER, PROFILE, record=RECORD, **more)


def codes(found: Certificate) -> dict[str, tuple[str, ...]]:
    return {one.code: one.about for one in found.reasons}


def test_a_run_that_passes_everything_earns_its_certificate() -> None:
    found = asked(run(GOOD), declared=("clock.settable",))
    assert found.granted
    assert (found.kind, found.kind.ja, found.profile, found.set) == (
        CertificateKind.COMPLIANCE,
        "準拠確認",
        "standard",
        "current",
    )
    assert (found.reasons, found.remarks) == ((), ())


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (Verdict.FAIL, "failed"),
        (Verdict.INCONCLUSIVE, "inconclusive"),
        (Verdict.REVIEW, "review"),
        (Verdict.NOT_RUN, "case_not_run"),
    ],
)
def test_what_stands_in_the_way_is_named(verdict: Verdict, code: str) -> None:
    found = asked(run(GOOD, case("C-3", verdict)))
    assert not found.granted
    assert codes(found) == {code: ("C-3",)}


@pytest.mark.parametrize("verdict", [Verdict.WARN, Verdict.CONDITIONAL])
def test_warnings_and_assumptions_are_printed_and_never_decide(verdict: Verdict) -> None:
    found = asked(run(GOOD, case("C-2", verdict, of("should", verdict))))
    assert found.granted
    assert [one.about for one in found.remarks] == [("should",)]


def test_what_passed_on_an_assumption_is_printed() -> None:
    guessed = CheckVerdict(check="guessed", verdict=Verdict.PASS, stated=True, assumption=ASSUMED)
    found = asked(run(GOOD, case("C-2", Verdict.PASS, guessed)))
    assert found.granted
    assert [(one.code, one.about) for one in found.remarks] == [("assumed", ("guessed",))]


def test_a_required_check_that_was_not_run_blocks() -> None:
    idle = case("C-1", Verdict.PASS, of("must", Verdict.NOT_APPLICABLE), of("should", Verdict.PASS))
    assert codes(asked(run(idle))) == {"check_not_run": ("must",)}


def test_wishes_and_assumed_checks_are_not_required() -> None:
    assert certificate.required_checks(run(GOOD), REGISTER) == ("must",)
    assert certificate.required_checks(run(GOOD, selected=("wish",)), REGISTER) == ("must", "should")


def test_a_case_of_wishes_alone_that_was_not_run_does_not_block() -> None:
    assert asked(run(GOOD, case("C-2", Verdict.NOT_RUN))).granted


def test_a_case_that_no_record_knows_blocks_when_it_was_not_run() -> None:
    assert codes(asked(run(GOOD, case("C-9", Verdict.NOT_RUN)))) == {"case_not_run": ("C-9",)}


def test_optional_capabilities_that_are_not_declared_are_printed_and_spare_their_checks() -> None:
    told = Finding(ja="", en="", expected="register.copies, link.paper", received="not declared")
    spared = [
        case(name, Verdict.NOT_APPLICABLE, of("testable", Verdict.NOT_APPLICABLE, told))
        for name in ("C-1", "C-3")
    ]
    found = asked(run(*spared, case("C-2", Verdict.PASS, of("should", Verdict.PASS))))
    assert found.granted
    assert {one.code: one.about for one in found.remarks} == {
        "not_applicable": ("link.paper", "register.copies")
    }


def test_a_check_is_not_spared_while_one_of_its_cases_was_to_run() -> None:
    told = Finding(ja="", en="", expected="register.copies", received="not declared")
    spared = case("C-1", Verdict.NOT_APPLICABLE, of("testable", Verdict.NOT_APPLICABLE, told))
    seen = case("C-2", Verdict.PASS, of("should", Verdict.PASS))
    assert codes(asked(run(spared, seen))) == {"check_not_run": ("must",)}


def test_who_declares_nothing_and_so_is_asked_nothing_earns_nothing() -> None:
    told = Finding(ja="", en="", expected="register.copies", received="not declared")
    spared = case("C-1", Verdict.NOT_APPLICABLE, of("testable", Verdict.NOT_APPLICABLE, told))
    assert codes(asked(run(spared)))["nothing"] == (ROLE,)


def test_a_required_check_that_no_record_knows_blocks_when_it_was_not_run() -> None:
    other = case("C-2", Verdict.PASS, of("should", Verdict.PASS))
    found = certificate_of(run(other), REGISTER, PROFILE, record=Record(ROLE))
    assert codes(found) == {"check_not_run": ("must",)}


def test_a_mandatory_capability_that_is_not_declared_blocks_even_if_no_case_needs_it() -> None:
    assert codes(asked(run(GOOD), declared=())) == {"capability": ("clock.settable",)}


def test_a_run_without_cases_earns_nothing() -> None:
    assert codes(asked(run())) == {"nothing": (ROLE,)}


def test_checks_outside_the_set_are_printed() -> None:
    late = case("C-1", Verdict.PASS, of("must", Verdict.PASS), of("late", Verdict.FAIL, scored=False))
    found = asked(run(late))
    assert found.granted
    assert [(one.code, one.about) for one in found.remarks] == [("not_scored", ("late",))]


def test_interoperability_takes_two_products_and_compliance_one() -> None:
    two = {"kind": CertificateKind.INTEROPERABILITY, "parties": ("A", "B")}
    assert asked(run(GOOD), **two).granted
    assert codes(asked(run(GOOD), **(two | {"parties": ("A", "A")}))) == {"parties": ("A",)}
    assert codes(asked(run(GOOD), parties=("A", "B"))) == {"parties": ("A", "B")}


def test_a_profile_of_another_role_is_our_fault() -> None:
    with pytest.raises(HarnessError, match="another role"):
        certificate_of(
            run(GOOD), REGISTER, SimpleNamespace(role="card", name="", mandatory=()), record=RECORD
        )


def test_terms_without_a_frozen_set_score_every_check() -> None:
    assert Terms(OWN).scores("must")
    frozen = Terms(OWN, scored=frozenset({"must"}))
    assert [frozen.scores(name) for name in ("must", "should", "completed")] == [True, False, True]
