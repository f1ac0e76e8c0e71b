"""What the page is told: rows, states, rates, and sources that do not answer."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from sim.base.errors import UsageError
from sim.base.instant import DAY, MINUTE, SECOND, Instant, iso, parse_iso
from sim.drivers.live.status import sources
from sim.drivers.live.status.watch import ACTIVE_WITHIN, KEPT, Row, Watch
from tests.live.status.known import (
    NOW,
    OSAKA,
    SAPPORO,
    SHINJUKU,
    line,
    network,
    overview,
    seen,
    speaking,
    terminal,
)

START = parse_iso(NOW)


def watching(*, ministry: bool = True, lgwan: bool = True, terminals: int = 0) -> Watch:
    """A watch of sources that are answered for by the test."""
    return Watch(
        sources.ministry("http://127.0.0.1:1") if ministry else None,
        sources.network("http://127.0.0.1:1") if lgwan else None,
        [sources.terminal("http://127.0.0.1:1") for _ in range(terminals)],
    )


def told(watch: Watch, at: int, **answers: Any) -> dict[str, Row]:
    """The rows after the sources said this, so many microseconds after the start."""
    for source in watch.sources:
        if source.kind in answers:
            source.answer, source.trouble = answers[source.kind], ""
    watch.look(Instant(START + at))
    return {row.code: row for row in watch.view().rows}


async def asked(source: Any, times: int = 1, now: int = START) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(times):
            await source.ask(client, lambda: Instant(now))


# --- sources ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("url", ["", "127.0.0.1:8444", "ftp://127.0.0.1", "http://"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="this is no address"):
        sources.ministry(url)


def test_a_folder_that_is_not_there_is_refused_and_one_where_nothing_runs_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        sources.network(str(tmp_path / "nowhere"))
    for content in (None, "", "[]", '{"port": 1}', '{"control_port": "x"}'):
        if content is not None:
            (tmp_path / "running.json").write_text(content)
        source = sources.network(str(tmp_path))
        asyncio.run(asked(source))
        assert source.trouble == "it does not run"


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        (404, "HTTP 404"),
        (500, "HTTP 500"),
        (b"", "not what was expected"),
        (b'{"now": 1}', "not what was expected"),
    ],
)
def test_a_source_that_says_something_else_is_told_with_the_reason(said: bytes | int, trouble: str) -> None:
    with speaking() as speakers:
        speakers.says["/overview"] = said
        source = sources.ministry(speakers.url)
        asyncio.run(asked(source))
    assert source.trouble is not None and trouble in source.trouble
    assert source.answer is None


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    with speaking() as speakers:
        speakers.says["/overview"] = b" " * (17 * 1024 * 1024)
        source = sources.ministry(speakers.url)
        asyncio.run(asked(source))
    assert source.trouble == "the answer is too long"


def test_since_when_a_source_does_not_answer_is_kept_and_what_it_said_last_too() -> None:
    with speaking() as speakers:
        speakers.say("/overview", overview(seen()))
        source = sources.ministry(speakers.url)
        asyncio.run(asked(source, 2, START))
        assert (source.trouble, source.since) == ("", START)
        speakers.says["/overview"] = 503
        asyncio.run(asked(source, 1, START + 5))
        asyncio.run(asked(source, 1, START + 9))
        assert (source.trouble, source.since) == ("HTTP 503", START + 5)
        assert source.answer is not None
    watch = Watch(source, None, [])
    watch.look(START)
    one = watch.view().sources[0]
    assert (one.ok, one.since, one.trouble) == (False, iso(Instant(START + 5)), "HTTP 503")
    assert watch.view().server is not None


# --- rows ------------------------------------------------------------------------------------------------
def test_without_any_answer_there_are_no_rows_no_server_and_no_points() -> None:
    watch = watching(terminals=1)
    told(watch, 0)
    view = watch.view()
    assert (view.rows, view.points, view.server, view.network, view.terminals) == ([], [], None, None, [])
    assert [one.ok for one in view.sources] == [None, None, None]


def test_the_most_urgent_state_wins() -> None:
    watch = watching()
    old = iso(Instant(START - DAY - SECOND))
    rows = told(
        watch,
        0,
        ministry=overview(seen(waiting=2), seen(OSAKA, last=""), seen(SAPPORO, last=old), kept=1),
        lgwan=network(line(), line(OSAKA, outage="cable"), line(SAPPORO)),
    )
    assert {code: row.state for code, row in rows.items()} == {
        SHINJUKU: "fault",
        OSAKA: "outage",
        SAPPORO: "silent",
    }
    rows = told(
        watch, SECOND, ministry=overview(seen(waiting=2), seen(OSAKA), seen(SAPPORO)), lgwan=network()
    )
    assert [rows[code].state for code in (SHINJUKU, OSAKA)] == ["waiting", "quiet"]


def test_a_municipality_is_active_while_its_bytes_move_with_the_speed_at_which_they_do() -> None:
    watch = watching()
    said = {"ministry": overview(seen(up=10))}
    assert told(watch, 0, lgwan=network(line(up=1000)), **said)[SHINJUKU].speed is None
    told(watch, SECOND, lgwan=network(line(up=2000)))
    row = told(watch, 2 * SECOND, lgwan=network(line(up=10_000)))[SHINJUKU]
    assert (row.state, row.speed) == ("active", 8000)
    row = told(watch, 2 * SECOND + ACTIVE_WITHIN)[SHINJUKU]
    assert row.state == "active"
    row = told(watch, 2 * SECOND + ACTIVE_WITHIN + 1)[SHINJUKU]
    assert (row.state, row.speed) == ("quiet", None)


def test_the_server_alone_and_the_network_alone_are_enough() -> None:
    rows = told(watching(lgwan=False), 0, ministry=overview(seen()))
    assert (rows[SHINJUKU].batches_up, rows[SHINJUKU].rate) == (3, None)
    rows = told(watching(ministry=False), 0, lgwan=network(line()))
    assert (rows[SHINJUKU].batches_up, rows[SHINJUKU].rate, rows[SHINJUKU].state) == (None, 64_000, "quiet")


def test_only_what_changed_is_told_again() -> None:
    watch = watching(lgwan=False)
    told(watch, 0, ministry=overview(seen(), seen(OSAKA)))
    first = watch.view()
    assert first.whole and len(first.rows) == 2
    told(watch, SECOND, ministry=overview(seen(), seen(OSAKA, waiting=1)))
    second = watch.view(first.tick)
    assert not second.whole
    assert [row.code for row in second.rows] == [OSAKA]
    assert len(second.points) == 1
    told(watch, 2 * SECOND)
    assert watch.view(second.tick).rows == []


def test_the_charts_show_what_grew_by_the_second_and_a_gap_where_nobody_knows() -> None:
    watch = watching()
    told(watch, 0, ministry=overview(decided=10, kept=5), lgwan=network(line(up=1000)))
    told(watch, 2 * SECOND, ministry=overview(decided=30, kept=4), lgwan=network(line(up=5000)))
    point = watch.view().points[-1]
    assert (point.decided, point.kept, point.waiting, point.up, point.down) == (10.0, 4, 7, 2000.0, 0.0)
    watch.sources[0].trouble = "gone"
    watch.look(Instant(START + 3 * SECOND))
    point = watch.view().points[-1]
    assert (point.decided, point.kept, point.up) == (None, None, 0.0)
    told(watch, 4 * SECOND, ministry=overview(decided=2))  # another server: its counter began anew
    told(watch, 5 * SECOND, ministry=overview(decided=1))
    assert watch.view().points[-1].decided is None


def test_the_charts_forget_what_is_long_ago() -> None:
    watch = watching(lgwan=False)
    for minute in range(30):
        told(watch, minute * MINUTE, ministry=overview(decided=minute))
    points = watch.view().points
    assert len(points) == KEPT // MINUTE + 1
    assert points[-1].at - points[0].at == KEPT


def test_terminals_are_told_with_whether_they_still_answer() -> None:
    watch = watching(ministry=False, lgwan=False, terminals=2)
    told(watch, 0, terminal=terminal(operator="op-1"))
    watch.sources[1].trouble = "gone"
    assert [(one.ok, one.status.operator) for one in watch.view().terminals] == [
        (True, "op-1"),
        (False, "op-1"),
    ]
