"""Who stands where: the actors of one municipality, the network and the ministry server, with their stores.

Both drivers, the crash explorer and the conformance stage build their sites here, so that all of them
run the same nodes under the same names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, Protocol

from sim.base.node import Node, NodeId, Store, Tables
from sim.drivers.edge import SealedEdge
from sim.drivers.site import Actor
from sim.exchange.profile import Profile, open_profile
from sim.law.rules import RULES, Rules
from sim.nodes.counter import Counter, CounterState
from sim.nodes.lgwan import Lgwan, LgwanState, Line, Outage
from sim.nodes.link import LineLink, LinkState
from sim.nodes.ministry import Ministry, MinistryState
from sim.nodes.registry import Registry, RegistryState
from sim.nodes.terminal import Terminal, TerminalState

LGWAN = NodeId("lgwan")
MINISTRY = NodeId("ministry")

# Wide enough for every scenario and for a live run at any date; a certificate of the test PKI proves nothing.
VALID_FROM = date(2012, 1, 1)
VALID_UNTIL = date(2049, 12, 31)


# A line that takes no time: what a run over a real network is compared with.
NO_LIMIT = Line(0, 0)


class MakeStore(Protocol):
    """Gives the store of a node, new or as it was left."""

    def __call__(self, node: NodeId, state: Callable[[Tables], Any]) -> Store[Any]: ...


@dataclass(frozen=True, slots=True)
class Places:
    """The node ids of one municipality."""

    counter: NodeId
    registry: NodeId
    link: NodeId
    terminal: NodeId


def places_of(code: str) -> Places:
    """The names under which the actors of the municipality `code` stand in every journal."""
    return Places(
        NodeId(f"counter-{code}"),
        NodeId(f"registry-{code}"),
        NodeId(f"link-{code}"),
        NodeId(f"terminal-{code}"),
    )


@dataclass(frozen=True, slots=True)
class Topology:
    """One municipality at the end of one access line."""

    code: str
    exchange_at: time
    line: Line = NO_LIMIT
    outages: tuple[Outage, ...] = ()
    rules: Rules = RULES
    profile: Profile = field(default_factory=open_profile)

    @property
    def places(self) -> Places:
        return places_of(self.code)

    def municipality(self, store: MakeStore) -> dict[NodeId, Actor]:
        """Counter, registry, link and exchange terminal."""
        at = self.places
        terminal = Terminal(at.terminal, self.code, at.link, MINISTRY, self.profile, self.exchange_at)
        return _actors(
            store,
            (at.counter, Counter(at.counter, at.registry, rules=self.rules), CounterState),
            (at.registry, Registry(at.registry, self.code, at.link, self.profile), RegistryState),
            (at.link, LineLink(at.link, at.registry, at.terminal), LinkState),
            (at.terminal, terminal, TerminalState),
        )

    def ministry(self, store: MakeStore) -> dict[NodeId, Actor]:
        """The ministry server, which lists this municipality's terminal."""
        node = Ministry(MINISTRY, {self.places.terminal: self.code}, self.profile, self.rules)
        return _actors(store, (MINISTRY, node, MinistryState))

    def network(self, store: MakeStore) -> dict[NodeId, Actor]:
        """The network between the two."""
        node = Lgwan(LGWAN, MINISTRY, {self.places.terminal: self.line}, self.outages)
        return _actors(store, (LGWAN, node, LgwanState))

    def everything(self, store: MakeStore) -> dict[NodeId, Actor]:
        """All actors, for a world in one process."""
        return self.municipality(store) | self.network(store) | self.ministry(store)

    def sealed_edge(self) -> SealedEdge:
        """An edge with fresh keys from a fresh test PKI for both ends."""
        from sim.exchange.pki import Usage, issue, make_authority, serial_of

        authority = make_authority(VALID_FROM, VALID_UNTIL)
        own = {
            node: issue(authority, name, serial_of(name, Usage.ENVELOPE), Usage.ENVELOPE)
            for node, name in ((self.places.terminal, self.code), (MINISTRY, self.profile.agency))
        }
        certificates = {node: identity.certificate for node, identity in own.items()}
        return SealedEdge(own, certificates, authority.certificate)


def _actors(
    store: MakeStore, *rows: tuple[NodeId, Node[Any], Callable[[Tables], Any]]
) -> dict[NodeId, Actor]:
    return {name: Actor(node, store(name, state)) for name, node, state in rows}
