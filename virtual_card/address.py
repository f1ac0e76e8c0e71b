"""Writing the place of residence into a chip (住居地のIC書込み): an assumed profile behind a write policy.

Municipalities may not write: chip writing is suspended until further notice (requirement S0-045, a dated
national policy), and the commands and keys that their card terminals would use are not public at all (facts
on the chip §11). So all of this is assumed [G], and a chip has none of it unless a policy turns it on:

    W1  which file       the one that holds the address: DF2/EF01 (first generation), DF1/EF04 (later ones)
    W2  who may          a terminal that asks the authority online, each time; a standalone one may not
                         (S0 part 1: control of the right to write needs the line)
    W3  authorisation    80 DA 00 00 28: SHA-256 of the new content, then a check value of 8 bytes under a key
                         that authority and chips share, over challenge, card number and digest
    W4  single use       it answers one challenge; one UPDATE BINARY spends it, plain or protected, whatever
                         comes of it
    W5  writing          08 D6 80+SFI 00 with the whole file, protected: all of it is written or nothing

The card's signature covers no address in any generation (facts on the chip §1.6, §2): whoever can write can
lie, and only the comparison with the printed face and the register finds it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from virtual_card import tlv
from virtual_card.apdu import Command
from virtual_card.errors import CardUsageError
from virtual_card.layouts import CardProfile, FileSpec
from virtual_card.protected import ENCRYPTED, PADDED, PROTECTED
from virtual_card.suites import KEY, CryptoSuite, suite_of

AUTHORISE: Final = 0xDA
UPDATE: Final = 0xD6
DIGEST: Final = 32


@dataclass(frozen=True, slots=True)
class WritePolicy:
    """Whether chips take an address, and the key (16 bytes) under which the authority authorises it.

    Raises:
        CardUsageError: writing is turned on without a key of that size.
    """

    enabled: bool = False
    key: bytes = b""

    def __post_init__(self) -> None:
        if self.enabled and len(self.key) != KEY:
            raise CardUsageError(
                "a policy that lets chips be written needs the authority's key",
                expected=f"a key of {KEY} bytes",
                received=f"{len(self.key)} bytes",
                where="WritePolicy.key",
                remedy="give the key that authority and chips share, such as 16 bytes of a random source",
            )


SUSPENDED: Final = WritePolicy()


@dataclass(frozen=True, slots=True)
class Terminal:
    """A card terminal (ICカード取扱端末) that wants to write. `online`: it reaches the authority."""

    name: str
    online: bool


def authorise(
    policy: WritePolicy,
    terminal: Terminal,
    profile: CardProfile,
    *,
    number: str,
    challenge: bytes,
    content: bytes,
) -> Command:
    """What the authority answers to a terminal: the command that permits this content on this card, once.

    `challenge`: what the chip gave for GET CHALLENGE just now. `content`: the whole new file.

    Raises:
        CardUsageError: writing is suspended, the terminal is standalone, or the card holds no address.
    """
    if not policy.enabled:
        raise CardUsageError(
            "writing the place of residence into chips is suspended",
            expected="a write policy that is turned on",
            received="the policy that holds by default",
            remedy="endorse the back of the card instead",
        )
    if not terminal.online:
        raise CardUsageError(
            "a standalone terminal may read chips, and never write them",
            expected="a terminal that reaches the authority",
            received=terminal.name,
            remedy="connect the terminal, or endorse the back of the card only",
        )
    written_file(profile)
    digest = hashlib.sha256(content).digest()
    code = check_value(suite_of(profile.suite), policy, number, challenge, digest)
    return Command(0x80, AUTHORISE, 0, 0, digest + code)


def check_value(
    suite: CryptoSuite, policy: WritePolicy, number: str, challenge: bytes, digest: bytes
) -> bytes:
    """The check value of an authorisation (W3)."""
    return suite.mac(policy.key, challenge + number.encode("ascii") + digest)


def written_file(profile: CardProfile) -> FileSpec:
    """The file that a municipality would write (W1).

    Raises:
        CardUsageError: cards of this type hold no address.
    """
    found = profile.address_file
    if found is None:
        raise CardUsageError(
            f"a card of type {profile.card_type} holds no place of residence",
            expected="a card with an address file",
            received=profile.en,
        )
    return found


def update_command(profile: CardProfile, session_key: bytes, content: bytes) -> Command:
    """UPDATE BINARY of the whole file in a session of the first or second generation (W5).

    On a specified card the reader's end of the channel makes it: `ReaderEnd.command(UPDATE, ...)`.
    """
    suite = suite_of(profile.suite)
    sealed = suite.encrypt(session_key, suite.pad(content))
    body = tlv.encode(ENCRYPTED, PADDED + sealed)
    return Command(PROTECTED, UPDATE, 0x80 | written_file(profile).sfi, 0, body)
