"""What the network does with what it is given.

    Carry, Relay ── listed? ── by hand? ── connected? ── outage? ── the line, in turn ── Arrival, Relayed
                    peer_refused │            held until      Undelivered,    cut by an outage:
                                 │            the session     NotRelayed      Undelivered, NotRelayed
                                 └─ declared outage? ── the messenger ── Arrival

A terminal on demand is connected from its `OpenSession` until it asks to be disconnected or has stayed idle.
What is for it or from it meanwhile waits here, in order, and leaves when the next session opens. A permanent
line, which is the default, knows none of this.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import msgspec

from sim.base.errors import HarnessError
from sim.base.instant import HOUR, MINUTE, Instant, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import OUTSIDE, Event, NodeId, Reply, Send, Step, Wake
from sim.exchange.municipality import is_municipality
from sim.law.citation import counterpart
from sim.nodes.lgwan.access import NOT_LISTED, Access
from sim.nodes.lgwan.lines import EVERYBODY, Line, Outage, Outages
from sim.nodes.lgwan.state import Held, LgwanState, Session
from sim.nodes.lgwan.subscribers import Subscriber
from sim.nodes.messages.agency import SessionHeld
from sim.nodes.messages.network import (
    EXCHANGE,
    LINE,
    MEDIA,
    PAPER,
    SESSION,
    Arrival,
    Carried,
    Carry,
    CloseSession,
    DeclareOutage,
    LiftOutage,
    NotRelayed,
    OpenSession,
    Relay,
    RelayDue,
    Relayed,
    SessionDue,
    SessionOpened,
    SessionRefused,
    TransferDue,
    Undelivered,
)

# Assumptions: no source says how long a messenger takes, nor when an idle session is closed.
COURIER: Final = 3 * HOUR
IDLE_AFTER: Final = 10 * MINUTE

DECLARED: Final = "declared_outage"
HANDED_OVER: Final = "handed_over"
NO_SESSION: Final = "no_session"


@dataclass(frozen=True, slots=True)
class Lgwan:
    """The network. `lines` are the listed terminals with their access lines; `ministry` is the server.

    `on_demand`: who of them is connected on demand only. `idle_after`: microseconds after which an unused
    session is closed. `courier`: microseconds that a messenger takes in a declared outage. `card_terminals`:
    each listed card terminal with the terminal whose line it shares to reach the `write_authority`.
    """

    name: NodeId
    ministry: NodeId
    lines: dict[NodeId, Line]
    outages: tuple[Outage, ...] = ()
    on_demand: dict[NodeId, Subscriber] = field(default_factory=dict)
    idle_after: int = IDLE_AFTER
    courier: int = COURIER
    card_terminals: dict[NodeId, NodeId] = field(default_factory=dict)
    write_authority: NodeId = NodeId("write-authority")
    access: Access = field(init=False, repr=False, compare=False)
    _planned: Outages = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        access = Access(self.ministry, self.lines, self.write_authority, self.card_terminals)
        object.__setattr__(self, "access", access)
        object.__setattr__(self, "_planned", Outages(self.outages))

    def step(self, state: LgwanState, event: Event, now: Instant) -> Step:
        match event.body:
            case Carry() as carry:
                return self._carry(state, event.sender, carry, now)
            case TransferDue() as transfer:
                return self._arrived(state, transfer, now)
            case Relay() as relay:
                return self._relay(state, event.sender, relay, now)
            case RelayDue() as relay:
                return self._relayed(state, relay, now)
            case OpenSession() as ask:
                return self._open(state, event.sender, ask, now)
            case CloseSession():
                return self._close_when_free(state, event.sender, now)
            case SessionDue() as due:
                return self._look_at_session(state, due, now)
            case DeclareOutage(terminal=terminal):
                return self._declare(state, event.sender, terminal)
            case LiftOutage(terminal=terminal):
                return self._lift(state, event.sender, terminal, now)
        raise HarnessError(f"the network does not know {type(event.body).__name__}", where=event.key)

    # --- batches -----------------------------------------------------------------------------------
    def _carry(self, state: LgwanState, sender: NodeId, carry: Carry, now: Instant) -> Step:
        line = self.access.line(carry.service, sender, carry.peer)
        if line is None:
            entry = self._not_listed(sender, carry.peer, carry.service, len(carry.content))
            return Step(sends=(_undelivered(sender, carry, NOT_LISTED),), entries=(entry,))
        if carry.manner != LINE:
            return self._by_hand(state, line, sender, carry, now)
        if line in self.on_demand and not self._connected(state, line):
            if carry.service != EXCHANGE:  # somebody stands at the counter: that cannot wait
                return self._refuse(sender, carry, NO_SESSION)
            return self._hold(state, line, sender, carry)
        return self._start(state, line, sender, carry, now)

    def _start(self, state: LgwanState, line: NodeId, sender: NodeId, carry: Carry, now: Instant) -> Step:
        if reason := self._out_of_use(state, line, now):
            return self._refuse(sender, carry, reason)
        start = max(now, state.busy_until(line))
        end = Instant(start + self._rate(line).duration(len(carry.content)))
        end, broken_by = self._until_cut(line, start, end, now)
        state.occupy(line, end)
        due = TransferDue(sender, carry.peer, carry.ref, carry.content, start, broken_by, line=line)
        return Step(wakes=(Wake(end, due),))

    def _refuse(self, sender: NodeId, carry: Carry, reason: str) -> Step:
        data: Data = {"from": sender, "to": carry.peer, "reason": reason, "bytes": len(carry.content)}
        entry = Entry("transfer_refused", "", carry.ref, data)
        return Step(sends=(_undelivered(sender, carry, reason),), entries=(entry,))

    def _arrived(self, state: LgwanState, transfer: TransferDue, now: Instant) -> Step:
        if transfer.manner != LINE:
            return self._handed_over(state, transfer, now)
        data: Data = {
            "from": transfer.sender,
            "to": transfer.peer,
            "bytes": len(transfer.content),
            "started": transfer.started,
        }
        reason = transfer.broken_by
        if not reason and state.declared_since(transfer.line, transfer.started):
            reason = DECLARED
        if state.has_messenger(transfer.sender, transfer.peer, transfer.ref):
            reason = HANDED_OVER
        if reason:
            entry = Entry("transfer_broken", "", transfer.ref, data | {"reason": reason})
            back = Send(transfer.sender, Undelivered(transfer.peer, transfer.ref, reason))
            return Step(sends=(back,), entries=(entry,))
        return Step(sends=_delivered(transfer), entries=(Entry("transfer_done", "", transfer.ref, data),))

    # --- by hand, in a declared outage -------------------------------------------------------------
    def _by_hand(self, state: LgwanState, line: NodeId, sender: NodeId, carry: Carry, now: Instant) -> Step:
        """Media and paper take the line's place only where it was declared out of use.

        Source: 平成24年総務省・法務省令第1号, for notices down and, by its art. 2, up.
        """
        if carry.manner not in (MEDIA, PAPER) or carry.service != EXCHANGE:
            reason = "unknown_manner"
        elif not (state.declared(line) or self._planned.declared(line, now)):
            reason = "no_declared_outage"
        else:
            state.drop_held(line, sender, carry.ref)
            state.give_to_messenger(sender, carry.peer, carry.ref)
            due = TransferDue(
                sender, carry.peer, carry.ref, carry.content, now, manner=carry.manner, line=line
            )
            return Step(wakes=(Wake(Instant(now + self.courier), due),))
        data: Data = {"from": sender, "to": carry.peer, "manner": carry.manner, "reason": reason}
        back = _undelivered(sender, carry, reason)
        return Step(sends=(back,), entries=(Entry("emergency_refused", "", carry.ref, data),))

    def _handed_over(self, state: LgwanState, transfer: TransferDue, now: Instant) -> Step:
        state.messenger_is_back(transfer.sender, transfer.peer, transfer.ref)
        up = transfer.peer == self.ministry
        data: Data = {
            "from": transfer.sender,
            "to": transfer.peer,
            "manner": transfer.manner,
            "bytes": len(transfer.content),
            "started": transfer.started,
            # Whose name stands on it: the agency's changed on 2019-04-01.
            "addressee": counterpart(japan_date(now))[0] if up else transfer.peer,
        }
        entry = Entry("emergency_delivered", "", transfer.ref, data)
        return Step(sends=_delivered(transfer), entries=(entry,))

    # --- control messages --------------------------------------------------------------------------
    def _relay(self, state: LgwanState, sender: NodeId, relay: Relay, now: Instant) -> Step:
        line = self.access.line(EXCHANGE, sender, relay.peer)
        if line is None:
            entry = self._not_listed(sender, relay.peer, EXCHANGE)
            return Step(sends=(_not_relayed(sender, relay, NOT_LISTED),), entries=(entry,))
        if line in self.on_demand and not self._connected(state, line):
            return self._hold(state, line, sender, relay)
        return self._start_relay(state, line, sender, relay, now)

    def _start_relay(
        self, state: LgwanState, line: NodeId, sender: NodeId, relay: Relay, now: Instant
    ) -> Step:
        """A few bytes beside the batches: they take the latency and no turn."""
        if reason := self._out_of_use(state, line, now):
            return _relay_failed(sender, relay, reason)
        if (session := state.session(line)) is not None:
            state.keep_session(line, msgspec.structs.replace(session, used=now))
        end = Instant(now + self._rate(line).latency)
        end, broken_by = self._until_cut(line, now, end, now)
        due = RelayDue(sender, relay.peer, relay.ref, relay.body, now, broken_by, line)
        return Step(wakes=(Wake(end, due),))

    def _relayed(self, state: LgwanState, due: RelayDue, now: Instant) -> Step:
        reason = due.broken_by
        if not reason and state.declared_since(due.line, due.started):
            reason = DECLARED
        if reason:
            return _relay_failed(due.sender, Relay(due.peer, due.ref, due.body), reason)
        data: Data = {"from": due.sender, "to": due.peer, "what": type(due.body).__name__}
        there = Send(due.peer, Relayed(due.sender, due.ref, due.body))
        return Step(sends=(there,), entries=(Entry("message_relayed", "", due.ref, data),))

    # --- sessions ----------------------------------------------------------------------------------
    def _connected(self, state: LgwanState, terminal: NodeId) -> bool:
        session = state.session(terminal)
        return session is not None and not session.closing

    def _hold(self, state: LgwanState, line: NodeId, sender: NodeId, body: Carry | Relay) -> Step:
        state.hold(line, Held(sender, body))
        data: Data = {"from": sender, "to": body.peer, "reason": NO_SESSION}
        return Step(entries=(Entry("transfer_held", "", body.ref, data),))

    def _open(self, state: LgwanState, sender: NodeId, ask: OpenSession, now: Instant) -> Step:
        who = self.on_demand.get(sender)
        if sender not in self.lines:
            return self._refuse_session(sender, ask, NOT_LISTED)
        if who is None:
            return self._refuse_session(sender, ask, "permanent_line")
        reason = who.why_not(ask.municipality, ask.credential) or self._out_of_use(state, sender, now)
        if reason:
            return self._refuse_session(sender, ask, reason)
        session = state.session(sender)
        is_new = session is None
        if session is None:
            session = state.open_session(sender, now)
        else:  # asked twice, or again before it was closed
            state.keep_session(sender, msgspec.structs.replace(session, used=now, closing=False))
        held = state.take_held(sender)
        steps = [self._release(state, sender, one, now) for one in held]
        name = _session_id(who, session)
        opened = Send(sender, SessionOpened(name, sum(one.sender != sender for one in held)))
        if not is_new:
            return _joined(Step(sends=(opened,)), *steps)
        data: Data = {"municipality": who.municipality, "session": name, "waiting": len(held)}
        due = Wake(Instant(now + self.idle_after), SessionDue(sender, session.number))
        step = Step(sends=(opened,), wakes=(due,), entries=(Entry("session_opened", "", name, data),))
        return _joined(step, *steps)

    def _release(self, state: LgwanState, line: NodeId, held: Held, now: Instant) -> Step:
        """What has waited for the session leaves now."""
        if isinstance(held.body, Carry):
            return self._start(state, line, held.sender, held.body, now)
        return self._start_relay(state, line, held.sender, held.body, now)

    def _refuse_session(self, sender: NodeId, ask: OpenSession, reason: str) -> Step:
        # The code as claimed, when it is one: other words of a stranger do not go into the journal.
        claimed = ask.municipality if is_municipality(ask.municipality) else ""
        entries = [
            Entry("session_refused", "", "", {"municipality": claimed, "reason": reason, "from": sender})
        ]
        if reason == NOT_LISTED:
            entries.append(self._not_listed(sender, self.name, SESSION))
        return Step(sends=(Send(sender, SessionRefused(reason)),), entries=tuple(entries))

    def _close_when_free(self, state: LgwanState, sender: NodeId, now: Instant) -> Step:
        if sender not in self.lines:
            return Step(Reply(False, NOT_LISTED), entries=(self._not_listed(sender, self.name, SESSION),))
        session = state.session(sender)
        if session is None:
            return Step(Reply(False, NO_SESSION))
        busy_until = state.busy_until(sender)
        if busy_until <= now:
            return self._close(state, sender, session, "asked", now)
        state.keep_session(sender, msgspec.structs.replace(session, closing=True))
        return Step(wakes=(Wake(busy_until, SessionDue(sender, session.number)),))

    def _look_at_session(self, state: LgwanState, due: SessionDue, now: Instant) -> Step:
        session = state.session(due.terminal)
        if session is None or session.number != due.session:
            return Step()  # closed since
        busy_until = state.busy_until(due.terminal)
        if session.closing:
            if busy_until <= now:
                return self._close(state, due.terminal, session, "asked", now)
            return Step()  # the wake at the end of what is on the line will look again
        idle_from = Instant(max(session.used, busy_until) + self.idle_after)
        if idle_from > now:
            return Step(wakes=(Wake(idle_from, due),))
        return self._close(state, due.terminal, session, "idle", now)

    def _close(
        self, state: LgwanState, terminal: NodeId, session: Session, reason: str, now: Instant
    ) -> Step:
        who = self.on_demand[terminal]
        state.close_session(terminal)
        name = _session_id(who, session)
        data: Data = {"municipality": who.municipality, "session": name, "reason": reason}
        held = Send(self.ministry, SessionHeld(who.municipality, session.opened, now))
        return Step(sends=(held,), entries=(Entry("session_closed", "", name, data),))

    # --- outages -----------------------------------------------------------------------------------
    def _rate(self, line: NodeId) -> Line:
        return self.lines[line]

    def _out_of_use(self, state: LgwanState, line: NodeId, now: Instant) -> str:
        """Why nothing passes now; empty when the line works."""
        planned = self._planned.first(line, now, Instant(now + 1))
        if planned is not None:
            return planned.name
        return DECLARED if state.declared(line) else ""

    def _until_cut(self, line: NodeId, start: Instant, end: Instant, now: Instant) -> tuple[Instant, str]:
        """When a transfer ends, and which planned outage cuts it."""
        cut = self._planned.first(line, start, end)
        return (end, "") if cut is None else (max(cut.start, now), cut.name)

    def _declare(self, state: LgwanState, sender: NodeId, line: NodeId) -> Step:
        if (refused := self._no_declaration(sender, line)) is not None:
            return refused
        if state.declared_itself(line):
            return Step(Reply(False, "already_declared"))
        state.declare(line)
        return Step(entries=(Entry("outage_declared", data={"terminal": line}),))

    def _lift(self, state: LgwanState, sender: NodeId, line: NodeId, now: Instant) -> Step:
        if (refused := self._no_declaration(sender, line)) is not None:
            return refused
        if not state.declared_itself(line):
            return Step(Reply(False, "not_declared"))
        state.lift(line, now)
        return Step(entries=(Entry("outage_lifted", data={"terminal": line}),))

    def _no_declaration(self, sender: NodeId, line: NodeId) -> Step | None:
        """Only people who run the network, or the server, declare an outage; of a line that there is."""
        if sender not in (OUTSIDE, self.ministry):
            return Step(Reply(False, NOT_LISTED), entries=(self._not_listed(sender, self.name, SESSION),))
        if line != EVERYBODY and line not in self.lines:
            return Step(Reply(False, "unknown_terminal"))
        return None

    # --- strangers ---------------------------------------------------------------------------------
    def _not_listed(self, sender: NodeId, peer: NodeId, service: str, size: int = 0) -> Entry:
        data: Data = {"from": sender, "to": peer, "service": service, "reason": NOT_LISTED, "bytes": size}
        return Entry("peer_refused", data=data)


def _undelivered(sender: NodeId, carry: Carry, reason: str) -> Send:
    return Send(sender, Undelivered(carry.peer, carry.ref, reason, carry.manner))


def _delivered(transfer: TransferDue) -> tuple[Send, ...]:
    arrival = Arrival(transfer.sender, transfer.ref, transfer.content, manner=transfer.manner)
    return Send(transfer.peer, arrival), Send(transfer.sender, Carried(transfer.peer, transfer.ref))


def _not_relayed(sender: NodeId, relay: Relay, reason: str) -> Send:
    return Send(sender, NotRelayed(relay.peer, relay.ref, reason))


def _relay_failed(sender: NodeId, relay: Relay, reason: str) -> Step:
    data: Data = {"from": sender, "to": relay.peer, "what": type(relay.body).__name__, "reason": reason}
    entry = Entry("relay_refused", "", relay.ref, data)
    return Step(sends=(_not_relayed(sender, relay, reason),), entries=(entry,))


def _session_id(who: Subscriber, session: Session) -> str:
    return f"{who.municipality}-S{session.number:06d}"


def _joined(first: Step, *others: Step) -> Step:
    """One step of several; the first one's entry is the cause of all."""
    return Step(
        first.reply,
        first.sends + tuple(send for step in others for send in step.sends),
        first.wakes + tuple(wake for step in others for wake in step.wakes),
        first.entries + tuple(entry for step in others for entry in step.entries),
    )
