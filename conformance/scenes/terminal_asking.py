"""Asking a terminal without writing down what must not be: keys, PINs, and bytes that are random."""

from __future__ import annotations

from typing import Any, Final

from conformance.protocol.base import Request
from conformance.scenes.asking import A, Asking

HIDDEN: Final = frozenset({"keys", "pin"})
"""Fields that a journal never shows."""
BYTES: Final = "content"


class Discreet(Asking):
    """A conversation of which the journal has everything but secrets and the bytes of files."""

    def ask(self, request: Request, answer: type[A], *, case: str = "", subject: str = "") -> A:
        """Asks, and writes down question and answer as `OP_asked` and `OP_answered`."""
        op = self.conversation.name_of(request)
        asked = self.stage.note(
            f"{op}_asked",
            _shown(request.model_dump(mode="json", exclude_defaults=True)),
            case=case,
            subject=subject,
        )
        told = self.conversation.ask(request, answer)
        data = _shown(told.model_dump(mode="json"))
        self.stage.note(f"{op}_answered", data, case=case, subject=subject, cause=asked)
        return told


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: "…" if name in HIDDEN else _shown(one) for name, one in value.items() if name != BYTES}
    return [_shown(one) for one in value] if isinstance(value, list) else value
