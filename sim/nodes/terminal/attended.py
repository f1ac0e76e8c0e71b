"""What a person does at the console: log on, do one job, and be logged off.

Nothing here happens without a session, but for the log-on itself and for what the information security
officer writes down about instruction, which is no function of the terminal. A job that cannot be done leaves
its operator logged on, to try another; one that is done ends the session.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from sim.base.instant import Instant, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import NodeId, Reply, Step, Wake
from sim.exchange.batch import UP
from sim.nodes.messages.network import HandOver
from sim.nodes.messages.terminal import (
    ChangePin,
    CollectNow,
    ExportLog,
    IdleDue,
    InstallSoftware,
    LogOn,
    SendNow,
    Train,
    TrainingDue,
    Unlock,
    View,
)
from sim.nodes.terminal import audit, connection, operators, outgoing, peers, software, training
from sim.nodes.terminal.console import Session
from sim.nodes.terminal.export import write_export
from sim.nodes.terminal.jobs import within, write
from sim.nodes.terminal.operators import NOT_ADMITTED, Operator, Role
from sim.nodes.terminal.replacement import knows_numbers
from sim.nodes.terminal.settings import Settings
from sim.nodes.terminal.state import TerminalState

NO_SESSION: Final = "no_session"

VIEWS: Final[Mapping[str, Callable[[Settings, TerminalState], int]]] = MappingProxyType(
    {
        "queue": lambda settings, state: state.waiting(),
        "unanswered": lambda settings, state: sum(1 for _ in state.postbox.all_kept(settings.ministry)),
        "quarantine": lambda settings, state: len(state.quarantine.everything()),
        "log": lambda settings, state: 0 if (head := state.audit.head()) is None else head.n,
    }
)
"""What an operator can look at: records that wait, batches that are not answered, and so on. Each is a count:
what the records say is seen in the register, not here."""

Job = View | ExportLog | SendNow | CollectNow | ChangePin | Unlock | InstallSoftware | HandOver
"""What somebody who is logged on can do."""


# --- on and off -----------------------------------------------------------------------------------------
def log_on(settings: Settings, state: TerminalState, told: LogOn, now: Instant) -> Step:
    """Somebody gives an id and a PIN."""
    if state.console.session() is not None:
        return Step(Reply(False, "console_in_use"))
    who = settings.operator(told.operator)
    if who is None or who.role is Role.SERVICE:
        known = "" if who is None else who.id
        failed = write(settings, state, audit.LOG_ON_FAILED, known, 0, "", now)
        return Step(Reply(False, NOT_ADMITTED), entries=(failed,))
    admitted, locked = state.operators.admit(who, told.pin, settings.attempts)
    if not admitted:
        entries = [write(settings, state, audit.LOG_ON_FAILED, who.id, 0, "", now)]
        if locked:
            entries.append(write(settings, state, audit.LOCKED, who.id, 0, "", now))
        return Step(Reply(False, NOT_ADMITTED), entries=tuple(entries))
    account = state.operators.account(who)
    if training.overdue(who, account, settings.train_every, now):
        failed = write(settings, state, audit.LOG_ON_FAILED, who.id, 0, "", now)
        finding = training.finding(who, account, settings.train_every)
        return Step(Reply(False, "training_overdue"), entries=(failed, finding))
    session = state.console.open(who.id, now)
    entry = write(settings, state, audit.LOG_ON, who.id, session.number, "", now)
    idle = Wake(Instant(now + settings.idle_after), IdleDue(session.number))
    return Step(wakes=(idle,), entries=(entry,))


def log_off(settings: Settings, state: TerminalState, now: Instant) -> Step:
    """The operator leaves."""
    session = state.console.session()
    if session is None:
        return Step(Reply(False, NO_SESSION))
    state.console.close()
    entry = write(settings, state, audit.LOG_OFF, session.operator, session.number, "", now)
    return Step(entries=(entry,))


def idle(settings: Settings, state: TerminalState, due: IdleDue, now: Instant) -> Step:
    """Somebody may have stood there and done nothing."""
    session = state.console.session()
    if session is None or session.number != due.session:
        return Step()
    over = Instant(session.used + settings.idle_after)
    if over > now:
        return Step(wakes=(Wake(over, due),))
    timed_out = write(settings, state, audit.TIMED_OUT, session.operator, session.number, "", now)
    off = log_off(settings, state, now)
    return Step(entries=(timed_out, *off.entries))


# --- jobs -----------------------------------------------------------------------------------------------
def job(settings: Settings, state: TerminalState, told: Job, now: Instant) -> Step:
    """One job of whoever is logged on."""
    session = state.console.session()
    who = None if session is None else settings.operator(session.operator)
    if session is None or who is None:
        return Step(Reply(False, NO_SESSION))
    step, said = _done(settings, state, told, session, who, now)
    if not step.reply.ok:
        state.console.touch(session, now)
        return step
    step = connection.through(settings, state, step, now)
    state.console.close()
    after = [*said, (audit.LOG_OFF, "")]
    return within(settings, state, step, session.operator, session.number, now, (), after)


_Said = list[tuple[str, str]]


def _done(
    settings: Settings, state: TerminalState, told: Job, session: Session, who: Operator, now: Instant
) -> tuple[Step, _Said]:
    """What the job led to, and what the log says of it beside the batches that left."""
    match told:
        case View(what=what):
            if what not in VIEWS:
                return Step(Reply(False, "nothing_to_view")), []
            return Step(Reply(detail=f"{what}: {VIEWS[what](settings, state)}")), [(audit.VIEW, what)]
        case SendNow(peer=peer):
            return _exchange(settings, state, peer, now, everything=True), []
        case CollectNow():
            return _exchange(settings, state, settings.ministry, now, everything=False), []
        case ExportLog(medium=medium):
            return _export(settings, state, medium), [(audit.EXPORT, medium)]
        case ChangePin(pin=pin):
            return _change_pin(state, who, pin), [(audit.PIN_CHANGED, "")]
        case HandOver(peer=peer):
            if peer != settings.ministry:
                return peers.refused(peer), []
            return state.postbox.step(told, UP, settings.profiles(state.programs.taken()), now), []
    if who.role is not Role.ADMINISTRATOR:
        return Step(Reply(False, "not_an_administrator")), []
    if isinstance(told, InstallSoftware):
        return software.install(settings, state, told, now), [(audit.INSTALLED, told.version)]
    locked = settings.operator(told.operator)
    if locked is None:
        return Step(Reply(False, "unknown_operator")), []
    state.operators.unlock(locked)
    return Step(), [(audit.UNLOCKED, locked.id)]


def _exchange(
    settings: Settings, state: TerminalState, peer: NodeId, now: Instant, *, everything: bool
) -> Step:
    """An exchange by hand: with all that waits, or with an empty batch."""
    if peer not in ("", settings.ministry):
        return peers.refused(peer)
    if not knows_numbers(state.machine()):
        return Step(Reply(False, "numbers_not_known"))
    return outgoing.exchange(settings, state, state.take_queue() if everything else (), now)


def _export(settings: Settings, state: TerminalState, medium: str) -> Step:
    """The log as it stands goes onto a medium that holds none."""
    if not medium:
        return Step(Reply(False, "no_medium"))
    if state.on_medium(medium) is not None:
        return Step(Reply(False, "medium_used"))
    machine = state.machine()
    entries = tuple(state.audit.entries())
    state.write_medium(
        medium, write_export(entries, settings.name, settings.serial if machine is None else machine.serial)
    )
    data: Data = {"medium": medium, "entries": len(entries), "head": entries[-1].hash if entries else ""}
    return Step(entries=(Entry("log_exported", data=data),))


def _change_pin(state: TerminalState, who: Operator, pin: str) -> Step:
    if not operators.is_pin(pin):
        return Step(Reply(False, "bad_pin", "four to sixteen digits"))
    if operators.fits(pin, state.operators.account(who).pin):
        return Step(Reply(False, "same_pin"))
    state.operators.change_pin(who, pin)
    return Step()


# --- instruction ----------------------------------------------------------------------------------------
def train(settings: Settings, state: TerminalState, told: Train, now: Instant) -> Step:
    """The officer writes down that an operator was instructed."""
    who = settings.operator(told.operator)
    if who is None or who.role is Role.SERVICE:
        return Step(Reply(False, "unknown_operator"))
    if told.on > japan_date(now):
        return Step(Reply(False, "date_in_future"))
    state.operators.train(who, told.on)
    entry = write(settings, state, audit.TRAINED, who.id, 0, told.on.isoformat(), now)
    wakes = training.look_again(who, state.operators.account(who), settings.train_every, now)
    return Step(wakes=wakes, entries=(entry,))


def training_due(settings: Settings, state: TerminalState, due: TrainingDue) -> Step:
    """The instruction has run out, unless there was another one meanwhile."""
    who = settings.operator(due.operator)
    if who is None:
        return Step()
    account = state.operators.account(who)
    if training.due(account, settings.train_every) != due.due:
        return Step()
    return Step(entries=(training.finding(who, account, settings.train_every),))


def at_opening(settings: Settings, state: TerminalState, now: Instant) -> Step:
    """Whose instruction has run out when the terminal is set up, and when to look at the others again."""
    step = Step()
    for who in settings.operators:
        account = state.operators.account(who)
        if training.overdue(who, account, settings.train_every, now):
            finding = training.finding(who, account, settings.train_every)
            step = msgspec.structs.replace(step, entries=(*step.entries, finding))
        wakes = training.look_again(who, account, settings.train_every, now)
        step = msgspec.structs.replace(step, wakes=(*step.wakes, *wakes))
    return step
