"""What a live server keeps, the peer of each send, and the check value of the key.

Databases of the revision before were never encrypted, and stay so.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ROW = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_NUMBER = sa.BigInteger()
_CONTENT = sa.LargeBinary()


def _column(name: str, kind: Any = _TEXT, *, key: bool = False, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=key, autoincrement=False, nullable=nullable)


def upgrade() -> None:
    _name_peers()
    op.create_table("setting", _column("name", key=True), _column("value"), sqlite_with_rowid=False)
    op.execute("INSERT INTO setting (name, value) VALUES ('check', 'plain')")
    op.create_table(
        "kept",
        _column("n", _ROW, key=True),
        _column("peer"),
        _column("key"),
        _column("ref"),
        _column("cause"),
        _column("digest"),
        _column("size", _NUMBER),
        _column("kept_at", _NUMBER),
        _column("sealed", _CONTENT, nullable=True),
        _column("decided_at", _NUMBER, nullable=True),
        _column("reply", _CONTENT, nullable=True),
    )
    op.create_index("kept_by_key", "kept", ["peer", "key"], unique=True)
    undecided = sa.text("decided_at IS NULL")
    op.create_index("kept_undecided", "kept", ["n"], sqlite_where=undecided, postgresql_where=undecided)
    op.create_table(
        "upload",
        _column("peer", key=True),
        _column("key", key=True),
        _column("ref"),
        _column("cause"),
        _column("length", _NUMBER),
        _column("received", _NUMBER),
        _column("expires_at", _NUMBER),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "piece",
        _column("peer", key=True),
        _column("key", key=True),
        _column("at", _NUMBER, key=True),
        _column("value", _CONTENT),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sealed",
        _column("node", key=True),
        _column("n", _NUMBER, key=True),
        _column("size", _NUMBER),
        _column("digest"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "block",
        _column("node", key=True),
        _column("n", _NUMBER, key=True),
        _column("number", _NUMBER, key=True),
        _column("value", _CONTENT),
        sqlite_with_rowid=False,
    )


def _name_peers() -> None:
    op.add_column("outbox", sa.Column("peer", _TEXT, nullable=False, server_default=""))
    op.create_index("outbox_by_peer", "outbox", ["node", "peer", "n"])
    connection = op.get_bind()
    outbox = sa.table("outbox", sa.column("node"), sa.column("n"), sa.column("body"), sa.column("peer"))
    rows = connection.execute(sa.select(outbox.c.node, outbox.c.n, outbox.c.body)).all()
    for node, n, body in rows:
        peer = msgspec.msgpack.decode(body).get("peer", "")
        if peer:
            place = (outbox.c.node == node, outbox.c.n == n)
            connection.execute(sa.update(outbox).where(*place).values(peer=peer))
