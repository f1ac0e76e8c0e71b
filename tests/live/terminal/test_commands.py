"""`renkei terminal …` as an operator types it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sim.base.errors import UsageError
from sim.commands.terminal import terminal_app
from sim.drivers.live.clock import WallClock
from sim.drivers.live.terminal import settings
from sim.drivers.live.terminal.editing import BESIDES
from sim.drivers.live.terminal.people import operator_of
from sim.drivers.live.terminal.tables import OperatorTable
from sim.drivers.topology import MINISTRY
from sim.exchange import batch as batches
from sim.exchange.batch import UP, Header
from sim.exchange.folders import public_test_file
from sim.nodes.messages.network import Arrival, Carry
from sim.nodes.terminal import hashed
from sim.nodes.terminal.operators import fits
from tests.live.terminal.rig import (
    CODE,
    PIN,
    PROFILE,
    TERMINAL,
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
        told = "nobody is logged on: `renkei terminal log-on` comes before each job"
        assert typed("send", folder) == (1, f"send refused: no_session: {told}\n")
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
    assert (code, told) == (0, f"{answers / f'ISA-{CODE}-01-00000001.csv'}\n")
    assert ",accepted" in Path(told.strip()).read_text(encoding="utf-8")
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


# --- where the server is ------------------------------------------------------------------------------------
def test_a_terminal_is_made_for_another_address_than_its_kit_s_and_keeps_the_rest_of_it(
    kits: Kits, url: str, tmp_path: Path
) -> None:
    (kits.kit / settings.SETTINGS).write_text("# A kit\n" + kit_settings("https://192.0.2.1:1") + "# stays\n")
    line = url.replace("127.0.0.1", "localhost")
    folder = tmp_path / "t"
    code, told = typed("init", folder, "--kit", kits.kit, "--server", line, "--name", "localhost")
    assert code == 0
    assert f"server {line}" in told
    place = settings.read(folder)
    before = settings.read(kits.kit).file
    assert (place.file.server.url, place.file.server.name) == (line, "localhost")
    assert place.file.server.patience == before.server.patience
    assert place.file.schedule == before.schedule
    assert "# stays" in (folder / settings.SETTINGS).read_text()
    with running(place) as station:
        wait_for(lambda: station.line.connected)
    second = ("--serial", "B-2", "--exchange", place.exchange, "--place-key", place.keys / settings.PLACE_KEY)
    typed("replace", tmp_path / "r", "--kit", kits.kit, *second, "--server", url, "--name", "127.0.0.1")
    replaced = settings.read(tmp_path / "r")
    assert (replaced.file.server.url, replaced.file.server.name) == (url, "127.0.0.1")
    assert (replaced.file.machine.serial, replaced.exchange) == ("B-2", place.exchange)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--server", "http://127.13.1.4:9443"), "server.url"),
        (("--server", "127.13.1.4:9443"), "server.url"),
        (("--server", ""), "server.url"),
        (("--server", "https://127.13.1.4:9443", "--name", "https://localhost"), "server.name"),
        (("--name", 'a"\nurl = "b'), "server.name"),
    ],
)
def test_a_wrong_address_is_refused_before_anything_is_made_or_asked(
    kits: Kits, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    (kits.kit / settings.SETTINGS).write_text(kit_settings("https://127.0.0.1:1"))
    with pytest.raises(UsageError, match=said) as error:
        typed("init", tmp_path / "t", "--kit", kits.kit, "--operator", "clerk", *options)
    assert error.value.where == "--server, --name"
    assert not (tmp_path / "t").exists()


def test_a_kit_whose_server_is_written_in_another_way_is_refused_when_another_is_named(
    kits: Kits, tmp_path: Path
) -> None:
    (kits.kit / settings.SETTINGS).write_text(f'code = "{CODE}"\nserver = {{url = "https://x:1"}}\n')
    with pytest.raises(UsageError, match="server cannot be set"):
        typed("init", tmp_path / "t", "--kit", kits.kit, "--server", "https://y:1")
    assert not (tmp_path / "t").exists()


# --- what may be set besides --------------------------------------------------------------------------------
@pytest.mark.parametrize("more", ["", "\n[folders]\nevery = 0.05\n"])
def test_every_setting_that_may_be_said_holds_where_it_stands_once_its_mark_is_taken_away(
    kits: Kits, tmp_path: Path, more: str
) -> None:
    (kits.kit / settings.SETTINGS).write_text(f'code = "{CODE}"\n\n[server]\nurl = "https://x:1"\n{more}')
    typed("init", tmp_path / "t", "--kit", kits.kit, "--operator", "clerk", stdin=f"{PIN}\n")
    path = tmp_path / "t" / settings.SETTINGS
    before = settings.read(tmp_path / "t").file
    text = re.sub(r"^# (?=\[|\w+ = )", "", path.read_text(encoding="utf-8"), flags=re.M)
    path.write_text(text, encoding="utf-8")
    after = settings.read(tmp_path / "t").file
    assert (after.profile, after.server.name, after.server.wait) == ("renkei-open/1", "localhost", 20)
    assert after.folders.every == (0.05 if more else 1)
    assert after.folders.profile == "renkei-open/1"
    assert after.on_demand is not None and after.software is not None
    assert (after.schedule, after.console, after.operators) == (
        before.schedule,
        before.console,
        before.operators,
    )
    for header in ("server", "schedule", "folders", "console", "on_demand", "software"):
        assert text.count(f"[{header}]") == 1


# --- who may use it ---------------------------------------------------------------------------------------
def test_somebody_is_added_to_a_terminal_that_was_made_before_and_logs_on_after_its_next_start(
    kits: Kits, url: str, tmp_path: Path
) -> None:
    (kits.kit / settings.SETTINGS).write_text(kit_settings(url))
    folder = tmp_path / "t"
    typed("init", folder, "--kit", kits.kit, "--administrator", "chief", stdin=f"{PIN}\n")
    log_on = ("log-on", folder, "--operator", "clerk")
    with running(settings.read(folder)):
        code, told = typed("add-operator", folder, "--operator", "clerk", stdin=f"{PIN}\n")
        assert code == 0
        assert "clerk: operator of the terminal" in told
        assert "It runs, and takes this up at its next start" in told
        assert PIN not in told
        assert typed(*log_on, stdin=f"{PIN}\n")[0] == 1
    told = typed("add-operator", folder, "--administrator", "deputy", stdin=f"{PIN}\n")[1]
    assert "deputy: administrator" in told
    assert "It takes this up when it starts" in told
    place = settings.read(folder)
    assert [(one.id, str(one.role)) for one in place.file.operators] == [
        ("chief", "administrator"),
        ("clerk", "operator"),
        ("deputy", "administrator"),
    ]
    assert (folder / settings.SETTINGS).stat().st_mode & 0o777 == 0o600
    assert PIN not in (folder / settings.SETTINGS).read_text()
    assert not (folder / "terminal.toml.part").exists()
    with running(place):
        assert typed(*log_on, stdin=f"{PIN}\n")[0] == 0


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("people", [("--operator", "first"), ()])
def test_who_is_added_stands_behind_the_others_and_the_rest_of_the_file_stays_byte_for_byte(
    kits: Kits, tmp_path: Path, people: tuple[str, ...], newline: str
) -> None:
    (kits.kit / settings.SETTINGS).write_text(kit_settings("https://127.0.0.1:1"))
    folder = tmp_path / "t"
    typed("init", folder, "--kit", kits.kit, *people, stdin=f"{PIN}\n")
    path = folder / settings.SETTINGS
    before = path.read_bytes().replace(b"\n", newline.encode()) + b"#  the end,  without a newline"
    path.write_bytes(before)
    typed("add-operator", folder, "--operator", "clerk", stdin=f"{PIN}\n")
    typed("add-operator", folder, "--administrator", "chief", stdin=f"{PIN}\n")
    after = path.read_bytes()
    begin = after.index(b'id = "clerk"')
    assert after.index(b'id = "chief"') > begin
    if people:
        assert after.index(b'id = "first"') < begin
    comments = after.index(BESIDES.encode())
    assert begin < after.index(b'id = "chief"') < comments
    assert after.endswith(before[before.index(BESIDES.encode()) :] + newline.encode())
    # What was put in is one piece, and nothing else differs.
    same = next(n for n, (one, other) in enumerate(zip(before, after, strict=False)) if one != other)
    rest = len(after) - len(before) - len(newline)
    assert before[:same] + after[same : same + rest] + before[same:] + newline.encode() == after
    assert [one.id for one in settings.read(folder).file.operators] == [*people[1:], "clerk", "chief"]
    assert b"\r" not in after.replace(b"\r\n", b"") and (newline == "\r\n") == (b"\r\n" in after)


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ((), "say who"),
        (("--operator", "chief"), "'chief' is somebody's id already"),
        (("--operator", "service"), "'service' is somebody's id already"),
        (("--operator", "new", "--administrator", "new"), "'new' is somebody's id already"),
        (("--operator", "a b"), "id"),
        (("--operator", "new"), "cannot be a PIN"),
    ],
)
def test_who_cannot_be_added_is_refused_and_the_settings_stay(
    kits: Kits, tmp_path: Path, who: tuple[str, ...], said: str
) -> None:
    (kits.kit / settings.SETTINGS).write_text(kit_settings("https://127.0.0.1:1"))
    folder = tmp_path / "t"
    typed("init", folder, "--kit", kits.kit, "--administrator", "chief", stdin=f"{PIN}\n")
    before = (folder / settings.SETTINGS).read_bytes()
    pin = "99x" if "PIN" in said else PIN
    with pytest.raises(UsageError, match=said) as error:
        typed("add-operator", folder, *who, stdin=f"{pin}\n{pin}\n")
    assert pin not in str(error.value)
    assert (folder / settings.SETTINGS).read_bytes() == before


def test_pins_from_a_pipe_are_the_administrator_s_and_then_the_operator_s_whatever_was_typed_first(
    kits: Kits, tmp_path: Path
) -> None:
    (kits.kit / settings.SETTINGS).write_text(kit_settings("https://127.0.0.1:1"))
    typed("init", tmp_path / "t", "--kit", kits.kit)
    who = ("--operator", "clerk", "--administrator", "chief")
    assert typed("add-operator", tmp_path / "t", *who, stdin="11112222\n33334444\n\n")[0] == 0
    operators = settings.read(tmp_path / "t").file.operators
    assert [one.id for one in operators] == ["chief", "clerk"]
    assert fits("11112222", operators[0].pin)
    assert fits("33334444", operators[1].pin)


def test_a_line_too_few_in_the_pipe_is_refused_with_whose_pin_is_missing(kits: Kits, tmp_path: Path) -> None:
    (kits.kit / settings.SETTINGS).write_text(kit_settings("https://127.0.0.1:1"))
    who = ("--operator", "clerk", "--administrator", "chief")
    with pytest.raises(UsageError, match="cannot be a PIN") as error:
        typed("init", tmp_path / "t", "--kit", kits.kit, *who, stdin=f"{PIN}\n")
    assert error.value.where == "the PIN of clerk"
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize("command", ["init", "add-operator", "replace"])
def test_a_line_too_many_in_the_pipe_is_refused_and_nobody_is_written_down(
    command: str, kits: Kits, tmp_path: Path
) -> None:
    (kits.kit / settings.SETTINGS).write_text(kit_settings("https://127.0.0.1:1"))
    first, folder = tmp_path / "first", tmp_path / "t"
    typed("init", first, "--kit", kits.kit)
    before = (first / settings.SETTINGS).read_bytes()
    place_key = first / "keys" / settings.PLACE_KEY
    taken_over = ("--exchange", first / "exchange", "--place-key", place_key)
    more: dict[str, tuple[object, ...]] = {
        "init": (folder, "--kit", kits.kit),
        "add-operator": (first,),
        "replace": (folder, "--kit", kits.kit, "--serial", "2", *taken_over),
    }
    with pytest.raises(UsageError, match="more lines than PINs") as error:
        typed(command, *more[command], "--operator", "clerk", stdin=f"{PIN}\n{PIN}\n")
    assert error.value.expected == "a line for each: the PIN of clerk"
    assert PIN not in str(error.value)
    assert not folder.exists()
    assert (first / settings.SETTINGS).read_bytes() == before


@pytest.mark.parametrize("command", ["init", "add-operator", "replace"])
def test_help_says_what_a_pin_is_and_in_which_order_pins_are_read(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    told = typed(command, "--help")[1]
    assert "4 to 16 digits" in told
    assert "a line each: the first line" in told
    assert "a line each: after the administrator's" in told


def test_settings_that_take_no_more_tables_are_left_as_they_are(kits: Kits, tmp_path: Path) -> None:
    (kits.kit / settings.SETTINGS).write_text("operators = []\n" + kit_settings("https://127.0.0.1:1"))
    folder = tmp_path / "t"
    typed("init", folder, "--kit", kits.kit)
    before = (folder / settings.SETTINGS).read_bytes()
    with pytest.raises(UsageError, match="take no more operators"):
        typed("add-operator", folder, "--operator", "clerk", stdin=f"{PIN}\n")
    assert (folder / settings.SETTINGS).read_bytes() == before


def test_two_operators_of_one_id_in_a_file_are_refused(kits: Kits, tmp_path: Path) -> None:
    (kits.kit / settings.SETTINGS).write_text(kit_settings("https://127.0.0.1:1"))
    folder = tmp_path / "t"
    typed("init", folder, "--kit", kits.kit, "--operator", "clerk", stdin=f"{PIN}\n")
    path = folder / settings.SETTINGS
    path.write_text(path.read_text() + "\n".join(settings.read(folder).file.operators[0].rows()))
    with pytest.raises(UsageError, match="two operators have the id 'clerk'"):
        settings.read(folder)


def test_the_same_pin_is_kept_under_another_salt_each_time_and_old_salts_are_still_read() -> None:
    made = [operator_of("clerk", PIN, administrator=False, trained=date(2026, 1, 1)).pin for _ in range(3)]
    assert len({pin.rpartition("$")[0] for pin in made}) == 3
    assert len({pin.rpartition("$")[2] for pin in made}) == 3
    old = hashed(PIN, f"terminal-{CODE}/clerk")
    for kept in (*made, old):
        assert fits(PIN, OperatorTable(id="clerk", pin=kept).pin)
        assert not fits("1111", kept)


# --- words that are wrong ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("word", "hint"),
    [("banana", "give one of these"), ("quarantin", "did you mean 'quarantine'?"), ("", "give")],
)
def test_what_cannot_be_looked_at_is_refused_with_what_can(tmp_path: Path, word: str, hint: str) -> None:
    with pytest.raises(UsageError) as error:
        typed("view", tmp_path, word)
    assert error.value.expected == "queue, unanswered, quarantine, log"
    assert hint in str(error.value)


def test_a_folder_of_kits_is_refused_with_the_kits_that_lie_in_it(kits: Kits, tmp_path: Path) -> None:
    (kits.kit / settings.SETTINGS).write_text(kit_settings("https://127.0.0.1:1"))
    with pytest.raises(UsageError, match="a folder of kits") as error:
        typed("init", tmp_path / "t", "--kit", kits.kit.parent, "--operator", "clerk")
    assert error.value.expected == f"one of them: {CODE}"
    assert error.value.remedy == f"such as: --kit {kits.kit}"
    for number in range(7):
        (tmp_path / "kits" / f"{number}").mkdir(parents=True)
        (tmp_path / "kits" / f"{number}" / settings.SETTINGS).touch()
    with pytest.raises(UsageError, match="one of them: 0, 1, 2, 3, 4 and 2 more"):
        typed("init", tmp_path / "t", "--kit", tmp_path / "kits")
    with pytest.raises(UsageError, match="kits/CODE that `renkei ministry init` made"):
        typed("init", tmp_path / "t", "--kit", tmp_path)
    assert not (tmp_path / "t").exists()


def test_the_settings_of_a_terminal_speak_of_the_terminal_and_not_of_the_kit(
    kits: Kits, tmp_path: Path
) -> None:
    (kits.kit / settings.SETTINGS).write_text(
        "# The kit of one municipality\n# on two lines\n\n" + kit_settings("https://x:1") + "# stays\n"
    )
    typed("init", tmp_path / "t", "--kit", kits.kit)
    text = (tmp_path / "t" / settings.SETTINGS).read_text()
    assert "The kit of" not in text
    assert "on two lines" not in text
    assert "The settings of this exchange terminal" in "".join(text.splitlines()[:2])
    assert "# stays" in text
    assert settings.read(tmp_path / "t").code == CODE


def test_status_and_view_count_the_same_things_in_quarantine(kits: Kits, url: str, tmp_path: Path) -> None:
    (kits.kit / settings.SETTINGS).write_text(kit_settings(url))
    folder = tmp_path / "t"
    typed("init", folder, "--kit", kits.kit, "--operator", "clerk", stdin=f"{PIN}\n")
    place = settings.read(folder)
    system = system_of(place)
    with running(place) as station:
        system.drop(1, content=b"H,nothing\r\n")
        wait_for(lambda: station.status().quarantine == 1)
        sealed = Ministry(kits).edge.out(
            MINISTRY, Carry(TERMINAL, f"ISA-{CODE}-01-00000001", public_test_file())
        )
        assert isinstance(sealed, Carry)
        down = Arrival(MINISTRY, sealed.ref, sealed.content)
        assert station.call(lambda: station.arrived(down, "down")).code == "INFECTED"
        assert station.status().stopped == 1
        typed("log-on", folder, "--operator", "clerk", stdin=f"{PIN}\n")
        both = "1 files of outbox/, 1 batches that came down"
        assert f"quarantine     {both}" in typed("status", folder)[1]
        assert f"quarantine: {both}" in typed("view", folder, "quarantine")[1]


def test_answers_to_what_came_down_are_told_apart_from_records_that_wait(
    kits: Kits, url: str, tmp_path: Path
) -> None:
    (kits.kit / settings.SETTINGS).write_text(kit_settings(url).replace("per_event = true", ""))
    folder = tmp_path / "t"
    typed("init", folder, "--kit", kits.kit, "--operator", "clerk", stdin=f"{PIN}\n")
    place = settings.read(folder)
    system = system_of(place)
    with running(place) as station:
        system.drop(1, notice(1))
        wait_for(lambda: station.status().queue == 1)
        assert "records        1 wait for the next exchange\n" in typed("status", folder)[1]
        typed("log-on", folder, "--operator", "clerk", stdin=f"{PIN}\n")
        assert typed("send", folder)[0] == 0
        wait_for(lambda: all_told(system, 1) and station.status().queue == 1)
        status = station.status()
        assert (status.answers, status.waiting, status.unanswered) == (1, 0, 0)
        told = "records        1 wait for the next exchange, of which 1 are answers to what came down\n"
        assert told in typed("status", folder)[1]
        assert json.loads(typed("status", folder, "--json")[1])["answers"] == 1
