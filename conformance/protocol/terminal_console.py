"""Operations at the console of an exchange terminal, and what is seen of its logs from outside."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from conformance.protocol.base import Answer, Code, Message, Moment, Octets, OneOf, Request


class OperatorData(Message):
    """Who may use the terminal. `role`: `operator` or `administrator`. `trained`: last instructed on."""

    id: Code
    pin: str
    role: Code = "operator"
    trained: date | None = None


class ConsoleAnswer(Answer):
    """Whether it was done. `shown`: what the screen says.

    `reason`: empty when it was done, else a code. Of a log-on: `not_admitted` (for an unknown id, a wrong PIN
    and a locked operator alike), `console_in_use`, `training_overdue`. Of a job: `no_session`,
    `not_an_administrator`, `not_listed` (a peer), `nothing_to_view`, `bad_pin` (four to sixteen digits are
    wanted), `same_pin`, `unknown_operator`, `date_in_future`. A job that is done ends the session; one that
    is refused does not.
    """

    accepted: bool
    reason: str = ""
    shown: str = ""


class LogOn(Request):
    """Somebody at the console gives an operator's id and PIN."""

    operator: str
    pin: str


class LogOff(Request):
    """Whoever is logged on leaves."""


class View(Request):
    """The operator looks at `queue`, `unanswered`, `quarantine` or `log`."""

    what: Code


class Send(Request):
    """The operator starts an exchange with all that waits. `peer`: whom with; the ministry when empty."""

    peer: str = ""


class ExportLog(Request):
    """The operator writes the audit log onto a medium of that id."""

    medium: Code


class ExportAnswer(Answer):
    """What lies on the medium. `digest`: SHA-256 of it in hexadecimal, as the terminal says it.

    `reason`: `no_session`, or `medium_used` where a log lies on it already. The content is NDJSON in UTF-8:
    `{"form": "renkei-audit/1", "terminal": …, "serial": …}`, each entry as `{"n": …, "at": microseconds,
    "what": …, "operator": …, "session": …, "subject": …, "hash": …}`, then `{"entries": count, "head":
    hash of the last entry}`. It is the log as it stood before the export itself was written into it.
    """

    accepted: bool
    reason: str = ""
    content: Octets = b""
    digest: str = ""


class ChangePin(Request):
    """The operator who is logged on takes another PIN."""

    pin: str


class Unlock(Request):
    """An administrator who is logged on unlocks an operator."""

    operator: str


class Train(Request):
    """The information security officer writes down that an operator was instructed on that day."""

    operator: str
    on: date


class Install(Request):
    """An administrator who is logged on installs a version of the software, with patches of that day."""

    version: str
    patched: date


class AuditLog(Request):
    """The audit log as it stands. Asking is not logged: the harness looks from outside."""


class AuditEntryData(Message):
    """One entry, in the order in which things happened.

    `what`: `log_on`, `log_off`, `log_on_failed`, `locked`, `unlocked`, `timed_out`, `send`, `receive`,
    `view`, `export`, `pin_changed`, `trained`, `replaced` or `installed`. `operator`, `session`: empty and 0
    for what nobody who is logged on did. `subject`: the batch (without an ending), the medium, what was
    looked at, the operator who was unlocked, the day of the instruction, the serial of the new machine or the
    version of the software. `hash`: empty without `audit.chain`. An entry says nothing of a person.
    """

    n: int
    at: Moment
    what: Annotated[str, OneOf(
        "log_on", "log_off", "log_on_failed", "locked", "unlocked", "timed_out", "send", "receive", "view",
        "export", "pin_changed", "trained", "replaced", "installed",
    )]  # fmt: skip
    operator: str = ""
    session: int = 0
    subject: str = ""
    hash: str = ""


class AuditLogAnswer(Answer):
    """The log of the machine in place. `terminal`, `serial`: what its name is, and what stands on it.

    With `audit.chain` the log is a chain of SHA-256 in hexadecimal, over JSON without blanks, in UTF-8 and
    not escaped to ASCII. Before the first entry stands SHA-256 of `["renkei-audit/1",terminal,serial]`. The
    hash of an entry is SHA-256 of the hash before it, as 64 characters, followed by
    `[n,at,what,operator,session,subject]`, with `at` in microseconds since 1970-01-01T00:00:00Z.
    """

    terminal: str
    serial: str
    entries: tuple[AuditEntryData, ...] = ()


class Status(Request):
    """What the terminal's screen and label say."""


class StatusAnswer(Answer):
    """`operator`: who is logged on at the console, or nothing. `counterpart`: whom it says it exchanges with.

    `connected`: whether it is connected now.
    """

    terminal: str
    serial: str
    operator: str = ""
    counterpart: str = ""
    connected: bool = True


class Incidents(Request):
    """What the terminal has written down for those who are responsible for security."""


class IncidentData(Message):
    """One thing that happened. `kind`: `peer_refused`, `batch_quarantined`, `training_overdue` or
    `patches_overdue`. `subject`: the peer, the file, the operator or the version. `service`: as knocked at.
    """

    at: Moment
    kind: Annotated[str, OneOf("peer_refused", "batch_quarantined", "training_overdue", "patches_overdue")]
    subject: str = ""
    service: str = ""


class IncidentsAnswer(Answer):
    """All of them, in the order in which they happened."""

    incidents: tuple[IncidentData, ...] = ()
