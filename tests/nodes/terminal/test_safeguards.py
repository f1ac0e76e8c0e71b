"""The table of the eight safeguards: whole, and of kinds that the terminal and the network write."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

from sim.nodes.terminal import SAFEGUARDS, STANDARDS
from sim.nodes.terminal import audit as audit_log

WRITTEN_ELSEWHERE = {"transfer_done": "lgwan", "transfer_refused": "lgwan"}


def test_the_eight_are_there_in_order_each_with_its_line_and_both_names() -> None:
    """The table of the safeguards of seed 003; each is shown where it is at work, not here."""
    assert [one.id for one in SAFEGUARDS] == [f"S3-{number:03d}" for number in range(26, 35)]
    assert sorted({one.number for one in SAFEGUARDS}) == list(range(1, 9))
    assert [one.line for one in SAFEGUARDS] == sorted(one.line for one in SAFEGUARDS)
    for one in SAFEGUARDS:
        assert one.ja and one.en and one.entries and re.search(r"[ぁ-ん]", one.ja)


def test_the_two_documents_behind_them_are_named_and_their_articles_are_said_to_be_unknown() -> None:
    """S3-024, S3-025."""
    assert [(one.id, one.line, one.known) for one in STANDARDS] == [
        ("S3-024", 243, False),
        ("S3-025", 247, False),
    ]


def test_every_entry_that_is_named_as_evidence_is_written_by_a_node() -> None:
    folder = Path(audit_log.__file__).parent
    source = "\n".join(path.read_text() for path in sorted(folder.glob("*.py")) if path.stem != "safeguards")
    for name in (name for one in SAFEGUARDS for name in one.entries):
        kind, _, what = name.partition("/")
        there = source
        if kind in WRITTEN_ELSEWHERE:
            module = importlib.import_module(f"sim.nodes.{WRITTEN_ELSEWHERE[kind]}")
            assert module.__file__ is not None
            there = "\n".join(path.read_text() for path in sorted(Path(module.__file__).parent.glob("*.py")))
        assert f'"{kind}"' in there, kind
        if what:
            assert f'Final = "{what}"' in source, what
