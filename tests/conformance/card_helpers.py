"""Cards and applications of the tests, played in this process without any feature file."""

from __future__ import annotations

from typing import Any

from conformance.checks import BY_ROLE
from conformance.judge import judge_case
from conformance.kits import kit_of
from conformance.protocol.base import Hello
from conformance.protocol.conversation import Channel, Conversation
from conformance.stage import Stage
from conformance.verdicts import CaseVerdict
from sim.base.instant import parse_iso
from sim.base.journal import Line

NOW = parse_iso("2026-09-01T10:00:00+09:00")
CARD = "card"
READER = "card-application"


def stage_of(role: str, channel: Channel, case: str = "T-1") -> Stage:
    """A stage with an implementation on it that has introduced itself."""
    kit = kit_of(role)
    conversation = Conversation(channel, kit.role)
    conversation.hello(Hello(role=role))
    return Stage(case, lambda stage: kit.scene(stage, conversation))


def reference(role: str, mutant: str = "") -> Channel:
    """The reference of a role, with a mutant in it or none."""
    kit = kit_of(role)
    found = {one.id: one for one in kit.mutants}
    return kit.reference(found[mutant] if mutant else None)


def desk(channel: Channel | None = None, card_type: str = "1", variant: str = "plain") -> Stage:
    """A card that lies in a reader."""
    stage = stage_of(CARD, channel or reference(CARD))
    stage.scene.lay(card_type, variant)
    stage.at(NOW)
    return stage


def counter(channel: Channel | None = None) -> Stage:
    """An application at a counter."""
    stage = stage_of(READER, channel or reference(READER))
    stage.at(NOW)
    return stage


def verdict(stage: Stage, role: str) -> CaseVerdict:
    """What the judge says of the case, which ends with it."""
    return judge_case(stage.end(), BY_ROLE[role])


def lines_of(stage: Stage, kind: str) -> list[dict[str, Any]]:
    """The data of the lines of a kind."""
    return [line.data for line in journal_of(stage) if line.kind == kind]


def journal_of(stage: Stage) -> tuple[Line, ...]:
    """The journal so far."""
    return tuple(stage._lines)
