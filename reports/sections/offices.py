"""Offices: who takes filings, how long people wait, what is refused and why; where offices differ."""

from __future__ import annotations

from reports import city_labels, labels, plots, svg
from reports.blocks import Block, Column, Figure, Item, Items, Legend, Row, Section, Table
from reports.language import NOTHING, Language
from reports.sections import names
from sim.studies.measures import Measures, Office

NAMED = 8
TITLE = ("窓口", "Offices")


def section(m: Measures, say: Language) -> Section | None:
    """The offices of the run; nothing where nobody queues, is sent on or is refused."""
    keys = [key for key in names.ordered(m, m.offices) if _told(m.offices[key])]
    waited = any(m.offices[key].waited.quantile(1.0) for key in keys)
    sent_on = any(m.offices[key].turned_away for key in keys)
    if not keys or not (waited or sent_on or len(keys) > max(1, len(m.run.sites))):
        return None
    blocks: list[Block] = []
    if any(m.offices[key].visits or m.offices[key].turned_away for key in keys):
        blocks.append(_visits(m, say, keys))
    blocks.append(_table(m, say, keys))
    reasons = _reasons(m, say, keys)
    if reasons.rows:
        blocks.append(reasons)
    if any(m.offices[key].asked or m.offices[key].keyed or m.offices[key].prefilled for key in keys):
        blocks.append(_items(m, say, keys))
    if differing := _differing(m, say, keys):
        blocks.append(Items(tuple(differing)))
    return Section(
        "offices",
        say.of(TITLE),
        say(
            "外国人住民の届出は、受け付ける窓口では全ての手続を行い、受け付けない窓口では何も行わず、"
            "受け付ける窓口を案内する。待ち時間は来庁から呼出しまで。",
            "An office that takes filings of foreign residents does all of the procedure; one that does not"
            " takes nothing and says where to go. Waiting runs from arrival to being called.",
        ),
        tuple(blocks),
    )


def _told(office: Office) -> bool:
    return bool(office.visits or office.turned_away or office.filings or office.closed_to_foreign)


def _visits(m: Measures, say: Language, keys: list[str]) -> Figure:
    title = say("来庁者は、どこで手続をし、どこで案内されたか", "Visits served, and visitors sent on")
    heads = (say("手続をした来庁", "Served"), say("案内又は出直しとなった来庁", "Sent on or away"))
    shown = sorted(keys, key=lambda key: -m.offices[key].visits)[:16]
    chosen = [key for key in keys if key in shown]
    bars = []
    for key in chosen:
        parts = (m.offices[key].visits, sum(m.offices[key].turned_away.values()))
        bars.append(
            plots.Bar(names.office(m, say, key), parts, say(f"{say.number(sum(parts))}組", f"{sum(parts):,}"))
        )
    return Figure(
        "office-visits",
        title,
        (
            plots.bars(
                svg.Caption(f"{say.code}-office-visits", title, say("窓口ごとの来庁。", "Visits by office.")),
                plots.Axes(say("来庁（組）", "visits"), ""),
                bars,
                ("a", "w"),
            ),
        ),
        legend=tuple(Legend(plots.glyph(cls), head) for cls, head in zip(("a", "w"), heads, strict=True)),
        table=Table(
            "office-visits",
            title,
            (Column(say("窓口", "Office"), "text"), *(Column(head) for head in heads)),
            tuple(
                Row(
                    (
                        names.office(m, say, key),
                        say.number(m.offices[key].visits),
                        say.number(sum(m.offices[key].turned_away.values())),
                    ),
                    key=key,
                )
                for key in chosen
            ),
        ),
        note=""
        if len(chosen) == len(keys)
        else say(
            "来庁の多い16の窓口。全ては下の表にある。", "The 16 busiest offices; the table below has all."
        ),
    )


def _table(m: Measures, say: Language, keys: list[str]) -> Table:
    return Table(
        "offices",
        say("窓口ごとの件数", "By office"),
        (
            Column(say("窓口", "Office"), "text"),
            Column(say("来庁（組）", "Visits")),
            Column(say("人数", "Persons")),
            Column(say("待ち時間 中央値/90%（分）", "Waited, median / 90% (minutes)")),
            Column(say("届出", "Filings")),
            Column(say("期限後", "Late")),
            Column(say("不受理", "Refused")),
            Column(say("裏書き", "Endorsed")),
            Column(say("うち後刻", "Made up later")),
            Column(say("注意の書面", "Warnings")),
        ),
        tuple(
            Row(
                (
                    names.office(m, say, key),
                    say.number(office.visits),
                    say.number(office.persons),
                    names.quantiles(say, office.waited) if _queues(m, key) else NOTHING,
                    say.number(office.filings),
                    say.number(office.late),
                    say.number(sum(office.refused.values())),
                    say.number(office.endorsed),
                    say.number(office.made_up),
                    say.number(office.warned),
                ),
                key=key,
            )
            for key in keys
            for office in [m.offices[key]]
        ),
        note=say(
            "注意の書面は、カードがないため別に住居地届出が必要となった者に、二つの期限を示して渡す。",
            "A warning names both limits to somebody whose card was missing and who must notify the residence"
            " separately.",
        )
        + ("" if all(_queues(m, key) for key in keys) else _unqueued(say)),
    )


def _queues(m: Measures, key: str) -> bool:
    """Whether the office's municipality describes its offices, so that people wait in a queue."""
    return any(site.queues for site in m.run.sites if site.code == key.partition("/")[0])


def _unqueued(say: Language) -> str:
    return say(
        "待ち時間が「–」の窓口は、待ち行列を扱っていない。",
        " Where the waiting is a dash, no queue was modelled.",
    )


def _reasons(m: Measures, say: Language, keys: list[str]) -> Table:
    kinds = (
        (say("来庁", "Visit"), "turned_away", city_labels.TURNED_AWAY),
        (say("届出の不受理", "Filing refused"), "refused", city_labels.REFUSED),
        (say("裏書きをしない", "No endorsement"), "withheld", city_labels.WITHHELD),
    )
    rows = []
    for key in keys:
        for what, field, table in kinds:
            counts: dict[str, int] = getattr(m.offices[key], field)
            for reason in labels.in_order(table, set(counts)):
                name = say.of(labels.named(table, reason))
                rows.append(
                    Row(
                        (names.office(m, say, key), what, name, say.number(counts[reason])),
                        key=f"{key}/{field}/{reason}",
                    )
                )
        read = m.offices[key].authenticity
        for outcome in labels.in_order(city_labels.AUTHENTICITY, set(read) - {"match"}):
            name = say.of(labels.named(city_labels.AUTHENTICITY, outcome))
            what = say("真正の確認", "Authenticity")
            rows.append(
                Row(
                    (names.office(m, say, key), what, name, say.number(read[outcome])),
                    key=f"{key}/authenticity/{outcome}",
                )
            )
    return Table(
        "office-reasons",
        say("手続に至らなかった理由", "What was refused or sent on, and why"),
        (
            Column(say("窓口", "Office"), "text"),
            Column(say("段階", "Step"), "text"),
            Column(say("理由", "Reason"), "text"),
            Column(say("件数", "Cases")),
        ),
        tuple(rows),
    )


def _items(m: Measures, say: Language, keys: list[str]) -> Table:
    told = [key for key in keys if m.offices[key].asked or m.offices[key].keyed or m.offices[key].prefilled]
    chip = any(m.offices[key].prefilled for key in told)
    columns = [
        Column(say("窓口", "Office"), "text"),
        Column(say("来庁者に尋ねた項目", "Asked of the person")),
        Column(say("職員が入力した項目", "Keyed in by a clerk")),
    ]
    if chip:
        columns += [
            Column(say("ICチップから入った項目", "Prefilled from the chip")),
            Column(say("入力の割合", "Share keyed in")),
        ]
    rows = []
    for key in told:
        office = m.offices[key]
        cells = [names.office(m, say, key), say.number(office.asked), say.number(office.keyed)]
        if chip:
            cells.append(say.number(office.prefilled))
            cells.append(say.percent(office.keyed, office.keyed + office.prefilled))
        rows.append(Row(tuple(cells), key=key))
    return Table(
        "office-items",
        say(
            "届出書の項目は、誰が書き、誰が入力したか",
            "Items of the forms: asked of people, keyed in by clerks",
        ),
        tuple(columns),
        tuple(rows),
        note=""
        if chip
        else say("ICチップから項目を取り込んだ窓口はない。", "No office took items from the chip."),
    )


def _differing(m: Measures, say: Language, keys: list[str]) -> list[Item]:
    """Offices that do not do what others do."""
    items = []
    for key in keys:
        office = m.offices[key]
        name = names.office(m, say, key)
        if office.closed_to_foreign:
            items.append(
                Item(
                    say(
                        f"{name}は外国人住民の届出を受け付けない。",
                        f"{name} does not take filings of foreign residents.",
                    )
                )
            )
        if office.without_training:
            items.append(
                Item(
                    say(
                        f"{name}では、研修を受けた職員がいないため{say.number(office.without_training)}組が"
                        "手続をできなかった。",
                        f"{name}: {say.many(office.without_training, 'visit')} could not be served because"
                        " nobody there was trained.",
                    ),
                    warn=True,
                )
            )
    for lack in labels.in_order(
        city_labels.SHORTCOMINGS, {one for key in keys for one in m.offices[key].short}
    ):
        which = [names.office(m, say, key) for key in keys if lack in m.offices[key].short]
        told = say.of(labels.named(city_labels.SHORTCOMINGS, lack))
        listed = say("、", "; ").join(which[:NAMED]) + (
            say(f"ほか{len(which) - NAMED}", f"; and {len(which) - NAMED} more") if len(which) > NAMED else ""
        )
        items.append(Item(say(f"{told}: {listed}。", f"{told[0].upper()}{told[1:]}: {listed}.")))
    return items
