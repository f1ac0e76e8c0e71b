"""Texts become a header or a record here, whatever file they stood in. This is the path that explains.

A row's texts are its cells: those of the layout's columns, in order, the empty text where nothing is given.
The fast path (`columns`) decides on whole columns at once and hands every row that it does not like to
`read_cells`, which finds all faults of the row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sim.base.instant import JAPAN, parse_iso
from sim.exchange.codes import Code, Finding
from sim.exchange.forms import Wrong
from sim.exchange.model import DOWN, UP, Header, Row
from sim.exchange.municipality import is_municipality
from sim.exchange.profile import Column, Layout, Profile

HEADER_ITEMS: Final = (
    "profile",
    "sender",
    "recipient",
    "business",
    "direction",
    "sequence",
    "created_at",
    "count",
)
# A finding shows at most so much of what came.
SHOWN: Final = 80
_NUMBER = re.compile(r"[1-9][0-9]{0,17}|0")
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_FULL_JAPANESE = re.compile("[\u3041-\u30ff\u4e00-\u9fff]")
_HALF_KANA = re.compile("[\uff61-\uff9f]")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:\+|-)[0-9]{2}:[0-9]{2}"
)


def number(text: str) -> int | None:
    """A whole number in plain digits without leading zeros, or None."""
    return int(text) if _NUMBER.fullmatch(text) is not None else None


def read_header(texts: Sequence[str], profile: Profile, line: int) -> Header | Finding:
    """The header from its eight texts, or what is wrong with it."""

    def wrong(code: Code, item: str, expected: str) -> Finding:
        received = texts[HEADER_ITEMS.index(item)]
        return Finding(code, line, item, expected, received[:SHOWN])

    name, sender, recipient, business, direction, sequence_text, created, count_text = texts
    if name != profile.name:
        return wrong(Code.UNKNOWN_PROFILE, "profile", profile.name)
    for item, address in (("sender", sender), ("recipient", recipient)):
        if address != profile.agency and not is_municipality(address):
            return wrong(
                Code.BAD_HEADER, item, f"a municipality's code with check digit, or {profile.agency}"
            )
    if profile.business_of_code(business) is None:
        known = ", ".join(b.code for b in profile.businesses.values())
        return wrong(Code.UNKNOWN_BUSINESS, "business", known)
    if direction not in (UP, DOWN):
        return wrong(Code.WRONG_DIRECTION, "direction", f"{UP} or {DOWN}")
    sequence, count = number(sequence_text), number(count_text)
    if sequence is None or sequence < 1:
        return wrong(Code.BAD_HEADER, "sequence", "a number from 1, without leading zeros")
    if count is None:
        return wrong(Code.BAD_HEADER, "count", "a number, without leading zeros")
    expected = "a moment with an offset, as 2019-04-02T22:00:00+09:00"
    if _MOMENT.fullmatch(created) is None:
        return wrong(Code.BAD_HEADER, "created_at", expected)
    try:
        at = parse_iso(created)
        datetime.fromisoformat(created).astimezone(JAPAN)  # a moment that no calendar of ours can show
    except (ValueError, OverflowError):
        return wrong(Code.BAD_HEADER, "created_at", expected)
    return Header(name, sender, recipient, business, direction, sequence, at, count)


def read_cells(cells: Sequence[str], line: int, layout: Layout) -> Row:
    """The record of a row whose cells are as many as the layout's columns, or all its faults."""
    values: dict[str, object] = {}
    findings: list[Finding] = []
    broken: list[int] = []
    for place, (column, text) in enumerate(zip(layout.columns, cells, strict=True)):
        if not text and column.optional:
            values[column.item] = column.empty
            continue
        try:
            values[column.item] = column.parse(text) if text else _nothing(column)
        except Wrong as wrong:
            if column.form != "text" and wrong.code != Code.TOO_LONG:
                broken.append(place)
            findings.append(
                Finding(wrong.code, line, column.item, wrong.expected, text[:SHOWN], wrong.position)
            )
    for column in layout.columns:
        if values.get(column.item, True) in ("", None) and _applies(column, values):
            findings.append(
                Finding(Code.MISSING_ITEM, line, column.item, _why_required(column, values), "nothing")
            )
    record_id = read_name(cells, layout)
    if findings:
        if swapped := _swapped(cells, broken, layout):
            first, second = (layout.columns[place].item for place in swapped)
            finding = Finding(
                Code.COLUMN_ORDER, line, first, "the order of the layout", f"{first} and {second} exchanged"
            )
            findings.insert(0, finding)
        return Row(line, record_id, layout.kind, finding=findings[0], more=tuple(findings[1:]))
    # The items were held against the model when the profile was read.
    return Row(line, record_id, layout.kind, layout.struct(**values))  # type: ignore[arg-type]


def _nothing(column: Column) -> object:
    expected = "one of " + ", ".join(column.values) if column.values else f"a {column.form}"
    raise Wrong(Code.MISSING_ITEM, expected)


def _applies(column: Column, values: dict[str, object]) -> bool:
    return any(values.get(item) in wanted for item, wanted in column.required_when)


def _why_required(column: Column, values: dict[str, object]) -> str:
    return next(
        f"{column.item}, because {item} is {values[item]}"
        for item, wanted in column.required_when
        if values.get(item) in wanted
    )


def _fits(column: Column, text: str) -> bool:
    try:
        column.parse(text)
    except Wrong:
        return False
    return bool(text)


def _swapped(cells: Sequence[str], broken: Sequence[int], layout: Layout) -> tuple[int, int] | None:
    """Two columns whose texts each belong into the other: the row was written in another order."""
    columns = layout.columns
    for place in broken:
        for other in range(len(columns)):
            if other == place or not cells[place] or not cells[other]:
                continue
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
    values = [getattr(record, item) for item in layout.items]
    return ["" if value is None else value if isinstance(value, str) else str(value) for value in values]


def not_utf8(raw: bytes, error: UnicodeDecodeError, offset: int, line: int) -> Finding:
    """What is wrong with bytes that are no UTF-8. `offset`: where `raw` begins in the file."""
    at = offset + error.start + 1
    if _SURROGATE.match(raw, error.start) is not None:
        received = f"half a pair at byte {at}"
        return Finding(Code.LONE_SURROGATE, line, "", "UTF-8 without surrogates", received, at)
    received = f"byte {raw[error.start]:#04x} at byte {at}"
    if _looks_like_shift_jis(raw):
        received += "; the line can be read as Shift_JIS (CP932)"
    return Finding(Code.NOT_UTF8, line, "", "UTF-8", received, at)


def _looks_like_shift_jis(raw: bytes) -> bool:
    """Whether bytes are Japanese in Shift_JIS as Windows writes it.

    Nearly any bytes can be decoded so, as half-width kana above all: it must give more of the others.
    """
    try:
        text = raw.decode("cp932")
    except UnicodeDecodeError:
        return False
    return len(_FULL_JAPANESE.findall(text)) > len(_HALF_KANA.findall(text))
