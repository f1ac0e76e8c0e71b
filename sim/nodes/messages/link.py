"""What the leg inside a municipality is told, beside the records that it carries."""

from __future__ import annotations

from sim.base.instant import Instant
from sim.base.node import Body


class SwitchLink(Body, frozen=True):
    """From now on records go by another pattern: `line`, `media` or `paper`."""

    pattern: str


class LinkDown(Body, frozen=True):
    """The line between registry and terminal breaks."""


class LinkUp(Body, frozen=True):
    """The line works again."""


class LoseMedium(Body, frozen=True):
    """The medium under way in `direction` (`up` or `down`) is lost, and whoever carried it says so."""

    direction: str


class FindMedium(Body, frozen=True):
    """The medium that was lost last in `direction` is found, and somebody puts it into the reader."""

    direction: str


class DrillMedium(Body, frozen=True):
    """Somebody puts a medium into the reader that must not be taken in (`sim.nodes.link.DRILLS`)."""

    direction: str
    fault: str


class LinkRunDue(Body, frozen=True):
    """Time to write a medium or to print a sheet for `direction`; `at`: the run that was planned."""

    direction: str
    at: Instant


class MediumArrived(Body, frozen=True):
    """The medium `medium` was carried to the other side."""

    direction: str
    medium: str


class SheetKeyed(Body, frozen=True):
    """The last record of the sheet `sheet` is keyed in."""

    direction: str
    sheet: str


BODIES = (
    SwitchLink
    | LinkDown
    | LinkUp
    | LoseMedium
    | FindMedium
    | DrillMedium
    | LinkRunDue
    | MediumArrived
    | SheetKeyed
)
