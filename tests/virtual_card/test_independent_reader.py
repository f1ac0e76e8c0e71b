"""A reader program that somebody wrote from a summary of the specifications, without a line of ours.

It reads both public generations through pcscd, and finds what the card file holds; a card that was tampered
with it finds invalid. It addresses files and objects by their numbers and knows none of our names.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from virtual_card.cardfile import Card
from virtual_card.chip.chip import Chip
from virtual_card.draws import Draws
from virtual_card.forgeries import forge
from virtual_card.layouts import CardType, Kind, profile_of
from virtual_card.personalise.issue import issue_sample
from virtual_card.tlv import parse
from virtual_card.transports.in_process import InProcess
from virtual_card.transports.pcsc import Pcsc
from virtual_card.transports.pcscd import PrivateDaemon
from virtual_card.transports.vpcd import VirtualSlot

PROGRAM = Path(__file__).with_name("independent_reader.py")
PUBLIC = ("1", "2", "05", "06")
IMAGES = {Kind.TIFF, Kind.JPEG2000, Kind.SIGNATURE, Kind.CERTIFICATE}
Record = Callable[[str, object], None]


def read(card: Card, pcscd: PrivateDaemon, number: str | None = None) -> subprocess.CompletedProcess[str]:
    """What the program says of the card in a virtual reader."""
    slot = pcscd.slots[0]
    with VirtualSlot(InProcess(Chip(card.content, Draws("independent").octets)), slot.port):
        waiting = Pcsc(slot.reader, wait=10)
        waiting.connect()
        waiting.disconnect()
        return subprocess.run(
            [sys.executable, "-I", PROGRAM, slot.reader, number or card.content.number],
            env=os.environ | pcscd.environment,
            capture_output=True,
            text=True,
            check=False,
        )


def told(value: bytes, kind: Kind) -> Any:
    """How the program tells an object: text as text, anything else by its length and digest."""
    if kind not in IMAGES:
        return value.rstrip(b"\0").decode("utf-8")
    return {"bytes": len(value), "sha256": hashlib.sha256(value).hexdigest()}


def objects(card: Card) -> dict[str, Any]:
    """Every object in the chip's files, by its tag in hexadecimal."""
    kinds = {known.tag: known.kind for known in profile_of(card.content.card_type).fields.values()}
    return {
        f"{found.tag:X}": told(found.value, kinds[found.tag])
        for content in card.content.files().values()
        for found in parse(content)
    }


def test_the_program_shares_no_code_with_us() -> None:
    source = PROGRAM.read_text(encoding="utf-8")
    assert "virtual_card" not in source
    assert "import sim" not in source and "from sim" not in source


@pytest.mark.real_peer
@pytest.mark.parametrize("card_type", PUBLIC)
def test_it_reads_what_the_card_file_holds_and_finds_the_signature_valid(
    card_type: str, pcscd: PrivateDaemon, record_property: Record
) -> None:
    record_property("peer", "pcscd")
    card = issue_sample(CardType(card_type), seed=7)
    done = read(card, pcscd)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["type"], answer["signature"]) == (card_type, "valid")
    assert answer["fields"] == objects(card)


@pytest.mark.real_peer
@pytest.mark.parametrize("card_type", ["1", "05"])
def test_it_finds_an_altered_picture_invalid(
    card_type: str, pcscd: PrivateDaemon, record_property: Record
) -> None:
    record_property("peer", "pcscd")
    done = read(forge(issue_sample(CardType(card_type), seed=7), "altered_image"), pcscd)
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["signature"] == "invalid"


@pytest.mark.real_peer
def test_the_card_does_not_open_to_another_number(pcscd: PrivateDaemon, record_property: Record) -> None:
    record_property("peer", "pcscd")
    done = read(issue_sample(CardType("05"), seed=7), pcscd, number="ZZ00000000ZZ")
    assert done.returncode == 2
    assert done.stdout == ""
