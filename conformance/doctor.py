"""Looks at everything that a run needs before it begins, and says what to mend."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from conformance.adapter_check import Session, cannot_start
from conformance.adapters import channel_of, kind_of
from conformance.adapters.kind import Say
from conformance.inspecting import Point, State, failed
from conformance.plan import Plan, load
from conformance.protocol.base import Clock, ClockAnswer
from conformance.protocol.examples import MORNING, examples
from conformance.protocol.roles import CLOCK, MINISTRY_SERVER
from conformance.running import baseline_in, known_requirements
from sim.base.errors import Breach, RenkeiError, UsageError


def examine(path: Path, say: Say) -> list[Point]:
    """All points of a plan. The adapter is started once, when nothing before stands in the way."""
    try:
        plan = load(path)
    except UsageError as error:
        return [_point("plan", State.FAIL, str(error), error.remedy or "mend the plan")]
    points = [
        _point("plan", State.PASS, f"{plan.role}, {plan.profile}, {plan.adapter.kind}"),
        *_named(plan),
        _requirements(plan),
        *_baseline(plan),
        *kind_of(plan.adapter.kind).inspect(plan.adapter),
        *(() if plan.partner is None else kind_of(plan.partner.adapter.kind).inspect(plan.partner.adapter)),
    ]
    if failed(points):
        return [*points, _point("answers", State.SKIPPED, "mend what stands above first")]
    return [*points, *_met(plan, say), *_partner_met(plan, say)]


NAMES = {
    "plan": ("計画を読める", "the plan can be read"),
    "named": ("製品名と版がある", "product and version are named"),
    "requirements": ("要件の集合と選択を使える", "the set of requirements and the wishes exist"),
    "baseline": ("基準ファイルを読める", "the baseline can be read"),
    "answers": ("アダプタが答える", "the adapter answers"),
    "partner": ("相手方の製品が答える", "the product at the other end answers"),
    "mandatory": ("必須の機能を宣言している", "mandatory capabilities are declared"),
    "optional": ("任意の機能", "optional capabilities"),
    "clock": ("日時を設定できる", "the clock can be set"),
}


def _point(id: str, state: State, told: str, mend: str = "") -> Point:
    ja, en = NAMES[id]
    return Point(id=id, ja=ja, en=en, state=state, told=told, mend=mend)


def _named(plan: Plan) -> Iterator[Point]:
    named = plan.implementation
    whole = bool(named.name and named.version)
    yield _point(
        "named",
        State.PASS if whole else State.NOTE,
        f"{named.name} {named.version}".strip() or "nothing in [implementation]",
        "" if whole else "a certificate needs both",
    )


def _requirements(plan: Plan) -> Point:
    try:
        known_requirements(plan)
    except UsageError as error:
        return _point("requirements", State.FAIL, str(error), error.remedy or "mend [requirements]")
    return _point("requirements", State.PASS, plan.requirements.set)


def _baseline(plan: Plan) -> Iterator[Point]:
    path = plan.baseline.path
    if path is None:
        return
    try:
        baseline_in(path)
    except UsageError as error:
        yield _point("baseline", State.FAIL, str(error), error.remedy or "mend it, or leave [baseline] out")
    else:
        yield _point("baseline", State.PASS, str(path))


def _met(plan: Plan, say: Say) -> Iterator[Point]:
    """What the adapter says of itself, and whether its clock follows."""
    try:
        channel = channel_of(plan.adapter, plan.what, say)
    except RenkeiError as error:
        yield cannot_start(error)
        return
    try:
        session = Session(plan.what, channel)
        peer = session.peer
        yield _point("answers", State.PASS, f"{peer.name} {peer.version} ({peer.vendor})")
        yield from _capabilities(plan, peer.capabilities)
        yield _clock(session)
    except Breach as error:
        yield _point(
            "answers", State.FAIL, str(error), "`renkei conform adapter-check PLAN` tries each thing"
        )
    except RenkeiError as error:
        yield cannot_start(error)
    finally:
        channel.close()


def _partner_met(plan: Plan, say: Say) -> Iterator[Point]:
    """Whether the product at the other end answers, where there is one."""
    if plan.partner is None:
        return
    try:
        channel = channel_of(plan.partner.adapter, MINISTRY_SERVER, say)
    except RenkeiError as error:
        yield _point("partner", State.FAIL, str(error), "mend [partner.adapter]")
        return
    try:
        peer = Session(MINISTRY_SERVER, channel).peer
        yield _point("partner", State.PASS, f"{peer.name} {peer.version} ({peer.vendor})")
    except RenkeiError as error:
        yield _point("partner", State.FAIL, str(error), "test its adapter alone with a plan of its own role")
    finally:
        channel.close()


def _capabilities(plan: Plan, declared: tuple[str, ...]) -> Iterator[Point]:
    missing = [name for name in plan.recommended.mandatory if name not in declared]
    yield _point(
        "mandatory",
        State.FAIL if missing else State.PASS,
        ", ".join(missing or plan.recommended.mandatory) or "none",
        "declare them in `hello`, or choose another profile: cases that need them FAIL as not testable"
        if missing
        else "",
    )
    without = [name for name in plan.recommended.optional(plan.what) if name not in declared]
    if without:
        yield _point(
            "optional",
            State.NOTE,
            "not declared: " + ", ".join(without),
            "their cases do not apply, and the certificate says so",
        )


def _clock(session: Session) -> Point:
    if not session.conversation.has(CLOCK):
        if CLOCK not in session.role.capabilities:
            return _point("clock", State.SKIPPED, "this role has none")
        return _point(
            "clock", State.NOTE, "it cannot be set", "cases that stand on fixed days are lost and listed"
        )
    if not examples(session.role.id):
        return _point("clock", State.SKIPPED, "this role has no example yet")
    session.reset()
    until = MORNING + timedelta(hours=1)
    at = session.conversation.ask(Clock(until=until), ClockAnswer).at
    if at == until:
        return _point("clock", State.PASS, at.isoformat())
    return _point(
        "clock",
        State.FAIL,
        f"asked for {until.isoformat()}, it says {at.isoformat()}",
        "set the product's clock, or leave clock.settable out of the capabilities",
    )
