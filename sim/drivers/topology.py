"""Who stands where: the actors of each municipality, the network, the agency's servers, with their stores.

All drivers, the crash explorer and the conformance stage build their sites here, so that all of them run the
same nodes under the same names. `Topology` is one municipality at the end of one access line; `Nation` is
several of them around one network, one ministry server and one write authority.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, Final, Protocol

from sim.base.node import Node, NodeId, Store, Tables
from sim.drivers.edge import SealedEdge
from sim.drivers.site import Actor
from sim.exchange.profile import Profile, open_profile
from sim.law.rules import RULES, Rules
from sim.law.write_policy import Policy
from sim.nodes.card_terminal import CardTerminal, CardTerminalState
from sim.nodes.counter import Counter, CounterState, Office
from sim.nodes.counter.office import MAIN_OFFICE
from sim.nodes.lgwan import Lgwan, LgwanState, Line, Outage, subscriber
from sim.nodes.link import LineLink, Link, LinkState
from sim.nodes.ministry import Ministry, MinistryState
from sim.nodes.registry import Registry, RegistryState
from sim.nodes.registry.settings import CopyOption
from sim.nodes.terminal import Terminal, TerminalState
from sim.nodes.terminal.connection import OnDemand
from sim.nodes.terminal.operators import Operator
from sim.nodes.terminal.schedule import Schedule
from sim.nodes.write_authority import WriteAuthority, WriteAuthorityState

LGWAN = NodeId("lgwan")
MINISTRY = NodeId("ministry")
AUTHORITY = NodeId("write-authority")

# Wide enough for every scenario and for a live run at any date; a certificate of the test PKI proves nothing.
VALID_FROM = date(2012, 1, 1)
VALID_UNTIL = date(2049, 12, 31)


# A line that takes no time: what a run over a real network is compared with.
NO_LIMIT = Line(0, 0)

_MAIN: Final = "main_office"


class MakeStore(Protocol):
    """Gives the store of a node, new or as it was left."""

    def __call__(self, node: NodeId, state: Callable[[Tables], Any]) -> Store[Any]: ...


@dataclass(frozen=True, slots=True)
class Places:
    """The node ids of one municipality. `counters`, `cards`: those of its offices, in their order."""

    counter: NodeId
    registry: NodeId
    link: NodeId
    terminal: NodeId
    counters: tuple[NodeId, ...] = ()
    cards: tuple[NodeId, ...] = ()


def places_of(code: str, offices: Sequence[str] = (_MAIN,)) -> Places:
    """The names under which the actors of the municipality `code` stand in every journal.

    `offices`: the kind of each. The main office's counter is `counter-CODE`, a branch's bears its number.
    """
    main = NodeId(f"counter-{code}")
    return Places(
        main,
        NodeId(f"registry-{code}"),
        NodeId(f"link-{code}"),
        NodeId(f"terminal-{code}"),
        tuple(
            main if kind == _MAIN else NodeId(f"{main}-{number:02d}")
            for number, kind in enumerate(offices or (_MAIN,), start=1)
        ),
        tuple(NodeId(f"cards-{code}-{number:02d}") for number in range(1, (len(offices) or 1) + 1)),
    )


@dataclass(frozen=True, slots=True)
class Fittings:
    """What a municipality has beyond one counter, a line and a daily exchange.

    `offices`: with the node ids of their card terminals filled in; empty: one main office without a queue.
    `cards`: its card terminals. `link`: None for a line. `also`: further times of the daily exchange.
    `on_demand`: the credential of a terminal that is connected on demand only; empty for a permanent line.
    `operators`: who may use the exchange terminal.
    """

    offices: tuple[Office, ...] = ()
    cards: tuple[CardTerminal, ...] = ()
    link: Link | None = None
    copies: str = CopyOption.STALE_RECORD
    also: tuple[time, ...] = ()
    per_event: bool = False
    on_demand: str = ""
    policy: Policy = field(default_factory=Policy)
    operators: tuple[Operator, ...] = ()


PLAIN: Final = Fittings()


@dataclass(frozen=True, slots=True)
class Topology:
    """One municipality at the end of one access line."""

    code: str
    exchange_at: time
    line: Line = NO_LIMIT
    outages: tuple[Outage, ...] = ()
    rules: Rules = RULES
    profile: Profile = field(default_factory=open_profile)
    fittings: Fittings = PLAIN

    @property
    def places(self) -> Places:
        return places_of(self.code, [office.kind for office in self.fittings.offices] or (_MAIN,))

    def municipality(self, store: MakeStore) -> dict[NodeId, Actor]:
        """Counters, registry, link, exchange terminal and card terminals."""
        at, fitted = self.places, self.fittings
        offices = fitted.offices or (MAIN_OFFICE,)
        registry = Registry(at.registry, self.code, at.link, self.profile, copies=fitted.copies)
        return _actors(
            store,
            *(
                (name, Counter(name, at.registry, office, self.rules, fitted.policy), CounterState)
                for name, office in zip(at.counters, offices, strict=True)
            ),
            (at.registry, registry, RegistryState),
            (at.link, fitted.link or LineLink(at.link, at.registry, at.terminal), LinkState),
            (at.terminal, self._terminal(), TerminalState),
            *((card.name, card, CardTerminalState) for card in fitted.cards),
        )

    def _terminal(self) -> Terminal:
        at, fitted = self.places, self.fittings
        return Terminal(
            at.terminal,
            self.code,
            at.link,
            MINISTRY,
            self.profile,
            self.exchange_at,
            schedule=Schedule((self.exchange_at, *fitted.also), fitted.per_event),
            operators=fitted.operators,
            on_demand=OnDemand(fitted.on_demand) if fitted.on_demand else None,
        )

    def ministry(self, store: MakeStore) -> dict[NodeId, Actor]:
        """The ministry server, which lists this municipality's terminal."""
        return Nation((self,)).ministry(store)

    def network(self, store: MakeStore) -> dict[NodeId, Actor]:
        """The network between the two."""
        return Nation((self,)).network(store)

    def everything(self, store: MakeStore) -> dict[NodeId, Actor]:
        """All actors, for a world in one process."""
        return Nation((self,)).everything(store)

    def sealed_edge(self) -> SealedEdge:
        """An edge with fresh keys from a fresh test PKI for both ends."""
        return Nation((self,)).sealed_edge()


@dataclass(frozen=True, slots=True)
class Nation:
    """Several municipalities around one network and the agency's servers.

    `watches_periods`: whether the agency follows the 90 days. `immediate`: whether it sends notices at once.
    `looks_at`: at which clock time on open days it looks who has not exchanged.
    """

    sites: tuple[Topology, ...]
    watches_periods: bool = False
    immediate: bool = False
    looks_at: time | None = None

    def ministry(self, store: MakeStore) -> dict[NodeId, Actor]:
        """The ministry server, which lists the terminals of all municipalities."""
        first = self.sites[0]
        node = Ministry(
            MINISTRY,
            {site.places.terminal: site.code for site in self.sites},
            first.profile,
            first.rules,
            watches_periods=self.watches_periods,
            immediate=self.immediate,
            looks_at=self.looks_at,
            on_demand=frozenset(site.places.terminal for site in self.sites if site.fittings.on_demand),
        )
        return _actors(store, (MINISTRY, node, MinistryState))

    def network(self, store: MakeStore) -> dict[NodeId, Actor]:
        """The network, with the access line of each municipality and its planned outages."""
        node = Lgwan(
            LGWAN,
            MINISTRY,
            {site.places.terminal: site.line for site in self.sites},
            tuple(dict.fromkeys(outage for site in self.sites for outage in site.outages)),
            on_demand={
                site.places.terminal: subscriber(site.code, site.fittings.on_demand)
                for site in self.sites
                if site.fittings.on_demand
            },
            card_terminals={
                card.name: site.places.terminal for site in self.sites for card in site.fittings.cards
            },
            write_authority=AUTHORITY,
        )
        return _actors(store, (LGWAN, node, LgwanState))

    def authority(self, store: MakeStore) -> dict[NodeId, Actor]:
        """The write authority, where there are card terminals at all."""
        cards = [card for site in self.sites for card in site.fittings.cards]
        if not cards:
            return {}
        node = WriteAuthority(
            AUTHORITY,
            tuple(site.code for site in self.sites),
            tuple(card.name for card in cards),
            network=LGWAN,
        )
        return _actors(store, (AUTHORITY, node, WriteAuthorityState))

    def everything(self, store: MakeStore) -> dict[NodeId, Actor]:
        """All actors, for a world in one process."""
        cities: dict[NodeId, Actor] = {}
        for site in self.sites:
            cities |= site.municipality(store)
        return cities | self.network(store) | self.ministry(store) | self.authority(store)

    def sealed_edge(self) -> SealedEdge:
        """An edge with fresh keys from a fresh test PKI for every terminal and the server."""
        from sim.exchange.pki import Usage, issue, make_authority, serial_of

        authority = make_authority(VALID_FROM, VALID_UNTIL)
        ends = [(site.places.terminal, site.code) for site in self.sites]
        ends.append((MINISTRY, self.sites[0].profile.agency))
        own = {
            node: issue(authority, name, serial_of(name, Usage.ENVELOPE), Usage.ENVELOPE)
            for node, name in ends
        }
        certificates = {node: identity.certificate for node, identity in own.items()}
        return SealedEdge(own, certificates, authority.certificate)


def _actors(
    store: MakeStore, *rows: tuple[NodeId, Node[Any], Callable[[Tables], Any]]
) -> dict[NodeId, Actor]:
    return {name: Actor(node, store(name, state)) for name, node, state in rows}
