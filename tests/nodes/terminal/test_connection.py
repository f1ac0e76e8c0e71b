"""On demand: connect, exchange, disconnect, and nothing is lost between sessions. S1-016."""

from __future__ import annotations

from sim.base.instant import MINUTE, Instant
from sim.base.node import Alarm
from sim.drivers.topology import LGWAN, MINISTRY
from sim.exchange.records import Result
from sim.nodes.messages.network import (
    Carried,
    Carry,
    CloseSession,
    OpenSession,
    Relay,
    SessionOpened,
    SessionRefused,
)
from sim.nodes.messages.registry import Outbound
from sim.nodes.messages.terminal import (
    DisconnectDue,
    ExchangeDue,
    OpenTerminal,
    ReplaceTerminal,
    RetryDue,
)
from sim.nodes.terminal import OnDemand
from tests.drivers.story import AT, CODE
from tests.exchange.samples import notice
from tests.nodes.rig import Rig
from tests.nodes.terminal.desk import NIGHT, NOON, assert_good_log, from_ministry, said, terminal

REF = "131041-ISA-01-00000001"


def on_demand() -> tuple[Rig, Alarm]:
    """A terminal that is connected on demand, and its first exchange."""
    rig = terminal(on_demand=OnDemand("secret"))
    (alarm,) = (one for one in rig.give(OpenTerminal(), NOON).wakes if isinstance(one.body, ExchangeDue))
    return rig, alarm


def accepted(ref: str = REF, sequence: int = 1) -> Result:
    return Result(record_id=f"R-{sequence}", scope="batch", answers=ref, outcome="accepted")


def test_it_connects_sends_waits_for_the_answer_and_disconnects() -> None:
    rig, alarm = on_demand()
    rig.give(Outbound((notice(1),)), NOON, AT.link)
    (ask,) = rig.ring(alarm).sends
    assert (ask.to, ask.body) == (LGWAN, OpenSession(CODE, "secret"))
    assert ("send", "service") not in said(rig)  # nothing has left yet
    (send,) = rig.give(SessionOpened("S-1"), NIGHT, LGWAN).sends
    assert isinstance(send.body, Carry) and send.body.ref == REF
    assert ("send", "service") in said(rig)
    assert rig.give(Carried(MINISTRY, REF), NIGHT, LGWAN).sends == ()
    bodies = [one.body for one in rig.give(from_ministry(accepted()), NIGHT, LGWAN).sends]
    assert bodies == [CloseSession()]
    assert_good_log(rig)


def test_it_asks_once_however_much_waits() -> None:
    rig, alarm = on_demand()
    rig.ring(alarm)
    assert rig.give(RetryDue(MINISTRY), NIGHT, AT.terminal).sends == ()
    following = rig.ring(next(one for one in _wakes(rig) if isinstance(one.body, ExchangeDue)))
    assert following.sends == ()


def _wakes(rig: Rig) -> list[Alarm]:
    return [one for one in rig.store.alarms() if one.at > NIGHT]


def test_a_refused_session_is_asked_for_again_ever_later() -> None:
    rig, alarm = on_demand()
    rig.ring(alarm)
    pauses = []
    now = NIGHT
    for _ in range(4):
        (wake,) = rig.give(SessionRefused("outage"), now, LGWAN).wakes
        assert wake.body == RetryDue(MINISTRY)
        pauses.append((wake.at - now) // MINUTE)
        now = wake.at
        (ask,) = rig.ring(wake).sends
        assert isinstance(ask.body, OpenSession)
    assert pauses == [15, 30, 60, 60]


def test_a_session_that_is_not_answered_ends_all_the_same_and_the_next_one_goes_on() -> None:
    rig, alarm = on_demand()
    rig.ring(alarm)
    (end,) = rig.give(SessionOpened("S-1"), NIGHT, LGWAN).wakes
    assert end.body == DisconnectDue("S-1")
    rig.give(Carried(MINISTRY, REF), NIGHT, LGWAN)
    assert [one.body for one in rig.ring(end).sends] == [CloseSession()]
    following = rig.ring(next(one for one in _wakes(rig) if isinstance(one.body, ExchangeDue)))
    assert [type(one.body) for one in following.sends] == [OpenSession]
    rig.give(SessionOpened("S-2"), following.wakes[0].at, LGWAN)
    assert rig.ring(end).sends == ()  # of a session that is over


def test_what_had_waited_at_the_network_is_awaited_before_it_disconnects() -> None:
    rig, alarm = on_demand()
    rig.ring(alarm)
    rig.give(SessionOpened("S-1", waiting=2), NIGHT, LGWAN)
    rig.give(Carried(MINISTRY, REF), NIGHT, LGWAN)
    assert rig.give(from_ministry(accepted()), NIGHT, LGWAN).sends == ()
    closing = rig.give(from_ministry(sequence=2), NIGHT, LGWAN).sends
    assert [one.body for one in closing] == [CloseSession()]


def test_a_replacement_on_demand_asks_within_a_session() -> None:
    """S1-016 and S1-018."""
    rig, _ = on_demand()
    (ask,) = rig.give(ReplaceTerminal("2"), NOON).sends
    assert isinstance(ask.body, OpenSession)
    (relay,) = rig.give(SessionOpened("S-1"), Instant(NOON + 1), LGWAN).sends
    assert isinstance(relay.body, Relay)


def test_a_terminal_that_is_always_connected_asks_for_nothing() -> None:
    rig = terminal()
    (alarm,) = (one for one in rig.give(OpenTerminal(), NOON).wakes if isinstance(one.body, ExchangeDue))
    assert [type(one.body) for one in rig.ring(alarm).sends] == [Carry]
    assert rig.give(SessionOpened("S-1"), NIGHT, LGWAN).sends == ()
