"""A story in the steps of the features: what is supposed, what happens, and all that must come of it.

Whatever is expected stands there as a literal, as people write it: a saved story needs no oracle any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from conformance.model import oracle
from conformance.model.course import NEEDS, RESULTS, Course, Event, card_until, permitted_on
from conformance.model.story import (
    ACCEPTED,
    EX_OFFICIO,
    MAKING,
    MOVING_OUT,
    REFUSED,
    RESIDENCE,
    SPECIAL_PERMANENT,
    Answer,
    Befalls,
    Breaks,
    Copies,
    Extends,
    Files,
    Matter,
    Mends,
    Passes,
    Resends,
    Who,
)
from features.steps import municipal as words
from features.steps import municipal_counter as counter_words
from features.steps import register_people as register_words

GIVEN: Final = "given"
WHEN: Final = "when"
THEN: Final = "then"

ARTICLES: Final = {id: ja for ja, id in words.ARTICLES.items()}
FILINGS: Final = {id: ja for ja, id in words.FILINGS.items()}
KINDS: Final = {id: ja for ja, id in words.CLASSES.items()}
HISTORIES: Final = {id: ja for ja, id in words.HISTORIES.items()}
RECORDS: Final = {id: ja for ja, id in words.RECORDS.items()}
AFFAIRS: Final = {id: ja for ja, id in counter_words.AFFAIRS.items()}
TROUBLES: Final = {id: ja for ja, id in register_words.TROUBLES.items()}
ADDRESSES: Final = {"before": words.BEFORE, "after": words.AFTER}
HAPPENED: Final = {
    "moving_in": "に新宿区へ転入した",
    "entry_from_abroad": "に国外から新宿区へ転入した",
    "moving_within": "に新宿区内で転居した",
    "residence_notification": "に新宿区に住み始めた",
    "became_resident_status": "に新宿区に住み始めた",
}
CARDS: Final = {
    "presented": "{card}を出して",
    "absent": "{card}を持たずに",
    "issued_later": "在留カード後日交付の旅券を出して",
    "expired": "有効期間の満了した{card}を出して",
    "expired_pending": "申請中の印のある{card}を出して",
}
SIDES: Final = {"up": "区", "down": "入管庁"}

PROLONGED: Final = date(2029, 3, 31)
BEFORE: Final = date(2028, 3, 31)
TO_RECOVER: Final = 7
"""Days after which whatever was lost on its way has been sent again."""
TO_ARRIVE: Final = 2


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `kind`: `given`, `when` or `then`."""

    kind: str
    text: str


def steps_of(course: Course) -> tuple[Step, ...]:
    """The whole story, with all that must come of it."""
    return (*_people(course), *_events(course), *_end(course))


def needs_of(course: Course) -> tuple[str, ...]:
    """The capabilities that the story needs beside a clock."""
    found = {name for event in course.events for name in NEEDS.get(type(event.action), ())}
    return tuple(sorted(found | ({RESULTS} if course.results else set())))


def in_japanese(day: date) -> str:
    """A day as features write it."""
    return f"{day.year}年{day.month}月{day.day}日"


# --- what is supposed -----------------------------------------------------------------------------------
def _people(course: Course) -> Iterator[Step]:
    yield Step(GIVEN, f"{in_japanese(course.story.begins)}の新宿区役所の窓口である")
    for who in course.people:
        yield _of_a_class(who.name, who.kind, who.history)
        if day := permitted_on(course.story, who):
            yield Step(GIVEN, f"{who.name}は{in_japanese(day)}に在留資格に係る許可を受けた")
        if day := card_until(course.story, who):
            yield Step(GIVEN, f"{who.name}の在留カードの有効期間は{in_japanese(day)}に満了する")
        if who.forged:
            yield Step(GIVEN, f"{who.name}の在留カードの券面は、顔写真がICチップと異なる")
        if who.seeded:
            yield Step(GIVEN, f"{who.name}は新宿区の住民基本台帳に記録されている")


def _of_a_class(name: str, kind: str, history: str) -> Step:
    return Step(GIVEN, f"{name}は{KINDS[kind]}で、経緯は「{HISTORIES[history]}」である")


# --- what happens ---------------------------------------------------------------------------------------
def _events(course: Course) -> Iterator[Step]:
    visits: dict[str, int] = {}
    for place, event in enumerate(course.events):
        match event.action:
            case Files():
                visits[event.action.filing] = place
                yield from _filing(course, event, visits)
            case Passes():
                yield Step(WHEN, f"{in_japanese(event.day)}になる")
            case Befalls(direction, trouble):
                yield Step(WHEN, f"{SIDES[direction]}が次に送る記録のファイルが{TROUBLES[trouble]}")
            case Breaks():
                yield Step(WHEN, "入管庁への回線が故障し、故障と認められていない")
            case Mends():
                yield Step(WHEN, "入管庁への回線が復旧する")
            case Resends():
                yield Step(WHEN, "職員が最後に記録を送ったファイルを再送信する")
                yield Step(THEN, "再送信では同じ内容のファイルが送られ、二重の効果を持たない")
            case Extends(who):
                yield Step(WHEN, f"入管庁が{who}の在留期間を{in_japanese(PROLONGED)}まで更新する")
            case Copies(who):
                yield Step(WHEN, f"{who}がカードを見せずに住民票の写しを請求する")
                yield Step(THEN, f"写しの住所は「{ADDRESSES[event.address]}」である")


def _filing(course: Course, event: Event, visits: dict[str, int]) -> Iterator[Step]:
    action, matter, answer = event.action, event.matter, event.answer
    assert isinstance(action, Files) and matter is not None and answer is not None
    who, filing = action.who, FILINGS[action.filing]
    if event.history_told:
        yield _of_a_class(who, matter.kind, matter.history)
    yield Step(GIVEN, _happened(who, matter))
    yield Step(WHEN, f"{who}が{_shown(matter)}{filing}をする")
    if action.filing == MOVING_OUT and answer.decision == EX_OFFICIO:
        yield Step(THEN, "届出としては受理されず、職権で記載される")
        return
    if answer.decision == REFUSED:
        yield Step(THEN, f"{filing}は受理されない")
        yield Step(THEN, "裏書きは行われない")
        return
    yield Step(THEN, f"{filing}は受理される")
    yield from _deemed(matter, answer, event)
    if action.filing == MOVING_OUT:
        yield Step(THEN, "届出として受理される")
    elif answer.last_day is not None:
        yield Step(THEN, f"届出期間の最後の日は{in_japanese(answer.last_day)}である")
        yield Step(THEN, "届出は期間内である" if answer.in_time else "届出は期間後である")
    if action.filing in (*MAKING, RESIDENCE):
        yield Step(THEN, "事務の区分は" + "と".join(AFFAIRS[one] for one in answer.affairs) + "である")
    done = f"裏書きは{answer.endorsed}枚のカードに行われる" if answer.endorsed else "裏書きは行われない"
    yield Step(THEN, done)
    if event.closes is not None:
        earlier = course.events[event.closes].action
        assert isinstance(earlier, Files)
        if visits.get(earlier.filing) == event.closes:
            yield Step(THEN, f"{FILINGS[earlier.filing]}のときに残った住居地の届出が済んでいる")


def _happened(who: str, matter: Matter) -> str:
    day = in_japanese(matter.event)
    if matter.filing == MOVING_OUT:
        return f"{who}は{day}に新宿区から転出" + ("する" if matter.event > matter.filed else "した")
    if matter.filing in HAPPENED:
        return f"{who}は{day}{HAPPENED[matter.filing]}"
    return f"{who}の届出の事由は{day}に生じた"


def _shown(matter: Matter) -> str:
    plain = matter.card in ("presented", "absent")
    special = "特別永住者証明書" if matter.kind == SPECIAL_PERMANENT else "在留カード"
    return CARDS[matter.card].format(card="カード" if plain else special)


def _deemed(matter: Matter, answer: Answer, event: Event) -> Iterator[Step]:
    """Deemed or not, and what stays due: as stated, or as read where the Acts leave it open."""
    told = (
        f"届出は{ARTICLES[answer.deemed]}の届出とみなされる"
        if answer.deemed
        else "届出は住居地の届出とみなされない"
    )
    if matter.kind not in (SPECIAL_PERMANENT, "mid_long_term_resident"):
        yield Step(THEN, f"受理されるかどうかにかかわらず、{told}")
        return
    assumed = oracle.assumed(matter)
    if assumed:
        yield Step(THEN, {"card": "資料の読み方では、", "pair": "条文の読み方では、"}[assumed] + told)
        return
    yield Step(THEN, told)
    if answer.kept_under:
        yield Step(THEN, f"住居地の届出は{ARTICLES[answer.kept_under]}の届出として記録される")
    if answer.due is None:
        yield Step(THEN, "残る住居地の届出はなしである")
        return
    if not event.closed:
        yield Step(THEN, f"残る住居地の届出は{ARTICLES[answer.due]}によるものである")
    assert answer.due_until is not None
    yield Step(THEN, f"窓口は、{in_japanese(answer.due_until)}までに住居地の届出が必要なことを伝える")
    if answer.revocation_until is None:
        yield Step(THEN, "窓口は、在留資格の取消しについては伝えない")
    else:
        day = in_japanese(answer.revocation_until)
        yield Step(THEN, f"窓口は、{day}までに届出がなければ在留資格の取消しの対象となり得ることを伝える")


# --- what has come of it in the end -----------------------------------------------------------------------
def _end(course: Course) -> Iterator[Step]:
    if course.down:
        yield Step(WHEN, "入管庁への回線が復旧する")
    last = max((course.ends, *(life.leaves for life in course.lives.values() if life.leaves is not None)))
    late = bool(course.troubles) or course.outage or any(life.extended for life in course.lives.values())
    end = last + timedelta(days=TO_RECOVER if late else TO_ARRIVE)
    yield Step(WHEN, f"{in_japanese(end)}になる")
    extended = [name for name, life in course.lives.items() if life.extended]
    for name in extended:
        yield Step(THEN, f"{name}の通知は1件だけ届いている")
        yield Step(THEN, f"確認の前は、{name}の住民票の在留期間の満了の日は「{in_japanese(BEFORE)}」である")
    if extended:
        end += timedelta(days=TO_ARRIVE)
        yield Step(WHEN, "職員が確認票をすべて確認する")
        yield Step(WHEN, f"{in_japanese(end)}になる")
    for name in extended:
        yield Step(THEN, f"{name}の住民票の在留期間の満了の日は「{in_japanese(PROLONGED)}」である")
        yield Step(THEN, f"{name}の入管庁通知は失われず、1件につき1回だけ反映したと応答される")
    for who in course.people:
        yield from _sent(course, who, end)
        if who.seeded or any(_made(course, who)):
            state = "除票になっている" if course.lives[who.name].leaves else "ある"
            yield Step(THEN, f"{who.name}の住民票は{state}")


def _made(course: Course, who: Who) -> Iterator[bool]:
    return (event.matter.filing in MAKING for event in _taken(course, who) if event.matter is not None)


def _taken(course: Course, who: Who) -> list[Event]:
    """Somebody's filings that were not refused."""
    return [
        event
        for event in course.filed
        if event.answer is not None
        and event.answer.decision in (ACCEPTED, EX_OFFICIO)
        and isinstance(event.action, Files)
        and event.action.who == who.name
    ]


def _sent(course: Course, who: Who, end: date) -> Iterator[Step]:
    """What was sent of a person, day by day, and what has arrived of it."""
    taken = _taken(course, who)
    days: dict[date, list[str]] = {}
    for event in taken:
        assert event.answer is not None and event.matter is not None
        day = max(event.day, event.matter.event) if event.matter.filing == MOVING_OUT else event.day
        days.setdefault(day, []).extend(RECORDS[one] for one in event.answer.records)
    quiet = not course.outage and "up" not in course.troubles
    if taken and not any(days.values()):
        if quiet:
            span = f"{in_japanese(course.story.begins)}から{in_japanese(end - timedelta(days=1))}まで"
            yield Step(THEN, f"{span}、{who.name}の通知を要しない異動については何も送られない")
        return
    sent = {day: kinds for day, kinds in sorted(days.items()) if kinds}
    if quiet:
        for day, kinds in sent.items():
            yield Step(THEN, f"{in_japanese(day)}に{who.name}について{'、'.join(kinds)}が送られる")
    whole = [kind for kinds in sent.values() for kind in kinds]
    if whole and not (course.troubles.get("up") == "lost" and len(set(whole)) > 1):
        # Notices and transmissions travel in files of their own, so that a loss can turn them round.
        yield Step(THEN, f"入管庁は{who.name}について{'、'.join(whole)}をこの順に1回ずつ受理する")
    for kind in dict.fromkeys(whole) if course.results else ():
        yield Step(THEN, f"職員には、{who.name}の{kind}が受理されたと見える")


# --- as a feature -----------------------------------------------------------------------------------------
WORDS: Final = {GIVEN: "前提", WHEN: "もし", THEN: "ならば"}


def scenario(steps: tuple[Step, ...]) -> list[str]:
    """The steps as lines of a scenario: a step of the kind of the one before begins with かつ."""
    lines, before = [], ""
    for step in steps:
        lines.append(f"    {'かつ' if step.kind == before else WORDS[step.kind]} {step.text}")
        before = step.kind
    return lines


def feature(case: str, needs: tuple[str, ...], steps: tuple[Step, ...]) -> str:
    """A feature file with the one scenario."""
    tags = " ".join((f"@case:{case}", "@role:municipal-system", *(f"@needs:{name}" for name in needs)))
    return "\n".join(
        (
            "# language: ja",
            "機能: 自動探索（renkei conform explore）が見つけた物語",
            "",
            "  期待する値は、探索のときに法令の規則から二通りに計算し、一致したものである。",
            "",
            f"  {tags}",
            "  シナリオ: 規則と違う結果になる、最も短い物語",
            *scenario(steps),
            "",
        )
    )
