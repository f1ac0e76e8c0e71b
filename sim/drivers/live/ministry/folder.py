"""A ministry server's folder: how it is made, and where everything lies.

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
import secrets
import shutil
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from sim.base.errors import UsageError
from sim.drivers.edge import SealedEdge
from sim.drivers.folders import load_key, make_key
from sim.drivers.live.media import MEDIA_KEY
from sim.drivers.live.ministry.access import ALLOWED, read_allowed
from sim.drivers.live.ministry.settings import DATABASE, FILE, Settings, load, template
from sim.drivers.topology import MINISTRY, VALID_FROM, VALID_UNTIL, places_of
from sim.exchange import pki
from sim.exchange.pki import AUTHORITY_NAME, Authority, Identity, Reason, Revocations, Usage
from sim.exchange.profile import open_profile

KEYS: Final = "keys"
KITS: Final = "kits"
REVOKED: Final = "revoked.crl.pem"
STORE_KEY: Final = "store.key"
TOKEN: Final = "command.token"
RUNNING: Final = "running.json"
_AUTHORITY: Final = "authority"
_ENVELOPE: Final = "envelope"
_TLS: Final = "tls"
_MEDIA: Final = "media"
# Below this number of keys, starting processes takes longer than making them.
_WORTH_PROCESSES: Final = 8

Progress = Callable[[int, int], None]


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
        return pki.load_certificate(self.keys / _ENVELOPE, AUTHORITY_NAME)

    def edge(self, revocations: Revocations) -> SealedEdge:
        """The agency's envelope keys and the certificates of all municipalities.

        Raises:
            UsageError: a file is missing or damaged.
        """
        at = self.keys / _ENVELOPE
        own = pki.load(at, self.agency)
        peers = {places_of(code).terminal: pki.load_certificate(at, code) for code in self.allowed}
        trust = pki.load_certificate(at, AUTHORITY_NAME)
        return SealedEdge({MINISTRY: own}, peers, trust, revocations)

    def tls(self) -> ssl.SSLContext:
        """TLS for the server's end: nobody without a certificate of the same root comes in.

        Raises:
            UsageError: a file is missing or damaged.
        """
        at = self.keys / _TLS
        pki.load_link(at, self.agency)  # says what is wrong, where TLS would say a number
        return tls_of(at, self.agency, at / f"{AUTHORITY_NAME}.cert.pem")

    def known(self) -> Iterator[bytes]:
        """The certificates (DER) for the link that were issued to the municipalities of the list."""
        for code in self.allowed:
            with suppress(UsageError):
                yield pki.load_certificate(self.keys / _TLS, code).public_bytes(Encoding.DER)

    def store_key(self) -> bytes:
        """What the database is encrypted by."""
        return _secret(self.keys / STORE_KEY)

    def media_key(self, code: str) -> bytes:
        """What seals media between this municipality and the agency.

        Raises:
            UsageError: there is none, or it is open to others.
        """
        path = self.keys / _MEDIA / f"{code}.key"
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
        return _secret(self.keys / TOKEN).decode("ascii", "replace").strip()

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


# --- making one -------------------------------------------------------------------------------------------
def make(
    folder: Path,
    allowed: Mapping[str, str],
    *,
    ready: Path | None = None,
    hosts: Sequence[str] = (),
    url: str = "https://127.0.0.1:8443",
    kits: bool = True,
    processes: int | None = None,
    progress: Progress | None = None,
) -> Place:
    """Makes a server's folder with a fresh PKI, and a kit for each municipality.

    Args:
        allowed: names by code.
        ready: a folder with identities that were made before: `authority/`, `envelope/NAME.cert.pem` and
            `.key.pem`, `tls/` alike. They are taken, and what is missing is issued by their authority.
        hosts: names and addresses by which the server is reached besides this machine's own.
        url: where terminals find it.
        kits: whether to write them.
        processes: that make keys at a time; as many as the machine has cores when left out.

    Raises:
        UsageError: the folder holds something, a code is none, or `ready` lacks its authority.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            "the folder is not empty",
            where=str(folder),
            expected="a folder that does not exist yet, or an empty one",
            remedy="give a new folder: keys are never overwritten",
        )
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    _private(part)
    (part / ALLOWED).write_text(
        "code,name\n" + "".join(f"{code},{name}\n" for code, name in allowed.items()), encoding="utf-8"
    )
    read_allowed(part / ALLOWED)
    (part / FILE).write_text(template(), encoding="utf-8")
    _make_keys(part, tuple(allowed), ready, hosts, url, kits, processes or os.cpu_count() or 1, progress)
    if folder.exists():
        folder.rmdir()
    os.replace(part, folder)
    return read(folder)


def _make_keys(
    folder: Path,
    codes: Sequence[str],
    ready: Path | None,
    hosts: Sequence[str],
    url: str,
    kits: bool,
    processes: int,
    progress: Progress | None,
) -> None:
    keys, agency = folder / KEYS, open_profile().agency
    for place in (keys, keys / _AUTHORITY, keys / _ENVELOPE, keys / _TLS, keys / _MEDIA):
        _private(place)
    authority = _authority(ready)
    root_papers = _papers(authority)
    _write(keys / _AUTHORITY / f"{AUTHORITY_NAME}.key.pem", root_papers.key)
    _write(keys / _AUTHORITY / f"{AUTHORITY_NAME}.cert.pem", root_papers.certificate)
    root = root_papers.certificate
    nothing = pki.revocation_list(authority, {}, 1, VALID_FROM, VALID_UNTIL)
    _write(keys / REVOKED, nothing)
    for kind in (_ENVELOPE, _TLS):
        _write(keys / kind / f"{AUTHORITY_NAME}.cert.pem", root)
    _write(keys / STORE_KEY, secrets.token_bytes(32))
    _write(keys / TOKEN, f"{secrets.token_urlsafe(32)}\n".encode())
    issuer = _Issuer(authority, ready, agency, hosts, with_keys=kits)
    names = (agency, *codes)
    fresh = _new_keys(sum(not issuer.has(_ENVELOPE, name) for name in names), processes)
    own: dict[str, _Papers] = {}
    for at, name in enumerate(names, start=1):
        for kind in (_ENVELOPE, _TLS):
            papers = issuer.envelope(name, fresh) if kind == _ENVELOPE else issuer.tls(name)
            _write(keys / kind / f"{name}.cert.pem", papers.certificate)
            if name == agency:
                own[kind] = papers
                _write(keys / kind / f"{name}.key.pem", papers.key)
            elif kits:
                kit = folder / KITS / name
                for place in (kit.parent, kit, kit / kind):
                    _private(place)
                _write(kit / kind / f"{name}.key.pem", papers.key)
                _write(kit / kind / f"{name}.cert.pem", papers.certificate)
                _write(kit / kind / f"{agency}.cert.pem", own[kind].certificate)
                _write(kit / kind / f"{AUTHORITY_NAME}.cert.pem", root)
        if name != agency:
            make_key(keys / _MEDIA / f"{name}.key")
        if name != agency and kits:
            _private(kit / KEYS)
            _write(kit / KEYS / MEDIA_KEY, _secret(keys / _MEDIA / f"{name}.key"))
            _write(kit / _ENVELOPE / REVOKED, nothing)
            _write(kit / "terminal.toml", _TERMINAL.format(code=name, agency=agency, url=url).encode())
        if progress is not None:
            progress(at, len(names))


@dataclass(frozen=True, slots=True)
class _Papers:
    """A certificate and its key, in PEM. No key where nobody needs it."""

    certificate: bytes
    key: bytes


def _authority(ready: Path | None) -> Authority:
    if ready is None:
        return pki.make_authority(VALID_FROM, VALID_UNTIL)
    found = pki.load(ready / _AUTHORITY, AUTHORITY_NAME)
    return Authority(found.name, found.certificate, found.key)


class _Issuer:
    """Takes what is ready, and issues what is not."""

    def __init__(
        self, authority: Authority, ready: Path | None, agency: str, hosts: Sequence[str], *, with_keys: bool
    ) -> None:
        self._authority = authority
        self._with_keys = with_keys
        self._ready = ready
        self._agency = agency
        self._hosts = hosts

    def has(self, kind: str, name: str) -> bool:
        return self._ready is not None and (self._ready / kind / f"{name}.cert.pem").exists()

    def envelope(self, name: str, fresh: Iterator[RSAPrivateKey]) -> _Papers:
        if self._ready is not None and self.has(_ENVELOPE, name):
            return self._taken(self._ready / _ENVELOPE, name)
        serial = pki.serial_of(name, Usage.ENVELOPE)
        return _papers(pki.issue(self._authority, name, serial, Usage.ENVELOPE, key=next(fresh)))

    def tls(self, name: str) -> _Papers:
        ours = name == self._agency
        if self._ready is not None and self.has(_TLS, name) and not (ours and self._hosts):
            return self._taken(self._ready / _TLS, name)
        usage = Usage.TLS_SERVER if ours else Usage.TLS_CLIENT
        serial, hosts = pki.serial_of(name, usage), self._hosts if ours else ()
        return _papers(pki.issue_link(self._authority, name, serial, usage, hosts=hosts))

    def _taken(self, at: Path, name: str) -> _Papers:
        """What lies there, as it is: to check a key takes as long as to make it, and its user notices."""
        pki.load_certificate(at, name)
        needed = self._with_keys or name == self._agency
        key = _secret(at / f"{name}.key.pem") if needed else b""
        return _Papers((at / f"{name}.cert.pem").read_bytes(), key)


def _papers(identity: Identity | pki.LinkIdentity) -> _Papers:
    return _Papers(
        identity.certificate.public_bytes(Encoding.PEM),
        identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def _new_keys(count: int, processes: int) -> Iterator[RSAPrivateKey]:
    """So many fresh RSA keys, made by all cores when there are many to make."""
    if count < _WORTH_PROCESSES or processes == 1:
        for _ in range(count):
            yield pki.new_key()
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for der in pool.map(_new_key, range(count), chunksize=4):
            key = load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
            assert isinstance(key, RSAPrivateKey)
            yield key


def _new_key(_number: int) -> bytes:
    """In a process of its own: a fresh key, as it can be handed over."""
    return pki.new_key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


_TERMINAL: Final = """\
# The kit of one municipality: `renkei terminal init DIR --kit THIS_FOLDER` makes a terminal of it.
code = "{code}"
agency = "{agency}"

[server]
url = "{url}"
"""


# --- taking back ------------------------------------------------------------------------------------------
def revoke(place: Place, code: str, reason: Reason, now: datetime | None = None) -> int:
    """Takes both certificates of a municipality back from now on; gives the number of the new list.

    The server reads the list again by itself. The kits of the others hold the old one: hand the new one out.

    Raises:
        UsageError: the municipality has no certificate here, or it was taken back before.
    """
    if code not in place.allowed:
        raise UsageError(
            f"{code} is not on the allow-list", where=str(place.folder / ALLOWED), expected="one of its codes"
        )
    keys = place.keys
    found = pki.load(keys / _AUTHORITY, AUTHORITY_NAME)
    authority = Authority(found.name, found.certificate, found.key)
    trust = authority.certificate
    before = pki.read_revocations(place.revoked.read_bytes(), trust, str(place.revoked))
    moment = (now or datetime.now(UTC)).replace(microsecond=0)
    rows = dict(before.revoked)
    for kind in (_ENVELOPE, _TLS):
        serial = pki.load_certificate(keys / kind, code).serial_number
        rows.setdefault(serial, (moment, reason))
    if rows == before.revoked:
        raise UsageError(f"the certificates of {code} were taken back before", where=str(place.revoked))
    number = before.number + 1
    made = pki.revocation_list(authority, rows, number, before.since, before.until)
    part = place.revoked.with_name(f"{REVOKED}.part")
    part.unlink(missing_ok=True)
    _write(part, made)
    os.replace(part, place.revoked)
    return number


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
def _private(place: Path) -> None:
    """A folder that is the owner's alone, whatever the umask says."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.chmod(0o700)


def _write(path: Path, content: bytes) -> None:
    """A file that only its owner reads; never over another one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _secret(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            "a secret of the server cannot be read",
            where=str(path),
            received=error.strerror,
            remedy="restore the folder of the keys from a copy",
        ) from error
