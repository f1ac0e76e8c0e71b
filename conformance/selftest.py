"""Does the harness see? The reference must pass every case, and each mutant must be caught by its check."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import msgspec

from conformance.mutants import ALL, Mutant
from conformance.runner import Run, run
from conformance.verdicts import CaseVerdict, Verdict, Verdicts

PATIENT: Final = 2.0
"""Seconds without a sign of life that nobody minds."""

CAUGHT: Final = (Verdict.FAIL, Verdict.WARN)

PROFILE: Final = "renkei-open/1"
NOTICE_JA: Final = f"{PROFILE} は公開資料から再構成した仕様です。公的機関の発行物ではありません。"
NOTICE_EN: Final = f"{PROFILE} is reconstructed from open sources; no authority issued it."


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one mutant. `failed`: which checks found it, in which cases."""

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
    """The reference and all mutants."""

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
    def unjudged(self) -> bool:
        """Whether something stayed unknown through a fault of the harness."""
        return any(case.verdict in (Verdict.INCONCLUSIVE, Verdict.NOT_RUN) for case in self.reference) or any(
            mutant.inconclusive for mutant in self.mutants
        )

    @property
    def exit_code(self) -> int:
        """0 good, 1 the reference fails or a mutant survives, 2 the harness failed."""
        if self.unjudged:
            return 2
        return 1 if self.failed or self.survivors else 0

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
        return f"reference: {reference}; {mutants}"


def selftest(say: Callable[[str], None] = lambda text: None) -> Selftest:
    """Runs the reference and every mutant. `say` is told about progress every two seconds.

    Raises:
        HarnessError: a run failed as a whole.
    """
    last = time.monotonic()
    runs: list[Run] = []
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        try:
            for done in pool.map(run, ["", *(mutant.id for mutant in ALL)]):
                runs.append(done)
                if time.monotonic() - last > PATIENT:
                    last = time.monotonic()
                    say(f"conform selftest: {len(runs)} of {len(ALL) + 1} runs")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    reference, *rest = runs
    return Selftest(
        reference=reference.verdicts.cases,
        mutants=tuple(tried(mutant, done.verdicts) for mutant, done in zip(ALL, rest, strict=True)),
    )


def tried(mutant: Mutant, verdicts: Verdicts) -> Tried:
    """What the verdicts on a mutant's run say about it."""
    failed: dict[str, list[str]] = {}
    for case in verdicts.cases:
        for name in dict.fromkeys(result.check for result in case.checks if result.verdict in CAUGHT):
            failed.setdefault(name, []).append(case.case)
    return Tried(
        id=mutant.id,
        ja=mutant.ja,
        en=mutant.en,
        catches=mutant.catches,
        failed={name: tuple(cases) for name, cases in sorted(failed.items())},
        inconclusive=tuple(case.case for case in verdicts.cases if case.verdict is Verdict.INCONCLUSIVE),
    )


def as_json(result: Selftest) -> str:
    """The whole result, the same bytes for the same result."""
    from conformance.checks import CHECKS

    plain = {
        "profile": PROFILE,
        "notice_ja": NOTICE_JA,
        "notice_en": NOTICE_EN,
        "summary": result.summary,
        "checks": [
            {"id": one.id, "ja": one.ja, "en": one.en, "requirements": one.requirements}
            for one in CHECKS.values()
        ],
        "reference": result.reference,
        "mutants": [msgspec.to_builtins(one) | {"caught": one.caught} for one in result.mutants],
    }
    return msgspec.json.format(msgspec.json.encode(plain, order="deterministic"), indent=2).decode()


def show(result: Selftest) -> None:
    """Prints the table check × mutant, its key, what the reference failed, and the summary."""
    from rich.console import Console
    from rich.table import Table

    from conformance.checks import CHECKS

    plain = not sys.stdout.isatty()
    console = Console(
        width=120 if plain else None, no_color=plain, highlight=False, emoji=False, markup=False
    )
    table = Table(box=None, pad_edge=False)
    table.add_column("check", no_wrap=True)
    for number in range(1, len(result.mutants) + 1):
        table.add_column(str(number), justify="right", no_wrap=True)
    table.add_column("検査")
    for check in CHECKS.values():
        table.add_row(check.id, *(_cell(check.id, mutant) for mutant in result.mutants), check.ja)
    console.print(table)

    def say(text: str = "") -> None:
        console.print(text, soft_wrap=True)

    say("\nX caught by the check it names   x found by this check too   ! missed by the check it names\n")
    for number, mutant in enumerate(result.mutants, start=1):
        cases = ", ".join(mutant.failed.get(mutant.catches, ())) or "survived"
        say(f"{number:>2}  {mutant.id}: {mutant.ja} / {mutant.en}")
        say(f"    {mutant.catches}: {cases}")
    for case in result.failed:
        say(f"\n{case.case} {case.verdict}  {case.title}")
        for one in case.checks:
            for found in one.findings:
                say(f"    {one.check} {one.verdict}: {found.ja} / {found.en}")
                say(f"      expected: {found.expected}\n      received: {found.received}")
    say(f"\n{NOTICE_JA}\n{NOTICE_EN}\n{result.summary}")


def _cell(check: str, mutant: Tried) -> str:
    if check == mutant.catches:
        return "X" if mutant.caught else "!"
    return "x" if check in mutant.failed else "."
