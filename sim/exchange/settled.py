"""Whole columns at a glance: that every text of a column fits is seen on its bytes, without a mask.

Nearly all columns of nearly all files are settled so, at a fraction of what masks cost. What is said is "all
of them fit" or nothing: a column that is not settled gets its mask from the rule table (`columns`).
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sim.exchange import forms
from sim.exchange.profile import Column, When

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl

    Bytes = npt.NDArray[np.uint8]
    Days = npt.NDArray[np.int32]

_CODE_SIGNS: Final = (string.ascii_letters + string.digits + "./-").encode()
_JOINED: Final = ("code", *forms.SHAPES, "birth_date")
_CHOICES: Final = ("choice", "reason_code")
# Every month has as many days.
_SHORTEST_MONTH: Final = 28


class Glance:
    """What is seen of a table of texts as a whole, without a look at any row.

    All of it is asked of polars at once, which so has work for every core.
    """

    def __init__(self, texts: pl.DataFrame, columns: Sequence[Column], plain: bool) -> None:
        """Looks.

        Args:
            texts: null where nothing is given; no text is empty.
            columns: of the table.
            plain: no text holds a character that needs a second look.
        """
        import polars as pl

        self._texts = texts
        self._plain = plain
        self._nulls = {column.item: texts[column.item].null_count() for column in columns}
        self._days: dict[str, pl.Series | None] = {}
        asked: list[pl.Expr] = []
        for column in columns:
            item = pl.col(column.item)
            if not self._is_given(column.item):
                continue
            if column.form in _CHOICES:
                # One more than those that fit, and null: more of them say nothing more.
                some = item.unique().head(len(_values_of(column)) + 2).implode()
                asked.append(some.alias(f"values of {column.item}"))
                continue
            asked.append(item.str.len_bytes().max().alias(f"longest {column.item}"))
            if column.form in _JOINED:
                asked.append(item.str.join("").alias(f"all {column.item}"))
            if column.form == "code":
                asked.append(item.min().alias(f"least {column.item}"))
        self._seen: dict[str, Any] = texts.select(asked).row(0, named=True) if asked else {}

    def settles(self, column: Column) -> bool:
        """Whether every text of a column, and every one that is missing, fits its form."""
        item = column.item
        if self._nulls[item] and not column.optional:
            return False
        if not self._is_given(item):
            return True
        match column.form:
            case "choice" | "reason_code":
                return self._values(item) <= _values_of(column)
            case "text":
                return self._plain and self._longest(item) <= column.max
            case "code":
                return self._longest(item) <= column.max and self._are_codes(item)
            case "country" | "card_number":
                return self._have_shape(item, forms.SHAPES[column.form])
            case "date" | "birth_date":
                return self.days(item) is not None
        return False

    def settles_with_others(self, column: Column) -> bool:
        """Whether no text of a column can contradict its record's other items, by the values that occur."""
        item = column.item
        given = self._is_given(item)
        if self._nulls[item] and self._may_come(column.required_when):
            return False
        if given and self._may_come(column.empty_when):
            return False
        for value, when in column.never_with:
            if self._may_come(((item, (value,)),)) and self._may_come(when):
                return False
        return not (column.other_than and given and self._is_given(column.other_than))

    def days(self, item: str) -> pl.Series | None:
        """The days of a column of `YYYY-MM-DD`, null where nothing is given; None when one is no day."""
        if item not in self._days:
            self._days[item] = self._read_days(item)
        return self._days[item]

    def _read_days(self, item: str) -> pl.Series | None:
        import numpy as np
        import polars as pl

        texts = self._texts[item]
        if not self._is_given(item):
            return pl.repeat(None, texts.len(), dtype=pl.Date, eager=True).alias(item)
        signs = self._of_length(item, len(forms.SHAPES["date"]))
        days = None if signs is None else _days_of(signs)
        if days is None or not self._nulls[item]:
            return None if days is None else pl.Series(item, days).cast(pl.Date)
        given = texts.is_not_null()
        spread = np.zeros(texts.len(), np.int32)
        spread[given.to_numpy()] = days
        return pl.Series(item, spread).cast(pl.Date).zip_with(given, pl.Series([None], dtype=pl.Date))

    # --- what was seen -------------------------------------------------------------------------------
    def _is_given(self, item: str) -> bool:
        """Whether there is any text."""
        return self._nulls[item] < self._texts.height

    def _longest(self, item: str) -> int:
        """How many bytes the longest text has, and so at least as many as it has characters."""
        longest: int = self._seen[f"longest {item}"]
        return longest

    def _values(self, item: str) -> set[str]:
        """The values of a choice that occur: all of them, or at least one that does not fit."""
        return {value for value in self._seen[f"values of {item}"] if value is not None}

    def _may_come(self, when: When) -> bool:
        """Whether one of the items may have one of its values somewhere."""
        for item, values in when:
            if not self._is_given(item):
                continue
            if f"values of {item}" not in self._seen or not self._values(item).isdisjoint(values):
                return True
        return False

    def _of_length(self, item: str, length: int) -> Bytes | None:
        """All texts of a column one after the other; None unless each has so many bytes."""
        import numpy as np

        signs = np.frombuffer(self._seen[f"all {item}"].encode(), np.uint8)
        given = self._texts.height - self._nulls[item]
        return signs if self._longest(item) == length and len(signs) == length * given else None

    def _have_shape(self, item: str, shape: tuple[str, ...]) -> bool:
        signs = self._of_length(item, len(shape))
        if signs is None:
            return False
        by_place = signs.reshape(-1, len(shape)).T.copy()
        # A part of a shape is a sign, or the first and the last of those that may stand there.
        least, most = by_place.min(axis=1), by_place.max(axis=1)
        bounds = [(ord(part.strip("[]")[0]), ord(part.strip("[]")[-1])) for part in shape]
        return all(a >= low and b <= high for a, b, (low, high) in zip(least, most, bounds, strict=True))

    def _are_codes(self, item: str) -> bool:
        """Whether texts consist of the signs of codes, and begin with a letter or a digit."""
        if self._seen[f"all {item}"].encode().translate(None, _CODE_SIGNS):
            return False
        # Of the signs of codes, letters and digits come last; and the least text begins with the least sign.
        return bool(self._seen[f"least {item}"] >= "0")


def _values_of(column: Column) -> frozenset[str]:
    return frozenset(forms.REASONS if column.form == "reason_code" else column.values)


def _days_of(signs: Bytes) -> Days | None:
    """The days of texts of ten bytes, as polars counts them; None unless each is `YYYY-MM-DD` and exists."""
    import numpy as np

    count = len(signs) // 10
    digits = signs - ord("0")  # a sign before 0 becomes more than 9, too
    dashes = (signs[4::10] == ord("-")).all() and (signs[7::10] == ord("-")).all()
    if not dashes or np.count_nonzero(digits > 9) != 2 * count:
        return None

    def two(place: int) -> npt.NDArray[np.uint16]:
        """The number that two digits make, of every text."""
        pairs = np.ndarray((count,), "<u2", digits, place, (10,)).copy()
        return (pairs & 0xFF) * 10 + (pairs >> 8)

    year, month, day = two(0).astype(np.int32) * 100 + two(2), two(5), two(8)
    if not (year.all() and month.all() and day.all()) or int(month.max()) > 12:
        return None
    firsts, months = _firsts_of_months(), year * 12 + month - 13
    days: Days = firsts.take(months) + (day.astype(np.int32) - 1)
    late = np.flatnonzero(day > _SHORTEST_MONTH)
    return None if (days[late] >= firsts.take(months[late] + 1)).any() else days


@cache
def _firsts_of_months() -> Days:
    """The first days of all months, from the year 1 on, and of the month after, as polars counts days."""
    import numpy as np

    return np.arange("0001-01", "10000-02", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int32)
