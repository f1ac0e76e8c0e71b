"""The reference of the role `exchange-terminal`: the terminal of the simulation, alone.

Its network, the register's side and the console are the harness's. What it says to the network beside
batches becomes a call, what it hands to the register waits to be fetched.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Generator
from typing import Any, ClassVar, cast

from conformance.border import stem_of
from conformance.protocol import terminal as wire
from conformance.protocol.base import Answer, Clock, ClockAnswer, Done, File
from conformance.protocol.municipal import Collect, CollectAnswer, DeliverAnswer
from conformance.protocol.roles import TERMINAL, Role
from conformance.reference.base import Calling, Reference
from conformance.reference.terminal_setup import (
    SEALED,
    Actors,
    Edges,
    Running,
    name_of,
    same_actors,
    same_edge,
)
from conformance.relaying import NOT_DECLARED
from conformance.terminal_items import items_of, record_of
from sim.base.errors import HarnessError
from sim.base.instant import Instant, japan_date, japan_datetime, parse_iso
from sim.base.node import OUTSIDE, Body, NodeId, Reply
from sim.drivers.topology import LGWAN, MINISTRY, Places
from sim.exchange.records import RESULT, Result, kind_of
from sim.law.citation import counterpart
from sim.nodes.messages.network import (
    LINE,
    MEDIA,
    Arrival,
    AskSequences,
    CloseSession,
    OpenSession,
    Relay,
    Relayed,
    Sequences,
    SessionOpened,
    SessionRefused,
)
from sim.nodes.messages.network import HandOver as GiveToMessenger
from sim.nodes.messages.registry import Inbound, Outbound
from sim.nodes.messages.terminal import (
    ChangePin,
    ExportLog,
    InstallSoftware,
    Knock,
    LogOff,
    LogOn,
    ReplaceTerminal,
    SendNow,
    Train,
    Unlock,
    View,
)

Seeing = Generator[tuple[str, dict[str, Any]], dict[str, Any], None]

REGISTER = "register"
RECORDS = "records"
INCIDENTS = {
    "peer_refused": "peer",
    "training_overdue": "operator",
    "patches_overdue": "version",
    "batch_quarantined": "",
}


class ReferenceTerminal(Reference):
    """The reference. `actors` and `edge` put other nodes or another edge in their place: a mutant's seam."""

    role: ClassVar[Role] = TERMINAL

    def __init__(
        self,
        lacks: frozenset[str] = frozenset(),
        actors: Callable[[Actors, Places], Actors] = same_actors,
        edge: Edges = same_edge,
    ) -> None:
        super().__init__(lacks)
        self._actors = actors
        self._edge = edge
        self._running: Running | None = None

    @property
    def run(self) -> Running:
        """The terminal since the last reset.

        Raises:
            HarnessError: there was none.
        """
        if self._running is None:
            raise HarnessError("the implementation was never reset", expected="`reset` first")
        return self._running

    # --- time -------------------------------------------------------------------------------------------
    def on_reset(self, request: wire.Reset) -> Done:
        self._running = Running(request, self._actors, self._edge)
        return Done()

    def on_clock(self, request: Clock) -> Calling:
        border = self.run.border
        until = parse_iso(request.until.isoformat())
        border.advance(until)
        return (yield from self._after(ClockAnswer(at=japan_datetime(border.now))))

    # --- the register's side ----------------------------------------------------------------------------
    def on_submit(self, request: wire.Submit) -> Calling:
        run = self.run
        records = tuple(record_of(one.kind, one.items) for one in request.records)
        again = Instant(0) if request.again is None else parse_iso(request.again.isoformat())
        run.submitted |= {one.record_id: None for one in records if kind_of(one) != RESULT}
        run.tell(Outbound(records, again), run.at.link)
        return (yield from self._after(Done()))

    def on_fetch(self, request: wire.Fetch) -> wire.FetchAnswer:
        run = self.run
        fetched = [
            wire.FetchedData(kind=kind_of(record), items=items_of(record), batch=inbound.batch)
            for inbound in run.inbound
            for record in inbound.records
        ]
        asked = [inbound.reraise for inbound in run.inbound if inbound.reraise is not None]
        run.inbound.clear()
        again = None
        if asked:
            again = wire.Again(ask=japan_datetime(asked[-1].ask), answers=asked[-1].answers)
        return wire.FetchAnswer(records=tuple(fetched), again=again)

    # --- the ministry server's side ---------------------------------------------------------------------
    def on_collect(self, request: Collect) -> Calling:
        run = self.run
        files = () if run.outage else tuple(self._sealed(file) for _, _, file in run.border.leaving())
        return (yield from self._after(CollectAnswer(files=files)))

    def on_deliver(self, request: wire.Deliver) -> Calling:
        refused = self._take(request.files, NodeId(request.peer), LINE)
        return (yield from self._after(DeliverAnswer(refused=refused)))

    def on_results(self, request: wire.Results) -> wire.ResultsAnswer:
        run = self.run
        batches = {
            str(record): line.subject
            for line in run.border.lines()
            if line.kind == "batch_made"
            for record in cast(list[str], line.data["contains"])
        }
        return wire.ResultsAnswer(
            results=tuple(
                _result(record, batches.get(record, ""), result) for record, result in run.submitted.items()
            )
        )

    def on_outage(self, request: wire.Outage) -> Done:
        self.run.outage = request.declared
        return Done()

    def on_hand_over(self, request: wire.HandOver) -> Calling:
        run = self.run
        reply = run.tell(GiveToMessenger(MINISTRY, request.manner))
        files = tuple(self._sealed(file) for file in run.border.by_hand(run.outage))
        reason = reply.code if run.outage or not reply.ok else NOT_DECLARED
        answer = wire.HandOverAnswer(accepted=not reason, reason=reason, files=files)
        return (yield from self._after(answer))

    def on_put_medium(self, request: wire.PutMedium) -> Calling:
        refused = {file.name: NOT_DECLARED for file in request.files}
        if self.run.outage:
            refused = self._take(request.files, MINISTRY, MEDIA)
        return (yield from self._after(DeliverAnswer(refused=refused)))

    # --- the console ------------------------------------------------------------------------------------
    def on_log_on(self, request: wire.LogOn) -> Calling:
        return self._job(LogOn(request.operator, request.pin))

    def on_log_off(self, request: wire.LogOff) -> Calling:
        return self._job(LogOff())

    def on_view(self, request: wire.View) -> Calling:
        return self._job(View(request.what))

    def on_send(self, request: wire.Send) -> Calling:
        return self._job(SendNow(NodeId(request.peer)))

    def on_change_pin(self, request: wire.ChangePin) -> Calling:
        return self._job(ChangePin(request.pin))

    def on_unlock(self, request: wire.Unlock) -> Calling:
        return self._job(Unlock(request.operator))

    def on_train(self, request: wire.Train) -> Calling:
        return self._job(Train(request.operator, request.on))

    def on_install(self, request: wire.Install) -> Calling:
        return self._job(InstallSoftware(request.version, request.patched))

    def on_export_log(self, request: wire.ExportLog) -> wire.ExportAnswer:
        run = self.run
        reply = run.tell(ExportLog(request.medium))
        if not reply.ok:
            return wire.ExportAnswer(accepted=False, reason=reply.code)
        content = run.read(lambda state: state.on_medium(request.medium)) or b""
        return wire.ExportAnswer(
            accepted=True, content=base64.b64encode(content), digest=hashlib.sha256(content).hexdigest()
        )

    def on_audit_log(self, request: wire.AuditLog) -> wire.AuditLogAnswer:
        run = self.run
        entries = run.read(lambda state: tuple(state.audit.entries()))
        return wire.AuditLogAnswer(
            terminal=run.at.terminal,
            serial=run.serial,
            entries=tuple(
                wire.AuditEntryData(
                    n=one.n,
                    at=japan_datetime(one.at),
                    what=one.what,
                    operator=one.operator,
                    session=one.session,
                    subject=one.subject,
                    hash=one.hash,
                )
                for one in entries
            ),
        )

    def on_status(self, request: wire.Status) -> wire.StatusAnswer:
        run = self.run
        session = run.read(lambda state: state.console.session())
        line = run.read(lambda state: state.connection.line())
        return wire.StatusAnswer(
            terminal=run.at.terminal,
            serial=run.serial,
            operator="" if session is None else session.operator,
            counterpart=counterpart(japan_date(run.border.now))[0],
            connected=bool(line.session) or not run.reset.credential,
        )

    def on_incidents(self, request: wire.Incidents) -> wire.IncidentsAnswer:
        return wire.IncidentsAnswer(
            incidents=tuple(
                wire.IncidentData(
                    at=japan_datetime(line.at),
                    kind=line.kind,
                    subject=name_of(line.data.get(INCIDENTS[line.kind]) or line.subject),
                    service=str(line.data.get("service", "")),
                )
                for line in self.run.border.lines()
                if line.kind in INCIDENTS
            )
        )

    # --- attempts, and another machine ------------------------------------------------------------------
    def on_knock(self, request: wire.Knock) -> Calling:
        run, peer = self.run, NodeId(request.peer)
        if request.side == "network":
            reply = run.tell(Knock(peer, request.service), LGWAN)
        else:
            body: Body = Outbound(()) if request.service == RECORDS else Knock(peer, request.service)
            reply = run.tell(body, run.at.link if peer == REGISTER else peer)
        return (yield from self._after(wire.KnockAnswer(admitted=reply.ok)))

    def on_replace(self, request: wire.Replace) -> Calling:
        self.run.tell(ReplaceTerminal(request.serial))
        return (yield from self._after(Done()))

    # --- small things -----------------------------------------------------------------------------------
    def _job(self, body: Body) -> Calling:
        reply: Reply = self.run.tell(body, OUTSIDE)
        answer = wire.ConsoleAnswer(accepted=reply.ok, reason=reply.code, shown=reply.detail)
        return (yield from self._after(answer))

    def _take(self, files: tuple[File, ...], peer: NodeId, manner: str) -> dict[str, str]:
        """Files arrive; those that were refused, each with its code."""
        run = self.run
        refused = {}
        for file in files:
            ref = stem_of(file.name.removesuffix(SEALED))
            arrival: Body = Arrival(peer, ref, file.content, manner=manner)
            reply = run.tell(run.edge.into(run.at.terminal, arrival, run.border.now), LGWAN)
            if not reply.ok:
                refused[file.name] = reply.code
        return refused

    def _sealed(self, file: File) -> File:
        return self.run.sealed(file)

    def _after(self, answer: Answer) -> Calling:
        """The answer, once everything that it led to is seen to."""
        yield from self._see_to()
        return answer

    def _see_to(self) -> Seeing:
        """Hands what came for the register to it, and asks the harness what the network is asked."""
        run = self.run
        while others := run.border.others():
            for _, body in others:
                match body:
                    case Inbound():
                        run.hand(body)
                    case Relay(ref=ref, body=AskSequences(since=since)):
                        asked = wire.AskSequences(since=japan_datetime(since))
                        told = wire.SequencesAnswer.model_validate(
                            (yield "ask_sequences", asked.model_dump(mode="json"))
                        )
                        if told.told:
                            run.tell(Relayed(MINISTRY, ref, _sequences(told, since)), LGWAN)
                    case OpenSession(municipality=code, credential=credential):
                        wish = wire.Connect(municipality=code, credential=credential)
                        let = wire.ConnectAnswer.model_validate(
                            (yield "connect", wish.model_dump(mode="json"))
                        )
                        session = SessionOpened(let.session) if let.session else SessionRefused(let.reason)
                        run.tell(session, LGWAN)
                    case CloseSession():
                        yield "disconnect", {}


def _sequences(told: wire.SequencesAnswer, since: Instant) -> Sequences:
    up, down, made = (tuple(sorted(one.items())) for one in (told.up, told.down, told.made))
    return Sequences(up, down, made, told.awaited, since, told.machine)


def _result(record: str, batch: str, result: Result | None) -> wire.ResultData:
    if result is None:
        return wire.ResultData(record=record, batch=batch, outcome="pending")
    return wire.ResultData(
        record=record,
        batch=batch,
        outcome=result.outcome,
        code=result.code,
        field=result.field,
        reason=result.reason,
    )
