"""Two scenarios side by side: no difference where there is none, a known one with its sign and interval."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import UsageError
from sim.studies.comparison import Comparison, Variant, answering, compared_figure, encode, read, t95
from sim.studies.figures import FIGURES, KeyFigure, figure_of
from sim.studies.replications import compare
from sim.studies.scenario import Scenario, loading

FIGURE = KeyFigure("waiting", "待ち時間", "waiting", "分", "minutes", lambda m: None, 1)
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda number: round(number, 3))


def village(*settings: str) -> Scenario:
    """A small city in which all that the figures count goes fast."""
    settings = ("municipality.residents=400", "rates.moving_in=1.0", "rates.moving_out=1.0", *settings)
    return loading.lasting(loading.changed(loading.load("shinjuku-2019"), settings), 8)


def made(a: Scenario, b: Scenario, **more: Any) -> Comparison:
    asked: dict[str, Any] = {"replications": 2, "seed": 5, "workers": 1, "figure": "", "command": "renkei …"}
    return compare((a, "A"), (b, "B"), **(asked | more))


def of(comparison: Comparison, key: str) -> Any:
    return next(one for one in comparison.figures if one.key == key)


# --- intervals -------------------------------------------------------------------------------------------
def test_a_worked_example_by_hand() -> None:
    """Differences 1, 2, 3: mean 2, standard deviation 1, half width 4.303 / √3."""
    found = compared_figure(FIGURE, [10.0, 10.0, 10.0], [11.0, 12.0, 13.0])
    assert (found.mean_a, found.mean_b, found.difference, found.pairs) == (10, 12, 2, 3)
    assert found.low is not None
    assert found.high is not None
    assert found.low == pytest.approx(2 - 4.303 / math.sqrt(3))
    assert found.high == pytest.approx(2 + 4.303 / math.sqrt(3))
    assert not found.shown  # −0.48 to 4.48 holds zero
    assert compared_figure(FIGURE, [10.0] * 4, [11.0, 12.0, 13.0, 12.0]).shown


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=40))
def test_mean_and_interval_are_those_of_numpy(pairs: list[tuple[float, float]]) -> None:
    a, b = [x for x, _ in pairs], [y for _, y in pairs]
    found = compared_figure(FIGURE, list(a), list(b))
    differences = np.array(b) - np.array(a)
    half = t95(len(pairs) - 1) * differences.std(ddof=1) / math.sqrt(len(pairs))
    assert found.difference == pytest.approx(differences.mean(), abs=1e-6)
    assert found.low == pytest.approx(differences.mean() - half, rel=1e-9, abs=1e-6)
    assert found.high == pytest.approx(differences.mean() + half, rel=1e-9, abs=1e-6)


def test_the_quantiles_fall_from_the_first_to_that_of_the_normal_distribution() -> None:
    """Tabulated values: 12.706 for one degree of freedom, 2.262 for nine, 2.045 for 29, 1.984 for 99."""
    values = [t95(degrees) for degrees in range(1, 1200)]
    assert values == sorted(values, reverse=True)
    assert (t95(1), t95(9), t95(29)) == (12.706, 2.262, 2.045)
    assert t95(99) >= 1.984  # between two rows of the table the wider interval is given
    assert t95(999) >= 1.962
    assert t95(1_000_000) == 1.960


def test_one_pair_gives_a_difference_and_no_interval() -> None:
    found = compared_figure(FIGURE, [3.0], [5.0])
    assert (found.difference, found.low, found.high, found.shown) == (2, None, None, False)


def test_a_replication_without_the_figure_on_one_side_is_no_pair() -> None:
    found = compared_figure(FIGURE, [1.0, None, 3.0], [2.0, 9.0, None])
    assert (found.pairs, found.difference, found.mean_a, found.mean_b) == (1, 1, 1, 2)
    assert not compared_figure(FIGURE, [1.0, None], [1.0, 7.0]).same
    nothing = compared_figure(FIGURE, [None, None], [1.0, None])
    assert (nothing.pairs, nothing.difference, nothing.same) == (0, None, False)


def test_a_constant_difference_is_shown_with_an_interval_of_no_width() -> None:
    found = compared_figure(FIGURE, [4.0, 6.0], [1.0, 3.0])
    assert (found.low, found.difference, found.high) == (-3, -3, -3)
    assert found.shown


# --- what answers ----------------------------------------------------------------------------------------
def sides(asked: str, *figures: Any) -> Comparison:
    variant = Variant("x", "題", "title", "x", "2019-04-01", 8, 400)
    return Comparison(1, variant, variant, (1, 2, 3), "renkei …", "0", asked, figures)


def test_the_figure_that_was_asked_for_answers_else_the_one_that_changed_most_for_its_size() -> None:
    little = compared_figure(figure_of("bytes"), [100.0, 100.0, 100.0], [101.0, 101.0, 101.0])
    much = compared_figure(figure_of("stale_copies"), [20.0, 24.0, 22.0], [1.0, 0.0, 2.0])
    noise = compared_figure(figure_of("late_share"), [1.0, 9.0, 1.0], [9.0, 1.0, 2.0])
    for figures in ((little, much, noise), (noise, much, little)):
        found = answering(sides("", *figures))
        assert found is not None
        assert found.key == "stale_copies"
    found = answering(sides("bytes", little, much, noise))
    assert found is not None
    assert found.key == "bytes"
    assert answering(sides("waiting", little)) is None
    assert answering(sides("")) is None


# --- runs ------------------------------------------------------------------------------------------------
def test_a_against_itself_gives_differences_of_exactly_zero() -> None:
    """Every run makes keys of its own, and still not one figure differs."""
    found = made(village(), village())
    assert len(found.figures) > 10
    for one in found.figures:
        assert one.difference == 0
        assert one.same
        assert (one.low, one.high) in ((0, 0), (None, None))
        assert not one.shown
    assert of(found, "filings").mean_a > 10


def test_the_number_of_workers_changes_no_byte() -> None:
    a, b = village(), village("exchange.at=12:00:00")
    alone, together = (encode(made(a, b, workers=workers)) for workers in (1, 2))
    assert alone == together


def test_a_known_shift_is_found_with_the_right_sign() -> None:
    """Sent as it happens instead of at night, everything arrives within the hour."""
    at_once = village("exchange.per_event=true", "lgwan.outages=[]")
    nightly = village("lgwan.outages=[]")
    found = made(nightly, at_once, replications=3, figure="raised_to_agency_mean")
    one = of(found, "raised_to_agency_mean")
    assert one.shown
    assert one.mean_a > 5
    assert one.mean_b < 1
    assert one.high < -4
    back = of(made(at_once, nightly, replications=3), "raised_to_agency_mean")
    assert back.difference == pytest.approx(-one.difference)
    assert (back.low, back.high) == (pytest.approx(-one.high), pytest.approx(-one.low))
    assert of(found, "filings").same  # the same people file on the same days in both


def test_figures_that_the_city_has_beside_its_exchange_are_compared_too() -> None:
    """What happens on no side at all is zero, so that a variant in which it happens differs from it."""
    line = loading.lasting(loading.changed(loading.load("media-city"), ["municipality.residents=2500"]), 8)
    media = made(loading.changed(line, ["happenings=[]", 'municipality.link={ pattern = "line" }']), line)
    steps = of(media, "manual_steps")
    assert steps.mean_a == 0
    assert steps.difference > 50
    keys = {one.key for one in media.figures}
    assert keys >= {"false_candidates", "keying_errors", "over_90"}
    assert "waiting" not in keys  # no office is described on either side, so nobody's wait is modelled
    assert any("媒体" in one["ja"] for one in media.other_assumptions)
    assert not any("媒体" in one["ja"] for one in media.assumptions)


def test_every_key_figure_has_a_key_of_its_own_and_both_languages() -> None:
    keys = [figure.key for figure in FIGURES]
    assert len(set(keys)) == len(keys)
    for figure in FIGURES:
        assert figure.ja
        assert figure.en
        assert figure.unit_ja
        assert figure.unit_en


# --- the file --------------------------------------------------------------------------------------------
def test_a_comparison_comes_back_as_it_was_written(tmp_path: Path) -> None:
    found = sides("bytes", compared_figure(figure_of("bytes"), [1.0, None], [2.5, 3.0]))
    path = tmp_path / "comparison.json"
    path.write_bytes(encode(found))
    assert read(path) == found
    assert encode(read(path)) == path.read_bytes()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read"),
        (b"{", "this is no comparison"),
        (b'{"v": 1}', "this is no comparison"),
        (encode(sides("")).replace(b'"v": 1', b'"v": 99'), "of another version"),
    ],
)
def test_what_is_no_comparison_is_refused(tmp_path: Path, content: bytes | None, says: str) -> None:
    path = tmp_path / "comparison.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=says):
        read(path)


# --- the command -----------------------------------------------------------------------------------------
def asked(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("renkei")), "sim", "compare", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("shinjuku-2019", "shinjuku-2018"), "there is no scenario 'shinjuku-2018'"),
        (("shinjuku-2019", "shinjuku-2019", "--figure", "byte"), "did you mean 'bytes'?"),
        (("shinjuku-2019", "shinjuku-2019", "--set", "exchange.at"), "this sets nothing"),
        (("shinjuku-2019", "shinjuku-2019", "--set", "exchange.att=12:00:00"), "did you mean 'at'?"),
        (
            ("cutover-2019", "renewal-then-copy", "--days", "3660", "--set", "start=2047-01-01"),
            "are too many",
        ),
    ],
)
def test_wrong_input_is_refused_before_anything_runs(
    tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    done = asked(*arguments, "--replications", "1", "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert says in done.stderr
    assert not (tmp_path / "out" / "comparison.json").exists()


def test_the_command_writes_both_files_and_answers_in_both_languages(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    text = (loading.FOLDER / "shinjuku-2019.toml").read_text(encoding="utf-8")
    mine.write_text(text.replace("residents = 42157", "residents = 300"), encoding="utf-8")
    folder = tmp_path / "it is here"
    arguments = (str(mine), str(mine), "--days", "12", "--replications", "2", "--workers", "1", "--seed", "3")
    done = asked(*arguments, "--set", "exchange.at=12:00:00", "--out", str(folder))
    assert done.returncode == 0, done.stderr
    assert "Bでは" in done.stdout
    assert "with B than with A" in done.stdout
    found = read(folder / "comparison.json")
    assert found.seeds == (3, 4)
    assert found.b.asked == f"{mine} exchange.at=12:00:00"
    assert "--set exchange.at=12:00:00" in found.command
    assert found.b.asked in (folder / "comparison.html").read_text(encoding="utf-8")
    again = asked(*arguments, "--set", "exchange.at=12:00:00", "--out", str(folder), "--json")
    told = json.loads(again.stdout)
    assert told["seeds"] == [3, 4]
    assert "Bでは" in told["answer"]["ja"]["sentence"]
    assert told["answer"]["en"]["sentence"] in done.stdout
    assert "not played in A 1 planned after the last day: planned maintenance" in done.stdout
    assert again.stdout.encode() == (folder / "comparison.json").read_bytes()
