"""Who begins when, with how many records: the plan of one night, from a shape and a seed.

The model is open: each exchange has its intended start, whatever became of those before it. Same shape and
seed, same plan, on any number of workers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from load import volumes
from load.municipalities import Municipality, municipalities, those
from load.results import Plan as PlanSummary
from load.results import Words
from load.shapes import Shape, WindowSettings
from sim.base.streams import Streams

QUARTER: Final = 900
"""Seconds between the times that a terminal's schedule can have."""
EARLIER: Final = 0.9
"""A quarter of an hour is chosen so many times as often as the one before it: assumed."""


class Arrival(NamedTuple):
    """One municipality's exchange. `intended`: its start in microseconds from the begin of the window."""

    code: str
    name: str
    prefecture: str
    size_class: str
    residents: int
    records: int
    intended: int


class Cut(NamedTuple):
    """Nothing passes on any line, in microseconds from the begin of the window."""

    start: int
    end: int
    ja: str
    en: str
    declared: bool


@dataclass(frozen=True, slots=True)
class NightPlan:
    """A night: its arrivals in the order of their intended starts, and its outages. `lasts`: microseconds."""

    number: int
    lasts: int
    arrivals: tuple[Arrival, ...]
    cuts: tuple[Cut, ...]

    @property
    def records(self) -> int:
        """Records of all municipalities."""
        return sum(arrival.records for arrival in self.arrivals)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over who begins when with how many records."""
        return hashlib.sha256(msgspec.json.encode(self.arrivals)).hexdigest()


def night(shape: Shape, seed: int, number: int = 0) -> NightPlan:
    """The plan of one night. `number`: which of the nights of the shape, from 0.

    Raises:
        UsageError: the shape names a municipality that there is not.
    """
    people = volumes.residents(seed)
    taking_part = _taking_part(shape, people)
    among = people
    if shape.records.among == "endpoints":
        among = {one.code: people[one.code] for one in taking_part}
    whole = volumes.records(shape.records.total * shape.records.times, among, seed, number)
    for giant in shape.records.giants:
        those([giant.code])
        whole[giant.code] = whole.get(giant.code, 0) + giant.records
    starts = _starts(shape, len(taking_part), seed, number)
    arrivals = [
        Arrival(
            one.code,
            one.name,
            one.prefecture,
            volumes.size_class(people[one.code]).id,
            people[one.code],
            whole[one.code],
            shape.window.run(start),
        )
        for one, start in zip(taking_part, starts, strict=True)
    ]
    return NightPlan(
        number=number,
        lasts=shape.window.lasts,
        arrivals=tuple(sorted(arrivals, key=lambda one: (one.intended, one.code))),
        cuts=cuts(shape),
    )


def cuts(shape: Shape) -> tuple[Cut, ...]:
    """The outages of a night, on the clock of the run."""
    at: WindowSettings = shape.window
    return tuple(
        Cut(
            at.run(at.after_begin(cut.start)),
            at.run(at.after_begin(cut.until)),
            cut.ja,
            cut.en,
            cut.declared,
        )
        for cut in shape.lines.outages
    )


def _taking_part(shape: Shape, people: dict[str, int]) -> Sequence[Municipality]:
    chosen = those(shape.endpoints.only) if shape.endpoints.only else municipalities()
    most = shape.endpoints.per_class
    if not most:
        return chosen
    kept: set[str] = {giant.code for giant in shape.records.giants}
    counted: dict[str, int] = {}
    for one in sorted(chosen, key=lambda one: (-people[one.code], one.code)):
        size = volumes.size_class(people[one.code]).id
        counted[size] = counted.get(size, 0) + 1
        if counted[size] <= most:
            kept.add(one.code)
    return [one for one in chosen if one.code in kept]


def _starts(shape: Shape, number: int, seed: int, which: int) -> list[float]:
    """Intended starts in seconds of the night from the begin of the window, in the order of the codes.

    A terminal keeps its quarter of an hour from night to night; where in it, changes.
    """
    settings, window = shape.arrivals, shape.window
    streams = Streams(seed)
    jitter = streams.generator("load", "jitter", which).random(number) * settings.jitter
    last = window.after_begin(settings.last)
    if settings.spread == "at_once":
        base = [0.0] * number
    elif settings.spread == "even":
        order = streams.generator("load", "order").permutation(number)
        base = [last * int(place) / max(number - 1, 1) for place in order]
    else:
        quarters = last // QUARTER + 1
        weights = [EARLIER**place for place in range(quarters)]
        odds = [weight / sum(weights) for weight in weights]
        drawn = streams.generator("load", "quarters").choice(quarters, number, p=odds)
        base = [float(QUARTER * int(place)) for place in drawn]
    return [start + float(late) for start, late in zip(base, jitter, strict=True)]


def summary(shape: Shape, seed: int) -> PlanSummary:
    """What is asked for in all nights, as the results have it."""
    nights = [night(shape, seed, number) for number in range(shape.window.nights)]
    return PlanSummary(
        endpoints=len(nights[0].arrivals),
        records=sum(one.records for one in nights),
        spread=shape.arrivals.spread,
        classes=volumes.CLASSES,
    )


def assumptions(shape: Shape) -> tuple[Words, ...]:
    """What the plan rests on, for the report."""
    window, records = shape.window, shape.records
    total = records.total * records.times
    whose_ja, whose_en = (
        ("全国で", "of the whole country")
        if records.among == "country"
        else ("参加する市区町村の合計で", "of those who take part")
    )
    rows = [
        *volumes.assumptions(),
        Words(
            ja=f"一夜のレコードは{whose_ja}{total:,}件"
            + (f"（ふつうの日{records.total:,}件の{records.times}倍）" if records.times > 1 else "")
            + "。",
            en=f"{total:,} records {whose_en} in a night"
            + (f" ({records.times} times an ordinary day of {records.total:,})" if records.times > 1 else "")
            + ".",
            source_ja="年間の異動件数からの推計の上限" if records.total == 8_000 else "設定",
            source_en="upper end of an estimate from yearly moves"
            if records.total == 8_000
            else "as the shape says",
        ),
        _spread(shape),
    ]
    if window.factor > 1:
        rows.append(
            Words(
                ja=f"夜の時計は実時間の{window.factor:g}倍で進み、{window.length / 3600:g}時間を"
                f"{window.lasts / 1e6:,.0f}秒に縮めた。同じ件数が密に届くため、実際の夜より厳しい。"
                "回線の速度と遅延は縮めていない。",
                en=f"The night's clock runs {window.factor:g} times as fast: {window.length / 3600:g} hours"
                f" in {window.lasts / 1e6:,.0f} seconds. The same exchanges come closer together, which is"
                " harder than a real night. Rate and latency of the lines are as they are.",
                source_ja="設定",
                source_en="as the shape says",
            )
        )
    rows += [
        Words(
            ja=f"{giant.code}には、ほかに{giant.records:,}件が生じる。",
            en=f"Another {giant.records:,} records arise in {giant.code}.",
            source_ja="設定",
            source_en="as the shape says",
        )
        for giant in records.giants
    ]
    return tuple(rows)


def _spread(shape: Shape) -> Words:
    begins, last = f"{shape.window.begins:%H:%M}", f"{shape.arrivals.last:%H:%M}"
    ja, en = {
        "schedules": (
            f"端末の開始時刻は{begins}から{last}までの15分ごとに設定され、早い枠ほど多い"
            f"（次の枠は前の枠の{EARLIER:g}倍）。枠の中では{shape.arrivals.jitter:g}秒の間に散らばる。",
            f"Terminals are set to quarters of an hour from {begins} to {last}, early ones more often"
            f" (each {EARLIER:g} times the one before), and begin within {shape.arrivals.jitter:g} seconds.",
        ),
        "even": (
            f"開始時刻は{begins}から{last}まで均等に散らばる。",
            f"Starts are spread evenly from {begins} to {last}.",
        ),
        "at_once": (
            f"すべての端末が{begins}から{shape.arrivals.jitter:g}秒の間に始める。",
            f"All terminals begin within {shape.arrivals.jitter:g} seconds from {begins}.",
        ),
    }[shape.arrivals.spread]
    return Words(ja=ja, en=en, source_ja="仮定", source_en="assumption")


def left_to_the_last(shape: Shape) -> int:
    """What a real night leaves those who begin last, in microseconds: from their start to the opening."""
    window, arrivals = shape.window, shape.arrivals
    begins = 0 if arrivals.spread == "at_once" else window.after_begin(arrivals.last)
    return round((window.length - begins - arrivals.jitter) * 1_000_000)
