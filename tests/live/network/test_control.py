"""The control endpoint: who may change the network, what is wrong use, and what changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from sim.drivers.live.network import Network
from sim.drivers.live.network.control import application, token_of
from tests.live.network.helpers import OSAKA, SHINJUKU, settings

Asked = Callable[[httpx.AsyncClient, Network], Awaitable[None]]
TOKEN = "t" * 43


def controlled(asked: Asked) -> None:
    """Runs a network, and asks its control endpoint with the right token."""

    async def whole() -> None:
        async with Network(settings()) as network:
            transport = httpx.ASGITransport(application(network, TOKEN))
            headers = {"Authorization": f"Bearer {TOKEN}"}
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1:9", headers=headers
            ) as client:
                await asked(client, network)

    asyncio.run(whole())


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer é"])
def test_nothing_is_changed_without_the_token(given: str) -> None:
    async def asked(client: httpx.AsyncClient, network: Network) -> None:
        headers = {"Authorization": given.encode()}
        for method, path in (("PATCH", "/lines"), ("PATCH", f"/lines/{OSAKA}"), ("POST", "/outages")):
            answer = await client.request(method, path, json={"rate": "64k"}, headers=headers)  # type: ignore[arg-type]
            assert (answer.status_code, answer.json()["code"]) == (401, "WRONG_TOKEN")
        assert (await client.delete("/outages/x", headers=headers)).status_code == 401  # type: ignore[arg-type]
        assert network.line(OSAKA).rate == 0
        assert network.status().outages == []

    controlled(asked)


def test_a_page_of_a_stranger_gets_nothing_through_a_browser() -> None:
    async def asked(client: httpx.AsyncClient, network: Network) -> None:
        answer = await client.get("/status", headers={"Host": "stranger.example"})
        assert answer.status_code == 400

    controlled(asked)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "detail"),
    [
        ("PATCH", "/lines", b"{", 400, "not JSON"),
        ("PATCH", "/lines", b"\xff", 400, "not JSON"),
        ("PATCH", "/lines", b"[" * 60_000, 400, "not JSON"),
        ("PATCH", "/lines", b"x" * 70_000, 413, "at most"),
        ("PATCH", "/lines", b"[]", 422, "valid dictionary"),
        ("PATCH", "/lines", b"{}", 422, "nothing is to change"),
        ("PATCH", "/lines", b'{"rat": "64k"}', 422, "did you mean 'rate'"),
        ("PATCH", "/lines", b'{"latency": 40}', 422, "with its unit"),
        ("PATCH", "/lines", b'{"loss": -0.1}', 422, "greater than or equal to 0"),
        ("PATCH", "/lines/131042", b'{"rate": "64k"}', 404, "did you mean 131041"),
        ("GET", "/lines/nobody", b"", 404, "no line"),
        ("POST", "/outages", b'{"line": "011002"}', 404, "no line"),
        ("POST", "/outages", b'{"line": "131042"}', 422, "check digit"),
        ("POST", "/outages", b'{"name": "a b"}', 422, "name"),
        ("POST", "/outages", b'{"name": "x", "for": "long"}', 422, "30s"),
        ("DELETE", "/outages/x", b"", 404, "no outage"),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_expected(
    method: str, path: str, body: bytes, status: int, detail: str
) -> None:
    async def asked(client: httpx.AsyncClient, network: Network) -> None:
        answer = await client.request(method, path, content=body)
        assert answer.status_code == status
        assert answer.json()["ok"] is False
        assert detail in answer.json()["detail"]

    controlled(asked)


def test_a_line_and_all_lines_are_changed_and_an_outage_is_declared_and_lifted() -> None:
    async def asked(client: httpx.AsyncClient, network: Network) -> None:
        one = await client.patch(f"/lines/{SHINJUKU}", json={"rate": "64k", "latency": "40ms", "loss": 0.01})
        assert one.json()["rate"] == 64_000
        assert one.json()["latency_ms"] == 40
        assert (await client.patch("/lines", json={"capture": True})).json() == {"changed": 2}
        status = (await client.get("/status", headers={"Authorization": ""})).json()
        assert [(line["rate"], line["capture"]) for line in status["lines"]] == [(64_000, True), (0, True)]
        made = await client.post("/outages", json={"name": "cable", "line": OSAKA, "for": "1h"})
        assert made.status_code == 201
        assert (await client.get(f"/lines/{OSAKA}")).json()["outage"] == "cable"
        lifted = await client.delete(f"/outages/{made.json()['id']}")
        assert [gone["name"] for gone in lifted.json()] == ["cable"]
        assert network.line(OSAKA).outage == ""

    controlled(asked)


def test_the_token_is_made_once_and_for_nobody_else(tmp_path: Path) -> None:
    token = token_of(tmp_path)
    assert len(token) >= 40
    assert token_of(tmp_path) == token
    assert (tmp_path / "keys" / "control.token").stat().st_mode & 0o077 == 0


# --- outages that are there, and that are not -------------------------------------------------------------
def test_an_outage_of_one_name_is_declared_once_for_a_line_and_a_time() -> None:
    async def asked(client: httpx.AsyncClient, network: Network) -> None:
        async def declared(**body: str) -> int:
            return (await client.post("/outages", json={"name": "cable", "line": OSAKA, **body})).status_code

        assert await declared(**{"for": "1h"}) == 201
        again = await client.post("/outages", json={"name": "cable", "line": OSAKA, "after": "30m"})
        assert (again.status_code, again.json()["code"]) == (409, "DECLARED_TWICE")
        for told in ("cable-1", "on from", f"line {OSAKA}", "lift it first"):
            assert told in again.json()["detail"]
        assert await declared(line=SHINJUKU) == 201
        assert await declared(after="2h", **{"for": "1h"}) == 201
        assert await declared(after="90m") == 409
        assert await declared(after="61m", **{"for": "1m"}) == 201
        assert len(network.outages()) == 4
        assert len((await client.delete("/outages/cable")).json()) == 4
        assert await declared() == 201

    controlled(asked)


def test_a_lift_of_nothing_tells_which_outages_there_are() -> None:
    async def asked(client: httpx.AsyncClient, network: Network) -> None:
        for nobody in ("nothing", "a%2Fb", "", "%20"):
            answer = await client.delete(f"/outages/{nobody}")
            assert answer.status_code == 404
            assert "none is on, none is planned" in answer.json()["detail"]
        network.declare("cable", OSAKA)
        network.declare("night", after=3_600_000_000)
        told = (await client.delete("/outages/cabel")).json()["detail"]
        for part in (f"cable-1 (on, {OSAKA})", "night-2 (planned, all lines)", "did you mean 'cable'?"):
            assert part in told
        assert len(network.outages()) == 2

    controlled(asked)
