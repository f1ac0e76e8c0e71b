"""Whatever the network does, and whoever is rolled out first: all is decided once, and both sides agree."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from sim.base.node import NodeId
from sim.drivers.topology import MINISTRY
from sim.exchange.reconciliation import reconcile
from tests.drivers.story import AT
from tests.nodes.chaos import ROLLED_OUT, Chaos

PLACES = st.integers(0, 1_000)
FATES = st.sampled_from(["deliver", "deliver", "deliver", "double", "hold_back", "damage", "fail"])
NODES: st.SearchStrategy[NodeId] = st.sampled_from([AT.terminal, MINISTRY])


class AnyInterleaving(RuleBasedStateMachine):
    """Loss, delay, doubling, damage, reordering and mixed roll-outs, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.chaos = Chaos()

    @rule(count=st.integers(1, 3), days=st.sampled_from([0, 0, 0, 3]))
    def records_are_raised(self, count: int, days: int) -> None:
        self.chaos.raise_records(count, days)

    @rule()
    def the_agency_raises_a_notice(self) -> None:
        self.chaos.extend()

    @rule(hours=st.sampled_from([1, 11, 24, 24, 50]))
    def time_passes(self, hours: int) -> None:
        self.chaos.pass_time(hours)

    @rule(node=NODES, which=st.sampled_from(sorted(ROLLED_OUT)))
    def another_version_is_rolled_out(self, node: NodeId, which: str) -> None:
        self.chaos.roll_out(node, which)

    @precondition(lambda self: self.chaos.flights)
    @rule(place=PLACES, what=FATES)
    def something_happens_to_a_batch(self, place: int, what: str) -> None:
        flights = self.chaos.flights
        getattr(self.chaos, what)(flights[place % len(flights)])

    @precondition(lambda self: self.chaos.strays)
    @rule(place=PLACES)
    def a_copy_arrives_late(self, place: int) -> None:
        strays = self.chaos.strays
        self.chaos.stray(strays[place % len(strays)])

    def teardown(self) -> None:
        chaos = self.chaos
        chaos.settle()
        accepted = chaos.of("record_accepted", MINISTRY)
        assert len(accepted) == len(set(accepted)), "taken in twice"
        assert accepted == sorted(accepted), "out of order"
        # One verdict on each record, and it is the ministry's.
        assert set(chaos.heard) == set(chaos.sent)
        for record, outcomes in chaos.heard.items():
            assert outcomes == ["accepted" if record in accepted else "rejected"], record
        raised, settled = chaos.of("notice_raised", MINISTRY), chaos.of("notice_settled", MINISTRY)
        assert sorted(settled) == sorted(raised)
        verdict_on = {
            line.data["record"]: line.data["outcome"]
            for line in chaos.lines(MINISTRY)
            if line.kind == "notice_settled"
        }
        lines = [line for node in chaos.rigs for line in chaos.lines(node)]
        found = reconcile(lines)
        assert found.sound, found.told()
        assert not [item.name for item in found.records.values() if item.pending]
        assert all(one.rest == 0 for one in (*found.sums().values(), *found.batch_sums().values()))
        # At any instant, and by the journal of one side alone.
        for here in lines[:: max(1, len(lines) // 5)]:
            for some in (lines, [other for other in lines if other.node == here.node]):
                then = reconcile(some, here.at)
                assert then.sound, then.told()
                assert all(one.rest == 0 for one in (*then.sums().values(), *then.batch_sums().values()))
        assert sorted(chaos.imported) == sorted(r for r in raised if verdict_on[r] == "accepted")


TestAnyInterleaving = AnyInterleaving.TestCase
TestAnyInterleaving.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
