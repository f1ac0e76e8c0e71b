"""What an engine process is told at its start, and what it leaves behind; light, for both sides to read."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import msgspec

from load.endpoints import Door
from load.results import Worker
from sim.base.errors import HarnessError

SUMMARY: Final = "engine.json"
MASTER: Final = "renkei: load master on port "
BEGINS: Final = "renkei: load begins at "
PROGRESS: Final = "renkei: exchanges over "
"""Lines that an engine says on standard output."""


class Setup(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an engine does.

    `role`: the whole load alone, or the master of `workers` workers, or one of those. `payloads`, `keys`,
    `out`: folders; a worker on another machine has copies of the first two, and leaves its rows to the
    master. `servers`: HOST:PORT, dealt out to the endpoints in turn; or `loopback_port`: the network's
    port, at which each endpoint has an address of its own. `until`: microseconds of the run after which
    exchanges are given up. `most`: exchanges at a time in one worker. `tolerance`: microseconds after which
    a start is late. `connect_within`: seconds in which the workers must have come. `ahead`: microseconds
    between the message that names the beginning and the beginning itself.
    """

    role: Literal["alone", "master", "worker"]
    payloads: str = ""
    keys: str = ""
    out: str = ""
    servers: tuple[str, ...] = ()
    loopback_port: int = 0
    until: int = 0
    most: int = 4096
    tolerance: int = 100_000
    workers: int = 1
    master_host: str = "127.0.0.1"
    master_port: int = 0
    connect_within: float = 60.0
    ahead: int = 1_000_000


class Share(msgspec.Struct, frozen=True):
    """What the master tells each worker: its part of the schedule, where the server is, and when it begins.

    `begins`: seconds since 1970 by the clock of the machine, which must be right on every one of several.
    """

    index: int
    of: int
    begins: float
    until: int
    most: int
    tolerance: int
    servers: tuple[str, ...]
    loopback_port: int
    fingerprint: str


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine leaves beside its rows. `histograms`: of all workers, merged.

    `begins`: seconds since 1970 at which time began to count. `cut`: why it ended early; empty if it did not.
    `lost`: workers that were not heard of any more.
    """

    begins: float
    ends: float
    exchanges: int
    workers: tuple[Worker, ...]
    histograms: dict[str, object]
    cut: str = ""
    lost: tuple[str, ...] = ()


def doors(servers: tuple[str, ...], loopback_port: int, code: str) -> Door:
    """Where the endpoint finds the server."""
    if loopback_port:
        from sim.drivers.live.network.settings import loopback_address

        return Door(loopback_address(code), loopback_port)
    host, _, port = servers[int(code[:5]) % len(servers)].rpartition(":")
    return Door(host, int(port))


def read_summary(folder: Path) -> Summary:
    """The summary of a run.

    Raises:
        HarnessError: the engine left none.
    """
    try:
        return msgspec.json.decode((folder / SUMMARY).read_bytes(), type=Summary)
    except (OSError, msgspec.DecodeError) as error:
        raise HarnessError(
            "the load generator left no summary", where=str(folder / SUMMARY), received=str(error)
        ) from error
