"""The terminal's end of the line: what leaves goes up one by one, what waits at the server comes down.

Two threads, `up` and `down`, talk to the server and to nobody else; whatever concerns a node they hand to the
desk (`Desk`), which does it in the station's own thread and answers when it is committed. So a batch that
comes down is confirmed after it is kept here, and one that goes up is struck after it is kept there.

    up      seal once, keep the sealed bytes, hand over ──▶ receipt ──▶ Carried, strike
    down    what waits ──▶ fetch ──▶ Arrival, committed ──▶ receipt

Nobody answering is no reason to tell anybody: the head of the queue stays the head, the pauses grow up to
`longest`, and the line is up again with the first answer. A refusal for good of a whole caller (a certificate
that was revoked, a server that is not the server) closes the line: nothing is asked any more until the
terminal is started again, and the status says why.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Final, Protocol

from sim.base.errors import RenkeiError
from sim.base.node import Key, Outgoing
from sim.drivers.live import wire
from sim.drivers.live.client import (
    CERTIFICATE_REFUSED,
    SERVER_NOT_TRUSTED,
    HttpServer,
    Refused,
    TryLater,
    Unanswered,
    pauses,
)
from sim.drivers.live.terminal.logs import log
from sim.drivers.live.wire import Waiting
from sim.nodes.messages.network import Carry, CloseSession, OpenSession, Relay

NOT_THE_FIRST: Final = "NOT_THE_FIRST"
"""A terminal with an empty memory, of a municipality that has exchanged before."""

CLOSING: Final = frozenset(
    {
        NOT_THE_FIRST,
        CERTIFICATE_REFUSED,
        SERVER_NOT_TRUSTED,
        wire.NOT_LISTED,
        wire.REVOKED,
        wire.WRONG_USAGE,
        wire.NO_COMMON_PROFILE,
    }
)
"""Refusals that concern the caller and not the request."""

# Seconds before the first repetition, and between two looks at what could not be taken in yet.
_FIRST: Final = 0.5


class Desk(Protocol):
    """What the line asks of the station; each call is committed when it returns."""

    def sealed(self, outgoing: Outgoing) -> bytes:
        """The sealed bytes of a batch, the same at every attempt."""
        ...

    def wanted(self, outgoing: Outgoing) -> bool:
        """Whether it must still go: a messenger may have taken it meanwhile."""
        ...

    def through(self, outgoing: Outgoing) -> None:
        """The server has it."""
        ...

    def failed(self, outgoing: Outgoing, reason: str) -> None:
        """The server will not take it."""
        ...

    def opened(self, outgoing: Outgoing, waiting: int) -> None:
        """The session that it asked for is open."""
        ...

    def takes(self, waiting: Waiting) -> bool:
        """Whether this can be taken in now."""
        ...

    def take(self, waiting: Waiting, sealed: bytes) -> None:
        """It came down."""
        ...

    def listens(self) -> bool:
        """Whether the line is open for what comes down."""
        ...

    def changed(self) -> None:
        """The line's own state has changed."""
        ...


class Line:
    """The line of one terminal. `server`: belongs to the line, which closes it.

    `first`: the terminal has an empty memory and takes nobody's place, so the municipality must have none
    either: its numbers would be used twice.
    """

    def __init__(
        self,
        server: HttpServer,
        desk: Desk,
        caller: str,
        machine: str,
        longest: float,
        wait: int,
        first: bool = False,
    ) -> None:
        self._first = first
        self._server = server
        self._desk = desk
        self._caller = caller
        self._machine = machine
        self._longest = longest
        self._wait = wait
        self._queue: queue.SimpleQueue[Outgoing | None] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._answered = threading.Event()
        self._greeting = threading.Lock()
        self._threads: list[threading.Thread] = []
        self.connected = False
        self.closed_by: Refused | None = None
        self.trouble = ""

    # --- a life --------------------------------------------------------------------------------------------
    def start(self) -> None:
        """From now on it works by itself."""
        for work in (self._keep_going_up, self._keep_coming_down):
            thread = threading.Thread(target=self._guarded, args=(work,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self, within: float = 5.0) -> None:
        """Hangs up; a request under way is cut, which does no harm."""
        self._stopped.set()
        self._answered.set()
        self._queue.put(None)
        self._server.close()
        for thread in self._threads:
            thread.join(within)

    def put(self, outgoing: Outgoing) -> None:
        """This is to leave, after all that was put before."""
        self._queue.put(outgoing)

    @property
    def chosen(self) -> str:
        """The version that the server chose."""
        return self._server.chosen

    # --- up ------------------------------------------------------------------------------------------------
    def up(self, outgoing: Outgoing) -> None:
        """One attempt to get it through.

        Raises:
            Unanswered, HarnessError: try again.
            Refused: the line is closed from now on.
        """
        body = outgoing.body
        if not self._desk.wanted(outgoing):
            return
        try:
            self._greet()
            if isinstance(body, Carry):
                cause = outgoing.cause if outgoing.cause.startswith(f"{outgoing.sender}#") else ""
                self._server.send(self._key(outgoing), body.ref, cause, self._desk.sealed(outgoing))
                self._desk.through(outgoing)
            elif isinstance(body, Relay):
                assert isinstance(body.body, wire.Message)
                self._server.say(self._key(outgoing), body.ref, body.body)
                self._desk.through(outgoing)
            elif isinstance(body, OpenSession):
                self._desk.opened(outgoing, len(self._server.waiting()))
            elif isinstance(body, CloseSession):
                self._desk.through(outgoing)
        except Refused as refused:
            if refused.code in CLOSING:
                self._close(refused)
                raise
            log("refused", level=logging.WARNING, send=outgoing.key, code=refused.code)
            self._desk.failed(outgoing, refused.code)
        self._up_again()

    def _greet(self) -> None:
        """Before anything is said for the first time: a municipality with a past wants its numbers.

        Raises:
            Refused: it has one, and this terminal knows nothing of it.
        """
        with self._greeting:  # one thread asks: what it then sends is no past that the other may find
            if not self._first:
                return
            used = self._server.usage()
            if used.batches_up:
                raise Refused(
                    NOT_THE_FIRST,
                    200,
                    where=f"the memory of the server about {used.municipality}",
                    expected="a municipality that never exchanged, since this terminal remembers nothing",
                    received=f"{used.batches_up} batches up",
                    remedy="make it with `renkei terminal replace`: it asks where the numbers stand",
                )
            self._first = False

    def _keep_going_up(self) -> None:
        while not self._stopped.is_set():
            outgoing = self._queue.get()
            if outgoing is not None and not self._repeat(lambda one=outgoing: self.up(one)):  # type: ignore[misc]
                return

    # --- down ----------------------------------------------------------------------------------------------
    def down(self, wait: int = 0) -> bool:
        """One look at what waits; whether anything was left for later.

        Raises:
            Unanswered, HarnessError: try again.
            Refused: the line is closed from now on.
        """
        left = False
        try:
            self._greet()
            rows = self._server.waiting(wait=wait)
            self._up_again()
            for row in rows:
                if not self._desk.takes(row):
                    left = True
                    continue
                sealed = self._server.download(row) if row.kind == wire.BATCH else b""
                self._desk.take(row, sealed)
                self._server.receipt(row.key)
        except Refused as refused:
            if refused.code in CLOSING:
                self._close(refused)
                raise
            # What it named is gone, or another program answers: the next look shows it.
            raise Unanswered(f"{refused.code}: {refused.received}") from refused
        return left

    def _keep_coming_down(self) -> None:
        while not self._stopped.is_set():
            if not self._desk.listens():
                self._stopped.wait(_FIRST)
                continue
            if not self._repeat(self._look):
                return

    def _look(self) -> None:
        # Whether the line is up is known at once; only then is there time to wait for something.
        wait = self._wait if self.connected else 0
        if self.down(wait) or not self._wait:
            self._stopped.wait(_FIRST)

    # --- both ----------------------------------------------------------------------------------------------
    def _repeat(self, act: Callable[[], None]) -> bool:
        """Acts until it is done, however long nobody answers; False when the line is closed."""
        for pause in pauses(self._caller, _FIRST, self._longest):
            if self._stopped.is_set() or self.closed_by is not None:
                return False
            try:
                act()
                return True
            except Refused:
                return False
            except (Unanswered, RenkeiError) as error:
                if self._stopped.is_set():
                    return False
                self._down_now(error)
                after = error.after if isinstance(error, TryLater) else 0
                # What the other thread hears from the server ends the pause, unless the server set it.
                if after:
                    self._stopped.wait(max(after, pause))
                else:
                    self._answered.wait(pause)
        return False

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            if not self._stopped.is_set():
                log("line_failed", level=logging.ERROR, error=type(error).__name__, detail=str(error)[:300])
                self.trouble = f"{type(error).__name__}"
                self.connected = False
                self._desk.changed()

    def _up_again(self) -> None:
        if not self.connected:
            self.connected, self.trouble = True, ""
            self._answered.set()
            log("connected")
            self._desk.changed()

    def _down_now(self, error: Exception) -> None:
        told = f"{type(error).__name__}: {str(error).splitlines()[0]}"
        self._answered.clear()
        if self.connected or self.trouble != told:
            self.connected, self.trouble = False, told
            log("not_connected", level=logging.WARNING, reason=told)
            self._desk.changed()

    def _close(self, refused: Refused) -> None:
        if self.closed_by is None:
            self.closed_by, self.connected = refused, False
            log(
                "line_closed",
                level=logging.ERROR,
                code=refused.code,
                detail=refused.received or "",
                remedy=refused.remedy or "",
            )
            self._desk.changed()

    def _key(self, outgoing: Outgoing) -> Key:
        return Key(f"{self._machine}:{outgoing.key}")
