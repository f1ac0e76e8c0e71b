"""What is on which card, as data: a module per generation, one table of profiles over all of them.

A profile imports nothing but the words in `shapes`. A new card type is a new profile, no new code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from virtual_card.errors import CardUsageError, nearest
from virtual_card.layouts import first, proposal_2011, second, specified
from virtual_card.layouts.shapes import (
    AIDS,
    AP,
    DEFAULT_ATR,
    MF,
    Access,
    CardProfile,
    CardType,
    Field,
    FileKey,
    FileSpec,
    Generation,
    Kind,
    SignedPart,
)

__all__ = [
    "AIDS",
    "AP",
    "DEFAULT_ATR",
    "MF",
    "PROFILES",
    "Access",
    "CardProfile",
    "CardType",
    "Field",
    "FileKey",
    "FileSpec",
    "Generation",
    "Kind",
    "SignedPart",
    "card_type_of",
    "profile_of",
]

PROFILES: Final[Mapping[CardType, CardProfile]] = {
    profile.card_type: profile
    for profile in (
        first.RESIDENCE,
        first.SPECIAL_PERMANENT,
        second.RESIDENCE,
        second.SPECIAL_PERMANENT,
        specified.RESIDENCE,
        specified.SPECIAL_PERMANENT,
        proposal_2011.PROFILE,
    )
}


def card_type_of(text: str) -> CardType:
    """The card type that somebody typed.

    Raises:
        CardUsageError: there is none of that name.
    """
    try:
        return CardType(text)
    except ValueError:
        near = nearest(text, [one.value for one in CardType])
        raise CardUsageError(
            f"no card type is called {text!r}",
            expected=", ".join(one.value for one in CardType),
            remedy=f"did you mean {near}?" if near else None,
        ) from None


def profile_of(card_type: CardType) -> CardProfile:
    """The profile of a card type."""
    return PROFILES[card_type]
