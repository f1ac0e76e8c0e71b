"""Rates, durations and sizes as people write them, and back: `64k`, `40ms`, `64MiB`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from sim.base.errors import UsageError
from sim.base.instant import HOUR, MINUTE, SECOND

UNLIMITED: Final = "unlimited"

RATES: Final = {"": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000}
DURATIONS: Final = {"us": 1, "ms": 1_000, "s": SECOND, "m": MINUTE, "h": HOUR}
SIZES: Final = {"": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}

_FORM: Final = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,6})?) ?([A-Za-z]{0,3})")

# No line of this world is faster, no rehearsal longer, no file larger: what is above is a slip of the pen.
FASTEST: Final = 1_000_000_000_000
LONGEST: Final = 1_000 * HOUR
LARGEST: Final = 1024**4


def rate(text: str | int) -> int:
    """Bits a second; 0 for no limit: `64k`, `1.5M`, `unlimited`, or a whole number of bits.

    Raises:
        ValueError: none of these.
    """
    if text == UNLIMITED:
        return 0
    return _number(str(text), RATES, FASTEST, "a rate in bits a second: 64k, 1.5M, unlimited")


def duration(text: str) -> int:
    """Microseconds: `40ms`, `30s`, `5m`, `2h`; `0` needs no unit.

    Raises:
        ValueError: none of these.
    """
    return 0 if text == "0" else _number(text, DURATIONS, LONGEST, "a duration: 40ms, 30s, 5m, 2h")


def duration_given(option: str, text: str, example: str = "30m") -> int:
    """The duration that was typed for an option, in microseconds.

    Raises:
        UsageError: it is none; the message names the option and shows the form.
    """
    try:
        return duration(text)
    except ValueError as error:
        raise UsageError(
            "this is no time",
            where=option,
            expected="a number and its unit, at most 1000h: 500ms, 30s, 5m, 2h",
            received=repr(text[:40]),
            remedy=f"such as: {option} {example}",
        ) from error


def size(text: str | int) -> int:
    """Bytes: `64MiB`, or a whole number of bytes.

    Raises:
        ValueError: none of these.
    """
    return _number(str(text), SIZES, LARGEST, "a size: 512KiB, 64MiB, 2GiB")


def shown_rate(bits: int) -> str:
    """The rate as `rate` takes it."""
    return UNLIMITED if bits == 0 else _shown(bits, RATES)


def shown_duration(microseconds: int) -> str:
    """The duration as `duration` takes it."""
    return "0" if microseconds == 0 else _shown(microseconds, DURATIONS)


def _number(text: str, units: Mapping[str, int], largest: int, expected: str) -> int:
    found = _FORM.fullmatch(text)
    if found is None or found[2] not in units:
        raise ValueError(f"expected {expected}; received {text[:40]!r}")
    value = Decimal(found[1]) * units[found[2]]
    if value > largest or value != int(value):
        raise ValueError(f"expected {expected}, whole and not larger than {largest}; received {text[:40]!r}")
    return int(value)


def _shown(value: int, units: Mapping[str, int]) -> str:
    unit = max((unit for unit in units if value % units[unit] == 0), key=lambda unit: units[unit])
    return f"{value // units[unit]}{unit}"
