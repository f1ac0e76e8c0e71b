"""What is due when: inputs of all municipalities in the order of time."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field

from sim.base.instant import Instant
from sim.base.node import OUTSIDE, Body, Key, NodeId
from sim.drivers.world import Input
from sim.nodes.messages.people import Person
from sim.studies.inputs.residents import Residents


@dataclass(order=True, slots=True)
class _Due:
    at: Instant
    number: int
    to: NodeId = field(compare=False)
    body: Body = field(compare=False)
    settles: tuple[Person, ...] = field(compare=False, default=())
    where: Residents | None = field(compare=False, default=None)
    sender: NodeId = field(compare=False, default=OUTSIDE)


class Agenda:
    """Inputs that are known but not yet due. Two at one instant come in the order of being put down."""

    def __init__(self) -> None:
        self._heap: list[_Due] = []
        self._number = 0

    def put(
        self,
        at: Instant,
        to: NodeId,
        body: Body,
        *,
        settles: tuple[Person, ...] = (),
        where: Residents | None = None,
        sender: NodeId = OUTSIDE,
    ) -> None:
        """Something for the node `to`; once it happened, `settles` are residents of `where` again.

        `sender`: who brings it, where that is not somebody who stands there.
        """
        self._number += 1
        heapq.heappush(self._heap, _Due(at, self._number, to, body, settles, where, sender))

    def until(self, end: Instant) -> Iterator[Input]:
        """All that is due before `end`, in order."""
        heap = self._heap
        while heap and heap[0].at < end:
            due = heapq.heappop(heap)
            yield Input(due.at, due.to, Key(f"in/{due.number:07d}"), due.body, due.sender)
            if due.where is not None:
                for person in due.settles:
                    due.where.settle(person)
