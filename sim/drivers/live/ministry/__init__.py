"""The ministry server as a process: its node behind mutual TLS, its memory in a database.

    terminal ── TLS ── application: access, limits ── desk, transfer ── clerk ── office ── node
                                                                          └── arrivals: kept, pieces, sealed

An upload is kept durably before it is answered, many in one commit (`intake`); the office decides kept
batches one after the other (`office`). `server` puts it together from a folder (`folder`) and its settings.
"""

from __future__ import annotations

from sim.drivers.live.ministry.office import Office
from sim.drivers.live.ministry.server import run
from sim.drivers.live.ministry.settings import DATABASE

__all__ = ["DATABASE", "Office", "run"]
