"""What every reference is: a server of the protocol, one method `on_OP` for each operation.

A method that needs something of the harness in the middle (a card's answer to a command) is a generator: it
yields `(call, body)` and is sent the result.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any, ClassVar, Final

from pydantic import ValidationError

from conformance.protocol.base import (
    FAULT,
    UNSUPPORTED,
    VERSION,
    Answer,
    Done,
    Hello,
    HelloAnswer,
    name_of_reference,
)
from conformance.protocol.base import Bye as Goodbye
from conformance.protocol.roles import Role
from sim.base.errors import RenkeiError
from sim.base.version import VERSION as RELEASE

NO_OBJECT: Final = {"ok": False, "code": FAULT, "message": "a line is one object of JSON in UTF-8"}

Calling = Generator[tuple[str, dict[str, Any]], dict[str, Any], Answer]


class Reference:
    """A server of one role's operations. `lacks`: capabilities that it does as if it had not."""

    role: ClassVar[Role]

    def __init__(self, lacks: frozenset[str] = frozenset()) -> None:
        self._lacks = lacks
        self._calling: Calling | None = None

    def talk(self, line: bytes) -> bytes:
        """The line that follows on a line of the harness."""
        try:
            frame = json.loads(line)
        except ValueError:
            frame = None
        number = frame.get("id") if isinstance(frame, dict) else None
        try:
            said = self._next(frame) if isinstance(frame, dict) else NO_OBJECT
        except ValidationError as error:
            said = {"ok": False, "code": UNSUPPORTED, "message": str(error)}
        except RenkeiError as error:
            said = {"ok": False, "code": FAULT, "message": str(error)}
        return json.dumps({"id": number, **said}, ensure_ascii=False, separators=(",", ":")).encode()

    def close(self) -> None:
        """Leaves nothing behind."""

    def on_hello(self, request: Hello) -> HelloAnswer:
        """Introduces itself."""
        return HelloAnswer(
            protocol=VERSION,
            name=name_of_reference(self.role.id),
            vendor="renkei",
            version=RELEASE,
            roles=(self.role.id,),
            capabilities=tuple(name for name in self.role.capabilities if name not in self._lacks),
        )

    def on_bye(self, request: Goodbye) -> Done:
        """Says goodbye."""
        return Done()

    def _next(self, frame: dict[str, Any]) -> dict[str, Any]:
        if self._calling is not None:
            return self._go_on(self._calling, frame.get("result", {}))
        op = self.role.op(str(frame.get("op")))
        method = None if op is None else getattr(self, f"on_{op.name}", None)
        if op is None or method is None or op.needs in self._lacks:
            return {"ok": False, "code": UNSUPPORTED, "message": f"no operation {frame.get('op')}"}
        answer = method(op.request.model_validate(frame.get("body", {})))
        if isinstance(answer, Generator):
            self._calling = answer
            return self._go_on(answer, None)
        return _told(answer)

    def _go_on(self, calling: Calling, result: dict[str, Any] | None) -> dict[str, Any]:
        """Lets the operation that waits go on until it calls again or is done."""
        try:
            call, body = next(calling) if result is None else calling.send(result)
        except StopIteration as done:
            self._calling = None
            return _told(done.value)
        except BaseException:
            self._calling = None
            raise
        return {"call": call, "body": body}


def _told(answer: Answer) -> dict[str, Any]:
    return {"ok": True, "body": answer.model_dump(mode="json")}
