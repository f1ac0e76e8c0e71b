"""The XSD is made from the profile, ships with it, and accepts what the reader accepts item by item."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from sim.exchange import batch as batches
from sim.exchange.batch import XML
from sim.exchange.codes import Code
from sim.exchange.profile import FOLDER, Profile, open_profiles
from sim.exchange.records import AnyRecord
from sim.exchange.rows import texts_of
from sim.exchange.xml_codec import element
from sim.exchange.xsd import schema
from tests.exchange.samples import BATCHES, PROFILE, any_record, header
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
    """Missing because of another item: that no XSD can say."""
    return code == Code.MISSING_ITEM and ", because " in expected
