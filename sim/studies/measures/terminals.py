"""Exchange terminals and their eight safeguards, and the terminals that read cards."""

from __future__ import annotations

import msgspec

from sim.studies.measures.parts import Distribution, Part


class Shown(Part):
    """What shows one safeguard at work: counts by what happened, and journal ids as evidence."""

    counts: dict[str, int] = msgspec.field(default_factory=dict)
    evidence: list[str] = msgspec.field(default_factory=list)


class Terminal(Part):
    """One exchange terminal. `safeguards`: by the requirement's id (S3-026 to S3-034).

    `sessions`: log-ons that ended in a log-off or a time-out, out of `log_ons`. `chains`: audit logs (one a
    machine), of which `broken` do not verify. `replaced`: machines that took another's place.
    """

    safeguards: dict[str, Shown] = msgspec.field(default_factory=dict)
    log_ons: int = 0
    sessions: int = 0
    audited: dict[str, int] = msgspec.field(default_factory=dict)
    chains: int = 0
    broken: int = 0
    exported: int = 0
    replaced: int = 0
    quarantined: int = 0
    untrained: int = 0
    patches_overdue: int = 0


class CardTerminal(Part):
    """One ICカード取扱端末. `reads`: by outcome; `real` of them of chips, the others as declared.

    `write_refused` and `not_authorised`: by reason; `refused_before`: of the refused ones those before the
    agency allowed the start. `ages`: days of pattern files when they came and when
    they were found too old (`outdated`). `updated`: by manner.
    """

    office: str = ""
    connection: str = ""
    reads: dict[str, int] = msgspec.field(default_factory=dict)
    real: int = 0
    read_refused: dict[str, int] = msgspec.field(default_factory=dict)
    written: int = 0
    write_refused: dict[str, int] = msgspec.field(default_factory=dict)
    refused_before: int = 0
    not_authorised: dict[str, int] = msgspec.field(default_factory=dict)
    updated: dict[str, int] = msgspec.field(default_factory=dict)
    outdated: int = 0
    ages: Distribution = msgspec.field(default_factory=Distribution)
