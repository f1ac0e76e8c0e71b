"""What waits for a medium or a clerk's keyboard is on its way, and no exchange has left it behind."""

from __future__ import annotations

from typing import Any

import pytest

from sim.base.instant import HOUR, Instant
from sim.base.journal import Line
from sim.exchange.legs import Legs
from sim.exchange.reconciliation import Fault, reconcile

CODE = "992011"
START = 1_554_044_400_000_000


def at(hour: float) -> Instant:
    return Instant(START + int(hour * HOUR))


class Book:
    """Lines with numbers of their own for each node."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def add(self, node: str, hour: float, what: str, subject: str = "", /, **data: Any) -> None:
        n = 1 + sum(line.node == node for line in self.lines)
        self.lines.append(Line(1, node, n, at(hour), what, f"c{hour}", "", subject, data))

    def medium(self, hour: float, kind: str, sequence: int = 1, issue: int = 1) -> None:
        named = {"medium": f"{CODE}-U{sequence:06d}-{issue}", "direction": "up", "sequence": sequence}
        more = {"minutes": 60} if kind == "medium_read" else {}
        self.add(f"link-{CODE}", hour, kind, records=1, steps=6, **named, **more)

    def legs(self) -> Legs:
        legs = Legs()
        for line in self.lines:
            legs.take(line)
        return legs


def test_without_an_entry_everything_comes_out_at_once_over_a_line() -> None:
    assert Legs().came_out(CODE, "up", at(3)) == (at(3), "line")


def test_a_record_comes_out_with_the_first_medium_that_sets_out_after_it() -> None:
    book = Book()
    for hour, sequence in ((2, 1), (10, 2)):
        book.medium(hour, "medium_written", sequence)
        book.medium(hour + 1, "medium_read", sequence)
    legs = book.legs()
    assert legs.came_out(CODE, "up", at(1)) == (at(3), "media")
    assert legs.came_out(CODE, "up", at(2.5)) == (at(11), "media")
    assert legs.came_out(CODE, "up", at(12)) == (None, "media")


def test_a_lost_medium_holds_its_records_until_its_successor_is_read() -> None:
    book = Book()
    book.medium(2, "medium_written")
    book.medium(3, "medium_written", issue=2)
    book.medium(4, "medium_read", issue=2)
    legs = book.legs()
    assert legs.came_out(CODE, "up", at(1)) == (at(4), "media")
    assert legs.came_out(CODE, "up", at(2.5)) == (None, "media"), "it was not on the lost one"


def test_what_waits_when_the_line_comes_goes_over_the_line_and_was_taken_up_by_what_was_before() -> None:
    book = Book()
    book.medium(2, "medium_written")
    book.medium(3, "medium_read")
    book.add(f"link-{CODE}", 5, "link_switched", **{"from": "media", "to": "line", "date": "2019-04-01"})
    legs = book.legs()
    assert legs.came_out(CODE, "up", at(4)) == (at(5), "media")
    assert legs.came_out(CODE, "up", at(6)) == (at(6), "line")


def test_what_waits_for_a_sheet_when_media_come_was_taken_up_on_paper() -> None:
    book = Book()
    book.add(f"link-{CODE}", 5, "link_switched", **{"from": "paper", "to": "media", "date": "2019-04-01"})
    book.medium(6, "medium_written")
    book.medium(7, "medium_read")
    assert book.legs().came_out(CODE, "up", at(4)) == (at(7), "paper")


def test_a_broken_line_keeps_records_until_it_is_mended() -> None:
    book = Book()
    book.add(f"link-{CODE}", 1, "link_down")
    book.add(f"link-{CODE}", 3, "link_up")
    legs = book.legs()
    assert legs.came_out(CODE, "up", at(0.5)) == (at(0.5), "line")
    assert legs.came_out(CODE, "up", at(2)) == (at(3), "line")
    assert legs.came_out(CODE, "up", at(3)) == (at(3), "line")


def test_sheets_of_both_ways_are_told_apart_by_what_is_keyed() -> None:
    book = Book()
    for direction in ("up", "down"):
        book.add(
            f"link-{CODE}",
            1,
            "sheet_printed",
            sheet=f"{direction}1",
            direction=direction,
            records=1,
            fields=9,
            steps=6,
        )
    keyed = {"fields": 9, "errors": 0, "caught": 0, "differs": [], "steps": 3}
    book.add(f"link-{CODE}", 2, "record_rekeyed", record="N1", kind="agency_notice", **keyed)
    legs = book.legs()
    assert legs.came_out(CODE, "down", at(0.5)) == (at(2), "paper")
    assert legs.came_out(CODE, "up", at(0.5)) == (None, "paper")


@pytest.mark.parametrize(("read_at", "faults"), [(None, ()), (30, ()), (12, (Fault.LEFT_BEHIND,))])
def test_an_exchange_leaves_behind_only_what_had_come_to_the_terminal(
    read_at: float | None, faults: tuple[Fault, ...]
) -> None:
    book = Book()
    raised = {"record": "R1", "kind": "municipality_notice", "business": "resident_register"}
    book.add(
        f"registry-{CODE}",
        1,
        "record_raised",
        "P1",
        **raised,
        event_date="2019-04-01",
        filed_date="2019-04-01",
    )
    book.medium(2, "medium_written")
    if read_at is not None:
        book.medium(read_at, "medium_read")
    made = {"direction": "up", "business": "resident_register", "records": 0, "bytes": 1, "contains": []}
    book.add(f"terminal-{CODE}", 22, "batch_made", f"{CODE}-ISA-01-00000001", **made)
    found = reconcile(book.lines)
    assert found.records["R1"].faults == faults
    assert reconcile(reversed(book.lines)).records["R1"].faults == faults, (
        "the order of lines decides nothing"
    )
