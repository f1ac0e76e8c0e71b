"""Steps of the exchange terminal: what is expected. None judges; each says what the journal must show."""

from __future__ import annotations

import re
from typing import Final

from pytest_bdd import then

from conformance.stage import Stage
from features.steps.municipal import DAY, day_of
from features.steps.register_people import ITEMS, KINDS, TROUBLES
from features.steps.terminal import NAME, RECORD, UNSEALED, WHO, Room, words
from features.steps.terminal_people import CODES, HOSTILE, NOTICES, REASONS, RECORDS, WHATS

KIND: Final = "(?:市町村通知|市町村伝達|証明書交付の情報)"
LIST: Final = f"(?P<kinds>{KIND}(?:、{KIND})*)"
REASON: Final = f"(?P<reason>{'|'.join(REASONS)})"
CODE: Final = f"(?P<code>{'|'.join(CODES)})"


def _ref(room: Room, who: str) -> str:
    return room.people[who].ref


def _kinds(text: str) -> list[str]:
    return [KINDS[one] for one in text.split("、")]


# --- what is sent and what arrives -----------------------------------------------------------------------
@then(words(f"入管庁は{WHO}について{LIST}をこの順に1回ずつ受理する"))
def arrives(stage: Stage, room: Room, who: str, kinds: str) -> None:
    stage.expect("terminal_arrived", person=_ref(room, who), kinds=_kinds(kinds))


@then(words(f"入管庁は{WHO}の記録をまだ何も受理していない"))
def nothing_arrives(stage: Stage, room: Room, who: str) -> None:
    stage.expect("terminal_arrived", person=_ref(room, who), kinds=[])


@then(words("渡された記録はどれも1回だけ処理され、その結果が住基側に1回ずつ戻る"))
def nothing_lost(stage: Stage) -> None:
    stage.expect("terminal_nothing_lost")


@then(words(f"相手先の変更をまたいでも、入管庁は{WHO}について{LIST}をこの順に1回ずつ受理する"))
def cut_over(stage: Stage, room: Room, who: str, kinds: str) -> None:
    stage.expect("terminal_cut_over", person=_ref(room, who), kinds=_kinds(kinds))


@then(words(f"(?P<before>{DAY})と(?P<after>{DAY})に送られる{RECORD}の項目は同じである"))
def same_items(stage: Stage, before: str, after: str, what: str) -> None:
    stage.expect(
        "terminal_same_items",
        kind=RECORDS[what],
        before=day_of(before).isoformat(),
        after=day_of(after).isoformat(),
    )


@then(words(f"{WHO}の(?P<kind>{KIND})は、業務コード「(?P<code>[0-9]+)」のファイルで送られる"))
def in_business(stage: Stage, room: Room, who: str, kind: str, code: str) -> None:
    stage.expect("terminal_business", person=_ref(room, who), kind=KINDS[kind], code=code)


@then(words("届かなかったファイルは、同じ名前と内容で送り直される"))
def resent(stage: Stage) -> None:
    stage.expect("terminal_resent")


@then(words(f"(?P<days>{DAY}(?:、{DAY})*)のどの日にも情報連携がある"))
def daily(stage: Stage, days: str) -> None:
    stage.expect("terminal_daily", days=[day_of(one).isoformat() for one in days.split("、")])


@then(words(f"{WHO}の最初の(?P<kind>{KIND})は、(?P<day>{DAY})の情報連携で送られる"))
def in_next_exchange(stage: Stage, room: Room, who: str, kind: str, day: str) -> None:
    stage.expect(
        "terminal_next_exchange", person=_ref(room, who), kind=KINDS[kind], day=day_of(day).isoformat()
    )


@then(words(f"(?P<day>{DAY})の情報連携は(?P<times>[0-9]+時(?:、[0-9]+時)*)に行われる"))
def at_times(stage: Stage, day: str, times: str) -> None:
    clocks = [f"{int(one):02d}:00" for one in re.findall(r"[0-9]+", times)]
    stage.expect("terminal_times", day=day_of(day).isoformat(), times=clocks)


@then(words(f"{WHO}の記録は、(?P<versions>[0-9.]+版(?:、[0-9.]+版)*)の順に送られる"))
def in_versions(stage: Stage, room: Room, who: str, versions: str) -> None:
    names = [f"renkei-open/{one.removesuffix('版')}" for one in versions.split("、")]
    stage.expect("terminal_versions", person=_ref(room, who), versions=names)


@then(words("送られるファイルは、入管庁の鍵だけで開き、そのままでは何も読めない"))
def sealed(stage: Stage) -> None:
    stage.expect("terminal_sealed")


# --- what comes down ------------------------------------------------------------------------------------
@then(words(f"(?P<what>{'|'.join(HOSTILE)})ファイルは、{CODE}という理由で取り込まれない"))
def refused(stage: Stage, what: str, code: str) -> None:
    stage.expect("terminal_refused", spoilt=HOSTILE[what], code=CODES[code])


@then(words(f"(?P<what>途中で切れて届く|改変されて届く)ファイルは、{CODE}という理由で取り込まれない"))
def spoilt_refused(stage: Stage, what: str, code: str) -> None:
    stage.expect("terminal_refused", spoilt=TROUBLES[what], code=CODES[code])


@then(words(f"同じ番号で別の内容のファイルは、{CODE}という理由で取り込まれない"))
def reused_refused(stage: Stage, code: str) -> None:
    stage.expect("terminal_refused", spoilt="numbered_again", code=CODES[code])


@then(words(f"古いファイルは、{CODE}という理由で取り込まれない"))
def stale_refused(stage: Stage, code: str) -> None:
    stage.expect("terminal_refused", spoilt="again", code=CODES[code])


@then(words("もう一度届いたファイルは、何の効果も持たない"))
def repeated(stage: Stage) -> None:
    stage.expect("terminal_refused", spoilt="again", code="")
    stage.expect("terminal_fetched_once")


@then(words("XML形式のファイルは取り込まれる"))
def xml_taken(stage: Stage) -> None:
    stage.expect("terminal_refused", spoilt="as_xml", code="")


@then(words(f"(?P<what>{'|'.join(UNSEALED)})ファイルは、{CODE}という理由で取り込まれない"))
def not_opened(stage: Stage, what: str, code: str) -> None:
    stage.expect("terminal_opens", spoilt=UNSEALED[what], code=CODES[code])


@then(words(f"{WHO}について、(?P<what>[^、]+(?:、[^、]+)*)の通知がこの順に1回ずつ住基側に渡されている"))
def handed(stage: Stage, room: Room, who: str, what: str) -> None:
    reasons = [NOTICES[one] for one in what.split("、")]
    stage.expect("terminal_fetched", person=_ref(room, who), reasons=reasons)


@then(words(f"{WHO}の(?P<kind>{KIND})は受理されたと、住基側に伝えられる"))
def result_accepted(stage: Stage, room: Room, who: str, kind: str) -> None:
    stage.expect("terminal_result", person=_ref(room, who), kind=KINDS[kind], outcome="accepted")


@then(
    words(
        f"{WHO}の(?P<kind>{KIND})は、(?P<item>.+)について{CODE}という理由で拒否されたと、住基側に伝えられる"
    )
)
def result_rejected(stage: Stage, room: Room, who: str, kind: str, item: str, code: str) -> None:
    stage.expect(
        "terminal_result",
        person=_ref(room, who),
        kind=KINDS[kind],
        outcome="rejected",
        code=CODES[code],
        field=ITEMS[item],
    )


@then(words("届いたファイルには、次の情報連携で取込みの結果が返される"))
def answered(stage: Stage) -> None:
    stage.expect("terminal_answers")


@then(words(f"正しくない通知だけが、{CODE}という理由で拒否されたと応答される"))
def record_refused(stage: Stage, code: str) -> None:
    stage.expect("terminal_record_refused", code=CODES[code])


@then(words(f"{WHO}の通知は住基側に渡されない"))
def not_handed(stage: Stage, room: Room, who: str) -> None:
    stage.expect("terminal_fetched", person=_ref(room, who), reasons=[])


OUTCOMES: Final = {"処理待ちである": "pending", "受理された": "accepted"}


@then(words(f"{WHO}の(?P<kind>{KIND})は(?P<outcome>処理待ちである|受理された)と、職員に見える"))
def shown(stage: Stage, room: Room, who: str, kind: str, outcome: str) -> None:
    _shown(stage, room, who, kind, OUTCOMES[outcome], "")


@then(words(f"{WHO}の(?P<kind>{KIND})は{CODE}という理由で拒否されたと、職員に見える"))
def shown_rejected(stage: Stage, room: Room, who: str, kind: str, code: str) -> None:
    _shown(stage, room, who, kind, "rejected", CODES[code])


def _shown(stage: Stage, room: Room, who: str, kind: str, outcome: str, code: str) -> None:
    stage.expect(
        "terminal_result_shown",
        look=stage.scene.look_at_results(),
        person=_ref(room, who),
        kind=KINDS[kind],
        outcome=outcome,
        code=code,
    )


# --- media ----------------------------------------------------------------------------------------------
@then(words("使者に渡すことができる"))
def may_hand_over(stage: Stage, room: Room) -> None:
    stage.expect("terminal_by_hand", act=room.act, accepted=True)


@then(words(f"{REASON}という理由で、使者に渡すことができない"))
def may_not_hand_over(stage: Stage, room: Room, reason: str) -> None:
    stage.expect("terminal_by_hand", act=room.act, accepted=False, reason=REASONS[reason])


@then(words("媒体・書面での送受信は、宣言された障害の間だけである"))
def only_in_outage(stage: Stage) -> None:
    stage.expect("terminal_only_in_outage")


@then(words(f"媒体の(?P<what>{'|'.join(HOSTILE)})ファイルは、{CODE}という理由で取り込まれない"))
def medium_refused(stage: Stage, what: str, code: str) -> None:
    stage.expect("terminal_medium", spoilt=HOSTILE[what], code=CODES[code])


@then(words("媒体のファイルは取り込まれる"))
def medium_taken(stage: Stage) -> None:
    stage.expect("terminal_medium", spoilt="", code="")


@then(words("2回目に入れた媒体のファイルは、何の効果も持たない"))
def medium_repeated(stage: Stage) -> None:
    stage.expect("terminal_medium", spoilt="again", code="")
    stage.expect("terminal_fetched_once")


@then(words(f"媒体の別の内容のファイルは、{CODE}という理由で取り込まれない"))
def medium_reused(stage: Stage, code: str) -> None:
    stage.expect("terminal_medium", spoilt="numbered_again", code=CODES[code])


# --- peers ----------------------------------------------------------------------------------------------
@then(words(f"「(?P<peer>{NAME})」との通信はすべて拒否される"))
def not_listed(stage: Stage, peer: str) -> None:
    stage.expect("terminal_listed", peer=peer)


@then(words(f"「(?P<peer>{NAME})」の試みが(?P<count>[0-9]+)回、記録される"))
def attempts_logged(stage: Stage, peer: str, count: str) -> None:
    look = stage.scene.look_at_incidents()
    stage.expect("terminal_stranger_logged", look=look, peer=peer, count=int(count))


@then(words(f"「(?P<peer>{NAME})」からの「(?P<service>{NAME})」への接続は遮断される"))
def port_closed(stage: Stage, peer: str, service: str) -> None:
    stage.expect("terminal_port", peer=peer, service=service)


@then(words(f"「(?P<peer>{NAME})」は(?P<side>ネットワーク|庁内)から端末に(?P<may>接続できる|接続できない)"))
def system_reaches(stage: Stage, peer: str, side: str, may: str) -> None:
    stage.expect(
        "terminal_system",
        peer=peer,
        side="network" if side == "ネットワーク" else "inside",
        admitted=may == "接続できる",
    )


@then(words("ウイルスの試験用のファイルは隔離され、住基側には何も渡されない"))
def quarantined(stage: Stage) -> None:
    stage.expect("terminal_quarantine", look=stage.scene.look_at_incidents())


@then(words("ウイルスの試験用のファイルは、媒体から取り込まれる前に隔離される"))
def medium_quarantined(stage: Stage) -> None:
    stage.expect("terminal_quarantine", look=stage.scene.look_at_incidents(), manner="media")


@then(
    words("端末は資格を示して(?P<admitted>[0-9]+)回接続し、(?P<refused>[0-9]+)回断られ、その都度切断している")
)
def connected(stage: Stage, admitted: str, refused: str) -> None:
    stage.expect("terminal_connects", admitted=int(admitted), refused=int(refused))


# --- the console ----------------------------------------------------------------------------------------
@then(words("ログオンしていないので、使えない"))
def needs_log_on(stage: Stage, room: Room) -> None:
    stage.expect("terminal_identified", act=room.act)


@then(words("ログオンできる"))
def let_in(stage: Stage, room: Room) -> None:
    stage.expect("terminal_admitted", act=room.act, accepted=True)


@then(words(f"{REASON}という理由で、ログオンできない"))
def not_let_in(stage: Stage, room: Room, reason: str) -> None:
    stage.expect("terminal_admitted", act=room.act, accepted=False, reason=REASONS[reason])


@then(words("その操作ができる"))
def may(stage: Stage, room: Room) -> None:
    stage.expect("terminal_rights", act=room.act, accepted=True)


@then(words(f"{REASON}という理由で、その操作ができない"))
def may_not(stage: Stage, room: Room, reason: str) -> None:
    stage.expect("terminal_rights", act=room.act, accepted=False, reason=REASONS[reason])


@then(words("前の作業でログオフされているので、使えない"))
def was_logged_off(stage: Stage, room: Room) -> None:
    stage.expect("terminal_logged_off", act=room.act)


@then(words(f"「(?P<id>{NAME})」がログオンしている"))
def is_logged_on(stage: Stage, id: str) -> None:
    stage.expect("terminal_idle", look=stage.scene.look_at_screen(), operator=id)


@then(words("だれもログオンしていない"))
def nobody_is(stage: Stage) -> None:
    stage.expect("terminal_idle", look=stage.scene.look_at_screen(), operator="")


@then(words("証跡では、どのログオンにもログオフが続く"))
def paired(stage: Stage) -> None:
    stage.scene.look_at_log()
    stage.expect("terminal_paired")


@then(words("指導を受けているので、ログオンできる"))
def instructed(stage: Stage, room: Room) -> None:
    stage.expect("terminal_instructed", act=room.act, accepted=True)


@then(words("指導の期限を過ぎているので、ログオンできない"))
def not_instructed(stage: Stage, room: Room) -> None:
    stage.expect("terminal_instructed", act=room.act, accepted=False, reason="training_overdue")


@then(words(f"「(?P<id>{NAME})」の指導の期限が過ぎたことが、(?P<count>[0-9]+)回指摘される"))
def training_finding(stage: Stage, id: str, count: str) -> None:
    _finding(stage, "training_overdue", id, count)


@then(words(f"版「(?P<version>{NAME})」の更新プログラムの期限が過ぎたことが、(?P<count>[0-9]+)回指摘される"))
def patches_finding(stage: Stage, version: str, count: str) -> None:
    _finding(stage, "patches_overdue", version, count)


def _finding(stage: Stage, kind: str, subject: str, count: str) -> None:
    look = stage.scene.look_at_incidents()
    stage.expect("terminal_finding", look=look, kind=kind, subject=subject, count=int(count))


@then(words("画面の相手先は「(?P<name>[^」]+)」である"))
def counterpart(stage: Stage, name: str) -> None:
    stage.expect("terminal_counterpart", look=stage.scene.look_at_screen(), name=name)


@then(words("交換後の端末は、業務コード「(?P<business>[0-9]+)」の(?P<sequence>[0-9]+)番から続ける"))
def resumes(stage: Stage, business: str, sequence: str) -> None:
    stage.expect("terminal_resumes", business=business, sequence=int(sequence))


# --- the log --------------------------------------------------------------------------------------------
@then(
    words(
        f"証跡に、(?:「(?P<operator>{NAME})」の)?(?P<what>{'|'.join(WHATS)})が"
        f"(?:「(?P<subject>{NAME})」について)?(?P<count>[0-9]+)回ある"
    )
)
def logged(stage: Stage, operator: str | None, what: str, subject: str | None, count: str) -> None:
    stage.expect(
        "terminal_logged",
        look=stage.scene.look_at_log(),
        what=WHATS[what],
        count=int(count),
        operator=operator or "",
        subject=subject or "",
    )


@then(words("証跡に、ログオンの失敗が(?P<failed>[0-9]+)回、ロックが(?P<locked>[0-9]+)回残る"))
def failures_logged(stage: Stage, failed: str, locked: str) -> None:
    look = stage.scene.look_at_log()
    stage.expect("terminal_failures_logged", look=look, failed=int(failed), locked=int(locked))


@then(words("証跡の連鎖は切れていない"))
def chained(stage: Stage) -> None:
    stage.scene.look_at_log()
    stage.expect("terminal_chain")


@then(words(f"証跡は、機械「(?P<serial>{NAME})」の端末のものである"))
def own_log(stage: Stage, serial: str) -> None:
    stage.scene.look_at_screen()
    stage.expect("terminal_own_log", look=stage.scene.look_at_log(), serial=serial)


@then(words(f"媒体「(?P<medium>{NAME})」の証跡は、端末がなくても検証でき、出力も証跡に残る"))
def exported(stage: Stage, room: Room, medium: str) -> None:
    look = stage.scene.look_at_log()
    stage.expect("terminal_export", act=room.act, look=look, medium=medium)


@then(words(f"{REASON}という理由で、媒体に出力できない"))
def not_exported(stage: Stage, room: Room, reason: str) -> None:
    stage.expect("terminal_medium_once", act=room.act, reason=REASONS[reason])
