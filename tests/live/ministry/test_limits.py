"""Callers that go wrong on purpose: slow, half-closed, ambiguous, too large, too many."""

from __future__ import annotations

import re
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.drivers.live.ministry.folder import Place
from sim.drivers.live.ministry.limits import Rates
from sim.drivers.live.ministry.problems import Refused
from sim.drivers.live.wire import KEY, REF
from tests.live.ministry.stand import CODE, OTHER, WITHIN, Stand, copy, read, until
from tests.live.served import Served

STATUS = re.compile(rb"HTTP/1\.1 [0-9]{3} ")
HEAD = f"Host: localhost\r\n{KEY}: k\r\n{REF}: r\r\n"


@pytest.fixture(scope="module")
def narrow(made: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A server with little patience and room."""
    place = copy(
        made,
        tmp_path_factory.mktemp("narrow") / "server",
        "[limits]",
        "largest_batch = 4096",
        "largest_piece = 2048",
        "connections_per_municipality = 3",
        "handshake_within = 0.5",
        "header_within = 0.5",
        "piece_within = 0.5",
        "body_within = 1.5",
        "idle_for = 1",
    )
    with Served(place.folder) as served:
        yield Stand(place, served)


@pytest.fixture(autouse=True)
def alone(narrow: Stand) -> None:
    """The connections of the test before are gone."""
    with narrow.admin() as admin:
        until(lambda: "renkei_connections 0.0" in admin.get("/metrics").text)


def posted(more: str, body: bytes = b"") -> bytes:
    """A batch as nobody's library would send it."""
    return f"POST /v1/batches HTTP/1.1\r\n{HEAD}{more}\r\n".encode() + body


# --- slow ---------------------------------------------------------------------------------------------------
def test_a_connection_on_which_tls_never_begins_is_closed(narrow: Stand) -> None:
    with socket.create_connection(("127.0.0.1", narrow.served.port), timeout=WITHIN) as link:
        assert link.recv(1) == b""


def test_a_request_head_that_comes_byte_by_byte_is_cut_off(narrow: Stand) -> None:
    with narrow.raw() as link:
        for byte in b"GET /v1/profile HTTP/1.1\r\nX-Slow: " + b"y" * 400:
            try:
                link.sendall(bytes([byte]))
            except OSError:
                break
            time.sleep(0.01)
        else:
            raise AssertionError("it was let go on")


def test_a_connection_on_which_nothing_is_asked_is_closed(narrow: Stand) -> None:
    with narrow.raw() as link:
        assert read(link, WITHIN) == b""


def test_a_connection_that_is_idle_after_a_request_is_closed(narrow: Stand) -> None:
    with narrow.raw() as link:
        link.sendall(b"GET /v1/profile HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert read(link, WITHIN).startswith(b"HTTP/1.1 200 ")


def test_a_body_that_stops_coming_is_given_up(narrow: Stand) -> None:
    with narrow.raw() as link:
        link.sendall(posted("Content-Length: 100\r\n", b"x"))
        said = read(link, WITHIN)
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"TOO_SLOW" in said


def test_a_body_that_comes_in_drops_is_given_up_as_a_whole(narrow: Stand) -> None:
    with narrow.raw() as link:
        link.sendall(posted("Content-Length: 1000\r\n"))
        began = time.monotonic()
        try:
            while time.monotonic() - began < WITHIN:
                link.sendall(b"x")
                time.sleep(0.1)
        except OSError:
            pass
        said = read(link, WITHIN)
    assert b"408" in said.partition(b"\r\n")[0] or said == b""
    assert time.monotonic() - began < WITHIN


def test_a_connection_that_is_half_closed_before_its_body_is_complete_keeps_nothing(narrow: Stand) -> None:
    with narrow.raw() as link:
        link.sendall(posted("Content-Length: 100\r\n", b"x" * 50))
        socket.socket.shutdown(link, socket.SHUT_WR)
        read(link, WITHIN)
    with narrow.client() as client:
        assert client.get("/v1/batches/k").status_code == 404


def test_a_batch_whose_sender_hangs_up_after_its_last_byte_is_kept(narrow: Stand) -> None:
    with narrow.raw() as link:
        link.sendall(posted("Content-Length: 5\r\n", b"hello").replace(b": k\r\n", b": hung-up\r\n"))
    with narrow.client() as client:
        until(lambda: client.get("/v1/batches/hung-up").status_code == 200)
        assert not narrow.decided(client, "hung-up")["ok"]


def test_who_does_not_take_its_answer_does_not_hold_the_server_up(narrow: Stand) -> None:
    request = b"GET /v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with narrow.raw() as link:
        link.settimeout(0.2)
        try:
            for _ in range(2000):
                link.sendall(request)
        except (TimeoutError, OSError):
            pass
        with narrow.client(OTHER) as client:
            assert client.get("/v1/profile").status_code == 200


# --- ambiguous ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "request_",
    [
        posted(
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\nGET /v1/usage HTTP/1.1\r\n\r\n"
        ),
        posted("Content-Length: 5\r\nContent-Length: 6\r\n", b"hello!"),
        posted("Content-Length: +5\r\n", b"hello"),
        posted("Content-Length: -1\r\n"),
        posted("Content-Length: 0x5\r\n", b"hello"),
        posted("Transfer-Encoding: chunked, identity\r\n", b"0\r\n\r\n"),
        posted("Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"),
        posted("Transfer-Encoding : chunked\r\n", b"0\r\n\r\n"),
        posted("Transfer-Encoding: chunked\r\n", b"xyz\r\nhello\r\n0\r\n\r\n"),
        posted("Transfer-Encoding: chunked\r\n", b"5\r\nhelloworld\r\n0\r\n\r\n"),
        posted("Transfer-Encoding: chunked\r\n", b"fffffffffffffffff\r\n"),
        posted("Content-Length: 5\r\n X-Folded: y\r\nbad header\r\n", b"hello"),
        posted("X-Null: a\0b\r\nContent-Length: 5\r\n", b"hello"),
        b"POST /v1/batches HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /v1/profile HTTP/1.1\r\n\r\n",
        b"GET  /v1/profile  HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /v1/profile HTTP/1.1\nHost: localhost\nX: \x0b\n\n",
        b"\x16\x03\x01\x00\x05hello",
        b"GET /v1/profile HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 20000 + b"\r\n\r\n",
    ],
    ids=lambda request: repr(request[:90])[2:-1],
)
def test_a_request_that_two_readers_could_read_differently_is_refused(narrow: Stand, request_: bytes) -> None:
    said = narrow.said(request_)
    first = said.partition(b"\r\n")[0]
    assert first.startswith(b"HTTP/1.1 4"), said
    assert len(STATUS.findall(said)) == 1, "what stood behind it was taken for a request"
    with narrow.client() as client:
        assert client.get("/v1/batches/k").status_code == 404


def test_a_websocket_is_not_spoken(narrow: Stand) -> None:
    said = narrow.said(
        b"GET /v1/profile HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    )
    assert said.startswith(b"HTTP/1.1 200 ")


def test_two_requests_in_one_go_are_answered_in_their_order(narrow: Stand) -> None:
    asked = b"GET /v1/%b HTTP/1.1\r\nHost: localhost\r\n\r\n"
    said = narrow.said(asked % b"profile" + asked % b"usage")
    assert said.count(b"HTTP/1.1 200 ") == 2
    assert said.index(b"largest_batch") < said.index(b"municipality")


# --- large --------------------------------------------------------------------------------------------------
def test_a_body_that_says_that_it_is_too_large_is_refused_before_it_comes(narrow: Stand) -> None:
    with narrow.raw() as link:
        link.sendall(posted("Content-Length: 2049\r\n"))
        assert read(link).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_over_the_limit_is_refused_and_the_connection_serves_on(narrow: Stand, declared: bool) -> None:
    content = b"x" * 200_000
    with narrow.client() as client:
        answer = client.post(
            "/v1/batches",
            content=content if declared else iter([content[:1000]] * 200),
            headers={KEY: "large", REF: "r"},
        )
        assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")
        assert client.get("/v1/batches/large").status_code == 404


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, identity", "x-unknown"])
def test_an_encoded_body_is_refused_so_that_nothing_can_unfold(narrow: Stand, encoding: str) -> None:
    bomb = zlib.compress(bytes(1_000_000))
    with narrow.client() as client:
        answer = client.post(
            "/v1/batches", content=bomb, headers={KEY: "bomb", REF: "r", "Content-Encoding": encoding}
        )
        assert (answer.status_code, answer.json()["code"]) == (415, "ENCODING_REFUSED")
        assert client.get("/v1/batches/bomb").status_code == 404


# --- many ---------------------------------------------------------------------------------------------------
def test_a_connection_too_many_of_one_municipality_is_refused_and_another_s_is_not(narrow: Stand) -> None:
    clients = [narrow.client() for _ in range(4)]
    try:
        for client in clients[:3]:
            assert client.get("/v1/profile").status_code == 200
        answer = clients[3].get("/v1/profile")
        assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY")
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Connection"] == "close"
        with narrow.client(OTHER) as other:
            assert other.get("/v1/profile").status_code == 200
    finally:
        for client in clients:
            client.close()


def test_requests_beyond_the_rate_are_told_when_to_come_again(made: Place, tmp_path: Path) -> None:
    place = copy(made, tmp_path / "server", "[limits]", "requests_per_minute = 5")
    with Served(place.folder) as served:
        stand = Stand(place, served)
        with stand.client() as client, stand.client(OTHER) as other:
            answers = [client.get("/v1/profile") for _ in range(7)]
            assert [answer.status_code for answer in answers[:5]] == [200] * 5
            assert answers[6].status_code == 429
            assert 1 <= int(answers[6].headers["Retry-After"]) <= 13
            assert other.get("/v1/profile").status_code == 200


def test_the_rate_fills_again_evenly_and_never_above_a_minute_s_worth() -> None:
    now = 0.0
    rates = Rates(60, lambda: now)
    for _ in range(60):
        rates.take(CODE)
    with pytest.raises(Refused) as refusal:
        rates.take(CODE)
    assert refusal.value.headers["Retry-After"] == "2"
    now = 1.5
    rates.take(CODE)
    with pytest.raises(Refused):
        rates.take(CODE)
    now = 10_000
    for _ in range(60):
        rates.take(CODE)
    with pytest.raises(Refused):
        rates.take(CODE)
    rates.take(OTHER)


def test_slow_callers_do_not_keep_the_others_waiting(narrow: Stand) -> None:
    ends = threading.Event()

    def dawdle(code: str) -> None:
        while not ends.is_set():
            try:
                with narrow.raw(code) as link:
                    link.sendall(posted("Content-Length: 100\r\n", b"x"))
                    read(link, WITHIN)
            except OSError:
                pass

    slow = [threading.Thread(target=dawdle, args=(CODE,)) for _ in range(3)]
    for thread in slow:
        thread.start()
    try:
        with narrow.client(OTHER) as client:
            for _ in range(20):
                assert client.get("/v1/profile").status_code == 200
    finally:
        ends.set()
        for thread in slow:
            thread.join()
