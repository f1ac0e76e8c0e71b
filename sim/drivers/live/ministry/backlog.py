"""What is kept and not decided, as the clerk has it in mind, and when the office works at it."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final

from sim.base.instant import SECOND, Instant
from sim.base.node import NodeId
from sim.stores.arrivals import Receipt

_NEVER: Final = Instant(0)
_TRIES: Final = 3
# While uploads come in a rush (more than so many within so many seconds), the office rests, so that the event
# loop has the interpreter to itself; but it works for a slice whenever so many seconds have gone without one,
# sooner when what is kept has waited for so long.
_RUSH: Final = 8
_WITHIN: Final = 0.05
_SHARE: Final = 0.4
_LATE: Final = 10 * SECOND
_SHARE_WHEN_LATE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is kept and not decided. `oldest`: since when the oldest of it waits; 0 for nothing."""

    kept: int = 0
    oldest: Instant = _NEVER
    decided: int = 0


@dataclass(slots=True)
class Work:
    """What is kept and not decided, as the clerk has it in mind."""

    kept: dict[int, tuple[NodeId, Instant]] = field(default_factory=dict)
    of_peer: Counter[NodeId] = field(default_factory=Counter)
    decided: int = 0

    def add(self, receipt: Receipt) -> None:
        """An upload is kept."""
        if receipt.reply is None and receipt.n not in self.kept:
            self.kept[receipt.n] = (receipt.peer, receipt.kept_at)
            self.of_peer[receipt.peer] += 1

    def backlog(self) -> Backlog:
        """The same in figures. May be asked from any thread."""
        for _ in range(_TRIES):
            try:
                first = next(iter(self.kept.values()), None)
            except RuntimeError:  # it changed just now
                continue
            return Backlog(len(self.kept), _NEVER if first is None else first[1], self.decided)
        return Backlog(len(self.kept), _NEVER, self.decided)

    def done(self, n: int) -> None:
        """It is decided."""
        peer, _ = self.kept.pop(n)
        self.decided += 1
        self.of_peer[peer] -= 1
        if not self.of_peer[peer]:
            del self.of_peer[peer]


class Rush:
    """Whether uploads come in a rush, and whether the office has rested for long enough nevertheless."""

    def __init__(self) -> None:
        self._kept_at: deque[float] = deque(maxlen=_RUSH)
        self._worked_at = 0.0

    def kept(self, now: float) -> None:
        """An upload was kept."""
        self._kept_at.append(now)

    def worked(self, now: float) -> None:
        """The office had a slice."""
        self._worked_at = now

    def rest(self, now: float) -> float:
        """Seconds for which the office should rest."""
        return max(0.0, self._kept_at[0] + _WITHIN - now) if len(self._kept_at) == _RUSH else 0.0

    def over(self, now: float, waits: int) -> bool:
        """Whether it has rested enough. `waits`: microseconds for which the oldest kept upload waits."""
        return now - self._worked_at > (_SHARE_WHEN_LATE if waits > _LATE else _SHARE)
