"""The records of the other side: a validated pydantic object each, and batches of them as JSON."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from sim.law.kinds import Filing, PersonClass

Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z./-]*$", max_length=48)]
Card = Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{8}[A-Z]{2}$")]
Name = Annotated[str, Field(min_length=1, max_length=160)]
Address = Annotated[str, Field(max_length=200)]
Sex = Annotated[str, Field(pattern=r"^[FMX]$")]


class Record(BaseModel):
    """What every record has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    record_id: Code


class MunicipalityNotice(Record):
    """市町村通知."""

    kind: Literal["municipality_notice"] = "municipality_notice"
    person_ref: Code
    action: Literal["made", "removed", "corrected"]
    reason: Filing
    event_date: date
    filed_date: date
    person_class: PersonClass
    name: Name
    birth_date: date
    sex: Sex
    nationality: Code
    address: Address
    previous_address: Address
    status: Address
    period_until: date | None
    card_number: Card


class MunicipalityTransmission(Record):
    """市町村伝達."""

    kind: Literal["municipality_transmission"] = "municipality_transmission"
    person_ref: Code
    article: Code
    manner: Literal["deemed", "separate"]
    event_date: date
    filed_date: date
    name: Name
    birth_date: date
    sex: Sex
    nationality: Code
    residence: Address
    card_number: Card


class AgencyNotice(Record):
    """出入国在留管理庁通知."""

    kind: Literal["agency_notice"] = "agency_notice"
    person_ref: Code
    reason: Literal["period_extended"] = "period_extended"
    decided_date: date
    card_number_before: Card
    card_number: Card
    status: Name
    period_until: date | None


class Result(Record):
    """処理結果."""

    kind: Literal["result"] = "result"
    answers: Code
    outcome: Literal["accepted", "rejected"]
    code: str = Field(default="", max_length=40)


AnyRecord = MunicipalityNotice | MunicipalityTransmission | AgencyNotice | Result


class Batch(BaseModel):
    """One file of the exchange."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sender: Code
    recipient: Code
    business: Literal["01", "02", "03"]
    sequence: Annotated[int, Field(ge=1)]
    created_at: datetime
    records: list[Annotated[AnyRecord, Field(discriminator="kind")]]


class Parcel(NamedTuple):
    """A batch as it travels."""

    content: bytes
    digest: str


def pack(batch: Batch) -> Parcel:
    """The batch as bytes with their digest."""
    content = batch.model_dump_json().encode()
    return Parcel(content, hashlib.sha256(content).hexdigest())


def unpack(parcel: Parcel, sender: str, expected: dict[str, int]) -> Batch:
    """The batch, validated, whole, from whom it should be and next in its sequence."""
    if hashlib.sha256(parcel.content).hexdigest() != parcel.digest:
        raise ValueError("the digest differs")
    batch = Batch.model_validate_json(parcel.content)
    if batch.sender != sender or batch.sequence != expected.get(batch.business, 1):
        raise ValueError(f"not the next batch of {sender}: {batch.sender} {batch.sequence}")
    expected[batch.business] = batch.sequence + 1
    return batch
