"""The 90 days for notifying a place of residence, as the server sees them: only ever candidates.

Source: 入管法22条の4第1項 (the two grounds on residence); seed 000, line 98.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.checks.declare import check, differing, said
from conformance.checks.ministry.found import ids
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity
from sim.base.journal import Line

SEEN: Final = ("candidates_answered", "candidate_seen")


def _of(case: Case, look: int, person: str) -> list[Line]:
    case.lines("candidates_answered")
    return [line for line in case.lines("candidate_seen", look=look) if line.subject == person]


@check(
    "server_candidate",
    Severity.MUST,
    ("S0-012",),
    SEEN,
    ja="90日を過ぎた中長期在留者は取消しの候補となる",
)
def server_candidate(
    case: Case, look: int, person: str, ground: str, start: str, last_day: str
) -> Iterator[Finding]:
    """Without a notification the person is a candidate from the day after the 90th, on the ground named."""
    found = [line for line in _of(case, look, person) if line.data.get("state") == "candidate"]
    if len(found) != 1:
        yield Finding(
            ja="取消しの候補として1件だけ見えていません。",
            en="The person is not seen once as a candidate.",
            expected=f"{person} {ground}",
            received=str(len(found)),
            evidence=ids(found),
        )
        return
    for key, value in (("ground", ground), ("start", start), ("last_day", last_day)):
        yield from differing(
            found[0], key, value, "候補の内容が違います。", "The candidate is told otherwise."
        )


@check(
    "server_no_candidate",
    Severity.MUST,
    ("S0-012",),
    SEEN,
    ja="期間内は、取消しの候補とならない",
)
def server_no_candidate(case: Case, look: int, person: str) -> Iterator[Finding]:
    """On the last day, and after a notification in time, the person is no candidate."""
    found = _of(case, look, person)
    if found:
        yield Finding(
            ja="取消しの候補でない者が、候補とされています。",
            en="Somebody is held to be a candidate who is none.",
            expected="none",
            received=said([line.data.get("state") for line in found]),
            evidence=ids(found),
        )


@check(
    "server_never_special",
    Severity.MUST,
    ("S0-012",),
    ("became_asked", "record_delivered", *SEEN),
    ja="特別永住者は決して候補とならない",
)
def server_never_special(case: Case, person: str) -> Iterator[Finding]:
    """A special permanent resident is a candidate at no time."""
    of_person = [
        line
        for line in case.lines("became_asked", "record_delivered", person_class="special_permanent_resident")
        if line.subject == person
    ]
    case.lines("candidates_answered")
    found = [line for line in case.lines("candidate_seen") if line.subject == person]
    if found or not of_person:
        yield Finding(
            ja="特別永住者が、取消しの候補とされています。",
            en="A special permanent resident is held to be a candidate.",
            expected=f"{person}: never",
            received=f"{len(found)} times",
            evidence=ids((*of_person, *found)),
        )


@check(
    "server_state",
    Severity.MUST,
    ("S0-013",),
    SEEN,
    ja="正当な理由や後からの届出は、候補の評価を変える",
)
def server_state(case: Case, look: int, person: str, state: str, filed: str = "") -> Iterator[Finding]:
    """A claimed good reason, or a notification that came, changes how the candidate stands."""
    found = _of(case, look, person)
    if not found:
        yield Finding(
            ja="候補であったことが見えません。",
            en="It is not to be seen that the person was a candidate.",
            expected=state,
            received="none",
        )
        return
    yield from differing(
        found[-1], "state", state, "候補の評価が違います。", "The candidate is assessed otherwise."
    )
    if filed:
        yield from differing(
            found[-1], "filed_date", filed, "届出の日が違います。", "The day of the filing is otherwise."
        )


@check(
    "server_only_candidate",
    Severity.MUST,
    ("S0-013",),
    ("candidate_seen", "record_sent", "batch_sent"),
    ja="候補になっても、自動では何も起こらない",
)
def server_only_candidate(case: Case, person: str) -> Iterator[Finding]:
    """Being a candidate has no effect by itself: nothing about the person goes down."""
    seen = [line for line in case.lines("candidate_seen") if line.subject == person]
    case.lines("batch_sent")
    went = [line for line in case.lines("record_sent", kind="agency_notice") if line.subject == person]
    if went or not seen:
        yield Finding(
            ja="候補になっただけで、何かが通知されました。",
            en="Something went down merely because the person is a candidate.",
            expected="a candidate, and nothing sent",
            received=f"{len(seen)} seen, {len(went)} sent",
            evidence=ids((*seen, *went)),
        )
