"""A version goes out in waves, and a terminal that takes another's place is told where the numbers stand."""

from __future__ import annotations

from datetime import date

import pytest

from sim.base.instant import HOUR, Instant
from sim.base.node import Committed, NodeId
from sim.drivers.topology import LGWAN, MINISTRY
from sim.exchange import batch as batches
from sim.exchange.profile import open_profiles
from sim.nodes.messages.agency import ExtendPeriod, RollOut
from sim.nodes.messages.network import (
    Arrival,
    AskSequences,
    Carried,
    Carry,
    NotRelayed,
    Relay,
    Sequences,
    TakeVersion,
    VersionTaken,
)
from tests.drivers.story import AT, CODE
from tests.exchange.samples import PROFILE, notice
from tests.nodes.chaos import Chaos
from tests.nodes.ministry.server import HERE, NOW, OTHER, TERMINALS, Server

SECOND, FIRST = open_profiles()


def both() -> Server:
    return Server(profile=SECOND, older=(FIRST,))


def told(committed: Committed) -> list[tuple[NodeId, object]]:
    relays = [send.body for send in committed.sends if isinstance(send.body, Relay)]
    return [(relay.peer, relay.body) for relay in relays]


# --- versions -------------------------------------------------------------------------------------------
def test_a_version_goes_out_in_waves_and_each_terminal_is_told_once() -> None:
    """S1-024: central roll-out."""
    server = both()
    first = server.give(RollOut(SECOND.name, (AT.terminal,)))
    assert told(first) == [(AT.terminal, TakeVersion(SECOND.name))]
    second = server.give(RollOut(SECOND.name, tuple(TERMINALS)))
    assert told(second) == [(OTHER, TakeVersion(SECOND.name))]
    # Nobody goes back.
    assert told(server.give(RollOut(FIRST.name, tuple(TERMINALS)))) == []
    assert [
        (line.data["terminals"], line.data["already"]) for line in server.lines("version_rolled_out")
    ] == [
        (1, 0),
        (1, 1),
        (0, 2),
    ]


def test_who_speaks_the_version_is_counted_once_each() -> None:
    server = both()
    server.give(RollOut(SECOND.name, tuple(TERMINALS)))
    for terminal in (AT.terminal, AT.terminal, OTHER):
        assert server.says(VersionTaken(SECOND.name), terminal=terminal).reply.ok
    assert [line.data["taken"] for line in server.lines("version_taken")] == [1, 2]
    assert server.says(VersionTaken("renkei-open/9")).reply.code == "not_rolled_out"


@pytest.mark.parametrize(
    ("wave", "code"),
    [
        (RollOut("renkei-open/9", (AT.terminal,)), "unknown_version"),
        (RollOut(SECOND.name, (AT.terminal, NodeId("terminal-9"))), "unknown_terminal"),
    ],
)
def test_a_roll_out_that_cannot_be_is_refused_as_a_whole(wave: RollOut, code: str) -> None:
    server = both()
    committed = server.give(wave)
    assert committed.reply.code == code
    assert committed.sends == ()
    assert told(server.give(RollOut(SECOND.name, (AT.terminal,)))) != []


def test_a_terminal_that_the_network_did_not_reach_is_told_again_until_it_is_and_no_longer() -> None:
    server = both()
    server.give(RollOut(SECOND.name, (AT.terminal,)))
    failed = NotRelayed(AT.terminal, f"version/{SECOND.name}", "outage")
    (alarm,) = server.give(failed, NOW, LGWAN).wakes
    assert alarm.at == NOW + HOUR
    assert told(server.rig.ring(alarm)) == [(AT.terminal, TakeVersion(SECOND.name))]
    (late,) = server.give(failed, NOW, LGWAN).wakes
    server.says(VersionTaken(SECOND.name))
    assert told(server.rig.ring(late)) == []
    assert server.give(NotRelayed(AT.terminal, "q", "outage"), NOW, LGWAN).wakes == ()


def test_a_mixed_roll_out_serves_both_and_counts_what_it_refuses() -> None:
    """S1-024: during the roll-out the versions meet in the older one, and nothing is lost."""
    chaos = Chaos()
    assert chaos.roll_out(MINISTRY, "both")
    chaos.raise_records(2, 0)
    chaos.extend()
    for _ in range(3):
        chaos.pass_time(24)
        while chaos.flights:
            chaos.deliver(chaos.flights[0])
    rolled = chaos.rigs[MINISTRY].give(RollOut(SECOND.name, (AT.terminal,)), chaos.now)
    assert told(rolled) == [(AT.terminal, TakeVersion(SECOND.name))]
    # What the terminal does when it is told: it speaks both from now on, and says so.
    assert chaos.roll_out(AT.terminal, "both")
    chaos.raise_records(1, 0)
    chaos.settle()
    assert {outcome for outcomes in chaos.heard.values() for outcome in outcomes} == {"accepted"}
    assert len(chaos.heard) == 3
    kinds = [line.kind for node in chaos.rigs for line in chaos.lines(node)]
    # The one batch down that the old terminal could not read, and its other edition.
    assert (kinds.count("batch_rejected"), kinds.count("batch_replaced")) == (1, 1)
    assert kinds.count("version_rolled_out") == 1
    assert chaos.of("notice_settled", MINISTRY) == ["ISA-00000001"]


# --- a terminal that was replaced -------------------------------------------------------------------------
def asked(committed: Committed) -> Sequences:
    ((_, body),) = told(committed)
    assert isinstance(body, Sequences)
    return body


def test_a_replacement_is_told_the_next_number_up_and_the_earliest_unanswered_one_down() -> None:
    """S1-018: a replacement terminal resumes at the right sequence number."""
    server = Server()
    since = Instant(NOW + HOUR)
    ones = (("01", 1), ("02", 1), ("03", 1))
    assert asked(server.says(AskSequences(NOW), NOW)) == Sequences(ones, ones, ones, (), NOW)
    server = Server()
    server.carried(server.up(notice(1)))
    server.give(ExtendPeriod("C", HERE.ref, HERE.card_number, "ZZ00000001ZZ", "留学", date(2024, 4, 1)))
    server.carried(server.up())
    again = server.says(AskSequences(since), since)
    found = asked(again)
    assert dict(found.up) == {"01": 3, "02": 1, "03": 1}
    assert dict(found.down) == {"01": 1, "02": 1, "03": 1}
    assert dict(found.made) == {"01": 3, "02": 1, "03": 1}
    assert (found.awaited, found.since) == (("ISA-00000001",), since)
    # What nobody answered goes again, in order: one is under way, the other behind it.
    carried = [send.body.ref for send in again.sends if isinstance(send.body, Carry)]
    assert carried == [f"ISA-{CODE}-01-00000001"]
    (line,) = server.lines("sequences_told")
    assert (line.data["municipality"], line.data["up"]["01"]) == (CODE, 3)
    assert [line.subject[-1] for line in server.lines("batch_resent")] == ["1", "2"]


def test_what_the_former_machine_made_is_refused_once_another_has_taken_its_place() -> None:
    server = Server()
    since = Instant(NOW + HOUR)
    assert asked(server.says(AskSequences(since), since)).machine == 2
    late = server.up(notice(1), now=Instant(NOW + 2 * HOUR))  # made at NOW
    assert late.reply.code == "SEQUENCE_STALE"
    # Asked again it answers the same; a third machine is another one.
    assert asked(server.says(AskSequences(since), since)).machine == 2
    assert asked(server.says(AskSequences(Instant(since + 1)), Instant(since + 1))).machine == 3


def test_a_terminal_whose_clock_is_wrong_does_not_shut_its_own_successors_out() -> None:
    server = Server()
    server.says(AskSequences(Instant(NOW + 1000 * HOUR)), NOW)
    later = batches.encode(
        batches.Header(PROFILE.name, CODE, "ISA", "01", "up", 1, Instant(NOW + HOUR), 0), (), PROFILE
    )
    assert server.give(Arrival(AT.terminal, "L", later), Instant(NOW + HOUR), LGWAN).reply.ok


def test_only_the_batches_of_the_terminal_that_asks_go_again() -> None:
    server = Server()
    (down,) = server.up(terminal=OTHER).sends
    assert isinstance(down.body, Carry)
    server.give(Carried(OTHER, down.body.ref), NOW, LGWAN)
    again = server.says(AskSequences(NOW))
    assert [send.body for send in again.sends if isinstance(send.body, Carry)] == []
