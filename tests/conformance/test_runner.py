"""A run: the same everywhere and every time, whatever lies around it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from conformance import runner
from conformance.runner import Run
from conformance.verdicts import Verdict
from conformance.worker import HOME, RESULT, Job, Result
from sim.base import journal
from sim.base.errors import HarnessError

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
    again = runner.run()
    assert written(again) == written(reference)
    assert again.verdicts == reference.verdicts


def test_a_hostile_folder_and_environment_change_nothing_and_are_left_as_they_were(
    reference: Run, hostile: Path
) -> None:
    before = everything_in(hostile)
    there = runner.run()
    assert written(there) == written(reference)
    assert there.verdicts == reference.verdicts
    assert there.cases == reference.cases
    assert everything_in(hostile) == before
    assert not list(hostile.rglob("__pycache__")) + list(hostile.rglob(".pytest_cache"))


def test_collecting_gives_the_cases_that_a_run_has(reference: Run) -> None:
    assert runner.collect() == reference.cases


def test_the_rows_of_an_outline_share_a_tag_and_have_ids_of_their_own(reference: Run) -> None:
    rows = [info.id for info in reference.cases if info.tag == "JUKI22-05"]
    assert rows == [f"JUKI22-05-{number}" for number in range(1, 7)]


def test_a_child_that_fails_is_our_fault_and_shows_what_it_said() -> None:
    with pytest.raises(HarnessError) as raised:
        runner.run("no-such-mutant")
    assert "no-such-mutant" in str(raised.value)
    assert "KeyError" in str(raised.value)


def test_a_child_that_says_something_else_than_its_journals_is_our_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    honest = runner._work

    def lying(out: str, *, mutant: str = "", collect_only: bool = False) -> Result:
        result = honest(out, mutant=mutant, collect_only=collect_only)
        return msgspec.structs.replace(result, verdicts=result.verdicts | {"JUKI22-02": Verdict.FAIL})

    monkeypatch.setattr(runner, "_work", lying)
    with pytest.raises(HarnessError, match="other verdicts than its journals"):
        runner.run()


def test_a_child_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "PATIENCE", 0.01)
    with pytest.raises(HarnessError, match="could not be run"):
        runner.run()


BROKEN = """
import sys
sys.path[:] = {path!r}
import msgspec
from conformance import mutants, worker
from conformance.mutants import Mutant, changed
from sim.base.errors import Breach, HarnessError

def broken(event, step):
    raise {error}("it fell over")

worker.MUTANTS["broken"] = Mutant("broken", "", "", "deemed", actors=changed("counter", broken))
sys.exit(worker.work(worker.Job(path=(), out={out!r}, mutant="broken")))
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
        env=runner._environment(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    result = msgspec.json.decode((tmp_path / RESULT).read_bytes(), type=Result)
    assert set(result.verdicts.values()) == {verdict}
    assert len(result.verdicts) == len(result.cases)


def test_a_job_survives_its_way_to_the_child() -> None:
    job = Job(path=("/a", "/b"), out="/c", mutant="m")
    assert msgspec.json.decode(msgspec.json.encode(job), type=Job) == job
