"""Numbers of batches: which comes next, what a number that is not next means, and what the sender does then.

Theory of operation. Whoever sends numbers its batches from 1, apart for each recipient and business. The
recipient takes them in by number and spends a number only when it takes a batch in: so whatever is lost,
delayed, doubled or reordered on the way, a batch has its effect once and in its order.

    number = next          taken in, the next one is due                        DUE
    number < next          taken in before, the same bytes: answered already    REPEATED
                           taken in before, other bytes                         SEQUENCE_REUSED
                           so long ago that nobody knows its bytes any more     SEQUENCE_STALE
    number > next          too early, one before it is missing                  SEQUENCE_GAP

A refusal tells the sender what to do (`REMEDIES`). A batch that is refused for what it is stays refused, byte
for byte, also when the recipient has learnt to read it since; its number is still due. So the sender closes
the gap itself: it sends another *edition* under the same number, with the records that can be saved or with
none. The edition stands in the batch's name on the way (`131041-ISA-01-00000012.2`), so that a late verdict
on an earlier edition cannot be taken for one on this. All of it presumes that a batch comes out of an
envelope, or sealed at rest: what was altered on the way is then not opened, and never judged by its words.

Sources: seed 001, line 64 (at least one exchange a day); seed 002, line 99 (method of exchange); Standard
Specification of Resident Register Systems 1.0, 4.5.7 (order is kept, sent again). The rules are
renkei-open/1's own.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from sim.base.instant import HOUR
from sim.exchange.codes import Code

# Of so many batches of a sender and business the recipient remembers the digest: more than a year of days.
REMEMBERED: Final = 400
# A batch that was handed over and not answered for so long went astray without a word: it goes again. An
# answer goes with the next daily exchange, so nothing is answered later than after a day.
ANSWER_WITHIN: Final = 36 * HOUR


class Standing(StrEnum):
    """How a batch stands to the number that is due."""

    DUE = "DUE"
    REPEATED = "REPEATED"
    REUSED = "SEQUENCE_REUSED"
    STALE = "SEQUENCE_STALE"
    EARLY = "SEQUENCE_GAP"


def standing(number: int, due: int, digest: str, taken: str | None) -> Standing:
    """How a batch stands to the number that is due.

    Args:
        number: the batch's.
        due: the next that the recipient takes in; 1 at first.
        digest: the batch's, SHA-256 of its bytes in hexadecimal.
        taken: the digest of the batch that was taken in under `number`; None when nobody knows it.
    """
    if number == due:
        return Standing.DUE
    if number > due:
        return Standing.EARLY
    if taken is None:
        return Standing.STALE
    return Standing.REPEATED if taken == digest else Standing.REUSED


class Remedy(StrEnum):
    """What the sender of a refused batch does.

    AGAIN: the same bytes after a pause that grows; the way had damaged them.
    AFTER: the same bytes as soon as the missing batch is in, which goes again if nothing was heard of it.
    REPLACE: another edition under the same number.
    NEXT: nothing; the number is spent, and what the batch held goes under a new one.
    CORRECT: of a record, not of a batch: the corrected one goes under a new record number in a later batch.
    """

    AGAIN = "again"
    AFTER = "after"
    REPLACE = "replace"
    NEXT = "next"
    CORRECT = "correct"


REMEDIES: Final[dict[Code, Remedy]] = {
    Code.EMPTY: Remedy.AGAIN,
    Code.NOT_UTF8: Remedy.AGAIN,
    Code.NOT_CSV: Remedy.AGAIN,
    Code.TRUNCATED: Remedy.AGAIN,
    Code.BAD_HEADER: Remedy.AGAIN,
    Code.BAD_TRAILER: Remedy.AGAIN,
    Code.COUNT_MISMATCH: Remedy.AGAIN,
    Code.DIGEST_MISMATCH: Remedy.AGAIN,
    Code.NOT_OPENED: Remedy.AGAIN,
    Code.BYTE_ORDER_MARK: Remedy.AGAIN,
    Code.NUL: Remedy.AGAIN,
    Code.LONE_SURROGATE: Remedy.AGAIN,
    Code.LINE_TOO_LONG: Remedy.AGAIN,
    Code.LINE_ENDING: Remedy.AGAIN,
    Code.NOT_XML: Remedy.AGAIN,
    Code.SEQUENCE_GAP: Remedy.AFTER,
    Code.SEQUENCE_REUSED: Remedy.NEXT,
    Code.SEQUENCE_STALE: Remedy.NEXT,
}
"""Codes of whole batches and what follows from them; every other code means REPLACE."""


def remedy(code: str) -> Remedy:
    """What the sender of a batch does that was refused with `code`."""
    return REMEDIES.get(Code(code), Remedy.REPLACE) if code in set(Code) else Remedy.REPLACE


def edition_ref(batch_id: str, edition: int) -> str:
    """The name under which an edition of a batch travels; the first bears the batch's own."""
    return batch_id if edition == 1 else f"{batch_id}.{edition}"


def split_ref(ref: str) -> tuple[str, int]:
    """Batch id and edition of a name; a name in no such form is a first edition of itself."""
    batch_id, dot, edition = ref.rpartition(".")
    # Plain digits on purpose: isdigit alone takes full-width and superscript ones.
    if dot and edition.isascii() and edition.isdigit() and len(edition) <= 9 and int(edition) > 1:
        return batch_id, int(edition)
    return ref, 1
