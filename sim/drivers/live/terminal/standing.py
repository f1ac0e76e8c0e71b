"""How a terminal stands, as its status tells it, and the lock that keeps a second one off its folders."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from sim.base.errors import UsageError
from sim.drivers.topology import MINISTRY
from sim.nodes.terminal import TerminalState

_LOCK: Final = ".renkei.lock"


class Fault(msgspec.Struct, frozen=True):
    """What went wrong last. `at`: ISO 8601."""

    at: str
    code: str
    detail: str = ""
    remedy: str = ""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How the terminal stands. Counts and names only; instants as ISO 8601, empty for never.

    `closed`: the server refuses this terminal, and it asks no more. `last_exchange`: when the server kept a
    batch of ours, or one of its own was taken in, from a medium too. `queue`: records that wait for the next
    exchange; `answers`: how many of these are results of what came down, which the terminal makes of every
    batch that it takes in, so that they are left when all is through. `waiting`: batches made that the server
    does not keep yet. `unanswered`: batches without an answer. `outbox`, `sent`: files. `held_back`: files of
    outbox/ that wait for one before them, or that are no payloads. `quarantine`: files of outbox/ that were
    moved there. `stopped`: batches that came down and that the scanner stopped; of those nothing lies in a
    folder. `phase`: how far a machine is that takes another's place.
    """

    now: str
    code: str
    version: str
    profile: str
    connected: bool
    closed: bool
    trouble: str
    last_exchange: str
    queue: int
    answers: int = 0
    waiting: int
    unanswered: int
    outbox: int
    sent: int
    quarantine: int
    stopped: int
    held_back: int
    operator: str
    serial: str
    phase: str
    session: bool
    last_fault: Fault | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What of the node's state is looked at after each step."""

    queue: int = 0
    answers: int = 0
    waiting: int = 0
    unanswered: int = 0
    stopped: int = 0
    settled: bool = True
    operator: str = ""
    serial: str = ""
    phase: str = ""
    session: bool = False


def seen_of(state: TerminalState, serial: str) -> Seen:
    """What the state shows. `serial`: of the first machine."""
    session, machine = state.console.session(), state.machine()
    kept = [one for _, one in state.postbox.all_kept(MINISTRY)]
    return Seen(
        state.waiting(),
        state.answers_waiting(),
        sum(not one.carried for one in kept),
        len(kept),
        len(state.quarantine.everything()),
        state.postbox.settled(MINISTRY),
        "" if session is None else session.operator,
        serial if machine is None else machine.serial,
        "" if machine is None else machine.phase,
        bool(state.connection.line().session),
    )


def put_aside(files: int, batches: int) -> str:
    """What was put aside, on either side, in one line for who asks."""
    return f"{files} files of outbox/, {batches} batches that came down"


def counted(number: int, what: str) -> str:
    """So many of it; `what`: a word in the singular."""
    plural = f"{what}es" if what.endswith("ch") else f"{what}s"
    return f"{number} {what if number == 1 else plural}"


def exchanged(before: Status, after: Status) -> str:
    """What an exchange by hand has made, and whether all that waits goes: an exchange is done either way."""
    made = counted(after.unanswered - before.unanswered, "batch")
    records = counted(before.queue - after.queue, "record")
    waiting = counted(after.waiting, "batch")
    if after.connected:
        leaves = "goes up now" if after.waiting == 1 else "go up now"
    else:
        leaves = "waits: " if after.waiting == 1 else "wait: "
        why = f" ({after.trouble})" if after.trouble else ""
        leaves += "the server has closed the line" if after.closed else f"the line is not connected{why}"
    return f"{made} made with {records}; {waiting} {leaves}"


class Alone:
    """Holds a folder: one terminal works on it, until its process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor = -1

    def __enter__(self) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self._descriptor = os.open(self._folder / _LOCK, flags, 0o600)
        except OSError as error:
            raise UsageError(
                "the terminal's folder cannot be used", where=str(self._folder), received=error.strerror
            ) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._descriptor)
            raise UsageError(
                "another terminal works on this folder",
                where=str(self._folder),
                remedy="stop the other one first: two would send the same records under the same numbers",
            ) from None

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
