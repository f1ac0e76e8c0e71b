"""Faults on the way, injected on purpose: what a terminal must survive (facts on the chip §9).

A fault waits for the command that it concerns, lets `after` of them pass and then strikes `times` times
(once, unless told otherwise). Everything else goes through unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from virtual_card.apdu import (
    CORRECT_LE,
    END_OF_FILE,
    SHORT_MAX,
    WRONG_LENGTH,
    Command,
    Response,
)
from virtual_card.errors import CardRemoved
from virtual_card.protected import PROTECTED
from virtual_card.transports import Transport

_AUTHENTICATE: Final = 0x82
_CHALLENGE: Final = 0x84
_READ: Final = 0xB0
_CUT: Final = 5
"""Bytes that are missing from a truncated answer."""


class Kind(StrEnum):
    """What goes wrong."""

    WRONG_MAC = "wrong-mac"
    """MUTUAL AUTHENTICATE is answered with a check value that is wrong by one bit."""
    STALE_CHALLENGE = "stale-challenge"
    """GET CHALLENGE is answered with the challenge before the one that the card waits for."""
    TRUNCATED = "truncated"
    """A protected answer lacks its last bytes; its status word is 9000."""
    END_OF_FILE = "end-of-file"
    """A read is answered with 6282 although all bytes are there."""
    CORRECT_LE = "correct-le"
    """A read whose length is not the right one is refused once with 6Cxx."""
    UNPROTECTED_STATUS = "unprotected-status"
    """A protected read is answered with a bare 6700, as cards do that cannot answer at such length."""
    REMOVAL = "removal"
    """The card is gone, and stays so until the next connect."""
    SLOW = "slow"
    """A command takes long."""


MEANINGS: Final[dict[Kind, tuple[str, str]]] = {
    Kind.WRONG_MAC: ("相互認証の応答のMACが1ビット違う", "the check value of mutual authentication is wrong"),
    Kind.STALE_CHALLENGE: ("古い乱数が返る", "an old challenge is given out"),
    Kind.TRUNCATED: ("保護された応答の末尾が欠ける", "a protected answer is cut off"),
    Kind.END_OF_FILE: ("データは揃っているのに6282が返る", "6282 although all bytes are there"),
    Kind.CORRECT_LE: ("最初の読出しが6Cxxで断られる", "a read is refused once with 6Cxx"),
    Kind.UNPROTECTED_STATUS: ("保護なしの6700が返る", "a bare 6700 to a protected read"),
    Kind.REMOVAL: ("途中でカードが離れる", "the card leaves in the middle"),
    Kind.SLOW: ("応答が遅い", "the card is slow"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault. `after`: how many commands that it concerns pass before; `times`: how often it strikes, None
    for always; `seconds`: how long a slow command takes."""

    kind: Kind
    after: int = 0
    times: int | None = 1
    seconds: float = 1.0


class Faulty:
    """A transport with a fault. `sleep` makes a slow card slow; a test gives its own."""

    def __init__(self, inner: Transport, fault: Fault, *, sleep: Callable[[float], None]) -> None:
        self._inner = inner
        self._fault = fault
        self._sleep = sleep
        self._seen = 0
        self._removed = False
        self._old_challenge = bytes(8)

    def connect(self) -> bytes:
        """As the inner transport does; a card that was removed is back."""
        self._removed = False
        return self._inner.connect()

    def transmit(self, command: bytes) -> bytes:
        """As the inner transport does, but for the fault.

        Raises:
            CardRemoved: that was the fault.
        """
        if self._removed:
            raise _gone()
        parsed = Command.parse(command)
        strikes = parsed is not None and self._concerns(parsed) and self._due()
        if strikes and self._fault.kind is Kind.REMOVAL:
            self._removed = True
            raise _gone()
        if strikes and self._fault.kind is Kind.SLOW:
            self._sleep(self._fault.seconds)
        if strikes and parsed is not None and self._fault.kind is Kind.CORRECT_LE:
            return self._wrong_length(parsed, command)
        answer = self._inner.transmit(command)
        if strikes:
            answer = self._spoilt(answer)
        if parsed is not None and parsed.ins == _CHALLENGE and len(answer) > 2:
            self._old_challenge = answer[:-2]
        return answer

    def reset(self) -> bytes:
        """As the inner transport does.

        Raises:
            CardRemoved: that was the fault.
        """
        if self._removed:
            raise _gone()
        return self._inner.reset()

    def disconnect(self) -> None:
        """As the inner transport does."""
        self._inner.disconnect()

    def _concerns(self, command: Command) -> bool:
        protected_read = command.cla == PROTECTED and command.ins == _READ
        match self._fault.kind:
            case Kind.WRONG_MAC:
                return command.ins == _AUTHENTICATE
            case Kind.STALE_CHALLENGE:
                return command.ins == _CHALLENGE
            case Kind.TRUNCATED | Kind.UNPROTECTED_STATUS:
                return protected_read
            case Kind.END_OF_FILE:
                return command.ins == _READ
            case Kind.CORRECT_LE:
                return command.ins == _READ and command.cla != PROTECTED
            case Kind.REMOVAL | Kind.SLOW:
                return True

    def _due(self) -> bool:
        seen, self._seen = self._seen, self._seen + 1
        fault = self._fault
        return seen >= fault.after and (fault.times is None or seen < fault.after + fault.times)

    def _spoilt(self, answer: bytes) -> bytes:
        data, sw = Response.parse(answer)
        match self._fault.kind:
            case Kind.WRONG_MAC if data:
                return data[:-1] + bytes([data[-1] ^ 1]) + sw.to_bytes(2)
            case Kind.STALE_CHALLENGE if data:
                return self._old_challenge + sw.to_bytes(2)
            case Kind.TRUNCATED if len(data) > _CUT:
                return data[:-_CUT] + sw.to_bytes(2)
            case Kind.END_OF_FILE if data:
                return data + END_OF_FILE.to_bytes(2)
            case Kind.UNPROTECTED_STATUS:
                return WRONG_LENGTH.to_bytes(2)
            case _:
                return answer

    def _wrong_length(self, command: Command, raw: bytes) -> bytes:
        """6Cxx for a read that asks for another length than the card then gives."""
        answer = self._inner.transmit(raw)
        right = len(answer) - 2
        if command.ne in (right, None) or not 0 < right < SHORT_MAX:  # no byte can say another length
            self._seen -= 1
            return answer
        return (CORRECT_LE | right).to_bytes(2)


def _gone() -> CardRemoved:
    return CardRemoved("the card left the reader", remedy="put it back and start again")
