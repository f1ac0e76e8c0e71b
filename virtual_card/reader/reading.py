"""What was read from a card, as a record that programs can hold on to.

`interpret` turns the raw files of a session into a `CardReading`. It never fails: whatever is odd in a file
becomes a `Problem` with the reason that a checker gives for it, and judging is left to `authenticity`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from virtual_card import tlv
from virtual_card.apdu import meaning
from virtual_card.errors import TlvError
from virtual_card.layouts import PROFILES, CardProfile, CardType, Field, FileSpec, Generation, Kind
from virtual_card.reader.images import Picture, Undecodable, decode
from virtual_card.reader.session import RawCard
from virtual_card.verdicts import MEANINGS, Reason, Verdict

WORDS = frozenset({Kind.TEXT, Kind.DATE, Kind.CODE, Kind.FLAG})
PICTURES = frozenset({Kind.TIFF, Kind.JPEG2000})


@dataclass(frozen=True, slots=True)
class Problem:
    """Something odd in what was read: why it matters, where it stands, what it is in words.

    `vouched`: it stands where the card's signature vouches for the content. What no signature covers, lawful
    hands may have changed: it proves no forgery, whatever is odd about it.
    """

    reason: Reason
    where: str
    detail: str
    vouched: bool = True

    @property
    def weight(self) -> Verdict:
        """What it weighs when it stands alone."""
        return MEANINGS[self.reason].weight if self.vouched else Verdict.REVIEW


@dataclass(frozen=True, slots=True)
class FieldReading:
    """One data object as it stands in its file, padding included.

    `picture`: the decoded image, decoded once; None for other kinds and for an empty field.
    """

    field: Field
    file: str
    value: bytes
    picture: Picture | Undecodable | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing but padding is in it."""
        return not self.value.strip(b"\0")

    @property
    def text(self) -> str | None:
        """The words of a text, date, code or flag; None for other kinds and for what is not UTF-8.

        UTF-8 without byte order mark is what the specification of either generation says (facts: chip §1.2,
        §2); a reader that takes Shift_JIS for granted shows wrong characters.
        """
        if self.field.kind not in WORDS:
            return None
        try:
            return self.value.rstrip(b"\0").decode("utf-8")
        except UnicodeDecodeError:
            return None


@dataclass(frozen=True, slots=True)
class CardReading:
    """A card that was read.

    `number` opened the chip. `card_type` is what the card is by its files and cryptography, `declared` what
    it calls itself in C1. `problems` are oddities of the files, `notes` retries on the way, both in words.
    """

    number: str
    card_type: CardType
    generation: Generation
    declared: str
    atr: bytes
    strategy: str
    fields: Mapping[str, FieldReading]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]

    @property
    def values(self) -> dict[str, bytes]:
        """Field name → value as it stands in the file."""
        return {name: each.value for name, each in self.fields.items()}

    def text(self, name: str) -> str:
        """The words in a field; empty when the field is empty, absent or holds none."""
        found = self.fields.get(name)
        return (found.text or "") if found else ""


def day_in(text: str) -> date | None:
    """The day that eight digits name; None for anything else."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])) if len(text) == 8 else None
    except ValueError:
        return None


def interpret(raw: RawCard, atr: bytes) -> CardReading:
    """The record of a raw reading; `atr` is what the card answered when it was powered up."""
    fields: dict[str, FieldReading] = {}
    problems: list[Problem] = []
    for spec in raw.profile.files:
        where = f"{spec.df}/{spec.name}"
        if spec.key not in raw.files:
            sw = raw.refused[spec.key]
            vouched = raw.profile.vouched(spec)
            problems.append(Problem(Reason.FILE_MISSING, where, f"{sw:04X}, {meaning(sw)}", vouched))
            continue
        problems += _take_apart(spec, raw, fields)
    problems += _of_the_type(raw)
    return CardReading(
        number=raw.number,
        card_type=raw.profile.card_type,
        generation=raw.profile.generation,
        declared=raw.declared.rstrip(b"\0").decode("ascii", "replace"),
        atr=atr,
        strategy=raw.strategy,
        fields=MappingProxyType(fields),
        problems=tuple(problems),
        notes=raw.notes,
    )


def _take_apart(spec: FileSpec, raw: RawCard, fields: dict[str, FieldReading]) -> Iterator[Problem]:
    where, content, vouched = spec.place, raw.files[spec.key], raw.profile.vouched(spec)
    if len(content) < spec.capacity and not _complete(spec, content):
        # Card, reader and driver can all cut an answer off, and none of them is a forger.
        yield Problem(
            Reason.CHIP_UNREADABLE, where, f"{len(content)} of {spec.capacity} bytes, and no more to be had"
        )
        return
    if not content.strip(b"\0\xff"):
        yield Problem(Reason.FILE_BLANK, where, f"{len(content)} bytes without content", vouched)
        return
    try:
        objects = tlv.parse(content)
    except TlvError as error:
        yield Problem(Reason.FILE_MALFORMED, where, f"{error.message}, {error.where}", vouched)
        return
    yield from _objects_of(spec, objects, fields, vouched=vouched)


def _complete(spec: FileSpec, content: bytes) -> bool:
    """Whether all objects of the file are there, so that nothing of it can have been cut off."""
    try:
        tags = {each.tag for each in tlv.parse(content)}
    except TlvError:
        return False
    return tags >= {field.tag for field in spec.fields}


def _objects_of(
    spec: FileSpec, objects: Iterable[tlv.Tlv], fields: dict[str, FieldReading], *, vouched: bool
) -> Iterator[Problem]:
    def malformed(detail: str) -> Problem:
        return Problem(Reason.FILE_MALFORMED, spec.place, detail, vouched)

    by_tag: dict[int, bytes] = {}
    for each in objects:
        if each.tag in by_tag:
            yield malformed("a data object stands in it twice")
        by_tag[each.tag] = each.value
    for field in spec.fields:
        if field.tag not in by_tag:
            yield malformed(f"object {field.tag:X} ({field.en}) is missing")
            continue
        value = by_tag.pop(field.tag)
        picture = decode(value, field.kind) if field.kind in PICTURES else None
        found = fields[field.name] = FieldReading(field, spec.place, value, picture)
        if len(value) > field.size:
            yield malformed(f"object {field.tag:X} has {len(value)} bytes, more than {field.size}")
        if field.kind in WORDS and found.text is None:
            yield malformed(f"object {field.tag:X}: its text is not UTF-8")
        if isinstance(picture, Undecodable):
            yield Problem(Reason.IMAGE_UNREADABLE, spec.place, f"{field.en}: {picture.why}", vouched)
    for tag in by_tag:
        yield malformed(f"object {tag:X} does not belong there")


def _of_the_type(raw: RawCard) -> Iterator[Problem]:
    where = f"{raw.profile.files[0].df}/EF02"
    sibling = next((each for each in _siblings(raw.profile) if _fits(each, raw)), None)
    if raw.unexpected:
        yield Problem(
            Reason.TYPE_BYTE_WRONG,
            where,
            f"cards of type {raw.profile.card_type} have no {', '.join(raw.unexpected)}, and this one has",
        )
    elif sibling and not _fits(raw.profile, raw):
        yield Problem(
            Reason.TYPE_BYTE_WRONG,
            where,
            f"says {raw.profile.card_type}, the files are those of {sibling.card_type}",
        )
    if raw.declared.rstrip(b"\0") != raw.profile.type_value:
        yield Problem(
            Reason.TYPE_BYTE_WRONG,
            where,
            f"says {raw.declared.decode('ascii', 'replace')!r}, cryptography and files are those of"
            f" {raw.profile.type_value.decode()!r}",
        )


def _siblings(profile: CardProfile) -> Iterator[CardProfile]:
    """Profiles of the same generation: they open alike and differ in their files."""
    for each in PROFILES.values():
        if each.generation is profile.generation and each is not profile:
            yield each


def _fits(profile: CardProfile, raw: RawCard) -> bool:
    """Whether what was read, found by short file id, holds exactly the data objects of this profile.

    A file that is there speaks against every profile without one in its place, be it blank or damaged.
    """
    read = {(raw.profile.file(*key).df, raw.profile.file(*key).sfi): data for key, data in raw.files.items()}
    refused = {(raw.profile.file(*key).df, raw.profile.file(*key).sfi) for key in raw.refused}
    places = {(spec.df, spec.sfi): spec for spec in profile.files}
    if not read.keys() <= places.keys() or refused & places.keys():
        return False
    for place, data in read.items():
        try:
            tags = [each.tag for each in tlv.parse(data)]
        except TlvError:
            return False
        if tags != [field.tag for field in places[place].fields]:
            return False
    return True
