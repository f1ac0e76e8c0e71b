"""Mutants come from outside: they replace a rule, wrap a step, change an answer, and leave the rest alone."""

from __future__ import annotations

import json
from datetime import date

from conformance.kits import KITS
from conformance.mutants.municipal import (
    Delayed,
    Held,
    altering,
    doubling,
    dropping,
    moving_first,
    rules,
    with_entries,
)
from conformance.mutants.otherwise import Otherwise
from conformance.mutants.shape import Body, Mutant, answering, each
from conformance.protocol.municipal import Reset
from conformance.reference.municipal_setup import topology_of
from sim.base.instant import DAY, Instant, instant, japan_datetime
from sim.base.journal import Entry
from sim.base.node import OUTSIDE, Event, Key, NodeId, Send, Step, Wake
from sim.law.rules import RULES
from sim.nodes.messages.registry import ConfirmNotices

EVENT = Event(Key("k"), OUTSIDE, ConfirmNotices())
A, B, C = Entry("a"), Entry("b"), Entry("c")
STEP = Step(sends=(Send(NodeId("there"), ConfirmNotices()),), entries=(A, B, C), cause=1)
NOW = instant(date(2026, 6, 3))


class Always:
    """A node that says the same to everything."""

    def step(self, state: object, event: Event, now: Instant) -> Step:
        return STEP


class Says:
    """An implementation that gives the same line to everything."""

    def __init__(self, **frame: object) -> None:
        self._line = json.dumps(frame).encode()
        self.closed = False

    def talk(self, line: bytes) -> bytes:
        return self._line

    def close(self) -> None:
        self.closed = True


def asked(mutant: Mutant, op: str, **frame: object) -> Body:
    """What an implementation with this mutant in it answers, where the right one says `frame`."""
    line = json.dumps({"id": 1, "op": op, "body": {}}).encode()
    told: Body = json.loads(mutant.around(Says(id=1, **frame)).talk(line))
    return told


def test_a_changed_step_keeps_the_entry_that_caused_its_sends() -> None:
    assert with_entries(STEP, [B, A]).cause == 0
    assert with_entries(STEP, [C, A, B]).cause == 2
    assert with_entries(STEP, [A, C]).cause == 0
    assert with_entries(Step(), []).cause == 0


def test_dropping_reordering_and_altering_touch_one_kind_only() -> None:
    assert dropping("b")(EVENT, STEP).entries == (A, C)
    assert moving_first("c")(EVENT, STEP).entries == (C, A, B)
    assert moving_first("none")(EVENT, STEP) == STEP
    assert altering("b", x=1)(EVENT, STEP).entries == (A, Entry("b", data={"x": 1}), C)


def test_doubling_sends_the_same_again() -> None:
    assert doubling(EVENT, STEP).sends == STEP.sends * 2


def test_a_delayed_node_sends_the_same_later() -> None:
    node = Delayed(Always(), DAY)
    first = node.step(None, EVENT, NOW)
    held = Held(NodeId("there"), ConfirmNotices())
    assert (first.sends, first.wakes) == ((), (Wake(Instant(NOW + DAY), held),))
    later = node.step(None, Event(Key("w"), OUTSIDE, held), Instant(NOW + DAY))
    assert later.sends == STEP.sends


def test_a_node_that_decides_otherwise_is_given_the_one_that_would_decide_right() -> None:
    node = Otherwise(Always(), lambda right, state, event, now: right.step(state, event, now))
    assert node.step(None, EVENT, NOW) == STEP


def test_an_answer_is_changed_in_one_operation_and_one_part_only() -> None:
    mutant = Mutant("m", "", "", "", answers=each("file", "outcomes", lambda one: one | {"x": 1}))
    frame = {"ok": True, "body": {"outcomes": [{"y": 2}], "steps": [{}]}}
    assert asked(mutant, "file", **frame)["body"] == {"outcomes": [{"y": 2, "x": 1}], "steps": [{}]}
    assert asked(mutant, "query", **frame)["body"] == frame["body"]


def test_a_part_can_be_left_out_of_an_answer() -> None:
    mutant = Mutant("m", "", "", "", answers=each("file", "steps", lambda one: None))
    assert asked(mutant, "file", ok=True, body={"steps": [{}, {}]})["body"] == {"steps": []}


def test_what_is_no_answer_passes_unchanged() -> None:
    mutant = Mutant("m", "", "", "", answers=answering("file", lambda body: {}))
    for frame in (
        {"ok": False, "code": "fault", "message": "no"},
        {"call": "authorise_write", "body": {"terminal": "T"}},
    ):
        assert asked(mutant, "file", **frame) == {"id": 1, **frame}


def test_only_a_mutant_that_changes_answers_stands_between_and_it_closes_what_it_wraps() -> None:
    inner = Says(id=1)
    assert Mutant("m", "", "", "").around(inner) is inner
    Mutant("m", "", "", "", answers=answering("file", dict)).around(inner).close()
    assert inner.closed


def test_a_replaced_rule_leaves_the_other_rules_and_the_law_alone() -> None:
    topology = topology_of(Reset(case="c", at=japan_datetime(NOW)))
    changed = rules(in_time=lambda deadline, filed: True)(topology)
    assert changed.rules.deem is RULES.deem
    assert changed.rules.in_time is not RULES.in_time
    assert topology.rules is RULES


def test_every_mutant_is_known_by_an_id_of_its_own_and_said_in_both_languages() -> None:
    for kit in KITS.values():
        assert len({mutant.id for mutant in kit.mutants}) == len(kit.mutants)
        assert all(mutant.ja and mutant.en for mutant in kit.mutants)
