"""`http`: each line is the body of a POST to one address, and the answer's body is the line that comes back.

A call in the middle of an operation is an answer with `call`; its result is the next POST. Redirections are
refused, proxies and compressed answers are not used, and every answer is bounded in time and in length.

Whose fault: an address that cannot be reached, or whose certificate is not trusted, is a HarnessError; a
server that answers late, otherwise than 200, or without end is a Breach.
"""

from __future__ import annotations

import json
import ssl
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field, StringConstraints

from conformance.adapters.kind import Kind, Say, Seconds, Settings
from conformance.adapters.secrets import Secret, looked_up
from conformance.inspecting import Point, State
from conformance.protocol.conversation import ALONE
from conformance.protocol.roles import Role
from sim.base.errors import Breach, HarnessError, UsageError

if TYPE_CHECKING:
    import httpx

SHOWN: Final = 200


class HttpSettings(Settings):
    """`url`: where to POST. `headers`: sent with each; a value may be a secret. `connect`, `answer`: seconds.

    `ca`: the authority that the server's certificate comes from (PEM), instead of the system's.
    `certificate`, `key`: what the harness shows of itself; `passphrase` opens the key. `answer_bytes`: the
    longest answer.
    """

    kind: Literal["http"]
    url: Annotated[str, StringConstraints(pattern=r"\Ahttps?://[^\s/?#]+[^\s#]*\z")]
    headers: dict[str, str | Secret] = Field(default_factory=dict)
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    passphrase: Secret | None = None
    connect: Seconds = 10.0
    answer: Seconds = 60.0
    answer_bytes: Annotated[int, Field(ge=1 << 10, le=1 << 30)] = 128 << 20


class HttpChannel:
    """One address. Raises a UsageError when certificates or secrets are not there."""

    def __init__(self, settings: HttpSettings) -> None:
        import httpx

        self._settings = settings
        self._op = "hello"
        self._seconds = settings.answer
        headers = {
            name: looked_up(value, f"adapter.headers.{name}") for name, value in settings.headers.items()
        }
        try:
            self._client = httpx.Client(
                verify=_context(settings) if settings.url.startswith("https:") else False,
                headers={"content-type": "application/json", "accept-encoding": "identity"} | headers,
                timeout=httpx.Timeout(settings.answer, connect=settings.connect),
                follow_redirects=False,
                trust_env=False,
            )
        except (ValueError, httpx.InvalidURL) as error:
            raise UsageError(
                "the headers cannot be sent", where="adapter.headers", received=type(error).__name__
            ) from error

    def talk(self, line: bytes) -> bytes:
        """POSTs a line and gives the answer's. Raises as a channel does."""
        import httpx

        op = json.loads(line).get("op")
        if op is not None:  # a result given to a call belongs to the operation before
            self._op = op
            self._seconds = self._settings.seconds_for(op, self._settings.answer)
        timeout = httpx.Timeout(self._seconds, connect=self._settings.connect)
        try:
            with self._client.stream("POST", self._settings.url, content=line, timeout=timeout) as response:
                return self._answer(response, time.monotonic() + self._seconds)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
            raise HarnessError(
                "the address of the adapter cannot be reached",
                where=self._settings.url,
                received=str(error),
                remedy="start the server; check address, port and certificates (adapter.ca)",
            ) from error
        except httpx.TimeoutException as error:
            raise self._breach(f"an answer within {self._seconds:g} s", "none") from error
        except httpx.InvalidURL as error:
            raise UsageError(
                "this is no address", where="adapter.url", received=self._settings.url
            ) from error
        except httpx.HTTPError as error:
            raise self._breach("an answer in HTTP", f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        """Leaves the server."""
        self._client.close()

    def _answer(self, response: httpx.Response, deadline: float) -> bytes:
        found = bytearray()
        for chunk in response.iter_raw():
            found += chunk
            if len(found) > self._settings.answer_bytes:
                raise self._breach(f"at most {self._settings.answer_bytes} bytes", "more")
            if time.monotonic() > deadline:
                raise self._breach(f"a whole answer within {self._seconds:g} s", f"{len(found)} bytes so far")
        if response.status_code != 200:
            told = f"{response.status_code} {response.reason_phrase}"
            if response.is_redirect:
                told += f" to {response.headers.get('location', '')}"
            raise self._breach("200, whatever the answer is", f"{told}: {bytes(found[:SHOWN])!r}")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise self._breach("an answer as it is", f"one in {response.headers['content-encoding']}")
        return bytes(found).strip()

    def _breach(self, expected: str, received: str) -> Breach:
        return Breach(
            "the adapter does not answer as it must",
            where=f"{self._settings.url}, {self._op}",
            expected=expected,
            received=received,
            remedy=ALONE,
        )


def _context(settings: HttpSettings) -> ssl.SSLContext:
    passphrase = settings.passphrase.look_up("adapter.passphrase") if settings.passphrase else None
    try:
        context = ssl.create_default_context(cafile=settings.ca)
        if settings.certificate is not None:
            context.load_cert_chain(settings.certificate, settings.key, passphrase or "")
    except (OSError, ValueError) as error:
        raise UsageError(
            "the certificates of the adapter cannot be used",
            where="adapter.ca, adapter.certificate, adapter.key",
            expected="files in PEM, and the key of the certificate",
            received=f"{type(error).__name__}: {error}",
            remedy="`renkei conform doctor` says which of them",
        ) from error
    return context


def _open(settings: HttpSettings, role: Role, say: Say) -> HttpChannel:
    return HttpChannel(settings)


def _inspect(settings: HttpSettings) -> list[Point]:
    if not settings.url.startswith("https:"):
        near = settings.url.startswith(("http://localhost", "http://127.0.0.1", "http://[::1]"))
        return [
            Point(
                id="certificates",
                ja="証明書",
                en="certificates",
                state=State.SKIPPED if near else State.NOTE,
                told="plain http" + ("" if near else ": whoever is on the way can read and change it"),
            )
        ]
    try:
        _context(settings)
    except UsageError as error:
        return [
            Point(
                id="certificates",
                ja="証明書と鍵が使える",
                en="certificates and key can be used",
                state=State.FAIL,
                told=str(error.received),
                mend="give ca, certificate and key as files in PEM that belong together",
            )
        ]
    return [
        Point(
            id="certificates",
            ja="証明書と鍵が使える",
            en="certificates and key can be used",
            state=State.PASS,
            told="the system's authorities" if settings.ca is None else str(settings.ca),
        )
    ]


KIND: Final = Kind("http", "一つのURL", "one URL", HttpSettings, _open, _inspect)
