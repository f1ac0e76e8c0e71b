"""The memory store scans as a plain dictionary would, whatever was written, deleted or rolled back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.instant import Instant
from sim.base.journal import Entry
from sim.base.node import OUTSIDE, Event, Key, NodeId, Step, Table, Tables
from sim.nodes.messages.registry import ConfirmNotices
from sim.stores.memory import MemoryStore

NUMBERS = Table("number", int)
KEYS = st.text("ab/\U0010ffff", max_size=3)
WRITES = st.tuples(st.just("put"), KEYS, st.integers(0, 9))
DELETES = st.tuples(st.just("delete"), KEYS, st.just(0))
SCANS = st.tuples(st.just("scan"), KEYS, st.just(0))
TRANSACTIONS = st.lists(st.tuples(st.lists(st.one_of(WRITES, DELETES, SCANS), max_size=8), st.booleans()))


class Spoiled(Exception):
    """The step fails."""


def same(tables: Tables) -> Tables:
    return tables


def model_scan(rows: dict[str, int], prefix: str) -> list[tuple[str, int]]:
    return sorted((key, value) for key, value in rows.items() if key.startswith(prefix))


@given(transactions=TRANSACTIONS)
def test_a_scan_gives_what_a_dictionary_would_in_the_order_of_the_keys(transactions: list[Any]) -> None:
    store = MemoryStore(NodeId("me"), same)
    rows: dict[str, int] = {}
    for acts, fails in transactions:
        staged = dict(rows)
        try:
            with store.transaction() as transaction:
                for act, key, value in acts:
                    if act == "put":
                        transaction.state.put(NUMBERS, key, value)
                        staged[key] = value
                    elif act == "delete":
                        transaction.state.delete(NUMBERS, key)
                        staged.pop(key, None)
                    else:
                        assert list(transaction.state.scan(NUMBERS, key)) == model_scan(staged, key)
                if fails:
                    raise Spoiled
            rows = staged
        except Spoiled:
            pass
        with store.transaction() as transaction:
            assert list(transaction.state.scan(NUMBERS)) == model_scan(rows, "")
            assert all(transaction.state.get(NUMBERS, key) == value for key, value in rows.items())


def write(store: MemoryStore[Tables], number: int, texts: list[str]) -> None:
    """Commits one step with an entry of a kilobyte for each text."""
    event = Event(Key(f"in/{number}"), OUTSIDE, ConfirmNotices())
    step = Step(entries=tuple(Entry("kind", subject=text, data={"filler": "x" * 1000}) for text in texts))
    with store.transaction() as transaction:
        transaction.record(event, step, Instant(number))


@given(steps=st.lists(st.lists(st.text(max_size=3), max_size=200), max_size=12))
def test_a_journal_gives_every_line_once_however_many_a_step_writes(steps: list[list[str]]) -> None:
    store = MemoryStore(NodeId("me"), same)
    for number, texts in enumerate(steps):
        write(store, number, texts)
    expected = [(text, number) for number, texts in enumerate(steps) for text in texts]
    lines = list(store.journal())
    assert [(line.subject, line.at) for line in lines] == expected
    assert [line.n for line in lines] == list(range(1, len(expected) + 1))


def test_a_walk_through_the_journal_ends_with_the_last_line_of_when_it_began() -> None:
    store = MemoryStore(NodeId("me"), same)
    write(store, 1, [str(n) for n in range(300)])
    write(store, 2, [str(n) for n in range(300, 400)])
    walk = store.journal()
    seen = [next(walk)]
    write(store, 3, [str(n) for n in range(400, 900)])
    seen += walk
    assert [line.subject for line in seen] == [str(n) for n in range(400)]


class Counting(str):
    """A key that counts how often it is looked at as the beginning of something."""

    looks = 0

    def startswith(self, *arguments: Any) -> bool:
        Counting.looks += 1
        return super().startswith(*arguments)


@pytest.mark.parametrize("cities", [10, 1_000])
def test_a_scan_looks_at_what_it_gives_and_not_at_what_the_table_holds(cities: int) -> None:
    """Forty cities cost forty times one: the rows of the others are not walked through."""
    store = MemoryStore(NodeId("me"), same)
    with store.transaction() as transaction:
        for city in range(cities):
            for row in range(3):
                transaction.state.put(NUMBERS, Counting(f"{city:04d}/{row}"), row)
        assert len(list(transaction.state.scan(NUMBERS, "0005/"))) == 3
        Counting.looks = 0
        assert len(list(transaction.state.scan(NUMBERS, "0007/"))) == 3
    assert Counting.looks <= 4
