"""A real ministry server for tests: forked from a process that has imported everything, so it starts at once.

What is killed is a process of its own all the same: its memory, its connections and its locks go with it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx

from sim.drivers.live.ministry import folder as folders

_WITHIN: Final = 60.0
FORKS: Final = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["sim.drivers.live.ministry.server"])


def _serve(folder: str, port: int, admin_port: int, database: str | None, log: str) -> None:
    from sim.drivers.live.ministry import server

    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    server.serve(folders.read(Path(folder)), port=port, admin_port=admin_port, database=database)


class Served:
    """A server of a folder. After `kill` it can be started again, at the same ports."""

    def __init__(self, folder: Path, database: str | None = None) -> None:
        self.folder = folder
        self.database = database
        self._log = folder / "server.log"
        self.port = 0
        self.admin_port = 0
        self._process: multiprocessing.context.ForkServerProcess | None = None

    @property
    def url(self) -> str:
        """Where terminals find it."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def admin(self) -> str:
        """Where operators find it."""
        return f"http://127.0.0.1:{self.admin_port}"

    def start(self) -> None:
        """Starts it and waits until it is ready."""
        self.launch()
        self.ready()

    def launch(self) -> None:
        """Starts it; `ready` waits for it."""
        (self.folder / folders.RUNNING).unlink(missing_ok=True)
        arguments = (str(self.folder), self.port, self.admin_port, self.database, str(self._log))
        process = FORKS.Process(target=_serve, args=arguments, daemon=True)
        process.start()
        self._process = process

    def ready(self) -> None:
        """Waits until it takes requests."""
        process = self._process
        assert process is not None
        end = time.monotonic() + _WITHIN
        while not (self.folder / folders.RUNNING).exists():
            assert process.exitcode is None, self.said()
            assert time.monotonic() < end, self.said()
            time.sleep(0.005)
        running = folders.running(self.folder)
        self.port, self.admin_port = running.port, running.admin_port

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        os.kill(self._process.pid or 0, signal.SIGKILL)
        self._process.join(_WITHIN)

    def stop(self) -> int:
        """SIGTERM; gives the exit code."""
        assert self._process is not None
        self._process.terminate()
        self._process.join(_WITHIN)
        code = self._process.exitcode
        assert code is not None, self.said()
        return code

    def said(self) -> str:
        """What it logged."""
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    def settled(self, within: float = _WITHIN) -> None:
        """Waits until everything that is kept is decided."""
        end = time.monotonic() + within
        while True:
            with httpx.Client(trust_env=False) as client:
                overview = client.get(f"{self.admin}/overview").json()
            if overview["kept"] == 0:
                return
            assert time.monotonic() < end, overview
            time.sleep(0.05)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.exitcode is None:
            self.kill()
