"""A journal is read as it was written, and a foreign one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base import journal
from sim.base.errors import UsageError
from sim.base.instant import Instant
from sim.base.journal import Line

TEXT = st.text(max_size=12)
DATA = st.dictionaries(
    TEXT, st.one_of(TEXT, st.integers(-(2**53), 2**53), st.booleans(), st.none()), max_size=3
)
LINES = st.builds(
    Line, st.just(1), TEXT, st.integers(1, 99), st.integers(0, 99).map(Instant), TEXT, TEXT, TEXT, TEXT, DATA
)


def line(node: str, n: int, at: int, cause: str = "") -> Line:
    return Line(1, node, n, Instant(at), "kind", cause, "", "", {})


@given(lines=st.lists(LINES, max_size=10))
def test_a_file_gives_back_the_lines_that_were_written(
    lines: list[Line], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.ndjson"
    assert journal.write(path, lines) == len(lines)
    assert list(journal.read(path)) == lines


@pytest.mark.parametrize("many", [255, 256, 257, 700])
def test_a_long_file_is_the_lines_one_after_another(tmp_path: Path, many: int) -> None:
    lines = [line("a", n, n) for n in range(1, many + 1)]
    path = tmp_path / "journal.ndjson"
    assert journal.write(path, iter(lines)) == many
    assert path.read_bytes() == b"".join(journal.encode(one) + b"\n" for one in lines)


@given(lines=st.lists(LINES, max_size=10))
def test_lines_encoded_together_are_those_encoded_one_by_one_and_come_back(lines: list[Line]) -> None:
    together = journal.encode_together(lines)
    assert together == b"".join(journal.encode(one) + b"\n" for one in lines)
    assert journal.decode_together(together) == lines


def test_keys_are_written_in_one_order_however_the_data_was_made() -> None:
    one = Line(1, "n", 1, Instant(0), "k", "", "", "", {"b": 1, "a": 2})
    other = Line(1, "n", 1, Instant(0), "k", "", "", "", {"a": 2, "b": 1})
    assert journal.encode(one) == journal.encode(other)


def test_journals_merge_by_instant_then_node_then_number() -> None:
    a = [line("a", 1, 5), line("a", 2, 5), line("a", 3, 9)]
    b = [line("b", 1, 4), line("b", 2, 5)]
    assert [item.id for item in journal.merge([b, a])] == ["b#1", "a#1", "a#2", "b#2", "a#3"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"{}", "not a line of a journal"),
        (b"not json", "not a line of a journal"),
        (
            b'{"v":1,"node":"n\xff","n":1,"at":0,"kind":"k","cause":"","case":"","subject":"","data":{}}',
            "not a line of a journal",
        ),
        (
            b'{"v":2,"node":"n","n":1,"at":0,"kind":"k","cause":"","case":"","subject":"","data":{}}',
            "another version",
        ),
    ],
)
def test_a_foreign_line_is_refused_with_file_and_number(tmp_path: Path, text: bytes, says: str) -> None:
    path = tmp_path / "journal.ndjson"
    path.write_bytes(journal.encode(line("n", 1, 0)) + b"\n" + text + b"\n")
    with pytest.raises(UsageError, match=says) as raised:
        list(journal.read(path))
    assert f"{path}, line 2" in str(raised.value)


def test_a_missing_journal_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be opened") as raised:
        list(journal.read(tmp_path / "nothing.ndjson"))
    assert "renkei sim run" in str(raised.value)


def test_splicing_a_node_out_hands_its_causes_on() -> None:
    before = [line("a", 1, 5), line("b", 1, 5, "x#2"), line("x", 1, 5, "a#1"), line("x", 2, 5, "x#1")]
    assert list(journal.splice(before, "x")) == [line("a", 1, 5), line("b", 1, 5, "a#1")]
    assert list(journal.splice(before, "y")) == before
