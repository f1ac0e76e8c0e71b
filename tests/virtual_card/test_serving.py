"""Which slots pcscd's configuration has, and what happens when there are too few."""

from __future__ import annotations

import pytest

from virtual_card.errors import CardUsageError, TransportError
from virtual_card.serving import Place, configured, let_go, places_for, visible

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
