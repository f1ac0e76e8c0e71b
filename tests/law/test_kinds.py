"""The enumerations: identifiers are those of the glossary, and every member has a name in both languages."""

from __future__ import annotations

from sim.law.kinds import Affair, CardState, Filing, Governing, History, PersonClass, StartDay

KINDS = (Filing, PersonClass, History, CardState, StartDay, Governing, Affair)
ALL = [member for kind in KINDS for member in kind]


def test_every_member_has_a_japanese_and_an_english_name() -> None:
    assert all(member.ja and member.en for member in ALL)
    assert len({(member.ja, member.en) for member in ALL}) == len(ALL)


def test_no_two_enumerations_share_a_value() -> None:
    assert len({member.value for member in ALL}) == len(ALL)


def test_the_identifiers_are_those_of_the_glossary() -> None:
    assert [filing.value for filing in Filing] == [
        "moving_in",
        "moving_within",
        "moving_out",
        "household_change",
        "entry_from_abroad",
        "became_resident_status",
        "relationship_change",
        "residence_notification",
    ]
    assert [person.value for person in PersonClass] == [
        "mid_long_term_resident",
        "special_permanent_resident",
        "temporary_refuge",
        "provisional_stay",
        "transitional_stay",
    ]
    assert [governing.value for governing in Governing] == ["住基法・入管法", "入管法", "住基法"]
    assert [affair.value for affair in Affair] == ["autonomous_affair", "delegated_affair"]
