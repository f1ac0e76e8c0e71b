"""Some of a run's cards as real chips: personalised, laid on a reader, read and judged by what is found."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.base.instant import Instant
from sim.base.node import Body, NodeId
from sim.drivers.edge import Edge
from sim.drivers.topology import Nation
from sim.nodes.messages.cards import ReadCards, WriteChip
from sim.studies.scenario import Scenario


@dataclass(slots=True)
class SampledCards:
    """The border `real` for the first `most` cards that are read, and `inner` for all others.

    A person whose card was read as a real chip keeps it: it is read, and written, as one again.
    """

    real: Edge
    inner: Edge
    most: int
    _people: set[str] = field(default_factory=set)

    def out(self, sender: NodeId, body: Body) -> Body:
        """A body as it leaves `sender`."""
        if isinstance(body, WriteChip):
            return (self.real if body.ref in self._people else self.inner).out(sender, body)
        return self.inner.out(sender, body)

    def into(self, to: NodeId, body: Body, now: Instant) -> Body:
        """A body as `to` is given it."""
        if not isinstance(body, ReadCards):
            return self.inner.into(to, body, now)
        refs = {card.person.ref for card in body.cards}
        if not refs <= self._people:
            if len(self._people | refs) > self.most:
                return self.inner.into(to, body, now)
            self._people |= refs
        return self.real.into(to, body, now)


def desk_edge(scenario: Scenario, nation: Nation, seed: int, inner: Edge) -> Edge:
    """The border of a run: with real chips for as many cards as the scenario asks for."""
    most = scenario.cards.real_chips
    terminals = [(site.code, card.name) for site in nation.sites for card in site.fittings.cards]
    if not most or not terminals:
        return inner
    from sim.drivers.chip_desk import CardEdge, ChipDesk
    from sim.drivers.chip_desk.writing import writable

    # Chips take an address only where writing starts; what is authorised is the authority's to say.
    starts = any(site.fittings.policy.active_since is not None for site in nation.sites)
    desks = {
        name: ChipDesk(name, code, seed, writing=writable(seed)) if starts else ChipDesk(name, code, seed)
        for code, name in terminals
    }
    return SampledCards(CardEdge(inner, desks), inner, most)
