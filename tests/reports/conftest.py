"""Measures made for these tests: invented numbers, shaped like those of a run, the same on every machine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

import pytest

from sim.base.instant import SECOND
from sim.studies.measures import (
    VERSION,
    Balance,
    Distribution,
    ExchangeDay,
    FilingCell,
    Measures,
    NetworkHour,
    Run,
    Volume,
)

ASSUMPTIONS = [
    {
        "ja": "国外からの転入は年18%とする。",
        "en": "Entries from abroad: 18 % a year.",
        "source_ja": "2024年の統計",
        "source_en": "statistics of 2024",
    },
    {
        "ja": "カード不持参の割合は仮定である。",
        "en": "The share of cards left at home is assumed.",
        "source_ja": "仮定",
        "source_en": "assumption",
    },
]
UNCONFIRMED = [
    {
        "id": "interface-specification",
        "statement_ja": "電文の種別と様式は renkei-open/1 による。",
        "statement_en": "Message types and layouts are those of renkei-open/1.",
        "reason_ja": "国の連携インタフェース仕様は公開されていない。",
        "reason_en": "The national interface specification is not public.",
    }
]
OUTAGE = {
    "from": "2019-04-13 20:00",
    "until": "2019-04-14 03:30",
    "ja": "アクセス回線の計画保守",
    "en": "planned maintenance of the access line",
}
WEIGHTS = {
    "moving_in": 25,
    "moving_within": 7,
    "moving_out": 38,
    "entry_from_abroad": 21,
    "became_resident_status": 2,
    "residence_notification": 3,
}
CLAUSE = {
    "moving_in": "immi.19-9-1",
    "moving_within": "immi.19-9-1",
    "entry_from_abroad": "immi.19-7-1",
    "became_resident_status": "immi.19-8-1",
    "residence_notification": "immi.19-9-1",
}
DELAYS = (0, 0, 0, 1, 1, 2, 2, 3, 5, 5, 7, 9, 10, 13, 16, 21)


def describe(days: int, **changes: object) -> Run:
    """A description of a run of Shinjuku City from 1 April 2019."""
    run = Run(
        scenario="shinjuku-2019",
        title_ja="新宿区 2019年4月 外国人住民の転出入と夜間の情報連携",
        title_en="Shinjuku City, April 2019: moves of foreign residents and the nightly exchange",
        command=f"renkei sim run shinjuku-2019 --days {days} --seed 1 --out DIR",
        clock="simulated",
        municipality="131041",
        municipality_ja="新宿区",
        municipality_en="Shinjuku City",
        start="2019-04-01",
        days=days,
        seed=1,
        residents=42157,
        profile="renkei-open/1",
        version="0.1.0",
        line_rate=1_500_000,
        line_latency_ms=25,
        exchange_at="22:00",
        outages=[OUTAGE],
        assumptions=ASSUMPTIONS,
        unconfirmed=UNCONFIRMED,
    )
    for name, value in changes.items():
        setattr(run, name, value)
    return run


def synthetic(days: int, daily: int = 110) -> Measures:
    """A run with filings on weekdays, an exchange every night, one outage and three foreign batches."""
    random = Random(days)
    m = Measures(VERSION, describe(days), residents_end=42157 + days * 3, journal_lines=days * 1830)
    up, down = Balance(), Balance()
    for i in range(days):
        day = date(2019, 4, 1) + timedelta(days=i)
        _day(m, random, day, daily if day.weekday() < 5 else 0)
        batches = m.exchange[day.isoformat()]
        up.raised += batches.batches_up
        down.raised += batches.batches_down
    up.accepted = up.raised
    down.accepted = down.raised
    m.batches = {"up": up, "down": down}
    m.balances["municipality_notice"].codes = {"BAD_FORM": 2}
    m.balances["municipality_notice"].accepted -= 2
    m.balances["municipality_notice"].rejected += 2
    m.balances["agency_notice"].accepted -= 9
    m.balances["agency_notice"].pending += 9
    m.balances["agency_notice"].answered -= 9
    codes = {"TRUNCATED-001": "NOT_OPENED", "ALTERED-002": "DIGEST_MISMATCH", "FOREIGN-003": "NOT_OPENED"}
    m.rejected_batches = [
        {
            "at": f"2019-04-09 23:{10 * (i + 1)}",
            "node": "ministry",
            "from": "terminal/131041",
            "ref": ref.lower(),
            "code": code,
            "field": "envelope",
            "expected": "an envelope sealed for us",
            "received": "512 bytes",
        }
        for i, (ref, code) in enumerate(codes.items())
    ]
    if days >= 9:
        m.exchange["2019-04-09"].rejected = 3
    if days >= 14:
        m.exchange["2019-04-13"].exchanges = 0
        m.exchange["2019-04-13"].delayed = 7
        m.exchange["2019-04-13"].records_up = 5
        m.exchange["2019-04-14"].exchanges += 2
        m.network["2019-04-13T22"] = NetworkHour(refused=4)
        m.network["2019-04-13T23"] = NetworkHour(refused=3)
    m.duties_open, m.duties_closed = 12 * days // 30, 41 * days // 30
    return m


def _day(m: Measures, random: Random, day: date, daily: int) -> None:
    filed = {kind: daily * weight * random.randint(60, 140) // 10_000 for kind, weight in WEIGHTS.items()}
    for kind, count in filed.items():
        if count:
            _file(m, random, day, kind, count)
    records = sum(filed.values()) * 17 // 10
    notices = daily * 4 // 10
    for kind, count in (
        ("municipality_notice", records * 6 // 10),
        ("municipality_transmission", records - records * 6 // 10),
        ("agency_notice", notices),
    ):
        balance = m.balances.setdefault(kind, Balance())
        balance.raised += count
        balance.accepted += count
        balance.answered += count
    for _ in range(records):
        m.raised_to_agency.add(random.choice((5, 6, 7, 8, 9, 10, 11, 12, 12, 13)))
    for _ in range(notices):
        m.agency_to_register.add(random.choice((11, 20, 22, 24, 36, 44, 48, 60, 90)))
    m.exchange[day.isoformat()] = ExchangeDay(
        batches_up=2, batches_down=2, records_up=records, records_down=records + notices, exchanges=2
    )
    size = 3800 + records * 410
    m.network[f"{day.isoformat()}T22"] = NetworkHour(
        bytes=size, busy=size * 8 * SECOND // 1_500_000, transfers=4
    )
    for key, share in (("up/resident_register", 6), ("up/residence", 4), ("down/resident_register", 10)):
        volume = m.volumes.setdefault(key, Volume())
        volume.batches += 1
        volume.records += records * share // 10
        volume.plain_bytes += 120 + records * share // 10 * 240


def _file(m: Measures, random: Random, day: date, kind: str, count: int) -> None:
    cell = m.filings.setdefault(kind, FilingCell())
    absent = count * random.randint(0, 9) // 100
    m.filings_by_day.setdefault(day.isoformat(), {})[kind] = count
    for _ in range(count):
        days = random.choice(DELAYS) if random.random() > 0.004 else random.randint(60, 240)
        late = days > 14
        cell.late += late
        cell.in_time += not late
        m.event_to_filing.add(days * 24 + random.randint(8, 16))
        m.event_to_agency.add(days * 24 + random.randint(22, 30))
    for state, times in (("presented", count - absent), ("absent", absent)):
        if times:
            cell.card[state] = cell.card.get(state, 0) + times
    clause = CLAUSE.get(kind)
    if kind == "residence_notification":
        cell.refused += random.randint(0, 1)
        cell.not_deemed += count
        _count(cell.transmitted, "immi.19-9-1", count)
    elif clause is None:
        cell.not_deemed += count
    else:
        special = count // 20
        _count(cell.deemed, "special.10-2", special)
        _count(cell.deemed, clause, count - absent - special)
        _count(cell.transmitted, "special.10-2", special)
        _count(cell.transmitted, clause, count - absent - special)
        cell.not_deemed += absent


def _count(counts: dict[str, int], key: str, times: int) -> None:
    if times:
        counts[key] = counts.get(key, 0) + times


def without_anything() -> Measures:
    """A run of 30 days in which nothing at all happened."""
    run = describe(30, outages=[], assumptions=[], unconfirmed=[])
    return Measures(VERSION, run, residents_end=42157)


def with_rest() -> Measures:
    """A run that lost three notices, counted two transmissions twice, and refused sixty batches."""
    m = synthetic(30)
    m.balances["municipality_notice"].accepted -= 3
    m.balances["municipality_transmission"].accepted += 2
    m.rejected_batches = [dict(m.rejected_batches[0], ref=f"batch-{i:03d}") for i in range(60)]
    return m


def of_hours(*hours: int) -> Distribution:
    """A distribution of single cases."""
    found = Distribution()
    for value in hours:
        found.add(value)
    return found


@pytest.fixture
def month() -> Measures:
    return synthetic(30)


@pytest.fixture
def year() -> Measures:
    return synthetic(365)


@pytest.fixture
def empty() -> Measures:
    return without_anything()


@pytest.fixture
def broken() -> Measures:
    return with_rest()


@pytest.fixture
def hours() -> Callable[..., Distribution]:
    return of_hours
