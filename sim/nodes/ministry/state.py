"""What the server remembers: who holds whose record, notices that wait, numbers, and the way out and in."""

from __future__ import annotations

import msgspec

from sim.base.node import NodeId, Table, Tables
from sim.exchange.records import AgencyNotice
from sim.nodes.intake import Intake
from sim.nodes.ministry.centre import Centre
from sim.nodes.ministry.periods import Periods
from sim.nodes.numbers import Numbers
from sim.nodes.postbox import Postbox


class Holder(msgspec.Struct, frozen=True):
    """Who bears a card, and the municipality that holds the resident record (empty: none)."""

    ref: str
    code: str


class Notice(msgspec.Struct, frozen=True):
    """An agency notice that waits for its municipality's next exchange."""

    notice: AgencyNotice


_HOLDERS = Table("holder", Holder, secret=True)
_SUCCESSORS = Table("card_successor", str, secret=True)
_NOTICES = Table("notice", Notice)
_AWAITED = Table("notice_awaited", str)


class MinistryState:
    """Holders, notices that wait, sequence numbers, and the way out and in."""

    def __init__(self, tables: Tables, network: NodeId = NodeId("lgwan")) -> None:
        self._tables = tables
        self.network = network
        self.postbox = Postbox(tables, network)
        self.intake = Intake(tables)
        self.periods = Periods(tables)
        self._numbers = Numbers(tables)
        self.centre = Centre(tables, self._numbers)

    # --- holders ------------------------------------------------------------------------------------
    def holder(self, card_number: str, ref: str = "") -> Holder | None:
        """Who bears the card, or bore it before it was replaced; without a card, whom `ref` names."""
        return self._tables.get(_HOLDERS, self._key(card_number, ref))

    def hold(self, card_number: str, holder: Holder) -> None:
        """Who holds the record of the card's bearer, told under any number the card ever had."""
        self._tables.put(_HOLDERS, self._key(card_number, holder.ref), holder)

    def renumber(self, before: str, after: str, holder: Holder) -> None:
        """A new card takes the place of the old one, whose number still finds the person."""
        before = self._key(before, holder.ref)
        self._tables.delete(_HOLDERS, before)
        self._tables.put(_HOLDERS, after, holder)
        self._tables.put(_SUCCESSORS, before, after)

    def _key(self, card_number: str, ref: str) -> str:
        key = card_number or f"person/{ref}"
        # A filing may still name the card that was replaced between counter and planned day.
        while (successor := self._tables.get(_SUCCESSORS, key)) is not None:
            key = successor
        return key

    def bore(self, card_number: str) -> bool:
        """Whether a card of this number is or was on the agency's books."""
        return (
            self._tables.get(_HOLDERS, card_number) is not None
            or self._tables.get(_SUCCESSORS, card_number) is not None
        )

    # --- notices ------------------------------------------------------------------------------------
    def enqueue(self, code: str, notice: AgencyNotice) -> None:
        self._tables.put(_NOTICES, f"{code}/{self.next_number('notice'):012d}", Notice(notice))

    def take_notices(self, code: str) -> list[AgencyNotice]:
        """All notices for a municipality, in order; none waits afterwards."""
        rows = list(self._tables.scan(_NOTICES, f"{code}/"))
        for key, row in rows:
            self._tables.delete(_NOTICES, key)
            self._tables.put(_AWAITED, row.notice.record_id, code)
        return [row.notice for _, row in rows]

    def notices_wait(self, code: str) -> bool:
        """Whether any notice waits for the municipality."""
        return next(self._tables.scan(_NOTICES, f"{code}/"), None) is not None

    def settle_notice(self, record_id: str, code: str) -> bool:
        """The municipality `code` answered a notice; False when none of its own was awaited."""
        if self._tables.get(_AWAITED, record_id) != code:
            return False
        self._tables.delete(_AWAITED, record_id)
        return True

    def awaited_from(self, code: str) -> list[str]:
        """The notices that went to a municipality and that it has not answered yet, by number."""
        # Looks at those of all municipalities: asked for a terminal that was replaced only.
        return [record for record, holder in self._tables.scan(_AWAITED) if holder == code]

    # --- numbers ------------------------------------------------------------------------------------
    def next_number(self, name: str) -> int:
        """The next number of that name: of a notice, a result, a batch to one municipality."""
        return self._numbers.next(name)

    def last_number(self, name: str) -> int:
        """The last one of that name, 0 when there was none."""
        return self._numbers.last(name)
