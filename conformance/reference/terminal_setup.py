"""The reference terminal as it runs: its node behind a border, set up as a reset says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from conformance.protocol import terminal as wire
from conformance.protocol.base import File
from conformance.relaying import Relaying
from sim.base.errors import UsageError
from sim.base.instant import MINUTE, parse_iso
from sim.base.node import OUTSIDE, Body, NodeId, Reply
from sim.drivers.edge import Edge, PlainEdge, SealedEdge
from sim.drivers.site import Actor
from sim.drivers.topology import MINISTRY, Places, places_of
from sim.exchange.pki import Identity
from sim.exchange.profile import Profile, open_profiles
from sim.exchange.records import Result
from sim.nodes.messages.network import Carry
from sim.nodes.messages.registry import Inbound
from sim.nodes.messages.terminal import OpenTerminal
from sim.nodes.terminal import OnDemand, Operator, Schedule, Software, Terminal, TerminalState, hashed
from sim.nodes.terminal.operators import Role
from sim.stores.memory import MemoryStore

SEALED: Final = ".p7m"
"""What the name of a sealed file ends in, after that of the plain one."""

Actors = dict[NodeId, Actor]
Edges = Callable[[Edge], Edge]
T = TypeVar("T")


def same_actors(actors: Actors, at: Places) -> Actors:
    """Changes nothing."""
    return actors


def same_edge(edge: Edge) -> Edge:
    """Changes nothing."""
    return edge


def name_of(value: object) -> str:
    """A name in an incident."""
    return "" if value is None else str(value)


class Running:
    """One terminal from its reset. `inbound`: what waits for the register; `submitted`: by record."""

    def __init__(
        self, reset: wire.Reset, actors: Callable[[Actors, Places], Actors], edge: Edges = same_edge
    ) -> None:
        self.reset = reset
        self.at = places_of(reset.municipality)
        terminal = self.at.terminal
        made = {terminal: Actor(_terminal(reset, self.at), MemoryStore(terminal, TerminalState))}
        self._actor = actors(made, self.at)[terminal]
        self.border = Relaying({terminal: self._actor}, parse_iso(reset.at.isoformat()))
        self.edge = edge(_edge(reset, terminal))
        self.outage = False
        self.inbound: list[Inbound] = []
        self.submitted: dict[str, Result | None] = {}
        self.tell(OpenTerminal())

    def tell(self, body: Body, sender: NodeId = OUTSIDE) -> Reply:
        """Gives something to the terminal."""
        return self.border.tell(self.at.terminal, body, sender=sender)

    def read(self, look: Callable[[TerminalState], T]) -> T:
        """Looks at what the terminal remembers."""
        with self._actor.store.transaction() as opened:
            return look(opened.state)

    def hand(self, inbound: Inbound) -> None:
        """Something for the register: it waits, and the operator sees the results in it."""
        self.inbound.append(inbound)
        for record in inbound.records:
            if isinstance(record, Result) and record.answers in self.submitted:
                self.submitted[record.answers] = record

    def sealed(self, file: File) -> File:
        """A file as it leaves, sealed if the terminal was given keys."""
        carry = self.edge.out(self.at.terminal, Carry(MINISTRY, file.name, file.content))
        assert isinstance(carry, Carry)
        return File.of(file.name + (SEALED if self.reset.keys else ""), carry.content)

    @property
    def serial(self) -> str:
        """What stands on the machine in place."""
        machine = self.read(lambda state: state.machine())
        return self.reset.serial if machine is None else machine.serial


def _terminal(reset: wire.Reset, at: Places) -> Terminal:
    profile, *older = _profiles(reset.versions)
    operators = tuple(
        Operator(one.id, hashed(one.pin, f"{at.terminal}/{one.id}"), Role(one.role), one.trained)
        for one in reset.operators
    )
    return Terminal(
        at.terminal,
        reset.municipality,
        at.link,
        MINISTRY,
        profile,
        reset.exchange_at[0],
        older=tuple(older),
        schedule=Schedule(reset.exchange_at),
        operators=operators,
        attempts=reset.attempts,
        idle_after=reset.idle_minutes * MINUTE,
        train_every=reset.train_every,
        serial=reset.serial,
        on_demand=OnDemand(reset.credential) if reset.credential else None,
        software=None if reset.patched is None else Software(reset.software, reset.patched),
        patch_every=reset.patch_every,
    )


def _profiles(names: tuple[str, ...]) -> tuple[Profile, ...]:
    known = {one.name: one for one in open_profiles()}
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise UsageError(
            "there is no such version of the profile", expected=", ".join(known), received=", ".join(unknown)
        )
    return tuple(known[name] for name in names)


def _edge(reset: wire.Reset, terminal: NodeId) -> Edge:
    keys = reset.keys
    if keys is None:
        return PlainEdge()
    key = load_pem_private_key(keys.key.encode(), None)
    assert isinstance(key, RSAPrivateKey)
    own, authority, ministry = (
        x509.load_pem_x509_certificate(pem.encode())
        for pem in (keys.certificate, keys.authority, keys.ministry)
    )
    return SealedEdge({terminal: Identity(reset.municipality, own, key)}, {MINISTRY: ministry}, authority)
