"""Mutants come from outside: they replace a rule or wrap a step, and leave the rest alone."""

from __future__ import annotations

from datetime import date

from conformance.adapters.builtin import TOPOLOGY, BuiltinMunicipality
from conformance.mutants import ALL, Delayed, Held, doubling, dropping, moving_first, with_entries
from sim.base.instant import DAY, Instant, instant
from sim.base.journal import Entry
from sim.base.node import OUTSIDE, Event, Key, NodeId, Send, Step, Wake
from sim.law.rules import RULES
from sim.nodes.messages.registry import ConfirmNotices

EVENT = Event(Key("k"), OUTSIDE, ConfirmNotices())
A, B, C = Entry("a"), Entry("b"), Entry("c")
STEP = Step(sends=(Send(NodeId("there"), ConfirmNotices()),), entries=(A, B, C), cause=1)


class Always:
    """A node that says the same to everything."""

    def step(self, state: object, event: Event, now: Instant) -> Step:
        return STEP


def test_a_changed_step_keeps_the_entry_that_caused_its_sends() -> None:
    assert with_entries(STEP, [B, A]).cause == 0
    assert with_entries(STEP, [C, A, B]).cause == 2
    assert with_entries(STEP, [A, C]).cause == 0
    assert with_entries(Step(), []).cause == 0


def test_dropping_and_reordering_touch_one_kind_only() -> None:
    assert dropping("b")(EVENT, STEP).entries == (A, C)
    assert moving_first("c")(EVENT, STEP).entries == (C, A, B)
    assert moving_first("none")(EVENT, STEP) == STEP


def test_doubling_sends_the_same_again() -> None:
    assert doubling(EVENT, STEP).sends == STEP.sends * 2


def test_a_delayed_node_sends_the_same_later() -> None:
    node = Delayed(Always(), DAY)
    now = instant(date(2026, 6, 3))
    first = node.step(None, EVENT, now)
    held = Held(NodeId("there"), ConfirmNotices())
    assert (first.sends, first.wakes) == ((), (Wake(Instant(now + DAY), held),))
    later = node.step(None, Event(Key("w"), OUTSIDE, held), Instant(now + DAY))
    assert later.sends == STEP.sends


def test_a_mutant_changes_neither_the_law_nor_the_harness_s_own_part() -> None:
    for mutant in ALL:
        adapter = BuiltinMunicipality(mutant)
        adapter.reset(instant(date(2026, 6, 3)))
        mutant.topology(TOPOLOGY)
    assert TOPOLOGY.rules is RULES
    assert len({mutant.id for mutant in ALL}) == len(ALL)
