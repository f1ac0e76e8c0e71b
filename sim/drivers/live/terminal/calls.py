"""What other threads want done in the station's own thread, one after the other between two commits."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from sim.base.errors import HarnessError

T = TypeVar("T")

# Seconds after which a caller looks whether there is still somebody to answer.
_LOOK: Final = 1.0


class Calls:
    """A queue of calls. The thread that says `own` serves it; all others, and signal handlers, may call."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._owner = 0
        self._stopped = threading.Event()

    @property
    def stopped(self) -> bool:
        """Whether it was asked to stop."""
        return self._stopped.is_set()

    def own(self) -> None:
        """From now on calls are served by this thread."""
        self._owner = threading.get_ident()

    def stop(self) -> None:
        """Asks the serving thread to stop, and wakes it."""
        self._stopped.set()
        self._queue.put(None)

    def do(self, act: Callable[[], T]) -> T:
        """Acts in the serving thread and gives what came of it.

        Raises:
            HarnessError: it stops, so that nobody will act.
        """
        if threading.get_ident() == self._owner:
            return act()
        future: Future[T] = Future()
        if self._stopped.is_set():
            raise HarnessError("the terminal stops")
        self._queue.put((act, future))
        while True:
            try:
                return future.result(_LOOK)
            except TimeoutError:
                if self._stopped.is_set() and not future.done():
                    raise HarnessError("the terminal stops") from None

    def serve(self, seconds: float) -> None:
        """Serves what waits, and what comes within `seconds` when nothing does."""
        try:
            item = self._queue.get(timeout=seconds)
        except queue.Empty:
            return
        while item is not None:
            act, future = item
            try:
                future.set_result(act())
            except Exception as error:
                future.set_exception(error)
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return

    def refuse(self) -> None:
        """Nobody serves any more: whoever waits is told."""
        self._stopped.set()
        while not self._queue.empty():
            item = self._queue.get()
            if item is not None:
                item[1].set_exception(HarnessError("the terminal stops"))
