"""The way of a record is drawn from the journal, and the picture in the documentation is such a drawing."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from reports.trace import AFTERWARDS, LANES, LINK, draw, way_of
from sim.base.errors import UsageError
from sim.base.journal import Line
from sim.drivers.edge import PlainEdge
from sim.drivers.world import World
from sim.stores.memory import MemoryStore
from tests.drivers.story import END, START, TOPOLOGY, story

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "path-of-a-record.svg"
RECORD = "131041-00000004"
NOTICE = "ISA-00000001"
TITLE = "一件の届出が窓口から報告書に届くまで / The way of one record"


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    world = World(TOPOLOGY.everything(MemoryStore), PlainEdge(), START)
    world.run(story(), END)
    return list(world.site.lines())


def test_the_picture_in_the_documentation_is_what_the_code_does(lines: list[Line]) -> None:
    drawn = draw(way_of(lines, RECORD), TITLE)
    assert PICTURE.read_text(encoding="utf-8") == drawn, (
        "the code takes another way now: look at the new picture, then write it to docs/path-of-a-record.svg"
    )


def test_the_way_leads_through_every_actor_and_back_to_the_register(lines: list[Line]) -> None:
    way = way_of(lines, RECORD)
    assert [line.kind for line in way if line.node.startswith("counter")] == [
        "identity_confirmed",
        "authenticity_confirmed",
        "filing_accepted",
        "card_endorsed",
    ]
    assert {line.node.split("-")[0] for line in way} == {name for name, _, _ in LANES}
    assert "result_applied" in {line.kind for line in way}


def test_the_way_of_an_agency_notice_leads_down_to_the_register_and_back(lines: list[Line]) -> None:
    way = way_of(lines, NOTICE)
    assert way[0].kind == "notice_raised"
    kinds = [line.kind for line in way]
    for kind in ("notice_imported", "notice_confirmed", "notice_settled"):
        assert kinds.count(kind) == 1
    made = [line for line in way if line.kind == "batch_made"]
    assert [line.data["direction"] for line in made] == ["down", "up"]
    assert NOTICE in made[0].data["contains"]
    assert draw(way, NOTICE).count("stroke-dasharray") == 2


def test_every_module_that_the_picture_names_exists() -> None:
    named = [module for _, _, module in LANES] + [LINK]
    named += [word for word in AFTERWARDS.split() if word.endswith(".py")]
    assert all((ROOT / name).is_file() for name in named)


def test_the_picture_is_well_formed_whatever_the_journal_says(lines: list[Line]) -> None:
    root = ElementTree.fromstring(draw(way_of(lines, RECORD), "<b> & 'quotes'"))
    assert root.findtext("{http://www.w3.org/2000/svg}title") == "<b> & 'quotes'"


def test_an_unknown_record_says_what_to_look_for(lines: list[Line]) -> None:
    with pytest.raises(UsageError, match="knows no record '131041-99999999'"):
        way_of(lines, "131041-99999999")
    with pytest.raises(UsageError, match="131041-00000001, or an agency notice's such as ISA-00000001"):
        way_of(lines, "ISA-99999999")
