"""The law as this shelf reads it, as one page: rules, clauses, dates, and what nobody could confirm.

`page()` is Markdown made from the rules' own tables; docs/law.md is its output (`renkei law page`), and a
test compares the two, so that the page cannot say anything else than the code does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any, Final

from sim.law import (
    birth,
    calendar,
    card_validity,
    citation,
    classing,
    consequences,
    deeming,
    filers,
    filing_period,
    household,
    revocation,
    write_policy,
    write_requirements,
)
from sim.law.changes import CHANGES, SYSTEM_FIRST_DAY
from sim.law.kanji.naming import convert_name
from sim.law.kinds import CardState, Filing, History, PersonClass
from sim.law.unconfirmed import UNCONFIRMED
from sim.law.worded import Worded

WORDS: Final[dict[str, type[Worded]]] = {
    "filing": Filing,
    "class": PersonClass,
    "history": History,
    "card": CardState,
    "conduct": consequences.Conduct,
    "ground": revocation.Ground,
    "excuse": revocation.Excuse,
    "tie": filers.Tie,
    "living": filers.Living,
    "terminal": write_requirements.Connection,
    "lacks": write_requirements.Requirement,
}
"""The words that the commands' options take, by the option."""

READ_ON: Final = date(2026, 11, 21)
"""The day as of which the page numbers the provisions."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: the function that answers, what it answers, and the ids of the provisions it applies."""

    function: Callable[..., Any]
    ja: str
    en: str
    clauses: tuple[str, ...]

    @property
    def name(self) -> str:
        """The function as it is imported."""
        return f"{self.function.__module__}.{self.function.__name__}"


_RESIDENCE: Final = ("immi.19-7-1", "immi.19-8-1", "immi.19-9-1", "special.10-1", "special.10-2")
_REVOCATION: Final = (
    "immi.revocation-not-notified",
    "immi.revocation-not-renewed",
    "immi.revocation-false",
)

RULES_OF_THE_SHELF: Final[tuple[Rule, ...]] = (
    Rule(calendar.is_closed, "閉庁日", "closed days", ("local.4-2-2",)),
    Rule(calendar.closed_reason, "閉庁日の理由", "why an office is closed", ("local.4-2-2",)),
    Rule(calendar.is_year_end, "年末年始", "the turn of the year", ("local.4-2-2",)),
    Rule(calendar.next_open, "次の開庁日", "the next open day", ("local.4-2-4", "civil.142")),
    Rule(calendar.count_days, "日による期間", "periods in days", ("civil.140", "koseki.43")),
    Rule(
        calendar.count_months, "月・年による期間", "periods in months and years", ("civil.140", "civil.143-2")
    ),
    Rule(
        calendar.last_day, "期間の末日", "the last day of a period", ("civil.140", "civil.142", "local.4-2-4")
    ),
    Rule(
        filing_period.deadline,
        "届出期間",
        "filing periods",
        ("juki.22", "juki.23", "juki.24", "juki.25", "juki.30-46", "juki.30-47", "juki.30-48", *_RESIDENCE),
    ),
    Rule(filing_period.residence_deadline, "住居地の届出期間", "residence notifications", _RESIDENCE),
    Rule(filing_period.in_time, "期限内か", "whether a filing is in time", ("juki.22", *_RESIDENCE)),
    Rule(filing_period.moving_out_handling, "転出届の扱い", "moving out, late or ex officio", ("juki.24",)),
    Rule(birth.birth_report, "出生届の期限", "the birth report", ("koseki.43", "koseki.49-1")),
    Rule(birth.transitional_stay, "経過滞在", "stay without a status after birth", ("immi.22-2",)),
    Rule(card_validity.card_state, "カードの状態", "the state of a card", ("immi.19-5-1", "immi.20-6")),
    Rule(card_validity.pending_until, "申請中のカード", "a card with an application pending", ("immi.20-6",)),
    Rule(card_validity.card_items, "カードの記載事項", "items on a card's face", ("immi.19-4-1",)),
    Rule(card_validity.young_card_until, "16歳未満のカード", "a child's card", ("immi.19-5-1",)),
    Rule(deeming.residence_duty, "住居地の届出義務", "the duty to notify a residence", _RESIDENCE),
    Rule(
        deeming.deem,
        "みなし届出",
        "deemed filings",
        ("immi.19-7-3", "immi.19-8-3", "immi.19-9-3", "special.10-4", "special.10-5"),
    ),
    Rule(deeming.at_permission, "許可時のみなし", "deemed at permission", ("immi.19-8-4",)),
    Rule(deeming.handed_in, "カードの提出", "whether a card counts as handed in", _RESIDENCE),
    Rule(classing.governing, "三区分", "under which Act an event goes", ("immi.61-8-2", "immi-order.2")),
    Rule(classing.goes_out, "送るもの", "what is sent to the agency", ("immi.61-8-2", "immi-order.2")),
    Rule(
        classing.affairs,
        "事務区分",
        "whose work a filing is",
        ("juki.22", "juki.23", "juki.30-46", "juki.30-47", *_RESIDENCE),
    ),
    Rule(filers.may_file, "届出人", "who may file", ("juki.26", "juki.27", "immi.61-9-3", "special.19")),
    Rule(filers.as_deemed, "みなしの届出人", "who may file what is deemed", ("immi.61-9-3", "special.19")),
    Rule(
        household.household,
        "世帯の届出",
        "one visit of a household",
        ("juki.26", "juki.27", "immi.61-9-3", "special.19"),
    ),
    Rule(
        consequences.consequences,
        "届出をしない場合等",
        "consequences",
        (
            "juki.52-1",
            "juki.52-2",
            "immi.penalty-not-notified",
            "immi.penalty-false",
            "special.penalty-not-notified",
            "special.penalty-false",
            *_REVOCATION,
        ),
    ),
    Rule(consequences.penal_term, "懲役・拘禁刑", "the name of imprisonment", ("immi.penalty-false",)),
    Rule(revocation.assess, "取消しの対象", "candidates for revocation", (*_REVOCATION, "immi.22-4-hearing")),
    Rule(revocation.last_day, "90日の末日", "the last of the 90 days", _REVOCATION[:2]),
    Rule(revocation.clock_ground, "どの90日か", "which of the two clocks runs", _REVOCATION[:2]),
    Rule(
        write_policy.transition,
        "IC書込みの段階",
        "steps of the write policy",
        ("immi.19-7-2", "special.10-3"),
    ),
    Rule(
        write_policy.may_write, "IC書込みの可否", "may the chip be written", ("immi.19-7-2", "special.10-3")
    ),
    Rule(write_policy.odd_offices, "庁舎間の差異", "offices that differ", ("immi.19-7-2",)),
    Rule(write_policy.spend, "一度限りの権限認証", "an authorisation serves once", ("immi.19-7-2",)),
    Rule(write_requirements.lacking, "3要件", "the three requirements", ("immi.19-7-2",)),
    Rule(write_requirements.readiness, "全国の充足", "the national gate", ("immi.19-7-2",)),
    Rule(convert_name, "正字への置換え", "names in standard kanji", ("notice-582",)),
    Rule(citation.counterpart, "相手方", "to whom a municipality reports", ("immi.61-8-2",)),
)
"""Every rule that the shelf answers, in the order in which a case meets them."""


def page() -> str:
    """The page as Markdown, the same bytes every time."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# 法令の規則 The law as renkei reads it"
    yield ""
    yield (
        "Generated from the rules' own tables by `renkei law page`; a test compares it with them. Articles"
        f" are numbered as of {READ_ON}. No authority has endorsed this reading. Rules hold from"
        f" {SYSTEM_FIRST_DAY} unless a date says otherwise."
    )
    yield from _section("規則 Rules", _rules())
    yield from _section("届出期間 Filing periods", _periods())
    yield from _section("みなし届出 Deemed filings (card presented)", _deemed())
    yield from _section("カードの状態 States of the card", _cards())
    yield from _section("在留カードの記載事項 Items on a residence card", _faces())
    yield from _section("裏書きの事項 Items of an endorsement", _endorsement())
    yield from _section("言葉 Words of the options", _words())
    yield from _section("日付 Dates of change", _changes())
    yield from _section("条項 Provisions", _provisions())
    yield from _section("未確認 What nobody could confirm", _unconfirmed())


def _section(title: str, rows: Iterable[str]) -> Iterator[str]:
    yield from ("", f"## {title}", "")
    yield from rows


def _table(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _head(*cells: str) -> Iterator[str]:
    yield _table(*cells)
    yield _table(*("---" for _ in cells))


def _short(clause: str) -> str:
    return citation.citation(clause, READ_ON).short


def _rules() -> Iterator[str]:
    yield from _head("規則", "rule", "clauses", "function")
    for rule in RULES_OF_THE_SHELF:
        clauses = "、".join(_short(clause) for clause in rule.clauses)
        yield _table(rule.ja, rule.en, clauses, f"`{rule.name.removeprefix('sim.law.')}`")


def _periods() -> Iterator[str]:
    yield from _head(
        "条項", "起算（初日は数えない）", "runs from the day after", "期間 length", "未確認 unconfirmed"
    )
    for clause, period in filing_period.PERIODS.items():
        days = f"{filing_period.FILING_DAYS}日 {filing_period.FILING_DAYS} days"
        length = "あらかじめ beforehand" if clause == "juki.24" else days
        yield _table(_short(clause), period.start.ja, period.start.en, length, _ids(period.rests_on))
    yield ""
    yield (
        "入管法第19条の8の期間は、許可の時に既に居住する者については許可の日から数える。"
        " Under art. 19-8 the period of one who lives there already runs from the permission."
    )
    yield ""
    yield (
        f"転出届は、転出から{filing_period.EX_OFFICIO_AFTER}日を過ぎると職権で記載する。出生届は出生の日を1日目として"
        f"{birth.BIRTH_REPORT_DAYS}日。取消しに係る期間は{revocation.REVOCATION_DAYS}日で、休日により延びないものと"
        f"する。 A moving-out is recorded ex officio when {filing_period.EX_OFFICIO_AFTER} days have gone by."
        f" A birth report counts the day of birth as day 1 of {birth.BIRTH_REPORT_DAYS}. The"
        f" {revocation.REVOCATION_DAYS} days of revocation are taken as not extended over closed days. "
        + _ids(("moving-out-ex-officio", "birth-report", "revocation-count", "local-closed-days"))
    )


def _deemed() -> Iterator[str]:
    yield from _head(
        "区分 class", "経緯 history", "届出 filing", "みなされる届出 deemed", "根拠 by", "未確認 unconfirmed"
    )
    for person, history, filing in product(PersonClass, History, Filing):
        answer = deeming.deem(person, history, filing, CardState.PRESENTED)
        if answer.clause and answer.basis:
            yield _table(
                f"{person.ja}<br>{person.en}",
                f"{history.ja}<br>{history.en}",
                f"{filing.ja}<br>{filing.en}",
                _short(answer.clause),
                _short(answer.basis),
                _ids(answer.unconfirmed),
            )
    yield ""
    yield (
        "ほかの組合せはみなし届出にならない。特別永住者に在留資格取得の経緯は生じない。"
        " No other pair is deemed. For special permanent residents the history of an acquired status does not"
        " occur."
    )


def _cards() -> Iterator[str]:
    yield from _head("カード", "card", "提出とみる者 counts as handed in for", "未確認 unconfirmed")
    for card in CardState:
        effect = deeming.CARDS[card]
        counted = sorted({person.ja for person, _ in effect.counts_for}) if effect.counts_for else []
        everybody = len(effect.counts_for) == len(PersonClass) * len(History)
        who = "全ての者" if everybody else "、".join(counted) or "なし"
        if 0 < len(effect.counts_for) < len(History):
            who += "（" + "、".join(history.ja for _, history in sorted(effect.counts_for)) + "）"
        yield _table(card.ja, card.en, who, _ids(effect.unconfirmed))


def _endorsement() -> Iterator[str]:
    yield "、".join(item.ja for item in card_validity.ENDORSEMENT)
    yield ""
    yield ", ".join(item.en for item in card_validity.ENDORSEMENT)


def _words() -> Iterator[str]:
    yield from _head("option", "word", "日本語", "English")
    for option, kind in WORDS.items():
        for one in kind:
            yield _table(f"`--{option}`", f"`{one.value}`", one.ja, one.en)


def _faces() -> Iterator[str]:
    yield from _head("記載事項", "item", "from", "until (not included)")
    for item in card_validity.CARD_FACE:
        yield _table(item.ja, item.en, item.since.isoformat(), item.until.isoformat() if item.until else "")


def _changes() -> Iterator[str]:
    yield from _head("日", "変更", "change", "出典 source", "未確認")
    for change in CHANGES:
        day = change.on.isoformat() if change.on else "未確認"
        doubt = _ids((change.unconfirmed,)) if change.unconfirmed else ""
        yield _table(day, change.ja, change.en, change.source, doubt)


def _provisions() -> Iterator[str]:
    yield from _head("id", "条項", "provision", "いつから from")
    for name, (act, forms) in citation.PROVISIONS.items():
        for form in forms:
            since = form.since.isoformat() if form.since else ""
            yield _table(f"`{name}`", f"{act.short}{form.ja}", f"{act.en} {form.en}".strip(), since)


def _unconfirmed() -> Iterator[str]:
    yield from _head("id", "仮定 assumption", "理由 reason")
    for entry in UNCONFIRMED:
        yield _table(
            f"`{entry.id}`",
            f"{entry.statement_ja}<br>{entry.statement_en}",
            f"{entry.reason_ja}<br>{entry.reason_en}",
        )


def _ids(names: Iterable[str]) -> str:
    return "、".join(f"`{name}`" for name in names)
