"""Media and paper between municipality and agency: in a declared outage and at no other time."""

from __future__ import annotations

from datetime import date

import pytest

from sim.base.instant import HOUR, MINUTE, SECOND, Instant, instant
from sim.base.node import OUTSIDE, Body, NodeId
from sim.nodes.lgwan import Outage, subscriber
from sim.nodes.messages.network import (
    MEDIA,
    PAPER,
    WRITE_AUTHORITY,
    Arrival,
    AskSequences,
    Carried,
    DeclareOutage,
    LiftOutage,
    NotRelayed,
    OpenSession,
    Relay,
    Undelivered,
)
from tests.nodes.lgwan.net import CITY, MINISTRY, VILLAGE, Network


def refused(manner: str, reason: str) -> Body:
    return Undelivered(MINISTRY, "r", reason, manner)


@pytest.mark.parametrize("manner", [MEDIA, PAPER])
def test_without_a_declared_outage_nothing_goes_by_hand(manner: str) -> None:
    """S1-002; Joint Ordinance No. 1 of 2012: only where the line cannot be used."""
    net = Network(Outage(Instant(0), Instant(HOUR), "storm"))
    for now in (0, HOUR):  # in an outage that nobody declared, and on a good line
        (send,) = net.carry(CITY, MINISTRY, now, manner=manner).sends
        assert send.body == refused(manner, "no_declared_outage")
    assert [line.data["manner"] for line in net.lines("emergency_refused")] == [manner, manner]


def test_a_manner_that_there_is_not_is_refused_as_well() -> None:
    net = Network()
    net.give(OUTSIDE, DeclareOutage(), 0)
    (send,) = net.carry(CITY, MINISTRY, 1, manner="pigeon").sends
    assert send.body == refused("pigeon", "unknown_manner")
    (send,) = net.carry(CITY, NodeId("stranger"), 1, manner=MEDIA).sends
    assert isinstance(send.body, Undelivered)
    assert send.body.reason == "not_listed"


@pytest.mark.parametrize("manner", [MEDIA, PAPER])
@pytest.mark.parametrize("whole", [False, True])
def test_in_a_declared_outage_a_batch_arrives_by_hand_and_says_so(manner: str, whole: bool) -> None:
    net = Network()
    assert net.give(OUTSIDE, DeclareOutage(NodeId("") if whole else CITY), 0).reply.ok
    (send,) = net.carry(CITY, MINISTRY, 1).sends
    assert send.body == refused("line", "declared_outage")
    done = net.ring(net.carry(CITY, MINISTRY, 2, manner=manner))
    assert [(send.to, send.body) for send in done.sends] == [
        (MINISTRY, Arrival(CITY, "r", b"x" * 1000, manner=manner)),
        (CITY, Carried(MINISTRY, "r")),
    ]
    (line,) = net.lines("emergency_delivered")
    assert (line.data["manner"], line.at) == (manner, 3 * HOUR + 2)
    # Elsewhere the line works, unless the whole network is out of use.
    assert bool(net.carry(VILLAGE, MINISTRY, 3).wakes) is not whole


def test_a_planned_outage_may_be_a_declared_one() -> None:
    net = Network(Outage(Instant(0), Instant(HOUR), "works", CITY, declared=True))
    assert net.carry(MINISTRY, CITY, 0, manner=MEDIA).wakes
    assert net.carry(MINISTRY, VILLAGE, 0, manner=MEDIA).wakes == ()
    assert net.carry(MINISTRY, CITY, HOUR, manner=MEDIA).wakes == ()


def test_an_outage_is_declared_once_and_lifted_once_for_a_terminal_that_there_is() -> None:
    net = Network()
    assert net.give(OUTSIDE, LiftOutage(CITY), 0).reply.code == "not_declared"
    assert net.give(OUTSIDE, DeclareOutage(NodeId("terminal-9")), 0).reply.code == "unknown_terminal"
    net.give(OUTSIDE, DeclareOutage(CITY), 0)
    assert net.give(MINISTRY, DeclareOutage(CITY), 1).reply.code == "already_declared"
    assert net.give(OUTSIDE, LiftOutage(), 1).reply.code == "not_declared"
    assert net.give(OUTSIDE, LiftOutage(CITY), 2).reply.ok
    assert [(line.kind, line.data["terminal"]) for line in net.lines()] == [
        ("outage_declared", CITY),
        ("outage_lifted", CITY),
    ]
    assert net.carry(CITY, MINISTRY, 3).wakes


def test_what_is_on_the_line_when_an_outage_is_declared_is_broken_and_what_comes_after_it_is_not() -> None:
    net = Network()
    under_way = net.carry(CITY, MINISTRY, 0)
    behind = net.carry(MINISTRY, CITY, 1, "behind")
    asked = net.give(CITY, Relay(MINISTRY, "q", AskSequences()), 2)
    net.give(OUTSIDE, DeclareOutage(CITY), 3)
    assert [send.body for send in net.ring(asked).sends] == [NotRelayed(MINISTRY, "q", "declared_outage")]
    net.give(OUTSIDE, LiftOutage(CITY), SECOND)
    assert [send.body for send in net.ring(under_way).sends] == [refused("line", "declared_outage")]
    # It had not begun yet when the line worked again.
    assert isinstance(net.ring(behind).sends[0].body, Arrival)
    assert isinstance(net.ring(net.carry(CITY, MINISTRY, MINUTE)).sends[0].body, Arrival)


def test_what_waited_for_a_session_and_went_by_hand_does_not_go_again_with_the_session() -> None:
    net = Network(on_demand={CITY: subscriber("131041", "right")})
    net.carry(CITY, MINISTRY, 0)
    net.carry(MINISTRY, CITY, 0)  # of the same name, the other way
    net.give(OUTSIDE, DeclareOutage(CITY), 1)
    net.carry(CITY, MINISTRY, 2, manner=MEDIA)
    net.give(OUTSIDE, LiftOutage(CITY), 3)
    net.give(CITY, OpenSession("131041", "right"), 4)
    arrived = [body for body in net.settle(DAY) if isinstance(body, Arrival)]
    assert [(body.sender, body.manner) for body in arrived] == [(MINISTRY, "line"), (CITY, MEDIA)]


def test_a_request_to_write_a_chip_never_goes_by_hand() -> None:
    cards, authority = NodeId("cards-131041-01"), NodeId("write-authority")
    net = Network(card_terminals={cards: CITY})
    net.give(OUTSIDE, DeclareOutage(CITY), 0)
    (send,) = net.carry(cards, authority, 1, manner=MEDIA, service=WRITE_AUTHORITY).sends
    assert isinstance(send.body, Undelivered)


DAY = 24 * HOUR


@pytest.mark.parametrize(("month", "day", "name"), [(3, 31, "法務大臣"), (4, 1, "出入国在留管理庁長官")])
def test_a_medium_for_the_agency_bears_the_name_it_has_on_the_day(month: int, day: int, name: str) -> None:
    """S3-007: the counterpart is the Minister of Justice until 2019-03-31, the Commissioner afterwards."""
    net = Network(courier=MINUTE)
    start = instant(date(2019, month, day), 10)
    net.give(OUTSIDE, DeclareOutage(CITY), start)
    net.ring(net.carry(CITY, MINISTRY, start, manner=PAPER))
    net.ring(net.carry(MINISTRY, CITY, start, manner=PAPER))
    assert [line.data["addressee"] for line in net.lines("emergency_delivered")] == [name, CITY]
