"""Between a counter, its card terminal (ICカード取扱端末) and the agency's write authority.

counter ──ReadCards──▶ card terminal ──CardsRead──▶ counter
counter ──WriteAddress──▶ card terminal ──AskToWrite──▶ write authority
          card terminal ◀──WriteAuthorised | WriteDenied── write authority
          card terminal ──WriteChip──▶ itself: the border writes a real chip on the way
counter ◀──AddressWritten── card terminal ──ChipWritten──▶ write authority
"""

from __future__ import annotations

from datetime import date

import msgspec

from sim.base.node import Body, NodeId
from sim.law.kinds import CardState
from sim.law.write_policy import Ministry
from sim.law.write_requirements import Connection
from sim.nodes.messages.people import Person


class CardReading(msgspec.Struct, frozen=True):
    """What a card terminal says of one card.

    `outcome`: `match` (face and chip agree and the signatures hold), `mismatch`, `unreadable` (no chip
    answered) or `not_presented`. `differs`: the items that differ, by their names and without
    their values.
    `extract`: the text items of the chip, in the order of seed 000, line 231; they stay in the municipality.
    `real`: whether a chip was read, or the facts were declared by the simulation.
    """

    ref: str
    outcome: str
    terminal: str = ""
    differs: tuple[str, ...] = ()
    extract: tuple[tuple[str, str], ...] = ()
    real: bool = False


class DeclaredCard(msgspec.Struct, frozen=True):
    """A card as the simulation declares it: whose it is and what is wrong with it.

    `forged`: items of the face that the chip contradicts, by the ids of `sim.law.card_validity.CARD_FACE`,
    and `photo` and `signature`; `broken`: the chip does not answer. `issued`: the day of issue, where known
    (`sim.nodes.card_terminal.declared` assumes one where not).
    """

    person: Person
    state: CardState
    forged: tuple[str, ...] = ()
    broken: bool = False
    issued: date | None = None


class ReadCards(Body, frozen=True):
    """Counter to card terminal: read the cards that lie on the counter, in this session at this office.

    `readings`: filled in by the driver where real chips are read, before the terminal is given the event.
    `operator`: who operates the terminal; asked for where the terminal has operators.
    """

    case: str
    session: str
    office: str
    cards: tuple[DeclaredCard, ...]
    readings: tuple[CardReading, ...] = ()
    operator: str = ""


class CardsRead(Body, frozen=True):
    """Card terminal to counter: one reading for each card, or why none was made."""

    case: str
    session: str
    readings: tuple[CardReading, ...]
    refused: str = ""


class WriteAddress(Body, frozen=True):
    """Counter to card terminal: write the new place of residence to the chip of an endorsed card.

    `operator`: as in `ReadCards`.
    """

    case: str
    session: str
    office: str
    ref: str
    address: str
    filed_date: date
    operator: str = ""


class AddressWritten(Body, frozen=True):
    """Card terminal to counter: whether the chip bears the new place of residence now, and if not why."""

    case: str
    session: str
    ref: str
    written: bool
    reason: str = ""


# --- card terminal: what people tell it -----------------------------------------------------------------
class OpenCardTerminal(Body, frozen=True):
    """The terminal is set up: it goes into the inventory, and the age of its pattern file begins to count."""


class SwitchWriting(Body, frozen=True):
    """Writing is switched on or off at the terminal. On is not enough: the authority decides each write."""

    on: bool


class CarryExtracts(Body, frozen=True):
    """Text of the cards of a session leaves the terminal for the registry on this medium (use pattern 1)."""

    case: str
    session: str
    office: str
    medium: str
    readings: tuple[CardReading, ...]
    operator: str = ""


class BringPatternFile(Body, frozen=True):
    """A pattern file of the agency, made on that day, is brought on a medium (CD-R)."""

    version: str
    made_on: date


# --- card terminal and write authority ------------------------------------------------------------------
class AskToWrite(Body, frozen=True):
    """Card terminal to write authority: may this chip be written now? `request`: new for every attempt."""

    request: str
    terminal: str
    municipality: str
    case: str
    ref: str


class WriteAuthorised(Body, frozen=True):
    """Write authority to card terminal: a permission for this request, good for one write (権限認証)."""

    request: str
    authorisation: str


class WriteDenied(Body, frozen=True):
    """Write authority to card terminal: not this one, for these reasons (`sim.law.write_policy.Reason`)."""

    request: str
    reasons: tuple[str, ...]


class WriteChip(Body, frozen=True):
    """Card terminal to itself: write under this authorisation.

    `outcome`: filled in at the border where the chip is real, once it was written and read back: `match`, or
    what a `CardReading` says otherwise, or `failed`. Empty for a declared card.
    """

    request: str
    authorisation: str
    ref: str
    address: str
    filed_date: date
    outcome: str = ""


class ChipWritten(Body, frozen=True):
    """Card terminal to write authority: the authorisation was used. `written`: the chip bears the address."""

    terminal: str
    authorisation: str
    written: bool


class WriteLate(Body, frozen=True):
    """Time to give up a request that nobody answered."""

    request: str


class ReportDue(Body, frozen=True):
    """Time to tell the write authority again what became of an authorisation."""

    authorisation: str
    written: bool


# --- pattern files --------------------------------------------------------------------------------------
class PatternReleased(Body, frozen=True):
    """Write authority to the card terminals on LGWAN: a new pattern file, taken over by itself."""

    version: str
    made_on: date


class DeliverPattern(Body, frozen=True):
    """Time to send the newest pattern file to this card terminal again."""

    terminal: NodeId


class PatternAges(Body, frozen=True):
    """Time at which the pattern file of this version is too old, should it be in use still."""

    version: str


# --- write authority: what the agency and the municipalities tell it ------------------------------------
class TerminalFacts(msgspec.Struct, frozen=True):
    """A card terminal as its municipality reports it: the node's id, its office, its connection."""

    id: str
    office: str
    connection: Connection = Connection.LGWAN
    writes: bool = False


class ReportReadiness(Body, frozen=True):
    """A municipality answers the survey: its terminals and requirements 2 and 3 of the three (3要件)."""

    municipality: str
    security_policy_permits: bool
    lan_configured: bool
    terminals: tuple[TerminalFacts, ...]


class MinistrySignature(msgspec.Struct, frozen=True):
    """A ministry's assent to the start of writing, with its day."""

    ministry: Ministry
    on: date


class TakePolicyStep(Body, frozen=True):
    """The agency takes the next step of the policy on writing, today.

    `step`: `survey` (begins), `decision` (both ministries have signed; `start` is the decided day) or `start`
    (writing starts).
    """

    step: str
    signatures: tuple[MinistrySignature, ...] = ()
    start: date | None = None


class ReleasePattern(Body, frozen=True):
    """The agency releases a pattern file that was made on this day."""

    version: str
    made_on: date


BODIES = (
    ReadCards
    | CardsRead
    | WriteAddress
    | AddressWritten
    | OpenCardTerminal
    | SwitchWriting
    | CarryExtracts
    | BringPatternFile
    | AskToWrite
    | WriteAuthorised
    | WriteDenied
    | WriteChip
    | ChipWritten
    | WriteLate
    | ReportDue
    | PatternReleased
    | DeliverPattern
    | PatternAges
    | ReportReadiness
    | TakePolicyStep
    | ReleasePattern
)
