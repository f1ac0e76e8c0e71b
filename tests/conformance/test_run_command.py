"""`renkei conform run`: one exit code for each outcome, bounded in time, and nothing lost on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from conformance import child, commands, running, summary
from conformance.baseline import Baseline, Expected, baseline_of
from conformance.child import Stopped
from conformance.judge import TESTABLE
from conformance.outcome import OUTCOMES, outcome
from conformance.peer import STARTS
from conformance.runner import Run, attempt
from conformance.verdicts import BAD, CaseVerdict, CheckVerdict, Finding, Verdict, Verdicts
from sim.base import journal
from sim.base.errors import HarnessError, UsageError
from tests.conformance.adapter_helpers import HOME, REFERENCE, SKELETON, plan_text, program

CLI = CliRunner()
CASE = "JUKI22-01"
NAMED = '[implementation]\nname = "product"\nversion = "1"\n'


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return written(tmp_path, plan_text(REFERENCE, NAMED))


def written(place: Path, text: str) -> Path:
    path = place / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return path


@dataclass(frozen=True)
class Kept:
    """A run of the command for a product that keeps the rules, with what it printed; never changed."""

    plan: Path
    printed: Result
    run: Run


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    plan = written(tmp_path_factory.mktemp("kept"), plan_text(REFERENCE, NAMED))
    with pytest.MonkeyPatch.context() as patch:
        runs = noted(patch)
        return Kept(plan, run(plan, "--only", CASE), runs[0])


def noted(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """Where each run of the command is put from now on."""
    runs: list[Run] = []

    def attempted(*arguments: Any, **options: Any) -> Run:
        runs.append(attempt(*arguments, **options))
        return runs[-1]

    monkeypatch.setattr(running, "attempt", attempted)
    return runs


def again(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    """From now on the command has this run without another one: for what it makes of a run."""
    monkeypatch.setattr(running, "attempt", lambda *arguments, **options: run)


def run(plan: Path, *options: str, out: str = "out") -> Result:
    place = plan.parent / out
    return CLI.invoke(commands.app, ["run", str(plan), "--out", str(place), *options])


def told(plan: Path, *options: str, out: str = "out") -> dict[str, Any]:
    done = run(plan, "--json", *options, out=out)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["exit_code"] == done.exit_code
    return found


# --- good -----------------------------------------------------------------------------------------------
def test_a_product_that_keeps_the_rules_ends_with_0_and_leaves_a_bundle(kept: Kept) -> None:
    done = kept.printed
    assert done.exit_code == 0, done.output
    assert f"{CASE}  PASS" in done.stderr
    assert "1 PASS" in done.stdout
    bundle = kept.plan.parent / "out"
    assert (bundle / "plan.toml").read_text(encoding="utf-8") == kept.plan.read_text(encoding="utf-8")
    lines = list(journal.read(bundle / "journals" / f"{CASE}.ndjson"))
    assert lines[0].kind == "case_begun" and lines[-1].kind == "case_ended"


def test_a_product_behind_a_process_leaves_the_journal_that_the_built_in_reference_leaves(
    kept: Kept,
) -> None:
    built_in = attempt("municipal-system", only=(CASE,))
    behind = (kept.plan.parent / "out" / "journals" / f"{CASE}.ndjson").read_bytes()
    assert behind.splitlines() == [journal.encode(line) for line in built_in.journals[CASE]]


def test_the_command_behaves_the_same_in_a_folder_of_strangers(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again(monkeypatch, kept.run)
    here = told(kept.plan, "--only", CASE, out="told")
    place = tmp_path / "hostile"
    place.mkdir()
    for name in ("sim", "features", "conformance", "tests"):
        (place / name).mkdir()
        (place / name / "__init__.py").write_text("raise SystemExit('a stranger')\n")
    (place / "conftest.py").write_text("raise SystemExit('a stranger')\n")
    (place / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (place / "features" / "stray.feature").write_text("# language: ja\n機能: よそ\n")
    done = subprocess.run(
        [
            *REFERENCE[:4],
            "conform",
            "run",
            str(kept.plan),
            "--out",
            str(place / "out"),
            "--only",
            CASE,
            "--json",
        ],
        cwd=place,
        env=os.environ | {"PYTEST_ADDOPTS": "--no-such-option", "PYTEST_PLUGINS": "stranger"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    there = json.loads(done.stdout)
    assert {key: here[key] for key in here if key != "bundle"} == {
        key: there[key] for key in there if key != "bundle"
    }
    own = kept.plan.parent / "out" / "journals" / f"{CASE}.ndjson"
    assert (place / "out" / "journals" / f"{CASE}.ndjson").read_bytes() == own.read_bytes()


# --- bad ------------------------------------------------------------------------------------------------
def test_a_product_that_breaks_a_rule_ends_with_1_and_is_told_why(tmp_path: Path) -> None:
    plan = written(tmp_path, plan_text((sys.executable, str(SKELETON))))
    done = run(plan, "--only", CASE)
    assert done.exit_code == 1
    assert f"{CASE}  FAIL" in done.stdout
    assert "expected: " in done.stdout and "received: " in done.stdout


def test_an_adapter_that_dies_in_each_case_is_started_anew_and_fails_them_all(tmp_path: Path) -> None:
    code = "hello()\nwhile True:\n    a = read()\n    sys.exit(5)"
    found = told(written(tmp_path, plan_text(program(code), profile="minimal")), "--only", "JUKI22-05")
    assert {case["verdict"] for case in found["cases"]} == {"FAIL"}
    assert len(found["cases"]) == 6


def test_an_adapter_that_lies_of_its_capabilities_is_started_once_and_fails_all(
    tmp_path: Path,
) -> None:
    starts = tmp_path / "starts"
    code = f"open({str(starts)!r}, 'a').write('x')\nhello()\nread()"
    found = told(
        written(tmp_path, plan_text(program(code, capabilities=["mind.reading"]))), "--only", "JUKI22-05"
    )
    assert {case["verdict"] for case in found["cases"]} == {"FAIL"}
    assert len(starts.read_text()) == 1


def test_a_hello_that_fails_is_told_once_with_what_to_do(tmp_path: Path) -> None:
    plan = written(tmp_path, plan_text(program("hello()\nread()", capabilities=["mind.reading"])))
    done = run(plan, "--only", "JUKI22-05")
    assert done.exit_code == 1
    assert done.stdout.count("mind.reading") == 1
    assert done.stdout.count("run `renkei conform doctor`") == 1
    assert "JUKI22-05-1" not in done.stdout and "6 FAIL" in done.stdout


def test_an_adapter_that_introduced_itself_once_is_started_anew_after_a_failed_start(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    code = (
        f"open({str(starts)!r}, 'a').write('x')\n"
        f"if len(open({str(starts)!r}).read()) > 1:\n    print('{{}}', flush=True)\n"
        "hello()\nread()"
    )
    found = told(written(tmp_path, plan_text(program(code), profile="minimal")), "--only", "JUKI22-05")
    assert {case["verdict"] for case in found["cases"]} == {"FAIL"}
    assert len(starts.read_text()) == 1 + STARTS


def test_an_adapter_of_another_role_fails(tmp_path: Path) -> None:
    plan = written(tmp_path, plan_text(program("hello()\nread()", roles=["card"])))
    assert told(plan, "--only", CASE)["exit_code"] == 1


@pytest.mark.parametrize("command", [("/no/such/program",), program("sys.exit(1)")])
def test_an_adapter_that_cannot_be_started_is_refused_before_any_case(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    done = run(written(tmp_path, plan_text(command)), "--only", CASE)
    assert isinstance(done.exception, HarnessError)
    assert "cannot be tested" in str(done.exception)


# --- capabilities ---------------------------------------------------------------------------------------
def lacking(*names: str, profile: str = "standard") -> str:
    listed = ", ".join(f'"{name}"' for name in names)
    return (
        f'version = 1\nrole = "municipal-system"\nprofile = "{profile}"\n'
        f'[adapter]\nkind = "builtin"\nlacks = [{listed}]\n'
    )


def test_a_case_that_needs_an_undeclared_optional_capability_does_not_apply_and_is_listed(
    tmp_path: Path,
) -> None:
    plan = written(tmp_path, lacking("exchange.xml"))
    done = run(plan, "--only", "EXTRB-07", "--only", CASE)
    assert done.exit_code == 0, done.output
    assert "not applicable" in done.stdout and "    exchange.xml: 1 case\n" in done.stdout
    assert not (tmp_path / "out" / "journals" / "EXTRB-07.ndjson").exists()


def test_a_case_that_needs_an_undeclared_mandatory_capability_fails_as_not_testable(tmp_path: Path) -> None:
    plan = written(tmp_path, lacking("exchange.resend"))
    done = run(plan, "--only", "EXDAY-05")
    assert done.exit_code == 1
    assert "Not testable" in done.stdout
    written(tmp_path, lacking("exchange.resend", profile="minimal"))
    found = told(plan, "--only", "EXDAY-05", "--only", CASE, out="other")
    assert {case["case"]: case["verdict"] for case in found["cases"]} == {
        CASE: "PASS",
        "EXDAY-05": "NOT_APPLICABLE",
    }


def test_without_a_settable_clock_only_the_cases_for_any_day_are_played_and_the_others_listed(
    tmp_path: Path,
) -> None:
    plan = written(tmp_path, lacking("clock.settable", profile="minimal"))
    found = told(plan, "--only", "ANY-01", "--only", CASE)
    verdicts = {case["case"]: case["verdict"] for case in found["cases"]}
    assert verdicts.pop(CASE) == "NOT_APPLICABLE"
    assert set(verdicts.values()) == {"PASS"}
    assert found["exit_code"] == 0


def test_a_run_in_which_nothing_applied_is_no_success(tmp_path: Path) -> None:
    plan = written(tmp_path, lacking("clock.settable", profile="minimal"))
    assert told(plan, "--only", CASE)["exit_code"] == 4


# --- wrong use ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--only", "JUKI22-99"], "no such case"),
        (["--gate", "certificat"], "no such gate"),
        (["--gate", "baseline"], "names no baseline"),
        (["--on", "tomorrow"], "no day"),
    ],
)
def test_wrong_options_are_told_before_anything_is_run(
    options: list[str], message: str, tmp_path: Path
) -> None:
    done = run(written(tmp_path, lacking()), *options)
    assert isinstance(done.exception, UsageError)
    assert message in str(done.exception)


def test_a_misspelt_case_names_the_nearest(tmp_path: Path) -> None:
    done = run(written(tmp_path, lacking()), "--only", "JUKI2201")
    assert "did you mean JUKI22-0" in str(done.exception)


@pytest.mark.parametrize("name", ["NOSUCHCASE-99", "XYZ22-01", "deemed"])
def test_a_case_that_is_like_no_other_gets_no_far_fetched_hint(name: str, tmp_path: Path) -> None:
    told = str(run(written(tmp_path, lacking()), "--only", name).exception)
    assert "did you mean" not in told and "renkei conform list --role municipal-system" in told


def test_a_bundle_never_overwrites_anything(plan: Path) -> None:
    out = plan.parent / "out"
    out.mkdir()
    (out / "mine").write_text("mine")
    done = run(plan)
    assert isinstance(done.exception, UsageError) and "not empty" in str(done.exception)
    (plan.parent / "file").write_text("")
    error = run(plan, out="file").exception
    assert isinstance(error, UsageError) and "--out" in str(error.remedy)
    assert isinstance(run(plan, out="file/below").exception, UsageError)


# --- it ends, whatever happens --------------------------------------------------------------------------
def hanging(marker: Path) -> tuple[str, ...]:
    """A program that answers to nothing after its hello; a file says that a case is played."""
    return program(f"hello()\nread()\nopen({str(marker)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)")


def number_in(marker: Path) -> str:
    """The number that a hanging program wrote, once it did."""
    while not marker.exists() or not marker.read_text():
        time.sleep(0.05)
    return marker.read_text()


def test_a_run_whose_time_is_over_keeps_what_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = tmp_path / "pid"

    class Hurrying:
        """A clock that leaps ahead by an hour when the first case is played."""

        @staticmethod
        def monotonic() -> float:
            return time.monotonic() + 3600 * marker.exists()

    monkeypatch.setattr(child, "time", Hurrying)
    monkeypatch.setattr(child, "LOOK", 0.1)
    text = plan_text(hanging(marker), "[limits]\nrun = 3000.0\n", profile="minimal")
    found = told(written(tmp_path, text), "--only", "JUKI22-05", "--only", CASE)
    assert found["stopped"] == Stopped.TIME
    assert found["exit_code"] == 3
    verdicts = sorted(case["verdict"] for case in found["cases"])
    assert verdicts == ["INCONCLUSIVE", *["NOT_RUN"] * 6]
    assert len(list((tmp_path / "out" / "journals").iterdir())) == 1


def test_an_interrupted_run_keeps_what_it_has_and_leaves_no_program_behind(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    plan = written(tmp_path, plan_text(hanging(pid), profile="minimal"))
    process = subprocess.Popen(
        [*REFERENCE[:4], "conform", "run", str(plan), "--out", str(tmp_path / "out"), "--only", CASE],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    number = number_in(pid)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "interrupted" in out.decode()
    assert (tmp_path / "out" / "verdicts.json").is_file()
    assert not Path(f"/proc/{number}").exists()


def test_a_child_that_dies_in_the_middle_leaves_what_it_has(
    plan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = child.BOOT.replace(
        "sys.exit(work(",
        "import os, conformance.worker as w\nold = w.Plugin.keep\n"
        "def keep(self, lines, verdict):\n    old(self, lines, verdict)\n    os._exit(70)\n"
        "w.Plugin.keep = keep\nsys.exit(work(",
    )
    monkeypatch.setattr(child, "BOOT", dying)
    found = told(plan, "--only", "JUKI22-05")
    assert "exit code 70" in found["stopped"]
    assert sorted(case["verdict"] for case in found["cases"]) == [*["NOT_RUN"] * 5, "PASS"]
    assert found["exit_code"] == 4


# --- gates ----------------------------------------------------------------------------------------------
def test_the_gate_of_the_certificate_says_what_is_in_the_way(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    again(monkeypatch, kept.run)
    found = told(kept.plan, "--only", CASE, "--gate", "certificate", out="in the way")
    assert found["exit_code"] == 6
    assert any("only some of the cases" in reason["en"] for reason in found["reasons"])


def test_the_reference_is_no_product_however_it_is_reached(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    again(monkeypatch, kept.run)
    found = told(kept.plan, "--only", CASE, "--gate", "certificate", out="no product")
    assert any("the reference is no product" in reason["en"] for reason in found["reasons"])


def test_a_run_that_cannot_begin_leaves_no_empty_folder(tmp_path: Path) -> None:
    plan = written(tmp_path, plan_text(("no-such-program-at-all",), NAMED))
    done = run(plan, "--only", CASE)
    assert done.exit_code == 2 or isinstance(done.exception, HarnessError | UsageError)
    assert not (tmp_path / "out").exists()


def test_an_empty_folder_that_was_there_before_stays(tmp_path: Path) -> None:
    plan = written(tmp_path, plan_text(("no-such-program-at-all",), NAMED))
    (tmp_path / "out").mkdir()
    run(plan, "--only", CASE)
    assert (tmp_path / "out").is_dir()


def test_the_gate_of_the_baseline_lets_expected_failures_pass_and_stale_entries_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skeleton = (sys.executable, str(SKELETON))
    plan = written(tmp_path, plan_text(skeleton, '[baseline]\npath = "baseline.toml"\n'))
    first = attempt("municipal-system", adapter=adapter_of(skeleton), only=(CASE,))
    known = baseline_of(first.verdicts)
    baseline = tmp_path / "baseline.toml"
    baseline.write_text(known.text, encoding="utf-8")
    runs = noted(monkeypatch)
    kept = told(plan, "--only", CASE, "--gate", "baseline", out="a")
    assert kept["exit_code"] == 0
    failures = sum(one.verdict in BAD for one in known.expected)
    assert failures > 0
    assert kept["outcome"]["en"].startswith(f"as in the baseline; known failures: {failures} ")
    assert "nothing was broken" not in kept["outcome"]["en"]
    again(monkeypatch, runs[0])
    stale = Expected(case=CASE, check="filing_accepted", verdict=Verdict.FAIL)
    baseline.write_text(
        msgspec.structs.replace(known, expected=(*known.expected, stale)).text, encoding="utf-8"
    )
    found = told(plan, "--only", CASE, "--gate", "baseline", out="b")
    assert found["exit_code"] == 7
    assert "stale" in found["reasons"][0]["en"] and "delete the entry" in found["reasons"][0]["en"]
    assert f"{CASE} filing_accepted" in found["reasons"][0]["ja"] and "消し" in found["reasons"][0]["ja"]
    baseline.write_text(Baseline(role="municipal-system").text, encoding="utf-8")
    assert told(plan, "--only", CASE, "--gate", "baseline", out="c")["exit_code"] == 7


def adapter_of(command: tuple[str, ...]) -> dict[str, Any]:
    return {"kind": "command", "command": list(command), "folder": str(HOME)}


def test_a_baseline_that_is_not_there_is_told_before_the_run(tmp_path: Path) -> None:
    plan = written(tmp_path, plan_text(REFERENCE, '[baseline]\npath = "none.toml"\n'))
    done = run(plan, "--gate", "baseline")
    assert isinstance(done.exception, UsageError)
    assert not (tmp_path / "out").exists()


# --- outcomes -------------------------------------------------------------------------------------------
def run_of(*verdicts: Verdict, stopped: str = "") -> Run:
    cases = tuple(
        CaseVerdict(case=f"C-{number}", tag="C", title="", verdict=verdict)
        for number, verdict in enumerate(verdicts)
    )
    return Run((), {}, Verdicts(cases=cases, requirements=()), stopped=stopped)


@pytest.mark.parametrize(
    ("verdicts", "stopped", "code"),
    [
        ([Verdict.PASS, Verdict.WARN, Verdict.CONDITIONAL, Verdict.NOT_APPLICABLE], "", 0),
        ([Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE], "", 1),
        ([Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.NOT_RUN], "", 3),
        ([Verdict.PASS, Verdict.NOT_RUN, Verdict.REVIEW], "", 4),
        ([Verdict.NOT_APPLICABLE], "", 4),
        ([], "", 4),
        ([Verdict.PASS, Verdict.REVIEW, Verdict.WARN], "", 5),
        ([Verdict.PASS], Stopped.TIME, 4),
        ([Verdict.PASS], "the child process failed", 2),
        ([Verdict.FAIL], Stopped.TIME, 1),
        ([Verdict.FAIL], Stopped.INTERRUPTED, 130),
    ],
)
def test_each_outcome_has_its_code(verdicts: list[Verdict], stopped: str, code: int) -> None:
    assert outcome(run_of(*verdicts, stopped=stopped)).code == code


def test_no_two_outcomes_share_a_code() -> None:
    codes = [one.code for one in OUTCOMES]
    assert len(set(codes)) == len(codes)


def shown(tmp_path: Path, *cases: CaseVerdict) -> list[str]:
    said: list[str] = []
    run_ = Run((), {}, Verdicts(cases=cases, requirements=()))
    running.Done(tmp_path, run_, OUTCOMES[1], ()).show(said.append)
    return said


def failing(case: str, *checks: str, verdict: Verdict = Verdict.FAIL) -> CaseVerdict:
    """A case that each of the checks failed twice."""
    found = Finding(ja="違う", en="wrong", expected="a", received="b")
    return CaseVerdict(
        case=case,
        tag=case,
        title="",
        verdict=verdict,
        checks=tuple(
            CheckVerdict(check=check, verdict=verdict, stated=True, findings=(found,))
            for check in checks
            for _ in range(2)
        ),
    )


def test_a_long_list_of_failures_is_cut_and_says_where_the_rest_is(tmp_path: Path) -> None:
    said = shown(tmp_path, *run_of(*[Verdict.FAIL] * (summary.SHOWN + 3)).verdicts.cases)
    assert sum(line.startswith("C-") for line in said) == summary.SHOWN
    assert any("and 3 more" in line for line in said)


def test_what_failed_is_told_by_check_before_it_is_told_by_case(tmp_path: Path) -> None:
    said = shown(
        tmp_path,
        failing("C-1", "deemed", verdict=Verdict.WARN),
        failing("C-2", "deemed"),
        failing("C-3", "deemed", "one_session"),
        failing("C-4", "one_session"),
        failing("C-5", "one_session"),
        CaseVerdict(case="C-6", tag="C-6", title="", verdict=Verdict.NOT_RUN),
    )
    assert said[:6] == [
        "検査ごと / by check:",
        "    one_session: FAIL in 3 cases, first C-3",
        "    deemed: FAIL in 2 cases, first C-2",
        "    (no check): NOT_RUN in 1 case, first C-6",
        "    deemed: WARN in 1 case, first C-1",
        "",
    ]
    assert said[6].startswith("C-1  WARN")


def test_a_run_in_which_all_is_well_has_no_table_of_checks(tmp_path: Path) -> None:
    assert not any("by check" in line for line in shown(tmp_path, *run_of(Verdict.PASS).verdicts.cases))


def test_what_did_not_apply_is_counted_by_capability_and_not_listed_case_by_case(tmp_path: Path) -> None:
    def lost(case: str, needs: str) -> CaseVerdict:
        found = Finding(ja="", en="", expected=needs, received="not declared")
        one = CheckVerdict(check=TESTABLE, verdict=Verdict.NOT_APPLICABLE, stated=False, findings=(found,))
        return CaseVerdict(case=case, tag=case, title="", verdict=Verdict.NOT_APPLICABLE, checks=(one,))

    said = shown(
        tmp_path,
        lost("C-1", "b.one"),
        lost("C-2", "a.two"),
        lost("C-3", "a.two"),
        lost("C-4", "a.two, b.one"),
    )
    at = said.index("\n該当なし / not applicable:")
    assert said[at + 1 : at + 4] == ["    a.two: 2 cases", "    a.two, b.one: 1 case", "    b.one: 1 case"]
    assert not any("C-1" in line for line in said)
