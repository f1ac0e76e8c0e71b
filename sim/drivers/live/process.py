"""A live process: how it is started in isolation, watched, stopped and killed.

A stranger's `sim/` in the working directory must not stand in front of ours, so `python -m` will not do: the
child ignores the environment and the working directory (`-I`), takes over the path by which its parent found
us, and refuses to go on when that leads to another `sim`. It also ends as soon as its standard input ends,
which is when its parent has died: every step is committed or never happened, so no more is needed.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Final, NoReturn, Self

import msgspec

import sim
from sim.base.errors import HarnessError, RenkeiError
from sim.base.instant import Instant

READY: Final = "renkei: listening on port "
_STOPPED: Final = 2
_ORPHANED: Final = 3
# Real seconds that a process has to say that it is ready, and to stop when asked.
START_WITHIN: Final = 60.0
STOP_WITHIN: Final = 20.0

_CODE: Final = """\
import sys
sys.path[:] = sys.argv[4:]
import sim
if sim.__file__ != sys.argv[1]:
    sys.exit(f"another sim lies in front of ours: {sim.__file__}")
from sim.drivers.live.process import become
become(sys.argv[2], sys.argv[3])
"""


class Setup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a live process is told at its start. `exchange_at`: ISO clock time in Japan."""

    folder: str
    code: str
    exchange_at: str
    port: int = 0
    rehearsal: bool = False
    until: Instant = Instant(0)


def become(name: str, setup: str) -> NoReturn:
    """In the child: runs `sim.drivers.live.<name>` until it is done."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        importlib.import_module(f"sim.drivers.live.{name}").run(msgspec.json.decode(setup, type=Setup))
    except RenkeiError as error:
        print(f"renkei: {error}", file=sys.stderr, flush=True)
        sys.exit(_STOPPED)
    sys.exit(0)


def _end_with_parent() -> None:
    # Not through `sys.stdin`: a reader that waits in it would hold its lock when the process ends.
    while os.read(0, 1):
        pass
    os._exit(_ORPHANED)


class Process:
    """A child of ours. As a context manager it is killed on the way out, whatever happened."""

    def __init__(self, name: str, setup: Setup) -> None:
        self.name = name
        self._tail: deque[str] = deque(maxlen=40)
        self._port: queue.SimpleQueue[int] = queue.SimpleQueue()
        arguments = (str(sim.__file__), name, msgspec.json.encode(setup).decode(), *_path())
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", "-c", _CODE, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def port(self) -> int:
        """Waits until the server is ready and gives its port.

        Raises:
            HarnessError: it ended before, or it takes too long.
        """
        end = time.monotonic() + START_WITHIN
        while time.monotonic() < end:
            with contextlib.suppress(queue.Empty):
                return self._port.get(timeout=0.1)
            if self.ended():
                raise self.died("it should have gone on")
        raise self.died(f"not ready within {START_WITHIN:.0f} seconds")

    def ended(self) -> bool:
        """Whether it runs no more."""
        return self._child.poll() is not None

    def wait(self, within: float) -> None:
        """Waits for the end of a process that ends by itself.

        Raises:
            HarnessError: it failed, or it takes longer than `within` real seconds.
        """
        try:
            code = self._child.wait(within)
        except subprocess.TimeoutExpired:
            raise self.died(f"not done within {within:.0f} seconds") from None
        if code != 0:
            raise self.died("it should have ended by itself, without a fault")

    def stop(self) -> None:
        """Asks it to stop and waits until it has.

        Raises:
            HarnessError: it did not stop in time, or not without a fault.
        """
        self._child.terminate()
        self.wait(STOP_WITHIN)

    def kill(self) -> None:
        """Kills it (SIGKILL) if it still runs."""
        self._child.kill()
        self._child.wait(STOP_WITHIN)
        self._reader.join(STOP_WITHIN)
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()

    def died(self, expected: str) -> HarnessError:
        """The error that says how the process ended, with its last output."""
        code = self._child.poll()
        if code is not None:
            self._reader.join(STOP_WITHIN)
        said = "\n".join(self._tail) or "it said nothing"
        return HarnessError(
            f"the live process {self.name!r} failed",
            expected=expected,
            received=("still running" if code is None else f"exit code {code}")
            + f"; its last output:\n{said}",
        )

    def _read(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            if line.startswith(READY):
                self._port.put(int(line.removeprefix(READY)))
            else:
                self._tail.append(line.rstrip())


def _path() -> list[str]:
    """The path by which this process found `sim`, without entries that depend on the working directory."""
    home = str(Path(str(sim.__file__)).parents[1])
    path = [entry for entry in sys.path if os.path.isabs(entry)]
    return path if home in path else [home, *path]
