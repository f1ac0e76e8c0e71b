"""The clerk: what is kept is kept together, decided in order, never lost, and held up by its own terminal
only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sim.base.errors import HarnessError
from sim.base.instant import SECOND, Instant
from sim.base.node import NodeId, Reply
from sim.drivers.live.clock import WallClock
from sim.drivers.live.ministry import intake
from sim.drivers.live.ministry.backlog import Rush
from sim.drivers.live.ministry.intake import Clerk
from sim.drivers.live.ministry.metrics import Metrics
from sim.stores.arrivals import Arrivals, KeyReused, Receipt, Upload
from sim.stores.database import Database, open_database

A, B = NodeId("terminal-131041"), NodeId("terminal-271004")


class Office:
    """An office that notes what it is given, and fails when it is told to."""

    def __init__(self) -> None:
        self.taken: list[tuple[NodeId, str]] = []
        self.recovered = 0
        self.fails: Callable[[NodeId, str], bool] = lambda _peer, _key: False
        self.error: Exception = HarnessError("the office failed")
        self.pause: float | None = None

    def recover(self) -> None:
        self.recovered += 1

    def reach(self, at: Instant) -> None:
        self.pause = None

    def take_in(self, peer: NodeId, key: str, ref: str, cause: str, sealed: bytes, manner: str) -> Reply:
        if self.fails(peer, key):
            raise self.error
        self.taken.append((peer, key))
        return Reply(True, "", sealed.decode())


class Commits:
    """The database's batches, of which the next ones can fail."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.fail = 0
        self.error: Exception = HarnessError("the disk is full")

    @contextmanager
    def batch(self) -> Iterator[None]:
        with self._database.batch():
            yield
            if self.fail:
                self.fail -= 1
                raise self.error


class Desk:
    """A clerk with all that it needs."""

    def __init__(self, path: Path) -> None:
        self.database = open_database(path, durable=False)
        self.arrivals = Arrivals(self.database)
        self.commits = Commits(self.database)
        self.office = Office()
        self.metrics = Metrics()
        office: Any = self.office
        self.clerk = Clerk(office, self.arrivals, self.commits, WallClock(), self.metrics)

    def run(self, talk: Callable[[Clerk], Coroutine[Any, Any, None]]) -> None:
        """Talks to the clerk while it works."""
        self.clerk.start()
        try:
            asyncio.run(talk(self.clerk))
        finally:
            self.clerk.stop()
            self.database.dispose()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(intake, "_AGAIN", 0.05)
    return Desk(tmp_path / "db")


# What was foreseen is told in its own words; what was not must not end the thread that everybody waits for.
ERRORS = pytest.mark.parametrize(
    "error", [HarnessError("foreseen"), ZeroDivisionError("not foreseen")], ids=repr
)


def upload(peer: NodeId, key: str) -> Upload:
    return Upload(peer, key, "r", "", key.encode())


def test_uploads_that_wait_are_kept_in_one_commit_and_decided_in_their_order(desk: Desk) -> None:
    async def talk(clerk: Clerk) -> None:
        kept = await asyncio.gather(*(clerk.keep(upload(A, f"k{n}")) for n in range(40)))
        assert all(isinstance(one, Receipt) for one in kept)
        last = await clerk.decided(A, "k39", 20)
        assert last is not None
        assert last.reply == Reply(True, "", "k39")
        assert desk.metrics.registry.get_sample_value("renkei_kept_together_count") < 40  # type: ignore[operator]

    desk.run(talk)
    assert desk.office.taken == [(A, f"k{n}") for n in range(40)]
    assert desk.clerk.backlog.kept == 0
    assert desk.clerk.backlog.decided == 40


def test_a_key_that_stands_for_something_else_is_told_to_its_own_asker(desk: Desk) -> None:
    async def talk(clerk: Clerk) -> None:
        first, other = await asyncio.gather(
            clerk.keep(upload(A, "k")), clerk.keep(Upload(A, "k", "r", "", b"other"))
        )
        assert isinstance(first, Receipt)
        assert isinstance(other, KeyReused)
        await clerk.decided(A, "k", 20)

    desk.run(talk)
    assert desk.office.taken == [(A, "k")]


@ERRORS
def test_a_batch_at_which_the_office_fails_holds_up_its_own_terminal_only_until_it_succeeds(
    desk: Desk, error: Exception
) -> None:
    desk.office.error = error
    failures = 0

    def fails(peer: NodeId, key: str) -> bool:
        nonlocal failures
        failures += (peer, key) == (A, "k1") and failures < 3
        return (peer, key) == (A, "k1") and failures < 3

    desk.office.fails = fails

    async def talk(clerk: Clerk) -> None:
        for peer, key in ((A, "k0"), (A, "k1"), (B, "k0"), (A, "k2"), (B, "k1")):
            await clerk.keep(upload(peer, key))
        found = await clerk.decided(B, "k1", 20)
        assert found is not None
        assert found.reply is not None
        found = await clerk.decided(A, "k2", 20)
        assert found is not None
        assert found.reply is not None

    desk.run(talk)
    assert [key for peer, key in desk.office.taken if peer == A] == ["k0", "k1", "k2"]
    assert [key for peer, key in desk.office.taken if peer == B] == ["k0", "k1"]
    assert desk.metrics.registry.get_sample_value("renkei_office_failures_total") == 2


@ERRORS
def test_a_commit_that_fails_loses_nothing_and_the_office_begins_again_from_what_is_stored(
    desk: Desk, error: Exception
) -> None:
    desk.commits.fail, desk.commits.error = 2, error

    async def talk(clerk: Clerk) -> None:
        for n in range(3):
            await clerk.keep(upload(A, f"k{n}"))
        found = await clerk.decided(A, "k2", 20)
        assert found is not None
        assert found.reply is not None
        assert clerk.fault == ""

    desk.run(talk)
    assert desk.office.taken[-3:] == [(A, "k0"), (A, "k1"), (A, "k2")]
    assert desk.office.recovered == 3
    assert desk.clerk.backlog.decided == 3


def test_what_an_earlier_life_kept_is_decided_after_the_start(tmp_path: Path) -> None:
    before = open_database(tmp_path / "db", durable=False)
    Arrivals(before).keep([upload(A, f"k{n}") for n in range(50)], Instant(1))
    before.dispose()
    desk = Desk(tmp_path / "db")

    async def talk(clerk: Clerk) -> None:
        assert clerk.backlog.kept + clerk.backlog.decided == 50
        found = await clerk.decided(A, "k49", 20)
        assert found is not None
        assert found.reply is not None

    desk.run(talk)
    assert desk.office.taken == [(A, f"k{n}") for n in range(50)]


def test_a_question_waits_for_its_own_terminal_s_batches_and_for_no_other_s(desk: Desk) -> None:
    desk.office.fails = lambda peer, _key: peer == A and not released
    released: list[bool] = []

    async def talk(clerk: Clerk) -> None:
        await clerk.keep(upload(A, "k"))
        asked = asyncio.ensure_future(clerk.do(lambda: list(desk.office.taken), after=A))
        assert await clerk.do(lambda: "other", after=B) == "other"
        await asyncio.sleep(0.2)
        assert not asked.done()
        released.append(True)
        assert await asked == [(A, "k")]

    desk.run(talk)


def test_what_an_act_raises_is_raised_where_it_was_asked_and_the_clerk_works_on(desk: Desk) -> None:
    def fail() -> None:
        raise HarnessError("no")

    async def talk(clerk: Clerk) -> None:
        with pytest.raises(HarnessError):
            await clerk.do(fail)
        clerk.later(fail)
        assert await clerk.do(lambda: 1) == 1

    desk.run(talk)


def test_who_gave_up_waiting_is_not_answered(desk: Desk) -> None:
    async def talk(clerk: Clerk) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await clerk.watch(A, list, 20)
        clerk.later(lambda: clerk.tell(A))
        assert await clerk.do(lambda: 1) == 1

    desk.run(talk)


def test_the_office_rests_in_a_rush_and_works_for_its_share_all_the_same() -> None:
    rush = Rush()
    rush.worked(10.0)
    assert rush.rest(10.0) == 0
    for n in range(8):
        rush.kept(10.0 + n / 1000)
    assert rush.rest(10.01) > 0
    assert rush.rest(10.2) == 0
    assert not rush.over(10.1, 0)
    assert rush.over(10.5, 0)
    assert rush.over(10.1, 11 * SECOND)
