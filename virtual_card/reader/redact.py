"""A genuine card's content stays out of every output unless somebody asks for it.

Genuine is taken to be every card that is not shown to be a test card: it chains to a test authority of this
harness, or it came from a card file, of which there is none of a genuine card. A card without a signature in
a real reader counts as genuine.

Redacted outputs keep what a technician needs: which fields there are, how long they are, what is odd about
them, every status word, the verdict, who issued the certificate. They lose every value, the number, whatever
a detail quotes, and what else tells one card from all others: subject, serial number, days and digest of the
certificate.
"""

from __future__ import annotations

from typing import Final

from virtual_card.reader.authenticity import Authenticity
from virtual_card.reader.reading import Problem
from virtual_card.verdicts import Reason

HIDDEN: Final = "（非表示 redacted）"
HOW_TO_SHOW: Final = "content is hidden, because this may be a genuine card: --show-content shows it"

# The details of these quote what stands on card, chip or register; those of all others tell lengths only.
QUOTING: Final = frozenset(
    {
        Reason.FACE_DIFFERS,
        Reason.UNSIGNED_DIFFERS,
        Reason.ADDRESS_DIFFERS,
        Reason.REGISTER_DIFFERS,
        Reason.NUMBER_DIFFERS,
        Reason.NUMBER_REVOKED,
        Reason.CARD_EXPIRED,
        Reason.CERTIFICATE_UNREADABLE,
        Reason.CHAIN_EXPIRED,
        Reason.CHAIN_NOT_YET_VALID,
        Reason.PHOTO_MISSING,
        Reason.PHOTO_UNEXPECTED,
    }
)


def is_test_card(authenticity: Authenticity) -> bool:
    """Whether a card chains to a test authority of this harness."""
    return authenticity.check is not None and authenticity.check.test_authority is True


def text(value: str | None, *, hidden: bool) -> str | None:
    """A value for an output; what is empty may be seen to be empty."""
    return HIDDEN if hidden and value else value


def detail(problem: Problem, *, hidden: bool) -> str:
    """What a problem says in detail, without what it quotes."""
    return HIDDEN if hidden and problem.reason in QUOTING else problem.detail
