"""What a filing sends to the agency, and what becomes of it: 入管法61条の8の2, 入管法施行令2条."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from conformance.checks.declare import check, differing, said
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity
from sim.base.instant import japan_date
from sim.base.journal import Line


@check("raised", Severity.MUST, ("S0-016", "X-01"), ("record_raised",), ja="作られる通知と伝達")
def raised(case: Case, visit: str, kinds: list[str]) -> Iterator[Finding]:
    """The visit raises just these records, each once."""
    lines = case.lines("record_raised", visit=visit)
    received = sorted(str(line.data.get("kind")) for line in lines)
    if lines and received != sorted(kinds):
        yield Finding(
            ja="作られた通知・伝達が違います。",
            en="Other records were raised.",
            expected=said(sorted(kinds)),
            received=said(received),
            evidence=tuple(line.id for line in lines),
        )


@check(
    "transmission_article",
    Severity.MUST,
    ("S0-002", "S0-009", "S0-010"),
    ("record_raised",),
    ja="市町村伝達の根拠条項と態様",
)
def transmission_article(case: Case, visit: str, article: str, manner: str) -> Iterator[Finding]:
    """The transmission names this article, and whether it was deemed or filed separately."""
    for line in case.lines("record_raised", visit=visit, kind="municipality_transmission"):
        yield from differing(
            line,
            "article",
            article,
            "市町村伝達の根拠条項が違います。",
            "The transmission names another article.",
        )
        yield from differing(
            line,
            "manner",
            manner,
            "みなし届出か単独の届出かの別が違います。",
            "Deemed and separate filings are mixed up.",
        )


@check(
    "ministry_accepted",
    Severity.MUST,
    ("S1-022", "S3-011", "S3-012"),
    ("record_raised", "record_accepted"),
    ja="入管庁が受理した日と記録",
)
def ministry_accepted(case: Case, visit: str, kinds: list[str], day: str) -> Iterator[Finding]:
    """The agency accepts just these records of the visit, on this day."""
    lines = case.lines("record_raised", visit=visit)
    if not lines:
        return
    records = [line.data.get("record") for line in lines]
    accepted = [line for record in records for line in case.lines("record_accepted", record=record)]
    received = sorted(f"{line.data.get('kind')} {japan_date(line.at)}" for line in accepted)
    wanted = sorted(f"{kind} {day}" for kind in kinds)
    if received != wanted:
        yield Finding(
            ja="入管庁が受理した記録又はその日が違います。",
            en="The agency accepted other records, or on another day.",
            expected=said(wanted),
            received=said(received),
            evidence=tuple(line.id for line in (*lines, *accepted)),
        )


@check(
    "raised_once",
    Severity.MUST,
    ("S3-003",),
    ("record_raised", "record_accepted", "record_rejected"),
    ja="二重に送られる記録がない",
    standing=True,
)
def raised_once(case: Case) -> Iterator[Finding]:
    """Nothing is raised twice, and nothing reaches the agency twice."""
    raisings = [(line, f"{line.case} {line.data.get('kind')}") for line in case.lines("record_raised")]
    arrivals = case.lines("record_accepted", "record_rejected")
    for named in (raisings, [(line, str(line.data.get("record"))) for line in arrivals]):
        counts = Counter(name for _, name in named)
        for name in sorted(name for name, count in counts.items() if count > 1):
            yield Finding(
                ja="同じ記録が2回以上現れています。",
                en="The same record appears more than once.",
                expected=f"{name} once",
                received=str(counts[name]),
                evidence=tuple(line.id for line, own in named if own == name),
            )


@check(
    "in_order",
    Severity.MUST,
    ("S1-007",),
    ("record_raised", "record_accepted"),
    ja="一人の記録の順序",
    standing=True,
)
def in_order(case: Case) -> Iterator[Finding]:
    """The agency accepts the records of a person in the order in which they were raised."""
    raised_lines = case.lines("record_raised")
    for person in sorted({line.subject for line in raised_lines}):
        raised = [line.data.get("record") for line in raised_lines if line.subject == person]
        lines = [line for record in raised for line in case.lines("record_accepted", record=record)]
        accepted = [line.data.get("record") for line in sorted(lines, key=lambda line: (line.at, line.n))]
        wanted = [record for record in raised if record in accepted]
        if list(dict.fromkeys(accepted)) != wanted:
            yield Finding(
                ja="一人の記録が、作られた順と違う順で受理されました。",
                en="Records of one person were accepted in another order than they were raised in.",
                expected=said(wanted),
                received=said(accepted),
                evidence=tuple(line.id for line in lines),
            )


@check(
    "nothing_lost",
    Severity.MUST,
    ("S3-003",),
    (
        "record_raised",
        "batch_made",
        "batch_accepted",
        "record_accepted",
        "record_rejected",
    ),
    ja="失われる記録がない",
    standing=True,
)
def nothing_lost(case: Case) -> Iterator[Finding]:
    """Every record raised is accepted, rejected or still on its way.

    On its way: no exchange has begun since, or the batch that holds it was not taken in (a batch that was
    rejected goes again, or its sender is told so).
    """
    lines = case.lines("record_raised")
    if not lines:
        return
    made = case.lines("batch_made", direction="up")
    arrived = {line.subject for line in case.lines("batch_accepted")}
    answers = {line.data.get("record") for line in case.lines("record_accepted", "record_rejected")}
    for line in lines:
        record = line.data.get("record")
        later = [batch for batch in made if batch.at > line.at]
        if record not in answers and later and not _under_way(record, made, arrived):
            yield Finding(
                ja="作られた記録が入管庁に届かず、送信待ちでもありません。",
                en="A record neither reached the agency nor is on its way.",
                expected=f"{said(record)} accepted, rejected or pending",
                received="lost",
                evidence=(line.id, *(batch.id for batch in later)),
            )


def _under_way(record: object, made: list[Line], arrived: set[str]) -> bool:
    """Whether a batch that has not arrived yet holds the record."""
    return any(record in batch.data.get("contains", ()) and batch.subject not in arrived for batch in made)
