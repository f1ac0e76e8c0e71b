"""Assumptions on counters, offices, clerks and their training."""

from __future__ import annotations

from sim.studies.assumed.writing import Row, clock, list_en, list_ja, percent, row, shares
from sim.studies.building import TRAINING_DAYS
from sim.studies.scenario import Scenario
from sim.studies.scenario.places import Municipality, Office


def offices(scenario: Scenario) -> list[Row]:
    """When counters are open, who sits there, and how long a visit takes."""
    hours = scenario.counter
    opens, closes, confirms = clock(hours.opens), clock(hours.closes), clock(hours.confirms_notices_at)
    by_hand = bool(scenario.rates.departure)
    but_ja, but_en = (
        ("、特別永住者のものを除き", " but those on special permanent residents") if by_hand else ("", "")
    )
    rows = [
        row(
            f"窓口は開庁日の{opens}から{closes}まで。届いた通知は開庁日の{confirms}に{but_ja}職員が全て確認する。",
            f"The counter is open from {opens} to {closes} on open days; at {confirms} on open days a clerk"
            f" confirms all notices that have arrived{but_en}.",
        )
    ]
    if by_hand:
        rows.append(
            row(
                f"特別永住者についての通知は、週の最後の開庁日の{confirms}に職員が手作業で取り込む。",
                f"Notices on special permanent residents are taken in by hand, at {confirms} on the last open"
                " day of each week.",
            )
        )
    described = [place for place in scenario.places if place.offices]
    if not described:
        rows.append(row("窓口の待ち時間は扱わない。", "Waiting at the counter is not modelled."))
        return rows
    weights = scenario.filing.service_minutes
    parts = [percent(part) for part in shares([weight for _, weight in weights])]
    minutes = [served for served, _ in weights]
    rows.append(
        row(
            "1件の来庁の手続時間: "
            + list_ja((f"{served}分", part) for served, part in zip(minutes, parts, strict=True))
            + "。",
            "Minutes that a visit takes at the window: "
            + list_en((f"{served}", part) for served, part in zip(minutes, parts, strict=True))
            + ".",
        )
    )
    rows += [
        _office(place, office, len(scenario.places) > 1) for place in described for office in place.offices
    ]
    if any(clerk.trained is not None for place in described for o in place.offices for clerk in o.clerks):
        rows.append(
            row(
                f"カードの読取りと裏書きは、{TRAINING_DAYS}日以内に研修を受けた職員が行う。",
                f"Cards are read and endorsed by clerks whose training is not older than {TRAINING_DAYS}"
                f" days.",
            )
        )
    return rows


def _office(place: Municipality, office: Office, several: bool) -> Row:
    """One office: windows, clerks, hours, whom it serves."""
    name_ja = f"{place.ja} {office.ja}" if several else office.ja
    name_en = f"{place.en}, {office.en}" if several else office.en
    trained = sum(clerk.trained is not None for clerk in office.clerks)
    ja = [f"窓口{office.windows}", f"職員{len(office.clerks)}人（うち研修済み{trained}人）"]
    en = [_many(office.windows, "window"), f"{_many(len(office.clerks), 'clerk')} ({trained} trained)"]
    total = sum(one.share for one in place.offices)
    if len(place.offices) > 1 and total:
        ja.append(f"来庁者の{percent(office.share / total)}")
        en.append(f"{percent(office.share / total)} of the visitors")
    if office.opens is not None or office.closes is not None:
        hours = [clock(moment) if moment is not None else "–" for moment in (office.opens, office.closes)]
        ja.append(f"開庁{hours[0]}から{hours[1]}まで")
        en.append(f"open {hours[0]} to {hours[1]}")
    if not office.accepts_foreign_filings:
        ja.append("外国人住民の届出は受け付けない")
        en.append("takes no filings of foreign residents")
    if office.card_terminal is not None:
        ja.append("ICカード取扱端末あり")
        en.append("has a card terminal")
    return row(f"{name_ja}: " + "、".join(ja) + "。", f"{name_en}: " + "; ".join(en) + ".")


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("s" if number != 1 else "")
