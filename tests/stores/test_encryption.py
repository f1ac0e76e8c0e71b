"""What lies on the disk: nothing of a person, nothing that another key opens, nothing that was moved."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import HarnessError, UsageError
from sim.base.instant import Instant
from sim.base.journal import Entry
from sim.base.node import NodeId, Reply, Send, Step, Table, Tables, Wake
from sim.drivers.crash import explore
from sim.drivers.edge import PlainEdge
from sim.drivers.topology import MINISTRY
from sim.nodes.messages.network import Carry
from sim.stores.arrivals import Arrivals, Upload
from sim.stores.memory import MemoryStore
from sim.stores.sql import Database, SqlStore, open_database
from sim.stores.vault import KeyVault
from tests.drivers.story import AT, END, TOPOLOGY, person, story
from tests.stores.databases import KEY, KINDS, places
from tests.stores.test_contract import ME, NOW, PEER, Value, give, put, same

OTHER_KEY = bytes(32)
CANARY = "CANARY4711"
PEOPLE: Table[str] = Table("people", str, secret=True)


def stored(database: Database, nodes: tuple[NodeId, ...] = ()) -> bytes:
    """Every value of every table, whatever it is; of the rows of some nodes, or of all."""
    tables = "state reply outbox wake journal counter setting kept upload piece sealed block alembic_version"
    found = []
    with database.reading() as cursor:
        for table in tables.split():
            for row in cursor.execute(f"SELECT * FROM {table}").fetchall():
                if nodes and row[0] not in nodes:
                    continue
                found += [one if isinstance(one, bytes) else str(one).encode() for one in row]
    return b"\n".join(found)


def write_everywhere(database: Database) -> None:
    """Puts the canary into everything that is encrypted."""
    store, arrivals = SqlStore(database, ME, same), Arrivals(database)

    def act(state: Tables) -> Step:
        state.put(Table("value", Value), "row", Value(CANARY))
        state.put(PEOPLE, CANARY, CANARY)
        return Step(
            Reply(False, "code", CANARY),
            (Send(PEER, Carry(PEER, "ref", CANARY.encode())),),
            (Wake(Instant(5), Carry(PEER, "ref", CANARY.encode())),),
            (Entry("kind", CANARY, CANARY, {"data": CANARY}),),
        )

    give(store, "k", act)
    arrivals.keep([Upload(PEER, key, "ref", "", CANARY.encode()) for key in "ab"], NOW)
    arrivals.decide(1, Reply(False, "code", CANARY), NOW)
    arrivals.begin(PEER, "c", "ref", "", 100, NOW)
    arrivals.append(PEER, "c", 0, CANARY.encode(), NOW, Instant(0))
    arrivals.keep_sealed(ME, 1, CANARY.encode())


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_was_written_can_be_read_without_the_key(
    kind: str, request: pytest.FixtureRequest
) -> None:
    with places(kind, request) as opened:
        database = opened()
        write_everywhere(database)
        # Without a key it is there to be found, so that the search itself is known to work.
        expected = 0 if kind.endswith("encrypted") else 13
        assert stored(database).count(CANARY.encode()) == expected


def test_the_files_of_a_database_hold_no_plain_byte_of_what_was_written(tmp_path: Path) -> None:
    database = open_database(tmp_path / "node.db", key=KEY)
    write_everywhere(database)
    for _ in range(2):  # with what still lies in the write-ahead log, and after it was closed
        files = [path.read_bytes() for path in tmp_path.iterdir()]
        assert sum(len(content) for content in files) > 10_000
        assert not any(CANARY.encode() in content for content in files)
        database.dispose()


def test_the_database_of_a_whole_story_shows_nothing_of_a_person(tmp_path: Path) -> None:
    shown: dict[bool, tuple[bytes, bytes]] = {}
    for hidden in (False, True):
        database = open_database(tmp_path / f"{hidden}.db", durable=False, key=KEY if hidden else None)
        actors = TOPOLOGY.everything(partial(SqlStore, database))
        explore(lambda actors=actors: actors, PlainEdge(), story(), END, lambda _: None)  # type: ignore[misc]
        shown[hidden] = stored(database), stored(database, (MINISTRY, AT.terminal))
        database.dispose()
    someone = person(1)
    everywhere = [someone.name, someone.card_number, someone.address]
    for canary in everywhere:
        assert canary.encode() in shown[False][0], canary
        assert canary.encode() not in shown[True][0], canary
    # Server and terminal do not show the pseudonym either, by which the register keeps its rows.
    assert someone.ref.encode() in shown[False][1]
    assert someone.ref.encode() not in shown[True][1]


def test_a_secret_row_is_found_again_by_its_key(tmp_path: Path) -> None:
    for key in (None, KEY):
        database = open_database(tmp_path / f"{key is None}.db", key=key)
        store = SqlStore(database, ME, same)
        for act in ("put a", "put b", "delete a"):
            with store.transaction() as transaction:
                if act.startswith("put"):
                    transaction.state.put(PEOPLE, act[-1], "2")
                else:
                    transaction.state.delete(PEOPLE, act[-1])
        with store.transaction() as transaction:
            assert [transaction.state.get(PEOPLE, name) for name in "abc"] == [None, "2", None]
        database.dispose()


@pytest.mark.parametrize("memory", [True, False])
def test_a_secret_table_is_never_scanned(memory: bool, tmp_path: Path) -> None:
    database = open_database(tmp_path / "node.db")
    store: Any = MemoryStore(ME, same) if memory else SqlStore(database, ME, same)
    with (
        pytest.raises(HarnessError, match="secret keys cannot be scanned"),
        store.transaction() as transaction,
    ):
        list(transaction.state.scan(PEOPLE))
    database.dispose()


@pytest.mark.parametrize(
    ("made_with", "opened_with", "message"),
    [
        (KEY, OTHER_KEY, "received: another key"),
        (KEY, None, "received: no key"),
        (None, KEY, "expected: no key"),
        (KEY, b"short", "expected: 32 bytes"),
    ],
)
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.real_peer)])
def test_a_wrong_key_is_told_when_the_database_is_opened(
    kind: str,
    made_with: bytes | None,
    opened_with: bytes | None,
    message: str,
    request: pytest.FixtureRequest,
) -> None:
    with places(kind, request) as opened:
        give(SqlStore(opened(key=made_with), ME, same), "k", put(Table("value", Value), a="1"))
        with pytest.raises(UsageError, match=message):
            opened(key=opened_with)
        assert give(SqlStore(opened(key=made_with), ME, same), "k", lambda state: Step()).repeated


def _swap(table: str, value: str) -> Callable[[Database], None]:
    def act(database: Database) -> None:
        with database.writing() as cursor:
            rows = cursor.execute(f"SELECT n, {value} FROM {table} ORDER BY n").fetchall()
            for (n, _), (_, other) in zip(rows, reversed(rows), strict=True):
                cursor.execute(database.text(f"UPDATE {table} SET {value} = ? WHERE n = ?"), (other, n))

    return act


@pytest.mark.parametrize(
    ("spoil", "read"),
    [
        (_swap("outbox", "body"), lambda database: SqlStore(database, ME, same).outbox()),
        (_swap("wake", "body"), lambda database: SqlStore(database, ME, same).alarms()),
        (_swap("journal", "line"), lambda database: list(SqlStore(database, ME, same).journal())),
        (_swap("kept", "sealed"), lambda database: Arrivals(database).undecided()),
        (_swap("block", "value"), lambda database: Arrivals(database).sealed_bytes(ME, 1)),
    ],
    ids=["outbox", "wake", "journal", "kept", "block"],
)
def test_values_that_changed_places_do_not_open(
    spoil: Callable[[Database], None], read: Callable[[Database], object], tmp_path: Path
) -> None:
    database = open_database(tmp_path / "node.db", key=KEY)
    store, arrivals = SqlStore(database, ME, same), Arrivals(database)
    for n in "12":
        body = Carry(PEER, n, b"content")
        give(
            store,
            n,
            lambda state, body=body: Step(  # type: ignore[misc]
                sends=(Send(PEER, body),), wakes=(Wake(Instant(5), body),), entries=(Entry("kind"),)
            ),
        )
        arrivals.keep([Upload(PEER, n, "ref", "", b"content")], NOW)
        arrivals.keep_sealed(ME, int(n), b"content")
    read(database)
    spoil(database)
    with pytest.raises(HarnessError, match="altered, or moved from another row"):
        read(database)
    database.dispose()


def test_an_altered_value_fails_the_step_that_reads_it_and_nothing_else(tmp_path: Path) -> None:
    database = open_database(tmp_path / "node.db", key=KEY)
    store, values = SqlStore(database, ME, same), Table("value", Value)
    give(store, "k", put(values, a="1", b="2"))
    with database.writing() as cursor:
        row = cursor.execute("SELECT value FROM state WHERE key = 'a'").fetchone()
        for key, value in (("a", row[0][:-1] + bytes([row[0][-1] ^ 1])), ("b", b"short")):
            cursor.execute("UPDATE state SET value = ? WHERE key = ?", (value, key))
    for key in "ab":
        with pytest.raises(HarnessError, match="does not open"):
            give(store, f"reads {key}", lambda state, key=key: state.get(values, key) and Step())  # type: ignore[misc]
    give(store, "k2", put(values, a="3"))
    with store.transaction() as transaction:
        assert transaction.state.get(values, "a") == Value("3")
    database.dispose()


@given(value=st.binary(max_size=100), place=st.lists(st.text(max_size=5), max_size=3))
def test_a_value_opens_where_it_was_sealed_and_nowhere_else(value: bytes, place: list[str]) -> None:
    vault = KeyVault(KEY)
    sealed = vault.seal(value, *place)
    assert vault.open(sealed, *place) == value
    assert vault.seal(value, *place) != sealed
    for other in (KeyVault(OTHER_KEY), vault):
        with pytest.raises(HarnessError):
            other.open(sealed, *place, "elsewhere")
    with pytest.raises(HarnessError):
        KeyVault(OTHER_KEY).open(sealed, *place)


@given(key=st.text(max_size=20), other=st.text(max_size=20))
def test_hidden_keys_are_the_same_for_the_same_key_only(key: str, other: str) -> None:
    vault = KeyVault(KEY)
    assert vault.hide(key) == KeyVault(KEY).hide(key)
    assert (vault.hide(key) == vault.hide(other)) == (key == other)
    assert vault.hide(key) != KeyVault(OTHER_KEY).hide(key)
    assert len(vault.hide(key)) == 44
