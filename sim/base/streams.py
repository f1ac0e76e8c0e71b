"""Random streams that do not disturb one another.

Every draw comes from a stream named by a path ("arrivals", "moving_in", "2019-04-01"). A stream's seed
is the SHA-256 of the base seed and the path, so adding a stream, or drawing more from one, moves no
other stream: a variant that changes nothing changes not one byte, and two variants share their luck.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


class Streams:
    """The family of streams of one base seed."""

    __slots__ = ("seed",)

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def digest(self, *path: str | int) -> bytes:
        """The 32 bytes that seed the stream at `path`; equal paths give equal bytes."""
        text = "\x1f".join(map(str, (self.seed, *path)))
        return hashlib.sha256(text.encode()).digest()

    def number(self, *path: str | int) -> int:
        """A 64-bit number drawn once from the stream at `path`."""
        return int.from_bytes(self.digest(*path)[:8], "big")

    def generator(self, *path: str | int) -> np.random.Generator:
        """A fresh generator for the stream at `path`: the same path gives the same draws."""
        import numpy as np

        return np.random.Generator(np.random.PCG64(int.from_bytes(self.digest(*path), "big")))
