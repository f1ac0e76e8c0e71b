"""Steps of the register and of the exchange: what the journal must show.

A step that speaks of a record, a slip or a result has an operator look at it first, and names that look. No
step judges.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from pytest_bdd import then

from conformance.stage import Stage
from features.steps.municipal import DAY, day_of, matching
from features.steps.municipal_register import WHO, Desk
from features.steps.register_people import (
    CODES,
    HISTORY,
    ITEMS,
    KINDS,
    NOTICE_STATES,
    STATES,
    TROUBLES,
    items_of,
    kinds_of,
    value_of,
)

KIND: Final = "(?P<kind>市町村通知|市町村伝達|証明書交付の情報)"
LIST: Final = "(?P<kinds>(?:(?:市町村通知|市町村伝達|証明書交付の情報)、?)+)"
SPAN: Final = f"(?P<since>{DAY})から(?P<until>{DAY})まで"
Table = list[list[str]]


# --- what goes up ---------------------------------------------------------------------------------------
@then(matching(f"(?P<day>{DAY})に{WHO}について{LIST}が送られる"))
def is_sent(stage: Stage, desk: Desk, day: str, who: str, kinds: str) -> None:
    stage.expect("sent", person=desk.people[who].ref, kinds=kinds_of(kinds), day=day_of(day).isoformat())


CLASSES: Final = {
    "住基法と入管法の両方": ["municipality_notice", "municipality_transmission"],
    "住基法のみ": ["municipality_notice"],
    "入管法のみ": ["municipality_transmission"],
}


@then(
    matching(
        f"{WHO}の異動は(?P<law>住基法と入管法の両方|住基法のみ|入管法のみ)の異動として、{LIST}だけが送られる"
    )
)
def is_classed(stage: Stage, desk: Desk, who: str, law: str, kinds: str) -> None:
    stage.expect("law_class", person=desk.people[who].ref, kinds=kinds_of(kinds))


SILENCES: Final = {
    "通知を要しない異動": "exempt_silent",
    "入管庁通知による異動": "no_echo",
    "仮登録の異動": "provisional_silent",
    "制度の始まる前の異動": "first_day",
}


@then(matching(f"{SPAN}、{WHO}の(?P<why>{'|'.join(SILENCES)})については何も送られない"))
def is_silent(stage: Stage, desk: Desk, since: str, until: str, who: str, why: str) -> None:
    stage.expect(
        SILENCES[why],
        person=desk.people[who].ref,
        since=day_of(since).isoformat(),
        until=day_of(until).isoformat(),
    )


@then(matching(f"{WHO}の転出の市町村通知は、転出予定日の(?P<day>{DAY})に送られる"))
def on_the_planned_day(stage: Stage, desk: Desk, who: str, day: str) -> None:
    stage.expect("planned_day", person=desk.people[who].ref, day=day_of(day).isoformat())


SAYS: Final = {
    "市町村通知": "notice_says",
    "市町村伝達": "transmission_says",
    "証明書交付の情報": "certificate_says",
}


@then(matching(f"{WHO}の(?P<nth>[0-9]+)件目の{KIND}は次のとおりである"))
def says(stage: Stage, desk: Desk, who: str, nth: str, kind: str, datatable: Table) -> None:
    stage.expect(SAYS[kind], person=desk.people[who].ref, items=items_of(datatable), nth=int(nth))


@then(matching(f"どの連携方法でも、{WHO}の{KIND}は次のとおりである"))
def says_by_any_link(stage: Stage, desk: Desk, who: str, kind: str, datatable: Table) -> None:
    stage.expect("link_same", person=desk.people[who].ref, kind=KINDS[kind], items=items_of(datatable))


@then(matching(f"{WHO}の(?P<nth>[0-9]+)件目の市町村通知の漢字氏名は「(?P<name>[^」]+)」のままである"))
def kanji_goes_out(stage: Stage, desk: Desk, who: str, nth: str, name: str) -> None:
    stage.expect("standard_kanji", person=desk.people[who].ref, name=name, nth=int(nth))


@then(matching(f"{WHO}の取り消した異動の{KIND}を取り消す記録が送られる"))
def is_cancelled_there(stage: Stage, desk: Desk, who: str, kind: str) -> None:
    stage.expect("cancel_notice", person=desk.people[who].ref, kind=KINDS[kind])


ARRIVALS: Final = {
    "": "arrived",
    "同じ日の転入と転出でも、": "same_day_moves",
    "連携方法を切り替えても、": "link_switch",
    "媒体をなくしても、": "lost_medium",
    "相手先の変更をまたいでも、": "cut_over",
}


@then(
    matching(
        f"(?P<why>{'|'.join(filter(None, ARRIVALS))}|)入管庁は{WHO}について{LIST}をこの順に1回ずつ受理する"
    )
)
def arrives(stage: Stage, desk: Desk, why: str, who: str, kinds: str) -> None:
    stage.expect(ARRIVALS[why], person=desk.people[who].ref, kinds=kinds_of(kinds))


@then(matching(f"{SPAN}毎日、区からファイルが送られる"))
def every_day(stage: Stage, since: str, until: str) -> None:
    first, last = day_of(since), day_of(until)
    days = [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]
    stage.expect("daily_exchange", days=days)


@then(matching(f"{WHO}の記録は、(?P<times>{DAY}[0-9]+時(?:と{DAY}[0-9]+時)*)の情報連携で送られる"))
def at_these_times(stage: Stage, desk: Desk, who: str, times: str) -> None:
    told = []
    for text in times.split("と"):
        day, hour = re.fullmatch(f"({DAY})([0-9]+)時", text).groups()  # type: ignore[union-attr]
        told.append(f"{day_of(day).isoformat()} {int(hour):02d}")
    stage.expect("exchange_times", person=desk.people[who].ref, times=told)


# --- results --------------------------------------------------------------------------------------------
@then(matching(f"職員には、{WHO}の{KIND}が(?P<outcome>受理された|まだ結果待ちである)と見える"))
def result_is_seen(stage: Stage, desk: Desk, who: str, kind: str, outcome: str) -> None:
    look = stage.scene.results()
    told = {"受理された": "accepted", "まだ結果待ちである": "pending"}[outcome]
    stage.expect("result_shown", look=look, person=desk.people[who].ref, kind=KINDS[kind], outcome=told)


@then(
    matching(f"職員には、{WHO}の{KIND}が「(?P<item>[^」]+)」の(?P<why>値が不明である)ため拒否されたと見える")
)
def error_is_seen(stage: Stage, desk: Desk, who: str, kind: str, item: str, why: str) -> None:
    look = stage.scene.results()
    stage.expect(
        "result_shown",
        look=look,
        person=desk.people[who].ref,
        kind=KINDS[kind],
        outcome="rejected",
        code=CODES[why][0],
        field=ITEMS[item],
    )


@then(
    matching(
        f"{WHO}の{KIND}は、(?P<item>[^「]+)を「(?P<text>[^」]+)」に直して新しい番号で送り直され、受理される"
    )
)
def is_sent_corrected(stage: Stage, desk: Desk, who: str, kind: str, item: str, text: str) -> None:
    name = ITEMS[item]
    stage.expect(
        "corrected_sent",
        person=desk.people[who].ref,
        kind=KINDS[kind],
        item=name,
        value=value_of(name, text),
    )


@then(matching("再送信では同じ内容のファイルが送られ、二重の効果を持たない"))
def resending_is_idempotent(stage: Stage) -> None:
    stage.expect("resent_same")


@then(matching("ファイルが(?P<what>.+く)ときは、(?P<why>[^、]+)という理由で取り込まれない"))
def is_not_taken_in(stage: Stage, what: str, why: str) -> None:
    stage.expect("spoilt_refused", trouble=TROUBLES[what], codes=CODES[why])


@then(matching("知らない版のファイルは、版が不明であるという理由で取り込まれない"))
def version_is_unknown(stage: Stage) -> None:
    stage.expect("version_refused")


@then(matching("XML形式のファイルは取り込まれる"))
def xml_is_taken(stage: Stage) -> None:
    stage.expect("xml_taken")


@then(
    matching(f"{WHO}の入管庁通知は失われず、1件につき1回だけ(?P<outcome>反映した|該当者がいない)と応答される")
)
def notice_is_answered(stage: Stage, desk: Desk, who: str, outcome: str) -> None:
    told = {"反映した": "accepted", "該当者がいない": "rejected"}[outcome]
    stage.expect("recovered", person=desk.people[who].ref, outcome=told)


@then(matching("裏書きが終わっていない者への通知の出力と整合性確認は備えていない"))
def forbidden_is_absent(stage: Stage) -> None:
    stage.expect("not_offered")


# --- the register ---------------------------------------------------------------------------------------
@then(matching(f"{WHO}の住民票は(?P<state>ある|ない|除票になっている)"))
def record_is(stage: Stage, desk: Desk, who: str, state: str) -> None:
    look = stage.scene.query(desk.people[who].ref)
    stage.expect("record_state", look=look, state=STATES[state])


@then(matching(f"{WHO}は、住民票はないが居住地のある者として登録されている"))
def has_an_abode(stage: Stage, desk: Desk, who: str) -> None:
    stage.expect("abode_only", look=stage.scene.query(desk.people[who].ref))


RECORD: Final = {
    "": "record_item",
    "確認の前は、": "after_confirmation",
    "翌開庁日のうちに、": "follows_in_time",
    "随時でも日次でも、": "either_mode",
}


@then(
    matching(
        f"(?P<why>{'|'.join(filter(None, RECORD))}|){WHO}の住民票の"
        "(?P<item>[^「はの]+(?:の[^「はの]+)*)は「(?P<text>[^」]*)」である"
    )
)
def record_says(stage: Stage, desk: Desk, why: str, who: str, item: str, text: str) -> None:
    name = ITEMS[item]
    look = stage.scene.query(desk.people[who].ref)
    stage.expect(RECORD[why], look=look, item=name, value=value_of(name, text))


@then(matching(f"{WHO}の住民票の漢字氏名は「(?P<name>[^」]+)」のまま残る"))
def kanji_is_kept(stage: Stage, desk: Desk, who: str, name: str) -> None:
    stage.expect("kanji_kept", look=stage.scene.query(desk.people[who].ref), name=name)


@then(matching(f"{WHO}の除票は、氏名「(?P<name>[^」]+)」とともに保存されている"))
def removed_is_kept(stage: Stage, desk: Desk, who: str, name: str) -> None:
    stage.expect("removed_kept", look=stage.scene.query(desk.people[who].ref), name=name)


@then(matching(f"{WHO}の履歴は(?P<done>[^で]+)で、住民票は(?P<state>ある|ない|除票になっている)"))
def is_taken_back(stage: Stage, desk: Desk, who: str, done: str, state: str) -> None:
    history = [HISTORY[one] for one in done.split("、")]
    look = stage.scene.query(desk.people[who].ref)
    stage.expect("cancelled_back", look=look, history=history, state=STATES[state])


@then(matching(f"{WHO}の住民票には、区分ごとに空欄にできない項目がすべてあり、日付は西暦である"))
def nothing_is_empty(stage: Stage, desk: Desk, who: str) -> None:
    stage.scene.query(desk.people[who].ref)
    stage.expect("not_null")
    stage.expect("western_dates")


@then(matching("その異動は、空欄にできない項目があるため受け付けられない"))
def empty_is_refused(stage: Stage, desk: Desk) -> None:
    stage.expect("refused_empty", visit=desk.visit)


@then(matching("その異動は、届出日が将来の日付であるため受け付けられない"))
def future_is_refused(stage: Stage, desk: Desk) -> None:
    stage.expect("refused_future", visit=desk.visit)


@then(matching("その取消しは、後の異動があるため受け付けられない"))
def cancel_is_refused(stage: Stage, desk: Desk) -> None:
    stage.expect("cancel_refused", visit=desk.visit)


@then(matching("その異動は受け付けられる"))
def change_is_taken(stage: Stage, desk: Desk) -> None:
    stage.expect("change_taken", visit=desk.visit)


# --- agency notices -------------------------------------------------------------------------------------
@then(matching(f"{WHO}の(?:(?P<nth>[0-9]+)件目の)?通知は(?P<state>{'|'.join(NOTICE_STATES)})"))
def notice_is(stage: Stage, desk: Desk, who: str, nth: str | None, state: str) -> None:
    look = stage.scene.notices()
    told = NOTICE_STATES[state]
    check = "notice_backlog" if told == "backlog" else "notice_imported"
    stage.expect(check, look=look, person=desk.people[who].ref, state=told, nth=int(nth or 1))


@then(matching(f"{WHO}の通知は、手動の取込みの後、住民票に反映されている"))
def notice_is_taken_by_hand(stage: Stage, desk: Desk, who: str) -> None:
    look = stage.scene.notices()
    stage.expect("notice_backlog", look=look, person=desk.people[who].ref, state="applied")


@then(matching(f"{WHO}の通知は(?P<count>[0-9]+)件だけ届いている"))
def so_many_came(stage: Stage, desk: Desk, who: str, count: str) -> None:
    stage.expect("notice_count", look=stage.scene.notices(), person=desk.people[who].ref, count=int(count))


@then(
    matching(
        f"{WHO}の確認票には、(?P<item>[^「]+)が「(?P<before>[^」]*)」から「(?P<after>[^」]*)」に変わると記載されている"
    )
)
def slip_says(stage: Stage, desk: Desk, who: str, item: str, before: str, after: str) -> None:
    name = ITEMS[item]
    stage.expect(
        "slip",
        look=stage.scene.notices(),
        person=desk.people[who].ref,
        item=name,
        before=value_of(name, before),
        after=value_of(name, after),
    )


@then(
    matching(
        f"{WHO}の(?P<nth>[0-9]+)件目の通知は、(?P<name>法務大臣|出入国在留管理庁長官)の(?P<called>法務省通知|出入国在留管理庁通知)として示される"
    )
)
def notice_is_called(stage: Stage, desk: Desk, who: str, nth: str, name: str, called: str) -> None:
    look = stage.scene.notices()
    for told in (name, called):
        stage.expect("notice_called", look=look, person=desk.people[who].ref, name=told, nth=int(nth))


# --- copies and links -----------------------------------------------------------------------------------
@then(matching("写しの(?P<item>[^「]+)は「(?P<text>[^」]+)」である"))
def copy_says(stage: Stage, desk: Desk, item: str, text: str) -> None:
    name = ITEMS[item]
    stage.expect("copy_option", visit=desk.visit, item=name, value=value_of(name, text))


@then(matching("写しがカードの記載より古いことは、記録に(?P<told>残る|残らない)"))
def copy_is_noted(stage: Stage, desk: Desk, told: str) -> None:
    stage.expect("copy_noted", visit=desk.visit, noted=told == "残る")


@then(
    matching(
        f"{WHO}の住民票の(?P<item>[^「]+)が「(?P<text>[^」]+)」でなければ、"
        f"その修正は(?P<day>{DAY})に通知されている"
    )
)
def correction_is_told(stage: Stage, desk: Desk, who: str, item: str, text: str, day: str) -> None:
    name = ITEMS[item]
    look = stage.scene.query(desk.people[who].ref)
    stage.expect(
        "copy_correction_told",
        look=look,
        person=desk.people[who].ref,
        item=name,
        before=value_of(name, text),
        day=day_of(day).isoformat(),
    )


@then(matching("連携方法の切替えは(?P<told>認められる|認められない)"))
def switch_is(stage: Stage, told: str) -> None:
    stage.expect("link_open", accepted=told == "認められる")


LABOUR: Final = {
    "庁内の連携に手作業はない": (False, False),
    "庁内の連携に手作業があるが、転記はない": (True, False),
    "庁内の連携に手作業と転記があり、誤りは残っていない": (True, True),
}


@then(matching(f"(?P<told>{'|'.join(LABOUR)})"))
def labour_is(stage: Stage, told: str) -> None:
    stage.scene.labour()
    manual, keyed = LABOUR[told]
    stage.expect("labour_counted", manual=manual, keyed=keyed)


@then(matching("媒体又は書面による送付は(?P<told>認められる|認められない)"))
def messenger_is(stage: Stage, told: str) -> None:
    stage.expect("messenger_taken" if told == "認められる" else "messenger_only_in_outage")


@then(matching("その媒体は取り込まれない"))
def medium_is_refused(stage: Stage) -> None:
    stage.expect("medium_refused")
