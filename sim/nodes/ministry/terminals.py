"""What the centre and a terminal tell each other beside batches: versions, and where the numbers stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sim.base.instant import HOUR, Instant
from sim.base.journal import Data, Entry
from sim.base.node import NodeId, Reply, Send, Step, Wake
from sim.exchange.batch import DOWN
from sim.exchange.profile import Profile
from sim.nodes.messages.agency import RollOut, VersionDue
from sim.nodes.messages.network import NotRelayed, Relay, Relayed, Sequences, TakeVersion
from sim.nodes.ministry.state import MinistryState

TELL_AGAIN: Final = HOUR
_VERSION: Final = "version/"


# --- versions -------------------------------------------------------------------------------------------
def roll_out(
    state: MinistryState, wave: RollOut, profiles: Sequence[Profile], terminals: Mapping[NodeId, str]
) -> Step:
    """These terminals are told to go over to a version; one that was told so or of a newer one is not.

    The server goes on reading every version that it speaks, so those who have not gone over yet are served in
    the older one (`sim.exchange.versions`), and where there is none in common each batch is refused.
    """
    names = [profile.name for profile in profiles]
    if wave.version not in names:
        return Step(Reply(False, "unknown_version", f"one of {', '.join(names)}"))
    if strange := [terminal for terminal in wave.terminals if terminal not in terminals]:
        return Step(Reply(False, "unknown_terminal", strange[0]))
    sends: list[Send] = []
    for terminal in wave.terminals:
        before = state.centre.rolled_out(terminal)
        if before is not None and names.index(before.version) <= names.index(wave.version):
            continue
        state.centre.roll_out(terminal, wave.version)
        sends.append(_tell(state, terminal, wave.version))
    data: Data = {
        "version": wave.version,
        "terminals": len(sends),
        "already": len(wave.terminals) - len(sends),
    }
    return Step(sends=tuple(sends), entries=(Entry("version_rolled_out", data=data),))


def told_again(state: MinistryState, terminal: NodeId, version: str) -> Step:
    """The network had failed: the terminal is told again unless something newer was said since."""
    row = state.centre.rolled_out(terminal)
    if row is None or row.taken or row.version != version:
        return Step()
    return Step(sends=(_tell(state, terminal, version),))


def not_told(failed: NotRelayed, now: Instant) -> Step:
    """What was told over the network did not get through. A terminal that asked something asks again."""
    if not failed.ref.startswith(_VERSION):
        return Step()
    version = failed.ref.removeprefix(_VERSION)
    return Step(wakes=(Wake(Instant(now + TELL_AGAIN), VersionDue(failed.peer, version)),))


def version_taken(state: MinistryState, terminal: NodeId, code: str, version: str) -> Step:
    """The terminal speaks the version now."""
    row = state.centre.rolled_out(terminal)
    if row is None or row.version != version:
        return Step(Reply(False, "not_rolled_out"))
    if row.taken:
        return Step()
    data: Data = {"municipality": code, "version": version, "taken": state.centre.taken(terminal, version)}
    return Step(entries=(Entry("version_taken", data=data),))


def _tell(state: MinistryState, terminal: NodeId, version: str) -> Send:
    return Send(state.network, Relay(terminal, f"{_VERSION}{version}", TakeVersion(version)))


# --- sequences ------------------------------------------------------------------------------------------
def sequences_told(
    state: MinistryState, asked: Relayed, since: Instant, code: str, profile: Profile, now: Instant
) -> Step:
    """Where the numbers stand, for a terminal that took another's place at `since` (seed 001, line 45).

    What its predecessor made until then is refused from now on. What was handed to the predecessor and never
    answered goes again, in order, for nobody else knows it: a record that the predecessor had passed on
    already comes a second time then, under its own number.
    """
    terminal = asked.sender
    fence = state.intake.raise_fence(code, min(since, now))
    businesses = [business.code for business in profile.businesses.values()]
    earliest: dict[str, int] = {}
    for batch_id, _ in state.postbox.all_kept(terminal):
        business, _, sequence = batch_id.split("-", 2)[2].partition("-")
        earliest.setdefault(business, int(sequence))
    up = tuple((one, state.intake.next_sequence(code, one)) for one in businesses)
    made = tuple((one, state.last_number(f"sequence/{code}/{one}") + 1) for one in businesses)
    down = tuple((one, earliest.get(one, following)) for one, following in made)
    # However lately they were handed over: whoever had them is not there any more.
    again = state.postbox.astray(terminal, DOWN, now, within=0)
    sequences = Sequences(up, down, made, tuple(state.awaited_from(code)), since, fence.machine)
    told = Send(state.network, Relay(terminal, asked.ref, sequences))
    data: Data = {"municipality": code, "machine": fence.machine, "up": dict(up), "down": dict(down)}
    entries = (Entry("sequences_told", data=data), *again.entries)
    return Step(sends=(told, *again.sends), entries=entries)
