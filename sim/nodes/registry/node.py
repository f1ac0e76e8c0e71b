"""The register as a node: which event leads to what."""

from __future__ import annotations

from dataclasses import dataclass

from sim.base.errors import HarnessError
from sim.base.instant import Instant
from sim.base.journal import Entry
from sim.base.node import Event, Step, Wake
from sim.nodes.messages.counter import Revise
from sim.nodes.messages.registry import (
    CancelRevision,
    ChangeRecord,
    ConfirmNotice,
    ConfirmNotices,
    Drop,
    HandOverCertificate,
    Inbound,
    IssueCopy,
    ListBacklog,
    OpenRegister,
    RecordAbode,
    RemovalDue,
    RemoveAbode,
    Reraise,
    Settle,
    TransitionalStayEnds,
)
from sim.nodes.registry import (
    abodes,
    cancelling,
    certificates,
    copies,
    notices,
    provisional,
    raising,
    revising,
    transitional,
)
from sim.nodes.registry.settings import Settings
from sim.nodes.registry.state import RegistryState


@dataclass(frozen=True, slots=True)
class Registry(Settings):
    """The register of one municipality, as it is set (`Settings`)."""

    def step(self, state: RegistryState, event: Event, now: Instant) -> Step:
        match event.body:
            case Revise() | ChangeRecord() as change:
                if change.provisional:
                    return provisional.hold(self, state, change, now)
                return revising.revise(self, state, change, now)
            case RemovalDue() as due:
                return revising.removal_due(self, state, due, now)
            case Inbound() as inbound:
                return notices.arrived(self, state, inbound, now)
            case ConfirmNotices(by_hand=by_hand):
                return notices.confirm_all(self, state, now, by_hand=by_hand)
            case OpenRegister() as opening:
                return _open(state, opening)
            case IssueCopy() as asked:
                return copies.issue(self, state, asked, now)
            case ConfirmNotice() as named:
                return notices.confirm_by_hand(self, state, named, now)
            case ListBacklog():
                return notices.list_backlog(state, now)
            case HandOverCertificate() as handed:
                return certificates.hand_over(self, state, handed, now)
            case CancelRevision() as cancelled:
                return cancelling.cancel(self, state, cancelled, now)
            case Settle() as settled:
                return provisional.settle(self, state, settled, now)
            case Drop() as dropped:
                return provisional.drop(state, dropped)
            case RecordAbode() as lives:
                return abodes.record(state, lives, now)
            case RemoveAbode() as left:
                return abodes.remove(state, left, now)
            case TransitionalStayEnds() as due_to_end:
                return transitional.end(self, state, due_to_end, now)
            case Reraise() as once_more:
                return raising.again(self, state, once_more)
        raise HarnessError(f"the registry does not know {type(event.body).__name__}", where=event.key)


def _open(state: RegistryState, opening: OpenRegister) -> Step:
    """Takes over the register as it stands; who is in transitional stay is looked at when it ends."""
    wakes: list[Wake] = []
    for person in opening.residents:
        state.open(person)
        wakes += transitional.ends(person)
    entry = Entry("register_opened", data={"residents": len(opening.residents)})
    return Step(wakes=tuple(wakes), entries=(entry,))
