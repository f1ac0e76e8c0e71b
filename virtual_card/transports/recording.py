"""A conversation with a card, written down and played again.

A recording is text, a line of JSON for each step; the first line names the format:

    {"format": "renkei-recording/1"}
    {"connect": "3B88…"}                         the answer to reset
    {"command": "00A4…", "answer": "9000"}
    {"reset": "3B88…"}
    {"disconnect": true}
    {"removed": "…", "after": "00B0…"}           the card was gone; `after`: the command, if it was one

Playing is strict: another step, or another command, than the recorded one is an error that says where. Who
holds the card number can decrypt a recording, so one of a genuine card is as confidential as the card.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from virtual_card.errors import CardFileError, CardRemoved, TransportError
from virtual_card.transports import Transport
from virtual_card.transports.in_process import not_connected

FORMAT: Final = "renkei-recording/1"
LARGEST: Final = 1 << 24
"""Characters that a recording has at most."""

CONNECT: Final = "connect"
COMMAND: Final = "command"
RESET: Final = "reset"
DISCONNECT: Final = "disconnect"
REMOVED: Final = "removed"


@dataclass(frozen=True, slots=True)
class Step:
    """One line: what was done, what was sent, what came. `line` counts from 1."""

    what: str
    sent: bytes = b""
    came: bytes = b""
    said: str = ""
    line: int = 0


class Recorder:
    """A transport that writes down what goes through it."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.steps: list[Step] = []

    def connect(self) -> bytes:
        """As the inner transport does."""
        try:
            atr = self._inner.connect()
        except CardRemoved as error:
            self.steps.append(Step(REMOVED, said=error.message))
            raise
        self.steps.append(Step(CONNECT, came=atr))
        return atr

    def transmit(self, command: bytes) -> bytes:
        """As the inner transport does."""
        try:
            answer = self._inner.transmit(command)
        except CardRemoved as error:
            self.steps.append(Step(REMOVED, command, said=error.message))
            raise
        self.steps.append(Step(COMMAND, command, answer))
        return answer

    def reset(self) -> bytes:
        """As the inner transport does."""
        try:
            atr = self._inner.reset()
        except CardRemoved as error:
            self.steps.append(Step(REMOVED, said=error.message))
            raise
        self.steps.append(Step(RESET, came=atr))
        return atr

    def disconnect(self) -> None:
        """As the inner transport does."""
        self._inner.disconnect()
        self.steps.append(Step(DISCONNECT))

    def text(self) -> str:
        """The recording so far."""
        lines: list[dict[str, object]] = [{"format": FORMAT}]
        for step in self.steps:
            if step.what == COMMAND:
                lines.append({COMMAND: _hex(step.sent), "answer": _hex(step.came)})
            elif step.what == DISCONNECT:
                lines.append({DISCONNECT: True})
            elif step.what == REMOVED:
                after = {"after": _hex(step.sent)} if step.sent else {}
                lines.append({REMOVED: step.said, **after})
            else:
                lines.append({step.what: _hex(step.came)})
        return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


class Replay:
    """A recording as a transport."""

    def __init__(self, steps: Sequence[Step], where: str) -> None:
        self._steps = tuple(steps)
        self._where = where
        self._next = 0
        self._connected = False

    @property
    def finished(self) -> bool:
        """Whether every step was played."""
        return self._next == len(self._steps)

    def connect(self) -> bytes:
        """The recorded answer to reset.

        Raises:
            TransportError: the recording goes on otherwise.
        """
        atr = self._step(CONNECT).came
        self._connected = True
        return atr

    def transmit(self, command: bytes) -> bytes:
        """The recorded answer to this very command.

        Raises:
            CardRemoved: the card was removed here.
            TransportError: the recording goes on otherwise.
        """
        if not self._connected:
            raise not_connected()
        return self._step(COMMAND, command).came

    def reset(self) -> bytes:
        """The recorded answer to reset.

        Raises:
            TransportError: the recording goes on otherwise.
        """
        if not self._connected:
            raise not_connected()
        return self._step(RESET).came

    def disconnect(self) -> None:
        """Passes over the recorded disconnection, if it comes next."""
        self._connected = False
        if self._next < len(self._steps) and self._steps[self._next].what == DISCONNECT:
            self._next += 1

    def _step(self, what: str, sent: bytes = b"") -> Step:
        asked = f"{what} {_hex(sent)}".strip()
        if self._next == len(self._steps):
            raise TransportError("the recording ends here", received=asked, where=self._where)
        step = self._steps[self._next]
        if step.sent != sent or step.what not in (what, REMOVED):
            raise TransportError(
                "the recording goes on otherwise",
                expected=f"{step.what} {_hex(step.sent)}".strip(),
                received=asked,
                where=f"{self._where}: line {step.line}",
                remedy="play it with the same reader, number and random source",
            )
        self._next += 1
        if step.what == REMOVED:
            self._connected = False
            raise CardRemoved(step.said or "the card was removed", where=f"{self._where}: line {step.line}")
        return step


def load(text: str, where: str) -> Replay:
    """A recording to play. `where`: what to call it in messages.

    Raises:
        CardFileError: it is no recording, or a malformed one; the message says in which line and why.
    """
    if len(text) > LARGEST:
        raise CardFileError(
            "the recording is too large",
            expected=f"at most {LARGEST:,} characters",
            received=f"{len(text):,}",
            where=where,
        )
    lines = text.split("\n")
    first = _line(lines[0], f"{where}: line 1")
    if first != {"format": FORMAT}:
        raise CardFileError(
            "this is not a recording that this release plays",
            expected=json.dumps({"format": FORMAT}),
            received=lines[0][:60],
            where=f"{where}: line 1",
        )
    steps = [
        _step(_line(line, f"{where}: line {n}"), n, f"{where}: line {n}")
        for n, line in enumerate(lines[1:], 2)
        if line
    ]
    return Replay(steps, where)


def _line(line: str, where: str) -> dict[str, object]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise CardFileError("the line is not JSON", received=str(error), where=where) from None
    if not isinstance(found, dict):
        raise CardFileError("the line is no step", expected="an object", received=line[:60], where=where)
    return found


def _step(found: dict[str, object], line: int, where: str) -> Step:
    keys = set(found)
    if keys == {COMMAND, "answer"}:
        command, answer = _bytes(found, COMMAND, where), _bytes(found, "answer", where)
        if len(answer) < 2:
            raise CardFileError("the answer has no status word", received=_hex(answer), where=where)
        return Step(COMMAND, command, answer, line=line)
    if keys in ({CONNECT}, {RESET}):
        (what,) = keys
        return Step(what, came=_bytes(found, what, where), line=line)
    if keys == {DISCONNECT} and found[DISCONNECT] is True:
        return Step(DISCONNECT, line=line)
    if keys in ({REMOVED}, {REMOVED, "after"}) and isinstance(found[REMOVED], str):
        after = _bytes(found, "after", where) if "after" in found else b""
        return Step(REMOVED, after, said=str(found[REMOVED]), line=line)
    raise CardFileError(
        "the line is no step",
        expected="connect, reset, disconnect, removed, or command with answer",
        received=", ".join(sorted(keys)) or "nothing",
        where=where,
    )


def _bytes(found: dict[str, object], key: str, where: str) -> bytes:
    value = found[key]
    try:
        if not isinstance(value, str):
            raise ValueError
        return bytes.fromhex(value)
    except ValueError:
        raise CardFileError(f"{key} is not hexadecimal", received=str(value)[:60], where=where) from None


def _hex(raw: bytes) -> str:
    return raw.hex().upper()
