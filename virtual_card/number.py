"""Card numbers: two letters, eight digits, two letters.

Source: the sample numbers of the card specification (AA12345678BB) and of the agency's pages (AB12345678CD).
No public rule for check characters was found, and a new number is given at every issue (Immigration Control
Act 19-4 para. 2), so only the shape can be checked off line. The number is the key of the chip: a text of
another shape must never reach a card, hence `checked_number` at every door.
"""

from __future__ import annotations

import re
import string
from typing import Final

from virtual_card.draws import Draws
from virtual_card.errors import CardUsageError

SHAPE: Final = re.compile(r"[A-Z]{2}[0-9]{8}[A-Z]{2}")


def is_number(text: str) -> bool:
    """Whether `text` has the shape of a card number, in ASCII and with nothing around it."""
    return SHAPE.fullmatch(text) is not None


def checked_number(text: str, where: str = "card number") -> str:
    """`text` itself when it has the shape of a card number.

    Raises:
        CardUsageError: for any other shape: small letters, full-width signs, spaces, a newline at the end.
    """
    if is_number(text):
        return text
    tidied = "".join(text.split()).upper()
    remedy = "type the number as it is printed on the upper right of the card"
    if is_number(tidied):
        remedy = f"did you mean {tidied}?"
    raise CardUsageError(
        "This is not a card number.",
        expected="two letters A-Z, eight digits, two letters A-Z, such as AA12345678BB",
        received=repr(text if len(text) <= 40 else text[:40] + "…"),
        where=where,
        remedy=remedy,
    )


def make_number(draws: Draws) -> str:
    """A number of the right shape."""
    letters = string.ascii_uppercase
    head = draws.choice(letters) + draws.choice(letters)
    tail = draws.choice(letters) + draws.choice(letters)
    return f"{head}{draws.below(10**8):08d}{tail}"
