"""The HTTP adapter: a good server is understood, and a bad one blamed; one that is not there is not."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conformance.adapters import channel_of, kind_of, settings_of
from conformance.adapters.serving import server
from conformance.inspecting import State
from conformance.kits import kit_of
from conformance.protocol.base import Clock, ClockAnswer, Done, Hello
from conformance.protocol.conversation import Conversation
from conformance.protocol.examples import NIGHT, examples
from conformance.protocol.roles import MUNICIPAL
from sim.base.errors import Breach, HarnessError, UsageError

HELLO = b'{"id": 1, "op": "hello", "body": {}}'


@contextmanager
def serving(made: HTTPServer) -> Iterator[int]:
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made.server_address[1]
    finally:
        made.shutdown()
        thread.join()
        made.server_close()


def answering(handle: Callable[[BaseHTTPRequestHandler], None]) -> HTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            try:
                handle(self)
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    return Quiet(("127.0.0.1", 0), Handler)


class Quiet(HTTPServer):
    """A server that says nothing of handshakes that fail."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing."""


def say(handler: BaseHTTPRequestHandler, code: int, body: bytes, **headers: str) -> None:
    handler.send_response(code)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def talk(url: str, **settings: Any) -> bytes:
    channel = channel_of(settings_of({"kind": "http", "url": url, **settings}), MUNICIPAL)
    try:
        return channel.talk(HELLO)
    finally:
        channel.close()


def test_the_reference_is_understood_over_http() -> None:
    with serving(server(lambda: kit_of("municipal-system").reference(None), 0)) as port:
        settings = settings_of({"kind": "http", "url": f"http://127.0.0.1:{port}/"})
        conversation = Conversation(channel_of(settings, MUNICIPAL), MUNICIPAL)
        conversation.hello(Hello(role="municipal-system"))
        conversation.ask(examples("municipal-system")[0], Done)
        assert conversation.ask(Clock(until=NIGHT), ClockAnswer).at == NIGHT
        conversation.bye()


@pytest.mark.parametrize("content", [b"no line", b"[1]", b'{"op": "hello"'])
def test_the_reference_refuses_what_is_no_line(content: bytes) -> None:
    with serving(server(lambda: kit_of("municipal-system").reference(None), 0)) as port:
        assert httpx.post(f"http://127.0.0.1:{port}/", content=content).status_code == 400


def test_headers_are_sent_and_secrets_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENKEI_TEST_SECRET", "Bearer s3cret")
    seen = []

    def handle(handler: BaseHTTPRequestHandler) -> None:
        seen.append((handler.headers["authorization"], handler.headers["accept-encoding"]))
        say(handler, 200, b"{}")

    with serving(answering(handle)) as port:
        headers = {"authorization": {"env": "RENKEI_TEST_SECRET"}}
        assert talk(f"http://127.0.0.1:{port}/", headers=headers) == b"{}"
    assert seen == [("Bearer s3cret", "identity")]


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with serving(answering(lambda handler: say(handler, 200, b"{}"))) as port:
        assert talk(f"http://127.0.0.1:{port}/") == b"{}"


def slow(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1.5)


def dripping(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def hanging_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


BAD: dict[str, tuple[Callable[[BaseHTTPRequestHandler], None], str]] = {
    "an error": (lambda handler: say(handler, 500, b"boom"), "500"),
    "a redirection": (
        lambda handler: say(handler, 302, b"", location="http://elsewhere/"),
        "http://elsewhere/",
    ),
    "too much": (lambda handler: say(handler, 200, b"x" * 5000), "at most 1024 bytes"),
    "something packed": (lambda handler: say(handler, 200, b"x", content_encoding="gzip"), "gzip"),
    "nothing in time": (slow, "an answer within 0.6 s"),
    "a drip": (dripping, "within 0.6 s"),
    "no HTTP": (hanging_up, "an answer in HTTP"),
}


LATE = ("nothing in time", "a drip")


@pytest.mark.parametrize("bad", BAD)
def test_a_server_that_answers_otherwise_is_to_blame(bad: str) -> None:
    handle, told = BAD[bad]
    with serving(answering(handle)) as port, pytest.raises(Breach) as raised:
        talk(f"http://127.0.0.1:{port}/", answer=0.6 if bad in LATE else 30.0, answer_bytes=1024)
    assert told in str(raised.value)


def test_an_operation_may_have_a_time_of_its_own() -> None:
    with serving(answering(slow)) as port, pytest.raises(Breach, match=r"0\.2 s"):
        talk(f"http://127.0.0.1:{port}/", timeouts={"hello": 0.2})


def test_an_address_that_is_not_there_is_not_the_implementations_fault() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(HarnessError, match="cannot be reached"):
        talk(f"http://127.0.0.1:{port}/")


# --- certificates ---------------------------------------------------------------------------------------
def _pem(path: Path, *blocks: bytes) -> Path:
    path.write_bytes(b"".join(blocks))
    return path


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of this machine that is its own authority."""
    place = tmp_path_factory.mktemp("keys")
    for name in ("server", "other"):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        begun = datetime(2020, 1, 1, tzinfo=UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(begun)
            .not_valid_after(begun + timedelta(days=36500))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        _pem(place / f"{name}.pem", made.public_bytes(serialization.Encoding.PEM))
        _pem(
            place / f"{name}.key",
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )
    return place


@contextmanager
def secured(keys: Path, *, wants_client: bool) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys / "server.pem", keys / "server.key")
    if wants_client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(keys / "other.pem")
    made = answering(lambda handler: say(handler, 200, b'{"tls": true}'))
    made.socket = context.wrap_socket(made.socket, server_side=True, do_handshake_on_connect=True)
    with serving(made) as port:
        yield port


def test_the_authority_of_the_plan_is_trusted_and_no_other(keys: Path) -> None:
    with secured(keys, wants_client=False) as port:
        url = f"https://127.0.0.1:{port}/"
        assert json.loads(talk(url, ca=str(keys / "server.pem"))) == {"tls": True}
        for ca in ({"ca": str(keys / "other.pem")}, {}):
            with pytest.raises(HarnessError, match="cannot be reached"):
                talk(url, **ca)


def test_a_certificate_of_ours_is_shown(keys: Path) -> None:
    with secured(keys, wants_client=True) as port:
        shown = {"certificate": str(keys / "other.pem"), "key": str(keys / "other.key")}
        told = talk(f"https://127.0.0.1:{port}/", ca=str(keys / "server.pem"), **shown)
        assert json.loads(told) == {"tls": True}


@pytest.mark.parametrize(
    "files",
    [
        {"ca": "none.pem"},
        {"ca": "server.key"},
        {"certificate": "server.pem", "key": "other.key"},
        {"certificate": "none.pem"},
    ],
)
def test_certificates_that_do_not_fit_are_wrong_use_and_the_doctor_says_so(
    files: dict[str, str], keys: Path
) -> None:
    given = {name: str(keys / file) for name, file in files.items()}
    with pytest.raises(UsageError, match="certificates"):
        talk("https://127.0.0.1:1/", **given)
    settings = settings_of({"kind": "http", "url": "https://127.0.0.1:1/", **given})
    assert [point.state for point in kind_of("http").inspect(settings)] == [State.FAIL]


def test_the_doctor_remarks_on_plain_http_to_another_machine() -> None:
    for url, state in (("http://product.example/", State.NOTE), ("http://localhost:1/", State.SKIPPED)):
        settings = settings_of({"kind": "http", "url": url})
        assert [point.state for point in kind_of("http").inspect(settings)] == [state]
