"""The server against its own description and against bytes that nobody would send: no 5xx, no silence."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from sim.drivers.live import wire
from sim.drivers.live.ministry import folder as folders
from sim.drivers.live.ministry import issuing
from sim.drivers.live.ministry.routes import ENDPOINTS
from sim.drivers.live.ministry.settings import FILE
from tests.live.endpoint import PROFILE, Endpoint, Kit
from tests.live.served import Served

CODE: Final = "131041"
HALF: Final = "131041-half"
SERVED: Final = tuple(one for one in ENDPOINTS if not one.in_rehearsal)
CHECKS: Final[list[Any]] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Impatient with callers who say nothing more; nobody here is slow on purpose.
SETTINGS: Final = """
[limits]
requests_per_minute = 1000000
largest_batch = 65536
largest_piece = 4096
header_within = 0.5
piece_within = 0.5
body_within = 2
"""
# For one answer, or for being hung up on: longer than any limit of the server.
WITHIN: Final = 20.0
# What fails is told as it was found: to look for the smallest example would take minutes.
PHASES: Final = (Phase.explicit, Phase.generate)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:schemathesis.*")


@dataclass(frozen=True)
class Stand:
    """A server with something in its outbox, and a kit of one municipality."""

    server: Served
    kit: Path
    waiting: str
    sent: str

    @property
    def tls(self) -> ssl.SSLContext:
        return Kit.read(self.kit).tls


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    place = issuing.make(tmp_path_factory.mktemp("stand") / "server", {CODE: ""}, processes=1)
    (place.folder / FILE).write_text(SETTINGS, encoding="utf-8")
    kit = place.folder / folders.KITS / CODE
    with Served(place.folder) as server:
        one = Endpoint(Kit.read(kit), lambda: server.port)
        sent = one.make(one.notice())
        one.upload(sent)
        one.decided(sent)
        begin = {wire.KEY: HALF, wire.REF: HALF, wire.UPLOAD_LENGTH: "4000"}
        assert one.ask("", "POST", "/v1/uploads", begin)[0] == 201
        _, _, content = one.ask("", "GET", "/v1/outbox?wait=20")
        one.close()
        # Left there: who asks for the outbox never has to wait for something.
        yield Stand(server, kit, json.loads(content)[0]["key"], sent.ref)


@pytest.fixture(scope="module")
def description(stand: Stand) -> dict[str, Any]:
    with httpx.Client(base_url=stand.server.url, verify=stand.tls, trust_env=False) as client:
        found: dict[str, Any] = client.get("/v1/openapi.json").json()
    return found


@pytest.fixture(scope="module")
def session(stand: Stand) -> Iterator[requests.Session]:
    """A caller with the municipality's certificate."""
    at = stand.kit / "tls"
    with requests.Session() as one:
        one.trust_env = False
        one.cert = (str(at / f"{CODE}.cert.pem"), str(at / f"{CODE}.key.pem"))
        one.verify = str(at / "authority.cert.pem")
        yield one


def test_the_description_is_valid_and_tells_every_route(description: dict[str, Any]) -> None:
    schema = schemathesis.openapi.from_dict(description)
    schema.validate()
    told = {(method, path) for path, item in description["paths"].items() for method in item}
    assert told == {(one.method.lower(), one.path) for one in SERVED}
    # The check can fail.
    del description["info"]["version"]
    try:
        with pytest.raises(Exception, match="version"):
            schemathesis.openapi.from_dict(description).validate()
    finally:
        description["info"]["version"] = "1"


@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
@pytest.mark.parametrize("endpoint", SERVED, ids=lambda one: f"{one.method} {one.path}")
def test_whatever_the_description_allows_or_forbids_is_answered_as_it_says(
    endpoint: Any,
    mode: GenerationMode,
    stand: Stand,
    description: dict[str, Any],
    session: requests.Session,
    record_property: Callable[[str, object], None],
) -> None:
    schema = schemathesis.openapi.from_dict(description)
    schema.config.update(base_url=stand.server.url)
    operation = schema[endpoint.path][endpoint.method]
    keys = st.sampled_from([stand.waiting, stand.sent, HALF])
    answered: Counter[int] = Counter()

    @settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=PHASES,
    )
    @given(
        case=operation.as_strategy(generation_mode=mode),
        key=st.one_of(st.none(), keys),
        likely=st.booleans() if mode is GenerationMode.POSITIVE else st.just(False),
    )
    def fuzz(case: Any, key: str | None, likely: bool) -> None:
        if key is not None and case.path_parameters:
            case.path_parameters["key"] = key  # one that is there
        if likely:  # what no form can tell: the server's own version, lengths that it takes
            case.headers[wire.PROFILE] = PROFILE.name
            for name, value in ((wire.UPLOAD_LENGTH, "4"), (wire.UPLOAD_OFFSET, "0")):
                if name in case.headers:
                    case.headers[name] = value
        response = case.call(session=session, timeout=WITHIN, cert=session.cert, verify=session.verify)
        answered[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    fuzz()
    record_property("answered", dict(sorted(answered.items())))
    assert answered
    assert max(answered) < 500


# --- bytes --------------------------------------------------------------------------------------------------
def heads() -> list[bytes]:
    """A request of each route, as bytes."""
    made = []
    for one in SERVED:
        told = {
            wire.KEY: "some-key",
            wire.REF: "131041-ISA-01-00000009",
            wire.UPLOAD_LENGTH: "10",
            wire.UPLOAD_OFFSET: "0",
            wire.PREFER: "wait=0",
            wire.DIGEST: wire.digest_of(b"0123456789"),
            "Range": "bytes=0-9",
        }
        body = b"0123456789" if one.takes is not None else b""
        lines = [f"{one.method} {one.path.replace('{key}', 'some-key')} HTTP/1.1", "Host: x"]
        lines += [
            f"{name}: {told[name]}" for name in (n.removesuffix("!") for n in one.headers) if name in told
        ]
        lines += [f"Content-Length: {len(body)}"]
        made.append("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    return made


CUTS: Final = st.tuples(st.integers(0, 400), st.integers(0, 12))
SPLINTERS: Final = st.one_of(
    st.binary(max_size=8),
    st.sampled_from(
        [
            b"\r\n",
            b"\0",
            b"%00",
            b"%ff",
            b"/../",
            b"\xff\xfe",
            b";",
            b"?wait=-1",
            b"99999999999",
            b"A" * 20_000,
            b"\r\nTransfer-Encoding: chunked",
            b"\r\nContent-Length: 5",
            b"\r\nContent-Encoding: gzip",
            b"\r\nExpect: 100-continue",
            b"\r\nUpgrade: websocket",
            b"\r\nRange: bytes=-0",
            b"\r\nRenkei-Profile: ,",
        ]
    ),
)


@st.composite
def broken(draw: Callable[[Any], Any]) -> bytes:
    """A request in which pieces are missing, foreign or twice."""
    whole: bytes = draw(st.sampled_from(heads()))
    for at, length in draw(st.lists(CUTS, max_size=2)):
        whole = whole[:at] + draw(SPLINTERS) + whole[at + length :]
    if draw(st.booleans()):
        whole += draw(st.sampled_from(heads()))
    return whole


def test_whatever_bytes_come_are_answered_or_hung_up_on(stand: Stand) -> None:
    tls, statuses = stand.tls, Counter[int]()

    @settings(
        max_examples=120,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=PHASES,
    )
    @given(data=st.one_of(broken(), broken(), broken(), st.binary(min_size=1, max_size=400)))
    def fuzz(data: bytes) -> None:
        plain = socket.create_connection(("127.0.0.1", stand.server.port), WITHIN)
        with tls.wrap_socket(plain, server_hostname="localhost") as link:
            link.sendall(data)
            statuses[answer(link)] += 1

    fuzz()
    assert max(statuses) < 500
    assert statuses[400] > 10 and sum(statuses.values()) >= 100, statuses


def answer(link: ssl.SSLSocket) -> int:
    """The status of the first answer; 0 for none. It must not do neither."""
    response = http.client.HTTPResponse(link)
    try:
        response.begin()
        response.read()
        return response.status
    except TimeoutError:
        raise AssertionError("neither an answer nor the end of the connection") from None
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        response.close()


def test_nothing_of_all_that_was_a_fault_of_the_server(stand: Stand) -> None:
    """Last: the log of the server in which the others of this file have worked, and that it still works."""
    with httpx.Client(base_url=stand.server.url, verify=stand.tls, trust_env=False) as client:
        assert client.get("/v1/profile").status_code == 200
    stand.server.settled()
    said = [json.loads(line) for line in stand.server.said().splitlines() if line.startswith("{")]
    assert [line for line in said if line["level"] in ("error", "critical")] == []
    assert "Traceback" not in stand.server.said()
    assert stand.server.stop() == 0
