"""What is due when: inputs of all municipalities in the order of time."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from sim.base.instant import Instant
from sim.base.node import OUTSIDE, Body, Key, NodeId
from sim.drivers.world import Input
from sim.nodes.messages.people import Person
from sim.studies.inputs.residents import Residents

# When, the number under which it was put down, whom it settles where, and what is due. Each number comes
# once, so nothing behind it is ever compared.
_Due = tuple[Instant, int, tuple[Person, ...], Residents | None, Input]


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
        key = Key(f"in/{self._number:07d}")
        due = Input(at, to, key, body, sender)
        heapq.heappush(self._heap, (at, self._number, settles, where, due))

    def until(self, end: Instant) -> Iterator[Input]:
        """All that is due before `end`, in order."""
        heap = self._heap
        while heap and heap[0][0] < end:
            _, _, settles, where, due = heapq.heappop(heap)
            yield due
            if where is not None:
                for person in settles:
                    where.settle(person)
