"""What goes down: files in good form and numbered, and notices to the right municipality, once, in order.

Source: 住民基本台帳法30条の50 (agency notice); seed 003, lines 123 to 149; seed 000, line 260 (正字).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.checks.declare import check, differing, said
from conformance.checks.ministry.found import DOWN, NOTICE, RESULT, fresh, ids, notices
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity


@check(
    "server_file_good",
    Severity.MUST,
    ("S3-014", "S3-019"),
    ("batch_sent",),
    ja="送られるファイルが規格どおりで、宛先が正しい",
    standing=True,
)
def server_file_good(case: Case) -> Iterator[Finding]:
    """Every file that comes down keeps to the profile and is for the municipality on whose line it comes."""
    for line in case.lines("batch_sent"):
        for found in line.data.get("findings", ()):
            yield Finding(
                ja=f"{line.data.get('file')} が規格に合いません: {found['ja']}",
                en=f"{line.data.get('file')} does not keep to the profile: {found['en']}",
                expected=f"line {found['line']} {found['column']}: {found['expected']}",
                received=f"{found['received']} ({found['code']})",
                evidence=(line.id,),
            )


@check(
    "server_sealed",
    Severity.MUST,
    ("S3-027",),
    ("sealed_seen",),
    ja="送られるファイルは、宛先の市区町村のほかには読めない",
)
def server_sealed(case: Case, municipality: str) -> Iterator[Finding]:
    """Files come sealed: signed by the agency, open to their recipient alone, and with nothing in clear."""
    for line in case.lines("sealed_seen", municipality=municipality):
        for key, value in (("opened", True), ("signer", "ISA"), ("readable_by", []), ("in_clear", [])):
            yield from differing(
                line, key, value, f"封筒が規格と違います（{key}）。", f"The envelope is otherwise: {key}."
            )


@check(
    "server_numbers",
    Severity.MUST,
    ("S3-003",),
    ("batch_sent",),
    ja="一連番号は、市区町村と業務ごとに1から順に付く",
    standing=True,
)
def server_numbers(case: Case) -> Iterator[Finding]:
    """Files to a municipality are numbered by business from 1, without a gap and without doubling."""
    series: dict[tuple[object, object], list[int]] = {}
    for line in fresh(case.lines("batch_sent")):
        header = line.data.get("header", {})
        known = series.setdefault((line.data.get("municipality"), header.get("business")), [])
        number = header.get("sequence", 0)
        edition = "." in str(line.data.get("stem"))
        if edition and number in known:
            continue
        if number != len(known) + 1:
            yield Finding(
                ja="一連番号が飛んでいるか、重なっています。",
                en="A number was skipped or used twice.",
                expected=f"{said(line.data.get('municipality'))} {header.get('business')}: {len(known) + 1}",
                received=said(number),
                evidence=(line.id,),
            )
        known.append(number)


@check(
    "server_businesses",
    Severity.MUST,
    ("S3-018",),
    ("batch_delivered", *DOWN),
    ja="業務の区分が守られる",
    standing=True,
)
def server_businesses(case: Case) -> Iterator[Finding]:
    """A notice goes in the register's business, and a file is answered in the business that it came in."""
    business = {line.id: line.data.get("header", {}).get("business") for line in case.lines("batch_sent")}
    asked = {line.data.get("batch"): line.data.get("business") for line in case.lines("batch_delivered")}
    for line in case.lines("record_sent"):
        wanted = "01" if line.data.get("kind") == NOTICE else None
        if line.data.get("kind") == RESULT and line.data.get("outcome") == "accepted":
            wanted = asked.get(line.data.get("answers"))
        if wanted is not None and business.get(line.cause) != wanted:
            yield Finding(
                ja="記録が、業務の違うファイルで送られています。",
                en="A record came in a file of another business.",
                expected=said(wanted),
                received=said(business.get(line.cause)),
                evidence=(line.id,),
            )


@check(
    "server_notice",
    Severity.MUST,
    ("S3-014", "S3-015", "S3-003"),
    DOWN,
    ja="通知は、住民票のある市区町村に1回だけ届く",
)
def server_notice(
    case: Case, person: str, reason: str, municipality: str, items: dict[str, str]
) -> Iterator[Finding]:
    """The decision about a person comes once, to the municipality that holds the record, with its items."""
    found = notices(case, person, reason=reason)
    where = [line.data.get("municipality") for line in found]
    if where != [municipality]:
        yield Finding(
            ja="通知が、住民票のある市区町村に1回だけ届いていません。",
            en="The notice did not come once, to the municipality that holds the record.",
            expected=municipality,
            received=said(where),
            evidence=ids(found),
        )
        return
    for item, value in items.items():
        yield from differing(
            found[0], item, value, "通知の項目が違います。", "An item of the notice is otherwise."
        )


@check(
    "server_no_notice",
    Severity.MUST,
    ("S3-014", "S1-007"),
    ("batch_sent", "record_sent"),
    ja="ほかの市区町村に通知が届かない",
)
def server_no_notice(case: Case, person: str, municipality: str) -> Iterator[Finding]:
    """No notice about the person comes to this municipality."""
    case.lines("batch_sent", municipality=municipality)
    found = notices(case, person, municipality=municipality)
    if found:
        yield Finding(
            ja="住民票のない市区町村に通知が届きました。",
            en="A notice came to a municipality that does not hold the record.",
            expected="none",
            received=said([line.data.get("reason") for line in found]),
            evidence=ids(found),
        )


@check(
    "server_notice_order",
    Severity.MUST,
    ("X-02", "S3-003"),
    DOWN,
    ja="一人についての通知は、決定の順に届く",
)
def server_notice_order(case: Case, person: str, reasons: list[str]) -> Iterator[Finding]:
    """The notices about a person come in the order of the decisions, each once."""
    found = notices(case, person)
    received = [line.data.get("reason") for line in found]
    if received != list(reasons):
        yield Finding(
            ja="通知が、決定の順に1回ずつ届いていません。",
            en="The notices did not come once each in the order of the decisions.",
            expected=said(reasons),
            received=said(received),
            evidence=ids(found),
        )


@check(
    "server_again",
    Severity.MUST,
    ("S3-003", "X-05"),
    ("batch_sent", "record_delivered"),
    ja="応答のないファイルは同じ内容で再び送られ、応答の後は送られない",
)
def server_again(case: Case, municipality: str, times: int) -> Iterator[Finding]:
    """The first file comes so often at least, always the same bytes, and no more once it was accepted."""
    files = case.lines("batch_sent", municipality=municipality)
    first = files[0].data.get("batch") if files else None
    same = [line for line in files if line.data.get("batch") == first]
    digests = {line.data.get("digest") for line in same}
    accepted = case.lines(
        "record_delivered", municipality=municipality, answers=first, scope="batch", outcome="accepted"
    )
    late = [line for line in same if accepted and line.n > accepted[0].n]
    if len(same) < times or len(digests) != 1 or late:
        yield Finding(
            ja="ファイルが、あるべき回数だけ同じ内容で送られていません。",
            en="The file did not come unchanged as often as it should.",
            expected=f"at least {times}, unchanged, none after it was accepted",
            received=f"{len(same)}, {len(digests)} contents, {len(late)} after it was accepted",
            evidence=ids(same),
        )


@check(
    "server_decided",
    Severity.MUST,
    ("S0-013", "S3-015"),
    ("record_sent", "agency_decided"),
    ja="決定のないことは通知しない",
    standing=True,
)
def server_decided(case: Case) -> Iterator[Finding]:
    """Every notice rests on a decision: nothing is revoked or changed by itself."""
    for line in case.lines("record_sent", kind=NOTICE):
        reason = line.data.get("reason")
        decided = [
            one
            for one in case.lines("agency_decided", reason=reason, accepted=True)
            if one.subject == line.subject
        ]
        if not decided:
            yield Finding(
                ja="決定のないことが通知されました。",
                en="Something was notified that nobody had decided.",
                expected=f"a decision {said(reason)}",
                received="none",
                evidence=(line.id,),
            )


REMOVING: Final = ("revoked", "status_ended", "out_of_scope", "departed", "reentry_expired")
"""Reasons after which the person is in no class of 住民基本台帳法30条の45."""


@check(
    "server_effect",
    Severity.MUST,
    ("S3-015",),
    ("record_sent",),
    ja="通知は、住民票の修正か消除につながる",
    standing=True,
)
def server_effect(case: Case) -> Iterator[Finding]:
    """A notice says whether the record is to be corrected or removed, as its reason has it."""
    for line in case.lines("record_sent", kind=NOTICE):
        wanted = "remove" if line.data.get("reason") in REMOVING else "correct"
        yield from differing(
            line,
            "effect",
            wanted,
            "通知の処理の区分が事由と合いません。",
            "What becomes of the record does not fit the reason.",
        )


@check(
    "server_refuses_decision",
    Severity.MUST,
    ("S0-065", "S3-006"),
    ("agency_decided", "record_sent"),
    ja="通知できない決定は、出すところで断られる",
)
def server_refuses_decision(case: Case, person: str, code: str) -> Iterator[Finding]:
    """A decision that no notice may tell is refused at the source, for this reason, and nothing goes down."""
    told = [line for line in case.lines("agency_decided") if line.subject == person]
    went = notices(case, person)
    if went or not told or told[-1].data.get("accepted") is not False or told[-1].data.get("code") != code:
        yield Finding(
            ja="通知できない決定が断られていません。",
            en="A decision that no notice may tell was not refused at the source.",
            expected=f"refused, {code}",
            received=f"{said([line.data.get('code') for line in told])}; {len(went)} went down",
            evidence=ids((*told, *went)),
        )


@check(
    "server_standard_kanji",
    Severity.SHOULD,
    ("S0-065", "S1-019"),
    DOWN,
    ja="漢字の氏名は正字で届く",
)
def server_standard_kanji(case: Case, person: str, name: str) -> Iterator[Finding]:
    """The name in kanji comes down in standard characters, and those come unchanged."""
    found = notices(case, person)
    received = [line.data.get("name_kanji") for line in found]
    if received != [name]:
        yield Finding(
            ja="漢字の氏名が、正字で届いていません。",
            en="The name in kanji does not come in standard characters.",
            expected=name,
            received=said(received),
            evidence=ids(found),
        )


@check(
    "server_in_whose_name",
    Severity.MUST,
    ("S3-007",),
    ("agency_decided",),
    ja="相手方と通知の名称（2019年4月1日を境に変わる）",
)
def server_in_whose_name(case: Case, person: str, called: str, by: str) -> Iterator[Finding]:
    """The person's last notice bears the name of its day, in the name of the counterpart of that day."""
    told = [line for line in case.lines("agency_decided") if line.subject == person]
    if not told:
        yield Finding(
            ja="決定についての答えがありません。",
            en="Nothing was answered about a decision.",
            expected=f"{by} {called}",
            received="none",
        )
        return
    for key, value in (("called", called), ("by", by)):
        yield from differing(
            told[-1], key, value, "その日の名称ではありません。", "It is not the name of that day."
        )


@check(
    "server_across_2019",
    Severity.MUST,
    ("S3-008", "S3-019"),
    ("batch_delivered", *DOWN),
    ja="2019年4月1日をまたぐファイルと通知が、失われも断られもしない",
)
def server_across_2019(case: Case, municipality: str, records: list[str], person: str) -> Iterator[Finding]:
    """What was under way over the day is accepted and comes, between the same two ends, in the same form."""
    told = {
        line.data.get("answers"): line.data.get("outcome")
        for line in case.lines("record_sent", kind=RESULT, municipality=municipality, scope="record")
    }
    lost = [record for record in records if told.get(record) != "accepted"]
    found = notices(case, person, municipality=municipality)
    ends = {
        (header.get("profile"), header.get("sender"))
        for header in (line.data.get("header", {}) for line in case.lines("batch_sent"))
    }
    if lost or len(found) != 1 or len(ends) != 1:
        yield Finding(
            ja="2019年4月1日をまたぐ記録か通知が失われたか、形式が変わりました。",
            en="Something under way over 2019-04-01 was lost or refused, or the form changed.",
            expected=f"{len(records)} accepted, 1 notice, one form",
            received=f"{len(records) - len(lost)} accepted, {len(found)} notices, {len(ends)} forms",
            evidence=ids(found),
        )
