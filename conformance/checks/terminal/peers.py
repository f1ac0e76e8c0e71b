"""The first four safeguards: whom a terminal speaks with, who can read it, and who can reach it."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.declare import check, differing
from conformance.checks.terminal.receiving import refused_with
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity


@check(
    "terminal_listed",
    Severity.MUST,
    ("S3-026", "S3-009"),
    ("knocked", "file_delivered", "console_done"),
    ja="登録された相手以外とは通信しない",
)
def listed(case: Case, peer: str) -> Iterator[Finding]:
    """Nothing comes from or goes to this peer, which is not listed."""
    ja = "登録されていない相手と通信しています。"
    en = "It speaks with a peer that is not listed."
    for line in case.lines("knocked", peer=peer):
        yield from differing(line, "admitted", False, ja, en)
    for line in case.lines("file_delivered", peer=peer):
        yield from differing(line, "refused", "WRONG_SENDER", ja, en)
    for line in case.lines("console_done", op="send", peer=peer):
        yield from differing(line, "accepted", False, ja, en)


@check(
    "terminal_stranger_logged",
    Severity.MUST,
    ("S3-026", "S3-029"),
    ("incidents_looked", "incident_seen"),
    ja="登録されていない相手からの接続を記録する",
)
def stranger_logged(case: Case, look: int, peer: str, count: int) -> Iterator[Finding]:
    """Each attempt of a peer that is not listed is written down."""
    looked = case.lines("incidents_looked", look=look)
    lines = case.lines("incident_seen", look=look, kind="peer_refused", subject=peer)
    if len(lines) != count:
        yield Finding(
            ja="登録されていない相手とのやり取りの試みが記録されていません。",
            en="Attempts of a peer that is not listed were not written down.",
            expected=f"{count} of {peer}",
            received=str(len(lines)),
            evidence=tuple(line.id for line in (*looked, *lines)),
        )


@check(
    "terminal_sealed",
    Severity.MUST,
    ("S3-027",),
    ("sealed_seen",),
    ja="送るファイルは相手以外には読めない",
    standing=True,
)
def sealed(case: Case) -> Iterator[Finding]:
    """A sealed file is opened by the ministry server's key and by no other, and shows nothing as it is."""
    for line in case.lines("sealed_seen"):
        sender = str(line.data.get("file")).partition("-")[0]
        for name, expected in (
            ("opened", True),
            ("signer", sender),
            ("recipients", 1),
            ("cipher", "aes256"),
            ("fresh", True),
            ("readable_by", []),
            ("in_clear", []),
        ):
            yield from differing(
                line,
                name,
                expected,
                "送られたファイルが、相手以外にも読めるか、相手に読めません。",
                "A file can be read by others than its recipient, or not by its recipient.",
            )


@check(
    "terminal_opens",
    Severity.MUST,
    ("S3-027",),
    ("file_delivered",),
    ja="封筒でないファイルや信頼できない署名のファイルを取り込まない",
)
def opens(case: Case, spoilt: str, code: str) -> Iterator[Finding]:
    """What is not sealed for the terminal by somebody who is trusted is refused."""
    yield from refused_with(case, spoilt, code)


@check("terminal_port", Severity.MUST, ("S3-028",), ("knocked",), ja="許可されていない通信を遮断する")
def port(case: Case, peer: str, service: str) -> Iterator[Finding]:
    """Nobody is let in at a service that the terminal does not serve, the listed peer included."""
    for line in case.lines("knocked", peer=peer, service=service):
        yield from differing(
            line,
            "admitted",
            False,
            "許可されていない通信が遮断されていません。",
            "Somebody was let in at a service that is not open.",
        )


@check(
    "terminal_quarantine",
    Severity.MUST,
    ("S3-028",),
    ("file_delivered", "incident_seen", "record_fetched"),
    ja="ウイルスの疑いのあるファイルを取り込む前に隔離する",
)
def quarantine(case: Case, look: int, manner: str = "line") -> Iterator[Finding]:
    """An infected file is refused, written down as quarantined, and nothing of it reaches the register."""
    yield from refused_with(case, "infected", "INFECTED", manner)
    for line in case.lines("file_delivered", spoilt="infected"):
        stem = str(line.data.get("file")).rpartition(".")[0]
        found = case.lines("incident_seen", look=look, kind="batch_quarantined", subject=stem)
        if len(found) != 1:
            yield Finding(
                ja="ウイルスの疑いのあるファイルの隔離が記録されていません。",
                en="The quarantine of an infected file was not written down.",
                expected=f"one of {stem}",
                received=str(len(found)),
                evidence=(line.id,),
            )
        # A good file may bear the number later: an infected one has not spent it.
        taken = case.lines("file_delivered", refused="")
        good = [one for one in taken if str(one.data.get("file")).rpartition(".")[0] == stem]
        handed = case.lines("record_fetched", batch=stem)
        if handed and not good:
            yield Finding(
                ja="隔離すべきファイルの記録が住基側に渡されています。",
                en="Something of an infected file reached the register.",
                expected="nothing",
                received=str(len(handed)),
                evidence=tuple(one.id for one in handed),
            )


@check(
    "terminal_system",
    Severity.MUST,
    ("S3-029", "S0-026"),
    ("knocked",),
    ja="通信できるシステムを限定する",
)
def system(case: Case, peer: str, side: str, admitted: bool) -> Iterator[Finding]:
    """Only the register's side and the ministry server reach the terminal, and no other system does."""
    lines = case.lines("knocked", peer=peer, side=side)
    for line in lines:
        yield from differing(
            line,
            "admitted",
            admitted,
            "通信できるシステムの限定が違います。",
            "A system that must not reach the terminal does, or one that must does not.",
        )


@check(
    "terminal_connects",
    Severity.SHOULD,
    ("S1-016", "S1-023"),
    ("session_asked", "session_ended"),
    ja="必要なときだけ資格を示して接続する",
)
def connects(case: Case, admitted: int, refused: int) -> Iterator[Finding]:
    """A terminal on demand shows its credential, and ends each session that it was given."""
    asked, ended = case.lines("session_asked"), case.lines("session_ended")
    let_in = [line for line in asked if line.data.get("admitted") is True]
    wrong = [line for line in asked if line.data.get("right") is not True]
    received = (len(let_in), len(asked) - len(let_in), len(ended), len(wrong))
    if received != (admitted, refused, admitted, 0):
        yield Finding(
            ja="接続の求め方、回数又は切断が違います。",
            en="It was connected otherwise than it must be, or stayed connected.",
            expected=f"let in {admitted}, refused {refused}, ended {admitted}, wrong credentials 0",
            received="let in {}, refused {}, ended {}, wrong credentials {}".format(*received),
            evidence=tuple(line.id for line in (*asked, *ended)),
        )
