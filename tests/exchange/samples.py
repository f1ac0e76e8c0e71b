"""Records and batches for the tests of the exchange, good by construction."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from sim.base.instant import Instant, instant
from sim.exchange import batch as batches
from sim.exchange.batch import UP, Header
from sim.exchange.profile import open_profile
from sim.exchange.records import AgencyNotice, AnyRecord, MunicipalityNotice, MunicipalityTransmission, Result

PROFILE = open_profile()
_NOTICE = PROFILE.layouts["municipality_notice"]
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
        "name": "NGUYEN VAN AN",
        "birth_date": date(1990, 2, 28),
        "sex": "M",
        "nationality": "VNM",
        "address": "東京都新宿区大久保1丁目1番1号",
        "card_number": "AB12345678CD",
    }
    return MunicipalityNotice(**(values | changes))  # type: ignore[arg-type]


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


def resealed(body: str) -> bytes:
    """Bytes whose trailer fits `body` (header and details), whatever those say."""
    raw = body.encode()
    count = raw.count(b"\r\n") - 1
    return raw + f"T,{count},{batches.digest_of(raw)}\r\n".encode()


_CODE = st.from_regex(r"[0-9A-Za-z][0-9A-Za-z./-]{0,20}", fullmatch=True)
_CARD = st.from_regex(r"[A-Z]{2}[0-9]{8}[A-Z]{2}", fullmatch=True)
# What people bear: no control characters; commas, quotes and every script are welcome.
_TEXT = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff"),
    min_size=1,
    max_size=40,
)
_OPTIONAL = st.one_of(st.just(""), _TEXT)
_DATES = st.dates(date(1900, 1, 1), date(2099, 12, 31))
_SEX = st.sampled_from(["F", "M", "X"])
_COUNTRY = st.from_regex(r"[A-Z]{3}", fullmatch=True)

RECORDS: st.SearchStrategy[AnyRecord] = st.one_of(
    st.builds(
        MunicipalityNotice,
        record_id=_CODE,
        person_ref=_CODE,
        action=st.sampled_from(["made", "removed", "corrected"]),
        reason=st.sampled_from(next(c.values for c in _NOTICE.columns if c.item == "reason")),
        event_date=_DATES,
        filed_date=_DATES,
        name=_TEXT,
        birth_date=_DATES,
        sex=_SEX,
        nationality=_COUNTRY,
        address=_TEXT,
        previous_address=_OPTIONAL,
        card_number=_CARD,
    ),
    st.builds(
        MunicipalityTransmission,
        record_id=_CODE,
        person_ref=_CODE,
        article=_CODE,
        manner=st.sampled_from(["deemed", "separate"]),
        event_date=_DATES,
        filed_date=_DATES,
        name=_TEXT,
        birth_date=_DATES,
        sex=_SEX,
        nationality=_COUNTRY,
        residence=_TEXT,
        card_number=_CARD,
    ),
    st.builds(
        AgencyNotice,
        record_id=_CODE,
        person_ref=_CODE,
        reason=st.just("period_extended"),
        decided_date=_DATES,
        card_number_before=_CARD,
        card_number=_CARD,
        status=_TEXT,
        period_until=st.one_of(st.none(), _DATES),
    ),
    st.builds(
        Result,
        record_id=_CODE,
        scope=st.sampled_from(["record", "batch"]),
        answers=_CODE,
        outcome=st.sampled_from(["accepted", "rejected"]),
        code=st.sampled_from(["", "DATE_IN_FUTURE"]),
        field=_OPTIONAL,
        reason=_OPTIONAL,
    ),
)

INSTANTS = st.integers(1_341_759_600_000_000, 2_500_000_000_000_000).map(Instant)
