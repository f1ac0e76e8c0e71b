"""The registry's terminal takes chip text over (住民票作成支援): from a medium, or reading by itself.

The municipality chooses (seed 000, lines 264 to 285). One reader application serves both ways, and both give
the same records. The ministry guarantees nothing for an application that a municipality installs on its own
terminal (line 283); the platform it names there is history and is kept as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sim.base.errors import UsageError
from sim.drivers.chip_desk.judging import text_of_extract
from virtual_card.errors import CardFileError
from virtual_card.reader import proposal
from virtual_card.reader.extract import Extract

PLATFORM: Final = "Windows 7 (32bit)"
NO_GUARANTEE: Final = "法務省による動作保証なし (no ministry guarantee)"


@dataclass(frozen=True, slots=True)
class TakenOver:
    """What the registry's terminal took over: the text of each card, by which use pattern.

    `log`: a line for each use of a medium, without a name. `notes`, `platform`: for pattern 2, what the
    source says of it.
    """

    records: tuple[tuple[tuple[str, str], ...], ...]
    pattern: int
    log: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    platform: str = ""


def from_medium(content: bytes, passphrase: str, medium: str) -> TakenOver:
    """Use pattern 1: opens the medium that the card terminal wrote.

    Raises:
        UsageError: it is none, was changed on its way, or the passphrase is another's.
    """
    try:
        taken = proposal.from_medium(content, passphrase, medium)
    except CardFileError as error:
        raise UsageError(
            error.message,
            expected=error.expected,
            received=error.received,
            where=medium,
            remedy=error.remedy or "ask the card terminal for the medium once more",
        ) from error
    log = tuple(f"{medium}: {use.action}, {use.records}" for use in taken.log)
    return TakenOver(tuple(text_of_extract(one) for one in taken.records), 1, log)


def direct(extracts: Sequence[Extract]) -> TakenOver:
    """Use pattern 2: the reader application on the registry's own terminal."""
    records = tuple(text_of_extract(one) for one in proposal.direct(extracts).records)
    return TakenOver(records, 2, notes=(NO_GUARANTEE,), platform=PLATFORM)
