"""The network's own journal: who was let through and who was not, when nothing passed. Never a payload.

The kinds are those of `sim.nodes.lgwan` where the same thing happens. One thing is different: a proxy sees
connections, not batches, so `subject` names a connection (`131041-C000017`), and `bytes` are all of its
bytes.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Final

from sim.base import journal
from sim.base.instant import Instant
from sim.base.journal import Data, Line
from sim.drivers.live.clock import Clock
from sim.drivers.topology import LGWAN

FILE: Final = "journal.ndjson"


class Journal:
    """Writes lines behind those of earlier runs. Without a folder it only counts.

    When the disk fails, writing stops and `fault` says why; the network goes on.
    """

    def __init__(self, folder: Path | None, clock: Clock) -> None:
        self._clock = clock
        self._waiting: list[Line] = []
        self._file: IO[bytes] | None = None
        self._n = 0
        self.fault = ""
        if folder is not None:
            path = folder / FILE
            self._n = _last(path)
            self._file = path.open("ab")

    def say(self, kind: str, subject: str = "", data: Data | None = None, cause: str = "") -> str:
        """An entry that happened now; gives its id."""
        self._n += 1
        line = Line(
            journal.VERSION, LGWAN, self._n, Instant(self._clock.now), kind, cause, "", subject, data or {}
        )
        if self._file is not None and not self.fault:
            self._waiting.append(line)
        return line.id

    def flush(self) -> None:
        """What was said so far can be read."""
        if self._file is None or not self._waiting:
            return
        data = journal.encode_together(self._waiting)
        self._waiting.clear()
        try:
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            self.fault = str(error.strerror or error)

    def close(self) -> None:
        """Writes the rest."""
        self.flush()
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                self.fault = self.fault or str(error.strerror or error)
            self._file = None


def _last(path: Path) -> int:
    """The number of the last line; a line that a crash cut short is taken away."""
    if not path.exists():
        return 0
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        # A line is a few hundred bytes: the last whole one lies in this.
        start = max(0, end - 65_536)
        file.seek(start)
        tail = file.read()
        whole = tail.rfind(b"\n") + 1
        if whole < len(tail):
            file.truncate(start + whole)
        rows = tail[:whole].splitlines()
    return journal.decode(rows[-1]).n if rows else 0
