"""A store in a database, for live running: `database` beside it opens one, `schema` has its tables.

Theory of operation. What a step reads is looked up once. What it writes is staged in memory, where it sees
its own writes, and goes to the database as one statement a table when its transaction ends; so a step that
fails has written nothing at all. A commit writes state, reply, outbox, wakes and journal together.

All values are sealed by the database's vault, the journal too: its lines name persons by their pseudonym
only, but whoever has a municipality's list of pseudonyms would read in them who moved when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Final, Generic, TypeVar

import msgspec

from sim.base import journal
from sim.base.instant import Instant
from sim.base.journal import Line
from sim.base.node import Alarm, Committed, Event, Key, NodeId, Outgoing, Reply, Step, Table, Tables
from sim.nodes.messages import decode_body, encode_body
from sim.stores.database import Database, open_database
from sim.stores.numbering import Counts, never_scanned, number

__all__ = ["Database", "SqlStore", "open_database"]

S = TypeVar("S")
T = TypeVar("T")

# Journals are read in pages, so that nothing stays open while somebody works on a line.
_PAGE: Final = 200
# A scan is often for the first row only, so its first page is a short one.
_FIRST_ROWS: Final = 4
_MORE_ROWS: Final = 256

_encode = msgspec.msgpack.Encoder().encode
_decode_reply = msgspec.msgpack.Decoder(Reply).decode

# A row, or else the next one behind its place: until there nothing has to be asked for again.
_GET: Final = (
    "SELECT key, CASE WHEN key = ? THEN value END FROM state"
    " WHERE node = ? AND part = ? AND key >= ? ORDER BY key LIMIT 1"
)
_PUT: Final = (
    "INSERT INTO state (node, part, key, value) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (node, part, key) DO UPDATE SET value = excluded.value"
)
_DELETE: Final = "DELETE FROM state WHERE node = ? AND part = ? AND key = ?"
_SCAN: Final = (
    "SELECT key, value FROM state WHERE node = ? AND part = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?"
)
_SCAN_ON: Final = (
    "SELECT key, value FROM state WHERE node = ? AND part = ? AND key > ? AND key < ? ORDER BY key LIMIT ?"
)
_SCAN_OPEN: Final = (
    "SELECT key, value FROM state WHERE node = ? AND part = ? AND key >= ? ORDER BY key LIMIT ?"
)
_SCAN_OPEN_ON: Final = (
    "SELECT key, value FROM state WHERE node = ? AND part = ? AND key > ? ORDER BY key LIMIT ?"
)
# Counters and reply in one go: each event asks for both.
_KNOWN: Final = (
    "SELECT c.lines, c.sends, c.wakes, r.value FROM (SELECT 1 AS one) AS always"
    " LEFT JOIN counter AS c ON c.node = ? LEFT JOIN reply AS r ON r.node = ? AND r.key = ?"
)
_COUNT: Final = (
    "INSERT INTO counter (node, lines, sends, wakes) VALUES (?, ?, ?, ?) ON CONFLICT (node)"
    " DO UPDATE SET lines = excluded.lines, sends = excluded.sends, wakes = excluded.wakes"
)
_ANSWER: Final = "INSERT INTO reply (node, key, value) VALUES (?, ?, ?)"
_WRITE: Final = "INSERT INTO journal (node, n, line) VALUES (?, ?, ?)"
_POST: Final = "INSERT INTO outbox (node, n, to_node, body, cause, peer) VALUES (?, ?, ?, ?, ?, ?)"
_STRIKE: Final = "DELETE FROM outbox WHERE node = ? AND n = ?"
_STRIKE_SEALED: Final = "DELETE FROM sealed WHERE node = ? AND n = ?"
_STRIKE_BLOCKS: Final = "DELETE FROM block WHERE node = ? AND n = ?"
_WISH: Final = "INSERT INTO wake (node, n, at, body, cause) VALUES (?, ?, ?, ?, ?)"
_GIVEN: Final = "DELETE FROM wake WHERE node = ? AND n = ?"

_SENT: Final = "SELECT n, to_node, body, cause FROM outbox WHERE node = ?"
_ALL_SENT: Final = f"{_SENT} ORDER BY n"
_SENT_TO: Final = f"{_SENT} AND peer = ? ORDER BY n"
_ONE_SENT: Final = f"{_SENT} AND n = ?"
_WAITING: Final = "SELECT peer, count(*) FROM outbox WHERE node = ? GROUP BY peer ORDER BY peer"
_ALARMS: Final = "SELECT n, at, body, cause FROM wake WHERE node = ? ORDER BY at, n"
_LINES: Final = "SELECT n, line FROM journal WHERE node = ? AND n > ? ORDER BY n LIMIT ?"
_BLOCK_OF: Final = "SELECT max(n) FROM journal WHERE node = ? AND n <= ?"


class _Part:
    """One table within a transaction: what was looked up, and which keys were written.

    From `gap` until before `end` (None: the last key of all) there is no row in the database.
    """

    __slots__ = ("end", "gap", "rows", "table", "written")

    def __init__(self, table: Table[Any]) -> None:
        self.table = table
        # None: there is no such row.
        self.rows: dict[str, Any] = {}
        self.written: dict[str, None] = {}
        self.gap: str | None = None
        self.end: str | None = None


class _SqlTables:
    """The tables of one node within one transaction: read once, written when it ends."""

    __slots__ = ("_decoders", "_node", "_parts", "_text", "_vault", "cursor")

    def __init__(self, database: Database, node: NodeId) -> None:
        self._node = node
        self._vault = database.vault
        self._text = {
            text: database.text(text)
            for text in (_GET, _PUT, _DELETE, _SCAN, _SCAN_ON, _SCAN_OPEN, _SCAN_OPEN_ON)
        }
        self._decoders: dict[Any, Callable[[bytes], Any]] = {}
        self._parts: dict[str, _Part] = {}
        self.cursor: Any = None

    # --- what a node does -------------------------------------------------------------------------------
    def get(self, table: Table[T], key: str) -> T | None:
        part = self._parts.get(table.name) or self._part(table)
        rows = part.rows
        if key in rows:
            known: T | None = rows[key]
            return known
        stored = self._vault.hide(key) if table.secret else key
        if part.gap is not None and part.gap <= stored and (part.end is None or stored < part.end):
            return None
        row = self.cursor.execute(self._text[_GET], (stored, self._node, table.name, stored)).fetchone()
        if row is not None and row[0] == stored:
            value = rows[key] = self._decode(table, stored, row[1])
            return value
        part.gap, part.end = stored, None if row is None else row[0]
        rows[key] = None
        return None

    def put(self, table: Table[T], key: str, value: T) -> None:
        part = self._parts.get(table.name) or self._part(table)
        part.rows[key] = value
        part.written[key] = None

    def delete(self, table: Table[T], key: str) -> None:
        part = self._parts.get(table.name) or self._part(table)
        part.rows[key] = None
        part.written[key] = None

    def scan(self, table: Table[T], prefix: str = "") -> Iterator[tuple[str, T]]:
        if table.secret:
            raise never_scanned(table)
        part = self._parts.get(table.name)
        stored = self._stored(table, prefix)
        if part is None or not part.written:
            return stored
        changed = {key: part.rows[key] for key in part.written if key.startswith(prefix)}
        return _merged(stored, changed) if changed else stored

    def _stored(self, table: Table[T], prefix: str) -> Iterator[tuple[str, T]]:
        """What stands in the database: nothing of it changes before the transaction ends."""
        end = _behind(prefix)
        first, more = (_SCAN_OPEN, _SCAN_OPEN_ON) if end is None else (_SCAN, _SCAN_ON)
        text, after, limit = self._text[first], prefix, _FIRST_ROWS
        while True:
            place = (self._node, table.name, after) if end is None else (self._node, table.name, after, end)
            rows = self.cursor.execute(text, (*place, limit)).fetchall()
            for key, value in rows:
                yield key, self._decode(table, key, value)
            if len(rows) < limit:
                return
            text, after, limit = self._text[more], rows[-1][0], _MORE_ROWS

    # --- what the store does ----------------------------------------------------------------------------
    def flush(self) -> None:
        """Writes what is staged."""
        puts, deletes = [], []
        node, vault = self._node, self._vault
        for name, part in self._parts.items():
            secret = part.table.secret
            for key in part.written:
                value = part.rows[key]
                stored = vault.hide(key) if secret else key
                if value is None:
                    deletes.append((node, name, stored))
                else:
                    puts.append((node, name, stored, vault.seal(_encode(value), "state", node, name, stored)))
        if deletes:
            self.cursor.executemany(self._text[_DELETE], deletes)
        if puts:
            # In the order of the primary key, so that neighbours are written together.
            puts.sort(key=_by_place)
            self.cursor.executemany(self._text[_PUT], puts)

    def forget(self) -> None:
        """The transaction is over."""
        self._parts.clear()
        self.cursor = None

    def _part(self, table: Table[Any]) -> _Part:
        part = self._parts[table.name] = _Part(table)
        return part

    def _decode(self, table: Table[T], key: str, value: bytes) -> T:
        decode = self._decoders.get(table.type)
        if decode is None:
            decode = self._decoders[table.type] = msgspec.msgpack.Decoder(table.type).decode
        result: T = decode(self._vault.open(value, "state", self._node, table.name, key))
        return result


def _by_place(row: tuple[str, str, str, bytes]) -> tuple[str, str]:
    return row[1], row[2]


def _behind(prefix: str) -> str | None:
    """The first text behind all that begin with the prefix, by code point; None when there is none."""
    shorter = prefix.rstrip("\U0010ffff")
    if not shorter:
        return None
    last = ord(shorter[-1]) + 1
    # No text in a database holds half of a surrogate pair.
    return shorter[:-1] + chr(0xE000 if last == 0xD800 else last)


def _merged(stored: Iterator[tuple[str, T]], changed: dict[str, T | None]) -> Iterator[tuple[str, T]]:
    """The rows of the database with those written since laid over them, in the order of the keys."""
    staged = sorted(changed.items())
    place = 0
    for key, value in stored:
        while place < len(staged) and staged[place][0] < key:
            if (new := staged[place][1]) is not None:
                yield staged[place][0], new
            place += 1
        if key not in changed:
            yield key, value
    for key, new in staged[place:]:
        if new is not None:
            yield key, new


class _SqlTransaction(Generic[S]):
    """One commit in the making. A store has one, which is used again: a node advances one event at a time."""

    def __init__(self, database: Database, node: NodeId, state: Callable[[Tables], S]) -> None:
        self._database = database
        self._vault = database.vault
        self._text = database.text
        self._node = node
        self._tables = _SqlTables(database, node)
        self._state = state(self._tables)
        self._counts: Counts | None = None
        self._write: Callable[[], None] | None = None

    def __enter__(self) -> _SqlTransaction[S]:
        self._tables.cursor = self._database.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                try:
                    if self._write is not None:
                        self._write()
                    self._tables.flush()
                except BaseException:
                    self._database.rollback()
                    raise
                self._database.commit()
            else:
                self._database.rollback()
        finally:
            self._tables.forget()
            self._counts = self._write = None

    @property
    def state(self) -> S:
        return self._state

    def replied(self, key: Key) -> Reply | None:
        node = self._node
        row = self._tables.cursor.execute(self._text(_KNOWN), (node, node, key)).fetchone()
        self._counts = Counts() if row[0] is None else Counts(row[0], row[1], row[2])
        return None if row[3] is None else _decode_reply(self._vault.open(row[3], "reply", node, key))

    def record(self, event: Event, step: Step, now: Instant) -> Committed:
        if self._counts is None:
            self.replied(event.key)
        assert self._counts is not None
        lines, committed, after = number(self._node, event, step, now, self._counts)
        self._write = lambda: self._commit(event, lines, committed, after)
        return committed

    def _commit(self, event: Event, lines: list[Line], committed: Committed, after: Counts) -> None:
        cursor, node, seal, text = self._tables.cursor, self._node, self._vault.seal, self._text
        if lines:
            first = lines[0].n
            block = seal(journal.encode_together(lines), "journal", node, str(first))
            cursor.execute(text(_WRITE), (node, first, block))
        if committed.sends:
            sends = [
                (
                    node,
                    send.n,
                    send.to,
                    seal(encode_body(send.body), "outbox", node, str(send.n)),
                    send.cause,
                    getattr(send.body, "peer", ""),
                )
                for send in committed.sends
            ]
            cursor.executemany(text(_POST), sends)
        if committed.wakes:
            wakes = [
                (node, wake.n, wake.at, seal(encode_body(wake.body), "wake", node, str(wake.n)), wake.cause)
                for wake in committed.wakes
            ]
            cursor.executemany(text(_WISH), wakes)
        prefix = f"{node}!"
        if event.sender == node and event.key.startswith(prefix):
            cursor.execute(text(_GIVEN), (node, int(event.key.removeprefix(prefix))))
        reply = seal(_encode(committed.reply), "reply", node, event.key)
        cursor.execute(text(_ANSWER), (node, event.key, reply))
        cursor.execute(text(_COUNT), (node, after.lines, after.sends, after.wakes))


class SqlStore(Generic[S]):
    """One node's memory in a database that several nodes may share."""

    def __init__(self, database: Database, node: NodeId, state: Callable[[Tables], S]) -> None:
        self._database = database
        self._vault = database.vault
        self._text = database.text
        self._node = node
        self._transaction = _SqlTransaction(database, node, state)

    def transaction(self) -> AbstractContextManager[_SqlTransaction[S]]:
        return self._transaction

    def batch(self) -> AbstractContextManager[None]:
        """Several commits as one: see `Database.batch`."""
        return self._database.batch()

    def outbox(self, peer: NodeId | None = None) -> list[Outgoing]:
        """Sends that nobody has answered yet, in their order; of one peer behind the network, or all."""
        with self._database.reading() as cursor:
            if peer is None:
                rows = cursor.execute(self._text(_ALL_SENT), (self._node,)).fetchall()
            else:
                rows = cursor.execute(self._text(_SENT_TO), (self._node, peer)).fetchall()
        return [self._outgoing(row) for row in rows]

    def outgoing(self, n: int) -> Outgoing | None:
        """Send `n`; None when there was none, or it is struck."""
        with self._database.reading() as cursor:
            row = cursor.execute(self._text(_ONE_SENT), (self._node, n)).fetchone()
        return None if row is None else self._outgoing(row)

    def waiting(self) -> dict[NodeId, int]:
        """How many sends wait, by the peer behind the network (empty: what is for the network itself)."""
        with self._database.reading() as cursor:
            return dict(cursor.execute(self._text(_WAITING), (self._node,)).fetchall())

    def dispatched(self, outgoing: Outgoing) -> None:
        place = (self._node, outgoing.n)
        with self._database.writing() as cursor:
            cursor.execute(self._text(_STRIKE), place)
            cursor.execute(self._text(_STRIKE_SEALED), place)
            cursor.execute(self._text(_STRIKE_BLOCKS), place)

    def alarms(self) -> list[Alarm]:
        with self._database.reading() as cursor:
            rows = cursor.execute(self._text(_ALARMS), (self._node,)).fetchall()
        return [
            Alarm(self._node, n, Instant(at), self._body(body, "wake", n), cause)
            for n, at, body, cause in rows
        ]

    def journal(self, after: int = 0) -> Iterator[Line]:
        """All lines, or those behind number `after`; read in pages, so that an export holds up nobody."""
        found = after
        with self._database.reading() as cursor:
            # The block in which the line behind `after` may lie.
            row = cursor.execute(self._text(_BLOCK_OF), (self._node, after + 1)).fetchone()
            if row[0] is not None:
                found = row[0] - 1
        while True:
            with self._database.reading() as cursor:
                page = cursor.execute(self._text(_LINES), (self._node, found, _PAGE)).fetchall()
            for n, block in page:
                for line in journal.decode_together(self._vault.open(block, "journal", self._node, str(n))):
                    if line.n > after:
                        yield line
            if len(page) < _PAGE:
                return
            found = page[-1][0]

    def _outgoing(self, row: Any) -> Outgoing:
        n, to, body, cause = row
        return Outgoing(self._node, n, NodeId(to), self._body(body, "outbox", n), cause)

    def _body(self, body: bytes, where: str, n: int) -> Any:
        return decode_body(self._vault.open(body, where, self._node, str(n)))
