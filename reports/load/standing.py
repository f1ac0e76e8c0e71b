"""Who measured and what was measured: generator, server, network; and what the run rests on."""

from __future__ import annotations

from load.results import Results
from reports.blocks import Block, Column, Heading, Item, Items, Row, Section, Table, Text
from reports.language import NOTHING, Language
from reports.load.lines import busy
from reports.load.words import memory, rate, share, size, span


def section(results: Results, say: Language) -> Section:
    """The generator, worker by worker, the server, and the network."""
    blocks: list[Block] = [_workers(results, say), _server(results, say), _network(results, say)]
    if results.server.statuses or results.server.codes:
        blocks.append(_answers(results, say))
    return Section(
        "standing",
        say("負荷生成側、サーバ、回線の状態", "Generator, server and lines"),
        say(
            "負荷生成側に余裕がなければ、測ったのはサーバではなく自分自身である。",
            "A generator without room to spare has measured itself and not the server.",
        ),
        tuple(blocks),
    )


def _workers(results: Results, say: Language) -> Table | Text:
    if not results.generator.workers:
        return Text(say("負荷は生成されなかった。", "No load was generated."), empty=True)
    late = span(results.generator.tolerance, say)
    return Table(
        "generator",
        say("負荷生成側", "The load generator"),
        (
            Column(say("プロセス", "Process"), "code"),
            Column(say("負荷", "Arrivals")),
            Column(say(f"{late}より遅れて開始", f"Begun over {late} late")),
            Column(say("最大の遅れ", "Latest")),
            Column(say("始まらず", "Never begun")),
            Column(say("CPU平均", "CPU, mean")),
            Column(say("CPU最大", "CPU, most")),
            Column(say("起床の遅れ99%", "Lag, 99 %")),
            Column(say("起床の遅れ最大", "Lag, most")),
        ),
        tuple(
            Row(
                (
                    one.name,
                    say.number(one.arrivals),
                    say.number(one.late),
                    span(one.latest, say),
                    say.number(one.dropped),
                    share(one.cpu_mean),
                    share(one.cpu_most),
                    span(one.lag_p99, say),
                    span(one.lag_most, say),
                ),
                key=one.name,
                warn=bool(one.dropped),
            )
            for one in results.generator.workers
        ),
        note=say("CPUは一つのコアに対する割合。", "CPU as a share of one core."),
    )


def _pairs(key: str, caption: str, rows: list[tuple[str, str]], say: Language) -> Table:
    return Table(
        key,
        caption,
        (Column(say("項目", "Item"), "text"), Column(say("値", "Value"))),
        tuple(Row(row) for row in rows),
    )


def _server(results: Results, say: Language) -> Table:
    one = results.server
    return _pairs(
        "server",
        say("サーバ", "The server"),
        [
            (say("記憶域", "Store"), f"{one.store} {one.version}".strip()),
            (say("再起動", "Restarts"), say.number(one.restarts)),
            (say("未処理バッチの最大", "Batches waiting, at most"), say.number(one.kept_most)),
            (say("バッチが最も長く待った時間", "Longest wait of a batch"), span(one.oldest_most, say)),
            (say("CPU平均（一つのコアに対して）", "CPU, mean, of one core"), share(one.cpu_mean)),
            (say("メモリ", "Memory"), memory(one.memory) if one.memory else NOTHING),
            (say("データベース", "Database"), size(one.database, say) if one.database else NOTHING),
        ],
        say,
    )


def _network(results: Results, say: Language) -> Table:
    one = results.network
    return _pairs(
        "network",
        say("回線", "The lines"),
        [
            (say("回線の数", "Lines"), say.number(one.lines)),
            (say("速度", "Rate"), rate(one.rate, say)),
            (say("片道遅延", "Latency, one way"), span(one.latency, say)),
            (say("損失", "Loss"), share(one.loss)),
            (say("上り", "Up"), size(one.bytes_up, say)),
            (say("下り", "Down"), size(one.bytes_down, say)),
            (say("占有率（全回線の平均）", "Busy, mean of all lines"), busy(results)),
        ],
        say,
    )


def _answers(results: Results, say: Language) -> Table:
    rows = [("HTTP", status, count) for status, count in sorted(results.server.statuses.items())]
    rows += [(say("理由", "code"), code, count) for code, count in sorted(results.server.codes.items())]
    return Table(
        "answers",
        say("サーバの応答", "Answers of the server"),
        (
            Column(say("種類", "Kind"), "text"),
            Column(say("応答", "Answer"), "code"),
            Column(say("回数", "Times")),
        ),
        tuple(
            Row((kind, name, say.number(count)), warn=kind == "HTTP" and name >= "500")
            for kind, name, count in rows
        ),
    )


def basis(results: Results, say: Language) -> Section:
    """Assumptions, versions, and the fingerprints by which a run can be told from another."""
    run = results.run
    blocks: list[Block] = [Heading(say("仮定", "Assumptions"))]
    source = say("出典: ", "Source: ")
    if run.assumptions:
        blocks.append(
            Items(
                tuple(
                    Item(say(one.ja, one.en), source + say(one.source_ja, one.source_en))
                    for one in run.assumptions
                )
            )
        )
    else:
        blocks.append(Text(say("仮定は挙げられていない。", "None is listed."), empty=True))
    blocks.append(
        Table(
            "fingerprints",
            say("指紋と版", "Fingerprints and versions"),
            (Column(say("項目", "Of"), "text"), Column(say("値", "Value"), "wrap")),
            tuple(
                Row((name, value), key=name)
                for name, value in [
                    (say("乱数の種", "seed"), str(run.seed)),
                    *((f"SHA-256 {name}", value) for name, value in sorted(run.fingerprints.items())),
                    *sorted(run.versions.items()),
                ]
            ),
            note=say(
                "同じ種と同じ版なら、計画とデータの指紋は同じになる。時間は機械により異なる。",
                "Same seed and version: the same fingerprints of plan and data. Times differ by machine.",
            ),
        )
    )
    return Section("basis", say("仮定と指紋", "Assumptions and fingerprints"), blocks=tuple(blocks))
