"""Records and batches for the tests of the exchange, good by construction."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import strategies as st

from sim.base.instant import SECOND, Instant, instant
from sim.exchange import batch as batches
from sim.exchange.batch import UP, Header
from sim.exchange.birth import PartialDate
from sim.exchange.forms import REASONS
from sim.exchange.profile import EVENT, PAST, Column, Layout, Profile, When, open_profile
from sim.exchange.records import (
    AgencyNotice,
    AnyRecord,
    CertificateIssuanceNotice,
    MunicipalityNotice,
    MunicipalityTransmission,
    Result,
)

PROFILE = open_profile()
CREATED = instant(date(2019, 4, 2), 22)


def notice(number: int = 1, **changes: object) -> MunicipalityNotice:
    """A municipality notice of a moving-in."""
    values: dict[str, object] = {
        "record_id": f"131041-{number:08d}",
        "person_ref": "P0000001",
        "action": "made",
        "reason": "moving_in",
        "event_date": date(2019, 4, 1),
        "filed_date": date(2019, 4, 2),
        "person_class": "mid_long_term_resident",
        "name": "NGUYEN VAN AN",
        "birth_date": date(1990, 2, 28),
        "sex": "M",
        "nationality": "VNM",
        "address": "東京都新宿区大久保1丁目1番1号",
        "card_number": "AB12345678CD",
    }
    return MunicipalityNotice(**(values | changes))  # type: ignore[arg-type]


def transmission(number: int = 1, **changes: object) -> MunicipalityTransmission:
    """The transmission that goes with `notice`."""
    values: dict[str, object] = {
        "record_id": f"131041-{number:08d}",
        "person_ref": "P0000001",
        "article": "immi.19-9-1",
        "manner": "deemed",
        "event_date": date(2019, 4, 1),
        "filed_date": date(2019, 4, 2),
        "name": "NGUYEN VAN AN",
        "birth_date": date(1990, 2, 28),
        "sex": "M",
        "nationality": "VNM",
        "residence": "東京都新宿区大久保1丁目1番1号",
        "card_number": "AB12345678CD",
    }
    return MunicipalityTransmission(**(values | changes))  # type: ignore[arg-type]


def issuance(number: int = 1, **changes: object) -> CertificateIssuanceNotice:
    """A special permanent resident certificate was handed out on renewal."""
    values: dict[str, object] = {
        "record_id": f"131041-{number:08d}",
        "person_ref": "P0000007",
        "ground": "renewal",
        "issued_date": date(2019, 4, 2),
        "name": "KIM SOOJIN",
        "birth_date": date(1961, 5, 3),
        "sex": "F",
        "nationality": "KOR",
        "abode": "東京都新宿区大久保1丁目2番",
        "certificate_number": "EF12345678GH",
        "valid_until": date(2026, 5, 3),
    }
    return CertificateIssuanceNotice(**(values | changes))  # type: ignore[arg-type]


def agency_notice(number: int = 1, **changes: object) -> AgencyNotice:
    """The agency extended a period of stay."""
    values: dict[str, object] = {
        "record_id": f"ISA-{number:08d}",
        "person_ref": "P0000001",
        "reason": "period_extended",
        "decided_date": date(2019, 4, 1),
        "card_number_before": "AB12345678CD",
        "card_number": "EF12345678GH",
        "status": "留学",
        "period_until": date(2021, 4, 1),
    }
    return AgencyNotice(**(values | changes))  # type: ignore[arg-type]


def result(number: int = 1, **changes: object) -> Result:
    """A record was accepted."""
    values: dict[str, object] = {
        "record_id": f"ISA-R{number:08d}",
        "scope": "record",
        "answers": "131041-00000001",
        "outcome": "accepted",
    }
    return Result(**(values | changes))  # type: ignore[arg-type]


def header(count: int, **changes: object) -> Header:
    """A header from Shinjuku to the agency."""
    values: dict[str, object] = {
        "profile": PROFILE.name,
        "sender": "131041",
        "recipient": PROFILE.agency,
        "business": "01",
        "direction": UP,
        "sequence": 1,
        "created_at": CREATED,
        "count": count,
    }
    return Header(**(values | changes))  # type: ignore[arg-type]


def encoded(*records: AnyRecord, **changes: object) -> bytes:
    """The bytes of a batch of these records."""
    return batches.encode(header(len(records), **changes), records, PROFILE)


def encoded_xml(*records: AnyRecord, **changes: object) -> bytes:
    """The same batch as XML."""
    return batches.encode(header(len(records), **changes), records, PROFILE, batches.XML)


def resealed(body: str) -> bytes:
    """Bytes whose trailer fits `body` (header and details), whatever those say."""
    raw = body.encode()
    count = raw.count(b"\r\n") - 1
    return raw + f"T,{count},{batches.digest_of(raw)}\r\n".encode()


def resealed_xml(body: str, count: int = 1) -> bytes:
    """The same for XML: `body` is everything before the trailer."""
    raw = body.encode()
    trailer = (
        f"<trailer><count>{count}</count><digest>{batches.digest_of(raw)}</digest></trailer>\n</batch>\n"
    )
    return raw + trailer.encode()


def row(**changes: str) -> str:
    """The detail row of a municipality notice with some items changed."""
    values = encoded(notice(2)).decode().split("\r\n")[1].split(",")
    items = [column.item for column in PROFILE.layouts["municipality_notice"].columns]
    for item, text in changes.items():
        values[2 + items.index(item)] = text
    return ",".join(values)


def with_rows(*rows: str) -> bytes:
    """A batch whose digest is right, of a good notice and these rows."""
    head = f"H,renkei-open/1,131041,ISA,01,up,1,2019-04-02T22:00:00+09:00,{len(rows) + 1}\r\n"
    good = encoded(notice(1)).decode().split("\r\n")[1]
    return resealed(head + "\r\n".join([good, *rows, ""]))


# --- any record of any kind, from the layouts ----------------------------------------------------------
# What people bear: no control characters; commas, quotes, tags and every script are welcome.
_LETTERS = st.characters(
    exclude_categories=["Cc", "Cs", "Zl", "Zp", "Co"], exclude_characters="\ufeff\ufffe\uffff{}"
)
_PEOPLE = st.sampled_from(
    [
        "NGUYEN VAN AN",
        "PHRA NAKHON SI AYUTTHAYA CHULALONGKORN SOMCHAI-KITTIPONG " * 2 + "JR.",
        "阮文安",
        "黃{gaiji:mj:MJ012345}{gaiji:juki:A1B2}",
        "{gaiji:nyukan:00FF}",
        'O"NEILL, "PAT"',
        "R&D <KK> 'X' &amp; ]]>",
        "Ａ１番　",
        " é",
        "\U00020b9f葛\U000e0101",
        ",",
        '"',
        "&",
        "=1+1",
    ]
)
_TEXT = st.one_of(_PEOPLE, st.text(_LETTERS, min_size=1, max_size=12))
_ALNUM = "0123456789ABCXYZabcxyz"
_DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))
_SIMPLE: dict[str, st.SearchStrategy[Any]] = {
    "code": st.builds(str.__add__, st.sampled_from(_ALNUM), st.text(_ALNUM + "./-", max_size=20)),
    "reason_code": st.sampled_from(REASONS),
    "country": st.text("ABCVNMZ", min_size=3, max_size=3),
    "card_number": st.builds(
        "{}{:08d}{}".format,
        st.sampled_from(["AB", "ZZ"]),
        st.integers(0, 10**8 - 1),
        st.sampled_from(["CD", "AA"]),
    ),
    "date": _DAYS,
    "birth_date": st.one_of(_DAYS, st.builds(PartialDate, st.integers(1, 9999), st.integers(0, 12))),
}


def _value(column: Column, past: date | None) -> st.SearchStrategy[Any]:
    if column.form == "choice":
        return st.sampled_from(column.values)
    if column.form == "text":
        return _TEXT.filter(lambda text: len(text) <= column.max)
    if column.day in (EVENT, PAST) and past is not None:
        return st.dates(PROFILE.first_day, past)
    value = _SIMPLE[column.form]
    return value.map(lambda text: text[: column.max]) if column.form == "code" else value


def _any_of(when: When, values: dict[str, Any]) -> bool:
    return any(values[item] in wanted for item, wanted in when)


def records_of(
    layout: Layout, past: date | None = None, only: tuple[str, ...] = ()
) -> st.SearchStrategy[AnyRecord]:
    """Records of a kind that keep every rule of the layout; `past`: dates keep the rules for days, too."""
    given = st.fixed_dictionaries(
        {
            column.item: st.one_of(st.just(column.empty), _value(column, past))
            if column.optional
            else _value(column, past)
            for column in layout.columns
        }
    )

    def complete(draw: st.DrawFn) -> AnyRecord:
        values = draw(given)
        for column in layout.bound:
            if _any_of(column.required_when, values) and values[column.item] == column.empty:
                values[column.item] = draw(_value(column, past))
            if _any_of(column.empty_when, values):
                values[column.item] = column.empty
            never = {value for value, when in column.never_with if _any_of(when, values)}
            if values[column.item] in never:
                values[column.item] = draw(st.sampled_from([v for v in column.values if v not in never]))
            if column.other_than and values[column.item] == values[column.other_than]:
                values[column.item] = f"X{values[column.item]}"[: column.max]
        return layout.struct(**values)

    return st.composite(complete)()


def any_record(profile: Profile = PROFILE, past: date | None = None) -> st.SearchStrategy[AnyRecord]:
    """A record of any kind."""
    return st.one_of(*(records_of(layout, past) for layout in profile.layouts.values()))


RECORDS = any_record()
BATCHES = st.lists(RECORDS, max_size=5, unique_by=lambda record: record.record_id)
# A header tells seconds.
INSTANTS = st.integers(1_341_759_600, 2_500_000_000).map(lambda second: Instant(second * SECOND))
