"""Assumptions on what happens to people, and the public figures that rates follow from."""

from __future__ import annotations

from typing import Final

from sim.studies.assumed.writing import Row, list_en, list_ja, percent, row
from sim.studies.inputs import acts, moves, visits
from sim.studies.public_figures import JAPAN_2024, LEFT_BY_FILING
from sim.studies.scenario import Scenario

KINDS: Final = {
    "entry_from_abroad": ("国外からの転入", "entries from abroad"),
    "moving_in": ("国内の転入", "moves in from elsewhere in Japan"),
    "moving_within": ("転居", "moves within"),
    "moving_out": ("転出", "moves out"),
    "period_extended": ("在留期間更新", "extensions of the period of stay"),
    "birth": ("出生", "births"),
    "departure": ("届出のない出国", "departures without a filing"),
    "record_copy": ("住民票の写し", "copies of records"),
}


def events(scenario: Scenario) -> list[Row]:
    """What happens to people, how often and when."""
    rates = scenario.rates
    names = (
        ("国外からの転入", "entries from abroad", rates.entry_from_abroad),
        ("国内の転入", "moves in from elsewhere in Japan", rates.moving_in),
        ("転居", "moves within", rates.moving_within),
        ("転出", "moves out", rates.moving_out),
        ("在留期間更新", "extensions of the period of stay", rates.period_extended),
        ("出生", "births", rates.birth),
        ("届出のない出国", "departures without a filing", rates.departure),
        ("住民票の写し", "copies of records", rates.record_copy),
        ("特別永住者証明書の交付", "certificates handed out", rates.certificate),
    )
    months = [f"{factor:g}" for factor in rates.months]
    years = [str(year) for year in acts.EXTENSION_YEARS]
    opens, until = acts.AGENCY_OPENS.hour, acts.AGENCY_OPENS.hour + acts.AGENCY_MINUTES // 60
    return [
        row(
            "開始時の住民1人・1年当たりの件数: "
            + list_ja((ja, f"{rate:g}") for ja, _, rate in names if rate)
            + "。期間中に人口が変わっても件数は変えない。永住者等の在留期間更新は起こらない。",
            "Events a year for each resident at the start: "
            + list_en((en, f"{rate:g}") for _, en, rate in names if rate)
            + ". They do not follow the population during the run. Nobody permanent has a period to extend.",
        ),
        row(
            "月ごとの係数（1月から12月まで、1が平均）: " + "、".join(months) + "。",
            "Factors of the months, January to December (1 is average): " + ", ".join(months) + ".",
        ),
        row(
            f"国外からの転入の{percent(moves.FIRST_LANDING)}は新規上陸後。残りは住居地の記載のあるカードで"
            "再び入国した者とする。",
            f"{percent(moves.FIRST_LANDING)} of those who enter from abroad have just landed; the others"
            " return with a card that bears a place of residence.",
        ),
        row(
            f"在留期間の更新は{'・'.join(years)}年のいずれかを等しい割合で、開庁日の{opens}時から{until}時までに"
            "決定する。",
            f"Periods of stay are extended by {', '.join(years[:-1])} or {years[-1]} years, equally often,"
            f" on open days between {opens}:00 and {until}:00.",
        ),
        *_seasons(scenario),
        *_elsewhere(scenario),
        *_acts(scenario),
        *_public(scenario),
    ]


def _seasons(scenario: Scenario) -> list[Row]:
    """Kinds of event with months of their own; those that share them stand in one row."""
    rates = scenario.rates
    sharing: dict[tuple[float, ...], list[str]] = {}
    for kind in KINDS:
        months = rates.seasons.get(kind)  # type: ignore[call-overload]
        if months is not None and getattr(rates, kind) and list(months) != list(rates.months):
            sharing.setdefault(tuple(months), []).append(kind)
    rows = []
    for months, kinds in sharing.items():
        ja, en = "・".join(KINDS[kind][0] for kind in kinds), " and ".join(KINDS[kind][1] for kind in kinds)
        if len(set(months)) == 1:
            rows.append(row(f"{ja}は月による差がないものとする。", f"There are as many {en} in every month."))
            continue
        told = [f"{factor:g}" for factor in months]
        rows.append(
            row(
                f"{ja}の月ごとの係数（1月から12月まで）: " + "、".join(told) + "。",
                f"Factors of the months for {en}, January to December: " + ", ".join(told) + ".",
            )
        )
    return rows


def _elsewhere(scenario: Scenario) -> list[Row]:
    rates = scenario.rates
    rows = []
    if rates.between:
        share = percent(rates.between)
        rows.append(
            row(
                f"国内の転入・転出の{share}は、相手も本シナリオの市区町村とし、移動先は人口に比例して選ぶ。",
                f"{share} of the moves inside Japan end in another municipality of this scenario, chosen in"
                " proportion to its residents.",
            )
        )
    if rates.same_day:
        share = percent(rates.same_day)
        rows.append(
            row(
                f"国内から転入する者の{share}は、届出の日のうちに別の市区町村へ転出し、"
                f"{visits.SAME_DAY_MINUTES}分後に転出届のため窓口に戻る。",
                f"{share} of those who move in from elsewhere leave for another municipality on the day"
                f" of their filing, and are back at the counter after {visits.SAME_DAY_MINUTES} minutes to"
                " file that.",
            )
        )
    if rates.between or rates.same_day:
        minutes = moves.ON_THE_WAY_MINUTES
        rows.append(
            row(
                f"転出先の窓口に着くのは、早くとも転出届の{minutes}分後、窓口の列を扱う市区町村が関わるときは翌日。",
                f"Nobody is at the counter of the other municipality sooner than {minutes} minutes after the"
                " moving-out was filed, nor before the next day where either describes its offices.",
            )
        )
    if any(place.activity != 1 for place in scenario.places):
        odd = [place for place in scenario.places if place.activity != 1]
        rows.append(
            row(
                "異動の起こりやすさの倍率: " + list_ja((p.ja, f"{p.activity:g}") for p in odd[:8]) + "。",
                "Events happen more or less often: "
                + list_en((p.en, f"{p.activity:g}") for p in odd[:8])
                + ".",
            )
        )
    return rows


def _acts(scenario: Scenario) -> list[Row]:
    rates = scenario.rates
    rows = []
    if rates.birth:
        first, last = acts.BIRTH_REPORT_DAYS
        soon, late = acts.STATUS_AFTER_DAYS
        rows.append(
            row(
                f"出生の届出は出生から{first}日から{last - 1}日後、在留資格の取得の決定は{soon}日から"
                f"{late - 1}日後とする。",
                f"Births are reported {first} to {last - 1} days later; the status is granted {soon} to"
                f" {late - 1} days after the birth.",
            )
        )
    if rates.departure:
        rows.append(
            row(
                "転出の届出をせずに出国する者は、出入国在留管理庁の通知で住民票から除かれる。",
                "Who leaves Japan without a filing is removed from the register on the agency's notice.",
            )
        )
    if rates.certificate:
        years = acts.CERTIFICATE_YEARS
        rows.append(
            row(
                f"特別永住者証明書の有効期間は{years}年として交付する。",
                f"Certificates are handed out with {years} years of validity.",
            )
        )
    return rows


def _public(scenario: Scenario) -> list[Row]:
    """The figures that the rates follow from, each with its own source."""
    if scenario.rates.base != JAPAN_2024.name:
        return []
    rows = [
        row(f"{one.ja}: {one.value:,.0f}。", f"{one.en}: {one.value:,.0f}.", one.source_ja, one.source_en)
        for one in JAPAN_2024.figures
    ]
    left = percent(LEFT_BY_FILING)
    rows.append(
        row(
            f"日本を離れる者の{left}は転出を届け出る。",
            f"{left} of those who leave Japan file a moving-out.",
        )
    )
    return rows
