"""No refusal leaves a sequence open, a mixed roll-out is served or refused, and midnight changes nothing."""

from __future__ import annotations

from datetime import date

import pytest

from sim.base.instant import Instant, instant, japan_date
from sim.base.node import OUTSIDE
from sim.drivers.topology import MINISTRY
from sim.exchange import batch as batches
from sim.nodes.messages.network import Arrival
from sim.nodes.messages.terminal import OpenTerminal
from tests.drivers.story import AT
from tests.exchange.samples import PROFILE, encoded
from tests.nodes.chaos import SECOND, Chaos

NIGHT = 10  # hours from noon to the first exchange


def exchanged(chaos: Chaos, days: int = 1) -> None:
    """Days on which nothing goes wrong."""
    for _ in range(days * 24):
        while chaos.flights:
            chaos.deliver(chaos.flights[0])
        chaos.pass_time(1)


def kinds(chaos: Chaos, kind: str) -> list[str]:
    return [line.subject for node in chaos.rigs for line in chaos.lines(node) if line.kind == kind]


def test_a_new_terminal_and_an_old_server_meet_in_the_old_version_and_nothing_is_lost() -> None:
    chaos = Chaos()
    chaos.roll_out(AT.terminal, "both")
    chaos.raise_records(2, 0)
    exchanged(chaos, 3)
    assert set(chaos.heard) == set(chaos.sent)
    assert {outcome for outcomes in chaos.heard.values() for outcome in outcomes} == {"accepted"}
    # One batch was refused, and from then on both write the old version.
    assert kinds(chaos, "batch_replaced") == ["131041-ISA-01-00000001"]
    assert kinds(chaos, "batch_given_up") == []


def test_once_both_are_new_they_write_the_new_version_whoever_was_first() -> None:
    for first, second in ((AT.terminal, MINISTRY), (MINISTRY, AT.terminal)):
        chaos = Chaos()
        exchanged(chaos, 2)
        chaos.roll_out(first, "both")
        exchanged(chaos, 2)
        chaos.roll_out(second, "both")
        exchanged(chaos, 3)
        chaos.pass_time(24)
        assert {flight.carry.content.split(b",")[1] for flight in chaos.flights} == {SECOND.name.encode()}


def test_two_sides_without_a_common_version_refuse_every_batch_and_understand_nothing() -> None:
    chaos = Chaos()
    assert chaos.roll_out(AT.terminal, "new")
    chaos.raise_records(1, 0)
    exchanged(chaos, 3)
    assert kinds(chaos, "batch_accepted") == []
    codes = {line.data["code"] for line in chaos.lines(MINISTRY) if line.kind == "batch_rejected"}
    assert codes == {"UNKNOWN_PROFILE"}
    # Nobody has told the register anything: what was not understood is pending until one side is rolled out.
    assert chaos.heard == {}
    chaos.roll_out(MINISTRY, "both")
    exchanged(chaos, 4)
    assert set(chaos.heard) == set(chaos.sent)


def test_bytes_that_were_refused_for_what_they_are_stay_refused_after_a_roll_out() -> None:
    chaos = Chaos()
    chaos.roll_out(AT.terminal, "both")
    chaos.raise_records(1, 0)
    chaos.pass_time(NIGHT)
    first = chaos.flights[0]
    chaos.deliver(first)
    chaos.roll_out(MINISTRY, "both")
    chaos.stray(first)
    assert chaos.of("record_accepted", MINISTRY) == []
    exchanged(chaos, 2)
    assert chaos.of("record_accepted", MINISTRY) == list(chaos.sent)
    assert list(chaos.heard.values()) == [["accepted"]]


def test_a_batch_that_is_refused_for_what_it_is_leaves_its_number_to_another_edition() -> None:
    chaos = Chaos()
    chaos.raise_records(1, 0)
    chaos.pass_time(NIGHT)
    (flight,) = chaos.flights
    # A server that takes the batch for somebody else's: misconfigured for one night.
    wrong = flight.carry.content.replace(b",ISA,01,", b",131130,01,", 1)
    body, _, _ = wrong.rpartition(b"T,")
    wrong = body + f"T,1,{batches.digest_of(body)}\r\n".encode()
    chaos.flights.remove(flight)
    chaos.give(MINISTRY, Arrival(AT.terminal, flight.carry.ref, wrong))
    chaos._said_carried(flight)
    chaos.raise_records(1, 0)
    exchanged(chaos, 3)
    first, second = chaos.sent
    assert chaos.heard == {first: ["rejected"], second: ["accepted"]}
    assert kinds(chaos, "batch_given_up") == kinds(chaos, "batch_replaced") == ["131041-ISA-01-00000001"]
    # Its number was closed by an edition of its own, and the next night's batch came in behind it.
    assert kinds(chaos, "batch_accepted")[:2] == ["131041-ISA-01-00000001", "131041-ISA-01-00000002"]


def test_a_batch_of_which_nothing_was_heard_goes_again_after_a_day_and_a_half() -> None:
    chaos = Chaos()
    chaos.raise_records(1, 0)
    chaos.pass_time(NIGHT)
    (flight,) = chaos.flights
    chaos.flights.remove(flight)
    chaos._said_carried(flight)  # the network took it, and nobody ever got it
    chaos.pass_time(24)
    assert kinds(chaos, "batch_resent") == []
    chaos.flights.clear()
    chaos.pass_time(24)
    assert kinds(chaos, "batch_resent") == ["131041-ISA-01-00000001"]


@pytest.mark.parametrize("hours", [0, 1, 26])
def test_a_batch_in_flight_while_the_counterpart_changes_its_name_is_neither_lost_nor_rejected(
    hours: int,
) -> None:
    """S3-008: 2019-03-31 to 2019-04-01, the Minister of Justice becomes the Commissioner; all else stays."""
    chaos = Chaos()
    chaos.now = Instant(instant(date(2019, 3, 31), 12))
    chaos.alarms.clear()
    chaos.give(AT.terminal, OpenTerminal(), OUTSIDE)
    chaos.raise_records(2, 0)
    chaos.pass_time(NIGHT)
    assert japan_date(chaos.now) == date(2019, 3, 31)
    chaos.extend()
    for _ in range(hours):
        for flight in list(chaos.flights):
            chaos.fail(flight)
        chaos.pass_time(1)
    chaos.now = max(chaos.now, instant(date(2019, 4, 1)))
    exchanged(chaos, 4)
    assert japan_date(chaos.now) > date(2019, 4, 1)
    assert list(chaos.heard.values()) == [["accepted"], ["accepted"]]
    assert kinds(chaos, "batch_rejected") == []
    assert chaos.of("notice_settled", MINISTRY) == ["ISA-00000001"]
    # Numbers, address and form are the same on both sides of midnight.
    made = [s for s in kinds(chaos, "batch_made") if s.startswith("131041")]
    assert made == [f"131041-{PROFILE.agency}-01-{n:08d}" for n in range(1, len(made) + 1)]


def test_a_batch_from_so_long_ago_that_nobody_knows_its_bytes_is_refused_as_stale(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sim.nodes.intake.REMEMBERED", 2)
    chaos = Chaos()
    chaos.pass_time(NIGHT)
    first = chaos.flights[0]
    exchanged(chaos, 4)
    chaos.stray(first)
    rejected = [line for line in chaos.lines(MINISTRY) if line.kind == "batch_rejected"]
    assert [line.data["code"] for line in rejected] == ["SEQUENCE_STALE"]
    # Its sender has long heard that it was taken in, and keeps to that.
    exchanged(chaos, 1)
    assert kinds(chaos, "batch_given_up") == []


def test_a_batch_under_a_number_that_was_spent_is_given_up_and_its_answers_go_under_the_next() -> None:
    """As after a terminal was replaced and counts from a number that its predecessor had used."""
    chaos = Chaos()
    predecessors = Arrival(AT.terminal, "131041-ISA-01-00000001", encoded(sequence=1))
    chaos.give(MINISTRY, predecessors)
    chaos.raise_records(1, 0)
    exchanged(chaos, 3)
    assert chaos.heard == {"131041-00000001": ["rejected"]}
    assert kinds(chaos, "batch_given_up") == ["131041-ISA-01-00000001"]
    assert kinds(chaos, "batch_replaced") == []
    assert "131041-ISA-01-00000002" in kinds(chaos, "batch_accepted")


def test_a_copy_of_what_was_taken_in_is_no_news_even_in_a_version_that_is_not_read_any_more() -> None:
    chaos = Chaos()
    chaos.raise_records(1, 0)
    chaos.pass_time(NIGHT)
    first = chaos.flights[0]
    exchanged(chaos, 2)
    for node in (AT.terminal, MINISTRY):
        chaos.roll_out(node, "both")
    exchanged(chaos, 3)
    assert chaos.roll_out(MINISTRY, "new")
    chaos.stray(first)
    assert kinds(chaos, "batch_repeated") == ["131041-ISA-01-00000001"]
    exchanged(chaos, 2)
    assert chaos.heard == {"131041-00000001": ["accepted"]}
