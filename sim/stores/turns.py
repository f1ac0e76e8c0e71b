"""A lock that is given in the order of asking.

The one of the standard library is mostly taken again by the thread that has just let go of it.
"""

from __future__ import annotations

import threading
from collections import deque


class Turns:
    """A lock given in the order of asking. Whoever has it may take it again."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._queue: deque[threading.Lock] = deque()
        self._taken = False
        self._owner = 0
        self._depth = 0

    @property
    def mine(self) -> bool:
        """Whether the calling thread has its turn."""
        return self._owner == threading.get_ident()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._queue)

    def take(self) -> None:
        """Waits for the turn of the calling thread."""
        me = threading.get_ident()
        if self._owner == me:
            self._depth += 1
            return
        with self._guard:
            if not self._taken:
                self._taken, self._owner, self._depth = True, me, 1
                return
            turn = threading.Lock()
            turn.acquire()
            self._queue.append(turn)
        try:
            turn.acquire()
        except BaseException:
            with self._guard:
                if turn in self._queue:
                    self._queue.remove(turn)
                else:
                    self._next()  # it was given to us in this very moment
            raise
        self._owner, self._depth = me, 1

    def give_back(self) -> None:
        """The turn is over: the next one's begins."""
        self._depth -= 1
        if self._depth:
            return
        self._owner = 0
        with self._guard:
            self._next()

    def _next(self) -> None:
        if self._queue:
            self._queue.popleft().release()  # it stays taken: by whoever waited longest
        else:
            self._taken = False
