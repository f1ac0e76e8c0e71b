"""What the agency decides or learns of a person, as the notice that the register must follow (30条の50).

Every reason that the profile knows can be decided. Some remove the record, the others correct it; what
becomes of it follows from the reason. A notice that the profile's own rules would reject is never raised.

A name in kanji goes down in standard kanji (正字) only, so that no municipality has to convert it (seed 001,
line 50; S1-019). What the shipped table does not know stays as it came (`sim.law.kanji`).
"""

from __future__ import annotations

from datetime import date
from typing import Final

from sim.base.errors import UsageError
from sim.base.instant import Instant, japan_date
from sim.exchange import batch as batches
from sim.exchange.batch import DOWN, Header
from sim.exchange.codes import Code, Finding
from sim.exchange.content import day_findings
from sim.exchange.profile import Profile
from sim.exchange.records import AgencyNotice
from sim.law.kanji.conversion import Conversion, convert
from sim.law.kanji.table import cited_table
from sim.nodes.messages.agency import Decide, ExtendPeriod

REMOVING: Final = frozenset({"revoked", "status_ended", "out_of_scope", "departed", "reentry_expired"})
"""Reasons after which the person is in no class of 30条の45: the record is removed. All others correct it."""

# What a notice can say of the person, the card's numbers aside.
_ITEMS: Final = (
    "name",
    "name_kanji",
    "birth_date",
    "sex",
    "nationality",
    "person_class",
    "status",
    "period",
    "period_until",
    "card_kind",
)


def of_extension(extension: ExtendPeriod) -> Decide:
    """An extension of the period of stay as a decision like any other."""
    return Decide(
        extension.case,
        extension.ref,
        "period_extended",
        extension.card_number_before,
        extension.card_number,
        status=extension.status,
        period_until=extension.period_until,
    )


def in_standard_kanji(name: str) -> Conversion | None:
    """The conversion of a name; None for no name, and for a text that is none (the profile refuses it)."""
    if not name:
        return None
    try:
        return convert(name, cited_table())
    except UsageError:
        return None


def notice_of(decision: Decide, record_id: str, now: Instant) -> AgencyNotice:
    """The notice that tells the decision."""
    items = {item: getattr(decision, item) for item in _ITEMS}
    if conversion := in_standard_kanji(decision.name_kanji):
        items["name_kanji"] = conversion.result
    return AgencyNotice(
        record_id=record_id,
        person_ref=decision.ref,
        reason=decision.reason,
        effect="remove" if decision.reason in REMOVING else "correct",
        decided_date=decision.decided_date or japan_date(now),
        card_number_before=decision.card_number_before,
        card_number=decision.card_number,
        **items,
    )


def why_not(decision: Decide, profile: Profile, first_day: date, now: Instant) -> Finding | None:
    """The first rule of the profile that the decision's notice would break, or None.

    A correction that changes nothing breaks one too: it would tell the register nothing.
    """
    notice = notice_of(decision, f"{profile.agency}-0", now)
    business = profile.businesses[profile.layouts["agency_notice"].business]
    # To nobody: only the row is looked at.
    header = Header(profile.name, profile.agency, profile.agency, business.code, DOWN, 1, now, 1)
    decoded = batches.decode(batches.encode(header, (notice,), profile), profile)
    if decoded.findings:
        return decoded.findings[0]
    (row,) = decoded.rows
    if row.finding is not None:
        return row.finding
    told = any(getattr(notice, item) for item in ("card_number", *_ITEMS))
    if notice.effect == "correct" and not told:
        return Finding(Code.MISSING_ITEM, row.line, "reason", "at least one item as it is now", "")
    return next(day_findings(notice, row.line, profile, japan_date(now), first_day), None)
