"""The node of the leg: whatever the pattern, what is handed in comes out once and in its order.

Theory of operation. Each direction (`up` from the registry, `down` from the terminal) is a queue with at most
one thing under way: a medium that is carried, or a sheet that is keyed in. What is handed in waits behind it.
A line that works lets everything through at once; one that is down keeps it. By medium and paper people go
at set times, and the first message that waits asks for the next run, so a day on which nothing is handed in
costs nothing. When the pattern changes, what has set out arrives first, by the way on which it set out;
what has not set out goes by the new one. So a switch loses nothing, doubles nothing and turns nobody's
records round.

    hand in ──▶ waits ──▶ line, up: comes out
                  └─ run due ──▶ medium written ──▶ carried ──▶ read: comes out
                  │                   └─ lost ──▶ written again: same sequence, another id
                  └─ run due ──▶ sheet printed ──▶ keyed in: comes out

With media and paper there is no network path to the registry (seed 001, line 41): a message leaves this node
only in the step in which somebody took the medium in or keyed the last record. That the terminal exchanges
at least once a day (seed 002, line 85) does not hang on this leg: it does so by itself, also with nothing to
send.

The leg to the ministry server is another one. There media and paper are allowed only while the line cannot be
used because of a fault or another cause (joint ordinance 1 of 2012, art. 1 and 2), so patterns 2 and 3
stay within the municipality; who owns the network declares such an outage.

A medium is sealed bytes (`sim.nodes.link.media`). What a driver with a real disk does lies in
`sim.drivers.folders`; the key comes in from outside and stands in no entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from sim.base.errors import HarnessError, UsageError, nearest
from sim.base.instant import MINUTE, Instant, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import Event, NodeId, Reply, Send, Step, Wake
from sim.exchange.batch import DOWN, UP
from sim.exchange.codes import Code
from sim.exchange.municipality import is_municipality
from sim.exchange.records import kind_of
from sim.nodes.link.patterns import DRILLS, LINE, MEDIA, PAPER, PATTERNS, Media, Paper, done_at, next_run
from sim.nodes.link.rekeying import printed, rekey
from sim.nodes.link.state import LinkState, Medium, Message, Standing, Underway
from sim.nodes.messages.link import (
    DrillMedium,
    FindMedium,
    LinkDown,
    LinkRunDue,
    LinkUp,
    LoseMedium,
    MediumArrived,
    SheetKeyed,
    SwitchLink,
)
from sim.nodes.messages.registry import Inbound, Outbound

# Whoever lost a medium says so: one manual step (`MANUAL_STEPS`, report).
_REPORT_STEPS: Final = 1
_BARRED: Final[dict[str, tuple[str, str]]] = {
    "unknown_pattern": ("there is no such pattern", "give one of " + ", ".join(PATTERNS)),
    "not_adapted": (
        "a line needs a registry side that is adapted to it",
        f"have it adapted (`adapted`), or choose {MEDIA} or {PAPER}",
    ),
    "not_set_up": ("nothing is said about how this pattern works here", "give `Media(…)` or `Paper(…)`"),
}


@dataclass(frozen=True, slots=True)
class Link:
    """The leg between `registry` and `terminal`; its name ends in the municipality's code.

    Args:
        pattern: the one in force at the beginning (`PATTERNS`).
        adapted: whether the registry side was rebuilt for a line (seed 002, line 97).
        media, paper: how the municipality works with each; None where it does not.

    Raises:
        UsageError: the pattern at the beginning is unknown, or not open to this municipality.
    """

    name: NodeId
    registry: NodeId
    terminal: NodeId
    pattern: str = LINE
    adapted: bool = True
    media: Media | None = None
    paper: Paper | None = None

    def __post_init__(self) -> None:
        if why := self._barred(self.pattern):
            message, remedy = _BARRED[why]
            near = nearest(self.pattern, PATTERNS) if why == "unknown_pattern" else None
            raise UsageError(
                message,
                where=self.name,
                received=f"pattern {self.pattern!r}",
                remedy=remedy if near is None else f"did you mean {near!r}?",
            )
        if self.media is not None and not is_municipality(self.code):
            raise UsageError(
                "a medium's label needs the municipality's code",
                where=self.name,
                expected="a name such as link-131041",
                received=self.code,
            )

    @property
    def code(self) -> str:
        """The municipality's code."""
        return self.name.partition("-")[2]

    def step(self, state: LinkState, event: Event, now: Instant) -> Step:
        match event.body:
            case Outbound() as message:
                return self._hand_in(state, UP, self.registry, event.sender, message, now)
            case Inbound() as message:
                return self._hand_in(state, DOWN, self.terminal, event.sender, message, now)
            case LinkRunDue() as run:
                return self._run(state, run, now)
            case MediumArrived(direction=direction, medium=name):
                medium = state.medium(direction, name)
                # Lost on the way: whoever waits for it waits in vain.
                return Step() if medium is None or medium.lost else self._insert(state, medium, now)
            case SheetKeyed() as keyed:
                return self._keyed(state, keyed, now)
            case SwitchLink(pattern=pattern):
                return self._switch(state, pattern, now)
            case LinkDown():
                return self._line(state, False, now)
            case LinkUp():
                return self._line(state, True, now)
            case LoseMedium(direction=direction):
                return self._lose(state, direction, now)
            case FindMedium(direction=direction):
                found = state.lost_last(direction)
                return Step(Reply(False, "none_lost")) if found is None else self._insert(state, found, now)
            case DrillMedium() as drill:
                return self._drill(state, drill, now)
        raise HarnessError(f"the link does not know {type(event.body).__name__}", where=event.key)

    # --- waiting and the line ----------------------------------------------------------------------
    def _hand_in(
        self,
        state: LinkState,
        direction: str,
        expected: NodeId,
        sender: NodeId,
        message: Message,
        now: Instant,
    ) -> Step:
        if sender != expected:
            return Step(Reply(False, Code.WRONG_SENDER, f"{expected} only"))
        standing = state.standing()
        pattern = self.pattern if standing is None else standing.pattern
        if pattern == LINE and (standing is None or (standing.up and state.underway(direction) is None)):
            return Step(sends=(Send(self._to(direction), message),))  # so nothing waits either
        state.wait(direction, message)
        return Step(wakes=self._ask_for_run(state, direction, pattern, now))

    def _to(self, direction: str) -> NodeId:
        return self.terminal if direction == UP else self.registry

    def _standing(self, state: LinkState) -> Standing:
        return state.standing() or Standing(self.pattern)

    def _ways(self, pattern: str) -> Media | Paper | None:
        return {MEDIA: self.media, PAPER: self.paper}.get(pattern)

    def _ask_for_run(self, state: LinkState, direction: str, pattern: str, now: Instant) -> tuple[Wake, ...]:
        """The next run of a direction in which something waits, unless it was asked for."""
        ways = self._ways(pattern)
        if ways is None or state.planned(direction) is not None:
            return ()
        at = next_run(ways, now)
        state.plan(direction, at)
        return (Wake(at, LinkRunDue(direction, at)),)

    def _go_on(self, state: LinkState, direction: str, now: Instant) -> Step:
        """What follows for that which waits, after something came out or the way changed."""
        standing = self._standing(state)
        if standing.pattern != LINE:
            asked = state.anything_waits(direction)
            return Step(wakes=self._ask_for_run(state, direction, standing.pattern, now) if asked else ())
        if not standing.up or state.underway(direction) is not None:
            return Step()
        to = self._to(direction)
        return Step(sends=tuple(Send(to, message) for message in state.take_waiting(direction)))

    def _line(self, state: LinkState, up: bool, now: Instant) -> Step:
        """The line breaks or works again; that is seen also while another pattern is in force."""
        standing = self._standing(state)
        if not self.adapted:
            return Step(Reply(False, "not_adapted"))
        if standing.up is up:
            return Step(Reply(False, "already_up" if up else "already_down"))
        state.stand(msgspec.structs.replace(standing, up=up))
        return self._both_ways(state, Entry("link_up" if up else "link_down"), now)

    # --- switching ---------------------------------------------------------------------------------
    def _barred(self, pattern: str) -> str:
        """Why a pattern is not open to this municipality; nothing when it is."""
        if pattern not in PATTERNS:
            return "unknown_pattern"
        if pattern == LINE:
            return "" if self.adapted else "not_adapted"
        return "not_set_up" if self._ways(pattern) is None else ""

    def _switch(self, state: LinkState, pattern: str, now: Instant) -> Step:
        standing = self._standing(state)
        if why := self._barred(pattern):
            return Step(Reply(False, why))
        if pattern == standing.pattern:
            return Step(Reply(False, "in_force_already"))
        today = japan_date(now)
        state.stand(msgspec.structs.replace(standing, pattern=pattern, since=today))
        for direction in (UP, DOWN):
            state.drop_plan(direction)
        data: Data = {"from": standing.pattern, "to": pattern, "date": today.isoformat()}
        return self._both_ways(state, Entry("link_switched", data=data), now)

    def _both_ways(self, state: LinkState, entry: Entry, now: Instant) -> Step:
        steps = [self._go_on(state, direction, now) for direction in (UP, DOWN)]
        return Step(
            sends=tuple(send for step in steps for send in step.sends),
            wakes=tuple(wake for step in steps for wake in step.wakes),
            entries=(entry,),
        )

    def _come_out(
        self,
        state: LinkState,
        direction: str,
        messages: tuple[Message, ...],
        entries: tuple[Entry, ...],
        now: Instant,
    ) -> Step:
        """What was under way is on the other side, and what waited behind it goes on."""
        state.came_out(direction)
        to, step = self._to(direction), self._go_on(state, direction, now)
        sends = (*(Send(to, message) for message in messages), *step.sends)
        return Step(sends=sends, wakes=step.wakes, entries=entries)

    # --- runs --------------------------------------------------------------------------------------
    def _run(self, state: LinkState, run: LinkRunDue, now: Instant) -> Step:
        direction = run.direction
        if state.planned(direction) != run.at:
            return Step()  # a switch made it needless
        state.drop_plan(direction)
        if (before := state.underway(direction)) is not None:
            # Who is still on the way with the last one goes again as soon as it has arrived.
            state.plan(direction, before.arrives)
            return Step(wakes=(Wake(before.arrives, LinkRunDue(direction, before.arrives)),))
        ways = self._ways(self._standing(state).pattern)
        messages = state.take_waiting(direction)
        if ways is None or not messages:
            raise HarnessError("a run without anything to carry", where=self.name, received=direction)
        if isinstance(ways, Paper):
            return self._print(state, direction, messages, ways, now)
        return self._write(state, direction, state.next_number(f"medium/{direction}"), 1, messages, now)

    # --- media -------------------------------------------------------------------------------------
    def _write(
        self,
        state: LinkState,
        direction: str,
        sequence: int,
        issue: int,
        messages: tuple[Message, ...],
        now: Instant,
    ) -> Step:
        """Puts messages onto a medium and has it carried. `issue`: the how many-th under this sequence."""
        from sim.nodes.link.media import medium_id, write_medium

        media = self._media()
        name = medium_id(self.code, direction, sequence, issue)
        medium = write_medium(name, self.code, direction, sequence, messages, media.key, now)
        arrives = Instant(now + media.carry_minutes * MINUTE)
        state.keep_medium(medium)
        state.set_out(direction, Underway(MEDIA, name, arrives, messages, sequence, issue))
        entry = Entry("medium_written", data={**_named(medium), "steps": len(media.writing)})
        return Step(wakes=(Wake(arrives, MediumArrived(direction, name)),), entries=(entry,))

    def _media(self) -> Media:
        if self.media is None:
            raise HarnessError("a medium where nobody works with media", where=self.name)
        return self.media

    def _insert(self, state: LinkState, medium: Medium, now: Instant) -> Step:
        """Somebody puts a medium into the reader on the side that its direction leads to."""
        from sim.exchange.folders import Found
        from sim.nodes.link.media import read_medium

        media, direction = self._media(), medium.direction
        state.erase_medium(medium)
        read = read_medium(
            medium, self.code, direction, media.key, state.due(direction), state.used(direction)
        )
        if isinstance(read, Found):
            underway = state.underway(direction)
            if underway is not None and underway.id == medium.id:
                raise HarnessError(
                    "the leg refuses its own medium, so nothing behind it would ever arrive",
                    where=f"{self.name}, medium {medium.id}",
                    received=read.explain(english=True),
                    remedy="keep the key of the place as it was when the medium was written",
                )
            data: Data = {
                "medium": medium.id,
                "direction": direction,
                "code": read.code,
                "steps": len(media.refusing),
            }
            return Step(Reply(False, read.code), entries=(Entry("medium_refused", data=data),))
        state.take_in(direction, medium.sequence, medium.id)
        minutes = (now - medium.written) // MINUTE
        entry = Entry("medium_read", data={**_named(medium), "steps": len(media.reading), "minutes": minutes})
        return self._come_out(state, direction, read, (entry,), now)

    def _lose(self, state: LinkState, direction: str, now: Instant) -> Step:
        """The loss is reported, and the batch is written again at once: its sequence, another id."""
        underway = state.underway(direction)
        if underway is None or underway.pattern != MEDIA:
            return Step(Reply(False, "no_medium_under_way"))
        medium = state.medium(direction, underway.id)
        if medium is None:
            raise HarnessError("a medium under way that nobody wrote", where=self.name, received=underway.id)
        state.keep_medium(msgspec.structs.replace(medium, lost=True))
        again = self._write(state, direction, underway.sequence, underway.issue + 1, underway.messages, now)
        lost: Data = {
            "medium": medium.id,
            "direction": direction,
            "sequence": medium.sequence,
            "records": medium.records,
            "steps": _REPORT_STEPS,
        }
        reissued: Data = {"medium": again.entries[0].data["medium"], "replaces": medium.id}
        entries = (
            Entry("medium_lost", data=lost),
            Entry("medium_reissued", data=reissued),
            *again.entries,
        )
        return Step(wakes=again.wakes, entries=entries)

    def _drill(self, state: LinkState, drill: DrillMedium, now: Instant) -> Step:
        if self.media is None:
            return Step(Reply(False, "not_set_up"))
        if drill.fault not in DRILLS:
            return Step(Reply(False, "unknown_drill", ", ".join(DRILLS)))
        if drill.direction not in (UP, DOWN):
            return Step(Reply(False, "unknown_direction", f"{UP} or {DOWN}"))
        from sim.nodes.link.media import drill_medium

        medium = drill_medium(drill.fault, state, self.code, drill.direction, self.media.key, now)
        return Step(Reply(False, "none_read_yet")) if medium is None else self._insert(state, medium, now)

    # --- paper -------------------------------------------------------------------------------------
    def _print(
        self, state: LinkState, direction: str, messages: tuple[Message, ...], paper: Paper, now: Instant
    ) -> Step:
        letter = direction[0].upper()
        sheet = f"{self.code}-{letter}P{state.next_number(f'sheet/{direction}'):06d}"
        records = [record for message in messages for record in message.records]
        arrives = done_at(paper, now, paper.minutes_per_record * len(records))
        state.set_out(direction, Underway(PAPER, sheet, arrives, messages))
        data: Data = {
            "sheet": sheet,
            "direction": direction,
            "records": len(records),
            "fields": sum(len(printed(record, paper.profile)) for record in records),
            "steps": len(paper.per_sheet),
        }
        entry = Entry("sheet_printed", data=data)
        return Step(wakes=(Wake(arrives, SheetKeyed(direction, sheet)),), entries=(entry,))

    def _keyed(self, state: LinkState, keyed: SheetKeyed, now: Instant) -> Step:
        """A person typed the sheet and another one read it against the paper; what nobody saw travels on."""
        underway = state.underway(keyed.direction)
        if underway is None or underway.id != keyed.sheet or self.paper is None:
            raise HarnessError("a sheet that nobody printed", where=self.name, received=keyed.sheet)
        paper = self.paper
        entries: list[Entry] = []
        messages: list[Message] = []
        for message in underway.messages:
            typed = [rekey(record, paper.profile, paper.errors) for record in message.records]
            for source, after in zip(message.records, typed, strict=True):
                data: Data = {
                    "record": source.record_id,
                    "kind": kind_of(source),
                    "fields": after.fields,
                    "errors": after.errors,
                    "caught": after.caught,
                    "differs": list(after.differs),
                    "steps": len(paper.per_record) + after.caught,
                }
                entries.append(Entry("record_rekeyed", "", getattr(source, "person_ref", ""), data))
            messages.append(msgspec.structs.replace(message, records=tuple(after.record for after in typed)))
        return self._come_out(state, keyed.direction, tuple(messages), tuple(entries), now)


LineLink = Link
"""回線: the leg as it is where nothing else is said, a line that works."""


def _named(medium: Medium) -> Data:
    return {
        "medium": medium.id,
        "direction": medium.direction,
        "sequence": medium.sequence,
        "records": medium.records,
    }
