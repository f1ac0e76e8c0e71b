"""Which lines of journals were seen before: the same line again is told from another one under its number."""

from __future__ import annotations

import hashlib
from array import array
from typing import Final

from sim.base import journal
from sim.base.journal import Line

_BITS: Final = 12
# Numbers are kept in pages, so that one great number takes one page and not all before it.
_PAGE: Final = bytes(8 << _BITS)


class Fingerprints:
    """Eight bytes of SHA-256 for each line, by node and number. Zero: no line yet."""

    def __init__(self) -> None:
        self._first: dict[str, dict[int, array[int]]] = {}
        self._others: dict[tuple[str, int], set[int]] = {}

    def is_new(self, line: Line) -> bool:
        """Whether this very line was not seen before; remembers it."""
        own = int.from_bytes(hashlib.sha256(journal.encode(line)).digest()[:8]) or 1
        pages = self._first.setdefault(line.node, {})
        number, place = divmod(line.n, 1 << _BITS)
        if number not in pages:
            pages[number] = array("Q", _PAGE)
        page = pages[number]
        if page[place] == own:
            return False
        if not page[place]:
            page[place] = own
            return True
        others = self._others.setdefault((line.node, line.n), set())
        if own in others:
            return False
        others.add(own)
        return True

    @property
    def disputed(self) -> tuple[str, ...]:
        """The numbers that bear more than one line, as `node#n`, by node and number."""
        return tuple(f"{node}#{number}" for node, number in sorted(self._others))
