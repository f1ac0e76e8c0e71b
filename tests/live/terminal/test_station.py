"""A terminal at work between a municipality's folders and a server that fails: nothing is lost or doubled."""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sim.base.errors import UsageError
from sim.drivers.live import wire
from sim.drivers.live.terminal import console, settings
from sim.drivers.live.terminal.console import Console, Job
from sim.drivers.live.terminal.exchange import Exchange
from sim.drivers.live.terminal.settings import Place
from sim.drivers.live.terminal.station import Station
from sim.exchange.folders import public_test_file
from sim.exchange.records import Result
from sim.nodes.messages.agency import Decide, RollOut
from sim.nodes.messages.network import HandOver
from sim.nodes.terminal.export import read_export
from tests.live.terminal.rig import (
    CODE,
    OTHER,
    PIN,
    TERMINAL,
    Kits,
    Ministry,
    System,
    finding_of,
    free_port,
    make_kits,
    make_terminal,
    notice,
    serving,
    wait_for,
)

QUICK = "\n[folders]\nevery = 0.05\n"


@pytest.fixture(scope="module")
def kits(tmp_path_factory: pytest.TempPathFactory) -> Kits:
    return make_kits(tmp_path_factory.mktemp("kits"))


@pytest.fixture
def ministry(kits: Kits) -> Ministry:
    return Ministry(kits)


@pytest.fixture
def url(ministry: Ministry, kits: Kits) -> Iterator[str]:
    with serving(ministry, kits) as address:
        yield address


@pytest.fixture
def place(kits: Kits, url: str, tmp_path: Path) -> Place:
    return make_terminal(kits, tmp_path / "t", url, QUICK)


def system_of(place: Place) -> System:
    return System(place.exchange, place.keys / settings.PLACE_KEY)


@contextmanager
def running(place: Place) -> Iterator[Station]:
    """The terminal, with its console, in a thread of this process."""
    failed: list[BaseException] = []

    def work(station: Station) -> None:
        try:
            station.run()
        except BaseException as error:
            failed.append(error)

    with Station(place) as station, Console(station, 0, place.token()):
        thread = threading.Thread(target=work, args=(station,))
        thread.start()
        try:
            wait_for(lambda: failed or station.status().serial)
            yield station
        finally:
            station.stop()
            thread.join(20)
    assert not failed, failed


def all_told(system: System, *numbers: int) -> bool:
    system.collect()
    told = system.outcomes()
    return all(f"{CODE}-{number:08d}" in told for number in numbers)


def sound(ministry: Ministry, system: System, *numbers: int) -> None:
    """Each record was taken in once and its result was told once."""
    ids = {f"{CODE}-{number:08d}" for number in numbers}
    assert ministry.accepted() == dict.fromkeys(ids, 1)
    assert system.outcomes() == {one: ["accepted"] for one in ids}
    assert system.names("sent") == []
    assert system.names("outbox") == []
    assert len({name for folder, name, _ in system.read}) == len(system.read), "a name came twice"


# --- the ordinary day -----------------------------------------------------------------------------
def test_what_is_dropped_goes_up_and_its_result_comes_back_under_its_number(
    place: Place, ministry: Ministry
) -> None:
    system = system_of(place)
    system.drop(1, notice(1), notice(2))
    system.drop(2, notice(3))
    with running(place):
        wait_for(lambda: all_told(system, 1, 2, 3))
    sound(ministry, system, 1, 2, 3)
    assert system.outcomes("batch") == {
        f"{CODE}-ISA-01-00000001": ["accepted"],
        f"{CODE}-ISA-01-00000002": ["accepted"],
    }
    assert {name for folder, name, _ in system.read} == {
        f"ISA-{CODE}-01-00000001.csv.box",
        f"ISA-{CODE}-01-00000002.csv.box",
    }


def test_notices_of_the_agency_come_to_inbox_and_answers_go_up(place: Place, ministry: Ministry) -> None:
    system = system_of(place)
    with running(place) as station:
        system.drop(1, notice(1))
        wait_for(lambda: all_told(system, 1))
        ministry.command(
            Decide("c1", "P0000001", "period_extended", "AB00000001CD", "AB00000009CD", status="留学",
                   period="1年", period_until=date(2028, 1, 1), decided_date=date(2026, 4, 3))
        )  # fmt: skip
        system.drop(2, notice(2))
        wait_for(lambda: system.told() and system.notices)
        (told,) = system.notices
        answer = Result(record_id=f"{CODE}-A1", scope="record", answers=told.record_id, outcome="accepted")
        system.drop(3, answer)
        wait_for(lambda: ministry.kinds("notice_settled"))
        station.call(lambda: None)
        system.drop(4, notice(4))  # its answer says that what went before is in
        wait_for(lambda: all_told(system, 4) and f"{CODE}-ISA-01-00000003" in system.outcomes("batch"))
    assert len(ministry.kinds("notice_settled")) == 1
    assert system.names("sent") == []


def test_a_terminal_that_is_told_a_version_takes_it_and_says_so(place: Place, ministry: Ministry) -> None:
    profiles = place.profiles()
    object.__setattr__(ministry.actor.node, "older", (profiles[-1],))
    object.__setattr__(ministry.actor.node, "profile", profiles[0])
    with running(place):
        assert ministry.command(RollOut(profiles[0].name, (TERMINAL,))).ok
        wait_for(lambda: ministry.kinds("version_taken"))


# --- the line -------------------------------------------------------------------------------------
def test_what_is_dropped_while_nobody_answers_waits_and_goes_in_order(
    kits: Kits, ministry: Ministry, tmp_path: Path
) -> None:
    port = free_port()
    place = make_terminal(kits, tmp_path / "t", f"https://127.0.0.1:{port}", QUICK)
    system = system_of(place)
    with running(place) as station:
        for number in range(1, 6):
            system.drop(number, notice(number, person="P1"))
        wait_for(lambda: station.status().sent == 5)
        wait_for(lambda: station.status().trouble)
        assert not station.status().connected
        assert station.status().last_fault is not None
        with serving(ministry, kits, port):
            wait_for(lambda: all_told(system, 1, 2, 3, 4, 5))
            wait_for(lambda: station.status().connected)
        wait_for(lambda: not station.status().connected)
        system.drop(6, notice(6))
        wait_for(lambda: station.status().waiting)
        with serving(ministry, kits, port):
            wait_for(lambda: all_told(system, 6))
    sound(ministry, system, *range(1, 7))
    taken = [line.subject for line in ministry.kinds("batch_accepted")]
    assert taken == sorted(taken)


@pytest.mark.parametrize("statuses", [[(503, "1")] * 2, [(429, "")] * 3, [(500, "")] * 2])
def test_a_server_in_trouble_delays_and_loses_nothing(
    statuses: list[tuple[int, str]], place: Place, ministry: Ministry
) -> None:
    system = system_of(place)
    with running(place):
        ministry.failing.statuses = list(statuses)
        system.drop(1, notice(1))
        wait_for(lambda: all_told(system, 1))
    sound(ministry, system, 1)


def test_lost_answers_and_cuts_double_nothing(place: Place, ministry: Ministry) -> None:
    system = system_of(place)
    ministry.largest_piece = 2000
    with running(place):
        for number in range(1, 5):
            ministry.failing.lose_answers = 2
            ministry.failing.cut_up = [1500]
            ministry.failing.cut_down = [100, 100]
            system.drop(number, *(notice(number * 100 + at) for at in range(20)))
            wait_for(lambda: all_told(system, number * 100 + 19))  # noqa: B023
    sound(ministry, system, *(number * 100 + at for number in range(1, 5) for at in range(20)))


@pytest.mark.parametrize("code", [wire.REVOKED, wire.NOT_LISTED])
def test_a_terminal_that_is_not_let_in_says_why_and_does_not_knock_on(
    code: str, place: Place, ministry: Ministry
) -> None:
    ministry.failing.problem = (403, code)
    system = system_of(place)
    with running(place) as station:
        system.drop(1, notice(1))
        wait_for(lambda: station.status().closed)
        status = station.status()
        assert status.last_fault is not None
        assert status.last_fault.code == code
        assert status.last_fault.remedy
        wait_for(lambda: station.status().sent == 1)  # what is dropped is still taken and waits
        time.sleep(1)
        assert len(ministry.requests) <= 2
    ministry.failing.problem = None
    with running(place):
        wait_for(lambda: all_told(system, 1))
    sound(ministry, system, 1)


def test_a_line_on_demand_is_opened_for_an_exchange_and_closed_after_it(
    kits: Kits, url: str, ministry: Ministry, tmp_path: Path
) -> None:
    on_demand = '\n[on_demand]\ncredential = "c"\n'
    place = make_terminal(kits, tmp_path / "t", url, QUICK + on_demand)
    system = system_of(place)
    with running(place) as station:
        time.sleep(0.5)
        assert ministry.requests == [], "it was connected without a need"
        system.drop(1, notice(1))
        wait_for(lambda: all_told(system, 1))
        wait_for(lambda: not station.status().session)
        time.sleep(1.5)
        asked = len(ministry.requests)
        time.sleep(1.5)
        assert len(ministry.requests) == asked, "it stayed connected"
        system.drop(2, notice(2))
        wait_for(lambda: all_told(system, 2))
    sound(ministry, system, 1, 2)


# --- what lies in outbox/ -------------------------------------------------------------------------
def test_a_bad_file_is_moved_away_and_holds_nobody_up(place: Place, ministry: Ministry) -> None:
    system = system_of(place)
    outbox = place.exchange / "outbox"
    infected = system.drop(1, content=public_test_file())
    damaged = system.drop(2, notice(2))
    raw = bytearray((outbox / damaged).read_bytes())
    raw[-1] ^= 1
    (outbox / damaged).write_bytes(raw)
    foreign = system.drop(3, notice(3), sender=OTHER)
    cut = system.drop(4, content=b"H,renkei-open/1,131041\r\n")
    (outbox / "readme.txt").write_text("not a batch")
    (outbox / "readme.txt").chmod(0o600)
    (outbox / "131041-ISA-01-00000009.csv.box.part").write_bytes(b"half")
    with running(place) as station:
        wait_for(lambda: len(list((place.exchange / "quarantine").glob("*.json"))) == 4)
        system.drop(1, notice(1), business="02")  # of a kind that does not belong there
        system.drop(5, notice(5))
        wait_for(lambda: all_told(system, 5))
        assert station.status().held_back == 2
        assert station.status().quarantine == 4
    codes = {name: finding_of(place.exchange, name)["code"] for name in (infected, damaged, foreign, cut)}
    assert codes[infected] == "INFECTED"
    assert codes[damaged] == "OTHER_KEY"
    assert codes[foreign] == "WRONG_SENDER"
    assert codes[cut] in ("TRUNCATED", "BAD_HEADER")
    assert system.names("outbox") == ["131041-ISA-01-00000009.csv.box.part", "readme.txt"]
    assert system.outcomes("batch")[f"{CODE}-ISA-01-00000003"] == ["WRONG_SENDER"]
    assert f"{CODE}-00000005" in ministry.accepted()
    assert f"{CODE}-00000003" not in ministry.accepted()


def test_a_file_waits_for_the_one_before_and_a_number_counts_once(place: Place, ministry: Ministry) -> None:
    system = system_of(place)
    with running(place) as station:
        system.drop(7, notice(7))
        wait_for(lambda: all_told(system, 7))
        system.drop(9, notice(9))
        wait_for(lambda: station.status().held_back == 1)
        system.drop(7, notice(70))
        wait_for(lambda: station.status().quarantine == 1)
        system.drop(8, notice(8))
        wait_for(lambda: all_told(system, 8, 9))
    assert list(ministry.accepted()) == [f"{CODE}-{number:08d}" for number in (7, 8, 9)]


def test_a_disk_that_is_full_for_a_while_delays_results_and_loses_none(
    place: Place, ministry: Ministry, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = system_of(place)
    stage, tries = Exchange.stage, []

    def full(self: Exchange, folder: str, name: str, content: bytes) -> None:
        tries.append(name)
        if len(tries) < 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        stage(self, folder, name, content)

    monkeypatch.setattr(Exchange, "stage", full)
    with running(place) as station:
        system.drop(1, notice(1))
        wait_for(lambda: tries)
        wait_for(lambda: station.status().last_fault)
        wait_for(lambda: all_told(system, 1))
    sound(ministry, system, 1)


def test_two_terminals_do_not_work_on_one_folder(place: Place, kits: Kits, tmp_path: Path) -> None:
    other = make_terminal(
        kits,
        tmp_path / "other",
        place.file.server.url,
        replaces="2",
        exchange=place.exchange,
        place_key=place.keys / settings.PLACE_KEY,
    )
    with running(place):
        for second in (place, other):
            with pytest.raises(UsageError, match="another terminal works"), Station(second):
                pass


# --- another machine ------------------------------------------------------------------------------
def test_a_machine_in_another_s_place_goes_on_at_the_right_numbers(
    place: Place, kits: Kits, ministry: Ministry, tmp_path: Path
) -> None:
    system = system_of(place)
    with running(place):
        system.drop(1, notice(1))
        wait_for(lambda: all_told(system, 1))
        ministry.failing.problem = (503, wire.NOT_READY)
        system.drop(2, notice(2), notice(3))  # taken from outbox/ and never seen by the server
        wait_for(lambda: system.names("sent"))
    ministry.failing.problem = None
    successor = make_terminal(
        kits,
        tmp_path / "second",
        place.file.server.url,
        "",
        replaces="2",
        exchange=place.exchange,
        place_key=place.keys / settings.PLACE_KEY,
    )
    system.drop(3, notice(4))
    with running(successor) as station:
        wait_for(lambda: all_told(system, 2, 3, 4))
        wait_for(lambda: not station.status().phase)
        assert station.status().serial == "2"
    sound(ministry, system, 1, 2, 3, 4)
    (told,) = ministry.kinds("sequences_told")
    assert told.data["up"]["01"] == 2
    assert ministry.kinds("batch_rejected") == []


# --- operators ------------------------------------------------------------------------------------
def do(place: Place, job: str, **given: Any) -> console.Answer:
    return console.do(place, Job(job, **given))


def test_nothing_is_done_without_a_pin_and_too_many_wrong_ones_lock(place: Place) -> None:
    with running(place):
        assert do(place, "send").code == "no_session"
        for _ in range(5):
            assert do(place, "log-on", operator="clerk", pin="0000").code == "not_admitted"
        assert do(place, "log-on", operator="clerk", pin=PIN).code == "not_admitted"
        assert do(place, "log-on", operator="nobody", pin=PIN).code == "not_admitted"
        assert do(place, "log-on", operator="service", pin=PIN).code == "not_admitted"
        assert do(place, "log-on", operator="chief", pin=PIN).ok
        assert console.status_of(place).operator == "chief"
        assert do(place, "unlock", operator="clerk").ok
        assert do(place, "log-on", operator="clerk", pin=PIN).ok
        assert do(place, "change-pin", pin="12").code == "bad_pin"
        assert do(place, "change-pin", pin="13572468").ok
        assert console.status_of(place).operator == ""
        assert do(place, "log-on", operator="clerk", pin=PIN).code == "not_admitted"
        assert do(place, "log-on", operator="clerk", pin="13572468").ok


def test_an_idle_operator_is_logged_off(kits: Kits, url: str, tmp_path: Path) -> None:
    place = make_terminal(kits, tmp_path / "t", url, "\n[console]\nidle_after = 1\n")
    with running(place):
        assert do(place, "log-on", operator="clerk", pin=PIN).ok
        wait_for(lambda: console.status_of(place).operator == "")


def test_an_exported_log_is_unbroken_and_says_nothing_of_a_pin(place: Place, tmp_path: Path) -> None:
    system = system_of(place)
    with running(place) as station:
        system.drop(1, notice(1))
        wait_for(lambda: all_told(system, 1))
        do(place, "log-on", operator="clerk", pin="9753")
        assert do(place, "log-on", operator="clerk", pin=PIN).ok
        assert do(place, "export-log", medium="M1").ok
        data = station.call(lambda: station.log_on_medium("M1"))
    assert data is not None
    export = read_export(data)
    assert export.sound
    assert {"send", "receive", "log_on_failed"} <= {entry.what for entry in export.entries}
    assert b"9753" not in data
    assert PIN.encode() not in data


def test_the_console_is_for_who_holds_the_token_and_for_no_page(place: Place) -> None:
    import httpx
    import msgspec

    with running(place), httpx.Client(trust_env=False) as client:
        port = msgspec.json.decode((place.folder / settings.RUNNING).read_bytes())["port"]
        address = f"http://127.0.0.1:{port}"
        job = msgspec.json.encode(Job("log-off"))
        token = {"Authorization": f"Bearer {place.token()}"}
        assert client.post(f"{address}/console", content=job).status_code == 401
        assert client.post(f"{address}/console", content=b"x", headers=token).status_code == 400
        assert client.post(f"{address}/console", content=b"x" * 70_000, headers=token).status_code == 413
        page = {**token, "Origin": "https://evil.example"}
        assert client.post(f"{address}/console", content=job, headers=page).status_code == 403
        assert client.get(f"{address}/status", headers={"Host": "evil.example"}).status_code == 403
        assert client.get(f"{address}/nothing").status_code == 404
        assert client.get(f"{address}/status").json()["code"] == CODE


# --- media ----------------------------------------------------------------------------------------
def test_in_an_outage_a_medium_carries_what_waits_both_ways(
    kits: Kits, ministry: Ministry, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from sim.drivers import folders
    from sim.drivers.live.clock import WallClock
    from sim.exchange.folders import Label, file_name, item_of
    from sim.nodes.messages.network import Carry

    place = make_terminal(kits, tmp_path / "t", f"https://127.0.0.1:{free_port()}", QUICK)
    system, key = system_of(place), place.media_key()
    up, down = tmp_path / "up", tmp_path / "down"
    up.mkdir()
    down.mkdir()
    with running(place) as station:
        system.drop(1, notice(1))
        wait_for(lambda: station.status().waiting == 1)
        assert do(place, "export-media", path=str(up), outage="2026-4").code == "no_session"
        assert do(place, "log-on", operator="clerk", pin=PIN).ok
        assert do(place, "export-media", path=str(up)).code == "no_outage"
        (up / "notes.txt").touch()
        full = do(place, "export-media", path=str(up), outage="2026-4")
        assert (full.code, "'notes.txt'" in full.detail) == ("medium_not_empty", True)
        assert station.status().waiting == 1
        (up / "notes.txt").unlink()
        with caplog.at_level(logging.INFO, "renkei.terminal"):
            assert do(place, "export-media", path=str(up), outage="2026-4").ok
        assert "batch_sent" not in caplog.messages
        assert told(caplog, "medium_written") == [
            {"direction": "up", "number": 1, "files": 1, "outage": "2026-4"}
        ]
        assert station.status().waiting == 0
        assert station.status().last_exchange == ""  # the messenger has it, and not the server
        read = folders.read_medium(up, key, CODE, "up", 1, frozenset())
        assert isinstance(read, tuple)
        label, files = read
        assert isinstance(label, Label)
        for file in files:
            ministry.take_in(file.name, file.name.rsplit(".", 2)[0], "", file.content, "media")
        assert len(ministry.accepted()) == 1
        ministry.command(HandOver(TERMINAL, "media"))
        carries = [one for one in ministry.waiting() if isinstance(one.body, Carry)]
        boxes = {}
        for one in carries:
            body = ministry.edge.out(one.sender, one.body)
            assert isinstance(body, Carry)
            name = file_name(body.ref, "csv")
            boxes[name] = folders.sealed_for_medium(name, body.content, key)
        items = tuple(item_of(name, raw) for name, raw in boxes.items())
        folders.write_medium(down, Label("D1", CODE, "down", 1, WallClock().now, items), boxes, key)
        assert do(place, "import-media", path=str(down)).code == "no_session"
        assert do(place, "log-on", operator="clerk", pin=PIN).ok
        assert do(place, "export-media", path=str(up), outage="2026-4").code == "medium_in_use"
        with caplog.at_level(logging.INFO, "renkei.terminal"):
            assert do(place, "import-media", path=str(up)).code == "medium_refused"
            assert do(place, "import-media", path=str(down)).ok
        (refused,) = (one for one in told(caplog, "medium_refused") if one["direction"] == "down")
        assert refused == {"direction": "down", "number": 1, "found": ["MEDIUM_FOREIGN"]}
        assert told(caplog, "medium_taken") == [{"direction": "down", "number": 1, "files": len(items)}]
        assert station.status().last_exchange
        wait_for(lambda: all_told(system, 1))
        assert list(down.iterdir()) == []
        folders.write_medium(down, Label("D1", CODE, "down", 1, WallClock().now, items), boxes, key)
        assert do(place, "log-on", operator="clerk", pin=PIN).ok
        assert "MEDIUM_USED" in do(place, "import-media", path=str(down)).detail
    sound(ministry, system, 1)


def told(caplog: pytest.LogCaptureFixture, event: str) -> list[dict[str, Any]]:
    """What the log says of that event."""
    return [vars(one)["told"] for one in caplog.records if one.getMessage() == event]


def test_a_terminal_that_ended_while_it_wrote_a_medium_writes_it_again_over_its_own_and_over_no_other(
    kits: Kits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sim.drivers.live.media import write_batches

    name_of_it = "sim.drivers.live.terminal.media.write_batches"
    place = make_terminal(kits, tmp_path / "t", f"https://127.0.0.1:{free_port()}", QUICK)
    system, up = system_of(place), tmp_path / "up"
    up.mkdir()

    def written_and_lost(*arguments: Any) -> Any:
        write_batches(*arguments)
        raise UsageError("pulled out")

    with running(place) as station:
        system.drop(1, notice(1))
        wait_for(lambda: station.status().waiting == 1)
        assert do(place, "log-on", operator="clerk", pin=PIN).ok
        monkeypatch.setattr(name_of_it, written_and_lost)
        assert do(place, "export-media", path=str(up), outage="x").code == "not_written"
        monkeypatch.setattr(name_of_it, write_batches)
        begun = sorted(one.name for one in up.iterdir())
        assert len(begun) == 2
        for name in begun:
            (up / f"{name}.part").write_bytes(b"half")
        do(place, "log-on", operator="clerk", pin=PIN)
        (up / "notes.txt").touch()
        assert do(place, "export-media", path=str(up), outage="x").code == "medium_not_empty"
        (up / "notes.txt").unlink()
        assert do(place, "export-media", path=str(up), outage="x").detail == "medium 1, files: 1"
        assert sorted(one.name for one in up.iterdir()) == begun
        system.drop(2, notice(2))
        wait_for(lambda: station.status().waiting == 1)
        do(place, "log-on", operator="clerk", pin=PIN)
        assert do(place, "export-media", path=str(up), outage="x").code == "medium_in_use"


# --- at rest --------------------------------------------------------------------------------------
def test_nothing_of_a_person_lies_readable_in_the_folder(place: Place, ministry: Ministry) -> None:
    canary = "CANARY-NGUYEN"
    import msgspec

    system = system_of(place)
    ministry.failing.problem = (503, wire.NOT_READY)
    record = msgspec.structs.replace(notice(1), name=canary)
    with running(place) as station, ExitStack():
        system.drop(1, record)
        wait_for(lambda: station.status().waiting == 1)
        for path in place.folder.rglob("*"):
            if path.is_file():
                raw = path.read_bytes()
                assert canary.encode() not in raw, path
                assert b"AB00000001CD" not in raw, path
    assert place.folder.stat().st_mode & 0o077 == 0
    for path in [place.folder / settings.SETTINGS, *place.keys.rglob("*"), *place.exchange.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path
