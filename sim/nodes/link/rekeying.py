"""Print and key in again: what stands on a sheet, and what a record is after a person typed it.

Every item of a record is printed (seed 002, line 118), and a person types those that are not blank. How
people err is a pure function from outside, so that a study draws it from a keyed stream and a node draws
nothing: it is asked once for each record and says which items were mis-keyed, how, and which of the slips the
second person saw. What was seen is corrected. What was not seen stands, unless the form of the item does not
allow it: no machine takes the 40th day of a month or a card number of eleven signs, so the person types it
again. Whatever is left travels on in the record.

The numbers by which records are known are under control: the sheet ends with a check total over them, and a
machine that does not come to the same has them typed again. So a slip changes what a record says, and never
which one it is. That offices work so is an assumption; without it a mis-keyed number would leave a record
without an answer for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from sim.base.errors import HarnessError
from sim.exchange.codes import Code
from sim.exchange.forms import Wrong
from sim.exchange.profile import Column, Profile
from sim.exchange.records import AnyRecord, kind_of
from sim.exchange.rows import texts_of

TRANSPOSED: Final = "transposed"
MISSING: Final = "missing"
CONTROLLED: Final = frozenset({"record_id", "answers"})
"""Items under the check total of a sheet: a slip in one is always caught."""


@dataclass(frozen=True, slots=True)
class KeyingError:
    """One slip in an item: two neighbouring characters `transposed`, or one `missing`.

    `place`: of the character, from 0, counted round when the text is shorter. `caught`: whether the second
    person saw it.
    """

    item: str
    place: int
    manner: str
    caught: bool = False


Fields = tuple[tuple[str, str], ...]
"""Items and their texts, in the order of the sheet."""

ErrorModel = Callable[[str, Fields], Sequence[KeyingError]]
"""`(record_id, fields) -> errors`: the slips in one record. The same arguments give the same slips."""


def no_errors(record_id: str, fields: Fields) -> Sequence[KeyingError]:
    """Nobody ever errs."""
    return ()


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """A record as it was keyed in, held against its source.

    `fields`: items that were typed; `errors`: slips; `caught`: of these, seen by the second person or refused
    by the form of the item or the check total; `differs`: the items that are other than in the source now.
    """

    record: AnyRecord
    fields: int
    errors: int
    caught: int
    differs: tuple[str, ...]


def printed(record: AnyRecord, profile: Profile) -> Fields:
    """Every item of a record with its text, blank ones included, in the order of the layout."""
    layout = profile.layouts[kind_of(record)]
    return tuple(zip(layout.items, texts_of(record, layout), strict=True))


def rekey(record: AnyRecord, profile: Profile, errors_of: ErrorModel) -> Rekeyed:
    """The record after somebody typed it from a sheet and somebody else read it against the sheet.

    Raises:
        HarnessError: the error model names an item that was not typed, or a slip that nobody knows.
    """
    fields = tuple((item, text) for item, text in printed(record, profile) if text)
    errors = tuple(errors_of(record.record_id, fields))
    typed = dict(fields)
    slips: dict[str, int] = {}
    for error in errors:
        if error.item not in typed:
            raise HarnessError(
                "the model of keying errors mis-keys what nobody typed",
                where=f"record {record.record_id}",
                expected="one of " + ", ".join(item for item, _ in fields),
                received=error.item,
            )
        if not error.caught and error.item not in CONTROLLED:
            typed[error.item] = mistyped(typed[error.item], error)
            slips[error.item] = slips.get(error.item, 0) + 1
    columns = {column.item: column for column in profile.layouts[kind_of(record)].columns}
    left: dict[str, Any] = {}
    seen = len(errors) - sum(slips.values())
    for item, count in slips.items():
        try:
            left[item] = _value(columns[item], typed[item])
        except Wrong:
            seen += count
    after = msgspec.structs.replace(record, **left)
    differs = tuple(item for item in columns if getattr(after, item) != getattr(record, item))
    return Rekeyed(after, len(fields), len(errors), seen, differs)


def mistyped(text: str, error: KeyingError) -> str:
    """The text with the slip in it, always another one than before; an empty text stays empty.

    Two equal neighbours cannot be told apart when they are transposed: the next two that differ are. Where
    there are none, a character is missing.

    Raises:
        HarnessError: nobody knows this slip.
    """
    if error.manner not in (TRANSPOSED, MISSING):
        raise HarnessError(
            "the model of keying errors knows a slip that nobody else does",
            expected=f"{TRANSPOSED} or {MISSING}",
            received=error.manner,
        )
    if not text:
        return text
    if error.manner == TRANSPOSED:
        pairs = len(text) - 1
        for step in range(pairs):
            at = (error.place + step) % pairs
            if text[at] != text[at + 1]:
                return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    at = error.place % len(text)
    return text[:at] + text[at + 1 :]


def _value(column: Column, text: str) -> Any:
    """The item's value, as the machine takes it from the keyboard."""
    if text:
        return column.parse(text)
    if column.optional:
        return column.empty
    raise Wrong(Code.MISSING_ITEM, f"a {column.form}")
