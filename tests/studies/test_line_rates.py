"""How fast a line must be: by size of municipality, for the nation's day, and on the simulated line."""

from __future__ import annotations

from datetime import date, time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import UsageError
from sim.base.instant import HOUR, MINUTE, SECOND
from sim.base.journal import Line as Entry
from sim.drivers.edge import PlainEdge
from sim.drivers.topology import MINISTRY, Topology
from sim.drivers.world import World
from sim.exchange.envelope import seal
from sim.nodes.lgwan import Line
from sim.nodes.messages.network import Carry
from sim.stores.memory import MemoryStore
from sim.studies import simulate
from sim.studies.folding import fold
from sim.studies.line_rates import (
    ENVELOPE,
    MUNICIPALITIES,
    PEAK,
    RECORDS_A_DAY,
    Night,
    bytes_a_record,
    heaviest,
    night_of,
    nights,
    share,
    smallest_rate,
    window,
)
from sim.studies.measures import Measures, NetworkHour
from sim.studies.scenario import loading
from tests.drivers.story import CODE, END, START, TOPOLOGY, story
from tests.studies.test_simulate import small

DAY = date(2019, 4, 1)
BEGINS, OPENS = time(22), time(8, 30)
LATENCY = 25_000
RATES = (300, 1_200, 9_600, 64_000, 1_500_000)  # from an old telephone modem to the line of the scenarios
SLOW = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)
TRANSFERS = 2 * 3  # a batch each way in each of the three businesses
SHINJUKU, NATION = 42_157, 2_933_137  # seed 003, line 153; the end of 2019


def measured(residents: int) -> Measures:
    """A week of a municipality without outages, in a month of many moves."""
    plan = small(days=7, residents=residents)
    plan = plan.model_copy(update={"lgwan": plan.lgwan.model_copy(update={"outages": ()})})
    return fold(simulate.run_of(plan, 7), simulate.run(plan, 7).site.lines())


@pytest.fixture(scope="module")
def runs() -> dict[int, Measures]:
    return {residents: measured(residents) for residents in (0, 200, 1_000)}


# --- by the size of the municipality --------------------------------------------------------------------
def test_the_smallest_rate_grows_with_the_municipality_and_every_size_has_one(
    runs: dict[int, Measures],
) -> None:
    """S1-005: a sweep over line rates, for each size the smallest that still meets the window."""
    available = window(DAY, BEGINS, OPENS)
    found = {
        size: smallest_rate(SLOW, heaviest(nights(m, BEGINS, OPENS).values()), LATENCY, available)
        for size, m in runs.items()
    }
    assert None not in found.values()
    assert list(found.values()) == sorted(found.values())  # type: ignore[type-var]
    assert found[0] != found[1_000]
    for size, rate in found.items():
        night = heaviest(nights(runs[size], BEGINS, OPENS).values())
        assert rate is not None
        assert night.duration(Line(rate, LATENCY)) <= available
        assert all(night.duration(Line(slower, LATENCY)) > available for slower in SLOW if slower < rate)


def test_every_night_of_a_run_is_found_with_all_that_the_network_carried(runs: dict[int, Measures]) -> None:
    found = nights(runs[1_000], BEGINS, OPENS)
    assert len(found) == 7
    assert sum(night.transfers for night in found.values()) == sum(
        hour.transfers for hour in runs[1_000].network.values()
    )
    # An empty night is a batch up and its answer, sealed; the envelope is most of it.
    empty = heaviest(nights(runs[0], BEGINS, OPENS).values())
    assert empty.transfers == 2
    assert ENVELOPE < empty.size < 3 * ENVELOPE


def test_what_is_exchanged_while_offices_are_open_belongs_to_no_night(runs: dict[int, Measures]) -> None:
    m = fold(runs[0].run, [])
    for clock in range(24):
        m.network[f"2019-04-02T{clock:02d}"] = NetworkHour(bytes=1 << clock, transfers=1)
    assert nights(m, BEGINS, OPENS) == {
        "2019-04-01": Night(9, (1 << 9) - 1),
        "2019-04-02": Night(2, 3 << 22),
    }
    assert nights(m, BEGINS, time(8))["2019-04-01"] == Night(8, (1 << 8) - 1)


def test_lines_that_were_measured_together_are_not_taken_for_one() -> None:
    run = simulate.run_of(loading.load("shinjuku-2019"), 7)
    run.sites = [*run.sites, *run.sites]
    with pytest.raises(UsageError, match="all lines together"):
        nights(fold(run, []), BEGINS, OPENS)


# --- the simulated line says the same -------------------------------------------------------------------
def played(line: Line) -> list[Entry]:
    """The short story on such a line, with an exchange on each of four nights."""
    world = World(Topology(CODE, BEGINS, line).everything(MemoryStore), PlainEdge(), START)
    world.run(story(), END)
    return [entry for entry in world.site.lines() if entry.kind == "transfer_done"]


def busy(entries: list[Entry]) -> int:
    """The longest time from the exchange of a day to the end of what it started, in microseconds."""
    longest = 0
    for entry in entries:
        begun = entry.data["started"] - START
        longest = max(longest, entry.at - START - (begun // (24 * HOUR) * 24 + 22) * HOUR)
    return longest


def test_a_simulated_night_is_over_in_time_at_the_smallest_rate_and_not_at_the_next_slower_one() -> None:
    """S1-004, S1-005: on the bandwidth-limited line itself, in a window of a quarter of an hour."""
    fast = played(Line(1_000_000, LATENCY))
    by_night: dict[int, Night] = {}
    for entry in fast:
        number = (entry.at - START) // (24 * HOUR)
        night = by_night.get(number, Night(0, 0))
        by_night[number] = Night(night.transfers + 1, night.size + entry.data["bytes"])
    assert len(by_night) == 4
    available = 15 * MINUTE
    rate = smallest_rate(SLOW, heaviest(by_night.values()), LATENCY, available)
    assert rate is not None
    slower = max(one for one in SLOW if one < rate)
    assert busy(played(Line(rate, LATENCY))) <= available
    assert busy(played(Line(slower, LATENCY))) > available


@given(st.lists(st.integers(0, 50_000), max_size=8), st.integers(1, 100_000), st.integers(0, SECOND))
def test_a_night_lasts_as_long_as_its_batches_one_after_the_other(
    sizes: list[int], rate: int, latency: int
) -> None:
    line = Line(rate, latency)
    night = Night(len(sizes), sum(sizes))
    each = sum(line.duration(size) for size in sizes)
    assert each <= night.duration(line) <= each + len(sizes)  # a batch is rounded down to the microsecond


# --- the nation's day -----------------------------------------------------------------------------------
def test_the_nations_busiest_day_is_over_before_the_offices_open(runs: dict[int, Measures]) -> None:
    """S1-004: 8,000 records a day over 1,892 endpoints, ten times as many at the end of March."""
    cost = bytes_a_record(runs[1_000])
    peak = RECORDS_A_DAY * PEAK
    available = window(DAY, BEGINS, OPENS)
    average = night_of(share(peak, 1, MUNICIPALITIES), cost, TRANSFERS)
    large = night_of(share(peak, SHINJUKU, NATION), cost, TRANSFERS)
    assert smallest_rate(RATES, average, LATENCY, available) == 300
    assert smallest_rate(RATES, large, LATENCY, available) == 300
    # All of them on one line, the agency's: every batch sealed, none of them at the same time.
    centre = Night(TRANSFERS * MUNICIPALITIES, night_of(peak, cost, TRANSFERS * MUNICIPALITIES).size)
    assert centre.size > ENVELOPE * TRANSFERS * MUNICIPALITIES + 100 * peak
    needed = smallest_rate(RATES, centre, LATENCY, available)
    assert needed in RATES[1:4]  # a single modem line is too slow, the line of one municipality is plenty
    assert centre.duration(Line(300, LATENCY)) > available
    # With a line of the scenarios' rate the day of the peak takes minutes.
    assert centre.duration(Line(1_500_000, LATENCY)) < HOUR


def test_a_day_too_large_for_every_line_is_told_as_that() -> None:
    assert smallest_rate(RATES, Night(1, 10**12), LATENCY, window(DAY, BEGINS, OPENS)) is None
    assert smallest_rate((), Night(0, 0), LATENCY, 1) is None
    # Where the latency alone is longer than the window, no rate helps.
    assert smallest_rate(RATES, Night(1_000, 0), SECOND, MINUTE) is None


def test_a_rate_without_a_limit_and_a_run_without_records_are_wrong_use(runs: dict[int, Measures]) -> None:
    with pytest.raises(UsageError, match="no limit"):
        smallest_rate((0, 300), Night(1, 1), 0, 1)
    with pytest.raises(UsageError, match="nobody raised"):
        bytes_a_record(fold(runs[0].run, []))


@pytest.mark.parametrize(
    ("begins", "opens", "hours"), [(time(22), time(8, 30), 10.5), (time(1), time(8, 30), 7.5)]
)
def test_the_window_ends_when_the_offices_open_next(begins: time, opens: time, hours: float) -> None:
    assert window(DAY, begins, opens) == hours * HOUR


@given(st.lists(st.builds(Night, st.integers(0, 99), st.integers(0, 10**7)), max_size=6))
def test_no_night_is_heavier_than_the_heaviest(found: list[Night]) -> None:
    most = heaviest(found)
    for rate, latency in ((300, 0), (64_000, SECOND)):
        assert all(one.duration(Line(rate, latency)) <= most.duration(Line(rate, latency)) for one in found)


def test_several_nights_on_one_line_take_the_sum_of_their_times() -> None:
    assert Night(2, 1_000).times(3) == Night(6, 3_000)
    assert Night(2, 1_000).times(3).duration(Line(8, 5)) == 3 * Night(2, 1_000).duration(Line(8, 5))


# --- the envelope is counted ----------------------------------------------------------------------------
def test_the_envelope_that_is_reckoned_with_is_the_largest_that_sealing_adds() -> None:
    """S1-004: the load is that of sealed batches, not of their content."""
    edge = TOPOLOGY.sealed_edge()
    terminal = TOPOLOGY.places.terminal
    added = []
    for size in (1, 500, 20_000, 300_000):
        content = b"x" * size
        sealed = edge.out(terminal, Carry(MINISTRY, "B", content))
        assert isinstance(sealed, Carry)
        assert len(sealed.content) == len(seal(content, edge.own[terminal], edge.certificates[MINISTRY]))
        added.append(len(sealed.content) - size)
    assert max(added) <= ENVELOPE
    assert min(added) > ENVELOPE * 0.9
    assert all(abs(a - b) < 64 for a, b in pairwise(added))
