"""A person of the protocol as a person of the simulation."""

from __future__ import annotations

from conformance.protocol.base import PersonData
from sim.exchange.birth import birth_date
from sim.law.kinds import PersonClass
from sim.nodes.messages.people import Person


def person_of(data: PersonData) -> Person:
    """The person, with the class and the day of birth as values."""
    given = data.model_dump(exclude={"person_class", "birth_date"})
    return Person(
        person_class=PersonClass(data.person_class), birth_date=birth_date(data.birth_date), **given
    )
