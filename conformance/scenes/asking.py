"""Asking an implementation and writing it down: what all scenes have in common."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import TypeVar

from conformance.protocol.base import Answer, Clock, ClockAnswer, Request
from conformance.protocol.conversation import Conversation
from conformance.protocol.roles import CLOCK
from conformance.stage import Stage
from sim.base.errors import Breach, HarnessError
from sim.base.instant import (
    DAY,
    MINUTE,
    Instant,
    at_time,
    instant,
    iso,
    japan_date,
    japan_datetime,
    parse_iso,
)

A = TypeVar("A", bound=Answer)


class Asking:
    """A conversation on a stage. `now` is the time that the implementation says it is."""

    def __init__(self, stage: Stage, conversation: Conversation) -> None:
        self.stage = stage
        self.conversation = conversation
        self.now = Instant(0)

    def today(self, chosen: Instant) -> Instant:
        """When a case without fixed days begins: as chosen, or the product's own time if it cannot be set.

        Raises:
            HarnessError: the product did not say what time it is.
        """
        if self.conversation.has(CLOCK):
            return chosen
        peer = self.conversation.peer
        if peer is None or peer.now is None:
            raise HarnessError(
                "nobody knows what time it is there", expected="`now` in the answer to `hello`"
            )
        return parse_iso(peer.now.isoformat())

    def ticks(self, times: Sequence[time], until: Instant) -> list[Instant]:
        """A minute after each of these times of every day, from now until an instant."""
        ticks = []
        day = japan_date(self.now)
        while instant(day) < until:
            ticks += [Instant(at_time(day, time) + MINUTE) for time in times]
            day = japan_date(Instant(instant(day) + DAY))
        return sorted(tick for tick in ticks if self.now < tick < until)

    def ask(self, request: Request, answer: type[A], *, case: str = "", subject: str = "") -> A:
        """Asks, and writes down question and answer as `OP_asked` and `OP_answered`."""
        op = self.conversation.name_of(request)
        asked = self.stage.note(
            f"{op}_asked",
            request.model_dump(mode="json", exclude_defaults=True),
            case=case,
            subject=subject,
        )
        told = self.conversation.ask(request, answer)
        self.stage.note(
            f"{op}_answered", told.model_dump(mode="json"), case=case, subject=subject, cause=asked
        )
        return told

    def reset(self, request: Request, answer: type[Answer], at: Instant) -> None:
        """A fresh implementation at an instant."""
        self.now = at
        self.ask(request, answer)

    def clock(self, until: Instant) -> None:
        """Lets time pass there.

        Raises:
            Breach: it is another time afterwards.
        """
        told = self.ask(Clock(until=japan_datetime(until)), ClockAnswer)
        at = parse_iso(told.at.isoformat())
        if at != until:
            raise Breach(
                "the implementation's clock does not follow",
                expected=iso(until),
                received=iso(at),
                where="clock",
                remedy="set the product's clock, or leave `clock.settable` out of the capabilities",
            )
        self.now = until
