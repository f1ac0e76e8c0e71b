"""The ministry server as another maker's product, for two products against each other (相互接続確認).

It stands where `Agency` stands, in the same words, and is asked by the protocol of its own role.
What became of a record is read off the results that it sends down, since its own books cannot be seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec

from conformance.protocol import ministry as wire
from conformance.protocol.base import Answer, Clock, ClockAnswer, Done, File, Request
from conformance.protocol.conversation import Conversation
from conformance.stage import Stage
from sim.base.errors import Breach, HarnessError
from sim.base.instant import Instant, japan_datetime
from sim.base.journal import Line
from sim.base.node import Body, Reply
from sim.drivers.topology import Topology
from sim.exchange.batch import decode
from sim.exchange.profile import Profile
from sim.exchange.records import Result
from sim.nodes.messages import agency
from sim.nodes.ministry.decisions import of_extension

A = TypeVar("A", bound=Answer)

NOT_ITEMS: Final = ("case", "ref", "reason", "decided_date")
"""Fields of a decision that are no items of a notice."""


class Partner:
    """The other product, from an instant on. What it answers stands in the journal as `partner_answered`.

    `persons`: of the records that were sent, by their numbers.
    """

    def __init__(
        self,
        stage: Stage,
        conversation: Conversation,
        sites: tuple[Topology, ...],
        at: Instant,
        persons: Mapping[str, str],
        *,
        watches_periods: bool = False,
        immediate: bool = False,
    ) -> None:
        self._stage = stage
        self._conversation = conversation
        self._codes = tuple(site.code for site in sites)
        self._now = at
        self._persons = persons
        self._sent: dict[str, str] = {}
        self._told: set[str] = set()
        self.profile: Profile = sites[0].profile
        municipalities = tuple(wire.MunicipalityData(code=code) for code in self._codes)
        self._ask(
            wire.Reset(
                case=stage.case,
                at=japan_datetime(at),
                municipalities=municipalities,
                immediate=immediate,
                watches_periods=watches_periods,
            ),
            Done,
        )

    def advance(self, until: Instant) -> None:
        """Lets time pass there too."""
        if until > self._now:
            self._now = until
            self._ask(Clock(until=japan_datetime(until)), ClockAnswer)

    def tell(self, body: Body, cause: str = "") -> Reply:
        """Tells the product what the agency knows or decides, and gives its answer.

        Raises:
            HarnessError: there is no operation for it.
        """
        if isinstance(body, agency.OpenMinistry):
            holders = tuple(
                wire.HolderData(person=ref, card_number=card, municipality=code)
                for card, ref, code in body.holders
            )
            self._ask(wire.Seed(holders=holders), Done)
            return Reply()
        if isinstance(body, agency.ExtendPeriod):
            body = of_extension(body)
        if isinstance(body, agency.Decide):
            told = self._ask(_decision(body), wire.DecideAnswer)
            return Reply(told.accepted, told.code)
        raise HarnessError("the partner cannot be told this", received=type(body).__name__)

    def take(self, code: str, file: File, cause: str = "") -> None:
        """A file of the municipality `code` arrives."""
        for row in decode(file.content, self.profile).rows:
            self._sent[row.name] = row.kind
        self._ask(wire.Deliver(municipality=code, files=(file,)), wire.DeliverAnswer)

    def waiting(self) -> dict[str, list[File]]:
        """What has come down since this was last asked, by municipality."""
        found: dict[str, list[File]] = {}
        for code in self._codes:
            files = self._ask(wire.Collect(municipality=code), wire.CollectAnswer).files
            for file in files:
                found.setdefault(code, []).append(File.of(file.name, file.content))
                self._read(file)
        return found

    def lines(self) -> list[Line]:
        """Nothing: what is seen of it stands on the stage."""
        return []

    def _read(self, file: File) -> None:
        """Writes down what the results in a file say of records that were sent."""
        for row in decode(file.content, self.profile).rows:
            result = row.record
            if not isinstance(result, Result) or result.scope != "record" or result.answers not in self._sent:
                continue
            if result.record_id in self._told:
                continue  # the file came again
            self._told.add(result.record_id)
            person = self._persons.get(result.answers, "")
            data: dict[str, Any] = {"record": result.answers, "kind": self._sent[result.answers]}
            if result.accepted:
                self._stage.note("record_accepted", data, subject=person)
            else:
                data |= {"code": result.code, "field": result.field, "reason": result.reason}
                self._stage.note("record_rejected", data, subject=person)

    def _ask(self, request: Request, answer: type[A]) -> A:
        """Asks the product. What it does wrong is a breach of the pair, and says which of the two it was."""
        name = self._conversation.name_of(request)
        asked = self._stage.note("partner_asked", {"op": name})
        try:
            told = self._conversation.ask(request, answer)
        except Breach as error:
            raise Breach(
                f"the partner (ministry-server): {error.message}",
                expected=error.expected,
                received=error.received,
                where=error.where,
                remedy=error.remedy,
            ) from error
        without = {"files": {"__all__": {"content"}}}
        body = told.model_dump(mode="json", exclude_defaults=True, exclude=without)
        self._stage.note("partner_answered", {"op": name, **body}, cause=asked)
        return told


def _decision(body: agency.Decide) -> wire.Decide:
    """The decision in the words of the protocol: items as texts, those that did not change left out."""
    items = {
        name: str(value)
        for name, value in msgspec.structs.asdict(body).items()
        if name not in NOT_ITEMS and value not in (None, "")
    }
    return wire.Decide(person=body.ref, reason=body.reason, items=items, decided_date=body.decided_date)
