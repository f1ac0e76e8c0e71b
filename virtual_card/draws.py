"""Randomness that is asked for by name: the same seed and path give the same draws on every machine.

SHA-256 in counter mode over "seed/path". Two paths never disturb each other, so a draw that is added for one
picture changes no other byte of a card. For test data and test keys only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draws:
    """A stream of bytes and of choices made from them."""

    def __init__(self, seed: int | str, *path: str) -> None:
        self._name = "/".join(("renkei-card", str(seed), *path)).encode()
        self._counter = 0
        self._left = b""

    def octets(self, count: int) -> bytes:
        """The next `count` bytes of the stream."""
        while len(self._left) < count:
            block = hashlib.sha256(self._name + b"\x00" + self._counter.to_bytes(8, "big")).digest()
            self._left += block
            self._counter += 1
        taken, self._left = self._left[:count], self._left[count:]
        return taken

    def below(self, bound: int) -> int:
        """A whole number from 0 to `bound` - 1; drawn from eight bytes more than needed: no bias."""
        width = (bound.bit_length() + 7) // 8 + 8
        return int.from_bytes(self.octets(width), "big") % bound

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def choice(self, options: Sequence[T]) -> T:
        """One of `options`."""
        return options[self.below(len(options))]

    def chance(self, percent: int) -> bool:
        """True in `percent` of a hundred draws."""
        return self.below(100) < percent
