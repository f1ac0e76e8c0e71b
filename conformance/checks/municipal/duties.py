"""A residence notification that stays due, what people are told of it, and what may follow.

Sources: seed 000, lines 67 to 114 (penalties, revocation, guidance at counters); 入管庁 questions and answers
on a card that was not brought.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.checks.declare import check, differing, said
from conformance.checks.municipal.filings import ACCEPTED, decided
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity
from sim.base.journal import Line

DUTY: Final = ("filing_decided", "duty_told")


def _open(case: Case, visit: str, person: str | None) -> list[Line]:
    """The duties that a visit left open."""
    wanted = {} if person is None else {"person": person}
    return case.lines("duty_told", visit=visit, state="open", **wanted)


@check(
    "residence_duty",
    Severity.MUST,
    ("S0-014", "S0-016", "S0-017", "X-19", "X-21"),
    DUTY,
    ja="住居地の届出義務の状態",
)
def residence_duty(case: Case, visit: str, state: str, person: str | None = None) -> Iterator[Finding]:
    """A separate residence notification is not asked for, still open, or done.

    `visit`: the one that could leave it open; `state`: `none`, `open` or `closed`, when the case ends.
    """
    taken = decided(case, visit, person, ACCEPTED)
    if not taken:
        return
    told = [line for line in case.lines("duty_told", visit=visit) if person is None or line.subject == person]
    received = str(told[-1].data.get("state")) if told else "none"
    if received != state:
        yield Finding(
            ja="住居地の届出義務の状態が違います。",
            en="The duty to notify the place of residence is in another state.",
            expected=state,
            received=received,
            evidence=tuple(line.id for line in told or taken),
        )


@check("duty_article", Severity.MUST, ("S0-009", "S0-010"), ("duty_told",), ja="残った届出義務の根拠条項")
def duty_article(case: Case, visit: str, article: str) -> Iterator[Finding]:
    """What is still due is due under just this article."""
    for line in _open(case, visit, None):
        yield from differing(
            line,
            "article",
            article,
            "残った住居地の届出義務の根拠条項が違います。",
            "The residence notification is still due under another article.",
        )


@check("warning", Severity.MUST, ("S0-021",), ("duty_told",), ja="窓口での注意喚起")
def warning(case: Case, visit: str, day: str, person: str | None = None) -> Iterator[Finding]:
    """The applicant was warned that a residence notification is due by this day."""
    for line in _open(case, visit, person):
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


@check(
    "revocation_warning",
    Severity.MUST,
    ("S0-012", "S0-013", "S0-021"),
    ("duty_told",),
    ja="在留資格の取消しに係る90日の注意喚起",
)
def revocation_warning(case: Case, visit: str, day: str | None) -> Iterator[Finding]:
    """The applicant was told of the 90 days that end on this day; one whom they do not concern, of none."""
    for line in _open(case, visit, None):
        yield from differing(
            line,
            "revocation_last_day",
            day,
            "伝えた90日の期限が違います。",
            "The end of the 90 days that the applicant was told is another.",
        )


@check(
    "warning_languages",
    Severity.MUST,
    ("S0-021",),
    ("reset_asked", "file_asked", "duty_told"),
    ja="注意喚起の言語",
    standing=True,
)
def warning_languages(
    case: Case, visit: str | None = None, languages: list[str] | None = None
) -> Iterator[Finding]:
    """Whoever is warned is warned in every language of the office.

    `languages`: which these must be; by default those with which the office was set up.
    """
    for line in case.lines("duty_told", visit=visit, state="open"):
        office = next(iter(case.lines("file_asked", visit=line.case)), None)
        name = "main_office" if office is None else str(office.data.get("office", "main_office"))
        received = line.data.get("languages") or []
        wanted = languages or _languages(case, name)
        missing = [one for one in wanted if one not in received]
        if missing:
            yield Finding(
                ja="窓口の言語での注意喚起が行われていません。",
                en="The applicant was not warned in a language of this office.",
                expected=said(wanted),
                received=said(received),
                evidence=(line.id,),
            )


def _languages(case: Case, office: str) -> list[str]:
    for line in case.lines("reset_asked"):
        for one in line.data.get("offices", ()):
            if one.get("id", "main_office") == office:
                return [str(language) for language in one.get("languages", ("ja",))]
    return ["ja"]


@check(
    "consequences",
    Severity.MUST,
    ("S0-006", "S0-011", "S0-012", "S0-013"),
    ("consequence_told",),
    ja="届出をしない場合などの罰則等",
)
def consequences(case: Case, expected: list[dict[str, object]]) -> Iterator[Finding]:
    """Just these consequences are told, with their ceilings, names and deciders.

    `expected`: one for each, with the items that count.
    """
    lines = case.lines("consequence_told")
    for wanted in expected:
        same = [line for line in lines if line.data.get("kind") == wanted["kind"]]
        if len(same) != 1:
            yield _told(wanted["kind"], f"{len(same)} of them", tuple(line.id for line in lines))
            continue
        for key, value in wanted.items():
            if same[0].data.get(key) != value:
                received = f"{key}: {said(same[0].data.get(key))}"
                yield _told(f"{wanted['kind']}, {key}: {said(value)}", received, (same[0].id,))
    kinds = [str(line.data.get("kind")) for line in lines]
    more = sorted(set(kinds) - {str(wanted["kind"]) for wanted in expected})
    if more:
        yield _told("nothing else", said(more), tuple(line.id for line in lines))


def _told(expected: object, received: str, evidence: tuple[str, ...]) -> Finding:
    return Finding(
        ja="案内された罰則等が違います。",
        en="Other consequences are told.",
        expected=str(expected),
        received=received,
        evidence=evidence,
    )
