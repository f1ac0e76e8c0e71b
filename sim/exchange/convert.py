"""From one form to the other, piece by piece: the same batch, in canonical form, with its digest made anew.

Only a batch without faults is converted: what cannot be read cannot be told in another form.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from sim.exchange import csv_codec, xml_codec
from sim.exchange.codes import Finding
from sim.exchange.model import XML, Block, Header, Part
from sim.exchange.profile import Profile
from sim.exchange.records import AnyRecord


class Unconvertible(Exception):
    """The batch has a fault; caught where the file is known."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


def converted(parts: Iterable[Part], profile: Profile, form: str) -> Iterator[bytes]:
    """The pieces of the batch in `form`, from the parts of a batch in any form.

    Raises:
        Unconvertible: the batch has a fault; what was given out so far is not to be used.
    """
    digest = hashlib.sha256()
    count = 0
    for part in parts:
        if isinstance(part, Finding):
            raise Unconvertible(part)
        if isinstance(part, Header):
            piece = _opening(part, profile, form)
        else:
            records = _records(part)
            count += len(records)
            piece = _lines(records, profile, form)
        digest.update(piece)
        yield piece
    if form == XML:
        yield xml_codec.closing(count, digest.hexdigest()).encode()
    else:
        yield csv_codec.trailer_line(count, digest.hexdigest()).encode()


def _records(block: Block) -> list[AnyRecord]:
    records = []
    for row in block.all_rows():
        if row.record is None:
            assert row.finding is not None
            raise Unconvertible(row.finding)
        records.append(row.record)
    return records


def _opening(header: Header, profile: Profile, form: str) -> bytes:
    text = xml_codec.opening(header, profile) if form == XML else csv_codec.header_line(header)
    return text.encode()


def _lines(records: list[AnyRecord], profile: Profile, form: str) -> bytes:
    if form == XML:
        return "".join(xml_codec.record_line(record, profile) for record in records).encode()
    return csv_codec.detail_lines(records, profile).encode()
