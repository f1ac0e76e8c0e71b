"""The child process of a run: starting it, hearing what it says meanwhile, and ending it in time.

The child lives in a session of its own, so that an interrupt reaches it once, from here, and it can close its
journals. It says what goes on over a pipe, a line at a time; the end of that pipe is its end.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from conformance.adapters.environment import inherited
from sim.base.errors import HarnessError

if TYPE_CHECKING:
    from conformance.worker import Job

GRACE: Final = 20.0
"""Seconds that the child has to close its journals once it was told to stop."""

LOOK: Final = 1.0
"""Seconds after which the time is looked at again, though nothing was said."""

BOOT: Final = """
import json, sys
job = json.loads(sys.argv[1])
sys.path[:] = job["path"]
import msgspec
from conformance.worker import Job, work
sys.exit(work(msgspec.convert(job, Job)))
"""


class Stopped(StrEnum):
    """Why a child stopped before it was done."""

    NOT = ""
    TIME = "the time for the whole run was over"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Child:
    """How it ended. `said`: its standard output and standard error."""

    code: int
    stopped: Stopped
    said: str


def child(job: Job, out: Path, patience: float, say: Callable[[str], None]) -> Child:
    """Has a child process do a job, for so many seconds at most.

    Raises:
        HarnessError: it cannot be started.
    """
    reading, writing = os.pipe()
    try:
        with (out / ".said").open("wb+") as said:
            try:
                process = subprocess.Popen(
                    [
                        sys.executable,
                        "-P",
                        "-c",
                        BOOT,
                        msgspec.json.encode(msgspec.structs.replace(job, tells=writing)).decode(),
                    ],
                    cwd=out,
                    env=environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                    pass_fds=(writing,),
                    start_new_session=True,
                )
            except OSError as error:
                raise HarnessError("the cases could not be run", received=str(error)) from error
            finally:
                os.close(writing)
            try:
                stopped = _hear(process, reading, patience, say)
            finally:
                if process.poll() is None:
                    process.kill()
                code = process.wait()
            said.seek(0)
            return Child(code, stopped, said.read().decode(errors="replace").strip())
    finally:
        os.close(reading)


def environment() -> dict[str, str]:
    """What the child is given: the caller's variables, without those that change Python or pytest."""
    # A plugin that merely happens to be installed takes no part.
    return inherited() | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONUTF8": "1"}


def _hear(
    process: subprocess.Popen[bytes], reading: int, patience: float, say: Callable[[str], None]
) -> Stopped:
    """Passes on what it says until it ends; tells it to stop when it must, and why that was."""
    stopped = Stopped.NOT
    deadline = time.monotonic() + patience
    rest = b""
    while True:
        try:
            left = deadline - time.monotonic()
            if left <= 0:
                if stopped is not Stopped.NOT:
                    return stopped  # it had its grace
                stopped, deadline = Stopped.TIME, time.monotonic() + GRACE
                process.send_signal(signal.SIGINT)
                continue
            if not select.select([reading], [], [], min(left, LOOK))[0]:
                continue
            chunk = os.read(reading, 1 << 16)
            if not chunk:
                process.wait(GRACE)
                return stopped
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                say(line.decode(errors="replace"))
        except KeyboardInterrupt:
            if stopped is Stopped.INTERRUPTED:
                return stopped  # whoever interrupts twice does not want to wait
            stopped, deadline = Stopped.INTERRUPTED, time.monotonic() + GRACE
            process.send_signal(signal.SIGINT)
        except subprocess.TimeoutExpired:
            return stopped
