"""How often Python looks for cycles of objects while much is made and nearly all of it stays.

What nodes write down has no cycles and is freed by its count of references. Each search of the collector
walks through all that is kept, and a run that keeps more and more pays for the same objects again and again:
a tenth of its time. So searches are seldom while a run is played or folded, and the few cycles wait a little.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SELDOM: Final = 300_000
"""So many more objects made than freed before the next search."""


@contextmanager
def seldom() -> Iterator[None]:
    """Searches seldom inside the block. Whoever set a longer interval, or none (0), keeps it."""
    youngest, *older = before = gc.get_threshold()
    if 0 < youngest < SELDOM:
        gc.set_threshold(SELDOM, *older)
    try:
        yield
    finally:
        gc.set_threshold(*before)
