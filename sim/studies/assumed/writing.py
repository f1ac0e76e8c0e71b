"""How assumptions are written: rows in both languages, percentages, lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time

from sim.law.calendar import in_english, in_japanese

Row = dict[str, str]


def row(ja: str, en: str, source_ja: str = "仮定", source_en: str = "assumption") -> Row:
    """One assumption in both languages, with its source."""
    return {"ja": ja, "en": en, "source_ja": source_ja, "source_en": source_en}


def percent(share: float) -> str:
    """A share with at most one decimal."""
    return f"{round(share * 100, 1):g}%"


def shares(weights: Sequence[float]) -> list[float]:
    """Weights as shares of their sum."""
    total = sum(weights)
    return [weight / total for weight in weights]


def days_ja(rows: Sequence[tuple[int, float]]) -> str:
    """Days with their shares, in Japanese."""
    parts = shares([weight for _, weight in rows])
    return list_ja((f"{days}日", percent(share)) for (days, _), share in zip(rows, parts, strict=True))


def days_en(rows: Sequence[tuple[int, float]]) -> str:
    """Days with their shares, in English."""
    parts = shares([weight for _, weight in rows])
    return list_en((f"{days}", percent(share)) for (days, _), share in zip(rows, parts, strict=True))


def list_ja(pairs: Iterable[tuple[str, str]]) -> str:
    """Names with values, in Japanese."""
    return "、".join(f"{name} {value}" for name, value in pairs)


def list_en(pairs: Iterable[tuple[str, str]]) -> str:
    """Names with values, in English."""
    return ", ".join(f"{name}: {value}" for name, value in pairs)


def clock(moment: time) -> str:
    """A clock time, with its seconds only where it has any."""
    return moment.isoformat()[: 8 if moment.second else 5]


def moment_ja(moment: datetime) -> str:
    """A day with its clock time, in Japanese."""
    return f"{in_japanese(moment.date())} {moment:%H:%M}"


def moment_en(moment: datetime) -> str:
    """A day with its clock time, in English."""
    return f"{in_english(moment.date())}, {moment:%H:%M}"


def some_ja(names: Sequence[str], most: int = 5) -> str:
    """The first few names and how many more there are, in Japanese."""
    more = len(names) - most
    return "、".join(names[:most]) + (f"ほか{more}" if more > 0 else "")


def some_en(names: Sequence[str], most: int = 5) -> str:
    """The first few names and how many more there are, in English."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
