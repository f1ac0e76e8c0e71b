"""What offices, links, terminals and the centre write down has a name in both languages."""

from __future__ import annotations

import re

import pytest

from reports import city_labels, labels
from reports.language import EN, JA
from sim.law.kinds import PersonClass
from sim.law.write_policy import Reason
from sim.nodes.link.patterns import PATTERNS
from sim.nodes.terminal.safeguards import SAFEGUARDS

OTHERS = {"BY_CLASS"}
TABLES = {
    name: table
    for name, table in vars(city_labels).items()
    if name.isupper() and isinstance(table, dict) and name not in OTHERS
}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_name_is_there_in_both_languages_and_english_has_no_kana(name: str) -> None:
    for ja, en in TABLES[name].values():
        assert ja
        assert en
        assert not re.search("[ぁ-んァ-ン]", en)


def test_every_kind_of_entry_that_shows_a_safeguard_has_a_name() -> None:
    kinds = {entry.rpartition("/")[2] for one in SAFEGUARDS for entry in one.entries} - {"audit_logged"}
    assert kinds <= set(city_labels.SHOWN)


def test_classes_patterns_and_reasons_of_the_law_are_all_named() -> None:
    assert set(city_labels.CLASSES) == {one.value for one in PersonClass}
    assert set(city_labels.PATTERNS) == set(PATTERNS)
    for one in Reason:
        assert city_labels.reason(one.value) != (one.value, one.value)


def test_an_unknown_reason_not_to_write_is_shown_as_it_is() -> None:
    assert city_labels.reason("because") == ("because", "because")
    assert JA.of(labels.named(city_labels.REFUSED, "because")) == "because"
    assert EN.of(labels.named(city_labels.REFUSED, "no_duty")) == "Nothing was due"
