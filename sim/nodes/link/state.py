"""What the leg remembers: the pattern in force, what waits, what is under way, which media were taken in."""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from sim.base.instant import Instant
from sim.base.node import Table, Tables
from sim.exchange.sequence import REMEMBERED
from sim.nodes.messages.registry import Inbound, Outbound
from sim.nodes.numbers import Numbers

Message = Outbound | Inbound
"""What is handed in on one side and comes out on the other."""


class Standing(msgspec.Struct, frozen=True):
    """The pattern in force since the day `since` (None: from the beginning), and whether the line works."""

    pattern: str
    since: date | None = None
    up: bool = True


class Waiting(msgspec.Struct, frozen=True):
    """A message that was handed in and has not set out."""

    message: Message


class Underway(msgspec.Struct, frozen=True):
    """What has set out in one direction by medium or paper, and when it is due on the other side.

    `id`: of the medium or sheet. `messages`: the sender's own copy, kept until they have come out, so that a
    lost medium can be written again. `sequence`, `issue`: of a medium; a sheet has none.
    """

    pattern: str
    id: str
    arrives: Instant
    messages: tuple[Message, ...]
    sequence: int = 0
    issue: int = 1


class Medium(msgspec.Struct, frozen=True):
    """A medium as a thing: what anybody reads who puts it into a reader, and what stands on its sticker.

    `label`, `files`: the bytes on it (`sim.exchange.folders`), None for no label. `records` are how many it
    holds and `written` is when, as its book says.
    """

    id: str
    direction: str
    sequence: int
    label: bytes | None
    files: tuple[tuple[str, bytes], ...]
    records: int
    written: Instant
    lost: bool = False


_STANDING: Final = Table("link_standing", Standing)
_WAITING: Final = Table("link_waiting", Waiting)
_UNDERWAY: Final = Table("link_underway", Underway)
_PLANNED: Final = Table("link_planned", int)
_MEDIA: Final = Table("link_medium", Medium)
_DUE: Final = Table("link_due", int)
_USED: Final = Table("link_used", str)


class LinkState:
    """Both directions of one leg. An undisturbed line keeps nothing here."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._numbers = Numbers(tables)

    def standing(self) -> Standing | None:
        """The pattern in force; None as long as it is the one of the beginning and the line never broke."""
        return self._tables.get(_STANDING, "")

    def stand(self, standing: Standing) -> None:
        self._tables.put(_STANDING, "", standing)

    # --- what waits and what is under way ----------------------------------------------------------
    def wait(self, direction: str, message: Message) -> None:
        number = self._numbers.next(f"handed/{direction}")
        self._tables.put(_WAITING, f"{direction}/{number:012d}", Waiting(message))

    def take_waiting(self, direction: str) -> tuple[Message, ...]:
        """All that waits in a direction, in order; nothing waits afterwards."""
        rows = list(self._tables.scan(_WAITING, f"{direction}/"))
        for key, _ in rows:
            self._tables.delete(_WAITING, key)
        return tuple(row.message for _, row in rows)

    def anything_waits(self, direction: str) -> bool:
        return next(iter(self._tables.scan(_WAITING, f"{direction}/")), None) is not None

    def underway(self, direction: str) -> Underway | None:
        """What has set out and not come out yet. There is one at a time, so nothing is overtaken."""
        return self._tables.get(_UNDERWAY, direction)

    def set_out(self, direction: str, underway: Underway) -> None:
        self._tables.put(_UNDERWAY, direction, underway)

    def came_out(self, direction: str) -> None:
        self._tables.delete(_UNDERWAY, direction)

    # --- the next run ------------------------------------------------------------------------------
    def planned(self, direction: str) -> Instant | None:
        """When the next run of a direction begins; None when nothing asked for one."""
        at = self._tables.get(_PLANNED, direction)
        return None if at is None else Instant(at)

    def plan(self, direction: str, at: Instant) -> None:
        self._tables.put(_PLANNED, direction, at)

    def drop_plan(self, direction: str) -> None:
        self._tables.delete(_PLANNED, direction)

    # --- media and sheets --------------------------------------------------------------------------
    def next_number(self, name: str) -> int:
        """The next number of that name: of media and sheets by direction, of drills."""
        return self._numbers.next(name)

    def medium(self, direction: str, medium: str) -> Medium | None:
        """A medium that is under way or lost."""
        return self._tables.get(_MEDIA, f"{direction}/{medium}")

    def keep_medium(self, medium: Medium) -> None:
        self._tables.put(_MEDIA, f"{medium.direction}/{medium.id}", medium)

    def erase_medium(self, medium: Medium) -> None:
        """Nothing is on the medium any more, and nobody looks for it."""
        self._tables.delete(_MEDIA, f"{medium.direction}/{medium.id}")

    def lost_last(self, direction: str) -> Medium | None:
        """The medium that was lost last and is still lost."""
        media = [medium for _, medium in self._tables.scan(_MEDIA, f"{direction}/") if medium.lost]
        return media[-1] if media else None

    # --- the reading side --------------------------------------------------------------------------
    def due(self, direction: str) -> int:
        """The sequence of the medium that is taken in next."""
        return self._tables.get(_DUE, direction) or 1

    def used(self, direction: str) -> frozenset[str]:
        """Ids of media that were taken in, of the last `REMEMBERED`; an older one is told by its sequence."""
        return frozenset(medium for _, medium in self._tables.scan(_USED, f"{direction}/"))

    def used_last(self, direction: str) -> str:
        """The id of the medium that was taken in last, or nothing."""
        return self._tables.get(_USED, _place(direction, self.due(direction) - 1)) or ""

    def take_in(self, direction: str, sequence: int, medium: str) -> None:
        """The medium is in: its sequence is spent."""
        self._tables.put(_DUE, direction, sequence + 1)
        self._tables.put(_USED, _place(direction, sequence), medium)
        self._tables.delete(_USED, _place(direction, sequence - REMEMBERED))


def _place(direction: str, sequence: int) -> str:
    return f"{direction}/{sequence:012d}"
