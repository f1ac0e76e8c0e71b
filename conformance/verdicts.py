"""What a judgement can say, as values: the same for a check, a case, a requirement and a whole run.

Reports read these and nothing else of this package, so the module stands on nothing of ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Final

import msgspec


class Verdict(StrEnum):
    """What came of looking."""

    PASS = "PASS"
    """Evidence was seen, and it is as it must be."""
    FAIL = "FAIL"
    """The implementation under test broke a rule, or a stated expectation found no evidence."""
    WARN = "WARN"
    """It did what it should rather not do."""
    INCONCLUSIVE = "INCONCLUSIVE"
    """The harness or its environment failed, so nothing is known."""
    REVIEW = "REVIEW"
    """A person has to look."""
    CONDITIONAL = "CONDITIONAL"
    """Wrong as far as an assumed or ambiguous source can say: shown, and never decides a certificate."""
    NOT_APPLICABLE = "NOT_APPLICABLE"
    """Nothing happened to which the check could apply, or an optional capability is not declared."""
    NOT_RUN = "NOT_RUN"
    """Owed, but there is no journal of it."""


ORDER: Final = (
    Verdict.FAIL,
    Verdict.INCONCLUSIVE,
    Verdict.NOT_RUN,
    Verdict.REVIEW,
    Verdict.WARN,
    Verdict.CONDITIONAL,
    Verdict.PASS,
    Verdict.NOT_APPLICABLE,
)
"""The heaviest first: what several verdicts amount to is the first of these that is among them."""


class Severity(StrEnum):
    """How heavy the requirement behind a check is."""

    MUST = "must"
    SHOULD = "should"
    LOOK = "look"


BROKEN: Final = {
    Severity.MUST: Verdict.FAIL,
    Severity.SHOULD: Verdict.WARN,
    Severity.LOOK: Verdict.REVIEW,
}
"""What a finding of a check makes of it."""


BAD: Final = frozenset({Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.NOT_RUN})
"""Verdicts that stand in the way: a rule was broken, or it is not known whether one was."""


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same in both languages."""

    ja: str
    en: str

    @property
    def both(self) -> tuple[str, str]:
        """Japanese, then English."""
        return self.ja, self.en


class Assumption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a source is no firm ground: the reason, and the day on which it was last looked for."""

    ja: str
    en: str
    since: date


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as it must be. `evidence`: ids of the journal lines that show it."""

    ja: str
    en: str
    expected: str
    received: str
    evidence: tuple[str, ...] = ()


class CheckVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """One check on one case. `evidence`: ids of all journal lines that it was given.

    `scored`: whether the set of requirements of the run has it; if not, it is shown and weighs nothing.
    `assumption`: what its judgement rests on without proof.
    """

    check: str
    verdict: Verdict
    stated: bool
    params: dict[str, object] = {}
    requirements: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    evidence: tuple[str, ...] = ()
    scored: bool = True
    assumption: Assumption | None = None


class CaseVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """One case. `tag` is the id in the feature file; the rows of an outline share it."""

    case: str
    tag: str
    title: str
    verdict: Verdict
    checks: tuple[CheckVerdict, ...] = ()


class RequirementVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the register, from its checks in its cases."""

    requirement: str
    verdict: Verdict


class Verdicts(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run. `set`: the set of requirements it was scored by.

    `selected`: wishes and rows of superseded documents that the plan took on.
    """

    cases: tuple[CaseVerdict, ...]
    requirements: tuple[RequirementVerdict, ...]
    role: str = ""
    set: str = "current"
    selected: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """What all cases amount to."""
        return worst(case.verdict for case in self.cases)

    @property
    def not_scored(self) -> tuple[str, ...]:
        """Checks that ran although the set of requirements does not have them."""
        return tuple(sorted({one.check for case in self.cases for one in case.checks if not one.scored}))


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The heaviest of several verdicts; of none at all, NOT_RUN."""
    present = set(verdicts)
    return next((verdict for verdict in ORDER if verdict in present), Verdict.NOT_RUN)
