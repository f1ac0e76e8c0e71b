"""窓口: where a person files. The counter decides; the registry writes.

office.py       what an office is set up for: switch, hours, windows, staff with their training, languages
queue.py        who is served when: windows, clerks, and those who wait
procedure.py    one session through the four steps, for each person in order
judging.py      the legal questions of one filing, put to the `Rules` bundle
asking.py       which items are asked, read from the chip or keyed; no item is asked twice
desk.py         the port to the card terminal, and the desk that answers from declared facts
warning.py      what is said about a residence notification that is still due
state.py        what a counter remembers
node.py         the node: which message goes where

Imports law, messages and base; nothing of another room.
"""

from sim.nodes.counter.desk import AT_THE_COUNTER, CardDesk, DeclaredDesk
from sim.nodes.counter.node import Counter
from sim.nodes.counter.office import Clerk, Office, OfficeKind, Role
from sim.nodes.counter.state import CounterState

__all__ = [
    "AT_THE_COUNTER",
    "CardDesk",
    "Clerk",
    "Counter",
    "CounterState",
    "DeclaredDesk",
    "Office",
    "OfficeKind",
    "Role",
]
