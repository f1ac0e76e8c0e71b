"""A process that dies anywhere loses nothing and doubles nothing, on either store."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.base import journal
from sim.base.errors import HarnessError
from sim.base.journal import Line
from sim.base.node import NodeId, Store, Tables
from sim.drivers.crash import Point, Tally, explore
from sim.drivers.edge import PlainEdge
from sim.drivers.site import Actor
from sim.nodes.registry import RegistryState
from sim.stores.memory import MemoryStore
from sim.stores.sql import Database, SqlStore, open_database
from tests.drivers.story import AT, END, TOPOLOGY, story

OpenActors = Callable[[], dict[NodeId, Actor]]


def in_memory() -> OpenActors:
    """Actors whose stores outlive a crash because nobody throws them away."""
    stores: dict[NodeId, Store[Any]] = {}

    def store(node: NodeId, state: Callable[[Tables], Any]) -> Store[Any]:
        return stores.setdefault(node, MemoryStore(node, state))

    return lambda: TOPOLOGY.everything(store)


def in_sqlite(path: Path) -> OpenActors:
    """Actors whose stores are opened anew from the file after each crash."""
    engines: list[Database] = []

    def open_actors() -> dict[NodeId, Actor]:
        for engine in engines:
            engine.dispose()
        engines[:] = [open_database(path, durable=False)]
        return TOPOLOGY.everything(lambda node, state: SqlStore(engines[0], node, state))

    return open_actors


def happened(actors: dict[NodeId, Actor]) -> Counter[str]:
    """What the journals say, without the order in which independent transfers overtook each other."""
    return Counter(_told(line) for actor in actors.values() for line in actor.store.journal())


def _told(line: Line) -> str:
    # A transfer that waited for another one starts later, and a batch made later says so in its bytes.
    # The audit log counts its entries in the order in which they came, which is that of the transfers.
    order = ("n", "session", "hash") if line.kind == "audit_logged" else ("started", "digest")
    data = {key: value for key, value in line.data.items() if key not in order}
    return f"{line.node} {line.kind} {line.case} {line.subject} {sorted(data.items())}"


def register(actors: dict[NodeId, Actor]) -> list[Any]:
    """The resident records as they stand."""
    with actors[AT.registry].store.transaction() as transaction:
        state = transaction.state
        assert isinstance(state, RegistryState)
        return state.residents()


def undisturbed() -> tuple[int, Counter[str], list[Any]]:
    open_actors = in_memory()
    tally = explore(open_actors, PlainEdge(), story(), END, lambda _: None)
    return tally.opportunities, happened(open_actors()), register(open_actors())


def storm(seed: int, share: float) -> Callable[[int], Point | None]:
    """A plan that dies at about `share` of all opportunities."""
    draw = random.Random(seed)
    points = list(Point)
    return lambda _: draw.choice(points) if draw.random() < share else None


def once(place: int, point: Point) -> Callable[[int], Point | None]:
    """A plan with a single event."""
    return lambda n: point if n == place else None


def crashes(tally: Tally) -> int:
    """Deaths only: delivering twice is tried too, but kills nobody."""
    return tally.total - tally.crashes.get(Point.DELIVERED_TWICE, 0)


def test_the_story_touches_every_kind_of_entry_that_a_crash_could_spoil() -> None:
    _, told, _ = undisturbed()
    kinds = {row.split()[1] for row in told}
    assert {
        "filing_accepted", "record_made", "record_corrected", "record_removed", "record_raised",
        "removal_planned", "residence_duty_open", "residence_duty_closed", "batch_made", "batch_delayed",
        "batch_sent", "batch_received", "batch_accepted", "record_accepted", "result_applied",
        "notice_raised", "notice_imported", "notice_confirmed", "notice_settled", "transfer_refused",
    } <= kinds  # fmt: skip


@pytest.mark.parametrize("point", list(Point))
def test_one_crash_at_every_single_opportunity_changes_nothing(point: Point) -> None:
    """S3-003."""
    opportunities, told, records = undisturbed()
    tried = 0
    for place in range(opportunities):
        open_actors = in_memory()
        tally = explore(open_actors, PlainEdge(), story(), END, once(place, point))
        tried += tally.total
        assert happened(open_actors()) == told, f"{point} at opportunity {place}"
        assert register(open_actors()) == records
    assert tried > opportunities // 4


def test_five_thousand_crashes_in_memory_lose_nothing_and_double_nothing() -> None:
    _, told, records = undisturbed()
    total, seed = 0, 0
    while total < 5_000:
        open_actors = in_memory()
        total += crashes(explore(open_actors, PlainEdge(), story(), END, storm(seed, 0.4)))
        assert happened(open_actors()) == told, f"storm {seed}"
        assert register(open_actors()) == records, f"storm {seed}"
        seed += 1
    assert total >= 5_000


def test_five_thousand_crashes_on_sqlite_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    _, told, records = undisturbed()
    total, seed = 0, 0
    while total < 5_000:
        open_actors = in_sqlite(tmp_path / f"{seed}.db")
        total += crashes(explore(open_actors, PlainEdge(), story(), END, storm(seed, 0.6)))
        assert happened(open_actors()) == told, f"storm {seed}"
        assert register(open_actors()) == records, f"storm {seed}"
        seed += 1
    assert total >= 5_000


def test_records_of_one_person_keep_their_order_through_a_storm() -> None:
    for seed in range(20):
        open_actors = in_memory()
        explore(open_actors, PlainEdge(), story(), END, storm(seed, 0.5))
        lines = list(journal.merge(actor.store.journal() for actor in open_actors().values()))
        raised = [
            line.data["record"]
            for line in lines
            if line.kind == "record_raised" and line.subject == "P0000003"
        ]
        taken = [
            line.data["record"]
            for line in lines
            if line.kind == "record_accepted" and line.subject == "P0000003"
        ]
        assert raised == taken == sorted(raised)


def test_an_explorer_that_never_crashes_sees_no_crash() -> None:
    tally = explore(in_memory(), PlainEdge(), story(), END, lambda _: None)
    assert tally.total == 0


def test_a_plan_that_kills_every_life_ends_with_a_fault_of_the_harness(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sim.drivers.crash.MOST_LIVES", 50)
    with pytest.raises(HarnessError, match="kills every life"):
        explore(in_memory(), PlainEdge(), story(), END, lambda _: Point.BEFORE_COMMIT)


def test_the_explorer_sees_a_store_that_forgets_its_outbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check can fail: a store that drops undispatched sends is found out."""
    _, told, _ = undisturbed()
    monkeypatch.setattr(MemoryStore, "outbox", lambda self: [])
    spoiled = 0
    for seed in range(5):
        open_actors = in_memory()
        explore(open_actors, PlainEdge(), story(), END, storm(seed, 0.4))
        spoiled += happened(open_actors()) != told
    assert spoiled == 5


def test_the_explorer_sees_a_store_that_forgets_its_replies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check can fail: a store that does not know a key again is found out."""
    monkeypatch.setattr(MemoryStore, "replied", lambda self, key: None)
    with pytest.raises(HarnessError, match="processed again"):
        explore(in_memory(), PlainEdge(), story(), END, once(10, Point.DELIVERED_TWICE))
