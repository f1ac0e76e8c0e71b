"""Looks at the server while it is under load: how much it has kept, what it takes of the machine.

A thread looks once in a while, at what costs the server next to nothing: its metrics, and what the system
says of its process. That the server does not answer for a moment, because it was killed on purpose or has a
lot to do, is no fault: that sample is missing.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_EVERY: Final = 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """The server at one moment. `at`, `oldest`: microseconds; `cpu`: share of a core since the last look;
    `memory`: bytes."""

    at: int
    kept: int
    oldest: int
    cpu: float | None
    memory: int


@dataclass(frozen=True, slots=True)
class Told:
    """What the server tells of itself: batches it has kept and not decided, and the age of the oldest, in
    microseconds."""

    kept: int
    oldest: int


class Watch:
    """As a context manager it looks until it is left.

    Args:
        pid: the server's process now; it changes when the server is started again.
        ask: what the server tells; raises when it does not.
        begins: from when times count, by `time.monotonic`; may be set later.
    """

    def __init__(self, pid: Callable[[], int | None], ask: Callable[[], Told | None]) -> None:
        self._pid = pid
        self._ask = ask
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._samples: list[tuple[float, Sample]] = []

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def samples(self, begins: float) -> list[Sample]:
        """What was seen from then on, by `time.monotonic`."""
        return [
            Sample(int((at - begins) * 1e6), one.kept, one.oldest, one.cpu, one.memory)
            for at, one in self._samples
            if at >= begins
        ]

    def _run(self) -> None:
        before: tuple[int, float, float] | None = None
        while not self._end.wait(_EVERY):
            pid = self._pid()
            told = None if pid is None else self._ask()
            if pid is None or told is None:
                before = None
                continue
            now, used = time.monotonic(), processor_time(pid)
            share = None
            if before is not None and before[0] == pid and now > before[1]:
                share = (used - before[2]) / (now - before[1])
            before = (pid, now, used)
            self._samples.append((now, Sample(0, told.kept, told.oldest, share, resident(pid))))


def processor_time(pid: int) -> float:
    """Seconds of a processor that the process has used; 0 when it is gone or the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> int:
    """Bytes of memory that the process holds; 0 when it is gone or the system does not say."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
