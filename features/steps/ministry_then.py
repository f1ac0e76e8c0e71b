"""What features of the ministry server expect: each step names a check and its literals, no more."""

from __future__ import annotations

from datetime import time
from typing import Final

from pytest_bdd import then, when

from conformance.stage import Stage
from features.steps.ministry import CITY, CLOCK, WHAT, WHO, Desk, cities_of, words
from features.steps.ministry_words import CITIES, GROUNDS, ITEMS, OUTCOMES, REASONS, STATES
from features.steps.municipal import DAY, day_of
from sim.base.instant import at_time, iso

CODE: Final = "(?P<code>[A-Z_0-9]+(?:又は[A-Z_0-9]+)*)"
REASON: Final = f"(?P<reason>{'|'.join(REASONS)})"
DONE: Final = "(?P<outcome>受理される|拒否される)"
AS: Final = "(?:（理由コード(?P<code>[A-Z_]+)(?:、項目(?P<item>[a-z_]+))?）)?"


def value(text: str) -> str:
    """A day as ISO 8601, everything else as it stands."""
    return day_of(text).isoformat() if text[:1].isdigit() and text.endswith("日") else text


# --- what becomes of what goes up -----------------------------------------------------------------------
@then(words(f"{CITY}のそのファイルは受理される"))
def file_accepted(stage: Stage, desk: Desk) -> None:
    stage.expect(
        "server_batch_result",
        delivery=desk.delivery,
        outcome="accepted",
        codes=[],
    )


@then(words(f"{CITY}のそのファイルは、{CODE}という理由コードで拒否される"))
def file_rejected(stage: Stage, desk: Desk, code: str) -> None:
    stage.expect(
        "server_batch_result",
        delivery=desk.delivery,
        outcome="rejected",
        codes=code.split("又は"),
    )


@then(words(f"{CITY}の{WHO}の{WHAT}は{DONE}{AS}"))
def record_answered(
    stage: Stage, desk: Desk, city: str, who: str, what: str, outcome: str, code: str | None, item: str | None
) -> None:
    stage.expect(
        "server_record_result",
        delivery=desk.delivery,
        record=desk.records[f"{who}の{what}"],
        outcome=OUTCOMES[outcome],
        code=code or "",
        item=item or "",
    )


@then(
    words(
        f"{CITY}の{WHO}の{WHAT}は、(?P<line>[0-9]+)行目の記録として拒否される（理由コード(?P<code>[A-Z_]+)）"
    )
)
def line_rejected(stage: Stage, desk: Desk, who: str, what: str, line: str, code: str) -> None:
    stage.expect(
        "server_record_result",
        delivery=desk.delivery,
        record=desk.records[f"{who}の{what}"],
        outcome="rejected",
        code=code,
        line=int(line),
    )


@then(words(f"{CITY}の{WHO}の{WHAT}は、制度開始日より前の日付であるとして拒否される"))
def before_first_day(stage: Stage, desk: Desk, city: str, who: str, what: str) -> None:
    stage.expect("server_first_day", delivery=desk.delivery, record=desk.records[f"{who}の{what}"])


@then(words(f"{CITY}のそのファイルでは、{WHO}の{WHAT}は記録番号の重複として拒否される"))
def doubled(stage: Stage, desk: Desk, city: str, who: str, what: str) -> None:
    stage.expect(
        "server_doubled",
        delivery=desk.delivery,
        record=desk.records[f"{who}の{what}"],
    )


@then(words(f"XML形式の{CITY}の{WHO}の{WHAT}は受理される"))
def xml_accepted(stage: Stage, desk: Desk, city: str, who: str, what: str) -> None:
    stage.expect("server_reads_xml", delivery=desk.delivery, record=desk.records[f"{who}の{what}"])


@then(words(f"2回目に届いた{CITY}の同じファイルは、もう一度処理されない"))
def once_only(stage: Stage, city: str) -> None:
    stage.expect("server_resend_once", municipality=CITIES[city])


@then(words(f"登録されていない{CITY}の回線のファイルは断られ、何も送られない"))
def stranger(stage: Stage, city: str) -> None:
    stage.expect("server_stranger", municipality=CITIES[city])


@then(words(f"{CITY}に届いたファイルは、新宿区のほかには読めず、入管庁の署名がある"))
def only_recipient(stage: Stage, city: str) -> None:
    stage.expect("server_sealed", municipality=CITIES[city])


# --- what goes down -------------------------------------------------------------------------------------
@then(words(f"{WHO}の{REASON}の通知は、{CITY}に1回だけ届く"))
def notice_comes(stage: Stage, desk: Desk, who: str, reason: str, city: str) -> None:
    _notice(stage, desk, who, reason, city, {})


@then(words(f"{WHO}の{REASON}の通知は、{CITY}に1回だけ届き、(?P<item>[^、は]+)は「(?P<text>[^」]*)」である"))
def notice_says(stage: Stage, desk: Desk, who: str, reason: str, city: str, item: str, text: str) -> None:
    _notice(
        stage,
        desk,
        who,
        reason,
        city,
        {ITEMS[item]: {"消除": "remove", "修正": "correct"}.get(text, value(text))},
    )


def _notice(stage: Stage, desk: Desk, who: str, reason: str, city: str, items: dict[str, str]) -> None:
    stage.expect(
        "server_notice",
        person=desk.people[who].ref,
        reason=REASONS[reason],
        municipality=CITIES[city],
        items=items,
    )


@then(words(f"{CITY}には、{WHO}の通知は届かない"))
def no_notice(stage: Stage, desk: Desk, city: str, who: str) -> None:
    stage.expect("server_no_notice", person=desk.people[who].ref, municipality=CITIES[city])


@then(words(f"{WHO}の通知は、(?P<reasons>.+)の順に1回ずつ届く"))
def in_order(stage: Stage, desk: Desk, who: str, reasons: str) -> None:
    wanted = [REASONS[reason] for reason in reasons.split("、")]
    stage.expect("server_notice_order", person=desk.people[who].ref, reasons=wanted)


@then(
    words(
        f"{CITY}への最初のファイルは、応答があるまで同じ内容で(?P<times>[0-9]+)回以上届き、応答の後は届かない"
    )
)
def again(stage: Stage, city: str, times: str) -> None:
    stage.expect("server_again", municipality=CITIES[city], times=int(times))


@then(words(f"{WHO}についての決定は、{CODE}という理由で断られ、何も通知されない"))
def refused_decision(stage: Stage, desk: Desk, who: str, code: str) -> None:
    stage.expect("server_refuses_decision", person=desk.people[who].ref, code=code)


@then(words(f"{WHO}についての決定は、定めのない事由として断られ、何も通知されない"))
def refused_reason(stage: Stage, desk: Desk, who: str) -> None:
    stage.expect("server_refuses_decision", person=desk.people[who].ref, code="unknown_reason")


@then(words(f"{WHO}の漢字氏名は、正字の「(?P<name>[^」]+)」で届く"))
def standard_kanji(stage: Stage, desk: Desk, who: str, name: str) -> None:
    stage.expect("server_standard_kanji", person=desk.people[who].ref, name=name)


@then(words(f"{WHO}の最後の通知は、(?P<by>[^の]+)の(?P<called>[^の]+)である"))
def in_whose_name(stage: Stage, desk: Desk, who: str, by: str, called: str) -> None:
    stage.expect("server_in_whose_name", person=desk.people[who].ref, called=called, by=by)


@then(
    words(
        f"{CITY}が送った{WHO}の{WHAT}と(?P<who2>[甲乙丙])の(?P<what2>[^、の]+の市町村通知)も、(?P<whom>[甲乙丙])への通知も、2019年4月1日をまたいで失われず、断られない"
    )
)
def across_2019(
    stage: Stage, desk: Desk, city: str, who: str, what: str, who2: str, what2: str, whom: str
) -> None:
    stage.expect(
        "server_across_2019",
        municipality=CITIES[city],
        records=[desk.records[f"{who}の{what}"], desk.records[f"{who2}の{what2}"]],
        person=desk.people[whom].ref,
    )


@then(words(f"{WHO}の通知は、決定から(?P<minutes>[0-9]+)分以内に{CITY}に届く"))
def in_time(stage: Stage, desk: Desk, who: str, minutes: str, city: str) -> None:
    stage.expect(
        "server_in_time", person=desk.people[who].ref, municipality=CITIES[city], minutes=int(minutes)
    )


# --- the 90 days ----------------------------------------------------------------------------------------
@when(words("入管庁が取消しの候補を確かめる"))
def look_at_candidates(stage: Stage, desk: Desk) -> None:
    desk.look = stage.scene.candidates()


@then(
    words(
        f"{WHO}は、(?P<start>{DAY})の翌日から数えて90日目の(?P<last>{DAY})を過ぎ、(?P<ground>[^ぁ-ん][^により]*(?:に[^により]+)?)により取消しの候補である"
    )
)
def candidate(stage: Stage, desk: Desk, who: str, start: str, last: str, ground: str) -> None:
    stage.expect(
        "server_candidate",
        look=desk.look,
        person=desk.people[who].ref,
        ground=GROUNDS[ground],
        start=day_of(start).isoformat(),
        last_day=day_of(last).isoformat(),
    )


@then(words(f"{WHO}は取消しの候補でない"))
def no_candidate(stage: Stage, desk: Desk, who: str) -> None:
    stage.expect("server_no_candidate", look=desk.look, person=desk.people[who].ref)


@then(words(f"特別永住者である{WHO}は、取消しの候補にならない"))
def never_special(stage: Stage, desk: Desk, who: str) -> None:
    stage.expect("server_never_special", person=desk.people[who].ref)


@then(
    words(
        f"{WHO}は取消しの(?P<state>候補である|候補であるが正当な理由の有無の判断を要する|候補から外れている)"
    )
)
def state_is(stage: Stage, desk: Desk, who: str, state: str) -> None:
    stage.expect("server_state", look=desk.look, person=desk.people[who].ref, state=STATES[state])


@then(
    words(
        f"{WHO}は取消しの(?P<state>候補であるが期間後に届出があった|候補から外れている)。届出の日は(?P<filed>{DAY})である"
    )
)
def state_filed(stage: Stage, desk: Desk, who: str, state: str, filed: str) -> None:
    stage.expect(
        "server_state",
        look=desk.look,
        person=desk.people[who].ref,
        state=STATES[state],
        filed=day_of(filed).isoformat(),
    )


@then(words(f"{WHO}については、候補であるだけで、何も通知されない"))
def only_candidate(stage: Stage, desk: Desk, who: str) -> None:
    stage.expect("server_only_candidate", person=desk.people[who].ref)


# --- the centre -----------------------------------------------------------------------------------------
@when(words("入管庁が不具合の一覧を確かめる"))
def look_at_faults(stage: Stage, desk: Desk) -> None:
    desk.look = stage.scene.faults()


@then(words("その日に情報連携をしなかった市区町村は、(?P<names>[^、]+(?:、[^、]+)*)である"))
def silent_are(stage: Stage, desk: Desk, names: str) -> None:
    silent = [] if names == "なし" else cities_of(names)
    stage.expect("server_silence", look=desk.look, silent=silent)


@then(words(f"空のファイルを送った{CITY}は、その日の情報連携をしたとされる"))
def empty_counts(stage: Stage, desk: Desk, city: str) -> None:
    stage.expect("server_empty_day", look=desk.look, municipality=CITIES[city])


@then(
    words(
        f"{CITY}の「(?P<place>[a-z0-9_-]+)」の不具合「(?P<fault>[a-z_]+)」が、(?P<day>{DAY})の{CLOCK}から見える"
    )
)
def fault_seen(
    stage: Stage, desk: Desk, city: str, place: str, fault: str, day: str, hour: str, minute: str | None
) -> None:
    since = iso(at_time(day_of(day), time(int(hour), int(minute or 0))))
    stage.expect(
        "server_fault", look=desk.look, municipality=CITIES[city], place=place, fault=fault, since=since
    )


@then(words(f"{CITY}の「(?P<place>[a-z0-9_-]+)」の不具合「(?P<fault>[a-z_]+)」は、もう見えない"))
def fault_gone(stage: Stage, desk: Desk, city: str, place: str, fault: str) -> None:
    stage.expect(
        "server_fault", look=desk.look, municipality=CITIES[city], place=place, fault=fault, since=""
    )


@then(
    words(
        f"{CITY}の利用状況は、受理したファイル(?P<batches>[0-9]+)件、その記録(?P<records>[0-9]+)件、拒否したファイル(?P<refused>[0-9]+)件である"
    )
)
def usage_is(stage: Stage, city: str, batches: str, records: str, refused: str) -> None:
    look = stage.scene.usage(CITIES[city])
    stage.expect(
        "server_usage",
        look=look,
        municipality=CITIES[city],
        batches=int(batches),
        records=int(records),
        refused=int(refused),
    )


@then(
    words(
        "版「(?P<version>[^」]+)」への更新は、(?P<names>[^、]+(?:、[^、]+)*)に(?:だけ1回ずつ指示される|も指示されない)"
    )
)
def rolled_out(stage: Stage, version: str, names: str) -> None:
    wanted = [] if names == "どこ" else cities_of(names)
    stage.expect("server_rolled_out", version=version, municipalities=wanted)


@then(words(f"{WHO}の通知は、{CITY}が読める版「(?P<version>[^」]+)」で届く"))
def version_is(stage: Stage, desk: Desk, who: str, city: str, version: str) -> None:
    stage.expect("server_version", municipality=CITIES[city], person=desk.people[who].ref, version=version)


@then(words(f"{CITY}の端末は(?P<done>接続される|接続を断られる)"))
def connected(stage: Stage, city: str, done: str) -> None:
    stage.expect("server_asked", municipality=CITIES[city], accepted=done == "接続される")


@then(words(f"{CITY}には接続の前に何も送られず、{WHO}の通知は接続した後に1回だけ届く"))
def waits(stage: Stage, desk: Desk, city: str, who: str) -> None:
    stage.expect("server_waits", municipality=CITIES[city], person=desk.people[who].ref)


@then(words(f"回線の障害の間、{CITY}との媒体・書面の受渡しは行われる"))
def by_hand_in_outage(stage: Stage, city: str) -> None:
    stage.expect("server_by_hand", municipality=CITIES[city], outage=True)


@then(words(f"回線の障害がないので、{CITY}との媒体・書面の受渡しは行われない"))
def not_by_hand(stage: Stage, city: str) -> None:
    stage.expect("server_by_hand", municipality=CITIES[city], outage=False)


@then(
    words(f"{CITY}の新しい端末には、次に送る番号は(?P<up>[0-9]+)、次に届く番号は(?P<down>[0-9]+)と答えられる")
)
def sequences_are(stage: Stage, city: str, up: str, down: str) -> None:
    stage.expect("server_sequences", municipality=CITIES[city], up=int(up), down=int(down))


@then(words(f"{CITY}の前の端末が作ったそのファイルは取り込まれない"))
def former_refused(stage: Stage, desk: Desk, city: str) -> None:
    stage.expect("server_former_refused", delivery=desk.delivery)
