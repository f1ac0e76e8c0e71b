"""Assumptions on the exchange: its times, the lines, outages, and batches that must be refused."""

from __future__ import annotations

from typing import Final

from sim.base.instant import MINUTE
from sim.nodes.postbox import RETRY_AFTER
from sim.studies.assumed.writing import Row, clock, moment_en, moment_ja, row
from sim.studies.scenario import Scenario

BAD: Final = {
    "truncated": ("途中で切れたもの", "cut off"),
    "altered": ("改変されたもの", "altered"),
    "foreign": ("他者が封をしたもの", "sealed by a stranger"),
    "infected": ("不正プログラムを含むもの", "with malicious content"),
}


def exchange(scenario: Scenario) -> list[Row]:
    """When batches go, how often they go again, and which are made to be refused."""
    times = [clock(at) for at in scenario.exchange.times]
    waits = [str(pause // MINUTE) for pause in RETRY_AFTER]
    bad = [(one.at, *BAD[one.kind]) for one in scenario.bad_batches]
    rows = [
        row(
            f"情報連携は毎日{'、'.join(times)}。届かないバッチは{'分後、'.join(waits)}分後、その後は{waits[-1]}分ごとに"
            "再び送る。",
            f"The exchange runs daily at {', '.join(times)}. A batch that does not get through is"
            f" offered again after"
            f" {', '.join(waits)} minutes, then every {waits[-1]} minutes.",
        )
    ]
    if scenario.exchange.per_event:
        rows.append(
            row("送るものができ次第、その都度も送る。", "It also runs as soon as something waits to be sent.")
        )
    if scenario.exchange.agency == "immediate":
        rows.append(
            row(
                "出入国在留管理庁の通知は、決定の都度送る。",
                "The agency sends its notices as soon as it has decided.",
            )
        )
    if scenario.exchange.watches_periods:
        rows.append(
            row(
                "出入国在留管理庁は、住居地の届出がないまま90日を過ぎた者を取消しの候補として数える。",
                "The agency counts as candidates for revocation those for whom 90 days pass without a"
                " residence.",
            )
        )
    if bad:
        rows.append(
            row(
                "受け取ってはならないバッチを送る: "
                + "、".join(f"{moment_ja(at)} {ja}" for at, ja, _ in bad)
                + "。",
                "Batches that nobody should take in are sent: "
                + "; ".join(f"{moment_en(at)}: {en}" for at, _, en in bad)
                + ".",
            )
        )
    return rows


def lines(scenario: Scenario) -> list[Row]:
    """Rates, latency, sessions and outages of a simulated network."""
    line = scenario.lgwan
    rows = [
        row(
            f"LGWANのアクセス回線は{_rate(line.rate_kbps)[0]}、片道遅延{line.latency_ms} ms。",
            f"The access line to LGWAN: {_rate(line.rate_kbps)[1]}, {line.latency_ms} ms one way.",
        )
    ]
    for place in scenario.places:
        if place.line is not None:
            own = place.line
            rows.append(
                row(
                    f"{place.ja}のアクセス回線は{_rate(own.rate_kbps)[0]}、片道遅延{own.latency_ms} ms。",
                    f"The access line of {place.en}: {_rate(own.rate_kbps)[1]}, {own.latency_ms} ms one way.",
                )
            )
    if line.sessions == "on_demand":
        rows.append(
            row(
                "回線は情報連携の都度接続する。",
                "Lines are not permanent: a session is opened for each exchange.",
            )
        )
    for outage in line.outages:
        span_ja = f"{moment_ja(outage.from_)}から{moment_ja(outage.until)}まで"
        span_en = f"from {moment_en(outage.from_)} to {moment_en(outage.until)}"
        declared_ja = "。停止を宣言し、その間は媒体を使える" if outage.declared else ""
        declared_en = "; it is declared, so that media may be used" if outage.declared else ""
        rows.append(
            row(
                f"回線停止: {outage.ja}、{span_ja}{declared_ja}。",
                f"Outage: {outage.en}, {span_en}{declared_en}.",
            )
        )
    return rows


def _rate(kbps: int) -> tuple[str, str]:
    return (f"{kbps:,} kbit/s", f"{kbps:,} kbit/s") if kbps else ("速度の制限なし", "no limit of speed")
