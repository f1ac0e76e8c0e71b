"""What follows from a code: whether the whole batch is refused or one record, and what its sender does then.

The rules of numbers and editions behind it: `sim.exchange.sequence`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from sim.exchange.codes import Code
from sim.exchange.sequence import REMEDIES, Remedy

_FIRST_OF_A_RECORD: Final = list(Code).index(Code.UNKNOWN_KIND)


class Effect(StrEnum):
    """What a fault costs."""

    BATCH = "batch"
    RECORD = "record"


# Codes that do not stand on their own side of that row.
_ALSO: Final = {
    Code.NOT_CSV: (Effect.RECORD,),
    Code.LINE_ENDING: (Effect.BATCH, Effect.RECORD),
    Code.XML_ELEMENT: (Effect.BATCH, Effect.RECORD),
}

EFFECT_TEXT: Final[dict[Effect, tuple[str, str]]] = {
    Effect.BATCH: ("バッチ全体が拒否されます", "the whole batch is refused"),
    Effect.RECORD: ("このレコードだけが拒否されます", "this record alone is rejected"),
}

REMEDY_TEXT: Final[dict[Remedy, tuple[str, str]]] = {
    Remedy.AGAIN: (
        "同じ内容を送り直してください。手元のファイル自体に誤りがあるときは、同じ番号で直した版を送ってください",
        "send the same bytes again; if the file itself has the fault, another edition under the same number",
    ),
    Remedy.AFTER: (
        "欠けている番号のバッチが受け取られたら、同じ内容を送り直してください",
        "send the same bytes again as soon as the missing batch is in",
    ),
    Remedy.REPLACE: (
        "同じ番号で直した版を送ってください。同じ内容を送り直しても拒否されます",
        "send another edition under the same number; the same bytes stay refused",
    ),
    Remedy.NEXT: (
        "この番号は使用済みです。内容は次の番号で送ってください",
        "the number is spent: what the batch held goes under the next one",
    ),
    Remedy.CORRECT: (
        "直したレコードを、新しいレコード番号で後のバッチに入れてください。ほかのレコードは受理されます",
        "put the corrected record under a new number into a later batch; the other records count",
    ),
}


def effects_of(code: Code) -> tuple[Effect, ...]:
    """What a code can cost: the batch, the record, or either, by where the fault stands."""
    of_batch = list(Code).index(code) < _FIRST_OF_A_RECORD
    return _ALSO.get(code, (Effect.BATCH if of_batch else Effect.RECORD,))


def remedy_of(code: Code, effect: Effect) -> Remedy:
    """What the sender does."""
    return Remedy.CORRECT if effect is Effect.RECORD else REMEDIES.get(code, Remedy.REPLACE)
