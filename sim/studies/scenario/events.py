"""What a scenario plans for a certain moment: faults, switches, drills, acts of the agency.

Each kind becomes one or a few messages to the actors concerned (`sim.studies.inputs.happenings`); what cannot
happen where it is planned is refused (`sim.studies.scenario.possible`). Dates and clock times are Japan's.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, NaiveDatetime

from sim.studies.scenario.parts import Code, Minutes, Part, Place


class OutageWindow(Part):
    """An outage of the network, by the clock in Japan.

    `declared`: media may be used meanwhile on the ministry leg. `municipality`: only this one's access line;
    None for the whole network.
    """

    ja: str
    en: str
    from_: Annotated[NaiveDatetime, Field(alias="from")]
    until: NaiveDatetime
    declared: bool = False
    municipality: Code | None = None


class BadBatch(Part):
    """A batch that must be refused, put on the (first) municipality's line at an instant.

    `infected`: comes down to the terminal, rightly sealed, with the public antivirus test file in it.
    """

    kind: Literal["truncated", "altered", "foreign", "infected"]
    at: NaiveDatetime


class _Happening(Part):
    """`municipality`: where; None for every one of the scenario, or for what concerns the whole country."""

    at: NaiveDatetime
    municipality: Code | None = None


OperatorId = Annotated[str, Field(pattern=r"^[a-z0-9-]{0,20}$")]


# --- the leg inside ---------------------------------------------------------------------------------------
class LoseMedium(_Happening):
    """The medium that is carried at this moment is lost; a new one is made under the same number."""

    kind: Literal["lose_medium"]
    direction: Literal["up", "down"] = "up"


class FindMedium(_Happening):
    """The medium that was lost last is found, and somebody puts it into the reader: it must be refused."""

    kind: Literal["find_medium"]
    direction: Literal["up", "down"] = "up"


class WrongMedium(_Happening):
    """Somebody puts a medium into the reader that must not be taken in."""

    kind: Literal["wrong_medium"]
    fault: Literal["unlabelled", "forged", "foreign", "used", "stale", "early", "incomplete"]
    direction: Literal["up", "down"] = "up"


class BreakLine(_Happening):
    """The line between registry and terminal is down for so long."""

    kind: Literal["break_line"]
    minutes: Minutes


# --- the exchange terminal --------------------------------------------------------------------------------
class ReplaceTerminal(_Happening):
    """The exchange terminal fails and another machine takes its place."""

    kind: Literal["replace_terminal"]
    serial: Place


class WrongPins(_Happening):
    """Somebody tries an operator's PIN so many times and fails; five lock the operator out.

    `operator`: whose, by default the first one's.
    """

    kind: Literal["wrong_pins"]
    times: Annotated[int, Field(ge=1, le=20)] = 3
    operator: OperatorId = ""


class Unlock(_Happening):
    """The first administrator among the operators unlocks `operator`, by default the first operator."""

    kind: Literal["unlock"]
    operator: OperatorId = ""


class Stranger(_Happening):
    """A peer that nobody listed knocks at the terminal."""

    kind: Literal["stranger"]


class ExportLog(_Happening):
    """An operator, by default the first one, exports the audit log to a medium."""

    kind: Literal["export_log"]
    operator: OperatorId = ""


class OperatorLooks(_Happening):
    """An operator logs on and looks at what is not answered yet; the job done, the terminal logs off."""

    kind: Literal["operator_looks"]
    operator: OperatorId = ""


class OperatorForgets(_Happening):
    """An operator logs on and walks away without a job and without logging off."""

    kind: Literal["operator_forgets"]
    operator: OperatorId = ""


class HandOver(_Happening):
    """In a declared outage a messenger takes what waits on both sides, on media or on paper."""

    kind: Literal["hand_over"]
    manner: Literal["media", "paper"] = "media"
    operator: OperatorId = ""


class TerminalFault(_Happening):
    """A fault at the terminal is reported to the centre, and mended after so long. `fault`: a short name."""

    kind: Literal["terminal_fault"]
    fault: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    minutes: Minutes


# --- offices and card terminals ---------------------------------------------------------------------------
class PrinterFails(_Happening):
    """The endorsement printer of an office (by its place in the list, from 1) is out of order for so long."""

    kind: Literal["printer_fails"]
    office: Annotated[int, Field(ge=1, le=99)] = 1
    minutes: Minutes


class PatternReleased(_Happening):
    """The agency releases a pattern file for card terminals; connected ones take it by themselves.

    `brought_after_days`: after how many days somebody brings it to standalone terminals; None: nobody does.
    """

    kind: Literal["pattern_released"]
    version: Place
    brought_after_days: Annotated[int, Field(ge=0, le=365)] | None = 14


# --- the whole country ------------------------------------------------------------------------------------
class SurveyBegins(_Happening):
    """The ministry surveys whether municipalities could write to chips."""

    kind: Literal["survey_begins"]


class StartDecided(_Happening):
    """Both ministries sign the decision; writing may start from `start` on."""

    kind: Literal["start_decided"]
    start: date


class WritingStarts(_Happening):
    """Writing to chips starts in the whole country, when every municipality is ready."""

    kind: Literal["writing_starts"]


Happening = Annotated[
    LoseMedium
    | FindMedium
    | WrongMedium
    | BreakLine
    | ReplaceTerminal
    | WrongPins
    | Unlock
    | Stranger
    | ExportLog
    | OperatorLooks
    | OperatorForgets
    | HandOver
    | TerminalFault
    | PrinterFails
    | PatternReleased
    | SurveyBegins
    | StartDecided
    | WritingStarts,
    Field(discriminator="kind"),
]
