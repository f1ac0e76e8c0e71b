"""Versions that are rolled out, and patches that are renewed or missed: S1-017, S1-018, S1-024."""

from __future__ import annotations

from datetime import date

from sim.base.instant import Instant, instant
from sim.base.node import Alarm
from sim.drivers.topology import LGWAN, MINISTRY
from sim.exchange.profile import open_profiles
from sim.nodes.messages.network import (
    Carry,
    ClearFault,
    NotRelayed,
    Relay,
    Relayed,
    ReportFault,
    TakeVersion,
    VersionTaken,
)
from sim.nodes.messages.terminal import (
    ExchangeDue,
    InstallSoftware,
    LogOn,
    OpenTerminal,
    PatchesDue,
    RetryDue,
)
from sim.nodes.terminal import Software
from tests.drivers.story import AT, CODE
from tests.nodes.rig import Rig
from tests.nodes.terminal.desk import NOON, PINS, assert_good_log, terminal

NEW, OLD = open_profiles()


def of_old(rig_settings: bool = True) -> Rig:
    """A terminal that speaks the old version and could take up the new one."""
    rig = terminal(available=(NEW,) if rig_settings else ())
    from dataclasses import replace

    rig.node = replace(rig.node, profile=OLD)  # type: ignore[type-var]
    return rig


def version_written(rig: Rig) -> str:
    """In which version the terminal writes its next batch."""
    (alarm,) = (one for one in rig.give(OpenTerminal(), NOON).wakes if isinstance(one.body, ExchangeDue))
    (send,) = rig.ring(alarm).sends
    assert isinstance(send.body, Carry)
    return send.body.content.split(b",")[1].decode()


def test_a_version_that_the_centre_rolls_out_is_written_from_then_on() -> None:
    """S1-024."""
    rig = of_old()
    (send,) = rig.give(Relayed(MINISTRY, "v", TakeVersion(NEW.name)), NOON, LGWAN).sends
    assert send.body == Relay(MINISTRY, "v", VersionTaken(NEW.name))
    assert rig.last("version_taken").data == {"version": NEW.name}
    rig.give(Relayed(MINISTRY, "v", TakeVersion(NEW.name)), NOON, LGWAN)  # told twice
    assert version_written(rig) == NEW.name
    assert version_written(of_old()) == OLD.name


def test_a_version_that_it_cannot_take_up_is_a_fault_that_the_centre_sees() -> None:
    """S1-018, S1-024: refused cleanly."""
    rig = of_old(False)
    committed = rig.give(Relayed(MINISTRY, "v", TakeVersion(NEW.name)), NOON, LGWAN)
    (send,) = committed.sends
    assert send.body == Relay(MINISTRY, "v", ReportFault(CODE, AT.terminal, "version_not_available"))
    assert committed.reply.code == "version_not_available"
    assert version_written(rig) == OLD.name


def test_patches_that_were_not_renewed_in_time_are_told_once_and_taken_back_when_they_are() -> None:
    """S1-018: patches are applied, and the centre sees where they are not."""
    rig = terminal(software=Software("1.0", date(2019, 4, 1)), patch_every=30)
    (due,) = (one for one in rig.give(OpenTerminal(), NOON).wakes if isinstance(one.body, PatchesDue))
    assert due.at == instant(date(2019, 5, 2))
    (send,) = rig.ring(due).sends
    assert isinstance(send.body, Relay)
    assert send.body.body == ReportFault(CODE, AT.terminal, "patches_overdue")
    assert rig.last("patches_overdue").data == {"version": "1.0", "patched": "2019-04-01"}
    assert rig.give(PatchesDue(date(2019, 5, 1)), due.at, AT.terminal).sends == ()
    now = Instant(due.at + 1)
    rig.give(LogOn("admin", PINS["admin"]), now)
    committed = rig.give(InstallSoftware("1.1", date(2019, 5, 2)), now)
    assert isinstance(committed.sends[0].body, Relay)
    assert committed.sends[0].body.body == ClearFault(CODE, AT.terminal, "patches_overdue")
    assert rig.last("software_installed").data == {"version": "1.1", "patched": "2019-05-02"}
    assert_good_log(rig)


def test_patches_that_were_renewed_in_time_are_no_fault() -> None:
    rig = terminal(software=Software("1.0", date(2019, 4, 1)), patch_every=30)
    (due,) = (one for one in rig.give(OpenTerminal(), NOON).wakes if isinstance(one.body, PatchesDue))
    rig.give(LogOn("admin", PINS["admin"]), instant(date(2019, 4, 20)))
    rig.give(InstallSoftware("1.0", date(2019, 4, 20)), instant(date(2019, 4, 20)))
    assert rig.ring(due).sends == ()


def test_only_an_administrator_installs_and_not_what_is_of_tomorrow() -> None:
    rig = terminal()
    rig.give(LogOn("op-01", PINS["op-01"]), NOON)
    assert rig.give(InstallSoftware("1.1", date(2019, 4, 1)), NOON).reply.code == "not_an_administrator"
    other = terminal()
    other.give(LogOn("admin", PINS["admin"]), NOON)
    assert other.give(InstallSoftware("1.1", date(2019, 4, 3)), NOON).reply.code == "date_in_future"


def test_a_fault_that_did_not_get_through_is_told_again() -> None:
    rig = terminal(software=Software("1.0", date(2019, 1, 1)), patch_every=30)
    (due,) = (one for one in rig.give(OpenTerminal(), NOON).wakes if isinstance(one.body, PatchesDue))
    assert due.at == NOON
    (send,) = rig.ring(due).sends
    assert isinstance(send.body, Relay)
    (retry,) = rig.give(NotRelayed(MINISTRY, send.body.ref, "outage"), NOON, LGWAN).wakes
    assert retry.body == RetryDue(MINISTRY)
    (again,) = _ring(rig, retry)
    assert again == send.body
    assert rig.give(NotRelayed(MINISTRY, "something else", "outage"), NOON, LGWAN).wakes == ()


def _ring(rig: Rig, alarm: Alarm) -> list[object]:
    return [send.body for send in rig.ring(alarm).sends]
