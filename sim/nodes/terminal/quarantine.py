"""What the virus scanner stops on its way in: it is not read, not imported, and its sender is told.

The gate scans a batch when it is out of its envelope and before anything of it is read (`sim.nodes.intake`).
What is found goes into quarantine: here only what it was, not its content; the bytes themselves are the
edge's to seal away (`sim.drivers.folders`). The batch is refused with `INFECTED`, so its sender learns it
with the next exchange and closes the number with another edition, as for any batch that is refused for what
it is: the sequence goes on. The same bytes stay refused, whatever the scanner learns.

Source: seed 003, line 257.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from sim.base.instant import Instant
from sim.base.journal import Entry
from sim.base.node import NodeId, Table, Tables
from sim.exchange.batch import digest_of
from sim.nodes.messages.network import Arrival


def built_in(content: bytes) -> str:
    """The scanner of a terminal that was given none: it knows the antivirus makers' public test file."""
    from sim.exchange.folders import scan_for_test_file

    return scan_for_test_file(content)


class Quarantined(msgspec.Struct, frozen=True):
    """One thing in quarantine. `what`: the scanner's name for it; `digest`: SHA-256 of its bytes."""

    ref: str
    sender: NodeId
    at: Instant
    what: str
    digest: str
    size: int


_QUARANTINE = Table("quarantine", Quarantined)
TABLES: Final[tuple[Table[Any], ...]] = (_QUARANTINE,)
"""All that is kept here."""


class Quarantine:
    """What one terminal has stopped."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def put(self, arrival: Arrival, ref: str, what: str, now: Instant) -> Entry | None:
        """Puts an arrival aside; gives what the journal says, None for what lies there already."""
        digest = digest_of(arrival.content)
        if self._tables.get(_QUARANTINE, digest) is not None:
            return None
        found = Quarantined(ref, arrival.sender, now, what, digest, len(arrival.content))
        self._tables.put(_QUARANTINE, digest, found)
        return Entry("batch_quarantined", "", ref, {"what": what})

    def everything(self) -> list[Quarantined]:
        """All that was put aside, in the order in which it came."""
        return sorted((found for _, found in self._tables.scan(_QUARANTINE)), key=lambda one: one.at)
