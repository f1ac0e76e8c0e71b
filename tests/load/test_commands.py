"""`renkei load …`: what its options make of a shape, and what is told of wrong use."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from load import commands, plan, shapes
from load.commands import load_app
from load.shapes import Shape
from sim.base.errors import UsageError


def narrowed(name: str, **options: Any) -> Shape:
    given: dict[str, Any] = {"endpoints": None, "records": None, "lasts": None}
    return commands._narrowed(shapes.load(name), **given | options)


def test_without_options_a_shape_stays_as_it_is() -> None:
    assert narrowed("nightly") == shapes.load("nightly")


def test_fewer_endpoints_are_spread_over_the_country_and_keep_their_share_of_the_nation() -> None:
    arrivals = plan.night(narrowed("nightly", endpoints=30), seed=1).arrivals
    assert len(arrivals) == 30
    assert len({one.prefecture for one in arrivals}) >= 20
    whole = {one.code: one.records for one in plan.night(shapes.load("nightly"), seed=1).arrivals}
    assert all(one.records == whole[one.code] for one in arrivals)


def test_records_are_those_of_who_takes_part_and_the_report_says_so() -> None:
    shape = narrowed("nightly", endpoints=30, records=300)
    assert plan.night(shape, seed=1).records == plan.summary(shape, seed=1).records == 300
    assert any("300 records of those who take part" in one.en for one in plan.assumptions(shape))
    assert plan.night(narrowed("nightly", records=300), seed=1).records == 300


def test_a_giant_takes_part_in_the_smallest_test_of_it() -> None:
    arrivals = plan.night(narrowed("giant-ward", endpoints=3, records=10), seed=1).arrivals
    assert {one.code: one.records >= 30_000 for one in arrivals}["131041"]
    assert (len(arrivals), sum(one.records for one in arrivals)) == (3, 30_010)


@pytest.mark.parametrize(
    ("lasts", "nights"), [("1s", 1), ("2m", 1), ("359s", 2), ("6m", 3), ("2h", 60), ("0", 1)]
)
def test_a_time_is_as_many_whole_nights_as_fit_and_one_at_least(lasts: str, nights: int) -> None:
    assert narrowed("soak", lasts=lasts).window.nights == nights


@pytest.mark.parametrize("lasts", ["", "2", "two", "-1m", "1d", "999999h"])
def test_what_is_no_time_is_told_with_what_is(lasts: str) -> None:
    with pytest.raises(UsageError, match="this is no time") as caught:
        narrowed("soak", lasts=lasts)
    assert "--for" in str(caught.value)
    assert "30s, 5m, 2h" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("postgresql+psycopg://me:se:cret@host/db?x=y", "postgresql+psycopg://me:…@host/db?x=y"),
        ("--database=postgresql+psycopg://me:secret@host/db", "--database=postgresql+psycopg://me:…@host/db"),
        ("postgresql+psycopg://me@/db?host=/run/x", "postgresql+psycopg://me@/db?host=/run/x"),
        ("https://192.0.2.1:8443", "https://192.0.2.1:8443"),
    ],
)
def test_the_command_is_told_without_a_password(given: str, told: str) -> None:
    assert shlex.split(commands._typed(["load", "run", given])) == ["renkei", "load", "run", told]


def test_the_list_tells_every_shape_in_both_languages() -> None:
    told = CliRunner().invoke(load_app, ["list"]).output
    for name in shapes.names():
        assert name in told
        assert shapes.load(name).title_ja in told
        assert shapes.load(name).title_en in told


def test_every_key_of_a_listed_shape_has_a_word_of_explanation_where_it_stands_first() -> None:
    lines = CliRunner().invoke(load_app, ["list", "after-outage"]).output.splitlines()
    unexplained: set[str] = set()
    explained: set[str] = set()
    for before, line in zip(["", *lines], lines, strict=False):
        key, is_key, _ = line.partition(" = ")
        if is_key:
            (explained if before.startswith("# ") else unexplained).add(key)
    # Titles speak for themselves, English stands behind Japanese, and a table's rows are explained once.
    assert unexplained - explained <= {"title_ja", "title_en", "shows_en", "en", "until", "giants", "outages"}
    assert {"among", "late_after_ms", "rates_kbps", "limit", "from"} <= explained


@pytest.mark.parametrize("name", shapes.names())
def test_what_is_listed_of_one_shape_is_a_file_of_the_same_shape(name: str, tmp_path: Path) -> None:
    told = CliRunner().invoke(load_app, ["list", name]).output
    for table in ("[endpoints]", "[records]", "[window]", "[arrivals]", "[lines]", "late_after_ms = "):
        assert table in told
    (tmp_path / "mine.toml").write_text(told, encoding="utf-8")
    assert shapes.load(str(tmp_path / "mine.toml")) == shapes.load(name)


def test_a_shape_that_there_is_not_is_refused_with_the_nearest() -> None:
    caught = CliRunner().invoke(load_app, ["list", "nightley"]).exception
    assert isinstance(caught, UsageError)
    assert "nightly" in str(caught.remedy)


def test_a_master_that_is_no_address_is_refused(tmp_path: Path) -> None:
    for wrong in ("nobody", "host:", ":5557", "host:port"):
        caught = CliRunner().invoke(load_app, ["worker", "--master", wrong, "--payloads", str(tmp_path)])
        assert isinstance(caught.exception, UsageError)
        assert "no address of a master" in str(caught.exception)
