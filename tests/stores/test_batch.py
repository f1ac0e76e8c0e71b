"""Several commits joined in one: each still fails alone, and all stand or fall with the batch."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from sim.base.errors import HarnessError
from sim.base.journal import Entry
from sim.base.node import OUTSIDE, Event, Key, NodeId, Send, Step, Tables, advance
from sim.nodes.messages.network import Carried
from sim.stores.sql import Database, SqlStore
from tests.stores.databases import KINDS, places
from tests.stores.test_contract import (
    ME,
    NOW,
    PEER,
    VALUES,
    Does,
    Value,
    event,
    give,
    look,
    put,
    same,
)


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    with places(request.param, request) as opened:
        yield opened()


def fails(state: Tables) -> Step:
    state.put(VALUES, "a", Value("never"))
    state.put(VALUES, "never", Value("never"))
    raise RuntimeError("broken")


def test_steps_of_a_batch_see_what_the_ones_before_them_wrote(database: Database) -> None:
    store = SqlStore(database, ME, same)
    seen: list[Any] = []

    def reads(state: Tables) -> Step:
        seen.append(state.get(VALUES, "a"))
        seen.extend(key for key, _ in state.scan(VALUES))
        return Step()

    with database.batch():
        give(store, "k1", put(VALUES, a="1", b="2"))
        give(store, "k2", reads)
    assert seen == [Value("1"), "a", "b"]


def test_a_step_that_fails_in_a_batch_takes_only_itself_back(database: Database) -> None:
    store = SqlStore(database, ME, same)
    with store.batch():
        give(store, "k1", put(VALUES, a="1"))
        with pytest.raises(HarnessError, match="broken"):
            give(store, "k2", fails)
        give(store, "k3", put(VALUES, b="2"))
    assert look(store) == {"a": "1", "b": "2"}
    assert not give(store, "k2", put(VALUES, c="3")).repeated


def test_a_write_of_another_kind_that_fails_in_a_batch_takes_only_itself_back(database: Database) -> None:
    store = SqlStore(database, ME, same)
    with database.batch():
        give(store, "k1", put(VALUES, a="1"))
        with pytest.raises(HarnessError, match="the database failed"), database.writing() as cursor:
            cursor.execute("INSERT INTO setting (name, value) VALUES ('x', 'y')")
            cursor.execute("INSERT INTO setting (name, value) VALUES ('x', 'y')")
        give(store, "k2", put(VALUES, b="2"))
    assert look(store) == {"a": "1", "b": "2"}
    assert database.setting("x") is None


def test_a_batch_that_fails_leaves_nothing_of_its_steps(database: Database) -> None:
    store = SqlStore(database, ME, same)
    give(store, "k0", lambda state: Step(sends=(Send(PEER, Carried(PEER, "r")),), entries=(Entry("one"),)))
    with pytest.raises(ZeroDivisionError), database.batch():
        give(store, "k1", put(VALUES, a="1"))
        store.dispatched(store.outbox()[0])
        assert store.outbox() == []
        raise ZeroDivisionError
    assert look(store) == {}
    assert len(store.outbox()) == 1
    again = give(store, "k1", lambda state: Step(entries=(Entry("two"),)))
    assert not again.repeated
    assert [line.n for line in store.journal()] == [1, 2]


def test_nobody_else_sees_a_batch_before_its_end(database: Database) -> None:
    store = SqlStore(database, ME, same)
    found: list[int] = []

    def elsewhere() -> None:
        found.append(len(list(store.journal())))

    with database.batch():
        give(store, "k1", lambda state: Step(entries=(Entry("one"),)))
        assert len(list(store.journal())) == 1
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert found == [0]
    assert len(list(store.journal())) == 1


def test_two_nodes_of_a_database_are_joined_in_one_batch(database: Database) -> None:
    mine, theirs = SqlStore(database, ME, same), SqlStore(database, PEER, same)
    with pytest.raises(ZeroDivisionError), database.batch():
        give(mine, "k", put(VALUES, a="1"))
        give(theirs, "k", put(VALUES, a="2"))
        raise ZeroDivisionError
    assert look(mine) == look(theirs) == {}


def test_a_batch_inside_a_batch_is_refused_and_the_outer_one_goes_on(database: Database) -> None:
    store = SqlStore(database, ME, same)
    with database.batch():
        with pytest.raises(HarnessError, match="inside another batch"), database.batch():
            pass
        give(store, "k", put(VALUES, a="1"))
    assert look(store) == {"a": "1"}


def test_a_transaction_inside_another_one_is_refused_and_the_outer_one_goes_on(database: Database) -> None:
    store, other = SqlStore(database, ME, same), SqlStore(database, NodeId("other"), same)
    given = Event(Key("k"), OUTSIDE, event("k").body)
    with store.transaction() as transaction:
        transaction.state.put(VALUES, "a", Value("1"))
        with pytest.raises(HarnessError, match="inside another one"):
            advance(other, Does(lambda state: Step()), given, NOW)
        transaction.record(given, Step(), NOW)
    assert look(store) == {"a": "1"}


def test_a_writer_of_another_thread_waits_for_the_end_of_the_batch(database: Database) -> None:
    store, other = SqlStore(database, ME, same), SqlStore(database, PEER, same)
    give(other, "k0", put(VALUES, a="0"))
    order: list[str] = []
    started = threading.Event()

    def elsewhere() -> None:
        started.set()
        give(other, "k", put(VALUES, a="1"))
        order.append("other")

    with database.batch():
        give(store, "k", put(VALUES, a="1"))
        thread = threading.Thread(target=elsewhere)
        thread.start()
        started.wait()
        order.append("batch")
    thread.join()
    assert order == ["batch", "other"]
    assert look(other) == {"a": "1"}


def test_a_connection_that_is_lost_takes_the_whole_batch_with_it(database: Database) -> None:
    store = SqlStore(database, ME, same)
    give(store, "k0", put(VALUES, a="0"))
    with pytest.raises(HarnessError, match="nothing of it was kept"), database.batch():
        give(store, "k1", put(VALUES, a="1"))
        with pytest.raises(HarnessError), database.writing() as cursor:
            cursor.connection.close()
            cursor.execute("SELECT 1")
    assert look(store) == {"a": "0"}
    give(store, "k1", put(VALUES, a="1"))
    assert look(store) == {"a": "1"}


def test_a_connection_that_is_lost_between_two_steps_does_no_harm(database: Database) -> None:
    store = SqlStore(database, ME, same)
    with database.writing() as cursor:
        connection = cursor.connection
    connection.close()
    if not database.is_postgresql:
        with pytest.raises(HarnessError, match="failed"):
            give(store, "k", put(VALUES, a="1"))
    give(store, "k", put(VALUES, a="1"))
    assert look(store) == {"a": "1"}
