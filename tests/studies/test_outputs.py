"""What a run writes is documented: every kind of entry with its data, and every measure."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from sim.base.journal import Line
from sim.drivers.edge import PlainEdge
from sim.drivers.world import World
from sim.stores.memory import MemoryStore
from sim.studies import scenario, simulate
from sim.studies.folding import _HANDLERS
from sim.studies.measures import VERSION, Measures
from tests.drivers.story import END, START, TOPOLOGY, story

TEXT = (Path(__file__).parents[2] / "docs" / "outputs.md").read_text(encoding="utf-8")
JOURNAL = TEXT.split("## journal.ndjson")[1].split("## measures.json")[0]
MEASURES = TEXT.split("## measures.json")[1]


def documented() -> dict[str, tuple[set[str], set[str]]]:
    """Of each kind of entry: who writes it, and the keys of its data."""
    rows = [row.split("|") for row in JOURNAL.split("| kind |")[1].splitlines() if row.startswith("| `")]
    return {
        row[1].strip(" `"): (set(re.findall(r"[a-z]+", row[2])), set(re.findall(r"`([a-z_]+)`", row[3])))
        for row in rows
    }


def of_the_story() -> list[Line]:
    world = World(TOPOLOGY.everything(MemoryStore), PlainEdge(), START)
    world.run(story(), END)
    return list(world.site.lines())


def of_a_village() -> list[Line]:
    full = scenario.load("shinjuku-2019")
    village = full.model_copy(
        update={"municipality": full.municipality.model_copy(update={"residents": 1500}), "days": 15}
    )
    return list(simulate.run(village, 7).site.lines())


@pytest.mark.parametrize("lines", [of_the_story, of_a_village])
def test_every_kind_of_entry_is_documented_with_its_writer_and_its_data(lines: object) -> None:
    assert callable(lines)
    known = documented()
    seen = 0
    for line in lines():
        writers, keys = known[line.kind]
        assert line.node.split("-")[0] in writers, line.kind
        assert set(line.data) <= keys, line.kind
        seen += 1
    assert seen > 50


def test_every_kind_of_entry_that_is_counted_is_documented() -> None:
    assert set(_HANDLERS) <= set(documented())


def test_every_key_of_a_line_and_of_the_measures_is_documented() -> None:
    for key in (field.name for field in msgspec.structs.fields(Line)):
        assert f"| `{key}` |" in JOURNAL
    for key in (field.name for field in msgspec.structs.fields(Measures)):
        assert f"`{key}`" in MEASURES
    assert f"| `v` | version of this form: {VERSION} |" in MEASURES
