"""Real chips at a card terminal: what a declared card says is what is found by reading one.

The desk personalises, forges, reads, judges and writes with `virtual_card`; the declared desk knows none of
that. That the two agree is the contract between a counter and its card terminal.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from sim.base.errors import HarnessError, UsageError
from sim.base.node import NodeId
from sim.drivers.chip_desk import CardEdge, ChipDesk, writable
from sim.drivers.chip_desk.holders import ITEM_IDS, make
from sim.drivers.chip_desk.registry_client import NO_GUARANTEE, direct, from_medium
from sim.drivers.chip_desk.writing import write_file
from sim.drivers.edge import PlainEdge
from sim.law.kinds import CardState, PersonClass
from sim.nodes.card_terminal import CardTerminal
from sim.nodes.card_terminal.declared import (
    ENCODING,
    HELD_AS_TEXT,
    Chips,
    Layout,
    compared,
    declared_reading,
)
from sim.nodes.counter.desk import CardDesk
from sim.nodes.messages.cards import AddressWritten, CardsRead, DeclaredCard, WriteChip
from sim.nodes.messages.people import Person
from tests.nodes.card_terminal.town import (
    CODE,
    COUNTER,
    PERSON,
    TERMINAL,
    TODAY,
    Town,
    card,
    reading_of,
    writing,
)
from virtual_card import address
from virtual_card.chip.chip import Chip
from virtual_card.draws import Draws
from virtual_card.errors import TransportError
from virtual_card.faces import TABLE, Held, Side
from virtual_card.layouts import CardType, profile_of
from virtual_card.people import NATIONALITIES, STATUSES
from virtual_card.reader.talk import converse
from virtual_card.transports.in_process import InProcess
from virtual_card.transports.recording import Recorder

LATER = date(2027, 3, 1)
WRITING = writable(7)
NEW = "東京都新宿区歌舞伎町二丁目1番1号"
LAYOUTS = pytest.mark.parametrize(
    ("on", "kind"),
    [(TODAY, ""), (LATER, "ordinary"), (LATER, "specified")],
    ids=["first", "second", "specified"],
)


def desk_of(*cards: DeclaredCard, on: date = TODAY, **settings: Any) -> ChipDesk:
    desk = ChipDesk(TERMINAL, CODE, 7, **settings)
    for each in cards:
        desk.lay(each, on)
    return desk


def of_kind(kind: str) -> Person:
    return msgspec.structs.replace(PERSON, card_kind=kind)


# --- the contract ---------------------------------------------------------------------------------------
_NAMES = st.sampled_from(["NGUYEN VAN AN", "LI", "SILVA SANTOS JOAO PEDRO DE OLIVEIRA", "TURNER ELIZABETH"])
_STATUSES = st.sampled_from(sorted(one.name for one in STATUSES.values() if one.name != "特別永住者"))


@st.composite
def cards(draw: st.DrawFn) -> tuple[DeclaredCard, date, Chips]:
    """A card of any kind in any state, with anything wrong with it that such a card can have."""
    on = draw(st.dates(date(2016, 1, 1), date(2029, 12, 31)))
    special = draw(st.booleans())
    person = Person(
        ref="P0000001",
        person_class=(
            PersonClass.SPECIAL_PERMANENT_RESIDENT if special else PersonClass.MID_LONG_TERM_RESIDENT
        ),
        name=draw(_NAMES),
        birth_date=draw(st.dates(date(1935, 1, 1), on)),
        sex=draw(st.sampled_from("MFX")),
        nationality=draw(st.sampled_from(sorted(NATIONALITIES))),
        address=draw(st.sampled_from(["", PERSON.address])),
        card_number="AB12345678CD",
        status="特別永住者" if special else draw(_STATUSES),
        period_until=draw(st.none() | st.dates(date(2015, 1, 1), date(2035, 1, 1))),
        period=draw(st.sampled_from(["", "1年", "1年3月", "6月", "90日"])),
        name_kanji=draw(st.sampled_from(["", "張偉", "朴美姸"])),
        card_kind=draw(st.sampled_from(["", "specified"])),
    )
    state, chips = draw(st.sampled_from(CardState)), draw(st.sampled_from(Chips))
    declared = DeclaredCard(person, state, broken=draw(st.sampled_from([False, False, True])))
    known = compared(declared, on, chips)
    forged = draw(st.lists(st.sampled_from(known), max_size=2, unique=True))
    return msgspec.structs.replace(declared, forged=tuple(forged)), on, chips


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cards())
def test_declared_and_real_cards_agree(drawn: tuple[DeclaredCard, date, Chips]) -> None:
    """S0-031, S0-033, S0-054: the same outcome and the same text, whatever is wrong with the card."""
    declared, on, chips = drawn
    desk = desk_of(declared, on=on, chips=chips)
    found, said = desk.read("P0000001"), declared_reading(declared, TERMINAL, on, chips)
    assert (found.outcome, found.extract) == (said.outcome, said.extract)
    assert set(found.differs) <= set(said.differs)
    assert found.differs == said.differs or "card_number" in said.differs  # then nothing else is seen
    assert found.real is (found.outcome != "not_presented")


@LAYOUTS
def test_every_forged_item_is_found_under_its_own_name(on: date, kind: str) -> None:
    """S0-031: every field of the face is compared with the chip."""
    for item in compared(card(of_kind(kind)), on):
        forged = card(of_kind(kind), forged=(item,))
        reading = desk_of(forged, on=on).read(PERSON.ref)
        assert (reading.outcome, reading.differs, reading.extract) == ("mismatch", (item,), ())


def test_the_tables_of_both_sides_say_the_same() -> None:
    """What a declared card bears and holds as text stands in the tables of the cards."""
    for card_type, on, kind, special in (
        (CardType.RESIDENCE_1, TODAY, "", False),
        (CardType.SPECIAL_PERMANENT_1, TODAY, "", True),
        (CardType.RESIDENCE_2, LATER, "", False),
        (CardType.SPECIAL_PERMANENT_2, LATER, "", True),
        (CardType.SPECIFIED_RESIDENCE, LATER, "specified", False),
        (CardType.SPECIFIED_SPECIAL_PERMANENT, LATER, "specified", True),
    ):
        person = of_kind(kind)
        if special:
            person = msgspec.structs.replace(
                person, person_class=PersonClass.SPECIAL_PERMANENT_RESIDENT, status="特別永住者"
            )
        rows = TABLE[card_type]
        printed = {ITEM_IDS[row.item] for row in rows if row.side is Side.FRONT}
        assert set(compared(card(person), on)) == printed | {"signature"}, card_type
        text = {
            ITEM_IDS[row.item] for row in rows if row.held in (Held.TEXT, Held.CODE) and row.item in ITEM_IDS
        }
        layout = {"": Layout.SECOND, "specified": Layout.SPECIFIED}[kind] if on == LATER else Layout.FIRST
        held = set(HELD_AS_TEXT[layout])
        assert held <= text, card_type
        assert text - held <= {"period_of_stay", "period_until", "card_until", "permission_kind"} | {
            "permission_date",
            "work_restriction",
        }


def test_a_desk_of_real_chips_is_a_card_desk_and_gives_the_same_bytes_for_the_same_seed() -> None:
    desk: CardDesk = desk_of(card())
    assert desk.read("P-nobody").outcome == "not_presented"
    once, again = make(card(), TODAY, 3, Chips.AS_ISSUED), make(card(), TODAY, 3, Chips.AS_ISSUED)
    assert once.card.content.files() == again.card.content.files()
    other = make(card(), TODAY, 4, Chips.AS_ISSUED)
    assert once.card.content.files() != other.card.content.files()


# --- refusals and readers -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "received"),
    [
        ({"status": "宇宙飛行士"}, "宇宙飛行士"),
        ({"nationality": "XYZ"}, "XYZ"),
        ({"sex": "?"}, "?"),
        ({"period": "三年"}, "三年"),
        ({"card_number": "12"}, "'12'"),
        ({"name": "A" * 4000}, "4000 characters"),
    ],
)
def test_what_no_card_bears_is_told_with_what_was_expected(changes: dict[str, str], received: str) -> None:
    person = msgspec.structs.replace(PERSON, **changes)
    with pytest.raises(UsageError) as caught:
        desk_of(card(person))
    assert caught.value.received == received and caught.value.expected and caught.value.remedy


def test_a_kanji_that_is_no_standard_one_is_rejected_at_the_source() -> None:
    """S0-065: the chip holds 正字 only."""
    person = msgspec.structs.replace(PERSON, name_kanji="张偉")
    with pytest.raises(UsageError, match="正字") as caught:
        desk_of(card(person))
    assert caught.value.expected == "張偉"


def test_before_the_first_authority_no_real_card_can_be_judged() -> None:
    with pytest.raises(UsageError, match="on that day"):
        desk_of(card(), on=date(2014, 1, 1))


def test_no_chip_answers_a_reader_that_does_not_poll_for_type_b() -> None:
    """S0-022: a Type A or FeliCa poll gets no answer."""
    desk = desk_of(card(), polls=("type_a", "type_f"))
    assert desk.read(PERSON.ref).outcome == "unreadable"


def test_a_reader_that_cannot_be_reached_is_no_fault_of_the_card() -> None:
    class NoWay(InProcess):
        def connect(self) -> bytes:
            raise TransportError("no such reader")

    desk = desk_of(card(), reader=NoWay)
    with pytest.raises(HarnessError, match="no such reader"):
        desk.read(PERSON.ref)


def test_a_card_without_the_photo_that_it_must_bear_differs_in_its_photo() -> None:
    made = make(card(), LATER, 7, Chips.AS_ISSUED)
    content = replace(made.card.content, values={**made.card.content.values, "photo": b""})
    desk = desk_of()
    desk.put(PERSON.ref, InProcess(Chip(content, Draws(1).octets)), made.number, LATER)
    assert desk.read(PERSON.ref).differs == ("photo", "signature")  # the photo is signed, too


def test_a_card_that_somebody_brought_is_read_through_whatever_transport_it_lies_on() -> None:
    """The seam is `virtual_card`'s: a recording, a virtual reader and a real one are the same to the desk."""
    made = make(card(), LATER, 7, Chips.AS_ISSUED)
    recorder = Recorder(InProcess(Chip(made.card.content, Draws(1).octets)))
    desk = desk_of()
    desk.put(PERSON.ref, recorder, made.number, LATER, made.card.face)
    first = desk.read(PERSON.ref)
    assert (first.outcome, len(first.extract)) == ("match", 5)
    desk.put(PERSON.ref, recorder, made.number, LATER)  # nobody looked at the face
    assert desk.read(PERSON.ref) == first
    other = make(card(forged=("name",)), LATER, 7, Chips.AS_ISSUED)
    desk.put(PERSON.ref, recorder, made.number, LATER, other.card.face)
    assert desk.read(PERSON.ref).differs == ("name",)


# --- writing --------------------------------------------------------------------------------------------
@LAYOUTS
def test_an_authorised_address_is_written_and_read_back_and_tampering_with_it_is_found(
    on: date, kind: str
) -> None:
    """S0-044: what was written stands under the authenticity check."""
    desk = desk_of(card(of_kind(kind)), on=on, writing=WRITING)
    before = desk.read(PERSON.ref)
    assert desk.write(PERSON.ref, NEW, on, "W00000001") == "match"
    assert desk.read(PERSON.ref) == before
    written = _contents(desk)
    desk.lay(card(of_kind(kind)), on)  # a later visit with the same card
    assert _contents(desk) == written
    assert desk.read(PERSON.ref).outcome == "match"

    # Somebody who has the authority's key writes another address, and the back of the card stays as it is.
    laid = desk._laid[PERSON.ref]
    profile = profile_of(make(card(of_kind(kind)), on, 7, Chips.AS_ISSUED).card.content.card_type)
    forger = address.Terminal("forger", online=True)
    values = desk._values(profile.generation, "FORGED 1-2-3", on)
    content = address.written_file(profile).stored(values)
    laid.transport.connect()
    converse(
        laid.transport,
        write_file(profile, PERSON.card_number, content, WRITING, forger, Draws(9).octets),
    )
    found = desk.read(PERSON.ref)
    assert (found.outcome, found.differs) == ("mismatch", ("place_of_residence",))


@pytest.mark.parametrize(
    ("settings", "changes"),
    [({}, {}), ({"writing": WRITING, "online": False}, {}), ({"writing": WRITING}, {"broken": True})],
    ids=["suspended", "standalone", "broken"],
)
def test_a_chip_is_not_written_while_writing_is_suspended_or_the_terminal_is_not_online(
    settings: dict[str, Any], changes: dict[str, Any]
) -> None:
    """S0-036, S0-045: the chip itself has no such command, or its authority says no."""
    desk = desk_of(card(**changes), **settings)
    assert desk.write(PERSON.ref, NEW, TODAY, "W00000001") == "failed"
    assert desk.write("P-nobody", NEW, TODAY, "W00000002") == "failed"


def test_an_authorisation_writes_a_chip_once_however_often_the_order_is_delivered() -> None:
    desk = desk_of(card(), on=LATER, writing=WRITING)
    assert desk.write(PERSON.ref, NEW, LATER, "W00000001") == "match"
    contents = _contents(desk)
    assert desk.write(PERSON.ref, "elsewhere", LATER, "W00000001") == "match"
    assert _contents(desk) == contents


def _contents(desk: ChipDesk) -> Any:
    transport = desk._laid[PERSON.ref].transport
    assert isinstance(transport, InProcess)
    return transport._chip.contents()


# --- the border of a terminal ---------------------------------------------------------------------------
def test_a_terminal_with_real_cards_gets_its_readings_from_chips() -> None:
    edge = CardEdge(PlainEdge(), {TERMINAL: desk_of()})
    town = Town(CardTerminal(TERMINAL, CODE, COUNTER), edge=edge)
    people = [msgspec.structs.replace(PERSON, ref=f"P{n}", card_number=f"AB1234567{n}CD") for n in range(3)]
    town.ask(
        reading_of(card(people[0]), card(people[1], forged=("photo",)), card(people[2], CardState.ABSENT))
    )
    (read,) = town.heard(CardsRead)
    assert [(one.outcome, one.real, one.terminal) for one in read.readings] == [
        ("match", True, TERMINAL),
        ("mismatch", True, TERMINAL),
        ("not_presented", False, TERMINAL),
    ]
    assert [line.data["real"] for line in town.lines("card_read")] == [True, True]


def test_a_desk_of_another_terminal_does_not_count() -> None:
    """S0-025: the reading bears the id of the terminal that made it."""
    foreign = ChipDesk("cards-131041-02", CODE, 7)
    town = Town(CardTerminal(TERMINAL, CODE, COUNTER), edge=CardEdge(PlainEdge(), {TERMINAL: foreign}))
    assert town.ask(reading_of()).code == "unknown_terminal"


def test_a_write_that_is_authorised_reaches_the_real_chip_and_nobody_elses_order_does() -> None:
    """S0-030, S0-044: authorised by the agency's server, written, read back, and journalled as real."""
    desk = desk_of(writing=WRITING)
    edge = CardEdge(PlainEdge(), {TERMINAL: desk})
    town = Town(edge=edge)
    town.ask(reading_of())
    town.ask(writing())
    assert town.heard(AddressWritten) == [AddressWritten("C1", "S1", PERSON.ref, True)]
    assert town.lines("address_written")[0].data["real"] is True
    written = _contents(desk)
    order = WriteChip("x", "W00000009", PERSON.ref, "elsewhere", TODAY)
    assert edge.out(NodeId("counter-131041"), order) is order
    assert _contents(desk) == written


def test_the_border_leaves_everything_else_to_the_one_inside() -> None:
    edge = CardEdge(PlainEdge(), {TERMINAL: desk_of()})
    wish = reading_of()
    assert edge.into(NodeId("cards-131041-02"), wish, 0) is wish  # type: ignore[arg-type]
    assert edge.out(TERMINAL, wish) is wish


# --- text for the register ------------------------------------------------------------------------------
@pytest.mark.parametrize(("chips", "items"), [(Chips.PROPOSAL_2011, 7), (Chips.AS_ISSUED, 5)])
def test_both_use_patterns_give_the_same_records(chips: Chips, items: int) -> None:
    """S0-066, S0-067, S0-068, S0-069: by medium or directly; only the second is without a guarantee."""
    on = TODAY if chips is Chips.PROPOSAL_2011 else LATER
    desk = desk_of(card(), on=on, chips=chips)
    medium = desk.to_medium([PERSON.ref], "correct horse battery", "USB-1")
    assert PERSON.card_number.encode() not in medium and "留学".encode() not in medium
    carried = from_medium(medium, "correct horse battery", "USB-1")
    straight = direct(desk.extracts([PERSON.ref]))
    assert carried.records == straight.records == (desk.read(PERSON.ref).extract,)
    assert len(carried.records[0]) == items
    assert (carried.log, carried.notes) == (("USB-1: read, 1",), ())
    assert (straight.log, straight.notes, straight.platform) == ((), (NO_GUARANTEE,), "Windows 7 (32bit)")


@pytest.mark.parametrize("chips", Chips)
def test_what_is_taken_from_a_chip_is_text_in_the_declared_encoding_and_no_picture(chips: Chips) -> None:
    """S0-061: what a chip holds as a picture only is not there; the clerk keys it."""
    on = TODAY if chips is Chips.PROPOSAL_2011 else LATER
    extract = desk_of(card(), on=on, chips=chips).read(PERSON.ref).extract
    assert extract
    for item, text in extract:
        assert text.isprintable() and len(text) < 50, item
        assert text.encode(ENCODING).decode(ENCODING) == text
    assert ("name" in dict(extract)) is (chips is Chips.PROPOSAL_2011)
    assert dict(extract)["nationality"] == PERSON.nationality
    assert dict(extract)["status"] == PERSON.status


def test_a_medium_that_was_changed_or_is_anothers_does_not_open() -> None:
    desk = desk_of(card(), on=LATER)
    medium = desk.to_medium([PERSON.ref], "correct horse battery", "USB-1")
    for content, passphrase in (
        (medium[:-1] + bytes([medium[-1] ^ 1]), "correct horse battery"),
        (medium, "another passphrase"),
        (b"x", "correct horse battery"),
    ):
        with pytest.raises(UsageError, match="medium"):
            from_medium(content, passphrase, "USB-1")
    with pytest.raises(UsageError, match="too short"):
        desk.to_medium([PERSON.ref], "short", "USB-1")
    with pytest.raises(UsageError, match="no card lies there"):
        desk.extracts(["P-nobody"])


def test_a_kanji_name_comes_back_from_the_chip_without_loss() -> None:
    """S0-065, S0-063: byte for byte what the chip holds."""
    person = msgspec.structs.replace(PERSON, name_kanji="朴美姸")
    desk = desk_of(card(person), chips=Chips.PROPOSAL_2011)
    assert dict(desk.read(PERSON.ref).extract)["name"] == "朴美姸"
