"""The reference municipality's register and exchange: what operators see of both, and the files they move."""

from __future__ import annotations

from conformance.border import Border, stem_of
from conformance.protocol import municipal as wire
from conformance.protocol.base import Done, File, Hello, HelloAnswer
from conformance.protocol.roles import FORBIDDEN
from conformance.reference.base import Reference
from conformance.reference.links import CLERK, medium_event
from conformance.reference.people import person_of
from conformance.reference.slips import items_of, seen
from sim.base.errors import HarnessError
from sim.base.instant import Instant
from sim.base.journal import Line
from sim.base.node import Body, NodeId, Reply
from sim.drivers.site import Actor
from sim.drivers.topology import MINISTRY, Topology
from sim.nodes.link import labour
from sim.nodes.messages.counter import OpenOffice
from sim.nodes.messages.link import SwitchLink
from sim.nodes.messages.network import HandOver
from sim.nodes.messages.registry import (
    CancelRevision,
    ChangeRecord,
    ConfirmNotice,
    ConfirmNotices,
    Drop,
    HandOverCertificate,
    IssueCopy,
    Settle,
    ShownCard,
)
from sim.nodes.messages.terminal import OpenTerminal
from sim.nodes.registry.history import OPENED, Version

Actors = dict[NodeId, Actor]


class Running:
    """One system from its reset: its nodes behind the border, and the offices by their ids."""

    def __init__(self, topology: Topology, actors: Actors, at: Instant) -> None:
        self._topology = topology
        self.at = topology.places
        self.actors = actors
        self.border = Border(actors, at)
        self._sent: dict[str, File] = {}
        self._again: list[File] = []
        self.outage: wire.AgencyLine | None = None
        self.tell(self.at.terminal, OpenTerminal())
        for counter in self.at.counters:
            self.tell(counter, OpenOffice())
        self.border.news()

    def tell(self, to: NodeId, body: Body) -> list[Line]:
        """Gives something from outside to a node, and gives what was written of it."""
        return self.ask(to, body)[1]

    def ask(self, to: NodeId, body: Body) -> tuple[Reply, list[Line]]:
        """Gives something from outside to a node, and gives its reply and what was written of it."""
        self.border.news()
        reply = self.border.tell(to, body)
        return reply, self.border.news()

    def counter_of(self, office: str) -> NodeId:
        """The counter of an office.

        Raises:
            HarnessError: there is no such office.
        """
        offices = [one.id for one in self._topology.fittings.offices]
        if office not in offices:
            raise HarnessError("there is no such office", expected=", ".join(offices), received=office)
        return self.at.counters[offices.index(office)]

    def deliver(self, file: File) -> str:
        """A file arrives at the terminal; the code with which it was refused, or nothing."""
        self.border.news()
        self.border.arrives(self.at.terminal, MINISTRY, file)
        refused = [
            line for line in self.border.news() if line.kind in ("batch_rejected", "batch_quarantined")
        ]
        return str(refused[0].data.get("code", refused[0].kind)) if refused else ""

    def leaving(self) -> tuple[File, ...]:
        """What has left since this was last asked: new batches first, then those that go again."""
        if self.outage is not None:
            self.border.turn_back("outage")
            return ()
        new = [file for _, _, file in self.border.leaving()]
        self._sent |= {stem_of(file.name): file for file in new}
        again, self._again = self._again, []
        return (*new, *again)

    def by_messenger(self, manner: str) -> tuple[str, tuple[File, ...]]:
        """What waits goes with a messenger, in a declared outage only: why not, or the files."""
        if self.outage is None or not self.outage.declared:
            return "no_declared_outage", ()
        self.border.turn_back("outage")
        self.tell(self.at.terminal, CLERK)
        reply, _ = self.ask(self.at.terminal, HandOver(MINISTRY, manner))
        return reply.code, tuple(file for _, _, file in self.border.leaving())

    def resend(self, batch: str) -> None:
        """A batch goes again, byte for byte.

        Raises:
            HarnessError: no such batch was ever sent.
        """
        if batch not in self._sent:
            raise HarnessError("no such batch was sent", expected=", ".join(self._sent), received=batch)
        self._again.append(self._sent[batch])


class RegisterDesk(Reference):
    """Operations on the register and on the exchange."""

    _running: Running | None = None

    @property
    def run(self) -> Running:
        """The system since the last reset.

        Raises:
            HarnessError: there was none.
        """
        if self._running is None:
            raise HarnessError("the implementation was never reset", expected="`reset` first")
        return self._running

    def on_hello(self, request: Hello) -> HelloAnswer:
        told = super().on_hello(request)
        kept = tuple(name for name in told.capabilities if not name.startswith(FORBIDDEN))
        return told.model_copy(update={"capabilities": kept})

    # --- the exchange -----------------------------------------------------------------------------------
    def on_collect(self, request: wire.Collect) -> wire.CollectAnswer:
        return wire.CollectAnswer(files=self.run.leaving())

    def on_deliver(self, request: wire.Deliver) -> wire.DeliverAnswer:
        refused = {}
        for file in request.files:
            code = self.run.deliver(file)
            if code:
                refused[file.name] = code
        return wire.DeliverAnswer(refused=refused)

    def on_results(self, request: wire.Results) -> wire.ResultsAnswer:
        lines = self._register_lines()
        known = {str(line.data["record"]): line.data for line in lines if line.kind == "result_applied"}
        rows = []
        for line in lines:
            if line.kind == "record_raised":
                record = str(line.data["record"])
                result = known.get(record, {"outcome": "pending"})
                told = {name: str(result.get(name, "")) for name in ("outcome", "code", "field", "reason")}
                kind = str(line.data["kind"])
                rows.append(wire.ResultData(record=record, kind=kind, person=line.subject, **told))
        return wire.ResultsAnswer(results=tuple(rows))

    def on_resend(self, request: wire.Resend) -> Done:
        self.run.resend(request.batch)
        return Done()

    def on_agency_line(self, request: wire.AgencyLine) -> Done:
        self.run.outage = None if request.up else request
        return Done()

    def on_messenger(self, request: wire.Messenger) -> wire.MessengerAnswer:
        reason, files = self.run.by_messenger(request.manner)
        return wire.MessengerAnswer(accepted=not reason, reason=reason, files=files)

    # --- agency notices ---------------------------------------------------------------------------------
    def on_notices(self, request: wire.Notices) -> wire.NoticesAnswer:
        run = self.run
        with run.actors[run.at.registry].store.transaction() as opened:
            notices = seen(opened.state, self._register_lines())
        return wire.NoticesAnswer(notices=tuple(notices))

    def on_confirm(self, request: wire.Confirm) -> wire.ChangeAnswer:
        return self._told(ConfirmNotice(request.record) if request.record else ConfirmNotices())

    # --- the register -----------------------------------------------------------------------------------
    def on_change(self, request: wire.Change) -> wire.ChangeAnswer:
        return self._told(
            ChangeRecord(
                request.visit,
                request.ground,
                person_of(request.person),
                request.event_date,
                request.filed_date,
                request.items,
                request.provisional,
            )
        )

    def on_settle(self, request: wire.Settle) -> wire.ChangeAnswer:
        return self._told(Drop(request.visit) if request.drop else Settle(request.visit))

    def on_cancel(self, request: wire.Cancel) -> wire.ChangeAnswer:
        return self._told(CancelRevision(request.visit, request.person, request.cancels))

    def on_hand_over(self, request: wire.HandOver) -> wire.ChangeAnswer:
        return self._told(
            HandOverCertificate(
                request.visit,
                request.person,
                request.ground,
                request.certificate_number,
                request.valid_until,
            )
        )

    def on_copy(self, request: wire.IssueCopy) -> wire.CopyAnswer:
        run = self.run
        shown = None
        if request.card_number:
            shown = ShownCard(request.card_number, request.status, request.period_until)
        reply, lines = run.ask(run.at.registry, IssueCopy(request.visit, request.person, shown))
        if not reply.ok:
            return wire.CopyAnswer(issued=False, reason=reply.code)
        noted = any(line.kind == "copy_issued" and line.data["stale"] is True for line in lines)
        with run.actors[run.at.registry].store.transaction() as opened:
            person = opened.state.resident(request.person)
        return wire.CopyAnswer(issued=True, items=items_of(person), noted=noted)

    def on_query(self, request: wire.Query) -> wire.QueryAnswer:
        run = self.run
        with run.actors[run.at.registry].store.transaction() as opened:
            state = opened.state
            found = {
                "present": state.resident(request.person),
                "abode_only": state.abode(request.person),
                "removed": state.removed(request.person),
            }
            history = tuple(_done(version) for version in state.history(request.person))
        for name, person in found.items():
            if person is not None:
                return wire.QueryAnswer(state=name, items=items_of(person), history=history)
        return wire.QueryAnswer(state="none", history=history)

    # --- the leg inside ---------------------------------------------------------------------------------
    def on_switch_link(self, request: wire.SwitchLink) -> wire.ChangeAnswer:
        return self._told(SwitchLink(request.link), self.run.at.link)

    def on_medium(self, request: wire.MediumEvent) -> wire.ChangeAnswer:
        return self._told(medium_event(request), self.run.at.link)

    def on_labour(self, request: wire.Labour) -> wire.LabourAnswer:
        counted = labour(self.run.border.lines()).values()
        return wire.LabourAnswer(
            steps=sum(one.steps for one in counted),
            keyed=sum(one.fields for one in counted),
            wrong=sum(one.wrong for one in counted),
        )

    def _told(self, body: Body, to: NodeId | None = None) -> wire.ChangeAnswer:
        """What a node (the register by default) answers to something that it is told."""
        reply, _ = self.run.ask(to or self.run.at.registry, body)
        return wire.ChangeAnswer(accepted=reply.ok, reason=reply.code)

    def _register_lines(self) -> list[Line]:
        return [line for line in self.run.border.lines() if line.node == self.run.at.registry]


def _done(version: Version) -> str:
    """What a version of the history did to the record, in the words of the protocol."""
    if version.cancels:
        return "cancelled"
    return "made" if version.action == OPENED else version.action
