"""The card on the counter: its state by date, its items by date of issue, a child's card."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import UsageError
from sim.law.card_validity import card_items, card_state, pending_until, young_card_until
from sim.law.kinds import CardState

EXPIRY = date(2026, 3, 31)
OLD_ONLY = {"period_of_stay", "permission_kind", "permission_date", "issue_date"}


def test_before_2012_07_09_there_are_no_residence_cards() -> None:
    with pytest.raises(UsageError, match="no residence cards yet") as caught:
        card_items(date(2012, 7, 8))
    assert vars(caught.value) == {
        "message": "there were no residence cards yet",
        "expected": "a day from 2012-07-09 on",
        "received": "2012-07-08",
        "where": "sim.law.card_validity.card_items",
        "remedy": "give the day on which the card was issued",
    }
    assert len(card_items(date(2012, 7, 9))) == 15


def test_four_items_leave_the_card_on_2026_06_14_and_one_comes() -> None:
    before = {item.id for item in card_items(date(2026, 6, 13))}
    after = {item.id for item in card_items(date(2026, 6, 14))}
    assert before - after == OLD_ONLY
    assert after - before == {"by_ordinance"}
    assert {
        "name",
        "place_of_residence",
        "status",
        "period_until",
        "card_number",
        "card_until",
    } <= before & after


def test_every_item_is_named_in_both_languages() -> None:
    for day in (date(2012, 7, 9), date(2026, 6, 14)):
        items = card_items(day)
        assert len({item.id for item in items}) == len(items)
        assert all(item.ja and item.en for item in items)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, CardState.PRESENTED),
        ({"presented": False}, CardState.ABSENT),
        ({"presented": False, "expiry": date(2020, 1, 1)}, CardState.ABSENT),
        ({"issued_later": True, "presented": False}, CardState.ISSUED_LATER),
        ({"expiry": EXPIRY}, CardState.EXPIRED),
        ({"expiry": date(2026, 5, 31), "pending_mark": True}, CardState.PRESENTED),
        ({"expiry": EXPIRY, "pending_mark": True}, CardState.EXPIRED_PENDING),
        ({"expiry": EXPIRY, "pending_mark": True, "decided": date(2026, 5, 30)}, CardState.EXPIRED),
        ({"expiry": EXPIRY, "pending_mark": True, "decided": date(2026, 5, 31)}, CardState.EXPIRED_PENDING),
        ({"expiry": date(2026, 3, 30), "pending_mark": True}, CardState.EXPIRED),
    ],
)
def test_the_state_of_a_card_follows_from_what_lies_on_the_counter(
    facts: dict[str, object], state: CardState
) -> None:
    assert card_state(date(2026, 5, 31), **facts) is state  # type: ignore[arg-type]


def test_a_card_is_valid_to_the_end_of_its_last_day() -> None:
    assert card_state(EXPIRY, expiry=EXPIRY) is CardState.PRESENTED
    assert card_state(EXPIRY + timedelta(days=1), expiry=EXPIRY) is CardState.EXPIRED


@pytest.mark.parametrize(
    ("expiry", "last"),
    [
        (date(2026, 3, 31), date(2026, 5, 31)),
        (date(2026, 12, 31), date(2027, 2, 28)),
        (date(2026, 4, 22), date(2026, 6, 22)),
    ],
)
def test_a_pending_application_counts_for_two_months(expiry: date, last: date) -> None:
    assert pending_until(expiry) == last
    assert pending_until(expiry, last + timedelta(days=1)) == last
    assert pending_until(expiry, last - timedelta(days=1)) == last - timedelta(days=1)


@pytest.mark.parametrize(
    ("born", "issued", "until"),
    [
        (date(2010, 5, 10), date(2023, 10, 31), date(2026, 5, 10)),
        (date(2010, 5, 10), date(2023, 11, 1), date(2026, 5, 9)),
        (date(2012, 2, 29), date(2024, 1, 1), date(2028, 2, 28)),
        (date(2008, 2, 29), date(2023, 12, 1), date(2024, 2, 28)),
        (date(2084, 2, 29), date(2084, 2, 29), date(2100, 2, 28)),  # 2100 has no 29 February
        (date(2020, 5, 10), date(2020, 5, 10), date(2036, 5, 10)),
    ],
)
def test_a_childs_card_ends_at_the_sixteenth_birthday(born: date, issued: date, until: date) -> None:
    assert young_card_until(born, issued) == until


@pytest.mark.parametrize("issued", [date(2010, 5, 9), date(2026, 5, 10), date(2030, 1, 1)])
def test_a_childs_card_is_issued_to_a_child(issued: date) -> None:
    with pytest.raises(UsageError, match="not a child under 16") as caught:
        young_card_until(date(2010, 5, 10), issued)
    assert vars(caught.value) == {
        "message": "the holder is not a child under 16 on the day of issue",
        "expected": "a day from 2010-05-10 to before 2026-05-10",
        "received": issued.isoformat(),
        "where": "sim.law.card_validity.young_card_until",
        "remedy": "give the day on which the child's card was issued",
    }


@given(
    st.dates(date(2012, 7, 9), date(2035, 12, 31)),
    st.dates(date(2012, 7, 9), date(2035, 12, 31)),
    st.booleans(),
)
def test_a_card_once_expired_never_counts_again(expiry: date, on: date, pending_mark: bool) -> None:
    order = [CardState.PRESENTED, CardState.EXPIRED_PENDING, CardState.EXPIRED]
    today = card_state(on, expiry=expiry, pending_mark=pending_mark)
    tomorrow = card_state(on + timedelta(days=1), expiry=expiry, pending_mark=pending_mark)
    assert order.index(today) <= order.index(tomorrow)
