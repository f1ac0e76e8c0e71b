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
from virtual_card.channel import SEED, ReaderEnd, SessionKeys, key_command
from virtual_card.errors import ReaderError
from virtual_card.layouts import (
    AIDS,
    AP,
    MF,
    PROFILES,
    Access,
    CardProfile,
    FileKey,
    FileSpec,
    Generation,
)
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
)
from virtual_card.reader.strategies import WHOLE, Strategy
from virtual_card.reader.talk import Talk, ask
from virtual_card.suites import suite_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

RandomSource = Callable[[int], bytes]

ATTEMPTS: Final = 2  # a challenge is good once, and more than a fresh one cannot help
LARGEST_OFFSET: Final = 0x7FFF  # what 15 bits can say
TYPE_FILE: Final = 0x8A
# The bare status words that the specification's table has for protected commands (facts: chip §2). Any
# other one comes from somewhere else: a reader that cannot do extended length, for example.
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
) -> Talk[RawCard]:
    """Read everything that a chip holds. `random` gives that many bytes; replays and tests inject it.

    `delivery`: the public key to which a specified card's session keys are delivered; without one, the
    harness' test key.

    Raises:
        CardUsageError: the number has not the shape of a card number; nothing was sent.
        ReaderError: one of `reader.errors`.
    """
    session = _Session(checked_number(number), random, strategy, delivery)
    return (yield from session.run())


class _Session:
    """The state of one reading: where in the tree we are, and the channel once there is one."""

    def __init__(
        self, number: str, random: RandomSource, strategy: Strategy, delivery: RSAPublicKey | None
    ) -> None:
        self.number = number
        self.random = random
        self.strategy = strategy
        self.delivery = delivery
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
        if answer.sw not in (OK, END_OF_FILE):
            selected = yield from ask(_select(AP), "SELECT of the residence application")
            if not selected.ok:
                raise UnknownCard(
                    f"{answer.sw:04X} for the card type in the MF, {selected.sw:04X} for the application"
                )
            self.here = AP
            answer = yield from self._type_file(AP, 2)
        if answer.sw not in (OK, END_OF_FILE) or answer.data[:1] != b"\xc1" or len(answer.data) < 2:
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
        answer = yield from ask(Command(0, 0xB0, TYPE_FILE, 0, ne=size), f"card type in {df}")
        if answer.sw >> 8 == 0x6C:
            exact = (answer.sw & 0xFF) or SHORT_MAX
            answer = yield from ask(Command(0, 0xB0, TYPE_FILE, 0, ne=exact), f"card type in {df}")
        return answer

    def _candidates(self, declared: bytes) -> Iterator[CardProfile]:
        """Profiles to try: the declared one, then one for each other suite, in case the type byte lies."""
        fitting = [
            profile
            for profile in PROFILES.values()
            if (profile.generation is Generation.SPECIFIED) == (self.here == AP)
        ]
        fitting.sort(key=lambda profile: profile.type_value != declared)
        seen = set()
        for profile in fitting:
            if profile.suite not in seen:
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
        raise WrongNumber("MUTUAL AUTHENTICATE")

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

        keys = SessionKeys.of(self.random(2 * KEY_MATERIAL))
        delivery = self.delivery or delivery_test_key().public_key()
        answer = yield from ask(key_command(delivery, keys, self.random(SEED)), "SET SESSION KEY")
        if not answer.ok:
            raise RefusedByCard(
                "SET SESSION KEY",
                answer.sw,
                "specified cards are read by an assumed profile, made for the test cards of this harness: a"
                " genuine one needs the official specification (see docs/cards.md)",
            )
        self.channel = DeliveredChannel(ReaderEnd(keys))
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
        """The file's content, or the status word when the card has no such file."""
        name = f"{spec.df}/{spec.name}"
        if spec.df != self.here:
            selected = yield from ask(_select(spec.df), f"SELECT {spec.df}")
            if selected.sw == FILE_NOT_FOUND:
                return FILE_NOT_FOUND
            if not selected.ok:
                raise RefusedByCard(f"SELECT {spec.df}", selected.sw)
            self.here = spec.df
        content = b""
        size = spec.capacity if self.strategy.exact else self.strategy.piece
        while len(content) <= LARGEST_OFFSET:
            part = yield from self._part(spec, name, len(content), size)
            if isinstance(part, int):
                exact = self.strategy.exact and size != ALL
                if part == WRONG_OFFSET and not exact:
                    break  # behind the end: of a file that holds nothing at all, too
                if part != FILE_NOT_FOUND and exact:
                    self.notes.append(
                        f"{name}: {part:04X} for {size} bytes, asked for the whole file instead"
                    )
                    size = ALL
                    continue
                if not content and part == FILE_NOT_FOUND:
                    return part
                raise _refusal(f"READ BINARY {name} at {len(content)}", part, spec)
            content += part
            # A card may say 6282 with the last piece whole; only a short piece is the end.
            if size == ALL or len(part) < size or self.strategy.exact:
                break
        return content

    def _unexpected(self, profile: CardProfile) -> Talk[tuple[str, ...]]:
        """Files that the profile does not know and its sibling does: a certificate of a special permanent
        resident has fewer files than a residence card, so only asking tells that the type byte lies."""
        known = {(spec.df, spec.sfi) for spec in profile.files}
        found = []
        for sibling in PROFILES.values():
            if sibling.generation is not profile.generation:
                continue
            for spec in sibling.files:
                if (spec.df, spec.sfi) not in known:
                    known.add((spec.df, spec.sfi))
                    if isinstance((yield from self.read_file(spec)), bytes):
                        found.append(spec.place)
        return tuple(found)

    def _part(self, spec: FileSpec, name: str, offset: int, size: int) -> Talk[bytes | int]:
        """One piece, a wrong Le mended once; or the status word that ends the file."""
        p1, p2 = (0x80 | spec.sfi, 0) if offset == 0 else divmod(offset, 0x100)
        step = f"READ BINARY {name} at {offset}"
        for _ in range(2):
            answer = yield from ask(self._read_command(spec, p1, p2, size), step)
            if answer.sw >> 8 == 0x6C:
                size = (answer.sw & 0xFF) or SHORT_MAX
                self.notes.append(f"{step}: the card asked for Le {size}")
                continue
            channel = self._channel_for(spec)
            if answer.sw not in (OK, END_OF_FILE):
                if channel is not None and answer.sw not in KNOWN_BARE:
                    raise UnprotectedAnswer(step, f"{answer.sw:04X}, {meaning(answer.sw)}")
                return answer.sw
            return channel.open(answer.data, step, answer.sw) if channel else answer.data
        return answer.sw

    def _read_command(self, spec: FileSpec, p1: int, p2: int, size: int) -> Command:
        if channel := self._channel_for(spec):
            return channel.read(p1, p2, size, short=self.strategy.short)
        if size == ALL:
            return Command(0, 0xB0, p1, p2, ne=1 << 16, extended=True)
        return Command(0, 0xB0, p1, p2, ne=size)

    def _channel_for(self, spec: FileSpec) -> SecureChannel | None:
        """The channel for files that want protection; on specified cards, for all behind the number."""
        if spec.access is Access.NUMBER_SM:
            return self.channel
        delivered = isinstance(self.channel, DeliveredChannel)
        return self.channel if delivered and spec.access is Access.NUMBER else None


def _select(df: str) -> Command:
    return Command(0x00, 0xA4, 0x04, 0x0C, AIDS[df])


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
