"""What goes up to the agency, stated case by case: 入管法61条の8の2, 入管法施行令2条, 標準仕様書 4.5.7.

What must hold of every file and every record, whatever the case, stands in `standing`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from conformance.checks.declare import check, differing, said
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity
from sim.base.instant import japan_date
from sim.base.journal import Line

RESULT: Final = "result"
NOTICE: Final = "municipality_notice"
TRANSMISSION: Final = "municipality_transmission"
CERTIFICATE: Final = "certificate_issuance_notice"
SENT: Final = ("batch_sent", "record_sent")
FIRST_DAY: Final = "2012-07-09"
"""Of the system (seed 003, line 109)."""


def day_of(line: Line) -> str:
    """The day in Japan on which a line was written."""
    return japan_date(line.at).isoformat()


def first_sent(case: Case, person: str = "") -> list[Line]:
    """The records that are no results, each where it was sent first: a file sent again says nothing new."""
    files: set[tuple[object, object]] = set()
    again: set[str] = set()
    for line in case.lines("batch_sent"):
        name = (line.data.get("batch"), line.data.get("digest"))
        if name in files:
            again.add(line.id)
        files.add(name)
    return [
        line
        for line in case.lines("record_sent")
        if line.data.get("kind") != RESULT and line.cause not in again and person in ("", line.subject)
    ]


# --- what is sent, and what is not ----------------------------------------------------------------------
@check("sent", Severity.MUST, ("S0-016", "S3-010", "S3-011", "S3-012"), SENT, ja="送られる通知と伝達")
def sent(case: Case, person: str, kinds: list[str], day: str) -> Iterator[Finding]:
    """Just these records of the person are sent on the day, each once."""
    batches = [line for line in case.lines("batch_sent") if day_of(line) == day]
    lines = [line for line in first_sent(case, person) if day_of(line) == day]
    received = sorted(str(line.data.get("kind")) for line in lines)
    if received != sorted(kinds):
        yield Finding(
            ja="送られた通知・伝達が違います。",
            en="Other records were sent.",
            expected=said(sorted(kinds)),
            received=said(received),
            evidence=tuple(line.id for line in (*batches, *lines)),
        )


def _as_classed(case: Case, person: str, kinds: list[str], ja: str, en: str) -> Iterator[Finding]:
    """Over the whole case just these kinds were sent of the person."""
    lines = first_sent(case, person)
    received = sorted(str(line.data.get("kind")) for line in lines)
    if received != sorted(kinds):
        yield Finding(
            ja=ja,
            en=en,
            expected=said(sorted(kinds)),
            received=said(received),
            evidence=tuple(line.id for line in (*case.lines("batch_sent"), *lines)),
        )


@check("law_class", Severity.MUST, ("X-01",), SENT, ja="住基法・入管法・住基法のみの3区分")
def law_class(case: Case, person: str, kinds: list[str]) -> Iterator[Finding]:
    """A change under both Acts sends notice and transmission, under one Act only the one of them."""
    yield from _as_classed(
        case,
        person,
        kinds,
        "住基法・入管法、入管法のみ、住基法のみの区分に合わない記録が送られています。",
        "What was sent does not fit the class of the change: both Acts, Immigration Act, Registration Act.",
    )


def _nothing(case: Case, person: str, since: str, until: str, ja: str, en: str) -> Iterator[Finding]:
    """No record of the person was sent on the days from `since` to `until`, on which files were sent."""
    batches = [line for line in case.lines("batch_sent") if since <= day_of(line) <= until]
    lines = [line for line in first_sent(case, person) if since <= day_of(line) <= until]
    if lines or not batches:
        yield Finding(
            ja=ja,
            en=en,
            expected="exchanges, and nothing about the person in them",
            received=said([str(line.data.get("kind")) for line in lines] or "no exchange"),
            evidence=tuple(line.id for line in (*batches, *lines)),
        )


@check("exempt_silent", Severity.MUST, ("X-15",), SENT, ja="通知を要しない異動では何も送らない")
def exempt_silent(case: Case, person: str, since: str, until: str) -> Iterator[Finding]:
    """A change of which the agency need not be told sends nothing."""
    yield from _nothing(
        case,
        person,
        since,
        until,
        "市町村通知を要しない異動なのに、記録が送られています。",
        "Something was sent of a change of which the agency need not be told.",
    )


@check("no_echo", Severity.MUST, ("S3-015", "X-15"), SENT, ja="入管庁通知による修正を送り返さない")
def no_echo(case: Case, person: str, since: str, until: str) -> Iterator[Finding]:
    """A change that came down from the agency is not sent up again."""
    yield from _nothing(
        case,
        person,
        since,
        until,
        "入管庁通知に基づく修正・消除なのに、市町村通知が送り返されています。",
        "A change that came from the agency was sent back to it.",
    )


@check("provisional_silent", Severity.MUST, ("X-13",), SENT, ja="仮登録の間は何も送らない")
def provisional_silent(case: Case, person: str, since: str, until: str) -> Iterator[Finding]:
    """A provisional change sends nothing."""
    yield from _nothing(
        case,
        person,
        since,
        until,
        "仮登録の異動なのに、記録が送られています。",
        "Something was sent of a change that is provisional.",
    )


@check("planned_day", Severity.MUST, ("X-03",), SENT, ja="転出の市町村通知は転出予定日に送る")
def planned_day(case: Case, person: str, day: str) -> Iterator[Finding]:
    """The notice of a moving-out is sent on the planned day, once, and on no other."""
    moving = [line for line in first_sent(case, person) if line.data.get("reason") == "moving_out"]
    days = [day_of(line) for line in moving]
    if days != [day]:
        yield Finding(
            ja="転出の市町村通知が、転出予定日に送られていません。",
            en="The notice of the moving-out was not sent on the planned day.",
            expected=day,
            received=said(days),
            evidence=tuple(line.id for line in moving),
        )


@check(
    "first_day",
    Severity.MUST,
    ("S3-006",),
    SENT,
    ja="制度の始まる前の異動を送らない",
    standing=True,
)
def first_day(case: Case, person: str = "", since: str = "", until: str = "") -> Iterator[Finding]:
    """No event before the system's first day is sent.

    `person`, `since`, `until`: about whom nothing at all must be sent on these days.
    """
    if person:
        yield from _nothing(
            case,
            person,
            since,
            until,
            "2012年7月9日より前の日付の異動が送られています。",
            "An event before 2012-07-09 was sent.",
        )
    for line in first_sent(case):
        day = str(line.data.get("event_date") or FIRST_DAY)
        if day < FIRST_DAY:
            yield Finding(
                ja="2012年7月9日より前の日付の異動が送られています。",
                en="An event before 2012-07-09 was sent.",
                expected=f"{FIRST_DAY} or later",
                received=day,
                evidence=(line.id,),
            )


# --- what a record says ---------------------------------------------------------------------------------
def _says(case: Case, person: str, kind: str, items: dict[str, Any], nth: int) -> Iterator[Finding]:
    """The `nth` record of the kind about the person says just this; an empty text: it says nothing."""
    lines = [line for line in first_sent(case, person) if line.data.get("kind") == kind]
    if len(lines) < nth:
        yield Finding(
            ja="その記録が送られていません。",
            en="No such record was sent.",
            expected=f"{kind} number {nth} about the person",
            received=str(len(lines)),
            evidence=tuple(line.id for line in lines),
        )
        return
    for item, value in items.items():
        received = lines[nth - 1].data.get(item)
        if (received or "") != value:
            yield Finding(
                ja=f"記録の項目「{item}」が違います。",
                en=f"The item `{item}` of the record is another.",
                expected=value or "empty",
                received=said(received),
                evidence=(lines[nth - 1].id,),
            )


@check("notice_says", Severity.MUST, ("S3-011",), SENT, ja="市町村通知の内容")
def notice_says(case: Case, person: str, items: dict[str, Any], nth: int = 1) -> Iterator[Finding]:
    """The municipality notice says just this."""
    yield from _says(case, person, NOTICE, items, nth)


@check("transmission_says", Severity.MUST, ("X-17", "S3-012"), SENT, ja="市町村伝達の内容")
def transmission_says(case: Case, person: str, items: dict[str, Any], nth: int = 1) -> Iterator[Finding]:
    """The municipality transmission bears what the cabinet order wants, and says just this."""
    yield from _says(case, person, TRANSMISSION, items, nth)


@check("certificate_says", Severity.MUST, ("S3-013",), SENT, ja="特別永住者証明書の交付に関する情報")
def certificate_says(case: Case, person: str, items: dict[str, Any], nth: int = 1) -> Iterator[Finding]:
    """The agency is told which special permanent resident certificate was handed over, and on what ground."""
    yield from _says(case, person, CERTIFICATE, items, nth)


@check("standard_kanji", Severity.MUST, ("S0-065",), SENT, ja="正字の氏名を失わずに送る")
def standard_kanji(case: Case, person: str, name: str, nth: int = 1) -> Iterator[Finding]:
    """A name in standard kanji goes out as it came in, code point for code point."""
    yield from _says(case, person, NOTICE, {"name_kanji": name}, nth)


@check(
    "link_same",
    Severity.SHOULD,
    ("S1-014", "S2-006", "S2-015", "S2-017"),
    SENT,
    ja="どの連携方法でも同じ内容",
)
def link_same(case: Case, person: str, kind: str, items: dict[str, Any]) -> Iterator[Finding]:
    """Whatever the link between register and terminal, a record says just this."""
    yield from _says(case, person, kind, items, 1)


@check("cancel_notice", Severity.MUST, ("X-14",), SENT, ja="異動の取消しの通知")
def cancel_notice(case: Case, person: str, kind: str = NOTICE) -> Iterator[Finding]:
    """When a change is taken back, the agency is told by a record that names the one which it takes back."""
    lines = [line for line in first_sent(case, person) if line.data.get("kind") == kind]
    cancelling = [line for line in lines if line.data.get("cancels")]
    named = [str(line.data["cancels"]) for line in cancelling]
    earlier = [str(line.data.get("record_id")) for line in lines if not line.data.get("cancels")]
    if len(named) != 1 or named[0] not in earlier:
        yield Finding(
            ja="取り消した異動の記録を名指しする取消しの記録が、1回だけ送られていません。",
            en="No record, or more than one, takes back the record of the change that was cancelled.",
            expected=f"one that cancels {said(earlier)}",
            received=said(named),
            evidence=tuple(line.id for line in lines),
        )


@check(
    "transmission_article",
    Severity.MUST,
    ("S0-002", "S0-009", "S0-010"),
    ("record_sent",),
    ja="市町村伝達の根拠条項と態様",
)
def transmission_article(case: Case, person: str, article: str, manner: str) -> Iterator[Finding]:
    """The person's transmission names this article, and whether it was deemed or filed separately."""
    for line in case.lines("record_sent", kind=TRANSMISSION, person_ref=person):
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
