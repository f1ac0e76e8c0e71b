"""A terminal that dies at any point and is started again loses nothing and doubles nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from sim.base.node import Alarm, NodeId, Outgoing, Store, Tables, Transaction
from sim.drivers.live.client import Refused
from sim.drivers.live.terminal import exchange as exchanges
from sim.drivers.live.terminal import settings
from sim.drivers.live.terminal.settings import Place
from sim.drivers.live.terminal.station import Station
from sim.stores.memory import MemoryStore
from tests.live.terminal.rig import (
    CODE,
    Kits,
    Ministry,
    System,
    free_port,
    make_kits,
    make_terminal,
    notice,
    serving,
    wait_for,
)


@pytest.fixture(scope="module")
def kits(tmp_path_factory: pytest.TempPathFactory) -> Kits:
    return make_kits(tmp_path_factory.mktemp("kits"))


class Death(BaseException):
    """The terminal is gone. Not an `Exception`: nothing on the way may catch it."""


class Fate:
    """Counts the points of one life and ends it at one of them."""

    def __init__(self, at: int) -> None:
        self._at = at
        self.points = 0

    def point(self) -> None:
        self.points += 1
        if self.points == self._at:
            raise Death


class MortalStore:
    """A store whose process may die before and after each commit."""

    def __init__(self, store: Store[Any], fate: Fate) -> None:
        self._store, self._fate = store, fate

    @contextmanager
    def transaction(self) -> Iterator[Transaction[Any]]:
        with self._store.transaction() as transaction:
            yield _Watched(transaction, self._fate)

    def dispatched(self, outgoing: Outgoing) -> None:
        self._fate.point()
        self._store.dispatched(outgoing)
        self._fate.point()

    def outbox(self) -> list[Outgoing]:
        return self._store.outbox()

    def alarms(self) -> list[Alarm]:
        return self._store.alarms()

    def journal(self) -> Iterator[Any]:
        return self._store.journal()


class _Watched:
    """A transaction that is a point of death when it records: looks at a state are none."""

    def __init__(self, transaction: Transaction[Any], fate: Fate) -> None:
        self._transaction, self._fate = transaction, fate

    @property
    def state(self) -> Any:
        return self._transaction.state

    def replied(self, key: Any) -> Any:
        return self._transaction.replied(key)

    def record(self, event: Any, step: Any, now: Any) -> Any:
        committed = self._transaction.record(event, step, now)
        self._fate.point()
        return committed


class Lives:
    """A terminal without threads over stores that outlive it."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._stores: dict[NodeId, Store[Any]] = {}

    def life(self, fate: Fate, monkeypatch: pytest.MonkeyPatch, done: Callable[[], bool]) -> bool:
        """One life up to the end or its death; whether it lived through."""

        def store(node: NodeId, state: Callable[[Tables], Any]) -> Store[Any]:
            return MortalStore(self._stores.setdefault(node, MemoryStore(node, state)), fate)

        with ExitStack() as stack:
            patch = stack.enter_context(monkeypatch.context())
            for name in ("stage", "publish", "rewrite", "done", "moved"):
                patch.setattr(exchanges.Exchange, name, _mortal(getattr(exchanges.Exchange, name), fate))
            queue: list[Outgoing] = []
            try:
                one = stack.enter_context(Station(self._place, make_store=store))
                patch.setattr(one.line, "put", queue.append)
                one.begin()
                end = time.monotonic() + 20
                while not done():
                    assert time.monotonic() < end
                    one.ring()
                    one.scan()
                    while queue:
                        one.line.up(queue[0])
                        queue.pop(0)
                    one.line.down()
                return True
            except Death:
                return False


def _mortal(act: Callable[..., Any], fate: Fate) -> Callable[..., Any]:
    def acted(*given: Any) -> Any:
        fate.point()
        result = act(*given)
        fate.point()
        return result

    return acted


def test_a_terminal_that_dies_at_any_point_loses_and_doubles_nothing(
    kits: Kits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = 0
    lived = False
    with ExitStack() as stack:
        while not lived:
            at += 1
            ministry = Ministry(kits)
            url = stack.enter_context(serving(ministry, kits))
            place = make_terminal(kits, tmp_path / f"t{at}", url)
            system = System(place.exchange, place.keys / settings.PLACE_KEY)
            system.drop(1, notice(1), notice(2))
            lives = Lives(place)

            def done(system: System = system, ministry: Ministry = ministry) -> bool:
                system.collect()
                return len(system.outcomes()) == 2 and not ministry.waiting()

            fate = Fate(at)
            lived = lives.life(fate, monkeypatch, done)
            if not lived:
                system.collect()  # what stands there is taken away before the next life
                assert lives.life(Fate(0), monkeypatch, done)
            ids = {f"{CODE}-{number:08d}" for number in (1, 2)}
            assert ministry.accepted() == dict.fromkeys(ids, 1), f"died at point {at}"
            assert system.outcomes() == {one: ["accepted"] for one in ids}, f"died at point {at}"
            names = [name for _, name, _ in system.read]
            assert len(set(names)) == len(names), f"died at point {at}: a file came twice"
            assert system.names("sent") == system.names("outbox") == [], f"died at point {at}"
            assert not [name for name in system.names("result") if name.endswith(".part")]
    assert at > 20


# --- a process --------------------------------------------------------------------------------------------
_RUN = """
import sys
sys.path[:] = sys.argv[2:]
from pathlib import Path
from sim.drivers.live.terminal.running import run
run(Path(sys.argv[1]))
"""


@contextmanager
def process(place: Place) -> Iterator[subprocess.Popen[str]]:
    """`renkei terminal run` as a process of its own."""
    path = [entry for entry in sys.path if os.path.isabs(entry)]
    child = subprocess.Popen(
        [sys.executable, "-I", "-X", "utf8", "-c", _RUN, str(place.folder), *path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    noise = threading.Thread(target=lambda: child.stderr and child.stderr.read(), daemon=True)
    try:
        assert child.stdout is not None
        assert child.stdout.readline().startswith("renkei: terminal ready"), child.stderr
        noise.start()
        yield child
    finally:
        child.kill()
        child.wait(20)
        if noise.ident is not None:
            noise.join(20)
        for pipe in (child.stdout, child.stderr):
            if pipe is not None:
                pipe.close()


def test_a_process_that_is_killed_again_and_again_loses_and_doubles_nothing(
    kits: Kits, tmp_path: Path
) -> None:
    ministry, draw, port = Ministry(kits), random.Random(20190401), free_port()
    place = make_terminal(kits, tmp_path / "t", f"https://127.0.0.1:{port}", "\n[folders]\nevery = 0.02\n")
    system = System(place.exchange, place.keys / settings.PLACE_KEY)
    numbers = range(1, 31)
    with serving(ministry, kits, port):
        for life in range(5):
            with process(place) as child:
                for number in numbers[life * 6 : life * 6 + 6]:
                    system.drop(number, notice(number))
                time.sleep(draw.uniform(0.05, 0.6))
                child.send_signal(signal.SIGKILL)
                child.wait(20)
            system.collect()
        with process(place) as child:
            wait_for(lambda: system.told() == len(numbers), 60)
            child.send_signal(signal.SIGTERM)
            assert child.wait(20) == 0
    ids = {f"{CODE}-{number:08d}" for number in numbers}
    assert ministry.accepted() == dict.fromkeys(ids, 1)
    assert system.outcomes() == {one: ["accepted"] for one in ids}
    assert system.names("sent") == system.names("outbox") == []
    assert len({name for _, name, _ in system.read}) == len(system.read)


def test_a_refusal_for_good_reaches_whoever_drives_the_line(kits: Kits, tmp_path: Path) -> None:
    """Without threads as with them: the line is closed and stays so."""
    ministry = Ministry(kits)
    ministry.failing.problem = (403, "REVOKED")
    with serving(ministry, kits) as url:
        place = make_terminal(kits, tmp_path / "t", url)
        with Station(place) as one:
            one.begin()
            with pytest.raises(Refused):
                one.line.down()
            assert one.line.closed_by is not None
            assert one.status().closed
