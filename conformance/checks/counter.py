"""How the counter works: identity, authenticity, decision, endorsement, all at one office.

Source: seed 000, lines 104 to 113 and 152: what a filing sets off is done at the office that took it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.checks.declare import check, differing, said
from conformance.evidence import Case
from conformance.verdicts import Finding, Severity
from sim.base.journal import Line

ENDORSED: Final = (
    "moving_in",
    "moving_within",
    "entry_from_abroad",
    "became_resident_status",
    "residence_notification",
)
"""Filings after which a card that was handed in bears the new place of residence; moving out is none."""

STEPS: Final = ("identity_confirmed", "authenticity_confirmed", "filing_accepted", "card_endorsed")


@check(
    "counter_order",
    Severity.MUST,
    ("S0-032",),
    STEPS,
    ja="本人確認、偽変造確認、受理、裏書きの順序",
    standing=True,
)
def counter_order(case: Case, visit: str | None = None) -> Iterator[Finding]:
    """Identity, authenticity, decision and endorsement come in this order."""
    visits: dict[str, list[Line]] = {}
    for line in case.lines(*STEPS, visit=visit):
        visits.setdefault(line.case, []).append(line)
    for lines in visits.values():
        done = [line.kind for line in lines]
        with_card = any(line.data.get("card") == "presented" for line in lines)
        wanted = [step for step in STEPS if step in done or _owed(step, done, with_card)]
        if done != wanted:
            yield Finding(
                ja="窓口での手順が抜けているか、順序が違います。",
                en="A step at the counter is missing, doubled or out of order.",
                expected=said(wanted),
                received=said(done),
                evidence=tuple(line.id for line in lines),
            )


def _owed(step: str, done: list[str], with_card: bool) -> bool:
    """Whether a step must have been done in view of the others: each rests on those before it."""
    if step == "authenticity_confirmed":
        return with_card or "card_endorsed" in done
    return step == "identity_confirmed" or (step == "filing_accepted" and "card_endorsed" in done)


@check(
    "endorsement",
    Severity.MUST,
    ("S0-015", "S0-017"),
    ("filing_accepted", "card_endorsed"),
    ja="提出されたカードへの裏書き",
    standing=True,
)
def endorsement(case: Case, visit: str | None = None, day: str | None = None) -> Iterator[Finding]:
    """Every card handed in is endorsed once, with the day of the filing.

    `day`: the day that must stand there; by default the one on which the filing was accepted.
    """
    for filing in ENDORSED:
        for accepted in case.lines("filing_accepted", visit=visit, filing=filing, card="presented"):
            endorsed = case.lines("card_endorsed", visit=accepted.case)
            if len(endorsed) != 1:
                yield Finding(
                    ja="提出されたカードへの裏書きが1回だけ行われていません。",
                    en="The card that was handed in was not endorsed exactly once.",
                    expected="1",
                    received=str(len(endorsed)),
                    evidence=(accepted.id, *(line.id for line in endorsed)),
                )
            for line in endorsed:
                yield from differing(
                    line,
                    "filed_date",
                    day or accepted.data.get("filed_date"),
                    "裏書きの日付が届出の日と違います。",
                    "The endorsement bears another day than that of the filing.",
                )


@check(
    "endorsement_office",
    Severity.MUST,
    ("S0-018", "S0-019"),
    ("filing_accepted", "card_endorsed"),
    ja="届出を受け付けた窓口での裏書き",
    standing=True,
)
def endorsement_office(case: Case, visit: str | None = None, office: str | None = None) -> Iterator[Finding]:
    """A card is endorsed at the office that took the filing, in the same visit.

    `office`: where that must have been; by default wherever the filing was accepted.
    """
    for line in case.lines("card_endorsed", visit=visit):
        accepted = case.lines("filing_accepted", visit=line.case)
        taken_at = accepted[0].data.get("office") if accepted else "an accepted filing of this visit"
        yield from differing(
            line,
            "office",
            office or taken_at,
            "届出を受け付けた窓口と違う窓口で裏書きされています。",
            "The card was endorsed at another office than the one that took the filing.",
        )
        if office is not None:
            for filing in accepted:
                yield from differing(
                    filing,
                    "office",
                    office,
                    "別の窓口で受理されています。",
                    "The filing was taken at another office.",
                )
