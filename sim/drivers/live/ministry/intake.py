"""The clerk: the one thread that writes. Uploads first, then questions, then the office's own work.

    event loop ── queue ──▶ clerk:  uploads that wait ── one commit ── each answered
                                    questions, messages, receipts, commands ── one commit each
                                    kept batches ── opened, decided, many in one commit ── waiters told

Theory of operation. An upload is answered when its bytes are kept, which is one commit for all uploads that
wait at that moment; the office decides kept batches afterwards, in the order of their keeping. Whatever is
asked meanwhile goes before that, so that taking in stays quick at any backlog; but the office always gets its
share. A batch at which the office fails (our fault, or the database's) stays kept and holds up only those of
the same terminal; it is tried again after a pause. A control message waits for its own terminal's batches.

After a crash the kept rows are all that is needed: the node knows the keys of what it had decided.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

from sim.base.errors import HarnessError
from sim.base.instant import SECOND, Instant
from sim.base.node import NodeId, Reply
from sim.drivers.live.clock import Clock
from sim.drivers.live.ministry.backlog import Backlog, Rush, Work
from sim.drivers.live.ministry.metrics import Metrics
from sim.drivers.live.ministry.office import Office
from sim.stores.arrivals import Arrivals, Kept, KeyReused, Receipt, Upload

_log = logging.getLogger("renkei.ministry")
T = TypeVar("T")


# Seconds: of the office's work in one commit; before a batch that failed is tried again; between two looks at
# what has expired.
_SLICE: Final = 0.05
_AGAIN: Final = 2.0
_TIDY: Final = 30.0
# Kept batches that are read at once, and uploads that are kept in one commit.
_PAGE: Final = 16
_GROUP: Final = 512


class Batches(Protocol):
    """What can join several commits in one."""

    def batch(self) -> AbstractContextManager[None]: ...


@dataclass(slots=True)
class _Asked(Generic[T]):
    """Something to be done, and who waits for it."""

    act: Callable[[], T]
    answer: asyncio.Future[T] | None
    after: NodeId | None = None


@dataclass(slots=True)
class _Came:
    """An upload that waits to be kept."""

    upload: Upload
    answer: asyncio.Future[Receipt | KeyReused]


class Clerk:
    """The thread that writes. `start` before anything is asked, `stop` at the end.

    `receipts_kept`: seconds for which the receipt of a decided batch is told; None for ever. `by_itself`: it
    decides what is kept and gives the wakes when they are due; in a rehearsal both follow from a request.
    """

    def __init__(
        self,
        office: Office,
        arrivals: Arrivals,
        database: Batches,
        clock: Clock,
        metrics: Metrics,
        *,
        receipts_kept: int | None = None,
        by_itself: bool = True,
    ) -> None:
        self.office = office
        self.arrivals = arrivals
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._receipts_kept = receipts_kept
        self._by_itself = by_itself
        self._queue: queue.SimpleQueue[_Came | _Asked[Any] | None] = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="clerk", daemon=True)
        self._ready = threading.Event()
        self._failed: BaseException | None = None
        self._work = Work()
        self._after = 0
        self._held_up: set[NodeId] = set()
        self._again_at = 0.0
        self._rush = Rush()
        self._tidy_at = 0.0
        self._deferred: list[_Asked[Any]] = []
        self._decisions: dict[tuple[NodeId, str], list[asyncio.Future[None]]] = {}
        self._fresh: set[NodeId] = set()
        self._watchers: dict[NodeId, list[asyncio.Future[None]]] = {}
        self._stopping = False
        self.fault = ""

    # --- its life -------------------------------------------------------------------------------------
    def start(self) -> None:
        """Recovers and begins to work.

        Raises:
            RenkeiError: what was kept cannot be read.
        """
        self._thread.start()
        self._ready.wait()
        if self._failed is not None:
            raise self._failed

    def stop(self) -> None:
        """Finishes what it was asked before, and ends. What is kept and not decided waits for the next
        start.
        """
        self._queue.put(None)
        self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether the thread works."""
        return self._thread.is_alive()

    @property
    def backlog(self) -> Backlog:
        """What is kept and not decided. May be asked from anywhere; it is no older than the last commit."""
        return self._work.backlog()

    def tell(self, peer: NodeId) -> None:
        """The office's `tell`: something new will wait for `peer` after the commit."""
        self._fresh.add(peer)

    # --- from the event loop --------------------------------------------------------------------------
    async def keep(self, upload: Upload) -> Receipt | KeyReused:
        """Keeps an upload; when this returns it may be answered."""
        answer: asyncio.Future[Receipt | KeyReused] = self._future()
        self._queue.put(_Came(upload, answer))
        return await answer

    async def do(self, act: Callable[[], T], *, after: NodeId | None = None) -> T:
        """Does something between two commits. `after`: only when nothing kept of this terminal is
        undecided.
        """
        answer: asyncio.Future[T] = self._future()
        self._queue.put(_Asked(act, answer, after))
        return await answer

    def later(self, act: Callable[[], object]) -> None:
        """Does something between two commits, for which nobody waits. May be called from any thread."""
        self._queue.put(_Asked(act, None))

    async def decided(self, peer: NodeId, key: str, within: float) -> Receipt | None:
        """The receipt, as soon as it tells a decision, or as it stands after `within` seconds."""
        decision: asyncio.Future[None] = self._future()

        def look() -> Receipt | None:
            receipt = self.arrivals.receipt(peer, key)
            if receipt is not None and receipt.reply is None:
                self._decisions.setdefault((peer, key), []).append(decision)
            else:
                self._settle([(decision, None)])
            return receipt

        receipt = await self.do(look)
        if receipt is None or receipt.reply is not None:
            return receipt
        try:
            async with asyncio.timeout(within):
                await decision
        except TimeoutError:
            return receipt
        return await self.do(lambda: self.arrivals.receipt(peer, key))

    async def watch(self, peer: NodeId, look: Callable[[], T], within: float) -> T:
        """What `look` finds, as soon as it finds something, or after `within` seconds."""
        ends = time.monotonic() + within
        while True:
            news: asyncio.Future[None] = self._future()

            def seen(news: asyncio.Future[None] = news) -> T:
                found = look()
                if not found:
                    self._watchers.setdefault(peer, []).append(news)
                return found

            found = await self.do(seen)
            left = ends - time.monotonic()
            if found or left <= 0:
                return found
            try:
                async with asyncio.timeout(left):
                    await news
            except TimeoutError:
                return found
            if self._stopping:
                return found

    def release(self) -> None:
        """Everybody who waits for something to happen is answered now."""
        self._stopping = True

        def all_of_them() -> None:
            waiters = [w for some in (*self._watchers.values(), *self._decisions.values()) for w in some]
            self._watchers.clear()
            self._decisions.clear()
            self._settle([(one, None) for one in waiters])

        self.later(all_of_them)

    def _future(self) -> asyncio.Future[Any]:
        self._loop = asyncio.get_running_loop()
        return self._loop.create_future()

    # --- in the thread --------------------------------------------------------------------------------
    def _run(self) -> None:
        try:
            self._recover()
        except BaseException as error:
            self._failed = error
            return
        finally:
            self._ready.set()
        while True:
            came, asked, last = self._next()
            for at in range(0, len(came), _GROUP):
                self._keep(came[at : at + _GROUP])
            for one in asked:
                self._do(one)
            if last:
                return
            now = time.monotonic()
            if self._by_itself and self._may_work(now):
                self._slice(patient=self._queue.empty())
                self._rush.worked(time.monotonic())
                self._tidy(now)

    def _recover(self) -> None:
        self.office.recover()
        self._fresh.clear()
        self._work.decided = self.arrivals.backlog().decided
        after = 0
        while page := self.arrivals.undecided(_PAGE, after):
            for kept in page:
                if self._by_itself:
                    self._work.add(kept.receipt)
                else:
                    self.decide(kept)
            after = page[-1].receipt.n

    def _next(self) -> tuple[list[_Came], list[_Asked[Any]], bool]:
        """All that waits; or nothing, when the office has something to do by now."""
        came: list[_Came] = []
        asked: list[_Asked[Any]] = []
        pause = self._pause()
        try:
            item = self._queue.get(timeout=pause) if pause > 0 else self._queue.get_nowait()
            while True:
                if item is None:
                    return came, asked, True
                came.append(item) if isinstance(item, _Came) else asked.append(item)
                item = self._queue.get_nowait()
        except queue.Empty:
            return came, asked, False

    def _may_work(self, now: float) -> bool:
        """Whether it is the office's turn: nobody waits and no rush is on, or it has rested long enough."""
        if self._queue.empty() and not self._rush.rest(now):
            return True
        backlog = self.backlog
        return self._rush.over(now, self._clock.now - backlog.oldest if backlog.kept else 0)

    def _pause(self) -> float:
        """Seconds until there is something to do that nobody asked for."""
        now = time.monotonic()
        if not self._by_itself:
            return _TIDY
        if self._has_work():
            return self._rush.rest(now)
        pauses = [max(self._tidy_at - now, 0.0)]
        if self._held_up or self.fault:
            pauses.append(max(self._again_at - now, 0.0))
        if (wake := self.office.pause) is not None and not self.fault:
            pauses.append(wake)
        return min(pauses)

    def _has_work(self) -> bool:
        """Whether a kept batch waits that is not held up."""
        if self.fault:
            return time.monotonic() >= self._again_at
        if not self._held_up:
            return bool(self._work.kept)
        return any(peer not in self._held_up for peer in self._work.of_peer)

    def _keep(self, came: list[_Came]) -> None:
        try:
            outcomes = self.arrivals.keep([one.upload for one in came], self._clock.now)
        except Exception as error:
            self._settle([(one.answer, error) for one in came])
            return
        now = time.monotonic()
        for outcome in outcomes:
            if isinstance(outcome, Receipt):
                self._work.add(outcome)
                self._rush.kept(now)
        self._metrics.group.observe(len(came))
        self._settle(list(zip((one.answer for one in came), outcomes, strict=True)))

    def kept(self, receipt: Receipt) -> None:
        """An upload was kept by somebody else's commit in this thread: by its last piece, from a medium."""
        self._work.add(receipt)

    def _do(self, one: _Asked[Any]) -> None:
        if one.after is not None and self._work.of_peer[one.after]:
            self._deferred.append(one)
            return
        try:
            result: Any = one.act()
        except Exception as error:
            result = error
        if one.answer is not None:
            self._settle([(one.answer, result)])
        elif isinstance(result, Exception):
            _log.error("not_done", exc_info=result)
        self._told()

    # --- the office's work ----------------------------------------------------------------------------
    def _slice(self, patient: bool) -> None:
        """One commit of the office's work: wakes that are due, then kept batches in their order.

        `patient`: it ends as soon as somebody asks for something.
        """
        now = time.monotonic()
        if (self._held_up or self.fault) and now >= self._again_at:
            self._held_up.clear()
            self._after = 0
        elif self.fault:
            return
        wake = self.office.pause
        if not self._has_work() and (wake is None or wake > 0) and not self.fault:
            return
        decided: list[tuple[Receipt, Reply]] = []
        try:
            with self._database.batch():
                self.office.reach(self._clock.now)
                self._decide_some(decided, now + _SLICE, patient)
        except Exception as error:  # whatever it is: a dead clerk would leave every caller waiting
            self._failed_at(error)
            return
        self.fault = ""
        for receipt, reply in decided:
            self._work.done(receipt.n)
            self._metrics.decided(receipt, reply)
        waiters = [w for receipt, _ in decided for w in self._decisions.pop((receipt.peer, receipt.key), ())]
        self._settle([(waiter, None) for waiter in waiters])
        self._told()
        deferred, self._deferred = self._deferred, []
        for one in deferred:
            self._do(one)

    def _decide_some(self, decided: list[tuple[Receipt, Reply]], until: float, patient: bool) -> None:
        while self._has_work():
            page = self.arrivals.undecided(_PAGE, self._after)
            if not page:
                return
            for kept in page:
                self._after = kept.receipt.n
                if kept.receipt.peer not in self._held_up and (reply := self.decide(kept)) is not None:
                    decided.append((kept.receipt, reply))
                if time.monotonic() >= until or (patient and not self._queue.empty()):
                    return
            if len(page) < _PAGE:
                return

    def decide(self, kept: Kept) -> Reply | None:
        """The office's reply to a kept batch, which is noted; None when the office failed at it."""
        receipt = kept.receipt
        try:
            peer, key, ref, cause = receipt.peer, receipt.key, receipt.ref, receipt.cause
            reply = self.office.take_in(peer, key, ref, cause, kept.sealed, receipt.manner)
        except Exception as error:  # whatever it is, it holds up nobody else
            _log.error(
                "office_failed",
                extra={"caller": receipt.peer, "fault": _said(error), "n": receipt.n},
                exc_info=_trace(error),
            )
            self._held_up.add(receipt.peer)
            self._again_at = time.monotonic() + _AGAIN
            self._metrics.failed.inc()
            return None
        self.arrivals.decide(receipt.n, reply, self._clock.now)
        return reply

    def _failed_at(self, error: Exception) -> None:
        """The commit failed: nothing of it was kept, and what the office had in mind is read again."""
        self.fault = _said(error)
        _log.error("office_failed", extra={"fault": self.fault}, exc_info=_trace(error))
        self._again_at = time.monotonic() + _AGAIN
        self._after = 0
        self._fresh.clear()
        try:
            self.office.recover()
        except Exception as again:
            _log.error("office_not_recovered", extra={"fault": _said(again)}, exc_info=_trace(again))

    def _tidy(self, now: float) -> None:
        """Drops what has expired."""
        if now < self._tidy_at:
            return
        self._tidy_at = now + _TIDY
        try:
            self.arrivals.expire(self._clock.now)
            if self._receipts_kept is not None:
                self.arrivals.forget(Instant(self._clock.now - self._receipts_kept * SECOND))
        except Exception as error:
            _log.error("not_tidied", extra={"fault": _said(error)}, exc_info=_trace(error))

    # --- who waits ------------------------------------------------------------------------------------
    def _told(self) -> None:
        """Whoever waits for something new hears of what the last commit left for him."""
        fresh, self._fresh = self._fresh, set()
        waiters = [waiter for peer in fresh for waiter in self._watchers.pop(peer, ())]
        if waiters:
            self._settle([(waiter, None) for waiter in waiters])

    def _settle(self, answers: list[tuple[asyncio.Future[Any], Any]]) -> None:
        if answers and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_settle_all, answers)


def _said(error: Exception) -> str:
    """What the health page and the log tell of a failure."""
    return error.message if isinstance(error, HarnessError) else f"{type(error).__name__}: {error}"


def _trace(error: Exception) -> Exception | None:
    """The error whose lines are logged too: one that nobody foresaw."""
    return None if isinstance(error, HarnessError) else error


def _settle_all(answers: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for answer, result in answers:
        if answer.done():  # whoever asked is gone
            continue
        if isinstance(result, Exception):
            answer.set_exception(result)
        else:
            answer.set_result(result)
