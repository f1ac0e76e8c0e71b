"""How an event becomes a visit: on which day, to which office, with which card and how many come along.

When somebody comes follows from the stream of the event. What happens at the counter beside it (which office,
who stands there, a forged card) has a stream of its own for each visit, so that a variant which describes
offices or changes such a share moves nobody's day.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from sim.base.instant import MINUTE, Instant, at_time, japan_date
from sim.base.node import NodeId
from sim.exchange.birth import latest_day
from sim.law.filers import Living, Tie
from sim.law.kinds import CardState, Filing, History
from sim.nodes.counter.queue import ENDORSES, needs
from sim.nodes.messages.counter import Endorse, FileFiling, Visit
from sim.nodes.messages.people import Person, Visitor
from sim.studies.drawing import Weighted
from sim.studies.inputs.agenda import Agenda
from sim.studies.inputs.city import City
from sim.studies.scenario.people import FilingHabits

if TYPE_CHECKING:
    import numpy as np

NO_PRINTER: Final = "printer_out_of_order"
# Who leaves on the day of arrival comes back to the counter after so many minutes.
SAME_DAY_MINUTES: Final = 45
TIES: Final = ((Tie.SPOUSE, 0.4), (Tie.CHILD, 0.2), (Tie.PARENT, 0.2), (Tie.UNRELATED, 0.2))
"""What somebody who files for another is to that person: an assumption."""
_TIES: Final = Weighted(TIES)
FILERS_AGE: Final = 30
# Within a household: who is so many years older is a parent, who is younger than that the spouse.
_GENERATION: Final = 16
_MIDNIGHT: Final = time()
_DAYS_A_YEAR: Final = 365.2425
# So many open days somebody looks for an office that takes the filing; then it is not made.
_PATIENCE: Final = 10


class Move(msgspec.Struct, frozen=True):
    """What the members of one household file together: the same event, on the same day, to the same address.

    `stays`: whether they live there afterwards; who leaves again at once has brought the card, and comes
    early enough to be back on the day. `not_before`: until then they are on the way from elsewhere.
    """

    filing: Filing
    history: dict[str, History]
    persons: tuple[Person, ...]
    day: date
    address: str = ""
    stays: bool = True
    not_before: Instant | None = None


class Visits:
    """Plans visits to the counters of all municipalities."""

    def __init__(self, agenda: Agenda, habits: FilingHabits, start: Instant) -> None:
        self._agenda = agenda
        self._habits = habits
        self._start = start
        self._cases = 0
        self.delays = Weighted(habits.delay_days)
        self.leads = Weighted(habits.lead_days)
        self._back = Weighted(habits.back_after_days)
        self._minutes = Weighted(habits.service_minutes)
        self._plain = not (habits.by_other_share or habits.forged_share or habits.broken_share)

    def case(self) -> str:
        """The next case id."""
        self._cases += 1
        return f"C{self._cases:07d}"

    def arrive(self, city: City, move: Move, draw: np.random.Generator) -> Instant | None:
        """Plans the visit for a move to or within the municipality, and a second one for who forgot the card.

        Gives the moment at which they are served; None when it would lie before the scenario's start, or no
        office takes the filing.
        """
        habits = self._habits
        day = city.open_day(move.day + timedelta(days=self.delays.draw(draw)), draw)
        visit = city.moment(day, draw)
        absent = draw.random() < habits.card_absent
        comes_back = draw.random() < habits.comes_back_with_card
        after_days = self._back.draw(draw)
        # Without this visit those who live here live on as they are recorded.
        as_before = move.persons if move.filing is Filing.MOVING_WITHIN else ()
        if visit < self._start:
            for person in as_before:
                city.people.settle(person)
            return None
        if move.not_before is not None and visit < move.not_before:
            visit = _later(visit, city.rules.next_open(japan_date(move.not_before) + timedelta(days=1)))
        if not move.stays:
            visit = _early_enough(city, visit)
        absent = absent and move.stays
        card = CardState.ABSENT if absent else CardState.PRESENTED
        moved = tuple(msgspec.structs.replace(person, address=move.address) for person in move.persons)
        forms = [
            FileFiling(
                self.case(), move.filing, person, move.history[person.ref], card, move.day, move.address
            )
            for person in move.persons
        ]
        if not (absent and comes_back):
            return self._come(city, visit, forms, moved if move.stays else (), as_before)[0]
        served, office = self._come(city, visit, forms, (), as_before)
        if served is None:
            return None
        again = city.moment(city.open_day(japan_date(served) + timedelta(days=after_days), draw), draw)
        if again <= served:  # back on the same day, but not before
            again = _later(again, city.rules.next_open(japan_date(served) + timedelta(days=1)))
        notifications = [
            FileFiling(
                f"{form.case}-2",
                Filing.RESIDENCE_NOTIFICATION,
                person,
                form.history,
                CardState.PRESENTED,
                move.day,
                move.address,
            )
            for form, person in zip(forms, moved, strict=True)
        ]
        # To the office that told them to come back.
        self._come(city, again, notifications, moved, moved, office)
        return served

    def leave(self, city: City, move: Move, visit: Instant) -> Instant | None:
        """Plans the visit for a moving-out at a moment; the household is gone afterwards.

        Gives the moment at which they are served; None where no office takes the filing, so that they stay.
        """
        forms = [
            FileFiling(
                self.case(), move.filing, person, move.history[person.ref], CardState.PRESENTED, move.day
            )
            for person in move.persons
        ]
        return self._come(city, visit, forms, (), move.persons)[0]

    def _come(
        self,
        city: City,
        at: Instant,
        forms: list[FileFiling],
        settles: tuple[Person, ...],
        as_before: tuple[Person, ...],
        known: int | None = None,
    ) -> tuple[Instant | None, int]:
        """One visit of those whom the forms concern; the moment, if it takes place, and at which office.

        Those of `settles` live here afterwards, those of `as_before` where no office takes the filing.
        `known`: the office that they go to; otherwise they choose one.
        """
        where = city.people if settles else None
        single = city.chosen is None and len(forms) == 1
        if single and self._plain:
            # Nobody waits where no offices are described: the counter takes the form at once.
            self._agenda.put(at, city.at.counter, forms[0], settles=settles, where=where)
            return at, 0
        own = city.generator("visit", forms[0].person.ref, str(forms[0].filing), japan_date(at).isoformat())
        minutes = self._minutes.draw(own)
        filed = self._as_filed(forms, japan_date(at), own)
        if single:
            self._agenda.put(at, city.at.counter, filed[0], settles=settles, where=where)
            return at, 0
        chosen = 0 if city.chosen is None else city.chosen.draw(own)
        if known is not None:
            chosen = known
        at = city.within_hours(chosen, at)
        visit = Visit(forms[0].case, tuple(filed), minutes)
        if not _served(city, chosen, visit, japan_date(at)):
            # Nothing is filed by halves: they are sent on, and come to an office that serves them later.
            found = _sent_on(city, visit, at, own)
            stay = as_before if found is None else ()
            self._agenda.put(at, city.at.counters[chosen], visit, settles=stay, where=city.people)
            if found is None:
                return None, chosen
            chosen, at = found
        counter = city.at.counters[chosen]
        mended = city.printer_mended(chosen, at)
        if mended is not None:
            mended = _before_closing(city, chosen, at, mended)
            visit = Visit(
                visit.case, tuple(self._without_printer(form, counter, mended) for form in filed), minutes
            )
        self._agenda.put(at, counter, visit, settles=settles, where=where)
        return at, chosen

    def _without_printer(self, form: FileFiling, counter: NodeId, mended: Instant) -> FileFiling:
        """The form of somebody whose card is endorsed later on the day, when the printer works again."""
        if form.card is not CardState.PRESENTED or form.filing not in ENDORSES or form.forged:
            return form
        self._agenda.put(mended, counter, Endorse(form.case, form.person.ref))
        return msgspec.structs.replace(form, endorsing_fails=NO_PRINTER)

    def _as_filed(self, forms: list[FileFiling], day: date, draw: np.random.Generator) -> list[FileFiling]:
        """The forms as they lie on the counter: who files for whom, and what is wrong with a card.

        Without anybody else the first of a household, its eldest, stands there for the others.
        """
        habits = self._habits
        filed = []
        by_other = draw.random() < habits.by_other_share
        tie = _TIES.draw(draw)
        first = forms[0].person
        for place, form in enumerate(forms):
            by = None
            if by_other:
                unrelated = tie is Tie.UNRELATED
                living = Living.ELSEWHERE if unrelated else Living.SAME_HOUSEHOLD
                by = Visitor(tie=tie, age=FILERS_AGE, living=living, mandate=unrelated, asked=True)
            elif place:
                nearest = Tie.SPOUSE if place == 1 else Tie.OTHER_RELATIVE
                years = _years(first, latest_day(form.person.birth_date))
                tied = Tie.PARENT if years >= _GENERATION else nearest
                by = Visitor(tie=tied, age=_years(first, day), head=first.head, asked=True)
            # Only where the filing needs the card: nobody has to hand one in to move out (住基法24条).
            needed = form.card is CardState.PRESENTED and form.filing in ENDORSES
            forged = draw.random() < habits.forged_share and needed
            broken = draw.random() < habits.broken_share and needed
            filed.append(
                msgspec.structs.replace(form, by=by, forged=("name",) if forged else (), broken=broken)
            )
        return filed


def _served(city: City, office: int, visit: Visit, day: date) -> bool:
    """Whether the office takes such a visit on the day, and has staff for it."""
    if not city.offices:
        return True
    asked = city.offices[office]
    return asked.accepts_foreign_filings and asked.can_ever(needs(visit), day)


def _sent_on(city: City, visit: Visit, at: Instant, draw: np.random.Generator) -> tuple[int, Instant] | None:
    """The first office that serves the visit, and when: on the next open day on which there is one."""
    day = japan_date(at)
    for _ in range(_PATIENCE):
        day = city.rules.next_open(day + timedelta(days=1))
        for number in range(len(city.offices)):
            if _served(city, number, visit, day):
                return number, city.within_hours(number, city.moment(day, draw))
    return None


def _before_closing(city: City, office: int, at: Instant, mended: Instant) -> Instant:
    """When a card is endorsed that could not be: at the end of the day; too late if mended only after it."""
    closing = at_time(japan_date(at), city.offices[office].closes)
    return max(mended, Instant(closing - MINUTE)) if mended < closing else mended


def _early_enough(city: City, visit: Instant) -> Instant:
    """The visit at a moment from which one can come back before closing: the same share of a shorter day."""
    hours, day = city.scenario.counter, japan_date(visit)
    opens, closes = at_time(day, hours.opens), at_time(day, hours.closes)
    latest = max(opens + 1, closes - SAME_DAY_MINUTES * MINUTE)
    return Instant(opens + (visit - opens) * (latest - opens) // (closes - opens))


def _later(visit: Instant, day: date) -> Instant:
    """The same time of day on another day."""
    return Instant(visit + (at_time(day, _MIDNIGHT) - at_time(japan_date(visit), _MIDNIGHT)))


def _years(person: Person, day: date) -> int:
    """How old the person is on the day, or how much older than somebody born on it."""
    return max(0, int((day - latest_day(person.birth_date)).days / _DAYS_A_YEAR))
