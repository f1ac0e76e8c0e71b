"""A run: the same everywhere and every time, whatever lies around it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conformance import child, runner
from conformance.child import environment
from conformance.mutants.trial import Trial
from conformance.runner import Run, attempt
from conformance.verdicts import Verdict
from conformance.worker import HOME, RESULT, Job, Result, telling
from sim.base import journal
from sim.base.errors import HarnessError, UsageError

ROLE = "municipal-system"
SOME = ("JUKI22-01", "JUKI22-02")
STRANGER = "raise SystemExit('a stranger was imported')\n"


def written(run: Run) -> dict[str, bytes]:
    return {name: b"\n".join(map(journal.encode, lines)) for name, lines in run.journals.items()}


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory and an environment that stop or change any pytest that looks at them."""
    place = tmp_path / "hostile"
    place.mkdir()
    for name in ("sim", "features", "conformance", "reports"):
        (place / name).mkdir()
        (place / name / "__init__.py").write_text(STRANGER)
    (place / "features" / "stray.feature").write_text(
        "# language: ja\n機能: よそのもの\n  シナリオ: よそ\n    前提 よそ\n"
    )
    for name in ("conftest.py", "stranger.py", "sitecustomize.py", "pytest_bdd.py"):
        (place / name).write_text(STRANGER)
    (place / "pytest.ini").write_text(
        "[pytest]\naddopts = --no-such-option\nbdd_features_base_dir = nowhere\n"
    )
    (place / "pyproject.toml").write_text("this is not TOML\n")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    monkeypatch.setenv("PYTEST_PLUGINS", "stranger")
    monkeypatch.setenv("PYTHONPATH", str(place))
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    monkeypatch.chdir(place)
    return place


def everything_in(place: Path) -> dict[str, bytes]:
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_two_runs_give_the_same_journals_byte_for_byte(reference: Run) -> None:
    again = attempt(ROLE, only=SOME)
    assert written(again) == {id: content for id, content in written(reference).items() if id in SOME}
    assert again.verdicts.cases == tuple(case for case in reference.verdicts.cases if case.case in SOME)


def test_a_hostile_folder_and_environment_change_nothing_and_are_left_as_they_were(
    reference: Run, hostile: Path
) -> None:
    before = everything_in(hostile)
    there = runner.run(ROLE, only=SOME)
    assert written(there) == {id: content for id, content in written(reference).items() if id in SOME}
    assert there.cases == tuple(info for info in reference.cases if info.id in SOME)
    assert everything_in(hostile) == before
    assert not list(hostile.rglob("__pycache__")) + list(hostile.rglob(".pytest_cache"))


def test_collecting_gives_the_cases_that_a_run_has(reference: Run) -> None:
    assert runner.collect(ROLE) == reference.cases


def test_the_rows_of_an_outline_share_a_tag_and_have_ids_of_their_own(reference: Run) -> None:
    rows = [info.id for info in reference.cases if info.tag == "JUKI22-05"]
    assert rows == [f"JUKI22-05-{number}" for number in range(1, 7)]


def test_a_case_stands_on_fixed_days_unless_its_tag_denies_it(reference: Run) -> None:
    needs = {info.id: info.needs for info in reference.cases}
    assert "clock.settable" in needs["JUKI22-01"]
    assert "clock.settable" not in needs["ANY-01"]


def test_a_child_that_fails_is_our_fault_and_shows_what_it_said() -> None:
    with pytest.raises(HarnessError) as raised:
        runner.run(ROLE, "no-such-mutant")
    assert "no-such-mutant" in str(raised.value)
    assert "there is no such mutant" in str(raised.value)


def test_a_child_that_says_something_else_than_its_journals_is_our_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    honest = runner._work

    def lying(*given: Any, **more: Any) -> tuple[Result, str]:
        result, stopped = honest(*given, **more)
        return msgspec.structs.replace(result, verdicts=result.verdicts | {SOME[0]: Verdict.FAIL}), stopped

    monkeypatch.setattr(runner, "_work", lying)
    with pytest.raises(HarnessError, match="other verdicts than its journals"):
        runner.run(ROLE, only=SOME)


def test_a_child_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "BOOT", "import time\nwhile True: time.sleep(60)")
    with pytest.raises(HarnessError, match="the time for the whole run was over"):
        attempt(ROLE, patience=0.5)


def test_a_child_that_cannot_be_stopped_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: time.sleep(60)"
    monkeypatch.setattr(child, "BOOT", deaf)
    monkeypatch.setattr(child, "GRACE", 0.3)
    with pytest.raises(HarnessError, match="exit code -9"):
        attempt(ROLE, patience=0.5)


def test_a_child_that_cannot_be_started_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(HarnessError, match="could not be run"):
        runner.collect(ROLE)


def test_how_it_goes_on_is_told_line_by_line() -> None:
    said: list[str] = []
    attempt(ROLE, only=SOME, say=said.append)
    assert said == [f"{case}  PASS" for case in SOME]


def test_a_caller_that_is_gone_ends_the_run() -> None:
    reading, writing = os.pipe()
    say = telling(writing)
    say("one\ntwo")
    assert os.read(reading, 100) == b"one two\n"
    os.close(reading)
    with pytest.raises(KeyboardInterrupt):
        say("anybody there?")
    os.close(writing)


def test_a_case_that_there_is_not_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="no such case"):
        attempt(ROLE, only=("JUKI22-01", "JUKI99-99"))


def test_trials_that_cannot_be_played_are_our_fault() -> None:
    with pytest.raises(HarnessError):
        runner.try_mutants(ROLE, (Trial(mutant="no-such-mutant", catches="deemed", cases=SOME),))


BROKEN = """
import sys
sys.path[:] = {path!r}
from conformance import worker
from conformance.reference.municipal import ReferenceMunicipality
from sim.base.errors import Breach, HarnessError

def talk(self, line):
    raise {error}("it fell over")

ReferenceMunicipality.talk = talk
sys.exit(worker.work(worker.Job(path=(), out={out!r}, role="municipal-system", only=("JUKI22-05",))))
"""


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        ("Breach", Verdict.FAIL),
        ("HarnessError", Verdict.INCONCLUSIVE),
        ("ZeroDivisionError", Verdict.INCONCLUSIVE),
    ],
)
def test_whose_fault_an_exception_is_decides_the_verdict(
    error: str, verdict: Verdict, tmp_path: Path
) -> None:
    code = BROKEN.format(path=[str(HOME), *sys.path], out=str(tmp_path), error=error)
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    result = msgspec.json.decode((tmp_path / RESULT).read_bytes(), type=Result)
    assert set(result.verdicts.values()) == {verdict}
    assert len(result.verdicts) == len(result.cases) == 6


def test_a_job_survives_its_way_to_the_child() -> None:
    job = Job(
        path=("/a", "/b"), out="/c", role=ROLE, mutant="m", adapter={"kind": "command", "command": ["x"]}
    )
    assert msgspec.json.decode(msgspec.json.encode(job), type=Job) == job
