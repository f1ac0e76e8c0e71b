"""Shapes: what a file may say, what it is told when it is wrong, and what those that come along promise."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load import plan, shapes
from load.results import Threshold
from sim.base.errors import UsageError

COMING_ALONG = ["after-outage", "giant-ward", "march-peak", "nightly", "slow-lines", "soak"]
SMALLEST = """
name = "mine"
title_ja = "私の"
title_en = "Mine"
shows_ja = "何か"
shows_en = "something"
"""


def written(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(SMALLEST + text, encoding="utf-8")
    return str(path)


def test_an_unknown_name_is_told_the_nearest_known_one() -> None:
    with pytest.raises(UsageError, match="no load test 'nighty'") as caught:
        shapes.load("nighty")
    assert "did you mean `renkei load run nightly`?" in str(caught.value)


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the load test cannot be read"):
        shapes.load(str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[recrods]\ntotal = 5", "did you mean 'records'?"),
        ("[records]\ntotle = 5", "did you mean 'total'?"),
        ("[records]\ntotal = -1", "records.total"),
        ("[records]\ngiants = [{ code = '131042', records = 5 }]", "check digit"),
        ("[endpoints]\nonly = ['131041', '131041']", "listed twice"),
        ("[endpoints]\nonly = ['13104']", "endpoints.only"),
        ("[window]\nbegins = 08:30:00\nopens = 08:30:00", "begins and ends at the same time"),
        ("[window]\nfactor = 0.5", "window.factor"),
        ("[arrivals]\nlast = 08:20:00\njitter = 900", "inside the window"),
        ("[arrivals]\nlast = 12:00:00", "inside the window"),
        (
            "[window]\nbegins = 07:00:00\n[arrivals]\nspread = 'at_once'\njitter = 7200",
            "no longer than the window",
        ),
        ("[arrivals]\nspread = 'sometimes'", "arrivals.spread"),
        ("[lines]\nrates_kbps = [64, 32]", "rates rise"),
        (
            "[[lines.outages]]\nja = 'x'\nen = 'x'\nfrom = 23:00:00\nuntil = 22:30:00",
            "an outage lies inside the window",
        ),
        ("[[thresholds]]\nid = 'a'\nkind = 'lots'\nlimit = 0", "thresholds.0.kind"),
        ("[[thresholds]]\nid = 'a'\nkind = 'percentile'\nlimit = 0", "phase and percentile belong"),
        (
            "[[thresholds]]\nid = 'a'\nkind = 'lost'\nphase = 'upload'\npercentile = 99\nlimit = 0",
            "belong to",
        ),
        (
            "[[thresholds]]\nid = 'a'\nkind = 'lost'\nlimit = 0\n"
            "[[thresholds]]\nid = 'a'\nkind = 'doubled'\nlimit = 0",
            "the same id",
        ),
    ],
)
def test_a_file_that_is_wrong_is_told_where_and_what(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        shapes.load(written(tmp_path, text))
    assert told in str(caught.value)


def test_a_file_with_nothing_but_words_is_the_ordinary_night(tmp_path: Path) -> None:
    shape = shapes.load(written(tmp_path, ""))
    assert shape.records.total == 8_000
    assert shape.window.length == 10.5 * 3_600
    assert shape.window.lasts == 37_800_000_000
    assert shape.limits == ()


def test_a_change_is_checked_like_a_file() -> None:
    nightly = shapes.load("nightly")
    assert shapes.changed(nightly, records={"total": 5}).records.total == 5
    assert shapes.changed(nightly, records={"total": 5}).window == nightly.window
    with pytest.raises(UsageError, match=r"records\.totel"):
        shapes.changed(nightly, records={"totel": 5})


@given(st.sampled_from(COMING_ALONG))
def test_the_fingerprint_is_that_of_all_that_the_shape_says(name: str) -> None:
    shape = shapes.load(name)
    assert shape.fingerprint == shapes.load(name).fingerprint
    assert shapes.changed(shape, lines={"latency_ms": 26}).fingerprint != shape.fingerprint


# --- those that come along -------------------------------------------------------------------------
def test_the_shapes_that_come_along_are_those_that_are_documented() -> None:
    assert shapes.names() == COMING_ALONG


@pytest.mark.parametrize("name", COMING_ALONG)
def test_every_shape_asks_for_nothing_lost_nothing_doubled_and_a_sound_generator(name: str) -> None:
    shape = shapes.load(name)
    asked = {limit.kind: limit.limit for limit in shape.limits}
    assert shape.name == name
    assert (asked["lost"], asked["doubled"], asked["rest"], asked["dropped"]) == (0, 0, 0, 0)
    assert {"late_share", "generator_cpu", "generator_lag"} <= set(asked)
    assert "S1-004" in shape.answers


def test_the_ordinary_night_is_all_1892_with_8000_records_in_the_night_of_ten_and_a_half_hours() -> None:
    night = plan.night(shapes.load("nightly"), seed=1)
    assert (len(night.arrivals), night.records) == (1_892, 8_000)
    assert night.lasts * shapes.load("nightly").window.factor == 37_800_000_000


def test_the_peak_is_ten_times_the_ordinary_night_and_nothing_else() -> None:
    nightly, peak = shapes.load("nightly"), shapes.load("march-peak")
    assert plan.night(peak, seed=1).records == 10 * plan.night(nightly, seed=1).records
    assert (peak.lines, peak.arrivals) == (nightly.lines, nightly.arrivals)
    # Of the same night; only the run takes longer.
    assert peak.window == nightly.window.model_copy(update={"factor": peak.window.factor})


def test_the_morning_after_an_outage_finds_everybody_waiting_for_its_declared_end() -> None:
    night = plan.night(shapes.load("after-outage"), seed=1)
    (cut,) = night.cuts
    assert cut.declared
    assert max(arrival.intended for arrival in night.arrivals) < cut.end < night.lasts / 2


def test_the_giant_has_tens_of_thousands_of_its_own_and_the_others_their_ordinary_night() -> None:
    ordinary = {one.code: one.records for one in plan.night(shapes.load("nightly"), seed=1).arrivals}
    giant = {one.code: one.records for one in plan.night(shapes.load("giant-ward"), seed=1).arrivals}
    assert {code: giant[code] - ordinary[code] for code in giant if giant[code] != ordinary[code]} == {
        "131041": 30_000
    }


def test_slow_lines_tries_several_rates_on_the_largest_of_each_size() -> None:
    shape = shapes.load("slow-lines")
    assert len(shape.lines.rates_kbps) >= 4
    arrivals = plan.night(shape, seed=1).arrivals
    assert len(arrivals) == 160
    everybody = plan.night(shapes.load("nightly"), seed=1).arrivals
    for size in ("largest", "large", "middle", "small"):
        tried = sorted(one.residents for one in arrivals if one.size_class == size)
        known = sorted(one.residents for one in everybody if one.size_class == size)
        assert tried == known[-40:]


def test_the_soak_runs_for_hours() -> None:
    window = shapes.load("soak").window
    assert window.nights * window.lasts >= 2 * 3_600 * 1_000_000


def test_a_limit_of_a_file_is_a_threshold_of_the_results() -> None:
    limits = {limit.id: limit for limit in shapes.load("nightly").limits}
    assert limits["upload-p99"] == Threshold(
        id="upload-p99",
        kind="percentile",
        limit=2_000_000,
        requirement="S1-004",
        phase="upload",
        percentile=99,
        corrected=True,
    )
