"""Deeming where the Acts leave it open, or where nobody could confirm how they are read.

These say the same as `deemed` and `residence_duty`, for cells of the matrix whose ground is a reading: a
finding is shown with its reason and decides no certificate. `docs/law.md` lists each reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from conformance.checks.declare import check
from conformance.checks.municipal import duties, filings
from conformance.evidence import Case
from conformance.verdicts import Assumption, Finding, Severity

LOOKED: Final = date(2026, 11, 21)

PAIRS: Final = Assumption(
    ja="住居地をまだ届け出ていない者の転入届・転居届、許可を受けた者の第30条の46の届出、届出義務のない区分の者の届出に"
    "ついては、条文の文言から導いた読み方であり、実務を確認していない。",
    en="What the Acts leave open: moves of those who notified no residence yet, filings under art. 30-46"
    " after a permission, and classes without the duty. Read from the wording; practice was not confirmed.",
    since=LOOKED,
)

CARDS: Final = Assumption(
    ja="後日交付の旅券、有効期間の満了したカード、申請中のカードの提出がみなし届出になるかどうかは、市の案内などの"
    "二次資料からの推論であり、条文を確認していない。",
    en="Whether a passport marked for later issue, an expired card or one with a pending application counts"
    " as handing in the card is inferred from secondary sources.",
    since=LOOKED,
)

FILERS: Final = Assumption(
    ja="住居地の届出をすることができない者がした住民基本台帳の届出が、みなし届出にならないとする資料は確認していない。",
    en="That a register filing by somebody who may not notify the residence is not deemed a notification is a"
    " reading; no source says so.",
    since=LOOKED,
)


@check(
    "reading_pair",
    Severity.MUST,
    ("S0-002", "S0-003", "S0-004", "S0-010"),
    ("filing_decided", "duty_told"),
    ja="みなし届出の有無（条文の読み方によるもの）",
    assumed=PAIRS,
)
def reading_pair(
    case: Case, visit: str, article: str | None, state: str | None = None, person: str | None = None
) -> Iterator[Finding]:
    """Deemed or not, and what stays due, where the pair of person and filing is read from the wording."""
    yield from filings.deemed(case, visit=visit, article=article, person=person)
    if state is not None:
        yield from duties.residence_duty(case, visit=visit, state=state, person=person)


@check(
    "reading_card",
    Severity.MUST,
    ("X-19",),
    ("filing_decided", "duty_told"),
    ja="みなし届出の有無（カードの状態の読み方によるもの）",
    assumed=CARDS,
)
def reading_card(case: Case, visit: str, article: str | None) -> Iterator[Finding]:
    """Deemed or not, where the state of the card is read from secondary sources."""
    yield from filings.deemed(case, visit=visit, article=article)


@check(
    "reading_filer",
    Severity.MUST,
    ("S0-016",),
    ("filing_decided", "duty_told"),
    ja="みなし届出の有無（届出人の読み方によるもの）",
    assumed=FILERS,
)
def reading_filer(
    case: Case, visit: str, article: str | None, person: str | None = None
) -> Iterator[Finding]:
    """Deemed or not, where somebody files who may or may not notify the residence for the person."""
    yield from filings.deemed(case, visit=visit, article=article, person=person)
