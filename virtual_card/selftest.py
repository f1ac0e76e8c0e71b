"""renkei's cards judged by renkei's reader: every forgery, every genuine card, every client's habit.

`doctor --selftest` prints this, and the tests hold it. A forgery is read and judged like any card, through a
chip in this process, with each set of evidence that a checker may have: its verdict must be due to exactly
those whom the catalogue names. A genuine card is judged with all evidence there is. Nothing here knows how a
forgery was made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import combinations
from typing import Final

from virtual_card.cardfile import Card
from virtual_card.chip.chip import Chip
from virtual_card.draws import Draws
from virtual_card.errors import ReaderError
from virtual_card.faces import Item
from virtual_card.forgeries import Exhibit, Forgery, exhibit, forgeries_for
from virtual_card.habits import HABITS, Habit, read, reads_all, shows_damage
from virtual_card.layouts import CardType, profile_of
from virtual_card.personalise.issue import issue_sample
from virtual_card.reader.authenticity import AtHand, Authenticity, judge, judge_unread
from virtual_card.reader.reading import CardReading, interpret
from virtual_card.reader.session import read_card
from virtual_card.reader.talk import converse
from virtual_card.reader.verify import pinned_test_anchors
from virtual_card.transports.in_process import InProcess
from virtual_card.verdicts import Evidence, Verdict

TYPES: Final = tuple(each for each in CardType if each is not CardType.PROPOSAL_2011)
SEED: Final = 1
GENUINE: Final = "genuine cards"
FORGED: Final = "forgeries"
HABIT: Final = "habits"
EVIDENCE: Final = tuple(
    frozenset((Evidence.CHIP, *more))
    for count in range(len(Evidence))
    for more in combinations([each for each in Evidence if each is not Evidence.CHIP], count)
)
"""Every set of evidence that a checker of a card may have, all there is last."""


@dataclass(frozen=True, slots=True)
class Case:
    """One cell of a table: what was tried on what, what had to come out and what did."""

    table: str
    row: str
    column: str
    expected: str
    received: str
    right: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """A cell that is still to be tried."""

    table: str
    row: str
    column: str
    run: Callable[[], Case]


def trials(seed: int = SEED) -> Iterator[Trial]:
    """All cells, genuine cards first, then forgeries, then habits. Nothing is made before it is run."""
    for card_type in TYPES:
        yield Trial(GENUINE, "genuine", card_type, partial(_genuine, card_type, seed))
    for card_type in TYPES:
        for forgery in forgeries_for(card_type):
            yield Trial(FORGED, forgery.id, card_type, partial(_forged, card_type, seed, forgery))
    for habit in HABITS:
        for card_type in TYPES:
            if profile_of(card_type).generation in habit.generations:
                yield Trial(HABIT, habit.id, card_type, partial(_habit, card_type, seed, habit))


def all_cases(seed: int = SEED) -> Iterator[Case]:
    """All cells, tried."""
    return (trial.run() for trial in trials(seed))


def examine(shown: Exhibit, evidence: frozenset[Evidence]) -> Authenticity:
    """Read and judge an exhibit with this much of its evidence.

    By the printed number where the face is at hand, by the number that opens the chip where it is not.
    """
    return _judged(shown, evidence, _read(shown, evidence))


def _read(shown: Exhibit, evidence: frozenset[Evidence]) -> CardReading | ReaderError:
    face = shown.card.face if Evidence.FACE in evidence else None
    number = face.items[Item.NUMBER] if face else shown.card.content.number
    transport = InProcess(Chip(shown.card.content, Draws(SEED, "chip").octets))
    atr = transport.connect()
    try:
        return interpret(converse(transport, read_card(number, Draws(SEED, "reader").octets)), atr)
    except ReaderError as error:
        return error


def _judged(
    shown: Exhibit, evidence: frozenset[Evidence], read_as: CardReading | ReaderError
) -> Authenticity:
    face = shown.card.face
    at_hand = AtHand(
        face=face if Evidence.FACE in evidence else None,
        register=shown.register if Evidence.REGISTER in evidence else None,
        revoked=shown.revoked if Evidence.REVOKED_NUMBERS in evidence else None,
    )
    if isinstance(read_as, ReaderError):
        return judge_unread(read_as, shown.on, at_hand)
    return judge(read_as, pinned_test_anchors(), shown.on, at_hand)


@cache
def _card(card_type: CardType, seed: int) -> Card:
    return issue_sample(card_type, seed=seed)


def _genuine(card_type: CardType, seed: int) -> Case:
    found = examine(exhibit(_card(card_type, seed)), frozenset(Evidence))
    right = found.verdict is Verdict.GENUINE
    return Case(GENUINE, "genuine", card_type, Verdict.GENUINE.value, _told(found), right)


def _forged(card_type: CardType, seed: int, forgery: Forgery) -> Case:
    shown = exhibit(_card(card_type, seed), forgery.id)
    expected = forgery.verdict.value + (f" ({forgery.reason.value})" if forgery.reason else "")
    read_as = {faced: _read(shown, frozenset({Evidence.FACE} if faced else ())) for faced in (False, True)}
    wrong = []
    for evidence in EVIDENCE:
        found = _judged(shown, evidence, read_as[Evidence.FACE in evidence])
        if not as_declared(forgery, card_type, evidence, found):
            wrong.append(f"{_told(found)} from {', '.join(each for each in Evidence if each in evidence)}")
    received = "; ".join(wrong) or _told(found)
    return Case(FORGED, forgery.id, card_type, expected, received, not wrong)


def as_declared(
    forgery: Forgery, card_type: CardType, evidence: frozenset[Evidence], found: Authenticity
) -> bool:
    """Whether a checker with this evidence found what the catalogue declares: no less, and no more either."""
    if forgery.reason is None:
        return (found.verdict, found.reasons) == (forgery.verdict.answer, ())
    seen = found.verdict is forgery.verdict and forgery.reason in found.reasons
    return seen is forgery.is_due(card_type, evidence)


def _habit(card_type: CardType, seed: int, habit: Habit) -> Case:
    content = _card(card_type, seed).content
    chip = Chip(content, Draws(SEED, "chip").octets)
    transport = InProcess(chip)
    transport.connect()
    talk = read(habit, content.profile, content.number, Draws(SEED, habit.id).octets)
    try:
        held = converse(transport, talk)
    except ReaderError as error:
        received = f"gives up: {error.message}"
    else:
        if reads_all(held, chip.contents()):
            received = "reads"
        else:
            damaged = shows_damage(content.profile, held)
            received = "fails visibly" if damaged else "reads something else and does not notice"
    expected = "reads" if habit.good else "fails visibly"
    return Case(HABIT, habit.id, card_type, expected, received, received == expected)


def _told(found: Authenticity) -> str:
    reasons = ", ".join(reason.value for reason in found.reasons)
    return found.verdict.value + (f" ({reasons})" if reasons else "")


def show(cases: tuple[Case, ...], say: Callable[[str], None]) -> None:
    """Print tables of rows × columns; wrong cells in full below them; the summary in the last line."""
    for table in dict.fromkeys(case.table for case in cases):
        mine = [case for case in cases if case.table == table]
        columns = list(dict.fromkeys(case.column for case in cases))
        width = max(len(case.row) for case in mine)
        say(f"{table}")
        say(f"  {'':{width}}  " + "  ".join(f"{column:>4}" for column in columns))
        for row in dict.fromkeys(case.row for case in mine):
            cells = {case.column: _cell(case) for case in mine if case.row == row}
            told = next(case.expected for case in mine if case.row == row)
            marks = "  ".join(f"{cells.get(column, '-'):>4}" for column in columns)
            say(f"  {row:{width}}  {marks}   {told}")
        say("")
    for case in cases:
        if not case.right:
            say(f"WRONG  {case.row} on type {case.column}: expected {case.expected}, got {case.received}")
    say(summary(cases))


def as_rows(cases: tuple[Case, ...]) -> list[dict[str, str | bool]]:
    """The cells for programs."""
    return [
        {
            "table": case.table,
            "row": case.row,
            "card_type": case.column,
            "expected": case.expected,
            "received": case.received,
            "right": case.right,
        }
        for case in cases
    ]


def summary(cases: tuple[Case, ...]) -> str:
    """One line: how many of each table were right."""
    parts = []
    for table in dict.fromkeys(case.table for case in cases):
        mine = [case for case in cases if case.table == table]
        parts.append(f"{sum(case.right for case in mine)} of {len(mine)} {table}")
    wrong = sum(not case.right for case in cases)
    return f"{', '.join(parts)} as declared; {wrong} wrong"


def _cell(case: Case) -> str:
    return "ok" if case.right else "FAIL"
