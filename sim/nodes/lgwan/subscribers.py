"""Who connects on demand (LGWAN-ASP): the municipality behind a terminal, and the proof that it is the one.

Sources: seed 001, line 43 (no permanent connection wished), line 68 (the service authenticates its users).
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.exchange.batch import digest_of


@dataclass(frozen=True, slots=True)
class Subscriber:
    """`municipality`: the code it must name. `credential`: SHA-256 of its credential, which is kept nowhere.

    Made by `subscriber`.
    """

    municipality: str
    credential: str

    def why_not(self, municipality: str, credential: str) -> str:
        """Why a request in these words is refused; empty when it is right."""
        if municipality != self.municipality:
            return "wrong_municipality"
        return "" if digest_of(credential.encode()) == self.credential else "wrong_credential"


def subscriber(municipality: str, credential: str) -> Subscriber:
    """The subscriber that shows this credential."""
    return Subscriber(municipality, digest_of(credential.encode()))
