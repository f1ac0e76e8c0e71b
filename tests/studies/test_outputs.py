"""What a run writes is documented: every kind of entry with its data, and every measure."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import msgspec
import pytest

from sim.base.journal import Line
from sim.drivers.edge import PlainEdge
from sim.drivers.world import World
from sim.stores.memory import MemoryStore
from sim.studies import comparison, simulate
from sim.studies.folding import COUNTED
from sim.studies.measures import VERSION, Measures
from sim.studies.scenario import loading
from tests.drivers.story import END, START, TOPOLOGY, story

TEXT = (Path(__file__).parents[2] / "docs" / "outputs.md").read_text(encoding="utf-8")
JOURNAL = TEXT.split("## journal.ndjson")[1].split("## measures.json")[0]
MEASURES = TEXT.split("## measures.json")[1].split("## comparison.json")[0]
COMPARISON = TEXT.split("## comparison.json")[1]


def documented() -> dict[str, tuple[set[str], set[str]]]:
    """Of each kind of entry: who writes it, and the keys of its data."""
    rows = [row.split("|") for row in JOURNAL.split("| kind |")[1].splitlines() if row.startswith("| `")]
    return {
        row[1].strip(" `"): (set(re.findall(r"[a-z-]+", row[2])), set(re.findall(r"`([a-z_]+)`", row[3])))
        for row in rows
    }


def of_the_story() -> list[Line]:
    world = World(TOPOLOGY.everything(MemoryStore), PlainEdge(), START)
    world.run(story(), END)
    return list(world.site.lines())


def of_a_village() -> list[Line]:
    full = loading.load("shinjuku-2019")
    village = full.model_copy(
        update={"municipality": full.only.model_copy(update={"residents": 1500}), "days": 15}
    )
    return list(simulate.run(village, 7).site.lines())


def of_a_city(name: str, days: int) -> list[Line]:
    full = loading.load(name)
    places = tuple(place.model_copy(update={"residents": min(place.residents, 900)}) for place in full.places)
    where = {"municipality": places[0]} if full.municipality is not None else {"municipalities": places}
    return list(simulate.run(full.model_copy(update={"days": days, **where}), 7).site.lines())


OF_CITIES = [
    partial(of_a_city, name, days)
    for name, days in (
        ("branch-offices", 6),
        ("media-city", 16),
        ("outage-day", 14),
        ("paper-village", 8),
        ("renewal-then-copy", 8),
        ("write-start", 38),
    )
]


@pytest.mark.parametrize("lines", [of_the_story, of_a_village, *OF_CITIES])
def test_every_kind_of_entry_is_documented_with_its_writer_and_its_data(lines: object) -> None:
    assert callable(lines)
    known = documented()
    seen = 0
    for line in lines():
        writers, keys = known[line.kind]
        writer = "write-authority" if line.node == "write-authority" else line.node.split("-")[0]
        assert writer in writers, line.kind
        assert set(line.data) <= keys, line.kind
        seen += 1
    assert seen > 50


def test_every_kind_of_entry_that_is_counted_is_documented() -> None:
    assert set(documented()) >= COUNTED


def test_every_key_of_a_line_and_of_the_measures_is_documented() -> None:
    for key in (field.name for field in msgspec.structs.fields(Line)):
        assert f"| `{key}` |" in JOURNAL
    for key in (field.name for field in msgspec.structs.fields(Measures)):
        assert f"`{key}`" in MEASURES
    assert f"| `v` | version of this form: {VERSION} |" in MEASURES


def test_every_key_of_a_comparison_its_sides_and_its_figures_is_documented() -> None:
    for form in (comparison.Comparison, comparison.Variant, comparison.Compared):
        for key in (field.name for field in msgspec.structs.fields(form)):
            assert f"`{key}`" in COMPARISON, key
    assert f"| `v` | version of this form: {comparison.VERSION} |" in COMPARISON
