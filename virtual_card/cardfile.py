"""The portable card file: one JSON document, `renkei-card/1`, that holds a whole card.

    {
      "format": "renkei-card/1",
      "card_type": "05",                    one of the card types
      "number": "AA12345678BB",             the number that opens the chip
      "atr": "3B88…",                       answer to reset, hexadecimal
      "values": {"birth": "19900401", "photo": {"base64": "…"}},
      "overrides": {"DF3/EF01": {"base64": "…"}},
      "face": {"items": {"name": "…"}, "images": {"photo": {"base64": "…"}}},
      "origin": {"seed": 7, "issued": "2026-07-01", "forgery": null, "notes": ["…"]}
    }

`values` are the chip's fields by name (see `layouts`) without padding: text as a string of UTF-8, other bytes
in base64; either form is read for any field. `overrides` are raw files. `face` is what is printed (null on a
card without a face): `items` by the names of `faces.Item`, `images` by those of `faces.PRINTED_IMAGES`.
`origin` says where the card comes from. The keys `atr`, `overrides`, `face`, `origin` may be missing, no
other key may be there. The same card gives the same bytes: keys are in order.
A card file holds the number that opens the card. It is test data; never make one of a genuine card.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from virtual_card.content import CardContent
from virtual_card.errors import CardFileError, CardUsageError, nearest
from virtual_card.faces import PRINTED_IMAGES, TABLE, Item, PrintedFace
from virtual_card.layouts import DEFAULT_ATR, Kind, card_type_of
from virtual_card.number import checked_number

FORMAT: Final = "renkei-card/1"
LARGEST: Final = 1 << 20
"""Characters that a card file has at most; a full card takes about 40,000."""
LONGEST_ATR: Final = 33
LARGEST_FILE: Final = 1 << 16

_TEXT: Final = frozenset({Kind.TEXT, Kind.DATE, Kind.CODE, Kind.FLAG})
_KEYS: Final = ("format", "card_type", "number", "atr", "values", "overrides", "face", "origin")
_NEEDED: Final = frozenset({"format", "card_type", "number", "values"})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a card comes from. `seed`: of its making; `issued`: date of issue; `forgery`: the id of the
    catalogue's entry that changed it, None on a genuine one; `notes`: what else one should know."""

    seed: int | None = None
    issued: date | None = None
    forgery: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A card: what its chip holds, what is printed on it, where it comes from."""

    content: CardContent
    face: PrintedFace | None = None
    origin: Origin = field(default_factory=Origin)


# --- writing -----------------------------------------------------------------------------------------------
def dump(card: Card) -> str:
    """The card file, with a newline at the end."""
    content, face, origin = card.content, card.face, card.origin
    document: dict[str, Any] = {
        "format": FORMAT,
        "card_type": content.card_type.value,
        "number": content.number,
        "atr": content.atr.hex().upper(),
        "values": {name: _written(content, name, value) for name, value in sorted(content.values.items())},
        "overrides": {place: _base64(raw) for place, raw in sorted(content.overrides.items())},
        "face": None
        if face is None
        else {
            "items": {str(name): words for name, words in sorted(face.items.items())},
            "images": {name: _base64(raw) for name, raw in sorted(face.images.items())},
        },
        "origin": {
            "seed": origin.seed,
            "issued": origin.issued.isoformat() if origin.issued else None,
            "forgery": origin.forgery,
            "notes": list(origin.notes),
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _written(content: CardContent, name: str, value: bytes) -> str | dict[str, str]:
    known = content.profile.fields.get(name)
    if known is not None and known.kind in _TEXT:
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            pass
    return _base64(value)


def _base64(raw: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(raw).decode("ascii")}


# --- reading -----------------------------------------------------------------------------------------------
def load(text: str, where: str) -> Card:
    """The card in a card file. `where`: what to call the file in messages.

    Raises:
        CardFileError: it is no card file, or a malformed one; the message says at which place and why.
    """
    if len(text) > LARGEST:
        raise CardFileError(
            "the card file is too large",
            expected=f"at most {LARGEST:,} characters",
            received=f"{len(text):,}",
            where=where,
        )
    top = _object(_json(text, where), where)
    if top.get("format") != FORMAT:
        raise CardFileError(
            "this is not a card file that this release reads",
            expected=f'"format": "{FORMAT}"',
            received=_shown(top.get("format", "no format")),
            where=where,
            remedy="make one with `renkei card issue --out card.json`",
        )
    _only(top, _KEYS, _NEEDED, where)
    content = _content(top, where)
    return Card(content, _face(top.get("face"), content, f"{where}: face"), _origin(top, f"{where}: origin"))


def _json(text: str, where: str) -> object:
    def pairs(found: list[tuple[str, object]]) -> dict[str, object]:
        once: dict[str, object] = {}
        for key, value in found:
            if key in once:
                raise CardFileError(f"the key {_shown(key)} stands twice", where=where)
            once[key] = value
        return once

    try:
        document: object = json.loads(text, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        raise CardFileError(
            "the card file is not JSON",
            received=error.msg,
            where=f"{where}: line {error.lineno}, column {error.colno}",
        ) from None
    except (RecursionError, ValueError) as error:  # nested without end, or a number of thousands of digits
        raise CardFileError("the card file is not JSON of a card", received=str(error), where=where) from None
    return document


def _content(top: Mapping[str, object], where: str) -> CardContent:
    try:
        card_type = card_type_of(_text(top["card_type"], f"{where}: card_type"))
        number = checked_number(_text(top["number"], f"{where}: number"))
        values = _all_bytes(top["values"], f"{where}: values")
        overrides = _all_bytes(top.get("overrides", {}), f"{where}: overrides")
        content = CardContent(card_type, number, values, _atr(top, f"{where}: atr"), overrides)
        for place, raw in overrides.items():
            if len(raw) > LARGEST_FILE:
                raise CardFileError(
                    "no chip has a file of this size",
                    expected=f"at most {LARGEST_FILE:,} bytes",
                    received=f"{len(raw):,}",
                    where=f"{where}: overrides.{place}",
                )
        content.files()
    except CardUsageError as error:
        raise CardFileError(
            error.message,
            expected=error.expected,
            received=error.received,
            where=f"{where}: {error.where}" if error.where else where,
            remedy=error.remedy,
        ) from None
    return content


def _atr(top: Mapping[str, object], where: str) -> bytes:
    text = _text(top.get("atr", DEFAULT_ATR.hex()), where)
    try:
        atr = bytes.fromhex(text)
    except ValueError:
        atr = b""
    if not 2 <= len(atr) <= LONGEST_ATR:
        raise CardFileError(
            "this is no answer to reset",
            expected=f"2 to {LONGEST_ATR} bytes in hexadecimal",
            received=_shown(text),
            where=where,
        )
    return atr


def _face(found: object, content: CardContent, where: str) -> PrintedFace | None:
    if found is None:
        return None
    if content.card_type not in TABLE:
        raise CardFileError(
            f"nothing is known of the printed face of a card of type {content.card_type}",
            expected="no face, or null",
            received="a face",
            where=where,
            remedy="leave it out: cards of this type were never issued",
        )
    face = _object(found, where)
    _only(face, ("items", "images"), frozenset({"items", "images"}), where)
    words, images = _object(face["items"], f"{where}.items"), _object(face["images"], f"{where}.images")
    _only(words, tuple(item.value for item in Item), frozenset(), f"{where}.items")
    _only(images, PRINTED_IMAGES, frozenset(), f"{where}.images")
    items = {name: _text(each, f"{where}.items.{name}") for name, each in words.items()}
    return PrintedFace(content.card_type, items, _all_bytes(images, f"{where}.images"))


def _origin(top: Mapping[str, object], where: str) -> Origin:
    found = _object(top.get("origin", {}), where)
    _only(found, ("seed", "issued", "forgery", "notes"), frozenset(), where)
    seed, issued, forgery = found.get("seed"), found.get("issued"), found.get("forgery")
    if seed is not None and (not isinstance(seed, int) or isinstance(seed, bool)):
        raise _wrong("a whole number or null", seed, f"{where}.seed")
    notes = found.get("notes", [])
    if not isinstance(notes, list):
        raise _wrong("a list of strings", notes, f"{where}.notes")
    day = None
    if issued is not None:
        try:
            day = date.fromisoformat(_text(issued, f"{where}.issued"))
        except ValueError:
            raise _wrong("a date such as 2026-07-01", issued, f"{where}.issued") from None
    return Origin(
        seed,
        day,
        None if forgery is None else _text(forgery, f"{where}.forgery"),
        tuple(_text(note, f"{where}.notes[{n}]") for n, note in enumerate(notes)),
    )


# --- small checks ------------------------------------------------------------------------------------------
def _all_bytes(found: object, where: str) -> dict[str, bytes]:
    return {name: _bytes(value, f"{where}.{name}") for name, value in _object(found, where).items()}


def _bytes(found: object, where: str) -> bytes:
    if isinstance(found, str):
        return _text(found, where).encode("utf-8")
    if isinstance(found, dict) and set(found) == {"base64"} and isinstance(found["base64"], str):
        try:
            return base64.b64decode(found["base64"], validate=True)
        except (binascii.Error, ValueError):
            raise _wrong("base64", found["base64"], where) from None
    raise _wrong('a string, or {"base64": "…"}', found, where)


def _object(found: object, where: str) -> dict[str, object]:
    if not isinstance(found, dict):
        raise _wrong("an object", found, where)
    return found


def _text(found: object, where: str) -> str:
    if not isinstance(found, str):
        raise _wrong("a string", found, where)
    try:
        found.encode("utf-8")
    except UnicodeEncodeError:  # JSON can write half of a surrogate pair
        raise _wrong("text without lone surrogates", ascii(found), where) from None
    return found


def _only(found: Mapping[str, object], known: Collection[str], needed: frozenset[str], where: str) -> None:
    for key in found:
        if key not in known:
            near = nearest(key, known)
            raise CardFileError(
                f"the key {_shown(key)} means nothing here",
                expected=", ".join(known),
                where=where,
                remedy=f"did you mean {near}?" if near else "leave it out",
            )
    missing = sorted(needed - set(found))
    if missing:
        raise CardFileError(f"the key {missing[0]} is missing", expected=", ".join(known), where=where)


def _wrong(expected: str, received: object, where: str) -> CardFileError:
    return CardFileError("a wrong value", expected=expected, received=_shown(received), where=where)


def _shown(value: object) -> str:
    text = ascii(value) if isinstance(value, str) else type(value).__name__
    return text if len(text) <= 60 else text[:60] + "…"
