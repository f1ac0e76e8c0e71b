"""Operations of the role `exchange-terminal`: the terminal of one municipality (情報連携端末).

The harness plays the register on its one side, the ministry server on its other, and whoever stands at the
console. Three things are asked of the harness in the middle of an operation, by calls: `ask_sequences`,
`connect` and `disconnect`.
"""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Final

from pydantic import Field

from conformance.protocol.base import (
    COMMON,
    Answer,
    Code,
    Done,
    File,
    Message,
    Moment,
    OneOf,
    Op,
    Request,
)
from conformance.protocol.municipal import Collect, CollectAnswer, DeliverAnswer
from conformance.protocol.terminal_console import (
    AuditEntryData,
    AuditLog,
    AuditLogAnswer,
    ChangePin,
    ConsoleAnswer,
    ExportAnswer,
    ExportLog,
    IncidentData,
    Incidents,
    IncidentsAnswer,
    Install,
    LogOff,
    LogOn,
    OperatorData,
    Send,
    Status,
    StatusAnswer,
    Train,
    Unlock,
    View,
)


# --- reset ----------------------------------------------------------------------------------------------
class KeyData(Message):
    """Keys of the test authority, in PEM: the terminal's own, and whose certificates it needs."""

    key: str
    certificate: str
    authority: str
    ministry: str


class Reset(Request):
    """A fresh terminal at an instant, as if nothing had ever happened.

    `serial`: stands on the machine. `ministry`: the only listed peer. `exchange_at`: times of the unattended
    exchange, in Japan. `attempts`: wrong PINs in a row until an operator is locked; `idle_minutes`: until a
    session is closed; `train_every`, `patch_every`: days within which operators are instructed and patches
    renewed. `credential`: of a line on demand, empty for a permanent one. Such a line is asked for by the
    call `connect`, `{"municipality": …, "credential": …}`, which is told `{"session": …, "reason": …}`, the
    session empty when it is refused; it is ended by the call `disconnect`, `{}`. `versions`: of the profile
    that it speaks, newest first. `keys`: where given, files are sealed on their way up and must be on their
    way down; a sealed file bears `.p7m` after its name. The unattended exchange needs no operator of
    the list.
    """

    case: str
    at: Moment
    municipality: Code = "131041"
    serial: Code = "T1"
    ministry: Code = "ministry"
    exchange_at: tuple[time, ...] = (time(18, 0),)
    operators: tuple[OperatorData, ...] = ()
    attempts: int = 5
    idle_minutes: int = 10
    train_every: int = 365
    credential: str = ""
    versions: tuple[str, ...] = ("renkei-open/1",)
    software: str = "1.0"
    patched: date | None = None
    patch_every: int = 40
    keys: KeyData | None = None


# --- the register's side --------------------------------------------------------------------------------
class RecordData(Message):
    """One record. `items`: those of `renkei-open/1` as texts, dates as 2026-06-03, empty ones left out."""

    kind: Code
    items: dict[str, str]


class Submit(Request):
    """The register hands over records to send, in order. `again`: the `Again.ask` that this answers."""

    records: tuple[RecordData, ...] = ()
    again: Moment | None = None


class Fetch(Request):
    """What came down for the register since this was last asked."""


class FetchedData(RecordData):
    """A record that came down: an agency notice, or the result of a record that went up."""

    batch: str = ""


class Again(Message):
    """A terminal in another's place asks for all that has no result yet. `ask`: the name of the question.

    `answers`: agency notices whose answers the ministry server still awaits.
    """

    ask: Moment
    answers: tuple[str, ...] = ()


class FetchAnswer(Answer):
    """In the order in which they came down."""

    records: tuple[FetchedData, ...] = ()
    again: Again | None = None


# --- the ministry server's side -------------------------------------------------------------------------
class Deliver(Request):
    """Files arrive over the line of `peer`, and are taken in at once or refused.

    A file that was taken in before, byte for byte, is not refused and has no effect. What was taken in or
    refused is answered by a result of the batch, with the next exchange.
    """

    files: tuple[File, ...]
    peer: Code = "ministry"


class Results(Request):
    """What an operator sees of the results of processing (処理結果の照会)."""


class ResultData(Message):
    """One record that was sent, in `batch`. `outcome`: `pending`, `accepted` or `rejected`."""

    record: str
    batch: str = ""
    outcome: Annotated[str, OneOf("pending", "accepted", "rejected")]
    code: str = ""
    field: str = ""
    reason: str = ""


class ResultsAnswer(Answer):
    """All records that were sent, in the order in which they were handed over."""

    results: tuple[ResultData, ...] = ()


class Outage(Request):
    """The line to the ministry server is declared out of use, or is in use again."""

    declared: bool


class HandOver(Request):
    """The operator who is logged on gives what waits to a messenger, on `media` or on `paper`."""

    manner: Code = "media"


class HandOverAnswer(Answer):
    """What the messenger was given. `reason`: `no_declared_outage`, `no_session` or `nothing_waits`."""

    accepted: bool
    reason: str = ""
    files: tuple[File, ...] = ()


class PutMedium(Request):
    """A medium of the ministry server is put into the reader: files instead of those over the line.

    They are treated as those are, in a declared outage; otherwise each is refused, `no_declared_outage`.
    """

    medium: Code
    files: tuple[File, ...]


# --- attempts, and another machine ----------------------------------------------------------------------
class Knock(Request):
    """`peer` tries to reach a service of the terminal. `side`: over the `network`, or from `inside`.

    `service`: `exchange` over the network and `records` from inside are what a terminal serves; anything else
    is a port that must be closed (`remote_shell`, `file_share`, …).
    """

    peer: Code
    service: Code
    side: Code = "network"


class KnockAnswer(Answer):
    """Whether somebody is let in."""

    admitted: bool


class Replace(Request):
    """Another machine with an empty memory takes the terminal's place.

    It asks the server by the call `ask_sequences`, with `{"since": the moment of the replacement}`, until it
    is told; it takes in what comes again, then asks the register by `again` in what is fetched. What the call
    is told: `{"told": …, "up": {…}, "down": {…}, "made": {…}, "awaited": […], "machine": …}`. By code of
    business, `up` is the next number that the server takes in, `down` the next that will come, and `made` the
    number after the last that was made to come down; `awaited` are notices whose answers the server awaits.
    """

    serial: Code


class AskSequences(Message):
    """Call `ask_sequences`: a machine in another's place asks the ministry server where the numbers stand."""

    since: Moment


class SequencesAnswer(Message):
    """What the server says, by code of business; nothing (`told` false) when it cannot be reached.

    `up`: the next number that it takes in. `down`: the next that will come. `made`: the number after the last
    that was made to come down: what lies between comes again. `awaited`: records whose answers it awaits.
    `machine`: how many machines the municipality has had; batches of the second begin at edition 2000, of the
    third at 3000.
    """

    told: bool
    up: dict[str, int] = Field(default_factory=dict)
    down: dict[str, int] = Field(default_factory=dict)
    made: dict[str, int] = Field(default_factory=dict)
    awaited: tuple[str, ...] = ()
    machine: int = 2


class Connect(Message):
    """Call `connect`: a terminal on demand asks the network for a session."""

    municipality: Code
    credential: str


class ConnectAnswer(Message):
    """The session, or why there is none. A terminal that is refused tries again later."""

    session: str = ""
    reason: str = ""


class Disconnect(Message):
    """Call `disconnect`: a terminal on demand ends its session."""


__all__ = (
    "OPS",
    "Again",
    "AskSequences",
    "AuditEntryData",
    "AuditLog",
    "AuditLogAnswer",
    "ChangePin",
    "Collect",
    "CollectAnswer",
    "Connect",
    "ConnectAnswer",
    "ConsoleAnswer",
    "Deliver",
    "DeliverAnswer",
    "Disconnect",
    "ExportAnswer",
    "ExportLog",
    "Fetch",
    "FetchAnswer",
    "FetchedData",
    "HandOver",
    "HandOverAnswer",
    "IncidentData",
    "Incidents",
    "IncidentsAnswer",
    "Install",
    "KeyData",
    "Knock",
    "KnockAnswer",
    "LogOff",
    "LogOn",
    "OperatorData",
    "Outage",
    "PutMedium",
    "RecordData",
    "Replace",
    "Reset",
    "ResultData",
    "Results",
    "ResultsAnswer",
    "Send",
    "SequencesAnswer",
    "Status",
    "StatusAnswer",
    "Submit",
    "Train",
    "Unlock",
    "View",
)

OPS: Final = (
    *COMMON,
    Op("reset", Reset, Done),
    Op("submit", Submit, Done),
    Op("fetch", Fetch, FetchAnswer),
    Op("collect", Collect, CollectAnswer),
    Op("deliver", Deliver, DeliverAnswer),
    Op("results", Results, ResultsAnswer),
    Op("outage", Outage, Done, "exchange.by_hand"),
    Op("hand_over", HandOver, HandOverAnswer, "exchange.by_hand"),
    Op("put_medium", PutMedium, DeliverAnswer, "exchange.by_hand"),
    Op("log_on", LogOn, ConsoleAnswer),
    Op("log_off", LogOff, ConsoleAnswer),
    Op("view", View, ConsoleAnswer),
    Op("send", Send, ConsoleAnswer),
    Op("export_log", ExportLog, ExportAnswer),
    Op("change_pin", ChangePin, ConsoleAnswer),
    Op("unlock", Unlock, ConsoleAnswer),
    Op("train", Train, ConsoleAnswer, "terminal.training"),
    Op("install", Install, ConsoleAnswer, "terminal.patches"),
    Op("audit_log", AuditLog, AuditLogAnswer),
    Op("status", Status, StatusAnswer),
    Op("incidents", Incidents, IncidentsAnswer),
    Op("knock", Knock, KnockAnswer),
    Op("replace", Replace, Done, "terminal.replacement"),
)
"""Every operation of the role."""
