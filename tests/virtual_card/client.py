"""A short reader for the tests of chip and transports, so that they do not rest on the house's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from virtual_card import tlv
from virtual_card.apdu import Command, Response
from virtual_card.chip.chip import Chip
from virtual_card.content import CardContent
from virtual_card.draws import Draws
from virtual_card.layouts import AIDS, CardType, profile_of
from virtual_card.suites import CryptoSuite, suite_of

NUMBER = "AA12345678BB"
RND_IFD = bytes.fromhex("1122334455667788")
K_IFD = bytes.fromhex("404142434445464748494A4B4C4D4E4F")
PUBLIC = (
    CardType.RESIDENCE_1,
    CardType.SPECIAL_PERMANENT_1,
    CardType.RESIDENCE_2,
    CardType.SPECIAL_PERMANENT_2,
)


def sample(card_type: CardType, number: str = NUMBER) -> CardContent:
    """A card whose every field is full of bytes that tell it from every other."""
    values = {}
    for name, known in profile_of(card_type).fields.items():
        if name not in ("spec_version", "card_type", "number"):
            values[name] = Draws(card_type, name).octets(known.size - 1) + b"\xfe"
    return CardContent(card_type, number, values)


def chip(card_type: CardType, number: str = NUMBER) -> Chip:
    """A chip of the sample with a random source that is the same every time."""
    return Chip(sample(card_type, number), Draws("chip", number).octets)


@dataclass
class Client:
    """A reader. `send` takes and gives bytes; `sent` is everything that went over."""

    send: Callable[[bytes], bytes]
    card_type: CardType
    number: str = NUMBER
    session: bytes = b""
    sent: list[tuple[bytes, bytes]] = field(default_factory=list)

    @property
    def suite(self) -> CryptoSuite:
        return suite_of(profile_of(self.card_type).suite)

    def raw(self, command: str | bytes) -> Response:
        """An answer to bytes or to their hexadecimal form, in which spaces mean nothing."""
        one = bytes.fromhex(command) if isinstance(command, str) else command
        answer = self.send(one)
        self.sent.append((one, answer))
        return Response.parse(answer)

    def challenge(self) -> bytes:
        given = self.raw("00 84 00 00 08")
        assert given.ok
        return given.data

    def authentication(self, challenge: bytes) -> Command:
        key = self.suite.derive(self.number)
        sealed = self.suite.encrypt(key, RND_IFD + challenge + K_IFD)
        return Command(0, 0x82, 0, 0, sealed + self.suite.mac(key, sealed), 256)

    def authenticate(self) -> Response:
        answer = self.raw(self.authentication(self.challenge()).encode())
        if answer.ok:
            plain = self.suite.decrypt(self.suite.derive(self.number), answer.data[:32])
            self.session = self.suite.session(K_IFD, plain[16:])
        return answer

    def verification(self, number: str) -> Command:
        sealed = self.suite.encrypt(self.session, self.suite.pad(number.encode()))
        return Command(0x08, 0x20, 0, 0x86, tlv.encode(0x86, b"\1" + sealed))

    def verify(self) -> Response:
        return self.raw(self.verification(self.number).encode())

    def open_card(self) -> None:
        assert self.authenticate().ok
        assert self.verify().ok

    def select(self, df: str) -> Response:
        return self.raw(Command(0, 0xA4, 4, 0x0C, AIDS[df]).encode())

    def protected(self, p1: int, p2: int, wanted: int) -> Response:
        return self.raw(
            Command(8, 0xB0, p1, p2, b"\x96\2" + wanted.to_bytes(2), 65536, extended=True).encode()
        )

    def opened(self, answer: Response) -> bytes:
        (only,) = tlv.parse(answer.data)
        assert only.tag == 0x86
        assert only.value[:1] == b"\1"
        return self.suite.unpad(self.suite.decrypt(self.session, only.value[1:]))

    def everything(self) -> dict[str, bytes]:
        """Every file, read as the house's own specification says, in pieces of 256 bytes."""
        found: dict[str, bytes] = {}
        here = "MF"
        self.open_card()
        for spec in profile_of(self.card_type).files:
            if spec.df != here:
                assert self.select(spec.df).ok
                here = spec.df
            found[spec.place] = b"".join(self._pieces(spec.sfi, spec.capacity, spec.access.value))
        return found

    def _pieces(self, sfi: int, size: int, access: str) -> Iterator[bytes]:
        at = 0
        while at < size:
            p1, p2 = (0x80 | sfi, 0) if at == 0 else divmod(at, 256)
            if access == "number+sm":
                piece = self.opened(self.protected(p1, p2, 256))
            else:
                answer = self.raw(Command(0, 0xB0, p1, p2, ne=256).encode())
                assert answer.ok
                piece = answer.data
            yield piece
            at += len(piece)
