"""情報連携端末: one logical endpoint of a municipality, in its main office.

It collects what the registry raises, makes the day's batches, offers them to the network in order and hands
on what comes back; an exchange without records is still an exchange. Around that stand the eight safeguards,
listed in `safeguards`. Imports base, exchange, the messages and the nodes' own intake and postbox.
"""

from __future__ import annotations

from sim.nodes.terminal.attended import VIEWS
from sim.nodes.terminal.connection import OnDemand
from sim.nodes.terminal.node import Terminal
from sim.nodes.terminal.operators import Credential, Operator, Role, hashed
from sim.nodes.terminal.safeguards import SAFEGUARDS, STANDARDS, Safeguard, Standard
from sim.nodes.terminal.schedule import Schedule
from sim.nodes.terminal.software import Software
from sim.nodes.terminal.state import TerminalState

__all__ = [
    "SAFEGUARDS",
    "STANDARDS",
    "VIEWS",
    "Credential",
    "OnDemand",
    "Operator",
    "Role",
    "Safeguard",
    "Schedule",
    "Software",
    "Standard",
    "Terminal",
    "TerminalState",
    "hashed",
]
