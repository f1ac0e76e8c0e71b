"""The load generator as a process: Locust as a library, with an open arrival model.

Locust's own model is closed: so many users, each doing one thing after the other, so that a slow server is
asked less. What is wanted here is the opposite, so of Locust's runner there is one user a worker, the
dispatcher, which goes through a schedule and starts each exchange at its time (`dispatch`). What is used of
Locust: its environment and runners, alone or as master and workers over any number of machines, the
messages between them, their heartbeats, and its events, to which each exchange is told.

    master ── share (part of the schedule, when it begins) ──▶ worker
           ◀── rows (exchanges that are over, with their answers), once a second
           ◀── over (histograms, state of the worker)
           ── stop ──▶

A runner that loses a worker starts its users on the others; a dispatcher that has begun does not begin again.
What the lost one had not told is missing from the rows, and the summary names it.

The process runs under gevent, whose patches `load.orchestration.children` applies before anything is
imported. It must be imported in such a process only.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn

import gevent  # type: ignore[import-untyped]
import msgspec
from gevent.event import Event  # type: ignore[import-untyped]
from gevent.os import tp_read  # type: ignore[import-untyped]
from locust import User, task
from locust.env import Environment
from locust.exception import StopUser
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from load import payloads
from load.endpoints import SealedFiles
from load.engine import rows as exchanges
from load.engine.dispatch import Dispatch
from load.engine.rows import DONE, Histograms, Kept, Row
from load.engine.setup import BEGINS, MASTER, PROGRESS, SUMMARY, Setup, Share, Summary, doors
from load.keys import Keys
from load.payloads import Scheduled
from load.results import Worker
from sim.base.errors import HarnessError, RenkeiError, UsageError

_SHARE: Final = "renkei_share"
_ROWS: Final = "renkei_rows"
_OVER: Final = "renkei_over"
_STOP: Final = "renkei_stop"
_LOOK: Final = 0.2
# Seconds between two packets of rows, and that workers have to say their last.
_PACKETS: Final = 1.0
_LAST_WORDS: Final = 15.0
_STOPPED: Final = 2
_ORPHANED: Final = 3

AnyRunner = LocalRunner | MasterRunner | WorkerRunner


def become(setup: str) -> NoReturn:
    """In the child: runs until the load is over. Ends with 0, or with 2 and a message."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    gevent.spawn(_end_with_parent)
    code = 0
    try:
        run(msgspec.json.decode(setup, type=Setup))
    except RenkeiError as error:
        print(f"renkei: {error}", file=sys.stderr, flush=True)
        code = _STOPPED
    sys.stdout.flush()
    sys.stderr.flush()
    # Locust leaves greenlets and threads that wait for messages; everything of ours is written by now.
    os._exit(code)


def _end_with_parent() -> None:
    while tp_read(0, 1):
        pass
    os._exit(_ORPHANED)


def run(setup: Setup) -> None:
    """One engine, whatever its role.

    Raises:
        UsageError: the payloads are not those of the master.
        HarnessError: workers did not come, or were lost before they had begun.
    """
    match setup.role:
        case "worker":
            _Performer(setup).serve()
        case "alone":
            _Conductor(setup, _Performer(setup)).conduct()
        case "master":
            _Conductor(setup, None).conduct()


class _Performer:
    """A worker, or the part of a lone engine that does the work."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._share: Share | None = None
        self._given, self._over = Event(), Event()
        self._packet: list[tuple[Row, list[bytes]]] = []
        self._begun = False
        self._work: gevent.Greenlet | None = None
        self._stopped = False
        self.fault: RenkeiError | None = None
        self._runner: AnyRunner | None = None
        self._environment: Environment | None = None

    def serve(self) -> None:
        """Works for the master until all is done."""
        environment = _environment(self)
        runner = environment.create_worker_runner(self._setup.master_host, self._setup.master_port)
        gevent.signal_handler(signal.SIGTERM, self.stop)
        self.join(environment, runner)
        while not self._over.wait(_LOOK):
            if runner.greenlet.dead if isinstance(runner.greenlet, gevent.Greenlet) else not runner.greenlet:
                raise HarnessError("the master of the load is gone", expected="a word that it is over")
        gevent.sleep(_PACKETS)  # so that the last message leaves before the process does, a fault above all
        if self.fault is not None:
            raise self.fault

    def join(self, environment: Environment, runner: AnyRunner) -> None:
        """Hears the runner's messages."""
        self._environment, self._runner = environment, runner
        runner.register_message(_SHARE, self._take_share)
        runner.register_message(_STOP, lambda **_: self.stop())

    def _take_share(self, environment: Environment, msg: Any, **_: Any) -> None:
        self._share = msgspec.convert(msg.data, type=Share)
        self._given.set()

    def stop(self) -> None:
        """Begins nothing more, and cuts off what is under way."""
        self._stopped = True
        self._given.set()
        if self._work is not None:
            self._work.kill(block=False)

    def perform(self) -> None:
        """The dispatcher's only task: the whole share."""
        if self._begun:
            return  # a runner that lost a worker starts its user here as well
        self._begun = True
        self._given.wait()
        assert self._runner is not None
        over: dict[str, Any] = {"worker": None, "fault": ""}
        try:
            if self._share is not None and not self._stopped:
                over = self._do(self._share)
        except RenkeiError as error:
            self.fault = error
            over["fault"] = str(error)
        self._send_rows()
        self._runner.send_message(_OVER, over)
        self._over.set()

    def _do(self, share: Share) -> dict[str, Any]:
        folder = Path(self._setup.payloads)
        found = payloads.manifest_of(folder)
        if found.fingerprint != share.fingerprint:
            raise UsageError(
                "the payloads of this worker are not those of its master",
                where=str(folder),
                expected=share.fingerprint,
                received=found.fingerprint,
                remedy="copy the folder of the run: RUN/payloads",
            )
        schedule = payloads.schedule(folder)
        # All exchanges of an endpoint are one worker's, since they keep their order.
        mine = [row for row in schedule if _part(row, share.of) == share.index]
        sealed = SealedFiles(folder)
        dispatch = Dispatch(
            f"worker-{share.index + 1}",
            Keys(Path(self._setup.keys)),
            sealed,
            lambda code: doors(share.servers, share.loopback_port, code),
            self._tell,
            begins=time.monotonic() + share.begins - time.time(),  # noqa: TID251
            until=share.until,
            most=share.most,
            tolerance=share.tolerance,
        )
        sending = gevent.spawn(self._keep_sending)
        self._work = gevent.spawn(dispatch.run, mine)
        try:
            self._work.join()
            if not isinstance(self._work.value, gevent.GreenletExit):
                self._work.get()
        finally:
            sending.kill()
            sealed.close()
        told = dispatch.told()
        return {
            "worker": msgspec.to_builtins(told),
            "histograms": dispatch.histograms.told(),
            "fault": "",
        }

    def _tell(self, row: Row, contents: list[bytes]) -> None:
        self._packet.append((row, contents))
        assert self._environment is not None
        if row.begun is not None:
            self._environment.events.request.fire(  # type: ignore[no-untyped-call]
                request_type="exchange",
                name=f"night {row.night}",
                response_time=(row.ended - row.begun) / 1000,
                response_length=row.bytes_down,
                exception=None if row.outcome == DONE else HarnessError(row.failure or row.outcome),
                context={},
            )

    def _keep_sending(self) -> None:
        while True:
            gevent.sleep(_PACKETS)
            self._send_rows()

    def _send_rows(self) -> None:
        if self._packet and self._runner is not None:
            rows, self._packet = self._packet, []
            self._runner.send_message(_ROWS, {"packet": exchanges.packet(rows)})


def _part(row: Scheduled, of: int) -> int:
    """Which of so many workers does an exchange: all of an endpoint go to the same."""
    return int(row.code[:5]) % of


class _Conductor:
    """The master, or the part of a lone engine that deals out the work and gathers what comes of it."""

    def __init__(self, setup: Setup, own: _Performer | None) -> None:
        self._setup = setup
        self._own = own
        self._out = Path(setup.out)
        self._kept = Kept(self._out)
        self._workers: list[Worker] = []
        self._histograms = Histograms()
        self._heard: set[str] = set()
        self._faults: list[str] = []
        self._cut = ""
        self._stopping = Event()

    def conduct(self) -> None:
        """Everything from the first worker to the summary."""
        setup = self._setup
        environment = _environment(self._own)
        runner: LocalRunner | MasterRunner
        if self._own is None:
            runner = environment.create_master_runner(setup.master_host, setup.master_port)
            print(f"{MASTER}{runner.server.port}", flush=True)
        else:
            runner = environment.create_local_runner()
            self._own.join(environment, runner)
        runner.register_message(_ROWS, self._take_rows)
        runner.register_message(_OVER, self._take_over)
        gevent.signal_handler(signal.SIGTERM, self._stop, "asked to stop")
        total = payloads.manifest_of(Path(setup.payloads))
        expected = self._gather(runner)
        begins = time.time() + setup.ahead / 1e6  # noqa: TID251
        print(f"{BEGINS}{begins}", flush=True)
        for index, client in enumerate(expected):
            share = Share(
                index,
                len(expected),
                begins,
                setup.until,
                setup.most,
                setup.tolerance,
                setup.servers,
                setup.loopback_port,
                total.fingerprint,
            )
            runner.send_message(_SHARE, msgspec.to_builtins(share), client)
        runner.start(len(expected), spawn_rate=len(expected))
        lost = self._wait(runner, expected)
        self._kept.close()
        summary = Summary(
            begins=begins,
            ends=time.time(),  # noqa: TID251
            exchanges=self._kept.rows,
            workers=tuple(sorted(self._workers, key=lambda worker: worker.name)),
            histograms=self._histograms.told(),
            cut=self._cut,
            lost=lost,
        )
        part = self._out / f"{SUMMARY}.part"
        part.write_bytes(msgspec.json.encode(summary))
        part.replace(self._out / SUMMARY)
        runner.quit()
        if self._faults:
            raise HarnessError("a worker of the load failed", received="; ".join(self._faults))

    def _gather(self, runner: LocalRunner | MasterRunner) -> list[str | None]:
        """Waits for the workers, and gives their names."""
        if not isinstance(runner, MasterRunner):
            return [None]
        end = time.monotonic() + self._setup.connect_within
        while len(runner.clients.ready) < self._setup.workers:
            if time.monotonic() > end or self._stopping.is_set():
                raise HarnessError(
                    "workers of the load did not come",
                    expected=f"{self._setup.workers} within {self._setup.connect_within:.0f} seconds",
                    received=str(len(runner.clients.ready)),
                )
            gevent.sleep(_LOOK)
        ready = sorted(str(client.id) for client in runner.clients.ready)
        return [*ready[: self._setup.workers]]

    def _wait(self, runner: LocalRunner | MasterRunner, expected: list[str | None]) -> tuple[str, ...]:
        """Waits until all workers have said their last; gives those that cannot any more."""
        words: float | None = None
        while len(self._heard) < len(expected):
            gevent.sleep(_LOOK)
            self._kept.flush()
            print(f"{PROGRESS}{self._kept.rows}", flush=True)
            if self._stopping.is_set() and words is None:
                words = time.monotonic() + _LAST_WORDS
                self._tell_stop(runner)
            if isinstance(runner, MasterRunner):
                gone = self._gone(runner, expected)
                if len(self._heard) + len(gone) >= len(expected):
                    return gone
            if words is not None and time.monotonic() > words:
                return tuple(str(one) for one in expected if one not in self._heard)
        return ()

    def _gone(self, runner: MasterRunner, expected: list[str | None]) -> tuple[str, ...]:
        there = {client.id for client in runner.clients.all} - {
            client.id for client in runner.clients.missing
        }
        return tuple(str(one) for one in expected if one not in there and one not in self._heard)

    def _tell_stop(self, runner: LocalRunner | MasterRunner) -> None:
        if self._own is not None:
            self._own.stop()
        else:
            runner.send_message(_STOP)

    def _stop(self, why: str) -> None:
        self._cut = why
        self._stopping.set()

    def _take_rows(self, environment: Environment, msg: Any, **_: Any) -> None:
        for row, contents in exchanges.unpacket(msg.data["packet"]):
            self._kept.take(row, contents)

    def _take_over(self, environment: Environment, msg: Any, **_: Any) -> None:
        self._heard.add(msg.node_id if self._own is None else "")
        if msg.data["fault"]:
            self._faults.append(msg.data["fault"])
        if msg.data["worker"] is not None:
            self._workers.append(msgspec.convert(msg.data["worker"], type=Worker))
            self._histograms.merge(Histograms.heard(msg.data["histograms"]))


def _environment(performer: _Performer | None) -> Environment:
    """Locust's environment with our one user."""
    perform: Callable[[], None] = (lambda: None) if performer is None else performer.perform

    class Dispatcher(User):
        """Goes through the worker's share of the schedule, once."""

        @task
        def share(self) -> None:
            perform()
            raise StopUser

    return Environment(user_classes=[Dispatcher], catch_exceptions=False)
