"""How fast a line is: a token bucket, kept as the moment at which the line is free again.

Bytes that have waited since `since` begin as soon as those before them are through, and end when their last
bit has passed. A line that was idle may make up for at most `BURST` seconds of it, which is what the tokens
of a bucket are; but bytes that waited all the while are not held up by a late caller. So between any two
moments of a busy line, rate times time have passed, however coarse the caller's timers are.
"""

from __future__ import annotations

from typing import Final

BURST: Final = 0.01
"""Seconds of an idle line that may be made up for."""


class Bucket:
    """One line's bits. `rate`: bits a second, 0 for no limit. Times are seconds of any clock."""

    __slots__ = ("_free", "_rate", "busy")

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._free = 0.0
        self.busy = 0.0
        """Seconds that the line has been taken."""

    @property
    def rate(self) -> int:
        return self._rate

    def change(self, rate: int, now: float) -> None:
        """The line has another rate; what is not through yet starts again."""
        self._rate = rate
        self._free = now

    def through(self, size: int, since: float) -> float:
        """When `size` bytes, there since `since`, are through."""
        if self._rate == 0:
            return since
        takes = size * 8 / self._rate
        self.busy += takes
        self._free = max(self._free, since - BURST) + takes
        return max(self._free, since)
