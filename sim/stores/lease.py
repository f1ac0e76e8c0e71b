"""Only one server for a database: whoever holds the lease, until his process ends, however it ends.

SQLite: an exclusive lock on a small database file beside the real one. PostgreSQL: an advisory lock of the
session. Operating system and server give both back when the process is gone, so after a `kill -9` the next
one can start at once, and no heartbeat has to be waited for.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any, Final

from sim.base.errors import HarnessError

# PostgreSQL notices a killed client when it has ended what that client last asked for: moments, and on a busy
# machine some seconds. A start waits that long before it gives up.
_PATIENCE: Final = 10.0
_PAUSE: Final = 0.05
# The class of our advisory locks ("renk"); the schema tells databases apart that share a server's one.
_CLASS: Final = 0x72656E6B
_TAKE: Final = "SELECT pg_try_advisory_lock(%s, hashtext(current_schema()))"


def take_file(file: Path, place: str) -> sqlite3.Connection:
    """Takes the lease of a SQLite database; closing the connection gives it back.

    Raises:
        HarnessError: somebody holds it.
    """
    connection = sqlite3.connect(
        file.with_name(f"{file.name}-lease"), timeout=0, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        connection.close()
        if "locked" in str(error):
            raise _taken(place) from error
        raise
    return connection


def take_server(cursor: Any, place: str) -> None:
    """Takes the lease of a PostgreSQL database for the cursor's session.

    Raises:
        HarnessError: somebody holds it.
    """
    until = time.monotonic() + _PATIENCE
    while not cursor.execute(_TAKE, (_CLASS,)).fetchone()[0]:
        if time.monotonic() > until:
            raise _taken(place)
        time.sleep(_PAUSE)


def _taken(place: str) -> HarnessError:
    return HarnessError(
        "another server works with this database",
        where=place,
        expected="one server for a database",
        remedy="stop the other one first, or give this one a database of its own",
    )
