"""Operations of the role `municipal-system`: register, counters and exchange of one municipality."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Final

from pydantic import Field

from conformance.protocol.base import (
    COMMON,
    Answer,
    Code,
    Done,
    File,
    Message,
    Moment,
    OneOf,
    Op,
    PersonData,
    Request,
)
from conformance.protocol.municipal_counter import (
    AuthoriseWrite,
    ConsequenceData,
    Consequences,
    ConsequencesAnswer,
    DutyData,
    Endorse,
    EndorseAnswer,
    EndorsementData,
    FileFilings,
    FilingData,
    FilingOutcome,
    FilingsAnswer,
    Inventory,
    InventoryAnswer,
    MediumUse,
    ReleaseUpdate,
    StepDone,
    TerminalData,
    VisitorData,
    WriteAnswer,
)

__all__ = (
    "OPS",
    "AgencyLine",
    "AuthoriseWrite",
    "Cancel",
    "Change",
    "ChangeAnswer",
    "Collect",
    "CollectAnswer",
    "Confirm",
    "ConsequenceData",
    "Consequences",
    "ConsequencesAnswer",
    "CopyAnswer",
    "Deliver",
    "DeliverAnswer",
    "DutyData",
    "Endorse",
    "EndorseAnswer",
    "EndorsementData",
    "FileFilings",
    "FilingData",
    "FilingOutcome",
    "FilingsAnswer",
    "HandOver",
    "Inventory",
    "InventoryAnswer",
    "IssueCopy",
    "Labour",
    "LabourAnswer",
    "MediumEvent",
    "MediumUse",
    "Messenger",
    "MessengerAnswer",
    "NoticeData",
    "Notices",
    "NoticesAnswer",
    "OfficeData",
    "Query",
    "QueryAnswer",
    "ReleaseUpdate",
    "Resend",
    "Reset",
    "ResultData",
    "Results",
    "ResultsAnswer",
    "Seed",
    "Settle",
    "StepDone",
    "SwitchLink",
    "TerminalData",
    "VisitorData",
    "WriteAnswer",
)
"""Everything that is said in this role; what is said at counters has a module of its own."""


# --- reset and seed -------------------------------------------------------------------------------------
class OfficeData(Message):
    """One office. `kind`: `main_office` or `branch_office`. `languages`: those of its warnings.

    `connection`: how its card terminal is connected: `lgwan`, `lan_only`, `standalone`, or empty where it has
    none. `writes`: whether writing to chips is switched on at that terminal. `extract`: how the text of a
    chip gets to the register: `direct`, read by the register's own client, or on a `medium`.
    """

    id: Code = "main_office"
    kind: Code = "main_office"
    accepts_foreign_filings: bool = True
    refers_to: str = ""
    languages: tuple[str, ...] = ("ja",)
    connection: str = "lgwan"
    writes: bool = True
    extract: Code = "direct"


class Reset(Request):
    """A fresh system at an instant, as if nothing had ever happened: empty register, empty folders.

    `link`: how records go from register to exchange terminal: `line`, `media` or `paper`. `adapted`: whether
    the register's side was rebuilt for a line. `foreign_residents`: how many there are; paper is open to a
    municipality with fewer than `paper_below`. `copies`: what a copy says of an item that the card has
    otherwise: `stale_record` or `card_based`. `write_policy`: whether
    the address may be written to chips: `suspended`, `survey`, `decided` or `active`; `writing_starts`: the
    decided day, from which `active` holds. Each write is asked for by the call `authorise_write`.
    """

    case: str
    at: Moment
    municipality: Code = "131041"
    exchange_at: tuple[time, ...] = (time(18, 0),)
    offices: tuple[OfficeData, ...] = (OfficeData(),)
    link: Code = "line"
    adapted: bool = True
    foreign_residents: int = 50
    paper_below: int = 100
    copies: Code = "stale_record"
    write_policy: Code = "suspended"
    writing_starts: date | None = None


class Seed(Request):
    """Who is in the register already. Nothing is sent for them."""

    residents: tuple[PersonData, ...]


# --- the exchange ---------------------------------------------------------------------------------------
class Collect(Request):
    """Give what the system has put into its outbox since it was last asked, in the order of the batches."""


class CollectAnswer(Answer):
    """Files of `renkei-open/1`."""

    files: tuple[File, ...] = ()


class Deliver(Request):
    """Files of the ministry server arrive: results, agency notices. They are taken in at once."""

    files: tuple[File, ...]


class DeliverAnswer(Answer):
    """Names of files that were not taken in, each with a code of `renkei-open/1`."""

    refused: dict[str, str] = Field(default_factory=dict)


class Results(Request):
    """What an operator sees of the results of processing."""


class ResultData(Message):
    """One record that was sent. `outcome`: `pending`, `accepted` or `rejected`, then with code and item."""

    record: str
    kind: Code
    person: Code
    outcome: Annotated[str, OneOf("pending", "accepted", "rejected")]
    code: str = ""
    field: str = ""
    reason: str = ""


class ResultsAnswer(Answer):
    """All records that were ever sent, in the order in which they were made."""

    results: tuple[ResultData, ...] = ()


class Resend(Request):
    """An operator has a batch sent again, by its name without an ending."""

    batch: str


# --- agency notices -------------------------------------------------------------------------------------
class Notices(Request):
    """Agency notices that came in, applied or not."""


class NoticeData(Message):
    """One notice with its slip (処理結果確認票).

    `state`: `imported` (the slip waits for a clerk), `backlog` (it has to be taken in by hand), `applied`, or
    `refused` (nobody here is meant). `called`: what the screen calls such a notice, by the day of the
    decision. `before`, `after`: the items that change, as the register had them and as it has them then.
    """

    record: str
    person: Code
    state: Annotated[str, OneOf("imported", "backlog", "applied", "refused")]
    called: str = ""
    before: dict[str, str] = Field(default_factory=dict)
    after: dict[str, str] = Field(default_factory=dict)


class NoticesAnswer(Answer):
    """In the order in which they came."""

    notices: tuple[NoticeData, ...] = ()


class Confirm(Request):
    """A clerk confirms slips. `record`: one notice, taken in by hand if need be; empty: all slips."""

    record: str = ""


# --- the register ---------------------------------------------------------------------------------------
class Change(Request):
    """A change that no mover files: birth, death, alias, correction, the mayor's own (職権).

    `ground`: as in `docs/adapter.md`. `items`: for a correction, names of the items of `person` that count.
    `provisional`: recorded, but not final.
    """

    visit: str
    ground: Code
    person: PersonData
    event_date: date
    filed_date: date
    items: tuple[Code, ...] = ()
    provisional: bool = False


class ChangeAnswer(Answer):
    """Whether the register took it."""

    accepted: bool
    reason: str = ""


class Settle(Request):
    """Provisional changes of a visit become final, or come to nothing (`drop`)."""

    visit: str
    drop: bool = False


class Cancel(Request):
    """The change that the visit `cancels` made to the person's record is taken back (異動の取消し)."""

    visit: str
    person: Code
    cancels: str


class HandOver(Request):
    """A special permanent resident certificate is handed over."""

    visit: str
    person: Code
    ground: Code
    certificate_number: str
    valid_until: date


class Query(Request):
    """One person's resident record (住民票)."""

    person: Code


class QueryAnswer(Answer):
    """The record as it stands. `state`: `present`, `removed` (除票), `abode_only` or `none`.

    `items`: as texts, dates as 2026-06-03, empty ones left out. `history`: what was done to the record,
    oldest first, as `made`, `corrected`, `removed`, `cancelled`, `notified` (a residence filing that changed
    no record), `abode_recorded`, `abode_corrected`, `abode_removed`.
    """

    state: Annotated[str, OneOf("present", "removed", "abode_only", "none")]
    items: dict[str, str] = Field(default_factory=dict)
    history: tuple[Code, ...] = ()


class IssueCopy(Request):
    """Somebody asks for a copy of the record (住民票の写し) and shows the card, or not.

    `card_number` … `period_until`: what the card that is shown says; empty without one.
    """

    visit: str
    person: Code
    card_number: str = ""
    status: str = ""
    period_until: date | None = None


class CopyAnswer(Answer):
    """The copy, with what it says. `reason`: why none was issued.

    `noted`: whether the log has it that the card that was shown says something newer than the copy.
    """

    issued: bool
    reason: str = ""
    items: dict[str, str] = Field(default_factory=dict)
    noted: bool = False


# --- the leg inside the municipality ---------------------------------------------------------------------
class SwitchLink(Request):
    """From now on records go from register to terminal, and back, by `line`, `media` or `paper`."""

    link: Code


class MediumEvent(Request):
    """Something happens to a medium between register and terminal.

    `event`: the one under way is `lost`, or the one lost last is `found` and put into the reader; or
    somebody puts in one that must not be taken in: `foreign`, `forged`, `used`, `stale`, `unlabelled`,
    `incomplete`. `direction`: of the medium, `up` or `down`.
    """

    event: Code
    direction: Code = "up"


class Labour(Request):
    """What the leg between register and terminal has cost in people's work since the reset."""


class LabourAnswer(Answer):
    """Manual steps, items that people keyed in, and those that left otherwise than in their source."""

    steps: int = Field(ge=0)
    keyed: int = Field(ge=0)
    wrong: int = Field(ge=0)


# --- the way to the agency, when it is broken --------------------------------------------------------------
class AgencyLine(Request):
    """The line to the agency breaks, or works again. `declared`: its owner has declared the outage."""

    up: bool
    declared: bool = False


class Messenger(Request):
    """An operator wants to give what waits for the agency to a messenger: `media` or `paper`."""

    manner: Code = "media"


class MessengerAnswer(Answer):
    """What the messenger was given, in the order of the batches; `reason`: why nothing."""

    accepted: bool
    reason: str = ""
    files: tuple[File, ...] = ()


OPS: Final = (
    *COMMON,
    Op("reset", Reset, Done),
    Op("seed", Seed, Done),
    Op("file", FileFilings, FilingsAnswer),
    Op("endorse", Endorse, EndorseAnswer, "counter.endorse_later"),
    Op("release_update", ReleaseUpdate, Done, "counter.inventory"),
    Op("inventory", Inventory, InventoryAnswer, "counter.inventory"),
    Op("consequences", Consequences, ConsequencesAnswer, "law.consequences"),
    Op("collect", Collect, CollectAnswer),
    Op("deliver", Deliver, DeliverAnswer),
    Op("results", Results, ResultsAnswer, "exchange.results"),
    Op("resend", Resend, Done, "exchange.resend"),
    Op("notices", Notices, NoticesAnswer, "register.notices"),
    Op("confirm", Confirm, ChangeAnswer, "register.notices"),
    Op("change", Change, ChangeAnswer, "register.changes"),
    Op("settle", Settle, ChangeAnswer, "register.provisional"),
    Op("cancel", Cancel, ChangeAnswer, "register.cancel"),
    Op("hand_over", HandOver, ChangeAnswer, "register.certificates"),
    Op("query", Query, QueryAnswer),
    Op("copy", IssueCopy, CopyAnswer, "register.copies"),
    Op("switch_link", SwitchLink, ChangeAnswer, "link.switch"),
    Op("medium", MediumEvent, ChangeAnswer, "link.media"),
    Op("labour", Labour, LabourAnswer, "link.labour"),
    Op("agency_line", AgencyLine, Done, "exchange.messenger"),
    Op("messenger", Messenger, MessengerAnswer, "exchange.messenger"),
)
"""Every operation of the role."""
