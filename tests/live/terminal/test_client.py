"""The client against a server that fails: what is repeated, what is not, and where it goes on."""

from __future__ import annotations

import itertools
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.node import Key
from sim.drivers.live import wire
from sim.drivers.live.client import (
    CERTIFICATE_REFUSED,
    LONGEST_PAUSE,
    SERVER_NOT_TRUSTED,
    Faulty,
    HttpServer,
    Refused,
    TryLater,
    Unreachable,
    pauses,
)
from sim.drivers.live.terminal.station import connect
from sim.drivers.live.terminal.tables import LONGEST_PAUSE as LONGEST_BEFORE_CONNECTING
from sim.drivers.live.terminal.tables import ServerTable
from sim.exchange import pki
from sim.exchange.envelope import seal
from sim.exchange.pki import Usage
from sim.nodes.messages.network import AskSequences
from tests.live.terminal.rig import (
    CODE,
    PROFILE,
    SINCE,
    UNTIL,
    Kits,
    Ministry,
    free_port,
    make_kits,
    make_terminal,
    server_tls,
    serving,
)


@pytest.fixture(scope="module")
def kits(tmp_path_factory: pytest.TempPathFactory) -> Kits:
    return make_kits(tmp_path_factory.mktemp("kits"))


@pytest.fixture(scope="module")
def tls(kits: Kits, tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder = tmp_path_factory.mktemp("place") / "t"
    return make_terminal(kits, folder, "https://127.0.0.1:1").tls()


@pytest.fixture
def ministry(kits: Kits) -> Ministry:
    return Ministry(kits, largest_piece=1000)


@pytest.fixture
def url(ministry: Ministry, kits: Kits) -> Iterator[str]:
    with serving(ministry, kits) as address:
        yield address


@pytest.fixture
def client(url: str, tls: ssl.SSLContext) -> Iterator[HttpServer]:
    with closing(HttpServer(url, tls, patience=5, caller="t", profiles=[PROFILE.name])) as one:
        yield one


def sealed(kits: Kits, content: bytes) -> bytes:
    return seal(content, kits.envelope, kits.server.certificate)


# --- nobody, later, never --------------------------------------------------------------------------------
def test_nobody_at_the_address_is_unreachable_once_the_patience_is_over(tls: ssl.SSLContext) -> None:
    with (
        closing(HttpServer(free_port(), tls, patience=0.3)) as client,
        pytest.raises(Unreachable, match="ConnectError"),
    ):
        client.offer()


def test_a_terminal_s_line_tries_once_to_connect_where_others_try_for_as_long_as_they_are_patient(
    kits: Kits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_terminal(kits, tmp_path / "t", f"https://127.0.0.1:{free_port()}")
    tried: list[object] = []
    create = socket.create_connection

    def counted(*given: Any, **named: Any) -> socket.socket:
        tried.append(given)
        return create(*given, **named)

    monkeypatch.setattr(socket, "create_connection", counted)
    with closing(connect(place)) as line, pytest.raises(Unreachable, match="ConnectError"):
        line.waiting()
    assert len(tried) == 1
    tried.clear()
    patient = HttpServer(place.file.server.url, place.tls(), place.file.server.patience)
    with closing(patient) as other, pytest.raises(Unreachable, match="ConnectError"):
        other.waiting()
    assert len(tried) > 1


def test_a_terminal_s_line_is_patient_with_a_server_that_was_reached(
    kits: Kits, url: str, ministry: Ministry, tmp_path: Path
) -> None:
    with closing(connect(make_terminal(kits, tmp_path / "t", url))) as line:
        ministry.failing.statuses = [(503, ""), (503, "")]
        assert line.waiting() == []
    assert len(ministry.requests) == 3


def test_a_server_of_another_root_is_not_talked_to_and_not_asked_again(
    kits: Kits, tls: ssl.SSLContext, ministry: Ministry, tmp_path: Path
) -> None:
    stranger = pki.make_authority(SINCE, UNTIL)
    pki.save(tmp_path, pki.issue(stranger, PROFILE.agency, 1, Usage.TLS_SERVER))
    other = server_tls(tmp_path, PROFILE.agency, kits.folder / "authority", asks=False)
    with serving(ministry, kits, tls=other) as url, closing(HttpServer(url, tls, patience=30)) as client:
        began = time.monotonic()
        with pytest.raises(Refused) as error:
            client.offer()
        assert time.monotonic() - began < 15, "it was patient with a stranger"
    assert error.value.code == SERVER_NOT_TRUSTED
    assert "server.url" in (error.value.remedy or "")
    assert ministry.requests == []


def test_a_server_with_another_name_is_not_the_server(url: str, tls: ssl.SSLContext) -> None:
    with closing(HttpServer(url, tls, name="isa.example")) as client, pytest.raises(Refused) as error:
        client.offer()
    assert error.value.code == SERVER_NOT_TRUSTED


def test_the_name_that_is_checked_is_the_one_in_the_settings(url: str, tls: ssl.SSLContext) -> None:
    with closing(HttpServer(url.replace("127.0.0.1", "127.0.0.2"), tls, name="localhost")) as client:
        with pytest.raises(Unreachable):
            HttpServer(url.replace("127.0.0.1", "127.0.0.2"), tls, patience=0).offer()
        del client
    with closing(HttpServer(url, tls, name="localhost")) as client:
        assert client.offer().profiles == (PROFILE.name,)


def test_a_certificate_of_another_root_is_a_refusal_that_says_what_to_do(
    url: str, kits: Kits, tmp_path: Path
) -> None:
    stranger = pki.make_authority(SINCE, UNTIL)
    pki.save(tmp_path, pki.issue(stranger, CODE, 1, Usage.TLS_CLIENT))
    context = ssl.create_default_context(cafile=str(kits.folder / "authority" / "authority.cert.pem"))
    context.load_cert_chain(tmp_path / f"{CODE}.cert.pem", tmp_path / f"{CODE}.key.pem")
    with closing(HttpServer(url, context, patience=30)) as client, pytest.raises(Refused) as error:
        client.offer()
    assert error.value.code == CERTIFICATE_REFUSED
    assert "new kit" in (error.value.remedy or "")


@pytest.mark.parametrize("code", [wire.REVOKED, wire.NOT_LISTED, wire.NO_COMMON_PROFILE])
def test_what_is_refused_for_good_is_asked_once(code: str, client: HttpServer, ministry: Ministry) -> None:
    ministry.failing.problem = (wire.PROBLEMS[code][0], code)
    with pytest.raises(Refused) as error:
        client.waiting()
    assert error.value.code == code
    assert error.value.remedy
    assert len(ministry.requests) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_has_no_time_is_asked_again_when_it_wants_to_be(
    status: int, client: HttpServer, ministry: Ministry
) -> None:
    ministry.failing.statuses = [(status, "1"), (status, "")]
    began = time.monotonic()
    assert client.waiting() == []
    assert time.monotonic() - began >= 1
    assert len(ministry.requests) == 3


def test_a_server_that_wants_more_time_than_there_is_patience_is_left_alone(
    client: HttpServer, ministry: Ministry
) -> None:
    ministry.failing.statuses = [(503, "3600")]
    with pytest.raises(TryLater) as error:
        client.waiting()
    assert error.value.after == 3600
    assert len(ministry.requests) == 1


def test_a_fault_of_the_server_is_told_as_such(client: HttpServer, ministry: Ministry) -> None:
    ministry.failing.statuses = [(500, "")]
    with pytest.raises(Faulty, match="failed over"):
        client.waiting()


def test_a_program_that_is_no_ministry_server_is_told_from_one(
    client: HttpServer, ministry: Ministry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ministry, "rows", lambda: {"hello": "world"})
    with pytest.raises(Refused, match=r"server\.url"):
        client.waiting()


# --- up -----------------------------------------------------------------------------------------------
def test_a_lost_answer_is_asked_for_again_and_nothing_is_taken_in_twice(
    client: HttpServer, ministry: Ministry, kits: Kits
) -> None:
    client.offer()
    ministry.largest_piece = 1 << 20
    client.offer()
    ministry.failing.lose_answers = 2
    content = sealed(kits, b"a" * 300)
    receipt = client.send(Key("k1"), "r", "", content)
    assert receipt.size == len(content)
    assert ministry.requests.count("POST /v1/batches") == 3
    assert len(ministry.kinds("batch_rejected")) == 1  # it was no batch, and was judged once


@pytest.mark.parametrize("cuts", [[0], [1], [700], [999, 500], [300, 0, 1]])
def test_a_large_batch_that_is_cut_goes_on_where_the_server_stands(
    cuts: list[int], client: HttpServer, ministry: Ministry, kits: Kits
) -> None:
    content = sealed(kits, bytes(range(256)) * 20)
    ministry.failing.cut_up = list(cuts)
    receipt = client.send(Key("k1"), "r", "", content)
    assert receipt.size == len(content)
    assert not ministry.failing.cut_up, "it was never cut"
    (kept,) = ministry.receipts.values()
    assert kept[1].digest == receipt.digest
    patches = [one for one in ministry.requests if one.startswith("PATCH")]
    assert len(patches) <= len(content) // 1000 + 1 + len(cuts), "what was there was sent again"


def test_an_upload_of_other_bytes_that_an_earlier_life_began_is_given_up(
    client: HttpServer, ministry: Ministry, kits: Kits
) -> None:
    ministry.uploads["k1"] = ({wire.UPLOAD_LENGTH: "5000", wire.REF: "r"}, bytearray(b"x" * 4000))
    content = sealed(kits, b"b" * 2500)
    assert client.send(Key("k1"), "r", "", content).size == len(content)
    assert "DELETE /v1/uploads/k1" in ministry.requests


def test_a_message_s_name_may_hold_what_a_header_does_not(client: HttpServer, ministry: Ministry) -> None:
    assert client.say(Key("k1"), f"{CODE}/sequences", AskSequences()).ok
    assert len(ministry.kinds("sequences_told")) == 1


# --- down -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("cuts", [[0], [1], [100, 200], [5, 5, 5]])
def test_a_download_that_is_cut_goes_on_where_it_was(
    cuts: list[int], client: HttpServer, ministry: Ministry, kits: Kits
) -> None:
    client.send(Key("k1"), "r", "", sealed(kits, b"c"))  # it is answered by a batch down
    (row,) = client.waiting()
    ministry.failing.cut_down = list(cuts)
    content = client.download(row)
    assert content == ministry.bytes_of(row.key)
    assert not ministry.failing.cut_down, "it was never cut"


def test_a_download_whose_bytes_are_not_the_announced_ones_is_fetched_anew(
    client: HttpServer, ministry: Ministry, kits: Kits
) -> None:
    client.send(Key("k1"), "r", "", sealed(kits, b"c"))
    (row,) = client.waiting()
    ministry.failing.spoil = 2
    assert client.download(row) == ministry.bytes_of(row.key)


def test_bytes_that_are_never_the_announced_ones_are_not_taken(
    url: str, tls: ssl.SSLContext, ministry: Ministry, kits: Kits
) -> None:
    with closing(HttpServer(url, tls, patience=0.5)) as client:
        client.send(Key("k1"), "r", "", sealed(kits, b"c"))
        (row,) = client.waiting()
        ministry.failing.spoil = 1000
        with pytest.raises(Unreachable, match="not those"):
            client.download(row)
    assert len([one for one in ministry.requests if one.startswith("GET /v1/outbox/")]) < 30


def test_who_hangs_up_does_not_wait_for_the_end_of_a_pause(tls: ssl.SSLContext) -> None:
    client = HttpServer(free_port(), tls, patience=600)
    threading.Timer(0.3, client.close).start()
    began = time.monotonic()
    with pytest.raises(Unreachable):
        client.offer()
    assert time.monotonic() - began < 15


def test_who_hangs_up_does_not_wait_for_an_answer(url: str, tls: ssl.SSLContext) -> None:
    client = HttpServer(url, tls, patience=600)
    client.offer()
    threading.Timer(0.3, client.close).start()
    began = time.monotonic()
    with pytest.raises(Unreachable):
        client.waiting(wait=25)
    assert time.monotonic() - began < 10


# --- pauses -----------------------------------------------------------------------------------------------
@given(st.text(max_size=20), st.integers(0, 60))
def test_pauses_grow_stay_within_bounds_and_are_the_same_each_time(caller: str, at: int) -> None:
    first = list(itertools.islice(pauses(caller), at + 2))
    assert first == list(itertools.islice(pauses(caller), at + 2))
    assert all(0.05 <= pause <= LONGEST_PAUSE * 1.5 for pause in first)
    assert at > 5 or first[at + 1] > first[at] * 0.99


def test_two_callers_do_not_come_back_together() -> None:
    assert list(itertools.islice(pauses("terminal-131041"), 8)) != list(
        itertools.islice(pauses("terminal-131130"), 8)
    )


@pytest.mark.parametrize("outage", [90, 600, 3600])
def test_once_the_line_is_back_every_terminal_calls_within_half_a_minute_and_never_all_at_once(
    outage: float,
) -> None:
    calls = []
    for number in range(1892):
        at = 0.0
        for pause in pauses(f"terminal-{number:06d}", 0.5, LONGEST_BEFORE_CONNECTING):
            at += pause
            if at >= outage:
                break
        calls.append(at - outage)
    assert max(calls) <= 30
    assert max(Counter(int(at) for at in calls).values()) < 1892 / 8


def test_a_terminal_that_is_told_nothing_else_has_that_longest_pause() -> None:
    assert ServerTable(url="https://127.0.0.1:1").longest_pause * 1.5 <= 30
