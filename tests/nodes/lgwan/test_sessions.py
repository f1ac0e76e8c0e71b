"""Connected on demand: connect, exchange, disconnect, and nothing lost between sessions."""

from __future__ import annotations

import pytest

from sim.base.instant import HOUR, MINUTE, SECOND, Instant
from sim.base.node import OUTSIDE, Body, Committed
from sim.nodes.lgwan import Outage, subscriber
from sim.nodes.messages.agency import SessionHeld
from sim.nodes.messages.network import (
    WRITE_AUTHORITY,
    Arrival,
    AskSequences,
    Carried,
    CloseSession,
    DeclareOutage,
    OpenSession,
    Relay,
    Relayed,
    SessionOpened,
    SessionRefused,
    Undelivered,
)
from tests.nodes.lgwan.net import CITY, MINISTRY, VILLAGE, Network
from tests.nodes.lgwan.test_access import AUTHORITY, CARDS

OPEN = OpenSession("131041", "right")


def on_demand(*outages: Outage) -> Network:
    """The city is connected on demand, the village permanently."""
    return Network(*outages, on_demand={CITY: subscriber("131041", "right")}, card_terminals={CARDS: CITY})


def said(committed: Committed) -> list[Body]:
    return [send.body for send in committed.sends]


def refs(bodies: list[Body]) -> list[str]:
    return [body.ref for body in bodies if isinstance(body, Arrival)]


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        (OpenSession("131130", "right"), "wrong_municipality"),
        (OpenSession("131041", "wrong"), "wrong_credential"),
        (OpenSession("131041", ""), "wrong_credential"),
    ],
)
def test_a_wrong_municipality_code_or_credential_is_refused_and_journalled(
    ask: OpenSession, reason: str
) -> None:
    """S1-023: the service authenticates its users; a wrong municipality code is refused."""
    net = on_demand()
    assert said(net.give(CITY, ask, 0)) == [SessionRefused(reason)]
    (line,) = net.lines()
    assert (line.kind, line.data["reason"]) == ("session_refused", reason)
    assert line.data["municipality"] == ask.municipality
    assert "right" not in repr(line.data.values())
    assert net.carry(CITY, MINISTRY, 1).wakes == ()


def test_a_subscriber_does_not_show_its_credential() -> None:
    assert "right" not in repr(subscriber("131041", "right"))


def test_a_permanent_line_needs_no_session_and_gets_none() -> None:
    net = on_demand()
    assert said(net.give(VILLAGE, OpenSession("131130", "x"), 0)) == [SessionRefused("permanent_line")]
    assert net.carry(VILLAGE, MINISTRY, 0).wakes
    assert net.give(VILLAGE, CloseSession(), 0).reply.code == "no_session"


def test_what_comes_between_two_sessions_waits_and_leaves_in_its_order_with_the_next() -> None:
    """S1-016: connect, exchange, disconnect; nothing is lost between sessions."""
    net = on_demand()
    for number, sender, peer in ((1, MINISTRY, CITY), (2, CITY, MINISTRY), (3, MINISTRY, CITY)):
        held = net.carry(sender, peer, number, f"r{number}")
        assert (held.sends, held.wakes) == ((), ())
    assert [line.data["reason"] for line in net.lines("transfer_held")] == ["no_session"] * 3
    opened = net.give(CITY, OPEN, MINUTE)
    assert said(opened) == [SessionOpened("131041-S000001", 2)]  # of which it hears
    assert refs(net.settle(2 * MINUTE)) == ["r1", "r2", "r3"]
    assert [line.subject for line in net.lines("transfer_done")] == ["r1", "r2", "r3"]


def test_the_line_of_another_municipality_does_not_wait_for_the_session() -> None:
    net = on_demand()
    net.carry(MINISTRY, CITY, 0)
    assert net.carry(MINISTRY, VILLAGE, 0).wakes


def test_a_session_is_closed_as_asked_when_what_is_on_the_line_is_through() -> None:
    net = on_demand()
    net.give(CITY, OPEN, 0)
    net.carry(CITY, MINISTRY, 1, "last")
    net.give(CITY, CloseSession(), 2)
    assert net.carry(MINISTRY, CITY, 3, "late").wakes == ()  # it is closing: the next session's
    bodies = net.settle(10 * SECOND)
    assert refs(bodies) == ["last"]
    assert SessionHeld("131041", Instant(0), Instant(1_500_001)) in bodies
    (closed,) = net.lines("session_closed")
    assert closed.data == {"municipality": "131041", "session": "131041-S000001", "reason": "asked"}
    net.give(CITY, OPEN, MINUTE)
    assert refs(net.settle(2 * MINUTE)) == ["late"]


def test_a_session_that_nobody_uses_is_closed_by_itself_and_one_in_use_is_not() -> None:
    net = on_demand()
    net.give(CITY, OPEN, 0)
    for minutes in (9, 18):
        net.settle(minutes * MINUTE)
        net.carry(CITY, MINISTRY, minutes * MINUTE, f"at {minutes}")
    net.settle(27 * MINUTE)
    net.give(CITY, Relay(MINISTRY, "q", AskSequences()), 27 * MINUTE)
    assert net.lines("session_closed") == []
    net.settle(HOUR)
    (closed,) = net.lines("session_closed")
    assert (closed.data["reason"], closed.at) == ("idle", 37 * MINUTE)
    assert net.store.alarms() == []  # nothing goes on polling


def test_asking_twice_opens_one_session_and_asking_again_while_it_closes_keeps_it() -> None:
    net = on_demand()
    net.give(CITY, OPEN, 0)
    net.carry(CITY, MINISTRY, 1)
    net.give(CITY, CloseSession(), 2)
    net.carry(MINISTRY, CITY, 3, "between")
    assert said(net.give(CITY, OPEN, 4)) == [SessionOpened("131041-S000001", 1)]
    assert refs(net.settle(MINUTE)) == ["r", "between"]
    assert [line.kind for line in net.lines("session_opened", "session_closed")] == ["session_opened"]
    assert said(net.give(CITY, CloseSession(), MINUTE)) == [
        SessionHeld("131041", Instant(0), Instant(MINUTE))
    ]
    assert said(net.give(CITY, OPEN, 2 * MINUTE)) == [SessionOpened("131041-S000002", 0)]


def test_no_session_opens_in_an_outage_and_what_waits_goes_on_waiting() -> None:
    net = on_demand(Outage(Instant(0), Instant(MINUTE), "storm"))
    net.carry(CITY, MINISTRY, 0)
    assert said(net.give(CITY, OPEN, 1)) == [SessionRefused("storm")]
    net.give(OUTSIDE, DeclareOutage(CITY), MINUTE)
    assert said(net.give(CITY, OPEN, MINUTE)) == [SessionRefused("declared_outage")]
    assert len(net.lines("transfer_held")) == 1


def test_a_control_message_waits_for_the_session_too() -> None:
    net = on_demand()
    net.give(CITY, Relay(MINISTRY, "q", AskSequences()), 0)
    net.give(CITY, OPEN, 1)
    assert net.settle(MINUTE) == [Relayed(CITY, "q", AskSequences())]


def test_a_card_that_lies_at_a_counter_does_not_wait_for_a_session() -> None:
    net = on_demand()
    refused = net.carry(CARDS, AUTHORITY, 0, service=WRITE_AUTHORITY)
    assert said(refused) == [Undelivered(AUTHORITY, "r", "no_session")]
    net.give(CITY, OPEN, 1)
    assert net.carry(CARDS, AUTHORITY, 2, service=WRITE_AUTHORITY).wakes


def test_both_ends_hear_what_they_hear_on_a_permanent_line() -> None:
    """S1-027: what is carried does not depend on how the line is held."""
    net = on_demand()
    net.carry(CITY, MINISTRY, 0)
    net.give(CITY, OPEN, 1)
    permanent = Network()
    permanent.carry(CITY, MINISTRY, 1)
    arrived: list[Body] = [Arrival(CITY, "r", b"x" * 1000), Carried(MINISTRY, "r")]
    assert net.settle(MINUTE) == permanent.settle(MINUTE) == arrived
