"""What strangers broke: mutants that name no check, and are caught by whichever check finds them.

Each plays the cases of its role until one check has found something, whatever that weighs. A survivor is a
breach that the harness does not see: it must say why none can, or a check or a case is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import msgspec

from conformance.mutants.strangers import STRANGERS
from conformance.mutants.strangers.shape import Stranger
from conformance.mutants.trial import Outcome, Trial
from conformance.runner import collect, silent, try_mutants
from conformance.selftest import AT_ONCE, Progress

ANY: Final = ""
"""In place of the check that must catch a mutant: any may."""


class Met(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one stranger. `failed`: which checks found it, in which case; `survives`: why none can."""

    id: str
    ja: str
    en: str
    breaches: tuple[str, ...]
    failed: dict[str, tuple[str, ...]] = {}
    inconclusive: tuple[str, ...] = ()
    played: int = 0
    survives: tuple[str, str] | None = None

    @property
    def caught(self) -> bool:
        """Whether any check found it."""
        return bool(self.failed)

    @property
    def as_said(self) -> bool:
        """Caught, or not caught for the reason that it gives; never both."""
        return self.caught != (self.survives is not None)


class Strangers(msgspec.Struct, frozen=True, kw_only=True):
    """All strangers of a role."""

    role: str
    met: tuple[Met, ...]

    @property
    def survivors(self) -> tuple[Met, ...]:
        """Those that nothing found."""
        return tuple(one for one in self.met if not one.caught)

    @property
    def exit_code(self) -> int:
        """0 each is caught or says why not; 1 one is otherwise than it says; 2 the harness failed."""
        if any(one.inconclusive for one in self.met):
            return 2
        return 0 if all(one.as_said for one in self.met) else 1

    @property
    def summary(self) -> str:
        """The last line that people read."""
        told = f"strangers: {len(self.met) - len(self.survivors)} of {len(self.met)} caught"
        said = [one.id for one in self.survivors if one.survives is not None]
        missed = [one.id for one in self.survivors if one.survives is None]
        if said:
            told += f"; not to be seen: {', '.join(said)}"
        if missed:
            told += f"; survived: {', '.join(missed)}"
        return told


def meet(
    role: str, cases: Mapping[str, tuple[str, ...]] | None = None, say: Callable[[str], None] = silent
) -> Strangers:
    """Has the strangers of a role play its cases. `cases`: which of them play which; by default all play all.

    Raises:
        HarnessError: a run failed as a whole.
    """
    if cases is None:
        wanted = tuple(info.id for info in collect(role))
        cases = {one.id: wanted for one in STRANGERS[role]}
    strangers = tuple(one for one in STRANGERS[role] if one.id in cases)
    trials = [Trial(mutant=one.id, catches=ANY, cases=cases[one.id]) for one in strangers]
    hands = [tuple(trials[start::AT_ONCE]) for start in range(AT_ONCE) if trials[start::AT_ONCE]]
    telling = Progress(len(trials), say)
    outcomes: dict[str, Outcome] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in pool.map(lambda hand: try_mutants(role, hand, telling), hands):
            outcomes |= {outcome.mutant: outcome for outcome in done}
    return Strangers(role=role, met=tuple(_met(one, outcomes[one.id]) for one in strangers))


def _met(stranger: Stranger, outcome: Outcome) -> Met:
    return Met(
        id=stranger.id,
        ja=stranger.ja,
        en=stranger.en,
        breaches=stranger.breaches,
        failed=outcome.failed,
        inconclusive=outcome.inconclusive,
        played=outcome.played,
        survives=stranger.survives,
    )


def as_json(result: Strangers) -> str:
    """The whole result, the same bytes for the same result."""
    plain = msgspec.to_builtins(result) | {"summary": result.summary}
    return msgspec.json.format(msgspec.json.encode(plain, order="deterministic"), indent=2).decode()


def told(result: Strangers) -> Iterator[str]:
    """Each stranger with what it breaks and what found it, and the summary."""
    for one in result.met:
        yield f"{one.id}  {', '.join(one.breaches)}"
        yield f"    {one.ja} / {one.en}"
        for check, cases in one.failed.items():
            yield f"    {check}: {', '.join(cases)}"
        if one.inconclusive:
            yield f"    INCONCLUSIVE: {', '.join(one.inconclusive)}"
        if one.survives is not None:
            yield f"    {' / '.join(one.survives)}"
        elif not one.caught:
            yield f"    survived {one.played} cases"
    yield result.summary
