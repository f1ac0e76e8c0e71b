"""Who may talk to whom: the allow-list, at the network and at the server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.node import NodeId
from sim.nodes.lgwan import Access
from sim.nodes.messages.network import (
    EXCHANGE,
    LINE,
    WRITE_AUTHORITY,
    Arrival,
    AskSequences,
    CloseSession,
    DeclareOutage,
    LiftOutage,
    NotRelayed,
    OpenSession,
    Relay,
    Relayed,
    SessionRefused,
    Undelivered,
)
from tests.nodes.lgwan.net import CITY, MINISTRY, VILLAGE, Network

CARDS, AUTHORITY = NodeId("cards-131041-01"), NodeId("write-authority")
REGISTRY, COUNTER, BRANCH = (
    NodeId(f"{name}-131041") for name in ("registry", "counter", "counter-131041-02")
)
STRANGER = NodeId("stranger")
EVERYBODY = [CITY, VILLAGE, MINISTRY, CARDS, AUTHORITY, REGISTRY, COUNTER, BRANCH, STRANGER]
NODES = st.sampled_from(EVERYBODY)


def network() -> Network:
    return Network(card_terminals={CARDS: CITY})


@pytest.mark.parametrize(
    ("sender", "peer"),
    [
        (STRANGER, MINISTRY),
        (MINISTRY, STRANGER),
        (CITY, VILLAGE),  # municipalities have nothing to tell each other here
        (CITY, AUTHORITY),
        (CARDS, MINISTRY),  # S2-001: only exchange terminals reach the server
        (AUTHORITY, MINISTRY),
        (REGISTRY, MINISTRY),  # S2-004: the register has no way of its own
        (COUNTER, MINISTRY),  # S2-003: one endpoint, in the main office
        (BRANCH, MINISTRY),
        (MINISTRY, CARDS),
        (MINISTRY, REGISTRY),
    ],
)
def test_a_peer_that_is_not_listed_is_refused_and_the_attempt_is_journalled(
    sender: NodeId, peer: NodeId
) -> None:
    """S3-026, S3-029, S3-009, S2-002: to or from anybody else nothing passes, and it is logged."""
    net = network()
    refused = net.carry(sender, peer, 0)
    assert [(send.to, send.body) for send in refused.sends] == [
        (sender, Undelivered(peer, "r", "not_listed"))
    ]
    assert refused.wakes == ()
    (line,) = net.lines()
    assert line.kind == "peer_refused"
    assert (line.data["from"], line.data["to"], line.data["service"]) == (sender, peer, "exchange")


@given(sender=NODES, peer=NODES, service=st.sampled_from([EXCHANGE, WRITE_AUTHORITY, "session", "", "ftp"]))
def test_two_ends_are_listed_for_one_service_alone_and_whichever_begins(
    sender: NodeId, peer: NodeId, service: str
) -> None:
    """S3-029: what is limited is systems, and what each is there for."""
    access = Access(MINISTRY, {CITY: 0, VILLAGE: 0}, AUTHORITY, {CARDS: CITY})
    pairs = {frozenset((CITY, MINISTRY)): CITY, frozenset((VILLAGE, MINISTRY)): VILLAGE}
    expected = {EXCHANGE: pairs, WRITE_AUTHORITY: {frozenset((CARDS, AUTHORITY)): CITY}}.get(service, {})
    assert access.line(service, sender, peer) == expected.get(frozenset((sender, peer)))
    assert access.line(service, sender, peer) == access.line(service, peer, sender)


def test_a_card_terminal_reaches_the_write_authority_over_the_line_of_its_municipality() -> None:
    net = network()
    first = net.carry(CITY, MINISTRY, 0)
    ask = net.carry(CARDS, AUTHORITY, 0, "ask", service=WRITE_AUTHORITY)
    assert ask.wakes[0].at == 2 * first.wakes[0].at  # in turn with the batch
    arrival = net.ring(ask).sends[0]
    assert (arrival.to, arrival.body) == (AUTHORITY, Arrival(CARDS, "ask", b"x" * 1000, manner=LINE))
    back = net.carry(AUTHORITY, CARDS, 10**7, "answer", service=WRITE_AUTHORITY)
    assert net.ring(back).sends[0].to == CARDS


def test_a_terminal_may_not_use_the_service_of_another_kind_of_terminal() -> None:
    net = network()
    net.carry(CARDS, AUTHORITY, 0)  # as a batch
    net.carry(CITY, MINISTRY, 0, service=WRITE_AUTHORITY)
    assert [line.data["service"] for line in net.lines("peer_refused")] == [EXCHANGE, WRITE_AUTHORITY]


def test_a_control_message_of_a_stranger_is_refused_like_a_batch() -> None:
    net = network()
    refused = net.give(REGISTRY, Relay(MINISTRY, "q", AskSequences()), 0)
    assert [send.body for send in refused.sends] == [NotRelayed(MINISTRY, "q", "not_listed")]
    assert [line.kind for line in net.lines()] == ["peer_refused"]


def test_a_control_message_of_a_listed_terminal_arrives_after_the_latency_under_its_name() -> None:
    net = network()
    net.carry(CITY, MINISTRY, 0)
    relayed = net.give(CITY, Relay(MINISTRY, "q", AskSequences()), 0)
    done = net.ring(relayed)
    assert relayed.wakes[0].at == 500_000  # it takes no turn behind the batch
    assert [(send.to, send.body) for send in done.sends] == [(MINISTRY, Relayed(CITY, "q", AskSequences()))]


def test_a_stranger_opens_no_session_closes_none_and_declares_no_outage() -> None:
    net = network()
    refused = net.give(STRANGER, OpenSession("131041", "guessed"), 0)
    assert [send.body for send in refused.sends] == [SessionRefused("not_listed")]
    assert not net.give(STRANGER, CloseSession(), 0).reply.ok
    for body in (DeclareOutage(), LiftOutage()):
        assert net.give(CITY, body, 0).reply.code == "not_listed"
    assert len(net.lines("peer_refused")) == 4
    assert net.carry(CITY, MINISTRY, 1).wakes  # nothing was declared


def test_the_words_of_a_stranger_do_not_reach_the_journal() -> None:
    net = network()
    net.give(STRANGER, OpenSession("NGUYEN VAN AN", "secret"), 0)
    told = repr(net.lines())
    assert "NGUYEN" not in told
    assert "secret" not in told
