"""特別永住者証明書: handed over at the municipality, which tells the agency of it (seed 003, line 145).

The number of the certificate is an item of the record, so the record follows at once. The agency hears of it
by the certificate issuance notice, in the business of special permanent residence, and not by a municipality
notice beside it, which would tell the same number twice. (A reading, UNCONFIRMED
`register-certificate-notice`: the grounds of the municipality notice in 入管法施行令24条 were not found.)
"""

from __future__ import annotations

from typing import Final

import msgspec

from sim.base.instant import Instant, japan_date
from sim.base.journal import Entry
from sim.base.node import Reply, Step
from sim.exchange.records import CertificateIssuanceNotice
from sim.law.kinds import PersonClass
from sim.nodes.messages.registry import HandOverCertificate
from sim.nodes.registry import raising
from sim.nodes.registry.history import ABODE_CORRECTED, CORRECTED, Version
from sim.nodes.registry.items import changed
from sim.nodes.registry.settings import Settings
from sim.nodes.registry.state import RegistryState

FIRST_ISSUE: Final = "first_issue"
LAW: Final = "入管特例法"
"""Under which law it goes: none of the three classes of residence filings, which are another question."""


def hand_over(settings: Settings, state: RegistryState, body: HandOverCertificate, now: Instant) -> Step:
    """Hands the certificate over to somebody recorded here, with 住民票 or with an abode only."""
    person = state.known(body.ref)
    if person is None:
        return _refuse(body, "not_registered")
    if person.person_class is not PersonClass.SPECIAL_PERMANENT_RESIDENT:
        return _refuse(body, "not_special_permanent")
    if body.ground not in _grounds(settings):
        return _refuse(body, "unknown_ground")
    if state.holder_of(body.certificate_number) is not None:
        # The number differs at each issue (入管特例法8条).
        return _refuse(body, "card_number_used_before")
    today = japan_date(now)
    lives_only = state.resident(body.ref) is None
    after = msgspec.structs.replace(person, card_number=body.certificate_number, card_until=body.valid_until)
    record = CertificateIssuanceNotice(
        record_id=raising.record_id(settings, state),
        person_ref=person.ref,
        ground=body.ground,
        issued_date=today,
        name=person.name,
        name_kanji=person.name_kanji,
        birth_date=person.birth_date,
        sex=person.sex,
        nationality=person.nationality,
        residence="" if lives_only else person.address,
        abode=person.address if lives_only else "",
        certificate_number_before="" if body.ground == FIRST_ISSUE else person.card_number,
        certificate_number=body.certificate_number,
        valid_until=body.valid_until,
    )
    version = Version(
        on=today,
        action=ABODE_CORRECTED if lives_only else CORRECTED,
        ground=f"certificate_{body.ground}",
        case=body.case,
        person=after,
        items=changed(person, after),
        event_date=today,
    )
    state.append(body.ref, version)
    entries = (
        Entry("certificate_handed_over", body.case, body.ref, {"ground": body.ground}),
        raising.kept(settings, state, record, body.case, body.ref, LAW, now),
    )
    return Step(sends=raising.outbound(settings, [record]), entries=entries)


def _grounds(settings: Settings) -> tuple[str, ...]:
    layout = settings.profile.layouts["certificate_issuance_notice"]
    return next(column.values for column in layout.columns if column.item == "ground")


def _refuse(body: HandOverCertificate, reason: str) -> Step:
    entry = Entry("revision_refused", body.case, body.ref, {"reason": reason})
    return Step(Reply(False, reason), entries=(entry,))
