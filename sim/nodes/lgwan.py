"""総合行政ネットワーク (LGWAN): the closed network between the ministry server and the terminals.

Only listed peers may use it. Each municipality has one access line with a rate and a latency, shared by
both directions and served in turn; during an outage window nothing passes, and a transfer that an outage
cuts has to start again. The network sees sealed bytes only.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.base.errors import HarnessError
from sim.base.instant import SECOND, Instant
from sim.base.journal import Data, Entry
from sim.base.node import Event, NodeId, Send, Step, Table, Tables, Wake
from sim.nodes.messages import Arrival, Carried, Carry, TransferDue, Undelivered


@dataclass(frozen=True, slots=True)
class Line:
    """An access line. `rate`: bits a second, 0 for no limit; `latency`: microseconds, one way."""

    rate: int
    latency: int

    def duration(self, size: int) -> int:
        """How long `size` bytes take, in microseconds."""
        return self.latency + (size * 8 * SECOND // self.rate if self.rate else 0)


@dataclass(frozen=True, slots=True)
class Outage:
    """Nothing passes from `start` up to, not including, `end`."""

    start: Instant
    end: Instant
    name: str = "outage"


_BUSY = Table("line_busy", int)


class LgwanState:
    """Until when each line is busy."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def busy_until(self, line: NodeId) -> Instant:
        return Instant(self._tables.get(_BUSY, line) or 0)

    def occupy(self, line: NodeId, until: Instant) -> None:
        self._tables.put(_BUSY, line, until)


@dataclass(frozen=True, slots=True)
class Lgwan:
    """The network. `lines` are the listed terminals with their access lines; `ministry` is the server."""

    name: NodeId
    ministry: NodeId
    lines: dict[NodeId, Line]
    outages: tuple[Outage, ...] = ()

    def step(self, state: LgwanState, event: Event, now: Instant) -> Step:
        match event.body:
            case Carry() as carry:
                return self._carry(state, event.sender, carry, now)
            case TransferDue() as transfer:
                return self._arrived(transfer, now)
        raise HarnessError(f"the network does not know {type(event.body).__name__}", where=event.key)

    def _carry(self, state: LgwanState, sender: NodeId, carry: Carry, now: Instant) -> Step:
        site = sender if carry.peer == self.ministry else carry.peer
        line = self.lines.get(site)
        if line is None or self.ministry not in (sender, carry.peer):
            return self._refuse(sender, carry, "not_listed")
        if (outage := self._outage(now, Instant(now + 1))) is not None:
            return self._refuse(sender, carry, outage.name)
        start = max(now, state.busy_until(site))
        end = Instant(start + line.duration(len(carry.content)))
        broken_by = ""
        if (outage := self._outage(start, end)) is not None:
            end, broken_by = max(outage.start, now), outage.name
        state.occupy(site, end)
        due = TransferDue(sender, carry.peer, carry.ref, carry.content, start, broken_by)
        return Step(wakes=(Wake(end, due),))

    def _refuse(self, sender: NodeId, carry: Carry, reason: str) -> Step:
        data: Data = {"from": sender, "to": carry.peer, "reason": reason, "bytes": len(carry.content)}
        back = Send(sender, Undelivered(carry.peer, carry.ref, reason))
        return Step(sends=(back,), entries=(Entry("transfer_refused", "", carry.ref, data),))

    def _arrived(self, transfer: TransferDue, now: Instant) -> Step:
        data: Data = {
            "from": transfer.sender,
            "to": transfer.peer,
            "bytes": len(transfer.content),
            "started": transfer.started,
        }
        if transfer.broken_by:
            entry = Entry("transfer_broken", "", transfer.ref, data | {"reason": transfer.broken_by})
            back = Send(transfer.sender, Undelivered(transfer.peer, transfer.ref, transfer.broken_by))
            return Step(sends=(back,), entries=(entry,))
        entry = Entry("transfer_done", "", transfer.ref, data)
        return Step(
            sends=(
                Send(transfer.peer, Arrival(transfer.sender, transfer.ref, transfer.content)),
                Send(transfer.sender, Carried(transfer.peer, transfer.ref)),
            ),
            entries=(entry,),
        )

    def _outage(self, start: Instant, end: Instant) -> Outage | None:
        hit = (outage for outage in self.outages if outage.start < end and start < outage.end)
        return min(hit, key=lambda outage: outage.start, default=None)
