"""Harmless requests of each role, in an order that makes sense: for documents, and to test an adapter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Final

from conformance.protocol import cards, ministry, municipal, terminal
from conformance.protocol.base import Bye, Clock, Hello, PersonData, Request
from conformance.protocol.roles import Role
from sim.base.instant import JAPAN

DAY: Final = date(2026, 6, 3)
MORNING: Final = datetime(2026, 6, 3, 10, 0, tzinfo=JAPAN)
EVENING: Final = datetime(2026, 6, 3, 18, 1, tzinfo=JAPAN)
NIGHT: Final = datetime(2026, 6, 4, 0, 0, tzinfo=JAPAN)

# Nobody real. The second has a character beyond the basic plane, which two bytes cannot hold.
MOVER: Final = PersonData(
    ref="P0001",
    person_class="mid_long_term_resident",
    name="NGUYEN VAN AN",
    birth_date="1990-02-28",
    sex="M",
    nationality="VNM",
    address="東京都中野区中央1丁目1番1号",
    card_number="AB12345678CD",
    status="技術・人文知識・国際業務",
    period_until=date(2028, 3, 31),
)
RESIDENT: Final = PersonData(
    ref="P0002",
    person_class="special_permanent_resident",
    name="YOSHINO HARU",
    name_kanji="𠮷野 春",
    birth_date="1960-05-06",
    sex="F",
    nationality="KOR",
    address="東京都新宿区大久保1丁目1番1号",
    card_number="EF12345678GH",
    status="特別永住者",
)


def _municipal() -> tuple[Request, ...]:
    return (
        municipal.Reset(case="EXAMPLE-01", at=MORNING),
        municipal.Seed(residents=(RESIDENT,)),
        municipal.Query(person=RESIDENT.ref),
        municipal.FileFilings(
            visit="EXAMPLE-01/1",
            filings=(
                municipal.FilingData(
                    person=MOVER,
                    filing="moving_in",
                    history="residence_on_card",
                    card="presented",
                    event_date=date(2026, 6, 1),
                    new_address="東京都新宿区大久保2丁目2番2号",
                ),
            ),
        ),
        Clock(until=EVENING),
        municipal.Collect(),
        municipal.Deliver(files=()),
        municipal.Results(),
        municipal.Notices(),
        municipal.Confirm(),
        municipal.Change(
            visit="EXAMPLE-01/2",
            ground="alias_changed",
            person=RESIDENT.model_copy(update={"alias": "吉野 春子"}),
            event_date=DAY,
            filed_date=DAY,
            items=("alias",),
        ),
        municipal.IssueCopy(visit="EXAMPLE-01/3", person=RESIDENT.ref),
        municipal.Endorse(visit="EXAMPLE-01/1", person=MOVER.ref),
        municipal.Cancel(visit="EXAMPLE-01/4", person=RESIDENT.ref, cancels="EXAMPLE-01/2"),
        municipal.Settle(visit="EXAMPLE-01/2"),
        municipal.HandOver(
            visit="EXAMPLE-01/5",
            person=RESIDENT.ref,
            ground="renewal",
            certificate_number="GH12345678IJ",
            valid_until=date(2033, 5, 6),
        ),
        municipal.Inventory(),
        municipal.SwitchLink(link="line"),
    )


def _ministry() -> tuple[Request, ...]:
    code = "131041"
    return (
        ministry.Reset(case="EXAMPLE-01", at=MORNING),
        ministry.Seed(
            holders=(
                ministry.HolderData(person=RESIDENT.ref, card_number=RESIDENT.card_number, municipality=code),
            )
        ),
        ministry.Decide(
            person=RESIDENT.ref, reason="name_changed", items={"name": "YOSHINO HARUKO"}, decided_date=DAY
        ),
        Clock(until=EVENING),
        ministry.Deliver(municipality=code, files=()),
        ministry.Collect(municipality=code),
    )


def _card() -> tuple[Request, ...]:
    from conformance.scenes.card_samples import card_of
    from virtual_card.cardfile import dump

    card = card_of("05")
    return (
        cards.Reset(
            case="EXAMPLE-01",
            at=MORNING,
            card_type="05",
            number=card.content.number,
            card_file=dump(card),
        ),
        cards.Connect(),
        cards.Transmit(apdu="00A40000"),
        cards.Disconnect(),
    )


def _application() -> tuple[Request, ...]:
    from virtual_card.authorities import pinned_pem

    return (
        cards.ResetApplication(
            case="EXAMPLE-01",
            at=MORNING,
            test_ca=pinned_pem(),
            terminals=(cards.TerminalData(id="T-01"),),
        ),
        Clock(until=EVENING),
        cards.Kept(),
    )


def _terminal() -> tuple[Request, ...]:
    return (
        terminal.Reset(
            case="EXAMPLE-01",
            at=MORNING,
            operators=(terminal.OperatorData(id="op-1", pin="13579", trained=DAY),),
        ),
        terminal.LogOn(operator="op-1", pin="13579"),
        terminal.LogOff(),
        Clock(until=EVENING),
        terminal.Collect(),
        terminal.Deliver(files=()),
        terminal.Fetch(),
        terminal.Results(),
        terminal.AuditLog(),
        terminal.Status(),
        terminal.Incidents(),
    )


_BUILT: Final[dict[str, Callable[[], tuple[Request, ...]]]] = {
    "municipal-system": _municipal,
    "ministry-server": _ministry,
    "card": _card,
    "card-application": _application,
    "exchange-terminal": _terminal,
}


@cache
def examples(role: str) -> tuple[Request, ...]:
    """The requests between `hello` and `bye`; the first is the role's `reset`. None for some roles."""
    return _BUILT[role]() if role in _BUILT else ()


def session(role: Role) -> tuple[Request, ...]:
    """A whole session of a role, from `hello` to `bye`."""
    return (Hello(role=role.id), *examples(role.id), Bye())
