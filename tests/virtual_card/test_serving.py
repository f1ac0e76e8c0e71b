"""Which slots pcscd's configuration has, and what happens when there are too few."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

import pytest

from virtual_card.errors import CardUsageError, TransportError
from virtual_card.serving import Place, configured, daemon_for, let_go, places_for, visible
from virtual_card.transports.pcscd import Slot

DEBIAN = """
FRIENDLYNAME "Virtual PCD"
DEVICENAME   /dev/null:0x8C7B
LIBPATH      /usr/lib/pcsc/drivers/serial/libifdvpcd.so
CHANNELID    0x8C7B
"""
TWIN = """
#FRIENDLYNAME      "Towitoko Chipdrive USB"
#LIBPATH           /usr/lib/pcsc/drivers/serial/libccidtwin.so
#CHANNELID         0x0103
"""


def test_the_configuration_that_debian_installs_has_two_slots() -> None:
    assert configured([TWIN, DEBIAN]) == (
        Place(35963, "Virtual PCD 00 00"),
        Place(35964, "Virtual PCD 00 01"),
    )


def test_a_second_entry_with_a_copied_driver_has_slots_and_one_with_the_same_has_none() -> None:
    copied = DEBIAN.replace("libifdvpcd.so", "libifdvpcd-2.so").replace("8C7B", "8C80")
    assert [place.port for place in configured([DEBIAN, copied])] == [35963, 35964, 0x8C80, 0x8C81]
    assert len(configured([DEBIAN, DEBIAN.replace("8C7B", "8C80")])) == 2


def test_readers_are_numbered_per_name_as_pcscd_numbers_them() -> None:
    other = DEBIAN.replace("libifdvpcd.so", "libifdvpcd-2.so").replace("8C7B", "8C80")
    alike = [place.reader for place in configured([DEBIAN, other])]
    assert alike == [f"Virtual PCD {number}" for number in ("00 00", "00 01", "01 00", "01 01")]
    named = [place.reader for place in configured([DEBIAN, other.replace("Virtual PCD", "Second")])]
    assert named == ["Virtual PCD 00 00", "Virtual PCD 00 01", "Second 00 00", "Second 00 01"]


@pytest.mark.parametrize("before", [None, "/run/pcscd/mine.comm"])
def test_a_private_daemon_leaves_the_environment_as_it_was(
    before: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Daemon:
        slots = (Slot("renkei 00 00 00", 4000),)
        environment: ClassVar = {"PCSCLITE_CSOCK_NAME": "/tmp/x/pcscd.comm"}

        def __init__(self, folder: Path, readers: int) -> None: ...

        def __enter__(self) -> Daemon:
            return self

        def __exit__(self, *reason: object) -> None: ...

    if before is None:
        monkeypatch.delenv("PCSCLITE_CSOCK_NAME", raising=False)
    else:
        monkeypatch.setenv("PCSCLITE_CSOCK_NAME", before)
    monkeypatch.setattr("virtual_card.serving.PrivateDaemon", Daemon)
    said: list[str] = []
    with (
        pytest.raises(KeyboardInterrupt),
        daemon_for(1, start=True, say=said.append) as places,
    ):
        assert places == (Place(4000, "renkei 00 00 00"),)
        assert os.environ["PCSCLITE_CSOCK_NAME"] == "/tmp/x/pcscd.comm"
        raise KeyboardInterrupt
    assert os.environ.get("PCSCLITE_CSOCK_NAME") == before
    assert "export PCSCLITE_CSOCK_NAME=/tmp/x/pcscd.comm" in said[0]


@pytest.mark.parametrize("texts", [[], [""], [TWIN], ["CHANNELID"], ["FRIENDLYNAME\nCHANNELID 1\n"]])
def test_a_configuration_without_the_driver_has_none(texts: list[str]) -> None:
    assert configured(texts) == ()


def test_more_cards_than_slots_are_refused_with_what_to_type() -> None:
    assert len(places_for(2, [DEBIAN])) == 2
    with pytest.raises(CardUsageError, match="--start-daemon"):
        places_for(3, [DEBIAN])


def test_a_card_that_no_program_sees_is_told_with_the_readers_that_are_there() -> None:
    place = Place(1, "Virtual PCD 00 00")
    waited: list[str] = []
    assert visible(place, lambda: ["Virtual PCD 00 00"], waited.append) == place.reader
    assert waited == [place.reader]
    with pytest.raises(TransportError, match="Alcor"):
        visible(place, lambda: ["Alcor 00 00"], waited.append)
    with pytest.raises(TransportError, match="no reader at all"):
        visible(place, list, waited.append)


def test_why_a_reader_let_go_is_told_when_it_is_known() -> None:
    known = TransportError("the virtual reader hung up")
    assert let_go([None, known]) is known
    assert "doctor" in (let_go([None]).remedy or "")
