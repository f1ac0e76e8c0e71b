"""Declared cards: what can be wrong with them, what their chips hold as text, what nobody claims of them."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from sim.base.errors import UsageError
from sim.law.changes import CARD_ITEMS
from sim.law.kinds import CardState, PersonClass
from sim.nodes.card_terminal.declared import (
    ENCODING,
    FORMAT,
    Chips,
    Layout,
    compared,
    declared_reading,
    issue_day,
    layout_of,
    text_of,
    to_key,
)
from sim.nodes.counter.asking import CHIP_ITEMS
from tests.nodes.card_terminal.town import PERSON, TERMINAL, TODAY, card

SPECIAL = msgspec.structs.replace(
    PERSON, person_class=PersonClass.SPECIAL_PERMANENT_RESIDENT, status="特別永住者", period_until=None
)
LATER = date(2027, 3, 1)


def test_an_item_that_such_a_card_does_not_bear_cannot_be_forged() -> None:
    with pytest.raises(UsageError, match="did you mean name") as caught:
        declared_reading(card(forged=("nama",)), TERMINAL, TODAY)
    assert caught.value.received == "nama"
    with pytest.raises(UsageError, match="period_of_stay"):  # gone from the face on 2026-06-14
        declared_reading(card(forged=("period_of_stay",)), TERMINAL, LATER)
    with pytest.raises(UsageError, match="status"):  # not printed on a special permanent resident's
        declared_reading(card(SPECIAL, forged=("status",)), TERMINAL, TODAY)
    young = msgspec.structs.replace(PERSON, birth_date=date(2010, 1, 1))
    with pytest.raises(UsageError, match="signature"):  # a child's card bears none
        declared_reading(card(young, forged=("signature",)), TERMINAL, TODAY)


@pytest.mark.parametrize(
    "person_class",
    [PersonClass.TEMPORARY_REFUGE, PersonClass.PROVISIONAL_STAY, PersonClass.TRANSITIONAL_STAY],
)
def test_who_has_no_card_presents_none(person_class: PersonClass) -> None:
    person = msgspec.structs.replace(PERSON, person_class=person_class)
    assert declared_reading(card(person), TERMINAL, TODAY).outcome == "not_presented"


@pytest.mark.parametrize("state", [CardState.ABSENT, CardState.ISSUED_LATER])
def test_a_card_that_is_not_there_is_not_read(state: CardState) -> None:
    assert declared_reading(card(state=state), TERMINAL, TODAY).outcome == "not_presented"


def test_nothing_of_a_doubtful_card_goes_into_the_register() -> None:
    assert declared_reading(card(), TERMINAL, LATER).extract
    for doubtful in (card(forged=("name",)), card(broken=True)):
        assert declared_reading(doubtful, TERMINAL, LATER).extract == ()


def test_the_chip_of_2011_gives_the_seven_items_in_order() -> None:
    """S0-033, S0-062: the seven, in the order of the picture, equal to what is on the card."""
    assert text_of(card(), TODAY, Chips.PROPOSAL_2011) == (
        ("nationality", "VNM"),
        ("name", "NGUYEN VAN AN"),
        ("sex", "M"),
        ("birth_date", "1990-04-01"),
        ("status", "留学"),
        ("period_of_stay", "2年"),
        ("card_number", "AB12345678CD"),
    )


def test_the_chips_that_were_issued_give_what_they_hold_as_text_and_no_period_from_2026() -> None:
    """S0-062: a first-generation chip holds pictures only; the period is no card item from 2026-06-14."""
    assert text_of(card(), TODAY) == ()
    assert to_key(text_of(card(), TODAY)) == CHIP_ITEMS
    later = text_of(card(), LATER)
    assert [item for item, _ in later] == ["nationality", "sex", "birth_date", "status", "card_number"]
    assert to_key(later) == ("name", "period_of_stay")
    assert "period_of_stay" not in dict(text_of(card(issued=CARD_ITEMS), CARD_ITEMS, Chips.PROPOSAL_2011))


def test_the_text_has_a_published_form_with_a_version_and_an_encoding() -> None:
    """S0-061, S0-070: text, not pictures; the form is published where the module begins."""
    from sim.nodes.card_terminal import declared

    assert (FORMAT, ENCODING) == ("renkei-card-text/1", "UTF-8")
    published = declared.__doc__ or ""
    assert FORMAT in published and all(f"\n    {item} " in published for item in CHIP_ITEMS)


def test_a_kanji_name_is_given_as_it_is() -> None:
    """S0-065: read, stored and returned without loss, code points outside JIS level 2 and 4 included."""
    person = msgspec.structs.replace(PERSON, name_kanji="朴美姸")
    assert dict(text_of(card(person), TODAY, Chips.PROPOSAL_2011))["name"] == "朴美姸"


@pytest.mark.parametrize(
    ("issued", "kind", "layout"),
    [
        (date(2026, 6, 13), "specified", Layout.FIRST),
        (date(2026, 6, 14), "", Layout.SECOND),
        (date(2026, 6, 14), "ordinary", Layout.SECOND),
        (date(2026, 6, 14), "specified", Layout.SPECIFIED),
    ],
)
def test_the_day_of_issue_and_the_kind_tell_the_chip(issued: date, kind: str, layout: Layout) -> None:
    person = msgspec.structs.replace(PERSON, card_kind=kind)
    assert layout_of(card(person, issued=issued), LATER) is layout
    assert layout_of(card(person, issued=issued), LATER, Chips.PROPOSAL_2011) is Layout.PROPOSAL_2011


def test_the_day_of_issue_is_assumed_where_it_is_not_declared() -> None:
    newborn = msgspec.structs.replace(PERSON, birth_date=date(2019, 4, 20))
    assert issue_day(card(), TODAY) == date(2019, 3, 8)
    assert issue_day(card(issued=date(2018, 1, 1)), TODAY) == date(2018, 1, 1)
    assert issue_day(card(newborn), TODAY) == date(2019, 4, 20)
    assert issue_day(card(), date(2012, 7, 10)) == date(2012, 7, 9)
    assert issue_day(card(state=CardState.EXPIRED), TODAY) == date(2018, 4, 7)
    ended = msgspec.structs.replace(PERSON, card_until=date(2019, 5, 1))
    assert issue_day(card(ended, CardState.EXPIRED), TODAY) == date(2018, 5, 1)
    assert issue_day(card(SPECIAL, CardState.EXPIRED), TODAY) < date(2012, 7, 10)


def test_what_can_be_compared_follows_the_law_of_the_day() -> None:
    before, after = compared(card(), TODAY), compared(card(), LATER)
    assert set(before) - set(after) == {
        "period_of_stay",
        "permission_kind",
        "permission_date",
        "issue_date",
    }
    assert set(compared(card(), TODAY, Chips.PROPOSAL_2011)) == set(CHIP_ITEMS)
    assert {"photo", "signature"} <= set(before)
