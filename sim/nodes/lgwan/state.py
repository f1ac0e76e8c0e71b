"""What the network remembers: how long lines are busy, declared outages, sessions, and what waits for one."""

from __future__ import annotations

import msgspec

from sim.base.instant import Instant
from sim.base.node import NodeId, Table, Tables
from sim.nodes.lgwan.lines import EVERYBODY
from sim.nodes.messages.network import Carry, Relay
from sim.nodes.numbers import Numbers


class Declared(msgspec.Struct, frozen=True):
    """A line is declared out of use, or was until `lifted`."""

    lifted: Instant | None = None


class Session(msgspec.Struct, frozen=True):
    """A terminal is connected. `used`: when last, transfers aside. `closing`: as soon as the line is free."""

    number: int
    opened: Instant
    used: Instant
    closing: bool = False


class Held(msgspec.Struct, frozen=True):
    """What `sender` wants to be carried to or from a terminal that is not connected."""

    sender: NodeId
    body: Carry | Relay


_BUSY = Table("line_busy", int)
_DECLARED = Table("outage_declared", Declared)
_BY_HAND = Table("by_hand", bool)
_SESSIONS = Table("session", Session)
_HELD = Table("held", Held)


class LgwanState:
    """By terminal: until when its line is busy, whether it is declared out of use, session, what waits."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._numbers = Numbers(tables)

    def busy_until(self, line: NodeId) -> Instant:
        return Instant(self._tables.get(_BUSY, line) or 0)

    def occupy(self, line: NodeId, until: Instant) -> None:
        self._tables.put(_BUSY, line, until)

    # --- declared outages ---------------------------------------------------------------------------
    def declared(self, line: NodeId) -> bool:
        """Whether the line, or the whole network, is declared out of use."""
        return self.declared_itself(line) or self.declared_itself(EVERYBODY)

    def declared_itself(self, line: NodeId) -> bool:
        """Whether just this was declared."""
        row = self._tables.get(_DECLARED, line)
        return row is not None and row.lifted is None

    def declared_since(self, line: NodeId, start: Instant) -> bool:
        """Whether the line was declared out of use at any time from `start` until now."""
        rows = (self._tables.get(_DECLARED, name) for name in (line, EVERYBODY))
        return any(row is not None and (row.lifted is None or row.lifted > start) for row in rows)

    def declare(self, line: NodeId) -> None:
        self._tables.put(_DECLARED, line, Declared())

    def lift(self, line: NodeId, now: Instant) -> None:
        self._tables.put(_DECLARED, line, Declared(now))

    # --- messengers ---------------------------------------------------------------------------------
    def give_to_messenger(self, sender: NodeId, peer: NodeId, ref: str) -> None:
        self._tables.put(_BY_HAND, f"{sender}/{peer}/{ref}", True)

    def has_messenger(self, sender: NodeId, peer: NodeId, ref: str) -> bool:
        """Whether a messenger is on the way with the batch."""
        return self._tables.get(_BY_HAND, f"{sender}/{peer}/{ref}") is not None

    def messenger_is_back(self, sender: NodeId, peer: NodeId, ref: str) -> None:
        self._tables.delete(_BY_HAND, f"{sender}/{peer}/{ref}")

    # --- sessions -----------------------------------------------------------------------------------
    def session(self, terminal: NodeId) -> Session | None:
        return self._tables.get(_SESSIONS, terminal)

    def open_session(self, terminal: NodeId, now: Instant) -> Session:
        session = Session(self._numbers.next(f"session/{terminal}"), now, now)
        self._tables.put(_SESSIONS, terminal, session)
        return session

    def keep_session(self, terminal: NodeId, session: Session) -> None:
        self._tables.put(_SESSIONS, terminal, session)

    def close_session(self, terminal: NodeId) -> None:
        self._tables.delete(_SESSIONS, terminal)

    def hold(self, terminal: NodeId, held: Held) -> None:
        """It waits until the terminal is connected, behind what waits already."""
        self._tables.put(_HELD, f"{terminal}/{self._numbers.next('held'):012d}", held)

    def take_held(self, terminal: NodeId) -> list[Held]:
        """All that waits for the terminal's session, in order; nothing waits afterwards."""
        rows = list(self._tables.scan(_HELD, f"{terminal}/"))
        for key, _ in rows:
            self._tables.delete(_HELD, key)
        return [held for _, held in rows]

    def drop_held(self, terminal: NodeId, sender: NodeId, ref: str) -> None:
        """The sender's batch goes another way."""
        for key, held in list(self._tables.scan(_HELD, f"{terminal}/")):
            if held.sender == sender and isinstance(held.body, Carry) and held.body.ref == ref:
                self._tables.delete(_HELD, key)
