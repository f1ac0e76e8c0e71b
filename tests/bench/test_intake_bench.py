"""The row "ministry intake": three servers that store the same, over real TLS. No test asserts a time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import harness, intake, intake_client, intake_inputs
from bench.harness import CannotRun, Options, Sample, Unequal
from bench.intake_plan import MINISTRY, SEALED, Lane, Plan, Stored, Upload, Work, read
from bench.intake_server import BARE, ORM, OURS, SIDES

STORED = Stored(batches=3, records=8, sealed="s", read="r")
ALL = {"batches": 3, "records": 8, "sealed": "s", "read": "r"}


def silent(text: str) -> None:
    """Nobody reads the progress of a test."""


def plan_of(*, kept: bool) -> Plan:
    lane = Lane("131041", (Upload("a", 0, 1), Upload("b", 1, 1)))
    return Plan(kept, (), (lane,), 800, STORED)


def sample(answered: float, decided: float | None = None, **stored: Any) -> Sample:
    told = {"batches": 3, "sealed": "s"} if decided is None else ALL
    return Sample(1.0, 1.0, 1.0, {"answered": answered, "decided": decided, "stored": told | stored})


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _keys(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))


@pytest.fixture(scope="module", params=[True, False], ids=["kept", "new"])
def inputs(request: pytest.FixtureRequest, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("intake") / "inputs"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        intake_inputs.make(folder, Work(endpoints=2, each=2, records=3, kept=request.param, warm=1), silent)
    return folder


# --- equal results first -----------------------------------------------------------------------------
@pytest.mark.parametrize("side", SIDES)
def test_each_side_stores_what_was_sent_and_nothing_else(side: str, inputs: Path, tmp_path: Path) -> None:
    outcome = intake_client.measure(side, inputs, tmp_path / "stored.sqlite")
    plan = read(inputs)
    assert (plan.batches, plan.stored.batches, plan.stored.records) == (4, 5, 15)
    intake.check(side, plan, outcome["stored"])
    assert (outcome["decided"] is None) == (side == BARE)


@pytest.mark.parametrize("inputs", [True], indirect=True)
@pytest.mark.parametrize("side", [OURS, ORM])
def test_a_batch_that_cannot_be_opened_stops_the_comparison(side: str, inputs: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "inputs"
    damaged.mkdir()
    (damaged / MINISTRY).symlink_to(inputs / MINISTRY)
    (damaged / "plan.json").write_bytes((inputs / "plan.json").read_bytes())
    sealed = bytearray((inputs / SEALED).read_bytes())
    sealed[-40] ^= 1
    (damaged / SEALED).write_bytes(sealed)
    with pytest.raises((Unequal, CannotRun), match=r"ours did not store.*records: 15 ≠ 12|422"):
        outcome = intake_client.measure(side, damaged, tmp_path / "stored.sqlite")
        intake.check(side, read(damaged), outcome["stored"])


@pytest.mark.parametrize(
    ("side", "change", "place"),
    [
        (OURS, {"records": 7}, "records: 8 ≠ 7"),
        (ORM, {"read": "x"}, "read: 'r' ≠ 'x'"),
        (ORM, {"sealed": "x"}, "sealed: 's' ≠ 'x'"),
        (BARE, {"batches": 4}, "batches: 3 ≠ 4"),
    ],
)
def test_a_side_that_stored_something_else_is_named(side: str, change: dict[str, Any], place: str) -> None:
    stored = ALL if side != BARE else {"batches": 3, "sealed": "s"}
    plan = plan_of(kept=True)
    intake.check(side, plan, stored)
    with pytest.raises(Unequal, match=f"{side} did not store what was sent: {place}"):
        intake.check(side, plan, stored | change)


def test_a_server_that_does_not_start_is_said_so_with_its_last_words(tmp_path: Path) -> None:
    with (
        pytest.raises(CannotRun, match=r"does not listen.*renkei ministry init"),
        intake_client.serving(OURS, tmp_path, tmp_path / "stored.sqlite"),
    ):
        pass


def test_a_server_ends_with_whoever_started_it(inputs: Path, tmp_path: Path) -> None:
    child = subprocess.run(
        [sys.executable, "bench/intake_server.py", BARE, str(inputs / MINISTRY), str(tmp_path / "a.sqlite")],
        cwd=harness.ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert child.returncode == 3


def test_without_a_place_for_the_keys_the_row_cannot_run(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name)
    with pytest.raises(CannotRun, match="no place for the keys"):
        intake.measure(Options(days=1, repeats=1), silent)


# --- the figures -------------------------------------------------------------------------------------
def test_sides_are_measured_in_turn_and_each_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def measured(script: Path, side: str, folder: str) -> Sample:
        calls.append(side)
        assert script.name == "intake.py"
        return sample(1.0, None if side == BARE else 2.0)

    monkeypatch.setattr(harness, "sample", measured)
    monkeypatch.setattr(intake_inputs, "make", lambda folder, work, say: plan_of(kept=work.kept))
    found = intake.measure(Options(days=1, repeats=2), silent)
    assert calls == [*SIDES, *SIDES] * 2
    assert not any(figure.goal for figure in found)  # not the whole row


def test_a_single_run_that_differs_stops_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([sample(1.0, 2.0), sample(1.0), sample(1.0, 2.0), sample(1.0, 2.0, records=7)])
    monkeypatch.setattr(harness, "sample", lambda *_: next(answers))
    monkeypatch.setattr(intake_inputs, "make", lambda folder, work, say: plan_of(kept=work.kept))
    with pytest.raises(Unequal, match="ours did not store what was sent: records: 8 ≠ 7"):
        intake.measure(Options(repeats=2), silent)


def test_the_ratios_say_how_many_times_longer_the_other_side_took() -> None:
    samples = {OURS: [sample(2.0, 4.0)] * 3, BARE: [sample(1.0)] * 3, ORM: [sample(20.0, 20.0)] * 3}
    found = {f.measure: f for f in intake.figures(plan_of(kept=True), samples, full=True)}
    seen = {name: (one.spread.median, one.reached) for name, one in found.items()}
    assert seen["kept connections: ORM / ours, last answer"] == (10.0, True)
    assert seen["kept connections: bare / ours, last answer"] == (0.5, True)
    assert seen["kept connections: ORM / ours, all decided"] == (5.0, None)
    assert seen["kept connections: ours, answered"] == (1.0, None)
    assert seen["kept connections: ours, all decided"] == (0.2, None)


def test_all_endpoints_are_held_against_ten_seconds() -> None:
    samples = {OURS: [sample(11.0, 12.0)], BARE: [sample(1.0)], ORM: [sample(2.0, 2.0)]}
    found = {f.measure: f for f in intake.figures(plan_of(kept=False), samples, full=True)}
    assert [(f.measure, f.spread.median, f.reached) for f in found.values() if f.goal] == [
        ("1 endpoints: ours, last answer", 11.0, False)
    ]
    assert found["1 endpoints: ours, all decided"].spread.median == 12.0


def test_the_row_is_one_of_the_table_and_light_to_import() -> None:
    code = (
        "import sys, json; from bench import run;"
        "heavy = [name for name in ('polars', 'fastapi', 'locust') if name in sys.modules];"
        "print(json.dumps(['intake' in run.ROWS, *heavy]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, '.'); {code}"],
        cwd=harness.ROOT,
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout) == [True]
