"""A machine that takes another's place goes on where that one stood: nothing is lost, and nothing is doubled.

S1-018 (a replacement terminal resumes at the right sequence number).
"""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from sim.base.instant import HOUR, Instant
from sim.base.node import OUTSIDE
from sim.drivers.topology import MINISTRY
from sim.exchange.reconciliation import reconcile
from sim.nodes.messages.network import AskSequences, Relayed, Sequences
from sim.nodes.messages.registry import Outbound
from sim.nodes.messages.terminal import ReplaceTerminal
from tests.drivers.story import AT
from tests.exchange.samples import notice
from tests.nodes.terminal.replacing import Replacing

NIGHT = 11


def exchanged(chaos: Replacing, nights: int) -> None:
    """So many nights on which nothing goes wrong."""
    for _ in range(nights * 24):
        chaos.run_link()
        while chaos.flights:
            chaos.deliver(chaos.flights[0])
            chaos.run_link()
        chaos.pass_time(1)


def made(chaos: Replacing) -> list[tuple[str, int]]:
    """The batches that went up: number and edition."""
    return [
        (line.subject[-2:], line.data.get("edition", 1))
        for line in chaos.lines(AT.terminal)
        if line.kind == "batch_made"
    ]


def replaced(chaos: Replacing) -> None:
    """The machine is replaced and gets all the answers that it asks for."""
    chaos.replace()
    while chaos.relays or chaos.flights:
        if chaos.relays:
            chaos.relay(0)
        else:
            chaos.deliver(chaos.flights[0])
        chaos.run_link()


def test_it_goes_on_with_the_number_that_is_due_and_says_so() -> None:
    chaos = Replacing()
    chaos.raise_records(1, 0)
    exchanged(chaos, 3)
    assert [number for number, _ in made(chaos)] == ["01", "02", "03"]
    replaced(chaos)
    line = chaos.rigs[AT.terminal].last("terminal_replaced")
    assert (line.data["before"], line.data["after"]) == ("1", "M2")
    assert line.data["resumes"]["resident_register"] == 4
    chaos.raise_records(1, 0)
    exchanged(chaos, 2)
    # The first exchange follows at once, the daily ones as before; each under a name of the machine's own.
    assert made(chaos)[3:] == [("04", 2000), ("05", 2000), ("06", 2000)]
    assert chaos.heard == {name: ["accepted"] for name in chaos.sent}


def test_a_number_that_the_former_machine_used_in_vain_is_used_again_and_its_stray_is_refused() -> None:
    chaos = Replacing()
    chaos.raise_records(2, 0)
    chaos.run_link()
    chaos.pass_time(NIGHT)
    (lost,) = chaos.flights
    chaos.hold_back(lost)  # the network says it was carried, and it will arrive when nobody expects it
    replaced(chaos)
    chaos.stray(lost)
    exchanged(chaos, 3)
    assert made(chaos)[:2] == [("01", 1), ("01", 2000)]
    refused = [line for line in chaos.lines(MINISTRY) if line.kind == "batch_rejected"]
    assert [line.data["code"] for line in refused] == ["SEQUENCE_STALE"]
    assert chaos.accepted() == list(chaos.sent)
    assert chaos.heard == {name: ["accepted"] for name in chaos.sent}
    found = reconcile([line for node in chaos.rigs for line in chaos.lines(node)])
    assert found.sound, found.told()


def test_results_that_the_former_machine_never_got_come_again_before_anything_is_raised_again() -> None:
    chaos = Replacing()
    chaos.raise_records(1, 0)
    chaos.run_link()
    chaos.pass_time(NIGHT)
    chaos.deliver(chaos.flights[0])  # the server took the record in
    (answer,) = chaos.flights
    chaos.flights.remove(answer)
    chaos._said_carried(answer)  # and its answer went astray with the old machine
    replaced(chaos)
    assert chaos.heard == {name: ["accepted"] for name in chaos.sent}
    exchanged(chaos, 2)
    assert chaos.accepted() == list(chaos.sent)
    assert "record_rejected" not in {line.kind for line in chaos.lines(MINISTRY)}


def test_it_sends_and_takes_in_nothing_before_it_knows_the_numbers() -> None:
    chaos = Replacing()
    chaos.raise_records(1, 0)
    exchanged(chaos, 1)
    chaos.replace()
    before = len(made(chaos))
    chaos.pass_time(30)  # the exchange was due meanwhile, and the server did not answer
    assert len(made(chaos)) == before
    asked = [relay for _, relay in chaos.relays if isinstance(relay.body, AskSequences)]
    assert len(asked) > 10 and len(set(asked)) == 1
    while chaos.relays:
        chaos.relay(0)
    assert len(made(chaos)) == before + 1  # that exchange takes place now


def test_an_answer_to_the_machine_before_it_changes_nothing() -> None:
    chaos = Replacing()
    exchanged(chaos, 1)
    chaos.replace()
    chaos.relay(0)
    ((_, old),) = chaos.relays
    chaos.relays.clear()
    chaos.now = Instant(chaos.now + HOUR)
    chaos.replace()
    chaos.give(AT.terminal, Relayed(MINISTRY, old.ref, old.body))
    assert "terminal_replaced" not in {line.kind for line in chaos.lines(AT.terminal)}
    assert isinstance(old.body, Sequences)
    exchanged(chaos, 1)
    while chaos.relays:
        chaos.relay(0)
    assert chaos.rigs[AT.terminal].last("terminal_replaced").data["before"] == "M2"


def test_records_that_the_registry_hands_over_meanwhile_are_not_taken_twice() -> None:
    chaos = Replacing()
    chaos.raise_records(1, 0)
    chaos.run_link()
    chaos.replace()
    chaos.raise_records(1, 0)
    chaos.run_link()
    assert chaos.rigs[AT.terminal].last("records_let_go").data == {"records": 1}
    while chaos.relays:
        chaos.relay(0)
    chaos.run_link()
    exchanged(chaos, 2)
    assert chaos.accepted() == list(chaos.sent)
    # An answer that comes twice is let go too.
    again = Outbound((notice(1),), chaos.rigs[AT.terminal].last("terminal_replaced").at)
    chaos.give(AT.terminal, again, AT.link)
    exchanged(chaos, 2)
    assert chaos.accepted() == list(chaos.sent)


def test_an_answer_to_a_notice_that_was_lost_with_the_machine_goes_up_again() -> None:
    chaos = Replacing()
    chaos.extend()
    exchanged(chaos, 1)
    chaos.run_link()  # the register's answer waits in the terminal now
    assert chaos.imported == ["ISA-00000001"]
    assert chaos.of("notice_settled", MINISTRY) == []
    replaced(chaos)
    exchanged(chaos, 2)
    assert chaos.imported == ["ISA-00000001"]
    assert chaos.of("notice_settled", MINISTRY) == ["ISA-00000001"]


def test_what_the_registry_had_ready_for_the_machine_before_it_is_let_go() -> None:
    chaos = Replacing()
    chaos.raise_records(1, 0)
    chaos.run_link()
    for _ in range(2):
        chaos.replace()
        while chaos.relays:
            chaos.relay(0)
        chaos.now = Instant(chaos.now + HOUR)
    first, second = chaos.down
    chaos.down.clear()
    chaos._register(first)
    chaos.raise_records(1, 0)
    chaos._register(second)
    chaos.run_link()
    assert [one.data for one in chaos.lines(AT.terminal) if one.kind == "records_let_go"] == [
        {"records": 1},
        {"records": 1},
    ]
    exchanged(chaos, 2)
    assert chaos.accepted() == list(chaos.sent)
    assert "record_rejected" not in {line.kind for line in chaos.lines(MINISTRY)}


def test_nobody_but_the_console_replaces_a_terminal() -> None:
    chaos = Replacing()
    committed = chaos.rigs[AT.terminal].give(ReplaceTerminal("X"), chaos.now, AT.link)
    assert (committed.reply.ok, committed.reply.code) == (False, "not_listed")
    assert chaos.rigs[AT.terminal].give(ReplaceTerminal("X"), chaos.now, OUTSIDE).reply.ok


PLACES = st.integers(0, 1_000)
FATES = st.sampled_from(["deliver", "deliver", "deliver", "double", "hold_back", "damage", "fail"])


class AnyReplacement(RuleBasedStateMachine):
    """Machines are replaced at any moment, while batches and messages are lost, late, doubled and damaged."""

    def __init__(self) -> None:
        super().__init__()
        self.chaos = Replacing()

    @rule(count=st.integers(1, 3), days=st.sampled_from([0, 0, 0, 3]))
    def records_are_raised(self, count: int, days: int) -> None:
        self.chaos.raise_records(count, days)

    @rule()
    def the_agency_raises_a_notice(self) -> None:
        self.chaos.extend()

    @rule()
    def the_link_runs(self) -> None:
        self.chaos.run_link()

    @rule(hours=st.sampled_from([1, 11, 24, 24, 50]))
    def time_passes(self, hours: int) -> None:
        self.chaos.pass_time(hours)

    @rule(link=st.booleans())
    def the_machine_is_replaced(self, link: bool) -> None:
        if link:
            self.chaos.run_link()
        self.chaos.replace()

    @precondition(lambda self: self.chaos.relays)
    @rule(place=PLACES, what=st.sampled_from(["arrives", "arrives", "arrives", "twice", "lost"]))
    def something_happens_to_a_message(self, place: int, what: str) -> None:
        place %= len(self.chaos.relays)
        if what == "lost":
            del self.chaos.relays[place]
        else:
            self.chaos.relay(place, keep=what == "twice")

    @precondition(lambda self: self.chaos.flights)
    @rule(place=PLACES, what=FATES)
    def something_happens_to_a_batch(self, place: int, what: str) -> None:
        flights = self.chaos.flights
        getattr(self.chaos, what)(flights[place % len(flights)])

    @precondition(lambda self: self.chaos.strays)
    @rule(place=PLACES)
    def a_copy_arrives_late(self, place: int) -> None:
        self.chaos.stray(self.chaos.strays[place % len(self.chaos.strays)])

    def teardown(self) -> None:
        chaos = self.chaos
        chaos.settle()
        accepted = chaos.accepted()
        assert len(accepted) == len(set(accepted)), "taken in twice"
        assert accepted == sorted(accepted), "out of order"
        assert set(chaos.heard) == set(chaos.sent) and not chaos.pending
        for record, outcomes in chaos.heard.items():
            assert outcomes == ["accepted" if record in accepted else "rejected"], record
        raised, settled = chaos.of("notice_raised", MINISTRY), chaos.of("notice_settled", MINISTRY)
        assert sorted(settled) == sorted(raised)
        assert sorted(chaos.imported) == sorted(set(chaos.imported))
        lines = [line for node in chaos.rigs for line in chaos.lines(node)]
        found = reconcile(lines)
        assert found.sound, found.told(detail=True)
        assert not [item.name for item in found.records.values() if item.pending]
        assert all(one.rest == 0 for one in (*found.sums().values(), *found.batch_sums().values()))
        # Whatever came down was answered, but for what came with the last exchange.
        with chaos.rigs[MINISTRY].store.transaction() as transaction:
            unanswered = [kept for _, kept in transaction.state.postbox.all_kept(AT.terminal)]
        assert all(kept.carried > chaos.now - 50 * HOUR for kept in unanswered)


TestAnyReplacement = AnyReplacement.TestCase
TestAnyReplacement.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
