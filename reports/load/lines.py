"""How much data it is, and which line carries it: asked in 2009 (seed 001, lines 26 and 32)."""

from __future__ import annotations

from load.results import RateAnswer, Results
from reports.blocks import Block, Column, Row, Section, Table, Text
from reports.language import NOTHING, Language
from reports.load.words import SECOND, class_name, rate, share, size, span


def section(results: Results, say: Language) -> Section:
    """Data in all and of each size; outages; the rates, where several were tried."""
    blocks: list[Block] = []
    if results.rates:
        blocks += [_answers(results, say), _trials(results, say)]
    blocks.append(_volumes(results, say))
    if results.network.outages:
        blocks.append(_outages(results, say))
    return Section(
        "lines",
        say("データ量と回線", "Data and lines"),
        say(
            "バイト数は、封筒（署名と暗号化）に入ったバッチ、結果、通信の枠を合わせたもの。",
            "Bytes are those of sealed batches, of results, and of what the transport adds.",
        ),
        tuple(blocks),
    )


def _volumes(results: Results, say: Language) -> Table | Text:
    rows = results.completion
    if not rows:
        return Text(say("運ばれたものはない。", "Nothing was carried."), empty=True)
    nights = max(len(results.window.nights), 1)
    cells = []
    groups = [
        *((class_name(results, one.id, say), one.id) for one in results.plan.classes),
        (say("計", "All"), ""),
    ]
    for name, key in groups:
        mine = [row for row in rows if not key or row.size_class == key]
        if not mine:
            continue
        up, down = sum(row.bytes_up for row in mine), sum(row.bytes_down for row in mine)
        records = sum(row.accepted + row.rejected for row in mine)
        heaviest = max(mine, key=lambda row: (row.bytes_up + row.bytes_down, row.code))
        most = heaviest.bytes_up + heaviest.bytes_down
        cells.append(
            Row(
                (
                    name,
                    say.number(len(mine)),
                    say.number(records),
                    size(up, say),
                    size(down, say),
                    size(round((up + down) / len(mine) / nights), say),
                    size(round(most / nights), say) + f" ({heaviest.name})",
                    size(round((up + down) / records), say) if records else NOTHING,
                ),
                key=key or "all",
                total=not key,
            )
        )
    return Table(
        "volumes",
        say("データ量", "Data"),
        (
            Column(say("規模", "Size"), "text"),
            Column(say("市区町村", "Municipalities")),
            Column(say("判定されたレコード", "Records decided")),
            Column(say("上り", "Up")),
            Column(say("下り", "Down")),
            Column(say("一市区町村の一夜、平均", "One in a night, mean")),
            Column(say("最も多い市区町村の一夜", "The heaviest in a night"), "text"),
            Column(say("レコード当たり", "Per record")),
        ),
        tuple(cells),
        note=say(
            "レコード当たりには、空のバッチと封筒の分も入る。",
            "Per record includes empty batches and envelopes.",
        ),
    )


def _needed(one: RateAnswer) -> float:
    """Bits a second that the heaviest one's night needs on average, with what the run measured on top."""
    return one.size * 8 * SECOND / one.available * one.overhead if one.available else 0.0


def _answers(results: Results, say: Language) -> Table:
    lasts = results.window.nights[0].end - results.window.nights[0].start if results.window.nights else 0
    first = results.rates[0]
    return Table(
        "rates",
        say("規模ごとに足りる最小の回線速度", "The smallest rate that is enough, by size"),
        (
            Column(say("規模", "Size"), "text"),
            Column(say("試した市区町村", "Tried")),
            Column(say("最も重い一夜", "The heaviest night")),
            Column(
                say(
                    f"実際の夜（{span(first.available, say)}）",
                    f"A real night ({span(first.available, say)})",
                )
            ),
            Column(say("平均して要る速度", "Needed on average")),
            Column(say(f"実測（{span(lasts, say)}の時間帯）", f"Measured (window of {span(lasts, say)})")),
            Column(say("足りなかった速度", "Not enough")),
            Column(say("実測／模型", "Measured/modelled")),
        ),
        tuple(
            Row(
                (
                    class_name(results, one.size_class, say),
                    say.number(one.endpoints),
                    size(one.size, say),
                    say("足りるものなし", "none is enough") if one.night is None else rate(one.night, say),
                    rate(_needed(one), say),
                    say("足りるものなし", "none was enough")
                    if one.measured is None
                    else rate(one.measured, say),
                    rate(one.below, say),
                    f"{one.overhead:.2f}",
                ),
                key=one.size_class,
                warn=one.night is None,
            )
            for one in results.rates
        ),
        note=say(
            f"実際の夜に足りる速度は、通常の速度（{rate(first.usual[0], say)}から"
            f"{rate(first.usual[-1], say)}まで）のうち、"
            "最も遅く始める端末の最も重い一夜が窓口の開く前に終わる最小のもの。実測のバイト数から回線の模型で求め、"
            "最も遅い回線での実測と模型の比を掛けた。同じ回線を使う他のシステムの通信は含まない。",
            f"A real night: the smallest of the usual rates ({rate(first.usual[0], say)} to"
            f" {rate(first.usual[-1], say)}) at which the heaviest night is over before offices open for the"
            " terminal that begins last; by the model of a line from the bytes measured, times what the"
            " slowest line measured over the model. What else uses the same line is not in it.",
        ),
    )


def _trials(results: Results, say: Language) -> Table:
    return Table(
        "trials",
        say("速度ごとの実測と模型", "Measured and modelled, by rate"),
        (
            Column(say("速度", "Rate"), "text"),
            Column(say("規模", "Size"), "text"),
            Column(say("時間帯の内に完了", "Done inside the window")),
            Column(say("最も重いもの", "The heaviest"), "code"),
            Column(say("バイト", "Bytes")),
            Column(say("実測", "Measured")),
            Column(say("模型", "Modelled")),
        ),
        tuple(
            Row(
                (
                    rate(one.rate, say),
                    class_name(results, one.size_class, say),
                    f"{one.in_time:,} / {one.endpoints:,}",
                    one.heaviest,
                    say.number(one.size),
                    span(one.measured, say),
                    span(one.modelled, say),
                ),
                warn=one.in_time < one.endpoints,
            )
            for one in results.trials
        ),
        note=say(
            "模型は、同じバイト数が回線を占める時間（接続とサーバの待ちを含まない）。",
            "Modelled: how long the same bytes keep the line busy, without connecting and without waiting.",
        ),
    )


def _outages(results: Results, say: Language) -> Table:
    return Table(
        "outages",
        say("回線停止", "Outages"),
        (
            Column(say("名称", "Name"), "text"),
            Column(say("開始（秒）", "From, s")),
            Column(say("終了（秒）", "Until, s")),
            Column(say("宣言", "Declared"), "text"),
        ),
        tuple(
            Row(
                (
                    say(one.ja, one.en),
                    f"{one.start / SECOND:,.1f}",
                    f"{one.end / SECOND:,.1f}",
                    say("あり", "yes") if one.declared else say("なし", "no"),
                )
            )
            for one in results.network.outages
        ),
    )


def busy(results: Results) -> str:
    """How busy all lines were together, as a share of their time."""
    nights = results.window.nights
    time = sum(night.end - night.start for night in nights) * results.network.lines
    return share(results.network.busy / time) if time else NOTHING
