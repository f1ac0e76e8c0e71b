"""A ministry server for these tests, and everybody who may knock at it."""

from __future__ import annotations

import shutil
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import msgspec
from cryptography import x509

from sim.base.instant import instant
from sim.drivers.live.ministry import folder as folders
from sim.drivers.live.ministry import issuing
from sim.drivers.live.ministry.folder import Place
from sim.drivers.live.wire import KEY, REF
from sim.exchange import batch as batches
from sim.exchange import pki
from sim.exchange.batch import UP, Header
from sim.exchange.envelope import seal
from sim.exchange.pki import Authority, Identity, LinkIdentity, Usage
from sim.exchange.profile import open_profile
from tests.live.served import Served

CODE, OTHER, THIRD = "131041", "271004", "011002"
PROFILE = open_profile()
BUSINESS = PROFILE.businesses["resident_register"].code
WITHIN = 30.0


def make(at: Path, *settings: str, codes: tuple[str, ...] = (CODE, OTHER, THIRD)) -> Place:
    """A server's folder, with these lines of settings instead of the standard ones."""
    issuing.make(at, dict.fromkeys(codes, ""), processes=1)
    if settings:
        (at / "ministry.toml").write_text("\n".join(settings) + "\n", encoding="utf-8")
    return folders.read(at)


def copy(place: Place, at: Path, *settings: str) -> Place:
    """The same keys in another folder, without a database."""
    shutil.copytree(
        place.folder, at, ignore=shutil.ignore_patterns("ministry.sqlite*", "running.json", "*.log")
    )
    if settings:
        (at / "ministry.toml").write_text("\n".join(settings) + "\n", encoding="utf-8")
    return folders.read(at)


@dataclass
class Stand:
    """A server that runs, and its callers."""

    place: Place
    served: Served
    codes: dict[str, int] = field(default_factory=dict)

    # --- callers ---------------------------------------------------------------------------------------
    def tls(self, code: str = CODE) -> ssl.SSLContext:
        """The certificate of a municipality's kit."""
        at = self.place.folder / folders.KITS / code / "tls"
        return self.tls_of(at / f"{code}.cert.pem", at / f"{code}.key.pem")

    def tls_of(self, certificate: Path | None, key: Path | None = None) -> ssl.SSLContext:
        """Any certificate, or none; it trusts the server."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.place.keys / "authority" / "authority.cert.pem")
        if certificate is not None:
            context.load_cert_chain(certificate, key)
        return context

    def issued(self, at: Path, name: str, usage: Usage, **more: Any) -> ssl.SSLContext:
        """A certificate of the genuine authority, made for a test."""
        identity: Identity | LinkIdentity
        if usage in (Usage.TLS_CLIENT, Usage.TLS_SERVER):
            identity = pki.issue_link(self.authority, name, 4711, usage, **more)
        else:
            identity = pki.issue(self.authority, name, 4711, usage, **more)
        pki.save(at, identity)
        return self.tls_of(at / f"{name}.cert.pem", at / f"{name}.key.pem")

    @property
    def authority(self) -> Authority:
        found = pki.load(self.place.keys / "authority", "authority")
        return Authority(found.name, found.certificate, found.key)

    def client(self, code: str = CODE, tls: ssl.SSLContext | None = None, **more: Any) -> httpx.Client:
        """A caller over HTTPS."""
        return httpx.Client(
            base_url=self.served.url, verify=tls or self.tls(code), trust_env=False, timeout=WITHIN, **more
        )

    @property
    def token(self) -> dict[str, str]:
        """What lets a command in."""
        return {"Authorization": f"Bearer {self.place.token()}"}

    def admin(self) -> httpx.Client:
        """An operator on this machine."""
        return httpx.Client(base_url=self.served.admin, trust_env=False, timeout=WITHIN)

    @contextmanager
    def raw(self, code: str = CODE) -> Iterator[ssl.SSLSocket]:
        """A connection on which anything can be said."""
        plain = socket.create_connection(("127.0.0.1", self.served.port), timeout=WITHIN)
        with self.tls(code).wrap_socket(plain, server_hostname="localhost") as link:
            yield link

    def said(self, request: bytes, code: str = CODE) -> bytes:
        """All that the server answers to some bytes until it hangs up, or for a second."""
        with self.raw(code) as link:
            link.sendall(request)
            return read(link)

    # --- batches -----------------------------------------------------------------------------------------
    def identity(self, code: str) -> Identity:
        """A municipality's envelope keys."""
        return pki.load(self.place.folder / folders.KITS / code / "envelope", code)

    def agency(self) -> x509.Certificate:
        """To whom a municipality seals."""
        return pki.load_certificate(self.place.keys / "envelope", PROFILE.agency)

    def sealed(self, content: bytes, code: str = CODE) -> bytes:
        """Sealed by a municipality for the agency."""
        return seal(content, self.identity(code), self.agency())

    def next_batch(self, code: str = CODE) -> bytes:
        """The next empty batch of a municipality, sealed."""
        self.codes[code] = self.codes.get(code, 0) + 1
        return self.sealed(batch(code, self.codes[code]), code)

    def post(self, client: httpx.Client, key: str, content: bytes, **headers: str) -> httpx.Response:
        """A batch up, whole."""
        return client.post("/v1/batches", content=content, headers={KEY: key, REF: "r", **headers})

    def decided(self, client: httpx.Client, key: str) -> dict[str, Any]:
        """The office's reply, as soon as it is there."""
        end = time.monotonic() + WITHIN
        while True:
            receipt = client.get(f"/v1/batches/{key}", headers={"Prefer": "wait=10"}).json()
            if receipt["reply"] is not None:
                reply: dict[str, Any] = receipt["reply"]
                return reply
            assert time.monotonic() < end, receipt

    def usage(self, code: str = CODE) -> dict[str, Any]:
        """What a municipality has used."""
        with self.client(code) as client:
            used: dict[str, Any] = client.get("/v1/usage").json()
        return used


def batch(code: str = CODE, sequence: int = 1, **changed: Any) -> bytes:
    """An empty batch up."""
    created = instant(date(2026, 4, 1), 12)
    header = Header(PROFILE.name, code, PROFILE.agency, BUSINESS, UP, sequence, created, 0)
    return batches.encode(msgspec.structs.replace(header, **changed), (), PROFILE)


def read(link: ssl.SSLSocket, quiet: float = 1.0) -> bytes:
    """What comes until the other end hangs up, or says nothing for a while."""
    link.settimeout(quiet)
    said = b""
    try:
        while more := link.recv(65536):
            said += more
    except (TimeoutError, ConnectionError, ssl.SSLError):
        pass
    return said


def until(true: Callable[[], bool]) -> None:
    """Waits until something holds."""
    end = time.monotonic() + WITHIN
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)
