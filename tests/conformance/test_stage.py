"""The stage writes everything down, under pseudonyms, and judges nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from conformance.adapters.builtin import BuiltinMunicipality
from conformance.stage import Command, Stage, pseudonymous
from sim.base import journal
from sim.base.errors import HarnessError
from sim.base.instant import DAY, Instant, instant
from sim.base.journal import Line
from sim.law.kinds import CardState, Filing, History, PersonClass
from sim.nodes.messages.agency import ExtendPeriod, OpenMinistry
from sim.nodes.messages.counter import FileFiling
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import ConfirmNotices, OpenRegister

NOON = instant(date(2026, 6, 3), 12)
SOMEBODY = Person(
    ref="P1",
    person_class=PersonClass.MID_LONG_TERM_RESIDENT,
    name="SECRET NAME",
    birth_date=date(1991, 2, 3),
    sex="F",
    nationality="VNM",
    address="SECRET ADDRESS",
    card_number="AB12345678CD",
    status="留学",
)
FORM = FileFiling(
    case="T-1/1",
    filing=Filing.MOVING_IN,
    person=SOMEBODY,
    history=History.RESIDENCE_ON_CARD,
    card=CardState.PRESENTED,
    event_date=date(2026, 6, 1),
    new_address="SECRET NEW ADDRESS",
)


@pytest.fixture
def stage() -> Stage:
    return Stage("T-1", BuiltinMunicipality(), tag="T", title="題")


def test_a_case_begins_with_its_first_instant_and_ends_once(stage: Stage) -> None:
    stage.at(NOON)
    lines = [line for line in stage.end() if line.node == "stage"]
    assert [(line.kind, line.at, line.case) for line in lines] == [
        ("case_begun", NOON, "T-1"),
        ("case_ended", NOON, "T-1"),
    ]
    assert lines[0].data == {"tag": "T", "title": "題"}


def test_what_is_done_is_the_cause_of_what_the_nodes_write(stage: Stage) -> None:
    stage.at(NOON)
    stage.do(FORM)
    lines = stage.end()
    done = next(line for line in lines if line.kind == "did")
    accepted = next(line for line in lines if line.kind == "filing_accepted")
    assert accepted.cause == done.id


def test_the_journal_is_merged_by_instant_node_and_number(stage: Stage) -> None:
    stage.at(NOON)
    stage.do(FORM)
    stage.at(Instant(NOON + DAY))
    lines = stage.end()
    assert len({line.node for line in lines}) > 4
    assert list(lines) == sorted(lines, key=lambda line: (line.at, line.node, line.n))


def test_a_journal_says_nothing_of_a_person_but_the_pseudonym(stage: Stage) -> None:
    stage.at(NOON)
    stage.do(OpenRegister((SOMEBODY,)))
    stage.do(OpenMinistry(((SOMEBODY.card_number, SOMEBODY.ref, "131041"),)))
    stage.do(FORM)
    stage.at(Instant(NOON + 2 * DAY))
    written = b"\n".join(map(journal.encode, stage.end()))
    assert b"P1" in written
    for secret in (b"SECRET", b"AB12345678CD", b"1991-02-03"):
        assert secret not in written


@pytest.mark.parametrize(
    ("command", "data"),
    [
        (OpenRegister((SOMEBODY,)), {"residents": ["P1"]}),
        (OpenMinistry((("AB12345678CD", "P1", "131041"),)), {"holders": ["P1"]}),
        (ConfirmNotices(), {"by_hand": False}),
        (
            ExtendPeriod("N-1", "P1", "AB12345678CD", "EF12345678GH", "留学", date(2030, 1, 1)),
            {"case": "N-1", "ref": "P1", "status": "留学", "period_until": "2030-01-01"},
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_command_can_be_written_down(command: Command, data: dict[str, object]) -> None:
    assert pseudonymous(command) == data


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
    with pytest.raises(HarnessError, match="when it is"):
        stage.do(FORM)
    with pytest.raises(HarnessError, match="when it is"):
        stage.expect("deemed")


def test_a_case_that_never_began_ends_as_a_fault(stage: Stage) -> None:
    assert [line.kind for line in stage.end()] == ["case_begun", "fault", "case_ended"]


def test_visits_are_named_after_their_case(stage: Stage) -> None:
    assert [stage.visit(), stage.visit()] == ["T-1/1", "T-1/2"]


def test_the_days_between_bring_their_exchanges_however_time_is_cut(stage: Stage) -> None:
    def batches(*stops: int) -> Iterator[Line]:
        stage = Stage("T-1", BuiltinMunicipality())
        stage.at(NOON)
        for days in stops:
            stage.at(Instant(NOON + days * DAY))
        return (line for line in stage.end() if line.kind.startswith("batch_"))

    once = list(batches(3))
    assert sum(line.kind == "batch_accepted" for line in once) == 3
    assert list(batches(1, 2, 3)) == once


def test_an_adapter_that_was_never_reset_does_nothing() -> None:
    with pytest.raises(HarnessError, match="never reset"):
        BuiltinMunicipality().do(FORM, "stage#1")
