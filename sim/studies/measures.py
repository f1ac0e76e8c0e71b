"""What a run amounts to: one mergeable schema, made by folding a journal (`sim.studies.folding`).

Every part can be added to another of the same kind (counts, distributions, calendars), so that the
measures of replications, of municipalities or of years add up. Reports read measures and journals only
and are pure functions of them.

Times between two events are kept as a distribution over whole hours: exact enough for a batch that runs
daily, and it adds up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from sim.base.errors import UsageError

VERSION: Final = 3


class Distribution(msgspec.Struct):
    """How often each whole number of hours occurred, keyed by the number as text."""

    counts: dict[str, int] = {}

    def add(self, hours: int, times: int = 1) -> None:
        key = str(hours)
        self.counts[key] = self.counts.get(key, 0) + times

    def merge(self, other: Distribution) -> None:
        for key, times in other.counts.items():
            self.counts[key] = self.counts.get(key, 0) + times

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def ordered(self) -> list[tuple[int, int]]:
        """(hours, times) by hours."""
        return sorted((int(key), times) for key, times in self.counts.items())

    def quantile(self, share: float) -> int | None:
        """The smallest number of hours not exceeded in `share` of all cases; None when there are none."""
        need = share * self.total
        seen = 0
        for hours, times in self.ordered():
            seen += times
            if seen >= need:
                return hours
        return None


class FilingCell(msgspec.Struct):
    """Filings of one kind: how many came in time, late, with the card, and what they were deemed."""

    in_time: int = 0
    late: int = 0
    refused: int = 0
    card: dict[str, int] = {}
    deemed: dict[str, int] = {}
    not_deemed: int = 0
    transmitted: dict[str, int] = {}


class ExchangeDay(msgspec.Struct):
    """One calendar day of the exchange with one municipality.

    `delayed` counts the batches that were held up, however often they were tried. `exchanges` counts the
    exchanges of which something was taken in: batches that a terminal made at one instant are one exchange,
    which counts on the day on which its first batch was taken in.
    """

    batches_up: int = 0
    batches_down: int = 0
    records_up: int = 0
    records_down: int = 0
    delayed: int = 0
    rejected: int = 0
    exchanges: int = 0


class NetworkHour(msgspec.Struct):
    """One hour of one day on the network. `busy`: microseconds in which the line carried something."""

    bytes: int = 0
    busy: int = 0
    transfers: int = 0
    refused: int = 0


class Volume(msgspec.Struct):
    """What went over the network in one direction for one business."""

    batches: int = 0
    records: int = 0
    plain_bytes: int = 0


class Balance(msgspec.Struct):
    """What became of the records (or batches) of one kind.

    `raised` counts what the sender's journal says it made (a batch that goes again counts again);
    `accepted` and `rejected` count every verdict in the receiver's; `pending` counts the names that were
    raised and have no verdict. They are counted apart, so a record that was doubled, or judged without
    having been sent, leaves a `rest`. `lost` counts the pending records that should have a verdict: the
    receiver took their batch in, or a later exchange went without them. `answered` counts the results that
    came back to the sender.
    """

    raised: int = 0
    accepted: int = 0
    rejected: int = 0
    pending: int = 0
    lost: int = 0
    answered: int = 0
    codes: dict[str, int] = {}

    @property
    def rest(self) -> int:
        """Zero when nothing was doubled and nothing was judged that had not been sent."""
        return self.raised - self.accepted - self.rejected - self.pending

    @property
    def sound(self) -> bool:
        """Nothing lost and nothing doubled."""
        return self.rest == 0 and self.lost == 0


class Run(msgspec.Struct):
    """What was run: enough to run it again."""

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


class Measures(msgspec.Struct):
    """All measures of one run. Dates are ISO dates in Japan; keys of `network` are `YYYY-MM-DDTHH`.

    `raised_to_agency` counts from the moment at which the registry raised a record, `event_to_filing` and
    `event_to_agency` from midnight of the event's day; both of these leave out what was filed before its
    event. `revisions_refused`: filings that a counter accepted and the register contradicted, by reason.
    `persons`: of how many people everything is settled, something pending, or something unsound.
    `unsettled`: what does not add up, then the oldest pending records and batches; not all of them, as
    `unsettled_count` says.
    `rests_on`: of how many accepted filings the decision leans on an unconfirmed fact, by its id.
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
