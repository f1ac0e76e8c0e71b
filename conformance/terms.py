"""On what terms a run is judged: which checks count, how much each may weigh, and which rest on assumptions.

A check weighs as much as its author says, but no more than the rows behind it allow. If all of them are
wishes, or stand in a superseded document, a finding is a WARN at most; a plan that selects such a row takes
it on as a duty. If all of them rest on what nobody could confirm, a finding is CONDITIONAL.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from conformance.checks.declare import Check
from conformance.register import Register, Requirement
from conformance.register.sets import RequirementSet
from conformance.verdicts import Assumption, Severity
from sim.base.errors import UsageError, nearest


@dataclass(frozen=True, slots=True)
class Terms:
    """The checks of a role as a run is judged by them. `scored`: those that count; None for all."""

    checks: Mapping[str, Check]
    scored: frozenset[str] | None = None
    assumed: Mapping[str, Assumption] = field(default_factory=dict)

    def scores(self, check: str) -> bool:
        """Whether a check counts. What is no check of the role, such as the case's course, always does."""
        return self.scored is None or check in self.scored or check not in self.checks


def terms_of(
    role: str,
    checks: Mapping[str, Check],
    register: Register,
    selected: Collection[str] = (),
    frozen: RequirementSet | None = None,
) -> Terms:
    """The terms for the checks of a role. `selected`: ids of rows, or of documents for all their rows.

    Raises:
        UsageError: there is no such row or document.
    """
    known = {row.id for row in register.requirements} | register.document.keys()
    for name in selected:
        if name not in known:
            near = nearest(name, known)
            raise UsageError(
                "there is no such requirement to select",
                received=name,
                remedy=f"did you mean {near}?" if near else "see `renkei conform coverage`",
            )
    rows = {row.id: row for row in register.requirements}
    weighed, assumed = {}, {}
    for check in checks.values():
        behind = [rows[id] for id in check.requirements if id in rows]
        weighed[check.id] = replace(check, severity=weight(check.severity, behind, register, selected))
        reason = check.assumed or assumption_of(behind)
        if reason is not None:
            assumed[check.id] = reason
    scored = None if frozen is None else frozenset(frozen.checks.get(role, ()))
    return Terms(weighed, scored, assumed)


def weight(
    severity: Severity, rows: Collection[Requirement], register: Register, selected: Collection[str]
) -> Severity:
    """How much a check of some rows weighs. Without rows, as much as it says."""
    if severity is Severity.LOOK or not rows:
        return severity
    options = [row for row in rows if register.optional(row)]
    if any(row.id in selected or row.document in selected for row in options):
        return Severity.MUST
    return Severity.SHOULD if len(options) == len(rows) else severity


def assumption_of(rows: Collection[Requirement]) -> Assumption | None:
    """Why nothing that rests on these rows alone is firm; None if one of them is."""
    reasons = [row.assumed for row in rows if row.assumed is not None]
    return reasons[0] if reasons and len(reasons) == len(rows) else None
