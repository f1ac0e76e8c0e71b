"""Whole columns at a glance: that every text of a column fits is seen on its bytes, without a mask.

Nearly all columns of nearly all files are settled so, at a fraction of what masks cost. What is said is "all
of them fit" or nothing: a column that is not settled gets its mask from the rule table (`columns`).
"""

from __future__ import annotations

import string
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sim.exchange import forms
from sim.exchange.profile import Column

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl

    Bytes = npt.NDArray[np.uint8]
    Days = npt.NDArray[np.int32]

_BETWEEN: Final = "\n"
_CODE_SIGNS: Final = (string.ascii_letters + string.digits + "./-" + _BETWEEN).encode()


def is_settled(column: Column, texts: pl.Series, plain: bool) -> bool:
    """Whether every text that is given fits the column's form. Of dates, `days_of` says it.

    Args:
        texts: null where nothing is given; no text is empty.
        plain: no text holds a character that needs a second look.
    """
    match column.form:
        case "text":
            return plain and _longest(texts) <= column.max
        case "code":
            return _longest(texts) <= column.max and _are_codes(texts)
        case "country" | "card_number":
            return _by_place(texts, forms.SHAPES[column.form]) is not None
    return False


def days_of(texts: pl.Series) -> pl.Series | None:
    """The days of a column of `YYYY-MM-DD`, null where nothing is given; None when one is no day."""
    import numpy as np
    import polars as pl

    signs = _by_place(texts, forms.SHAPES["date"])
    if signs is None:
        return None
    digits = signs.astype(np.int32) - ord("0")
    year = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3]
    month, day = digits[5] * 10 + digits[6], digits[8] * 10 + digits[9]
    if not bool(((year > 0) & (month > 0) & (month <= 12) & (day > 0)).all()):
        return None
    firsts, months = _firsts_of_months(), year * 12 + month - 13
    days = firsts[months] + (day - 1)
    if bool((days >= firsts[months + 1]).any()):
        return None
    if not texts.null_count():
        return pl.Series(texts.name, days).cast(pl.Date)
    given = texts.is_not_null()
    spread = np.zeros(texts.len(), np.int32)
    spread[given.to_numpy()] = days
    return pl.Series(texts.name, spread).cast(pl.Date).zip_with(given, pl.Series([None], dtype=pl.Date))


@cache
def _firsts_of_months() -> Days:
    """The first days of all months, from the year 1 on, and of the month after, as polars counts days."""
    import numpy as np

    return np.arange("0001-01", "10000-02", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int32)


def _longest(texts: pl.Series) -> int:
    """How many bytes the longest text has, and so at least as many as it has characters."""
    longest: Any = texts.str.len_bytes().max()
    return longest or 0


def _joined(texts: pl.Series, between: str) -> bytes:
    """All texts that are given."""
    return str(texts.str.join(between).item()).encode()


def _by_place(texts: pl.Series, shape: tuple[str, ...]) -> Bytes | None:
    """The first signs of all texts that are given, then the second ones; None when one has another shape."""
    import numpy as np

    if not (texts.str.len_bytes() == len(shape)).all():
        return None
    signs = np.frombuffer(_joined(texts, ""), np.uint8).reshape(-1, len(shape)).T.copy()
    if signs.size:
        # A part of a shape is a sign, or the first and the last of those that may stand there.
        least, most = signs.min(axis=1), signs.max(axis=1)
        bounds = [(ord(part.strip("[]")[0]), ord(part.strip("[]")[-1])) for part in shape]
        if any(a < low or b > high for a, b, (low, high) in zip(least, most, bounds, strict=True)):
            return None
    return signs


def _are_codes(texts: pl.Series) -> bool:
    """Whether texts consist of the signs of codes, and begin with a letter or a digit."""
    import numpy as np

    if not texts.count():
        return True
    # In front of each text, so that its first sign follows.
    content = _BETWEEN.encode() + _joined(texts, _BETWEEN)
    if content.translate(None, _CODE_SIGNS):
        return False
    signs = np.frombuffer(content, np.uint8)
    before = np.flatnonzero(signs == ord(_BETWEEN))
    if len(before) != texts.count():
        return False  # a line feed within a text
    # Of the signs of codes, letters and digits come last.
    return bool((signs[before + 1] >= ord("0")).all())
