"""Whatever is typed at the console and whatever comes in: sessions are paired, and the chain verifies."""

from __future__ import annotations

from datetime import date

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from sim.base.instant import MINUTE, Instant
from sim.base.node import Alarm, Body, Committed
from sim.drivers.topology import LGWAN, MINISTRY
from sim.nodes.messages.network import Carried, Carry, HandOver, Undelivered
from sim.nodes.messages.registry import Outbound
from sim.nodes.messages.terminal import (
    ChangePin,
    CollectNow,
    ExportLog,
    InstallSoftware,
    LogOff,
    LogOn,
    OpenTerminal,
    SendNow,
    Train,
    Unlock,
    View,
)
from sim.nodes.terminal.export import check_export
from tests.drivers.story import AT
from tests.exchange.samples import notice
from tests.nodes.terminal.desk import NOON, PINS, assert_good_log, from_ministry, said, terminal

IDS = st.sampled_from([*PINS, "service", "nobody"])
JOBS: st.SearchStrategy[Body] = st.one_of(
    st.builds(View, st.sampled_from(["queue", "log", "unanswered", "quarantine", "nothing"])),
    st.builds(ExportLog, st.sampled_from(["M-1", "M-2", "M-3", ""])),
    st.builds(SendNow),
    st.builds(CollectNow),
    st.builds(ChangePin, st.sampled_from(["12345678", "99999999", "x"])),
    st.builds(Unlock, IDS),
    st.builds(LogOff),
    st.builds(HandOver, st.just(MINISTRY)),
    st.just(InstallSoftware("2", date(2019, 4, 1))),
)
PEOPLES_DOING = (View, ExportLog, SendNow, CollectNow, ChangePin, Unlock, HandOver, InstallSoftware)


class AnyUse(RuleBasedStateMachine):
    """Operators, the registry, the server and the clock, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.rig = terminal(attempts=3)
        self.now = NOON
        self.alarms: list[Alarm] = []
        self.carries: list[Carry] = []
        self.pins = dict(PINS)
        self.logged_on = ""
        self.numbers = iter(range(1, 10_000))
        self.sequence = 0
        self._follow(self.rig.give(OpenTerminal(), NOON))

    def _follow(self, committed: Committed) -> None:
        self.alarms += committed.wakes
        self.carries += [send.body for send in committed.sends if isinstance(send.body, Carry)]
        log = said(self.rig)
        # As the log says it: who sits at the console now.
        people = [row for row in log if row[0] in ("log_on", "log_off") and row[1] != "service"]
        self.logged_on = people[-1][1] if people and people[-1][0] == "log_on" else ""

    @rule(operator=IDS, right=st.booleans())
    def somebody_logs_on(self, operator: str, right: bool) -> None:
        pin = self.pins.get(operator, "unattended") if right else "00000000"
        before = self.logged_on
        committed = self.rig.give(LogOn(operator, pin), self.now)
        assert not committed.reply.ok or (right and not before and operator in self.pins)
        self._follow(committed)

    @rule(job=JOBS)
    def somebody_does_something(self, job: Body) -> None:
        before, length = self.logged_on, len(said(self.rig))
        committed = self.rig.give(job, self.now)
        if not before:
            assert committed.reply.code == "no_session" and not committed.sends
            assert len(said(self.rig)) == length
        self._follow(committed)
        if committed.reply.ok:
            assert not self.logged_on, "a job that is done ends its session"
            if isinstance(job, ChangePin):
                self.pins[before] = job.pin

    @rule()
    def the_registry_hands_something_over(self) -> None:
        number = next(self.numbers)
        record = notice(number, person_ref=f"P{number:07d}")
        self._follow(self.rig.give(Outbound((record,)), self.now, AT.link))

    @rule()
    def a_batch_comes_down(self) -> None:
        self.sequence += 1
        self._follow(self.rig.give(from_ministry(sequence=self.sequence), self.now, LGWAN))

    @precondition(lambda self: self.carries)
    @rule(got_through=st.booleans())
    def the_network_says_what_became_of_a_batch(self, got_through: bool) -> None:
        carry = self.carries.pop(0)
        news: Body = Carried(MINISTRY, carry.ref)
        if not got_through:
            news = Undelivered(MINISTRY, carry.ref, "outage", carry.manner)
        self._follow(self.rig.give(news, self.now, LGWAN))

    @rule(operator=IDS)
    def the_officer_instructs(self, operator: str) -> None:
        self._follow(self.rig.give(Train(operator, date(2019, 4, 1)), self.now))

    @rule(minutes=st.sampled_from([1, 6, 30, 700]))
    def time_passes(self, minutes: int) -> None:
        self.now = Instant(self.now + minutes * MINUTE)
        while due := [alarm for alarm in self.alarms if alarm.at <= self.now]:
            alarm = min(due, key=lambda one: (one.at, one.n))
            self.alarms.remove(alarm)
            self._follow(self.rig.ring(alarm))

    def teardown(self) -> None:
        """S3-030, S3-031, S3-032, S3-033."""
        assert_good_log(self.rig)
        sent = sum(1 for what, _ in said(self.rig) if what == "send")
        assert sent >= self.rig.kinds().count("batch_sent")
        heads = {
            line.data["medium"]: line.data["head"]
            for line in self.rig.store.journal()
            if line.kind == "log_exported"
        }
        with self.rig.store.transaction() as transaction:
            for medium, head in heads.items():
                content = transaction.state.on_medium(medium)
                assert content is not None
                check_export(content, head)


TestAnyUse = AnyUse.TestCase
TestAnyUse.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
