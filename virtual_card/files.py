"""What the commands take from the user's files and words, and give back: every refusal names its place."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from virtual_card.errors import CardFileError, CardUsageError, nearest

if TYPE_CHECKING:
    from virtual_card.cardfile import Card
    from virtual_card.personalise.quirks import Quirk

LARGEST: Final = 1 << 22
"""Bytes of the largest file that a command takes."""


def card_in(path: str) -> Card:
    """The card in a card file.

    Raises:
        CardUsageError: the file cannot be read.
        CardFileError: it is no card file; says where and why.
    """
    from virtual_card.cardfile import load

    return load(text_in(path), path)


def text_in(path: str) -> str:
    """A file as text; raises as `bytes_in` does, and CardFileError for text that is not UTF-8."""
    try:
        return bytes_in(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise CardFileError(
            "the file is no text in UTF-8", received=f"byte {error.object[error.start]:02X}", where=path
        ) from error


def bytes_in(path: str) -> bytes:
    """A file as bytes.

    Raises:
        CardUsageError: it cannot be read.
        CardFileError: it is larger than anything a command takes.
    """
    try:
        with Path(path).open("rb") as file:
            found = file.read(LARGEST + 1)
    except OSError as error:
        raise CardUsageError(
            "the file cannot be read",
            received=error.strerror or str(error),
            where=path,
            remedy="name a file that is there and may be read",
        ) from error
    if len(found) > LARGEST:
        raise CardFileError("the file is too large", expected=f"at most {LARGEST:,} bytes", where=path)
    return found


def write(path: str, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        CardUsageError: it cannot be written.
    """
    target = Path(path)
    part = target.with_name(f"{target.name}.part")
    try:
        part.write_bytes(content)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise CardUsageError(
            "the file cannot be written",
            received=error.strerror or str(error),
            where=path,
            remedy="name a file in a folder that is there and may be written",
        ) from error


def make_folder(folder: Path) -> None:
    """Make a folder if it is not there; raises CardUsageError when that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CardUsageError(
            "the folder cannot be made", received=error.strerror or str(error), where=str(folder)
        ) from error


def register_in(path: str) -> dict[str, str]:
    """A resident record: JSON, item to words as a face prints them (see `faces.Item`).

    Raises:
        CardFileError: it is none; says where and why.
    """
    from virtual_card.faces import Item

    try:
        found = json.loads(text_in(path))
    except (RecursionError, ValueError) as error:  # nested without end, or a number of thousands of digits
        raise CardFileError("the resident record is no JSON", received=str(error), where=path) from None
    if not isinstance(found, dict):
        raise CardFileError("the resident record is no object", expected='{"address": "…"}', where=path)
    known = [item.value for item in Item]
    for key, words in found.items():
        if key not in known:
            near = nearest(key, known)
            raise CardFileError(
                f"the resident record has no item {key[:60]!a}",
                expected=", ".join(known),
                where=path,
                remedy=f"did you mean {near}?" if near else None,
            )
        if not isinstance(words, str):
            raise CardFileError("an item of the resident record is no text", where=f"{path}: {key}")
        if any("\ud800" <= sign <= "\udfff" for sign in words):  # JSON can write half of a surrogate pair
            raise CardFileError(
                "an item of the resident record is no text",
                expected="text without lone surrogates",
                where=f"{path}: {key}",
            )
    return found


def revoked_in(path: str) -> frozenset[str]:
    """Revoked numbers, one on a line; raises CardFileError with the line of what is no number."""
    from virtual_card.number import is_number

    numbers = set()
    for line, text in enumerate(text_in(path).splitlines(), 1):
        if not (stripped := text.strip()):
            continue
        if not is_number(stripped):
            raise CardFileError(
                "this is no card number",
                expected="two letters, eight digits, two letters on a line of its own",
                received=repr(stripped[:40]),
                where=f"{path}: line {line}",
            )
        numbers.add(stripped)
    return frozenset(numbers)


def day_of(text: str | None, option: str) -> date | None:
    """The day in an option, None when it was not given; raises CardUsageError for another form."""
    if text is None:
        return None
    digits = text.replace("-", "")
    try:
        if len(text) != 10 or not (digits.isascii() and digits.isdigit()):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise CardUsageError(
            "this is no day", expected="YYYY-MM-DD, such as 2026-07-01", received=text, where=option
        ) from None


def quirk_of(name: str | None) -> Quirk | None:
    """The oddity of that name, None when none was asked for; raises CardUsageError for an unknown one."""
    from virtual_card.personalise.quirks import Quirk

    if name is None:
        return None
    known = [each.value for each in Quirk]
    if name not in known:
        near = nearest(name, known)
        raise CardUsageError(
            f"no oddity is called {name!r}",
            expected=", ".join(known),
            received=name,
            where="--quirk",
            remedy=f"did you mean `--quirk {near}`?" if near else "take one of the words above",
        )
    return Quirk(name)
