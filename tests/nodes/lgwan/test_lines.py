"""The access lines: one at a time, nothing during an outage."""

from __future__ import annotations

from sim.base.instant import MINUTE, SECOND, Instant
from sim.nodes.lgwan import Line, Outage
from sim.nodes.messages.network import Arrival, Carried, Undelivered
from tests.nodes.lgwan.net import CITY, MINISTRY, VILLAGE, Network


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


def test_an_outage_of_one_line_leaves_the_others_alone() -> None:
    """S2-018: the state of a line is a fact of its own."""
    network = Network(
        Outage(Instant(0), Instant(MINUTE), "cut cable", CITY),
        Outage(Instant(SECOND), Instant(MINUTE), "storm"),
    )
    (send,) = network.carry(MINISTRY, CITY, 0).sends
    assert send.body == Undelivered(CITY, "r", "cut cable")
    started = network.carry(MINISTRY, VILLAGE, 0)
    assert network.ring(started).sends[0].body == Undelivered(VILLAGE, "r", "storm")
    assert started.wakes[0].at == SECOND
    # The outages of everybody hold for the line that has its own as well.
    (send,) = network.carry(CITY, MINISTRY, MINUTE - 1).sends
    assert isinstance(send.body, Undelivered)
    assert network.carry(CITY, MINISTRY, MINUTE).wakes
