"""The table of routes: what each takes and answers. Desk and OpenAPI description are made of it.

A path's `{key}` is one segment, percent-encoded where it holds what a path must not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from sim.base.node import Reply
from sim.drivers.live import wire
from sim.drivers.live.ministry.problems import Refused
from sim.drivers.live.wire import (
    CAUSE,
    CLOCK,
    DIGEST,
    FORMS,
    KEY,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    PREFER,
    PROFILE,
    REF,
    UPLOAD_LENGTH,
    UPLOAD_OFFSET,
)

SEALED: Final = "sealed"
"""A body of sealed bytes."""
DESCRIPTION: Final = "description"
"""A body that is the description of the server itself."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path, by the name of its handler.

    `headers`: those it reads besides the ones that every route reads, `!` behind those that must be given.
    `query`: whole numbers that it reads, each with the greatest. `takes`: what its body is (`SEALED`, a
    type), None without one. `gives`: by status, what it answers with; None without a body. `problems`: the
    codes that are its own. `in_rehearsal`: served in a rehearsal only.
    """

    method: str
    path: str
    name: str
    told: str
    gives: dict[int, Any]
    headers: tuple[str, ...] = ()
    query: tuple[tuple[str, int], ...] = ()
    takes: Any = None
    problems: tuple[str, ...] = ()
    in_rehearsal: bool = False


_UP: Final = (f"{KEY}!", f"{REF}!", CAUSE)
_SIZES: Final = (wire.TOO_LARGE, wire.ENCODING_REFUSED, wire.TOO_SLOW)

ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/v1/profile",
        "offer",
        "What the server speaks and takes.",
        {200: wire.Offer},
    ),
    Endpoint(
        "POST",
        "/v1/batches",
        "take_in",
        "A sealed batch up, whole. It is kept when this is answered; the office decides it afterwards.",
        {202: wire.Receipt, 200: wire.Receipt},
        (*_UP, DIGEST, PREFER),
        takes=SEALED,
        problems=(*_SIZES, wire.BAD_DIGEST, wire.KEY_REUSED),
    ),
    Endpoint(
        "GET",
        "/v1/batches/{key}",
        "receipt",
        "What became of a batch that was kept under the key.",
        {200: wire.Receipt},
        (PREFER,),
        problems=(NOT_FOUND,),
    ),
    Endpoint(
        "POST",
        "/v1/uploads",
        "begin_upload",
        "A sealed batch up, by pieces: announces its length. Begun again, it tells how far it has come.",
        {201: wire.Upload, 202: wire.Receipt, 200: wire.Receipt},
        (*_UP, f"{UPLOAD_LENGTH}!"),
        problems=(wire.TOO_LARGE, wire.KEY_REUSED, wire.TOO_MANY),
    ),
    Endpoint(
        "GET",
        "/v1/uploads/{key}",
        "upload",
        "How much of a batch by pieces is here.",
        {200: wire.Upload},
        problems=(NOT_FOUND,),
    ),
    Endpoint(
        "PATCH",
        "/v1/uploads/{key}",
        "piece",
        "The next piece. With the last one the batch is kept.",
        {200: wire.Upload, 202: wire.Receipt},
        (f"{UPLOAD_OFFSET}!", DIGEST),
        takes=SEALED,
        problems=(*_SIZES, NOT_FOUND, wire.BAD_DIGEST, wire.OFFSET_MISMATCH, wire.LENGTH_REQUIRED),
    ),
    Endpoint(
        "DELETE",
        "/v1/uploads/{key}",
        "abandon",
        "Gives a begun upload up.",
        {204: None},
        problems=(NOT_FOUND,),
    ),
    Endpoint(
        "GET",
        "/v1/outbox",
        "waiting",
        "What waits for the caller, in the order in which it is to be taken.",
        {200: list[wire.Waiting]},
        query=(("wait", wire.LONGEST_WAIT),),
    ),
    Endpoint(
        "GET",
        "/v1/outbox/{key}",
        "download",
        "A sealed batch down, whole or a range of it: the same bytes until its receipt.",
        {200: SEALED, 206: SEALED, 304: None},
        ("Range", "If-Range", "If-None-Match"),
        problems=(NOT_FOUND, wire.RANGE_REFUSED),
    ),
    Endpoint(
        "POST",
        "/v1/outbox/{key}/receipt",
        "confirm",
        "The caller has what waited under the key: it waits no more.",
        {200: Reply},
    ),
    Endpoint(
        "POST",
        "/v1/messages",
        "message",
        "A control message up.",
        {200: Reply},
        (f"{KEY}!", f"{REF}!"),
        takes=wire.Message,
        problems=_SIZES,
    ),
    Endpoint("GET", "/v1/usage", "usage", "What the caller's municipality has used.", {200: wire.Used}),
    Endpoint(
        "GET",
        "/v1/faults",
        "faults",
        "The faults of the caller's municipality that are open.",
        {200: list[wire.Fault]},
    ),
    Endpoint("GET", "/v1/openapi.json", "openapi", "This description.", {200: DESCRIPTION}),
    Endpoint(
        "POST", "/v1/clock", "tell", "It is so late now.", {200: Reply}, (f"{CLOCK}!",), in_rehearsal=True
    ),
    Endpoint(
        "POST",
        "/v1/commands",
        "command",
        "An input of the rehearsal, as msgpack.",
        {200: Reply},
        (f"{KEY}!", f"{CLOCK}!"),
        takes=SEALED,
        problems=_SIZES,
        in_rehearsal=True,
    ),
)

COMMON_HEADERS: Final = (PROFILE,)
COMMON_PROBLEMS: Final = (
    wire.BAD_FORM,
    wire.NOT_LISTED,
    wire.REVOKED,
    wire.WRONG_USAGE,
    wire.NO_COMMON_PROFILE,
    wire.TOO_MANY,
    wire.FAILED,
    wire.NOT_READY,
    wire.STOPPING,
)
"""What every route may answer with."""


@dataclass(frozen=True, slots=True)
class Found:
    """The route of a request, and the key in its path."""

    endpoint: Endpoint
    key: str


class Routes:
    """Finds the route of a request."""

    def __init__(self, endpoints: Sequence[Endpoint] = ENDPOINTS, *, rehearsal: bool = False) -> None:
        self.endpoints = tuple(one for one in endpoints if rehearsal or not one.in_rehearsal)
        self._plain: dict[str, dict[str, Endpoint]] = {}
        self._keyed: dict[str, tuple[re.Pattern[str], dict[str, Endpoint]]] = {}
        for one in self.endpoints:
            if "{key}" in one.path:
                form = re.compile(re.escape(one.path).replace(r"\{key\}", r"([^/?#]{1,300})"))
                self._keyed.setdefault(one.path, (form, {}))[1][one.method] = one
            else:
                self._plain.setdefault(one.path, {})[one.method] = one

    def find(self, method: str, raw_path: str) -> Found:
        """The route of a method and a path as it came, before anything in it is decoded.

        Raises:
            Refused: there is none, not with this method, or the key is not in its form.
        """
        methods, key = self._plain.get(raw_path), ""
        if methods is None:
            for form, keyed in self._keyed.values():
                if match := form.fullmatch(raw_path):
                    methods, key = keyed, unquote(match[1], errors="replace")
                    break
        if methods is None:
            raise Refused(NOT_FOUND, "there is no such path; see /v1/openapi.json")
        endpoint = methods.get("GET" if method == "HEAD" else method)
        if endpoint is None:
            allowed = sorted({*methods, *(["HEAD"] if "GET" in methods else [])})
            raise Refused(
                METHOD_NOT_ALLOWED,
                f"expected {' or '.join(allowed)}, received {method[:20]}",
                {"Allow": ", ".join(allowed)},
            )
        if "{key}" in endpoint.path and FORMS[KEY].fullmatch(key) is None:
            raise Refused(wire.BAD_FORM, f"the key in the path: expected {FORMS[KEY].pattern}")
        return Found(endpoint, key)
