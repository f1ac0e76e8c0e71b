"""How the counter works: identity, authenticity, decision, endorsement, all at one office.

Source: seed 000, lines 104 to 113, 152 and 209 to 220: what a filing sets off is done at the office that took
it, in one session, and a doubtful card ends it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from conformance.checks.declare import check, differing, said
from conformance.checks.municipal.filings import decided
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity
from sim.base.instant import japan_date
from sim.base.journal import Line

ENDORSED: Final = (
    "moving_in",
    "moving_within",
    "entry_from_abroad",
    "became_resident_status",
    "residence_notification",
)
"""Filings after which a card that was handed in bears the new place of residence; moving out is none."""

CARDLESS: Final = ("temporary_refuge", "provisional_stay", "transitional_stay", "japanese_national")
"""Classes without a card that bears a place of residence."""

STEPS: Final = ("identity", "authenticity", "decision", "endorsement")


@check(
    "counter_order",
    Severity.MUST,
    ("S0-032", "S0-053", "S0-054", "S0-055"),
    ("file_asked", "filing_decided", "step_done"),
    ja="本人確認、偽変造確認、受理、裏書きの順序",
    standing=True,
)
def counter_order(case: Case, visit: str | None = None) -> Iterator[Finding]:
    """Identity, authenticity, decision and endorsement come in this order, each once."""
    for taken in case.lines("filing_decided", visit=visit, decision="accepted"):
        lines = [line for line in case.lines("step_done", visit=taken.case) if line.subject == taken.subject]
        done = [str(line.data.get("step")) for line in lines]
        with_card = _filing(case, taken).get("card") == "presented" and _has_card(case, taken)
        owed = {"identity", "decision", *(["authenticity"] if with_card else [])}
        wanted = [step for step in STEPS if step in done or step in owed]
        if done != wanted:
            yield Finding(
                ja="窓口での手順が抜けているか、順序が違います。",
                en="A step at the counter is missing, doubled or out of order.",
                expected=said(wanted),
                received=said(done),
                evidence=(taken.id, *(line.id for line in lines)),
            )


@check(
    "identity_manner",
    Severity.MUST,
    ("S0-053",),
    ("step_done",),
    ja="本人確認の方法（写真のないカード、代理の届出）",
)
def identity_manner(case: Case, visit: str, manner: str) -> Iterator[Finding]:
    """Identity is confirmed by the photograph, without one, or as that of whoever files for the person."""
    for line in case.lines("step_done", visit=visit, step="identity"):
        yield from differing(
            line, "result", manner, "本人確認の方法が違います。", "Identity was confirmed in another way."
        )


@check(
    "authenticity_result",
    Severity.MUST,
    ("S0-031", "S0-048", "S0-054"),
    ("step_done",),
    ja="偽変造確認の結果",
)
def authenticity_result(case: Case, visit: str, result: str, person: str | None = None) -> Iterator[Finding]:
    """The result of comparing face and chip is kept: match, mismatch or unreadable."""
    wanted = {} if person is None else {"person": person}
    for line in case.lines("step_done", visit=visit, step="authenticity", **wanted):
        yield from differing(
            line, "result", result, "偽変造確認の結果が違います。", "Face and chip were judged otherwise."
        )


@check(
    "forgery_stops",
    Severity.MUST,
    ("S0-031", "S0-044"),
    ("file_asked", "filing_decided", "card_endorsed"),
    ja="偽変造の疑いがあれば手続を止める",
    standing=True,
)
def forgery_stops(case: Case, visit: str | None = None) -> Iterator[Finding]:
    """Where face and chip differ nothing is accepted and nothing endorsed."""
    for line in case.lines("filing_decided", "card_endorsed", visit=visit):
        forged = _filing(case, line).get("forged")
        if forged and (line.kind == "card_endorsed" or line.data.get("decision") == "accepted"):
            yield Finding(
                ja="偽変造の疑いがあるカードで手続が進められています。",
                en="The procedure went on with a card whose face and chip differ.",
                expected=f"a stop, because of {said(forged)}",
                received="endorsed" if line.kind == "card_endorsed" else "accepted",
                evidence=(line.id,),
            )


@check(
    "endorsement",
    Severity.MUST,
    ("S0-015", "S0-017", "S0-055"),
    ("file_asked", "filing_decided", "card_endorsed"),
    ja="提出されたカードへの裏書き",
    standing=True,
)
def endorsement(case: Case, visit: str | None = None, day: str | None = None) -> Iterator[Finding]:
    """Every card handed in with an accepted filing is endorsed once: address, day of the filing, mark.

    `day`: the day that must stand there; by default the one on which the filing was accepted. One that could
    not be endorsed on the spot, or that somebody handed in who may not notify, is another check's matter.
    """
    for taken in case.lines("filing_decided", visit=visit, decision="accepted"):
        filing = _filing(case, taken)
        usable = filing.get("card") == "presented" or day is not None
        barred = filing.get("by") and taken.data.get("deemed") is None
        later = filing.get("endorsing_fails") and day is None
        stayed = later or barred or not _has_card(case, taken)
        if taken.data.get("filing") not in ENDORSED or not usable or stayed:
            continue
        endorsed = [
            line for line in case.lines("card_endorsed", visit=taken.case) if line.subject == taken.subject
        ]
        if len(endorsed) != 1:
            yield Finding(
                ja="提出されたカードへの裏書きが1回だけ行われていません。",
                en="The card that was handed in was not endorsed exactly once.",
                expected="1",
                received=str(len(endorsed)),
                evidence=(taken.id, *(line.id for line in endorsed)),
            )
        for line in endorsed:
            yield from differing(
                line,
                "filed_date",
                day or japan_date(taken.at).isoformat(),
                "裏書きの日付が届出の日と違います。",
                "The endorsement bears another day than that of the filing.",
            )
            yield from differing(
                line,
                "address",
                filing.get("new_address") or filing.get("person", {}).get("address"),
                "裏書きの住居地が届け出た住居地と違います。",
                "The endorsement bears another address than the one that was filed.",
            )
            yield from differing(
                line,
                "official_mark",
                True,
                "裏書きに職印がありません。",
                "The endorsement bears no mark of the mayor.",
            )


@check(
    "endorsements_made",
    Severity.MUST,
    ("S0-019", "S0-049", "X-19"),
    ("filing_decided", "card_endorsed"),
    ja="裏書きの回数",
)
def endorsements_made(case: Case, visit: str, count: int) -> Iterator[Finding]:
    """So many cards of a visit are endorsed in the end: none where none may be."""
    taken, lines = decided(case, visit), case.lines("card_endorsed", visit=visit)
    if len(lines) != count:
        yield Finding(
            ja="裏書きされたカードの数が違います。",
            en="Another number of cards was endorsed.",
            expected=str(count),
            received=str(len(lines)),
            evidence=tuple(line.id for line in (*taken, *lines)),
        )


@check(
    "endorsement_office",
    Severity.MUST,
    ("S0-018", "S0-019"),
    ("file_asked", "card_endorsed"),
    ja="届出を受け付けた窓口での裏書き",
    standing=True,
)
def endorsement_office(case: Case, visit: str | None = None, office: str | None = None) -> Iterator[Finding]:
    """A card is endorsed at the office that took the filing.

    `office`: where that must have been; by default wherever the filing was made.
    """
    for line in case.lines("card_endorsed", visit=visit):
        asked = case.lines("file_asked", visit=line.case)
        taken_at = asked[0].data.get("office", "main_office") if asked else "a filing of this visit"
        yield from differing(
            line,
            "office",
            office or taken_at,
            "届出を受け付けた窓口と違う窓口で裏書きされています。",
            "The card was endorsed at another office than the one that took the filing.",
        )


@check(
    "one_session",
    Severity.MUST,
    ("S0-017", "S0-018"),
    ("file_asked", "step_done"),
    ja="一つの窓口、一つの受付での処理",
    standing=True,
)
def one_session(case: Case, visit: str | None = None) -> Iterator[Finding]:
    """Everything that a filing sets off is done at its office and in one session."""
    for asked in case.lines("file_asked", visit=visit):
        office = str(asked.data.get("office", "main_office"))
        lines = case.lines("step_done", visit=asked.case)
        places = sorted({str(line.data.get("office")) for line in lines})
        untold = [line for line in lines if not line.data.get("session")]
        sessions = sorted({str(line.data["session"]) for line in lines if line.data.get("session")})
        if untold:
            yield Finding(
                ja="どの受付で行ったかが、`file` の答えの `steps` の `session` に書かれていません。",
                en="In which session was not given: `session` in `steps` of the answer to `file`.",
                expected="`session` in each of `steps`",
                received=f"not given in {said(sorted({str(line.data.get('step')) for line in untold}))}",
                evidence=(asked.id, *(line.id for line in untold)),
            )
        if lines and (places != [office] or len(sessions) > 1):
            yield Finding(
                ja="手続が複数の窓口又は受付に分かれています。",
                en="The procedure is split over several offices or sessions.",
                expected=f"{office}, one session",
                received=f"{said(places)}; sessions {said(sessions)}",
                evidence=(asked.id, *(line.id for line in lines)),
            )


@check(
    "case_open",
    Severity.MUST,
    ("S0-049",),
    ("file_answered", "endorse_answered"),
    ja="裏書きが済むまで案件を終えない",
)
def case_open(case: Case, visit: str, is_open: bool, answer: int) -> Iterator[Finding]:
    """A visit's case stays open while a card that was handed in lacks its endorsement, and no longer.

    `answer`: how many attempts to make the endorsement up lie behind.
    """
    for line in case.lines("file_answered", "endorse_answered", visit=visit)[answer : answer + 1]:
        yield from differing(
            line,
            "case_open",
            is_open,
            "裏書きの済んでいないカードがあるのに案件が終わっているか、その逆です。",
            "The case was closed without the endorsement, or kept open after it.",
        )


@check(
    "referred",
    Severity.MUST,
    ("S0-019", "S0-020", "S0-057"),
    ("filing_decided", "step_done", "card_endorsed", "record_sent"),
    ja="受け付けない窓口は、何も処理せず案内する",
)
def referred(case: Case, visit: str, office: str) -> Iterator[Finding]:
    """An office that takes no such filings refers people to this office and does nothing, not even half."""
    taken = decided(case, visit)
    for line in taken:
        for key, expected in (("decision", "referred"), ("referred_to", office)):
            yield from differing(
                line,
                key,
                expected,
                "ほかの窓口への案内が違います。",
                "People were not referred as they must.",
            )
    done = case.lines("step_done", "card_endorsed", visit=visit)
    people = {line.subject for line in taken}
    done += [line for line in case.lines("record_sent") if line.subject in people]
    if done:
        yield Finding(
            ja="受け付けない窓口で手続の一部が行われています。",
            en="An office that takes no such filings did a part of the procedure.",
            expected="nothing",
            received=said([line.kind for line in done]),
            evidence=tuple(line.id for line in done),
        )


@check(
    "refused_sends_nothing",
    Severity.MUST,
    ("S0-019", "S0-031", "X-11"),
    ("filing_decided", "record_sent"),
    ja="受理しなかった届出からは何も送らない",
    standing=True,
)
def refused_sends_nothing(case: Case) -> Iterator[Finding]:
    """Nothing is sent about somebody whose filings were all refused, or referred to another office."""
    taken = case.lines("filing_decided")
    for person in dict.fromkeys(line.subject for line in taken):
        own = [line for line in taken if line.subject == person]
        if any(line.data.get("decision") not in ("refused", "referred") for line in own):
            continue
        for line in case.lines("record_sent", person_ref=person):
            yield Finding(
                ja="受理しなかった届出について記録が送られています。",
                en="Something was sent about a filing that was not accepted.",
                expected="nothing",
                received=said(line.data.get("kind")),
                evidence=(*(one.id for one in own), line.id),
            )


def _filing(case: Case, line: Line) -> dict[str, Any]:
    """The filing that a line is about, as the case has it."""
    for asked in case.lines("file_asked", visit=line.case):
        filings: list[dict[str, Any]] = asked.data.get("filings", [])
        for filing in filings:
            if filing["person"]["ref"] == line.subject:
                return filing
    return {}


def _has_card(case: Case, line: Line) -> bool:
    return _filing(case, line).get("person", {}).get("person_class") not in CARDLESS
