"""What comes down: checked at the gate, answered, handed on to the registry; and what the server decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from sim.base.instant import Instant
from sim.base.journal import Data, Entry
from sim.base.node import Reply, Send, Step, Wake
from sim.exchange.batch import DOWN, UP
from sim.exchange.codes import Code, Finding
from sim.exchange.records import RESULT, AnyRecord, Result
from sim.exchange.sequence import split_ref
from sim.nodes.intake import Refused, Repeated, Taken, answer, clean_ref
from sim.nodes.messages.network import Arrival
from sim.nodes.messages.registry import Inbound
from sim.nodes.terminal import peers
from sim.nodes.terminal.settings import Settings
from sim.nodes.terminal.state import TerminalState


@dataclass(slots=True)
class _Decided:
    """What follows from the server's answers to whole batches."""

    inward: list[AnyRecord] = field(default_factory=list)
    sends: list[Send] = field(default_factory=list)
    wakes: list[Wake] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


def arrived(settings: Settings, state: TerminalState, arrival: Arrival, now: Instant) -> Step:
    """A batch came over the network, or what passes for one."""
    profiles = settings.profiles(state.programs.taken())
    taken = settings.gate(profiles).admit(state.intake, arrival)
    if isinstance(taken, Repeated):
        return Step(entries=(Entry("batch_repeated", "", taken.batch_id),))
    if isinstance(taken, Refused):
        return _refuse(settings, state, arrival, taken, now)
    return _take(settings, state, arrival, taken, now)


def _refuse(
    settings: Settings, state: TerminalState, arrival: Arrival, refused: Refused, now: Instant
) -> Step:
    """Writes down a batch that is not processed and, when its line is the listed one, answers it."""
    data: Data = {**refused.finding.as_data(), "from": arrival.sender}
    entries = [Entry("batch_rejected", "", arrival.ref, data)]
    if arrival.sender != settings.ministry:  # a stranger is told nothing
        entries.append(peers.told(arrival.sender))
        return Step(Reply(False, refused.code), entries=tuple(entries))
    ref = clean_ref(arrival.ref)
    if refused.code == Code.INFECTED:
        found = state.quarantine.put(arrival, ref, refused.finding.received, now)
        entries += [] if found is None else [found]
    _answer(settings, state, "batch", ref, refused.finding)
    decided = _batches_answered(settings, state, refused.verdicts, now)
    if decided.inward:
        decided.sends.append(Send(settings.link, Inbound(ref, tuple(decided.inward))))
    return Step(
        Reply(False, refused.code),
        tuple(decided.sends),
        tuple(decided.wakes),
        (*entries, *decided.entries),
    )


def _take(settings: Settings, state: TerminalState, arrival: Arrival, taken: Taken, now: Instant) -> Step:
    batch_id = taken.header.batch_id
    state.postbox.heard(settings.ministry, taken.header.profile)
    _answer(settings, state, "batch", batch_id, None)
    inward: list[AnyRecord] = []
    entries: list[Entry] = []
    verdicts: list[Result] = []
    for row in taken.rows:
        if row.finding is not None:
            if row.kind != RESULT:  # a result about a result would never end
                _answer(settings, state, "record", row.name, row.finding)
            told: Data = {"record": row.name, "kind": row.kind, **row.finding.as_data()}
            entries.append(Entry("record_rejected", row.name, "", told))
        elif isinstance(row.record, Result) and row.record.scope == "batch":
            verdicts.append(row.record)
        elif row.record is not None:
            inward.append(row.record)
    decided = _batches_answered(settings, state, verdicts, now)
    inward += decided.inward
    data: Data = {
        "direction": DOWN,
        "records": len(taken.rows),
        "results": sum(isinstance(row.record, Result) for row in taken.rows),
        "bytes": len(arrival.content),
    }
    if (machine := state.machine()) is not None:
        data["machine"] = machine.number  # the former may have taken it in too
    received = Entry("batch_received", "", batch_id, data)
    if inward:
        decided.sends.append(Send(settings.link, Inbound(batch_id, tuple(inward))))
    return Step(
        sends=tuple(decided.sends),
        wakes=tuple(decided.wakes),
        entries=(received, *entries, *decided.entries),
    )


def _batches_answered(
    settings: Settings, state: TerminalState, results: Sequence[Result], now: Instant
) -> _Decided:
    """The server decided on whole batches: what follows for the registry and for the batches."""
    decided = _Decided()
    for result in results:
        _batch_answered(settings, state, result, now, decided)
    return decided


def _batch_answered(
    settings: Settings, state: TerminalState, result: Result, now: Instant, decided: _Decided
) -> None:
    ref = result.answers
    batch_id, _ = split_ref(ref)
    kept = state.postbox.kept(settings.ministry, batch_id)
    if kept is None and ref.startswith(f"{settings.code}-{settings.profile.agency}-"):
        return  # decided before: a batch that came too early had brought the verdict already
    if kept is None:
        data: Data = {"code": Code.UNKNOWN_ANSWER, "scope": "batch", "outcome": result.outcome}
        decided.entries.append(Entry("result_unexpected", "", ref, data))
        return
    if result.accepted:
        follows = state.postbox.accepted(settings.ministry, batch_id, UP)
    else:
        profiles = settings.profiles(state.programs.taken())
        follows = state.postbox.refused(settings.ministry, ref, result.code, UP, profiles, now)
    decided.sends += follows.sends
    decided.wakes += follows.wakes
    decided.entries += follows.entries
    # What is rejected with its batch was not taken in: each record is rejected, for the batch's reason.
    decided.inward += [
        msgspec.structs.replace(result, scope="record", answers=name) for name in follows.rejected
    ]
    for answered in follows.results:
        state.enqueue(answered)


def _answer(
    settings: Settings, state: TerminalState, scope: str, answers: str, finding: Finding | None
) -> None:
    """A result that goes up with the next exchange."""
    state.enqueue(answer(f"{settings.code}-T{state.next_answer():08d}", scope, answers, finding))
