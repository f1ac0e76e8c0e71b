"""What becomes of what was sent and of what came: results, sending again, files that must not be taken in.

Source: 住民記録システム標準仕様書 1.0版 4.5.7 (results of processing, sending again).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.checks.declare import check, differing, said
from conformance.checks.municipal.sending import RESULT
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity

FORBIDDEN: Final = "forbidden."


@check(
    "result_shown",
    Severity.MUST,
    ("X-04",),
    ("results_answered", "result_seen"),
    ja="処理結果とエラー内容の照会",
)
def result_shown(
    case: Case, look: int, person: str, kind: str, outcome: str, code: str = "", field: str = ""
) -> Iterator[Finding]:
    """The operator sees what became of the person's last record of the kind, with its error."""
    case.lines("results_answered")
    lines = [line for line in case.lines("result_seen", look=look, kind=kind) if line.subject == person]
    if not lines:
        yield Finding(
            ja="処理結果が照会できません。",
            en="The operator sees nothing of this record.",
            expected=outcome,
            received="none",
        )
        return
    for key, value in (("outcome", outcome), ("code", code), ("field", field)):
        yield from differing(
            lines[-1],
            key,
            value,
            "照会した処理結果が違います。",
            "The operator sees another result.",
        )


@check(
    "results_whole",
    Severity.MUST,
    ("X-04",),
    ("record_sent", "record_delivered", "result_seen", "results_answered"),
    ja="送った記録すべての処理結果",
    standing=True,
)
def results_whole(case: Case) -> Iterator[Finding]:
    """At each look, all records sent so far are there, with the results that have come down for them."""
    for asked in case.lines("results_answered"):
        told = asked.data.get("results", [])
        seen = {str(one.get("record")): str(one.get("outcome")) for one in told}
        sent = [line for line in case.lines("record_sent") if line.n < asked.n]
        came = {
            str(line.data.get("answers")): str(line.data.get("outcome"))
            for line in case.lines("record_delivered", kind=RESULT)
            if line.n < asked.n and line.data.get("scope") == "record"
        }
        for line in sent:
            record = str(line.data.get("record_id"))
            if line.data.get("kind") == RESULT:
                continue
            wanted = came.get(record, "pending")
            if seen.get(record) != wanted:
                yield Finding(
                    ja="送った記録の処理結果が、照会と違うか、抜けています。",
                    en="The result of a record that was sent is missing, or shown otherwise than it came.",
                    expected=f"{record} {wanted}",
                    received=said(seen.get(record)),
                    evidence=(line.id, asked.id),
                )


@check(
    "corrected_sent",
    Severity.MUST,
    ("X-04", "S3-003"),
    ("record_sent", "record_accepted", "record_rejected"),
    ja="拒否された記録を直して送り直す",
)
def corrected_sent(case: Case, person: str, kind: str, item: str, value: str) -> Iterator[Finding]:
    """What was rejected is corrected and sent under a new number, and accepted."""
    sent = case.lines("record_sent", kind=kind, person_ref=person)
    numbers = {line.data.get("record_id") for line in sent}
    rejected = {line.data.get("record") for line in case.lines("record_rejected")} & numbers
    taken = {line.data.get("record") for line in case.lines("record_accepted")} & numbers
    good = [
        line
        for line in sent
        if line.data.get(item) == value
        and line.data.get("record_id") in taken
        and line.data.get("record_id") not in rejected
    ]
    if not rejected or len(good) != 1:
        yield Finding(
            ja="拒否された記録が、直した内容で新しい番号により1回だけ送り直されていません。",
            en="What was rejected was not sent once more, corrected, under a number of its own.",
            expected=f"{item} {value} in one accepted record, after a rejected one",
            received=f"{len(rejected)} rejected, {len(good)} corrected",
            evidence=tuple(line.id for line in sent),
        )


@check(
    "resent_same",
    Severity.MUST,
    ("X-05",),
    ("resend_asked", "batch_sent", "record_sent", "record_accepted", "record_rejected"),
    ja="再送信は二重の効果を持たない",
    standing=True,
)
def resent_same(case: Case) -> Iterator[Finding]:
    """Sending again sends the same file once more, and has no second effect."""
    for asked in case.lines("resend_asked"):
        name = asked.data.get("batch")
        files = [line for line in case.lines("batch_sent") if str(line.data.get("stem")) == name]
        digests = {line.data.get("digest") for line in files}
        after = [line for line in files if line.n > asked.n]
        if len(digests) != 1 or not after:
            yield Finding(
                ja="再送信で、同じ内容のファイルが送られていません。",
                en="Sending again did not send the same file once more, unchanged.",
                expected=f"{name} unchanged",
                received=f"{len(after)} times, {len(digests)} contents",
                evidence=(asked.id, *(line.id for line in files)),
            )
        doubled = [
            line for line in case.lines("record_rejected", code="DUPLICATE_RECORD") if line.n > asked.n
        ]
        if doubled:
            yield Finding(
                ja="再送信した記録が、二重の記録として拒否されました。",
                en="Records that were sent again arrived as doubles.",
                expected="no double",
                received=said([line.data.get("record") for line in doubled]),
                evidence=(asked.id, *(line.id for line in doubled)),
            )


# --- files that must not be taken in ----------------------------------------------------------------------
@check(
    "spoilt_refused",
    Severity.MUST,
    ("S3-003",),
    ("batch_delivered",),
    ja="正しくないファイルを取り込まない",
)
def spoilt_refused(case: Case, trouble: str, codes: list[str]) -> Iterator[Finding]:
    """A file that is damaged, for somebody else, or numbered twice is refused with the reason."""
    lines = case.lines("batch_delivered", spoilt=trouble)
    for line in lines:
        if line.data.get("refused") not in codes:
            yield Finding(
                ja="正しくないファイルが、理由を示して拒否されていません。",
                en="A file that is not good was not refused for its reason.",
                expected=" or ".join(codes),
                received=said(line.data.get("refused") or "taken in"),
                evidence=(line.id,),
            )
    if not lines:
        yield Finding(
            ja="正しくないファイルが届いていません。",
            en="No such file came.",
            expected=trouble,
            received="none",
        )


@check("version_refused", Severity.SHOULD, ("S1-024",), ("batch_delivered",), ja="知らない版を明確に拒否する")
def version_refused(case: Case) -> Iterator[Finding]:
    """A file of a version that the system does not know is refused as such."""
    for line in case.lines("batch_delivered", spoilt="other_version"):
        yield from differing(
            line,
            "refused",
            "UNKNOWN_PROFILE",
            "知らない版のファイルが、版の違いとして拒否されていません。",
            "A file of an unknown version was not refused as such.",
        )


@check("xml_taken", Severity.SHOULD, ("S1-020",), ("batch_delivered",), ja="XML形式のファイルも取り込む")
def xml_taken(case: Case) -> Iterator[Finding]:
    """A file in XML is taken in as one in CSV is."""
    for line in case.lines("batch_delivered", spoilt="as_xml"):
        yield from differing(
            line,
            "refused",
            "",
            "XML形式のファイルが取り込まれていません。",
            "A file in XML was not taken in.",
        )


@check(
    "recovered",
    Severity.MUST,
    ("S3-003",),
    ("batch_delivered", "record_delivered", "record_sent"),
    ja="拒否又は紛失の後、通知が失われない",
)
def recovered(case: Case, person: str, outcome: str = "accepted") -> Iterator[Finding]:
    """Each agency notice about the person is answered once, whatever became of the files that bore it."""
    notices = [
        line for line in case.lines("record_delivered", kind="agency_notice") if line.subject == person
    ]
    for record in sorted({str(line.data.get("record_id")) for line in notices}) or ["any notice"]:
        answers = {
            str(line.data.get("record_id")): line
            for line in case.lines("record_sent", kind=RESULT, answers=record)
        }
        received = [str(line.data.get("outcome")) for line in answers.values()]
        if received != [outcome]:
            yield Finding(
                ja="入管庁通知への応答が、1件につき1回ではありません。",
                en="An agency notice was not answered exactly once.",
                expected=f"{record} {outcome}",
                received=said(received),
                evidence=tuple(line.id for line in (*notices, *answers.values())),
            )


# --- by hand ----------------------------------------------------------------------------------------------
@check(
    "messenger_only_in_outage",
    Severity.MUST,
    ("X-16",),
    ("messenger_decided",),
    ja="媒体・書面による送付は回線の故障時に限る",
    standing=True,
)
def messenger_only_in_outage(case: Case) -> Iterator[Finding]:
    """What waits for the agency goes by medium or on paper only in a declared outage of the line."""
    for line in case.lines("messenger_decided", declared=False):
        yield from differing(
            line,
            "accepted",
            False,
            "回線が使えるのに、媒体又は書面による送付が認められています。",
            "What could go over the line, or was not declared to be unable to, went by hand.",
        )


@check(
    "messenger_taken",
    Severity.SHOULD,
    ("X-16",),
    ("messenger_decided",),
    ja="回線の故障時には媒体・書面で送付できる",
)
def messenger_taken(case: Case) -> Iterator[Finding]:
    """In a declared outage of the line what waits can go by medium or on paper."""
    for line in case.lines("messenger_decided", declared=True):
        yield from differing(
            line,
            "accepted",
            True,
            "回線の故障が認められているのに、媒体又は書面で送付できません。",
            "The line has failed and that was declared, but nothing can go by hand.",
        )


# --- what no product may have ---------------------------------------------------------------------------
@check(
    "not_offered",
    Severity.MUST,
    ("X-06",),
    ("capabilities_told",),
    ja="標準仕様書1.0版で「実装しない機能」を備えていない",
    standing=True,
)
def not_offered(case: Case) -> Iterator[Finding]:
    """The product has no feature that the standard says is not to be had."""
    for line in case.lines("capabilities_told"):
        offered = [name for name in line.data.get("capabilities", ()) if str(name).startswith(FORBIDDEN)]
        if offered:
            yield Finding(
                ja="標準仕様書1.0版が「実装しない機能」とする機能を備えています。",
                en="The product has a feature that the standard, version 1.0, says is not to be had.",
                expected="none of them",
                received=said(offered),
                evidence=(line.id,),
            )
