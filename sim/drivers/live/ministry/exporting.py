"""What leaves the server as files: its journal, and its audit log as anybody can verify it."""

from __future__ import annotations

import os
from pathlib import Path

from sim.base import journal
from sim.drivers.live.clock import WallClock
from sim.drivers.live.ministry import media
from sim.drivers.live.ministry.audit import EXPORTED, Audit
from sim.drivers.live.ministry.folder import Place
from sim.drivers.topology import MINISTRY
from sim.nodes.ministry import MinistryState
from sim.stores.database import open_database
from sim.stores.sql import SqlStore


def export(place: Place, where: Path | str, journal_file: Path, audit_file: Path) -> dict[str, int | str]:
    """Writes both files, whole or not at all; gives their sizes and where the chain ends. The log tells of
    it.

    Raises:
        RenkeiError: the database cannot be opened, or the files cannot be written.
    """
    database = open_database(where, key=place.store_key())
    try:
        audit = Audit(database, WallClock())
        audit.write(EXPORTED, "operator", "journal and audit log")
        store = SqlStore(database, MINISTRY, MinistryState)
        journal_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        audit_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        count = 0
        part = journal_file.with_name(f"{journal_file.name}.part")
        with part.open("wb") as file:
            for line in journal.merge((store.journal(), audit.journal(), media.journal(database))):
                file.write(journal.encode(line) + b"\n")
                count += 1
        os.replace(part, journal_file)
        entries = audit.entries()
        part = audit_file.with_name(f"{audit_file.name}.part")
        part.write_bytes(audit.export(entries))
        os.replace(part, audit_file)
        return {"lines": count, "entries": len(entries), "head": entries[-1].hash}
    finally:
        database.dispose()
