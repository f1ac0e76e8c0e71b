"""What a reconciliation comes to: each record and batch with its state, sums, faults, and how they are told.

Values only; `reconciliation` makes them from journals and says what the words mean.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

import msgspec

from sim.base.instant import Instant, iso

# How many gaps between the numbers of a journal are told one by one.
TOLD_GAPS: Final = 20


class State(StrEnum):
    """Where a record or a batch stands."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Fault(StrEnum):
    """Why something does not add up."""

    LOST = "LOST"
    LEFT_BEHIND = "LEFT_BEHIND"
    DOUBLED = "DOUBLED"
    RAISED_TWICE = "RAISED_TWICE"
    NEVER_SENT = "NEVER_SENT"
    CONTRADICTED = "CONTRADICTED"
    HOLE = "HOLE"
    DISPUTED = "DISPUTED"


EXPLAINED: Final[dict[Fault, tuple[str, str]]] = {
    Fault.LOST: (
        "バッチは受け取られたが、このレコードの結果がない",
        "its batch was taken in, and nothing became of it",
    ),
    Fault.LEFT_BEHIND: ("後の情報連携に載らなかった", "a later exchange went without it"),
    Fault.DOUBLED: ("二度以上判定された", "decided more than once"),
    Fault.RAISED_TWICE: ("同じ番号で二度発生した", "raised twice under one number"),
    Fault.NEVER_SENT: ("送り手の記録にない", "decided, but its sender never sent it"),
    Fault.CONTRADICTED: (
        "送り手の聞いた結果が受け手の判定と違う",
        "its sender was told something else than was decided",
    ),
    Fault.HOLE: ("記録の番号が飛んでいる", "the journal has a hole: numbers are missing"),
    Fault.DISPUTED: (
        "同じ番号の行が食い違っている",
        "two different lines bear one number of a journal: one of them was altered",
    ),
}


class Item(msgspec.Struct, frozen=True, gc=False):
    """One record or batch. `person`: a pseudonym, empty where nobody said whose. `seen`: who saw it last."""

    name: str
    kind: str
    person: str
    batch: str
    state: State
    code: str
    raised: int
    accepted: int
    rejected: int
    sent_at: Instant | None
    seen: str
    seen_at: Instant
    faults: tuple[Fault, ...]

    @property
    def pending(self) -> int:
        """1 while nobody decided on it, and somebody sent it."""
        return int(self.raised > 0 and not self.accepted and not self.rejected)


@dataclass(slots=True)
class Sum:
    """sent = accepted + rejected + pending, and what is left of it."""

    sent: int = 0
    accepted: int = 0
    rejected: int = 0
    pending: int = 0
    faults: int = 0
    codes: dict[str, int] = field(default_factory=dict)

    @property
    def rest(self) -> int:
        """Zero when nothing was doubled and nothing was decided that had not been sent."""
        return self.sent - self.accepted - self.rejected - self.pending

    def add(self, item: Item) -> None:
        """Counts one more."""
        self.sent += item.raised
        self.accepted += item.accepted
        self.rejected += item.rejected
        self.pending += item.pending
        self.faults += len(item.faults)
        if item.rejected and item.code:
            self.codes[item.code] = self.codes.get(item.code, 0) + item.rejected

    def as_dict(self) -> dict[str, Any]:
        return {
            "sent": self.sent,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "pending": self.pending,
            "rest": self.rest,
        }

    def told(self) -> str:
        return (
            f"{self.sent:,} = {self.accepted:,} accepted + {self.rejected:,} rejected"
            f" + {self.pending:,} pending" + (f", rest {self.rest:+,}" if self.rest else "")
        )


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """All records and batches by name, the journals that there were, and what is wrong with those.

    `holes`: how many numbers a journal lacks, by node; `missing`: which ones, as runs from first to last, of
    each node the first `TOLD_GAPS`. `disputed`: the numbers (`node#n`) under which different lines came.
    """

    records: dict[str, Item]
    batches: dict[str, Item]
    sides: dict[str, int]
    holes: dict[str, int]
    until: Instant | None = None
    disputed: tuple[str, ...] = ()
    missing: dict[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Everything adds up, no journal has a hole, and none says two things under one number."""
        return not self.holes and not self.disputed and not self.faulty

    @property
    def faulty(self) -> list[Item]:
        """What does not add up, by name: batches, then records."""
        rows = [*self.batches.values(), *self.records.values()]
        return [item for item in rows if item.faults]

    def sums(self) -> dict[str, Sum]:
        """The records by kind."""
        return _sums((item.kind, item) for item in self.records.values())

    def batch_sums(self) -> dict[str, Sum]:
        """The batches by direction."""
        return _sums((item.kind, item) for item in self.batches.values())

    def persons(self) -> dict[str, Sum]:
        """The records by person; those of whom nobody said whose they are stand under the empty name."""
        return _sums((item.person, item) for item in self.records.values())

    def per_batch(self) -> dict[str, Sum]:
        """The records by the batch in which they went; those that went in none stand under the empty name."""
        return _sums((item.batch, item) for item in self.records.values())

    def only(self, *, person: str | None = None, batch: str | None = None) -> Reconciliation:
        """What concerns one person, one batch, or one person in one batch."""
        records = {
            name: item
            for name, item in self.records.items()
            if person in (None, item.person) and batch in (None, item.batch)
        }
        named = {item.batch for item in records.values()} if batch is None else {batch}
        batches = {name: item for name, item in self.batches.items() if name in named}
        return replace(self, records=records, batches=batches)

    def as_dict(self, *, detail: bool = False) -> dict[str, Any]:
        """Everything, for programs; each record and batch only with `detail`."""
        found: dict[str, Any] = {
            "sound": self.sound,
            "until": None if self.until is None else iso(self.until),
            "journals": self.sides,
            "holes": self.holes,
            "missing": {node: [list(run) for run in runs] for node, runs in self.missing.items()},
            "disputed": list(self.disputed),
            "records": {kind: one.as_dict() for kind, one in self.sums().items()},
            "batches": {way: one.as_dict() for way, one in self.batch_sums().items()},
            "persons": len(self.persons()),
            "persons_pending": sorted(p for p, one in self.persons().items() if one.pending and p),
            "batches_pending": [name for name, item in self.batches.items() if item.pending],
            "faults": [_item_dict(item) for item in self.faulty],
        }
        if detail:
            found["items"] = [_item_dict(item) for item in (*self.batches.values(), *self.records.values())]
        return found

    def told(self, *, detail: bool = False) -> list[str]:
        """Everything, for people, a line each."""
        lines = ["journals  " + ", ".join(f"{node} ({count:,})" for node, count in self.sides.items())]
        if self.until is not None:
            lines.append(f"until     {iso(self.until)}")
        lines += [f"{kind:<28} {one.told()}" for kind, one in self.sums().items()]
        lines += [f"batches {way:<20} {one.told()}" for way, one in self.batch_sums().items()]
        if detail:
            for item in (*self.batches.values(), *self.records.values()):
                lines.append(f"  {item.name} {item.kind}: {item.state} {item.code}".rstrip() + _last(item))
        lines += [
            f"{item.name} {item.kind}: {fault}: {EXPLAINED[fault][1]}" + _last(item)
            for item in self.faulty
            for fault in item.faults
        ]
        hole = f"{Fault.HOLE}: {EXPLAINED[Fault.HOLE][1]}"
        lines += [f"{node}: {hole} ({count:,}): {self._gaps(node)}" for node, count in self.holes.items()]
        lines += [f"{name}: {Fault.DISPUTED}: {EXPLAINED[Fault.DISPUTED][1]}" for name in self.disputed]
        lines.append("adds up" if self.sound else "DOES NOT ADD UP")
        return lines

    def _gaps(self, node: str) -> str:
        """The numbers that are missing: `4, 7-9`."""
        runs = self.missing.get(node, ())
        told = [str(first) if first == last else f"{first}-{last}" for first, last in runs]
        left = self.holes[node] - sum(last - first + 1 for first, last in runs)
        return ", ".join(told + [f"and {left:,} more"] * (left > 0))


def _last(item: Item) -> str:
    return f"  (last seen by {item.seen}, {iso(item.seen_at)})"


def _item_dict(item: Item) -> dict[str, Any]:
    return {
        "name": item.name,
        "kind": item.kind,
        "person": item.person,
        "batch": item.batch,
        "state": item.state,
        "code": item.code,
        "faults": list(item.faults),
        "seen": item.seen,
        "seen_at": iso(item.seen_at),
    }


def _sums(rows: Iterable[tuple[str, Item]]) -> dict[str, Sum]:
    found: dict[str, Sum] = {}
    for key, item in rows:
        if (one := found.get(key)) is None:
            one = found[key] = Sum()
        one.add(item)
    return dict(sorted(found.items()))
