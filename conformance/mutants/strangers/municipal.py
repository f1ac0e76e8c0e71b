"""Breaches of a municipal system, from the rows of seeds 000 to 003 and the rules found beside them.

Those at its counters have a module of their own.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any, Final

import msgspec

from conformance.mutants.otherwise import otherwise, records, sends_through
from conformance.mutants.shape import Body
from conformance.mutants.strangers.municipal_counter import COUNTER
from conformance.mutants.strangers.shape import Between, Stranger, right
from conformance.protocol.conversation import Channel
from conformance.reference.municipal_register import Actors
from sim.base.instant import DAY, Instant, japan_date
from sim.base.node import Event, Node, Send, Step
from sim.drivers.topology import Places
from sim.exchange.records import AgencyNotice, AnyRecord, MunicipalityNotice, MunicipalityTransmission
from sim.law.citation import counterpart
from sim.law.kinds import Governing
from sim.nodes.messages.registry import (
    ConfirmNotice,
    ConfirmNotices,
    Inbound,
    IssueCopy,
    Outbound,
    RemovalDue,
    Settle,
)
from sim.nodes.messages.terminal import ExchangeDue
from sim.nodes.ministry import notice_called
from sim.nodes.registry import raising
from sim.nodes.registry.changes import EX_OFFICIO
from sim.nodes.registry.history import REMOVED


# --- the register ---------------------------------------------------------------------------------------
def _day_later(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    step = right(node, state, event, now)
    wakes = tuple(
        msgspec.structs.replace(wake, at=Instant(wake.at + DAY))
        if isinstance(wake.body, RemovalDue)
        else wake
        for wake in step.wakes
    )
    return msgspec.structs.replace(step, wakes=wakes)


def _records_of(step: Step, change: Callable[[AnyRecord], AnyRecord | None]) -> Step:
    """The step with other records on their way to the terminal; None leaves one out."""

    def changed(send: Send) -> Send | None:
        if not isinstance(send.body, Outbound):
            return send
        kept = tuple(one for record in send.body.records if (one := change(record)) is not None)
        return Send(send.to, Outbound(kept, send.body.again)) if kept else None

    return sends_through(step, changed)


def _dated_when_settled(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    step = right(node, state, event, now)
    if not isinstance(event.body, Settle):
        return step

    def dated(record: AnyRecord) -> AnyRecord:
        if isinstance(record, MunicipalityNotice | MunicipalityTransmission):
            return msgspec.structs.replace(record, filed_date=japan_date(now))
        return record

    return _records_of(step, dated)


def _filed_when_moved(record: AnyRecord) -> AnyRecord:
    if isinstance(record, MunicipalityTransmission) and record.manner == "deemed":
        return msgspec.structs.replace(record, filed_date=record.event_date)
    return record


def _removal_echoed(actors: Actors, at: Places) -> Actors:
    """A record that the agency has had removed is notified to the agency."""

    def decide(node: Any, state: Any, event: Event, now: Instant) -> Step:
        step = right(node, state, event, now)
        if not isinstance(event.body, ConfirmNotice | ConfirmNotices):
            return step
        gone = [one for one in step.entries if one.kind == "record_removed"]
        sends, entries, today = list(step.sends), list(step.entries), japan_date(now)
        for entry in gone:
            number = raising.record_id(node, state)
            person = state.removed(entry.subject)
            notice = raising.notice(number, REMOVED, EX_OFFICIO, person, today, today)
            law = str(Governing.REGISTER)
            entries.append(raising.kept(node, state, notice, entry.case, entry.subject, law, now))
            sends += raising.outbound(node, [notice])
        return msgspec.structs.replace(step, sends=tuple(sends), entries=tuple(entries))

    return otherwise("registry", decide)(actors, at)


NOBODY: Final = "ZZ00000000ZZ"


def _by_record_only(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    """A notice finds those who have a resident record, and nobody else."""
    body = event.body
    if isinstance(body, Inbound):

        def lost(record: AnyRecord) -> AnyRecord:
            if not isinstance(record, AgencyNotice):
                return record
            holder = state.holder_of(record.card_number_before)
            if holder is None or state.resident(holder.ref) is not None:
                return record
            return msgspec.structs.replace(record, card_number_before=NOBODY, card_number="")

        held = tuple(map(lost, body.records))
        event = msgspec.structs.replace(event, body=msgspec.structs.replace(body, records=held))
    return right(node, state, event, now)


def _netted(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    """Of who came and went on one day nothing waits when the terminal exchanges."""
    if isinstance(event.body, ExchangeDue):
        waiting = state.take_queue()
        days: dict[tuple[str, date], set[str]] = {}
        for record in waiting:
            if isinstance(record, MunicipalityNotice):
                days.setdefault((record.person_ref, record.event_date), set()).add(record.action)
        for record in waiting:
            came_and_went = (
                isinstance(record, MunicipalityNotice)
                and {"made", "removed"} <= (days[record.person_ref, record.event_date])
            )
            if not came_and_went:
                state.enqueue(record)
    return right(node, state, event, now)


def _untold(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    step = right(node, state, event, now)
    if not isinstance(event.body, IssueCopy):
        return step
    return _records_of(step, lambda record: None if isinstance(record, MunicipalityNotice) else record)


def _all_at_once(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    if isinstance(event.body, ConfirmNotice):
        event = msgspec.structs.replace(event, body=ConfirmNotices(by_hand=True))
    return right(node, state, event, now)


def _in_normal_form(record: AnyRecord) -> AnyRecord:
    name = getattr(record, "name_kanji", "")
    if not name:
        return record
    return msgspec.structs.replace(record, name_kanji=unicodedata.normalize("NFKC", name))


class Arrivals(Between):
    """Remembers on which day each agency notice came."""

    def __init__(self, inner: Channel) -> None:
        super().__init__(inner)
        self._came: dict[str, date] = {}

    def told(self, op: str, body: Body, answer: Body) -> Body:
        if op == "reset":
            self._came = {}
        if op == "deliver":
            for one in self.ask("notices", {})["notices"]:
                self._came.setdefault(one["record"], self.today)
        return answer


class OfToday(Arrivals):
    """The list of notices that wait has those of today."""

    def told(self, op: str, body: Body, answer: Body) -> Body:
        answer = super().told(op, body, answer)
        if op != "notices":
            return answer
        return answer | {
            "notices": [
                one
                for one in answer["notices"]
                if one["state"] not in ("backlog", "imported") or self._came[one["record"]] == self.today
            ]
        }


class CalledByArrival(Arrivals):
    """A notice is called as notices are called on the day on which it comes."""

    def told(self, op: str, body: Body, answer: Body) -> Body:
        answer = super().told(op, body, answer)
        if op != "notices":
            return answer
        return answer | {"notices": [self._renamed(one) for one in answer["notices"]]}

    def _renamed(self, notice: Body) -> Body:
        came = self._came[notice["record"]]
        called = f"{notice_called(came)[0]}（{counterpart(came)[0]}）"
        return notice | {"called": called if notice["called"] else ""}


ALL: Final = (
    *COUNTER,
    Stranger(
        "stranger-moving-out-a-day-late",
        "転出の市町村通知を予定日の翌日に送る",
        "A moving-out is notified on the day after the planned day",
        breaches=("X-03",),
        actors=otherwise("registry", _day_later),
    ),
    Stranger(
        "stranger-filed-when-settled",
        "仮登録を本登録した日を届出年月日とする",
        "A provisional filing bears the day on which it was settled",
        breaches=("X-13", "X-17"),
        actors=otherwise("registry", _dated_when_settled),
    ),
    Stranger(
        "stranger-deemed-filed-when-moved",
        "みなし届出の市町村伝達の届出年月日を異動日とする",
        "A deemed transmission bears the day of the move as the day of the filing",
        breaches=("X-17", "S0-016"),
        actors=records(_filed_when_moved),
    ),
    Stranger(
        "stranger-removal-echoed",
        "出入国在留管理庁通知による消除を市町村通知で送り返す",
        "A removal that an agency notice led to is notified to the agency",
        breaches=("X-15", "S3-015"),
        actors=_removal_echoed,
    ),
    Stranger(
        "stranger-notice-by-record-only",
        "住民票のない特別永住者への出入国在留管理庁通知を該当者なしとする",
        "An agency notice of somebody with an abode only finds nobody",
        breaches=("S3-005",),
        actors=otherwise("registry", _by_record_only),
        survives=(
            "入管庁は住民票のある市区町村に通知するので（住基法30条の50）、住民票のない者の通知は届かない",
            "the agency notifies the municipality of the resident record (住基法30条の50), so that no notice"
            " comes of somebody who has none",
        ),
    ),
    Stranger(
        "stranger-same-day-netted",
        "同じ日の転入と転出を相殺して通知しない",
        "Moving in and out on one day is netted, and nothing is notified",
        breaches=("S1-007",),
        actors=otherwise("terminal", _netted),
    ),
    Stranger(
        "stranger-copy-corrects-in-silence",
        "カードに基づく写しのための職権修正を通知しない",
        "A record that was corrected by the card for a copy is not notified",
        breaches=("S1-008", "S3-011"),
        actors=otherwise("registry", _untold),
    ),
    Stranger(
        "stranger-one-confirms-all",
        "1件の通知を確認すると、待っている通知がすべて反映される",
        "To confirm one notice confirms all that wait",
        breaches=("X-07", "X-08"),
        actors=otherwise("registry", _all_at_once),
    ),
    Stranger(
        "stranger-backlog-of-today",
        "取込みが済んでいない通知の一覧に、前日までの通知がない",
        "The list of notices that wait lacks those of earlier days",
        breaches=("X-08",),
        wrap=OfToday,
    ),
    Stranger(
        "stranger-kanji-normalised",
        "漢字氏名をNFKCで正規化して送る",
        "Names in kanji are sent in Unicode's compatibility form",
        breaches=("S0-065",),
        actors=records(_in_normal_form),
    ),
    Stranger(
        "stranger-called-by-arrival",
        "通知の名称を、決定の日でなく届いた日で決める",
        "A notice is called by the day on which it comes, not by that of the decision",
        breaches=("S3-007", "S3-008"),
        wrap=CalledByArrival,
    ),
)
"""Counters, then the register and the exchange."""
