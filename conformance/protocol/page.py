"""docs/adapter.md: how to write an adapter, with the operations of each role and real lines.

The page is made from the protocol's models and from a session with the built-in reference; a test compares it
with the file, so that it cannot say anything else than the harness does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel

from conformance.protocol.base import Request, summary_of
from conformance.protocol.codes import CODES
from conformance.protocol.conversation import Conversation
from conformance.protocol.examples import session
from conformance.protocol.page_text import AFTER, BEFORE
from conformance.protocol.roles import ALL, Role

LONGEST: Final = 80
"""Characters of a text in an example that the page shows."""


class Heard:
    """A channel that remembers what went over it."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.lines: list[tuple[str, str]] = []

    def talk(self, line: bytes) -> bytes:
        """As the channel behind it."""
        answered: bytes = self._inner.talk(line)
        self.lines.append((line.decode(), answered.decode()))
        return answered

    def close(self) -> None:
        """As the channel behind it."""
        self._inner.close()


def lines_of(role: Role) -> list[tuple[str, str]]:
    """A session of a role with its reference: each line with the one that follows on it."""
    from conformance.kits import KITS

    if role.id not in KITS:
        return []
    heard = Heard(KITS[role.id].reference(None))
    conversation = Conversation(heard, role)
    for request in session(role):
        op = role.op(conversation.name_of(request))
        assert op is not None
        if op.name == "hello":
            conversation.hello(request)  # type: ignore[arg-type]
        else:
            conversation.ask(request, op.answer)
    conversation.close()
    return heard.lines


def page() -> str:
    """The page."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    from conformance.outcome import OUTCOMES

    yield BEFORE.rstrip("\n")
    yield ""
    yield "## 終了コード Exit codes"
    yield ""
    yield "`renkei conform run` ends with one code for each outcome. The first that holds counts."
    yield ""
    yield "| code | 結果 | outcome |"
    yield "|---|---|---|"
    for one in OUTCOMES:
        yield f"| {one.code} | {one.ja} | {one.en} |"
    yield ""
    yield AFTER.rstrip("\n")
    for role in ALL:
        yield ""
        yield from _of_role(role)


def _of_role(role: Role) -> Iterator[str]:
    yield f"## 役割 Role `{role.id}`"
    yield ""
    yield f"{role.ja} / {role.en}"
    yield ""
    yield "| 機能 capability | 意味 | meaning |"
    yield "|---|---|---|"
    for name, (ja, en) in role.capabilities.items():
        yield f"| `{name}` | {ja} | {en} |"
    yield ""
    yield "| 操作 op | 必要な機能 needs | request | answer | what |"
    yield "|---|---|---|---|---|"
    for op in role.ops:
        needs = f"`{op.needs}`" if op.needs else ""
        yield (
            f"| `{op.name}` | {needs} | {_fields(op.request)} | {_fields(op.answer)} | {_first(op.request)} |"
        )
    yield ""
    yield from _messages(role)
    yield from _codes(role)
    yield from _example(role)


def _messages(role: Role) -> Iterator[str]:
    """What each message says beyond its first line: of requests, answers, and what stands in them."""
    yield "What the fields hold:"
    yield ""
    for model in _models(role):
        text = " ".join((model.__doc__ or "").split())
        fields = ", ".join(
            f"`{name}`" + ("" if field.is_required() else "?") for name, field in model.model_fields.items()
        )
        yield f"- **{model.__name__}** {{{fields}}}: {text}"
    yield ""


def _codes(role: Role) -> Iterator[str]:
    """The lists of codes of a role."""
    for codes in CODES.get(role.id, ()):
        yield "Codes of " + ", ".join(f"`{field}`" for field in codes.fields) + ":"
        yield ""
        yield "| code | 意味 | meaning |"
        yield "|---|---|---|"
        for code, ja, en in codes.values:
            yield f"| `{code}` | {ja} | {en} |"
        yield ""


def _example(role: Role) -> Iterator[str]:
    found = lines_of(role)
    if not found:
        return
    yield "A session with the reference (`>` the harness, `<` the implementation):"
    yield ""
    yield "```"
    for asked, answered in found:
        yield f"> {_cut(asked)}"
        yield f"< {_cut(answered)}"
    yield "```"


def _models(role: Role) -> list[type[BaseModel]]:
    """Every message of a role in the order in which it is met."""
    found: dict[type[BaseModel], None] = {}

    def walk(annotation: Any) -> None:
        model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
        if model and annotation not in found:
            found[annotation] = None
            for field in annotation.model_fields.values():
                walk(field.annotation)
        for inner in getattr(annotation, "__args__", ()):
            walk(inner)

    for op in role.ops:
        walk(op.request)
        walk(op.answer)
    return [model for model in found if model.model_fields]


def _fields(model: type[BaseModel]) -> str:
    named = (f"`{name}`" for name, field in model.model_fields.items() if field.is_required())
    others = (f"`{name}`?" for name, field in model.model_fields.items() if not field.is_required())
    return ", ".join((*named, *others)) or "–"


def _first(request: type[Request]) -> str:
    """What a request is for, in a cell of a table."""
    return summary_of(request).replace("|", "\\|")


def _cut(line: str) -> str:
    return json.dumps(_shortened(json.loads(line)), ensure_ascii=False)


def _shortened(value: Any) -> Any:
    """The same with long texts cut, such as contents of files; all that a reader must write is whole."""
    if isinstance(value, dict):
        return {key: _shortened(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_shortened(inner) for inner in value]
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[:LONGEST]}… ({len(value)} characters)"
    return value
