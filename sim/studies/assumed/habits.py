"""Assumptions on how people file."""

from __future__ import annotations

from sim.studies.assumed.writing import Row, days_en, days_ja, percent, row, shares
from sim.studies.inputs import acts, city, visits
from sim.studies.scenario import Scenario


def habits(scenario: Scenario) -> list[Row]:
    """When people file, with what, and who comes in their place."""
    given = scenario.filing
    absent, back = percent(given.card_absent), percent(given.comes_back_with_card)
    closed = [percent(share) for share in shares([weight for _, weight in city.AFTER_CLOSED])]
    return [
        row(
            f"異動から届出までの日数: {days_ja(given.delay_days)}。",
            f"Days from the event to the filing: {days_en(given.delay_days)}.",
        ),
        row(
            f"転出届から転出予定日までの日数（負は事後の届出）: {days_ja(given.lead_days)}。",
            "Days from the moving-out filing to the planned day (below zero: filed afterwards):"
            f" {days_en(given.lead_days)}.",
        ),
        row(
            f"カードを持参しない割合は{absent}。その{back}は後日カードを持って住居地を届け出る。"
            f"それまでの日数: {days_ja(given.back_after_days)}。転出届では必ず持参するものとした。",
            f"{absent} leave the card at home; {back} of these come back with it to notify the residence,"
            f" after so many days: {days_en(given.back_after_days)}. Whoever moves out brings the card.",
        ),
        row(
            f"閉庁日に当たった者は、次の開庁日に{closed[0]}、その次に{closed[1]}、その次に{closed[2]}が来庁する。",
            f"Of those who would come on a closed day, {closed[0]} come on the next open day, {closed[1]} on"
            f" the second and {closed[2]} on the third.",
        ),
        *_odd(scenario),
    ]


def _odd(scenario: Scenario) -> list[Row]:
    """What goes otherwise than usual."""
    given = scenario.filing
    rows = []
    if given.by_other_share:
        share = percent(given.by_other_share)
        ties = [percent(weight) for _, weight in visits.TIES]
        rows.append(
            row(
                f"来庁の{share}は本人以外が届け出る。届け出る者は{visits.FILERS_AGE}歳で、配偶者{ties[0]}、子{ties[1]}、"
                f"父母{ties[2]}、別世帯の他人{ties[3]}（委任状を持つ）とする。",
                f"In {share} of the visits another person files, who is {visits.FILERS_AGE} years old: the"
                f" spouse ({ties[0]}), a child ({ties[1]}), a parent ({ties[2]}) or somebody unrelated with a"
                f" mandate ({ties[3]}).",
            )
        )
    if given.forged_share or given.broken_share:
        forged, broken = percent(given.forged_share), percent(given.broken_share)
        rows.append(
            row(
                f"届出のため提出されたカードのうち、券面とICチップの記録が一致しないものは{forged}、ICチップを"
                f"読めないものは{broken}。転出届では生じないものとした。",
                f"Of the cards handed in for a filing {forged} have a face that the chip contradicts and"
                f" {broken} a dead chip; none of those who move out.",
            )
        )
    if given.copy_share:
        share = percent(given.copy_share)
        rows.append(
            row(
                f"在留期間を更新した者の{share}が、新しいカードを示して住民票の写しを求める。"
                f"更新からの日数: {days_ja(given.copy_after_days)}。"
                f"早くとも決定の{acts.AFTER_DECISION_MINUTES}分後。",
                f"{share} of those whose period was extended ask for a copy of their record and show the"
                f" new card;"
                f" days after the extension: {days_en(given.copy_after_days)}; at the earliest"
                f" {acts.AFTER_DECISION_MINUTES} minutes after the decision.",
            )
        )
    return rows
