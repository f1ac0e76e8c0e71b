"""What can go wrong with a card, and who has to act. The tree answers before the message is read.

    CardError
    ├── CardUsageError   the user asked for what cannot be: a wrong number, an unknown type or reader
    ├── CardFileError    a card file, a recording or another document from outside is malformed
    ├── TlvError         bytes that should be BER-TLV are not; says at which offset
    ├── MessageError     a protected message cannot be opened: wrong length, padding or check value
    ├── TransportError   the way to the card broke: reader, daemon, network, recording
    │   └── CardRemoved  the card is no longer there, or never was
    └── ReaderError      the card answered, but not what a reader must be able to rely on

A status word is none of these: the chip answers every byte string with one and never raises.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CardError(Exception):
    """What was expected, what came, where, and what to do next."""

    def __init__(
        self,
        message: str,
        *,
        expected: str | None = None,
        received: str | None = None,
        where: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected
        self.received = received
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        lines = [self.message]
        for label, value in (
            ("where", self.where),
            ("expected", self.expected),
            ("received", self.received),
            ("what to do", self.remedy),
        ):
            if value is not None:
                lines.append(f"  {label}: {value}")
        return "\n".join(lines)


class CardUsageError(CardError):
    """Wrong use: exit code 2, and the message says what to type."""


class CardFileError(CardError):
    """A document from outside is malformed: exit code 2, and the message says where and why."""


class TlvError(CardError):
    """Bytes that should be BER-TLV are not; `where` is the offset."""


class MessageError(CardError):
    """A protected message cannot be opened: its length, padding or check value is wrong."""


class TransportError(CardError):
    """The way to the card broke; what the card would have answered is unknown."""


class CardRemoved(TransportError):
    """The card is no longer in the reader, or never was."""


class ReaderError(CardError):
    """The card answered something that a reader cannot go on with."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word nearest to `word`, or None when none is near: for "did you mean" hints."""
    matches = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.5)
    return matches[0] if matches else None
