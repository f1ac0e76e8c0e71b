"""The protocol as JSON Schema 2020-12, made from the same models that the harness checks messages with.

`frames` are the lines; below `roles` stand, for each operation of a role, the bodies of request and answer.
What two roles call the same has its place under each of them.
"""

from __future__ import annotations

import json
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from conformance.protocol.base import FAULT, UNSUPPORTED, VERSION
from conformance.protocol.roles import ALL, Role

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

NUMBER: Final = {
    "type": "integer",
    "minimum": 1,
    "description": "Counts the requests; an answer has its own.",
}


def _frame(*required: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"id": NUMBER, **properties},
        "required": ["id", *required],
        "additionalProperties": False,
    }


FRAMES: Final = {
    "request": _frame("op", "body", op={"type": "string"}, body={"type": "object"}),
    "result": _frame("result", result={"type": "object"}),
    "answer": _frame("ok", ok={"const": True}, body={"type": "object", "default": {}}),
    "failure": _frame(
        "ok",
        "code",
        ok={"const": False},
        code={"enum": [UNSUPPORTED, FAULT]},
        message={"type": "string", "default": ""},
    ),
    "call": _frame("call", call={"type": "string"}, body={"type": "object", "default": {}}),
}
"""Lines: request and result are the harness's, answer, failure and call the implementation's."""


def schema() -> dict[str, Any]:
    """The whole schema. It describes one line, in either direction."""
    return {
        "$schema": DIALECT,
        "title": VERSION,
        "description": "One line between harness and adapter. `$defs.roles` has the bodies by operation.",
        "oneOf": [{"$ref": f"#/$defs/frames/{name}"} for name in FRAMES],
        "$defs": {"frames": FRAMES, "roles": {role.id: _role(role) for role in ALL}},
    }


def schema_text() -> str:
    """docs/adapter.schema.json."""
    return json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"


def _role(role: Role) -> dict[str, Any]:
    models = [(model, "validation") for op in role.ops for model in (op.request, op.answer)]
    where = f"#/$defs/roles/{role.id}/models/"
    found, defs = models_json_schema(models, ref_template=where + "{model}")  # type: ignore[arg-type]
    return {
        "description": role.en,
        "capabilities": {
            "enum": list(role.capabilities),
            "description": "; ".join(f"{name}: {en}" for name, (_, en) in role.capabilities.items()),
        },
        "operations": {
            op.name: {
                "request": found[op.request, "validation"],
                "answer": found[op.answer, "validation"],
                **({"needs": op.needs} if op.needs else {}),
            }
            for op in role.ops
        },
        "models": defs.get("$defs", {}),
    }
