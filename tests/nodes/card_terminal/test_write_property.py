"""Whatever is sent in whatever order: no chip is written without a fresh authorisation, and none twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import hypothesis.strategies as st
import msgspec
from hypothesis import given, settings

from sim.base.instant import MINUTE, SECOND, Instant
from sim.base.node import OUTSIDE, Body, NodeId
from sim.law.write_policy import Ministry, Policy, State
from sim.law.write_requirements import Connection
from sim.nodes.lgwan import Outage
from sim.nodes.messages.cards import (
    ChipWritten,
    MinistrySignature,
    PatternReleased,
    ReportDue,
    SwitchWriting,
    TakePolicyStep,
    TerminalFacts,
    WriteAuthorised,
    WriteChip,
    WriteDenied,
    WriteLate,
)
from tests.nodes.card_terminal.town import (
    ACTIVE,
    AUTHORITY,
    CODE,
    COUNTER,
    NOON,
    OTHER,
    PERSON,
    TERMINAL,
    TODAY,
    Town,
    ready,
    writing,
)


@dataclass
class Chips:
    """The border with a chip behind it: remembers under which authorisation it was written."""

    written: list[str] = field(default_factory=list)

    def out(self, sender: NodeId, body: Body) -> Body:
        if sender == TERMINAL and isinstance(body, WriteChip):
            self.written.append(body.authorisation)
            return msgspec.structs.replace(body, outcome="match")
        return body

    def into(self, to: NodeId, body: Body, now: Instant) -> Body:
        return body


_REQUESTS = st.integers(1, 4).map(lambda n: f"{TERMINAL}/{n:08d}")
_AUTHORISATIONS = st.integers(1, 4).map(lambda n: f"W{n:08d}")
_SENDERS = st.sampled_from([OUTSIDE, COUNTER, TERMINAL, AUTHORITY, NodeId("terminal-131041")])
_BOTH = tuple(MinistrySignature(ministry, TODAY) for ministry in Ministry)
_FACTS = st.builds(
    TerminalFacts,
    st.just(str(TERMINAL)),
    st.just("main_office"),
    st.sampled_from([Connection.LGWAN, Connection.LGWAN, Connection.STANDALONE]),
    st.booleans(),
)
_TO_TERMINAL = st.one_of(
    st.builds(writing),
    st.builds(SwitchWriting, st.booleans()),
    st.builds(WriteAuthorised, _REQUESTS, _AUTHORISATIONS),
    st.builds(WriteDenied, _REQUESTS, st.just(("suspended",))),
    st.builds(
        WriteChip,
        _REQUESTS,
        _AUTHORISATIONS,
        st.just(PERSON.ref),
        st.just("x"),
        st.just(TODAY),
        st.sampled_from(["", "match"]),
    ),
    st.builds(WriteLate, _REQUESTS),
    st.builds(ReportDue, _AUTHORISATIONS, st.booleans()),
    st.builds(PatternReleased, st.just("v2"), st.just(TODAY - timedelta(days=1))),
)
_TO_AUTHORITY = st.one_of(
    st.builds(ChipWritten, st.just(str(TERMINAL)), _AUTHORISATIONS, st.booleans()),
    st.builds(
        TakePolicyStep, st.sampled_from(["survey", "decision", "start"]), st.just(_BOTH), st.just(TODAY)
    ),
    st.builds(ready, st.sampled_from([CODE, OTHER]), st.tuples(_FACTS), lan_configured=st.booleans()),
)
# The line tells who speaks, so nobody else speaks in the authority's name.
_STEPS = st.one_of(
    st.tuples(st.just(TERMINAL), _TO_TERMINAL, _SENDERS.filter(lambda one: one != AUTHORITY)),
    st.tuples(st.just(AUTHORITY), _TO_AUTHORITY, _SENDERS),
    st.tuples(st.just(TERMINAL), st.builds(writing), st.just(COUNTER)),
)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.tuples(_STEPS, st.integers(0, 40)), max_size=25),
    st.sampled_from([ACTIVE, Policy(), Policy(date(2014, 4, 1))]),
    st.sampled_from([None, (), (Outage(Instant(NOON + 1500), Instant(NOON + 3 * SECOND)),)]),
)
def test_no_sequence_writes_a_chip_without_a_fresh_authorisation_or_twice_with_one(
    steps: list[tuple[tuple[NodeId, Body, NodeId], int]],
    policy: Policy,
    outages: tuple[Outage, ...] | None,
) -> None:
    """S0-036, S0-045, S0-047: one write for one authorisation, and none of either before the start."""
    chips = Chips()
    town = Town(policy=policy, outages=outages, edge=chips, municipalities=(CODE, OTHER), reports=False)
    town.give(AUTHORITY, ready())
    town.give(AUTHORITY, ready(OTHER))
    now = NOON
    for (to, body, sender), seconds in steps:
        now = Instant(now + seconds * SECOND)
        town.ring(now)
        town.give(to, body, sender, now)
    town.ring(Instant(now + MINUTE))

    given_out = {line.data["authorisation"]: line for line in town.lines("write_authorised", node=AUTHORITY)}
    assert len(set(chips.written)) == len(chips.written)
    assert set(chips.written) <= set(given_out)
    written = town.lines("address_written", node=TERMINAL)
    assert [line.data["authorisation"] for line in written] == chips.written
    active = [line.at for line in town.lines("policy_moved") if line.data["state"] == State.ACTIVE]
    start = NOON if policy is ACTIVE else min(active, default=None)
    for line in written:
        asked = given_out[line.data["authorisation"]]
        assert start is not None and start <= asked.at <= line.at <= asked.at + town.terminal.patience


def test_the_property_sees_writes_at_all() -> None:
    """A property over runs in which nothing is ever written would prove nothing."""
    chips = Chips()
    town = Town(edge=chips)
    for _ in range(3):
        town.ask(writing())
    assert chips.written == ["W00000001", "W00000002", "W00000003"]
