"""Around an exchange terminal: the register, the ministry server, and whoever is not listed.

Files go to and fro at each time of the daily exchange and whenever time has passed, unless the ministry
server cannot be reached. The register that the harness plays takes in what it fetches, and answers notices.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from conformance.protocol import terminal as wire
from conformance.protocol.base import Done, File
from conformance.protocol.conversation import Conversation
from conformance.protocol.municipal import Collect, CollectAnswer, DeliverAnswer
from conformance.scenes.counter import TODAY
from conformance.scenes.forms import as_planned
from conformance.scenes.terminal_asking import Discreet
from conformance.scenes.terminal_desk import Desk
from conformance.scenes.terminal_files import (
    as_xml,
    good,
    holds_records,
    hostile,
    other_content,
    with_bad_record,
)
from conformance.scenes.terminal_keys import Keys, keys_of
from conformance.scenes.terminal_server import Server
from conformance.scenes.terminal_sight import Sight
from conformance.scenes.way import Way
from conformance.stage import Stage
from sim.base.errors import Breach, HarnessError
from sim.base.instant import Instant, japan_datetime
from sim.base.journal import Line
from sim.base.node import Body
from sim.drivers.topology import Topology
from sim.exchange.envelope import seal
from sim.exchange.profile import open_profile, open_profiles
from sim.nodes.messages.agency import OpenMinistry

ROUNDS: Final = 20
"""Rounds of an exchange after which it is taken never to come to rest."""
SEALED: Final = ".p7m"
LISTED: Final = "ministry"

Holder = tuple[str, str]
"""(card number, pseudonym) of somebody whom the agency knows."""


class Bureau(Desk):
    """One terminal under test. Set `settings` (of the reset) before the case's first instant.

    `sealed`: the test authority's keys are handed out. `immediate`: the server sends each notice at once.
    `server_speaks`: the version of the profile in which the server reads and writes. `reachable`: whether
    files can pass. `refuses`: how many sessions the network refuses. `spoils`: whose next notice has a value
    that nobody knows.
    """

    def __init__(self, stage: Stage, conversation: Conversation) -> None:
        super().__init__(stage, Discreet(stage, conversation))
        self._server_: Server | None = None
        self._reset: wire.Reset | None = None
        self._sight = Sight(stage, open_profiles())
        self.settings: dict[str, Any] = {}
        self.sealed = False
        self.immediate = False
        self.server_speaks = "renkei-open/1"
        self.reachable = True
        self.refuses = 0
        self.way = Way(open_profile())
        self.spoils = ""
        self._sessions = 0
        self._numbered = 0
        self._raised: dict[str, wire.RecordData] = {}
        self._answered: dict[str, wire.RecordData] = {}
        self._settled_records: set[str] = set()
        self._kept: dict[str, File] = {}
        self._down = 0
        for name, call in (
            ("ask_sequences", self._sequences),
            ("connect", self._connect),
            ("disconnect", self._disconnect),
        ):
            conversation.provide(name, call)

    # --- Scene ------------------------------------------------------------------------------------------
    @property
    def now(self) -> Instant:
        return self._asking.now

    @property
    def today(self) -> Instant:
        """When a case without fixed days begins. Raises as `Asking.today` does."""
        return self._asking.today(TODAY)

    def begin(self, case: str, at: Instant) -> None:
        peer = self._asking.conversation.peer
        if peer is not None:
            self.stage.note("capabilities_told", {"capabilities": list(peer.capabilities)})
        reset = wire.Reset(case=case, at=japan_datetime(at), **self.settings)
        if self.sealed:
            reset = reset.model_copy(update={"keys": self.keys.handed_out()})
            self._sight.keys = self.keys
        self._reset = reset
        self._asking.reset(reset, Done, at)
        profile = next(one for one in open_profiles() if one.name == self.server_speaks)
        site = Topology(reset.municipality, reset.exchange_at[0], profile=profile)
        self._server_ = Server(site, at, immediate=self.immediate)

    def advance(self, until: Instant) -> None:
        for tick in self._asking.ticks(self._set.exchange_at, until):
            self._reach(tick)
        if until > self.now:
            self._reach(until)

    def lines(self) -> list[Line]:
        return [] if self._server_ is None else self._server_.lines()

    @property
    def keys(self) -> Keys:
        """The keys of the case."""
        return keys_of(self.settings.get("municipality", "131041"), open_profile().agency)

    # --- the register and the agency --------------------------------------------------------------------
    def known(self, *holders: Holder) -> None:
        """The agency knows these people."""
        code = self._set.municipality
        self._server.tell(OpenMinistry(tuple((card, ref, code) for card, ref in holders)))

    def submit(self, kind: str, **items: str) -> str:
        """The register hands one record over; its number."""
        self._numbered += 1
        number = f"{self._set.municipality}-{self._numbered:08d}"
        record = wire.RecordData(kind=kind, items={"record_id": number, **items})
        self._raised[number] = record
        self._sight.canaries |= {value for value in items.values() if len(value) >= 8}
        self._hand_over((record,))
        return number

    def agency_decides(self, body: Body) -> None:
        """The agency decides something that the register must follow.

        Raises:
            HarnessError: the server as we play it does not take the decision.
        """
        cause = self.stage.note("agency_decided", msgspec.to_builtins(body))
        self._server.advance(self.now)
        reply = self._server.tell(body, cause)
        if not reply.ok:
            raise HarnessError("the agency cannot decide this", received=f"{reply.code} {reply.detail}")
        self.exchange()

    # --- the exchange -----------------------------------------------------------------------------------
    def exchange(self) -> None:
        """Carries files to and fro until there are none.

        Raises:
            Breach: it never comes to rest.
        """
        self._server.advance(self.now)
        for _ in range(ROUNDS):
            if not self.reachable:
                return self._fetch()
            up = self._asking.ask(Collect(), CollectAnswer).files
            for file in up:
                self._take(file)
            down = self._server.waiting().get(self._set.municipality, [])
            for file in down:
                self._give(file)
            self._fetch()
            if not up and not down:
                return None
        raise Breach(
            "the exchange never comes to rest",
            expected=f"no more files after at most {ROUNDS} rounds",
            received=f"files in each of {ROUNDS} rounds",
            where="collect, deliver",
            remedy="a result is answered by nothing; an empty batch is sent once a day",
        )

    def deliver(self, file: File, spoilt: str = "", *, peer: str = LISTED, raw: bytes | None = None) -> str:
        """A file arrives; the code with which it was refused. `raw`: its bytes as they are."""
        arriving = file = file if raw is not None else as_planned(file, self._asking.conversation)
        if raw is not None:
            arriving = File.of(file.name + SEALED, raw)
        elif self.sealed:
            sealed = seal(file.content, self.keys.ministry, self.keys.terminal.certificate)
            arriving = File.of(file.name + SEALED, sealed)
        told = self._asking.ask(wire.Deliver(files=(arriving,), peer=peer), DeliverAnswer)
        code = told.refused.get(arriving.name, "")
        self._sight.delivered(file, code, spoilt, peer, "line")
        return code

    def deliver_hostile(self, what: str, peer: str = LISTED) -> None:
        """A file arrives that must not be taken in."""
        self.deliver(self.hostile(what), what, peer=peer)
        self._fetch()

    def deliver_unsealed(self, how: str) -> None:
        """A file arrives that is not sealed, not for us, or signed by nobody whom we trust."""
        file = self._next_file()
        keys = self.keys
        own, elsewhere = keys.terminal.certificate, keys.elsewhere.certificate
        raw = {
            "not_sealed": lambda: file.content,
            "not_for_us": lambda: seal(file.content, keys.ministry, elsewhere),
            "unknown_signer": lambda: seal(file.content, keys.stranger, own),
            "foreign_signer": lambda: seal(file.content, keys.elsewhere, own),
            "damaged": lambda: seal(file.content, keys.ministry, own)[:-16],
        }[how]()
        self.deliver(file, how, raw=raw)
        self._fetch()

    def hostile(self, what: str) -> File:
        """A file as the server could have sent it next, and what is wrong with it."""
        return hostile(what, self._down + 1, self.now, self._set.municipality, open_profile())

    def deliver_of_stranger(self, peer: str) -> None:
        """A file that is in order arrives over the line of somebody who is not listed."""
        self.deliver(self._next_file(), "of_stranger", peer=peer)
        self._fetch()

    def _next_file(self) -> File:
        return good(self._down + 1, self.now, self._set.municipality, open_profile())

    def deliver_again(self, *, other: bool = False, medium: str = "") -> None:
        """The last file with records arrives again, or another batch under its number."""
        kept = list(self._kept.values())
        if not kept:
            raise HarnessError("no file has come down yet")
        file = other_content(kept[-1], open_profile()) if other else kept[-1]
        spoilt = "numbered_again" if other else "again"
        if medium:
            self.put_medium(medium, file, spoilt)
        else:
            self.deliver(file, spoilt)
            self._fetch()

    # --- when the line is out of use --------------------------------------------------------------------
    def declare(self, declared: bool) -> None:
        """The line is declared out of use, or works again."""
        self.reachable = not declared
        self._asking.ask(wire.Outage(declared=declared), Done)
        self.exchange()

    def hand_over(self, manner: str) -> int:
        """The operator gives what waits to a messenger, who brings it to the server; the act's number."""
        told = self._asking.ask(wire.HandOver(manner=manner), wire.HandOverAnswer)
        act = self._acted("hand_over", told.accepted, told.reason, manner=manner, files=len(told.files))
        for file in told.files:
            self._take(file, manner)
        self._server.advance(self.now)
        return act

    def bring(self, medium: str) -> None:
        """A messenger brings what waits at the server, on a medium that is put into the reader."""
        for file in self._server.waiting().get(self._set.municipality, []):
            self._kept[file.name] = file
            self._down += 1
            self.put_medium(medium, file)
        self._fetch()

    def put_medium(self, medium: str, file: File, spoilt: str = "") -> None:
        """A medium with a file is put into the reader."""
        told = self._asking.ask(wire.PutMedium(medium=medium, files=(file,)), DeliverAnswer)
        self._sight.delivered(file, told.refused.get(file.name, ""), spoilt, LISTED, "media")
        self._fetch()

    # --- another machine --------------------------------------------------------------------------------
    def replace(self, serial: str) -> None:
        """Another machine takes the terminal's place."""
        self._asking.ask(wire.Replace(serial=serial), Done)
        self.exchange()

    # --- calls ------------------------------------------------------------------------------------------
    def _sequences(self, body: Any) -> dict[str, Any]:
        asked = wire.AskSequences.model_validate(body)
        told = self._server.sequences(asked) if self.reachable else wire.SequencesAnswer(told=False)
        self.stage.note("sequences_asked", {"told": told.told, "up": told.up})
        return told.model_dump(mode="json")

    def _connect(self, body: Any) -> dict[str, Any]:
        asked = wire.Connect.model_validate(body)
        right = asked.credential == self._set.credential and asked.municipality == self._set.municipality
        admitted = right and self.refuses == 0
        self.refuses = max(0, self.refuses - 1)
        self._sessions += 1
        reason = "" if admitted else "outage" if right else "wrong_credential"
        self.stage.note("session_asked", {"right": right, "admitted": admitted})
        answer = wire.ConnectAnswer(session=f"S{self._sessions}" if admitted else "", reason=reason)
        return answer.model_dump(mode="json")

    def _disconnect(self, body: Any) -> dict[str, Any]:
        self.stage.note("session_ended", {})
        return {}

    # --- small things -----------------------------------------------------------------------------------
    def _take(self, file: File, manner: str = "line") -> None:
        """A file of the terminal, on its way to the server."""
        plain, cause = self._sight.sent(file, self.now, manner)
        if plain is None:
            return
        trouble, arriving = self.way.through("up", plain)
        if trouble:
            self.stage.note("trouble", {"direction": "up", "trouble": trouble, "file": plain.name})
        for one in arriving:
            self._server.take(self._set.municipality, self.way.as_read(one), cause)

    def _give(self, file: File) -> None:
        """A file of the server, on its way to the terminal."""
        if self.spoils:
            file, number = with_bad_record(file, self.spoils, open_profile())
            if number:
                self.stage.note("record_spoilt", {"record": number}, subject=self.spoils)
                self.spoils = ""
        trouble, arriving = self.way.through("down", file)
        if trouble:
            self.stage.note("trouble", {"direction": "down", "trouble": trouble, "file": file.name})
        self._down += 1
        if holds_records(file, open_profile()):
            self._kept[file.name] = file
        for one in arriving:
            spoilt = trouble if one.content != file.content else ""
            self.deliver(as_xml(one, open_profile()) if trouble == "as_xml" else one, spoilt)

    def _fetch(self) -> None:
        """The register takes in what came down, and answers each notice once."""
        told = self._asking.ask(wire.Fetch(), wire.FetchAnswer)
        answers = []
        for one in told.records:
            self._sight.fetched(one)
            if one.kind == "result" and one.items.get("answers", "") in self._raised:
                self._settled_records.add(one.items["answers"])
            notice = one.items.get("record_id", "")
            if one.kind == "agency_notice" and notice not in self._answered:
                self._numbered += 1
                number = f"{self._set.municipality}-R{self._numbered:07d}"
                items = {"record_id": number, "scope": "record", "answers": notice, "outcome": "accepted"}
                self._answered[notice] = wire.RecordData(kind="result", items=items)
                answers.append(self._answered[notice])
        if told.again is not None:
            self._raise_again(told.again)
        elif answers:
            self._hand_over(tuple(answers))

    def _raise_again(self, again: wire.Again) -> None:
        open_records = [one for number, one in self._raised.items() if number not in self._settled_records]
        owed = [self._answered[notice] for notice in again.answers if notice in self._answered]
        data = {"records": [one.items["record_id"] for one in (*open_records, *owed)]}
        self.stage.note("again_asked", data)
        self._asking.ask(wire.Submit(records=(*open_records, *owed), again=again.ask), Done)

    def _hand_over(self, records: tuple[wire.RecordData, ...]) -> None:
        for one in records:
            person = one.items.get("person_ref", "")
            self.stage.note("record_submitted", {"kind": one.kind, "items": one.items}, subject=person)
        self._asking.ask(wire.Submit(records=records), Done)

    def _reach(self, until: Instant) -> None:
        self._asking.clock(until)
        self.exchange()

    @property
    def _server(self) -> Server:
        if self._server_ is None:
            raise HarnessError("a case must begin with a step that says when it is")
        return self._server_

    @property
    def _set(self) -> wire.Reset:
        if self._reset is None:
            raise HarnessError("a case must begin with a step that says when it is")
        return self._reset
