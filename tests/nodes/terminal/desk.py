"""A terminal with people at its console, for the tests of the safeguards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Any

from sim.base.instant import instant
from sim.drivers.topology import MINISTRY
from sim.exchange import batch as batches
from sim.exchange.batch import DOWN, Header
from sim.exchange.records import AnyRecord
from sim.nodes.messages.network import Arrival
from sim.nodes.terminal import Operator, Role, Terminal, TerminalState, hashed
from sim.nodes.terminal.audit import AuditEntry, from_journal, origin, verify
from tests.drivers.story import AT, CODE
from tests.exchange.samples import PROFILE
from tests.nodes.rig import Rig

DAY = date(2019, 4, 2)
NOON, NIGHT = instant(DAY, 12), instant(DAY, 22)

PINS = {"op-01": "20190401", "op-02": "77777777", "admin": "31415926"}
CLERK = Operator("op-01", hashed(PINS["op-01"], "s1"), trained=date(2019, 1, 10))
OTHER = Operator("op-02", hashed(PINS["op-02"], "s2"), trained=date(2019, 2, 1))
ADMIN = Operator("admin", hashed(PINS["admin"], "s3"), Role.ADMINISTRATOR, date(2019, 1, 10))
STAFF = (CLERK, OTHER, ADMIN)


def terminal(operators: Sequence[Operator] = STAFF, **settings: Any) -> Rig:
    """A terminal of these operators, not yet opened."""
    node = Terminal(
        AT.terminal,
        CODE,
        AT.link,
        MINISTRY,
        PROFILE,
        time(22),
        operators=tuple(operators),
        **settings,
    )
    return Rig(AT.terminal, node, TerminalState)


def audit(rig: Rig) -> list[AuditEntry]:
    """The audit log as the journal has it."""
    return from_journal(rig.store.journal(), AT.terminal)


def said(rig: Rig) -> list[tuple[str, str]]:
    """What the audit log says: what was done, and by whom."""
    return [(entry.what, entry.operator) for entry in audit(rig)]


def assert_good_log(rig: Rig) -> None:
    """The chain verifies; who is logged on is logged off; and nothing is done outside a session."""
    log = audit(rig)
    assert verify(log, origin(AT.terminal, "1"), log[-1].hash if log else "", len(log)) == ()
    with rig.store.transaction() as transaction:
        open_one = transaction.state.console.session()
    sessions: dict[int, str] = {}
    ended: set[int] = set()
    for entry in log:
        if entry.what == "log_on":
            assert entry.session not in sessions, entry
            sessions[entry.session] = entry.operator
        elif entry.session:
            assert sessions.get(entry.session) == entry.operator and entry.session not in ended, entry
        else:
            assert entry.what in ("log_on_failed", "locked", "trained", "replaced"), entry
        if entry.what == "log_off":
            ended.add(entry.session)
    still = set() if open_one is None else {open_one.number}
    assert set(sessions) - ended == still


def from_ministry(*records: AnyRecord, sequence: int = 1) -> Arrival:
    """A batch that came down."""
    header = Header(PROFILE.name, PROFILE.agency, CODE, "01", DOWN, sequence, NIGHT, len(records))
    return Arrival(MINISTRY, header.batch_id, batches.encode(header, records, PROFILE))
