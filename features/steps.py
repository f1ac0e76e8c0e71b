"""The steps of all features: Given and When act on the stage, Then writes down what is expected.

No step judges, and no step works out what is right: an expected value stands in the feature as people
write it, and is only put into the words of the journal here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import pytest
from pytest_bdd import given, parsers, then, when

from conformance.stage import Stage
from sim.base.instant import instant, japan_date
from sim.law.kinds import CardState, Filing, History, PersonClass
from sim.nodes.messages.counter import FileFiling
from sim.nodes.messages.people import Person

OPENS_AT: Final = 10
"""Hour at which people stand at the counter: before the day's exchange."""

DAY: Final = r"\d+年\d+月\d+日"
WHO: Final = "(?P<who>[甲乙])"
FILING: Final = "(?P<filing>転入届|住居地の届出)"
CARD: Final = "(?P<card>在留カードを出して|特別永住者証明書を出して|在留カードを持たずに)"
KINDS: Final = "(?P<kinds>(?:市町村(?:通知|伝達)1件と?)+)"
ARTICLE: Final = "(?P<article>入管(?:特例)?法第[0-9の]+条(?:の[0-9]+)?第[0-9]+項)"

ARTICLES: Final = {
    "入管法第19条の7第1項": "immi.19-7-1",
    "入管法第19条の8第1項": "immi.19-8-1",
    "入管法第19条の9第1項": "immi.19-9-1",
    "入管特例法第10条第1項": "special.10-1",
    "入管特例法第10条第2項": "special.10-2",
}
FILINGS: Final = {"転入届": Filing.MOVING_IN, "住居地の届出": Filing.RESIDENCE_NOTIFICATION}
CARDS: Final = {
    "在留カードを出して": CardState.PRESENTED,
    "特別永住者証明書を出して": CardState.PRESENTED,
    "在留カードを持たずに": CardState.ABSENT,
}
RECORDS: Final = {"市町村通知": "municipality_notice", "市町村伝達": "municipality_transmission"}

# Nobody real: an old address for both, and a new one for whoever moves.
BEFORE: Final = "東京都中野区中央1丁目1番1号"
AFTER: Final = "東京都新宿区大久保1丁目1番1号"
PEOPLE: Final = {
    "甲": Person(
        ref="KO",
        person_class=PersonClass.MID_LONG_TERM_RESIDENT,
        name="TEST KO",
        birth_date=date(1990, 1, 2),
        sex="F",
        nationality="VNM",
        address=BEFORE,
        card_number="AB12345678CD",
        status="技術・人文知識・国際業務",
        period_until=date(2028, 3, 31),
    ),
    "乙": Person(
        ref="OTSU",
        person_class=PersonClass.SPECIAL_PERMANENT_RESIDENT,
        name="TEST OTSU",
        birth_date=date(1960, 5, 6),
        sex="M",
        nationality="KOR",
        address=BEFORE,
        card_number="EF12345678GH",
        status="特別永住者",
    ),
}


@dataclass(slots=True)
class Scene:
    """What the steps of one case have in common."""

    moved: dict[str, date] = field(default_factory=dict)
    visits: dict[Filing, str] = field(default_factory=dict)
    visit: str = ""


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


# --- 前提: what is supposed ----------------------------------------------------------------------------
@given(matching(f"(?P<day>{DAY})の新宿区役所の窓口である"))
def at_the_counter(stage: Stage, day: str) -> None:
    stage.at(instant(day_of(day), OPENS_AT))


@given(matching(f"{WHO}は中長期在留者で、住居地の記載のある在留カードを持っている"))
@given(matching(f"{WHO}は特別永住者で、住居地の記載のある特別永住者証明書を持っている"))
def holds_a_card(stage: Stage, who: str) -> None:
    person = PEOPLE[who]
    stage.given(person=person.ref, person_class=str(person.person_class), card="residence_on_card")


@given(matching(f"{WHO}は(?P<day>{DAY})に新宿区へ転入した"))
def moved_in(stage: Stage, scene: Scene, who: str, day: str) -> None:
    scene.moved[who] = day_of(day)
    stage.given(person=PEOPLE[who].ref, moved_in=day_of(day).isoformat())


# --- もし: what happens --------------------------------------------------------------------------------
@given(matching(f"{WHO}が{CARD}{FILING}をした"))
@when(matching(f"{WHO}が{CARD}{FILING}をする"))
def files(stage: Stage, scene: Scene, who: str, card: str, filing: str) -> None:
    kind = FILINGS[filing]
    scene.visit = scene.visits[kind] = stage.visit()
    stage.do(
        FileFiling(
            case=scene.visit,
            filing=kind,
            person=PEOPLE[who],
            history=History.RESIDENCE_ON_CARD,
            card=CARDS[card],
            event_date=scene.moved[who],
            new_address=AFTER,
        )
    )


@when(matching(f"(?P<day>{DAY})になる"))
def the_day_comes(stage: Stage, day: str) -> None:
    stage.at(instant(day_of(day), OPENS_AT))


@when(matching("その日の情報連携が終わる"))
def the_exchange_of_the_day_is_over(stage: Stage) -> None:
    stage.at(instant(japan_date(stage.now) + timedelta(days=1)))


# --- ならば: what the journal must show ----------------------------------------------------------------
@then(matching(f"{FILING}は受理される"))
def is_accepted(stage: Stage, scene: Scene, filing: str) -> None:
    stage.expect("filing_accepted", visit=scene.visit, filing=str(FILINGS[filing]))


@then(matching(f"届出は{ARTICLE}の届出とみなされる"))
def is_deemed(stage: Stage, scene: Scene, article: str) -> None:
    stage.expect("deemed", visit=scene.visit, article=ARTICLES[article])


@then(matching("届出は住居地の届出とみなされない"))
def is_not_deemed(stage: Stage, scene: Scene) -> None:
    stage.expect("deemed", visit=scene.visit, article=None)


@then(matching("住居地の届出は別に必要ない"))
def nothing_else_is_due(stage: Stage, scene: Scene) -> None:
    stage.expect("residence_duty", visit=scene.visit, state="none")


@then(matching("住居地の届出が残っている"))
def a_notification_is_still_due(stage: Stage, scene: Scene) -> None:
    stage.expect("residence_duty", visit=scene.visit, state="open")


@then(matching("転入届のときに残った住居地の届出が済んでいる"))
def the_notification_is_done(stage: Stage, scene: Scene) -> None:
    stage.expect("residence_duty", visit=scene.visits[Filing.MOVING_IN], state="closed")


@then(matching(f"窓口は、(?P<day>{DAY})までに住居地の届出が必要なことを伝える"))
def is_warned(stage: Stage, scene: Scene, day: str) -> None:
    stage.expect("warning", visit=scene.visit, day=day_of(day).isoformat())


@then(matching("本人確認、偽変造確認、受理、裏書きの順に行われる"))
def goes_in_order(stage: Stage, scene: Scene) -> None:
    stage.expect("counter_order", visit=scene.visit)


@then(matching(f"裏書きは、受け付けた本庁舎の窓口で(?P<day>{DAY})の日付で行われる"))
def is_endorsed(stage: Stage, scene: Scene, day: str) -> None:
    stage.expect("endorsement", visit=scene.visit, day=day_of(day).isoformat())
    stage.expect("endorsement_office", visit=scene.visit, office="main_office")


@then(matching(f"{KINDS}が作られる"))
def are_raised(stage: Stage, scene: Scene, kinds: str) -> None:
    stage.expect("raised", visit=scene.visit, kinds=kinds_of(kinds))


@then(matching(f"市町村伝達の根拠は{ARTICLE}で、(?P<manner>みなし|単独の)届出である"))
def the_transmission_names(stage: Stage, scene: Scene, article: str, manner: str) -> None:
    told = {"みなし": "deemed", "単独の": "separate"}[manner]
    stage.expect("transmission_article", visit=scene.visit, article=ARTICLES[article], manner=told)


@then(matching(f"入管庁は(?P<day>{DAY})に{KINDS}を受理する"))
def the_agency_accepts(stage: Stage, scene: Scene, day: str, kinds: str) -> None:
    day = day_of(day).isoformat()
    stage.expect("ministry_accepted", visit=scene.visit, kinds=kinds_of(kinds), day=day)


@then(matching(f"届出期間の最後の日は(?P<day>{DAY})である"))
def the_period_ends(stage: Stage, scene: Scene, day: str) -> None:
    stage.expect("last_day", visit=scene.visit, day=day_of(day).isoformat())


@then(matching("届出は(?P<told>期間内|期間後)である"))
def is_in_time_or_late(stage: Stage, scene: Scene, told: str) -> None:
    stage.expect("in_time", visit=scene.visit, kept={"期間内": True, "期間後": False}[told])
