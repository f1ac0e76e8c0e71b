"""Around the counters of a municipal system: beside the city's exchange, the write authority and the clerks.

What an implementation tells of a visit becomes lines of their own, as in the city; so do its terminals and
what it says of consequences.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from pydantic import ValidationError

from conformance.protocol import municipal as wire
from conformance.protocol.base import Done
from conformance.protocol.conversation import Conversation
from conformance.scenes.authority import Authority, Readiness
from conformance.scenes.city import City
from conformance.stage import Stage
from sim.base import journal
from sim.base.errors import Breach, HarnessError
from sim.base.instant import Instant, parse_iso
from sim.base.journal import Line

TODAY: Final = parse_iso("2026-06-17T10:00:00+09:00")
"""When a case without fixed days is played, where the clock can be set: an ordinary Wednesday morning."""


class Counters(City):
    """A city with its counters. Set `readiness` before the case's first instant, as `settings`."""

    def __init__(self, stage: Stage, conversation: Conversation) -> None:
        super().__init__(stage, conversation)
        self.readiness = Readiness()
        self._authority: Authority | None = None
        conversation.provide("authorise_write", self._authorise)

    @property
    def today(self) -> Instant:
        """When a case without fixed days begins. Raises as `Asking.today` does."""
        return self._asking.today(TODAY)

    def begin(self, case: str, at: Instant) -> None:
        super().begin(case, at)
        self._authority = Authority(self._settled, self.readiness)

    def lines(self) -> list[Line]:
        written = [] if self._authority is None else self._authority.lines()
        return list(journal.merge((super().lines(), written)))

    def file(self, visit: str, *filings: wire.FilingData, office: str = "main_office") -> wire.FilingsAnswer:
        told = super().file(visit, *filings, office=office)
        for one in told.media:
            self._stage.note("medium_used", one.model_dump(mode="json"), case=visit)
        return told

    # --- what steps do ----------------------------------------------------------------------------------
    def endorse(self, visit: str, person: str, office: str = "main_office") -> wire.EndorseAnswer:
        """The endorsement that is missing is to be made up."""
        told = self._asking.ask(
            wire.Endorse(visit=visit, person=person, office=office),
            wire.EndorseAnswer,
            case=visit,
            subject=person,
        )
        self._tell("card_endorsed", visit, told.endorsements)
        return told

    def release_update(self, version: str, made_on: date) -> None:
        """The ministry releases what keeps the reader applications up to date."""
        self._asking.ask(wire.ReleaseUpdate(version=version, made_on=made_on), Done)

    def inventory(self) -> None:
        """Which terminals there are; each becomes a line."""
        told = self._asking.ask(wire.Inventory(), wire.InventoryAnswer)
        for one in told.terminals:
            self._stage.note("terminal_listed", one.model_dump(mode="json"), subject=one.id)

    def consequences(self, asked: wire.Consequences) -> None:
        """What a clerk is told may follow; each thing becomes a line."""
        visit = self._stage.visit()
        told = self._asking.ask(asked, wire.ConsequencesAnswer, case=visit)
        for one in told.consequences:
            self._stage.note("consequence_told", one.model_dump(mode="json"), case=visit)

    # --- what the implementation calls for --------------------------------------------------------------
    def _authorise(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A card terminal asks whether it may write.

        Raises:
            Breach: it asks in other words than the protocol's.
        """
        if self._authority is None:
            raise HarnessError("a case must begin with a step that says when it is")
        asked = self._stage.note("write_asked", dict(body), case=str(body.get("visit", "")))
        try:
            answer = self._authority.ask(body, self._stage.now, asked)
        except ValidationError as error:
            raise Breach(
                "a call is not as the protocol has it",
                expected="AuthoriseWrite",
                received=str(error),
                where="authorise_write",
                remedy="see `authorise_write` in docs/adapter.md",
            ) from error
        return answer.model_dump(mode="json")
