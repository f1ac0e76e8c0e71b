"""The header's items, said once: for the reader, for the XSD and for the document.

Each has its values, or a pattern that a text must match as a whole, the same in Python and in an XSD. What no
pattern can say, a check digit, the reader adds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sim.base.instant import SECOND, Instant, iso, parse_iso
from sim.exchange.codes import Code, Finding
from sim.exchange.forms import day_pattern
from sim.exchange.model import DOWN, UP, Header
from sim.exchange.municipality import is_municipality
from sim.exchange.profile import Profile

# A finding shows at most so much of what came.
SHOWN: Final = 80
COUNT: Final = "0|[1-9][0-9]{0,17}"
DIGEST: Final = "[0-9a-f]{64}"
# To the second: no fraction. The offset is one that XML knows, the year one that every calendar here has.
_DAY: Final = day_pattern("(19|2[0-9])[0-9]{2}", "((19|2[0-9])(0[48]|[2468][048]|[13579][26])|2[048]00)")
MOMENT: Final = f"{_DAY}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00)"
MOMENT_TOLD: Final = "ISO 8601 to the second, without a fraction, with the offset: 2026-04-02T22:00:00+09:00"


Rule = tuple[str, ...] | str
"""The only values, or a pattern."""


@dataclass(frozen=True, slots=True)
class HeaderItem:
    """One item of the header. `expected` tells people what `rule` tells programs.

    `exists`: whether a text that keeps the rule stands for something.
    """

    item: str
    ja: str
    code: Code
    rule: Callable[[Profile], Rule]
    expected: Callable[[Profile], str]
    exists: Callable[[str, Profile], bool] = lambda text, profile: True

    def takes(self, text: str, profile: Profile) -> bool:
        """Whether a text is good."""
        rule = self.rule(profile)
        fits = re.fullmatch(rule, text) is not None if isinstance(rule, str) else text in rule
        return fits and self.exists(text, profile)


def _address(profile: Profile) -> Rule:
    return f"[0-9]{{6}}|{re.escape(profile.agency)}"


def _has_address(text: str, profile: Profile) -> bool:
    return text == profile.agency or is_municipality(text)


def _whose(profile: Profile) -> str:
    return f"six digits of a municipality with check digit, or {profile.agency}"


def _businesses(profile: Profile) -> tuple[str, ...]:
    return tuple(business.code for business in profile.businesses.values())


_NUMBER_TOLD: Final = "of at most 18 digits, without leading zeros"

ITEMS: Final = (
    HeaderItem("profile", "仕様の版", Code.UNKNOWN_PROFILE, lambda one: (one.name,), lambda one: one.name),
    HeaderItem("sender", "送信元", Code.BAD_HEADER, _address, _whose, _has_address),
    HeaderItem("recipient", "宛先", Code.BAD_HEADER, _address, _whose, _has_address),
    HeaderItem(
        "business", "業務コード", Code.UNKNOWN_BUSINESS, _businesses, lambda one: ", ".join(_businesses(one))
    ),
    HeaderItem(
        "direction", "送受信の方向", Code.WRONG_DIRECTION, lambda _: (UP, DOWN), lambda _: f"{UP} or {DOWN}"
    ),
    HeaderItem(
        "sequence",
        "一連番号",
        Code.BAD_HEADER,
        lambda _: "[1-9][0-9]{0,17}",
        lambda _: f"a number from 1, {_NUMBER_TOLD}",
    ),
    HeaderItem("created_at", "作成日時", Code.BAD_HEADER, lambda _: MOMENT, lambda _: MOMENT_TOLD),
    HeaderItem(
        "count", "件数", Code.BAD_HEADER, lambda _: COUNT, lambda _: f"a number from 0, {_NUMBER_TOLD}"
    ),
)
HEADER_ITEMS: Final = tuple(one.item for one in ITEMS)


def header_column(item: str) -> int:
    """The number of an item's column in the header record, from 1; 0 when it has none."""
    return HEADER_ITEMS.index(item) + 2 if item in HEADER_ITEMS else 0


def read_header(texts: Sequence[str], profile: Profile, line: int) -> Header | tuple[Finding, ...]:
    """The header from its eight texts, or everything that is wrong with it.

    Of a header in another version that alone is told: nobody here knows what its other items should be.
    """
    if not ITEMS[0].takes(texts[0], profile):
        return (_wrong(ITEMS[0], texts[0], profile, line),)
    found = tuple(
        _wrong(item, text, profile, line)
        for item, text in zip(ITEMS, texts, strict=True)
        if not item.takes(text, profile)
    )
    if found:
        return found
    name, sender, recipient, business, direction, sequence, created, count = texts
    return Header(name, sender, recipient, business, direction, int(sequence), parse_iso(created), int(count))


def _wrong(item: HeaderItem, text: str, profile: Profile, line: int) -> Finding:
    return Finding(item.code, line, item.item, item.expected(profile), text[:SHOWN])


def header_texts(header: Header) -> tuple[str, ...]:
    """The eight texts of a header. When it was made is written to the second."""
    return (
        header.profile,
        header.sender,
        header.recipient,
        header.business,
        header.direction,
        str(header.sequence),
        iso(to_the_second(header.created_at)),
        str(header.count),
    )


def to_the_second(at: Instant) -> Instant:
    """The second in which an instant lies."""
    return Instant(at - at % SECOND)


def number(text: str) -> int | None:
    """A whole number in plain digits without leading zeros, or None."""
    return int(text) if re.fullmatch(COUNT, text) is not None else None
