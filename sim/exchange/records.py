"""The records of the exchange, as values.

One class a kind. Field names are the items of the profile; the profile (data) says under which column,
in which form and with which limits an item travels. Sources: Immigration Control Act art. 61-8-2
(municipality notice), its cabinet order art. 2 (transmission), Basic Resident Registration Act
art. 30-50 (agency notice).
"""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec


class Record(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """What every record has. `record_id` is unique per sender."""

    record_id: str


class MunicipalityNotice(Record, frozen=True, kw_only=True):
    """市町村通知: a resident record was made, removed or corrected (入管法61条の8の2)."""

    person_ref: str
    action: str
    reason: str
    event_date: date
    filed_date: date
    name: str
    birth_date: date
    sex: str
    nationality: str
    address: str
    previous_address: str = ""
    card_number: str


class MunicipalityTransmission(Record, frozen=True, kw_only=True):
    """市町村伝達: a residence filing, deemed or separate, with its article (入管法施行令2条)."""

    person_ref: str
    article: str
    manner: str
    event_date: date
    filed_date: date
    name: str
    birth_date: date
    sex: str
    nationality: str
    residence: str
    card_number: str


class AgencyNotice(Record, frozen=True, kw_only=True):
    """出入国在留管理庁通知: a change that the register must follow (住民基本台帳法30条の50)."""

    person_ref: str
    reason: str
    decided_date: date
    card_number_before: str
    card_number: str
    status: str
    period_until: date | None = None


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


AnyRecord = MunicipalityNotice | MunicipalityTransmission | AgencyNotice | Result

RESULT: Final = "result"
KINDS: dict[str, type[AnyRecord]] = {
    "municipality_notice": MunicipalityNotice,
    "municipality_transmission": MunicipalityTransmission,
    "agency_notice": AgencyNotice,
    RESULT: Result,
}
KIND_OF: dict[type[Record], str] = {struct: kind for kind, struct in KINDS.items()}


def kind_of(record: AnyRecord) -> str:
    """The glossary's name of the record's kind."""
    return KIND_OF[type(record)]
