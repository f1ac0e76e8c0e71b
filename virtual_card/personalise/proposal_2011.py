"""The seven-item chip of 2011, personalised. Flagged: nobody ever issued one (`layouts.proposal_2011`).

It holds words where the chips that came hold images and codes, in the words that a face would print. It has
no printed face and no signature.
"""

from __future__ import annotations

from virtual_card.cardfile import Card, Origin
from virtual_card.content import CardContent
from virtual_card.draws import Draws
from virtual_card.faces import FIRST_CARDS_FROM
from virtual_card.layouts import CardType
from virtual_card.number import make_number
from virtual_card.people import NATIONALITIES, SEX_NAMES, Holder, period_words, sample_holder


def proposal_values(holder: Holder) -> dict[str, bytes]:
    """The seven items; the number comes from the card."""
    words = {
        "nationality_text": NATIONALITIES[holder.nationality],
        "name_text": holder.kanji_name or holder.name,
        "sex_text": SEX_NAMES[holder.sex],
        "birth": holder.birth.strftime("%Y%m%d"),
        "status_text": holder.status.name,
        "period_text": period_words(holder.period),
    }
    return {name: text.encode() for name, text in words.items()}


def issue_proposal(seed: int, number: str | None = None) -> Card:
    """A seven-item chip for an invented person.

    Raises:
        CardUsageError: the number has not the shape of a card number.
    """
    from virtual_card.number import checked_number

    draws = Draws(seed, "card", CardType.PROPOSAL_2011)
    holder = sample_holder(seed, issued=FIRST_CARDS_FROM)
    content = CardContent(
        CardType.PROPOSAL_2011,
        checked_number(number) if number is not None else make_number(draws),
        proposal_values(holder),
    )
    note = "a proposal of 2011 that was never issued: layout, tags and sizes are assumed"
    return Card(content, None, Origin(seed=seed, issued=FIRST_CARDS_FROM, notes=(note,)))
