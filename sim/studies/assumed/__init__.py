"""What a run assumes, in words for the report, with the values that it really ran with.

Made from the scenario and from the constants of the modules that use them, so that a changed number
changes the sentence. What a scenario says itself (`[[assumptions]]`) is prose on where numbers come from.
A module for each topic; `writing` is how they write.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sim.law.unconfirmed import UNCONFIRMED
from sim.studies.assumed.events import events
from sim.studies.assumed.habits import habits
from sim.studies.assumed.links import links
from sim.studies.assumed.network import exchange, lines
from sim.studies.assumed.offices import offices
from sim.studies.assumed.people import people
from sim.studies.assumed.terminals import terminals
from sim.studies.assumed.writing import Row
from sim.studies.measures import Measures
from sim.studies.scenario import Scenario

_BY_EYE: Final = ("unreadable", "refused")
"""Outcomes of the comparison of face and chip after which a clerk compares by eye."""

OF_EVERY_RUN: Final = (
    "governing-classes",
    "affairs-of-other-filings",
    "order-items",
    "renumbered-orders",
    "background-citations",
    "interface-specification",
    "filing-rates",
)
"""Unconfirmed facts that every run rests on; the others count when a decision leaned on them."""


def assumed(scenario: Scenario, *, network: bool) -> list[Row]:
    """The assumptions of a run. `network`: whether the scenario's line and outages were simulated."""
    return [
        *people(scenario),
        *events(scenario),
        *habits(scenario),
        *offices(scenario),
        *links(scenario),
        *terminals(scenario),
        *exchange(scenario),
        *(lines(scenario) if network else []),
    ]


def leaned_on(m: Measures) -> set[str]:
    """Ids of the unconfirmed readings of counters and registers that a run leaned on, since it happened."""
    happened = {
        "counter-unreadable-chip": any(
            office.authenticity.get(outcome) for office in m.offices.values() for outcome in _BY_EYE
        ),
        "register-cancelling-order": any(register.cancelled for register in m.registers.values()),
        "register-certificate-notice": any(register.certificates for register in m.registers.values()),
        "register-copy-by-card": "card_based" in m.copies,
        "register-copy-same-day": any(copies.undecided for copies in m.copies.values()),
    }
    return {fact for fact, it_did in happened.items() if it_did}


def unconfirmed(rests_on: Collection[str]) -> list[dict[str, str]]:
    """The unconfirmed facts of every run and those of `rests_on`, by id, in the order of the list."""
    return [
        {
            "id": fact.id,
            "statement_ja": fact.statement_ja,
            "statement_en": fact.statement_en,
            "reason_ja": fact.reason_ja,
            "reason_en": fact.reason_en,
        }
        for fact in UNCONFIRMED
        if fact.id in OF_EVERY_RUN or fact.id in rests_on
    ]
