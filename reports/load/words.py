"""Spans, sizes, rates and moments of a load test, as people read them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from load.results import Results, Unit
from reports.language import NOTHING, Language

SECOND: Final = 1_000_000

OUTCOMES: Final[dict[str, tuple[str, str]]] = {
    "pass": ("合", "pass"),
    "fail": ("否", "FAIL"),
    "not_judged": ("判定不能", "not judged"),
    "too_few": ("件数不足", "too few"),
}

KINDS: Final[dict[str, tuple[str, str]]] = {
    "lost": ("喪失（レコードとバッチ）", "Lost records and batches"),
    "doubled": ("二重処理（レコードとバッチ）", "Doubled records and batches"),
    "rest": ("突合の差引残", "Rest of the reconciliation"),
    "unfinished": ("時間帯の内に終わらなかった市区町村", "Municipalities not done inside the window"),
    "margin": ("時間帯の終わりまでの余裕", "Margin to the end of the window"),
    "percentile": ("所要時間", "Time taken"),
    "failed_share": ("失敗した情報連携の割合", "Share of exchanges that failed"),
    "late_share": ("遅れて始まった負荷の割合", "Share of arrivals that began late"),
    "dropped": ("始まらなかった負荷", "Arrivals never begun"),
    "generator_cpu": ("負荷生成側のCPU（最も忙しい時）", "CPU of the generator at its busiest"),
    "generator_lag": ("負荷生成側の起床の遅れ（99%点）", "Lag of the generator, 99th percentile"),
    "server_errors": ("サーバ側の誤り（HTTP 5xx）", "Server errors (HTTP 5xx)"),
    "memory_growth": ("サーバのメモリの増加", "Growth of the server's memory"),
    "rates_found": ("足りる回線速度が分かった規模の割合", "Share of sizes for which a rate was found"),
}


def span(us: float | None, say: Language) -> str:
    """A span with its unit: `850 µs`, `12.3 ms`, `1.23 s`, `2 min 03 s`, `1 h 02 min`."""
    if us is None:
        return NOTHING
    if us == 0:
        return "0 ms"
    sign, us = ("−", -us) if us < 0 else ("", us)
    if us < 1_000:
        return f"{sign}{us:.0f} µs"
    if us < 999_500:
        return f"{sign}{us / 1_000:.3g} ms"
    seconds = us / SECOND
    if seconds < 59.95:
        return say(f"{sign}{seconds:.3g}秒", f"{sign}{seconds:.3g} s")
    whole = round(seconds)
    if whole < 3_600:
        return say(f"{sign}{whole // 60}分{whole % 60:02}秒", f"{sign}{whole // 60} min {whole % 60:02} s")
    minutes = round(seconds / 60)
    return say(
        f"{sign}{minutes // 60}時間{minutes % 60:02}分", f"{sign}{minutes // 60} h {minutes % 60:02} min"
    )


def size(value: int, say: Language) -> str:
    """Bytes with a decimal unit."""
    for limit, unit in ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")):
        if value >= limit:
            return f"{value / limit:,.3g} {unit}" if value < 1_000 * limit else f"{value / limit:,.0f} {unit}"
    return say(f"{value}バイト", say.many(value, "byte"))


def memory(value: int) -> str:
    """Bytes of memory, in powers of two, as machines are sold."""
    return f"{value / 2**30:,.3g} GiB" if value >= 2**30 else f"{value / 2**20:,.3g} MiB"


def rate(value: float | None, say: Language) -> str:
    """Bits a second with a decimal unit; zero is no limit."""
    if value is None:
        return NOTHING
    if value == 0:
        return say("制限なし", "no limit")
    for limit, unit in ((1_000_000, "Mbit/s"), (1_000, "kbit/s")):
        if value >= limit:
            return f"{value / limit:,.4g} {unit}"
    return f"{value:,.3g} bit/s"


def share(value: float) -> str:
    """A share as a percentage with one decimal."""
    return f"{100 * value:.1f}%".replace("-", "−")


def figure(value: float | None, unit: Unit, say: Language) -> str:
    """A figure of a threshold in its unit."""
    if value is None:
        return NOTHING
    if unit == "us":
        return span(value, say)
    return share(value) if unit == "share" else say.number(int(value))


def seconds(at: int | None) -> str:
    """A moment of the run in seconds from its beginning."""
    return NOTHING if at is None else f"{at / SECOND:,.1f}"


def clock(at: int | None, results: Results) -> str:
    """The night's clock at a moment of the run, which may run faster: `23:15`."""
    if at is None or not results.window.nights:
        return NOTHING
    night = next(
        (one for one in reversed(results.window.nights) if one.start <= at), results.window.nights[0]
    )
    begins = datetime.strptime(results.window.begins, "%H:%M")
    return f"{begins + timedelta(microseconds=round((at - night.start) * results.window.factor)):%H:%M}"


def class_name(results: Results, identifier: str, say: Language) -> str:
    """A size of municipality in words."""
    found = next((one for one in results.plan.classes if one.id == identifier), None)
    return identifier if found is None else say(found.ja, found.en)
