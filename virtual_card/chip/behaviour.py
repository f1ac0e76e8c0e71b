"""How a chip behaves where the public sources say nothing or disagree; every line of it is an assumption.

The facts on the chip §8 and §11 name what is open. The defaults are chosen so that every habit of the readers
that are known to read genuine cards works; the other settings are for terminals that must bear with them.

Status words, where the full tables are not public ([G] but where said):

    a length that fits no shape of a command                                       6700
    MUTUAL AUTHENTICATE without a fresh challenge                                  6985
    MUTUAL AUTHENTICATE with a wrong check value or challenge                      6300 [2+]
    VERIFY of another number under the right session key                           6300 [2+]
    VERIFY that is not protected, or protected before there is a session key       6982
    protected data objects that are missing, damaged or unknown                    6988
    a protected command that the chip knows only plain                             6882
    READ BINARY before authentication, or plain of a file that wants protection    6982
    READ BINARY at or behind the end of the file                                   6B00
    READ BINARY by offset without a current file                                   6986
    READ BINARY whose sealed answer is longer than the outer Le                    6700

A failed MUTUAL AUTHENTICATE or VERIFY takes an earlier authentication away. FF CA 00 00, which a real reader
answers itself, gives four bytes like the identifier of a Type B card, made from the number.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class PastEnd(Enum):
    """What a READ BINARY gives that asks for more than the file still has."""

    SHORT = "short"
    """What there is, 9000. Readers that read genuine cards ask for 1694 bytes of small files and insist on
    9000, so this is the most probable one [D]."""
    WARN = "warn"
    """What there is, 6282 (ISO/IEC 7816-4 permits it)."""
    EXACT = "exact"
    """Nothing, 6Cxx with the length to ask for; what there is with 6282 where no byte can say that length."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The open points, all of them [G] but where said.

    `past_end`: see there. `challenge_only_next`: a challenge is good for the next command only (an
    independent reader says so [1]); otherwise until it is used. `kept_over_mf`: authentication survives
    selecting the MF again, as it survives selecting a DF ([2+] for DFs, [?] for the MF).
    """

    past_end: PastEnd = PastEnd.SHORT
    challenge_only_next: bool = True
    kept_over_mf: bool = True


USUAL: Final = Behaviour()
