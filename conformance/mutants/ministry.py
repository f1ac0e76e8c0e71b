"""Mutants of what a ministry server takes in, and of how it answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final

import msgspec

from conformance.mutants.ministry_otherwise import (
    backwards,
    closed,
    down,
    each_result,
    made_with,
    read,
    reading,
    server,
)
from conformance.mutants.otherwise import Records, sends_through
from conformance.mutants.shape import Mutant
from conformance.reference.municipal import Actors
from sim.base.instant import Instant
from sim.base.node import Event, Node, Send, Step
from sim.drivers.topology import LGWAN, NO_LIMIT, Places, places_of
from sim.exchange.batch import Header, digest_of
from sim.exchange.records import MunicipalityNotice, Result
from sim.nodes.messages.network import Arrival, Carry

STRANGER: Final = "132098"
FULL_WIDTH: Final = str.maketrans("０１２３４５６７８９", "0123456789")
WRITTEN: Final = str.maketrans("張陳竜蘇", "张陈龙苏")


# --- what goes up ---------------------------------------------------------------------------------------
def _any_number(state: Any, arrival: Arrival, content: bytes) -> bytes:
    batch = read(content)
    if batch is not None:
        state.intake.resume(batch.header.sender, batch.header.business, batch.header.sequence)
    return content


def _as_new(state: Any, arrival: Arrival, content: bytes) -> bytes:
    """What was taken in before is given the number that is due, and so is taken in again."""
    batch = read(content)
    if batch is None or not state.intake.taken(batch.header.sender, digest_of(content)):
        return content
    number = state.intake.next_sequence(batch.header.sender, batch.header.business)
    before, after = f",up,{batch.header.sequence},".encode(), f",up,{number},".encode()
    return closed(content, lambda body: body.replace(before, after, 1))


def _leaking(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    step = node.step(state, event, now)
    batch = read(event.body.content) if isinstance(event.body, Arrival) else None
    names = (
        [record.name for record in batch.records if isinstance(record, MunicipalityNotice)] if batch else []
    )

    def changed(send: Send) -> Send:
        body = send.body
        if not names or not isinstance(body, Carry) or b"expected" not in body.content:
            return send
        content = closed(body.content, lambda one: one.replace(b"expected", names[0].encode(), 1))
        return Send(send.to, msgspec.structs.replace(body, content=content))

    return sends_through(step, changed)


def _silent_when_refused(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    step = node.step(state, event, now)
    refused = isinstance(event.body, Arrival) and not step.reply.ok
    return msgspec.structs.replace(step, sends=()) if refused else step


def _without_last(header: Header, records: Records) -> tuple[Header, Records]:
    places = [place for place, one in enumerate(records) if getattr(one, "scope", "") == "record"]
    return header, tuple(one for place, one in enumerate(records) if place not in places[-1:])


def _all_or_nothing(header: Header, records: Records) -> tuple[Header, Records]:
    bad = next((one for one in records if isinstance(one, Result) and not one.accepted), None)
    if bad is None or bad.scope == "batch":
        return header, records
    told = {"outcome": "rejected", "code": bad.code, "reason": bad.reason}
    return header, tuple(
        msgspec.structs.replace(one, **told) if isinstance(one, Result) and one.scope == "record" else one
        for one in records
    )


def _accepting(code: str) -> Any:
    def changed(result: Result) -> Result:
        if result.code != code:
            return result
        return msgspec.structs.replace(result, outcome="accepted", code="", field="", reason="")

    return each_result(changed)


def _lists_stranger(actors: Actors, at: Places) -> Actors:
    terminal = places_of(STRANGER).terminal
    actors = made_with(terminals=lambda node: node.terminals | {terminal: STRANGER})(actors, at)
    return made_with(LGWAN, lines=lambda node: node.lines | {terminal: NO_LIMIT})(actors, at)


ALL: Final = (
    Mutant(
        "any-number",
        "一連番号を確かめない",
        "takes in a file of any number",
        "server_batch_result",
        actors=reading(_any_number),
    ),
    Mutant(
        "any-digest",
        "ダイジェストと件数を確かめない",
        "looks neither at digest nor at counts",
        "server_batch_result",
        actors=reading(lambda state, arrival, content: closed(content, lambda body: body)),
    ),
    Mutant(
        "full-width-taken",
        "全角の数字を半角とみなして受理する",
        "takes full-width digits for plain ones",
        "server_record_result",
        actors=reading(
            lambda state, arrival, content: closed(
                content, lambda body: body.decode(errors="replace").translate(FULL_WIDTH).encode()
            )
        ),
    ),
    Mutant(
        "all-or-nothing",
        "1件の誤りでファイルのすべての記録を拒否する",
        "rejects all records of a file for one",
        "server_record_result",
        actors=down(_all_or_nothing),
    ),
    Mutant(
        "before-the-first-day",
        "2012年7月9日より前の日付を受理する",
        "takes in events before 2012-07-09",
        "server_first_day",
        actors=made_with(
            rules=lambda node: replace(node.rules, first_day=date(2012, 1, 1)), watches_periods=False
        ),
    ),
    Mutant(
        "number-twice",
        "同じ記録番号の記録を二重に受理する",
        "accepts a record under a number that was used",
        "server_doubled",
        actors=_accepting("DUPLICATE_RECORD"),
    ),
    Mutant(
        "no-reason",
        "拒否の理由を書かない",
        "gives no reason in words",
        "server_reason_told",
        actors=each_result(lambda result: msgspec.structs.replace(result, reason="")),
    ),
    Mutant(
        "name-in-reason",
        "拒否の理由に氏名を書く",
        "writes a name into a reason",
        "server_reason_clean",
        actors=server(_leaking),
    ),
    Mutant(
        "last-result-lost",
        "最後の記録の処理結果を返さない",
        "does not answer the last record",
        "server_all_answered",
        actors=down(_without_last),
    ),
    Mutant(
        "refuses-silently",
        "拒否したファイルに答えない",
        "does not answer a file that it refuses",
        "server_files_answered",
        actors=server(_silent_when_refused),
    ),
    Mutant(
        "copy-taken-as-new",
        "2回目に届いた同じファイルを新しいものとして処理する",
        "takes a copy for a new file",
        "server_resend_once",
        actors=reading(_as_new),
    ),
    Mutant(
        "results-backwards",
        "処理結果を逆の順に返す",
        "answers records in the reverse order",
        "server_order_kept",
        actors=backwards(Result, "record"),
    ),
    Mutant(
        "anybody-listed",
        "登録されていない市区町村とやりとりする",
        "talks with a municipality that is not listed",
        "server_stranger",
        actors=_lists_stranger,
    ),
)
