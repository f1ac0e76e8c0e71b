"""The safeguards at the console: id and PIN, log-off, instruction; and what the screen and the label say."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.declare import check, differing, said
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity


def _act(case: Case, act: int, accepted: bool, reason: str, ja: str, en: str) -> Iterator[Finding]:
    for line in case.lines("console_done", act=act):
        yield from differing(line, "accepted", accepted, ja, en)
        yield from differing(line, "reason", reason, ja, en)


@check(
    "terminal_identified",
    Severity.MUST,
    ("S3-030",),
    ("console_done",),
    ja="ログオンの前には何もできない",
)
def identified(case: Case, act: int) -> Iterator[Finding]:
    """No function is reached before an id and a PIN."""
    yield from _act(
        case,
        act,
        False,
        "no_session",
        "ログオンしていないのに、機能を使えます。",
        "A function was reached without a log-on.",
    )


@check(
    "terminal_admitted",
    Severity.MUST,
    ("S3-030",),
    ("console_done",),
    ja="利用者IDと暗証番号の確認",
)
def admitted(case: Case, act: int, accepted: bool, reason: str = "") -> Iterator[Finding]:
    """A log-on is accepted, or refused for this reason."""
    yield from _act(
        case, act, accepted, reason, "ログオンの可否又は理由が違います。", "A log-on ended otherwise."
    )


@check(
    "terminal_rights",
    Severity.MUST,
    ("S3-030",),
    ("console_done",),
    ja="権限のある操作だけができる",
)
def rights(case: Case, act: int, accepted: bool, reason: str = "") -> Iterator[Finding]:
    """An operator can do just what the role allows."""
    yield from _act(
        case, act, accepted, reason, "操作の可否又は理由が違います。", "A job ended otherwise than it must."
    )


@check(
    "terminal_logged_off",
    Severity.MUST,
    ("S3-031",),
    ("console_done",),
    ja="作業を終えるとログオフされる",
)
def logged_off(case: Case, act: int) -> Iterator[Finding]:
    """After a job nobody is logged on: the next one is refused."""
    yield from _act(
        case,
        act,
        False,
        "no_session",
        "作業を終えた後も、ログオンしたままです。",
        "After a job somebody is still logged on.",
    )


@check(
    "terminal_idle",
    Severity.MUST,
    ("S3-031",),
    ("status_seen",),
    ja="放置された端末はログオフされる",
)
def idle(case: Case, look: int, operator: str) -> Iterator[Finding]:
    """This operator is logged on at the console, or nobody is any more."""
    for line in case.lines("status_seen", look=look):
        yield from differing(
            line,
            "operator",
            operator,
            "ログオンしている操作者が違います。",
            "Somebody else is logged on, or somebody still is.",
        )


@check(
    "terminal_paired",
    Severity.MUST,
    ("S3-031",),
    ("audit_seen",),
    ja="ログオンとログオフが対になっている",
    standing=True,
)
def paired(case: Case) -> Iterator[Finding]:
    """In the log each session that began has ended, but for the last one of the console."""
    sessions: dict[tuple[object, object], list[str]] = {}
    ids: dict[tuple[object, object], list[str]] = {}
    for line in case.lines("audit_seen"):
        if line.data.get("what") in ("log_on", "log_off"):
            key = (line.data.get("look"), line.data.get("session"))
            sessions.setdefault(key, []).append(str(line.data.get("what")))
            ids.setdefault(key, []).append(line.id)
    latest: dict[object, object] = {}
    for look, session in sessions:
        latest[look] = session
    for key, whats in sessions.items():
        still = whats == ["log_on"] and latest[key[0]] == key[1]
        if whats != ["log_on", "log_off"] and not still:
            yield Finding(
                ja="ログオンとログオフが対になっていません。",
                en="A session has no log-on or no log-off.",
                expected="log_on, log_off",
                received=f"session {said(key[1])}: {said(whats)}",
                evidence=tuple(ids[key]),
            )


# --- instruction and patches ----------------------------------------------------------------------------
@check(
    "terminal_instructed",
    Severity.SHOULD,
    ("S3-034",),
    ("console_done",),
    ja="指導の期限を過ぎた操作者は使えない",
)
def instructed(case: Case, act: int, accepted: bool, reason: str = "") -> Iterator[Finding]:
    """Who was not instructed in time is not let in until the instruction is made up."""
    yield from _act(
        case,
        act,
        accepted,
        reason,
        "指導の期限を過ぎた操作者の扱いが違います。",
        "An operator whose instruction has run out is not treated as must be.",
    )


@check(
    "terminal_finding",
    Severity.SHOULD,
    ("S3-034", "S1-018"),
    ("incidents_looked", "incident_seen"),
    ja="期限を過ぎたことが指摘される",
)
def finding(case: Case, look: int, kind: str, subject: str, count: int) -> Iterator[Finding]:
    """What is overdue is written down."""
    looked = case.lines("incidents_looked", look=look)
    lines = case.lines("incident_seen", look=look, kind=kind, subject=subject)
    if len(lines) != count:
        yield Finding(
            ja="期限を過ぎたことの指摘が違います。",
            en="What is overdue was not written down, or too often.",
            expected=f"{kind} of {subject}: {count}",
            received=str(len(lines)),
            evidence=tuple(line.id for line in (*looked, *lines)),
        )


# --- what the terminal says of itself -------------------------------------------------------------------
@check(
    "terminal_counterpart",
    Severity.MUST,
    ("S3-007",),
    ("status_seen",),
    ja="相手先の名称",
)
def counterpart(case: Case, look: int, name: str) -> Iterator[Finding]:
    """The screen names the counterpart of the day."""
    for line in case.lines("status_seen", look=look):
        yield from differing(
            line,
            "counterpart",
            name,
            "画面に示される相手先の名称が、その日のものではありません。",
            "The screen names another counterpart than that of the day.",
        )


@check(
    "terminal_resumes",
    Severity.SHOULD,
    ("S1-018",),
    ("sequences_asked", "file_sent"),
    ja="交換後の端末は正しい番号から続ける",
)
def resumes(case: Case, business: str, sequence: int) -> Iterator[Finding]:
    """Another machine asks where the numbers stand, and goes on with this one."""
    asked = case.lines("sequences_asked", told=True)
    last = asked[-1].n if asked else 0
    headers = [
        (line, line.data["header"])
        for line in case.lines("file_sent")
        if asked and line.n > last and isinstance(line.data.get("header"), dict)
    ]
    found = [(line, header) for line, header in headers if header.get("business") == business]
    received = found[0][1].get("sequence") if found else None
    if received != sequence:
        yield Finding(
            ja="交換後の端末が、正しい一連番号から続けていません。",
            en="The machine in another's place does not go on with the number that is due.",
            expected=f"business {business}: {sequence}",
            received=said(received) if asked else "it never asked",
            evidence=tuple(line.id for line in (*asked, *(line for line, _ in found[:1]))),
        )
