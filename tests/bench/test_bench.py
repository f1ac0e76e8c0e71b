"""The bench room: equal results before speed, honest arithmetic, one table. No test asserts a time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bench import command_start, csv_batches, harness, notices, run, shinjuku_year, xml_batches
from bench.harness import CannotRun, Figure, Goal, Options, Sample, Spread, Unequal
from bench.process_per_resident import play
from sim.law.filing_period import Deadline
from sim.law.rules import RULES
from sim.studies.scenario import Scenario
from sim.studies.simulate import inputs_of

FIGURE = Figure("a row", "a measure", "s", Spread(2.0, 1.0, 4.0), Goal(3))
OUTCOME: dict[str, Any] = {
    "filings": {"moving_in": {"in_time": 9, "late": 1}},
    "deemed": {"immi.19-9-1": 8},
    "residents_end": 1000,
}


Side = Callable[[Scenario, Path], dict[str, Any]]


def silent(text: str) -> None:
    """Nobody reads the progress of a test."""


# --- equal results first -----------------------------------------------------------------------------
@pytest.mark.parametrize("other", [shinjuku_year.daily, shinjuku_year.lean])
@pytest.mark.parametrize("days", [3, 13, 16])  # 13 ends inside the outage of the line, 16 after it
def test_both_sides_reach_the_same_counts(days: int, other: Side, tmp_path: Path) -> None:
    scenario = shinjuku_year.scenario_of(days, 1500)
    ours = shinjuku_year.ours(scenario, tmp_path)
    harness.assert_equal(ours, other(scenario, tmp_path))
    assert sum(filing["in_time"] for filing in ours["filings"].values()) > 0
    assert ours["agency_notices"]["raised"] > 0


def test_a_model_that_decides_otherwise_is_caught(tmp_path: Path) -> None:
    def never_in_time(deadline: Deadline, filed: date) -> bool:
        return False

    scenario = shinjuku_year.scenario_of(3, 1500)
    rules = replace(RULES, in_time=never_in_time)
    wrong = play(scenario, inputs_of(scenario, shinjuku_year.SEED), tmp_path, daily=False, rules=rules)
    with pytest.raises(Unequal, match=r"filings\.moving_out\.in_time"):
        harness.assert_equal(shinjuku_year.ours(scenario, tmp_path), shinjuku_year.of_model(wrong))


def test_the_message_names_each_place_with_both_values() -> None:
    other = OUTCOME | {"deemed": {"immi.19-7-1": 1, "immi.19-9-1": 8}, "residents_end": 999}
    assert harness.differences(OUTCOME, other) == [
        "deemed.immi.19-7-1: None ≠ 1",
        "residents_end: 1000 ≠ 999",
    ]
    assert harness.differences(OUTCOME, OUTCOME) == []


def test_the_cost_per_day_is_measured_at_three_lengths(monkeypatch: pytest.MonkeyPatch) -> None:
    def sample(script: Path, side: str, days: str, *more: str) -> Sample:
        return Sample(9.0, 2.0 + 0.5 * int(days), 1.0, {})

    monkeypatch.setattr(harness, "sample", sample)
    found = {f.measure: f.spread for f in shinjuku_year.measure(Options(365, 1000, 2), silent)}
    assert found["ours, cost per day, 180 days"] == Spread(500.0, 500.0, 500.0)
    assert found["cost per day, 365 days / 90 days"] == Spread(1.0, 1.0, 1.0)


def test_a_single_run_that_differs_stops_the_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def sample(script: Path, side: str, *more: str) -> Sample:
        calls.append(side)
        late = side == shinjuku_year.LEAN and calls.count(side) == 3
        return Sample(1.0, 1.0, 1.0, OUTCOME | {"residents_end": 999} if late else OUTCOME)

    monkeypatch.setattr(harness, "sample", sample)
    with pytest.raises(Unequal, match="residents_end: 1000 ≠ 999"):
        shinjuku_year.measure(Options(3, 1000, 5), silent)


@pytest.mark.parametrize("row", [csv_batches, xml_batches])
def test_both_sides_of_a_batch_read_and_write_the_same(row: Any, tmp_path: Path) -> None:
    path = tmp_path / "batch"
    notices.write_file(path, 300, row.FORM)
    ours, theirs = row.ours(path), row.objects(path)
    assert (ours["values"], ours["bytes"]) == (theirs["values"], theirs["bytes"])
    row.checking(path)


@pytest.mark.parametrize("row", [csv_batches, xml_batches])
def test_the_ratios_of_a_batch_row_are_those_of_the_other_side(row: Any) -> None:
    def sample(seconds: float) -> Sample:
        return Sample(2.0, 2.0, 100.0, {"decode": seconds, "encode": seconds})

    samples = {side: [sample(1.0)] for side in row.SIDES} | {row.OBJECTS: [sample(8.0)]}
    found = row.figures(samples, [sample(1.0), sample(1.0)], 1000)
    goals = [figure for figure in found if figure.goal is not None and "objects" in figure.measure]
    assert [figure.spread.median for figure in goals] == [8.0, 8.0]


# --- arithmetic --------------------------------------------------------------------------------------
def test_ratios_are_taken_pair_by_pair() -> None:
    # The medians alone would give 20 / 4 = 5: a machine that slowed down for one pair must not show.
    ratios = harness.ratios([10.0, 20.0, 90.0], [5.0, 4.0, 3.0])
    assert ratios == [2.0, 5.0, 30.0]
    assert harness.spread(ratios) == Spread(5.0, 2.0, 30.0)


def test_the_median_of_an_even_number_lies_between_the_two_in_the_middle() -> None:
    assert harness.spread([4.0, 1.0, 2.0, 8.0]) == Spread(3.0, 1.0, 8.0)


def test_ratios_need_whole_pairs() -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        harness.ratios([1.0, 2.0], [1.0])


def test_a_goal_is_reached_at_its_limit_from_its_own_side() -> None:
    assert [Goal(5, at_least=True).met(value) for value in (4.9, 5.0, 6.0)] == [False, True, True]
    assert [Goal(20).met(value) for value in (19.0, 20.0, 20.1)] == [True, True, False]


def test_the_cost_per_day_leaves_out_what_every_run_pays_once() -> None:
    once, a_day = 100.0, 0.25
    costs = [shinjuku_year.per_day(once + a_day, once + a_day * days, days) for days in (90, 180, 365)]
    assert costs == pytest.approx([a_day] * 3)


def test_three_lengths_need_days_enough_to_differ() -> None:
    assert shinjuku_year.lengths(365) == (90, 180, 365)
    assert shinjuku_year.lengths(3) is None


def test_even_months_change_the_months_only() -> None:
    usual, even = (shinjuku_year.scenario_of(90, 1000, even=even) for even in (False, True))
    assert even.rates.months == [1.0] * 12
    assert even.model_copy(update={"rates": usual.rates}) == usual


def test_what_both_sides_share_is_taken_off_in_the_second_ratio() -> None:
    samples = {
        "ours": [Sample(3.0, 1.0, 1.0)],
        "daily": [Sample(7.0, 1.0, 1.0)],
        "lean": [Sample(4.0, 1.0, 1.0)],
        "inputs": [Sample(2.0, 1.0, 1.0)],
    }
    found = [figure.spread.median for figure in shinjuku_year.figures(samples, Options())[:4]]
    assert found == pytest.approx([7 / 3, 5.0, 4 / 3, 2.0])


def test_a_run_too_short_to_tell_work_from_inputs_has_no_second_ratio() -> None:
    samples = {side: [Sample(3.0, 1.0, 1.0)] for side in shinjuku_year.SIDES}
    found = shinjuku_year.figures(samples, Options())
    assert not [figure for figure in found if "without the inputs" in figure.measure]


@pytest.mark.parametrize("days", ["0", "-1", "three", "３"])
def test_days_are_a_whole_number_from_one(days: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run.main([f"--days={days}"])
    assert "is not a whole number from 1" in capsys.readouterr().err


def test_targets_hold_for_the_whole_row_only() -> None:
    samples = {side: [Sample(3.0, 1.0, 1.0)] for side in shinjuku_year.SIDES}
    assert any(figure.goal for figure in shinjuku_year.figures(samples, Options()))
    assert not any(figure.goal for figure in shinjuku_year.figures(samples, Options(days=30)))


def test_the_peak_of_memory_is_that_of_the_measured_process_and_not_of_its_parent() -> None:
    parent = bytearray(400_000_000)
    measure = "import sys; sys.path.insert(0, '.'); from bench import harness; print(harness.peak_mb())"
    light, heavy = (
        float(
            subprocess.run(
                [sys.executable, "-c", code], cwd=harness.ROOT, capture_output=True, check=True
            ).stdout
        )
        for code in (measure, "block = bytearray(200_000_000); " + measure)
    )
    assert light < 200 < heavy < 400
    del parent


# --- the table ---------------------------------------------------------------------------------------
def test_the_table_says_what_was_to_reach_and_whether_it_was() -> None:
    missed = replace(FIGURE, goal=Goal(1))
    free = replace(FIGURE, goal=None)
    rows = harness.cells([FIGURE, missed, free])
    assert rows[1] == ("a row", "a measure", "2.00 s", "1.00 s", "4.00 s", "≤ 3 s", "yes")
    assert [row[-2:] for row in rows[2:]] == [("≤ 1 s", "no"), ("–", "–")]


def test_the_document_carries_figures_versions_and_machine() -> None:
    document = json.loads(harness.document([FIGURE], Options(3, 1000, 1), ["a note"], []))
    assert document["figures"][0]["median"] == 2.0
    assert document["figures"][0]["reached"] is True
    assert document["versions"]["simpy"] != "missing"
    assert document["machine"]["cpus"] >= 1
    assert document["options"] == {"days": 3, "residents": 1000, "repeats": 1}


# --- the whole ---------------------------------------------------------------------------------------
def test_a_tiny_run_prints_and_writes_one_table(tmp_path: Path) -> None:
    tiny = ["--days", "3", "--residents", "1000", "--repeats", "1", "--only", "shinjuku_year"]
    done = subprocess.run(
        [sys.executable, str(harness.ROOT / "bench" / "run.py"), *tiny, "--out", str(tmp_path / "build")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == run.MEASURED, done.stderr
    document = json.loads((tmp_path / "build" / "bench.json").read_text(encoding="utf-8"))
    measures = [figure["measure"] for figure in document["figures"]]
    assert {"process per resident, daily / ours", "process per resident, lean / ours"} <= set(measures)
    assert document["problems"] == []
    page = (tmp_path / "build" / "bench.md").read_text(encoding="utf-8")
    assert all(measure in done.stdout and measure in page for measure in measures)


def program(folder: Path, text: str) -> Path:
    """A console script that stands in for the installed one."""
    path = folder / "renkei"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return folder


def test_the_command_is_measured_beside_python_doing_nothing(tmp_path: Path) -> None:
    figures = command_start.measure(Options(repeats=1), silent, program(tmp_path, "exit 0"))
    assert [figure.measure for figure in figures] == [
        "renkei --help",
        "python -c pass",
        "renkei --help / python -c pass",
    ]


def test_a_command_that_fails_is_not_measured(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="no such module"):
        command_start.measure(
            Options(repeats=1), silent, program(tmp_path, "echo no such module >&2; exit 2")
        )


def test_a_command_that_is_not_installed_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="not installed"):
        command_start.measure(Options(repeats=1), silent, tmp_path)


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ([], run.MEASURED),
        ([CannotRun("gone")], run.CANNOT_RUN),
        ([Unequal("differ")], run.UNEQUAL),
        ([CannotRun("gone"), Unequal("differ")], run.UNEQUAL),
        ([Unequal("differ"), CannotRun("gone")], run.UNEQUAL),
    ],
)
def test_the_exit_code_speaks_of_results_and_never_of_speed(
    errors: list[Exception],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Row:
        NOTES = ("a note",)

        def __init__(self, error: Exception | None) -> None:
            self._error = error

        def measure(self, options: Options, say: harness.Say) -> list[Figure]:
            if self._error is not None:
                raise self._error
            return [replace(FIGURE, goal=Goal(0.001))]  # far from reached

    rows = {"measured": Row(None)} | {f"row{number}": Row(error) for number, error in enumerate(errors)}
    monkeypatch.setattr(run, "ROWS", rows)
    assert run.main(["--out", str(tmp_path)]) == code
    printed = capsys.readouterr()
    assert "a measure" in printed.out  # whatever could be measured is shown all the same
    assert all(str(error) in printed.err for error in errors)
    assert json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))["problems"] == [
        f"row{number}: {error}" for number, error in enumerate(errors)
    ]
