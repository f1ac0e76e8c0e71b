"""Who can be drawn: those who live in a municipality and are not under way."""

from __future__ import annotations

from collections.abc import Iterable

from sim.nodes.messages.people import Person


class Residents:
    """The pool of one municipality. Drawing somebody takes the person out until the event is over.

    Of those who live in a household it is known where in the pool they stand, so that they can be taken out
    together; whoever of them is under way is not with them.
    """

    def __init__(self, initial: Iterable[Person]) -> None:
        self._settled: list[Person] = []
        self._homes: dict[str, dict[str, int]] = {}
        for person in initial:
            self.settle(person)

    def __len__(self) -> int:
        return len(self._settled)

    def draw(self, place: int) -> Person:
        """Takes somebody out of the pool."""
        return self._take(place % len(self._settled))

    def settle(self, person: Person) -> None:
        """Puts somebody back, as the person is now."""
        if person.household:
            self._homes.setdefault(person.household, {})[person.ref] = len(self._settled)
        self._settled.append(person)

    def decides(self, person: Person) -> bool:
        """Whether the person, who was drawn, is the eldest of the household's members who are here."""
        home = self._homes.get(person.household, {}) if person.household else {}
        others = (self._settled[place] for place in home.values())
        return all((person.birth_date, person.ref) < (one.birth_date, one.ref) for one in others)

    def others_at_home(self, person: Person) -> list[Person]:
        """Takes out those who live with the person and are here, the eldest first."""
        if not person.household:
            return []
        found = []
        while home := self._homes.get(person.household):
            found.append(self._take(next(iter(home.values()))))
        return sorted(found, key=lambda one: (one.birth_date, one.ref))

    def _take(self, place: int) -> Person:
        people = self._settled
        drawn, last = people[place], people.pop()
        if place < len(people):
            people[place] = last
            if last.household:
                self._homes[last.household][last.ref] = place
        if drawn.household:
            home = self._homes[drawn.household]
            del home[drawn.ref]
            if not home:
                del self._homes[drawn.household]
        return drawn
