"""What a run amounts to: one mergeable schema, made by folding a journal (`sim.studies.folding`).

Every part can be added to another of the same kind (`Part.merge`), so that the measures of replications, of
municipalities or of years add up. Reports read measures and journals only and are pure functions of them.
`parts` is what they are made of; `exchanged`, `counters`, `registers`, `links`, `terminals` and `centre` hold
one area each.

Times between two events are kept as a distribution over whole hours: exact enough for a batch that runs
daily, and it adds up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Self

import msgspec

from sim.base.errors import UsageError
from sim.studies.measures.centre import Centre, Usage
from sim.studies.measures.counters import Candidates, Duty, Lateness, Office
from sim.studies.measures.exchanged import Balance, ExchangeDay, FilingCell, NetworkHour, Volume
from sim.studies.measures.links import LinkWork
from sim.studies.measures.parts import Distribution, Part, summed
from sim.studies.measures.registers import Copies, Register, Totals
from sim.studies.measures.terminals import CardTerminal, Shown, Terminal

__all__ = [
    "Balance",
    "Candidates",
    "CardTerminal",
    "Centre",
    "Copies",
    "Distribution",
    "Duty",
    "ExchangeDay",
    "FilingCell",
    "Lateness",
    "LinkWork",
    "Measures",
    "NetworkHour",
    "Office",
    "Part",
    "Register",
    "Run",
    "Shown",
    "Site",
    "Terminal",
    "Totals",
    "Usage",
    "Volume",
    "encode",
    "read",
]

VERSION: Final = 4


class Site(msgspec.Struct):
    """A municipality of the run. `pattern`: of the leg inside at the start; `offices`: names by their ids.

    `queues`: whether its offices are described, so that people wait where too many come at once.
    """

    code: str
    ja: str
    en: str
    residents: int
    pattern: str
    offices: dict[str, list[str]]
    queues: bool = False


class Run(msgspec.Struct):
    """What was run: enough to run it again. `municipality`: the code, empty where there are several.

    `shows_ja`, `shows_en`: what the scenario promises to show, and `answers` the keys of the key figures that
    show it. `beyond`: what the scenario plans after the last day that was run. `watches`: whether the agency
    followed the 90 days.
    """

    scenario: str
    title_ja: str
    title_en: str
    command: str
    clock: str
    municipality: str
    municipality_ja: str
    municipality_en: str
    start: str
    days: int
    seed: int
    residents: int
    profile: str
    version: str
    line_rate: int
    line_latency_ms: int
    exchange_at: str
    outages: list[dict[str, str]] = []
    assumptions: list[dict[str, str]] = []
    unconfirmed: list[dict[str, str]] = []
    sites: list[Site] = []
    shows_ja: str = ""
    shows_en: str = ""
    answers: list[str] = []
    beyond: list[dict[str, str]] = []
    watches: bool = False


class Measures(msgspec.Struct):
    """All measures of one run. Dates are ISO dates in Japan; keys of `network` are `YYYY-MM-DDTHH`.

    `raised_to_agency` counts from the moment at which the registry raised a record, `event_to_filing` and
    `event_to_agency` from midnight of the event's day; both of these leave out what was filed before its
    event. `revisions_refused`: filings that a counter accepted and the register contradicted, by reason.
    `persons`: of how many people everything is settled, something pending, or something unsound.
    `unsettled`: what does not add up, then the oldest pending records and batches; not all of them, as
    `unsettled_count` says.
    `rests_on`: of how many accepted filings the decision leans on an unconfirmed fact, by its id.

    Keys: `offices` `CODE/OFFICE`, `links` `CODE/PATTERN`, `card_terminals` their ids, `sites`, `registers`
    and `terminals` the municipality's code, `copies` the option, `duties` the article, `lateness` the filing
    and `lateness_by_class` the class of person.
    """

    v: int
    run: Run
    residents_end: int = 0
    filings: dict[str, FilingCell] = {}
    revisions_refused: dict[str, int] = {}
    rests_on: dict[str, int] = {}
    filings_by_day: dict[str, dict[str, int]] = {}
    event_to_filing: Distribution = msgspec.field(default_factory=Distribution)
    raised_to_agency: Distribution = msgspec.field(default_factory=Distribution)
    event_to_agency: Distribution = msgspec.field(default_factory=Distribution)
    agency_to_register: Distribution = msgspec.field(default_factory=Distribution)
    duties_open: int = 0
    duties_closed: int = 0
    exchange: dict[str, ExchangeDay] = {}
    network: dict[str, NetworkHour] = {}
    volumes: dict[str, Volume] = {}
    balances: dict[str, Balance] = {}
    batches: dict[str, Balance] = {}
    rejected_batches: list[dict[str, str]] = []
    persons: dict[str, int] = {}
    unsettled: list[dict[str, str]] = []
    unsettled_count: int = 0
    journal_lines: int = 0
    sites: dict[str, Totals] = {}
    offices: dict[str, Office] = {}
    lateness: dict[str, Lateness] = {}
    lateness_by_class: dict[str, Lateness] = {}
    duties: dict[str, Duty] = {}
    candidates: Candidates = msgspec.field(default_factory=Candidates)
    registers: dict[str, Register] = {}
    copies: dict[str, Copies] = {}
    links: dict[str, LinkWork] = {}
    terminals: dict[str, Terminal] = {}
    card_terminals: dict[str, CardTerminal] = {}
    centre: Centre = msgspec.field(default_factory=Centre)

    def merge(self, other: Self) -> None:
        """Adds another run's measures to these. What was run and what is listed by name stays as here."""
        for name in self.__struct_fields__:
            if name not in ("v", "run", "rejected_batches", "unsettled"):
                setattr(self, name, summed(getattr(self, name), getattr(other, name)))


def encode(measures: Measures) -> bytes:
    """Measures as JSON for people and programs: indented, keys in order, the same bytes for the same run."""
    raw = msgspec.json.encode(measures, order="deterministic")
    return msgspec.json.format(raw, indent=1) + b"\n"


def read(path: Path) -> Measures:
    """The measures that `renkei sim run` wrote.

    Raises:
        UsageError: the file is missing or holds no measures of this version.
    """
    try:
        measures = msgspec.json.decode(path.read_bytes(), type=Measures)
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(
            "the measures cannot be read",
            where=str(path),
            expected="the measures.json of a run",
            received=str(error),
            remedy="give the folder that `renkei sim run … --out DIR` wrote",
        ) from error
    if measures.v != VERSION:
        raise UsageError(
            "these measures were written by another version",
            where=str(path),
            expected=f"v = {VERSION}",
            received=f"v = {measures.v}",
            remedy="run the scenario again",
        )
    return measures
