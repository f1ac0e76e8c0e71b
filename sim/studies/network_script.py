"""A scenario's network as a script of the live one: `renkei lgwan script`.

    in the scenario                           in the script (`sim.drivers.live.network.script`)
    [lgwan] rate_kbps, latency_ms             set, of all lines
    [municipality] line                       set, of its line
    [[lgwan.outages]]                         outage, of all lines or of the municipality's

A day of the scenario lasts as long as is asked for; the first begins with the network, or at a moment. Rates
and latencies are of real time, so a shortened day carries so much less. Whatever else the scenario plans for
the network or for a moment is named as not carried over. The same scenario gives the same bytes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from sim.base.errors import UsageError
from sim.base.instant import DAY, JAPAN, SECOND
from sim.base.outside import validated
from sim.drivers.live.network import quantities
from sim.drivers.live.network.script import Script
from sim.law.changes import SYSTEM_FIRST_DAY
from sim.studies.scenario import END_OF_TIME, Scenario
from sim.studies.scenario.beyond import planned
from sim.studies.scenario.events import OutageWindow
from sim.studies.scenario.places import AccessLine

SHORTEST: Final = SECOND
_REMEDY: Final = "correct it in the scenario: the live network knows no such line"


@dataclass(frozen=True, slots=True)
class Days:
    """Which days of a scenario are played when. `first` and `last`: both are. Made by `days_of`.

    `length`: microseconds that a day lasts. `begin`: when the first begins; None: with the network.
    """

    first: date
    last: date
    length: int
    begin: datetime | None

    @property
    def start(self) -> datetime:
        """The first moment, by the scenario's clock."""
        return datetime.combine(self.first, time())

    @property
    def end(self) -> datetime:
        """The moment after the last one, by the scenario's clock."""
        return datetime.combine(self.last, time()) + timedelta(days=1)

    def offset(self, moment: datetime) -> int:
        """Microseconds of real time from the start until a moment of the scenario."""
        return (moment - self.start) // timedelta(microseconds=1) * self.length // DAY

    def when(self, offset: int) -> str:
        """The key of a step that happens so many microseconds after the start."""
        if self.begin is None:
            return f'after = "{quantities.shown_duration(offset)}"'
        return f"at = {(self.begin + timedelta(microseconds=offset)).isoformat()}"


@dataclass(frozen=True, slots=True)
class NetworkScript:
    """`text`: of the file. `outages`: how many are in it. `left`: what is not carried over, a line each."""

    text: str
    outages: int
    left: tuple[str, ...]


def days_of(
    scenario: Scenario,
    *,
    length: str = "24h",
    begin: datetime | None = None,
    first: date | None = None,
    last: date | None = None,
) -> Days:
    """The days of a scenario that are to be played, by default all of them.

    `length`: of a day, as `40s`, `5m`, `24h`. `begin`: without an offset it is Japan's time.

    Raises:
        UsageError: no such length, days that the scenario does not have, a moment too far away.
    """
    try:
        lasts = quantities.duration(length)
        if not SHORTEST <= lasts <= DAY:
            raise ValueError(f"a day cannot last {length}")
    except ValueError as error:
        raise UsageError(
            "--day is not the length of a day",
            expected="a duration from 1s to 24h, such as 10m",
            received=str(error),
            remedy="leave it out for days of their real length",
        ) from error
    if begin is not None and not SYSTEM_FIRST_DAY <= begin.date() < END_OF_TIME:
        raise UsageError(
            "--begin is too far away",
            expected=f"a moment from {SYSTEM_FIRST_DAY} to before {END_OF_TIME}",
            received=begin.isoformat(),
            remedy="leave it out to begin with the network",
        )
    final = scenario.start + timedelta(days=scenario.days - 1)
    days = Days(first or scenario.start, last or final, lasts, begin and _in_japan(begin))
    if not scenario.start <= days.first <= days.last <= final:
        raise UsageError(
            "the scenario has no such days",
            where=scenario.name,
            expected=f"--from and --to within {scenario.start} to {final}, in this order",
            received=f"{days.first} to {days.last}",
            remedy="leave them out for all days",
        )
    return days


def network_script(scenario: Scenario, days: Days, lines: Collection[str] | None = None) -> NetworkScript:
    """The script. `lines`: those that the network has; None: not known, so every municipality's.

    Raises:
        UsageError: a step lies too far after the start, or a line is faster or slower than a live one can be.
    """
    there = [place for place in scenario.places if lines is None or place.code in lines]
    first = days.when(0)
    steps = [_set(scenario.lgwan, "", "every line", first)]
    steps += [
        _set(place.line, f'line = "{place.code}", ', f"the line of {place.en}", first)
        for place in there
        if place.line is not None
    ]
    codes = [place.code for place in there]
    outages = [
        _outage(window, f"lgwan.outages.{i}", days, scenario.name)
        for i, window in sorted(enumerate(scenario.lgwan.outages), key=lambda one: one[1].from_)
        if not _why_not(window, days, codes)
    ]
    left = tuple(_plain(one) for one in _left(scenario, days, codes))
    text = "\n\n".join(
        [
            _head(scenario, days, left),
            *steps,
            *(outages or ["# No outage: the scenario plans none for these days and lines."]),
        ]
    )
    validated(Script, tomllib.loads(text), scenario.name, _REMEDY)
    return NetworkScript(f"{text}\n", len(outages), left)


# --- what is carried over ----------------------------------------------------------------------------------
def _head(scenario: Scenario, days: Days, left: tuple[str, ...]) -> str:
    begins = "with the network" if days.begin is None else f"at {days.begin.isoformat()}"
    rows = [
        f"The network of the scenario {scenario.name} from {days.first} to {days.last}, for",
        "`renkei lgwan run DIR --script FILE`.",
        f"A day lasts {quantities.shown_duration(days.length)}, the first begins {begins}.",
        "Rates and latencies are of real time. Steps without a line are for all lines of the network.",
        "Loss and capture stay as lgwan.toml has them. People, counters and registries are not in it.",
        *(f"not carried over: {one}" for one in left),
    ]
    return "\n".join(f"# {row}" for row in rows)


def _set(line: AccessLine, of: str, whose: str, when: str) -> str:
    rate = quantities.shown_rate(line.rate_kbps * 1000)
    latency = quantities.shown_duration(line.latency_ms * 1000)
    return f'# {_plain(whose)}\n[[steps]]\n{when}\nset = {{ {of}rate = "{rate}", latency = "{latency}" }}'


def _outage(window: OutageWindow, name: str, days: Days, where: str) -> str:
    start = days.offset(max(window.from_, days.start))
    # However short it is, it cuts what is under way.
    lasting = max(days.offset(min(window.until, days.end)) - start, 1)
    if lasting > quantities.LONGEST or (days.begin is None and start > quantities.LONGEST):
        raise UsageError(
            "a step lies farther away than the live network counts",
            where=f"{where}: {name}",
            expected=f"at most {quantities.shown_duration(quantities.LONGEST)} after the start, and as long",
            received=f"{quantities.shown_duration(lasting)}, {quantities.shown_duration(start)} after it",
            remedy="give a shorter --day or a later --from, or its time: --begin",
        )
    of = "" if window.municipality is None else f'line = "{window.municipality}", '
    return (
        f"# {_plain(_told(window))}\n[[steps]]\n{days.when(start)}\n"
        f'outage = {{ name = "{name}", {of}for = "{quantities.shown_duration(lasting)}" }}'
    )


# --- what is not -------------------------------------------------------------------------------------------
def _left(scenario: Scenario, days: Days, codes: Collection[str]) -> Iterator[str]:
    unlisted = [place for place in scenario.places if place.code not in codes]
    if unlisted:
        yield f"the network has no line of {', '.join(f'{place.code} ({place.en})' for place in unlisted)}"
    network, exchange = scenario.lgwan, scenario.exchange
    if network.sessions == "on_demand":
        yield "lgwan.sessions: on demand; a live line is there all the time"
    for i, window in enumerate(network.outages):
        why = _why_not(window, days, codes)
        if why:
            yield f"lgwan.outages.{i}, {_told(window)}: {why}"
            continue
        if window.from_ < days.start or window.until > days.end:
            yield f"lgwan.outages.{i}, {_told(window)}: what of it lies on other days"
        if window.declared:
            yield (
                f"lgwan.outages.{i}.declared: whether media are used is people's decision,"
                f" `renkei terminal export-media DIR MEDIUM --outage lgwan.outages.{i}`"
            )
    times = ", ".join(f"{clock:%H:%M}" for clock in exchange.times)
    yield f"exchange: at {times}; each terminal has its times in terminal.toml, by the real clock"
    for pattern in ("media", "paper"):
        places = [place.code for place in scenario.places if place.link.pattern == pattern]
        if places:
            yield f"link.pattern: {pattern} inside {', '.join(places)}; that leg is not the network's"
    for place, at, _, (_, name) in sorted(planned(scenario), key=lambda one: one[1]):
        if not place.startswith("lgwan."):
            yield f"{place}, {at:%Y-%m-%d %H:%M}: {name}"


def _why_not(window: OutageWindow, days: Days, codes: Collection[str]) -> str:
    if window.until <= days.start or window.from_ >= days.end:
        return "on other days"
    if window.municipality is not None and window.municipality not in codes:
        return f"the network has no line {window.municipality}"
    return ""


def _told(window: OutageWindow) -> str:
    return f"{window.from_:%Y-%m-%d %H:%M} to {window.until:%Y-%m-%d %H:%M}, {window.en}"


def _plain(text: str) -> str:
    """In one line of a comment, whatever somebody wrote into a name."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _in_japan(moment: datetime) -> datetime:
    return moment.replace(tzinfo=JAPAN) if moment.tzinfo is None else moment.astimezone(JAPAN)
