"""Whether a run earns a certificate, and what must be printed on it. A pure function of verdicts.

There are two kinds: one product against the rules (準拠確認), or two against each other (相互接続確認). No
authority stands behind either. A certificate is refused when a rule was broken, when something owed was not
judged, or when a person still has to look. Assumed facts never decide it; they are printed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final, Protocol

from conformance.checks import BY_ROLE
from conformance.register import Register
from conformance.register.record import Record, record_of
from conformance.register.sets import set_of
from conformance.results import Certificate, CertificateKind, Reason
from conformance.terms import terms_of
from conformance.verdicts import CaseVerdict, Severity, Verdict, Verdicts, Words
from sim.base.errors import HarnessError


class Profile(Protocol):
    """What a certificate asks of a profile. `mandatory`: capabilities."""

    @property
    def role(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def mandatory(self) -> tuple[str, ...]: ...


PARTIES: Final = {CertificateKind.COMPLIANCE: 1, CertificateKind.INTEROPERABILITY: 2}

SAID: Final = {
    "parties": Words("対象となる製品の数が違います。", "It is about another number of products."),
    "nothing": Words("判定したケースが一つもありません。", "Not one case was judged."),
    "capability": Words("必須の機能が宣言されていません。", "A mandatory capability is not declared."),
    "failed": Words("規則に反したケースがあります。", "Cases broke a rule."),
    "inconclusive": Words("判定できなかったケースがあります。", "Cases could not be judged."),
    "case_not_run": Words("実施されていないケースがあります。", "Cases were not run."),
    "check_not_run": Words("実施されていない必須の検査があります。", "Required checks were not run."),
    "review": Words("人による確認が済んでいません。", "A person still has to look."),
    "not_applicable": Words("宣言されない任意の機能です。", "Optional capabilities that are not declared."),
    "warned": Words("望ましくない振る舞いがあります。", "It does what it should rather not do."),
    "conditional": Words(
        "確認できない出典によるため、合否を決めません。", "Rests on unconfirmed sources and decides nothing."
    ),
    "assumed": Words("確認できない出典のとおりであった検査です。", "As assumed, from unconfirmed sources."),
    "not_scored": Words(
        "要件集にない検査です。採点しません。", "Checks that the set does not have: not scored."
    ),
}


def certificate_of(
    verdicts: Verdicts,
    register: Register,
    profile: Profile,
    *,
    declared: Collection[str] | None = None,
    kind: CertificateKind = CertificateKind.COMPLIANCE,
    parties: Collection[str] = ("",),
    record: Record | None = None,
) -> Certificate:
    """Whether a run earns a certificate in a profile.

    `declared`: capabilities that the implementation says it has; None if it was never asked. `parties`: the
    products that took part, by name. `record`: which cases exercise which checks, by default as shipped.

    Raises:
        HarnessError: the verdicts are of another role than the profile.
    """
    if profile.role != verdicts.role:
        raise HarnessError(
            "the verdicts are of another role than the profile",
            expected=profile.role,
            received=verdicts.role,
        )
    record = record_of(verdicts.role) if record is None else record
    required = required_checks(verdicts, register)
    lacking = [] if declared is None else [name for name in profile.mandatory if name not in declared]
    wrong_parties = [] if len(set(parties)) == PARTIES[kind] else sorted(set(parties))
    not_run = [
        case.case
        for case in verdicts.cases
        if case.verdict is Verdict.NOT_RUN and _owes(case, required, record)
    ]
    reasons = (
        _reason("parties", wrong_parties),
        _reason("nothing", [] if _judged(verdicts) else [verdicts.role]),
        _reason("capability", lacking),
        _reason("failed", _cases(verdicts, Verdict.FAIL)),
        _reason("inconclusive", _cases(verdicts, Verdict.INCONCLUSIVE)),
        _reason("case_not_run", not_run),
        _reason("check_not_run", _not_run(verdicts, required, record) if verdicts.cases else []),
        _reason("review", _cases(verdicts, Verdict.REVIEW)),
    )
    remarks = (
        _reason("not_applicable", _undeclared(verdicts)),
        _reason("warned", _checks(verdicts, Verdict.WARN)),
        _reason("conditional", _checks(verdicts, Verdict.CONDITIONAL)),
        _reason("assumed", _assumed(verdicts)),
        _reason("not_scored", verdicts.not_scored),
    )
    return Certificate(
        kind=kind,
        role=verdicts.role,
        profile=profile.name,
        set=verdicts.set,
        reasons=tuple(one for one in reasons if one.about),
        remarks=tuple(one for one in remarks if one.about),
    )


def required_checks(verdicts: Verdicts, register: Register) -> tuple[str, ...]:
    """The checks that must have been run: scored, binding, and not resting on assumptions alone."""
    role = verdicts.role
    terms = terms_of(role, BY_ROLE[role], register, verdicts.selected, set_of(verdicts.set))
    return tuple(
        check.id
        for check in terms.checks.values()
        if terms.scores(check.id) and check.severity is Severity.MUST and check.id not in terms.assumed
    )


def _judged(verdicts: Verdicts) -> bool:
    """Whether anything was looked at: who declares nothing passes nothing."""
    return any(case.verdict is not Verdict.NOT_APPLICABLE for case in verdicts.cases)


def _not_run(verdicts: Verdicts, required: Iterable[str], record: Record) -> list[str]:
    """Required checks that had nothing to look at, though not for want of an optional capability."""
    seen = {
        one.check
        for case in verdicts.cases
        for one in case.checks
        if one.verdict is not Verdict.NOT_APPLICABLE
    }
    spared = {case.case for case in verdicts.cases if case.verdict is Verdict.NOT_APPLICABLE}
    missing = []
    for check in required:
        cases = record.exercising(check)
        if check not in seen and not (cases and spared.issuperset(cases)):
            missing.append(check)
    return missing


def _owes(case: CaseVerdict, required: Collection[str], record: Record) -> bool:
    """Whether a case that did not run would have exercised a required check; one that nobody knows would."""
    known = next((one for one in record.cases if one.case == case.case), None)
    return known is None or any(check in required for check in known.checks)


def _undeclared(verdicts: Verdicts) -> list[str]:
    """Capabilities for want of which cases did not apply."""
    return sorted(
        {
            name
            for case in verdicts.cases
            if case.verdict is Verdict.NOT_APPLICABLE
            for one in case.checks
            for found in one.findings
            for name in found.expected.split(", ")
        }
    )


def _cases(verdicts: Verdicts, verdict: Verdict) -> list[str]:
    return [case.case for case in verdicts.cases if case.verdict is verdict]


def _checks(verdicts: Verdicts, verdict: Verdict) -> list[str]:
    return list(
        dict.fromkeys(
            one.check
            for case in verdicts.cases
            for one in case.checks
            if one.scored and one.verdict is verdict
        )
    )


def _assumed(verdicts: Verdicts) -> list[str]:
    """Checks that passed on an assumption."""
    return list(
        dict.fromkeys(
            one.check
            for case in verdicts.cases
            for one in case.checks
            if one.scored and one.assumption is not None and one.verdict is Verdict.PASS
        )
    )


def _reason(code: str, about: Iterable[str]) -> Reason:
    return Reason(code=code, ja=SAID[code].ja, en=SAID[code].en, about=tuple(about))
