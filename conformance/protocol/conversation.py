"""Asks an implementation, and holds it to the protocol.

What carries the words is a `Channel`; what it does wrong (late, dead, garbage, floods) it raises as a
`Breach`, because an adapter belongs to what is under test. A message that the harness itself cannot make is
a `HarnessError`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeVar

from pydantic import ValidationError

from conformance.protocol.base import FAULT, UNSUPPORTED, Answer, Bye, Done, Hello, HelloAnswer, Request
from conformance.protocol.roles import CLOCK, Role
from sim.base.errors import Breach, HarnessError

A = TypeVar("A", bound=Answer)

Call = Callable[[Mapping[str, Any]], dict[str, Any]]
"""What the harness does when an implementation calls for it in the middle of an operation."""

ALONE: Final = "`renkei conform adapter-check` tests an adapter alone"
"""What helps with any breach of the protocol."""
LOGS: Final = "write logs to standard error: nothing but answers goes to standard output"
"""What helps where something that is no answer was read."""
CALLS_AT_MOST: Final = 100_000
"""Calls within one operation after which an implementation is taken to go round in circles."""
SHOWN: Final = 200
"""Characters of what came that a message shows."""

FRAMES: Final[tuple[tuple[tuple[str, ...], Callable[[dict[str, Any]], bool]], ...]] = (
    (("id", "ok", "body"), lambda frame: frame["ok"] is True),
    (("id", "ok", "code", "message"), lambda frame: frame["ok"] is False),
    (("id", "call", "body"), lambda frame: isinstance(frame["call"], str)),
)
"""The lines an implementation may say: the keys of each, and what else holds of it."""


class Channel(Protocol):
    """Carries one line there and one line back."""

    def talk(self, line: bytes) -> bytes:
        """Sends a line (without its line feed) and gives the next line that comes.

        Raises:
            Breach: nothing came in time, too much came, or the implementation is gone.
            HarnessError: the environment failed.
        """
        ...

    def close(self) -> None:
        """Ends the implementation, or leaves it; never raises for what it does then."""
        ...


class Conversation:
    """One implementation in one role. `calls`: what it may call for, by name.

    `exchange`: how the plan has the harness write its files (`form`); a scene may look at it. `partner`: with
    the product at the other end, where two are tried against each other.
    """

    def __init__(
        self,
        channel: Channel,
        role: Role,
        calls: Mapping[str, Call] | None = None,
        exchange: Mapping[str, Any] | None = None,
    ) -> None:
        self._channel = channel
        self._role = role
        self._calls = dict(calls or {})
        self.exchange = dict(exchange or {})
        self._said = 0
        self.partner: Conversation | None = None
        self.peer: HelloAnswer | None = None

    def hello(self, hello: Hello) -> HelloAnswer:
        """Introduces the harness.

        Raises:
            Breach: the implementation speaks another protocol, has another role, or claims what there is not.
        """
        peer = self.ask(hello, HelloAnswer)
        unknown = sorted(set(peer.capabilities) - set(self._role.capabilities))
        timeless = CLOCK in self._role.capabilities and CLOCK not in peer.capabilities and peer.now is None
        for wrong, expected, received in (
            (peer.protocol != hello.protocol, hello.protocol, peer.protocol),
            (self._role.id not in peer.roles, self._role.id, ", ".join(peer.roles) or "no role"),
            (bool(unknown), ", ".join(self._role.capabilities), ", ".join(unknown)),
            (timeless, f"`now`, since `{CLOCK}` is not declared", "no `now`"),
        ):
            if wrong:
                raise Breach(
                    "the adapter does not introduce itself as it must",
                    expected=expected,
                    received=received,
                    where="hello",
                    remedy="see `hello` in docs/adapter.md",
                )
        self.peer = peer
        return peer

    def has(self, capability: str) -> bool:
        """Whether the implementation declared the capability."""
        return self.peer is not None and capability in self.peer.capabilities

    def name_of(self, request: Request) -> str:
        """The operation that a request is of.

        Raises:
            HarnessError: the role has none.
        """
        op = next((op for op in self._role.ops if op.request is type(request)), None)
        if op is None:
            raise HarnessError(f"{type(request).__name__} is no operation of {self._role.id}")
        return op.name

    def ask(self, request: Request, answer: type[A]) -> A:
        """Has the implementation do something.

        Raises:
            Breach: it answered something else than the protocol lets it, or lacks what it declared to have.
            HarnessError: there is no such operation, or it was not declared and must not be asked for.
        """
        op = self._role.op(self.name_of(request))
        if op is None or op.answer is not answer:
            raise HarnessError(f"{type(request).__name__} is not answered by {answer.__name__}")
        if op.needs and not self.has(op.needs):
            raise HarnessError(
                f"`{op.name}` was asked of an implementation that does not declare `{op.needs}`",
                remedy=f"tag the case @needs:{op.needs}",
            )
        self._said += 1
        frame = self._exchange(
            {"id": self._said, "op": op.name, "body": request.model_dump(mode="json")}, op.name
        )
        for _ in range(CALLS_AT_MOST):
            if "call" not in frame:
                break
            frame = self._exchange({"id": self._said, "result": self._called(frame, op.name)}, op.name)
        else:
            raise self._wrong(op.name, f"an answer after at most {CALLS_AT_MOST} calls", "another call")
        if frame.get("ok") is not True:
            raise self._failure(frame, op.name)
        try:
            return answer.model_validate_json(json.dumps(frame["body"]), strict=True)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise self._wrong(
                f"{op.name}, body.{place}" if place else op.name,
                f"what `{op.name}` answers in docs/adapter.schema.json",
                f"{first['msg']} ({json.dumps(first['input'], ensure_ascii=False, default=str)[:SHOWN]})",
            ) from error

    def provide(self, name: str, call: Call) -> None:
        """Lets the implementation call for something from now on; a scene does so when it is made."""
        self._calls[name] = call

    def bye(self) -> None:
        """The last word, and the end of the conversation. Raises as `ask` does; it is closed all the same."""
        try:
            self.ask(Bye(), Done)
        finally:
            self.close()

    def close(self) -> None:
        """Ends the conversation without a word."""
        self._channel.close()

    def _exchange(self, message: dict[str, Any], where: str) -> dict[str, Any]:
        line = self._channel.talk(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode())
        try:
            frame = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise self._wrong(where, "one line of JSON in UTF-8", repr(line[:SHOWN]), LOGS) from error
        number = frame.get("id") if isinstance(frame, dict) else None
        if type(number) is int and 0 < number < self._said:
            raise self._wrong(
                where,
                f'the answer to "id": {self._said}',
                f"an answer to {number}, which is past: it came too late, or twice",
            )
        if type(number) is not int or number != self._said:
            raise self._wrong(where, f'an object with "id": {self._said}', repr(line[:SHOWN]))
        whole: dict[str, Any] = {"body": {}, "code": "", "message": ""} | frame
        if not any(set(frame) <= set(keys) and shape(whole) for keys, shape in FRAMES if keys[1] in frame):
            raise self._wrong(
                where,
                " or ".join("{" + ", ".join(keys) + "}" for keys, _ in FRAMES),
                repr(line[:SHOWN]),
            )
        return whole

    def _called(self, frame: dict[str, Any], where: str) -> dict[str, Any]:
        name, body = frame["call"], frame["body"]
        call = self._calls.get(name)
        if call is None or not isinstance(body, dict):
            raise self._wrong(where, f"a call of {', '.join(self._calls) or 'nothing'}", str(name)[:SHOWN])
        return call(body)

    def _failure(self, frame: dict[str, Any], where: str) -> Breach:
        code, told = str(frame["code"]), str(frame["message"])
        if code not in (UNSUPPORTED, FAULT):
            return self._wrong(where, f'the code "{UNSUPPORTED}" or "{FAULT}"', f"{code!r}: {told}"[:SHOWN])
        expected = '"ok": true'
        if code == UNSUPPORTED:
            expected += ", since what was asked for is mandatory or was declared in `hello`"
        return self._wrong(where, expected, f"{code}: {told}"[:SHOWN])

    def _wrong(self, where: str, expected: str, received: str, remedy: str = "") -> Breach:
        return Breach(
            "the adapter does not keep to the protocol",
            expected=expected,
            # What came may hold half a character; journals hold whole ones.
            received=received.encode("utf-8", "backslashreplace").decode(),
            where=where,
            remedy=f"{remedy}; {ALONE}" if remedy else ALONE,
        )
