"""One visit, two effects, and no item asked twice; what the chip holds is keyed by nobody."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import UsageError
from sim.base.journal import encode_together
from sim.law.filers import Tie
from sim.law.kinds import CardState, Filing, PersonClass
from sim.nodes.counter import Office
from sim.nodes.counter.asking import CHIP_ITEMS, REGISTER_FORMS, RESIDENCE_FORM, Asking
from sim.nodes.counter.warning import WORDS, warning
from sim.nodes.messages.counter import FileFiling, Visit
from sim.nodes.messages.people import Visitor
from tests.drivers.story import filing, person
from tests.nodes.counter.shift import CARDS, DAY, Shift

EXTRACT = (
    ("nationality", "VNM"),
    ("name", "TEST PERSON 1"),
    ("sex", "F"),
    ("birth_date", "1990-01-01"),
    ("status", "留学"),
    ("period_of_stay", "1年"),
    ("card_number", "AB00000001CD"),
)
MARRIED = Visitor(Tie.SPOUSE, asked=True)


def moving_in(number: int, card: CardState = CardState.PRESENTED, **more: object) -> FileFiling:
    return msgspec.structs.replace(filing(f"C{number}", person(number), Filing.MOVING_IN, DAY, card), **more)


def taken(shift: Shift, case: str) -> dict[str, Any]:
    (line,) = shift.lines("items_taken", case=case)
    return line.data


# --- nothing twice --------------------------------------------------------------------------------------
def test_one_filing_with_the_card_has_two_effects_and_wants_no_second_form() -> None:
    """S0-007, S0-014."""
    shift = Shift()
    shift.give(Visit("V", (moving_in(1),), 20))
    assert shift.revisions[0].deemed
    data = taken(shift, "C1")
    assert data["residence_form"] is False
    assert data["asked"] == ["relationship", "address", "previous_address", "event_date"]


def test_the_second_form_is_demanded_only_without_the_card_and_repeats_no_question() -> None:
    """S0-007, S0-014, S0-021."""
    shift = Shift()
    form = moving_in(1, CardState.ABSENT, filing=Filing.MOVING_WITHIN)
    shift.give(Visit("V", (form,), 20))
    data = taken(shift, "C1")
    assert data["residence_form"] is True
    both = [*REGISTER_FORMS[Filing.MOVING_WITHIN], *RESIDENCE_FORM]
    assert len(both) > len(set(both))
    assert sorted(data["asked"]) == sorted(set(both))


def test_what_a_household_has_in_common_is_asked_once_for_all_of_it() -> None:
    """S0-007, S0-059."""
    shift = Shift()
    second = moving_in(2, CardState.ABSENT, by=MARRIED)
    elsewhere = moving_in(3, new_address="千葉県市川市1番", by=MARRIED)
    shift.give(Visit("V", (moving_in(1), second, elsewhere), 20))
    assert "address" in taken(shift, "C1")["asked"]
    assert "address" not in taken(shift, "C2")["asked"]
    assert "name" in taken(shift, "C2")["asked"]  # without the card it is the second person's own
    assert taken(shift, "C3")["asked"] == ["relationship", "address"]


FORMS = st.builds(
    moving_in,
    st.integers(1, 3),
    st.sampled_from(CardState),
    filing=st.sampled_from(Filing),
    new_address=st.sampled_from(["A", "B"]),
)
ITEMS = st.lists(st.sampled_from(sorted({*RESIDENCE_FORM, *CHIP_ITEMS, "relationship"})))


@given(st.lists(st.tuples(FORMS, ITEMS)))
def test_whatever_is_asked_in_whatever_order_no_item_is_asked_twice(
    questions: list[tuple[FileFiling, list[str]]],
) -> None:
    """S0-007."""
    asking = Asking()
    said: set[tuple[str, object]] = set()
    for form, items in questions:
        new = asking.ask(form, items)
        common = {
            "address": form.new_address,
            "previous_address": form.person.address,
            "event_date": form.event_date,
        }
        facts = [(item, common.get(item, form.person.ref)) for item in new]
        assert said.isdisjoint(facts)
        said |= set(facts)
        assert len(set(new)) == len(new)
        assert asking.ask(form, items) == ()
        assert {(item, common.get(item, form.person.ref)) for item in items} <= said


def test_items_stand_in_the_journal_by_name_only_and_not_at_all_where_nobody_queues() -> None:
    shift = Shift()
    shift.give(moving_in(1))
    assert "items_taken" not in shift.kinds()
    shift.give(Visit("V", (moving_in(2),), 20))
    words = set(shift.last("items_taken").data["asked"])
    assert words <= {*CHIP_ITEMS, "relationship", "address", "previous_address", "event_date"}


# --- the register is prefilled from the chip ------------------------------------------------------------
def test_the_text_of_the_chip_goes_into_the_record_byte_for_byte_and_nothing_is_keyed() -> None:
    """S0-033, S0-062, S0-063, S0-064."""
    shift = Shift(Office(cards=CARDS), extract=EXTRACT)
    shift.give(moving_in(1))
    assert shift.revisions[0].extract == EXTRACT
    data = taken(shift, "C1")
    assert data["read"] == list(CHIP_ITEMS) == [item for item, _ in EXTRACT]
    assert (data["keyed"], data["edited"]) == ([], [])
    assert {*data["asked"]}.isdisjoint(CHIP_ITEMS)


def test_what_the_chip_does_not_hold_as_text_is_keyed_and_counted() -> None:
    """S0-064; from 2026-06-14 cards hold the name as an image."""
    held = tuple(row for row in EXTRACT if row[0] != "name")
    shift = Shift(Office(cards=CARDS), extract=held)
    shift.give(moving_in(1))
    assert taken(shift, "C1")["keyed"] == ["name"]
    shift.give(moving_in(2, broken=True))
    assert taken(shift, "C2")["keyed"] == list(CHIP_ITEMS)
    assert taken(shift, "C2")["read"] == []
    # The period of stay is no item of a card from 2026-06-14 on: there is none to key.
    shift.give(moving_in(4, broken=True, issued=date(2026, 6, 14)))
    assert taken(shift, "C4")["keyed"] == [item for item in CHIP_ITEMS if item != "period_of_stay"]
    shift.give(moving_in(5, broken=True, issued=date(2026, 6, 13)))
    assert taken(shift, "C5")["keyed"] == list(CHIP_ITEMS)
    # Who moves within the municipality has a record already: nothing of the chip goes into it.
    shift.give(moving_in(3, filing=Filing.MOVING_WITHIN))
    assert (taken(shift, "C3")["keyed"], taken(shift, "C3")["read"]) == ([], [])


def test_an_edit_of_what_was_read_reaches_the_record_and_is_written_down_by_name() -> None:
    """S0-063."""
    shift = Shift(Office(cards=CARDS), extract=EXTRACT)
    edits = (("name", "TEST PERSON ONE"), ("birth_date", "1990-02-01"), ("sex", "F"))
    shift.give(moving_in(1, edits=edits))
    (revise,) = shift.revisions
    assert revise.person.name == "TEST PERSON ONE"
    assert revise.person.birth_date == date(1990, 2, 1)
    assert dict(revise.extract)["name"] == "TEST PERSON ONE"
    assert {**dict(revise.extract), "name": "", "birth_date": ""} == {
        **dict(EXTRACT),
        "name": "",
        "birth_date": "",
    }
    assert taken(shift, "C1")["edited"] == ["name", "birth_date"]  # what says the same is no edit
    assert b"ONE" not in encode_together(list(shift.rig.store.journal()))


@pytest.mark.parametrize(("edits", "hint"), [((("nmae", "X"),), "name"), ((("birth_date", "x"),), "day")])
def test_an_edit_that_nobody_can_make_is_refused_with_the_right_one(
    edits: tuple[tuple[str, str], ...], hint: str
) -> None:
    with pytest.raises(UsageError) as error:
        Shift().give(moving_in(1, edits=edits))
    assert hint in str(error.value.remedy)


# --- the warning ----------------------------------------------------------------------------------------
def test_the_warning_names_both_limits_in_every_language_of_the_office() -> None:
    """S0-021, S0-058."""
    shift = Shift(Office(languages=("ja", "pt")))
    told = shift.give(moving_in(1, CardState.ABSENT)).detail.split("\n")
    assert told == [warning(one, date(2019, 5, 7), date(2019, 7, 15)) for one in ("ja", "pt")]
    assert "2019年5月7日" in told[0]
    assert "2019年7月15日" in told[0]
    assert "07/05/2019" in told[1]


def test_a_special_permanent_resident_is_not_warned_of_a_revocation_that_cannot_be() -> None:
    """S0-012."""
    special = person(1, person_class=PersonClass.SPECIAL_PERMANENT_RESIDENT)
    told = Shift().give(moving_in(1, CardState.ABSENT, person=special)).detail
    assert "2019年5月7日" in told
    assert "取消し" not in told


def test_who_has_notified_everything_is_told_nothing() -> None:
    assert Shift().give(moving_in(1)).detail == ""


@pytest.mark.parametrize("language", WORDS)
def test_every_language_says_both_days_and_leaves_the_second_out_where_there_is_none(language: str) -> None:
    """S0-058."""
    first, second = date(2019, 5, 7), date(2019, 7, 15)
    both, one = warning(language, first, second), warning(language, first, None)
    assert both.startswith(one)
    assert "{" not in both
    shown = WORDS[language].day
    assert shown.format(first) in one
    assert shown.format(second) in both
    assert shown.format(second) not in one
