"""The page of a comparison: the answer in a sentence and a picture, then every key figure.

A pure function of the comparison; it shares template and style with the report of a run.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from reports import pairs, plots, svg
from reports.blocks import (
    Block,
    Column,
    Figure,
    Heading,
    Item,
    Items,
    Pair,
    Row,
    Section,
    Table,
    Verdict,
)
from reports.differences import all_figures, change, difference, interval_of, mean_of, signed, value_of
from reports.language import EN, JA, NOTHING, Language
from reports.page import page
from reports.sections.overview import Fact, Header
from reports.sections.promise import planned
from sim.studies.comparison import Compared, Comparison, Variant, answering
from sim.studies.figures import figure_of

_LEAST_PAIRS: Final = 2


def render(comparison: Comparison) -> str:
    """The whole page as HTML text. The same text for the same comparison."""
    return page(lambda say: (_header(comparison, say), _sections(comparison, say)))


def answered(comparison: Comparison) -> Comparison:
    """The comparison with its answer in both languages, for programs."""
    told = {}
    for say in (JA, EN):
        good, sentence, detail = answer(comparison, say)
        told[say.code] = {"sentence": sentence, "detail": detail, "shown": "yes" if good else "no"}
    return msgspec.structs.replace(comparison, answer=told)


def answer(comparison: Comparison, say: Language) -> tuple[bool, str, str]:
    """The answer: whether a difference was shown, the sentence, and how far it goes."""
    found = answering(comparison)
    count = len(comparison.seeds)
    if found is None:
        why = say(
            "どちらのシナリオでも比べられる事象が起きていない。",
            "Nothing that could be compared happened in either scenario.",
        )
        return False, say("比較できない。", "No answer."), why
    name = say(found.ja, found.en)
    if found.difference is None:
        return False, say("比較できない。", "No answer."), _missing(found, name, say)
    pairs_told = say(f"{found.pairs:,}組の反復", say.many(found.pairs, "paired replication"))
    if found.same:
        pairs_told = say(f"{pairs_told}。", f"{pairs_told}.")
        sentence = say(
            f"「{name}」はAとBで全く同じである（{mean_of(found, found.mean_a, say)}）。",
            f"A and B do not differ at all in {name}: {mean_of(found, found.mean_a, say)}.",
        )
        if all(figure.same for figure in comparison.figures):
            sentence = say(
                "AとBは、挙げた全ての数値で全く同じである。", "A and B are equal in every figure listed."
            )
        return True, sentence, pairs_told
    means = say(
        f"Aの平均 {mean_of(found, found.mean_a, say)}、Bの平均 {mean_of(found, found.mean_b, say)}",
        f"mean of A {mean_of(found, found.mean_a, say)}, of B {mean_of(found, found.mean_b, say)}",
    )
    if not found.shown:
        if count < _LEAST_PAIRS:
            why = say(
                "反復が1回では偶然と区別できない。--replications を増やすこと。",
                "One replication cannot be told from chance: ask for more with --replications.",
            )
            return (
                False,
                say(f"「{name}」の差は判断できない。", f"No answer for {name}."),
                say(f"{means}。{why}", f"{means}. {why}"),
            )
        gap = signed(found, found.difference, say, mean=True)
        sentence = say(
            f"「{name}」に差があるとは言えない（B − A は{gap}、95%信頼区間 {interval_of(found, say)}）。",
            f"No difference was shown in {name}: B less A is {gap},"
            f" 95% confidence interval {interval_of(found, say)}.",
        )
        return False, sentence, say(f"{means}。{pairs_told}。", f"{means}; {pairs_told}.")
    more = found.difference > 0
    size = change(found, abs(found.difference), say, mean=True)
    sentence = say(
        f"Bでは「{name}」がAより{size}{'増える' if more else '減る'}"
        f"（差の95%信頼区間 {interval_of(found, say)}）。",
        f"{name[0].upper()}{name[1:]}: {size} {'more' if more else 'less'} with B than with A"
        f" (95% confidence interval of the difference {interval_of(found, say)}).",
    )
    return True, sentence, say(f"{means}。{pairs_told}。", f"{means}; {pairs_told}.")


def _missing(found: Compared, name: str, say: Language) -> str:
    """Which side does not have the figure."""
    has_a, has_b = (any(value is not None for value in side) for side in (found.a, found.b))
    if figure_of(found.key).watched:
        if has_a == has_b:
            return say(f"「{name}」: どちらも監視していない。", f"Neither side watches for {name}.")
        side = "B" if has_a else "A"
        return say(
            f"「{name}」: {side}は監視していない（exchange.watches_periods）。",
            f"{side} does not watch for {name} (exchange.watches_periods).",
        )
    if has_a or has_b:
        side = "B" if has_a else "A"
        return say(
            f"「{name}」は{side}では測られていない。同じものを両方に含むシナリオを比べること。",
            f"{side} does not measure {name}: compare scenarios that both have it.",
        )
    return say(f"「{name}」はどちらでも測られていない。", f"Neither side measures {name}.")


def _alike(comparison: Comparison) -> bool:
    """Whether both sides have the same people over the same days."""
    a, b = comparison.a, comparison.b
    return (a.residents, a.start, a.days) == (b.residents, b.start, b.days)


def _header(comparison: Comparison, say: Language) -> Header:
    seeds = comparison.seeds
    facts = [
        Fact(f"{side}", f"{say(one.title_ja, one.title_en)}")
        for side, one in (("A", comparison.a), ("B", comparison.b))
    ]
    facts += [
        Fact(
            say(f"{side}の規模", f"Size of {side}"),
            say(
                f"外国人住民 {one.residents:,}人、{_day(one.start, say)}から{one.days:,}日間",
                f"{say.many(one.residents, 'foreign resident')}, {say.many(one.days, 'day')} from"
                f" {_day(one.start, say)}",
            ),
        )
        for side, one in (("A", comparison.a), ("B", comparison.b))
    ]
    facts += [
        Fact(say(f"{side}で起きない予定", f"Not played in {side}"), _beyond(one, say))
        for side, one in (("A", comparison.a), ("B", comparison.b))
        if one.beyond
    ]
    facts += [
        Fact(
            say("反復", "Replications"),
            say(
                f"{len(seeds)}組（乱数の種 {seeds[0]}から{seeds[-1]}まで、AとBで同じ種）",
                f"{say.many(len(seeds), 'pair')}, seeds {seeds[0]} to {seeds[-1]}, the same for A and B",
            ),
        ),
        Fact(say("版", "Version"), f"renkei {comparison.version}"),
        Fact(say("再実行", "Run it again"), comparison.command, code=True),
    ]
    return Header(
        kicker=say("renkei 市町村連携 比較報告書", "renkei: two scenarios compared"),
        title=say(
            f"比較: {comparison.a.asked} と {comparison.b.asked}",
            f"{comparison.a.asked} against {comparison.b.asked}",
        ),
        facts=tuple(facts),
        box_title=say("この報告書が拠るもの", "What this report rests on"),
        box=_rests_on(comparison, say),
    )


def _day(iso: str, say: Language) -> str:
    return say.day(date.fromisoformat(iso))


def _beyond(one: Variant, say: Language) -> str:
    """What the scenario plans after the last day that was run."""
    named = [planned(late, say) for late in one.beyond]
    return say(
        f"末日より後の予定{len(named)}件: " + "、".join(named),
        f"{len(named)} planned after the last day: " + "; ".join(named),
    )


def _rests_on(comparison: Comparison, say: Language) -> str:
    """How far the pairs carry."""
    if not _alike(comparison):
        return say(
            "AとBは住民の数、期間又は長さが異なり、同じ人々の対にはなっていない。件数や量の差は規模の差を含む。"
            "割合と時間だけを比べること。差は同じ種の反復ごとに取り、信頼区間はその平均のもの"
            "（スチューデントのt分布）である。いかなる官庁もこの報告書を発行又は承認していない。",
            "A and B differ in residents, period or length: their pairs are not the same people, and"
            " differences of counts and volumes are also those of size. Compare shares and times only."
            " Differences are taken by seed, and the interval is that of their mean (Student's t)."
            " No authority issued or endorsed this report.",
        )
    return say(
        "各組では同じ人々が同じ日に同じことをし、シナリオの違いだけが結果を変える。差は組ごとに取り、信頼区間は"
        "その平均のもの（スチューデントのt分布）である。示された差はこのモデルと仮定の下での差であり、"
        "いかなる官庁もこの報告書を発行又は承認していない。",
        "In each pair the same people do the same things on the same days; only what the scenarios"
        " change makes a difference. Differences are taken pair by pair, and the interval is that of"
        " their mean (Student's t). A difference that is shown is one of this model and its assumptions;"
        " no authority issued or endorsed this report.",
    )


def _sections(comparison: Comparison, say: Language) -> list[Section]:
    return [_answer(comparison, say), all_figures(comparison, say), _basis(comparison, say)]


def _answer(comparison: Comparison, say: Language) -> Section:
    good, sentence, detail = answer(comparison, say)
    blocks: list[Block] = [Verdict(good, sentence, detail)]
    found = answering(comparison)
    if found is not None and found.pairs:
        blocks.append(Pair((_slopes(found, say), _values(comparison, found, say))))
    return Section("answer", say("答え", "The answer"), blocks=tuple(blocks))


def _slopes(found: Compared, say: Language) -> Figure:
    name, unit = say(found.ja, found.en), say(found.unit_ja, found.unit_en)
    both = _both(found)
    title = say(f"{name}: 反復ごとのAとB", f"{name}: A and B in each replication")
    caption = svg.Caption(
        f"{say.code}-slopes",
        title,
        say(
            f"{len(both)}組のそれぞれで、左のAの値から右のBの値へ線を引く。太い線は平均。",
            f"For each of {say.many(len(both), 'pair')} a line from A on the left to B on the right; the dark"
            " line joins the means.",
        ),
    )
    plot = pairs.slopes(caption, plots.Axes("", unit), ("A", "B"), both)
    return Figure("slopes", title, (plot,))


def _values(comparison: Comparison, found: Compared, say: Language) -> Table:
    rows = tuple(
        Row(
            (str(seed), value_of(found, a, say), value_of(found, b, say), difference(found, a, b, say)),
            str(seed),
        )
        for seed, a, b in zip(comparison.seeds, found.a, found.b, strict=True)
    )
    mean = (
        say("平均", "mean"),
        mean_of(found, found.mean_a, say),
        mean_of(found, found.mean_b, say),
        NOTHING if found.difference is None else signed(found, found.difference, say, mean=True),
    )
    return Table(
        "pairs",
        say("反復ごとの値", "The values, replication by replication"),
        (Column(say("種", "Seed")), Column("A"), Column("B"), Column(say("B − A", "B less A"))),
        (*rows, Row(mean, "mean", total=True)),
    )


def _basis(comparison: Comparison, say: Language) -> Section:
    blocks: list[Block] = [Heading(say("Aの仮定", "Assumptions of A"))]
    blocks.append(_items(comparison.assumptions, say))
    if comparison.other_assumptions:
        blocks.append(Heading(say("Bだけの仮定", "Assumptions of B alone")))
        blocks.append(_items(comparison.other_assumptions, say))
    return Section("basis", say("仮定", "Assumptions"), blocks=tuple(blocks))


def _items(assumptions: tuple[dict[str, str], ...], say: Language) -> Items:
    source = say("出典: ", "Source: ")
    return Items(
        tuple(Item(one.get(say.code, ""), source + one.get(f"source_{say.code}", "")) for one in assumptions)
    )


def _both(found: Compared) -> list[tuple[float, float]]:
    return [(a, b) for a, b in zip(found.a, found.b, strict=True) if a is not None and b is not None]
