"""A declared outage from its beginning to its end: media there and back, and nothing is lost or doubled.

A server, a network and a terminal as they are; the medium is a folder that a messenger carries.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from sim.base import journal
from sim.base.journal import Line
from sim.drivers.live.ministry import exporting, issuing
from sim.drivers.live.ministry import folder as folders
from sim.drivers.live.ministry.folder import Place
from sim.drivers.live.terminal import settings
from sim.drivers.live.terminal.leg import LegState
from sim.drivers.live.terminal.station import Station
from sim.drivers.live.wire import KEY
from sim.exchange.reconciliation import reconcile
from sim.exchange.records import Result
from sim.nodes.terminal import TerminalState
from sim.stores.sql import SqlStore, open_database
from tests.live.ministry.test_media import typed
from tests.live.network.test_commands import said, started
from tests.live.served import Served
from tests.live.terminal.rig import CODE, PIN, System, notice, people, wait_for
from tests.live.terminal.test_station import all_told, do, running, system_of

QUICK = (
    'name = "localhost"\npatience = 0.5\nwait = 1\nlongest_pause = 0.5\n'
    "\n[schedule]\nper_event = true\n\n[folders]\nevery = 0.05\n"
)


@dataclass
class Country:
    """All that takes part. `at`: where media lie."""

    at: Path
    ministry: Place
    served: Served
    network: Path
    city: settings.Place
    station: Station
    system: System

    def nothing_waits(self) -> bool:
        """Whether the server has decided everything, and the terminal has all of it."""
        with httpx.Client(trust_env=False) as client:
            seen = client.get(f"{self.served.admin}/overview").json()
        return bool(seen["kept"] == 0 and seen["waiting_down"] == 0)

    def decides(self, person: str, card: str) -> None:
        """The agency decides on a person."""
        told = {
            "type": "Decide",
            "case": f"decision-{person}",
            "ref": person,
            "reason": "period_extended",
            "card_number_before": card,
            "card_number": f"EF{card[2:]}",
            "status": "留学",
            "period_until": "2029-07-01",
        }
        headers = {KEY: f"decision-{person}", "Authorization": f"Bearer {self.ministry.token()}"}
        with httpx.Client(trust_env=False) as client:
            answer = client.post(f"{self.served.admin}/commands", json=told, headers=headers)
        assert answer.json()["ok"], answer.text

    def medium(self, name: str) -> Path:
        root = self.at / name
        root.mkdir(exist_ok=True)
        return root

    def goes_up(self, name: str) -> None:
        """A messenger goes to the agency."""
        root = self.medium(name)
        assert do(self.city, "log-on", operator="clerk", pin=PIN).ok
        assert do(self.city, "export-media", path=str(root), outage="cable").ok
        assert typed("import-media", self.ministry.folder, CODE, root)[0] == 0
        assert list(root.iterdir()) == []
        self.served.settled()

    def comes_down(self, name: str) -> None:
        """And back."""
        root = self.medium(name)
        assert typed("export-media", self.ministry.folder, CODE, root, "--outage", "cable")[0] == 0
        assert do(self.city, "log-on", operator="clerk", pin=PIN).ok
        done = do(self.city, "import-media", path=str(root))
        assert done.ok, done
        assert list(root.iterdir()) == []


@pytest.fixture
def country(tmp_path: Path) -> Iterator[Country]:
    """A server, a network, and a terminal that its kit was handed to."""
    ministry = issuing.make(tmp_path / "m", {CODE: ""}, processes=1)
    network = tmp_path / "net"
    with Served(ministry.folder) as served:
        place = f"127.0.0.1:{served.port}"
        said("init", network, "--ministry", place, "--codes", CODE, "--port", "0")
        with started(network) as port:
            kit = ministry.folder / folders.KITS / CODE
            text = (kit / settings.SETTINGS).read_text()
            text = text.replace("https://127.0.0.1:8443", f"https://127.13.1.4:{port}")
            (kit / settings.SETTINGS).write_text(text + QUICK)
            city = settings.make(tmp_path / "city", kit, people())
            with running(city) as station:
                yield Country(tmp_path, ministry, served, network, city, station, system_of(city))
    gc.collect()  # what the mark of the test is about must not be found in another test


@contextmanager
def journals(country: Country) -> Iterator[list[Line]]:
    """Those of the server, of the terminal and of its leg."""
    files = country.at / "journal.ndjson", country.at / "audit.ndjson"
    exporting.export(country.ministry, country.ministry.database, *files)
    database = open_database(country.city.folder / settings.DATABASE, key=country.city.store_key())
    try:
        yield [
            *journal.read(files[0]),
            *SqlStore(database, country.city.name, TerminalState).journal(),
            *SqlStore(database, country.city.link, LegState).journal(),
        ]
    finally:
        database.dispose()


# A line in an outage hangs up at once. Python's `ssl` then leaves the socket open that it was about to wrap.
@pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning"
)
def test_in_an_outage_media_carry_everything_and_the_line_doubles_nothing(country: Country) -> None:
    system, station = country.system, country.station
    first = notice(1)
    system.drop(1, first)
    wait_for(lambda: all_told(system, 1) and country.nothing_waits())

    said("set", country.network, "--outage", "cable")
    wait_for(lambda: not station.status().connected)
    system.drop(2, notice(2))
    country.decides(first.person_ref, first.card_number)  # type: ignore[union-attr]
    wait_for(lambda: station.status().waiting == 1)
    country.goes_up("u1")
    country.comes_down("d1")
    wait_for(lambda: all_told(system, 2) and system.notices)
    (told,) = system.notices

    system.drop(3, Result(record_id=f"{CODE}-A1", scope="record", answers=told.record_id, outcome="accepted"))
    system.drop(4, notice(4))
    wait_for(lambda: station.status().waiting == 2)
    country.goes_up("u1")
    country.comes_down("d1")
    wait_for(lambda: all_told(system, 4))
    assert station.status().waiting == 0

    said("set", country.network, "--lift", "cable")
    system.drop(5, notice(5))
    wait_for(lambda: all_told(system, 5) and country.nothing_waits(), 40)
    assert station.status().connected
    wait_for(lambda: not system.names("sent"))
    system.collect()
    assert system.outcomes() == {f"{CODE}-{number:08d}": ["accepted"] for number in (1, 2, 4, 5)}
    assert len(system.notices) == 1
    assert len({(folder, name) for folder, name, _ in system.read}) == len(system.read)
    station.call(lambda: None)
    with journals(country) as lines:
        told_of: dict[str, Counter[str]] = {}
        for line in lines:
            told_of.setdefault(line.kind, Counter())[line.data.get("record", line.subject)] += 1
        for kind in ("batch_accepted", "batch_received", "record_accepted", "notice_settled"):
            assert set(told_of[kind].values()) == {1}, kind
        for kind in ("batch_repeated", "batch_rejected", "batch_resent", "batch_replaced"):
            assert kind not in told_of, told_of[kind]
        manners = Counter(line.data.get("manner") for line in lines if line.kind == "batch_accepted")
        assert manners["media"] == 3
        exported = [line.data["sequence"] for line in lines if line.kind == "media_exported"]
        imported = [line.data["sequence"] for line in lines if line.kind == "media_imported"]
        assert exported == imported == [1, 2, 1, 2]
        found = reconcile(lines)
    assert found.sound, "\n".join(found.told())
    for sums in (found.sums(), found.batch_sums()):
        for name, one in sums.items():
            assert (one.rest, one.faults) == (0, 0), name


@pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning"
)
def test_what_lay_on_a_medium_that_was_lost_goes_over_the_line_when_the_batch_behind_it_is_missed(
    country: Country,
) -> None:
    system, station = country.system, country.station
    said("set", country.network, "--outage", "cable")
    wait_for(lambda: not station.status().connected)
    system.drop(1, notice(1))
    wait_for(lambda: station.status().waiting == 1)
    lost = country.medium("lost")
    assert do(country.city, "log-on", operator="clerk", pin=PIN).ok
    assert do(country.city, "export-media", path=str(lost), outage="cable").ok
    system.drop(2, notice(2))
    wait_for(lambda: station.status().waiting == 1)
    later = country.medium("later")
    assert do(country.city, "log-on", operator="clerk", pin=PIN).ok
    assert do(country.city, "export-media", path=str(later), outage="cable").ok
    code, told = typed("import-media", country.ministry.folder, CODE, later)
    assert (code, "MEDIUM_EARLY" in told) == (1, True)

    said("set", country.network, "--lift", "cable")
    system.drop(3, notice(3))
    wait_for(lambda: all_told(system, 1), 60)
    # Each batch that comes behind a gap brings the first one back that is missing.
    system.drop(4, notice(4))
    wait_for(lambda: all_told(system, 1, 2, 3, 4) and country.nothing_waits(), 60)
    # A copy of the first one, found after all, doubles nothing.
    assert typed("import-media", country.ministry.folder, CODE, lost)[0] == 0
    country.served.settled()
    with journals(country) as lines:
        accepted = Counter(line.subject for line in lines if line.kind == "record_accepted")
        found = reconcile(lines)
    assert set(accepted.values()) == {1}
    assert found.sound, "\n".join(found.told())
