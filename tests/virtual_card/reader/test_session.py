"""A whole reading: which card, every strategy, and every fault that a reader meets."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.virtual_card.reader.shared import ISSUED_TYPES, NUMBER, raw, sample, transport
from virtual_card.chip.behaviour import Behaviour, PastEnd
from virtual_card.chip.chip import Chip
from virtual_card.draws import Draws
from virtual_card.errors import CardUsageError, ReaderError
from virtual_card.layouts import AIDS, CardType, profile_of
from virtual_card.layouts.specified import Channel as ChannelProfile
from virtual_card.personalise.proposal_2011 import issue_proposal
from virtual_card.reader.errors import (
    BrokenAnswer,
    CardGone,
    CardTooSlow,
    RefusedByCard,
    UnknownCard,
    UnprotectedAnswer,
    WrongNumber,
)
from virtual_card.reader.reading import interpret
from virtual_card.reader.session import RawCard, read_card
from virtual_card.reader.strategies import SMALL, STRATEGIES, WHOLE, Strategy, strategy_of
from virtual_card.reader.talk import converse
from virtual_card.transports.faults import Fault, Faulty, Kind
from virtual_card.transports.in_process import InProcess
from virtual_card.verdicts import Reason

EVERY_TYPE = pytest.mark.parametrize("card_type", ISSUED_TYPES)
EVERY_WAY = pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=list(STRATEGIES))
SPECIAL_TYPES = (
    CardType.SPECIAL_PERMANENT_1,
    CardType.SPECIAL_PERMANENT_2,
    CardType.SPECIFIED_SPECIAL_PERMANENT,
)
PUBLIC = pytest.mark.parametrize("card_type", [CardType.RESIDENCE_1, CardType.RESIDENCE_2])


def faulty(card_type: CardType, fault: Fault) -> Faulty:
    return Faulty(transport(sample(card_type).content), fault, sleep=lambda seconds: None)


@EVERY_TYPE
@EVERY_WAY
@pytest.mark.parametrize("past_end", PastEnd)
def test_every_way_of_reading_gets_every_file_of_every_card(
    card_type: CardType, strategy: Strategy, past_end: PastEnd
) -> None:
    content = sample(card_type).content
    got = raw(transport(content, Behaviour(past_end=past_end)), strategy=strategy)
    assert got.files == content.files()
    assert not got.refused
    assert not got.unexpected
    assert got.profile.card_type is card_type


def test_the_chip_of_2011_is_read_too() -> None:
    content = issue_proposal(1, NUMBER).content
    assert raw(transport(content)).files == content.files()


@EVERY_TYPE
def test_small_readers_get_only_short_commands_and_answers_of_at_most_256_bytes(card_type: CardType) -> None:
    way = transport(sample(card_type).content)
    longest = []

    class Watching:
        connect, reset, disconnect = way.connect, way.reset, way.disconnect

        def transmit(self, command: bytes) -> bytes:
            answer = way.transmit(command)
            if command[1] != 0xAE:  # the delivered key of a specified card is longer than that by itself
                assert len(command) <= 5 or command[4] != 0
                longest.append(len(answer) - 2)
            return answer

    raw(Watching(), strategy=SMALL)
    assert 200 < max(longest) <= 256


@pytest.mark.parametrize("number", ["", "AA12345678B", "aa12345678bb", "AA12345678BB\n", "ＡＡ12345678BB"])
def test_a_number_of_the_wrong_shape_never_reaches_the_card(number: str) -> None:
    class NoCard:
        def connect(self) -> bytes:
            return b""

        def transmit(self, command: bytes) -> bytes:
            raise AssertionError("something was sent")

        def reset(self) -> bytes:
            return b""

        def disconnect(self) -> None: ...

    with pytest.raises(CardUsageError, match="card number"):
        converse(NoCard(), read_card(number, bytes))


@EVERY_TYPE
def test_a_wrong_number_is_told_as_such(card_type: CardType) -> None:
    with pytest.raises(WrongNumber, match="does not open"):
        raw(transport(sample(card_type).content), "AA12345678BC")


def test_what_is_no_residence_card_is_called_unknown() -> None:
    class Licence:
        def connect(self) -> bytes:
            return b""

        def transmit(self, command: bytes) -> bytes:
            return bytes.fromhex("6A82")

        def reset(self) -> bytes:
            return b""

        def disconnect(self) -> None: ...

    with pytest.raises(UnknownCard, match="6A82"):
        converse(Licence(), read_card(NUMBER, bytes))


@PUBLIC
def test_a_stale_challenge_is_answered_with_a_fresh_one(card_type: CardType) -> None:
    got = raw(faulty(card_type, Fault(Kind.STALE_CHALLENGE)))
    assert got.files == sample(card_type).content.files()
    assert "refused once" in got.notes[0]


@PUBLIC
def test_a_wrong_mac_ends_the_reading(card_type: CardType) -> None:
    with pytest.raises(BrokenAnswer, match="MAC is wrong"):
        raw(faulty(card_type, Fault(Kind.WRONG_MAC)))


@EVERY_TYPE
@EVERY_WAY
def test_a_truncated_protected_answer_is_found(card_type: CardType, strategy: Strategy) -> None:
    with pytest.raises(BrokenAnswer, match="truncated"):
        raw(faulty(card_type, Fault(Kind.TRUNCATED)), strategy=strategy)


@EVERY_TYPE
@EVERY_WAY
def test_an_unprotected_status_is_named_with_what_to_do(card_type: CardType, strategy: Strategy) -> None:
    with pytest.raises(UnprotectedAnswer, match=r"6700[\s\S]*strategy small"):
        raw(faulty(card_type, Fault(Kind.UNPROTECTED_STATUS)), strategy=strategy)


@EVERY_TYPE
@pytest.mark.parametrize("plain", [b"", b"\xd0\x03abc", bytes(40)])
def test_plain_data_where_protected_are_due_prove_nothing_and_are_not_taken(
    card_type: CardType, plain: bytes
) -> None:
    way = transport(sample(card_type).content)

    class Between:
        connect, reset, disconnect = way.connect, way.reset, way.disconnect

        def transmit(self, command: bytes) -> bytes:
            return plain + b"\x90\x00" if command[:2] == b"\x08\xb0" else way.transmit(command)

    with pytest.raises(UnprotectedAnswer, match="without protection"):
        raw(Between())


@EVERY_TYPE
@EVERY_WAY
def test_end_of_file_warnings_and_corrected_lengths_change_nothing(
    card_type: CardType, strategy: Strategy
) -> None:
    # The check value of a specified card covers the status word, so there a changed one is damage.
    if card_type not in (CardType.SPECIFIED_RESIDENCE, CardType.SPECIFIED_SPECIAL_PERMANENT):
        always = Fault(Kind.END_OF_FILE, times=None)
        assert raw(faulty(card_type, always), strategy=strategy).files == sample(card_type).content.files()
    always = Fault(Kind.CORRECT_LE, times=None)
    assert raw(faulty(card_type, always), strategy=strategy).files == sample(card_type).content.files()


@EVERY_TYPE
def test_wherever_the_card_is_removed_the_step_is_told(card_type: CardType) -> None:
    for after in count():
        try:
            raw(faulty(card_type, Fault(Kind.REMOVAL, after=after)))
        except CardGone as gone:
            assert gone.where
            assert "leave the card" in (gone.remedy or "")
        else:
            break
    assert after > 12


def test_a_slow_card_is_told_from_a_quick_one() -> None:
    seconds = 0.0

    def clock() -> float:
        return seconds

    def sleep(duration: float) -> None:
        nonlocal seconds
        seconds += duration

    for duration, slow in ((4.0, False), (6.0, True)):
        way = Faulty(
            transport(sample(CardType.RESIDENCE_2).content),
            Fault(Kind.SLOW, after=7, seconds=duration),
            sleep=sleep,
        )
        if slow:
            with pytest.raises(CardTooSlow, match=r"6\.0 s"):
                raw(way, clock=clock)
        else:
            raw(way, clock=clock)


class Stingy:
    """A card, or a reader before it, that gives so many plain bytes at a time and says 9000."""

    def __init__(self, way: InProcess, most: int, end: bytes) -> None:
        self.way, self.most, self.end = way, most, end
        self.connect, self.reset, self.disconnect = way.connect, way.reset, way.disconnect

    def transmit(self, command: bytes) -> bytes:
        answer = self.way.transmit(command)
        if command[:2] != b"\x00\xb0":
            return answer
        if answer[-2:] == b"\x6b\x00":
            return self.end
        return answer[:-2][: self.most] + answer[-2:]


@PUBLIC
@EVERY_WAY
@pytest.mark.parametrize("most", [255, 256])
@pytest.mark.parametrize("past_end", PastEnd)
def test_a_file_that_comes_in_smaller_pieces_than_asked_for_is_read_to_its_end(
    card_type: CardType, strategy: Strategy, most: int, past_end: PastEnd
) -> None:
    content = sample(card_type).content
    way = transport(content, Behaviour(past_end=past_end))
    got = raw(Stingy(way, most, b"\x6b\x00"), strategy=strategy)
    assert got.files == content.files()
    assert interpret(got, b"").problems == ()


@PUBLIC
@EVERY_WAY
@pytest.mark.parametrize("end", [b"\x6b\x00", b"\x90\x00", b"\x62\x82"], ids=bytes.hex)
def test_a_file_that_ends_early_is_kept_short_and_proves_nothing(
    card_type: CardType, strategy: Strategy, end: bytes
) -> None:
    content = sample(card_type).content
    short = content.files()["DF3", "EF01"][:300]
    way = transport(replace(content, overrides={"DF3/EF01": short}))
    got = raw(Stingy(way, 256, end), strategy=strategy)
    assert got.files["DF3", "EF01"] == short
    assert got.notes == ()
    assert {each.reason for each in interpret(got, b"").problems} == {Reason.CHIP_UNREADABLE}


@PUBLIC
@EVERY_WAY
def test_nothing_at_all_behind_a_protected_file_is_its_end_and_no_missing_protection(
    card_type: CardType, strategy: Strategy
) -> None:
    content = sample(card_type).content
    spec = content.profile.file_of("photo")
    short = content.files()[spec.key][:700]
    way = transport(replace(content, overrides={spec.place: short}))

    class Silent:
        connect, reset, disconnect = way.connect, way.reset, way.disconnect

        def transmit(self, command: bytes) -> bytes:
            answer = way.transmit(command)
            return b"\x90\x00" if answer == b"\x6b\x00" and command[0] == 0x08 else answer

    assert raw(Silent(), strategy=strategy).files[spec.key] == short


@EVERY_TYPE
@EVERY_WAY
def test_a_protected_file_that_ends_early_is_kept_short_too(card_type: CardType, strategy: Strategy) -> None:
    content = sample(card_type).content
    spec = content.profile.file_of("photo")
    short = content.files()[spec.key][:700]
    got = raw(transport(replace(content, overrides={spec.place: short})), strategy=strategy)
    assert got.files[spec.key] == short
    assert {each.reason for each in interpret(got, b"").problems} == {Reason.CHIP_UNREADABLE}


NOT_THERE = ["6A82", "6985", "6A86", "6982", "6700", "6B00", "6F00", "6A88", "6C00", "9000", "6282"]


@pytest.mark.parametrize("card_type", SPECIAL_TYPES)
@pytest.mark.parametrize("sw", NOT_THERE)
def test_however_a_card_refuses_files_that_its_type_has_not_it_is_read(card_type: CardType, sw: str) -> None:
    content = sample(card_type).content
    way = transport(content)
    own = {0x80 | spec.sfi for spec in content.profile.files if spec.df == "DF2"}
    here = b""
    asked = 0

    class Blunt:
        connect, reset, disconnect = way.connect, way.reset, way.disconnect

        def transmit(self, command: bytes) -> bytes:
            nonlocal here, asked
            if command[:2] == b"\x00\xa4":
                here = command[5:]
            if here == AIDS["DF2"] and command[1] == 0xB0 and command[2] & 0x80 and command[2] not in own:
                asked += 1
                return bytes.fromhex(sw)
            return way.transmit(command)

    got = raw(Blunt())
    assert asked
    assert got.files == content.files()
    assert got.unexpected == ()


@pytest.mark.parametrize("card_type", SPECIAL_TYPES)
def test_a_directory_that_cannot_be_selected_again_does_not_spoil_the_reading(card_type: CardType) -> None:
    content = sample(card_type).content
    way = transport(content)
    selected = 0

    class Once:
        connect, reset, disconnect = way.connect, way.reset, way.disconnect

        def transmit(self, command: bytes) -> bytes:
            nonlocal selected
            if command[:2] == b"\x00\xa4" and command[5:] == AIDS["DF2"]:
                selected += 1
                if selected > 1:
                    return b"\x69\x85"
            return way.transmit(command)

    assert raw(Once()).files == content.files()
    assert selected > 1


@pytest.mark.parametrize("card_type", SPECIAL_TYPES)
@pytest.mark.parametrize("past_end", PastEnd)
def test_files_that_a_type_must_not_have_are_found(card_type: CardType, past_end: PastEnd) -> None:
    other = {
        CardType.SPECIAL_PERMANENT_1: CardType.RESIDENCE_1,
        CardType.SPECIAL_PERMANENT_2: CardType.RESIDENCE_2,
        CardType.SPECIFIED_SPECIAL_PERMANENT: CardType.SPECIFIED_RESIDENCE,
    }[card_type]
    own = profile_of(card_type)
    content = replace(
        sample(other).content,
        overrides={own.files[1].place: b"\xc1" + bytes([len(own.type_value)]) + own.type_value},
    )
    assert raw(transport(content, Behaviour(past_end=past_end))).unexpected


@pytest.mark.parametrize(
    "channel",
    [
        ChannelProfile(oaep_hash="sha1", oaep_label=b"RC"),
        ChannelProfile(key_size=32),
        ChannelProfile(first_counter=0, counter_size=8),
        ChannelProfile(mac_size=16),
        ChannelProfile(mac_size=4),
    ],
    ids=str,
)
def test_another_profile_of_the_secure_channel_is_spoken_by_both_ends(channel: ChannelProfile) -> None:
    content = sample(CardType.SPECIFIED_RESIDENCE).content

    def read(profile: ChannelProfile) -> RawCard:
        way = InProcess(Chip(content, Draws(3, "chip").octets, channel=channel))
        way.connect()
        return converse(way, read_card(NUMBER, Draws(4, "reader").octets, channel=profile))

    assert read(channel).files == content.files()
    with pytest.raises(ReaderError):
        read(ChannelProfile())


def test_how_often_the_number_was_tried_is_told_as_it_was() -> None:
    way = transport(sample(CardType.RESIDENCE_2).content)
    with pytest.raises(WrongNumber) as refused:
        raw(way, "AA12345678BC")
    assert "2 times with a fresh challenge" in (refused.value.received or "")

    class Doubting:
        connect, reset, disconnect = way.connect, way.reset, way.disconnect

        def transmit(self, command: bytes) -> bytes:
            return b"\x63\x00" if command[:2] == b"\x08\x20" else way.transmit(command)

    with pytest.raises(WrongNumber) as refused:
        raw(Doubting())
    assert refused.value.where == "VERIFY"
    assert refused.value.received == "6300, authentication failed"


def test_a_file_that_the_reader_lost_the_right_to_is_told() -> None:
    way = transport(sample(CardType.RESIDENCE_1).content)

    class Forgetful:
        connect, reset, disconnect = way.connect, way.reset, way.disconnect

        def transmit(self, command: bytes) -> bytes:
            return b"\x69\x82" if command[:3] == b"\x00\xb0\x82" else way.transmit(command)

    with pytest.raises(RefusedByCard, match=r"6982[\s\S]*lost on the way"):
        raw(Forgetful())


@PUBLIC
def test_a_chip_that_calls_itself_by_another_generations_type_is_read_as_what_it_is(
    card_type: CardType,
) -> None:
    other = b"05" if card_type is CardType.RESIDENCE_1 else b"1"
    content = sample(card_type).content
    file = b"\xc1" + bytes([len(other)]) + other
    got = raw(transport(replace(content, overrides={"MF/EF02": file})))
    assert got.profile.suite == content.profile.suite
    assert got.declared == other
    assert "calls itself" in got.notes[0]


@PUBLIC
def test_a_card_that_minds_another_generations_cryptography_still_says_that_the_number_is_wrong(
    card_type: CardType,
) -> None:
    way = transport(sample(card_type).content)
    tries = 0

    class Touchy:
        connect, reset, disconnect = way.connect, way.reset, way.disconnect

        def transmit(self, command: bytes) -> bytes:
            nonlocal tries
            tries += command[1] == 0x82
            return b"\x69\x88" if tries > 2 and command[1] == 0x82 else way.transmit(command)

    with pytest.raises(WrongNumber):
        raw(Touchy(), "AA12345678BC")
    assert tries == 3


def test_an_unknown_strategy_is_refused_with_the_nearest() -> None:
    assert strategy_of("whole") is WHOLE
    with pytest.raises(CardUsageError, match="--strategy small"):
        strategy_of("smal")


@given(st.lists(st.binary(max_size=60), max_size=40))
def test_no_answers_of_a_card_make_anything_but_a_reader_error(answers: list[bytes]) -> None:
    talk = read_card(NUMBER, bytes)
    next(talk)
    try:
        for answer in answers:
            talk.send(answer)
    except (ReaderError, StopIteration):
        pass


@given(st.data())
def test_no_damage_to_one_answer_makes_anything_but_a_reader_error(data: st.DataObject) -> None:
    card_type = data.draw(st.sampled_from(ISSUED_TYPES))
    at = data.draw(st.integers(0, 20))
    way = transport(sample(card_type).content)
    seen = 0

    class Damaged:
        connect, reset, disconnect = way.connect, way.reset, way.disconnect

        def transmit(self, command: bytes) -> bytes:
            nonlocal seen
            answer = way.transmit(command)
            seen += 1
            if seen == at + 1:
                answer = data.draw(
                    st.one_of(st.binary(max_size=20), st.just(answer[:-3]), st.just(answer * 2))
                )
            return answer

    with suppress(ReaderError):
        raw(Damaged())
