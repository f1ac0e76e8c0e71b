"""Names by which the studies and the nodes they build mean the same thing."""

from __future__ import annotations

from typing import Final

from sim.nodes.counter import OfficeKind
from sim.studies.scenario.places import Municipality

PIN: Final = "2468"
"""Of every simulated operator: nobody's secret."""


def office_id(place: Municipality, number: int) -> str:
    """The id of an office in the journal: `main_office`, or `branch_office-02` by its place in the list."""
    kind = OfficeKind(place.offices[number].kind)
    return str(kind) if kind is OfficeKind.MAIN else f"{kind}-{number + 1:02d}"
