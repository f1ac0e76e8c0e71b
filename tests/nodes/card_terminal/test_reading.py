"""Reading at the card terminal: offline, by the right terminal, for the right office; and no exchange."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from sim.base.errors import HarnessError
from sim.base.node import Body, NodeId
from sim.law.kinds import CardState
from sim.law.write_requirements import Connection
from sim.nodes.card_terminal import CardTerminal
from sim.nodes.messages.cards import (
    CardReading,
    CardsRead,
    CarryExtracts,
    OpenCardTerminal,
    PatternReleased,
    WriteLate,
)
from sim.nodes.messages.network import Arrival, Carried, Carry, Undelivered
from sim.nodes.messages.registry import ConfirmNotices, Inbound, Outbound
from sim.nodes.messages.terminal import ExchangeDue, OpenTerminal
from tests.nodes.card_terminal.town import CODE, COUNTER, PERSON, TERMINAL, TODAY, Town, card, reading_of

STANDALONE = CardTerminal(
    TERMINAL, CODE, COUNTER, connection=Connection.STANDALONE, reaches=lambda now: False
)
ANSWERS = CardReading(PERSON.ref, "match", TERMINAL, real=True)


# --- refusals -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "body",
    [
        Outbound(()),
        Inbound("B", ()),
        Carry(NodeId("ministry"), "R", b""),
        Arrival(NodeId("ministry"), "R", b""),
        Carried(NodeId("ministry"), "R"),
        Undelivered(NodeId("ministry"), "R", "outage"),
        ExchangeDue(),
        OpenTerminal(),
    ],
)
def test_a_card_terminal_neither_sends_nor_fetches_notices(body: Body) -> None:
    """S0-026, S0-027: the exchange is another asset's, and the attempt is in this one's own journal."""
    town = Town()
    reply = town.give(TERMINAL, body, NodeId("link-131041"))
    assert (reply.ok, reply.code) == (False, "not_an_exchange_terminal")
    (line,) = town.lines("exchange_refused", node=TERMINAL)
    assert line.data == {"terminal": TERMINAL, "office": "main_office", "what": type(body).__name__}


@pytest.mark.parametrize(
    ("wish", "sender"),
    [
        (reading_of(office="branch_office"), COUNTER),
        (reading_of(), NodeId(f"counter-{CODE}-02")),
        (reading_of(), NodeId("outside")),
    ],
)
def test_a_reading_for_another_office_is_refused(wish: Body, sender: NodeId) -> None:
    """S0-025: a terminal serves the counter that it belongs to."""
    town = Town()
    reply = town.give(TERMINAL, wish, sender)
    assert (reply.ok, reply.code) == (False, "another_office")
    assert [line.data["reason"] for line in town.lines("read_refused")] == ["another_office"]
    refused = [one.refused for one in town.heard(CardsRead)]
    assert refused == (["another_office"] if sender == COUNTER else [])
    assert not town.lines("card_read")


@pytest.mark.parametrize("terminal", ["", "cards-131041-02"])
def test_a_real_reading_without_this_terminals_id_is_refused(terminal: str) -> None:
    """S0-025: what an unknown reader says of a card counts for nothing."""
    town = Town()
    reading = msgspec.structs.replace(ANSWERS, terminal=terminal)
    assert town.ask(reading_of(readings=(reading,))).code == "unknown_terminal"
    assert town.heard(CardsRead) == [CardsRead("C1", "S1", (), "unknown_terminal")]
    assert not town.lines("card_read")


def test_readings_that_are_not_those_of_the_cards_are_refused() -> None:
    town = Town()
    assert town.ask(reading_of(card(), readings=(ANSWERS, ANSWERS))).code == "readings_incomplete"


def test_a_reader_that_does_not_poll_for_type_b_reads_no_card() -> None:
    """S0-022: the chips answer to Type B only."""
    town = Town(CardTerminal(TERMINAL, CODE, COUNTER, reader=("type_a", "type_f")))
    assert town.ask(reading_of()).code == "no_type_b_reader"
    nothing = Town(CardTerminal(TERMINAL, CODE, COUNTER, reader=()))
    assert nothing.ask(reading_of(card(state=CardState.ABSENT))).ok  # nothing is there to be read


def test_a_wake_of_somebody_else_is_refused_and_an_unknown_message_is_a_fault_of_ours() -> None:
    town = Town()
    assert town.give(TERMINAL, WriteLate("x")).code == "unknown_sender"
    assert town.give(TERMINAL, PatternReleased("v9", TODAY)).code == "unknown_sender"
    with pytest.raises(HarnessError, match="ConfirmNotices"):
        town.give(TERMINAL, ConfirmNotices())


# --- reading --------------------------------------------------------------------------------------------
def test_a_standalone_terminal_reads_while_the_network_is_down() -> None:
    """S0-048: reading needs no line."""
    town = Town(STANDALONE)
    assert town.ask(reading_of()).ok
    (read,) = town.heard(CardsRead)
    assert [(one.outcome, one.terminal, one.real) for one in read.readings] == [("match", TERMINAL, False)]
    (line,) = town.lines("card_read")
    assert (line.case, line.subject, line.node) == ("C1", PERSON.ref, TERMINAL)
    assert line.data == {
        "terminal": TERMINAL,
        "office": "main_office",
        "session": "S1",
        "outcome": "match",
        "real": False,
        "connection": "standalone",
    }


def test_each_card_gets_one_reading_in_order_and_what_was_not_brought_is_not_journalled_as_read() -> None:
    """S0-054: match, mismatch and unreadable are told apart and written down."""
    people = [msgspec.structs.replace(PERSON, ref=f"P{n}", card_number=f"AB1234567{n}CD") for n in range(4)]
    town = Town()
    town.ask(
        reading_of(
            card(people[0]),
            card(people[1], forged=("photo", "name")),
            card(people[2], broken=True),
            card(people[3], CardState.ABSENT),
        )
    )
    (read,) = town.heard(CardsRead)
    assert [(one.ref, one.outcome, one.differs) for one in read.readings] == [
        ("P0", "match", ()),
        ("P1", "mismatch", ("name", "photo")),
        ("P2", "unreadable", ()),
        ("P3", "not_presented", ()),
    ]
    assert [line.data["outcome"] for line in town.lines("card_read")] == ["match", "mismatch", "unreadable"]


def test_what_the_driver_read_from_real_chips_is_handed_on_as_it_is() -> None:
    town = Town()
    reading = msgspec.structs.replace(ANSWERS, outcome="mismatch", differs=("name",))
    assert town.ask(reading_of(card(), readings=(reading,))).ok
    assert town.heard(CardsRead)[0].readings == (reading,)
    assert town.lines("card_read")[0].data["real"] is True


def test_no_journal_holds_a_name_a_number_or_an_address_of_a_card() -> None:
    town = Town(replace(STANDALONE, connection=Connection.LGWAN))
    town.ask(reading_of(card(), card(forged=("name",))))
    town.ask(CarryExtracts("C1", "S1", "main_office", "USB-1", (CardReading(PERSON.ref, "match", TERMINAL),)))
    said = " ".join(f"{line.subject} {line.data}" for line in town.lines())
    for secret in (PERSON.name, PERSON.card_number, PERSON.address, str(PERSON.birth_date)):
        assert secret not in said


# --- text on a medium, inventory ------------------------------------------------------------------------
def test_text_that_leaves_on_a_medium_is_logged_with_its_published_form() -> None:
    """S0-066, S0-070: the use of the medium is in the log, with version and encoding of what is on it."""
    town = Town()
    reading = CardReading(PERSON.ref, "match", TERMINAL, extract=(("status", "留学"),))
    wish = CarryExtracts("C1", "S1", "main_office", "USB-1", (reading,))
    assert town.ask(wish).ok
    (line,) = town.lines("extract_exported")
    assert line.data == {
        "terminal": TERMINAL,
        "office": "main_office",
        "session": "S1",
        "medium": "USB-1",
        "records": 1,
        "format": "renkei-card-text/1",
        "encoding": "UTF-8",
    }
    assert town.ask(msgspec.structs.replace(wish, medium="")).code == "no_medium"
    foreign = msgspec.structs.replace(reading, terminal="cards-131041-02")
    assert town.ask(msgspec.structs.replace(wish, readings=(foreign,))).code == "unknown_terminal"
    assert town.give(TERMINAL, wish, NodeId("counter-131041-02")).code == "another_office"
    assert len(town.lines("extract_refused")) == 3


@pytest.mark.parametrize(
    ("connection", "maintenance"),
    [(Connection.STANDALONE, "medium"), (Connection.LAN_ONLY, "medium"), (Connection.LGWAN, "automatic")],
)
def test_a_terminal_that_is_set_up_goes_into_the_inventory(connection: Connection, maintenance: str) -> None:
    """S0-023, S0-027, S0-056: its own id, its reader application's version, how it is maintained."""
    town = Town(CardTerminal(TERMINAL, CODE, COUNTER, connection=connection))
    town.give(TERMINAL, OpenCardTerminal())
    (line,) = town.lines("card_terminal_opened")
    assert line.data["terminal"] == TERMINAL
    assert line.data["application"] == "renkei-reader/1"
    assert (line.data["connection"], line.data["maintenance"]) == (str(connection), maintenance)
