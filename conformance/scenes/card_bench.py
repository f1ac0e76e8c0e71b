"""A reader taken apart: single commands to a card, as probes want them, right or wrong on purpose."""

from __future__ import annotations

from collections.abc import Callable

from virtual_card import tlv
from virtual_card.apdu import Command, Response
from virtual_card.errors import CardError, CardUsageError
from virtual_card.layouts import AIDS, MF, Access, CardProfile, FileSpec
from virtual_card.protected import ENCRYPTED, PADDED, PROTECTED, WANTED
from virtual_card.reader.messaging import RANDOM, Channel, Handshake, get_challenge
from virtual_card.suites import suite_of
from virtual_card.transports import Transport

NO_ANSWER = Response(b"", 0)
"""Stands for an answer without a status word."""


class Halted(Exception):
    """A command that only prepares a probe was not done: the probe itself was never made."""

    def __init__(self, step: str, sw: int) -> None:
        super().__init__(f"{step}: {sw:04X}")
        self.step = step
        self.sw = sw


class Bench:
    """One card on the bench. `random(n)` gives the reader's random bytes."""

    def __init__(
        self, card: Transport, profile: CardProfile, number: str, random: Callable[[int], bytes]
    ) -> None:
        self.card = card
        self.profile = profile
        self.number = number
        self._random = random
        self.suite = suite_of(profile.suite)
        self.channel: Channel | None = None
        self._key = b""

    # --- commands ---------------------------------------------------------------------------------------
    def send(self, command: Command | bytes) -> Response:
        """A command and its answer."""
        raw = command if isinstance(command, bytes) else command.encode()
        try:
            return Response.parse(self.card.transmit(raw))
        except CardUsageError:
            return NO_ANSWER

    def must(self, step: str, answer: Response) -> Response:
        """The answer to a command that prepares a probe.

        Raises:
            Halted: it is not 9000.
        """
        if not answer.ok:
            raise Halted(step, answer.sw)
        return answer

    def select(self, df: str) -> Response:
        """SELECT of the MF or of a DF by its name."""
        if df == MF:
            return self.send(Command(0, 0xA4, 0, 0, b"\x3f\x00"))
        return self.send(Command(0, 0xA4, 4, 0x0C, AIDS[df]))

    def challenge(self) -> bytes:
        """A fresh challenge.

        Raises:
            Halted: it is none.
        """
        answer = self.must("GET CHALLENGE", self.send(get_challenge()))
        if len(answer.data) != RANDOM:
            raise Halted("GET CHALLENGE", answer.sw)
        return answer.data

    def authenticate(
        self, challenge: bytes, number: str | None = None, spoil: Callable[[bytes], bytes] = bytes
    ) -> Response:
        """MUTUAL AUTHENTICATE; `spoil` changes cryptogram and check value on their way."""
        key = self.suite.derive(number or self.number)
        handshake = Handshake(self.suite, key, challenge, self._random(8), self._random(16))
        command = handshake.command()
        answer = self.send(command._replace(data=spoil(command.data)))
        self.channel = None
        if answer.ok:
            try:
                self._key = handshake.session_key(answer.data)
                self.channel = Channel(self.suite, self._key)
            except CardError:
                return answer
        return answer

    @property
    def proved(self) -> bool:
        """Whether the card's last answer to MUTUAL AUTHENTICATE showed that it knows the number, too."""
        return self.channel is not None

    def verify(self, number: str | None = None) -> Response:
        """VERIFY of the number under the session key.

        Raises:
            Halted: there is no session.
        """
        return self.send(self._session.verify(number or self.number))

    def open(self) -> None:
        """Opens the chip by its number.

        Raises:
            Halted: it does not open.
        """
        self.must("MUTUAL AUTHENTICATE", self.authenticate(self.challenge()))
        self.must("VERIFY", self.verify())

    def plain(
        self, spec: FileSpec, offset: int | None = None, wanted: int = 256, *, extended: bool = False
    ) -> Response:
        """READ BINARY without protection: by short id, or at an offset of the current file."""
        return self.send(Command(0, 0xB0, *_place(spec, offset), ne=wanted, extended=extended))

    def protected(self, spec: FileSpec, offset: int | None = None, wanted: int = 0) -> Response:
        """READ BINARY with protection; 0 asks for the whole rest."""
        p1, p2 = _place(spec, offset)
        ask = Command(PROTECTED, 0xB0, p1, p2, tlv.encode(WANTED, wanted.to_bytes(2)), 65536, extended=True)
        return self.send(ask)

    def unsealed(self, answer: Response) -> bytes | None:
        """The plain bytes in a protected answer; None when it does not open."""
        try:
            return self._session.open(answer.data, "READ BINARY", answer.sw)
        except CardError:
            return None

    def sealed(self, ins: int, p1: int, p2: int, plain: bytes, *, indicator: bytes = PADDED) -> Command:
        """A protected command that carries data."""
        if self.channel is None:
            raise Halted("MUTUAL AUTHENTICATE", 0)
        body = tlv.encode(ENCRYPTED, indicator + self.suite.encrypt(self._key, self.suite.pad(plain)))
        return Command(PROTECTED, ins, p1, p2, body)

    # --- the profile ------------------------------------------------------------------------------------
    def file(self, access: Access) -> FileSpec:
        """The first file with this access."""
        return next(spec for spec in self.profile.files if spec.access is access)

    def at(self, access: Access) -> FileSpec:
        """The first file with this access, its DF selected.

        Raises:
            Halted: it cannot be.
        """
        spec = self.file(access)
        self.must(f"SELECT {spec.df}", self.select(spec.df))
        return spec

    @property
    def _session(self) -> Channel:
        if self.channel is None:
            raise Halted("MUTUAL AUTHENTICATE", 0)
        return self.channel


def _place(spec: FileSpec, offset: int | None) -> tuple[int, int]:
    return (0x80 | spec.sfi, 0) if offset is None else divmod(offset, 0x100)
