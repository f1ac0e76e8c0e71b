"""What the scenario promises, with the key figures that show it; and what the run was too short for."""

from __future__ import annotations

from reports.amounts import amount
from reports.blocks import Block, Column, Item, Items, Row, Section, Table, Text
from reports.language import Language
from reports.sections.period import last_day
from sim.studies.figures import KeyFigure, figure_of
from sim.studies.measures import Measures


def section(m: Measures, say: Language) -> Section | None:
    """The promise and its figures; nothing where the scenario promises nothing and nothing was left out."""
    run = m.run
    shows = say(run.shows_ja, run.shows_en)
    blocks: list[Block] = [Text(shows)] if shows else []
    if run.answers:
        blocks.append(_figures(m, say))
    if run.beyond:
        blocks.append(Items((_beyond(m, say),)))
    title = say("このシナリオが示すもの", "What this scenario shows")
    return Section("promise", title, blocks=tuple(blocks)) if blocks else None


def _figures(m: Measures, say: Language) -> Table:
    figures = [figure_of(key) for key in m.run.answers]
    return Table(
        "promise",
        say("この実行での値", "What this run gave"),
        (Column(say("数値", "Figure"), "prose"), Column(say("値", "Value"))),
        tuple(Row((_named(one, say), _value(m, one, say)), key=one.key) for one in figures),
    )


def _named(figure: KeyFigure, say: Language) -> str:
    name = say(figure.ja, figure.en)
    return name[0].upper() + name[1:]


def _value(m: Measures, figure: KeyFigure, say: Language) -> str:
    value = figure.value(m)
    if value is not None:
        return amount(value, figure.digits, (figure.unit_ja, figure.unit_en), say)
    return not_watched(say) if figure.watched and not m.run.watches else say("該当なし", "no cases")


def not_watched(say: Language) -> str:
    """In the place of a number that nobody counted."""
    return say("監視していない", "not watched")


def _beyond(m: Measures, say: Language) -> Item:
    """Planned happenings that the run did not come to."""
    late = m.run.beyond
    last = say.day(last_day(m.run))
    told = say("、", "; ").join(planned(one, say) for one in late)
    return Item(
        say(
            f"シナリオの予定のうち{say.cases(len(late))}は、実行した期間の末日（{last}）より後にあり、起きていない。",
            f"Planned by the scenario after the last day that was run ({last}), and so not played:"
            f" {say.number(len(late))}.",
        ),
        told,
        warn=True,
    )


def planned(one: dict[str, str], say: Language) -> str:
    """One planned happening with its moment."""
    moment = say.moment(one.get("at", ""))
    return one.get(say.code, "") + say(f"（{moment}）", f" ({moment})")
