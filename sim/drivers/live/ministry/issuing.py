"""What a ministry server's folder is made with: its keys, a kit for each municipality, what is taken back."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from sim.base.errors import UsageError
from sim.drivers.folders import make_key
from sim.drivers.live.media import MEDIA_KEY
from sim.drivers.live.ministry.access import ALLOWED, read_allowed
from sim.drivers.live.ministry.folder import (
    AUTHORITY,
    ENVELOPE,
    KEYS,
    KITS,
    MEDIA_KEYS,
    REVOKED,
    STORE_KEY,
    TLS,
    TOKEN,
    Place,
    private,
    read,
    secret,
    write_secret,
)
from sim.drivers.live.ministry.settings import FILE, template
from sim.drivers.topology import VALID_FROM, VALID_UNTIL
from sim.exchange import pki
from sim.exchange.pki import AUTHORITY_NAME, Authority, Identity, Reason, Usage
from sim.exchange.profile import open_profile

# Below this number of keys, starting processes takes longer than making them.
_WORTH_PROCESSES: Final = 8

Progress = Callable[[int, int], None]


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
    private(part)
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
    for place in (keys, keys / AUTHORITY, keys / ENVELOPE, keys / TLS, keys / MEDIA_KEYS):
        private(place)
    authority = _authority(ready)
    root_papers = _papers(authority)
    write_secret(keys / AUTHORITY / f"{AUTHORITY_NAME}.key.pem", root_papers.key)
    write_secret(keys / AUTHORITY / f"{AUTHORITY_NAME}.cert.pem", root_papers.certificate)
    root = root_papers.certificate
    nothing = pki.revocation_list(authority, {}, 1, VALID_FROM, VALID_UNTIL)
    write_secret(keys / REVOKED, nothing)
    for kind in (ENVELOPE, TLS):
        write_secret(keys / kind / f"{AUTHORITY_NAME}.cert.pem", root)
    write_secret(keys / STORE_KEY, secrets.token_bytes(32))
    write_secret(keys / TOKEN, f"{secrets.token_urlsafe(32)}\n".encode())
    issuer = _Issuer(authority, ready, agency, hosts, with_keys=kits)
    names = (agency, *codes)
    fresh = _new_keys(sum(not issuer.has(ENVELOPE, name) for name in names), processes)
    own: dict[str, _Papers] = {}
    for at, name in enumerate(names, start=1):
        for kind in (ENVELOPE, TLS):
            papers = issuer.envelope(name, fresh) if kind == ENVELOPE else issuer.tls(name)
            write_secret(keys / kind / f"{name}.cert.pem", papers.certificate)
            if name == agency:
                own[kind] = papers
                write_secret(keys / kind / f"{name}.key.pem", papers.key)
            elif kits:
                kit = folder / KITS / name
                for place in (kit.parent, kit, kit / kind):
                    private(place)
                write_secret(kit / kind / f"{name}.key.pem", papers.key)
                write_secret(kit / kind / f"{name}.cert.pem", papers.certificate)
                write_secret(kit / kind / f"{agency}.cert.pem", own[kind].certificate)
                write_secret(kit / kind / f"{AUTHORITY_NAME}.cert.pem", root)
        if name != agency:
            make_key(keys / MEDIA_KEYS / f"{name}.key")
        if name != agency and kits:
            private(kit / KEYS)
            write_secret(kit / KEYS / MEDIA_KEY, secret(keys / MEDIA_KEYS / f"{name}.key"))
            write_secret(kit / ENVELOPE / REVOKED, nothing)
            write_secret(kit / "terminal.toml", _TERMINAL.format(code=name, agency=agency, url=url).encode())
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
    found = pki.load(ready / AUTHORITY, AUTHORITY_NAME)
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
        if self._ready is not None and self.has(ENVELOPE, name):
            return self._taken(self._ready / ENVELOPE, name)
        serial = pki.serial_of(name, Usage.ENVELOPE)
        return _papers(pki.issue(self._authority, name, serial, Usage.ENVELOPE, key=next(fresh)))

    def tls(self, name: str) -> _Papers:
        ours = name == self._agency
        if self._ready is not None and self.has(TLS, name) and not (ours and self._hosts):
            return self._taken(self._ready / TLS, name)
        usage = Usage.TLS_SERVER if ours else Usage.TLS_CLIENT
        serial, hosts = pki.serial_of(name, usage), self._hosts if ours else ()
        return _papers(pki.issue_link(self._authority, name, serial, usage, hosts=hosts))

    def _taken(self, at: Path, name: str) -> _Papers:
        """What lies there, as it is: to check a key takes as long as to make it, and its user notices."""
        pki.load_certificate(at, name)
        needed = self._with_keys or name == self._agency
        key = secret(at / f"{name}.key.pem") if needed else b""
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
    found = pki.load(keys / AUTHORITY, AUTHORITY_NAME)
    authority = Authority(found.name, found.certificate, found.key)
    trust = authority.certificate
    before = pki.read_revocations(place.revoked.read_bytes(), trust, str(place.revoked))
    moment = (now or datetime.now(UTC)).replace(microsecond=0)
    rows = dict(before.revoked)
    for kind in (ENVELOPE, TLS):
        serial = pki.load_certificate(keys / kind, code).serial_number
        rows.setdefault(serial, (moment, reason))
    if rows == before.revoked:
        raise UsageError(f"the certificates of {code} were taken back before", where=str(place.revoked))
    number = before.number + 1
    made = pki.revocation_list(authority, rows, number, before.since, before.until)
    part = place.revoked.with_name(f"{REVOKED}.part")
    part.unlink(missing_ok=True)
    write_secret(part, made)
    os.replace(part, place.revoked)
    return number
