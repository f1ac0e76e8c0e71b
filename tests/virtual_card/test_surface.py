"""What other code may rely on: the tree of errors, and one seam to a card."""

from __future__ import annotations

import pytest

from tests.virtual_card.client import chip
from virtual_card import errors
from virtual_card.errors import CardError, nearest
from virtual_card.layouts import CardType
from virtual_card.transports import Transport
from virtual_card.transports.faults import Fault, Faulty, Kind
from virtual_card.transports.in_process import InProcess
from virtual_card.transports.pcsc import Pcsc
from virtual_card.transports.recording import Recorder, Replay
from virtual_card.transports.tracing import Tracing


def test_an_error_tells_what_where_and_what_to_do() -> None:
    told = str(CardError("it broke", expected="this", received="that", where="there", remedy="mend it"))
    assert told.splitlines() == [
        "it broke",
        "  where: there",
        "  expected: this",
        "  received: that",
        "  what to do: mend it",
    ]
    assert str(CardError("it broke")) == "it broke"


def test_every_error_of_the_room_is_a_card_error() -> None:
    found = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, Exception)]
    assert {one.__name__ for one in found} == {
        "CardError",
        "CardUsageError",
        "CardFileError",
        "TlvError",
        "MessageError",
        "TransportError",
        "CardRemoved",
        "ReaderError",
    }
    assert all(issubclass(one, CardError) for one in found)
    assert nearest("birht", ["birth", "sex"]) == "birth"
    assert nearest("zzz", ["birth"]) is None


@pytest.mark.parametrize(
    "transport",
    [
        InProcess(chip(CardType.RESIDENCE_1)),
        Recorder(InProcess(chip(CardType.RESIDENCE_1))),
        Replay((), "nowhere"),
        Tracing(InProcess(chip(CardType.RESIDENCE_1)), print),
        Faulty(InProcess(chip(CardType.RESIDENCE_1)), Fault(Kind.SLOW), sleep=lambda seconds: None),
        Pcsc("a reader"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_every_way_to_a_card_is_a_transport(transport: object) -> None:
    assert isinstance(transport, Transport)
