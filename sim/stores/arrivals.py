"""What a live server keeps of batches on their way: uploads answered for, uploads in pieces, sealed batches.

Theory of operation. A batch that comes up is kept as it came, before its sender is answered; many are kept in
one commit. The office decides them afterwards, in the order of their keeping, and a receipt tells how far it
has come. A key is the sender's own and names one upload for ever: the same bytes again get the same receipt,
other bytes under it are refused. When a batch is decided its bytes go and its receipt stays.

A large upload comes in pieces, each kept before it is answered, so that it goes on where it broke off; what
nobody has gone on with for a while is dropped. A batch that goes down is sealed once and its sealed bytes are
kept in blocks, so that any range of them can be had, until its peer has confirmed it: the store drops them
with the send.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from sim.base.errors import HarnessError
from sim.base.instant import Instant
from sim.base.node import NodeId, Reply
from sim.nodes.messages.network import LINE
from sim.stores.database import Database

_BLOCK: Final = 256 * 1024
"""Bytes of a block of a sealed batch; a range costs the blocks that it touches."""


class Upload(msgspec.Struct, frozen=True):
    """A batch as it came up from `peer`. `key`, `ref`, `cause`: as its sender named them.

    `digest`: SHA-256 of the sealed bytes as hexadecimal digits; worked out when it is empty. `manner`: how it
    came, by line or by a messenger.
    """

    peer: NodeId
    key: str
    ref: str
    cause: str
    sealed: bytes
    digest: str = ""
    manner: str = LINE


class Receipt(msgspec.Struct, frozen=True):
    """What was kept under a key. `n`: its place in the order of keeping. `reply`: the node's, if decided."""

    n: int
    peer: NodeId
    key: str
    ref: str
    cause: str
    digest: str
    size: int
    kept_at: Instant
    reply: Reply | None = None
    manner: str = LINE

    @property
    def state(self) -> str:
        return "kept" if self.reply is None else "decided"


class KeyReused(msgspec.Struct, frozen=True):
    """The key stands for something else already: what came (`received`) is not what was kept (`expected`)."""

    peer: NodeId
    key: str
    expected: str
    received: str


class Kept(msgspec.Struct, frozen=True):
    """An upload that nobody has decided yet, with its bytes as they came."""

    receipt: Receipt
    sealed: bytes


class Backlog(msgspec.Struct, frozen=True):
    """How many uploads wait to be decided, since when the oldest of them does, and how many were decided."""

    kept: int
    oldest: Instant | None
    decided: int


class Partial(msgspec.Struct, frozen=True):
    """An upload in pieces of which `received` of `length` bytes are here."""

    peer: NodeId
    key: str
    ref: str
    cause: str
    length: int
    received: int
    expires_at: Instant

    @property
    def complete(self) -> bool:
        return self.received == self.length


class Misplaced(msgspec.Struct, frozen=True):
    """A piece that does not follow what is here, or goes beyond the length; nothing of it was kept."""

    partial: Partial
    offset: int
    size: int


class Sealed(msgspec.Struct, frozen=True):
    """A sealed batch that waits for its peer. `digest`: SHA-256 as hexadecimal digits."""

    node: NodeId
    n: int
    size: int
    digest: str


_RECEIPT: Final = "n, peer, key, ref, cause, digest, size, kept_at, reply, manner"
_FIND: Final = f"SELECT {_RECEIPT} FROM kept WHERE peer = ? AND key = ?"
_LAST: Final = "SELECT max(n) FROM kept"
_KEEP: Final = (
    "INSERT INTO kept (n, peer, key, ref, cause, digest, size, kept_at, manner, sealed)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_WHOSE: Final = "SELECT peer, key FROM kept WHERE n = ?"
_UNDECIDED: Final = (
    f"SELECT {_RECEIPT}, sealed FROM kept WHERE decided_at IS NULL AND n > ? ORDER BY n LIMIT ?"
)
_DECIDE: Final = "UPDATE kept SET reply = ?, decided_at = ?, sealed = NULL WHERE n = ? AND decided_at IS NULL"
_WAITING: Final = "SELECT count(*), min(kept_at) FROM kept WHERE decided_at IS NULL"
_DECIDED: Final = "SELECT count(*) FROM kept WHERE decided_at IS NOT NULL"
_FORGET: Final = (
    "DELETE FROM kept WHERE decided_at IS NOT NULL AND decided_at < ? AND n < (SELECT max(n) FROM kept)"
)

_PARTIAL: Final = "peer, key, ref, cause, length, received, expires_at"
_BEGIN: Final = f"INSERT INTO upload ({_PARTIAL}) VALUES (?, ?, ?, ?, ?, ?, ?)"
_FIND_PARTIAL: Final = f"SELECT {_PARTIAL} FROM upload WHERE peer = ? AND key = ?"
_PARTIALS: Final = f"SELECT {_PARTIAL} FROM upload WHERE peer = ? ORDER BY key"
_ADD_PIECE: Final = "INSERT INTO piece (peer, key, at, value) VALUES (?, ?, ?, ?)"
_ADDED: Final = "UPDATE upload SET received = ?, expires_at = ? WHERE peer = ? AND key = ?"
_PIECES: Final = "SELECT at, value FROM piece WHERE peer = ? AND key = ? ORDER BY at"
_DROP_PIECES: Final = "DELETE FROM piece WHERE peer = ? AND key = ?"
_DROP_PARTIAL: Final = "DELETE FROM upload WHERE peer = ? AND key = ?"
_EXPIRED: Final = "SELECT peer, key FROM upload WHERE expires_at <= ?"

_FIND_SEALED: Final = "SELECT size, digest FROM sealed WHERE node = ? AND n = ?"
_KEEP_SEALED: Final = "INSERT INTO sealed (node, n, size, digest) VALUES (?, ?, ?, ?)"
_KEEP_BLOCK: Final = "INSERT INTO block (node, n, number, value) VALUES (?, ?, ?, ?)"
_BLOCKS: Final = (
    "SELECT number, value FROM block WHERE node = ? AND n = ? AND number BETWEEN ? AND ? ORDER BY number"
)


class Arrivals:
    """The live server's side of a database. Any thread may call it; a batch of the caller's is joined."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._vault = database.vault
        self._text = database.text

    # --- uploads that were answered for -----------------------------------------------------------------
    def keep(self, uploads: Sequence[Upload], now: Instant) -> list[Receipt | KeyReused]:
        """Keeps uploads in one commit, in their order; when it returns they may be answered.

        A key that was used before gives its receipt again when the bytes are the same.
        """
        digests = [upload.digest or hashlib.sha256(upload.sealed).hexdigest() for upload in uploads]
        outcomes: list[Receipt | KeyReused] = []
        with self._database.writing() as cursor:
            last: int | None = None
            for upload, digest in zip(uploads, digests, strict=True):
                earlier = self._found(cursor, upload.peer, upload.key)
                if earlier is not None:
                    same = earlier.digest == digest
                    outcomes.append(
                        earlier if same else KeyReused(upload.peer, upload.key, earlier.digest, digest)
                    )
                    continue
                if last is None:
                    last = self._last(cursor)
                last += 1
                receipt = Receipt(
                    last,
                    upload.peer,
                    upload.key,
                    upload.ref,
                    upload.cause,
                    digest,
                    len(upload.sealed),
                    now,
                    manner=upload.manner,
                )
                self._insert(cursor, receipt, upload.sealed)
                outcomes.append(receipt)
        return outcomes

    def undecided(self, limit: int = 1, after: int = 0) -> list[Kept]:
        """The uploads that were kept longest ago and are not decided, in the order of their keeping.

        `after`: only those behind this number.
        """
        with self._database.reading() as cursor:
            rows = cursor.execute(self._text(_UNDECIDED), (after, limit)).fetchall()
        found = []
        for row in rows:
            receipt = self._receipt(row[:10])
            found.append(Kept(receipt, self._vault.open(row[10], *_place(receipt), "sealed")))
        return found

    def decide(self, n: int, reply: Reply, now: Instant) -> None:
        """The node has answered upload `n`: the reply is kept, the bytes are dropped. Twice is once."""
        with self._database.writing() as cursor:
            row = cursor.execute(self._text(_WHOSE), (n,)).fetchone()
            if row is None:
                raise HarnessError(
                    "a batch was decided that was never kept",
                    where=f"{self._database.place}, number {n}",
                    remedy="report this with the journal",
                )
            place = ("kept", row[0], row[1], str(n), "reply")
            sealed = self._vault.seal(msgspec.msgpack.encode(reply), *place)
            cursor.execute(self._text(_DECIDE), (sealed, now, n))

    def receipt(self, peer: NodeId, key: str) -> Receipt | None:
        """What was kept under a key of `peer`."""
        with self._database.reading() as cursor:
            return self._found(cursor, peer, key)

    def backlog(self) -> Backlog:
        """How many wait and were decided. Counts row by row: for metrics, not for each request."""
        with self._database.reading() as cursor:
            kept, oldest = cursor.execute(self._text(_WAITING)).fetchone()
            decided = cursor.execute(self._text(_DECIDED)).fetchone()[0]
        return Backlog(kept, None if oldest is None else Instant(oldest), decided)

    def forget(self, before: Instant) -> int:
        """Drops the receipts of what was decided before an instant; how many. Their keys are free again."""
        with self._database.writing() as cursor:
            return int(cursor.execute(self._text(_FORGET), (before,)).rowcount)

    # --- uploads in pieces ------------------------------------------------------------------------------
    def begin(
        self, peer: NodeId, key: str, ref: str, cause: str, length: int, expires_at: Instant
    ) -> Partial | Receipt | KeyReused:
        """An upload of `length` bytes is announced, in pieces.

        The same announcement again gives how far it has come; one that was completed, its receipt.
        """
        with self._database.writing() as cursor:
            earlier = self._found(cursor, peer, key)
            if earlier is not None:
                same = earlier.size == length
                return earlier if same else KeyReused(peer, key, f"{earlier.size} bytes", f"{length} bytes")
            partial = self._found_partial(cursor, peer, key)
            if partial is None:
                partial = Partial(peer, key, ref, cause, length, 0, expires_at)
                cursor.execute(self._text(_BEGIN), msgspec.structs.astuple(partial))
            elif partial.length != length:
                return KeyReused(peer, key, f"{partial.length} bytes", f"{length} bytes")
            return partial

    def partial(self, peer: NodeId, key: str) -> Partial | None:
        """How far an upload in pieces has come; None when there is none, or it is complete."""
        with self._database.reading() as cursor:
            return self._found_partial(cursor, peer, key)

    def partials(self, peer: NodeId) -> list[Partial]:
        """All of a peer's uploads that are not complete: for a limit on their number."""
        with self._database.reading() as cursor:
            rows = cursor.execute(self._text(_PARTIALS), (peer,)).fetchall()
        return [Partial(*row) for row in rows]

    def append(
        self, peer: NodeId, key: str, offset: int, piece: bytes, expires_at: Instant, now: Instant
    ) -> Partial | Receipt | Misplaced | None:
        """The next piece. With the last one the upload is kept as a whole, and its receipt given.

        None: there is no such upload, it has expired, or it came whole under the same key meanwhile.
        """
        with self._database.writing() as cursor:
            partial = self._found_partial(cursor, peer, key)
            if partial is None or partial.expires_at <= now:
                return None
            end = offset + len(piece)
            if offset != partial.received or end > partial.length:
                return Misplaced(partial, offset, len(piece))
            partial = msgspec.structs.replace(partial, received=end, expires_at=expires_at)
            if partial.complete and self._found(cursor, peer, key) is not None:
                self._drop(cursor, peer, key)
                return None
            if partial.complete:
                return self._completed(cursor, partial, piece, now)
            if piece:
                value = self._vault.seal(piece, "piece", peer, key, str(offset))
                cursor.execute(self._text(_ADD_PIECE), (peer, key, offset, value))
            cursor.execute(self._text(_ADDED), (end, expires_at, peer, key))
            return partial

    def abandon(self, peer: NodeId, key: str) -> bool:
        """Drops an upload in pieces; whether there was one."""
        with self._database.writing() as cursor:
            return self._drop(cursor, peer, key)

    def expire(self, now: Instant) -> int:
        """Drops the uploads in pieces with which nobody has gone on; how many."""
        with self._database.writing() as cursor:
            rows = cursor.execute(self._text(_EXPIRED), (now,)).fetchall()
            return sum(self._drop(cursor, peer, key) for peer, key in rows)

    # --- sealed batches on their way down ---------------------------------------------------------------
    def sealed(self, node: NodeId, n: int) -> Sealed | None:
        """What is told of a sealed batch; None when send `n` of the node was not sealed yet, or is struck."""
        with self._database.reading() as cursor:
            row = cursor.execute(self._text(_FIND_SEALED), (node, n)).fetchone()
        return None if row is None else Sealed(node, n, *row)

    def keep_sealed(self, node: NodeId, n: int, content: bytes) -> Sealed:
        """Keeps the sealed bytes of a send; the first ones stay, whatever is given later."""
        digest = hashlib.sha256(content).hexdigest()
        with self._database.writing() as cursor:
            row = cursor.execute(self._text(_FIND_SEALED), (node, n)).fetchone()
            if row is not None:
                return Sealed(node, n, *row)
            cursor.execute(self._text(_KEEP_SEALED), (node, n, len(content), digest))
            blocks = (
                (node, n, number, self._vault.seal(content[at : at + _BLOCK], *_block(node, n, number)))
                for number, at in enumerate(range(0, len(content), _BLOCK))
            )
            cursor.executemany(self._text(_KEEP_BLOCK), list(blocks))
        return Sealed(node, n, len(content), digest)

    def sealed_bytes(self, node: NodeId, n: int, start: int = 0, end: int | None = None) -> bytes:
        """The sealed bytes from `start` until before `end`: fewer at the end of them, none when struck."""
        return b"".join(self.sealed_pieces(node, n, start, end))

    def sealed_pieces(self, node: NodeId, n: int, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The same one block after another, so that a large batch never lies in memory as a whole."""
        known = self.sealed(node, n)
        if known is None:
            return
        end = known.size if end is None else min(end, known.size)
        for number in range(start // _BLOCK, -(-end // _BLOCK)):
            with self._database.reading() as cursor:
                row = cursor.execute(self._text(_BLOCKS), (node, n, number, number)).fetchone()
            if row is None:
                return  # struck meanwhile
            block = self._vault.open(row[1], *_block(node, n, number))
            at = number * _BLOCK
            yield block[max(start - at, 0) : end - at]

    # --- rows -------------------------------------------------------------------------------------------
    def _last(self, cursor: Any) -> int:
        return cursor.execute(self._text(_LAST)).fetchone()[0] or 0

    def _found(self, cursor: Any, peer: NodeId, key: str) -> Receipt | None:
        row = cursor.execute(self._text(_FIND), (peer, key)).fetchone()
        return None if row is None else self._receipt(row)

    def _receipt(self, row: Any) -> Receipt:
        receipt = Receipt(*(*row[:8], None, row[9]))
        if row[8] is None:
            return receipt
        reply = self._vault.open(row[8], *_place(receipt), "reply")
        return msgspec.structs.replace(receipt, reply=msgspec.msgpack.decode(reply, type=Reply))

    def _insert(self, cursor: Any, receipt: Receipt, content: bytes) -> None:
        value = self._vault.seal(content, *_place(receipt), "sealed")
        cursor.execute(self._text(_KEEP), (*msgspec.structs.astuple(receipt)[:8], receipt.manner, value))

    def _found_partial(self, cursor: Any, peer: NodeId, key: str) -> Partial | None:
        row = cursor.execute(self._text(_FIND_PARTIAL), (peer, key)).fetchone()
        return None if row is None else Partial(*row)

    def _completed(self, cursor: Any, partial: Partial, last: bytes, now: Instant) -> Receipt:
        rows = cursor.execute(self._text(_PIECES), (partial.peer, partial.key)).fetchall()
        pieces = [self._vault.open(value, "piece", partial.peer, partial.key, str(at)) for at, value in rows]
        content = b"".join((*pieces, last))
        digest = hashlib.sha256(content).hexdigest()
        receipt = Receipt(
            self._last(cursor) + 1,
            partial.peer,
            partial.key,
            partial.ref,
            partial.cause,
            digest,
            len(content),
            now,
        )
        self._insert(cursor, receipt, content)
        self._drop(cursor, partial.peer, partial.key)
        return receipt

    def _drop(self, cursor: Any, peer: str, key: str) -> bool:
        cursor.execute(self._text(_DROP_PIECES), (peer, key))
        return bool(cursor.execute(self._text(_DROP_PARTIAL), (peer, key)).rowcount)


def _place(receipt: Receipt) -> tuple[str, str, str, str]:
    return ("kept", receipt.peer, receipt.key, str(receipt.n))


def _block(node: NodeId, n: int, number: int) -> tuple[str, str, str, str]:
    return ("block", node, str(n), str(number))
