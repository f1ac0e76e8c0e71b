"""Row "card read through pcscd": pyscard, the real daemon and its driver in between, whole files.

As a program of its own it is one measurement: `card_pcscd.py CARD-TYPE READS`. It starts a private daemon.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import card_read, harness
from bench.harness import Figure, Goal, Options, Sample, Say, spread

ROW: Final = "card read through pcscd"
READS: Final = 5
TYPES: Final = ("1", "05")
MILLISECONDS: Final = Goal(20)

NOTES: Final = (
    "card read through pcscd: chip, virtual reader and pyscard in one process, pcscd in another; from the"
    " reset of a powered card to the last answer. What is read equals the read in process.",
)


def one(kind: str, reads: int) -> Sample:
    """Reads through the daemon; the outcome is what they gave."""
    from virtual_card.chip.chip import Chip
    from virtual_card.draws import Draws
    from virtual_card.layouts import CardType
    from virtual_card.transports.in_process import InProcess
    from virtual_card.transports.pcsc import Pcsc
    from virtual_card.transports.pcscd import PrivateDaemon
    from virtual_card.transports.vpcd import VirtualSlot

    class Connected:
        """The card stays powered up between two reads, as in a reader at a counter."""

        def __init__(self, inner: Pcsc) -> None:
            self.inner = inner
            self.transmit, self.reset, self.disconnect = inner.transmit, inner.reset, inner.disconnect

        def connect(self) -> bytes:
            return self.inner.reset()

    chip = Chip(card_read.content_of(CardType(kind)), Draws(card_read.SEED, "chip").octets)
    with tempfile.TemporaryDirectory(prefix="renkei-") as folder, PrivateDaemon(Path(folder)) as daemon:
        os.environ.update(daemon.environment)
        with VirtualSlot(InProcess(chip), daemon.slots[0].port):
            pcsc = Pcsc(daemon.slots[0].reader, wait=10)
            pcsc.connect()
            transport = Connected(pcsc)
            files = card_read.digests(card_read.read(transport, "whole"))
            sample = card_read.timed(lambda: card_read.read(transport, "whole"), reads, {"files": files})
            pcsc.disconnect()
    return sample


def measure(options: Options, say: Say) -> list[Figure]:
    """The figures of this row.

    Raises:
        Unequal: a read through the daemon gave something else than one in process.
        CannotRun: pcscd, its driver or pyscard is missing.
    """
    found: dict[str, list[Sample]] = {kind: [] for kind in TYPES}
    for number in range(1, options.repeats + 1):
        for kind in TYPES:
            sample = harness.sample(Path(__file__), kind, str(READS))
            harness.assert_equal(sample.outcome, {"files": card_read.ours(1, kind, "whole").outcome["files"]})
            found[kind].append(sample)
        say(
            f"{number} of {options.repeats}: "
            + ", ".join(f"{1000 * s[-1].seconds:.1f} ms" for s in found.values())
        )
    return [
        Figure(
            ROW, f"whole files, type {kind}", "ms", spread([1000 * s.seconds for s in taken]), MILLISECONDS
        )
        for kind, taken in found.items()
    ]


if __name__ == "__main__":
    from virtual_card.errors import CardError

    try:
        print(json.dumps(asdict(one(sys.argv[1], int(sys.argv[2])))))
    except CardError as error:
        raise SystemExit(str(error).replace("\n", ";")) from None
