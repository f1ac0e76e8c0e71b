"""What an exchange terminal (情報連携端末) is told by the people at its console and by its own clock."""

from __future__ import annotations

from datetime import date

from sim.base.instant import Instant
from sim.base.node import Body, NodeId


# --- setting up -----------------------------------------------------------------------------------------
class OpenTerminal(Body, frozen=True):
    """Starts the terminal's schedule."""


class ReplaceTerminal(Body, frozen=True):
    """Another machine with an empty memory takes the terminal's place; `serial` stands on it."""

    serial: str


class InstallSoftware(Body, frozen=True):
    """An administrator installs a version of the software; `patched`: the day of its latest patches."""

    version: str
    patched: date


# --- at the console -------------------------------------------------------------------------------------
class LogOn(Body, frozen=True):
    """Somebody at the console gives an operator's id and PIN."""

    operator: str
    pin: str


class LogOff(Body, frozen=True):
    """Whoever is logged on leaves the console."""


class View(Body, frozen=True):
    """The operator looks at something; `what` is a key of `sim.nodes.terminal.VIEWS`."""

    what: str


class ExportLog(Body, frozen=True):
    """The operator writes the audit log (証跡) onto the medium of that id."""

    medium: str


class SendNow(Body, frozen=True):
    """The operator starts an exchange with all that waits. `peer`: whom to; the server when it is empty."""

    peer: NodeId = NodeId("")


class CollectNow(Body, frozen=True):
    """The operator fetches what the server has: an empty batch goes up, whose answer brings it."""


class ChangePin(Body, frozen=True):
    """The operator who is logged on takes another PIN."""

    pin: str


class Unlock(Body, frozen=True):
    """An administrator unlocks an operator and counts the failures from 0 again."""

    operator: str


class Train(Body, frozen=True):
    """The operator was instructed on the day `on`, as the information security officer writes down."""

    operator: str
    on: date


# --- from outside ---------------------------------------------------------------------------------------
class Knock(Body, frozen=True):
    """Somebody tries to reach a service of the terminal over the network, from `peer`."""

    peer: NodeId
    service: str


# --- its own clock --------------------------------------------------------------------------------------
class ExchangeDue(Body, frozen=True):
    """Time for the terminal's next exchange."""


class RetryDue(Body, frozen=True):
    """Time to offer the head of the queue to `peer` again."""

    peer: NodeId


class ResendDue(Body, frozen=True):
    """Time to send a batch again that `peer` could not take in."""

    peer: NodeId
    ref: str


class IdleDue(Body, frozen=True):
    """Time to look whether somebody is logged on and does nothing."""

    session: int


class TrainingDue(Body, frozen=True):
    """The day after the last on which an operator had to be instructed again."""

    operator: str
    due: date


class PatchesDue(Body, frozen=True):
    """The day after the last on which the software had to be patched again."""

    due: date


class AskDue(Body, frozen=True):
    """Time to ask the server again where the numbers stand."""

    since: Instant


class DisconnectDue(Body, frozen=True):
    """Time to disconnect from the network, whatever is not answered yet."""

    session: str


BODIES = (
    OpenTerminal
    | ReplaceTerminal
    | InstallSoftware
    | LogOn
    | LogOff
    | View
    | ExportLog
    | SendNow
    | CollectNow
    | ChangePin
    | Unlock
    | Train
    | Knock
    | ExchangeDue
    | RetryDue
    | ResendDue
    | IdleDue
    | TrainingDue
    | PatchesDue
    | AskDue
    | DisconnectDue
)
