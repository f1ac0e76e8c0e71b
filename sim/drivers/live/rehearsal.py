"""A rehearsal: one recorded list of inputs through two real processes, and the journal that they wrote.

The journal equals, line for line, that of the same inputs in simulated time over a line without latency and
limit, once the simulated network is taken out of that one (`journal.splice`). A rehearsal that was killed
goes on where it was when it is called again with the same inputs and folder.
"""

from __future__ import annotations

import filecmp
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from sim.base import journal
from sim.base.errors import UsageError
from sim.base.instant import Instant
from sim.base.journal import Line
from sim.drivers.edge import SealedEdge
from sim.drivers.live import keys, ministry, municipality
from sim.drivers.live.process import Process, Setup
from sim.drivers.live.recording import write_inputs
from sim.drivers.topology import Topology
from sim.drivers.world import Input
from sim.stores.sql import SqlStore, open_database

# Real seconds for a whole rehearsal, unless told otherwise, and between two looks at the processes.
WITHIN: Final = 3600.0
_LOOK: Final = 0.05


def prepare(topology: Topology, folder: Path) -> SealedEdge:
    """Makes the folder with its keys when they are missing; gives the municipality's envelope keys.

    For inputs that hold sealed bytes, which must be made with the keys of the rehearsal.
    """
    _check(topology)
    folder.mkdir(parents=True, exist_ok=True)
    keys.make(folder, topology)
    return keys.municipality_edge(folder, topology)


def rehearse(
    topology: Topology, inputs: Iterable[Input], until: Instant, folder: Path, *, within: float = WITHIN
) -> Iterator[Line]:
    """Plays the inputs and every wake before `until` in two processes; gives the merged journal.

    Keys, recording and databases stay in `folder`.

    Raises:
        UsageError: the topology asks for what only simulated time has, or the folder holds another run.
        HarnessError: a process failed, or it takes longer than `within` real seconds.
    """
    prepare(topology, folder)
    record(inputs, folder)
    end = time.monotonic() + within
    with start_ministry(topology, folder) as server:
        with start_municipality(topology, folder, server.port(), until) as player:
            while not player.ended():
                if server.ended():
                    raise server.died("it should have gone on until the municipality was done")
                if time.monotonic() > end:
                    raise player.died(f"done within {within:.0f} seconds")
                time.sleep(_LOOK)
            player.wait(within=0)
        server.stop()
    return lines(topology, folder)


def record(inputs: Iterable[Input], folder: Path) -> None:
    """Writes the recording into the folder.

    Raises:
        UsageError: there is one with other inputs.
    """
    recording = folder / municipality.INPUTS
    part = recording.with_suffix(".part")
    write_inputs(part, inputs)
    if recording.exists() and not filecmp.cmp(recording, part, shallow=False):
        raise UsageError(
            "the folder holds another rehearsal",
            where=str(folder),
            remedy="give an empty folder, or remove it",
        )
    os.replace(part, recording)


def start_ministry(topology: Topology, folder: Path, port: int = 0) -> Process:
    """Starts the ministry server in rehearsal mode; `port` 0 takes a free one, which `Process.port` gives."""
    return Process("ministry", _setup(topology, folder, port))


def start_municipality(topology: Topology, folder: Path, port: int, until: Instant) -> Process:
    """Starts the municipality, which plays the recording against the server at `port` and ends."""
    return Process("municipality", _setup(topology, folder, port, until))


def lines(topology: Topology, folder: Path) -> Iterator[Line]:
    """The merged journal of both databases."""
    above = open_database(folder / ministry.DATABASE, durable=False)
    below = open_database(folder / municipality.DATABASE, durable=False)
    try:
        actors = topology.municipality(lambda node, state: SqlStore(below, node, state))
        actors |= topology.ministry(lambda node, state: SqlStore(above, node, state))
        yield from journal.merge(actor.store.journal() for actor in actors.values())
    finally:
        above.dispose()
        below.dispose()


def _setup(topology: Topology, folder: Path, port: int, until: Instant | None = None) -> Setup:
    at = topology.exchange_at.isoformat()
    return Setup(str(folder.resolve()), topology.code, at, port, True, until or Instant(0))


def _check(topology: Topology) -> None:
    """Refuses what a real network and another process cannot be given."""
    plain = Topology(topology.code, topology.exchange_at)
    for name in ("line", "outages", "rules", "profile", "fittings"):
        if getattr(topology, name) != getattr(plain, name):
            raise UsageError(
                f"the live clock knows no other {name} than the standard one",
                expected=f"Topology({topology.code!r}, {topology.exchange_at!r})",
                remedy="variants, lines and outages are for simulated time",
            )
