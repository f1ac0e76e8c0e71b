"""The description of the wire for machines: OpenAPI 3.1, made of the routes and the structs themselves."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from sim.base.version import VERSION
from sim.drivers.live import wire
from sim.drivers.live.ministry.routes import (
    COMMON_HEADERS,
    COMMON_PROBLEMS,
    DESCRIPTION,
    SEALED,
    Endpoint,
    Routes,
)
from sim.drivers.live.ministry.settings import Limits

_TOLD: Final = {
    wire.KEY: "Names this request for ever: repeated with the same key it is done once.",
    wire.REF: "The batch's name, or the caller's own name for a message.",
    wire.CAUSE: "The entry of the caller's journal that led to this.",
    wire.PROFILE: "The versions of the profile that the caller speaks; the answer names the one chosen.",
    wire.DIGEST: "SHA-256 of the body (RFC 9530).",
    wire.PREFER: "Seconds that the caller would wait for a decision.",
    wire.UPLOAD_LENGTH: "Bytes of the whole batch.",
    wire.UPLOAD_OFFSET: "Where in the batch this piece begins.",
    wire.CLOCK: "What is now in the rehearsal: microseconds since 1970-01-01T00:00:00Z.",
    "Range": "One range of bytes (RFC 9110, 14.2).",
    "If-Range": "The ETag of the bytes of which the rest is wanted.",
    "If-None-Match": "An ETag; with it nothing is sent again.",
}
_JSON: Final = "application/json"
_CMS: Final = "application/cms"
# Of what comes in nobody looks at the type, and every client knows how to send this one.
_BYTES: Final = "application/octet-stream"
_REF: Final = "#/components/schemas/{name}"


def describe(routes: Routes, limits: Limits) -> bytes:
    """The description of these routes, as JSON."""
    types = _types(routes)
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    schema_of = dict(zip((repr(one) for one in types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in routes.endpoints:
        operation = _operation(endpoint, schema_of, limits)
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = operation
    whole = {
        "openapi": "3.1.0",
        "info": {
            "title": "renkei: the ministry server of the test harness",
            "version": VERSION,
            "description": (
                "renkei-open/1 over HTTPS. Published by the harness itself; no authority issued it."
                " The caller is known by its TLS client certificate."
            ),
        },
        "security": [{"certificate": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "certificate": {"type": "mutualTLS", "description": "Usage tls-client; CN: the code."}
            },
        },
    }
    return msgspec.json.encode(whole)


def _types(routes: Routes) -> list[Any]:
    found: dict[str, Any] = {repr(wire.Problem): wire.Problem}
    for endpoint in routes.endpoints:
        for one in (*endpoint.gives.values(), endpoint.takes):
            if one is not None and not isinstance(one, str):
                found[repr(one)] = one
    return list(found.values())


def _operation(endpoint: Endpoint, schema_of: dict[str, Any], limits: Limits) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = []
    if "{key}" in endpoint.path:
        form = {"type": "string", "pattern": _whole(wire.KEY)}
        parameters.append({"name": "key", "in": "path", "required": True, "schema": form})
    for name in (*endpoint.headers, *COMMON_HEADERS):
        parameters.append(_header(name))
    for name, most in endpoint.query:
        number = {"type": "integer", "minimum": 0, "maximum": most, "default": 0}
        parameters.append({"name": name, "in": "query", "required": False, "schema": number})
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.told,
        "parameters": parameters,
        "responses": _answers(endpoint, schema_of),
    }
    if endpoint.takes is not None:
        content: dict[str, Any] = (
            {_BYTES: {"schema": {"type": "string", "format": "binary", "maxLength": limits.largest_piece}}}
            if endpoint.takes is SEALED
            else {_JSON: {"schema": schema_of[repr(endpoint.takes)]}}
        )
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _header(name: str) -> dict[str, Any]:
    required = name.endswith("!")
    name = name.removesuffix("!")
    schema: dict[str, Any] = {"type": "string"}
    if name in wire.FORMS:
        schema["pattern"] = _whole(name)
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": _TOLD[name],
        "schema": schema,
    }


def _answers(endpoint: Endpoint, schema_of: dict[str, Any]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for status, body in endpoint.gives.items():
        answers[str(status)] = {"description": endpoint.told}
        if body is SEALED:
            answers[str(status)]["content"] = {_CMS: {"schema": {"type": "string", "format": "binary"}}}
        elif body is DESCRIPTION:
            answers[str(status)]["content"] = {_JSON: {"schema": {"type": "object"}}}
        elif body is not None:
            answers[str(status)]["content"] = {_JSON: {"schema": schema_of[repr(body)]}}
    by_status: dict[int, list[str]] = {}
    for code in (*COMMON_PROBLEMS, *endpoint.problems):
        status, told = wire.PROBLEMS[code]
        lines = by_status.setdefault(status, [])
        if f"{code}: {told}" not in lines:
            lines.append(f"{code}: {told}")
    problem = {_JSON: {"schema": schema_of[repr(wire.Problem)]}}
    for status, lines in sorted(by_status.items()):
        answers[str(status)] = {"description": "; ".join(lines), "content": problem}
    return answers


def _whole(name: str) -> str:
    return f"^(?:{wire.FORMS[name].pattern})$"
