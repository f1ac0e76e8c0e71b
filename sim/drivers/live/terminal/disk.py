"""The folders at work: files of outbox/ are taken in, what the leg has decided is written, sent/ is kept.

Everything here may be done twice. What a kill leaves half done is found again at the next start: a file that
was taken in and still lies in outbox/ is known, what was staged takes its place or is staged again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, Protocol

from sim.base.node import Body, Key, Outgoing, Reply, Store
from sim.drivers.folders import Payload
from sim.drivers.live.clock import Clock
from sim.drivers.live.media import ref_of
from sim.drivers.live.terminal.exchange import (
    OUTBOX,
    SENT,
    Exchange,
    judged,
    records_of,
    remaining,
    written,
)
from sim.drivers.live.terminal.leg import (
    RERAISE,
    Filed,
    FileDropped,
    LegState,
    SentRead,
    TakeOver,
)
from sim.drivers.live.terminal.logs import log
from sim.exchange.batch import digest_of
from sim.exchange.codes import Code, Finding
from sim.exchange.folders import RESULT, FolderCode, Found
from sim.exchange.profile import Profile
from sim.exchange.records import AnyRecord, Result
from sim.exchange.sequence import split_ref
from sim.nodes.messages.registry import Inbound

# Looks until something is told of that is no fault at first: a file that is being written.
_LOOKS: Final = {FolderCode.PARTIAL: 3}


class TellLeg(Protocol):
    """Gives the leg an event; what it did is committed when this returns."""

    def __call__(self, body: Body, key: str, cause: str = "") -> Reply: ...


class Disk:
    """The folders as they are worked on for one terminal. `profiles`: all that can be read, newest first.

    `note`: takes the code and the words of something that an operator should see.
    """

    def __init__(
        self,
        folders: Exchange,
        leg: Store[LegState],
        tell: TellLeg,
        code: str,
        profile: Profile,
        profiles: tuple[Profile, ...],
        clock: Clock,
        note: Callable[[str, str], None],
    ) -> None:
        self._folders = folders
        self._leg = leg
        self._tell = tell
        self._code = code
        self._profile = profile
        self._profiles = profiles
        self._clock = clock
        self._note = note
        self._looks: dict[tuple[str, FolderCode], int] = {}
        self.held_back = 0
        """Files of outbox/ that were left where they are at the last look."""

    # --- outbox/ -----------------------------------------------------------------------------------------
    def take_files(self) -> None:
        """Takes in what lies in outbox/, in the order of the names."""
        held_back = 0
        looks: dict[tuple[str, FolderCode], int] = {}
        for found in self._folders.take(OUTBOX):
            if isinstance(found, Payload):
                held_back += not self._take_file(found)
                continue
            held_back += 1
            seen = found.name, found.code
            looks[seen] = self._looks.get(seen, 0) + 1
            if looks[seen] == _LOOKS.get(found.code, 1):
                log("file_not_taken", level=logging.WARNING, code=found.code, name=found.name)
                self._note(found.code, found.explain(english=True))
        self._looks = looks
        self.held_back = held_back

    def _take_file(self, payload: Payload) -> bool:
        """Whether it was dealt with; one before which another is missing stays where it is."""
        key = f"file:{payload.name}:{digest_of(payload.content)}"
        dropped = self._judged(payload)
        with self._leg.transaction() as leg:
            known = leg.replied(Key(key)) is not None
            due = leg.state.due(dropped.business)
        if not known and dropped.refused is None and due is not None and dropped.sequence > due:
            return False
        reply = self._tell(dropped, key)
        if reply.ok:
            self._move(payload, dropped)
            log("file_taken", name=payload.name, records=len(dropped.records))
        else:
            finding = dropped.refused or Finding(Code(reply.code), 1, "", "", reply.detail)
            self._folders.refuse(payload, finding)
            log("file_refused", level=logging.WARNING, name=payload.name, code=reply.code)
            self._note(reply.code, f"{payload.name} was moved to quarantine")
        return True

    def _move(self, payload: Payload, dropped: FileDropped) -> None:
        """The file goes on to sent/ with what has no result yet."""
        filed = self._filed(payload.name)
        if filed is None or filed.done or filed.digest != dropped.digest:
            self._folders.done(OUTBOX, payload.name)
            return
        content, rest = remaining(payload, filed, self._profiles)
        if content is None:
            self._folders.moved(OUTBOX, SENT, payload.name)
            return
        if rest.records:
            self._folders.rewrite(SENT, payload.name, content)
        self._folders.done(OUTBOX, payload.name)

    # --- what the leg has decided ------------------------------------------------------------------------
    def write(self, outgoing: Outgoing) -> None:
        """Does it and strikes it. A file appears after it was struck, so that it appears once."""
        body = outgoing.body
        assert isinstance(body, Inbound)
        if body.reraise is not None and body.batch == RERAISE:
            self._tell(SentRead(body.reraise.ask, self._unanswered()), outgoing.key, outgoing.cause)
            self._leg.dispatched(outgoing)
            return
        folder, _, name = body.batch.partition("/")
        content = written(name, body.records, self._code, self._profile, self._clock.now)
        self._folders.stage(folder, name, content)
        if folder == RESULT:
            batch, _ = split_ref(ref_of(name))
            _, _, business, sequence = batch.split("-")
            with self._leg.transaction() as leg:
                filed = leg.state.numbered(business, int(sequence))
            if filed is not None:
                self.sync(filed.name)
        self._leg.dispatched(outgoing)
        self._folders.publish(folder, name)

    def sync(self, name: str) -> None:
        """A file in sent/ holds what still has no result, and is gone when all of it has."""
        payload, filed = self._folders.payload(SENT, name), self._filed(name)
        if payload is None or filed is None:
            return
        content, rest = remaining(payload, filed, self._profiles)
        if not rest.records:
            self._folders.done(SENT, name)
        elif content is not None:
            self._folders.rewrite(SENT, name, content)

    def publish_staged(self) -> None:
        """What was struck before a crash takes its place; what was not has to be staged again first."""
        for folder, name in list(self._folders.staged()):
            self._folders.publish(folder, name)

    # --- another machine ---------------------------------------------------------------------------------
    def take_over(self, machine: str) -> None:
        """Begins with what the machine before this one took from outbox/ and heard nothing of. Once."""
        key = f"take-over/{machine}"
        with self._leg.transaction() as leg:
            if leg.replied(Key(key)) is not None:
                return
        found = [self._judged(one) for one in self._folders.take(SENT) if isinstance(one, Payload)]
        files = tuple(one for one in found if one.refused is None)
        waits = {record.record_id for file in files for record in file.records}
        for folder, name in list(self._folders.staged()):
            # The server was not told that this came down: it gives it again, unless sent/ lacks it already.
            if folder == RESULT and waits.isdisjoint(self._answered_in(folder, name)):
                self._folders.publish(folder, name)
            else:
                self._folders.drop_staged(folder, name)
        self._tell(TakeOver(files), key)

    def _answered_in(self, folder: str, name: str) -> set[str]:
        content = self._folders.read_staged(folder, name)
        if content is None:
            return set()
        found = records_of(Payload(folder, name, content), self._profiles)
        return {one.answers for one in found if isinstance(one, Result)}

    def _unanswered(self) -> tuple[AnyRecord, ...]:
        """The records of all files in sent/, in the order of the names."""
        payloads = [one for one in self._folders.take(SENT) if not isinstance(one, Found)]
        return tuple(record for one in payloads for record in records_of(one, self._profiles))

    def _judged(self, payload: Payload) -> FileDropped:
        return judged(payload, self._code, self._profile.agency, self._profiles)

    def _filed(self, name: str) -> Filed | None:
        with self._leg.transaction() as leg:
            return leg.state.file(name)
