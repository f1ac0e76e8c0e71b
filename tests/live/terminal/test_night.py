"""Terminals against the ministry server itself: a night in which it is killed reconciles to zero."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import msgspec
import pytest

from sim.base.node import Key
from sim.drivers.live.ministry import folder as ministries
from sim.drivers.live.ministry import issuing
from sim.drivers.live.process import READY
from sim.drivers.live.terminal import settings
from sim.drivers.live.terminal.settings import Place
from sim.drivers.live.terminal.station import Station, connect
from sim.drivers.topology import MINISTRY
from sim.exchange.records import AnyRecord
from sim.nodes.messages.network import ReportFault
from sim.nodes.ministry import MinistryState
from sim.stores.sql import SqlStore, open_database
from tests.live.terminal.rig import CODE, OTHER, System, free_port, notice, wait_for

_SERVE = """
import sys
sys.path[:] = sys.argv[3:]
from pathlib import Path
from sim.drivers.live.ministry import folder, server
server.serve(folder.read(Path(sys.argv[1])), port=int(sys.argv[2]), admin_port=0)
"""


@contextmanager
def ministry(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """`renkei ministry serve` as a process of its own."""
    path = [entry for entry in sys.path if os.path.isabs(entry)]
    child = subprocess.Popen(
        [sys.executable, "-I", "-X", "utf8", "-c", _SERVE, str(folder), str(port), *path],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert child.stdout is not None
        assert any(line.startswith(READY) for line in child.stdout), "the server did not start"
        yield child
    finally:
        child.kill()
        child.wait(20)
        if child.stdout is not None:
            child.stdout.close()


@contextmanager
def running(place: Place) -> Iterator[Station]:
    """The terminal in a thread of this process."""
    with Station(place) as station:
        thread = threading.Thread(target=station.run)
        thread.start()
        try:
            yield station
        finally:
            station.stop()
            thread.join(30)


def accepted(folder: Path) -> dict[str, int]:
    """How often the server took each record in."""
    place = ministries.read(folder)
    database = open_database(place.database, key=place.store_key())
    told: dict[str, int] = {}
    try:
        for line in SqlStore(database, MINISTRY, MinistryState).journal():
            if line.kind == "record_accepted":
                told[line.data["record"]] = told.get(line.data["record"], 0) + 1
    finally:
        database.dispose()
    return told


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A server's folder for two municipalities, and the port that its kits name."""
    folder, port = tmp_path_factory.mktemp("night") / "m", free_port()
    issuing.make(folder, {CODE: "", OTHER: ""}, url=f"https://127.0.0.1:{port}")
    return folder, port


def test_a_night_in_which_the_server_is_killed_loses_and_doubles_nothing(
    made: tuple[Path, int], tmp_path: Path
) -> None:
    folder, port = made
    systems: dict[str, System] = {}
    with ExitStack() as stack:
        for code in (CODE, OTHER):
            kit = folder / "kits" / code
            text = (kit / settings.SETTINGS).read_text()
            quick = "patience = 0.5\nwait = 1\nlongest_pause = 0.5\n\n[schedule]\nper_event = true\n"
            if "patience" not in text:
                (kit / settings.SETTINGS).write_text(text + quick + "\n[folders]\nevery = 0.05\n")
            place = settings.make(tmp_path / code, kit)
            systems[code] = System(place.exchange, place.keys / settings.PLACE_KEY, code)
            stack.enter_context(running(place))
        for night in range(3):
            with ministry(folder, port) as child:
                for code, system in systems.items():
                    for number in range(night * 4 + 1, night * 4 + 5):
                        system.drop(number, own(code, number))
                least = night * 4 + (1 if night < 2 else 4)
                wait_for(lambda: all(one.told() >= least for one in systems.values()), 60)  # noqa: B023
                child.send_signal(signal.SIGKILL if night < 2 else signal.SIGTERM)
                child.wait(30)
    for code, system in systems.items():
        assert system.outcomes() == {f"{code}-{number:08d}": ["accepted"] for number in range(1, 13)}
        assert system.names("sent") == system.names("outbox") == []
    assert accepted(folder) == {f"{code}-{number:08d}": 1 for code in systems for number in range(1, 13)}


def test_the_real_server_is_asked_everything_and_takes_a_batch_by_pieces(tmp_path: Path) -> None:
    folder, port = tmp_path / "m", free_port()
    issuing.make(folder, {CODE: ""}, url=f"https://127.0.0.1:{port}")
    text = (folder / "ministry.toml").read_text()
    small = text.replace("largest_piece = 16777216", "largest_piece = 2048")
    assert small != text
    (folder / "ministry.toml").write_text(small)
    kit = folder / "kits" / CODE
    with (kit / settings.SETTINGS).open("a") as file:
        file.write("wait = 1\n\n[schedule]\nper_event = true\n\n[folders]\nevery = 0.05\n")
    place = settings.make(tmp_path / "t", kit)
    system = System(place.exchange, place.keys / settings.PLACE_KEY)
    with ministry(folder, port) as child:
        with running(place), closing(connect(place)) as client:
            offer = client.offer()
            assert offer.largest_piece == 2048
            assert client.chosen == offer.profiles[0]
            assert client.usage().batches_up == 0
            assert client.faults() == []
            assert client.say(Key("f1"), f"{CODE}/disk", ReportFault(CODE, place.name, "disk_failed")).ok
            assert [fault.fault for fault in client.faults()] == ["disk_failed"]
            system.drop(1, *(own(CODE, number) for number in range(1, 101)))
            wait_for(lambda: system.told() == 100, 60)
            assert client.usage().records_up >= 100
            client.abandon(Key("nothing-begun"))
        child.send_signal(signal.SIGTERM)
        assert child.wait(30) == 0


def own(code: str, number: int) -> AnyRecord:
    """A notice of that municipality, of a person of its own."""
    one = notice(number, person=f"P{code}{number:04d}")
    card = f"{'AB' if code == CODE else 'CD'}{number:08d}CD"
    changed: AnyRecord = msgspec.structs.replace(one, record_id=f"{code}-{number:08d}", card_number=card)
    return changed
