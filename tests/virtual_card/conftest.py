"""A pcscd with virtual readers for the tests that talk to real programs.

Each test process has its own daemon in a folder of its own, so any number of processes run side by side, and
beside the machine's own daemon. libpcsclite fixes the socket when a process first asks it anything, which is
why the daemon lives as long as the process.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from virtual_card.transports.pcscd import PrivateDaemon


@pytest.fixture(scope="session")
def pcscd() -> Iterator[PrivateDaemon]:
    """A running daemon with four readers, all empty; this process' own PC/SC calls go to it."""
    folder = Path(tempfile.mkdtemp(prefix="renkei-"))
    try:
        with PrivateDaemon(folder, 4) as daemon, pytest.MonkeyPatch.context() as patch:
            for name, value in daemon.environment.items():
                patch.setenv(name, value)
            yield daemon
    finally:
        shutil.rmtree(folder)
