"""The way from the harness's readers to a card under test: a transport over the conversation, written down.

A recording of a genuine card could be decrypted by whoever has its number; so a journal has the head of a
command and the length and status word of its answer, and no more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.protocol import cards as wire
from conformance.protocol.base import Done
from conformance.protocol.conversation import Conversation
from virtual_card.apdu import Command
from virtual_card.protected import PROTECTED

HEAD = 4


class CardWay:
    """The card under test as a transport. `note` writes down what went over, by kind and data."""

    def __init__(self, conversation: Conversation, note: Callable[[str, dict[str, Any]], None]) -> None:
        self._conversation = conversation
        self._note = note
        self._sent = 0

    def connect(self) -> bytes:
        """Powers the card up; its answer to reset."""
        atr = self._conversation.ask(wire.Connect(), wire.ConnectAnswer).atr
        self._note("connected", {"atr": atr.upper()})
        return bytes.fromhex(atr)

    def transmit(self, command: bytes) -> bytes:
        """A command to the card; its answer, whatever it is."""
        told = self._conversation.ask(wire.Transmit(apdu=command.hex()), wire.TransmitAnswer)
        answer = bytes.fromhex(told.response)
        self._sent += 1
        self._note("apdu", told_of(self._sent, command, answer))
        return answer

    def reset(self) -> bytes:
        """Powers the card down and up again."""
        self.disconnect()
        return self.connect()

    def disconnect(self) -> None:
        """Powers the card down."""
        self._conversation.ask(wire.Disconnect(), Done)


def told_of(number: int, command: bytes, answer: bytes) -> dict[str, Any]:
    """One command and its answer as a line of a journal: no data of either."""
    parsed = Command.parse(command)
    return {
        "number": number,
        "head": command[:HEAD].hex().upper(),
        "data": len(parsed.data) if parsed else None,
        "le": parsed.ne if parsed else None,
        "protected": command[:1] == bytes([PROTECTED]),
        "answer": max(len(answer) - 2, 0),
        "sw": answer[-2:].hex().upper() if len(answer) > 1 else "",
    }
