"""A profile: the layouts of all kinds, read from one TOML file and checked against the model.

The owner of a closed specification writes another file with other codes, columns and limits; the code
stays. A form is a rule for one item's text: `code`, `reason_code`, `card_number`, `date`,
`choice` or `text`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from sim.base.errors import HarnessError, nearest
from sim.exchange.codes import Code
from sim.exchange.records import KINDS, AnyRecord

FOLDER: Final = Path(__file__).parent / "profiles"
OPEN_1: Final = "renkei-open-1"

# [0-9] and fullmatch on purpose: \d takes full-width digits and $ a trailing line feed.
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z./-]*")
_REASON = re.compile(r"[A-Z][A-Z0-9_]*")
_CARD = re.compile(r"[A-Z]{2}[0-9]{8}[A-Z]{2}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")


class Wrong(Exception):
    """An item's text broke its rule; caught where the place is known."""

    def __init__(self, code: Code, expected: str) -> None:
        super().__init__(code)
        self.code = code
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Column:
    """One item of a layout. `max` counts characters; `parse` gives the value or raises `Wrong`."""

    item: str
    ja: str
    form: str
    max: int
    values: tuple[str, ...]
    optional: bool
    assumed: bool
    parse: Callable[[str], Any]
    empty: Any


@dataclass(frozen=True, slots=True)
class Layout:
    """How one kind of record travels."""

    kind: str
    code: str
    ja: str
    en: str
    direction: str
    business: str
    columns: tuple[Column, ...]
    struct: type[AnyRecord]


@dataclass(frozen=True, slots=True)
class Business:
    """One of the three registered businesses (seed 003, line 179)."""

    name: str
    code: str
    ja: str
    en: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A whole profile. `name` stands in each header; `agency` is the agency's code as an address."""

    name: str
    agency: str
    businesses: dict[str, Business]
    layouts: dict[str, Layout]
    by_code: dict[str, Layout]

    def business_of_code(self, code: str) -> Business | None:
        """The business that a header's code names."""
        return next((b for b in self.businesses.values() if b.code == code), None)


def _parse_date(text: str) -> date:
    if _DATE.fullmatch(text) is None:
        raise Wrong(Code.BAD_FORM, "a date YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Wrong(Code.BAD_FORM, "a day that exists") from None


def _parse_reason(text: str) -> str:
    if _REASON.fullmatch(text) is None:
        raise Wrong(Code.BAD_FORM, "capital ASCII letters, digits and '_'")
    return text


def _parse_card(text: str) -> str:
    if _CARD.fullmatch(text) is None:
        raise Wrong(Code.BAD_FORM, "two letters, eight digits, two letters")
    return text


def _code_parser(limit: int) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if _CODE.fullmatch(text) is None:
            raise Wrong(Code.BAD_FORM, "ASCII letters, digits, '.', '/' and '-'")
        if len(text) > limit:
            raise Wrong(Code.TOO_LONG, f"at most {limit} characters")
        return text

    return parse


def _text_parser(limit: int) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if _CONTROL.search(text) is not None:
            raise Wrong(Code.BAD_FORM, "text without control characters")
        if len(text) > limit:
            raise Wrong(Code.TOO_LONG, f"at most {limit} characters")
        return text

    return parse


def _choice_parser(values: tuple[str, ...]) -> Callable[[str], str]:
    allowed = frozenset(values)

    def parse(text: str) -> str:
        if text not in allowed:
            raise Wrong(Code.UNKNOWN_VALUE, "one of " + ", ".join(values))
        return text

    return parse


def _parser(form: str, limit: int, values: tuple[str, ...]) -> Callable[[str], Any]:
    match form:
        case "date":
            return _parse_date
        case "reason_code":
            return _parse_reason
        case "card_number":
            return _parse_card
        case "code":
            return _code_parser(limit)
        case "text":
            return _text_parser(limit)
        case "choice":
            return _choice_parser(values)
    raise ValueError(f"unknown form {form!r}")


def _column(row: dict[str, Any]) -> Column:
    values = tuple(row.get("values", ()))
    limit = int(row.get("max", 0))
    return Column(
        item=row["item"],
        ja=row["ja"],
        form=row["form"],
        max=limit,
        values=values,
        optional=bool(row.get("optional", False)),
        assumed=bool(row.get("assumed", False)),
        parse=_parser(row["form"], limit, values),
        empty=None if row["form"] == "date" else "",
    )


def read_profile(path: Path) -> Profile:
    """Reads a profile and holds it against the model.

    Raises:
        HarnessError: the file is no profile: a kind or an item is unknown, missing or twice.
    """

    def fail(message: str, remedy: str) -> HarnessError:
        return HarnessError(message, where=str(path), remedy=remedy)

    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        name, agency = str(raw["profile"]), str(raw["agency"])
        businesses = {n: Business(n, b["code"], b["ja"], b["en"]) for n, b in raw["business"].items()}
        layouts: dict[str, Layout] = {}
        for kind, body in raw["kind"].items():
            if kind not in KINDS:
                raise fail(f"unknown kind {kind!r}", f"did you mean {nearest(kind, KINDS)!r}?")
            columns = tuple(_column(row) for row in body["columns"])
            layouts[kind] = Layout(
                kind,
                body["code"],
                body["ja"],
                body["en"],
                body["direction"],
                body["business"],
                columns,
                KINDS[kind],
            )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise fail(f"not a profile: {error!r}", "compare it with renkei-open-1.toml") from error
    for kind, struct in KINDS.items():
        if kind not in layouts:
            raise fail(f"kind {kind!r} has no layout", "add a table for it")
        wanted = list(struct.__struct_fields__)
        given = [column.item for column in layouts[kind].columns]
        if sorted(wanted) != sorted(given):
            odd = sorted(set(wanted) ^ set(given)) or given
            raise fail(f"kind {kind!r}: items differ from the model's: {odd}", f"name each of {wanted} once")
    return Profile(name, agency, businesses, layouts, {lay.code: lay for lay in layouts.values()})


@cache
def open_profile() -> Profile:
    """The profile that the harness publishes itself, `renkei-open/1`."""
    return read_profile(FOLDER / f"{OPEN_1}.toml")
