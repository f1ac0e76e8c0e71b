"""The table at hand: whole when `make kanji-table` built it (`make test` tries), else the small one.

Nothing is skipped without it: the tests' names and the property `kanji_table` of the report say which table
they saw. A CI that insists on the whole one sets `RENKEI_KANJI_TABLE`: then a folder without it is an error
here.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable

import pytest

from sim.drivers.kanji_archive import PINNED
from sim.drivers.kanji_table import load_table
from sim.law.kanji.conversion import Outcome, Reason, convert
from sim.law.kanji.jis import in_jis
from sim.law.kanji.table import Gap, Part, Table, cited_table

AT_HAND = load_table(os.environ)
WHOLE = AT_HAND.name == f"notice-582 ({PINNED.name})" and AT_HAND.complete
which_table = pytest.mark.parametrize(
    "table", [pytest.param(AT_HAND, id="whole-table" if WHOLE else f"{AT_HAND.name}-table-only")]
)


@pytest.fixture(autouse=True)
def say_which(record_property: Callable[[str, object], None]) -> None:
    """The report names the table."""
    record_property("kanji_table", AT_HAND.name)


@which_table
def test_the_rows_cited_elsewhere_are_rows_of_the_table(table: Table) -> None:
    cited = cited_table().entries
    assert len(cited) == 10 + 1 + 18
    assert {source: table.entries[source] for source in cited} == dict(cited)


@which_table
@pytest.mark.parametrize("char", "刘广复干后云叶芸沈吴国学静")
def test_a_standard_kanji_stays(char: str, table: Table) -> None:
    assert convert(char, table).steps[0].outcome is Outcome.STANDARD


@which_table
def test_the_table_has_the_figures_of_its_release_or_says_what_it_lacks(table: Table) -> None:
    if not WHOLE:
        wanted = Reason.NO_ENTRY if table.complete else Reason.SMALL_TABLE
        assert convert("㐇", table).not_converted[0].reason is wanted
        assert convert("㐇", table).gaps == table.gaps
        return
    rows = Counter[Part]()
    sources = Counter[Part]()
    coded = Counter[Part]()
    for source, entry in table.entries.items():
        rows[entry.part] += len(entry.standards)
        sources[entry.part] += 1
        coded[entry.part] += len(source) > 1
    assert rows == {Part.VARIANT: 10_378, Part.SIMILAR: 12_078}
    assert sources == {Part.VARIANT: 8_203, Part.SIMILAR: 9_327}
    assert coded == {Part.VARIANT: 1_485, Part.SIMILAR: 964}
    # Of the 176, six have two writings: five a private code, and 656D a code point of its own shape.
    assert len(table.added) == 176 + 6
    assert table.gaps == ()


@which_table
def test_no_standard_is_ever_a_source_so_that_converting_twice_is_converting_once(table: Table) -> None:
    standards = {standard for entry in table.entries.values() for standard in entry.standards}
    assert standards.isdisjoint(table.entries)
    assert not any(len(source) == 1 and in_jis(source) for source in table.entries)
    for rank in (1, 2):
        once = convert("".join(table.entries), table, rank)
        assert {step.outcome for step in once.steps} == {Outcome.CONVERTED}
        assert len(once.steps) == len(once.result) == len(table.entries)
        assert convert(once.result, table, 3 - rank).result == once.result


@which_table
def test_every_standard_is_one_of_jis_or_of_table_one(table: Table) -> None:
    standards = {standard for entry in table.entries.values() for standard in entry.standards}
    beyond = {standard for standard in standards if not in_jis(standard)}
    if Gap.TABLE_ONE not in table.gaps:
        assert beyond <= table.added and table.is_standard("吳")
    if WHOLE:
        assert (len(standards), len(beyond)) == (9_868, 44)
