"""Measures add up in any order, and nothing added to them changes nothing."""

from __future__ import annotations

import copy
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.base.journal import Line
from sim.studies import simulate
from sim.studies.folding import fold
from sim.studies.measures import (
    Balance,
    Candidates,
    CardTerminal,
    Centre,
    Copies,
    Distribution,
    Duty,
    ExchangeDay,
    FilingCell,
    Lateness,
    LinkWork,
    Measures,
    NetworkHour,
    Office,
    Part,
    Register,
    Shown,
    Terminal,
    Totals,
    Usage,
    Volume,
    encode,
)
from sim.studies.measures.parts import MOST_EVIDENCE
from sim.studies.scenario import loading

PARTS: list[type[Part]] = [
    Balance,
    Candidates,
    CardTerminal,
    Centre,
    Copies,
    Distribution,
    Duty,
    ExchangeDay,
    FilingCell,
    Lateness,
    LinkWork,
    NetworkHour,
    Office,
    Register,
    Shown,
    Terminal,
    Totals,
    Usage,
    Volume,
]
NAMES = st.sampled_from(["1", "2", "a", "b"])
LINES = st.builds("{}#{}".format, st.sampled_from(["link-1", "terminal-1"]), st.integers(1, 30))


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values that a field of a measure can have."""
    if kind is int:
        return st.integers(0, 50)
    if kind is str:
        return NAMES
    if get_origin(kind) is dict:
        return st.dictionaries(NAMES, values(get_args(kind)[1]), max_size=3)
    if get_origin(kind) is list:
        by_number = st.lists(LINES, max_size=MOST_EVIDENCE, unique=True)
        return by_number.map(
            lambda ids: sorted(ids, key=lambda one: (one.split("#")[0], int(one.split("#")[1])))
        )
    return built(kind)


def built(part: type[Part]) -> st.SearchStrategy[Part]:
    hints = get_type_hints(part)
    names = [field.name for field in msgspec.structs.fields(part)]
    return st.builds(part, **{name: values(hints[name]) for name in names})


def added(first: Part, second: Part) -> Part:
    whole = copy.deepcopy(first)
    whole.merge(copy.deepcopy(second))
    return whole


@pytest.mark.parametrize("part", PARTS)
@settings(max_examples=15)
@given(data=st.data())
def test_parts_add_up_in_any_order(part: type[Part], data: st.DataObject) -> None:
    one, two, three = (data.draw(built(part)) for _ in range(3))
    assert added(one, two) == added(two, one)
    assert added(added(one, two), three) == added(one, added(two, three))
    assert added(one, part()) == one == added(part(), one)


def test_what_is_added_is_not_shared_with_the_sum() -> None:
    other = Office(refused={"no_duty": 1})
    whole = Shown()
    whole.merge(Shown(evidence=["a#1"]))
    office = Office()
    office.merge(other)
    office.refused["no_duty"] += 1
    assert other.refused == {"no_duty": 1}


# --- whole measures ---------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def two_cities() -> list[Line]:
    full = loading.load("same-day-in-and-out")
    places = tuple(place.model_copy(update={"residents": 400}) for place in full.places)
    small = full.model_copy(update={"municipalities": places, "days": 12, "happenings": ()})
    return list(simulate.run(small, 3).site.lines())


RUN = simulate.run_of(loading.load("same-day-in-and-out"), 3)
COUNTED_ALONE = ("offices", "filings", "lateness", "copies", "duties", "card_terminals", "filings_by_day")


def test_the_measures_of_municipalities_add_up_to_those_of_all(two_cities: list[Line]) -> None:
    """What each node says alone is the same counted apart and added up."""
    codes = sorted({line.node.split("-")[1] for line in two_cities if line.node.startswith("counter")})
    parts = [
        fold(
            RUN,
            [
                line
                for line in two_cities
                if line.node.startswith("counter") and line.node.split("-")[1] == code
            ],
        )
        for code in codes
    ]
    whole = fold(RUN, [line for line in two_cities if line.node.startswith("counter")])
    total = parts[0]
    for other in parts[1:]:
        total.merge(other)
    for name in COUNTED_ALONE:
        assert msgspec.to_builtins(getattr(total, name)) == msgspec.to_builtins(getattr(whole, name)), name
    assert total.journal_lines == whole.journal_lines > 100


def test_the_same_journal_gives_the_same_bytes(two_cities: list[Line]) -> None:
    assert encode(fold(RUN, two_cities)) == encode(fold(RUN, two_cities))


def test_twice_a_run_is_twice_its_counts(two_cities: list[Line]) -> None:
    once, twice = fold(RUN, two_cities), fold(RUN, two_cities)
    twice.merge(fold(RUN, two_cities))
    assert twice.journal_lines == 2 * once.journal_lines
    assert twice.event_to_filing.total == 2 * once.event_to_filing.total > 0
    for kind, balance in once.balances.items():
        assert twice.balances[kind].raised == 2 * balance.raised
    assert twice.run == once.run


def test_every_measure_has_a_default_that_adds_nothing() -> None:
    blank = Measures(4, RUN)
    blank.merge(Measures(4, RUN))
    assert encode(blank) == encode(Measures(4, RUN))
