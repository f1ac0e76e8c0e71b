"""Plays told steps through the very step functions of the features, and has the judge say what came.

pytest would do the same with the saved feature. Played here, a story costs no collection, so that hundreds
can be tried, and it is known which step stated which expectation.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

from conformance.judge import OF_THE_CASE, judge_case
from conformance.kits import Kit
from conformance.model.telling import Step
from conformance.peer import Peer
from conformance.stage import Scene, Stage
from conformance.terms import Terms
from conformance.verdicts import CaseVerdict, CheckVerdict, Verdict
from features.steps.municipal import Scene as Common
from features.steps.municipal_register import Desk
from sim.base.errors import Breach, HarnessError
from sim.base.journal import Line

TITLE: Final = "自動探索の物語"


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a story. `broke`: the places of steps whose expectations were not met."""

    lines: tuple[Line, ...]
    verdict: CaseVerdict
    broke: tuple[int, ...]

    @property
    def failed(self) -> tuple[CheckVerdict, ...]:
        """The checks that failed."""
        return tuple(one for one in self.verdict.checks if one.scored and one.verdict is Verdict.FAIL)

    @property
    def doubt(self) -> str:
        """Why nothing can be said, or nothing."""
        unknown = [one for one in self.verdict.checks if one.verdict is Verdict.INCONCLUSIVE]
        return "; ".join(f"{one.check}: {found.received}" for one in unknown for found in one.findings)


class _Noted(Stage):
    """A stage that remembers at which step something was expected."""

    step = 0

    def __init__(self, case: str, make: Callable[[Stage], Scene], **told: str) -> None:
        super().__init__(case, make, **told)
        self.stated: list[int] = []

    def expect(self, check: str, **params: object) -> None:
        self.stated.append(self.step)
        super().expect(check, **params)


class Player:
    """Plays stories against one implementation, one after the other."""

    def __init__(self, kit: Kit, peer: Peer, terms: Terms, challenge: str = "") -> None:
        self._kit = kit
        self._peer = peer
        self._terms = terms
        self._challenge = challenge
        modules = {importlib.import_module(name).__name__ for name in kit.steps}
        self._steps = [
            one for one in step_function_context_registry.values() if one.step_func.__module__ in modules
        ]
        self._found: dict[Step, tuple[StepFunctionContext, dict[str, Any]]] = {}

    def play(self, case: str, steps: Iterable[Step]) -> Played:
        """Plays a story from its first step to its last.

        Raises:
            HarnessError: the implementation cannot be started.
        """
        conversation = self._peer.conversation()
        stage = _Noted(
            case,
            lambda stage: self._kit.scene(stage, conversation),
            title=TITLE,
            challenge=self._challenge,
        )
        common = {"stage": stage, "scene": Common(), "desk": Desk()}
        try:
            for stage.step, step in enumerate(steps):
                self._take(step, common)
        except Breach as error:
            stage.breach(error)
            self._peer.drop()
        except Exception as error:  # whatever a step raises is our fault
            stage.fault(error)
        lines = stage.end()
        verdict = judge_case(lines, self._terms)
        stated = [one for one in verdict.checks if one.stated and one.check not in OF_THE_CASE]
        broke = {
            place for place, one in zip(stage.stated, stated, strict=False) if one.verdict is Verdict.FAIL
        }
        return Played(lines, verdict, tuple(sorted(broke)))

    def _take(self, step: Step, common: dict[str, object]) -> None:
        if step not in self._found:
            self._found[step] = self._function(step)
        context, told = self._found[step]
        wanted = inspect.signature(context.step_func).parameters
        context.step_func(**{name: told[name] if name in told else common[name] for name in wanted})

    def _function(self, step: Step) -> tuple[StepFunctionContext, dict[str, Any]]:
        """The one function of a step, with what its words say.

        Raises:
            HarnessError: there is none, or more than one.
        """
        matching = [one for one in self._steps if one.type == step.kind and one.parser.is_matching(step.text)]
        if len(matching) != 1:
            raise HarnessError(
                "a story must be told in steps of the features",
                expected="one step function",
                received=f"{len(matching)} for 「{step.text}」",
            )
        return matching[0], matching[0].parser.parse_arguments(step.text) or {}
