"""The legs of the reference: between register and terminal, in three patterns, and by messenger."""

from __future__ import annotations

import hashlib
from typing import Final

from conformance.protocol import municipal as wire
from sim.base.instant import japan_date, parse_iso
from sim.base.node import NodeId
from sim.drivers.topology import places_of
from sim.nodes.link import Link, Media, Paper
from sim.nodes.messages.link import DrillMedium, FindMedium, LoseMedium
from sim.nodes.messages.terminal import LogOn
from sim.nodes.terminal.operators import Operator, hashed

MEDIUM_KEY: Final = hashlib.sha256(b"renkei reference: the place's key of its media").digest()
"""Simulated, as everything here: what lies on these media never leaves the process."""


def link_of(request: wire.Reset) -> Link:
    """The leg as a reset sets it up. Paper is set up only where foreign residents are few enough.

    Raises:
        UsageError: the pattern is not open to this municipality.
    """
    at = places_of(request.municipality)
    few = request.foreign_residents < request.paper_below
    paper = Paper(request.foreign_residents, request.paper_below) if few else None
    return Link(at.link, at.registry, at.terminal, request.link, request.adapted, Media(MEDIUM_KEY), paper)


def medium_event(request: wire.MediumEvent) -> LoseMedium | FindMedium | DrillMedium:
    """What the link is told of a medium; an event that nobody knows is refused by the link itself."""
    if request.event == "lost":
        return LoseMedium(request.direction)
    if request.event == "found":
        return FindMedium(request.direction)
    return DrillMedium(request.direction, request.event)


CLERK: Final = LogOn("clerk", "2580")
"""Who gives batches to a messenger: of the reference, and no secret of anybody's."""


def clerk_of(request: wire.Reset, terminal: NodeId) -> Operator:
    """The clerk as an operator of the terminal, instructed on the day of the reset."""
    trained = japan_date(parse_iso(request.at.isoformat()))
    return Operator(CLERK.operator, hashed(CLERK.pin, f"{terminal}/{CLERK.operator}"), trained=trained)
