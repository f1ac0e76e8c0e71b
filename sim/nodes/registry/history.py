"""The history of a person's record: versions, each added to the last and none ever changed.

A version says what was done to the record, when it was written, of which day it is, why (the case of a
filing, or the number of an agency notice) and how the record stands after it. Taking a change back adds a
version too (住民記録システム標準仕様書 1.0, 4.6.0.1). The record as it stands is the fold of its versions;
who never changed since the register was opened has none, and the record itself is the history.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

import msgspec

from sim.nodes.messages.people import Person

OPENED: Final = "opened"
MADE: Final = "made"
CORRECTED: Final = "corrected"
REMOVED: Final = "removed"
NOTIFIED: Final = "notified"
"""A residence filing that changed no record (入管法 only)."""
ABODE_RECORDED: Final = "abode_recorded"
ABODE_CORRECTED: Final = "abode_corrected"
ABODE_REMOVED: Final = "abode_removed"

KEEPS_RECORD: Final = frozenset({OPENED, MADE, CORRECTED})
KEEPS_ABODE: Final = frozenset({ABODE_RECORDED, ABODE_CORRECTED})

BEFORE_ALL: Final = date.min
"""When the first version of somebody recorded at the opening was written: before anything else."""


class Version(msgspec.Struct, frozen=True):
    """One step of a history.

    `on`: the day on which it was written. `action`: one of the words above. `ground`: the filing, the
    mayor's ground, or the reason of the agency. `case`: the filing's case or the notice's number. `person`:
    the record after it; of a removed one, as it was last. `items`: what changed. `given`: what an agency
    notice gave, changed or not. `notice`, `transmission`: the records that told the agency, by number.
    `article`, `deemed`, `previous`: what the transmission said besides. `cancels`: the number of the version
    that is taken back, or 0. `own`: this municipality made the change and can take it back.
    """

    on: date
    action: str
    ground: str
    case: str
    person: Person
    items: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    event_date: date | None = None
    filed_date: date | None = None
    notice: str = ""
    transmission: str = ""
    article: str = ""
    deemed: bool = False
    previous: str = ""
    cancels: int = 0
    own: bool = False


def fold(versions: Iterable[Version]) -> Person | None:
    """The resident record after these versions, in order; None when there is none."""
    record: Person | None = None
    for version in versions:
        if version.action in KEEPS_RECORD:
            record = version.person
        elif version.action == REMOVED:
            record = None
    return record


def fold_abode(versions: Iterable[Version]) -> Person | None:
    """The entry of an abode after these versions; None when there is none."""
    record: Person | None = None
    for version in versions:
        if version.action in KEEPS_ABODE:
            record = version.person
        elif version.action == ABODE_REMOVED:
            record = None
    return record


def cancelled(versions: Iterable[Version]) -> frozenset[int]:
    """The numbers of the versions that were taken back."""
    return frozenset(version.cancels for version in versions if version.cancels)
