"""What a terminal sends: the form, the order and the numbers of its files, and what arrives of them."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.declare import check, said
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity
from sim.base.instant import Instant, japan_date, japan_time
from sim.base.journal import Line

RESULT = "result"
SPOILING = ("lost", "truncated", "altered")
"""Troubles after which a file has not arrived."""


def first_sent(case: Case) -> list[Line]:
    """The files that were sent, each where it was sent first."""
    files: dict[tuple[object, object], Line] = {}
    for line in case.lines("file_sent"):
        files.setdefault((line.data.get("stem"), line.data.get("digest")), line)
    return list(files.values())


def header_of(line: Line) -> dict[str, object]:
    """The header of a file; empty when it could not be read."""
    found = line.data.get("header")
    return found if isinstance(found, dict) else {}


def made_at(line: Line) -> Instant:
    """When the file was made, as its header says."""
    created = header_of(line).get("created_at")
    return Instant(created) if isinstance(created, int) else line.at


def number_of(line: Line) -> str:
    """The number of the record in a line."""
    items = line.data.get("items")
    return str(items.get("record_id", "")) if isinstance(items, dict) else ""


def as_decided(case: Case, person: str) -> list[Line]:
    """What the server decided on the person's records."""
    return [line for line in case.lines("record_accepted", "record_rejected") if line.subject == person]


# --- what arrives ---------------------------------------------------------------------------------------
@check(
    "terminal_arrived",
    Severity.MUST,
    ("X-02", "S3-003", "S3-010", "S3-011", "S3-012", "S3-013"),
    ("record_accepted", "record_rejected"),
    ja="届いた記録とその順序",
)
def arrived(case: Case, person: str, kinds: list[str]) -> Iterator[Finding]:
    """The server accepts just these records of the person, in this order, each once."""
    lines = [line for line in as_decided(case, person) if line.kind == "record_accepted"]
    received = [str(line.data.get("kind")) for line in lines]
    if received != kinds:
        yield Finding(
            ja="届いた記録に、欠けたもの、余計なもの又は順序の違うものがあります。",
            en="Records that the server accepted are missing, too many, or in another order.",
            expected=said(kinds),
            received=said(received),
            evidence=tuple(line.id for line in lines),
        )


@check(
    "terminal_nothing_lost",
    Severity.MUST,
    ("S3-003",),
    ("record_submitted", "record_accepted", "record_rejected", "record_fetched"),
    ja="渡された記録は1回だけ処理され、結果が戻る",
)
def nothing_lost(case: Case) -> Iterator[Finding]:
    """Every record that the register handed over is decided once, and its result comes back once."""
    decided = [str(line.data.get("record")) for line in case.lines("record_accepted", "record_rejected")]
    told = [str(line.data.get("answers")) for line in case.lines("record_fetched", kind=RESULT)]
    for line in case.lines("record_submitted"):
        if line.data.get("kind") == RESULT:
            continue
        number = number_of(line)
        counts = (decided.count(number), told.count(number))
        if counts != (1, 1):
            yield Finding(
                ja="住基側から渡された記録が、失われたか、二重になったか、結果が戻っていません。",
                en="A record was lost or doubled, or its result did not come back.",
                expected=f"{number}: decided once, its result handed over once",
                received=f"decided {counts[0]} times, result {counts[1]} times",
                evidence=(line.id,),
            )


@check(
    "terminal_cut_over",
    Severity.MUST,
    ("S3-008",),
    ("record_accepted", "record_rejected"),
    ja="相手先の変更をまたぐ記録",
)
def cut_over(case: Case, person: str, kinds: list[str]) -> Iterator[Finding]:
    """What was under way when the counterpart changed on 2019-04-01 is neither lost nor rejected."""
    lines = as_decided(case, person)
    received = [f"{line.data.get('kind')} {line.kind.removeprefix('record_')}" for line in lines]
    expected = [f"{kind} accepted" for kind in kinds]
    if received != expected:
        yield Finding(
            ja="2019年4月1日をまたいだ記録が、失われたか、拒否されています。",
            en="A record that was under way on 2019-04-01 was lost or rejected.",
            expected=said(expected),
            received=said(received),
            evidence=tuple(line.id for line in lines),
        )


@check(
    "terminal_same_items",
    Severity.MUST,
    ("S3-019",),
    ("record_sent",),
    ja="相手先の変更の前後で項目が同じ",
)
def same_items(case: Case, kind: str, before: str, after: str) -> Iterator[Finding]:
    """Records of a kind that are sent on two days have the same items."""
    names = {}
    for day in (before, after):
        lines = [line for line in case.lines("record_sent", kind=kind) if _day(line.at) == day]
        names[day] = sorted({name for line in lines for name in _items(line)})
    if names[before] != names[after] or not names[before]:
        yield Finding(
            ja="相手先が変わった後、記録の項目が変わっています。",
            en="After the counterpart had changed, the items of a record are others.",
            expected=said(names[before]),
            received=said(names[after]),
            evidence=tuple(line.id for line in case.lines("record_sent", kind=kind)),
        )


# --- the files ------------------------------------------------------------------------------------------
@check(
    "terminal_form",
    Severity.MUST,
    ("S3-018", "S1-020", "S2-012"),
    ("file_sent",),
    ja="ファイルの形式と名前",
    standing=True,
)
def form(case: Case) -> Iterator[Finding]:
    """Every file is in order, and is called as its header says."""
    for line in case.lines("file_sent"):
        findings = line.data.get("findings")
        codes = [str(one.get("code")) for one in findings] if isinstance(findings, list) else ["unread"]
        named = str(line.data.get("stem")).partition(".")[0]
        if codes or named != line.data.get("batch"):
            yield Finding(
                ja="送られたファイルが仕様どおりではありません。",
                en="A file is not as the profile wants it.",
                expected=f"no finding, and the name {line.data.get('batch') or 'of its header'}",
                received=f"{said(codes)}; named {named}",
                evidence=(line.id,),
            )


@check("terminal_business", Severity.MUST, ("S3-018",), ("record_sent",), ja="記録の業務の区分")
def business(case: Case, person: str, kind: str, code: str) -> Iterator[Finding]:
    """A record of this kind goes in the batches of this business."""
    lines = [line for line in case.lines("record_sent", kind=kind) if line.subject == person]
    received = sorted({str(line.data.get("business")) for line in lines})
    if received != [code]:
        yield Finding(
            ja="記録が、属する業務のファイルで送られていません。",
            en="A record was not sent in a batch of its business.",
            expected=code,
            received=said(received),
            evidence=tuple(line.id for line in lines),
        )


@check(
    "terminal_unchanged",
    Severity.MUST,
    ("S3-011", "S3-012", "S3-013", "S2-006"),
    ("record_submitted", "record_sent"),
    ja="渡された記録のとおりに送る",
    standing=True,
)
def unchanged(case: Case) -> Iterator[Finding]:
    """A record is sent as the register handed it over, item for item."""
    given = {number_of(line): line for line in case.lines("record_submitted")}
    for line in case.lines("record_sent"):
        source = given.get(number_of(line))
        if source is None:
            continue
        ours, theirs = _items(source), _items(line)
        for name in sorted(ours.keys() | theirs.keys()):
            if ours.get(name) != theirs.get(name):
                yield Finding(
                    ja=f"記録の項目「{name}」が、渡されたものと違います。",
                    en=f"The item `{name}` of a record is not as it was handed over.",
                    expected=said(ours.get(name)),
                    received=said(theirs.get(name)),
                    evidence=(source.id, line.id),
                )


@check(
    "terminal_sequence",
    Severity.MUST,
    ("X-02", "S2-013"),
    ("file_sent",),
    ja="一連番号に欠番も再使用もない",
    standing=True,
)
def sequence(case: Case) -> Iterator[Finding]:
    """The numbers of each business run without a gap, and a number is used again for its own batch only."""
    latest: dict[object, int] = {}
    for line in first_sent(case):
        header = header_of(line)
        number = header.get("sequence")
        if not isinstance(number, int):
            continue
        series = header.get("business")
        due = latest.get(series, 0) + 1
        again = number < due and "." in str(line.data.get("stem"))
        if number != due and not again:
            yield Finding(
                ja="一連番号が飛んでいるか、別の内容で再使用されています。",
                en="A sequence number was skipped, or used again for something else.",
                expected=f"business {series}: {due}",
                received=str(number),
                evidence=(line.id,),
            )
        latest[series] = max(latest.get(series, 0), number)


@check(
    "terminal_sent_once",
    Severity.MUST,
    ("X-05", "S3-003"),
    ("record_sent", "sequences_asked"),
    ja="同じ記録を別の番号で送らない",
    standing=True,
)
def sent_once(case: Case) -> Iterator[Finding]:
    """No record goes in batches of two numbers, unless another machine has taken the terminal's place."""
    replaced = case.lines("sequences_asked")
    batches: dict[str, dict[str, str]] = {}
    for line in case.lines("record_sent"):
        batches.setdefault(number_of(line), {}).setdefault(str(line.data.get("batch")), line.id)
    for number, found in batches.items():
        if len(found) > 1 and not replaced:
            yield Finding(
                ja="同じ記録が、別の番号のファイルでもう一度送られています。",
                en="A record was sent again in a batch of another number.",
                expected=f"{number} in one batch",
                received=said(list(found)),
                evidence=tuple(found.values()),
            )


@check(
    "terminal_resent",
    Severity.MUST,
    ("X-05", "S2-013"),
    ("trouble", "file_sent"),
    ja="届かなかったファイルは同じ内容で送り直す",
)
def resent(case: Case) -> Iterator[Finding]:
    """A file that did not arrive, or not whole, goes again under its name, byte for byte."""
    for trouble in case.lines("trouble", direction="up"):
        if trouble.data.get("trouble") not in SPOILING:
            continue
        lines = case.lines("file_sent", file=trouble.data.get("file"))
        digests = {str(line.data.get("digest")) for line in lines}
        if len(lines) < 2 or len(digests) != 1:
            yield Finding(
                ja="届かなかったファイルが、同じ内容で送り直されていません。",
                en="A file that did not arrive was not sent again as it was.",
                expected=f"{trouble.data.get('file')} at least twice, the same bytes",
                received=f"{len(lines)} times, {len(digests)} contents",
                evidence=(trouble.id, *(line.id for line in lines)),
            )


# --- when -----------------------------------------------------------------------------------------------
@check(
    "terminal_daily",
    Severity.SHOULD,
    ("S2-007", "S1-010", "S1-012", "S1-022"),
    ("file_sent",),
    ja="記録のない日も情報連携をする",
)
def daily(case: Case, days: list[str]) -> Iterator[Finding]:
    """On each of these days there is an exchange, if only an empty one."""
    lines = first_sent(case)
    for day in days:
        if not any(_day(made_at(line)) == day for line in lines):
            yield Finding(
                ja="情報連携の行われない日があります。",
                en="There is a day without an exchange.",
                expected=f"a file of {day}",
                received="none",
                evidence=tuple(line.id for line in lines),
            )


@check("terminal_times", Severity.SHOULD, ("S2-007", "S2-009"), ("file_sent",), ja="情報連携の時刻")
def times(case: Case, day: str, times: list[str]) -> Iterator[Finding]:
    """On the day files are made at these times of day, and at no others."""
    lines = [line for line in first_sent(case) if _day(made_at(line)) == day]
    received = sorted({japan_time(made_at(line)).isoformat("minutes") for line in lines})
    if received != times:
        yield Finding(
            ja="情報連携の時刻が、決められたものと違います。",
            en="The times of the exchange are others than those that were set.",
            expected=said(times),
            received=said(received),
            evidence=tuple(line.id for line in lines),
        )


@check(
    "terminal_next_exchange",
    Severity.SHOULD,
    ("S2-007", "S1-010"),
    ("record_sent",),
    ja="渡された記録は次の情報連携で送る",
)
def next_exchange(case: Case, person: str, day: str, kind: str) -> Iterator[Finding]:
    """The person's record of this kind goes with the exchange of the day, and not with a later one."""
    lines = [line for line in case.lines("record_sent", kind=kind) if line.subject == person]
    received = _day(lines[0].at) if lines else None
    if received != day:
        yield Finding(
            ja="渡された記録が、次の情報連携で送られていません。",
            en="A record did not go with the next exchange.",
            expected=day,
            received=said(received),
            evidence=tuple(line.id for line in lines[:1]),
        )


@check(
    "terminal_versions",
    Severity.SHOULD,
    ("S1-024",),
    ("file_sent", "record_sent"),
    ja="相手の読める版で送り直す",
)
def versions(case: Case, person: str, versions: list[str]) -> Iterator[Finding]:
    """The person's record goes in these versions of the profile, one after the other."""
    causes = {line.cause for line in case.lines("record_sent") if line.subject == person}
    lines = [line for line in first_sent(case) if line.id in causes]
    received = [str(header_of(line).get("profile")) for line in lines]
    if received != versions:
        yield Finding(
            ja="記録が、相手の読める版で送り直されていません。",
            en="The record was not sent again in a version that the other side reads.",
            expected=said(versions),
            received=said(received),
            evidence=tuple(line.id for line in lines),
        )


def _items(line: Line) -> dict[str, str]:
    items = line.data.get("items")
    return items if isinstance(items, dict) else {}


def _day(at: Instant) -> str:
    return japan_date(at).isoformat()
