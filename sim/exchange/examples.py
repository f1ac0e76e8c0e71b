"""One good record of each kind, for the document and for whoever wants to see what a batch looks like.

Nobody in them exists. They keep every rule of the profile, on the day `MADE_AT`.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from sim.base.instant import instant
from sim.exchange.model import DOWN, UP, Header
from sim.exchange.profile import Profile
from sim.exchange.records import (
    RESULT,
    AgencyNotice,
    AnyRecord,
    CertificateIssuanceNotice,
    MunicipalityNotice,
    MunicipalityTransmission,
    Result,
)

MADE_AT: Final = instant(date(2026, 4, 2), 22)
MUNICIPALITY: Final = "131041"

RECORDS: Final[dict[str, tuple[AnyRecord, ...]]] = {
    "municipality_notice": (
        MunicipalityNotice(
            record_id="131041-00000041",
            person_ref="P0001234",
            action="made",
            reason="moving_in",
            event_date=date(2026, 4, 1),
            filed_date=date(2026, 4, 2),
            person_class="mid_long_term_resident",
            name="NGUYEN VAN AN",
            name_kanji="阮文{gaiji:mj:MJ012345}",
            alias="大久保 安",
            birth_date=date(1990, 2, 28),
            sex="M",
            nationality="VNM",
            address="東京都新宿区大久保1丁目1番1号",
            previous_address="大阪府大阪市北区梅田1番",
            became_resident_date=date(2024, 10, 3),
            status="技術・人文知識・国際業務",
            period="3年",
            period_until=date(2027, 10, 3),
            card_number="AB12345678CD",
        ),
        MunicipalityNotice(
            record_id="131041-00000042",
            person_ref="P0001235",
            action="removed",
            reason="moving_out",
            event_date=date(2026, 4, 2),
            filed_date=date(2026, 3, 20),
            person_class="special_permanent_resident",
            name="KIM, SOOJIN",
            birth_date=date(1961, 5, 3),
            sex="F",
            nationality="KOR",
            address="東京都新宿区大久保2丁目3番4号",
            next_address="神奈川県川崎市川崎区宮本町1番",
            card_number="EF12345678GH",
        ),
    ),
    "municipality_transmission": (
        MunicipalityTransmission(
            record_id="131041-00000043",
            person_ref="P0001234",
            article="immi.19-9-1",
            manner="deemed",
            event_date=date(2026, 4, 1),
            filed_date=date(2026, 4, 2),
            name="NGUYEN VAN AN",
            birth_date=date(1990, 2, 28),
            sex="M",
            nationality="VNM",
            residence="東京都新宿区大久保1丁目1番1号",
            previous_residence="大阪府大阪市北区梅田1番",
            card_number="AB12345678CD",
        ),
    ),
    "certificate_issuance_notice": (
        CertificateIssuanceNotice(
            record_id="131041-00000044",
            person_ref="P0001236",
            ground="renewal",
            issued_date=date(2026, 4, 2),
            name="LEE JIHO",
            birth_date=date(1975, 12, 24),
            sex="M",
            nationality="KOR",
            abode="東京都新宿区百人町1丁目5番",
            certificate_number_before="EF00000001GH",
            certificate_number="EF00000002GH",
            valid_until=date(2033, 12, 24),
        ),
    ),
    "agency_notice": (
        AgencyNotice(
            record_id="ISA-00000007",
            person_ref="P0001237",
            reason="period_extended",
            decided_date=date(2026, 4, 1),
            card_number_before="CD12345678EF",
            card_number="CD87654321EF",
            status="留学",
            period="2年3月",
            period_until=date(2028, 7, 1),
        ),
        AgencyNotice(
            record_id="ISA-00000008",
            person_ref="P0001238",
            reason="departed",
            effect="remove",
            decided_date=date(2026, 3, 31),
            card_number_before="GH12345678IJ",
        ),
    ),
    RESULT: (
        Result(
            record_id="ISA-R00000001", scope="batch", answers="131041-ISA-01-00000012", outcome="accepted"
        ),
        Result(record_id="ISA-R00000002", scope="record", answers="131041-00000041", outcome="accepted"),
        Result(
            record_id="ISA-R00000003",
            scope="record",
            answers="131041-00000042",
            outcome="rejected",
            code="UNKNOWN_VALUE",
            field="sex",
            reason="3:sex UNKNOWN_VALUE: the item has an unknown value (expected one of F, M, X)",
        ),
    ),
}


def example(kind: str, profile: Profile) -> tuple[Header, tuple[AnyRecord, ...]]:
    """A batch of records of one kind, in the direction and business of the kind."""
    layout = profile.layouts[kind]
    records = RECORDS[kind]
    business = next(iter(profile.businesses)) if layout.business == "any" else layout.business
    up = layout.direction == UP
    header = Header(
        profile=profile.name,
        sender=MUNICIPALITY if up else profile.agency,
        recipient=profile.agency if up else MUNICIPALITY,
        business=profile.businesses[business].code,
        direction=UP if up else DOWN,
        sequence=12,
        created_at=MADE_AT,
        count=len(records),
    )
    return header, records
