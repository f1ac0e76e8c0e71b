"""What a mutant is, and the changes of answers that fit every role."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from conformance.protocol.conversation import Channel
from conformance.reference.municipal import Actors
from sim.drivers.topology import Places, Topology

Body = dict[str, Any]
Answers = Callable[[str, Body, Body], Body]
"""(operation, request, answer as it would be) to the answer as it is."""


def _same_topology(topology: Topology) -> Topology:
    return topology


def _same_actors(actors: Actors, at: Places) -> Actors:
    return actors


def _same_answer(op: str, request: Body, answer: Body) -> Body:
    return answer


@dataclass(frozen=True, slots=True)
class Mutant:
    """One thing done wrong. `catches`: id of the check that must fail on it.

    `topology` and `actors` change the nodes of a simulated implementation; `answers`, what it says.
    `extra`: whatever else a role's reference is made with.
    """

    id: str
    ja: str
    en: str
    catches: str
    topology: Callable[[Topology], Topology] = _same_topology
    actors: Callable[[Actors, Places], Actors] = _same_actors
    answers: Answers = _same_answer
    extra: Any = None

    def around(self, reference: Channel) -> Channel:
        """The reference, answering as this mutant does."""
        return reference if self.answers is _same_answer else _Answering(reference, self.answers)


class _Answering:
    """A channel whose answers are changed on their way."""

    def __init__(self, inner: Channel, change: Answers) -> None:
        self._inner = inner
        self._change = change
        self._op = ""
        self._request: Body = {}

    def talk(self, line: bytes) -> bytes:
        asked = json.loads(line)
        if "op" in asked:
            self._op, self._request = asked["op"], asked.get("body", {})
        told = json.loads(self._inner.talk(line))
        if told.get("ok") is True:
            told["body"] = self._change(self._op, self._request, told["body"])
        return json.dumps(told, ensure_ascii=False).encode()

    def close(self) -> None:
        self._inner.close()


def answering(op: str, change: Callable[[Body], Body]) -> Answers:
    """Changes the answers of one operation."""
    return lambda asked, request, answer: change(answer) if asked == op else answer


def each(op: str, part: str, change: Callable[[Body], Body | None]) -> Answers:
    """Changes each item of the list `part` in the answers of an operation; None leaves it out."""

    def changed(answer: Body) -> Body:
        items = [change(dict(item)) for item in answer[part]]
        return answer | {part: [item for item in items if item is not None]}

    return answering(op, changed)
