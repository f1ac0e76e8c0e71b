"""`renkei terminal run`: the station, its console, and the signals that end it."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Final

from sim.drivers.live.terminal.console import Console
from sim.drivers.live.terminal.logs import log, to_standard_error
from sim.drivers.live.terminal.settings import read
from sim.drivers.live.terminal.station import Station

READY: Final = "renkei: terminal ready, console on port "


def run(folder: Path) -> None:
    """Works until SIGTERM or SIGINT.

    Raises:
        UsageError: the folder is no terminal's, its keys are wrong, or another terminal works on it.
        HarnessError: the database cannot be opened.
    """
    place = read(folder)
    os.umask(0o077)
    to_standard_error()
    with Station(place) as station, Console(station, place.file.console.port, place.token()) as console:
        before = {
            number: signal.signal(number, lambda *_: station.stop())
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        log("started", code=place.code, server=place.file.server.url)
        print(f"{READY}{console.port}", flush=True)
        try:
            station.run()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            log("stopped")
