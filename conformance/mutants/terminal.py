"""Mutants of the role `exchange-terminal`, each with the check that must find it."""

from __future__ import annotations

from typing import Any, Final

from conformance.mutants import terminal_changes as wrong
from conformance.mutants.municipal import wrapped
from conformance.mutants.shape import Mutant, answering, each
from conformance.mutants.terminal_safeguards import SAFEGUARDS
from sim.nodes.terminal import Schedule

Entry = dict[str, Any]


def _renamed(file: Entry) -> Entry:
    return file | {"name": "131041-ISA-01-99999999.csv"}


def _no_reason(record: Entry) -> Entry:
    items = {name: text for name, text in record["items"].items() if name not in ("code", "field")}
    return record | {"items": items}


SENDING: Final = (
    Mutant(
        "terminal-reverses",
        "渡された順と逆に送る",
        "sends records in reverse",
        "terminal_arrived",
        actors=wrong.before(wrong.reversing),
    ),
    Mutant(
        "terminal-loses-transmissions",
        "市町村伝達を失う",
        "loses transmissions",
        "terminal_nothing_lost",
        actors=wrong.handed(wrong.without_transmissions),
    ),
    Mutant(
        "terminal-drops-at-cut-over",
        "相手先の変わる前の日に渡された記録を失う",
        "loses what is handed over on the day before the counterpart changes",
        "terminal_cut_over",
        actors=wrong.handed(wrong.lost_at_the_end),
    ),
    Mutant(
        "terminal-fewer-items",
        "相手先の変わった日から項目を一つ送らない",
        "leaves out an item from the day on which the counterpart changed",
        "terminal_same_items",
        actors=wrong.handed(wrong.without_status),
    ),
    Mutant(
        "terminal-names-files-otherwise",
        "ファイルの名前がヘッダーと違う",
        "calls files otherwise than their headers say",
        "terminal_form",
        answers=each("collect", "files", _renamed),
    ),
    Mutant(
        "terminal-mixes-businesses",
        "証明書交付の情報を別の業務のファイルで送る",
        "sends certificates in batches of another business",
        "terminal_business",
        actors=wrong.settings(lambda node: {"profile": wrong.mixing(node.profile)}),
    ),
    Mutant(
        "terminal-alters-names",
        "氏名を書き換えて送る",
        "sends names otherwise than they were handed over",
        "terminal_unchanged",
        actors=wrong.handed(wrong.other_name),
    ),
    Mutant(
        "terminal-skips-numbers",
        "一連番号を飛ばす",
        "leaves sequence numbers out",
        "terminal_sequence",
        actors=wrong.before(wrong.skipping),
    ),
    Mutant(
        "terminal-sends-twice",
        "同じ記録を2回送る",
        "sends each record twice",
        "terminal_sent_once",
        actors=wrapped("terminal", wrong.Repeating),
    ),
    Mutant(
        "terminal-never-resends",
        "届かなかったファイルを送り直さない",
        "never sends a file again",
        "terminal_resent",
        actors=wrong.sending(wrong.never_again),
    ),
    Mutant(
        "terminal-idles-without-records",
        "渡された記録のない日に情報連携をしない",
        "does not exchange on a day without records",
        "terminal_daily",
        actors=wrapped("terminal", wrong.OnlyWithRecords),
    ),
    Mutant(
        "terminal-tarries",
        "渡された記録を次の日まで送らない",
        "keeps records back until the next day",
        "terminal_next_exchange",
        actors=wrapped("terminal", wrong.Tarrying),
    ),
    Mutant(
        "terminal-once-a-day",
        "1日に1回しか情報連携をしない",
        "exchanges once a day only, whatever was set",
        "terminal_times",
        actors=wrong.settings(lambda node: {"schedule": Schedule(node.schedule.times[:1])}),
    ),
    Mutant(
        "terminal-one-version",
        "新しい版でしか送らない",
        "writes in its newest version only",
        "terminal_versions",
        actors=wrong.settings(lambda node: {"older": ()}),
    ),
)

RECEIVING: Final = (
    Mutant(
        "terminal-refuses-nothing",
        "正しくないファイルも受け取ったという",
        "says that it has taken in whatever came",
        "terminal_refused",
        answers=answering("deliver", lambda answer: {"refused": {}}),
    ),
    Mutant(
        "terminal-answers-nothing",
        "届いたファイルに結果を返さない",
        "does not say what became of a file",
        "terminal_answers",
        actors=wrong.before(wrong.silent),
    ),
    Mutant(
        "terminal-refuses-without-code",
        "正しくない記録を黙って捨てる",
        "drops a record that is not in order without a word",
        "terminal_record_refused",
        actors=wrong.before(wrong.silent_of_records),
    ),
    Mutant(
        "terminal-keeps-notices",
        "入管庁通知を住基側に渡さない",
        "does not hand notices to the register",
        "terminal_fetched",
        actors=wrong.inward(wrong.without_notices),
    ),
    Mutant(
        "terminal-hands-over-twice",
        "届いた記録を2回渡す",
        "hands everything to the register twice",
        "terminal_fetched_once",
        actors=wrong.inward(wrong.doubled),
    ),
    Mutant(
        "terminal-alters-notices",
        "通知の項目を落として渡す",
        "leaves an item of a notice out",
        "terminal_handed_unchanged",
        actors=wrong.inward(wrong.without_period),
    ),
    Mutant(
        "terminal-hides-errors",
        "処理結果のエラー情報を渡さない",
        "hands results over without their errors",
        "terminal_result",
        answers=each("fetch", "records", _no_reason),
    ),
    Mutant(
        "terminal-shows-all-accepted",
        "すべて受理されたと職員に見せる",
        "shows every record as accepted",
        "terminal_result_shown",
        answers=each("results", "results", lambda one: one | {"outcome": "accepted", "code": ""}),
    ),
    Mutant(
        "terminal-hands-over-always",
        "障害の宣言がなくても使者に渡す",
        "gives files to a messenger without a declared outage",
        "terminal_by_hand",
        answers=answering("hand_over", lambda answer: answer | {"accepted": True, "reason": ""}),
    ),
    Mutant(
        "terminal-takes-media-always",
        "障害の宣言がなくても媒体を取り込む",
        "takes media in without a declared outage",
        "terminal_only_in_outage",
        answers=answering("put_medium", lambda answer: {"refused": {}}),
    ),
    Mutant(
        "terminal-misnames-media",
        "媒体のファイルを違う理由で取り込まない",
        "refuses files on media for another reason",
        "terminal_medium",
        answers=answering(
            "put_medium", lambda answer: {"refused": dict.fromkeys(answer["refused"], "NOT_CSV")}
        ),
    ),
)

ALL: Final = (*SENDING, *RECEIVING, *SAFEGUARDS)
