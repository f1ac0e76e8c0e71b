"""`builtin`: the reference of the role itself, to see the harness at work without a product."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final, Literal

from conformance.adapters.kind import Kind, Say, Settings
from conformance.inspecting import Point, State
from conformance.protocol.base import UNSUPPORTED
from conformance.protocol.conversation import Channel
from conformance.protocol.roles import CLOCK, Role
from sim.base.errors import UsageError, nearest

NOW: Final = "2026-06-03T10:00:00+09:00"
"""What time it is in a reference whose clock cannot be set: an hour at which counters are open."""


class BuiltinSettings(Settings):
    """`lacks`: capabilities that the reference does as if it had not."""

    kind: Literal["builtin"]
    lacks: tuple[str, ...] = ()


class Lacking:
    """An implementation without some of its capabilities: it neither declares nor has them."""

    def __init__(self, inner: Channel, role: Role, lacks: Iterable[str]) -> None:
        self._inner = inner
        self._lacks = frozenset(lacks)
        self._without = {op.name for op in role.ops if op.needs in self._lacks}
        if CLOCK in self._lacks:
            self._without.add("clock")

    def talk(self, line: bytes) -> bytes:
        """As the implementation would, if it had less."""
        asked = json.loads(line)
        if asked.get("op") in self._without:
            told = {"id": asked["id"], "ok": False, "code": UNSUPPORTED, "message": "it is lacking"}
            return json.dumps(told).encode()
        answered = self._inner.talk(line)
        if asked.get("op") != "hello":
            return answered
        told = json.loads(answered)
        body = told.get("body", {})
        body["capabilities"] = [one for one in body.get("capabilities", ()) if one not in self._lacks]
        if CLOCK in self._lacks:
            body["now"] = NOW
        return json.dumps(told, ensure_ascii=False).encode()

    def close(self) -> None:
        """Ends it."""
        self._inner.close()


def _open(settings: BuiltinSettings, role: Role, say: Say) -> Channel:
    from conformance.kits import kit_of

    for name in settings.lacks:
        if name not in role.capabilities:
            near = nearest(name, role.capabilities)
            raise UsageError(
                "the reference cannot lack what there is not",
                where="adapter.lacks",
                expected=", ".join(role.capabilities),
                received=name,
                remedy=f"did you mean {near}?" if near else "give one of these",
            )
    reference = kit_of(role.id).reference(None)
    return Lacking(reference, role, settings.lacks) if settings.lacks else reference


def _inspect(settings: BuiltinSettings) -> list[Point]:
    return [
        Point(
            id="builtin",
            ja="ハーネスの参照実装を使う",
            en="the harness's own reference is used",
            state=State.NOTE,
            told="it says something about the harness, and nothing about a product",
        )
    ]


KIND: Final = Kind("builtin", "内蔵の参照実装", "the built-in reference", BuiltinSettings, _open, _inspect)
