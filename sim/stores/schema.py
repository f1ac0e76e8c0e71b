"""The tables of a database, as they are today. How they came to be so is told by `sim.stores.migrations`.

What a node remembers is keyed by the node, so that the actors of one place share a database. Every key begins
with the node (or the peer) and runs mostly in the order in which rows are made, because a random primary key
makes SQLite several times slower. Text is compared by code point in every database, as Python does.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

SCHEMA: Final = sa.MetaData()

# By code point, whatever the collation of a PostgreSQL database is.
_TEXT: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
# A number that names a row of a table without a node: SQLite's own row number.
_NUMBER: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _text(name: str, *, key: bool = False) -> sa.Column[Any]:
    return sa.Column(name, _TEXT, primary_key=key, nullable=False)


def _count(name: str, *, key: bool = False, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, primary_key=key, autoincrement=False, nullable=nullable)


def _bytes(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary, nullable=nullable)


def _table(name: str, *columns: Any) -> sa.Table:
    return sa.Table(name, SCHEMA, *columns, sqlite_with_rowid=False)


# --- what a node remembers ----------------------------------------------------------------------------------
STATE: Final = _table(
    "state", _text("node", key=True), _text("part", key=True), _text("key", key=True), _bytes("value")
)
REPLY: Final = _table("reply", _text("node", key=True), _text("key", key=True), _bytes("value"))
# `peer`: whom the send is meant for behind the network, empty when it is for the network itself.
OUTBOX: Final = _table(
    "outbox",
    _text("node", key=True),
    _count("n", key=True),
    _text("to_node"),
    _bytes("body"),
    _text("cause"),
    sa.Column("peer", _TEXT, nullable=False, server_default=""),
    sa.Index("outbox_by_peer", "node", "peer", "n"),
)
WAKE: Final = _table(
    "wake", _text("node", key=True), _count("n", key=True), _count("at"), _bytes("body"), _text("cause")
)
# The lines of one commit, one after another; `n` is the number of the first of them.
JOURNAL: Final = _table("journal", _text("node", key=True), _count("n", key=True), _bytes("line"))
COUNTER: Final = _table("counter", _text("node", key=True), _count("lines"), _count("sends"), _count("wakes"))

# --- what a live server keeps -------------------------------------------------------------------------------
SETTING: Final = _table("setting", _text("name", key=True), _text("value"))
# An upload that was answered for. `sealed` goes when it is decided; the rest is its receipt. `manner`: how it
# came, by line unless a messenger brought it.
KEPT: Final = sa.Table(
    "kept",
    SCHEMA,
    sa.Column("n", _NUMBER, primary_key=True, autoincrement=False),
    _text("peer"),
    _text("key"),
    _text("ref"),
    _text("cause"),
    _text("digest"),
    _count("size"),
    _count("kept_at"),
    _bytes("sealed", nullable=True),
    _count("decided_at", nullable=True),
    _bytes("reply", nullable=True),
    sa.Column("manner", _TEXT, nullable=False, server_default="line"),
    sa.Index("kept_by_key", "peer", "key", unique=True),
)
sa.Index(
    "kept_undecided",
    KEPT.c.n,
    sqlite_where=KEPT.c.decided_at.is_(None),
    postgresql_where=KEPT.c.decided_at.is_(None),
)
# An upload that comes in pieces and is not complete. `received`: so many bytes are here.
UPLOAD: Final = _table(
    "upload",
    _text("peer", key=True),
    _text("key", key=True),
    _text("ref"),
    _text("cause"),
    _count("length"),
    _count("received"),
    _count("expires_at"),
)
PIECE: Final = _table(
    "piece", _text("peer", key=True), _text("key", key=True), _count("at", key=True), _bytes("value")
)
# The sealed bytes of a send that waits for its peer, in blocks.
SEALED: Final = _table(
    "sealed", _text("node", key=True), _count("n", key=True), _count("size"), _text("digest")
)
BLOCK: Final = _table(
    "block", _text("node", key=True), _count("n", key=True), _count("number", key=True), _bytes("value")
)
