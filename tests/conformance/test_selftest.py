"""The harness sees: the reference passes, and every mutant is caught by the check that it names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from conformance import selftest as testing
from conformance.checks import BY_ROLE
from conformance.kits import KITS
from conformance.mutants.shape import Mutant
from conformance.mutants.trial import Outcome, Trial
from conformance.register.record import Exercised, Killed, Record, read_record, record_of
from conformance.runner import try_mutants
from conformance.selftest import Progress, Selftest, Tried, exercised, selftest, trial_of, tried
from conformance.terms import Terms
from conformance.trials import Trials
from conformance.verdicts import CaseVerdict, CheckVerdict, Finding, Verdict
from sim.base.errors import HarnessError
from tests.typed import typed

ROLE = "municipal-system"


# --- every role, as it ships ---------------------------------------------------------------------------
@pytest.mark.parametrize("role", KITS)
def test_the_reference_passes_all_mutants_are_caught_and_the_same_checks_are_executed(
    role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a change of cases, checks or mutants: renkei conform selftest --role ROLE --record"""
    results: list[Selftest] = []

    def noted(role: str, say: Callable[[str], None]) -> Selftest:
        results.append(selftest(role, say))
        return results[-1]

    monkeypatch.setattr(testing, "selftest", noted)
    done = typed("conform", "selftest", "--role", role)
    (result,) = results
    assert {case.case: case.verdict for case in result.failed} == {}
    assert {mutant.id: mutant.failed for mutant in result.survivors} == {}
    assert result.unproven == ()
    assert result.idle == ()
    assert result.exit_code == 0
    assert result.record.text == record_of(role).text
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == result.summary
    assert result.summary.endswith("mutants caught")


@pytest.mark.parametrize("role", KITS)
def test_a_mutant_has_a_name_of_its_own(role: str) -> None:
    ids = [mutant.id for mutant in KITS[role].mutants]
    assert len(set(ids)) == len(ids)


# --- planning ------------------------------------------------------------------------------------------
CASES = (
    Exercised("C-1", "C-1", ("a",)),
    Exercised("C-2", "C-2", ("b", "a")),
    Exercised("C-3", "C-3", ("b",)),
)


def mutant(catches: str) -> Mutant:
    return Mutant("m", "壊す", "breaks", catches)


def test_a_mutant_is_tried_only_where_its_check_is_exercised() -> None:
    assert trial_of(mutant("b"), CASES, Record("r")) == Trial(mutant="m", catches="b", cases=("C-2", "C-3"))
    assert trial_of(mutant("c"), CASES, Record("r")).cases == ()


def test_a_mutant_is_tried_first_where_it_was_caught_before() -> None:
    before = Record("r", mutants=(Killed("other", "b", "C-2"), Killed("m", "b", "C-3")))
    assert trial_of(mutant("b"), CASES, before).cases == ("C-3", "C-2")


def test_a_case_where_it_was_caught_before_and_that_is_gone_is_not_played() -> None:
    before = Record("r", mutants=(Killed("m", "b", "C-9"),))
    assert trial_of(mutant("b"), CASES, before).cases == ("C-2", "C-3")


def case(name: str, verdict: Verdict, *checks: tuple[str, Verdict]) -> CaseVerdict:
    results = tuple(CheckVerdict(check=check, verdict=of, stated=True) for check, of in checks)
    return CaseVerdict(case=name, tag=name, title="title", verdict=verdict, checks=results)


def test_what_had_nothing_to_look_at_or_could_not_look_is_not_exercised() -> None:
    seen = case(
        "C-1",
        Verdict.PASS,
        ("a", Verdict.PASS),
        ("b", Verdict.NOT_APPLICABLE),
        ("a", Verdict.FAIL),
        ("c", Verdict.INCONCLUSIVE),
        ("d", Verdict.WARN),
    )
    assert exercised([seen]) == (Exercised("C-1", "C-1", ("a", "d")),)


# --- trying --------------------------------------------------------------------------------------------
def shipped_trial(check: str) -> tuple[Mutant, Trial]:
    """The first mutant of a check, with the case in which it was caught."""
    one = next(mutant for mutant in KITS[ROLE].mutants if mutant.catches == check)
    caught = next(killed.case for killed in record_of(ROLE).mutants if killed.mutant == one.id)
    return one, Trial(mutant=one.id, catches=check, cases=(caught,))


def test_one_child_process_tries_mutants_one_after_the_other_and_they_leave_nothing_behind() -> None:
    _, trial = shipped_trial("deemed")
    _, other = shipped_trial("endorsement")
    told: list[str] = []
    outcomes = try_mutants(ROLE, (trial, other, trial), told.append)
    assert outcomes[0] == outcomes[2]
    assert [outcome.mutant for outcome in outcomes] == [trial.mutant, other.mutant, trial.mutant]
    assert [trial.catches in outcomes[0].failed, other.catches in outcomes[1].failed] == [True, True]
    assert told == [trial.mutant, other.mutant, trial.mutant]


def test_a_mutant_stops_at_the_first_case_in_which_its_check_finds_it() -> None:
    _, trial = shipped_trial("deemed")
    twice = msgspec.structs.replace(trial, cases=(*trial.cases, *_others(trial)))
    assert try_mutants(ROLE, (twice,))[0].played == 1


def test_a_mutant_that_another_check_finds_plays_on() -> None:
    _, trial = shipped_trial("deemed")
    cases = (*trial.cases, *_others(trial))
    outcome = try_mutants(ROLE, (msgspec.structs.replace(trial, catches="no_such", cases=cases),))[0]
    assert outcome.played == len(cases)
    assert "deemed" in outcome.failed


def _others(trial: Trial) -> tuple[str, ...]:
    return tuple(case.case for case in record_of(ROLE).cases if case.case not in trial.cases)[:2]


def test_a_case_that_a_mutant_cannot_play_says_nothing_and_an_unjudged_one_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Finding(ja="違います。", en="Wrong.", expected="a", received="b")
    seen = CheckVerdict(check="a", verdict=Verdict.FAIL, stated=True, findings=(found,))
    unjudged = msgspec.structs.replace(seen, check="b", verdict=Verdict.INCONCLUSIVE)
    verdicts: dict[str, CaseVerdict | None] = {
        "C-1": None,
        "C-2": CaseVerdict(case="C-2", tag="", title="", verdict=Verdict.INCONCLUSIVE, checks=(unjudged,)),
        "C-3": CaseVerdict(case="C-3", tag="", title="", verdict=Verdict.FAIL, checks=(seen,)),
        "C-4": CaseVerdict(case="C-4", tag="", title="", verdict=Verdict.FAIL, checks=(seen,)),
    }
    monkeypatch.setattr(Trials, "_play", lambda self, item: verdicts[item])
    trial = Trial(mutant="m", catches="a", cases=tuple(verdicts))
    trials = Trials(KITS[ROLE], (), tmp_path, Terms({}))
    assert trials._try(trial, {name: name for name in verdicts}) == Outcome(  # type: ignore[misc]
        mutant="m", failed={"a": ("C-3",)}, inconclusive=("C-2",), played=3
    )


def test_a_mutant_that_does_not_exist_is_our_fault() -> None:
    _, trial = shipped_trial("deemed")
    with pytest.raises(HarnessError, match="no such mutant"):
        try_mutants(ROLE, (msgspec.structs.replace(trial, mutant="nobody"),))


def test_an_outcome_without_a_finding_of_the_named_check_is_no_catch() -> None:
    outcome = Outcome(mutant="m", failed={"a": ("C-1",)})
    assert tried(mutant("a"), outcome).caught
    assert not tried(mutant("b"), outcome).caught


# --- what comes of it ----------------------------------------------------------------------------------
CAUGHT = Tried(id="m1", ja="壊す", en="breaks", catches="a", failed={"a": ("C-1",), "b": ("C-1",)})
SURVIVED = Tried(id="m2", ja="壊す", en="breaks", catches="a", failed={"b": ("C-1",)})
GOOD = Selftest(
    role="r",
    checks=("a",),
    reference=(case("C-1", Verdict.PASS, ("a", Verdict.PASS)), case("C-2", Verdict.PASS)),
    mutants=(CAUGHT,),
)


def test_good_results_end_with_zero_and_their_count() -> None:
    assert (GOOD.exit_code, GOOD.summary) == (0, "reference: 2 cases PASS; 1 of 1 mutants caught")


def test_a_survivor_ends_with_one_and_is_named() -> None:
    bad = msgspec.structs.replace(GOOD, mutants=(CAUGHT, SURVIVED))
    expected = "reference: 2 cases PASS; 1 of 2 mutants caught (survived: m2)"
    assert (bad.exit_code, bad.summary) == (1, expected)


def test_a_check_whose_only_mutant_survived_is_unproven() -> None:
    assert msgspec.structs.replace(GOOD, mutants=(SURVIVED,)).unproven == ("a",)


def test_a_reference_that_fails_ends_with_one_and_names_the_case() -> None:
    reference = (GOOD.reference[0], case("C-2", Verdict.FAIL))
    bad = msgspec.structs.replace(GOOD, reference=reference)
    expected = "reference: 1 of 2 cases PASS (C-2 FAIL); 1 of 1 mutants caught"
    assert (bad.exit_code, bad.summary) == (1, expected)


def test_a_check_that_catches_no_mutant_of_its_own_ends_with_one_and_is_named() -> None:
    reference = (case("C-1", Verdict.PASS, ("a", Verdict.PASS), ("b", Verdict.PASS)),)
    bad = msgspec.structs.replace(GOOD, checks=("a", "b"), reference=reference)
    assert (bad.exit_code, bad.unproven) == (1, ("b",))
    assert bad.summary.endswith("; checks that caught none: b")


def test_a_check_that_is_never_exercised_ends_with_one_and_is_named() -> None:
    bad = msgspec.structs.replace(GOOD, reference=(case("C-1", Verdict.PASS),))
    assert (bad.exit_code, bad.idle) == (1, ("a",))
    assert bad.summary.endswith("; checks never exercised: a")


@pytest.mark.parametrize(
    "unknown",
    [
        msgspec.structs.replace(GOOD, reference=(case("C-1", Verdict.INCONCLUSIVE),)),
        msgspec.structs.replace(GOOD, reference=(case("C-1", Verdict.NOT_RUN),)),
        msgspec.structs.replace(GOOD, mutants=(msgspec.structs.replace(SURVIVED, inconclusive=("C-1",)),)),
    ],
    ids=["reference inconclusive", "reference not run", "mutant inconclusive"],
)
def test_what_stays_unknown_ends_with_two(unknown: Selftest) -> None:
    assert unknown.exit_code == 2


def test_the_record_has_what_was_exercised_and_where_each_mutant_was_caught() -> None:
    bad = msgspec.structs.replace(GOOD, mutants=(CAUGHT, SURVIVED))
    assert bad.record == Record(
        "r", (Exercised("C-1", "C-1", ("a",)), Exercised("C-2", "C-2", ())), (Killed("m1", "a", "C-1"),)
    )


def test_a_record_is_written_where_the_next_selftest_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(testing, "FOLDER", tmp_path / "new")
    testing.write_record(GOOD)
    assert read_record((tmp_path / "new" / "r.json").read_text(encoding="utf-8")) == GOOD.record


def test_the_table_marks_who_caught_whom(capsys: pytest.CaptureFixture[str]) -> None:
    mutants = (CAUGHT, SURVIVED)
    bad = msgspec.structs.replace(GOOD, checks=("a", "b", "c"), mutants=mutants)
    testing.show(bad)
    shown = capsys.readouterr().out
    rows = {row.split()[0]: row.split()[1:] for row in shown.splitlines() if row.split()}
    assert (rows["a"], rows["b"], rows["c"]) == (["X", "!"], ["x", "x"], [".", "."])
    assert "\x1b" not in shown
    assert shown.splitlines()[-1] == bad.summary


def test_a_table_of_many_mutants_comes_in_blocks_and_numbers_them_through() -> None:
    many = msgspec.structs.replace(GOOD, checks=("a", "c"), mutants=(CAUGHT,) * 21)
    heads = [line.split()[1:] for line in testing.table(many) if line.startswith("check")]
    assert [len(head) for head in heads] == [20, 1]
    assert heads[1] == ["21"]


def test_a_block_of_the_table_leaves_out_checks_that_say_nothing_there_and_the_first_has_silent_ones() -> (
    None
):
    other = Tried(id="m3", ja="", en="", catches="b", failed={"b": ("C-1",)})
    many = msgspec.structs.replace(GOOD, checks=("a", "b", "c"), mutants=(*(SURVIVED,) * 20, other))
    rows = [line.split()[0] for line in testing.table(many) if line]
    assert rows == ["check", "a", "b", "c", "check", "b"]


def test_the_table_says_what_each_check_is_in_japanese() -> None:
    checks = BY_ROLE[ROLE]
    lines = list(testing.table(msgspec.structs.replace(GOOD, role=ROLE, checks=tuple(checks))))
    assert all(any(one.ja in line for line in lines) for one in checks.values())


def test_a_failing_case_is_shown_with_what_was_expected_and_received(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = Finding(ja="違います。", en="Wrong.", expected="none", received="immi.19-9-1")
    result = CheckVerdict(check="a", verdict=Verdict.FAIL, stated=True, findings=(found,))
    broken = CaseVerdict(case="C-1", tag="C-1", title="title", verdict=Verdict.FAIL, checks=(result,))
    testing.show(msgspec.structs.replace(GOOD, reference=(broken,)))
    shown = capsys.readouterr().out
    assert "C-1 FAIL" in shown
    assert "expected: none\n      received: immi.19-9-1" in shown


def test_json_says_what_the_profile_is_and_is_the_same_every_time() -> None:
    text = testing.as_json(GOOD)
    assert text == testing.as_json(GOOD)
    told = json.loads(text)
    assert told["summary"] == GOOD.summary
    assert told["mutants"][0]["caught"] is True
    assert "no authority" in told["notice_en"]


def test_progress_is_told_only_when_it_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    Progress(2, told.append)("m1")
    assert told == []
    monkeypatch.setattr(testing, "PATIENT", -1.0)
    telling = Progress(2, told.append)
    telling("m1")
    telling("m2")
    assert told == ["conform selftest: 1 of 2 mutants", "conform selftest: 2 of 2 mutants"]


def test_a_role_that_nobody_knows_is_our_fault() -> None:
    with pytest.raises(HarnessError, match="no kit"):
        selftest("nobody")
