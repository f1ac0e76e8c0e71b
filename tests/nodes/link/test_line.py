"""Pattern 1: a line hands on at once, shows whether it works, and keeps what it cannot hand on."""

from __future__ import annotations

import pytest

from sim.base.errors import HarnessError, UsageError
from sim.base.node import NodeId
from sim.exchange.batch import DOWN, UP
from sim.nodes.link import LINE, MEDIA, LineLink, Link, LinkState, labour
from sim.nodes.messages.link import LinkDown, LinkUp, SwitchLink
from sim.nodes.messages.registry import ConfirmNotices, Inbound, Outbound
from tests.exchange.samples import agency_notice, notice
from tests.nodes.link.legs import NAME, REGISTRY, TERMINAL, Leg, link


def test_a_line_needs_an_adapted_registry_side() -> None:
    """S2-010."""
    with pytest.raises(UsageError, match="adapted") as caught:
        link(adapted=False)
    assert caught.value.remedy is not None
    assert MEDIA in caught.value.remedy


def test_without_an_adapted_registry_side_nobody_switches_to_a_line_and_no_line_breaks() -> None:
    """S2-010; S1-003: media work beside a registry that nobody touched."""
    leg = Leg(link(adapted=False, pattern=MEDIA))
    assert leg.give(SwitchLink(LINE)).code == "not_adapted"
    assert leg.give(LinkDown()).code == "not_adapted"
    leg.up(notice())
    leg.clock(20)
    assert leg.records(UP) == [notice()]
    assert leg.lines("link_switched", "link_down") == []


def test_an_unknown_pattern_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UsageError) as caught:
        link(pattern="mediums")
    assert caught.value.remedy == "did you mean 'media'?"
    assert Leg(link()).give(SwitchLink("mediums")).code == "unknown_pattern"


@pytest.mark.parametrize("sender", [NodeId("counter-131041-02"), NodeId("outside"), TERMINAL])
def test_only_the_registry_hands_in_what_goes_up(sender: NodeId) -> None:
    """S2-005: a branch office reaches the exchange through the municipal system and no other way."""
    leg = Leg(link())
    assert leg.give(Outbound((notice(),)), sender).code == "WRONG_SENDER"
    assert leg.out[UP] == []


@pytest.mark.parametrize("sender", [NodeId("lgwan"), NodeId("ministry"), REGISTRY])
def test_only_the_terminal_hands_in_what_came_down(sender: NodeId) -> None:
    leg = Leg(link())
    assert leg.give(Inbound("B", (agency_notice(),)), sender).code == "WRONG_SENDER"
    assert leg.out[DOWN] == []


def test_a_line_that_is_down_keeps_everything_in_order_until_it_is_up() -> None:
    """S2-018."""
    leg = Leg(link())
    leg.up(notice(1))
    assert leg.give(LinkDown()).ok
    for number in range(2, 15):
        leg.up(notice(number))
        leg.down(agency_notice(number))
    leg.clock(20)
    assert leg.records(UP) == [notice(1)]
    assert leg.records(DOWN) == []
    assert leg.give(LinkUp()).ok
    assert leg.records(UP) == [notice(number) for number in range(1, 15)]
    assert leg.records(DOWN) == [agency_notice(number) for number in range(2, 15)]
    leg.up(notice(15))
    assert leg.records(UP)[-1] == notice(15)


def test_up_and_down_are_seen_and_happen_once() -> None:
    """S2-018."""
    leg = Leg(link())
    assert leg.give(LinkUp()).code == "already_up"
    leg.give(LinkDown())
    assert leg.give(LinkDown()).code == "already_down"
    leg.give(LinkUp())
    assert [line.kind for line in leg.lines()] == ["link_down", "link_up"]


def test_a_message_comes_out_as_it_was_handed_in() -> None:
    leg = Leg(link())
    leg.up(notice(1), notice(2))
    leg.down(agency_notice(), batch="ISA-131041-01-00000009")
    assert leg.out[UP] == [Outbound((notice(1), notice(2)))]
    assert leg.out[DOWN] == [Inbound("ISA-131041-01-00000009", (agency_notice(),))]


def test_a_whole_day_on_the_line_takes_no_manual_step_no_entry_and_no_wake() -> None:
    """S1-012."""
    leg = Leg(LineLink(NAME, REGISTRY, TERMINAL))
    for number in range(200):
        leg.up(notice(number))
        leg.down(agency_notice(number))
    leg.clock(23)
    assert len(leg.records(UP)) == len(leg.records(DOWN)) == 200
    assert (leg.lines(), leg.rung) == ([], 0)
    assert {done.steps for done in labour(leg.lines()).values()} == {0}


def test_an_undisturbed_line_keeps_nothing() -> None:
    leg = Leg(Link(NAME, REGISTRY, TERMINAL))
    leg.up(notice())
    with leg.rig.store.transaction() as transaction:
        state: LinkState = transaction.state
        assert state.standing() is None
        assert not state.anything_waits(UP)


def test_a_message_that_nobody_knows_is_our_fault() -> None:
    with pytest.raises(HarnessError, match="ConfirmNotices"):
        Leg(link()).give(ConfirmNotices())
