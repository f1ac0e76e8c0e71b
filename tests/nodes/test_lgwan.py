"""The network: only listed peers, one line at a time, nothing during an outage."""

from __future__ import annotations

from sim.base.instant import MINUTE, SECOND, Instant
from sim.base.node import Body, Committed, Event, Key, NodeId, advance
from sim.nodes.lgwan import Lgwan, LgwanState, Line, Outage
from sim.nodes.messages import Arrival, Carried, Carry, Undelivered
from sim.stores.memory import MemoryStore

CITY, VILLAGE, MINISTRY = NodeId("terminal-1"), NodeId("terminal-2"), NodeId("ministry")
NET = NodeId("lgwan")
# 8,000 bits a second and half a second one way: 1,000 bytes take 1.5 seconds.
SLOW = Line(8_000, SECOND // 2)


class Network:
    """The node with its store, and what it asked for."""

    def __init__(self, *outages: Outage) -> None:
        self.node = Lgwan(NET, MINISTRY, {CITY: SLOW, VILLAGE: SLOW}, outages)
        self.store = MemoryStore(NET, LgwanState)
        self._n = 0

    def give(self, sender: NodeId, body: Body, now: int) -> Committed:
        self._n += 1
        return advance(self.store, self.node, Event(Key(str(self._n)), sender, body), Instant(now))

    def carry(self, sender: NodeId, peer: NodeId, now: int, ref: str = "r") -> Committed:
        return self.give(sender, Carry(peer, ref, b"x" * 1000), now)

    def ring(self, committed: Committed) -> Committed:
        (alarm,) = committed.wakes
        return advance(self.store, self.node, alarm.event(), alarm.at)


def test_a_transfer_takes_latency_and_size_over_rate() -> None:
    network = Network()
    (alarm,) = network.carry(CITY, MINISTRY, 0).wakes
    assert alarm.at == 1.5 * SECOND


def test_what_was_carried_arrives_under_the_name_of_its_line_and_the_sender_is_told() -> None:
    network = Network()
    done = network.ring(network.carry(CITY, MINISTRY, 0))
    assert [(send.to, send.body) for send in done.sends] == [
        (MINISTRY, Arrival(CITY, "r", b"x" * 1000)),
        (CITY, Carried(MINISTRY, "r")),
    ]
    (line,) = network.store.journal()
    assert (line.kind, line.data["bytes"], line.data["started"]) == ("transfer_done", 1000, 0)


def test_both_directions_of_a_line_wait_for_each_other_and_another_line_does_not() -> None:
    network = Network()
    first = network.carry(CITY, MINISTRY, 0).wakes[0].at
    assert network.carry(MINISTRY, CITY, 1, "r2").wakes[0].at == 2 * first
    assert network.carry(VILLAGE, MINISTRY, 1, "r3").wakes[0].at == first + 1


def test_a_peer_that_is_not_listed_is_refused_and_the_attempt_is_journalled() -> None:
    network = Network()
    for sender, peer in (("stranger", MINISTRY), (MINISTRY, "stranger"), (CITY, VILLAGE)):
        refused = network.carry(NodeId(sender), NodeId(peer), 0)
        (send,) = refused.sends
        assert (send.to, send.body) == (sender, Undelivered(NodeId(peer), "r", "not_listed"))
        assert refused.wakes == ()
    assert {line.data["reason"] for line in network.store.journal()} == {"not_listed"}


def test_nothing_passes_during_an_outage_and_everything_after_it() -> None:
    network = Network(Outage(Instant(0), Instant(MINUTE), "storm"))
    (send,) = network.carry(CITY, MINISTRY, MINUTE - 1).sends
    assert send.body == Undelivered(MINISTRY, "r", "storm")
    assert network.carry(CITY, MINISTRY, MINUTE).wakes


def test_an_outage_in_the_middle_breaks_the_transfer_at_its_beginning() -> None:
    network = Network(Outage(Instant(SECOND), Instant(MINUTE), "storm"))
    started = network.carry(CITY, MINISTRY, 0)
    assert started.wakes[0].at == SECOND
    (send,) = network.ring(started).sends
    assert (send.to, send.body) == (CITY, Undelivered(MINISTRY, "r", "storm"))
    (line,) = network.store.journal()
    assert line.kind == "transfer_broken"


def test_a_line_without_a_limit_takes_only_its_latency() -> None:
    assert Line(0, 7).duration(10**9) == 7


def test_of_two_outages_the_first_one_in_time_breaks_the_transfer() -> None:
    late, early = (
        Outage(Instant(at), Instant(at + 1), name) for at, name in ((900_000, "late"), (400_000, "early"))
    )
    (alarm,) = Network(late, early).carry(CITY, MINISTRY, 0).wakes
    assert alarm.at == 400_000
