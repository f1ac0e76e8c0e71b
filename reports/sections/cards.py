"""ICカード取扱端末: what was read, what was written to chips and why not, and how old pattern files grew."""

from __future__ import annotations

from reports import city_labels, labels, plots, svg
from reports.blocks import Block, Column, Figure, Legend, Row, Section, Table
from reports.language import Language
from reports.sections import names
from sim.studies.measures import CardTerminal, Measures

TITLE = ("ICカード取扱端末", "Card terminals")


def section(m: Measures, say: Language) -> Section | None:
    """Reads, writes and pattern files, terminal by terminal."""
    if not m.card_terminals:
        return None
    keys = sorted(m.card_terminals)
    blocks: list[Block] = [_reads(m, say, keys)]
    if any(one.written or one.write_refused for one in m.card_terminals.values()):
        blocks += [_writes(m, say, keys), _reasons(m, say)]
    if any(one.updated or one.outdated for one in m.card_terminals.values()):
        blocks.append(_patterns(m, say, keys))
    real = sum(one.real for one in m.card_terminals.values())
    return Section(
        "cards",
        say.of(TITLE),
        say(
            "券面と、ICチップの読取りとを比べる端末。情報連携端末とは別の機器である。"
            + (f"読取りのうち{say.cases(real)}は模擬カードの実際のチップ処理による。" if real else ""),
            "These compare a card's face with its chip and are other machines than the exchange terminal."
            + (f" {say.many(real, 'read')} went to real (simulated) chips." if real else ""),
        ),
        tuple(blocks),
    )


def _name(m: Measures, say: Language, key: str) -> str:
    one = m.card_terminals[key]
    place = names.office(m, say, f"{key.split('-')[1]}/{one.office}") if one.office else key
    return place + _connection(say, one)


def _connection(say: Language, one: CardTerminal) -> str:
    if not one.connection:
        return ""
    told = say.of(labels.named(city_labels.CONNECTIONS, one.connection))
    return say(f"（{told}）", f" ({told})")


def _reads(m: Measures, say: Language, keys: list[str]) -> Figure:
    title = say("読取りの結果", "What reading showed")
    outcomes = labels.in_order(
        city_labels.AUTHENTICITY, {o for one in m.card_terminals.values() for o in one.reads}
    )
    classes = tuple(
        {"match": "a", "mismatch": "w", "unreadable": "c"}.get(outcome, "g") for outcome in outcomes
    )
    bars = [
        plots.Bar(
            _name(m, say, key),
            tuple(m.card_terminals[key].reads.get(outcome, 0) for outcome in outcomes),
            say(
                f"{sum(m.card_terminals[key].reads.values()):,}枚",
                f"{sum(m.card_terminals[key].reads.values()):,}",
            ),
        )
        for key in keys
    ]
    heads = [say.of(labels.named(city_labels.AUTHENTICITY, outcome)) for outcome in outcomes]
    return Figure(
        "card-reads",
        title,
        (
            plots.bars(
                svg.Caption(f"{say.code}-card-reads", title, say("端末ごとの件数。", "Reads by terminal.")),
                plots.Axes(say("読取り（枚）", "cards read"), ""),
                bars,
                classes,
            ),
        ),
        legend=tuple(Legend(plots.glyph(c), head) for c, head in zip(classes, heads, strict=True)),
        table=Table(
            "card-reads",
            title,
            (
                Column(say("端末", "Terminal"), "text"),
                *(Column(head) for head in heads),
                Column(say("うち模擬チップ", "Of real chips")),
                Column(say("読取りせず", "Refused")),
            ),
            tuple(
                Row(
                    (
                        _name(m, say, key),
                        *(say.number(one.reads.get(outcome, 0)) for outcome in outcomes),
                        say.number(one.real),
                        say.number(sum(one.read_refused.values())),
                    ),
                    key=key,
                )
                for key in keys
                for one in [m.card_terminals[key]]
            ),
        ),
    )


def _writes(m: Measures, say: Language, keys: list[str]) -> Figure:
    """Refusals before the start was allowed stand apart: they say nothing of how writing works after it."""
    title = say("ICチップへの住居地の書込み", "Writing the place of residence to the chip")
    heads = (
        say("書き込んだ", "Written"),
        say("書き込まなかった", "Not written"),
        say("開始が許される前に書き込まなかった", "Not written before the start was allowed"),
    )
    bars = []
    for key in keys:
        one = m.card_terminals[key]
        refused = sum(one.write_refused.values()) - one.refused_before
        share = say.percent(one.written, one.written + refused)
        bars.append(plots.Bar(_name(m, say, key), (one.written, refused, one.refused_before), share))
    return Figure(
        "card-writes",
        title,
        (
            plots.bars(
                svg.Caption(f"{say.code}-card-writes", title, say("端末ごとの件数。", "Writes by terminal.")),
                plots.Axes(say("件数", "cards"), ""),
                bars,
                ("a", "w", "g"),
            ),
        ),
        legend=tuple(Legend(plots.glyph(c), head) for c, head in zip(("a", "w", "g"), heads, strict=True)),
        note=say(
            "右端は、開始が許された後の書込みのうち行われたものの割合。",
            "At the right: the share written, of those asked for after the start was allowed.",
        ),
        table=Table(
            "card-writes",
            title,
            (
                Column(say("端末", "Terminal"), "text"),
                *(Column(head) for head in heads),
                Column(say("割合", "Share")),
            ),
            tuple(
                Row((bar.label, *(say.number(part) for part in bar.segments), bar.total), key=key)
                for bar, key in zip(bars, keys, strict=True)
            ),
        ),
    )


def _reasons(m: Measures, say: Language) -> Table:
    """Why the chip was not written; the authority's reasons, of which one refusal may have several."""
    refused: dict[str, int] = {}
    for one in m.card_terminals.values():
        for table in (one.not_authorised, {"switched_off": one.write_refused.get("switched_off", 0)}):
            for reason, times in table.items():
                refused[reason] = refused.get(reason, 0) + times
        for reason, times in one.write_refused.items():
            if reason not in one.not_authorised and reason != "switched_off":
                refused[reason] = refused.get(reason, 0) + times
    order = sorted((key for key in refused if refused[key]), key=lambda key: (-refused[key], key))
    return Table(
        "write-reasons",
        say("書き込まなかった理由", "Why chips were not written"),
        (Column(say("理由", "Reason"), "prose"), Column(say("件数", "Cases"))),
        tuple(Row((say.of(city_labels.reason(key)), say.number(refused[key])), key=key) for key in order),
        note=say(
            "一つの書込みに複数の理由があり得るため、合計は書き込まなかった件数を超えることがある。",
            "One write may be barred for several reasons, so these may add up to more than the writes"
            " barred.",
        ),
    )


def _patterns(m: Measures, say: Language, keys: list[str]) -> Table:
    return Table(
        "patterns",
        say("パターンファイル", "Pattern files"),
        (
            Column(say("端末", "Terminal"), "text"),
            Column(say("更新", "Updated"), "text"),
            Column(say("期限切れとなった回数", "Found too old")),
            Column(say("古さの最長（日）", "Greatest age, days")),
        ),
        tuple(
            Row(
                (
                    _name(m, say, key),
                    names.listed(say, city_labels.MANNERS, one.updated) or "–",
                    say.number(one.outdated),
                    "–" if one.ages.largest is None else say.number(one.ages.largest),
                ),
                key=key,
                warn=bool(one.outdated),
            )
            for key in keys
            for one in [m.card_terminals[key]]
        ),
        note=say(
            "古さは、更新の時と期限切れと判定した時に、ファイルの作成日から数える。更新後の日々は含まない。",
            "Age counts from the day the file was made, when it came and when it was found too old.",
        ),
    )
