"""What a node remembers: the tables of the releases that did not number their databases.

A step never imports today's tables: it has to stay what it was.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _column(name: str, kind: Any = _TEXT, *, key: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=key, autoincrement=False, nullable=False)


def _create(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(name, _column("node", key=True), *columns, sqlite_with_rowid=False)


def upgrade() -> None:
    number, content = sa.BigInteger(), sa.LargeBinary()
    _create("state", _column("part", key=True), _column("key", key=True), _column("value", content))
    _create("reply", _column("key", key=True), _column("value", content))
    _create(
        "outbox",
        _column("n", number, key=True),
        _column("to_node"),
        _column("body", content),
        _column("cause"),
    )
    _create(
        "wake",
        _column("n", number, key=True),
        _column("at", number),
        _column("body", content),
        _column("cause"),
    )
    _create("journal", _column("n", number, key=True), _column("line", content))
    _create("counter", _column("lines", number), _column("sends", number), _column("wakes", number))
