"""A store in a database, for live running: SQLite (WAL), by SQLAlchemy Core.

Six tables, each keyed by the node, so that the actors of one place share a file. A commit writes state,
reply, outbox, wakes and journal together. Every key begins with the node and runs in the order in which
rows are made, because a random primary key makes SQLite several times slower.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import msgspec
import sqlalchemy as sa

from sim.base import journal
from sim.base.errors import HarnessError
from sim.base.instant import Instant
from sim.base.journal import Line
from sim.base.node import Alarm, Committed, Event, Key, NodeId, Outgoing, Reply, Step, Table, Tables
from sim.nodes.messages import decode_body, encode_body
from sim.stores.numbering import Counts, number

S = TypeVar("S")
T = TypeVar("T")

SCHEMA: Final = sa.MetaData()

# Set on connections that only read.
_READS: Final = "renkei_reads"
# Lines of a journal are read in pages, so that no transaction stays open while somebody works on a line.
_PAGE: Final = 1000


def _table(name: str, *columns: sa.Column[Any]) -> sa.Table:
    return sa.Table(
        name, SCHEMA, sa.Column("node", sa.Text, primary_key=True), *columns, sqlite_with_rowid=False
    )


STATE: Final = _table(
    "state",
    sa.Column("part", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)
REPLIES: Final = _table(
    "reply",
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)
OUTBOX: Final = _table(
    "outbox",
    sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("to_node", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
)
WAKES: Final = _table(
    "wake",
    sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
)
JOURNAL: Final = _table(
    "journal",
    sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("line", sa.LargeBinary, nullable=False),
)
COUNTERS: Final = _table(
    "counter",
    sa.Column("lines", sa.BigInteger, nullable=False),
    sa.Column("sends", sa.BigInteger, nullable=False),
    sa.Column("wakes", sa.BigInteger, nullable=False),
)


def open_database(path: Path, *, durable: bool = True) -> sa.Engine:
    """A SQLite database in write-ahead-log mode, with the tables made when they are missing.

    `durable=False` spares the waits for the disk: a killed process still loses nothing, a power cut may.

    Raises:
        HarnessError: the file cannot be opened or is no database.
    """
    engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 30, "check_same_thread": False})

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        # The driver must not open transactions of its own: `begin` below takes the write lock at once.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # A reader must not take the write lock: it would wait for writers, and two readers for each other.
        reads = connection.get_execution_options().get(_READS, False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    try:
        SCHEMA.create_all(engine)
    except sa.exc.DBAPIError as error:
        raise HarnessError(
            "the database cannot be opened",
            where=str(path),
            received=str(error.orig),
            remedy="give a folder in which you may write, or remove the damaged file",
        ) from error
    return engine


class _SqlTables:
    """Tables on one connection, inside its transaction."""

    __slots__ = ("_connection", "_decoders", "_node")

    def __init__(self, connection: sa.Connection, node: NodeId, decoders: dict[type, Any]) -> None:
        self._connection = connection
        self._node = node
        self._decoders = decoders

    def _decode(self, table: Table[T], value: bytes) -> T:
        decoder = self._decoders.get(table.type)
        if decoder is None:
            decoder = self._decoders[table.type] = msgspec.msgpack.Decoder(table.type)
        result: T = decoder.decode(value)
        return result

    def get(self, table: Table[T], key: str) -> T | None:
        row = self._connection.execute(_GET, {"node": self._node, "part": table.name, "key": key}).first()
        return None if row is None else self._decode(table, row[0])

    def put(self, table: Table[T], key: str, value: T) -> None:
        self._connection.execute(
            _PUT, {"node": self._node, "part": table.name, "key": key, "value": msgspec.msgpack.encode(value)}
        )

    def delete(self, table: Table[T], key: str) -> None:
        self._connection.execute(_DELETE, {"b_node": self._node, "b_part": table.name, "b_key": key})

    def scan(self, table: Table[T], prefix: str = "") -> Iterator[tuple[str, T]]:
        query = (
            sa.select(STATE.c.key, STATE.c.value)
            .where(STATE.c.node == self._node, STATE.c.part == table.name, STATE.c.key >= prefix)
            .order_by(STATE.c.key)
        )
        if prefix:
            # The highest code point closes the range, so that the primary key serves the scan.
            query = query.where(STATE.c.key < prefix + "\U0010ffff")
        for key, value in self._connection.execute(query).all():
            yield key, self._decode(table, value)


_GET: Final = sa.select(STATE.c.value).where(
    STATE.c.node == sa.bindparam("node"),
    STATE.c.part == sa.bindparam("part"),
    STATE.c.key == sa.bindparam("key"),
)
_PUT: Final = sa.insert(STATE).prefix_with("OR REPLACE")
_DELETE: Final = sa.delete(STATE).where(
    STATE.c.node == sa.bindparam("b_node"),
    STATE.c.part == sa.bindparam("b_part"),
    STATE.c.key == sa.bindparam("b_key"),
)


class _SqlTransaction(Generic[S]):
    def __init__(self, connection: sa.Connection, node: NodeId, state: S) -> None:
        self._connection = connection
        self._node = node
        self._state = state

    @property
    def state(self) -> S:
        return self._state

    def replied(self, key: Key) -> Reply | None:
        query = sa.select(REPLIES.c.value).where(REPLIES.c.node == self._node, REPLIES.c.key == key)
        row = self._connection.execute(query).first()
        return None if row is None else msgspec.msgpack.decode(row[0], type=Reply)

    def record(self, event: Event, step: Step, now: Instant) -> Committed:
        connection, node = self._connection, self._node
        row = connection.execute(
            sa.select(COUNTERS.c.lines, COUNTERS.c.sends, COUNTERS.c.wakes).where(COUNTERS.c.node == node)
        ).first()
        before = Counts() if row is None else Counts(*row)
        lines, committed, after = number(node, event, step, now, before)
        if lines:
            rows = [{"node": node, "n": line.n, "line": journal.encode(line)} for line in lines]
            connection.execute(sa.insert(JOURNAL), rows)
        if committed.sends:
            rows = [
                {"node": node, "n": s.n, "to_node": s.to, "body": encode_body(s.body), "cause": s.cause}
                for s in committed.sends
            ]
            connection.execute(sa.insert(OUTBOX), rows)
        if committed.wakes:
            rows = [
                {"node": node, "n": w.n, "at": w.at, "body": encode_body(w.body), "cause": w.cause}
                for w in committed.wakes
            ]
            connection.execute(sa.insert(WAKES), rows)
        prefix = f"{node}!"
        if event.sender == node and event.key.startswith(prefix):
            wake_number = int(event.key.removeprefix(prefix))
            connection.execute(sa.delete(WAKES).where(WAKES.c.node == node, WAKES.c.n == wake_number))
        reply = msgspec.msgpack.encode(step.reply)
        connection.execute(sa.insert(REPLIES), {"node": node, "key": event.key, "value": reply})
        counts = {"lines": after.lines, "sends": after.sends, "wakes": after.wakes}
        connection.execute(sa.insert(COUNTERS).prefix_with("OR REPLACE"), {"node": node, **counts})
        return committed


class SqlStore(Generic[S]):
    """One node's memory in a database that several nodes may share."""

    def __init__(self, engine: sa.Engine, node: NodeId, state: Callable[[Tables], S]) -> None:
        self._engine = engine
        self._node = node
        self._make_state = state
        self._decoders: dict[type, Any] = {}
        self._lock = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[_SqlTransaction[S]]:
        with self._lock, self._engine.begin() as connection:
            tables = _SqlTables(connection, self._node, self._decoders)
            yield _SqlTransaction(connection, self._node, self._make_state(tables))

    def outbox(self) -> list[Outgoing]:
        query = sa.select(OUTBOX).where(OUTBOX.c.node == self._node).order_by(OUTBOX.c.n)
        with self._reading() as connection:
            return [
                Outgoing(self._node, row.n, NodeId(row.to_node), decode_body(row.body), row.cause)
                for row in connection.execute(query)
            ]

    def dispatched(self, outgoing: Outgoing) -> None:
        with self._lock, self._engine.begin() as connection:
            connection.execute(sa.delete(OUTBOX).where(OUTBOX.c.node == self._node, OUTBOX.c.n == outgoing.n))

    def alarms(self) -> list[Alarm]:
        query = sa.select(WAKES).where(WAKES.c.node == self._node).order_by(WAKES.c.at, WAKES.c.n)
        with self._reading() as connection:
            return [
                Alarm(self._node, row.n, Instant(row.at), decode_body(row.body), row.cause)
                for row in connection.execute(query)
            ]

    def journal(self) -> Iterator[Line]:
        query = (
            sa.select(JOURNAL.c.n, JOURNAL.c.line)
            .where(JOURNAL.c.node == self._node, JOURNAL.c.n > sa.bindparam("after"))
            .order_by(JOURNAL.c.n)
            .limit(_PAGE)
        )
        after = 0
        while True:
            with self._reading() as connection:
                page = connection.execute(query, {"after": after}).all()
            for row in page:
                yield journal.decode(row.line)
            if len(page) < _PAGE:
                return
            after = page[-1].n

    def _reading(self) -> sa.Connection:
        return self._engine.connect().execution_options(**{_READS: True})
