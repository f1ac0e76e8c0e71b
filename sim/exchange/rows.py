"""Texts become a record here, whatever file they stood in. This is the path that explains.

A row's texts are its cells: those of the layout's columns, in order, the empty text where nothing is given.
The fast path (`columns`) decides on whole columns at once and hands every row that it does not like to
`read_cells`, which finds all faults of the row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import repeat
from typing import Final

from sim.exchange.codes import Code, Finding
from sim.exchange.forms import DATES, Wrong
from sim.exchange.heading import SHOWN
from sim.exchange.model import Row
from sim.exchange.profile import Column, Layout, When

# Two columns that were exchanged break two, and others may be wrong besides; more says that all is wrong.
MOST_BROKEN: Final = 4
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_FULL_JAPANESE = re.compile("[\u3041-\u30ff\u4e00-\u9fff]")
_HALF_KANA = re.compile("[\uff61-\uff9f]")


def read_cells(cells: Sequence[str], line: int, layout: Layout) -> Row:
    """The record of a row whose cells are as many as the layout's columns, or all its faults."""
    values: dict[str, object] = {}
    findings: list[Finding] = []
    broken: list[int] = []
    for column, text in zip(layout.columns, cells, strict=True):
        if not text:
            if column.optional:
                values[column.item] = column.empty
            else:
                findings.append(Finding(Code.MISSING_ITEM, line, column.item, _wanted(column), ""))
            continue
        try:
            values[column.item] = column.parse(text)
        except Wrong:
            found = column.explain(text)
            if column.form != "text" and any(wrong.code != Code.TOO_LONG for wrong in found):
                broken.append(layout.items.index(column.item))
            findings += (
                Finding(wrong.code, line, column.item, wrong.expected, text[:SHOWN], wrong.position)
                for wrong in found
            )
    for column in layout.bound:
        if column.item in values:
            findings += _against_others(column, values, line)
    record_id = str(values.get("record_id", ""))
    if findings:
        if swapped := _swapped(cells, broken, layout):
            first, second = (layout.columns[place].item for place in swapped)
            finding = Finding(
                Code.COLUMN_ORDER, line, first, "the order of the layout", f"{first} and {second} exchanged"
            )
            findings.insert(0, finding)
        return Row(line, record_id, layout.kind, None, findings[0], tuple(findings[1:]), values)
    # The items were held against the model when the profile was read.
    return Row(line, record_id, layout.kind, layout.struct(**values))  # type: ignore[arg-type]


def _wanted(column: Column) -> str:
    return "one of " + ", ".join(column.values) if column.values else f"a {column.form}"


def _against_others(column: Column, values: dict[str, object], line: int) -> list[Finding]:
    """What a value is not, or may not be, because of the record's other items."""
    value, item = values[column.item], column.item
    if value in ("", None):
        if because := _because(column.required_when, values):
            return [Finding(Code.MISSING_ITEM, line, item, f"{item}, {because}", "")]
        return []
    wanted = []
    if because := _because(column.empty_when, values):
        wanted.append(f"nothing, {because}")
    for never, when in column.never_with:
        if value == never and (because := _because(when, values)):
            wanted.append(f"another {item}, {because}")
    if column.other_than and value == values.get(column.other_than):
        wanted.append(f"another value than {column.other_than}")
    return [Finding(Code.CONTRADICTION, line, item, expected, str(value)[:SHOWN]) for expected in wanted]


def _because(when: When, values: dict[str, object]) -> str:
    """The first item that has one of the values; or nothing."""
    for item, of in when:
        if values.get(item) in of:
            return f"because {item} is {values[item]}"
    return ""


def _fits(column: Column, text: str) -> bool:
    try:
        column.parse(text)
    except Wrong:
        return False
    return bool(text)


def _swapped(cells: Sequence[str], broken: Sequence[int], layout: Layout) -> tuple[int, int] | None:
    """Two columns whose texts each belong into the other: the row was written in another order."""
    columns = layout.columns
    if len(broken) > MOST_BROKEN:
        return None
    for place in broken:
        for other in range(len(columns)):
            if other == place or not cells[place] or not cells[other]:
                continue
            if columns[place].form in DATES and columns[other].form in DATES:
                continue  # one day fits where another does, which says nothing
            if _fits(columns[place], cells[other]) and _fits(columns[other], cells[place]):
                return min(place, other), max(place, other)
    return None


def misfit(cells: Sequence[str], layout: Layout) -> str:
    """The first item whose text cannot be its own, in a row with too few or too many cells; or nothing.

    A hint, no verdict: what was left out stands there or before it, where the texts happened to fit.
    """
    for column, text in zip(layout.columns, cells, strict=False):
        if not _fits(column, text) and not (column.optional and not text):
            return column.item
    return ""


def read_name(cells: Sequence[str], layout: Layout) -> str:
    """The row's record number, or nothing when that cannot be read."""
    for column, text in zip(layout.columns, cells, strict=False):
        if column.item == "record_id":
            try:
                return str(column.parse(text))
            except Wrong:
                return ""
    return ""


def texts_of(record: object, layout: Layout) -> list[str]:
    """The cells of a record."""
    values = map(getattr, repeat(record), layout.items)
    return [value if type(value) is str else "" if value is None else str(value) for value in values]


def not_utf8(raw: bytes, error: UnicodeDecodeError, offset: int, line: int) -> Finding:
    """What is wrong with bytes that are no UTF-8. `offset`: where `raw` begins in the file."""
    at = offset + error.start + 1
    if _SURROGATE.match(raw, error.start) is not None:
        received = f"half a pair at byte {at}"
        return Finding(Code.LONE_SURROGATE, line, "", "UTF-8 without surrogates", received, byte=at)
    received = f"byte {raw[error.start]:#04x} at byte {at}"
    if _looks_like_shift_jis(raw):
        received += "; the line can be read as Shift_JIS (CP932)"
    return Finding(Code.NOT_UTF8, line, "", "UTF-8", received, byte=at)


def _looks_like_shift_jis(raw: bytes) -> bool:
    """Whether bytes are Japanese in Shift_JIS as Windows writes it.

    Nearly any bytes can be decoded so, as half-width kana above all: it must give more of the others.
    """
    try:
        text = raw.decode("cp932")
    except UnicodeDecodeError:
        return False
    return len(_FULL_JAPANESE.findall(text)) > len(_HALF_KANA.findall(text))
