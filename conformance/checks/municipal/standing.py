"""What must hold of every file and every record, whatever the case: form, numbers, order, loss, doubling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from conformance.checks.declare import check, said
from conformance.checks.municipal.sending import NOTICE, RESULT, SENT, TRANSMISSION, day_of, first_sent
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity
from sim.base.instant import Instant, iso, japan_datetime
from sim.base.journal import Line

SAME: Final = (
    "kind",
    "person_ref",
    "event_date",
    "filed_date",
    "issued_date",
    "action",
    "reason",
    "article",
    "ground",
)
"""Items by which two records tell of the same change."""

BUSINESS: Final = {
    "municipality_notice": "01",
    "municipality_transmission": "02",
    "certificate_issuance_notice": "03",
}
"""The registered business (seed 003, line 179) of each kind that goes up, by its code in the profile."""

BEARS: Final = (
    "article",
    "birth_date",
    "card_number",
    "filed_date",
    "name",
    "nationality",
    "residence",
    "sex",
)
"""What a transmission bears (入管法施行令2条)."""


@check(
    "batch_good",
    Severity.MUST,
    ("S3-019",),
    ("batch_sent",),
    ja="送られたファイルが規格どおりである",
    standing=True,
)
def batch_good(case: Case) -> Iterator[Finding]:
    """Every file that is sent keeps to the exchange profile, before 2019-04-01 and after it."""
    for line in case.lines("batch_sent"):
        for found in line.data.get("findings", ()):
            yield Finding(
                ja=f"{line.data.get('file')} が規格に合いません: {found['ja']}",
                en=f"{line.data.get('file')} does not keep to the profile: {found['en']}",
                expected=f"line {found['line']} {found['column']}: {found['expected']}",
                received=f"{found['received']} ({found['code']})",
                evidence=(line.id,),
            )


@check("three_businesses", Severity.MUST, ("S3-018",), SENT, ja="三つの業務の区分", standing=True)
def three_businesses(case: Case) -> Iterator[Finding]:
    """Every record goes in a file of the one of the three businesses that it belongs to."""
    headers = {line.id: line.data.get("header", {}) for line in case.lines("batch_sent")}
    for line in case.lines("record_sent"):
        wanted = BUSINESS.get(str(line.data.get("kind")))
        received = headers.get(line.cause, {}).get("business")
        if (wanted or received) != received or received not in BUSINESS.values():
            yield Finding(
                ja="記録が、業務の違うファイルで送られています。",
                en="A record was sent in a file of another business.",
                expected=wanted or said(sorted(BUSINESS.values())),
                received=said(received),
                evidence=(line.id, line.cause),
            )


@check("transmission_whole", Severity.MUST, ("X-17",), SENT, ja="市町村伝達の必須の項目", standing=True)
def transmission_whole(case: Case) -> Iterator[Finding]:
    """Every transmission bears what the cabinet order wants: who, where, which card, when, which article."""
    for line in case.lines("batch_sent"):
        for found in line.data.get("findings", ()):
            if found["code"] == "MISSING_ITEM" and found["column"] in BEARS:
                yield Finding(
                    ja=f"記録に必須の項目「{found['column']}」がありません。",
                    en=f"A record lacks the mandatory item `{found['column']}`.",
                    expected=f"line {found['line']}: {found['expected']}",
                    received="empty",
                    evidence=(line.id,),
                )
    for line in case.lines("record_sent", kind=TRANSMISSION):
        lacking = [item for item in BEARS if not line.data.get(item)]
        if lacking:
            yield Finding(
                ja="市町村伝達に必須の項目がありません。",
                en="A transmission lacks a mandatory item.",
                expected=said(BEARS),
                received=f"without {said(lacking)}",
                evidence=(line.id,),
            )


@check("sequence", Severity.MUST, ("S3-003",), ("batch_sent",), ja="一連番号に欠番がない", standing=True)
def sequence(case: Case) -> Iterator[Finding]:
    """The files of each business are numbered from 1 without a gap; a number comes again for a copy only."""
    numbers: dict[str, dict[int, set[str]]] = {}
    for line in case.lines("batch_sent"):
        header = line.data.get("header")
        if not header:
            continue
        known = numbers.setdefault(str(header["business"]), {})
        number, digest = int(header["sequence"]), str(line.data.get("digest"))
        edition = str(line.data.get("stem")) != str(line.data.get("batch"))
        due = max(known, default=0) + 1
        if number > due or (number in known and digest not in known[number] and not edition):
            yield Finding(
                ja="一連番号が飛んでいるか、別の内容で再使用されています。",
                en="A sequence number was skipped, or used again for something else.",
                expected=f"{due}, or an earlier file unchanged",
                received=str(number),
                evidence=(line.id,),
            )
        known.setdefault(number, set()).add(digest)


@check(
    "file_named", Severity.SHOULD, ("S2-012", "S2-013"), ("batch_sent",), ja="ファイルの名前", standing=True
)
def file_named(case: Case) -> Iterator[Finding]:
    """A file bears the name of its batch: sender, recipient, business and number."""
    for line in case.lines("batch_sent"):
        batch = line.data.get("batch")
        stem = str(line.data.get("stem"))
        if batch is not None and stem != batch and not stem.startswith(f"{batch}."):
            yield Finding(
                ja="ファイル名がヘッダーレコードと一致しません。",
                en="The name of the file does not fit its header.",
                expected=f"{batch}.csv or {batch}.xml",
                received=said(line.data.get("file")),
                evidence=(line.id,),
            )


@check(
    "dated_when_made",
    Severity.SHOULD,
    ("S2-013",),
    ("case_begun", "batch_sent"),
    ja="ファイルの作成日時",
    standing=True,
)
def dated_when_made(case: Case) -> Iterator[Finding]:
    """A file says when it was made: not later than it was sent, nor before the case began."""
    batches = case.lines("batch_sent")
    begun = min((line.at for line in case.lines("case_begun")), default=Instant(0)) if batches else Instant(0)
    for line in batches:
        header = line.data.get("header")
        made = Instant(int(header["created_at"])) if header else line.at
        if header and not begun <= made <= line.at:
            yield Finding(
                ja="ファイルの作成日時が、送られた日時と合いません。",
                en="The file does not say when it was made.",
                expected=f"between {iso(begun)} and {iso(line.at)}",
                received=iso(made),
                evidence=(line.id,),
            )


@check(
    "sent_once",
    Severity.MUST,
    ("S3-003",),
    ("batch_sent", "record_sent", "record_accepted", "record_rejected"),
    ja="二重に送られる記録がない",
    standing=True,
)
def sent_once(case: Case) -> Iterator[Finding]:
    """No record reaches the agency twice, under one number or as the same change under two.

    A file that is sent again unchanged doubles nothing; nor does a record in the place of one that was
    rejected or taken back.
    """
    rejected = {line.data.get("record") for line in case.lines("record_rejected")}
    own = [line for line in first_sent(case) if line.data.get("record_id") not in rejected]
    over = {line.data.get("cancels") for line in own}
    changes = [
        (line, said([line.data.get(key) for key in SAME]))
        for line in own
        if not line.data.get("cancels") and line.data.get("record_id") not in over
    ]
    arrivals = [
        (line, said(line.data.get("record")))
        for line in case.lines("record_accepted", "record_rejected")
        if line.kind == "record_accepted" or line.data.get("code") == "DUPLICATE_RECORD"
    ]
    for named in (changes, arrivals):
        counts = Counter(name for _, name in named)
        for name in sorted(name for name, count in counts.items() if count > 1):
            yield Finding(
                ja="同じ記録が2回以上送られています。",
                en="The same record was sent more than once.",
                expected=f"{name} once",
                received=str(counts[name]),
                evidence=tuple(line.id for line, its_name in named if its_name == name),
            )


@check("in_order", Severity.MUST, ("X-02",), SENT, ja="一人の記録の順序", standing=True)
def in_order(case: Case) -> Iterator[Finding]:
    """The records of a person are sent in the order of the changes; a notice goes before its transmission.

    The notice of a moving-out counts on its planned day; what takes another record back comes after that.
    """
    lines = first_sent(case)
    for person in sorted({line.subject for line in lines}):
        own = [line for line in lines if line.subject == person]
        days = [_effective(line) for line in own if not line.data.get("cancels")]
        numbers = [str(line.data.get("record_id")) for line in own]
        late = [
            place
            for place, line in enumerate(own)
            if line.data.get("cancels") in numbers[place:] or _after_its_transmission(own, place)
        ]
        if days != sorted(days) or late:
            told = [f"{line.data.get('kind')} of {_effective(line)}" for line in own]
            yield Finding(
                ja="一人の記録が、異動の順と違う順で送られています。",
                en="Records of one person are sent in another order than that of the changes.",
                expected=said(sorted(days)) + ", each notice before its transmission",
                received=said(told),
                evidence=tuple(line.id for line in own),
            )


def _effective(line: Line) -> str:
    """The day on which a record's change takes effect for the agency."""
    data = line.data
    days = [str(data.get(key)) for key in ("filed_date", "issued_date") if data.get(key)]
    if data.get("reason") == "moving_out":
        days.append(str(data.get("event_date")))
    return max(days, default="")


def _after_its_transmission(own: list[Line], place: int) -> bool:
    """Whether this is a notice that comes right after the transmission of the same filing."""
    line = own[place]
    before = own[place - 1] if place else None
    if before is None or line.data.get("kind") != NOTICE or before.data.get("kind") != TRANSMISSION:
        return False
    made = line.data.get("action") != "removed"
    same = ("event_date", "filed_date", "cancels")
    return made and all(line.data.get(key) == before.data.get(key) for key in same)


@check(
    "nothing_lost",
    Severity.MUST,
    ("S3-003",),
    ("filing_decided", "batch_sent", "record_sent"),
    ja="失われる記録がない",
    standing=True,
)
def nothing_lost(case: Case) -> Iterator[Finding]:
    """What was filed has been sent once the exchange of the day after is over.

    A filing accepted under an article of a residence notification owes a transmission of that article.
    """
    for line in case.lines("filing_decided", decision="accepted"):
        article = line.data.get("article")
        later = [batch for batch in case.lines("batch_sent") if batch.at > line.at]
        sent_lines = case.lines("record_sent", kind=TRANSMISSION, person_ref=line.subject, article=article)
        if article is not None and later and not sent_lines:
            yield Finding(
                ja="届出の記録が、情報連携の後も送られていません。",
                en="What was filed has not been sent although an exchange took place since.",
                expected=f"a transmission under {article}",
                received="none",
                evidence=(line.id, *(batch.id for batch in later)),
            )


@check(
    "acknowledged",
    Severity.SHOULD,
    ("S2-013",),
    ("batch_delivered", "batch_sent", "record_sent"),
    ja="受け取ったファイルへの応答",
    standing=True,
)
def acknowledged(case: Case) -> Iterator[Finding]:
    """Every file that came down is answered with the exchange after it."""
    answered = {line.data.get("answers") for line in case.lines("record_sent", kind=RESULT)}
    for line in case.lines("batch_delivered"):
        batch = line.data.get("batch")
        later = [one for one in case.lines("batch_sent") if day_of(one) > day_of(line)]
        if batch and later and batch not in answered:
            yield Finding(
                ja="入管庁から届いたファイルに応答していません。",
                en="A file that came from the agency was never answered.",
                expected=f"a result for {batch}",
                received="none",
                evidence=(line.id, later[0].id),
            )


def _days(case: Case, first: str, last: str) -> list[str]:
    return sorted({day_of(line) for line in case.lines("batch_sent") if first <= day_of(line) <= last})


@check(
    "daily_exchange",
    Severity.SHOULD,
    ("S1-012", "S1-022", "S2-007"),
    ("batch_sent",),
    ja="1日1回以上の自動の情報連携",
)
def daily_exchange(case: Case, days: list[str]) -> Iterator[Finding]:
    """On each of these days something is sent by itself, be it an empty file."""
    received = _days(case, days[0], days[-1])
    if received != days:
        yield Finding(
            ja="情報連携が行われていない日があります。",
            en="There is a day without an exchange.",
            expected=said(days),
            received=said(received),
            evidence=tuple(line.id for line in case.lines("batch_sent")),
        )


@check("exchange_times", Severity.SHOULD, ("S1-022", "S2-007"), SENT, ja="1日に何回かの情報連携")
def exchange_times(case: Case, person: str, times: list[str]) -> Iterator[Finding]:
    """Who exchanges several times a day sends a record with the next exchange.

    `times`: day and hour of each record of the person, such as `2026-06-03 12`.
    """
    lines = first_sent(case, person)
    received = [japan_datetime(line.at).strftime("%Y-%m-%d %H") for line in lines]
    if received != times:
        yield Finding(
            ja="次の情報連携で送られていない記録があります。",
            en="A record was not sent with the next exchange.",
            expected=said(times),
            received=said(received),
            evidence=tuple(line.id for line in lines),
        )
