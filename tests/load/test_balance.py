"""Nothing is lost and nothing doubled, or the sum says what: plan, journal and answers against each other."""

from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from load.engine.rows import DONE, FAILED, Row
from load.orchestration.balance import LOST, PENDING, Heard, Outcome, Verdict, balance, told
from load.payloads import Contents, contents
from sim.base.instant import Instant
from sim.base.journal import Data, Line
from tests.load.rig import CODES, intended, prepared

FEW = CODES[:2]


@pytest.fixture(scope="module")
def payloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two endpoints with four records each, some of them faulty."""
    folder = tmp_path_factory.mktemp("load") / "payloads"
    made = prepared(folder, intended(FEW, records=4), faulty=0.3)
    assert made.faulty
    return folder


class Server:
    """A server's journal, and the answers that go with it: everything as it has to be, until it is bent."""

    def __init__(self, payloads: Path) -> None:
        self.plan: list[Contents] = list(contents(payloads))
        self.lines: list[Line] = []
        self.answers: list[Heard] = []
        sequences: dict[str, int] = {}
        for batch in self.plan:
            way = f"ISA-{batch.code}-{batch.ref.split('-')[2]}"
            sequences[way] = sequences.get(way, 0) + 1
            held = len(batch.records)
            data: Data = {"direction": "up", "business": batch.business, "from": batch.code, "records": held}
            self.write("batch_accepted", batch.ref, data)
            verdicts = [Verdict("batch", batch.ref, "")]
            for record in batch.records:
                data = {"record": record.name, "kind": record.kind}
                if record.code:
                    self.write("record_rejected", record.person, data | {"code": record.code})
                else:
                    self.write("record_accepted", record.person, data)
                verdicts.append(Verdict("record", record.name, record.code))
            ref = f"{way}-{sequences[way]:08d}"
            self.write("batch_made", ref, {"direction": "down", "business": batch.business, "contains": []})
            self.answers.append(Heard(batch.code, ref, True, tuple(verdicts)))
        self.rows = [
            Row(
                code=code,
                nth=1,
                night=0,
                intended=0,
                records=4,
                worker="one",
                outcome=DONE,
                uploads=tuple(batch.ref for batch in self.plan if batch.code == code),
            )
            for code in FEW
        ]

    def write(self, kind: str, subject: str, data: Data) -> None:
        n = len(self.lines) + 1
        self.lines.append(Line(1, "ministry", n, Instant(n), kind, "", "", subject, data))

    def forget(self, lines: Iterable[Line]) -> None:
        """The journal without these lines, numbered anew: nobody sees a hole."""
        gone = {line.n for line in lines}
        kept = [line for line in self.lines if line.n not in gone]
        self.lines = [msgspec.structs.replace(line, n=n) for n, line in enumerate(kept, start=1)]

    def of(self, batch: Contents) -> list[Line]:
        names = {batch.ref, *(record.name for record in batch.records)}
        return [line for line in self.lines if names & {line.subject, line.data.get("record", "")}]


@pytest.fixture
def server(payloads: Path) -> Server:
    return Server(payloads)


def held(payloads: Path, server: Server, state: str = LOST) -> Outcome:
    return balance(payloads, server.rows, server.answers, server.lines, asked=lambda code, ref: state)


def test_a_night_on_which_all_went_well_adds_up(payloads: Path, server: Server) -> None:
    found = held(payloads, server)
    faulty = sum(bool(record.code) for batch in server.plan for record in batch.records)
    assert found.sound
    assert told(found) == []
    assert (found.records.planned, found.records.rejected) == (8, faulty)
    assert found.records.answered == found.records.accepted + found.records.rejected == 8
    assert sum(found.records.codes.values()) == faulty
    assert found.batches.accepted == found.batches.answered == len(server.plan)
    assert found.batches.rest == found.records.rest == 0
    assert {code: one.planned for code, one in found.by_code.items()} == dict.fromkeys(FEW, 4)


def test_a_batch_that_the_server_took_and_does_not_know_is_lost(payloads: Path, server: Server) -> None:
    batch = server.plan[0]
    server.forget(server.of(batch))
    server.answers = [one for one in server.answers if one.verdicts[0].answers != batch.ref]
    found = held(payloads, server)
    assert (found.batches.lost, found.records.lost) == (1, len(batch.records))
    assert found.batches.rest == found.records.rest == 0


def test_a_batch_that_the_server_still_has_is_pending_and_not_lost(payloads: Path, server: Server) -> None:
    batch = server.plan[0]
    server.forget(server.of(batch))
    server.answers = [one for one in server.answers if one.verdicts[0].answers != batch.ref]
    found = held(payloads, server, PENDING)
    assert (found.batches.lost, found.batches.pending) == (0, 1)
    assert (found.records.lost, found.records.pending) == (0, len(batch.records))


def test_a_batch_that_was_never_taken_is_unsent(payloads: Path, server: Server) -> None:
    batch = server.plan[0]
    server.forget(server.of(batch))
    server.answers = [one for one in server.answers if one.verdicts[0].answers != batch.ref]
    server.rows = [
        msgspec.structs.replace(
            row, outcome=FAILED, uploads=tuple(ref for ref in row.uploads if ref != batch.ref)
        )
        for row in server.rows
    ]
    found = held(payloads, server)
    assert (found.batches.unsent, found.records.unsent) == (1, len(batch.records))
    assert found.batches.sent == len(server.plan) - 1
    assert found.sound  # what never went can still go


def test_a_record_of_which_nothing_became_is_lost(payloads: Path, server: Server) -> None:
    record = server.plan[0].records[0]
    server.forget([line for line in server.lines if line.data.get("record") == record.name])
    found = held(payloads, server)
    assert (found.batches.lost, found.records.lost) == (0, 1)
    assert not found.sound
    assert any("LOST" in line or record.name in line for line in told(found))


def test_a_record_that_was_decided_twice_is_doubled_and_leaves_a_rest(payloads: Path, server: Server) -> None:
    line = next(line for line in server.lines if line.kind == "record_accepted")
    server.write(line.kind, line.subject, line.data)
    found = held(payloads, server)
    assert found.records.doubled == 1
    assert found.records.rest == -1
    assert not found.sound


def test_a_batch_that_was_taken_in_twice_is_doubled(payloads: Path, server: Server) -> None:
    line = next(line for line in server.lines if line.kind == "batch_accepted")
    server.write(line.kind, line.subject, line.data)
    found = held(payloads, server)
    assert (found.batches.doubled, found.batches.rest) == (1, -1)
    assert not found.sound


def test_an_answer_that_came_twice_under_two_names_is_no_sound_night(payloads: Path, server: Server) -> None:
    server.answers.append(server.answers[0])
    assert not held(payloads, server).sound


def test_a_good_record_that_was_rejected_is_told(payloads: Path, server: Server) -> None:
    at = next(at for at, line in enumerate(server.lines) if line.kind == "record_accepted")
    line = server.lines[at]
    data = {**line.data, "code": "BAD_FORM"}
    server.lines[at] = msgspec.structs.replace(line, kind="record_rejected", data=data)
    found = held(payloads, server)
    assert f"{line.data['record']}: decided BAD_FORM, and it was made to be accepted" in told(found)
    assert found.records.codes["BAD_FORM"] == 1


def test_a_verdict_that_its_sender_was_told_otherwise_is_told(payloads: Path, server: Server) -> None:
    heard = server.answers[0]
    wrong = [
        msgspec.structs.replace(one, code="" if one.code else "BAD_FORM") if one.scope == "record" else one
        for one in heard.verdicts
    ]
    server.answers[0] = msgspec.structs.replace(heard, verdicts=tuple(wrong))
    found = held(payloads, server)
    assert not found.sound
    assert any(": told " in line for line in told(found))


def test_an_answer_that_cannot_be_opened_is_told(payloads: Path, server: Server) -> None:
    server.answers[0] = Heard(FEW[0], server.answers[0].ref, True, (), "DAMAGED")
    found = held(payloads, server)
    assert f"{server.answers[0].ref}: an answer could not be read: DAMAGED" in told(found)
    assert found.batches.answered == len(server.plan) - 1


def test_an_answer_whose_receipt_the_server_never_had_is_not_answered(payloads: Path, server: Server) -> None:
    server.answers[0] = msgspec.structs.replace(server.answers[0], acknowledged=False)
    found = held(payloads, server)
    assert found.batches.answered == len(server.plan) - 1


def test_without_a_journal_the_answers_decide(payloads: Path, server: Server) -> None:
    found = balance(payloads, server.rows, server.answers, None)
    whole = held(payloads, server)
    assert found.reconciliation is None
    assert (found.batches, found.records) == (whole.batches, whole.records)
    again = balance(payloads, server.rows, [*server.answers, server.answers[0]], None)
    assert again.batches.doubled == 1
