"""What a terminal takes in, refuses, and hands to the register; media and paper on the ministry's leg."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.declare import check, differing, said
from conformance.checks.terminal.sending import made_at, number_of
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity
from sim.base.instant import Instant

NOTICE = "agency_notice"
RESULT = "result"
LINE = "line"


def refused_with(case: Case, spoilt: str, code: str, manner: str = LINE) -> Iterator[Finding]:
    """The files to which this was done were refused with this code; an empty one: taken in."""
    for line in case.lines("file_delivered", spoilt=spoilt, manner=manner):
        yield from differing(
            line,
            "refused",
            code,
            "ファイルの取扱い又はその理由が違います。",
            "The file was not treated as it must be, or for another reason.",
        )


@check(
    "terminal_refused",
    Severity.MUST,
    ("S3-014", "S3-018", "S2-013"),
    ("file_delivered",),
    ja="正しくないファイルを理由とともに取り込まない",
)
def refused(case: Case, spoilt: str, code: str) -> Iterator[Finding]:
    """A file that is not in order is refused with this code."""
    yield from refused_with(case, spoilt, code)


@check(
    "terminal_answers",
    Severity.MUST,
    ("S3-014", "S2-013"),
    ("file_delivered", "file_sent", "record_sent"),
    ja="届いたファイルごとに取込みの結果を返す",
)
def answers(case: Case) -> Iterator[Finding]:
    """Each file of the server is answered once with the next exchange: taken in, or refused with its code."""
    last = max((made_at(line) for line in case.lines("file_sent")), default=Instant(0))
    said_of: dict[str, list[tuple[str, str]]] = {}
    for line in case.lines("record_sent", kind=RESULT):
        items = line.data.get("items")
        if isinstance(items, dict) and items.get("scope") == "batch":
            told = (str(items.get("outcome")), str(items.get("code") or ""))
            said_of.setdefault(str(items.get("answers")), []).append(told)
    for line in case.lines("file_delivered", peer="ministry"):
        if line.at >= last or line.data.get("spoilt") == "again":
            continue
        stem = str(line.data.get("file")).rpartition(".")[0]
        code = str(line.data.get("refused"))
        expected = ("rejected", code) if code else ("accepted", "")
        if said_of.get(stem, []).count(expected) < 1:
            yield Finding(
                ja="届いたファイルの取込みの結果が返されていません。",
                en="A file was not answered.",
                expected=f"{stem}: {said(expected)}",
                received=said([said(one) for one in said_of.get(stem, [])]),
                evidence=(line.id,),
            )


@check(
    "terminal_record_refused",
    Severity.MUST,
    ("S3-014", "S2-013"),
    ("record_spoilt", "record_delivered", "record_sent"),
    ja="正しくない記録だけを拒否する",
)
def record_refused(case: Case, code: str) -> Iterator[Finding]:
    """A record that is not in order is answered with this code, and the others of its file are not."""
    spoilt = [(line, str(line.data.get("record")), code) for line in case.lines("record_spoilt")]
    good = [(line, number_of(line), "") for line in case.lines("record_delivered", kind=NOTICE)]
    for line, number, expected in (*spoilt, *good):
        codes = [
            str(items.get("code") or "")
            for sent in case.lines("record_sent", kind=RESULT)
            if isinstance(items := sent.data.get("items"), dict)
            and items.get("scope") == "record"
            and items.get("answers") == number
        ]
        if codes != [expected]:
            yield Finding(
                ja="記録ごとの取込みの結果が違います。",
                en="A record was answered otherwise than it must be.",
                expected=f"{number}: {expected or 'no code'}",
                received=said(codes),
                evidence=(line.id,),
            )


@check(
    "terminal_fetched",
    Severity.MUST,
    ("S3-014", "S3-003", "S1-021"),
    ("record_fetched",),
    ja="届いた通知を住基側へ渡す",
)
def fetched(case: Case, person: str, reasons: list[str]) -> Iterator[Finding]:
    """Just these notices about the person are handed to the register, in this order, each once."""
    lines = [line for line in case.lines("record_fetched", kind=NOTICE) if line.subject == person]
    received = [str(line.data.get("reason")) for line in lines]
    if received != reasons:
        yield Finding(
            ja="住基側へ渡された通知に、欠けたもの、余計なもの又は順序の違うものがあります。",
            en="Notices handed to the register are missing, too many, or in another order.",
            expected=said(reasons),
            received=said(received),
            evidence=tuple(line.id for line in lines),
        )


@check(
    "terminal_fetched_once",
    Severity.MUST,
    ("X-05", "S3-003"),
    ("record_fetched", "sequences_asked"),
    ja="届いた記録を二度渡さない",
    standing=True,
)
def fetched_once(case: Case) -> Iterator[Finding]:
    """Nothing is handed to the register twice, unless another machine has taken the terminal's place."""
    if case.lines("sequences_asked"):
        return
    seen: dict[object, str] = {}
    for line in case.lines("record_fetched"):
        number = line.data.get("record_id")
        first = seen.setdefault((number, line.data.get("answers")), line.id)
        if first != line.id:
            yield Finding(
                ja="同じ記録が住基側へ2回渡されています。",
                en="A record was handed to the register twice.",
                expected=f"{said(number)} once",
                received="twice",
                evidence=(first, line.id),
            )


@check(
    "terminal_handed_unchanged",
    Severity.MUST,
    ("S3-014", "S2-006"),
    ("record_delivered", "record_fetched"),
    ja="届いた記録のとおりに住基側へ渡す",
    standing=True,
)
def handed_unchanged(case: Case) -> Iterator[Finding]:
    """A notice, or the result of a record, is handed over as it came down, item for item."""
    came = {number_of(line): line for line in case.lines("record_delivered")}
    for line in case.lines("record_fetched"):
        source = came.get(str(line.data.get("record_id")))
        items = source.data.get("items") if source is not None else None
        if source is None or not isinstance(items, dict) or items.get("scope") == "batch":
            continue  # what is rejected with its batch is told record by record
        given = {name: value for name, value in line.data.items() if name not in ("kind", "batch")}
        for name in sorted(items.keys() | given.keys()):
            if items.get(name) != given.get(name):
                yield Finding(
                    ja=f"記録の項目「{name}」が、届いたものと違います。",
                    en=f"The item `{name}` of a record is not as it came down.",
                    expected=said(items.get(name)),
                    received=said(given.get(name)),
                    evidence=(source.id, line.id),
                )


# --- results --------------------------------------------------------------------------------------------
@check(
    "terminal_result",
    Severity.MUST,
    ("X-04",),
    ("record_submitted", "record_fetched"),
    ja="処理結果を住基側へ渡す",
)
def result(
    case: Case, person: str, kind: str, outcome: str, code: str = "", field: str = ""
) -> Iterator[Finding]:
    """The register is handed what became of its record, with the code and the item of an error."""
    numbers = [
        number_of(line) for line in case.lines("record_submitted", kind=kind) if line.subject == person
    ]
    lines = [
        line for line in case.lines("record_fetched", kind=RESULT) if line.data.get("answers") in numbers
    ]
    received = [
        tuple(str(line.data.get(name) or "") for name in ("outcome", "code", "field")) for line in lines
    ]
    if received != [(outcome, code, field)] * max(len(numbers), 1):
        yield Finding(
            ja="処理結果が住基側へ渡されていないか、内容が違います。",
            en="The result was not handed to the register, or it is another.",
            expected=said((outcome, code, field)),
            received=said([said(one) for one in received]),
            evidence=tuple(line.id for line in lines),
        )


@check(
    "terminal_result_shown",
    Severity.MUST,
    ("X-04",),
    ("record_submitted", "result_seen"),
    ja="処理結果を照会できる",
)
def result_shown(
    case: Case, look: int, person: str, kind: str, outcome: str, code: str = ""
) -> Iterator[Finding]:
    """An operator sees what became of the person's record."""
    numbers = [
        number_of(line) for line in case.lines("record_submitted", kind=kind) if line.subject == person
    ]
    lines = [line for line in case.lines("result_seen", look=look) if line.data.get("record") in numbers]
    received = [(str(line.data.get("outcome")), str(line.data.get("code") or "")) for line in lines]
    if received != [(outcome, code)] * max(len(numbers), 1):
        yield Finding(
            ja="職員の照会した処理結果が違います。",
            en="The result that an operator sees is another, or there is none.",
            expected=said((outcome, code)),
            received=said([said(one) for one in received]),
            evidence=tuple(line.id for line in lines),
        )


# --- media and paper ------------------------------------------------------------------------------------
@check(
    "terminal_by_hand",
    Severity.MUST,
    ("X-16",),
    ("console_done",),
    ja="媒体・書面による提出の可否",
)
def by_hand(case: Case, act: int, accepted: bool, reason: str = "") -> Iterator[Finding]:
    """Files are given to a messenger in a declared outage, and refused otherwise."""
    for line in case.lines("console_done", act=act, op="hand_over"):
        ja, en = "媒体・書面の取扱いが違います。", "Media or paper are not treated as they must be."
        yield from differing(line, "accepted", accepted, ja, en)
        yield from differing(line, "reason", reason, ja, en)


@check(
    "terminal_only_in_outage",
    Severity.MUST,
    ("X-16",),
    ("outage_asked", "file_sent", "file_delivered"),
    ja="媒体・書面は宣言された障害の間だけ",
    standing=True,
)
def only_in_outage(case: Case) -> Iterator[Finding]:
    """Nothing passes on media or paper while no outage is declared."""
    declared = False
    for line in case.lines("outage_asked", "file_sent", "file_delivered"):
        if line.kind == "outage_asked":
            declared = line.data.get("declared") is True
        elif line.data.get("manner") != LINE and not declared and not line.data.get("refused"):
            yield Finding(
                ja="障害が宣言されていないのに、媒体又は書面で送受信しています。",
                en="Something passed on media or paper though no outage was declared.",
                expected="the line, or a declared outage",
                received=said(line.data.get("manner")),
                evidence=(line.id,),
            )


@check(
    "terminal_medium",
    Severity.MUST,
    ("X-16", "S2-015"),
    ("file_delivered",),
    ja="媒体のファイルの取込み",
)
def medium(case: Case, spoilt: str, code: str) -> Iterator[Finding]:
    """A file on a medium is taken in, or refused, by the same rules as one over the line."""
    yield from refused_with(case, spoilt, code, "media")
