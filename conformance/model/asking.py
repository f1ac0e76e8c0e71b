"""What `renkei conform explore` asks for, from a plan or without one, and what it shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from conformance.model.exploring import ROLE, Came, Explored, explore
from conformance.plan import load
from conformance.protocol.roles import role_of
from sim.base.errors import UsageError

Say = Callable[[str], None]

RESULTS: Final = {
    Came.AGREED: ("どの物語も規則どおりの結果になった", "every story came out as it must"),
    Came.DISAGREED: (
        "規則と違う結果になる物語がある（FAIL）",
        "a story comes out otherwise than by the rules",
    ),
    Came.INCONCLUSIVE: ("ハーネス側に疑いがあり、判定できない（INCONCLUSIVE）", "the harness is in doubt"),
}


def explored(plan: Path | None, role: str, stories: int, seed: int, mutant: str, say: Say) -> Explored:
    """Explores what a plan names, or the built-in reference. `role`: empty for that of the plan.

    Raises:
        UsageError: the plan cannot be used, is for a role without an oracle or for another than `role`.
        HarnessError, Breach: see `explore`.
    """
    if plan is None:
        _with_oracle(role_of(role or ROLE).id, "--role")
        return explore(mutant=mutant, stories=stories, seed=seed, say=say)
    loaded = load(plan)
    if role and role_of(role).id != loaded.role:
        raise UsageError(
            "the plan is of another role",
            where="--role",
            expected=f"{loaded.role}, as in {plan}",
            received=role,
            remedy="leave --role out: the plan names its role",
        )
    _with_oracle(loaded.role, str(plan))
    return explore(
        adapter=loaded.adapter.model_dump(mode="json"),
        stories=stories,
        seed=seed,
        patience=loaded.limits.run,
        exchange=loaded.exchange.model_dump(mode="json"),
        selected=loaded.requirements.wishes,
        challenge=loaded.challenge.text,
        say=say,
    )


def _with_oracle(role: str, where: str) -> None:
    if role != ROLE:
        raise UsageError(
            "there is an oracle of one role only",
            where=where,
            expected=ROLE,
            received=role,
            remedy="run the cases of this role: `renkei conform run`",
        )


def show(result: Explored, say: Say) -> None:
    """Prints the story, what is wrong with it, and the result."""
    if result.feature:
        say(result.feature)
    for reason in result.reasons:
        say(f"    {reason}")
    told = f"{result.played} stories, {result.shrunk} more to shorten it, seed {result.seed}"
    say(f"{told}; {result.ended}" if result.ended else told)
    ja, en = RESULTS[result.came]
    say(f"{result.code}: {ja} / {en}")
