"""The port through which a counter learns what a card says, and the desk that answers without a chip."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from sim.law.kinds import CardState
from sim.nodes.messages.cards import CardReading, DeclaredCard

# A card that lies on the counter can be checked, whether or not it still counts.
AT_THE_COUNTER: Final = frozenset({CardState.PRESENTED, CardState.EXPIRED, CardState.EXPIRED_PENDING})

MATCH: Final = "match"
MISMATCH: Final = "mismatch"
UNREADABLE: Final = "unreadable"
NOT_PRESENTED: Final = "not_presented"
REFUSED: Final = "refused"
"""The card terminal made no reading: no outcome of a desk, but one of the step at the counter."""


class CardDesk(Protocol):
    """Where cards are read (偽変造確認): a reader with real chips, or declared facts."""

    def read(self, ref: str) -> CardReading:
        """What the card of this person says; `not_presented` when it does not lie there."""
        ...


class DeclaredDesk:
    """Answers from the facts that the simulation declares: no chip is read, so no text is taken from one."""

    def __init__(self, cards: Iterable[DeclaredCard], terminal: str = "") -> None:
        self._cards = {card.person.ref: card for card in cards}
        self._terminal = terminal

    def read(self, ref: str) -> CardReading:
        card = self._cards.get(ref)
        if card is None or card.state not in AT_THE_COUNTER:
            return CardReading(ref, NOT_PRESENTED, self._terminal)
        if card.broken:
            return CardReading(ref, UNREADABLE, self._terminal)
        return CardReading(ref, MISMATCH if card.forged else MATCH, self._terminal, card.forged)
