"""Conversations without I/O: a generator asks, somebody answers.

`Talk[T]` yields an `Ask` (the bytes of a command, and in words what it is for), is sent the bytes of the
answer, and returns its result. `converse` is the one place where a talk meets a transport; a test can answer
by hand instead. What goes wrong on the way is told in the reader's words, with the step at which it happened.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Final, TypeVar

from virtual_card.apdu import Command, Response
from virtual_card.errors import CardRemoved, CardUsageError
from virtual_card.reader.errors import BrokenAnswer, CardGone, CardTooSlow
from virtual_card.transports import Transport

T = TypeVar("T")

# Seconds for one command. ISO/IEC 14443-4 lets a card take 4.9 s for a frame at most, and no reader of
# residence cards was seen to need a tenth of that.
PATIENCE: Final = 5.0


Ask = tuple[bytes, str]
"""A command on its way to the card, and what it is for."""

Talk = Generator[Ask, bytes, T]


def ask(command: Command, step: str) -> Talk[Response]:
    """Send one command and take its answer apart.

    Raises:
        BrokenAnswer: the answer is too short to hold a status word.
    """
    return answered((yield (command.encode(), step)), step)


def answered(raw: bytes, step: str) -> Response:
    """An answer, taken apart.

    Raises:
        BrokenAnswer: the answer is too short to hold a status word.
    """
    try:
        return Response.parse(raw)
    except CardUsageError as error:
        raise BrokenAnswer(
            "the answer has no status word",
            step,
            expected="data and two bytes of status",
            received=raw.hex().upper() or "nothing",
        ) from error


def converse(
    transport: Transport,
    talk: Talk[T],
    *,
    clock: Callable[[], float] | None = None,
    patience: float = PATIENCE,
) -> T:
    """Run a talk over a connected transport and give its result.

    `clock`: a monotonic clock in seconds, to watch over the card's `patience`; without one nobody watches.

    Raises:
        CardGone: the card was removed in the middle.
        CardTooSlow: one command took longer than `patience`.
        ReaderError: whatever the talk itself finds wrong.
        TransportError: the way to the card broke for another reason.
    """
    step = "before the first command"
    transmit, send = transport.transmit, talk.send
    try:
        command, step = next(talk)
        while True:
            if clock is None:
                answer = transmit(command)
            else:
                begun = clock()
                answer = transmit(command)
                taken = clock() - begun
                if taken > patience:
                    raise CardTooSlow(step, taken, patience)
            command, step = send(answer)
    except StopIteration as end:
        result: T = end.value
        return result
    except CardRemoved as error:
        raise CardGone(step, error.message) from error
