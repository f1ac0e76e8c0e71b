"""A whole run from a plan: the cases, the verdicts, the bundle, and what it amounts to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import msgspec

from conformance.adapters.secrets import Secret
from conformance.attest import Signer, signer_of
from conformance.baseline import Baseline, compare, explained, read_baseline
from conformance.bundle import may_be_written, results_of, write_bundle
from conformance.outcome import (
    GOOD,
    INTERRUPTED,
    NO_CERTIFICATE,
    OFF_BASELINE,
    Gate,
    Outcome,
    as_in_baseline,
    outcome,
)
from conformance.plan import Plan, load
from conformance.results import Journals, Pages, Proof, Results
from conformance.runner import Run, attempt, collect
from conformance.summary import show_cases, show_stranger
from conformance.verdicts import Verdict
from sim.base.errors import UsageError, nearest
from sim.base.instant import JAPAN

Say = Callable[[str], None]

NOTICE_JA: Final = "この結果は公的機関の認定ではありません。公開された仕様 renkei-open/1 によります。"
NOTICE_EN: Final = "No authority stands behind this result. It rests on the open profile renkei-open/1."


@dataclass(frozen=True, slots=True)
class Done:
    """A run that is over. `reasons`: what stands in the way at the gate, in Japanese and English."""

    out: Path
    run: Run
    outcome: Outcome
    reasons: tuple[tuple[str, str], ...]

    @property
    def code(self) -> int:
        """The exit code."""
        return self.outcome.code

    def as_json(self) -> str:
        """The result, the same bytes for the same result."""
        told = {
            "role": self.run.role,
            "verdict": self.run.verdicts.verdict,
            "exit_code": self.code,
            "outcome": {"ja": self.outcome.ja, "en": self.outcome.en},
            "reasons": [{"ja": ja, "en": en} for ja, en in self.reasons],
            "stopped": self.run.stopped,
            "bundle": str(self.out),
            "cases": [
                {"case": case.case, "title": case.title, "verdict": case.verdict}
                for case in self.run.verdicts.cases
            ],
        }
        return msgspec.json.format(msgspec.json.encode(told, order="deterministic"), indent=2).decode()

    def show(self, say: Say) -> None:
        """Prints what is not as it must be, what was lost, and what it amounts to."""
        cases = self.run.verdicts.cases
        if not show_stranger(self.run, say):
            show_cases(cases, self.out, say)
        counted = Counter(case.verdict for case in cases)
        say("\n" + ", ".join(f"{counted[verdict]} {verdict}" for verdict in Verdict if counted[verdict]))
        if self.run.stopped:
            say(f"途中で終了 / ended early: {self.run.stopped}")
        for ja, en in self.reasons:
            say(f"    {ja} / {en}")
        say(f"{self.out}\n{NOTICE_JA}\n{NOTICE_EN}")
        say(f"{self.code}: {self.outcome.ja} / {self.outcome.en}")


def no_pages(results: Results, journals: Journals, proof: Proof) -> dict[str, str]:
    """Makes no pages: for a bundle that programs read."""
    return {}


def perform(
    path: Path,
    out: Path,
    only: tuple[str, ...],
    gate: str,
    on: str,
    say: Say,
    pages: Pages = no_pages,
    sign_key: Path | None = None,
) -> Done:
    """Runs what a plan says, and writes the bundle. `pages` makes what people read in it.

    `sign_key`: a private key to sign with, instead of the one that the plan refers to.

    Raises:
        UsageError: the plan, the gate, the day, the baseline, the key, a case or the folder cannot be used.
        HarnessError: the implementation cannot be started, or the harness failed.
    """
    plan = load(path)
    wanted = _gate(gate)
    day = _day(on)
    known_requirements(plan)
    known = _baseline(plan) if wanted is Gate.BASELINE else None
    signer = _signer(plan, sign_key)
    with _place_for(out):
        done = attempt(
            plan.role,
            adapter=plan.adapter.model_dump(mode="json"),
            only=only,
            mandatory=plan.recommended.mandatory,
            selected=plan.requirements.wishes,
            frozen=plan.requirements.set,
            exchange=plan.exchange.model_dump(mode="json"),
            challenge=plan.challenge.text,
            patience=plan.limits.run,
            partner=None if plan.partner is None else plan.partner.adapter.model_dump(mode="json"),
            say=say,
        )
    results = results_of(plan, done, only)
    write_bundle(out, plan, done, results, pages, signer)
    found, reasons = outcome(done), []
    if wanted is Gate.CERTIFICATE:
        reasons = _against(results)
        if reasons and found is GOOD:
            found = NO_CERTIFICATE
    if known is not None and found is not INTERRUPTED:
        cases = [info.id for info in collect(plan.role)] if only else []
        beside = compare(done.verdicts, known, day, cases)
        reasons = [explained(one).both for one in beside.blocking]
        found = as_in_baseline(len(beside.known)) if beside.passes else OFF_BASELINE
    return Done(out, done, found, tuple(reasons))


def known_requirements(plan: Plan) -> None:
    """Looks whether the plan's set of requirements and its wishes exist.

    Raises:
        UsageError: one does not.
    """
    from conformance.checks import BY_ROLE
    from conformance.register import load as register
    from conformance.register.sets import set_of
    from conformance.terms import terms_of

    checks = BY_ROLE[plan.role]
    terms_of(plan.role, checks, register(), plan.requirements.wishes, set_of(plan.requirements.set))


@contextmanager
def _place_for(out: Path) -> Iterator[None]:
    """The folder of the bundle; it goes again when it was made for a run that never began."""
    new = not out.exists()
    may_be_written(out)
    try:
        yield
    except BaseException:
        if new and not any(out.iterdir()):
            out.rmdir()
        raise


def _gate(name: str) -> Gate | None:
    if not name or name in tuple(Gate):
        return Gate(name) if name else None
    near = nearest(name, tuple(Gate))
    raise UsageError(
        "there is no such gate",
        where="--gate",
        expected=", ".join(Gate),
        received=name,
        remedy=f"did you mean {near}?" if near else "give one of these, or none",
    )


def _signer(plan: Plan, sign_key: Path | None) -> Signer | None:
    """Who signs; None for an unsigned bundle."""
    key = plan.signing.key if sign_key is None else Secret(file=sign_key)
    where = "signing.key" if sign_key is None else "--sign-key"
    return None if key is None else signer_of(key.look_up(where), where)


def _day(text: str) -> date:
    if not text:
        # The only clock that a run reads: a baseline's entries end on a day. --on gives another one.
        return datetime.now(JAPAN).date()  # noqa: TID251
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            "this is no day", where="--on", expected="a day such as 2026-06-03", received=text
        ) from error


def _baseline(plan: Plan) -> Baseline:
    if plan.baseline.path is None:
        raise UsageError(
            "the plan names no baseline",
            where="--gate baseline",
            remedy='write path = "baseline.toml" under [baseline]; docs/adapter.md shows such a file',
        )
    return baseline_in(plan.baseline.path)


def baseline_in(path: Path) -> Baseline:
    """The baseline in a file.

    Raises:
        UsageError: there is no such file, or it holds none.
    """
    try:
        return read_baseline(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            "the baseline cannot be read",
            where=str(path),
            received=str(error),
            remedy="give a file in UTF-8 as docs/adapter.md shows one, under [baseline] in the plan",
        ) from error


def _against(results: Results) -> list[tuple[str, str]]:
    """What stands in the way of a certificate."""
    found = []
    for one in results.certificate.reasons:
        about = ", ".join(one.about)
        found.append((f"{one.ja} {about}".rstrip(), f"{one.en} {about}".rstrip()))
    return found
