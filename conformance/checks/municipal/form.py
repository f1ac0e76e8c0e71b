"""What people are asked for at a counter, what is taken over from the chip and what is keyed by hand.

Source: seed 000, lines 81 to 100 (one stop, two forms) and 156 to 243 (text of the chip).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from conformance.checks.declare import check, said
from conformance.checks.municipal.filings import ACCEPTED, decided
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity

IN_COMMON: Final = ("address", "previous_address", "event_date")
"""Items that the members of a household who move together have in common."""

ON_THE_CARD: Final = (
    "name",
    "birth_date",
    "sex",
    "nationality",
    "status",
    "period_of_stay",
    "card_number",
)
"""Items of the card: nobody is asked for them while the card lies there."""


@check(
    "asked_once",
    Severity.MUST,
    ("S0-007",),
    ("filing_decided",),
    ja="同じ事項を二度尋ねない",
    standing=True,
)
def asked_once(case: Case, visit: str | None = None) -> Iterator[Finding]:
    """In one visit nobody is asked for an item twice, nor a household twice for what it has in common."""
    visits = dict.fromkeys(line.case for line in case.lines("filing_decided", visit=visit))
    for name in visits:
        lines = case.lines("filing_decided", visit=name)
        asked = Counter(
            item if item in IN_COMMON else f"{item} of {line.subject}"
            for line in lines
            for item in map(str, line.data.get("asked") or ())
        )
        twice = sorted(item for item, count in asked.items() if count > 1)
        if twice:
            yield Finding(
                ja="同じ事項を二度以上尋ねています。",
                en="An item was asked for more than once.",
                expected="each item once",
                received=said(twice),
                evidence=tuple(line.id for line in lines),
            )


@check(
    "card_not_asked",
    Severity.MUST,
    ("S0-007", "S0-063"),
    ("file_asked", "filing_decided"),
    ja="提出されたカードにある事項を尋ねない",
    standing=True,
)
def card_not_asked(case: Case, visit: str | None = None) -> Iterator[Finding]:
    """What stands on a card that was handed in is asked of nobody."""
    for line in case.lines("filing_decided", visit=visit, decision=ACCEPTED):
        shown = [
            filing
            for asked in case.lines("file_asked", visit=line.case)
            for filing in asked.data.get("filings", ())
            if filing["person"]["ref"] == line.subject and filing["card"] == "presented"
        ]
        again = [item for item in line.data.get("asked") or () if item in ON_THE_CARD]
        if shown and again:
            yield Finding(
                ja="提出されたカードに記載された事項を尋ねています。",
                en="People were asked for what stands on the card they handed in.",
                expected="none of the card's items",
                received=said(again),
                evidence=(line.id,),
            )


@check("forms", Severity.MUST, ("S0-014", "S0-016"), ("filing_decided",), ja="記入を求める届出書")
def forms(case: Case, visit: str, forms: list[str], person: str | None = None) -> Iterator[Finding]:
    """A form for the residence notification is asked for when the card is absent, and only then."""
    for line in decided(case, visit, person, ACCEPTED):
        received = line.data.get("forms") or []
        if sorted(map(str, received)) != sorted(forms):
            yield Finding(
                ja="記入を求めた届出書が違います。",
                en="Other forms had to be filled in.",
                expected=said(forms),
                received=said(received),
                evidence=(line.id,),
            )


@check(
    "read_items",
    Severity.MUST,
    ("S0-033", "S0-048"),
    ("filing_decided",),
    ja="ICチップから取り込む事項",
)
def read_items(case: Case, visit: str, items: list[str]) -> Iterator[Finding]:
    """The text of the chip goes into the record: just these items."""
    for line in decided(case, visit, decision=ACCEPTED):
        received = line.data.get("read") or []
        if sorted(map(str, received)) != sorted(items):
            yield Finding(
                ja="ICチップから取り込まれた事項が違います。",
                en="Other items were taken over from the chip.",
                expected=said(items),
                received=said(received),
                evidence=(line.id,),
            )


@check(
    "keyed_items",
    Severity.MUST,
    ("S0-064",),
    ("filing_decided",),
    ja="手で入力する事項",
)
def keyed_items(case: Case, visit: str, items: list[str]) -> Iterator[Finding]:
    """Just these items are keyed by hand: none that the chip gives as text."""
    for line in decided(case, visit, decision=ACCEPTED):
        received = line.data.get("keyed") or []
        if sorted(map(str, received)) != sorted(items):
            yield Finding(
                ja="手で入力された事項が違います。",
                en="Other items were keyed by hand.",
                expected=said(items),
                received=said(received),
                evidence=(line.id,),
            )


@check(
    "edits_logged",
    Severity.MUST,
    ("S0-063",),
    ("filing_decided",),
    ja="ICチップの文字を直したことの記録",
)
def edits_logged(case: Case, visit: str, items: list[str]) -> Iterator[Finding]:
    """Just these items were written otherwise than the chip has them, and that is kept."""
    for line in decided(case, visit, decision=ACCEPTED):
        received = line.data.get("edited") or []
        if sorted(map(str, received)) != sorted(items):
            yield Finding(
                ja="ICチップの文字を直した記録が違います。",
                en="What the clerk wrote otherwise than the chip is kept otherwise.",
                expected=said(items),
                received=said(received),
                evidence=(line.id,),
            )


@check(
    "extract_carried",
    Severity.MUST,
    ("S0-066", "S0-067"),
    ("filing_decided", "medium_used"),
    ja="読み取った文字の移送（媒体によるもの、よらないもの）",
)
def extract_carried(case: Case, visit: str, records: int) -> Iterator[Finding]:
    """Text of so many cards left on an encrypted medium, and its use was logged; none where none is used."""
    taken, lines = decided(case, visit), case.lines("medium_used", visit=visit)
    carried = sum(int(line.data.get("records", 0)) for line in lines)
    if carried != records:
        yield Finding(
            ja="媒体で移送された件数の記録が違います。",
            en="The log of media tells of another number of records.",
            expected=str(records),
            received=str(carried),
            evidence=tuple(line.id for line in (*taken, *lines)),
        )
    for line in lines:
        if line.data.get("encrypted") is not True:
            yield Finding(
                ja="媒体が暗号化されていません。",
                en="The medium is not encrypted.",
                expected="encrypted",
                received=said(line.data.get("encrypted")),
                evidence=(line.id,),
            )


@check(
    "prefilled_record",
    Severity.MUST,
    ("S0-063", "S0-065", "S0-066", "S0-067"),
    ("query_answered",),
    ja="住民票がICチップの文字のとおりである",
)
def prefilled_record(case: Case, person: str, items: dict[str, str]) -> Iterator[Finding]:
    """The record holds what the chip held, character by character."""
    for line in [line for line in case.lines("query_answered") if line.subject == person][-1:]:
        held = line.data.get("items") or {}
        for name, text in items.items():
            if held.get(name) != text:
                yield Finding(
                    ja="住民票の記載がICチップの文字と違います。",
                    en="The record differs from the chip.",
                    expected=f"{name}: {text}",
                    received=f"{name}: {said(held.get(name))}",
                    evidence=(line.id,),
                )
