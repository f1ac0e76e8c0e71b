"""What a stranger's mutant is, and a channel that remembers what passes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from conformance.mutants.shape import Body, Mutant
from conformance.protocol.conversation import Channel
from sim.base.instant import Instant, japan_date, parse_iso
from sim.base.node import Event, Node, Step

Frame = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stranger(Mutant):
    """A mutant written from the requirements, by somebody who had not seen the checks: any may find it.

    `breaches`: ids of the requirement rows. `survives`: why no check can find it, in Japanese and English;
    empty for one that must be found. `wrap`: puts something else in the reference's place, or around it.
    """

    catches: str = ""
    breaches: tuple[str, ...] = ()
    survives: tuple[str, str] | None = None
    wrap: Callable[[Channel], Channel] | None = field(default=None, compare=False)

    def around(self, reference: Channel) -> Channel:
        """The reference as this stranger has it."""
        inner = Mutant.around(self, reference)
        return inner if self.wrap is None else self.wrap(inner)


def right(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    """What a node does that is as it should be."""
    return node.step(state, event, now)


class Between:
    """A channel around another that sees operations and answers, and remembers the time.

    A subclass changes what it likes: `asked` gives the body with which the operation goes on, or None to
    answer by `instead`; `told` gives the answer. `called` sees what the harness answers to a call.
    """

    def __init__(self, inner: Channel) -> None:
        self._inner = inner
        self._op = ""
        self._request: Body = {}
        self._call = ""
        self.now = Instant(0)

    @property
    def today(self) -> date:
        """The day in Japan, as the harness has set it."""
        return japan_date(self.now)

    def asked(self, op: str, body: Body) -> Body | None:
        """What goes on to the implementation."""
        return body

    def instead(self, op: str, body: Body) -> Body:
        """The answer to an operation that does not go on."""
        return {}

    def told(self, op: str, body: Body, answer: Body) -> Body:
        """What comes back from it. `body`: as the harness gave it."""
        return answer

    def called(self, call: str, body: Body, result: Body) -> None:
        """The harness has answered a call in the middle of an operation, whose body this is."""

    def ask(self, op: str, body: Body) -> Body:
        """Asks the implementation something of its own; an operation without calls only."""
        said = self._said({"id": 0, "op": op, "body": body})
        return dict(said["body"])

    def talk(self, line: bytes) -> bytes:
        frame = json.loads(line)
        if "op" in frame:
            self._op, self._request = frame["op"], frame.get("body", {})
            if self._op == "reset":
                self.now = parse_iso(self._request["at"])
            body = self.asked(self._op, dict(self._request))
            if body is None:
                made = {"id": frame["id"], "ok": True, "body": self.instead(self._op, self._request)}
                return json.dumps(made, ensure_ascii=False).encode()
            frame["body"] = body
        elif "result" in frame:
            self.called(self._call, self._request, frame["result"])
        said = self._said(frame)
        self._call = said.get("call", "")
        if said.get("ok") is True:
            if self._op == "clock":
                self.now = parse_iso(said["body"]["at"])
            said["body"] = self.told(self._op, self._request, said["body"])
        return json.dumps(said, ensure_ascii=False).encode()

    def close(self) -> None:
        self._inner.close()

    def _said(self, frame: Frame) -> Frame:
        return dict(json.loads(self._inner.talk(json.dumps(frame, ensure_ascii=False).encode())))
