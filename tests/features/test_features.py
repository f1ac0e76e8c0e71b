"""Features are Japanese, named and tagged; steps act or write down, and work out neither verdict nor law."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import features

HOME = Path(features.__file__).parent
FILES = sorted(HOME.glob("*.feature"))
STEPS = ast.parse((HOME / "steps.py").read_text(encoding="utf-8"))
FUNCTIONS = [node for node in STEPS.body if isinstance(node, ast.FunctionDef)]


def kinds_of_step(function: ast.FunctionDef) -> set[str]:
    """given, when, then: how a function is decorated."""
    calls = [node.func for node in function.decorator_list if isinstance(node, ast.Call)]
    return {func.id for func in calls if isinstance(func, ast.Name)}


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


def test_there_are_features() -> None:
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_feature_is_japanese_named_after_its_article_and_explicitly_tagged(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# language: ja\n")
    assert re.fullmatch(r"[a-z]+(_\d+)+_[a-z_]+\.feature", path.name)
    scenarios = len(re.findall(r"^ +シナリオ", text, flags=re.MULTILINE))
    cases = re.findall(r"^ +@case:([A-Z0-9]+-\d\d) @role:[a-z-]+$", text, flags=re.MULTILINE)
    assert len(set(cases)) == len(cases) == scenarios > 0


def test_no_step_asserts() -> None:
    assert not [node for node in ast.walk(STEPS) if isinstance(node, ast.Assert | ast.Raise)]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_then_only_expects_and_the_others_never_do(function: ast.FunctionDef) -> None:
    kinds, calls = kinds_of_step(function), stage_calls(function)
    if kinds == {"then"}:
        assert calls == {"expect"}
    else:
        assert "expect" not in calls


def test_the_steps_ask_no_rule_what_is_right() -> None:
    imported = {node.module for node in ast.walk(STEPS) if isinstance(node, ast.ImportFrom)}
    law = {module for module in imported if module and module.startswith("sim.law")}
    assert law == {"sim.law.kinds"}  # the names of things, no rule about them
