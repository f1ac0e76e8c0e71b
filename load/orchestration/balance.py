"""Does it add up? What was planned, what the server's journal says, and what came back to the endpoints.

Three sides are held against each other: the plan (what each batch holds and what must become of it), the
server's journal, and the answers that the endpoints fetched, opened here with their own keys. The endpoints'
side is written down as their terminals and registers would have (`endpoint_lines`), so that the same
reconciliation that holds journals of a simulation against each other (`sim.exchange.reconciliation`) says
whether anything was lost, doubled, or told otherwise than it was decided.

The sums of the results are counted from what the server says it decided, not from what is left over: so what
is missing or too many shows as a rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import msgspec

from load.engine.rows import ANSWERS, ROWS, Row, read_rows
from load.keys import Keys
from load.payloads import DAY, Contents, contents
from load.results import Balance
from sim.base.errors import HarnessError
from sim.base.instant import Instant
from sim.base.journal import VERSION as JOURNAL
from sim.base.journal import Data, Line
from sim.exchange import batch as batches
from sim.exchange.batch import DOWN, UP, Batch
from sim.exchange.envelope import Opened, open_sealed
from sim.exchange.profile import open_profile, open_profiles
from sim.exchange.reconciliation import Reconciliation, reconcile
from sim.exchange.records import Result

_AT_ONCE: Final = 64
# How many surprises are told one by one.
MOST_TOLD: Final = 100

PENDING: Final = "pending"
LOST: Final = "lost"


class Verdict(msgspec.Struct, frozen=True, array_like=True):
    """What an answer says about a batch (`scope`) or a record: `code` is empty when it was accepted."""

    scope: str
    answers: str
    code: str


class Heard(msgspec.Struct, frozen=True):
    """An answer that an endpoint fetched and opened. `ref`: its name; `fault`: why it could not be read."""

    code: str
    ref: str
    acknowledged: bool
    verdicts: tuple[Verdict, ...]
    fault: str = ""


@dataclass(slots=True)
class Sums:
    """A balance in the making."""

    planned: int = 0
    unsent: int = 0
    accepted: int = 0
    rejected: int = 0
    pending: int = 0
    lost: int = 0
    doubled: int = 0
    answered: int = 0
    codes: dict[str, int] = field(default_factory=dict)

    def told(self) -> Balance:
        return Balance(
            planned=self.planned,
            unsent=self.unsent,
            accepted=self.accepted,
            rejected=self.rejected,
            pending=self.pending,
            lost=self.lost,
            doubled=self.doubled,
            answered=self.answered,
            codes=dict(sorted(self.codes.items())),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a whole run comes to. `surprises`: what was decided or told otherwise than it had to be.

    `by_code`: the records of each endpoint.
    """

    batches: Balance
    records: Balance
    by_code: dict[str, Balance]
    reconciliation: Reconciliation | None
    surprises: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Nothing is missing, nothing too many, and everything was decided as it had to be."""
        return not self.surprises and (self.reconciliation is None or self.reconciliation.sound)


# --- the answers --------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Task:
    folder: Path
    keys: Path
    rows: tuple[Row, ...]


def heard(
    folder: Path, keys: Keys, *, workers: int, progress: Callable[[int], None] | None = None
) -> Iterator[Heard]:
    """The answers of a run, opened by whom they are for, in the order of the rows.

    Args:
        folder: with the rows and answers of the engine.
        progress: told the number of rows that are done.
    """
    tasks, done = _tasks(folder, keys), 0
    for found in _run(tasks, workers):
        done += _AT_ONCE
        if progress is not None:
            progress(done)
        yield from found


def _tasks(folder: Path, keys: Keys) -> Iterator[_Task]:
    held: list[Row] = []
    for row in read_rows(folder / ROWS):
        held.append(row)
        if len(held) == _AT_ONCE:
            yield _Task(folder, keys.folder, tuple(held))
            held = []
    if held:
        yield _Task(folder, keys.folder, tuple(held))


def _run(tasks: Iterable[_Task], workers: int) -> Iterator[list[Heard]]:
    rest = iter(tasks)
    ahead = list(islice(rest, 2))
    tasks = chain(ahead, rest)
    if workers == 1 or len(ahead) == 1:
        yield from map(_open, tasks)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_open, tasks)


def _open(task: _Task) -> list[Heard]:
    keys = Keys(task.keys)
    trust, agency = keys.trust(), open_profile().agency
    found: list[Heard] = []
    with (task.folder / ANSWERS).open("rb") as file:
        for row in task.rows:
            if not row.answers:
                continue
            identity = keys.envelope(row.code)
            for answer in row.answers:
                file.seek(answer.offset)
                opened = open_sealed(file.read(answer.size), identity, trust, DAY)
                if not isinstance(opened, Opened):
                    found.append(Heard(row.code, answer.ref, answer.acknowledged, (), str(opened.code)))
                    continue
                answered = _read(opened.content)
                if answered is None or opened.sender != agency:
                    found.append(Heard(row.code, answer.ref, answer.acknowledged, (), "NOT_AN_ANSWER"))
                    continue
                verdicts = tuple(
                    Verdict(record.scope, record.answers, "" if record.accepted else record.code)
                    for record in answered.records
                    if isinstance(record, Result)
                )
                found.append(Heard(row.code, answered.header.batch_id, answer.acknowledged, verdicts))
    return found


def _read(content: bytes) -> Batch | None:
    """A batch in whichever version of the profile the server wrote it; None when it is none."""
    found = (batches.decode(content, profile).batch for profile in open_profiles())
    return next((batch for batch in found if batch is not None), None)


# --- the sum ------------------------------------------------------------------------------------------------
def balance(
    payloads: Path,
    rows: Iterable[Row],
    answers: Iterable[Heard],
    server: Iterable[Line] | None,
    *,
    asked: Callable[[str, str], str] | None = None,
) -> Outcome:
    """Holds everything against each other.

    Args:
        payloads: what was planned.
        server: the server's journal; None when it cannot be had, and then what the endpoints were told
        decides. asked: gives, for a batch (endpoint, name) that the server had kept and its journal does
        not know,
            whether the server still has it (`PENDING`) or knows nothing of it (`LOST`).
    """
    sent = {ref for row in rows for ref in row.uploads}
    said = list(answers)
    plan = list(contents(payloads))
    taken: dict[str, str] = {}
    refused: dict[str, str] = {}
    decided: dict[str, list[str]] = {}
    lines: list[Line] | None = None
    if server is not None:
        lines = list(server)
        for line in lines:
            _note(line, taken, refused, decided)
    told = _told(said)
    surprises = [f"{one.ref}: an answer could not be read: {one.fault}" for one in said if one.fault]
    batch_sums, record_sums, by_code = Sums(), Sums(), dict[str, Sums]()
    for batch in plan:
        batch_sums.planned += 1
        state = _batch(batch, batch_sums, sent, taken, refused, told, lines is not None, asked)
        own = by_code.setdefault(batch.code, Sums())
        for record in batch.records:
            verdicts = decided.get(record.name, []) if lines is not None else _codes(told, record.name)
            for sums in (record_sums, own):
                _record(record.name, verdicts, state, sums, told)
            surprises += _surprising(record.name, record.code, verdicts, told)
    found = None
    if lines is not None:
        found = reconcile([*lines, *endpoint_lines(plan, sent, said)])
    return Outcome(
        batch_sums.told(),
        record_sums.told(),
        {code: sums.told() for code, sums in by_code.items()},
        found,
        tuple(surprises),
    )


def _note(line: Line, taken: dict[str, str], refused: dict[str, str], decided: dict[str, list[str]]) -> None:
    match line.kind:
        case "batch_accepted":
            taken[line.subject] = "" if line.subject not in taken else "again"
        case "batch_rejected":
            refused[line.subject] = str(line.data["code"])
        case "record_accepted":
            decided.setdefault(line.data["record"], []).append("")
        case "record_rejected":
            decided.setdefault(line.data["record"], []).append(str(line.data["code"]))


def _told(said: Sequence[Heard]) -> dict[tuple[str, str], list[tuple[str, bool]]]:
    """By (scope, name): each verdict that came back, and whether its answer was acknowledged."""
    found: dict[tuple[str, str], list[tuple[str, bool]]] = {}
    for one in said:
        for verdict in one.verdicts:
            row = (verdict.code, one.acknowledged)
            found.setdefault((verdict.scope, verdict.answers), []).append(row)
    return found


def _codes(told: dict[tuple[str, str], list[tuple[str, bool]]], name: str) -> list[str]:
    return [code for code, _ in told.get(("record", name), [])]


def _batch(
    batch: Contents,
    sums: Sums,
    sent: set[str],
    taken: dict[str, str],
    refused: dict[str, str],
    told: dict[tuple[str, str], list[tuple[str, bool]]],
    whole: bool,
    asked: Callable[[str, str], str] | None,
) -> str:
    """Counts a batch, and says what became of it: unsent, accepted, rejected, pending or lost."""
    verdicts = told.get(("batch", batch.ref), [])
    sums.answered += any(acknowledged for _, acknowledged in verdicts)
    if whole:
        accepted, code = batch.ref in taken, refused.get(batch.ref)
        sums.doubled += taken.get(batch.ref) == "again"
        sums.accepted += taken.get(batch.ref) == "again"
    else:
        accepted, code = any(not one for one, _ in verdicts), next((one for one, _ in verdicts if one), None)
        again = max(len(verdicts) - 1, 0)
        sums.doubled += again
        sums.accepted += again
    if accepted:
        sums.accepted += 1
        return "accepted"
    if code is not None:
        sums.rejected += 1
        sums.codes[code] = sums.codes.get(code, 0) + 1
        return "rejected"
    if batch.ref not in sent:
        sums.unsent += 1
        return "unsent"
    state = PENDING if asked is None else asked(batch.code, batch.ref)
    if state == LOST:
        sums.lost += 1
    else:
        sums.pending += 1
    return state


def _record(
    name: str,
    verdicts: Sequence[str],
    state: str,
    sums: Sums,
    told: dict[tuple[str, str], list[tuple[str, bool]]],
) -> None:
    sums.planned += 1
    sums.answered += any(acknowledged for _, acknowledged in told.get(("record", name), []))
    sums.doubled += max(len(verdicts) - 1, 0)
    for code in verdicts:
        if code:
            sums.rejected += 1
            sums.codes[code] = sums.codes.get(code, 0) + 1
        else:
            sums.accepted += 1
    if verdicts:
        return
    match state:
        case "accepted":
            sums.lost += 1  # its batch was taken in, and nothing became of it
        case "rejected":
            sums.rejected += 1
            sums.codes["WITH_ITS_BATCH"] = sums.codes.get("WITH_ITS_BATCH", 0) + 1
        case "unsent":
            sums.unsent += 1
        case "lost":
            sums.lost += 1
        case _:
            sums.pending += 1


def _surprising(
    name: str, expected: str, verdicts: Sequence[str], told: dict[tuple[str, str], list[tuple[str, bool]]]
) -> Iterator[str]:
    """What was decided, or told, otherwise than the record was made for."""
    for where, codes in (("decided", verdicts), ("told", _codes(told, name))):
        for code in dict.fromkeys(codes):
            if code != expected:
                yield f"{name}: {where} {code or 'accepted'}, and it was made to be {expected or 'accepted'}"


# --- the endpoints' side ------------------------------------------------------------------------------------
def endpoint_lines(plan: Sequence[Contents], sent: set[str], said: Sequence[Heard]) -> Iterator[Line]:
    """What the endpoints' terminals and registers would have written, all of it at one instant each.

    Instants do not matter to the sum; the order does, and it is that of the exchange: raised, made, answered.
    """
    business = {one.code: name for name, one in open_profile().businesses.items()}
    pen = _Pen()
    kinds: dict[str, tuple[str, str]] = {}
    for batch in plan:
        for record in batch.records:
            kinds[record.name] = (record.kind, record.person)
            data: Data = {"record": record.name, "kind": record.kind, "business": batch.business}
            yield pen.line(f"registry-{batch.code}", "record_raised", record.person, data)
        if batch.ref in sent:
            held = [record.name for record in batch.records]
            data = {"direction": UP, "business": batch.business, "contains": held}
            yield pen.line(f"terminal-{batch.code}", "batch_made", batch.ref, data)
    for one in said:
        if one.fault:
            continue
        data = {"direction": DOWN, "business": business[one.ref.split("-")[2]]}
        yield pen.line(f"terminal-{one.code}", "batch_received", one.ref, data)
        for verdict in one.verdicts:
            if verdict.scope != "record":
                continue
            kind, person = kinds.get(verdict.answers, ("", ""))
            outcome = "rejected" if verdict.code else "accepted"
            data = {"record": verdict.answers, "kind": kind, "outcome": outcome}
            if verdict.code:
                data["code"] = verdict.code
            yield pen.line(f"registry-{one.code}", "result_applied", person, data)


class _Pen:
    """Numbers the lines of each node."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def line(self, node: str, kind: str, subject: str, data: Data) -> Line:
        n = self._numbers[node] = self._numbers.get(node, 0) + 1
        return Line(JOURNAL, node, n, Instant(n), kind, "", "", subject, data)


def told(outcome: Outcome) -> list[str]:
    """Why it does not add up, a line each; nothing when it does."""
    rows = list(outcome.surprises[:MOST_TOLD])
    if len(outcome.surprises) > MOST_TOLD:
        rows.append(f"and {len(outcome.surprises) - MOST_TOLD:,} more")
    if outcome.reconciliation is not None and not outcome.reconciliation.sound:
        rows += outcome.reconciliation.told()[-MOST_TOLD:]
    return rows


def answer_lines(folder: Path) -> Iterator[Row]:
    """The rows of a run.

    Raises:
        HarnessError: the engine left none.
    """
    if not (folder / ROWS).exists():
        raise HarnessError("the load generator left no exchanges", where=str(folder / ROWS))
    return read_rows(folder / ROWS)
