"""Any byte string, in any order, gets a status word: never an exception, never a byte that was not earned."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.virtual_card.client import K_IFD, NUMBER, RND_IFD, Client, chip, sample
from virtual_card.address import WritePolicy
from virtual_card.apdu import MEANINGS, Command
from virtual_card.channel import ReaderEnd, SessionKeys, delivery_test_key, key_command
from virtual_card.chip.behaviour import Behaviour, PastEnd
from virtual_card.chip.chip import Chip
from virtual_card.draws import Draws
from virtual_card.layouts import AIDS, Access, CardType, Generation, profile_of
from virtual_card.suites import suite_of

BYTE = st.integers(0, 255)
INSTRUCTIONS = st.sampled_from([0x20, 0x82, 0x84, 0xA4, 0xAE, 0xB0, 0xCA, 0xD6, 0xDA]) | BYTE
CLASSES = st.sampled_from([0x00, 0x08, 0x80, 0xFF]) | BYTE
DATA = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([b"\x3f\0", b"\x96\2\0\0", b"\x86\x11\1" + bytes(16), *AIDS.values()]),
)
COMMANDS = st.builds(
    Command,
    CLASSES,
    INSTRUCTIONS,
    st.sampled_from([0, 2, 4, 0x81, 0x85, 0x8A, 0x8B]) | BYTE,
    st.sampled_from([0, 0x0C, 0x86]) | BYTE,
    DATA,
    st.none() | st.integers(1, 65536),
    st.booleans(),
).map(Command.encode)
RAW = st.one_of(COMMANDS, st.binary(max_size=80))
POLICY = WritePolicy(enabled=True, key=bytes(range(16)))
BEHAVIOURS = st.builds(Behaviour, st.sampled_from(PastEnd), st.booleans(), st.booleans())


def known(sw: int) -> bool:
    return sw in MEANINGS or sw >> 8 == 0x6C


@settings(max_examples=300)
@given(st.sampled_from(CardType), BEHAVIOURS, st.booleans(), st.lists(RAW, max_size=30))
def test_any_bytes_get_a_status_word_that_has_a_meaning(
    card_type: CardType, behaviour: Behaviour, writing: bool, stream: list[bytes]
) -> None:
    policy = POLICY if writing else WritePolicy()
    card = Chip(sample(card_type), Draws(1).octets, behaviour=behaviour, policy=policy)
    before = card.contents()
    for raw in stream:
        answer = card.transmit(raw)
        assert len(answer) >= 2
        assert known(int.from_bytes(answer[-2:])), answer[-2:].hex()
    assert card.contents() == before


class AnyOrder(RuleBasedStateMachine):
    """Right steps and arbitrary bytes in any order, against a model of what may be open."""

    def __init__(self) -> None:
        super().__init__()
        self.start(CardType.RESIDENCE_1)

    @rule(card_type=st.sampled_from(CardType))
    def start(self, card_type: CardType) -> None:
        self.card = chip(card_type)
        self.profile = profile_of(card_type)
        self.suite = suite_of(self.profile.suite)
        self.specified = self.profile.generation is Generation.SPECIFIED
        self.client = Client(self.card.transmit, card_type)
        self.end: ReaderEnd | None = None
        self.session = self.verified = False
        self.df = "MF"

    @rule(raw=RAW)
    def send(self, raw: bytes) -> None:
        """Arbitrary bytes may end a session or move in the tree, so the model starts anew behind them."""
        answer = self.card.transmit(raw)
        assert known(int.from_bytes(answer[-2:]))
        if not self.verified:
            self.holds_nothing_secret(answer)
        self.card.reset()
        self.end, self.session, self.verified, self.df = None, False, False, "MF"

    @rule()
    def reset(self) -> None:
        assert self.card.reset() == self.card.atr
        self.end, self.session, self.verified, self.df = None, False, False, "MF"

    @rule(df=st.sampled_from(["AP", "DF1", "DF2", "DF3"]))
    def select(self, df: str) -> None:
        there = any(file.df == df for file in self.profile.files)
        reachable = there and not (self.specified and df != "AP" and self.df == "MF")
        assert self.client.select(df).sw == (0x9000 if reachable else 0x6A82)
        if reachable:
            self.df = df
            if df == "AP":
                self.end, self.session, self.verified = None, False, False

    @rule(right=st.booleans())
    def authenticate(self, right: bool) -> None:
        if self.specified:
            return
        self.client.number = NUMBER if right else "ZZ00000000ZZ"
        assert self.client.authenticate().sw == (0x9000 if right else 0x6300)
        self.client.number = NUMBER
        self.session, self.verified = right, False

    @rule(seed=st.binary(min_size=32, max_size=32))
    def deliver(self, seed: bytes) -> None:
        if not self.specified:
            return
        keys = SessionKeys(RND_IFD * 2, K_IFD)
        answer = self.client.raw(key_command(delivery_test_key().public_key(), keys, seed).encode())
        assert answer.sw == (0x6985 if self.df == "MF" else 0x9000)
        if answer.ok:
            self.end, self.session, self.verified = ReaderEnd(keys), True, False

    @rule(right=st.booleans())
    def verify(self, right: bool) -> None:
        number = NUMBER if right else "ZZ00000000ZZ"
        if self.end is not None:
            answer = self.client.raw(self.end.verify(number).encode())
        else:
            if self.specified or not self.session:
                return
            answer = self.client.raw(self.client.verification(number).encode())
        assert answer.sw == (0x9000 if right else 0x6300)
        self.verified = right

    @invariant()
    def exactly_the_right_files_can_be_read(self) -> None:
        for spec in self.profile.files:
            if spec.df != self.df:
                continue
            answer = self.card.transmit(Command(0, 0xB0, 0x80 | spec.sfi, 0, ne=65536).encode())
            may = spec.access is Access.FREE or (self.verified and spec.access is Access.NUMBER)
            assert answer[-2:].hex() == ("9000" if may else "6982"), spec.place
            assert not may or answer[:-2] == self.card.contents()[spec.key]

    def holds_nothing_secret(self, answer: bytes) -> None:
        for spec in self.profile.files:
            if spec.access is not Access.FREE and spec.capacity >= 14:
                assert self.card.contents()[spec.key][2:14] not in answer


AnyOrder.TestCase.settings = settings(max_examples=60, stateful_step_count=25)
test_steps_in_any_order = AnyOrder.TestCase


def test_no_part_of_a_right_conversation_can_be_left_out_or_repeated_with_an_exception() -> None:
    for card_type in (CardType.RESIDENCE_1, CardType.RESIDENCE_2):
        talk = Client(chip(card_type).transmit, card_type)
        talk.everything()
        sent = [command for command, _ in talk.sent]
        for skipped in range(0, len(sent), 3):
            card = chip(card_type)
            for command in [*sent[:skipped], *sent[skipped + 1 :]]:
                assert len(card.transmit(command)) >= 2
        card = chip(card_type)
        for command in sent:
            for one in (command, command[:-1], command + b"\0", command):
                assert known(int.from_bytes(card.transmit(one)[-2:]))
