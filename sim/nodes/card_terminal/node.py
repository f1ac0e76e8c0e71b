"""The card terminal (ICカード取扱端末) of a counter: reads offline, writes by permission, exchanges nothing.

It is another asset than the exchange terminal (情報連携端末), with an id, operators and a journal of its own
(seed 000, line 134): what belongs to the exchange is refused here, and journalled. Reading needs no network
(line 199): the reader application works the same on a standalone terminal and during an outage.

Whoever wants a reading is the counter of the same office; a real reading must come from this very terminal;
and where the terminal has operators, one of them who is trained must be logged on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, get_args

from sim.base.errors import HarnessError
from sim.base.instant import SECOND, Instant, japan_date
from sim.base.journal import Data, Entry
from sim.base.node import Body, Event, NodeId, Reply, Send, Step
from sim.law.write_requirements import Connection
from sim.nodes.card_terminal.access import Access
from sim.nodes.card_terminal.declared import (
    ENCODING,
    FORMAT,
    Chips,
    declared_reading,
    lies_there,
)
from sim.nodes.card_terminal.patterns import Maintenance, Pattern, manner_of
from sim.nodes.card_terminal.state import CardTerminalState, Writing
from sim.nodes.card_terminal.way import Way
from sim.nodes.card_terminal.writing import Writer, always
from sim.nodes.counter.desk import NOT_PRESENTED
from sim.nodes.messages import network, terminal
from sim.nodes.messages.cards import (
    BringPatternFile,
    CardReading,
    CardsRead,
    CarryExtracts,
    OpenCardTerminal,
    PatternAges,
    PatternReleased,
    ReadCards,
    ReportDue,
    SwitchWriting,
    WriteAddress,
    WriteAuthorised,
    WriteChip,
    WriteDenied,
    WriteLate,
)
from sim.nodes.messages.network import Carried, Undelivered
from sim.nodes.messages.registry import Inbound, Outbound
from sim.nodes.messages.terminal import IdleDue, LogOff, LogOn, Train, TrainingDue, Unlock
from sim.nodes.terminal import audit
from sim.nodes.terminal.operators import Operator

AUTHORITY: Final = NodeId("write-authority")
APPLICATION: Final = "renkei-reader/1"
"""The reader application and its version: a part that can be replaced (seed 000, line 128)."""
TYPE_B: Final = "type_b"
"""What the chips answer to: ISO/IEC 14443 Type B (seed 000, line 127)."""

# Whatever belongs to the exchange of notices: no business of a card terminal.
_EXCHANGE: Final[tuple[type[Body], ...]] = (
    *get_args(network.BODIES),
    *get_args(terminal.BODIES),
    Outbound,
    Inbound,
)


@dataclass(frozen=True, slots=True)
class CardTerminal:
    """One terminal. `name` is its node id, `municipality` the code, `counter` the node that it serves.

    `connection`: how it is connected. `writes`: whether writing is switched on at first. `network`: the node
    between it and the authority, if one is modelled. `authority`, `reaches`, `patience`: see `Writer`.
    `pattern`: the pattern file that it is delivered with; None: nobody counts. `chips`: which chips declared
    cards have. `reader`: what its reader polls for. `application`: the reader application and its version.
    `operators`: who may use it; empty: nobody is asked.
    """

    name: NodeId
    municipality: str
    counter: NodeId
    office: str = "main_office"
    connection: Connection = Connection.LGWAN
    writes: bool = False
    authority: NodeId = AUTHORITY
    network: NodeId | None = None
    reaches: Callable[[Instant], bool] = always
    patience: int = 30 * SECOND
    pattern: Pattern | None = None
    chips: Chips = Chips.AS_ISSUED
    reader: tuple[str, ...] = (TYPE_B,)
    application: str = APPLICATION
    operators: tuple[Operator, ...] = ()

    @property
    def way(self) -> Way:
        """How it and the write authority reach each other."""
        return Way(self.network)

    @property
    def access(self) -> Access:
        """Who may use it."""
        return Access(self.name, self.operators)

    @property
    def maintenance(self) -> Maintenance:
        """What keeps it up to date."""
        return Maintenance(self.name, self.connection, self.pattern)

    @property
    def writer(self) -> Writer:
        """The part that writes."""
        return Writer(
            self.name,
            self.municipality,
            self.office,
            self.connection,
            self.authority,
            self.writes,
            self.way,
            self.reaches,
            self.patience,
        )

    def step(self, state: CardTerminalState, event: Event, now: Instant) -> Step:
        match event.body:
            case ReadCards() as wish:
                return self._read(state, event.sender, wish, now)
            case WriteAddress() as wish:
                return self._write(state, event.sender, wish, now)
        return self._other(state, event, now)

    def _other(self, state: CardTerminalState, event: Event, now: Instant) -> Step:
        """Everything that is rarer than a card on the counter."""
        sender, body = self.way.said(event)
        match body:
            case WriteAuthorised():
                return self.writer.authorised(state, sender, body)
            case WriteDenied():
                return self.writer.denied(state, sender, body)
            case WriteChip():
                return self.writer.written(state, sender, body)
            case WriteLate(request=request) if sender == self.name:
                return self.writer.gave_up(state, request)
            case ReportDue() if sender == self.name:
                return self.writer.report_again(body)
            case CarryExtracts():
                return self._carry(state, sender, body, now)
            case SwitchWriting(on=on):
                state.switch(on)
                data: Data = {"terminal": self.name, "office": self.office, "on": on}
                return Step(entries=(Entry("writing_switched", data=data),))
            case BringPatternFile():
                return self.maintenance.take(state, body, now)
            case PatternReleased() if sender == self.authority:
                return self.maintenance.take(state, body, now)
            case PatternAges() if sender == self.name:
                return self.maintenance.aged(state, body, now)
            case OpenCardTerminal():
                return self.access.opened(state, self._open(state), now)
            case LogOn():
                return self.access.log_on(state, body, now)
            case LogOff():
                return self.access.log_off(state, now)
            case Unlock(operator=operator):
                return self.access.unlock(state, operator, now)
            case Train():
                return self.access.train(state, body, now)
            case IdleDue() if sender == self.name:
                return self.access.idle(state, body, now)
            case TrainingDue() if sender == self.name:
                return self.access.training_due(state, body)
            case Carried() if sender == self.way.network:
                return Step()
            case Undelivered() if sender == self.way.network:
                return self.writer.undelivered(state, body, now)
        return self._refuse(event)

    def _refuse(self, event: Event) -> Step:
        """No business of a card terminal: of the exchange (S0-026), from a stranger, or unknown."""
        what = type(event.body).__name__
        data: Data = {"terminal": self.name, "office": self.office, "what": what}
        if isinstance(event.body, _EXCHANGE):
            entry = Entry("exchange_refused", data=data)
            return Step(Reply(False, "not_an_exchange_terminal"), entries=(entry,))
        if isinstance(event.body, WriteLate | ReportDue | PatternAges | PatternReleased):
            return Step(Reply(False, "unknown_sender"), entries=(Entry("sender_refused", data=data),))
        raise HarnessError(f"the card terminal does not know {what}", where=event.key)

    def _open(self, state: CardTerminalState) -> Step:
        used = self.maintenance.in_use(state)
        data: Data = {
            "terminal": self.name,
            "office": self.office,
            "connection": str(self.connection),
            "reader": list(self.reader),
            "application": self.application,
            "maintenance": manner_of(self.connection),
            "version": "" if used is None else used.version,
        }
        entry = Entry("card_terminal_opened", data=data)
        return Step(wakes=self.maintenance.watch(state), entries=(entry,))

    # --- reading ----------------------------------------------------------------------------------------
    def _read(self, state: CardTerminalState, sender: NodeId, wish: ReadCards, now: Instant) -> Step:
        reason = self._barred(state, sender, wish, now) or self._unread(wish)
        if reason:
            data: Data = {
                "terminal": self.name,
                "office": self.office,
                "session": wish.session,
                "reason": reason,
            }
            back = CardsRead(wish.case, wish.session, (), reason)
            entry = Entry("read_refused", wish.case, data=data)
            return Step(Reply(False, reason), self._back(sender, back), entries=(entry,))
        readings = wish.readings or self._declared(wish, now)
        entries = tuple(self._seen(wish, reading) for reading in readings if reading.outcome != NOT_PRESENTED)
        viewed = self.access.said(state, audit.VIEW, wish.session, now)
        return Step(
            sends=self._back(sender, CardsRead(wish.case, wish.session, readings)),
            entries=(*entries, *viewed),
        )

    def _declared(self, wish: ReadCards, now: Instant) -> tuple[CardReading, ...]:
        today = japan_date(now)
        return tuple(declared_reading(card, self.name, today, self.chips) for card in wish.cards)

    def _seen(self, wish: ReadCards, reading: CardReading) -> Entry:
        data: Data = {
            "terminal": self.name,
            "office": self.office,
            "session": wish.session,
            "outcome": reading.outcome,
            "real": reading.real,
            "connection": str(self.connection),
        }
        return Entry("card_read", wish.case, reading.ref, data)

    def _barred(
        self,
        state: CardTerminalState,
        sender: NodeId,
        wish: ReadCards | WriteAddress | CarryExtracts,
        now: Instant,
    ) -> str:
        """Why this terminal does not serve whoever asks, or nothing."""
        if sender != self.counter or wish.office != self.office:
            return "another_office"
        return self.access.barred(state, wish.operator, now)

    def _unread(self, wish: ReadCards) -> str:
        """Why what was read does not count, or nothing."""
        if TYPE_B not in self.reader and any(lies_there(card) for card in wish.cards):
            return "no_type_b_reader"
        if wish.readings:
            if any(reading.terminal != self.name for reading in wish.readings):
                return "unknown_terminal"
            if [one.ref for one in wish.readings] != [card.person.ref for card in wish.cards]:
                return "readings_incomplete"
        return ""

    def _back(self, sender: NodeId, body: Body) -> tuple[Send, ...]:
        """An answer to the counter of this office; nobody else is there to be answered."""
        return (Send(sender, body),) if sender == self.counter else ()

    # --- text for the register --------------------------------------------------------------------------
    def _carry(self, state: CardTerminalState, sender: NodeId, wish: CarryExtracts, now: Instant) -> Step:
        """Use pattern 1: the text leaves for the registry on a medium, and that is logged, without the text.

        Sealing the medium draws randomness, so it happens at the border (`sim.drivers.chip_desk`).
        """
        reason = self._barred(state, sender, wish, now)
        foreign = any(reading.terminal != self.name for reading in wish.readings)
        if not reason and (foreign or not wish.medium):
            reason = "unknown_terminal" if foreign else "no_medium"
        data: Data = {
            "terminal": self.name,
            "office": self.office,
            "session": wish.session,
            "medium": wish.medium,
        }
        if reason:
            entry = Entry("extract_refused", wish.case, data=data | {"reason": reason})
            return Step(Reply(False, reason), entries=(entry,))
        data |= {"records": len(wish.readings), "format": FORMAT, "encoding": ENCODING}
        exported = self.access.said(state, audit.EXPORT, wish.medium, now)
        return Step(entries=(Entry("extract_exported", wish.case, data=data), *exported))

    # --- writing ----------------------------------------------------------------------------------------
    def _write(self, state: CardTerminalState, sender: NodeId, wish: WriteAddress, now: Instant) -> Step:
        reason = self._barred(state, sender, wish, now)
        if not reason:
            outdated = self.maintenance.outdated(state, japan_date(now))
            return self.writer.ask(state, sender, wish, outdated, now)
        writing = Writing(sender, wish.case, wish.session, wish.ref, wish.address, wish.filed_date)
        refused = self.writer.refused(writing, reason)
        sends = refused.sends if sender == self.counter else ()
        return Step(refused.reply, sends, entries=refused.entries)
