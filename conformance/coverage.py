"""Coverage: each requirement with its checks, cases and mutants, or the reason why there are none.

All of it is derived: from the rows, from the checks and mutants in the code, and from the records of the last
self-test. `page()` is Markdown; docs/coverage.md is its output (`renkei conform coverage --page`), and a test
compares the two, as it compares the records with what a self-test sees. So nothing can stop being executed
unseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from conformance.checks import BY_ROLE
from conformance.register import Register, Requirement
from conformance.register.record import Record
from conformance.register.rows import Kind
from conformance.register.sets import RequirementSet, freeze
from conformance.verdicts import Words

if TYPE_CHECKING:
    from conformance.checks.declare import Check
    from conformance.mutants.shape import Mutant

SHOWN: Final = 5
"""Cases that a cell of the page names; a check that stands over every case would name hundreds."""

KINDS: Final = {
    Kind.DUTY: Words("義務", "duty"),
    Kind.POLICY: Words("方針", "policy"),
    Kind.WISH: Words("要望", "wish"),
    Kind.DESIGN: Words("構成", "design"),
    Kind.EVIDENCE: Words("書類", "evidence"),
    Kind.PARAMETER: Words("設定値", "parameter"),
    Kind.HISTORICAL: Words("経過", "historical"),
}

GAPS: Final = {
    "unknown_row": Words("検査が、台帳にない要求を挙げている。", "A check names a row that does not exist."),
    "bare": Words("検査も理由もない要求がある。", "A row has neither a check nor a reason."),
    "needless_reason": Words("検査があるのに、ない理由が書かれている。", "A checked row says why it is not."),
    "unnamed": Words("要求を挙げない検査がある。", "A check names no row."),
    "no_mutant": Words("変異のない検査がある。", "A check has no mutant."),
    "not_exercised": Words("どのケースでも働かない検査がある。", "A check is exercised by no case."),
    "not_killed": Words("捕らえられていない変異がある。", "A mutant was not caught."),
}
"""What can be missing, in both languages."""


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is missing. `about`: a row, a check or a mutant."""

    code: str
    about: str
    detail: str = ""

    @property
    def words(self) -> Words:
        """What is missing, in words."""
        return GAPS[self.code]


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """The whole picture. `checks`: by role; `records`: what the last self-tests saw."""

    register: Register
    rows: tuple[Requirement, ...]
    records: dict[str, Record]
    gaps: tuple[Gap, ...]

    @property
    def exit_code(self) -> int:
        """0 if nothing is missing, else 1."""
        return 1 if self.gaps else 0


def coverage(
    register: Register,
    checks: Mapping[str, Mapping[str, Check]],
    mutants: Mapping[str, Iterable[Mutant]],
    records: Mapping[str, Record],
    role: str = "",
) -> Coverage:
    """Coverage of all roles, or of one. A pure function."""
    roles = [role] if role else list(checks)
    rows = tuple(row for row in register.requirements if not role or role in row.roles)
    found = [*_of_rows(register, rows)]
    for name in roles:
        found += _of_checks(name, checks[name], tuple(mutants.get(name, ())), records.get(name, Record(name)))
    return Coverage(
        register=register,
        rows=rows,
        records={name: records.get(name, Record(name)) for name in roles},
        gaps=tuple(found),
    )


def shipped(role: str = "") -> Coverage:
    """Coverage of what ships with the harness: of all roles, or of one.

    Raises:
        HarnessError: there is no kit for the role.
    """
    from conformance.kits import KITS, kit_of
    from conformance.register import load
    from conformance.register.record import record_of

    if role:
        kit_of(role)
    return coverage(
        load(),
        BY_ROLE,
        {name: kit.mutants for name, kit in KITS.items()},
        {name: record_of(name) for name in BY_ROLE},
        role,
    )


def frozen(found: Coverage, name: str) -> RequirementSet:
    """A frozen set of the rows and checks that there are."""
    ids = (row.id for row in found.rows)
    return freeze(name, ids, {role: BY_ROLE.get(role, {}) for role in found.records})


def _of_rows(register: Register, rows: Iterable[Requirement]) -> Iterator[Gap]:
    for check, ids in register.unknown.items():
        yield Gap(code="unknown_row", about=check, detail=", ".join(ids))
    for row in rows:
        if not row.checks and row.why_none is None:
            yield Gap(code="bare", about=row.id, detail=", ".join(row.roles))
        if row.checks and row.why_none is not None:
            yield Gap(code="needless_reason", about=row.id, detail=", ".join(row.checks))


def _of_checks(
    role: str, checks: Mapping[str, Check], mutants: Iterable[Mutant], record: Record
) -> Iterator[Gap]:
    aimed = {mutant.catches for mutant in mutants}
    killed = {one.mutant for one in record.mutants}
    exercised = {check for case in record.cases for check in case.checks}
    for check in checks.values():
        if not check.requirements:
            yield Gap(code="unnamed", about=check.id, detail=role)
        if check.id not in aimed:
            yield Gap(code="no_mutant", about=check.id, detail=role)
        if check.id not in exercised:
            yield Gap(code="not_exercised", about=check.id, detail=role)
    for mutant in mutants:
        if mutant.id not in killed:
            yield Gap(code="not_killed", about=mutant.id, detail=role)


def as_json(found: Coverage) -> str:
    """All of it, the same bytes for the same coverage."""
    plain = {
        "rows": [
            {
                "id": row.id,
                "document": row.document,
                "place": row.place,
                "kind": row.kind,
                "optional": found.register.optional(row),
                "roles": row.roles,
                "ja": row.ja,
                "en": row.en,
                "checks": row.checks,
                "cases": row.cases,
                "mutants": row.mutants,
                "why_none": row.why_none,
                "measured_by": row.measured_by,
                "not_covered": row.not_covered,
                "assumed": row.assumed,
            }
            for row in found.rows
        ],
        "executed": {role: record.cases for role, record in found.records.items()},
        "killed": {role: record.mutants for role, record in found.records.items()},
        "gaps": [
            {
                "code": gap.code,
                "about": gap.about,
                "detail": gap.detail,
                "ja": gap.words.ja,
                "en": gap.words.en,
            }
            for gap in found.gaps
        ],
    }
    return msgspec.json.format(msgspec.json.encode(plain, order="deterministic"), indent=2).decode()


def told(found: Coverage) -> Iterator[str]:
    """The coverage as lines of text for a terminal."""
    for row in found.rows:
        looked = ", ".join(row.checks) or "–"
        yield f"{row.id}  {row.kind}  {row.ja}"
        yield f"       {looked}"
        if row.checks:
            yield f"       {few(row.cases)}; {len(row.mutants)} mutants"
        elif row.why_none is not None:
            yield f"       {row.why_none.ja} / {row.why_none.en}"
        if row.measured_by:
            yield f"       {_measured(row)}"
    yield ""
    for gap in found.gaps:
        yield f"{gap.about}: {gap.words.ja} / {gap.words.en} {gap.detail}".rstrip()
    yield summary(found)


def summary(found: Coverage) -> str:
    """The last line that people read."""
    checked = sum(bool(row.checks) for row in found.rows)
    reasoned = sum(not row.checks and row.why_none is not None for row in found.rows)
    return (
        f"{len(found.rows)} requirements: {checked} checked, {reasoned} with a reason why not,"
        f" {len(found.rows) - checked - reasoned} open; {len(found.gaps)} gaps"
    )


def few(names: tuple[str, ...]) -> str:
    """The first names of many."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" +{more}" if more > 0 else "")


def page(found: Coverage) -> str:
    """The page docs/coverage.md."""
    return "\n".join(_page(found)) + "\n"


def _page(found: Coverage) -> Iterator[str]:
    yield "# 要求と検査の対応 Requirements and what checks them"
    yield ""
    yield (
        "Generated by `renkei conform coverage --page` from the register, the checks, the mutants and the"
        " records of the last self-test; a test compares it with them. Rows are in our own words. A row of"
        " kind wish, or of a superseded document, never weighs more than WARN unless a plan selects it. The"
        " ordered lists of executed checks are `conformance/register/exercised/*.json`."
    )
    yield ""
    yield f"{summary(found)}."
    yield ""
    by_document: dict[str, list[Requirement]] = {}
    for row in found.rows:
        by_document.setdefault(row.document, []).append(row)
    for id, rows in by_document.items():
        document = found.register.document[id]
        yield f"## {document.ja}"
        yield ""
        newer = f" Superseded since {document.superseded}." if document.superseded else ""
        yield f"{document.en}. Places: {document.line_of}.{newer}"
        yield ""
        yield "| id | place | kind | 内容 requirement | checks | cases | mutants | ない理由 why none |"
        yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
        for row in rows:
            kind = KINDS[row.kind]
            yield _cells(
                row.id,
                row.place,
                f"{kind.ja} {kind.en}",
                f"{row.ja}<br>{row.en}",
                "<br>".join(f"`{check}`" for check in row.checks),
                few(row.cases),
                few(row.mutants),
                _reason(row),
            )
        yield ""
    for role, record in found.records.items():
        yield f"## 検査と変異 Checks and mutants: {role}"
        yield ""
        yield "| check | 検査 | requirements | cases | mutants, and where each was caught |"
        yield "| --- | --- | --- | --- | --- |"
        for check in BY_ROLE.get(role, {}).values():
            yield _cells(
                f"`{check.id}`",
                check.ja,
                ", ".join(check.requirements),
                few(record.tags_of(check.id)),
                "<br>".join(
                    f"{one.mutant} ({one.case})" for one in record.mutants if one.catches == check.id
                ),
            )
        yield ""
    yield "## 不足 Gaps"
    yield ""
    if not found.gaps:
        yield "None."
    for gap in found.gaps:
        yield f"- {gap.about}: {gap.words.ja} {gap.words.en} {gap.detail}".rstrip()


def _reason(row: Requirement) -> str:
    said = [words for words in (row.why_none, row.not_covered) if words is not None]
    parts = [f"{words.ja}<br>{words.en}" for words in said]
    return "<br>".join([*parts, _measured(row)] if row.measured_by else parts)


def _measured(row: Requirement) -> str:
    """Which load tests answer a row."""
    return "measured by " + ", ".join(f"`renkei load run {name}`" for name in row.measured_by)


def _cells(*texts: str) -> str:
    return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |"
