"""Why a reading stopped. One class per kind, each with what to do next.

ReaderError
├── UnknownCard        nothing a reader of residence cards knows answers
├── WrongNumber        the chip does not open to this number
├── RefusedByCard      a status word that ends the reading
├── UnprotectedAnswer  an answer outside secure messaging, where only protected ones count
├── BrokenAnswer       an answer whose protection, length or structure is not right
├── CardGone           the card was taken away, or the reader lost it
└── CardTooSlow        one command took too long
"""

from __future__ import annotations

from virtual_card.apdu import meaning
from virtual_card.errors import ReaderError


class UnknownCard(ReaderError):
    """Nothing that a reader of residence cards knows answered."""

    def __init__(self, seen: str) -> None:
        super().__init__(
            "this is no residence card or special permanent resident certificate that renkei knows",
            expected="the file of the card type (MF, short file id 0A), or the residence application",
            received=seen,
            remedy="lay the right card on the reader; of several cards on it only one may remain",
        )


class WrongNumber(ReaderError):
    """The chip does not open to this number; which digits differ, nobody can know.

    `tries`: how often it was asked, each time with a challenge of its own.
    """

    def __init__(self, step: str, tries: int = 1) -> None:
        again = f", {tries} times with a fresh challenge each" if tries > 1 else ""
        super().__init__(
            "the chip does not open to this number",
            expected="the number printed at the upper right of the card that lies on the reader",
            received=f"6300, authentication failed{again}",
            where=step,
            remedy="compare the number with the face, letter by letter (O and 0, I and 1); when it is right,"
            " the chip is another card's: check the card as suspected",
        )


class RefusedByCard(ReaderError):
    """A status word that ends the reading."""

    def __init__(self, step: str, sw: int, remedy: str | None = None) -> None:
        super().__init__(
            "the card refused a command",
            expected="9000",
            received=f"{sw:04X}, {meaning(sw)}",
            where=step,
            remedy=remedy
            or "read once more; when it happens again, `renkei card trace` shows which command it was",
        )
        self.sw = sw


class UnprotectedAnswer(ReaderError):
    """An answer outside secure messaging, where only a protected one counts.

    Anything between card and program can make such an answer: it proves nothing about the card.
    """

    def __init__(self, step: str, received: str) -> None:
        super().__init__(
            "the answer came without protection, although the command was protected",
            expected="the data in object 86, encrypted for this session",
            received=received,
            where=step,
            remedy="the session is lost: read again from the start, and use another reader when it happens"
            " again (`--strategy small` for readers without extended length)",
        )


class BrokenAnswer(ReaderError):
    """An answer whose protection, length or structure is not right."""

    def __init__(self, what: str, step: str, *, expected: str, received: str) -> None:
        super().__init__(
            what,
            expected=expected,
            received=received,
            where=step,
            remedy="lay the card flat on the reader and read again; when it happens again, try another reader"
            " or `--strategy small`, and only then doubt the card",
        )


class CardGone(ReaderError):
    """The card was taken away, or the reader lost it."""

    def __init__(self, step: str, detail: str) -> None:
        super().__init__(
            "the card was gone before everything was read",
            received=detail,
            where=step,
            remedy="leave the card on the reader until the reading is done, and read again from the start",
        )


class CardTooSlow(ReaderError):
    """One command took longer than a reader waits."""

    def __init__(self, step: str, taken: float, patience: float) -> None:
        super().__init__(
            "the card is too slow",
            expected=f"an answer within {patience:g} s",
            received=f"one after {taken:.1f} s",
            where=step,
            remedy="lay the card in the middle of the reader, away from metal and other cards, and read"
            " again; `--strategy small` asks for less at a time",
        )
