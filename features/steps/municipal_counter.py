"""Steps on households, agents, doubtful cards, endorsements, forms and consequences: work at a counter.

As in `municipal`, no step judges and none works out what is right.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

from pytest_bdd import given, then, when

from conformance.protocol.municipal import Consequences, VisitorData
from conformance.stage import Stage
from features.steps.municipal import (
    AT,
    CARD,
    CARDS,
    CLASS,
    CLASSES,
    DAY,
    FILING,
    FILINGS,
    HISTORIES,
    HISTORY,
    OF,
    OFFICES,
    WHO,
    Scene,
    day_of,
    matching,
    names,
    visited,
)
from sim.base.errors import HarnessError
from sim.base.instant import HOUR, Instant, japan_date

ITEMS: Final = {
    "国籍・地域": "nationality",
    "氏名": "name",
    "性別": "sex",
    "生年月日": "birth_date",
    "在留資格": "status",
    "在留期間": "period_of_stay",
    "在留期間の満了日": "period_until",
    "在留カードの番号": "card_number",
    "住居地": "place_of_residence",
    "顔写真": "photo",
    "電子署名": "signature",
}
RECORD_ITEMS: Final = {
    "国籍・地域": "nationality",
    "氏名": "name",
    "漢字氏名": "name_kanji",
    "性別": "sex",
    "生年月日": "birth_date",
    "在留資格": "status",
    "在留カードの番号": "card_number",
}
FORMS: Final = {"住民異動届": "resident_record_form", "住居地届出書": "residence_form"}
AFFAIRS: Final = {"自治事務": "autonomous_affair", "法定受託事務": "delegated_affair"}
TIES: Final = {
    "配偶者": ("spouse", "same_household"),
    "子": ("child", "same_household"),
    "父又は母": ("parent", "same_household"),
    "同居する親族": ("other_relative", "same_household"),
    "同居しない知人": ("unrelated", "elsewhere"),
}
TIE: Final = f"(?P<tie>{'|'.join(TIES)})"
PAPERS: Final = {
    "委任状を持って": {"mandate": True},
    "委任状を持たずに": {},
    "法定代理人として証する書類を持って": {"represents": True, "proof": True},
    "法定代理人として証する書類を持たずに": {"represents": True},
    "依頼を受けて": {"asked": True},
    "依頼を受けずに": {},
    "病気の本人に代わって": {"unable": True},
    "本人確認の書類を示さずに": {"mandate": True, "identity_shown": False},
}
CONDUCTS: Final = {
    "届出をしない": "omission",
    "期間を過ぎて届け出た": "late",
    "90日を過ぎて届け出た": "late_past_90_days",
    "虚偽の届出をした": "false",
    "カードを出さずに届け出た": "card_not_presented",
}
RESULTS: Final = {"一致": "match", "不一致": "mismatch", "読取り不能": "unreadable"}
MANNERS: Final = {
    "カードの写真により": "photo",
    "写真のないカードのため別の書類により": "without_photo",
    "届出人について": "by_other",
}


@given(matching(f"職員は、{WHO}の(?P<item>氏名|国籍・地域)をICチップと違う「(?P<text>[^」]+)」に直す"))
def is_edited(scene: Scene, who: str, item: str, text: str) -> None:
    scene.about(who, edits={ITEMS[item]: text})


# --- 前提: about people and cards -----------------------------------------------------------------------
@given(matching("今日の窓口である"))
def today_at_the_counter(stage: Stage) -> None:
    stage.at(stage.scene.today)


@given(matching(f"{WHO}は(?:(?P<days>[0-9]+)日前|(?P<today>今日))に(?:新宿区へ転入した|新宿区内で転居した)"))
def moved_before_today(stage: Stage, scene: Scene, who: str, days: str | None, today: str | None) -> None:
    scene.moved[who] = japan_date(stage.now) - timedelta(days=int(days or 0))


@given(matching(f"{WHO}は(?P<days>[0-9]+)日後に新宿区へ転入する"))
def moves_after_today(stage: Stage, scene: Scene, who: str, days: str) -> None:
    scene.moved[who] = japan_date(stage.now) + timedelta(days=int(days))


@given(matching(f"{WHO}の在留カードの券面は、(?P<items>[^。]+)がICチップと異なる"))
def is_forged(scene: Scene, who: str, items: str) -> None:
    scene.about(who, forged=tuple(ITEMS[one] for one in names(items)))


@given(matching(f"{WHO}の在留カードのICチップは応答しない"))
def is_broken(scene: Scene, who: str) -> None:
    scene.about(who, broken=True)


@given(matching(f"{WHO}は(?P<age>[0-9]+)歳で、写真のない在留カードを持っている"))
def has_no_photo(stage: Stage, scene: Scene, who: str, age: str) -> None:
    born = japan_date(stage.now).replace(year=japan_date(stage.now).year - int(age), month=1, day=1)
    scene.becomes(who, photo=False, birth_date=born.isoformat())


@given(matching(f"{WHO}の漢字氏名は「(?P<name>[^」]+)」である"))
def has_kanji(scene: Scene, who: str, name: str) -> None:
    scene.becomes(who, name_kanji=name)


@given(matching(f"{WHO}のカードへの裏書きは、機器の故障のためその場でできない"))
def cannot_be_endorsed(scene: Scene, who: str) -> None:
    scene.about(who, endorsing_fails="printer_out_of_order")


@given(matching(f"{WHO}の住居地は、住民票を作成しないホテルである"))
def lives_in_a_hotel(scene: Scene, who: str) -> None:
    scene.about(who, no_record=True)


@given(matching(f"{WHO}は特定在留カードの交付申請も希望している"))
def wants_a_specified_card(scene: Scene, who: str) -> None:
    scene.about(who, specified_card=True)


@given(matching(f"{WHO}の届出は、{TIE}である(?P<by>[甲乙丙丁戊]?)が(?P<papers>{'|'.join(PAPERS)})行う"))
def is_filed_by(scene: Scene, who: str, tie: str, by: str, papers: str) -> None:
    kind, living = TIES[tie]
    scene.about(who, by=VisitorData(tie=kind, living=living, age=36, **PAPERS[papers]))


@given(matching(f"{WHO}の届出は、(?P<age>[0-9]+)歳の{TIE}が(?P<papers>{'|'.join(PAPERS)})行う"))
def is_filed_by_aged(scene: Scene, who: str, age: str, tie: str, papers: str) -> None:
    kind, living = TIES[tie]
    scene.about(who, by=VisitorData(tie=kind, living=living, age=int(age), **PAPERS[papers]))


@given(matching(f"{WHO}には16歳以上の同居の(?P<tie>{'|'.join(TIES)})がいる"))
def has_a_relative(scene: Scene, who: str, tie: str) -> None:
    scene.about(who, relatives=(TIES[tie][0],))


@given(matching(f"{WHO}は{CARD}窓口に来ている"))
def comes_along(scene: Scene, who: str, card: str) -> None:
    scene.about(who, card=CARDS[card])


# --- もし: what happens --------------------------------------------------------------------------------
@given(matching(f"(?P<party>[甲乙丙丁戊](?:、[甲乙丙丁戊])+)が{AT}一度に{FILING}をした"))
@when(matching(f"(?P<party>[甲乙丙丁戊](?:、[甲乙丙丁戊])+)が{AT}一度に{FILING}をする"))
def files_together(stage: Stage, scene: Scene, party: str, office: str | None, filing: str) -> None:
    filings = [scene.filing(who, filing, "absent") for who in names(party)]
    visited(stage, scene, filing, office, *filings)


@when(matching(f"{AT}{WHO}のカードに改めて裏書きを(?:する|しようとする)"))
def endorses_later(stage: Stage, scene: Scene, office: str | None, who: str) -> None:
    scene.tries += 1
    stage.scene.endorse(scene.visit, scene.people[who].ref, OFFICES[office or "本庁舎"])


@when(matching("(?P<hours>[0-9]+)時間後になる"))
def hours_go_by(stage: Stage, hours: str) -> None:
    stage.at(Instant(stage.now + int(hours) * HOUR))


@when(matching(f"窓口で作られた{WHO}の住民票を確かめる"))
def the_record_is_looked_at(stage: Stage, scene: Scene, who: str) -> None:
    stage.scene.query(scene.people[who].ref)


@when(
    matching(
        f"{CLASS}（{HISTORY}）が(?P<day>{DAY})に{FILING}について(?P<conduct>{'|'.join(CONDUCTS)})場合の罰則等を"
        "(?P<deemed>みなし届出として)?確認する"
    )
)
def consequences_are_asked(
    stage: Stage, kind: str, history: str, day: str, filing: str, conduct: str, deemed: str | None
) -> None:
    asked = Consequences(
        person_class=CLASSES[kind],
        history=HISTORIES[history],
        filing=FILINGS[filing],
        conduct=CONDUCTS[conduct],
        on=day_of(day),
        deemed=deemed is not None,
    )
    stage.scene.consequences(asked)


# --- ならば: what the journal must show ----------------------------------------------------------------


@then(matching("手続は一つの窓口、一つの受付で行われる"))
def is_one_session(stage: Stage, scene: Scene) -> None:
    stage.expect("one_session", visit=scene.visit)


@then(matching(f"本人確認は、(?P<manner>{'|'.join(MANNERS)})行われる"))
def identity_is_confirmed(stage: Stage, scene: Scene, manner: str) -> None:
    stage.expect("identity_manner", visit=scene.visit, manner=MANNERS[manner])


@then(matching(f"{OF}偽変造確認の結果は(?P<result>{'|'.join(RESULTS)})である"))
def authenticity_is(stage: Stage, scene: Scene, of: str | None, result: str) -> None:
    stage.expect("authenticity_result", visit=scene.visit, result=RESULTS[result], person=scene.ref(of))


@then(matching("手続は止まり、受理も裏書きも行われない"))
def it_stops(stage: Stage, scene: Scene) -> None:
    stage.expect("forgery_stops", visit=scene.visit)
    stage.expect("filing_refused", visit=scene.visit, person=None)


@then(matching("裏書きは行われない"))
def nothing_is_endorsed(stage: Stage, scene: Scene) -> None:
    stage.expect("endorsements_made", visit=scene.visit, count=0)


@then(matching("裏書きは(?P<count>[0-9]+)枚のカードに行われる"))
def so_many_are_endorsed(stage: Stage, scene: Scene, count: str) -> None:
    stage.expect("endorsements_made", visit=scene.visit, count=int(count))


@then(matching("案件は終わって(?P<still>いない|いる)"))
def the_case_is_open(stage: Stage, scene: Scene, still: str) -> None:
    stage.expect("case_open", visit=scene.visit, is_open=still == "いない", answer=scene.tries)


@then(matching(f"{OF}記入を求められる届出書は(?P<forms>[^。]+)である"))
def forms_are_asked(stage: Stage, scene: Scene, of: str | None, forms: str) -> None:
    wanted = [FORMS[one] for one in names(forms)]
    stage.expect("forms", visit=scene.visit, forms=wanted, person=scene.ref(of))


@then(matching("同じ事項を二度尋ねられない"))
def nothing_is_asked_twice(stage: Stage, scene: Scene) -> None:
    stage.expect("asked_once", visit=scene.visit)


@then(matching("カードに記載された事項は尋ねられない"))
def the_card_is_not_asked(stage: Stage, scene: Scene) -> None:
    stage.expect("card_not_asked", visit=scene.visit)


@then(matching("ICチップから取り込まれる事項は(?P<items>[^。]+)である"))
def items_are_read(stage: Stage, scene: Scene, items: str) -> None:
    stage.expect("read_items", visit=scene.visit, items=[ITEMS[one] for one in names(items)])


@then(matching("手で入力される事項は(?P<items>[^。]+)である"))
def items_are_keyed(stage: Stage, scene: Scene, items: str) -> None:
    stage.expect("keyed_items", visit=scene.visit, items=[ITEMS[one] for one in names(items)])


@then(matching("ICチップと違えて記載した事項として(?P<items>[^。]+)が記録される"))
def edits_are_kept(stage: Stage, scene: Scene, items: str) -> None:
    stage.expect("edits_logged", visit=scene.visit, items=[ITEMS[one] for one in names(items)])


@then(matching("ICチップと違えて記載した事項はない"))
def nothing_is_edited(stage: Stage, scene: Scene) -> None:
    stage.expect("edits_logged", visit=scene.visit, items=[])


@then(
    matching(f"窓口で作られた{WHO}の住民票の(?P<item>{'|'.join(RECORD_ITEMS)})は「(?P<text>[^」]+)」である")
)
def the_record_says(stage: Stage, scene: Scene, who: str, item: str, text: str) -> None:
    stage.expect("prefilled_record", person=scene.people[who].ref, items={RECORD_ITEMS[item]: text})


@then(matching(f"{OF}事務の区分は(?P<affairs>[^。]+)である"))
def affairs_are(stage: Stage, scene: Scene, of: str | None, affairs: str) -> None:
    wanted = [AFFAIRS[one] for one in affairs.split("と")]
    stage.expect("affairs", visit=scene.visit, affairs=wanted, person=scene.ref(of))


@then(matching("特定在留カードの交付申請は(?P<taken>受け付けられる|受け付けられない)"))
def the_application_is_taken(stage: Stage, scene: Scene, taken: str) -> None:
    stage.expect("specified_card", visit=scene.visit, taken=taken == "受け付けられる")


@then(matching("案内されるのは次の(?:もの|もの全て)である： ?(?P<told>.+)"))
def consequences_are(stage: Stage, told: str) -> None:
    stage.expect("consequences", expected=[_consequence(one) for one in told.split("、")])


NOTHING: Final = "該当なし"


def _consequence(text: str) -> dict[str, Any]:
    """One thing that may follow, as the features write it."""
    if text == NOTHING:
        return {"kind": "none", "max_fine_yen": None, "max_years": None, "decided_by": ""}
    if text == "在留資格の取消しの対象となり得ること（法務大臣）":
        return {"kind": "revocation", "candidate_only": True, "decided_by": "minister"}
    fine = re.search(r"([0-9]+)万円以下の(過料|罰金)", text)
    if fine is None:
        raise HarnessError("a feature names a consequence that the steps do not know", received=text)
    items: dict[str, Any] = {"max_fine_yen": int(fine[1]) * 10_000, "candidate_only": False}
    if fine[2] == "過料":
        return items | {"kind": "administrative", "max_years": None, "decided_by": "summary_court"}
    years = re.search(r"([0-9]+)年以下の(懲役|拘禁刑)", text)
    term = {"懲役": "work_imprisonment", "拘禁刑": "imprisonment"}[years[2]] if years else ""
    return items | {
        "kind": "criminal",
        "max_years": int(years[1]) if years else None,
        "term": term,
        "decided_by": "criminal_court",
    }
