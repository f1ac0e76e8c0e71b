"""What a chip answers to each command, in each state: refusals first, on every public card type."""

from __future__ import annotations

import pytest

from tests.virtual_card.client import NUMBER, PUBLIC, Client, chip, sample
from virtual_card import tlv
from virtual_card.apdu import Command
from virtual_card.chip.behaviour import Behaviour, PastEnd
from virtual_card.chip.chip import Chip, _taken_apart_again
from virtual_card.content import CardContent
from virtual_card.draws import Draws
from virtual_card.errors import CardUsageError
from virtual_card.layouts import Access, CardType, profile_of
from virtual_card.reader.session import read_card
from virtual_card.reader.strategies import PIECES
from virtual_card.reader.talk import converse
from virtual_card.transports.in_process import InProcess

EVERY = pytest.mark.parametrize("card_type", PUBLIC)


def client(card_type: CardType, behaviour: Behaviour | None = None) -> Client:
    card = (
        chip(card_type)
        if behaviour is None
        else Chip(sample(card_type), Draws("chip", NUMBER).octets, behaviour=behaviour)
    )
    return Client(card.transmit, card_type)


# --- before the card is open ------------------------------------------------------------------------------
@EVERY
def test_before_authentication_only_the_free_files_can_be_read(card_type: CardType) -> None:
    reader = client(card_type)
    for spec in profile_of(card_type).files:
        assert spec.df == "MF" or reader.select(spec.df).ok
        wanted = 0x9000 if spec.access is Access.FREE else 0x6982
        assert reader.raw(Command(0, 0xB0, 0x80 | spec.sfi, 0, ne=256).encode()).sw == wanted
        assert reader.protected(0x80 | spec.sfi, 0, 0).sw == 0x6982


@EVERY
def test_mutual_authentication_alone_opens_nothing(card_type: CardType) -> None:
    reader = client(card_type)
    assert reader.authenticate().ok
    assert reader.select("DF1").ok
    for spec in profile_of(card_type).files:
        if spec.df == "DF1":
            assert reader.protected(0x80 | spec.sfi, 0, 0).sw == 0x6982


@EVERY
def test_a_file_that_wants_protection_cannot_be_read_plain(card_type: CardType) -> None:
    reader = client(card_type)
    reader.open_card()
    reader.select("DF1")
    for spec in profile_of(card_type).files:
        if spec.df == "DF1":
            assert reader.raw(Command(0, 0xB0, 0x80 | spec.sfi, 0, ne=256).encode()).sw == 0x6982
            assert reader.protected(0x80 | spec.sfi, 0, 0).ok


# --- authentication ---------------------------------------------------------------------------------------
@EVERY
def test_a_wrong_number_fails_at_mutual_authentication_as_often_as_one_likes(card_type: CardType) -> None:
    reader = client(card_type)
    reader.number = "AA12345678BC"
    for _ in range(20):
        assert reader.authenticate().sw == 0x6300
    reader.number = NUMBER
    reader.open_card()


@EVERY
def test_another_number_under_the_right_key_fails_at_verify_and_closes_the_card(card_type: CardType) -> None:
    reader = client(card_type)
    reader.open_card()
    assert reader.raw(reader.verification("AA12345678BC").encode()).sw == 0x6300
    reader.select("DF2")
    assert reader.raw("00 B0 83 00 00" if card_type != "2" else "00 B0 81 00 00").sw == 0x6982
    assert reader.verify().ok
    assert reader.raw("00 B0 83 00 00" if card_type != "2" else "00 B0 81 00 00").ok


@EVERY
def test_a_challenge_is_good_once(card_type: CardType) -> None:
    reader = client(card_type)
    message = reader.authentication(reader.challenge()).encode()
    assert reader.raw(message).ok
    assert reader.raw(message).sw == 0x6985


@EVERY
def test_a_challenge_is_spent_by_a_failed_attempt_too(card_type: CardType) -> None:
    reader = client(card_type)
    message = reader.authentication(reader.challenge()).encode()
    assert reader.raw(message[:-2] + bytes([message[-2] ^ 1]) + message[-1:]).sw == 0x6300
    assert reader.raw(message).sw == 0x6985


@EVERY
def test_a_stale_challenge_is_refused(card_type: CardType) -> None:
    reader = client(card_type)
    stale = reader.authentication(reader.challenge()).encode()
    assert reader.challenge()
    assert reader.raw(stale).sw == 0x6300


@EVERY
def test_a_challenge_is_good_for_the_next_command_only_unless_told_otherwise(card_type: CardType) -> None:
    reader = client(card_type)
    message = reader.authentication(reader.challenge()).encode()
    assert reader.raw("00 B0 8A 00 00").ok
    assert reader.raw(message).sw == 0x6985
    patient = client(card_type, Behaviour(challenge_only_next=False))
    message = patient.authentication(patient.challenge()).encode()
    assert patient.raw("00 B0 8A 00 00").ok
    assert patient.raw(message).ok
    assert patient.raw(message).sw == 0x6985


@EVERY
def test_authentication_with_nothing_asked_for_is_refused(card_type: CardType) -> None:
    assert client(card_type).raw(bytes.fromhex("0082000028") + bytes(40) + b"\0").sw == 0x6985


@EVERY
def test_a_failed_authentication_takes_the_earlier_one_away(card_type: CardType) -> None:
    reader = client(card_type)
    reader.open_card()
    reader.number = "ZZ99999999ZZ"
    assert reader.authenticate().sw == 0x6300
    reader.select("DF3")
    assert reader.raw("00 B0 82 00 00").sw == 0x6982


@EVERY
def test_two_sessions_never_share_challenge_or_key(card_type: CardType) -> None:
    reader = client(card_type)
    seen = set()
    for _ in range(5):
        challenge = reader.challenge()
        answer = reader.raw(reader.authentication(challenge).encode())
        seen |= {challenge, answer.data}
    assert len(seen) == 10


@EVERY
def test_verify_without_protection_or_session_is_refused(card_type: CardType) -> None:
    reader = client(card_type)
    assert reader.raw(bytes.fromhex("002000860C") + NUMBER.encode()).sw == 0x6982
    assert reader.raw(bytes.fromhex("0820008613861101") + bytes(16)).sw == 0x6982


@EVERY
@pytest.mark.parametrize(
    ("objects", "sw"),
    [
        (b"", 0x6988),
        (tlv.encode(0x86, b"\1"), 0x6988),
        (tlv.encode(0x86, b"\2" + bytes(16)), 0x6988),
        (tlv.encode(0x86, b"\1" + bytes(15)), 0x6988),
        (tlv.encode(0x86, b"\1" + bytes(16)), 0x6988),
        (tlv.encode(0x87, b"\1" + bytes(16)), 0x6988),
        (tlv.encode(0x96, b"\0\0"), 0x6988),
        (b"\x86\x12\1" + bytes(16), 0x6988),
    ],
)
def test_damaged_protected_objects_are_told_from_a_wrong_number(
    card_type: CardType, objects: bytes, sw: int
) -> None:
    reader = client(card_type)
    reader.authenticate()
    assert reader.raw(Command(8, 0x20, 0, 0x86, objects).encode()).sw == sw
    assert reader.verify().ok


# --- where one is in the tree -----------------------------------------------------------------------------
@EVERY
def test_authentication_survives_selecting_a_df_and_the_mf(card_type: CardType) -> None:
    reader = client(card_type)
    reader.open_card()
    assert reader.select("DF1").ok
    assert reader.raw("00 A4 00 00 02 3F 00").ok
    assert reader.select("DF3").ok
    assert reader.raw("00 B0 82 00 00").ok
    strict = client(card_type, Behaviour(kept_over_mf=False))
    strict.open_card()
    assert strict.raw("00 A4 00 00 02 3F 00").ok
    assert strict.select("DF3").ok
    assert strict.raw("00 B0 82 00 00").sw == 0x6982


@EVERY
def test_reset_forgets_everything(card_type: CardType) -> None:
    card = chip(card_type)
    reader = Client(card.transmit, card_type)
    reader.open_card()
    reader.select("DF3")
    challenge = reader.challenge()
    assert card.reset() == card.atr
    assert reader.raw(reader.authentication(challenge).encode()).sw == 0x6985
    assert reader.raw("00 B0 82 00 00").sw == 0x6A82
    reader.select("DF3")
    assert reader.raw("00 B0 82 00 00").sw == 0x6982


@pytest.mark.parametrize(
    "command",
    ["00A40000", "00A40000023F00", "00A40000023F0000", "00A4000C023F00", "00A4000C", "00A40004023F00"],
)
def test_each_way_to_select_the_mf_works(command: str) -> None:
    reader = client(CardType.RESIDENCE_1)
    reader.select("DF1")
    assert reader.raw("00 B0 8A 00 00").sw == 0x6A82
    assert reader.raw(command).sw == 0x9000
    assert reader.raw("00 B0 8A 00 00").ok


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("00A4040C10 D392F0004F0500000000000000000000", 0x6A82),  # an id that one table gives, wrongly
        ("00A4040C10 D392F0004F0100000000000000000000", 0x6A82),  # the application of specified cards
        ("00A4040C06 D392F0004F02", 0x6A82),
        ("00A4040C11 D392F0004F020000000000000000000000", 0x6A82),
        ("00A4040C", 0x6A82),
        ("00A40000022F00", 0x6A82),
        ("00A4010C020001", 0x6A86),
        ("00A4080C023F00", 0x6A86),
        ("00A4040210 D392F0004F0200000000000000000000", 0x6A86),
        ("00A4020C0100", 0x6700),
        ("00A4020C020001", 0x6A82),
    ],
)
def test_a_wrong_selection_is_refused_and_leaves_one_where_one_was(command: str, sw: int) -> None:
    reader = client(CardType.RESIDENCE_1)
    assert reader.raw("00 B0 8B 00 01").ok
    assert reader.raw(command).sw == sw
    assert reader.raw("00 B0 00 00 06").data == bytes.fromhex("C00430303031")


def test_an_ef_can_be_selected_by_its_assumed_identifier() -> None:
    reader = client(CardType.RESIDENCE_1)
    assert reader.raw("00 A4 02 0C 02 00 0A").ok
    assert reader.raw("00 B0 00 00 00").data == b"\xc1\x011"


def test_selecting_a_df_leaves_the_current_file() -> None:
    reader = client(CardType.RESIDENCE_1)
    assert reader.raw("00 B0 8A 00 00").ok
    assert reader.raw("00 B0 00 00 00").ok
    reader.select("DF1")
    assert reader.raw("00 B0 00 00 00").sw == 0x6986


# --- reading ----------------------------------------------------------------------------------------------
@EVERY
def test_every_file_read_in_pieces_is_the_file(card_type: CardType) -> None:
    card = chip(card_type)
    found = Client(card.transmit, card_type).everything()
    assert found == {spec.place: card.contents()[spec.key] for spec in profile_of(card_type).files}


@EVERY
@pytest.mark.parametrize("wanted", [0, 0x69E, 0xFFFF])
def test_a_protected_read_gives_all_that_was_asked_for(card_type: CardType, wanted: int) -> None:
    card = chip(card_type)
    reader = Client(card.transmit, card_type)
    reader.open_card()
    reader.select("DF1")
    for spec in profile_of(card_type).files:
        if spec.df == "DF1":
            answer = reader.protected(0x80 | spec.sfi, 0, wanted)
            assert answer.sw == 0x9000
            assert reader.opened(answer) == card.contents()[spec.key][: wanted or None]


def test_a_plain_read_gives_all_that_was_asked_for() -> None:
    card = chip(CardType.RESIDENCE_1)
    reader = Client(card.transmit, CardType.RESIDENCE_1)
    reader.open_card()
    reader.select("DF3")
    whole = card.contents()["DF3", "EF01"]
    assert reader.raw("00 B0 82 00 00 0000").data == whole
    assert reader.raw("00 B0 82 00 00 069E").data == whole
    assert reader.raw("00 B0 82 00 00").data == whole[:256]
    assert reader.raw("00 B0 82 10 03").data == whole[16:19]
    assert reader.raw("00 B0 01 00 00").data == whole[256:512]
    assert reader.raw("00 B0 05 B0 00").data == whole[0x5B0:]


def test_protected_reads_reach_free_and_plain_files_too() -> None:
    card = chip(CardType.RESIDENCE_1)
    reader = Client(card.transmit, CardType.RESIDENCE_1)
    reader.open_card()
    assert reader.opened(reader.protected(0x8A, 0, 0)) == b"\xc1\x011"
    reader.select("DF2")
    assert reader.opened(reader.protected(0x81, 0, 0)) == card.contents()["DF2", "EF01"]
    one = reader.raw(Command(8, 0xB0, 0x81, 0, b"\x96\1\x05", 256).encode())
    assert reader.opened(one) == card.contents()["DF2", "EF01"][:5]


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("00 B0 8A 00", 0x6700),
        ("00 B0 8A 00 01 00", 0x6700),
        ("00 B0 8C 00 00", 0x6A82),
        ("00 B0 80 00 00", 0x6A86),
        ("00 B0 9F 00 00", 0x6A86),
        ("00 B0 CA 00 00", 0x6A86),
        ("00 B0 8A 03 00", 0x6B00),
        ("00 B0 8A FF 00", 0x6B00),
        ("00 B0 00 00 00", 0x6986),
        ("00 84 00 00", 0x6700),
        ("00 84 00 00 04", 0x6700),
        ("00 84 00 00 10", 0x6700),
        ("00 84 01 00 08", 0x6A86),
        ("00 84 00 00 00", 0x9000),
        ("00 82 00 01 00", 0x6A86),
        ("00 82 00 00 28", 0x6700),
        ("00 20 00 81", 0x6982),
        ("00 D6 81 00 01 00", 0x6D00),
        ("00 C0 00 00 00", 0x6D00),
        ("08 A4 00 00 02 3F 00", 0x6882),
        ("08 84 00 00 08", 0x6882),
        ("08 D6 81 00 01 00", 0x6D00),
        ("0C B0 8A 00 00", 0x6882),
        ("01 B0 8A 00 00", 0x6881),
        ("10 B0 8A 00 00", 0x6884),
        ("80 AE 00 00 00", 0x6D00),
        ("90 B0 8A 00 00", 0x6E00),
        ("A0 A4 00 00 02 3F 00", 0x6E00),
        ("FF B0 00 00 00", 0x6A81),
        ("FF CA 01 00 00", 0x6A81),
        ("00", 0x6700),
        ("", 0x6700),
    ],
)
@pytest.mark.parametrize("card_type", [CardType.RESIDENCE_1, CardType.RESIDENCE_2])
def test_every_other_command_has_its_status_word(card_type: CardType, command: str, sw: int) -> None:
    if card_type == CardType.RESIDENCE_2:
        command = command.replace("8A 03", "8A 04")
    assert client(card_type).raw(command).sw == sw


@pytest.mark.parametrize(
    ("past_end", "plain", "protected"),
    [(PastEnd.SHORT, 0x9000, 0x9000), (PastEnd.WARN, 0x6282, 0x6282), (PastEnd.EXACT, 0x6C03, 0x6C03)],
)
def test_reading_past_the_end_is_answered_in_each_known_way(
    past_end: PastEnd, plain: int, protected: int
) -> None:
    reader = client(CardType.RESIDENCE_1, Behaviour(past_end=past_end))
    answer = reader.raw("00 B0 8A 00 04")
    assert (answer.sw, answer.data) == (plain, b"" if past_end is PastEnd.EXACT else b"\xc1\x011")
    assert reader.raw("00 B0 8A 00 00").sw == reader.raw("00 B0 8A 00 00 0000").sw == 0x9000
    assert reader.raw("00 B0 8A 00 03").sw == 0x9000
    reader.open_card()
    answer = reader.protected(0x8A, 0, 4)
    assert answer.sw == protected
    assert past_end is PastEnd.EXACT or reader.opened(answer) == b"\xc1\x011"
    assert reader.protected(0x8A, 0, 0).sw == 0x9000
    reader.select("DF3")
    long = reader.raw("00 B0 82 00 00 069E")
    assert long.sw == (0x9000 if past_end is PastEnd.SHORT else 0x6282)
    assert len(long.data) == 1464


def test_a_sealed_answer_that_the_outer_le_cannot_take_is_refused() -> None:
    reader = client(CardType.RESIDENCE_1)
    reader.open_card()
    reader.select("DF1")
    ask = "08 B0 85 00 04 96 02 {} {}"
    assert reader.raw(ask.format("00 F0", "00")).ok
    assert reader.raw(ask.format("01 00", "00")).sw == 0x6700
    assert reader.raw(ask.format("00 F0", "F0")).sw == 0x6700
    assert reader.raw("08 B0 85 00 04 96 02 00 F0").sw == 0x6700


def test_the_identifier_is_four_bytes_and_differs_from_card_to_card() -> None:
    one, other = (
        client(CardType.RESIDENCE_1),
        Client(chip(CardType.RESIDENCE_1, "BB00000000AA").transmit, CardType.RESIDENCE_1),
    )
    assert len(one.raw("FF CA 00 00 00").data) == 4
    assert one.raw("FF CA 00 00 04") == one.raw("FF CA 00 00 00")
    assert one.raw("FF CA 00 00 00") != other.raw("FF CA 00 00 00")
    assert one.raw("FF CA 00 00 02").sw == 0x6C04
    assert one.raw("FF CA 00 00 08").sw == 0x6282
    assert one.raw("FF CA 00 00").sw == 0x6700


# --- special contents -------------------------------------------------------------------------------------
def test_a_blank_file_and_a_cut_off_one_are_what_they_are() -> None:
    content = CardContent(
        CardType.RESIDENCE_1, NUMBER, {}, overrides={"MF/EF02": b"", "MF/EF01": b"\xc0\x04"}
    )
    reader = Client(Chip(content, Draws(1).octets).transmit, CardType.RESIDENCE_1)
    assert reader.raw("00 B0 8A 00 00").sw == 0x6B00
    assert reader.raw("00 B0 8B 00 00").data == b"\xc0\x04"


@pytest.mark.parametrize("number", ["", "AA12345678B", "aa12345678bb", "ＡＡ12345678BB", "AA12345678BB\n"])
def test_a_chip_takes_no_number_of_another_shape(number: str) -> None:
    with pytest.raises(CardUsageError, match="not a card number"):
        Chip(CardContent(CardType.RESIDENCE_1, number, {}), Draws(1).octets)


@EVERY
def test_the_same_random_source_gives_the_same_conversation(card_type: CardType) -> None:
    one, other = (Client(chip(card_type).transmit, card_type) for _ in range(2))
    one.everything()
    other.everything()
    assert one.sent == other.sent


# --- what is remembered of commands -----------------------------------------------------------------------
@pytest.mark.parametrize("card_type", [each for each in CardType if each is not CardType.PROPOSAL_2011])
def test_of_a_reading_nothing_is_kept_but_what_every_reading_says(card_type: CardType) -> None:
    kept = []
    _taken_apart_again.cache_clear()
    for number in ("AA12345678BB", "CC87654321DD"):
        way = InProcess(chip(card_type, number))
        way.connect()
        assert converse(way, read_card(number, Draws("reader", number).octets, PIECES)).files
        kept.append(_taken_apart_again.cache_info().currsize)
    assert kept[0] == kept[1] > 0
