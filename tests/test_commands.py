"""The command line answers as its users need: JSON, exit codes, and what to type instead."""

from __future__ import annotations

import json
import resource
import subprocess
from pathlib import Path

import pytest

from tests.typed import RENKEI, apart, typed


def small(folder: Path) -> Path:
    """A scenario file of a village, so that a whole run takes a moment."""
    from sim.studies.scenario.loading import FOLDER

    text = (FOLDER / "shinjuku-2019.toml").read_text(encoding="utf-8")
    path = folder / "village.toml"
    path.write_text(text.replace("residents = 42157", "residents = 400").replace("days = 30", "days = 14"))
    return path


def test_a_limit_comes_with_clause_and_reason_as_json() -> None:
    done = typed("law", "deadline", "--event", "2026-04-22", "--filing", "moving_in", "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 0
    assert answer["last_day"] == "2026-05-07"
    assert answer["clause"] == "住民基本台帳法第22条第1項"
    assert "2026年5月7日" in answer["why"]


def test_a_limit_explains_itself_in_both_languages() -> None:
    done = typed("law", "deadline", "--event", "2026-04-22", "--filing", "moving_in")
    assert "振替休日" in done.stdout
    assert "2026-05-07" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("law", "deadline", "--event", "2026-04-22", "--filing", "moving_inn"), "--filing moving_in"),
        (("law", "deadline", "--event", "22.4.2026", "--filing", "moving_in"), "YYYY-MM-DD"),
        (("law", "deadline", "--event", "2010-01-01", "--filing", "moving_in"), "2012-07-09"),
        (("law", "deadline", "--event", "20260422", "--filing", "moving_in"), "YYYY-MM-DD"),
        (("law", "deadline", "--event", "2026-W17-3", "--filing", "moving_in"), "YYYY-MM-DD"),
        (("law", "deadline", "--event", "２０２６-04-22", "--filing", "moving_in"), "YYYY-MM-DD"),
        (("law", "deadline", "--event", "2026-02-30", "--filing", "moving_in"), "2026-02-30"),
        (("law", "deadline", "--event", "2101-01-01", "--filing", "moving_in"), "2100-12-31"),
        (("sim", "run", "shinjuku-2019", "--out", ""), "--out DIR"),
        (("sim", "scenarios", "--show", "shinjuku-2091"), "--show shinjuku-2019"),
        (("law", "deadline", "--filing", "moving_in"), "--event"),
        (("sim", "run", "shinjuku-2091"), "renkei sim run shinjuku-2019"),
        (("sim", "run", "shinjuku-2019", "--days", "0"), "--days"),
        (("sim", "run", "none.toml"), "none.toml"),
        (("sym", "run"), "sim"),
        (("report", "build", "nowhere"), "nowhere"),
    ],
)
def test_wrong_use_says_what_would_be_right_and_ends_with_2(
    arguments: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    done = typed(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_run_writes_journal_measures_and_report_and_the_same_bytes_again(tmp_path: Path) -> None:
    scenario = small(tmp_path)
    for folder in ("one", "two"):
        done = apart("sim", "run", str(scenario), "--seed", "7", "--out", folder, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == f"{folder}/report.html"
        assert "adds up to zero" in done.stdout
    names = ["journal.ndjson", "measures.json", "report.html"]
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == names
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_report_is_built_again_from_the_measures_with_the_same_bytes(tmp_path: Path) -> None:
    apart("sim", "run", str(small(tmp_path)), "--out", "run", cwd=tmp_path)
    report = tmp_path / "run" / "report.html"
    before = report.read_bytes()
    report.unlink()
    done = apart("report", "build", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert report.read_bytes() == before


def test_the_outcome_of_a_run_can_be_read_by_a_program(tmp_path: Path) -> None:
    done = typed("sim", "run", str(small(tmp_path)), "--days", "3", "--out", "run", "--json", cwd=tmp_path)
    outcome = json.loads(done.stdout)
    assert outcome["unsound"] == {}
    assert outcome["filings"] >= outcome["in_time"] >= 0
    assert Path(tmp_path, outcome["report"]).is_file()


def test_the_way_of_a_record_is_written_as_a_picture(tmp_path: Path) -> None:
    typed("sim", "run", str(small(tmp_path)), "--out", "run", cwd=tmp_path)
    done = apart("report", "trace", "run", "131041-00000001", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    picture = tmp_path / done.stdout.strip()
    assert picture.read_text(encoding="utf-8").startswith("<svg")
    missing = typed("report", "trace", "run", "131041-77777777", cwd=tmp_path)
    assert missing.returncode == 2
    assert "131041-77777777" in missing.stderr


def test_scenarios_are_listed_for_people_and_for_programs() -> None:
    assert "shinjuku-2019" in typed("sim", "scenarios").stdout
    rows = json.loads(typed("sim", "scenarios", "--json").stdout)
    assert set(rows[0]) == {
        *("name", "title_ja", "title_en", "shows_ja", "shows_en"),
        *("start", "days", "municipalities", "residents"),
    }
    schema = json.loads(typed("sim", "scenarios", "--schema").stdout)
    assert "shinjuku" not in json.dumps(schema)
    assert schema["$defs"]["Scenario"]["additionalProperties"] is False


def test_a_folder_without_rights_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = typed("sim", "run", str(small(tmp_path)), "--days", "1", "--out", "file", cwd=tmp_path)
    assert done.returncode == 2
    assert "--out DIR" in done.stderr


def test_the_folder_of_a_run_bears_scenario_days_and_seed(tmp_path: Path) -> None:
    small(tmp_path)
    done = typed("sim", "run", "village.toml", "--days", "1", "--seed", "3", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "renkei-runs/village-1d-3/report.html"
    assert "1 day from 2019-04-01" in done.stdout
    assert "renkei-runs/SCENARIO-DAYSd-SEED" in "".join(
        typed("sim", "run", "--help").stdout.split("│")
    ).replace("\n", "").replace("  ", "")


def test_the_file_of_a_scenario_is_shown_and_runs(tmp_path: Path) -> None:
    done = typed("sim", "scenarios", "--show", "shinjuku-2019")
    (tmp_path / "mine.toml").write_text(done.stdout.replace("residents = 42157", "residents = 50"))
    done = typed("sim", "run", "mine.toml", "--days", "1", "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["journal.ndjson", "measures.json", "report.html"])
def test_a_file_in_the_way_is_found_before_the_run(name: str, tmp_path: Path) -> None:
    (tmp_path / "run" / name).mkdir(parents=True)
    done = typed("sim", "run", str(small(tmp_path)), "--days", "1", "--out", "run", cwd=tmp_path)
    assert done.returncode == 2
    assert f"run/{name}" in done.stderr
    assert [path.name for path in (tmp_path / "run").iterdir()] == [name]


def _no_file_may_grow() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@pytest.mark.parametrize(
    "arguments",
    [
        ("sim", "scenarios"),
        ("--help",),
        ("law", "deadline", "--event", "2026-04-22", "--filing", "moving_in"),
    ],
)
def test_an_output_that_cannot_be_written_is_no_fault_of_the_harness(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    full = Path("/dev/full")
    with (full if full.exists() else tmp_path / "sink").open("w") as sink:
        done = subprocess.run(
            [RENKEI, *arguments],
            stdout=sink,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            preexec_fn=_no_file_may_grow,  # what a full device is elsewhere
        )
    assert done.returncode == 2
    assert "the output cannot be written" in done.stderr
    assert "report it" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_the_summary_says_from_where_the_time_is_counted(tmp_path: Path) -> None:
    done = typed("sim", "run", str(small(tmp_path)), "--days", "3", "--out", "run", cwd=tmp_path)
    assert "hours from the raised record to the ministry (median)" in done.stdout


def test_a_live_run_says_that_nothing_was_measured_on_its_connection(tmp_path: Path) -> None:
    path = small(tmp_path)
    done = typed("sim", "run", str(path), "--days", "1", "--clock", "live", "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "nothing was measured on it" in done.stdout
    assert "line rate, latency and outages were not applied" in done.stdout


def test_the_help_of_the_demo_says_how_it_ends() -> None:
    assert "path of the report" in " ".join(typed("demo", "--help").stdout.split())
