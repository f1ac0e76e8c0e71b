"""Assumptions on the leg inside a municipality: who works by which pattern, and how people mis-key."""

from __future__ import annotations

from typing import Final

from sim.studies.assumed.writing import Row, clock, moment_en, moment_ja, percent, row, some_en, some_ja
from sim.studies.scenario import Scenario
from sim.studies.scenario.places import Municipality

PATTERNS: Final = {
    "line": ("回線", "over a line"),
    "media": ("媒体", "on media"),
    "paper": ("紙", "on paper"),
}


def links(scenario: Scenario) -> list[Row]:
    """Nothing where every leg is a line."""
    places = [place for place in scenario.places if place.link.pattern != "line" or place.link.switches]
    if not places:
        return []
    rows = []
    for pattern, (ja, en) in PATTERNS.items():
        found = [place for place in scenario.places if place.link.pattern == pattern]
        if found:
            rows.append(
                row(
                    f"住基システムと情報連携端末の間が{ja}: {some_ja([p.ja for p in found])}。",
                    f"Between register and exchange terminal {en}: {some_en([p.en for p in found])}.",
                )
            )
    rows += _ways(places)
    for place in places:
        for switch in place.link.switches:
            ja, en = PATTERNS[switch.to]
            rows.append(
                row(
                    f"{place.ja}は{moment_ja(switch.at)}に{ja}に切り替える。",
                    f"{place.en} works {en} from {moment_en(switch.at)} on.",
                )
            )
    return rows


def _ways(places: list[Municipality]) -> list[Row]:
    """How media and paper are worked with; municipalities that do it alike share a row."""
    told: dict[tuple[str, str], list[Municipality]] = {}
    for place in places:
        for pair in (_media(place), _paper(place)):
            if pair is not None:
                told.setdefault(pair, []).append(place)
    rows = []
    for (ja, en), sharing in told.items():
        several = len(places) > 1
        head_ja = f"{some_ja([p.ja for p in sharing])}: " if several else ""
        head_en = f"{some_en([p.en for p in sharing])}: " if several else ""
        rows.append(row(head_ja + ja, head_en + en))
    return rows


def _media(place: Municipality) -> tuple[str, str] | None:
    media = place.link.media
    if media is None:
        return None
    times = [clock(at) for at in media.times]
    return (
        f"媒体には開庁日の{'、'.join(times)}に書き込み、{media.carrying_minutes}分で運ぶ。",
        f"Media are written at {', '.join(times)} on open days and carried for {media.carrying_minutes}"
        f" minutes.",
    )


def _paper(place: Municipality) -> tuple[str, str] | None:
    paper = place.link.paper
    if paper is None:
        return None
    times = [clock(at) for at in paper.times]
    slips, caught = percent(paper.error_share), percent(paper.caught_share)
    return (
        f"紙は開庁日の{'、'.join(times)}に印刷し、1件{paper.minutes_per_record}分で窓口の開庁時間に入力する。項目の{slips}で入力を誤り、"
        f"その{caught}は別の職員の読み合わせで見付かる。残りのうち項目の形式に合わないものと番号の誤りは端末が受け付けず、"
        "入力し直す。",
        f"Sheets are printed at {', '.join(times)} on open days and keyed in at"
        f" {paper.minutes_per_record} minutes a record within the counter's hours; {slips} of the items are"
        f" mis-keyed, of which a second person sees {caught}."
        " Of the rest the machine refuses what the form of the item does not allow and wrong record numbers,"
        " which are typed again.",
    )
