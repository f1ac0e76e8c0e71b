"""Two batches side by side, by what they say: record for record, whatever their order and form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim.base.instant import iso
from sim.exchange.model import Batch, Header
from sim.exchange.records import AnyRecord, kind_of


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the two do not share. `record_id` is empty for the header; `item` for a whole record."""

    record_id: str
    item: str
    before: str
    after: str


def compare(before: Batch, after: Batch) -> tuple[Difference, ...]:
    """What differs, the header first, then the records by their numbers.

    A number that a batch bears twice is compared by its last record: `check` finds such numbers.
    """
    found = [*_of_headers(before.header, after.header)]
    ours = {record.record_id: record for record in before.records}
    theirs = {record.record_id: record for record in after.records}
    for name in sorted({*ours, *theirs}):
        found += _of_records(name, ours.get(name), theirs.get(name))
    return tuple(found)


def _of_headers(before: Header, after: Header) -> list[Difference]:
    found = []
    for item in Header.__struct_fields__:
        values = [getattr(header, item) for header in (before, after)]
        if values[0] != values[1]:
            texts = [iso(value) if item == "created_at" else str(value) for value in values]
            found.append(Difference("", item, *texts))
    return found


def _of_records(name: str, before: AnyRecord | None, after: AnyRecord | None) -> list[Difference]:
    if before is None or after is None:
        kinds = ["" if record is None else kind_of(record) for record in (before, after)]
        return [Difference(name, "", *kinds)]
    if type(before) is not type(after):
        return [Difference(name, "kind", kind_of(before), kind_of(after))]
    return [
        Difference(name, item, _text(getattr(before, item)), _text(getattr(after, item)))
        for item in before.__struct_fields__
        if getattr(before, item) != getattr(after, item)
    ]


def _text(value: Any) -> str:
    return "" if value is None else str(value)
