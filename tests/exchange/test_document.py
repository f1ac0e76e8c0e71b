"""The document is made from the profile, ships as it is made, and what it shows is good."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.exchange import batch as batches
from sim.exchange.check import check
from sim.exchange.codes import Code
from sim.exchange.document import whole_document
from sim.exchange.examples import RECORDS
from sim.exchange.profile import open_profile, open_profiles

TEXT = (Path(__file__).parents[2] / "docs" / "renkei-open-1.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(csv|xml)\n(.*?)\n```", TEXT, flags=re.DOTALL)


def test_the_shipped_document_is_the_one_that_the_profile_makes() -> None:
    """Made anew by: renkei exchange spec > docs/renkei-open-1.md."""
    assert whole_document(open_profiles()) == TEXT


def test_every_kind_is_shown_in_both_forms() -> None:
    assert set(RECORDS) == set(open_profile().layouts)
    assert len(BLOCKS) == 2 * len(RECORDS)


@pytest.mark.parametrize(("form", "text"), BLOCKS)
def test_every_example_can_be_copied_out_of_the_document(form: str, text: str) -> None:
    ending = "\r\n" if form == batches.CSV else "\n"
    content = (text + "\n").replace("\n", ending).encode()
    assert check([content], open_profiles()).findings == []
    assert batches.digest_of(content) in TEXT


def test_the_batch_by_hand_is_made_as_the_document_says() -> None:
    head, trailer = re.findall(r"   ```\n(.*?)\n   ```", TEXT, flags=re.DOTALL)[:2]
    lines = "".join(line.strip() + "\r\n" for line in head.split("\n"))
    assert f"`{batches.digest_of(lines.encode())}`" in TEXT
    content = lines + trailer.strip() + "\r\n"
    assert check([content.encode()], open_profiles()).good


def test_every_item_every_value_and_every_code_is_in_it() -> None:
    for profile in open_profiles():
        for layout in profile.layouts.values():
            for column in layout.columns:
                assert f"`{column.item}`" in TEXT or f".{column.item}`" in TEXT
                assert column.ja in TEXT
                assert all(f"`{value}`" in TEXT for value in column.values)
    assert all(f"`{code}`" in TEXT for code in Code)


def test_it_says_that_no_authority_issued_it() -> None:
    assert "No authority issued, endorsed or reviewed it." in TEXT
