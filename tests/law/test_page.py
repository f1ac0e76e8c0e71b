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
from sim.law.page import RULES_OF_THE_SHELF, page
from sim.law.unconfirmed import UNCONFIRMED

DOCUMENT = Path(__file__).parents[2] / "docs" / "law.md"

NO_RULES = {
    # Looks something up, or tells it; decides nothing.
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


def test_every_assumption_is_leaned_on_by_a_rule_a_change_or_a_docstring() -> None:
    """An entry that nothing names is a leftover."""
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("sim", "conformance")
        for path in (DOCUMENT.parents[1] / folder).rglob("*.py")
        if path.name != "unconfirmed.py"
    )
    assert [fact.id for fact in UNCONFIRMED if fact.id not in source] == []


def test_every_citation_id_in_the_code_is_a_provision() -> None:
    pattern = re.compile(r"(juki|immi|special|koseki|civil|local)\.[0-9a-z]")
    for path in Path(sim.law.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and pattern.match(node.value):
                assert node.value in PROVISIONS, path
