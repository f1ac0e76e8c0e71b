"""Mutants by a stranger: breaches that a vendor would commit, chosen from the requirements alone.

The other mutants each name the check that must catch them, and were written with that check in sight: what
nobody thought of when the checks were written, nobody breaks either. These were written from the rows of the
requirements, the protocol and the reference, before any check, feature or other mutant was read, so that they
say how many breaches of a kind unknown to the harness it sees. `conformance.strangers` runs them.
"""

from __future__ import annotations

from typing import Final

from conformance.mutants.strangers import cards, ministry, municipal, terminal
from conformance.mutants.strangers.shape import Stranger

STRANGERS: Final[dict[str, tuple[Stranger, ...]]] = {
    "municipal-system": municipal.ALL,
    "exchange-terminal": terminal.ALL,
    "ministry-server": ministry.ALL,
    "card": cards.CARD,
    "card-application": cards.APPLICATION,
}
"""Those of each role."""
