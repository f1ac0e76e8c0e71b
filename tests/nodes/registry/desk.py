"""A register alone with its memory, people to record in it, and what it is told."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from sim.base.instant import Instant, instant
from sim.base.node import Committed, NodeId
from sim.exchange.check import Checked, check
from sim.exchange.profile import Profile, open_profiles
from sim.exchange.records import AgencyNotice, AnyRecord, MunicipalityNotice, Result, kind_of
from sim.law.kinds import Filing, Governing, PersonClass
from sim.nodes.messages.counter import Revise
from sim.nodes.messages.people import Person
from sim.nodes.messages.registry import Inbound, OpenRegister, Outbound
from sim.nodes.registry import Registry, RegistryState
from tests.nodes.rig import Rig

CODE = "131041"
NAME, LINK = NodeId(f"registry-{CODE}"), NodeId(f"link-{CODE}")
DAY = date(2019, 4, 10)
NOW = instant(DAY, 10)
NEWEST: Profile = open_profiles()[0]


def on(day: date, hour: int = 10) -> Instant:
    """That day at ten."""
    return instant(day, hour)


def person(number: int = 1, **changes: Any) -> Person:
    """A mid-long-term resident with every item; the same number gives the same person."""
    values: dict[str, Any] = {
        "ref": f"P{number:07d}",
        "person_class": PersonClass.MID_LONG_TERM_RESIDENT,
        "name": f"TEST PERSON {chr(64 + number)}",
        "birth_date": date(1990, 1, 1),
        "sex": "F",
        "nationality": "VNM",
        "address": "東京都新宿区大久保1丁目1番1号",
        "card_number": f"AB{number:08d}CD",
        "status": "留学",
        "period": "1年",
        "period_until": date(2020, 4, 1),
        "became_resident_date": date(2018, 10, 1),
    }
    return Person(**(values | changes))


def special(number: int = 7, **changes: Any) -> Person:
    """A special permanent resident."""
    values: dict[str, Any] = {
        "person_class": PersonClass.SPECIAL_PERMANENT_RESIDENT,
        "nationality": "KOR",
        "status": "特別永住者",
        "period": "",
        "period_until": None,
    }
    return person(number, **(values | changes))


def child(number: int = 5, born: date = DAY, **changes: Any) -> Person:
    """A child born here: no status, no card."""
    values: dict[str, Any] = {
        "person_class": PersonClass.TRANSITIONAL_STAY,
        "birth_date": born,
        "status": "",
        "period": "",
        "period_until": None,
        "card_number": "",
        "became_resident_date": None,
    }
    return person(number, **(values | changes))


def register(*residents: Person, **settings: Any) -> Rig:
    """An open register."""
    profile = settings.pop("profile", NEWEST)
    rig = Rig(NAME, Registry(NAME, CODE, LINK, profile, **settings), RegistryState)
    rig.give(OpenRegister(residents), on(date(2019, 4, 1), 0))
    return rig


def state(rig: Rig) -> RegistryState:
    with rig.store.transaction() as transaction:
        found = transaction.state
    assert isinstance(found, RegistryState)
    return found


def filing(
    who: Person,
    kind: Filing,
    event: date = DAY,
    address: str = "東京都新宿区四谷3丁目2番1号",
    case: str = "C1",
    governing: Governing = Governing.BOTH,
    **more: Any,
) -> Revise:
    """What the counter accepted."""
    if kind in (Filing.MOVING_OUT, Filing.HOUSEHOLD_CHANGE, Filing.RELATIONSHIP_CHANGE):
        governing = Governing.REGISTER
    transmits = governing is not Governing.REGISTER
    special_one = who.person_class is PersonClass.SPECIAL_PERMANENT_RESIDENT
    article = "special.10-2" if special_one else "immi.19-9-1"
    values: dict[str, Any] = {
        "case": case,
        "filing": kind,
        "person": who,
        "event_date": event,
        "filed_date": event,
        "new_address": "" if kind is Filing.MOVING_OUT else address,
        "governing": str(governing),
        "transmit_article": article if transmits else "",
        "deemed": governing is Governing.BOTH,
    }
    return Revise(**(values | more))


def extension(who: Person, number: int = 1, **changes: Any) -> AgencyNotice:
    """The agency extended the person's period of stay and issued a new card."""
    values: dict[str, Any] = {
        "record_id": f"ISA-{number:08d}",
        "person_ref": who.ref,
        "reason": "period_extended",
        "decided_date": DAY,
        "card_number_before": who.card_number,
        "card_number": f"ZZ{number:08d}ZZ",
        "status": who.status,
        "period": "5年",
        "period_until": date(2024, 4, 10),
    }
    return AgencyNotice(**(values | changes))


def arrive(rig: Rig, *records: AnyRecord, now: Instant = NOW) -> Committed:
    return rig.give(Inbound("B", records), now)


def sent(committed: Committed) -> list[AnyRecord]:
    return [
        record for send in committed.sends if isinstance(send.body, Outbound) for record in send.body.records
    ]


def notices(committed: Committed) -> list[MunicipalityNotice]:
    return [record for record in sent(committed) if isinstance(record, MunicipalityNotice)]


def results(committed: Committed) -> list[Result]:
    return [record for record in sent(committed) if isinstance(record, Result)]


def accepted(record: AnyRecord, outcome: str = "accepted", code: str = "") -> Result:
    """The ministry server's answer to a record."""
    return Result(
        record_id=f"ISA-R{record.record_id[-8:]}",
        scope="record",
        answers=record.record_id,
        outcome=outcome,
        code=code,
    )


def data(rig: Rig, kind: str) -> list[dict[str, Any]]:
    """The data of all entries of a kind, in order."""
    return [line.data for line in rig.store.journal() if line.kind == kind]


def checked(records: list[AnyRecord], made: Instant, profile: Profile = NEWEST) -> list[Checked]:
    """What the validator of the exchange finds in the records, in one file for each business."""
    from sim.exchange import batch as batches
    from sim.exchange.batch import UP, Header

    found = []
    for business in profile.businesses.values():
        mine = tuple(
            one for one in records if profile.layouts[kind_of(one)].business in (business.name, "any")
        )
        if not mine:
            continue
        header = Header(profile.name, CODE, profile.agency, business.code, UP, 1, made, len(mine))
        found.append(check([batches.encode(header, mine, profile)], open_profiles()))
    return found


def changed(who: Person, **items: Any) -> Person:
    return msgspec.structs.replace(who, **items)
