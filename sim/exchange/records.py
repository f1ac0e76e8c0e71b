"""The records of the exchange, as values.

One class a kind. Field names are the items of the profile; the profile (data) says under which column,
in which form and with which limits an item travels, and which items are assumed. Optional items have a
default: the empty text or None. A date of birth may be known in part (`birth.PartialDate`). Sources:
Immigration Control Act art. 61-8-2 (municipality notice), its cabinet order art. 2 (transmission), Basic
Resident Registration Act art. 7 and 30-45 (items of a resident record) and art. 30-50 (agency notice),
seed 003 line 145 (issue of special permanent resident certificates).
"""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from sim.exchange.birth import BirthDate


class Record(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """What every record has. `record_id` is unique per sender."""

    record_id: str


class MunicipalityNotice(Record, frozen=True, kw_only=True):
    """市町村通知: a resident record was made, removed or corrected (入管法61条の8の2).

    `cancels` names the notice whose change is undone: a cancellation is added to the history, nothing is
    taken back (Standard Specification of Resident Register Systems 1.0, 4.6.0.1). The household and the
    relationship to its head are not there: their changes are not notified.
    """

    person_ref: str
    cancels: str = ""
    action: str
    reason: str
    event_date: date
    filed_date: date
    person_class: str
    name: str
    name_kanji: str = ""
    alias: str = ""
    birth_date: BirthDate
    sex: str
    nationality: str
    address: str
    previous_address: str = ""
    next_address: str = ""
    became_resident_date: date | None = None
    status: str = ""
    period: str = ""
    period_until: date | None = None
    card_number: str = ""
    card_kind: str = ""


class MunicipalityTransmission(Record, frozen=True, kw_only=True):
    """市町村伝達: a residence filing, deemed or separate, with its article (入管法施行令2条, 特例法10条)."""

    person_ref: str
    cancels: str = ""
    article: str
    manner: str
    event_date: date
    filed_date: date
    name: str
    name_kanji: str = ""
    birth_date: BirthDate
    sex: str
    nationality: str
    residence: str
    previous_residence: str = ""
    card_number: str
    card_kind: str = ""


class CertificateIssuanceNotice(Record, frozen=True, kw_only=True):
    """特別永住者証明書の交付に関する情報: a municipality handed out a certificate (seed 003, line 145)."""

    person_ref: str
    ground: str
    issued_date: date
    name: str
    name_kanji: str = ""
    birth_date: BirthDate
    sex: str
    nationality: str
    residence: str = ""
    abode: str = ""
    certificate_number_before: str = ""
    certificate_number: str
    valid_until: date


class AgencyNotice(Record, frozen=True, kw_only=True):
    """出入国在留管理庁通知: a change that the register must follow (住民基本台帳法30条の50).

    An item that is given is the item as it is now; an empty one did not change. `effect` says whether the
    record is corrected or removed.
    """

    person_ref: str
    reason: str
    effect: str = "correct"
    decided_date: date
    card_number_before: str = ""
    card_number: str = ""
    name: str = ""
    name_kanji: str = ""
    birth_date: BirthDate | None = None
    sex: str = ""
    nationality: str = ""
    person_class: str = ""
    status: str = ""
    period: str = ""
    period_until: date | None = None
    card_kind: str = ""


class Result(Record, frozen=True, kw_only=True):
    """処理結果: what became of one record, or of a batch that could not be read as one."""

    scope: str
    answers: str
    outcome: str
    code: str = ""
    field: str = ""
    reason: str = ""

    @property
    def accepted(self) -> bool:
        return self.outcome == "accepted"


AnyRecord = MunicipalityNotice | MunicipalityTransmission | CertificateIssuanceNotice | AgencyNotice | Result

RESULT: Final = "result"
KINDS: dict[str, type[AnyRecord]] = {
    "municipality_notice": MunicipalityNotice,
    "municipality_transmission": MunicipalityTransmission,
    "certificate_issuance_notice": CertificateIssuanceNotice,
    "agency_notice": AgencyNotice,
    RESULT: Result,
}
KIND_OF: dict[type[Record], str] = {struct: kind for kind, struct in KINDS.items()}


def kind_of(record: AnyRecord) -> str:
    """The glossary's name of the record's kind."""
    return KIND_OF[type(record)]
