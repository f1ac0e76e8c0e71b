"""The stage writes everything down and judges nothing; the scene asks, and plays everybody else."""

from __future__ import annotations

from datetime import date

import pytest

from conformance.kits import kit_of
from conformance.protocol.base import Clock, ClockAnswer, Hello
from conformance.protocol.conversation import Conversation
from conformance.protocol.examples import MOVER
from conformance.protocol.municipal import FilingData, Query, QueryAnswer
from conformance.scenes.asking import Asking
from conformance.stage import Stage
from sim.base.errors import Breach, HarnessError
from sim.base.instant import DAY, Instant, instant, japan_datetime

ROLE = "municipal-system"
NOON = instant(date(2026, 6, 3), 12)
FILING = FilingData(
    person=MOVER,
    filing="moving_in",
    history="residence_on_card",
    card="presented",
    event_date=date(2026, 6, 1),
    new_address="東京都新宿区大久保1丁目1番1号",
)


def conversation() -> Conversation:
    kit = kit_of(ROLE)
    made = Conversation(kit.reference(None), kit.role)
    made.hello(Hello(role=ROLE))
    return made


@pytest.fixture
def stage() -> Stage:
    kit = kit_of(ROLE)
    return Stage("T-1", lambda stage: kit.scene(stage, conversation()), tag="T", title="題")


def test_a_case_begins_with_its_first_instant_and_ends_once(stage: Stage) -> None:
    stage.at(NOON)
    lines = [line for line in stage.end() if line.node == "stage"]
    first, last = lines[0], lines[-1]
    assert (first.kind, first.at, first.case) == ("case_begun", NOON, "T-1")
    assert (last.kind, last.at, last.case) == ("case_ended", NOON, "T-1")
    assert first.data == {"tag": "T", "title": "題"}
    assert [line.kind for line in lines].count("case_begun") == 1


def test_what_was_asked_is_the_cause_of_what_was_answered(stage: Stage) -> None:
    stage.at(NOON)
    stage.scene.file("T-1/1", FILING)
    lines = stage.end()
    asked = next(line for line in lines if line.kind == "file_asked")
    answered = next(line for line in lines if line.kind == "file_answered")
    assert answered.cause == asked.id
    assert asked.case == answered.case == "T-1/1"
    decided = [line for line in lines if line.kind == "filing_decided"]
    assert [(line.case, line.subject, line.data["decision"]) for line in decided] == [
        ("T-1/1", MOVER.ref, "accepted")
    ]


def test_the_journal_is_merged_by_instant_node_and_number(stage: Stage) -> None:
    stage.at(NOON)
    stage.scene.file("T-1/1", FILING)
    stage.at(Instant(NOON + DAY))
    lines = stage.end()
    assert {"stage", "ministry"} <= {line.node for line in lines}
    assert list(lines) == sorted(lines, key=lambda line: (line.at, line.node, line.n))


def test_an_expectation_is_written_down_and_not_judged(stage: Stage) -> None:
    stage.at(NOON)
    stage.expect("no_such_check", visit="nowhere")
    line = next(line for line in stage.end() if line.kind == "expect")
    assert line.data == {"check": "no_such_check", "params": {"visit": "nowhere"}}


def test_time_on_the_stage_runs_forward_only(stage: Stage) -> None:
    stage.at(NOON)
    stage.at(Instant(NOON + DAY))
    assert stage.now == NOON + DAY
    with pytest.raises(HarnessError, match="back in time"):
        stage.at(NOON)


def test_nothing_can_be_done_before_it_is_any_time(stage: Stage) -> None:
    for act in (
        lambda: stage.expect("deemed"),
        lambda: stage.given(person="P"),
        lambda: stage.scene.file("T-1/1", FILING),
        stage.scene.exchange,
    ):
        with pytest.raises(HarnessError, match="when it is"):
            act()


def test_a_case_that_never_began_ends_as_a_fault(stage: Stage) -> None:
    assert [line.kind for line in stage.end()] == ["case_begun", "fault", "case_ended"]


def test_a_breach_and_a_fault_are_written_down_even_before_the_case_began(stage: Stage) -> None:
    stage.breach(Breach("it lies"))
    stage.fault(ZeroDivisionError("ours"))
    kinds = {line.kind: line.data for line in stage.end()}
    assert kinds["breach"] == {"error": "Breach: it lies"}
    assert kinds["fault"] == {"error": "ZeroDivisionError: ours"}


def test_visits_are_named_after_their_case(stage: Stage) -> None:
    assert [stage.visit(), stage.visit()] == ["T-1/1", "T-1/2"]


def test_the_days_between_bring_their_exchanges_however_time_is_cut() -> None:
    def accepted(*stops: int) -> list[tuple[Instant, object]]:
        kit = kit_of(ROLE)
        stage = Stage("T-1", lambda stage: kit.scene(stage, conversation()))
        stage.at(NOON)
        for days in stops:
            stage.at(Instant(NOON + days * DAY))
        lines = [line for line in stage.end() if line.node == "ministry" and line.kind == "batch_accepted"]
        return [(line.at, line.subject) for line in lines]

    once = accepted(3)
    assert len(once) == 3
    assert accepted(1, 2, 3) == once


def test_an_implementation_whose_clock_does_not_follow_is_a_breach(stage: Stage) -> None:
    class Stopped(Conversation):
        def ask(self, request, answer):  # type: ignore[no-untyped-def]
            if isinstance(request, Clock):
                return ClockAnswer(at=japan_datetime(NOON))
            return super().ask(request, answer)

    kit = kit_of(ROLE)
    stopped = Stopped(kit.reference(None), kit.role)
    stopped.hello(Hello(role=ROLE))
    other = Stage("T-1", lambda stage: kit.scene(stage, stopped))
    other.at(NOON)
    with pytest.raises(Breach, match="clock does not follow"):
        other.at(Instant(NOON + DAY))


def test_an_implementation_that_was_never_reset_fails_at_what_it_is_asked(stage: Stage) -> None:
    stage.at(NOON)
    with pytest.raises(Breach, match="never reset"):
        Asking(stage, conversation()).ask(Query(person="P"), QueryAnswer)
