"""The document says what the code does: every code stands in it, and its examples are real."""

from __future__ import annotations

import pytest

from sim.exchange import described, folders
from sim.exchange.codes import Code
from sim.exchange.envelope import EnvelopeCode
from sim.exchange.folders import FolderCode
from sim.exchange.pki import Usage
from sim.exchange.reconciliation import Fault
from sim.exchange.sequence import REMEDIES, Remedy


def whole() -> str:
    return "\n".join(section() for section in described.SECTIONS)


def test_every_code_and_usage_and_folder_stands_in_the_document() -> None:
    told = whole()
    for code in (*EnvelopeCode, *FolderCode, *Fault, *Usage, *REMEDIES, Code.UNKNOWN_PROFILE):
        assert f"`{code}`" in told, code
    for name in folders.FOLDERS:
        assert f"`{name}/`" in told
    assert set(described.REMEDY_TEXT) == set(Remedy)
    assert set(described.ENVELOPE_TEXT) == set(EnvelopeCode)
    assert set(described.USAGE_TEXT) == set(Usage)


def test_every_name_of_a_payload_in_the_document_is_one() -> None:
    names = [word.strip("`,.") for word in described.folders_section().split() if folders.BOX in word]
    assert len(names) == 2
    assert all(folders.parse_name(name) is not None for name in names)


@pytest.mark.parametrize("section", described.SECTIONS)
def test_a_section_begins_with_its_heading_and_its_tables_are_whole(section: object) -> None:
    assert callable(section)
    told = section()
    assert told.startswith("## ")
    assert told.endswith("\n")
    rows = [line for line in told.splitlines() if line.startswith("|")]
    for line in rows:
        assert line.endswith("|")
    assert section() == told
