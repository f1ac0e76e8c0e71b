"""What a run amounts to for whoever started it: one exit code for each outcome."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from conformance.child import Stopped
from conformance.plan import Plan
from conformance.protocol.base import name_of_reference
from conformance.protocol.roles import MINISTRY_SERVER
from conformance.runner import Run
from conformance.verdicts import Verdict


class Gate(StrEnum):
    """What a run must reach beyond its verdict."""

    CERTIFICATE = "certificate"
    BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome with its exit code."""

    code: int
    ja: str
    en: str


GOOD: Final = Outcome(0, "違反なし", "nothing was broken")
BROKEN: Final = Outcome(1, "違反あり（FAIL）", "a rule was broken (FAIL)")
REFUSED: Final = Outcome(
    2,
    "使い方の誤り、又はハーネス若しくは環境の不具合",
    "wrong use, or a fault of the harness or its environment",
)
UNKNOWN: Final = Outcome(
    3,
    "判定できないケースがある（INCONCLUSIVE）",
    "something could not be judged (INCONCLUSIVE), and nothing was broken",
)
MISSING: Final = Outcome(
    4,
    "実行していないケースがある、又は判定したものがない（NOT_RUN）",
    "cases were not run, or nothing was judged (NOT_RUN), and nothing was broken",
)
LOOK: Final = Outcome(
    5, "人が確認すべきものがある（REVIEW）", "a person has to look (REVIEW), and nothing else is in the way"
)
NO_CERTIFICATE: Final = Outcome(
    6,
    "違反はないが、証明書の条件を満たさない（--gate certificate）",
    "nothing was broken, but no certificate can be had (--gate certificate)",
)
OFF_BASELINE: Final = Outcome(
    7,
    "基準ファイルと異なる（--gate baseline）",
    "something is otherwise than in the baseline (--gate baseline)",
)
INTERRUPTED: Final = Outcome(
    130, "中断された。それまでの結果は保存した", "interrupted; what there was by then is kept"
)
OUTCOMES: Final = (
    GOOD,
    BROKEN,
    REFUSED,
    UNKNOWN,
    MISSING,
    LOOK,
    NO_CERTIFICATE,
    OFF_BASELINE,
    INTERRUPTED,
)
"""Every outcome, by its code."""

OF_VERDICT: Final = {
    Verdict.FAIL: BROKEN,
    Verdict.INCONCLUSIVE: UNKNOWN,
    Verdict.NOT_RUN: MISSING,
    Verdict.NOT_APPLICABLE: MISSING,
    Verdict.REVIEW: LOOK,
}
"""Outcomes of the heaviest verdict; of any other it is good."""


def outcome(run: Run) -> Outcome:
    """What a run amounts to, without a gate."""
    if run.stopped == Stopped.INTERRUPTED:
        return INTERRUPTED
    found = OF_VERDICT.get(run.verdicts.verdict, GOOD)
    if found in (GOOD, LOOK) and run.stopped:
        return MISSING if run.stopped == Stopped.TIME else REFUSED
    return found


def as_in_baseline(known: int) -> Outcome:
    """The outcome of a gate on the baseline that lets a run pass. `known`: failures that it has."""
    return Outcome(
        GOOD.code,
        f"基準ファイルのとおり。既知の不適合は{known}件（--gate baseline）",
        f"as in the baseline; known failures: {known} (--gate baseline)",
    )


def in_the_way(
    plan: Plan, only: tuple[str, ...], introduced: str = "", partner: str = ""
) -> list[tuple[str, str]]:
    """Why no certificate can be had although nothing was broken, in Japanese and English.

    `introduced`, `partner`: the names by which whoever answered introduced itself.
    """
    reasons = []
    if only:
        reasons.append(("一部のケースだけを実行した", "only some of the cases were run"))
    if not (plan.implementation.name and plan.implementation.version):
        reasons.append(
            (
                "計画の [implementation] に製品名と版がない",
                "the plan's [implementation] does not name the product and its version",
            )
        )
    if plan.adapter.kind == "builtin" or introduced == name_of_reference(plan.role):
        reasons.append(("参照実装は製品ではない", "the reference is no product"))
    if plan.partner is None:
        return reasons
    other = plan.partner.implementation
    if not (other.name and other.version):
        reasons.append(
            (
                "計画の [partner.implementation] に製品名と版がない",
                "the plan's [partner.implementation] does not name the other product and its version",
            )
        )
    if plan.partner.adapter.kind == "builtin" or partner == name_of_reference(MINISTRY_SERVER.id):
        reasons.append(("相手方の参照実装は製品ではない", "the reference at the other end is no product"))
    return reasons
