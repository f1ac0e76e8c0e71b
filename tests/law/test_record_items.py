"""The items of a record by class (住基法30条の45), as the exchange and the register name them."""

from __future__ import annotations

from sim.exchange.profile import open_profile
from sim.law.kinds import PersonClass
from sim.law.record_items import BY_CLASS, EVERYBODY, PERIOD_ITEMS, WITHOUT_END
from sim.nodes.messages.people import Person


def test_every_class_has_its_row_and_only_the_transitional_one_adds_nothing() -> None:
    assert set(BY_CLASS) == set(PersonClass)
    assert [c for c, rows in BY_CLASS.items() if not rows] == [PersonClass.TRANSITIONAL_STAY]


def test_each_class_adds_what_the_act_says() -> None:
    added = {person_class: [row.item for row in rows] for person_class, rows in BY_CLASS.items()}
    assert added == {
        PersonClass.MID_LONG_TERM_RESIDENT: ["status", "period", "period_until", "card_number"],
        PersonClass.SPECIAL_PERMANENT_RESIDENT: ["card_number"],
        PersonClass.TEMPORARY_REFUGE: ["period_until"],
        PersonClass.PROVISIONAL_STAY: ["period_until"],
        PersonClass.TRANSITIONAL_STAY: [],
    }


def test_an_item_is_one_of_the_municipality_notice_and_of_a_recorded_person() -> None:
    columns = set(open_profile().layouts["municipality_notice"].items)
    for row in (*EVERYBODY, *(row for rows in BY_CLASS.values() for row in rows)):
        assert row.item in columns
        assert row.item in Person.__struct_fields__
        assert row.ja and row.en and row.article.startswith("住民基本台帳法第")


def test_a_status_without_end_waives_the_period_and_nothing_else() -> None:
    assert {row.item for row in BY_CLASS[PersonClass.MID_LONG_TERM_RESIDENT]} > PERIOD_ITEMS
    assert "永住者" in WITHOUT_END and "特別永住者" not in WITHOUT_END and "定住者" not in WITHOUT_END
