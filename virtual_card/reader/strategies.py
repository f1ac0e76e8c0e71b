"""How much a reader asks for at a time: what readers differ in (facts on the chip §8)."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from virtual_card.errors import CardUsageError, nearest


@dataclass(frozen=True, slots=True)
class Strategy:
    """A way to read a file.

    Attributes:
        piece: plain bytes asked for at a time; 0 asks for the whole file at once.
        short: commands without extended length, whose answers have at most 256 bytes, protection included.
        exact: the first command asks for as many bytes as the profile says the file holds.
    """

    name: str
    ja: str
    en: str
    piece: int = 0
    short: bool = False
    exact: bool = False


WHOLE: Final = Strategy("whole", "ファイル全体を一度に", "the whole file at once (Le 0000)")
EXACT: Final = Strategy("exact", "ファイルの容量どおりに", "exactly what the file holds", exact=True)
PIECES: Final = Strategy("pieces", "256バイトずつ", "256 bytes at a time", piece=0x100)
IOS: Final = Strategy(
    "069e", "069E(1,694バイト)ずつ", "1,694 bytes (069E) at a time, for phones", piece=0x69E
)
# The answer to 224 plain bytes is 86 81 F1 01 and 240 of ciphertext; a short Le asks for 256 at most.
SMALL: Final = Strategy(
    "small",
    "拡張長を使わず224バイトずつ",
    "224 bytes at a time, for readers without extended length",
    piece=224,
    short=True,
)

STRATEGIES: Final = MappingProxyType(
    {strategy.name: strategy for strategy in (WHOLE, EXACT, PIECES, IOS, SMALL)}
)


def strategy_of(name: str) -> Strategy:
    """The strategy of that name.

    Raises:
        CardUsageError: there is none; the message lists them all.
    """
    if name in STRATEGIES:
        return STRATEGIES[name]
    near = nearest(name, STRATEGIES)
    raise CardUsageError(
        f"no way of reading is called {name!r}",
        expected="; ".join(f"{each.name}: {each.en}" for each in STRATEGIES.values()),
        received=name,
        where="--strategy",
        remedy=f"did you mean `--strategy {near}`?" if near else "take one of the words above",
    )
