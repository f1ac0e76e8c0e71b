"""A whole load test against a server in this process: what it writes, and with which code it ends."""

import json
import os
import signal
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from load import results, shapes
from load.engine.rows import ROWS, read_rows
from load.keys import Keys
from load.orchestration import attempt, running
from load.orchestration.attempt import Request, Tell
from load.orchestration.running import Finished
from load.orchestration.stand import Elsewhere
from load.orchestration.watch import Told
from load.payloads import manifest_of
from load.plan import Arrival
from load.results import Found, Kind
from load.shapes import Shape
from sim.base.errors import HarnessError, UsageError
from sim.base.journal import Line
from tests.load.fake_ministry import FakeMinistry, Faults
from tests.load.rig import CODES, made_keys

FEW = CODES[:4]


class Stand(Elsewhere):
    """The fake server, of which the journal can be had."""

    def __init__(self, codes: Sequence[str], faults: Faults | None = None) -> None:
        self.server = FakeMinistry(made_keys(), codes, faults)
        super().__init__([self.server.address])

    def __exit__(self, *_: object) -> None:
        self.server.__exit__(None, None, None)

    def told(self) -> Told:
        return Told(0, 0)

    def journal(self) -> Iterable[Line]:  # type: ignore[override]
        return self.server.journal()


def shape() -> Shape:
    """A night of four seconds in which four endpoints have some dozens of records."""
    small = shapes.changed(
        shapes.load("nightly"),
        endpoints={"only": tuple(FEW)},
        records={"total": 40, "among": "endpoints"},
        window={"factor": 10_000},
        arrivals={"spread": "even", "last": "22:30:00", "jitter": 0},
    )
    kinds = ("lost", "doubled", "rest", "unfinished")
    limits = tuple(limit for limit in small.thresholds if limit.kind in kinds)
    return small.model_copy(update={"thresholds": limits})


def asked(out: Path, **changes: Any) -> Request:
    given: dict[str, Any] = {"shape": shape(), "out": out, "keys": made_keys().folder, "network": False}
    return Request(**given | changes)


def done(request: Request, faults: Faults | None = None, tell: Tell = lambda _line: None) -> Finished:
    def make(_request: Request, _folder: Path, _keys: Keys, endpoints: Sequence[Arrival]) -> Stand:
        return Stand([one.code for one in endpoints], faults)

    return running.run(request, tell, make)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Finished]:
    """A run in which all went well, with faulty records among the others."""
    out = tmp_path_factory.mktemp("load") / "run"
    return out, done(asked(out, faulty=0.2, command="renkei load run nightly"))


@pytest.fixture(autouse=True)
def _soon_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What never ends is given up soon after the window."""
    monkeypatch.setattr(attempt, "_GRACE", (1.0, 1.0))


def outcomes(finished: Finished) -> dict[str, str]:
    return {one.threshold.id: one.outcome for one in finished.results.judged}


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        done(asked(tmp_path))


@pytest.mark.parametrize(
    "wrong",
    [
        {"servers": ("https://192.0.2.1:8443",), "kill_every": 1.0},
        {"servers": ("https://192.0.2.1:8443",), "database": "postgresql+psycopg://x/y"},
        {"listen": "0.0.0.0:5557"},
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_is_made(
    tmp_path: Path, wrong: dict[str, Any]
) -> None:
    with pytest.raises(UsageError):
        done(asked(tmp_path / "run", **wrong))
    assert not (tmp_path / "run" / "payloads").exists()


@pytest.mark.parametrize(
    "address", ["192.0.2.1", "http://192.0.2.1:80", "https://192.0.2.1:8443/path", "x:y"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="no address of a server"):
        Elsewhere([address])


def test_a_lost_batch_is_told_and_fails_the_run(tmp_path: Path) -> None:
    lost = f"{FEW[0]}-ISA-01-00000001"
    finished = done(asked(tmp_path / "run"), Faults(lose={lost}))
    assert finished.exit_code == 1
    assert finished.results.batches.lost == 1
    assert outcomes(finished)["nothing-lost"] == "fail"


def test_a_doubled_record_is_told_and_fails_the_run(tmp_path: Path) -> None:
    finished = done(asked(tmp_path / "run", seed=3), Faults(double=set(FEW)))
    assert finished.exit_code == 1
    assert finished.results.records.doubled == finished.results.records.planned > 0
    assert outcomes(finished)["nothing-doubled"] == outcomes(finished)["adds-up"] == "fail"
    assert not json.loads((tmp_path / "run" / "reconciliation.json").read_text("utf-8"))["sound"]


def test_a_generator_that_was_late_fails_nothing_and_passes_nothing(tmp_path: Path) -> None:
    late = shape().model_copy(update={"late_after_ms": 1})
    limit = next(one for one in shapes.load("nightly").thresholds if one.kind == "late_share")
    never = limit.model_copy(update={"limit": 0.0, "id": "never-late"})
    late = late.model_copy(update={"thresholds": (*late.thresholds, never)})
    # Everything is to begin at the same moment, which nothing can.
    late = late.model_copy(
        update={"arrivals": late.arrivals.model_copy(update={"spread": "at_once", "jitter": 0.0})}
    )
    finished = done(asked(tmp_path / "run", shape=late))
    assert outcomes(finished)["never-late"] == "fail"
    assert outcomes(finished)["all-done"] == "not_judged"
    assert finished.results.generator.late > 0


def test_a_night_on_which_all_went_well_ends_with_zero_and_leaves_everything(
    good: tuple[Path, Finished],
) -> None:
    out, finished = good
    assert finished.exit_code == 0, (finished.faults, outcomes(finished))
    found = results.read(out)
    assert found == finished.results
    assert found.records.planned == found.records.answered == found.records.accepted + found.records.rejected
    assert found.records.rejected == manifest_of(out / "payloads").faulty > 0
    assert found.run.fingerprints["payloads"] == manifest_of(out / "payloads").fingerprint
    assert found.run.command == "renkei load run nightly"
    assert [one.code for one in found.completion] == sorted(FEW)
    assert all(one.done is not None and one.answered == one.planned for one in found.completion)
    assert sum(one.finished for one in found.series.moments) == len(FEW)
    assert found.series.moments[-1].waiting == 0
    (night,) = found.window.nights
    assert (night.endpoints, night.finished) == (len(FEW), len(FEW))
    assert night.records == night.answered == found.records.planned
    assert {phase.id for phase in found.phases} == set(results.PHASES)


def test_an_interrupted_run_writes_what_it_has_and_says_so(tmp_path: Path) -> None:
    # The first endpoint is not answered for a long time; when the others are done, Ctrl-C comes.
    out = tmp_path / "run"
    interrupted = False

    def tell(line: str) -> None:
        nonlocal interrupted
        if line.startswith("exchanges: ") and not interrupted:
            while len(list(read_rows(out / ROWS))) < len(FEW) - 1:
                time.sleep(0.1)
            interrupted = True
            os.kill(os.getpid(), signal.SIGINT)

    # A worker of pytest-xdist ignores Ctrl-C, and a process keeps what its parent ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        finished = done(asked(out), Faults(late={FEW[0]: 300.0}), tell)
    finally:
        signal.signal(signal.SIGINT, before)
    assert interrupted
    assert finished.results.run.stopped == "interrupted"
    assert finished.exit_code == 130
    found = results.read(out)
    assert found.run.stopped == "interrupted"
    assert found.batches.unsent > 0
    assert found.batches.answered > 0
    assert found.outcome == "not_judged"


@pytest.mark.parametrize("kind", ["lost", "doubled", "rest"])
def test_what_an_interrupted_run_lost_is_told_all_the_same(good: tuple[Path, Finished], kind: Kind) -> None:
    def with_outcome(outcome: Found) -> Finished:
        judged = tuple(
            msgspec.structs.replace(one, outcome=outcome) if one.threshold.kind == kind else one
            for one in good[1].results.judged
        )
        run = msgspec.structs.replace(good[1].results.run, stopped="interrupted")
        return Finished(msgspec.structs.replace(good[1].results, run=run, judged=judged), ())

    assert with_outcome("fail").exit_code == 1
    assert with_outcome("pass").exit_code == 130


def test_a_server_that_ends_by_itself_cuts_the_run_short(tmp_path: Path) -> None:
    class Dying(Stand):
        gone = True

    finished = running.run(
        asked(tmp_path / "run"),
        lambda _line: None,
        lambda _request, _folder, _keys, endpoints: Dying([one.code for one in endpoints]),
    )
    assert finished.results.run.stopped == "the server ended by itself"
    assert finished.exit_code == 2
    assert results.read(tmp_path / "run").batches.unsent > 0


def test_a_server_that_would_not_start_is_a_fault_of_the_harness(tmp_path: Path) -> None:
    class Broken(Stand):
        def __enter__(self) -> "Broken":
            self.__exit__()
            raise HarnessError("it would not start")

    with pytest.raises(HarnessError, match="would not start"):
        running.run(
            asked(tmp_path / "run"),
            lambda _line: None,
            lambda _request, _folder, _keys, endpoints: Broken([one.code for one in endpoints]),
        )


def test_a_threshold_is_what_the_results_keep_of_it(good: tuple[Path, Finished]) -> None:
    judged = good[1].results.judged
    assert [one.threshold for one in judged] == list(shape().limits)
