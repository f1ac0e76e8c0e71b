"""The border of card terminals whose cards are real: readings come from chips, and writes go into them.

A terminal decides, its desk acts. On the way in, `ReadCards` is given the readings of the cards on the desk.
On the way out, the terminal's own `WriteChip`, which it sends to itself once it has used up an authorisation,
is carried out and given its outcome. Nothing that somebody else sends makes the desk write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from sim.base.instant import Instant, japan_date
from sim.base.node import Body, NodeId
from sim.drivers.chip_desk.desk import ChipDesk
from sim.drivers.edge import Edge
from sim.nodes.messages.cards import ReadCards, WriteChip


@dataclass(frozen=True, slots=True)
class CardEdge:
    """The border `inner` with a desk for each card terminal whose cards are real."""

    inner: Edge
    desks: Mapping[NodeId, ChipDesk]

    def out(self, sender: NodeId, body: Body) -> Body:
        """As `inner`; a terminal's own order to write is carried out."""
        desk = self.desks.get(sender)
        if desk is None or not isinstance(body, WriteChip):
            return self.inner.out(sender, body)
        outcome = desk.write(body.ref, body.address, body.filed_date, body.authorisation)
        return msgspec.structs.replace(body, outcome=outcome)

    def into(self, to: NodeId, body: Body, now: Instant) -> Body:
        """As `inner`; cards for a terminal with a desk are laid on it and read."""
        desk = self.desks.get(to)
        if desk is None or not isinstance(body, ReadCards):
            return self.inner.into(to, body, now)
        today = japan_date(now)
        for card in body.cards:
            desk.lay(card, today)
        readings = tuple(desk.read(card.person.ref) for card in body.cards)
        return msgspec.structs.replace(body, readings=readings)
