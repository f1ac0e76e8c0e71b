"""What a store in a database does beyond the contract: it scans, pages and looks up by index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.base.journal import Entry
from sim.base.node import NodeId, Outgoing, Send, Step, Table, Tables
from sim.nodes.messages.network import Carried, Carry
from sim.stores import sql
from sim.stores.sql import Database, SqlStore
from tests.stores.databases import KINDS, places
from tests.stores.test_contract import ME, PEER, give, same
from tests.stores.test_memory import NUMBERS, TRANSACTIONS, Spoiled, model_scan

LGWAN = NodeId("lgwan")
SECRET = Table("secret", int, secret=True)


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    with places(request.param, request) as opened:
        yield opened()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(transactions=TRANSACTIONS, joined=st.booleans())
def test_tables_behave_as_dictionaries_would_whatever_is_written_or_taken_back(
    database: Database, transactions: list[Any], joined: bool
) -> None:
    store = SqlStore(database, ME, same)
    with store.transaction() as transaction:
        for key, _ in list(transaction.state.scan(NUMBERS)):
            transaction.state.delete(NUMBERS, key)
            transaction.state.delete(SECRET, key)
    if joined:
        with database.batch():
            _play(store, transactions)
    else:
        _play(store, transactions)


def _play(store: SqlStore[Tables], transactions: list[Any]) -> None:
    rows: dict[str, int] = {}
    for acts, fails in transactions:
        staged = dict(rows)
        try:
            with store.transaction() as transaction:
                state = transaction.state
                for act, key, value in acts:
                    assert state.get(NUMBERS, key) == state.get(SECRET, key) == staged.get(key)
                    if act == "put":
                        state.put(NUMBERS, key, value)
                        state.put(SECRET, key, value)
                        staged[key] = value
                    elif act == "delete":
                        state.delete(NUMBERS, key)
                        state.delete(SECRET, key)
                        staged.pop(key, None)
                    else:
                        assert list(state.scan(NUMBERS, key)) == model_scan(staged, key)
                if fails:
                    raise Spoiled
            rows = staged
        except Spoiled:
            pass
        with store.transaction() as transaction:
            state = transaction.state
            assert all(state.get(NUMBERS, key) == value for key, value in rows.items())
            assert list(state.scan(NUMBERS)) == model_scan(rows, "")


@pytest.mark.parametrize("many", [4, 5, 260, 261, 600])
def test_a_scan_of_many_rows_gives_each_of_them_once(database: Database, many: int) -> None:
    store = SqlStore(database, ME, same)
    with store.transaction() as transaction:
        for n in range(many):
            transaction.state.put(NUMBERS, f"a/{n:04d}", n)
        transaction.state.put(NUMBERS, "b", -1)
    with store.transaction() as transaction:
        transaction.state.put(NUMBERS, "a/0002", 99)
        transaction.state.delete(NUMBERS, "a/0003")
        found = list(transaction.state.scan(NUMBERS, "a/"))
    expected = {f"a/{n:04d}": n for n in range(many)} | {"a/0002": 99}
    del expected["a/0003"]
    assert found == sorted(expected.items())


@pytest.mark.parametrize("prefix", ["a\U0010ffff", "\U0010ffff", "\ud7ff", "aあ", "%", "_", "a'"])
def test_a_prefix_of_any_characters_finds_what_begins_with_it(database: Database, prefix: str) -> None:
    store = SqlStore(database, ME, same)
    keys = [prefix, prefix + "x", prefix + "\U0010ffff", "a", "b", "\ue000", "\uffff"]
    with store.transaction() as transaction:
        for key in keys:
            transaction.state.put(NUMBERS, key, 1)
    with store.transaction() as transaction:
        found = [key for key, _ in transaction.state.scan(NUMBERS, prefix)]
    assert found == sorted({key for key in keys if key.startswith(prefix)})


def test_sends_are_found_by_their_peer_behind_the_network_and_by_their_number(database: Database) -> None:
    store = SqlStore(database, ME, same)
    other = NodeId("other")
    bodies = [Carry(PEER, "r1", b""), Carry(other, "r2", b""), Carry(PEER, "r3", b"")]
    sends = tuple(Send(LGWAN, body) for body in bodies)
    give(store, "k", lambda state: Step(sends=(*sends, Send(ME, Carried(ME, "r4")))))
    assert [one.body for one in store.outbox(PEER)] == [bodies[0], bodies[2]]
    assert store.outbox(NodeId("nobody")) == []
    assert store.outgoing(2) == Outgoing(ME, 2, LGWAN, bodies[1], "")
    assert store.waiting() == {ME: 1, other: 1, PEER: 2}
    store.dispatched(store.outbox(PEER)[0])
    assert store.outgoing(1) is None
    assert store.outgoing(99) is None
    assert store.waiting() == {ME: 1, other: 1, PEER: 1}


def test_a_journal_can_be_read_from_any_line_on(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "_PAGE", 2)
    store = SqlStore(database, ME, same)
    for n in range(1, 6):  # 1, 2, 3 … lines in a commit
        give(store, f"k{n}", lambda state, n=n: Step(entries=(Entry("kind"),) * n))  # type: ignore[misc]
    for after in (0, 1, 2, 3, 5, 14, 15, 99):
        assert [line.n for line in store.journal(after)] == list(range(after + 1, 16)), after


def test_an_export_of_a_journal_holds_up_no_writer(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "_PAGE", 1)
    store = SqlStore(database, ME, same)
    for n in range(3):
        give(store, f"k{n}", lambda state: Step(entries=(Entry("kind"),)))
    walk = store.journal()
    next(walk)
    give(store, "k", lambda state: Step(entries=(Entry("later"),)))
    assert [line.kind for line in walk] == ["kind", "kind", "later"]
