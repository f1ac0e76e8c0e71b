"""The marks of protected commands and answers, which chip and reader of every generation share.

Data objects of ISO/IEC 7816-4: 86 holds the padding indicator 01 and ciphertext, 96 the length wanted, 8E the
check value, which only specified cards have (facts on the chip §1.4, §2, §3). VERIFY calls the card number
by the reference 86, which has nothing to do with the tag of the same value.
"""

from __future__ import annotations

from typing import Final

PROTECTED: Final = 0x08
"""The class byte."""
ENCRYPTED: Final = 0x86
WANTED: Final = 0x96
CHECK: Final = 0x8E
PADDED: Final = b"\x01"
NUMBER_REFERENCE: Final = 0x86
