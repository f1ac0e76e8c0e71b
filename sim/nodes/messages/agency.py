"""What the agency's side is told beside batches: what it decides, whom it lets in, what its centre does."""

from __future__ import annotations

from datetime import date

from sim.base.instant import Instant
from sim.base.node import Body, NodeId
from sim.law.kinds import PersonClass


class OpenMinistry(Body, frozen=True):
    """Whom the agency knows at first: (card number, pseudonym, municipality that holds the record)."""

    holders: tuple[tuple[str, str, str], ...]


# --- decisions ------------------------------------------------------------------------------------------
class ExtendPeriod(Body, frozen=True):
    """The agency extends a period of stay and issues a new card (入管法21条)."""

    case: str
    ref: str
    card_number_before: str
    card_number: str
    status: str
    period_until: date


class Decide(Body, frozen=True):
    """The agency decides or learns something that the register must follow (住民基本台帳法30条の50).

    `reason`: one of the profile's for an agency notice. What is given is the item as it is now; an empty item
    did not change. `card_number_before`: of the card until now, empty for one who had none. `decided_date`:
    the day of the decision or event, today when it is None.
    """

    case: str
    ref: str
    reason: str
    card_number_before: str = ""
    card_number: str = ""
    name: str = ""
    name_kanji: str = ""
    birth_date: date | None = None
    sex: str = ""
    nationality: str = ""
    person_class: str = ""
    status: str = ""
    period: str = ""
    period_until: date | None = None
    card_kind: str = ""
    decided_date: date | None = None


class Landed(Body, frozen=True):
    """A person landed as a resident of this class on the day `on` (入管法 chapter 3)."""

    ref: str
    person_class: PersonClass
    on: date
    card_number: str = ""


class Permitted(Body, frozen=True):
    """A permission of the day `on` made the person a resident of this class (入管法19条の8第1項).

    `notified`: the place of residence counts as notified with it (19条の8第4項).
    """

    ref: str
    person_class: PersonClass
    on: date
    card_number: str = ""
    notified: bool = False


class NotifiedElsewhere(Body, frozen=True):
    """A municipality that takes no part here transmitted a residence notification of the day `filed_date`."""

    ref: str
    record: str
    filed_date: date


class PeriodOver(Body, frozen=True):
    """The day after the last of the 90 days that began on `start` (入管法22条の4第1項)."""

    ref: str
    start: date


# --- the centre -----------------------------------------------------------------------------------------
class AskUsage(Body, frozen=True):
    """How much a municipality has used the exchange; all of them when the code is empty."""

    municipality: str = ""


class AskFaults(Body, frozen=True):
    """Which faults are open at a municipality; at all of them when the code is empty."""

    municipality: str = ""


class SessionHeld(Body, frozen=True):
    """Network to server: a municipality on demand was connected from `opened` until `closed`."""

    municipality: str
    opened: Instant
    closed: Instant


class RollOut(Body, frozen=True):
    """From the centre: these terminals go over to a newer version of the profile, a wave of a roll-out."""

    version: str
    terminals: tuple[NodeId, ...]


class VersionDue(Body, frozen=True):
    """Time to tell a terminal again that it is to go over to a version."""

    terminal: NodeId
    version: str


class LookForSilence(Body, frozen=True):
    """Time to look who has not exchanged on a day on which an exchange was due."""


BODIES = (
    OpenMinistry
    | ExtendPeriod
    | Decide
    | Landed
    | Permitted
    | NotifiedElsewhere
    | PeriodOver
    | AskUsage
    | AskFaults
    | SessionHeld
    | RollOut
    | VersionDue
    | LookForSilence
)
