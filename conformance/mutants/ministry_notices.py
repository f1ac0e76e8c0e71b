"""Mutants of what a ministry server sends: to the wrong place, too much, too little, something else."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import date
from typing import Any, Final

import msgspec

from conformance.mutants.ministry_otherwise import (
    backwards,
    down,
    each_record,
    hearing,
    read,
    reading,
    server,
)
from conformance.mutants.otherwise import Records, sends_through
from conformance.mutants.shape import Body as Answered
from conformance.mutants.shape import Mutant, answering
from sim.base.instant import Instant, japan_date
from sim.base.node import Body, Event, Node, Step
from sim.exchange import batch as batches
from sim.exchange.batch import Header
from sim.exchange.profile import open_profile
from sim.exchange.records import AgencyNotice, AnyRecord, MunicipalityNotice, Result
from sim.nodes.messages.agency import Decide
from sim.nodes.messages.network import Arrival, Carry
from sim.nodes.ministry import Holder

WRITTEN: Final = str.maketrans("張陳竜蘇", "张陈龙苏")


def _heading(**items: Any) -> Any:
    """Other items of the header of what goes down: a value, or a function of header and records."""

    def changed(header: Header, records: Records) -> tuple[Header, Records]:
        given = {key: value(header, records) if callable(value) else value for key, value in items.items()}
        return msgspec.structs.replace(header, **given), records

    return down(changed)


def _notice(**items: Any) -> Any:
    """Other items of the notices: a value, or a function of the notice."""

    def changed(record: AnyRecord) -> AnyRecord:
        if not isinstance(record, AgencyNotice):
            return record
        given = {key: value(record) if callable(value) else value for key, value in items.items()}
        return msgspec.structs.replace(record, **given)

    return each_record(changed)


def _forgets_moves(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    """Whoever moved in elsewhere stays with the municipality before."""
    batch = read(event.body.content) if isinstance(event.body, Arrival) else None
    notices = [one for one in batch.records if isinstance(one, MunicipalityNotice)] if batch else []
    before = {one.card_number: state.holder(one.card_number, one.person_ref) for one in notices}
    step = node.step(state, event, now)
    for card, holder in before.items():
        if isinstance(holder, Holder) and holder.code:
            state.hold(card, holder)
    return step


def _never_again(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    step = node.step(state, event, now)
    again = {entry.subject for entry in step.entries if entry.kind == "batch_resent"}
    return sends_through(
        step, lambda send: None if isinstance(send.body, Carry) and send.body.ref in again else send
    )


def _mended(state: Any, body: Body, now: Instant) -> Body:
    """A decision that no notice may tell is made one that may."""
    if not isinstance(body, Decide):
        return body
    name = "".join("〓" if 0xE000 <= ord(sign) <= 0xF8FF else sign for sign in body.name_kanji)
    day = body.decided_date
    return msgspec.structs.replace(
        body, name_kanji=name, decided_date=day if day is None else min(day, japan_date(now))
    )


def _refuses_march(header: Header, records: Records) -> tuple[Header, Records]:
    """From the day of the change on, nothing is taken for the Minister any more."""
    if japan_date(header.created_at) < date(2019, 4, 1) or japan_date(header.created_at).year > 2019:
        return header, records
    told = {"outcome": "rejected", "code": "WRONG_RECIPIENT", "reason": "for somebody else"}
    return header, tuple(
        msgspec.structs.replace(one, **told) if isinstance(one, Result) and one.scope == "record" else one
        for one in records
    )


def _clear(answer: Answered) -> Answered:
    """Leaves a person's name in clear behind each file that goes down."""
    files = [
        one | {"content": b64encode(b64decode(one["content"]) + b"TEST KO").decode()}
        for one in answer["files"]
    ]
    return answer | {"files": files}


def _late_news_count(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    """Whoever is removed anywhere is held to live nowhere, even where another has made the record."""
    batch = read(event.body.content) if isinstance(event.body, Arrival) else None
    step = node.step(state, event, now)
    for record in batch.records if batch else ():
        if isinstance(record, MunicipalityNotice) and record.action == "removed":
            state.hold(record.card_number, Holder(record.person_ref, ""))
    return step


def _twice(header: Header, records: Records) -> tuple[Header, Records]:
    """Each notice comes once more, under another number."""
    notices = [one for one in records if isinstance(one, AgencyNotice)]
    more = tuple(msgspec.structs.replace(one, record_id=f"{one.record_id}-2") for one in notices)
    return header, (*records, *more)


def _as_of_arrival(state: Any, arrival: Arrival, content: bytes) -> bytes:
    """The event of a notice is held to be of the day on which it was sent."""
    batch = read(content)
    if batch is None or not any(isinstance(one, MunicipalityNotice) for one in batch.records):
        return content
    day = japan_date(batch.header.created_at)
    records = tuple(
        msgspec.structs.replace(one, event_date=day) if isinstance(one, MunicipalityNotice) else one
        for one in batch.records
    )
    return batches.encode(batch.header, records, open_profile())


ALL: Final = (
    Mutant(
        "name-in-clear",
        "封筒の外に氏名を残す",
        "leaves a name outside of the envelope",
        "server_sealed",
        answers=answering("collect", _clear),
    ),
    Mutant(
        "bad-heading",
        "送るファイルの宛先を誤る",
        "addresses files to another municipality",
        "server_file_good",
        actors=_heading(recipient="141313"),
    ),
    Mutant(
        "skips-numbers",
        "送るファイルの一連番号を飛ばす",
        "skips every second number",
        "server_numbers",
        actors=_heading(sequence=lambda header, records: header.sequence * 2 - 1),
    ),
    Mutant(
        "one-business",
        "処理結果をすべて一つの業務で返す",
        "answers everything in one business",
        "server_businesses",
        actors=_heading(business="01"),
    ),
    Mutant(
        "loses-notices",
        "通知を失う",
        "loses its notices",
        "server_notice",
        actors=each_record(lambda record: None if isinstance(record, AgencyNotice) else record),
    ),
    Mutant(
        "new-card-forgotten",
        "在留期間の満了の日を通知しない",
        "does not tell the last day of the period of stay",
        "server_notice",
        actors=_notice(period_until=None),
    ),
    Mutant(
        "moves-forgotten",
        "転入した人の通知を前の市区町村に送る",
        "sends notices to the municipality before",
        "server_no_notice",
        actors=server(_forgets_moves),
    ),
    Mutant(
        "notices-backwards",
        "通知を逆の順に送る",
        "sends notices in the reverse order",
        "server_notice_order",
        actors=backwards(AgencyNotice),
    ),
    Mutant(
        "never-again",
        "応答のないファイルを再び送らない",
        "never sends a file again",
        "server_again",
        actors=server(_never_again),
    ),
    Mutant(
        "another-reason",
        "決定と違う事由を通知する",
        "tells another reason than was decided",
        "server_decided",
        actors=_notice(reason=lambda one: "status_ended" if one.reason == "departed" else one.reason),
    ),
    Mutant(
        "always-correct",
        "消除すべきものを修正として通知する",
        "tells a correction where the record is to be removed",
        "server_effect",
        actors=_notice(effect="correct"),
    ),
    Mutant(
        "mends-decisions",
        "通知できない決定を、書き換えて通知する",
        "rewrites decisions that no notice may tell",
        "server_refuses_decision",
        actors=hearing(_mended),
    ),
    Mutant(
        "kanji-as-written",
        "漢字の氏名を正字にせずに送る",
        "sends kanji as somebody wrote them",
        "server_standard_kanji",
        actors=_notice(name_kanji=lambda one: one.name_kanji.translate(WRITTEN)),
    ),
    Mutant(
        "new-name-always",
        "2019年4月1日より前も新しい名称を使う",
        "uses the newer name before 2019-04-01, too",
        "server_in_whose_name",
        answers=answering(
            "decide",
            lambda answer: answer | {"called": "出入国在留管理庁通知", "by": "出入国在留管理庁長官"},
        ),
    ),
    Mutant(
        "refuses-after-change",
        "2019年4月1日に、それまでの記録を断る",
        "refuses what was under way on 2019-04-01",
        "server_across_2019",
        actors=down(_refuses_march),
    ),
    Mutant(
        "late-news-counts",
        "後から届いた転出の通知で、転入先を忘れる",
        "forgets the new municipality when the old one's news come late",
        "server_notice",
        actors=server(_late_news_count),
    ),
    Mutant(
        "notices-twice",
        "通知を別の番号でもう一度送る",
        "sends each notice twice, under two numbers",
        "server_notice_order",
        actors=down(_twice),
    ),
    Mutant(
        "counts-from-arrival",
        "90日を通知が届いた日から数える",
        "counts the 90 days from the day on which the news came",
        "server_candidate",
        actors=reading(_as_of_arrival),
    ),
)
