"""The dated table: every day as a literal, and in order."""

from __future__ import annotations

from datetime import date

from sim.law import changes
from sim.law.changes import CHANGES
from sim.law.unconfirmed import unconfirmed

DAYS = {
    "system-first-day": date(2012, 7, 9),
    "agency-first-day": date(2019, 4, 1),
    "young-card-rule": date(2023, 11, 1),
    "wards-of-hamamatsu": date(2024, 1, 1),
    "penalties-renumbered": date(2024, 6, 10),
    "penal-terms": date(2025, 6, 1),
    "card-items": date(2026, 6, 14),
    "revocation-renumbered": date(2027, 4, 1),
    "juki-order-renumbered": None,
    "immi-order-renumbered": None,
}


def test_every_change_has_its_day() -> None:
    assert {change.id: change.on for change in CHANGES} == DAYS


def test_the_table_is_in_order_and_those_on_unknown_days_come_last() -> None:
    days = [change.on or date.max for change in CHANGES]
    assert days == sorted(days)


def test_every_change_says_what_changes_where_it_is_known_from_and_what_is_not_sure() -> None:
    for change in CHANGES:
        assert change.ja and change.en and change.source
        assert not change.unconfirmed or unconfirmed(change.unconfirmed).id == change.unconfirmed


def test_a_change_on_an_unknown_day_says_so() -> None:
    assert all(change.unconfirmed for change in CHANGES if change.on is None)


def test_every_day_of_the_module_stands_in_the_table() -> None:
    constants = {value for name, value in vars(changes).items() if name.isupper() and isinstance(value, date)}
    assert constants == {change.on for change in CHANGES if change.on is not None}
