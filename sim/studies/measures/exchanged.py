"""Filings by kind, and the exchange: days, hours on the network, volumes, and what became of each record."""

from __future__ import annotations

import msgspec

from sim.studies.measures.parts import Part


class FilingCell(Part):
    """Filings of one kind: how many came in time, late, with the card, and what they were deemed."""

    in_time: int = 0
    late: int = 0
    refused: int = 0
    card: dict[str, int] = msgspec.field(default_factory=dict)
    deemed: dict[str, int] = msgspec.field(default_factory=dict)
    not_deemed: int = 0
    transmitted: dict[str, int] = msgspec.field(default_factory=dict)


class ExchangeDay(Part):
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


class NetworkHour(Part):
    """One hour of one day on the network. `busy`: microseconds in which the line carried something."""

    bytes: int = 0
    busy: int = 0
    transfers: int = 0
    refused: int = 0


class Volume(Part):
    """What went over the network in one direction for one business."""

    batches: int = 0
    records: int = 0
    plain_bytes: int = 0


class Balance(Part):
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
    codes: dict[str, int] = msgspec.field(default_factory=dict)

    @property
    def rest(self) -> int:
        """Zero when nothing was doubled and nothing was judged that had not been sent."""
        return self.raised - self.accepted - self.rejected - self.pending

    @property
    def sound(self) -> bool:
        """Nothing lost and nothing doubled."""
        return self.rest == 0 and self.lost == 0
