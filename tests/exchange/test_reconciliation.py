"""Journals held side by side: what adds up, what does not, and who saw it last."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import UsageError
from sim.base.instant import HOUR, Instant
from sim.base.journal import Line
from sim.exchange.balance import TOLD_GAPS
from sim.exchange.reconciliation import EXPLAINED, Fault, Reconciliation, State, reconcile

REGISTRY, TERMINAL, MINISTRY = "registry-131041", "terminal-131041", "ministry"
UP, DOWN = "131041-ISA-01-00000001", "ISA-131041-01-00000001"
THIRD = "131041-ISA-01-00000002"
ONE, TWO, NOTICE = "131041-00000001", "131041-00000002", "ISA-00000001"
START = 1_554_044_400_000_000

Row = tuple[str, str, str, dict[str, Any]]


def raised(name: str = ONE, person: str = "P1") -> Row:
    data = {"record": name, "kind": "municipality_notice", "business": "resident_register"}
    return (REGISTRY, "record_raised", person, data)


def made(batch: str, *records: str) -> Row:
    up = batch == UP or batch.startswith("131041")
    data = {"direction": "up" if up else "down", "business": "resident_register", "contains": list(records)}
    return (TERMINAL if up else MINISTRY, "batch_made", batch, data)


def taken(batch: str) -> Row:
    up = batch.startswith("131041")
    data = {"direction": "up" if up else "down"}
    return (MINISTRY, "batch_accepted", batch, data) if up else (TERMINAL, "batch_received", batch, data)


def accepted(name: str = ONE, person: str = "P1") -> Row:
    return (MINISTRY, "record_accepted", person, {"record": name, "kind": "municipality_notice"})


def rejected(name: str = ONE, code: str = "DATE_IN_FUTURE") -> Row:
    return (MINISTRY, "record_rejected", "P1", {"record": name, "kind": "municipality_notice", "code": code})


def applied(name: str = ONE, outcome: str = "accepted", code: str = "") -> Row:
    data = {"record": name, "kind": "municipality_notice", "outcome": outcome, "code": code}
    return (REGISTRY, "result_applied", "P1", data)


def noticed(holder: str = "131041") -> Row:
    return (
        MINISTRY,
        "notice_raised",
        "P2",
        {"record": NOTICE, "holder": holder, "business": "resident_register"},
    )


def imported() -> Row:
    return (REGISTRY, "notice_imported", "P2", {"record": NOTICE, "batch": DOWN})


def confirmed() -> Row:
    return (REGISTRY, "notice_confirmed", "P2", {"record": NOTICE})


def given_up(batch: str = UP, code: str = "WRONG_RECIPIENT") -> Row:
    return (TERMINAL, "batch_given_up", batch, {"direction": "up", "code": code, "records": 1})


def lines(*rows: Row) -> list[Line]:
    """The rows as lines, an hour apart, each node counting from 1."""
    numbers: dict[str, int] = {}
    found = []
    for hour, (node, kind, subject, data) in enumerate(rows):
        numbers[node] = numbers.get(node, 0) + 1
        found.append(Line(1, node, numbers[node], Instant(START + hour * HOUR), kind, "", "", subject, data))
    return found


def of(*rows: Row) -> Reconciliation:
    return reconcile(lines(*rows))


def faults(found: Reconciliation) -> list[tuple[str, Fault]]:
    return [(item.name, fault) for item in found.faulty for fault in item.faults]


GOOD = (
    raised(),
    raised(TWO, "P2"),
    made(UP, ONE, TWO),
    taken(UP),
    accepted(),
    rejected(TWO),
    made(DOWN),
    taken(DOWN),
    applied(),
    applied(TWO, "rejected", "DATE_IN_FUTURE"),
)


# --- a terminal in another's place
def by_another(batch: str, *records: str) -> Row:
    node, kind, subject, data = made(batch, *records)
    return (node, kind, subject, data | {"edition": 2000})


def test_a_number_that_a_former_machine_used_in_vain_counts_once_in_whatever_order_the_lines_come() -> None:
    """S1-018."""
    rows = lines(raised(), made(UP, ONE), by_another(UP), raised(TWO), by_another(THIRD, ONE, TWO))
    for some in (rows, rows[::-1]):
        found = reconcile(some)
        assert found.batches[UP].raised == 1
        assert found.records[ONE].batch == THIRD
        assert found.sound, found.told()


def test_a_record_that_only_a_former_machine_had_sent_is_not_lost_with_what_took_the_number() -> None:
    found = of(raised(), made(UP, ONE), by_another(UP), taken(UP))
    assert (found.records[ONE].state, faults(found)) == (State.PENDING, [(ONE, Fault.LEFT_BEHIND)])


def test_a_batch_that_both_machines_took_in_is_not_doubled_and_one_that_one_took_in_twice_is() -> None:
    node, kind, subject, data = taken(DOWN)
    again = (node, kind, subject, data | {"machine": 2})
    rows = lines(made(DOWN), taken(DOWN), again)
    assert reconcile(rows).sound and reconcile(rows[::-1]).sound
    assert faults(of(made(DOWN), taken(DOWN), again, again)) == [(DOWN, Fault.DOUBLED)]


def test_a_batch_that_a_former_machine_gave_up_is_accepted_as_the_other_made_it() -> None:
    found = of(raised(), made(UP), given_up(UP), by_another(UP, ONE), taken(UP), accepted())
    assert found.sound, found.told()
    assert found.batches[UP].state is State.ACCEPTED


# --- what does not add up


def test_a_record_without_a_verdict_in_a_batch_that_was_taken_in_is_lost_and_the_ministry_saw_it_last() -> (
    None
):
    found = of(raised(), made(UP, ONE), taken(UP))
    assert faults(found) == [(ONE, Fault.LOST)]
    assert not found.sound
    assert found.records[ONE].seen == TERMINAL


def test_a_record_that_a_later_exchange_left_behind_is_found() -> None:
    assert faults(of(raised(), made(UP))) == [(ONE, Fault.LEFT_BEHIND)]
    assert faults(of(made(UP), raised())) == []


def test_a_record_that_was_decided_twice_is_found_and_leaves_a_rest() -> None:
    for second in (accepted(), rejected()):
        found = of(raised(), made(UP, ONE), taken(UP), accepted(), second)
        assert faults(found) == [(ONE, Fault.DOUBLED)]
        assert found.sums()["municipality_notice"].rest == -1


def test_a_number_that_was_used_twice_is_found_and_leaves_a_rest() -> None:
    found = of(raised(), raised(), made(UP, ONE), taken(UP), accepted())
    assert faults(found) == [(ONE, Fault.RAISED_TWICE)]
    assert found.sums()["municipality_notice"].rest == 1


def test_a_verdict_on_what_its_sender_never_sent_is_found() -> None:
    found = of(raised(TWO), made(UP, TWO), taken(UP), accepted(TWO), accepted())
    assert faults(found) == [(ONE, Fault.NEVER_SENT)]


def test_a_sender_that_was_told_otherwise_than_decided_is_found() -> None:
    whole = (raised(), made(UP, ONE), taken(UP))
    assert faults(of(*whole, accepted(), applied(ONE, "rejected", "X"))) == [(ONE, Fault.CONTRADICTED)]
    assert faults(of(*whole, rejected(), applied(ONE, "accepted"))) == [(ONE, Fault.CONTRADICTED)]


def test_a_batch_that_was_taken_in_twice_or_never_made_is_found() -> None:
    assert faults(of(made(UP), taken(UP), taken(UP))) == [(UP, Fault.DOUBLED)]
    other = "131041-ISA-01-00000002"
    assert faults(of(made(UP), taken(UP), taken(other))) == [(other, Fault.NEVER_SENT)]


def test_a_notice_that_nobody_imported_is_lost_and_one_that_waits_for_a_clerk_is_not() -> None:
    opened: Row = (REGISTRY, "register_opened", "", {})
    arrived = (opened, noticed(), made(DOWN, NOTICE), taken(DOWN))
    assert faults(of(*arrived)) == [(NOTICE, Fault.LOST)]
    waiting = of(*arrived, imported())
    assert (faults(waiting), waiting.records[NOTICE].state) == ([], State.PENDING)
    assert of(*arrived, imported(), confirmed()).records[NOTICE].state is State.ACCEPTED


def test_a_hole_in_a_journal_is_found() -> None:
    rows = lines(*GOOD)
    lost = rows.pop(4).n
    found = reconcile(rows)
    assert found.holes == {MINISTRY: 1}
    assert found.missing == {MINISTRY: ((lost, lost),)}
    assert f"{MINISTRY}: HOLE: the journal has a hole: numbers are missing (1): {lost}" in found.told()
    assert not found.sound


def test_which_numbers_a_journal_lacks_is_told_as_runs_and_bounded() -> None:
    (one, *_) = lines(*GOOD)
    there = [3, 4, 8, *range(10, 200, 2)]
    found = reconcile([msgspec.structs.replace(one, n=number) for number in there])
    missing = [number for number in range(1, 198) if number not in there]
    runs = found.missing[one.node]
    assert runs[:4] == ((1, 2), (5, 7), (9, 9), (11, 11))
    assert len(runs) == TOLD_GAPS
    (said,) = (line for line in found.told() if "HOLE" in line)
    listed = sum(last - first + 1 for first, last in runs)
    assert f"({len(missing)}): 1-2, 5-7, 9, 11, " in said
    assert said.endswith(f", and {len(missing) - listed} more")
    assert found.as_dict()["missing"][one.node][:2] == [[1, 2], [5, 7]]


def altered(rows: list[Line], row: int, **data: Any) -> Line:
    return msgspec.structs.replace(rows[row], data=rows[row].data | data)


@given(seed=st.integers(0, 10_000))
def test_two_different_lines_under_one_number_are_found_whatever_their_order(seed: int) -> None:
    rows = lines(*GOOD)
    rows += [
        altered(rows, 5, code="NO_SUCH_RESIDENT"),
        altered(rows, 5, record="131041-00000009"),
        altered(rows, 9, outcome="accepted", code=""),
    ]
    expected = reconcile(rows)
    random.Random(seed).shuffle(rows)
    found = reconcile([*rows, *rows])
    assert found == expected
    assert found.disputed == (f"{MINISTRY}#3", f"{REGISTRY}#4")
    assert not found.sound


def test_a_number_with_two_lines_is_told_even_when_everything_else_adds_up() -> None:
    rows = lines(*GOOD)
    rows.append(msgspec.structs.replace(rows[9], cause="ministry#3"))
    found = reconcile(rows)
    assert not found.faulty
    assert not found.sound
    assert any(line.startswith(f"{REGISTRY}#4: DISPUTED: ") for line in found.told())
    assert found.as_dict()["disputed"] == [f"{REGISTRY}#4"]


# --- what adds up


def test_what_was_sent_is_accepted_rejected_or_pending() -> None:
    found = of(*GOOD, raised("131041-00000003"))
    one = found.sums()["municipality_notice"]
    assert (one.sent, one.accepted, one.rejected, one.pending, one.rest) == (3, 1, 1, 1, 0)
    assert one.codes == {"DATE_IN_FUTURE": 1}
    assert found.sound


def test_the_records_of_a_batch_that_was_given_up_are_rejected_whatever_closed_its_number() -> None:
    rows = (raised(), made(UP, ONE), given_up())
    for found in (of(*rows), of(*rows, taken(UP))):
        item = found.records[ONE]
        assert (item.state, item.code, found.faulty) == (State.REJECTED, "WRONG_RECIPIENT", [])
        assert found.batches[UP].state is State.REJECTED
        assert found.batch_sums()["up"].rest == 0


def test_a_forged_batch_is_no_part_of_the_sum() -> None:
    forged = (MINISTRY, "batch_rejected", "FOREIGN-1", {"code": "NOT_OPENED"})
    assert of(*GOOD, forged).batches == of(*GOOD).batches


def test_every_person_and_every_batch_has_a_sum_of_its_own() -> None:
    found = of(*GOOD)
    assert {person: (s.sent, s.accepted, s.rejected) for person, s in found.persons().items()} == {
        "P1": (1, 1, 0),
        "P2": (1, 0, 1),
    }
    assert {batch: s.sent for batch, s in found.per_batch().items()} == {UP: 2}
    assert set(found.only(person="P1").records) == {ONE}
    assert set(found.only(batch=UP).records) == {ONE, TWO}


# --- any subset, order and instant


@given(seed=st.integers(0, 10_000))
def test_the_order_of_the_lines_and_lines_that_come_twice_change_nothing(seed: int) -> None:
    rows = lines(*GOOD, noticed(), made("ISA-131041-01-00000002", NOTICE), given_up("131041-ISA-02-00000001"))
    shuffled = rows + rows[:3]
    random.Random(seed).shuffle(shuffled)
    assert reconcile(shuffled) == reconcile(rows)


@pytest.mark.parametrize("hours", range(len(GOOD) + 1))
def test_at_every_instant_the_sum_is_zero_and_nothing_is_unsound(hours: int) -> None:
    found = reconcile(lines(*GOOD), Instant(START + hours * HOUR - 1))
    assert [one.rest for one in (*found.sums().values(), *found.batch_sums().values())] == [
        0 for _ in (*found.sums(), *found.batch_sums())
    ]
    assert not found.holes
    # Between a batch and its records lies one commit; here it is pulled apart.
    assert all(fault is Fault.LOST for _, fault in faults(found))


def alone(nodes: Iterable[str]) -> Reconciliation:
    return reconcile(line for line in lines(*GOOD, noticed()) if line.node in nodes)


@pytest.mark.parametrize(
    "nodes",
    [
        (REGISTRY,),
        (TERMINAL,),
        (MINISTRY,),
        (REGISTRY, TERMINAL),
        (REGISTRY, MINISTRY),
        (TERMINAL, MINISTRY),
        (REGISTRY, TERMINAL, MINISTRY),
        (),
    ],
)
def test_a_journal_that_is_not_there_is_held_against_nobody(nodes: tuple[str, ...]) -> None:
    found = alone(nodes)
    assert found.sound
    assert set(found.sides) == set(nodes)
    assert all(one.rest == 0 for one in (*found.sums().values(), *found.batch_sums().values()))


def test_every_fault_is_explained_in_both_languages_and_told_with_the_side_that_saw_it_last() -> None:
    assert set(EXPLAINED) == set(Fault)
    told = of(raised(), made(UP, ONE), taken(UP)).told()
    (line,) = (one for one in told if "LOST" in one)
    assert line.startswith(f"{ONE} municipality_notice: LOST: its batch was taken in")
    assert "last seen by terminal-131041, 2019-04-01T01:00:00+09:00" in line
    assert told[-1] == "DOES NOT ADD UP"


@pytest.mark.parametrize("number", [-1, 100_000_001, 10**15])
def test_a_number_that_no_journal_has_is_refused_and_takes_no_memory(number: int) -> None:
    line = Line(1, REGISTRY, number, Instant(START), "record_raised", "", "", "P1", raised()[3])
    with pytest.raises(UsageError, match="is impossible"):
        reconcile([line])


@pytest.mark.parametrize(
    "row",
    [
        (REGISTRY, "record_raised", "P1", {}),
        (MINISTRY, "batch_made", "X", {"direction": "up", "business": "b", "contains": []}),
        (MINISTRY, "batch_made", UP, {"direction": "up", "business": "b", "contains": None}),
        (MINISTRY, "record_rejected", "P1", {"record": ONE}),
        (MINISTRY, "record_accepted", "P1", {"record": [], "kind": "x"}),
    ],
)
def test_an_entry_that_no_node_writes_is_refused_with_its_place(row: Row) -> None:
    with pytest.raises(UsageError) as caught:
        of(row)
    assert f"{row[0]}#1" in str(caught.value)
