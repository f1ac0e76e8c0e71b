"""The frame of a message, the values that several roles share, and what an operation is.

A request is one line of JSON, `{"id": 3, "op": "clock", "body": {…}}`. Its answer is one line with the same
`id`: `{"id": 3, "ok": true, "body": {…}}`, or `{"id": 3, "ok": false, "code": "fault", "message": "…"}`.
Before it answers, an implementation may ask the harness for something, `{"id": 3, "call": "transmit", "body":
{…}}`, and is told `{"id": 3, "result": {…}}`. One request is open at a time.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Base64Bytes,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    StringConstraints,
)
from pydantic_core import CoreSchema, core_schema

VERSION: Final = "renkei-adapter/1"

UNSUPPORTED: Final = "unsupported"
"""The answer's code of an operation, or of a value in one, that the implementation does not have."""

FAULT: Final = "fault"
"""The answer's code of an implementation that failed at what it was asked."""


def _in_japan(at: datetime) -> datetime:
    from sim.base.instant import JAPAN

    return at.astimezone(JAPAN)


class OneOf:
    """Says of a text field which values it takes; anything else is no answer of the protocol."""

    def __init__(self, *values: str) -> None:
        self._values = values

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.literal_schema(list(self._values))


Code = Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9_.:/-]{1,64}\z")]
"""An identifier: ASCII letters, digits and `_.:/-`."""
Moment = Annotated[AwareDatetime, AfterValidator(_in_japan)]
"""An instant with its offset from UTC, such as `2026-06-03T18:00:00+09:00`."""
Octets = Annotated[Base64Bytes, Field(max_length=64 << 20)]
"""Bytes, as base64."""


class Message(BaseModel):
    """What goes over the line: unknown fields are refused, and nothing is taken for what it is not."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class Request(Message):
    """What the harness asks for."""


class Answer(Message):
    """What the implementation says."""


class Done(Answer):
    """It is done, and there is nothing to tell."""


# --- values that several roles share --------------------------------------------------------------------
class File(Message):
    """A file of the exchange under the name that it has in a folder, such as `131041-ISA-01-00000012.csv`."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"\A[A-Za-z0-9._-]+\z")]
    content: Octets

    @classmethod
    def of(cls, name: str, content: bytes) -> File:
        """A file of these bytes."""
        return cls(name=name, content=base64.b64encode(content))


class PersonData(Message):
    """A foreign resident. The items are those of `renkei-open/1`; an empty one is not there.

    `ref` is the person's number in `person_ref` of every record; `birth_date` is a day or a part of one.
    """

    ref: Code
    person_class: str
    name: str
    birth_date: str
    sex: str
    nationality: str
    address: str
    card_number: str
    status: str = ""
    period: str = ""
    period_until: date | None = None
    name_kanji: str = ""
    alias: str = ""
    card_kind: str = ""
    card_until: date | None = None
    photo: bool = True
    became_resident_date: date | None = None


def summary_of(request: type[Request]) -> str:
    """What a request is for, in one sentence or two: its docstring up to where the fields are explained."""
    text = " ".join((request.__doc__ or "").split("\n\n")[0].split())
    return text.split(". `")[0].rstrip(".") + "."


def name_of_reference(role: str) -> str:
    """The name by which the reference of a role introduces itself; it is no product."""
    return f"renkei reference ({role})"


# --- operations of every role ---------------------------------------------------------------------------
class Hello(Request):
    """The first word. `test_ca`: certificate of the harness's test authority in PEM, where keys are used."""

    protocol: Literal["renkei-adapter/1"] = "renkei-adapter/1"
    role: Code
    profile: str = "renkei-open/1"
    test_ca: str = ""


class HelloAnswer(Answer):
    """Who answers, and what it can do. `capabilities`: names from the role's list, and no others.

    `now`: what time it is in a product whose clock cannot be set; null where it can.
    """

    protocol: str
    name: str
    vendor: str
    version: str
    roles: tuple[Code, ...]
    capabilities: tuple[Code, ...] = ()
    now: Moment | None = None


class Clock(Request):
    """Let time pass until this instant: whatever is due before it happens."""

    until: Moment


class ClockAnswer(Answer):
    """What time it is now."""

    at: Moment


class Bye(Request):
    """The last word; the implementation ends."""


@dataclass(frozen=True, slots=True)
class Op:
    """An operation. `needs`: the capability without which it is not asked for; empty for every adapter."""

    name: str
    request: type[Request]
    answer: type[Answer]
    needs: str = ""


COMMON: Final = (Op("hello", Hello, HelloAnswer), Op("clock", Clock, ClockAnswer), Op("bye", Bye, Done))
"""Operations that every role has beside its own `reset`."""
