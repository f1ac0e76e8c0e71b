"""A line in time, moved by hand: rate, latency, turns, loss. No clock of the machine is looked at."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.drivers.live.network import quantities
from sim.drivers.live.network.bucket import BURST, Bucket
from sim.drivers.live.network.loss import PATIENCE, SEGMENT, Loss, Lost
from sim.drivers.live.network.shaping import Flow, Piece, Shaper
from tests.live.network.helpers import OSAKA, SHINJUKU, HandTimers


class Sink:
    """The far end of a flow. `arrived`: (seconds since the start, bytes)."""

    def __init__(self, shaper: Shaper, timers: HandTimers) -> None:
        self.timers = timers
        self.start = timers.now
        self.arrived: list[tuple[float, bytes]] = []
        self.held = False
        self.flow = Flow(shaper, self._take, self._hold)

    def send(self, data: bytes, stall: float = 0.0) -> None:
        self.flow.feed(Piece(data, self.timers.now, 0, stall))

    @property
    def size(self) -> int:
        return sum(len(data) for _, data in self.arrived)

    def _take(self, data: bytes) -> None:
        self.arrived.append((self.timers.now - self.start, data))

    def _hold(self, full: bool) -> None:
        self.held = full


def greedy(sink: Sink, seconds: float, step: float = 0.05) -> None:
    """Somebody who always has something to send, for some time."""
    for _ in range(round(seconds / step)):
        while not sink.held:
            sink.send(b"x" * 16384)
        sink.timers.go(step)


# --- what is no quantity -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text", ["", "fast", "-1k", "1e6", "64kbit", "1.5", "٣k", "9999G", "0.0000001k", "64 k "]
)
def test_what_is_no_rate_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match=r"64k, 1\.5M, unlimited"):
        quantities.rate(text)


@pytest.mark.parametrize("text", ["", "40", "-1s", "40 minutes", "1001h", "∞", "0.5us"])
def test_what_is_no_duration_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match="40ms, 30s"):
        quantities.duration(text)


@given(st.integers(0, quantities.FASTEST))
def test_a_rate_is_read_as_it_was_written(bits: int) -> None:
    assert quantities.rate(quantities.shown_rate(bits)) == bits


@given(st.integers(0, quantities.LONGEST))
def test_a_duration_is_read_as_it_was_written(microseconds: int) -> None:
    assert quantities.duration(quantities.shown_duration(microseconds)) == microseconds


def test_quantities_are_what_people_mean() -> None:
    assert (quantities.rate("64k"), quantities.rate("1.5M"), quantities.rate("unlimited")) == (
        64_000,
        1_500_000,
        0,
    )
    assert (quantities.duration("40ms"), quantities.duration("2h")) == (40_000, 7_200_000_000)
    assert quantities.size("64MiB") == 64 * 1024**2


# --- the bucket ----------------------------------------------------------------------------------------
@given(
    st.sampled_from([9_600, 64_000, 1_500_000, 100_000_000]),
    st.lists(st.tuples(st.integers(1, 20_000), st.floats(0, 3)), min_size=1, max_size=60),
)
def test_no_stretch_of_time_lets_more_bytes_through_than_the_rate_and_a_small_burst(
    rate: int, sent: list[tuple[int, float]]
) -> None:
    bucket, now, through = Bucket(rate), 100.0, []
    for size, pause in sent:
        now += pause
        through.append((bucket.through(size, now), size))
    assert all(one[0] <= two[0] for one, two in pairwise(through))
    for first in range(len(through)):
        begin = through[first][0] - through[first][1] * 8 / rate
        bits = 0.0
        for end, size in through[first:]:
            bits += size * 8
            assert bits <= rate * (end - begin + BURST) * (1 + 1e-9)


def test_a_busy_line_passes_exactly_its_rate() -> None:
    bucket = Bucket(64_000)
    at = [bucket.through(1000, 50.0) for _ in range(800)]
    assert at[-1] == pytest.approx(50.0 + 800 * 1000 * 8 / 64_000 - BURST)
    assert bucket.busy == pytest.approx(100)


def test_a_line_without_a_rate_takes_no_time() -> None:
    assert Bucket(0).through(10**9, 7.0) == 7.0


# --- the line ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("late", [0.0, 0.004, 0.03])
@pytest.mark.parametrize("rate", [9_600, 64_000, 1_500_000, 50_000_000])
def test_the_bytes_that_passed_are_rate_times_time_however_late_timers_are(rate: int, late: float) -> None:
    timers = HandTimers(late)
    sink = Sink(Shaper(timers, rate), timers)
    greedy(sink, 40, step=0.02)
    passed = sink.size
    assert passed * 8 == pytest.approx(rate * 40, rel=0.03, abs=SEGMENT * 8 * 2)
    greedy(sink, 40, step=0.02)
    assert (sink.size - passed) * 8 == pytest.approx(rate * 40, rel=0.01, abs=SEGMENT * 8 * 2)


def test_both_directions_and_all_connections_share_the_line_and_none_starves() -> None:
    timers = HandTimers()
    shaper = Shaper(timers, 800_000)
    sinks = [Sink(shaper, timers) for _ in range(5)]
    for _ in range(400):
        for sink in sinks:
            while not sink.held:
                sink.send(b"x" * 8192)
        timers.go(0.05)
    total = sum(sink.size for sink in sinks)
    assert total == pytest.approx(100_000 * 20, rel=0.01)
    assert all(sink.size == pytest.approx(total / 5, rel=0.05) for sink in sinks)


def test_a_short_message_does_not_wait_for_a_long_transfer() -> None:
    timers = HandTimers()
    shaper = Shaper(timers, 64_000)
    long, short = Sink(shaper, timers), Sink(shaper, timers)
    long.send(b"x" * 60_000)
    short.send(b"hello")
    timers.go(1)
    assert short.size == 5
    assert long.size < 10_000


def test_bytes_arrive_in_order_and_once_after_the_latency() -> None:
    timers = HandTimers()
    sink = Sink(Shaper(timers, 0, 0.04), timers)
    sink.send(b"one")
    timers.go(0.01)
    sink.send(b"two")
    sink.send(b"")
    timers.go(1)
    assert [data for _, data in sink.arrived] == [b"one", b"two", b""]
    assert [at for at, _ in sink.arrived] == pytest.approx([0.04, 0.05, 0.05])


def test_a_stall_holds_up_what_follows_on_its_connection_and_nobody_else() -> None:
    timers = HandTimers()
    shaper = Shaper(timers, 0, 0.01)
    stalled, other = Sink(shaper, timers), Sink(shaper, timers)
    stalled.send(b"late", stall=0.5)
    stalled.send(b"behind")
    other.send(b"free")
    timers.go(1)
    assert [at for at, _ in stalled.arrived] == pytest.approx([0.51, 0.51])
    assert [at for at, _ in other.arrived] == pytest.approx([0.01])


def test_a_source_is_stopped_while_too_much_waits_and_goes_on_afterwards() -> None:
    timers = HandTimers()
    sink = Sink(Shaper(timers, 64_000), timers)
    sink.send(b"x" * 200_000)
    assert sink.held
    timers.go(30)
    assert (sink.held, sink.size) == (False, 200_000)


def test_what_waits_goes_at_once_when_the_limit_is_lifted() -> None:
    timers = HandTimers()
    shaper = Shaper(timers, 8_000)
    sink = Sink(shaper, timers)
    sink.send(bytes(range(256)) * 200)
    sink.send(b"")
    timers.go(1)
    assert sink.size < 3 * SEGMENT
    shaper.change(0, 0.0)
    assert b"".join(data for _, data in sink.arrived) == bytes(range(256)) * 200
    assert sink.arrived[-1][1] == b""


def test_another_rate_counts_from_now_on() -> None:
    timers = HandTimers()
    shaper = Shaper(timers, 64_000)
    sink = Sink(shaper, timers)
    greedy(sink, 10)
    before = sink.size
    shaper.change(640_000, 0.0)
    greedy(sink, 10)
    assert sink.size - before == pytest.approx(800_000, rel=0.03)


def test_nothing_of_a_killed_flow_arrives_and_the_others_go_on() -> None:
    timers = HandTimers()
    shaper = Shaper(timers, 64_000, 0.05)
    dead, living = Sink(shaper, timers), Sink(shaper, timers)
    dead.send(b"x" * 50_000)
    living.send(b"y" * 5_000)
    timers.go(0.5)
    dead.flow.kill()
    before = dead.size
    timers.go(20)
    assert dead.size == before
    assert living.size == 5_000


# --- loss ----------------------------------------------------------------------------------------------
def losses(
    probability: float, cuts: list[int], *, seed: int = 1, code: str = SHINJUKU, number: int = 1
) -> list[Lost]:
    found: list[Lost] = []
    loss, at = Loss(probability, seed, code, number, "up"), 0
    for cut in cuts:
        found += loss.within(at, at + cut)
        at += cut
    return found


def test_nothing_is_lost_without_a_probability() -> None:
    assert losses(0.0, [10**9]) == []


@given(st.lists(st.integers(1, 50_000), min_size=1, max_size=40))
def test_which_segments_are_lost_does_not_depend_on_how_the_bytes_were_read(cuts: list[int]) -> None:
    assert losses(0.05, cuts) == losses(0.05, [sum(cuts)])


def test_the_seed_the_line_and_the_connection_make_the_losses() -> None:
    one = losses(0.02, [10**7])
    assert one == losses(0.02, [10**7])
    assert one != losses(0.02, [10**7], seed=2)
    assert one != losses(0.02, [10**7], code=OSAKA)
    assert one != losses(0.02, [10**7], number=2)


@pytest.mark.parametrize("probability", [0.001, 0.02, 0.3])
def test_as_many_segments_are_lost_as_the_probability_says(probability: float) -> None:
    segments = 400_000
    found = losses(probability, [segments * SEGMENT])
    assert len(found) == pytest.approx(segments * probability, rel=0.1)
    assert sum(one.times for one in found) / len(found) == pytest.approx(1 / (1 - probability), rel=0.1)


def test_a_changed_probability_counts_from_the_next_segment_on() -> None:
    loss = Loss(0.0, 1, SHINJUKU, 1, "up")
    assert list(loss.within(0, 1_000_000)) == []
    loss.change(0.5, 1_000_000)
    found = list(loss.within(1_000_000, 2_000_000))
    assert found and all(one.at >= 1_000_000 for one in found)
    loss.change(0.0, 2_000_000)
    assert list(loss.within(2_000_000, 9_000_000)) == []


def test_each_repetition_takes_twice_as_long_and_at_last_the_connection_is_given_up() -> None:
    assert [Lost(0, times).stall(0.05) for times in (1, 2, 3)] == pytest.approx([0.3, 0.9, 2.1])
    assert not Lost(0, PATIENCE).fatal
    assert Lost(0, PATIENCE + 1).fatal
    assert any(one.fatal for one in losses(0.9, [SEGMENT * 50]))
