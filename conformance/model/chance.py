"""Chance: which stories are proposed. The first of each list is the plainest; stories shrink towards it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from hypothesis import strategies as st

from conformance.model.story import (
    FILINGS,
    MID_LONG_TERM,
    RESIDENCE,
    SPECIAL_PERMANENT,
    Action,
    Befalls,
    Breaks,
    Copies,
    Extends,
    Files,
    Mends,
    Passes,
    Resends,
    Story,
    Who,
)

EDGES: Final = (
    date(2026, 6, 3),
    date(2026, 4, 24),
    date(2026, 9, 14),
    date(2026, 12, 18),
    date(2019, 4, 22),
    date(2024, 2, 19),
)
"""Days before edges of the calendar: none, the holidays of May, those of September, the turn of the year, ten
days without an open counter, a leap day."""

AGO: Final = (2, 14, 15, 16, 17, 18, 0, 1, 13, 19, 20, 21, 30, 45, -1, -4)
CARDS: Final = (
    *("presented", "absent") * 3,
    "presented",
    "expired",
    "expired_pending",
    "issued_later",
)
HISTORIES: Final = (
    "residence_on_card",
    "landed_no_residence",
    "permitted_no_residence",
    "permitted_living_here",
    "permitted_already_registered",
)
ACQUIRED: Final = "acquired_with_record_copy"
CARDLESS: Final = ("transitional_stay",)
"""Of the classes without a card, the one whose record needs no period of stay, which stories do not tell."""
DOWNWARDS: Final = ("lost", "twice", "truncated", "altered", "misaddressed")
LEAST_ACTIONS: Final = 6
MOST_ACTIONS: Final = 14
"""Proposed actions; some of them cannot be taken."""
PERMITTED: Final = ("landed_no_residence", "permitted_no_residence")
"""Histories in which the day of the permission is another than that of living here."""


def _likely(who: Who) -> Who:
    """The person without what only others have."""
    if who.kind != MID_LONG_TERM:
        history = who.history if who.kind == SPECIAL_PERMANENT else HISTORIES[0]
        history = HISTORIES[0] if history == ACQUIRED else history
        return Who(who.name, who.kind, history, who.seeded)
    return who if who.history in PERMITTED else replace(who, permitted_ago=None)


def _person(name: str, kinds: tuple[str, ...]) -> st.SearchStrategy[Who]:
    return st.builds(
        Who,
        st.just(name),
        st.sampled_from(kinds),
        st.sampled_from((*HISTORIES, ACQUIRED)),
        st.booleans(),
        st.sampled_from((None, 60, 5)),
        st.sampled_from((None, None, None, 0, -1, 1, -61, -58)),
        st.sampled_from((False,) * 9 + (True,)),
    ).map(_likely)


PEOPLE: Final = st.tuples(
    _person("甲", (MID_LONG_TERM, MID_LONG_TERM, MID_LONG_TERM, *CARDLESS)),
    _person("乙", (SPECIAL_PERMANENT,)),
    _person("丙", (MID_LONG_TERM,)),
)
NAMES: Final = ("甲", "乙", "丙")


def _filing() -> st.SearchStrategy[Action]:
    return st.builds(
        Files,
        st.sampled_from(NAMES),
        st.sampled_from((*FILINGS, RESIDENCE, RESIDENCE)),
        st.sampled_from(CARDS),
        st.sampled_from(AGO),
    )


ACTIONS: Final[st.SearchStrategy[Action]] = st.one_of(
    st.just(Passes(0)),
    # A strategy that stands in a list twice counts once, so these are made anew.
    *(_filing() for _ in range(14)),
    *(st.builds(Passes, st.sampled_from((1, 2, 5))) for _ in range(4)),
    st.builds(Extends, st.just("甲")),
    st.builds(Copies, st.sampled_from(NAMES)),
    st.builds(Befalls, st.just("up"), st.sampled_from(("lost", "twice"))),
    st.builds(Befalls, st.just("down"), st.sampled_from(DOWNWARDS)),
    st.builds(Resends),
    st.builds(Breaks),
    st.builds(Mends),
)

STORIES: Final = st.builds(
    Story,
    st.builds(lambda edge, days: edge + timedelta(days=days), st.sampled_from(EDGES), st.integers(0, 12)),
    PEOPLE,
    st.lists(ACTIONS, min_size=LEAST_ACTIONS, max_size=MOST_ACTIONS).map(tuple),
)
"""Stories, possible or not."""
