"""Mutants of the exchange terminal against its safeguards, each with the check that must find it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from conformance.mutants import terminal_changes as wrong
from conformance.mutants.municipal import wrapped
from conformance.mutants.shape import Mutant, answering, each
from sim.nodes.terminal.operators import Role

Entry = dict[str, Any]


def _looked_elsewhere(entry: Entry) -> Entry:
    return entry | {"subject": "queue"} if entry["what"] == "view" else entry


SAFEGUARDS: Final = (
    Mutant(
        "terminal-lets-everybody-exchange",
        "だれでも情報連携に接続できる",
        "lets anybody connect for the exchange",
        "terminal_listed",
        answers=wrong.when("knock", lambda asked: asked["service"] == "exchange", admitted=True),
    ),
    Mutant(
        "terminal-forgets-strangers",
        "登録されていない相手の試みを記録しない",
        "does not write down attempts of strangers",
        "terminal_stranger_logged",
        answers=each("incidents", "incidents", wrong.unlike("peer_refused")),
    ),
    Mutant(
        "terminal-seals-nothing",
        "封をせずに送る",
        "sends files as they are",
        "terminal_sealed",
        extra=wrong.sealing_nothing,
    ),
    Mutant(
        "terminal-seals-for-itself",
        "自分の鍵で封をして送る",
        "seals files for its own key",
        "terminal_sealed",
        extra=wrong.for_itself,
    ),
    Mutant(
        "terminal-opens-all",
        "封のないファイルも取り込む",
        "takes in files that are not sealed",
        "terminal_opens",
        extra=wrong.opening_all,
    ),
    Mutant(
        "terminal-open-port",
        "許可されていない通信を遮断しない",
        "lets somebody in at a service that it does not serve",
        "terminal_port",
        answers=wrong.when("knock", lambda asked: asked["service"] == "remote_shell", admitted=True),
    ),
    Mutant(
        "terminal-without-scanner",
        "ウイルス対策ソフトが働いていない",
        "has no virus scanner",
        "terminal_quarantine",
        actors=wrong.settings(lambda node: {"scanner": lambda content: ""}),
    ),
    Mutant(
        "terminal-open-inside",
        "庁内のどのシステムからも接続できる",
        "lets every system of the municipality in",
        "terminal_system",
        answers=wrong.when("knock", lambda asked: asked["side"] == "inside", admitted=True),
    ),
    Mutant(
        "terminal-stays-connected",
        "接続したままにする",
        "never disconnects",
        "terminal_connects",
        actors=wrong.sending(wrong.never_disconnecting),
    ),
    Mutant(
        "terminal-shows-to-anybody",
        "ログオンしなくても画面を見られる",
        "shows screens without a log-on",
        "terminal_identified",
        answers=wrong.accepting("view", "no_session"),
    ),
    Mutant(
        "terminal-never-locks",
        "何回誤ってもロックしない",
        "never locks an operator",
        "terminal_admitted",
        actors=wrong.settings(lambda node: {"attempts": 10**6}),
    ),
    Mutant(
        "terminal-everybody-administrates",
        "だれでもロックを解ける",
        "lets every operator do what an administrator does",
        "terminal_rights",
        actors=wrong.settings(
            lambda node: {"operators": tuple(replace(one, role=Role.ADMINISTRATOR) for one in node.operators)}
        ),
    ),
    Mutant(
        "terminal-lingers",
        "作業の後もログオンしたままにする",
        "leaves an operator logged on after a job",
        "terminal_logged_off",
        actors=wrapped("terminal", wrong.Lingering),
    ),
    Mutant(
        "terminal-never-times-out",
        "放置されてもログオフしない",
        "never closes an idle session",
        "terminal_idle",
        actors=wrong.settings(lambda node: {"idle_after": 10**15}),
    ),
    Mutant(
        "terminal-logs-no-log-off",
        "ログオフを証跡に残さない",
        "does not log when a session ends",
        "terminal_paired",
        answers=each("audit_log", "entries", wrong.without("log_off")),
    ),
    Mutant(
        "terminal-forgives-instruction",
        "指導の期限を確かめない",
        "lets operators in whose instruction has run out",
        "terminal_instructed",
        actors=wrong.settings(lambda node: {"train_every": 10**5}),
    ),
    Mutant(
        "terminal-finds-nothing",
        "指導の期限が過ぎたことを指摘しない",
        "does not say whose instruction has run out",
        "terminal_finding",
        answers=each("incidents", "incidents", wrong.unlike("training_overdue")),
    ),
    Mutant(
        "terminal-agency-from-the-start",
        "2019年3月にも相手先を出入国在留管理庁長官とする",
        "names the Commissioner before 2019-04-01",
        "terminal_counterpart",
        answers=answering("status", lambda answer: answer | {"counterpart": "出入国在留管理庁長官"}),
    ),
    Mutant(
        "terminal-starts-over",
        "交換後に1番から始める",
        "begins with number 1 after it was replaced",
        "terminal_resumes",
        actors=wrong.before(wrong.from_the_start),
    ),
    Mutant(
        "terminal-logs-no-view",
        "閲覧を証跡に残さない",
        "does not log what is looked at",
        "terminal_logged",
        answers=each("audit_log", "entries", wrong.without("view")),
    ),
    Mutant(
        "terminal-logs-no-failure",
        "失敗したログオンを証跡に残さない",
        "does not log wrong PINs",
        "terminal_failures_logged",
        answers=each("audit_log", "entries", wrong.without("log_on_failed")),
    ),
    Mutant(
        "terminal-rewrites-log",
        "証跡を書き換える",
        "alters an entry of its log",
        "terminal_chain",
        answers=each("audit_log", "entries", _looked_elsewhere),
    ),
    Mutant(
        "terminal-logs-late",
        "証跡の時刻が違う",
        "writes another time into its log",
        "terminal_log_in_time",
        answers=each("audit_log", "entries", lambda entry: entry | {"at": "2031-01-01T00:00:00+09:00"}),
    ),
    Mutant(
        "terminal-tells-names",
        "証跡に氏名を残す",
        "writes names into its log",
        "terminal_discreet",
        answers=each("audit_log", "entries", lambda entry: entry | {"subject": "TEST KO"}),
    ),
    Mutant(
        "terminal-another-log",
        "他の端末の証跡を示す",
        "shows the log of another machine",
        "terminal_own_log",
        answers=answering("audit_log", lambda answer: answer | {"serial": "X9"}),
    ),
    Mutant(
        "terminal-exports-less",
        "証跡の一部だけを媒体に出力する",
        "leaves entries out of the exported log",
        "terminal_export",
        answers=answering("export_log", wrong.cut_short),
    ),
    Mutant(
        "terminal-exports-an-older-log",
        "前の日までの証跡だけを媒体に出力する",
        "exports the log without its latest entries",
        "terminal_export",
        answers=answering("export_log", wrong.outdated),
    ),
    Mutant(
        "terminal-overwrites-media",
        "証跡のある媒体に上書きする",
        "writes over a medium that holds a log",
        "terminal_medium_once",
        answers=wrong.accepting("export_log", "medium_used"),
    ),
)
