"""Only one server for a database, until its process ends, however it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.base.errors import HarnessError
from sim.base.node import Step
from sim.stores.sql import SqlStore, open_database
from tests.stores.databases import location
from tests.stores.test_contract import ME, VALUES, give, look, put, same

HOLDER = """
import sys
from pathlib import Path
from sim.stores.sql import open_database

where = sys.argv[1]
database = open_database(where if "://" in where else Path(where), alone=True)
database.keep_setting("holder", "was here")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real_peer)])
def where(request: pytest.FixtureRequest) -> Path | str:
    return location(request.param, request)


@pytest.fixture
def holder(where: Path | str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the database."""
    command = [sys.executable, "-c", HOLDER, str(where)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_server_is_refused(where: Path | str, holder: subprocess.Popen[str]) -> None:
    for _ in range(2):
        with pytest.raises(HarnessError, match="another server works with this database") as raised:
            open_database(where, alone=True)
    assert "stop the other one first" in str(raised.value)
    assert holder.poll() is None


def test_who_only_reads_is_let_in(where: Path | str, holder: subprocess.Popen[str]) -> None:
    database = open_database(where)
    assert database.setting("holder") == "was here"
    database.dispose()


def test_after_a_kill_the_next_one_starts_at_once(where: Path | str, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    database = open_database(where, alone=True)
    assert database.setting("holder") == "was here"
    database.dispose()


def test_a_database_can_be_held_again_after_it_was_disposed_of(where: Path | str) -> None:
    for _ in range(3):
        database = open_database(where, alone=True)
        database.dispose()


def test_a_lease_is_refused_within_one_process_as_well(where: Path | str) -> None:
    database = open_database(where, alone=True)
    with pytest.raises(HarnessError, match="another server"):
        open_database(where, alone=True)
    database.keep_setting("x", "y")
    database.dispose()
    open_database(where, alone=True).dispose()


def test_a_key_that_does_not_fit_gives_the_lease_back(where: Path | str) -> None:
    open_database(where).dispose()
    with pytest.raises(Exception, match="does not fit"):
        open_database(where, alone=True, key=bytes(32))
    open_database(where, alone=True).dispose()


@pytest.mark.real_peer
def test_a_server_that_lost_its_connection_and_its_lease_writes_nothing_more(
    request: pytest.FixtureRequest,
) -> None:
    where = location("postgresql", request)
    first = open_database(where, alone=True)
    store = SqlStore(first, ME, same)
    give(store, "k1", put(VALUES, a="1"))
    with first.writing() as cursor:
        connection = cursor.connection
    connection.close()
    second = open_database(where, alone=True)
    with pytest.raises(HarnessError, match="another server"):
        give(store, "k2", put(VALUES, a="2"))
    give(SqlStore(second, ME, same), "k3", lambda state: Step())
    assert look(SqlStore(second, ME, same)) == {"a": "1"}
    second.dispose()
    # And when the other one has gone, it takes the lease again.
    give(store, "k2", put(VALUES, a="2"))
    assert look(store) == {"a": "2"}
    first.dispose()
