"""A short story that touches every message: three people move, one period is extended, two nights pass."""

from __future__ import annotations

from datetime import date, time

from sim.base.instant import Instant, instant
from sim.base.node import Body, Key, NodeId
from sim.drivers.topology import MINISTRY, Topology
from sim.drivers.world import Input
from sim.law.kinds import CardState, Filing, History, PersonClass
from sim.nodes.lgwan import Line, Outage
from sim.nodes.messages.agency import ExtendPeriod, OpenMinistry
from sim.nodes.messages.counter import FileFiling
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import ConfirmNotices, OpenRegister
from sim.nodes.messages.terminal import OpenTerminal

CODE = "131041"
DAY_1, DAY_2, DAY_3, DAY_4 = (date(2019, 4, day) for day in (1, 2, 3, 4))
START, END = instant(DAY_1), instant(date(2019, 4, 5))

# An outage over the first exchange, so that the story has a retry in it.
TOPOLOGY = Topology(
    CODE, time(22), Line(1_000_000, 20_000), (Outage(instant(DAY_1, 21), instant(DAY_1, 22, 10)),)
)
AT = TOPOLOGY.places


def person(number: int, **changes: object) -> Person:
    """A mid-long-term resident; the same number gives the same person."""
    values: dict[str, object] = {
        "ref": f"P{number:07d}",
        "person_class": PersonClass.MID_LONG_TERM_RESIDENT,
        "name": f"TEST PERSON {number}",
        "birth_date": date(1990, 1, 1),
        "sex": "F",
        "nationality": "VNM",
        "address": "東京都新宿区大久保1丁目1番1号",
        "card_number": f"AB{number:08d}CD",
        "status": "留学",
        "period_until": date(2020, 4, 1),
    }
    return Person(**(values | changes))  # type: ignore[arg-type]


def filing(
    case: str,
    who: Person,
    kind: Filing,
    event: date,
    card: CardState = CardState.PRESENTED,
    address: str = "東京都新宿区四谷3丁目2番1号",
    history: History = History.RESIDENCE_ON_CARD,
) -> FileFiling:
    """A filing as the counter is given it."""
    return FileFiling(case, kind, who, history, card, event, "" if kind is Filing.MOVING_OUT else address)


def story() -> list[Input]:
    """The inputs, in the order of time."""
    here, mover, comer = person(1), person(2), person(3, address="埼玉県川口市1番")
    rows: list[tuple[Instant, NodeId, Body]] = [
        (START, AT.registry, OpenRegister((here, mover))),
        (START, MINISTRY, OpenMinistry(tuple((p.card_number, p.ref, CODE) for p in (here, mover)))),
        (START, AT.terminal, OpenTerminal()),
        (instant(DAY_1, 9), AT.counter, filing("C1", comer, Filing.MOVING_IN, DAY_1, CardState.ABSENT)),
        (instant(DAY_1, 10), AT.counter, filing("C2", mover, Filing.MOVING_OUT, DAY_3)),
        (
            instant(DAY_1, 11),
            MINISTRY,
            ExtendPeriod("C3", here.ref, here.card_number, "ZZ00000001ZZ", "留学", date(2021, 4, 1)),
        ),
        (instant(DAY_2, 9), AT.registry, ConfirmNotices()),
        (instant(DAY_2, 10), AT.counter, filing("C1-2", comer, Filing.RESIDENCE_NOTIFICATION, DAY_1)),
        (instant(DAY_2, 11), AT.counter, filing("C4", here, Filing.MOVING_WITHIN, DAY_2)),
        (instant(DAY_3, 9), AT.registry, ConfirmNotices()),
        (instant(DAY_4, 9), AT.registry, ConfirmNotices()),
    ]
    return [Input(at, to, Key(f"in/{n}"), body) for n, (at, to, body) in enumerate(rows)]
