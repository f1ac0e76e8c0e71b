"""The test authority of the ministry server's cases, and what becomes of files that are sealed.

Made once for a process. The keys are random, and so are sealed bytes: journals hold neither.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from conformance.protocol.base import File
from conformance.protocol.ministry import SEALED, KeyData
from sim.base.instant import Instant, japan_date
from sim.drivers.topology import VALID_FROM, VALID_UNTIL
from sim.exchange.envelope import Opened, open_sealed, seal
from sim.exchange.pki import Authority, Identity, Usage, issue, make_authority, serial_of

AGENCY: Final = "ISA"


@dataclass(frozen=True, slots=True)
class Keys:
    """Everybody's keys. `stranger`: of a municipality's name, from an authority that nobody trusts."""

    authority: Authority
    server: Identity
    municipalities: dict[str, Identity]
    stranger: Identity

    def handed_out(self) -> KeyData:
        """What the server under test is given."""
        key = self.server.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return KeyData(
            key=key.decode(),
            certificate=_pem(self.server),
            authority=_pem(self.authority),
            municipalities={code: _pem(one) for code, one in self.municipalities.items()},
        )

    def sealed(self, code: str, content: bytes, how: str = "") -> bytes:
        """The content as a municipality seals it. `how`: what is wrong with the envelope, if anything is."""
        own, to = self.municipalities[code], self.server.certificate
        others = [one for name, one in self.municipalities.items() if name != code]
        ways: dict[str, Callable[[], bytes]] = {
            "": lambda: seal(content, own, to),
            "not_sealed": lambda: content,
            "not_for_us": lambda: seal(content, own, others[0].certificate),
            "unknown_signer": lambda: seal(content, self.stranger, to),
            "damaged": lambda: seal(content, own, to)[:-16],
            "other_signer": lambda: seal(content, others[0], to),
        }
        return ways[how]()

    def opened(self, code: str, file: File, now: Instant) -> tuple[File | None, str, list[str]]:
        """A file that came down to a municipality: as it reads, who signed it, and who else can open it."""
        can: list[str] = []
        plain, signer = None, ""
        for name, identity in self.municipalities.items():
            found = open_sealed(file.content, identity, self.authority.certificate, japan_date(now))
            if isinstance(found, Opened) and name == code:
                plain, signer = File.of(file.name.removesuffix(SEALED), found.content), found.sender
            elif isinstance(found, Opened):
                can.append(name)
        return plain, signer, can


def _pem(one: Identity | Authority) -> str:
    return one.certificate.public_bytes(Encoding.PEM).decode()


@cache
def keys_of(codes: tuple[str, ...]) -> Keys:
    """The keys of the server and of these municipalities, of which there are at least two."""
    trusted, other = make_authority(VALID_FROM, VALID_UNTIL), make_authority(VALID_FROM, VALID_UNTIL)

    def made(authority: Authority, name: str) -> Identity:
        return issue(authority, name, serial_of(name, Usage.ENVELOPE), Usage.ENVELOPE)

    return Keys(
        trusted, made(trusted, AGENCY), {code: made(trusted, code) for code in codes}, made(other, codes[0])
    )
