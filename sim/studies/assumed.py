"""What a run assumes, in words for the report, with the values that it really ran with.

Made from the scenario and from the constants of the modules that use them, so that a changed number
changes the sentence. What a scenario says itself (`[[assumptions]]`) is prose on where numbers come from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from sim.base.instant import MINUTE
from sim.law.unconfirmed import UNCONFIRMED
from sim.nodes.postbox import RETRY_AFTER
from sim.studies import inputs, population
from sim.studies.scenario import Scenario

Row = dict[str, str]

_STATUSES_EN: Final = {
    "留学": "student",
    "技術・人文知識・国際業務": "engineer / specialist in humanities / international services",
    "永住者": "permanent resident",
    "家族滞在": "dependent",
    "技能": "skilled labour",
    "日本人の配偶者等": "spouse or child of a Japanese national",
    "定住者": "long-term resident",
    "特定活動": "designated activities",
}
_BAD: Final = {
    "truncated": ("途中で切れたもの", "cut off"),
    "altered": ("改変されたもの", "altered"),
    "foreign": ("他者が封をしたもの", "sealed by a stranger"),
}

OF_EVERY_RUN: Final = (
    "governing-classes",
    "order-items",
    "renumbered-orders",
    "background-citations",
    "interface-specification",
    "filing-rates",
)
"""Unconfirmed facts that every run rests on; the others count when a decision leaned on them."""


def assumed(scenario: Scenario, *, network: bool) -> list[Row]:
    """The assumptions of a run. `network`: whether the scenario's line and outages were simulated."""
    return [
        *_people(scenario),
        *_events(scenario),
        *_habits(scenario),
        *_offices(scenario),
        *(_network(scenario) if network else []),
    ]


def _people(scenario: Scenario) -> list[Row]:
    place, shares = scenario.municipality, scenario.population
    total = sum(shares.nationalities.values())
    nations = [(code, _percent(share / total)) for code, share in shares.nationalities.items() if share]
    statuses = [
        (name, _percent(share))
        for (name, _), share in zip(population.STATUSES, population.status_shares(), strict=True)
    ]
    mean = f"{population.AGE_SHAPE * population.AGE_SCALE:.0f}"
    least, most = population.DAYS_LEFT
    special = _percent(shares.special_permanent_share)
    return [
        _row(
            f"開始時の外国人住民は{place.residents:,}人。個々の住民は全て架空。",
            f"{place.residents:,} foreign residents at the start; every single one is invented.",
        ),
        _row(
            f"特別永住者は{special}で、全て{population.SPECIAL_NATIONALITY}、"
            f"{population.YOUNGEST_SPECIAL}歳以上とする。ほかの国籍の割合: {_list_ja(nations)}。",
            f"{special} are special permanent residents, all {population.SPECIAL_NATIONALITY} and at least"
            f" {population.YOUNGEST_SPECIAL} years old. Nationalities of the others: {_list_en(nations)}.",
        ),
        _row(
            f"特別永住者以外の在留資格の割合: {_list_ja(statuses)}。在留期間の残りは"
            f"{least:,}日から{most - 1:,}日まで一様。",
            "Statuses of residence of the others:"
            f" {_list_en((_STATUSES_EN.get(name, name), share) for name, share in statuses)}."
            f" Between {least:,} and {most - 1:,} days of the period of stay are left, evenly spread.",
        ),
        _row(
            f"女性は{_percent(population.FEMALE)}。年齢はガンマ分布（平均{mean}歳、0歳から"
            f"{population.OLDEST}歳まで）。",
            f"{_percent(population.FEMALE)} are women. Ages follow a gamma distribution (mean {mean} years,"
            f" from 0 to {population.OLDEST}).",
        ),
    ]


def _events(scenario: Scenario) -> list[Row]:
    rates = scenario.rates
    names = (
        ("国外からの転入", "entries from abroad", rates.entry_from_abroad),
        ("国内の転入", "moves in from elsewhere in Japan", rates.moving_in),
        ("転居", "moves within", rates.moving_within),
        ("転出", "moves out", rates.moving_out),
        ("在留期間更新", "extensions of the period of stay", rates.period_extended),
    )
    months = [f"{factor:g}" for factor in rates.months]
    years = [str(year) for year in inputs.EXTENSION_YEARS]
    opens, until = inputs.AGENCY_OPENS.hour, inputs.AGENCY_OPENS.hour + inputs.AGENCY_MINUTES // 60
    return [
        _row(
            "開始時の住民1人・1年当たりの件数: "
            + _list_ja((ja, f"{rate:g}") for ja, _, rate in names)
            + "。期間中に人口が変わっても件数は変えない。永住者等の在留期間更新は起こらない。",
            "Events a year for each resident at the start: "
            + _list_en((en, f"{rate:g}") for _, en, rate in names)
            + ". They do not follow the population during the run. Nobody permanent has a period to extend.",
        ),
        _row(
            "月ごとの係数（1月から12月まで、1が平均）: " + "、".join(months) + "。",
            "Factors of the months, January to December (1 is average): " + ", ".join(months) + ".",
        ),
        _row(
            f"国外からの転入の{_percent(inputs.FIRST_LANDING)}は新規上陸後。残りは住居地の記載のあるカードで"
            "再び入国した者とする。",
            f"{_percent(inputs.FIRST_LANDING)} of those who enter from abroad have just landed; the others"
            " return with a card that bears a place of residence.",
        ),
        _row(
            f"在留期間の更新は{'・'.join(years)}年のいずれかを等しい割合で、開庁日の{opens}時から{until}時までに"
            "決定する。",
            f"Periods of stay are extended by {', '.join(years[:-1])} or {years[-1]} years, equally often,"
            f" on open days between {opens}:00 and {until}:00.",
        ),
    ]


def _habits(scenario: Scenario) -> list[Row]:
    habits = scenario.filing
    absent, back = _percent(habits.card_absent), _percent(habits.comes_back_with_card)
    closed = [_percent(share) for share in _shares([weight for _, weight in inputs.AFTER_CLOSED])]
    return [
        _row(
            f"異動から届出までの日数: {_days_ja(habits.delay_days)}。",
            f"Days from the event to the filing: {_days_en(habits.delay_days)}.",
        ),
        _row(
            f"転出届から転出予定日までの日数（負は事後の届出）: {_days_ja(habits.lead_days)}。",
            "Days from the moving-out filing to the planned day (below zero: filed afterwards):"
            f" {_days_en(habits.lead_days)}.",
        ),
        _row(
            f"カードを持参しない割合は{absent}。その{back}は後日カードを持って住居地を届け出る。"
            f"それまでの日数: {_days_ja(habits.back_after_days)}。転出届では必ず持参するものとした。",
            f"{absent} leave the card at home; {back} of these come back with it to notify the residence,"
            f" after so many days: {_days_en(habits.back_after_days)}. Whoever moves out brings the card.",
        ),
        _row(
            f"閉庁日に当たった者は、次の開庁日に{closed[0]}、その次に{closed[1]}、その次に{closed[2]}が来庁する。",
            f"Of those who would come on a closed day, {closed[0]} come on the next open day, {closed[1]} on"
            f" the second and {closed[2]} on the third.",
        ),
    ]


def _offices(scenario: Scenario) -> list[Row]:
    hours, exchange = scenario.counter, scenario.exchange.at.isoformat("minutes")
    opens, closes = hours.opens.isoformat("minutes"), hours.closes.isoformat("minutes")
    confirms = hours.confirms_notices_at.isoformat("minutes")
    waits = [str(pause // MINUTE) for pause in RETRY_AFTER]
    bad = [(bad.at.isoformat(" ", "minutes"), *_BAD[bad.kind]) for bad in scenario.bad_batches]
    rows = [
        _row(
            f"窓口は開庁日の{opens}から{closes}まで。届いた通知は開庁日の{confirms}に職員が全て確認する。",
            f"The counter is open from {opens} to {closes} on open days; at {confirms} on open days a clerk"
            " confirms all notices that have arrived.",
        ),
        _row(
            f"情報連携は毎日{exchange}。届かないバッチは{'分後、'.join(waits)}分後、その後は{waits[-1]}分ごとに"
            "再び送る。",
            f"The exchange runs daily at {exchange}. A batch that does not get through is offered again after"
            f" {', '.join(waits)} minutes, then every {waits[-1]} minutes.",
        ),
    ]
    if bad:
        rows.append(
            _row(
                "受け取ってはならないバッチを送る: " + "、".join(f"{at} {ja}" for at, ja, _ in bad) + "。",
                "Batches that nobody should take in are sent: "
                + ", ".join(f"{at} {en}" for at, _, en in bad)
                + ".",
            )
        )
    return rows


def _network(scenario: Scenario) -> list[Row]:
    line = scenario.lgwan
    rate_ja = f"{line.rate_kbps:,} kbit/s" if line.rate_kbps else "速度の制限なし"
    rate_en = f"{line.rate_kbps:,} kbit/s" if line.rate_kbps else "no limit of speed"
    rows = [
        _row(
            f"LGWANのアクセス回線は{rate_ja}、片道遅延{line.latency_ms} ms。",
            f"The access line to LGWAN: {rate_en}, {line.latency_ms} ms one way.",
        )
    ]
    for outage in line.outages:
        begin, end = outage.from_.isoformat(" ", "minutes"), outage.until.isoformat(" ", "minutes")
        rows.append(
            _row(
                f"回線停止: {outage.ja}、{begin}から{end}まで。",
                f"Outage: {outage.en}, from {begin} to {end}.",
            )
        )
    return rows


def _row(ja: str, en: str) -> Row:
    return {"ja": ja, "en": en, "source_ja": "仮定", "source_en": "assumption"}


def _percent(share: float) -> str:
    return f"{round(share * 100, 1):g}%"


def _shares(weights: Sequence[float]) -> list[float]:
    total = sum(weights)
    return [weight / total for weight in weights]


def _days_ja(rows: Sequence[tuple[int, float]]) -> str:
    shares = _shares([weight for _, weight in rows])
    return _list_ja((f"{days}日", _percent(share)) for (days, _), share in zip(rows, shares, strict=True))


def _days_en(rows: Sequence[tuple[int, float]]) -> str:
    shares = _shares([weight for _, weight in rows])
    return _list_en((f"{days}", _percent(share)) for (days, _), share in zip(rows, shares, strict=True))


def _list_ja(pairs: Iterable[tuple[str, str]]) -> str:
    return "、".join(f"{name} {value}" for name, value in pairs)


def _list_en(pairs: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in pairs)


def unconfirmed(rests_on: Collection[str]) -> list[dict[str, str]]:
    """The unconfirmed facts of every run and those of `rests_on`, by id, in the order of the list."""
    return [
        {
            "id": fact.id,
            "statement_ja": fact.statement_ja,
            "statement_en": fact.statement_en,
            "reason_ja": fact.reason_ja,
            "reason_en": fact.reason_en,
        }
        for fact in UNCONFIRMED
        if fact.id in OF_EVERY_RUN or fact.id in rests_on
    ]
