"""What is settled at a glance is what row by row would be found good; nothing else is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.exchange import columns, forms
from sim.exchange.forms import Wrong
from sim.exchange.profile import Column
from sim.exchange.settled import Glance
from tests.exchange.samples import PROFILE

COLUMNS = {
    column.form: column
    for layout in PROFILE.layouts.values()
    for column in layout.columns
    if column.form in ("text", "code", "country", "card_number", "choice", "reason_code")
}
DATE = next(one for one in PROFILE.layouts["municipality_notice"].columns if one.form == "date")
GOOD = {
    "text": ["東京都", "A", "{gaiji:mj:MJ000001}", "x" * 16],
    "code": ["131041-00000001", "0", "z", "a./-"],
    "country": ["VNM", "AAA", "ZZZ"],
    "card_number": ["AB00000000CD", "ZZ99999999ZZ"],
    "choice": list(COLUMNS["choice"].values),
    "reason_code": list(forms.REASONS),
}
ODD = [
    "-a",
    ".a",
    "/",
    "a b",
    "a\nb",
    "a\n",
    "\n",
    "VN",
    "VNMM",
    "Vnm",
    "V4M",
    "ＶＮＭ",
    "阮",
    "AB0000000OCD",
    "é",
    ":",
    "@",
    "[`{",
]


def _glance(column: Column, texts: Sequence[str | None], plain: bool = True) -> Glance:
    return Glance(pl.DataFrame({column.item: pl.Series(texts, dtype=pl.String)}), [column], plain)


def _is_settled(column: Column, texts: Sequence[str | None], plain: bool = True) -> bool:
    return _glance(replace(column, optional=True), texts, plain).settles(
        column=replace(column, optional=True)
    )


def _days_of(texts: Sequence[str | None]) -> pl.Series | None:
    return _glance(DATE, texts).days(DATE.item)


def _fits(column: Column, text: str) -> bool:
    try:
        column.parse(text)
    except Wrong:
        return False
    return True


@pytest.mark.parametrize("form", sorted(GOOD))
def test_a_column_of_good_texts_is_settled_whether_or_not_some_are_missing(form: str) -> None:
    good = [text for text in GOOD[form] if "{" not in text]
    for texts in (good, [None, *good, None], [None], []):
        assert _is_settled(COLUMNS[form], texts)


@pytest.mark.parametrize("form", sorted(set(GOOD) - {"text"}))
@pytest.mark.parametrize("odd", ODD)
def test_a_column_with_a_bad_text_is_not_settled(form: str, odd: str) -> None:
    column = COLUMNS[form]
    for texts in ([odd, *GOOD[form]], [*GOOD[form], None, odd]):
        if not _fits(column, odd):
            assert not _is_settled(column, texts)


@pytest.mark.parametrize("form", ["text", "code"])
def test_a_text_that_is_too_long_or_not_plain_is_not_settled(form: str) -> None:
    column = COLUMNS[form]
    assert _is_settled(column, ["a" * column.max])
    assert not _is_settled(column, ["b", "a" * (column.max + 1)])
    assert not _is_settled(COLUMNS["text"], ["a"], plain=False)


@given(texts=st.lists(st.one_of(st.none(), st.text(min_size=1, max_size=12)), max_size=4), data=st.data())
def test_no_column_is_settled_that_a_row_by_row_look_refuses(
    texts: list[str | None], data: st.DataObject
) -> None:
    form = data.draw(st.sampled_from(sorted(set(GOOD) - {"text"})))
    texts = [*texts, *data.draw(st.lists(st.sampled_from([*GOOD[form], *ODD]), max_size=3))]
    if _is_settled(COLUMNS[form], texts):
        assert all(_fits(COLUMNS[form], text) for text in texts if text is not None)


@given(days=st.lists(st.one_of(st.none(), st.dates())))
def test_the_days_of_a_column_are_those_of_the_calendar(days: list[date | None]) -> None:
    found = _days_of([None if day is None else day.isoformat() for day in days])
    assert found is not None
    assert found.dtype == pl.Date
    assert found.to_list() == days


@given(text=st.from_regex(r"\A[0-9]{2}[0-9][0-9]-[0-3][0-9]-[0-4][0-9]\Z"))
def test_a_column_with_a_day_that_does_not_exist_names_no_days(text: str) -> None:
    try:
        expected = [date.fromisoformat(text), date(2019, 4, 1)]
    except ValueError:
        assert _days_of([text, "2019-04-01"]) is None
    else:
        found = _days_of([text, "2019-04-01"])
        assert found is not None
        assert found.to_list() == expected


@pytest.mark.parametrize(
    "text",
    [
        "2019-4-01",
        "+019-04-01",
        "2019-04- 1",
        "2019/04/01",
        "2019-04-01 ",
        "２019-04-1",
        "1961-05-00",
        "20190401",
    ],
)
def test_a_text_of_another_form_names_no_day(text: str) -> None:
    assert _days_of(["2019-04-01", text]) is None


@pytest.mark.parametrize("form", sorted(GOOD))
def test_a_column_that_must_be_given_is_not_settled_where_a_text_is_missing(form: str) -> None:
    column = replace(COLUMNS[form], optional=False)
    good: list[str | None] = [text for text in GOOD[form] if "{" not in text]
    assert _glance(column, good).settles(column)
    assert not _glance(column, [*good, None]).settles(column)


@given(data=st.data())
def test_what_is_settled_with_other_items_is_refused_in_no_row(data: st.DataObject) -> None:
    """Held against the masks, which decide where nothing is settled."""
    layout = PROFILE.layouts["municipality_notice"]
    column = data.draw(st.sampled_from([*layout.bound]))
    texts = {
        one.item: st.sampled_from(
            [*one.values, None] if one.form == "choice" else [f"{one.item[0]}1", "x", None]
        )
        for one in layout.columns
    }
    rows = data.draw(st.lists(st.fixed_dictionaries(texts), min_size=1, max_size=3))
    frame = pl.DataFrame(rows, schema=dict.fromkeys(layout.items, pl.String()))
    if Glance(frame, layout.columns, plain=True).settles_with_others(column):
        assert frame.select(columns._with_others(column)).to_series().all()


@given(content=st.binary(max_size=40), size=st.integers(1, 9), sign=st.sampled_from([b"\n", b"a", b"\0"]))
def test_bytes_are_counted_and_found_as_without_parts(content: bytes, size: int, sign: bytes) -> None:
    content = content.replace(b"\1", sign)
    signs = np.frombuffer(content + sign, np.uint8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "AT_A_TIME", size)
        assert columns.count_of(sign, content) == content.count(sign)
        places = [place for place, one in enumerate(content + sign) if one == sign[0]]
        assert columns._places_of(sign[0], signs).tolist() == places
