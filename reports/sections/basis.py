"""What the figures rest on: the scenario's assumptions, and facts that no source confirmed."""

from __future__ import annotations

from collections.abc import Sequence

from reports.blocks import Block, Heading, Item, Items, Section, Text
from reports.language import Language
from sim.studies.measures import Measures


def section(m: Measures, say: Language, silent: Sequence[str] = ()) -> Section:
    """Two lists, and the titles of the sections for which the run had nothing to say."""
    blocks: list[Block] = [Heading(say("シナリオの仮定", "Assumptions of the scenario"))]
    if m.run.assumptions:
        source = say("出典: ", "Source: ")
        blocks.append(
            Items(
                tuple(
                    Item(given.get(say.code, ""), source + given.get(f"source_{say.code}", ""))
                    for given in m.run.assumptions
                )
            )
        )
    else:
        blocks.append(
            Text(say("シナリオは仮定を挙げていない。", "The scenario names no assumptions."), empty=True)
        )
    blocks.append(Heading(say("確認できていない事項", "Facts that could not be confirmed")))
    if m.run.unconfirmed:
        blocks.append(
            Items(
                tuple(
                    Item(
                        fact.get(f"statement_{say.code}", ""),
                        fact.get(f"reason_{say.code}", ""),
                        _id(m, fact.get("id", ""), say),
                    )
                    for fact in m.run.unconfirmed
                )
            )
        )
    else:
        blocks.append(Text(say("挙げられた事項はない。", "None is listed."), empty=True))
    if silent:
        blocks.append(
            Text(
                say(
                    "この実行に該当する事象がなく、節を設けなかったもの: " + "、".join(silent) + "。",
                    "Nothing to show in this run, so no section: " + ", ".join(silent) + ".",
                )
            )
        )
    return Section(
        "basis", say("仮定と未確認の事項", "Assumptions and unconfirmed facts"), blocks=tuple(blocks)
    )


def _id(m: Measures, fact: str, say: Language) -> str:
    """The fact's id, and how many accepted filings lean on it."""
    count = m.rests_on.get(fact)
    if count is None:
        return fact
    return f"{fact} ({count:,} {say('件の届出', 'filings' if count != 1 else 'filing')})"
