"""The generator: what goes wrong is counted and gone on from, and waiting shows where it is corrected."""

import os
import signal
import socket
import time
from pathlib import Path

from load.engine import rows as exchanges
from load.engine.rows import CUT, DONE, DROPPED, FAILED, Histograms, Row, histograms_of
from load.engine.setup import BEGINS, MASTER, Setup, read_summary
from load.orchestration.children import engine
from load.payloads import Intended, schedule
from load.results import Phase, quantiles
from tests.load.fake_ministry import FakeMinistry, Faults
from tests.load.rig import (
    CODES,
    WITHIN,
    intended,
    made_keys,
    prepared,
    run,
    run_by_workers,
    setup_of,
    started,
)

FEW = CODES[:3]


def phase(histograms: Histograms, name: str) -> Phase:
    return next(one for one in histograms.phases() if one.id == name)


def median(phase: Phase, *, corrected: bool) -> int:
    spans = phase.corrected if corrected else phase.uncorrected
    assert spans is not None
    return quantiles(spans, [50])[0].value


def test_an_upload_that_the_server_turns_away_goes_again_and_is_counted(tmp_path: Path) -> None:
    prepared(tmp_path / "payloads", intended(FEW))
    with FakeMinistry(made_keys(), FEW, Faults(statuses=[500, 429, 503, 500])) as server:
        done = run(tmp_path, server.address)
    assert done.code == 0
    assert {row.outcome for row in done.rows} == {DONE}
    for status, times in ((500, 2), (429, 1), (503, 1)):
        assert sum(row.errors.get(f"{status} PLANNED", 0) for row in done.rows) == times
        assert sum(row.statuses.get(str(status), 0) for row in done.rows) == times
    assert sum(row.retries for row in done.rows) == 4
    assert sorted(server.uploads) == sorted(ref for row in done.rows for ref in row.uploads)


def test_a_certificate_that_is_refused_ends_the_exchange_at_once(tmp_path: Path) -> None:
    prepared(tmp_path / "payloads", intended(FEW[:1]))
    with FakeMinistry(made_keys(), FEW, Faults(statuses=[403])) as server:
        (row,) = run(tmp_path, server.address).rows
    assert (row.outcome, row.failure, row.retries) == (FAILED, "403 PLANNED", 0)
    assert row.kept is None


def test_a_server_that_refuses_connections_is_called_until_the_end(tmp_path: Path) -> None:
    prepared(tmp_path / "payloads", intended(FEW))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        done = run(tmp_path, f"127.0.0.1:{taken.getsockname()[1]}", until=2)
    assert {(row.outcome, row.failure) for row in done.rows} == {(FAILED, "REFUSED")}
    assert all(row.retries for row in done.rows)
    assert all(row.connected is None and row.uploads == () for row in done.rows)
    assert phase(done.histograms, "exchange").failed == len(FEW)


def test_a_server_that_comes_back_is_found_again(tmp_path: Path) -> None:
    prepared(tmp_path / "payloads", intended(FEW))
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    with started(tmp_path, setup_of(tmp_path, f"127.0.0.1:{port}")) as (child, said):
        said.first(BEGINS, child, WITHIN)
        time.sleep(1)
        with FakeMinistry(made_keys(), FEW, port=port):
            assert child.wait(WITHIN) == 0
    rows = list(exchanges.read_rows(tmp_path / exchanges.ROWS))
    assert {row.outcome for row in rows} == {DONE}
    assert all(row.errors["REFUSED"] for row in rows)


def test_a_connection_that_is_broken_off_loses_and_doubles_nothing(tmp_path: Path) -> None:
    prepared(tmp_path / "payloads", intended(FEW))
    # Some requests are never answered, and neither are the first two receipts, though they count.
    with FakeMinistry(made_keys(), FEW, Faults(hang_up=4, hang_up_after_receipt=2)) as server:
        done = run(tmp_path, server.address)
    assert {row.outcome for row in done.rows} == {DONE}
    assert sum(row.errors.get("BROKEN", 0) for row in done.rows) == 6
    assert len(server.uploads) == len(set(server.uploads)) == sum(len(row.uploads) for row in done.rows)
    assert all(answer.acknowledged for row in done.rows for answer in row.answers)


def test_a_batch_that_was_lost_leaves_its_exchange_without_an_answer(tmp_path: Path) -> None:
    prepared(tmp_path / "payloads", intended(FEW))
    lost = schedule(tmp_path / "payloads")[0].parcels[0].ref
    with FakeMinistry(made_keys(), FEW, Faults(lose={lost})) as server:
        rows = {row.code: row for row in run(tmp_path, server.address, until=4).rows}
    (failed,) = [row for row in rows.values() if row.outcome == FAILED]
    assert (failed.code, failed.failure) == (lost[:6], "NO_ANSWER")
    assert lost in failed.uploads
    assert failed.kept is not None
    assert failed.acknowledged is None


def test_waiting_behind_a_slow_server_shows_where_it_is_corrected_and_only_there(tmp_path: Path) -> None:
    # One endpoint is to begin an exchange every 50 ms, and each takes half a second.
    prepared(tmp_path / "payloads", [Intended(FEW[0], number * 50_000, 1) for number in range(8)])
    with FakeMinistry(made_keys(), FEW[:1], Faults(late={"": 0.5})) as server:
        done = run(tmp_path, server.address)
    exchange = phase(done.histograms, "exchange")
    assert exchange.uncorrected.count == 8
    assert median(exchange, corrected=False) < 1_200_000
    assert median(exchange, corrected=True) > 1_500_000
    assert done.summary.workers[0].late == 0  # the server was late, not the generator


def test_exchanges_begin_when_they_are_intended_to_whatever_the_others_do(tmp_path: Path) -> None:
    prepared(tmp_path / "payloads", intended(every=50_000))
    with FakeMinistry(made_keys(), CODES, Faults(late={"": 1.0})) as server:
        done = run(tmp_path, server.address)
    rows = sorted(done.rows, key=lambda row: row.intended)
    assert [row.intended for row in rows] == [number * 50_000 for number in range(len(CODES))]
    # The last began before the first was over.
    assert rows[-1].begun is not None
    assert rows[0].kept is not None
    assert rows[-1].begun < rows[0].kept


def test_a_generator_that_has_no_room_drops_arrivals_and_says_so(tmp_path: Path) -> None:
    prepared(tmp_path / "payloads", intended(every=0))
    with FakeMinistry(made_keys(), CODES, Faults(late={"": 0.5})) as server:
        done = run(tmp_path, server.address, most=2)
    dropped = [row for row in done.rows if row.outcome == DROPPED]
    assert len(dropped) == len(CODES) - 2
    assert all(row.begun is None and row.uploads == () for row in dropped)
    (worker,) = done.summary.workers
    assert (worker.arrivals, worker.dropped) == (len(CODES), len(CODES) - 2)


def test_a_generator_that_is_behind_its_schedule_counts_late_starts(tmp_path: Path) -> None:
    # Everything was to begin before the generator could.
    prepared(tmp_path / "payloads", [Intended(code, -2_000_000, 1) for code in FEW])
    with FakeMinistry(made_keys(), FEW) as server:
        done = run(tmp_path, server.address)
    (worker,) = done.summary.workers
    assert worker.late == len(FEW)
    assert worker.latest >= 1_000_000
    exchange = phase(done.histograms, "exchange")
    assert median(exchange, corrected=True) >= median(exchange, corrected=False) + 1_000_000


def test_a_run_that_is_stopped_tells_what_it_had_and_that_it_was_cut(tmp_path: Path) -> None:
    prepared(tmp_path / "payloads", [*intended(FEW, every=0), Intended(CODES[5], 30_000_000, 1)])
    with (
        FakeMinistry(made_keys(), CODES, Faults(late={FEW[1]: 30.0})) as server,
        started(tmp_path, setup_of(tmp_path, server.address, until=60)) as (child, said),
    ):
        said.first(BEGINS, child, WITHIN)
        while len(list(exchanges.read_rows(tmp_path / exchanges.ROWS))) < len(FEW) - 1:
            time.sleep(0.1)
        child.ask_to_stop()
        assert child.wait(WITHIN) == 0
    done = run_of(tmp_path)
    assert done[0] == "asked to stop"
    outcomes = {row.code: row.outcome for row in done[1]}
    assert outcomes == {FEW[0]: DONE, FEW[1]: CUT, FEW[2]: DONE}


def run_of(folder: Path) -> tuple[str, list[Row]]:
    return read_summary(folder).cut, list(exchanges.read_rows(folder / exchanges.ROWS))


def test_two_workers_share_the_load_and_come_to_one_account(tmp_path: Path) -> None:
    prepared(tmp_path / "payloads", intended())
    with FakeMinistry(made_keys(), CODES) as server:
        done = run_by_workers(tmp_path, server.address, 2)
    assert done.code == 0
    assert [worker.name for worker in done.summary.workers] == ["worker-1", "worker-2"]
    assert all(worker.arrivals for worker in done.summary.workers)
    # Each exchange of the schedule was done once, by one of them.
    told = [
        (row.name, row.intended, row.outcome, row.uploads, len(row.answers))
        for row in sorted(done.rows, key=lambda row: row.name)
    ]
    assert told == [
        (row.name, row.start, DONE, tuple(parcel.ref for parcel in row.parcels), len(row.parcels))
        for row in sorted(schedule(tmp_path / "payloads"), key=lambda row: row.name)
    ]
    # What the workers' histograms came to together is what all rows come to.
    assert done.histograms.phases() == histograms_of(done.rows).phases()


def test_a_worker_that_dies_is_named_and_the_others_rows_are_kept(tmp_path: Path) -> None:
    prepared(tmp_path / "payloads", intended(every=0))
    with (
        FakeMinistry(made_keys(), CODES, Faults(late={"": 2.0})) as server,
        started(tmp_path, setup_of(tmp_path, server.address, workers=2)) as (master, said),
    ):
        port = int(said.first(MASTER, master, WITHIN))
        setup = Setup(
            role="worker",
            payloads=str(tmp_path / "payloads"),
            keys=str(made_keys().folder),
            master_port=port,
        )
        log = tmp_path / "worker.log"
        with (
            engine("one", setup, log, lambda _line: None) as one,
            engine("two", setup, log, lambda _line: None),
        ):
            said.first(BEGINS, master, WITHIN)
            time.sleep(1.5)
            os.kill(one.pid, signal.SIGKILL)
            assert master.wait(WITHIN) == 0
    summary = read_summary(tmp_path)
    assert len(summary.lost) == 1
    assert len(summary.workers) == 1
    rows = list(exchanges.read_rows(tmp_path / exchanges.ROWS))
    assert 0 < len(rows) < len(CODES)


def test_a_worker_with_other_payloads_than_its_master_refuses(tmp_path: Path) -> None:
    prepared(tmp_path / "payloads", intended(FEW))
    prepared(tmp_path / "others", intended(FEW), seed=2)
    with FakeMinistry(made_keys(), FEW) as server:
        setup = setup_of(tmp_path, server.address)
        master = Setup(
            **{name: getattr(setup, name) for name in setup.__struct_fields__} | {"role": "master"}
        )
        with started(tmp_path, master) as (child, said):
            port = int(said.first(MASTER, child, WITHIN))
            worker = Setup(
                role="worker",
                payloads=str(tmp_path / "others"),
                keys=str(made_keys().folder),
                master_port=port,
            )
            with engine("worker", worker, tmp_path / "worker.log", lambda _line: None) as other:
                assert child.wait(WITHIN) == 2
                assert other.wait(WITHIN) == 2
    assert "are not those of its master" in (tmp_path / "worker.log").read_text("utf-8")


def test_a_master_whose_workers_do_not_come_gives_up(tmp_path: Path) -> None:
    prepared(tmp_path / "payloads", intended(FEW))
    setup = Setup(
        role="master",
        payloads=str(tmp_path / "payloads"),
        out=str(tmp_path),
        workers=1,
        connect_within=1.0,
    )
    with started(tmp_path, setup) as (child, _):
        assert child.wait(WITHIN) == 2
    assert "workers of the load did not come" in (tmp_path / "engine.log").read_text("utf-8")
