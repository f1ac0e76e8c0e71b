"""What the console says of a job: why it is refused and what to do, and what an exchange by hand came to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from sim.base.instant import iso
from sim.drivers.live.clock import WallClock
from sim.drivers.live.terminal import console, refusals, settings
from sim.drivers.live.terminal.settings import Place
from sim.drivers.live.terminal.station import Station
from sim.nodes.terminal import attended
from sim.nodes.terminal.export import read_export
from sim.nodes.terminal.operators import NOT_ADMITTED
from tests.live.terminal.rig import (
    PIN,
    Kits,
    Ministry,
    free_port,
    kit_settings,
    make_kits,
    notice,
    people,
    serving,
    wait_for,
)
from tests.live.terminal.test_station import QUICK, do, running, system_of


@pytest.fixture(scope="module")
def kits(tmp_path_factory: pytest.TempPathFactory) -> Kits:
    return make_kits(tmp_path_factory.mktemp("kits"))


@pytest.fixture
def place(kits: Kits, tmp_path: Path) -> Place:
    """A terminal that exchanges at its times only, and whose server nobody reaches."""
    return made(kits, tmp_path / "t", free_port())


def made(kits: Kits, folder: Path, port: int) -> Place:
    text = kit_settings(f"https://127.0.0.1:{port}", QUICK).replace("per_event = true", "per_event = false")
    (kits.kit / settings.SETTINGS).write_text(text)
    return settings.make(folder, kits.kit, people())


@contextmanager
def cut_off(place: Place, records: int = 0) -> Iterator[Station]:
    """It runs, knows that its line is out, and so many records wait for the next exchange."""
    with running(place) as station:
        if records:
            system_of(place).drop(1, *(notice(number) for number in range(1, records + 1)))
        wait_for(lambda: station.status().trouble and station.status().queue == records)
        yield station


def log_on(place: Place, who: str = "clerk") -> None:
    assert do(place, "log-on", operator=who, pin=PIN).ok


def export(place: Place, medium: Path) -> console.Answer:
    return do(place, "export-media", path=str(medium), outage="cable")


# --- media ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("records", "said"), [(5, "5 records wait"), (1, "1 record waits")])
def test_where_only_records_wait_the_export_says_how_they_become_batches(
    records: int, said: str, place: Place, tmp_path: Path
) -> None:
    (tmp_path / "usb").mkdir()
    with cut_off(place, records):
        log_on(place)
        answer = export(place, tmp_path / "usb")
        assert answer.code == "nothing_waits"
        assert answer.detail == (
            f"{said} for the next exchange: `renkei terminal send` makes batches of them,"
            " then log on again and export again"
        )
        assert do(place, "send").ok
        log_on(place)
        assert export(place, tmp_path / "usb") == console.Answer(True, detail="medium 1, files: 1")
        log_on(place)
        (tmp_path / "another").mkdir()
        assert export(place, tmp_path / "another").detail == refusals.EXPLAINED["nothing_waits"]


def test_an_export_says_how_many_records_are_not_on_the_medium(place: Place, tmp_path: Path) -> None:
    (tmp_path / "usb").mkdir()
    with cut_off(place, 2) as station:
        log_on(place)
        assert do(place, "send").ok
        system_of(place).drop(2, notice(3))
        wait_for(lambda: station.status().queue == 1)
        log_on(place)
        told = "medium 1, files: 1; left for the next exchange: 1 record"
        assert export(place, tmp_path / "usb").detail == told


def test_a_medium_that_is_no_folder_is_said_before_anything_is_done(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with cut_off(place, 1) as station:
        for medium in (tmp_path / "nowhere", file):
            assert export(place, medium).code == "no_medium"
        log_on(place)
        for medium in (tmp_path / "nowhere", file):
            told = console.Answer(False, "no_medium", f"expected a folder, received {medium}")
            assert export(place, medium) == told  # nothing waits
            assert do(place, "import-media", path=str(medium)) == told
        assert do(place, "import-media").code == "no_medium"
        assert do(place, "send").ok
        log_on(place)
        for medium in (tmp_path / "nowhere", file):
            assert export(place, medium).code == "no_medium"
        assert station.status().operator == "clerk"
        assert station.status().waiting == 1
        assert station.call(station.handed_over) == []


def test_a_medium_that_cannot_be_written_leaves_the_batches_for_the_next_one(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usb, other, link = tmp_path / "usb", tmp_path / "other", tmp_path / "link"
    usb.mkdir()
    other.mkdir()
    link.symlink_to(other)  # a folder, but not one that is opened

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with cut_off(place, 1):
        log_on(place)
        assert do(place, "send").ok
        log_on(place)
        assert export(place, link).code == "no_medium"
        with monkeypatch.context() as patch:
            patch.setattr("sim.drivers.live.terminal.media.write_batches", full)
            refused = export(place, usb)
        assert refused.code == "not_written"
        assert "wait for the next export, off the line" in refused.detail
        assert export(place, other).code == "no_session"
        log_on(place)
        assert export(place, other) == console.Answer(True, detail="medium 1, files: 1")
        assert export(place, other).code == "no_session"


# --- an exchange by hand ----------------------------------------------------------------------------------
def test_an_exchange_by_hand_says_that_its_batches_wait_while_the_line_is_out(place: Place) -> None:
    with cut_off(place, 5) as station:
        why = f"the line is not connected ({station.status().trouble})"
        log_on(place)
        assert do(place, "send").detail == f"1 batch made with 5 records; 1 batch waits: {why}"
        log_on(place)
        assert do(place, "collect").detail == f"1 batch made with 0 records; 2 batches wait: {why}"


def test_an_exchange_by_hand_says_how_many_batches_go(kits: Kits, tmp_path: Path) -> None:
    ministry, port = Ministry(kits), free_port()
    place = made(kits, tmp_path / "t", port)
    with serving(ministry, kits, port), running(place) as station:
        system_of(place).drop(1, notice(1), notice(2))
        wait_for(lambda: station.status().connected and station.status().queue == 2)
        log_on(place)
        assert do(place, "send").detail == "1 batch made with 2 records; 1 batch goes up now"
        wait_for(lambda: len(ministry.accepted()) == 2)


def test_an_exchange_by_hand_says_that_the_server_has_closed_the_line(kits: Kits, tmp_path: Path) -> None:
    ministry, port = Ministry(kits), free_port()
    ministry.failing.problem = (403, "REVOKED")
    place = made(kits, tmp_path / "t", port)
    with serving(ministry, kits, port), running(place) as station:
        wait_for(lambda: station.status().closed)
        log_on(place)
        told = "1 batch made with 0 records; 1 batch waits: the server has closed the line"
        assert do(place, "send").detail == told


# --- refusals ---------------------------------------------------------------------------------------------
def test_every_refusal_says_what_it_means_and_no_more(place: Place) -> None:
    def refused(job: str, code: str, *words: str, **given: object) -> str:
        answer = do(place, job, **given)
        assert (answer.ok, answer.code) == (False, code)
        assert all(word in answer.detail for word in words), answer.detail
        return answer.detail

    with cut_off(place):
        refused("log-off", "no_session", "renkei terminal log-on")
        wrong_pin = refused("log-on", "not_admitted", "unlock", operator="clerk", pin="0000")
        assert wrong_pin == refused("log-on", "not_admitted", operator="nobody", pin=PIN)
        assert wrong_pin == refused("log-on", "not_admitted", operator="service", pin=PIN)
        refused("train", "unknown_operator", "terminal.toml", operator="nobody", on=date(2026, 1, 1))
        refused("train", "date_in_future", "not come yet", operator="clerk", on=date(9000, 1, 1))
        log_on(place)
        frees = "clerk is logged on; `renkei terminal log-off` frees the console"
        assert refused("log-on", "console_in_use", operator="chief", pin=PIN) == frees
        refused("unlock", "not_an_administrator", "administrators", operator="chief")
        refused("view", "nothing_to_view", "looked at", what="banana")
        refused("export-log", "no_medium", "--medium")
        refused("change-pin", "bad_pin", "digits", pin="12")
        refused("change-pin", "same_pin", "another", pin=PIN)
        assert do(place, "export-log", medium="M1").ok
        log_on(place, "chief")
        refused("export-log", "medium_used", "another name", medium="M1")
        refused("unlock", "unknown_operator", "terminal.toml", operator="nobody")
        refused("install", "date_in_future", "not come yet", version="9", on=date(9000, 1, 1))
        assert do(place, "log-off") == console.Answer(True)


def test_no_code_with_which_the_terminal_refuses_a_job_is_without_words() -> None:
    source = Path(str(attended.__file__)).read_text(encoding="utf-8")
    codes = set(re.findall(r'Reply\(False, "(\w+)"', source))
    assert {"console_in_use", "numbers_not_known", "training_overdue"} <= codes
    known = {attended.NO_SESSION, NOT_ADMITTED, refusals.NOTHING_WAITS}
    assert set(refusals.EXPLAINED) == codes | known
    docs = (Path(__file__).parents[3] / "docs" / "live.md").read_text(encoding="utf-8")
    assert [code for code in refusals.EXPLAINED if f"`{code}`" not in docs] == []


# --- sessions ---------------------------------------------------------------------------------------------
def test_who_was_logged_on_when_the_terminal_ended_is_logged_off_when_it_starts_again(place: Place) -> None:
    with cut_off(place):
        log_on(place)
    began = iso(WallClock().now)
    with cut_off(place) as station:
        assert station.status().operator == ""
        assert do(place, "send").code == "no_session"
        log_on(place)
        assert do(place, "export-log", medium="M1").ok
        data = station.call(lambda: station.log_on_medium("M1"))
    assert data is not None
    entries = [one for one in read_export(data).entries if one.operator == "clerk"]
    assert [one.what for one in entries] == ["log_on", "log_off", "log_on"]
    assert entries[0].session == entries[1].session != entries[2].session
    assert iso(entries[1].at) >= began


def test_a_refused_job_leaves_its_operator_logged_on_and_one_that_is_done_does_not(place: Place) -> None:
    with cut_off(place) as station:
        log_on(place)
        assert not do(place, "unlock", operator="chief").ok
        assert station.status().operator == "clerk"
        assert do(place, "view", what="queue").ok
        assert station.status().operator == ""
