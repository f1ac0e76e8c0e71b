"""The write authority (書込みの権限認証) as the harness plays it: who may write a chip now is asked of it.

It is the simulation's own node, so the three requirements (3要件) and the national policy are decided as they
are everywhere; the municipality under test is reported to it with its offices as the case has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from conformance.protocol import municipal as wire
from conformance.writing import policy_of
from sim.base.instant import Instant
from sim.base.journal import Line
from sim.base.node import OUTSIDE, Body, Committed, Event, Key, NodeId, advance
from sim.drivers.topology import AUTHORITY
from sim.law.write_requirements import Connection
from sim.nodes.messages.cards import AskToWrite, ReportReadiness, TerminalFacts, WriteAuthorised
from sim.nodes.write_authority import WriteAuthority, WriteAuthorityState
from sim.stores.memory import MemoryStore

ELSEWHERE: Final = "131059"
"""Another municipality of the country: its readiness counts as much as anybody's."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What the municipalities reported to the survey. `elsewhere`: whether the other one is ready.

    `permits`: the security policy of the municipality under test permits the connection; `configured`: its
    internal network is set up for it.
    """

    elsewhere: bool = True
    permits: bool = True
    configured: bool = True


class Authority:
    """The agency's side of writing, for the municipality of a reset."""

    def __init__(self, reset: wire.Reset, readiness: Readiness) -> None:
        self._reset = reset
        self._readiness = readiness
        policy = policy_of(reset.write_policy, reset.writing_starts)
        self._node = WriteAuthority(AUTHORITY, (reset.municipality, ELSEWHERE), policy=policy)
        self._store = MemoryStore(AUTHORITY, WriteAuthorityState)
        self._terminals: dict[str, str] = {}
        self._given = 0

    def ask(self, body: Mapping[str, Any], now: Instant, cause: str) -> wire.WriteAnswer:
        """A card terminal asks whether it may write. `cause`: the journal line that tells of it."""
        asked = wire.AuthoriseWrite.model_validate(body)
        self._terminals[asked.office] = asked.terminal
        self._report(now)
        request = AskToWrite(
            f"{asked.terminal}/{self._given}",
            asked.terminal,
            self._reset.municipality,
            asked.visit,
            asked.person,
        )
        done = self._give(request, now, NodeId(asked.terminal), cause)
        given = [one.body for one in done.sends if isinstance(one.body, WriteAuthorised)]
        if given:
            return wire.WriteAnswer(authorisation=given[0].authorisation)
        denied = [line for line in self.lines() if line.kind == "write_not_authorised"][-1]
        return wire.WriteAnswer(reasons=tuple(denied.data["reasons"]))

    def lines(self) -> list[Line]:
        """What the authority wrote."""
        return list(self._store.journal())

    def _report(self, now: Instant) -> None:
        own = tuple(
            TerminalFacts(
                self._terminals.get(office.id, f"terminal-of-{office.id}"),
                office.id,
                Connection(office.connection),
                office.writes,
            )
            for office in self._reset.offices
            if office.connection
        )
        there = TerminalFacts("elsewhere", "main_office", writes=True)
        facts = self._readiness
        for report in (
            ReportReadiness(self._reset.municipality, facts.permits, facts.configured, own),
            ReportReadiness(ELSEWHERE, facts.elsewhere, True, (there,)),
        ):
            self._give(report, now, OUTSIDE, "")

    def _give(self, body: Body, now: Instant, sender: NodeId, cause: str) -> Committed:
        self._given += 1
        event = Event(Key(f"given-{self._given}"), sender, body, cause)
        return advance(self._store, self._node, event, now)
