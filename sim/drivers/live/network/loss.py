"""Loss on a proxy of TCP: a lost segment is a stall, as of the retransmission that mends it.

Nothing of a stream can be missing, so what a lossy line costs is time: whatever follows the lost segment on
its connection waits until it has been sent again, and the line carries it twice. TCP doubles its patience
each time that the same segment is lost, and gives the connection up in the end (RFC 6298, sections 5.5 and
5.7; the first timeout is the least that Linux uses, 200 ms, and a round trip). Which segments are lost
depends on the seed, the line, the connection's number on it, the direction and the place in the stream, and
on nothing else: not on how the bytes were cut into reads, nor on the time.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sim.base.streams import Streams

SEGMENT: Final = 1460
"""Bytes of a segment: Ethernet's 1,500 without the headers of IPv4 and TCP."""

TIMEOUT: Final = 0.2
"""Seconds, beside a round trip, until a segment is sent again for the first time."""

PATIENCE: Final = 6
"""So often in a row a segment may be lost; once more, and the connection is given up."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The segment that begins at byte `at` of the stream is lost `times` in a row."""

    at: int
    times: int

    @property
    def fatal(self) -> bool:
        return self.times > PATIENCE

    def stall(self, latency: float) -> float:
        """Seconds that pass until it has come through. `latency`: seconds one way."""
        return (TIMEOUT + 2 * latency) * ((1 << self.times) - 1)


class Loss:
    """The losses of one direction of one connection, in the order of the stream."""

    def __init__(self, probability: float, seed: int, code: str, connection: int, way: str) -> None:
        self._streams = Streams(seed)
        self._path = ("loss", code, connection, way)
        self._probability = probability
        self._next = self._after(0)

    def change(self, probability: float, position: int) -> None:
        """From this place of the stream on, segments are lost as often as this."""
        if probability != self._probability:
            self._probability = probability
            self._next = self._after(-(-position // SEGMENT))

    def within(self, start: int, end: int) -> Iterator[Lost]:
        """The losses of segments that begin in these bytes, each told once, in order."""
        while self._next is not None and self._next * SEGMENT < end:
            lost = Lost(max(self._next * SEGMENT, start), self._times())
            self._next = self._after(self._next + 1)
            yield lost

    @cached_property
    def _random(self) -> random.Random:
        # Made when the line first loses something: most never do, and have many connections.
        return random.Random(self._streams.digest(*self._path))

    def _after(self, segment: int) -> int | None:
        """The first segment from this one on that is lost."""
        if self._probability == 0:
            return None
        # The gap between losses is geometric; one draw a loss, however long the stream.
        gap: float = math.log(1 - self._random.random()) / math.log(1 - self._probability)
        return segment + math.floor(gap)

    def _times(self) -> int:
        times = 1
        while times <= PATIENCE and self._random.random() < self._probability:
            times += 1
        return times
