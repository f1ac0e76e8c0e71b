"""The fifth, sixth and eighth safeguard: id and PIN, a session for each job, instruction of operators."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from sim.base.instant import DAY as ONE_DAY
from sim.base.instant import HOUR, MINUTE, Instant, instant
from sim.base.node import Body
from sim.drivers.topology import LGWAN, MINISTRY
from sim.nodes.messages.network import Carry, HandOver, Undelivered
from sim.nodes.messages.registry import Outbound
from sim.nodes.messages.terminal import (
    ChangePin,
    CollectNow,
    ExchangeDue,
    ExportLog,
    IdleDue,
    InstallSoftware,
    LogOff,
    LogOn,
    OpenTerminal,
    RetryDue,
    SendNow,
    Train,
    TrainingDue,
    Unlock,
    View,
)
from sim.nodes.terminal import Credential, Operator, Role, hashed
from sim.nodes.terminal.operators import fits, is_pin
from tests.drivers.story import AT
from tests.exchange.samples import notice
from tests.nodes.rig import Rig
from tests.nodes.terminal.desk import (
    ADMIN,
    CLERK,
    NIGHT,
    NOON,
    PINS,
    assert_good_log,
    audit,
    from_ministry,
    said,
    terminal,
)

JOBS: tuple[Body, ...] = (
    View("queue"),
    ExportLog("M-1"),
    SendNow(),
    CollectNow(),
    ChangePin("12345678"),
    Unlock("op-02"),
    InstallSoftware("2.1", date(2019, 4, 1)),
    HandOver(MINISTRY),
    LogOff(),
)


def log_on(rig: Rig, operator: str = "op-01", pin: str | None = None, at: Instant = NOON) -> Any:
    return rig.give(LogOn(operator, PINS[operator] if pin is None else pin), at).reply


def exchange_of(rig: Rig) -> Any:
    return next(one for one in rig.give(OpenTerminal(), NOON).wakes if isinstance(one.body, ExchangeDue))


# --- id and PIN -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("job", JOBS, ids=lambda job: type(job).__name__)
def test_nothing_can_be_done_before_id_and_pin(job: Body) -> None:
    """S3-030: no function is reachable before somebody is logged on."""
    rig = terminal()
    rig.give(Outbound((notice(1),)), NOON, AT.link)
    committed = rig.give(job, NOON)
    assert (committed.reply.ok, committed.reply.code, committed.sends) == (False, "no_session", ())
    assert list(rig.store.journal()) == []


def test_a_wrong_pin_is_counted_and_written_down_and_the_fifth_locks() -> None:
    """S3-030: wrong PINs are counted and logged."""
    rig = terminal()
    for _ in range(5):
        assert not log_on(rig, pin="00000000").ok
    assert said(rig) == [("log_on_failed", "op-01")] * 5 + [("locked", "op-01")]
    # Now the right one does not help, and the answer is the same.
    assert log_on(rig).code == log_on(rig, pin="00000000").code == "not_admitted"
    assert log_on(rig, "op-02").ok
    assert_good_log(rig)


def test_the_right_pin_forgives_the_wrong_ones_before_it() -> None:
    rig = terminal(attempts=2)
    for _ in range(3):
        log_on(rig, pin="00000000")
        assert log_on(rig).ok
        rig.give(LogOff(), NOON)
    assert ("locked", "op-01") not in said(rig)


def test_an_unknown_id_is_written_down_without_it_and_answered_like_a_wrong_pin() -> None:
    """S3-030: what was typed as an id may be somebody's PIN."""
    rig = terminal()
    assert rig.give(LogOn(PINS["op-01"], "op-01"), NOON).reply.code == log_on(rig, pin="1").code
    assert said(rig)[0] == ("log_on_failed", "")


def test_an_administrator_unlocks_and_nobody_else_does() -> None:
    rig = terminal(attempts=1)
    log_on(rig, pin="00000000")
    log_on(rig, "op-02")
    assert rig.give(Unlock("op-01"), NOON).reply.code == "not_an_administrator"
    rig.give(LogOff(), NOON)
    assert log_on(rig, "admin").ok
    assert rig.give(Unlock("nobody"), NOON).reply.code == "unknown_operator"
    assert rig.give(Unlock("op-01"), NOON).reply.ok
    assert ("unlocked", "admin") in said(rig)
    assert log_on(rig).ok
    assert_good_log(rig)


def test_a_changed_pin_takes_the_place_of_the_old_one_and_must_be_another() -> None:
    rig = terminal()
    log_on(rig)
    assert rig.give(ChangePin("12"), NOON).reply.code == "bad_pin"
    assert rig.give(ChangePin(PINS["op-01"]), NOON).reply.code == "same_pin"
    assert rig.give(ChangePin("55554444"), NOON).reply.ok
    assert not log_on(rig).ok
    assert log_on(rig, pin="55554444").ok


def test_a_pin_is_kept_as_a_salted_hash() -> None:
    kept = hashed("20190401", "salt")
    assert "20190401" not in kept and kept != hashed("20190401", "other")
    assert fits("20190401", kept) and not fits("20190402", kept)
    assert is_pin("0000") and not is_pin("１２３４") and not is_pin("12a4") and not is_pin("1" * 17)


# --- the terminal's own operator ------------------------------------------------------------------------
def test_a_day_runs_without_a_person_and_every_job_of_it_lies_in_a_session() -> None:
    """S1-012 and S3-030 together: nobody touches the terminal, and nothing is done before id and PIN."""
    rig = terminal()
    alarm = exchange_of(rig)
    rig.give(Outbound((notice(1),)), NOON, AT.link)
    rig.ring(alarm)
    rig.give(from_ministry(), NIGHT, LGWAN)
    assert [what for what, _ in said(rig)] == ["log_on", "send", "log_off", "log_on", "receive", "log_off"]
    assert {who for _, who in said(rig)} == {"service"}
    kinds = rig.kinds()
    assert kinds.index("audit_logged") < kinds.index("batch_made")
    subjects = [line.subject for line in rig.store.journal() if line.data.get("what") in ("send", "receive")]
    assert subjects == ["131041-ISA-01-00000001", "ISA-131041-01-00000001"]
    assert_good_log(rig)


def test_the_log_of_a_day_grows_with_its_exchanges_and_not_with_its_records() -> None:
    """S3-032: cheap enough for a year of a large ward."""
    lengths = []
    for count in (1, 500):
        rig = terminal()
        alarm = exchange_of(rig)
        records = tuple(notice(n, person_ref=f"P{n:07d}") for n in range(1, count + 1))
        rig.give(Outbound(records), NOON, AT.link)
        rig.ring(alarm)
        lengths.append(len(audit(rig)))
    assert lengths == [3, 3]


def test_without_the_right_pin_of_its_own_operator_the_terminal_exchanges_nothing_until_it_is_mended() -> (
    None
):
    """S3-030: the unattended exchange stands behind id and PIN too."""
    own = Operator("service", hashed("right", "s9"), Role.SERVICE)
    rig = terminal((own, ADMIN), service=Credential("service", "wrong"), attempts=2)
    alarm = exchange_of(rig)
    assert "training_overdue" not in rig.kinds()  # a program is not instructed
    rig.give(Outbound((notice(1),)), NOON, AT.link)
    refused = rig.ring(alarm)
    assert refused.sends == () and "batch_made" not in rig.kinds()
    assert rig.give(from_ministry(), NIGHT, LGWAN).reply.code == "not_admitted"
    assert said(rig) == [("log_on_failed", "service")] * 2 + [("locked", "service")]
    rig.node = replace(rig.node, service=Credential("service", "right"))  # type: ignore[type-var]
    (again,) = refused.wakes
    assert rig.ring(again).sends == ()  # still locked
    assert log_on(rig, "admin", at=NIGHT).ok
    assert rig.give(Unlock("service"), NIGHT).reply.ok
    (send,) = rig.ring(exchange_of(rig)).sends
    assert isinstance(send.body, Carry)
    assert rig.give(from_ministry(), NIGHT, LGWAN).reply.ok
    assert_good_log(rig)


def test_what_could_not_leave_without_the_operator_leaves_later() -> None:
    own = Operator("service", hashed("right", "s9"), Role.SERVICE)
    rig = terminal((own,), service=Credential("service", "right"))
    rig.ring(exchange_of(rig))
    (retry,) = rig.give(Undelivered(MINISTRY, "131041-ISA-01-00000001", "outage"), NIGHT, LGWAN).wakes
    right = rig.node
    rig.node = replace(right, service=Credential("service", "wrong"))  # type: ignore[type-var]
    barred = rig.ring(retry)
    assert barred.sends == ()
    (later,) = barred.wakes
    assert isinstance(later.body, RetryDue)
    rig.node = right
    assert [type(send.body) for send in rig.ring(later).sends] == [Carry]
    assert_good_log(rig)


def test_nobody_sits_down_as_the_terminals_own_operator() -> None:
    rig = terminal()
    assert rig.give(LogOn("service", "unattended"), NOON).reply.code == "not_admitted"


# --- sessions -------------------------------------------------------------------------------------------
def test_a_job_that_is_done_ends_its_session_and_one_that_cannot_be_done_does_not() -> None:
    """S3-031: log-off after each job."""
    rig = terminal()
    log_on(rig)
    assert rig.give(View("everything"), NOON).reply.code == "nothing_to_view"
    assert rig.give(View("queue"), NOON).reply.detail == "queue: 0"
    assert said(rig) == [("log_on", "op-01"), ("view", "op-01"), ("log_off", "op-01")]
    assert rig.give(View("queue"), NOON).reply.code == "no_session"
    assert_good_log(rig)


def test_who_does_nothing_is_logged_off() -> None:
    """S3-031: an idle session is closed, and the log says that it was idle."""
    rig = terminal()
    (idle,) = rig.give(LogOn("op-01", PINS["op-01"]), NOON).wakes
    assert (type(idle.body), idle.at) == (IdleDue, NOON + 10 * MINUTE)
    rig.give(View("everything"), Instant(NOON + 4 * MINUTE))  # no such thing, but somebody was there
    (later,) = rig.ring(idle).wakes
    assert later.at == NOON + 14 * MINUTE
    rig.ring(later)
    assert said(rig) == [("log_on", "op-01"), ("timed_out", "op-01"), ("log_off", "op-01")]
    assert_good_log(rig)


def test_the_wake_of_a_session_that_is_over_logs_nobody_off() -> None:
    rig = terminal()
    (idle,) = rig.give(LogOn("op-01", PINS["op-01"]), NOON).wakes
    rig.give(LogOff(), NOON)
    log_on(rig, "op-02", at=Instant(NOON + 9 * MINUTE))
    assert rig.ring(idle).wakes == ()  # the other one has a wake of its own
    assert said(rig)[-1] == ("log_on", "op-02")


def test_one_person_is_at_the_console_at_a_time() -> None:
    rig = terminal()
    log_on(rig)
    assert log_on(rig, "op-02").code == "console_in_use"
    assert_good_log(rig)


def test_an_exchange_by_hand_goes_under_the_name_of_who_started_it() -> None:
    """S3-032: who sent what."""
    rig = terminal()
    rig.give(Outbound((notice(1),)), NOON, AT.link)
    log_on(rig)
    (send,) = rig.give(SendNow(), NOON).sends
    assert isinstance(send.body, Carry) and b"131041-00000001" in send.body.content
    assert said(rig) == [("log_on", "op-01"), ("send", "op-01"), ("log_off", "op-01")]
    assert_good_log(rig)


def test_collecting_sends_an_empty_batch_and_leaves_the_queue() -> None:
    rig = terminal()
    rig.give(Outbound((notice(1),)), NOON, AT.link)
    log_on(rig)
    (send,) = rig.give(CollectNow(), NOON).sends
    assert isinstance(send.body, Carry) and b"131041-00000001" not in send.body.content
    log_on(rig)
    assert rig.give(View("queue"), NOON).reply.detail == "queue: 1"


# --- instruction ----------------------------------------------------------------------------------------
def test_who_was_never_instructed_is_a_finding_and_gets_no_session() -> None:
    """S3-034."""
    fresh = Operator("op-03", hashed("4444", "s4"))
    rig = terminal((CLERK, fresh))
    rig.give(OpenTerminal(), NOON)
    assert rig.last("training_overdue").data == {"operator": "op-03", "due": None}
    assert rig.give(LogOn("op-03", "4444"), NOON).reply.code == "training_overdue"
    assert said(rig) == [("log_on_failed", "op-03")]
    assert rig.give(Train("op-03", date(2019, 4, 2)), NOON).reply.ok
    assert rig.give(LogOn("op-03", "4444"), NOON).reply.ok
    assert ("trained", "op-03") in said(rig)
    assert_good_log(rig)


def test_the_day_after_an_instruction_has_run_out_it_is_a_finding_unless_it_was_renewed() -> None:
    """S3-034: a record with a date for each operator; overdue is a finding."""
    rig = terminal()
    opening = rig.give(OpenTerminal(), NOON).wakes
    wakes = {one.body.operator: one for one in opening if isinstance(one.body, TrainingDue)}
    first = wakes["op-01"]
    assert first.at == instant(date(2020, 1, 11))
    assert log_on(rig, at=Instant(first.at - HOUR)).ok
    rig.give(LogOff(), Instant(first.at - HOUR))
    (again,) = rig.give(Train("op-02", date(2020, 1, 5)), instant(date(2020, 1, 5), 9)).wakes
    rig.ring(first)
    assert rig.last("training_overdue").data == {"operator": "op-01", "due": "2020-01-10"}
    assert log_on(rig, at=first.at).code == "training_overdue"
    second = wakes["op-02"]
    before = rig.kinds().count("training_overdue")
    rig.ring(second)  # instructed again meanwhile
    assert rig.kinds().count("training_overdue") == before
    assert again.at == instant(date(2020, 1, 5) + timedelta(days=366))


def test_an_instruction_cannot_be_written_down_for_tomorrow_or_for_nobody() -> None:
    rig = terminal()
    assert rig.give(Train("op-01", date(2019, 4, 3)), NOON).reply.code == "date_in_future"
    assert rig.give(Train("service", date(2019, 4, 1)), NOON).reply.code == "unknown_operator"
    assert (
        rig.give(Train("nobody", date(2019, 4, 1)), Instant(NOON + ONE_DAY)).reply.code == "unknown_operator"
    )
