"""Each requirement of the actors of a municipality and its links is named by a test that shows it.

A row is a testable statement of seeds 000 to 003 that a machine can check (S0 to S3, class A in the catalogue
of requirements). Its test names it in its docstring or in a comment; what stands in the code of a test names
nothing. The table says in which rooms of the tests each row is shown, so that a room that loses its last test
of a row is noticed, although another room still names it. All rows are shown: one that could not be would
stand here with the reason.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

# S2-013, or a range of rows: S2-013 to S2-018.
NAMED = re.compile(r"\b(S[0-3])-(\d{3})(?:\s+to\s+(?:\1-)?(\d{3})\b)?")

SHOWN: dict[str, tuple[str, ...]] = {
    "S0-001": ("law", "nodes"),
    "S0-002": ("law",),
    "S0-003": ("law",),
    "S0-004": ("law",),
    "S0-005": ("law",),
    "S0-006": ("law",),
    "S0-007": ("nodes/counter",),
    "S0-008": ("law", "nodes"),
    "S0-009": ("nodes",),
    "S0-010": ("law", "nodes"),
    "S0-011": ("law",),
    "S0-012": ("law", "nodes/counter", "nodes/ministry"),
    "S0-013": ("law", "nodes/ministry"),
    "S0-014": ("nodes/counter",),
    "S0-015": ("nodes/counter",),
    "S0-016": ("nodes", "nodes/counter"),
    "S0-017": ("nodes/counter",),
    "S0-018": ("nodes/counter",),
    "S0-019": ("nodes/counter",),
    "S0-020": ("nodes/counter",),
    "S0-021": ("nodes/counter",),
    "S0-022": ("drivers", "nodes/card_terminal"),
    "S0-025": ("drivers", "nodes/card_terminal"),
    "S0-026": ("nodes/card_terminal", "nodes/terminal"),
    "S0-027": ("nodes/card_terminal",),
    "S0-031": ("drivers", "nodes/counter"),
    "S0-032": ("nodes/counter",),
    "S0-033": ("drivers", "nodes/card_terminal", "nodes/counter"),
    "S0-034": ("nodes/card_terminal",),
    "S0-035": ("nodes/card_terminal",),
    "S0-036": ("drivers", "nodes/card_terminal"),
    "S0-038": ("nodes/card_terminal",),
    "S0-040": ("nodes/card_terminal",),
    "S0-043": ("nodes/card_terminal", "nodes/counter"),
    "S0-044": ("drivers", "nodes/card_terminal"),
    "S0-045": ("drivers", "nodes/card_terminal", "nodes/counter"),
    "S0-047": ("nodes/card_terminal",),
    "S0-048": ("nodes/card_terminal",),
    "S0-049": ("nodes/counter",),
    "S0-052": ("nodes/card_terminal",),
    "S0-053": ("nodes/counter",),
    "S0-054": ("drivers", "nodes/card_terminal", "nodes/counter"),
    "S0-055": ("nodes/counter",),
    "S0-057": ("nodes/counter",),
    "S0-059": ("nodes/counter",),
    "S0-061": ("nodes/card_terminal",),
    "S0-062": ("nodes/card_terminal", "nodes/counter"),
    "S0-063": ("drivers", "nodes", "nodes/counter"),
    "S0-064": ("nodes", "nodes/counter"),
    "S0-065": ("drivers", "nodes", "nodes/card_terminal"),
    "S0-066": ("drivers", "nodes/card_terminal"),
    "S0-067": ("drivers",),
    "S0-068": ("drivers",),
    "S1-004": ("studies",),
    "S1-005": ("studies",),
    "S1-006": ("nodes/ministry", "studies"),
    "S1-007": ("nodes/ministry", "nodes/registry"),
    "S1-008": ("nodes/registry",),
    "S1-010": ("nodes/ministry", "studies"),
    "S1-012": ("nodes/link", "nodes/terminal"),
    "S1-013": ("nodes/link",),
    "S1-014": ("nodes/link",),
    "S1-015": ("nodes/link",),
    "S1-016": ("nodes/lgwan", "nodes/ministry", "nodes/terminal"),
    "S1-019": ("law", "nodes/ministry"),
    "S1-020": ("exchange",),
    "S1-021": ("nodes/ministry", "nodes/terminal"),
    "S1-022": ("nodes/ministry", "nodes/terminal"),
    "S1-023": ("nodes/lgwan", "nodes/terminal"),
    "S1-024": ("nodes/ministry", "nodes/terminal"),
    "S1-025": ("nodes/ministry",),
    "S1-026": ("nodes/ministry",),
    "S2-006": ("nodes/link", "nodes/terminal"),
    "S2-007": ("nodes/link", "nodes/terminal"),
    "S2-009": ("nodes/link",),
    "S2-010": ("nodes/link",),
    "S2-012": ("drivers", "exchange"),
    "S2-013": ("drivers", "exchange", "nodes/link", "nodes/terminal"),
    "S2-014": ("drivers", "nodes/link"),
    "S2-015": ("nodes/link",),
    "S2-016": ("nodes/link",),
    "S2-017": ("nodes/link",),
    "S3-003": ("drivers", "nodes/terminal"),
    "S3-004": ("nodes/registry",),
    "S3-005": ("nodes/registry",),
    "S3-006": ("nodes/counter", "nodes/ministry"),
    "S3-007": ("nodes/lgwan", "reports"),
    "S3-008": ("nodes", "nodes/ministry"),
    "S3-009": ("nodes/lgwan", "nodes/terminal"),
    "S3-010": ("exchange",),
    "S3-011": ("exchange",),
    "S3-012": ("exchange", "nodes"),
    "S3-013": ("exchange", "nodes/registry"),
    "S3-014": ("exchange", "nodes/ministry", "nodes/terminal"),
    "S3-015": ("nodes/ministry", "nodes/registry"),
    "S3-018": ("exchange",),
    "S3-019": ("exchange", "nodes/ministry"),
    "S3-026": ("nodes/lgwan", "nodes/ministry", "nodes/terminal"),
    "S3-027": ("exchange", "nodes/terminal"),
    "S3-028": ("nodes/terminal",),
    "S3-029": ("nodes/lgwan", "nodes/ministry", "nodes/terminal"),
    "S3-030": ("nodes/terminal",),
    "S3-031": ("nodes/terminal",),
    "S3-032": ("nodes/terminal",),
    "S3-033": ("nodes/terminal",),
}
"""Of each row: the rooms whose tests show it."""


def spoken(source: str) -> Iterator[str]:
    """The docstrings and the comments of a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield ast.get_docstring(node) or ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def rows_in(text: str) -> set[str]:
    """The rows that a text names, one by one or as a range."""
    return {
        f"{found[1]}-{number:03d}"
        for found in NAMED.finditer(text)
        for number in range(int(found[2]), int(found[3] or found[2]) + 1)
    }


@cache
def named() -> dict[str, set[str]]:
    """The rows that each room's tests name; a room is a folder of the tests."""
    rooms: dict[str, set[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        if path != Path(__file__):
            room = path.parent.relative_to(TESTS).as_posix()
            for text in spoken(path.read_text(encoding="utf-8")):
                rooms.setdefault(room, set()).update(rows_in(text))
    return rooms


@pytest.mark.parametrize(("row", "rooms"), SHOWN.items(), ids=SHOWN)
def test_each_row_is_named_by_a_test_in_every_room_that_shows_it(row: str, rooms: tuple[str, ...]) -> None:
    assert rooms
    assert [room for room in rooms if row not in named().get(room, set())] == []


def test_the_table_has_every_row_of_the_catalogue_once() -> None:
    """The catalogue itself is no part of the repository: so many rows of each seed are in it."""
    assert list(SHOWN) == sorted(SHOWN)
    counts = {seed: sum(row.startswith(seed) for row in SHOWN) for seed in ("S0", "S1", "S2", "S3")}
    assert counts == {"S0": 53, "S1": 19, "S2": 10, "S3": 23}


def test_a_range_names_all_its_rows_and_code_names_none() -> None:
    assert rows_in("S2-013 to S2-015; S1-004") == {"S2-013", "S2-014", "S2-015", "S1-004"}
    assert rows_in("S3-026 to 028.") == {"S3-026", "S3-027", "S3-028"}
    assert rows_in("S2-013 to S3-015") == {"S2-013", "S3-015"}
    assert rows_in("XS2-013, S4-001, S2-13") == set()
    source = 'def f():\n    """S1-001."""\n    return "S1-002"  # S1-003\n'
    assert set().union(*map(rows_in, spoken(source))) == {"S1-001", "S1-003"}
