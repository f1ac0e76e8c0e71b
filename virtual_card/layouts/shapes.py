"""The words in which a layout is written down: card types, fields, files, profiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from virtual_card.errors import CardUsageError
from virtual_card.tlv import LengthForm, encode, header

MF: Final = "MF"
AP: Final = "AP"

# Application identifiers, 16 bytes (facts on the chip §1.2, independent sources agree; AP: §3, one source).
AIDS: Final[Mapping[str, bytes]] = {
    AP: bytes.fromhex("D392F0004F01") + bytes(10),
    "DF1": bytes.fromhex("D392F0004F02") + bytes(10),
    "DF2": bytes.fromhex("D392F0004F03") + bytes(10),
    "DF3": bytes.fromhex("D392F0004F04") + bytes(10),
}

# An answer to reset of the form that PC/SC part 3 prescribes for Type B. Its check byte is right and readers
# take it; the four application bytes of a genuine card are not public, these are a guess (§1.1).
DEFAULT_ATR: Final = bytes.fromhex("3B88800100000000338181003A")

FileKey = tuple[str, str]
"""(df, name), for example ("DF1", "EF01")."""


class CardType(StrEnum):
    """What DO C1 says; `proposal-2011` is a profile of this harness and no card."""

    RESIDENCE_1 = "1"
    SPECIAL_PERMANENT_1 = "2"
    RESIDENCE_2 = "05"
    SPECIAL_PERMANENT_2 = "06"
    SPECIFIED_RESIDENCE = "07"
    SPECIFIED_SPECIAL_PERMANENT = "08"
    PROPOSAL_2011 = "proposal-2011"


class Generation(StrEnum):
    """Cards of one generation share the cryptography and, but for a few files, the layout."""

    FIRST = "first"
    SECOND = "second"
    SPECIFIED = "specified"
    PROPOSAL_2011 = "proposal-2011"


class Kind(StrEnum):
    """How the bytes of a field are to be read."""

    TEXT = "text"
    DATE = "date"
    CODE = "code"
    FLAG = "flag"
    TIFF = "tiff"
    JPEG2000 = "jpeg2000"
    SIGNATURE = "signature"
    CERTIFICATE = "certificate"


class Access(StrEnum):
    """When a file may be read."""

    FREE = "free"
    NUMBER = "number"
    """After authentication by card number; plain or protected."""
    NUMBER_SM = "number+sm"
    """After authentication by card number, by protected commands only."""


@dataclass(frozen=True, slots=True)
class Field:
    """A data object of a file. `size`: bytes of its value at most. `fixed`: shorter values are filled with 00
    up to the size; otherwise the length field tells the true length and the file ends in 00."""

    name: str
    tag: int
    size: int
    kind: Kind
    source: str
    ja: str
    en: str
    fixed: bool = True

    @property
    def length_form(self) -> LengthForm:
        """One byte below 128, three from there on: only so do the objects add up to the files' capacities."""
        return LengthForm.ONE if self.size < 0x80 else LengthForm.THREE

    @property
    def room(self) -> int:
        """Bytes that the object takes in its file, header included."""
        return len(header(self.tag, self.size, length_form=self.length_form)) + self.size

    def stored(self, value: bytes) -> bytes:
        """The object as it stands in the file.

        Raises:
            CardUsageError: the value is longer than the field.
        """
        if len(value) > self.size:
            raise CardUsageError(
                f"the value of {self.name} does not fit its field",
                expected=f"at most {self.size} bytes",
                received=f"{len(value)} bytes",
                where=f"DO {self.tag:X}",
            )
        whole = value.ljust(self.size, b"\0") if self.fixed else value
        return encode(self.tag, whole, length_form=self.length_form)


@dataclass(frozen=True, slots=True)
class FileSpec:
    """A file. `sfi`: short file id, by which all known readers find it. `capacity`: its size in bytes."""

    df: str
    name: str
    sfi: int
    fields: tuple[Field, ...]
    capacity: int
    access: Access

    @property
    def key(self) -> FileKey:
        """Its place in the tree."""
        return self.df, self.name

    @property
    def place(self) -> str:
        """Its place in the tree as text: `DF1/EF01`."""
        return f"{self.df}/{self.name}"

    @property
    def file_id(self) -> int:
        """The identifier for SELECT by EF: not public [?], assumed to be the short one in two bytes."""
        return self.sfi

    def stored(self, values: Mapping[str, bytes]) -> bytes:
        """The whole file, filled up with 00; a field without a value is an empty one.

        Raises:
            CardUsageError: a value is longer than its field.
        """
        objects = b"".join(field.stored(values.get(field.name, b"")) for field in self.fields)
        return objects.ljust(self.capacity, b"\0")


@dataclass(frozen=True, slots=True)
class SignedPart:
    """A stretch of the signed target: the values of these fields one after the other, filled up to `size`."""

    fields: tuple[str, ...]
    size: int


@dataclass(frozen=True, slots=True)
class CardProfile:
    """Everything that distinguishes one card type from another, as data.

    `suite`: the name of its crypto suite. `signature`: the kind of signature over the parts `signed`, None
    when nothing is signed. `version`: value of C0; `type_value`: value of C1. `assumptions`: what no public
    source could confirm, one sentence each; a profile of a public specification has few.
    """

    card_type: CardType
    generation: Generation
    ja: str
    en: str
    files: tuple[FileSpec, ...]
    suite: str
    signature: str | None
    signed: tuple[SignedPart, ...]
    version: bytes
    type_value: bytes
    assumptions: tuple[str, ...] = ()

    @property
    def fields(self) -> Mapping[str, Field]:
        """All fields by name, in the order of the files."""
        return {field.name: field for file in self.files for field in file.fields}

    def file(self, df: str, name: str) -> FileSpec:
        """The file at this place.

        Raises:
            CardUsageError: cards of this type have none there.
        """
        for file in self.files:
            if file.key == (df, name):
                return file
        raise CardUsageError(
            f"a card of type {self.card_type} has no file {df}/{name}",
            expected=", ".join(file.place for file in self.files),
        )

    @property
    def address_file(self) -> FileSpec | None:
        """The file that holds the place of residence, if there is one."""
        for file in self.files:
            if any(field.name in ("address", "address_image") for field in file.fields):
                return file
        return None

    def file_of(self, field: str) -> FileSpec:
        """The file that holds a field.

        Raises:
            CardUsageError: cards of this type have no such field.
        """
        for file in self.files:
            if any(one.name == field for one in file.fields):
                return file
        raise CardUsageError(
            f"a card of type {self.card_type} has no field {field}", expected=", ".join(self.fields)
        )

    @property
    def signed_fields(self) -> frozenset[str]:
        """The fields whose values the signature covers."""
        if self.signature is None:
            return frozenset()
        return frozenset(name for part in self.signed for name in part.fields) & frozenset(self.fields)

    def vouched(self, file: FileSpec) -> bool:
        """Whether a change of this file breaks the signature: it holds what is signed, or the signature."""
        told = self.signed_fields
        return bool(told) and any(
            field.name in told or field.kind in (Kind.SIGNATURE, Kind.CERTIFICATE) for field in file.fields
        )

    def signed_target(self, values: Mapping[str, bytes]) -> bytes:
        """The bytes that the signature covers: values only, each filled up with 00 to its field's size,
        parts filled up to theirs (facts on the chip §1.6, §2; type 06 fills its 34 bytes up to 53)."""
        fields = self.fields
        return b"".join(
            b"".join(
                values.get(name, b"").ljust(fields[name].size, b"\0")
                for name in part.fields
                if name in fields
            ).ljust(part.size, b"\0")
            for part in self.signed
        )
