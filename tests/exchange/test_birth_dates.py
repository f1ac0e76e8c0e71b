"""A date of birth of which day or month are not known goes through everything as it came (月日不詳)."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from sim.exchange import batch as batches
from sim.exchange.batch import CSV, XML
from sim.exchange.birth import PartialDate, birth_date, latest_day
from sim.exchange.check import check
from sim.exchange.codes import Code
from sim.exchange.columns import WORTH_A_TABLE
from sim.exchange.compare import compare
from sim.exchange.profile import open_profiles
from sim.exchange.records import AgencyNotice, AnyRecord
from sim.exchange.tabular import read_tables, write_tables
from sim.law.kinds import PersonClass
from sim.nodes.messages.people import Person
from tests.exchange.samples import PROFILE, agency_notice, encoded, header, notice, row, with_rows

UNKNOWN = [PartialDate(1961, 5), PartialDate(1961), PartialDate(1, 12), PartialDate(9999)]


@pytest.mark.parametrize(
    "text", ["1961-00-15", "1961-13-00", "0000-00-00", "0000-05-00", "1961-05-0", "1961-05"]
)
@pytest.mark.parametrize("worth", [0, 1])
def test_what_is_no_date_of_birth_is_refused(text: str, worth: int) -> None:
    found = check([with_rows(row(birth_date=text))], open_profiles(), worth_a_table=worth).findings
    assert [(one.code, one.column) for one in found] == [(Code.BAD_FORM, "birth_date")]
    assert "YYYY-MM-00" in found[0].expected
    assert birth_or_none(text) is None


def birth_or_none(text: str) -> object:
    try:
        return birth_date(text)
    except ValueError:
        return None


@pytest.mark.parametrize("item", ["event_date", "filed_date", "became_resident_date", "period_until"])
def test_no_other_day_may_be_known_in_part(item: str) -> None:
    (finding,) = check([with_rows(row(**{item: "2019-04-00"}))], open_profiles()).findings
    assert (finding.code, finding.column) == (Code.BAD_FORM, item)


@pytest.mark.parametrize("born", UNKNOWN, ids=str)
@pytest.mark.parametrize("form", [CSV, XML])
@pytest.mark.parametrize("worth", [0, 1])
def test_it_comes_back_as_it_was_sent(born: PartialDate, form: str, worth: int) -> None:
    records: tuple[AnyRecord, ...] = (notice(1, birth_date=born), notice(2))
    content = batches.encode(header(2), records, PROFILE, form)
    decoded = batches.decode(content, PROFILE, worth)
    assert decoded.batch is not None
    assert decoded.batch.records == records
    assert check([content], open_profiles(), worth_a_table=worth).good


def test_a_complete_one_stays_a_date() -> None:
    decoded = batches.decode(encoded(notice()), PROFILE, 1)
    assert decoded.batch is not None
    (record,) = decoded.batch.records
    assert record == notice(birth_date=date(1990, 2, 28))


def test_it_goes_through_tables_without_leaving_the_fast_path() -> None:
    records = tuple(
        notice(n, birth_date=UNKNOWN[n % 4] if n % 3 else date(1990, 2, 28)) for n in range(1, 999)
    )
    sent = header(len(records))
    content = batches.encode(sent, records, PROFILE)
    assert len(content) > WORTH_A_TABLE
    read = read_tables([content], PROFILE)
    assert (read.findings, read.faults) == ((), ())
    for form in (CSV, XML):
        written = b"".join(write_tables(sent, read.tables, PROFILE, form))
        assert written == batches.encode(sent, records, PROFILE, form)


def test_a_difference_is_told_as_it_is_written() -> None:
    before, after = (
        batches.Batch(header(1), (notice(birth_date=born),)) for born in (PartialDate(1961), date(1961, 5, 3))
    )
    (difference,) = compare(before, after)
    assert (difference.before, difference.after) == ("1961-00-00", "1961-05-03")


@pytest.mark.parametrize("born", [*UNKNOWN, date(1961, 5, 3)], ids=str)
def test_a_store_keeps_it(born: PartialDate | date) -> None:
    """Stores write records and persons by their types."""
    corrected = agency_notice(reason="birth_date_changed", birth_date=born)
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(corrected), type=AgencyNotice)
    assert kept == corrected
    resident = Person(
        "P1", PersonClass.MID_LONG_TERM_RESIDENT, "NAME", born, "F", "VNM", "東京都", "AB12345678CD", "留学"
    )
    for encode, decode in (
        (msgspec.msgpack.encode, msgspec.msgpack.decode),
        (msgspec.json.encode, msgspec.json.decode),
    ):
        assert decode(encode(resident), type=Person) == resident


def test_a_part_that_is_none_cannot_be_made() -> None:
    for year, month in ((0, 5), (1961, 13), (1961, -1), (10_000, 1)):
        with pytest.raises(ValueError, match="no month of a year"):
            PartialDate(year, month)


def test_where_an_age_decides_nobody_is_older_than_is_known() -> None:
    assert latest_day(PartialDate(1961, 2)) == date(1961, 2, 28)
    assert latest_day(PartialDate(1960, 2)) == date(1960, 2, 29)
    assert latest_day(PartialDate(1961)) == date(1961, 12, 31)
    assert latest_day(date(1961, 5, 4)) == date(1961, 5, 4)
