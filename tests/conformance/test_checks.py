"""Single checks on small journals, where a wrong answer would be easy to give."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from conformance.checks import CHECKS, gather
from conformance.checks.declare import said
from conformance.evidence import Case
from sim.base import journal
from sim.base.instant import Instant
from sim.base.journal import Line


def journal_of(*rows: tuple[str, dict[str, Any]]) -> list[Line]:
    """Lines of one visit, an instant apart; `subject` and `visit` in the data are the line's own."""
    return [
        Line(
            journal.VERSION,
            "node",
            n,
            Instant(n),
            kind,
            "",
            str(data.get("visit", "V")),
            str(data.get("subject", "")),
            data,
        )
        for n, (kind, data) in enumerate(rows, start=1)
    ]


def findings(name: str, *rows: tuple[str, dict[str, Any]], **params: Any) -> list[str]:
    """What the check has to say, as `expected / received`."""
    check = CHECKS[name]
    case = Case(journal_of(*rows), check.reads)
    return [f"{found.expected} / {found.received}" for found in check(case, **params)]


IDENTITY = ("identity_confirmed", {"office": "main"})
AUTHENTIC = ("authenticity_confirmed", {"office": "main"})
ACCEPTED = (
    "filing_accepted",
    {"office": "main", "card": "presented", "filing": "moving_in", "filed_date": "2026-06-03"},
)
WITHOUT_CARD = ("filing_accepted", {"office": "main", "card": "absent", "filing": "moving_in"})
ENDORSED = ("card_endorsed", {"office": "main", "filed_date": "2026-06-03"})


@pytest.mark.parametrize(
    "rows",
    [(IDENTITY, AUTHENTIC, ACCEPTED, ENDORSED), (IDENTITY, WITHOUT_CARD), (IDENTITY, AUTHENTIC, ACCEPTED)],
    ids=["with card", "without card", "not endorsed: another check's business"],
)
def test_the_counter_s_order_is_kept(rows: tuple[tuple[str, dict[str, Any]], ...]) -> None:
    assert findings("counter_order", *rows) == []


@pytest.mark.parametrize(
    "rows",
    [
        (AUTHENTIC, IDENTITY, ACCEPTED, ENDORSED),
        (IDENTITY, AUTHENTIC, ENDORSED, ACCEPTED),
        (IDENTITY, ACCEPTED, ENDORSED),
        (AUTHENTIC, ACCEPTED, ENDORSED),
        (IDENTITY, AUTHENTIC, ENDORSED),
        (IDENTITY, AUTHENTIC, ACCEPTED, ENDORSED, ENDORSED),
        (WITHOUT_CARD,),
    ],
    ids=["swapped", "endorsed first", "not authentic", "nobody", "not accepted", "twice", "nobody at all"],
)
def test_a_step_that_is_missing_doubled_or_out_of_order_is_found(
    rows: tuple[tuple[str, dict[str, Any]], ...],
) -> None:
    assert len(findings("counter_order", *rows)) == 1


def test_a_card_that_was_not_handed_in_needs_no_endorsement() -> None:
    assert findings("endorsement", WITHOUT_CARD) == []


def test_moving_out_needs_no_endorsement() -> None:
    assert findings("endorsement", ("filing_accepted", ACCEPTED[1] | {"filing": "moving_out"})) == []


def test_an_endorsement_that_is_missing_or_of_another_day_is_found() -> None:
    assert findings("endorsement", ACCEPTED) == ["1 / 0"]
    other = ("card_endorsed", {"office": "main", "filed_date": "2026-06-04"})
    assert findings("endorsement", ACCEPTED, other) == ["2026-06-03 / 2026-06-04"]
    assert findings("endorsement", ACCEPTED, ENDORSED, day="2026-06-05") == ["2026-06-05 / 2026-06-03"]


def test_an_endorsement_of_another_visit_does_not_count() -> None:
    elsewhere = ("card_endorsed", ENDORSED[1] | {"visit": "W"})
    assert findings("endorsement", ACCEPTED, elsewhere) == ["1 / 0"]
    assert findings("endorsement_office", ACCEPTED, elsewhere) == ["an accepted filing of this visit / main"]


def test_a_missing_value_is_the_implementation_s_fault_and_not_ours() -> None:
    assert findings("deemed", ("filing_accepted", {}), visit="V", article="immi.19-9-1") == [
        "immi.19-9-1 / none"
    ]
    assert findings("in_time", ("filing_accepted", {}), visit="V", kept=False) == ["no / none"]


@pytest.mark.parametrize(
    ("state", "rows"),
    [
        ("none", [WITHOUT_CARD]),
        ("open", [WITHOUT_CARD, ("residence_duty_open", {})]),
        ("closed", [WITHOUT_CARD, ("residence_duty_open", {}), ("residence_duty_closed", {})]),
    ],
)
def test_the_state_of_a_duty_is_told_apart(state: str, rows: list[tuple[str, dict[str, Any]]]) -> None:
    for wanted in ("none", "open", "closed"):
        found = findings("residence_duty", *rows, visit="V", state=wanted)
        assert found == ([] if wanted == state else [f"{wanted} / {state}"])


RAISED = ("record_raised", {"record": "R1", "kind": "municipality_notice"})
BATCH = ("batch_made", {"direction": "up", "contains": ["R1"], "subject": "B1"})
EMPTY_BATCH = ("batch_made", {"direction": "up", "contains": [], "subject": "B2"})
DOWN_BATCH = ("batch_made", {"direction": "down", "contains": [], "subject": "D1"})
TAKEN_IN = ("batch_accepted", {"subject": "B1"})
TAKEN = ("record_accepted", {"record": "R1", "kind": "municipality_notice"})
REFUSED = ("record_rejected", {"record": "R1", "kind": "municipality_notice"})


@pytest.mark.parametrize(
    "rows",
    [
        (RAISED,),
        (EMPTY_BATCH, RAISED, DOWN_BATCH),
        (RAISED, BATCH),
        (RAISED, BATCH, EMPTY_BATCH),
        (RAISED, BATCH, TAKEN_IN, TAKEN),
        (RAISED, BATCH, TAKEN_IN, REFUSED),
    ],
    ids=["waits", "no exchange since", "on its way", "on its way still", "accepted", "rejected"],
)
def test_a_record_that_waits_travels_or_is_answered_is_not_lost(
    rows: tuple[tuple[str, dict[str, Any]], ...],
) -> None:
    assert findings("nothing_lost", *rows) == []


@pytest.mark.parametrize(
    "rows", [(RAISED, EMPTY_BATCH), (RAISED, BATCH, TAKEN_IN)], ids=["left behind", "swallowed"]
)
def test_a_record_that_is_nowhere_is_lost(rows: tuple[tuple[str, dict[str, Any]], ...]) -> None:
    assert findings("nothing_lost", *rows) == ["R1 accepted, rejected or pending / lost"]


def test_a_record_raised_twice_or_arriving_twice_is_found() -> None:
    assert findings("raised_once", RAISED, TAKEN) == []
    assert findings("raised_once", RAISED, ("record_raised", RAISED[1] | {"record": "R2"})) == [
        "V municipality_notice once / 2"
    ]
    assert findings("raised_once", RAISED, TAKEN, REFUSED) == ["R1 once / 2"]


def test_a_case_gives_only_what_is_asked_for_and_remembers_it() -> None:
    case = Case(journal_of(ACCEPTED, WITHOUT_CARD, ENDORSED), ("filing_accepted", "card_endorsed"))
    assert [line.n for line in case.lines("filing_accepted", card="absent")] == [2]
    assert case.lines("card_endorsed", visit="W") == []
    assert case.seen == ("node#2",)


def test_two_checks_of_one_name_are_refused() -> None:
    first, second = ModuleType("first"), ModuleType("second")
    for module in (first, second):
        setattr(module, "deemed", CHECKS["deemed"])  # noqa: B010
    with pytest.raises(ValueError, match="deemed"):
        gather(first, second)


def test_values_are_told_as_people_say_them() -> None:
    assert [said(value) for value in (None, True, False, ["a", "b"], [], 3)] == [
        "none", "yes", "no", "a, b", "none", "3",
    ]  # fmt: skip


def test_every_check_says_what_it_checks_in_both_languages() -> None:
    for check in CHECKS.values():
        assert check.ja
        assert check.en not in ("", check.id)
        assert check.requirements
        assert check.reads
