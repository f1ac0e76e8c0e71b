"""The harness sees: the reference passes, and every mutant is caught by the check that it names."""

from __future__ import annotations

import json
from dataclasses import replace

import msgspec
import pytest

from conformance import runner
from conformance import selftest as testing
from conformance.checks import CHECKS
from conformance.mutants import ALL, MUTANTS, Mutant
from conformance.runner import Run
from conformance.selftest import Selftest, Tried, tried
from conformance.verdicts import CaseVerdict, Verdict


def case(name: str, verdict: Verdict) -> CaseVerdict:
    return CaseVerdict(case=name, tag=name, title="title", verdict=verdict)


CAUGHT = Tried(id="m1", ja="壊す", en="breaks", catches="a", failed={"a": ("C-1",), "b": ("C-1",)})
SURVIVED = Tried(id="m2", ja="壊す", en="breaks", catches="a", failed={"b": ("C-1",)})
GOOD = Selftest(reference=(case("C-1", Verdict.PASS), case("C-2", Verdict.PASS)), mutants=(CAUGHT,))


def test_the_reference_passes_every_case(reference: Run) -> None:
    assert {case.case: case.verdict for case in reference.verdicts.cases} == {
        "JUKI22-01": Verdict.PASS,
        "JUKI22-02": Verdict.PASS,
        "JUKI22-03": Verdict.PASS,
        "JUKI22-04": Verdict.PASS,
        "JUKI22-05-1": Verdict.PASS,
        "JUKI22-05-2": Verdict.PASS,
        "JUKI22-05-3": Verdict.PASS,
        "JUKI22-05-4": Verdict.PASS,
        "JUKI22-05-5": Verdict.PASS,
        "JUKI22-05-6": Verdict.PASS,
    }


def test_the_reference_satisfies_every_requirement_that_is_checked(reference: Run) -> None:
    verdicts = {row.requirement: row.verdict for row in reference.verdicts.requirements}
    assert verdicts.pop("S0-020") is Verdict.NOT_RUN  # the register says why
    assert set(verdicts.values()) == {Verdict.PASS}


@pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant.id)
def test_a_mutant_is_caught_by_the_check_that_it_names(mutant: Mutant) -> None:
    found = tried(mutant, runner.run(mutant.id).verdicts)
    assert found.caught, found.failed
    assert found.inconclusive == ()


def test_every_check_has_a_mutant_that_it_must_catch() -> None:
    assert {mutant.catches for mutant in ALL} == set(CHECKS)
    assert len(MUTANTS) == len(ALL)


def test_a_mutant_that_only_other_checks_find_has_survived(reference: Run) -> None:
    other = replace(ALL[0], catches="raised_once")
    assert not tried(other, runner.run(ALL[0].id).verdicts).caught
    assert tried(ALL[0], reference.verdicts).failed == {}


def test_good_results_end_with_zero_and_their_count() -> None:
    assert (GOOD.exit_code, GOOD.summary) == (0, "reference: 2 cases PASS; 1 of 1 mutants caught")


def test_a_survivor_ends_with_one_and_is_named() -> None:
    bad = msgspec.structs.replace(GOOD, mutants=(CAUGHT, SURVIVED))
    expected = "reference: 2 cases PASS; 1 of 2 mutants caught (survived: m2)"
    assert (bad.exit_code, bad.summary) == (1, expected)


def test_a_reference_that_fails_ends_with_one_and_names_the_case() -> None:
    bad = msgspec.structs.replace(GOOD, reference=(case("C-1", Verdict.PASS), case("C-2", Verdict.FAIL)))
    expected = "reference: 1 of 2 cases PASS (C-2 FAIL); 1 of 1 mutants caught"
    assert (bad.exit_code, bad.summary) == (1, expected)


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


def test_the_table_marks_who_caught_whom(capsys: pytest.CaptureFixture[str]) -> None:
    bad = msgspec.structs.replace(
        GOOD,
        mutants=(
            Tried(id="m1", ja="壊す", en="breaks", catches="deemed", failed={"deemed": (), "raised": ()}),
            Tried(id="m2", ja="壊す", en="breaks", catches="deemed", failed={"warning": ("C-1",)}),
        ),
    )
    testing.show(bad)
    shown = capsys.readouterr().out
    rows = {row.split()[0]: row.split()[1:3] for row in shown.splitlines() if row.split()}
    assert rows["deemed"] == ["X", "!"]
    assert rows["raised"] == ["x", "."]
    assert rows["warning"] == [".", "x"]
    assert "\x1b" not in shown
    assert shown.splitlines()[-1] == bad.summary


def test_a_failing_case_is_shown_with_what_was_expected_and_received(
    reference: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = runner.run("deem-without-card").verdicts
    testing.show(msgspec.structs.replace(GOOD, reference=broken.cases))
    shown = capsys.readouterr().out
    assert "JUKI22-02 FAIL" in shown
    assert "expected: none\n      received: immi.19-9-1" in shown


def test_json_says_what_the_profile_is_and_is_the_same_every_time() -> None:
    text = testing.as_json(GOOD)
    assert text == testing.as_json(GOOD)
    told = json.loads(text)
    assert told["summary"] == GOOD.summary
    assert told["mutants"][0]["caught"] is True
    assert "no authority" in told["notice_en"]


def test_progress_is_told_only_when_it_takes_long(reference: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(testing, "run", lambda mutant: reference)
    testing.selftest(told.append)
    assert told == []
    monkeypatch.setattr(testing, "PATIENT", -1.0)
    testing.selftest(told.append)
    assert told[-1] == f"conform selftest: {len(ALL) + 1} of {len(ALL) + 1} runs"
