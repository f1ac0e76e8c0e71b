"""Steps of the ministry server: what municipalities send, what the agency decides, what happens on the lines.

Given and When act through the scene; what is expected stands in `ministry_then`. No step works out what is
right: expected values stand in the feature as people write them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Final

import msgspec
import pytest
from pytest_bdd import given, parsers, when

from conformance.protocol.base import PersonData
from conformance.scenes.ministry_batches import BUSINESS, issuance, notice, transmission
from conformance.stage import Stage
from features.steps.ministry_words import (
    CITIES,
    CREDENTIAL,
    ENVELOPES,
    FILE_FAULTS,
    ISSUES,
    NOTICES,
    RECORD_FAULTS,
    TRANSMISSIONS,
)
from features.steps.municipal import DAY, day_of
from features.steps.register_people import HERE, PEOPLE
from sim.base.instant import at_time, japan_date
from sim.exchange.records import AnyRecord, kind_of

WHO: Final = "(?P<who>[甲乙丙丁])"
CITY: Final = f"(?P<city>{'|'.join(CITIES)})"
CLOCK: Final = "(?P<hour>[0-9]+)時(?:(?P<minute>[0-9]+)分)?"
WHAT: Final = f"(?P<what>{'|'.join((*NOTICES, *TRANSMISSIONS, *ISSUES))})"
FAULT: Final = f"(?P<fault>{'|'.join(RECORD_FAULTS)})"
OTHER: Final = f"{WHO.replace('who', 'who2')}の{WHAT.replace('what', 'what2')}"
BAD: Final = f"(?P<fault>{'|'.join(FILE_FAULTS)})"


@dataclass(slots=True)
class Desk:
    """What the steps of one case have in common.

    `records`: the number of the last record about each, in the words of the feature; `delivery`, `look`: the
    last of each; `cards`: how many new cards each person got; `held`: what was sent last.
    """

    people: dict[str, PersonData] = field(default_factory=lambda: dict(PEOPLE))
    records: dict[str, str] = field(default_factory=dict)
    cards: dict[str, int] = field(default_factory=dict)
    delivery: int = 0
    look: int = 0
    held: tuple[AnyRecord, ...] = ()


@pytest.fixture
def desk() -> Desk:
    """A fresh desk for each case."""
    return Desk()


def words(pattern: str) -> parsers.re:
    """A step's words as a regular expression: all of them must match."""
    return parsers.re(f"{pattern}$", flags=re.ASCII)


def cities_of(names: str) -> list[str]:
    """The codes of municipalities that a feature names."""
    return [CITIES[name] for name in re.split("[、と]", names)]


def _record(stage: Stage, desk: Desk, city: str, who: str, what: str, day: str = "") -> AnyRecord:
    """A record of a municipality about a person, in the words of the feature."""
    today = japan_date(stage.now)
    on = day_of(day) if day else today
    person = desk.people[who] = desk.people[who].model_copy(update={"address": HERE})
    number = stage.scene.city(CITIES[city]).number()
    if what in NOTICES:
        action, reason = NOTICES[what]
        made = notice(number, person, action, reason, on, min(on, today))
    elif what in TRANSMISSIONS:
        made = transmission(number, person, TRANSMISSIONS[what], on, today)
    else:
        abode = HERE if what.startswith("居住地での") else ""
        made = issuance(number, person, abode, today, today.replace(year=today.year + 7, day=1))
    desk.records[f"{who}の{what}"] = number
    return made


def _send(stage: Stage, desk: Desk, city: str, records: tuple[AnyRecord, ...], **how: object) -> None:
    code = CITIES[city]
    business = BUSINESS[kind_of(records[0])] if records else "01"
    desk.held = records
    desk.delivery = stage.scene.send(code, business, records, **how)


# --- 前提 -----------------------------------------------------------------------------------------------
@given(words("(?P<names>[^、]+(?:[、と][^、]+)*)が登録されている"))
def listed(stage: Stage, names: str) -> None:
    for code in cities_of(names):
        stage.scene.listed.setdefault(code, "")


@given(words(f"{CITY}は必要なときだけ接続する"))
def on_demand(stage: Stage, city: str) -> None:
    stage.scene.listed[CITIES[city]] = CREDENTIAL


@given(words("入管庁は通知を(?P<mode>随時|日次で)送る"))
def agency_sends(stage: Stage, mode: str) -> None:
    stage.scene.settings["immediate"] = mode == "随時"


@given(words("サーバは毎日(?P<hour>[0-9]+)時に、その日に情報連携をしなかった市区町村を調べる"))
def looks(stage: Stage, hour: str) -> None:
    stage.scene.settings["looks_at"] = time(int(hour))


@given(words("サーバは新しい版「(?P<new>[^」]+)」と古い版「(?P<old>[^」]+)」を扱う"))
def versions(stage: Stage, new: str, old: str) -> None:
    stage.scene.settings["versions"] = (new, old)


@given(words(f"{CITY}の端末は版「(?P<version>[^」]+)」も読める"))
def reads(stage: Stage, city: str, version: str) -> None:
    held = stage.scene.city(CITIES[city])
    held.reads = (version, *held.reads)


@given(words(f"(?P<day>{DAY})の{CLOCK}である"))
@when(words(f"(?P<day>{DAY})の{CLOCK}になる"))
def time_comes(stage: Stage, day: str, hour: str, minute: str | None) -> None:
    stage.at(at_time(day_of(day), time(int(hour), int(minute or 0))))


@given(words(f"入管庁は、{WHO}の住民票が{CITY}にあると知っている"))
def holds(stage: Stage, desk: Desk, who: str, city: str) -> None:
    person = desk.people[who]
    stage.given(person=person.ref, person_class=person.person_class, municipality=CITIES[city])
    stage.scene.hold(CITIES[city], (person.ref, person.card_number))


@given(words(f"{CITY}は受信したファイルに応答しない"))
@when(words(f"{CITY}は受信したファイルに応答しなくなる"))
def silent(stage: Stage, city: str) -> None:
    stage.scene.city(CITIES[city]).answers = False


@given(words(f"{CITY}は、次に届く通知のファイルを、壊れて届いたとして拒否する"))
def arrives_spoilt(stage: Stage, city: str) -> None:
    stage.scene.city(CITIES[city]).spoilt = "DIGEST_MISMATCH"


@given(words(f"{CITY}は、通知された人の住民票がないと答える"))
def knows_nobody(stage: Stage, city: str) -> None:
    stage.scene.city(CITIES[city]).knows = False


@when(words(f"{CITY}は受信したファイルに応答するようになる"))
def answers_again(stage: Stage, city: str) -> None:
    stage.scene.city(CITIES[city]).answers = True


@given("ファイルは暗号化した封筒に入れて送受信する")
def sealed(stage: Stage) -> None:
    stage.scene.sealed = True


@when(words(f"{CITY}が、(?P<envelope>{'|'.join(ENVELOPES)})ファイルで{WHO}の{WHAT}を送る"))
def sends_sealed(stage: Stage, desk: Desk, city: str, envelope: str, who: str, what: str) -> None:
    record = _record(stage, desk, city, who, what)
    _send(stage, desk, city, (record,), envelope=ENVELOPES[envelope])


# --- もし: what municipalities send ---------------------------------------------------------------------
@when(words(f"{CITY}が情報連携をする"))
def exchanges(stage: Stage, city: str) -> None:
    stage.scene.exchange(CITIES[city])


@when(words(f"{CITY}が(?P<first>{DAY})から(?P<last>{DAY})まで毎日(?P<hour>[0-9]+)時に情報連携をする"))
def exchanges_daily(stage: Stage, city: str, first: str, last: str, hour: str) -> None:
    day = day_of(first)
    while day <= day_of(last):
        stage.at(at_time(day, time(int(hour))))
        stage.scene.exchange(CITIES[city])
        day += timedelta(days=1)


@given(words(f"{CITY}が空のファイルを送った"))
@when(words(f"{CITY}が空のファイルを送る"))
def sends_empty(stage: Stage, desk: Desk, city: str) -> None:
    _send(stage, desk, city, ())


@given(words(f"{CITY}が{WHO}の{WHAT}を送った"))
@when(words(f"{CITY}が{WHO}の{WHAT}を送る"))
@when(words(f"{CITY}が(?P<day>{DAY})の{WHO}の{WHAT}を送る"))
def sends(stage: Stage, desk: Desk, city: str, who: str, what: str, day: str = "") -> None:
    _send(stage, desk, city, (_record(stage, desk, city, who, what, day),))


@when(words(f"{CITY}がXML形式で{WHO}の{WHAT}を送る"))
def sends_xml(stage: Stage, desk: Desk, city: str, who: str, what: str) -> None:
    _send(stage, desk, city, (_record(stage, desk, city, who, what),), as_xml=True)


@when(
    words(f"{CITY}が(?P<other>市町村通知|市区町村在留関連事務|特別永住許可事務)の業務で{WHO}の{WHAT}を送る")
)
def sends_in_business(stage: Stage, desk: Desk, city: str, other: str, who: str, what: str) -> None:
    business = {"市町村通知": "01", "市区町村在留関連事務": "02", "特別永住許可事務": "03"}[other]
    record = _record(stage, desk, city, who, what)
    desk.delivery = stage.scene.send(CITIES[city], business, (record,))


@when(words(f"{CITY}が{WHO}の{WHAT}と{OTHER}を1つのファイルで送る"))
def sends_two(stage: Stage, desk: Desk, city: str, who: str, what: str, who2: str, what2: str) -> None:
    records = (_record(stage, desk, city, who, what), _record(stage, desk, city, who2, what2))
    _send(stage, desk, city, records)


@when(words(f"{CITY}が、{BAD}ファイルで{WHO}の{WHAT}を送る"))
def sends_bad_file(stage: Stage, desk: Desk, city: str, fault: str, who: str, what: str) -> None:
    record = _record(stage, desk, city, who, what)
    _send(stage, desk, city, (record,), fault=FILE_FAULTS[fault])


@when(words(f"{CITY}が、{FAULT}{WHO}の{WHAT}と、正しい(?P<other>[甲乙丙丁])の市町村通知を送る"))
def sends_bad_record(
    stage: Stage, desk: Desk, city: str, fault: str, who: str, what: str, other: str
) -> None:
    bad = _record(stage, desk, city, who, what)
    good = _record(stage, desk, city, other, "転入の市町村通知")
    _send(stage, desk, city, (bad, good), spoilt={bad.record_id: RECORD_FAULTS[fault]})


@when(words(f"{CITY}が、{FAULT}{WHO}の(?P<what>{'|'.join(TRANSMISSIONS)})を送る"))
def sends_bad_transmission(stage: Stage, desk: Desk, city: str, fault: str, who: str, what: str) -> None:
    bad = _record(stage, desk, city, who, what)
    _send(stage, desk, city, (bad,), spoilt={bad.record_id: RECORD_FAULTS[fault]})


@when(words(f"{CITY}が{WHO}の{WHAT}を、同じ記録番号で1つのファイルに2回入れて送る"))
def sends_doubled(stage: Stage, desk: Desk, city: str, who: str, what: str) -> None:
    record = _record(stage, desk, city, who, what)
    _send(stage, desk, city, (record, record))


@when(words(f"{CITY}が一連番号(?P<number>[0-9]+)で{WHO}の{WHAT}を送る"))
def sends_numbered(stage: Stage, desk: Desk, city: str, number: str, who: str, what: str) -> None:
    _send(stage, desk, city, (_record(stage, desk, city, who, what),), number=int(number))


@when(words(f"{CITY}が前と同じ記録を、次の番号のファイルでもう一度送る"))
def sends_held_again(stage: Stage, desk: Desk, city: str) -> None:
    _send(stage, desk, city, desk.held)


@when(words(f"{CITY}が同じ番号で直したファイルを送る"))
def sends_mended(stage: Stage, desk: Desk, city: str) -> None:
    _send(stage, desk, city, desk.held)


@when(words(f"{CITY}が、(?P<day>{DAY})に届け出られた{WHO}の{WHAT}を送る"))
def sends_filed(stage: Stage, desk: Desk, city: str, day: str, who: str, what: str) -> None:
    record = _record(stage, desk, city, who, what, day)
    _send(stage, desk, city, (msgspec.structs.replace(record, filed_date=day_of(day)),))


@when(words(f"{CITY}が空のファイルを(?P<count>[0-9]+)回送る"))
def sends_many(stage: Stage, desk: Desk, city: str, count: str) -> None:
    for _ in range(int(count)):
        _send(stage, desk, city, ())


@when(words(f"{CITY}が同じファイルをもう一度送る"))
def resends(stage: Stage, city: str) -> None:
    stage.scene.resend(CITIES[city])


@when(words(f"{CITY}の回線で、(?P<sender>[^、]+)の{WHO}の{WHAT}のファイルが届く"))
def over_a_line(stage: Stage, desk: Desk, city: str, sender: str, who: str, what: str) -> None:
    record = _record(stage, desk, sender, who, what)
    _send(stage, desk, sender, (record,), over=CITIES[city])


@when(words(f"{CITY}が版「(?P<version>[^」]+)」で{WHO}の{WHAT}を送る"))
def sends_in_version(stage: Stage, desk: Desk, city: str, version: str, who: str, what: str) -> None:
    _send(stage, desk, city, (_record(stage, desk, city, who, what),), version=version)


@when(words(f"{CITY}が(?P<manner>媒体|書面)で{WHO}の{WHAT}を届ける"))
def by_hand(stage: Stage, desk: Desk, city: str, manner: str, who: str, what: str) -> None:
    how = {"媒体": "media", "書面": "paper"}[manner]
    _send(stage, desk, city, (_record(stage, desk, city, who, what),), manner=how)


# --- もし: what happens on the lines --------------------------------------------------------------------
@given(words(f"{CITY}の回線の障害が宣言されている"))
@when(words(f"{CITY}の回線の障害が宣言される"))
def outage(stage: Stage, city: str) -> None:
    stage.scene.outage(CITIES[city], declared=True)


@when(words(f"{CITY}の回線が復旧する"))
def mended(stage: Stage, city: str) -> None:
    stage.scene.outage(CITIES[city], declared=False)
    stage.scene.collect(CITIES[city])


@when(words(f"入管庁が{CITY}への通知を(?P<manner>媒体|書面)で渡そうとする"))
def hands_over(stage: Stage, city: str, manner: str) -> None:
    stage.scene.hand_over(CITIES[city], {"媒体": "media", "書面": "paper"}[manner])


@when(words(f"{CITY}が受信箱を確かめる"))
def collects(stage: Stage, city: str) -> None:
    stage.scene.collect(CITIES[city])


@when(words(f"{CITY}の端末が、(?P<claims>[^、]+)として(?P<right>正しい|誤った)認証情報で接続する"))
def connects(stage: Stage, city: str, claims: str, right: str) -> None:
    word = CREDENTIAL if right == "正しい" else "wrong"
    stage.scene.connect(CITIES[city], CITIES[claims], word)


@when(words(f"{CITY}の端末が接続を終える"))
def disconnects(stage: Stage, city: str) -> None:
    stage.scene.disconnect(CITIES[city])


@when(words(f"{CITY}の端末が交換され、一連番号の続きを尋ねる"))
def replaced(stage: Stage, city: str) -> None:
    stage.scene.sequences(CITIES[city])


@when(words("(?P<names>[^、]+(?:、[^、]+)*)に版「(?P<version>[^」]+)」への更新を指示する"))
def rolls_out(stage: Stage, names: str, version: str) -> None:
    stage.scene.roll_out(version, *cities_of(names))


@when(words(f"{CITY}の端末が版「(?P<version>[^」]+)」に更新される"))
def takes_version(stage: Stage, city: str, version: str) -> None:
    stage.scene.takes_version(CITIES[city], version)


@when(
    words(f"{CITY}の端末「(?P<place>[a-z0-9_-]+)」の不具合「(?P<fault>[a-z_]+)」が(?P<what>報告される|直る)")
)
def fault_reported(stage: Stage, city: str, place: str, fault: str, what: str) -> None:
    stage.scene.report(CITIES[city], place, fault, mended=what == "直る")


@when(words(f"{CITY}が{WHO}の直前の転出の取消しの市町村通知を送る"))
def cancels(stage: Stage, desk: Desk, city: str, who: str) -> None:
    cancelled = desk.records[f"{who}の転出の市町村通知"]
    record = _record(stage, desk, city, who, "取消しの市町村通知")
    _send(stage, desk, city, (msgspec.structs.replace(record, cancels=cancelled),))
