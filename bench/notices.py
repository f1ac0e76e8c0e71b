"""What the rows "CSV batches" and "XML batches" share: the notices, and what one would use instead.

The other side validates each record as a pydantic object with the rules of the profile: forms, lengths, known
values, dates that exist.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from sim.base.instant import instant
from sim.exchange.batch import Header, encode
from sim.exchange.profile import open_profile
from sim.exchange.records import MunicipalityNotice

PROFILE: Final = open_profile()
LAYOUT: Final = PROFILE.layouts["municipality_notice"]
FILE_ROWS: Final = 150_000
_MADE_AT: Final = instant(date(2019, 4, 2), 22)
_NAMES: Final = (
    "NGUYEN VAN AN",
    "SHRESTHA BISHAL",
    "PHRA NAKHON SI AYUTTHAYA CHULALONGKORN SOMCHAI",
    "KIM SOOJIN",
    "DE LA CRUZ MARIA",
)
_KANJI: Final = ("阮文安", "", "", "金秀珍", "")
_STATUSES: Final = ("留学", "技術・人文知識・国際業務", "永住者", "特別永住者", "家族滞在")
_FIRST: Final = date(2012, 7, 9)


def header(rows: int) -> Header:
    """The header of a batch of so many notices."""
    return Header(PROFILE.name, "131041", PROFILE.agency, "01", "up", 1, _MADE_AT, rows)


def notice(number: int) -> MunicipalityNotice:
    """The notice of that number: as people have them, and never two alike."""
    turn = number % 5
    return MunicipalityNotice(
        record_id=f"131041-{number:08d}",
        person_ref=f"P{number:07d}",
        action="made",
        reason="moving_in",
        event_date=_FIRST + timedelta(days=number % 2000),
        filed_date=_FIRST + timedelta(days=number % 2000 + 3),
        person_class="special_permanent_resident" if turn == 3 else "mid_long_term_resident",
        name=_NAMES[turn],
        name_kanji=_KANJI[turn],
        alias="大久保　安" if number % 11 == 0 else "",
        birth_date=date(1950, 1, 1) + timedelta(days=number % 20_000),
        sex="FM"[number % 2],
        nationality=("VNM", "NPL", "THA", "KOR", "PHL")[turn],
        address=f"東京都新宿区大久保{number % 3 + 1}丁目{number % 40 + 1}番{number % 20 + 1}号",
        previous_address=f"大阪府大阪市北区梅田{number % 30 + 1}番",
        became_resident_date=_FIRST + timedelta(days=number % 1500),
        status=_STATUSES[turn],
        period="" if turn in (2, 3) else "3年",
        period_until=None if turn in (2, 3) else date(2021, 1, 1) + timedelta(days=number % 700),
        card_number=f"AB{number:08d}CD",
    )


def write_file(path: Path, rows: int, form: str) -> None:
    """A file of so many notices."""
    records = tuple(notice(number) for number in range(1, rows + 1))
    path.write_bytes(encode(header(rows), records, PROFILE, form))


# --- the other side ----------------------------------------------------------------------------------
Code = Annotated[str, Field(pattern=r"\A[0-9A-Za-z][0-9A-Za-z./-]*\z", max_length=32)]
Card = Annotated[str, Field(pattern=r"\A[A-Z]{2}[0-9]{8}[A-Z]{2}\z")]
_CLEAN: Final = "\\A[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ufeff\\ufffe\\uffff\\ue000-\\uf8ff{}]*\\z"
Name = Annotated[str, Field(min_length=1, max_length=160, pattern=_CLEAN)]
Alias = Annotated[str, Field(max_length=160, pattern=_CLEAN)]
Address = Annotated[str, Field(max_length=200, pattern=_CLEAN)]
Short = Annotated[str, Field(max_length=60, pattern=_CLEAN)]
Nothing = Literal[""]


class Notice(BaseModel):
    """A validated object a record."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    record_id: Code
    person_ref: Code
    cancels: Code | Nothing
    action: Literal["made", "removed", "corrected"]
    reason: Literal["entry_from_abroad", "became_resident_status", "moving_in", "moving_within", "moving_out"]
    person_class: Literal["mid_long_term_resident", "special_permanent_resident"]
    name: Name
    name_kanji: Alias
    alias: Alias
    birth_date: date
    sex: Literal["F", "M", "X"]
    nationality: Annotated[str, Field(pattern=r"\A[0-9A-Za-z]{1,3}\z")]
    address: Address
    previous_address: Address
    next_address: Address
    became_resident_date: date | Nothing
    status: Short
    period: Short
    period_until: date | Nothing
    card_number: Card | Nothing
    event_date: date
    filed_date: date


def fingerprint(rows: Iterable[Iterable[object]]) -> str:
    """One digest of all values, so that two sides can be held against each other."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update("\x1f".join("" if value is None else str(value) for value in row).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def values_of(notices: Iterable[Notice]) -> Iterator[list[object]]:
    """The values of validated objects, in the order of the layout."""
    for one in notices:
        yield [getattr(one, item) for item in LAYOUT.items]
