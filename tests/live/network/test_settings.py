"""`lgwan.toml`, the table of codes, scripts: what is wrong is said with its place and the right word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sim.base.errors import UsageError
from sim.drivers.live.network import Network, script
from sim.drivers.live.network.folder import make
from sim.drivers.live.network.settings import FILE, Quality, load, loopback_address, place_of, read_codes
from tests.live.network.helpers import OSAKA, SAPPORO, SHINJUKU, kinds, settings
from tests.live.network.test_proxy import played

MINISTRY = 'ministry = "127.0.0.1:8443"\n'


def loaded(folder: Path, text: str) -> Any:
    (folder / FILE).write_text(text, encoding="utf-8")
    return load(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "ministry: Field required"),
        ('ministry = "127.0.0.1"', "HOST:PORT"),
        ('ministry = "127.0.0.1:0"', "HOST:PORT"),
        (MINISTRY + "defualts = 1", "did you mean 'defaults'"),
        (MINISTRY + '[defaults]\nlatencty = "1s"', "did you mean 'latency'"),
        (MINISTRY + "[defaults]\nlatency = 40", "with its unit"),
        (MINISTRY + '[defaults]\nrate = "fast"', "64k, 1.5M"),
        (MINISTRY + "[defaults]\nrate = true", "64k, 1.5M"),
        (MINISTRY + "[defaults]\nloss = 1.0", "less than 1"),
        (MINISTRY + "[defaults]\nloss = nan", "finite"),
        (MINISTRY + 'codes = ["131042"]', "five digits and a check digit"),
        (MINISTRY + 'listen = "everywhere"', "IPv4 or IPv6 address"),
        (MINISTRY + "[[lines]]\ncode = '131041'\nat = 'here'", "HOST:PORT"),
        (MINISTRY + "[[lines]]\ncode = '131041'\nsources = ['10.0.0.1/8']", "host bits"),
        (MINISTRY + "[[lines]]\ncode = '131041'\n[[lines]]\ncode = '131041'", "131041 stands there twice"),
        (MINISTRY + "[capture]\nlargest = '1KiB'", "greater than or equal to 65536"),
        (MINISTRY + "[[outages]]\nstart = 2026-04-01T00:00:00\nend = 2026-04-02T00:00:00", "timezone"),
        (
            MINISTRY + "[[outages]]\nstart = 2026-04-02T00:00:00Z\nend = 2026-04-01T00:00:00Z",
            "after its start",
        ),
        ("ministry = [", "not TOML"),
    ],
)
def test_wrong_settings_are_refused_and_say_what_was_expected(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        loaded(tmp_path, text)
    assert message in str(caught.value)
    assert FILE in str(caught.value)


def test_settings_that_are_missing_say_how_to_make_some(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="renkei lgwan init"):
        load(tmp_path)


@pytest.mark.parametrize("row", ["131042", "一三一〇四一", "131041\n131041,twice", "x,y"])
def test_a_row_without_a_code_of_its_own_is_refused_with_its_number(tmp_path: Path, row: str) -> None:
    path = tmp_path / "codes.csv"
    path.write_text(f"# remark\ncode,name\n271004,大阪市\n{row}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"row [45]"):
        read_codes(path)


def test_the_table_of_codes_lists_lines_and_names_them(tmp_path: Path) -> None:
    (tmp_path / "all.csv").write_text("code,name\n131041,新宿区\n271004\n", encoding="utf-8")
    text = (
        MINISTRY + 'codes_file = "all.csv"\n[defaults]\nrate = "1M"\n[[lines]]\ncode = "011002"\nrate = "64k"'
    )
    found = loaded(tmp_path, text)
    assert list(found.listed) == [SAPPORO, SHINJUKU, OSAKA]
    assert found.names == {SHINJUKU: "新宿区", OSAKA: ""}
    assert found.listed[SAPPORO].applied(found.defaults) == Quality.model_validate({"rate": "64k"})
    assert found.listed[OSAKA].applied(found.defaults).rate == 1_000_000


def test_each_code_has_an_address_of_its_own_on_loopback() -> None:
    assert loopback_address(SHINJUKU) == "127.13.1.4"
    assert loopback_address(OSAKA) == "127.27.1.0"
    fives = [f"{prefecture:02d}{number:03d}" for prefecture in range(1, 48) for number in range(100, 800)]
    assert len({loopback_address(five + "0") for five in fives}) == len(fives)
    assert place_of("[::1]:443") == ("::1", 443)


def test_a_new_folder_has_settings_that_can_be_read_and_nobody_s_are_overwritten(tmp_path: Path) -> None:
    quality = Quality.model_validate({"rate": "1.5M", "latency": "20ms", "loss": 0.01})
    names = {SHINJUKU: 'a "name", with signs', OSAKA: ""}
    make(tmp_path / "lgwan", "192.0.2.1:8443", names, quality, 9443)
    found = load(tmp_path / "lgwan")
    assert (found.defaults, found.names, found.port) == (quality, names, 9443)
    token = tmp_path / "lgwan" / "keys" / "control.token"
    assert token.stat().st_mode & 0o777 == 0o600
    assert token.parent.stat().st_mode & 0o777 == 0o700
    with pytest.raises(UsageError, match="already"):
        make(tmp_path / "lgwan", "192.0.2.1:8443", names, quality, 9443)


# --- scripts -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("step", "message"),
    [
        ('after = "1s"', "one of set, outage and lift"),
        ('after = "1s"\nlift = "x"\nset = {rate = "64k"}', "one of set, outage and lift"),
        ('after = "soon"\nset = {rate = "64k"}', "30s"),
        ('after = "1s"\nset = {line = "131041"}', "nothing is to change"),
        ('after = "1s"\nset = {line = "131041", rat = "64k"}', "did you mean 'rate'"),
        ('after = "1s"\nset = {line = "011002", rate = "64k"}', "no line '011002'"),
        ('after = "1s"\noutage = {name = "cable", line = "011002"}', "no line '011002'"),
        ('after = "1s"\nlift = "cable"', "lifts what has not begun"),
        ('set = {rate = "64k"}', "one of after and at"),
        ('after = "1s"\nat = 2026-04-01T22:00:00+09:00\nset = {rate = "64k"}', "one of after and at"),
        ('at = 2026-04-01T22:00:00\nset = {rate = "64k"}', "timezone"),
        ('after = "1s"\nlift = "x"\n[[steps]]\nat = 2026-04-01T22:00:00Z\nlift = "x"', "all of them have at"),
        (
            'after = "1s"\noutage = {name = "cable", for = "2s"}\n'
            '[[steps]]\nafter = "3s"\noutage = {name = "cable"}',
            "step 2 begins an outage that is on already",
        ),
    ],
)
def test_a_wrong_script_is_refused_before_anything_starts(tmp_path: Path, step: str, message: str) -> None:
    path = tmp_path / "script.toml"
    path.write_text(f"[[steps]]\n{step}\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        script.load(path, settings())
    assert message in str(caught.value)


def test_a_script_may_begin_an_outage_again_once_it_is_over_or_lifted_or_on_another_line(
    tmp_path: Path,
) -> None:
    path = tmp_path / "script.toml"
    steps = (
        '"1s"\noutage = {name = "cable", for = "2s"}',
        '"2s"\noutage = {name = "cable", line = "271004"}',
        '"4s"\noutage = {name = "cable"}',
        '"5s"\nlift = "cable"',
        '"6s"\noutage = {name = "cable", line = "271004"}',
    )
    path.write_text("".join(f"[[steps]]\nafter = {step}\n" for step in steps), encoding="utf-8")
    assert len(script.load(path, settings()).steps) == len(steps)


def test_a_step_whose_outage_was_declared_by_hand_is_left_out_and_the_next_one_comes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "script.toml"
    path.write_text(
        '[[steps]]\nafter = "0"\noutage = {name = "cable"}\n[[steps]]\nafter = "1ms"\nset = {rate = "64k"}\n',
        encoding="utf-8",
    )
    one = script.load(path, settings())

    async def body() -> None:
        async with Network(settings()) as network:
            network.declare("cable")
            await script.play(network, one.in_order)
            assert len(network.outages()) == 1
            assert network.line(OSAKA).rate == 64_000

    played(body)
    assert "a step of the script is left out: there is an outage 'cable' already" in capsys.readouterr().err


def test_a_script_is_played_in_the_order_of_its_moments(tmp_path: Path) -> None:
    path = tmp_path / "script.toml"
    path.write_text(
        """
        [[steps]]
        after = "80ms"
        lift = "cable"
        [[steps]]
        after = "20ms"
        set = {rate = "64k"}
        [[steps]]
        after = "20ms"
        set = {line = "131041", rate = "128k", latency = "5ms"}
        [[steps]]
        after = "40ms"
        outage = {name = "cable", line = "271004"}
        """,
        encoding="utf-8",
    )
    one = script.load(path, settings())

    async def body() -> None:
        async with Network(settings(), tmp_path) as network:
            await script.play(network, one.in_order)
            assert network.line(SHINJUKU).rate == 128_000
            assert network.line(SHINJUKU).latency_ms == 5
            assert network.line(OSAKA).rate == 64_000
            assert network.line(OSAKA).outage == ""

    played(body)
    happened = [kind for kind, _ in kinds(tmp_path)]
    assert happened[1:-1] == ["line_changed", "line_changed", "outage_declared", "outage_lifted"]


def test_of_a_script_by_the_time_of_day_all_that_still_holds_is_done_when_a_network_starts_late(
    tmp_path: Path,
) -> None:
    now = datetime.now(UTC)
    path = tmp_path / "script.toml"
    path.write_text(
        f"""
        [[steps]]
        at = {(now - timedelta(minutes=20)).isoformat()}
        outage = {{name = "rest", line = "271004", for = "1h"}}
        [[steps]]
        at = {(now - timedelta(minutes=30)).isoformat()}
        set = {{rate = "64k"}}
        [[steps]]
        at = {(now - timedelta(minutes=20)).isoformat()}
        outage = {{name = "over", line = "131041", for = "10m"}}
        [[steps]]
        at = {(now - timedelta(minutes=10)).isoformat()}
        set = {{rate = "128k"}}
        [[steps]]
        at = {(now + timedelta(milliseconds=50)).isoformat()}
        outage = {{name = "open", line = "131041"}}
        """,
        encoding="utf-8",
    )
    one = script.load(path, settings())

    async def body() -> None:
        async with Network(settings(), tmp_path) as network:
            await script.play(network, one.in_order)
            assert datetime.now(UTC) >= now + timedelta(milliseconds=50)
            assert network.line(SHINJUKU).rate == 128_000
            running = {outage.name: outage for outage in network.status().outages}
            assert set(running) == {"rest", "open"}
            ends = datetime.fromisoformat(running["rest"].end or "")
            assert abs(ends - (now + timedelta(minutes=40))) < timedelta(minutes=5)
            assert running["open"].end is None

    played(body)
    assert [data["name"] for kind, data in kinds(tmp_path) if kind == "outage_declared"] == ["rest", "open"]
