"""Steps of the exchange: what the agency decides, what befalls files and media on their way.

They act through the scene; what is expected stands in `municipal_register_then`.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from pytest_bdd import when

from conformance.stage import Stage
from features.steps.municipal import DAY, day_of, matching
from features.steps.municipal_register import NEW_CARD, NEXT_CARD, WHO, Desk
from features.steps.register_people import ITEMS, KINDS, LINKS, MEDIA, TROUBLES, value_of
from sim.nodes.messages.agency import Decide, ExtendPeriod


# --- もし: the agency -----------------------------------------------------------------------------------
@when(matching(f"入管庁が{WHO}の在留期間を(?P<until>{DAY})まで更新する"))
def extends(stage: Stage, desk: Desk, who: str, until: str) -> None:
    person = desk.people[who]
    desk.decisions += 1
    card = NEW_CARD if desk.decisions == 1 else NEXT_CARD
    stage.scene.agency_decides(
        ExtendPeriod(
            case=f"{stage.case}/agency-{desk.decisions}",
            ref=person.ref,
            card_number_before=person.card_number,
            card_number=card,
            status=person.status,
            period_until=day_of(until),
        )
    )
    desk.people[who] = person.model_copy(update={"card_number": card})


@when(matching(f"入管庁が{WHO}の氏名を「(?P<name>[^」]+)」、漢字氏名を「(?P<kanji>[^」]+)」に変更する"))
def renames(stage: Stage, desk: Desk, who: str, name: str, kanji: str) -> None:
    _decide(stage, desk, who, "name_changed", {"name": name, "name_kanji": kanji})


REASONS: Final = {
    "国籍・地域": "nationality_changed",
    "性別": "sex_changed",
    "生年月日": "birth_date_changed",
    "カードの番号": "card_reissued",
}
REMOVALS: Final = {
    "出国": "departed",
    "在留資格の喪失": "status_ended",
    "対象外の資格への変更": "out_of_scope",
    "再入国の期限の経過": "reentry_expired",
}


@when(matching(f"入管庁が{WHO}の(?P<item>{'|'.join(REASONS)})を「(?P<text>[^」]+)」に変更したと通知する"))
def changes_item(stage: Stage, desk: Desk, who: str, item: str, text: str) -> None:
    name = ITEMS[item]
    value: str | date = value_of(name, text)
    if name == "birth_date":
        value = day_of(text)
    _decide(stage, desk, who, REASONS[item], {name: value})


@when(matching(f"入管庁が{WHO}の永住を許可する"))
def permits_permanently(stage: Stage, desk: Desk, who: str) -> None:
    _decide(stage, desk, who, "permanent_residence", {"card_number": NEW_CARD, "status": "永住者"})


@when(matching(f"入管庁が{WHO}について(?P<why>{'|'.join(REMOVALS)})を通知する"))
def ends(stage: Stage, desk: Desk, who: str, why: str) -> None:
    _decide(stage, desk, who, REMOVALS[why])


@when(matching(f"入管庁が{WHO}の在留資格を取り消す"))
def revokes(stage: Stage, desk: Desk, who: str) -> None:
    _decide(stage, desk, who, "revoked")


@when(matching(f"入管庁が{WHO}の在留資格を「(?P<status>[^」]+)」に変更する"))
def changes_status(stage: Stage, desk: Desk, who: str, status: str) -> None:
    desk.decisions += 1
    person = desk.people[who]
    card = NEW_CARD if desk.decisions == 1 else NEXT_CARD
    stage.scene.agency_decides(
        Decide(
            case=f"{stage.case}/agency-{desk.decisions}",
            ref=person.ref,
            reason="status_changed",
            card_number_before=person.card_number,
            card_number=card,
            status=status,
            period_until=date(2029, 6, 30),
        )
    )
    desk.people[who] = person.model_copy(update={"card_number": card, "status": status})


def _decide(
    stage: Stage, desk: Desk, who: str, reason: str, items: dict[str, str | date] | None = None
) -> None:
    desk.decisions += 1
    told: dict[str, Any] = {
        "case": f"{stage.case}/agency-{desk.decisions}",
        "ref": desk.people[who].ref,
        "reason": reason,
        "card_number_before": desk.people[who].card_number,
        **(items or {}),
    }
    stage.scene.agency_decides(Decide(**told))


@when(matching(f"入管庁が{WHO}の在留資格「(?P<status>[^」]+)」の取得を(?P<until>{DAY})まで許可する"))
def gives_status(stage: Stage, desk: Desk, who: str, status: str, until: str) -> None:
    desk.decisions += 1
    stage.scene.agency_decides(
        Decide(
            case=f"{stage.case}/agency-{desk.decisions}",
            ref=desk.people[who].ref,
            reason="status_acquired",
            card_number=NEW_CARD,
            status=status,
            period_until=day_of(until),
        )
    )


@when(
    matching(f"入管庁は、{WHO}の次の(?P<kind>市町村通知|市町村伝達)を、(?P<item>.+)の誤りとして受け付けない")
)
def will_refuse(stage: Stage, desk: Desk, who: str, kind: str, item: str) -> None:
    stage.scene.way.refused[desk.people[who].ref, KINDS[kind]] = ITEMS[item]


# --- もし: operators and the way
@when(matching("職員が最後に記録を送ったファイルを再送信する"))
def resends(stage: Stage) -> None:
    stage.scene.resend(stage.scene.last_sent)


@when(matching("(?P<side>区|入管庁)が次に送る記録のファイルが(?P<what>.+く|失われる)"))
def trouble_is_on_the_way(stage: Stage, side: str, what: str) -> None:
    stage.scene.way.expect("up" if side == "区" else "down", TROUBLES[what])


@when(matching("区が連携方法を(?P<link>回線|媒体|紙)に切り替える"))
def switches(stage: Stage, link: str) -> None:
    stage.scene.switch_link(LINKS[link])


@when(matching("入管庁への回線が故障し、故障と(?P<told>認められる|認められていない)"))
def line_breaks(stage: Stage, told: str) -> None:
    stage.scene.agency_line(up=False, declared=told == "認められる")


@when(matching("入管庁への回線が復旧する"))
def line_works(stage: Stage) -> None:
    stage.scene.agency_line(up=True, declared=False)


@when(matching("職員が送信を待つファイルを(?P<manner>媒体|書面)で送ろうとする"))
def calls_messenger(stage: Stage, manner: str) -> None:
    stage.scene.messenger({"媒体": "media", "書面": "paper"}[manner])


@when(matching("運んでいる媒体をなくす"))
def loses_medium(stage: Stage) -> None:
    stage.scene.medium("lost", "up")


@when(matching("なくした媒体が見つかり、読取装置に入れる"))
def finds_medium(stage: Stage) -> None:
    stage.scene.medium("found", "up")


@when(
    matching(
        "職員が(?P<medium>他の市区町村の媒体|使用済みの媒体|偽造された媒体|ラベルのない媒体)を読取装置に入れる"
    )
)
def inserts(stage: Stage, medium: str) -> None:
    stage.scene.medium(MEDIA[medium], "up")
