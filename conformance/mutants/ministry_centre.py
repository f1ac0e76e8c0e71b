"""Mutants of what a ministry server watches and of what its centre does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import msgspec

from conformance.mutants.ministry_otherwise import hearing, made_with, network, read, reading, server
from conformance.mutants.shape import Body as Answered
from conformance.mutants.shape import Mutant, answering, each
from sim.base.instant import DAY, Instant
from sim.base.node import Body, Event, Key, Node, Step
from sim.drivers.topology import LGWAN, MINISTRY
from sim.law.kinds import PersonClass
from sim.nodes.messages.agency import Decide, Landed, LookForSilence, PeriodOver, Permitted, RollOut
from sim.nodes.messages.network import (
    LINE,
    Arrival,
    AskSequences,
    Carry,
    ClearFault,
    OpenSession,
    Relayed,
)
from sim.nodes.ministry import Ministry

CREDENTIAL: Final = "test-credential"


# --- the 90 days ----------------------------------------------------------------------------------------
def _days_off(days: int) -> Any:
    """The period is over so many days later than it should be."""

    def decide(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
        seen = Instant(now - days * DAY) if isinstance(event.body, PeriodOver) else now
        step = node.step(state, event, max(seen, now) if days > 0 else seen)
        wakes = tuple(
            msgspec.structs.replace(wake, at=Instant(wake.at + days * DAY))
            if isinstance(wake.body, PeriodOver)
            else wake
            for wake in step.wakes
        )
        return msgspec.structs.replace(step, wakes=wakes)

    return server(decide)


def _never_notified(state: Any, body: Body, now: Instant) -> Body:
    return msgspec.structs.replace(body, notified=False) if isinstance(body, Permitted) else body


def _one_class(state: Any, body: Body, now: Instant) -> Body:
    if not isinstance(body, Landed | Permitted):
        return body
    return msgspec.structs.replace(body, person_class=PersonClass.MID_LONG_TERM_RESIDENT)


def _revokes(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    """Whoever is found to be a candidate loses the status at once."""
    step = node.step(state, event, now)
    for entry in step.entries:
        if entry.kind == "candidate_found":
            decision = Decide("by itself", entry.subject, "revoked", "AB12345678CD")
            more = node.step(state, Event(Key(f"{event.key}/revoked"), event.sender, decision), now)
            step = msgspec.structs.replace(
                step, sends=(*step.sends, *more.sends), entries=(*step.entries, *more.entries)
            )
    return step


def _as_state(before: str) -> Any:
    """A candidate is told as a mere one, whatever changed."""
    return each(
        "candidates",
        "candidates",
        lambda one: one | {"state": "candidate"} if one["state"] == before else one,
    )


# --- the centre -----------------------------------------------------------------------------------------
def _empty_is_silent(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    step = node.step(state, event, now)
    body = event.body
    batch = read(body.content) if isinstance(body, Arrival) else None
    if batch is not None and not batch.records and isinstance(body, Arrival):
        state.centre.open_fault(f"{batch.header.sender}/{body.sender}/no_exchange", now)
    return step


def _deaf(*kinds: type[Body]) -> Any:
    """It does nothing about what it is told."""

    def decide(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
        return Step() if isinstance(event.body, kinds) else node.step(state, event, now)

    return server(decide)


def _to_all(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    if isinstance(event.body, RollOut):
        assert isinstance(node, Ministry)
        terminals = tuple(node.terminals)
        event = msgspec.structs.replace(event, body=RollOut(event.body.version, terminals))
    return node.step(state, event, now)


def _anybody(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    if isinstance(event.body, OpenSession):
        code = str(event.sender).removeprefix("terminal-")
        event = msgspec.structs.replace(event, body=OpenSession(code, CREDENTIAL))
    return node.step(state, event, now)


def _line_of(event: Event, carry: Carry) -> Any:
    return carry.peer if event.sender == MINISTRY else event.sender


def _by_hand_always(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    if not isinstance(event.body, Carry) or event.body.manner == LINE:
        return node.step(state, event, now)
    line = _line_of(event, event.body)
    was = state.declared_itself(line)
    if not was:
        state.declare(line)
    step = node.step(state, event, now)
    if not was:
        state.lift(line, now)
    return step


def _by_hand_never(state: Any, body: Body, now: Instant) -> Body:
    return msgspec.structs.replace(body, manner=LINE) if isinstance(body, Carry) else body


def _no_fence(state: Any, body: Body, now: Instant) -> Body:
    if isinstance(body, Relayed) and isinstance(body.body, AskSequences):
        return msgspec.structs.replace(body, body=AskSequences(Instant(0)))
    return body


def _one_more(way: str) -> Callable[[Answered], Answered]:
    return lambda answer: answer | {way: {key: number + 1 for key, number in answer[way].items()}}


ALL: Final = (
    Mutant(
        "watches-nobody",
        "90日の期間を監視しない",
        "does not follow the 90 days",
        "server_candidate",
        actors=made_with(watches_periods=False),
    ),
    Mutant(
        "day-91",
        "91日目を過ぎてから候補とする",
        "counts 91 days",
        "server_candidate",
        actors=_days_off(1),
    ),
    Mutant(
        "day-89",
        "90日目に候補とする",
        "counts 89 days",
        "server_no_candidate",
        actors=_days_off(-1),
    ),
    Mutant(
        "permission-notifies-nothing",
        "許可の申請による住居地の届出を無視する",
        "ignores that a permission counts as a notification",
        "server_no_candidate",
        actors=hearing(_never_notified),
    ),
    Mutant(
        "one-class",
        "特別永住者も候補とする",
        "holds special permanent residents to be candidates",
        "server_never_special",
        actors=hearing(_one_class),
    ),
    Mutant(
        "no-excuse",
        "正当な理由の申立てを評価に加えない",
        "ignores a good reason",
        "server_state",
        answers=_as_state("excuse_to_assess"),
    ),
    Mutant(
        "never-withdrawn",
        "届出があっても候補のままとする",
        "keeps candidates whatever came",
        "server_state",
        answers=_as_state("withdrawn"),
    ),
    Mutant(
        "revokes-by-itself",
        "候補となった者の在留資格を自動で取り消す",
        "revokes the status of candidates by itself",
        "server_only_candidate",
        actors=server(_revokes),
    ),
    Mutant(
        "looks-at-nobody",
        "情報連携をしなかった市区町村を調べない",
        "does not look who has not exchanged",
        "server_silence",
        actors=_deaf(LookForSilence),
    ),
    Mutant(
        "looks-on-sundays",
        "閉庁日にも情報連携を求める",
        "wants an exchange on closed days, too",
        "server_silence",
        actors=made_with(rules=lambda node: replace(node.rules, is_closed=lambda day: False)),
    ),
    Mutant(
        "empty-is-silent",
        "空のファイルを情報連携と認めない",
        "does not count an empty file",
        "server_empty_day",
        actors=server(_empty_is_silent),
    ),
    Mutant(
        "faults-stay",
        "直った不具合を消さない",
        "keeps faults that are mended",
        "server_fault",
        actors=_deaf(ClearFault),
    ),
    Mutant(
        "faults-since-midnight",
        "不具合の時刻を誤る",
        "tells another time of a fault",
        "server_fault",
        answers=each("faults", "faults", lambda one: one | {"since": one["since"][:10] + "T00:00:00+09:00"}),
    ),
    Mutant(
        "uncounted-bytes",
        "バイト数を数えない",
        "does not count bytes",
        "server_usage",
        answers=answering("usage", lambda answer: answer | {"bytes_down": 0}),
    ),
    Mutant(
        "refusals-uncounted",
        "拒否したファイルを数えない",
        "does not count refused files",
        "server_usage",
        answers=answering("usage", lambda answer: answer | {"refused": 0}),
    ),
    Mutant(
        "rolls-out-to-all",
        "版の更新をすべての市区町村に指示する",
        "tells everybody to go over to a version",
        "server_rolled_out",
        actors=server(_to_all),
    ),
    Mutant(
        "newest-only",
        "新しい版しか扱わない",
        "speaks the newest version only",
        "server_version",
        actors=made_with(older=()),
    ),
    Mutant(
        "connects-anybody",
        "認証情報を確かめずに接続させる",
        "connects anybody",
        "server_asked",
        actors=network(_anybody),
    ),
    Mutant(
        "always-connected",
        "接続していない間も送る",
        "sends over a line that is not connected",
        "server_waits",
        actors=made_with(LGWAN, on_demand={}),
    ),
    Mutant(
        "by-hand-always",
        "回線の障害がなくても媒体・書面を使う",
        "takes media and paper at any time",
        "server_by_hand",
        actors=network(_by_hand_always),
    ),
    Mutant(
        "by-hand-never",
        "回線の障害のときも媒体・書面を使わない",
        "takes neither media nor paper in an outage",
        "server_by_hand",
        actors=hearing(_by_hand_never, LGWAN),
    ),
    Mutant(
        "sequence-off",
        "交換された端末に、違う番号を答える",
        "tells a terminal in another's place another number",
        "server_sequences",
        answers=answering("sequences", _one_more("up")),
    ),
    Mutant(
        "former-taken",
        "交換前の端末のファイルを取り込む",
        "takes in files of the former terminal",
        "server_former_refused",
        actors=hearing(_no_fence),
    ),
    Mutant(
        "daily-only",
        "随時の通知を情報連携まで送らない",
        "keeps notices until the day's exchange",
        "server_in_time",
        actors=made_with(immediate=False),
    ),
    Mutant(
        "no-xml",
        "XML形式のファイルを読めない",
        "reads no XML",
        "server_reads_xml",
        actors=reading(lambda state, arrival, content: b"" if content.startswith(b"<?xml") else content),
    ),
)
