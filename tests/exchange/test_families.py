"""The messages that go up and come down, the three businesses they belong to, and the change of 2019."""

from __future__ import annotations

import re
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.instant import Instant, instant
from sim.exchange import batch as batches
from sim.exchange.check import check
from sim.exchange.codes import Code
from sim.exchange.profile import Profile, open_profiles
from sim.exchange.records import KINDS, AnyRecord, kind_of
from sim.law.citation import counterpart
from tests.exchange.samples import (
    agency_notice,
    any_record,
    encoded,
    encoded_xml,
    header,
    issuance,
    notice,
    result,
    transmission,
)

VERSIONS = open_profiles()
CUT_OVER = date(2019, 4, 1)

# Kind of record: direction, business; written from seed 003, lines 139 to 149 and 179.
FAMILIES = {
    "municipality_notice": ("up", "住民基本台帳事務"),
    "municipality_transmission": ("up", "市区町村在留関連事務"),
    "certificate_issuance_notice": ("up", "特別永住許可事務"),
    "agency_notice": ("down", "住民基本台帳事務"),
}


@pytest.mark.parametrize("profile", VERSIONS, ids=lambda one: str(one.name))
def test_three_kinds_go_up_and_one_comes_down_each_in_its_business_and_results_go_both_ways(
    profile: Profile,
) -> None:
    """S3-010, S3-011, S3-012, S3-013, S3-014, S3-018."""
    found = {
        kind: (layout.direction, profile.businesses[layout.business].ja)
        for kind, layout in profile.layouts.items()
        if kind != "result"
    }
    assert found == FAMILIES
    assert set(KINDS) == {*FAMILIES, "result"}
    assert profile.layouts["result"].direction == "both"


@pytest.mark.parametrize(
    ("record", "wants"),
    [
        # 61条の8の2: 記載、消除、修正, with the items of the record.
        (notice(), {"action", "reason", "event_date", "person_class", "name", "address", "card_number"}),
        # 施行令2条: who, the card, the day of the filing and under which article it is.
        (transmission(), {"article", "filed_date", "name", "sex", "nationality", "residence", "card_number"}),
        # A certificate is told with the number it replaces.
        (issuance(), {"ground", "issued_date", "certificate_number", "name"}),
        (agency_notice(), {"reason", "effect", "decided_date", "card_number_before"}),
    ],
    ids=["notice", "transmission", "issuance", "agency notice"],
)
def test_each_kind_refuses_a_record_without_what_it_is_there_to_tell(
    record: AnyRecord, wants: set[str]
) -> None:
    """S3-011, S3-012, S3-013, S3-014: the content groups, item by item."""
    profile = VERSIONS[0]
    layout = profile.layouts[kind_of(record)]
    assert wants <= set(layout.items)
    business = profile.businesses[layout.business].code
    ends = {} if layout.direction == "up" else {"sender": "ISA", "recipient": "131041"}
    sent = header(1, profile=profile.name, business=business, direction=layout.direction, **ends)
    assert check([batches.encode(sent, (record,), profile)], VERSIONS).good
    texts = {"name", "sex", "residence", "action", "article", "ground", "reason"}
    for item in ("person_ref", *sorted(wants & texts)):
        without = msgspec.structs.replace(record, **{item: ""})
        found = check([batches.encode(sent, (without,), profile)], VERSIONS).findings
        optional = next(column.optional for column in layout.columns if column.item == item)
        assert bool(found) is not optional, item


@pytest.mark.parametrize("code", ["00", "04", "77", "", "1"])
def test_a_batch_of_a_business_that_nobody_registered_is_rejected_whole(code: str) -> None:
    """S3-018: there are three, and no fourth."""
    as_csv = encoded(notice()).replace(b",ISA,01,", f",ISA,{code},".encode())
    as_xml = encoded_xml(notice()).replace(b">01<", f">{code}<".encode(), 1)
    for content in (as_csv, as_xml):
        found = check([content], VERSIONS)
        assert not found.good
        assert Code.UNKNOWN_BUSINESS in [one.code for one in found.findings]
        assert batches.decode(content, VERSIONS[-1]).batch is None


# --- 2019-04-01 -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("profile", VERSIONS, ids=lambda one: str(one.name))
@given(data=st.data())
def test_the_change_of_the_counterpart_changes_nothing_in_a_batch_but_its_moment(
    profile: Profile, data: st.DataObject
) -> None:
    """S3-019: the items that are exchanged stay as they are; only whom it goes to is called otherwise."""
    record = data.draw(any_record(profile))
    layout = profile.layouts[kind_of(record)]
    before = instant(CUT_OVER - timedelta(days=1), 22)
    after = instant(CUT_OVER, 22)
    assert counterpart(CUT_OVER - timedelta(days=1)) != counterpart(CUT_OVER)
    told = []
    for form in (batches.CSV, batches.XML):
        for moment in (before, after):
            content = _made(profile, record, layout.business, moment, form)
            moments = content.replace(b"2019-03-31T22:00", b"MOMENT").replace(b"2019-04-01T22:00", b"MOMENT")
            told.append(re.sub(rb"[0-9a-f]{64}", b"DIGEST", moments))
            decoded = batches.decode(content, profile).batch
            assert decoded is not None
            assert decoded.records == (record,)
            assert decoded.header.recipient == profile.agency  # an address, and no minister's name
        assert told[-2] == told[-1]


def _made(profile: Profile, record: AnyRecord, business: str, moment: Instant, form: str) -> bytes:
    code = profile.businesses[business].code if business in profile.businesses else "01"
    sent = header(1, profile=profile.name, business=code, created_at=moment)
    return batches.encode(sent, (record,), profile, form)


def test_the_name_of_the_counterpart_is_in_no_item_of_the_profile() -> None:
    """S3-019."""
    for content in (encoded(notice(), result()), encoded_xml(notice(), result())):
        for name in (*counterpart(CUT_OVER), *counterpart(CUT_OVER - timedelta(days=1))):
            assert name.encode() not in content
