"""Mutants of the municipal system's exchange: files, numbers, answers, results, links."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import msgspec

from conformance.mutants.otherwise import Records, files, otherwise, records, sends_through
from conformance.mutants.shape import Answers, Body, Mutant, answering, each
from sim.base.instant import DAY, Instant, japan_date
from sim.base.node import Event, Node, Send, Step
from sim.drivers.topology import Topology
from sim.exchange import batch as batches
from sim.exchange.batch import Header
from sim.exchange.profile import open_profile
from sim.exchange.records import MunicipalityTransmission, Result
from sim.law.changes import AGENCY_FIRST_DAY
from sim.nodes.messages.link import LoseMedium, SwitchLink
from sim.nodes.messages.network import Carry

FORBIDDEN: Final = ("forbidden.endorsement_notice", "forbidden.consistency_check")


# --- files ----------------------------------------------------------------------------------------------
def _wrong_business(header: Header, held: Records) -> tuple[Header, Records]:
    """What belongs to the resident register goes as residence-related work."""
    return (msgspec.structs.replace(header, business="02") if held else header), held


def _every_other_number(header: Header, held: Records) -> tuple[Header, Records]:
    return msgspec.structs.replace(header, sequence=header.sequence * 2 - 1), held


def _dated_tomorrow(header: Header, held: Records) -> tuple[Header, Records]:
    return msgspec.structs.replace(header, created_at=Instant(header.created_at + DAY)), held


def _no_answers(header: Header, held: Records) -> tuple[Header, Records]:
    kept = tuple(one for one in held if not (isinstance(one, Result) and one.scope == "batch"))
    return header, kept


def _no_notice_answers(header: Header, held: Records) -> tuple[Header, Records]:
    kept = tuple(one for one in held if not (isinstance(one, Result) and one.scope == "record"))
    return header, kept


def _never_empty(header: Header, held: Records) -> tuple[Header, Records] | None:
    return (header, held) if held else None


def _another_column(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    """From 2019-04-01 each row has a column more."""

    def changed(send: Send) -> Send:
        body = send.body
        if not isinstance(body, Carry) or japan_date(now) < AGENCY_FIRST_DAY:
            return send
        *rows, _, _ = body.content.split(b"\r\n")
        rows = [row + b"," if row.startswith(b"D,") else row for row in rows]
        head = b"\r\n".join(rows) + b"\r\n"
        trailer = f"T,{len(rows) - 1},{batches.digest_of(head)}\r\n".encode()
        return Send(send.to, msgspec.structs.replace(body, content=head + trailer))

    return sends_through(node.step(state, event, now), changed)


def _losing_resends_since_2019(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
    """What is to go again after the counterpart changed never goes."""
    step = node.step(state, event, now)
    again = {entry.subject for entry in step.entries if entry.kind == "batch_resent"}
    if japan_date(now).year != AGENCY_FIRST_DAY.year:
        return step
    return sends_through(
        step, lambda send: None if isinstance(send.body, Carry) and send.body.ref in again else send
    )


def _first_time_only(topology: Topology) -> Topology:
    return replace(topology, fittings=replace(topology.fittings, also=()))


# --- answers --------------------------------------------------------------------------------------------
def _renumbering() -> Answers:
    """A file that goes again goes under another number."""
    sent: set[str] = set()
    profile = open_profile()

    def changed(op: str, request: Body, answer: Body) -> Body:
        if op == "reset":
            sent.clear()
        if op != "collect":
            return answer
        told = []
        for file in answer["files"]:
            name, content = file["name"], base64.b64decode(file["content"])
            batch = batches.decode(content, profile).batch
            if name in sent and batch is not None:
                header = msgspec.structs.replace(batch.header, sequence=batch.header.sequence + 1)
                content = batches.encode(header, batch.records, profile)
                other = f"{header.batch_id}.csv"
                told.append({"name": other, "content": base64.b64encode(content).decode()})
            else:
                told.append(file)
            sent.add(name)
        return answer | {"files": told}

    return changed


def _version_unsaid(answer: Body) -> Body:
    codes = {
        name: "NOT_CSV" if code == "UNKNOWN_PROFILE" else code for name, code in answer["refused"].items()
    }
    return {"refused": codes}


def _refusing_xml(op: str, request: Body, answer: Body) -> Body:
    if op != "deliver":
        return answer
    names = [file["name"] for file in request["files"] if file["name"].endswith(".xml")]
    return {"refused": answer["refused"] | dict.fromkeys(names, "NOT_CSV")}


def _said_to_be(op: str, **data: object) -> Answers:
    return answering(op, lambda answer: answer | data)


# --- the leg inside -------------------------------------------------------------------------------------
def _losing_at(told: type, part: str) -> Callable[[Node[Any], Any, Event, Instant], Step]:
    """What a step would send, or wait for, is lost when the link is told this."""

    def decide(node: Node[Any], state: Any, event: Event, now: Instant) -> Step:
        step = node.step(state, event, now)
        return msgspec.structs.replace(step, **{part: ()}) if isinstance(event.body, told) else step

    return decide


ALL: Final = (
    Mutant(
        "new-column-in-2019",
        "2019年4月1日から項目を増やす",
        "adds a column from 2019-04-01 on",
        "batch_good",
        actors=otherwise("terminal", _another_column),
    ),
    Mutant(
        "wrong-business",
        "住民基本台帳事務の記録を、在留関連事務のファイルで送る",
        "sends records of the resident register as residence-related work",
        "three_businesses",
        actors=files(_wrong_business),
    ),
    Mutant(
        "transmit-without-card",
        "市町村伝達にカードの番号を書かない",
        "leaves the card's number out of a transmission",
        "transmission_whole",
        actors=records(
            lambda record: (
                msgspec.structs.replace(record, card_number="")
                if isinstance(record, MunicipalityTransmission)
                else record
            )
        ),
    ),
    Mutant(
        "skip-numbers",
        "一連番号を一つおきに付ける",
        "skips every other sequence number",
        "sequence",
        actors=files(_every_other_number),
    ),
    Mutant(
        "date-files-tomorrow",
        "ファイルの作成日時を翌日にする",
        "dates files a day ahead",
        "dated_when_made",
        actors=files(_dated_tomorrow),
    ),
    Mutant(
        "name-files-freely",
        "ファイルに規格と違う名前を付ける",
        "gives files names of its own",
        "file_named",
        answers=each("collect", "files", lambda file: file | {"name": f"upload-{file['name']}"}),
    ),
    Mutant(
        "answer-no-file",
        "受け取ったファイルに応答しない",
        "does not answer files that come down",
        "acknowledged",
        actors=files(_no_answers),
    ),
    Mutant(
        "answer-no-notice",
        "入管庁通知に応答しない",
        "does not answer agency notices",
        "recovered",
        actors=files(_no_notice_answers),
    ),
    Mutant(
        "silent-days",
        "送る記録がない日は情報連携をしない",
        "exchanges only when there is something to send",
        "daily_exchange",
        actors=files(_never_empty),
    ),
    Mutant(
        "once-a-day",
        "1日に2回と設定しても1回しか情報連携をしない",
        "exchanges once a day although it is set to twice",
        "exchange_times",
        topology=_first_time_only,
    ),
    Mutant(
        "forget-over-2019",
        "2019年4月1日をまたいだ記録を送り直さない",
        "does not send again what was under way on 2019-04-01",
        "cut_over",
        actors=otherwise("terminal", _losing_resends_since_2019),
    ),
    Mutant(
        "hide-errors",
        "処理結果の誤りの内容を見せない",
        "does not show why a record was rejected",
        "result_shown",
        answers=each("results", "results", lambda one: one | {"code": "", "field": "", "reason": ""}),
    ),
    Mutant(
        "forget-results",
        "処理結果を取り込まず、結果待ちのままにする",
        "never takes in results",
        "results_whole",
        answers=each("results", "results", lambda one: one | {"outcome": "pending"}),
    ),
    Mutant(
        "resend-under-new-number",
        "再送信で、新しい番号を付けて送る",
        "sends again under another number",
        "resent_same",
        answers=_renumbering(),
    ),
    Mutant(
        "refuse-nothing",
        "正しくないファイルを拒否しない",
        "refuses no file",
        "spoilt_refused",
        answers=_said_to_be("deliver", refused={}),
    ),
    Mutant(
        "version-unsaid",
        "知らない版のファイルを、別の理由で拒否する",
        "refuses a file of an unknown version for another reason",
        "version_refused",
        answers=answering("deliver", _version_unsaid),
    ),
    Mutant(
        "refuse-xml",
        "XML形式のファイルを取り込まない",
        "takes in no file in XML",
        "xml_taken",
        answers=_refusing_xml,
    ),
    Mutant(
        "offer-forbidden",
        "標準仕様書が「実装しない機能」とする機能を備える",
        "has features that the standard says are not to be had",
        "not_offered",
        answers=answering(
            "hello", lambda answer: answer | {"capabilities": [*answer["capabilities"], *FORBIDDEN]}
        ),
    ),
    Mutant(
        "lose-at-switch",
        "連携方法を切り替えるときに、運ぶ前の記録を失う",
        "loses what waits when the link is switched",
        "link_switch",
        actors=otherwise("link", _losing_at(SwitchLink, "sends")),
    ),
    Mutant(
        "lose-with-medium",
        "なくした媒体を作り直さない",
        "does not issue a lost medium again",
        "lost_medium",
        actors=otherwise("link", _losing_at(LoseMedium, "wakes")),
    ),
    Mutant(
        "messenger-anytime",
        "回線が使えるときも、媒体や書面で送付する",
        "sends by hand although the line works",
        "messenger_only_in_outage",
        answers=_said_to_be("messenger", accepted=True, reason=""),
    ),
    Mutant(
        "messenger-never",
        "回線の故障が認められても、媒体や書面で送付しない",
        "sends nothing by hand in an outage either",
        "messenger_taken",
        answers=_said_to_be("messenger", accepted=False, reason="never", files=[]),
    ),
    Mutant(
        "count-no-labour",
        "庁内の連携にかかる手作業を数えない",
        "does not count the manual work of the link",
        "labour_counted",
        answers=_said_to_be("labour", steps=0, keyed=0, wrong=0),
    ),
    Mutant(
        "switch-anyhow",
        "条件を満たさない連携方法にも切り替える",
        "switches to a link that is not open to it",
        "link_open",
        answers=_said_to_be("switch_link", accepted=True, reason=""),
    ),
    Mutant(
        "take-any-medium",
        "取り込んではならない媒体を取り込む",
        "takes in any medium",
        "medium_refused",
        answers=_said_to_be("medium", accepted=True, reason=""),
    ),
)
