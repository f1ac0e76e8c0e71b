"""Assumptions on exchange terminals, card terminals and writing to chips."""

from __future__ import annotations

from typing import Final

from sim.base.instant import MINUTE
from sim.law.calendar import in_english, in_japanese
from sim.nodes.terminal.console import IDLE_AFTER
from sim.nodes.terminal.operators import ATTEMPTS
from sim.nodes.terminal.training import EVERY
from sim.studies.assumed.writing import Row, row, some_en, some_ja
from sim.studies.building import PATTERN_DAYS
from sim.studies.scenario import Scenario
from sim.studies.scenario.events import PatternReleased, StartDecided, WritingStarts

CONNECTIONS: Final = {
    "standalone": ("スタンドアローン", "standalone"),
    "lan_only": ("庁内LANのみ", "on the city LAN only"),
    "lgwan": ("LGWAN接続", "on LGWAN"),
}


def terminals(scenario: Scenario) -> list[Row]:
    """Operators and card terminals, where the scenario has any."""
    return [*_operators(scenario), *_cards(scenario), *_patterns(scenario), *_writing(scenario)]


def _operators(scenario: Scenario) -> list[Row]:
    people = [one for place in scenario.places for one in place.operators]
    if not people:
        return []
    never = sum(one.trained is None for one in people)
    idle = IDLE_AFTER // MINUTE
    return [
        row(
            f"情報連携端末の操作者は{len(people)}人（うち指導を受けていない者{never}人）。指導は{EVERY}日ごと、"
            f"暗証番号は{ATTEMPTS}回の誤りでロック、{idle}分間の無操作で自動ログオフ。",
            f"{_operating(len(people))}, {never} never instructed. Instruction is"
            f" due every"
            f" {EVERY} days; {ATTEMPTS} wrong PINs lock an operator out; {idle} idle minutes log one off.",
        )
    ]


def _operating(number: int) -> str:
    return (
        "One operator of an exchange terminal" if number == 1 else f"{number} operators of exchange terminals"
    )


def _cards(scenario: Scenario) -> list[Row]:
    rows = []
    for connection, (ja, en) in CONNECTIONS.items():
        found = [
            (f"{place.ja} {office.ja}", f"{place.en}, {office.en}")
            for place in scenario.places
            for office in place.offices
            if office.card_terminal is not None and office.card_terminal.connection == connection
        ]
        if found:
            rows.append(
                row(
                    f"ICカード取扱端末（{ja}）: {some_ja([one for one, _ in found])}。",
                    f"Card terminals {en}: {some_en([one for _, one in found])}.",
                )
            )
    if scenario.cards.real_chips:
        rows.append(
            row(
                f"カードのうち{scenario.cards.real_chips:,}枚は模擬カードの実際のチップ処理で読み、ほかは宣言された"
                "内容で読む。",
                f"{scenario.cards.real_chips:,} of the cards are read as real (virtual) chips, the"
                f" others as declared.",
            )
        )
    return rows


def _patterns(scenario: Scenario) -> list[Row]:
    releases = [one for one in scenario.happenings if isinstance(one, PatternReleased)]
    if not releases:
        return []
    rows = [
        row(
            f"パターンファイルは作成から{PATTERN_DAYS}日を超えると古いものとする。",
            f"A pattern file counts as too old when it was made more than {PATTERN_DAYS} days ago.",
        )
    ]
    for one in releases:
        day, brought = one.at.date(), one.brought_after_days
        ja = "持参しない" if brought is None else f"{brought}日後に持参する"
        en = "nobody brings it" if brought is None else f"somebody brings it {brought} days later"
        rows.append(
            row(
                f"{in_japanese(day)}にパターンファイル{one.version}を配布。スタンドアローンの端末には{ja}。",
                f"Pattern file {one.version} is released on {in_english(day)}; to standalone terminals {en}.",
            )
        )
    return rows


def _writing(scenario: Scenario) -> list[Row]:
    starts = [one for one in scenario.happenings if isinstance(one, StartDecided | WritingStarts)]
    if not starts:
        return []
    days = [one.at.date() for one in starts]
    rows = [
        row(
            "ICチップへの書込みは停止中であり、再開の日は知られていない。"
            f"ここでは{'、'.join(map(in_japanese, days))}に決定と開始があると仮定する。",
            "Writing to chips is suspended and no start is known; here decision and start are assumed on"
            f" {', '.join(map(in_english, days))}.",
        )
    ]
    rows += [
        row(
            f"{place.ja}が3要件を満たすのは{in_japanese(since)}から。",
            f"{place.en} meets the three requirements from {in_english(since)} on.",
        )
        for place in scenario.places
        if (since := place.readiness.since) is not None
    ]
    return rows
