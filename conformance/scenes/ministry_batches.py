"""The batches of the municipalities that the harness plays: good ones, and ones with one fault each.

A fault is put in by hand into the text of a good batch; digest and counts are made to fit again unless they
are the fault. So each file has the fault that its name tells and no other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from conformance.protocol.base import PersonData
from sim.base.errors import HarnessError
from sim.exchange import batch as batches
from sim.exchange.batch import XML, Header
from sim.exchange.birth import birth_date
from sim.exchange.csv_codec import quoted, split_row
from sim.exchange.profile import Profile
from sim.exchange.records import (
    AnyRecord,
    CertificateIssuanceNotice,
    MunicipalityNotice,
    MunicipalityTransmission,
    kind_of,
)

BUSINESS: Final = {
    "municipality_notice": "01",
    "municipality_transmission": "02",
    "certificate_issuance_notice": "03",
}
"""The registered business of each kind that goes up (seed 003, line 179)."""


# --- records --------------------------------------------------------------------------------------------
def notice(number: str, who: PersonData, action: str, reason: str, on: date, filed: date) -> AnyRecord:
    """A municipality notice about a person."""
    return MunicipalityNotice(
        record_id=number,
        person_ref=who.ref,
        action=action,
        reason=reason,
        event_date=on,
        filed_date=filed,
        person_class=who.person_class,
        name=who.name,
        name_kanji=who.name_kanji,
        birth_date=birth_date(who.birth_date),
        sex=who.sex,
        nationality=who.nationality,
        address=who.address,
        status=who.status,
        period_until=who.period_until,
        card_number=who.card_number,
    )


def transmission(number: str, who: PersonData, article: str, on: date, filed: date) -> AnyRecord:
    """The transmission of a residence filing of a person."""
    return MunicipalityTransmission(
        record_id=number,
        person_ref=who.ref,
        article=article,
        manner="deemed",
        event_date=on,
        filed_date=filed,
        name=who.name,
        birth_date=birth_date(who.birth_date),
        sex=who.sex,
        nationality=who.nationality,
        residence=who.address,
        card_number=who.card_number,
    )


def issuance(number: str, who: PersonData, abode: str, on: date, until: date) -> AnyRecord:
    """The issue of a certificate to a special permanent resident, who may have an abode and no record."""
    return CertificateIssuanceNotice(
        record_id=number,
        person_ref=who.ref,
        ground="renewal",
        issued_date=on,
        name=who.name,
        birth_date=birth_date(who.birth_date),
        sex=who.sex,
        nationality=who.nationality,
        residence="" if abode else who.address,
        abode=abode,
        certificate_number=who.card_number,
        valid_until=until,
    )


# --- faults of a whole file -----------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Draft:
    """A batch before its trailer, as lines of CSV without their ends."""

    header: str
    details: tuple[str, ...]

    def closed(self, count: int | None = None) -> bytes:
        """The file, with a trailer that fits."""
        body = "".join(f"{line}\r\n" for line in (self.header, *self.details)).encode()
        number = len(self.details) if count is None else count
        return body + f"T,{number},{hashlib.sha256(body).hexdigest()}\r\n".encode()


def draft(header: Header, records: tuple[AnyRecord, ...], profile: Profile) -> Draft:
    """The batch as text."""
    lines = batches.encode(header, records, profile).decode().split("\r\n")
    return Draft(lines[0], tuple(lines[1:-2]))


def _heading(place: int, text: str) -> Callable[[Draft], bytes]:
    """Another text in one column of the header."""

    def spoil(made: Draft) -> bytes:
        cells = made.header.split(",")
        cells[place] = text
        return Draft(",".join(cells), made.details).closed()

    return spoil


def _bytes(change: Callable[[bytes], bytes]) -> Callable[[Draft], bytes]:
    """Another body, with a trailer that fits it."""

    def spoil(made: Draft) -> bytes:
        body, _, _ = made.closed().rpartition(b"T,")
        body = change(body)
        return body + f"T,{len(made.details)},{hashlib.sha256(body).hexdigest()}\r\n".encode()

    return spoil


def _as_xml(change: Callable[[str], str]) -> Callable[[bytes], bytes]:
    """Another text of a file in XML, with a digest that fits it."""

    def spoil(content: bytes) -> bytes:
        body, _, rest = content.decode().partition("<trailer>")
        body = change(body)
        count = rest.partition("<count>")[2].partition("</count>")[0]
        digest = hashlib.sha256(body.encode()).hexdigest()
        closing = f"<trailer><count>{count}</count><digest>{digest}</digest></trailer>\n</batch>\n"
        return (body + closing).encode()

    return spoil


_DTD = '<!DOCTYPE batch [<!ENTITY a "TEST">]>\n<batch '
_BOMB = (
    '<!DOCTYPE batch [<!ENTITY a "TEST"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;">]>\n<batch '
)

FILE_FAULTS: Final[dict[str, Callable[[Draft], bytes]]] = {
    "empty_file": lambda made: b"",
    "truncated": lambda made: made.closed().rpartition(b"T,")[0],
    "wrong_count": lambda made: made.closed(count=len(made.details) + 1),
    "altered": lambda made: made.closed().replace(b"TEST", b"BEST"),
    "wrong_recipient": _heading(3, "141003"),
    "unknown_business": _heading(4, "04"),
    "wrong_direction": _heading(5, "down"),
    "unknown_profile": _heading(1, "renkei-open/9"),
    "bad_header": _heading(7, "2026-06-03"),
    "not_utf8": _bytes(lambda body: body.replace(b"TEST", b"\x83e\x83X")),
    "byte_order_mark": _bytes(lambda body: b"\xef\xbb\xbf" + body),
    "nul": _bytes(lambda body: body.replace(b"TEST", b"TE\x00T")),
    "long_line": _bytes(lambda body: body.replace(b"TEST", b"T" * 20_000)),
    "sealed": lambda made: b"\x30\x82\x01\x00" + bytes(64),
}
"""What can be wrong with a whole file in CSV."""

XML_FAULTS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "xml_entity": _as_xml(lambda body: body.replace("TEST", "&a;", 1).replace("<batch ", _DTD, 1)),
    "xml_expansion": _as_xml(lambda body: body.replace("TEST", "&c;", 1).replace("<batch ", _BOMB, 1)),
    "xml_depth": _as_xml(lambda body: body.replace("<header>", "<a>" * 5000 + "</a>" * 5000 + "<header>", 1)),
    "xml_attribute": _as_xml(lambda body: body.replace("<header>", '<header a="1">', 1)),
    "xml_comment": _as_xml(lambda body: body.replace("<header>", "<!-- a --><header>", 1)),
    "not_xml": _as_xml(lambda body: body.replace("</header>", "</heder>", 1)),
}
"""What can be wrong with a whole file in XML."""


# --- faults of one record -------------------------------------------------------------------------------
def _cell(item: str, text: str) -> Callable[[list[str], list[str]], list[str]]:
    """Another text in the column of an item."""

    def spoil(cells: list[str], items: list[str]) -> list[str]:
        changed = list(cells)
        changed[items.index(item)] = text
        return changed

    return spoil


RECORD_FAULTS: Final[dict[str, Callable[[list[str], list[str]], list[str]]]] = {
    "column_missing": lambda cells, items: cells[:-1],
    "column_extra": lambda cells, items: [*cells, "X"],
    "unknown_kind": lambda cells, items: [cells[0], "ZZ", *cells[2:]],
    "full_width": _cell("event_date", "２０２６-06-01"),
    "no_such_day": _cell("event_date", "2026-02-30"),
    "too_long": _cell("name", "A" * 161),
    "no_name": _cell("name", ""),
    "no_card_number": _cell("card_number", ""),
    "no_residence": _cell("residence", ""),
    "no_article": _cell("article", ""),
    "unknown_sex": _cell("sex", "Z"),
    "private_character": _cell("name", "TEST \ue000"),
    "before_system": _cell("event_date", "2012-07-08"),
    "in_future": _cell("event_date", "2026-06-05"),
    "filed_in_future": _cell("filed_date", "2026-06-05"),
    "contradiction": _cell("reason", "death"),
}
"""What can be wrong with one record: a change of its cells, given the items in their columns."""


def spoilt_row(line: str, record: AnyRecord, fault: str, profile: Profile) -> str:
    """The line of a record with one fault in it."""
    cells = split_row(line)
    if cells is None or fault not in RECORD_FAULTS:
        raise HarnessError("there is no such fault of a record", received=fault)
    columns = profile.layouts[kind_of(record)].columns
    items = ["", "", *(column.item for column in columns)]
    return ",".join(map(quoted, RECORD_FAULTS[fault](cells, items)))


def made(
    header: Header,
    records: tuple[AnyRecord, ...],
    profile: Profile,
    *,
    fault: str = "",
    spoilt: dict[str, str] | None = None,
    as_xml: bool = False,
) -> bytes:
    """The bytes of a batch. `fault`: of the whole file; `spoilt`: of single records, by their numbers.

    Raises:
        HarnessError: there is no such fault, or none in such a file.
    """
    if as_xml or fault in XML_FAULTS:
        content = batches.encode(header, records, profile, XML)
        return XML_FAULTS[fault](content) if fault else content
    text = draft(header, records, profile)
    rows = tuple(
        spoilt_row(line, record, spoilt[record.record_id], profile)
        if spoilt and record.record_id in spoilt
        else line
        for line, record in zip(text.details, records, strict=True)
    )
    text = Draft(text.header, rows)
    if not fault:
        return text.closed()
    if fault not in FILE_FAULTS:
        raise HarnessError("there is no such fault of a file", received=fault)
    return FILE_FAULTS[fault](text)
