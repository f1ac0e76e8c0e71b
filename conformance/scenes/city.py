"""Around a municipal system: the people at its counters, and the ministry server at the other end, which the
harness plays or another maker's product is.

Files go to and fro at each time of the daily exchange and whenever time has passed. What a file of the
implementation holds is read with the profile's own reader, and every finding about it is written down.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from conformance.border import stem_of
from conformance.protocol import municipal as wire
from conformance.protocol.base import Done, File, PersonData
from conformance.protocol.conversation import Conversation
from conformance.scenes.agency import Agency
from conformance.scenes.asking import Asking
from conformance.scenes.forms import as_planned
from conformance.scenes.partner import Partner
from conformance.scenes.records import Records
from conformance.scenes.way import Way
from conformance.stage import Stage
from sim.base.errors import Breach, HarnessError
from sim.base.instant import Instant, japan_datetime
from sim.base.journal import Line
from sim.base.node import Body
from sim.drivers.topology import Topology
from sim.exchange.batch import Decoded, decode
from sim.exchange.check import check
from sim.exchange.profile import open_profile
from sim.exchange.records import AnyRecord, kind_of
from sim.nodes.messages.agency import OpenMinistry

ROUNDS: Final = 20
"""Rounds of an exchange after which it is taken never to come to rest."""
FINDINGS: Final = 20
"""Findings about one file that are written down."""


class City(Records):
    """One municipality under test and the agency.

    Set `settings` (of the reset) and `agency_settings` before the case's first instant. `way`: what befalls
    files between the two.
    """

    def __init__(self, stage: Stage, conversation: Conversation) -> None:
        super().__init__()
        self._stage = stage
        self._asking = Asking(stage, conversation)
        self._profile = open_profile()
        self._agency: Agency | Partner | None = None
        self._partner = conversation.partner
        self._reset: wire.Reset | None = None
        self.settings: dict[str, Any] = {}
        self.agency_settings: dict[str, bool] = {}
        self.way = Way(self._profile)
        self.last_sent = ""
        self._outage: bool | None = None

    # --- Scene ------------------------------------------------------------------------------------------
    @property
    def now(self) -> Instant:
        return self._asking.now

    def begin(self, case: str, at: Instant) -> None:
        peer = self._asking.conversation.peer
        if peer is not None:
            self._stage.note("capabilities_told", {"capabilities": list(peer.capabilities)})
        self._reset = wire.Reset(case=case, at=japan_datetime(at), **self.settings)
        self._asking.reset(self._reset, Done, at)
        site = Topology(self._reset.municipality, self._reset.exchange_at[0], profile=self._profile)
        if self._partner is None:
            self._agency = Agency((site,), at, **self.agency_settings)
        else:
            self._agency = Partner(
                self._stage, self._partner, (site,), at, self.persons, **self.agency_settings
            )

    def advance(self, until: Instant) -> None:
        for tick in self._asking.ticks(self._settled.exchange_at, until):
            self._reach(tick)
        if until > self.now:
            self._reach(until)

    def lines(self) -> list[Line]:
        return [] if self._agency is None else self._agency.lines()

    # --- what steps do ----------------------------------------------------------------------------------
    def seed(self, *residents: PersonData) -> None:
        """These are in the register from the beginning, and the agency knows them."""
        self._asking.ask(wire.Seed(residents=residents), Done)
        code = self._settled.municipality
        holders = tuple((one.card_number, one.ref, code) for one in residents if one.card_number)
        self._server.tell(OpenMinistry(holders))

    def file(self, visit: str, *filings: wire.FilingData, office: str = "main_office") -> wire.FilingsAnswer:
        """People file at a counter. Each thing that the answer tells becomes a line of its own."""
        told = self._asking.ask(
            wire.FileFilings(visit=visit, office=office, filings=filings), wire.FilingsAnswer, case=visit
        )
        self._tell("filing_decided", visit, told.outcomes)
        self._tell("step_done", visit, told.steps)
        self._tell("card_endorsed", visit, told.endorsements)
        self._tell("duty_told", visit, told.duties)
        return told

    def agency_decides(self, body: Body) -> None:
        """The agency decides something that the register must follow.

        Raises:
            HarnessError: the server as we play it does not take the decision.
        """
        cause = self._stage.note("agency_decided", msgspec.to_builtins(body))
        self._server.advance(self.now)
        reply = self._server.tell(body, cause)
        if not reply.ok:
            raise HarnessError("the agency cannot decide this", received=f"{reply.code} {reply.detail}")
        self.exchange()

    def resend(self, batch: str) -> None:
        """An operator has a batch sent again, at once."""
        super().resend(batch)
        self.exchange()

    def agency_line(self, *, up: bool, declared: bool) -> None:
        """The line to the agency breaks, or works again; what had waited goes then."""
        self._asking.ask(wire.AgencyLine(up=up, declared=declared), Done)
        self._outage = None if up else declared

    def messenger(self, manner: str) -> None:
        """An operator wants to give what waits to a messenger; what is given reaches the server."""
        told = self._asking.ask(wire.Messenger(manner=manner), wire.MessengerAnswer)
        data = {"accepted": told.accepted, "reason": told.reason, "declared": self._outage is True}
        self._stage.note("messenger_decided", data)
        for file in told.files:
            self._take(self._settled.municipality, file)

    # --- the exchange -----------------------------------------------------------------------------------
    def exchange(self) -> None:
        """Carries files to and fro until there are none.

        Raises:
            Breach: it never comes to rest.
        """
        code = self._settled.municipality
        self._server.advance(self.now)
        for _ in range(ROUNDS if self._outage is None else 0):
            up = self._asking.ask(wire.Collect(), wire.CollectAnswer).files
            for file in up:
                self._take(code, file)
            down = self._server.waiting().get(code, [])
            for file in down:
                self._give(file)
            if not up and not down:
                return
        if self._outage is not None:
            return  # nothing goes over a line that is down
        raise Breach(
            "the exchange never comes to rest",
            expected=f"no more files after at most {ROUNDS} rounds",
            received=f"files in each of {ROUNDS} rounds",
            where="collect, deliver",
            remedy="a result is answered by nothing; an empty batch is sent once a day",
        )

    def _take(self, code: str, file: File) -> None:
        """A file of the implementation, on its way to the server."""
        cause = self._seen_file(file)
        trouble, arriving = self.way.through("up", file)
        if trouble:
            self._stage.note("trouble", {"direction": "up", "trouble": trouble, "file": file.name})
        for one in arriving:
            self._server.take(code, self.way.as_read(one), cause)

    def _give(self, file: File) -> None:
        """A file of the server, on its way to the implementation."""
        trouble, arriving = self.way.through("down", file)
        if trouble:
            self._stage.note("trouble", {"direction": "down", "trouble": trouble, "file": file.name})
        for one in arriving:
            given = as_planned(one, self._asking.conversation)
            told = self._asking.ask(wire.Deliver(files=(given,)), wire.DeliverAnswer)
            spoilt = trouble if trouble and one.content != file.content else ""
            self._delivered(given, told.refused.get(given.name, ""), spoilt)

    def _reach(self, until: Instant) -> None:
        self._asking.clock(until)
        self.exchange()

    def _seen_file(self, file: File) -> str:
        """Writes down a file that the implementation sent, and gives the line's id."""
        read = decode(file.content, self._profile)
        data = {
            "file": file.name,
            "stem": stem_of(file.name),
            "bytes": len(file.content),
            "digest": hashlib.sha256(file.content).hexdigest(),
            "findings": self._findings(file),
        }
        if read.batch is not None:
            header = read.batch.header
            data |= {"batch": header.batch_id, "header": msgspec.to_builtins(header)}
            if read.batch.records:
                self.last_sent = stem_of(file.name)
        line = self._stage.note("batch_sent", data)
        self._records("record_sent", read, line)
        return line

    def _delivered(self, file: File, refused: str, spoilt: str) -> None:
        read = decode(file.content, self._profile)
        batch = "" if read.batch is None else read.batch.header.batch_id
        data = {"file": file.name, "batch": batch, "refused": refused, "spoilt": spoilt}
        line = self._stage.note("batch_delivered", data)
        if not spoilt or spoilt == "as_xml":
            self._records("record_delivered", read, line)

    def _records(self, kind: str, read: Decoded, cause: str) -> None:
        batch = "" if read.batch is None else read.batch.header.batch_id
        for row in read.rows:
            if row.record is not None:
                data = _data(row.record) | {"batch": batch, "line": row.line}
                person = getattr(row.record, "person_ref", "")
                self.persons[row.record.record_id] = person
                self._stage.note(kind, data, subject=person, cause=cause)

    def _findings(self, file: File) -> list[dict[str, Any]]:
        checked = check([file.content], (self._profile,), FINDINGS, reader=self._profile.agency)
        return [one.as_data() for one in checked.told]

    # --- small things -----------------------------------------------------------------------------------
    def _tell(self, kind: str, visit: str, told: Sequence[Any]) -> None:
        for one in told:
            data = one.model_dump(mode="json")
            self._stage.note(kind, data, case=data.get("visit", visit), subject=data["person"])

    @property
    def _server(self) -> Agency | Partner:
        if self._agency is None:
            raise HarnessError("a case must begin with a step that says when it is")
        return self._agency

    @property
    def _settled(self) -> wire.Reset:
        if self._reset is None:
            raise HarnessError("a case must begin with a step that says when it is")
        return self._reset


def _data(record: AnyRecord) -> dict[str, Any]:
    return {"kind": kind_of(record), **msgspec.to_builtins(record)}
