"""Steps of the role `municipal-system`: Given and When act through the scene, Then says what is expected.

No step judges, and no step works out what is right: an expected value stands in the feature as people
write it, and is only put into the words of the journal here. What concerns offices, households and chips
stands in `municipal_counter`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import pytest
from pytest_bdd import given, parsers, then, when

from conformance.protocol.base import PersonData
from conformance.protocol.municipal import FilingData
from conformance.stage import Stage
from sim.base.instant import instant, japan_date

OPENS_AT: Final = 10
"""Hour at which people stand at the counter: before the day's exchange."""

DAY: Final = r"\d+年\d+月\d+日"
WHO: Final = "(?P<who>[甲乙丙丁戊])"
OF: Final = "(?:(?P<of>[甲乙丙丁戊])については、)?"
AT: Final = "(?:(?P<office>本庁舎|大久保支所|落合支所)で)?"
KINDS: Final = "(?P<kinds>(?:市町村(?:通知|伝達)1件と?)+)"
ARTICLE: Final = "(?P<article>入管(?:特例)?法第[0-9の]+条(?:の[0-9]+)?第[0-9]+項)"

ARTICLES: Final = {
    "入管法第19条の7第1項": "immi.19-7-1",
    "入管法第19条の8第1項": "immi.19-8-1",
    "入管法第19条の9第1項": "immi.19-9-1",
    "入管特例法第10条第1項": "special.10-1",
    "入管特例法第10条第2項": "special.10-2",
}
FILINGS: Final = {
    "転入届": "moving_in",
    "転居届": "moving_within",
    "転出届": "moving_out",
    "世帯変更届": "household_change",
    "国外からの転入の届出": "entry_from_abroad",
    "中長期在留者等となった届出": "became_resident_status",
    "続柄の変更の届出": "relationship_change",
    "住居地の届出": "residence_notification",
}
FILING: Final = f"(?P<filing>{'|'.join(FILINGS)})"
CARDS: Final = {
    "在留カードを出して": "presented",
    "特別永住者証明書を出して": "presented",
    "カードを出して": "presented",
    "在留カードを持たずに": "absent",
    "特別永住者証明書を持たずに": "absent",
    "カードを持たずに": "absent",
    "在留カード後日交付の旅券を出して": "issued_later",
    "有効期間の満了した在留カードを出して": "expired",
    "有効期間の満了した特別永住者証明書を出して": "expired",
    "申請中の印のある在留カードを出して": "expired_pending",
    "申請中の印のある特別永住者証明書を出して": "expired_pending",
}
CARD: Final = f"(?P<card>{'|'.join(sorted(CARDS, key=len, reverse=True))})"
CLASSES: Final = {
    "中長期在留者": "mid_long_term_resident",
    "特別永住者": "special_permanent_resident",
    "一時庇護許可者": "temporary_refuge",
    "仮滞在許可者": "provisional_stay",
    "経過滞在者": "transitional_stay",
    "日本人": "japanese_national",
}
CLASS: Final = f"(?P<kind>{'|'.join(CLASSES)})"
HISTORIES: Final = {
    "新規上陸、住居地の記載なし": "landed_no_residence",
    "許可を受けて該当、住居地なし": "permitted_no_residence",
    "許可を受けて該当、既に居住": "permitted_living_here",
    "許可を受けて該当、既に住民票あり": "permitted_already_registered",
    "在留資格取得、住民票の写しを提出済み": "acquired_with_record_copy",
    "住居地の記載あり": "residence_on_card",
}
HISTORY: Final = f"(?P<history>{'|'.join(HISTORIES)})"
OFFICES: Final = {"本庁舎": "main_office", "大久保支所": "okubo", "落合支所": "ochiai"}
RECORDS: Final = {"市町村通知": "municipality_notice", "市町村伝達": "municipality_transmission"}
STATUS: Final = {
    "special_permanent_resident": "特別永住者",
    "temporary_refuge": "",
    "provisional_stay": "",
    "transitional_stay": "",
    "japanese_national": "",
}

# Nobody real: an old address for everybody, and a new one for whoever moves.
BEFORE: Final = "東京都中野区中央1丁目1番1号"
AFTER: Final = "東京都新宿区大久保1丁目1番1号"


def _person(ref: str, born: str, sex: str, nationality: str, number: str) -> PersonData:
    return PersonData(
        ref=ref,
        person_class="mid_long_term_resident",
        name=f"TEST {ref}",
        birth_date=born,
        sex=sex,
        nationality=nationality,
        address=BEFORE,
        card_number=number,
        status="技術・人文知識・国際業務",
        period_until=date(2028, 3, 31),
    )


PEOPLE: Final = {
    "甲": _person("KO", "1990-01-02", "F", "VNM", "AB12345678CD"),
    "乙": _person("OTSU", "1960-05-06", "M", "KOR", "EF12345678GH").model_copy(
        update={
            "person_class": "special_permanent_resident",
            "status": "特別永住者",
            "period_until": None,
        }
    ),
    "丙": _person("HEI", "1988-03-04", "M", "BRA", "IJ12345678KL"),
    "丁": _person("TEI", "2015-07-08", "F", "BRA", "MN12345678OP"),
    "戊": _person("BO", "1992-09-10", "M", "PHL", "QR12345678ST"),
}


@dataclass(slots=True)
class Scene:
    """What the steps of one case have in common.

    `facts`: more about somebody's filing, by field. `tries`: endorsements that were to be made up so far.
    """

    moved: dict[str, date] = field(default_factory=dict)
    visits: dict[str, str] = field(default_factory=dict)
    visit: str = ""
    person: str = ""
    people: dict[str, PersonData] = field(default_factory=lambda: dict(PEOPLE))
    histories: dict[str, str] = field(default_factory=dict)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    tries: int = 0

    def about(self, who: str, **facts: Any) -> None:
        """Something more about whoever files."""
        self.facts.setdefault(who, {}).update(facts)

    def becomes(self, who: str, **items: Any) -> None:
        """Items of the person and of the card."""
        self.people[who] = self.people[who].model_copy(update=items)

    def filing(self, who: str, filing: str, card: str, **more: Any) -> FilingData:
        """Somebody's filing, with all that was said about it."""
        kind = FILINGS[filing]
        facts: dict[str, Any] = {
            "person": self.people[who],
            "filing": kind,
            "history": self.histories.get(who, "residence_on_card"),
            "card": card,
            "event_date": self.moved[who],
            "new_address": "" if kind == "moving_out" else AFTER,
        }
        return FilingData(**facts | self.facts.get(who, {}) | more)

    def ref(self, of: str | None) -> str | None:
        """The person whom a step names, if it names one."""
        return None if of is None else self.people[of].ref


@pytest.fixture
def scene() -> Scene:
    """A fresh scene for each case."""
    return Scene()


def matching(pattern: str) -> parsers.re:
    """A step's words as a regular expression: all of them must match."""
    return parsers.re(f"{pattern}$", flags=re.ASCII)


def day_of(text: str) -> date:
    """A day as the features write it: 2026年6月3日."""
    year, month, day = map(int, re.findall(r"\d+", text))
    return date(year, month, day)


def kinds_of(text: str) -> list[str]:
    """The kinds of record in 市町村通知1件と市町村伝達1件."""
    return [RECORDS[part.removesuffix("1件")] for part in text.split("と")]


def names(text: str) -> list[str]:
    """What a list such as 氏名、性別 names; 「なし」 names nothing."""
    return [] if text == "なし" else text.split("、")


# --- 前提: what is supposed ----------------------------------------------------------------------------
@given(matching(f"(?P<day>{DAY})の新宿区役所の窓口である"))
def at_the_counter(stage: Stage, day: str) -> None:
    stage.at(instant(day_of(day), OPENS_AT))


@given(matching(f"{WHO}は中長期在留者で、住居地の記載のある在留カードを持っている"))
@given(matching(f"{WHO}は特別永住者で、住居地の記載のある特別永住者証明書を持っている"))
def holds_a_card(stage: Stage, who: str) -> None:
    person = PEOPLE[who]
    stage.given(person=person.ref, person_class=person.person_class, card="residence_on_card")


@given(matching(f"{WHO}は{CLASS}で、経緯は「{HISTORY}」である"))
def is_of_a_class(stage: Stage, scene: Scene, who: str, kind: str, history: str) -> None:
    person_class = CLASSES[kind]
    items: dict[str, Any] = {"person_class": person_class}
    if person_class in STATUS:
        items |= {"status": STATUS[person_class], "period_until": None}
    if person_class not in ("mid_long_term_resident", "special_permanent_resident"):
        items["card_number"] = ""
    scene.becomes(who, **items)
    scene.histories[who] = HISTORIES[history]
    stage.given(person=scene.people[who].ref, person_class=person_class, history=HISTORIES[history])


@given(matching(f"{WHO}は(?P<day>{DAY})に(?:国外から)?新宿区へ転入した"))
@given(matching(f"{WHO}は(?P<day>{DAY})に新宿区内で転居した"))
@given(matching(f"{WHO}は(?P<day>{DAY})に新宿区に住み始めた"))
@given(matching(f"{WHO}は(?P<day>{DAY})に新宿区から転出(?:した|する)"))
@given(matching(f"{WHO}の届出の事由は(?P<day>{DAY})に生じた"))
def moved_in(stage: Stage, scene: Scene, who: str, day: str) -> None:
    scene.moved[who] = day_of(day)
    stage.given(person=PEOPLE[who].ref, moved_in=day_of(day).isoformat())


@given(matching(f"{WHO}は(?P<day>{DAY})に上陸の許可を受けた"))
@given(matching(f"{WHO}は(?P<day>{DAY})に在留資格に係る許可を受けた"))
def was_permitted(stage: Stage, scene: Scene, who: str, day: str) -> None:
    scene.about(who, permitted=day_of(day))
    stage.given(person=PEOPLE[who].ref, permitted=day_of(day).isoformat())


@given(matching(f"{WHO}の在留カードの有効期間は(?P<day>{DAY})に満了(?:した|する)"))
def card_ends(scene: Scene, who: str, day: str) -> None:
    scene.becomes(who, card_until=day_of(day))


@given(matching(f"{WHO}の申請は(?P<day>{DAY})に処分された"))
def was_decided(scene: Scene, who: str, day: str) -> None:
    scene.about(who, decided=day_of(day))


@given(matching(f"{WHO}の在留カードは(?P<day>{DAY})に交付された"))
def was_issued(scene: Scene, who: str, day: str) -> None:
    scene.about(who, issued=day_of(day))


@given(matching(f"{WHO}は新宿区の住民基本台帳に記録されている"))
def is_a_resident(stage: Stage, scene: Scene, who: str) -> None:
    stage.scene.seed(scene.people[who])


# --- もし: what happens --------------------------------------------------------------------------------
@given(matching(f"{WHO}が{AT}{CARD}{FILING}をした"))
@when(matching(f"{WHO}が{AT}{CARD}{FILING}をする"))
def files(stage: Stage, scene: Scene, who: str, office: str | None, card: str, filing: str) -> None:
    visited(stage, scene, filing, office, scene.filing(who, filing, CARDS[card]))


def visited(stage: Stage, scene: Scene, filing: str, office: str | None, *filings: FilingData) -> None:
    """One visit to an office with the filings of one household."""
    scene.visit = scene.visits[FILINGS[filing]] = stage.visit()
    scene.person = filings[0].person.ref
    stage.scene.file(scene.visit, *filings, office=OFFICES[office or "本庁舎"])


@when(matching(f"(?P<day>{DAY})になる"))
def the_day_comes(stage: Stage, day: str) -> None:
    stage.at(instant(day_of(day), OPENS_AT))


@when(matching("その日の情報連携が終わる"))
def the_exchange_of_the_day_is_over(stage: Stage) -> None:
    stage.at(instant(japan_date(stage.now) + timedelta(days=1)))


# --- ならば: what the journal must show ----------------------------------------------------------------
@then(matching(f"{OF}{FILING}は受理される"))
def is_accepted(stage: Stage, scene: Scene, of: str | None, filing: str) -> None:
    stage.expect("filing_accepted", visit=scene.visit, filing=FILINGS[filing], person=scene.ref(of))


@then(matching(f"{OF}{FILING}は受理されない"))
def is_refused(stage: Stage, scene: Scene, of: str | None, filing: str) -> None:
    stage.expect("filing_refused", visit=scene.visit, person=scene.ref(of))


@then(matching("(?:届出は)?届出として受理される"))
def is_a_filing_still(stage: Stage, scene: Scene) -> None:
    stage.expect("moved_out_ex_officio", visit=scene.visit, decision="accepted")


@then(matching("届出としては受理されず、職権で記載される"))
def is_a_filing_no_more(stage: Stage, scene: Scene) -> None:
    stage.expect("moved_out_ex_officio", visit=scene.visit, decision="ex_officio")


@then(matching(f"{OF}届出は{ARTICLE}の届出とみなされる"))
def is_deemed(stage: Stage, scene: Scene, of: str | None, article: str) -> None:
    stage.expect("deemed", visit=scene.visit, article=ARTICLES[article], person=scene.ref(of))


@then(matching(f"{OF}届出は住居地の届出とみなされない"))
def is_not_deemed(stage: Stage, scene: Scene, of: str | None) -> None:
    stage.expect("deemed", visit=scene.visit, article=None, person=scene.ref(of))


@then(matching(f"条文の読み方では、届出は(?:{ARTICLE}の届出とみなされる|住居地の届出とみなされない)"))
def is_read_so(stage: Stage, scene: Scene, article: str | None) -> None:
    stage.expect("reading_pair", visit=scene.visit, article=ARTICLES[article] if article else None)


@then(matching(f"条文の読み方では、残る住居地の届出は(?:{ARTICLE}によるもの|なし)である"))
def is_still_due_so_read(stage: Stage, scene: Scene, article: str | None) -> None:
    state = "none" if article is None else "open"
    stage.expect("reading_pair", visit=scene.visit, article=None, state=state)


@then(matching(f"資料の読み方では、届出は(?:{ARTICLE}の届出とみなされる|住居地の届出とみなされない)"))
def is_so_with_the_card(stage: Stage, scene: Scene, article: str | None) -> None:
    stage.expect("reading_card", visit=scene.visit, article=ARTICLES[article] if article else None)


@then(
    matching(
        f"{OF}届出人についての読み方では、届出は(?:{ARTICLE}の届出とみなされる|住居地の届出とみなされない)"
    )
)
def is_so_by_the_filer(stage: Stage, scene: Scene, of: str | None, article: str | None) -> None:
    found = ARTICLES[article] if article else None
    stage.expect("reading_filer", visit=scene.visit, article=found, person=scene.ref(of))


@then(matching("受理されるかどうかにかかわらず、届出は住居地の届出とみなされない"))
def is_never_deemed(stage: Stage, scene: Scene) -> None:
    stage.expect("never_deemed", visit=scene.visit)


@then(matching(f"{OF}住居地の届出は別に必要ない"))
def nothing_else_is_due(stage: Stage, scene: Scene, of: str | None) -> None:
    stage.expect("residence_duty", visit=scene.visit, state="none", person=scene.ref(of))


@then(matching(f"{OF}住居地の届出が残っている"))
def a_notification_is_still_due(stage: Stage, scene: Scene, of: str | None) -> None:
    stage.expect("residence_duty", visit=scene.visit, state="open", person=scene.ref(of))


@then(matching(f"残る住居地の届出は(?:{ARTICLE}によるもの|なし)である"))
def what_is_still_due(stage: Stage, scene: Scene, article: str | None) -> None:
    state = "none" if article is None else "open"
    stage.expect("residence_duty", visit=scene.visit, state=state, person=None)
    if article is not None:
        stage.expect("duty_article", visit=scene.visit, article=ARTICLES[article])


@then(matching(f"{FILING}のときに残った住居地の届出が済んでいる"))
def the_notification_is_done(stage: Stage, scene: Scene, filing: str) -> None:
    stage.expect("residence_duty", visit=scene.visits[FILINGS[filing]], state="closed", person=None)


@then(matching(f"住居地の届出は{ARTICLE}の届出として記録される"))
def is_kept_under(stage: Stage, scene: Scene, article: str) -> None:
    stage.expect("filed_article", visit=scene.visit, article=ARTICLES[article])


@then(matching(f"{OF}窓口は、(?P<day>{DAY})までに住居地の届出が必要なことを伝える"))
def is_warned(stage: Stage, scene: Scene, of: str | None, day: str) -> None:
    stage.expect("warning", visit=scene.visit, day=day_of(day).isoformat(), person=scene.ref(of))


@then(matching(f"窓口は、(?P<day>{DAY})までに届出がなければ在留資格の取消しの対象となり得ることを伝える"))
def is_warned_of_revocation(stage: Stage, scene: Scene, day: str) -> None:
    stage.expect("revocation_warning", visit=scene.visit, day=day_of(day).isoformat())


@then(matching("窓口は、在留資格の取消しについては伝えない"))
def is_not_warned_of_revocation(stage: Stage, scene: Scene) -> None:
    stage.expect("revocation_warning", visit=scene.visit, day=None)


@then(matching("本人確認、偽変造確認、受理、裏書きの順に行われる"))
def goes_in_order(stage: Stage, scene: Scene) -> None:
    stage.expect("counter_order", visit=scene.visit)


@then(matching(f"裏書きは、受け付けた(?P<office>本庁舎|大久保支所)の窓口で(?P<day>{DAY})の日付で行われる"))
def is_endorsed(stage: Stage, scene: Scene, office: str, day: str) -> None:
    stage.expect("endorsement", visit=scene.visit, day=day_of(day).isoformat())
    stage.expect("endorsement_office", visit=scene.visit, office=OFFICES[office])


@then(matching(f"(?P<day>{DAY})に{KINDS}が送られる"))
def are_sent(stage: Stage, scene: Scene, day: str, kinds: str) -> None:
    stage.expect("sent", person=scene.person, kinds=kinds_of(kinds), day=day_of(day).isoformat())


@then(matching(f"市町村伝達の根拠は{ARTICLE}で、(?P<manner>みなし|単独の)届出である"))
def the_transmission_names(stage: Stage, scene: Scene, article: str, manner: str) -> None:
    told = {"みなし": "deemed", "単独の": "separate"}[manner]
    stage.expect("transmission_article", person=scene.person, article=ARTICLES[article], manner=told)


@then(matching(f"入管庁は(?P<day>{DAY})に{KINDS}を受理する"))
def the_agency_accepts(stage: Stage, scene: Scene, day: str, kinds: str) -> None:
    day = day_of(day).isoformat()
    stage.expect("ministry_accepted", person=scene.person, kinds=kinds_of(kinds), day=day)


@then(matching(f"届出期間の最後の日は(?P<day>{DAY})である"))
def the_period_ends(stage: Stage, scene: Scene, day: str) -> None:
    stage.expect("last_day", visit=scene.visit, day=day_of(day).isoformat())


@then(matching("届出は(?P<told>期間内|期間後)である"))
def is_in_time_or_late(stage: Stage, scene: Scene, told: str) -> None:
    stage.expect("in_time", visit=scene.visit, kept={"期間内": True, "期間後": False}[told])
