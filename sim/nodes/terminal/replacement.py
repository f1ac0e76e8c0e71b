"""Another machine takes the terminal's place: how it finds its numbers, and why nothing is lost or doubled.

Theory of operation. The new machine has an empty memory. What it needs lies elsewhere: the server knows which
number is due in each direction and keeps every batch that was not answered; the registry keeps every record
that has no result. So it asks the one and then the other, in this order:

    asking        `AskSequences` to the server, again and again until it answers. Nothing is sent or taken in.
    catching up   `Sequences` came. What the server had sent and nobody answered goes again and is taken in,
                  so that every result that there is gets to the registry. Exchanges take place again.
    raising       All of that is in. The registry is asked for what still has no result (`Reraise`), on the
                  way of the results, which the request cannot overtake. What the registry hands over before
                  it answers is in its answer too, and is let go.
    (none)        The answer came: one `Outbound` that bears the request's name. An exchange follows at once.

What the former machine had given to the network may still arrive. From the moment of the question the server
refuses (`SEQUENCE_STALE`) whatever the municipality made until the new machine was put in place, by the
creation in the header; it says so about a name that the new machine does not use, because each machine's
batches are editions of their own (machine 2 begins at edition 2000, machine 3 at 3000). So a number that the
former machine had used without success is used again, as after any refusal, and no verdict on the one is
taken for a verdict on the other. The server asked twice answers the same: between the two questions nothing
of the former machine has come in, and nothing that came down has been answered.

The clock of the new machine must not be behind that of the former; it sets its first creation after the
moment of the question in any case.

Source: seed 001, line 45 (faults, replacement). The protocol is renkei-open/1's own.
"""

from __future__ import annotations

from typing import Final

import msgspec

from sim.base.instant import SECOND, Instant
from sim.base.journal import Data, Entry
from sim.base.node import Send, Step, Wake
from sim.exchange.profile import Profile
from sim.nodes.messages.network import AskSequences, Relay, Sequences
from sim.nodes.messages.registry import Inbound, Outbound, Reraise
from sim.nodes.messages.terminal import AskDue, ReplaceTerminal
from sim.nodes.postbox import RETRY_AFTER
from sim.nodes.terminal.settings import Settings
from sim.nodes.terminal.state import Machine, TerminalState

ASKING: Final = "asking"
CATCHING_UP: Final = "catching_up"
RAISING: Final = "raising"

EDITIONS_OF_A_MACHINE: Final = 1000


def edition_of(machine: Machine | None) -> int:
    """The edition with which this machine's batches begin."""
    return 1 if machine is None or machine.number == 1 else machine.number * EDITIONS_OF_A_MACHINE


def made_at(machine: Machine | None, now: Instant) -> Instant:
    """When a batch of this machine was made: never at the moment up to which the server refuses.

    A header says it to the second, so the first second that counts is the one after the question's.
    """
    return now if machine is None else Instant(max(now, (machine.since // SECOND + 1) * SECOND))


def knows_numbers(machine: Machine | None) -> bool:
    """Whether the terminal may send and take in."""
    return machine is None or machine.phase != ASKING


def takes_records(machine: Machine | None) -> bool:
    """Whether what the registry hands over in the ordinary course is kept."""
    return machine is None or not machine.phase


def replace(settings: Settings, state: TerminalState, told: ReplaceTerminal, now: Instant) -> Step:
    """The new machine is switched on: it has forgotten everything and asks."""
    before = state.machine()
    former = settings.serial if before is None else before.serial
    state.forget()
    machine = Machine(told.serial, former=former, since=now, phase=ASKING)
    state.keep_machine(machine)
    return _ask(settings, state, machine, now)


def ask_again(settings: Settings, state: TerminalState, due: AskDue, now: Instant) -> Step:
    """No answer yet, or not all that goes again has come."""
    machine = state.machine()
    if machine is None or machine.since != due.since or machine.phase not in (ASKING, CATCHING_UP):
        return Step()
    return _ask(settings, state, machine, now)


def _ask(settings: Settings, state: TerminalState, machine: Machine, now: Instant) -> Step:
    pause = RETRY_AFTER[min(machine.asked, len(RETRY_AFTER) - 1)]
    state.keep_machine(msgspec.structs.replace(machine, asked=machine.asked + 1))
    ask = Relay(settings.ministry, f"{settings.code}/sequences", AskSequences(machine.since))
    wake = Wake(Instant(now + pause), AskDue(machine.since))
    return Step(sends=(Send(settings.network, ask),), wakes=(wake,))


def resume(settings: Settings, state: TerminalState, told: Sequences) -> Step:
    """The server has said where the numbers stand. Said again, it changes nothing."""
    machine = state.machine()
    if machine is None or machine.phase != ASKING or told.since != machine.since:
        return Step()
    agency = settings.profile.agency
    for business, number in told.up:
        state.numbers.resume(f"sequence/{business}", number)
    for business, number in told.down:
        state.intake.resume(agency, business, number)
    machine = msgspec.structs.replace(
        machine, number=told.machine, phase=CATCHING_UP, made=told.made, awaited=told.awaited
    )
    state.keep_machine(machine)
    data: Data = {
        "before": machine.former,
        "after": machine.serial,
        "resumes": {_name(settings.profile, business): number for business, number in told.up},
    }
    return Step(entries=(Entry("terminal_replaced", data=data),))


def caught_up(settings: Settings, state: TerminalState) -> tuple[Send, ...]:
    """The request to the registry, once everything that goes again is in; nothing before."""
    machine = state.machine()
    if machine is None or machine.phase != CATCHING_UP:
        return ()
    agency = settings.profile.agency
    if any(state.intake.next_sequence(agency, business) < made for business, made in machine.made):
        return ()
    state.keep_machine(msgspec.structs.replace(machine, phase=RAISING))
    request = Reraise(Instant(0), machine.since, machine.awaited)
    return (Send(settings.link, Inbound("", (), request)),)


def raised_again(state: TerminalState, outbound: Outbound) -> bool:
    """Whether these are the records that the terminal asked for; if so, it has taken over for good."""
    machine = state.machine()
    if machine is None or machine.phase != RAISING or outbound.again != machine.since:
        return False
    state.keep_machine(msgspec.structs.replace(machine, phase="", owed=False))
    return True


def owe(state: TerminalState) -> None:
    """An exchange is due and cannot take place: it does once the numbers are known."""
    machine = state.machine()
    if machine is not None:
        state.keep_machine(msgspec.structs.replace(machine, owed=True))


def pay(state: TerminalState) -> bool:
    """Whether an exchange is owed; it is not from now on."""
    machine = state.machine()
    if machine is None or not machine.owed:
        return False
    state.keep_machine(msgspec.structs.replace(machine, owed=False))
    return True


def _name(profile: Profile, code: str) -> str:
    business = profile.business_of_code(code)
    return code if business is None else business.name
