"""Read a whole chip: which generation it is, the authentication by card number, every file.

    detect         card type from the MF; when it is not there, from the residence application
    authenticate   by card number: challenge, mutual authentication, VERIFY (specified cards: the delivered
                   key of `virtual_card.channel`); a refused challenge is answered once with a fresh one
    read           every file of the profile, in the pieces that the strategy says

A chip that calls itself by the wrong type is still read when its number opens it: what it calls itself is
kept in `RawCard.declared`, and judging is done elsewhere. All of it is a `Talk`: no I/O here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from virtual_card.apdu import (
    AUTHENTICATION_FAILED,
    END_OF_FILE,
    FILE_NOT_FOUND,
    OK,
    SHORT_MAX,
    WRONG_LENGTH,
    WRONG_OFFSET,
    Command,
    Response,
    meaning,
)
from virtual_card.channel import ReaderEnd, SessionKeys, key_command, seed_size
from virtual_card.errors import ReaderError
from virtual_card.layouts import (
    AIDS,
    AP,
    MF,
    PROFILES,
    Access,
    CardProfile,
    CardType,
    FileKey,
    FileSpec,
    Generation,
)
from virtual_card.layouts.specified import ASSUMED_CHANNEL
from virtual_card.layouts.specified import Channel as ChannelProfile
from virtual_card.number import checked_number
from virtual_card.reader.errors import (
    BrokenAnswer,
    RefusedByCard,
    UnknownCard,
    UnprotectedAnswer,
    WrongNumber,
)
from virtual_card.reader.messaging import (
    ALL,
    KEY_MATERIAL,
    RANDOM,
    Channel,
    DeliveredChannel,
    Handshake,
    SecureChannel,
    get_challenge,
    plain_reading,
)
from virtual_card.reader.strategies import WHOLE, Strategy
from virtual_card.reader.talk import Talk, answered, ask
from virtual_card.suites import suite_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

RandomSource = Callable[[int], bytes]
Reading = Callable[[bytes], bytes]
"""P1 and P2 to the command that reads there."""

ATTEMPTS: Final = 2  # a challenge is good once, and more than a fresh one cannot help
LARGEST_OFFSET: Final = 0x7FFF  # what 15 bits can say
TYPE_PLACE: Final = b"\x8a\0"  # P1 and P2 of the file with the card type, wherever it stands
DONE: Final = OK.to_bytes(2)
WITH_DATA: Final = frozenset({OK, END_OF_FILE})
# The bare status words that the specification's table has for protected commands (facts: chip §2), and 6985,
# which that table as far as it is public has not and ISO/IEC 7816-4 has [G]. Any other one comes from
# somewhere else: a reader that cannot do extended length, for example.
KNOWN_BARE: Final = frozenset({0x6300, 0x6882, 0x6982, 0x6985, 0x6988, 0x6A82, 0x6A86, 0x6B00})


@dataclass(frozen=True, slots=True)
class RawCard:
    """What a chip gave: file contents as read, and the status words of the files that it did not give.

    `declared` is the value of C1, `profile` the one by which it was read: they differ on a chip that calls
    itself by the wrong type. `unexpected` are places of files that cards of this type do not have and this
    one has. `notes` tell of retries, in words.
    """

    number: str
    profile: CardProfile
    declared: bytes
    files: Mapping[FileKey, bytes]
    refused: Mapping[FileKey, int]
    unexpected: tuple[str, ...]
    strategy: str
    notes: tuple[str, ...]


def read_card(
    number: str,
    random: RandomSource,
    strategy: Strategy = WHOLE,
    delivery: RSAPublicKey | None = None,
    channel: ChannelProfile = ASSUMED_CHANNEL,
) -> Talk[RawCard]:
    """Read everything that a chip holds. `random` gives that many bytes; replays and tests inject it.

    `delivery`: the public key to which a specified card's session keys are delivered; without one, the
    harness' test key. `channel`: how a specified card's secure channel is put together, where the assumed
    way is not the right one.

    Raises:
        CardUsageError: the number has not the shape of a card number; nothing was sent.
        ReaderError: one of `reader.errors`.
    """
    return _Session(checked_number(number), random, strategy, delivery, channel).run()


class _Session:
    """The state of one reading: where in the tree we are, and the channel once there is one."""

    def __init__(
        self,
        number: str,
        random: RandomSource,
        strategy: Strategy,
        delivery: RSAPublicKey | None,
        profile: ChannelProfile,
    ) -> None:
        self.number = number
        self.random = random
        self.strategy = strategy
        self.delivery = delivery
        self.channel_profile = profile
        self.here = MF
        self.channel: SecureChannel | None = None
        self.notes: list[str] = []

    def run(self) -> Talk[RawCard]:
        declared = yield from self.detect()
        profile = yield from self.authenticate(declared)
        files: dict[FileKey, bytes] = {}
        refused: dict[FileKey, int] = {}
        for spec in profile.files:
            got = yield from self.read_file(spec)
            if isinstance(got, int):
                refused[spec.key] = got
            else:
                files[spec.key] = got
        unexpected = yield from self._unexpected(profile)
        return RawCard(
            self.number,
            profile,
            declared,
            MappingProxyType(files),
            MappingProxyType(refused),
            unexpected,
            self.strategy.name,
            tuple(self.notes),
        )

    # --- which card ---------------------------------------------------------------------------------------
    def detect(self) -> Talk[bytes]:
        """The value of C1, from the MF or from the residence application."""
        answer = yield from self._type_file(MF, 2)
        if answer.sw not in WITH_DATA:
            step = "SELECT of the residence application"
            selected = answered((yield (_select(AP), step)), step)
            if not selected.ok:
                raise UnknownCard(
                    f"{answer.sw:04X} for the card type in the MF, {selected.sw:04X} for the application"
                )
            self.here = AP
            answer = yield from self._type_file(AP, 2)
        if answer.sw not in WITH_DATA or answer.data[:1] != b"\xc1" or len(answer.data) < 2:
            raise UnknownCard(
                f"{answer.sw:04X} with {answer.data.hex().upper() or 'no data'} for the card type"
            )
        # Header first, then exactly what it announces: first-generation cards have one byte here and later
        # ones two, and readers that assume one of them cut the other off (facts: chip §9).
        size = min(2 + answer.data[1], SHORT_MAX)
        if len(answer.data) < size:
            answer = yield from self._type_file(self.here, size)
        return answer.data[2:size]

    def _type_file(self, df: str, size: int) -> Talk[Response]:
        step = f"card type in {df}"
        answer = answered((yield (plain_reading(size)(TYPE_PLACE), step)), step)
        if answer.sw >> 8 == 0x6C:
            exact = (answer.sw & 0xFF) or SHORT_MAX
            answer = answered((yield (plain_reading(exact)(TYPE_PLACE), step)), step)
        return answer

    def _candidates(self, declared: bytes) -> Iterator[CardProfile]:
        """Profiles to try: the declared one, then one for each other suite, in case the type byte lies."""
        seen = set()
        for wanted in (True, False):  # the declared one first, and the others only when it did not fit
            for profile in PROFILES.values():
                fits = (profile.generation is Generation.SPECIFIED) == (self.here == AP)
                if fits and (profile.type_value == declared) is wanted and profile.suite not in seen:
                    seen.add(profile.suite)
                    yield profile

    # --- authentication -----------------------------------------------------------------------------------
    def authenticate(self, declared: bytes) -> Talk[CardProfile]:
        """Open the chip by its number; the profile whose cryptography did it."""
        for profile in self._candidates(declared):
            try:
                if profile.generation is Generation.SPECIFIED:
                    opened = yield from self._deliver()
                else:
                    opened = yield from self._agree(profile)
            except RefusedByCard:
                if profile.type_value == declared:
                    raise
                continue  # not even another generation's cryptography: the number is the likelier fault
            if not opened:
                continue
            if profile.type_value != declared:
                self.notes.append(
                    f"the chip calls itself {declared.decode('ascii', 'replace')!r} but opens as"
                    f" {profile.type_value.decode()!r}"
                )
            return profile
        raise WrongNumber("MUTUAL AUTHENTICATE", ATTEMPTS)

    def _agree(self, profile: CardProfile) -> Talk[bool]:
        suite = suite_of(profile.suite)
        for attempt in range(ATTEMPTS):
            challenge = yield from ask(get_challenge(), "GET CHALLENGE")
            if not challenge.ok:
                raise RefusedByCard("GET CHALLENGE", challenge.sw)
            if len(challenge.data) != RANDOM:
                raise BrokenAnswer(
                    "the challenge has the wrong length",
                    "GET CHALLENGE",
                    expected=f"{RANDOM} bytes",
                    received=f"{len(challenge.data)} bytes",
                )
            handshake = Handshake(
                suite,
                suite.derive(self.number),
                challenge.data,
                self.random(RANDOM),
                self.random(KEY_MATERIAL),
            )
            answer = yield from ask(handshake.command(), "MUTUAL AUTHENTICATE")
            if answer.ok:
                self.channel = Channel(suite, handshake.session_key(answer.data))
                yield from self._verify(self.channel)
                if attempt:
                    self.notes.append("MUTUAL AUTHENTICATE was refused once and went through afresh")
                return True
            if answer.sw != AUTHENTICATION_FAILED:
                raise RefusedByCard("MUTUAL AUTHENTICATE", answer.sw)
        return False

    def _deliver(self) -> Talk[bool]:
        """Specified cards: the session keys are not agreed on but delivered (assumed, see `channel`)."""
        from virtual_card.channel import delivery_test_key

        profile = self.channel_profile
        keys = SessionKeys.of(self.random(2 * profile.key_size), profile)
        delivery = self.delivery or delivery_test_key().public_key()
        command = key_command(delivery, keys, self.random(seed_size(profile)), profile)
        answer = yield from ask(command, "SET SESSION KEY")
        if not answer.ok:
            raise RefusedByCard(
                "SET SESSION KEY",
                answer.sw,
                "specified cards are read by an assumed profile, made for the test cards of this harness: a"
                " genuine one needs the official specification (see docs/cards.md)",
            )
        self.channel = DeliveredChannel(ReaderEnd(keys, profile))
        verified = yield from self._verify(self.channel)
        self.channel.open(verified.data, "VERIFY", verified.sw)
        return True

    def _verify(self, channel: SecureChannel) -> Talk[Response]:
        verified = yield from ask(channel.verify(self.number), "VERIFY")
        if verified.sw == AUTHENTICATION_FAILED:
            raise WrongNumber("VERIFY")
        if not verified.ok:
            raise RefusedByCard("VERIFY", verified.sw)
        return verified

    # --- files --------------------------------------------------------------------------------------------
    def read_file(self, spec: FileSpec) -> Talk[bytes | int]:
        """The file's content, or the status word when the card has no such file.

        A piece that is shorter than what was asked for may be the end of the file, or all that the card or
        something before it gives at a time. So the reading goes on behind it as long as the file is shorter
        than its profile says, until nothing more comes.
        """
        if spec.df != self.here:
            step = f"SELECT {spec.df}"
            selected = answered((yield (_select(spec.df), step)), step)
            if selected.sw == FILE_NOT_FOUND:
                return FILE_NOT_FOUND
            if not selected.ok:
                raise RefusedByCard(f"SELECT {spec.df}", selected.sw)
            self.here = spec.df
        channel = self._channel_for(spec)
        size = spec.capacity if self.strategy.exact else self.strategy.piece
        at_once = size == ALL or self.strategy.exact
        reading = self._reading(channel, size)
        title = f"READ BINARY {spec.place}"
        place = bytes((0x80 | spec.sfi, 0))
        parts: list[bytes] = []
        offset = 0
        while offset <= LARGEST_OFFSET:
            step = f"{title} at {offset}"
            raw = yield (reading(place), step)
            if raw.endswith(DONE):  # nearly always: nothing more is to be asked about it
                data, sw = raw[:-2], OK
            else:
                data, sw = answered(raw, step)
                if sw >> 8 == 0x6C:  # once: a card not content with what it asked for is refused below
                    data, sw = yield from self._mended(channel, place, step, sw)
            if sw != OK and sw not in WITH_DATA:
                if channel is not None and sw not in KNOWN_BARE and sw >> 8 != 0x6C:
                    raise UnprotectedAnswer(step, f"{sw:04X}, {meaning(sw)}")
                exact = self.strategy.exact and size != ALL
                if sw == WRONG_OFFSET and (offset or not exact):
                    break  # behind the end: of a file that holds nothing at all, too
                if sw != FILE_NOT_FOUND and exact:
                    self.notes.append(
                        f"{spec.place}: {sw:04X} for {size} bytes, asked for the whole file instead"
                    )
                    size = ALL
                    reading = self._reading(channel, size)
                    continue
                if not offset and sw == FILE_NOT_FOUND:
                    return sw
                raise _refusal(step, sw, spec)
            if offset and not data:
                break
            part = data if channel is None else channel.open(data, step, sw)
            parts.append(part)
            offset += len(part)
            # A card may say 6282 with the last piece whole; only a short piece is the end.
            if (at_once or len(part) < size) and (not part or offset >= spec.capacity):
                break
            place = offset.to_bytes(2)
        return b"".join(parts)

    def _unexpected(self, profile: CardProfile) -> Talk[tuple[str, ...]]:
        """Files that the profile does not know and its sibling does: a certificate of a special permanent
        resident has fewer files than a residence card, so only asking tells that the type byte lies."""
        found = []
        for spec in _of_siblings(profile.card_type):
            if (yield from self._is_there(spec)):
                found.append(spec.place)
        return tuple(found)

    def _is_there(self, spec: FileSpec) -> Talk[bool]:
        """Whether the card gives a byte of a file. How cards refuse what they do not have is not public, so
        every refusal will do: the reading is over, and nothing that comes now may spoil it."""
        if spec.df != self.here:
            step = f"SELECT {spec.df}"
            selected = answered((yield (_select(spec.df), step)), step)
            if not selected.ok:
                return False
            self.here = spec.df
        channel = self._channel_for(spec)
        step = f"READ BINARY {spec.place}, which this type of card has not"
        reading = self._reading(channel, 1)
        data, sw = answered((yield (reading(bytes((0x80 | spec.sfi, 0))), step)), step)
        if sw not in WITH_DATA or not data:
            return False
        if channel is not None:
            try:
                channel.open(data, step, sw)
            except ReaderError:
                return False
        return True

    def _mended(self, channel: SecureChannel | None, place: bytes, step: str, sw: int) -> Talk[Response]:
        """The answer to the same command with the Le that the card asked for."""
        size = (sw & 0xFF) or SHORT_MAX
        self.notes.append(f"{step}: the card asked for Le {size}")
        return answered((yield (self._reading(channel, size)(place), step)), step)

    def _reading(self, channel: SecureChannel | None, size: int) -> Reading:
        """P1 and P2 to the command that reads so many bytes there: what all pieces share is made once."""
        if channel is not None:
            return channel.reading(size, short=self.strategy.short)
        return plain_reading(size)

    def _channel_for(self, spec: FileSpec) -> SecureChannel | None:
        """The channel for files that want protection; on specified cards, for all behind the number."""
        if spec.access is Access.NUMBER_SM:
            return self.channel
        delivered = isinstance(self.channel, DeliveredChannel)
        return self.channel if delivered and spec.access is Access.NUMBER else None


@cache
def _select(df: str) -> bytes:
    return Command(0x00, 0xA4, 0x04, 0x0C, AIDS[df]).encode()


@cache
def _of_siblings(card_type: CardType) -> tuple[FileSpec, ...]:
    """Files of other card types of the same generation at places where this type has none."""
    profile = PROFILES[card_type]
    own = {(spec.df, spec.sfi) for spec in profile.files}
    others: dict[tuple[str, int], FileSpec] = {}
    for sibling in PROFILES.values():
        if sibling.generation is profile.generation:
            for spec in sibling.files:
                others.setdefault((spec.df, spec.sfi), spec)
    return tuple(spec for place, spec in others.items() if place not in own)


def _refusal(step: str, sw: int, spec: FileSpec) -> ReaderError:
    if sw == WRONG_LENGTH:
        return RefusedByCard(
            step, sw, "the reader or the card cannot do extended length: read with `--strategy small`"
        )
    if sw == 0x6982:
        return RefusedByCard(
            step,
            sw,
            "the authentication was lost on the way (the card left the field for a moment?): read again from"
            " the start",
        )
    return RefusedByCard(step, sw)
