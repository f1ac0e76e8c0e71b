"""Around a ministry server: the municipalities, each with its own line, and people at the agency.

Every municipality numbers its batches, answers what comes down to it, and writes down all that it sees. A
file that was refused is followed by another edition under its number, as the profile has it.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec

from conformance.border import stem_of
from conformance.protocol import ministry as wire
from conformance.protocol.base import Done, File
from conformance.protocol.conversation import Conversation
from conformance.scenes.forms import as_planned
from conformance.scenes.ministry_asks import MinistryAsks
from conformance.scenes.ministry_batches import BUSINESS, made
from conformance.scenes.ministry_city import City
from conformance.scenes.ministry_keys import Keys, keys_of
from conformance.scenes.terminal_asking import Discreet
from conformance.stage import Stage
from sim.base.instant import Instant, japan_datetime
from sim.base.journal import Data, Line
from sim.exchange.batch import UP, Decoded, Header, decode
from sim.exchange.check import check
from sim.exchange.profile import open_profiles
from sim.exchange.records import AgencyNotice, AnyRecord, Result, kind_of

AGENCY: Final = "ISA"
REGISTER: Final = "01"
CANARIES: Final = ("name", "card_number", "card_number_before", "answers")
"""Items whose texts stand in clear nowhere on a line, where files are sealed."""
FINDINGS: Final = 20
"""Findings about one file that are written down."""
SPENT: Final = ("SEQUENCE_REUSED", "SEQUENCE_STALE")
"""Codes after which a number is not used again."""


class Municipalities(MinistryAsks):
    """All municipalities and the agency. Set `settings` (of the reset) before the case's first instant."""

    def __init__(self, stage: Stage, conversation: Conversation) -> None:
        self._stage = stage
        self._asking = Discreet(stage, conversation)
        self._profiles = {profile.name: profile for profile in open_profiles()}
        self._cities: dict[str, City] = {}
        self._deliveries = 0
        self._canaries: set[str] = set()
        self.settings: dict[str, Any] = {}
        self.listed: dict[str, str] = {"131041": ""}
        self.sealed = False
        self._keys: Keys | None = None

    # --- Scene ------------------------------------------------------------------------------------------
    @property
    def now(self) -> Instant:
        return self._asking.now

    def begin(self, case: str, at: Instant) -> None:
        rows = tuple(wire.MunicipalityData(code=code, credential=word) for code, word in self.listed.items())
        reset = wire.Reset(case=case, at=japan_datetime(at), municipalities=rows, **self.settings)
        if self.sealed:
            self._keys = keys_of(tuple(self.listed))
            reset = reset.model_copy(update={"keys": self._keys.handed_out()})
        self._asking.reset(reset, Done, at)

    def advance(self, until: Instant) -> None:
        if until > self.now:
            self._asking.clock(until)

    def lines(self) -> list[Line]:
        return []

    # --- municipalities ---------------------------------------------------------------------------------
    def city(self, code: str) -> City:
        """The municipality of that code; it speaks the oldest version only until it is told otherwise."""
        return self._cities.setdefault(code, City(code, ("renkei-open/1",)))

    def hold(self, code: str, *holders: tuple[str, str]) -> None:
        """The agency knows these (person, card number), whose records the municipality holds."""
        rows = tuple(
            wire.HolderData(person=person, card_number=card, municipality=code) for person, card in holders
        )
        self._asking.ask(wire.Seed(holders=rows), Done)

    def wait(self, code: str, record: AnyRecord) -> None:
        """The record goes with the municipality's next exchange."""
        self.city(code).waiting.setdefault(BUSINESS[kind_of(record)], []).append(record)

    def exchange(self, code: str) -> None:
        """The municipality sends what waits, and takes what comes down.

        A batch of the register's business goes in any case, for with its answer come the notices.
        """
        city = self.city(code)
        waiting, city.waiting = city.waiting, {}
        for business in sorted({REGISTER, *waiting}):
            self.send(code, business, tuple(waiting.get(business, ())))

    def send(
        self,
        code: str,
        business: str,
        records: tuple[AnyRecord, ...],
        *,
        fault: str = "",
        spoilt: dict[str, str] | None = None,
        as_xml: bool = False,
        over: str = "",
        number: int | None = None,
        version: str = "",
        manner: str = "line",
        envelope: str = "",
    ) -> int:
        """One batch of a municipality, and what comes down for it; the number of the delivery.

        `fault`, `spoilt`: what is wrong with it; `over`: on whose line it comes, if not on its own; `number`:
        if not the next one; `version`: if not the newest that the municipality speaks; `envelope`: what is
        wrong with its envelope.
        """
        city = self.city(code)
        sequence = city.numbers.get(business, 1) if number is None else number
        profile = self._profiles[version or city.reads[0]]
        header = Header(profile.name, code, AGENCY, business, UP, sequence, self._second(), len(records))
        content = made(header, records, profile, fault=fault, spoilt=spoilt, as_xml=as_xml)
        edition = city.editions[header.batch_id] = city.editions.get(header.batch_id, 0) + 1
        suffix = "" if edition == 1 else f".{edition}"
        name = (
            f"{header.batch_id}{suffix}.{'xml' if as_xml or fault.startswith(('xml', 'not_xml')) else 'csv'}"
        )
        city.last = File.of(name, content)
        if number is None:
            city.numbers[business] = sequence + 1
        data: Data = {
            "batch": header.batch_id,
            "business": business,
            "sequence": sequence,
            "fault": fault,
            "sender": code,
            "records": len(records),
            "envelope": envelope,
        }
        line = self._give(over or code, city.last, manner, data, envelope)
        for record in records:
            about: Data = {"municipality": code, "spoilt": (spoilt or {}).get(record.record_id, "")}
            about |= {"batch": header.batch_id, "delivery": self._deliveries}
            self._record("record_delivered", record, about, line)
        given = self._deliveries
        self.collect(over or code)
        return given

    def resend(self, code: str) -> None:
        """The municipality sends its last file once more, byte for byte."""
        file = self.city(code).last
        assert file is not None, "the steps send something first"
        self._give(code, file, "line", {"again": True})
        self.collect(code)

    def collect(self, code: str) -> None:
        """The municipality takes what has come down, and makes up its answers."""
        told = self._asking.ask(wire.Collect(municipality=code), wire.CollectAnswer)
        for file in told.files:
            plain = self._opened(code, file)
            if plain is not None:
                self._come(self.city(code), plain, file.manner)
        for version in told.take_version:
            self._stage.note("version_told", {"municipality": code, "version": version})

    # --- what goes up and comes down --------------------------------------------------------------------
    def _give(self, line: str, file: File, manner: str, data: Data, envelope: str = "") -> str:
        given = file = as_planned(file, self._asking.conversation)
        if self._keys is not None:
            given = File.of(file.name + wire.SEALED, self._keys.sealed(line, file.content, envelope))
        ask = wire.Deliver(municipality=line, files=(given,), manner=manner)
        told = self._asking.ask(ask, wire.DeliverAnswer)
        self._deliveries += 1
        return self._stage.note(
            "batch_delivered",
            {
                "delivery": self._deliveries,
                "municipality": line,
                "file": file.name,
                "stem": stem_of(file.name),
                "bytes": len(file.content),
                "digest": hashlib.sha256(file.content).hexdigest(),
                "refused": told.refused.get(given.name, ""),
                "manner": manner,
                "again": False,
                **data,
            },
        )

    def _opened(self, code: str, file: wire.CarriedFile) -> File | None:
        """The file without its envelope; None when its recipient cannot open it."""
        if self._keys is None:
            return file
        plain, signer, others = self._keys.opened(code, file, self.now)
        in_clear = sorted(text for text in self._canaries if text.encode() in file.content)
        data: Data = {
            "municipality": code,
            "file": file.name,
            "opened": plain is not None,
            "signer": signer,
            "readable_by": list(others),
            "in_clear": list(in_clear),
        }
        self._stage.note("sealed_seen", data)
        return plain

    def _come(self, city: City, file: File, manner: str) -> None:
        """A file came down: it is written down, and answered when the municipality answers."""
        digest = hashlib.sha256(file.content).hexdigest()
        read = self._read(file)
        data: Data = {
            "municipality": city.code,
            "file": file.name,
            "stem": stem_of(file.name),
            "bytes": len(file.content),
            "digest": digest,
            "manner": manner,
            "again": digest in city.seen,
            "findings": self._findings(city, file),
        }
        if read.batch is not None:
            data |= {"batch": read.batch.header.batch_id, "header": msgspec.to_builtins(read.batch.header)}
        line = self._stage.note("batch_sent", data)
        if read.batch is None:
            return
        header = read.batch.header
        about = {"municipality": city.code, "batch": header.batch_id, "again": data["again"]}
        for record in read.batch.records:
            self._record("record_sent", record, about, line)
        city.seen.add(digest)
        if digest in city.answered:
            return
        if city.answers:
            city.answered.add(digest)
            if header.profile not in city.reads:
                self._say(city, header.business, "batch", stem_of(file.name), "UNKNOWN_PROFILE")
                return
            if city.spoilt and any(isinstance(one, AgencyNotice) for one in read.batch.records):
                city.answered.discard(digest)
                code, city.spoilt = city.spoilt, ""
                self._say(city, header.business, "batch", stem_of(file.name), code)
                return
            self._say(city, header.business, "batch", header.batch_id)
        for record in read.batch.records:
            if isinstance(record, Result):
                self._hear(city, record)
            elif isinstance(record, AgencyNotice) and city.answers:
                code = "" if city.knows else "NO_SUCH_RESIDENT"
                self._say(city, header.business, "record", record.record_id, code)

    def _hear(self, city: City, result: Result) -> None:
        """A number whose batch was refused is used again; a later number waits for it."""
        stem = result.answers
        if result.scope != "batch" or result.accepted or result.code in SPENT:
            return
        parts = stem.split(".")[0].split("-")
        if len(parts) == 4 and parts[3].isdecimal():
            known = city.numbers.get(parts[2], 1)
            city.numbers[parts[2]] = min(known, int(parts[3]))

    def _say(self, city: City, business: str, scope: str, answers: str, code: str = "") -> None:
        """A result that goes up with the next exchange."""
        result = Result(
            record_id=city.number(),
            scope=scope,
            answers=answers,
            outcome="rejected" if code else "accepted",
            code=code,
        )
        city.waiting.setdefault(business, []).append(result)

    def _read(self, file: File) -> Decoded:
        """The file as the version reads it in which it is written."""
        read = [decode(file.content, profile) for profile in self._profiles.values()]
        return next((one for one in read if one.batch is not None), read[0])

    def _findings(self, city: City, file: File) -> list[Data]:
        profiles = tuple(self._profiles.values())
        checked = check([file.content], profiles, FINDINGS, reader=city.code)
        return [one.as_data() for one in checked.told]

    # --- small things -----------------------------------------------------------------------------------
    def _record(self, kind: str, record: AnyRecord, about: Data, cause: str) -> None:
        data = msgspec.to_builtins(record)
        data.pop("type")
        items = {item: value for item, value in data.items() if value not in ("", None)}
        self._canaries |= {str(items[item]) for item in CANARIES if item in items}
        note = {"kind": kind_of(record)} | items | about
        self._stage.note(kind, note, subject=getattr(record, "person_ref", ""), cause=cause)
