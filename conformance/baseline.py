"""What a vendor already knows to be wrong: a file in the vendor's own repository, compared with each run.

What a verdict says of a product and whether anybody expected it are two questions. The verdict never changes;
beside it stands the expectation: `expected` if the baseline has it, `flaky` if it may come and go until a
day, `unexpected` otherwise. An entry that no longer comes true is `stale` and fails the gate too, so that a
baseline never hides what was mended and broke again.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Collection
from datetime import date
from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec

from conformance.verdicts import BAD, CaseVerdict, Verdict, Verdicts, Words, worst
from sim.base.errors import UsageError

SILENT: Final = (Verdict.PASS, Verdict.NOT_APPLICABLE)
"""Verdicts that need no entry."""

Text = Annotated[str, msgspec.Meta(min_length=1)]


class Expectation(StrEnum):
    """Whether a verdict was expected."""

    UNEXPECTED = "unexpected"
    EXPECTED = "expected"
    STALE = "stale"
    FLAKY = "flaky"


class Why(StrEnum):
    """Why an entry is stale."""

    CHANGED = "changed"
    """The case was played, and the check came out otherwise."""
    UNKNOWN = "unknown"
    """There is no such case."""
    EXPIRED = "expired"
    """The last day of a flaky entry is over."""


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A known verdict of a check in a case. `check`: empty for the case as a whole, when it did not run."""

    case: Text
    check: str = ""
    verdict: Verdict = Verdict.FAIL
    reason: str = ""


class Flaky(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A check in a case that fails now and then. `until`: the last day on which that is tolerated."""

    case: Text
    check: str = ""
    reason: Text
    until: date


class Baseline(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All that is known of one product in one role."""

    version: Literal[1] = 1
    role: Text
    expected: tuple[Expected, ...] = ()
    flaky: tuple[Flaky, ...] = ()

    @property
    def text(self) -> str:
        """The baseline as TOML."""
        blocks = [f"version = 1\nrole = {json.dumps(self.role)}\n"]
        for name, entries in (("expected", self.expected), ("flaky", self.flaky)):
            for entry in entries:
                lines = [f"[[{name}]]"]
                for key, value in msgspec.structs.asdict(entry).items():
                    told = value.isoformat() if isinstance(value, date) else _quoted(str(value))
                    lines.append(f"{key} = {told}")
                blocks.append("\n".join(lines) + "\n")
        return "\n".join(blocks)


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict with its expectation. For a stale entry, `verdict` is what the entry still expects.

    `why`: why it is stale; None for any other.
    """

    case: str
    check: str
    verdict: Verdict
    expectation: Expectation
    reason: str = ""
    why: Why | None = None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A run beside a baseline."""

    compared: tuple[Compared, ...]

    @property
    def blocking(self) -> tuple[Compared, ...]:
        """What fails the gate: bad verdicts that nobody expected, and entries that are stale."""
        return tuple(
            one
            for one in self.compared
            if one.expectation is Expectation.STALE
            or (one.expectation is Expectation.UNEXPECTED and one.verdict in BAD)
        )

    @property
    def known(self) -> tuple[Compared, ...]:
        """Bad verdicts that the baseline has, as expected or as flaky."""
        held = (Expectation.EXPECTED, Expectation.FLAKY)
        return tuple(one for one in self.compared if one.expectation in held and one.verdict in BAD)

    @property
    def passes(self) -> bool:
        """Whether a gate on the baseline lets the run pass."""
        return not self.blocking


def read_baseline(text: str, where: str) -> Baseline:
    """A baseline from TOML or JSON. `where`: the file, for messages.

    Raises:
        UsageError: it is neither, has unknown or missing keys, or names one check of a case twice.
    """
    try:
        raw = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
        baseline = msgspec.convert(raw, Baseline)
    except (ValueError, msgspec.ValidationError) as error:  # both decoders raise ValueErrors
        raise UsageError(
            "the baseline cannot be read",
            where=where,
            expected="version, role, [[expected]] with case and check, [[flaky]] with reason and until too",
            received=str(error),
            remedy="docs/adapter.md shows a baseline with every key",
        ) from error
    keys = [(entry.case, entry.check) for entry in baseline.expected]
    keys += [(entry.case, entry.check) for entry in baseline.flaky]
    doubled = sorted({key for key in keys if keys.count(key) > 1})
    if doubled:
        raise UsageError(
            "the baseline has one check of a case twice",
            where=where,
            received=", ".join(" ".join(key).strip() for key in doubled),
            remedy="keep one of the entries",
        )
    return baseline


def compare(verdicts: Verdicts, baseline: Baseline, on: date, known: Collection[str] = ()) -> Comparison:
    """A run beside a baseline on a day. `known`: cases that exist although this run was not to play them.

    Raises:
        UsageError: the baseline is of another role.
    """
    if baseline.role != verdicts.role:
        raise UsageError("the baseline is of another role", expected=verdicts.role, received=baseline.role)
    seen = observed(verdicts)
    flaky = {(entry.case, entry.check): entry for entry in baseline.flaky if on <= entry.until}
    expected = {(entry.case, entry.check): entry for entry in baseline.expected}
    compared = []
    for (case, check), verdict in seen.items():
        key = (case, check)
        wanted = expected.get(key)
        if key in flaky:
            found, reason = Expectation.FLAKY, flaky[key].reason
        elif wanted is not None and wanted.verdict is verdict:
            found, reason = Expectation.EXPECTED, wanted.reason
        else:
            found, reason = Expectation.UNEXPECTED, ""
        compared.append(Compared(case=case, check=check, verdict=verdict, expectation=found, reason=reason))
    cases = {case.case: case for case in verdicts.cases}
    for key, wanted in expected.items():
        if seen.get(key) is not wanted.verdict and _can_be_told(wanted, cases, known):
            why = Why.CHANGED if wanted.case in cases else Why.UNKNOWN
            compared.append(_stale(wanted, wanted.verdict, why))
    for entry in baseline.flaky:
        gone = entry.case not in cases and entry.case not in known
        if entry.until < on or gone:
            compared.append(_stale(entry, Verdict.FAIL, Why.UNKNOWN if gone else Why.EXPIRED))
    return Comparison(compared=tuple(compared))


EXPLAINED: Final = {
    None: Words(
        "基準ファイルにない{verdict}。直すか、[[expected]] に書き加える",
        "unexpected: {verdict}, which the baseline does not have. Mend it, or add an [[expected]] entry",
    ),
    Why.CHANGED: Words(
        "基準ファイルには{verdict}とあるが、今回はそうでない。"
        "直ったのであればこの項目を消し、別の判定になったのであれば書き改める",
        "stale: the baseline says {verdict}, and this run does not. "
        "If it was mended, delete the entry; if it came out otherwise, correct the entry",
    ),
    Why.UNKNOWN: Words(
        "そのようなケースはない。`renkei conform list` で id を確かめて改めるか、この項目を消す",
        "stale: there is no such case. Look up its id with `renkei conform list`, or delete the entry",
    ),
    Why.EXPIRED: Words(
        "[[flaky]] の期限 until が過ぎている。"
        "直ったのであればこの項目を消し、なお続くのであれば理由と期限を改める",
        "stale: the last day `until` of the [[flaky]] entry is over. "
        "If it was mended, delete the entry; if not, give a new reason and day",
    ),
}
"""What is otherwise than in the baseline, and what to do."""


def explained(one: Compared) -> Words:
    """What blocks the gate, and what to do about it."""
    about, said = f"{one.case} {one.check}".rstrip(), EXPLAINED[one.why]
    ja, en = (f"{about}: {text.format(verdict=one.verdict)}" for text in said.both)
    return Words(ja, en)


def baseline_of(verdicts: Verdicts) -> Baseline:
    """A baseline that expects just what a run has: a start, to be given reasons and to shrink."""
    entries = [
        Expected(case=case, check=check, verdict=verdict)
        for (case, check), verdict in observed(verdicts).items()
    ]
    return Baseline(role=verdicts.role, expected=tuple(entries))


def observed(verdicts: Verdicts) -> dict[tuple[str, str], Verdict]:
    """Every scored verdict that is neither PASS nor NOT_APPLICABLE, by case and check."""
    found: dict[tuple[str, str], list[Verdict]] = {}
    for case in verdicts.cases:
        for one in case.checks:
            if one.scored and one.verdict not in SILENT:
                found.setdefault((case.case, one.check), []).append(one.verdict)
        if not case.checks and case.verdict not in SILENT:
            found[case.case, ""] = [case.verdict]
    return {key: worst(several) for key, several in found.items()}


def _can_be_told(entry: Expected, cases: dict[str, CaseVerdict], known: Collection[str]) -> bool:
    """Whether a run says that an entry no longer comes true; a case that was not judged says nothing."""
    case = cases.get(entry.case)
    if case is None:
        return entry.case not in known
    return case.verdict not in (Verdict.NOT_RUN, Verdict.INCONCLUSIVE)


def _stale(entry: Expected | Flaky, verdict: Verdict, why: Why) -> Compared:
    return Compared(
        case=entry.case,
        check=entry.check,
        verdict=verdict,
        expectation=Expectation.STALE,
        reason=entry.reason,
        why=why,
    )


def _quoted(text: str) -> str:
    # JSON's escapes are TOML's too, but for the delete character, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
