"""Every endpoint of the exchange: the municipalities of Japan, designated cities ward by ward.

On 1 January 2024 there were 1,741 municipalities (the six villages of the Northern Territories, where nobody
is recorded, do not count); the 20 designated cities are replaced by their 171 wards: 1,892. The table's file
says where the codes are from.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from sim.base.errors import UsageError, nearest

FILE: Final = Path(__file__).parent / "municipalities.csv"


class Municipality(NamedTuple):
    """A municipality or ward: its code with check digit, its prefecture, its name, its kind (`ward`,
    `core_city`, `city`, `town`, `village`)."""

    code: str
    prefecture: str
    name: str
    kind: str


@cache
def municipalities() -> tuple[Municipality, ...]:
    """All of them, in the order of their codes."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        return tuple(Municipality(**row) for row in rows)


@cache
def _by_code() -> dict[str, Municipality]:
    return {one.code: one for one in municipalities()}


def those(codes: Iterable[str]) -> list[Municipality]:
    """The municipalities of these codes, in the order of the file.

    Raises:
        UsageError: there is no such municipality.
    """
    wanted = set(codes)
    known = _by_code()
    unknown = sorted(wanted - set(known))
    if unknown:
        hint = nearest(unknown[0], known, 0.8)
        raise UsageError(
            f"there is no municipality {unknown[0]}",
            where=str(FILE),
            expected="a code with check digit; designated cities ward by ward, as of 1 January 2024",
            received=", ".join(unknown[:5]),
            remedy=f"did you mean {hint} ({known[hint].prefecture}{known[hint].name})?"
            if hint
            else "look the code up in that file",
        )
    return [one for one in municipalities() if one.code in wanted]


def fingerprint() -> str:
    """SHA-256 of the file."""
    return hashlib.sha256(FILE.read_bytes()).hexdigest()
