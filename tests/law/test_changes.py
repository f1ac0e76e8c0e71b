"""The dated table: every day as a literal, and in order."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import sim.law
from sim.law import changes
from sim.law.changes import CHANGES
from sim.law.unconfirmed import unconfirmed

DAYS = {
    "system-first-day": date(2012, 7, 9),
    "chip-survey-from": date(2013, 4, 1),
    "agency-first-day": date(2019, 4, 1),
    "young-card-rule": date(2023, 11, 1),
    "wards-of-hamamatsu": date(2024, 1, 1),
    "penalties-renumbered": date(2024, 6, 10),
    "penal-terms": date(2025, 6, 1),
    "card-items": date(2026, 6, 14),
    "revocation-renumbered": date(2027, 4, 1),
    "juki-order-renumbered": None,
    "immi-order-renumbered": None,
}


def test_every_change_has_its_day() -> None:
    assert {change.id: change.on for change in CHANGES} == DAYS


def test_the_table_is_in_order_and_those_on_unknown_days_come_last() -> None:
    days = [change.on or date.max for change in CHANGES]
    assert days == sorted(days)


def test_every_change_says_what_changes_where_it_is_known_from_and_what_is_not_sure() -> None:
    for change in CHANGES:
        assert change.ja and change.en and change.source
        assert not change.unconfirmed or unconfirmed(change.unconfirmed).id == change.unconfirmed


def test_a_change_on_an_unknown_day_says_so() -> None:
    assert all(change.unconfirmed for change in CHANGES if change.on is None)


def test_every_day_of_the_module_stands_in_the_table() -> None:
    constants = {value for name, value in vars(changes).items() if name.isupper() and isinstance(value, date)}
    assert constants == {change.on for change in CHANGES if change.on is not None}


def written(source: str) -> Iterator[str]:
    """Every day of the table that the source writes out: as a date, or in a string that is no docstring."""
    days = {change.on for change in CHANGES if change.on is not None}
    forms = {form for day in days for form in (day.isoformat(), f"{day.year}年{day.month}月{day.day}日")}
    tree = ast.parse(source)
    docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("date", "datetime.date"):
            yield from (day.isoformat() for day in days if _parts(node) == (day.year, day.month, day.day))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
            yield from (form for form in sorted(forms) if form in node.value)


def _parts(call: ast.Call) -> tuple[object, ...]:
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    given = [*call.args, *(named[part] for part in ("year", "month", "day") if part in named)]
    return tuple(one.value if isinstance(one, ast.Constant) else None for one in given)


MODULES = sorted(path for path in Path(sim.law.__path__[0]).rglob("*.py") if path.name != "changes.py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_other_module_writes_a_day_of_the_table(path: Path) -> None:
    assert list(written(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("x = date(2024, 6, 10)", ["2024-06-10"]),
        ("x = datetime.date(year=2024, month=6, day=10)", ["2024-06-10"]),
        ("x = 'before 2025-06-01'", ["2025-06-01"]),
        ("x = f'{n}: 2025年6月1日より前'", ["2025年6月1日"]),
        ("x = date(2024, 6, 9), '2025年6月11日'", []),
        ("x = f'before {PENAL_TERMS}'", []),
        ("def f():\n    'From 2012-07-09.'", []),
        ("X = 1\n'Until 2012-07-09.'", []),
    ],
)
def test_a_day_is_found_wherever_it_is_written_but_in_a_docstring(source: str, found: list[str]) -> None:
    assert list(written(source)) == found
