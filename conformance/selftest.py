"""Does the harness see? The reference must pass every case, and each mutant must be caught by its check.

First the reference plays all cases of its role; each must PASS. That run tells which check had something to
look at in which case, and so where a mutant can be caught at all: it is tried on the cases that exercise the
check that it names, until that check finds it. Every check must catch at least one mutant.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Final

import msgspec

from conformance.checks import BY_ROLE
from conformance.kits import kit_of
from conformance.mutants.shape import Mutant
from conformance.mutants.trial import Outcome, Trial
from conformance.register.record import FOLDER, Exercised, Killed, Record, record_of
from conformance.runner import run, try_mutants
from conformance.verdicts import CaseVerdict, Verdict

PATIENT: Final = 2.0
"""Seconds without a sign of life that nobody minds."""

AT_ONCE: Final = 2
"""Child processes that try mutants at the same time, each many of them one after the other."""

PROFILE: Final = "renkei-open/1"
NOTICE_JA: Final = f"{PROFILE} は公開資料から再構成した仕様です。公的機関の発行物ではありません。"
NOTICE_EN: Final = f"{PROFILE} is reconstructed from open sources; no authority issued it."


NOTHING: Final = (Verdict.NOT_APPLICABLE, Verdict.INCONCLUSIVE)
"""Verdicts of a check that had nothing to look at, or could not look."""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one mutant. `failed`: which checks found it, in which of the cases that were played."""

    id: str
    ja: str
    en: str
    catches: str
    failed: dict[str, tuple[str, ...]]
    inconclusive: tuple[str, ...] = ()

    @property
    def caught(self) -> bool:
        """Whether the check that it names found it."""
        return self.catches in self.failed


class Selftest(msgspec.Struct, frozen=True, kw_only=True):
    """The reference and all mutants of a role. `checks`: ids of the role's checks."""

    role: str = ""
    checks: tuple[str, ...] = ()
    reference: tuple[CaseVerdict, ...]
    mutants: tuple[Tried, ...]

    @property
    def failed(self) -> tuple[CaseVerdict, ...]:
        """Cases that the reference did not pass."""
        return tuple(case for case in self.reference if case.verdict is not Verdict.PASS)

    @property
    def survivors(self) -> tuple[Tried, ...]:
        """Mutants that their check did not find."""
        return tuple(mutant for mutant in self.mutants if not mutant.caught)

    @property
    def unproven(self) -> tuple[str, ...]:
        """Checks that caught no mutant made for them: nobody knows whether they can fail."""
        proven = {mutant.catches for mutant in self.mutants if mutant.caught}
        return tuple(check for check in self.checks if check not in proven)

    @property
    def idle(self) -> tuple[str, ...]:
        """Checks that had nothing to look at in any case of the reference."""
        seen = {check for case in exercised(self.reference) for check in case.checks}
        return tuple(check for check in self.checks if check not in seen)

    @property
    def unjudged(self) -> bool:
        """Whether something stayed unknown through a fault of the harness."""
        return any(case.verdict in (Verdict.INCONCLUSIVE, Verdict.NOT_RUN) for case in self.reference) or any(
            mutant.inconclusive for mutant in self.mutants
        )

    @property
    def exit_code(self) -> int:
        """0 good; 1 the reference fails, a mutant survives, a check catches none; 2 the harness failed."""
        if self.unjudged:
            return 2
        return 1 if self.failed or self.survivors or self.unproven or self.idle else 0

    @property
    def summary(self) -> str:
        """The last line that people read."""
        total, bad, lost = len(self.reference), self.failed, self.survivors
        reference = f"{total} cases PASS"
        if bad:
            named = ", ".join(f"{case.case} {case.verdict}" for case in bad)
            reference = f"{total - len(bad)} of {total} cases PASS ({named})"
        mutants = f"{len(self.mutants) - len(lost)} of {len(self.mutants)} mutants caught"
        if lost:
            mutants += f" (survived: {', '.join(mutant.id for mutant in lost)})"
        said = f"reference: {reference}; {mutants}"
        if self.unproven:
            said += f"; checks that caught none: {', '.join(self.unproven)}"
        if self.idle:
            said += f"; checks never exercised: {', '.join(self.idle)}"
        return said

    @property
    def record(self) -> Record:
        """What CI compares: which checks each case exercises, and in which case each mutant was caught."""
        return Record(
            role=self.role,
            cases=exercised(self.reference),
            mutants=tuple(
                Killed(one.id, one.catches, one.failed[one.catches][0]) for one in self.mutants if one.caught
            ),
        )


def exercised(cases: Iterable[CaseVerdict]) -> tuple[Exercised, ...]:
    """Of each case, the checks that had something to look at, each once, in the order in which they ran."""
    return tuple(
        Exercised(
            case.case,
            case.tag,
            tuple(dict.fromkeys(one.check for one in case.checks if one.verdict not in NOTHING)),
        )
        for case in cases
    )


def trial_of(mutant: Mutant, cases: Sequence[Exercised], before: Record) -> Trial:
    """Where a mutant is tried: in the cases that exercise its check, first where it was caught before."""
    able = [case.case for case in cases if mutant.catches in case.checks]
    caught = {killed.case for killed in before.mutants if killed.mutant == mutant.id}
    ordered = sorted(able, key=lambda case: case not in caught)
    return Trial(mutant=mutant.id, catches=mutant.catches, cases=tuple(ordered))


class Progress:
    """Tells now and then how many mutants have been tried. Called by several threads, once a mutant."""

    def __init__(self, total: int, say: Callable[[str], None]) -> None:
        self._total = total
        self._say = say
        self._done = 0
        self._last = time.monotonic()
        self._lock = Lock()

    def __call__(self, mutant: str) -> None:
        with self._lock:
            self._done += 1
            if time.monotonic() - self._last > PATIENT:
                self._last = time.monotonic()
                self._say(f"conform selftest: {self._done} of {self._total} mutants")


def selftest(role: str, say: Callable[[str], None] = lambda text: None) -> Selftest:
    """Runs the reference of a role and every mutant of it. `say` is told about progress every two seconds.

    Raises:
        HarnessError: a run failed as a whole.
    """
    mutants = kit_of(role).mutants
    reference = run(role).verdicts.cases
    cases = exercised(reference)
    trials = [trial_of(mutant, cases, record_of(role)) for mutant in mutants]
    playable = [trial for trial in trials if trial.cases]
    hands = [tuple(playable[start::AT_ONCE]) for start in range(AT_ONCE) if playable[start::AT_ONCE]]
    telling = Progress(len(playable), say)
    outcomes: dict[str, Outcome] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in pool.map(lambda hand: try_mutants(role, hand, telling), hands):
            outcomes |= {outcome.mutant: outcome for outcome in done}
    return Selftest(
        role=role,
        checks=tuple(BY_ROLE[role]),
        reference=reference,
        mutants=tuple(
            tried(mutant, outcomes.get(mutant.id, Outcome(mutant=mutant.id))) for mutant in mutants
        ),
    )


def write_record(result: Selftest) -> None:
    """Writes the record into the harness's own folder, for the next self-test, for coverage and for CI."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{result.role}.json").write_text(result.record.text, encoding="utf-8")


def tried(mutant: Mutant, outcome: Outcome) -> Tried:
    """A mutant with what came of its trial."""
    return Tried(
        id=mutant.id,
        ja=mutant.ja,
        en=mutant.en,
        catches=mutant.catches,
        failed=outcome.failed,
        inconclusive=outcome.inconclusive,
    )


def as_json(result: Selftest) -> str:
    """The whole result, the same bytes for the same result."""
    checks = BY_ROLE.get(result.role, {})
    plain = {
        "role": result.role,
        "profile": PROFILE,
        "notice_ja": NOTICE_JA,
        "notice_en": NOTICE_EN,
        "summary": result.summary,
        "checks": [
            {"id": one.id, "ja": one.ja, "en": one.en, "requirements": one.requirements}
            for one in checks.values()
        ],
        "unproven": result.unproven,
        "idle": result.idle,
        "reference": result.reference,
        "mutants": [msgspec.to_builtins(one) | {"caught": one.caught} for one in result.mutants],
    }
    return msgspec.json.format(msgspec.json.encode(plain, order="deterministic"), indent=2).decode()


def show(result: Selftest) -> None:
    """Prints the table check × mutant, its key, what the reference failed, and the summary."""
    from rich.console import Console

    plain = not sys.stdout.isatty()
    console = Console(
        width=120 if plain else None, no_color=plain, highlight=False, emoji=False, markup=False
    )

    def say(text: str = "") -> None:
        console.print(text, soft_wrap=True)

    for line in table(result):
        say(line)
    say("\nX caught by the check it names   x found by this check too   ! missed by the check it names\n")
    for number, mutant in enumerate(result.mutants, start=1):
        cases = ", ".join(mutant.failed.get(mutant.catches, ())) or "survived"
        say(f"{number:>3}  {mutant.id}: {mutant.ja} / {mutant.en}")
        say(f"     {mutant.catches}: {cases}")
    for case in result.failed:
        say(f"\n{case.case} {case.verdict}  {case.title}")
        for one in case.checks:
            for found in one.findings:
                say(f"    {one.check} {one.verdict}: {found.ja} / {found.en}")
                say(f"      expected: {found.expected}\n      received: {found.received}")
    say(f"\n{NOTICE_JA}\n{NOTICE_EN}\n{result.summary}")


ACROSS: Final = 20
"""Mutants in one block of the table: so many columns fit a terminal."""
NOT_SEEN: Final = "."


def table(result: Selftest) -> Iterable[str]:
    """The table check × mutant as lines of text, in blocks of as many mutants as fit.

    A block leaves out the checks that say nothing in it; the first one has those that never say anything.
    """
    checks = BY_ROLE.get(result.role, {})
    wide = max((len(id) for id in result.checks), default=5)
    silent = {id for id in result.checks if all(_cell(id, mutant) == NOT_SEEN for mutant in result.mutants)}
    for start in range(0, max(len(result.mutants), 1), ACROSS):
        block = result.mutants[start : start + ACROSS]
        if start:
            yield ""
        numbers = range(start + 1, start + 1 + len(block))
        yield f"{'check':<{wide}}" + "".join(f"{number:>4}" for number in numbers)
        for id in result.checks:
            cells = [_cell(id, mutant) for mutant in block]
            if set(cells) - {NOT_SEEN} or (id in silent and not start):
                title = f"  {checks[id].ja}" if id in checks else ""
                yield f"{id:<{wide}}" + "".join(f"{cell:>4}" for cell in cells) + title


def _cell(check: str, mutant: Tried) -> str:
    if check == mutant.catches:
        return "X" if mutant.caught else "!"
    return "x" if check in mutant.failed else NOT_SEEN
