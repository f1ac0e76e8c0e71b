"""The centre: daily exchange, usage, faults, versions, lines on demand, outages, replaced terminals.

Source: seed 001, lines 38 to 68, and seed 002, line 85 (wishes); for media and paper 平成24年総務省・法務省令
第1号1条.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.checks.declare import check, differing, said
from conformance.checks.ministry.found import (
    ANSWERED,
    DOWN,
    NOTICE,
    Answers,
    fresh,
    ids,
    notices,
)
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity

FAULTS: Final = ("faults_answered", "fault_seen")
NO_EXCHANGE: Final = "no_exchange"


@check(
    "server_silence",
    Severity.SHOULD,
    ("S1-022", "S1-026", "S2-007"),
    FAULTS,
    ja="その日に情報連携をしなかった市区町村が見える",
)
def server_silence(case: Case, look: int, silent: list[str]) -> Iterator[Finding]:
    """Whoever did not exchange on a day on which it was due is seen, and nobody else."""
    case.lines("faults_answered")
    found = case.lines("fault_seen", look=look, fault=NO_EXCHANGE)
    received = sorted({str(line.data.get("municipality")) for line in found})
    if received != sorted(silent):
        yield Finding(
            ja="情報連携をしなかった市区町村の一覧が違います。",
            en="Those who did not exchange are told otherwise.",
            expected=said(sorted(silent)),
            received=said(received),
            evidence=ids(found),
        )


@check(
    "server_empty_day",
    Severity.SHOULD,
    ("S1-022", "S2-007"),
    ("batch_delivered", *FAULTS),
    ja="空のファイルも、その日の情報連携である",
)
def server_empty_day(case: Case, look: int, municipality: str) -> Iterator[Finding]:
    """An empty file counts as the day's exchange: who sent one is not held to be silent."""
    sent = case.lines("batch_delivered", municipality=municipality, records=0)
    case.lines("faults_answered")
    found = case.lines("fault_seen", look=look, fault=NO_EXCHANGE, municipality=municipality)
    if found or not sent:
        yield Finding(
            ja="空のファイルが、その日の情報連携とされていません。",
            en="An empty file was not taken for the day's exchange.",
            expected="an empty file, and no fault",
            received=f"{len(sent)} empty files, {len(found)} faults",
            evidence=ids((*sent, *found)),
        )


@check(
    "server_fault",
    Severity.SHOULD,
    ("S1-026",),
    FAULTS,
    ja="不具合が、時刻、場所、種類とともに中央で見える",
)
def server_fault(
    case: Case, look: int, municipality: str, place: str, fault: str, since: str
) -> Iterator[Finding]:
    """A fault is seen with its minute, place and kind while it is open (`since` empty: it is not)."""
    case.lines("faults_answered")
    found = case.lines("fault_seen", look=look, municipality=municipality, place=place, fault=fault)
    received = [str(line.data.get("since"))[:16] for line in found]
    if received != ([since[:16]] if since else []):
        yield Finding(
            ja="不具合の見え方が違います。",
            en="The fault is seen otherwise.",
            expected=f"{municipality} {place} {fault} {since or 'closed'}",
            received=said(received),
            evidence=ids(found),
        )


@check(
    "server_usage",
    Severity.SHOULD,
    ("S1-025",),
    ("usage_seen", "batch_sent", "batch_delivered"),
    ja="利用状況（件数とバイト数）",
)
def server_usage(
    case: Case, look: int, municipality: str, batches: int, records: int, refused: int
) -> Iterator[Finding]:
    """Usage tells what was taken in and refused, and as many bytes as really went down."""
    for line in case.lines("usage_seen", look=look, municipality=municipality):
        before = [one for one in case.lines("batch_sent", municipality=municipality) if one.n < line.n]
        taken = [
            one
            for one in case.lines("batch_delivered", municipality=municipality, fault="", again=False)
            if one.n < line.n
        ]
        wanted = {
            "batches_up": batches,
            "records_up": records,
            "refused": refused,
            "bytes_up": sum(int(one.data["bytes"]) for one in taken),
            "bytes_down": sum(int(one.data["bytes"]) for one in fresh(before)),
        }
        for key, value in wanted.items():
            yield from differing(
                line, key, value, f"利用状況の {key} が違います。", f"Usage: {key} is otherwise."
            )


@check(
    "server_rolled_out",
    Severity.SHOULD,
    ("S1-024",),
    ("asked_for", "version_told"),
    ja="版の更新は、その回の市区町村にだけ指示される",
)
def server_rolled_out(case: Case, version: str, municipalities: list[str]) -> Iterator[Finding]:
    """A wave of a roll-out tells those municipalities to go over, and nobody else."""
    case.lines("asked_for", op="roll_out")
    found = case.lines("version_told", version=version)
    received = sorted(str(line.data.get("municipality")) for line in found)
    if received != sorted(municipalities):
        yield Finding(
            ja="版の更新を指示された市区町村が違います。",
            en="Others were told to go over to the version.",
            expected=said(sorted(municipalities)),
            received=said(received),
            evidence=ids(found),
        )


@check(
    "server_version",
    Severity.SHOULD,
    ("S1-024",),
    DOWN,
    ja="通知は、相手の市区町村が読める版で届く",
)
def server_version(case: Case, municipality: str, person: str, version: str) -> Iterator[Finding]:
    """The notice comes to the municipality in the end in a version that it speaks."""
    files = {line.id: line.data.get("header", {}).get("profile") for line in case.lines("batch_sent")}
    found = [
        line
        for line in case.lines("record_sent", kind=NOTICE, municipality=municipality)
        if line.subject == person
    ]
    received = files.get(found[-1].cause) if found else None
    if received != version:
        yield Finding(
            ja="通知が、相手の読める版で届いていません。",
            en="The notice did not come in a version that the municipality speaks.",
            expected=version,
            received=said(received),
            evidence=ids(found),
        )


@check(
    "server_asked",
    Severity.SHOULD,
    ("S1-016", "S1-023"),
    ("asked_for",),
    ja="接続の利用者の認証と権限の確認",
)
def server_asked(case: Case, municipality: str, accepted: bool) -> Iterator[Finding]:
    """A terminal is connected with its own code and credential, and not with others."""
    for line in case.lines("asked_for", op="connect", municipality=municipality)[-1:]:
        yield from differing(
            line,
            "accepted",
            accepted,
            "接続の可否が違います。",
            "It was connected, or not, against the rule.",
        )


@check(
    "server_waits",
    Severity.SHOULD,
    ("S1-016",),
    ("asked_for", *DOWN),
    ja="接続していない間は何も送られず、次の接続で失われずに届く",
)
def server_waits(case: Case, municipality: str, person: str) -> Iterator[Finding]:
    """Nothing comes down a line on demand before it is connected; what has waited comes then, once."""
    opened = case.lines("asked_for", op="connect", municipality=municipality, accepted=True)
    early = [
        line
        for line in case.lines("batch_sent", municipality=municipality)
        if not opened or line.n < opened[0].n
    ]
    found = notices(case, person)
    if early or len(found) != 1:
        yield Finding(
            ja="接続の前に送られたか、接続の後に届いていません。",
            en="Something came before the connection, or did not come with it.",
            expected="nothing before, 1 notice after",
            received=f"{len(early)} before, {len(found)} notices",
            evidence=ids((*early, *found)),
        )


@check(
    "server_by_hand",
    Severity.MUST,
    ("X-16",),
    ("asked_for", "batch_delivered", "batch_sent"),
    ja="媒体・書面は、回線の障害のときに限る",
)
def server_by_hand(case: Case, municipality: str, outage: bool) -> Iterator[Finding]:
    """Media and paper pass in a declared outage, and at no other time, in both directions."""
    up = case.lines("batch_delivered", municipality=municipality)
    by_hand = [line for line in up if line.data.get("manner") in ("media", "paper")]
    taken = [line for line in by_hand if not line.data.get("refused")]
    asked = case.lines("asked_for", op="hand_over", municipality=municipality)
    come = [
        line
        for line in case.lines("batch_sent", municipality=municipality)
        if line.data.get("manner") != "line"
    ]
    right = len(taken) == len(by_hand) and bool(come) if outage else not taken and not come
    if not right or not (by_hand or asked):
        yield Finding(
            ja="媒体・書面の扱いが、回線の障害の有無と合いません。",
            en="Media or paper passed without a declared outage, or did not pass in one.",
            expected="taken and handed over" if outage else "turned away, nothing handed over",
            received=f"{len(taken)} of {len(by_hand)} taken, {len(come)} handed over",
            evidence=ids((*by_hand, *asked, *come)),
        )


@check(
    "server_sequences",
    Severity.SHOULD,
    ("S1-018",),
    ("sequences_told",),
    ja="交換された端末に、一連番号の続きを答える",
)
def server_sequences(case: Case, municipality: str, up: int, down: int) -> Iterator[Finding]:
    """A terminal in another's place is told the number that comes next, up and down."""
    for line in case.lines("sequences_told", municipality=municipality):
        for key, value in (("up", up), ("down", down)):
            received = line.data.get(key, {}).get("01")
            if received != value:
                yield Finding(
                    ja="一連番号の続きが違います。",
                    en="The number that comes next is told otherwise.",
                    expected=f"{key} {value}",
                    received=said(received),
                    evidence=(line.id,),
                )


@check(
    "server_former_refused",
    Severity.SHOULD,
    ("S1-018",),
    ANSWERED,
    ja="交換前の端末が作ったファイルは取り込まれない",
)
def server_former_refused(case: Case, delivery: int) -> Iterator[Finding]:
    """What the former terminal made until it was replaced is not taken in any more."""
    answers = Answers(case)
    given = answers.file(delivery)
    codes = [] if given is None else [line.data.get("code") for line in answers.on_file(given)]
    if codes != ["SEQUENCE_STALE"]:
        yield Finding(
            ja="交換前の端末のファイルが取り込まれました。",
            en="A file of the former terminal was taken in.",
            expected="SEQUENCE_STALE",
            received=said(codes),
        )


@check(
    "server_in_time",
    Severity.SHOULD,
    ("S1-006", "S1-010", "S1-021"),
    ("agency_decided", *DOWN),
    ja="随時の通知は直ちに、日次の通知はその日の情報連携で届く",
)
def server_in_time(case: Case, person: str, municipality: str, minutes: int) -> Iterator[Finding]:
    """A notice has come within so many minutes of the decision."""
    decided = [line for line in case.lines("agency_decided", accepted=True) if line.subject == person]
    found = notices(case, person, municipality=municipality)
    took = [(came.at - told.at) / 60_000_000 for told, came in zip(decided, found, strict=False)]
    if not took or len(found) < len(decided) or max(took) > minutes:
        yield Finding(
            ja="通知が、決められた方法の時までに届いていません。",
            en="The notice had not come by the time of its mode.",
            expected=f"{len(decided)} within {minutes} minutes",
            received=said([round(one) for one in took]),
            evidence=ids((*decided, *found)),
        )


@check(
    "server_reads_xml",
    Severity.SHOULD,
    ("S1-020",),
    ANSWERED,
    ja="CSVと同じようにXMLを取り込む",
)
def server_reads_xml(case: Case, delivery: int, record: str) -> Iterator[Finding]:
    """A record in a file in XML is accepted just as it is in CSV."""
    answers = Answers(case)
    given = answers.file(delivery)
    found = [] if given is None else answers.on_record(given, record)
    if [line.data.get("outcome") for line in found] != ["accepted"]:
        yield Finding(
            ja="XML形式のファイルの記録が受理されていません。",
            en="A record in XML was not accepted.",
            expected=f"{record} accepted",
            received=said([line.data.get("code") for line in found]),
            evidence=ids(found),
        )
