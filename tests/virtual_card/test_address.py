"""Writing the place of residence: off, unless a policy and an online authority say otherwise, once each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.virtual_card.client import NUMBER, Client, sample
from virtual_card import address
from virtual_card.address import Terminal, WritePolicy
from virtual_card.apdu import Command
from virtual_card.channel import ReaderEnd, SessionKeys, delivery_test_key, key_command
from virtual_card.chip.chip import Chip
from virtual_card.draws import Draws
from virtual_card.errors import CardUsageError
from virtual_card.layouts import CardType, profile_of

POLICY = WritePolicy(enabled=True, key=bytes(range(16)))
ONLINE = Terminal("counter 1", online=True)
WRITABLE = pytest.mark.parametrize("card_type", [CardType.RESIDENCE_1, CardType.RESIDENCE_2])


def card_of(card_type: CardType, policy: WritePolicy = POLICY) -> tuple[Client, Chip]:
    card = Chip(sample(card_type), Draws(1).octets, policy=policy)
    return Client(card.transmit, card_type), card


def new_file(card_type: CardType) -> bytes:
    spec = address.written_file(profile_of(card_type))
    return spec.stored({field.name: b"1"[: field.size] for field in spec.fields})


def authorised(reader: Client, content: bytes, policy: WritePolicy = POLICY) -> Command:
    return address.authorise(
        policy,
        ONLINE,
        profile_of(reader.card_type),
        number=NUMBER,
        challenge=reader.challenge(),
        content=content,
    )


def ready(card_type: CardType, policy: WritePolicy = POLICY) -> tuple[Client, Chip, bytes]:
    reader, card = card_of(card_type, policy)
    reader.open_card()
    reader.select(address.written_file(profile_of(card_type)).df)
    return reader, card, new_file(card_type)


def update(reader: Client, content: bytes) -> int:
    command = address.update_command(profile_of(reader.card_type), reader.session, content)
    return reader.raw(command.encode()).sw


# --- refusals ---------------------------------------------------------------------------------------------
@WRITABLE
def test_by_default_the_commands_do_not_exist(card_type: CardType) -> None:
    reader, card, content = ready(card_type, address.SUSPENDED)
    before = card.contents()
    assert reader.raw(Command(0x80, 0xDA, 0, 0, bytes(40)).encode()).sw == 0x6D00
    assert update(reader, content) == 0x6D00
    assert card.contents() == before


def test_the_authority_authorises_nothing_while_writing_is_suspended() -> None:
    with pytest.raises(CardUsageError, match="suspended"):
        authorised(ready(CardType.RESIDENCE_1)[0], b"", address.SUSPENDED)


@pytest.mark.parametrize("key", [b"", bytes(15), bytes(24)])
def test_a_policy_that_lets_chips_be_written_needs_a_key(key: bytes) -> None:
    with pytest.raises(CardUsageError, match="16 bytes"):
        WritePolicy(enabled=True, key=key)


def test_the_authority_refuses_a_standalone_terminal() -> None:
    with pytest.raises(CardUsageError, match="standalone"):
        address.authorise(
            POLICY,
            Terminal("branch office", online=False),
            profile_of(CardType.RESIDENCE_1),
            number=NUMBER,
            challenge=bytes(8),
            content=b"",
        )


def test_a_card_without_an_address_takes_none() -> None:
    with pytest.raises(CardUsageError, match="no place of residence"):
        address.written_file(profile_of(CardType.PROPOSAL_2011))


@WRITABLE
def test_nothing_is_written_without_an_authorisation(card_type: CardType) -> None:
    reader, card, content = ready(card_type)
    before = card.contents()
    assert update(reader, content) == 0x6982
    assert card.contents() == before


@WRITABLE
def test_an_authorisation_needs_an_open_card_a_fresh_challenge_and_the_right_key(card_type: CardType) -> None:
    reader, _ = card_of(card_type)
    content = new_file(card_type)
    assert reader.raw(authorised(reader, content).encode()).sw == 0x6982
    reader.open_card()
    command = authorised(reader, content)
    assert reader.raw("00 A4 00 00").ok
    assert reader.raw(command.encode()).sw == 0x6985
    other = replace(POLICY, key=bytes(16))
    assert reader.raw(authorised(reader, content, other).encode()).sw == 0x6300
    assert reader.raw(authorised(reader, content)._replace(data=bytes(39)).encode()).sw == 0x6700
    assert reader.raw(authorised(reader, content)._replace(p1=1).encode()).sw == 0x6A86
    assert reader.raw(authorised(reader, content).encode()).ok


@WRITABLE
def test_an_authorisation_is_good_for_one_write_of_this_content(card_type: CardType) -> None:
    reader, card, content = ready(card_type)
    command = authorised(reader, content)
    assert reader.raw(command.encode()).ok
    assert reader.raw(command.encode()).sw == 0x6985
    assert reader.raw(authorised(reader, content).encode()).ok
    forged = bytes(4) + content[4:]
    before = card.contents()
    assert update(reader, forged) == 0x6982
    assert update(reader, content) == 0x6982
    assert card.contents() == before
    assert reader.raw(authorised(reader, content).encode()).ok
    assert update(reader, content) == 0x9000
    assert update(reader, content) == 0x6982


@WRITABLE
def test_an_authorisation_does_not_outlive_its_session(card_type: CardType) -> None:
    reader, _, content = ready(card_type)
    assert reader.raw(authorised(reader, content).encode()).ok
    reader.open_card()
    assert update(reader, content) == 0x6982


@WRITABLE
def test_only_the_address_file_is_written_whole_and_protected(card_type: CardType) -> None:
    reader, card, content = ready(card_type)
    before = card.contents()
    assert reader.raw(authorised(reader, content).encode()).ok
    plain = Command(0, 0xD6, 0x80 | address.written_file(profile_of(card_type)).sfi, 0, content)
    assert reader.raw(plain.encode()).sw == 0x6982
    part = content[:-1]
    assert reader.raw(authorised(reader, part).encode()).ok
    assert update(reader, part) == 0x6700
    assert reader.raw(authorised(reader, content).encode()).ok
    other = address.update_command(profile_of(card_type), reader.session, content)
    assert reader.raw(other._replace(p1=0x83).encode()).sw == 0x6982
    assert reader.raw(authorised(reader, content).encode()).ok
    wanting = Command(8, 0xD6, other.p1, 0, b"\x96\2\0\0", 256)
    assert reader.raw(wanting.encode()).sw == 0x6988
    assert card.contents() == before


@WRITABLE
@pytest.mark.parametrize("spoilt", ["00 D6 81 00 01 00", "80 D6 00 00", "0C D6 81 00", "00 D6 81 00 09 00"])
def test_any_update_spends_the_authorisation_whatever_comes_of_it(card_type: CardType, spoilt: str) -> None:
    reader, card, content = ready(card_type)
    before = card.contents()
    assert reader.raw(authorised(reader, content).encode()).ok
    assert not reader.raw(spoilt).ok
    assert update(reader, content) == 0x6982
    assert card.contents() == before


@WRITABLE
def test_another_command_spends_no_authorisation(card_type: CardType) -> None:
    reader, _, content = ready(card_type)
    assert reader.raw(authorised(reader, content).encode()).ok
    assert not reader.raw("00 D7 00 00").ok
    assert update(reader, content) == 0x9000


# --- writing ----------------------------------------------------------------------------------------------
@WRITABLE
def test_an_authorised_address_is_written_and_nothing_else_changes(card_type: CardType) -> None:
    reader, card, content = ready(card_type)
    before = card.contents()
    assert reader.raw(authorised(reader, content).encode()).ok
    assert update(reader, content) == 0x9000
    key = address.written_file(profile_of(card_type)).key
    assert card.contents() == {**before, key: content}
    card.reset()
    fresh = Client(card.transmit, card_type)
    assert fresh.everything()["/".join(key)] == content


def test_a_specified_card_is_written_through_its_channel() -> None:
    card_type = CardType.SPECIFIED_RESIDENCE
    reader, card = card_of(card_type)
    keys = SessionKeys(bytes(16), bytes(16))
    reader.select("AP")
    reader.raw(key_command(delivery_test_key().public_key(), keys, bytes(32)).encode())
    end = ReaderEnd(keys)
    assert reader.raw(end.verify(NUMBER).encode()).ok
    reader.select("DF1")
    content = new_file(card_type)
    assert reader.raw(authorised(reader, content).encode()).ok
    answer = reader.raw(end.command(address.UPDATE, 0x86, 0, content).encode())
    assert end.open(answer.data, answer.sw) == b""
    assert card.contents()["DF1", "EF04"] == content
