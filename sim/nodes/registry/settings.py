"""What one municipality's register is set to: who it is, where its records leave, what it has declared."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sim.base.errors import UsageError
from sim.base.node import NodeId
from sim.exchange.profile import Profile


class CopyOption(StrEnum):
    """What a copy says after a renewal that the register has not got yet (seed 001, line 31).

    `STALE_RECORD`: what the record says. `CARD_BASED`: what the card says that is shown; see `copies`.
    """

    STALE_RECORD = "stale_record"
    CARD_BASED = "card_based"


class NewerCard(StrEnum):
    """With `CARD_BASED`, what is done first: the record is corrected ex officio, or the notice awaited."""

    CORRECT = "correct"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Settings:
    """The register of the municipality `code`. What leaves goes to `link`.

    `copies`, `newer_card`: the declared options for copies. `not_insisted_on`: items of a record that this
    register takes in empty although the law wants them (`sim.law.record_items`); by default the two that
    people declared by older scenarios do not have. Empty: the register insists on all.

    Raises:
        UsageError: an option that does not exist.
    """

    name: NodeId
    code: str
    link: NodeId
    profile: Profile
    copies: str = CopyOption.STALE_RECORD
    newer_card: str = NewerCard.CORRECT
    not_insisted_on: frozenset[str] = frozenset({"period", "became_resident_date"})

    def __post_init__(self) -> None:
        for field, value, known in (
            ("copies", self.copies, list(CopyOption)),
            ("newer_card", self.newer_card, list(NewerCard)),
        ):
            if value not in known:
                raise UsageError(
                    "the register has no such option",
                    expected=" or ".join(known),
                    received=value,
                    where=f"{self.name}, {field}",
                    remedy="declare one of the options",
                )
