"""Whose fault is it? The exception tree answers before the message is read.

    RenkeiError
    ├── UsageError      the user asked for something that cannot be: wrong key, unknown name, bad file
    ├── HarnessError    our fault, or the environment's: a verdict becomes INCONCLUSIVE
    └── Breach          the implementation under test broke a rule: a verdict becomes FAIL

A rejection inside the exchange is none of these: it is a value, a `Reply` or a result with a code.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RenkeiError(Exception):
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


class UsageError(RenkeiError):
    """Wrong use of the harness: exit code 2, and the message says what to type."""


class HarnessError(RenkeiError):
    """A fault of the harness or of its environment: exit code 2, verdict INCONCLUSIVE."""


class Breach(RenkeiError):
    """The implementation under test broke a rule: exit code 1, verdict FAIL."""


def nearest(word: str, known: Iterable[str], alike: float = 0.5) -> str | None:
    """The known word nearest to `word`, or None when none is near: for "did you mean" hints.

    `alike`: from 0 to 1, how much of both has to be the same; more where all words look alike, as ids do.
    """
    matches = difflib.get_close_matches(word, sorted(known), n=1, cutoff=alike)
    return matches[0] if matches else None
