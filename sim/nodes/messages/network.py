"""Over LGWAN: batches, control messages between the two ends, and sessions of those who connect on demand.

Three things pass, and nothing else: a batch (`Carry`, to the other end an `Arrival`), a control message in a
`Relay` (to the other end a `Relayed`), and what a terminal says to the network itself about its session. Each
is sent to the network's node, which names the sender by the line it came over.
"""

from __future__ import annotations

from typing import Final

from sim.base.instant import Instant
from sim.base.node import Body, NodeId

EXCHANGE: Final = "exchange"
SESSION: Final = "session"
WRITE_AUTHORITY: Final = "write_authority"
"""What the network is used for; who may do it with whom is the allow-list's."""

LINE: Final = "line"
MEDIA: Final = "media"
PAPER: Final = "paper"
"""How a batch travels. Media and paper serve in a declared outage only."""


# --- batches -------------------------------------------------------------------------------------------
class Carry(Body, frozen=True):
    """Take this batch to `peer`. `content` is plain in an outbox, sealed once a driver dispatched it.

    `manner`: `LINE`, or `MEDIA` or `PAPER` when it is handed over by hand. `service`: what it is for.
    """

    peer: NodeId
    ref: str
    content: bytes
    manner: str = LINE
    service: str = EXCHANGE


class Arrival(Body, frozen=True):
    """A batch arrived from `sender` (whom the line names). `fault` says why it could not be opened.

    `manner`: how it came; `LINE` unless it was handed over in a declared outage.
    """

    sender: NodeId
    ref: str
    content: bytes
    fault: str = ""
    signer: str = ""
    manner: str = LINE


class Carried(Body, frozen=True):
    """The batch `ref` was handed over to `peer`."""

    peer: NodeId
    ref: str


class Undelivered(Body, frozen=True):
    """The batch `ref` did not get through to `peer`. `manner`: how it was meant to travel."""

    peer: NodeId
    ref: str
    reason: str
    manner: str = LINE


class TransferDue(Body, frozen=True):
    """A transfer over the access line of `line` ends; `broken_by` is set when an outage cut it."""

    sender: NodeId
    peer: NodeId
    ref: str
    content: bytes
    started: Instant
    broken_by: str = ""
    manner: str = LINE
    line: NodeId = NodeId("")


class HandOver(Body, frozen=True):
    """To a terminal or the server: give what waits for `peer` to a messenger, on media or on paper.

    The network lets it through in a declared outage only; otherwise each batch comes back `Undelivered`.
    """

    peer: NodeId
    manner: str = MEDIA


# --- control messages ----------------------------------------------------------------------------------
class AskSequences(Body, frozen=True):
    """Terminal to server: a terminal that took another's place asks where the numbers stand.

    `since`: when it took it. What the municipality made until then is refused from now on (`SEQUENCE_STALE`):
    what the former machine had given to the network must not come in beside what is raised again.
    """

    since: Instant = Instant(0)


class Sequences(Body, frozen=True):
    """Server to terminal: by business (the code in a header) the number that comes next.

    `up`: the next that the server takes in from the municipality. `down`: the next that will come down, which
    is the earliest that nobody has answered yet. `made`: the number after the last that was made to come
    down; the batches between the two go again. `awaited`: records that came down and await an answer.
    `since`: the question that this answers. `machine`: how many machines the municipality has had by now.
    """

    up: tuple[tuple[str, int], ...]
    down: tuple[tuple[str, int], ...]
    made: tuple[tuple[str, int], ...] = ()
    awaited: tuple[str, ...] = ()
    since: Instant = Instant(0)
    machine: int = 2


class ReportFault(Body, frozen=True):
    """A fault at a place of a municipality: `place` is a node's id, `fault` a short name (`disk_failed`)."""

    municipality: str
    place: str
    fault: str


class ClearFault(Body, frozen=True):
    """The fault that was reported in these words is mended."""

    municipality: str
    place: str
    fault: str


class TakeVersion(Body, frozen=True):
    """Server to terminal: from now on speak this version of the profile too, and write in it."""

    version: str


class VersionTaken(Body, frozen=True):
    """Terminal to server: it speaks the version."""

    version: str


Control = AskSequences | Sequences | ReportFault | ClearFault | TakeVersion | VersionTaken


class Relay(Body, frozen=True):
    """Tell `peer` this. `ref` is the sender's own name for it, in which a failure is told."""

    peer: NodeId
    ref: str
    body: Control


class Relayed(Body, frozen=True):
    """`sender` (whom the line names) says this."""

    sender: NodeId
    ref: str
    body: Control


class NotRelayed(Body, frozen=True):
    """What was to be relayed did not get through to `peer`."""

    peer: NodeId
    ref: str
    reason: str


class RelayDue(Body, frozen=True):
    """A control message reaches the other end now; `broken_by` is set when an outage cut it."""

    sender: NodeId
    peer: NodeId
    ref: str
    body: Control
    started: Instant
    broken_by: str = ""
    line: NodeId = NodeId("")


# --- sessions ------------------------------------------------------------------------------------------
class OpenSession(Body, frozen=True):
    """Terminal to network: connect me (LGWAN-ASP, seed 001, lines 43 and 68). For lines on demand only."""

    municipality: str
    credential: str


class SessionOpened(Body, frozen=True):
    """Network to terminal: connected; `waiting` batches and messages for it had waited and come down now."""

    session: str
    waiting: int = 0


class SessionRefused(Body, frozen=True):
    """Network to terminal: not connected.

    `reason`: `wrong_municipality`, `wrong_credential`, `permanent_line`, `not_listed`, or the name of the
    outage.
    """

    reason: str


class CloseSession(Body, frozen=True):
    """Terminal to network: disconnect me when what is on the line is through."""


class SessionDue(Body, frozen=True):
    """Time to look whether a session has stayed idle, or can be closed as asked."""

    terminal: NodeId
    session: int


# --- outages -------------------------------------------------------------------------------------------
class DeclareOutage(Body, frozen=True):
    """To the network: the line of `terminal` is out of use, or the whole network when it is empty.

    Until it is lifted nothing passes there, and batches may be handed over on media or paper (Joint Ordinance
    No. 1 of 2012).
    """

    terminal: NodeId = NodeId("")


class LiftOutage(Body, frozen=True):
    """To the network: what was declared out of use works again."""

    terminal: NodeId = NodeId("")


BODIES = (
    Carry
    | Arrival
    | Carried
    | Undelivered
    | TransferDue
    | HandOver
    | Relay
    | Relayed
    | NotRelayed
    | RelayDue
    | ReportFault
    | ClearFault
    | OpenSession
    | SessionOpened
    | SessionRefused
    | CloseSession
    | SessionDue
    | DeclareOutage
    | LiftOutage
)
