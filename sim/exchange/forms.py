"""The forms of items: which texts an item may have, and what is told of a text that breaks its form.

A form is a rule for one item's text: `code`, `reason_code`, `country`, `card_number`, `date`, `birth_date`,
`choice` or `text`. It is said three times: for a reader (`parse`), for whole columns (the patterns, of which
`columns` makes masks) and for other people's tools (the XSD). Tests hold them against each other.

A reader needs one fault to refuse a text; whoever mends it wants all of them (`explainer`).

Text is Unicode as people have it: any script, no control characters. A character that has no code point
(外字) is written as a marked reference, `{gaiji:set:number}`, and so travels without loss; the sets are `mj`
(MJ文字図形名), `juki` (住基ネット統一文字コード) and `nyukan` (入管外字コード). So braces stand for nothing
else, and a private code point, which means something else on every machine, is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from sim.exchange.birth import YEAR, BirthDate, partial_date
from sim.exchange.codes import Code

FORMS: Final = ("code", "reason_code", "country", "card_number", "date", "birth_date", "choice", "text")
DATES: Final = ("date", "birth_date")
# So many faults of one item are told at most.
MOST: Final = 10

# [0-9] and fullmatch on purpose: \d takes full-width digits and $ a trailing line feed.
CODE: Final = "[0-9A-Za-z][0-9A-Za-z./-]*"
COUNTRY: Final = "[A-Z]{3}"
CARD: Final = "[A-Z]{2}[0-9]{8}[A-Z]{2}"
DATE: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
GAIJI: Final = r"\{gaiji:(?:mj:MJ[0-9]{6}|juki:[0-9A-F]{4,5}|nyukan:[0-9A-F]{4})\}"
_FOURTH: Final = "(0[48]|[2468][048]|[13579][26])"  # of two digits, those that four divides, without 00


def day_pattern(year: str, leap_year: str) -> str:
    """A pattern of the days that exist, in years of one pattern, of which some are of another.

    For an XSD: its own type of a date takes white space around it, which is no part of an item here.
    """
    long, short = "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])", "(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    return f"({year}-({long}|{short}|02-(0[1-9]|1[0-9]|2[0-8]))|{leap_year}-02-29)"


DAY: Final = day_pattern(YEAR, f"([0-9]{{2}}{_FOURTH}|{_FOURTH}00)")
REASONS: Final = tuple(str(code) for code in Code)
# What no text may hold, as the inside of a character class; the last ranges are the private code points.
CONTROL: Final = "\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff"
PRIVATE: Final = "\ue000-\uf8ff\U000f0000-\U0010ffff"

_CODE = re.compile(CODE)
_COUNTRY = re.compile(COUNTRY)
_CARD = re.compile(CARD)
_DATE = re.compile(DATE)
_GAIJI = re.compile(GAIJI)
_BREAK = re.compile(r"\r\n|[\r\n]")
_UNUSUAL = re.compile(rf"[{CONTROL}\ud800-\udfff{PRIVATE}{{}}]")
# A brace that is no mark's: one fault for `{gaiji:mj:1}`, not one for each of its braces.
_ODD_SIGN = re.compile(
    rf"(?P<line_break>\r\n|[\r\n])|(?P<private>[{PRIVATE}])|(?P<brace>\{{[0-9A-Za-z:]*\}}?|\}})"
    rf"|[{CONTROL}\ud800-\udfff]"
)
# Forms of fixed length, place by place: a sign, or from which to which.
SHAPES: Final = {
    "country": ("[A-Z]",) * 3,
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
Explain = Callable[[str], list[Wrong]]


def parser(form: str, limit: int, values: tuple[str, ...]) -> Parse:
    """The rule of an item: takes its text and gives the value, or raises `Wrong`.

    Raises:
        ValueError: there is no such form.
    """
    match form:
        case "date":
            return _parse_date
        case "birth_date":
            return _parse_birth_date
        case "reason_code":
            return _choice(REASONS, "a code of the table of codes")
        case "country":
            return _fixed("country", _COUNTRY, "three capital letters")
        case "card_number":
            return _fixed("card_number", _CARD, "two capital letters, eight digits, two capital letters")
        case "code":
            return _coded(_CODE, "ASCII letters, digits, '.', '/' and '-'", limit)
        case "text":
            return _text(limit)
        case "choice":
            return _choice(values, "one of " + ", ".join(values))
    raise ValueError(f"unknown form {form!r}")


def explainer(form: str, limit: int, values: tuple[str, ...]) -> Explain:
    """All faults of a text that its rule refused, at most `MOST`: those that do not follow from each other.

    Of a text each character that may not be there is one. Other forms are one rule, which is broken once;
    besides, there may be line breaks in it, and it may be too long.

    Raises:
        ValueError: there is no such form.
    """
    if form == "text":
        return lambda text: _all_of_text(text, limit)
    bare = parser(form, 0, values)

    def explain(text: str) -> list[Wrong]:
        breaks = _breaks(text)
        found = list(islice(breaks, MOST - 2))
        kept = [place for place, sign in enumerate(text) if sign not in "\r\n"]
        try:
            if kept:
                bare("".join(text[place] for place in kept))
        except Wrong as wrong:
            if wrong.position:
                after = len(text) if wrong.position > len(kept) else kept[wrong.position - 1]
                wrong = Wrong(wrong.code, wrong.expected, after + 1)
            found.append(wrong)
        if form == "code" and len(text) > limit:
            found.append(_too_long(limit))
        return found

    return explain


@lru_cache(maxsize=4096)
def _parse_date(text: str) -> date:
    if _DATE.fullmatch(text) is None:
        raise _wrong(Code.BAD_FORM, "a date YYYY-MM-DD", text, _DATE, _misfit(text, "date"))
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Wrong(Code.BAD_FORM, "a day that exists") from None


def _parse_birth_date(text: str) -> BirthDate:
    if text[-3:] == "-00" and (partial := partial_date(text)) is not None:
        return partial
    if _DATE.fullmatch(text) is None:
        expected = "a date YYYY-MM-DD; YYYY-MM-00 or YYYY-00-00 where day or month are not known"
        raise _wrong(Code.BAD_FORM, expected, text, _DATE, _misfit(text, "date"))
    try:
        return date.fromisoformat(text)
    except ValueError:
        expected = "a day that exists; YYYY-MM-00 or YYYY-00-00 where day or month are not known"
        raise Wrong(Code.BAD_FORM, expected) from None


def _fixed(form: str, pattern: re.Pattern[str], expected: str) -> Parse:
    def parse(text: str) -> str:
        if pattern.fullmatch(text) is None:
            raise _wrong(Code.BAD_FORM, expected, text, pattern, _misfit(text, form))
        return text

    return parse


def _coded(pattern: re.Pattern[str], expected: str, limit: int) -> Parse:
    def parse(text: str) -> str:
        if pattern.fullmatch(text) is None:
            fits = pattern.match(text)
            raise _wrong(Code.BAD_FORM, expected, text, pattern, 1 if fits is None else fits.end() + 1)
        if limit and len(text) > limit:
            raise _too_long(limit)
        return text

    return parse


def _text(limit: int) -> Parse:
    def parse(text: str) -> str:
        if _UNUSUAL.search(text) is not None and (found := _all_of_text(text, limit)):
            raise found[0]
        if len(text) > limit:
            raise _too_long(limit)
        return text

    return parse


def _all_of_text(text: str, limit: int) -> list[Wrong]:
    """What is wrong with a text, in the order of its characters; its length last."""
    found = [*islice(_unusual(text), MOST - 1)]
    if len(text) > limit:
        found.append(_too_long(limit))
    return found


def _unusual(text: str) -> Iterator[Wrong]:
    # What is a mark keeps its place, so that the position is that in the text.
    rest = _GAIJI.sub(lambda mark: "*" * len(mark[0]), text)
    for found in _ODD_SIGN.finditer(rest):
        place = found.start() + 1
        match found.lastgroup:
            case "line_break":
                yield _line_break(place)
            case "private":
                expected = "a character with a code point of its own, or a mark such as {gaiji:mj:MJ000001}"
                yield Wrong(Code.PRIVATE_CHARACTER, expected, place)
            case "brace":
                yield Wrong(Code.BAD_GAIJI, "a mark such as {gaiji:mj:MJ000001}", place)
            case _:
                yield Wrong(Code.BAD_FORM, "text without control characters", place)


def _breaks(text: str) -> Iterator[Wrong]:
    return (_line_break(found.start() + 1) for found in _BREAK.finditer(text))


def _line_break(position: int) -> Wrong:
    return Wrong(Code.LINE_BREAK, "no line break within an item", position)


def _choice(values: tuple[str, ...], expected: str) -> Parse:
    allowed = frozenset(values)

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
        return _line_break(found.start() + 1)
    for position, letter in enumerate(text, start=1):
        if unicodedata.normalize("NFKC", letter) != letter:
            if fits(unicodedata.normalize("NFKC", text)):
                return Wrong(Code.FULL_WIDTH, "plain ASCII letters and digits", position)
            break
    return None


def _misfit(text: str, form: str) -> int:
    """Where a text first leaves a form of fixed length."""
    shape = SHAPES[form]
    for position, (letter, wanted) in enumerate(zip(text, shape, strict=False), start=1):
        if re.fullmatch(wanted, letter) is None:
            return position
    return min(len(text), len(shape)) + 1
