"""The assumed profile of specified cards: what is known of them holds, and the assumptions hang together."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests.virtual_card.client import NUMBER, Client, sample
from virtual_card import tlv
from virtual_card.address import WritePolicy
from virtual_card.apdu import Command, Response
from virtual_card.channel import CardEnd, ReaderEnd, SessionKeys, delivery_test_key, key_command
from virtual_card.chip.chip import Chip
from virtual_card.draws import Draws
from virtual_card.errors import CardUsageError, MessageError
from virtual_card.layouts import CardType, profile_of
from virtual_card.layouts.specified import ASSUMPTIONS, Channel

SPECIFIED = pytest.mark.parametrize(
    "card_type", [CardType.SPECIFIED_RESIDENCE, CardType.SPECIFIED_SPECIAL_PERMANENT]
)
KEYS = SessionKeys(bytes(range(16)), bytes(range(16, 32)))
SEED = bytes(range(32))
PUBLIC = delivery_test_key().public_key()


def client(card_type: CardType, channel: Channel | None = None) -> tuple[Client, Chip]:
    card = Chip(sample(card_type), Draws(1).octets, channel=channel or Channel())
    return Client(card.transmit, card_type), card


def opened(reader: Client, channel: Channel | None = None) -> ReaderEnd:
    """The reader's end after the whole opening."""
    end = ReaderEnd(KEYS, channel or Channel())
    assert reader.select("AP").ok
    assert reader.raw(key_command(PUBLIC, KEYS, SEED, channel or Channel()).encode()).ok
    answer = reader.raw(end.verify(NUMBER).encode())
    assert answer.ok
    assert end.open(answer.data) == b""
    return end


def ask(reader: Client, command: Command) -> Response:
    return reader.raw(command.encode())


# --- what is known (facts §3) -----------------------------------------------------------------------------
@SPECIFIED
def test_nothing_is_found_before_the_residence_application_is_selected(card_type: CardType) -> None:
    reader, _ = client(card_type)
    assert reader.raw("00 B0 8A 00 00").sw == 0x6A82
    assert reader.select("DF1").sw == 0x6A82
    assert reader.select("AP").ok
    assert reader.select("DF1").ok


def test_a_card_without_the_application_says_file_not_found() -> None:
    reader = Client(Chip(sample(CardType.RESIDENCE_2), Draws(1).octets).transmit, CardType.RESIDENCE_2)
    assert reader.select("AP").sw == 0x6A82


@SPECIFIED
def test_common_data_and_card_type_are_readable_before_the_key(card_type: CardType) -> None:
    reader, _ = client(card_type)
    reader.select("AP")
    assert reader.raw("00 B0 8A 00 00").data == b"\xc1\x02" + card_type.value.encode()
    assert reader.raw("00 B0 8B 00 00").ok


@SPECIFIED
def test_selecting_the_application_again_clears_the_session_key(card_type: CardType) -> None:
    reader, _ = client(card_type)
    end = opened(reader)
    reader.select("DF1")
    assert ask(reader, end.read(0x81, 0, 0, short=False)).ok
    reader.select("AP")
    reader.select("DF1")
    assert ask(reader, end.read(0x81, 0, 0, short=False)).sw == 0x6982
    reader.select("DF3")
    assert reader.raw("00 B0 82 00 00").sw == 0x6982


@SPECIFIED
def test_every_file_can_be_read_through_the_channel(card_type: CardType) -> None:
    reader, card = client(card_type)
    end = opened(reader)
    for df in ("DF1", "DF2", "DF3"):
        reader.select(df)
        for spec in profile_of(card_type).files:
            if spec.df == df:
                answer = ask(reader, end.read(0x80 | spec.sfi, 0, 0, short=False))
                assert end.open(answer.data, answer.sw) == card.contents()[spec.key]
    answer = ask(reader, end.read(0x00, 0x20, 0x10, short=True))
    assert end.open(answer.data) == card.contents()["DF3", "EF01"][0x20:0x30]


@SPECIFIED
def test_a_wrong_number_is_refused(card_type: CardType) -> None:
    reader, _ = client(card_type)
    reader.select("AP")
    ask(reader, key_command(PUBLIC, KEYS, SEED))
    end = ReaderEnd(KEYS)
    assert ask(reader, end.verify("AA12345678BC")).sw == 0x6300
    reader.select("DF1")
    assert ask(reader, end.read(0x81, 0, 0, short=False)).sw == 0x6982
    assert ask(reader, end.verify(NUMBER)).ok


# --- what is assumed --------------------------------------------------------------------------------------
@SPECIFIED
def test_the_commands_of_the_other_generations_do_not_exist(card_type: CardType) -> None:
    reader, _ = client(card_type)
    reader.select("AP")
    assert reader.raw("00 84 00 00 08").sw == 0x6D00
    assert reader.raw(bytes.fromhex("0082000028") + bytes(41)).sw == 0x6D00
    assert reader.raw("80 AE 01 00 00").sw == 0x6A86


def test_what_the_rows_say_without_a_parameter_is_what_the_chip_does() -> None:
    rows = {row.id: row for row in ASSUMPTIONS}
    reader, _ = client(CardType.SPECIFIED_RESIDENCE)
    opened(reader)
    for df, place, sw in (("DF1", "81", 0x6982), ("DF2", "81", 0x9000), ("DF3", "82", 0x9000)):
        reader.select(df)
        assert reader.raw(f"00 B0 {place} 00 00").sw == sw
    assert "DF2 and DF3 are given plain" in rows["X16"].chosen
    policy = WritePolicy(enabled=True, key=bytes(range(16)))
    writable = Chip(sample(CardType.SPECIFIED_RESIDENCE), Draws(1).octets, policy=policy)
    asked = Client(writable.transmit, CardType.SPECIFIED_RESIDENCE)
    asked.select("AP")
    assert asked.raw("00 84 00 00 08").sw == 0x9000
    assert "GET CHALLENGE" in rows["X12"].chosen


def test_a_key_needs_the_application_and_the_right_delivery_key() -> None:
    reader, _ = client(CardType.SPECIFIED_RESIDENCE)
    command = key_command(PUBLIC, KEYS, SEED)
    assert ask(reader, command).sw == 0x6985
    reader.select("AP")
    damaged = command._replace(data=bytes(1) + command.data[1:])
    assert ask(reader, damaged).sw == 0x6A80
    assert ask(reader, command._replace(data=command.data[:255])).sw == 0x6A80
    short = PUBLIC.encrypt(b"x" * 31, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
    assert ask(reader, command._replace(data=short)).sw == 0x6A80
    assert ask(reader, command).ok


def test_our_key_transport_is_that_of_rfc_8017() -> None:
    scheme = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    command = key_command(PUBLIC, KEYS, SEED)
    assert delivery_test_key().decrypt(command.data, scheme) == KEYS.encryption + KEYS.check
    assert command == key_command(PUBLIC, KEYS, SEED)
    assert command != key_command(PUBLIC, KEYS, SEED[::-1])
    with pytest.raises(CardUsageError, match="seed"):
        key_command(PUBLIC, KEYS, b"short")


@pytest.mark.parametrize("place", [0, 5, -1, -9])
def test_a_changed_command_is_refused_and_ends_the_session(place: int) -> None:
    reader, _ = client(CardType.SPECIFIED_RESIDENCE)
    end = opened(reader)
    reader.select("DF1")
    command = end.read(0x81, 0, 0, short=False)
    data = bytearray(command.data)
    data[place] ^= 1
    assert ask(reader, command._replace(data=bytes(data))).sw == 0x6988
    assert ask(reader, end.read(0x81, 0, 0, short=False)).sw == 0x6982


def test_a_command_with_another_header_is_refused() -> None:
    reader, _ = client(CardType.SPECIFIED_RESIDENCE)
    end = opened(reader)
    reader.select("DF1")
    assert ask(reader, end.read(0x81, 0, 0, short=False)._replace(p1=0x83)).sw == 0x6988


def test_a_command_cannot_be_sent_twice() -> None:
    reader, _ = client(CardType.SPECIFIED_RESIDENCE)
    end = opened(reader)
    reader.select("DF1")
    command = end.read(0x81, 0, 0, short=False)
    assert ask(reader, command).ok
    assert ask(reader, command).sw == 0x6988


def test_a_changed_or_old_answer_is_not_opened() -> None:
    reader, _ = client(CardType.SPECIFIED_RESIDENCE)
    end = opened(reader)
    reader.select("DF1")
    first = ask(reader, end.read(0x81, 0, 0, short=False)).data
    with pytest.raises(MessageError, match="check value"):
        end.open(first[:-1] + bytes([first[-1] ^ 1]))
    with pytest.raises(MessageError, match="check value"):
        end.open(first, 0x6282)
    with pytest.raises(MessageError, match="other objects"):
        end.open(b"")
    with pytest.raises(MessageError, match="no TLV"):
        end.open(first[:-1])
    assert end.open(first)
    second = ask(reader, end.read(0x81, 0, 0, short=False)).data
    assert second != first
    with pytest.raises(MessageError, match="check value"):
        end.open(first)
    assert end.open(second)


def test_the_same_data_never_look_the_same_twice() -> None:
    end, card = ReaderEnd(KEYS), CardEnd(KEYS)
    seen = set()
    for _ in range(4):
        assert card.open(end.verify(NUMBER))[0] == NUMBER.encode()
        seen.add(card.seal(NUMBER.encode()))
    assert len(seen) == 4


def test_another_assumption_is_another_channel() -> None:
    other = Channel(oaep_hash="sha1", oaep_label=b"RC", first_counter=0, counter_size=8, mac_size=16)
    reader, _ = client(CardType.SPECIFIED_RESIDENCE, other)
    end = ReaderEnd(KEYS, other)
    reader.select("AP")
    assert ask(reader, key_command(PUBLIC, KEYS, SEED)).sw == 0x6A80
    assert ask(reader, key_command(PUBLIC, KEYS, SEED[:20], other)).ok
    assert ask(reader, ReaderEnd(KEYS).verify(NUMBER)).sw == 0x6988
    assert ask(reader, key_command(PUBLIC, KEYS, SEED[:20], other)).ok
    assert ask(reader, end.verify(NUMBER)).ok


def test_a_command_and_its_answer_never_look_the_same() -> None:
    end, card = ReaderEnd(KEYS), CardEnd(KEYS)
    command = end.verify(NUMBER)
    card.open(command)
    (asked, *_), (answered, *_) = tlv.parse(command.data), tlv.parse(card.seal(NUMBER.encode()))
    assert asked.tag == answered.tag == 0x86
    assert asked.value != answered.value
