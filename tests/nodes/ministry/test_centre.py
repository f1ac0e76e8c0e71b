"""The centre sees who uses the exchange, what is out of order, and who has been silent."""

from __future__ import annotations

from datetime import date, time, timedelta

import msgspec
import pytest

from sim.base.instant import HOUR, Instant, instant, iso
from sim.base.node import Body, NodeId
from sim.drivers.topology import LGWAN
from sim.nodes.messages.agency import AskFaults, AskUsage, OpenMinistry, SessionHeld
from sim.nodes.messages.network import Arrival, ClearFault, Relayed, ReportFault
from tests.drivers.story import AT, CODE
from tests.exchange.samples import encoded, notice
from tests.nodes.ministry.server import ELSEWHERE, NOW, OTHER, Server, at

BROKEN = ReportFault(CODE, "cards-131041-02", "reader_broken")
MENDED = ClearFault(CODE, "cards-131041-02", "reader_broken")


def usage(server: Server, code: str) -> dict[str, int]:
    found: dict[str, int] = msgspec.json.decode(server.give(AskUsage(code)).reply.detail)
    return found


# --- usage ----------------------------------------------------------------------------------------------
def test_usage_is_counted_by_municipality_and_told_when_somebody_asks() -> None:
    """S1-025: retrievable centrally, by municipality; nothing is written until it is asked for."""
    server = Server()
    server.up(notice(1), notice(2))
    server.up(now=Instant(NOW + HOUR))
    server.up(terminal=OTHER)
    server.give(Arrival(AT.terminal, "bad", b"rubbish"), NOW, LGWAN)
    server.give(SessionHeld(CODE, NOW, Instant(NOW + 1)), NOW, LGWAN)
    assert server.lines("usage_reported") == []
    found = usage(server, CODE)
    size = len(encoded(notice(1), notice(2))) + len(encoded(sequence=2))
    assert (found["batches_up"], found["records_up"], found["bytes_up"]) == (2, 2, size)
    # Three answers went down: two with a verdict on the batch, one of them with two on records.
    assert (found["batches_down"], found["records_down"]) == (3, 5)
    assert (found["refused"], found["sessions"]) == (1, 1)
    assert (found["first"], found["last"]) == (NOW, NOW + HOUR)
    assert server.give(AskUsage()).reply.ok
    told = [line.data for line in server.lines("usage_reported")][1:]
    assert [(row["municipality"], row["batches_up"]) for row in told] == [(CODE, 2), (ELSEWHERE, 1)]


def test_who_has_used_nothing_is_told_as_such_and_an_unknown_municipality_is_not() -> None:
    server = Server()
    assert set(usage(server, CODE).values()) == {0}
    assert server.give(AskUsage("999999")).reply.code == "unknown_municipality"
    assert server.give(AskFaults("999999")).reply.code == "unknown_municipality"


# --- faults ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("over_the_network", [True, False])
def test_a_fault_is_visible_with_its_time_place_and_kind_until_it_is_mended(over_the_network: bool) -> None:
    """S1-026: an injected fault is seen in the centre."""
    server = Server()

    def tell(body: ReportFault | ClearFault, now: Instant) -> None:
        committed = server.says(body, now) if over_the_network else server.give(body, now)
        assert committed.reply.ok

    tell(BROKEN, NOW)
    tell(BROKEN, Instant(NOW + HOUR))  # known
    (reported,) = server.lines("fault_reported")
    assert reported.at == NOW
    assert reported.data == {
        "municipality": CODE,
        "place": "cards-131041-02",
        "fault": "reader_broken",
        "seen_by": "municipality",
    }
    rows = msgspec.json.decode(server.give(AskFaults()).reply.detail)
    assert rows == [[CODE, "cards-131041-02", "reader_broken", iso(NOW)]]
    tell(MENDED, Instant(NOW + 2 * HOUR))
    (cleared,) = server.lines("fault_cleared")
    assert (cleared.data["since"], cleared.data["minutes"]) == (NOW, 120)
    assert server.give(AskFaults(CODE)).reply.detail == "[]"
    assert [line.data["open"] for line in server.lines("faults_listed")] == [1, 0]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (MENDED, "no_such_fault"),
        (ReportFault("999999", "x", "y"), "unknown_municipality"),
        (ReportFault(CODE, "terminal-131041", "NGUYEN VAN AN's card"), "not_a_name"),
        (ReportFault(CODE, "a/b", "y"), "not_a_name"),
        (ReportFault(CODE, "x" * 41, "y"), "not_a_name"),
        (ReportFault(CODE, "", "y"), "not_a_name"),
    ],
)
def test_a_report_that_says_nothing_usable_is_refused_and_leaves_no_word_in_the_journal(
    body: ReportFault | ClearFault, code: str
) -> None:
    server = Server()
    assert server.give(body).reply.code == code
    assert server.lines("fault_reported", "fault_cleared") == []


def test_nobody_reports_for_another_municipality_nor_from_outside_the_list() -> None:
    """S3-029, S2-001: only listed exchange terminals reach the server."""
    server = Server()
    stranger = NodeId("cards-131041-01")
    tried: list[tuple[Body, NodeId]] = [
        (Relayed(OTHER, "q", BROKEN), LGWAN),
        (Relayed(stranger, "q", BROKEN), LGWAN),
        (Relayed(AT.terminal, "q", BROKEN), stranger),  # past the network
        (BROKEN, stranger),
        (SessionHeld(CODE, NOW, NOW), stranger),
    ]
    for body, sender in tried:
        assert not server.give(body, NOW, sender).reply.ok
    assert server.lines("fault_reported") == []
    refused = [(line.data["from"], line.data["reason"]) for line in server.lines("peer_refused")]
    assert refused == [
        (OTHER, "wrong_municipality"),
        (stranger, "not_listed"),
        (stranger, "not_listed"),
        (stranger, "not_listed"),
        (stranger, "not_listed"),
    ]


def test_a_batch_of_a_peer_that_is_not_listed_is_journalled_as_that() -> None:
    """S3-026: the server keeps its own list, whatever the network let through."""
    server = Server()
    server.give(Arrival(NodeId("registry-131041"), "R", encoded()), NOW, LGWAN)
    assert [line.data["from"] for line in server.lines("peer_refused")] == ["registry-131041"]


# --- silence --------------------------------------------------------------------------------------------
MONDAY = date(2019, 4, 15)


def looking(hour: int = 0) -> Server:
    return Server(instant(MONDAY, hour), looks_at=time(23, 30))


def silent(server: Server) -> list[tuple[str, str]]:
    return [(line.data["municipality"], line.data["day"]) for line in server.lines("fault_reported")]


def test_a_day_without_an_exchange_is_a_finding_with_time_place_and_kind() -> None:
    """S1-022: one exchange on each open day, an empty one is enough; none at all is a finding."""
    server = looking()
    server.up(now=at(MONDAY, 22))
    server.pass_time(instant(MONDAY + timedelta(days=1)))
    assert silent(server) == [(ELSEWHERE, "2019-04-15")]
    (line,) = server.lines("fault_reported")
    assert (line.data["place"], line.data["fault"], line.data["seen_by"]) == (OTHER, "no_exchange", "server")
    assert line.at == instant(MONDAY, 23, 30)


def test_a_silence_is_found_each_open_day_and_cleared_once_with_the_next_batch() -> None:
    server = looking()
    for offset in range(7):
        day = MONDAY + timedelta(days=offset)
        server.up(now=at(day, 22))
        server.pass_time(instant(day + timedelta(days=1)))
    # Saturday and Sunday are closed: nothing is due, and nothing is missed.
    assert [day for _, day in silent(server)] == [f"2019-04-{n}" for n in (15, 16, 17, 18, 19)]
    server.up(now=at(MONDAY + timedelta(days=7), 9), terminal=OTHER)
    server.up(now=at(MONDAY + timedelta(days=7), 10), terminal=OTHER)
    (cleared,) = server.lines("fault_cleared")
    assert cleared.data["since"] == instant(MONDAY, 23, 30)
    assert server.give(AskFaults()).reply.detail == "[]"


def test_when_all_is_well_the_look_writes_nothing_and_there_is_one_wake_a_day() -> None:
    server = looking()
    for day in (MONDAY, MONDAY + timedelta(days=1)):
        server.up(now=at(day, 22))
        server.up(now=at(day, 22), terminal=OTHER)
        assert [alarm.at for alarm in server.alarms] == [instant(day, 23, 30)]
        server.pass_time(instant(day + timedelta(days=1)))
    assert server.lines("fault_reported", "fault_cleared") == []


def test_the_first_day_is_judged_only_when_the_server_saw_all_of_it() -> None:
    server = looking(12)
    server.give(AskUsage())
    server.pass_time(instant(MONDAY + timedelta(days=1)))
    assert silent(server) == []
    server.pass_time(instant(MONDAY + timedelta(days=2)))
    assert len(silent(server)) == 2


def test_a_server_that_is_opened_in_parts_looks_once_a_day() -> None:
    server = looking()
    server.give(OpenMinistry(()), instant(MONDAY))
    assert len(server.alarms) == 1


def test_a_server_that_does_not_look_wakes_for_nothing() -> None:
    server = Server()
    assert server.alarms == []
