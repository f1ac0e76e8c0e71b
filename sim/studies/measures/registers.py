"""What happened in registers: copies of records, provisional records, cancellations, certificates."""

from __future__ import annotations

import msgspec

from sim.studies.measures.parts import Distribution, Part


class Copies(Part):
    """Copies of resident records issued under one option. `stale`: known at the counter to differ.

    `found_later`: nobody could know, until a notice came; `undecided`: nobody can say of which. `items`: what
    differed; `behind`: days since the agency's decision, of stale ones, where the day was known.
    """

    issued: int = 0
    stale: int = 0
    found_later: int = 0
    undecided: int = 0
    items: dict[str, int] = msgspec.field(default_factory=dict)
    behind: Distribution = msgspec.field(default_factory=Distribution)
    refused: dict[str, int] = msgspec.field(default_factory=dict)


class Register(Part):
    """One municipality's register. `backlog`: the longest list of notices that waited for a clerk.

    `by_hand`: notices that no machine may apply (special permanent residents). `abodes`: people who have an
    abode here and no record.
    """

    provisional: int = 0
    settled: int = 0
    dropped: int = 0
    cancelled: int = 0
    refused: dict[str, int] = msgspec.field(default_factory=dict)
    by_hand: int = 0
    backlog_lists: int = 0
    backlog: Distribution = msgspec.field(default_factory=Distribution)
    certificates: dict[str, int] = msgspec.field(default_factory=dict)
    abodes: int = 0
    abodes_removed: int = 0
    births: int = 0


class Totals(Part):
    """One municipality in a few numbers. `raised` and `pending`: records for and from the agency."""

    residents_start: int = 0
    residents_end: int = 0
    filings: int = 0
    late: int = 0
    over_90: int = 0
    batches: int = 0
    delayed: int = 0
    raised: int = 0
    pending: int = 0
    lost: int = 0
