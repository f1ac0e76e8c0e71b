"""Writing a place of residence into a chip (住居地のIC書込み): by a fresh authorisation, once by each.

Theory of operation. A write begins with a request that has a name of its own. It goes to the write
authority, which answers with an authorisation or with reasons; only an answer to a request that still waits
counts. The authorisation is used up in the same commit in which the terminal tells itself to write, so
whatever is delivered again, late or by somebody else finds it used. The message to itself passes the border
of the node, where a real chip is written and read back (`sim.drivers.chip_desk`); a declared chip takes the
address at once.

    WriteAddress ─▶ asked ─▶ WriteAuthorised ─▶ used up, WriteChip ─▶ AddressWritten, ChipWritten
                      ├─▶ WriteDenied ──────────────────────────────▶ not written: the authority's reasons
                      └─▶ nobody answers, the network is down ──────▶ not written: offline

A terminal that cannot reach the authority refuses at once: a standalone one always, so that nothing cached or
carried ever opens a chip (seed 000, line 167). Whatever the chip says, the endorsement on the back stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from sim.base.instant import HOUR, SECOND, Instant
from sim.base.journal import Data, Entry
from sim.base.node import NodeId, Reply, Send, Step, Wake
from sim.law.write_policy import Reason
from sim.law.write_requirements import Connection
from sim.nodes.card_terminal.state import CardTerminalState, Writing
from sim.nodes.card_terminal.way import STRAIGHT, Way
from sim.nodes.counter.desk import MATCH
from sim.nodes.messages.cards import (
    AddressWritten,
    AskToWrite,
    ChipWritten,
    ReportDue,
    WriteAddress,
    WriteAuthorised,
    WriteChip,
    WriteDenied,
    WriteLate,
)
from sim.nodes.messages.network import Undelivered

OFFLINE: Final = "offline"
LATE: Final = "late"
PATTERN_OUTDATED: Final = "pattern_outdated"
_WRITTEN: Final = "written/"


def always(now: Instant) -> bool:
    """A network that is never down."""
    return True


@dataclass(frozen=True, slots=True)
class Writer:
    """The part of a terminal that writes. `municipality`: its code; `authority`: whom it asks.

    `writes`: whether writing is switched on at first. `way`: how it reaches the authority. `reaches`: whether
    the line works at an instant, where no network is in the way to tell. `patience`: microseconds until a
    request without an answer is given up.
    """

    terminal: NodeId
    municipality: str
    office: str
    connection: Connection
    authority: NodeId
    writes: bool = False
    way: Way = STRAIGHT
    reaches: Callable[[Instant], bool] = always
    patience: int = 30 * SECOND

    def ask(
        self, state: CardTerminalState, counter: NodeId, wish: WriteAddress, outdated: bool, now: Instant
    ) -> Step:
        """A counter wants an address written: asks the authority, or refuses what needs no asking."""
        writing = Writing(counter, wish.case, wish.session, wish.ref, wish.address, wish.filed_date)
        reason = self._at_once(state, outdated, now)
        if reason:
            return self.refused(writing, reason)
        request = f"{self.terminal}/{state.next_request():08d}"
        state.keep_writing(request, writing)
        ask = AskToWrite(request, self.terminal, self.municipality, wish.case, wish.ref)
        late = Wake(Instant(now + self.patience), WriteLate(request))
        return Step(sends=(self.way.send(self.authority, request, ask),), wakes=(late,))

    def _at_once(self, state: CardTerminalState, outdated: bool, now: Instant) -> str:
        """Why nobody needs to be asked, or nothing."""
        if self.connection is Connection.STANDALONE:
            return Reason.STANDALONE.value
        if self.connection is not Connection.LGWAN:
            return Reason.TERMINAL_OFF_LGWAN.value
        if not state.writes(self.writes):
            return Reason.SWITCHED_OFF.value
        if outdated:
            return PATTERN_OUTDATED
        return "" if self.reaches(now) else OFFLINE

    def authorised(self, state: CardTerminalState, sender: NodeId, given: WriteAuthorised) -> Step:
        """The authority says yes: the authorisation is used up and the chip is written."""
        if sender != self.authority:
            return self._replayed(given.authorisation, Reason.NOT_AUTHORISED.value)
        writing = state.writing(given.request)
        if not state.use_up(given.authorisation, given.request):
            return self._replayed(given.authorisation, Reason.AUTHORISATION_USED.value)
        if writing is None or writing.authorisation:
            # Nobody waits for it any more: it is spent without a write, and the authority hears so.
            refused = self._replayed(given.authorisation, LATE)
            report = self._report(given.authorisation, written=False)
            return msgspec.structs.replace(refused, sends=(report,))
        state.keep_writing(given.request, msgspec.structs.replace(writing, authorisation=given.authorisation))
        write = WriteChip(
            given.request, given.authorisation, writing.ref, writing.address, writing.filed_date
        )
        return Step(sends=(Send(self.terminal, write),))

    def written(self, state: CardTerminalState, sender: NodeId, done: WriteChip) -> Step:
        """The chip was written and read back, or was declared: the counter and the authority are told."""
        writing = state.writing(done.request)
        if sender != self.terminal or writing is None or writing.authorisation != done.authorisation:
            return self._replayed(done.authorisation, Reason.NOT_AUTHORISED.value)
        state.end_writing(done.request)
        if done.outcome not in ("", MATCH):
            step = self.refused(writing, f"chip_{done.outcome}")
            report = self._report(done.authorisation, written=False)
            return msgspec.structs.replace(step, reply=Reply(), sends=(*step.sends, report))
        data: Data = {**self._seen(writing), "authorisation": done.authorisation, "real": bool(done.outcome)}
        return Step(
            sends=(
                Send(writing.counter, AddressWritten(writing.case, writing.session, writing.ref, True)),
                self._report(done.authorisation, written=True),
            ),
            entries=(Entry("address_written", writing.case, writing.ref, data),),
        )

    def denied(self, state: CardTerminalState, sender: NodeId, denied: WriteDenied) -> Step:
        """The authority says no."""
        writing = self._waiting(state, denied.request)
        if sender != self.authority or writing is None:
            return Step(Reply(False, "no_such_request"))
        state.end_writing(denied.request)
        step = self.refused(writing, *denied.reasons)
        return msgspec.structs.replace(step, reply=Reply())

    def gave_up(self, state: CardTerminalState, request: str) -> Step:
        """Nobody answered, or the network brought the question back."""
        writing = self._waiting(state, request)
        if writing is None:
            return Step()
        state.end_writing(request)
        step = self.refused(writing, OFFLINE)
        return msgspec.structs.replace(step, reply=Reply())

    def undelivered(self, state: CardTerminalState, news: Undelivered, now: Instant) -> Step:
        """The network brings something back: a question is given up, a report is sent again later."""
        if not news.ref.startswith(_WRITTEN):
            return self.gave_up(state, news.ref)
        _, written, authorisation = news.ref.split("/", 2)
        due = ReportDue(authorisation, written == "yes")
        return Step(wakes=(Wake(Instant(now + HOUR), due),))

    def report_again(self, due: ReportDue) -> Step:
        """The line may work again."""
        return Step(sends=(self._report(due.authorisation, written=due.written),))

    def refused(self, writing: Writing, *reasons: str) -> Step:
        """Not written, for these reasons; the first is the one that the counter is told."""
        told = AddressWritten(writing.case, writing.session, writing.ref, False, reasons[0])
        data: Data = {**self._seen(writing), "reason": reasons[0], "reasons": list(reasons)}
        return Step(
            Reply(False, reasons[0]),
            (Send(writing.counter, told),),
            entries=(Entry("write_refused", writing.case, writing.ref, data),),
        )

    def _waiting(self, state: CardTerminalState, request: str) -> Writing | None:
        """The write that waits for an answer under this name."""
        writing = state.writing(request)
        return None if writing is None or writing.authorisation else writing

    def _report(self, authorisation: str, *, written: bool) -> Send:
        body = ChipWritten(self.terminal, authorisation, written)
        ref = f"{_WRITTEN}{'yes' if written else 'no'}/{authorisation}"
        return self.way.send(self.authority, ref, body)

    def _replayed(self, authorisation: str, reason: str) -> Step:
        data: Data = {"terminal": self.terminal, "authorisation": authorisation, "reason": reason}
        return Step(Reply(False, reason), entries=(Entry("authorisation_refused", data=data),))

    def _seen(self, writing: Writing) -> Data:
        return {"terminal": self.terminal, "office": self.office, "session": writing.session}
