"""Measures add up, and the reconciliation can fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import UsageError
from sim.base.instant import HOUR, Instant
from sim.base.journal import Line
from sim.studies import measures as measuring
from sim.studies import simulate
from sim.studies.folding import fold
from sim.studies.measures import Balance, Distribution, Measures
from sim.studies.scenario import loading

RUN = simulate.run_of(loading.load("shinjuku-2019"), 1)
RAISED = {
    "record": "R1",
    "kind": "municipality_notice",
    "business": "resident_register",
    "event_date": "2019-04-01",
    "filed_date": "2019-04-01",
}
ACCEPTED = {"record": "R1", "kind": "municipality_notice"}
REJECTED = {**ACCEPTED, "code": "DATE_IN_FUTURE"}
NOTICE = {"record": "N1", "business": "resident_register", "holder": "131041"}
UP, DOWN = "131041-ISA-01-00000001", "ISA-131041-01-00000001"

Row = tuple[str, str, str, dict[str, Any]]


def made(batch: str, *records: str) -> Row:
    """A batch of the register's business that holds these records."""
    up = batch == UP
    data = {
        "direction": "up" if up else "down",
        "business": "resident_register",
        "records": len(records),
        "bytes": 1,
        "contains": list(records),
    }
    return ("terminal-131041" if up else "ministry", "batch_made", batch, data)


def taken(batch: str) -> Row:
    up = batch == UP
    data = {"direction": "up" if up else "down"}
    return (
        ("ministry", "batch_accepted", batch, data)
        if up
        else ("terminal-131041", "batch_received", batch, data)
    )


def folded(*rows: Row | tuple[str, dict[str, Any]]) -> Measures:
    """The measures of some entries, an hour apart; a short row is one of the registry's."""
    lines = []
    for n, row in enumerate(rows):
        node, kind, subject, data = row if len(row) == 4 else ("registry-131041", row[0], "", row[1])
        lines.append(Line(1, node, n, Instant(1_554_044_400_000_000 + n * HOUR), kind, "", "", subject, data))
    return fold(RUN, lines)


def balance(*rows: Row | tuple[str, dict[str, Any]], kind: str = "municipality_notice") -> Balance:
    return folded(*rows).balances[kind]


def test_a_record_without_a_verdict_is_pending() -> None:
    found = balance(("record_raised", RAISED))
    assert (found.pending, found.lost, found.rest) == (1, 0, 0)


@pytest.mark.parametrize(("kind", "data"), [("record_accepted", ACCEPTED), ("record_rejected", REJECTED)])
def test_a_record_with_one_verdict_adds_up(kind: str, data: dict[str, Any]) -> None:
    found = balance(("record_raised", RAISED), (kind, data))
    assert (found.accepted + found.rejected, found.pending, found.rest) == (1, 0, 0)


def test_a_record_accepted_twice_leaves_a_rest() -> None:
    assert (
        balance(("record_raised", RAISED), ("record_accepted", ACCEPTED), ("record_accepted", ACCEPTED)).rest
        == -1
    )


def test_a_verdict_on_a_record_that_was_never_sent_leaves_a_rest() -> None:
    assert balance(("record_accepted", ACCEPTED)).rest == -1


def test_an_answer_that_could_not_be_read_decides_nothing() -> None:
    unreadable = {"record": "R-1", "kind": "result", "code": "MISSING_ITEM"}
    measures = folded(("record_raised", RAISED), ("record_rejected", unreadable))
    assert set(measures.balances) == {"municipality_notice"}
    assert measures.balances["municipality_notice"].pending == 1


def test_a_record_number_raised_twice_leaves_a_rest() -> None:
    assert (
        balance(("record_raised", RAISED), ("record_raised", RAISED), ("record_accepted", ACCEPTED)).rest == 1
    )


def test_a_verdict_may_stand_before_what_it_is_on_when_both_bear_one_instant() -> None:
    found = balance(("record_accepted", ACCEPTED), ("record_raised", RAISED))
    assert (found.accepted, found.pending, found.rest) == (1, 0, 0)


def test_a_batch_received_twice_leaves_a_rest() -> None:
    assert folded(made(UP), taken(UP), taken(UP)).batches["up"].rest == -1
    assert folded(made(UP), taken(UP)).batches["up"].rest == 0
    assert folded(taken(UP), made(UP)).batches["up"].rest == 0
    assert folded(made(UP)).batches["up"].pending == 1


def test_a_record_without_a_verdict_in_a_batch_that_was_taken_in_is_lost() -> None:
    assert balance(("record_raised", RAISED), made(UP, "R1")).lost == 0
    found = balance(("record_raised", RAISED), made(UP, "R1"), taken(UP))
    assert (found.pending, found.lost, found.rest, found.sound) == (1, 1, 0, False)


def test_a_record_that_a_later_exchange_left_behind_is_lost() -> None:
    assert balance(("record_raised", RAISED), made(UP)).lost == 1
    assert balance(made(UP), ("record_raised", RAISED)).lost == 0


def test_a_notice_that_waits_for_a_clerk_is_pending_and_one_that_nobody_imported_is_lost() -> None:
    raised = ("ministry", "notice_raised", "", NOTICE)
    arrived = (raised, made(DOWN, "N1"), taken(DOWN))
    assert balance(*arrived, kind="agency_notice").lost == 1
    imported = ("notice_imported", {"record": "N1"})
    waiting = balance(*arrived, imported, kind="agency_notice")
    assert (waiting.pending, waiting.lost) == (1, 0)
    assert balance(raised, made(DOWN), kind="agency_notice").lost == 1


def test_a_result_of_a_batch_that_was_rejected_whole_is_the_verdict_on_its_records() -> None:
    result = {"record": "R1", "kind": "municipality_notice", "outcome": "rejected", "code": "SEQUENCE_GAP"}
    found = balance(("record_raised", RAISED), ("result_applied", result))
    assert (found.rejected, found.pending, found.rest, found.codes) == (1, 0, 0, {"SEQUENCE_GAP": 1})


def resent(batch: str, attempt: int = 1) -> Row:
    up = batch == UP
    data = {"direction": "up" if up else "down", "attempt": attempt, "code": "NOT_OPENED"}
    return ("terminal-131041" if up else "ministry", "batch_resent", batch, data)


def refused(batch: str, code: str = "NOT_OPENED") -> Row:
    data = {"code": code, "line": 1, "field": "envelope", "expected": "", "received": "", "from": "x"}
    return ("ministry" if batch == UP else "terminal-131041", "batch_rejected", batch, data)


def test_a_rejected_batch_that_goes_again_is_raised_again_and_has_no_verdict_yet() -> None:
    waiting = folded(made(UP), refused(UP), resent(UP)).batches["up"]
    assert (waiting.raised, waiting.rejected, waiting.pending, waiting.rest) == (2, 1, 1, 0)
    found = folded(made(UP), refused(UP), resent(UP), refused(UP), resent(UP, 2), taken(UP)).batches["up"]
    assert (found.raised, found.rejected, found.accepted, found.pending, found.rest) == (3, 2, 1, 0, 0)
    assert found.codes == {"NOT_OPENED": 2}


def test_a_batch_may_be_rejected_before_it_is_made_when_both_bear_one_instant() -> None:
    found = folded(refused(UP), made(UP)).batches["up"]
    assert (found.raised, found.rejected, found.pending, found.rest) == (1, 1, 0, 0)


def test_a_batch_that_nobody_raised_is_listed_and_not_counted() -> None:
    found = folded(refused("FOREIGN-001"))
    assert found.batches == {}
    assert [row["ref"] for row in found.rejected_batches] == ["FOREIGN-001"]


def test_a_notice_that_the_terminal_cannot_read_has_its_verdict_in_the_terminals_journal() -> None:
    raised = ("ministry", "notice_raised", "", NOTICE)
    unread = ("terminal-131041", "record_rejected", "", {"record": "N1", "kind": "", "code": "BAD_FORM"})
    found = balance(raised, made(DOWN, "N1"), taken(DOWN), unread, kind="agency_notice")
    assert (found.rejected, found.pending, found.lost, found.rest) == (1, 0, 0, 0)


def test_a_filing_that_the_register_contradicts_is_counted_by_its_reason() -> None:
    row = ("revision_refused", {"reason": "not_registered"})
    assert folded(row, row).revisions_refused == {"not_registered": 2}


def test_batches_of_one_instant_are_one_exchange_on_the_day_its_first_batch_is_in() -> None:
    other = "131041-ISA-02-00000001"
    both = [made(UP), made(UP)]
    lines = [
        Line(1, row[0], n, at, row[1], "", "", subject, row[3])
        for n, (row, subject, at) in enumerate(
            [
                (both[0], UP, Instant(1_554_044_400_000_000)),
                (both[1], other, Instant(1_554_044_400_000_000)),
                (taken(UP), UP, Instant(1_554_044_400_000_000 + HOUR)),
                (taken(UP), other, Instant(1_554_044_400_000_000 + 30 * HOUR)),
            ]
        )
    ]
    assert {day: found.exchanges for day, found in fold(RUN, lines).exchange.items()} == {
        "2019-04-01": 1,
        "2019-04-02": 0,
    }


def test_a_batch_that_is_tried_often_is_delayed_once_a_day() -> None:
    late: Row = ("terminal-131041", "batch_delayed", UP, {"reason": "outage"})
    found = folded(made(UP), *[late] * 30)
    assert [day.delayed for day in found.exchange.values()] == [1, 1]


def test_a_record_filed_before_its_event_is_no_part_of_the_time_since_the_event() -> None:
    ahead = {**RAISED, "filed_date": "2019-03-25"}
    found = folded(("record_raised", ahead), ("record_accepted", ACCEPTED))
    assert (found.event_to_agency.total, found.raised_to_agency.total) == (0, 1)
    found = folded(("record_raised", RAISED), ("record_accepted", ACCEPTED))
    assert (found.event_to_agency.total, found.raised_to_agency.total) == (1, 1)


COUNTS = st.dictionaries(st.integers(0, 500), st.integers(1, 9), max_size=12)


def distribution(counts: dict[int, int]) -> Distribution:
    return Distribution({str(hours): times for hours, times in counts.items()})


@given(COUNTS, COUNTS)
def test_distributions_add_up(one: dict[int, int], other: dict[int, int]) -> None:
    merged = distribution(one)
    merged.merge(distribution(other))
    assert merged.total == sum(one.values()) + sum(other.values())
    for hours, times in merged.ordered():
        assert times == one.get(hours, 0) + other.get(hours, 0)


@given(COUNTS.filter(bool), st.floats(0.01, 1))
def test_a_quantile_is_the_first_value_that_is_not_exceeded_in_that_share(
    counts: dict[int, int], share: float
) -> None:
    values = sorted(hours for hours, times in counts.items() for _ in range(times))
    found = distribution(counts).quantile(share)
    assert found is not None
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < share * len(values)


def test_no_value_has_no_quantile() -> None:
    assert Distribution().quantile(0.5) is None


@pytest.mark.parametrize("content", [b"", b"[]", b'{"v": 99}'])
def test_a_file_without_measures_is_refused_with_its_place(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "measures.json"
    path.write_bytes(content)
    with pytest.raises(UsageError) as raised:
        measuring.read(path)
    assert str(path) in str(raised.value)


def test_measures_of_another_version_are_refused(tmp_path: Path) -> None:
    measures = folded()
    measures.v = 99
    path = tmp_path / "measures.json"
    path.write_bytes(measuring.encode(measures))
    with pytest.raises(UsageError, match="another version"):
        measuring.read(path)
