"""The leg between registry and terminal: what it carried, and what it cost people."""

from __future__ import annotations

import msgspec

from sim.studies.measures.parts import Distribution, Part


class LinkWork(Part):
    """One pattern of one municipality. `records`: those that were given to it and came out.

    `refused`: media that a reader did not take in, by code. `fields`: items keyed in; `errors`: slips in
    them, of which `caught` were seen by the second person; `wrong`: records that went on with an item other
    than on paper. `media_minutes`: from writing to reading. `hours`: from the record in the register to the
    terminal, after a switch too under the pattern to which it was given. `down_minutes`: in which the line
    did not work.
    """

    written: int = 0
    read: int = 0
    lost: int = 0
    reissued: int = 0
    refused: dict[str, int] = msgspec.field(default_factory=dict)
    sheets: int = 0
    records: int = 0
    rekeyed: int = 0
    fields: int = 0
    errors: int = 0
    caught: int = 0
    wrong: int = 0
    steps: int = 0
    media_minutes: Distribution = msgspec.field(default_factory=Distribution)
    hours: Distribution = msgspec.field(default_factory=Distribution)
    begun: int = 0
    breaks: int = 0
    down_minutes: int = 0
    evidence: list[str] = msgspec.field(default_factory=list)

    @property
    def passed_on(self) -> int:
        """Slips that nobody saw."""
        return self.errors - self.caught
