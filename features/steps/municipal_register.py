"""Steps of the register and of the exchange: what happens there.

Given and When act through the scene; what is expected stands in `municipal_register_then`. No step works out
what is right: expected values stand in the feature as people write them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, time
from typing import Final

import pytest
from pytest_bdd import given, when

from conformance.protocol.base import PersonData
from conformance.protocol.municipal import FilingData, HandOver, IssueCopy
from conformance.stage import Stage
from features.steps.municipal import DAY, day_of, matching
from features.steps.register_people import (
    FILINGS,
    HERE,
    HOTEL,
    ITEMS,
    LINKS,
    PEOPLE,
    value_of,
)
from sim.base.instant import Instant, at_time, japan_date

WHO: Final = "(?P<who>[甲乙丙丁戊己])"
CLOCK: Final = "(?P<hour>[0-9]+)時(?:(?P<minute>[0-9]+)分)?"
CARD: Final = "(?P<card>カードを出して|カードを持たずに)"
NEW_CARD: Final = "CD23456789EF"
NEXT_CARD: Final = "EF34567890GH"


@dataclass(slots=True)
class Desk:
    """What the steps of one case have in common.

    `people`: as they are now; `visits`, `first`: the last and the first visit of each.
    """

    people: dict[str, PersonData] = field(default_factory=lambda: dict(PEOPLE))
    visits: dict[str, str] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)
    visit: str = ""
    decisions: int = 0


@pytest.fixture
def desk() -> Desk:
    """A fresh desk for each case."""
    return Desk()


def at_clock(day: str, hour: str, minute: str | None) -> Instant:
    """A day and a time of day in Japan as features write them."""
    return at_time(day_of(day), time(int(hour), int(minute or 0)))


def _visit(stage: Stage, desk: Desk, who: str) -> str:
    desk.visit = desk.visits[who] = stage.visit()
    desk.first.setdefault(who, desk.visit)
    return desk.visit


# --- 前提: how the municipality is set up, and when it is -----------------------------------------------
@given(matching("区の連携方法は(?P<link>回線|媒体|紙)である"))
def link_is(stage: Stage, link: str) -> None:
    stage.scene.settings["link"] = LINKS[link]


@given(matching("区の既存住基システムは回線に対応していない"))
def not_adapted(stage: Stage) -> None:
    stage.scene.settings["adapted"] = False


@given(
    matching("区の外国人住民は(?P<count>[0-9]+)人で、紙による連携ができるのは(?P<below>[0-9]+)人未満である")
)
def residents_are(stage: Stage, count: str, below: str) -> None:
    stage.scene.settings |= {"foreign_residents": int(count), "paper_below": int(below)}


@given(matching("区は毎日(?P<hours>[0-9]+時(?:と[0-9]+時)*)に情報連携をする"))
def exchanges_at(stage: Stage, hours: str) -> None:
    stage.scene.settings["exchange_at"] = tuple(time(int(hour)) for hour in re.findall(r"[0-9]+", hours))


@given(
    matching(
        "区は住民票の写しを(?P<option>住民票のとおりに|提示されたカードに合わせて)交付すると宣言している"
    )
)
def copies_are(stage: Stage, option: str) -> None:
    options = {"住民票のとおりに": "stale_record", "提示されたカードに合わせて": "card_based"}
    stage.scene.settings["copies"] = options[option]


@given(matching("入管庁は通知を(?P<mode>随時|日次で)送る"))
def agency_sends(stage: Stage, mode: str) -> None:
    stage.scene.agency_settings["immediate"] = mode == "随時"


@given(matching(f"(?P<day>{DAY})の{CLOCK}の新宿区である"))
def it_is(stage: Stage, day: str, hour: str, minute: str | None) -> None:
    stage.at(at_clock(day, hour, minute))


@given(matching(f"{WHO}は新宿区に住んでいる"))
def lives_here(stage: Stage, desk: Desk, who: str) -> None:
    person = desk.people[who] = desk.people[who].model_copy(update={"address": HERE})
    stage.given(person=person.ref, person_class=person.person_class, lives="here")
    stage.scene.seed(person)


@when(matching(f"(?P<day>{DAY})の{CLOCK}になる"))
def time_comes(stage: Stage, day: str, hour: str, minute: str | None) -> None:
    stage.at(at_clock(day, hour, minute))


# --- もし: filings and changes --------------------------------------------------------------------------
@when(matching(f"{WHO}が{CARD}(?P<day>{DAY})の(?P<what>[^0-9]+)を届け出る"))
def files(stage: Stage, desk: Desk, who: str, card: str, day: str, what: str) -> None:
    filing, address = FILINGS[what]
    landed = filing == "entry_from_abroad"
    stage.scene.file(
        _visit(stage, desk, who),
        FilingData(
            person=desk.people[who],
            filing=filing,
            history="landed_no_residence" if landed else "residence_on_card",
            card="presented" if card == "カードを出して" else "absent",
            event_date=day_of(day),
            new_address=address,
        ),
    )


@when(matching(f"{WHO}が、住民票を作らない宿泊先の住居地を(?P<day>{DAY})に定めたとして届け出る"))
def notifies_hotel(stage: Stage, desk: Desk, who: str, day: str) -> None:
    stage.scene.file(
        _visit(stage, desk, who),
        FilingData(
            person=desk.people[who],
            filing="residence_notification",
            history="landed_no_residence",
            card="presented",
            event_date=day_of(day),
            new_address=HOTEL,
            no_record=True,
        ),
    )


GROUNDS: Final = {
    "死亡": "death",
    "出生": "birth",
    "帰化": "naturalized",
}


@when(matching(f"{WHO}の(?P<day>{DAY})の(?P<what>死亡|出生|帰化)を記載する"))
def is_reported(stage: Stage, desk: Desk, who: str, day: str, what: str) -> None:
    _change(stage, desk, who, GROUNDS[what], day_of(day))


@when(matching(f"区長が職権で{WHO}の(?P<item>[^「]+)を「(?P<text>[^」]*)」に修正する"))
def corrects(stage: Stage, desk: Desk, who: str, item: str, text: str) -> None:
    _correct(stage, desk, who, item, text)


@when(matching(f"区長が職権で{WHO}の(?P<item>[^「]+)を「(?P<text>[^」]*)」に修正し、仮登録とする"))
def corrects_provisionally(stage: Stage, desk: Desk, who: str, item: str, text: str) -> None:
    _correct(stage, desk, who, item, text, provisional=True)


@when(
    matching(
        f"区長が職権で{WHO}の(?P<item>[^「]+)を「(?P<text>[^」]*)」に修正し、届出日を(?P<day>{DAY})とする"
    )
)
def corrects_on(stage: Stage, desk: Desk, who: str, item: str, text: str, day: str) -> None:
    person = desk.people[who].model_copy(update={ITEMS[item]: value_of(ITEMS[item], text)})
    today = japan_date(stage.now)
    visit = _visit(stage, desk, who)
    stage.scene.change(visit, "corrected_ex_officio", person, today, day_of(day), (ITEMS[item],))


@when(matching(f"{WHO}の通称を「(?P<text>[^」]*)」とする"))
def alias_changes(stage: Stage, desk: Desk, who: str, text: str) -> None:
    person = desk.people[who].model_copy(update={"alias": text})
    today = japan_date(stage.now)
    stage.scene.change(_visit(stage, desk, who), "alias_changed", person, today, today)


@when(matching(f"{WHO}の仮登録を(?P<what>本登録にする|取りやめる)"))
def settles(stage: Stage, desk: Desk, who: str, what: str) -> None:
    stage.scene.settle(desk.visits[who], desk.people[who].ref, drop=what == "取りやめる")


@when(matching(f"{WHO}の(?P<which>直前|最初)の異動を取り消す"))
def cancels(stage: Stage, desk: Desk, who: str, which: str) -> None:
    cancelled = desk.visits[who] if which == "直前" else desk.first[who]
    desk.visit = stage.visit()
    stage.scene.cancel(desk.visit, desk.people[who].ref, cancelled)


@when(
    matching(
        f"{WHO}に、有効期間が(?P<until>{DAY})までの特別永住者証明書「(?P<number>[A-Z0-9]+)」を、"
        "更新により交付する"
    )
)
def hands_over(stage: Stage, desk: Desk, who: str, until: str, number: str) -> None:
    stage.scene.hand_over(
        HandOver(
            visit=_visit(stage, desk, who),
            person=desk.people[who].ref,
            ground="renewal",
            certificate_number=number,
            valid_until=day_of(until),
        )
    )


def _correct(stage: Stage, desk: Desk, who: str, item: str, text: str, *, provisional: bool = False) -> None:
    name = ITEMS[item]
    value: str | date | None = value_of(name, text)
    if name == "period_until":
        value = day_of(text) if text else None
    _change(
        stage,
        desk,
        who,
        "corrected_ex_officio",
        japan_date(stage.now),
        {name: value},
        provisional=provisional,
    )


def _change(
    stage: Stage,
    desk: Desk,
    who: str,
    ground: str,
    event: date,
    items: dict[str, str | date | None] | None = None,
    *,
    provisional: bool = False,
) -> None:
    person = desk.people[who].model_copy(update=items or {})
    stage.scene.change(
        _visit(stage, desk, who),
        ground,
        person,
        event,
        japan_date(stage.now),
        tuple(items or ()),
        provisional=provisional,
    )


# --- もし: operators ------------------------------------------------------------------------------------
@when(matching("職員が確認票をすべて確認する"))
def confirms_all(stage: Stage) -> None:
    stage.scene.confirm()


@when(matching(f"職員が{WHO}の通知を手動で取り込む"))
def confirms_one(stage: Stage, desk: Desk, who: str) -> None:
    # Where none waits there is nothing to take in, and a confirmation without a number would mean all slips.
    if waiting := stage.scene.notice_of(desk.people[who].ref):
        stage.scene.confirm(waiting)


@when(
    matching(
        f"{WHO}が(?P<shown>カードを見せずに|今のカードを見せて|更新後のカードを見せて)住民票の写しを請求する"
    )
)
def asks_for_copy(stage: Stage, desk: Desk, who: str, shown: str) -> None:
    request = IssueCopy(visit=_visit(stage, desk, who), person=desk.people[who].ref)
    if shown == "今のカードを見せて":
        old = PEOPLE[who]
        card = {"card_number": old.card_number, "status": old.status, "period_until": old.period_until}
        request = request.model_copy(update=card)
    elif shown == "更新後のカードを見せて":
        card = {
            "card_number": NEW_CARD,
            "status": desk.people[who].status,
            "period_until": date(2029, 3, 31),
        }
        request = request.model_copy(update=card)
    stage.scene.copy(request)
