"""The network, the agency's server and what it decides: sessions, faults, usage, candidates, policy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import ClassVar

from sim.base.journal import Line
from sim.studies.folding.area import Area, Data, code_of
from sim.studies.measures import Usage
from sim.studies.measures.parts import count, shown


class CentreArea(Area):
    """What is seen from the centre."""

    HANDLES: ClassVar[Mapping[str, str]] = {
        "session_opened": "_session",
        "session_closed": "_session_closed",
        "session_refused": "_session_refused",
        "transfer_held": "_held",
        "usage_reported": "_used",
        "fault_reported": "_fault",
        "fault_cleared": "_cleared",
        "emergency_delivered": "_emergency",
        "version_taken": "_version",
        "peer_refused": "_stranger",
        "outage_declared": "_declared",
        "notice_without_holder": "_without_holder",
        "candidate_found": "_candidate",
        "candidate_withdrawn": "_withdrawn",
        "policy_moved": "_moved",
        "policy_not_moved": "_barred",
        "offices_differ": "_differ",
        "readiness_reported": "_readiness",
        "pattern_released": "_released",
        "authorisation_spent": "_spent",
        "authorisation_withdrawn": "_authorisation_withdrawn",
    }

    def _usage(self, code: str) -> Usage:
        return self.m.centre.usage.setdefault(code, Usage())

    # --- the network -------------------------------------------------------------------------------------
    def _session(self, line: Line, data: Data) -> None:
        self._usage(data["municipality"]).sessions += 1

    def _session_closed(self, line: Line, data: Data) -> None:
        count(self._usage(data["municipality"]).closed, data["reason"])

    def _session_refused(self, line: Line, data: Data) -> None:
        count(self._usage(data["municipality"]).refused, data["reason"])
        shown(self.m.centre.evidence, line.id)

    def _held(self, line: Line, data: Data) -> None:
        self._usage(code_of(data["from"]) or code_of(data["to"])).held += 1

    def _emergency(self, line: Line, data: Data) -> None:
        self._usage(code_of(data["from"]) or code_of(data["to"])).emergencies += 1
        shown(self.m.centre.evidence, line.id)

    def _stranger(self, line: Line, data: Data) -> None:
        count(self.m.centre.strangers, data.get("from") or data.get("peer", ""))
        shown(self.m.centre.evidence, line.id)

    def _declared(self, line: Line, data: Data) -> None:
        self.m.centre.outages_declared += 1
        shown(self.m.centre.evidence, line.id)

    # --- the agency's server -----------------------------------------------------------------------------
    def _used(self, line: Line, data: Data) -> None:
        """A report has the sums since the start: the latest one counts."""
        usage = self._usage(data["municipality"])
        for name in ("batches", "records", "bytes"):
            setattr(usage, name, data[f"{name}_up"] + data[f"{name}_down"])

    def _fault(self, line: Line, data: Data) -> None:
        count(self._usage(data["municipality"]).faults, data["fault"])
        shown(self.m.centre.evidence, line.id)

    def _cleared(self, line: Line, data: Data) -> None:
        usage = self._usage(data["municipality"])
        usage.cleared += 1
        usage.fault_minutes += data["minutes"]

    def _version(self, line: Line, data: Data) -> None:
        """The server's entry counts: the terminal writes one too."""
        if code := data.get("municipality", ""):
            count(self._usage(code).versions, data["version"])

    def _without_holder(self, line: Line, data: Data) -> None:
        count(self.m.centre.without_holder, data["reason"])

    def _candidate(self, line: Line, data: Data) -> None:
        candidates = self.m.candidates
        count(candidates.found, data["ground"])
        shown(candidates.evidence, line.id)

    def _withdrawn(self, line: Line, data: Data) -> None:
        candidates = self.m.candidates
        count(candidates.withdrawn, data["why"])
        shown(candidates.evidence, line.id)
        if data["filed_date"] is not None:
            behind = date.fromisoformat(data["arrived_date"]) - date.fromisoformat(data["filed_date"])
            candidates.behind.add(behind.days)

    # --- writing to chips --------------------------------------------------------------------------------
    def _moved(self, line: Line, data: Data) -> None:
        count(self.m.centre.policy, data["state"])
        shown(self.m.centre.evidence, line.id)

    def _barred(self, line: Line, data: Data) -> None:
        count(self.m.centre.barred, data["reason"])
        shown(self.m.centre.evidence, line.id)

    def _differ(self, line: Line, data: Data) -> None:
        self._usage(data["municipality"]).differ += 1
        shown(self.m.centre.evidence, line.id)

    def _readiness(self, line: Line, data: Data) -> None:
        usage = self._usage(data["municipality"])
        for lack in data["lacking"]:
            count(usage.lacking, lack)

    def _released(self, line: Line, data: Data) -> None:
        self.m.centre.patterns += 1

    def _spent(self, line: Line, data: Data) -> None:
        self.m.centre.spent += 1

    def _authorisation_withdrawn(self, line: Line, data: Data) -> None:
        self.m.centre.withdrawn += 1
