"""仮登録: a change that is recorded and not final yet.

It is seen as such, is on no copy and raises nothing (住民記録システム標準仕様書 1.0, 4.0.8). Settled, it is
written as if it had just come, and its records leave then; the register may have changed meanwhile, so it is
judged again and stays provisional when it is refused.
"""

from __future__ import annotations

from sim.base.instant import Instant, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import Reply, Send, Step, Wake
from sim.nodes.messages.counter import Revise
from sim.nodes.messages.registry import ChangeRecord, Drop, Settle
from sim.nodes.registry import revising
from sim.nodes.registry.settings import Settings
from sim.nodes.registry.state import RegistryState


def hold(settings: Settings, state: RegistryState, body: Revise | ChangeRecord, now: Instant) -> Step:
    """Records a change provisionally; one that the register contradicts is refused at once."""
    change, refusal = revising.judged(settings, state, body, now)
    if refusal is not None:
        return refusal
    state.hold(body, japan_date(now))
    data: Data = {"filing": change.ground, "event_date": change.event_date.isoformat()}
    return Step(entries=(Entry("record_provisional", body.case, body.person.ref, data),))


def settle(settings: Settings, state: RegistryState, body: Settle, now: Instant) -> Step:
    """The case's provisional changes are final: each is written and raises its records now."""
    held = state.held(body.case)
    if not held:
        return Step(Reply(False, "nothing_provisional"))
    reply = Reply()
    sends: list[Send] = []
    wakes: list[Wake] = []
    entries: list[Entry] = []
    for change in held:
        step = revising.revise(settings, state, change, now)
        if step.reply.ok:
            state.release(change)
            entries.append(Entry("record_settled", change.case, change.person.ref))
        else:
            reply = step.reply
        sends += step.sends
        wakes += step.wakes
        entries += step.entries
    return Step(reply, tuple(sends), tuple(wakes), tuple(entries))


def drop(state: RegistryState, body: Drop) -> Step:
    """The case's provisional changes end without effect."""
    held = state.held(body.case)
    if not held:
        return Step(Reply(False, "nothing_provisional"))
    for change in held:
        state.release(change)
    return Step(entries=tuple(Entry("provisional_dropped", one.case, one.person.ref) for one in held))
