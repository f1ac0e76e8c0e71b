"""What a run's cases amount to for whoever reads the screen: by check, then case by case, then what was lost.

A product that gives one field wrongly can fail hundreds of cases in the same check, so the checks come first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from conformance.judge import COMPLETED, TESTABLE
from conformance.runner import Run
from conformance.verdicts import BAD, ORDER, CaseVerdict, CheckVerdict, Finding, Verdict

Say = Callable[[str], None]

TOLD: Final = (*sorted(BAD), Verdict.WARN, Verdict.REVIEW)
"""Verdicts of which the reasons are printed."""
SHOWN: Final = 40
"""Cases of which the reasons are printed; the bundle has them all."""
UNTRIED: Final = "(no check)"
"""Where a case that left no journal is counted."""


def show_stranger(run: Run, say: Say) -> bool:
    """Prints once what is wrong with a `hello` that stood in the way of every case; whether it did."""
    found = {_first(case) for case in run.verdicts.cases if case.case in run.journals}
    if run.peer or len(found) != 1 or not (stranger := found.pop()):
        return False
    say(
        "実装が名乗らないので、どのケースも試せなかった。`renkei conform doctor` を実行する / "
        "the implementation does not introduce itself, so no case could be tried: run `renkei conform doctor`"
    )
    say("    " + stranger.replace("\n", "\n    "))
    return True


def _first(case: CaseVerdict) -> str:
    """Why a case could not be played; empty if it was."""
    told = (found.received for one in case.checks if one.check == COMPLETED for found in one.findings)
    return next(told, "")


def _show_finding(found: Finding, say: Say, indent: str) -> None:
    for label, text in (("expected", found.expected), ("received", found.received)):
        say(f"{indent}{label}: " + text.replace("\n", "\n" + indent + " " * 10))


def show_cases(cases: Sequence[CaseVerdict], out: Path, say: Say) -> None:
    """Prints what is not as it must be, and what was lost. `out`: where everything stands."""
    told = [case for case in cases if case.verdict in TOLD]
    if told:
        say("検査ごと / by check:")
        for line in by_check(told):
            say(f"    {line}")
        say("")
    for case in told[:SHOWN]:
        say(f"{case.case}  {case.verdict}  {case.title}")
        for one in _told(case).values():
            for found in one.findings[:1]:
                say(f"    {one.check}: {found.ja} / {found.en}")
                _show_finding(found, say, "      ")
    if len(told) > SHOWN:
        say(f"ほか {len(told) - SHOWN} 件 / and {len(told) - SHOWN} more: {out}")
    lost = [case for case in cases if case.verdict is Verdict.NOT_APPLICABLE]
    if lost:
        say("\n該当なし / not applicable:")
        for line in by_capability(lost):
            say(f"    {line}")


def by_check(cases: Sequence[CaseVerdict]) -> Iterator[str]:
    """A line for each check and verdict with its number of cases: the heaviest first, then the most."""
    first: dict[tuple[str, Verdict], str] = {}
    counted: Counter[tuple[str, Verdict]] = Counter()
    for case in cases:
        keys = {(one.check, one.verdict) for one in _told(case).values()} or {(UNTRIED, case.verdict)}
        counted.update(keys)
        for key in keys:
            first.setdefault(key, case.case)
    for check, verdict in sorted(counted, key=lambda key: (ORDER.index(key[1]), -counted[key], key[0])):
        count = _cases(counted[check, verdict])
        yield f"{check}: {verdict} in {count}, first {first[check, verdict]}"


def by_capability(lost: Sequence[CaseVerdict]) -> Iterator[str]:
    """A line for each capability, or several together, for want of which cases did not apply."""
    counted = Counter(
        ", ".join(found.expected for one in case.checks if one.check == TESTABLE for found in one.findings)
        for case in lost
    )
    for names, count in sorted(counted.items(), key=lambda item: (-item[1], item[0])):
        yield f"{names or UNTRIED}: {_cases(count)}"


def _told(case: CaseVerdict) -> dict[str, CheckVerdict]:
    """The checks of a case that are told of: each once, as it was the first time and at its heaviest."""
    found: dict[str, CheckVerdict] = {}
    for one in case.checks:
        known = found.get(one.check)
        if one.verdict in TOLD and (known is None or _heavier(one, known)):
            found[one.check] = one
    return found


def _heavier(one: CheckVerdict, other: CheckVerdict) -> bool:
    return ORDER.index(one.verdict) < ORDER.index(other.verdict)


def _cases(count: int) -> str:
    return f"{count} case" if count == 1 else f"{count} cases"
