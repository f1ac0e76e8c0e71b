"""The live driver without sockets: both ends in one process, and each may die at any point of its work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sim.base import journal
from sim.base.instant import Instant
from sim.base.journal import Line
from sim.base.node import Alarm, Body, Key, NodeId, Outgoing, Reply, Store, Tables, Transaction
from sim.drivers.edge import PlainEdge
from sim.drivers.live.clock import RehearsalClock
from sim.drivers.live.ministry.office import Office, waiting
from sim.drivers.live.municipality import Player
from sim.drivers.live.wire import Waiting
from sim.drivers.topology import MakeStore, Topology
from sim.drivers.world import Input
from sim.stores.memory import MemoryStore

T = TypeVar("T")
ABOVE, BELOW, BOTH = "ministry", "municipality", "both"


class Death(BaseException):
    """An end is gone. Not an `Exception`: nothing on the way may catch it."""


class Fate:
    """Counts the points at which `victim` may die and lets it die at one of them."""

    def __init__(self, victim: str, at: int) -> None:
        self._victim = victim
        self._at = at
        self.points = 0

    def point(self, end: str) -> None:
        if self._victim in (end, BOTH):
            self.points += 1
            if self.points == self._at:
                raise Death


class MortalStore:
    """A store whose process may die before and after each commit."""

    def __init__(self, store: Store[Any], fate: Fate, end: str) -> None:
        self._store, self._fate, self._end = store, fate, end

    @contextmanager
    def transaction(self) -> Iterator[Transaction[Any]]:
        with self._store.transaction() as transaction:
            yield transaction
            self._fate.point(self._end)
        self._fate.point(self._end)

    def dispatched(self, outgoing: Outgoing) -> None:
        self._fate.point(self._end)
        self._store.dispatched(outgoing)
        self._fate.point(self._end)

    def outbox(self) -> list[Outgoing]:
        return self._store.outbox()

    def alarms(self) -> list[Alarm]:
        return self._store.alarms()

    def journal(self) -> Iterator[Line]:
        return self._store.journal()


class Settings:
    """What a rehearsal clock keeps in a database, kept in memory. It outlives every process."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def setting(self, name: str) -> str | None:
        return self._values.get(name)

    def keep_setting(self, name: str, value: str) -> None:
        self._values[name] = value


class MortalClock(RehearsalClock):
    """A rehearsal clock whose process may die as soon as it has moved."""

    fate: Fate
    end: str

    def reach(self, at: Instant) -> None:
        super().reach(at)
        self.fate.point(self.end)


class Ends:
    """Both ends of one exchange. Stores and clocks outlive them."""

    def __init__(self, topology: Topology, fate: Fate, victim: str) -> None:
        self._topology = topology
        self._fate = fate
        self._victim = victim
        self._stores: dict[NodeId, Store[Any]] = {}
        self._settings = {end: Settings() for end in (ABOVE, BELOW)}
        self._office = self._new_office()

    def play(self, inputs: Sequence[Input], until: Instant) -> list[Line]:
        """Plays everything, through as many lives as it takes."""
        while True:
            try:
                self._new_player().play(inputs, until)
            except Death:
                if self._victim == BOTH:
                    self._office = self._new_office()
                continue
            assert all(store.outbox() == [] for store in self._stores.values())
            return list(journal.merge(store.journal() for store in self._stores.values()))

    def _new_office(self) -> Office:
        actors = self._topology.ministry(self._maker(ABOVE))
        office = Office(actors, PlainEdge(), self._clock(ABOVE))
        office.recover()
        return office

    def _new_player(self) -> Player:
        actors = self._topology.municipality(self._maker(BELOW))
        return Player(actors, self._topology.places.terminal, PlainEdge(), self, self._clock(BELOW))

    def _maker(self, end: str) -> MakeStore:
        def store(node: NodeId, state: Callable[[Tables], Any]) -> Store[Any]:
            return MortalStore(self._stores.setdefault(node, MemoryStore(node, state)), self._fate, end)

        return store

    def _clock(self, end: str) -> MortalClock:
        clock = MortalClock(self._settings[end])
        clock.fate, clock.end = self._fate, end
        return clock

    # --- the server as the player sees it ------------------------------------------------------------
    def _call(self, at: Instant, act: Callable[[], T]) -> T:
        """One request, repeated when the server died over it, as the client does."""
        while True:
            self._fate.point(BELOW)
            try:
                self._office.reach(at)
                result = act()
            except Death:
                if self._victim != ABOVE:
                    raise
                self._office = self._new_office()
                continue
            self._fate.point(BELOW)
            return result

    def tell(self, at: Instant) -> None:
        self._call(at, lambda: None)

    def upload(self, key: Key, ref: str, cause: str, sealed: bytes, at: Instant) -> Reply:
        terminal = self._topology.places.terminal
        return self._call(at, lambda: self._office.take_in(terminal, key, ref, cause, sealed))

    def waiting(self, at: Instant) -> list[Waiting]:
        return self._call(
            at, lambda: [waiting(o) for o in self._office.sends_to(self._topology.places.terminal)]
        )

    def download(self, waiting: Waiting, at: Instant) -> bytes:
        def sealed() -> bytes:
            outgoing = self._office.send_to(self._topology.places.terminal, waiting.key)
            assert outgoing is not None
            return self._office.seal(outgoing)

        return self._call(at, sealed)

    def receipt(self, key: Key, at: Instant) -> Reply:
        return self._call(at, lambda: self._office.receipt(self._topology.places.terminal, key))

    def command(self, key: Key, body: Body, at: Instant) -> Reply:
        return self._call(at, lambda: self._office.command(key, body))
