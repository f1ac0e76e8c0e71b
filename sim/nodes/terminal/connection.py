"""On demand (LGWAN-ASP): connect, exchange, disconnect.

A terminal that is not connected all the time keeps what it has to send until the network has let it in: what
would leave asks for a session instead, and the session's opening sends it. It disconnects when the server has
answered everything, and after `longest` in any case. Nothing depends on the session: what was not answered
is kept and waits for the next one, and what comes down meanwhile waits at the network. A terminal that is
connected permanently, which is the default, knows none of this.

Source: seed 001, line 43 (no permanent connection wished), line 68 (the service authenticates its users).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sim.base.instant import MINUTE, Instant
from sim.base.node import Body, Send, Step, Table, Tables, Wake
from sim.nodes.messages.network import (
    LINE,
    Carry,
    CloseSession,
    NotRelayed,
    OpenSession,
    Relay,
    SessionOpened,
    SessionRefused,
)
from sim.nodes.messages.terminal import DisconnectDue, RetryDue
from sim.nodes.postbox import RETRY_AFTER

if TYPE_CHECKING:
    from sim.nodes.terminal.settings import Settings
    from sim.nodes.terminal.state import TerminalState

LONGEST: Final = 30 * MINUTE
"""How long a session lasts that is not answered, in microseconds. An assumption: no source says."""


@dataclass(frozen=True, slots=True)
class OnDemand:
    """How the terminal shows who it is, and how long it stays connected at most, in microseconds."""

    credential: str
    longest: int = LONGEST


class Line(msgspec.Struct, frozen=True):
    """The line as the terminal knows it.

    `session`: empty when it is not connected. `asked`: it has asked to be. `tries`: how often it was refused
    since it was connected last. `waiting`: what had waited for the session and has not come yet.
    """

    session: str = ""
    asked: bool = False
    tries: int = 0
    waiting: int = 0


class Held(msgspec.Struct, frozen=True):
    """A message to the server that waits for the next session."""

    relay: Relay


_LINE = Table("network_line", Line)
_HELD = Table("network_held", Held)
_SAID = Table("network_said", Held)
TABLES: Final[tuple[Table[Any], ...]] = (_LINE, _HELD, _SAID)
"""All that is kept here."""


class Connection:
    """Whether one terminal is connected."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def line(self) -> Line:
        return self._tables.get(_LINE, "line") or Line()

    def keep(self, line: Line) -> None:
        self._tables.put(_LINE, "line", line)

    def hold(self, relay: Relay) -> None:
        """Keeps a message until the line is open; the same one again takes the place of the first."""
        self._tables.put(_HELD, relay.ref, Held(relay))

    def remember(self, relay: Relay) -> None:
        """A message that must get through; it is known again by its name."""
        self._tables.put(_SAID, relay.ref, Held(relay))

    def said(self, ref: str) -> Relay | None:
        """The message of that name that must get through."""
        kept = self._tables.get(_SAID, ref)
        return None if kept is None else kept.relay

    def take_held(self) -> list[Relay]:
        """The messages that have waited."""
        rows = list(self._tables.scan(_HELD))
        for key, _ in rows:
            self._tables.delete(_HELD, key)
        return [held.relay for _, held in rows]


def through(settings: Settings, state: TerminalState, step: Step, now: Instant) -> Step:
    """The step as it leaves the terminal: what cannot leave yet asks for a session, what is done ends it."""
    if settings.on_demand is None:
        return step
    line = state.connection.line()
    if line.session:
        if line.waiting > 0 or _leaves(settings, step) or not state.postbox.settled(settings.ministry):
            return step
        return _disconnect(settings, state, step)
    stays = tuple(send for send in step.sends if not _over_line(settings, send))
    if len(stays) == len(step.sends):
        return step
    for send in step.sends:
        if isinstance(send.body, Relay):
            state.connection.hold(send.body)
    if not line.asked:
        state.connection.keep(msgspec.structs.replace(line, asked=True))
        stays = (*stays, Send(settings.network, OpenSession(settings.code, settings.on_demand.credential)))
    return msgspec.structs.replace(step, sends=stays)


def opened(settings: Settings, state: TerminalState, told: SessionOpened, now: Instant) -> Step:
    """The network let us in: what waits goes."""
    if settings.on_demand is None:
        return Step()
    state.connection.keep(Line(told.session, waiting=told.waiting))
    held: list[Body] = [*state.connection.take_held()]
    sends = [Send(settings.network, body) for body in held]
    sends += state.postbox.offer(settings.ministry)
    end = Wake(Instant(now + settings.on_demand.longest), DisconnectDue(told.session))
    return Step(sends=tuple(sends), wakes=(end,))


def refused(settings: Settings, state: TerminalState, told: SessionRefused, now: Instant) -> Step:
    """The network did not let us in: once more after a pause that grows."""
    line = state.connection.line()
    pause = RETRY_AFTER[min(line.tries, len(RETRY_AFTER) - 1)]
    state.connection.keep(Line(tries=line.tries + 1))
    return Step(wakes=(Wake(Instant(now + pause), RetryDue(settings.ministry)),))


def heard(state: TerminalState) -> None:
    """Something came down: one less of what had waited for the session."""
    line = state.connection.line()
    if line.session and line.waiting:
        state.connection.keep(msgspec.structs.replace(line, waiting=line.waiting - 1))


def end(settings: Settings, state: TerminalState, due: DisconnectDue) -> Step:
    """The session has lasted long enough."""
    if state.connection.line().session != due.session:
        return Step()
    return _disconnect(settings, state, Step())


def again(settings: Settings, state: TerminalState) -> tuple[Send, ...]:
    """Messages to the server that did not get through, when there is an occasion to say them again."""
    return tuple(Send(settings.network, relay) for relay in state.connection.take_held())


def not_relayed(settings: Settings, state: TerminalState, told: NotRelayed, now: Instant) -> Step:
    """A message did not get through: once more in a while, unless whoever said it repeats it anyway."""
    relay = state.connection.said(told.ref)
    if relay is None:
        return Step()
    state.connection.hold(relay)
    return Step(wakes=(Wake(Instant(now + RETRY_AFTER[-1]), RetryDue(settings.ministry)),))


def _disconnect(settings: Settings, state: TerminalState, step: Step) -> Step:
    state.connection.keep(Line())
    return msgspec.structs.replace(step, sends=(*step.sends, Send(settings.network, CloseSession())))


def _leaves(settings: Settings, step: Step) -> bool:
    return any(_over_line(settings, send) for send in step.sends)


def _over_line(settings: Settings, send: Send) -> bool:
    """Whether the send needs the line to be open; what a messenger takes does not."""
    body = send.body
    return isinstance(body, Relay) or (isinstance(body, Carry) and body.manner == LINE)
