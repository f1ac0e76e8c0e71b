"""A store in memory, for simulated time.

Writes go straight to the tables and an undo list remembers what stood there, so that a rollback puts
everything back while reads stay plain dictionary look-ups. Journal lines are kept encoded: a year of a
large ward is some hundred thousand lines, and as objects they would take four times the space.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Final, Generic, TypeVar

from sim.base import journal
from sim.base.instant import Instant
from sim.base.journal import Line
from sim.base.node import Alarm, Committed, Event, Key, NodeId, Outgoing, Reply, Step, Table, Tables
from sim.stores.numbering import Counts, number

S = TypeVar("S")
T = TypeVar("T")

_ABSENT: Final = object()


class _MemoryTables:
    """Tables as dictionaries, with the undo list of the open transaction."""

    __slots__ = ("_tables", "_undo")

    def __init__(self) -> None:
        self._tables: dict[str, dict[str, Any]] = {}
        self._undo: list[tuple[dict[str, Any], str, Any]] = []

    def get(self, table: Table[T], key: str) -> T | None:
        rows = self._tables.get(table.name)
        return None if rows is None else rows.get(key)

    def put(self, table: Table[T], key: str, value: T) -> None:
        rows = self._tables.get(table.name)
        if rows is None:
            rows = self._tables[table.name] = {}
        self._undo.append((rows, key, rows.get(key, _ABSENT)))
        rows[key] = value

    def delete(self, table: Table[T], key: str) -> None:
        rows = self._tables.get(table.name, {})
        if key in rows:
            self._undo.append((rows, key, rows.pop(key)))

    def scan(self, table: Table[T], prefix: str = "") -> Iterator[tuple[str, T]]:
        rows = self._tables.get(table.name, {})
        # A copy, so that whoever walks may write.
        yield from sorted((row for row in rows.items() if row[0].startswith(prefix)), key=_key)

    def commit(self) -> None:
        self._undo.clear()

    def rollback(self) -> None:
        for rows, key, before in reversed(self._undo):
            if before is _ABSENT:
                del rows[key]
            else:
                rows[key] = before
        self._undo.clear()


def _key(row: tuple[str, Any]) -> str:
    return row[0]


class MemoryStore(Generic[S]):
    """One node's memory; it is also its own transaction, since a node advances one event at a time."""

    def __init__(self, node: NodeId, state: Callable[[Tables], S]) -> None:
        self._node = node
        self._tables = _MemoryTables()
        self._state = state(self._tables)
        self._replies: dict[Key, Reply] = {}
        self._outbox: dict[int, Outgoing] = {}
        self._alarms: dict[Key, Alarm] = {}
        self._lines: list[bytes] = []
        self._counts = Counts()
        self._pending: Callable[[], None] | None = None

    # --- the transaction -------------------------------------------------------------------------
    def transaction(self) -> MemoryStore[S]:
        return self

    def __enter__(self) -> MemoryStore[S]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            if self._pending is not None:
                self._pending()
            self._tables.commit()
        else:
            self._tables.rollback()
        self._pending = None

    @property
    def state(self) -> S:
        return self._state

    def replied(self, key: Key) -> Reply | None:
        return self._replies.get(key)

    def record(self, event: Event, step: Step, now: Instant) -> Committed:
        lines, committed, after = number(self._node, event, step, now, self._counts)
        encoded = [journal.encode(line) for line in lines]

        def keep() -> None:
            self._counts = after
            self._lines += encoded
            self._replies[event.key] = step.reply
            if event.sender == self._node:
                self._alarms.pop(event.key, None)
            for outgoing in committed.sends:
                self._outbox[outgoing.n] = outgoing
            for alarm in committed.wakes:
                self._alarms[alarm.key] = alarm

        self._pending = keep
        return committed

    # --- what a driver asks ----------------------------------------------------------------------
    def outbox(self) -> list[Outgoing]:
        return [self._outbox[n] for n in sorted(self._outbox)]

    def dispatched(self, outgoing: Outgoing) -> None:
        self._outbox.pop(outgoing.n, None)

    def alarms(self) -> list[Alarm]:
        return sorted(self._alarms.values(), key=lambda alarm: (alarm.at, alarm.n))

    def journal(self) -> Iterator[Line]:
        return map(journal.decode, self._lines)
