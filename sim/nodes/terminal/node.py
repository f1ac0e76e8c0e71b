"""What the terminal does with what it is told.

not from where it must come        refused, peer_refused                          peers
the console                        a session, one job, log-off                    attended
a batch, news of ours, a wake      a job of the terminal's own operator           jobs: incoming, outgoing
the registry's records             they wait; with an exchange per event they go at once
another machine in its place       asks the server, then the registry             replacement
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from sim.base.errors import HarnessError
from sim.base.instant import Instant
from sim.base.journal import Data, Entry
from sim.base.node import Event, Reply, Step, Wake
from sim.exchange.batch import UP
from sim.exchange.records import AnyRecord
from sim.nodes.intake import clean_ref
from sim.nodes.messages.network import (
    Arrival,
    Carried,
    HandOver,
    NotRelayed,
    Relayed,
    Sequences,
    SessionOpened,
    SessionRefused,
    TakeVersion,
    Undelivered,
)
from sim.nodes.messages.registry import Outbound
from sim.nodes.messages.terminal import (
    AskDue,
    ChangePin,
    CollectNow,
    DisconnectDue,
    ExchangeDue,
    ExportLog,
    IdleDue,
    InstallSoftware,
    Knock,
    LogOff,
    LogOn,
    OpenTerminal,
    PatchesDue,
    ReplaceTerminal,
    ResendDue,
    RetryDue,
    SendNow,
    Train,
    TrainingDue,
    Unlock,
    View,
)
from sim.nodes.terminal import (
    attended,
    audit,
    connection,
    incoming,
    jobs,
    outgoing,
    peers,
    replacement,
    software,
)
from sim.nodes.terminal.settings import Settings
from sim.nodes.terminal.state import TerminalState


@dataclass(frozen=True, slots=True)
class Terminal(Settings):
    """The exchange terminal of one municipality. What each setting means: `Settings`."""

    def step(self, state: TerminalState, event: Event, now: Instant) -> Step:
        if (refusal := peers.stranger(event, self.sources)) is not None:
            return refusal
        match event.body:
            case Outbound() as outbound:
                return self._handed_over(state, outbound, now)
            case ExchangeDue():
                return self._exchange_due(state, now)
            case Carried() | Undelivered() | ResendDue() as news:
                profiles = self.profiles(state.programs.taken())
                return jobs.unattended(self, state, lambda: state.postbox.step(news, UP, profiles, now), now)
            case RetryDue(peer=peer):
                return jobs.unattended(
                    self,
                    state,
                    lambda: Step(sends=(*connection.again(self, state), *state.postbox.offer(peer))),
                    now,
                )
            case Arrival() as arrival:
                return self._arrived(state, arrival, now)
            case (
                View() | ExportLog() | SendNow() | CollectNow() | ChangePin() | Unlock() | InstallSoftware()
                | HandOver()
            ) as told:  # fmt: skip
                return attended.job(self, state, told, now)
            case LogOn() as told:
                return attended.log_on(self, state, told, now)
            case LogOff():
                return attended.log_off(self, state, now)
            case IdleDue() as due:
                return attended.idle(self, state, due, now)
            case Train() as told:
                return attended.train(self, state, told, now)
            case TrainingDue() as due:
                return attended.training_due(self, state, due)
            case OpenTerminal():
                return self._open(state, now)
            case Relayed() as relayed:
                return self._told(state, relayed, now)
            case Knock() as knock:
                return peers.knocked(knock, self.ministry)
        return self._rarely(state, event, now)

    def on_medium(self, state: TerminalState, medium: str) -> bytes | None:
        """The audit log as it was exported onto a medium (`ExportLog`); None when none was."""
        return state.on_medium(medium)

    def _rarely(self, state: TerminalState, event: Event, now: Instant) -> Step:
        match event.body:
            case ReplaceTerminal() as told:
                step = replacement.replace(self, state, told, now)
                entry = jobs.write(self, state, audit.REPLACED, "", 0, told.serial, now)
                step = msgspec.structs.replace(step, entries=(entry,))
                return connection.through(self, state, step, now)
            case AskDue() as due:
                return connection.through(self, state, replacement.ask_again(self, state, due, now), now)
            case NotRelayed() as told:
                return connection.not_relayed(self, state, told, now)
            case SessionOpened() as opened:
                return jobs.unattended(self, state, lambda: connection.opened(self, state, opened, now), now)
            case SessionRefused() as told:
                return connection.refused(self, state, told, now)
            case DisconnectDue() as due:
                return connection.end(self, state, due)
            case PatchesDue() as due:
                return connection.through(self, state, software.patches_due(self, state, due), now)
        raise HarnessError(f"the terminal does not know {type(event.body).__name__}", where=event.key)

    # --- the schedule ------------------------------------------------------------------------------
    def _open(self, state: TerminalState, now: Instant) -> Step:
        data: Data = {"exchange_at": self.exchanges.told()}
        if self.exchanges.per_event:
            data["per_event"] = True
        if self.shared_hardware:
            data["shared_hardware"] = True
        looked = attended.at_opening(self, state, now)
        wakes = (self._next_exchange(now), *looked.wakes, *software.look_again(self, state, now))
        return Step(wakes=wakes, entries=(Entry("terminal_opened", data=data), *looked.entries))

    def _next_exchange(self, now: Instant) -> Wake:
        return Wake(self.exchanges.following(now), ExchangeDue())

    def _exchange_due(self, state: TerminalState, now: Instant) -> Step:
        if replacement.knows_numbers(state.machine()):
            step = self._exchange(state, now)
        else:
            replacement.owe(state)
            step = Step()
        return msgspec.structs.replace(step, wakes=(*step.wakes, self._next_exchange(now)))

    def _exchange(self, state: TerminalState, now: Instant) -> Step:
        """An exchange with all that waits, by nobody's hand."""
        return jobs.unattended(
            self, state, lambda: outgoing.exchange(self, state, state.take_queue(), now), now, always=True
        )

    # --- in and out --------------------------------------------------------------------------------
    def _handed_over(self, state: TerminalState, outbound: Outbound, now: Instant) -> Step:
        """The registry hands records over; they wait for the next exchange."""
        if replacement.raised_again(state, outbound):
            self._enqueue(state, outbound.records)
            return self._exchange(state, now)
        if outbound.again or not replacement.takes_records(state.machine()):
            # They are in the answer that the new machine has asked for, or the answer is a former machine's.
            return Step(entries=(Entry("records_let_go", data={"records": len(outbound.records)}),))
        self._enqueue(state, outbound.records)
        if self.exchanges.per_event and outbound.records:
            return self._exchange(state, now)
        return Step()

    def _enqueue(self, state: TerminalState, records: tuple[AnyRecord, ...]) -> None:
        for record in records:
            state.enqueue(record)

    def _arrived(self, state: TerminalState, arrival: Arrival, now: Instant) -> Step:
        known = arrival.sender == self.ministry
        if known and not replacement.knows_numbers(state.machine()):
            data: Data = {"reason": "terminal_replaced"}
            put_off = Entry("batch_put_off", "", arrival.ref, data)
            return Step(Reply(False, "numbers_not_known"), entries=(put_off,))
        if not known:  # nothing of a stranger's is taken in, so nobody is logged on for it
            return incoming.arrived(self, state, arrival, now)
        connection.heard(state)

        def take_in() -> Step:
            step = incoming.arrived(self, state, arrival, now)
            return msgspec.structs.replace(step, sends=(*step.sends, *replacement.caught_up(self, state)))

        return jobs.unattended(self, state, take_in, now, received=clean_ref(arrival.ref))

    def _told(self, state: TerminalState, relayed: Relayed, now: Instant) -> Step:
        """The server says something that is no batch."""
        if relayed.sender != self.ministry:
            return peers.refused(relayed.sender)
        connection.heard(state)
        match relayed.body:
            case Sequences() as told:
                step = replacement.resume(self, state, told)
                step = msgspec.structs.replace(step, sends=(*step.sends, *replacement.caught_up(self, state)))
                return self._then_pay(state, step, now)
            case TakeVersion() as told:
                step = software.take_version(self, state, relayed.ref, told)
                return connection.through(self, state, step, now)
        raise HarnessError(
            f"the terminal does not know {type(relayed.body).__name__}", where=f"from {relayed.sender}"
        )

    def _then_pay(self, state: TerminalState, step: Step, now: Instant) -> Step:
        """The step, and with it the exchange that was due before the numbers were known."""
        if not replacement.knows_numbers(state.machine()) or not replacement.pay(state):
            return connection.through(self, state, step, now)
        paid = self._exchange(state, now)
        return Step(
            paid.reply,
            (*step.sends, *paid.sends),
            (*step.wakes, *paid.wakes),
            (*step.entries, *paid.entries),
            len(step.entries) + paid.cause,
        )
