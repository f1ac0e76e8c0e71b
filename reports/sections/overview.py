"""What ran, on what it rests, and the key figures."""

from __future__ import annotations

from dataclasses import dataclass

from reports import labels
from reports.blocks import Section, Tile, Tiles
from reports.language import Language
from reports.sections.period import last_day, planned, without_exchange
from sim.studies.measures import Distribution, Measures, Run

NAMED_PLACES = 6


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the header: `code` when it is something to type."""

    label: str
    value: str
    code: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """The top of the page."""

    kicker: str
    title: str
    facts: tuple[Fact, ...]
    box_title: str
    box: str


def header(m: Measures, say: Language) -> Header:
    """What was run, how to run it again, and how far it may be trusted."""
    run = m.run
    days = planned(run)
    first, last = say.day(days[0]) if days else run.start, say.day(last_day(run))
    length = say(f"{say.number(run.days)}日間", say.many(run.days, "day"))
    line = (
        say(f"{say.number(run.line_rate // 1000)} kbit/s、", f"{say.number(run.line_rate // 1000)} kbit/s, ")
        if run.line_rate
        else say("速度の制限なし、", "no limit of speed, ")
    )
    times = run.exchange_at.replace("、", ", ")
    lines_ja, lines_en = ("各市区町村の回線", "each line") if len(run.sites) > 1 else ("回線", "line")
    facts = (
        Fact(say("シナリオ", "Scenario"), run.scenario, code=True),
        _places(run, say),
        Fact(
            say("期間", "Period"), say(f"{first}から{last}まで（{length}）", f"{first} to {last} ({length})")
        ),
        Fact(
            say("外国人住民", "Foreign residents"),
            say(
                f"開始時 {say.number(run.residents)}人、終了時 {say.number(m.residents_end)}人",
                f"{say.number(run.residents)} at the start, {say.number(m.residents_end)} at the end",
            ),
        ),
        Fact(
            say("情報連携", "Exchange"),
            say(
                f"毎日 {run.exchange_at}、{lines_ja} {line}片道遅延 {run.line_latency_ms} ms",
                f"daily at {times}; {lines_en} {line}{run.line_latency_ms} ms one way",
            )
            if run.clock == "simulated"
            else say(
                f"毎日 {run.exchange_at}、二つのプロセスの間の実際のTLS接続",
                f"daily at {times}; a real TLS connection between two processes",
            ),
        ),
        Fact(say("プロファイル", "Profile"), run.profile),
        Fact(
            say("乱数の種", "Seed"),
            say(
                f"{run.seed}（renkei {run.version}、記録 {say.number(m.journal_lines)}行）",
                f"{run.seed} (renkei {run.version}, {say.number(m.journal_lines)} journal lines)",
            ),
        ),
        Fact(say("再実行", "Run it again"), run.command, code=True),
    )
    return Header(
        kicker=say("renkei 市町村連携 実行結果報告書", "renkei: report on an exchange"),
        title=say(run.title_ja, run.title_en),
        facts=facts,
        box_title=say("この報告書が拠るもの", "What this report rests on"),
        box=say(
            f"この結果は公開プロファイル {run.profile} に拠る。これは法令と公開資料からの再構成であり、"
            f"{labels.agency(last_day(run))[0]}の連携インタフェース仕様は公開されていない。"
            "いかなる官庁もこの報告書を発行又は承認していない。人口と各種の率は仮定である。",
            f"These results rest on the open profile {run.profile}, a reconstruction from the Acts and from"
            " public documents: the agency's interface specification is not public. No authority issued or"
            " endorsed this report. Population and rates are assumptions.",
        ),
    )


def _places(run: Run, say: Language) -> Fact:
    """The municipality, or how many and which."""
    if run.municipality or not run.sites:
        name = say(run.municipality_ja, run.municipality_en)
        return Fact(
            say("市区町村", "Municipality"), f"{name} ({run.municipality})" if run.municipality else name
        )
    named = [say(one.ja, one.en) for one in run.sites[:NAMED_PLACES]]
    more = len(run.sites) - len(named)
    listed = say("、", ", ").join(named)
    return Fact(
        say("市区町村", "Municipalities"),
        say(
            f"{say.number(len(run.sites))}市区町村（{listed}{f'ほか{more}' if more else ''}）",
            f"{say.number(len(run.sites))}: {listed}{f' and {more} more' if more else ''}",
        ),
    )


def figures(m: Measures, say: Language) -> Section:
    """The key figures."""
    return Section("figures", say("主な結果", "Key figures"), blocks=(Tiles(_tiles(m, say)),))


def _tiles(m: Measures, say: Language) -> tuple[Tile, ...]:
    in_time = sum(cell.in_time for cell in m.filings.values())
    late = sum(cell.late for cell in m.filings.values())
    refused = sum(cell.refused for cell in m.filings.values())
    filed = in_time + late
    able = [m.filings[kind] for kind in labels.DEEMABLE if kind in m.filings]
    could = sum(cell.in_time + cell.late for cell in able)
    deemed = sum(sum(cell.deemed.values()) for cell in able)
    agency = labels.agency(last_day(m.run))
    rests = [balance.rest for balance in m.balances.values()]
    lost = sum(balance.lost for balance in m.balances.values())
    batch_rests = [balance.rest for balance in m.batches.values()]
    missing = sum(rest for rest in rests if rest > 0)
    surplus = -sum(rest for rest in rests if rest < 0)
    idle = without_exchange(m)
    daily = [m.exchange[d].exchanges if (d := day.isoformat()) in m.exchange else 0 for day in planned(m.run)]
    return (
        Tile(
            say("届出（受理）", "Filings accepted"),
            say.number(filed),
            note=say(
                f"ほかに受理されなかったもの {say.cases(refused)}", f"and {say.number(refused)} refused"
            ),
        ),
        Tile(
            say("届出期間内の割合", "Filed in time"),
            say.percent(in_time, filed),
            note=say(f"期間を過ぎたもの {say.cases(late)}", f"{say.number(late)} came late"),
        ),
        Tile(
            say("みなし届出の割合", "Deemed filings"),
            say.percent(deemed, could),
            note=say(
                f"対象となり得る届出{say.cases(could)}のうち{say.cases(deemed)}",
                f"{say.number(deemed)} of {say.many(could, 'filing')} of kinds that can be deemed",
            ),
        ),
        _spans(
            say,
            m.event_to_agency,
            say(f"異動から{agency[0]}の受理まで", "From event to the agency"),
        ),
        _spans(
            say,
            m.agency_to_register,
            say(f"{agency[0]}の決定から住民票の修正まで", "From agency decision to the register"),
        ),
        Tile(
            say("1日の情報連携の最少回数", "Fewest exchanges a day"),
            say.number(min(daily, default=0)),
            note=say(
                f"情報連携のない日 {say.number(len(idle))}日（最初の上りバッチが受理された日に数える）",
                f"{say.many(len(idle), 'day')} without; an exchange counts on the day its first batch up is"
                " taken in",
            ),
            warn=bool(idle),
        ),
        Tile(
            say("喪失又は二重のレコード", "Records lost or doubled"),
            say.number(lost + missing + surplus),
            note=say(
                f"喪失 {say.number(lost)}、差引残の不足 {say.number(missing)}、超過 {say.number(surplus)}",
                f"{say.number(lost)} lost, {say.number(missing)} missing, {say.number(surplus)} too many",
            )
            + (say("。バッチにも残がある", "; batches leave a rest too") if any(batch_rests) else ""),
            warn=lost > 0 or any(rests) or any(batch_rests),
        ),
        Tile(
            say("処理待ちのレコード", "Records pending"),
            say.number(sum(balance.pending for balance in m.balances.values())),
            note=say("期間の終わりに結果が出ていないもの", "without a verdict when the period ended"),
        ),
    )


def _spans(say: Language, spans: Distribution, label: str) -> Tile:
    """A tile of a median with its 90th percentile."""
    if spans.total == 0:
        return Tile(label, say.hours(None), note=say("該当なし", "no cases"))
    median, ninety = spans.quantile(0.5) or 0, spans.quantile(0.9)
    return Tile(
        label,
        say.hours(median),
        second=say(f"90パーセンタイル {say.hours(ninety)}", f"90th percentile {say.hours(ninety)}"),
        note=say(
            f"{say.cases(spans.total)}の中央値（{say.days_of(median)}）",
            f"median of {say.many(spans.total, 'case')} ({say.days_of(median)})",
        ),
    )
