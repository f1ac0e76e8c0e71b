"""Specified cards (from 2026-06-14, on an Individual Number Card): residence (07), special permanent (08).

Known (facts on the chip §3, one source each): a residence application to be selected first; common data and
card type under it, readable before the key is delivered; selecting it again clears the session key; a
session key delivered by SET SESSION KEY (80 AE) under RSA-OAEP with a 2048-bit key; AES-128-CBC, AES-CMAC and
a message counter from which initial vectors are derived; the files and the signature of the second
generation; the holder gives the card number and no PIN.

Not public is how these parts fit together. `ASSUMPTIONS` is the whole of what we filled in, a row per
question; `Channel` holds the parameters that a row can be changed by, and virtual_card/channel.py is
the only code that reads them. Whoever holds 001460712.pdf corrects the rows and gives another `Channel` to
`Chip` and to `read_card`; a row that no parameter answers names the code that does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from virtual_card.layouts.second import (
    RESIDENCE_FILES,
    RESIDENCE_ITEMS,
    SPECIAL_FILES,
    SPECIAL_ITEMS,
    common_files,
    signed_parts,
)
from virtual_card.layouts.shapes import AP, CardProfile, CardType, Generation


@dataclass(frozen=True, slots=True)
class Assumption:
    """A question that no public source answers, what we chose and where a change is made."""

    id: str
    question: str
    chosen: str
    parameter: str


@dataclass(frozen=True, slots=True)
class Channel:
    """The parameters of the assumed secure channel; lengths in bytes.

    `oaep_hash`, `oaep_label`: of the key transport. `key_size`: of each of the two keys that it carries, the
    one for encryption first. `first_counter`: counter of the first protected command; it grows by one with
    each. `counter_size`: its length in the check value. `mac_size`: length of the truncated check value.
    """

    oaep_hash: str = "sha256"
    oaep_label: bytes = b""
    key_size: int = 16
    first_counter: int = 1
    counter_size: int = 16
    mac_size: int = 8


ASSUMED_CHANNEL: Final = Channel()

ASSUMPTIONS: Final = (
    Assumption(
        "X1",
        "What does the data field of SET SESSION KEY hold?",
        "P1 P2 0000; the RSA-OAEP ciphertext alone (256 bytes, extended length), answer 9000",
        "virtual_card/channel.py: key_command",
    ),
    Assumption(
        "X2",
        "What does the ciphertext carry?",
        "two AES-128 keys: encryption, then check value",
        "Channel.key_size",
    ),
    Assumption(
        "X3", "Which hash and label has OAEP?", "SHA-256, MGF1 with it, no label", "Channel.oaep_hash"
    ),
    Assumption(
        "X4",
        "How does the message counter run?",
        "1 for the first protected command, plus one for each; the answer has its command's",
        "Channel.first_counter",
    ),
    Assumption(
        "X5",
        "How does the initial vector follow from it?",
        "the counter, 16 bytes big-endian, encrypted under the encryption key; the top bit set for an answer",
        "virtual_card/channel.py: _vector",
    ),
    Assumption(
        "X6",
        "Which data objects has a protected message?",
        "class byte 08; 86 (01, ciphertext), 96 (Le, two bytes), 8E (check value), in this order",
        "virtual_card/channel.py",
    ),
    Assumption(
        "X7",
        "What does the check value cover?",
        "counter, then for a command CLA INS P1 P2, for an answer its status word, then the objects"
        " before 8E; CMAC, its first 8 bytes",
        "Channel.counter_size, Channel.mac_size",
    ),
    Assumption(
        "X8",
        "How does a protected command fail?",
        "an unprotected status word; after 6988 the keys are gone",
        "virtual_card/chip/secured.py",
    ),
    Assumption(
        "X9",
        "Which short file ids have common data and card type under the application?",
        "those of the second generation under the MF: 0B and 0A",
        "layouts/second.py: common_files",
    ),
    Assumption(
        "X10",
        "When may DF1 to DF3 be selected?",
        "only while the residence application is; selecting the MF leaves it and clears the keys",
        "virtual_card/chip/chip.py: _select",
    ),
    Assumption(
        "X11",
        "What does VERIFY look like?",
        "08 20 00 86 with the card number as protected data, as in the second generation",
        "virtual_card/chip/secured.py",
    ),
    Assumption(
        "X12",
        "Do GET CHALLENGE and MUTUAL AUTHENTICATE exist?",
        "no: 6D00, as the key is delivered and not agreed on; but GET CHALLENGE does on a chip that takes an"
        " address, whose authorisation answers a challenge (virtual_card/address.py)",
        "virtual_card/chip/chip.py: _table",
    ),
    Assumption(
        "X13", "Which values has C0?", "0003, so that it differs from the others'", "layouts/specified.py"
    ),
    Assumption(
        "X14",
        "What answer to reset has the card?",
        "the harness' default one; a genuine card answers as an Individual Number Card does",
        "CardContent.atr",
    ),
    Assumption(
        "X15",
        "Which delivery key?",
        "a public test key of this harness; the agency's own key pair is not ours to have",
        "Chip(delivery_key=...), read_card(delivery=...)",
    ),
    Assumption(
        "X16",
        "Which files behind the number need protected commands?",
        "those of the second generation, DF1; after VERIFY DF2 and DF3 are given plain, too, though our"
        " reader asks for them protected",
        "layouts/second.py: Access; virtual_card/reader/session.py: _channel_for",
    ),
)

_ASSUMED: Final = tuple(f"{row.id} {row.question} Assumed: {row.chosen} [?]." for row in ASSUMPTIONS)

RESIDENCE: Final = CardProfile(
    CardType.SPECIFIED_RESIDENCE,
    Generation.SPECIFIED,
    "特定在留カード",
    "specified residence card",
    (*common_files(AP), *RESIDENCE_FILES),
    "aes",
    "ecdsa-p384",
    signed_parts(RESIDENCE_ITEMS),
    b"0003",
    b"07",
    _ASSUMED,
)
SPECIAL_PERMANENT: Final = CardProfile(
    CardType.SPECIFIED_SPECIAL_PERMANENT,
    Generation.SPECIFIED,
    "特定特別永住者証明書",
    "specified special permanent resident certificate",
    (*common_files(AP), *SPECIAL_FILES),
    "aes",
    "ecdsa-p384",
    signed_parts(SPECIAL_ITEMS),
    b"0003",
    b"08",
    _ASSUMED,
)
