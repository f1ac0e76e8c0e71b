"""A folder for a network: `renkei lgwan init` writes its settings, with a word on every key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sim.base.errors import UsageError
from sim.drivers.live.network import quantities
from sim.drivers.live.network.control import token_of
from sim.drivers.live.network.settings import FILE, Quality

CODES: Final = "municipalities.csv"

_TEXT: Final = """\
# The network between exchange terminals and the ministry server (LGWAN): `renkei lgwan run DIR`.
# Rates: 64k, 1.5M, unlimited (bits a second, both directions together). Durations: 40ms, 30s, 5m, 2h.

ministry = "{ministry}"     # HOST:PORT of the ministry server
# Where terminals call. "loopback": each line has an address of this machine, 127.PP.C.NN for the code PPCNNX
# (131041 calls 127.13.1.4); any other address of this machine: tell the lines apart by `at` or `sources`.
listen = "loopback"
port = {port}              # of all lines; 0 takes any free port
control_port = 0          # of `renkei lgwan set`, on loopback; 0 takes any free port
codes_file = "{codes}"    # the allow-list: a row for each municipality, code[,name]
seed = 1                  # of the loss: the same seed loses the same segments
connections = 10000       # at most so many at a time, over all lines

[defaults]                # of every line that says nothing else
rate = "{rate}"
latency = "{latency}"     # one way
loss = {loss}             # how probably a segment of 1,460 bytes has to be sent again: a stall, as in TCP
capture = false           # keep every byte, in capture/*.pcap

[capture]                 # the newest files are kept
largest = "64MiB"
files = 16

# A line that differs, or whose terminal calls from another machine:
# [[lines]]
# code = "131041"
# rate = "64k"
# at = "192.0.2.10:8443"             # an address and port of its own, or
# sources = ["192.0.2.64/26"]        # the networks it calls from, at `listen` and `port`

# A planned outage, of one line or (without `line`) of all:
# [[outages]]
# name = "maintenance"
# line = "131041"
# start = 2026-03-31T22:00:00+09:00
# end = 2026-04-01T05:00:00+09:00
"""


def make(folder: Path, ministry: str, names: Mapping[str, str], quality: Quality, port: int) -> Path:
    """Writes settings, allow-list and token into a folder; gives the settings' path. `names` by code.

    Raises:
        UsageError: there are settings already, or the folder cannot be written.
    """
    path = folder / FILE
    text = _TEXT.format(
        ministry=ministry,
        port=port,
        codes=CODES,
        rate=quantities.shown_rate(quality.rate),
        latency=quantities.shown_duration(quality.latency),
        loss=quality.loss,
    )
    rows = "".join(f"{code},{_quoted(name)}\n" if name else f"{code}\n" for code, name in names.items())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
        (folder / CODES).write_text(f"code,name\n{rows}", encoding="utf-8")
        token_of(folder)
    except FileExistsError:
        raise UsageError(
            "there are settings of a network already",
            where=str(path),
            remedy="give another folder, or edit the file",
        ) from None
    except OSError as error:
        raise UsageError(
            "the folder of the network cannot be written",
            where=str(error.filename or folder),
            received=str(error.strerror),
            remedy="give a folder in which you may write",
        ) from error
    return path


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if any(sign in name for sign in ',"\r\n') else name
