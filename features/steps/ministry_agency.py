"""Steps of the ministry server: what the agency decides and learns, and who claims what."""

from __future__ import annotations

from datetime import date, timedelta

from pytest_bdd import given, when

from conformance.stage import Stage
from features.steps.ministry import WHO, Desk, words
from features.steps.ministry_words import CARDS, EXCUSES
from features.steps.municipal import DAY, day_of
from sim.base.instant import japan_date


# --- もし: what the agency decides ----------------------------------------------------------------------
def _decide(stage: Stage, desk: Desk, who: str, reason: str, new_card: bool, **items: str) -> None:
    person = desk.people[who]
    told = {"card_number_before": person.card_number, **items}
    if new_card:
        number = desk.cards[who] = desk.cards.get(who, -1) + 1
        told["card_number"] = CARDS[who][number]
    stage.scene.decide(person.ref, reason, told)
    if new_card:
        desk.people[who] = person.model_copy(update={"card_number": told["card_number"]})


@when(words(f"入管庁が{WHO}の在留期間を(?P<until>{DAY})まで更新する"))
def extends(stage: Stage, desk: Desk, who: str, until: str) -> None:
    status = desk.people[who].status
    until_day = day_of(until).isoformat()
    _decide(stage, desk, who, "period_extended", True, status=status, period_until=until_day)


@when(words(f"入管庁が{WHO}の在留資格を「(?P<status>[^」]+)」に変更する"))
def changes_status(stage: Stage, desk: Desk, who: str, status: str) -> None:
    _decide(stage, desk, who, "status_changed", True, status=status)


@when(words(f"入管庁が{WHO}の在留資格を取り消す"))
def revokes(stage: Stage, desk: Desk, who: str) -> None:
    _decide(stage, desk, who, "revoked", False)


@when(
    words(f"入管庁が{WHO}の(?P<what>出国|再入国許可の期限経過|在留資格の喪失|対象外の在留資格への変更)を知る")
)
def learns(stage: Stage, desk: Desk, who: str, what: str) -> None:
    reasons = {
        "出国": "departed",
        "再入国許可の期限経過": "reentry_expired",
        "在留資格の喪失": "status_ended",
        "対象外の在留資格への変更": "out_of_scope",
    }
    _decide(stage, desk, who, reasons[what], False)


@when(words(f"入管庁が{WHO}の氏名を「(?P<name>[^」]*)」に変更する"))
def renames(stage: Stage, desk: Desk, who: str, name: str) -> None:
    _decide(stage, desk, who, "name_changed", False, name=name)


@when(words(f"入管庁が{WHO}の漢字氏名を「(?P<name>[^」]*)」とする"))
def renames_kanji(stage: Stage, desk: Desk, who: str, name: str) -> None:
    _decide(stage, desk, who, "name_changed", False, name=desk.people[who].name, name_kanji=name)


@when(words(f"入管庁が{WHO}の漢字氏名を、私用領域の文字U\\+(?P<point>[0-9A-F]+)とする"))
def renames_private(stage: Stage, desk: Desk, who: str, point: str) -> None:
    renames_kanji(stage, desk, who, chr(int(point, 16)))


@when(words(f"入管庁が{WHO}の国籍・地域を「(?P<code>[^」]*)」に変更する"))
def changes_nationality(stage: Stage, desk: Desk, who: str, code: str) -> None:
    _decide(stage, desk, who, "nationality_changed", False, nationality=code)


@when(words(f"入管庁が{WHO}について、(?P<what>.+)を通知しようとする"))
def cannot(stage: Stage, desk: Desk, who: str, what: str) -> None:
    person = desk.people[who]
    card = {"card_number_before": person.card_number}
    tries: dict[str, tuple[str, dict[str, str], dict[str, object]]] = {
        "定めのない事由": ("moved_to_the_moon", card, {}),
        "2012年7月8日の国籍・地域の変更": (
            "nationality_changed",
            card | {"nationality": "BRA"},
            {"decided_date": date(2012, 7, 8)},
        ),
        "翌日の国籍・地域の変更": (
            "nationality_changed",
            card | {"nationality": "BRA"},
            {"decided_date": japan_date(stage.now) + timedelta(days=1)},
        ),
        "氏名のない氏名の変更": ("name_changed", card, {}),
        "番号のない在留カードの再交付": ("card_reissued", card, {}),
    }
    reason, items, more = tries[what]
    stage.scene.decide(person.ref, reason, items, **more)


# --- もし: the 90 days ----------------------------------------------------------------------------------
@given(
    words(
        f"{WHO}が(?P<day>{DAY})に(?P<how>上陸した|許可を受けた|住居地を届け出たものとみなされる許可を受けた)"
    )
)
def became(stage: Stage, desk: Desk, who: str, day: str, how: str) -> None:
    person = desk.people[who]
    stage.scene.became(
        person=person.ref,
        how="landed" if how == "上陸した" else "permitted",
        person_class=person.person_class,
        on=day_of(day),
        card_number=person.card_number,
        notified="みなされる" in how,
    )


@when(words(f"{WHO}が正当な理由として「(?P<excuse>[^」]+)」を申し立てる"))
def claims(stage: Stage, desk: Desk, who: str, excuse: str) -> None:
    stage.scene.claims(desk.people[who].ref, EXCUSES[excuse])
