"""The code of a municipality: five digits and a check digit (全国地方公共団体コード, JIS X 0401/0402)."""

from __future__ import annotations

import re
from typing import Final

_WEIGHTS: Final = (6, 5, 4, 3, 2)
_FIVE: Final = re.compile(r"[0-9]{5}")


def check_digit(five: str) -> str:
    """The sixth digit: eleven minus the weighted sum's remainder by eleven, its last digit.

    Raises:
        ValueError: not five ASCII digits.
    """
    if _FIVE.fullmatch(five) is None:
        raise ValueError(f"{five!r} is not five digits")
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, five, strict=True))
    return str((11 - total % 11) % 10)


def is_municipality(code: str) -> bool:
    """Whether a text is six ASCII digits of which the last is the check digit. Not whether it exists."""
    return len(code) == 6 and _FIVE.fullmatch(code[:5]) is not None and check_digit(code[:5]) == code[5]
