"""Messages at the counters of the role `municipal-system`: filings, endorsements, terminals, consequences."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from conformance.protocol.base import Answer, Code, Message, OneOf, PersonData, Request


class VisitorData(Message):
    """Who stands at the counter in the person's stead. `tie`: to the person (`spouse`, `parent`, …)."""

    tie: Code
    age: int = 30
    living: Code = "same_household"
    head: bool = False
    represents: bool = False
    proof: bool = False
    mandate: bool = False
    identity_shown: bool = True
    asked: bool = False
    unable: bool = False


class FilingData(Message):
    """One person's part of a visit.

    `filing`: `moving_in`, `moving_within`, `moving_out`, `entry_from_abroad`, `became_resident_status`,
    `residence_notification`, … `history`: how the person came to owe a residence notification. `card`:
    `presented`, `absent`, `expired`, … `permitted`: the day of a permission; `decided`: on which the pending
    application of an expired card was decided. `no_record`: a residence notification of a place where no
    resident record is made. `forged`: items of the face that the chip contradicts; `broken`: the chip does
    not answer. `endorsing_fails`: why the card cannot be endorsed on the spot. `issued`: the card's day of
    issue. `relatives`: ties of the relatives of 16 or over who live with the person. `specified_card`: the
    person applies for a specified card (特定在留カード) as well; asked only with `counter.specified_card`.
    `edits`: items that the clerk writes otherwise than the chip has them, with the text.
    """

    person: PersonData
    filing: Code
    history: Code
    card: Code
    event_date: date
    new_address: str = ""
    by: VisitorData | None = None
    permitted: date | None = None
    decided: date | None = None
    issued: date | None = None
    no_record: bool = False
    forged: tuple[Code, ...] = ()
    broken: bool = False
    endorsing_fails: str = ""
    relatives: tuple[Code, ...] = ()
    specified_card: bool = False
    edits: dict[str, str] = Field(default_factory=dict)


class FileFilings(Request):
    """People come to an office with filings; those of one visit are of one household."""

    visit: str
    office: Code = "main_office"
    filings: tuple[FilingData, ...] = Field(min_length=1)


class StepDone(Message):
    """One step of the procedure, in the order in which it was done.

    `step`: `identity`, `authenticity`, `decision` or `endorsement`. `result`: for identity `photo`,
    `without_photo` or `by_other`; for authenticity `match`, `mismatch`, `unreadable` or `not_presented`; else
    empty. `session`: of the counter. `terminal`: the card terminal that read the card.
    """

    step: Annotated[str, OneOf("identity", "authenticity", "decision", "endorsement")]
    person: Code
    office: Code
    session: str = ""
    result: Annotated[
        str,
        OneOf("photo", "without_photo", "by_other", "match", "mismatch", "unreadable", "not_presented", ""),
    ] = ""
    terminal: str = ""


class EndorsementData(Message):
    """What was written on the back of a card. `written_to_chip`: whether the chip bears it too.

    `address`: the new place of residence; `official_mark`: whether the mayor's mark (職印) is there.
    """

    person: Code
    office: Code
    filed_date: date
    address: str
    official_mark: bool
    written_to_chip: bool = False


class DutyData(Message):
    """A residence notification that is still owed, or one that is done now.

    `state`: `open` or `closed`; `visit`: the one that left it open. `article`: of the duty. The last two are
    the days that the person was told; `languages`: in which.
    """

    person: Code
    visit: str
    state: Annotated[str, OneOf("open", "closed")]
    article: str = ""
    last_day: date | None = None
    warned: bool = False
    revocation_last_day: date | None = None
    languages: tuple[str, ...] = ()


class FilingOutcome(Message):
    """What was decided on one person's filing.

    `decision`: `accepted`, `refused`, `referred` (to the office `referred_to`) or `ex_officio` (no filing any
    more, recorded by the mayor: 職権); `reason`: a code when not accepted.
    `deemed`: the article under which it counts as a residence notification, null when it does not.
    `last_day`: of the filing period; `in_time`: whether it was kept. `forms`: what had to be filled in, of
    `resident_record_form` and `residence_form`. `asked`: items asked of the person, by name, each as often as
    it was asked; `keyed`: items keyed by hand; `read`: items taken over from the chip; `edited`: items that
    the clerk wrote otherwise than the chip. `affairs`: `autonomous_affair` (自治事務), `delegated_affair`
    (法定受託事務). `specified_card`: whether an application for one was taken; null when nobody applied.

    Names of items: `nationality`, `name`, `sex`, `birth_date`, `status`, `period_of_stay`, `card_number`, all
    of them on the card, then `relationship`, `address`, `previous_address`, `event_date`. On a card there are
    `place_of_residence`, `period_until`, `photo` and `signature` besides.
    """

    person: Code
    filing: Code
    decision: Annotated[str, OneOf("accepted", "refused", "referred", "ex_officio")]
    reason: str = ""
    deemed: str | None = None
    article: str | None = None
    last_day: date | None = None
    in_time: bool | None = None
    forms: tuple[Annotated[str, OneOf("resident_record_form", "residence_form")], ...] = ()
    asked: tuple[Code, ...] = ()
    read: tuple[Code, ...] = ()
    keyed: tuple[Code, ...] = ()
    affairs: tuple[Annotated[str, OneOf("autonomous_affair", "delegated_affair")], ...] = ()
    referred_to: str = ""
    specified_card: bool | None = None
    edited: tuple[Code, ...] = ()


class MediumUse(Message):
    """Text of chips left a card terminal for the register on a medium, as the log of its use has it."""

    medium: str
    office: Code
    records: int
    encrypted: bool


class FilingsAnswer(Answer):
    """All that happened in the visit."""

    outcomes: tuple[FilingOutcome, ...]
    steps: tuple[StepDone, ...] = ()
    endorsements: tuple[EndorsementData, ...] = ()
    duties: tuple[DutyData, ...] = ()
    media: tuple[MediumUse, ...] = ()
    case_open: bool = False


class Endorse(Request):
    """The endorsement that could not be made is to be made up, at this office."""

    visit: str
    person: Code
    office: Code = "main_office"


class EndorseAnswer(Answer):
    """What was written, if anything, and whether the visit's case is open still."""

    endorsements: tuple[EndorsementData, ...] = ()
    case_open: bool = False


class ReleaseUpdate(Request):
    """The ministry releases a file that keeps its reader application up to date, and sends it over LGWAN."""

    version: Code
    made_on: date


class Inventory(Request):
    """Which terminals there are."""


class TerminalData(Message):
    """One terminal. `use`: `cards` (ICカード取扱端末) or `exchange` (情報連携端末). `update`: its file."""

    id: str
    use: Annotated[str, OneOf("cards", "exchange")]
    office: str = ""
    connection: str = ""
    update: str = ""


class InventoryAnswer(Answer):
    """All terminals of the municipality."""

    terminals: tuple[TerminalData, ...] = ()


class Consequences(Request):
    """What a clerk is told may follow when a person files late, falsely or not at all, by the day of the act.

    `conduct`: `omission`, `late`, `late_past_90_days`, `false` or `card_not_presented`. `deemed`: the filing
    counts as a residence notification too.
    """

    person_class: Code
    history: Code
    filing: Code
    conduct: Code
    on: date
    deemed: bool = False


class ConsequenceData(Message):
    """One thing that may follow, with its ceiling.

    `kind`: `administrative` (過料), `criminal` (罰金, 懲役, 拘禁刑), `revocation` (在留資格の取消し) or
    `none`. `term`: `work_imprisonment` (懲役) or `imprisonment` (拘禁刑). `decided_by`: `summary_court`,
    `criminal_court` or `minister`; `municipality` only where a product says so. `candidate_only`: nothing
    follows by itself.
    """

    kind: Annotated[str, OneOf("administrative", "criminal", "revocation", "none")]
    max_fine_yen: int | None = None
    max_years: int | None = None
    term: Annotated[str, OneOf("work_imprisonment", "imprisonment", "")] = ""
    decided_by: Annotated[str, OneOf("summary_court", "criminal_court", "minister", "municipality", "")] = ""
    candidate_only: bool = False


class ConsequencesAnswer(Answer):
    """Everything that may follow."""

    consequences: tuple[ConsequenceData, ...] = ()


class AuthoriseWrite(Message):
    """Call `authorise_write`: may this chip be written now? The card terminal itself asks, over LGWAN.

    `terminal`: its id. An answer without `authorisation` is a refusal, with the reasons of the agency.
    """

    terminal: str
    office: Code
    visit: str
    person: Code


class WriteAnswer(Message):
    """What the write authority answers. An authorisation serves one write at one terminal."""

    authorisation: str = ""
    reasons: tuple[str, ...] = ()
