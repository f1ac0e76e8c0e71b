"""The test authority of the terminal's cases: keys that the harness hands out and opens envelopes with.

Made once for a process. The keys are random, and so are sealed bytes: journals hold neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from conformance.protocol.terminal import KeyData
from sim.drivers.topology import VALID_FROM, VALID_UNTIL
from sim.exchange.pki import Authority, Identity, Usage, issue, make_authority, serial_of

ELSEWHERE = "131059"
"""Another municipality, which has keys of the same authority and must not be able to read anything."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Everybody's keys. `stranger`: of an authority that nobody trusts."""

    authority: Authority
    terminal: Identity
    ministry: Identity
    elsewhere: Identity
    stranger: Identity

    def handed_out(self) -> KeyData:
        """What the terminal under test is given."""
        key = self.terminal.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        own, authority, ministry = (
            one.certificate.public_bytes(Encoding.PEM).decode()
            for one in (self.terminal, self.authority, self.ministry)
        )
        return KeyData(key=key.decode(), certificate=own, authority=authority, ministry=ministry)


@cache
def keys_of(municipality: str, agency: str) -> Keys:
    """The keys of a municipality and of the agency."""
    trusted, other = make_authority(VALID_FROM, VALID_UNTIL), make_authority(VALID_FROM, VALID_UNTIL)

    def made(authority: Authority, name: str) -> Identity:
        return issue(authority, name, serial_of(name, Usage.ENVELOPE), Usage.ENVELOPE)

    return Keys(
        trusted,
        made(trusted, municipality),
        made(trusted, agency),
        made(trusted, ELSEWHERE),
        made(other, agency),
    )
