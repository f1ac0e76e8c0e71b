"""Operations of the role `ministry-server`: the agency's exchange server (市町村連携用サーバ) and its centre.

The harness plays all municipalities, each at the end of a line of its own, and whoever sits at the agency.
"""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Final, Literal

from pydantic import Field

from conformance.protocol.base import COMMON, Answer, Code, Done, File, Message, Moment, OneOf, Op, Request

PersonClassName = Literal[
    "mid_long_term_resident",
    "special_permanent_resident",
    "temporary_refuge",
    "provisional_stay",
    "transitional_stay",
]
"""A class of foreign residents (住民基本台帳法30条の45)."""

SEALED: Final = ".p7m"
"""What the name of a sealed file ends in, after that of the plain one."""


# --- reset ----------------------------------------------------------------------------------------------
class MunicipalityData(Message):
    """A municipality that is listed. `credential`: of a line on demand; empty for a permanent one."""

    code: Code
    credential: str = ""


class KeyData(Message):
    """Keys of the test authority, in PEM: the server's own, and the certificates of whom it talks with.

    `municipalities`: by the code of each.
    """

    key: str
    certificate: str
    authority: str
    municipalities: dict[Code, str]


class Reset(Request):
    """A fresh server at an instant, as if nothing had ever happened.

    `immediate`: a notice goes down as soon as it is decided; otherwise with the answer to the day's exchange.
    `watches_periods`: it follows the 90 days of 入管法22条の4. `looks_at`: at which time in Japan it looks,
    on open days, who has not exchanged; null for never. `versions`: of the profile, newest first. `keys`:
    where given, files are sealed on their way up and must be on their way down; names end in `.p7m` then.
    """

    case: str
    at: Moment
    municipalities: tuple[MunicipalityData, ...] = (MunicipalityData(code="131041"),)
    immediate: bool = False
    watches_periods: bool = True
    looks_at: time | None = None
    versions: tuple[str, ...] = ("renkei-open/1",)
    keys: KeyData | None = None


class HolderData(Message):
    """Somebody whom the agency knows, and the municipality that holds the resident record."""

    person: Code
    card_number: str
    municipality: Code


class Seed(Request):
    """Whom the agency knows already."""

    holders: tuple[HolderData, ...]


# --- the lines ------------------------------------------------------------------------------------------
class Deliver(Request):
    """Files arrive on the line of a municipality, which the network names.

    `manner`: `line`, or `media` or `paper` where a messenger brings them. The code may be of one that is not
    listed: then the server has nothing to do with it.
    """

    municipality: Code
    files: tuple[File, ...]
    manner: Code = "line"


class DeliverAnswer(Answer):
    """Files that were turned away before they were judged, by name, each with a reason.

    What is judged is answered by results in a file that goes down.
    """

    refused: dict[str, str] = Field(default_factory=dict)


class Collect(Request):
    """What has come down the line of a municipality since this was last asked."""

    municipality: Code


class CarriedFile(File):
    """A file that came down. `manner`: `line`, or `media` or `paper` when a messenger brought it."""

    manner: Code = "line"


class CollectAnswer(Answer):
    """In the order in which it came. `take_version`: versions that the terminal is told to go over to."""

    files: tuple[CarriedFile, ...] = ()
    take_version: tuple[str, ...] = ()


class Connect(Request):
    """The terminal on the line of `municipality` asks for a connection as `claims`, with a credential."""

    municipality: Code
    claims: Code
    credential: str


class Disconnect(Request):
    """The terminal on the line of `municipality` asks to be disconnected."""

    municipality: Code


class ConnectAnswer(Answer):
    """Whether it is connected. `reason`: a code, when it is not."""

    connected: bool
    reason: str = ""


class Outage(Request):
    """The line of a municipality is declared out of use, or is in use again."""

    municipality: Code
    declared: bool


class HandOver(Request):
    """What waits for a municipality is to be given to a messenger, on `media` or on `paper`."""

    municipality: Code
    manner: Code = "media"


class AskSequences(Request):
    """A terminal that took another's place at `since` asks where the numbers stand."""

    municipality: Code
    since: Moment


class SequencesAnswer(Answer):
    """By the code of a business. `up`: the next number taken in. `down`: the next number that comes down.

    `awaited`: numbers of the agency notices whose answers are awaited.
    """

    up: dict[str, int]
    down: dict[str, int]
    awaited: tuple[str, ...] = ()


class VersionTaken(Request):
    """The terminal of a municipality says that it speaks a version now."""

    municipality: Code
    version: str


class ToldAnswer(Answer):
    """Whether something was taken or done. `reason`: a code, when it was not."""

    accepted: bool
    reason: str = ""


# --- the agency -----------------------------------------------------------------------------------------
class Decide(Request):
    """The agency decides or learns something that the register must follow (住民基本台帳法30条の50).

    `reason`: one of the profile's for an agency notice. `items`: those of an agency notice as they are now,
    as texts, dates as 2026-06-03; an item that did not change is left out. `decided_date`: today when null.
    """

    person: Code
    reason: str
    items: dict[str, str] = Field(default_factory=dict)
    decided_date: date | None = None


class DecideAnswer(Answer):
    """Whether it becomes a notice. `code`: why not, one of the profile's or of the product's own.

    `called`: the name of the notice on that day; `by`: in whose name it goes.
    """

    accepted: bool
    code: str = ""
    called: str = ""
    by: str = ""


class Became(Request):
    """A person landed or was permitted to stay, and so became a resident of a class on a day.

    `how`: `landed` or `permitted`. `notified`: the residence counts as notified with a permission (入管法19条
    の8第4項).
    """

    person: Code
    how: Literal["landed", "permitted"]
    person_class: PersonClassName
    on: date
    card_number: str = ""
    notified: bool = False


class Excuse(Request):
    """A person claims a good reason (正当な理由): one of those that the agency published."""

    person: Code
    excuse: Literal["lost_home", "fled_violence", "in_hospital", "abroad", "always_travelling"]


class Candidates(Request):
    """Who is, or was, a candidate for revocation for want of a residence notification (入管法22条の4)."""


class CandidateData(Message):
    """One candidate. `ground`: `not_notified` or `not_renewed`. `start`: what the 90 days count from.

    `state`: `candidate`; `excuse_to_assess` when a good reason is claimed; `notified_late` when a
    notification came after the last day; `withdrawn` when one was in time, or what began the period was
    cancelled.
    """

    person: Code
    ground: Annotated[str, OneOf("not_notified", "not_renewed")]
    start: date
    last_day: date
    state: Annotated[str, OneOf("candidate", "excuse_to_assess", "notified_late", "withdrawn")]
    filed_date: date | None = None


class CandidatesAnswer(Answer):
    """In the order in which they were found, with the state as it is now."""

    candidates: tuple[CandidateData, ...] = ()


# --- the centre -----------------------------------------------------------------------------------------
class Usage(Request):
    """How much a municipality has used the exchange."""

    municipality: Code


class UsageAnswer(Answer):
    """Since the reset. Up: files that were taken in; `refused`: those that were not. Bytes: of plain ones."""

    batches_up: int = 0
    batches_down: int = 0
    records_up: int = 0
    records_down: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    refused: int = 0


class FaultReport(Request):
    """Somebody reports a fault, or that it is mended. `place`, `fault`: short names (`disk_failed`)."""

    municipality: Code
    place: Code
    fault: Code
    mended: bool = False


class Faults(Request):
    """Which faults are open everywhere."""


class FaultData(Message):
    """An open fault. `fault` is `no_exchange` where the server itself saw that nobody exchanged."""

    municipality: Code
    place: Code
    fault: Code
    since: Moment


class FaultsAnswer(Answer):
    """All open faults."""

    faults: tuple[FaultData, ...] = ()


class RollOut(Request):
    """These municipalities are to go over to a version of the profile: a wave of a roll-out."""

    version: str
    municipalities: tuple[Code, ...] = Field(min_length=1)


OPS: Final = (
    *COMMON,
    Op("reset", Reset, Done),
    Op("seed", Seed, Done),
    Op("deliver", Deliver, DeliverAnswer),
    Op("collect", Collect, CollectAnswer),
    Op("connect", Connect, ConnectAnswer, "exchange.on_demand"),
    Op("disconnect", Disconnect, ConnectAnswer, "exchange.on_demand"),
    Op("outage", Outage, ToldAnswer, "exchange.by_hand"),
    Op("hand_over", HandOver, ToldAnswer, "exchange.by_hand"),
    Op("sequences", AskSequences, SequencesAnswer, "terminal.replacement"),
    Op("decide", Decide, DecideAnswer),
    Op("became", Became, Done, "agency.periods"),
    Op("excuse", Excuse, Done, "agency.periods"),
    Op("candidates", Candidates, CandidatesAnswer, "agency.periods"),
    Op("usage", Usage, UsageAnswer, "centre.usage"),
    Op("faults", Faults, FaultsAnswer, "centre.faults"),
    Op("report_fault", FaultReport, ToldAnswer, "centre.faults"),
    Op("roll_out", RollOut, ToldAnswer, "exchange.versions"),
    Op("version_taken", VersionTaken, ToldAnswer, "exchange.versions"),
)
