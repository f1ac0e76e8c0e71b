"""`renkei lgwan script`: a scenario's bad days on the line become a script of the live network."""

from __future__ import annotations

import asyncio
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import UsageError
from sim.base.instant import DAY, MINUTE, SECOND
from sim.drivers.live.network import Network, script
from sim.drivers.live.network.script import Script
from sim.drivers.live.network.settings import load
from sim.studies.network_script import days_of, network_script
from sim.studies.scenario import loading
from tests.live.network.helpers import OSAKA, SHINJUKU, calling, echoing, kinds, refused, settings, until
from tests.live.network.test_commands import made, said
from tests.live.network.test_proxy import played

MIHON = "992011"


def scenario_file(folder: Path, text: str, base: str = "outage-day") -> Path:
    """A scenario of one's own that extends another."""
    path = folder / "own.toml"
    path.write_text(f'extends = "{base}"\n{text}', encoding="utf-8")
    return path


def written(folder: Path, name: object, *more: object) -> tuple[Path, str]:
    """The script that the command writes, and what it says."""
    out = folder / "script.toml"
    done = said("script", name, "--out", out, *more)
    assert done.exit_code == 0
    return out, done.stdout


def steps(path: Path) -> list[dict[str, Any]]:
    """The steps of a file, as they stand there."""
    found: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["steps"]
    return found


def outage(name: str, start: str, end: str, more: str = "") -> str:
    """An outage window of a scenario."""
    return f'[[lgwan.outages]]\nja = "障害"\nen = "{name}"\nfrom = {start}\nuntil = {end}\n{more}\n'


# --- wrong use -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("outage-dy",), "did you mean `renkei lgwan script outage-day`"),
        (("nowhere.toml",), "No such file"),
        (("outage-day", "--day", "0"), "from 1s to 24h"),
        (("outage-day", "--day", "999ms"), "from 1s to 24h"),
        (("outage-day", "--day", "25h"), "from 1s to 24h"),
        (("outage-day", "--day", "7"), "from 1s to 24h"),
        (("outage-day", "--day", "-1h"), "from 1s to 24h"),
        (("outage-day", "--from", "2019-05-12"), "within 2019-05-13 to 2019-05-26"),
        (("outage-day", "--to", "2019-05-27"), "within 2019-05-13 to 2019-05-26"),
        (("outage-day", "--from", "2019-05-20", "--to", "2019-05-19"), "in this order"),
        (("outage-day", "--begin", "9999-12-31T23:59"), "before 2049-01-01"),
        (("outage-day", "--begin", "0001-01-01T00:00+23:59"), "from 2012-07-09"),
        (("outage-day", "--network", "nowhere"), "settings cannot be read"),
    ],
)
def test_no_script_is_written_from_wrong_words(tmp_path: Path, arguments: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        said("script", *arguments, "--out", tmp_path / "script.toml")
    assert message in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--from", "--to", "--begin"])
def test_a_day_that_is_none_is_refused(tmp_path: Path, option: str) -> None:
    done = said("script", "outage-day", "--out", tmp_path / "script.toml", option, "2019-02-30")
    assert done.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "script.toml").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="never writes over one"):
        written(tmp_path, "outage-day")
    assert (tmp_path / "script.toml").read_text(encoding="utf-8") == "mine"


def test_an_outage_beyond_what_the_network_counts_is_refused_until_days_are_shorter(tmp_path: Path) -> None:
    late = outage("the summer", "2019-07-01T08:00:00", "2019-07-01T20:00:00")
    own = scenario_file(tmp_path, late, "paper-village")
    with pytest.raises(UsageError, match="farther away") as caught:
        written(tmp_path, own)
    assert "a shorter --day or a later --from" in str(caught.value)
    assert not (tmp_path / "script.toml").exists()
    assert steps(written(tmp_path, own, "--day", "10m")[0])[1]["after"] == "54800s"


def test_a_time_of_day_may_lie_farther_away_but_no_outage_lasts_longer_than_the_network_counts(
    tmp_path: Path,
) -> None:
    late = outage("the summer", "2019-07-01T08:00:00", "2019-07-01T20:00:00")
    path, _ = written(
        tmp_path, scenario_file(tmp_path, late, "paper-village"), "--begin", "2026-04-01T00:00Z"
    )
    assert steps(path)[1]["at"] == datetime.fromisoformat("2026-07-01T08:00:00+00:00")
    ever = outage("for ever", "2019-04-02T08:00:00", "2019-07-01T20:00:00")
    with pytest.raises(UsageError, match="farther away"):
        said(
            *("script", scenario_file(tmp_path, ever, "paper-village"), "--begin", "2026-04-01"),
            *("--out", tmp_path / "other.toml"),
        )


def test_a_line_faster_than_any_live_one_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"steps\.0\.set\.rate") as caught:
        written(tmp_path, scenario_file(tmp_path, "[lgwan]\nrate_kbps = 2_000_000_000\n", "paper-village"))
    assert caught.value.where == "own"


# --- what is not carried over ----------------------------------------------------------------------------
def test_a_scenario_without_a_bad_day_gives_a_script_that_says_so_and_only_has_its_rates(
    tmp_path: Path,
) -> None:
    path, told = written(tmp_path, "paper-village")
    assert "no outage" in told
    assert "# No outage: the scenario plans none" in path.read_text(encoding="utf-8")
    assert steps(path) == [{"after": "0", "set": {"rate": "1500k", "latency": "25ms"}}]
    assert "not carried over: lgwan.sessions: on demand" in told
    assert "not carried over: link.pattern: paper inside 993018" in told


def test_all_that_the_network_cannot_do_is_named_in_the_file_and_by_the_command(tmp_path: Path) -> None:
    path, told = written(tmp_path, "outage-day")
    named = [line for line in told.splitlines() if line.startswith("not carried over: ")]
    text = path.read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if "not carried over" in line] == [f"# {one}" for one in named]
    scenario = loading.load("outage-day")
    for what in (*(f"happenings.{i}," for i in range(len(scenario.happenings))), "bad_batches.0,"):
        assert any(what in one for one in named)
    assert any("lgwan.outages.0.declared" in one and "export-media" in one for one in named)
    assert not any("lgwan.outages.1" in one for one in named)
    assert any("exchange: at 22:00" in one for one in named)


def test_a_change_to_a_line_inside_is_named(tmp_path: Path) -> None:
    _, told = written(tmp_path, "media-city")
    assert "2019-06-24 08:00: the change to a line" in told
    assert "link.pattern: media inside" in told


def test_lines_that_the_network_does_not_list_are_told_and_left_out(tmp_path: Path) -> None:
    folder = made(tmp_path / "lgwan")
    own = scenario_file(tmp_path, "[municipality]\nline = { rate_kbps = 64, latency_ms = 5 }\n")
    path, told = written(tmp_path, own, "--network", folder)
    assert "not carried over: the network has no line of 992011 (Mihon City)" in told
    assert "the network has no line 992011" in told
    assert [set(step) - {"after"} for step in steps(path)] == [{"set"}, {"outage"}]
    assert len(script.load(path, load(folder)).steps) == 2
    path.unlink()
    whole, _ = written(tmp_path, own)
    assert {"line": MIHON, "rate": "64k", "latency": "5ms"} in [step.get("set") for step in steps(whole)]
    with pytest.raises(UsageError, match="no line '992011'"):
        script.load(whole, load(folder))


def test_outages_on_other_days_are_told_and_what_lies_within_the_days_is_played(tmp_path: Path) -> None:
    path, told = written(tmp_path, "outage-day", "--from", "2019-05-21", "--to", "2019-05-21")
    assert "lgwan.outages.1, 2019-05-15 21:50 to 2019-05-15 22:40" in told
    assert "city's access line: on other days" in told
    assert "whole LGWAN: what of it lies on other days" in told
    assert steps(path)[1] == {"after": "0", "outage": {"name": "lgwan.outages.0", "for": "24h"}}
    assert len(steps(path)) == 2


def test_an_outage_that_ends_as_the_days_begin_or_begins_as_they_end_is_on_other_days(tmp_path: Path) -> None:
    touching = outage("before", "2019-05-19T22:00:00", "2019-05-20T00:00:00")
    touching += outage("after", "2019-05-21T00:00:00", "2019-05-21T01:00:00")
    own = scenario_file(tmp_path, f"happenings = []\n{touching}")
    path, told = written(tmp_path, own, "--from", "2019-05-20", "--to", "2019-05-20")
    assert told.count("on other days") == 2
    assert len(steps(path)) == 1


def test_names_cannot_put_anything_into_the_script(tmp_path: Path) -> None:
    place = 'en = "City\\n[[steps]]\\nafter = \\"1s\\"\\nlift = \\"x\\"\\u2028\\u0000"\n'
    bad = outage('\\n[[steps]]\\nlift = \\"x\\"', "2019-05-20T14:00:00", "2019-05-20T15:00:00")
    own = scenario_file(
        tmp_path,
        f"happenings = []\n[municipality]\n{place}line = {{ rate_kbps = 64, latency_ms = 5 }}\n{bad}",
    )
    path, told = written(tmp_path, own, "--network", made(tmp_path / "lgwan"))
    assert len(steps(path)) == 2
    assert "\u2028" not in told and "\0" not in told
    path.unlink()
    path, _ = written(tmp_path, own)
    assert len(steps(path)) == 3


# --- what is ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", loading.names())
def test_every_scenario_that_comes_along_becomes_a_script_the_same_one_each_time(
    tmp_path: Path, name: str
) -> None:
    scenario = loading.load(name)
    path, told = written(tmp_path, name, "--day", "1h")
    network = settings(codes=[place.code for place in scenario.places])
    found = script.load(path, network)
    assert sum(step.outage is not None for step in found.steps) == len(scenario.lgwan.outages)
    first = path.read_bytes()
    path.unlink()
    assert written(tmp_path, name, "--day", "1h") == (path, told)
    assert path.read_bytes() == first


def test_outages_stand_in_the_order_of_their_moments_at_their_scenario_s_hours(tmp_path: Path) -> None:
    path, _ = written(tmp_path, "outage-day", "--begin", "2026-04-01")
    assert steps(path) == [
        {
            "at": datetime.fromisoformat("2026-04-01T00:00:00+09:00"),
            "set": {"rate": "1500k", "latency": "25ms"},
        },
        {
            "at": datetime.fromisoformat("2026-04-03T21:50:00+09:00"),
            "outage": {"name": "lgwan.outages.1", "line": MIHON, "for": "50m"},
        },
        {
            "at": datetime.fromisoformat("2026-04-08T14:00:00+09:00"),
            "outage": {"name": "lgwan.outages.0", "for": "47h"},
        },
    ]


@given(
    start=st.integers(0, 14 * 24 * 60 - 2),
    minutes=st.integers(1, 14 * 24 * 60),
    length=st.integers(SECOND, DAY),
)
def test_a_moment_keeps_its_place_in_the_day_however_long_that_lasts(
    start: int, minutes: int, length: int
) -> None:
    base = loading.load("outage-day")
    midnight = datetime.combine(base.start, datetime.min.time())
    end = min(start + minutes, 14 * 24 * 60)
    window = base.lgwan.outages[0].model_copy(
        update={"from_": midnight + timedelta(minutes=start), "until": midnight + timedelta(minutes=end)}
    )
    scenario = base.model_copy(update={"lgwan": base.lgwan.model_copy(update={"outages": (window,)})})
    text = network_script(scenario, days_of(scenario, length=f"{length}us")).text
    step = Script.model_validate(tomllib.loads(text)).steps[1]
    assert step.outage is not None and step.outage.lasting is not None
    assert step.moment == start * MINUTE * length // DAY
    assert step.moment + step.outage.lasting == end * MINUTE * length // DAY


def test_a_shortened_outage_day_cuts_the_one_line_then_all_and_lets_pass_what_comes_after(
    tmp_path: Path,
) -> None:
    path, _ = written(tmp_path, "outage-day", "--day", "1s", "--from", "2019-05-15", "--to", "2019-05-23")

    async def body() -> None:
        async with echoing() as echo:
            own = settings(echo.port, codes=[MIHON, OSAKA, SHINJUKU])
            async with Network(own, tmp_path) as network:
                playing = asyncio.create_task(script.play(network, script.load(path, own).in_order))
                async with calling(network, OSAKA) as (reader, writer):
                    writer.write(b"before")
                    assert await reader.readexactly(6) == b"before"
                    assert network.line(MIHON).rate == 1_500_000
                    assert network.line(MIHON).latency_ms == 25
                    await until(lambda: network.line(MIHON).outage == "lgwan.outages.0")
                    for code in (MIHON, OSAKA, SHINJUKU):
                        assert await refused(network.address(code))
                    assert network.line(OSAKA).outage == "lgwan.outages.0", "the window is over: too slow"
                    with pytest.raises(ConnectionResetError):
                        await reader.read()
                await until(lambda: not network.line(MIHON).outage)
                async with calling(network, MIHON) as (reader, writer):
                    writer.write(b"after")
                    assert await reader.readexactly(5) == b"after"
                await playing
                assert network.line(MIHON).refused == 1
                assert network.line(OSAKA).cut == 1

    played(body)
    told = [
        (kind, data["terminal"], data["name"]) for kind, data in kinds(tmp_path) if kind.startswith("outage")
    ]
    assert told == [
        ("outage_declared", f"terminal-{MIHON}", "lgwan.outages.1"),
        ("outage_lifted", f"terminal-{MIHON}", "lgwan.outages.1"),
        ("outage_declared", "", "lgwan.outages.0"),
        ("outage_lifted", "", "lgwan.outages.0"),
    ]
