"""The page of the law: what is printed is what the code answers, and nothing that answers is left out."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest

import sim.law
from sim.law.citation import PROVISIONS
from sim.law.page import RULES_OF_THE_SHELF, WORDS, page
from sim.law.unconfirmed import UNCONFIRMED

DOCUMENT = Path(__file__).parents[2] / "docs" / "law.md"

NO_RULES = {
    # Looks something up, or tells it; decides nothing.
    "sim.law.calendar.in_english",
    "sim.law.calendar.in_japanese",
    "sim.law.calendar.rests_on",
    "sim.law.citation.citation",
    "sim.law.citation.cite",
    "sim.law.citation.first_day",
    "sim.law.page.page",
    "sim.law.unconfirmed.unconfirmed",
    # The table behind convert_name.
    "sim.law.kanji.conversion.convert",
    "sim.law.kanji.jis.in_jis",
    "sim.law.kanji.jis.is_kanji",
    "sim.law.kanji.table.cited_table",
    "sim.law.kanji.table.parse_table",
    "sim.law.kanji.table.render",
    "sim.law.kanji.table.with_table_one",
    "sim.law.kanji.table.written",
}


def functions() -> set[str]:
    """The full name of every public function of the shelf."""
    found = set()
    for info in pkgutil.walk_packages(sim.law.__path__, "sim.law."):
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            if inspect.isfunction(value) and value.__module__ == info.name and not name.startswith("_"):
                found.add(f"{info.name}.{name}")
    return found


def test_the_page_in_the_documents_is_the_page_of_the_code() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == page()


def test_every_public_function_is_a_rule_on_the_page_or_known_to_decide_nothing() -> None:
    assert {rule.name for rule in RULES_OF_THE_SHELF} == functions() - NO_RULES


@pytest.mark.parametrize("rule", RULES_OF_THE_SHELF, ids=lambda rule: rule.name)
def test_every_rule_names_its_source_in_its_docstring(rule: Any) -> None:
    told = inspect.getdoc(rule.function) or ""
    assert re.search(r"Source: ", told), told
    assert rule.clauses and set(rule.clauses) <= set(PROVISIONS)


def test_every_unconfirmed_fact_every_provision_and_every_rule_stands_on_the_page() -> None:
    text = page()
    assert all(f"`{fact.id}`" in text and fact.reason_en in text for fact in UNCONFIRMED)
    assert all(f"`{provision}`" in text for provision in PROVISIONS)
    assert all(f"`{rule.name.removeprefix('sim.law.')}`" in text for rule in RULES_OF_THE_SHELF)


def test_every_word_of_every_option_stands_on_the_page_with_its_names() -> None:
    assert list(WORDS) == [
        "filing",
        "class",
        "history",
        "card",
        "conduct",
        "ground",
        "excuse",
        "tie",
        "living",
        "terminal",
        "lacks",
    ]
    lines = page().splitlines()
    for option, kind in WORDS.items():
        for one in kind:
            assert f"| `--{option}` | `{one.value}` | {one.ja} | {one.en} |" in lines
    assert "| `--filing` | `moving_in` | 転入届 | moving-in filing |" in lines


def test_every_assumption_is_leaned_on_by_a_rule_a_change_or_a_docstring() -> None:
    """An entry that nothing names, or only the table of dates, is a leftover."""
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("sim", "conformance")
        for path in (DOCUMENT.parents[1] / folder).rglob("*.py")
        if path.name not in ("unconfirmed.py", "changes.py")
    )
    named = set(re.findall(r"[\"`]([a-z0-9-]+)[\"`]", source))
    assert [fact.id for fact in UNCONFIRMED if fact.id not in named] == []


def test_every_citation_id_in_the_code_is_a_provision() -> None:
    acts = "juki|juki-order|immi|immi-order|special|joint-ordinance|koseki|civil|local"
    pattern = re.compile(rf"({acts})\.[0-9a-z]|(joint|notice)-[0-9a-z]")
    assert [provision for provision in PROVISIONS if not pattern.match(provision)] == []
    for path in Path(sim.law.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and pattern.match(node.value):
                assert node.value in PROVISIONS, path
