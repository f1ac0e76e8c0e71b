"""Breaches of an exchange terminal, from the rows of seeds 001 to 003."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from conformance.mutants.otherwise import otherwise
from conformance.mutants.shape import Body
from conformance.mutants.strangers.shape import Between, Stranger, right
from sim.base.instant import Instant, parse_iso
from sim.base.node import Event, Reply, Step
from sim.exchange import batch as batches
from sim.exchange.profile import open_profile
from sim.law.citation import counterpart
from sim.nodes.messages.network import Arrival, Relayed, Sequences
from sim.nodes.messages.terminal import IdleDue, LogOn
from sim.nodes.terminal import audit
from sim.nodes.terminal.jobs import write
from sim.nodes.terminal.operators import NOT_ADMITTED


def _from_one(node: Any, state: Any, event: Event, now: Instant) -> Step:
    body = event.body
    if isinstance(body, Relayed) and isinstance(body.body, Sequences):
        up = tuple((business, 1) for business, _ in body.body.up)
        told = msgspec.structs.replace(body.body, up=up)
        event = msgspec.structs.replace(event, body=msgspec.structs.replace(body, body=told))
    return right(node, state, event, now)


def _unknown_not_logged(node: Any, state: Any, event: Event, now: Instant) -> Step:
    body = event.body
    if isinstance(body, LogOn) and state.console.session() is None and node.operator(body.operator) is None:
        return Step(Reply(False, NOT_ADMITTED))
    return right(node, state, event, now)


def _never_forgiven(node: Any, state: Any, event: Event, now: Instant) -> Step:
    """Wrong PINs are counted for ever, not in a row."""
    body = event.body
    who = node.operator(body.operator) if isinstance(body, LogOn) else None
    failures = 0 if who is None else state.operators.account(who).failures
    step = right(node, state, event, now)
    if who is not None and step.reply.ok and failures:
        account = state.operators.account(who)
        state.operators.keep(who, msgspec.structs.replace(account, failures=failures))
    return step


def _to_anybody(node: Any, state: Any, event: Event, now: Instant) -> Step:
    body = event.body
    if isinstance(body, Arrival):
        profile = open_profile()
        batch = batches.decode(body.content, profile).batch
        if batch is not None and batch.header.recipient != node.code:
            header = msgspec.structs.replace(batch.header, recipient=node.code)
            content = batches.encode(header, batch.records, profile)
            event = msgspec.structs.replace(event, body=msgspec.structs.replace(body, content=content))
    return right(node, state, event, now)


def _left_without_a_word(node: Any, state: Any, event: Event, now: Instant) -> Step:
    session = state.console.session()
    if (
        isinstance(event.body, IdleDue)
        and session is not None
        and session.number == event.body.session
        and session.used + node.idle_after <= now
    ):
        state.console.close()
        entry = write(node, state, audit.TIMED_OUT, session.operator, session.number, "", now)
        return Step(entries=(entry,))
    return right(node, state, event, now)


def _begun_anew(op: str, request: Body, answer: Body) -> Body:
    """After each export the chain begins at the origin."""
    if op != "audit_log":
        return answer
    origin = audit.origin(answer["terminal"], answer["serial"])
    before, entries = origin, []
    for one in answer["entries"]:
        at = parse_iso(one["at"])
        told = one["n"], at, one["what"], one["operator"], one["session"], one["subject"]
        found = audit.hash_of(before, *told)
        entries.append(one | {"hash": found})
        before = origin if one["what"] == audit.EXPORT else found
    return answer | {"entries": entries}


class InUtc(Between):
    """The name of the other side changes at midnight in UTC."""

    def told(self, op: str, body: Body, answer: Body) -> Body:
        if op != "status":
            return answer
        day = datetime.fromtimestamp(self.now / 1_000_000, UTC).date()
        return answer | {"counterpart": counterpart(day)[0]}


ALL: Final = (
    Stranger(
        "stranger-numbers-from-one",
        "交換した情報連携端末が連番を1から始める",
        "A terminal in another's place begins its numbers at 1",
        breaches=("S1-018", "S2-013"),
        actors=otherwise("terminal", _from_one),
    ),
    Stranger(
        "stranger-chain-begun-anew",
        "証跡を出力すると、ハッシュの連鎖が初めからになる",
        "After an export the chain of the audit log begins anew",
        breaches=("S3-032", "S3-033"),
        answers=_begun_anew,
    ),
    Stranger(
        "stranger-unknown-user-not-logged",
        "登録のない利用者IDによるログオンの失敗を証跡に残さない",
        "A failed log-on with an unknown user id leaves no entry",
        breaches=("S3-030", "S3-032"),
        actors=otherwise("terminal", _unknown_not_logged),
    ),
    Stranger(
        "stranger-wrong-pins-never-forgiven",
        "暗証番号の誤りを連続でなく通算で数える",
        "Wrong PINs are counted in all and not in a row",
        breaches=("S3-030",),
        actors=otherwise("terminal", _never_forgiven),
    ),
    Stranger(
        "stranger-batch-for-another-taken-in",
        "他の市区町村あてのファイルを取り込む",
        "A batch for another municipality is taken in",
        breaches=("S1-023", "S3-026"),
        actors=otherwise("terminal", _to_anybody),
    ),
    Stranger(
        "stranger-timed-out-without-log-off",
        "放置されたセッションを閉じてもログオフを証跡に残さない",
        "A session that is closed for idleness has no log-off in the log",
        breaches=("S3-031",),
        actors=otherwise("terminal", _left_without_a_word),
    ),
    Stranger(
        "stranger-counterpart-in-utc",
        "相手先の名称を世界標準時の日付で切り替える",
        "The name of the other side changes by the day in UTC",
        breaches=("S3-007",),
        wrap=InUtc,
    ),
)
"""In the order of numbers, log, console, network."""
