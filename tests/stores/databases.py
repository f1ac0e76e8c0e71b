"""The databases on which the tests of this folder run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sim.stores.sql import Database, open_database

KEY = bytes(range(32))

KINDS = [
    "sqlite",
    "sqlite, encrypted",
    pytest.param("postgresql", marks=pytest.mark.real_peer),
    pytest.param("postgresql, encrypted", marks=pytest.mark.real_peer),
]

Reopen = Callable[..., Database]
"""Opens the database as it was left, as after a restart; what was open of it before is closed."""


def location(kind: str, request: pytest.FixtureRequest) -> Path | str:
    """Where an empty database of that kind is."""
    if kind.startswith("postgresql"):
        new_database: Callable[[], str] = request.getfixturevalue("postgresql")
        return new_database()
    folder: Path = request.getfixturevalue("tmp_path")
    return folder / "node.db"


@contextmanager
def places(kind: str, request: pytest.FixtureRequest) -> Iterator[Reopen]:
    """A database of that kind."""
    where = location(kind, request)
    key = KEY if kind.endswith("encrypted") else None
    opened: list[Database] = []

    def reopen(**options: Any) -> Database:
        if opened:
            opened[-1].dispose()
        opened.append(open_database(where, **{"durable": False, "key": key, **options}))
        return opened[-1]

    try:
        yield reopen
    finally:
        for database in opened:  # a test may have used one that was closed before
            database.dispose()
