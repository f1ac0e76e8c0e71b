"""Features are Japanese, named and tagged; steps act or write down, and work out neither verdict nor law."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

import features
from conformance.protocol.roles import ROLES
from conformance.worker import BRANCH, TAGS

HOME = Path(features.__file__).parent
FILES = sorted(HOME.glob("*.feature"))
MODULES = sorted((HOME / "steps").glob("[a-z]*.py"))
TREES = {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}
STEPS = [
    pytest.param(node, id=f"{name}.{node.name}")
    for name, tree in TREES.items()
    for node in tree.body
    if isinstance(node, ast.FunctionDef) and any(isinstance(one, ast.Call) for one in node.decorator_list)
]
SCENARIO = re.compile(r"^ +(シナリオ|シナリオアウトライン|シナリオテンプレート|テンプレ): ", re.MULTILINE)


def kinds_of_step(function: ast.FunctionDef) -> set[str]:
    """given, when, then: how a function is decorated."""
    calls = [node.func for node in function.decorator_list if isinstance(node, ast.Call)]
    return {func.id for func in calls if isinstance(func, ast.Name)} & {"given", "when", "then"}


def stage_calls(function: ast.FunctionDef) -> set[str]:
    """Which methods of the stage a step calls."""
    return {
        node.func.attr
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "stage"
    }


def tags_of(path: Path) -> list[list[str]]:
    """The tags above each scenario of a file."""
    found, tags = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith("@"):
            tags += line.split()
        elif SCENARIO.match(line):
            found.append(tags)
            tags = []
    return found


def named(tags: list[str], kind: str) -> list[str]:
    return [tag.partition(":")[2] for tag in tags if tag.startswith(f"@{kind}:")]


def test_there_are_features_and_steps() -> None:
    assert FILES
    assert STEPS


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_feature_is_japanese_and_named_after_its_article_or_rule(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# language: ja\n")
    assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)+\.feature", path.name)
    assert re.search(r"^機能: .+$", text, flags=re.MULTILINE)
    assert len(SCENARIO.findall(text)) == len(tags_of(path)) > 0


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_scenario_has_one_case_and_tags_that_mean_something(path: Path) -> None:
    for tags in tags_of(path):
        assert {tag[1:].partition(":")[0] for tag in tags} <= set(TAGS)
        (case,) = named(tags, "case")
        assert re.fullmatch(r"[A-Z0-9]+(-[0-9]+)+", case)
        roles = named(tags, "role")
        assert roles and set(roles) <= set(ROLES)
        for capability in named(tags, "needs"):
            assert all(capability in ROLES[role].capabilities for role in roles), capability


def test_no_two_scenarios_have_one_case() -> None:
    counted = Counter(case for path in FILES for tags in tags_of(path) for case in named(tags, "case"))
    assert not [case for case, times in counted.items() if times > 1]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_table_of_examples_tells_its_rows_apart(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if re.match(r" +例:|^ +サンプル:", line):
            head = next(one for one in lines[number + 1 :] if one.strip())
            assert BRANCH in head


@pytest.mark.parametrize("name", TREES)
def test_no_step_asserts(name: str) -> None:
    assert not [node for node in ast.walk(TREES[name]) if isinstance(node, ast.Assert)]


@pytest.mark.parametrize("function", STEPS)
def test_then_only_expects_and_the_others_never_do(function: ast.FunctionDef) -> None:
    kinds, calls = kinds_of_step(function), stage_calls(function)
    if kinds == {"then"}:
        assert calls <= {"expect"}
    elif kinds:
        assert "then" not in kinds
        assert "expect" not in calls


@pytest.mark.parametrize("name", TREES)
def test_the_steps_ask_neither_a_rule_nor_a_check_what_is_right(name: str) -> None:
    imported = {node.module or "" for node in ast.walk(TREES[name]) if isinstance(node, ast.ImportFrom)}
    # The names of things, no rule about them.
    law = {module for module in imported if module.startswith("sim.law")} - {"sim.law.kinds"}
    judging = {
        module
        for module in imported
        if module.startswith(("conformance.checks", "conformance.judge", "conformance.reference"))
    }
    assert not law | judging
