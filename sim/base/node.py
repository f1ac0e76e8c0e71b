"""The engine room: a node decides, a store remembers, `advance` joins the two in one commit.

Theory of operation. A node is a pure function `step(state, event, now) -> Step`. It does no I/O, reads
no clock, draws no randomness and keeps nothing between steps. A step says what to answer, what to send,
when to be woken and what to write into the journal; the store commits all of that together with the
changed state, or none of it. Only after the commit does a driver dispatch the sends, at least once;
each event carries a key, and a key that was answered before is answered again without a second step.
So a crash at any point loses nothing (outbox and wakes are rows of the commit) and doubles nothing
(the receiver knows the key).

    driver ── Event ──▶ advance ──▶ node.step(state, event, now) ──▶ Step
       ▲                  │  one transaction: state, reply, outbox, wakes, journal
       └── sends, wakes ◀─┘  dispatched after the commit

A rejection is a `Reply`, a value. An exception rolls the transaction back and is a `HarnessError`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Generic, NewType, Protocol, TypeVar

import msgspec

from sim.base.errors import HarnessError, RenkeiError
from sim.base.instant import Instant
from sim.base.journal import Entry, Line

NodeId = NewType("NodeId", str)
Key = NewType("Key", str)

OUTSIDE = NodeId("outside")


class Body(msgspec.Struct, frozen=True, tag=True):
    """What an event carries. Each command or message is a subclass; its class name is its tag on disk."""


class Reply(msgspec.Struct, frozen=True):
    """A node's answer. `code` names the reason when `ok` is false."""

    ok: bool = True
    code: str = ""
    detail: str = ""


class Event(msgspec.Struct, frozen=True):
    """One thing that happens to a node, known by its key. `cause` is the journal id that led to it."""

    key: Key
    sender: NodeId
    body: Body
    cause: str = ""


class Send(msgspec.Struct, frozen=True):
    """A message to another node, dispatched after the commit."""

    to: NodeId
    body: Body


class Wake(msgspec.Struct, frozen=True):
    """A wish to be given `body` at an instant; it outlives a crash."""

    at: Instant
    body: Body


class Step(msgspec.Struct, frozen=True):
    """All that one event led to. `cause` is the place in `entries` of the one that led to sends and wakes."""

    reply: Reply = Reply()
    sends: tuple[Send, ...] = ()
    wakes: tuple[Wake, ...] = ()
    entries: tuple[Entry, ...] = ()
    cause: int = 0


class Outgoing(msgspec.Struct, frozen=True):
    """A send as committed: numbered by its sender's store, with the journal id that caused it."""

    sender: NodeId
    n: int
    to: NodeId
    body: Body
    cause: str

    @property
    def key(self) -> Key:
        """The event's key at the receiver, the same however often it is dispatched."""
        return Key(f"{self.sender}>{self.n}")

    def event(self) -> Event:
        """The event that the receiver is given."""
        return Event(self.key, self.sender, self.body, self.cause)


class Alarm(msgspec.Struct, frozen=True):
    """A wake as committed."""

    node: NodeId
    n: int
    at: Instant
    body: Body
    cause: str

    @property
    def key(self) -> Key:
        """The key of the event that it becomes."""
        return Key(f"{self.node}!{self.n}")

    def event(self) -> Event:
        """The event that the node is given when the time has come."""
        return Event(self.key, self.node, self.body, self.cause)


S_contra = TypeVar("S_contra", contravariant=True)
S_co = TypeVar("S_co", covariant=True)
S = TypeVar("S")
T = TypeVar("T")


class Node(Protocol[S_contra]):
    """A decision maker without memory of its own."""

    def step(self, state: S_contra, event: Event, now: Instant) -> Step: ...


@dataclass(frozen=True, slots=True)
class Table(Generic[T]):
    """A named part of a node's state: values of one type, kept by text keys in the order of the keys.

    `secret`: its keys show a person (the number of a card), so a database hides them. It is never scanned.
    """

    name: str
    type: type[T]
    secret: bool = False


class Tables(Protocol):
    """What a state is built on: tables inside one transaction. A value is never changed in place."""

    def get(self, table: Table[T], key: str) -> T | None: ...
    def put(self, table: Table[T], key: str, value: T) -> None: ...
    def delete(self, table: Table[T], key: str) -> None: ...
    def scan(self, table: Table[T], prefix: str = "") -> Iterator[tuple[str, T]]: ...


class Committed(msgspec.Struct, frozen=True):
    """What a driver must do after a commit. `repeated`: the key had been answered before."""

    reply: Reply
    sends: tuple[Outgoing, ...] = ()
    wakes: tuple[Alarm, ...] = ()
    repeated: bool = False


class Transaction(Protocol[S_co]):
    """One commit in the making."""

    @property
    def state(self) -> S_co: ...
    def replied(self, key: Key) -> Reply | None: ...
    def record(self, event: Event, step: Step, now: Instant) -> Committed: ...


class Store(Protocol[S_co]):
    """One node's memory. Leaving `transaction()` without an exception commits, with one rolls back."""

    def transaction(self) -> AbstractContextManager[Transaction[S_co]]: ...

    def outbox(self) -> list[Outgoing]:
        """Sends that no receiver has answered yet, in the order in which they were committed."""
        ...

    def dispatched(self, outgoing: Outgoing) -> None:
        """The receiver has answered: forget the send."""
        ...

    def alarms(self) -> list[Alarm]:
        """Wakes that have not been given yet, by (at, n)."""
        ...

    def journal(self) -> Iterator[Line]:
        """All that the node wrote, by n."""
        ...


def advance(store: Store[S], node: Node[S], event: Event, now: Instant) -> Committed:
    """Gives one event to one node. The only place where a transaction opens.

    Raises:
        HarnessError: the node or the store raised; nothing of the step was kept.
    """
    try:
        with store.transaction() as transaction:
            earlier = transaction.replied(event.key)
            if earlier is not None:
                return Committed(earlier, repeated=True)
            step = node.step(transaction.state, event, now)
            return transaction.record(event, step, now)
    except RenkeiError:
        raise
    except Exception as error:
        raise HarnessError(
            f"a step failed and was rolled back: {type(error).__name__}: {error}",
            where=f"{type(node).__name__}, event {event.key} ({type(event.body).__name__})",
            remedy="report this with the journal; the event can be given again",
        ) from error
