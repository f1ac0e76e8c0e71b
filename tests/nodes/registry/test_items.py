"""A record is never without an item that the person's class must have (住基法30条の45)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sim.base.errors import UsageError
from sim.law.kinds import Filing, PersonClass
from sim.law.record_items import BY_CLASS, EVERYBODY, WITHOUT_END
from sim.nodes.messages.registry import ChangeRecord
from sim.nodes.registry import Registry
from sim.nodes.registry.items import changed, missing
from tests.nodes.registry.desk import (
    CODE,
    DAY,
    LINK,
    NAME,
    NEWEST,
    NOW,
    child,
    data,
    filing,
    person,
    register,
    special,
    state,
)

EMPTY: dict[str, Any] = {"birth_date": None, "period_until": None, "became_resident_date": None}
WHOLE = {
    PersonClass.MID_LONG_TERM_RESIDENT: person(1),
    PersonClass.SPECIAL_PERMANENT_RESIDENT: special(2),
    PersonClass.TEMPORARY_REFUGE: person(
        3, person_class=PersonClass.TEMPORARY_REFUGE, status="", card_number=""
    ),
    PersonClass.PROVISIONAL_STAY: person(
        4, person_class=PersonClass.PROVISIONAL_STAY, status="", card_number=""
    ),
    PersonClass.TRANSITIONAL_STAY: child(5, became_resident_date=DAY),
}
WANTED = [(person_class, row.item) for person_class, rows in BY_CLASS.items() for row in (*EVERYBODY, *rows)]


@pytest.mark.parametrize("person_class", list(PersonClass))
def test_a_whole_person_of_each_class_lacks_nothing(person_class: PersonClass) -> None:
    assert missing(WHOLE[person_class], frozenset()) == ()


@pytest.mark.parametrize(("person_class", "item"), [pair for pair in WANTED if pair[1] != "address"])
def test_a_record_made_without_an_item_of_its_class_is_refused_with_the_items_name(
    person_class: PersonClass, item: str
) -> None:
    rig = register(not_insisted_on=frozenset())
    who = WHOLE[person_class]
    lacking = type(who)(**{f: getattr(who, f) for f in who.__struct_fields__} | {item: EMPTY.get(item, "")})
    committed = rig.give(filing(lacking, Filing.MOVING_IN), NOW)
    assert (committed.reply.ok, committed.reply.code, committed.reply.detail) == (False, "item_missing", item)
    assert data(rig, "revision_refused") == [{"reason": "item_missing", "item": item}]
    assert committed.sends == ()
    assert state(rig).resident(who.ref) is None
    assert state(rig).history(who.ref) == []


def test_a_correction_that_would_empty_an_item_is_refused_and_leaves_the_record_as_it_is() -> None:
    here = person(1)
    rig = register(here)
    emptied = person(1, card_number="")
    change = ChangeRecord("C9", "corrected_ex_officio", emptied, DAY, DAY, items=("card_number",))
    assert rig.give(change, NOW).reply.detail == "card_number"
    assert state(rig).resident(here.ref) == here


@pytest.mark.parametrize("status", sorted(WITHOUT_END))
def test_a_status_without_end_wants_no_period(status: str) -> None:
    who = person(1, status=status, period="", period_until=None)
    assert missing(who, frozenset()) == ()
    assert missing(person(1, period="", period_until=None), frozenset()) == ("period", "period_until")


def test_a_register_says_which_items_it_does_not_insist_on() -> None:
    sparse = person(1, period="", became_resident_date=None)
    assert register().give(filing(sparse, Filing.MOVING_IN), NOW).reply.ok
    assert not register(not_insisted_on=frozenset()).give(filing(sparse, Filing.MOVING_IN), NOW).reply.ok


def test_a_residence_filing_that_could_not_be_passed_on_is_refused() -> None:
    rig = register(person(1, person_class=PersonClass.TEMPORARY_REFUGE, card_number=""))
    who = person(1, person_class=PersonClass.TEMPORARY_REFUGE, card_number="")
    assert rig.give(filing(who, Filing.MOVING_WITHIN), NOW).reply.detail == "card_number"
    new = person(2)
    assert rig.give(
        filing(new, Filing.MOVING_IN, address="", person=person(2, address="")), NOW
    ).reply.detail == ("address")


def test_what_differs_between_two_records_is_told_by_item_and_never_by_value() -> None:
    before = person(1)
    after = person(1, address="別の住所", period_until=date(2021, 1, 1))
    assert changed(before, after) == ("address", "period_until")
    assert changed(before, before) == ()


@pytest.mark.parametrize("option", [{"copies": "by_card"}, {"newer_card": "ask"}])
def test_an_option_that_does_not_exist_is_refused_with_those_that_do(option: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="no such option") as caught:
        Registry(NAME, CODE, LINK, NEWEST, **option)
    assert caught.value.expected in ("stale_record or card_based", "correct or wait")
