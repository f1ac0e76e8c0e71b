"""The top of the page: what was run, whether the night fitted, and what was asked of it."""

from __future__ import annotations

from datetime import datetime

from load.results import OF_GENERATOR, Judged, Night, Results, quantiles
from reports.blocks import Block, Column, Row, Section, Table, Text, Tile, Tiles, Verdict
from reports.language import Language
from reports.load.words import KINDS, OUTCOMES, clock, figure, memory, rate, share, size, span
from reports.sections.overview import Fact, Header


def header(results: Results, say: Language) -> Header:
    """What was run, how to run it again, and how far it may be trusted."""
    run, window = results.run, results.window
    where = run.machine
    started = datetime.fromisoformat(run.started)
    return Header(
        kicker=say("renkei 負荷試験 報告書", "renkei: report on a load test"),
        title=say(run.title_ja + _smaller(results, say), run.title_en + _smaller(results, say)),
        facts=(
            Fact(say("調べること", "The question"), say(run.shows.ja, run.shows.en)),
            Fact(say("要求事項", "Requirements"), ", ".join(run.answers) or "–"),
            Fact(
                say("負荷", "Load"),
                say(
                    f"{results.plan.endpoints:,}市区町村、レコード{results.plan.records:,}件"
                    + ("（速度ごとに）" if results.trials else ""),
                    f"{say.number(results.plan.endpoints)} municipalities,"
                    f" {say.many(results.plan.records, 'record')}"
                    + (" at each rate" if results.trials else ""),
                ),
            ),
            Fact(
                say("時間帯", "Window"),
                say(
                    f"{window.begins}から{window.opens}まで{_nights(results, say)}{_factor(results, say)}",
                    f"{window.begins} to {window.opens}{_nights(results, say)}{_factor(results, say)}",
                ),
            ),
            Fact(
                say("回線", "Lines"),
                _line(results, say),
            ),
            Fact(
                say("実行", "Run"),
                say(
                    f"{say.moment(started.isoformat())}、{where.system}、{where.processor}、"
                    f"{where.cpus}コア、{memory(where.memory)}"
                    + ("、サーバ・回線・負荷生成を同じ機械で" if where.shared else ""),
                    f"{say.moment(started.isoformat())}; {where.system}, {where.processor}, "
                    f"{say.many(where.cpus, 'core')}, {memory(where.memory)}"
                    + ("; server, lines and generator on the one machine" if where.shared else ""),
                ),
            ),
            Fact(
                say("乱数の種", "Seed"),
                f"{run.seed}（renkei {run.versions.get('renkei', '?')}）"
                if say.code == "ja"
                else f"{run.seed} (renkei {run.versions.get('renkei', '?')})",
            ),
            Fact(say("再実行", "Run it again"), run.command, code=True),
        ),
        box_title=say("この報告書が拠るもの", "What this report rests on"),
        box=say(
            f"公開プロファイル {run.profile} による模擬の結果であり、"
            "実際の国のサーバや回線を測ったものではない。"
            "住民の数と異動は仮定で、レコードは架空の人物のものである。"
            "いかなる官庁もこの報告書を発行又は承認していない。",
            f"A rehearsal by the open profile {run.profile}; no real server of the State and no real line was"
            " measured. Numbers of residents and of moves are assumptions, and the records are of people who"
            " do not exist. No authority issued or endorsed this report.",
        ),
    )


def _smaller(results: Results, say: Language) -> str:
    """That fewer took part than the title says, where it speaks of all."""
    plan = results.plan
    if f"{plan.endpoints:,}" in results.run.title_en or "1,892" not in results.run.title_en:
        return ""
    return say(
        f"（縮小：{plan.endpoints:,}市区町村、{plan.records:,}件）",
        f" (smaller: {say.number(plan.endpoints)} municipalities, {say.many(plan.records, 'record')})",
    )


def _nights(results: Results, say: Language) -> str:
    many = len(results.window.nights)
    return say(f"、{many}夜", f", {many} nights") if many > 1 else ""


def _factor(results: Results, say: Language) -> str:
    factor, nights = results.window.factor, results.window.nights
    if factor == 1 or not nights:
        return ""
    lasts = span(nights[0].end - nights[0].start, say)
    return say(
        f"（時計を{factor:g}倍に速め、一夜を{lasts}で実施）",
        f" (the clock {factor:g} times as fast: a night in {lasts})",
    )


def _line(results: Results, say: Language) -> str:
    lines = results.network
    tried = sorted({one.rate for one in results.trials})
    speed = say("、", ", ").join(rate(one, say) for one in tried) if tried else rate(lines.rate, say)
    late = span(lines.latency, say)
    loss = say(f"、損失{share(lines.loss)}", f", loss {share(lines.loss)}") if lines.loss else ""
    return say(f"各市区町村 {speed}、片道遅延{late}{loss}", f"each {speed}, {late} one way{loss}")


# --- the answer ------------------------------------------------------------------------------------
def section(results: Results, say: Language) -> Section:
    """The headline and the key figures."""
    text, detail = headline(results, say)
    blocks: list[Block] = [Verdict(results.outcome == "pass", text, detail)]
    if results.run.stopped:
        blocks.append(
            Text(
                say(
                    f"実行は途中で終了した: {results.run.stopped}",
                    f"The run ended early: {results.run.stopped}",
                ),
                empty=True,
            )
        )
    blocks.append(Tiles(_tiles(results, say)))
    if results.trials:
        last = rate(max(one.rate for one in results.trials), say)
        blocks.append(
            Text(
                say(
                    f"余裕、経過、市区町村ごとの完了、データ量は、最も速い{last}のもの。"
                    "件数と所要時間は、試した全ての速度を合わせたもの。",
                    f"Margin, course, completion and data are those of the fastest rate, {last}; counts of"
                    " records and batches, and times taken, are of all rates together.",
                )
            )
        )
    return Section("answer", say("結論", "The answer"), blocks=tuple(blocks))


def worst(results: Results) -> Night | None:
    """The night with the smallest margin; one without any acknowledgement before all others."""
    return min(
        (night for night in results.window.nights if night.endpoints),
        key=lambda night: -(2**62) if night.margin is None else night.margin,
        default=None,
    )


def headline(results: Results, say: Language) -> tuple[str, str]:
    """Whether the night fitted and with which margin, in a sentence, and what speaks for or against it."""
    night = worst(results)
    if night is None or not results.batches.planned:
        return (
            say("何も送られなかった。", "Nothing was sent."),
            say("この実行からは何も言えない。", "This run says nothing."),
        )
    lost = results.records.lost + results.batches.lost
    doubled = results.records.doubled + results.batches.doubled
    unfinished = sum(one.endpoints - one.finished for one in results.window.nights)
    failed = [one for one in results.judged if one.outcome == "fail"]
    if lost or doubled:
        text = say(f"喪失{lost:,}件、二重処理{doubled:,}件がある。", f"{lost:,} lost, {doubled:,} doubled.")
    elif results.rates:
        text = _rates(results, say)
    elif unfinished:
        text = say(
            f"{unfinished:,}市区町村が、時間帯の内に終わらなかった。",
            f"{unfinished:,} {'municipality was' if unfinished == 1 else 'municipalities were'} not done when"
            " the window ended.",
        )
    else:
        text = _margin(results, night, say)
    return text, _judgement(results, failed, say)


def _margin(results: Results, night: Night, say: Language) -> str:
    if night.margin is None or night.margin < 0:
        return say("時間帯の終わりまでに終わらなかった。", "It was not over when the window ended.")
    part = share(night.margin / (night.end - night.start))
    left = span(night.margin, say)
    if len(results.window.nights) > 1:
        return say(
            f"{len(results.window.nights)}夜とも収まった。余裕は最も少ない夜で{part}（{left}）。",
            f"Every one of {len(results.window.nights)} nights fitted; the tightest had {part} ({left})"
            " to spare.",
        )
    return say(
        f"夜の情報連携は収まった。時間帯の{part}（{left}）を残して、最後の受信確認が済んだ。",
        f"The night fitted: the last acknowledgement came with {part} of the window ({left}) to spare.",
    )


def _rates(results: Results, say: Language) -> str:
    found = [one.night for one in results.rates]
    if any(one is None for one in found):
        return say(
            "試した範囲では、足りる回線速度のない規模がある。",
            "For some sizes none of the usual rates is enough.",
        )
    most = max(one for one in found if one is not None)
    return say(
        f"一夜には、どの規模の市区町村でも{rate(most, say)}の回線で足りる。",
        f"For a night, a line of {rate(most, say)} is enough at every size of municipality.",
    )


def _judgement(results: Results, failed: list[Judged], say: Language) -> str:
    records = results.records
    sums = say(
        f"レコード{records.planned:,}件のうち受理{records.accepted:,}件、拒否{records.rejected:,}件、"
        f"処理待ち{records.pending:,}件、未送信{records.unsent:,}件、喪失{records.lost:,}件。",
        f"Of {say.many(records.planned, 'record')}, {records.accepted:,} accepted, {records.rejected:,}"
        f" rejected, {records.pending:,} pending, {records.unsent:,} never sent, {records.lost:,} lost.",
    )
    blamed = [one for one in results.judged if one.threshold.kind in OF_GENERATOR and one.outcome == "fail"]
    few = sum(one.outcome == "too_few" for one in results.judged)
    if results.outcome == "pass" and few:
        told = say(
            f"判定した条件は全て満たされた（{few:,}件は、計画した件数では見られない）。",
            f"Everything that was judged held; {say.many(few, 'condition')} would need a larger run.",
        )
    elif results.outcome == "pass":
        told = say("求めた条件は全て満たされた。", "Everything that was asked for held.")
    elif len(blamed) == len(failed) and blamed:
        told = say(
            "負荷生成側が限界を超えたため、時間については判定できない。",
            "The load generator was beyond its limits, so nothing is judged of times.",
        )
    elif failed:
        told = say(
            f"条件{len(results.judged):,}件のうち{len(failed):,}件が満たされなかった。",
            f"{len(failed):,} of {say.many(len(results.judged), 'condition')} did not hold.",
        )
    else:
        told = say("判定できない条件がある。", "Some conditions could not be judged.")
    return f"{sums}{say('', ' ')}{told}"


def _tiles(results: Results, say: Language) -> tuple[Tile, ...]:
    night = worst(results)
    margin = None if night is None else night.margin
    window = 0 if night is None else night.end - night.start
    exchange = next((one for one in results.phases if one.id == "exchange"), None)
    spans = None if exchange is None else exchange.corrected or exchange.uncorrected
    marks = {one.percent: one.value for one in quantiles(spans)} if spans else {}
    waiting = max((one.waiting for one in results.series.moments), default=0)
    lost = results.records.lost + results.batches.lost
    doubled = results.records.doubled + results.batches.doubled
    failed = sum(one.outcome == "fail" for one in results.judged)
    blank = sum(one.outcome == "not_judged" for one in results.judged)
    few = sum(one.outcome == "too_few" for one in results.judged)
    held = len(results.judged) - failed - blank - few
    network = results.network
    exchanges = sum(one.endpoints for one in results.window.nights)
    done = sum(one.finished for one in results.window.nights)
    return (
        Tile(
            say("時間帯の終わりまでの余裕", "Margin to the end of the window"),
            span(margin, say),
            second=share(margin / window) if margin is not None and window else "",
            note=_last(night, results, say),
            warn=margin is None or margin < 0 or done < exchanges,
        ),
        Tile(
            say("終わった市区町村", "Municipalities done"),
            say.percent(done, exchanges),
            second=f"{done:,} / {exchanges:,}",
            note=say("時間帯の内に結果まで受け取ったもの", "results acknowledged inside the window"),
            warn=done < exchanges,
        ),
        Tile(
            say("喪失又は二重のもの", "Lost or doubled"),
            say.number(lost + doubled),
            note=say(f"喪失 {lost:,}、二重 {doubled:,}", f"{lost:,} lost, {doubled:,} doubled"),
            warn=bool(lost or doubled),
        ),
        Tile(
            say("条件の判定", "Conditions"),
            say.of(OUTCOMES[results.outcome]),
            note=say(
                f"合 {held:,}、否 {failed:,}、判定不能 {blank:,}" + (f"、件数不足 {few:,}" if few else ""),
                f"{held:,} pass, {failed:,} fail, {blank:,} not judged"
                + (f", {few:,} for which the run is too small" if few else ""),
            ),
            warn=results.outcome != "pass",
        ),
        Tile(
            say("情報連携の所要（99%点）", "An exchange, 99th percentile"),
            span(marks.get(99.0), say),
            note=say(
                f"予定の開始から。中央値 {span(marks.get(50.0), say)}",
                f"from its intended start; median {span(marks.get(50.0), say)}",
            ),
        ),
        Tile(
            say("最も多く溜まった数", "Largest backlog"),
            say.number(waiting),
            note=say(
                "始まるべきで、終わっていない情報連携", "exchanges that should have begun and were not done"
            ),
        ),
        Tile(
            say("運ばれたデータ量", "Data carried"),
            size(network.bytes_up + network.bytes_down, say),
            note=say(
                f"上り {size(network.bytes_up, say)}、下り {size(network.bytes_down, say)}",
                f"{size(network.bytes_up, say)} up, {size(network.bytes_down, say)} down",
            ),
        ),
        Tile(
            say("遅れて始まった負荷", "Arrivals that began late"),
            say.number(results.generator.late),
            note=say(
                f"{results.generator.arrivals:,}件のうち。始まらなかったもの {results.generator.dropped:,}",
                f"of {results.generator.arrivals:,}; never begun: {results.generator.dropped:,}",
            ),
            warn=bool(results.generator.dropped),
        ),
    )


def _last(night: Night | None, results: Results, say: Language) -> str:
    """What stands below the margin: when the last acknowledgement came, or that some never did."""
    if night is None:
        return say("該当なし", "nothing happened")
    if night.margin is not None and night.margin < 0:
        return say("時間帯の終わりの後に終わったものがある", "some were done only after the window ended")
    if night.finished < night.endpoints:
        return say("終わったものについて。終わらなかったものがある", "of those done; some were not")
    told = clock(night.last_acknowledgement, results)
    return say(f"最後の受信確認 {told}", f"last acknowledgement at {told}")


# --- what was asked --------------------------------------------------------------------------------
def thresholds(results: Results, say: Language) -> Section:
    """Each condition with its figure, its limit and the requirement that it answers."""
    rows = tuple(
        Row(
            (
                _named(one, say),
                figure(one.value, one.unit, say),
                _limit(one, say),
                say.of(OUTCOMES[one.outcome]),
                one.threshold.requirement or "–",
                "" if one.why is None else say(one.why.ja, one.why.en),
            ),
            key=one.threshold.id,
            warn=one.outcome == "fail",
        )
        for one in results.judged
    )
    block: Block = (
        Table(
            "thresholds",
            say("条件と判定", "Conditions"),
            (
                Column(say("条件", "Condition"), "text"),
                Column(say("実測", "Measured")),
                Column(say("限度", "Limit")),
                Column(say("判定", "Outcome"), "text"),
                Column(say("要求事項", "Requirement"), "code"),
                Column(say("備考", "Remark"), "text"),
            ),
            rows,
        )
        if rows
        else Text(say("条件は挙げられていない。", "No condition was set."), empty=True)
    )
    return Section(
        "thresholds",
        say("条件の判定", "Conditions"),
        say(
            "全て満たされれば終了コード0、満たされないものがあれば1、判定できなければ2。"
            "負荷生成側が限界を超えたときは、時間に関する条件を判定しない。"
            "計画した件数では見られない条件（件数不足）は、結果を左右しない。",
            "Exit code 0 when all hold, 1 when one does not, 2 when it cannot be judged. When the load"
            " generator itself was beyond its limits, conditions on time are not judged. A condition for"
            " which the run was planned too small (too few) decides nothing.",
        ),
        (block,),
    )


def _named(one: Judged, say: Language) -> str:
    name = say.of(KINDS[one.threshold.kind])
    if one.threshold.kind != "percentile":
        return name
    from load.results import PHASES

    phase = say.of(PHASES.get(one.threshold.phase, (one.threshold.phase,) * 2))
    since = (
        say("予定の開始から", "from the intended start")
        if one.threshold.corrected
        else say("実際の開始から", "from the real start")
    )
    return say(
        f"{phase}、{one.threshold.percentile:g}%点（{since}）",
        f"{phase}, {one.threshold.percentile:g}th percentile ({since})",
    )


def _limit(one: Judged, say: Language) -> str:
    text = figure(one.threshold.limit, one.unit, say)
    if one.threshold.kind in ("margin", "rates_found"):
        return say(f"{text}以上", f"at least {text}")
    return text if one.threshold.limit == 0 else say(f"{text}以下", f"at most {text}")
