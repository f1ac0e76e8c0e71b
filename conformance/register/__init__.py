"""The register of requirements: what is asked, by whom, and how each row is looked at.

The rows are data in our own words, a TOML file for each source; no source is quoted. By hand a row says only
what is asked, where it stands and, if nothing checks it, why. Which checks look at it, what they read, which
mutants they catch and in which cases they were exercised is joined on loading: from the checks themselves,
from the mutants, and from the record of the last self-test (`record`). `sets` are the frozen releases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from conformance.register.record import Record, record_of
from conformance.register.rows import TESTABLE, Document, Kind, Row, read_documents, read_rows

if TYPE_CHECKING:
    from conformance.checks.declare import Check
    from conformance.mutants.shape import Mutant

FOLDER: Final = Path(__file__).parent
SOURCES: Final = ("S0", "S1", "S2", "S3", "X", "C")
"""The files of rows, in the order in which they are shown."""


class Requirement(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row with what is joined to it: ids of its checks, the kinds of lines that they read, the mutants that
    they catch, and the tags of the cases in which one of them had something to look at.

    Its roles are those that it is written for, and those of its checks. `shown`: those of its cases that are
    made for it, since a check of it is stated there and does not merely stand over every case.
    """

    checks: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    mutants: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()

    @property
    def testable(self) -> bool:
        """Whether a machine can look at it, so that it owes a check or a reason."""
        return self.kind in TESTABLE


class Register(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole register. `unknown`: rows that checks name and that do not exist, by check."""

    document: dict[str, Document]
    requirements: tuple[Requirement, ...]
    unknown: dict[str, tuple[str, ...]] = {}

    def of_case(self, tag: str) -> tuple[str, ...]:
        """Ids of the rows that a case is made for."""
        return tuple(row.id for row in self.requirements if tag in row.shown)

    def row(self, id: str) -> Requirement | None:
        """The row of that id."""
        return next((row for row in self.requirements if row.id == id), None)

    def optional(self, row: Requirement) -> bool:
        """Whether a row binds only whoever selects it: a wish, or a row of a superseded document."""
        return row.kind is Kind.WISH or self.document[row.document].superseded is not None


def join(
    rows: Iterable[Row],
    documents: Mapping[str, Document],
    checks: Mapping[str, Mapping[str, Check]],
    mutants: Mapping[str, Iterable[Mutant]],
    records: Mapping[str, Record],
) -> Register:
    """The register from its rows and what there is by role. A pure function."""
    named: dict[str, list[tuple[str, Check]]] = {}
    for role, own in checks.items():
        for check in own.values():
            for id in check.requirements:
                named.setdefault(id, []).append((role, check))
    placed = _placed(records)
    joined = []
    for row in rows:
        own_checks = named.pop(row.id, [])
        catching = {check.id for _, check in own_checks}
        joined.append(
            Requirement(
                **{name: getattr(row, name) for name in row.__struct_fields__ if name != "roles"},
                roles=tuple(dict.fromkeys((*row.roles, *(role for role, _ in own_checks)))),
                checks=tuple(check.id for _, check in own_checks),
                evidence=tuple(sorted({kind for _, check in own_checks for kind in check.reads})),
                mutants=tuple(
                    mutant.id for own in mutants.values() for mutant in own if mutant.catches in catching
                ),
                cases=_cases(own_checks, placed),
                shown=_cases([(role, one) for role, one in own_checks if not one.standing], placed),
            )
        )
    unknown: dict[str, list[str]] = {}
    for id, missing in named.items():
        for _, check in missing:
            unknown.setdefault(check.id, []).append(id)
    return Register(
        dict(documents), tuple(joined), {check: tuple(ids) for check, ids in sorted(unknown.items())}
    )


def _placed(records: Mapping[str, Record]) -> dict[tuple[str, str], list[tuple[int, str]]]:
    """For each check of a role, the cases that exercise it: the place among all cases, and the tag.

    Every command that judges waits for the register: looking through all cases for each row took longest.
    """
    placed: dict[tuple[str, str], list[tuple[int, str]]] = {}
    cases = ((role, case) for role, record in records.items() for case in record.cases)
    for place, (role, case) in enumerate(cases):
        for name in case.checks:
            placed.setdefault((role, name), []).append((place, case.tag))
    return placed


def _cases(
    checks: Iterable[tuple[str, Check]], placed: Mapping[tuple[str, str], Iterable[tuple[int, str]]]
) -> tuple[str, ...]:
    """Tags of the cases that exercise one of some checks, which are given with their roles, in order."""
    found = {one for role, check in checks for one in placed.get((role, check.id), ())}
    return tuple(dict.fromkeys(tag for _, tag in sorted(found)))


@cache
def load() -> Register:
    """The register that ships with the harness, joined with the checks, mutants and records there are."""
    from conformance.checks import BY_ROLE
    from conformance.kits import KITS

    documents = read_documents((FOLDER / "documents.toml").read_text(encoding="utf-8"))
    rows = read_rows(
        {f"{name}.toml": (FOLDER / f"{name}.toml").read_text(encoding="utf-8") for name in SOURCES}, documents
    )
    mutants = {role: kit.mutants for role, kit in KITS.items()}
    return join(rows, documents, BY_ROLE, mutants, {role: record_of(role) for role in BY_ROLE})
