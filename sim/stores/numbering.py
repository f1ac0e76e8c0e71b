"""What a commit gives its step: numbers without a gap, and the cause of what comes of it.

The same for every store, so that one story gives the same journal in memory and in a database.
"""

from __future__ import annotations

from typing import Any

import msgspec

from sim.base import journal
from sim.base.errors import HarnessError
from sim.base.instant import Instant
from sim.base.journal import Line
from sim.base.node import Alarm, Committed, Event, NodeId, Outgoing, Step, Table


class Counts(msgspec.Struct, frozen=True):
    """How many lines, sends and wakes a node has committed so far."""

    lines: int = 0
    sends: int = 0
    wakes: int = 0


def number(
    node: NodeId, event: Event, step: Step, now: Instant, before: Counts
) -> tuple[list[Line], Committed, Counts]:
    """The step's lines and what a driver must do, numbered on from `before`, with the counts afterwards.

    Entries are caused by what caused the event; sends and wakes by the entry that the step names, or without
    entries by what caused the event.
    """
    cause = event.cause
    lines = [
        Line(journal.VERSION, node, n, now, entry.kind, cause, entry.case, entry.subject, entry.data)
        for n, entry in enumerate(step.entries, start=before.lines + 1)
    ]
    counts = Counts(before.lines + len(lines), before.sends + len(step.sends), before.wakes + len(step.wakes))
    if not step.sends and not step.wakes:
        return lines, Committed(step.reply), counts
    if lines:
        cause = lines[step.cause].id
    sends = [
        Outgoing(node, n, send.to, send.body, cause)
        for n, send in enumerate(step.sends, start=before.sends + 1)
    ]
    wakes = [
        Alarm(node, n, wake.at, wake.body, cause) for n, wake in enumerate(step.wakes, start=before.wakes + 1)
    ]
    return lines, Committed(step.reply, tuple(sends), tuple(wakes)), counts


def never_scanned(table: Table[Any]) -> HarnessError:
    """Somebody scans a table whose keys a database hides: it would not find them in their order."""
    return HarnessError(
        "a table with secret keys cannot be scanned",
        where=table.name,
        remedy="look its rows up by their keys, or keep what has to be found in another table",
    )
