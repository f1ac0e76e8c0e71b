"""Row "ministry intake", the limit: a handler that reads the body and stores it, and does nothing else."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bench.intake_plan import digest_of

_TABLE: Final = "CREATE TABLE kept (n INTEGER PRIMARY KEY, key TEXT NOT NULL, sealed BLOB NOT NULL)"
_KEEP: Final = "INSERT INTO kept (key, sealed) VALUES (?, ?)"


def application(database: Path) -> Starlette:
    """One route, and a durable commit before each answer."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(_TABLE)

    async def take_in(request: Request) -> JSONResponse:
        sealed = await request.body()
        key = request.headers["idempotency-key"]
        connection.execute(_KEEP, (key, sealed))  # a transaction of its own
        return JSONResponse({"key": key}, 202)

    return Starlette(routes=[Route("/v1/batches", take_in, methods=["POST"])])


def stored(database: Path) -> dict[str, Any]:
    """What lies in the database at the end."""
    connection = sqlite3.connect(database)
    try:
        rows = connection.execute("SELECT sealed FROM kept").fetchall()
    finally:
        connection.close()
    digests = [hashlib.sha256(sealed).hexdigest() for (sealed,) in rows]
    return {"batches": len(digests), "sealed": digest_of(digests)}
