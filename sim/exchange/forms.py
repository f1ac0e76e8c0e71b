"""The forms of items: which texts an item may have, and what is told of a text that breaks its form.

A form is a rule for one item's text: `code`, `reason_code`, `card_number`, `date`, `choice` or `text`. It is
said three times: for a reader (`parse`), for whole columns (the patterns, of which `columns` makes masks) and
for other people's tools (the XSD). Tests hold them against each other.

Text is Unicode as people have it: any script, no control characters. A character that has no code point
(外字) is written as a marked reference, `{gaiji:set:number}`, and so travels without loss; the sets are `mj`
(MJ文字図形名), `juki` (住基ネット統一文字コード) and `nyukan` (入管外字コード). So braces stand for nothing
else, and a private code point, which means something else on every machine, is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from sim.exchange.codes import Code

FORMS: Final = ("code", "reason_code", "card_number", "date", "choice", "text")

# [0-9] and fullmatch on purpose: \d takes full-width digits and $ a trailing line feed.
CODE: Final = "[0-9A-Za-z][0-9A-Za-z./-]*"
REASON: Final = "[A-Z][A-Z0-9_]*"
CARD: Final = "[A-Z]{2}[0-9]{8}[A-Z]{2}"
DATE: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
GAIJI: Final = r"\{gaiji:(?:mj:MJ[0-9]{6}|juki:[0-9A-F]{4,5}|nyukan:[0-9A-F]{4})\}"
# What no text may hold, as the inside of a character class; the last ranges are the private code points.
CONTROL: Final = "\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff"
PRIVATE: Final = "\ue000-\uf8ff\U000f0000-\U0010ffff"

_CODE = re.compile(CODE)
_REASON = re.compile(REASON)
_CARD = re.compile(CARD)
_DATE = re.compile(DATE)
_GAIJI = re.compile(GAIJI)
_CONTROL = re.compile(f"[{CONTROL}\ud800-\udfff]")
_PRIVATE = re.compile(f"[{PRIVATE}]")
_BRACE = re.compile(r"[{}]")
_BREAK = re.compile(r"[\r\n]")
_UNUSUAL = re.compile(rf"[{CONTROL}\ud800-\udfff{PRIVATE}{{}}]")
_SHAPES: Final = {
    "card_number": tuple(["[A-Z]"] * 2 + ["[0-9]"] * 8 + ["[A-Z]"] * 2),
    "date": tuple("[0-9]" if part == "9" else part for part in "9999-99-99"),
}


class Wrong(Exception):
    """An item's text broke its rule; caught where the place is known.

    `position` is that of the first character that is wrong, from 1; 0 when it is none in particular.
    """

    def __init__(self, code: Code, expected: str, position: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.expected = expected
        self.position = position


Parse = Callable[[str], Any]


def parser(form: str, limit: int, values: tuple[str, ...]) -> Parse:
    """The rule of an item: takes its text and gives the value, or raises `Wrong`.

    Raises:
        ValueError: there is no such form.
    """
    match form:
        case "date":
            return _parse_date
        case "reason_code":
            return _coded(_REASON, "capital ASCII letters, digits and '_'", limit)
        case "card_number":
            return _parse_card
        case "code":
            return _coded(_CODE, "ASCII letters, digits, '.', '/' and '-'", limit)
        case "text":
            return _text(limit)
        case "choice":
            return _choice(values)
    raise ValueError(f"unknown form {form!r}")


def _parse_date(text: str) -> date:
    if _DATE.fullmatch(text) is None:
        raise _wrong(Code.BAD_FORM, "a date YYYY-MM-DD", text, _DATE, _misfit(text, "date"))
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Wrong(Code.BAD_FORM, "a day that exists") from None


def _parse_card(text: str) -> str:
    if _CARD.fullmatch(text) is None:
        expected = "two capital letters, eight digits, two capital letters"
        raise _wrong(Code.BAD_FORM, expected, text, _CARD, _misfit(text, "card_number"))
    return text


def _coded(pattern: re.Pattern[str], expected: str, limit: int) -> Parse:
    def parse(text: str) -> str:
        if pattern.fullmatch(text) is None:
            fits = pattern.match(text)
            raise _wrong(Code.BAD_FORM, expected, text, pattern, 1 if fits is None else fits.end() + 1)
        if len(text) > limit:
            raise _too_long(limit)
        return text

    return parse


def _text(limit: int) -> Parse:
    def parse(text: str) -> str:
        if _UNUSUAL.search(text) is not None:
            _parse_unusual(text)
        if len(text) > limit:
            raise _too_long(limit)
        return text

    return parse


def _parse_unusual(text: str) -> None:
    if found := _BREAK.search(text):
        raise Wrong(Code.LINE_BREAK, "no line break within an item", found.start() + 1)
    if found := _CONTROL.search(text):
        raise Wrong(Code.BAD_FORM, "text without control characters", found.start() + 1)
    if found := _PRIVATE.search(text):
        expected = "a character with a code point of its own, or a mark such as {gaiji:mj:MJ000001}"
        raise Wrong(Code.PRIVATE_CHARACTER, expected, found.start() + 1)
    # What is no mark keeps its place, so that the position is that in the text.
    rest = _GAIJI.sub(lambda mark: "*" * len(mark[0]), text)
    if found := _BRACE.search(rest):
        raise Wrong(Code.BAD_GAIJI, "a mark such as {gaiji:mj:MJ000001}", found.start() + 1)


def _choice(values: tuple[str, ...]) -> Parse:
    allowed = frozenset(values)
    expected = "one of " + ", ".join(values)

    def parse(text: str) -> str:
        if text not in allowed:
            raise _odd(text, allowed.__contains__) or Wrong(Code.UNKNOWN_VALUE, expected)
        return text

    return parse


def _too_long(limit: int) -> Wrong:
    return Wrong(Code.TOO_LONG, f"at most {limit} characters", limit + 1)


def _wrong(code: Code, expected: str, text: str, pattern: re.Pattern[str], position: int) -> Wrong:
    return _odd(text, lambda other: pattern.fullmatch(other) is not None) or Wrong(code, expected, position)


def _odd(text: str, fits: Callable[[str], bool]) -> Wrong | None:
    """The two faults that people do not see: a line break, and full-width letters or digits."""
    if found := _BREAK.search(text):
        return Wrong(Code.LINE_BREAK, "no line break within an item", found.start() + 1)
    for position, letter in enumerate(text, start=1):
        if unicodedata.normalize("NFKC", letter) != letter:
            if fits(unicodedata.normalize("NFKC", text)):
                return Wrong(Code.FULL_WIDTH, "plain ASCII letters and digits", position)
            break
    return None


def _misfit(text: str, form: str) -> int:
    """Where a text first leaves a form of fixed length."""
    shape = _SHAPES[form]
    for position, (letter, wanted) in enumerate(zip(text, shape, strict=False), start=1):
        if re.fullmatch(wanted, letter) is None:
            return position
    return min(len(text), len(shape)) + 1
