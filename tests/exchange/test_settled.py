"""What is settled at a glance is what row by row would be found good; nothing else is."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.exchange import columns
from sim.exchange.forms import Wrong
from sim.exchange.profile import Column
from sim.exchange.settled import days_of, is_settled
from tests.exchange.samples import PROFILE

COLUMNS = {
    column.form: column
    for layout in PROFILE.layouts.values()
    for column in layout.columns
    if column.form in ("text", "code", "country", "card_number")
}
GOOD = {
    "text": ["東京都", "A", "{gaiji:mj:MJ000001}", "x" * 16],
    "code": ["131041-00000001", "0", "z", "a./-"],
    "country": ["VNM", "AAA", "ZZZ"],
    "card_number": ["AB00000000CD", "ZZ99999999ZZ"],
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
        assert is_settled(COLUMNS[form], pl.Series(texts, dtype=pl.String), plain=True)


@pytest.mark.parametrize("form", sorted(set(GOOD) - {"text"}))
@pytest.mark.parametrize("odd", ODD)
def test_a_column_with_a_bad_text_is_not_settled(form: str, odd: str) -> None:
    column = COLUMNS[form]
    for texts in ([odd, *GOOD[form]], [*GOOD[form], None, odd]):
        if not _fits(column, odd):
            assert not is_settled(column, pl.Series(texts), plain=True)


@pytest.mark.parametrize("form", ["text", "code"])
def test_a_text_that_is_too_long_or_not_plain_is_not_settled(form: str) -> None:
    column = COLUMNS[form]
    assert is_settled(column, pl.Series(["a" * column.max]), plain=True)
    assert not is_settled(column, pl.Series(["b", "a" * (column.max + 1)]), plain=True)
    assert not is_settled(COLUMNS["text"], pl.Series(["a"]), plain=False)


@given(texts=st.lists(st.one_of(st.none(), st.text(min_size=1, max_size=12)), max_size=4), data=st.data())
def test_no_column_is_settled_that_a_row_by_row_look_refuses(
    texts: list[str | None], data: st.DataObject
) -> None:
    form = data.draw(st.sampled_from(["code", "country", "card_number"]))
    texts = [*texts, *data.draw(st.lists(st.sampled_from([*GOOD[form], *ODD]), max_size=3))]
    if is_settled(COLUMNS[form], pl.Series(texts, dtype=pl.String), plain=True):
        assert all(_fits(COLUMNS[form], text) for text in texts if text is not None)


@given(days=st.lists(st.one_of(st.none(), st.dates())))
def test_the_days_of_a_column_are_those_of_the_calendar(days: list[date | None]) -> None:
    texts = pl.Series([None if day is None else day.isoformat() for day in days], dtype=pl.String)
    found = days_of(texts)
    assert found is not None
    assert found.dtype == pl.Date
    assert found.to_list() == days


@given(text=st.from_regex(r"\A[0-9]{2}[0-9][0-9]-[0-3][0-9]-[0-4][0-9]\Z"))
def test_a_column_with_a_day_that_does_not_exist_names_no_days(text: str) -> None:
    try:
        expected = [date.fromisoformat(text), date(2019, 4, 1)]
    except ValueError:
        assert days_of(pl.Series([text, "2019-04-01"])) is None
    else:
        found = days_of(pl.Series([text, "2019-04-01"]))
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
    assert days_of(pl.Series(["2019-04-01", text])) is None


@given(content=st.binary(max_size=40), size=st.integers(1, 9), pair=st.sampled_from([b"\nT", b"aa", b"\0\0"]))
def test_bytes_are_counted_and_found_as_without_parts(content: bytes, size: int, pair: bytes) -> None:
    content = content.replace(b"\1", pair)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "AT_A_TIME", size)
        assert columns.count_of(pair[:1], content) == content.count(pair[:1])
        assert columns.may_hold(pair, content) == (pair in content)
