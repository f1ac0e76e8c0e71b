"""What happened at counters: visits, duties, lateness, and what the agency made of late notifications."""

from __future__ import annotations

import msgspec

from sim.studies.measures.parts import Distribution, Part


class Office(Part):
    """One office. `waited`: minutes; `minutes`: served at the window in all.

    `turned_away`, `refused`, `withheld`: by reason. `made_up`: endorsements that followed later on the day;
    `left_open`: cases left without one. `asked`, `keyed`, `prefilled`: items of forms that a person was asked
    for, that a clerk keyed in, and that came from the chip. `closed_to_foreign`: it does not take the filings
    of foreign residents. `short`: what it lacks, by name.
    """

    visits: int = 0
    persons: int = 0
    minutes: int = 0
    waited: Distribution = msgspec.field(default_factory=Distribution)
    turned_away: dict[str, int] = msgspec.field(default_factory=dict)
    filings: int = 0
    late: int = 0
    refused: dict[str, int] = msgspec.field(default_factory=dict)
    identity: dict[str, int] = msgspec.field(default_factory=dict)
    authenticity: dict[str, int] = msgspec.field(default_factory=dict)
    endorsed: int = 0
    withheld: dict[str, int] = msgspec.field(default_factory=dict)
    left_open: int = 0
    made_up: int = 0
    warned: int = 0
    asked: int = 0
    keyed: int = 0
    prefilled: int = 0
    without_training: int = 0
    closed_to_foreign: int = 0
    short: dict[str, int] = msgspec.field(default_factory=dict)


class Lateness(Part):
    """Accepted filings of one kind or of one class. `over_90`: made after the 90 days of 入管法22条の4.

    `days`: how many days after the last day, of those that came late.
    """

    in_time: int = 0
    late: int = 0
    over_90: int = 0
    days: Distribution = msgspec.field(default_factory=Distribution)


class Duty(Part):
    """Separate residence notifications due under one article. `closed`: by what ended them.

    `overdue`: of those that are open at the end, past the last day.
    """

    opened: int = 0
    closed: dict[str, int] = msgspec.field(default_factory=dict)
    open: int = 0
    overdue: int = 0


class Candidates(Part):
    """Those whom the agency counts as candidates for revocation (取消しの候補), by ground.

    `withdrawn`: by why. One who had filed in time, and was found only because the record was on its way, is a
    false candidate; `behind` has the days between the filing and its arrival, of all who were withdrawn.
    """

    found: dict[str, int] = msgspec.field(default_factory=dict)
    withdrawn: dict[str, int] = msgspec.field(default_factory=dict)
    behind: Distribution = msgspec.field(default_factory=Distribution)
    evidence: list[str] = msgspec.field(default_factory=list)

    @property
    def false(self) -> int:
        """Candidates that only the delay of the exchange made."""
        return self.withdrawn.get("filed_in_time", 0)
