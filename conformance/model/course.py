"""The course of a story: its possible actions in order, each with what must come of it.

Chance proposes actions that nobody could take, such as moving out before having moved in, or of which no
source says what must come. They are left out here, so that whatever is left of a story is one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from conformance.model import oracle, second
from conformance.model.story import (
    ACCEPTED,
    CHANGING,
    MAKING,
    MID_LONG_TERM,
    MOVING_OUT,
    REFUSED,
    RESIDENCE,
    SPECIAL_PERMANENT,
    Action,
    Answer,
    Befalls,
    Breaks,
    Copies,
    Extends,
    Files,
    Matter,
    Mends,
    Passes,
    Resends,
    Story,
    Who,
)
from sim.base.errors import HarnessError

NEEDS: Final[dict[type[Action], tuple[str, ...]]] = {
    Resends: ("exchange.resend",),
    Extends: ("register.notices",),
    Copies: ("register.copies", "copies.stale_record"),
    Breaks: ("exchange.messenger",),
    Mends: ("exchange.messenger",),
}
"""The capabilities that actions need; `clock.settable` is needed by all stories."""
RESULTS: Final = "exchange.results"
"""The capability without which a story does not tell what the staff see of the results."""

MOVES: Final = (*MAKING, "moving_within", MOVING_OUT)
"""Filings of a move."""

LIKE: Final = {
    "moving_in": "moving_within",
    "entry_from_abroad": "moving_within",
    "became_resident_status": "household_change",
    "moving_within": "moving_in",
    "moving_out": "entry_from_abroad",
    "household_change": "entry_from_abroad",
    "relationship_change": "moving_in",
}
"""What somebody files who cannot file what chance proposes: having a record already, or none yet."""


@dataclass(slots=True)
class Life:
    """Where one person stands. `told`: the history as it was told last.

    `since`: the day of the last move or notification. `open`: the place of the filing that left one due.
    `done`: what was filed, and when.
    """

    who: Who
    history: str
    told: str
    here: bool
    moved: bool = False
    since: date | None = None
    leaves: date | None = None
    extended: bool = False
    notified: bool = False
    open: int | None = None
    done: set[tuple[str, date]] = field(default_factory=set)


@dataclass(slots=True)
class Event:
    """One action on its day. `matter` and `answer`: of a filing. `history_told`: as it must be told anew.

    `closes`: the place of the event whose duty this one ends. `closed`: whether and by what this one's ends.
    """

    day: date
    action: Action
    matter: Matter | None = None
    answer: Answer | None = None
    history_told: bool = False
    closes: int | None = None
    closed: str = ""
    address: str = ""


@dataclass(slots=True)
class Course:
    """All that happens. `ends`: the day of the last action; `down`: the line is broken then.

    `outage`: it was broken once. `troubles`: what befalls a file, by its direction. `results`: whether the
    implementation shows what came of what it sent.
    """

    story: Story
    events: list[Event] = field(default_factory=list)
    lives: dict[str, Life] = field(default_factory=dict)
    ends: date = date.min
    down: bool = False
    outage: bool = False
    troubles: dict[str, str] = field(default_factory=dict)
    results: bool = True

    @property
    def people(self) -> list[Who]:
        """Those to whom something happens."""
        acting = {getattr(event.action, "who", "") for event in self.events}
        return [who for who in self.story.people if who.name in acting]

    @property
    def says_something(self) -> bool:
        """Whether anything must come of it."""
        return bool(self.people)

    @property
    def filed(self) -> list[Event]:
        """The filings."""
        return [event for event in self.events if event.answer is not None]


def checked(matter: Matter) -> Answer:
    """The oracle's answer, once the second statement of the rules has confirmed it.

    Raises:
        HarnessError: the two differ, so that nobody can be blamed.
    """
    told, again = oracle.answer(matter), second.answer(matter)
    if told != again:
        raise HarnessError(
            "the oracle and the second statement of the rules differ",
            where=str(matter),
            expected=str(again),
            received=str(told),
            remedy="please report this: the harness is wrong, not the implementation",
        )
    return told


def course_of(story: Story, capabilities: Collection[str]) -> Course:
    """The course of a story for an implementation with these capabilities.

    Raises:
        HarnessError: the rules are in doubt.
    """
    begins = oracle.open_day(story.begins)
    course = Course(replace(story, begins=begins), ends=begins, results=RESULTS in capabilities)
    course.lives = {who.name: Life(who, who.history, who.history, who.seeded) for who in story.people}
    for action in story.actions:
        if all(name in capabilities for name in NEEDS.get(type(action), ())):
            _take(course, action)
    return course


def _files(course: Course, action: Files) -> None:
    life, today = course.lives[action.who], course.ends
    who = life.who
    action = replace(action, filing=_fitting(life, action.filing))
    if not _may_file(life, action, today):
        return
    event = _event(life, action, today)
    if event is None:
        return
    matter = Matter(
        kind=who.kind,
        history=life.history,
        filing=action.filing,
        card=_card(who, action, course.story, today),
        event=event,
        filed=today,
        permitted=permitted_on(course.story, who),
        card_until=card_until(course.story, who),
        forged=who.forged,
    )
    told = checked(matter)
    here = len(course.events)
    now = Event(
        today,
        replace(action, card=matter.card),
        matter,
        told,
        history_told=life.history != life.told,
    )
    life.told = life.history
    if told.decision != REFUSED:
        life.done.add((action.filing, today))
        life.since = event if action.filing in (*MOVES, RESIDENCE) else life.since
        _settled(course, life, now, here)
    course.events.append(now)


def _settled(course: Course, life: Life, now: Event, here: int) -> None:
    """What an accepted filing changes in somebody's life."""
    assert now.answer is not None and now.matter is not None
    filing, answer = now.matter.filing, now.answer
    if filing in MAKING:
        life.here = life.moved = True
    elif filing == "moving_within":
        life.moved = True
    elif filing == MOVING_OUT:
        life.leaves = max(now.matter.event, now.day)
    ended = ""
    if answer.due is not None:
        ended = "replaced"
    elif filing == MOVING_OUT and answer.decision == ACCEPTED:
        ended = MOVING_OUT
    elif answer.deemed or answer.kept_under:
        ended = "filing"
        life.notified, life.history = True, "residence_on_card"
    if ended and life.open is not None:
        course.events[life.open].closed = ended
        now.closes = life.open if ended == "filing" else None
        life.open = None
    if answer.due is not None:
        life.open = here


def _event(life: Life, action: Files, today: date) -> date | None:
    """The day of the event: a move comes after the one before it, a late notification is of that one."""
    event = today - timedelta(days=action.ago)
    if life.since is None or event > today or action.filing not in (*MOVES, RESIDENCE):
        return event
    if action.filing == RESIDENCE and life.open is not None:
        return life.since
    after = max(event, life.since + timedelta(days=1))
    return after if after <= today else None


def _fitting(life: Life, filing: str) -> str:
    """The filing, or the like one that somebody in this place can make."""
    if filing == RESIDENCE and life.open is None and (life.here or life.notified):
        filing = "moving_within"
    if filing in (MAKING if life.here else CHANGING):
        filing = LIKE[filing]
    if filing == "became_resident_status" and life.history != "permitted_living_here":
        return "entry_from_abroad"
    if filing == "entry_from_abroad" and life.who.kind == "transitional_stay":
        return "moving_in"
    return filing


def _may_file(life: Life, action: Files, today: date) -> bool:
    """Whether the person can file that, and sources say what must come of it."""
    who, filing = life.who, action.filing
    cardless = who.kind not in (MID_LONG_TERM, SPECIAL_PERMANENT)
    if life.leaves is not None or life.extended or (filing, today) in life.done:
        return False
    if who.forged and filing == MOVING_OUT:
        return False
    if filing == RESIDENCE:
        return not cardless
    if filing in CHANGING:
        return life.here
    return not life.here


def _card(who: Who, action: Files, story: Story, today: date) -> str:
    """The card as it can be shown: by one who has one, and as valid or expired as it is that day."""
    if who.kind not in (MID_LONG_TERM, SPECIAL_PERMANENT):
        return "absent"
    until = card_until(story, who)
    shown = "presented" if who.forged else action.card
    if until is None or shown == "absent":
        return shown
    if today <= until:
        return "presented"
    return "expired_pending" if action.card == "expired_pending" else "expired"


def _passes(course: Course, action: Passes) -> None:
    if not action.days:
        return
    day = oracle.open_day(course.ends + timedelta(days=action.days))
    course.ends = day
    course.events.append(Event(day, action))


def _befalls(course: Course, action: Befalls) -> None:
    if action.direction not in course.troubles:
        course.troubles[action.direction] = action.trouble
        course.events.append(Event(course.ends, action))


def _breaks(course: Course, action: Breaks) -> None:
    if not course.down:
        course.down = course.outage = True
        course.events.append(Event(course.ends, action))


def _mends(course: Course, action: Mends) -> None:
    if course.down:
        course.down = False
        course.events.append(Event(course.ends, action))


def _resends(course: Course, action: Resends) -> None:
    """Where something was sent on an earlier day, over a line that has always worked."""
    sent = any(one.answer and one.answer.records and one.day < course.ends for one in course.filed)
    planned = any(one.matter and one.matter.event >= course.ends for one in course.filed)
    if sent and not planned and not course.outage:
        course.events.append(Event(course.ends, action))


def _extends(course: Course, action: Extends) -> None:
    life = course.lives[action.who]
    foreign = life.who.kind == MID_LONG_TERM and life.who.seeded
    if foreign and not life.extended and life.leaves is None:
        life.extended = True
        course.events.append(Event(course.ends, action))


def _copies(course: Course, action: Copies) -> None:
    life = course.lives[action.who]
    if life.here and life.leaves is None:
        course.events.append(Event(course.ends, action, address="after" if life.moved else "before"))


def _take(course: Course, action: Action) -> None:
    match action:
        case Files():
            _files(course, action)
        case Passes():
            _passes(course, action)
        case Befalls():
            _befalls(course, action)
        case Breaks():
            _breaks(course, action)
        case Mends():
            _mends(course, action)
        case Resends():
            _resends(course, action)
        case Extends():
            _extends(course, action)
        case Copies():
            _copies(course, action)


def permitted_on(story: Story, who: Who) -> date | None:
    """The day of somebody's permission."""
    return None if who.permitted_ago is None else story.begins - timedelta(days=who.permitted_ago)


def card_until(story: Story, who: Who) -> date | None:
    """The last day of somebody's card."""
    return None if who.card_left is None else story.begins + timedelta(days=who.card_left)
