"""Many mutants in one session: cases are collected once, then each mutant plays those that could catch it.

Starting a process for each mutant would cost more than playing its cases. A mutant stops at the first case in
which the check that it names finds it, or any check where it names none.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from conformance.kits import Kit
from conformance.mutants.trial import Outcome, Trial
from conformance.peer import Peer
from conformance.terms import Terms
from conformance.verdicts import CaseVerdict, Verdict
from conformance.worker import Plugin, info_of, silent
from sim.base.journal import Line


def broken(verdict: CaseVerdict) -> tuple[str, ...]:
    """The checks of a case that found something, each once. Whatever it weighs, it was seen."""
    return tuple(
        dict.fromkeys(
            one.check
            for one in verdict.checks
            if one.findings and one.verdict not in (Verdict.INCONCLUSIVE, Verdict.PASS)
        )
    )


class Trials(Plugin):
    """Plays each trial's cases in turn instead of each case once."""

    def __init__(
        self,
        kit: Kit,
        trials: tuple[Trial, ...],
        out: Path,
        terms: Terms,
        say: Callable[[str], None] = silent,
    ) -> None:
        only = tuple(sorted({case for trial in trials for case in trial.cases}))
        super().__init__(kit, Peer(kit, {}), only, out, terms, say)
        self._trials = trials
        self._last: CaseVerdict | None = None

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Interrupted("the features cannot be collected")
        items = {info_of(item).id: item for item in session.items}
        for trial in self._trials:
            self._peer = Peer(self._kit, {}, trial.mutant)
            try:
                self.outcomes.append(self._try(trial, items))
            finally:
                self._peer.leave()
            self._say(trial.mutant)
        return True

    def keep(self, lines: tuple[Line, ...], verdict: CaseVerdict) -> None:
        self._last = verdict

    def _try(self, trial: Trial, items: dict[str, pytest.Item]) -> Outcome:
        failed: dict[str, list[str]] = {}
        inconclusive: list[str] = []
        played = 0
        for case in trial.cases:
            verdict = self._play(items[case])
            played += 1
            if verdict is None:
                continue
            for check in broken(verdict):
                failed.setdefault(check, []).append(case)
            if verdict.verdict is Verdict.INCONCLUSIVE:
                inconclusive.append(case)
            if trial.catches in failed or (failed and not trial.catches):
                break
        return Outcome(
            mutant=trial.mutant,
            failed={check: tuple(cases) for check, cases in sorted(failed.items())},
            inconclusive=tuple(inconclusive),
            played=played,
        )

    def _play(self, item: pytest.Item) -> CaseVerdict | None:
        """Plays a case as if it had never been played: with a stage and fixtures of its own.

        None: the mutant does not declare what the case needs.
        """
        self._last = None
        runtestprotocol(item, log=False, nextitem=None)
        return self._last
