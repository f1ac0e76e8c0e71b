"""What the counter decided on a filing: 住基法22条, 入管法19条の9, 特例法10条, and the 14 days."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.declare import check, differing, said
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity


@check(
    "filing_accepted",
    Severity.MUST,
    ("S0-016", "X-21"),
    ("filing_accepted", "filing_refused", "revision_refused"),
    ja="届出が受理される",
)
def filing_accepted(case: Case, visit: str, filing: str) -> Iterator[Finding]:
    """The filing is accepted."""
    for line in case.lines("filing_refused", "revision_refused", visit=visit):
        yield Finding(
            ja="届出が受理されていません。",
            en="The filing was refused.",
            expected="accepted",
            received=f"{line.kind}: {said(line.data.get('reason'))}",
            evidence=(line.id,),
        )
    for line in case.lines("filing_accepted", visit=visit):
        yield from differing(
            line, "filing", filing, "別の届出として受理されています。", "It was accepted as another filing."
        )


@check(
    "deemed",
    Severity.MUST,
    ("S0-002", "S0-010", "S0-014", "S0-016", "X-21"),
    ("filing_accepted",),
    ja="みなし届出の有無と根拠条項",
)
def deemed(case: Case, visit: str, article: str | None) -> Iterator[Finding]:
    """The filing is deemed the residence notification of just this article, or of none."""
    for line in case.lines("filing_accepted", visit=visit):
        yield from differing(
            line,
            "deemed",
            article,
            "みなし届出の扱いが違います。",
            "The filing is deemed a residence notification when it is not, or otherwise than it is.",
        )


@check("last_day", Severity.MUST, ("X-18",), ("filing_accepted",), ja="届出期間の最後の日")
def last_day(case: Case, visit: str, day: str) -> Iterator[Finding]:
    """The filing period ends on this day."""
    for line in case.lines("filing_accepted", visit=visit):
        yield from differing(
            line, "last_day", day, "届出期間の最後の日が違います。", "The filing period ends on another day."
        )


@check("in_time", Severity.MUST, ("X-18",), ("filing_accepted",), ja="届出期間の内か後か")
def in_time(case: Case, visit: str, kept: bool) -> Iterator[Finding]:
    """The filing is taken for one in time, or for a late one."""
    for line in case.lines("filing_accepted", visit=visit):
        yield from differing(
            line, "in_time", kept, "届出期間の内か後かの判定が違います。", "In time and late are mixed up."
        )


@check(
    "residence_duty",
    Severity.MUST,
    ("S0-014", "S0-016", "S0-017", "X-21"),
    ("filing_accepted", "residence_duty_open", "residence_duty_closed"),
    ja="住居地の届出義務の状態",
)
def residence_duty(case: Case, visit: str, state: str) -> Iterator[Finding]:
    """A separate residence notification is not asked for, still open, or done.

    `visit`: the one that could leave it open; `state`: `none`, `open` or `closed`, when the case ends.
    """
    if not case.lines("filing_accepted", visit=visit):
        return
    opened = case.lines("residence_duty_open", visit=visit)
    closed = case.lines("residence_duty_closed", visit=visit)
    received = "closed" if closed else "open" if opened else "none"
    if received != state:
        yield Finding(
            ja="住居地の届出義務の状態が違います。",
            en="The duty to notify the place of residence is in another state.",
            expected=state,
            received=received,
            evidence=tuple(line.id for line in (*opened, *closed)),
        )


@check("warning", Severity.MUST, ("S0-021",), ("residence_duty_open",), ja="窓口での注意喚起")
def warning(case: Case, visit: str, day: str) -> Iterator[Finding]:
    """The applicant was warned that a residence notification is due by this day."""
    for line in case.lines("residence_duty_open", visit=visit):
        yield from differing(
            line,
            "warned",
            True,
            "住居地の届出が別に必要なことを伝えていません。",
            "Nobody told the applicant that a residence notification is still due.",
        )
        yield from differing(
            line,
            "last_day",
            day,
            "伝えた住居地の届出の期限が違います。",
            "The limit that the applicant was told is another.",
        )
