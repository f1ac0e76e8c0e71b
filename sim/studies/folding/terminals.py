"""Exchange terminals: the eight safeguards with their evidence, and whether each audit log verifies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

from sim.base.journal import Line
from sim.exchange.reconciliation import Reconciliation, Walk
from sim.nodes.terminal.audit import LOG_OFF, LOG_ON, REPLACED, TIMED_OUT, AuditEntry, origin, verify
from sim.nodes.terminal.peers import NOT_LISTED
from sim.nodes.terminal.safeguards import SAFEGUARDS
from sim.nodes.terminal.settings import Settings
from sim.studies.folding.area import Area, Data, code_of
from sim.studies.measures import Measures, Shown, Terminal
from sim.studies.measures.parts import MOST_EVIDENCE, count, shown

FIRST_MACHINE: Final = str(Settings.__dataclass_fields__["serial"].default)
_AUDIT: Final = "audit_logged"
# Which safeguards a kind of entry shows; of entries of the audit log, `audit_logged/what` does.
_SHOWS: Final[dict[str, tuple[str, ...]]] = {
    entry: tuple(one.id for one in SAFEGUARDS if entry in one.entries)
    for entry in sorted({entry for one in SAFEGUARDS for entry in one.entries} - {_AUDIT})
}
# So many lines of each kind are evidence, so that the everyday ones leave room for the rare ones.
_EACH: Final = {one.id: max(1, MOST_EVIDENCE // len(one.entries)) for one in SAFEGUARDS}
_CHAIN: Final = next(one.id for one in SAFEGUARDS if one.entries == (_AUDIT,))


@dataclass(slots=True)
class _Machine:
    """One machine and its audit log; `head`: the journal's line of the latest entry."""

    serial: str
    log: list[AuditEntry] = field(default_factory=list)
    head: str = ""


class Terminals(Area):
    """What shows the safeguards of each exchange terminal at work."""

    HANDLES: ClassVar[Mapping[str, str]] = {
        "terminal_opened": "_opened",
        "audit_logged": "_audited",
        "peer_refused": "_refused",
        "transfer_refused": "_refused",
        "batch_quarantined": "_quarantined",
        "batch_rejected": "_rejected",
        "transfer_done": "_sealed",
        "training_overdue": "_untrained",
        "log_exported": "_exported",
        "terminal_replaced": "_replaced",
        "patches_overdue": "_patches",
    }

    def __init__(self, m: Measures) -> None:
        super().__init__(m)
        self._machines: dict[str, list[_Machine]] = {}
        self._running: dict[str, set[int]] = {}

    def _terminal(self, code: str) -> Terminal:
        found = self.m.terminals.get(code)
        if found is None:
            found = self.m.terminals[code] = Terminal({one.id: Shown() for one in SAFEGUARDS})
        return found

    def _show(self, code: str, entry: str, line: Line, what: str = "") -> None:
        """The entry is evidence of each safeguard that names its kind."""
        for safeguard in _SHOWS.get(entry, ()):
            row = self._terminal(code).safeguards[safeguard]
            count(row.counts, what or line.kind)
            if row.counts[what or line.kind] <= _EACH[safeguard]:
                shown(row.evidence, line.id)

    def _opened(self, line: Line, data: Data) -> None:
        self._terminal(code_of(line.node))

    # --- the audit log -----------------------------------------------------------------------------------
    def _audited(self, line: Line, data: Data) -> None:
        if not line.node.startswith("terminal-"):
            return  # a card terminal has a log of its own
        code, what, session = code_of(line.node), data["what"], data["session"]
        machines = self._machines.setdefault(line.node, [])
        if data["n"] == 1 or not machines:
            machines.append(_Machine(line.subject if what == REPLACED else FIRST_MACHINE))
        machines[-1].head = line.id
        machines[-1].log.append(
            AuditEntry(data["n"], line.at, what, data["operator"], session, line.subject, data["hash"])
        )
        terminal = self._terminal(code)
        count(terminal.audited, what)
        running = self._running.setdefault(line.node, set())
        if what == LOG_ON:
            terminal.log_ons += 1
            running.add(session)
        elif what in (LOG_OFF, TIMED_OUT) and session in running:
            terminal.sessions += 1
            running.discard(session)
        self._show(code, f"{_AUDIT}/{what}", line, what)

    # --- the other safeguards ----------------------------------------------------------------------------
    def _refused(self, line: Line, data: Data) -> None:
        """Turned back at the terminal, or by the network on the way to it."""
        if data.get("reason", NOT_LISTED) == NOT_LISTED and (code := _concerned(line)):
            self._show(code, line.kind, line)

    def _rejected(self, line: Line, data: Data) -> None:
        if code := code_of(line.node):
            self._show(code, line.kind, line)

    def _quarantined(self, line: Line, data: Data) -> None:
        self._terminal(code_of(line.node)).quarantined += 1
        self._show(code_of(line.node), line.kind, line)

    def _sealed(self, line: Line, data: Data) -> None:
        if any(data[end].startswith("terminal-") for end in ("from", "to")):
            self._show(_concerned(line), line.kind, line)

    def _untrained(self, line: Line, data: Data) -> None:
        self._terminal(code_of(line.node)).untrained += 1
        self._show(code_of(line.node), line.kind, line)

    def _exported(self, line: Line, data: Data) -> None:
        self._terminal(code_of(line.node)).exported += 1
        self._show(code_of(line.node), line.kind, line)

    def _replaced(self, line: Line, data: Data) -> None:
        self._terminal(code_of(line.node)).replaced += 1

    def _patches(self, line: Line, data: Data) -> None:
        self._terminal(code_of(line.node)).patches_overdue += 1

    def finish(self, walk: Walk, found: Reconciliation) -> None:
        """Verifies every audit log anew, from what the journal says of its entries."""
        for node, machines in self._machines.items():
            terminal = self._terminal(code_of(node))
            row = terminal.safeguards[_CHAIN]
            for machine in machines:
                wrong = verify(machine.log, origin(node, machine.serial))
                terminal.chains += 1
                terminal.broken += bool(wrong)
                count(row.counts, "entries", len(machine.log))
                count(row.counts, "broken" if wrong else "verified")
                shown(row.evidence, machine.head)


def _concerned(line: Line) -> str:
    """The municipality whose terminal an entry of its own or of the network is about."""
    data = line.data
    return code_of(line.node) or code_of(data.get("from", "")) or code_of(data.get("to", ""))
