"""The published protocol is what the harness speaks: schema, page and reference agree."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from conformance import commands
from conformance.kits import KITS
from conformance.outcome import OUTCOMES
from conformance.protocol.codes import CODES
from conformance.protocol.examples import examples, session
from conformance.protocol.page import lines_of, page
from conformance.protocol.roles import ALL, Role
from conformance.protocol.schema import DIALECT, FRAMES, schema, schema_text
from tests.conformance.adapter_helpers import HOME

SCHEMA = schema()


def refs(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from refs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from refs(inner)


def at(ref: str) -> Any:
    found: Any = SCHEMA
    for part in ref.removeprefix("#/").split("/"):
        found = found[part]
    return found


def test_the_schema_in_the_documents_is_the_schema_of_the_code() -> None:
    assert (HOME / "docs" / "adapter.schema.json").read_text(encoding="utf-8") == schema_text()


def test_the_page_in_the_documents_is_the_page_of_the_code() -> None:
    assert (HOME / "docs" / "adapter.md").read_text(encoding="utf-8") == page()


def test_both_are_printed_by_the_command() -> None:
    cli = CliRunner()
    assert cli.invoke(commands.app, ["protocol"]).stdout == page()
    assert cli.invoke(commands.app, ["protocol", "--schema"]).stdout == schema_text()


def test_every_reference_of_the_schema_leads_somewhere() -> None:
    found = list(refs(SCHEMA))
    assert len(found) > 50
    for ref in found:
        assert at(ref)


def test_the_schema_is_of_2020_12_and_has_every_frame() -> None:
    assert SCHEMA["$schema"] == DIALECT
    assert [one["$ref"].rpartition("/")[2] for one in SCHEMA["oneOf"]] == list(FRAMES)


@pytest.mark.parametrize("role", ALL, ids=lambda role: role.id)
def test_every_operation_of_a_role_is_in_schema_and_page(role: Role) -> None:
    described = SCHEMA["$defs"]["roles"][role.id]
    assert list(described["operations"]) == [op.name for op in role.ops]
    assert described["capabilities"]["enum"] == list(role.capabilities)
    for op in role.ops:
        for side in ("request", "answer"):
            body = at(described["operations"][op.name][side]["$ref"])
            assert body["additionalProperties"] is False
        assert described["operations"][op.name].get("needs", "") == op.needs
        assert not op.needs or op.needs in role.capabilities
        assert op.request.__doc__
    text = page()
    assert f"## 役割 Role `{role.id}`" in text
    assert all(f"| `{op.name}` |" in text for op in role.ops)


@pytest.mark.parametrize(
    "role", [role for role in ALL if examples(role.id) and role.id in KITS], ids=lambda role: role.id
)
def test_the_example_lines_are_a_session_with_the_reference(role: Role) -> None:
    lines = lines_of(role)
    assert json.loads(lines[0][0])["op"] == "hello"
    assert all(json.loads(answered)["ok"] is True for _, answered in lines)
    text = page()
    assert f"> {json.dumps(json.loads(lines[-1][0]), ensure_ascii=False)}\n" in text


@pytest.mark.parametrize("role", list(CODES))
def test_codes_are_listed_for_fields_that_there_are(role: str) -> None:
    models = SCHEMA["$defs"]["roles"][role]["models"]
    for codes in CODES[role]:
        for field in codes.fields:
            model, _, name = field.partition(".")
            assert name in models[model]["properties"]


def test_every_exit_code_is_documented() -> None:
    text = page()
    assert all(f"| {one.code} | {one.ja} | {one.en} |" in text for one in OUTCOMES)


def test_a_session_begins_with_hello_and_ends_with_bye() -> None:
    for role in ALL:
        asked = session(role)
        assert [type(one).__name__ for one in (asked[0], asked[-1])] == ["Hello", "Bye"]
