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
from virtual_card.errors import CardUsageError, ReaderError
from virtual_card.layouts import CardType
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
from virtual_card.reader.session import read_card
from virtual_card.reader.strategies import SMALL, STRATEGIES, WHOLE, Strategy, strategy_of
from virtual_card.reader.talk import converse
from virtual_card.transports.faults import Fault, Faulty, Kind

EVERY_TYPE = pytest.mark.parametrize("card_type", ISSUED_TYPES)
EVERY_WAY = pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=list(STRATEGIES))
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
