"""The network with real sockets: who is let through, what passes, what is cut, what is told."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sim.base import journal
from sim.base.errors import HarnessError, UsageError
from sim.drivers.live.network import Network
from sim.drivers.live.network import capture as captures
from sim.drivers.live.network.journal import FILE
from sim.drivers.live.network.settings import loopback_address
from tests.live.network.helpers import (
    OSAKA,
    SAPPORO,
    SHINJUKU,
    calling,
    change,
    echoing,
    kinds,
    refused,
    settings,
    until,
)

Body = Callable[[], Coroutine[Any, Any, None]]


def played(body: Body) -> None:
    """Runs a test in an event loop of its own."""

    async def whole() -> None:
        async with asyncio.timeout(60):
            await body()

    asyncio.run(whole())


# --- who is not let through ----------------------------------------------------------------------------
def test_who_calls_at_an_address_that_is_no_listed_line_is_sent_away_counted_and_journalled(
    tmp_path: Path,
) -> None:
    async def body() -> None:
        async with echoing() as echo, Network(settings(echo.port), tmp_path) as network:
            assert await refused((loopback_address(SAPPORO), network.port))
            assert await refused(("127.0.0.1", network.port))
            await until(lambda: network.status().strangers == 2)
            assert echo.seen == []

    played(body)
    told = [data for kind, data in kinds(tmp_path) if kind == "peer_refused"]
    assert [one["called"] for one in told] == ["127.1.1.0", "127.0.0.1"]
    assert all(one["reason"] == "not_listed" and one["to"] == "ministry" for one in told)


def test_a_flood_of_strangers_is_counted_and_does_not_fill_the_journal(tmp_path: Path) -> None:
    async def body() -> None:
        async with Network(settings(), tmp_path) as network:
            for _ in range(60):
                assert await refused(("127.0.0.1", network.port))
            await until(lambda: network.status().strangers == 60)

    played(body)
    assert 10 <= len([kind for kind, _ in kinds(tmp_path) if kind == "peer_refused"]) < 60


def test_a_server_that_does_not_answer_ends_the_call_and_is_told(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

        async def body() -> None:
            async with Network(settings(port), tmp_path) as network:
                assert await refused(network.address(SHINJUKU))
                await until(lambda: network.line(SHINJUKU).unreachable == 1)
                assert network.status().open == 0

        played(body)
    assert "server_unreachable" in [data.get("reason") for _, data in kinds(tmp_path)]


def test_more_connections_than_there_may_be_are_refused() -> None:
    async def body() -> None:
        async with echoing() as echo, Network(settings(echo.port, connections=2)) as network:
            async with calling(network, SHINJUKU), calling(network, OSAKA):
                await until(lambda: network.status().open == 2)
                assert await refused(network.address(SHINJUKU))
                assert network.status().crowded == 1
                assert network.line(SHINJUKU).refused == 1
            await until(lambda: network.status().open == 0)
            async with calling(network, SHINJUKU) as (reader, writer):
                writer.write(b"again")
                assert await reader.readexactly(5) == b"again"

    played(body)


def test_two_networks_cannot_listen_at_one_port() -> None:
    async def body() -> None:
        async with Network(settings()) as first:
            with pytest.raises(HarnessError, match="cannot listen"):
                async with Network(settings(port=first.port)):
                    pass

    played(body)


def test_an_outage_cannot_be_planned_or_declared_for_a_line_that_is_not_listed() -> None:
    planned = {"line": SAPPORO, "start": "2026-04-01T00:00:00Z", "end": "2026-04-02T00:00:00Z"}

    async def body() -> None:
        with pytest.raises(UsageError, match="no line '011002'"):
            async with Network(settings(outages=[planned])):
                pass
        async with Network(settings()) as network:
            with pytest.raises(UsageError, match="did you mean 131041"):
                network.declare("cable", "131042")
            with pytest.raises(UsageError, match="no line"):
                network.change(SAPPORO, change(rate="64k"))

    played(body)


# --- what passes ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("quality", [{}, {"rate": "80M"}, {"latency": "2ms"}, {"rate": "80M", "loss": 0.001}])
def test_every_byte_passes_in_order_and_the_end_of_the_stream_leaves_the_other_way_open(
    quality: dict[str, Any],
) -> None:
    sent = bytes(range(251)) * 4000

    async def body() -> None:
        async with echoing() as echo, Network(settings(echo.port, defaults=quality)) as network:
            async with calling(network, SHINJUKU) as (reader, writer):
                reading = asyncio.create_task(reader.read(-1))
                writer.write(sent)
                writer.write_eof()
                assert await reading == sent + b"and that was all"
            assert echo.half_closed == 1
            await until(lambda: network.status().open == 0)
            line = network.line(SHINJUKU)
            assert (line.bytes_up, line.bytes_down) == (len(sent), len(sent) + 16)
            assert (line.connections, line.cut, line.refused) == (1, 0, 0)
            assert line.first is not None and line.last is not None and line.busy_s > 0
            assert network.line(OSAKA).connections == 0

    played(body)


def test_the_server_sees_each_line_at_an_address_of_its_own() -> None:
    async def body() -> None:
        async with echoing() as echo, Network(settings(echo.port)) as network:
            async with calling(network, SHINJUKU), calling(network, OSAKA):
                await until(lambda: len(echo.seen) == 2)
            assert set(echo.seen) == {"127.13.1.4", "127.27.1.0"}

    played(body)


def test_a_reader_that_is_slow_stops_its_writer_instead_of_filling_the_memory() -> None:
    async def body() -> None:
        async with (
            echoing() as echo,
            Network(settings(echo.port)) as network,
            calling(network, SHINJUKU) as (_, writer),
        ):
            for _ in range(2000):
                writer.write(b"x" * 65536)
                try:
                    await asyncio.wait_for(writer.drain(), 0.5)
                except TimeoutError:
                    break
            else:
                raise AssertionError("125 MB were taken from a client that reads nothing")

    played(body)


def test_a_reset_of_one_end_resets_the_other() -> None:
    async def body() -> None:
        async with echoing() as echo, Network(settings(echo.port)) as network:
            _, writer = await asyncio.open_connection(*network.address(SHINJUKU))
            writer.write(b"x")
            await until(lambda: network.line(SHINJUKU).bytes_down == 1)
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            writer.transport.abort()
            await until(lambda: network.status().open == 0)
            assert network.line(SHINJUKU).cut == 0
            assert echo.half_closed == 0

    played(body)


def test_a_line_may_have_a_place_of_its_own_or_be_known_by_where_its_terminal_calls_from() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{unused.getsockname()[1]}"
    lines = [{"code": SHINJUKU, "at": place}, {"code": SAPPORO, "sources": ["127.99.0.0/16"]}]

    async def body() -> None:
        async with echoing() as echo, Network(settings(echo.port, lines=lines)) as network:
            assert network.address(SHINJUKU) == ("127.0.0.1", int(place.partition(":")[2]))
            async with calling(network, SHINJUKU):
                await until(lambda: network.line(SHINJUKU).connections == 1)
            _, writer = await asyncio.open_connection("127.0.0.1", network.port, local_addr=("127.99.3.4", 0))
            await until(lambda: network.line(SAPPORO).connections == 1)
            writer.transport.abort()
            # The derived address is not a second way in.
            assert await refused((loopback_address(SHINJUKU), network.port))

    played(body)


def test_a_change_reaches_connections_that_are_open_and_keeps_what_waits() -> None:
    sent = bytes(range(256)) * 1200

    async def body() -> None:
        slow = {"rate": "8k"}
        async with (
            echoing() as echo,
            Network(settings(echo.port, defaults=slow)) as network,
            calling(network, SHINJUKU) as (reader, writer),
        ):
            writer.write(sent)
            writer.write_eof()
            await until(lambda: network.line(SHINJUKU).bytes_up > 0)
            assert network.line(SHINJUKU).bytes_down < len(sent)
            assert network.change(None, change(rate="unlimited", loss=0.0)) == 2
            assert await reader.read(-1) == sent + b"and that was all"

    played(body)


def test_a_segment_that_is_lost_too_often_ends_the_connection(tmp_path: Path) -> None:
    async def body() -> None:
        async with echoing() as echo, Network(settings(echo.port), tmp_path) as network:
            network.change(SHINJUKU, change(loss=0.99))
            async with calling(network, SHINJUKU) as (reader, writer):
                writer.write(b"x" * 200_000)
                with pytest.raises(ConnectionError):
                    await reader.readexactly(1)
            assert network.line(SHINJUKU).cut == 1

    played(body)
    assert ("transfer_broken", "segment_lost") in [(kind, one.get("reason")) for kind, one in kinds(tmp_path)]


# --- outages -------------------------------------------------------------------------------------------
def test_an_outage_cuts_what_is_under_way_refuses_what_comes_and_names_its_cause(tmp_path: Path) -> None:
    async def body() -> None:
        async with echoing() as echo, Network(settings(echo.port), tmp_path) as network:
            async with (
                calling(network, SHINJUKU) as (reader, writer),
                calling(network, OSAKA) as (far, other),
            ):
                writer.write(b"before")
                assert await reader.readexactly(6) == b"before"
                outage = network.declare("cable", SHINJUKU)
                with pytest.raises(ConnectionResetError):
                    await reader.readexactly(1)
                assert await refused(network.address(SHINJUKU))
                line = network.line(SHINJUKU)
                assert (line.cut, line.refused, line.outage, line.open) == (1, 1, "cable", 0)
                other.write(b"untouched")
                assert await far.readexactly(9) == b"untouched"
            assert [one.id for one in network.lift(outage.id)] == [outage.id]
            async with calling(network, SHINJUKU) as (reader, writer):
                writer.write(b"after")
                assert await reader.readexactly(5) == b"after"

    played(body)
    lines = list(journal.read(tmp_path / FILE))
    by_kind = {line.kind: line for line in reversed(lines)}
    declared = by_kind["outage_declared"]
    assert declared.data == {"terminal": "terminal-131041", "name": "cable"}
    broken = by_kind["transfer_broken"]
    assert (broken.cause, broken.subject) == (declared.id, "131041-C000001")
    assert broken.data["reason"] == "cable"
    assert (broken.data["up"], broken.data["down"], broken.data["bytes"]) == (6, 6, 12)
    assert by_kind["transfer_refused"].cause == by_kind["outage_lifted"].cause == declared.id


def test_a_network_in_a_planned_outage_lets_nobody_through_until_its_end() -> None:
    now = datetime.now(UTC)
    planned = {"name": "night", "start": now - timedelta(hours=1), "end": now + timedelta(seconds=1)}

    async def body() -> None:
        async with echoing() as echo, Network(settings(echo.port, outages=[planned])) as network:
            assert [one.running for one in network.status().outages] == [True]
            assert await refused(network.address(OSAKA))
            await until(lambda: network.status().outages == [])
            async with calling(network, OSAKA):
                await until(lambda: network.line(OSAKA).connections == 1)

    played(body)


def test_an_outage_begins_and_ends_by_itself_and_one_lies_in_another() -> None:
    async def body() -> None:
        async with echoing() as echo, Network(settings(echo.port)) as network:
            network.declare("long", after=0, lasting=400_000)
            network.declare("soon", SHINJUKU, after=100_000, lasting=10_000_000)
            assert network.line(SHINJUKU).outage == "long"
            await until(lambda: network.line(OSAKA).outage == "")
            assert network.line(SHINJUKU).outage == "soon"
            assert len(network.lift("soon")) == 1
            assert network.line(SHINJUKU).outage == ""
            assert network.lift("soon") == []

    played(body)


def test_an_outage_that_is_lifted_before_it_begins_never_does(tmp_path: Path) -> None:
    async def body() -> None:
        async with Network(settings(), tmp_path) as network:
            network.declare("cable", after=50_000)
            network.lift("cable")
            await asyncio.sleep(0.1)
            assert network.line(SHINJUKU).outage == ""

    played(body)
    assert "outage_declared" not in [kind for kind, _ in kinds(tmp_path)]


# --- what is written -----------------------------------------------------------------------------------
def test_the_journal_goes_on_where_an_earlier_network_stopped_even_in_the_middle_of_a_line(
    tmp_path: Path,
) -> None:
    async def body() -> None:
        async with Network(settings(), tmp_path):
            pass

    played(body)
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'{"v":1,"node":"lgwan","n":3,"at"')
    played(body)
    lines = list(journal.read(tmp_path / FILE))
    assert [line.n for line in lines] == [1, 2, 3, 4]
    assert [line.kind for line in lines] == ["network_started", "network_stopped"] * 2


def test_every_byte_of_a_captured_line_is_kept_and_none_of_another(tmp_path: Path) -> None:
    sent = bytes(range(256)) * 1000

    async def body() -> None:
        chosen = [{"code": SHINJUKU, "capture": True}]
        async with echoing() as echo, Network(settings(echo.port, lines=chosen), tmp_path) as network:
            for code in (SHINJUKU, OSAKA, SHINJUKU):
                async with calling(network, code) as (reader, writer):
                    reading = asyncio.create_task(reader.read(-1))
                    writer.write(sent)
                    writer.write_eof()
                    await reading
            assert network.status().captured == 2 * (2 * len(sent) + 16)

    played(body)
    folder = tmp_path / "capture"
    found = captures.streams(captures.files(folder))
    back = sent + b"and that was all"
    assert found == {
        (SHINJUKU, number, up): data for number in (1, 2) for up, data in ((True, sent), (False, back))
    }
    assert all(path.stat().st_mode & 0o077 == 0 for path in captures.files(folder))
    assert not any(sent[:400] in line.read_bytes() for line in tmp_path.glob("*.ndjson"))


def test_a_capture_that_cannot_be_written_is_told_and_the_network_goes_on(tmp_path: Path) -> None:
    (tmp_path / "capture").write_text("in the way")

    async def body() -> None:
        async with (
            echoing() as echo,
            Network(settings(echo.port, defaults={"capture": True}), tmp_path) as network,
        ):
            async with calling(network, SHINJUKU) as (reader, writer):
                writer.write(b"through")
                assert await reader.readexactly(7) == b"through"
            assert [fault.partition(":")[0] for fault in network.status().faults] == ["capture"]

    played(body)
    assert "capture_stopped" in [kind for kind, _ in kinds(tmp_path)]


# --- many ----------------------------------------------------------------------------------------------
def test_all_the_country_s_lines_are_served_by_one_listener() -> None:
    from sim.exchange.municipality import check_digit

    fives = [f"{prefecture:02d}{number:03d}" for prefecture in range(1, 48) for number in range(200, 241)]
    codes = [five + check_digit(five) for five in fives][:1892]

    async def body() -> None:
        async with echoing() as echo, Network(settings(echo.port, codes=codes)) as network:
            assert len({network.address(code) for code in codes}) == 1892
            together = [codes[index] for index in range(0, 1892, 8)]

            async def exchange(code: str) -> None:
                async with calling(network, code) as (reader, writer):
                    writer.write(code.encode())
                    assert await reader.readexactly(6) == code.encode()

            await asyncio.gather(*(exchange(code) for code in together))
            passed = {line.code for line in network.status().lines if line.bytes_down >= 6}
            assert passed == set(together)

    played(body)
