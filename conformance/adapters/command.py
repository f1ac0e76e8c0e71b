"""`command`: a program that reads a line on its standard input and writes one on its standard output.

It is started without a shell, in a process group of its own, and in the folder of the plan. Nothing is read
ahead: a program that writes more than it was asked for is stopped by its own full pipe. Whatever it writes to
standard error is drained, and the end of it is shown when something goes wrong.

Whose fault: a program that cannot be started, or ends before it ever answered, is a HarnessError or a
UsageError; one that answers late, ends, or writes lines without end is a Breach.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from conformance.adapters.environment import inherited
from conformance.adapters.kind import Kind, Say, Seconds, Settings
from conformance.adapters.secrets import Secret, looked_up
from conformance.inspecting import Point, State
from conformance.protocol.conversation import ALONE, LOGS
from conformance.protocol.roles import Role
from sim.base.errors import Breach, HarnessError, RenkeiError, UsageError

GRACE: Final = 2.0
"""Seconds that a program may take to end once its input has."""
CHUNK: Final = 64 << 10
PIPE: Final = 16
"""Chunks after which a pipe that is still not empty is being filled again."""


class CommandSettings(Settings):
    """`command`: program and arguments. `folder`: where it works, from the plan's folder.

    `env`: variables beside the caller's; a value may be a secret. `start`, `answer`: seconds until the first
    answer, and until any other. `line_bytes`: the longest line; `stderr_bytes`: how much of the end of its
    standard error is kept.
    """

    kind: Literal["command"]
    command: Annotated[tuple[str, ...], Field(min_length=1)]
    folder: Path = Path()
    env: dict[str, str | Secret] = Field(default_factory=dict)
    start: Seconds = 20.0
    answer: Seconds = 60.0
    line_bytes: Annotated[int, Field(ge=1 << 10, le=1 << 30)] = 128 << 20
    stderr_bytes: Annotated[int, Field(ge=0, le=1 << 24)] = 16 << 10


class CommandChannel:
    """One running program. Raises a UsageError when there is none, a HarnessError when it does not start."""

    def __init__(self, settings: CommandSettings) -> None:
        self._settings = settings
        self._name = settings.command[0]
        self._answered = False
        self._limit = settings.start
        self._op = "hello"
        self._buffer = bytearray()
        self._errors = bytearray()
        env = {name: looked_up(value, f"adapter.env.{name}") for name, value in settings.env.items()}
        self._process = _started(settings, inherited() | env)
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._in, self._out, self._err = (
            stream.fileno() for stream in (self._process.stdin, self._process.stdout, self._process.stderr)
        )
        for descriptor in (self._in, self._out, self._err):
            os.set_blocking(descriptor, False)

    def talk(self, line: bytes) -> bytes:
        """Writes a line and gives the next one. Raises as a channel does."""
        self._note(line)
        deadline = time.monotonic() + self._limit
        self._drain()
        if self._buffer:
            raise self._breach("nothing before it is asked", repr(bytes(self._buffer[:200])), LOGS)
        waiting = bytearray(line + b"\n")
        with selectors.DefaultSelector() as selector:
            selector.register(self._in, selectors.EVENT_WRITE)
            selector.register(self._out, selectors.EVENT_READ)
            selector.register(self._err, selectors.EVENT_READ)
            while True:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise self._breach(f"an answer within {self._limit:g} s", "no whole line")
                for key, _ in selector.select(left):
                    if key.fd == self._in:
                        self._write(selector, waiting)
                    elif key.fd == self._err:
                        if not self._hear():
                            selector.unregister(self._err)
                    elif (found := self._read()) is not None:
                        return found

    def ended(self, within: float) -> int | None:
        """The exit code, once its input has ended and within so many seconds; None if it goes on."""
        self._close_input()
        return self._wait(within)

    def close(self) -> None:
        """Ends the program and whatever it started in its group; a second time, does nothing."""
        if self._process.returncode is not None:
            return
        self._close_input()
        self._wait(GRACE)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    # --- one line there, one line back ------------------------------------------------------------------
    def _note(self, line: bytes) -> None:
        """Which operation the line belongs to, and so how long the answer may take."""
        op = json.loads(line).get("op")
        if op is not None:  # a result given to a call belongs to the operation before
            self._op = op
            otherwise = self._settings.answer if self._answered else self._settings.start
            self._limit = self._settings.seconds_for(op, otherwise)

    def _write(self, selector: selectors.BaseSelector, waiting: bytearray) -> None:
        try:
            del waiting[: os.write(self._in, waiting[:CHUNK])]
        except BrokenPipeError:
            waiting.clear()  # it reads no more; what it still says, or its end, comes over its output
        if not waiting:
            selector.unregister(self._in)

    def _read(self) -> bytes | None:
        """The whole line, when it is there."""
        try:
            chunk = os.read(self._out, CHUNK)
        except BlockingIOError:
            return None
        if not chunk:
            raise self._gone()
        before = len(self._buffer)
        self._buffer += chunk
        at = self._buffer.find(b"\n", before)
        if max(at, len(self._buffer) if at < 0 else 0) > self._settings.line_bytes:
            raise self._breach(
                f"a line of at most {self._settings.line_bytes} bytes",
                "a longer one",
                f"end each answer with a line feed; adapter.line_bytes = {self._settings.line_bytes}"
                " in the plan sets the limit",
            )
        if at < 0:
            return None
        found = bytes(self._buffer[:at])
        del self._buffer[: at + 1]
        self._answered = True
        return found.removesuffix(b"\r")

    def _drain(self) -> None:
        """Takes what came since the last answer, as much as a pipe holds."""
        self._hear_out()
        with contextlib.suppress(BlockingIOError):
            self._buffer += os.read(self._out, CHUNK)

    def _hear(self) -> bool:
        """Takes some of standard error and keeps its end; whether there may be more."""
        try:
            chunk = os.read(self._err, CHUNK)
        except BlockingIOError:
            return False
        self._errors += chunk
        kept = self._settings.stderr_bytes
        del self._errors[: max(0, len(self._errors) - kept)]
        return bool(chunk)

    def _hear_out(self) -> None:
        """Takes what a pipe of standard error holds, and no more of one that never ends."""
        for _ in range(PIPE):
            if not self._hear():
                return

    # --- its end ----------------------------------------------------------------------------------------
    def _gone(self) -> RenkeiError:
        code = self._wait(GRACE)
        told = "it closed its standard output" if code is None else f"it ended with {_code(code)}"
        if self._answered:
            return self._breach("an answer", told)
        return HarnessError(
            "the program of the adapter could not be started",
            where=self._name,
            expected="an answer to `hello`",
            received=self._with_errors(told),
            remedy="run it by hand; it must stay and read standard input",
        )

    def _breach(self, expected: str, received: str, remedy: str = "") -> Breach:
        return Breach(
            "the adapter does not answer as it must",
            where=f"{self._name}, {self._op}",
            expected=expected,
            received=self._with_errors(received),
            remedy=f"{remedy}; {ALONE}" if remedy else ALONE,
        )

    def _with_errors(self, told: str) -> str:
        self._hear_out()
        tail = self._errors.decode("utf-8", "replace").strip()
        return f"{told}; its standard error ends with:\n{tail}" if tail else told

    def _close_input(self) -> None:
        if self._process.stdin is not None and not self._process.stdin.closed:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _wait(self, within: float) -> int | None:
        """Waits for the end without reaping it, so that its group keeps its number until it is killed."""
        deadline = time.monotonic() + within
        while True:
            found = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if found is not None:
                return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
            if time.monotonic() > deadline:
                return None
            self._drain_quietly()
            time.sleep(0.01)

    def _drain_quietly(self) -> None:
        """Keeps a program that says goodbye at length from waiting for a reader."""
        self._hear()
        with contextlib.suppress(BlockingIOError):
            os.read(self._out, CHUNK)


def _started(settings: CommandSettings, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            settings.command,
            cwd=settings.folder,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise UsageError(
            "the program of the adapter cannot be started",
            where="adapter.command",
            expected="a program that is there and may be run, and a folder to run it in",
            received=f"{' '.join(settings.command)} in {settings.folder}: {error}",
            remedy="give the whole path, and each argument as an item of its own",
        ) from error


def _code(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"signal {signal.Signals(-code).name}"
    return f"signal {-code}"


def _open(settings: CommandSettings, role: Role, say: Say) -> CommandChannel:
    return CommandChannel(settings)


def _inspect(settings: CommandSettings) -> list[Point]:
    program = settings.command[0]
    place = settings.folder / program if os.sep in program else None
    found = shutil.which(str(place) if place else program)
    points = [
        Point(
            id="command",
            ja="アダプタのプログラムがある",
            en="the adapter's program is there",
            state=State.PASS if found else State.FAIL,
            told=found or program,
            mend="" if found else "give a program that is there and may be run (chmod +x)",
        )
    ]
    if not settings.folder.is_dir():
        points.append(
            Point(
                id="folder",
                ja="アダプタのフォルダがある",
                en="the folder it works in is there",
                state=State.FAIL,
                told=str(settings.folder),
                mend="adapter.folder counts from the folder of the plan",
            )
        )
    return points


KIND: Final = Kind(
    "command",
    "標準入出力で話すプログラム",
    "a program over its streams",
    CommandSettings,
    _open,
    _inspect,
)
