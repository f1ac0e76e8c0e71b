"""The register of requirements: what is asked, by whom, and how each row is looked at.

`register.toml` is data in our own words; no source is quoted. Each row names its checks, the evidence they
read, the mutants they catch and the cases that show it, or says why there is none.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec

from sim.base.errors import HarnessError

PATH: Final = Path(__file__).with_name("register.toml")


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A source that rows cite. `line_of`: what the numbers of `place` count."""

    ja: str
    en: str
    line_of: str


class Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row. `place`: line, article or heading in the document; `why_none`: why nothing checks it."""

    id: str
    document: str
    place: str
    kind: str
    roles: tuple[str, ...]
    ja: str
    en: str
    checks: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    mutants: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    not_covered: str = ""
    why_none: str = ""


class Register(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole register."""

    version: Literal[1]
    document: dict[str, Document]
    requirement: tuple[Requirement, ...]

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """All rows, in the order of the file."""
        return self.requirement

    def of_case(self, tag: str) -> tuple[str, ...]:
        """Ids of the rows that a case shows."""
        return tuple(row.id for row in self.requirement if tag in row.cases)


def read(text: str) -> Register:
    """A register from TOML.

    Raises:
        HarnessError: it is not one, cites an unknown document, or has two rows of one id.
    """
    try:
        register = msgspec.convert(tomllib.loads(text), Register)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise HarnessError("the register of requirements cannot be read", received=str(error)) from error
    ids = [row.id for row in register.requirements]
    for row in register.requirements:
        if ids.count(row.id) > 1:
            raise HarnessError("two rows of the register have one id", received=row.id)
        if row.document not in register.document:
            raise HarnessError(
                "a row of the register cites an unknown document",
                where=row.id,
                expected=", ".join(register.document),
                received=row.document,
            )
        if bool(row.checks) == bool(row.why_none):
            raise HarnessError(
                "a row of the register must name its checks, or say why there is none", where=row.id
            )
    return register


@cache
def load() -> Register:
    """The register that ships with the harness."""
    return read(PATH.read_text(encoding="utf-8"))
