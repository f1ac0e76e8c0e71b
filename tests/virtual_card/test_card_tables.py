"""docs/card-tables.md shows the two tables of the room as the code has them: faces and chips, and forgeries.

After a change: `python tests/virtual_card/test_card_tables.py` writes it anew.
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from virtual_card.faces import FIRST_CARDS_FROM, ITEM_NAMES, NEW_CARDS_FROM, TABLE, Held, Row, Side
from virtual_card.forgeries import FORGERIES, Forgery
from virtual_card.layouts import CardType, profile_of

DOCUMENT = Path(__file__).parents[2] / "docs" / "card-tables.md"

HEAD = f"""# What cards bear, and how they are forged

Written by `tests/virtual_card/test_card_tables.py` from `virtual_card/face_table.py` and
`virtual_card/forgeries.py`; a test compares.

## Printed face × chip field × generation × date of issue

Types 1 and 2 are issued from {FIRST_CARDS_FROM} to 2026-06-13, types 05 to 08 from {NEW_CARDS_FROM} on.
From that day the Act takes the period of stay, the permission and the date of issue off the card, while the
chip's specification still holds two of the three: the face follows the Act, the chip its specification.
`image`: for eyes only, a program must not take it over as text. `signed`: the card's signature covers it.
"""
FORGED = """## Forgeries

With the evidence in the third column the verdict is due, and with less it is not: the selftest tries every
set of evidence on every type.
UNDETECTABLE: no evidence a counter can have gives it away, and GENUINE is the honest answer.
"""


def document() -> str:
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield HEAD
    by_rows = groupby(TABLE, key=lambda kind: TABLE[kind])
    for rows, kinds in by_rows:
        yield from _face(rows, list(kinds))
    yield FORGED
    yield "| id | what it is | types: evidence | verdict | reason |"
    yield "|---|---|---|---|---|"
    for forgery in FORGERIES.values():
        yield _forgery(forgery)


def _face(rows: tuple[Row, ...], kinds: list[CardType]) -> Iterator[str]:
    yield "### " + ", ".join(f"{kind}: {profile_of(kind).ja}" for kind in kinds)
    yield ""
    yield "| item | printed | chip field | held as | signed | source | doubt |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        printed = "no" if row.side is Side.NOT_PRINTED else row.side.value
        field = f"`{row.field}`" if row.field else "none"
        held = "not held" if row.held is Held.NOT_HELD else row.held.value
        signed = "yes" if row.signed else "no"
        cells = (ITEM_NAMES[row.item], printed, field, held, signed, row.source, row.doubt or "")
        yield f"| {' | '.join(cells)} |"
    yield ""


def _forgery(forgery: Forgery) -> str:
    evidence = "; ".join(f"{', '.join(kinds)}: {told}" for told, kinds in forgery.needs_by_words.items())
    reason = f"`{forgery.reason}`" if forgery.reason else "none"
    told = f"{forgery.ja}. {forgery.changes}"
    return f"| `{forgery.id}` | {told} | {evidence} | {forgery.verdict} | {reason} |"


def test_the_document_shows_the_tables_as_they_are() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), (
        f"the tables changed: write the document anew with `python {Path(__file__).name}`"
    )


def test_every_type_that_is_issued_and_every_forgery_is_in_the_document() -> None:
    text = document()
    assert all(f"{kind}: {profile_of(kind).ja}" in text for kind in TABLE)
    assert all(f"| `{forgery_id}` |" in text for forgery_id in FORGERIES)


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
