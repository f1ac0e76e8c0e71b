"""The network as a process of its own: `renkei lgwan run`, or a child of a test or of a load test.

While it runs, `DIR/running.json` tells where its control endpoint listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import resource
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from sim.base.errors import HarnessError, UsageError
from sim.drivers.live.network.control import application, token_of
from sim.drivers.live.network.inside import within
from sim.drivers.live.network.proxy import Network
from sim.drivers.live.network.script import Script, play
from sim.drivers.live.network.settings import Settings, load
from sim.drivers.live.process import READY, Setup

RUNNING: Final = "running.json"
LOCK: Final = "running.lock"
CONTROL: Final = "renkei: control on port "


class Running(msgspec.Struct, frozen=True):
    """A network that runs. `port`: of its lines."""

    pid: int
    port: int
    control_port: int


def run(setup: Setup) -> None:
    """In a child process: the network of `setup.folder`, at `setup.port` if one is given."""
    folder = Path(setup.folder)
    settings = load(folder)
    if setup.port:
        settings = settings.model_copy(update={"port": setup.port})
    serve(folder, settings)


def serve(folder: Path, settings: Settings, script: Script | None = None) -> None:
    """Runs the network of a folder until SIGTERM or SIGINT; says on standard output where it listens.

    Raises:
        HarnessError: it cannot listen, or write into the folder.
        UsageError: the folder's network runs already.
    """
    _allow_sockets(settings.connections)
    try:
        with _alone(folder):
            asyncio.run(_serve(folder, settings, script))
    except OSError as error:
        raise HarnessError(
            "the network cannot write its folder",
            where=str(error.filename or folder),
            received=str(error.strerror or error),
            remedy="give a folder in which you may write",
        ) from error


def running(folder: Path) -> Running | None:
    """Where the network of a folder runs; None when it does not."""
    try:
        found = msgspec.json.decode((folder / RUNNING).read_bytes(), type=Running)
        os.kill(found.pid, 0)
    except PermissionError:
        return found  # it is somebody else's, and it lives
    except (OSError, msgspec.DecodeError):
        return None
    return found


async def _serve(folder: Path, settings: Settings, script: Script | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with Network(settings, folder) as network, _control(network, folder, settings) as control_port:
        steps = script.in_order if script is not None else []
        playing = asyncio.create_task(play(network, steps))
        with _written(folder, Running(os.getpid(), network.port, control_port)):
            print(f"{READY}{network.port}", flush=True)
            print(f"{CONTROL}{control_port}", flush=True)
            await stop.wait()
        playing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await playing


@asynccontextmanager
async def _control(network: Network, folder: Path, settings: Settings) -> AsyncIterator[int]:
    """The control endpoint, and its port."""
    own = socket.socket()
    try:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        own.bind(("127.0.0.1", settings.control_port))
    except OSError as error:
        own.close()
        raise HarnessError(
            "the control endpoint cannot listen",
            where=f"127.0.0.1:{settings.control_port}",
            received=str(error.strerror),
            remedy="give another port: --control-port, 0 for any free one",
        ) from error
    async with within(application(network, token_of(folder)), own):
        yield own.getsockname()[1]


@contextmanager
def _written(folder: Path, one: Running) -> Iterator[None]:
    path = folder / RUNNING
    part = path.with_suffix(".part")
    part.write_bytes(msgspec.json.encode(one))
    part.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keeps other networks off the folder: two would write one journal."""
    with (folder / LOCK).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = running(folder)
            raise UsageError(
                "the network of this folder runs already",
                where=str(folder),
                received=None if other is None else f"process {other.pid}, lines on port {other.port}",
                remedy="stop it, or change it with `renkei lgwan set`",
            ) from None
        yield


def _allow_sockets(connections: int) -> None:
    """Two sockets for each connection, as far as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * connections + 256
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
