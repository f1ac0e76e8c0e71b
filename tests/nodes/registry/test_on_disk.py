"""The register on disk says what the register in memory says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sim.base.instant import Instant
from sim.base.node import OUTSIDE, Body, Event, Key, advance
from sim.law.kinds import Filing
from sim.nodes.messages.registry import (
    CancelRevision,
    ChangeRecord,
    ConfirmNotices,
    HandOverCertificate,
    Inbound,
    IssueCopy,
    OpenRegister,
    RecordAbode,
    Reraise,
    Settle,
    ShownCard,
)
from sim.nodes.registry import Registry, RegistryState
from sim.stores.memory import MemoryStore
from sim.stores.sql import SqlStore, open_database
from tests.nodes.registry.desk import (
    CODE,
    DAY,
    LINK,
    NAME,
    NEWEST,
    NOW,
    child,
    extension,
    filing,
    on,
    person,
    special,
)

ONE, TWO, ABODE = person(1), person(2), special(8)
D11 = date(2019, 4, 11)
STORY: tuple[tuple[Body, Instant], ...] = (
    (OpenRegister((ONE, TWO)), on(date(2019, 4, 1))),
    (filing(ONE, Filing.MOVING_WITHIN), NOW),
    (filing(TWO, Filing.MOVING_OUT, D11, case="C2"), NOW),
    (ChangeRecord("C3", "birth", child(), DAY, DAY, provisional=True), NOW),
    (filing(person(4), Filing.MOVING_IN, case="C4", provisional=True), NOW),
    (RecordAbode("C5", ABODE), NOW),
    (HandOverCertificate("C6", ABODE.ref, "renewal", "EF00000002GH", date(2026, 5, 3)), NOW),
    (IssueCopy("K1", ONE.ref, ShownCard("ZZ00000001ZZ", "留学", date(2024, 4, 10))), NOW),
    (Inbound("B", (extension(ONE),)), NOW),
    (ConfirmNotices(), on(D11)),
    (Settle("C3"), on(D11)),
    (CancelRevision("C7", ONE.ref, "C1"), on(D11)),
    (Reraise(NOW), on(D11)),
)


def test_one_story_gives_one_journal_and_one_register_in_memory_and_on_disk(tmp_path: Path) -> None:
    node = Registry(NAME, CODE, LINK, NEWEST)
    memory = MemoryStore(NAME, RegistryState)
    disk = SqlStore(open_database(tmp_path / "register.db"), NAME, RegistryState)
    for store in (memory, disk):
        for number, (body, now) in enumerate(STORY):
            committed = advance(store, node, Event(Key(f"k{number}"), OUTSIDE, body), now)
            assert committed.reply.ok, (body, committed.reply)
    assert list(memory.journal()) == list(disk.journal())
    assert memory.outbox() == disk.outbox()
    assert memory.alarms() == disk.alarms()
    with memory.transaction() as one, disk.transaction() as other:
        first, second = one.state, other.state
        assert first.in_scope() == second.in_scope()
        for who in (ONE, TWO, ABODE, child(), person(4)):
            assert first.history(who.ref) == second.history(who.ref)
            assert first.provisional(who.ref) == second.provisional(who.ref)
            assert first.copies(who.ref) == second.copies(who.ref)
        assert first.all_awaited() == second.all_awaited()
        assert first.answer_to("ISA-00000001") == second.answer_to("ISA-00000001") is not None
