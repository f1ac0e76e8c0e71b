"""A ministry server's folder: where everything lies. `issuing` makes it.

DIR/ministry.toml          the settings
DIR/municipalities.csv     the allow-list: code, name
DIR/keys/                  0700, files 0600: the one place of all secrets
    authority/             the root with its key: for revoking; the server never reads the key
    envelope/ tls/         the agency's keys and certificates, those of all municipalities, the root's
    revoked.crl.pem        what the root took back; read again when it changes
    media/CODE.key         seals media between the municipality and the agency; the kit has it too
    store.key              encrypts the database
    command.token          lets a command in at the admin listener
DIR/kits/CODE/             0700: what a municipality is handed. Hand it over, and remove it here
DIR/ministry.sqlite        everything that the server remembers, encrypted
DIR/running.json           while it runs: its ports
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sim.base.errors import UsageError
from sim.drivers.edge import SealedEdge
from sim.drivers.folders import load_key
from sim.drivers.live.media import MEDIA_KEY
from sim.drivers.live.ministry.access import ALLOWED, read_allowed
from sim.drivers.live.ministry.settings import DATABASE, Settings, load
from sim.drivers.topology import MINISTRY, places_of
from sim.exchange import pki
from sim.exchange.pki import AUTHORITY_NAME, Revocations
from sim.exchange.profile import open_profile

KEYS: Final = "keys"
KITS: Final = "kits"
REVOKED: Final = "revoked.crl.pem"
STORE_KEY: Final = "store.key"
TOKEN: Final = "command.token"
RUNNING: Final = "running.json"
AUTHORITY: Final = "authority"
ENVELOPE: Final = "envelope"
TLS: Final = "tls"
MEDIA_KEYS: Final = "media"


class Running(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a server that runs listens."""

    port: int
    admin_port: int
    pid: int


@dataclass(frozen=True, slots=True)
class Place:
    """A server's folder, with what stands in its files."""

    folder: Path
    settings: Settings
    allowed: Mapping[str, str]

    @property
    def keys(self) -> Path:
        """The one place of all secrets."""
        return self.folder / KEYS

    @property
    def revoked(self) -> Path:
        """The authority's list of what it took back."""
        return self.keys / REVOKED

    @property
    def database(self) -> Path | str:
        """Where it keeps everything."""
        return self.settings.store.url or self.folder / DATABASE

    @property
    def agency(self) -> str:
        """The agency's name in certificates and batches."""
        return open_profile().agency

    def trust(self) -> x509.Certificate:
        """The root's certificate."""
        return pki.load_certificate(self.keys / ENVELOPE, AUTHORITY_NAME)

    def edge(self, revocations: Revocations) -> SealedEdge:
        """The agency's envelope keys and the certificates of all municipalities.

        Raises:
            UsageError: a file is missing or damaged.
        """
        at = self.keys / ENVELOPE
        own = pki.load(at, self.agency)
        peers = {places_of(code).terminal: pki.load_certificate(at, code) for code in self.allowed}
        trust = pki.load_certificate(at, AUTHORITY_NAME)
        return SealedEdge({MINISTRY: own}, peers, trust, revocations)

    def tls(self) -> ssl.SSLContext:
        """TLS for the server's end: nobody without a certificate of the same root comes in.

        Raises:
            UsageError: a file is missing or damaged.
        """
        at = self.keys / TLS
        pki.load_link(at, self.agency)  # says what is wrong, where TLS would say a number
        return tls_of(at, self.agency, at / f"{AUTHORITY_NAME}.cert.pem")

    def known(self) -> Iterator[bytes]:
        """The certificates (DER) for the link that were issued to the municipalities of the list."""
        for code in self.allowed:
            with suppress(UsageError):
                yield pki.load_certificate(self.keys / TLS, code).public_bytes(Encoding.DER)

    def store_key(self) -> bytes:
        """What the database is encrypted by."""
        return secret(self.keys / STORE_KEY)

    def media_key(self, code: str) -> bytes:
        """What seals media between this municipality and the agency.

        Raises:
            UsageError: there is none, or it is open to others.
        """
        path = self.keys / MEDIA_KEYS / f"{code}.key"
        if not path.exists():
            raise UsageError(
                f"the server has no key of media of {code}",
                where=str(path),
                expected=f"the key that the terminal has as keys/{MEDIA_KEY}",
                remedy="a folder of an earlier release: have that file carried here by hand, mode 0600",
            )
        return load_key(path)

    def token(self) -> str:
        """What lets a command in."""
        return secret(self.keys / TOKEN).decode("ascii", "replace").strip()

    def check_private(self) -> None:
        """Refuses keys that others could read.

        Raises:
            UsageError: the folder of the keys is open to others.
        """
        mode = self.keys.stat().st_mode & 0o077
        if mode:
            raise UsageError(
                "others may read the server's keys",
                where=str(self.keys),
                expected="mode 0700",
                received=f"{self.keys.stat().st_mode & 0o777:#05o}",
                remedy=f"chmod 700 {self.keys}",
            )


def read(folder: Path) -> Place:
    """The server in that folder.

    Raises:
        UsageError: there is none, or one of its files is wrong.
    """
    settings = load(folder)
    place = Place(folder, settings, read_allowed(folder / ALLOWED))
    if not place.keys.is_dir():
        raise UsageError(
            "the server has no keys",
            where=str(place.keys),
            remedy="make a new folder with `renkei ministry init`",
        )
    return place


def tls_of(at: Path, name: str, trust: Path) -> ssl.SSLContext:
    """A server's TLS. No session is resumed: on each connection the caller proves anew who it is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(trust)
    context.load_cert_chain(at / f"{name}.cert.pem", at / f"{name}.key.pem")
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_NO_TICKET
    context.num_tickets = 0
    return context


# --- while it runs ----------------------------------------------------------------------------------------
def note_running(folder: Path, running: Running) -> None:
    """Writes down where the server listens."""
    part = folder / f"{RUNNING}.part"
    part.write_bytes(msgspec.json.encode(running) + b"\n")
    os.replace(part, folder / RUNNING)


def running(folder: Path) -> Running:
    """Where the server listens.

    Raises:
        UsageError: it does not run.
    """
    try:
        return msgspec.json.decode((folder / RUNNING).read_bytes(), type=Running)
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(
            "the ministry server does not run", where=str(folder), remedy=f"renkei ministry serve {folder}"
        ) from error


# --- files ------------------------------------------------------------------------------------------------
def private(place: Path) -> None:
    """A folder that is the owner's alone, whatever the umask says."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.chmod(0o700)


def write_secret(path: Path, content: bytes) -> None:
    """A file that only its owner reads; never over another one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def secret(path: Path) -> bytes:
    """What such a file holds.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            "a secret of the server cannot be read",
            where=str(path),
            received=error.strerror,
            remedy="restore the folder of the keys from a copy",
        ) from error
