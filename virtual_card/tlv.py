"""BER-TLV as the chips use it: tags of one or two bytes, definite lengths of one to three bytes.

ISO/IEC 7816-4 lets bytes 00 without meaning stand before, between and after data objects, and the files on
a chip end in such padding; `parse` skips them. A tag whose first byte ends in five ones has exactly one
more byte, whatever that is: strict BER would read on behind `DF D1`, the tag of the address image, because
the top bit of D1 is set. Source of the forms in use: the facts on the chip, §1.2, §2
(`DE` has the three-byte length `82 00C8` although 200 would fit in two: derived from the file's capacity).
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from typing import Final, NamedTuple

from virtual_card.errors import TlvError

MAX_LENGTH: Final = 0xFFFF
_LONGEST_HEADER: Final = 3


class LengthForm(IntEnum):
    """How many bytes the length field has."""

    ONE = 1
    TWO = 2
    THREE = 3


class Tlv(NamedTuple):
    """A data object. `offset` is where its tag stands, `start` where its value begins."""

    tag: int
    value: bytes
    offset: int
    start: int

    @property
    def end(self) -> int:
        """The offset behind its last byte."""
        return self.start + len(self.value)


def encode(tag: int, value: bytes, *, length_form: LengthForm | None = None) -> bytes:
    """A data object; the shortest length field unless another is asked for.

    Raises:
        TlvError: the tag is none of one or two bytes, or the value does not fit the length field.
    """
    return header(tag, len(value), length_form=length_form) + value


@lru_cache(maxsize=1024)  # a conversation has few kinds of objects, and says them again and again
def header(tag: int, length: int, *, length_form: LengthForm | None = None) -> bytes:
    """Tag and length field of a data object.

    Raises:
        TlvError: as `encode`.
    """
    lead_byte = tag if tag < 0x100 else tag >> 8
    if not 0 < lead_byte < 0x100 or (lead_byte & 0x1F == 0x1F) != (tag >= 0x100):
        raise TlvError(f"{tag:#x} is not a tag", expected="one byte, or two of which the first ends in 1F")
    form = length_form or (1 if length < 0x80 else 2 if length < 0x100 else 3)
    if length > (0x7F, 0xFF, MAX_LENGTH)[form - 1]:
        raise TlvError(
            f"a value of {length} bytes does not fit a length field of {form} byte(s)",
            where=f"tag {tag:X}",
        )
    lead = b"" if form == 1 else bytes([0x80 + form - 1])
    return tag.to_bytes(1 if tag < 0x100 else 2) + lead + length.to_bytes(max(1, form - 1))


def parse(data: bytes) -> tuple[Tlv, ...]:
    """All data objects in their order; bytes 00 before, between and after them mean nothing.

    Raises:
        TlvError: a tag or a length is cut off, indefinite or too long, or a value ends behind the data.
    """
    found: list[Tlv] = []
    at, size = 0, len(data)
    while at < size:
        if data[at] == 0:
            at += 1
            continue
        offset = at
        tag = data[at]
        at += 1
        if tag & 0x1F == 0x1F:
            if at == size:
                raise TlvError("the tag is cut off", where=f"offset {offset}")
            tag = tag << 8 | data[at]
            at += 1
        if at == size:
            raise TlvError("the length is missing", where=f"offset {offset}, tag {tag:X}")
        length = data[at]
        at += 1
        if length >= 0x80:
            count = length - 0x80
            if not 1 <= count < _LONGEST_HEADER:
                raise TlvError(
                    "the length has a form that the chips do not use",
                    expected="00-7F, 81 xx or 82 xx xx",
                    received=f"{length:02X}",
                    where=f"offset {offset}, tag {tag:X}",
                )
            if at + count > size:
                raise TlvError("the length is cut off", where=f"offset {offset}, tag {tag:X}")
            length = int.from_bytes(data[at : at + count])
            at += count
        if at + length > size:
            raise TlvError(
                "the value ends behind the data",
                expected=f"{length} bytes",
                received=f"{size - at} bytes",
                where=f"offset {offset}, tag {tag:X}",
            )
        found.append(Tlv(tag, data[at : at + length], offset, at))
        at += length
    return tuple(found)
