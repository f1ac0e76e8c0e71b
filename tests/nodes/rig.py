"""A single node with its memory, for tests that give it events by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.base.instant import Instant
from sim.base.journal import Line
from sim.base.node import OUTSIDE, Alarm, Body, Committed, Event, Key, Node, NodeId, Tables, advance
from sim.stores.memory import MemoryStore


class Rig:
    """Gives events to one node, each under a new key, and remembers what it asked for."""

    def __init__(self, name: NodeId, node: Node[Any], state: Callable[[Tables], Any]) -> None:
        self.node = node
        self.store = MemoryStore(name, state)
        self._n = 0

    def give(self, body: Body, now: Instant, sender: NodeId = OUTSIDE) -> Committed:
        self._n += 1
        return advance(self.store, self.node, Event(Key(f"k{self._n}"), sender, body), now)

    def ring(self, alarm: Alarm) -> Committed:
        return advance(self.store, self.node, alarm.event(), alarm.at)

    def kinds(self) -> list[str]:
        return [line.kind for line in self.store.journal()]

    def last(self, kind: str) -> Line:
        return [line for line in self.store.journal() if line.kind == kind][-1]
