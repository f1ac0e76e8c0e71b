"""住基DBサーバ: the resident register of one municipality and what leaves it.

`node` decides what an event leads to and asks one module for each kind of business: `revising` (filings and
the mayor's own changes), `provisional`, `cancelling`, `notices` (what the agency sends down), `copies`,
`abodes`, `certificates`, `transitional`. `raising` makes the records for the agency, `items` knows what a
record must bear, `history` what a version is, and `state` keeps it all: its `append` is the only way to
change a record.
"""

from __future__ import annotations

from sim.nodes.registry.changes import ACTIONS, GROUNDS, REFUSALS
from sim.nodes.registry.node import Registry
from sim.nodes.registry.state import RegistryState

__all__ = ["ACTIONS", "GROUNDS", "REFUSALS", "Registry", "RegistryState"]
