"""What people do at a terminal's console, and what is looked at from outside.

Each thing that is done at the console becomes a line `console_done` with its number (`act`), each look at a
log lines of their own with the number of the look (`look`), so that a check can say which it means.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

from conformance.protocol import terminal as wire
from conformance.protocol.base import Request
from conformance.scenes.terminal_asking import Discreet
from conformance.stage import Stage
from sim.base.instant import parse_iso


class Desk:
    """The console of one terminal, and its logs."""

    def __init__(self, stage: Stage, asking: Discreet) -> None:
        self.stage = stage
        self._asking = asking
        self._acts = 0
        self._looks = 0

    # --- the console ------------------------------------------------------------------------------------
    def log_on(self, operator: str, pin: str) -> int:
        """Somebody gives an id and a PIN; the number of the act, as of all that follow."""
        return self._do("log_on", wire.LogOn(operator=operator, pin=pin), operator=operator)

    def log_off(self) -> int:
        """Whoever is logged on leaves."""
        return self._do("log_off", wire.LogOff())

    def view(self, what: str) -> int:
        """The operator looks at something."""
        return self._do("view", wire.View(what=what), what=what)

    def send(self, peer: str = "") -> int:
        """The operator starts an exchange."""
        return self._do("send", wire.Send(peer=peer), peer=peer)

    def change_pin(self, pin: str) -> int:
        """The operator takes another PIN."""
        return self._do("change_pin", wire.ChangePin(pin=pin))

    def unlock(self, operator: str) -> int:
        """An administrator unlocks an operator."""
        return self._do("unlock", wire.Unlock(operator=operator), operator=operator)

    def train(self, operator: str, on: date) -> int:
        """An operator was instructed."""
        return self._do("train", wire.Train(operator=operator, on=on), operator=operator)

    def install(self, version: str, patched: date) -> int:
        """An administrator installs a version."""
        return self._do("install", wire.Install(version=version, patched=patched), version=version)

    def export_log(self, medium: str) -> int:
        """The operator writes the audit log onto a medium; what lies there becomes lines of its own."""
        told = self._asking.ask(wire.ExportLog(medium=medium), wire.ExportAnswer)
        act = self._acted("export_log", told.accepted, told.reason, medium=medium)
        if told.accepted:
            self._lies(act, medium, told.content, told.digest)
        return act

    # --- looking ----------------------------------------------------------------------------------------
    def look_at_log(self) -> int:
        """Looks at the audit log; the number of the look."""
        told = self._asking.ask(wire.AuditLog(), wire.AuditLogAnswer)
        look = self._next_look()
        data: dict[str, Any] = {"look": look, "terminal": told.terminal, "serial": told.serial}
        self.stage.note("audit_looked", data | {"entries": len(told.entries)})
        for one in told.entries:
            plain = one.model_dump(mode="json") | {"at": parse_iso(one.at.isoformat())}
            self.stage.note("audit_seen", {"look": look, **plain})
        return look

    def look_at_incidents(self) -> int:
        """Looks at what was written down for those responsible for security; the number of the look."""
        told = self._asking.ask(wire.Incidents(), wire.IncidentsAnswer)
        look = self._next_look()
        self.stage.note("incidents_looked", {"look": look, "incidents": len(told.incidents)})
        for one in told.incidents:
            self.stage.note("incident_seen", {"look": look, **one.model_dump(mode="json")})
        return look

    def look_at_results(self) -> int:
        """An operator looks at the results of processing; the number of the look."""
        told = self._asking.ask(wire.Results(), wire.ResultsAnswer)
        look = self._next_look()
        for one in told.results:
            self.stage.note("result_seen", {"look": look, **one.model_dump(mode="json")})
        return look

    def look_at_screen(self) -> int:
        """Looks at the screen; the number of the look."""
        told = self._asking.ask(wire.Status(), wire.StatusAnswer)
        look = self._next_look()
        self.stage.note("status_seen", {"look": look, **told.model_dump(mode="json")})
        return look

    # --- attempts ---------------------------------------------------------------------------------------
    def knock(self, peer: str, service: str, side: str) -> None:
        """Somebody tries to reach a service."""
        told = self._asking.ask(wire.Knock(peer=peer, service=service, side=side), wire.KnockAnswer)
        data = {"peer": peer, "service": service, "side": side, "admitted": told.admitted}
        self.stage.note("knocked", data)

    # --- small things -----------------------------------------------------------------------------------
    def _do(self, op: str, request: Request, **data: object) -> int:
        told = self._asking.ask(request, wire.ConsoleAnswer)
        return self._acted(op, told.accepted, told.reason, shown=told.shown, **data)

    def _acted(self, op: str, accepted: bool, reason: str, **data: object) -> int:
        self._acts += 1
        told = {"act": self._acts, "op": op, "accepted": accepted, "reason": reason}
        self.stage.note("console_done", told | data)
        return self._acts

    def _next_look(self) -> int:
        self._looks += 1
        return self._looks

    def _lies(self, act: int, medium: str, content: bytes, digest: str) -> None:
        """Writes down what lies on a medium: its digest, and its lines if they can be read."""
        data: dict[str, Any] = {
            "act": act,
            "medium": medium,
            "told": digest,
            "found": hashlib.sha256(content).hexdigest(),
            "ends": content.endswith(b"\n"),
        }
        self.stage.note("export_seen", data)
        for number, row in enumerate(content.split(b"\n")[:-1]):
            try:
                line = json.loads(row.decode("utf-8"))
            except (ValueError, RecursionError):
                line = None
            fields = line if isinstance(line, dict) else {}
            self.stage.note("export_line", {"act": act, "row": number, "fields": fields})
