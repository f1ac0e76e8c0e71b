"""The rows of the register as they are written: TOML in our own words, a file for each source."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

import msgspec

from conformance.verdicts import Assumption, Words
from sim.base.errors import HarnessError

T = TypeVar("T")


class Kind(StrEnum):
    """What a row asks, and thereby what can be done about it."""

    DUTY = "duty"
    """The law or the counterpart asks for it."""
    POLICY = "policy"
    """Asked for between two days, as long as a policy stands."""
    WISH = "wish"
    """Proposed or wished for: an option that a plan may select."""
    DESIGN = "design"
    """How the whole is built: a property of the simulator and its topology."""
    EVIDENCE = "evidence"
    """Checked on documents, settings or premises, not on behaviour."""
    PARAMETER = "parameter"
    """A number for scenarios."""
    HISTORICAL = "historical"
    """Of its time, or waiting for a day."""


TESTABLE: Final = (Kind.DUTY, Kind.POLICY, Kind.WISH)
"""Kinds whose rows a machine can look at: each has a check, or says why it has none."""


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A source that rows cite. `line_of`: what `place` counts. `superseded`: since when one is newer."""

    ja: str
    en: str
    line_of: str
    superseded: date | None = None


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One row as it is written. `place`: line, article or heading in the document.

    `since`, `until`: the first and the last day on which it is asked for. `why_none`: why nothing checks it.
    `measured_by`: load tests (`renkei load run NAME`) whose thresholds answer it, where no case can.
    `not_covered`: what of it the checks leave out. `assumed`: what it rests on could not be confirmed.
    """

    id: str
    document: str = ""
    place: str
    kind: Kind
    roles: tuple[str, ...]
    ja: str
    en: str
    since: date | None = None
    until: date | None = None
    why_none: Words | None = None
    measured_by: tuple[str, ...] = ()
    not_covered: Words | None = None
    assumed: Assumption | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    requirement: tuple[Row, ...]
    document: str = ""
    """What its rows cite unless they say otherwise."""


def read_documents(text: str) -> dict[str, Document]:
    """The sources.

    Raises:
        HarnessError: it is not TOML of this shape.
    """
    return _convert(text, dict[str, Document], "documents.toml")


def read_rows(texts: Mapping[str, str], documents: Mapping[str, Document]) -> tuple[Row, ...]:
    """All rows, in the order of the files, which are given by name.

    Raises:
        HarnessError: a file is not TOML of this shape, two rows have one id, or a row cites no known
            document, says nothing in one of the languages, or ends before it begins.
    """
    rows: list[Row] = []
    for name, text in texts.items():
        file = _convert(text, _File, name)
        rows += [
            row if row.document else msgspec.structs.replace(row, document=file.document)
            for row in file.requirement
        ]
    doubled = sorted(id for id, count in Counter(row.id for row in rows).items() if count > 1)
    if doubled:
        raise HarnessError("two rows of the register have one id", received=", ".join(doubled))
    for row in rows:
        if row.document not in documents:
            raise HarnessError(
                "a row of the register cites an unknown document",
                where=row.id,
                expected=", ".join(documents),
                received=row.document or "none",
            )
        said = (row.ja, row.en, row.place, *(row.why_none.both if row.why_none else ()))
        if not row.roles or not all(text.strip() for text in said):
            raise HarnessError(
                "a row of the register is silent",
                where=row.id,
                expected="roles, a place and words in both languages",
            )
        if row.since and row.until and row.until < row.since:
            raise HarnessError("a row of the register ends before it begins", where=row.id)
    return tuple(rows)


def _convert(text: str, to: type[T], where: str) -> T:
    try:
        return msgspec.convert(tomllib.loads(text), to)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise HarnessError(
            "the register of requirements cannot be read", where=where, received=str(error)
        ) from error
