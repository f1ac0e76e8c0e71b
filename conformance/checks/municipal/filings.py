"""What the counter decided on a filing: 住基法22条 to 30条の47, 入管法19条の7 to 19条の9, 特例法10条.

A visit can hold the filings of several people: `person` keeps those of one of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.declare import check, differing, said
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity
from sim.base.journal import Line

ACCEPTED = "accepted"


def decided(case: Case, visit: str, person: str | None = None, decision: str | None = None) -> list[Line]:
    """The decisions on the filings of a visit, or on those of one person in it."""
    wanted = {"person": person, "decision": decision}
    return case.lines(
        "filing_decided", visit=visit, **{key: value for key, value in wanted.items() if value is not None}
    )


@check(
    "filing_accepted",
    Severity.MUST,
    ("S0-016", "X-20", "X-21"),
    ("filing_decided",),
    ja="届出が受理される",
)
def filing_accepted(case: Case, visit: str, filing: str, person: str | None = None) -> Iterator[Finding]:
    """The filing is accepted."""
    for line in decided(case, visit, person):
        if line.data.get("decision") != ACCEPTED:
            yield Finding(
                ja="届出が受理されていません。",
                en="The filing was not accepted.",
                expected=ACCEPTED,
                received=f"{said(line.data.get('decision'))}: {said(line.data.get('reason'))}",
                evidence=(line.id,),
            )
        yield from differing(
            line, "filing", filing, "別の届出として受理されています。", "It was accepted as another filing."
        )


@check(
    "filing_refused",
    Severity.MUST,
    ("S0-016", "S0-031", "X-11", "X-19"),
    ("filing_decided",),
    ja="受理してはならない届出を受理しない",
)
def filing_refused(case: Case, visit: str, person: str | None = None) -> Iterator[Finding]:
    """The filing is refused: it lies in the future, comes without what it needs, or from the wrong person."""
    for line in decided(case, visit, person):
        yield from differing(
            line,
            "decision",
            "refused",
            "受理してはならない届出を受理しています。",
            "A filing that must be refused was not refused.",
        )


@check(
    "moved_out_ex_officio",
    Severity.MUST,
    ("X-12",),
    ("filing_decided",),
    ja="転出届として扱う期限（14日）",
)
def moved_out_ex_officio(case: Case, visit: str, decision: str) -> Iterator[Finding]:
    """A moving-out is a filing until day 14 after the move, and recorded by the mayor from day 15."""
    for line in decided(case, visit):
        yield from differing(
            line,
            "decision",
            decision,
            "転出の届出と職権による記載の別が違います。",
            "A moving-out filing and a record by the mayor are mixed up.",
        )


@check(
    "deemed",
    Severity.MUST,
    ("S0-002", "S0-003", "S0-004", "S0-005", "S0-010", "S0-014", "S0-016", "S0-059", "X-21"),
    ("filing_decided",),
    ja="みなし届出の有無と根拠条項",
)
def deemed(case: Case, visit: str, article: str | None, person: str | None = None) -> Iterator[Finding]:
    """The filing is deemed the residence notification of just this article, or of none."""
    for line in decided(case, visit, person, ACCEPTED):
        yield from differing(
            line,
            "deemed",
            article,
            "みなし届出の扱いが違います。",
            "The filing is deemed a residence notification when it is not, or otherwise than it is.",
        )


@check(
    "never_deemed",
    Severity.MUST,
    ("S0-005", "S0-010"),
    ("filing_decided",),
    ja="届け出る立場にない者の届出をみなし届出にしない",
)
def never_deemed(case: Case, visit: str) -> Iterator[Finding]:
    """Whether it is taken or not, a filing that is not for this person is deemed nothing."""
    for line in decided(case, visit):
        yield from differing(
            line,
            "deemed",
            None,
            "みなし届出にならない届出をみなし届出としています。",
            "A filing that the Acts do not name for this person is deemed a residence notification.",
        )


@check(
    "filed_article",
    Severity.MUST,
    ("S0-009", "S0-010"),
    ("filing_decided",),
    ja="単独の住居地の届出の根拠条項",
)
def filed_article(case: Case, visit: str, article: str | None) -> Iterator[Finding]:
    """The residence filing is kept under just this article."""
    for line in decided(case, visit, decision=ACCEPTED):
        yield from differing(
            line,
            "article",
            article,
            "住居地の届出の根拠条項が違います。",
            "The residence filing is kept under another article.",
        )


@check("last_day", Severity.MUST, ("X-18",), ("filing_decided",), ja="届出期間の最後の日")
def last_day(case: Case, visit: str, day: str) -> Iterator[Finding]:
    """The filing period ends on this day."""
    for line in decided(case, visit, decision=ACCEPTED):
        yield from differing(
            line, "last_day", day, "届出期間の最後の日が違います。", "The filing period ends on another day."
        )


@check("in_time", Severity.MUST, ("X-18",), ("filing_decided",), ja="届出期間の内か後か")
def in_time(case: Case, visit: str, kept: bool) -> Iterator[Finding]:
    """The filing is taken for one in time, or for a late one."""
    for line in decided(case, visit, decision=ACCEPTED):
        yield from differing(
            line, "in_time", kept, "届出期間の内か後かの判定が違います。", "In time and late are mixed up."
        )


@check(
    "affairs",
    Severity.MUST,
    ("S0-001", "S0-008", "S0-059"),
    ("filing_decided",),
    ja="自治事務と法定受託事務の別",
)
def affairs(case: Case, visit: str, affairs: list[str], person: str | None = None) -> Iterator[Finding]:
    """The filing is the municipality's own work, the State's, or both where it has two effects."""
    for line in decided(case, visit, person, ACCEPTED):
        received = line.data.get("affairs")
        if sorted(map(str, received or ())) != sorted(affairs):
            yield Finding(
                ja="自治事務と法定受託事務の別が違います。",
                en="Autonomous and delegated work are mixed up.",
                expected=said(affairs),
                received=said(received),
                evidence=(line.id,),
            )


@check(
    "specified_card",
    Severity.MUST,
    ("X-22",),
    ("filing_decided",),
    ja="特定在留カードの交付申請の受付",
)
def specified_card(case: Case, visit: str, taken: bool) -> Iterator[Finding]:
    """An application for a specified card is taken with a deemed filing from 2026-06-14, and never else."""
    for line in decided(case, visit, decision=ACCEPTED):
        yield from differing(
            line,
            "specified_card",
            taken,
            "特定在留カードの交付申請の扱いが違います。",
            "The application for a specified card is taken where it cannot be, or is not taken where it can.",
        )
