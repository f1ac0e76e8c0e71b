"""Points of an inspection: what was looked at, whether it is as it must be, and what to mend if not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum

import msgspec


class State(StrEnum):
    """How a point stands."""

    PASS = "PASS"
    FAIL = "FAIL"
    NOTE = "NOTE"
    """Not wrong, and worth knowing."""
    SKIPPED = "SKIPPED"
    """Could not be looked at, because of something before, or because it does not apply."""


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at. `told`: what was seen; `mend`: what to do about it."""

    id: str
    ja: str
    en: str
    state: State
    told: str = ""
    mend: str = ""


def failed(points: Iterable[Point]) -> bool:
    """Whether any point is not as it must be."""
    return any(point.state is State.FAIL for point in points)


def as_json(points: Iterable[Point]) -> str:
    """All points, the same bytes for the same points."""
    return msgspec.json.format(msgspec.json.encode(list(points), order="deterministic"), indent=2).decode()


def show(points: Iterable[Point], say: Callable[[str], None]) -> None:
    """Prints them for people, with what to mend below each."""
    points = list(points)
    for point in points:
        say(f"{point.state:<7} {point.ja} / {point.en}")
        for label, text in (("", point.told), ("直し方 / what to do: ", point.mend)):
            for number, line in enumerate(text.splitlines()):
                say(" " * 8 + (label if number == 0 else "") + line)
    bad = sum(point.state is State.FAIL for point in points)
    good = sum(point.state is State.PASS for point in points)
    say(f"{good} PASS, {bad} FAIL")
