"""Exploring: stories by chance against one implementation, and the shortest one that comes out otherwise.

Hypothesis proposes and shrinks; the same seed gives the same stories and, for an implementation that always
answers alike, the same result. What came of each story is kept, so that a repetition costs nothing and an
implementation that answers otherwise the second time disturbs nothing. A story fails where a check does
(FAIL); warnings and readings that nobody confirmed blame nobody here either.

    disagreed      the implementation and the rules differ; the story is the shortest that was found
    inconclusive   the harness is in doubt: its two statements of a rule differ, or a step failed
    agreed         neither, in all stories
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import msgspec
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import Flaky

from conformance.checks import BY_ROLE
from conformance.kits import kit_of
from conformance.model.chance import STORIES
from conformance.model.course import course_of
from conformance.model.playing import Played, Player
from conformance.model.story import Story
from conformance.model.telling import THEN, Step, feature, needs_of, steps_of
from conformance.peer import Peer
from conformance.protocol.roles import CLOCK
from conformance.register import load
from conformance.terms import terms_of
from sim.base import journal
from sim.base.errors import HarnessError, UsageError
from sim.base.journal import Line

ROLE: Final = "municipal-system"
"""The role that there is an oracle of."""
STORIES_AT_FIRST: Final = 100
PATIENCE: Final = 300.0
"""Seconds after which no other story is begun."""
PROPOSED: Final = 6
"""Proposals for each story that is played: some are no stories, some come twice."""
SHRINKING: Final = 400
"""Stories that are played at most to find a shorter one."""
EACH: Final = 10
"""Stories after which it is told how many there were."""

Say = Callable[[str], None]


class Came(StrEnum):
    """What came of the exploring."""

    AGREED = "agreed"
    DISAGREED = "disagreed"
    INCONCLUSIVE = "inconclusive"


CODES: Final = {Came.AGREED: 0, Came.DISAGREED: 1, Came.INCONCLUSIVE: 2}


@dataclass(frozen=True, slots=True)
class Explored:
    """The result. `played`: stories until something was found; `shrunk`: those played to shorten it.

    `case`: the id of the shortest story. `feature`: it as a feature file; empty where there is none to save.
    `reasons`: what is wrong in it. `lines`: its journal. `ended`: why there were not more stories.
    """

    came: Came
    seed: int
    played: int
    shrunk: int = 0
    case: str = ""
    feature: str = ""
    reasons: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    ended: str = ""

    @property
    def code(self) -> int:
        """The exit code."""
        return CODES[self.came]

    def as_json(self) -> str:
        """The result, the same bytes for the same result."""
        told = {
            "role": ROLE,
            "result": self.came,
            "seed": self.seed,
            "stories": self.played,
            "shrunk": self.shrunk,
            "case": self.case,
            "reasons": list(self.reasons),
            "feature": self.feature,
            "ended": self.ended,
        }
        return msgspec.json.format(msgspec.json.encode(told, order="deterministic"), indent=2).decode()


class _Found(Exception):
    """A story that came out otherwise; Hypothesis looks for a shorter one."""


@dataclass(slots=True)
class _Trace:
    """What is known of a story that was tried. `doubt`: why nothing can be said of it."""

    steps: tuple[Step, ...] = ()
    needs: tuple[str, ...] = ()
    played: Played | None = None
    doubt: str = ""

    @property
    def failed(self) -> bool:
        """Whether the implementation broke a rule in it."""
        return not self.doubt and self.played is not None and bool(self.played.failed)


@dataclass(slots=True)
class _Exploring:
    """The state of one exploring. `first`: what the first find was, a doubt of the harness or a failure."""

    player: Player
    reference: Player
    capabilities: tuple[str, ...]
    stories: int
    until: float
    say: Say
    tried: dict[Story, _Trace] = field(default_factory=dict)
    told: dict[tuple[Step, ...], _Trace] = field(default_factory=dict)
    played: int = 0
    shrunk: int = 0
    first: str | None = None
    shortest: _Trace | None = None
    ended: str = ""

    def consider(self, story: Story) -> None:
        """Plays a story that is new, and raises if it comes out otherwise."""
        trace = self.tried.get(story)
        if trace is None:
            if self._over():
                return
            trace = self.tried[story] = self._tried(story)
        kind = "doubt" if trace.doubt else "failed" if trace.failed else ""
        if kind and self.first in (None, kind):
            self.first, self.shortest = kind, trace
            raise _Found

    def _over(self) -> bool:
        if self.first is not None:
            return self.shrunk >= SHRINKING or time.monotonic() > self.until
        if time.monotonic() > self.until:
            self.ended = "the time was over"
        return bool(self.ended) or self.played >= self.stories

    def _tried(self, story: Story) -> _Trace:
        try:
            course = course_of(story, self.capabilities)
        except HarnessError as error:
            return _Trace(doubt=str(error))
        if not course.says_something:
            return _Trace()
        steps, needs = steps_of(course), needs_of(course)
        if steps not in self.told:
            self.told[steps] = self._played(steps, needs)
        return self.told[steps]

    def _played(self, steps: tuple[Step, ...], needs: tuple[str, ...]) -> _Trace:
        if self.first is None:
            self.played += 1
            if self.played % EACH == 0:
                self.say(f"{self.played}/{self.stories}")
        else:
            self.shrunk += 1
        played = self.player.play(case_of(steps), steps)
        return _Trace(steps, needs, played, played.doubt or self._reference_too(steps, played))

    def _reference_too(self, steps: tuple[Step, ...], played: Played) -> str:
        """Why the implementation is not to blame: the built-in reference fails in the same check."""
        if not played.failed:
            return ""
        again = self.reference.play(case_of(steps), steps)
        own = {one.check for one in again.failed}
        both = [one.check for one in played.failed if one.check in own]
        return f"the built-in reference fails here too: {', '.join(both)}" if both else again.doubt


def explore(
    *,
    adapter: dict[str, Any] | None = None,
    mutant: str = "",
    stories: int = STORIES_AT_FIRST,
    seed: int = 0,
    patience: float = PATIENCE,
    exchange: dict[str, Any] | None = None,
    selected: tuple[str, ...] = (),
    challenge: str = "",
    say: Say = lambda text: None,
) -> Explored:
    """Tries stories against an implementation of the role `municipal-system`.

    `adapter`: the settings of an adapter; empty for the built-in reference, or a mutant of it. `patience`:
    seconds after which no other story is begun. `selected`: wishes that count as duties.

    Raises:
        UsageError: the clock of the implementation cannot be set, or no story is wanted.
        HarnessError: it cannot be started, or nothing was tried.
        Breach: it does not introduce itself as it must.
    """
    if stories < 1:
        raise UsageError("no story is wanted", where="--stories", expected="1 or more", received=str(stories))
    kit = kit_of(ROLE)
    peer = Peer(kit, adapter or {}, mutant, exchange, say)
    try:
        conversation = peer.conversation()
        if not conversation.has(CLOCK):
            raise UsageError(
                "stories lie on days of their own",
                expected=f"the capability {CLOCK}",
                received="an implementation without it",
                remedy="run the cases instead: `renkei conform run`",
            )
        capabilities = tuple(name for name in kit.role.capabilities if conversation.has(name))
        terms = terms_of(ROLE, BY_ROLE[ROLE], load(), selected)
        players = Player(kit, peer, terms, challenge), Player(kit, Peer(kit, {}), terms, challenge)
        run = _Exploring(*players, capabilities, stories, time.monotonic() + patience, say)
        _go(run, seed)
        return _result(run, seed)
    finally:
        peer.leave()


def _go(run: _Exploring, seed: int) -> None:
    @seeded(seed)
    @settings(
        max_examples=run.stories * PROPOSED,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        print_blob=False,
    )
    @given(STORIES)
    def one(story: Story) -> None:
        run.consider(story)

    try:
        one()
    except (_Found, Flaky):
        return


def _result(run: _Exploring, seed: int) -> Explored:
    trace = run.shortest
    if trace is None:
        if not run.played:
            raise HarnessError("no story was tried", expected="one at least", received=run.ended or "none")
        return Explored(Came.AGREED, seed, run.played, ended=run.ended)
    if trace.doubt or trace.played is None:
        lines = trace.played.lines if trace.played else ()
        text = feature(case_of(trace.steps), trace.needs, trace.steps) if trace.steps else ""
        case = case_of(trace.steps) if trace.steps else ""
        return Explored(
            Came.INCONCLUSIVE, seed, run.played, run.shrunk, case, text, (trace.doubt,), lines, run.ended
        )
    trace = _told_shorter(run, trace)
    assert trace.played is not None
    return Explored(
        Came.DISAGREED,
        seed,
        run.played,
        run.shrunk,
        case_of(trace.steps),
        feature(case_of(trace.steps), trace.needs, trace.steps),
        _reasons(trace.played),
        trace.played.lines,
        run.ended,
    )


def _told_shorter(run: _Exploring, trace: _Trace) -> _Trace:
    """The story without the expectations that were met, if it fails all the same."""
    assert trace.played is not None
    broke = trace.played.broke
    steps = tuple(step for place, step in enumerate(trace.steps) if step.kind != THEN or place in broke)
    if not broke or steps == trace.steps:
        return trace
    played = run.player.play(case_of(steps), steps)
    return _Trace(steps, trace.needs, played) if played.failed and not played.doubt else trace


def case_of(steps: tuple[Step, ...]) -> str:
    """The id of a story, from what it tells."""
    told = "\n".join(f"{step.kind} {step.text}" for step in steps)
    return f"MODEL-{hashlib.sha256(told.encode()).hexdigest()[:8]}"


def _reasons(played: Played) -> tuple[str, ...]:
    found = [
        f"{one.check}: {finding.ja} / {finding.en} expected: {finding.expected}, received: {finding.received}"
        for one in played.failed
        for finding in one.findings[:1]
    ]
    return tuple(dict.fromkeys(found))


def save(explored: Explored, to: Path) -> None:
    """Saves the story as a feature file, and its journal beside it as NDJSON.

    Raises:
        UsageError: the file cannot be written, or is no feature file by its name.
    """
    if to.suffix != ".feature":
        raise UsageError(
            "a story is saved as a feature",
            where="--save",
            expected="a name like x.feature",
            received=str(to),
        )
    try:
        to.write_text(explored.feature, encoding="utf-8")
        journal.write(to.with_suffix(".ndjson"), explored.lines)
    except OSError as error:
        raise UsageError("the story cannot be saved", where=str(to), received=str(error)) from error
