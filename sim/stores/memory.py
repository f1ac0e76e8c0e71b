"""A store in memory, for simulated time.

Writes go straight to the tables and an undo list remembers what stood there, so that a rollback puts
everything back while reads stay plain dictionary look-ups. The keys of a table that is ever scanned are kept
in order from then on, so that a scan costs what it gives and not what the table holds. Journal lines are kept
encoded and packed in blocks: a year of a large ward is some hundred thousand lines, which are much alike, and
packed they take a tenth of the space of their text.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Final, Generic, TypeVar

import msgspec

from sim.base import journal
from sim.base.instant import Instant
from sim.base.journal import Line
from sim.base.node import Alarm, Committed, Event, Key, NodeId, Outgoing, Reply, Step, Table, Tables
from sim.stores.numbering import Counts, never_scanned, number

S = TypeVar("S")
T = TypeVar("T")

_ABSENT: Final = object()

# Bytes of a block: larger ones would hardly pack tighter, and a walk unpacks one block at a time.
_BLOCK: Final = 64 * 1024
# The quickest of zlib's levels; the slower ones save less than a tenth more.
_LEVEL: Final = 1


class _Rows:
    """One table: values by key, and the keys in order once a scan has asked for it."""

    __slots__ = ("keys", "values")

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.keys: list[str] | None = None

    def delete(self, key: str) -> Any:
        """Gives what stood there."""
        before = self.values.pop(key, _ABSENT)
        keys = self.keys
        if keys is not None and before is not _ABSENT:
            del keys[bisect_left(keys, key)]
        return before

    def beginning_with(self, prefix: str) -> list[tuple[str, Any]]:
        """The rows whose keys begin so, in order. A copy, so that whoever walks may write."""
        if self.keys is None:
            self.keys = sorted(self.values)
        keys, values = self.keys, self.values
        start = bisect_left(keys, prefix) if prefix else 0
        found: list[tuple[str, Any]] = []
        for place in range(start, len(keys)):
            key = keys[place]
            if not key.startswith(prefix):
                break
            found.append((key, values[key]))
        return found


def _place(keys: list[str], key: str) -> None:
    """A new key among those in order; mostly it is the last one."""
    if not keys or keys[-1] < key:
        keys.append(key)
    else:
        insort(keys, key)


class _MemoryTables:
    """Tables as dictionaries, with the undo list of the open transaction."""

    __slots__ = ("_tables", "_undo")

    def __init__(self) -> None:
        self._tables: defaultdict[str, _Rows] = defaultdict(_Rows)
        self._undo: list[tuple[_Rows, str, Any]] = []

    def get(self, table: Table[T], key: str) -> T | None:
        return self._tables[table.name].values.get(key)

    def put(self, table: Table[T], key: str, value: T) -> None:
        rows = self._tables[table.name]
        values = rows.values
        before = values.get(key, _ABSENT)
        if before is _ABSENT and rows.keys is not None:
            _place(rows.keys, key)
        values[key] = value
        self._undo.append((rows, key, before))

    def delete(self, table: Table[T], key: str) -> None:
        rows = self._tables[table.name]
        if key in rows.values:
            self._undo.append((rows, key, rows.delete(key)))

    def scan(self, table: Table[T], prefix: str = "") -> Iterator[tuple[str, T]]:
        if table.secret:
            raise never_scanned(table)
        yield from self._tables[table.name].beginning_with(prefix)

    def commit(self) -> None:
        self._undo.clear()

    def rollback(self) -> None:
        for rows, key, before in reversed(self._undo):
            if before is _ABSENT:
                rows.delete(key)
            else:
                if rows.keys is not None and key not in rows.values:
                    _place(rows.keys, key)
                rows.values[key] = before
        self._undo.clear()


class _Lines:
    """A journal that only grows: whole blocks are packed, the last lines stand as they are."""

    __slots__ = ("_blocks", "_last")

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        # One buffer: kept apart, the encoded pieces of each commit would leave holes between what stays.
        self._last = bytearray()

    def extend(self, encoded: bytes) -> None:
        """Adds the lines of a commit, encoded."""
        self._last += encoded
        if len(self._last) >= _BLOCK:
            self._blocks.append(zlib.compress(self._last, _LEVEL))
            self._last.clear()

    def __iter__(self) -> Iterator[Line]:
        """All lines as of now. What is added during the walk is not in it."""
        return self._walk(tuple(self._blocks), bytes(self._last))

    @staticmethod
    def _walk(blocks: tuple[bytes, ...], last: bytes) -> Iterator[Line]:
        for block in blocks:
            yield from journal.decode_together(zlib.decompress(block))
        yield from journal.decode_together(last)


class _Pending(msgspec.Struct, frozen=True):
    """What a step comes to, kept once its transaction commits. `lines`: encoded."""

    event: Event
    committed: Committed
    counts: Counts
    lines: bytes


class MemoryStore(Generic[S]):
    """One node's memory; it is also its own transaction, since a node advances one event at a time."""

    def __init__(self, node: NodeId, state: Callable[[Tables], S]) -> None:
        self._node = node
        self._tables = _MemoryTables()
        self._state = state(self._tables)
        self._replies: dict[Key, Reply] = {}
        self._outbox: dict[int, Outgoing] = {}
        self._alarms: dict[Key, Alarm] = {}
        self._lines = _Lines()
        self._counts = Counts()
        self._pending: _Pending | None = None

    # --- the transaction -------------------------------------------------------------------------
    def transaction(self) -> MemoryStore[S]:
        return self

    def __enter__(self) -> MemoryStore[S]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pending, self._pending = self._pending, None
        if kind is not None:
            self._tables.rollback()
            return
        if pending is not None:
            self._keep(pending)
        self._tables.commit()

    @property
    def state(self) -> S:
        return self._state

    def replied(self, key: Key) -> Reply | None:
        return self._replies.get(key)

    def record(self, event: Event, step: Step, now: Instant) -> Committed:
        lines, committed, after = number(self._node, event, step, now, self._counts)
        self._pending = _Pending(event, committed, after, journal.encode_together(lines) if lines else b"")
        return committed

    def _keep(self, pending: _Pending) -> None:
        event, committed = pending.event, pending.committed
        self._counts = pending.counts
        if pending.lines:
            self._lines.extend(pending.lines)
        self._replies[event.key] = committed.reply
        if event.sender == self._node:
            self._alarms.pop(event.key, None)
        for outgoing in committed.sends:
            self._outbox[outgoing.n] = outgoing
        for alarm in committed.wakes:
            self._alarms[alarm.key] = alarm

    # --- what a driver asks ----------------------------------------------------------------------
    def outbox(self) -> list[Outgoing]:
        return [self._outbox[n] for n in sorted(self._outbox)]

    def dispatched(self, outgoing: Outgoing) -> None:
        self._outbox.pop(outgoing.n, None)

    def alarms(self) -> list[Alarm]:
        return sorted(self._alarms.values(), key=lambda alarm: (alarm.at, alarm.n))

    def journal(self) -> Iterator[Line]:
        return iter(self._lines)
