"""The first, second and fourth safeguard: who may hand the terminal what, and whom it reaches."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest

from sim.base import journal
from sim.base.errors import HarnessError
from sim.base.node import OUTSIDE, Body, NodeId
from sim.drivers.topology import LGWAN, MINISTRY
from sim.nodes.messages import cards
from sim.nodes.messages import terminal as messages
from sim.nodes.messages.network import Arrival, Carry, HandOver, Relay, Relayed, Sequences
from sim.nodes.messages.registry import Inbound, Outbound
from sim.nodes.messages.terminal import (
    ExchangeDue,
    ExportLog,
    Knock,
    LogOn,
    OpenTerminal,
    ReplaceTerminal,
    RetryDue,
    SendNow,
)
from sim.nodes.terminal.peers import SOURCES, Source
from tests.drivers.story import AT
from tests.exchange.samples import notice
from tests.nodes.terminal.desk import NIGHT, NOON, PINS, from_ministry, terminal

STRANGER = NodeId("stranger")
SOURCE = {Source.NETWORK: LGWAN, Source.LINK: AT.link, Source.CONSOLE: OUTSIDE, Source.ITSELF: AT.terminal}

SAMPLES: tuple[Body, ...] = (
    from_ministry(),
    Outbound((notice(1),)),
    ExchangeDue(),
    RetryDue(MINISTRY),
    LogOn("op-01", PINS["op-01"]),
    OpenTerminal(),
    ReplaceTerminal("X"),
    Relayed(MINISTRY, "x", Sequences((), ())),
)


@pytest.mark.parametrize("body", SAMPLES, ids=lambda body: type(body).__name__)
def test_what_comes_from_anywhere_but_its_own_source_is_refused_and_written_down(body: Body) -> None:
    """S3-026, S3-029: nobody but the one system that must hand something over can."""
    for sender in (*SOURCE.values(), AT.registry, AT.counter, STRANGER):
        if sender == SOURCE[SOURCES[type(body)]]:
            continue
        rig = terminal()
        committed = rig.give(body, NOON, sender)
        assert (committed.reply.ok, committed.reply.code) == (False, "not_listed")
        assert (committed.sends, committed.wakes) == ((), ())
        (line,) = rig.store.journal()
        assert (line.kind, line.data) == ("peer_refused", {"peer": sender})


@pytest.mark.parametrize("body", SAMPLES, ids=lambda body: type(body).__name__)
def test_shared_hardware_is_declared_and_the_other_network_still_reaches_nothing(body: Body) -> None:
    """S1-011: the roles stay isolated."""
    rig = terminal(shared_hardware=True)
    rig.give(OpenTerminal(), NOON)
    assert rig.last("terminal_opened").data["shared_hardware"] is True
    committed = rig.give(body, NOON, NodeId("juki-cs-131041"))
    assert (committed.reply.code, committed.sends) == ("not_listed", ())


def test_every_message_of_the_terminal_has_one_source() -> None:
    """S3-029: nothing can be told to the terminal of which nobody has said who may."""
    assert set(get_args(messages.BODIES)) <= set(SOURCES)


def test_a_batch_of_another_than_the_listed_peer_is_refused_and_nobody_is_logged_on_for_it() -> None:
    """S3-026 and S1-023: the line names the sender, and the sender is not on the list."""
    rig = terminal()
    committed = rig.give(Arrival(STRANGER, "X", from_ministry().content), NIGHT, LGWAN)
    assert (committed.reply.ok, committed.sends) == (False, ())
    assert rig.last("peer_refused").data == {"peer": "stranger"}
    assert "audit_logged" not in rig.kinds()


def test_a_message_of_another_than_the_listed_peer_is_refused() -> None:
    """S3-026."""
    rig = terminal()
    assert not rig.give(Relayed(STRANGER, "x", Sequences((), ())), NIGHT, LGWAN).reply.ok
    assert rig.last("peer_refused").data == {"peer": "stranger"}


@pytest.mark.parametrize(
    ("peer", "service", "ok"),
    [
        (MINISTRY, "exchange", True),
        (MINISTRY, "remote_desktop", False),
        (STRANGER, "exchange", False),
        (STRANGER, "file_share", False),
    ],
)
def test_the_firewall_leaves_one_service_open_to_one_peer(peer: NodeId, service: str, ok: bool) -> None:
    """S3-028: inbound on anything else is dropped."""
    rig = terminal()
    committed = rig.give(Knock(peer, service), NOON, LGWAN)
    assert committed.reply.ok is ok and committed.sends == ()
    told = [line.data for line in rig.store.journal()]
    assert told == ([] if ok else [{"peer": peer, "service": service}])


@pytest.mark.parametrize("body", [SendNow(STRANGER), HandOver(STRANGER)])
def test_nobody_can_send_to_another_than_the_listed_peer(body: Body) -> None:
    """S3-026: an attempt to reach somebody else fails and is written down."""
    rig = terminal()
    rig.give(Outbound((notice(1),)), NOON, AT.link)
    rig.give(LogOn("op-01", PINS["op-01"]), NOON)
    committed = rig.give(body, NOON)
    assert (committed.reply.code, committed.sends) == ("not_listed", ())
    assert rig.last("peer_refused").data == {"peer": "stranger"}


def test_what_it_sends_goes_to_the_network_for_the_one_peer_or_to_the_link() -> None:
    """S2-001, S2-002, S3-009: the server is reached by this terminal, over LGWAN only."""
    rig = terminal()
    (alarm,) = (one for one in rig.give(OpenTerminal(), NOON).wakes if isinstance(one.body, ExchangeDue))
    rig.give(Outbound((notice(1),)), NOON, AT.link)
    sends = [*rig.ring(alarm).sends, *rig.give(from_ministry(), NIGHT, LGWAN).sends]
    sends += rig.give(ReplaceTerminal("2"), NIGHT).sends
    assert sends
    for send in sends:
        match send.body:
            case Carry(peer=peer) | Relay(peer=peer):
                assert (send.to, peer) == (LGWAN, MINISTRY)
            case Inbound():
                assert send.to == AT.link
            case other:
                raise AssertionError(other)


def test_it_knows_no_message_of_a_card_terminal() -> None:
    """S0-026: the exchange terminal cannot operate a card reader; that is another machine."""
    assert not set(get_args(cards.BODIES)) & set(SOURCES)
    for sender in SOURCE.values():
        with pytest.raises(HarnessError, match="does not know SwitchWriting"):
            terminal().give(cards.SwitchWriting(True), NOON, sender)


def test_the_journal_and_the_log_hold_nothing_of_what_a_record_says() -> None:
    """S3-027: planted values are in what is sent and in nothing that is written down."""
    canaries = ("CANARY NAME", "カナリア町9番9号", "CN12345678RY", "1977-07-07")
    record = notice(
        1, name=canaries[0], address=canaries[1], card_number=canaries[2], birth_date=date(1977, 7, 7)
    )
    rig = terminal()
    (alarm,) = (one for one in rig.give(OpenTerminal(), NOON).wakes if isinstance(one.body, ExchangeDue))
    rig.give(Outbound((record,)), NOON, AT.link)
    (send,) = rig.ring(alarm).sends
    assert isinstance(send.body, Carry)
    rig.give(from_ministry(record), NIGHT, LGWAN)
    rig.give(LogOn("op-01", PINS["op-01"]), NIGHT)
    rig.give(ExportLog("M-1"), NIGHT)
    with rig.store.transaction() as transaction:
        exported = transaction.state.on_medium("M-1") or b""
    written = b"\n".join(journal.encode(line) for line in rig.store.journal()) + exported
    for canary in canaries:
        assert canary.encode() in send.body.content, "the test itself must be able to see it"
        assert canary.encode() not in written
    for pin in PINS.values():
        assert pin.encode() not in written
