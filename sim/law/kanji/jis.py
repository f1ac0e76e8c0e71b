"""Which characters are kanji, and which of them are 正字 because a JIS standard has them.

Notice 582 takes its 13,285 正字 from three places: levels 1 to 4 of JIS X 0213 with 仝 (10,051), what JIS X
0212 has beyond them (3,058), and its own table one (176). The first two need no table: Python's codecs hold
both standards, and their 13,109 characters are exactly those that the MJ list marks as 正字 outside table one
(checked when the whole table is built). Table one cannot be derived; see `table`.
"""

from __future__ import annotations

from functools import cache
from typing import Final

JIS_STANDARDS: Final = 13_109
"""How many 正字 the two standards give."""

KANJI_BLOCKS: Final = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFD))
"""First and last code point: extension A, unified, compatibility, and the two planes kept for kanji. The
planes count whole, so that the answer is the same whatever Unicode version a Python knows."""

# JIS X 0213 with its ten characters of 2004; JIS X 0212 is the three-byte part of EUC-JP.
_CODECS: Final = ("shift_jis_2004", "euc_jp")


def is_kanji(char: str) -> bool:
    """Whether one code point is a kanji. 々, 〆, 〇, kana and radicals on their own are none."""
    return any(first <= ord(char) <= last for first, last in KANJI_BLOCKS)


@cache
def in_jis(char: str) -> bool:
    """Whether one code point is a kanji of JIS X 0213 or JIS X 0212, hence a 正字.

    Source: notice 582, as K. Yasuoka counts it (itpro.nikkeibp.co.jp, 2014): 10,051 and 3,058.
    """
    return is_kanji(char) and any(_has(char, codec) for codec in _CODECS)


def _has(char: str, codec: str) -> bool:
    try:
        char.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
