"""A scenario is checked before anything runs, and a wrong one says what would be right."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from sim.base.errors import UsageError
from sim.studies import scenario
from sim.studies.scenario import FOLDER

SHINJUKU = (FOLDER / "shinjuku-2019.toml").read_text(encoding="utf-8")


def changed(tmp_path: Path, old: str, new: str) -> str:
    assert old in SHINJUKU
    path = tmp_path / "mine.toml"
    path.write_text(SHINJUKU.replace(old, new, 1), encoding="utf-8")
    return str(path)


def test_every_scenario_that_comes_along_is_good_and_bears_the_name_of_its_file() -> None:
    assert scenario.names()
    for name in scenario.names():
        assert scenario.load(name).name == name


def test_shinjuku_has_the_residents_of_the_day_that_the_source_names() -> None:
    assert scenario.load("shinjuku-2019").municipality.residents == 42_157  # seed 003, line 161


@pytest.mark.parametrize(
    ("old", "new", "place", "hint"),
    [
        ("days = 30", "day = 30", "day", "days"),
        ("latency_ms", "latenzy_ms", "lgwan.latenzy_ms", "latency_ms"),
        ("until = 2019", "untill = 2019", "lgwan.outages.0.untill", "until"),
        ("from = 2019", "form = 2019", "lgwan.outages.0.form", "from"),
        ("card_absent", "card_apsent", "filing.card_apsent", "card_absent"),
    ],
)
def test_a_wrong_key_names_its_place_and_the_nearest_right_one(
    tmp_path: Path, old: str, new: str, place: str, hint: str
) -> None:
    path = changed(tmp_path, old, new)
    with pytest.raises(UsageError) as raised:
        scenario.load(path)
    text = str(raised.value)
    assert f"unknown key {place!r}" in text
    assert f"did you mean {hint!r}?" in text
    assert path in text


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("days = 30", "days = 0", "days: Input should be greater than or equal to 1"),
        ('code = "131041"', 'code = "131042"', "the check digit should be 1"),
        ('code = "131041"', 'code = "131041\\n"', "municipality.code"),
        ('code = "131041"', 'code = "１３１０４１"', "municipality.code"),
        ("start = 2019-04-01", "start = 2012-07-08", "start"),
        ("card_absent = 0.035", "card_absent = 1.5", "filing.card_absent"),
        ("delay_days = [[0,", "delay_days = [[-1,", "filing.delay_days.0.0"),
        (
            "[[1, 0.35], [3, 0.30], [7, 0.20], [20, 0.15]]",
            "[[1, 0.0]]",
            "back_after_days: at least one weight",
        ),
        ("CHN = 0.34", "chn = 0.34", "population.nationalities"),
        ("opens = 08:30:00", "opens = 18:30:00", "opens must come before closes"),
        ("until = 2019-04-14T03:30:00", "until = 2019-04-13T03:30:00", "from must come before until"),
        ('kind = "truncated"', 'kind = "eaten"', "bad_batches.0.kind"),
        ('name = "shinjuku-2019"', 'name = "Shinjuku 2019"', "name"),
        ("start = 2019-04-01", "start = 2020-04-01", "lgwan.outages.0: 2019-04-13 20:00 lies outside"),
        ("days = 30", "days = 13", "lgwan.outages.0: 2019-04-14 03:30 lies outside"),
        ("at = 2019-04-09T23:10:00", "at = 2019-05-01T00:00:00", "bad_batches.0: 2019-05-01 00:00 lies"),
        ("at = 2019-04-09T23:10:00", "at = 2019-04-09T23:10:00Z", "bad_batches.0.at"),
        ("until = 2019-04-14T03:30:00", "until = 2019-04-14T03:30:00+09:00", "lgwan.outages.0.until"),
        ("at = 22:00:00", 'at = "22:00:00+09:00"', "exchange.at"),
        ("months = [0.9", "months = [inf", "rates.months.0"),
        ("months = [0.9", "months = [nan", "rates.months.0"),
        ("months = [0.9", "months = [100.5", "rates.months.0"),
        ("[[0, 0.22]", "[[0, 1e7]", "filing.delay_days.0.1"),
        ("[[0, 0.22]", "[[0, nan]", "filing.delay_days.0.1"),
        ("start = 2019-04-01", "start = 2048-12-15", "the last day must lie before 2049-01-01"),
        ('address_prefix = "東京都新宿区"', 'address_prefix = "a\\nb"', "municipality.address_prefix"),
        ('"大久保1丁目"', '"大久保\\u00851丁目"', "municipality.towns.0"),
        ('"東京都豊島区東池袋"', f'"{"東" * 61}"', "municipality.elsewhere.0"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(UsageError) as raised:
        scenario.load(changed(tmp_path, old, new))
    assert says in str(raised.value)


def test_a_file_that_is_not_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not TOML") as raised:
        scenario.load(changed(tmp_path, "days = 30", "days ="))
    assert "line" in str(raised.value)


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UsageError) as raised:
        scenario.load("shinjuku-2018")
    assert "did you mean `renkei sim run shinjuku-2019`?" in str(raised.value)


def test_a_longer_run_of_a_scenario_must_end_before_2049() -> None:
    shinjuku = scenario.load("shinjuku-2019")
    assert scenario.lasting(shinjuku, 3660).days == 3660
    late = shinjuku.model_copy(update={"start": date(2048, 12, 1)})
    assert scenario.lasting(late, 31).days == 31
    with pytest.raises(UsageError, match="32 days from 2048-12-01 are too many"):
        scenario.lasting(late, 32)


def test_the_file_of_a_scenario_can_be_shown_and_is_a_scenario() -> None:
    assert scenario.text("shinjuku-2019") == SHINJUKU
    with pytest.raises(UsageError, match="there is no scenario"):
        scenario.text("../scenarios/shinjuku-2019")


def test_titles_name_no_month_and_assumptions_of_the_file_no_figure_of_it() -> None:
    shinjuku = scenario.load("shinjuku-2019")
    assert "月" not in shinjuku.title_ja
    assert "April" not in shinjuku.title_en
    for row in shinjuku.assumptions:
        assert not re.search(r"42,157|%|Mbit", row.ja + row.en)


def test_the_published_schema_is_the_one_that_is_enforced() -> None:
    published = Path(__file__).parents[2] / "docs" / "scenario.schema.json"
    assert json.loads(published.read_text(encoding="utf-8")) == scenario.schema()
