"""Around a ministry server: what is asked of it beside files, and what is seen there.

Each thing that an answer tells becomes a line of its own, with the number of the look that saw it (`look`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from conformance.protocol import ministry as wire
from conformance.protocol.base import Answer, Done, Message
from conformance.scenes.ministry_city import City
from conformance.scenes.terminal_asking import Discreet
from conformance.stage import Stage
from sim.base.instant import SECOND, Instant, japan_datetime


class MinistryAsks(ABC):
    """What terminals, the agency and the centre ask. `listed`: municipalities with their credentials."""

    _stage: Stage
    _asking: Discreet
    _looks: int = 0
    listed: dict[str, str]

    @abstractmethod
    def city(self, code: str) -> City:
        """The municipality of that code."""

    @abstractmethod
    def collect(self, code: str) -> None:
        """The municipality takes what has come down."""

    # --- what municipalities and the agency ask ---------------------------------------------------------
    def connect(self, code: str, claims: str, credential: str) -> None:
        """The terminal on the line asks for a connection; what has waited comes down."""
        ask = wire.Connect(municipality=code, claims=claims, credential=credential)
        self._decided("connect", ask, wire.ConnectAnswer, code)
        self.collect(code)

    def disconnect(self, code: str) -> None:
        """The terminal on the line has done with it."""
        self._asking.ask(wire.Disconnect(municipality=code), wire.ConnectAnswer)

    def outage(self, code: str, *, declared: bool) -> None:
        """The line is declared out of use, or is in use again."""
        self._asking.ask(wire.Outage(municipality=code, declared=declared), wire.ToldAnswer)

    def hand_over(self, code: str, manner: str) -> None:
        """What waits for the municipality is to go by messenger."""
        self._decided("hand_over", wire.HandOver(municipality=code, manner=manner), wire.ToldAnswer, code)

    def sequences(self, code: str) -> None:
        """A terminal that takes another's place now asks where the numbers stand."""
        ask = wire.AskSequences(municipality=code, since=japan_datetime(self._second()))
        told = self._asking.ask(ask, wire.SequencesAnswer)
        self._stage.note("sequences_told", {"municipality": code, **told.model_dump(mode="json")})
        self.collect(code)

    def roll_out(self, version: str, *codes: str) -> None:
        """A wave of a roll-out; each municipality hears of it."""
        ask = wire.RollOut(version=version, municipalities=codes)
        self._decided("roll_out", ask, wire.ToldAnswer, "")
        for code in codes:
            self.collect(code)

    def takes_version(self, code: str, version: str) -> None:
        """The terminal speaks the version from now on, beside those that it spoke."""
        city = self.city(code)
        city.reads = (version, *city.reads)
        ask = wire.VersionTaken(municipality=code, version=version)
        self._decided("version_taken", ask, wire.ToldAnswer, code)

    def decide(self, person: str, reason: str, items: dict[str, str], **more: Any) -> None:
        """The agency decides something; what goes down at once is taken at once by whom it is for."""
        ask = wire.Decide(person=person, reason=reason, items=items, **more)
        told = self._asking.ask(ask, wire.DecideAnswer, subject=person)
        data = {"reason": reason, **told.model_dump(mode="json")}
        self._stage.note("agency_decided", data, subject=person)
        for code, credential in self.listed.items():
            if not credential:
                self.collect(code)

    def became(self, **told: Any) -> None:
        """The agency lets somebody land or stay."""
        self._asking.ask(wire.Became(**told), Done, subject=told["person"])

    def claims(self, person: str, excuse: str) -> None:
        """A person claims a good reason."""
        ask = wire.Excuse.model_validate({"person": person, "excuse": excuse})
        self._asking.ask(ask, Done, subject=person)

    def candidates(self) -> int:
        """Looks who is a candidate; the number of the look."""
        told = self._asking.ask(wire.Candidates(), wire.CandidatesAnswer)
        return self._seen("candidate_seen", told.candidates, "person")

    def usage(self, code: str) -> int:
        """Looks how much a municipality has used the exchange; the number of the look."""
        told = self._asking.ask(wire.Usage(municipality=code), wire.UsageAnswer)
        self._looks += 1
        data = {"look": self._looks, "municipality": code, **told.model_dump(mode="json")}
        self._stage.note("usage_seen", data)
        return self._looks

    def faults(self) -> int:
        """Looks which faults are open; the number of the look."""
        told = self._asking.ask(wire.Faults(), wire.FaultsAnswer)
        return self._seen("fault_seen", told.faults, "")

    def report(self, code: str, place: str, fault: str, *, mended: bool = False) -> None:
        """Somebody reports a fault, or that it is mended."""
        ask = wire.FaultReport(municipality=code, place=place, fault=fault, mended=mended)
        self._decided("report_fault", ask, wire.ToldAnswer, code)

    # --- small things -----------------------------------------------------------------------------------
    def _second(self) -> Instant:
        """Now, in whole seconds as headers have it."""
        now = self._asking.now
        return Instant(now - now % SECOND)

    def _decided(self, op: str, ask: Any, answer: type[Answer], code: str) -> None:
        """Asks for something that can be refused, and writes down whether it was."""
        told = self._asking.ask(ask, answer).model_dump(mode="json")
        done = told.get("accepted", told.get("connected"))
        data = {"op": op, "municipality": code, "accepted": done, "reason": told["reason"]}
        self._stage.note("asked_for", data)

    def _seen(self, kind: str, told: Iterable[Message], subject: str) -> int:
        self._looks += 1
        for one in told:
            data = one.model_dump(mode="json")
            note = {"look": self._looks, **data}
            self._stage.note(kind, note, subject=str(data.get(subject, "")))
        return self._looks
