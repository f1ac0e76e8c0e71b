"""The XSD is made from the profile, ships with it, and accepts what the reader accepts item by item."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from sim.exchange import batch as batches
from sim.exchange import forms
from sim.exchange.batch import XML
from sim.exchange.codes import Code
from sim.exchange.heading import HEADER_ITEMS, header_texts, read_header
from sim.exchange.model import Header
from sim.exchange.municipality import is_municipality
from sim.exchange.profile import FOLDER, Profile, open_profiles
from sim.exchange.records import AnyRecord
from sim.exchange.rows import texts_of
from sim.exchange.xml_codec import element
from sim.exchange.xsd import schema
from tests.exchange.samples import BATCHES, PROFILE, any_record, header, notice
from tests.exchange.test_codecs import TEXTS

XSD = etree.XMLSchema(etree.XML(schema(PROFILE).encode()))


def shipped(profile: Profile) -> str:
    return profile.name.replace("/", "-") + ".xsd"


@pytest.mark.parametrize("profile", open_profiles(), ids=lambda profile: str(profile.name))
def test_the_shipped_file_is_the_one_that_the_profile_makes(profile: Profile) -> None:
    """Made anew by: renkei exchange spec --xsd --version NAME."""
    assert (FOLDER / shipped(profile)).read_text(encoding="utf-8") == schema(profile)


@given(records=BATCHES)
def test_every_batch_that_we_write_is_valid(records: list[AnyRecord]) -> None:
    content = batches.encode(header(len(records)), tuple(records), PROFILE, XML)
    XSD.assertValid(etree.parse(io.BytesIO(content)))


@given(record=any_record(), place=st.integers(0, 30), text=TEXTS)
def test_an_item_is_valid_where_the_reader_takes_it(record: AnyRecord, place: int, text: str) -> None:
    layout = next(one for one in PROFILE.layouts.values() if one.struct is type(record))
    texts = texts_of(record, layout)
    texts[place % len(texts)] = text
    whole = batches.encode(header(1), (record,), PROFILE, XML).decode()
    lines = whole.split("\n")
    lines[3] = element(layout.kind, list(zip(layout.items, texts, strict=True))).rstrip("\n")
    content = "\n".join(lines).encode()
    from tests.exchange.samples import resealed_xml

    good = resealed_xml("\n".join(lines[:4]) + "\n")
    decoded = batches.decode(good, PROFILE)
    between = [
        f for f in (decoded.rows[0].findings if decoded.rows else ()) if not _asked_for(f.code, f.expected)
    ]
    assert XSD.validate(etree.parse(io.BytesIO(content))) == (not between)


def _asked_for(code: Code, expected: str) -> bool:
    """Wrong because of another item: that no XSD can say."""
    return code == Code.CONTRADICTION or (code == Code.MISSING_ITEM and ", because " in expected)


@given(
    item=st.sampled_from(HEADER_ITEMS),
    text=st.one_of(
        st.sampled_from(
            [
                "",
                "ISA",
                "131041",
                "1310411",
                "13104",
                "１３１０４１",
                "agency",
                "01",
                "1",
                "04",
                "up",
                "UP",
                "0",
                "007",
                "1" * 18,
                "1" * 19,
                "2026-04-02T22:00:00+09:00",
                "2026-04-02T22:00:00.5+09:00",
                "2026-04-02T22:00:00+09:00 ",
                " 131041",
                "2024-02-29T22:00:00+09:00",
                "2100-02-29T22:00:00+09:00",
                "2400-02-29T22:00:00+09:00",
                "3000-01-01T00:00:00+09:00",
                "2026-04-02T22:00:00",
                "2026-04-02T22:00:00Z",
                "2026-04-02 22:00:00+09:00",
                "2026-02-30T22:00:00+09:00",
                "2026-04-02T24:00:00+09:00",
                "2026-04-02T22:60:00+09:00",
                "2026-04-02T22:00:00+15:00",
                "2026-04-02T22:00:00-14:00",
                "2026-04-02T22:00:00+14:30",
                "0001-01-01T00:00:00+09:00",
                "9999-12-31T23:59:59-14:00",
                "renkei-open/1",
                "renkei-open/1.1",
            ]
        ),
        st.text("0123456789T:+-. ", max_size=26),
    ),
)
def test_an_item_of_the_header_is_valid_where_the_reader_takes_it(item: str, text: str) -> None:
    """One table says it to both; a check digit is the one thing that no XSD can say."""
    good = header(0)
    texts = list(header_texts(good))
    texts[HEADER_ITEMS.index(item)] = text
    pairs = list(zip(HEADER_ITEMS, texts, strict=True))
    lines = batches.encode(good, (), PROFILE, XML).decode().split("\n")
    content = "\n".join([*lines[:2], element("header", pairs).rstrip("\n"), *lines[3:]])
    known = item not in ("sender", "recipient") or text == "ISA" or is_municipality(text)
    if known:
        taken = isinstance(read_header(texts, PROFILE, 3), Header)
        assert XSD.validate(etree.parse(io.BytesIO(content.encode()))) == taken


def test_the_pattern_of_days_takes_the_days_that_exist_and_no_others() -> None:
    """The XSD's own type of a date would take white space around it."""
    pattern = re.compile(forms.DAY)
    for year in (1, 4, 100, 400, 1000, 1900, 1999, 2000, 2023, 2024, 2100, 2400, 9996, 9999):
        for month in range(14):
            for day in range(33):
                text = f"{year:04d}-{month:02d}-{day:02d}"
                assert (pattern.fullmatch(text) is not None) == _exists(text), text
    assert pattern.fullmatch("0000-01-01") is None


def _exists(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


@given(place=st.integers(0, 30), blank=st.sampled_from([" ", "\t", "  "]), before=st.booleans())
def test_white_space_around_an_item_makes_it_invalid_for_both(place: int, blank: str, before: bool) -> None:
    record = notice(period_until=date(2031, 1, 1), became_resident_date=date(2019, 4, 1))
    layout = PROFILE.layouts["municipality_notice"]
    texts = texts_of(record, layout)
    column = layout.columns[place % len(texts)]
    text = texts[place % len(texts)]
    texts[place % len(texts)] = blank + text if before else text + blank
    lines = batches.encode(header(1), (record,), PROFILE, XML).decode().split("\n")
    lines[3] = element(layout.kind, list(zip(layout.items, texts, strict=True))).rstrip("\n")
    valid = XSD.validate(etree.parse(io.BytesIO("\n".join(lines).encode())))
    assert valid == (column.form == "text" and blank != "\t")
