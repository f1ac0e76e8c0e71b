"""A job is done inside a session, and everything that the audit log must say is said around it.

    log_on, [receive], what the job itself writes, send for each batch that leaves, [view, export, …], log_off

So nothing leaves or is taken in unless somebody is logged on, and nobody is logged on who is not logged off.
The unattended exchange does the same under the terminal's own operator, whose id and PIN are checked for each
of its jobs: "nothing before id and PIN" and "a full day without a person" hold together. If that
operator is locked or its PIN does not fit, the terminal neither sends nor takes anything in, and tries later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from sim.base.instant import HOUR, Instant
from sim.base.journal import Entry
from sim.base.node import Reply, Step, Wake
from sim.nodes.messages.network import Carry
from sim.nodes.messages.terminal import RetryDue
from sim.nodes.terminal import audit, connection
from sim.nodes.terminal.operators import NOT_ADMITTED
from sim.nodes.terminal.settings import Settings
from sim.nodes.terminal.state import TerminalState

# After a log-on of its own that failed the terminal tries again in an hour.
TRY_AGAIN: Final = HOUR

Said = tuple[str, str]
"""What the log says: what was done, and with what."""


def write(
    settings: Settings,
    state: TerminalState,
    what: str,
    operator: str,
    session: int,
    subject: str,
    now: Instant,
) -> Entry:
    """One entry of the audit log, as the journal has it."""
    machine = state.machine()
    serial = settings.serial if machine is None else machine.serial
    origin = audit.origin(settings.name, serial)
    return state.audit.append(origin, what, operator, session, subject, now)


def within(
    settings: Settings,
    state: TerminalState,
    step: Step,
    operator: str,
    session: int,
    now: Instant,
    before: Sequence[Said],
    after: Sequence[Said],
) -> Step:
    """The step with what the log says before and after it, and about each batch that leaves in it."""
    sent = [(audit.SEND, send.body.ref) for send in step.sends if isinstance(send.body, Carry)]
    first = [write(settings, state, what, operator, session, about, now) for what, about in before]
    last = [write(settings, state, what, operator, session, about, now) for what, about in (*sent, *after)]
    entries = (*first, *step.entries, *last)
    cause = min(len(first) + step.cause, len(entries) - 1)
    return msgspec.structs.replace(step, entries=entries, cause=cause)


def barred(settings: Settings, state: TerminalState, now: Instant) -> tuple[Entry, ...]:
    """Why the terminal's own operator is not let in, as it stands in the log; empty when it is."""
    name = settings.service.operator
    who = settings.operator(name)
    admitted, locked = (
        (False, False) if who is None else state.operators.admit(who, settings.service.pin, settings.attempts)
    )
    if admitted:
        return ()
    failed = write(settings, state, audit.LOG_ON_FAILED, name, 0, "", now)
    return (failed, write(settings, state, audit.LOCKED, name, 0, "", now)) if locked else (failed,)


def unattended(
    settings: Settings,
    state: TerminalState,
    run: Callable[[], Step],
    now: Instant,
    *,
    received: str | None = None,
    always: bool = False,
) -> Step:
    """A job of the terminal's own operator.

    A step in which nothing leaves and nothing is taken in is no job, unless it is one `always`: it only notes
    what became of a batch. What would leave without the operator stays where it is and is offered later.
    """
    must = always or received is not None
    if must and (refusal := barred(settings, state, now)):
        return Step(Reply(False, NOT_ADMITTED), entries=refusal)
    step = connection.through(settings, state, run(), now)
    if not must:
        if not any(isinstance(send.body, Carry) for send in step.sends):
            return step
        if refusal := barred(settings, state, now):
            stays = tuple(send for send in step.sends if not isinstance(send.body, Carry))
            later = Wake(Instant(now + TRY_AGAIN), RetryDue(settings.ministry))
            return msgspec.structs.replace(
                step, sends=stays, wakes=(*step.wakes, later), entries=(*step.entries, *refusal)
            )
    before = [(audit.LOG_ON, "")]
    if received is not None:
        before.append((audit.RECEIVE, received))
    name, session = settings.service.operator, state.console.next_number()
    return within(settings, state, step, name, session, now, before, [(audit.LOG_OFF, "")])
