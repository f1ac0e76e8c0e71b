"""Who may use a card terminal: its own operators, by id and PIN, instructed, and logged on.

The bricks are those of the exchange terminal (operators, console, audit log, instruction); the people, their
PINs and the log are this terminal's, since it is another asset (seed 000, line 134). A session here is not
for one job: whoever serves a window stays logged on from one card to the next, and is logged off when nothing
is done for a while. Where a run gives a terminal no operators, nobody is asked.

Source: seed 000, line 200 (who reads was instructed); seed 003, lines 263 to 274 for the manner.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from sim.base.instant import Instant, japan_date
from sim.base.journal import Entry
from sim.base.node import NodeId, Reply, Step, Wake
from sim.nodes.card_terminal.state import CardTerminalState
from sim.nodes.messages.terminal import IdleDue, LogOn, Train, TrainingDue
from sim.nodes.terminal import audit, training
from sim.nodes.terminal.console import IDLE_AFTER
from sim.nodes.terminal.operators import ATTEMPTS, NOT_ADMITTED, Operator, Role, by_id

NOBODY: Final = "nobody_logged_on"
ANOTHER: Final = "another_operator"
NOT_TRAINED: Final = "training_overdue"


@dataclass(frozen=True, slots=True)
class Access:
    """The operators of one terminal. `attempts`, `idle_after`, `train_every`: as at the exchange terminal."""

    terminal: NodeId
    operators: tuple[Operator, ...] = ()
    attempts: int = ATTEMPTS
    idle_after: int = IDLE_AFTER
    train_every: int = training.EVERY
    serial: str = "1"

    def barred(self, state: CardTerminalState, operator: str, now: Instant) -> str:
        """Why nobody works the terminal now, or nothing. `operator`: who is said to; empty: anybody."""
        if not self.operators:
            return ""
        session = state.console.session()
        who = None if session is None else by_id(self.operators, session.operator)
        if session is None or who is None or now >= session.used + self.idle_after:
            return NOBODY
        if operator not in ("", who.id):
            return ANOTHER
        if training.overdue(who, state.operators.account(who), self.train_every, now):
            return NOT_TRAINED
        state.console.touch(session, now)
        return ""

    def said(self, state: CardTerminalState, what: str, subject: str, now: Instant) -> tuple[Entry, ...]:
        """What the audit log says of a deed of whoever is logged on; nothing where nobody is asked."""
        session = state.console.session()
        if not self.operators or session is None:
            return ()
        return (self._write(state, what, session.operator, session.number, subject, now),)

    # --- on and off -------------------------------------------------------------------------------------
    def log_on(self, state: CardTerminalState, told: LogOn, now: Instant) -> Step:
        """Somebody gives an id and a PIN; all who are not let in get the same answer."""
        if state.console.session() is not None:
            return Step(Reply(False, "console_in_use"))
        who = by_id(self.operators, told.operator)
        if who is None or who.role is Role.SERVICE:
            failed = self._write(state, audit.LOG_ON_FAILED, "", 0, "", now)
            return Step(Reply(False, NOT_ADMITTED), entries=(failed,))
        admitted, locked = state.operators.admit(who, told.pin, self.attempts)
        overdue = training.overdue(who, state.operators.account(who), self.train_every, now)
        if not admitted or overdue:
            entries = [self._write(state, audit.LOG_ON_FAILED, who.id, 0, "", now)]
            if locked:
                entries.append(self._write(state, audit.LOCKED, who.id, 0, "", now))
            return Step(Reply(False, NOT_TRAINED if admitted else NOT_ADMITTED), entries=tuple(entries))
        session = state.console.open(who.id, now)
        entry = self._write(state, audit.LOG_ON, who.id, session.number, "", now)
        idle = Wake(Instant(now + self.idle_after), IdleDue(session.number))
        return Step(wakes=(idle,), entries=(entry,))

    def log_off(self, state: CardTerminalState, now: Instant) -> Step:
        """The operator leaves."""
        session = state.console.session()
        if session is None:
            return Step(Reply(False, NOBODY))
        state.console.close()
        entry = self._write(state, audit.LOG_OFF, session.operator, session.number, "", now)
        return Step(entries=(entry,))

    def idle(self, state: CardTerminalState, due: IdleDue, now: Instant) -> Step:
        """Somebody may have stood there and done nothing."""
        session = state.console.session()
        if session is None or session.number != due.session:
            return Step()
        over = Instant(session.used + self.idle_after)
        if over > now:
            return Step(wakes=(Wake(over, due),))
        timed_out = self._write(state, audit.TIMED_OUT, session.operator, session.number, "", now)
        return Step(entries=(timed_out, *self.log_off(state, now).entries))

    def unlock(self, state: CardTerminalState, operator: str, now: Instant) -> Step:
        """An administrator who is logged on unlocks an operator."""
        session = state.console.session()
        who = None if session is None else by_id(self.operators, session.operator)
        locked = by_id(self.operators, operator)
        if session is None or who is None:
            return Step(Reply(False, NOBODY))
        if who.role is not Role.ADMINISTRATOR:
            return Step(Reply(False, "not_an_administrator"))
        if locked is None:
            return Step(Reply(False, "unknown_operator"))
        state.operators.unlock(locked)
        entry = self._write(state, audit.UNLOCKED, locked.id, session.number, "", now)
        return Step(entries=(entry,))

    # --- instruction ------------------------------------------------------------------------------------
    def train(self, state: CardTerminalState, told: Train, now: Instant) -> Step:
        """The officer writes down that an operator was instructed."""
        who = by_id(self.operators, told.operator)
        if who is None:
            return Step(Reply(False, "unknown_operator"))
        if told.on > japan_date(now):
            return Step(Reply(False, "date_in_future"))
        state.operators.train(who, told.on)
        entry = self._write(state, audit.TRAINED, who.id, 0, told.on.isoformat(), now)
        return Step(wakes=self._watch(state, who, now), entries=(entry,))

    def training_due(self, state: CardTerminalState, due: TrainingDue) -> Step:
        """The instruction has run out, unless there was another one meanwhile."""
        who = by_id(self.operators, due.operator)
        if who is None:
            return Step()
        account = state.operators.account(who)
        if training.due(account, self.train_every) != due.due:
            return Step()
        return Step(entries=(training.finding(who, account, self.train_every),))

    def opened(self, state: CardTerminalState, step: Step, now: Instant) -> Step:
        """The step with findings against whoever needs instruction, and when to look at the others again."""
        found, wakes = list(step.entries), list(step.wakes)
        for who in self.operators:
            account = state.operators.account(who)
            if training.overdue(who, account, self.train_every, now):
                found.append(training.finding(who, account, self.train_every))
            wakes += self._watch(state, who, now)
        return msgspec.structs.replace(step, entries=tuple(found), wakes=tuple(wakes))

    def _watch(self, state: CardTerminalState, who: Operator, now: Instant) -> tuple[Wake, ...]:
        return training.look_again(who, state.operators.account(who), self.train_every, now)

    def _write(
        self, state: CardTerminalState, what: str, operator: str, session: int, subject: str, now: Instant
    ) -> Entry:
        origin = audit.origin(self.terminal, self.serial)
        return state.audit.append(origin, what, operator, session, subject, now)
