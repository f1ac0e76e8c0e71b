"""What a judgement can say, as values: the same for a check, a case, a requirement and a whole run.

Reports read these and nothing else of this package, so the module stands on nothing of ours.
"""

from __future__ import annotations

from collections.abc import Iterable
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
    """Judged on an assumed fact: shown, and never decides a certificate."""
    NOT_APPLICABLE = "NOT_APPLICABLE"
    """Nothing happened to which the check could apply."""
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


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as it must be. `evidence`: ids of the journal lines that show it."""

    ja: str
    en: str
    expected: str
    received: str
    evidence: tuple[str, ...] = ()


class CheckVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """One check on one case. `evidence`: ids of all journal lines that it was given."""

    check: str
    verdict: Verdict
    stated: bool
    params: dict[str, object] = {}
    requirements: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    evidence: tuple[str, ...] = ()


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
    """A whole run."""

    cases: tuple[CaseVerdict, ...]
    requirements: tuple[RequirementVerdict, ...]

    @property
    def verdict(self) -> Verdict:
        """What all cases amount to."""
        return worst(case.verdict for case in self.cases)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The heaviest of several verdicts; of none at all, NOT_RUN."""
    present = set(verdicts)
    return next((verdict for verdict in ORDER if verdict in present), Verdict.NOT_RUN)
