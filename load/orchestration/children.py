"""Child processes of a load test: the engine, and commands of `renkei` itself (server, network).

A stranger's `load/` or `sim/` in the working directory must not stand in front of ours, so a child ignores
environment and working directory (`-I`), takes over the path by which its parent found us, and refuses to go
on when that leads elsewhere. It ends when its standard input does, which is when its parent has died, and it
is no part of the terminal's process group: Ctrl-C is the parent's to act on.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

import load
from load.engine.setup import Setup
from sim.base.errors import HarnessError

# Seconds that a child has to stop when it is asked to.
STOP_WITHIN: Final = 30.0
_TAIL: Final = 40
_CLOSED_TO_STRANGERS: Final = """\
import sys
sys.path[:] = sys.argv[3:]
import load
if load.__file__ != sys.argv[1]:
    sys.exit(f"another load lies in front of ours: {load.__file__}")
"""
_ENGINE: Final = f"""\
{_CLOSED_TO_STRANGERS}
from gevent import monkey
monkey.patch_all()
from load.engine.process import become
become(sys.argv[2])
"""
_COMMAND: Final = f"""\
{_CLOSED_TO_STRANGERS}
import json, os, threading
def end_with_parent():
    while os.read(0, 1):
        pass
    os._exit(3)
threading.Thread(target=end_with_parent, daemon=True).start()
import renkei
sys.argv[:] = ["renkei", *json.loads(sys.argv[2])]
renkei.main()
"""


class Child:
    """A child of ours. As a context manager it is killed on the way out, whatever happened.

    Args:
        name: how messages call it.
        log: where what it says on standard error goes; what it says on standard output is handed to `hear`.
    """

    def __init__(self, name: str, code: str, argument: str, log: Path, hear: Callable[[str], None]) -> None:
        self.name = name
        self._log = log
        self._hear = hear
        self._tail: deque[str] = deque(maxlen=_TAIL)
        with log.open("ab") as errors:
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", "-c", code, str(load.__file__), argument, *_path()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        return self._child.pid

    def ended(self) -> bool:
        """Whether it runs no more."""
        return self._child.poll() is not None

    def wait(self, within: float) -> int:
        """Waits for its end; gives its exit code.

        Raises:
            HarnessError: it takes longer than so many seconds.
        """
        try:
            code = self._child.wait(within)
        except subprocess.TimeoutExpired:
            raise self.died(f"done within {within:.0f} seconds") from None
        self._reader.join(STOP_WITHIN)
        return code

    def ask_to_stop(self) -> None:
        """SIGTERM, if it still runs."""
        if not self.ended():
            self._child.terminate()

    def stop(self) -> int:
        """Asks it to stop, waits until it has, and gives its exit code."""
        self.ask_to_stop()
        return self.wait(STOP_WITHIN)

    def kill(self) -> None:
        """SIGKILL, if it still runs."""
        self._child.kill()
        self._child.wait(STOP_WITHIN)
        self._reader.join(STOP_WITHIN)
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()

    def died(self, expected: str) -> HarnessError:
        """The error that says how it ended, with its last words."""
        code = self._child.poll()
        said = "\n".join(self._tail) + _end_of(self._log)
        return HarnessError(
            f"{self.name} failed",
            where=str(self._log),
            expected=expected,
            received=("still running" if code is None else f"exit code {code}")
            + f"; its last words:\n{said or 'none'}",
        )

    def _read(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            self._tail.append(line.rstrip())
            self._hear(line.rstrip("\n"))


def engine(name: str, setup: Setup, log: Path, hear: Callable[[str], None]) -> Child:
    """Starts an engine."""
    return Child(name, _ENGINE, msgspec.json.encode(setup).decode(), log, hear)


def command(name: str, arguments: Sequence[str], log: Path, hear: Callable[[str], None]) -> Child:
    """Starts `renkei` with these arguments."""
    return Child(name, _COMMAND, msgspec.json.encode(list(arguments)).decode(), log, hear)


class Said:
    """Waits for lines that a child says on standard output."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._news = threading.Condition()

    def __call__(self, line: str) -> None:
        with self._news:
            self._lines.append(line)
            self._news.notify_all()

    def last(self, beginning: str) -> str | None:
        """What follows `beginning` in the last line that begins so."""
        with self._news:
            found = (line for line in reversed(self._lines) if line.startswith(beginning))
            return next((line.removeprefix(beginning) for line in found), None)

    def first(self, beginning: str, child: Child, within: float) -> str:
        """What follows `beginning` in the first line that begins so.

        Raises:
            HarnessError: the child ended before, or it takes too long.
        """
        end = time.monotonic() + within
        while time.monotonic() < end:
            with self._news:
                for line in self._lines:
                    if line.startswith(beginning):
                        return line.removeprefix(beginning)
                self._news.wait(0.1)
            if child.ended():
                raise child.died(f"a line that begins with {beginning!r}")
        raise child.died(f"a line that begins with {beginning!r} within {within:.0f} seconds")


def _end_of(log: Path) -> str:
    try:
        return "\n" + log.read_text("utf-8", "replace")[-2000:]
    except OSError:
        return ""


def _path() -> list[str]:
    """The path by which this process found `load`, without what depends on the working directory."""
    home = str(Path(str(load.__file__)).parents[1])
    path = [entry for entry in sys.path if os.path.isabs(entry)]
    return path if home in path else [home, *path]
