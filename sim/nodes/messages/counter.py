"""What a counter is told, and what it tells the registry."""

from __future__ import annotations

from datetime import date

from sim.base.node import Body
from sim.law.filers import Tie
from sim.law.kinds import CardState, Filing, History
from sim.nodes.messages.people import Person, Visitor


class OpenOffice(Body, frozen=True):
    """The office says how it is set up; a driver that wants that in the journal sends this first."""


class FileFiling(Body, frozen=True):
    """A person stands at the counter with a filing. `new_address` is empty when moving out.

    `by`: who stands there in the person's stead; None for the person or somebody whose right to file nobody
    questions. `relatives`: ties of the relatives of 16 or over who live with the person, the visitor among
    them. `permitted`: day of the permission that made the person a mid-long-term resident, where it is not
    the day of the event. `issued`: day of issue of the card, where known. `decided`: day on which the pending
    application of an expired card was decided.
    `forged`: items of the card's face that its chip contradicts; `broken`: the chip does not answer.
    `no_record`: for a residence notification from a place where no 住民票 is made (a hotel, a training
    centre). `edits`: items that the clerk writes otherwise than the chip has them, with the text.
    `endorsing_fails`: why the card cannot be endorsed on the spot, such as `printer_out_of_order`.
    """

    case: str
    filing: Filing
    person: Person
    history: History
    card: CardState
    event_date: date
    new_address: str = ""
    by: Visitor | None = None
    relatives: tuple[Tie, ...] = ()
    permitted: date | None = None
    decided: date | None = None
    forged: tuple[str, ...] = ()
    broken: bool = False
    no_record: bool = False
    edits: tuple[tuple[str, str], ...] = ()
    endorsing_fails: str = ""
    issued: date | None = None


class Visit(Body, frozen=True):
    """People come to the office together; `minutes`: how long they need at a window.

    Several filings are those of one household. Without filings: somebody comes on other business.
    """

    case: str
    filings: tuple[FileFiling, ...]
    minutes: int


class CallNext(Body, frozen=True):
    """A window has become free."""


class Endorse(Body, frozen=True):
    """The endorsement that could not be made is made up, later on the same day.

    `endorsing_fails`: why it cannot be made this time either.
    """

    case: str
    ref: str
    endorsing_fails: str = ""


class OfficeCloses(Body, frozen=True):
    """The office closes on this day; given only on a day on which a case was left open."""

    day: date


class Revise(Body, frozen=True):
    """Counter to registry: what was accepted. `transmit_article`: empty without a residence filing.

    `provisional`: recorded but not yet final: nothing leaves until it is settled. `no_record`: a residence
    filing only, no 住民票 is made or changed (入管法 only). `ex_officio`: made by the mayor without a filing.
    `extract`: text of the chip for the record to be prefilled with, byte for byte but for the clerk's edits.
    """

    case: str
    filing: Filing
    person: Person
    event_date: date
    filed_date: date
    new_address: str
    governing: str
    transmit_article: str = ""
    deemed: bool = False
    provisional: bool = False
    no_record: bool = False
    ex_officio: bool = False
    extract: tuple[tuple[str, str], ...] = ()


BODIES = OpenOffice | FileFiling | Visit | CallNext | Endorse | OfficeCloses | Revise
