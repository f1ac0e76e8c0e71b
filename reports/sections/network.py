"""What the exchange asked of the network: bytes by day, the busy share by hour, refusals and outages."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from reports import plots, svg
from reports.blocks import Column, Figure, Legend, Pair, Part, Row, Section, Stack, Table, Text
from reports.language import Language
from reports.sections.period import covering, day_labels
from sim.base.instant import HOUR, SECOND
from sim.studies.measures import Measures, NetworkHour


def section(m: Measures, say: Language) -> Section:
    """Bytes by day, the busy share by hour of day, refusals and outages."""
    title = say("回線の利用（LGWAN）", "Use of the network (LGWAN)")
    if m.run.clock == "live":
        return Section("network", title, blocks=(_live(say),))
    refused = sum(hour.refused for hour in m.network.values())
    outages: tuple[Part, ...] = (
        Text(
            say(
                f"回線停止等のため受け付けられなかった送信は{say.cases(refused)}。",
                f"Transfers refused in outages or otherwise by the network: {say.number(refused)}.",
            )
        ),
        _outages(m, say),
    )
    if not m.network:
        nothing = Text(say("回線を通ったものはない。", "Nothing went over the network."), empty=True)
        return Section("network", title, blocks=(nothing, *outages))
    days = covering(m, m.network)
    blocks = (_bytes_by_day(m, say, days), Pair((_by_hour(m, say, days), Stack(outages))))
    return Section("network", title, blocks=blocks)


def _live(say: Language) -> Text:
    return Text(
        say(
            "この実行は、二つのプロセスの間の実際のTLS接続で行った。その接続については何も測っていない。"
            "シナリオの回線速度、遅延、回線停止は適用していない。",
            "This run used a real TLS connection between two processes, and nothing was measured on it."
            " The scenario's line rate, latency and outages were not applied.",
        )
    )


def _bytes_by_day(m: Measures, say: Language, days: list[date]) -> Figure:
    sums = {day.isoformat(): NetworkHour() for day in days}
    for key, hour in m.network.items():
        found = sums[key[:10]]
        found.bytes += hour.bytes
        found.busy += hour.busy
        found.transfers += hour.transfers
        found.refused += hour.refused
    values = [sums[day.isoformat()].bytes for day in days]
    divisor, unit = _scale(max(values), say)
    title = say("日ごとの通信量", "Bytes by day")
    scale = [value * divisor for value in svg.ticks(max(values) / divisor)]
    hit = _outage_days(m)
    legend = [Legend(plots.glyph("a"), say("運ばれたバイト数", "bytes carried"))]
    if hit:
        legend.append(Legend(plots.glyph("shade-w"), say("回線停止のあった日", "days with an outage")))
    return Figure(
        "bytes",
        title,
        (
            plots.columns(
                svg.Caption(
                    f"{say.code}-bytes",
                    title,
                    say(f"計{say.number(sum(values))}バイト。", f"{say.many(sum(values), 'byte')} in all."),
                ),
                plots.Axes(say("日", "day"), say(f"通信量（{unit}/日）", f"{unit} a day")),
                values,
                labels=day_labels(days, say),
                hints=[
                    f"{say.day(day)}: " + say(f"{say.number(value)} バイト", say.many(value, "byte"))
                    for day, value in zip(days, values, strict=True)
                ],
                shaded=[day in hit for day in days],
                shade="shade-w",
                scale=scale,
                write=lambda value: f"{value / divisor:,.3f}".rstrip("0").rstrip("."),
            ),
        ),
        shape="wide",
        legend=tuple(legend),
        note=say(
            "封筒（署名と暗号化）に入った後のバイト数。停止で切れて運び直したものを含む。",
            "Bytes in their envelope (signed and encrypted), transfers cut by an outage included.",
        ),
        table=Table(
            "bytes",
            title,
            (
                Column(say("日", "Day"), "text"),
                Column(say("バイト", "Bytes")),
                Column(say("送信", "Transfers")),
                Column(say("受付不可", "Refused")),
                Column(say("占有時間（秒）", "Busy, seconds")),
            ),
            tuple(
                Row(
                    (
                        say.day(day),
                        say.number(found.bytes),
                        say.number(found.transfers),
                        say.number(found.refused),
                        f"{found.busy / SECOND:,.1f}",
                    ),
                    key=day.isoformat(),
                )
                for day in days
                for found in [sums[day.isoformat()]]
                if found.transfers or found.refused or found.busy
            ),
        ),
    )


def _by_hour(m: Measures, say: Language, days: list[date]) -> Figure:
    busy, peak = [0] * 24, [0] * 24
    moved = [0] * 24
    for key, found in m.network.items():
        hour = int(key[11:13])
        busy[hour] += found.busy
        peak[hour] = max(peak[hour], found.busy)
        moved[hour] += found.bytes
    mean = [total / len(days) / HOUR * 100 for total in busy]
    most = [value / HOUR * 100 for value in peak]
    top = max(range(24), key=lambda hour: busy[hour])
    title = say("時間帯ごとの回線占有率", "Busy share of the line by hour of day")
    return Figure(
        "hours",
        title,
        (
            plots.columns(
                svg.Caption(
                    f"{say.code}-hours",
                    title,
                    say(f"最も高いのは{top}時台。", f"Highest in the hour from {top}:00."),
                ),
                plots.Axes(say("時刻（時）", "hour of day"), say("占有率（%）", "share of the hour, %")),
                mean,
                labels=[(hour, str(hour)) for hour in range(0, 24, 3)],
                hints=[f"{hour}:00 {_share(say, busy[hour], len(days))}" for hour in range(24)],
                dots=most,
                size=plots.HALF,
            ),
        ),
        legend=(
            Legend(plots.glyph("a"), say("全日の平均", "mean of all days")),
            Legend(plots.glyph("dot"), say("最も高い日", "busiest day")),
        ),
        note=say(
            f"平均が最も高いのは{top}時台で{_share(say, busy[top], len(days))}、"
            f"その時間帯の最も高い日は{_share(say, peak[top], 1)}。かっこ内は1時間のうち回線を使った秒数。",
            f"On average the line is busiest in the hour from {top}:00,"
            f" {_share(say, busy[top], len(days))} of the time;"
            f" on the busiest day {_share(say, peak[top], 1)}. In brackets: seconds in use within the hour.",
        ),
        table=Table(
            "hours",
            title,
            (
                Column(say("時刻", "Hour"), "text"),
                Column(say("平均", "Mean")),
                Column(say("最も高い日", "Busiest day")),
                Column(say("バイト", "Bytes")),
            ),
            tuple(
                Row(
                    (
                        say(f"{hour}時台", f"{hour}:00"),
                        _share(say, busy[hour], len(days)),
                        _share(say, peak[hour], 1),
                        say.number(moved[hour]),
                    )
                )
                for hour in range(24)
            ),
        ),
    )


def _share(say: Language, busy: int, days: int) -> str:
    seconds = f"{busy / days / SECOND:,.1f}"
    return say.percent(busy, days * HOUR) + say(f"（{seconds}秒）", f" ({seconds} s)")


def _scale(largest: int, say: Language) -> tuple[int, str]:
    if largest >= 1_000_000:
        return 1_000_000, "MB"
    if largest >= 1_000:
        return 1_000, "kB"
    return 1, say("バイト", "bytes")


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _outage_days(m: Measures) -> set[date]:
    """The days that an outage touches; it ends just before `until`."""
    hit = set()
    for outage in m.run.outages:
        begin, end = _moment(outage.get("from", "")), _moment(outage.get("until", ""))
        if begin is None or end is None or end <= begin:
            continue
        last = (end - timedelta(microseconds=1)).date()
        hit |= {begin.date() + timedelta(days=i) for i in range((last - begin.date()).days + 1)}
    return hit


def _outages(m: Measures, say: Language) -> Table | Text:
    if not m.run.outages:
        return Text(say("シナリオに回線停止はない。", "The scenario has no outage."))
    return Table(
        "outages",
        say("シナリオの回線停止", "Outages of the scenario"),
        (
            Column(say("開始", "From"), "time"),
            Column(say("終了", "Until"), "time"),
            Column(say("名称", "Name"), "text"),
        ),
        tuple(
            Row((say.moment(o.get("from", "")), say.moment(o.get("until", "")), o.get(say.code, "")))
            for o in m.run.outages
        ),
    )
