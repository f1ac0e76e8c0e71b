"""What becomes of what goes up: each file and each record is answered, with the right code, exactly once.

Source: renkei-open/1 (results, codes, sequence and re-sending); seed 003, lines 101 to 147 and 179; 住民記録
システム標準仕様書 1.0版 4.5.7.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.checks.declare import check, said
from conformance.checks.ministry.found import ANSWERED, DOWN, RESULT, Answers, ids
from conformance.checks.ministry.found import outcome as in_short
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity
from sim.base.journal import Line

UP: Final = ("batch_delivered", "record_delivered")

PERSONAL: Final = ("name", "name_kanji", "address", "residence", "previous_address", "birth_date")
"""Items of a person that no reason in words may repeat."""


def _one_of(expected: str, found: list[Line], told: list[str], right: list[str]) -> Iterator[Finding]:
    """A finding unless there is one result, and it is one of the right ones."""
    if len(told) != 1 or told[0] not in right:
        yield Finding(
            ja="処理結果が、あるべき1件ではありません。",
            en="The result is not the one that it should be.",
            expected=expected,
            received=said(told),
            evidence=ids(found),
        )


def _of_record(
    case: Case, delivery: int, record: str, right: str, item: str = "", line: int = 0
) -> Iterator[Finding]:
    answers = Answers(case)
    given = answers.file(delivery)
    found = [] if given is None else answers.on_record(given, record, line)
    told = [f"{in_short(one)} {one.data.get('field', '') if item else ''}".strip() for one in found]
    wanted = f"{right} {item}".strip()
    yield from _one_of(f"{record} {wanted}", found, told, [wanted])


@check(
    "server_batch_result",
    Severity.MUST,
    ("S3-003", "S3-010", "S3-018"),
    ANSWERED,
    ja="ファイルの処理結果とその理由",
)
def server_batch_result(case: Case, delivery: int, outcome: str, codes: list[str]) -> Iterator[Finding]:
    """A file is answered once, as a whole, with the outcome and the code that the profile has for it."""
    answers = Answers(case)
    given = answers.file(delivery)
    found = [] if given is None else answers.on_file(given)
    right = [f"{outcome} {code}" for code in codes] or [outcome]
    yield from _one_of(" or ".join(right), found, [in_short(line) for line in found], right)


@check(
    "server_record_result",
    Severity.MUST,
    ("S3-003", "S3-004", "S3-005", "S3-010", "S3-011", "S3-012", "S3-013", "X-17"),
    ANSWERED,
    ja="記録ごとの処理結果（コード、項目）",
)
def server_record_result(
    case: Case, delivery: int, record: str, outcome: str, code: str = "", item: str = "", line: int = 0
) -> Iterator[Finding]:
    """A record is answered once, by its number or line, with outcome, code and the item at fault."""
    yield from _of_record(case, delivery, record, f"{outcome} {code}".strip(), item, line)


@check(
    "server_first_day",
    Severity.MUST,
    ("S3-006",),
    ANSWERED,
    ja="2012年7月9日より前の日付の記録を受理しない",
)
def server_first_day(case: Case, delivery: int, record: str) -> Iterator[Finding]:
    """A record with an event before 2012-07-09 is rejected for that."""
    yield from _of_record(case, delivery, record, "rejected DATE_BEFORE_SYSTEM", "event_date")


@check(
    "server_doubled",
    Severity.MUST,
    ("S3-003", "X-05"),
    ANSWERED,
    ja="使われた記録番号の記録は二重に受理されない",
)
def server_doubled(case: Case, delivery: int, record: str) -> Iterator[Finding]:
    """A record under a number that was used before is rejected for that, in a file that is taken in."""
    yield from _of_record(case, delivery, record, "rejected DUPLICATE_RECORD")


@check(
    "server_reason_told",
    Severity.MUST,
    ("S3-003",),
    DOWN,
    ja="拒否には理由の文がある",
    standing=True,
)
def server_reason_told(case: Case) -> Iterator[Finding]:
    """Whatever is rejected is told a reason in words."""
    for line in case.lines("record_sent", kind=RESULT, outcome="rejected"):
        if not line.data.get("reason"):
            yield Finding(
                ja="拒否に理由の文がありません。",
                en="A rejection says no reason in words.",
                expected=f"a reason with {said(line.data.get('code'))}",
                received="none",
                evidence=(line.id,),
            )


@check(
    "server_reason_clean",
    Severity.MUST,
    ("S3-027",),
    (*UP, *DOWN),
    ja="拒否の理由に個人の情報を書かない",
    standing=True,
)
def server_reason_clean(case: Case) -> Iterator[Finding]:
    """No reason in words repeats what a record says of a person."""
    reasons = [line for line in case.lines("record_sent", kind=RESULT) if line.data.get("reason")]
    sent = case.lines("record_delivered") if reasons else []
    private = {str(line.data[item]) for line in sent for item in PERSONAL if line.data.get(item)}
    for line in reasons:
        told = sorted(text for text in private if text in str(line.data["reason"]))
        if told:
            yield Finding(
                ja="拒否の理由に、記録の個人の情報が書かれています。",
                en="A reason repeats personal items of a record.",
                expected="a reason without items of the person",
                received=said(line.data["reason"]),
                evidence=(line.id,),
            )


@check(
    "server_all_answered",
    Severity.MUST,
    ("S3-003", "S1-007"),
    ANSWERED,
    ja="受理したファイルの記録すべてに、1回ずつ処理結果がある",
    standing=True,
)
def server_all_answered(case: Case) -> Iterator[Finding]:
    """Each record of a file that was taken in has one result, and a record of any other has none."""
    answers = Answers(case)
    for given in answers.files:
        taken = any(line.data.get("outcome") == "accepted" for line in answers.on_file(given))
        for line in answers.records.get(given.data.get("delivery"), ()):
            if line.data.get("kind") == RESULT or line.data.get("spoilt"):
                continue
            count = len(answers.on_record(given, line.data.get("record_id")))
            if count != int(taken):
                yield Finding(
                    ja="受理されたファイルの記録の処理結果が1件でないか、拒否されたファイルの記録に処理結果があります。",
                    en="A record of a file that was taken in has not one result, or of another file has any.",
                    expected=f"{said(line.data.get('record_id'))}: {int(taken)}",
                    received=str(count),
                    evidence=(line.id,),
                )


@check(
    "server_files_answered",
    Severity.MUST,
    ("S3-003", "X-05"),
    ANSWERED,
    ja="届いたファイルすべてに処理結果がある",
    standing=True,
)
def server_files_answered(case: Case) -> Iterator[Finding]:
    """Each file that came over a listed line is answered as a whole."""
    answers = Answers(case)
    for line in answers.files:
        if not line.data.get("refused") and not answers.on_file(line):
            yield Finding(
                ja="届いたファイルに処理結果がありません。",
                en="A file was not answered.",
                expected=f"a result on {said(line.data.get('stem'))}",
                received="none",
                evidence=(line.id,),
            )


@check(
    "server_resend_once",
    Severity.MUST,
    ("X-05", "S3-003"),
    ("batch_delivered", *DOWN),
    ja="同じファイルが2回届いても効果は一度だけ",
)
def server_resend_once(case: Case, municipality: str) -> Iterator[Finding]:
    """What comes down for a file that came once more answers none of its records a second time."""
    again = case.lines("batch_delivered", municipality=municipality, again=True)
    late = [
        line
        for line in case.lines("record_sent", kind=RESULT, municipality=municipality)
        if again and line.n > again[0].n and line.data.get("again") is False
    ]
    if not again or late:
        yield Finding(
            ja="2回目に届いた同じファイルに、もう一度処理結果が出ています。",
            en="The same file, come a second time, was answered a second time.",
            expected="no further result",
            received=said([line.data.get("answers") for line in late]),
            evidence=ids((*again, *late)),
        )


@check(
    "server_order_kept",
    Severity.MUST,
    ("X-02", "S1-007"),
    ("record_delivered", *DOWN),
    ja="処理結果は、記録の順に返る",
    standing=True,
)
def server_order_kept(case: Case) -> Iterator[Finding]:
    """The results on the records of a file come in the order of the records."""
    place = {line.data.get("record_id"): line.n for line in case.lines("record_delivered")}
    files: dict[tuple[object, object], list[int]] = {}
    for line in case.lines("record_sent", kind=RESULT, scope="record"):
        if line.data.get("answers") in place:
            where = files.setdefault((line.data.get("municipality"), line.data.get("batch")), [])
            where.append(place[line.data.get("answers")])
    for (municipality, batch), order in files.items():
        if order != sorted(order):
            yield Finding(
                ja="処理結果が、記録の順に返っていません。",
                en="Results do not come in the order of the records.",
                expected=f"{said(municipality)} {said(batch)}: in order",
                received="another order",
            )


@check(
    "server_stranger",
    Severity.MUST,
    ("S3-009", "S3-026", "S3-029"),
    ("batch_delivered", "batch_sent"),
    ja="登録されていない相手とは通信しない",
)
def server_stranger(case: Case, municipality: str) -> Iterator[Finding]:
    """A file over a line that is not listed is turned away, and nothing ever goes down that line."""
    given = case.lines("batch_delivered", municipality=municipality)
    come = case.lines("batch_sent", municipality=municipality)
    if come or not given or not all(line.data.get("refused") for line in given):
        yield Finding(
            ja="登録されていない相手のファイルを受け取ったか、何かを送りました。",
            en="A file of a peer that is not listed was taken, or something was sent there.",
            expected="turned away, nothing sent",
            received=f"{len(given)} given, {len(come)} came back",
            evidence=ids((*given, *come)),
        )
