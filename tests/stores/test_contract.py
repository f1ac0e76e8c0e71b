"""The contract of a store, held by each implementation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import HarnessError
from sim.base.instant import Instant
from sim.base.journal import Entry
from sim.base.node import (
    OUTSIDE,
    Event,
    Key,
    Node,
    NodeId,
    Reply,
    Send,
    Step,
    Store,
    Table,
    Tables,
    Wake,
    advance,
)
from sim.nodes.messages.network import Carried, Carry
from sim.nodes.messages.registry import ConfirmNotices
from sim.nodes.messages.terminal import RetryDue
from sim.stores.memory import MemoryStore
from sim.stores.sql import SqlStore, open_database
from tests.stores.databases import KINDS, places

ME, PEER = NodeId("me"), NodeId("peer")
NOW = Instant(1_000_000)


class Value(msgspec.Struct, frozen=True):
    text: str


VALUES = Table("value", Value)
OTHERS = Table("other", Value)

Open = Callable[[], Store[Tables]]


def same(tables: Tables) -> Tables:
    """The state of these tests is the tables themselves."""
    return tables


@pytest.fixture(params=["memory", *KINDS])
def reopen(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Gives the store as it was left, as after a restart."""
    if request.param == "memory":
        memory: Store[Tables] = MemoryStore(ME, same)
        yield lambda: memory
        return
    with places(request.param, request) as opened:
        yield lambda: SqlStore(opened(), ME, same)


class Does:
    """A node that does what it is told once."""

    def __init__(self, act: Callable[[Tables], Step]) -> None:
        self._act = act
        self.steps = 0

    def step(self, state: Tables, event: Event, now: Instant) -> Step:
        self.steps += 1
        return self._act(state)


def event(key: str, cause: str = "") -> Event:
    return Event(Key(key), OUTSIDE, ConfirmNotices(), cause)


def give(store: Store[Tables], key: str, act: Callable[[Tables], Step], cause: str = "") -> Any:
    node: Node[Tables] = Does(act)
    return advance(store, node, event(key, cause), NOW)


def put(table: Table[Value], **values: str) -> Callable[[Tables], Step]:
    def act(state: Tables) -> Step:
        for key, text in values.items():
            state.put(table, key, Value(text))
        return Step()

    return act


def look(store: Store[Tables], table: Table[Value] = VALUES, prefix: str = "") -> dict[str, str]:
    with store.transaction() as transaction:
        return {key: value.text for key, value in transaction.state.scan(table, prefix)}


def test_what_was_committed_is_there_after_a_restart(reopen: Open) -> None:
    give(reopen(), "k", put(VALUES, b="2", a="1"))
    assert look(reopen()) == {"a": "1", "b": "2"}


def test_a_step_that_fails_leaves_nothing_behind(reopen: Open) -> None:
    give(reopen(), "k1", put(VALUES, a="old", gone="soon"))

    def fails(state: Tables) -> Step:
        state.put(VALUES, "a", Value("new"))
        state.put(VALUES, "b", Value("new"))
        state.delete(VALUES, "gone")
        raise RuntimeError("broken")

    with pytest.raises(HarnessError, match="rolled back: RuntimeError: broken"):
        give(reopen(), "k2", fails)
    store = reopen()
    assert look(store) == {"a": "old", "gone": "soon"}
    assert list(store.journal()) == []
    assert store.outbox() == []
    assert store.alarms() == []


def test_a_step_that_failed_can_be_given_again(reopen: Open) -> None:
    def fails(state: Tables) -> Step:
        raise RuntimeError("broken")

    with pytest.raises(HarnessError):
        give(reopen(), "k", fails)
    assert not give(reopen(), "k", put(VALUES, a="1")).repeated


def test_a_key_that_was_answered_is_answered_again_without_a_step(reopen: Open) -> None:
    node = Does(lambda state: Step(Reply(False, "no", "because"), entries=(Entry("happened"),)))
    first = advance(reopen(), node, event("k"), NOW)
    again = advance(reopen(), node, event("k"), NOW)
    assert node.steps == 1
    assert again.repeated
    assert again.reply == first.reply == Reply(False, "no", "because")
    assert again.sends == ()
    assert again.wakes == ()
    assert len(list(reopen().journal())) == 1


def test_a_read_within_a_transaction_sees_its_own_writes(reopen: Open) -> None:
    seen: list[Any] = []

    def act(state: Tables) -> Step:
        state.put(VALUES, "a", Value("1"))
        seen.append(state.get(VALUES, "a"))
        state.delete(VALUES, "a")
        seen.append(state.get(VALUES, "a"))
        return Step()

    give(reopen(), "k", act)
    assert seen == [Value("1"), None]


def test_deleting_what_is_not_there_changes_nothing(reopen: Open) -> None:
    def act(state: Tables) -> Step:
        state.delete(VALUES, "never")
        return Step()

    assert give(reopen(), "k", act).reply.ok


def test_a_scan_gives_the_keys_with_the_prefix_in_order_and_no_other_table(reopen: Open) -> None:
    give(reopen(), "k1", put(VALUES, **{"b/2": "2", "b/10": "10", "b/1": "1", "a/1": "x", "c": "y"}))
    give(reopen(), "k2", put(OTHERS, **{"b/3": "other"}))
    assert list(look(reopen(), prefix="b/")) == ["b/1", "b/10", "b/2"]
    assert look(reopen(), OTHERS) == {"b/3": "other"}


def test_a_scan_may_delete_what_it_gives(reopen: Open) -> None:
    give(reopen(), "k1", put(VALUES, a="1", b="2"))

    def act(state: Tables) -> Step:
        for key, _ in state.scan(VALUES):
            state.delete(VALUES, key)
        return Step()

    give(reopen(), "k2", act)
    assert look(reopen()) == {}


def test_a_scan_gives_what_stood_there_when_it_began(reopen: Open) -> None:
    give(reopen(), "k1", put(VALUES, a="1", b="2"))
    seen: list[str] = []

    def act(state: Tables) -> Step:
        for _, value in state.scan(VALUES):
            seen.append(value.text)
            state.delete(VALUES, "b")
        return Step()

    give(reopen(), "k2", act)
    assert seen == ["1", "2"]


def test_a_key_from_outside_that_looks_like_a_wake_is_none(reopen: Open) -> None:
    give(reopen(), "k", lambda state: Step(wakes=(Wake(Instant(5), RetryDue(PEER)),)))
    for key in ("me!1", "me!x"):
        assert not give(reopen(), key, lambda state: Step()).repeated
    assert len(reopen().alarms()) == 1


def test_sends_wait_in_the_order_of_their_commit_until_they_are_dispatched(reopen: Open) -> None:
    def sends(*refs: str) -> Callable[[Tables], Step]:
        return lambda state: Step(sends=tuple(Send(PEER, Carried(PEER, ref)) for ref in refs))

    give(reopen(), "k1", sends("r1", "r2"))
    committed = give(reopen(), "k2", sends("r3"))
    waiting = reopen().outbox()
    assert [outgoing.body for outgoing in waiting] == [Carried(PEER, ref) for ref in ("r1", "r2", "r3")]
    assert waiting[2:] == list(committed.sends)
    reopen().dispatched(waiting[1])
    assert [outgoing.n for outgoing in reopen().outbox()] == [1, 3]
    assert waiting[0].key == "me>1"
    assert waiting[0].event().sender == ME


def test_a_number_is_never_used_again_after_its_send_was_dispatched(reopen: Open) -> None:
    give(reopen(), "k1", lambda state: Step(sends=(Send(PEER, Carried(PEER, "r1")),)))
    reopen().dispatched(reopen().outbox()[0])
    give(reopen(), "k2", lambda state: Step(sends=(Send(PEER, Carried(PEER, "r2")),)))
    assert [outgoing.n for outgoing in reopen().outbox()] == [2]


def test_wakes_wait_by_their_instant_until_they_were_given(reopen: Open) -> None:
    wakes = tuple(Wake(Instant(at), RetryDue(NodeId(str(at)))) for at in (300, 100, 200))
    give(reopen(), "k", lambda state: Step(wakes=wakes))
    alarms = reopen().alarms()
    assert [alarm.at for alarm in alarms] == [100, 200, 300]
    node = Does(lambda state: Step())
    advance(reopen(), node, alarms[0].event(), alarms[0].at)
    assert [alarm.at for alarm in reopen().alarms()] == [200, 300]
    assert advance(reopen(), node, alarms[0].event(), alarms[0].at).repeated


def test_lines_are_numbered_without_a_gap_and_carry_their_cause(reopen: Open) -> None:
    def act(state: Tables) -> Step:
        return Step(
            sends=(Send(PEER, Carried(PEER, "r")),),
            wakes=(Wake(Instant(5), RetryDue(PEER)),),
            entries=(Entry("first", "C1", "P1", {"a": 1}), Entry("second")),
            cause=1,
        )

    give(reopen(), "k1", act, cause="peer#9")
    give(reopen(), "k2", lambda state: Step(entries=(Entry("third"),)))
    lines = list(reopen().journal())
    assert [(line.n, line.kind, line.cause) for line in lines] == [
        (1, "first", "peer#9"),
        (2, "second", "peer#9"),
        (3, "third", ""),
    ]
    assert lines[0].id == "me#1"
    assert (lines[0].case, lines[0].subject, lines[0].data, lines[0].at) == ("C1", "P1", {"a": 1}, NOW)
    assert reopen().outbox()[0].cause == reopen().alarms()[0].cause == "me#2"


def test_a_step_without_entries_hands_its_own_cause_on(reopen: Open) -> None:
    give(reopen(), "k", lambda state: Step(sends=(Send(PEER, Carried(PEER, "r")),)), cause="peer#9")
    assert reopen().outbox()[0].cause == "peer#9"


@given(content=st.binary(max_size=200), ref=st.text(max_size=20))
def test_any_bytes_come_back_from_the_outbox_as_they_went_in(
    content: bytes, ref: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    body = Carry(PEER, ref, content)
    stores: list[Store[Tables]] = [
        MemoryStore(ME, same),
        SqlStore(open_database(tmp_path_factory.mktemp("db") / "node.db", durable=False), ME, same),
    ]
    for store in stores:
        give(store, "k", lambda state: Step(sends=(Send(PEER, body),)))
        assert store.outbox()[0].body == body


def test_two_nodes_share_a_database_and_see_nothing_of_each_other(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "site.db")
    mine, theirs = SqlStore(engine, ME, same), SqlStore(engine, PEER, same)
    give(mine, "k", put(VALUES, a="mine"))
    give(theirs, "k", lambda state: Step(entries=(Entry("theirs"),), sends=(Send(ME, Carried(ME, "r")),)))
    assert look(theirs) == {}
    assert list(mine.journal()) == []
    assert mine.outbox() == []
    assert [line.node for line in theirs.journal()] == [PEER]
    engine.dispose()


def test_a_file_that_is_no_database_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "node.db"
    path.write_bytes(b"this is not a database, whatever its name says" * 100)
    with pytest.raises(HarnessError, match="cannot be opened") as raised:
        open_database(path)
    assert str(path) in str(raised.value)
