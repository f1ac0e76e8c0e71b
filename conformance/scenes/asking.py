"""Asking an implementation and writing it down: what all scenes have in common."""

from __future__ import annotations

from typing import TypeVar

from conformance.protocol.base import Answer, Clock, ClockAnswer, Request
from conformance.protocol.conversation import Conversation
from conformance.stage import Stage
from sim.base.errors import Breach
from sim.base.instant import Instant, iso, japan_datetime, parse_iso

A = TypeVar("A", bound=Answer)


class Asking:
    """A conversation on a stage. `now` is the time that the implementation says it is."""

    def __init__(self, stage: Stage, conversation: Conversation) -> None:
        self.stage = stage
        self.conversation = conversation
        self.now = Instant(0)

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
