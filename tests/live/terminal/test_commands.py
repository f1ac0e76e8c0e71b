"""`renkei terminal …` as an operator types it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sim.base.errors import UsageError
from sim.commands.terminal import terminal_app
from sim.drivers.live.clock import WallClock
from sim.drivers.live.terminal import settings
from sim.exchange import batch as batches
from sim.exchange.batch import UP, Header
from tests.live.terminal.rig import (
    CODE,
    PIN,
    PROFILE,
    Kits,
    Ministry,
    kit_settings,
    make_kits,
    notice,
    serving,
    wait_for,
)
from tests.live.terminal.test_station import all_told, running, system_of


@pytest.fixture(scope="module")
def kits(tmp_path_factory: pytest.TempPathFactory) -> Kits:
    return make_kits(tmp_path_factory.mktemp("kits"))


@pytest.fixture
def url(kits: Kits) -> Iterator[str]:
    with serving(Ministry(kits), kits) as address:
        yield address


def typed(*words: object, stdin: str = "") -> tuple[int, str]:
    """Exit code and output of one command."""
    result = CliRunner().invoke(terminal_app, [str(word) for word in words], input=stdin)
    if isinstance(result.exception, UsageError):
        raise result.exception
    return result.exit_code, result.output


def test_a_day_at_the_console(kits: Kits, url: str, tmp_path: Path) -> None:
    (kits.kit / settings.SETTINGS).write_text(kit_settings(url))
    folder = tmp_path / "t"
    people = ("--administrator", "chief", "--operator", "clerk")
    code, told = typed("init", folder, "--kit", kits.kit, *people, stdin=f"{PIN}\n{PIN}\n")
    assert code == 0, told
    assert PIN not in told
    assert PIN not in (folder / settings.SETTINGS).read_text()
    place = settings.read(folder)
    system = system_of(place)
    with running(place):
        assert typed("log-on", folder, "--operator", "clerk", stdin="1111\n")[0] == 1
        code, told = typed("log-on", folder, "--operator", "clerk", stdin=f"{PIN}\n")
        assert code == 0
        assert PIN not in told
        assert "logged on      clerk" in typed("status", folder)[1]
        assert "queue: 0" in typed("view", folder, "queue")[1]
        assert typed("send", folder) == (1, "send refused: no_session\n")
        system.drop(1, notice(1))
        wait_for(lambda: all_told(system, 1))
        typed("log-on", folder, "--operator", "chief", stdin=f"{PIN}\n")
        log = tmp_path / "log.ndjson"
        assert typed("export-log", folder, "--out", log, "--medium", "M1")[0] == 0
        assert typed("check-log", log)[0] == 0
        status = json.loads(typed("status", folder, "--json")[1])
        assert status["code"] == CODE
        assert status["connected"] is True
        assert status["last_exchange"]
    raw = log.read_bytes()
    log.write_bytes(raw.replace(b"log_on", b"log_in", 1))
    assert typed("check-log", log)[0] == 1


def test_a_terminal_that_does_not_run_is_told_how_to_start_it(kits: Kits, url: str, tmp_path: Path) -> None:
    (kits.kit / settings.SETTINGS).write_text(kit_settings(url))
    settings.make(tmp_path / "t", kits.kit)
    with pytest.raises(UsageError, match="does not run"):
        typed("status", tmp_path / "t")


def test_a_pin_in_a_wrong_form_is_refused_and_not_shown(kits: Kits, tmp_path: Path) -> None:
    (kits.kit / settings.SETTINGS).write_text(kit_settings("https://127.0.0.1:1"))
    with pytest.raises(UsageError) as error:
        typed("init", tmp_path / "t", "--kit", kits.kit, "--operator", "clerk", stdin="99x\n")
    assert "99x" not in str(error.value)
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize(
    ("settings_of", "said"),
    [
        (kit_settings("http://127.0.0.1:1"), "server.url"),
        (kit_settings("https://x:1").replace(CODE, "131042"), "check digit"),
        (kit_settings("https://x:1", "[console]\nports = 1\n"), "did you mean 'port'"),
        (kit_settings("https://x:1").replace("22:00:00", ""), "schedule.times"),
        ("code = ", "not TOML"),
    ],
)
def test_wrong_settings_are_refused_with_their_key(
    settings_of: str, said: str, kits: Kits, tmp_path: Path
) -> None:
    (kits.kit / settings.SETTINGS).write_text(settings_of)
    with pytest.raises(UsageError, match=said):
        typed("init", tmp_path / "t", "--kit", kits.kit)


def test_a_folder_is_never_written_over(kits: Kits, tmp_path: Path) -> None:
    (kits.kit / settings.SETTINGS).write_text(kit_settings("https://127.0.0.1:1"))
    settings.make(tmp_path / "t", kits.kit)
    before = (tmp_path / "t" / "keys" / settings.PLACE_KEY).read_bytes()
    with pytest.raises(UsageError, match="not empty"):
        typed("init", tmp_path / "t", "--kit", kits.kit)
    assert (tmp_path / "t" / "keys" / settings.PLACE_KEY).read_bytes() == before


def test_a_pin_comes_from_standard_input_when_nobody_sits_there(monkeypatch: pytest.MonkeyPatch) -> None:
    from sim.commands import terminal

    monkeypatch.setattr("sys.stdin", io.StringIO("2468\r\n"))
    assert terminal._pin("PIN") == "2468"


def test_plain_batches_are_laid_in_and_what_came_down_is_taken_out(
    kits: Kits, url: str, tmp_path: Path
) -> None:
    (kits.kit / settings.SETTINGS).write_text(kit_settings(url))
    folder, plain, answers = tmp_path / "t", tmp_path / "batch.csv", tmp_path / "answers"
    typed("init", folder, "--kit", kits.kit)
    header = Header(PROFILE.name, CODE, PROFILE.agency, "01", UP, 1, WallClock().now, 1)
    plain.write_bytes(batches.encode(header, (notice(1),), PROFILE))
    place = settings.read(folder)
    assert typed("put", folder, plain) == (0, f"{CODE}-ISA-01-00000001.csv.box\n")
    with running(place):
        wait_for(lambda: any((place.exchange / "result").iterdir()))
    code, told = typed("take", folder, "--out", answers)
    assert (code, told) == (0, f"result/ISA-{CODE}-01-00000001.csv\n")
    assert ",accepted" in (answers / f"ISA-{CODE}-01-00000001.csv").read_text(encoding="utf-8")
    assert not any((place.exchange / "result").iterdir())


def test_what_is_no_batch_is_not_laid_in(kits: Kits, tmp_path: Path) -> None:
    folder, plain = tmp_path / "t", tmp_path / "batch.csv"
    typed("init", folder, "--kit", kits.kit)
    plain.write_bytes(b"H,nothing\r\n")
    with pytest.raises(UsageError, match="holds no batch"):
        typed("put", folder, plain)


def test_a_terminal_that_remembers_nothing_closes_its_line_where_there_is_a_past(
    kits: Kits, url: str, tmp_path: Path
) -> None:
    (kits.kit / settings.SETTINGS).write_text(kit_settings(url))
    first, second = tmp_path / "first", tmp_path / "second"
    typed("init", first, "--kit", kits.kit)
    place = settings.read(first)
    system = system_of(place)
    with running(place):
        system.drop(1, notice(1))
        wait_for(lambda: all_told(system, 1))
    with running(place) as station:  # it remembers
        wait_for(lambda: station.line.connected)
    typed("init", second, "--kit", kits.kit)
    with running(settings.read(second)) as station:
        wait_for(lambda: station.line.closed_by is not None)
        assert station.line.closed_by is not None
        assert station.line.closed_by.code == "NOT_THE_FIRST"
        assert "terminal replace" in str(station.line.closed_by)
