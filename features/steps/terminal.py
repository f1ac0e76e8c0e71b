"""Steps of the exchange terminal: what happens there.

Given and When act through the scene; what is expected stands in `terminal_then`. No step works out what is
right: expected values stand in the feature as people write them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, time
from typing import Final

import pytest
from pytest_bdd import given, parsers, when

from conformance.protocol.base import PersonData
from conformance.protocol.terminal import OperatorData
from conformance.stage import Stage
from features.steps.municipal import DAY, day_of
from features.steps.register_people import ITEMS, KINDS, PEOPLE, TROUBLES
from features.steps.terminal_people import HOSTILE, SCREENS, record_of
from sim.base.instant import Instant, at_time, japan_date
from sim.nodes.messages.agency import Decide, ExtendPeriod

WHO: Final = "(?P<who>[甲乙丙])"
CLOCK: Final = "(?P<hour>[0-9]+)時(?:(?P<minute>[0-9]+)分)?"
RECORD: Final = "(?P<what>(?:転入|転居|転出)の市町村通知|市町村伝達|証明書交付の情報)"
NAME: Final = "[A-Za-z0-9_.-]+"
NEW_CARDS: Final = ("CD23456789EF", "EF34567890GH", "MN45678901PQ")
CREDENTIAL: Final = "shinjuku-on-demand"


@dataclass(slots=True)
class Room:
    """What the steps of one case have in common. `act`: what was done last at the console."""

    people: dict[str, PersonData] = field(default_factory=lambda: dict(PEOPLE))
    act: int = 0
    decisions: int = 0

    def next_card(self) -> str:
        """The number of the card that comes with the agency's next decision."""
        self.decisions += 1
        return NEW_CARDS[self.decisions - 1]


@pytest.fixture
def room() -> Room:
    """A fresh room for each case."""
    return Room()


def words(pattern: str) -> parsers.re:
    """A step's words as a regular expression: all of them must match."""
    return parsers.re(f"{pattern}$", flags=re.ASCII)


def at_clock(day: str, hour: str, minute: str | None) -> Instant:
    """A day and a time of day in Japan as features write them."""
    return at_time(day_of(day), time(int(hour), int(minute or 0)))


# --- 前提: how the terminal is set up, and when it is ------------------------------------------------------
@given(words("端末は毎日(?P<hours>[0-9]+時(?:[と、][0-9]+時)*)に情報連携をする"))
def exchanges_at(stage: Stage, hours: str) -> None:
    stage.scene.settings["exchange_at"] = tuple(time(int(hour)) for hour in re.findall(r"[0-9]+", hours))


@given(
    words(
        f"(?P<role>操作者|管理者)「(?P<id>{NAME})」の暗証番号は「(?P<pin>[0-9]+)」で、"
        f"(?P<trained>{DAY})に指導を受けている"
    )
)
def operator_is(stage: Stage, role: str, id: str, pin: str, trained: str) -> None:
    roles = {"操作者": "operator", "管理者": "administrator"}
    one = OperatorData(id=id, pin=pin, role=roles[role], trained=day_of(trained))
    settings = stage.scene.settings
    settings["operators"] = (*settings.get("operators", ()), one)


@given(words(f"操作者「(?P<id>{NAME})」の暗証番号は「(?P<pin>[0-9]+)」で、指導を受けたことがない"))
def operator_never_instructed(stage: Stage, id: str, pin: str) -> None:
    settings = stage.scene.settings
    settings["operators"] = (*settings.get("operators", ()), OperatorData(id=id, pin=pin))


@given(words(f"操作者「(?P<id>{NAME})」の暗証番号は「(?P<pin>[0-9]+)」で、今日、指導を受けている"))
def operator_instructed_today(stage: Stage, id: str, pin: str) -> None:
    settings = stage.scene.settings
    one = OperatorData(id=id, pin=pin, trained=japan_date(stage.scene.today))
    settings["operators"] = (*settings.get("operators", ()), one)


@given(words("暗証番号を続けて(?P<attempts>[0-9]+)回誤ると、操作者はロックされる"))
def attempts_are(stage: Stage, attempts: str) -> None:
    stage.scene.settings["attempts"] = int(attempts)


@given(words("端末は(?P<minutes>[0-9]+)分操作がないとログオフする"))
def idle_after(stage: Stage, minutes: str) -> None:
    stage.scene.settings["idle_minutes"] = int(minutes)


@given(words("操作者は(?P<days>[0-9]+)日以内ごとに指導を受ける"))
def instructed_every(stage: Stage, days: str) -> None:
    stage.scene.settings["train_every"] = int(days)


@given(words(f"端末の更新プログラムは(?P<day>{DAY})のもので、(?P<days>[0-9]+)日以内ごとに更新する"))
def patched_on(stage: Stage, day: str, days: str) -> None:
    stage.scene.settings |= {"patched": day_of(day), "patch_every": int(days)}


@given(words("端末は必要なときだけ接続する"))
def on_demand(stage: Stage) -> None:
    stage.scene.settings["credential"] = CREDENTIAL


@given(words("端末と入管庁のサーバーには、試験用の鍵がある"))
def has_keys(stage: Stage) -> None:
    stage.scene.sealed = True


@given(words("端末は仕様の1.1版と1版を、入管庁のサーバーは1版だけを扱える"))
def speaks(stage: Stage) -> None:
    stage.scene.settings["versions"] = ("renkei-open/1.1", "renkei-open/1")


@given(words("入管庁のサーバーは仕様の1.1版、端末は1.1版と1版を扱える"))
def both_speak(stage: Stage) -> None:
    stage.scene.settings["versions"] = ("renkei-open/1.1", "renkei-open/1")
    stage.scene.server_speaks = "renkei-open/1.1"


@given(words("入管庁は通知を随時送る"))
def immediately(stage: Stage) -> None:
    stage.scene.immediate = True


@given(words("ネットワークは次の(?P<count>[0-9]+)回の接続を断る"))
def refuses(stage: Stage, count: str) -> None:
    stage.scene.refuses = int(count)


@given(words(f"(?P<day>{DAY})の{CLOCK}の情報連携端末である"))
def it_is(stage: Stage, day: str, hour: str, minute: str | None) -> None:
    stage.at(at_clock(day, hour, minute))


@given(words("今の情報連携端末である"))
def it_is_now(stage: Stage) -> None:
    stage.at(stage.scene.today)


@given(words(f"入管庁は{WHO}を知っている"))
def is_known(stage: Stage, room: Room, who: str) -> None:
    person = room.people[who]
    stage.given(person=person.ref, person_class=person.person_class, known=True)
    stage.scene.known((person.card_number, person.ref))


@when(words(f"(?P<day>{DAY})の{CLOCK}になる"))
def time_comes(stage: Stage, day: str, hour: str, minute: str | None) -> None:
    stage.at(at_clock(day, hour, minute))


# --- もし: the register and the agency ---------------------------------------------------------
@when(words(f"住基側が{WHO}の{RECORD}を端末に渡す"))
def submits(stage: Stage, room: Room, who: str, what: str) -> None:
    kind, items = record_of(what, room.people[who], japan_date(stage.now))
    stage.scene.submit(kind, **items)


@when(words(f"入管庁が{WHO}の在留期間を(?P<until>{DAY})まで更新する"))
def extends(stage: Stage, room: Room, who: str, until: str) -> None:
    person = room.people[who]
    card = room.next_card()
    stage.scene.agency_decides(
        ExtendPeriod(
            case=f"{stage.case}/agency-{room.decisions}",
            ref=person.ref,
            card_number_before=person.card_number,
            card_number=card,
            status=person.status,
            period_until=day_of(until),
        )
    )
    room.people[who] = person.model_copy(update={"card_number": card})


@when(words(f"入管庁が{WHO}の在留資格を「(?P<status>[^」]+)」に変更する"))
def changes_status(stage: Stage, room: Room, who: str, status: str) -> None:
    person = room.people[who]
    card = room.next_card()
    stage.scene.agency_decides(
        Decide(
            case=f"{stage.case}/agency-{room.decisions}",
            ref=person.ref,
            reason="status_changed",
            card_number_before=person.card_number,
            card_number=card,
            status=status,
            period_until=date(2029, 6, 30),
        )
    )
    room.people[who] = person.model_copy(update={"card_number": card, "status": status})


@when(words(f"入管庁は、{WHO}の次の(?P<kind>市町村通知|市町村伝達)を、(?P<item>.+)の誤りとして受け付けない"))
def will_refuse(stage: Stage, room: Room, who: str, kind: str, item: str) -> None:
    stage.scene.way.refused[room.people[who].ref, KINDS[kind]] = ITEMS[item]


# --- もし: the way ------------------------------------------------------------------------------------------
@when(words("(?P<side>端末|入管庁)が次に送る記録のファイルが(?P<what>.+く|失われる)"))
def trouble_is_on_the_way(stage: Stage, side: str, what: str) -> None:
    stage.scene.way.expect("up" if side == "端末" else "down", TROUBLES[what])


@when(words(f"入管庁が次に送る{WHO}の通知に、値の不明な項目がある"))
def bad_record(stage: Stage, room: Room, who: str) -> None:
    stage.scene.spoils = room.people[who].ref


@when(words("入管庁のサーバーに(?P<how>届かなくなる|再び届くようになる)"))
def reaches(stage: Stage, how: str) -> None:
    stage.scene.reachable = how == "再び届くようになる"


@when(words(f"入管庁から、(?P<what>{'|'.join(HOSTILE)})ファイルが届く"))
def hostile_comes(stage: Stage, what: str) -> None:
    stage.scene.deliver_hostile(HOSTILE[what])


@when(words("最後に届いた記録のファイルが、(?P<how>もう一度届く|同じ番号で別の内容になって届く)"))
def comes_again(stage: Stage, how: str) -> None:
    stage.scene.deliver_again(other=how != "もう一度届く")


UNSEALED: Final = {
    "封筒に入っていない": "not_sealed",
    "他の市区町村の鍵で封をした": "not_for_us",
    "信頼できない者の署名した": "unknown_signer",
    "他の市区町村の署名した": "foreign_signer",
    "封筒の壊れた": "damaged",
}


@when(words(f"入管庁から、(?P<what>{'|'.join(UNSEALED)})ファイルが届く"))
def unsealed_comes(stage: Stage, what: str) -> None:
    stage.scene.deliver_unsealed(UNSEALED[what])


@when(words(f"登録されていない「(?P<peer>{NAME})」から、正しい形のファイルが届く"))
def stranger_sends(stage: Stage, peer: str) -> None:
    stage.scene.deliver_of_stranger(peer)


@when(words(f"「(?P<peer>{NAME})」が(?P<side>ネットワーク|庁内)から「(?P<service>{NAME})」に接続を試みる"))
def knocks(stage: Stage, peer: str, side: str, service: str) -> None:
    stage.scene.knock(peer, service, "network" if side == "ネットワーク" else "inside")


# --- もし: the console --------------------------------------------------------------------------------------
@given(words(f"「(?P<id>{NAME})」が暗証番号「(?P<pin>[^」]*)」でログオンした"))
@when(words(f"「(?P<id>{NAME})」が暗証番号「(?P<pin>[^」]*)」でログオンする"))
def logs_on(stage: Stage, room: Room, id: str, pin: str) -> None:
    room.act = stage.scene.log_on(id, pin)


@when(words(f"「(?P<id>{NAME})」が暗証番号「(?P<pin>[^」]*)」で続けて(?P<times>[0-9]+)回ログオンを試みる"))
def tries(stage: Stage, room: Room, id: str, pin: str, times: str) -> None:
    for _ in range(int(times)):
        room.act = stage.scene.log_on(id, pin)


@when(words("操作者がログオフする"))
def logs_off(stage: Stage, room: Room) -> None:
    room.act = stage.scene.log_off()


@when(words("操作者が(?P<what>送信待ち|未回答|隔離|証跡)の画面を見る"))
def views(stage: Stage, room: Room, what: str) -> None:
    room.act = stage.scene.view(SCREENS[what])


@when(words("操作者が存在しない画面を見ようとする"))
def views_nothing(stage: Stage, room: Room) -> None:
    room.act = stage.scene.view("no_such_view")


@when(words("操作者が情報連携を始める"))
def sends(stage: Stage, room: Room) -> None:
    room.act = stage.scene.send()
    stage.scene.exchange()


@when(words(f"操作者が「(?P<peer>{NAME})」へ送ろうとする"))
def sends_to(stage: Stage, room: Room, peer: str) -> None:
    room.act = stage.scene.send(peer)


@when(words(f"操作者が証跡を媒体「(?P<medium>{NAME})」に出力する"))
def exports(stage: Stage, room: Room, medium: str) -> None:
    room.act = stage.scene.export_log(medium)


@when(words("操作者が暗証番号を「(?P<pin>[^」]*)」に変える"))
def changes_pin(stage: Stage, room: Room, pin: str) -> None:
    room.act = stage.scene.change_pin(pin)


@when(words(f"操作者が「(?P<id>{NAME})」のロックを解こうとする"))
def unlocks(stage: Stage, room: Room, id: str) -> None:
    room.act = stage.scene.unlock(id)


@when(words(f"操作者が(?P<day>{DAY})の更新プログラムを版「(?P<version>{NAME})」として入れる"))
def installs(stage: Stage, room: Room, day: str, version: str) -> None:
    room.act = stage.scene.install(version, day_of(day))


@when(words(f"「(?P<id>{NAME})」が(?P<day>{DAY})に指導を受けたと記録する"))
def trains(stage: Stage, id: str, day: str) -> None:
    stage.scene.train(id, day_of(day))


# --- もし: outages, media and another machine -----------------------------------------------
@when(words("回線の障害が宣言される"))
def outage_declared(stage: Stage) -> None:
    stage.scene.declare(True)


@when(words("回線の障害の終わりが宣言される"))
def outage_lifted(stage: Stage) -> None:
    stage.scene.declare(False)


@when(words("操作者が待っているファイルを(?P<manner>媒体|書面)で使者に渡す"))
def hands_over(stage: Stage, room: Room, manner: str) -> None:
    room.act = stage.scene.hand_over({"媒体": "media", "書面": "paper"}[manner])


@when(words(f"使者が、入管庁のファイルを媒体「(?P<medium>{NAME})」で届ける"))
def brings(stage: Stage, medium: str) -> None:
    stage.scene.bring(medium)


@when(words(f"媒体「(?P<medium>{NAME})」で、(?P<what>{'|'.join(HOSTILE)})ファイルが届く"))
def medium_comes(stage: Stage, medium: str, what: str) -> None:
    stage.scene.put_medium(medium, stage.scene.hostile(HOSTILE[what]), HOSTILE[what])


@when(
    words(
        f"媒体「(?P<medium>{NAME})」で、最後に届いた記録のファイルが"
        "(?P<how>もう一度届く|同じ番号で別の内容になって届く)"
    )
)
def medium_again(stage: Stage, medium: str, how: str) -> None:
    stage.scene.deliver_again(other=how != "もう一度届く", medium=medium)


@when(words(f"端末が故障し、機械「(?P<serial>{NAME})」に交換される"))
def replaced(stage: Stage, serial: str) -> None:
    stage.scene.replace(serial)
